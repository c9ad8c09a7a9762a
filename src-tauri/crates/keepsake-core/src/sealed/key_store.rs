//! Where the secrets are kept: the desktop's keyring (that is the front end's), or a file.

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::{Zeroize, Zeroizing};

use super::{Recipient, RecoveryKey};
use crate::atomic_file::{self, AtomicFile};
use crate::error::FileError;
use crate::lock::{JobLock, LockError};

/// The file of the family's own secrets in the folder of state.
pub const KEYS_NAME: &str = "recovery-key";
/// The file of the keys of other families, beside it. A file of its own, so that none of them is ever taken for the family's, and each of
/// both can be given to `age -d -i` as it is.
pub const OTHERS_NAME: &str = "recovery-keys-of-others";
/// What is locked while one of both is written.
const LOCK_NAME: &str = "recovery-key.lock";
/// The largest file of secrets that is read, in bytes: a thousand keys, with remarks.
const MOST_BYTES: u64 = 256 << 10;

/// Whose a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The family's own: the present one, or one from before it was changed.
    Own,
    /// Another family's, entered to open their copies. It never becomes the family's own by itself.
    Others,
}

/// The keys that are kept.
#[derive(Debug, Default)]
pub struct KeptKeys {
    /// The family's own, the newest first; none where none was ever added.
    pub own: Vec<RecoveryKey>,
    /// Those of other families, the newest first.
    pub others: Vec<RecoveryKey>,
    /// Why there may be more, which cannot be had now: a keyring is locked, or does not answer. What is missing here must
    /// then not be called lost.
    pub withheld: Option<KeyStoreError>,
}

impl KeptKeys {
    /// All that may open something, the family's own first.
    pub fn all(&self) -> impl Iterator<Item = &RecoveryKey> {
        self.own.iter().chain(&self.others)
    }

    /// The family's own key to this recipient; None when it is lost.
    ///
    /// # Errors
    /// [`KeyStoreError`] when it is not here, and may be where nobody can look now.
    pub fn own_of(self, recipient: &Recipient) -> Result<Option<RecoveryKey>, KeyStoreError> {
        match (self.own.into_iter().find(|key| key.recipient() == *recipient), self.withheld) {
            (None, Some(withheld)) => Err(withheld),
            (found, _) => Ok(found),
        }
    }
}

/// A place that keeps recovery keys: the family's present one, those from before it was changed, which older copies need, and
/// those of other families, which open their copies.
pub trait KeyStore: Debug {
    /// All keys.
    ///
    /// # Errors
    /// [`KeyStoreError`] when none can be had now.
    fn load(&self) -> Result<KeptKeys, KeyStoreError>;

    /// Keeps one more key. When this returns it is there, after a power cut too, and so is every other one; before, it is
    /// there or not. One that is kept already is no error, and stays where it is; one that was another family's and is the own
    /// one after all becomes that.
    ///
    /// # Errors
    /// [`KeyStoreError`]; then all is as before.
    fn add(&self, key: &RecoveryKey, whose: Whose) -> Result<(), KeyStoreError>;
}

/// Why keys cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// Somebody else holds the lock, or it could not be taken.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// There is a file of keys, and no key in it can be read.
    #[error("{} holds no recovery key that can be read (line {line})", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first line that is none.
        line: usize,
    },
    /// The desktop's keyring is locked.
    #[error("the desktop's keyring is locked")]
    Locked,
    /// The desktop's keyring is there, and does not do what it is asked for.
    #[error("the desktop's keyring cannot be used: {why}")]
    Keyring {
        /// What it said, without anything secret.
        why: String,
    },
}

/// The keys in two files of mode 0600 in the folder of state, the family's own and those of others: one `AGE-SECRET-KEY-1...`
/// a line, the newest first. So `age -d -i FILE` takes each as it is. Lines that are empty or begin with `#` are remarks.
#[derive(Debug, Clone)]
pub struct FileKeyStore {
    own: PathBuf,
    others: PathBuf,
}

impl FileKeyStore {
    /// The keys of this folder of state, whether there are any or not.
    pub fn in_folder(data_dir: &Path) -> Self {
        Self { own: data_dir.join(KEYS_NAME), others: data_dir.join(OTHERS_NAME) }
    }

    /// The file of the family's own.
    pub fn path(&self) -> &Path {
        &self.own
    }
}

impl KeyStore for FileKeyStore {
    fn load(&self) -> Result<KeptKeys, KeyStoreError> {
        let own = keys_in_file(&self.own)?;
        // Whatever is wrong with what others have given: it must not hide the family's own.
        let mut others = keys_in_file(&self.others).unwrap_or_default();
        others.retain(|key| !own.contains(key));
        Ok(KeptKeys { own, others, withheld: None })
    }

    fn add(&self, key: &RecoveryKey, whose: Whose) -> Result<(), KeyStoreError> {
        let path = if whose == Whose::Own { &self.own } else { &self.others };
        let folder = atomic_file::parent(path);
        atomic_file::create_folders(folder)?;
        // Two who add at the same time must not write each other's key away.
        let _alone = match JobLock::take_file(folder.join(LOCK_NAME), "keeping a recovery key", true) {
            Ok(lock) => Some(lock),
            // Where there are no locks, a key is kept all the same.
            Err(e) if e.is_unsupported() => None,
            Err(e) => return Err(e.into()),
        };
        let has = |text: &str| keys_in(text).is_ok_and(|keys| keys.contains(key));
        let old = text_of(path)?.unwrap_or_default();
        let is_own_already = || matches!(text_of(&self.own), Ok(Some(own)) if has(&own));
        if has(&old) || (whose == Whose::Others && is_own_already()) {
            return Ok(());
        }
        // Also what cannot be read stays: a person may make sense of it.
        let mut file = AtomicFile::create(path)?;
        let text = key.to_text();
        for part in [text.as_bytes(), b"\n", old.as_bytes()] {
            file.write_all(part).map_err(FileError::on("write", path))?;
        }
        Ok(file.commit()?)
    }
}

fn keys_in_file(path: &Path) -> Result<Vec<RecoveryKey>, KeyStoreError> {
    match text_of(path)? {
        Some(text) => keys_in(&text).map_err(|line| KeyStoreError::Damaged { path: path.into(), line }),
        None => Ok(Vec::new()),
    }
}

/// What stands in a file of keys; None when it is not there.
fn text_of(path: &Path) -> Result<Option<Zeroizing<String>>, FileError> {
    let file = match atomic_file::open_own(path, std::fs::OpenOptions::new().read(true)) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(FileError::on("read", path)(e)),
    };
    let mut bytes = Vec::new();
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes).and_then(|_| match bytes.len() as u64 {
        0..=MOST_BYTES => Ok(()),
        _ => Err(io::Error::other("it is too large for a file of keys")),
    });
    // What is no UTF-8 is no key, and is kept as far as it is.
    let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
    bytes.zeroize();
    read.map_err(FileError::on("read", path))?;
    Ok(Some(text))
}

/// The keys in a text of one a line. A line that is none does not keep the others from being read; where there is none but
/// such lines, the error is the number of the first, from 1.
///
/// # Errors
/// The number of a line.
pub fn keys_in(text: &str) -> Result<Vec<RecoveryKey>, usize> {
    let mut keys: Vec<RecoveryKey> = Vec::new();
    let mut wrong = None;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match RecoveryKey::from_text(line) {
            Ok(key) if keys.contains(&key) => {}
            Ok(key) => keys.push(key),
            Err(_) => wrong = wrong.or(Some(number)),
        }
    }
    match wrong {
        Some(line) if keys.is_empty() => Err(line),
        _ => Ok(keys),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fs_err as fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_stay_newest_first_and_are_for_their_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileKeyStore::in_folder(&dir.path().join("state"));
        assert_eq!(store.load().unwrap().own, []);
        let (old, new) = (RecoveryKey::generate(), RecoveryKey::generate());
        store.add(&old, Whose::Own).unwrap();
        store.add(&new, Whose::Own).unwrap();
        store.add(&old, Whose::Own).unwrap();
        assert_eq!(store.load().unwrap().own, [new, old]);
        assert_eq!(fs::metadata(store.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_no_key_hides_none_and_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileKeyStore::in_folder(dir.path());
        let (one, two) = (RecoveryKey::generate(), RecoveryKey::generate());
        fs::write(store.path(), "# made by age-keygen\n\nAGE-SECRET-KEY-1NONE\n").unwrap();
        assert!(matches!(store.load(), Err(KeyStoreError::Damaged { line: 3, .. })));
        store.add(&one, Whose::Own).unwrap();
        store.add(&two, Whose::Own).unwrap();
        assert_eq!(store.load().unwrap().own, [two, one]);
        assert!(fs::read_to_string(store.path()).unwrap().ends_with("\nAGE-SECRET-KEY-1NONE\n"));
        fs::write(store.path(), vec![b'\n'; MOST_BYTES as usize + 1]).unwrap();
        let refused = store.load().unwrap_err().to_string();
        assert!(refused.contains("too large"), "{refused}");
    }

    #[test]
    fn two_who_add_at_once_both_stay() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileKeyStore::in_folder(dir.path());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5).for_each(|_| store.add(&RecoveryKey::generate(), Whose::Own).unwrap()));
            }
        });
        assert_eq!(store.load().unwrap().own.len(), 20);
    }

    #[test]
    fn keys_of_other_families_stand_apart_and_hide_none_of_the_own() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileKeyStore::in_folder(dir.path());
        let (own, theirs) = (RecoveryKey::generate(), RecoveryKey::generate());
        store.add(&own, Whose::Own).unwrap();
        store.add(&theirs, Whose::Others).unwrap();
        store.add(&own, Whose::Others).unwrap();
        let kept = store.load().unwrap();
        assert_eq!((kept.own, kept.others), (vec![own.clone()], vec![theirs.clone()]));
        let others = dir.path().join(OTHERS_NAME);
        assert_eq!(fs::metadata(&others).unwrap().permissions().mode() & 0o777, 0o600);
        // The own one after all.
        store.add(&theirs, Whose::Own).unwrap();
        let kept = store.load().unwrap();
        assert_eq!((kept.own, kept.others), (vec![theirs, own], vec![]));
        fs::write(&others, "nothing that is a key").unwrap();
        assert_eq!(store.load().unwrap().own.len(), 2);
    }
}
