//! What is to be done between backups: which places lack copies, and when each share of what is stored was last read.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::copies::OWN_AND_NEEDED;
use super::facts::noted_share;
use super::{Catalog, CatalogError};

impl Catalog {
    /// Names of the newest archives that are recorded in the place at this path, the newest first, so many at most. By them
    /// whoever asks that folder tells it from the empty one that stands there while its disk is away.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn newest_archives_in(&self, path: &Path, most: u32) -> Result<Vec<String>, CatalogError> {
        let sql = "SELECT a.name FROM place p JOIN copy c ON c.place = p.id JOIN archive a ON a.id = c.archive \
                   WHERE p.path = ?1 ORDER BY a.at DESC, a.id DESC LIMIT ?2";
        let mut statement = self.connection().prepare_cached(sql)?;
        let rows = statement.query_map((path.as_os_str().as_bytes(), most), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// True when of an archive that a listed backup of this computer needs no copy is recorded in the place at this
    /// path.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn lacks_copies(&self, path: &Path, computer_id: &str) -> Result<bool, CatalogError> {
        let sql = format!(
            "SELECT 1 FROM archive WHERE {OWN_AND_NEEDED} AND NOT EXISTS \
             (SELECT 1 FROM copy k JOIN place p ON p.id = k.place WHERE p.path = ?2 AND k.archive = archive.id)"
        );
        Ok(self.connection().prepare_cached(&sql)?.exists((computer_id, path.as_os_str().as_bytes()))?)
    }

    /// When each of `of` shares of what stands in this computer's backup folder, and is needed, was last read or
    /// written: of an archive the newest of when it was written, when it was read whole and when that share of it
    /// was; of all archives the earliest. In seconds since 1970, the first share first; None for all without archives.
    /// Times after `latest` say nothing: the clock was wrong then.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn share_reads(&self, of: u32, computer_id: &str, latest: i64) -> Result<Vec<Option<i64>>, CatalogError> {
        let sql = format!(
            "SELECT archive.id, archive.at, v.how, v.at FROM archive LEFT JOIN verified v ON v.archive = archive.name \
             WHERE {OWN_AND_NEEDED} AND EXISTS \
             (SELECT 1 FROM copy k JOIN place p ON p.id = k.place AND p.home WHERE k.archive = archive.id) \
             ORDER BY archive.id"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query([computer_id])?;
        let mut earliest: Vec<Option<i64>> = vec![None; of as usize];
        let mut current: Option<(i64, Vec<i64>)> = None;
        let take = |reads: Vec<i64>, earliest: &mut Vec<Option<i64>>| {
            for (all, one) in earliest.iter_mut().zip(reads) {
                *all = Some(all.map_or(one, |other| other.min(one)));
            }
        };
        let believed = |at: i64| if at > latest { 0 } else { at };
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            if current.as_ref().is_none_or(|(known, _)| *known != id)
                && let Some((_, reads)) = current.replace((id, vec![believed(row.get(1)?); of as usize]))
            {
                take(reads, &mut earliest);
            }
            let (how, at): (Option<String>, Option<i64>) = (row.get(2)?, row.get(3)?);
            let (Some((_, reads)), Some(how), Some(at)) = (&mut current, how, at) else { continue };
            match noted_share(&how) {
                Some((number, parts)) if parts == of && (1..=of).contains(&number) => {
                    let read = &mut reads[number as usize - 1];
                    *read = (*read).max(believed(at));
                }
                None if how == "full" => reads.iter_mut().for_each(|read| *read = (*read).max(believed(at))),
                _ => {}
            }
        }
        if let Some((_, reads)) = current {
            take(reads, &mut earliest);
        }
        Ok(earliest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two archives at home, needed by one backup: written at 100 and at 200.
    fn catalog(dir: &Path) -> Catalog {
        let catalog = Catalog::open(dir).unwrap();
        catalog
            .connection()
            .execute_batch(
                "INSERT INTO chain VALUES (1, 'here', 'kitchen', 'family'), (2, 'elsewhere', 'attic', 'family');
                 INSERT INTO place VALUES (1, CAST('/b' AS BLOB), 'home', 1), (2, CAST('/nas' AS BLOB), 'NAS', 0);
                 INSERT INTO archive VALUES (1, 'a', 1, 'a', 100, 1, 9, x'00'), (2, 'b', 1, 'b', 200, 1, 9, x'00'),
                                            (3, 'c', 2, 'c', 50, 1, 9, x'00');
                 INSERT INTO copy VALUES (1, 1, 100), (2, 1, 200), (3, 2, 50);
                 INSERT INTO backup VALUES (1, 1, 'b', 200, '', 9, 1, 1, 0, '[]', '[]');
                 INSERT INTO needs VALUES (1, 1), (1, 2), (1, 3);",
            )
            .unwrap();
        catalog
    }

    #[test]
    fn a_share_is_as_old_as_the_archive_in_which_it_was_read_longest_ago() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = catalog(dir.path());
        let reads = |latest| catalog.share_reads(3, "here", latest).unwrap();
        assert_eq!(reads(1000), [Some(100); 3]);
        catalog.add_verified("a", 300, "part 2/3", &[]).unwrap();
        assert_eq!(reads(1000), [Some(100), Some(200), Some(100)]);
        catalog.add_verified("b", 300, "part 2/3", &[]).unwrap();
        // Of another number of shares, or a quick look: that is something else.
        catalog.add_verified("a", 400, "part 1/4", &[]).unwrap();
        catalog.add_verified("a", 400, "quick", &[]).unwrap();
        assert_eq!(reads(1000), [Some(100), Some(300), Some(100)]);
        catalog.add_verified("a", 500, "full", &[]).unwrap();
        assert_eq!(reads(1000), [Some(200), Some(300), Some(200)]);
        // The clock was wrong.
        assert_eq!(reads(250), [Some(100); 3]);
        assert_eq!(reads(150), [Some(0); 3]);
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(Catalog::open(empty.path()).unwrap().share_reads(3, "here", 9).unwrap(), [None; 3]);
    }

    #[test]
    fn what_was_only_imported_from_another_computer_need_not_be_checked_here() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = catalog(dir.path());
        assert_eq!(catalog.longest_unchecked("here").unwrap(), Some(100));
        assert_eq!(catalog.longest_unchecked("elsewhere").unwrap(), Some(50), "at home, or of its own chain");
    }

    #[test]
    fn the_newest_that_a_place_has_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = catalog(dir.path());
        let named = |path: &str, most| catalog.newest_archives_in(Path::new(path), most).unwrap();
        assert_eq!((named("/b", 9), named("/b", 1)), (vec!["b".into(), "a".into()], vec!["b".to_string()]));
        assert_eq!((named("/nas", 9), named("/new", 9)), (vec!["c".to_string()], vec![]));
    }

    #[test]
    fn a_place_lacks_what_is_not_recorded_there() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = catalog(dir.path());
        let lacks = |path: &str| catalog.lacks_copies(Path::new(path), "here").unwrap();
        assert!(lacks("/nas") && lacks("/new") && !lacks("/b"));
        catalog.add_copy(1, 2, 300).unwrap();
        assert!(lacks("/nas"));
        catalog.add_copy(2, 2, 300).unwrap();
        assert!(!lacks("/nas"), "what belongs to another computer is not missed");
    }
}
