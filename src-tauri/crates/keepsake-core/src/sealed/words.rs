//! The words of a key (BIP 39, English list: <https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki>), and reading
//! what somebody typed from paper.

use bip39::{Language, Mnemonic};
use zeroize::{Zeroize, Zeroizing};

use super::RecoveryKey;

/// So many words has a key.
const COUNT: usize = 24;
/// By so many letters each word of the list can be told from all others.
const TOLD_BY: usize = 4;
/// At most so many suggestions for a word.
const MOST_MEANT: usize = 3;
/// The longest text that is looked at, in bytes.
const MOST_TYPED_BYTES: usize = 16 << 10;
/// What the text of a key begins with.
const KEY_BEGINS: &str = "AGE-SECRET-KEY-1";

/// What is wrong with a key that was typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypedKeyError {
    /// Some words are none of the list.
    #[error("{} of the words are none of the list", typos.len())]
    Typos {
        /// Which, in their order.
        typos: Vec<Typo>,
    },
    /// There are more or fewer than 24 words.
    #[error("these are {count} words, and a sheet has 24")]
    WrongCount {
        /// So many.
        count: usize,
    },
    /// All are words of the list, and their checksum is wrong: one is another, or two changed places.
    #[error("one of the words is another than on the sheet, or two have changed places")]
    WrongWord,
    /// A key was typed, and its checksum is wrong.
    #[error("a letter of the key is another than on the sheet, or is missing")]
    WrongText,
}

/// A word that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typo {
    /// Which word, from 1.
    pub number: usize,
    /// As it was typed.
    pub typed: String,
    /// What may be meant, the likeliest first; at most 3.
    pub meant: Vec<&'static str>,
}

/// The words of a key.
pub(super) fn of(key: &RecoveryKey) -> Vec<&'static str> {
    let mut mnemonic = mnemonic(key.bytes());
    let words = mnemonic.words().collect();
    mnemonic.zeroize();
    words
}

fn mnemonic(bytes: &[u8; 32]) -> Mnemonic {
    Mnemonic::from_entropy_in(Language::English, bytes).expect("32 bytes make 24 words")
}

/// The key that was typed.
pub(super) fn typed(text: &str) -> Result<RecoveryKey, TypedKeyError> {
    if text.len() > MOST_TYPED_BYTES {
        return Err(TypedKeyError::WrongCount { count: text.split_whitespace().count() });
    }
    let joined: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect());
    if let Some(at) = joined.find(KEY_BEGINS) {
        // Behind it may stand what else is on a sheet; before it, its heading.
        let key: Zeroizing<String> = Zeroizing::new(joined[at..].chars().take(KEY_BEGINS.len() + 58).collect());
        return RecoveryKey::from_text(&key).map_err(|_| TypedKeyError::WrongText);
    }
    let typed: Vec<Zeroizing<String>> = words_in(text);
    if typed.len() != COUNT {
        return Err(TypedKeyError::WrongCount { count: typed.len() });
    }
    let mut words = Vec::with_capacity(COUNT);
    let mut typos = Vec::new();
    for (number, typed) in (1..).zip(&typed) {
        match meant_by(typed) {
            Some(word) => words.push(word),
            None => typos.push(Typo { number, typed: typed.to_string(), meant: suggestions(typed) }),
        }
    }
    if !typos.is_empty() {
        return Err(TypedKeyError::Typos { typos });
    }
    let phrase = Zeroizing::new(words.join(" "));
    let mut mnemonic =
        Mnemonic::parse_in_normalized(Language::English, &phrase).map_err(|_| TypedKeyError::WrongWord)?;
    let (mut entropy, length) = mnemonic.to_entropy_array();
    mnemonic.zeroize();
    let bytes: Result<&[u8; 32], _> = entropy[..length].try_into();
    let key = bytes.map(RecoveryKey::of_bytes).map_err(|_| TypedKeyError::WrongWord);
    entropy.zeroize();
    key
}

/// The words that were typed, in small letters: numbers and signs before and behind them do not count.
fn words_in(text: &str) -> Vec<Zeroizing<String>> {
    let between = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '.' | ':' | ')' | '(' | '|' | '/');
    text.split(between)
        .map(|piece| piece.trim_matches(|c: char| !c.is_alphabetic()))
        .filter(|piece| !piece.is_empty())
        .map(|piece| Zeroizing::new(piece.to_lowercase()))
        .collect()
}

/// The word of the list that was meant, when it is written out or begun with at least four letters.
fn meant_by(typed: &str) -> Option<&'static str> {
    let list = Language::English.word_list();
    if let Ok(at) = list.binary_search(&typed) {
        return Some(list[at]);
    }
    if typed.chars().count() < TOLD_BY {
        return None;
    }
    let mut begun = list.iter().filter(|word| word.starts_with(typed));
    begun.next().filter(|_| begun.next().is_none()).copied()
}

/// Words of the list that are much like it.
fn suggestions(typed: &str) -> Vec<&'static str> {
    // Longer than any word with letters too many: nothing is like it, and comparing would take long.
    if typed.chars().count() > 16 {
        return Vec::new();
    }
    // So many letters may be wrong, missing, too many or swapped with the next one.
    let most_wrong = match typed.chars().count() {
        ..4 => 1,
        4..8 => 2,
        _ => 3,
    };
    let list = Language::English.word_list().iter();
    let mut near: Vec<(usize, bool, &'static str)> = list
        .map(|word| {
            let begins_alike = word.chars().next() == typed.chars().next();
            (strsim::damerau_levenshtein(word, typed), !begins_alike, *word)
        })
        .filter(|(wrong, _, _)| *wrong <= most_wrong)
        .collect();
    near.sort_unstable();
    near.truncate(MOST_MEANT);
    near.into_iter().map(|(_, _, word)| word).collect()
}

#[cfg(test)]
mod tests;
