//! What backups that go take with them: archives that nobody needs any more, and states that no list shows.

use rusqlite::{Transaction, TransactionBehavior};

use super::{ArchiveRow, BackupRow, Catalog, CatalogError};
use crate::archive_path::ArchivePath;

impl Catalog {
    /// The archives of a chain in a place that no backup would need if those with the ids `without` went; also those
    /// of backups that went before.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read, as for all that follow.
    pub fn unneeded_archives(&self, chain: i64, place: i64, without: &[i64]) -> Result<Vec<ArchiveRow>, CatalogError> {
        // A part that was named but not recorded is the business of the run that begins next.
        let condition = "chain = ?1 AND part > 0 AND id IN (SELECT archive FROM copy WHERE place = ?2) \
                   AND id NOT IN (SELECT archive FROM needs WHERE backup NOT IN (SELECT value FROM json_each(?3)))";
        let without = serde_json::to_string(without).expect("numbers can be written to memory");
        self.archives_where(condition, (chain, place, without))
    }

    /// Takes backups of a chain (by their ids) off the list, in one step with the copies in a place that nobody
    /// needs then, which it answers: their files may be removed. States that no listed backup shows are forgotten once
    /// the archive that describes them is nowhere. Archives themselves stay known by name, so that a file that comes back
    /// is no new backup. It is on the medium when this returns; after a power cut all of it is so or nothing.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written; then nothing was changed.
    pub fn retire_backups(&self, chain: i64, place: i64, backups: &[i64]) -> Result<Vec<ArchiveRow>, CatalogError> {
        let unneeded = self.unneeded_archives(chain, place, backups)?;
        if backups.is_empty() && unneeded.is_empty() {
            return Ok(unneeded);
        }
        // Files are removed next: were this only in the log's memory, a power cut would bring backups back
        // to the list whose archives are gone.
        self.connection().pragma_update(None, "synchronous", "FULL")?;
        let done = self.retire_in_one(chain, place, backups, &unneeded);
        self.connection().pragma_update(None, "synchronous", "NORMAL")?;
        done.map(|()| unneeded)
    }

    fn retire_in_one(
        &self,
        chain: i64,
        place: i64,
        backups: &[i64],
        unneeded: &[ArchiveRow],
    ) -> Result<(), CatalogError> {
        let transaction = Transaction::new_unchecked(self.connection(), TransactionBehavior::Immediate)?;
        for backup in backups {
            transaction.execute("DELETE FROM needs WHERE backup = ?1", [backup])?;
            transaction.execute("DELETE FROM backup WHERE id = ?1 AND chain = ?2", [backup, &chain])?;
        }
        for archive in unneeded {
            transaction.execute("DELETE FROM copy WHERE archive = ?1 AND place = ?2", (archive.id, place))?;
        }
        // Where an archive is still unpacked by hand, what it puts at a path must stay known, whoever lists it.
        transaction.execute(
            "DELETE FROM version WHERE chain = ?1 AND last_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM backup b \
                WHERE b.chain = ?1 AND b.at BETWEEN version.first_at AND version.last_at) \
             AND described_in NOT IN (SELECT archive FROM copy UNION SELECT archive FROM needs)",
            [chain],
        )?;
        Ok(transaction.commit()?)
    }

    /// How many files of a source that one backup has are gone in a later one of the same chain: neither at their
    /// path as they were, nor their content anywhere. What was moved, or got another mode, is not gone.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn files_gone(&self, before: &BackupRow, after: &BackupRow, source: &str) -> Result<u64, CatalogError> {
        let root = ArchivePath::new(source.as_bytes())?.sort_key();
        let (mut from, mut until) = (root.clone(), root);
        from.push(0);
        until.push(1);
        let sql = "SELECT count(*) FROM version v WHERE v.chain = ?1 AND v.path > ?2 AND v.path < ?3 \
                   AND v.kind IN (0, 1, 4, 5) AND v.first_at <= ?4 AND v.last_at >= ?4 AND v.last_at < ?5 \
                   AND NOT EXISTS (SELECT 1 FROM version w WHERE w.chain = ?1 AND w.first_at <= ?5 \
                      AND (w.last_at IS NULL OR w.last_at >= ?5) AND w.sha256 IS NOT NULL \
                      AND substr(w.sha256, 1, 8) = substr(v.sha256, 1, 8) AND w.sha256 = v.sha256) \
                   AND NOT (v.sha256 IS NULL AND EXISTS (SELECT 1 FROM version w WHERE w.chain = ?1 AND w.path = v.path \
                      AND w.first_at <= ?5 AND (w.last_at IS NULL OR w.last_at >= ?5)))";
        let values = (before.chain, from, until, before.at, after.at);
        let count: i64 = self.connection().prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
        Ok(count as u64)
    }
}
