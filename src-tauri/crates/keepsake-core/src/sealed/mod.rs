//! Locked copies, and the recovery key that opens them: what leaves the house is an age file (C2SP age, version 1,
//! <https://c2sp.org/age>), so that the stock `age` command opens it without Keepsake.
//!
//! - [`SealingWriter`] makes one; that needs only the family's [`Recipient`].
//! - [`SealedReader`] reads any range of one, from several threads. That needs the [`RecoveryKey`].
//! - [`Family`] is what this computer knows of its family without the secret, and a [`KeyStore`] holds the secrets.
//! - [`RecoverySheet`] is the key on paper.
//!
//! The crate `age` makes files, and reads and proves headers. The payload behind a header is opened here, chunk by chunk
//! with `ring`: the reader of `age` goes forwards, one thread at a time, 64 KiB with each read, which over a network would be
//! a request for each of them.

mod error;
mod family;
mod header;
mod key_seen;
mod key_store;
mod keys;
mod reader;
mod recovery_key;
mod sheet;
mod words;
mod writer;

pub use error::SealedError;
pub use family::{Entered, FAMILY_NAME, Family, FamilyError, OlderKey};
pub use key_seen::{KeptIn, KeySeen};
pub use key_store::{FileKeyStore, KEYS_NAME, KeptKeys, KeyStore, KeyStoreError, OTHERS_NAME, Whose, keys_in};
pub(crate) use keys::keys;
pub use keys::{KeysAtHand, keys_come_from};
pub use reader::{SealedReader, is_opened_by, plain_bytes};
pub use recovery_key::{BadKeyText, BadRecipient, Recipient, RecoveryKey};
pub use sheet::{QrStyle, RecoverySheet};
pub use words::{TypedKeyError, Typo};
pub use writer::SealingWriter;

/// What stands behind the name of an archive that is locked: `family_20260303_020500.tar.gz.age`.
pub const SEALED_ENDING: &str = ".age";
