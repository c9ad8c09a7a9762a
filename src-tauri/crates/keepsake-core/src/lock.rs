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
        let mut answer = flock(&file, how);
        // Someone who only asks ([`holder`]) has it for a few microseconds: no reason to turn a backup away.
        for _ in 0..100 {
            if answer != Err(rustix::io::Errno::WOULDBLOCK) || !is_only_asked_about(&file) {
                break;
            }
            answer = flock(&file, how);
        }
        match answer {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(LockError::Held { doing: told(&mut file), path });
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

/// What the holder of the lock in `data_dir` does and since when, as it wrote it; None when nobody holds it,
/// or when that cannot be found out. Nothing is written.
pub fn holder(data_dir: &Path) -> Option<String> {
    let mut file = fs::File::open(data_dir.join("lock")).ok()?;
    // Shared, so that several may ask at once; let go of at once, when the file is closed.
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Err(rustix::io::Errno::WOULDBLOCK) => Some(told(&mut file)),
        _ => None,
    }
}

/// True when the lock is free for those who share it: then no other run holds it.
fn is_only_asked_about(file: &fs::File) -> bool {
    flock(file, FlockOperation::NonBlockingLockShared).is_ok()
}

fn told(file: &mut fs::File) -> String {
    let mut doing = String::new();
    // Who holds it is a courtesy: when it cannot be read, the lock is held all the same.
    let _ = file.take(500).read_to_string(&mut doing);
    if doing.trim().is_empty() { "another run is at work".into() } else { doing.trim().to_string() }
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

    #[test]
    fn who_asks_learns_it_and_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(holder(dir.path()), None);
        assert!(!dir.path().join("lock").exists(), "asking writes nothing");
        let lock = JobLock::take(dir.path(), "backing up family since 02:00", false).unwrap();
        assert_eq!(holder(dir.path()).as_deref(), Some("backing up family since 02:00"));
        drop(lock);
        assert_eq!(holder(dir.path()), None);
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| (0..2_000).filter(|_| holder(dir.path()).is_some()).count());
            for _ in 0..500 {
                JobLock::take(dir.path(), "x", false).expect("who asks does not hold it");
            }
            asking.join().unwrap();
        });
    }
}
