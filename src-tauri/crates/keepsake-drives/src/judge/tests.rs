//! Devices as they were seen with real drives, and some that nobody should make.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

fn device(name: &str, disk: &str, properties: &[(&'static str, &str)]) -> Facts {
    let number = name.bytes().fold(0_u32, |n, b| n * 31 % 10_007 + u32::from(b));
    Facts {
        name: name.into(),
        disk: disk.into(),
        is_partition: name != disk,
        node: PathBuf::from("/dev").join(name),
        number: Some((8, number)),
        is_known: true,
        bytes: 1 << 30,
        sequence: Some(3),
        properties: properties.iter().map(|&(name, value)| (name, value.to_owned())).collect(),
        ..Facts::default()
    }
}

const EXT4: [(&str, &str); 3] = [("ID_FS_USAGE", "filesystem"), ("ID_FS_TYPE", "ext4"), ("ID_FS_UUID", "u-1")];

fn on_usb(mut facts: Facts) -> Facts {
    facts.is_on_a_cable = true;
    facts
}

fn judged(all: &[Facts]) -> Vec<Volume> {
    volumes(all, &Mounts::default(), &BTreeSet::new())
}

fn names(all: &[Facts]) -> Vec<String> {
    judged(all).into_iter().map(|volume| volume.device.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_whole_disk_without_a_table_is_a_volume() {
    let mut stick = on_usb(device("sdb", "sdb", &EXT4));
    stick.properties.insert("ID_FS_LABEL_ENC", r"Blue\x20drive".into());
    stick.properties.insert("ID_VENDOR_ENC", r"SanDisk\x20".into());
    stick.properties.insert("ID_MODEL", "Ultra_Fit".into());
    stick.properties.insert("ID_SERIAL_SHORT", "4C53".into());
    let volume = &judged(&[stick])[0];
    let expected = Contents::FileSystem { kind: "ext4".into(), uuid: "u-1".into(), label: "Blue drive".into() };
    assert_eq!(volume.contents, expected);
    assert_eq!((volume.title().as_str(), volume.hardware.serial.as_str()), ("SanDisk Ultra Fit", "4C53"));
    assert_eq!((volume.key().as_str(), volume.bytes), ("sdb-3", 1 << 30));
}

#[test]
fn partitions_count_and_the_disk_around_them_does_not() {
    let table = on_usb(device(
        "sdb",
        "sdb",
        &[("ID_PART_TABLE_TYPE", "dos"), ("ID_FS_TYPE", "iso9660"), ("ID_FS_USAGE", "filesystem")],
    ));
    let mut extended = on_usb(device("sdb2", "sdb", &[("ID_PART_ENTRY_SCHEME", "dos"), ("ID_PART_ENTRY_TYPE", "0x5")]));
    extended.bytes = 1 << 20;
    let mut tiny = on_usb(device("sdb3", "sdb", &[]));
    tiny.bytes = 1024;
    let efi = on_usb(device(
        "sdb4",
        "sdb",
        &[("ID_PART_ENTRY_TYPE", "C12A7328-f81f-11d2-ba4b-00a0c93ec93b"), ("ID_FS_TYPE", "vfat")],
    ));
    let ignored = on_usb(device("sdb6", "sdb", &[("UDISKS_IGNORE", "1")]));
    let all = [
        table,
        on_usb(device("sdb1", "sdb", &EXT4)),
        extended,
        tiny,
        efi,
        on_usb(device("sdb5", "sdb", &EXT4)),
        ignored,
    ];
    assert_eq!(names(&all), ["sdb1", "sdb5"]);
}

#[test]
fn an_enclosure_that_says_ata_is_known_by_the_cable() {
    let properties = [EXT4.as_slice(), &[("ID_BUS", "ata")]].concat();
    assert_eq!(names(&[on_usb(device("sdb1", "sdb", &properties))]), ["sdb1"]);
    assert_eq!(names(&[device("sda1", "sda", &properties)]), [""; 0], "a built-in disk");
}

#[test]
fn cards_and_removable_media_count_and_loops_only_where_a_rule_says_so() {
    let mut card = device("mmcblk0p1", "mmcblk0", &EXT4);
    assert_eq!(names(std::slice::from_ref(&card)), [""; 0], "soldered");
    card.is_sd = true;
    let mut reader = device("sdc1", "sdc", &EXT4);
    reader.is_removable = true;
    let mut empty_reader = reader.clone();
    (empty_reader.name, empty_reader.bytes) = ("sdd".into(), 0);
    let mut optical = device("sr0", "sr0", &EXT4);
    optical.is_removable = true;
    let all = [card, reader, empty_reader, optical, device("loop0", "loop0", &EXT4), device("zram0", "zram0", &EXT4)];
    assert_eq!(names(&all), ["mmcblk0p1", "sdc1"]);
    let tagged = [EXT4.as_slice(), &[("ID_BUS", "usb")]].concat();
    let auto = [EXT4.as_slice(), &[("UDISKS_AUTO", "1")]].concat();
    assert_eq!(names(&[device("loop0", "loop0", &tagged), device("loop1", "loop1", &auto)]), ["loop0", "loop1"]);
    let hinted = device("nvme1n1", "nvme1n1", &EXT4);
    let hints = BTreeSet::from([hinted.number.unwrap()]);
    assert_eq!(volumes(&[hinted], &Mounts::default(), &hints).len(), 1);
}

#[test]
fn what_udev_has_not_seen_yet_is_not_told() {
    let mut stick = on_usb(device("sdb1", "sdb", &EXT4));
    stick.is_known = false;
    assert_eq!(names(&[stick]), [""; 0]);
}

#[test]
fn what_is_not_a_file_system_is_said_to_be_what_it_is() {
    let of =
        |properties: &[(&'static str, &str)]| judged(&[on_usb(device("sdb1", "sdb", properties))]).remove(0).contents;
    assert_eq!(of(&[]), Contents::Nothing);
    let luks = [("ID_FS_USAGE", "crypto"), ("ID_FS_TYPE", "crypto_LUKS"), ("ID_FS_UUID", "l-1")];
    assert_eq!(of(&luks), Contents::Locked { uuid: "l-1".into() });
    assert_eq!(
        of(&[("ID_FS_USAGE", "raid"), ("ID_FS_TYPE", "LVM2_member")]),
        Contents::Other { kind: "LVM2_member".into() }
    );
    assert_eq!(of(&[("ID_FS_USAGE", "other"), ("ID_FS_TYPE", "swap")]), Contents::Other { kind: "swap".into() });
    assert_eq!(of(&[("ID_FS_AMBIVALENT", "a b")]), Contents::Other { kind: "several at once".into() });
}

#[test]
fn the_clear_text_takes_the_place_of_what_was_locked() {
    let luks = [("ID_FS_USAGE", "crypto"), ("ID_FS_TYPE", "crypto_LUKS"), ("ID_FS_UUID", "l-1"), ("ID_MODEL", "Ultra")];
    let locked = on_usb(device("sdb1", "sdb", &luks));
    let mut clear = device("dm-0", "dm-0", &[EXT4.as_slice(), &[("DM_UUID", "CRYPT-LUKS2-l1-luks-x")]].concat());
    clear.below = vec!["sdb1".into()];
    let before = judged(std::slice::from_ref(&locked));
    let after = judged(&[locked.clone(), clear.clone()]);
    assert_eq!(after.len(), 1, "the locked one is not told any more");
    assert_eq!((after[0].key(), after[0].title()), (before[0].key(), "Ultra".into()), "it is the same plugging in");
    assert_eq!((after[0].device.as_path(), after[0].uuid()), (Path::new("/dev/dm-0"), Some("u-1")));
    // One that is still being set up, LVM, and the clear text of a built-in disk are nothing of ours.
    let mut early = clear.clone();
    early.properties.insert("DM_UDEV_DISABLE_OTHER_RULES_FLAG", "1".into());
    assert_eq!(names(&[locked.clone(), early]), ["sdb1"]);
    let mut unread = clear.clone();
    unread.is_known = false;
    assert_eq!(names(&[locked.clone(), unread]), ["sdb1"], "the locked one stays until the clear text is known");
    let mut lvm = clear.clone();
    lvm.properties.insert("DM_UUID", "LVM-abc".into());
    assert_eq!(names(&[locked, lvm]), ["sdb1"]);
    let built_in = device("sdb1", "sdb", &luks);
    assert_eq!(names(&[built_in, clear]), [""; 0]);
}

#[test]
fn the_disk_of_the_system_is_never_a_drive() {
    // The root file system on LVM on LUKS on a USB disk.
    let disk = on_usb(device("sda", "sda", &[]));
    let other_partition = on_usb(device("sda2", "sda", &EXT4));
    let partition = on_usb(device("sda1", "sda", &[("ID_FS_USAGE", "crypto")]));
    let mut clear = device("dm-0", "dm-0", &[("DM_UUID", "CRYPT-x"), ("ID_FS_TYPE", "LVM2_member")]);
    clear.below = vec!["sda1".into()];
    let mut root = device("dm-1", "dm-1", &[EXT4.as_slice(), &[("DM_UUID", "LVM-x")]].concat());
    (root.below, root.number) = (vec!["dm-0".into()], Some((253, 1)));
    let stick = on_usb(device("sdb1", "sdb", &EXT4));
    let all = [disk, other_partition, partition, clear, root, stick];
    let mounts = Mounts::parse(b"1 0 253:1 / / rw - ext4 /dev/mapper/root rw\n");
    let found = volumes(&all, &mounts, &BTreeSet::new());
    assert_eq!(found.iter().map(|v| v.device.as_path()).collect::<Vec<_>>(), [Path::new("/dev/sdb1")]);
    assert_eq!(judged(&all).len(), 3, "it is only the mount that tells");
}

#[test]
fn where_it_is_mounted_and_whether_it_can_be_written() {
    let mut stick = on_usb(device("sdb1", "sdb", &EXT4));
    (stick.number, stick.is_read_only) = (Some((8, 17)), true);
    let mounts = Mounts::parse(b"1 0 8:17 / /media/a rw - ext4 /dev/sdb1 rw\n2 0 8:17 / /mnt rw - ext4 /dev/sdb1 rw\n");
    let volume = volumes(&[stick], &mounts, &BTreeSet::new()).remove(0);
    assert_eq!(volume.mounted_at, [Path::new("/media/a"), Path::new("/mnt")]);
    assert!(volume.is_read_only);
}

fn any_device() -> impl Strategy<Value = Facts> {
    let names = proptest::sample::select(vec!["sda", "sda1", "sdb", "sdb1", "dm-0", "dm-1", "loop0", "loop0p1", "sr0"]);
    let property =
        (proptest::sample::select(crate::facts::PROPERTIES.to_vec()), "(1|crypto|filesystem|CRYPT-x|usb|\\PC{0,90})");
    let flags = any::<(bool, bool, bool, bool, bool)>();
    let below = proptest::collection::vec(proptest::sample::select(vec!["sda1", "sdb", "dm-0", "dm-1"]), 0..3);
    (names, proptest::collection::vec(property, 0..8), flags, below, any::<u64>()).prop_map(
        |(name, properties, flags, below, bytes)| {
            let disk = name
                .strip_suffix("p1")
                .or_else(|| name.strip_suffix('1').filter(|n| n.len() == 3 && *n != "dm-"))
                .unwrap_or(name);
            let mut facts = device(name, disk, &[]);
            facts.properties = properties.into_iter().collect();
            (facts.is_known, facts.is_on_a_cable, facts.is_removable, facts.is_sd, facts.is_read_only) = flags;
            (facts.below, facts.bytes) = (below.into_iter().map(String::from).collect(), bytes);
            facts
        },
    )
}

proptest! {
    #[test]
    fn whatever_devices_say_each_volume_is_told_once_and_fit_to_be_shown(
        all in proptest::collection::vec(any_device(), 0..8)
    ) {
        let mut all = all;
        let mut names = BTreeSet::new();
        all.retain(|facts| names.insert(facts.name.clone()));
        let root = Mounts::parse(format!("1 0 8:{} / / rw - ext4 x rw", device("sda", "sda", &[]).number.unwrap().1).as_bytes());
        let found = volumes(&all, &root, &BTreeSet::new());
        for volume in &found {
            prop_assert!(!volume.plugged.name.starts_with("sda") || !names.contains("sda"), "the root disk: {volume:?}");
            prop_assert!(volume.bytes > 0);
            for text in [volume.title(), volume.key(), volume.uuid().unwrap_or_default().to_owned()] {
                prop_assert_eq!(words::name(&text), text);
            }
        }
    }
}
