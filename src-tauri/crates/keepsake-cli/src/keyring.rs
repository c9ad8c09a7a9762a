//! Where this program keeps the family's recovery keys: in the desktop's keyring, else in a file of mode 0600.
//!
//! The keyring is whatever answers as Secret Service (`service.rs`). It may be missing (a server, a service of the system), or
//! locked (nobody has signed in with a password): then a new key goes into the file, and what is in the file counts too.
//! A key in the file is never moved into a keyring that appears later. It would gain little: whoever can read the file can
//! read what is protected, and the backups beside it. And it could lose much: a keyring goes when somebody resets their
//! password, and work in the background may have none.

mod service;

use keepsake_core::sealed::{FileKeyStore, KeyStore, KeyStoreError, RecoveryKey, keys_come_from};

use crate::surroundings::Surroundings;

/// The variable that says `off` where no keyring is to be asked.
const SWITCH: &str = "KEEPSAKE_KEYRING";

/// The keyring, and the file of the folder of state.
#[derive(Debug)]
pub struct Keys {
    file: FileKeyStore,
    asks_keyring: bool,
}

impl Keys {
    /// Those of this folder of state.
    pub fn around(around: &Surroundings) -> Self {
        let asks_keyring = std::env::var_os(SWITCH).is_none_or(|value| value != "off");
        Self { file: FileKeyStore::in_folder(&around.data_dir), asks_keyring }
    }

    fn keyring<T>(&self, ask: impl FnOnce() -> Result<T, service::Trouble>) -> Result<T, service::Trouble> {
        if self.asks_keyring { ask() } else { Err(service::Trouble::Absent) }
    }
}

/// From now on this program opens locked copies with the keys of this folder of state. They are fetched when the first locked copy is met;
/// what cannot be had now is asked for again by the next.
pub fn open_locked_copies(around: &Surroundings) {
    let store = Keys::around(around);
    let known = std::sync::Mutex::new(Vec::new());
    keys_come_from(move || {
        let mut known = known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.is_empty() {
            // Why there are none is said when the copy cannot be opened.
            *known = store.load().unwrap_or_default();
        }
        known.clone()
    });
}

impl KeyStore for Keys {
    /// What is in the keyring, then what is in the file. When the keyring cannot be asked now, what is in the file is enough;
    /// only where nothing is there it is an error.
    fn load(&self) -> Result<Vec<RecoveryKey>, KeyStoreError> {
        let (mut keys, trouble) = match self.keyring(service::load) {
            Ok(keys) => (keys, None),
            Err(service::Trouble::Absent) => (Vec::new(), None),
            Err(trouble) => (Vec::new(), Some(trouble)),
        };
        match self.file.load() {
            Ok(in_file) => {
                let new: Vec<_> = in_file.into_iter().filter(|key| !keys.contains(key)).collect();
                keys.extend(new);
            }
            // What the keyring has is enough, too.
            Err(_) if !keys.is_empty() => {}
            Err(e) => return Err(e),
        }
        match trouble {
            Some(trouble) if keys.is_empty() => Err(trouble.into()),
            _ => Ok(keys),
        }
    }

    /// Into the keyring, once it has been read back from there; else into the file.
    fn add(&self, key: &RecoveryKey) -> Result<(), KeyStoreError> {
        match self.keyring(|| service::add(key)) {
            Ok(()) => Ok(()),
            // Whatever keeps the keyring from having it: it must be somewhere.
            Err(_) => self.file.add(key),
        }
    }
}
