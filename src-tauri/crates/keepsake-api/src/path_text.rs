//! Paths as text that lose nothing: names on Linux need not be UTF-8, JSON must be.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A path as text. Bytes that are not UTF-8 are written `\xHH`, a backslash is written `\\`; all else is as it is. It is
/// for giving back, not for showing: what is shown comes beside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(as = "String")]
pub struct PathText(String);

/// Why a text is no path as text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no path as text: behind a backslash comes another one, or x and two hexadecimal digits")]
pub struct BadPathText {
    /// The text.
    pub text: String,
}

impl PathText {
    /// The text of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            for letter in chunk.valid().chars() {
                if letter == '\\' {
                    text.push('\\');
                }
                text.push(letter);
            }
            for byte in chunk.invalid() {
                text.push_str(&format!("\\x{byte:02x}"));
            }
        }
        Self(text)
    }

    /// The text of a path.
    pub fn of_path(path: impl AsRef<OsStr>) -> Self {
        Self::of(path.as_ref().as_bytes())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes that it stands for.
    pub fn bytes(&self) -> Vec<u8> {
        // It was checked when it was made.
        decoded(&self.0).unwrap_or_default()
    }

    /// The path that it stands for.
    pub fn os_string(&self) -> OsString {
        OsString::from_vec(self.bytes())
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        if let Some(behind) = behind.strip_prefix('\\') {
            bytes.push(b'\\');
            rest = behind;
        } else {
            let digits = behind.strip_prefix('x')?.get(..2)?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &behind[3..];
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(bytes)
}

impl TryFrom<String> for PathText {
    type Error = BadPathText;

    fn try_from(text: String) -> Result<Self, BadPathText> {
        match decoded(&text) {
            Some(_) => Ok(Self(text)),
            None => Err(BadPathText { text }),
        }
    }
}

impl From<PathText> for String {
    fn from(path: PathText) -> Self {
        path.0
    }
}

impl fmt::Display for PathText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost() {
        for (bytes, text) in [
            (&b"photos/lake.jpg"[..], "photos/lake.jpg"),
            ("Größe".as_bytes(), "Größe"),
            (b"a\\b", "a\\\\b"),
            (b"\xff\xfex", "\\xff\\xfex"),
            (b"", ""),
            (b"\\x41", "\\\\x41"),
        ] {
            assert_eq!(PathText::of(bytes).as_str(), text);
            assert_eq!(PathText::try_from(text.to_string()).unwrap().bytes(), bytes, "{text}");
        }
        for wrong in ["\\", "a\\n", "\\x4", "\\xzz", "\\x+1", "\\x4é"] {
            assert!(PathText::try_from(wrong.to_string()).is_err(), "{wrong}");
        }
    }
}
