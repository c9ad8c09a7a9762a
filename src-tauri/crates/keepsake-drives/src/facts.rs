//! What udev and the kernel say of block devices: read here, judged in [`judge`](crate::judge).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;
use udev::{Device, Enumerator};

use crate::mounts::Number;

/// Properties that are looked at (systemd's and UDisks2's udev rules).
pub(crate) const PROPERTIES: [&str; 24] = [
    "DM_UDEV_DISABLE_OTHER_RULES_FLAG",
    "DM_UUID",
    "ID_BUS",
    "ID_CDROM",
    "ID_DRIVE_FLASH_SD",
    "ID_DRIVE_FLOPPY",
    "ID_FS_AMBIVALENT",
    "ID_FS_LABEL",
    "ID_FS_LABEL_ENC",
    "ID_FS_TYPE",
    "ID_FS_USAGE",
    "ID_FS_UUID",
    "ID_MODEL",
    "ID_MODEL_ENC",
    "ID_PART_ENTRY_SCHEME",
    "ID_PART_ENTRY_TYPE",
    "ID_PART_TABLE_TYPE",
    "ID_SERIAL_SHORT",
    "ID_USB_SERIAL_SHORT",
    "ID_VENDOR",
    "ID_VENDOR_ENC",
    "UDISKS_AUTO",
    "UDISKS_IGNORE",
    "UDISKS_SYSTEM",
];

/// A block device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The kernel's name, `sdb1`.
    pub name: String,
    /// The kernel's name of the whole disk; its own when it is one.
    pub disk: String,
    /// True when it is a part of a disk.
    pub is_partition: bool,
    /// Its node in `/dev`.
    pub node: PathBuf,
    /// Its number.
    pub number: Option<Number>,
    /// True when udev has done its work on it; before, what it says is not known or is that of the one before it.
    pub is_known: bool,
    /// True when one of its ancestors is on USB or FireWire.
    pub is_on_a_cable: bool,
    /// True for an SD card, and not for the soldered kind.
    pub is_sd: bool,
    /// True when the medium can be taken out.
    pub is_removable: bool,
    /// True when the kernel lets nobody write.
    pub is_read_only: bool,
    /// Its size in bytes.
    pub bytes: u64,
    /// See [`Plugged::sequence`](crate::Plugged::sequence); the disk's.
    pub sequence: Option<u64>,
    /// On which devices it stands: for device mapper and RAID.
    pub below: Vec<String>,
    /// What udev's rules found.
    pub properties: BTreeMap<&'static str, String>,
}

impl Facts {
    /// A property; None when it is not there or empty.
    pub fn get(&self, property: &str) -> Option<&str> {
        self.properties.get(property).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// True when the property is `1`.
    pub fn is(&self, property: &str) -> bool {
        self.get(property) == Some("1")
    }
}

/// All block devices.
pub(crate) fn all() -> std::io::Result<Vec<Facts>> {
    let mut enumerator = Enumerator::new()?;
    enumerator.match_subsystem("block")?;
    Ok(enumerator.scan_devices()?.map(|device| of(&device)).collect())
}

/// True when such a device is plugged in, is still the same plugging in, and udev knows it.
pub(crate) fn is_here(name: &str, sequence: Option<u64>) -> bool {
    let device = Device::from_subsystem_sysname("block".into(), name.into());
    device.is_ok_and(|device| {
        let facts = of(&device);
        facts.is_known && (sequence.is_none() || facts.sequence == sequence)
    })
}

/// The number of a device that is plugged in.
pub(crate) fn number(name: &str) -> Option<Number> {
    of(&Device::from_subsystem_sysname("block".into(), name.into()).ok()?).number
}

fn of(device: &Device) -> Facts {
    let name = device.sysname().to_string_lossy().into_owned();
    let is_partition = device.devtype().is_some_and(|kind| kind == "partition");
    let disk = if is_partition { device.parent() } else { None };
    let disk = disk.as_ref().unwrap_or(device);
    let sectors: u64 = attribute(device, "size").and_then(|text| text.parse().ok()).unwrap_or(0);
    let card = device.parent_with_subsystem("mmc").ok().flatten();
    let is_below = |subsystem| device.parent_with_subsystem(subsystem).ok().flatten().is_some();
    let values =
        PROPERTIES.iter().filter_map(|&name| Some((name, device.property_value(name)?.to_string_lossy().into_owned())));
    Facts {
        disk: disk.sysname().to_string_lossy().into_owned(),
        is_partition,
        node: device.devnode().map_or_else(|| Path::new("/dev").join(&name), PathBuf::from),
        number: device.devnum().map(|number| (rustix::fs::major(number), rustix::fs::minor(number))),
        is_known: device.is_initialized(),
        is_on_a_cable: is_below("usb") || is_below("firewire"),
        is_sd: card.is_some_and(|card| attribute(&card, "type").is_some_and(|kind| kind == "SD")),
        is_removable: attribute(disk, "removable").is_some_and(|text| text == "1"),
        is_read_only: [device, disk].iter().any(|d| attribute(d, "ro").is_some_and(|text| text == "1")),
        // The kernel counts in sectors of 512 bytes, whatever the disk has.
        bytes: sectors.saturating_mul(512),
        sequence: attribute(disk, "diskseq").and_then(|text| text.parse().ok()),
        below: names_in(&device.syspath().join("slaves")),
        properties: values.collect(),
        name,
    }
}

fn attribute(device: &Device, name: &str) -> Option<String> {
    Some(device.attribute_value(name)?.to_string_lossy().trim().to_owned())
}

/// Names in a folder of `/sys`; none when there is no such folder.
fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
