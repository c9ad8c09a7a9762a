//! Names that are like one that does not exist.

use keepsake_core::archive_path::{ArchivePath, shown};
use keepsake_core::catalog::{BackupRow, Catalog, CatalogError};

use crate::error::CliError;

/// Names less alike than this (0 to 1) are not offered.
const ALIKE: f64 = 0.6;
/// How many names of a folder are looked at.
const LOOKED_AT: usize = 200_000;
/// How many paths are offered.
const OFFERED: usize = 3;

/// How alike two names are, 0 to 1, whatever their case.
fn alike(a: &str, b: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(&a.to_lowercase(), &b.to_lowercase())
}

/// Those of the names that are most like one, each once, the most alike first.
pub fn names<'n>(wrong: &str, known: impl Iterator<Item = &'n str>, count: usize) -> Vec<&'n str> {
    let mut found: Vec<(f64, &str)> =
        known.map(|name| (alike(wrong, name), name)).filter(|(alike, _)| *alike >= ALIKE).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    found.dedup_by(|a, b| a.1 == b.1);
    found.into_iter().take(count).map(|(_, name)| name).collect()
}

/// A path as it was typed: a `/` at its end does not count.
///
/// # Errors
/// Exit code 65 when it cannot be a path in a backup; `sources` are offered.
pub fn parse_path(typed: &std::ffi::OsStr, sources: &[&str]) -> Result<ArchivePath, CliError> {
    let mut bytes = typed.as_encoded_bytes();
    while bytes.len() > 1 && bytes.ends_with(b"/") {
        bytes = &bytes[..bytes.len() - 1];
    }
    ArchivePath::new(bytes).map_err(|e| CliError::input(e.to_string(), begins_with(sources)))
}

fn begins_with(sources: &[&str]) -> String {
    match sources {
        [] => "A path begins with the name of what you protect, as in photos/2019/lake.jpg.".into(),
        [one] => format!("A path begins with the name of what you protect: {one}/..."),
        _ => format!("A path begins with the name of what you protect, one of: {}", sources.join(", ")),
    }
}

/// The names of what a backup has.
pub fn sources(backup: &BackupRow) -> Vec<&str> {
    backup.sources.iter().map(|s| s.name.as_str()).collect()
}

/// The error for a path that a backup does not have: it offers what is there instead.
///
/// # Errors
/// [`CatalogError`] when the catalog cannot be read.
pub fn no_such_path(catalog: &Catalog, backup: &BackupRow, path: &ArchivePath) -> Result<CliError, CatalogError> {
    let mut meant = Vec::new();
    let sources = sources(backup);
    let unknown =
        backup.sources.iter().find(|s| s.name.as_bytes() == path.source() && !backup.collected(path.source()));
    if let Some(source) = unknown {
        let message = format!("{} could not be found when {} was made", source.name, backup.name);
        let advice = format!("Take an earlier backup: `keepsake list --json` tells which have {}.", source.name);
        return Ok(CliError::input(message, advice));
    }
    if sources.iter().any(|name| name.as_bytes() == path.source()) {
        meant = in_its_folder(catalog, backup, path)?;
    } else {
        // Was the source's name forgotten, or is it misspelt?
        for name in &sources {
            if let Ok(full) = ArchivePath::new([name.as_bytes(), path.as_bytes()].join(&b'/'))
                && catalog.entry_at(backup, &full)?.is_some()
            {
                meant.push(full.to_string());
            }
        }
        if meant.is_empty() {
            let wrong = shown(path.source());
            meant.extend(names(&wrong, sources.iter().copied(), OFFERED).into_iter().map(String::from));
        }
    }
    meant.truncate(OFFERED);
    let advice = match &meant[..] {
        [] => begins_with(&sources),
        [one] => format!("Did you mean {one}?"),
        _ => format!("Did you mean one of these? {}", meant.join(", ")),
    };
    Ok(CliError::input(format!("{path} is not in the backup {}", backup.name), advice))
}

/// What the deepest folder of the path that exists has instead of its next part.
fn in_its_folder(catalog: &Catalog, backup: &BackupRow, path: &ArchivePath) -> Result<Vec<String>, CatalogError> {
    let mut wrong = path.clone();
    let folder = loop {
        let Some(parent) = wrong.parent() else { return Ok(Vec::new()) };
        if catalog.entry_at(backup, &parent)?.is_some() {
            break parent;
        }
        wrong = parent;
    };
    let rest = &path.as_bytes()[wrong.as_bytes().len()..];
    let name = shown(wrong.name());
    let mut found: Vec<(f64, ArchivePath)> = Vec::new();
    for stored in catalog.entries(backup, Some(&folder)).take(LOOKED_AT) {
        let here = stored?.entry.path;
        if here.parent().as_ref() == Some(&folder) {
            let alike = alike(&name, &shown(here.name()));
            if alike >= ALIKE {
                found.push((alike, here));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut meant = Vec::new();
    for (_, here) in found.into_iter().take(OFFERED) {
        // With the rest of the path, when that is there.
        let whole = ArchivePath::new([here.as_bytes(), rest].concat()).ok();
        let whole = whole.filter(|whole| matches!(catalog.entry_at(backup, whole), Ok(Some(_))));
        meant.push(whole.unwrap_or(here).to_string());
    }
    Ok(meant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn the_most_alike_come_first() {
        let known = ["family", "work", "Familya", "family"];
        assert_eq!(names("famly", known.into_iter(), 3), ["family", "Familya"]);
        assert_eq!(names("FAMILY", known.into_iter(), 1), ["family"]);
        assert_eq!(names("zebra", known.into_iter(), 3), [""; 0]);
    }

    #[test]
    fn paths_are_read_as_they_are_typed() {
        let parse = |text: &str| parse_path(OsStr::new(text), &["photos", "notes"]);
        assert_eq!(parse("photos/2019//").expect("a path").to_string(), "photos/2019");
        assert_eq!(parse("photos/").expect("a path").to_string(), "photos");
        for wrong in ["", "/", "/etc/passwd", "photos/../x", "photos//x"] {
            let error = parse(wrong).expect_err(wrong);
            assert!(error.advice.contains("photos, notes"), "{error:?}");
        }
    }
}
