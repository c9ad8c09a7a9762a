//! Files and folders whose name has some letters. All names of the backup that is searched are kept in memory, in small
//! letters, so that each further letter is answered at once; they go with the process.

use std::thread::JoinHandle;

use keepsake_api::{Answer, Found, Item, PathText};
use keepsake_core::archive_path::ArchivePath;
use keepsake_core::catalog::{BackupRow, Catalog, CatalogError};

use super::browse::item;
use super::known::{Known, LONGEST_WAIT, Of, Opened, checked_limit};
use super::refusal::Refused;

/// The most letters that are searched for.
const MOST_LETTERS: usize = 200;

/// Letters and the marks that macOS writes behind them, as one letter each.
const COMPOSED: &str = "a\u{308}ä o\u{308}ö u\u{308}ü e\u{308}ë i\u{308}ï a\u{301}á e\u{301}é i\u{301}í o\u{301}ó u\u{301}ú \
     a\u{300}à e\u{300}è u\u{300}ù a\u{302}â e\u{302}ê i\u{302}î o\u{302}ô u\u{302}û a\u{303}ã n\u{303}ñ o\u{303}õ a\u{30a}å c\u{327}ç";

/// The names of one backup.
pub struct Names {
    of: Of,
    /// All names in small letters, each with a line feed behind it, in the order of paths.
    folded: String,
    /// Where in `folded` each begins.
    starts: Vec<usize>,
    /// All paths as keys, one behind the other.
    keys: Vec<u8>,
    /// Where in `keys` each ends.
    ends: Vec<usize>,
}

/// Answers which files and folders have these letters in their names.
pub fn search(
    known: &mut Known<'_>,
    name: &str,
    text: &str,
    limit: u32,
    from: Option<&PathText>,
) -> Result<Answer, Refused> {
    let limit = checked_limit(limit)?;
    if text.is_empty() || text.chars().count() > MOST_LETTERS {
        return Err(Refused::bad(format!("from 1 to {MOST_LETTERS} letters can be searched for")));
    }
    let opened = known.open(from)?;
    let backup = opened.backup(name)?;
    let of = opened.of(&backup);
    if known.names.as_ref().is_none_or(|names| names.of != of) {
        // The old ones go before the new ones come.
        known.names = None;
        let begun = known.reading.take().filter(|reading| reading.of == of);
        known.names = Some(match begun.and_then(Reading::names) {
            Some(names) => names,
            None => Names::read(of, &opened.catalog, &backup)?,
        });
    }
    let mut items: Vec<Item> = Vec::new();
    let mut has_more = false;
    let letters = folded(text.as_bytes());
    for key in known.names.iter().flat_map(|names| names.with(&letters)) {
        if items.len() == limit {
            has_more = true;
            break;
        }
        let path = ArchivePath::from_sort_key(key)?;
        items.extend(item(&opened.catalog, &backup, &path)?);
    }
    Ok(Answer::Search(Found { items, has_more }))
}

/// Names that are being read while a person still looks around: who browses a backup may search it next.
pub struct Reading {
    of: Of,
    thread: JoinHandle<Option<Names>>,
}

impl Reading {
    /// Waits until all are read; None when that failed.
    fn names(self) -> Option<Names> {
        // One that panicked has read nothing.
        self.thread.join().ok().flatten()
    }
}

/// Begins to read the names of a backup, on a connection of its own, unless that was done.
pub fn read_ahead(known: &mut Known<'_>, opened: &Opened, backup: &BackupRow) {
    let of = opened.of(backup);
    let is_read = known.names.as_ref().is_some_and(|names| names.of == of);
    let is_begun = known.reading.as_ref().is_some_and(|reading| reading.of == of);
    // One of another backup goes on alone, and its names are dropped when it ends: never more than one at a time.
    let is_busy = known.reading.as_ref().is_some_and(|reading| !reading.thread.is_finished());
    let Some(data_dir) = opened.data_dir.clone().filter(|_| !is_read && !is_begun && !is_busy) else { return };
    let backup = backup.clone();
    let of_names = of.clone();
    let read = move || Names::read(of_names, &Catalog::open_waiting(&data_dir, LONGEST_WAIT).ok()?, &backup).ok();
    known.reading = Some(Reading { of, thread: std::thread::spawn(read) });
}

impl Names {
    fn read(of: Of, catalog: &Catalog, backup: &BackupRow) -> Result<Self, CatalogError> {
        let mut names = Self { of, folded: String::new(), starts: vec![], keys: vec![], ends: vec![] };
        catalog.each_name(backup, |named| names.add(named.key))?;
        Ok(names)
    }

    fn add(&mut self, key: &[u8]) {
        self.starts.push(self.folded.len());
        let name = key.rsplit(|byte| *byte == 0).next().unwrap_or(key);
        fold_into(&mut self.folded, name);
        self.folded.push('\n');
        self.keys.extend_from_slice(key);
        self.ends.push(self.keys.len());
    }

    /// The keys of the names that have these letters.
    fn with<'n>(&'n self, letters: &'n str) -> impl Iterator<Item = &'n [u8]> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let found = next + self.folded.get(next..)?.find(letters)?;
            let number = self.starts.partition_point(|start| *start <= found) - 1;
            next = self.starts.get(number + 1).copied().unwrap_or(self.folded.len());
            let begin = if number == 0 { 0 } else { self.ends[number - 1] };
            Some(&self.keys[begin..self.ends[number]])
        })
    }
}

/// A name in small letters, with accents as one letter each.
pub fn folded(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    fold_into(&mut text, name);
    text
}

fn fold_into(text: &mut String, name: &[u8]) {
    if name.is_ascii() {
        text.extend(name.iter().map(|byte| if *byte == b'\n' { ' ' } else { byte.to_ascii_lowercase() as char }));
        return;
    }
    for letter in String::from_utf8_lossy(name).chars() {
        if ('\u{300}'..='\u{36f}').contains(&letter)
            && let Some(base) = text.chars().next_back()
            && let Some(at) = COMPOSED.find(&format!("{base}{letter}"))
            && let Some(composed) = COMPOSED[at + base.len_utf8() + letter.len_utf8()..].chars().next()
        {
            text.pop();
            text.push(composed);
            continue;
        }
        match letter {
            '\n' => text.push(' '),
            // Turkish: its small letter would be two.
            'İ' => text.push('i'),
            _ => text.extend(letter.to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(letters: &str) -> Vec<String> {
        let mut names = Names { of: Of::default(), folded: String::new(), starts: vec![], keys: vec![], ends: vec![] };
        for path in ["p", "p/Lake.JPG", "p/lake", "p/lake/Äpfel", "p/lake/u\u{308}ber", "p/x\ny", "p/\u{fffd}lakelake"]
        {
            names.add(path.replace('/', "\0").as_bytes());
        }
        let letters = folded(letters.as_bytes());
        names.with(&letters).map(|key| String::from_utf8_lossy(key).replace('\0', "/")).collect()
    }

    #[test]
    fn letters_are_found_whatever_their_case_and_however_they_are_written() {
        assert_eq!(found("LAKE"), ["p/Lake.JPG", "p/lake", "p/\u{fffd}lakelake"]);
        assert_eq!(found("äpf"), ["p/lake/Äpfel"]);
        assert_eq!(found("A\u{308}PF"), ["p/lake/Äpfel"]);
        assert_eq!(found("ÜBER"), ["p/lake/u\u{308}ber"]);
        assert_eq!(found("x y"), ["p/x\ny"]);
        assert_eq!(found("p"), ["p", "p/Lake.JPG", "p/lake/Äpfel"]);
        assert_eq!(found("nothing"), [""; 0]);
        // Letters do not reach from one name into the next.
        assert_eq!(found("jpg\nlake"), [""; 0]);
    }
}
