//! A backup or a copy that does not fit: what the settings let go anyway goes first, never more, and never while retention
//! waits. What only looks too large is tried.

use fs_err as fs;
use keepsake_tests::small_disk::{Kind, SmallDisk, in_plain_words};
use keepsake_tests::{assert_same, compare_trees, noise, sh};

/// With a file that is new since yesterday, and a disk on which others left so much.
fn with_new(test: &str, last: u32, new_bytes: usize, left_bytes: u64) -> Option<SmallDisk> {
    let disk = SmallDisk::new(test, Kind::Memory)?;
    disk.keep_last(last);
    without_destination(&disk);
    disk.house.tree().file("new", noise(9000, new_bytes)).settle();
    disk.fill(left_bytes);
    Some(disk)
}

fn without_destination(disk: &SmallDisk) {
    let settings = fs::read_to_string(disk.house.config()).unwrap();
    disk.house.write_config(settings.split("\n[[destination]]").next().unwrap());
}

#[test]
fn what_may_go_anyway_goes_before_a_backup_fails() {
    // An archive of 5 MB goes, and 3 MB were free.
    let Some(disk) = with_new("what_may_go_anyway_goes_before_a_backup_fails", 1, 6_000_000, 3_000_000) else { return };
    let answer = disk.house.keepsake(["backup", "--json"]).expect(0).json();
    let plan = &answer["plans"][0];
    assert_eq!((&plan["outcome"], &plan["made_room"]["backups"]), (&"good".into(), &3.into()), "{plan:#}");
    assert!(plan["made_room"]["bytes"].as_u64().unwrap() > 5_000_000);
    assert_eq!(disk.listed(), [plan["backup"].as_str().unwrap()]);
    disk.house.keepsake(["verify", "--all"]).expect(0);
    disk.make_room();
    disk.house.restore_to(&disk.house.path("disk/r"));
    assert_same(&compare_trees(&disk.house.source(), &disk.house.path("disk/r/home")));
}

#[test]
fn more_than_the_settings_say_never_goes() {
    const NAME: &str = "more_than_the_settings_say_never_goes";
    for (last, stay_from) in [(1, 3), (3, 1), (1000, 0)] {
        let Some(disk) = with_new(NAME, last, 12_000_000, 2_000_000) else { return };
        let answer = disk.house.keepsake(["backup"]).expect(2);
        in_plain_words(&answer);
        answer.says(&[
            "MB are needed for what is new, and",
            "were free",
            "All old backups that may go by your settings are gone",
        ]);
        assert_eq!(disk.listed(), disk.names[stay_from..]);
        disk.house.keepsake(["verify", "--all"]).expect(0);
        disk.make_room();
        disk.house.keepsake(["backup"]).expect(0);
    }
}

#[test]
fn nothing_goes_while_much_has_changed_at_once() {
    const NAME: &str = "nothing_goes_while_much_has_changed_at_once";
    let Some(disk) = with_new(NAME, 1, 6_000_000, 3_000_000) else { return };
    // Encrypted by somebody, as it were.
    sh(
        &disk.house.source(),
        "for note in notes/*; do tr a-zA-Z n-za-mN-ZA-M < $note > others; cat others > $note; done; rm others",
    );
    let answer = disk.house.keepsake(["backup"]).expect(2);
    in_plain_words(&answer);
    answer.says(&["very many files have changed or vanished at once"]);
    assert_eq!(disk.listed(), disk.names);
}

#[test]
fn nothing_goes_while_a_source_is_unknown() {
    let Some(disk) = SmallDisk::new("nothing_goes_while_a_source_is_unknown", Kind::Memory) else { return };
    let (home, other) = (disk.house.source(), disk.house.path("other"));
    fs::create_dir(&other).unwrap();
    fs::write(other.join("letter"), "dear all").unwrap();
    let settings = |last| {
        let kept = format!("retention = {{ last = {last} }}");
        disk.house.settings_for(&kept, &[("home", &home, ""), ("other", &other, "")]);
    };
    settings(1000);
    disk.house.backup();
    let names = disk.listed();
    settings(1);
    fs::rename(&other, disk.house.path("away")).unwrap();
    disk.house.tree().file("new", noise(9000, 6_000_000)).settle();
    disk.fill(3_000_000);
    let answer = disk.house.keepsake(["backup"]).expect(2);
    in_plain_words(&answer);
    answer.says(&["something that is protected could not be found"]);
    assert_eq!(disk.listed(), names);
    // It is there again: now what may go goes.
    fs::rename(disk.house.path("away"), &other).unwrap();
    disk.house.keepsake(["backup"]).expect(0).says(&["Removed 4 old backups"]);
}

#[test]
fn what_may_go_anyway_goes_before_a_copy_fails() {
    let Some(disk) = SmallDisk::new("what_may_go_anyway_goes_before_a_copy_fails", Kind::Memory) else { return };
    disk.keep_last(1000);
    disk.house.keepsake(["copy"]).expect(0);
    without_destination(&disk);
    disk.house.tree().file("new", noise(9000, 4_000_000)).settle();
    disk.house.backup();
    let names = disk.listed();
    disk.keep_last(1000);
    disk.fill(1 << 20);
    let answer = disk.house.keepsake(["copy"]).expect(2);
    in_plain_words(&answer);
    answer.says(&["4 MB more are needed there", "All old backups that may go by your settings are gone"]);
    assert_eq!(disk.listed(), names);
    disk.keep_last(1);
    disk.house.keepsake(["copy"]).expect(0).says(&[
        "Removed 4 old backups",
        "Copied 1 archive",
        "Removed 3 archives from NAS",
    ]);
    assert_eq!(disk.listed(), names[4..]);
    for archive in disk.house.archives() {
        let copy = disk.house.path("nas").join(archive.file_name().unwrap());
        assert!(fs::read(copy).unwrap() == fs::read(archive).unwrap());
    }
}

#[test]
fn what_only_looks_too_large_is_backed_up() {
    let Some(disk) = SmallDisk::new("what_only_looks_too_large_is_backed_up", Kind::Memory) else { return };
    // 5 MB have moved, and 8 MB pack to nothing.
    sh(&disk.house.source(), "mv pictures moved; head -c 8000000 /dev/zero > zeros");
    disk.house.tree().settle();
    disk.fill(300 << 10);
    disk.house.backup();
    disk.house.keepsake(["verify", "--all"]).expect(0);
}
