//! Recording a backup: one transaction, committed when its archives stand safely under their names.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Transaction};

use super::{Catalog, CatalogError, StoredEntry, row};
use crate::archive::metadata::Metadata;
use crate::archive_path::ArchivePath;
use crate::file_facts::FileTime;

/// A backup that is being recorded. Dropped before [`Recorder::commit`], it leaves no trace.
#[derive(Debug)]
pub struct Recorder<'c> {
    transaction: Transaction<'c>,
    chain: i64,
    owners: HashMap<(u32, u32, String, String), i64>,
}

/// A finished backup, as the last part's metadata tells it.
#[derive(Debug)]
pub struct NewBackup<'a> {
    /// The last part's metadata.
    pub metadata: &'a Metadata,
    /// Bytes of all its parts.
    pub stored_bytes: u64,
    /// False when an archive that it needs is not known here.
    pub complete: bool,
    /// Ids of all archives that it needs, its own parts among them.
    pub needs: &'a [u32],
}

impl Catalog {
    /// The chain of backups of a plan on a computer; None when there never was one.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn chain(&self, computer_id: &str, plan: &str) -> Result<Option<i64>, CatalogError> {
        let sql = "SELECT id FROM chain WHERE computer_id = ?1 AND plan = ?2";
        Ok(self.connection().prepare_cached(sql)?.query_row((computer_id, plan), |row| row.get(0)).optional()?)
    }

    /// Begins to record a backup of a plan on a computer.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn record(&self, computer_id: &str, computer: &str, plan: &str) -> Result<Recorder<'_>, CatalogError> {
        let transaction = Transaction::new_unchecked(self.connection(), rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO chain (computer_id, computer, plan) VALUES (?1, ?2, ?3) \
             ON CONFLICT (computer_id, plan) DO UPDATE SET computer = excluded.computer",
            (computer_id, computer, plan),
        )?;
        let chain = transaction.query_row(
            "SELECT id FROM chain WHERE computer_id = ?1 AND plan = ?2",
            (computer_id, plan),
            |row| row.get(0),
        )?;
        Ok(Recorder { transaction, chain, owners: HashMap::new() })
    }

    /// The id that the next archive will get.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn next_archive_id(&self) -> Result<u32, CatalogError> {
        let sql = "SELECT coalesce(max(id), 0) + 1 FROM archive";
        Ok(self.connection().query_row(sql, [], |row| row.get(0))?)
    }
}

impl Recorder<'_> {
    /// The chain that is recorded.
    pub fn chain(&self) -> i64 {
        self.chain
    }

    pub(super) fn transaction(&self) -> &Transaction<'_> {
        &self.transaction
    }

    /// Adds a state of a path.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn put(&mut self, stored: &StoredEntry) -> Result<(), CatalogError> {
        let entry = &stored.entry;
        let facts = &entry.facts;
        let key = (facts.uid, facts.gid, entry.user.clone(), entry.group.clone());
        let owner = match self.owners.get(&key) {
            Some(&id) => id,
            None => {
                let values = (facts.uid, facts.gid, &entry.user, &entry.group);
                self.transaction
                    .execute("INSERT OR IGNORE INTO owner (uid, gid, user, grp) VALUES (?1, ?2, ?3, ?4)", values)?;
                let sql = "SELECT id FROM owner WHERE uid = ?1 AND gid = ?2 AND user = ?3 AND grp = ?4";
                let id = self.transaction.query_row(sql, values, |row| row.get(0))?;
                self.owners.insert(key, id);
                id
            }
        };
        Ok(row::insert(&self.transaction, self.chain, owner, stored)?)
    }

    /// Ends a state of a path: the backup of `last_at` was the last that has it so.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn close(&mut self, path: &ArchivePath, first_at: i64, last_at: i64) -> Result<(), CatalogError> {
        let sql = "UPDATE version SET last_at = ?4 WHERE chain = ?1 AND path = ?2 AND first_at = ?3";
        self.transaction.prepare_cached(sql)?.execute((self.chain, path.sort_key(), first_at, last_at))?;
        Ok(())
    }

    /// Notes that a file whose content is as known has another ctime and inode now.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn touch(
        &mut self,
        path: &ArchivePath,
        first_at: i64,
        ctime: FileTime,
        inode: u64,
    ) -> Result<(), CatalogError> {
        let sql = "UPDATE version SET ctime_secs = ?4, ctime_nanos = ?5, inode = ?6 WHERE chain = ?1 AND path = ?2 AND first_at = ?3";
        self.transaction.prepare_cached(sql)?.execute((
            self.chain,
            path.sort_key(),
            first_at,
            ctime.secs,
            ctime.nanos,
            inode as i64,
        ))?;
        Ok(())
    }

    /// Records an archive that stands safely under its name in a place.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn archive(
        &mut self,
        id: u32,
        name: &str,
        metadata: &Metadata,
        bytes: u64,
        sha256: &[u8; 32],
        place: i64,
    ) -> Result<(), CatalogError> {
        self.transaction.execute(
            "INSERT INTO archive (id, name, chain, backup_name, at, part, bytes, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (id, name, self.chain, &metadata.backup, metadata.time_secs, metadata.part, bytes as i64, &sha256[..]),
        )?;
        self.transaction.execute(
            "INSERT OR REPLACE INTO copy (archive, place, at) VALUES (?1, ?2, ?3)",
            (id, place, metadata.time_secs),
        )?;
        Ok(())
    }

    /// Records the backup itself.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn backup(&mut self, new: &NewBackup<'_>) -> Result<(), CatalogError> {
        let metadata = new.metadata;
        let json =
            |value: Result<String, serde_json::Error>| value.expect("strings and numbers can be written to memory");
        self.transaction.execute(
            "INSERT INTO backup (chain, name, at, time, stored_bytes, complete, problem_count, sources, problems) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (
                self.chain,
                &metadata.backup,
                metadata.time_secs,
                &metadata.time,
                new.stored_bytes as i64,
                new.complete,
                metadata.problem_count as i64,
                json(serde_json::to_string(&metadata.sources)),
                json(serde_json::to_string(&metadata.problems)),
            ),
        )?;
        let id = self.transaction.last_insert_rowid();
        for archive in new.needs {
            self.transaction.execute("INSERT OR IGNORE INTO needs (backup, archive) VALUES (?1, ?2)", (id, archive))?;
        }
        Ok(())
    }

    /// The newest state of a path whose full line is in that archive, if any.
    pub(super) fn state(&self, path: &ArchivePath, described_in: u32) -> Result<Option<StoredEntry>, CatalogError> {
        let sql = format!(
            "SELECT {} FROM version v JOIN owner o ON o.id = v.owner WHERE v.chain = ?1 AND v.path = ?2 AND v.described_in = ?3 \
             ORDER BY v.first_at DESC LIMIT 1",
            row::COLUMNS
        );
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let mut rows = statement.query((self.chain, path.sort_key(), described_in))?;
        rows.next()?.map(StoredEntry::read).transpose()
    }

    /// Makes everything recorded permanent.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when it cannot be written; then nothing of it is recorded.
    pub fn commit(self) -> Result<(), CatalogError> {
        Ok(self.transaction.commit()?)
    }
}
