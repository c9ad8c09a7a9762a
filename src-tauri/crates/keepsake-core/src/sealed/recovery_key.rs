//! The family's secret, and what follows from it.

use std::fmt;
use std::str::FromStr;

use age::secrecy::ExposeSecret;
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::{Zeroize, Zeroizing};

use super::words::{self, TypedKeyError};

/// What the text of a key begins with, and `1` behind it.
const KEY_PREFIX: Hrp = Hrp::parse_unchecked("age-secret-key-");
/// What the drive key is made of; see decision 0023.
const DRIVE_KEY_LABEL: &[u8] = b"keepsake drive key 1";
/// What the check code is made of; see decision 0023.
const CHECK_CODE_LABEL: &[u8] = b"keepsake check code 1";
/// Crockford's base 32, <https://www.crockford.com/base32.html>: no I, L, O and U.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The family's recovery key: an age X25519 identity of 32 bytes. Whoever has it can read every copy. It is overwritten in
/// memory when it is dropped, and its Debug output says nothing of it.
#[derive(Clone)]
pub struct RecoveryKey {
    secret: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoveryKey").finish_non_exhaustive()
    }
}

impl PartialEq for RecoveryKey {
    fn eq(&self, other: &Self) -> bool {
        // What follows from the secret, so that the time it takes tells nothing of it.
        self.drive_key() == other.drive_key()
    }
}

impl Eq for RecoveryKey {}

/// A text that is no recovery key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no recovery key: it is AGE-SECRET-KEY-1 and 58 letters and digits, with a checksum in them")]
pub struct BadKeyText;

/// A text that is no recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no recipient: it is age1 and 58 letters and digits, with a checksum in them")]
pub struct BadRecipient;

impl RecoveryKey {
    /// A new one, of the system's random bytes.
    ///
    /// # Panics
    /// When the system has no random bytes: nothing can be kept secret on such a computer.
    pub fn generate() -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(&mut *secret).expect("the system has random bytes");
        Self { secret }
    }

    /// The key of these bytes.
    pub(super) fn of_bytes(bytes: &[u8; 32]) -> Self {
        Self { secret: Zeroizing::new(*bytes) }
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.secret
    }

    /// The key of `AGE-SECRET-KEY-1...`, in capitals or in small letters (Bech32, BIP 173).
    ///
    /// # Errors
    /// [`BadKeyText`] when it is none, also when its checksum is wrong.
    pub fn from_text(text: &str) -> Result<Self, BadKeyText> {
        let checked = CheckedHrpstring::new::<Bech32>(text.trim()).map_err(|_| BadKeyText)?;
        if checked.hrp() != KEY_PREFIX {
            return Err(BadKeyText);
        }
        let mut secret = Zeroizing::new([0; 32]);
        let mut bytes = checked.byte_iter();
        for place in secret.iter_mut() {
            *place = bytes.next().ok_or(BadKeyText)?;
        }
        if bytes.next().is_some() {
            return Err(BadKeyText);
        }
        Ok(Self { secret })
    }

    /// As the stock `age` command takes it: `AGE-SECRET-KEY-1...`.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.identity().to_string().expose_secret().to_string())
    }

    /// As the crate knows it.
    pub(super) fn identity(&self) -> age::x25519::Identity {
        let mut text = bech32::encode::<Bech32>(KEY_PREFIX, &*self.secret).expect("32 bytes are not too many");
        let identity = text.parse().expect("it was made by the same rules");
        text.zeroize();
        identity
    }

    /// To whom copies are locked: what may be known to everybody.
    pub fn recipient(&self) -> Recipient {
        Recipient(self.identity().to_public())
    }

    /// What the markers of the family's drives are proven with: HMAC-SHA256 (RFC 2104) of a label.
    pub fn drive_key(&self) -> [u8; 32] {
        self.mac(DRIVE_KEY_LABEL).as_ref().try_into().expect("HMAC-SHA256 has 32 bytes")
    }

    /// What is typed back to show that the sheet was printed: eight letters and digits of Crockford's base 32.
    pub fn check_code(&self) -> String {
        let tag = self.mac(CHECK_CODE_LABEL);
        let bits = tag.as_ref()[..5].iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).rev().map(|place| CROCKFORD[(bits >> (5 * place) & 31) as usize] as char).collect()
    }

    /// Whether that was typed: whatever its case, with spaces and dashes, and with O for 0 and I or L for 1.
    pub fn is_check_code(&self, typed: &str) -> bool {
        let plain = typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '—')).map(|c| {
            match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            }
        });
        plain.eq(self.check_code().chars())
    }

    /// Its 24 words (BIP 39, the English list): 256 bits, and 8 of checksum.
    pub fn words(&self) -> Vec<&'static str> {
        words::of(self)
    }

    /// The key that somebody typed: its words, in any case, with numbers, commas and line breaks, each at least by its first four
    /// letters; or its text, with spaces in it.
    ///
    /// # Errors
    /// [`TypedKeyError`] tells what is wrong, as precisely as it can be told.
    pub fn from_typed(typed: &str) -> Result<Self, TypedKeyError> {
        words::typed(typed)
    }

    fn mac(&self, label: &[u8]) -> hmac::Tag {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &*self.secret), label)
    }
}

/// To whom copies are locked: `age1...`. It opens nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient(age::x25519::Recipient);

impl Recipient {
    pub(super) fn as_age(&self) -> &dyn age::Recipient {
        &self.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({})", self.0)
    }
}

impl FromStr for Recipient {
    type Err = BadRecipient;

    fn from_str(text: &str) -> Result<Self, BadRecipient> {
        text.parse().map(Self).map_err(|_| BadRecipient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_of_the_secret_is_said() {
        let key = RecoveryKey::generate();
        let said = format!("{key:?} {key:#?}");
        assert!(said.starts_with("RecoveryKey { .. }"), "{said}");
        let secret = key.to_text();
        assert!(!said.to_uppercase().contains(&secret["AGE-SECRET-KEY-1".len()..][..6]), "{said}");
    }

    #[test]
    fn two_are_never_the_same() {
        assert_ne!(RecoveryKey::generate(), RecoveryKey::generate());
    }

    #[test]
    fn a_check_code_is_read_however_it_is_typed() {
        let key = RecoveryKey::of_bytes(&[0; 32]);
        let code = key.check_code();
        assert_eq!(code.len(), 8);
        let (a, b) = code.split_at(4);
        for typed in [code.clone(), code.to_lowercase(), format!(" {a}-{b}\n"), format!("{a} – {b}")] {
            assert!(key.is_check_code(&typed), "{typed}");
        }
        for wrong in ["", &code[..7], &format!("{code}0"), &code.replace(&code[..1], "U"), "        "] {
            assert!(!key.is_check_code(wrong), "{wrong}");
        }
    }

    #[test]
    fn letters_that_look_like_digits_are_those() {
        let keys = (0..=255).map(|n| RecoveryKey::of_bytes(&[n; 32]));
        let key = keys.into_iter().find(|key| key.check_code().contains('0') && key.check_code().contains('1'));
        let key = key.expect("one of many");
        let code = key.check_code();
        for (zero, one) in [("O", "I"), ("o", "l"), ("O", "L"), ("o", "i")] {
            assert!(key.is_check_code(&code.replace('0', zero).replace('1', one)), "{code} {zero} {one}");
        }
    }

    proptest! {
        #[test]
        fn a_key_comes_back_from_its_text_and_its_words(bytes: [u8; 32]) {
            let key = RecoveryKey::of_bytes(&bytes);
            let text = key.to_text();
            prop_assert!(text.starts_with("AGE-SECRET-KEY-1") && text.len() == 74);
            prop_assert_eq!(*RecoveryKey::from_text(&text).unwrap().bytes(), bytes);
            prop_assert_eq!(*RecoveryKey::from_text(&text.to_lowercase()).unwrap().bytes(), bytes);
            prop_assert_eq!(*RecoveryKey::from_typed(&text).unwrap().bytes(), bytes);
            prop_assert_eq!(key.words().len(), 24);
            prop_assert_eq!(*RecoveryKey::from_typed(&key.words().join(" ")).unwrap().bytes(), bytes);
            prop_assert!(key.is_check_code(&key.check_code()));
            let recipient = key.recipient();
            prop_assert_eq!(recipient.to_string().parse::<Recipient>().unwrap(), recipient);
        }

        #[test]
        fn one_wrong_letter_in_a_text_is_noticed(bytes: [u8; 32], place in 16usize..74, letter in 0usize..32) {
            let mut text = RecoveryKey::of_bytes(&bytes).to_text().to_string();
            let wrong = &"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"[letter..=letter];
            prop_assume!(&text[place..=place] != wrong);
            text.replace_range(place..=place, wrong);
            prop_assert_eq!(RecoveryKey::from_text(&text).err(), Some(BadKeyText));
        }

        #[test]
        fn no_text_ends_in_a_panic(text in "\\PC{0,90}") {
            let _ = RecoveryKey::from_text(&text);
            let _ = RecoveryKey::from_typed(&text);
            let _ = text.parse::<Recipient>();
            prop_assert!(!RecoveryKey::of_bytes(&[1; 32]).is_check_code(&text));
        }
    }
}
