//! Bringing files back: beside, in place, some of them, again; and taking it back.

use std::path::{Path, PathBuf};

use fs_err as fs;
use keepsake_tests::{Answer, Aspect, House, assert_same, compare_trees, noise, prose, run, without};
use rustix::process::Signal;

/// A house with one backup of the sample home.
fn backed_up() -> House {
    let house = House::new();
    house.tree().sample();
    house.backup();
    house
}

/// `restore latest`, further words, `--to` a folder.
fn restore(house: &House, words: &[&str], to: &Path) -> Answer {
    house.keepsake(["restore", "latest", "--to", to.to_str().unwrap(), "--json"].iter().chain(words))
}

/// The regular files below a folder.
fn files_below(top: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // Files come and go while a restore runs.
    for entry in fs::read_dir(top).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files_below(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}

/// An exact copy of the source folder, to compare with later.
fn copy_of_source(house: &House, name: &str) -> PathBuf {
    run("cp", ["-a".as_ref(), house.source().as_os_str(), house.path(name).as_os_str()]);
    house.path(name)
}

#[test]
fn beside_is_where_it_said() {
    let house = backed_up();
    let to = house.path("r");
    let answer = restore(&house, &[], &to).expect(0).json();
    assert_eq!(answer["backup"], "family_20260303_020500");
    assert_eq!(answer["to"], to.to_str().unwrap());
    assert_eq!((&answer["in_place"], &answer["dry_run"]), (&false.into(), &false.into()));
    assert_eq!(answer["problems"], serde_json::json!([]));
    assert_eq!(answer["restored"]["files"].as_u64().unwrap(), answer["new"]["files"].as_u64().unwrap());
    assert!(answer["backup_time"].as_str().unwrap().starts_with("2026-03-03T02:05:00+01:00"), "{answer:#}");
    assert_same(&compare_trees(&house.source(), &to.join("home")));
    assert_eq!(fs::read_dir(&to).unwrap().count(), 1, "nothing but the source");
}

#[test]
fn a_relative_folder_is_below_where_one_stands() {
    let house = backed_up();
    house.keepsake(["restore", "latest", "--to", "here/below"]).expect(0);
    assert_same(&compare_trees(&house.source(), &house.path("here/below/home")));
}

#[test]
fn several_paths() {
    let house = backed_up();
    let to = house.path("r");
    let paths = ["--path", "home/Pictures", "--path", "home/private/diary.txt", "--path", "home/nowhere"];
    restore(&house, &paths, &to).expect(0);
    let differences = compare_trees(&house.source(), &to.join("home"));
    for path in ["Pictures", "Pictures/2019", "Pictures/2019/lake.jpg", "private/diary.txt", "nowhere"] {
        assert!(!differences.iter().any(|d| d.path == path.as_bytes()), "{path}: {differences:?}");
    }
    let missing: Vec<_> = differences.iter().filter(|d| d.aspect == Aspect::Missing).map(|d| &d.path[..]).collect();
    assert!(missing.contains(&&b"bin"[..]) && missing.contains(&&b"Documents"[..]), "{differences:?}");
    assert_eq!(files_below(&to).len(), 3);
}

#[test]
fn one_of_several_hard_links_brings_the_content() {
    let house = House::new();
    house.tree().file("a", noise(1, 50_000)).hard_link("b", "a").settle();
    house.backup();
    for name in ["a", "b"] {
        let to = house.path(&format!("only {name}"));
        restore(&house, &["--path", &format!("home/{name}")], &to).expect(0);
        assert!(fs::read(to.join("home").join(name)).unwrap() == noise(1, 50_000));
    }
}

#[test]
fn backups_are_found_by_name_and_by_day() {
    let house = House::new();
    for (day, text) in ["first", "second", "third"].iter().enumerate() {
        house.tree().file("a.txt", text).mtime("a.txt", 1_600_000_000 + day as i64, 0);
        house.backup();
    }
    for (backup, text) in [
        ("oldest", "first"),
        ("latest", "third"),
        ("2026-03-04", "second"),
        ("family_20260303_020500", "first"),
        ("2026-03-05", "third"),
    ] {
        let to = house.path(backup);
        house.keepsake(["restore", backup, "--to", to.to_str().unwrap()]).expect(0);
        assert_eq!(fs::read_to_string(to.join("home/a.txt")).unwrap(), text, "{backup}");
    }
}

#[test]
fn a_preview_counts_and_writes_nothing() {
    let house = House::new();
    let tree = house.tree();
    for i in 0..10 {
        tree.file(format!("{i}.txt"), prose(i, 1_000));
    }
    tree.settle();
    house.backup();
    let to = house.path("r");
    let answer = restore(&house, &["--dry-run"], &to).expect(0).json();
    assert_eq!(answer["dry_run"], true);
    assert_eq!(answer["new"], serde_json::json!({"files": 10, "bytes": 10_000}), "{answer:#}");
    assert_eq!(answer["restored"]["files"], 0, "{answer:#}");
    assert!(!to.exists(), "a preview makes no folder");
    // In place: two changed, one of them since the backup, one gone, one that the backup does not know.
    tree.file("0.txt", b"older and changed").mtime("0.txt", 1_000_000_000, 0);
    tree.file("1.txt", b"newer and changed").mtime("1.txt", 1_790_000_000, 0);
    tree.remove("2.txt").file("unknown to the backup.txt", b"x");
    let before = copy_of_source(&house, "before");
    let answer = house.keepsake(["restore", "latest", "--in-place", "--dry-run", "--json"]).expect(0).json();
    let files = |what: &str| answer[what]["files"].as_u64().unwrap_or_else(|| panic!("{what}: {answer:#}"));
    assert_eq!((files("new"), files("changed"), files("same")), (1, 2, 7), "{answer:#}");
    assert_eq!(files("newer_here"), 1, "{answer:#}");
    assert_eq!(answer["in_place"], true);
    assert_same(&compare_trees(&before, &house.source()));
    // For people: the age of the backup, and the counts.
    house.advance_hours(24);
    house.keepsake(["restore", "latest", "--in-place", "--dry-run"]).expect(0).says(&["2 days", "7"]);
}

#[test]
fn in_place_wants_consent() {
    let house = backed_up();
    house.tree().file("read-only.txt".replace("read-only", "new"), b"x").remove("bin/tidy-up");
    let before = copy_of_source(&house, "before");
    for words in [&[][..], &["--confirm", "restore"], &["--confirm", "YES"], &["--confirm", ""]] {
        house.keepsake(["restore", "latest", "--in-place"].iter().chain(words)).expect(65).says(&["RESTORE"]);
    }
    assert_same(&compare_trees(&before, &house.source()));
}

#[test]
fn in_place_and_back() {
    let house = backed_up();
    let as_backed_up = copy_of_source(&house, "as backed up");
    let tree = house.tree();
    tree.file("Pictures/2019/lake.jpg", noise(77, 600_000))
        .file("Documents/a letter of today.txt", b"not in the backup")
        .remove("bin")
        .remove("Documents/empty.txt")
        .remove("latest picture")
        .symlink("latest picture", "somewhere else")
        .mode("private/diary.txt", 0o640);
    let before = copy_of_source(&house, "before");
    let words = ["restore", "latest", "--in-place", "--confirm", "RESTORE", "--json"];
    let answer = house.keepsake(words).expect(0).json();
    assert_eq!(answer["in_place"], true);
    let undo = answer["undo"].as_str().unwrap_or_else(|| panic!("an undo: {answer:#}")).to_string();
    // All of the backup is there, and what it did not know has stayed.
    let differences = without(compare_trees(&as_backed_up, &house.source()), &[Aspect::FolderMtime]);
    // What was replaced is kept aside for 30 days, within the source.
    let odd: Vec<_> = differences
        .iter()
        .filter(|d| !d.path.starts_with(b".keepsake-undo"))
        .map(|d| (d.aspect, String::from_utf8_lossy(&d.path).into_owned()))
        .collect();
    assert_eq!(odd, [(Aspect::Extra, "Documents/a letter of today.txt".to_string())]);
    // Taken back within 30 days: as it was before, what was new is removed.
    house.advance_hours(29 * 24);
    let answer = house.keepsake(["undo", "--json"]).expect(0).json();
    assert_eq!(answer["undo"], undo.as_str(), "{answer:#}");
    assert!(answer["removed"]["files"].as_u64() >= Some(2), "{answer:#}");
    assert_same(&without(compare_trees(&before, &house.source()), &[Aspect::FolderMtime]));
    // There is nothing more to take back.
    house.keepsake(["undo"]).expect(65);
    assert_same(&without(compare_trees(&before, &house.source()), &[Aspect::FolderMtime]));
}

#[test]
fn undo_keeps_what_was_changed_after_the_restore() {
    let house = backed_up();
    house.tree().remove("bin/tidy-up");
    house.keepsake(["restore", "latest", "--in-place", "--confirm", "RESTORE"]).expect(0);
    // The restored file was worked on since: taking the restore back must not lose that.
    house.tree().file("bin/tidy-up", b"worked on for an hour");
    house.keepsake(["undo", "--json"]).expect_one_of(&[0, 1]);
    let kept = files_below(house.dir()).into_iter().any(|path| {
        fs::read(&path).is_ok_and(|bytes| bytes == b"worked on for an hour") && !path.starts_with(house.backups())
    });
    assert!(kept, "what was written after the restore is lost");
}

#[test]
fn some_paths_in_place() {
    let house = backed_up();
    house.tree().remove("Pictures").file("private/diary.txt", b"stays as it is now");
    let words = ["restore", "latest", "--path", "home/Pictures", "--in-place", "--confirm", "RESTORE"];
    house.keepsake(words).expect(0);
    assert!(fs::read(house.path("home/Pictures/2019/lake.jpg")).unwrap() == noise(1, 700_000));
    assert_eq!(fs::read(house.path("home/private/diary.txt")).unwrap(), b"stays as it is now");
}

#[test]
fn in_place_after_the_disk_was_lost() {
    let house = backed_up();
    let as_backed_up = copy_of_source(&house, "as backed up");
    fs::remove_dir_all(house.source()).unwrap();
    house.keepsake(["restore", "latest", "--in-place", "--confirm", "RESTORE"]).expect(0);
    assert_same(&compare_trees(&as_backed_up, &house.source()));
}

#[test]
fn what_is_there_and_differs_is_not_overwritten() {
    let house = backed_up();
    let to = house.path("r");
    fs::create_dir_all(to.join("home/Documents")).unwrap();
    let mine = to.join("home/Documents/empty.txt");
    fs::write(&mine, b"my own").unwrap();
    restore(&house, &[], &to).expect_one_of(&[1, 2, 65]).says(&["Documents/empty.txt"]);
    assert_eq!(fs::read(&mine).unwrap(), b"my own");
}

#[test]
fn a_planted_link_leads_nowhere() {
    let house = backed_up();
    let (to, outside) = (house.path("r"), house.path("outside"));
    fs::create_dir_all(to.join("home")).unwrap();
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, to.join("home/Documents")).unwrap();
    restore(&house, &[], &to).expect_one_of(&[1, 2, 65]);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0, "nothing is written outside");
}

#[test]
fn again_after_some_were_removed() {
    let house = backed_up();
    let to = house.path("r");
    restore(&house, &[], &to).expect(0);
    fs::remove_dir_all(to.join("home/Pictures")).unwrap();
    fs::remove_file(to.join("home/read-only.txt")).unwrap();
    let answer = restore(&house, &[], &to).expect(0).json();
    assert_eq!(answer["new"]["files"], 3, "{answer:#}");
    assert_eq!(answer["changed"]["files"], 0, "{answer:#}");
    assert_same(&compare_trees(&house.source(), &to.join("home")));
}

/// A home of many files, of which a restore takes a moment.
fn many_files() -> House {
    let house = House::new();
    for i in 0..3_000 {
        house.tree().file(format!("{:02}/{i:04}.jpg", i / 100), noise(i, 10_000));
    }
    house.tree().settle();
    house.backup();
    house
}

/// Starts a restore, and stops it for a while when it has brought some files, but not all.
fn caught_in_the_middle(house: &House, words: &[&str], to: &Path) -> keepsake_tests::Running {
    let mut running = house.start(["restore", "latest"].iter().chain(words));
    running.stop_when("it has restored some files", |_| files_below(to).len() >= 50);
    let count = files_below(to).len();
    assert!(count < 3_000, "all {count} files were there before it could be stopped");
    running
}

#[test]
fn killed_in_the_middle_and_run_again() {
    let house = many_files();
    let to = house.path("r");
    let words = ["--to", to.to_str().unwrap()];
    let mut running = caught_in_the_middle(&house, &words, &to);
    running.signal(Signal::KILL);
    assert_eq!(running.wait().code, -9);
    // Each file is whole or absent; what is half-written has another name.
    for file in files_below(&to) {
        let same = house.path("home").join(file.strip_prefix(to.join("home")).unwrap());
        if same.exists() {
            assert!(fs::read(&same).unwrap() == fs::read(&file).unwrap(), "{}", file.display());
        }
    }
    restore(&house, &[], &to).expect(0);
    assert_same(&compare_trees(&house.source(), &to.join("home")));
}

#[test]
fn killed_in_the_middle_in_place_and_run_again() {
    let house = many_files();
    let as_backed_up = copy_of_source(&house, "as backed up");
    fs::remove_dir_all(house.source()).unwrap();
    let words = ["--in-place", "--confirm", "RESTORE"];
    let mut running = caught_in_the_middle(&house, &words, &house.source());
    running.signal(Signal::KILL);
    assert_eq!(running.wait().code, -9);
    house.keepsake(["restore", "latest"].iter().chain(&words)).expect(0);
    assert_same(&compare_trees(&as_backed_up, &house.source()));
}

#[test]
fn stopped_with_ctrl_c_it_says_so_and_goes_on_later() {
    let house = many_files();
    let to = house.path("r");
    let mut running = caught_in_the_middle(&house, &["--to", to.to_str().unwrap()], &to);
    running.signal(Signal::INT);
    running.signal(Signal::CONT);
    running.wait().expect(130);
    let inside: Vec<_> = files_below(&to).into_iter().filter(|path| path.extension() != Some("jpg".as_ref())).collect();
    assert!(inside.is_empty(), "nothing half-made stays: {inside:?}");
    restore(&house, &[], &to).expect(0);
    assert_same(&compare_trees(&house.source(), &to.join("home")));
}
