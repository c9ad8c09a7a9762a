//! Folders that lead where they should not: a restore among the backups, a source that is the backup folder.

use std::os::unix::fs::symlink;

use fs_err as fs;
use keepsake_tests::House;

#[test]
fn nothing_is_brought_back_among_the_backups_or_into_the_state() {
    let house = House::new();
    house.tree().file("a", "x");
    house.backup();
    symlink(house.backups(), house.path("link")).unwrap();
    let listing = |house: &House| (house.leftovers(), fs::read_dir(house.data()).unwrap().count());
    let before = listing(&house);
    for to in ["b", "b/back", "link", "link/deep/er", "d", "d/back"] {
        let told = house.keepsake(["restore", "latest", "--to", to]).expect(65);
        told.says(&["nothing can be brought back to", to, "Choose another folder"]);
        house.keepsake(["restore", "latest", "--to", to, "--dry-run"]).expect(65);
    }
    assert_eq!(listing(&house), before);

    // A folder in which the source's own name is the backup folder's.
    let beside = house.path("beside");
    fs::create_dir(&beside).unwrap();
    symlink(house.backups(), beside.join("home")).unwrap();
    house.keepsake(["restore", "latest", "--to", "beside"]).expect(65).says(&["where your backups are"]);
}

#[test]
fn what_is_brought_back_into_something_protected_is_said_to_be_backed_up_again() {
    let house = House::new();
    house.tree().file("a", "x");
    house.backup();
    let told = house.keepsake(["restore", "latest", "--to", "home/back"]).expect(0);
    let told = told.says(&["home/back lies in home", "part of the next backup", "Brought back 1 file"]);
    assert!(!told.stdout.contains("protected"), "{}", told.stdout);
    house.backup();
    assert!(house.files("latest").contains(&"home/back/home/a".to_string()));
    let elsewhere = house.keepsake(["restore", "latest", "--to", "back"]).expect(0);
    assert_eq!(elsewhere.stderr, "");
}

#[test]
fn a_link_to_the_backup_folder_is_no_source() {
    let house = House::new();
    house.tree().file("a", "x");
    house.backup();
    symlink(house.dir(), house.path("around")).unwrap();
    for path in [house.path("link"), house.path("around/b")] {
        if path.ends_with("link") {
            symlink(house.backups(), &path).unwrap();
        }
        house.settings_for("", &[("home", &path, "")]);
        house.keepsake(["backup"]).expect(78).says(&["config.toml:10", "a link there leads to the `backup_dir`"]);
    }
    // What holds it, by a link, is backed up without it.
    symlink(house.dir(), house.path("home/up")).unwrap();
    house.settings_for("", &[("home", &house.path("around"), "")]);
    house.backup();
    let files = house.files("latest");
    assert!(files.contains(&"home/home/a".to_string()), "{files:?}");
    assert!(!files.iter().any(|path| path.starts_with("home/b/") || path.starts_with("home/d/")), "{files:?}");
}

#[test]
fn a_pattern_that_could_never_match_is_an_error_with_its_line() {
    let house = House::new();
    for (pattern, says) in [("[", "unclosed"), ("~/Music", "was \"/Music\" meant?"), ("#x", "remark")] {
        house.settings_for("", &[("home", &house.source(), &format!("exclude = ['{pattern}']"))]);
        let told = house.keepsake(["backup"]).expect(78).says(&["config.toml:11", "`exclude`", pattern, says]);
        assert!(!house.backups().exists(), "{}", told.said());
    }
}
