//! How much room a disk has.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{FsWord, StatVfs, fstatfs, fstatvfs, statvfs};

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

/// True where a file takes up at least as much as it has bytes, other than holes. Others pack what they store or keep
/// the same only once, and nobody knows before what will fit.
pub fn needs_every_byte(open: impl AsFd) -> bool {
    // ext2 to ext4, XFS, tmpfs, FAT, exFAT: statfs(2), linux/magic.h.
    const PLAIN: [FsWord; 5] = [0xef53, 0x5846_5342, 0x0102_1994, 0x4d44, 0x2011_bab0];
    fstatfs(open).is_ok_and(|stat| PLAIN.contains(&stat.f_type))
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
