//! Disks where backups could be.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use keepsake_api::{PathText, PlaceSuggestion};
use keepsake_core::archive::name::{ARCHIVE_ENDING, is_archive_name};
use keepsake_core::in_time::look_at_each;
use keepsake_core::room::Room;
use rustix::fs::{Access, access, major, minor};

use super::super::settings::shown;
use super::unescaped;

/// File systems over a network. Those on disks are known by their device.
const NETWORK: [&str; 7] = ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.rclone", "9p"];
/// File systems that are no place for backups, although a device holds them.
const NOT_FOR_FILES: [&str; 6] = ["squashfs", "iso9660", "udf", "erofs", "overlay", "swap"];
/// Where the system itself lives.
const OF_THE_SYSTEM: [&str; 9] = ["/boot", "/efi", "/usr", "/var", "/etc", "/opt", "/snap", "/tmp", "/nix"];
/// The folder that is suggested on a disk, and those where backups are looked for.
const FOLDERS: [&str; 3] = ["Keepsake", "Backups", ""];
/// At most so many names of a folder are looked at.
const MOST_NAMES: usize = 100_000;

/// A line of `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it is seen.
    pub point: PathBuf,
    /// Its file system.
    pub kind: String,
    /// The device, or what the file system calls its source.
    pub source: PathBuf,
    /// True when nothing can be written.
    pub is_read_only: bool,
}

/// Reads the table; lines that are none are left out.
pub fn mounts(table: &str) -> Vec<Mount> {
    let mount = |line: &str| {
        let (own, of_file_system) = line.split_once(" - ")?;
        let own: Vec<&str> = own.split(' ').collect();
        let mut rest = of_file_system.split(' ');
        let (kind, source, options) = (rest.next()?, rest.next()?, rest.next().unwrap_or_default());
        let is_read_only = |options: &str| options.split(',').any(|option| option == "ro");
        Some(Mount {
            point: unescaped(own.get(4)?, 8),
            kind: kind.into(),
            source: unescaped(source, 8),
            is_read_only: is_read_only(own.get(5)?) || is_read_only(options),
        })
    };
    table.lines().filter_map(mount).collect()
}

impl Mount {
    /// True when a family's backups could be there.
    pub fn is_for_files(&self) -> bool {
        let is_disk = self.source.starts_with("/dev") && !NOT_FOR_FILES.contains(&self.kind.as_str());
        let is_of_system = self.point == Path::new("/") || OF_THE_SYSTEM.iter().any(|top| self.point.starts_with(top));
        !self.is_read_only && !is_of_system && (is_disk || NETWORK.contains(&self.kind.as_str()))
    }
}

/// All of them. A disk that does not answer in time is left out.
pub fn find(home: &Path, sources: &[PathBuf]) -> Vec<PlaceSuggestion> {
    let all = mounts(&fs::read_to_string("/proc/self/mountinfo").unwrap_or_default());
    // Of several at one point the last covers the others.
    let for_files = all.iter().filter(|mount| mount.is_for_files() && mount.point != home);
    let mut candidates: BTreeMap<PathBuf, Mount> =
        for_files.map(|mount| (mount.point.clone(), mount.clone())).collect();
    let points: Vec<PathBuf> = std::iter::once(home.to_path_buf()).chain(candidates.keys().cloned()).collect();
    let home_mount = Mount { point: home.into(), kind: String::new(), source: PathBuf::new(), is_read_only: false };
    candidates.insert(home.into(), home_mount);
    // Sources and places at once, so that those that do not answer cost their time only once.
    let asked: Vec<PathBuf> = sources.iter().chain(&points).cloned().collect();
    let of_home = home.to_path_buf();
    let mut answers = look_at_each(&asked, move |path| {
        let disk = Disk::of(path, &all);
        (disk, candidates.get(path).and_then(|mount| look(mount, path == of_home, &of_home)))
    });
    let places = answers.split_off(sources.len());
    let protected: Vec<Disk> = answers.into_iter().flatten().map(|(disk, _)| disk).collect();
    let mut seen: HashSet<Disk> = HashSet::new();
    let mut found: Vec<PlaceSuggestion> = Vec::new();
    for (disk, place) in places.into_iter().flatten() {
        if !seen.insert(disk.clone()) {
            continue;
        }
        let (is_same_disk, is_removable) = (protected.iter().any(|other| disk.is_same(other)), disk.is_removable());
        found.extend(place.map(|place| PlaceSuggestion { is_same_disk, is_removable, ..place }));
    }
    found.sort_by(|a, b| (a.is_same_disk, b.free_bytes, &a.shown).cmp(&(b.is_same_disk, a.free_bytes, &b.shown)));
    found
}

/// What is at a mount; None when nothing can be written there.
fn look(mount: &Mount, is_home: bool, home: &Path) -> Option<PlaceSuggestion> {
    let room = Room::at(&mount.point).ok()?;
    let folder = |name: &str| if name.is_empty() { mount.point.clone() } else { mount.point.join(name) };
    let usual = if is_home { "Backups" } else { "Keepsake" };
    let known = FOLDERS.iter().filter(|name| !is_home || !name.is_empty());
    let with_backups = known.map(|name| (folder(name), backups_in(&folder(name)))).find(|(_, backups)| *backups > 0);
    let (dir, backups) = with_backups.unwrap_or_else(|| (folder(usual), 0));
    let made_in = if dir.exists() { &dir } else { &mount.point };
    access(made_in, Access::WRITE_OK | Access::EXEC_OK).ok()?;
    let last = mount.point.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Some(PlaceSuggestion {
        dir: PathText::of_path(&dir),
        shown: shown(&dir, home),
        disk: if is_home { String::new() } else { label(&mount.source).unwrap_or(last) },
        is_removable: false,
        free_bytes: room.free_bytes,
        total_bytes: room.total_bytes,
        is_same_disk: false,
        backups,
    })
}

/// How many backups stand in a folder, by the names of their first archives.
fn backups_in(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let names = entries.flatten().take(MOST_NAMES).filter_map(|entry| entry.file_name().into_string().ok());
    let is_first = |name: &String| {
        let stem = name.strip_suffix(ARCHIVE_ENDING).unwrap_or_default();
        is_archive_name(name) && stem.split('_').count() == 3
    };
    names.filter(is_first).count() as u64
}

/// What a disk is called, by the links that udev makes.
fn label(device: &Path) -> Option<String> {
    let device = fs::canonicalize(device).ok()?;
    let link = fs::read_dir("/dev/disk/by-label")
        .ok()?
        .flatten()
        .find(|link| fs::canonicalize(link.path()).is_ok_and(|to| to == device))?;
    let name = unescaped(link.file_name().to_str()?, 16);
    Some(name.to_string_lossy().into_owned())
}

/// What a path is stored on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Disk {
    /// The device number of its file system, or of the device that is mounted.
    device: u64,
    /// The whole disks below it, as far as the system tells.
    whole: BTreeSet<PathBuf>,
}

impl Disk {
    /// That of a path, or of what is above it when it is not there yet.
    fn of(path: &Path, mounts: &[Mount]) -> Self {
        let there = path.ancestors().find(|above| above.exists()).unwrap_or(Path::new("/"));
        let real = fs::canonicalize(there).unwrap_or_else(|_| there.into());
        let mounted = mounts
            .iter()
            .rev()
            .filter(|mount| real.starts_with(&mount.point))
            .max_by_key(|mount| mount.point.as_os_str().len());
        // Some file systems have a number of their own that names no device.
        let of_source =
            mounted.filter(|mount| mount.source.starts_with("/dev")).and_then(|mount| fs::metadata(&mount.source).ok());
        let device = match of_source.map(|facts| facts.rdev()).filter(|device| *device != 0) {
            Some(device) => device,
            None => fs::metadata(&real).map(|facts| facts.dev()).unwrap_or(0),
        };
        let block = PathBuf::from(format!("/sys/dev/block/{}:{}", major(device), minor(device)));
        let mut whole = BTreeSet::new();
        if let Ok(block) = fs::canonicalize(block) {
            whole_disks(&block, &mut whole, 0);
        }
        Self { device, whole }
    }

    fn is_same(&self, other: &Disk) -> bool {
        self.device == other.device || !self.whole.is_disjoint(&other.whole)
    }

    fn is_removable(&self) -> bool {
        let flag = |disk: &PathBuf| fs::read_to_string(disk.join("removable")).is_ok_and(|text| text.trim() == "1");
        let is_usb =
            |disk: &PathBuf| disk.components().any(|part| part.as_os_str().to_string_lossy().starts_with("usb"));
        self.whole.iter().any(|disk| flag(disk) || is_usb(disk))
    }
}

/// Through partitions, encryption and volumes, down to disks.
fn whole_disks(block: &Path, found: &mut BTreeSet<PathBuf>, depth: usize) {
    let below: Vec<PathBuf> = fs::read_dir(block.join("slaves"))
        .map(|slaves| slaves.flatten().filter_map(|slave| fs::canonicalize(slave.path()).ok()).collect())
        .unwrap_or_default();
    if !below.is_empty() && depth < 8 {
        below.iter().for_each(|block| whole_disks(block, found, depth + 1));
    } else if block.join("partition").exists()
        && let Some(disk) = block.parent()
    {
        found.insert(disk.into());
    } else {
        found.insert(block.into());
    }
}
