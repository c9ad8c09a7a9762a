//! A volume: what could be mounted of a drive, and how it is named.

use std::path::PathBuf;

use crate::words;

/// What a drive is called that says nothing of itself.
const NAMELESS: &str = "USB drive";

/// A file system on a drive that can be taken away, or what could hold one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Its block device (`/dev/sdb1`; of an unlocked one the clear text, `/dev/dm-0`).
    pub device: PathBuf,
    /// What is on it.
    pub contents: Contents,
    /// What the drive says of itself.
    pub hardware: Hardware,
    /// Its size in bytes: of the partition, not of what is free.
    pub bytes: u64,
    /// True when nothing can be written: the switch on the card, or the kernel's word. How it is mounted says
    /// [`Mounted`](crate::Mounted).
    pub is_read_only: bool,
    /// Where it is mounted, as this process sees it; the first is the oldest.
    pub mounted_at: Vec<PathBuf>,
    /// Which plugging in this is.
    pub plugged: Plugged,
}

/// What is on a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// A file system.
    FileSystem {
        /// Its kind, as udev calls it: `ext4`, `vfat`, `exfat`, `ntfs`, `btrfs`.
        kind: String,
        /// Its UUID or serial number; empty when it has none.
        uuid: String,
        /// Its label; empty when it has none.
        label: String,
    },
    /// Encrypted (LUKS, BitLocker) and not unlocked.
    Locked {
        /// Its UUID; empty when it has none.
        uuid: String,
    },
    /// Unformatted, or with something that this computer does not recognise.
    Nothing,
    /// Something else: swap, a part of a RAID or LVM, something ambiguous.
    Other {
        /// Its kind, as udev calls it.
        kind: String,
    },
}

/// What a drive says of itself; each is empty when unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hardware {
    /// Who made it.
    pub vendor: String,
    /// What it is called.
    pub model: String,
    /// Its serial number.
    pub serial: String,
}

/// One plugging in of a drive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plugged {
    /// What the kernel calls what stands on the drive itself (`sdb1`), also where the volume is the clear text of it.
    pub name: String,
    /// The kernel's number for the disk: never given twice until the computer starts again. None before Linux 5.15.
    pub sequence: Option<u64>,
}

impl Hardware {
    /// Vendor and model as one name; empty when both are unknown.
    pub fn title(&self) -> String {
        // What the bus is called is no vendor.
        let vendor = if ["ATA", "USB"].contains(&self.vendor.as_str()) { "" } else { self.vendor.as_str() };
        let has_vendor = self.model.to_lowercase().starts_with(&vendor.to_lowercase());
        let title = if has_vendor { self.model.clone() } else { format!("{vendor} {}", self.model) };
        words::clean(&title, words::LONGEST_CHARS)
    }

    /// Vendor, model and serial number as one text; None when nothing tells it from others: it has no serial number, or one
    /// that many have.
    pub fn id(&self) -> Option<String> {
        let letters: Vec<char> = self.serial.chars().filter(|c| c.is_alphanumeric()).collect();
        let is_all_the_same = letters.windows(2).all(|pair| pair[0] == pair[1]);
        let counts_up = ["0123456789ABCDEF", "1234567890ABCDEF", "123456789ABCDEF"];
        let serial: String = letters.iter().collect::<String>().to_uppercase();
        let counts = serial.len() >= 5 && counts_up.iter().any(|digits| digits.starts_with(&serial));
        (!is_all_the_same && !counts).then(|| format!("{}:{}:{}", self.vendor, self.model, self.serial))
    }
}

impl Volume {
    /// Tells it from all others, also with the same UUID, and stays the same while it is plugged in: when it is mounted,
    /// unlocked, formatted. ASCII letters, digits, `-` and `_`.
    pub fn key(&self) -> String {
        let name = self.plugged.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
        let name: String = name.take(words::LONGEST_CHARS).collect();
        self.plugged.sequence.map_or(name.clone(), |sequence| format!("{name}-{sequence}"))
    }

    /// What people call it: "SanDisk Ultra", else its label, else "USB drive".
    pub fn title(&self) -> String {
        let hardware = self.hardware.title();
        match &self.contents {
            _ if !hardware.is_empty() => hardware,
            Contents::FileSystem { label, .. } if !label.is_empty() => label.clone(),
            _ => NAMELESS.into(),
        }
    }

    /// The UUID of the file system or of the locked container; None when there is none.
    pub fn uuid(&self) -> Option<&str> {
        match &self.contents {
            Contents::FileSystem { uuid, .. } | Contents::Locked { uuid } => {
                Some(uuid.as_str()).filter(|u| !u.is_empty())
            }
            Contents::Nothing | Contents::Other { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hardware(vendor: &str, model: &str, serial: &str) -> Hardware {
        Hardware { vendor: vendor.into(), model: model.into(), serial: serial.into() }
    }

    fn volume(hardware: Hardware, label: &str) -> Volume {
        Volume {
            device: "/dev/sdb1".into(),
            contents: Contents::FileSystem { kind: "vfat".into(), uuid: "4F21-99AB".into(), label: label.into() },
            hardware,
            bytes: 1,
            is_read_only: false,
            mounted_at: Vec::new(),
            plugged: Plugged { name: "sdb1".into(), sequence: Some(7) },
        }
    }

    #[test]
    fn a_drive_is_called_by_its_maker_else_by_its_label() {
        assert_eq!(volume(hardware("SanDisk", "Ultra", ""), "Fotos").title(), "SanDisk Ultra");
        assert_eq!(volume(hardware("SanDisk", "SanDisk 3.2Gen1", ""), "").title(), "SanDisk 3.2Gen1");
        assert_eq!(volume(hardware("ATA", "WDC WD10", ""), "").title(), "WDC WD10");
        assert_eq!(volume(hardware("", "", "123"), "Fotos").title(), "Fotos");
        assert_eq!(volume(hardware("", "", ""), "").title(), "USB drive");
    }

    #[test]
    fn a_serial_number_that_many_have_tells_nothing() {
        assert_eq!(hardware("A", "B", "4C530001").id().as_deref(), Some("A:B:4C530001"));
        for common in ["", "0", "00000000", "0-0-0", "0123456789ABCDEF", "123456789", "0123456789abcdef"] {
            assert_eq!(hardware("A", "B", common).id(), None, "{common}");
        }
    }

    #[test]
    fn two_with_the_same_uuid_have_keys_of_their_own() {
        let one = volume(Hardware::default(), "");
        let mut two = one.clone();
        two.plugged.name = "sdc1".into();
        let mut again = one.clone();
        again.plugged.sequence = Some(8);
        assert_eq!(one.key(), "sdb1-7");
        assert_eq!(two.uuid(), one.uuid());
        assert_ne!(two.key(), one.key());
        assert_ne!(again.key(), one.key());
        two.plugged = Plugged { name: "../x\u{202E}".into(), sequence: None };
        assert_eq!(two.key(), "___x_");
    }
}
