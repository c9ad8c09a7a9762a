//! What every layer's error is made of: a failed file operation, with what was tried and where.

use std::io;
use std::path::{Path, PathBuf};

/// A file operation that failed: what was tried, on which path, and what the system said.
#[derive(Debug, thiserror::Error)]
#[error("could not {action} {}: {}", path.display(), plain(source))]
pub struct FileError {
    /// What was tried, as a verb phrase: "read", "create the folder".
    pub action: &'static str,
    /// The path it was tried on.
    pub path: PathBuf,
    /// What the operating system answered.
    pub source: io::Error,
}

impl FileError {
    /// An adapter for `map_err`: `.map_err(FileError::on("read", path))`.
    pub fn on(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> FileError {
        let path = path.as_ref().to_path_buf();
        move |source| FileError { action, path, source }
    }

    /// True when the disk had no room left (ENOSPC or the user's quota).
    pub fn is_disk_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

/// The system's words for the errors that people meet most, in plain language.
pub fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".into(),
        io::ErrorKind::QuotaExceeded => "the disk quota is used up".into(),
        io::ErrorKind::PermissionDenied => "no permission".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the disk can only be read, not written".into(),
        io::ErrorKind::NotFound => "there is no such file or folder".into(),
        _ => {
            let text = error.to_string();
            match text.find(" (os error") {
                Some(end) => text[..end].to_lowercase(),
                None => text,
            }
        }
    }
}
