//! What can be wrong with `config.toml`: each error says where, what was found and what was meant.

use std::path::{Path, PathBuf};

use crate::error::FileError;

/// A place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named to Keepsake.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// The line's text, at most 200 characters.
    pub text: String,
}

impl Place {
    /// The place of a byte of the text; one past the end is the end.
    pub(super) fn boxed(file: &Path, text: &str, byte: usize) -> Box<Place> {
        let mut byte = byte.min(text.len());
        while !text.is_char_boundary(byte) {
            byte -= 1;
        }
        let start = text[..byte].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[byte..].find('\n').map_or(text.len(), |newline| byte + newline);
        Box::new(Place {
            file: file.to_path_buf(),
            line: text[..start].matches('\n').count() + 1,
            column: text[start..byte].chars().count() + 1,
            text: text[start..end].chars().filter(|c| !c.is_control() || *c == '\t').take(200).collect(),
        })
    }
}

/// `FILE:LINE`, the form that editors understand.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// The first thing that is wrong with the settings.
///
/// Shown as one line with what is wrong and what was meant, and below it the line of the file.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file could not be read.
    #[error(transparent)]
    Unreadable(FileError),
    /// The file is not text in UTF-8.
    #[error("{at}: from here on this is not text in UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// The first byte that is wrong.
        at: Box<Place>,
    },
    /// The text is not TOML.
    #[error("{at}: this is not how settings are written: {message}{}", quoted(at))]
    Syntax {
        /// Where reading ended.
        at: Box<Place>,
        /// What was found and what could stand there.
        message: String,
    },
    /// A key that Keepsake does not know, or not in this table.
    #[error("{at}: unknown key `{key}` {table}; {meant}{}", quoted(at))]
    UnknownKey {
        /// The key's place.
        at: Box<Place>,
        /// The key.
        key: String,
        /// The table it stands in, as `in [[plan]] "family"`.
        table: String,
        /// The known key that looks most like it, when one does.
        nearest: Option<&'static str>,
        /// What was meant, as far as can be guessed.
        meant: String,
    },
    /// A value of the wrong type.
    #[error("{at}: `{key}` {table} is {found}, but must be {meant}{}", quoted(at))]
    WrongType {
        /// The value's place.
        at: Box<Place>,
        /// The key.
        key: String,
        /// The table it stands in.
        table: String,
        /// The type that was found, as "a number".
        found: &'static str,
        /// What it must be, as "a text in quotes".
        meant: String,
    },
    /// A value of the right type that cannot be.
    #[error("{at}: `{key}` {table} cannot be {found}: {meant}{}", quoted(at))]
    WrongValue {
        /// The value's place.
        at: Box<Place>,
        /// The key.
        key: String,
        /// The table it stands in.
        table: String,
        /// The value, as it is written.
        found: String,
        /// Why not, or what can stand there.
        meant: String,
    },
    /// Something that a later version of Keepsake will do.
    #[error("{at}: `{key} = {found}` {table} is not in this version of Keepsake yet; it can do {meant}{}", quoted(at))]
    NotYet {
        /// The value's place.
        at: Box<Place>,
        /// The key.
        key: String,
        /// The table it stands in.
        table: String,
        /// The value, as it is written.
        found: String,
        /// What this version can do.
        meant: String,
    },
    /// A key that must be there.
    #[error("{at}: `{key}` is missing {table}; add a line like {example}{}", quoted(at))]
    MissingKey {
        /// Where its table begins.
        at: Box<Place>,
        /// The key.
        key: String,
        /// The table it should stand in.
        table: String,
        /// A line as it could be.
        example: &'static str,
    },
}

impl SettingsError {
    /// True when there is no such file: nothing is set up yet.
    pub fn is_missing(&self) -> bool {
        matches!(self, SettingsError::Unreadable(error) if error.source.kind() == std::io::ErrorKind::NotFound)
    }

    /// The place of what is wrong; none when the file could not be read.
    pub fn place(&self) -> Option<&Place> {
        match self {
            SettingsError::Unreadable(_) => None,
            SettingsError::NotUtf8 { at }
            | SettingsError::Syntax { at, .. }
            | SettingsError::UnknownKey { at, .. }
            | SettingsError::WrongType { at, .. }
            | SettingsError::WrongValue { at, .. }
            | SettingsError::NotYet { at, .. }
            | SettingsError::MissingKey { at, .. } => Some(at),
        }
    }
}

fn quoted(at: &Place) -> String {
    if at.text.trim().is_empty() { String::new() } else { format!("\n  {} | {}", at.line, at.text.trim_end()) }
}
