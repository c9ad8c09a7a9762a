//! Which archives are known and which place holds a copy, and what follows when that changes.
//!
//! An archive that others need and that nobody has ever seen here is known by name only: a *ghost*, with
//! part 0 and no copy. So every backup's list of needed archives is whole, and "complete" can be told from
//! the copies alone.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::OptionalExtension;

use super::{Catalog, CatalogError, DamageRow, ImportPart, Recorder};
use crate::archive::metadata::{Metadata, NeededArchive, SourceState, SourceSummary};
use crate::archive::name::ARCHIVE_ENDING;
use crate::hash::sha256_of_hex;

/// An archive that the catalog knows, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownArchive {
    /// Its id.
    pub id: u32,
    /// Its chain.
    pub chain: i64,
    /// The backup whose part it is.
    pub backup_name: String,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub bytes: u64,
    /// True when other archives need it and none of it has ever been seen here.
    pub ghost: bool,
    /// The places that hold a copy, each with the time at which it was made, in seconds since 1970.
    pub copies: Vec<(i64, i64)>,
}

/// Of `backup`: every archive that it needs has a copy, and none is known to be unreadable as a whole.
const ALL_READABLE: &str = "NOT EXISTS (SELECT 1 FROM needs n LEFT JOIN archive a ON a.id = n.archive \
     WHERE n.backup = backup.id AND (a.id IS NULL OR a.part = 0 \
        OR NOT EXISTS (SELECT 1 FROM copy c WHERE c.archive = n.archive) \
        OR EXISTS (SELECT 1 FROM damage d WHERE d.archive = a.name AND d.path = '')))";

impl Catalog {
    /// An archive by its name.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read or written, as for all that follow.
    pub fn archive_named(&self, name: &str) -> Result<Option<KnownArchive>, CatalogError> {
        let sql = "SELECT id, chain, backup_name, sha256, bytes, part = 0 FROM archive WHERE name = ?1";
        let known = self.connection().prepare_cached(sql)?.query_row([name], |row| {
            Ok(KnownArchive {
                id: row.get(0)?,
                chain: row.get(1)?,
                backup_name: row.get(2)?,
                sha256: row.get(3)?,
                bytes: row.get::<_, i64>(4)? as u64,
                ghost: row.get(5)?,
                copies: Vec::new(),
            })
        });
        let Some(mut known) = known.optional()? else { return Ok(None) };
        let mut statement = self.connection().prepare_cached("SELECT place, at FROM copy WHERE archive = ?1")?;
        let copies = statement.query_map([known.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        known.copies = copies.collect::<Result<_, _>>()?;
        Ok(Some(known))
    }

    /// The archives that a place holds: name and id.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn copies_in(&self, place: i64) -> Result<BTreeMap<String, u32>, CatalogError> {
        let sql = "SELECT a.name, a.id FROM copy c JOIN archive a ON a.id = c.archive WHERE c.place = ?1";
        let mut statement = self.connection().prepare_cached(sql)?;
        let rows = statement.query_map([place], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ids of all archives that some listed backup needs.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn needed_archives(&self) -> Result<HashSet<u32>, CatalogError> {
        let mut statement = self.connection().prepare_cached("SELECT DISTINCT archive FROM needs")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ids of the archives that the newest listed backup of some chain needs.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn archives_of_newest(&self) -> Result<HashSet<u32>, CatalogError> {
        let sql = "SELECT archive FROM needs n JOIN backup b ON b.id = n.backup \
                   WHERE b.at = (SELECT max(at) FROM backup WHERE chain = b.chain)";
        let mut statement = self.connection().prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Names of all archives of a chain that have been seen here, in the order of their time.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn archive_names(&self, chain: i64) -> Result<Vec<String>, CatalogError> {
        let sql = "SELECT name FROM archive WHERE chain = ?1 AND part > 0 ORDER BY at, id";
        let mut statement = self.connection().prepare_cached(sql)?;
        let rows = statement.query_map([chain], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The time of the newest state that is known of a chain, in seconds since 1970; None when there is none.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn newest_at(&self, chain: i64) -> Result<Option<i64>, CatalogError> {
        let sql = "SELECT max(at) FROM (SELECT max(at) AS at FROM backup WHERE chain = ?1 UNION ALL \
                   SELECT max(at) FROM archive WHERE chain = ?1 AND part > 0)";
        Ok(self.connection().prepare_cached(sql)?.query_row([chain], |row| row.get(0))?)
    }

    /// True when a backup of that name is listed.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn has_backup(&self, name: &str) -> Result<bool, CatalogError> {
        Ok(self.connection().prepare_cached("SELECT 1 FROM backup WHERE name = ?1")?.exists([name])?)
    }

    /// True when a backup, or any archive of one, is known by that name, listed or not.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn knows_backup_name(&self, name: &str) -> Result<bool, CatalogError> {
        let sql = "SELECT 1 FROM backup WHERE name = ?1 UNION ALL SELECT 1 FROM archive WHERE backup_name = ?1";
        Ok(self.connection().prepare_cached(sql)?.exists([name])?)
    }

    /// The backup of a chain that was made at that time (seconds since 1970).
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn backup_name_at(&self, chain: i64, at: i64) -> Result<Option<String>, CatalogError> {
        let sql = "SELECT name FROM backup WHERE chain = ?1 AND at = ?2";
        Ok(self.connection().prepare_cached(sql)?.query_row((chain, at), |row| row.get(0)).optional()?)
    }

    /// Notes that a place holds a copy of an archive since `at` (seconds since 1970). One that is noted
    /// already keeps its time.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn add_copy(&self, archive: u32, place: i64, at: i64) -> Result<(), CatalogError> {
        let sql = "INSERT OR IGNORE INTO copy (archive, place, at) VALUES (?1, ?2, ?3)";
        self.connection().prepare_cached(sql)?.execute((archive, place, at))?;
        Ok(())
    }

    /// Notes that a place no longer holds a copy of an archive.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn remove_copy(&self, archive: u32, place: i64) -> Result<(), CatalogError> {
        let sql = "DELETE FROM copy WHERE archive = ?1 AND place = ?2";
        self.connection().prepare_cached(sql)?.execute((archive, place))?;
        Ok(())
    }

    /// Judges anew which backups are complete: those whose needed archives all have a copy somewhere. One
    /// that was incomplete becomes complete only when no needed archive is known to be unreadable as a whole, and
    /// when its list was not read while one was: what that archive tells is still unknown then.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn recompute_complete(&self) -> Result<(), CatalogError> {
        self.connection().execute_batch(&format!(
            "UPDATE backup SET complete = 0 WHERE complete AND EXISTS (SELECT 1 FROM needs n WHERE n.backup = backup.id \
                AND NOT EXISTS (SELECT 1 FROM copy c WHERE c.archive = n.archive)); \
             UPDATE backup SET complete = 1 WHERE NOT complete AND list_known AND {ALL_READABLE}",
        ))?;
        Ok(())
    }

    /// The chains with backups of which the list could not be read as a whole, and can be now as far as is known.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn chains_to_read_anew(&self) -> Result<Vec<i64>, CatalogError> {
        let sql = format!("SELECT DISTINCT chain FROM backup WHERE NOT list_known AND {ALL_READABLE}");
        let mut statement = self.connection().prepare(&sql)?;
        let chains = statement.query_map([], |row| row.get(0))?;
        Ok(chains.collect::<Result<_, _>>()?)
    }
}

impl Recorder<'_> {
    /// Notes that the catalog does not know all that a backup's list tells, while an archive that it needs is known to
    /// be unreadable. Without such an archive reading it again would tell no more.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub(super) fn list_is_not_known(&mut self, of: &Metadata) -> Result<(), CatalogError> {
        self.transaction().execute(
            "UPDATE backup SET list_known = 0 WHERE name = ?1 AND EXISTS (SELECT 1 FROM needs n JOIN archive a \
                ON a.id = n.archive JOIN damage d ON d.archive = a.name AND d.path = '' WHERE n.backup = backup.id)",
            [&of.backup],
        )?;
        Ok(())
    }

    /// Forgets every backup, state, archive and copy of the chain, to import it anew in this recording.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written, as for all that follow.
    pub fn forget_chain(&mut self) -> Result<(), CatalogError> {
        for sql in [
            "DELETE FROM version WHERE chain = ?1",
            "DELETE FROM needs WHERE backup IN (SELECT id FROM backup WHERE chain = ?1)",
            "DELETE FROM backup WHERE chain = ?1",
            "DELETE FROM copy WHERE archive IN (SELECT id FROM archive WHERE chain = ?1)",
            "DELETE FROM archive WHERE chain = ?1",
        ] {
            self.transaction().execute(sql, [self.chain()])?;
        }
        Ok(())
    }

    /// For each source the time of the last backup before `at` that collected it.
    pub(super) fn last_collected(&self, at: i64) -> Result<HashMap<String, i64>, CatalogError> {
        let sql = "SELECT at, sources FROM backup WHERE chain = ?1 AND at < ?2 ORDER BY at";
        let mut statement = self.transaction().prepare_cached(sql)?;
        let mut rows = statement.query((self.chain(), at))?;
        let mut last = HashMap::new();
        while let Some(row) = rows.next()? {
            let at: i64 = row.get(0)?;
            let json = row.get_ref(1)?.as_str().unwrap_or_default();
            let sources: Vec<SourceSummary> = serde_json::from_str(json)
                .map_err(|e| rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(e)))?;
            let collected = sources.into_iter().filter(|s| s.state == SourceState::Collected);
            last.extend(collected.map(|s| (s.name, at)));
        }
        Ok(last)
    }

    /// The id of an archive that is needed by a backup of the time `at`, and whether any place holds a
    /// copy. One that has never been seen becomes a ghost.
    pub(super) fn needed_archive(&mut self, need: &NeededArchive, at: i64) -> Result<(u32, bool), CatalogError> {
        let sql = "SELECT id, EXISTS (SELECT 1 FROM copy c WHERE c.archive = archive.id) FROM archive WHERE name = ?1";
        let known =
            self.transaction().prepare_cached(sql)?.query_row([&need.name], |row| Ok((row.get(0)?, row.get(1)?)));
        if let Some(known) = known.optional()? {
            return Ok(known);
        }
        let (backup_name, ghost_at) = told_by_name(&need.name);
        let sql = "INSERT INTO archive (name, chain, backup_name, at, part, bytes, sha256) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6) RETURNING id";
        let id = self.transaction().query_row(
            sql,
            (
                &need.name,
                self.chain(),
                backup_name,
                ghost_at.unwrap_or(at).min(at),
                need.bytes as i64,
                &sha256_of_hex(&need.sha256).unwrap_or_default()[..],
            ),
            |row| row.get(0),
        )?;
        Ok((id, false))
    }

    /// Records an archive that is imported, with its copies; a ghost of that name becomes it.
    pub(super) fn imported_archive(&mut self, part: &ImportPart) -> Result<u32, CatalogError> {
        let meta = part.reader.metadata();
        let id = self.transaction().query_row(
            "INSERT INTO archive (name, chain, backup_name, at, part, bytes, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT (name) DO UPDATE SET chain = excluded.chain, backup_name = excluded.backup_name, at = excluded.at, \
             part = excluded.part, bytes = excluded.bytes, sha256 = excluded.sha256 RETURNING id",
            (
                &part.name,
                self.chain(),
                &meta.backup,
                meta.time_secs,
                meta.part,
                part.reader.length() as i64,
                &part.sha256[..],
            ),
            |row| row.get(0),
        )?;
        for (place, at) in &part.copies {
            let sql = "INSERT OR REPLACE INTO copy (archive, place, at) VALUES (?1, ?2, ?3)";
            self.transaction().execute(sql, (id, place, at))?;
        }
        Ok(id)
    }

    pub(super) fn is_ghost(&self, archive: u32) -> Result<bool, CatalogError> {
        let sql = "SELECT 1 FROM archive WHERE id = ?1 AND part = 0";
        Ok(self.transaction().prepare_cached(sql)?.exists([archive])?)
    }

    pub(super) fn has_copy(&self, name: &str) -> Result<bool, CatalogError> {
        let sql = "SELECT 1 FROM archive a JOIN copy c ON c.archive = a.id WHERE a.name = ?1";
        Ok(self.transaction().prepare_cached(sql)?.exists([name])?)
    }

    pub(super) fn damage(&mut self, row: &DamageRow) -> Result<(), CatalogError> {
        let sql = "INSERT OR IGNORE INTO damage (archive, path, tar_offset, message, at) VALUES (?1, ?2, ?3, ?4, ?5)";
        let tar_offset = row.tar_offset.map(|offset| offset as i64);
        self.transaction().prepare_cached(sql)?.execute((&row.archive, &row.path, tar_offset, &row.message, row.at))?;
        Ok(())
    }
}

/// What the name of a missing archive tells: its backup, and about when that was (its clock's zone is not
/// known, but the order is right).
fn told_by_name(name: &str) -> (String, Option<i64>) {
    let stem = name.strip_suffix(ARCHIVE_ENDING).unwrap_or(name);
    let mut parts: Vec<&str> = stem.split('_').collect();
    parts.truncate(3);
    let at = (parts.len() == 3)
        .then(|| jiff::civil::DateTime::strptime("%Y%m%d_%H%M%S", format!("{}_{}", parts[1], parts[2])).ok())
        .flatten()
        .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC).ok());
    (parts.join("_"), at.map(|time| time.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_backup_and_about_when() {
        let (backup, at) = told_by_name("family_20260303_020500_12.tar.gz");
        assert_eq!((backup.as_str(), at), ("family_20260303_020500", Some(1_772_503_500)));
        assert_eq!(told_by_name("family_20269903_020500.tar.gz").1, None);
        assert_eq!(told_by_name("what"), ("what".into(), None));
    }
}
