//! Which places hold which backups whole, and since when that is known to be good.

use std::collections::HashMap;

use super::{BackupRow, Catalog, CatalogError};

/// A backup in a place that has all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WholeCopy {
    /// The backup's id.
    pub backup: i64,
    /// When the last archive of it came there, in seconds since 1970.
    pub copied_at: i64,
}

/// What a place holds of archives that listed backups need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// Their bytes.
    pub bytes: u64,
    /// When the one that came first came, in seconds since 1970; None without any.
    pub first_at: Option<i64>,
}

/// When copies came to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The place's id.
    pub place: i64,
    /// When the last of them came, in seconds since 1970.
    pub at: i64,
    /// How many archives came within the hour before it, that one among them.
    pub archives: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// How long a pause between two archives ends an [`Arrival`].
const PAUSE_SECS: i64 = 3600;

impl Catalog {
    /// The ids of the places that hold all archives that a backup needs.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read, as for all that follow.
    pub fn places_with_all(&self, backup: &BackupRow) -> Result<Vec<i64>, CatalogError> {
        let sql = "SELECT k.place FROM needs n JOIN copy k ON k.archive = n.archive WHERE n.backup = ?1 GROUP BY k.place \
                   HAVING count(*) = (SELECT count(*) FROM needs WHERE backup = ?1) ORDER BY k.place";
        let mut statement = self.connection().prepare_cached(sql)?;
        let ids = statement.query_map([backup.id], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// For each place, by its id, the complete backups that it holds whole, oldest first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn whole_copies(&self) -> Result<HashMap<i64, Vec<WholeCopy>>, CatalogError> {
        // Each table is read once: joined, of a thousand backups that need hundreds of archives each, they take seconds.
        let mut copies: HashMap<i64, HashMap<u32, i64>> = HashMap::new();
        let mut statement = self.connection().prepare_cached("SELECT place, archive, at FROM copy")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            copies.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
        }
        let mut needs: HashMap<i64, Vec<u32>> = HashMap::new();
        let mut statement = self.connection().prepare_cached("SELECT backup, archive FROM needs")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            needs.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
        let mut statement = self.connection().prepare_cached("SELECT id FROM backup WHERE complete ORDER BY at, id")?;
        let backups = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        let mut whole: HashMap<i64, Vec<WholeCopy>> = HashMap::new();
        for backup in backups {
            let Some(needed) = needs.get(&backup) else { continue };
            for (place, held) in &copies {
                // All of them, and when the last of them came.
                let copied_at = needed.iter().try_fold(i64::MIN, |last, archive| Some(last.max(*held.get(archive)?)));
                whole.entry(*place).or_default().extend(copied_at.map(|copied_at| WholeCopy { backup, copied_at }));
            }
        }
        Ok(whole)
    }

    /// What a place holds of archives that listed backups need.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn held_in(&self, place: i64) -> Result<Held, CatalogError> {
        let sql = "SELECT coalesce(sum(a.bytes), 0), min(k.at) FROM copy k JOIN archive a ON a.id = k.archive \
                   WHERE k.place = ?1 AND k.archive IN (SELECT archive FROM needs)";
        let mut statement = self.connection().prepare_cached(sql)?;
        Ok(statement
            .query_row([place], |row| Ok(Held { bytes: row.get::<_, i64>(0)? as u64, first_at: row.get(1)? }))?)
    }

    /// When copies came to places other than this computer's backup folder, newest first; those that came without a
    /// pause of an hour as one.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn arrivals(&self) -> Result<Vec<Arrival>, CatalogError> {
        let sql = "SELECT k.place, k.at, a.bytes FROM copy k JOIN place p ON p.id = k.place AND NOT p.home \
                   JOIN archive a ON a.id = k.archive ORDER BY k.place, k.at";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut arrivals: Vec<Arrival> = Vec::new();
        while let Some(row) = rows.next()? {
            let (place, at, bytes): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            match arrivals.last_mut().filter(|last| last.place == place && at - last.at < PAUSE_SECS) {
                Some(last) => {
                    (last.at, last.archives) = (at, last.archives + 1);
                    last.bytes = last.bytes.saturating_add(bytes as u64);
                }
                None => arrivals.push(Arrival { place, at, archives: 1, bytes: bytes as u64 }),
            }
        }
        arrivals.sort_by_key(|arrival| std::cmp::Reverse((arrival.at, arrival.place)));
        Ok(arrivals)
    }

    /// The newest check of each kind of each archive: the archive's name, when, how (`full`, `quick`, `part 3/30`), and
    /// whether it was good. Newest first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn checks(&self) -> Result<Vec<(String, i64, String, bool)>, CatalogError> {
        let sql = "SELECT archive, at, how, good FROM verified ORDER BY at DESC, id DESC";
        let mut statement = self.connection().prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::test_rows::{backup, house};
    use std::path::Path;

    #[test]
    fn a_place_has_a_backup_when_it_has_all_of_it() {
        let (_dir, catalog) = house();
        let first = backup(&catalog, 10, &["photos/a"], &[]);
        let second = backup(&catalog, 20, &["photos/b"], &[]);
        let (nas, blue) = (
            catalog.place(Path::new("/nas"), "NAS", false).unwrap(),
            catalog.place(Path::new("/blue"), "Blue drive", false).unwrap(),
        );
        let archives = catalog.archives().unwrap();
        let copy = |place: i64, archive: usize, at: i64| {
            let values = (archives[archive].id, place, at);
            catalog.connection().execute("INSERT INTO copy (archive, place, at) VALUES (?1, ?2, ?3)", values).unwrap();
        };
        copy(nas, 0, 100);
        copy(nas, 1, 9_000);
        copy(blue, 1, 50);
        assert_eq!(catalog.places_with_all(&first).unwrap(), [1, nas]);
        // The second needs the first's archive as well.
        assert_eq!(catalog.places_with_all(&second).unwrap(), [1, nas]);
        let whole = catalog.whole_copies().unwrap();
        assert_eq!(whole[&nas].iter().map(|w| w.copied_at).collect::<Vec<_>>(), [100, 9_000]);
        assert!(whole[&blue].is_empty());
        assert_eq!(catalog.held_in(nas).unwrap().first_at, Some(100));
        let came: Vec<_> = catalog.arrivals().unwrap().iter().map(|a| (a.place, a.at, a.archives)).collect();
        assert_eq!(came, [(nas, 9_000, 1), (nas, 100, 1), (blue, 50, 1)]);
    }
}
