//! Only what is new is stored; and all of it is known again from the archives alone.

use std::path::Path;

use fs_err as fs;
use keepsake_tests::{House, assert_same, compare_trees, noise, prose, run, sh};
use serde_json::Value;

fn size(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

/// The length of the newest backup's only archive.
fn newest_bytes(house: &House, backups: usize) -> u64 {
    let archives = house.archives();
    assert_eq!(archives.len(), backups, "one archive for each backup");
    size(archives.last().unwrap())
}

#[test]
fn a_second_backup_stores_only_what_is_new() {
    let house = House::new();
    house.tree().sample();
    let first = house.backup();
    assert!(first["new_bytes"].as_u64() > Some(2_000_000), "{first:#}");
    house.tree().file("new.jpg", noise(50, 200_000)).file("Documents/empty.txt", b"not empty any more");
    let second = house.backup();
    let bytes = newest_bytes(&house, 2);
    assert!((200_000..215_000).contains(&bytes), "{bytes} bytes for 200 kB of news");
    assert_eq!(second["new_files"], 2, "{second:#}");
    assert_eq!(second["new_bytes"], 200_018, "{second:#}");
    assert_eq!(second["files"].as_u64().unwrap(), first["files"].as_u64().unwrap() + 1);
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
    let oldest = house.files("oldest");
    assert!(!oldest.contains(&"home/new.jpg".to_string()), "{oldest:?}");
}

#[test]
fn what_was_moved_or_copied_is_not_stored_again() {
    let house = House::new();
    let tree = house.tree();
    tree.file("Pictures/a.jpg", noise(1, 300_000)).file("Pictures/b.jpg", noise(2, 300_000)).sample();
    house.backup();
    fs::create_dir(tree.path("Best of all")).unwrap();
    fs::rename(tree.path("Pictures/a.jpg"), tree.path("Best of all/renamed.jpg")).unwrap();
    fs::copy(tree.path("Pictures/b.jpg"), tree.path("copy of b.jpg")).unwrap();
    run("cp", [tree.path("Pictures/b.jpg"), tree.path("another copy.jpg")]);
    house.backup();
    let bytes = newest_bytes(&house, 2);
    assert!(bytes < 15_000, "{bytes} bytes");
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

#[test]
fn the_same_content_twice_in_a_first_backup_is_stored_once() {
    let house = House::new();
    for i in 0..5 {
        house.tree().file(format!("copy {i}.jpg"), noise(1, 400_000));
    }
    house.tree().settle();
    house.backup();
    let bytes = newest_bytes(&house, 1);
    assert!(bytes < 500_000, "{bytes} bytes");
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

#[test]
fn a_change_of_mode_or_time_alone_stores_no_content() {
    let house = House::new();
    let tree = house.tree();
    tree.file("large.jpg", noise(1, 400_000)).file("touched.jpg", noise(2, 400_000)).settle();
    house.backup();
    tree.mode("large.jpg", 0o600).mtime("touched.jpg", 1_600_000_000, 1);
    house.backup();
    let bytes = newest_bytes(&house, 2);
    assert!(bytes < 10_000, "{bytes} bytes");
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

#[test]
fn a_change_that_keeps_size_and_time_is_noticed() {
    let house = House::new();
    let tree = house.tree();
    tree.file("ledger", b"1000 euros").mtime("ledger", 1_600_000_000, 0);
    house.backup();
    tree.file("ledger", b"9000 euros").mtime("ledger", 1_600_000_000, 0);
    house.backup();
    house.restore_to(&house.path("r"));
    assert_eq!(fs::read(house.path("r/home/ledger")).unwrap(), b"9000 euros");
}

#[test]
fn unchanged_files_are_not_read() {
    let house = House::new();
    house.tree().file("large.jpg", noise(1, 20_000_000)).settle();
    house.backup();
    // What was made just before it was backed up is read once more: its times have not settled.
    house.backup();
    let mut running = house.start(["backup"]);
    // What the system counts as read by the process, its own catalog included.
    let mut read_bytes = 0;
    while !running.has_ended() {
        read_bytes = read_bytes.max(running.read_bytes());
    }
    running.wait().expect(0);
    assert!(read_bytes < 5_000_000, "{read_bytes} bytes were read though nothing had changed");
}

#[test]
fn two_backups_within_one_second() {
    let house = House::new();
    house.tree().file("a.jpg", noise(1, 100_000)).settle();
    house.keepsake(["backup"]).expect(0);
    let first = fs::read(&house.archives()[0]).unwrap();
    house.tree().file("b.jpg", noise(2, 100_000));
    house.keepsake(["backup"]).expect(0);
    // Neither took the other's name.
    assert!(fs::read(&house.archives()[0]).unwrap() == first);
    assert_eq!(house.list().len(), 2);
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

/// 5,000 files as a home folder has them.
fn five_thousand() -> House {
    let house = House::new();
    let tree = house.tree();
    for i in 0..5_000u64 {
        let name = format!("Pictures/{}-{:02}/IMG_{i:05}.jpg", 2015 + i / 600, 1 + i / 50 % 12);
        let at = 1_400_000_000 + (i * 7_919) as i64;
        tree.file(&name, noise(i, 60)).mtime(&name, at, (i * 179_424_673 % 1_000_000_000) as u32);
    }
    house
}

#[test]
fn unchanged_files_cost_little_and_the_catalog_does_not_grow() {
    let house = five_thousand();
    house.backup();
    let catalog = house.data().join("catalog.sqlite");
    let before = size(&catalog);
    for _ in 0..10 {
        house.backup();
    }
    for archive in &house.archives()[1..] {
        let bytes = size(archive);
        assert!(bytes <= 5_000 * 20 + 8_000, "{bytes} bytes for 5,000 unchanged files");
    }
    let grown = size(&catalog).saturating_sub(before);
    assert!(grown <= 40_960, "ten backups in which nothing changed added {grown} bytes to the catalog");
    house.tree().file("Pictures/2016-03/IMG_00600.jpg", b"changed");
    house.backup();
    let bytes = newest_bytes(&house, 12);
    assert!(bytes <= 5_000 * 20 + 8_000, "{bytes} bytes for one change among 5,000 files");
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

#[test]
fn versions_of_one_file() {
    let house = House::new();
    let tree = house.tree();
    let mut names = Vec::new();
    for (i, content) in [Some("one"), Some("one"), Some("second"), None, Some("one")].into_iter().enumerate() {
        match content {
            Some(content) => tree.file("letter.txt", content).mtime("letter.txt", 1_500_000_000 + i as i64, 5),
            None => tree.remove("letter.txt").file("other", b"x"),
        };
        names.push(house.backup()["backup"].as_str().unwrap().to_string());
    }
    let answer = house.keepsake(["versions", "home/letter.txt", "--json"]).expect(0).json();
    assert_eq!(answer["path"], "home/letter.txt");
    let versions = answer["versions"].as_array().unwrap();
    let newest = &versions[0];
    assert_eq!((&newest["first_backup"], &newest["last_backup"]), (&names[4].clone().into(), &names[4].clone().into()));
    let sha256 = sh(house.dir(), "printf one | sha256sum | cut -c -64").stdout;
    assert_eq!(newest["sha256"], String::from_utf8(sha256).unwrap().trim());
    let contents: Vec<_> = versions.iter().map(|version| version["size"].as_u64().unwrap()).collect();
    assert!(contents == [3, 6, 3] || contents == [3, 6, 3, 3], "newest first: {answer:#}");
    let second = versions.iter().find(|version| version["size"] == 6).unwrap();
    assert_eq!((&second["first_backup"], &second["last_backup"]), (&names[2].clone().into(), &names[2].clone().into()));
    assert_eq!(versions.last().unwrap()["first_backup"], names[0].as_str());
    house.keepsake(["versions", "home/leter.txt"]).expect(65).says(&["home/letter.txt"]);
}

/// A house with three different backups.
fn three_backups() -> House {
    let house = House::new();
    let tree = house.tree();
    tree.sample();
    house.backup();
    tree.file("second.txt", prose(20, 3_000)).remove("Documents/empty.txt");
    house.backup();
    fs::rename(tree.path("second.txt"), tree.path("third.txt")).unwrap();
    tree.mode("bin/tidy-up", 0o700);
    house.backup();
    house
}

/// All that can be asked of the catalog about the backups.
fn everything_known(house: &House) -> Vec<Value> {
    let mut known = vec![house.keepsake(["list", "--json"]).expect(0).json()];
    for backup in house.list() {
        known.push(house.keepsake(["files", backup["name"].as_str().unwrap(), "--json"]).expect(0).json());
    }
    for path in ["home/second.txt", "home/third.txt", "home/bin/tidy-up"] {
        known.push(house.keepsake(["versions", path, "--json"]).expect(0).json());
    }
    known
}

#[test]
fn rebuild_knows_the_same_again() {
    let house = three_backups();
    let known = everything_known(&house);
    fs::remove_dir_all(house.data()).unwrap();
    let answer = house.keepsake(["rebuild", "--json"]).expect(0).json();
    assert_eq!((&answer["archives"], &answer["backups"]), (&3.into(), &3.into()), "{answer:#}");
    assert_eq!(everything_known(&house), known);
    // Again with a catalog that is there.
    house.keepsake(["rebuild"]).expect(0);
    assert_eq!(everything_known(&house), known);
    // And the next backup finds nothing new.
    let plan = house.backup();
    assert_eq!(plan["new_files"], 0, "{plan:#}");
    assert!(newest_bytes(&house, 4) < 10_000);
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

#[test]
fn a_new_computer_knows_the_backups_by_import() {
    let old = three_backups();
    let new = House::new();
    run("cp", ["-r".as_ref(), old.backups().as_os_str(), new.path("usb").as_os_str()]);
    let usb = new.path("usb");
    let answer = new.keepsake(["import".as_ref(), usb.as_os_str(), "--json".as_ref()]).expect(0).json();
    assert_eq!(answer["backups"], 3, "{answer:#}");
    assert_eq!(answer["problems"].as_array().map(Vec::len), Some(0), "{answer:#}");
    let names = |house: &House| house.list().iter().map(|backup| backup["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&new), names(&old));
    new.restore_to(&new.path("r"));
    assert_same(&compare_trees(&old.source(), &new.path("r/home")));
    let to = new.path("first");
    new.keepsake(["restore", "oldest", "--path", "home/Documents/empty.txt", "--to", to.to_str().unwrap()]).expect(0);
    assert!(to.join("home/Documents/empty.txt").exists());
    // A second import changes nothing.
    new.keepsake(["import".as_ref(), usb.as_os_str()]).expect(0);
    assert_eq!(names(&new), names(&old));
}

#[test]
fn import_needs_no_settings() {
    let old = three_backups();
    let new = House::new();
    fs::remove_file(new.config()).unwrap();
    let usb = new.path("usb");
    run("cp", ["-r".as_ref(), old.backups().as_os_str(), usb.as_os_str()]);
    new.keepsake(["import".as_ref(), usb.as_os_str()]).expect(0);
    new.restore_to(&new.path("r"));
    assert_same(&compare_trees(&old.source(), &new.path("r/home")));
}

#[test]
fn full_stores_everything_anew() {
    let house = House::new();
    house.tree().sample();
    house.backup();
    house.keepsake(["backup", "--full"]).expect(0);
    let archives = house.archives();
    assert!(size(&archives[1]) > size(&archives[0]) * 9 / 10);
    // It needs no other.
    fs::remove_file(&archives[0]).unwrap();
    fs::remove_dir_all(house.data()).unwrap();
    house.keepsake(["rebuild"]).expect_one_of(&[0, 1]);
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

/// Backups stand in the order of their times, so one from the future holds those after it there. The advice is true.
#[test]
fn after_a_clock_was_years_ahead_another_plan_name_begins_anew() {
    let house = House::new();
    house.tree().file("letter.txt", prose(1, 900)).settle();
    house.backup();
    house.advance_hours(24 * 365 * 5);
    house.backup();
    house.advance_hours(-24 * 365 * 5);
    house.keepsake(["backup"]).expect(0);
    let health = house.keepsake(["health"]).expect(1);
    assert!(health.stdout.contains("give the plan another name"), "{health:?}");
    let settings = fs::read_to_string(house.config()).unwrap();
    house.write_config(&settings.replace("\"family\"", "\"family-2\""));
    house.keepsake(["backup"]).expect(0);
    house.keepsake(["health"]).expect(0);
    house.keepsake(["status"]).expect(0).says(&["Last backup: today"]);
    assert_eq!(house.list().len(), 4, "the others are there still");
}
