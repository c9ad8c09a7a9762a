//! Where nothing can be remembered: a rescue system, a state folder that can only be read or is full, or nothing
//! but a folder of archives. What can be looked at and brought back there is.

use std::path::Path;

use fs_err as fs;
use keepsake_tests::{Answer, House, Mount, assert_same, compare_trees, sh};

/// A house whose state folder is a disk of its own, with one backup.
fn backed_up(test: &str) -> Option<(House, Mount)> {
    let house = House::new();
    fs::create_dir(house.data()).unwrap();
    let mount = Mount::memory(test, &house.data(), 4 << 20)?;
    house.tree().sample();
    house.backup();
    fs::create_dir(house.path("tmp")).unwrap();
    Some((house, mount))
}

/// Runs the program with a folder for temporary files, which must be empty afterwards.
#[track_caller]
fn keepsake(house: &House, words: &[&str], code: i32) -> Answer {
    let mut command = house.command(words);
    command.env("TMPDIR", house.path("tmp"));
    let answer = Answer::of(command).expect(code);
    let left: Vec<_> = fs::read_dir(house.path("tmp")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{words:?} left {left:?}");
    answer
}

/// Everything that only looks, and a restore into another folder.
fn all_that_can_be_done(house: &House) {
    let list = keepsake(house, &["list"], 0).says(&["family_20260303_020500", "cannot be written", "forgotten"]);
    assert_eq!(list.stderr.lines().count(), 1, "it is said once: {}", list.stderr);
    keepsake(house, &["files", "latest"], 0).says(&["home/"]);
    let files = keepsake(house, &["files", "latest", "--json"], 0).json();
    let file = files["files"].as_array().unwrap().iter().find(|file| file["type"] == "file").expect("a file");
    keepsake(house, &["versions", file["path"].as_str().unwrap()], 0).says(&["family_20260303_020500"]);
    keepsake(house, &["status"], 0).says(&["Newest copy", "cannot be written"]);
    assert_eq!(keepsake(house, &["health", "--quiet"], 0).said().trim(), "");
    assert_eq!(keepsake(house, &["health", "--json"], 0).json()["state"], "good");
    let check = keepsake(house, &["verify"], 0).says(&["all is whole", "not remembered"]);
    assert_eq!(check.stdout.lines().count(), 1, "{}", check.stdout);
    keepsake(house, &["restore", "latest", "--to", "back", "--dry-run"], 0).says(&["Nothing was written"]);
    keepsake(house, &["restore", "latest", "--to", "back"], 0).says(&["Brought back", "cannot be written"]);
    assert_same(&compare_trees(&house.source(), &house.path("back/home")));
    sh(house.dir(), "rm -r back");
}

fn state(house: &House) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(house.data()).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all.iter().map(|path| (path.display().to_string(), fs::read(path).unwrap_or_default())).collect()
}

#[test]
fn what_only_looks_works_where_the_state_can_only_be_read() {
    let Some((house, mount)) = backed_up("what_only_looks_works_where_the_state_can_only_be_read") else { return };
    mount.read_only();
    let before = state(&house);
    all_that_can_be_done(&house);
    keepsake(&house, &["undo", "--list"], 0).says(&["nothing to take back"]);
    assert_eq!(state(&house), before);

    // What has to remember something says what to do.
    keepsake(&house, &["backup"], 2).says(&["d/lock", "can only be read", "`restore --to` work without it"]);
    let place = ["restore", "latest", "--in-place", "--confirm", "RESTORE"];
    keepsake(&house, &place, 2).says(&[
        "could not be taken back",
        "Nothing was changed",
        "--to DIR",
        "KEEPSAKE_DATA_DIR",
    ]);
    fs::remove_file(first_file(&house.source())).unwrap();
    let mut elsewhere = house.command(place);
    elsewhere.env("KEEPSAKE_DATA_DIR", house.path("new-state"));
    Answer::of(elsewhere).expect(0).says(&["Brought back 1 file", "keepsake undo"]);
}

fn first_file(folder: &Path) -> std::path::PathBuf {
    let mut all: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all.into_iter().find(|path| path.symlink_metadata().unwrap().is_file()).expect("a file")
}

#[test]
fn what_came_since_is_seen_where_the_state_can_only_be_read() {
    let Some((house, mount)) = backed_up("what_came_since_is_seen_where_the_state_can_only_be_read") else { return };
    sh(house.dir(), "cp -r d newer");
    mount.read_only();
    house.tree().file("new.txt", "since then");
    let mut backup = house.command(["backup"]);
    Answer::of({
        backup.env("KEEPSAKE_DATA_DIR", house.path("newer"));
        backup
    })
    .expect(0);
    fs::remove_file(house.backups().join("family_20260304_020500.tar.gz.sha256")).unwrap();
    keepsake(&house, &["list"], 0).says(&["family_20260303_020500", "family_20260304_020500"]);
    keepsake(&house, &["files", "latest"], 0).says(&["home/new.txt"]);
    let written = house.backups().join("family_20260304_020500.tar.gz.sha256").exists();
    assert!(!written, "who only looks writes nothing into the backup folder");
}

#[test]
fn without_a_catalog_it_is_read_from_the_archives() {
    let Some((house, mount)) = backed_up("without_a_catalog_it_is_read_from_the_archives") else { return };
    sh(&house.data(), "rm -r *");
    mount.read_only();
    all_that_can_be_done(&house);
    // The same where not even the folder is there, or what stands there is no catalog.
    let mut list = house.command(["list"]);
    list.env("KEEPSAKE_DATA_DIR", house.data().join("below"));
    Answer::of(list).expect(0).says(&["family_20260303_020500", "cannot be written"]);
}

#[test]
fn a_damaged_catalog_that_cannot_be_set_aside_is_passed_over() {
    let Some((house, mount)) = backed_up("a_damaged_catalog_that_cannot_be_set_aside_is_passed_over") else { return };
    let catalog = house.data().join("catalog.sqlite");
    let mut bytes = fs::read(&catalog).unwrap();
    // In the middle, where opening it does not notice.
    let (from, to) = (bytes.len() / 4, bytes.len() * 3 / 4);
    bytes[from..to].fill(0x5a);
    fs::write(&catalog, bytes).unwrap();
    mount.read_only();
    all_that_can_be_done(&house);
    drop(mount);

    let Some((house, mount)) = backed_up("a_damaged_catalog_that_cannot_be_set_aside_is_passed_over") else { return };
    fs::write(house.data().join("catalog.sqlite"), "this is no catalog").unwrap();
    mount.read_only();
    all_that_can_be_done(&house);
}

#[test]
fn what_only_looks_works_where_the_disk_of_the_state_is_full() {
    let Some((house, _mount)) = backed_up("what_only_looks_works_where_the_disk_of_the_state_is_full") else { return };
    sh(&house.data(), "dd if=/dev/zero of=full bs=4k 2>/dev/null; test -s full");
    all_that_can_be_done(&house);
    keepsake(&house, &["list"], 0).says(&["the disk is full"]);
}

#[test]
fn a_folder_of_archives_is_enough() {
    let house = House::new();
    house.tree().sample();
    house.backup();
    sh(house.dir(), "mkdir tmp; rm -r d config.toml; mv b plugged-in; chmod a-w plugged-in");
    let before = sh(house.dir(), "ls -l plugged-in").stdout;
    let from = ["--from", "plugged-in"];
    let with = |words: &[&'static str]| [words, &from[..]].concat();
    keepsake(&house, &with(&["list"]), 0).says(&["family_20260303_020500"]);
    keepsake(&house, &with(&["files", "latest"]), 0).says(&["home/"]);
    keepsake(&house, &with(&["verify"]), 0).says(&["all is whole"]);
    keepsake(&house, &with(&["restore", "latest", "--to", "back"]), 0).says(&["Brought back"]);
    assert_same(&compare_trees(&house.source(), &house.path("back/home")));
    assert!(!house.data().exists(), "no state was written");
    assert_eq!(sh(house.dir(), "ls -l plugged-in").stdout, before);

    // Who has nothing set up is told of it.
    keepsake(&house, &["restore", "latest", "--to", "again"], 3).says(&["--from DIR"]);
    keepsake(&house, &["list", "--from", "nowhere"], 65).says(&["nowhere", "there is no such file or folder"]);
    keepsake(&house, &["list", "--from", "home"], 65).says(&["holds no backup", ".tar.gz"]);
    keepsake(&house, &["restore", "latest", "--from", "plugged-in", "--in-place"], 64).says(&["--from"]);
}
