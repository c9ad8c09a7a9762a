//! What came, changed and went in a backup.

use keepsake_api::{Answer, ChangeKind, ChangedFile, Changes, Counts, PathText};
use keepsake_core::archive_path::ArchivePath;
use keepsake_core::catalog::{BackupRow, Change, ChangedRow};

use super::known::{Known, Of, Opened, checked_limit};
use super::refusal::Refused;
use super::tally::is_picture;

/// The changes of the backup that was asked about last.
pub struct Changed {
    of: Of,
    before: Option<Of>,
    rows: Vec<ChangedRow>,
}

/// Answers which files came, changed or went.
pub fn changes(
    known: &mut Known<'_>,
    name: &str,
    kind: ChangeKind,
    (offset, limit): (u32, u32),
) -> Result<Answer, Refused> {
    let limit = checked_limit(limit)?;
    let opened = known.open(None)?;
    let backup = opened.backup(name)?;
    let all = opened.catalog.backups(Some(&backup.plan))?;
    let (before, _) = neighbours(&all, &backup);
    let rows = of_backup(known, &opened, before, &backup)?;
    let of_kind = || rows.iter().filter(|row| told(row.change) == kind);
    let page = of_kind().skip(offset as usize).take(limit).map(|row| {
        let path = ArchivePath::from_sort_key(&row.key)?;
        Ok(ChangedFile { path: PathText::of(path.as_bytes()), shown: path.to_string(), bytes: row.bytes })
    });
    let files = page.collect::<Result<Vec<_>, Refused>>()?;
    Ok(Answer::Changes(Changes { total: of_kind().count() as u64, files }))
}

/// The backups of the same chain right before and after one, of all, oldest first.
pub fn neighbours<'b>(all: &'b [BackupRow], backup: &BackupRow) -> (Option<&'b BackupRow>, Option<&'b BackupRow>) {
    let chain = || all.iter().filter(|other| other.chain == backup.chain);
    (chain().rfind(|other| other.at < backup.at), chain().find(|other| other.at > backup.at))
}

/// The changes of a backup since the one before.
///
/// # Errors
/// When the catalog cannot be read.
pub fn of_backup<'k>(
    known: &'k mut Known<'_>,
    opened: &Opened,
    before: Option<&BackupRow>,
    backup: &BackupRow,
) -> Result<&'k [ChangedRow], Refused> {
    let (of, before_of) = (opened.of(backup), before.map(|before| opened.of(before)));
    if known.changed.as_ref().is_none_or(|known| (&known.of, &known.before) != (&of, &before_of)) {
        known.changed = None;
        let rows = opened.catalog.changes(before, backup)?;
        known.changed = Some(Changed { of, before: before_of, rows });
    }
    Ok(known.changed.as_ref().map(|changed| &changed.rows[..]).unwrap_or_default())
}

/// How many came, changed and went.
pub fn counted(rows: &[ChangedRow]) -> [Counts; 3] {
    let mut counts = [Counts::default(); 3];
    for row in rows {
        let counts = &mut counts[row.change as usize];
        counts.files += 1;
        counts.bytes = counts.bytes.saturating_add(row.bytes);
        let name = row.key.rsplit(|byte| *byte == 0).next().unwrap_or_default();
        counts.pictures += u64::from(is_picture(name));
    }
    counts
}

fn told(change: Change) -> ChangeKind {
    match change {
        Change::Came => ChangeKind::Came,
        Change::Changed => ChangeKind::Changed,
        Change::Went => ChangeKind::Went,
    }
}
