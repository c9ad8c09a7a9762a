//! Reading what is known of a file: its owner, mode, times, inode and extended attributes.

use std::io;
use std::os::fd::AsFd;

use rustix::fs::{Stat, fgetxattr, flistxattr};
use rustix::io::Errno;

use crate::file_facts::{FileFacts, FileTime, MAX_XATTR_BYTES, Xattr};
use crate::units::ByteCount;

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

/// The extended attributes of a file, as far as they could be read and there was room for them.
#[derive(Debug, Default)]
pub struct Xattrs {
    /// What was read, sorted by name.
    pub read: Vec<Xattr>,
    /// Why these are not all, when they are not.
    pub unread: Option<io::Error>,
}

/// As [`read_xattrs_up_to`] with [`MAX_XATTR_BYTES`], for those who cannot do anything about what is missing.
///
/// # Errors
/// As [`read_xattrs_up_to`].
pub fn read_xattrs(file: impl AsFd) -> io::Result<Vec<Xattr>> {
    Ok(read_xattrs_up_to(file, MAX_XATTR_BYTES)?.read)
}

/// As [`read_xattrs_up_to`] with [`MAX_XATTR_BYTES`]; without the names, none were read.
pub fn read_xattrs_as_far_as_possible(file: impl AsFd) -> Xattrs {
    let read = read_xattrs_up_to(file, MAX_XATTR_BYTES);
    read.unwrap_or_else(|error| Xattrs { read: Vec::new(), unread: Some(error) })
}

/// The extended attributes of an open file or folder, at most so many bytes of names and values together. The
/// system's come first, so that ACLs and capabilities are not what is over. A file system without attributes
/// has none. One that cannot be read does not take the others with it.
///
/// # Errors
/// What the kernel answers when not even their names can be read.
pub fn read_xattrs_up_to(file: impl AsFd, most_bytes: usize) -> io::Result<Xattrs> {
    #[cfg(test)]
    fault::check(&file)?;
    let mut names = [0u8; 1024];
    let list = match flistxattr(&file, &mut names) {
        Ok(0) | Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(Xattrs::default()),
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
    Ok(collect(&list, most_bytes, |name, value| fgetxattr(&file, name, value)))
}

/// Those in a list of names with a NUL byte behind each; `get` is fgetxattr(2).
fn collect(list: &[u8], most_bytes: usize, mut get: impl FnMut(&[u8], &mut [u8]) -> Result<usize, Errno>) -> Xattrs {
    let mut all = Xattrs::default();
    let mut left = most_bytes;
    let mut names: Vec<&[u8]> = list.split(|&b| b == 0).filter(|name| is_kept(name)).collect();
    // The system's own before people's, which alone can be many.
    names.sort_unstable_by_key(|name| (name.starts_with(b"user."), *name));
    for name in names {
        let mut value = vec![0u8; 256];
        let length = match get(name, &mut value) {
            Err(Errno::RANGE) => {
                // The kernel's limit for a value (XATTR_SIZE_MAX).
                value.resize(65_536, 0);
                get(name, &mut value)
            }
            other => other,
        };
        match length {
            Ok(length) => value.truncate(length),
            // Removed since it was listed.
            Err(Errno::NODATA) => continue,
            Err(e) => {
                all.unread = Some(e.into());
                continue;
            }
        }
        match left.checked_sub(name.len() + value.len()) {
            Some(rest) => {
                left = rest;
                value.shrink_to_fit();
                all.read.push(Xattr { name: name.to_vec(), value });
            }
            None => {
                let why = format!("they are too large: {} are kept", ByteCount(most_bytes as u64));
                all.unread = Some(io::Error::new(io::ErrorKind::FileTooLarge, why));
                break;
            }
        }
    }
    all.read.sort();
    all
}

/// Makes the attributes of one file unreadable, for the test that asks and its thread alone.
#[cfg(test)]
pub(crate) mod fault {
    use std::cell::Cell;
    use std::io;
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    thread_local! {
        static INODE: Cell<Option<u64>> = const { Cell::new(None) };
    }

    /// They can be read again when this is dropped.
    pub(crate) struct Unreadable;

    impl Drop for Unreadable {
        fn drop(&mut self) {
            INODE.set(None);
        }
    }

    pub(crate) fn of(path: &Path) -> Unreadable {
        INODE.set(Some(std::fs::metadata(path).unwrap().ino()));
        Unreadable
    }

    pub(super) fn check(file: &impl AsFd) -> io::Result<()> {
        match INODE.get() {
            Some(inode) if rustix::fs::fstat(file)?.st_ino == inode => Err(rustix::io::Errno::IO.into()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_cut_off_and_said() {
        let list: Vec<u8> = (0..60).flat_map(|i| format!("user.{i:02}\0").into_bytes()).collect();
        let list = [&list[..], b"system.posix_acl_access\0security.selinux\0"].concat();
        let get = |name: &[u8], value: &mut [u8]| {
            let length = if name.starts_with(b"user.") { 65_536 } else { 100 };
            if value.len() < length { Err(Errno::RANGE) } else { Ok(length) }
        };
        let found = collect(&list, MAX_XATTR_BYTES, get);
        let bytes: usize = found.read.iter().map(|x| x.name.len() + x.value.len()).sum();
        assert!(bytes <= MAX_XATTR_BYTES && bytes > MAX_XATTR_BYTES - 70_000, "{bytes}");
        assert!(found.read.is_sorted());
        assert_eq!(found.read[0].name, b"system.posix_acl_access", "an ACL is never what is over");
        assert!(found.unread.unwrap().to_string().contains("too large"));
        let found = collect(&list[..8 * 9], MAX_XATTR_BYTES, get);
        assert_eq!((found.read.len(), found.unread.is_none()), (9, true));
    }

    #[test]
    fn one_that_cannot_be_read_does_not_take_the_others_with_it() {
        for errno in [Errno::IO, Errno::ACCESS] {
            let get = |name: &[u8], _: &mut [u8]| if name == b"user.b" { Err(errno) } else { Ok(3) };
            let found = collect(b"user.a\0user.b\0user.c\0", MAX_XATTR_BYTES, get);
            let names: Vec<&[u8]> = found.read.iter().map(|x| &x.name[..]).collect();
            assert_eq!(names, [b"user.a", b"user.c"]);
            assert_eq!(found.unread.map(|e| e.raw_os_error()), Some(Some(errno.raw_os_error())));
        }
    }
}
