//! Reading what is known of a file: its owner, mode, times, inode and extended attributes.

use std::io;
use std::os::fd::AsFd;

use rustix::fs::{Stat, fgetxattr, flistxattr};
use rustix::io::Errno;

use crate::file_facts::{FileFacts, FileTime, Xattr};

/// The facts that `stat` tells; attributes are read apart.
pub fn facts_of(stat: &Stat) -> FileFacts {
    FileFacts {
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        mtime: FileTime { secs: stat.st_mtime, nanos: stat.st_mtime_nsec as u32 },
        ctime: FileTime { secs: stat.st_ctime, nanos: stat.st_ctime_nsec as u32 },
        inode: stat.st_ino,
        xattrs: Vec::new(),
    }
}

/// The attributes that are kept: people's own, root's own, ACLs, and capabilities of programs. Labels of security
/// modules belong to the computer, not to the file.
fn is_kept(name: &[u8]) -> bool {
    let trusted = name.starts_with(b"trusted.") && !name.starts_with(b"trusted.overlay.");
    trusted || name.starts_with(b"user.") || name.starts_with(b"system.posix_acl_") || name == b"security.capability"
}

/// The extended attributes of an open file or folder, sorted by name. A file system without attributes
/// has none.
///
/// # Errors
/// What the kernel answers when they are there and cannot be read.
pub fn read_xattrs(file: impl AsFd) -> io::Result<Vec<Xattr>> {
    let mut names = [0u8; 1024];
    let list = match flistxattr(&file, &mut names) {
        Ok(0) | Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(Vec::new()),
        Ok(length) => names[..length].to_vec(),
        Err(Errno::RANGE) => {
            // The kernel's limit for the list (XATTR_LIST_MAX).
            let mut names = vec![0u8; 65_536];
            let length = flistxattr(&file, &mut names[..])?;
            names.truncate(length);
            names
        }
        Err(e) => return Err(e.into()),
    };
    let mut xattrs = Vec::new();
    for name in list.split(|&b| b == 0).filter(|name| is_kept(name)) {
        let mut value = vec![0u8; 256];
        let length = match fgetxattr(&file, name, &mut value[..]) {
            Err(Errno::RANGE) => {
                // The kernel's limit for a value (XATTR_SIZE_MAX).
                value.resize(65_536, 0);
                fgetxattr(&file, name, &mut value[..])
            }
            other => other,
        };
        match length {
            Ok(length) => value.truncate(length),
            // Removed since it was listed.
            Err(Errno::NODATA) => continue,
            Err(e) => return Err(e.into()),
        }
        xattrs.push(Xattr { name: name.to_vec(), value });
    }
    xattrs.sort();
    Ok(xattrs)
}
