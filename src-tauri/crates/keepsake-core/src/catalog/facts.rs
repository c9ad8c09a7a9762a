//! What the verdict on safety is made from, as far as the catalog knows it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::copies::OWN_AND_NEEDED;
use super::{BackupRow, Catalog, CatalogError, DamageRow};

/// What the backup folder of this computer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Backups with an archive of their own there.
    pub backups: u64,
    /// The archives' bytes.
    pub bytes: u64,
}

impl Catalog {
    /// When a plan was first heard of: its first run or backup, in seconds since 1970.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read, as for all that follow.
    pub fn known_since(&self, plan: &str) -> Result<Option<i64>, CatalogError> {
        let sql = "SELECT min(t) FROM (SELECT min(started) AS t FROM run WHERE plan = ?1 UNION ALL \
                   SELECT min(b.at) FROM backup b JOIN chain c ON c.id = b.chain WHERE c.plan = ?1)";
        Ok(self.connection().prepare_cached(sql)?.query_row([plan], |row| row.get(0))?)
    }

    /// What the backup folder of this computer holds.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn kept_at_home(&self) -> Result<Kept, CatalogError> {
        // What belongs to no listed backup and is needed by none restores nothing.
        let sql = "SELECT count(DISTINCT a.backup_name), coalesce(sum(a.bytes), 0) FROM archive a \
                   JOIN copy k ON k.archive = a.id JOIN place p ON p.id = k.place AND p.home \
                   WHERE EXISTS (SELECT 1 FROM backup b WHERE b.name = a.backup_name) \
                   OR EXISTS (SELECT 1 FROM needs n WHERE n.archive = a.id)";
        let kept = self.connection().query_row(sql, [], |row| {
            Ok(Kept { backups: row.get::<_, i64>(0)? as u64, bytes: row.get::<_, i64>(1)? as u64 })
        })?;
        Ok(kept)
    }

    /// How many of the archives that a backup needs have no copy in any place.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn missing_archives(&self, backup: &BackupRow) -> Result<u64, CatalogError> {
        let sql = "SELECT count(*) FROM needs n WHERE n.backup = ?1 \
                   AND NOT EXISTS (SELECT 1 FROM copy c WHERE c.archive = n.archive)";
        let count: i64 = self.connection().prepare_cached(sql)?.query_row([backup.id], |row| row.get(0))?;
        Ok(count as u64)
    }

    /// Of every archive that a backup needs and that is this computer's own (of its chains, or in its backup folder),
    /// take the moment at which it was last known to be good: when it was
    /// read whole and compared, at once or in shares, or else written. The earliest of them, in seconds since
    /// 1970; None without archives.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn longest_unchecked(&self, computer_id: &str) -> Result<Option<i64>, CatalogError> {
        self.longest_unchecked_where(OWN_AND_NEEDED, [computer_id])
    }

    /// As [`Catalog::longest_unchecked`], of the archives that one backup needs: since when all of it is known to be good.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn proven_since(&self, backup: &BackupRow) -> Result<Option<i64>, CatalogError> {
        self.longest_unchecked_where("archive.id IN (SELECT archive FROM needs WHERE backup = ?1)", [backup.id])
    }

    fn longest_unchecked_where(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Option<i64>, CatalogError> {
        let sql = format!(
            "SELECT archive.name, archive.at, v.how, v.at FROM archive \
             LEFT JOIN verified v ON v.archive = archive.name AND v.good WHERE {condition} ORDER BY archive.name"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query(values)?;
        let mut longest: Option<i64> = None;
        let mut current: Option<(String, Checks)> = None;
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            if current.as_ref().is_none_or(|(known, _)| *known != name) {
                longest = longest.into_iter().chain(current.map(|(_, checks)| checks.last_good())).min();
                current = Some((name, Checks { last_whole: row.get(1)?, shares: BTreeMap::new() }));
            }
            if let (Some((_, checks)), Some(how), Some(at)) =
                (&mut current, row.get::<_, Option<String>>(2)?, row.get::<_, Option<i64>>(3)?)
            {
                checks.add(&how, at);
            }
        }
        Ok(longest.into_iter().chain(current.map(|(_, checks)| checks.last_good())).min())
    }

    /// The damage that still matters: of archives that cannot even be made known, of contents that a backup refers to and
    /// that are nowhere else undamaged, and of archives that the newest backup of their chain needs.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn standing_damage(&self) -> Result<Vec<DamageRow>, CatalogError> {
        let mut damage = self.damage()?;
        if damage.is_empty() {
            return Ok(damage);
        }
        let needed_by_newest = "SELECT 1 FROM archive a JOIN needs n ON n.archive = a.id \
             JOIN backup b ON b.id = n.backup WHERE a.name = ?1 \
             AND b.at = (SELECT max(at) FROM backup WHERE chain = a.chain)";
        let spoilt = Spoilt::by(self, &damage)?;
        let verdicts = spoilt.verdicts(self, damage.len())?;
        let mut stands = Vec::with_capacity(damage.len());
        for (row, verdict) in damage.iter().zip(verdicts) {
            stands.push(match verdict {
                _ if row.path.is_empty() && !spoilt.ids.contains_key(&row.archive) => true,
                // That a whole archive is gone is told of the backups that need it.
                Verdict::Lost if !row.path.is_empty() || spoilt.is_somewhere(&row.archive) => true,
                Verdict::StoredElsewhere if !row.path.is_empty() => false,
                // Not a file's content: the archive as a whole, its checksum file, a folder's header.
                _ => self.connection().prepare_cached(needed_by_newest)?.exists([&row.archive])?,
            });
        }
        let mut stands = stands.into_iter();
        damage.retain(|_| stands.next() == Some(true));
        Ok(damage)
    }
}

/// What became of the contents that a row of damage is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It is about none that a backup refers to.
    NoContent,
    /// All of them are somewhere else too, undamaged.
    StoredElsewhere,
    Lost,
}

/// Where contents are damaged: which rows of damage tell so.
#[derive(Debug, Default)]
pub(super) struct Spoilt {
    pub ids: HashMap<String, u32>,
    places: HashMap<(u32, u64), Vec<usize>>,
    archives: HashMap<u32, Vec<usize>>,
    /// Archives of which some place holds a copy.
    somewhere: HashSet<u32>,
}

impl Spoilt {
    pub fn by(catalog: &Catalog, damage: &[DamageRow]) -> Result<Self, CatalogError> {
        let mut spoilt = Self::default();
        let mut statement = catalog
            .connection()
            .prepare("SELECT name, id, EXISTS (SELECT 1 FROM copy WHERE archive = id) FROM archive")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get(1)?;
            spoilt.ids.insert(row.get(0)?, id);
            if row.get(2)? {
                spoilt.somewhere.insert(id);
            }
        }
        for (number, row) in damage.iter().enumerate() {
            let Some(&id) = spoilt.ids.get(&row.archive) else { continue };
            if row.path.is_empty() {
                spoilt.archives.entry(id).or_default().push(number);
                continue;
            }
            let offsets = match row.tar_offset {
                Some(tar_offset) => vec![tar_offset],
                None => catalog.content_offsets(&row.archive, &row.path)?,
            };
            for tar_offset in offsets {
                spoilt.places.entry((id, tar_offset)).or_default().push(number);
            }
        }
        Ok(spoilt)
    }

    fn is_somewhere(&self, archive: &str) -> bool {
        self.ids.get(archive).is_some_and(|id| self.somewhere.contains(id))
    }

    /// The rows that tell of damage at a place.
    pub fn rows(&self, place: (u32, u64)) -> impl Iterator<Item = usize> {
        self.places.get(&place).into_iter().chain(self.archives.get(&place.0)).flatten().copied()
    }

    /// One for each row of damage. Of a patch also what it changes must be undamaged.
    fn verdicts(&self, catalog: &Catalog, count: usize) -> Result<Vec<Verdict>, CatalogError> {
        let mut verdicts = vec![Verdict::NoContent; count];
        let sql = "SELECT archive, tar_offset, patch, chain, sha256 FROM version WHERE sha256 IS NOT NULL";
        let mut statement = catalog.connection().prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let about: Vec<usize> = places(row)?.flat_map(|place| self.rows(place)).collect();
            if about.is_empty() {
                continue;
            }
            let verdict = match self.is_sound_somewhere(catalog, row.get(3)?, row.get(4)?)? {
                true => Verdict::StoredElsewhere,
                false => Verdict::Lost,
            };
            for number in about {
                if verdicts[number] != Verdict::Lost {
                    verdicts[number] = verdict;
                }
            }
        }
        Ok(verdicts)
    }

    /// True when some place holds what stands at this place in an archive, and no damage of it is known.
    pub fn is_sound(&self, place: (u32, u64)) -> bool {
        self.somewhere.contains(&place.0) && self.rows(place).next().is_none()
    }

    pub fn is_sound_somewhere(&self, catalog: &Catalog, chain: i64, sha256: Vec<u8>) -> Result<bool, CatalogError> {
        let sql = "SELECT archive, tar_offset, patch FROM version \
                   WHERE substr(sha256, 1, 8) = substr(?1, 1, 8) AND sha256 IS NOT NULL AND sha256 = ?1 AND chain = ?2";
        let mut statement = catalog.connection().prepare_cached(sql)?;
        let mut rows = statement.query((sha256, chain))?;
        while let Some(row) = rows.next()? {
            if places(row)?.all(|place| self.is_sound(place)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Where the contents are without which a state cannot be had, from the columns archive, tar_offset and patch.
pub(super) fn places(row: &rusqlite::Row<'_>) -> Result<impl Iterator<Item = (u32, u64)> + use<>, CatalogError> {
    let patch: Option<Vec<u8>> = row.get(2)?;
    let base =
        patch.as_deref().and_then(super::row::read_patch).map(|patch| (patch.base.archive, patch.base.tar_offset));
    Ok([Some((row.get(0)?, row.get::<_, i64>(1)? as u64)), base].into_iter().flatten())
}

/// Which share of how many a check has read, as the catalog notes it: `part 3/30`. None for another kind of check.
pub(super) fn noted_share(how: &str) -> Option<(u32, u32)> {
    let (number, of) = how.strip_prefix("part ")?.split_once('/')?;
    Some((number.parse().ok()?, of.parse().ok()?))
}

/// The good checks of one archive.
struct Checks {
    /// When it was written, or last read whole.
    last_whole: i64,
    /// When each share was read: by how many shares there were, then by the share's number.
    shares: BTreeMap<u32, BTreeMap<u32, i64>>,
}

impl Checks {
    /// One check, as the catalog notes it: `full`, `part 3/30`, or another kind that proves too little.
    fn add(&mut self, how: &str, at: i64) {
        if how == "full" {
            self.last_whole = self.last_whole.max(at);
        }
        if let Some((number, of)) = noted_share(how) {
            self.shares.entry(of).or_default().insert(number, at);
        }
    }

    /// When it was last known to be good. Shares count from the oldest of them on, once all are there.
    fn last_good(self) -> i64 {
        let all_there = self.shares.iter().filter(|(of, shares)| shares.len() == **of as usize);
        let whole = all_there.filter_map(|(_, shares)| shares.values().copied().min());
        whole.chain([self.last_whole]).max().unwrap_or(self.last_whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_count_once_all_are_there() {
        let good = |checks: &[(&str, i64)]| {
            let mut all = Checks { last_whole: 10, shares: BTreeMap::new() };
            checks.iter().for_each(|(how, at)| all.add(how, *at));
            all.last_good()
        };
        assert_eq!(good(&[]), 10);
        assert_eq!(good(&[("quick", 99)]), 10);
        assert_eq!(good(&[("full", 20)]), 20);
        assert_eq!(good(&[("full", 5)]), 10);
        assert_eq!(good(&[("part 1/3", 30), ("part 2/3", 40)]), 10);
        assert_eq!(good(&[("part 1/3", 30), ("part 3/3", 50), ("part 2/3", 40)]), 30);
        assert_eq!(good(&[("part 1/3", 30), ("part 2/3", 40), ("part 3/4", 50)]), 10);
        assert_eq!(good(&[("part 1/1", 30), ("full", 60)]), 60);
        assert_eq!(good(&[("part x", 30), ("part 1/x", 30)]), 10);
    }
}
