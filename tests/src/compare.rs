//! Compares two folders in everything that a backup promises to bring back.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::fs::SeekFrom;

/// In what two things can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// It is in the first folder only.
    Missing,
    /// It is in the second folder only.
    Extra,
    /// File, folder, symlink, pipe, socket or device.
    Type,
    /// The bytes of a file.
    Content,
    /// The length of a file, in bytes.
    Size,
    /// Permission bits with setuid, setgid and sticky. Not compared for symlinks, which have none.
    Mode,
    /// The owner's number.
    Owner,
    /// The group's number.
    Group,
    /// When it was last changed, to the nanosecond; of all but folders.
    Mtime,
    /// The same of folders.
    FolderMtime,
    /// Where a symlink points.
    Target,
    /// Which other names are the same file.
    HardLinks,
    /// Extended attributes other than ACLs.
    Xattrs,
    /// POSIX ACLs, also those that a folder hands down.
    Acls,
    /// How much of a file takes room on the disk.
    Sparseness,
    /// A device's numbers.
    Device,
}

/// One thing in which two folders differ.
#[derive(Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where, relative to both folders; empty for the folders themselves. Any bytes.
    pub path: Vec<u8>,
    /// In what.
    pub aspect: Aspect,
    /// What was found here and there.
    pub detail: String,
}

impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: \"{}\": {}", self.aspect, self.path.escape_ascii(), self.detail)
    }
}

/// Everything in which the second folder is not like the first. It looks at names as bytes, and at each
/// [`Aspect`]. Sparseness may differ by 128 KiB and an eighth, as file systems round in different ways.
pub fn compare_trees(a: &Path, b: &Path) -> Vec<Difference> {
    let (left, right) = (Listing::of(a), Listing::of(b));
    let mut found = Vec::new();
    for (path, one) in &left.entries {
        match right.entries.get(path) {
            None => found.push(Difference { path: path.clone(), aspect: Aspect::Missing, detail: kind(one).into() }),
            Some(two) => Pair { left: &left, right: &right, path, one, two, found: &mut found }.compare(),
        }
    }
    for (path, two) in right.entries.iter().filter(|(path, _)| !left.entries.contains_key(*path)) {
        found.push(Difference { path: path.clone(), aspect: Aspect::Extra, detail: kind(two).into() });
    }
    found
}

/// The differences but those in some aspects.
pub fn without(differences: Vec<Difference>, aspects: &[Aspect]) -> Vec<Difference> {
    differences.into_iter().filter(|difference| !aspects.contains(&difference.aspect)).collect()
}

/// Insists that there are no differences, and shows the first twenty.
#[track_caller]
pub fn assert_same(differences: &[Difference]) {
    let shown: Vec<String> = differences.iter().take(20).map(|d| format!("{d:?}")).collect();
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), shown.join("\n"));
}

/// All that stands below one folder, with the folder itself under the empty path.
struct Listing {
    top: PathBuf,
    entries: BTreeMap<Vec<u8>, std::fs::Metadata>,
    /// The names of each file that has several, by device and inode.
    links: BTreeMap<(u64, u64), BTreeSet<Vec<u8>>>,
}

impl Listing {
    fn of(top: &Path) -> Self {
        let mut listing = Self { top: top.into(), entries: BTreeMap::new(), links: BTreeMap::new() };
        let mut waiting = vec![Vec::new()];
        while let Some(path) = waiting.pop() {
            let full = listing.full(&path);
            let meta = fs::symlink_metadata(&full).expect("what is compared can be read");
            if meta.is_dir() {
                for entry in fs::read_dir(&full).expect("what is compared can be read") {
                    let name = entry.expect("what is compared can be read").file_name();
                    let mut below = path.clone();
                    if !below.is_empty() {
                        below.push(b'/');
                    }
                    below.extend_from_slice(name.as_bytes());
                    waiting.push(below);
                }
            } else if meta.nlink() > 1 {
                listing.links.entry((meta.dev(), meta.ino())).or_default().insert(path.clone());
            }
            listing.entries.insert(path, meta);
        }
        listing
    }

    fn full(&self, path: &[u8]) -> PathBuf {
        if path.is_empty() { self.top.clone() } else { self.top.join(OsStr::from_bytes(path)) }
    }

    fn names_of(&self, path: &[u8], meta: &std::fs::Metadata) -> BTreeSet<Vec<u8>> {
        let alone = || BTreeSet::from([path.to_vec()]);
        if meta.is_dir() { alone() } else { self.links.get(&(meta.dev(), meta.ino())).cloned().unwrap_or_else(alone) }
    }
}

/// The same path in both folders.
struct Pair<'a> {
    left: &'a Listing,
    right: &'a Listing,
    path: &'a [u8],
    one: &'a std::fs::Metadata,
    two: &'a std::fs::Metadata,
    found: &'a mut Vec<Difference>,
}

impl Pair<'_> {
    fn note(&mut self, aspect: Aspect, detail: String) {
        self.found.push(Difference { path: self.path.to_vec(), aspect, detail });
    }

    fn check<T: PartialEq + fmt::Debug>(&mut self, aspect: Aspect, one: T, two: T) {
        if one != two {
            self.note(aspect, format!("{one:?} became {two:?}"));
        }
    }

    fn compare(mut self) {
        let (one, two) = (self.one, self.two);
        let (here, there) = (self.left.full(self.path), self.right.full(self.path));
        self.check(Aspect::Owner, one.uid(), two.uid());
        self.check(Aspect::Group, one.gid(), two.gid());
        if kind(one) != kind(two) {
            return self.check(Aspect::Type, kind(one), kind(two));
        }
        if !one.is_symlink() {
            self.check(Aspect::Mode, format!("{:04o}", one.mode() & 0o7777), format!("{:04o}", two.mode() & 0o7777));
        }
        let aspect = if one.is_dir() { Aspect::FolderMtime } else { Aspect::Mtime };
        let time = |meta: &std::fs::Metadata| format!("{}.{:09}", meta.mtime(), meta.mtime_nsec());
        self.check(aspect, time(one), time(two));
        let (links_here, links_there) = (self.left.names_of(self.path, one), self.right.names_of(self.path, two));
        if links_here != links_there {
            self.note(Aspect::HardLinks, format!("{} names became {}", links_here.len(), links_there.len()));
        }
        let (xattrs_here, xattrs_there) = (attributes(&here), attributes(&there));
        self.check(Aspect::Xattrs, &xattrs_here.0, &xattrs_there.0);
        self.check(Aspect::Acls, &xattrs_here.1, &xattrs_there.1);
        if one.is_symlink() {
            let target = |path| fs::read_link(path).expect("a symlink can be read");
            self.check(Aspect::Target, target(&here), target(&there));
        } else if one.is_file() {
            self.compare_files(&here, &there);
        } else if !one.is_dir() {
            self.check(Aspect::Device, one.rdev(), two.rdev());
        }
    }

    fn compare_files(&mut self, here: &Path, there: &Path) {
        let (one, two) = (self.one, self.two);
        self.check(Aspect::Size, one.size(), two.size());
        let (room_here, room_there) = (one.blocks() * 512, two.blocks() * 512);
        if room_here.abs_diff(room_there) > 128 * 1024 + room_here / 8 {
            self.note(Aspect::Sparseness, format!("{room_here} bytes on the disk became {room_there}"));
        }
        if one.size() == two.size()
            && let Some(at) = first_unlike_byte(here, there)
        {
            self.note(Aspect::Content, format!("the bytes differ at {at}"));
        }
    }
}

fn kind(meta: &std::fs::Metadata) -> &'static str {
    let kind = meta.file_type();
    match () {
        () if kind.is_file() => "file",
        () if kind.is_dir() => "folder",
        () if kind.is_symlink() => "symlink",
        () if kind.is_fifo() => "pipe",
        () if kind.is_socket() => "socket",
        () if kind.is_char_device() => "character device",
        () => "block device",
    }
}

/// Attributes by name.
type Attributes = BTreeMap<String, Vec<u8>>;

/// Extended attributes and, apart, ACLs.
fn attributes(path: &Path) -> (Attributes, Attributes) {
    let mut names = vec![0; 65_536];
    // A file system without attributes has none.
    let len = rustix::fs::llistxattr(path, &mut names[..]).unwrap_or(0);
    let (mut xattrs, mut acls) = (Attributes::new(), Attributes::new());
    for name in names[..len].split(|&b| b == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; 65_536];
        let len = rustix::fs::lgetxattr(path, name, &mut value[..]).expect("an attribute can be read");
        value.truncate(len);
        let name = String::from_utf8_lossy(name).into_owned();
        if name.starts_with("system.posix_acl_") {
            acls.insert(name, value)
        } else {
            xattrs.insert(name, value)
        };
    }
    (xattrs, acls)
}

/// Where two files of the same length differ first. Holes are skipped where both have one.
fn first_unlike_byte(here: &Path, there: &Path) -> Option<u64> {
    const STEP: u64 = 1 << 20;
    let open = |path| fs::File::open(path).expect("what is compared can be read");
    let (one, two) = (open(here), open(there));
    let len = one.metadata().expect("its length can be read").len();
    let (mut left, mut right) = (vec![0; STEP as usize], vec![0; STEP as usize]);
    let mut at = 0;
    while at < len {
        // Nothing but zeros stands before the nearer of the two next pieces of data.
        at = next_data(&one, at, len).min(next_data(&two, at, len));
        let step = STEP.min(len - at) as usize;
        let read = |file: &fs::File, into: &mut [u8]| file.file().read_exact_at(into, at).expect("it can be read");
        read(&one, &mut left[..step]);
        read(&two, &mut right[..step]);
        if left[..step] != right[..step] {
            let inside = left.iter().zip(&right).position(|(a, b)| a != b).expect("they differ");
            return Some(at + inside as u64);
        }
        at += step as u64;
    }
    None
}

fn next_data(file: &fs::File, at: u64, len: u64) -> u64 {
    match rustix::fs::seek(file.file(), SeekFrom::Data(at)) {
        Ok(data) => data,
        Err(rustix::io::Errno::NXIO) => len,
        // A file system that knows no holes: everything is data.
        Err(_) => at,
    }
}
