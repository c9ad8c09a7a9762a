//! The blocks of an archive whose end is damaged or cut off: each is a gzip member of its own, so the file itself tells
//! where they are. Who knows where in the tar stream something lies, and its hash, can still have it.

use std::io::Read;
use std::path::Path;

use flate2::bufread::GzDecoder;
use fs_err as fs;

use super::block::{BLOCK_BYTES, BlockRow, GZIP_HEADER, MAX_MEMBER_BYTES};
use super::blocks::{Blocks, ReadAt};
use super::error::ArchiveError;
use crate::error::FileError;

/// How every block begins: what follows tells how hard the packer tried, and on what system.
const START: [u8; 8] = *GZIP_HEADER.first_chunk().expect("it is longer");
/// More blocks are not looked for: a TiB of files.
const MOST_BLOCKS: usize = 1 << 20;
/// What no bytes have as their checksum: a block that cannot be read.
const LOST: BlockRow = BlockRow { tar_bytes: BLOCK_BYTES as u32, file_bytes: 0, file_crc32: 1 };

/// Reads the whole file and finds its blocks. What cannot be read is taken for as many blocks of 1 MiB as it must have
/// been. Where they were shorter, nothing behind them has its hash; nothing wrong is taken for right. It takes 28 bytes of
/// memory for each block.
///
/// # Errors
/// [`ArchiveError::File`] when the file cannot be read.
pub fn salvage(path: &Path) -> Result<Blocks, ArchiveError> {
    let file = fs::File::open(path).map_err(FileError::on("open", path))?;
    let length = file.length().map_err(FileError::on("read", path))?;
    let mut window = Window { file: &file, path, length, bytes: Vec::new(), at: 0 };
    let (mut rows, mut starts) = (Vec::new(), Vec::new());
    let (mut tar_at, mut file_at) = (0, 0);
    // Where something began that is no block, and is not the end.
    let mut lost_from = None;
    let mut unpacked = Vec::with_capacity(BLOCK_BYTES);
    while file_at < length && rows.len() < MOST_BLOCKS {
        let Some(row) = member(window.from(file_at)?, &mut unpacked) else {
            lost_from.get_or_insert(file_at);
            match window.next_header(file_at + 1)? {
                Some(next) => file_at = next,
                None => break,
            }
            continue;
        };
        if let Some(from) = lost_from.take() {
            for _ in 0..(file_at - from).div_ceil(MAX_MEMBER_BYTES as u64) {
                starts.push((tar_at, from));
                rows.push(LOST);
                tar_at += BLOCK_BYTES as u64;
            }
        }
        starts.push((tar_at, file_at));
        rows.push(row);
        tar_at += u64::from(row.tar_bytes);
        file_at += u64::from(row.file_bytes);
    }
    starts.push((tar_at, file_at));
    Ok(Blocks::new(path.into(), Box::new(file), length, rows, starts))
}

/// The block that these bytes begin with.
fn member(bytes: &[u8], unpacked: &mut Vec<u8>) -> Option<BlockRow> {
    if !bytes.starts_with(&START) {
        return None;
    }
    unpacked.clear();
    let mut decoder = GzDecoder::new(bytes);
    // Its checksum and length are compared at its end.
    decoder.by_ref().take(BLOCK_BYTES as u64 + 1).read_to_end(unpacked).ok()?;
    let file_bytes = bytes.len() - decoder.into_inner().len();
    let is_possible = (1..=BLOCK_BYTES).contains(&unpacked.len()) && file_bytes <= MAX_MEMBER_BYTES;
    is_possible.then(|| BlockRow {
        tar_bytes: unpacked.len() as u32,
        file_bytes: file_bytes as u32,
        file_crc32: libdeflater::crc32(&bytes[..file_bytes]),
    })
}

/// Bytes of the file, so many that a block is in them.
struct Window<'f> {
    file: &'f fs::File,
    path: &'f Path,
    length: u64,
    bytes: Vec<u8>,
    at: u64,
}

impl Window<'_> {
    /// At least one block's bytes from an offset on, or all that there are.
    fn from(&mut self, offset: u64) -> Result<&[u8], ArchiveError> {
        let wanted = (self.length - offset).min(MAX_MEMBER_BYTES as u64);
        let is_held = self.at <= offset && offset + wanted <= self.at + self.bytes.len() as u64;
        if !is_held {
            let count = (self.length - offset).min(4 * MAX_MEMBER_BYTES as u64);
            self.bytes.resize(count as usize, 0);
            self.file.read_exact_at(&mut self.bytes, offset).map_err(FileError::on("read", self.path))?;
            self.at = offset;
        }
        Ok(&self.bytes[(offset - self.at) as usize..])
    }

    /// Where the next block may begin.
    fn next_header(&mut self, mut offset: u64) -> Result<Option<u64>, ArchiveError> {
        while offset + (START.len() as u64) < self.length {
            let bytes = self.from(offset)?;
            if let Some(found) = bytes.windows(START.len()).position(|window| window == START) {
                return Ok(Some(offset + found as u64));
            }
            // It may begin in the last bytes.
            offset += (bytes.len() + 1 - START.len()) as u64;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
