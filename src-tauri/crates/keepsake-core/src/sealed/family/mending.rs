//! A damaged `family.json` made anew, with what can still be read of it.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{FAMILY_NAME, Family, FamilyError, MOST_BYTES, OlderKey};
use crate::atomic_file;
use crate::error::FileError;
use crate::hash::sha256_of_hex;
use crate::sealed::{Recipient, RecoveryKey};

/// So many damaged files are put aside under names of their own.
const MOST_ASIDE: u32 = 1000;

/// What can be read of a damaged file. A recipient has a checksum of its own (BIP 173): what can be read as one is one.
pub(super) struct Damaged {
    path: PathBuf,
    bytes: Vec<u8>,
    /// The present recipient, and its drive key.
    present: Option<Found>,
    /// Those from before the key was changed.
    older: Vec<Found>,
}

struct Found {
    recipient: Recipient,
    drive_key: Option<[u8; 32]>,
}

impl Damaged {
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let mut bytes = Vec::new();
        let file = atomic_file::open_own(path, std::fs::OpenOptions::new().read(true));
        let read = file.and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes));
        read.map_err(FileError::on("read", path))?;
        let (present, older) = found_in(&String::from_utf8_lossy(&bytes));
        Ok(Self { path: path.into(), bytes, present, older })
    }

    /// True when it still says that the family's key is another one.
    pub fn is_of_another_key(&self, key: &RecoveryKey) -> bool {
        self.present.as_ref().is_some_and(|present| present.recipient != key.recipient())
    }

    /// Puts the damaged file aside and writes this family in its place, with all older keys that are known: from the damaged
    /// file, and from the secrets that are kept.
    pub fn made_anew(self, data_dir: &Path, family: Family, own: &[RecoveryKey]) -> Result<Family, FamilyError> {
        let mut family = family;
        let secret_of = |recipient: &Recipient| own.iter().find(|key| key.recipient() == *recipient);
        let from_file = self.present.into_iter().chain(self.older).filter_map(|found| {
            // Rather than from a file that is damaged.
            let drive_key = secret_of(&found.recipient).map(RecoveryKey::drive_key).or(found.drive_key)?;
            Some(OlderKey { recipient: found.recipient, drive_key })
        });
        for older in from_file.chain(own.iter().map(OlderKey::of)) {
            let is_known = |one: &OlderKey| one.recipient == older.recipient;
            if older.recipient != family.recipient && !family.older.iter().any(is_known) {
                family.older.push(older);
            }
        }
        // Not renamed: there is always one that says that there is a family.
        atomic_file::write_whole(&free_name(&self.path), &self.bytes)?;
        family.save(data_dir)?;
        Ok(family)
    }
}

/// A name beside a damaged file that nothing has.
fn free_name(path: &Path) -> PathBuf {
    let numbered = (2..MOST_ASIDE).map(|number| format!("{FAMILY_NAME}.damaged-{number}"));
    let mut names = std::iter::once(format!("{FAMILY_NAME}.damaged")).chain(numbered);
    let is_free = |path: &PathBuf| std::fs::symlink_metadata(path).is_err();
    let last = path.with_file_name(format!("{FAMILY_NAME}.damaged-{MOST_ASIDE}"));
    names.find_map(|name| Some(path.with_file_name(name)).filter(is_free)).unwrap_or(last)
}

/// Recipients and the drive keys behind them, wherever they stand: whatever else is damaged, these are words of letters and digits.
fn found_in(text: &str) -> (Option<Found>, Vec<Found>) {
    let (mut present, mut older) = (None, Vec::<Found>::new());
    let mut is_older = false;
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        let last: Option<&mut Found> = if older.is_empty() { present.as_mut() } else { older.last_mut() };
        if word == "older" {
            is_older = true;
        } else if let Ok(recipient) = word.parse() {
            let found = Found { recipient, drive_key: None };
            match is_older || present.is_some() {
                true => older.push(found),
                false => present = Some(found),
            }
        } else if let (Some(key), Some(last)) = (sha256_of_hex(word), last) {
            last.drive_key.get_or_insert(key);
        }
    }
    (present, older)
}
