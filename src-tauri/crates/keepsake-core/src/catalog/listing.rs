//! What lies directly in a folder of a backup, and all names of one: for looking around in a backup with a million files.

use super::{BackupRow, Catalog, CatalogError, row};
use crate::archive_path::ArchivePath;

/// Rows of one folder that are passed by before the next folder is sought: a seek costs as much as some rows.
const PASSED_BY: u32 = 32;

/// What kind of thing has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// A folder.
    Folder,
    /// A file, or a hard link to one.
    File,
    /// A symbolic link.
    Link,
}

/// One thing in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Its name.
    pub name: Box<[u8]>,
    /// What kind of thing it is.
    pub kind: NameKind,
}

/// What a scan of a backup tells of one thing in it.
#[derive(Debug, Clone, Copy)]
pub struct Named<'r> {
    /// Its [`ArchivePath::sort_key`].
    pub key: &'r [u8],
    /// What kind of thing it is.
    pub kind: NameKind,
    /// Its size in bytes.
    pub bytes: u64,
    /// True when the backup is the first that has it so.
    pub is_new: bool,
}

impl Catalog {
    /// What lies directly in a folder of a backup, in the order of names as bytes; nothing when there is no such folder.
    /// It takes as long as the folder is large, not as all that lies in folders in it.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read, as for all that follow.
    pub fn children(&self, backup: &BackupRow, folder: &ArchivePath) -> Result<Vec<Child>, CatalogError> {
        let mut children: Vec<Child> = Vec::new();
        if !backup.collected(folder.source()) {
            return Ok(children);
        }
        let sql = "SELECT path, kind FROM version WHERE chain = ?1 AND path >= ?2 AND path < ?3 \
                   AND first_at <= ?4 AND (last_at IS NULL OR last_at >= ?4) ORDER BY path";
        let mut statement = self.connection().prepare_cached(sql)?;
        let (mut from, mut until) = (folder.sort_key(), folder.sort_key());
        let start = from.len() + 1;
        from.push(0);
        until.push(1);
        'seek: loop {
            let mut rows = statement.query((backup.chain, &from, &until, backup.at))?;
            let mut passed = 0;
            while let Some(row) = rows.next()? {
                let path = row.get_ref(0)?.as_blob().map_err(row::wrong)?;
                let rest = path.get(start..).unwrap_or_default();
                let Some(end) = rest.iter().position(|byte| *byte == 0) else {
                    children.push(Child { name: rest.into(), kind: kind_of(row.get(1)?) });
                    passed = 0;
                    continue;
                };
                if children.last().is_none_or(|last| *last.name != rest[..end]) {
                    // Of a folder whose own line was lost, what is in it can be reached all the same.
                    children.push(Child { name: rest[..end].into(), kind: NameKind::Folder });
                }
                passed += 1;
                if passed > PASSED_BY {
                    from = path[..start + end].to_vec();
                    from.push(1);
                    continue 'seek;
                }
            }
            return Ok(children);
        }
    }

    /// Tells of everything in a backup, in the order of paths, as little as it takes to count and to search.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn each_name(&self, backup: &BackupRow, mut each: impl FnMut(Named<'_>)) -> Result<(), CatalogError> {
        let sql = "SELECT path, kind, size, first_at FROM version WHERE chain = ?1 \
                   AND first_at <= ?2 AND (last_at IS NULL OR last_at >= ?2) ORDER BY path";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut rows = statement.query((backup.chain, backup.at))?;
        // Paths of one source follow each other.
        let mut source = (Vec::new(), false);
        while let Some(row) = rows.next()? {
            let key = row.get_ref(0)?.as_blob().map_err(row::wrong)?;
            let name = key.split(|byte| *byte == 0).next().unwrap_or_default();
            if source.0 != name {
                source = (name.to_vec(), backup.collected(name));
            }
            if source.1 {
                let is_new = row.get::<_, i64>(3)? == backup.at;
                each(Named { key, kind: kind_of(row.get(1)?), bytes: row.get::<_, i64>(2)? as u64, is_new });
            }
        }
        Ok(())
    }
}

fn kind_of(kind: i64) -> NameKind {
    match kind {
        row::FOLDER => NameKind::Folder,
        row::SYMLINK => NameKind::Link,
        _ => NameKind::File,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::test_rows::{backup, house};

    fn names(catalog: &Catalog, backup: &BackupRow, folder: &str) -> Vec<String> {
        let children = catalog.children(backup, &ArchivePath::new(folder).unwrap()).unwrap();
        let mark = |kind| if kind == NameKind::Folder { "/" } else { "" };
        children.iter().map(|c| format!("{}{}", String::from_utf8_lossy(&c.name), mark(c.kind))).collect()
    }

    #[test]
    fn children_are_found_past_large_folders_and_odd_names() {
        let (_dir, catalog) = house();
        let many: Vec<String> = (0..100).map(|i| format!("photos/a/{i:03}.jpg")).collect();
        let mut paths =
            vec!["photos/", "photos/a/", "photos/a\u{1}", "photos/a\u{1}x", "photos/a-b", "photos/b/c/d.txt"];
        paths.extend(many.iter().map(String::as_str));
        let first = backup(&catalog, 10, &paths, &[]);
        let second = backup(&catalog, 20, &["photos/new"], &["photos/a-b"]);
        assert_eq!(names(&catalog, &first, "photos"), ["a/", "a\u{1}", "a\u{1}x", "a-b", "b/"]);
        assert_eq!(names(&catalog, &second, "photos"), ["a/", "a\u{1}", "a\u{1}x", "b/", "new"]);
        assert_eq!(names(&catalog, &first, "photos/a").len(), 100);
        assert_eq!(names(&catalog, &first, "photos/b"), ["c/"]);
        assert_eq!(names(&catalog, &first, "photos/none"), [""; 0]);
        assert_eq!(names(&catalog, &first, "other"), [""; 0]);
    }

    #[test]
    fn each_name_says_what_is_new() {
        let (_dir, catalog) = house();
        backup(&catalog, 10, &["photos/", "photos/a", "photos/b"], &[]);
        let second = backup(&catalog, 20, &["photos/c"], &["photos/a"]);
        let mut seen = Vec::new();
        catalog
            .each_name(&second, |named| {
                let path = ArchivePath::from_sort_key(named.key).unwrap().to_string();
                seen.push((path, named.kind == NameKind::Folder, named.is_new));
            })
            .unwrap();
        let row = |path: &str, is_folder, is_new| (path.to_string(), is_folder, is_new);
        assert_eq!(seen, [row("photos", true, false), row("photos/b", false, false), row("photos/c", false, true)]);
    }
}
