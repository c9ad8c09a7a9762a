//! How much room a disk has.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{StatVfs, fstatvfs, statvfs};

use crate::error::FileError;

/// The room of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes that this process can still write at most: for root also what is kept back from everybody else.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

impl Room {
    /// The room where a file or folder is.
    ///
    /// # Errors
    /// [`FileError`] when it is not there, or its file system does not tell.
    pub fn at(path: &Path) -> Result<Self, FileError> {
        statvfs(path)
            .map(|stat| Self::of(&stat))
            .map_err(|e| FileError::on("look at the free space of", path)(e.into()))
    }

    /// The room where an open file or folder is.
    ///
    /// # Errors
    /// What the system says when its file system does not tell.
    pub fn of_open(open: impl AsFd) -> std::io::Result<Self> {
        Ok(Self::of(&fstatvfs(open)?))
    }

    fn of(stat: &StatVfs) -> Self {
        let blocks = if rustix::process::geteuid().is_root() { stat.f_bfree } else { stat.f_bavail };
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Self { free_bytes: bytes(blocks), total_bytes: bytes(stat.f_blocks) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_tells_its_room() {
        let dir = tempfile::tempdir().unwrap();
        let room = Room::at(dir.path()).unwrap();
        assert!(room.total_bytes > 0 && room.free_bytes <= room.total_bytes, "{room:?}");
        let open = fs_err::File::open(dir.path()).unwrap();
        assert_eq!(Room::of_open(open.file()).unwrap().total_bytes, room.total_bytes);
        assert!(Room::at(&dir.path().join("nothing")).is_err());
    }
}
