//! The recovery sheet with the `keepsake` program: printed, checked, typed and photographed on a new computer; keys in the
//! keyring and without one; and locked files beside the stock `age` command.

use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fs_err as fs;
use image::{GrayImage, ImageFormat, Luma};
use keepsake_core::archive::reader::ReadAt;
use keepsake_core::sealed::{RecoveryKey, SealedReader, SealingWriter};
use keepsake_tests::asking::Asking;
use keepsake_tests::{Answer, House, needs, noise};
use serde_json::{Value, json};

/// Runs `keepsake sheet` with something on stdin.
fn sheet(house: &House, args: &[&str], typed: &str) -> Answer {
    let path = house.path("typed");
    fs::write(&path, typed).unwrap();
    let mut command = house.command([&["sheet"], args].concat());
    command.stdin(fs::File::open(path).unwrap().into_file());
    Answer::of(command)
}

/// A family's first sheet: as the window shows it.
fn shown(house: &House) -> Value {
    let mut asking = Asking::begin(house);
    let shown = asking.ask(json!({ "ask": "recovery-sheet" }));
    asking.end();
    shown
}

fn words(shown: &Value) -> String {
    shown["words"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

/// The modules of a QR code in SVG, as `qrcode` draws it: a path of rectangles `Mx yhWvHHx...`.
fn drawn(svg: &str) -> GrayImage {
    let number = |name: &str| {
        let at = svg.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
        svg[at..].split('"').next().unwrap().parse::<u32>().unwrap()
    };
    let mut image = GrayImage::from_pixel(number("width"), number("height"), Luma([255]));
    let path = svg.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
    for piece in path.split('M').filter(|piece| !piece.is_empty()) {
        let numbers: Vec<u32> =
            piece.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).map(|n| n.parse().unwrap()).collect();
        let [x, y, width, height, ..] = numbers[..] else { panic!("{piece}") };
        for (x, y) in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            image.put_pixel(x, y, Luma([0]));
        }
    }
    image
}

/// A photo of it: larger, turned by a few degrees, grey, with noise, on a table.
fn photo(code: &GrayImage) -> Vec<u8> {
    let (width, height) = (code.width() * 3, code.height() * 3);
    let noise = noise(7, (width * height) as usize);
    let (sin, cos) = 7f32.to_radians().sin_cos();
    let photo = GrayImage::from_fn(width, height, |x, y| {
        let (dx, dy) = (x as f32 - width as f32 / 2.0, y as f32 - height as f32 / 2.0);
        let at = |d: f32, side: u32| (d / 2.0 + side as f32 / 2.0) as i64;
        let (u, v) = (at(cos * dx + sin * dy, code.width()), at(cos * dy - sin * dx, code.height()));
        let inside = (0..i64::from(code.width())).contains(&u) && (0..i64::from(code.height())).contains(&v);
        let light = if inside { code.get_pixel(u as u32, v as u32).0[0] } else { 120 };
        let light = 40 + u32::from(light) * 150 / 255 + u32::from(noise[(y * width + x) as usize]) * 30 / 255;
        Luma([light as u8])
    });
    let mut bytes = Cursor::new(Vec::new());
    photo.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn a_sheet_is_printed_checked_and_typed_on_a_new_computer() {
    let house = House::new();
    sheet(&house, &["--text"], "").expect(65).says(&["no recovery key"]);
    sheet(&house, &["--new"], "").expect(0);
    sheet(&house, &[], "").expect(65).says(&["this is no terminal", "--text"]);
    sheet(&house, &["--json"], "").expect(65).says(&["this is no terminal"]);
    let printed = sheet(&house, &["--text"], "").expect(0).said();
    let key = printed.split_whitespace().find(|word| word.starts_with("AGE-SECRET-KEY-1")).unwrap().to_string();
    let code = printed.lines().find_map(|line| line.strip_prefix("Check code:  ")).unwrap().to_string();
    let told = sheet(&house, &["--text", "--json"], "").expect(0).json();
    assert_eq!((told["key"].as_str(), told["check_code"].as_str()), (Some(&key[..]), Some(&code[..])));
    sheet(&house, &["--check", "0000-0000"], "").expect(65).says(&["not the check code"]);
    let family = |house: &House| -> Value {
        serde_json::from_slice(&fs::read(house.data().join("family.json")).unwrap()).unwrap()
    };
    assert_eq!(family(&house)["is_sheet_checked"], false);
    sheet(&house, &["--check", &code.to_lowercase().replace('-', " ")], "").expect(0);
    assert_eq!(family(&house)["is_sheet_checked"], true);
    for name in ["family.json", "recovery-key"] {
        assert_eq!(fs::metadata(house.data().join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    let text = words(&told);
    for typed in [text.to_uppercase(), text.replace(' ', ", "), key.clone()] {
        let new = House::new();
        let answer = sheet(&new, &["--enter"], &typed).expect(0).says(&["has the recovery key now"]);
        assert!(!answer.said().contains(&key[16..]));
        assert_eq!(family(&new)["drive_key"], family(&house)["drive_key"]);
        assert_eq!(sheet(&new, &["--text", "--json"], "").json()["key"], key);
    }
    let new = House::new();
    sheet(&new, &["--enter"], &text.replacen(' ', " qqqq ", 1)).expect(65).says(&["25 words"]);
    let first = text.split(' ').next().unwrap();
    sheet(&new, &["--enter"], &text.replacen(first, "qqqqqq", 1)).expect(65).says(&["word 1: qqqqqq"]);
    assert!(!new.data().join("family.json").exists() && !new.data().join("recovery-key").exists());
}

#[test]
fn the_window_shows_checks_and_enters_a_sheet() {
    let house = House::new();
    let shown = shown(&house);
    let mut asking = Asking::begin(&house);
    assert_eq!(asking.ask(json!({ "ask": "check-sheet", "code": "nothing" })), false);
    assert_eq!(asking.ask(json!({ "ask": "check-sheet", "code": shown["check_code"] })), true);
    let new = House::new();
    let mut there = Asking::begin(&new);
    let refused = there.refused(json!({ "ask": "check-sheet", "code": "1" }));
    assert_eq!(refused, ("not-now".into(), "refused-no-recovery-key".into()));
    let mut enter = |text: &str, from: Option<&Path>| {
        let from = from.map(|path| path.display().to_string());
        there.ask(json!({ "ask": "enter-key", "text": text, "from": from }))["entered"].clone()
    };
    assert_eq!(enter("abandon", None), "wrong-count");
    // A copy that this key opens, and one that it does not.
    let (ours, theirs) = (new.path("ours"), new.path("theirs"));
    let key = RecoveryKey::from_text(shown["key"].as_str().unwrap()).unwrap();
    for (folder, key) in [(&ours, &key), (&theirs, &RecoveryKey::generate())] {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("family_20260303_020500.tar.gz.age"), locked(b"content", key)).unwrap();
    }
    assert_eq!(enter(&words(&shown), Some(&theirs)), "other-family");
    assert!(!new.data().join("recovery-key").exists());
    assert_eq!(enter(&words(&shown), Some(&ours)), "good");
    fs::remove_file(new.data().join("recovery-key")).unwrap();
    let lost = there.refused(json!({ "ask": "recovery-sheet" }));
    assert_eq!(lost, ("not-now".into(), "refused-recovery-key-lost".into()));
    there.end();
    asking.ask(json!({ "ask": "new-key" }));
    assert_ne!(asking.ask(json!({ "ask": "recovery-sheet" }))["key"], shown["key"]);
    asking.end();
    assert_eq!(fs::read_to_string(house.data().join("recovery-key")).unwrap().lines().count(), 2);
}

#[test]
fn a_photo_of_the_sheet_is_read() {
    let house = House::new();
    let shown = shown(&house);
    let picture = house.path("photo.png");
    fs::write(&picture, photo(&drawn(shown["qr_svg"].as_str().unwrap()))).unwrap();
    let new = House::new();
    sheet(&new, &["--picture", picture.to_str().unwrap()], "").expect(0);
    assert_eq!(sheet(&new, &["--text", "--json"], "").json()["key"], shown["key"]);
    // Without a code, no picture at all, and one that is too large to be believed.
    let mut blank = Cursor::new(Vec::new());
    GrayImage::from_pixel(300, 300, Luma([255])).write_to(&mut blank, ImageFormat::Png).unwrap();
    let mut bomb = blank.get_ref().clone();
    bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
    for wrong in [blank.into_inner(), b"no picture".to_vec(), bomb, Vec::new()] {
        fs::write(&picture, wrong).unwrap();
        sheet(&new, &["--picture", picture.to_str().unwrap()], "").expect(65).says(&["no QR code"]);
    }
}

#[test]
fn another_program_reads_the_printed_code() {
    let Some(zbarimg) = needs("another_program_reads_the_printed_code", &["zbarimg"]) else { return };
    let house = House::new();
    let shown = shown(&house);
    let picture = house.path("code.png");
    drawn(shown["qr_svg"].as_str().unwrap()).save(&picture).unwrap();
    let read = Command::new(&zbarimg).args(["--quiet", "--raw"]).arg(&picture).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), shown["key"].as_str().unwrap());
    // The one in letters: each is two modules, one above the other, of eight pixels here.
    let printed = sheet(&house, &["--text"], "").said();
    let lines: Vec<Vec<char>> = printed
        .lines()
        .filter(|line| line.chars().any(|c| "█▀▄".contains(c)))
        .map(|line| line.chars().collect())
        .collect();
    let width = lines.iter().map(Vec::len).max().unwrap() as u32 + 8;
    let image = GrayImage::from_fn(width * 8, (lines.len() as u32 * 2 + 8) * 8, |x, y| {
        let (column, row) = ((x / 8) as usize, (y / 8) as usize);
        let c = column.checked_sub(4).zip(row.checked_sub(4)).and_then(|(c, r)| lines.get(r / 2)?.get(c));
        let is_dark = matches!((c, row % 2), (Some('█'), _) | (Some('▀'), 0) | (Some('▄'), 1));
        Luma([if is_dark { 0 } else { 255 }])
    });
    image.save(&picture).unwrap();
    let read = Command::new(&zbarimg).args(["--quiet", "--raw"]).arg(&picture).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), shown["key"].as_str().unwrap());
}

/// A keyring that is open.
const OPEN: &str = "echo password | gnome-keyring-daemon --unlock --components=secrets >/dev/null";
/// The bus starts it when it is asked for, and nobody has said the password.
const LOCKED: &str = "";

/// A house in a session of its own: with a keyring that is open, one that is locked, or none. The script runs there, and
/// finds the program as `$keepsake`.
fn in_a_session(house: &House, keyring: &str, script: &str) -> String {
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-ec", &format!("{keyring}\n{script}")]);
    let like = house.command(["sheet"]);
    command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("keepsake", keepsake_tests::keepsake_program()).env_remove("KEEPSAKE_KEYRING").current_dir(house.dir());
    // What an earlier daemon has left in such a folder would be taken for one that runs.
    let runtime = tempfile::tempdir().unwrap();
    command.env("XDG_RUNTIME_DIR", runtime.path()).stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n{said}");
    said
}

#[test]
fn keys_are_in_the_keyring_where_there_is_one() {
    let name = "keys_are_in_the_keyring_where_there_is_one";
    let installed = ["dbus-run-session", "gnome-keyring-daemon"].map(|program| needs(name, &[program]));
    if installed.contains(&None) {
        return;
    }
    let house = House::new();
    in_a_session(&house, OPEN, "$keepsake sheet --new; $keepsake sheet --new; $keepsake sheet --text --json > one");
    assert!(!house.data().join("recovery-key").exists(), "it went into the file");
    // Another session, with the same keyring.
    in_a_session(&house, OPEN, "$keepsake sheet --text --json > two; cmp one two");
    // One that is locked is not waited for, and is told; with the key typed it goes on from the file.
    let said = in_a_session(&house, LOCKED, "! timeout 30 $keepsake sheet --text 2>&1");
    assert!(said.contains("keyring is locked"), "{said}");
    let key: Value = serde_json::from_slice(&fs::read(house.path("one")).unwrap()).unwrap();
    fs::write(house.path("words"), words(&key)).unwrap();
    in_a_session(
        &house,
        LOCKED,
        "$keepsake sheet --enter < words; $keepsake sheet --text --json > three; cmp one three",
    );
    assert!(house.data().join("recovery-key").exists());
    // A bus, and nobody on it who keeps secrets.
    let house = House::new();
    in_a_session(&house, "", "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent; $keepsake sheet --new");
    assert!(house.data().join("recovery-key").exists());
}

/// Adds an encrypted drive to the settings: from then on the key is needed.
fn with_a_drive(house: &House) {
    house.settings("");
    let drive = "\n[[destination]]\nname = \"Blue drive\"\nkind = \"drive\"\nid = \"0123456789abcdef0123456789abcdef\"\n\
                 filesystem = \"4F21-99AB\"\nencrypted = true\n";
    let text = fs::read_to_string(house.config()).unwrap();
    house.write_config(&format!("{text}{drive}"));
}

/// What health says of the key.
fn told_of_key(house: &House) -> Option<Value> {
    let told = house.keepsake(["health", "--json"]).json();
    let reasons = told["reasons"].as_array().unwrap();
    reasons.iter().find(|reason| reason["rule"] == "key-lost").cloned()
}

#[test]
fn a_key_that_is_lost_is_told_and_the_sheet_brings_it_back() {
    let house = House::new();
    house.tree().file("a.txt", b"a").settle();
    with_a_drive(&house);
    sheet(&house, &["--new"], "").expect(0);
    let told = sheet(&house, &["--text", "--json"], "").json();
    house.keepsake(["backup"]).expect(0);
    assert_eq!(told_of_key(&house), None);
    fs::remove_file(house.data().join("recovery-key")).unwrap();
    let lost = told_of_key(&house).expect("it is told");
    assert!(lost["advice"].as_str().unwrap().contains("keepsake sheet --enter"), "{lost}");
    house.keepsake(["status"]).says(&["no longer open your locked copies", "keepsake sheet --enter"]);
    sheet(&house, &["--text"], "").expect(65).says(&["lost the recovery key", "keepsake sheet --enter"]);
    // A relative's key is none, and the sheet is.
    sheet(&house, &["--enter"], &RecoveryKey::generate().to_text()).expect(65).says(&["another family"]);
    assert!(told_of_key(&house).is_some());
    sheet(&house, &["--enter"], &words(&told)).expect(0);
    assert_eq!(told_of_key(&house), None);
    // Also what making copies takes is lost.
    for name in ["family.json", "recovery-key"] {
        fs::remove_file(house.data().join(name)).unwrap();
    }
    house.keepsake(["status"]).says(&["lost the key of your drives", "keepsake sheet --enter"]);
    sheet(&house, &["--enter"], &words(&told)).expect(0);
    assert_eq!(told_of_key(&house), None);
}

#[test]
fn the_agent_tells_of_a_lost_key() {
    let house = House::new();
    house.tree().file("a.txt", b"a").settle();
    with_a_drive(&house);
    house.put_clock("2026-03-03T15:00:00");
    sheet(&house, &["--new"], "").expect(0);
    fs::remove_file(house.data().join("recovery-key")).unwrap();
    let agent = keepsake_tests::Agent::begin(&house);
    let mut client = agent.client();
    keepsake_tests::wait_until("the agent tells it", || match client.ask(keepsake_api::Request::Status {}).unwrap() {
        keepsake_api::Answer::Status(status) => status.reasons.iter().any(|reason| reason.rule == "key-lost"),
        other => panic!("{other:?}"),
    });
}

#[test]
fn a_relatives_key_stays_theirs_when_the_rest_is_lost() {
    let house = House::new();
    sheet(&house, &["--new"], "").expect(0);
    let own = sheet(&house, &["--text", "--json"], "").json()["key"].clone();
    let theirs = RecoveryKey::generate();
    let folder = house.path("theirs");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("family_20260303_020500.tar.gz.age"), locked(b"content", &theirs)).unwrap();
    sheet(&house, &["--enter", "--from", folder.to_str().unwrap()], &theirs.to_text()).expect(0);
    fs::remove_file(house.data().join("family.json")).unwrap();
    sheet(&house, &["--enter", "--from", folder.to_str().unwrap()], &theirs.to_text()).expect(0);
    assert_eq!(shown(&house)["key"], own);
}

#[test]
fn a_damaged_family_file_is_mended_by_the_sheet() {
    let house = House::new();
    sheet(&house, &["--new"], "").expect(0);
    sheet(&house, &["--new"], "").expect(0);
    let told = sheet(&house, &["--text", "--json"], "").json();
    let path = house.data().join("family.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 3]).unwrap();
    sheet(&house, &["--text"], "").expect(2).says(&["damaged", "keepsake sheet --enter", "keepsake sheet --new"]);
    let mut asking = Asking::begin(&house);
    let refused = asking.refused(json!({ "ask": "recovery-sheet" }));
    assert_eq!(refused.1, "refused-drive-key-damaged");
    asking.end();
    sheet(&house, &["--enter"], &RecoveryKey::generate().to_text()).expect(65);
    sheet(&house, &["--enter"], &words(&told)).expect(0);
    let mended: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let before: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&mended["recipient"], &mended["older"]), (&before["recipient"], &before["older"]));
    assert_eq!(fs::read_to_string(house.data().join("family.json.damaged")).unwrap(), text[..text.len() - 3]);
    // The sheet is lost, too.
    fs::write(&path, "").unwrap();
    sheet(&house, &["--new"], "").expect(0);
    assert_ne!(sheet(&house, &["--text", "--json"], "").json()["key"], told["key"]);
    assert!(house.data().join("family.json.damaged-2").exists());
}

/// A folder with this house's archives, locked with a key.
fn locked_copies(house: &House, name: &str, key: &RecoveryKey) -> PathBuf {
    let folder = house.path(name);
    fs::create_dir(&folder).unwrap();
    for archive in house.archives() {
        let stored = format!("{}.age", archive.file_name().unwrap().to_str().unwrap());
        fs::write(folder.join(stored), locked(&fs::read(&archive).unwrap(), key)).unwrap();
    }
    folder
}

#[test]
fn locked_copies_that_cannot_be_opened_say_which_sheet_opens_them() {
    let house = House::new();
    house.tree().file("a.txt", b"a").settle();
    house.settings("");
    house.backup();
    let key = |house: &House| {
        let told = sheet(house, &["--text", "--json"], "").json();
        RecoveryKey::from_text(told["key"].as_str().unwrap()).unwrap()
    };
    sheet(&house, &["--new"], "").expect(0);
    let old = key(&house);
    let theirs = RecoveryKey::generate();
    let (ours_there, theirs_there) = (locked_copies(&house, "ours", &old), locked_copies(&house, "theirs", &theirs));
    let (from_ours, from_theirs) = (ours_there.to_str().unwrap(), theirs_there.to_str().unwrap());
    let mut count = 0;
    let mut restore = |from: &str| {
        count += 1;
        house.keepsake([
            "restore",
            "latest",
            "--from",
            from,
            "--to",
            house.path(&format!("r{count}")).to_str().unwrap(),
        ])
    };
    restore(from_ours).expect(0);
    // Another family's.
    let enter_theirs = format!("keepsake sheet --enter --from {from_theirs}");
    restore(from_theirs).expect(65).says(&["another recovery key", &enter_theirs]);
    sheet(&house, &["--enter", "--from", from_theirs], &old.to_text()).expect(65).says(&["another family"]);
    sheet(&house, &["--enter", "--from", from_theirs], &theirs.to_text()).expect(0);
    restore(from_theirs).expect(0);
    // The key was changed since, and old copies open still.
    sheet(&house, &["--new"], "").expect(0);
    restore(from_ours).expect(0);
    // Only the new one is left: the old sheet opens the old copies.
    fs::write(house.data().join("recovery-key"), key(&house).to_text().as_bytes()).unwrap();
    fs::remove_file(house.data().join("recovery-keys-of-others")).unwrap();
    restore(from_ours).expect(65).says(&["another recovery key", "from before the key was changed"]);
    sheet(&house, &["--enter", "--from", from_ours], &old.to_text()).expect(0);
    restore(from_ours).expect(0);
    // None at all.
    for name in ["recovery-key", "recovery-keys-of-others"] {
        fs::remove_file(house.data().join(name)).unwrap();
    }
    restore(from_ours).expect(65).says(&["this computer has no recovery key", "keepsake sheet --enter --from"]);
    let mut asking = Asking::begin(&house);
    let listed = asking.refused(json!({ "ask": "history", "from": from_ours }));
    assert_eq!(listed.1, "refused-no-recovery-key");
    asking.end();
}

#[test]
fn a_keyring_that_is_locked_is_not_a_lost_key() {
    let name = "a_keyring_that_is_locked_is_not_a_lost_key";
    if ["dbus-run-session", "gnome-keyring-daemon"].map(|program| needs(name, &[program])).contains(&None) {
        return;
    }
    let house = House::new();
    house.tree().file("a.txt", b"a").settle();
    with_a_drive(&house);
    let theirs = RecoveryKey::generate();
    let folder = house.path("theirs");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("family_20260303_020500.tar.gz.age"), locked(b"content", &theirs)).unwrap();
    fs::write(house.path("words"), theirs.to_text().as_bytes()).unwrap();
    in_a_session(
        &house,
        OPEN,
        "$keepsake sheet --new; $keepsake sheet --text --json > one; $keepsake sheet --enter --from theirs < words; \
         rm d/family.json; $keepsake sheet --new; $keepsake sheet --text --json > two; cmp one two; $keepsake backup",
    );
    // An older key is in the file, and the family's own in the keyring, which is locked.
    fs::write(house.data().join("recovery-key"), RecoveryKey::generate().to_text().as_bytes()).unwrap();
    let said = in_a_session(&house, LOCKED, "! timeout 30 $keepsake sheet --text 2>&1; timeout 30 $keepsake status");
    assert!(said.contains("keyring is locked") && said.contains("keepsake sheet --enter"), "{said}");
    assert!(!said.contains("lost"), "{said}");
    assert!(!said.contains("no longer open"), "{said}");
    let said = in_a_session(&house, LOCKED, "! timeout 30 $keepsake list --from theirs 2>&1");
    assert!(said.contains("keyring is locked"), "{said}");
    // A job at night has no bus at all.
    let no_bus = "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent; $keepsake status";
    let said = in_a_session(&house, LOCKED, no_bus);
    assert!(!said.contains("no longer open"), "{said}");
    // A keyring that was made anew is asked, and has it no more.
    fs::remove_dir_all(house.path(".local/share/keyrings")).unwrap();
    let said = in_a_session(&house, OPEN, "$keepsake status");
    assert!(said.contains("no longer open your locked copies"), "{said}");
}

fn locked(plain: &[u8], key: &RecoveryKey) -> Vec<u8> {
    let mut sealing = SealingWriter::new(Vec::new(), &key.recipient()).unwrap();
    sealing.write_all(plain).unwrap();
    sealing.finish().unwrap()
}

/// Runs `age` with something on stdin.
fn age(program: &PathBuf, args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // It may end before it has read all.
        scope.spawn(move || to.write_all(input).is_ok());
        child.wait_with_output().unwrap()
    });
    output.status.success().then_some(output.stdout)
}

#[test]
fn the_age_command_opens_ours_and_we_open_its() {
    let Some(program) = needs("the_age_command_opens_ours_and_we_open_its", &["age"]) else { return };
    let house = House::new();
    let key = RecoveryKey::generate();
    let (identity, recipient) = (house.path("key.txt"), key.recipient().to_string());
    fs::write(&identity, key.to_text().as_bytes()).unwrap();
    let identity = identity.to_str().unwrap();
    let other = RecoveryKey::generate().recipient().to_string();
    for (seed, bytes) in [0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_003].into_iter().enumerate() {
        let plain = noise(seed as u64, bytes);
        let ours = locked(&plain, &key);
        assert!(age(&program, &["-d", "-i", identity], &ours).as_ref() == Some(&plain), "{bytes}");
        assert_eq!(age(&program, &["-d", "-i", identity], &ours[..ours.len() - 1]), None);
        let theirs = house.path("theirs.age");
        fs::write(&theirs, age(&program, &["-r", &other, "-r", &recipient], &plain).unwrap()).unwrap();
        let file = Box::new(fs::File::open(&theirs).unwrap());
        let reader = SealedReader::open(&theirs, file, std::slice::from_ref(&key)).unwrap();
        assert_eq!(reader.length().unwrap(), bytes as u64);
        let mut whole = vec![0; bytes];
        reader.read_exact_at(&mut whole, 0).unwrap();
        assert!(whole == plain, "{bytes}");
        for at in (0..bytes).step_by(bytes / 7 + 1) {
            let mut piece = vec![0; (bytes - at).min(70_000)];
            reader.read_exact_at(&mut piece, at as u64).unwrap();
            assert!(piece == plain[at..at + piece.len()], "{at} of {bytes}");
        }
    }
}
