//! The job lock: whoever writes holds it. It is a `flock`, so that it can never go stale: the kernel lets
//! go of it when the process ends, however it ends.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::fs::{FlockOperation, flock};

use crate::error::FileError;

/// The lock, held until dropped.
#[derive(Debug)]
pub struct JobLock {
    _file: fs::File,
}

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("Keepsake is busy: {doing}")]
    Held {
        /// What the holder does and since when, as it wrote it.
        doing: String,
        /// The lock's file.
        path: PathBuf,
    },
    /// The lock's file could not be used.
    #[error(transparent)]
    File(#[from] FileError),
}

impl JobLock {
    /// Takes the lock in `data_dir`, or says who holds it. `doing` is what others are told, with the time:
    /// "backing up family since 02:00". A power cut frees it like any end of the process.
    ///
    /// # Errors
    /// [`LockError::Held`] when another process holds it, and `wait` is false; [`LockError::File`] when
    /// the folder cannot be written.
    pub fn take(data_dir: &Path, doing: &str, wait: bool) -> Result<Self, LockError> {
        fs::create_dir_all(data_dir).map_err(FileError::on("create the folder", data_dir))?;
        let path = data_dir.join("lock");
        let mut file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(FileError::on("open the lock", &path))?;
        let how = if wait { FlockOperation::LockExclusive } else { FlockOperation::NonBlockingLockExclusive };
        match flock(&file, how) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut doing = String::new();
                // Who holds it is a courtesy: when it cannot be read, the lock is held all the same.
                let _ = (&mut file).take(500).read_to_string(&mut doing);
                let doing =
                    if doing.trim().is_empty() { "another run is at work".into() } else { doing.trim().to_string() };
                return Err(LockError::Held { doing, path });
            }
            Err(e) => return Err(FileError { action: "take the lock", path, source: e.into() }.into()),
        }
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(doing.as_bytes()))
            .map_err(FileError::on("write the lock", &path))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_what_the_first_does() {
        let dir = tempfile::tempdir().unwrap();
        let first = JobLock::take(dir.path(), "backing up family since 02:00", false).unwrap();
        let told = JobLock::take(dir.path(), "x", false).unwrap_err().to_string();
        assert!(told.contains("backing up family since 02:00"), "{told}");
        drop(first);
        JobLock::take(dir.path(), "x", false).unwrap();
    }
}
