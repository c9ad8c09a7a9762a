//! Old backups go as the settings say, room really comes back, and what stays comes back whole.

use std::path::PathBuf;

use fs_err as fs;
use keepsake_tests::{House, assert_same, compare_trees, noise, prose, run, sh};
use serde_json::Value;

fn names(house: &House) -> Vec<String> {
    house.list().iter().map(|backup| backup["name"].as_str().unwrap().to_string()).collect()
}

fn stored_bytes(house: &House) -> u64 {
    house.archives().iter().map(|path| fs::metadata(path).unwrap().len()).sum()
}

fn prune(house: &House, args: &[&str], code: i32) -> Value {
    let answer = house.keepsake(["prune", "--json"].iter().chain(args)).expect(code).json();
    answer["plans"][0].clone()
}

/// What was there on a day, as a copy.
fn keep_copy(house: &House, name: &str) -> PathBuf {
    let copy = house.path("copies").join(name);
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    run("cp", ["-a".as_ref(), house.source().as_os_str(), copy.as_os_str()]);
    copy
}

#[test]
fn a_month_of_days() {
    let house = House::new();
    house.settings("retention = { daily = 7, weekly = 4, monthly = 12 }");
    let tree = house.tree();
    tree.file("Pictures/old.jpg", noise(1, 200_000)).sample();
    let mut all_bytes = 0;
    for day in 0..31 {
        // A letter now and then, and something large that is there for three days only.
        if day % 10 == 0 {
            tree.file(format!("Letters/{day}.txt"), format!("letter {day}"));
        }
        tree.file(format!("Work/{day}.raw"), noise(1000 + day, 500_000));
        if day >= 3 {
            fs::remove_file(tree.path(format!("Work/{}.raw", day - 3))).unwrap();
        }
        tree.settle();
        let made = house.backup();
        keep_copy(&house, made["backup"].as_str().unwrap());
        assert_eq!(made["pruned"]["error"], Value::Null, "{made:#}");
        assert_eq!(made["pruned"]["problems"], serde_json::json!([]));
        all_bytes += made["stored_bytes"].as_u64().unwrap();
    }
    // From 3 March to 2 April: the last seven days, the Sundays 15 and 22 March (29 March is one of the seven), and March's
    // newest is one of the seven, too.
    let expected = ["0315", "0322", "0327", "0328", "0329", "0330", "0331", "0401", "0402"];
    let days: Vec<String> = names(&house).iter().map(|name| name[11..15].to_string()).collect();
    assert_eq!(days, expected);
    for name in names(&house) {
        let to = house.path("r").join(&name);
        house.keepsake(["restore", &name, "--to", to.to_str().unwrap(), "--json"]).expect(0);
        assert_same(&compare_trees(&house.path("copies").join(&name), &to.join("home")));
    }
    house.keepsake(["verify", "--all"]).expect(0);
    assert_eq!(house.leftovers(), [""; 0]);
    assert!(stored_bytes(&house) < all_bytes / 4 * 3, "{} of {all_bytes} bytes", stored_bytes(&house));
    // Nothing more to do, and a rebuild from nothing knows the same backups that are whole.
    assert_eq!(prune(&house, &[], 0)["archives"], 0);
    let before = names(&house);
    house.keepsake(["rebuild"]).expect_one_of(&[0, 1]);
    assert_eq!(names(&house), before);

    // By hand, as docs/disaster-recovery.md says.
    let out = house.path("by-hand");
    fs::create_dir(&out).unwrap();
    let newest = house.archives().pop().unwrap();
    sh(
        &out,
        &format!(
            "set -eu; backups={:?}; newest={newest:?}\n\
             tar -xzOf \"$newest\" BACKUP_INFO.txt | sed -n 's|^  tar -xpzf /where/they/are/||p' > needed\n\
             while read -r archive; do (cd \"$backups\" && sha256sum -c --quiet \"$archive.sha256\")\n\
             tar -xpzf \"$backups/$archive\"; done < needed\n\
             if [ -e FINISH_BY_HAND.sh ]; then sh FINISH_BY_HAND.sh; fi",
            house.backups()
        ),
    );
    for day in [0, 10, 20, 30] {
        let letter = fs::read_to_string(out.join(format!("home/Letters/{day}.txt"))).unwrap();
        assert_eq!(letter, format!("letter {day}"));
    }
    assert_eq!(fs::read(out.join("home/Pictures/old.jpg")).unwrap(), noise(1, 200_000));
}

#[test]
fn an_absence_takes_no_history_away() {
    let house = House::new();
    house.settings("retention = { days = 30 }");
    for day in 0..5 {
        house.tree().file("diary", noise(day, 10_000)).settle();
        house.backup();
    }
    house.advance_hours(36 * 24);
    let said = house.backup();
    assert_eq!((names(&house).len(), &said["pruned"]["error"]), (6, &Value::Null), "{said:#}");
}

#[test]
fn a_dry_run_says_of_each_why_and_removes_nothing() {
    let house = House::new();
    house.settings("retention = { last = 9 }");
    for day in 0..5 {
        house.tree().file("diary", noise(day, 100_000)).settle();
        house.backup();
    }
    house.settings("retention = { last = 2 }");
    let bytes = stored_bytes(&house);
    let said = prune(&house, &["--dry-run"], 0);
    let stays: Vec<bool> = said["backups"].as_array().unwrap().iter().map(|b| b["stays"].as_bool().unwrap()).collect();
    assert_eq!(stays, [false, false, false, true, true]);
    assert_eq!(said["backups"][0]["why"], "goes: not one of the newest 2 backups");
    assert_eq!(said["backups"][4]["why"], "kept: the newest backup");
    assert_eq!((names(&house).len(), stored_bytes(&house)), (5, bytes));
    house.keepsake(["prune", "--dry-run"]).expect(0).says(&[
        "family_20260303_020500  goes: not one of the newest 2 backups",
        "family_20260307_020500  kept: the newest backup",
        "3 backups would go",
        "Nothing was removed",
    ]);
    house.keepsake(["prune", "nobody"]).expect(65);
    house.keepsake(["prune"]).expect(0).says(&["Removed 3 old backups of family", "2 backups stay"]);
    assert_eq!(names(&house).len(), 2);
    // The first tells what the folder is, and that of the day before the kept ones may be needed.
    assert_eq!(said["archives"], 1);
    assert!(stored_bytes(&house) < bytes - 90_000);
    house.keepsake(["prune"]).expect(0).says(&["Nothing of family had to go: 2 backups stay"]);
    house.keepsake(["verify", "--all"]).expect(0);
}

#[test]
fn a_sudden_mass_change_waits_for_a_person() {
    let house = House::new();
    house.settings("retention = { last = 1 }");
    for i in 0..900 {
        house.tree().file(format!("Pictures/{i}.jpg"), format!("picture {i}"));
    }
    house.tree().settle();
    house.backup();
    for i in 0..600 {
        house.tree().file(format!("Pictures/{i}.jpg"), format!("scrambled {i}"));
    }
    house.tree().settle();
    let made = house.backup();
    assert!(made["pruned"]["waits"].as_str().unwrap().starts_with("600 of 900 files changed"), "{made:#}");
    // A quiet day does not let go of it, and the backup itself is good.
    house.keepsake(["backup"]).expect(0).says(&["no old backup of family is removed", "prune --confirm-changes"]);
    house.advance_hours(24);
    assert!(prune(&house, &[], 1)["waits"].as_str().is_some());
    assert!(prune(&house, &["--dry-run"], 1)["backups"][0]["why"].as_str().unwrap().starts_with("kept for now: "));
    assert_eq!(names(&house).len(), 3);
    prune(&house, &["--dry-run", "--confirm-changes"], 0);
    assert_eq!(names(&house).len(), 3);
    prune(&house, &["--confirm-changes"], 0);
    assert_eq!(names(&house).len(), 1);
    house.backup();
    assert_eq!(names(&house).len(), 1);
    house.keepsake(["verify", "--all"]).expect(0);
}

#[test]
fn an_unknown_source_freezes_everything() {
    let house = House::new();
    let disk = house.path("disk");
    fs::create_dir(&disk).unwrap();
    fs::write(disk.join("film"), "a film").unwrap();
    house.tree().file("letter", b"x").settle();
    house.settings_for("retention = { last = 1 }", &[("disk", &disk, ""), ("home", &house.source(), "")]);
    house.backup();
    fs::rename(&disk, house.path("unplugged")).unwrap();
    let made = house.backup_ending_with(1);
    assert_eq!(made["pruned"], Value::Null, "{made:#}");
    house.backup_ending_with(1);
    assert_eq!(prune(&house, &[], 1)["waits"].as_str().map(|why| why.contains("could not find disk")), Some(true));
    assert_eq!(names(&house).len(), 3);
    fs::rename(house.path("unplugged"), &disk).unwrap();
    house.backup();
    assert_eq!(names(&house).len(), 1);
}

#[test]
fn what_cannot_be_removed_is_told_and_the_backup_is_good() {
    let house = House::new();
    house.settings("retention = { last = 1 }");
    house.tree().file("letter", b"x").settle();
    house.backup();
    // The note of what was seen cannot be written: nothing goes, the backup is made.
    fs::create_dir(house.data().join("changes-seen")).unwrap();
    let made = house.backup();
    assert!(made["pruned"]["error"].as_str().unwrap().contains("changes-seen"), "{made:#}");
    assert_eq!(names(&house).len(), 2);
    house.keepsake(["backup"]).expect(0).says(&["old backups of family could not be removed"]);
    house.keepsake(["prune"]).expect(2).says(&["changes-seen"]);
    fs::remove_dir(house.data().join("changes-seen")).unwrap();
    house.keepsake(["prune"]).expect(0);
    assert_eq!(names(&house).len(), 1);
}

/// Archives that newer backups need outlive their own backup. A catalog that was made from them alone lists that
/// backup again, as incomplete; nothing is lost, and nothing may say so.
#[test]
fn a_lost_catalog_takes_what_was_let_go_for_no_damage() {
    let house = House::new();
    house.settings("retention = { last = 1 }");
    house.tree().file("first.txt", prose(1, 9_000)).settle();
    house.backup();
    house.tree().file("second.txt", prose(2, 9_000)).settle();
    house.backup();
    house.tree().remove("first.txt").settle();
    house.backup();
    // What a file needed that has vanished is kept for one more backup: decision 0007.
    house.backup();
    assert_eq!((house.list().len(), house.archives().len()), (1, 3), "the first is gone, the others are needed");
    fs::remove_dir_all(house.data()).unwrap();
    let rebuilt = house.keepsake(["rebuild"]).expect(1);
    assert!(rebuilt.stdout.contains("is incomplete"), "{rebuilt:?}");
    let states: Vec<_> = house.list().iter().map(|backup| backup["state"].clone()).collect();
    assert_eq!(states, ["incomplete", "incomplete", "good"]);
    house.keepsake(["verify", "--all"]).expect(0);
    house.keepsake(["verify", &names(&house)[0]]).expect(2);
    house.backup();
    assert_eq!(house.list().len(), 1, "it is let go again");
}

/// The newest backup needs neither of the two, so that nothing waits.
#[test]
fn archives_that_somebody_mixed_up_are_not_removed_for_each_other() {
    let house = House::new();
    house.settings("retention = { last = 9 }");
    for i in 0..6_u64 {
        if i > 0 {
            fs::remove_file(house.source().join((i + 9).to_string())).unwrap();
        }
        house.tree().file((i + 10).to_string(), noise(i, 50_000)).settle();
        house.backup();
    }
    let archives = house.archives();
    let third = fs::read(&archives[2]).unwrap();
    let swap = || {
        fs::rename(&archives[1], house.path("aside")).unwrap();
        fs::rename(&archives[2], &archives[1]).unwrap();
        fs::rename(house.path("aside"), &archives[2]).unwrap();
    };
    swap();
    house.settings("retention = { last = 3 }");
    house.keepsake(["prune"]).expect(1);
    let stands = archives.iter().any(|path| fs::read(path).is_ok_and(|bytes| bytes == third));
    assert!(stands, "the third backup's archive, which the fourth needs, is gone");
}
