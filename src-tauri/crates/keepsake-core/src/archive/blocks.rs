//! Where the blocks of an archive are in its file, and reading them.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;
use libdeflater::Decompressor;

use super::block::{self, BlockRow, MAX_MEMBER_BYTES};
use super::error::ArchiveError;
use crate::error::FileError;

/// Something with bytes at offsets: a file here, HTTP ranges elsewhere.
pub trait ReadAt: Send + Sync + std::fmt::Debug {
    /// Fills the buffer from that offset.
    ///
    /// # Errors
    /// When the bytes cannot be read; `UnexpectedEof` when there are not so many.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<()>;
    /// How many bytes there are.
    ///
    /// # Errors
    /// When that cannot be told.
    fn length(&self) -> std::io::Result<u64>;
}

impl ReadAt for fs::File {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
        self.file().read_exact_at(buffer, offset)
    }
    fn length(&self) -> std::io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

/// The blocks of an archive: of its block table, or, where that is damaged, those that were found
/// ([`super::salvage::salvage`]).
#[derive(Debug, Clone)]
pub struct Blocks {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    source: Box<dyn ReadAt>,
    length: u64,
    rows: Vec<BlockRow>,
    /// Where each block begins in the tar stream and in the file; one more than there are blocks.
    starts: Vec<(u64, u64)>,
}

impl Blocks {
    /// `starts` has one element more than `rows`: where the last block ends.
    pub(super) fn new(
        path: PathBuf,
        source: Box<dyn ReadAt>,
        length: u64,
        rows: Vec<BlockRow>,
        starts: Vec<(u64, u64)>,
    ) -> Self {
        debug_assert_eq!(rows.len() + 1, starts.len());
        Self { inner: Arc::new(Inner { path, source, length, rows, starts }) }
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The file's length in bytes.
    pub fn length(&self) -> u64 {
        self.inner.length
    }

    /// How many blocks there are.
    pub fn count(&self) -> usize {
        self.inner.rows.len()
    }

    /// Bytes of the tar stream in all of them.
    pub fn tar_bytes(&self) -> u64 {
        self.inner.starts[self.count()].0
    }

    /// Where a block begins in the tar stream and in the file; behind the last one, where that ends.
    pub fn start(&self, block: usize) -> (u64, u64) {
        self.inner.starts[block]
    }

    /// The block that holds a byte of the tar stream; the number of blocks when it lies beyond.
    pub fn holding(&self, tar_offset: u64) -> usize {
        let after = self.inner.starts.partition_point(|start| start.0 <= tar_offset);
        (after - 1).min(self.count())
    }

    /// How many blocks begin before an offset in the file.
    pub(super) fn before(&self, file_offset: u64) -> usize {
        self.inner.starts.partition_point(|start| start.1 < file_offset).min(self.count())
    }

    /// Something that reads blocks, with buffers of its own: one for each thread.
    pub fn cursor(&self) -> BlockCursor {
        BlockCursor {
            blocks: self.clone(),
            decompressor: Decompressor::new(),
            member: Vec::new(),
            block: Vec::new(),
            loaded: None,
        }
    }
}

/// Reads blocks of one archive and keeps the last one.
pub struct BlockCursor {
    blocks: Blocks,
    decompressor: Decompressor,
    member: Vec<u8>,
    block: Vec<u8>,
    loaded: Option<usize>,
}

impl std::fmt::Debug for BlockCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockCursor").field("archive", &self.blocks.path()).field("loaded", &self.loaded).finish()
    }
}

impl BlockCursor {
    /// The content of a block; the checksum of its bytes in the file is compared.
    ///
    /// # Errors
    /// [`ArchiveError::Damaged`] when it is not what was written, [`ArchiveError::File`] when it cannot be
    /// read.
    pub fn block(&mut self, number: usize) -> Result<&[u8], ArchiveError> {
        if self.loaded != Some(number) {
            self.loaded = None;
            let inner = &self.blocks.inner;
            let row = inner.rows[number];
            let file_offset = inner.starts[number].1;
            debug_assert!(row.file_bytes as usize <= MAX_MEMBER_BYTES);
            self.member.resize(row.file_bytes as usize, 0);
            inner.source.read_exact_at(&mut self.member, file_offset).map_err(FileError::on("read", &inner.path))?;
            block::unpack(&mut self.decompressor, &self.member, &row, &mut self.block)
                .map_err(|why| ArchiveError::Damaged { path: inner.path.clone(), file_offset, why })?;
            self.loaded = Some(number);
        }
        Ok(&self.block)
    }

    /// Passes a range of the tar stream to `each`, piece by piece.
    ///
    /// # Errors
    /// As [`BlockCursor::block`]; also when the range goes beyond the archive, or `each` fails.
    pub fn read_range<E: From<ArchiveError>>(
        &mut self,
        mut tar_offset: u64,
        mut length: u64,
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if tar_offset.checked_add(length).is_none_or(|end| end > self.blocks.tar_bytes()) {
            let why = "an entry is said to lie beyond the end of the archive".into();
            return Err(ArchiveError::Damaged {
                path: self.blocks.inner.path.clone(),
                file_offset: self.blocks.inner.length,
                why,
            }
            .into());
        }
        while length > 0 {
            let number = self.blocks.holding(tar_offset);
            let skip = (tar_offset - self.blocks.start(number).0) as usize;
            let block = self.block(number)?;
            let piece = &block[skip..];
            let piece = &piece[..piece.len().min(usize::try_from(length).unwrap_or(usize::MAX))];
            each(piece)?;
            tar_offset += piece.len() as u64;
            length -= piece.len() as u64;
        }
        Ok(())
    }
}
