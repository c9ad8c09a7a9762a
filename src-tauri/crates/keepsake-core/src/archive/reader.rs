//! Reads archives with random access: two reads tell everything about one, one more brings any block.
//! Whatever is in an archive is hostile until it has been checked.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use fs_err as fs;

use super::block;
use super::blocks::Blocks;
use super::error::ArchiveError;
use super::footer::{FOOTER_BYTES, Footer, FooterError};
use super::manifest::{Line, MAX_LINE_BYTES, parse_line};
use super::metadata::{MAX_METADATA_BYTES, Metadata};
use super::name::archive_name;
use super::{BLOCKS_NAME, FORMAT_VERSION, METADATA_NAME};
use crate::error::FileError;

pub use super::blocks::{BlockCursor, ReadAt};

/// An archive whose tail has been read and checked.
#[derive(Debug, Clone)]
pub struct ArchiveReader {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    blocks: Blocks,
    footer: Footer,
    metadata: Metadata,
}

impl ArchiveReader {
    /// Opens an archive file and reads its footer, block table and metadata.
    ///
    /// # Errors
    /// [`ArchiveError`]: the file cannot be read, is no whole archive, is damaged or of a newer version.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let file = fs::File::open(path).map_err(FileError::on("open", path))?;
        Self::from_source(path, Box::new(file))
    }

    /// As [`ArchiveReader::open`], from anything with bytes at offsets. `path` is for messages.
    ///
    /// # Errors
    /// As [`ArchiveReader::open`].
    pub fn from_source(path: &Path, source: Box<dyn ReadAt>) -> Result<Self, ArchiveError> {
        let not = |why: &str| ArchiveError::NotAnArchive { path: path.into(), why: why.into() };
        let length = source.length().map_err(FileError::on("read", path))?;
        if length < FOOTER_BYTES as u64 {
            return Err(not("it is too short"));
        }
        let footer_offset = length - FOOTER_BYTES as u64;
        let mut footer = [0; FOOTER_BYTES];
        source.read_exact_at(&mut footer, footer_offset).map_err(FileError::on("read", path))?;
        let footer = Footer::decode(&footer).map_err(|e| match e {
            FooterError::NotAFooter => not("its end is missing or damaged"),
            FooterError::Newer(found) => ArchiveError::NewerFormat { path: path.into(), found, known: FORMAT_VERSION },
        })?;
        if footer.table_file_offset > footer_offset
            || footer.tail_file_offset > footer.table_file_offset
            || footer
                .manifest_tar_offset
                .checked_add(footer.manifest_bytes)
                .is_none_or(|end| end > footer.table_tar_offset)
        {
            return Err(not("its end contradicts itself"));
        }
        let damaged =
            |why: String| ArchiveError::Damaged { path: path.into(), file_offset: footer.table_file_offset, why };
        let end_bytes = footer_offset - footer.table_file_offset;
        // Rows take 12 bytes for at least 18 bytes of file, and the metadata has a limit of its own.
        if end_bytes > length.min(MAX_METADATA_BYTES + length / 32 + (1 << 20)) {
            return Err(damaged("the block table is impossibly long".into()));
        }
        let mut members = vec![0; end_bytes as usize];
        source.read_exact_at(&mut members, footer.table_file_offset).map_err(FileError::on("read", path))?;
        if libdeflater::crc32(&members) != footer.table_crc32 {
            return Err(damaged("the bytes of the block table are not those that were written".into()));
        }
        let end = unpack_members(&members, MAX_METADATA_BYTES + length / 18 * 12 + 4096).map_err(&damaged)?;
        let (table, metadata) = end_entries(&end).map_err(&damaged)?;
        let rows = block::decode_table(table).map_err(&damaged)?;
        let mut starts = Vec::with_capacity(rows.len() + 1);
        let mut at = (0, 0);
        for row in &rows {
            starts.push(at);
            at = (at.0 + u64::from(row.tar_bytes), at.1 + u64::from(row.file_bytes));
        }
        starts.push(at);
        if at != (footer.table_tar_offset, footer.table_file_offset) {
            return Err(damaged("the block table does not add up to the file".into()));
        }
        let tail = starts[..rows.len()].binary_search_by_key(&footer.tail_file_offset, |start| start.1);
        if tail.map_or(true, |tail| footer.manifest_tar_offset < starts[tail].0) {
            return Err(not("its tail does not begin with a block, or its list of files lies before it"));
        }
        let metadata: Metadata =
            serde_json::from_slice(metadata).map_err(|e| damaged(format!("metadata.json cannot be read ({e})")))?;
        metadata.check().map_err(|why| not(&format!("metadata.json says something impossible: {why}")))?;
        let blocks = Blocks::new(path.into(), source, length, rows, starts);
        Ok(Self { inner: Arc::new(Inner { blocks, footer, metadata }) })
    }

    /// What the archive says it is.
    pub fn metadata(&self) -> &Metadata {
        &self.inner.metadata
    }

    /// The name that it has by what stands in it, whatever its file is called.
    pub fn own_name(&self) -> String {
        archive_name(&self.inner.metadata.backup, self.inner.metadata.part)
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        self.inner.blocks.path()
    }

    /// The file's length in bytes.
    pub fn length(&self) -> u64 {
        self.inner.blocks.length()
    }

    /// How many blocks there are before the table.
    pub fn block_count(&self) -> usize {
        self.inner.blocks.count()
    }

    /// Bytes of the tar stream before the block table.
    pub fn tar_bytes(&self) -> u64 {
        self.inner.blocks.tar_bytes()
    }

    /// Where in the tar stream a block begins.
    pub fn block_tar_offset(&self, block: usize) -> u64 {
        self.inner.blocks.start(block).0
    }

    /// The block that holds a byte of the tar stream; the number of blocks when it lies beyond.
    pub fn block_of(&self, tar_offset: u64) -> usize {
        self.inner.blocks.holding(tar_offset)
    }

    /// Bytes of a block's member in the file.
    pub fn block_file_bytes(&self, block: usize) -> u64 {
        self.inner.blocks.start(block + 1).1 - self.inner.blocks.start(block).1
    }

    /// The first block of the tail: what comes before holds the backup's own entries, what follows the
    /// script, if there is one, and the manifest.
    pub fn tail_block(&self) -> usize {
        let (blocks, tail) = (&self.inner.blocks, self.inner.footer.tail_file_offset);
        blocks.before(tail)
    }

    /// Where in the tar stream the manifest's content lies.
    pub fn manifest_tar_range(&self) -> std::ops::Range<u64> {
        let footer = &self.inner.footer;
        footer.manifest_tar_offset..footer.manifest_tar_offset + footer.manifest_bytes
    }

    /// Where its blocks are.
    pub fn blocks(&self) -> &Blocks {
        &self.inner.blocks
    }

    /// Something that reads blocks, with buffers of its own: one for each thread.
    pub fn cursor(&self) -> BlockCursor {
        self.inner.blocks.cursor()
    }

    /// The manifest's lines, one at a time.
    pub fn manifest(&self) -> ManifestLines {
        let footer = &self.inner.footer;
        ManifestLines {
            archive: self.clone(),
            cursor: self.cursor(),
            at: footer.manifest_tar_offset,
            end: footer.manifest_tar_offset + footer.manifest_bytes,
            line: Vec::new(),
            number: 0,
            failed: false,
        }
    }
}

/// Unpacks gzip members that follow each other. `most_bytes` keeps a bomb from growing.
fn unpack_members(members: &[u8], most_bytes: u64) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(members)
        .take(most_bytes + 1)
        .read_to_end(&mut out)
        .map_err(|e| format!("the block table cannot be unpacked ({e})"))?;
    if out.len() as u64 > most_bytes { Err("the block table is impossibly long".into()) } else { Ok(out) }
}

/// `blocks.bin` and `metadata.json` from the end of the tar stream.
fn end_entries(end: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let mut found = [&b""[..], &b""[..]];
    let mut at = 0;
    for (name, content) in [BLOCKS_NAME, METADATA_NAME].iter().zip(&mut found) {
        let header = end.get(at..at + 512).ok_or("the end of the archive is too short")?;
        let header = tar::Header::from_byte_slice(header);
        if &*header.path_bytes() != name.as_bytes() {
            return Err(format!("{name} is missing"));
        }
        let length = header.entry_size().ok().and_then(|n| usize::try_from(n).ok()).ok_or("a length is impossible")?;
        let from = at + 512;
        let to = from.checked_add(length).filter(|&to| to <= end.len()).ok_or("a length is impossible")?;
        *content = &end[from..to];
        at = to + super::tar_entry::padding(length as u64);
    }
    Ok((found[0], found[1]))
}

/// The lines of a manifest. After an error that makes the rest unreadable it ends.
#[derive(Debug)]
pub struct ManifestLines {
    archive: ArchiveReader,
    cursor: BlockCursor,
    at: u64,
    end: u64,
    line: Vec<u8>,
    number: u64,
    failed: bool,
}

impl ManifestLines {
    fn bad(&self, why: String) -> ArchiveError {
        ArchiveError::BadLine { path: self.archive.path().into(), line: self.number, why }
    }

    fn next_line(&mut self) -> Result<Option<Line>, ArchiveError> {
        self.line.clear();
        self.number += 1;
        let needed = self.archive.metadata().archives_needed.len() as u32;
        while self.at < self.end {
            let number = self.archive.block_of(self.at);
            let block_start = self.archive.block_tar_offset(number);
            let (skip, most) = ((self.at - block_start) as usize, (self.end - block_start) as usize);
            let block = self.cursor.block(number)?;
            let rest = &block[skip..block.len().min(most)];
            let newline = rest.iter().position(|&b| b == b'\n');
            let piece = &rest[..newline.unwrap_or(rest.len())];
            self.at += piece.len() as u64 + u64::from(newline.is_some());
            if self.line.len() + piece.len() > MAX_LINE_BYTES {
                return Err(self.bad("it is too long".into()));
            }
            if newline.is_some() && self.line.is_empty() {
                let parsed = parse_line(piece, needed);
                return parsed.map(Some).map_err(|e| self.bad(e.to_string()));
            }
            self.line.extend_from_slice(piece);
            if newline.is_some() {
                return parse_line(&self.line, needed).map(Some).map_err(|e| self.bad(e.to_string()));
            }
        }
        if self.line.is_empty() { Ok(None) } else { Err(self.bad("it is cut off".into())) }
    }
}

impl Iterator for ManifestLines {
    type Item = Result<Line, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let line = self.next_line();
        // A bad line is one file; a bad block is the rest.
        self.failed = line.as_ref().is_err_and(|e| !matches!(e, ArchiveError::BadLine { .. }) || self.at >= self.end);
        line.transpose()
    }
}

#[cfg(test)]
mod tests;
