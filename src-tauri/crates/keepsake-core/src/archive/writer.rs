//! Writes one archive as a stream: the caller fills blocks of the tar stream, threads compress them, one
//! thread writes them in order and hashes the file. Memory is bounded by a fixed pool of blocks.

use std::collections::{BTreeMap, VecDeque};
use std::io::{IoSlice, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use ring::digest;
use tar::EntryType;

use super::block::{self, BLOCK_BYTES, BlockRow, Packed, Packer};
use super::error::ArchiveError;
use super::footer::Footer;
use super::tar_entry::{TarEntry, padding, push_header};
use super::{BLOCKS_NAME, BY_HAND_NAME, MANIFEST_NAME, METADATA_NAME};
use crate::atomic_file::AtomicFile;
use crate::error::FileError;
use crate::file_facts::{FileFacts, FileTime};
use crate::hash::finish;

/// Blocks that are under way at most, from being filled to being written.
const POOL_BLOCKS: usize = 16;
/// So many bytes of the file are handed to the medium together, while the next ones are made. Left alone the
/// kernel waits for 30 seconds or a tenth of the memory: all would be written at the end, with nothing beside it.
const WRITEBACK_BYTES: u64 = 8 << 20;

/// An archive that is being written. Dropped before [`ArchiveWriter::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct ArchiveWriter {
    path: PathBuf,
    block: Block,
    /// Where in the tar stream the current block begins.
    block_start: u64,
    blocks_sent: usize,
    allocated: usize,
    to_pack: Option<Sender<(usize, Block)>>,
    recycled: Receiver<Block>,
    packers: Vec<JoinHandle<()>>,
    writer: Option<JoinHandle<Option<Output>>>,
    shared: Arc<Shared>,
    /// Length of the file up to the block of that number.
    known_length: (usize, u64),
    /// Bytes of the blocks behind that, before they were packed.
    unsettled: VecDeque<u64>,
    compression: u8,
    time: FileTime,
}

/// A block of the tar stream on its way, used again when it is written. Its bytes are never cleared: only the
/// first `filled` count.
struct Block {
    bytes: Box<[u8]>,
    filled: usize,
    /// Where it is compressed.
    room: Vec<u8>,
}

impl Block {
    fn new() -> Self {
        Self { bytes: vec![0; BLOCK_BYTES].into(), filled: 0, room: Vec::new() }
    }
    fn filled(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Block({})", self.filled)
    }
}

#[derive(Debug, Default)]
struct Shared {
    rows: Mutex<Vec<BlockRow>>,
    row_added: Condvar,
    error: Mutex<Option<ArchiveError>>,
}

/// The file and its running hash.
struct Output {
    file: AtomicFile,
    hash: digest::Context,
    length: u64,
    /// Up to where the medium has been asked to write.
    handed_over: u64,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("length", &self.length).finish_non_exhaustive()
    }
}

/// An archive that is written but has not got its name yet.
#[derive(Debug)]
pub struct FinishedArchive {
    /// The file; commit it to give it its name.
    pub file: AtomicFile,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// Its length.
    pub bytes: u64,
}

/// What goes into the tail.
pub struct Tail<'a> {
    /// The script for what tar cannot say, with its length in bytes.
    pub by_hand: Option<(u64, Box<dyn Read>)>,
    /// The manifest's lines and their length in bytes.
    pub manifest: (u64, &'a mut dyn Read),
    /// `metadata.json`.
    pub metadata: &'a [u8],
}

impl std::fmt::Debug for Tail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tail").field("manifest_bytes", &self.manifest.0).finish_non_exhaustive()
    }
}

impl ArchiveWriter {
    /// Begins the archive that will be called `path`. `compression` is 1 (fastest) to 12 (smallest);
    /// `time` is what the archive's own entries carry.
    ///
    /// # Errors
    /// [`ArchiveError::File`] when the folder cannot be written.
    pub fn create(path: &Path, compression: u8, time: FileTime) -> Result<Self, ArchiveError> {
        let file = AtomicFile::create(path)?;
        let threads = std::thread::available_parallelism().map_or(2, |n| n.get().min(8));
        let (to_pack, packs) = bounded::<(usize, Block)>(POOL_BLOCKS);
        let (packed_to, packed) = bounded(POOL_BLOCKS);
        let (recycle, recycled) = bounded(POOL_BLOCKS);
        let shared = Arc::new(Shared::default());
        let packers = (0..threads)
            .map(|_| {
                let (packs, packed_to) = (packs.clone(), packed_to.clone());
                std::thread::spawn(move || {
                    let mut packer = Packer::new(compression);
                    for (number, mut block) in packs {
                        let (packed, row) = packer.pack(&block.bytes[..block.filled], &mut block.room);
                        if packed_to.send((number, block, packed, row)).is_err() {
                            return;
                        }
                    }
                })
            })
            .collect();
        let writer = {
            let (shared, path) = (shared.clone(), path.to_path_buf());
            std::thread::spawn(move || {
                let output = Output { file, hash: digest::Context::new(&digest::SHA256), length: 0, handed_over: 0 };
                match write_blocks(output, &packed, &recycle, &shared) {
                    Ok(output) => Some(output),
                    Err(e) => {
                        *shared.error.lock().expect("no panic here") = Some(FileError::on("write", path)(e).into());
                        shared.row_added.notify_all();
                        None
                    }
                }
            })
        };
        Ok(Self {
            path: path.into(),
            block: Block::new(),
            block_start: 0,
            blocks_sent: 0,
            allocated: 1,
            to_pack: Some(to_pack),
            recycled,
            packers,
            writer: Some(writer),
            shared,
            known_length: (0, 0),
            unsettled: VecDeque::new(),
            compression,
            time,
        })
    }

    /// Where in the tar stream the next byte goes.
    pub fn tar_offset(&self) -> u64 {
        self.block_start + self.block.filled as u64
    }

    /// The most bytes that the file can have so far. The same for the same input, however the threads ran.
    ///
    /// # Errors
    /// The writing thread's error, if it failed.
    pub fn length_bound(&mut self) -> Result<u64, ArchiveError> {
        let settled = self.blocks_sent.saturating_sub(POOL_BLOCKS);
        let mut rows = self.shared.rows.lock().expect("no panic here");
        while rows.len() < settled {
            if self.shared.error.lock().expect("no panic here").is_some() {
                drop(rows);
                return Err(self.failure());
            }
            rows = self.shared.row_added.wait(rows).expect("no panic here");
        }
        let (known, length) = &mut self.known_length;
        *length += rows[*known..settled].iter().map(|row| u64::from(row.file_bytes)).sum::<u64>();
        self.unsettled.drain(..settled - *known);
        *known = settled;
        let frames = (self.unsettled.len() + 1) * block::MAX_FRAME_BYTES;
        Ok(*length + self.unsettled.iter().sum::<u64>() + (self.block.filled + frames) as u64)
    }

    /// Bytes of the block table so far.
    pub fn table_bytes(&self) -> u64 {
        (self.blocks_sent * block::TABLE_ROW_BYTES) as u64
    }

    /// Appends bytes to the tar stream.
    ///
    /// # Errors
    /// The writing thread's error, if it failed.
    pub fn put(&mut self, mut bytes: &[u8]) -> Result<(), ArchiveError> {
        while !bytes.is_empty() {
            let start = self.block.filled;
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK_BYTES - start));
            self.block.bytes[start..start + now.len()].copy_from_slice(now);
            self.block.filled += now.len();
            bytes = later;
            if self.block.filled == BLOCK_BYTES {
                self.cut()?;
            }
        }
        Ok(())
    }

    /// Appends the content of a small file. What is compressed already gets a block of its own, so that no
    /// time is lost on trying, and what is around it still shrinks.
    ///
    /// # Errors
    /// The writing thread's error, if it failed.
    pub fn put_content(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        if !block::looks_incompressible(bytes) {
            return self.put(bytes);
        }
        if block::looks_incompressible(self.block.filled()) {
            // Among its like already: photos need no blocks of their own.
            return self.put(bytes);
        }
        self.cut()?;
        self.put(bytes)?;
        self.cut()
    }

    /// Lets `fill` read up to `most` bytes straight into the current block; it answers how many it read.
    /// What was read is passed to `seen`.
    ///
    /// # Errors
    /// The writing thread's error, if it failed. An error of `fill` is returned inside and changes nothing.
    pub fn put_with(
        &mut self,
        most: u64,
        fill: impl FnOnce(&mut [u8]) -> std::io::Result<usize>,
        seen: impl FnOnce(&[u8]),
    ) -> Result<std::io::Result<usize>, ArchiveError> {
        let start = self.block.filled;
        let want = (BLOCK_BYTES - start).min(usize::try_from(most).unwrap_or(usize::MAX));
        let got = fill(&mut self.block.bytes[start..start + want]);
        self.block.filled += *got.as_ref().unwrap_or(&0);
        seen(&self.block.bytes[start..self.block.filled]);
        if self.block.filled == BLOCK_BYTES {
            self.cut()?;
        }
        Ok(got)
    }

    /// Appends zeros.
    ///
    /// # Errors
    /// The writing thread's error, if it failed.
    pub fn put_zeros(&mut self, mut count: u64) -> Result<(), ArchiveError> {
        const ZEROS: [u8; 4096] = [0; 4096];
        while count > 0 {
            let now = count.min(ZEROS.len() as u64);
            self.put(&ZEROS[..now as usize])?;
            count -= now;
        }
        Ok(())
    }

    /// Ends the current block here, so that what follows begins a gzip member.
    fn cut(&mut self) -> Result<(), ArchiveError> {
        if self.block.filled == 0 {
            return Ok(());
        }
        let next = if self.allocated < POOL_BLOCKS {
            self.allocated += 1;
            Block::new()
        } else {
            match self.recycled.recv() {
                Ok(block) => block,
                Err(_) => return Err(self.failure()),
            }
        };
        let full = std::mem::replace(&mut self.block, next);
        self.block_start += full.filled as u64;
        self.unsettled.push_back(full.filled as u64);
        let sent = self.to_pack.as_ref().is_some_and(|to_pack| to_pack.send((self.blocks_sent, full)).is_ok());
        self.blocks_sent += 1;
        if sent { Ok(()) } else { Err(self.failure()) }
    }

    /// Ends the threads; the error that one of them left, or a stand-in.
    fn failure(&mut self) -> ArchiveError {
        drop(self.end_threads());
        self.shared.error.lock().expect("no panic here").take().unwrap_or(ArchiveError::Stopped)
    }

    fn end_threads(&mut self) -> Option<Output> {
        self.to_pack = None;
        for packer in self.packers.drain(..) {
            // A packer cannot panic but for lack of memory; then the writer lacks its block and gives up.
            let _ = packer.join();
        }
        self.writer.take().and_then(|writer| writer.join().ok().flatten())
    }

    /// Writes an entry of the archive's own.
    fn put_own(&mut self, name: &str, mode: u32, length: u64, content: &mut dyn Read) -> Result<(), ArchiveError> {
        self.put(&own_header(name, mode, length, self.time))?;
        let mut left = length;
        while left > 0 {
            let got = self.put_with(left, |room| content.read(room), |_| {})?;
            match got.map_err(FileError::on("read back the list for", &self.path))? {
                0 => {
                    return Err(FileError::on("read back the list for", &self.path)(
                        std::io::ErrorKind::UnexpectedEof.into(),
                    )
                    .into());
                }
                count => left -= count as u64,
            }
        }
        self.put_zeros(padding(length) as u64)
    }

    /// Writes the tail and the footer. The file has all its bytes then, but not its name.
    ///
    /// # Errors
    /// [`ArchiveError::File`] when something cannot be written; then nothing is left behind.
    pub fn finish(mut self, tail: Tail<'_>) -> Result<FinishedArchive, ArchiveError> {
        self.cut()?;
        let blocks_before_tail = self.blocks_sent;
        if let Some((length, mut script)) = tail.by_hand {
            self.put_own(BY_HAND_NAME, 0o700, length, &mut *script)?;
        }
        let manifest_tar_offset =
            self.tar_offset() + own_header(MANIFEST_NAME, 0o600, tail.manifest.0, self.time).len() as u64;
        self.put_own(MANIFEST_NAME, 0o600, tail.manifest.0, tail.manifest.1)?;
        self.cut()?;
        let table_tar_offset = self.tar_offset();
        let Some(mut output) = self.end_threads() else { return Err(self.failure()) };
        let rows = std::mem::take(&mut *self.shared.rows.lock().expect("no panic here"));
        if rows.len() != self.blocks_sent {
            // A packing thread died: nothing may be called whole that lacks its block.
            return Err(FileError::on("compress", &self.path)(std::io::ErrorKind::Other.into()).into());
        }
        let length_of = |rows: &[BlockRow]| rows.iter().map(|row| u64::from(row.file_bytes)).sum();

        let mut end = Vec::new();
        for (name, content) in [(BLOCKS_NAME, &block::encode_table(&rows)[..]), (METADATA_NAME, tail.metadata)] {
            end.extend_from_slice(&own_header(name, 0o600, content.len() as u64, self.time));
            end.extend_from_slice(content);
            end.resize(end.len() + padding(content.len() as u64), 0);
        }
        // Two blocks of zeros end a tar archive.
        end.resize(end.len() + 1024, 0);
        let mut packer = Packer::new(self.compression.max(6));
        let mut table_crc = libdeflater::Crc::new();
        let mut room = Vec::new();
        for data in end.chunks(BLOCK_BYTES) {
            let (packed, _) = packer.pack(data, &mut room);
            let pieces = pieces(&packed, &room, data);
            pieces.iter().for_each(|piece| table_crc.update(piece));
            output.write(&pieces).map_err(FileError::on("write", &self.path))?;
        }
        let footer = Footer {
            tail_file_offset: length_of(&rows[..blocks_before_tail]),
            manifest_tar_offset,
            manifest_bytes: tail.manifest.0,
            table_file_offset: length_of(&rows),
            table_tar_offset,
            table_crc32: table_crc.sum(),
        };
        let Output { mut file, mut hash, length, .. } = output;
        let footer = footer.encode();
        file.write_all(&footer).map_err(FileError::on("write", &self.path))?;
        hash.update(&footer);
        let sha256 = finish(hash);
        Ok(FinishedArchive { file, sha256, bytes: length + footer.len() as u64 })
    }
}

impl Drop for ArchiveWriter {
    fn drop(&mut self) {
        // Waits until the partial file is removed.
        drop(self.end_threads());
    }
}

fn own_header(name: &str, mode: u32, length: u64, time: FileTime) -> Vec<u8> {
    let facts = FileFacts { mode, mtime: FileTime { nanos: 0, secs: time.secs.max(0) }, ..FileFacts::default() };
    let entry = TarEntry {
        path: name.as_bytes(),
        kind: EntryType::Regular,
        stored_bytes: length,
        sparse_size_bytes: None,
        target: None,
        facts: &facts,
        user: "",
        group: "",
    };
    let mut bytes = Vec::new();
    push_header(&mut bytes, &entry);
    bytes
}

/// The pieces of a member in the order of the file.
fn pieces<'a>(packed: &'a Packed, room: &'a [u8], data: &'a [u8]) -> Vec<&'a [u8]> {
    match packed {
        Packed::Compressed(length) => vec![&room[..*length]],
        Packed::Stored { frame } => {
            let mut pieces = Vec::with_capacity(40);
            block::stored_pieces(frame, data, |piece| pieces.push(piece));
            pieces
        }
    }
}

impl Output {
    fn write(&mut self, pieces: &[&[u8]]) -> std::io::Result<()> {
        let mut slices = Vec::with_capacity(pieces.len());
        for piece in pieces {
            self.hash.update(piece);
            self.length += piece.len() as u64;
            slices.push(IoSlice::new(piece));
        }
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            match self.file.write_vectored(rest) {
                Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
                Ok(count) => IoSlice::advance_slices(&mut rest, count),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        // Only what is whole: a page that is written while it still fills is written twice.
        let whole = self.length - self.length % WRITEBACK_BYTES;
        if whole > self.handed_over {
            self.file.begin_writeback(self.handed_over..whole);
            self.handed_over = whole;
        }
        Ok(())
    }
}

type PackedBlock = (usize, Block, Packed, BlockRow);

/// Writes blocks in the order of their numbers until the packers are gone.
fn write_blocks(
    mut output: Output,
    packed: &Receiver<PackedBlock>,
    recycle: &Sender<Block>,
    shared: &Shared,
) -> std::io::Result<Output> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (number, block, packed, row) in packed {
        early.insert(number, (block, packed, row));
        while let Some((mut block, packed, row)) = early.remove(&next) {
            output.write(&pieces(&packed, &block.room, block.filled()))?;
            block.filled = 0;
            // Nobody takes it back once the caller is done.
            let _ = recycle.send(block);
            shared.rows.lock().expect("no panic here").push(row);
            shared.row_added.notify_all();
            next += 1;
        }
    }
    Ok(output)
}
