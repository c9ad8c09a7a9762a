//! The checksum file beside a copy on a drive: what stands there, and which archive that is.
//!
//! ```text
//! <SHA-256 of the file>  family_20260303_020500.tar.gz.age
//! # archive SHA-256 <of the archive> bytes <of the archive> here <of the file> mac <HMAC-SHA256>
//! ```
//! The first line is one of `sha256sum`, which passes over lines that begin with `#` (GNU coreutils). The second lets a
//! locked copy be proven without its key: only the family can have written it.

use super::marker::DriveKey;
use crate::hash::{hex, sha256_of_hex};

/// A longer one is none of ours.
pub(super) const MAX_RECORD_BYTES: u64 = 1024;
/// What the MAC begins with.
const PURPOSE: &[u8] = b"keepsake drive copy 1\0";

/// What stands on the drive, and which archive that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The file's name: the archive's, with `.age` behind it when it is locked.
    pub stored: String,
    /// The SHA-256 of the file; of one in pieces, of the whole.
    pub file_sha256: [u8; 32],
    /// Its length in bytes.
    pub file_bytes: u64,
    /// The SHA-256 of the archive.
    pub archive_sha256: [u8; 32],
    /// Its length in bytes.
    pub archive_bytes: u64,
}

impl Record {
    fn parts(&self) -> [Vec<u8>; 5] {
        [
            self.stored.clone().into_bytes(),
            self.file_sha256.to_vec(),
            self.file_bytes.to_be_bytes().to_vec(),
            self.archive_sha256.to_vec(),
            self.archive_bytes.to_be_bytes().to_vec(),
        ]
    }

    /// As it stands in the file.
    pub fn text(&self, key: &DriveKey) -> String {
        let mac = key.mac(PURPOSE, &self.parts().each_ref().map(Vec::as_slice));
        format!(
            "{}  {}\n# archive SHA-256 {} bytes {} here {} mac {}\n",
            hex(&self.file_sha256),
            self.stored,
            hex(&self.archive_sha256),
            self.archive_bytes,
            self.file_bytes,
            hex(&mac)
        )
    }

    /// Reads one of that file; None for whatever the family has not written.
    pub fn parse(text: &str, stored: &str, key: &DriveKey) -> Option<Self> {
        let (first, second) = text.strip_suffix('\n')?.split_once('\n')?;
        let (digits, name) = first.split_once("  ")?;
        let words: Vec<&str> = second.split(' ').collect();
        let ["#", "archive", "SHA-256", archive, "bytes", bytes, "here", here, "mac", mac] = words[..] else {
            return None;
        };
        let record = Self {
            stored: (name == stored).then(|| stored.to_owned())?,
            file_sha256: sha256_of_hex(digits)?,
            file_bytes: here.parse().ok()?,
            archive_sha256: sha256_of_hex(archive)?,
            archive_bytes: bytes.parse().ok()?,
        };
        let mac = sha256_of_hex(mac)?;
        key.is_mac(PURPOSE, &record.parts().each_ref().map(Vec::as_slice), &mac).then_some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAME: &str = "family_20260303_020500.tar.gz.age";

    fn record(file_bytes: u64, archive_bytes: u64) -> Record {
        let (file_sha256, archive_sha256) = ([3; 32], [4; 32]);
        Record { stored: NAME.into(), file_sha256, file_bytes, archive_sha256, archive_bytes }
    }

    #[test]
    fn only_the_family_can_have_written_it() {
        let (own, other) = (DriveKey::new(&[1; 32]), DriveKey::new(&[2; 32]));
        let text = record(70, 60).text(&own);
        assert!(text.len() as u64 <= MAX_RECORD_BYTES);
        assert_eq!(Record::parse(&text, NAME, &own), Some(record(70, 60)));
        assert_eq!(Record::parse(&text, NAME, &other), None);
        assert_eq!(Record::parse(&text, &NAME.replace("0303", "0304"), &own), None);
    }

    #[test]
    fn sha256sum_reads_its_first_line() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(NAME), b"abc").unwrap();
        let real = Record { file_sha256: crate::hash::sha256(b"abc"), ..record(3, 3) };
        std::fs::write(dir.path().join("sums"), real.text(&DriveKey::new(&[1; 32]))).unwrap();
        let mut check = std::process::Command::new("sha256sum");
        let done = check.args(["--strict", "-c", "sums"]).current_dir(dir.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::write(dir.path().join(NAME), b"abd").unwrap();
        assert!(!check.output().unwrap().status.success());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_what_is_changed_is_not(
            (file, archive) in any::<(u64, u64)>(), at in 0usize..400, to in any::<char>()
        ) {
            let key = DriveKey::new(&[1; 32]);
            let text = record(file, archive).text(&key);
            prop_assert_eq!(Record::parse(&text, NAME, &key), Some(record(file, archive)));
            let mut letters: Vec<char> = text.chars().collect();
            let at = at % letters.len();
            // Hexadecimal digits mean the same in capitals.
            prop_assume!(!letters[at].eq_ignore_ascii_case(&to));
            letters[at] = to;
            let changed: String = letters.into_iter().collect();
            prop_assert_eq!(Record::parse(&changed, NAME, &key), None, "{}", changed);
        }
    }
}
