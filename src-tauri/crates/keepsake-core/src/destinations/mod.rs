//! Places that hold copies of archives: what each of them can do ([`Destination`]), and those there are: a folder, and a
//! USB drive.

#[cfg(test)]
mod contract;
pub mod drive;
pub mod folder;
mod in_folder;
mod pour;
pub mod stored;

use std::io::Read;
use std::path::PathBuf;

use crate::archive::name::{SIDECAR_ENDING, is_archive_name};
use crate::archive::reader::ReadAt;
use crate::error::{FileError, plain};
use crate::lock::JobLock;
use crate::units::ByteCount;

pub use in_folder::{InFolder, LOCK_NAME, lock_backup_folder};

/// A file that a destination holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldFile {
    /// Its name: that of an archive, or of an archive's checksum file.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// A place that holds copies of archives. Every implementation passes the same tests (`destinations::contract`).
///
/// Names are those of archives and of their checksum files; all others are refused, so that a name can never lead
/// elsewhere. Whatever else lies in the place is neither listed nor touched.
pub trait Destination: std::fmt::Debug {
    /// What it holds, sorted by name. What is not whole yet is not listed.
    ///
    /// # Errors
    /// [`DestinationError::Absent`] when it cannot be reached at the moment, also when it stands empty although it held
    /// archives: a drive that is not mounted looks just like that.
    fn list(&self) -> Result<Vec<HeldFile>, DestinationError>;

    /// Opens a file for reading any range of it.
    ///
    /// # Errors
    /// [`DestinationError`] when it is not there or cannot be read.
    fn open(&self, name: &str) -> Result<Box<dyn ReadAt>, DestinationError>;

    /// Stores a file, replacing one of this name. It gets its name when all its bytes are on the medium and have been
    /// read back from there. After a power cut there is the old file (or none) or the whole new one. `go_on` is asked
    /// about once per MiB, with the bytes read from `from`, or read back, since: each byte is told twice.
    ///
    /// # Errors
    /// [`DestinationError::NotAsRecorded`] when what was read from `from` is not what has this SHA-256,
    /// [`DestinationError::NotAsWritten`] when the medium gives back something else, [`DestinationError::Full`] when it
    /// has no room. Then everything is as before.
    fn put(
        &self,
        name: &str,
        from: &mut dyn Read,
        sha256: &[u8; 32],
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), DestinationError>;

    /// Removes a file for good; one that is not there is no error.
    ///
    /// # Errors
    /// [`DestinationError`] when it cannot be removed.
    fn remove(&self, name: &str) -> Result<(), DestinationError>;

    /// Removes what killed runs left of files whose archives `is_ours` knows by name. Only who holds the lock may
    /// call this.
    ///
    /// # Errors
    /// [`DestinationError`] when one of them cannot be removed.
    fn remove_leftovers(&self, is_ours: &dyn Fn(&str) -> bool) -> Result<(), DestinationError>;

    /// How many bytes still fit.
    ///
    /// # Errors
    /// [`DestinationError`] when that cannot be told.
    fn free_bytes(&self) -> Result<u64, DestinationError>;

    /// Takes the place for oneself, against other computers too where it can be done; None where it cannot. `doing` is
    /// what others are told: "kitchen is copying since 02:00". With `wait` it waits until it is free.
    ///
    /// # Errors
    /// [`DestinationError::Busy`] when somebody else has it.
    fn lock(&self, doing: &str, wait: bool) -> Result<Option<JobLock>, DestinationError>;
}

/// Why something could not be done in a destination.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    /// It is not there at the moment. That is no fault.
    #[error("{} is not there now: {why}", path.display())]
    Absent {
        /// Where it should be.
        path: PathBuf,
        /// What is found instead.
        why: &'static str,
    },
    /// It has no room left.
    #[error("{} is full", path.display())]
    Full {
        /// Where it is.
        path: PathBuf,
    },
    /// It has not enough room left, as was seen before.
    #[error("{} is full: {} more are needed there, and {} are free", path.display(), ByteCount(*needed_bytes), ByteCount(*free_bytes))]
    NotEnoughRoom {
        /// Where it is.
        path: PathBuf,
        /// Bytes of all that is still to be stored.
        needed_bytes: u64,
        /// Bytes that are free.
        free_bytes: u64,
    },
    /// Somebody else is at work there.
    #[error("another run of Keepsake is at work there: {doing}")]
    Busy {
        /// What it does and since when.
        doing: String,
    },
    /// A name that is not that of an archive or of a checksum file.
    #[error("`{}` is not the name of an archive", crate::archive_path::shown(name.as_bytes()))]
    BadName {
        /// The name.
        name: String,
    },
    /// What was to be stored could not be read.
    #[error("it could not be read: {}", plain(source))]
    Unreadable {
        /// What the system said.
        source: std::io::Error,
    },
    /// What was to be stored is not what it should be.
    #[error("it is damaged: it is not what was written (SHA-256 differs)")]
    NotAsRecorded,
    /// What was stored is read back differently.
    #[error("{} was read back differently from what was written; that disk may be failing", path.display())]
    NotAsWritten {
        /// The file.
        path: PathBuf,
    },
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The monitor asked to stop.
    #[error("stopped as asked")]
    Stopped,
}

impl DestinationError {
    /// True when there was no room left.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::NotEnoughRoom { .. })
    }
}

/// Refuses names that are neither an archive's nor a checksum file's.
fn check_name(name: &str) -> Result<(), DestinationError> {
    if is_archive_name(name.strip_suffix(SIDECAR_ENDING).unwrap_or(name)) {
        return Ok(());
    }
    Err(DestinationError::BadName { name: name.into() })
}

#[doc(hidden)]
impl From<pour::PourError> for DestinationError {
    fn from(error: pour::PourError) -> Self {
        match error {
            pour::PourError::Read { source } | pour::PourError::Write { source } => Self::Unreadable { source },
        }
    }
}
