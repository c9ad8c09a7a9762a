//! The marker: what says that a drive is the family's, and which one.
//!
//! `Keepsake/drive.json` holds one JSON object, at most 4 KiB. Its last field is an HMAC-SHA256 (RFC 2104) over all others
//! with the family's drive key, so that nobody else can make one, and none can be changed. What is on a drive is hostile
//! until that has been checked.

use std::path::Path;

use ring::hmac;
use serde::{Deserialize, Serialize};

use crate::atomic_file;
use crate::error::FileError;
use crate::hash::{hex, sha256_of_hex};
use crate::settings::DriveId;

/// The marker's name in the folder of Keepsake.
pub const MARKER_NAME: &str = "drive.json";
/// The only format there is.
const FORMAT: u32 = 1;
/// A longer one is none of ours.
const MAX_MARKER_BYTES: u64 = 4096;
/// What the MAC begins with, so that no other use of the key can be taken for it.
const PURPOSE: &[u8] = b"keepsake drive marker 1\0";

/// What only the family has, to know its drives again: 32 bytes made from the recovery key.
#[derive(Clone)]
pub struct DriveKey(hmac::Key);

impl DriveKey {
    /// The key of these bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The MAC of what is put together from these parts, each with its length before it.
    pub(super) fn mac(&self, purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let tag = hmac::sign(&self.0, &joined(purpose, parts));
        let mut mac = [0; 32];
        mac.copy_from_slice(tag.as_ref());
        mac
    }

    /// True when this is the MAC of those parts; takes as long for a wrong one as for the right one.
    pub(super) fn is_mac(&self, purpose: &[u8], parts: &[&[u8]], mac: &[u8; 32]) -> bool {
        hmac::verify(&self.0, &joined(purpose, parts), mac).is_ok()
    }
}

/// Shows nothing of the key.
impl std::fmt::Debug for DriveKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DriveKey")
    }
}

fn joined(purpose: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = purpose.to_vec();
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(*part);
    }
    bytes
}

/// What the marker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// What tells the drive from all others.
    pub drive: DriveId,
    /// Which family: the first 8 bytes of the SHA-256 of its recipient, in hexadecimal.
    pub family: String,
    /// The UUID of the file system on which it was written.
    pub file_system: String,
    /// What tells the hardware from other; empty when nothing does.
    pub hardware: String,
    /// True when copies on it are encrypted.
    pub is_encrypted: bool,
    /// When the family adopted it, in seconds since 1970.
    pub adopted_secs: i64,
    /// The computer on which that was, for people.
    pub computer: String,
}

/// As it stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    drive: String,
    family: String,
    filesystem: String,
    hardware: String,
    is_encrypted: bool,
    adopted: i64,
    computer: String,
    mac: String,
}

/// What was found where a marker should be.
#[derive(Debug, PartialEq, Eq)]
pub enum FoundMarker {
    /// None.
    Nothing,
    /// The family's, unchanged.
    Ours(Marker),
    /// One of another family: its [`Marker::family`] is another. Nobody here can tell whether it is genuine.
    OtherFamily(Marker),
    /// Something that says that it is the family's and is not, or that cannot be read.
    Damaged,
}

impl Marker {
    fn mac(&self, key: &DriveKey) -> [u8; 32] {
        key.mac(PURPOSE, &self.parts().each_ref().map(Vec::as_slice))
    }

    fn parts(&self) -> [Vec<u8>; 7] {
        [
            self.drive.to_string().into_bytes(),
            self.family.clone().into_bytes(),
            self.file_system.clone().into_bytes(),
            self.hardware.clone().into_bytes(),
            vec![u8::from(self.is_encrypted)],
            self.adopted_secs.to_be_bytes().to_vec(),
            self.computer.clone().into_bytes(),
        ]
    }

    /// Writes it, whole or, after a power cut, not at all.
    ///
    /// # Errors
    /// [`FileError`] when the folder cannot be written.
    pub fn write(&self, folder: &Path, key: &DriveKey) -> Result<(), FileError> {
        let written = Written {
            format: FORMAT,
            drive: self.drive.to_string(),
            family: self.family.clone(),
            filesystem: self.file_system.clone(),
            hardware: self.hardware.clone(),
            is_encrypted: self.is_encrypted,
            adopted: self.adopted_secs,
            computer: self.computer.clone(),
            mac: hex(&self.mac(key)),
        };
        let mut text = serde_json::to_vec_pretty(&written).unwrap_or_default();
        text.push(b'\n');
        atomic_file::write_whole(&folder.join(MARKER_NAME), &text)
    }

    /// Reads what stands in a folder of Keepsake on a drive. `known` is what one's own family is and was called, with its drive key of
    /// then; every other marker is another family's.
    ///
    /// # Errors
    /// [`FileError`] when it is there and cannot be read.
    pub fn read(folder: &Path, known: &[(&str, &DriveKey)]) -> Result<FoundMarker, FileError> {
        let path = folder.join(MARKER_NAME);
        let bytes = match std::fs::symlink_metadata(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(FoundMarker::Nothing),
            Err(e) => return Err(FileError::on("read", &path)(e)),
            // A link could lead anywhere, a pipe would be waited for.
            Ok(facts) if !facts.is_file() || facts.len() > MAX_MARKER_BYTES => return Ok(FoundMarker::Damaged),
            Ok(_) => atomic_file::read_own_up_to(&path, MAX_MARKER_BYTES).map_err(FileError::on("read", &path))?,
        };
        Ok(Self::parse(&bytes, known))
    }

    fn parse(bytes: &[u8], known: &[(&str, &DriveKey)]) -> FoundMarker {
        let Ok(written) = serde_json::from_slice::<Written>(bytes) else { return FoundMarker::Damaged };
        let (Some(drive), Some(mac)) = (DriveId::parse(&written.drive), sha256_of_hex(&written.mac)) else {
            return FoundMarker::Damaged;
        };
        let is_text = |text: &str| text.len() <= 255 && !text.chars().any(char::is_control);
        let texts = [&written.family, &written.filesystem, &written.hardware, &written.computer];
        if written.format != FORMAT || !texts.iter().all(|text| is_text(text)) {
            return FoundMarker::Damaged;
        }
        let marker = Marker {
            drive,
            family: written.family,
            file_system: written.filesystem,
            hardware: written.hardware,
            is_encrypted: written.is_encrypted,
            adopted_secs: written.adopted,
            computer: written.computer,
        };
        match known.iter().find(|(family, _)| *family == marker.family) {
            Some((_, key)) => {
                let is_genuine = key.is_mac(PURPOSE, &marker.parts().each_ref().map(Vec::as_slice), &mac);
                if is_genuine { FoundMarker::Ours(marker) } else { FoundMarker::Damaged }
            }
            None => FoundMarker::OtherFamily(marker),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marker() -> Marker {
        Marker {
            drive: DriveId::of_bytes([7; 16]),
            family: "0011223344556677".into(),
            file_system: "4F21-99AB".into(),
            hardware: "SanDisk_4C53".into(),
            is_encrypted: true,
            adopted_secs: 1_772_500_000,
            computer: "kitchen".into(),
        }
    }

    fn written(key: &DriveKey) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        marker().write(dir.path(), key).unwrap();
        std::fs::read(dir.path().join(MARKER_NAME)).unwrap()
    }

    #[test]
    fn the_family_knows_its_own_and_no_other() {
        let (own, other) = (DriveKey::new(&[1; 32]), DriveKey::new(&[2; 32]));
        let bytes = written(&own);
        assert_eq!(Marker::parse(&bytes, &[("0011223344556677", &own)]), FoundMarker::Ours(marker()));
        assert_eq!(Marker::parse(&bytes, &[("0011223344556677", &other)]), FoundMarker::Damaged);
        assert_eq!(Marker::parse(&bytes, &[("ffff", &other)]), FoundMarker::OtherFamily(marker()));
        assert_eq!(Marker::parse(&bytes, &[]), FoundMarker::OtherFamily(marker()));
        assert!(!format!("{own:?}").contains('1'));
    }

    #[test]
    fn whatever_stands_in_its_place_is_none() {
        let key = DriveKey::new(&[1; 32]);
        let dir = tempfile::tempdir().unwrap();
        let read = || Marker::read(dir.path(), &[("0011223344556677", &key)]).unwrap();
        assert_eq!(read(), FoundMarker::Nothing);
        let path = dir.path().join(MARKER_NAME);
        std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
        assert_eq!(read(), FoundMarker::Damaged);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(read(), FoundMarker::Damaged);
        std::fs::remove_dir(&path).unwrap();
        std::fs::write(&path, vec![b'{'; 5000]).unwrap();
        assert_eq!(read(), FoundMarker::Damaged);
        marker().write(dir.path(), &key).unwrap();
        assert_eq!(read(), FoundMarker::Ours(marker()));
    }

    proptest! {
        #[test]
        fn every_changed_byte_is_seen(at in 0usize..600, to in any::<u8>()) {
            let key = DriveKey::new(&[1; 32]);
            let good = written(&key);
            let mut bytes = good.clone();
            let at = at % bytes.len();
            bytes[at] = to;
            match Marker::parse(&bytes, &[("0011223344556677", &key)]) {
                // Only what means the same may count: a space for another.
                FoundMarker::Ours(found) => prop_assert_eq!(found, marker()),
                FoundMarker::OtherFamily(found) => prop_assert_ne!(found.family, marker().family),
                FoundMarker::Damaged => prop_assert_ne!(bytes, good),
                FoundMarker::Nothing => prop_assert!(false),
            }
        }
    }
}
