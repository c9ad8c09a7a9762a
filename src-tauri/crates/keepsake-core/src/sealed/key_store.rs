//! Where the secrets are kept: the desktop's keyring (that is the front end's), or a file.

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::{Zeroize, Zeroizing};

use super::RecoveryKey;
use crate::atomic_file::{self, AtomicFile};
use crate::error::FileError;
use crate::lock::{JobLock, LockError};

/// The file of secrets in the folder of state.
pub const KEYS_NAME: &str = "recovery-key";
/// What is locked while that file is written.
const LOCK_NAME: &str = "recovery-key.lock";
/// The largest file of secrets that is read, in bytes: a thousand keys, with remarks.
const MOST_BYTES: u64 = 256 << 10;

/// A place that keeps the family's recovery keys: the present one, and those from before it was changed, which older copies
/// need.
pub trait KeyStore: Debug {
    /// All keys, the newest first; none where none was ever added.
    ///
    /// # Errors
    /// [`KeyStoreError`] when they cannot be had now.
    fn load(&self) -> Result<Vec<RecoveryKey>, KeyStoreError>;

    /// Keeps one more key. When this returns it is there, after a power cut too, and so is every other one; before, it is
    /// there or not. One that is kept already is no error, and stays where it is.
    ///
    /// # Errors
    /// [`KeyStoreError`]; then all is as before.
    fn add(&self, key: &RecoveryKey) -> Result<(), KeyStoreError>;
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

/// The keys in a file of mode 0600 in the folder of state: one `AGE-SECRET-KEY-1...` a line, the newest first. So
/// `age -d -i FILE` takes it as it is. Lines that are empty or begin with `#` are remarks.
#[derive(Debug, Clone)]
pub struct FileKeyStore {
    path: PathBuf,
}

impl FileKeyStore {
    /// The keys of this folder of state, whether there are any or not.
    pub fn in_folder(data_dir: &Path) -> Self {
        Self { path: data_dir.join(KEYS_NAME) }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What stands in it; None when it is not there.
    fn text(&self) -> Result<Option<Zeroizing<String>>, FileError> {
        let file = match atomic_file::open_own(&self.path, std::fs::OpenOptions::new().read(true)) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(FileError::on("read", &self.path)(e)),
        };
        let mut bytes = Vec::new();
        let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes).and_then(|_| match bytes.len() as u64 {
            0..=MOST_BYTES => Ok(()),
            _ => Err(io::Error::other("it is too large for a file of keys")),
        });
        // What is no UTF-8 is no key, and is kept as far as it is.
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        bytes.zeroize();
        read.map_err(FileError::on("read", &self.path))?;
        Ok(Some(text))
    }
}

impl KeyStore for FileKeyStore {
    fn load(&self) -> Result<Vec<RecoveryKey>, KeyStoreError> {
        match self.text()? {
            Some(text) => keys_in(&text).map_err(|line| KeyStoreError::Damaged { path: self.path.clone(), line }),
            None => Ok(Vec::new()),
        }
    }

    fn add(&self, key: &RecoveryKey) -> Result<(), KeyStoreError> {
        let folder = atomic_file::parent(&self.path);
        atomic_file::create_folders(folder)?;
        // Two who add at the same time must not write each other's key away.
        let _alone = match JobLock::take_file(folder.join(LOCK_NAME), "keeping a recovery key", true) {
            Ok(lock) => Some(lock),
            // Where there are no locks, a key is kept all the same.
            Err(e) if e.is_unsupported() => None,
            Err(e) => return Err(e.into()),
        };
        let old = self.text()?.unwrap_or_default();
        if keys_in(&old).is_ok_and(|keys| keys.contains(key)) {
            return Ok(());
        }
        // Also what cannot be read stays: a person may make sense of it.
        let mut file = AtomicFile::create(&self.path)?;
        let text = key.to_text();
        for part in [text.as_bytes(), b"\n", old.as_bytes()] {
            file.write_all(part).map_err(FileError::on("write", &self.path))?;
        }
        Ok(file.commit()?)
    }
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
        assert_eq!(store.load().unwrap(), []);
        let (old, new) = (RecoveryKey::generate(), RecoveryKey::generate());
        store.add(&old).unwrap();
        store.add(&new).unwrap();
        store.add(&old).unwrap();
        assert_eq!(store.load().unwrap(), [new, old]);
        assert_eq!(fs::metadata(store.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_no_key_hides_none_and_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileKeyStore::in_folder(dir.path());
        let (one, two) = (RecoveryKey::generate(), RecoveryKey::generate());
        fs::write(store.path(), "# made by age-keygen\n\nAGE-SECRET-KEY-1NONE\n").unwrap();
        assert!(matches!(store.load(), Err(KeyStoreError::Damaged { line: 3, .. })));
        store.add(&one).unwrap();
        store.add(&two).unwrap();
        assert_eq!(store.load().unwrap(), [two, one]);
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
                scope.spawn(|| (0..5).for_each(|_| store.add(&RecoveryKey::generate()).unwrap()));
            }
        });
        assert_eq!(store.load().unwrap().len(), 20);
    }
}
