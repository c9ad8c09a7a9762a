//! A real disk of 64 MB that others fill: what does not fit fails with a sentence, what was good stays good, letting old
//! backups go works always, and once there is room everything goes on by itself.

use fs_err as fs;
use keepsake_tests::{Answer, Aspect, House, Mount, assert_same, compare_trees, noise, sh, without};

const DISK_BYTES: u64 = 64 << 20;
/// What others leave free: nothing, less than a catalog needs to be opened, a little more, some.
const LEFT: [u64; 4] = [0, 12 << 10, 300 << 10, 1 << 20];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Memory,
    Ext4,
}

/// A house that stands on a small disk as a whole: what is protected, backups, state, a destination, and room for
/// what comes back.
struct SmallDisk {
    // Unmounted before the house goes.
    _mounts: Vec<Mount>,
    house: House,
    names: Vec<String>,
}

impl SmallDisk {
    /// With four backups. The first has the notes, which the others need; of the pictures each has its own.
    fn new(test: &str, kind: Kind) -> Option<Self> {
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

    fn listed(&self) -> Vec<String> {
        self.house.list().iter().map(|backup| backup["name"].as_str().unwrap().to_string()).collect()
    }

    fn keep_last(&self, count: u32) {
        self.house.settings(&format!("retention = {{ last = {count} }}"));
        let settings = fs::read_to_string(self.house.config()).unwrap();
        let nas = format!("\n[[destination]]\nname = \"NAS\"\npath = {:?}\n", self.house.path("nas"));
        self.house.write_config(&(settings + &nas));
    }

    /// Others write until the disk is full, then give so much back.
    fn fill(&self, left_bytes: u64) {
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

    fn make_room(&self) {
        sh(&self.house.path("disk"), "rm -r others; sync -f .");
    }

    fn free_bytes(&self) -> u64 {
        let stat = rustix::fs::statvfs(self.house.path("disk")).unwrap();
        stat.f_bfree * stat.f_frsize
    }

    /// What only looks works, and nothing that was good is lost or half-made.
    fn check(&self) {
        self.house.keepsake(["status"]).expect(0);
        self.house.keepsake(["health"]).expect_one_of(&[1, 2]).says(&["disk"]);
        assert_eq!(self.listed(), self.names);
        self.house.keepsake(["verify", "--all"]).expect(0);
        assert_eq!(self.house.leftovers(), [""; 0]);
    }
}

/// Insists that a person is told what happened and what to do, in plain words.
#[track_caller]
fn in_plain_words(answer: &Answer) {
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

/// Every kind of disk and every fill level, with what a test needs to be done before the disk is filled.
fn each(test: &str, prepare: impl Fn(&SmallDisk), try_it: impl Fn(&SmallDisk, u64)) {
    for kind in [Kind::Memory, Kind::Ext4] {
        // The second costs more time and shows the same, but for its own ways to be full.
        let levels = if kind == Kind::Memory { &LEFT[..] } else { &[LEFT[0], LEFT[2]] };
        for &left_bytes in levels {
            let Some(disk) = SmallDisk::new(test, kind) else { return };
            eprintln!("{kind:?}, {left_bytes} bytes left");
            prepare(&disk);
            disk.fill(left_bytes);
            try_it(&disk, left_bytes);
        }
    }
}

/// A command that cannot succeed while the disk is full.
fn fails_then_works(test: &str, prepare: impl Fn(&SmallDisk), words: &[&str], done: impl Fn(&SmallDisk)) {
    each(test, prepare, |disk, _| {
        in_plain_words(&disk.house.keepsake(words).expect_one_of(&[1, 2]));
        disk.check();
        // Trying again makes nothing worse.
        in_plain_words(&disk.house.keepsake(words).expect_one_of(&[1, 2]));
        disk.make_room();
        disk.house.keepsake(words).expect(0);
        done(disk);
        assert_eq!(disk.house.leftovers(), [""; 0]);
        disk.house.keepsake(["verify", "--all"]).expect(0);
        assert!(disk.house.data().join("reserve").exists(), "the reserve is there again");
    });
}

#[test]
fn a_backup() {
    let prepare = |disk: &SmallDisk| {
        disk.house.tree().file("new", noise(9000, 9_000_000)).settle();
    };
    fails_then_works("a_backup", prepare, &["backup"], |disk| {
        assert_eq!(disk.listed().len(), disk.names.len() + 1);
        // Away from the small disk.
        let to = disk.house.path("r");
        disk.house.restore_to(&to);
        assert_same(&without(compare_trees(&disk.house.source(), &to.join("home")), &[Aspect::FolderMtime]));
        disk.house.keepsake(["health"]).expect_one_of(&[0, 1]);
    });
}

#[test]
fn a_copy() {
    fails_then_works(
        "a_copy",
        |disk| disk.keep_last(1000),
        &["copy"],
        |disk| {
            for archive in disk.house.archives() {
                let copy = disk.house.path("nas").join(archive.file_name().unwrap());
                assert!(fs::read(copy).unwrap() == fs::read(archive).unwrap());
            }
            assert_eq!(sh(&disk.house.path("nas"), "ls | grep -c partial || true").stdout, b"0\n");
        },
    );
}

#[test]
fn a_restore_beside() {
    let words = ["restore", "latest", "--to", "disk/r"];
    fails_then_works(
        "a_restore_beside",
        |_| {},
        &words,
        |disk| {
            assert_same(&compare_trees(&disk.house.source(), &disk.house.path("disk/r/home")));
        },
    );
}

#[test]
fn a_restore_in_place() {
    let words = ["restore", "latest", "--in-place", "--confirm", "RESTORE"];
    let prepare = |disk: &SmallDisk| {
        disk.house.tree().file("pictures", noise(7000, 4_000_000)).settle();
        sh(&disk.house.source(), "rm -r notes");
    };
    fails_then_works("a_restore_in_place", prepare, &words, |disk| {
        let differences = compare_trees(&disk.house.path("as-it-was"), &disk.house.source());
        assert_same(&without(differences, &[Aspect::FolderMtime, Aspect::Extra]));
    });
}

#[test]
fn old_backups_go_whoever_filled_the_disk() {
    let prepare = |disk: &SmallDisk| disk.keep_last(1);
    each("old_backups_go_whoever_filled_the_disk", prepare, |disk, left_bytes| {
        disk.house.keepsake(["prune", "--dry-run"]).expect(0).says(&["3 backups would go"]);
        disk.house.keepsake(["prune"]).expect(0).says(&["Removed 3 old backups", "came back from 1 archive"]);
        assert_eq!(disk.listed(), disk.names[3..]);
        let came_back = disk.free_bytes() - left_bytes;
        assert!(came_back > 4_500_000, "{came_back}");
        disk.house.keepsake(["verify", "--all"]).expect(0);
        assert!(disk.house.data().join("reserve").exists());
        disk.house.keepsake(["prune"]).expect(0).says(&["Nothing of family had to go"]);
    });
}

#[test]
fn taking_a_restore_back() {
    let prepare = |disk: &SmallDisk| {
        sh(disk.house.dir(), "mkdir before; cp -a as-it-was/. before");
        fs::write(disk.house.path("before/pictures"), noise(7000, 4_000_000)).unwrap();
        fs::write(disk.house.path("home/pictures"), noise(7000, 4_000_000)).unwrap();
        disk.house.keepsake(["restore", "latest", "--in-place", "--confirm", "RESTORE"]).expect(0);
    };
    each("taking_a_restore_back", prepare, |disk, _| {
        let undone = disk.house.keepsake(["undo"]).expect_one_of(&[0, 1, 2]);
        disk.check();
        disk.make_room();
        if undone.code != 0 {
            in_plain_words(&undone);
            disk.house.keepsake(["undo"]).expect(0);
        }
        let own = [Aspect::FolderMtime, Aspect::Mtime];
        assert_same(&without(compare_trees(&disk.house.path("before"), &disk.house.source()), &own));
    });
}

/// Runs are what only the catalog knows, and backups that went are listed again when it forgets them.
#[test]
fn the_catalog_is_made_anew_or_stays_as_it_is() {
    const NAME: &str = "the_catalog_is_made_anew_or_stays_as_it_is";
    for has_reserve in [true, false] {
        let prepare = |disk: &SmallDisk| {
            disk.keep_last(1);
            disk.house.keepsake(["prune"]).expect(0);
            if !has_reserve {
                fs::remove_file(disk.house.data().join("reserve")).unwrap();
            }
        };
        each(NAME, prepare, |disk, left_bytes| {
            let codes: &[i32] = match has_reserve {
                true => &[0],
                false if left_bytes < LEFT[2] => &[2],
                false => &[0, 2],
            };
            let answer = disk.house.keepsake(["rebuild"]).expect_one_of(codes);
            assert_eq!(disk.listed(), disk.names[3..], "while the disk is full");
            if answer.code != 0 {
                in_plain_words(&answer);
            }
            disk.make_room();
            disk.house.keepsake(["rebuild"]).expect(0);
            assert_eq!(disk.listed(), disk.names[3..]);
            disk.house.keepsake(["status"]).expect(0).says(&["Last backup: yesterday"]);
        });
    }
}
