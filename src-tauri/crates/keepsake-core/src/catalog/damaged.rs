//! What known damage means for backups and files.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use jiff::Zoned;
use serde::Serialize;

use super::facts::{Spoilt, places};
use super::{BackupRow, Catalog, CatalogError, DamageRow};
use crate::archive::manifest::{Content, Node};
use crate::archive_path::ArchivePath;

/// What is damaged of one backup, as far as checks have found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct BackupDamage {
    /// Files of which the content is damaged and nowhere else.
    pub files: u64,
    /// Names of archives with contents of it that are damaged as a whole.
    pub archives: BTreeSet<String>,
}

/// Another version of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherVersion {
    /// The name of a backup that has it.
    pub backup: String,
    /// When that was made: RFC 9557.
    pub time: String,
    /// True when that was before the version that is lost.
    pub is_earlier: bool,
}

impl OtherVersion {
    /// The version that a backup has, instead of the one of a moment in seconds since 1970.
    pub fn of(backup: &BackupRow, than_at: i64) -> Self {
        Self { backup: backup.name.clone(), time: backup.time.clone(), is_earlier: backup.at < than_at }
    }
}

impl fmt::Display for OtherVersion {
    /// `an earlier version, of 3 March 2026 02:05, is whole in family_20260303_020500`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let which = if self.is_earlier { "an earlier" } else { "a later" };
        let time: Option<Zoned> = self.time.parse().ok();
        let of = time.map(|time| format!(", of {},", time.strftime("%-d %B %Y %H:%M"))).unwrap_or_default();
        write!(f, "{which} version{of} is whole in {}", self.backup)
    }
}

impl Catalog {
    /// The backups in which something is known to be damaged that is nowhere else, by their ids.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read, as for all that follow.
    pub fn damaged_backups(&self) -> Result<HashMap<i64, BackupDamage>, CatalogError> {
        let damage = self.damage()?;
        let mut damaged: HashMap<i64, BackupDamage> = HashMap::new();
        if damage.is_empty() {
            return Ok(damaged);
        }
        let spoilt = Spoilt::by(self, &damage)?;
        let backups = self.backups(None)?;
        let sql = "SELECT archive, tar_offset, patch, chain, sha256, first_at, last_at, path FROM version \
                   WHERE sha256 IS NOT NULL";
        let mut statement = self.connection().prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let about: Vec<&DamageRow> =
                places(row)?.flat_map(|place| spoilt.rows(place)).map(|number| &damage[number]).collect();
            let chain = row.get(3)?;
            if about.is_empty() || spoilt.is_sound_somewhere(self, chain, row.get(4)?)? {
                continue;
            }
            let path = ArchivePath::from_sort_key(&row.get::<_, Vec<u8>>(7)?)?;
            let interval = (row.get(5)?, row.get(6)?);
            for backup in backups.iter().filter(|b| b.chain == chain && b.shows(interval, path.source())) {
                let of_backup = damaged.entry(backup.id).or_default();
                of_backup.files += u64::from(about.iter().any(|row| !row.path.is_empty()));
                let whole = about.iter().filter(|row| row.path.is_empty());
                of_backup.archives.extend(whole.map(|row| row.archive.clone()));
            }
        }
        Ok(damaged)
    }

    /// For each content of a chain: whether damage of it is known, and it is nowhere else undamaged.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn are_damaged(&self, chain: i64, contents: &[&Content]) -> Result<Vec<bool>, CatalogError> {
        let damage = self.damage()?;
        if damage.is_empty() {
            return Ok(vec![false; contents.len()]);
        }
        let spoilt = Spoilt::by(self, &damage)?;
        let is_damaged = |content: &&Content| -> Result<bool, CatalogError> {
            let base = content.patch.as_deref().map(|patch| (patch.base.archive, patch.base.tar_offset));
            let mut at = std::iter::once((content.archive, content.tar_offset)).chain(base);
            let is_spoilt = at.any(|place| spoilt.rows(place).next().is_some());
            Ok(is_spoilt && !spoilt.is_sound_somewhere(self, chain, content.sha256.to_vec())?)
        };
        contents.iter().map(is_damaged).collect()
    }

    /// For each row of damage of a file: another version of it of which no damage is known, in a listed backup, the
    /// nearest in time.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn other_versions(&self, rows: &[DamageRow]) -> Result<Vec<Option<OtherVersion>>, CatalogError> {
        let spoilt = Spoilt::by(self, &self.damage()?)?;
        let mut backups: BTreeMap<i64, Vec<BackupRow>> = BTreeMap::new();
        for backup in self.backups(None)? {
            backups.entry(backup.chain).or_default().push(backup);
        }
        let chains: HashMap<u32, i64> = {
            let mut statement = self.connection().prepare_cached("SELECT id, chain FROM archive")?;
            let ids = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            ids.collect::<Result<_, _>>()?
        };
        rows.iter().map(|row| self.other_version(row, &spoilt, &backups, &chains)).collect()
    }

    fn other_version(
        &self,
        row: &DamageRow,
        spoilt: &Spoilt,
        backups: &BTreeMap<i64, Vec<BackupRow>>,
        chains: &HashMap<u32, i64>,
    ) -> Result<Option<OtherVersion>, CatalogError> {
        let (Ok(path), Some(id)) = (ArchivePath::new(row.path.as_str()), spoilt.ids.get(&row.archive)) else {
            return Ok(None);
        };
        let Some((chain, backups)) = chains.get(id).and_then(|chain| Some((*chain, backups.get(chain)?))) else {
            return Ok(None);
        };
        let mut lost_at = None;
        let mut whole = Vec::new();
        for stored in self.states(chain, &path)? {
            let Node::File(content) = &stored.entry.node else { continue };
            let shown = backups.iter().filter(|b| b.shows((stored.first_at, stored.last_at), path.source()));
            if content.places().any(|place| place.0 == *id && Some(place.1) == row.tar_offset) {
                lost_at = lost_at.or_else(|| shown.map(|backup| backup.at).max());
            } else if content.places().all(|place| spoilt.is_sound(place)) {
                whole.extend(shown);
            }
        }
        let Some(lost_at) = lost_at else { return Ok(None) };
        let nearest = whole.into_iter().min_by_key(|backup| backup.at.abs_diff(lost_at));
        Ok(nearest.map(|backup| OtherVersion::of(backup, lost_at)))
    }
}
