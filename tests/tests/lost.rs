//! What is damaged or gone: where it is read from instead, and how it is named when nothing has it.

use std::path::{Path, PathBuf};

use fs_err as fs;
use keepsake_tests::{Aspect, House, assert_same, compare_trees, noise, prose, without};
use serde_json::{Value, json};

const FIRST: &str = "family_20260303_020500";
const SECOND: &str = "family_20260304_020500";

fn archive(house: &House, backup: &str) -> PathBuf {
    house.backups().join(format!("{backup}.tar.gz"))
}

/// Changes the bytes in the middle of an archive, where its only large file is.
fn spoil(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 16].fill(0xa5);
    fs::write(path, bytes).unwrap();
}

/// A house whose letter changed from the first backup to the second; each archive holds little else.
fn letters() -> House {
    let house = House::new();
    house.tree().file("letter", noise(1, 900_000)).file("note", prose(2, 300)).settle();
    house.backup();
    house.tree().file("letter", noise(3, 900_000)).settle();
    house.backup();
    assert_eq!(house.archives(), [archive(&house, FIRST), archive(&house, SECOND)]);
    house
}

fn restore_json(house: &House, backup: &str, code: i32) -> Value {
    let _ = fs::remove_dir_all(house.path("r"));
    house.keepsake(["restore", backup, "--to", "r", "--json"]).expect(code).json()
}

#[test]
fn a_lost_file_is_named_with_the_version_that_is_whole() {
    let house = letters();
    spoil(&archive(&house, SECOND));
    let answer = restore_json(&house, "latest", 2);
    let earlier = json!({ "backup": FIRST, "time": "2026-03-03T02:05:00+01:00[Europe/Berlin]", "is_earlier": true });
    assert_eq!(answer["lost"], json!([{ "path": "home/letter", "other_version": earlier, "out_of_reach": [] }]));
    assert_eq!(fs::read(house.path("r/home/note")).unwrap(), prose(2, 300));
    fs::remove_dir_all(house.path("r")).unwrap();
    house.keepsake(["restore", "latest", "--to", "r"]).expect(2).says(&[
        "an earlier version, of 3 March 2026 02:05, is whole in family_20260303_020500",
        "keepsake restore family_20260303_020500 --path 'home/letter' --to DIR",
    ]);
    // What it says is so.
    house.keepsake(["restore", FIRST, "--path", "home/letter", "--to", "old"]).expect(0);
    assert_eq!(fs::read(house.path("old/home/letter")).unwrap(), noise(1, 900_000));
    // Both are damaged: nothing is promised.
    spoil(&archive(&house, FIRST));
    assert_eq!(restore_json(&house, "latest", 2)["lost"][0]["other_version"], Value::Null);
}

#[test]
fn a_check_names_other_versions_and_good_copies_and_the_list_tells_which_backups_are_damaged() {
    let house = letters();
    let states = || -> Vec<(String, Value)> {
        let list = house.keepsake(["list", "--json"]).expect(0).json();
        let backups = list["backups"].as_array().unwrap().iter();
        backups.map(|backup| (backup["state"].as_str().unwrap().into(), backup["damage"].clone())).collect()
    };
    let (good, damaged) =
        (("good".into(), Value::Null), |files| ("damaged".into(), json!({ "files": files, "archives": [] })));
    assert_eq!(states(), [good.clone(), good.clone()]);
    with_nas(&house);
    let nas = house.path("nas");
    spoil(&archive(&house, SECOND));
    let answer = house.keepsake(["verify", "--json"]).expect(2).json();
    let row = &answer["damaged"][0];
    assert_eq!((&row["path"], &row["good_copies"]), (&json!("home/letter"), &json!(["NAS"])), "{answer:#}");
    assert_eq!(row["other_version"]["backup"], FIRST);
    house.keepsake(["verify"]).expect(2).says(&[
        "the copy of this archive in NAS is good; an earlier version, of 3 March 2026 02:05, is whole in family_20260303",
        "keepsake verify --heal",
    ]);
    assert_eq!(states(), [good.clone(), damaged(1)]);
    house.keepsake(["health"]).expect(2).says(&["NAS should have good copies"]);
    house.keepsake(["list"]).expect(0).says(&["damaged: 1 file"]);
    // A share alone promises nothing.
    let answer = house.keepsake(["verify", "--part", "1/1", "--json"]).expect(2).json();
    assert_eq!(answer["damaged"][0]["other_version"], Value::Null);
    // All of an archive, and no copy.
    fs::remove_dir_all(&nas).unwrap();
    let length = fs::metadata(archive(&house, FIRST)).unwrap().len();
    fs::write(archive(&house, FIRST), vec![0; length as usize]).unwrap();
    let answer = house.keepsake(["verify", "--json"]).expect(2).json();
    assert!(answer["damaged"].as_array().unwrap().iter().all(|row| row["other_version"].is_null()), "{answer:#}");
    let first = format!("{FIRST}.tar.gz");
    // The note is in the first archive only.
    let both = ("damaged".into(), json!({ "files": 1, "archives": [first] }));
    assert_eq!(states(), [("damaged".into(), json!({ "files": 0, "archives": [first] })), both]);
    house.keepsake(["list"]).expect(0).says(&["damaged: 1 archive"]);
    // What is there still is stored anew: only the older backup lacks something.
    house.advance_hours(24);
    house.keepsake(["backup"]).expect_one_of(&[0, 1]);
    assert_eq!(states()[1..], [good.clone(), good]);
}

fn with_nas(house: &House) {
    let nas = house.path("nas");
    fs::create_dir(&nas).unwrap();
    let settings = fs::read_to_string(house.config()).unwrap();
    house.write_config(&format!("{settings}\n[[destination]]\nname = \"NAS\"\npath = {nas:?}\n"));
    house.keepsake(["copy"]).expect(0);
}

#[test]
fn a_later_version_is_named_and_one_that_no_backup_lists_is_not() {
    let house = letters();
    spoil(&archive(&house, FIRST));
    let answer = restore_json(&house, FIRST, 2);
    assert_eq!(answer["lost"][0]["other_version"]["backup"], SECOND);
    assert_eq!(answer["lost"][0]["other_version"]["is_earlier"], false);
    // The first backup goes off the list; its archive stays, since the note is in it.
    house.settings("retention = { last = 1 }");
    house.keepsake(["prune"]).expect(0);
    spoil(&archive(&house, SECOND));
    assert_eq!(restore_json(&house, "latest", 2)["lost"][0]["other_version"], Value::Null);
}

#[test]
fn what_a_later_backup_stored_anew_brings_older_backups_back_whole() {
    let house = House::new();
    house.tree().file("letter", noise(1, 900_000)).file("note", prose(2, 300)).settle();
    house.backup();
    run_copy(&house.source(), &house.path("as-it-was"));
    spoil(&archive(&house, FIRST));
    house.keepsake(["verify"]).expect(2);
    house.backup();
    for backup in [FIRST, "latest"] {
        assert_eq!(restore_json(&house, backup, 0)["lost"], json!([]), "{backup}");
        let differences = compare_trees(&house.path("as-it-was"), &house.path("r/home"));
        assert_same(&without(differences, &[Aspect::FolderMtime]));
    }
}

fn run_copy(from: &Path, to: &Path) {
    keepsake_tests::run("cp", ["-a".as_ref(), from.as_os_str(), to.as_os_str()]);
}

#[test]
fn a_restore_reads_from_another_place_what_is_damaged_or_missing_at_home_and_says_so() {
    let house = letters();
    with_nas(&house);
    let nas = house.path("nas");
    assert_eq!(restore_json(&house, "latest", 0)["from_places"], json!([]));
    spoil(&archive(&house, SECOND));
    let answer = restore_json(&house, "latest", 0);
    let from = json!([{ "archive": format!("{SECOND}.tar.gz"), "place": "NAS", "files": 1 }]);
    assert_eq!((&answer["from_places"], &answer["lost"]), (&from, &json!([])));
    fs::remove_file(archive(&house, FIRST)).unwrap();
    fs::remove_dir_all(house.path("r")).unwrap();
    house.keepsake(["restore", "latest", "--to", "r"]).expect(0).says(&[
        "family_20260303_020500.tar.gz and 1 other archive are damaged or missing in your backup folder",
        "the good copy at NAS was read",
        "keepsake verify --heal",
    ]);
    let differences = compare_trees(&house.source(), &house.path("r/home"));
    assert_same(&without(differences, &[Aspect::FolderMtime]));
    // While the place is away, it is named.
    fs::rename(&nas, house.path("away")).unwrap();
    let answer = restore_json(&house, "latest", 2);
    let lost: Vec<&Value> = answer["lost"].as_array().unwrap().iter().map(|one| &one["out_of_reach"]).collect();
    assert_eq!(lost, [&json!(["NAS"]), &json!(["NAS"])], "{answer:#}");
    let _ = fs::remove_dir_all(house.path("r"));
    house.keepsake(["restore", "latest", "--to", "r"]).expect(2).says(&["NAS should have a copy", "connect it"]);
    fs::rename(house.path("away"), &nas).unwrap();
    house.keepsake(["verify", "--heal"]).expect(1);
    assert_eq!(restore_json(&house, "latest", 0)["from_places"], json!([]));
}
