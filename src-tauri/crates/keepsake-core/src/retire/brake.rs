//! The change brake: when a great part of the files changed or vanished at once, something may have gone wrong that
//! only a person can tell (a program that encrypts everything, a folder that was emptied by mistake). The backup is
//! kept like any other, and nothing goes until a person has said that it is right.
//!
//! Every backup is compared with the one before, so a quiet day behind a bad one does not let go of the brake. Up to
//! where changes were looked at and found right stands in a small file in the state folder, one line for each plan.
//! When that is lost, all backups are compared again.

use std::io;
use std::path::{Path, PathBuf};

use crate::archive::metadata::SourceState;
use crate::atomic_file;
use crate::catalog::{BackupRow, Catalog, CatalogError};
use crate::error::FileError;

/// So many files at least must be gone.
const MOST_FILES_GONE: u64 = 500;
/// So many of a hundred files must be gone.
const MOST_PERCENT_GONE: u64 = 40;
/// The file in the state folder.
const SEEN_NAME: &str = "changes-seen";

/// A sudden mass change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassChange {
    /// The backup that shows it.
    pub backup: String,
    /// When that was made, in seconds since 1970.
    pub at: i64,
    /// How many files changed or vanished.
    pub gone_files: u64,
    /// Of how many.
    pub files: u64,
}

/// The first backup of a chain since `seen_at` (seconds since 1970; None: ever) in which more than 40 % and more than
/// 500 of the files changed or vanished. `backups` are those of the chain, oldest first.
///
/// # Errors
/// [`CatalogError`] when the catalog cannot be read.
pub(super) fn mass_change(
    catalog: &Catalog,
    backups: &[BackupRow],
    seen_at: Option<i64>,
) -> Result<Option<MassChange>, CatalogError> {
    for (i, after) in backups.iter().enumerate() {
        if seen_at.is_some_and(|seen| after.at <= seen) {
            continue;
        }
        let (mut files, mut gone_at_most, mut pairs) = (0u64, 0u64, Vec::new());
        for source in after.sources.iter().filter(|source| source.state == SourceState::Collected) {
            let before = backups[..i].iter().rev().find(|earlier| earlier.collected(source.name.as_bytes()));
            let Some(before) = before else { continue };
            let had = before.sources.iter().filter(|s| s.name == source.name).map(|s| s.files).sum::<u64>();
            files = files.saturating_add(had);
            // What is not new was there before; all else that was there may be gone.
            let stayed = source.files.saturating_sub(source.new_files);
            gone_at_most = gone_at_most.saturating_add(had.saturating_sub(stayed));
            pairs.push((before, source.name.as_str()));
        }
        if !is_sudden(gone_at_most, files) {
            continue;
        }
        let mut gone_files = 0;
        for (before, source) in pairs {
            gone_files += catalog.files_gone(before, after, source)?;
        }
        if is_sudden(gone_files, files) {
            return Ok(Some(MassChange { backup: after.name.clone(), at: after.at, gone_files, files }));
        }
    }
    Ok(None)
}

/// True when so many of so many files that changed or vanished at once are too many to go on without a person.
pub fn is_sudden(gone: u64, files: u64) -> bool {
    gone > MOST_FILES_GONE && u128::from(gone) * 100 > u128::from(files) * u128::from(MOST_PERCENT_GONE)
}

fn seen_path(data_dir: &Path) -> PathBuf {
    data_dir.join(SEEN_NAME)
}

/// Lines of plan and time.
fn read_seen(data_dir: &Path) -> Result<Vec<(String, i64)>, FileError> {
    let path = seen_path(data_dir);
    let text = match atomic_file::read_own(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(FileError::on("read", path)(e)),
    };
    let line = |line: &str| line.split_once(' ').and_then(|(plan, at)| Some((plan.to_string(), at.parse().ok()?)));
    Ok(text.lines().filter_map(line).collect())
}

/// Up to when changes of a plan were found right, in seconds since 1970.
///
/// # Errors
/// [`FileError`] when the file cannot be read.
pub(super) fn seen_at(data_dir: &Path, plan: &str) -> Result<Option<i64>, FileError> {
    Ok(read_seen(data_dir)?.into_iter().find(|(of, _)| of == plan).map(|(_, at)| at))
}

/// Notes that changes of a plan up to `at` (seconds since 1970) are right. After a power cut the old note or the new
/// one stands.
///
/// # Errors
/// [`FileError`] when it cannot be written.
pub(super) fn note_seen(data_dir: &Path, plan: &str, at: i64) -> Result<(), FileError> {
    let mut lines = read_seen(data_dir)?;
    if lines.iter().any(|(of, seen)| of == plan && *seen == at) {
        return Ok(());
    }
    lines.retain(|(of, _)| of != plan);
    lines.push((plan.into(), at));
    let text: String = lines.iter().map(|(plan, at)| format!("{plan} {at}\n")).collect();
    atomic_file::write_whole(&seen_path(data_dir), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;

    #[test]
    fn both_limits_must_be_passed() {
        for (gone, files, holds) in
            [(500, 500, false), (501, 501, true), (501, 1252, true), (501, 1253, false), (501, 1_000_000, false)]
        {
            assert_eq!(is_sudden(gone, files), holds, "{gone} of {files}");
        }
    }

    #[test]
    fn what_was_seen_is_kept_for_each_plan() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(seen_at(dir.path(), "family").unwrap(), None);
        for (plan, at) in [("family", 5), ("mail", 7), ("family", 9)] {
            note_seen(dir.path(), plan, at).unwrap();
        }
        assert_eq!(seen_at(dir.path(), "family").unwrap(), Some(9));
        assert_eq!(seen_at(dir.path(), "mail").unwrap(), Some(7));
        fs::write(seen_path(dir.path()), b"family\nmail x\n\xff 3\nmail 8").unwrap();
        assert_eq!(seen_at(dir.path(), "family").unwrap(), None);
        assert_eq!(seen_at(dir.path(), "mail").unwrap(), Some(8));
    }
}
