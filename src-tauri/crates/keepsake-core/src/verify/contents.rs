//! Every block and every content of one archive: while the manifest is read as a stream, workers unpack and
//! hash what it lists. Memory is bounded by the chunks that are under way.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};
use ring::digest;

use super::MAX_NAMED;
use super::share::Share;
use crate::archive::error::ArchiveError;
use crate::archive::manifest::{Content, Line, Node};
use crate::archive::reader::{ArchiveReader, BlockCursor};
use crate::archive::{BY_HAND_NAME, INFO_NAME};
use crate::archive_path::ArchivePath;
use crate::monitor::Monitor;

/// Of a block with no content in it.
const HEADER_DAMAGE: &str = "the header beside it is damaged: Keepsake can bring it back, tar alone cannot";
/// Contents in one chunk at most: a few MB with long paths.
const MAX_PIECES: usize = 4096;

/// What was found in one archive.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Bytes of the file that were read and compared.
    pub bytes: u64,
    /// What is damaged, by path (empty for the archive as a whole).
    pub damaged: BTreeMap<String, Flaw>,
    /// Damaged files that are not named for want of room.
    pub unnamed: u64,
    /// Files of which the archive holds a patch, in the share; at most [`MAX_PIECES`].
    pub patched: Vec<(ArchivePath, Content)>,
}

/// What is wrong with something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Where in the tar stream the damaged content begins; None for what is not content.
    pub tar_offset: Option<u64>,
    pub message: String,
}

impl Flaw {
    /// Of what is not content.
    pub fn beside(message: impl Into<String>) -> Self {
        Self { tar_offset: None, message: message.into() }
    }

    /// Of two flaws of one path the first stays, but a content that is lost weighs more than its header.
    pub fn note(self, path: String, damaged: &mut BTreeMap<String, Flaw>) {
        match damaged.entry(path) {
            Entry::Vacant(free) => drop(free.insert(self)),
            Entry::Occupied(mut known) if known.get().tar_offset.is_none() && self.tar_offset.is_some() => {
                known.insert(self);
            }
            Entry::Occupied(_) => {}
        }
    }
}

/// A content to hash.
#[derive(Debug)]
struct Piece {
    path: ArchivePath,
    tar_offset: u64,
    stored_bytes: u64,
    sha256: [u8; 32],
}

impl Piece {
    fn flaw(&self, message: impl Into<String>) -> Flaw {
        Flaw { tar_offset: Some(self.tar_offset), message: message.into() }
    }
}

/// What a worker does at once: hash these contents, sorted by offset, and read these blocks in any case.
#[derive(Debug, Default)]
struct Chunk {
    pieces: Vec<Piece>,
    cover: Range<usize>,
    /// Whose tar header lies in blocks behind the last piece.
    next: Option<ArchivePath>,
}

/// What all threads see.
struct Shared<'a> {
    archive: &'a ArchiveReader,
    monitor: &'a dyn Monitor,
    found: Mutex<Found>,
    bytes: AtomicU64,
    stopped: AtomicBool,
}

impl Shared<'_> {
    fn damaged(&self, path: String, flaw: Flaw) {
        let mut found = self.found.lock().expect("no thread panics while it holds this");
        // Room for the archive as a whole is always there.
        if path.is_empty() || found.damaged.len() < MAX_NAMED || found.damaged.contains_key(&path) {
            flaw.note(path, &mut found.damaged);
        } else {
            found.unnamed += 1;
        }
    }

    fn patched(&self, path: &ArchivePath, content: Content) {
        let mut found = self.found.lock().expect("no thread panics while it holds this");
        if found.patched.len() < MAX_PIECES {
            found.patched.push((path.clone(), content));
        }
    }

    fn should_stop(&self) -> bool {
        if self.monitor.should_stop() {
            self.stopped.store(true, Ordering::Relaxed);
        }
        self.stopped.load(Ordering::Relaxed)
    }
}

/// Checks the share's blocks and contents. None when the monitor asked to stop.
pub(super) fn check(archive: &ArchiveReader, name: &str, share: Share, monitor: &dyn Monitor) -> Option<Found> {
    let shared =
        Shared { archive, monitor, found: Mutex::default(), bytes: AtomicU64::new(0), stopped: AtomicBool::new(false) };
    if share.holds_any(name, archive.block_count()) {
        let workers = std::thread::available_parallelism().map_or(2, |n| n.get().min(8));
        let (send, chunks) = bounded(workers);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                let (chunks, shared) = (chunks.clone(), &shared);
                scope.spawn(move || work(shared, &chunks));
            }
            drop(chunks);
            Cutter { shared: &shared, name, share, send, unit: 0, from: 0, end: 0, pieces: Vec::new() }.run();
        });
    }
    if shared.stopped.into_inner() {
        return None;
    }
    let mut found = shared.found.into_inner().expect("no thread panics while it holds this");
    found.bytes = shared.bytes.into_inner();
    // The table and the footer were read and compared when the archive was opened.
    let blocks_bytes: u64 = (0..archive.block_count()).map(|block| archive.block_file_bytes(block)).sum();
    let end_bytes = archive.length() - blocks_bytes;
    monitor.advance(0, end_bytes);
    found.bytes += end_bytes;
    Some(found)
}

/// Reads the manifest and cuts the archive into chunks.
struct Cutter<'a> {
    shared: &'a Shared<'a>,
    name: &'a str,
    share: Share,
    send: Sender<Chunk>,
    /// The unit whose contents are being collected.
    unit: usize,
    /// The first block that no chunk has yet.
    from: usize,
    /// Where in the tar stream the last content ended.
    end: u64,
    pieces: Vec<Piece>,
}

impl Cutter<'_> {
    fn run(mut self) {
        let archive = self.shared.archive;
        // Contents that two files share, and whatever else is not in the order of the file.
        let mut again: Vec<Piece> = Vec::new();
        let mut last_entry = None;
        for line in archive.manifest() {
            let entry = match line {
                Ok(Line::AsIn { .. }) => continue,
                Ok(Line::Full(entry)) => entry,
                Err(e) => {
                    let why = format!("its list of files cannot be read: {e}");
                    self.shared.damaged(String::new(), Flaw::beside(why));
                    continue;
                }
            };
            let content = match entry.node {
                Node::File(content @ Content { archive: 0, .. }) => {
                    let (tar_offset, stored_bytes) = (content.tar_offset, content.stored_bytes);
                    let piece = Piece { path: entry.path, tar_offset, stored_bytes, sha256: *content.stored_sha256() };
                    if content.patch.is_some() && self.is_held(&piece) {
                        self.shared.patched(&piece.path, content);
                    }
                    piece
                }
                Node::File(_) | Node::HardLink { in_tar: false, .. } => continue,
                _ => {
                    last_entry = Some(entry.path);
                    continue;
                }
            };
            last_entry = Some(content.path.clone());
            let unit = self.share.unit_of(archive.block_of(content.tar_offset));
            let ends = content.tar_offset.checked_add(content.stored_bytes).filter(|&end| end <= archive.tar_bytes());
            let Some(ends) = ends else {
                self.shared
                    .damaged(content.path.to_string(), content.flaw("it is said to lie beyond the archive's end"));
                continue;
            };
            if content.tar_offset < self.end {
                if self.share.holds(self.name, unit) {
                    again.push(content);
                }
                if again.len() >= MAX_PIECES && !self.send_again(&mut again) {
                    return;
                }
                continue;
            }
            while self.unit < unit {
                if !self.end_unit(Some(&content.path)) {
                    return;
                }
            }
            self.end = ends;
            if self.share.holds(self.name, unit) {
                self.pieces.push(content);
                if self.pieces.len() >= MAX_PIECES && !self.send_some() {
                    return;
                }
            } else {
                // A share that holds the beginning of a content reads all of it.
                self.from = self.from.max(archive.block_of(ends));
            }
        }
        let units = self.share.unit_of(archive.block_count().max(1) - 1) + 1;
        while self.unit < units {
            if !self.end_unit(last_entry.as_ref()) {
                return;
            }
        }
        self.send_again(&mut again);
    }

    fn is_held(&self, piece: &Piece) -> bool {
        self.share.holds(self.name, self.share.unit_of(self.shared.archive.block_of(piece.tar_offset)))
    }

    /// False when everything ends because it was asked to.
    fn send(&self, chunk: Chunk) -> bool {
        let nothing = chunk.pieces.is_empty() && chunk.cover.is_empty();
        !self.shared.should_stop() && (nothing || self.send.send(chunk).is_ok())
    }

    /// The blocks that are certainly behind the contents so far.
    fn covered(&self) -> usize {
        self.shared.archive.block_of(self.end)
    }

    /// Sends what has been collected, within a unit.
    fn send_some(&mut self) -> bool {
        let from = self.from.max(self.unit_blocks().start);
        self.from = from.max(self.covered());
        let pieces = std::mem::take(&mut self.pieces);
        self.send(Chunk { pieces, cover: from..self.from, next: None })
    }

    /// Sends the rest of the unit, and of a content that goes on beyond it, and goes on to the next unit.
    /// `next` is what comes behind.
    fn end_unit(&mut self, next: Option<&ArchivePath>) -> bool {
        let blocks = self.unit_blocks();
        let held = self.share.holds(self.name, self.unit);
        let from = self.from.max(blocks.start);
        self.unit += 1;
        self.from = from.max(blocks.end).max(self.covered());
        let pieces = std::mem::take(&mut self.pieces);
        if !held {
            return !self.shared.should_stop();
        }
        self.send(Chunk { pieces, cover: from..self.from, next: next.cloned() })
    }

    fn unit_blocks(&self) -> Range<usize> {
        self.share.blocks(self.unit, self.shared.archive.block_count())
    }

    fn send_again(&self, again: &mut Vec<Piece>) -> bool {
        let mut pieces = std::mem::take(again);
        pieces.sort_unstable_by_key(|piece| (piece.tar_offset, piece.stored_bytes));
        self.send(Chunk { pieces, ..Chunk::default() })
    }
}

fn work(shared: &Shared<'_>, chunks: &Receiver<Chunk>) {
    let mut worker = Worker { shared, cursor: shared.archive.cursor(), bad: None };
    // After a stop the channel is emptied, so that the cutter never waits for room.
    for chunk in chunks {
        if !shared.stopped.load(Ordering::Relaxed) {
            worker.chunk(&chunk);
        }
    }
}

struct Worker<'a> {
    shared: &'a Shared<'a>,
    cursor: BlockCursor,
    /// The last block that could not be read, and why: many files may lie in it.
    bad: Option<(usize, String)>,
}

impl Worker<'_> {
    fn load(&mut self, block: usize) -> Result<&[u8], String> {
        if let Some((_, why)) = self.bad.as_ref().filter(|(bad, _)| *bad == block) {
            return Err(why.clone());
        }
        let loaded = self.cursor.block(block);
        match loaded {
            Ok(bytes) => Ok(bytes),
            Err(e) => {
                let why = match e {
                    ArchiveError::Damaged { file_offset, why, .. } => {
                        format!("it is not what was written (at byte {file_offset}: {why})")
                    }
                    e => e.to_string(),
                };
                self.bad = Some((block, why.clone()));
                Err(why)
            }
        }
    }

    fn chunk(&mut self, chunk: &Chunk) {
        let shared = self.shared;
        let archive = shared.archive;
        let mut next = chunk.cover.start;
        let mut counted = Progress { shared, cover: chunk.cover.clone(), at: chunk.cover.start };
        let mut same: Option<(&Piece, bool)> = None;
        for piece in &chunk.pieces {
            let first = archive.block_of(piece.tar_offset);
            while next < first.min(chunk.cover.end) {
                if shared.should_stop() {
                    return;
                }
                if self.load(next).is_err() {
                    shared.damaged(piece.path.to_string(), Flaw::beside(HEADER_DAMAGE));
                }
                next += 1;
                counted.up_to(next);
            }
            // Files with one content are often many.
            let as_before = same.filter(|(s, good)| {
                *good
                    && (s.tar_offset, s.stored_bytes, s.sha256) == (piece.tar_offset, piece.stored_bytes, piece.sha256)
            });
            if as_before.is_none() {
                match self.hash(piece, &mut counted) {
                    None => return,
                    Some(Ok(())) => same = Some((piece, true)),
                    Some(Err(why)) => {
                        same = None;
                        shared.damaged(piece.path.to_string(), piece.flaw(why));
                    }
                }
            }
            if piece.stored_bytes > 0 {
                let last = archive.block_of(piece.tar_offset + piece.stored_bytes - 1);
                next = next.max(last + 1);
                counted.up_to(next);
            }
        }
        shared.monitor.advance(chunk.pieces.len() as u64, 0);
        while next < chunk.cover.end {
            if shared.should_stop() {
                return;
            }
            if let Err(why) = self.load(next) {
                let (path, message) = self.behind(next, chunk.next.as_ref(), why);
                shared.damaged(path, Flaw::beside(message));
            }
            next += 1;
            counted.up_to(next);
        }
    }

    /// Compares a content with its hash. None when asked to stop.
    fn hash(&mut self, piece: &Piece, counted: &mut Progress<'_>) -> Option<Result<(), String>> {
        let archive = self.shared.archive;
        let mut hash = digest::Context::new(&digest::SHA256);
        let (mut at, mut left) = (piece.tar_offset, piece.stored_bytes);
        while left > 0 {
            let number = archive.block_of(at);
            let skip = (at - archive.block_tar_offset(number)) as usize;
            let block = match self.load(number) {
                Ok(block) => &block[skip..],
                Err(why) => return Some(Err(why)),
            };
            let count = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            hash.update(&block[..count]);
            at += count as u64;
            left -= count as u64;
            if left > 0 {
                counted.up_to(number + 1);
                if self.shared.should_stop() {
                    return None;
                }
            }
        }
        let good = hash.finish().as_ref() == piece.sha256;
        Some(if good { Ok(()) } else { Err("its content is not what was backed up (SHA-256 differs)".into()) })
    }

    /// Whom to name for a damaged block that holds no content.
    fn behind(&self, block: usize, next: Option<&ArchivePath>, why: String) -> (String, String) {
        let archive = self.shared.archive;
        if block >= archive.tail_block() {
            let manifest = archive.manifest_tar_range();
            let is_script = archive.block_tar_offset(block + 1) <= manifest.start;
            return if is_script {
                (BY_HAND_NAME.into(), why)
            } else {
                (String::new(), format!("its list of files is damaged: {why}"))
            };
        }
        match next {
            Some(path) => (path.to_string(), HEADER_DAMAGE.into()),
            None => (INFO_NAME.into(), why),
        }
    }
}

/// Tells the monitor of each block that is covered, once.
struct Progress<'a> {
    shared: &'a Shared<'a>,
    cover: Range<usize>,
    at: usize,
}

impl Progress<'_> {
    fn up_to(&mut self, block: usize) {
        let to = block.min(self.cover.end);
        if to > self.at {
            let bytes = (self.at..to).map(|block| self.shared.archive.block_file_bytes(block)).sum();
            self.shared.bytes.fetch_add(bytes, Ordering::Relaxed);
            self.shared.monitor.advance(0, bytes);
            self.at = to;
        }
    }
}
