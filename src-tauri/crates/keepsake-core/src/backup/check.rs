//! Looking at what was written before it is called good: structure, lengths and a sample of blocks, read
//! back from the file.

use std::path::Path;

use super::request::BackupError;
use crate::archive::error::ArchiveError;
use crate::archive::metadata::Metadata;
use crate::archive::reader::ArchiveReader;

/// Blocks that are read back at least, spread over the archive.
const SAMPLE_BLOCKS: usize = 8;

pub(super) fn check_written(path: &Path, metadata: &Metadata, bytes: u64) -> Result<(), BackupError> {
    let reader = ArchiveReader::open(path)?;
    if reader.length() != bytes || reader.metadata() != metadata {
        let why = "it does not read back as it was written".into();
        return Err(ArchiveError::NotAnArchive { path: path.into(), why }.into());
    }
    let count = reader.block_count();
    let mut cursor = reader.cursor();
    let step = count.div_ceil(SAMPLE_BLOCKS).max(1);
    for block in (0..count).step_by(step).chain(count.checked_sub(1)) {
        cursor.block(block)?;
    }
    Ok(())
}
