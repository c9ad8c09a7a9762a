//! The job lock: whoever writes holds it. And the agent's, so that there is one agent. Each is a `flock`, so that
//! it can never go stale: the kernel lets go of it when the process ends, however it ends.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::fs::{FlockOperation, flock};

use crate::atomic_file;
use crate::error::{FileError, number_of};

/// The lock, held until dropped.
#[derive(Debug)]
pub struct JobLock {
    file: fs::File,
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
    /// the folder cannot be written. On a full disk it is had all the same, and others are not told what is done.
    pub fn take(data_dir: &Path, doing: &str, wait: bool) -> Result<Self, LockError> {
        // For its owner only, like everything in it.
        atomic_file::create_folders(data_dir)?;
        Self::take_file(data_dir.join("lock"), doing, wait)
    }

    /// As [`JobLock::take`], with a lock file of any name in a folder that is there. The folder may be on a network: it
    /// depends on its file system whether other computers notice the lock.
    ///
    /// # Errors
    /// As [`JobLock::take`]; [`LockError::is_unsupported`] tells a file system without locks.
    pub fn take_file(path: PathBuf, doing: &str, wait: bool) -> Result<Self, LockError> {
        let mut options = std::fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file =
            atomic_file::open_own_to_write(&path, &mut options).map_err(FileError::on("open the lock", &path))?;
        let mut file = fs::File::from_parts(file, &path);
        let how = if wait { FlockOperation::LockExclusive } else { FlockOperation::NonBlockingLockExclusive };
        match flock(&file, how) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(LockError::Held { doing: told(&mut file), path });
            }
            Err(e) => return Err(FileError { action: "take the lock", path, source: e.into() }.into()),
        }
        let noted = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(doing.as_bytes()))
            .map_err(FileError::on("write the lock", &path));
        match noted {
            // The lock is had. That others are not told what for must not keep a full disk from being made room on.
            Err(e) if !e.is_disk_full() => Err(e.into()),
            _ => Ok(Self { file }),
        }
    }
}

impl LockError {
    /// True when the file system knows no locks.
    pub fn is_unsupported(&self) -> bool {
        use rustix::io::Errno;
        let Self::File(e) = self else { return false };
        let number = number_of(&e.source).map(Errno::from_raw_os_error);
        matches!(number, Some(Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS))
    }
}

/// What makes the agent the only one, held until dropped.
#[derive(Debug)]
pub struct AgentLock {
    lock: JobLock,
    path: PathBuf,
}

impl AgentLock {
    /// Takes the agent's lock in `data_dir`, or says what its holder wrote. `doing` is what others are told:
    /// "since 2026-03-03 02:00". A power cut frees it like any end of the process.
    ///
    /// # Errors
    /// As [`JobLock::take`].
    pub fn take(data_dir: &Path, doing: &str) -> Result<Self, LockError> {
        // For its owner only, like everything in it.
        atomic_file::create_folders(data_dir)?;
        let path = data_dir.join("agent-lock");
        Ok(Self { lock: JobLock::take_file(path.clone(), doing, false)?, path })
    }

    /// False once the lock's file was removed or replaced: then another agent may hold the one that is there now.
    pub fn still_counts(&self) -> bool {
        let held = rustix::fs::fstat(&self.lock.file);
        match (held, rustix::fs::stat(&self.path)) {
            (Ok(held), Ok(there)) => (held.st_dev, held.st_ino) == (there.st_dev, there.st_ino),
            _ => false,
        }
    }
}

/// What the holder of the lock in `data_dir` does and since when, as it wrote it; None when nobody holds it,
/// or when that cannot be found out. Nothing is written, and whoever wants the lock at the same moment gets it:
/// the kernel's list of locks is read (proc_locks(5)), and only when that is in doubt is the lock tried.
pub fn holder(data_dir: &Path) -> Option<String> {
    let path = data_dir.join("lock");
    let file = atomic_file::open_own(&path, std::fs::OpenOptions::new().read(true)).ok()?;
    let mut file = fs::File::from_parts(file, path);
    let is_held = match std::fs::read_to_string("/proc/locks") {
        Ok(locks) => match listed(&locks, &rustix::fs::fstat(&file).ok()?) {
            Listed::No => false,
            Listed::Yes => true,
            Listed::Perhaps => is_refused(&file),
        },
        Err(_) => is_refused(&file),
    };
    is_held.then(|| told(&mut file))
}

/// Whether the kernel lists a lock.
#[derive(Debug, PartialEq, Eq)]
enum Listed {
    No,
    Yes,
    /// There is one of this inode number on a device of another number: some file systems show two numbers.
    Perhaps,
}

/// Lines are like `1: FLOCK  ADVISORY  WRITE 4711 08:01:131090 0 EOF`.
fn listed(locks: &str, stat: &rustix::fs::Stat) -> Listed {
    let device = (rustix::fs::major(stat.st_dev), rustix::fs::minor(stat.st_dev));
    let mut found = Listed::No;
    for line in locks.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, "WRITE", _, place, ..] = words[..] else { continue };
        let mut numbers = place.split(':');
        let mut hex = || numbers.next().and_then(|text| u32::from_str_radix(text, 16).ok());
        let (Some(major), Some(minor)) = (hex(), hex()) else { continue };
        if numbers.next().and_then(|inode| inode.parse().ok()) == Some(stat.st_ino) {
            if (major, minor) == device {
                return Listed::Yes;
            }
            found = Listed::Perhaps;
        }
    }
    found
}

/// True when someone holds the lock. When nobody does, it is had for a moment, and let go of with the file.
fn is_refused(file: &fs::File) -> bool {
    flock(file, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK)
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
            let asking = scope.spawn(|| while holder(dir.path()).is_none() {});
            let lock = JobLock::take(dir.path(), "backing up", false).expect("who asks does not hold it");
            asking.join().unwrap();
            drop(lock);
        });
    }

    #[test]
    fn what_stands_in_its_place_is_never_written_and_never_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let precious = dir.path().join("precious");
        fs::write(&precious, "mine").unwrap();
        let pipe = |path: &Path| {
            rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        };
        std::os::unix::fs::symlink(&precious, &path).unwrap();
        let told = JobLock::take(dir.path(), "x", false).unwrap_err().to_string();
        assert!(told.contains("a link stands in its place"), "{told}");
        assert_eq!(fs::read(&precious).unwrap(), b"mine");
        fs::remove_file(&path).unwrap();
        pipe(&path);
        assert_eq!(holder(dir.path()), None);
        let told = JobLock::take(dir.path(), "x", true).unwrap_err().to_string();
        assert!(told.contains("not a file"), "{told}");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let told = JobLock::take(dir.path(), "x", false).unwrap_err().to_string();
        assert!(told.contains("not a file"), "{told}");
        assert_eq!(holder(dir.path()), None);
    }

    #[test]
    fn an_agents_lock_whose_file_is_gone_counts_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let first = AgentLock::take(dir.path(), "since 02:00").unwrap();
        assert!(first.still_counts());
        fs::remove_file(dir.path().join("agent-lock")).unwrap();
        assert!(!first.still_counts());
        let second = AgentLock::take(dir.path(), "since 03:00").unwrap();
        assert_eq!((first.still_counts(), second.still_counts()), (false, true));
    }

    #[test]
    fn the_kernels_list_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let stat = rustix::fs::stat(dir.path()).unwrap();
        let (major, minor) = (rustix::fs::major(stat.st_dev), rustix::fs::minor(stat.st_dev));
        let other = "1: POSIX  ADVISORY  WRITE 1 08:01:5 0 EOF\n2: FLOCK  ADVISORY  WRITE 1 08:01:5 0 EOF\nodd\n";
        let line = |kind: &str, major: u32| {
            format!("{other}3: FLOCK  ADVISORY  {kind} 7 {major:02x}:{minor:02x}:{} 0 EOF", stat.st_ino)
        };
        assert_eq!(listed(other, &stat), Listed::No);
        assert_eq!(listed(&line("WRITE", major), &stat), Listed::Yes);
        assert_eq!(listed(&line("READ", major), &stat), Listed::No);
        assert_eq!(listed(&line("WRITE", major + 1), &stat), Listed::Perhaps);
    }
}
