//! Which archives a place should hold, and since when it holds everything.

use std::collections::HashSet;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rusqlite::OptionalExtension;

use super::{ArchiveRow, Catalog, CatalogError};

/// Of `archive`: what listed backups need and is the computer's own (?1): of its chains, or in its backup folder.
pub(super) const OWN_AND_NEEDED: &str = "part > 0 AND archive.id IN (SELECT archive FROM needs) \
     AND (chain IN (SELECT id FROM chain WHERE computer_id = ?1) OR EXISTS \
     (SELECT 1 FROM copy k JOIN place p ON p.id = k.place AND p.home WHERE k.archive = archive.id))";

/// How far a place is with the backups of a computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlaceAge {
    /// When the place came to hold the newest backup that it has whole, in seconds since 1970; of several plans the
    /// one that is furthest behind. None when it holds none of some plan.
    pub copied_at: Option<i64>,
    /// The time of the oldest backup that is newer than those it has whole; None when it has the newest.
    pub lacks_since: Option<i64>,
}

impl Catalog {
    /// The archives that listed backups need and that are this computer's own: of its chains, or in its backup
    /// folder. Oldest first. What was only imported from another place stays where it is.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read, as for all that follow.
    pub fn archives_to_copy(&self, computer_id: &str) -> Result<Vec<ArchiveRow>, CatalogError> {
        self.archives_where(OWN_AND_NEEDED, [computer_id])
    }

    /// The archives of this computer's chains that no listed backup needs, oldest first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn archives_not_needed(&self, computer_id: &str) -> Result<Vec<ArchiveRow>, CatalogError> {
        let condition = "part > 0 AND id NOT IN (SELECT archive FROM needs) \
             AND chain IN (SELECT id FROM chain WHERE computer_id = ?1)";
        self.archives_where(condition, [computer_id])
    }

    /// Makes a place that was this computer's backup folder one like others, of this name. One that holds nothing is
    /// forgotten.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn no_longer_home(&self, place: i64, name: &str) -> Result<(), CatalogError> {
        self.connection().execute(
            "DELETE FROM place WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM copy WHERE copy.place = ?1)",
            [place],
        )?;
        self.connection().execute("UPDATE place SET home = 0, name = ?2 WHERE id = ?1", (place, name))?;
        Ok(())
    }

    /// Ids of the archives of which this computer's own backup folder holds a copy.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn archives_at_home(&self) -> Result<HashSet<u32>, CatalogError> {
        let sql = "SELECT k.archive FROM copy k JOIN place p ON p.id = k.place AND p.home";
        let mut statement = self.connection().prepare_cached(sql)?;
        let ids = statement.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// How far a place is with this computer's backups; None when there is no backup to copy yet.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn place_age(&self, path: &Path, computer_id: &str) -> Result<Option<PlaceAge>, CatalogError> {
        let place: Option<i64> = self
            .connection()
            .prepare_cached("SELECT id FROM place WHERE path = ?1")?
            .query_row([path.as_os_str().as_bytes()], |row| row.get(0))
            .optional()?;
        // Of each backup: when its last archive came to the place; NULL while one is not there.
        let sql = "SELECT b.chain, b.at, (SELECT CASE WHEN count(*) = count(k.at) THEN max(k.at) END FROM needs n \
             LEFT JOIN copy k ON k.archive = n.archive AND k.place = ?1 WHERE n.backup = b.id) \
             FROM backup b JOIN chain c ON c.id = b.chain WHERE c.computer_id = ?2 AND b.complete ORDER BY b.chain, b.at DESC";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut rows = statement.query((place.unwrap_or(-1), computer_id))?;
        let mut chains: Vec<(i64, PlaceAge)> = Vec::new();
        while let Some(row) = rows.next()? {
            let (chain, at, copied_at): (i64, i64, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if chains.last().is_none_or(|(known, _)| *known != chain) {
                chains.push((chain, PlaceAge::default()));
            }
            let age = &mut chains.last_mut().expect("just put there").1;
            if age.copied_at.is_none() {
                match copied_at {
                    Some(_) => age.copied_at = copied_at,
                    None => age.lacks_since = Some(at),
                }
            }
        }
        let ages = || chains.iter().map(|(_, age)| age);
        Ok((!chains.is_empty()).then(|| PlaceAge {
            copied_at: ages().map(|age| age.copied_at).min().flatten(),
            lacks_since: ages().filter_map(|age| age.lacks_since).min(),
        }))
    }
}
