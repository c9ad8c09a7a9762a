//! What came, changed and went from one backup to another.

use rusqlite::types::Value;

use super::{BackupRow, Catalog, CatalogError, row};

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It was not there before.
    Came,
    /// It has another content, or is another kind of thing.
    Changed,
    /// It is no longer there.
    Went,
}

/// A file that came, changed or went. Folders are not told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRow {
    /// Its [`crate::archive_path::ArchivePath::sort_key`].
    pub key: Box<[u8]>,
    /// Its size in bytes; of one that went, what it had.
    pub bytes: u64,
    /// What became of it.
    pub change: Change,
}

/// What a file is, besides its facts.
type What = (bool, Value, Value);

impl Catalog {
    /// What came, changed and went in a backup since an earlier one of the same chain, in the order of paths; everything
    /// came when there is none before. What only got another mode, owner or time did not change. Of sources that the
    /// backup could not find nothing is told: they are unknown.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn changes(&self, before: Option<&BackupRow>, backup: &BackupRow) -> Result<Vec<ChangedRow>, CatalogError> {
        let sql = "SELECT path, first_at, kind, size, sha256, target FROM version WHERE chain = ?1 AND kind <> ?4 AND \
                   ((first_at > ?2 AND first_at <= ?3 AND (last_at IS NULL OR last_at >= ?3)) \
                    OR (first_at <= ?2 AND last_at >= ?2 AND last_at < ?3)) ORDER BY path, first_at";
        let before_at = before.map_or(i64::MIN, |before| before.at);
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut rows = statement.query((backup.chain, before_at, backup.at, row::FOLDER))?;
        let mut changes: Vec<ChangedRow> = Vec::new();
        // What the last of them was before.
        let mut was: Option<What> = None;
        let mut source = (Vec::new(), false);
        while let Some(row) = rows.next()? {
            let key = row.get_ref(0)?.as_blob().map_err(row::wrong)?;
            let name = key.split(|byte| *byte == 0).next().unwrap_or_default();
            if source.0 != name {
                source = (name.to_vec(), backup.collected(name));
            }
            if !source.1 {
                continue;
            }
            let kind: i64 = row.get(2)?;
            let what: What = (kind == row::SYMLINK, row.get(4)?, link_target(kind, row.get(5)?));
            let bytes = row.get::<_, i64>(3)? as u64;
            if row.get::<_, i64>(1)? <= before_at {
                changes.push(ChangedRow { key: key.into(), bytes, change: Change::Went });
                was = Some(what);
                continue;
            }
            let same_path = changes.last_mut().filter(|last| last.change == Change::Went && *last.key == *key);
            match (same_path, was.take()) {
                (Some(_), Some(was)) if was == what => {
                    changes.pop();
                }
                (Some(last), _) => (last.change, last.bytes) = (Change::Changed, bytes),
                (None, _) => changes.push(ChangedRow { key: key.into(), bytes, change: Change::Came }),
            }
        }
        Ok(changes)
    }
}

/// Of a link where it leads; of a file that column says how it is stored.
fn link_target(kind: i64, target: Value) -> Value {
    if kind == row::FILE || kind == row::SPARSE { Value::Null } else { target }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive_path::ArchivePath;
    use crate::catalog::test_rows::{backup, backup_of, house};

    fn told(catalog: &Catalog, before: Option<&BackupRow>, backup: &BackupRow) -> Vec<(String, Change)> {
        let changes = catalog.changes(before, backup).unwrap();
        changes.iter().map(|row| (ArchivePath::from_sort_key(&row.key).unwrap().to_string(), row.change)).collect()
    }

    #[test]
    fn what_came_changed_and_went_is_told_and_nothing_else() {
        let (_dir, catalog) = house();
        let first = backup(&catalog, 10, &["photos/", "photos/a", "photos/b", "photos/c", "photos/c.d"], &[]);
        // b gets another content, c the same one with another time, a goes.
        let changed = [("photos/b", 7), ("photos/c", 0), ("photos/e", 0), ("photos/new/", 0)];
        let second = backup_of(&catalog, 20, &changed, &["photos/a"]);
        let third = backup_of(&catalog, 30, &[], &[]);
        let row = |path: &str, change| (path.to_string(), change);
        assert_eq!(
            told(&catalog, Some(&first), &second),
            [row("photos/a", Change::Went), row("photos/b", Change::Changed), row("photos/e", Change::Came)]
        );
        assert_eq!(told(&catalog, Some(&second), &third), []);
        // With the second gone from the list, the third is compared with the first.
        assert_eq!(told(&catalog, Some(&first), &third).len(), 3);
        assert_eq!(told(&catalog, None, &first).len(), 4);
        assert!(told(&catalog, None, &first).iter().all(|(_, change)| *change == Change::Came));
    }
}
