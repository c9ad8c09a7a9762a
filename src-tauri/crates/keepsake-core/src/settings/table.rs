//! One table of the file, with the place of everything in it.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Place, SettingsError};

/// The whole file: what errors need.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    pub file: &'a Path,
    pub text: &'a str,
    pub home: &'a Path,
}

impl Document<'_> {
    pub fn place(&self, byte: usize) -> Box<Place> {
        Place::boxed(self.file, self.text, byte)
    }
}

/// One table, what it is called in errors, and where it begins.
pub(super) struct Table<'a> {
    pub document: Document<'a>,
    pub called: String,
    pub entries: &'a DeTable<'a>,
    pub start: usize,
}

/// A value and where it stands.
pub(super) struct Found<T> {
    pub value: T,
    pub span: Range<usize>,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl<'a> Table<'a> {
    pub fn get(&self, key: &str) -> Option<&'a Value<'a>> {
        self.entries.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// Refuses the first key, in the order of the file, that is not in `known`. `elsewhere` are the keys of
    /// other tables: in TOML a key belongs to the header above it, which is the most usual slip.
    pub fn refuse_unknown_keys(
        &self,
        known: &[&'static str],
        elsewhere: &[(&'static str, &[&'static str])],
    ) -> Result<(), SettingsError> {
        let unknown = self
            .entries
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        let Some(key) = unknown else { return Ok(()) };
        let found = key.get_ref().as_ref();
        let nearest = nearest(found, known);
        let meant = match (elsewhere.iter().find(|(_, keys)| keys.contains(&found)), nearest) {
            (Some((place, _)), _) => format!("it belongs {place}: move it there"),
            (None, Some(nearest)) => format!("did you mean `{nearest}`?"),
            (None, None) => format!("known here are {}", listed(known)),
        };
        Err(SettingsError::UnknownKey {
            at: self.document.place(key.span().start),
            key: shortened(found),
            table: self.called.clone(),
            nearest,
            meant,
        })
    }

    pub fn text(&self, key: &str) -> Result<Option<Found<&'a str>>, SettingsError> {
        self.typed(key, "a text in quotes", |value| value.as_str())
    }

    pub fn required_text(&self, key: &str, example: &'static str) -> Result<Found<&'a str>, SettingsError> {
        self.text(key)?.ok_or_else(|| self.missing(key, example))
    }

    pub fn flag(&self, key: &str, default: bool) -> Result<bool, SettingsError> {
        Ok(self.typed(key, "true or false", |value| value.as_bool())?.map_or(default, |found| found.value))
    }

    /// A whole number within `range`.
    pub fn number(&self, key: &str, range: std::ops::RangeInclusive<u64>) -> Result<Option<u64>, SettingsError> {
        let Some(found) = self.typed(key, "a whole number", |value| value.as_integer())? else { return Ok(None) };
        let number = u64::from_str_radix(found.value.as_str(), found.value.radix()).ok();
        match number.filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => {
                let meant = format!("it must be a number from {} to {}", range.start(), range.end());
                Err(self.wrong_value(key, &found.span, meant))
            }
        }
    }

    /// The texts of an array.
    pub fn texts(&self, key: &str) -> Result<Vec<Found<&'a str>>, SettingsError> {
        const MEANT: &str = "a list of texts, as in [\"*.tmp\", \".cache/\"]";
        let Some(array) = self.typed(key, MEANT, |value| value.as_array())? else { return Ok(Vec::new()) };
        array
            .value
            .iter()
            .map(|item| match item.get_ref().as_str() {
                Some(value) => Ok(Found { value, span: item.span() }),
                None => Err(self.wrong_type(key, item, MEANT)),
            })
            .collect()
    }

    pub fn table(&self, key: &str, meant: &str, called: String) -> Result<Option<Table<'a>>, SettingsError> {
        Ok(self.typed(key, meant, |value| value.as_table())?.map(|found| Table {
            document: self.document,
            called,
            entries: found.value,
            start: found.span.start,
        }))
    }

    /// The tables of `[[key]]`, each called by its name when it has one.
    pub fn tables(&self, key: &str, header: &str) -> Result<Vec<Table<'a>>, SettingsError> {
        let meant = format!("one or more tables that begin with a line [[{header}]]");
        let Some(array) = self.typed(key, &meant, |value| value.as_array())? else { return Ok(Vec::new()) };
        array
            .value
            .iter()
            .map(|item| {
                let entries = item.get_ref().as_table().ok_or_else(|| self.wrong_type(key, item, &meant))?;
                let mut table =
                    Table { document: self.document, called: String::new(), entries, start: item.span().start };
                let name = table.get("name").and_then(|name| name.get_ref().as_str()).map(shortened);
                table.called = match name {
                    Some(name) => format!("in [[{header}]] \"{name}\""),
                    None => format!("in [[{header}]]"),
                };
                Ok(table)
            })
            .collect()
    }

    fn typed<T>(
        &self,
        key: &str,
        meant: &str,
        read: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Result<Option<Found<T>>, SettingsError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match read(value.get_ref()) {
            Some(read) => Ok(Some(Found { value: read, span: value.span() })),
            None => Err(self.wrong_type(key, value, meant)),
        }
    }

    pub fn wrong_type(&self, key: &str, value: &Value<'_>, meant: &str) -> SettingsError {
        SettingsError::WrongType {
            at: self.document.place(value.span().start),
            key: key.to_owned(),
            table: self.called.clone(),
            found: type_in_words(value.get_ref()),
            meant: meant.to_owned(),
        }
    }

    pub fn wrong_value(&self, key: &str, span: &Range<usize>, meant: String) -> SettingsError {
        SettingsError::WrongValue {
            at: self.document.place(span.start),
            key: key.to_owned(),
            table: self.called.clone(),
            found: self.written(span),
            meant,
        }
    }

    pub fn not_yet(&self, key: &str, span: &Range<usize>, meant: &str) -> SettingsError {
        SettingsError::NotYet {
            at: self.document.place(span.start),
            key: key.to_owned(),
            table: self.called.clone(),
            found: self.written(span),
            meant: meant.to_owned(),
        }
    }

    pub fn missing(&self, key: &str, example: &'static str) -> SettingsError {
        SettingsError::MissingKey {
            at: self.document.place(self.start),
            key: key.to_owned(),
            table: self.called.clone(),
            example,
        }
    }

    /// The value as the file has it, so that what was found is recognised.
    fn written(&self, span: &Range<usize>) -> String {
        self.document.text.get(span.clone()).map(shortened).unwrap_or_default()
    }
}

fn type_in_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The known word that looks most like `found`, when one looks enough like it to be meant.
pub(super) fn nearest(found: &str, known: &[&'static str]) -> Option<&'static str> {
    if found.len() > 64 {
        return None;
    }
    let found = found.to_lowercase().replace('-', "_");
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&found, word), *word))
        .filter(|(distance, word)| *distance <= word.len().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

pub(super) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// At most 60 characters on one line.
pub(super) fn shortened(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(61).collect();
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
