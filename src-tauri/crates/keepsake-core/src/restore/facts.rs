//! Gives files, folders and links their owner, mode, times and attributes, and reads them for comparison.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;

use rustix::fs::{
    AtFlags, Gid, Mode, Stat, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags, chownat, fchmod, fchown, fremovexattr,
    fsetxattr, futimens, lgetxattr, lsetxattr, utimensat,
};
use rustix::io::Errno;

use super::folders::Folder;
use super::report::{Once, Report};
use crate::archive::acl;
use crate::archive::manifest::Entry;
use crate::file_facts::{FileFacts, FileTime, Xattr};

const SETUID: u32 = 0o4000;
const SETGID: u32 = 0o2000;

/// Who restores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Me {
    uid: u32,
    pub is_root: bool,
}

impl Me {
    pub fn now() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        Self { uid, is_root: uid == 0 }
    }
}

/// Which numbers the owners of a backup have on this computer.
#[derive(Debug, Default)]
pub(crate) struct OwnersHere {
    users: HashMap<String, Option<u32>>,
    groups: HashMap<String, Option<u32>>,
}

impl OwnersHere {
    /// Replaces the entry's numbers by those that its names have here. A name that is unknown here, or
    /// none, leaves the number.
    pub fn settle(&mut self, entry: &mut Entry) {
        if !entry.user.is_empty() {
            let found = *self
                .users
                .entry(std::mem::take(&mut entry.user))
                .or_insert_with_key(|name| uzers::get_user_by_name(name.as_str()).map(|u| u.uid()));
            entry.facts.uid = found.unwrap_or(entry.facts.uid);
        }
        if !entry.group.is_empty() {
            let found = *self
                .groups
                .entry(std::mem::take(&mut entry.group))
                .or_insert_with_key(|name| uzers::get_group_by_name(name.as_str()).map(|g| g.gid()));
            entry.facts.gid = found.unwrap_or(entry.facts.gid);
        }
    }
}

/// Sets everything on an open file or folder. What the disk or this user cannot do is reported. True when it has
/// its time.
/// `inherited_acl`: the folder around it may have given it an ACL that the backup does not know.
pub(crate) fn set_open(
    file: impl AsFd,
    facts: &FileFacts,
    me: Me,
    inherited_acl: bool,
    path: &dyn std::fmt::Display,
    report: &Report<'_>,
) -> bool {
    let file = file.as_fd();
    let mut mode = facts.mode;
    if let Err(e) = set_owner(facts, me, |uid, gid| fchown(file, uid, gid)) {
        // A program that runs as its owner must not run as somebody else.
        mode &= !(SETUID | SETGID);
        report.once(Once::Owners, path, &e.into());
    }
    if inherited_acl && !facts.xattrs.iter().any(|x| x.name == acl::ACCESS) {
        // Mostly there is none, and many file systems know none.
        let _ = fremovexattr(file, acl::ACCESS);
    }
    if let Err(e) = fchmod(file, Mode::from_raw_mode(mode)) {
        report.once(Once::ModesAndTimes, path, &e.into());
    }
    for xattr in &facts.xattrs {
        if let Err(e) = fsetxattr(file, &xattr.name[..], &xattr.value, XattrFlags::empty()) {
            report.once(Once::Attributes, path, &e.into());
        }
    }
    if mode & (SETUID | SETGID) != 0 && !facts.xattrs.is_empty() {
        // Setting an ACL may have taken the bits away; an error was told above.
        let _ = fchmod(file, Mode::from_raw_mode(mode));
    }
    let timed = futimens(file, &times(facts.mtime));
    timed.inspect_err(|e| report.once(Once::ModesAndTimes, path, &(*e).into())).is_ok()
}

/// Sets everything that a symbolic link can have. True when it has its time.
pub(crate) fn set_link(
    folder: &Folder,
    name: &[u8],
    facts: &FileFacts,
    me: Me,
    path: &dyn std::fmt::Display,
    report: &Report<'_>,
) -> bool {
    if let Err(e) = set_owner(facts, me, |uid, gid| chownat(folder, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)) {
        report.once(Once::Owners, path, &e.into());
    }
    for xattr in &facts.xattrs {
        if let Err(e) = lsetxattr(folder.through(name), &xattr.name[..], &xattr.value, XattrFlags::empty()) {
            report.once(Once::Attributes, path, &e.into());
        }
    }
    let timed = utimensat(folder, name, &times(facts.mtime), AtFlags::SYMLINK_NOFOLLOW);
    timed.inspect_err(|e| report.once(Once::ModesAndTimes, path, &(*e).into())).is_ok()
}

fn set_owner(
    facts: &FileFacts,
    me: Me,
    chown: impl Fn(Option<Uid>, Option<Gid>) -> rustix::io::Result<()>,
) -> rustix::io::Result<()> {
    // u32::MAX says "leave it" to the kernel and is nobody's number.
    let uid = (facts.uid != u32::MAX).then(|| Uid::from_raw(facts.uid));
    let gid = (facts.gid != u32::MAX).then(|| Gid::from_raw(facts.gid));
    if me.is_root {
        return chown(uid, gid);
    }
    // One's own files may get any group that one is in; another group is no loss to speak of, but then
    // nothing may run with it.
    let group = chown(None, gid);
    if facts.uid != me.uid {
        return Err(Errno::PERM);
    }
    if facts.mode & SETGID != 0 { group } else { Ok(()) }
}

fn times(mtime: FileTime) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: mtime.secs, tv_nsec: mtime.nanos.into() },
    }
}

/// When a file was last changed.
pub(crate) fn mtime_of(stat: &Stat) -> FileTime {
    FileTime { secs: stat.st_mtime, nanos: stat.st_mtime_nsec as u32 }
}

/// True when what stands there has the facts that a restore would give it.
pub(crate) fn are_set(folder: &Folder, name: &[u8], stat: &Stat, is_link: bool, facts: &FileFacts, me: Me) -> bool {
    let owner = !me.is_root || (stat.st_uid == facts.uid && stat.st_gid == facts.gid);
    let mode = is_link || stat.st_mode & 0o7777 == facts.mode;
    if !owner || !mode || mtime_of(stat) != facts.mtime {
        return false;
    }
    let has = |xattr: &Xattr| {
        let mut value = vec![0; xattr.value.len() + 1];
        lgetxattr(folder.through(name), &xattr.name[..], &mut value[..])
            .is_ok_and(|length| value[..length] == xattr.value[..])
    };
    let no_acl = || {
        let mut value = [0u8; 0];
        is_link
            || facts.xattrs.iter().any(|x| x.name == acl::ACCESS)
            || !matches!(lgetxattr(folder.through(name), acl::ACCESS, &mut value[..]), Ok(1..) | Err(Errno::RANGE))
    };
    facts.xattrs.iter().all(has) && no_acl()
}

/// What a folder is now, for putting it back.
pub(crate) fn facts_now(folder: &Folder) -> io::Result<FileFacts> {
    let mut facts = crate::sources::facts::facts_of(&folder.stat()?);
    facts.xattrs = crate::sources::facts::read_xattrs(folder).unwrap_or_default();
    Ok(facts)
}
