//! The power cut, modelled: from what a run did to a folder ([`crate::trace`]), any of the states in which a power
//! cut can leave the disk.
//!
//! **What is modelled.** The run is cut after any of its calls. What was forced to the medium before is there: a
//! file's bytes after `fsync` or `fdatasync` of it, a folder's names after `fsync` of the folder, everything on a disk
//! after `syncfs`; and a sync only speaks for calls that had returned when it began. All else is left to chance, in two
//! ways, which take turns:
//! - *Journal* (ext4 with `data=ordered`): names, modes and times reach the medium in the order in which they were
//!   changed, up to a random one; any sync on a disk takes all earlier ones along. Bytes do not follow that order, so
//!   that a file which was renamed without a sync can be empty.
//! - *No order* (FAT): each change of a name or a length arrives or not, whatever came before or after. An `fsync` of a
//!   file does not make its name durable. A rename can leave both names.
//!
//! In both, what was written to a file and not synced arrives not at all, wholly, as a beginning, or in any
//! selection of sectors of 512 bytes, and what is missing before its end reads as zeros or as it was before.
//! The house is on one disk, or each folder in it is a disk of its own, where a sync of one does nothing for another.
//!
//! **What is not.** Disks that lie about having written, and sectors that are half written (a sector is the unit).
//! Owners, attributes and ACLs. Bytes that stood in the sectors before they were given to a file: zeros stand for
//! them. FAT can also lose both names of a renamed file; no program can do anything about that. Shared memory:
//! SQLite's index of its log is left out, and SQLite makes it anew.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use fs_err as fs;

use crate::die::Die;
use crate::trace::{Change, Traced};
use crate::tree::set_mtime;

/// The unit in which a disk writes.
const SECTOR_BYTES: usize = 512;

/// In which order changes reach the medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As on ext4.
    Journal,
    /// As on FAT.
    None,
}

/// What a power cut is like.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    /// How many changes had been made.
    pub after: usize,
    /// In which order they reach the medium.
    pub order: Order,
    /// Each folder of the house is a disk of its own.
    pub many_disks: bool,
}

/// Numbers of files, folders and links.
type Id = usize;
const TOP: Id = 0;

#[derive(Debug, Clone)]
enum Kind {
    File(Vec<u8>),
    Folder(BTreeMap<Vec<u8>, Id>),
    Symlink(Vec<u8>),
}

#[derive(Debug, Clone)]
struct Thing {
    kind: Kind,
    mode: u32,
    time: (i64, u32),
    /// The folder of the house that it is in: its disk, when there are many.
    disk: Vec<u8>,
}

/// A change with the files and folders that it is about.
#[derive(Debug, Clone)]
enum Step {
    /// A name in a folder stands for this from now on, and perhaps another no longer does.
    Name {
        folder: Id,
        name: Vec<u8>,
        thing: Id,
        instead: Option<(Id, Vec<u8>)>,
    },
    Unname {
        folder: Id,
        name: Vec<u8>,
    },
    Write {
        file: Id,
        at: usize,
        bytes: Vec<u8>,
    },
    SetLength {
        file: Id,
        length: usize,
    },
    SetMode {
        thing: Id,
        mode: u32,
    },
    SetTime {
        thing: Id,
        time: (i64, u32),
    },
    Sync {
        thing: Id,
        whole_disk: bool,
    },
    /// It is about something without a name.
    Nothing,
}

/// All that a run did.
#[derive(Debug)]
pub struct Recording {
    /// As everything stood at the beginning, and what was made later, still empty.
    things: Vec<Thing>,
    steps: Vec<(usize, Step)>,
}

impl Recording {
    /// Of a run that found the folder as it is in `beginning`.
    pub fn new(beginning: &Path, traced: &[Traced]) -> Self {
        let mut recording = Self { things: Vec::new(), steps: Vec::new() };
        recording.read(beginning, b"", &mut HashMap::new());
        let mut now = recording.things.clone();
        for Traced { began_after, change } in traced {
            let step = recording.understand(&mut now, change);
            apply(&mut now, &step);
            recording.steps.push((*began_after, step));
        }
        recording
    }

    /// How many changes there are.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// True when nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn read(&mut self, path: &Path, disk: &[u8], known: &mut HashMap<u64, Id>) -> Id {
        let meta = fs::symlink_metadata(path).expect("it can be read");
        if let Some(id) = known.get(&meta.ino()) {
            return *id;
        }
        let id = self.things.len();
        known.insert(meta.ino(), id);
        let kind = if meta.is_dir() {
            Kind::Folder(BTreeMap::new())
        } else if meta.is_symlink() {
            Kind::Symlink(fs::read_link(path).expect("a link").into_os_string().as_bytes().to_vec())
        } else {
            Kind::File(fs::read(path).expect("a file"))
        };
        let time = (meta.mtime(), meta.mtime_nsec() as u32);
        self.things.push(Thing { kind, mode: meta.mode() & 0o7777, time, disk: disk.to_vec() });
        if meta.is_dir() {
            let entries = fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry"));
            let mut entries: Vec<_> = entries.collect();
            // So that the same seed makes the same cuts.
            entries.sort_by_key(|entry| entry.file_name());
            for entry in entries {
                let name = entry.file_name().as_bytes().to_vec();
                let below = self.read(&entry.path(), if id == TOP { &name } else { disk }, known);
                if let Kind::Folder(names) = &mut self.things[id].kind {
                    names.insert(name, below);
                }
            }
        }
        id
    }

    fn make(&mut self, now: &mut Vec<Thing>, path: &[u8], kind: Kind, mode: u32) -> Step {
        let (folder, name) = parent(now, path);
        let disk = if folder == TOP { name.clone() } else { now[folder].disk.clone() };
        let thing = Thing { kind, mode, time: (1_800_000_000, 0), disk };
        now.push(thing.clone());
        self.things.push(thing);
        Step::Name { folder, name, thing: now.len() - 1, instead: None }
    }

    fn understand(&mut self, now: &mut Vec<Thing>, change: &Change) -> Step {
        let find = |now: &[Thing], path: &[u8]| find(now, path).unwrap_or_else(|| panic!("no {}", path.escape_ascii()));
        match change {
            Change::Make(path, mode) => match self::find(now, path) {
                Some(_) => Step::Nothing,
                None => self.make(now, path, Kind::File(Vec::new()), mode & !0o022),
            },
            Change::MakeFolder(path, mode) => self.make(now, path, Kind::Folder(BTreeMap::new()), mode & !0o022),
            Change::MakeSymlink(path, says) => self.make(now, path, Kind::Symlink(says.clone()), 0o777),
            Change::Link(from, to) => {
                let (folder, name) = parent(now, to);
                Step::Name { folder, name, thing: find(now, from), instead: None }
            }
            Change::Rename(from, to) => {
                let ((folder, name), thing) = (parent(now, to), find(now, from));
                // Two names of the same file: POSIX says that nothing happens.
                match self::find(now, to) == Some(thing) {
                    true => Step::Nothing,
                    false => Step::Name { folder, name, thing, instead: Some(parent(now, from)) },
                }
            }
            Change::Remove(path) => {
                let (folder, name) = parent(now, path);
                Step::Unname { folder, name }
            }
            Change::Write(path, at, bytes) => {
                let file = find(now, path);
                let Kind::File(content) = &now[file].kind else { panic!("a write to no file") };
                Step::Write { file, at: at.map_or(content.len(), |at| at as usize), bytes: bytes.clone() }
            }
            Change::SetLength(path, length) => Step::SetLength { file: find(now, path), length: *length as usize },
            Change::SetMode(path, mode) => Step::SetMode { thing: find(now, path), mode: *mode },
            Change::SetTime(path, secs, nanos) => Step::SetTime { thing: find(now, path), time: (*secs, *nanos) },
            Change::Sync(path) => Step::Sync { thing: find(now, path), whole_disk: false },
            Change::SyncDisk(path) => Step::Sync { thing: find(now, path), whole_disk: true },
        }
    }

    /// Writes into an empty folder what a power cut may leave.
    pub fn write_after(&self, cut: Cut, die: &mut Die, folder: &Path) {
        let mut things = self.things.clone();
        let durable = Durable::at(self, cut);
        let mut reached = HashMap::new();
        let mut fate = HashMap::new();
        for (number, (_, step)) in self.steps[..cut.after].iter().enumerate() {
            let mut arrives = |thing: Id, die: &mut Die| match cut.order {
                Order::Journal => {
                    let disk = durable.disk(self, thing);
                    let sure = durable.disks.get(&disk).copied().unwrap_or(0);
                    number < *reached.entry(disk).or_insert_with(|| die.between(sure, cut.after))
                }
                Order::None => number < durable.of(self, thing) || die.coin(),
            };
            match step {
                Step::Name { folder, instead: Some((old, old_name)), thing, name } => {
                    let old_is_sure = cut.order == Order::None && number < durable.of(self, *old);
                    if arrives(*folder, die) || old_is_sure {
                        let keeps_old = cut.order == Order::None && !old_is_sure && die.coin();
                        let instead = (!keeps_old).then(|| (*old, old_name.clone()));
                        let (folder, name) = (*folder, name.clone());
                        apply(&mut things, &Step::Name { folder, name, thing: *thing, instead });
                    }
                }
                Step::Name { folder, .. } | Step::Unname { folder, .. } => {
                    if arrives(*folder, die) || (*folder == TOP && cut.many_disks) {
                        apply(&mut things, step);
                    }
                }
                Step::SetLength { file: thing, .. } | Step::SetMode { thing, .. } | Step::SetTime { thing, .. } => {
                    if arrives(*thing, die) {
                        apply(&mut things, step);
                    }
                }
                Step::Write { file, at, bytes } => {
                    let sure = number < durable.of(self, *file);
                    let fate = fate.entry(*file).or_insert_with(|| Fate::thrown(die));
                    write_perhaps(&mut things[*file], *at, bytes, if sure { Fate::Whole } else { fate.next(die) }, die);
                }
                Step::Sync { .. } | Step::Nothing => {}
            }
        }
        write_out(&things, TOP, folder, &mut HashMap::new());
    }

    /// Writes all of it, as if there had been no power cut.
    pub fn write_whole(&self, folder: &Path) {
        let mut things = self.things.clone();
        self.steps.iter().for_each(|(_, step)| apply(&mut things, step));
        write_out(&things, TOP, folder, &mut HashMap::new());
    }
}

/// Up to which change everything is on the medium, by thing and by disk.
struct Durable {
    things: HashMap<Id, usize>,
    /// All of a disk, after `syncfs`.
    whole: HashMap<Vec<u8>, usize>,
    /// The journal of a disk, after any sync.
    disks: HashMap<Vec<u8>, usize>,
    many_disks: bool,
}

impl Durable {
    fn at(recording: &Recording, cut: Cut) -> Self {
        let (things, whole, disks) = Default::default();
        let mut durable = Self { things, whole, disks, many_disks: cut.many_disks };
        for (began_after, step) in &recording.steps[..cut.after] {
            if let Step::Sync { thing, whole_disk } = step {
                let disk = durable.disk(recording, *thing);
                let raise = |until: &mut usize| *until = (*until).max(*began_after);
                raise(durable.disks.entry(disk.clone()).or_default());
                if *whole_disk {
                    raise(durable.whole.entry(disk).or_default());
                } else {
                    raise(durable.things.entry(*thing).or_default());
                }
            }
        }
        durable
    }

    fn disk(&self, recording: &Recording, thing: Id) -> Vec<u8> {
        if self.many_disks { recording.things[thing].disk.clone() } else { Vec::new() }
    }

    fn of(&self, recording: &Recording, thing: Id) -> usize {
        let own = self.things.get(&thing).copied().unwrap_or(0);
        own.max(self.whole.get(&self.disk(recording, thing)).copied().unwrap_or(0))
    }
}

/// What becomes of bytes that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Lost,
    Whole,
    Sectors,
    /// The file has its length, and zeros where bytes would be.
    Zeros,
    /// Whole up to some write, which is torn, then lost.
    Beginning,
}

impl Fate {
    fn thrown(die: &mut Die) -> Self {
        [Self::Lost, Self::Whole, Self::Sectors, Self::Zeros, Self::Beginning][die.between(0, 4)]
    }

    /// That of the next write to the same file.
    fn next(&mut self, die: &mut Die) -> Self {
        if *self == Self::Beginning {
            if die.between(0, 3) > 0 {
                return Self::Whole;
            }
            *self = Self::Lost;
            return Self::Beginning;
        }
        *self
    }
}

fn write_perhaps(thing: &mut Thing, at: usize, bytes: &[u8], fate: Fate, die: &mut Die) {
    let Kind::File(content) = &mut thing.kind else { return };
    let until = match fate {
        Fate::Lost => return,
        Fate::Beginning => die.between(0, bytes.len() / SECTOR_BYTES) * SECTOR_BYTES,
        _ => bytes.len(),
    };
    if until > 0 && content.len() < at + until {
        content.resize(at + until, 0);
    }
    let mut from = 0;
    while from < until {
        let to = until.min((at + from) / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES - at);
        let arrives = match fate {
            Fate::Sectors => die.coin(),
            Fate::Zeros => false,
            _ => true,
        };
        if arrives {
            content[at + from..at + to].copy_from_slice(&bytes[from..to]);
        }
        from = to;
    }
}

fn find(things: &[Thing], path: &[u8]) -> Option<Id> {
    path.split(|&b| b == b'/').filter(|name| !name.is_empty()).try_fold(TOP, |at, name| match &things[at].kind {
        Kind::Folder(names) => names.get(name).copied(),
        _ => None,
    })
}

/// The folder and the name.
fn parent(things: &[Thing], path: &[u8]) -> (Id, Vec<u8>) {
    let cut = path.iter().rposition(|&b| b == b'/');
    let (folder, name) = cut.map_or((&b""[..], path), |cut| (&path[..cut], &path[cut + 1..]));
    let folder = find(things, folder).unwrap_or_else(|| panic!("no folder of {}", path.escape_ascii()));
    (folder, name.to_vec())
}

fn names(things: &mut [Thing], folder: Id) -> &mut BTreeMap<Vec<u8>, Id> {
    match &mut things[folder].kind {
        Kind::Folder(names) => names,
        _ => panic!("a name in something that is no folder"),
    }
}

fn apply(things: &mut [Thing], step: &Step) {
    match step {
        Step::Name { folder, name, thing, instead } => {
            if let Some((old, old_name)) = instead
                && names(things, *old).get(old_name) == Some(thing)
            {
                names(things, *old).remove(old_name);
            }
            names(things, *folder).insert(name.clone(), *thing);
        }
        Step::Unname { folder, name } => drop(names(things, *folder).remove(name)),
        Step::Write { file, at, bytes } => {
            write_perhaps(&mut things[*file], *at, bytes, Fate::Whole, &mut Die::new(0));
        }
        Step::SetLength { file, length } => {
            if let Kind::File(content) = &mut things[*file].kind {
                content.resize(*length, 0);
            }
        }
        Step::SetMode { thing, mode } => things[*thing].mode = *mode,
        Step::SetTime { thing, time } => things[*thing].time = *time,
        Step::Sync { .. } | Step::Nothing => {}
    }
}

fn write_out(things: &[Thing], id: Id, path: &Path, written: &mut HashMap<Id, std::path::PathBuf>) {
    if let Some(first) = written.get(&id) {
        // A folder that has two names for a moment is shown under the first.
        if !matches!(things[id].kind, Kind::Folder(_)) {
            fs::hard_link(first, path).expect("it can be linked");
        }
        return;
    }
    written.insert(id, path.to_path_buf());
    let thing = &things[id];
    match &thing.kind {
        Kind::File(content) => fs::write(path, content).expect("it can be written"),
        Kind::Symlink(says) => {
            std::os::unix::fs::symlink(OsStr::from_bytes(says), path).expect("it can be made");
        }
        Kind::Folder(names) => {
            if id != TOP {
                fs::create_dir(path).expect("it can be made");
            }
            for (name, below) in names {
                write_out(things, *below, &path.join(OsStr::from_bytes(name)), written);
            }
        }
    }
    if !matches!(thing.kind, Kind::Symlink(_)) {
        fs::set_permissions(path, std::fs::Permissions::from_mode(thing.mode)).expect("the mode can be set");
    }
    set_mtime(path, thing.time.0, thing.time.1);
}
