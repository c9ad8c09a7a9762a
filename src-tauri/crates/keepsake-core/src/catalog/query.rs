//! Asking the catalog.

use std::collections::VecDeque;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rusqlite::OptionalExtension;

use super::{Catalog, CatalogError, StoredEntry, row};
use crate::archive::metadata::{SourceState, SourceSummary};
use crate::archive_path::ArchivePath;
use crate::monitor::Problem;
use crate::settings::DriveId;

/// What people call the place that is this computer's own backup folder.
pub const HOME_NAME: &str = "this computer";
/// Rows fetched at once.
const PAGE_ROWS: usize = 512;

/// A backup as the catalog knows it.
#[derive(Debug, Clone)]
pub struct BackupRow {
    /// Its id in the catalog.
    pub id: i64,
    /// Its chain: the plan on its computer.
    pub chain: i64,
    /// Its name: `PLAN_YYYYMMDD_HHMMSS`.
    pub name: String,
    /// The plan.
    pub plan: String,
    /// The computer's name.
    pub computer: String,
    /// What tells computers of the same name apart.
    pub computer_id: String,
    /// When it began, in seconds since 1970.
    pub at: i64,
    /// The same as RFC 9557, with the computer's time zone.
    pub time: String,
    /// Bytes of its own archives.
    pub stored_bytes: u64,
    /// False when an archive that it needs is not known here.
    pub complete: bool,
    /// Problems, also those that are not named.
    pub problem_count: u64,
    /// Problems by name, at most 1,000.
    pub problems: Vec<Problem>,
    /// How each source fared.
    pub sources: Vec<SourceSummary>,
}

/// How good a backup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupState {
    /// Everything that it should have is in it.
    Good,
    /// Something could not be read; all else is in it.
    WithProblems,
    /// An archive that it needs is missing.
    Incomplete,
}

impl BackupRow {
    /// How good it is.
    pub fn state(&self) -> BackupState {
        if !self.complete {
            BackupState::Incomplete
        } else if self.problem_count > 0 || self.sources.iter().any(|s| s.state == SourceState::Unknown) {
            BackupState::WithProblems
        } else {
            BackupState::Good
        }
    }

    /// A sum over its sources; the numbers may come from a hostile archive, so it ends at the largest number.
    pub fn total(&self, of: impl Fn(&SourceSummary) -> u64) -> u64 {
        self.sources.iter().map(of).fold(0, u64::saturating_add)
    }

    /// True when it shows a state of its chain that begins and ends at these times (no end: the newest backup has it),
    /// of something in that source.
    pub fn shows(&self, (first_at, last_at): (i64, Option<i64>), source: &[u8]) -> bool {
        self.at >= first_at && last_at.is_none_or(|last| self.at <= last) && self.collected(source)
    }

    /// True when the source was found and read.
    pub fn collected(&self, source: &[u8]) -> bool {
        self.sources.iter().any(|s| s.name.as_bytes() == source && s.state == SourceState::Collected)
    }
}

/// An archive as the catalog knows it.
#[derive(Debug, Clone)]
pub struct ArchiveRow {
    /// Its id in the catalog.
    pub id: u32,
    /// Its file name.
    pub name: String,
    /// The backup whose part it is.
    pub backup_name: String,
    /// The time of that backup, in seconds since 1970.
    pub at: i64,
    /// Which part, from 1.
    pub part: u32,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
}

/// A folder or a drive that holds archives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its id in the catalog.
    pub id: i64,
    /// The folder; of a drive [`DriveId::place_path`].
    pub path: PathBuf,
    /// What people call it.
    pub name: String,
    /// True for the backup folder of this computer.
    pub home: bool,
}

impl Place {
    /// The drive that it is; None for a folder.
    pub fn drive(&self) -> Option<DriveId> {
        DriveId::of_place_path(&self.path)
    }
}

/// One state of a file over time.
#[derive(Debug, Clone)]
pub struct VersionRow {
    /// What it was.
    pub stored: StoredEntry,
    /// The first backup that has it so.
    pub first_backup: String,
    /// The last backup that has it so.
    pub last_backup: String,
    /// When the first was made: RFC 9557.
    pub time: String,
}

/// Which states are wanted.
#[derive(Debug, Clone, Copy)]
enum When {
    Open,
    At(i64),
}

/// States in the order of their paths, fetched page by page.
#[derive(Debug)]
pub struct Entries<'c> {
    catalog: &'c Catalog,
    chain: i64,
    when: When,
    after: Vec<u8>,
    until: Vec<u8>,
    page: VecDeque<StoredEntry>,
    ended: bool,
}

impl Iterator for Entries<'_> {
    type Item = Result<StoredEntry, CatalogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty()
            && !self.ended
            && let Err(e) = self.fetch()
        {
            self.ended = true;
            return Some(Err(e));
        }
        self.page.pop_front().map(Ok)
    }
}

impl Entries<'_> {
    fn fetch(&mut self) -> Result<(), CatalogError> {
        let (condition, at) = match self.when {
            When::Open => ("v.last_at IS NULL AND ?4 = ?4", 0),
            When::At(at) => ("v.first_at <= ?4 AND (v.last_at IS NULL OR v.last_at >= ?4)", at),
        };
        let sql = format!(
            "SELECT {} FROM version v CROSS JOIN owner o ON o.id = v.owner \
             WHERE v.chain = ?1 AND v.path > ?2 AND v.path < ?3 AND {condition} ORDER BY v.path LIMIT {PAGE_ROWS}",
            row::COLUMNS
        );
        let mut statement = self.catalog.connection().prepare_cached(&sql)?;
        let mut rows = statement.query((self.chain, &self.after, &self.until, at))?;
        while let Some(row) = rows.next()? {
            self.page.push_back(StoredEntry::read(row)?);
        }
        self.ended = self.page.len() < PAGE_ROWS;
        if let Some(last) = self.page.back() {
            self.after = last.entry.path.sort_key();
        }
        Ok(())
    }
}

impl Catalog {
    /// The backups of one plan of one computer, oldest first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn backups_of(&self, chain: i64) -> Result<Vec<BackupRow>, CatalogError> {
        let mut backups = self.backups(None)?;
        backups.retain(|backup| backup.chain == chain);
        Ok(backups)
    }

    /// All backups, oldest first; of one plan, if one is named.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read, as for all that follow.
    pub fn backups(&self, plan: Option<&str>) -> Result<Vec<BackupRow>, CatalogError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT b.id, b.chain, b.name, c.plan, c.computer, c.computer_id, b.at, b.time, b.stored_bytes, b.complete, \
             b.problem_count, b.problems, b.sources FROM backup b JOIN chain c ON c.id = b.chain \
             WHERE ?1 IS NULL OR c.plan = ?1 ORDER BY b.at, b.name",
        )?;
        let mut rows = statement.query([plan])?;
        let mut backups = Vec::new();
        let json = |e| {
            CatalogError::from(rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(e)))
        };
        while let Some(row) = rows.next()? {
            backups.push(BackupRow {
                id: row.get(0)?,
                chain: row.get(1)?,
                name: row.get(2)?,
                plan: row.get(3)?,
                computer: row.get(4)?,
                computer_id: row.get(5)?,
                at: row.get(6)?,
                time: row.get(7)?,
                stored_bytes: row.get::<_, i64>(8)? as u64,
                complete: row.get(9)?,
                problem_count: row.get::<_, i64>(10)? as u64,
                problems: serde_json::from_str(row.get_ref(11)?.as_str().unwrap_or_default()).map_err(json)?,
                sources: serde_json::from_str(row.get_ref(12)?.as_str().unwrap_or_default()).map_err(json)?,
            });
        }
        Ok(backups)
    }

    /// Everything in a backup at or below a path (None: all of it), in the order of paths.
    pub fn entries<'c>(
        &'c self,
        backup: &BackupRow,
        under: Option<&ArchivePath>,
    ) -> impl Iterator<Item = Result<StoredEntry, CatalogError>> + use<'c> {
        // States of a source that was unknown then, or not in the plan, are not of this backup.
        let collected: Vec<Vec<u8>> = backup
            .sources
            .iter()
            .filter(|s| s.state == SourceState::Collected)
            .map(|s| s.name.clone().into_bytes())
            .collect();
        let itself = under.map(|path| self.entry_at(backup, path));
        let (after, until) = match under {
            None => (Vec::new(), vec![0xff; 8]),
            Some(path) => {
                let mut after = path.sort_key();
                let mut until = after.clone();
                after.push(0);
                until.push(1);
                (after, until)
            }
        };
        let below = Entries {
            catalog: self,
            chain: backup.chain,
            when: When::At(backup.at),
            after,
            until,
            page: VecDeque::new(),
            ended: false,
        };
        itself.and_then(Result::transpose).into_iter().chain(below).filter(move |stored| {
            stored.as_ref().map_or(true, |s| collected.iter().any(|c| c == s.entry.path.source()))
        })
    }

    /// One path in a backup.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn entry_at(&self, backup: &BackupRow, path: &ArchivePath) -> Result<Option<StoredEntry>, CatalogError> {
        let sql = format!(
            "SELECT {} FROM version v JOIN owner o ON o.id = v.owner WHERE v.chain = ?1 AND v.path = ?2 AND v.first_at <= ?3 \
             AND (v.last_at IS NULL OR v.last_at >= ?3)",
            row::COLUMNS
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query((backup.chain, path.sort_key(), backup.at))?;
        let found = rows.next()?.map(StoredEntry::read).transpose()?;
        Ok(found.filter(|_| backup.collected(path.source())))
    }

    /// What the newest backup of a chain has, in the order of paths.
    pub fn open_entries(&self, chain: i64) -> Entries<'_> {
        let (after, until) = (Vec::new(), vec![0xff; 8]);
        Entries { catalog: self, chain, when: When::Open, after, until, page: VecDeque::new(), ended: false }
    }

    /// One path in the newest backup of a chain.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn open_entry(&self, chain: i64, path: &ArchivePath) -> Result<Option<StoredEntry>, CatalogError> {
        let sql = format!(
            "SELECT {} FROM version v JOIN owner o ON o.id = v.owner WHERE v.chain = ?1 AND v.path = ?2 AND v.last_at IS NULL",
            row::COLUMNS
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query((chain, path.sort_key()))?;
        rows.next()?.map(StoredEntry::read).transpose()
    }

    /// True when the newest backup of a chain has something below a path.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn has_open_below(&self, chain: i64, path: &ArchivePath) -> Result<bool, CatalogError> {
        let (mut after, mut until) = (path.sort_key(), path.sort_key());
        after.push(0);
        until.push(1);
        let sql = "SELECT 1 FROM version WHERE chain = ?1 AND path > ?2 AND path < ?3 AND last_at IS NULL LIMIT 1";
        Ok(self.connection().prepare_cached(sql)?.exists((chain, after, until))?)
    }

    /// All states of one path over time, newest first. A path of several computers gives those of all.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn versions(&self, path: &ArchivePath) -> Result<Vec<VersionRow>, CatalogError> {
        let backups = self.backups(None)?;
        let mut chains: Vec<i64> = backups.iter().map(|b| b.chain).collect();
        chains.sort_unstable();
        chains.dedup();
        let mut versions = Vec::new();
        for chain in chains {
            for stored in self.states(chain, path)? {
                let interval = (stored.first_at, stored.last_at);
                let mut within = backups.iter().filter(|b| b.chain == chain && b.shows(interval, path.source()));
                let Some(first) = within.next() else { continue };
                let last = within.next_back().unwrap_or(first);
                versions.push(VersionRow {
                    first_backup: first.name.clone(),
                    last_backup: last.name.clone(),
                    time: first.time.clone(),
                    stored,
                });
            }
        }
        versions.sort_by_key(|v| std::cmp::Reverse(v.stored.first_at));
        Ok(versions)
    }

    /// All states of one path of a chain over time, newest first, whatever backups are still listed.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn states(&self, chain: i64, path: &ArchivePath) -> Result<Vec<StoredEntry>, CatalogError> {
        let sql = format!(
            "SELECT {} FROM version v JOIN owner o ON o.id = v.owner WHERE v.path = ?1 AND v.chain = ?2 ORDER BY v.first_at DESC",
            row::COLUMNS
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query((path.sort_key(), chain))?;
        let mut states = Vec::new();
        while let Some(row) = rows.next()? {
            states.push(StoredEntry::read(row)?);
        }
        Ok(states)
    }

    /// States whose content has this hash, newest first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn with_content(&self, chain: i64, sha256: &[u8; 32]) -> Result<Vec<StoredEntry>, CatalogError> {
        let sql = format!(
            "SELECT {} FROM version v JOIN owner o ON o.id = v.owner \
             WHERE substr(v.sha256, 1, 8) = ?1 AND v.sha256 IS NOT NULL AND v.sha256 = ?2 AND v.chain = ?3 ORDER BY v.first_at DESC LIMIT 16",
            row::COLUMNS
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query((&sha256[..8], &sha256[..], chain))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(StoredEntry::read(row)?);
        }
        Ok(found)
    }

    /// True when some file larger than 1 MiB has exactly this size.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn has_large_size(&self, size_bytes: u64) -> Result<bool, CatalogError> {
        let sql = "SELECT 1 FROM version WHERE size = ?1 AND size > 1048576 LIMIT 1";
        Ok(self.connection().prepare_cached(sql)?.exists([size_bytes as i64])?)
    }

    /// True when some backup of a chain has a folder at this path.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn was_folder(&self, chain: i64, path: &ArchivePath) -> Result<bool, CatalogError> {
        let sql = "SELECT 1 FROM version WHERE chain = ?1 AND path = ?2 AND kind = ?3 LIMIT 1";
        Ok(self.connection().prepare_cached(sql)?.exists((chain, path.sort_key(), row::FOLDER))?)
    }

    /// True when an archive of a chain that some place holds may unpack something other than a folder at this path.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn was_no_folder(&self, chain: i64, path: &ArchivePath) -> Result<bool, CatalogError> {
        let sql = "SELECT 1 FROM version WHERE chain = ?1 AND path = ?2 AND kind <> ?3 \
                   AND described_in IN (SELECT archive FROM copy) LIMIT 1";
        Ok(self.connection().prepare_cached(sql)?.exists((chain, path.sort_key(), row::FOLDER))?)
    }

    /// Bytes of all patches of the file at this path that build on that base: its archive, and where in its tar stream.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn patches_bytes(&self, chain: i64, path: &ArchivePath, base: (u32, u64)) -> Result<u64, CatalogError> {
        let sql = "SELECT DISTINCT archive, tar_offset, stored_bytes, patch FROM version \
                   WHERE chain = ?1 AND path = ?2 AND patch IS NOT NULL";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut rows = statement.query((chain, path.sort_key()))?;
        let mut sum = 0u64;
        while let Some(row) = rows.next()? {
            let patch: Vec<u8> = row.get(3)?;
            let builds_on_it = row::read_patch(&patch).is_some_and(|p| (p.base.archive, p.base.tar_offset) == base);
            if builds_on_it {
                sum = sum.saturating_add(row.get::<_, i64>(2)? as u64);
            }
        }
        Ok(sum)
    }

    /// True when an archive newer than this one (by its id) tells that another content than that at `tar_offset` in
    /// it goes to this path: then unpacking by hand would not leave the older one there.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn is_replaced_later(
        &self,
        chain: i64,
        path: &ArchivePath,
        (archive, tar_offset): (u32, u64),
    ) -> Result<bool, CatalogError> {
        let sql = "SELECT 1 FROM version WHERE chain = ?1 AND path = ?2 AND described_in > ?3 \
                   AND NOT (archive IS ?3 AND tar_offset IS ?4) AND patch IS NULL LIMIT 1";
        let values = (chain, path.sort_key(), archive, tar_offset as i64);
        Ok(self.connection().prepare_cached(sql)?.exists(values)?)
    }

    /// All archives, oldest first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn archives(&self) -> Result<Vec<ArchiveRow>, CatalogError> {
        self.archives_where("1", [])
    }

    /// The archives that a backup needs, its own among them, oldest first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn archives_of(&self, backup: &BackupRow) -> Result<Vec<ArchiveRow>, CatalogError> {
        self.archives_where("id IN (SELECT archive FROM needs WHERE backup = ?1)", [backup.id])
    }

    /// The archives of which a condition holds, oldest first.
    pub(super) fn archives_where(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<ArchiveRow>, CatalogError> {
        let sql = format!(
            "SELECT id, name, backup_name, at, part, bytes, sha256 FROM archive WHERE {condition} ORDER BY at, backup_name, part"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let rows = statement.query_map(values, |row| {
            Ok(ArchiveRow {
                id: row.get(0)?,
                name: row.get(1)?,
                backup_name: row.get(2)?,
                at: row.get(3)?,
                part: row.get(4)?,
                bytes: row.get::<_, i64>(5)? as u64,
                sha256: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The place at a path, made known if it is not. `home` makes it this computer's own backup folder, whatever it
    /// was before; its name is [`HOME_NAME`] then.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn place(&self, path: &Path, name: &str, home: bool) -> Result<i64, CatalogError> {
        let bytes = path.as_os_str().as_bytes();
        let known = self
            .connection()
            .query_row("SELECT id FROM place WHERE path = ?1 AND home >= ?2", (bytes, home), |row| row.get(0))
            .optional()?;
        if let Some(id) = known {
            return Ok(id);
        }
        // Not with RETURNING: of a statement that is reset after its first row SQLite commits without anybody hearing
        // whether that went well.
        self.connection().execute(
            "INSERT INTO place (path, name, home) VALUES (?1, ?2, ?3) \
             ON CONFLICT (path) DO UPDATE SET home = excluded.home, name = excluded.name",
            (bytes, if home { HOME_NAME } else { name }, home),
        )?;
        let sql = "SELECT id FROM place WHERE path = ?1";
        Ok(self.connection().query_row(sql, [bytes], |row| row.get(0))?)
    }

    /// Gives a place another name.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn name_place(&self, place: i64, name: &str) -> Result<(), CatalogError> {
        self.connection().execute("UPDATE place SET name = ?2 WHERE id = ?1 AND name <> ?2", (place, name))?;
        Ok(())
    }

    /// Forgets a place with all its copies; nothing there is touched.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn forget_place(&self, place: i64) -> Result<(), CatalogError> {
        self.connection().execute("DELETE FROM copy WHERE place = ?1", [place])?;
        self.connection().execute("DELETE FROM place WHERE id = ?1", [place])?;
        Ok(())
    }

    /// All places, this computer's own first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn places(&self) -> Result<Vec<Place>, CatalogError> {
        let mut statement =
            self.connection().prepare_cached("SELECT id, path, name, home FROM place ORDER BY home DESC, id")?;
        let rows = statement.query_map([], |row| {
            let path: Vec<u8> = row.get(1)?;
            Ok(Place {
                id: row.get(0)?,
                path: std::ffi::OsString::from_vec(path).into(),
                name: row.get(2)?,
                home: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Where copies of an archive are, this computer's own folder first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn copies(&self, archive: u32) -> Result<Vec<Place>, CatalogError> {
        let mut statement = self.connection().prepare_cached("SELECT place FROM copy WHERE archive = ?1")?;
        let ids = statement.query_map([archive], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        Ok(self.places()?.into_iter().filter(|place| ids.contains(&place.id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_could_not_be_written_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(dir.path()).unwrap();
        // Without a log, somebody who reads keeps a transaction from ending, and not from beginning.
        catalog.connection().pragma_update(None, "journal_mode", "DELETE").unwrap();
        catalog.connection().busy_timeout(std::time::Duration::ZERO).unwrap();
        let reader = rusqlite::Connection::open(dir.path().join(super::super::CATALOG_NAME)).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM place").unwrap();
        let told = catalog.place(Path::new("/mnt/nas"), "NAS", false);
        assert!(matches!(told, Err(CatalogError::Sqlite { .. })), "{told:?}");
        reader.execute_batch("COMMIT").unwrap();
        assert!(catalog.places().unwrap().is_empty());
        catalog.place(Path::new("/mnt/nas"), "NAS", false).unwrap();
        assert_eq!(catalog.places().unwrap().len(), 1);
    }
}
