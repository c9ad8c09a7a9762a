//! What a computer knows of its family without the secret.

mod mending;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{KeyStore, KeyStoreError, Recipient, RecoveryKey, Whose};
use crate::atomic_file;
use crate::error::FileError;
use crate::hash::{hex, sha256, sha256_of_hex};
use crate::lock::JobLock;

/// The file in the folder of state.
pub const FAMILY_NAME: &str = "family.json";
/// What is locked while it is made or changed.
const LOCK_NAME: &str = "family.lock";
/// The format that is written.
const FORMAT: u32 = 1;
/// The largest file that is read, in bytes; it has 250.
const MOST_BYTES: u64 = 64 << 10;

/// What making copies and knowing drives again takes: the public part of the recovery key, and the drive key. It stands in
/// `family.json` in the folder of state, of mode 0600; see decision 0023.
#[derive(Clone, PartialEq, Eq)]
pub struct Family {
    /// To whom copies are locked.
    pub recipient: Recipient,
    /// What the markers of the family's drives are proven with. A secret, though it opens no copy.
    pub drive_key: [u8; 32],
    /// True once the check code of the recovery sheet was typed back, or the key was entered from it.
    pub is_sheet_checked: bool,
    /// When the key was made or entered here, in seconds since 1970.
    pub made_secs: i64,
    /// The same of the keys from before it was changed, the newest first: drives that were not plugged in since are known by them.
    pub older: Vec<OlderKey>,
}

/// What is kept of a key from before it was changed.
#[derive(Clone, PartialEq, Eq)]
pub struct OlderKey {
    /// To whom copies were locked then.
    pub recipient: Recipient,
    /// What markers were proven with then.
    pub drive_key: [u8; 32],
}

impl OlderKey {
    /// What drives named the family by then.
    pub fn id(&self) -> String {
        id_of(&self.recipient)
    }

    fn of(key: &RecoveryKey) -> Self {
        Self { recipient: key.recipient(), drive_key: key.drive_key() }
    }

    fn written(&self) -> WrittenOlder {
        WrittenOlder { recipient: self.recipient.to_string(), drive_key: hex(&self.drive_key) }
    }
}

fn id_of(recipient: &Recipient) -> String {
    hex(&sha256(recipient.to_string().as_bytes())[..8])
}

// The drive key must not reach a log.
impl std::fmt::Debug for OlderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OlderKey").field("recipient", &self.recipient).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Family")
            .field("recipient", &self.recipient)
            .field("is_sheet_checked", &self.is_sheet_checked)
            .field("made_secs", &self.made_secs)
            .finish_non_exhaustive()
    }
}

/// As it stands in the file.
#[derive(Serialize, Deserialize)]
struct Written {
    format: u32,
    recipient: String,
    drive_key: String,
    is_sheet_checked: bool,
    made: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    older: Vec<WrittenOlder>,
}

#[derive(Serialize, Deserialize)]
struct WrittenOlder {
    recipient: String,
    drive_key: String,
}

/// Why what is known of the family cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum FamilyError {
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not what was written.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The file was written by a later Keepsake.
    #[error("{} was written by a later Keepsake (format {format})", path.display())]
    Later {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// The secrets cannot be read or kept.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
}

/// What came of entering a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// It is the family's, and is kept now.
    Good,
    /// It is another family's. Nothing was changed.
    OtherFamily,
}

impl Family {
    /// The family of a key.
    pub fn of(key: &RecoveryKey, is_sheet_checked: bool, made_secs: i64) -> Self {
        let older = Vec::new();
        Self { recipient: key.recipient(), drive_key: key.drive_key(), is_sheet_checked, made_secs, older }
    }

    /// What drives name the family by: the first 8 bytes of the SHA-256 of its recipient's text, as 16 hexadecimal digits.
    pub fn id(&self) -> String {
        id_of(&self.recipient)
    }

    /// What is known in a folder of state; None when there is no family yet.
    ///
    /// # Errors
    /// [`FamilyError`] when the file cannot be read or is none.
    pub fn load(data_dir: &Path) -> Result<Option<Self>, FamilyError> {
        let path = data_dir.join(FAMILY_NAME);
        let file = match atomic_file::open_own(&path, std::fs::OpenOptions::new().read(true)) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(FileError::on("read", &path)(e).into()),
        };
        let mut bytes = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(FileError::on("read", &path))?;
        let damaged = |why: String| FamilyError::Damaged { path: path.clone(), why };
        let written: Written = serde_json::from_slice(&bytes).map_err(|e| {
            // A later format may have other fields.
            match serde_json::from_slice(&bytes).ok().and_then(|json: serde_json::Value| json["format"].as_u64()) {
                Some(format) if format > u64::from(FORMAT) => {
                    FamilyError::Later { path: path.clone(), format: u32::try_from(format).unwrap_or(u32::MAX) }
                }
                // Not the words of the parser: they would name the drive key.
                _ => damaged(format!("line {}, column {}", e.line(), e.column())),
            }
        })?;
        if written.format > FORMAT {
            return Err(FamilyError::Later { path, format: written.format });
        }
        let recipient = written.recipient.parse().map_err(|_| damaged("its recipient is none".into()))?;
        let drive_key =
            sha256_of_hex(&written.drive_key).ok_or_else(|| damaged("its drive key has not 64 digits".into()))?;
        let older = |one: &WrittenOlder| {
            let (recipient, drive_key) = (one.recipient.parse().ok()?, sha256_of_hex(&one.drive_key)?);
            Some(OlderKey { recipient, drive_key })
        };
        let older = written.older.iter().map(older).collect::<Option<_>>();
        let older = older.ok_or_else(|| damaged("an older key in it is none".into()))?;
        let Written { is_sheet_checked, made, .. } = written;
        Ok(Some(Self { recipient, drive_key, is_sheet_checked, made_secs: made, older }))
    }

    /// Writes it whole, of mode 0600: after a power cut the old one or the new one is there. The secret must be kept already.
    ///
    /// # Errors
    /// [`FileError`]; then the old one is there.
    pub fn save(&self, data_dir: &Path) -> Result<(), FileError> {
        let written = Written {
            format: FORMAT,
            recipient: self.recipient.to_string(),
            drive_key: hex(&self.drive_key),
            is_sheet_checked: self.is_sheet_checked,
            made: self.made_secs,
            older: self.older.iter().map(OlderKey::written).collect(),
        };
        atomic_file::create_folders(data_dir)?;
        let text = serde_json::to_string(&written).expect("numbers and texts");
        atomic_file::write_whole(&data_dir.join(FAMILY_NAME), format!("{text}\n").as_bytes())
    }

    /// What is known, or a new family of a new key. The secret is kept first: when power fails behind that, the key is found
    /// next time and taken. So there is never a family whose secret is kept nowhere.
    ///
    /// # Errors
    /// [`FamilyError`] when it cannot be read, or the secret cannot be kept.
    pub fn load_or_make(data_dir: &Path, store: &dyn KeyStore, now_secs: i64) -> Result<Self, FamilyError> {
        if let Some(family) = Self::load(data_dir)? {
            return Ok(family);
        }
        let _alone = alone(data_dir)?;
        // Somebody else may have made it meanwhile.
        if let Some(family) = Self::load(data_dir)? {
            return Ok(family);
        }
        let kept = store.load()?;
        if let Some(withheld) = kept.withheld {
            // What can be had may be a key from before it was changed, and the present one be where nobody can look now.
            return Err(withheld.into());
        }
        let mut own = kept.own.into_iter();
        let key = match own.next() {
            Some(newest) => newest,
            None => kept_anew(store)?,
        };
        let older = own.map(|key| OlderKey::of(&key)).collect();
        let family = Self { older, ..Self::of(&key, false, now_secs) };
        family.save(data_dir)?;
        Ok(family)
    }

    /// Gives the family a new key; the old one is still kept, for older copies. The secret is kept first: when power fails
    /// behind that, the old key stays the family's, and the new one is kept beside it, of no use. A damaged file is mended by it:
    /// what can be read of it is kept, and it is put aside itself.
    ///
    /// # Errors
    /// [`FamilyError`]; then the old key is the family's.
    pub fn renew(data_dir: &Path, store: &dyn KeyStore, now_secs: i64) -> Result<Self, FamilyError> {
        let _alone = alone(data_dir)?;
        let before = match Self::load(data_dir) {
            Err(FamilyError::Damaged { path, .. }) => {
                let own = store.load().map(|kept| kept.own).unwrap_or_default();
                let damaged = mending::Damaged::read(&path)?;
                let key = kept_anew(store)?;
                return damaged.made_anew(data_dir, Self::of(&key, false, now_secs), &own);
            }
            before => before?,
        };
        let mut family = Self::of(&kept_anew(store)?, false, now_secs);
        if let Some(Self { recipient, drive_key, older, .. }) = before {
            family.older = [OlderKey { recipient, drive_key }].into_iter().chain(older).collect();
        }
        family.save(data_dir)?;
        Ok(family)
    }

    /// Keeps a key from a recovery sheet: the family's own, or, where there is no family yet, as on a new computer, that of the
    /// family from now on. Who entered it has the sheet: it counts as checked. The secret is kept first.
    ///
    /// A damaged file is mended by it: it is put aside, and what can be read of it is kept. Only where it still says that the
    /// family's key is another one nothing is done.
    ///
    /// # Errors
    /// [`FamilyError`] when it cannot be kept.
    pub fn enter(
        data_dir: &Path,
        store: &dyn KeyStore,
        key: &RecoveryKey,
        now_secs: i64,
    ) -> Result<Entered, FamilyError> {
        let _alone = alone(data_dir)?;
        // What cannot be had now does not keep anybody from entering a key.
        let kept = store.load().unwrap_or_default();
        let own = || kept.own.clone();
        let family = match Self::load(data_dir) {
            Ok(Some(family)) if family.recipient != key.recipient() => {
                // One from before it was changed.
                return Ok(if own().contains(key) { Entered::Good } else { Entered::OtherFamily });
            }
            Ok(Some(family)) => Self { is_sheet_checked: true, ..family },
            // Its own keys are all here, and this is none of them: only the file is lost.
            Ok(None) if !kept.own.is_empty() && kept.withheld.is_none() && !kept.own.contains(key) => {
                return Ok(Entered::OtherFamily);
            }
            Ok(None) => {
                let others = own().into_iter().filter(|kept| kept != key);
                let older = others.map(|kept| OlderKey::of(&kept)).collect();
                Self { older, ..Self::of(key, true, now_secs) }
            }
            Err(FamilyError::Damaged { path, .. }) => {
                let damaged = mending::Damaged::read(&path)?;
                if damaged.is_of_another_key(key) {
                    return Ok(Entered::OtherFamily);
                }
                store.add(key, Whose::Own)?;
                damaged.made_anew(data_dir, Self::of(key, true, now_secs), &own())?;
                return Ok(Entered::Good);
            }
            Err(e) => return Err(e),
        };
        store.add(key, Whose::Own)?;
        family.save(data_dir)?;
        Ok(Entered::Good)
    }

    /// True when a key that is entered can only be another family's: this computer has a key of its own, and it is another one. So
    /// a relative's key never becomes the family's where only `family.json` is lost or damaged.
    ///
    /// # Errors
    /// [`FamilyError`] when that cannot be told.
    pub fn is_anothers(data_dir: &Path, store: &dyn KeyStore, key: &RecoveryKey) -> Result<bool, FamilyError> {
        let own = || store.load().map(|kept| kept.own).unwrap_or_default();
        let has_another = |own: Vec<RecoveryKey>| !own.is_empty() && !own.contains(key);
        Ok(match Self::load(data_dir) {
            Ok(Some(family)) => family.recipient != key.recipient(),
            Ok(None) => has_another(own()),
            Err(FamilyError::Damaged { path, .. }) => {
                mending::Damaged::read(&path)?.is_of_another_key(key) || has_another(own())
            }
            Err(e) => return Err(e),
        })
    }

    /// The family's key; None when this computer has lost it: then only the sheet opens its copies.
    ///
    /// # Errors
    /// [`KeyStoreError`] when the keys cannot be had now; also when others can, and this one may be where nobody can look now.
    pub fn key(&self, store: &dyn KeyStore) -> Result<Option<RecoveryKey>, KeyStoreError> {
        store.load()?.own_of(&self.recipient)
    }

    /// Notes that the sheet was printed, when this is its check code; answers whether it is. None when this computer has lost
    /// the key, and so cannot tell.
    ///
    /// # Errors
    /// [`FamilyError`] when the key cannot be had, or that cannot be noted.
    pub fn check_sheet(self, data_dir: &Path, store: &dyn KeyStore, typed: &str) -> Result<Option<bool>, FamilyError> {
        let Some(key) = self.key(store)? else { return Ok(None) };
        let is_right = key.is_check_code(typed);
        if is_right && !self.is_sheet_checked {
            let _alone = alone(data_dir)?;
            // Read anew: the key may have been changed since, and then this was the sheet of the old one.
            let present = Self::load(data_dir)?.filter(|present| present.recipient == self.recipient);
            if let Some(present) = present {
                Self { is_sheet_checked: true, ..present }.save(data_dir)?;
            }
        }
        Ok(Some(is_right))
    }
}

/// Two who make or change the family at the same time must not each have one of their own: a drive that one of them chooses for backups
/// would be another family's for the other. None where there are no locks.
fn alone(data_dir: &Path) -> Result<Option<JobLock>, FamilyError> {
    atomic_file::create_folders(data_dir)?;
    match JobLock::take_file(data_dir.join(LOCK_NAME), "making or changing the recovery key", true) {
        Ok(lock) => Ok(Some(lock)),
        Err(e) if e.is_unsupported() => Ok(None),
        Err(e) => Err(KeyStoreError::from(e).into()),
    }
}

/// A new key, once it is kept.
fn kept_anew(store: &dyn KeyStore) -> Result<RecoveryKey, KeyStoreError> {
    let key = RecoveryKey::generate();
    store.add(&key, Whose::Own)?;
    Ok(key)
}

#[cfg(test)]
mod tests;
