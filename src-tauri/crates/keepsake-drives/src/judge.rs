//! Which block devices are volumes that can be taken away, and what is on them. Pure: facts in, volumes out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::facts::Facts;
use crate::mounts::{Mounts, Number};
use crate::volume::{Contents, Hardware, Plugged, Volume};
use crate::words;

/// Where the system itself stands: what is mounted here is never a drive of a family.
const SYSTEM_FOLDERS: [&str; 5] = ["/", "/usr", "/boot", "/var", "/home"];
/// Types of extended partitions in a DOS table, as udev writes them: a box around others.
const EXTENDED: [&str; 3] = ["0x5", "0xf", "0x85"];
/// A box around others has no room of its own: two sectors, with which a boot loader could find the rest.
const BOX_BYTES: u64 = 1024;
/// Partitions of a GPT that are for the firmware: EFI system, BIOS boot, Microsoft reserved (UEFI 2.10, table 5.7;
/// the list of UDisks2's `80-udisks2.rules`, which is not there without UDisks2).
const OF_THE_FIRMWARE: [&str; 3] = [
    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
    "21686148-6449-6e6f-744e-656564454649",
    "e3c9e316-0b5c-4db8-817d-f92df00215ae",
];

/// The volumes among all block devices. `hinted`: devices that UDisks2 would show by itself (`HintAuto`).
pub(crate) fn volumes(all: &[Facts], mounts: &Mounts, hinted: &BTreeSet<Number>) -> Vec<Volume> {
    let by_name: BTreeMap<&str, &Facts> = all.iter().map(|facts| (facts.name.as_str(), facts)).collect();
    let system = system_disks(&by_name, mounts);
    let is_drive = |facts: &Facts| {
        let disk = by_name.get(facts.disk.as_str()).copied().unwrap_or(facts);
        !system.contains(facts.disk.as_str()) && can_be_taken_away(facts, disk, hinted)
    };
    // The container under a clear text, by name.
    let mut containers = BTreeMap::new();
    for facts in all.iter().filter(|facts| facts.is_known && is_clear_text(facts)) {
        if let [below] = facts.below.as_slice()
            && let Some(container) = by_name.get(below.as_str())
            && is_drive(container)
            && container.is_known
        {
            containers.insert(facts.name.as_str(), *container);
        }
    }
    let unlocked: BTreeSet<&str> = containers.values().map(|container| container.name.as_str()).collect();
    let mut found = Vec::new();
    for facts in all.iter().filter(|facts| facts.is_known && facts.bytes > 0 && !facts.is("UDISKS_IGNORE")) {
        let container = containers.get(facts.name.as_str()).copied();
        let is_own = container.is_some() || (facts.below.is_empty() && is_drive(facts));
        if !is_own || unlocked.contains(facts.name.as_str()) || is_no_place(facts, all) {
            continue;
        }
        let on_the_drive = container.unwrap_or(facts);
        let disk = by_name.get(on_the_drive.disk.as_str()).copied().unwrap_or(on_the_drive);
        found.push(Volume {
            device: facts.node.clone(),
            contents: contents(facts),
            hardware: hardware(on_the_drive, disk),
            bytes: facts.bytes,
            is_read_only: facts.is_read_only || on_the_drive.is_read_only,
            mounted_at: facts.number.map_or_else(Vec::new, |n| mounts.of(n).map(|mount| mount.at.clone()).collect()),
            plugged: Plugged { name: on_the_drive.name.clone(), sequence: on_the_drive.sequence },
        });
    }
    found
}

/// True when people can take it away. What stands below a file of a disk (loop) or in memory (zram) has no such
/// ancestor, and needs a rule that says so.
fn can_be_taken_away(facts: &Facts, disk: &Facts, hinted: &BTreeSet<Number>) -> bool {
    if [facts, disk].iter().any(|f| f.is("ID_CDROM") || f.is("ID_DRIVE_FLOPPY"))
        || ["sr", "fd"].iter().any(|kind| is_a(&disk.name, kind))
    {
        return false;
    }
    let is_on_a_cable = |f: &Facts| f.is_on_a_cable || matches!(f.get("ID_BUS"), Some("usb" | "ieee1394"));
    let is_hinted = |f: &Facts| f.is("UDISKS_AUTO") || f.number.is_some_and(|number| hinted.contains(&number));
    [facts, disk]
        .iter()
        .any(|f| is_on_a_cable(f) || is_hinted(f) || f.is_sd || f.is("ID_DRIVE_FLASH_SD") || f.is_removable)
}

/// True for `sr0` and `sr`, and not for `srx0`.
fn is_a(name: &str, kind: &str) -> bool {
    name.strip_prefix(kind).is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

/// True for the clear text of something that was unlocked (libcryptsetup names those `CRYPT-...`), once it is set up.
fn is_clear_text(facts: &Facts) -> bool {
    facts.get("DM_UUID").is_some_and(|uuid| uuid.starts_with("CRYPT-")) && !facts.is("DM_UDEV_DISABLE_OTHER_RULES_FLAG")
}

/// True for what holds other devices, and for what is the firmware's.
fn is_no_place(facts: &Facts, all: &[Facts]) -> bool {
    let kind = facts.get("ID_PART_ENTRY_TYPE").map(str::to_ascii_lowercase).unwrap_or_default();
    if facts.is_partition {
        let is_box = facts.get("ID_PART_ENTRY_SCHEME") == Some("dos") && EXTENDED.contains(&kind.as_str());
        return is_box || facts.bytes <= BOX_BYTES || OF_THE_FIRMWARE.contains(&kind.as_str());
    }
    all.iter().any(|other| other.is_partition && other.disk == facts.name)
}

fn contents(facts: &Facts) -> Contents {
    let kind = words::name(facts.get("ID_FS_TYPE").unwrap_or_default());
    let uuid = words::name(facts.get("ID_FS_UUID").unwrap_or_default());
    let usage = facts.get("ID_FS_USAGE").unwrap_or_default();
    match usage {
        "filesystem" => Contents::FileSystem { kind, uuid, label: text(facts, "ID_FS_LABEL_ENC", "ID_FS_LABEL") },
        "crypto" => Contents::Locked { uuid },
        _ if !kind.is_empty() => Contents::Other { kind },
        _ if facts.get("ID_FS_AMBIVALENT").is_some() => Contents::Other { kind: "several at once".into() },
        _ => Contents::Nothing,
    }
}

fn hardware(volume: &Facts, disk: &Facts) -> Hardware {
    let one = |encoded, plain| {
        let own = text(volume, encoded, plain);
        if own.is_empty() { text(disk, encoded, plain) } else { own }
    };
    let serial = one("", "ID_SERIAL_SHORT");
    Hardware {
        vendor: one("ID_VENDOR_ENC", "ID_VENDOR"),
        model: one("ID_MODEL_ENC", "ID_MODEL"),
        serial: if serial.is_empty() { one("", "ID_USB_SERIAL_SHORT") } else { serial },
    }
}

/// A property in udev's encoding, else the plain one, in which spaces have become underscores.
fn text(facts: &Facts, encoded: &str, plain: &str) -> String {
    let decoded = facts.get(encoded).map(words::decode);
    let plain = || facts.get(plain).map(|text| text.replace('_', " ")).unwrap_or_default();
    words::name(&decoded.unwrap_or_else(plain))
}

/// The disks on which the system stands, also below encryption, LVM and RAID.
fn system_disks<'a>(by_name: &BTreeMap<&str, &'a Facts>, mounts: &Mounts) -> BTreeSet<&'a str> {
    let numbers: Vec<Number> =
        SYSTEM_FOLDERS.iter().filter_map(|folder| mounts.at(Path::new(folder))).map(|mount| mount.number).collect();
    let is_system = |facts: &&&Facts| facts.number.is_some_and(|number| numbers.contains(&number));
    let mut to_see: Vec<&'a Facts> = by_name.values().filter(is_system).copied().collect();
    let mut disks = BTreeSet::new();
    let mut seen = BTreeSet::new();
    while let Some(facts) = to_see.pop() {
        if !seen.insert(facts.name.as_str()) {
            continue;
        }
        disks.insert(facts.disk.as_str());
        to_see.extend(facts.below.iter().chain([&facts.disk]).filter_map(|name| by_name.get(name.as_str()).copied()));
    }
    disks
}

#[cfg(test)]
mod tests;
