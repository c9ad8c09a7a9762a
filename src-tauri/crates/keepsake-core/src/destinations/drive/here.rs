//! The folder of Keepsake on a drive that is plugged in, by a handle.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, mkdirat, open, openat, statat};
use rustix::io::Errno;

use super::Family;
use super::marker::{FoundMarker, Marker};
use crate::atomic_file::{Step, checkpoint};
use crate::destinations::{DestinationError, check_name};
use crate::error::FileError;

/// The folder on a drive in which everything of Keepsake's is.
pub const FOLDER_NAME: &str = "Keepsake";

/// A drive that is mounted.
#[derive(Debug, Clone)]
pub struct Mounted {
    /// The folder in which it is mounted.
    pub folder: PathBuf,
    /// Its device, such as `/dev/sdb1`: as long as that is there, it is plugged in. None when nobody knows.
    pub device: Option<PathBuf>,
    /// The UUID of its file system, as udev tells it.
    pub file_system: String,
    /// True for FAT, whose files end at 4 GiB.
    pub is_fat: bool,
}

/// The folder, open.
pub(super) struct Here {
    folder: OwnedFd,
    /// The folder through its handle: whatever stands at its path, this is it (proc(5), `/proc/self/fd`).
    base: PathBuf,
    shown: PathBuf,
    device: Option<PathBuf>,
}

impl Here {
    /// Opens it; None when there is none. Writes nothing.
    pub fn open(mounted: &Mounted) -> Result<Option<Self>, DestinationError> {
        let shown = mounted.folder.join(FOLDER_NAME);
        let failed = |e: Errno| of_errno(e, "open", &shown, mounted.device.as_deref());
        let top = open(&mounted.folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        let top = top.map_err(failed)?;
        // No link: it would lead to another disk.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = match openat(&top, FOLDER_NAME, flags, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::NOTDIR | Errno::LOOP) => {
                let why = "something that is not a folder stands in its place";
                let source = io::Error::new(io::ErrorKind::NotADirectory, why);
                return Err(FileError { action: "open", path: shown, source }.into());
            }
            Err(e) => return Err(failed(e)),
        };
        if fstat(&folder).map_err(failed)?.st_dev != fstat(&top).map_err(failed)?.st_dev {
            let source = io::Error::other("another disk is mounted in its place");
            return Err(FileError { action: "open", path: shown, source }.into());
        }
        let base = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
        Ok(Some(Self { folder, base, shown, device: mounted.device.clone() }))
    }

    /// Opens it, and makes it when it is missing.
    pub fn make(mounted: &Mounted) -> Result<Self, DestinationError> {
        let shown = mounted.folder.join(FOLDER_NAME);
        if Self::open(mounted)?.is_none() {
            let made = checkpoint(Step::Create, &shown).map_err(FileError::on("create the folder", &shown));
            made.map_err(|e| of_file_error(e, &mounted.folder, mounted.device.as_deref()))?;
            let top = open(&mounted.folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
            let failed = |e: Errno| of_errno(e, "create the folder", &shown, mounted.device.as_deref());
            let top = top.map_err(failed)?;
            mkdirat(&top, FOLDER_NAME, Mode::RWXU).map_err(failed)?;
            rustix::fs::fsync(&top).map_err(failed)?;
        }
        let missing = || DestinationError::Absent { path: shown.clone(), why: "it was there a moment ago" };
        Self::open(mounted)?.ok_or_else(missing)
    }

    /// Its path through the handle.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Its path, for people.
    pub fn shown(&self) -> &Path {
        &self.shown
    }

    pub fn marker(&self, family: Option<&Family>) -> Result<FoundMarker, DestinationError> {
        let now = family.map(|family| (family.id.as_str(), &family.drive_key));
        let older = family.into_iter().flat_map(|family| &family.older).map(|(id, key)| (id.as_str(), key));
        let known: Vec<_> = now.into_iter().chain(older).collect();
        Marker::read(&self.base, &known).map_err(|e| self.blame(e))
    }

    /// Fails when the drive is not plugged in any more, or not mounted where it was.
    pub fn check(&self) -> Result<(), DestinationError> {
        let absent = |why| Err(DestinationError::Absent { path: self.shown.clone(), why });
        if self.device.as_ref().is_some_and(|device| !device.exists()) {
            return absent("it was pulled out");
        }
        let (own, at_path) = (fstat(&self.folder), statat(CWD, &self.shown, rustix::fs::AtFlags::SYMLINK_NOFOLLOW));
        match (own, at_path) {
            (Ok(own), Ok(found)) if FileType::from_raw_mode(found.st_mode) == FileType::Directory => {
                match (own.st_dev, own.st_ino) == (found.st_dev, found.st_ino) {
                    true => Ok(()),
                    false => absent("another stands in its place"),
                }
            }
            _ => absent("it was there a moment ago"),
        }
    }

    /// Refuses odd names, and when it is not there.
    pub fn check_name(&self, name: &str) -> Result<(), DestinationError> {
        check_name(name)?;
        self.check()
    }

    /// What a failed operation means. The path that people see is the drive's, not the handle's.
    pub fn blame(&self, error: FileError) -> DestinationError {
        if let Err(absent) = self.check() {
            return absent;
        }
        let path = match error.path.strip_prefix(&self.base) {
            Ok(name) if name.as_os_str().is_empty() => self.shown.clone(),
            Ok(name) => self.shown.join(name),
            Err(_) => error.path.clone(),
        };
        if error.is_disk_full() {
            return DestinationError::Full { path: self.shown.clone() };
        }
        FileError { path, ..error }.into()
    }
}

fn of_errno(errno: Errno, action: &'static str, path: &Path, device: Option<&Path>) -> DestinationError {
    of_file_error(FileError { action, path: path.into(), source: errno.into() }, path, device)
}

fn of_file_error(error: FileError, path: &Path, device: Option<&Path>) -> DestinationError {
    if device.is_some_and(|device| !device.exists()) {
        return DestinationError::Absent { path: path.into(), why: "it was pulled out" };
    }
    let errno = error.source.raw_os_error().map(Errno::from_raw_os_error);
    match errno {
        Some(Errno::NOENT | Errno::IO | Errno::NODEV | Errno::NXIO | Errno::NOTCONN) => {
            DestinationError::Absent { path: path.into(), why: "nothing answers there" }
        }
        Some(Errno::NOSPC | Errno::DQUOT) => DestinationError::Full { path: path.into() },
        _ => error.into(),
    }
}
