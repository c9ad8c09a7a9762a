//! Taking over from an old catalog what archives cannot tell.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::OptionalExtension;

use super::{Catalog, CatalogError};

impl Catalog {
    /// Takes over places, runs, checks and damage from the catalog file `old`, as far as they can be read,
    /// and answers the names of archives whose backups were not listed there, because retention had dropped
    /// them. The old file is only read.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when this catalog cannot be written. What cannot be read of the old one is
    /// passed over.
    pub fn take_over(&self, old: &Path) -> Result<HashSet<String>, CatalogError> {
        let connection = self.connection();
        let Some(path) = old.to_str() else { return Ok(HashSet::new()) };
        // Of a pipe nothing would ever be read.
        if !std::fs::symlink_metadata(old).is_ok_and(|found| found.is_file()) {
            return Ok(HashSet::new());
        }
        let escaped = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let uri = format!("file:{escaped}?mode=ro&immutable=1");
        if connection.execute("ATTACH DATABASE ?1 AS old", [uri]).is_err() {
            return Ok(HashSet::new());
        }
        let mut dropped = HashSet::new();
        for (table, columns) in [
            ("place", "path, name, home"),
            ("run", "plan, started, finished, outcome, message, backup"),
            ("verified", "archive, at, how, good"),
            ("episode", "rule, plan, thing, opened_at, closed_at, state, message"),
            ("damage", "archive, path, tar_offset, message, at"),
            // A catalog of schema version 1 does not know where in the archive.
            ("damage", "archive, path, message, at"),
        ] {
            let sql = format!("INSERT OR IGNORE INTO main.{table} ({columns}) SELECT {columns} FROM old.{table}");
            // Each table by itself: one that is damaged does not take the others with it.
            if let Err(e) = connection.execute(&sql, []).map_err(CatalogError::from)
                && e.is_disk_full()
            {
                connection.execute("DETACH DATABASE old", [])?;
                return Err(e);
            }
        }
        let sql = "SELECT name FROM old.archive WHERE part > 0 AND backup_name NOT IN (SELECT name FROM old.backup)";
        if let Ok(mut statement) = connection.prepare(sql) {
            let names = statement.query_map([], |row| row.get(0)).and_then(Iterator::collect);
            dropped = names.unwrap_or_default();
        }
        connection.execute("DETACH DATABASE old", [])?;
        Ok(dropped)
    }

    /// Brings what is in the database's log into its file.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn checkpoint(&self) -> Result<(), CatalogError> {
        Ok(self.connection().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }

    /// Takes backups off the list; their archives and states stay known. Answers how many there were.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn drop_backups(&self, names: &[String]) -> Result<u64, CatalogError> {
        let transaction = self.connection().unchecked_transaction()?;
        let mut count = 0;
        for name in names {
            let sql = "SELECT id FROM backup WHERE name = ?1";
            let id: Option<i64> = transaction.query_row(sql, [name], |row| row.get(0)).optional()?;
            if let Some(id) = id {
                transaction.execute("DELETE FROM needs WHERE backup = ?1", [id])?;
                transaction.execute("DELETE FROM backup WHERE id = ?1", [id])?;
                count += 1;
            }
        }
        transaction.commit()?;
        Ok(count)
    }
}
