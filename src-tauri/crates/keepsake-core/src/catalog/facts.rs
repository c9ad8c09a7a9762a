//! What the verdict on safety is made from, as far as the catalog knows it.

use super::{Catalog, CatalogError, DamageRow};
use crate::archive_path::ArchivePath;

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
        let sql = "SELECT count(DISTINCT a.backup_name), coalesce(sum(a.bytes), 0) FROM archive a \
                   JOIN copy k ON k.archive = a.id JOIN place p ON p.id = k.place AND p.home";
        let kept = self.connection().query_row(sql, [], |row| {
            Ok(Kept { backups: row.get::<_, i64>(0)? as u64, bytes: row.get::<_, i64>(1)? as u64 })
        })?;
        Ok(kept)
    }

    /// Of every archive that a backup needs, take the moment at which it was last known to be good: when it was
    /// read whole and compared, or else written. The earliest of them, in seconds since 1970; None without archives.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn longest_unchecked(&self) -> Result<Option<i64>, CatalogError> {
        let sql = "SELECT min(max(a.at, coalesce((SELECT max(v.at) FROM verified v \
                   WHERE v.archive = a.name AND v.how = 'full' AND v.good), a.at))) \
                   FROM archive a WHERE a.part > 0 AND a.id IN (SELECT archive FROM needs)";
        Ok(self.connection().query_row(sql, [], |row| row.get(0))?)
    }

    /// The damage that still matters: of contents that a backup refers to and no other archive holds, and of
    /// archives that the newest backup of their chain needs.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn standing_damage(&self) -> Result<Vec<DamageRow>, CatalogError> {
        let needed_by_newest = "SELECT 1 FROM archive a JOIN needs n ON n.archive = a.id \
             JOIN backup b ON b.id = n.backup WHERE a.name = ?1 \
             AND b.at = (SELECT max(at) FROM backup WHERE chain = a.chain)";
        let only_there = "SELECT 1 FROM archive a JOIN version v ON v.chain = a.chain AND v.path = ?2 AND v.archive = a.id \
             WHERE a.name = ?1 AND NOT EXISTS (SELECT 1 FROM version w WHERE substr(w.sha256, 1, 8) = substr(v.sha256, 1, 8) \
             AND w.sha256 IS NOT NULL AND w.sha256 = v.sha256 AND w.chain = v.chain AND w.archive <> v.archive)";
        let mut standing = Vec::new();
        for row in self.damage()? {
            // A name that is not UTF-8 was escaped: it cannot be looked up, so the whole archive is asked about.
            let path = ArchivePath::new(row.path.as_bytes()).ok().filter(|_| !row.path.contains('\\'));
            let stands = match path {
                Some(path) => self.connection().prepare_cached(only_there)?.exists((&row.archive, path.sort_key()))?,
                None => self.connection().prepare_cached(needed_by_newest)?.exists([&row.archive])?,
            };
            if stands {
                standing.push(row);
            }
        }
        Ok(standing)
    }
}
