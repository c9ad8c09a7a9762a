//! `keepsake answer`, asked line by line as the agent asks it.

use std::path::Path;

use fs_err as fs;
use keepsake_tests::asking::{Asking, names};
use keepsake_tests::{House, prose};
use serde_json::{Value, json};

/// A house with three backups: of pictures and a letter; with one changed, one gone, one new; and one without changes.
fn three_backups() -> (House, Vec<String>) {
    let house = House::new();
    let tree = house.tree();
    tree.file("Photos/Äpfel.jpg", picture(600, 300)).file("Photos/lake.PNG", picture(20, 10));
    tree.file("Photos/broken.jpg", b"\xff\xd8\xff\xe0 no picture").file("letter.txt", prose(1, 5000));
    tree.settle();
    let mut made = vec![house.backup()];
    tree.file("letter.txt", prose(2, 6000)).file("new.txt", "new");
    fs::remove_file(tree.path("Photos/lake.PNG")).expect("it is there");
    tree.settle();
    made.push(house.backup());
    made.push(house.backup());
    (house, made.iter().map(|made| made["backup"].as_str().expect("a name").to_string()).collect())
}

/// A grey picture as an uncompressed PNG, so that no library is needed to make it.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut rows = Vec::new();
    for _ in 0..height {
        rows.push(0);
        rows.extend(std::iter::repeat_n(128, width as usize));
    }
    // zlib (RFC 1950) with stored blocks (RFC 1951).
    let mut stream = vec![0x78, 0x01];
    let mut blocks = rows.chunks(65_535).peekable();
    while let Some(block) = blocks.next() {
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend((block.len() as u16).to_le_bytes());
        stream.extend((!(block.len() as u16)).to_le_bytes());
        stream.extend(block);
    }
    let (mut a, mut b) = (1u32, 0u32);
    for byte in &rows {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    stream.extend(((b << 16) | a).to_be_bytes());
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8], data: &[u8]| {
        png.extend((data.len() as u32).to_be_bytes());
        let checked = [kind, data].concat();
        png.extend(&checked);
        let mut crc = u32::MAX;
        for byte in &checked {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
            }
        }
        png.extend((!crc).to_be_bytes());
    };
    // 8 bits of grey.
    chunk(b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat());
    chunk(b"IDAT", &stream);
    chunk(b"IEND", b"");
    png
}

#[test]
fn home_history_and_a_backup_tell_what_is_there() {
    let (house, made) = three_backups();
    let mut asking = Asking::begin(&house);
    let home = asking.ask(json!({ "ask": "home" }));
    let card = &home["sources"][0];
    assert_eq!((&card["name"], &card["backup"]), (&json!("home"), &json!(made[2])), "{home:#}");
    assert_eq!((&card["counts"]["files"], &card["counts"]["pictures"]), (&json!(4), &json!(2)), "{card:#}");
    let place = &home["places"][0];
    assert_eq!((&place["is_home"], &place["backups"], &place["is_there"]), (&json!(true), &json!(3), &json!(true)));
    assert!(place["bytes"].as_u64() > Some(1000) && place["free_bytes"].is_u64(), "{place:#}");

    let history = asking.ask(json!({ "ask": "history", "from": null }));
    let newest_first: Vec<&str> = made.iter().rev().map(String::as_str).collect();
    assert_eq!(names(&history["backups"], "name"), newest_first);
    assert_eq!(history["backups"][2]["day"], "2026-03-03");
    assert_eq!(history["space"].as_array().map(Vec::len), Some(3));

    let page = asking.ask(json!({ "ask": "backup", "name": made[1], "from": null }));
    assert_eq!((&page["before"], &page["after"]), (&json!(made[0]), &json!(made[2])));
    assert_eq!((&page["came"]["files"], &page["changed"]["files"]), (&json!(1), &json!(1)), "{page:#}");
    assert_eq!((&page["went"]["files"], &page["went"]["pictures"]), (&json!(1), &json!(1)));
    assert_eq!((&page["places"], &page["is_last_good"]), (&json!([""]), &json!(false)));
    assert_eq!(page["kept"], json!([{ "why": "last", "count": 1000 }]));
    let newest = asking.ask(json!({ "ask": "backup", "name": made[2], "from": null }));
    assert_eq!(newest["is_last_good"], true);
    assert_eq!((&newest["came"]["files"], &newest["after"]), (&json!(0), &Value::Null));
    assert!(newest["frees_bytes"].as_u64() > Some(0), "{newest:#}");
    for (kind, path) in [("came", "home/new.txt"), ("changed", "home/letter.txt"), ("went", "home/Photos/lake.PNG")] {
        let ask = json!({ "ask": "changes", "name": made[1], "kind": kind, "offset": 0, "limit": 10 });
        assert_eq!(names(&asking.ask(ask)["files"], "path"), [path]);
    }

    // A backup that is made meanwhile is seen at once.
    let fourth = house.backup();
    let history = asking.ask(json!({ "ask": "history", "from": null }));
    assert_eq!(history["backups"][0]["name"], fourth["backup"]);
    asking.end();
}

#[test]
fn a_place_that_holds_nothing_is_not_good() {
    let house = House::new();
    let mut asking = Asking::begin(&house);
    let state = |home: &Value, number: usize| home["places"][number]["state"].clone();
    assert_eq!(state(&asking.ask(json!({ "ask": "home" })), 0), "not-set-up");
    asking.end();
    house.tree().file("letter.txt", "dear").settle();
    house.backup();
    let settings = fs::read_to_string(house.config()).expect("settings");
    fs::create_dir(house.path("nas")).expect("a place");
    house.write_config(&format!("{settings}\n[[destination]]\nname = \"NAS\"\npath = {:?}\n", house.path("nas")));
    let mut asking = Asking::begin(&house);
    let home = asking.ask(json!({ "ask": "home" }));
    assert_eq!((state(&home, 0), state(&home, 1)), (json!("good"), json!("attention")), "{home:#}");
    asking.end();
}

#[test]
fn a_source_behind_a_link_names_the_real_folder() {
    let house = House::new();
    fs::create_dir_all(house.path("disk/photos")).expect("a disk");
    fs::write(house.path("disk/photos/lake.jpg"), "x").expect("written");
    std::os::unix::fs::symlink(house.path("disk"), house.path("link")).expect("a link");
    let configured = house.path("link/photos");
    house.settings_for("", &[("photos", &configured, "")]);
    let made = house.backup();
    let mut asking = Asking::begin(&house);
    let ask = json!({ "ask": "preview-restore", "restore": { "name": made["backup"], "paths": [], "target": { "to": "in-place" }, "from": null } });
    let both = |real: &str| json!(format!("{} → {}", configured.display(), house.path(real).display()));
    assert_eq!(asking.ask(ask.clone())["place"], both("disk/photos"));
    // Also when the folder itself is gone.
    fs::remove_dir_all(house.path("disk/photos")).expect("it is there");
    assert_eq!(asking.ask(ask)["place"], both("disk/photos"));
    asking.end();
    let by_hand = house.keepsake(["restore", "latest", "--in-place", "--dry-run"]).expect(0);
    assert!(by_hand.stdout.contains(" → "), "{by_hand:?}");
}

#[test]
fn files_are_found_by_folder_by_name_and_over_time() {
    let (house, made) = three_backups();
    let mut asking = Asking::begin(&house);
    let browse = |folder: Value, offset: u32| json!({ "ask": "browse", "name": made[0], "folder": folder, "offset": offset, "limit": 2, "from": null });
    assert_eq!(names(&asking.ask(browse(Value::Null, 0))["items"], "name"), ["home"]);
    let listing = asking.ask(browse(json!("home"), 0));
    assert_eq!((names(&listing["items"], "name"), &listing["total"]), (vec!["Photos", "letter.txt"], &json!(2)));
    let second = asking.ask(browse(json!("home/Photos"), 1));
    assert_eq!((names(&second["items"], "name"), &second["total"]), (vec!["lake.PNG", "Äpfel.jpg"], &json!(3)));
    assert_eq!(asking.refused(browse(json!("home/none"), 0)), ("not-found".into(), "refused-no-such-file".into()));

    let search = |text: &str| json!({ "ask": "search", "name": made[0], "text": text, "limit": 1, "from": null });
    assert_eq!(names(&asking.ask(search("äPF"))["items"], "path"), ["home/Photos/Äpfel.jpg"]);
    assert_eq!(asking.ask(search("l"))["has_more"], true);

    let versions = asking.ask(json!({ "ask": "versions", "path": "home/letter.txt", "from": null }));
    assert_eq!((names(&versions, "backup"), &versions[0]["is_current"]), (vec![&*made[2], &*made[0]], &json!(true)));
    assert_eq!(versions[1]["is_current"], false);
    fs::write(house.source().join("letter.txt"), "another").expect("written");
    let versions = asking.ask(json!({ "ask": "versions", "path": "home/letter.txt", "from": null }));
    assert_eq!(versions[0]["is_current"], false);

    // The same from a folder of backups alone, as on a new computer.
    let other = House::new();
    fs::remove_file(other.config()).expect("settings");
    let mut there = Asking::begin(&other);
    assert_eq!(there.ask(json!({ "ask": "history", "from": null }))["backups"], json!([]));
    let from = json!(house.backups());
    assert_eq!(names(&there.ask(json!({ "ask": "history", "from": from }))["backups"], "name").len(), 3);
    let ask = json!({ "ask": "search", "name": made[0], "text": "äpf", "limit": 9, "from": from });
    assert_eq!(names(&there.ask(ask)["items"], "path"), ["home/Photos/Äpfel.jpg"]);
    assert!(!other.data().join("catalog.sqlite").exists(), "looking makes nothing");
    there.end();
    asking.end();
}

#[test]
fn pictures_are_drawn_small_and_others_are_not() {
    let (house, made) = three_backups();
    let mut asking = Asking::begin(&house);
    let paths =
        ["home/Photos/broken.jpg", "home/Photos/Äpfel.jpg", "home/letter.txt", "home/none.jpg", "home/Photos/lake.PNG"];
    let drawn = asking.ask(json!({ "ask": "thumbnails", "name": made[0], "paths": paths, "from": null }));
    let is_drawn: Vec<bool> = drawn.as_array().expect("a list").iter().map(|one| one["jpeg"].is_string()).collect();
    assert_eq!((names(&drawn, "path"), is_drawn), (paths.to_vec(), vec![false, true, false, false, true]));
    assert!(drawn[1]["jpeg"].as_str().is_some_and(|text| text.starts_with("/9j/")), "base64 of a JPEG");
    let many = vec!["home/Photos/lake.PNG"; 65];
    let ask = json!({ "ask": "thumbnails", "name": made[0], "paths": many, "from": null });
    assert_eq!(asking.refused(ask).0, "bad-request");
    asking.end();
}

#[test]
fn a_restore_is_told_before_anything_is_written() {
    let (house, made) = three_backups();
    let mut asking = Asking::begin(&house);
    let ask = |paths: Value, target: Value| json!({ "ask": "preview-restore", "restore": { "name": made[0], "paths": paths, "target": target, "from": null } });
    let beside = |dir: &Path| json!({ "to": "beside", "dir": dir });
    let target = house.path("back");
    let seen = asking.ask(ask(json!([]), beside(&target)));
    assert_eq!((&seen["new"]["files"], &seen["obstacles"]), (&json!(4), &json!([])), "{seen:#}");
    assert_eq!(seen["place"], json!(target));
    assert!(!target.exists());
    let in_place = asking.ask(ask(json!(["home/letter.txt"]), json!({ "to": "in-place" })));
    assert_eq!(
        (&in_place["changed"]["files"], &in_place["place"]),
        (&json!(1), &json!(house.source())),
        "{in_place:#}"
    );
    fs::write(house.path("file"), "").expect("written");
    for (paths, dir, obstacle) in [
        (json!(["home/none"]), target.clone(), "preview-no-such-file"),
        (json!([]), house.backups(), "preview-folder-is-keepsakes"),
        (json!([]), house.path("file/below"), "preview-folder-is-a-file"),
    ] {
        let seen = asking.ask(ask(paths, beside(&dir)));
        assert_eq!(seen["obstacles"][0]["id"], obstacle, "{seen:#}");
    }
    house.advance_hours(24 * 30);
    let archive = &house.archives()[0];
    fs::remove_file(archive).expect("it is there");
    let mut later = Asking::begin(&house);
    let seen = later.ask(ask(json!([]), beside(&target)));
    let ids: Vec<&str> = seen["warnings"].as_array().expect("a list").iter().filter_map(|w| w["id"].as_str()).collect();
    assert_eq!(ids, ["preview-backup-is-old", "preview-parts-are-missing"]);
    later.end();
    asking.end();
}

/// What a look at a restore of these paths in place says.
fn look_in_place(asking: &mut Asking, name: &str, paths: &[&str]) -> Value {
    let restore = json!({ "name": name, "paths": paths, "target": { "to": "in-place" }, "from": null });
    asking.ask(json!({ "ask": "preview-restore", "restore": restore }))
}

#[test]
fn consent_is_to_what_was_seen() {
    let (house, made) = three_backups();
    let mut asking = Asking::begin(&house);
    let look = look_in_place(&mut asking, &made[0], &["home/letter.txt"]);
    let seen = look["seen"].as_str().unwrap_or_else(|| panic!("{look:#}")).to_string();
    let letter = house.source().join("letter.txt");
    let restore = |name: &str, path: &str, seen: &str, code: i32| {
        let words = ["restore", name, "--path", path, "--in-place", "--confirm", "RESTORE", "--json"];
        house.keepsake(words.into_iter().chain([&*format!("--seen={seen}")])).expect(code).json()
    };
    let refused = |name: &str, path: &str, seen: &str| {
        let before = fs::read(&letter).expect("the letter");
        let answer = restore(name, path, seen, 65);
        assert_eq!(answer["error"]["word"], "look-again", "{answer:#}");
        let message = answer["error"]["message"].as_str().expect("words");
        assert!(message.contains("the settings have changed since you looked"), "{message}");
        assert_eq!(fs::read(&letter).expect("the letter"), before);
    };
    // Another backup, other paths, and what no look answers.
    refused(&made[1], "home/letter.txt", &seen);
    refused(&made[0], "home/Photos", &seen);
    let (upper, cut, long) = (seen.to_uppercase(), seen[1..].to_string(), "0".repeat(100_000));
    for wrong in ["", " ", "--", "0", &upper, &cut, &long].into_iter().filter(|wrong| *wrong != seen) {
        refused(&made[0], "home/letter.txt", wrong);
    }
    // The source is another folder now; what is there must not be touched by a consent that is of before.
    let other = house.path("other");
    fs::create_dir(&other).expect("a folder");
    fs::write(other.join("letter.txt"), "somebody else's").expect("written");
    house.settings_for("", &[("home", &other, "")]);
    refused(&made[0], "home/letter.txt", &seen);
    assert_eq!(fs::read(other.join("letter.txt")).expect("it is there"), b"somebody else's");
    let again = look_in_place(&mut asking, &made[0], &["home/letter.txt"]);
    assert_eq!(again["place"], json!(other));
    assert_ne!(again["seen"], json!(seen));
    // As it was: the old consent is to what would be done.
    house.settings("");
    restore(&made[0], "home/letter.txt", &seen, 0);
    assert_eq!(fs::read(&letter).expect("the letter"), prose(1, 5000));
    // By hand nobody needs to have looked, and beside nothing is replaced.
    let by_hand = ["restore", &made[1], "--path", "home/letter.txt", "--in-place", "--confirm", "RESTORE"];
    house.keepsake(by_hand).expect(0);
    house.keepsake(["restore", &made[1], "--to", "r", "--seen=0"]).expect_one_of(&[64, 65]);
    let beside =
        json!({ "name": made[0], "paths": [], "target": { "to": "beside", "dir": house.path("r") }, "from": null });
    assert_eq!(asking.ask(json!({ "ask": "preview-restore", "restore": beside }))["seen"], Value::Null);
    asking.end();
}

#[test]
fn a_document_that_is_edited_after_the_look_is_moved_aside_and_comes_back() {
    let (house, made) = three_backups();
    let mut asking = Asking::begin(&house);
    let look = look_in_place(&mut asking, &made[2], &["home/letter.txt", "home/new.txt"]);
    assert_eq!((&look["same"]["files"], &look["newer_here"]["files"]), (&json!(2), &json!(0)), "{look:#}");
    let (letter, new) = (house.source().join("letter.txt"), house.source().join("new.txt"));
    // Of another length, and of the same length with the time set back, as some programs do.
    fs::write(&letter, "an hour of work since").expect("written");
    fs::write(&new, "wen").expect("written");
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    fs::File::options().append(true).open(&new).and_then(|file| file.file().set_modified(old)).expect("a time");
    let seen = format!("--seen={}", look["seen"].as_str().expect("a token"));
    let paths = ["--path", "home/letter.txt", "--path", "home/new.txt"];
    let words = ["restore", &made[2], "--in-place", "--confirm", "RESTORE", "--json", &seen];
    let done = house.keepsake(words.into_iter().chain(paths)).expect(0).json();
    assert_eq!((done["restored"]["files"].as_u64(), fs::read(&new).expect("new")), (Some(2), b"new".to_vec()));
    assert_eq!(fs::read(&letter).expect("the letter"), prose(2, 6000));
    let undo = done["undo"].as_str().expect("it can be taken back");
    house.keepsake(["undo", undo]).expect(0);
    assert_eq!(fs::read(&letter).expect("the letter"), b"an hour of work since");
    assert_eq!(fs::read(&new).expect("new"), b"wen");
    asking.end();
}

#[test]
fn what_happened_is_told_newest_first_and_by_pages() {
    let (house, made) = three_backups();
    let letter = ["restore", &made[0], "--path", "home/letter.txt", "--in-place", "--confirm", "RESTORE"];
    house.keepsake(letter).expect(0);
    house.advance_hours(1);
    house.keepsake(["verify"]).expect(0);
    let mut asking = Asking::begin(&house);
    let ask = |kind: Value, before: Value, limit: u32| json!({ "ask": "activity", "filter": { "source": null, "kind": kind }, "before": before, "limit": limit });
    let all = asking.ask(ask(Value::Null, Value::Null, 100));
    let ids: Vec<&str> = all.as_array().expect("a list").iter().filter_map(|one| one["said"]["id"].as_str()).collect();
    let made = "activity-backup-made";
    assert_eq!(ids, ["activity-check-good", "activity-restored", made, made, made], "{all:#}");
    let page = asking.ask(ask(json!("backup"), all[2]["id"].clone(), 1));
    assert_eq!(page, json!([all[3]]));
    let other = json!({ "ask": "activity", "filter": { "source": "other", "kind": null }, "before": null, "limit": 9 });
    assert_eq!(asking.ask(other), json!([]));
    let undos = asking.ask(json!({ "ask": "undos" }));
    assert_eq!((undos.as_array().map(Vec::len), &undos[0]["files"]), (Some(1), &json!(1)), "{undos:#}");
    asking.end();
}

#[test]
fn nothing_that_is_asked_and_nothing_that_is_damaged_ends_it() {
    let (house, made) = three_backups();
    let mut asking = Asking::begin(&house);
    for (line, id) in [
        (&b"hello"[..], 0),
        (b"", 0),
        (b"{\"id\": 7, \"request\": {\"ask\": \"format-disk\"}}", 7),
        (b"{\"id\": 8, \"request\": {\"ask\": \"browse\", \"name\": \"x\"}}", 8),
        (b"{\"id\": 9, \"request\": {\"ask\": \"stop\"}}", 9),
        (b"\xff\xfe\x00", 0),
    ] {
        let reply = asking.line(line);
        assert_eq!((&reply["id"], &reply["refused"]["kind"]), (&json!(id), &json!("bad-request")), "{reply:#}");
    }
    let reply = asking.line("x".repeat((4 << 20) + 100).as_bytes());
    assert_eq!((&reply["id"], &reply["refused"]["kind"]), (&json!(0), &json!("bad-request")));
    for folder in ["../etc", "/etc", "home//x", ""] {
        let ask = json!({ "ask": "browse", "name": made[0], "folder": folder, "offset": 0, "limit": 9, "from": null });
        assert_eq!(asking.refused(ask).0, "bad-request", "{folder:?}");
    }
    for limit in [0, 1001] {
        let ask = json!({ "ask": "search", "name": made[0], "text": "x", "limit": limit, "from": null });
        assert_eq!(asking.refused(ask).0, "bad-request");
    }
    let gone = json!({ "ask": "backup", "name": "family_19990101_000000", "from": null });
    assert_eq!(asking.refused(gone), ("not-found".into(), "refused-no-such-backup".into()));
    let nowhere = json!({ "ask": "history", "from": house.path("nowhere") });
    assert_eq!(asking.refused(nowhere), ("not-found".into(), "refused-no-such-folder".into()));

    // Settings and catalog go bad and are put right while it runs.
    let history = || json!({ "ask": "history", "from": null });
    let settings = fs::read(house.config()).expect("settings");
    fs::write(house.config(), "backup_dir = 7").expect("written");
    assert_eq!(asking.refused(json!({ "ask": "home" })), ("wrong-settings".into(), "refused-settings-wrong".into()));
    fs::write(house.config(), settings).expect("written");
    let (catalog, aside) = (house.data().join("catalog.sqlite"), house.path("aside"));
    fs::rename(&catalog, &aside).expect("renamed");
    assert_eq!(asking.ask(history())["backups"], json!([]));
    fs::write(&catalog, "no database at all, but long enough to be looked at as one").expect("written");
    assert_eq!(asking.refused(history()), ("failed".into(), "failed-known-damaged".into()));
    fs::rename(&aside, &catalog).expect("renamed");
    assert_eq!(names(&asking.ask(history())["backups"], "name").len(), 3);
    asking.end();
}

#[test]
fn a_backup_is_deleted_by_name_and_those_that_are_needed_stay() {
    let (house, made) = three_backups();
    let delete = |name: &str, more: &[&str], code: i32| {
        house.keepsake(["delete", name, "--json"].iter().chain(more)).expect(code).json()
    };
    for name in ["family_19990101_000000", &made[2], "latest"] {
        assert!(delete(name, &[], 65)["error"].is_object() || delete(name, &[], 65)["error"].is_string());
    }
    let would = delete(&made[1], &["--dry-run"], 0);
    assert_eq!((house.list().len(), &would["dry_run"]), (3, &json!(true)));
    let done = delete(&made[1], &[], 0);
    // The newest one needs its archive: the letter and the new file are in it.
    assert_eq!(
        (&would["archives"], &done["archives"], &done["problems"]),
        (&json!(0), &json!(0), &json!([])),
        "{done:#}"
    );
    assert_eq!((house.list().len(), house.archives().len()), (2, 3));
    house.restore_to(&house.path("back"));
    let to = house.path("back-oldest");
    house.keepsake(["restore".as_ref(), made[0].as_ref(), "--to".as_ref(), to.as_os_str()]).expect(0);
    house.keepsake(["verify"]).expect(0);
    house.backup();
    // What only one backup needed comes back with it.
    let third = delete(&made[2], &[], 0);
    assert_eq!(third["archives"], 1, "{third:#}");
    assert!(third["bytes"].as_u64() > Some(0));
    house.restore_to(&house.path("back-again"));
    assert_eq!(house.keepsake(["list", "--json"]).expect(0).json()["backups"].as_array().map(Vec::len), Some(2));
}
