//! A house on a real disk of 64 MB that others fill.

use fs_err as fs;

use crate::here::{Mount, sh};
use crate::house::{Answer, House};
use crate::tree::noise;

const DISK_BYTES: u64 = 64 << 20;
/// Which file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// tmpfs.
    Memory,
    /// ext4 on a loop device.
    Ext4,
}

/// A house that stands on a small disk as a whole: what is protected, backups, state, a destination, and room for
/// what comes back.
#[derive(Debug)]
pub struct SmallDisk {
    // Unmounted before the house goes.
    _mounts: Vec<Mount>,
    /// The house.
    pub house: House,
    /// Its backups in the beginning, oldest first.
    pub names: Vec<String>,
}

impl SmallDisk {
    /// With four backups, of which the last is of yesterday; None, and the test is skipped, where it cannot be mounted.
    /// The first has the notes, which the others need; of the pictures each has its own.
    pub fn new(test: &str, kind: Kind) -> Option<Self> {
        let house = House::new();
        let disk = house.path("disk");
        fs::create_dir(&disk).unwrap();
        let mount = match kind {
            Kind::Memory => Mount::memory(test, &disk, DISK_BYTES)?,
            Kind::Ext4 => Mount::ext4(test, &disk, DISK_BYTES)?,
        };
        let mut mounts: Vec<Mount> =
            ["home", "b", "d", "nas"].iter().map(|name| mount.bind(name, &house.path(name))).collect();
        mounts.insert(0, mount);
        mounts.reverse();
        let mut disk = Self { _mounts: mounts, house, names: Vec::new() };
        let tree = disk.house.tree();
        for i in 0..600 {
            tree.file(format!("notes/{i:04}"), noise(i, 100));
        }
        for day in 0..4 {
            tree.file("pictures", noise(5000 + day, 5_000_000)).settle();
            disk.house.backup();
        }
        disk.names = disk.listed();
        sh(disk.house.dir(), "cp -a home as-it-was");
        Some(disk)
    }

    /// Names of the backups that are listed, oldest first.
    pub fn listed(&self) -> Vec<String> {
        self.house.list().iter().map(|backup| backup["name"].as_str().unwrap().to_string()).collect()
    }

    /// Settings by which the newest so many stay, with the destination.
    pub fn keep_last(&self, count: u32) {
        self.house.settings(&format!("retention = {{ last = {count} }}"));
        let settings = fs::read_to_string(self.house.config()).unwrap();
        let nas = format!("\n[[destination]]\nname = \"NAS\"\npath = {:?}\n", self.house.path("nas"));
        self.house.write_config(&(settings + nas.as_str()));
    }

    /// Others write until the disk is full, then give so much back.
    pub fn fill(&self, left_bytes: u64) {
        let line = "mkdir -p others; for size in 1M 64k 1k; do dd if=/dev/zero of=others/$size bs=$size 2>/dev/null; done; \
                    dd if=/dev/zero of=others/last bs=1 count=4096 2>/dev/null; test -s others/1M";
        sh(&self.house.path("disk"), line);
        if left_bytes > 0 {
            let filler = fs::OpenOptions::new().write(true).open(self.house.path("disk/others/1M")).unwrap();
            let length = filler.metadata().unwrap().len();
            filler.set_len(length - left_bytes).unwrap();
        }
        // The kernel writes everything, so that nothing is only promised room.
        sh(&self.house.path("disk"), "sync -f .");
    }

    /// Others remove what they wrote.
    pub fn make_room(&self) {
        sh(&self.house.path("disk"), "rm -r others; sync -f .");
    }

    /// Bytes that are free.
    pub fn free_bytes(&self) -> u64 {
        let stat = rustix::fs::statvfs(self.house.path("disk")).unwrap();
        stat.f_bfree * stat.f_frsize
    }

    /// What only looks works, and nothing that was good is lost or half-made.
    pub fn check(&self) {
        self.house.keepsake(["status"]).expect(0);
        self.house.keepsake(["health"]).expect_one_of(&[1, 2]).says(&["disk"]);
        assert_eq!(self.listed(), self.names);
        self.house.keepsake(["verify", "--all"]).expect(0);
        assert_eq!(self.house.leftovers(), [""; 0]);
    }
}

/// Insists that a person is told what happened and what to do, in plain words.
#[track_caller]
pub fn in_plain_words(answer: &Answer) {
    let said = answer.said();
    let low = said.to_lowercase();
    assert!(["full", "room", "are free"].iter().any(|word| low.contains(word)), "{}: {said}", answer.command);
    assert!(
        ["make room", "has room"].iter().any(|word| low.contains(word)) || low.contains("run it again"),
        "what to do: {}: {said}",
        answer.command
    );
    for jargon in ["os error", "enospc", "panicked", "i/o", "sqlite", "database", "no space left on device"] {
        assert!(!low.contains(jargon), "{jargon}: {}: {said}", answer.command);
    }
}
