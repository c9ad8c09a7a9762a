//! A catalog for whoever cannot write into the data folder: a rescue system, a full disk, another user's
//! state. It lies in a nameless file and is forgotten when it is dropped, or however else the process ends.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use rusqlite::Connection;
use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::{BUSY_WAIT, CATALOG_NAME, Catalog, CatalogError, with_ending};
use crate::atomic_file;
use crate::error::FileError;

/// What a forgetful catalog knows to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// All that the catalog in the data folder knows.
    Copy,
    /// No backup yet: there was no catalog, or it could not be read.
    Nothing,
}

impl Catalog {
    /// Finds out whether the catalog in `data_dir` can be written, or made.
    ///
    /// # Errors
    /// [`FileError`] with the reason when it cannot.
    pub fn check_writable(data_dir: &Path) -> Result<(), FileError> {
        atomic_file::check_writable(data_dir)?;
        let path = data_dir.join(CATALOG_NAME);
        match accessat(CWD, &path, Access::WRITE_OK, AtFlags::EACCESS) {
            Err(e) if e != rustix::io::Errno::NOENT => Err(FileError::on("write", &path)(e.into())),
            _ => Ok(()),
        }
    }

    /// A catalog that begins with what the one in `data_dir` knows, which is only read, and is forgotten in the
    /// end. Without room for a copy anywhere it begins with no backup, in memory if it must.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when not even memory is left.
    pub fn forgetful(data_dir: &Path) -> Result<(Self, Beginning), CatalogError> {
        let known = data_dir.join(CATALOG_NAME);
        if fs::symlink_metadata(&known).is_ok_and(|found| found.is_file())
            && let Some(copy) = places().find_map(|place| Self::nameless(&place, Some(&known)))
        {
            return Ok((copy, Beginning::Copy));
        }
        let empty = Self::empty_and_forgetful()?;
        // Where else backups are, and what was damaged.
        empty.take_over(&known)?;
        Ok((empty, Beginning::Nothing))
    }

    /// A catalog that knows nothing, and is forgotten in the end.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when not even memory is left.
    pub fn empty_and_forgetful() -> Result<Self, CatalogError> {
        match places().find_map(|place| Self::nameless(&place, None)) {
            Some(catalog) => Ok(catalog),
            None => Self::in_memory(),
        }
    }

    fn in_memory() -> Result<Self, CatalogError> {
        let catalog = Self::set_up(Connection::open_in_memory()?, Path::new(":memory:"), BUSY_WAIT)?;
        catalog.connection().pragma_update(None, "temp_store", "MEMORY")?;
        Ok(catalog)
    }

    /// A catalog whose file has no name any more once this returns; None when there is no room in `place`, or
    /// when the copy is damaged.
    fn nameless(place: &Path, copy_of: Option<&Path>) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("keepsake-").tempdir_in(place).ok()?;
        let path = folder.path().join(CATALOG_NAME);
        if let Some(known) = copy_of {
            copy(known, &path).ok()?;
            // What a run that was cut off left in the database's log belongs to it.
            let log = with_ending(known, "-wal");
            if log.exists() {
                copy(&log, &with_ending(&path, "-wal")).ok()?;
            }
        }
        let catalog = Self::open_file(&path, BUSY_WAIT).ok()?;
        // From here on its one file is all it needs; that stays until it is closed.
        let connection = catalog.connection();
        if copy_of.is_some() {
            // Damage that turned up later could not be mended then.
            let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).ok()?;
            (found == "ok").then_some(())?;
        }
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE").ok()?;
        connection.pragma_update(None, "journal_mode", "MEMORY").ok()?;
        connection.pragma_update(None, "synchronous", "OFF").ok()?;
        connection.execute_batch("BEGIN IMMEDIATE; COMMIT").ok()?;
        Some(catalog)
    }
}

/// Copies the bytes alone: a file that can only be read must not become one.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    io::copy(&mut fs::File::open(from)?, &mut fs::File::create(to)?).map(drop)
}

/// Where temporary files may be, the usual place first.
fn places() -> impl Iterator<Item = PathBuf> {
    let of_user = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    [std::env::temp_dir(), "/dev/shm".into()].into_iter().chain(of_user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_knows_what_the_other_knows_and_leaves_it_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(dir.path()).unwrap();
        catalog.place(Path::new("/backups"), "here", true).unwrap();
        // Its log is not in its file yet.
        assert!(with_ending(catalog.path(), "-wal").metadata().unwrap().len() > 0);
        let names = || {
            let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let before = (names(), fs::read(catalog.path()).unwrap());

        let (forgetful, beginning) = Catalog::forgetful(dir.path()).unwrap();
        assert_eq!(beginning, Beginning::Copy);
        assert_eq!(forgetful.places().unwrap().len(), 1);
        forgetful.place(Path::new("/elsewhere"), "blue", false).unwrap();
        assert_eq!(forgetful.places().unwrap().len(), 2);
        assert!(!forgetful.path().exists(), "its file has no name");
        assert_eq!(catalog.places().unwrap().len(), 1);
        assert_eq!((names(), fs::read(catalog.path()).unwrap()), before);
    }

    #[test]
    fn without_a_catalog_that_can_be_read_it_begins_with_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let begin = || Catalog::forgetful(dir.path()).map(|(c, b)| (c.backups(None).unwrap().len(), b)).unwrap();
        assert_eq!(begin(), (0, Beginning::Nothing));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was written");
        fs::write(dir.path().join(CATALOG_NAME), "no database").unwrap();
        assert_eq!(begin(), (0, Beginning::Nothing));
        assert_eq!(Catalog::in_memory().unwrap().backups(None).unwrap().len(), 0);
    }
}
