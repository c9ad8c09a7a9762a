//! The catalog: an SQLite database on this computer that knows backups, files, copies and runs. It is a
//! cache: when it is lost or damaged it is set aside and made again from the archives.

mod changes;
mod copies;
mod damaged;
mod episodes;
mod facts;
mod forgetful;
mod import;
mod known;
mod listing;
mod query;
mod record;
mod retired;
mod row;
mod runs;
mod salvage;
#[cfg(test)]
mod test_rows;
mod upkeep;
mod whereabouts;

use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use rusqlite::{Connection, ErrorCode};

use crate::archive::error::ArchiveError;
use crate::archive_path::BadPath;
use crate::atomic_file;
use crate::error::FileError;

pub use changes::{Change, ChangedRow};
pub use copies::PlaceAge;
pub use damaged::{BackupDamage, OtherVersion};
pub use episodes::{EpisodeChange, EpisodeKey, EpisodeRow};
pub use facts::Kept;
pub use forgetful::Beginning;
pub use import::{ImportPart, ImportedBackup};
pub use known::KnownArchive;
pub use listing::{Child, NameKind, Named};
pub use query::{ArchiveRow, BackupRow, BackupState, HOME_NAME, Place, VersionRow};
pub use record::{NewBackup, Recorder};
pub use row::StoredEntry;
pub use runs::{DamageRow, RunOutcome, RunRow};
pub use whereabouts::{Arrival, Held, WholeCopy};

/// The catalog's file name in the data folder.
pub const CATALOG_NAME: &str = "catalog.sqlite";
/// What `PRAGMA user_version` says of this schema.
const SCHEMA_VERSION: i64 = 5;
/// How long a reader waits for a writer.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// The catalog, open.
#[derive(Debug)]
pub struct Catalog {
    connection: Connection,
    path: PathBuf,
}

/// What went wrong with the catalog.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Its file is damaged; it can be made again.
    #[error("the catalog {} is damaged ({source})", path.display())]
    Damaged {
        /// The catalog's file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// It could not be read or written for another reason.
    #[error("what Keepsake knows of your backups could not be read or noted ({})", plain(source))]
    Sqlite {
        /// What SQLite said.
        #[from]
        source: rusqlite::Error,
    },
    /// A row holds what cannot be a path.
    #[error("the catalog is damaged (it holds an impossible path: {0})")]
    Path(#[from] BadPath),
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// An archive could not be read while it was being imported.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl CatalogError {
    /// True when the catalog's own file is what is wrong, so that making it again helps.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Path(_) => true,
            Self::Sqlite { source } => is_damage(source),
            Self::File(_) | Self::Archive(_) => false,
        }
    }

    /// True when the disk had no room left.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Sqlite { source } => is_disk_full(source),
            Self::File(e) => e.is_disk_full(),
            Self::Archive(e) => e.is_disk_full(),
            _ => false,
        }
    }
}

fn is_disk_full(error: &rusqlite::Error) -> bool {
    let rusqlite::Error::SqliteFailure(e, _) = error else { return false };
    // The second is said when there is no room for the index of the log.
    e.code == ErrorCode::DiskFull || e.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
}

fn plain(error: &rusqlite::Error) -> String {
    if is_disk_full(error) { "the disk is full".into() } else { error.to_string() }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error;
    match error {
        Error::SqliteFailure(e, message) => {
            matches!(e.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                || message.as_deref().is_some_and(|m| m.contains("no such table") || m.contains("no such column"))
        }
        Error::FromSqlConversionFailure(..) | Error::IntegralValueOutOfRange(..) | Error::InvalidColumnType(..) => true,
        _ => false,
    }
}

fn no_catalog() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB), None)
}

/// The path with something behind its name, as SQLite names its log (`-wal`, `-shm`).
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

impl Catalog {
    /// Opens the catalog in `data_dir`, or makes an empty one. It is in WAL mode: a power cut loses at most
    /// what was recorded last, which the next run finds in the archives.
    ///
    /// # Errors
    /// [`CatalogError::Damaged`] when the file is no catalog: set it aside and make it again.
    pub fn open(data_dir: &Path) -> Result<Self, CatalogError> {
        Self::open_waiting(data_dir, BUSY_WAIT)
    }

    /// As [`Catalog::open`], for somebody who waits no longer than this when another process holds the whole catalog.
    ///
    /// # Errors
    /// As [`Catalog::open`].
    pub fn open_waiting(data_dir: &Path, longest: Duration) -> Result<Self, CatalogError> {
        atomic_file::create_folders(data_dir)?;
        let path = data_dir.join(CATALOG_NAME);
        // A folder, a pipe or a link is none: it could lead anywhere, or be waited for.
        let is_none = fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file());
        let opened = if is_none { Err(no_catalog()) } else { Self::open_file(&path, longest) };
        opened.map_err(|source| match is_damage(&source) {
            true => CatalogError::Damaged { path, source },
            false => source.into(),
        })
    }

    fn open_file(path: &Path, longest: Duration) -> Result<Self, rusqlite::Error> {
        Self::set_up(Connection::open(path)?, path, longest)
    }

    fn set_up(connection: Connection, path: &Path, longest: Duration) -> Result<Self, rusqlite::Error> {
        connection.busy_timeout(longest)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        // 8 MiB of pages at most, whatever the size of the catalog.
        connection.pragma_update(None, "cache_size", -8192)?;
        connection.pragma_update(None, "temp_store", "FILE")?;
        connection.set_prepared_statement_cache_capacity(64);
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version == 0 {
            let transaction = connection.unchecked_transaction()?;
            // Another process may have been first.
            let again: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if again == 0 {
                transaction.execute_batch(include_str!("schema.sql"))?;
                transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            }
            transaction.commit()?;
        } else if version != SCHEMA_VERSION {
            // Of another version of Keepsake: it is made again like a damaged one.
            return Err(no_catalog());
        }
        // A database without its tables is damage; this notices it now rather than in the middle of a run.
        connection.query_row("SELECT count(*) FROM version WHERE 0", [], |_| Ok(()))?;
        Ok(Self { connection, path: path.into() })
    }

    /// Moves the catalog, or whatever stands in its place, aside, keeping it, and answers where it is now. Of
    /// those set aside before, only the newest stays, and folders.
    ///
    /// # Errors
    /// [`CatalogError::File`] when it cannot be renamed.
    pub fn set_aside(data_dir: &Path, stamp: &str) -> Result<PathBuf, CatalogError> {
        const ASIDE: &str = "catalog-set-aside-";
        let path = data_dir.join(CATALOG_NAME);
        let listing = |e| CatalogError::from(FileError::on("list", data_dir)(e));
        let mut before = Vec::new();
        for entry in fs::read_dir(data_dir).map_err(listing)? {
            let entry = entry.map_err(listing)?;
            if entry.file_name().to_string_lossy().starts_with(ASIDE) {
                before.push(entry.path());
            }
        }
        before.sort();
        before.pop();
        for old in before.into_iter().filter(|old| !old.is_dir()) {
            atomic_file::remove_file(&old)?;
        }
        let mut aside = data_dir.join(format!("{ASIDE}{stamp}.sqlite"));
        let mut count = 1;
        while aside.exists() {
            count += 1;
            aside = data_dir.join(format!("{ASIDE}{stamp}-{count}.sqlite"));
        }
        for ending in ["-wal", "-shm"] {
            let log = with_ending(&path, ending);
            match log.is_dir() {
                // Whatever that is, it is not ours to remove.
                true => atomic_file::rename(&log, &with_ending(&aside, ending))?,
                false => atomic_file::remove_file(&log)?,
            }
        }
        if fs::symlink_metadata(&path).is_ok() {
            atomic_file::rename(&path, &aside)?;
        }
        Ok(aside)
    }

    /// Puts a catalog that was set aside back into its place, instead of the one that was to follow it and is closed.
    ///
    /// # Errors
    /// [`CatalogError::File`] when it cannot be renamed.
    pub fn put_back(data_dir: &Path, aside: &Path) -> Result<(), CatalogError> {
        let path = data_dir.join(CATALOG_NAME);
        for ending in ["-wal", "-shm"] {
            // The log of another would be taken for its own.
            atomic_file::remove_file(&with_ending(&path, ending))?;
        }
        // A folder may have stood in its place, and does not replace a file.
        if aside.is_dir() {
            atomic_file::remove_file(&path)?;
        }
        Ok(atomic_file::rename(aside, &path)?)
    }

    /// The catalog's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}
