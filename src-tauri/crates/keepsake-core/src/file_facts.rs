//! What is known of one file, folder or link, besides its content.

use serde::{Deserialize, Serialize};

/// A point in time as file systems keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
pub struct FileTime {
    /// Whole seconds since 1970, negative before.
    pub secs: i64,
    /// Nanoseconds past `secs`, 0 to 999,999,999.
    pub nanos: u32,
}

/// The most bytes of names and values of one file's extended attributes that are kept, together. File systems
/// allow far more (xattr(7): 64 KiB for each value and for all names), but a line of the manifest has a limit.
pub const MAX_XATTR_BYTES: usize = 2 << 20;

/// Owner, mode, times and extended attributes of one file, folder or link.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileFacts {
    /// Permission bits with setuid, setgid and sticky: 0 to 0o7777.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// When the content was last changed.
    pub mtime: FileTime,
    /// When anything of it was last changed. It cannot be restored; it tells whether a file needs reading.
    pub ctime: FileTime,
    /// The inode's number on its file system; 0 when unknown.
    pub inode: u64,
    /// Extended attributes by name, sorted; POSIX ACLs are among them as `system.posix_acl_*`.
    pub xattrs: Vec<Xattr>,
}

/// One extended attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Xattr {
    /// Its name with its namespace: `user.comment`.
    pub name: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
}

impl FileFacts {
    /// True when a restore from `other` would give the same: all but ctime and inode.
    pub fn restores_like(&self, other: &FileFacts) -> bool {
        (self.mode, self.uid, self.gid, self.mtime) == (other.mode, other.uid, other.gid, other.mtime)
            && self.xattrs == other.xattrs
    }
}

/// The names that belong to owner and group numbers on this computer.
#[derive(Default)]
pub struct OwnerNames {
    users: std::collections::HashMap<u32, String>,
    groups: std::collections::HashMap<u32, String>,
}

impl OwnerNames {
    /// Both names of an owner, empty where a number has none.
    pub fn of(&mut self, facts: &FileFacts) -> (String, String) {
        (self.user(facts.uid).to_owned(), self.group(facts.gid).to_owned())
    }

    /// The user's name, empty when the number has none.
    pub fn user(&mut self, uid: u32) -> &str {
        self.users.entry(uid).or_insert_with(|| {
            uzers::get_user_by_uid(uid).map(|u| u.name().to_string_lossy().into_owned()).unwrap_or_default()
        })
    }

    /// The group's name, empty when the number has none.
    pub fn group(&mut self, gid: u32) -> &str {
        self.groups.entry(gid).or_insert_with(|| {
            uzers::get_group_by_gid(gid).map(|g| g.name().to_string_lossy().into_owned()).unwrap_or_default()
        })
    }
}
