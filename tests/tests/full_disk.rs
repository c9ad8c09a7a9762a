//! A real disk of 64 MB that others fill: what does not fit fails with a sentence, what was good stays good, letting old
//! backups go works always, and once there is room everything goes on by itself.

use fs_err as fs;
use keepsake_tests::small_disk::{Kind, SmallDisk, in_plain_words};
use keepsake_tests::{Aspect, assert_same, compare_trees, noise, sh, without};

/// What others leave free: nothing, less than a catalog needs to be opened, a little more, some.
const LEFT: [u64; 4] = [0, 12 << 10, 300 << 10, 1 << 20];

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
        disk.house.keepsake(["prune"]).expect(0).says(&["Removed 3 old backups", "came back from 2 archives"]);
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

#[test]
fn a_recovery_key() {
    let Some(disk) = SmallDisk::new("a_recovery_key", Kind::Memory) else { return };
    disk.fill(0);
    let refused = disk.house.keepsake(["sheet", "--new"]).expect(2).says(&["the disk is full", "Make room"]);
    assert!(!refused.said().contains("keyring"), "{refused:?}");
    disk.make_room();
    disk.house.keepsake(["sheet", "--new"]).expect(0);
}
