//! What the folder source takes, leaves out, and says when it cannot read something.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};

use fs_err as fs;
use keepsake_tests::{Answer, House, Mount, assert_same, compare_trees, noise, prose};
use rustix::process::Signal;
use serde_json::Value;

/// The files of the newest backup, without the source's name and without folders.
fn files(house: &House) -> BTreeSet<String> {
    let answer = house.keepsake(["files", "latest", "--json"]).expect(0).json();
    let files = answer["files"].as_array().unwrap();
    let files = files.iter().filter(|file| file["type"] != "folder");
    files.map(|file| file["path"].as_str().unwrap().strip_prefix("home/").unwrap().to_string()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| name.to_string()).collect()
}

/// The problems of a backup: kind and path, sorted; each with a message.
fn problems(plan: &Value) -> Vec<(&str, &str)> {
    let problems = plan["problems"].as_array().unwrap_or_else(|| panic!("{plan:#}"));
    assert!(problems.iter().all(|p| !p["message"].as_str().unwrap_or_default().is_empty()), "{plan:#}");
    assert_eq!(plan["problem_count"], problems.len(), "{plan:#}");
    let mut found: Vec<_> =
        problems.iter().map(|p| (p["kind"].as_str().unwrap(), p["path"].as_str().unwrap())).collect();
    found.sort_unstable();
    found
}

fn source<'a>(plan: &'a Value, name: &str) -> &'a Value {
    let sources = plan["sources"].as_array().unwrap_or_else(|| panic!("{plan:#}"));
    sources.iter().find(|source| source["name"] == name).unwrap_or_else(|| panic!("no source {name}: {plan:#}"))
}

fn plan_of(answer: &Answer) -> Value {
    answer.json()["plans"][0].clone()
}

#[test]
fn excludes_are_those_of_gitignore() {
    let house = House::new();
    let tree = house.tree();
    for name in [
        "a.tmp",
        "keep.tmp",
        "sub/b.tmp",
        "sub/keep.tmp",
        "cache/x",
        "sub/cache/x",
        "build/x",
        "sub/build/x",
        "sub/deep/build/x",
        "docs/a.bak",
        "docs/sub/a.bak",
        "a.bak",
        "logs/2019/x.log",
        "logs/x.log",
        "#odd",
        "!loud",
        "space ",
        "photo.JPG",
        "a1b",
        "a2b",
        "build.txt",
    ] {
        tree.file(name, b"x");
    }
    tree.settle();
    let exclude = r#"exclude = [
        "*.tmp", "!keep.tmp",   # all but these
        "/cache/",              # anchored: only at the top
        "build/",               # folders only, anywhere
        "docs/*.bak",           # a slash inside anchors
        "logs/**/*.log",
        "\\#odd", "\\!loud",    # not a comment, not a negation
        "a[0-1]b",
    ]"#;
    house.settings_for("", &[("home", &house.source(), exclude)]);
    house.backup();
    let expected = [
        "keep.tmp",
        "sub/keep.tmp",
        "sub/cache/x",
        "docs/sub/a.bak",
        "a.bak",
        "space ",
        "photo.JPG",
        "a2b",
        "build.txt",
    ];
    assert_eq!(files(&house), set(&expected));
}

#[test]
fn folders_tagged_as_caches_are_left_out() {
    let house = House::new();
    // https://bford.info/cachedir/: the file's first 43 bytes count.
    let tag = "Signature: 8a477f597d28d172789f06886806bc55";
    house
        .tree()
        .file("cache/CACHEDIR.TAG", format!("{tag}\n# made by a program\n"))
        .file("cache/large", noise(1, 50_000))
        .file("cache/sub/large", noise(1, 50_000))
        .file("not a cache/CACHEDIR.TAG", "Signature: something else")
        .file("not a cache/a", b"x")
        .file("a", b"x")
        .settle();
    house.backup();
    let files = files(&house);
    assert!(!files.iter().any(|path| path.ends_with("large")), "{files:?}");
    assert!(files.is_superset(&set(&["a", "not a cache/a", "not a cache/CACHEDIR.TAG"])), "{files:?}");
}

#[test]
fn other_file_systems_are_not_entered() {
    let house = House::new();
    house.tree().file("a", b"x").folder("usb").settle();
    let Some(_mount) = Mount::memory("other_file_systems_are_not_entered", &house.path("home/usb"), 1 << 20) else {
        return;
    };
    fs::write(house.path("home/usb/inside"), b"x").unwrap();
    house.backup();
    assert_eq!(files(&house), set(&["a"]));
}

#[test]
fn a_file_without_permission_is_named_and_counted() {
    let house = House::new();
    let tree = house.tree();
    tree.file("a", b"x").file("secret.txt", b"x").file("closed/inside", b"x").file("z", b"x").settle();
    tree.mode("secret.txt", 0o000).mode("closed", 0o000);
    let answer = house.keepsake_without_root(["backup", "--json"]).expect(1);
    let plan = plan_of(&answer);
    assert_eq!(plan["outcome"], "with-problems");
    assert_eq!(problems(&plan), [("unreadable", "home/closed"), ("unreadable", "home/secret.txt")]);
    let files = house.keepsake_without_root(["files", "latest", "--json"]).expect(0).json();
    let paths: Vec<_> = files["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"home/a") && paths.contains(&"home/z"), "{paths:?}");
    let list = house.keepsake_without_root(["list", "--json"]).expect(0).json();
    assert_eq!(list["backups"][0]["state"], "with-problems");
    // Never green: the state is attention, and the file is named.
    let health = house.keepsake_without_root(["health", "--json"]).expect(1);
    assert_eq!(health.json()["state"], "attention");
    assert!(health.said().contains("secret.txt"), "{}", health.said());
    house.keepsake_without_root(["status"]).expect_one_of(&[0, 1]).says(&["could not be read"]);
    // Decided: made readable, the next backup is good again.
    fs::set_permissions(tree.path("closed"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    tree.mode("secret.txt", 0o644);
    house.advance_hours(24);
    house.keepsake_without_root(["backup"]).expect(0);
    assert_eq!(house.keepsake_without_root(["health", "--json"]).expect(0).json()["state"], "good");
}

#[test]
fn a_file_that_was_read_before_keeps_its_backup_when_it_cannot_be_read_any_more() {
    let house = House::new();
    let tree = house.tree();
    tree.file("a", b"x").file("secret.txt", b"once readable").settle();
    house.keepsake_without_root(["backup"]).expect(0);
    house.advance_hours(24);
    tree.file("secret.txt", b"changed and closed").mode("secret.txt", 0o000);
    house.keepsake_without_root(["backup"]).expect(1);
    let to = house.path("r");
    house
        .keepsake_without_root(["restore", "oldest", "--path", "home/secret.txt", "--to", to.to_str().unwrap()])
        .expect(0);
    assert_eq!(fs::read(to.join("home/secret.txt")).unwrap(), b"once readable");
}

#[test]
fn a_missing_source_is_unknown_and_the_others_are_backed_up() {
    let house = House::new();
    house.tree().file("a", b"x").settle();
    fs::create_dir(house.path("photos")).unwrap();
    fs::write(house.path("photos/lake.jpg"), noise(1, 10_000)).unwrap();
    house.settings_for("", &[("home", &house.source(), ""), ("photos", &house.path("photos"), "")]);
    house.backup();
    fs::rename(house.path("photos"), house.path("gone")).unwrap();
    house.tree().file("b", b"y");
    let plan = house.backup_ending_with(1);
    assert_eq!(plan["outcome"], "with-problems");
    assert_eq!(source(&plan, "photos")["state"], "unknown");
    assert_eq!(source(&plan, "home")["state"], "collected");
    assert_eq!(problems(&plan), [("source-missing", "photos")]);
    assert!(house.files("latest").contains(&"home/b".to_string()));
    // Not deleted: the first backup still has it, and nobody calls this safe.
    let to = house.path("r");
    house.keepsake(["restore", "oldest", "--path", "photos", "--to", to.to_str().unwrap()]).expect(0);
    assert_same(&compare_trees(&house.path("gone"), &to.join("photos")));
    house.keepsake(["health"]).expect_one_of(&[1, 2]).says(&["photos"]);
    // It is back: all is good, and nothing had to be stored again.
    fs::rename(house.path("gone"), house.path("photos")).unwrap();
    let plan = house.backup();
    assert_eq!(source(&plan, "photos")["state"], "collected");
    house.keepsake(["health"]).expect(0);
}

#[test]
fn an_empty_folder_where_files_were_is_unknown() {
    let house = House::new();
    house.tree().file("a", b"x").settle();
    let photos = house.path("photos");
    keepsake_tests::Tree::at(&photos).file("lake.jpg", b"x").file("sub/b.jpg", b"y").settle();
    house.settings_for("", &[("home", &house.source(), ""), ("photos", &photos, "")]);
    house.backup();
    // What an unplugged drive leaves: its mount point.
    fs::rename(&photos, house.path("unplugged")).unwrap();
    fs::create_dir(&photos).unwrap();
    let plan = house.backup_ending_with(1);
    assert_eq!(plan["outcome"], "with-problems");
    assert_eq!(source(&plan, "photos")["state"], "unknown");
    assert_eq!(problems(&plan), [("source-missing", "photos")]);
    house.keepsake(["health"]).expect_one_of(&[1, 2]).says(&["photos"]);
    // Once more: that the last backup found it empty must not make it the usual thing.
    let plan = house.backup_ending_with(1);
    assert_eq!(source(&plan, "photos")["state"], "unknown");
    fs::remove_dir(&photos).unwrap();
    fs::rename(house.path("unplugged"), &photos).unwrap();
    house.backup();
    assert!(house.files("latest").contains(&"photos/sub/b.jpg".to_string()));
    house.keepsake(["health"]).expect(0);
}

#[test]
fn when_no_source_is_there_no_backup_is_made() {
    let house = House::new();
    house.tree().file("a", b"x").settle();
    house.backup();
    fs::rename(house.source(), house.path("unplugged")).unwrap();
    for make_mount_point in [false, true] {
        if make_mount_point {
            fs::create_dir(house.source()).unwrap();
        }
        let plan = house.backup_ending_with(2);
        assert_eq!(plan["outcome"], "failed", "{plan:#}");
        assert!(plan["error"].as_str().unwrap().contains(house.source().to_str().unwrap()), "{plan:#}");
        assert_eq!(house.list().len(), 1);
        assert_eq!(house.archives().len(), 1);
        house.keepsake(["health"]).expect(2);
    }
    fs::remove_dir(house.source()).unwrap();
    fs::rename(house.path("unplugged"), house.source()).unwrap();
    house.backup();
    house.keepsake(["health"]).expect(0);
}

#[test]
fn a_folder_that_was_always_empty_is_fine() {
    let house = House::new();
    let plan = house.backup();
    assert_eq!(source(&plan, "home")["state"], "collected");
    house.backup();
}

#[test]
fn a_source_that_is_a_file_is_unknown() {
    let house = House::new();
    fs::write(house.path("file"), b"x").unwrap();
    house.settings_for("", &[("home", &house.source(), ""), ("odd", &house.path("file"), "")]);
    let plan = house.backup_ending_with(1);
    assert_eq!(source(&plan, "odd")["state"], "unknown");
}

/// A house whose first file is so large that the program can be stopped while it reads it.
fn with_a_long_read() -> House {
    let house = House::new();
    house.tree().file("a large", noise(1, 40_000_000)).file("b small", prose(1, 1_000)).settle();
    house
}

#[test]
fn a_file_that_vanishes_is_named_and_the_rest_goes_on() {
    let house = with_a_long_read();
    let large = house.path("home/a large");
    let mut running = house.start(["backup", "--json"]);
    running.stop_when("it reads the large file", |running| running.has_open(&large));
    house.tree().remove("b small");
    running.signal(Signal::CONT);
    let answer = running.wait().expect_one_of(&[0, 1]);
    let plan = plan_of(&answer);
    assert_eq!(problems(&plan), []);
    // It may have been read already: then it is in the backup. Otherwise it is named.
    let stored = house.files("latest").contains(&"home/b small".to_string());
    let left_out: Vec<_> =
        plan["left_out"].as_array().unwrap().iter().map(|item| item["path"].as_str().unwrap()).collect();
    assert_eq!(left_out, if stored { &[][..] } else { &["home/b small"] });
    assert_eq!(problems(&plan), [("", ""); 0]);
    let to = house.path("r");
    house.keepsake(["restore", "latest", "--path", "home/a large", "--to", to.to_str().unwrap()]).expect(0);
    assert!(fs::read(to.join("home/a large")).unwrap() == noise(1, 40_000_000));
}

#[test]
fn a_file_that_changes_once_while_it_is_read_is_read_again() {
    let house = with_a_long_read();
    let large = house.path("home/a large");
    let mut running = house.start(["backup", "--json"]);
    running.stop_when("it reads the large file", |running| running.has_open(&large));
    fs::OpenOptions::new().append(true).open(&large).unwrap().write_all(b"one more line").unwrap();
    running.signal(Signal::CONT);
    let answer = running.wait().expect(0);
    assert_eq!(problems(&plan_of(&answer)), []);
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

#[test]
fn a_file_that_keeps_changing_is_named() {
    let house = with_a_long_read();
    let large = house.path("home/a large");
    let file = fs::OpenOptions::new().write(true).open(&large).unwrap();
    let stop = AtomicBool::new(false);
    let answer = std::thread::scope(|scope| {
        scope.spawn(|| {
            for i in 0u64.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                file.file().write_all_at(&i.to_le_bytes(), i % 4_000 * 10_000).unwrap();
            }
        });
        let answer = house.keepsake(["backup", "--json"]);
        stop.store(true, Ordering::Relaxed);
        answer
    });
    let plan = plan_of(&answer.expect(1));
    assert_eq!(plan["outcome"], "with-problems");
    assert_eq!(problems(&plan), [("changed-while-read", "home/a large")]);
    // What was read is stored and undamaged.
    house.keepsake(["verify", "--all"]).expect(0);
    assert!(house.files("latest").contains(&"home/a large".to_string()));
}

#[test]
fn sources_of_one_plan_stand_side_by_side() {
    let house = House::new();
    house.tree().sample();
    let photos = house.path("photos");
    keepsake_tests::Tree::at(&photos).file("lake.jpg", noise(1, 100_000)).settle();
    house.settings_for("", &[("home", &house.source(), ""), ("photos", &photos, "")]);
    house.backup();
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
    assert_same(&compare_trees(&photos, &house.path("r/photos")));
}
