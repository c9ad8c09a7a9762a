//! USB drives from plugging in to safe to remove, with the real udevd, D-Bus, polkit and UDisks2, as an ordinary user
//! ([`DriveHouse`]).

use std::path::Path;

use fs_err as fs;
use keepsake_api::{Answer, DriveColor, PluggedState, Request};
use keepsake_tests::drive_house::AtWork;
use keepsake_tests::{DriveHouse, Stick, StickKind};
use serde_json::Value;

#[test]
fn the_agent_asks_once_then_copies_whenever_the_drive_comes_also_after_it_was_killed() {
    let Some(house) = DriveHouse::begin("drive_copies::the_agent_asks_once") else { return };
    house.good(&["backup"]);
    house.rig.make("blue", &Stick { mib: 1100, ..Stick::of(StickKind::Ext4) });
    let mut at_work = AtWork::begin(&house);
    house.plug("blue");
    let stranger = at_work.until(PluggedState::Asks);
    assert_eq!((stranger.drive, stranger.said.id.as_str()), (None, "drive-asks"));
    let adopt = Request::AdoptDrive {
        volume: stranger.volume,
        name: "Blue drive".into(),
        color: DriveColor::Blue,
        is_encrypted: true,
    };
    assert!(matches!(at_work.ask(adopt), Answer::AdoptDrive(_)));
    // That it was busy for a moment may not have been told: the status is told twice a second.
    let safe = at_work.until(PluggedState::Unmounted);
    assert_eq!((safe.drive.as_deref(), safe.said.id.as_str()), (Some("Blue drive"), "drive-unmounted"));
    let Answer::Drives(page) = at_work.ask(Request::Drives {}) else { panic!("drives") };
    let blue = &page.drives[0];
    assert_eq!((blue.name.as_str(), blue.backups, blue.is_encrypted), ("Blue drive", 1, true));
    assert!(blue.last_copied.is_some() && blue.last_proven.is_some() && blue.free_bytes.is_some(), "{blue:?}");
    house.rig.unplug("blue");
    // A new backup, and the drive again: nobody does anything.
    house.sh("head -c 250000000 /dev/urandom > pictures/film.mp4");
    house.good(&["backup"]);
    house.plug("blue");
    at_work.until(PluggedState::Busy);
    // The agent dies in the middle, and the job with its output.
    drop(at_work);
    house.rig.pull("blue");
    let mut at_work = AtWork::begin(&house);
    house.plug("blue");
    at_work.until(PluggedState::Unmounted);
    drop(at_work);
    assert_eq!(house.good(&["drive", "prove", "Blue drive"])["archives"], 2);
}

#[test]
fn from_plugging_in_to_safe_to_remove_on_each_file_system() {
    let Some(house) = DriveHouse::begin("drive_copies::from_plugging_in_to_safe_to_remove") else { return };
    house.good(&["backup"]);
    for (number, kind) in [StickKind::Ext4, StickKind::Btrfs, StickKind::ExFat, StickKind::Ntfs].into_iter().enumerate()
    {
        let name = format!("stick{number}");
        house.rig.make(&name, &Stick { mib: 160, ..Stick::of(kind) });
        let before = fs::read(house.rig.image(&name)).unwrap();
        house.plug(&name);
        // A stranger gets nothing, not one byte, whatever is copied.
        assert_eq!(house.good(&["drive", "list"])["volumes"][0]["known"], false);
        let _ = house.run(&["copy"]);
        house.rig.unplug(&name);
        assert!(fs::read(house.rig.image(&name)).unwrap() == before, "{kind:?}: a stranger was written to");
        house.plug(&name);
        house.adopt(&[]);
        let copied = house.copy();
        assert_eq!((&copied["outcome"], &copied["drive"]["state"]), (&"good".into(), &"unmounted".into()), "{copied}");
        assert_eq!(copied["copied"].as_array().unwrap().len(), 1, "{kind:?}");
        assert_eq!(house.mounts(), "0", "{kind:?}");
        // Everything is there already.
        assert_eq!(house.copy()["copied"].as_array().unwrap().len(), 0);
        let proven = house.good(&["drive", "prove", "Blue drive"]);
        assert_eq!((&proven["outcome"], &proven["archives"]), (&"good".into(), &1.into()), "{kind:?}");
        house.rig.unplug(&name);
        let waits = house.good(&["copy", "Blue drive"]);
        assert_eq!(waits["destinations"][0]["outcome"], "waiting");
        house.good(&["drive", "forget", "Blue drive"]);
    }
    let text = fs::read_to_string(house.rig.home().join("config.toml")).unwrap();
    assert!(text.contains("# the family's") && !text.contains("drive"), "{text}");
}

#[test]
fn a_new_computer_reads_a_locked_drive_with_the_sheet_and_writes_nothing_to_it() {
    let Some(house) = DriveHouse::begin("drive_copies::a_new_computer_reads_a_locked_drive") else { return };
    house.good(&["backup"]);
    house.rig.make("blue", &Stick { mib: 160, ..Stick::of(StickKind::Ext4) });
    let device = house.plug("blue");
    house.adopt(&[]);
    house.copy();
    let sheet = house.good(&["sheet", "--text"]);
    let words: Vec<&str> = sheet["words"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(words.len(), 24, "{sheet}");
    fs::write(house.rig.home().join("typed"), words.join(" ")).unwrap();
    // The dead disk took everything but the drive and the sheet.
    house.sh("rm -rf state backups config.toml && mv pictures away");
    let folder = house.mount(&device, "ro").join("Keepsake");
    let folder = folder.to_str().expect("UTF-8");
    let locked = house.run(&["restore", "latest", "--from", folder, "--to", "back"]);
    assert!(!locked.status.success(), "nobody opens it without the sheet");
    let entered = house.rig.command(Path::new("sh")).args(["-c", &format!(
        "cd '{0}' && KEEPSAKE_DATA_DIR='{0}/state' KEEPSAKE_CONFIG='{0}/config.toml' KEEPSAKE_KEYRING=off '{1}' sheet --enter < typed",
        house.rig.home().display(), house.keepsake.display()
    )]).output().unwrap();
    assert!(entered.status.success(), "{}", String::from_utf8_lossy(&entered.stderr));
    let back = house.rig.home().join("back");
    house.good(&["restore", "latest", "--from", folder, "--to", back.to_str().unwrap()]);
    house.sh("diff -r away back/pictures");
    // One file, too.
    let one = house.rig.home().join("one");
    house.good(&["restore", "latest", "--from", folder, "--path", "pictures/lake.jpg", "--to", one.to_str().unwrap()]);
    house.sh("cmp away/lake.jpg one/pictures/lake.jpg");
}

/// Somebody has looked at what is on it: then it is mounted for reading only.
#[test]
fn a_drive_that_is_mounted_for_reading_only_can_be_chosen_all_the_same() {
    let Some(house) = DriveHouse::begin("drive_copies::a_drive_that_is_mounted_for_reading_only") else { return };
    house.good(&["backup"]);
    house.rig.make("blue", &Stick { mib: 160, ..Stick::of(StickKind::Ext4) });
    let device = house.plug("blue");
    house.mount(&device, "ro");
    house.adopt(&[]);
    assert_eq!(house.copy()["drive"]["state"], "unmounted");
    assert_eq!(house.mounts(), "0");
}

#[test]
fn copies_that_are_not_locked_come_back_with_tar_alone() {
    let Some(house) = DriveHouse::begin("drive_copies::copies_that_are_not_locked") else { return };
    house.good(&["backup"]);
    house.rig.make("blue", &Stick { mib: 160, ..Stick::of(StickKind::ExFat) });
    let device = house.plug("blue");
    house.adopt(&["--unlocked"]);
    house.copy();
    let folder = house.mount(&device, "ro").join("Keepsake");
    let said = house.sh(&format!(
        "cd '{}' && ls && sha256sum -c *.sha256 && D=$PWD && mkdir ~/by-hand && cd ~/by-hand && tar -xzf \"$D\"/*.tar.gz && diff -r ~/pictures pictures",
        folder.display()
    ));
    assert!(said.contains("START HERE.txt") && said.contains("HIER ANFANGEN.txt"), "{said}");
}

#[test]
fn a_clone_a_copied_marker_and_a_renamed_stranger_are_refused_and_get_nothing() {
    let Some(house) = DriveHouse::begin("drive_copies::a_clone_a_copied_marker") else { return };
    house.good(&["backup"]);
    house.rig.make("blue", &Stick { mib: 160, ..Stick::of(StickKind::Ext4) });
    house.plug("blue");
    house.adopt(&[]);
    house.copy();
    house.rig.unplug("blue");
    // Both at once: nobody knows which one is the drive.
    house.rig.clone_stick("blue", "clone");
    house.plug("blue");
    house.plug("clone");
    let refused = house.run(&["--json", "copy", "Blue drive"]);
    let told: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(told["destinations"][0]["drive"]["state"], "refused-twice", "{told}");
    assert_eq!(house.mounts(), "0");
    house.rig.unplug("clone");
    house.rig.unplug("blue");
    // A stranger with the marker and all copies of the drive is a stranger.
    house.rig.make("other", &Stick { mib: 160, label: "STICK", ..Stick::of(StickKind::Ext4) });
    house.plug("other");
    let away = house.good(&["copy", "Blue drive"]);
    assert_eq!(away["destinations"][0]["outcome"], "waiting", "{away}");
}

#[test]
fn two_computers_of_a_family_share_a_drive() {
    let Some(house) = DriveHouse::begin("drive_copies::two_computers_of_a_family") else { return };
    house.good(&["backup"]);
    house.rig.make("blue", &Stick { mib: 160, ..Stick::of(StickKind::Ext4) });
    house.plug("blue");
    house.adopt(&[]);
    house.copy();
    let id = house.good(&["drive", "list"])["drives"][0]["id"].clone();
    // The other computer has the family's key, its own settings and its own backups.
    house.sh("mkdir other && cp state/family.json state/recovery-key other/ && mv state mine && mv other state && cp config.toml mine.toml \
              && sed -i '/destination/,$d; s/\"family\"/\"attic\"/; s#/backups\"#/backups2\"#' config.toml && mkdir backups2");
    house.good(&["backup"]);
    house.adopt(&[]);
    assert_eq!(house.good(&["drive", "list"])["drives"][0]["id"], id, "it is the same drive to both");
    assert_eq!(house.copy()["copied"].as_array().unwrap().len(), 1);
    house.sh("mv state theirs && mv mine state && mv config.toml theirs.toml && mv mine.toml config.toml");
    assert_eq!(house.copy()["outcome"], "good");
    assert_eq!(house.good(&["drive", "prove", "Blue drive"])["archives"], 1, "each proves its own");
}

#[test]
fn full_and_too_small_is_said_and_nothing_is_lost() {
    let Some(house) = DriveHouse::begin("drive_copies::full_and_too_small") else { return };
    house.good(&["backup"]);
    house.rig.make("blue", &Stick { mib: 100, ..Stick::of(StickKind::Ext4) });
    house.plug("blue");
    house.adopt(&[]);
    assert_eq!(house.copy()["outcome"], "good");
    let status = house.run(&["--json", "status"]);
    let told: Value = serde_json::from_slice(&status.stdout).unwrap();
    let kept = told["lines"][2].as_str().unwrap();
    assert!(kept.contains("Copies: Blue drive, ") && kept.contains("(proven "), "{told}");
    house.rig.make("tiny", &Stick { mib: 48, ..Stick::of(StickKind::Ext4) });
    house.plug("tiny");
    let volumes = house.good(&["drive", "list"])["volumes"].clone();
    let tiny = volumes.as_array().unwrap().iter().find(|volume| volume["known"] == false).unwrap();
    let refused = house.run(&["drive", "adopt", tiny["volume"].as_str().unwrap(), "--name", "Tiny"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("too small for backups") && said.contains("64 MB or more"), "{said}");
    house.rig.make("raw", &Stick { mib: 80, is_whole_disk: true, ..Stick::of(StickKind::Nothing) });
    house.plug("raw");
    let listed = String::from_utf8(house.run(&["drive", "list"]).stdout).unwrap();
    let (raw, small) =
        ("is not formatted. Your disk utility formats it.", "is too small for backups. Use one of 64 MB");
    assert!(listed.contains(raw) && listed.contains(small) && !listed.contains("To use it"), "{listed}");
    house.rig.unplug("raw");
    house.rig.unplug("tiny");
    house.sh("head -c 120000000 /dev/urandom > pictures/film.mp4");
    house.good(&["backup"]);
    let full = house.run(&["--json", "copy", "Blue drive"]);
    let told: Value = serde_json::from_slice(&full.stdout).unwrap();
    assert_eq!(told["destinations"][0]["drive"]["state"], "full", "{told}");
    assert_eq!(told["destinations"][0]["removed"].as_array().unwrap().len(), 0);
    assert_eq!(house.good(&["drive", "prove", "Blue drive"])["archives"], 1, "the earlier copy is still there");
    assert_eq!(house.mounts(), "0");
}

#[test]
fn files_come_back_from_a_drive_that_is_plugged_in_and_not_mounted() {
    let Some(house) = DriveHouse::begin("drive_copies::files_come_back_from_a_drive") else { return };
    house.good(&["backup"]);
    house.rig.make("blue", &Stick { mib: 160, ..Stick::of(StickKind::Ext4) });
    house.plug("blue");
    house.adopt(&[]);
    house.copy();
    assert_eq!(house.mounts(), "0");
    // What was here is damaged, or gone.
    house.sh("for f in backups/*.tar.gz; do rm $f; done");
    let back = house.rig.home().join("back");
    let restored = house.good(&["restore", "latest", "--to", back.to_str().unwrap()]);
    house.sh("diff -r pictures back/pictures");
    assert_eq!(restored["from_places"][0]["place"], "Blue drive", "{restored}");
    assert_eq!(house.mounts(), "0", "it is left as it was");
    house.rig.unplug("blue");
    let away = house.run(&["restore", "latest", "--to", house.rig.home().join("away").to_str().unwrap()]);
    let said = [away.stderr, away.stdout].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(!away.status.success() && said.contains("Blue drive"), "{said}");
}
