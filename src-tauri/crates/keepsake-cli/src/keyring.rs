//! Where this program keeps the family's recovery keys: in the desktop's keyring, else in a file of mode 0600.
//!
//! The keyring is whatever answers as Secret Service (`service.rs`). It may be missing (a server, a service of the system), or
//! locked (nobody has signed in with a password): then a new key goes into the file, and what is in the file counts too.
//! A key in the file is never moved into a keyring that appears later. It would gain little: whoever can read the file can
//! read what is protected, and the backups beside it. And it could lose much: a keyring goes when somebody resets their
//! password, and work in the background may have none.

mod service;

use std::path::PathBuf;

use keepsake_core::sealed::{
    Family, FileKeyStore, KeptIn, KeptKeys, KeySeen, KeyStore, KeyStoreError, KeysAtHand, Recipient, RecoveryKey,
    Whose, keys_come_from,
};

use crate::surroundings::Surroundings;

/// The variable that says `off` where no keyring is to be asked.
const SWITCH: &str = "KEEPSAKE_KEYRING";

/// The keyring, and the file of the folder of state.
#[derive(Debug)]
pub struct Keys {
    file: FileKeyStore,
    data_dir: PathBuf,
    asks_keyring: bool,
}

/// What is found out about the family's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It is there.
    There(KeptIn),
    /// All places that can keep it were asked, and it is in none.
    Lost,
    /// Nobody can tell now: a keyring is locked, does not answer, or is not here although the key was in one.
    Unknown,
}

impl Found {
    /// None when nobody can tell.
    pub fn is_there(self) -> Option<bool> {
        match self {
            Self::There(_) => Some(true),
            Self::Lost => Some(false),
            Self::Unknown => None,
        }
    }
}

impl Keys {
    /// Those of this folder of state.
    pub fn around(around: &Surroundings) -> Self {
        let asks_keyring = std::env::var_os(SWITCH).is_none_or(|value| value != "off");
        Self { file: FileKeyStore::in_folder(&around.data_dir), data_dir: around.data_dir.clone(), asks_keyring }
    }

    /// Looks for the family's own key: in the file, and only when it is not there in the keyring. That takes five seconds at
    /// most, and never opens a prompt.
    pub fn look_for(&self, recipient: &Recipient) -> Found {
        let is_it = |key: &RecoveryKey| key.recipient() == *recipient;
        let in_file = self.file.load();
        if in_file.as_ref().is_ok_and(|kept| kept.own.iter().any(is_it)) {
            return Found::There(KeptIn::File);
        }
        let is_file_known = matches!(in_file, Ok(_) | Err(KeyStoreError::Damaged { .. }));
        let was_in = KeySeen::load(&self.data_dir, recipient).and_then(|seen| seen.last_in);
        match self.keyring(service::load) {
            Ok(found) if found.own.iter().any(is_it) => Found::There(KeptIn::Keyring),
            Ok(found) if !found.is_more_locked && is_file_known => Found::Lost,
            // There is none, and the key was not in one when it was last seen. Where it was never seen, a keyring that is only not
            // here may have it.
            Err(service::Trouble::Absent) if is_file_known => match was_in {
                Some(KeptIn::File) => Found::Lost,
                None if !self.asks_keyring => Found::Lost,
                Some(KeptIn::Keyring) | None => Found::Unknown,
            },
            _ => Found::Unknown,
        }
    }

    /// Looks for it, and keeps what is found out for whoever only shows it. What cannot be told now leaves it as it was.
    pub fn note(&self, family: &Family, now_secs: i64) -> Found {
        let found = self.look_for(&family.recipient);
        let before = KeySeen::load(&self.data_dir, &family.recipient);
        let seen = match found {
            Found::There(place) => KeySeen::there(&family.recipient, place, now_secs),
            Found::Lost => KeySeen::lost(&family.recipient, before.as_ref(), now_secs),
            Found::Unknown => return found,
        };
        // It is found out again tomorrow.
        let _ = seen.save(&self.data_dir);
        found
    }

    /// Why there may be keys in a keyring that is not here: one was there when it was last seen.
    fn is_kept_elsewhere(&self) -> Option<KeyStoreError> {
        let family = Family::load(&self.data_dir).ok()??;
        let seen = KeySeen::load(&self.data_dir, &family.recipient)?;
        (self.asks_keyring && seen.last_in == Some(KeptIn::Keyring)).then(|| service::Trouble::Absent.into())
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
            match store.load() {
                Ok(kept) => {
                    let at_hand = KeysAtHand {
                        keys: kept.all().cloned().collect(),
                        withheld: kept.withheld.as_ref().map(what_to_do),
                    };
                    if at_hand.withheld.is_some() {
                        return at_hand;
                    }
                    *known = at_hand.keys;
                }
                Err(error) => return KeysAtHand { keys: Vec::new(), withheld: Some(what_to_do(&error)) },
            }
        }
        KeysAtHand { keys: known.clone(), withheld: None }
    });
}

/// Why keys cannot be had, and what to do about it, in one line.
fn what_to_do(error: &KeyStoreError) -> String {
    let advice = match error {
        KeyStoreError::Locked => "; unlock it, or enter the recovery sheet (keepsake sheet --enter)",
        KeyStoreError::Keyring { .. } => {
            "; sign in to the desktop, or enter the recovery sheet (keepsake sheet --enter)"
        }
        _ => "; enter the recovery sheet (keepsake sheet --enter)",
    };
    format!("{error}{advice}")
}

impl KeyStore for Keys {
    /// What is in the keyring, then what is in the file. When the keyring cannot be asked now, what is in the file is given with the
    /// reason; only where nothing is there it is an error.
    fn load(&self) -> Result<KeptKeys, KeyStoreError> {
        let mut kept = KeptKeys::default();
        match self.keyring(service::load) {
            Ok(found) => {
                kept.withheld = found.is_more_locked.then_some(KeyStoreError::Locked);
                (kept.own, kept.others) = (found.own, found.others);
            }
            Err(service::Trouble::Absent) => kept.withheld = self.is_kept_elsewhere(),
            Err(trouble) => kept.withheld = Some(trouble.into()),
        }
        match self.file.load() {
            Ok(in_file) => {
                add_new(&mut kept.own, in_file.own);
                add_new(&mut kept.others, in_file.others);
            }
            // What the keyring has is enough, too.
            Err(_) if !kept.own.is_empty() => {}
            Err(e) => return Err(e),
        }
        let KeptKeys { own, others, .. } = &mut kept;
        others.retain(|key| !own.contains(key));
        match kept.withheld {
            Some(withheld) if kept.own.is_empty() && kept.others.is_empty() => Err(withheld),
            _ => Ok(kept),
        }
    }

    /// Into the keyring, once it has been read back from there; else into the file.
    fn add(&self, key: &RecoveryKey, whose: Whose) -> Result<(), KeyStoreError> {
        match self.keyring(|| service::add(key, whose)) {
            Ok(()) => Ok(()),
            // Whatever keeps the keyring from having it: it must be somewhere.
            Err(_) => self.file.add(key, whose),
        }
    }
}

fn add_new(keys: &mut Vec<RecoveryKey>, more: Vec<RecoveryKey>) {
    let new: Vec<_> = more.into_iter().filter(|key| !keys.contains(key)).collect();
    keys.extend(new);
}
