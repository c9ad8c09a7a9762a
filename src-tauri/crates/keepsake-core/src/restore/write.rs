//! Writes files and links under temporary names, on all processors.

use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender};
use rustix::fs::{Mode, OFlags, openat, symlinkat};
use rustix::io::Errno;

use super::copies::{ContentReader, Copies, Trouble, told};
use super::error::is_fatal;
use super::facts::{Me, set_link, set_open};
use super::folders::{temporary_name, unlink};
use super::lost::Lost;
use super::plan::Item;
use super::report::Report;
use crate::archive::manifest::Node;
use crate::atomic_file::{Step, checkpoint_at};

/// A part of a batch for one thread ends where it has so much content, and a new block begins.
const CHUNK_BYTES: u64 = 4 << 20;
const CHUNK_FILES: usize = 256;
/// Files larger than this are begun first, so that they are not the last to end.
const LARGE_BYTES: u64 = 64 << 20;
/// How many temporary names are tried.
const MOST_TRIES: usize = 1000;
/// Bytes of the tar stream in a block.
const BLOCK_BYTES: u64 = crate::archive::block::BLOCK_BYTES as u64;

/// A part of a batch.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub batch: u64,
    pub items: Vec<Item>,
}

/// A file or link that is whole, under a temporary name.
#[derive(Debug)]
pub(crate) struct Staged {
    pub item: Item,
    pub temporary: Vec<u8>,
    /// False when the disk would not give it the time that it had.
    pub has_its_time: bool,
}

/// What became of a chunk.
#[derive(Debug)]
pub(crate) struct Done {
    pub batch: u64,
    pub staged: Vec<Staged>,
    pub lost: Vec<Lost>,
}

/// What tells all threads to end.
#[derive(Debug, Default)]
pub(crate) struct Control {
    stop: AtomicBool,
    fatal: Mutex<Option<(PathBuf, io::Error)>>,
    next_number: AtomicU64,
}

impl Control {
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
    /// Ends the restore because of what would fail for every other file too.
    pub fn fail(&self, path: PathBuf, error: io::Error) {
        self.fatal.lock().expect("no thread panics while it holds this").get_or_insert((path, error));
        self.stop();
    }
    pub fn failure(&self) -> Option<(PathBuf, io::Error)> {
        self.fatal.lock().expect("no thread panics while it holds this").take()
    }
    pub fn number(&self) -> u64 {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }
}

/// Cuts a batch into chunks: by archive and by place in it, so that a block is unpacked once.
pub(crate) fn cut(batch: u64, mut items: Vec<Item>) -> Vec<Chunk> {
    let place = |item: &Item| match &item.entry.node {
        Node::File(content) => (content.archive, content.tar_offset),
        _ => (0, 0),
    };
    items.sort_by_key(place);
    let mut chunks: Vec<(u64, Chunk)> = Vec::new();
    let mut last = (0, 0);
    for item in items {
        let (archive, offset) = place(&item);
        let bytes = item.entry.size_bytes();
        let at = (archive, offset / BLOCK_BYTES);
        match chunks.last_mut() {
            Some((sum, chunk))
                if at == last || (at.0 == last.0 && *sum < CHUNK_BYTES && chunk.items.len() < CHUNK_FILES) =>
            {
                *sum = sum.saturating_add(bytes);
                chunk.items.push(item);
            }
            _ => chunks.push((bytes, Chunk { batch, items: vec![item] })),
        }
        last = at;
    }
    chunks.sort_by_key(|(sum, _)| *sum < LARGE_BYTES);
    chunks.into_iter().map(|(_, chunk)| chunk).collect()
}

/// What each thread does: chunk after chunk, until there are no more.
pub(crate) fn work(
    chunks: &Receiver<Chunk>,
    done_to: &Sender<Done>,
    copies: &Copies,
    me: Me,
    report: &Report<'_>,
    control: &Control,
) {
    let mut reader = ContentReader::new(copies);
    for chunk in chunks {
        let mut done = Done { batch: chunk.batch, staged: Vec::with_capacity(chunk.items.len()), lost: Vec::new() };
        for item in chunk.items {
            if control.is_stopped() || report.monitor.should_stop() {
                control.stop();
                break;
            }
            let bytes = item.entry.size_bytes();
            match stage(item, &mut reader, me, report, control) {
                Ok(staged) => done.staged.extend(staged),
                Err(lost) => {
                    done.lost.push(lost);
                    continue;
                }
            }
            report.monitor.advance(1, bytes);
        }
        if done_to.send(done).is_err() {
            return;
        }
    }
}

/// Writes one file or link. None: it did not work, and that was reported.
///
/// # Errors
/// [`Lost`] when what is stored is damaged or gone; that was not reported.
fn stage(
    item: Item,
    reader: &mut ContentReader<'_>,
    me: Me,
    report: &Report<'_>,
    control: &Control,
) -> Result<Option<Staged>, Lost> {
    let mut temporary = temporary_name(control.number());
    let mut tried = try_stage(&item, &temporary, reader, me, report);
    // Another process of the same number was killed here.
    let mut times = 0;
    while times < MOST_TRIES && matches!(&tried, Err(Trouble::Disk(e)) if e.kind() == io::ErrorKind::AlreadyExists) {
        times += 1;
        temporary = temporary_name(control.number());
        tried = try_stage(&item, &temporary, reader, me, report);
    }
    let trouble = match tried {
        Ok(has_its_time) => return Ok(Some(Staged { item, temporary, has_its_time })),
        Err(trouble) => trouble,
    };
    let shown = item.folder.path_of(item.entry.path.name());
    let message = told(&trouble, shown.clone());
    match trouble {
        Trouble::Damaged(why) => return Err(Lost { item: Box::new(item), why }),
        Trouble::Disk(error) => {
            report.not_restored(&item.entry.path, message);
            if is_fatal(&error) {
                control.fail(shown, error);
            }
        }
    }
    Ok(None)
}

/// True when it has its time.
fn try_stage(
    item: &Item,
    temporary: &[u8],
    reader: &mut ContentReader<'_>,
    me: Me,
    report: &Report<'_>,
) -> Result<bool, Trouble> {
    let (entry, folder) = (&item.entry, &*item.folder);
    let shown = || folder.path_of(temporary);
    let written = match &entry.node {
        Node::Symlink(target) => {
            checkpoint_at(Step::Link, shown)?;
            symlinkat(&target[..], folder, temporary).map_err(io::Error::from)?;
            Ok(set_link(folder, temporary, &entry.facts, me, &entry.path, report))
        }
        Node::File(content) => {
            checkpoint_at(Step::Create, shown)?;
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let fd = openat(folder, temporary, flags, Mode::RUSR | Mode::WUSR).map_err(io::Error::from)?;
            let mut file = std::fs::File::from(fd);
            reader
                .write(content, &mut file, &shown)
                .map(|()| set_open(&file, &entry.facts, me, !folder.is_new, &entry.path, report))
        }
        Node::Folder | Node::HardLink { .. } => Err(Trouble::Disk(Errno::INVAL.into())),
    };
    if written.is_err() {
        // A leftover is removed by the next run; the first error is the one to tell.
        let _ = unlink(folder, temporary);
    }
    written
}
