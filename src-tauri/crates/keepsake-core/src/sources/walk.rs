//! Walking a folder: everything in it in the order of the manifest, whatever its size or depth.
//! A folder's names are in memory while it is walked; what was walked is not.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use fs_err as fs;
use rustix::fs::{AtFlags, FileType, OFlags, Stat, fstat, readlinkat, statat};

use super::beneath::open_beneath;
use super::exclude::Excludes;
use super::facts::{Xattrs, facts_of, read_xattrs_as_far_as_possible};
use crate::file_facts::FileFacts;

/// Folders that stay open at once; those further up are opened again when their turn comes.
const OPEN_FOLDERS: usize = 64;
/// The first bytes of a `CACHEDIR.TAG` (bford.info/cachedir): 43 of them.
const CACHE_TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";
const CACHE_TAG_NAME: &[u8] = b"CACHEDIR.TAG";
/// What Keepsake itself leaves in a folder that it restored into.
const OWN_NAMES: [&[u8]; 2] = [b".keepsake-undo", b".keepsake-restoring"];
/// What a restore that was killed leaves behind; see [`crate::restore`].
const OWN_PREFIX: &[u8] = b".keepsake-restoring-";

/// What to leave out.
#[derive(Debug)]
pub struct WalkRules {
    /// Patterns.
    pub excludes: Excludes,
    /// Whether other disks that are mounted below are left out.
    pub one_file_system: bool,
    /// Whether folders with a `CACHEDIR.TAG` are left out, but for the tag.
    pub exclude_caches: bool,
    /// Folders by device and inode that are left out: those with Keepsake's own backups and catalog.
    pub own_folders: Vec<(u64, u64)>,
}

/// Something found.
#[derive(Debug)]
pub struct Found {
    /// Its path below the source; empty for the source's folder itself.
    pub relative: Vec<u8>,
    /// Owner, mode, times; attributes of folders only.
    pub facts: FileFacts,
    /// What it is.
    pub kind: FoundKind,
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub enum FoundKind {
    /// A file.
    File {
        /// Its size.
        size_bytes: u64,
        /// How many names it has.
        links: u64,
        /// Its device, which with the inode tells which names are the same file.
        device: u64,
    },
    /// A folder.
    Folder,
    /// A link and what it says.
    Symlink(Vec<u8>),
}

/// A step of the walk.
#[derive(Debug)]
pub enum WalkItem {
    /// Something found.
    Found(Found),
    /// A folder whose attributes are not, or not all, among its facts. It is found beside this, and so is what
    /// is in it.
    AttributesUnread {
        /// Its path below the source.
        relative: Vec<u8>,
        /// What the system said.
        error: io::Error,
    },
    /// Something that could not be looked at; of a folder nothing is known then that is in it.
    Unreadable {
        /// Its path below the source.
        relative: Vec<u8>,
        /// What the system said.
        error: io::Error,
    },
    /// Something that is left out and worth naming.
    LeftOut {
        /// Its path below the source.
        relative: Vec<u8>,
        /// Why.
        why: &'static str,
    },
}

/// A walk under way.
#[derive(Debug)]
pub struct Walk<'r> {
    top: OwnedFd,
    device: u64,
    rules: &'r WalkRules,
    /// The path of the folder at the end of `levels`.
    path: Vec<u8>,
    levels: Vec<Level>,
    pending: Vec<WalkItem>,
}

/// A folder that is being walked.
#[derive(Debug)]
struct Level {
    folder: Option<OwnedFd>,
    /// Length of its path within [`Walk::path`].
    path_length: usize,
    names: Names,
    next: usize,
}

/// Names of a folder in one piece of memory, sorted.
#[derive(Debug, Default)]
struct Names {
    bytes: Vec<u8>,
    spans: Vec<(u32, u16)>,
}

impl Names {
    fn push(&mut self, name: &[u8]) {
        self.spans.push((self.bytes.len() as u32, name.len() as u16));
        self.bytes.extend_from_slice(name);
    }
    fn get(&self, index: usize) -> Option<&[u8]> {
        self.spans.get(index).map(|&(start, length)| &self.bytes[start as usize..start as usize + length as usize])
    }
    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.spans.sort_unstable_by_key(|&(start, length)| &bytes[start as usize..start as usize + length as usize]);
    }
}

impl<'r> Walk<'r> {
    /// Begins to walk the folder at `path`.
    ///
    /// # Errors
    /// When it cannot be opened or is not a folder.
    pub fn new(path: &Path, rules: &'r WalkRules) -> io::Result<Self> {
        let top: OwnedFd = fs::OpenOptions::new().read(true).open(path)?.into_parts().0.into();
        let stat = fstat(&top)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let mut walk =
            Self { device: stat.st_dev, top, rules, path: Vec::new(), levels: Vec::new(), pending: Vec::new() };
        let folder = open_beneath(&walk.top, b"", OFlags::RDONLY | OFlags::DIRECTORY)?;
        walk.enter(folder, &stat)?;
        Ok(walk)
    }

    /// The source's folder, for opening what was found.
    pub fn into_top(self) -> OwnedFd {
        self.top
    }

    /// True when the source's folder holds nothing at all.
    pub fn is_empty(&self) -> bool {
        self.levels.first().is_some_and(|level| level.names.spans.is_empty())
    }

    /// Reads a folder's names and makes it the current one; the folder itself becomes the next item.
    fn enter(&mut self, folder: OwnedFd, stat: &Stat) -> io::Result<()> {
        let mut facts = facts_of(stat);
        let Xattrs { read, unread } = read_xattrs_as_far_as_possible(&folder);
        facts.xattrs = read;
        let mut names = Names::default();
        let mut cache_tag = false;
        for entry in rustix::fs::Dir::read_from(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                cache_tag |= name == CACHE_TAG_NAME;
                names.push(name);
            }
        }
        if cache_tag && self.rules.exclude_caches && is_cache_tag(&folder) {
            names = Names::default();
            names.push(CACHE_TAG_NAME);
        }
        names.sort();
        if let Some(error) = unread {
            self.pending.push(WalkItem::AttributesUnread { relative: self.path.clone(), error });
        }
        self.pending.push(WalkItem::Found(Found { relative: self.path.clone(), facts, kind: FoundKind::Folder }));
        self.levels.push(Level { folder: Some(folder), path_length: self.path.len(), names, next: 0 });
        if self.levels.len() > OPEN_FOLDERS {
            let far = self.levels.len() - 1 - OPEN_FOLDERS;
            self.levels[far].folder = None;
        }
        Ok(())
    }

    /// Looks at the next name; None when all was walked.
    fn step(&mut self) -> Option<Option<WalkItem>> {
        loop {
            let level = self.levels.last_mut()?;
            self.path.truncate(level.path_length);
            if let Some(name) = level.names.get(level.next) {
                level.next += 1;
                let name = name.to_vec();
                return Some(self.look_at(&name));
            }
            self.levels.pop();
        }
    }

    fn look_at(&mut self, name: &[u8]) -> Option<WalkItem> {
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(name);
        let relative = || self.path.clone();
        if OWN_NAMES.contains(&name) || name.starts_with(OWN_PREFIX) {
            return None;
        }
        let level = self.levels.last_mut().expect("a name has its folder");
        if level.folder.is_none() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            match open_beneath(&self.top, &self.path[..level.path_length], flags) {
                Ok(folder) => level.folder = Some(folder),
                Err(error) => return Some(WalkItem::Unreadable { relative: relative(), error }),
            }
        }
        let folder = level.folder.as_ref().expect("opened above");
        let os_name = OsStr::from_bytes(name);
        let stat = match statat(folder, os_name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            // It was removed since the folder was read.
            Err(rustix::io::Errno::NOENT) => return None,
            Err(error) => return Some(WalkItem::Unreadable { relative: relative(), error: error.into() }),
        };
        let kind = FileType::from_raw_mode(stat.st_mode);
        if self.rules.excludes.is_excluded(&self.path, kind == FileType::Directory) {
            return None;
        }
        let found = |kind| Some(WalkItem::Found(Found { relative: relative(), facts: facts_of(&stat), kind }));
        let left_out = |why| Some(WalkItem::LeftOut { relative: relative(), why });
        match kind {
            FileType::RegularFile => {
                found(FoundKind::File { size_bytes: stat.st_size as u64, links: stat.st_nlink, device: stat.st_dev })
            }
            FileType::Symlink => match readlinkat(folder, os_name, Vec::new()) {
                Ok(target) => found(FoundKind::Symlink(target.into_bytes())),
                Err(error) => Some(WalkItem::Unreadable { relative: relative(), error: error.into() }),
            },
            FileType::Directory => {
                if self.rules.own_folders.contains(&(stat.st_dev, stat.st_ino)) {
                    return left_out("Keepsake keeps its own backups or catalog here");
                }
                if stat.st_dev != self.device && self.rules.one_file_system {
                    self.pending.push(WalkItem::LeftOut { relative: relative(), why: "another disk is mounted here" });
                    return found(FoundKind::Folder);
                }
                let flags = OFlags::RDONLY | OFlags::DIRECTORY;
                let entered = rustix::fs::openat(
                    folder,
                    os_name,
                    flags | OFlags::NOFOLLOW | OFlags::CLOEXEC,
                    rustix::fs::Mode::empty(),
                )
                .map_err(io::Error::from)
                .and_then(|folder| self.enter(folder, &stat));
                match entered {
                    Ok(()) => None,
                    Err(e) if e.kind() == io::ErrorKind::NotFound => None,
                    Err(error) => {
                        self.pending.push(WalkItem::Unreadable { relative: self.path.clone(), error });
                        let facts = facts_of(&stat);
                        Some(WalkItem::Found(Found { relative: self.path.clone(), facts, kind: FoundKind::Folder }))
                    }
                }
            }
            FileType::Socket => left_out("it is a socket"),
            FileType::Fifo => left_out("it is a pipe"),
            FileType::CharacterDevice | FileType::BlockDevice => left_out("it is a device"),
            _ => left_out("it is of an unknown kind"),
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = WalkItem;

    fn next(&mut self) -> Option<WalkItem> {
        loop {
            if let Some(item) = self.pending.pop() {
                return Some(item);
            }
            if let Some(item) = self.step()? {
                return Some(item);
            }
        }
    }
}

/// True when the folder's `CACHEDIR.TAG` begins as one.
fn is_cache_tag(folder: &OwnedFd) -> bool {
    let mut start = [0u8; CACHE_TAG.len()];
    let flags = OFlags::RDONLY | OFlags::NONBLOCK;
    open_beneath(folder, CACHE_TAG_NAME, flags)
        .and_then(|tag| Ok(rustix::io::read(&tag, &mut start)?))
        .is_ok_and(|length| start[..length] == *CACHE_TAG)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive_path::ArchivePath;

    fn rules(patterns: &[&str]) -> WalkRules {
        let patterns: Vec<String> = patterns.iter().map(|p| p.to_string()).collect();
        WalkRules {
            excludes: Excludes::new(&patterns).unwrap(),
            one_file_system: true,
            exclude_caches: true,
            own_folders: Vec::new(),
        }
    }

    fn walked(path: &Path, rules: &WalkRules) -> Vec<String> {
        Walk::new(path, rules)
            .unwrap()
            .map(|item| match item {
                WalkItem::Found(f) => String::from_utf8(f.relative).unwrap(),
                WalkItem::LeftOut { relative, why } => format!("{}: {why}", String::from_utf8(relative).unwrap()),
                WalkItem::AttributesUnread { relative, .. } => {
                    format!("{}: attributes", String::from_utf8(relative).unwrap())
                }
                WalkItem::Unreadable { relative, error } => panic!("{relative:?} {error}"),
            })
            .collect()
    }

    #[test]
    fn the_order_is_that_of_the_manifest() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["a/b", "a/c", "a!", "a.txt", "b/x/y", "b/x.y"] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let found = walked(dir.path(), &rules(&[]));
        assert_eq!(found, ["", "a", "a/b", "a/c", "a!", "a.txt", "b", "b/x", "b/x/y", "b/x.y"]);
        let paths: Vec<_> = found.iter().skip(1).map(|p| ArchivePath::new(format!("s/{p}")).unwrap()).collect();
        assert!(paths.is_sorted());
    }

    #[test]
    fn caches_patterns_and_special_files_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let at = |p: &str| dir.path().join(p);
        fs::create_dir(at("cache")).unwrap();
        fs::write(at("cache/CACHEDIR.TAG"), [CACHE_TAG, b"\n# more"].concat()).unwrap();
        fs::write(at("cache/big"), "x").unwrap();
        fs::create_dir(at("no cache")).unwrap();
        fs::write(at("no cache/CACHEDIR.TAG"), "something else").unwrap();
        fs::write(at("no cache/kept"), "x").unwrap();
        fs::write(at("x.tmp"), "x").unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        assert_eq!(
            walked(dir.path(), &rules(&["*.tmp"])),
            [
                "",
                "cache",
                "cache/CACHEDIR.TAG",
                "no cache",
                "no cache/CACHEDIR.TAG",
                "no cache/kept",
                "socket: it is a socket"
            ]
        );
    }

    #[test]
    fn a_folder_without_readable_attributes_is_walked() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("a")).unwrap();
        fs::write(dir.path().join("a/b"), "x").unwrap();
        let unreadable = crate::sources::facts::fault::of(&dir.path().join("a"));
        assert_eq!(walked(dir.path(), &rules(&[])), ["", "a", "a: attributes", "a/b"]);
        drop(unreadable);
        assert_eq!(walked(dir.path(), &rules(&[])), ["", "a", "a/b"]);
    }

    #[test]
    fn a_very_deep_folder_is_walked_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let mut at: OwnedFd = std::fs::File::open(dir.path()).unwrap().into();
        for _ in 0..1500 {
            rustix::fs::mkdirat(&at, "d", rustix::fs::Mode::RWXU).unwrap();
            rustix::fs::mkdirat(&at, "e", rustix::fs::Mode::RWXU).unwrap();
            at = rustix::fs::openat(&at, "d", OFlags::RDONLY, rustix::fs::Mode::empty()).unwrap();
        }
        assert_eq!(walked(dir.path(), &rules(&[])).len(), 3001);
    }
}
