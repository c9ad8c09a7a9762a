//! Why a restore did not begin, or ended early.

use std::path::PathBuf;

use crate::archive_path::ArchivePath;
use crate::catalog::CatalogError;
use crate::error::{FileError, plain};
use crate::units::{ByteCount, counted};

/// Why a restore did not begin, or ended early. What had been brought back until then is whole.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Files would be replaced where they are, and nobody agreed to that.
    #[error("this would replace files in {}; type RESTORE to agree, or restore into another folder", list(folders))]
    NeedsConsent {
        /// The folders.
        folders: Vec<PathBuf>,
    },
    /// Other files stand where these would go.
    #[error(
        "{} in {} would be replaced: {}; choose an empty folder, or restore in place, which keeps what it replaces",
        counted(*count, "file", "files"),
        folder.display(),
        names.join(", ")
    )]
    WouldReplace {
        /// The folder.
        folder: PathBuf,
        /// The first ten.
        names: Vec<String>,
        /// How many there are.
        count: u64,
    },
    /// The disk is too small for what would be brought back.
    #[error(
        "{} are needed in {}, and {} are free; make room, or choose a folder on another disk",
        ByteCount(*needed_bytes),
        folder.display(),
        ByteCount(*free_bytes)
    )]
    NotEnoughRoom {
        /// The folder.
        folder: PathBuf,
        /// Bytes of what is new or changed.
        needed_bytes: u64,
        /// Bytes that are free.
        free_bytes: u64,
    },
    /// The backup has no such file or folder.
    #[error("{path} is not in the backup {backup}{}", meant(near))]
    NoSuchPath {
        /// What was asked for.
        path: ArchivePath,
        /// The backup's name.
        backup: String,
        /// What it has in that folder, most alike first, at most three.
        near: Vec<String>,
    },
    /// Nobody knows where a source was.
    #[error("it is not known in which folder {name} was; restore it into a folder of your choice")]
    NoFolderFor {
        /// The source's name.
        name: String,
    },
    /// The place of a source in place is gone, with all around it.
    #[error("{} and the folder around it are missing; plug the disk in or make the folder, then try again", path.display())]
    TargetMissing {
        /// The source's folder.
        path: PathBuf,
    },
    /// The target cannot be written, or could not any more.
    #[error("nothing can be written to {}: {}; make it writable, or choose another folder", path.display(), plain(source))]
    CannotWrite {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A file of Keepsake's own could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl RestoreError {
    /// True when the disk had no room left.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::NotEnoughRoom { .. } => true,
            Self::CannotWrite { source, .. } => is_full(source),
            Self::Catalog(e) => e.is_disk_full(),
            Self::File(e) => e.is_disk_full(),
            _ => false,
        }
    }

    pub(crate) fn cannot_write(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::CannotWrite { path, source }
    }
}

fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

/// True for what would fail for every other file too.
pub(crate) fn is_fatal(error: &std::io::Error) -> bool {
    is_full(error) || error.kind() == std::io::ErrorKind::ReadOnlyFilesystem
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn meant(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}
