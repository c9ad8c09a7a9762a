//! Bad input gets a clear error: what failed, where, and what to do; the documented exit code; nothing lost.

use std::os::unix::fs::PermissionsExt;

use fs_err as fs;
use keepsake_tests::{Answer, House, Mount, assert_same, compare_trees, is_root, needs, noise, prose, run};

/// A house with one backup of the sample home.
fn backed_up() -> House {
    let house = House::new();
    house.tree().sample();
    house.backup();
    house
}

/// Both forms of an error: words for people on stderr, and one JSON object on stdout.
#[track_caller]
fn refused(house: &House, words: &[&str], code: i32, says: &[&str]) {
    let told = house.keepsake(words).expect(code).says(says);
    assert_eq!(told.stdout, "", "an error is no answer");
    assert!(told.stderr.starts_with("keepsake: "), "{}", told.stderr);
    assert!(told.stderr.trim_end().lines().count() >= 2, "advice has a line of its own: {}", told.stderr);
    let json = house.keepsake(words.iter().chain(&["--json"])).expect(code).says(says).json();
    assert!(!json["error"]["message"].as_str().unwrap_or_default().is_empty(), "{json:#}");
    assert!(!json["error"]["advice"].as_str().unwrap_or_default().is_empty(), "{json:#}");
}

#[test]
fn nothing_set_up_yet() {
    let house = House::new();
    fs::remove_file(house.config()).unwrap();
    let answer = house.keepsake(["status", "--json"]).expect_one_of(&[0, 3]);
    assert_eq!(answer.json()["state"], "not-set-up");
    house.keepsake(["health"]).expect(3);
    house.keepsake(["backup"]).expect(3).says(&["config.toml"]);
    assert!(!house.backups().exists());
}

#[test]
fn settings_that_cannot_be_read() {
    let house = House::new();
    fs::set_permissions(house.config(), std::fs::Permissions::from_mode(0o000)).unwrap();
    house.keepsake_without_root(["backup"]).expect(78).says(&["config.toml", "permission"]);
    let house = House::new();
    fs::remove_file(house.config()).unwrap();
    fs::create_dir(house.config()).unwrap();
    refused(&house, &["backup"], 78, &["config.toml"]);
    let house = House::new();
    fs::write(house.config(), b"backup_dir = \"/\xff\"\n").unwrap();
    refused(&house, &["backup"], 78, &["config.toml"]);
}

#[test]
fn a_wrong_line_in_the_settings() {
    let good = "backup_dir = \"/nowhere/at/all\"\n\n[[plan]]\nname = \"family\"\nLINE\n\n[[plan.source]]\nname = \"home\"\nkind = \"folder\"\npath = \"/nowhere/home\"\n";
    let house = House::new();
    for (line, says) in [
        ("retension = { last = 7 }", &["retension", "retention", "config.toml:5"][..]),
        ("retention = { lasst = 7 }", &["lasst", "last", "config.toml:5"]),
        ("retention = { last = \"seven\" }", &["config.toml:5"]),
        ("retention = 7", &["config.toml:5"]),
        ("schedule = \"dayly 02:00\"", &["dayly 02:00", "daily", "config.toml:5"]),
        ("schedule = \"daily 26:00\"", &["26:00", "config.toml:5"]),
        ("max_archive_bytes = \"many\"", &["config.toml:5"]),
        ("this is no TOML", &["config.toml:5", "config.toml"]),
        ("[[plan]]", &["source"]),
    ] {
        house.write_config(&good.replace("LINE", line));
        refused(&house, &["backup"], 78, says);
    }
    for (from, to, says) in [
        ("kind = \"folder\"", "kind = \"foldr\"", &["foldr", "folder", "config.toml:9"][..]),
        ("path = \"/nowhere/home\"", "pth = \"/nowhere/home\"", &["path"]),
        ("name = \"home\"", "name = \"../etc\"", &["../etc", "config.toml:8"]),
        ("name = \"home\"", "name = \"\"", &["config.toml:8"]),
        ("name = \"home\"", "name = \"manifest.jsonl\"", &["manifest.jsonl"]),
        ("name = \"family\"", "name = \"a/b\"", &["a/b", "config.toml:4"]),
        ("backup_dir = ", "backupdir = ", &["backup_dir"]),
    ] {
        house.write_config(&good.replace("LINE", "").replace(from, to));
        refused(&house, &["backup"], 78, says);
    }
    let twice = "\n[[plan.source]]\nname = \"home\"\nkind = \"folder\"\npath = \"/nowhere/else\"\n";
    house.write_config(&(good.replace("LINE", "") + twice));
    refused(&house, &["backup"], 78, &["home"]);
}

#[test]
fn a_wrong_command_line() {
    let house = backed_up();
    for words in [
        &["bakcup"][..],
        &["backup", "--ful"],
        &["restore"],
        &["restore", "latest"],
        &["restore", "latest", "--to", "r", "--in-place"],
        &["files"],
        &["versions"],
        &["completions", "tcl"],
        &[],
    ] {
        house.keepsake(words).expect(64);
    }
    house.keepsake(["bakcup"]).says(&["backup"]);
    assert!(!house.path("r").exists());
}

#[test]
fn a_plan_backup_source_or_path_that_does_not_exist() {
    let house = backed_up();
    refused(&house, &["backup", "famly"], 65, &["famly", "family"]);
    for command in [&["files"][..], &["verify"], &["restore", "--to", "r"]] {
        let (first, rest) = command.split_first().unwrap();
        for backup in ["family_20260303_02050", "family_20260304_020500", "2026-03-09", "newest"] {
            let words: Vec<&str> = [first, &backup].into_iter().chain(rest).copied().collect();
            refused(&house, &words, 65, &[backup, "family_20260303_020500"]);
        }
    }
    let restore = ["restore", "latest", "--to", "r", "--path"];
    for (path, says) in [
        ("hom/Pictures", "home"),
        ("Pictures/2019/lake.jpg", "home/Pictures/2019/lake.jpg"),
        ("home/Pictures/2019/lakes.jpg", "home/Pictures/2019/lake.jpg"),
        ("home/../../etc/passwd", "home"),
        ("/etc/passwd", "home"),
        ("", "home"),
    ] {
        refused(&house, &restore.iter().chain(&[path]).copied().collect::<Vec<_>>(), 65, &[says]);
    }
    refused(&house, &["files", "latest", "home/nothing"], 65, &["home/nothing"]);
    refused(&house, &["versions", "home/nothing"], 65, &["home/nothing"]);
    // One wrong path among right ones: nothing is begun.
    refused(&house, &["restore", "latest", "--to", "r", "--path", "home/bin", "--path", "home/bim"], 65, &["home/bin"]);
    assert!(!house.path("r").exists());
}

#[test]
fn no_backup_yet() {
    let house = House::new();
    house.tree().file("a", b"x");
    assert_eq!(house.list(), [serde_json::Value::Null; 0]);
    refused(&house, &["restore", "latest", "--to", "r"], 65, &["backup"]);
    house.keepsake(["verify", "--all"]).expect_one_of(&[0, 65]);
    house.keepsake(["undo"]).expect(65);
    house.keepsake(["health"]).expect_one_of(&[1, 2, 3]);
}

#[test]
fn a_full_disk() {
    let house = House::new();
    fs::create_dir(house.backups()).unwrap();
    let Some(_mount) = Mount::memory("a_full_disk", &house.backups(), 16 << 20) else { return };
    house.tree().file("small.jpg", noise(1, 500_000)).settle();
    house.backup();
    let before = house.archives();
    house.tree().file("large.jpg", noise(2, 40_000_000));
    let answer = house.keepsake(["backup"]).expect(2);
    let said = answer.said().to_lowercase();
    assert!(["full", "room", "space"].iter().any(|word| said.contains(word)), "{said}");
    assert!(answer.said().contains(house.backups().to_str().unwrap()), "where: {said}");
    let plan = house.keepsake(["backup", "--json"]).expect(2).json()["plans"][0].clone();
    assert_eq!(plan["outcome"], "failed");
    assert_eq!(plan["backup"], serde_json::Value::Null);
    // What was good is still good, nothing half-made is left, and nobody calls this safe.
    assert_eq!(house.archives(), before);
    assert_eq!(house.leftovers(), [""; 0]);
    assert_eq!(house.list().len(), 1);
    house.keepsake(["verify", "--all"]).expect(0);
    house.keepsake(["health"]).expect(2);
    house.advance_hours(1);
    house.tree().remove("large.jpg").file("small too.jpg", noise(3, 500_000));
    house.backup();
    house.keepsake(["health"]).expect(0);
}

#[test]
fn a_disk_that_fills_up_under_a_restore() {
    let house = House::new();
    house.tree().file("a.jpg", noise(1, 1_000_000)).file("b.jpg", noise(2, 20_000_000)).settle();
    house.backup();
    fs::create_dir(house.path("r")).unwrap();
    let Some(_mount) = Mount::memory("a_disk_that_fills_up_under_a_restore", &house.path("r"), 8 << 20) else { return };
    let answer = house.keepsake(["restore", "latest", "--to", "r"]).expect_one_of(&[1, 2]);
    let said = answer.said().to_lowercase();
    assert!(["full", "room", "space"].iter().any(|word| said.contains(word)), "{said}");
    assert!(!house.path("r/home/b.jpg").exists(), "whole or absent");
}

#[test]
fn a_target_that_can_only_be_read() {
    let house = House::new();
    house.tree().file("a", b"x").settle();
    fs::create_dir(house.backups()).unwrap();
    let _mount = if is_root() {
        // Root may write whatever the mode says: only the file system can refuse.
        let Some(mount) = Mount::memory("a_target_that_can_only_be_read", &house.backups(), 1 << 20) else { return };
        mount.read_only();
        Some(mount)
    } else {
        fs::set_permissions(house.backups(), std::fs::Permissions::from_mode(0o500)).unwrap();
        None
    };
    let answer = house.keepsake(["backup"]).expect(2).says(&[house.backups().to_str().unwrap()]);
    let said = answer.said().to_lowercase();
    assert!(said.contains("only be read") || said.contains("permission"), "{said}");
    house.keepsake(["health"]).expect(2);
}

#[test]
fn a_backup_folder_that_is_a_file() {
    let house = House::new();
    house.tree().file("a", b"x");
    fs::write(house.backups(), b"my own").unwrap();
    house.keepsake(["backup"]).expect_one_of(&[2, 78]).says(&[house.backups().to_str().unwrap()]);
    assert_eq!(fs::read(house.backups()).unwrap(), b"my own");
}

#[test]
fn a_backup_folder_inside_the_source_is_not_backed_up_itself() {
    let house = House::new();
    house.tree().file("a", b"x").settle();
    let inside = house.path("home/Backups");
    house.write_config(&format!(
        "backup_dir = {inside:?}\n[[plan]]\nname = \"family\"\n[[plan.source]]\nname = \"home\"\nkind = \"folder\"\npath = {:?}\n",
        house.source()
    ));
    for _ in 0..2 {
        let answer = house.keepsake(["backup", "--json"]).expect_one_of(&[0, 78]);
        if answer.code == 78 {
            return;
        }
        house.advance_hours(24);
    }
    let files = house.files("latest");
    assert!(!files.iter().any(|path| path.contains(".tar.gz")), "{files:?}");
}

/// The catalog is damaged: what was known is known again, it is said, and the damaged file is kept.
fn mended(house: &House, broken: &[u8], answer: &Answer, list_before: &[serde_json::Value]) {
    let said = answer.said().to_lowercase();
    assert!(said.contains("set aside") || said.contains("set_aside"), "{said}");
    assert_eq!(house.list(), list_before);
    let kept = fs::read_dir(house.data()).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        path.is_file() && path.file_name() != Some("catalog.sqlite".as_ref()) && fs::read(path).unwrap() == broken
    });
    assert!(kept, "the damaged catalog is kept beside");
}

#[test]
fn a_catalog_of_garbage_is_set_aside_and_made_again() {
    for words in [&["list"][..], &["backup"], &["files", "latest"], &["restore", "latest", "--to", "r"], &["rebuild"]] {
        let house = backed_up();
        let before = house.list();
        let garbage = prose(1, 20_000);
        fs::write(house.data().join("catalog.sqlite"), &garbage).unwrap();
        house.advance_hours(1);
        let answer = house.keepsake(words).expect(0);
        let after = if words == ["backup"] { [before, house.list()[1..].to_vec()].concat() } else { before };
        mended(&house, &garbage, &answer, &after);
    }
}

#[test]
fn a_catalog_with_a_damaged_page_is_set_aside_and_made_again() {
    let house = backed_up();
    for i in 0..300 {
        house.tree().file(format!("more/{i}"), prose(i, 100));
    }
    house.backup();
    let before = house.list();
    let catalog = house.data().join("catalog.sqlite");
    let mut bytes = fs::read(&catalog).unwrap();
    // All but the header's page: the header alone looks healthy.
    for byte in &mut bytes[4096..] {
        *byte ^= 0x5a;
    }
    fs::write(&catalog, &bytes).unwrap();
    let answer = house.keepsake(["list"]).expect(0);
    mended(&house, &bytes, &answer, &before);
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

#[test]
fn an_empty_catalog_file_is_no_reason_to_forget() {
    let house = backed_up();
    let before = house.list();
    fs::write(house.data().join("catalog.sqlite"), b"").unwrap();
    house.keepsake(["backup"]).expect(0);
    assert_eq!(house.list()[0]["name"], before[0]["name"]);
}

#[test]
fn importing_what_is_no_archive() {
    let old = backed_up();
    let new = House::new();
    let usb = new.path("usb");
    run("cp", ["-r".as_ref(), old.backups().as_os_str(), usb.as_os_str()]);
    fs::write(usb.join("family_20260101_000000.tar.gz"), noise(1, 100_000)).unwrap();
    fs::write(usb.join("family_20260102_000000.tar.gz"), b"").unwrap();
    fs::write(usb.join("holiday.txt"), b"not ours").unwrap();
    let answer = new.keepsake(["import".as_ref(), usb.as_os_str(), "--json".as_ref()]).expect_one_of(&[1, 2]);
    let answer = answer.says(&["family_20260101_000000.tar.gz", "family_20260102_000000.tar.gz"]).json();
    assert_eq!(answer["backups"], 1, "{answer:#}");
    assert_eq!(answer["problems"].as_array().map(Vec::len), Some(2), "{answer:#}");
    new.restore_to(&new.path("r"));
    assert_same(&compare_trees(&old.source(), &new.path("r/home")));
    refused(&new, &["import", "/not/there"], 65, &["/not/there"]);
}

/// Archives as an enemy makes them: names that lead out, links that lead out, devices.
const HOSTILE: &str = r#"
import io, sys, tarfile
for number, (name, kind, target) in enumerate([
    ("home/../../outside", tarfile.REGTYPE, ""), ("/tmp/keepsake-outside", tarfile.REGTYPE, ""),
    ("home/link", tarfile.SYMTYPE, "../../.."), ("home/hard", tarfile.LNKTYPE, "/etc/passwd"),
    ("home/device", tarfile.CHRTYPE, "")]):
    with tarfile.open(f"{sys.argv[1]}/family_2026010{number + 1}_000000.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, target, 4 if kind == tarfile.REGTYPE else 0
        archive.addfile(info, io.BytesIO(b"evil"))
"#;

#[test]
fn importing_what_an_enemy_made() {
    let Some(python) = needs("importing_what_an_enemy_made", &["python3"]) else { return };
    let house = House::new();
    let usb = house.path("usb");
    fs::create_dir(&usb).unwrap();
    run(python, ["-c".as_ref(), HOSTILE.as_ref(), usb.as_os_str()]);
    let answer = house.keepsake(["import".as_ref(), usb.as_os_str(), "--json".as_ref()]).expect_one_of(&[1, 2]).json();
    assert_eq!(answer["problems"].as_array().map(Vec::len), Some(5), "{answer:#}");
    assert_eq!(house.list().len(), 0);
    assert!(!house.path("outside").exists());
}

#[test]
fn an_archive_that_is_gone_is_named() {
    let house = backed_up();
    house.tree().file("new", b"x");
    house.backup();
    let archives = house.archives();
    fs::remove_file(&archives[0]).unwrap();
    let to = house.path("r");
    house
        .keepsake(["restore", "latest", "--to", to.to_str().unwrap()])
        .expect_one_of(&[1, 2])
        .says(&["family_20260303_020500.tar.gz"]);
    // What the other archive holds comes back all the same.
    assert_eq!(fs::read(to.join("home/new")).unwrap(), b"x");
    house.keepsake(["verify", "--all"]).expect(2).says(&["family_20260303_020500.tar.gz"]);
    house.keepsake(["health"]).expect(2);
}
