//! `Watcher` and udev's events, in any order: devices come from umockdev (<https://github.com/martinpitt/umockdev>).

#[path = "../common/skip.rs"]
mod skip;
mod testbed;

use keepsake_drives::{Contents, Seen, volumes_in};
use testbed::{Testbed, device, testbed};

/// A port on USB; what is plugged in stands below it.
const PORT: &str = "P: /devices/pci0/usb1/1-1\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\n\n";
const SDB: &str = "/devices/pci0/usb1/1-1/block/sdb";
const SDB1: &str = "/devices/pci0/usb1/1-1/block/sdb/sdb1";
const SDC: &str = "/devices/pci0/usb1/1-1/block/sdc";

fn file_system(uuid: &str) -> [(&str, &str); 3] {
    [("ID_FS_USAGE", "filesystem"), ("ID_FS_TYPE", "vfat"), ("ID_FS_UUID", uuid)]
}

/// A stick with one partition.
fn stick(uuid: &str) -> String {
    format!(
        "{PORT}{}{}",
        device(SDB, "8:16", &[("ID_PART_TABLE_TYPE", "dos")], &[]),
        device(SDB1, "8:17", &file_system(uuid), &[])
    )
}

const STICK: [&str; 2] = ["8:16", "8:17"];

fn sys(path: &str) -> String {
    format!("/sys{path}")
}

/// Plugs in a whole disk without a table; after it was told, everything before it was.
fn marker(bed: &mut Testbed) {
    bed.add(&device(SDC, "8:32", &file_system("marker"), &[]), &["8:32"]);
}

#[test]
fn what_is_plugged_in_already_is_told_before_ready() {
    let Some(mut bed) = testbed("what_is_plugged_in_already_is_told_before_ready") else { return };
    bed.add(&stick("u-1"), &STICK);
    bed.add(&device(SDC, "8:32", &[], &[]), &["8:32"]);
    bed.add(&device("/devices/pci0/ata1/block/sda", "8:0", &file_system("built-in"), &[]), &["8:0"]);
    let watching = bed.watch();
    assert_eq!(watching.until("ready"), ["here sdb1 u-1", "here sdc nothing", "ready"]);
    let keys: Vec<String> =
        volumes_in(&bed.surroundings()).expect("a look").iter().map(|volume| volume.key()).collect();
    assert_eq!(keys, ["sdb1", "sdc"]);
    assert!(watching.end());
}

#[test]
fn a_volume_is_told_once_however_often_udev_speaks() {
    let Some(mut bed) = testbed("a_volume_is_told_once_however_often_udev_speaks") else { return };
    let watching = bed.watch();
    assert_eq!(watching.next(), Seen::Ready);
    bed.add(&stick("u-1"), &STICK);
    assert_eq!(watching.next_in_short(), "here sdb1 u-1");
    // umockdev ends when more than ten events wait.
    for action in ["add", "change", "bind"] {
        bed.event(&sys(SDB1), action);
        bed.event(&sys(SDB), action);
    }
    marker(&mut bed);
    assert_eq!(watching.until("here sdc marker"), ["here sdc marker"]);
    bed.remove(&sys(SDB1), "8:17");
    bed.remove(&sys(SDC), "8:32");
    assert_eq!(watching.until("gone sdc"), ["gone sdb1", "gone sdc"]);
    assert!(watching.end());
}

#[test]
fn unplugged_and_plugged_at_once_is_told_as_both() {
    let Some(mut bed) = testbed("unplugged_and_plugged_at_once_is_told_as_both") else { return };
    bed.add(&stick("u-1"), &STICK);
    let watching = bed.watch();
    assert_eq!(watching.until("ready"), ["here sdb1 u-1", "ready"]);
    for _ in 0..50 {
        bed.remove(&sys(SDB1), "8:17");
        bed.add(&device(SDB1, "8:17", &file_system("u-1"), &[]), &["8:17"]);
        assert_eq!(watching.next_in_short(), "gone sdb1");
        assert_eq!(watching.next_in_short(), "here sdb1 u-1");
    }
    assert!(watching.end());
}

#[test]
fn a_late_event_is_not_about_what_was_plugged_in_since() {
    let Some(mut bed) = testbed("a_late_event_is_not_about_what_was_plugged_in_since") else { return };
    let whole = |sequence: &str, uuid: &str| {
        let properties = [file_system(uuid).as_slice(), &[("DISKSEQ", sequence)]].concat();
        device(SDB, "8:16", &properties, &[("diskseq", sequence)])
    };
    bed.add(&format!("{PORT}{}", whole("7", "u-1")), &["8:16"]);
    let watching = bed.watch();
    assert_eq!(watching.until("ready"), ["here sdb-7 u-1", "ready"]);
    bed.vanish(&sys(SDB), "8:16");
    bed.add(&whole("8", "u-2"), &["8:16"]);
    assert_eq!(watching.until("here sdb-8 u-2"), ["gone sdb-7", "here sdb-8 u-2"]);
    // What udev still has to say of the first one.
    bed.property(&sys(SDB), "DISKSEQ", "7");
    bed.event(&sys(SDB), "remove");
    bed.property(&sys(SDB), "DISKSEQ", "8");
    marker(&mut bed);
    assert_eq!(watching.next_in_short(), "here sdc marker");
    bed.event(&sys(SDB), "remove");
    bed.event(&sys(SDB), "add");
    assert_eq!(watching.until("here sdb-8 u-2"), ["gone sdb-8", "here sdb-8 u-2"]);
    assert!(watching.end());
}

#[test]
fn what_udev_has_not_read_yet_waits_until_it_has() {
    let Some(mut bed) = testbed("what_udev_has_not_read_yet_waits_until_it_has") else { return };
    let watching = bed.watch();
    assert_eq!(watching.next(), Seen::Ready);
    bed.add(&stick("u-1"), &[]);
    bed.event(&sys(SDB1), "change");
    marker(&mut bed);
    assert_eq!(watching.next_in_short(), "here sdc marker");
    bed.note("8:17");
    bed.event(&sys(SDB1), "add");
    assert_eq!(watching.next_in_short(), "here sdb1 u-1");
    // Formatted: the same plugging in, with something else on it.
    bed.property(&sys(SDB1), "ID_FS_UUID", "u-2");
    bed.event(&sys(SDB1), "change");
    assert_eq!(watching.next_in_short(), "here sdb1 u-2");
    assert!(watching.end());
}

#[test]
fn enclosures_parts_and_clones_are_each_told() {
    let Some(mut bed) = testbed("enclosures_parts_and_clones_are_each_told") else { return };
    let watching = bed.watch();
    assert_eq!(watching.next(), Seen::Ready);
    let ata = [file_system("same").as_slice(), &[("ID_BUS", "ata"), ("ID_MODEL_ENC", r"WDC\x20WD10")]].concat();
    let extended = [("ID_PART_ENTRY_SCHEME", "dos"), ("ID_PART_ENTRY_TYPE", "0x5")];
    let parts = [
        PORT.to_owned(),
        device(SDB, "8:16", &[("ID_PART_TABLE_TYPE", "dos"), ("ID_BUS", "ata")], &[]),
        device(SDB1, "8:17", &ata, &[]),
        device(&format!("{SDB}/sdb2"), "8:18", &extended, &[]),
        device(&format!("{SDB}/sdb5"), "8:21", &file_system("five"), &[]),
        device(SDC, "8:32", &file_system("same"), &[("ro", "1")]),
    ];
    bed.add(&parts.concat(), &["8:16", "8:17", "8:18", "8:21", "8:32"]);
    let mut told = Vec::new();
    while told.len() < 3 {
        if let Seen::Here(volume) = watching.next() {
            told.push((volume.key(), volume.title(), volume.uuid().map(String::from), volume.is_read_only));
        }
    }
    told.sort();
    let volume = |key: &str, title: &str, uuid: &str, is_read_only| {
        (key.to_owned(), title.to_owned(), Some(uuid.to_owned()), is_read_only)
    };
    let expected = [
        volume("sdb1", "WDC WD10", "same", false),
        volume("sdb5", "USB drive", "five", false),
        volume("sdc", "USB drive", "same", true),
    ];
    assert_eq!(told, expected);
    assert!(watching.end());
}

#[test]
fn unlocked_and_locked_again() {
    let Some(mut bed) = testbed("unlocked_and_locked_again") else { return };
    let luks = [("ID_FS_USAGE", "crypto"), ("ID_FS_TYPE", "crypto_LUKS"), ("ID_FS_UUID", "l-1")];
    bed.add(&format!("{PORT}{}", device(SDB, "8:16", &luks, &[])), &["8:16"]);
    let watching = bed.watch();
    assert!(
        matches!(watching.next(), Seen::Here(volume) if volume.contents == Contents::Locked { uuid: "l-1".into() })
    );
    assert_eq!(watching.next(), Seen::Ready);
    let clear = "/devices/virtual/block/dm-0";
    let properties = [file_system("u-1").as_slice(), &[("DM_UUID", "CRYPT-LUKS2-l1-luks")]].concat();
    // It is set up before what it stands on is known.
    bed.add(&device(clear, "253:0", &properties, &[]), &[]);
    bed.below(&sys(clear), "sdb");
    bed.note("253:0");
    bed.event(&sys(clear), "change");
    let Seen::Here(volume) = watching.next() else { panic!("it is unlocked") };
    assert_eq!((volume.key().as_str(), volume.uuid(), volume.device.to_str()), ("sdb", Some("u-1"), Some("/dev/dm-0")));
    bed.remove(&sys(clear), "253:0");
    assert_eq!(watching.next_in_short(), "here sdb l-1");
    assert!(watching.end());
}

#[test]
fn the_disk_of_the_system_is_not_told_and_mounts_are() {
    let Some(mut bed) = testbed("the_disk_of_the_system_is_not_told_and_mounts_are") else { return };
    std::fs::write(
        bed.mountinfo(),
        "1 0 8:33 / / rw - ext4 /dev/sdc1 rw\n2 1 8:17 / /media/a rw - vfat /dev/sdb1 rw\n",
    )
    .unwrap();
    bed.add(&stick("u-1"), &STICK);
    bed.add(&device(SDC, "8:32", &[("ID_PART_TABLE_TYPE", "gpt")], &[]), &["8:32"]);
    for (name, number) in [("sdc1", "8:33"), ("sdc2", "8:34")] {
        bed.add(&device(&format!("{SDC}/{name}"), number, &file_system("system"), &[]), &[number]);
    }
    let watching = bed.watch();
    let Seen::Here(volume) = watching.next() else { panic!("the stick") };
    assert_eq!((volume.key().as_str(), volume.mounted_at), ("sdb1", vec!["/media/a".into()]));
    assert_eq!(watching.next(), Seen::Ready);
    assert!(watching.end());
}
