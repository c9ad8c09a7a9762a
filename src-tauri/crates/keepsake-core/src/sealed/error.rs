//! What can be wrong with a locked file.

use std::io;
use std::path::PathBuf;

use crate::error::plain;

/// Why a locked file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    /// It does not begin as an age file does.
    #[error("{} is no locked file: it does not begin as an age file does", path.display())]
    NotSealed {
        /// The file.
        path: PathBuf,
    },
    /// It begins as an age file, and goes on in another way.
    #[error("the beginning of {} is damaged, or was made by a later version of age: {why}", path.display())]
    BadHeader {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
    /// None of the keys opens it.
    #[error("{} was locked with another recovery key", path.display())]
    WrongKey {
        /// The file.
        path: PathBuf,
    },
    /// It has another key than all of this computer's.
    #[error(
        "{} was locked with another recovery key than those on this computer; enter the sheet that belongs to it (keepsake sheet --enter --from DIR)",
        path.display()
    )]
    OtherKey {
        /// The file.
        path: PathBuf,
    },
    /// There is no key at all.
    #[error("{} is locked, and this computer has no recovery key; enter it from the recovery sheet", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// No key that can be had now opens it, and there may be others.
    #[error("{} cannot be opened now: {why}", path.display())]
    NoKeyNow {
        /// The file.
        path: PathBuf,
        /// Why there may be others, in plain words.
        why: String,
    },
    /// Its end is missing. Where it ends in the middle of a chunk, that cannot be told from damage there.
    #[error("{} is cut short, or damaged at its end", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
    },
    /// A chunk of at most 64 KiB is not what was written.
    #[error("{} is damaged at byte {sealed_offset}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the chunk begins in it, in bytes.
        sealed_offset: u64,
    },
    /// It could not be read.
    #[error("could not read {}: {}", path.display(), plain(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl SealedError {
    /// As an error of [`crate::archive::reader::ReadAt`]: what the system said where it said something, else
    /// `InvalidData` with this error inside, or `UnexpectedEof` where the end is missing.
    pub fn into_io(self) -> io::Error {
        match self {
            Self::Read { source, .. } => source,
            Self::Truncated { .. } => io::Error::new(io::ErrorKind::UnexpectedEof, self),
            _ => io::Error::new(io::ErrorKind::InvalidData, self),
        }
    }
}
