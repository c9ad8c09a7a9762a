//! What can be wrong with an archive.

use std::path::PathBuf;

use crate::archive_path::BadPath;
use crate::error::FileError;

/// An archive that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file itself could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not a Keepsake archive, or its end is missing.
    #[error("{} is damaged, cut off, or no archive of Keepsake's ({why})", path.display())]
    NotAnArchive {
        /// The archive.
        path: PathBuf,
        /// What is missing or wrong.
        why: String,
    },
    /// It was made by a newer Keepsake.
    #[error(
        "{} has archive format version {found}; this Keepsake knows versions up to {known}. \
         A newer Keepsake can read it; tar can unpack it",
        path.display()
    )]
    NewerFormat {
        /// The archive.
        path: PathBuf,
        /// The version that it says it has.
        found: u16,
        /// The newest version known here.
        known: u16,
    },
    /// A part of it is damaged.
    #[error("{} is damaged: it is not what was written (at byte {file_offset}: {why})", path.display())]
    Damaged {
        /// The archive.
        path: PathBuf,
        /// Where in the file, in bytes.
        file_offset: u64,
        /// What is wrong there.
        why: String,
    },
    /// A line of its manifest says something impossible.
    #[error("the list of files in {} is damaged (line {line}: {why})", path.display())]
    BadLine {
        /// The archive.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The run was asked to stop.
    #[error("stopped as asked")]
    Stopped,
}

impl ArchiveError {
    /// True when the disk had no room left.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::File(e) if e.is_disk_full())
    }
}

/// Why a line of a manifest is refused.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// It is not JSON, or not of the expected shape.
    #[error("it is not a manifest line: {0}")]
    Json(#[from] serde_json::Error),
    /// Its path leads out or is malformed.
    #[error(transparent)]
    Path(#[from] BadPath),
    /// A value is out of range or missing.
    #[error("{0}")]
    Value(&'static str),
}
