//! The keys that this process opens locked copies with.
//!
//! Which they are is told once, by the program: a person's program has that person's keys, whatever it reads. They are only fetched when
//! something locked is met, as a keyring may have to be asked for them.

use std::sync::{Mutex, PoisonError};

use super::RecoveryKey;

type Source = Box<dyn Fn() -> Vec<RecoveryKey> + Send>;

static SOURCE: Mutex<Option<Source>> = Mutex::new(None);

/// Says where keys come from from now on. Without that nothing locked is opened.
pub fn keys_come_from(source: impl Fn() -> Vec<RecoveryKey> + Send + 'static) {
    *SOURCE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(source));
}

/// The keys, the newest first.
pub(crate) fn keys() -> Vec<RecoveryKey> {
    SOURCE.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|source| source()).unwrap_or_default()
}
