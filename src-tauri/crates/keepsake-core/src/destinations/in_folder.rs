//! A destination that is a folder: on another disk, on the network, or one that something else keeps in step.

use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use ring::digest;

use super::folder::{archive_of_partial, list_archives};
use super::pour::pour;
use super::{Destination, DestinationError, HeldFile, check_name};
use crate::archive::name::sidecar_name;
use crate::archive::reader::ReadAt;
use crate::atomic_file::{self, AtomicFile, Step, checkpoint};
use crate::error::FileError;
use crate::lock::{JobLock, LockError};
use crate::room::Room;

/// The file in the folder that is locked while somebody works there.
pub const LOCK_NAME: &str = "keepsake.lock";

/// A folder that holds copies of archives.
#[derive(Debug)]
pub struct InFolder {
    path: PathBuf,
    /// Device and inode, as they were when it was opened.
    identity: (u64, u64),
    held_archives: bool,
}

impl InFolder {
    /// The folder at a path. It is never made: below a drive that is not mounted that would fill the wrong disk.
    /// `held_archives` says whether archives are known to have been in it.
    ///
    /// # Errors
    /// [`DestinationError::Absent`] when it is not there, or is empty although it held archives.
    pub fn open(path: &Path, held_archives: bool) -> Result<Self, DestinationError> {
        let identity = identity(path)?.ok_or_else(|| absent(path, "there is no such folder"))?;
        let folder = Self { path: path.into(), identity, held_archives };
        folder.list()?;
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fails when another folder stands here than the one that was opened: its drive was pulled out, or another was
    /// mounted over it.
    fn check_still_there(&self) -> Result<(), DestinationError> {
        match identity(&self.path)? {
            Some(found) if found == self.identity => Ok(()),
            _ => Err(absent(&self.path, "it was there a moment ago")),
        }
    }

    /// What a failed operation means here.
    fn blame(&self, error: FileError) -> DestinationError {
        if let Err(absent @ DestinationError::Absent { .. }) = self.check_still_there() {
            return absent;
        }
        if error.is_disk_full() {
            return DestinationError::Full { path: self.path.clone() };
        }
        error.into()
    }

    /// Where a file of this name is, in the folder that was opened.
    fn at(&self, name: &str) -> Result<PathBuf, DestinationError> {
        check_name(name)?;
        self.check_still_there()?;
        Ok(self.path.join(name))
    }

    /// The SHA-256 of what stands on the medium. Called after a sync.
    fn read_back(
        &self,
        file: &AtomicFile,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<digest::Digest, DestinationError> {
        let mut hash = digest::Context::new(&digest::SHA256);
        let whole = file.read_back(&mut |bytes| {
            hash.update(bytes);
            go_on(bytes.len() as u64)
        });
        match whole.map_err(|e| self.blame(e))? {
            true => Ok(hash.finish()),
            false => Err(DestinationError::Stopped),
        }
    }
}

impl Destination for InFolder {
    fn list(&self) -> Result<Vec<HeldFile>, DestinationError> {
        self.check_still_there()?;
        let listing = list_archives(&self.path).map_err(|e| self.blame(e))?;
        if listing.archives.is_empty() && self.held_archives {
            return Err(absent(&self.path, "the folder is empty, and archives were in it"));
        }
        let mut held: Vec<HeldFile> =
            listing.archives.into_iter().map(|found| HeldFile { name: found.name, bytes: found.bytes }).collect();
        for archive in listing.with_sidecar {
            let name = sidecar_name(&archive);
            let Ok(metadata) = std::fs::metadata(self.path.join(&name)) else { continue };
            if metadata.is_file() {
                held.push(HeldFile { name, bytes: metadata.len() });
            }
        }
        held.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(held)
    }

    fn open(&self, name: &str) -> Result<Box<dyn ReadAt>, DestinationError> {
        let path = self.at(name)?;
        let metadata = fs::metadata(&path).map_err(|e| self.blame(FileError::on("open", &path)(e)))?;
        if !metadata.is_file() {
            // Opening a pipe would wait for ever.
            let source = io::Error::other("it is not a file");
            return Err(FileError { action: "open", path, source }.into());
        }
        let file = fs::File::open(&path).map_err(|e| self.blame(FileError::on("open", &path)(e)))?;
        Ok(Box::new(file))
    }

    fn put(
        &self,
        name: &str,
        from: &mut dyn Read,
        sha256: &[u8; 32],
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), DestinationError> {
        let path = self.at(name)?;
        let file = AtomicFile::create(&path).map_err(|e| self.blame(e))?;
        let mut writing = Writing { file, bytes: 0, failed: None };
        let poured = pour(from, &mut writing, None, go_on);
        if let Some(e) = writing.failed {
            return Err(self.blame(e));
        }
        if poured?.ok_or(DestinationError::Stopped)?.read.sha256 != *sha256 {
            return Err(DestinationError::NotAsRecorded);
        }
        let mut file = writing.file;
        file.sync().map_err(|e| self.blame(e))?;
        if self.read_back(&file, go_on)?.as_ref() != sha256 {
            return Err(DestinationError::NotAsWritten { path });
        }
        self.check_still_there()?;
        file.commit_name_only().and_then(|()| atomic_file::sync_folder(&self.path)).map_err(|e| self.blame(e))
    }

    fn remove(&self, name: &str) -> Result<(), DestinationError> {
        let path = self.at(name)?;
        atomic_file::remove_file(&path).and_then(|()| atomic_file::sync_folder(&self.path)).map_err(|e| self.blame(e))
    }

    fn remove_leftovers(&self, is_ours: &dyn Fn(&str) -> bool) -> Result<(), DestinationError> {
        self.check_still_there()?;
        let partials = list_archives(&self.path).map_err(|e| self.blame(e))?.partials;
        for name in partials.iter().filter(|name| archive_of_partial(name).is_some_and(is_ours)) {
            atomic_file::remove_file(&self.path.join(name)).map_err(|e| self.blame(e))?;
        }
        Ok(())
    }

    fn free_bytes(&self) -> Result<u64, DestinationError> {
        self.check_still_there()?;
        Ok(Room::at(&self.path).map_err(|e| self.blame(e))?.free_bytes)
    }

    /// An flock(2) on [`LOCK_NAME`], which the kernel lets go of however the run ends. A network folder passes it on
    /// to the server when it can (NFS, SMB); where there are no locks, None.
    fn lock(&self, doing: &str, wait: bool) -> Result<Option<JobLock>, DestinationError> {
        self.check_still_there()?;
        lock_place(&self.path, doing, wait, |e| self.blame(e))
    }
}

/// A file that is being written.
struct Writing {
    file: AtomicFile,
    bytes: u64,
    /// What went wrong, as [`io::Error`] cannot carry it.
    failed: Option<FileError>,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes).map_err(|source| {
            let again = io::Error::from(source.kind());
            self.failed = Some(FileError::on("write", self.file.partial_path())(source));
            again
        })?;
        let before = self.bytes;
        self.bytes += bytes.len() as u64;
        self.file.begin_writeback(before..self.bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes the lock in a place.
pub(super) fn lock_place(
    folder: &Path,
    doing: &str,
    wait: bool,
    blame: impl FnOnce(FileError) -> DestinationError,
) -> Result<Option<JobLock>, DestinationError> {
    let path = folder.join(LOCK_NAME);
    let taken = checkpoint(Step::Create, &path).map_err(FileError::on("take the lock", &path)).map_err(LockError::from);
    match taken.and_then(|()| JobLock::take_file(path, doing, wait)) {
        Ok(lock) => Ok(Some(lock)),
        Err(e) if e.is_unsupported() => Ok(None),
        Err(LockError::Held { doing, .. }) => Err(DestinationError::Busy { doing }),
        Err(LockError::File(e)) => Err(blame(e)),
    }
}

/// Takes a backup folder for oneself, against other computers and other people's Keepsake that have the same one, with the
/// lock that a destination has. `doing` is what they are told. None where there is no such folder, where nothing can be
/// written (whoever writes there next says why), or where there are no locks. A power cut frees it.
///
/// # Errors
/// [`LockError::Held`] when somebody else has it, and `wait` is false.
pub fn lock_backup_folder(path: &Path, doing: &str, wait: bool) -> Result<Option<JobLock>, LockError> {
    let path = path.join(LOCK_NAME);
    if checkpoint(Step::Create, &path).is_err() {
        return Ok(None);
    }
    match JobLock::take_file(path, doing, wait) {
        Ok(lock) => Ok(Some(lock)),
        Err(held @ LockError::Held { .. }) => Err(held),
        Err(LockError::File(_)) => Ok(None),
    }
}

fn absent(path: &Path, why: &'static str) -> DestinationError {
    DestinationError::Absent { path: path.into(), why }
}

/// What tells a folder from another at the same path; None when there is none.
fn identity(path: &Path) -> Result<Option<(u64, u64)>, DestinationError> {
    use rustix::io::Errno;
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(Some((metadata.dev(), metadata.ino()))),
        Ok(_) => Ok(None),
        Err(e) => match e.raw_os_error().map(Errno::from_raw_os_error) {
            // As a drive that was pulled out and a server that is off answer.
            Some(
                Errno::NOENT
                | Errno::NOTDIR
                | Errno::IO
                | Errno::NODEV
                | Errno::NXIO
                | Errno::STALE
                | Errno::NOTCONN
                | Errno::HOSTDOWN
                | Errno::HOSTUNREACH
                | Errno::TIMEDOUT,
            ) => Ok(None),
            _ => Err(FileError::on("look at", path)(e).into()),
        },
    }
}
