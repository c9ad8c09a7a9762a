//! The keys that this process opens locked copies with.
//!
//! Which they are is told once, by the program: a person's program has that person's keys, whatever it reads. They are only fetched when
//! something locked is met, as a keyring may have to be asked for them.

use std::sync::{Mutex, PoisonError};

use super::{RecoveryKey, SealedError};

/// What a program can open locked copies with now.
#[derive(Debug, Clone, Default)]
pub struct KeysAtHand {
    /// The keys, in the order in which they are tried.
    pub keys: Vec<RecoveryKey>,
    /// Why there may be more that cannot be had now, in plain words; None when these are all.
    pub withheld: Option<String>,
}

impl KeysAtHand {
    /// Says of a copy that none of them opens what can be said: while some cannot be had, it is not known to have another key.
    pub(crate) fn told(&self, error: SealedError) -> SealedError {
        match (error, &self.withheld) {
            (SealedError::WrongKey { path }, Some(why)) => SealedError::NoKeyNow { path, why: why.clone() },
            (SealedError::WrongKey { path }, None) if self.keys.is_empty() => SealedError::NoKey { path },
            (SealedError::WrongKey { path }, None) => SealedError::OtherKey { path },
            (error, _) => error,
        }
    }
}

type Source = Box<dyn Fn() -> KeysAtHand + Send>;

static SOURCE: Mutex<Option<Source>> = Mutex::new(None);

/// Says where keys come from from now on. Without that nothing locked is opened.
pub fn keys_come_from(source: impl Fn() -> KeysAtHand + Send + 'static) {
    *SOURCE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(source));
}

/// The keys.
pub(crate) fn keys() -> KeysAtHand {
    SOURCE.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|source| source()).unwrap_or_default()
}
