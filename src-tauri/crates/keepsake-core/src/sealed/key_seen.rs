//! What was last found out about where the family's key is: `recovery-key-seen.json` in the folder of state, without anything secret.
//!
//! Asking a keyring takes a program of its own and a while, so whoever only wants to tell how things stand (the agent, once a
//! minute) reads this. It also remembers where the key was: one that was in the keyring is not lost because there is no
//! keyring to ask, as in a job at night before anybody has signed in.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Recipient;
use crate::atomic_file;
use crate::error::FileError;

/// The file in the folder of state.
const SEEN_NAME: &str = "recovery-key-seen.json";
/// A longer file is none of ours.
const MOST_BYTES: u64 = 4 << 10;

/// A place that can keep keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeptIn {
    /// The file in the folder of state.
    File,
    /// The desktop's keyring.
    Keyring,
}

/// What was last found out about one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySeen {
    /// To whom it opens copies, as text: of a key that was changed since nothing is known.
    recipient: String,
    /// Where it was when it was last there; None when it was never seen.
    pub last_in: Option<KeptIn>,
    /// True when all places that can keep it were asked since, and it is in none.
    pub is_lost: bool,
    /// When that was found out, in seconds since 1970.
    pub looked_at: i64,
}

impl KeySeen {
    /// A key that is there.
    pub fn there(recipient: &Recipient, place: KeptIn, now_secs: i64) -> Self {
        Self { recipient: recipient.to_string(), last_in: Some(place), is_lost: false, looked_at: now_secs }
    }

    /// A key that is lost; `before` is what was known of it until now.
    pub fn lost(recipient: &Recipient, before: Option<&Self>, now_secs: i64) -> Self {
        let last_in = before.and_then(|before| before.last_in);
        Self { recipient: recipient.to_string(), last_in, is_lost: true, looked_at: now_secs }
    }

    /// What is known of a key; None when it was never looked for, or what was found out cannot be read.
    pub fn load(data_dir: &Path, recipient: &Recipient) -> Option<Self> {
        let bytes = atomic_file::read_own_up_to(&data_dir.join(SEEN_NAME), MOST_BYTES).ok()?;
        let seen: Self = serde_json::from_slice(&bytes).ok()?;
        (seen.recipient == recipient.to_string()).then_some(seen)
    }

    /// Keeps it.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be written; what was known before stays.
    pub fn save(&self, data_dir: &Path) -> Result<(), FileError> {
        let text = serde_json::to_string(self).expect("texts and numbers");
        atomic_file::write_whole(&data_dir.join(SEEN_NAME), format!("{text}\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealed::RecoveryKey;

    #[test]
    fn what_is_known_is_of_one_key_and_where_it_was_is_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (RecoveryKey::generate().recipient(), RecoveryKey::generate().recipient());
        assert_eq!(KeySeen::load(dir.path(), &one), None);
        let there = KeySeen::there(&one, KeptIn::Keyring, 5);
        there.save(dir.path()).unwrap();
        assert_eq!(KeySeen::load(dir.path(), &one).as_ref(), Some(&there));
        assert_eq!(KeySeen::load(dir.path(), &two), None);
        let lost = KeySeen::lost(&one, Some(&there), 6);
        assert_eq!((lost.is_lost, lost.last_in), (true, Some(KeptIn::Keyring)));
        for damaged in [&b"{"[..], b"[]", b"\xff", b"{\"recipient\":1}"] {
            std::fs::write(dir.path().join(SEEN_NAME), damaged).unwrap();
            assert_eq!(KeySeen::load(dir.path(), &one), None);
        }
    }
}
