//! Makes folders with every kind of thing in them, the same each time.

use std::ffi::OsStr;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::fs::{AtFlags, CWD, FileType, Mode, Timespec, Timestamps, XattrFlags, makedev};

use crate::here::run;

/// Bytes that do not compress, the same for the same seed.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    // SplitMix64 (Steele, Lea, Flood 2014): every seed gives its own sequence.
    let mut state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d);
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(z ^ (z >> 31)).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Text that compresses as letters do, the same for the same seed.
pub fn prose(seed: u64, len: usize) -> Vec<u8> {
    const WORDS: [&str; 16] = [
        "dear",
        "grandmother",
        "the",
        "lake",
        "was",
        "warm",
        "and",
        "we",
        "swam",
        "all",
        "day",
        "thank",
        "you",
        "for",
        "parcel",
        "love",
    ];
    let mut bytes = Vec::with_capacity(len + 16);
    for die in noise(seed, len) {
        bytes.extend_from_slice(WORDS[usize::from(die) % WORDS.len()].as_bytes());
        bytes.push(if die < 24 { b'\n' } else { b' ' });
        if bytes.len() >= len {
            break;
        }
    }
    bytes.truncate(len);
    bytes
}

/// A builder for the things below one folder. Names are given as bytes, relative to it; folders on the way
/// are made. It can be called again later to change things.
#[derive(Debug, Clone)]
pub struct Tree {
    top: PathBuf,
}

impl Tree {
    /// Builds below this folder, which is made when it is not there.
    pub fn at(top: impl Into<PathBuf>) -> Self {
        let top = top.into();
        fs::create_dir_all(&top).expect("the folder can be made");
        Self { top }
    }

    /// The full path of a name.
    pub fn path(&self, name: impl AsRef<[u8]>) -> PathBuf {
        self.top.join(OsStr::from_bytes(name.as_ref()))
    }

    fn place(&self, name: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a name below the top")).expect("the folders can be made");
        path
    }

    /// A file with these bytes; one that is there is replaced in place.
    pub fn file(&self, name: impl AsRef<[u8]>, bytes: impl AsRef<[u8]>) -> &Self {
        fs::write(self.place(name.as_ref()), bytes).expect("the file can be written");
        self
    }

    /// A folder.
    pub fn folder(&self, name: impl AsRef<[u8]>) -> &Self {
        fs::create_dir_all(self.place(name.as_ref())).expect("the folder can be made");
        self
    }

    /// A symlink to whatever is given, which need not exist.
    pub fn symlink(&self, name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> &Self {
        symlink(OsStr::from_bytes(target.as_ref()), self.place(name.as_ref())).expect("the symlink can be made");
        self
    }

    /// A further name of a file.
    pub fn hard_link(&self, name: impl AsRef<[u8]>, of: impl AsRef<[u8]>) -> &Self {
        fs::hard_link(self.path(of), self.place(name.as_ref())).expect("the link can be made");
        self
    }

    /// A file of `len` bytes that has only these pieces; the rest are holes.
    pub fn sparse(&self, name: impl AsRef<[u8]>, len: u64, pieces: &[(u64, &[u8])]) -> &Self {
        let mut file = fs::File::create(self.place(name.as_ref())).expect("the file can be made");
        file.set_len(len).expect("the length can be set");
        for (at, bytes) in pieces {
            file.seek(SeekFrom::Start(*at)).and_then(|_| file.write_all(bytes)).expect("the piece can be written");
        }
        file.sync_all().expect("the blocks are allocated");
        self
    }

    /// A named pipe.
    pub fn pipe(&self, name: impl AsRef<[u8]>) -> &Self {
        self.node(name.as_ref(), FileType::Fifo, 0)
    }

    /// A socket that nobody listens on.
    pub fn socket(&self, name: impl AsRef<[u8]>) -> &Self {
        self.node(name.as_ref(), FileType::Socket, 0)
    }

    /// A character device, the one of /dev/null. Needs root.
    pub fn device(&self, name: impl AsRef<[u8]>) -> &Self {
        self.node(name.as_ref(), FileType::CharacterDevice, makedev(1, 3))
    }

    fn node(&self, name: &[u8], kind: FileType, device: u64) -> &Self {
        rustix::fs::mknodat(CWD, self.place(name), kind, Mode::from_raw_mode(0o644), device).expect("it can be made");
        self
    }

    /// Permission bits with setuid, setgid and sticky.
    pub fn mode(&self, name: impl AsRef<[u8]>, mode: u32) -> &Self {
        fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).expect("the mode can be set");
        self
    }

    /// Owner and group, of the link itself where it is one. Needs root. Set before [`Tree::mode`], as the
    /// system takes setuid away when the owner changes.
    pub fn owner(&self, name: impl AsRef<[u8]>, uid: u32, gid: u32) -> &Self {
        std::os::unix::fs::lchown(self.path(name), Some(uid), Some(gid)).expect("the owner can be set");
        self
    }

    /// An extended attribute, of the link itself where it is one.
    pub fn xattr(&self, name: impl AsRef<[u8]>, attribute: &str, value: impl AsRef<[u8]>) -> &Self {
        rustix::fs::lsetxattr(self.path(name), attribute, value.as_ref(), XattrFlags::empty())
            .expect("xattrs are kept");
        self
    }

    /// Changes the ACL as `setfacl -m` does; `d:...` for what a folder hands down.
    pub fn acl(&self, name: impl AsRef<[u8]>, change: &str) -> &Self {
        run("setfacl", [OsStr::new("-m"), OsStr::new(change), self.path(name).as_os_str()]);
        self
    }

    /// When it was last changed, of the link itself where it is one.
    pub fn mtime(&self, name: impl AsRef<[u8]>, secs: i64, nanos: u32) -> &Self {
        set_mtime(&self.path(name), secs, nanos);
        self
    }

    /// Removes a file, or a folder with all that is in it.
    pub fn remove(&self, name: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        if fs::symlink_metadata(&path).expect("it is there").is_dir() {
            fs::remove_dir_all(path).expect("it can be removed");
        } else {
            fs::remove_file(path).expect("it can be removed");
        }
        self
    }

    /// Gives everything below, and the folder itself, an old time of its own with nanoseconds, folders last.
    pub fn settle(&self) -> &Self {
        settle(&self.top, &mut 0);
        self
    }

    /// A home folder with a little of everything that needs no root, no ACLs, and that every program which
    /// opens archives can show: text, pictures, links, empty things, odd names, modes.
    pub fn sample(&self) -> &Self {
        self.file("Pictures/2019/lake.jpg", noise(1, 700_000))
            .file("Pictures/2019/sunset at the lake, 21:04.jpg", noise(2, 1_500_000))
            .file("Documents/letter to grandmother.txt", prose(3, 40_000))
            .file("Documents/Übergrößenträger – ça va?.txt", prose(4, 3_000))
            .file("Documents/empty.txt", b"")
            .file("Documents/-rf *.txt", b"a name that a careless shell would misread\n")
            .file("Documents/new\nline.txt", b"a name of two lines\n")
            .file("bin/tidy-up", b"#!/bin/sh\necho tidy\n")
            .mode("bin/tidy-up", 0o755)
            .file("private/diary.txt", prose(5, 10_000))
            .mode("private/diary.txt", 0o600)
            .mode("private", 0o700)
            .file("read-only.txt", b"do not change\n")
            .mode("read-only.txt", 0o444)
            .folder("empty folder")
            .symlink("latest picture", "Pictures/2019/lake.jpg")
            .symlink("nowhere", "../not/there")
            .hard_link("Documents/the same letter.txt", "Documents/letter to grandmother.txt")
            .file(format!("long/{}/{}.txt", "d".repeat(120), "f".repeat(120)), prose(6, 500))
            .settle()
    }
}

/// Sets when a file, folder or link was last changed.
pub fn set_mtime(path: &Path, secs: i64, nanos: u32) {
    let time = Timespec { tv_sec: secs, tv_nsec: nanos.into() };
    let times = Timestamps { last_access: time, last_modification: time };
    rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).expect("the time can be set");
}

/// 14 July 2017 and some days: long before the houses' clock.
const LONG_AGO_SECS: i64 = 1_500_000_000;

fn settle(path: &Path, count: &mut u32) {
    let meta = fs::symlink_metadata(path).expect("it is there");
    if meta.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).expect("a folder").map(|e| e.expect("an entry").path()).collect();
        entries.sort();
        for entry in entries {
            settle(&entry, count);
        }
    }
    *count += 1;
    if meta.mtime() < LONG_AGO_SECS || meta.mtime() > LONG_AGO_SECS + 100_000_000 {
        set_mtime(path, LONG_AGO_SECS + i64::from(*count) * 60, *count % 1_000 * 1_000_003 % 1_000_000_000);
    }
}
