//! What the process keeps between questions: the catalog, and what was costly to find out.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use keepsake_api::{PathText, RefusalKind, Said};
use keepsake_core::archive_path::ArchivePath;
use keepsake_core::backup::computer;
use keepsake_core::catalog::{BackupRow, CATALOG_NAME, Catalog};
use keepsake_core::destinations::stored::list_with_locked;
use keepsake_core::settings::Settings;
use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::browse::Children;
use super::changes::Changed;
use super::refusal::Refused;
use super::search::{Names, Reading};
use super::silent::Silent;
use super::tally::Tally;
use crate::session::{Session, settings};
use crate::surroundings::Surroundings;

/// How long a question waits when another process holds the whole catalog, which in WAL mode is only while it is mended.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// Backups of which the counts are kept.
const KEPT_TALLIES: usize = 64;

/// Which backup something was found out about, and in which catalog. A catalog gives the number of a backup that is gone to
/// another one, and the name of one that is there never.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Of {
    catalog: u64,
    number: i64,
    name: String,
}

/// What the process keeps.
pub struct Known<'s> {
    /// Where it runs.
    pub around: &'s Surroundings,
    own: Option<Kept<OwnMark>>,
    from: Option<Kept<FromMark>>,
    opened: u64,
    /// The names of the backup that was searched last.
    pub names: Option<Names>,
    /// Those that are being read.
    pub reading: Option<Reading>,
    /// The folder that was looked into last.
    pub children: Option<Children>,
    /// What came, changed and went in the backup that was asked about last.
    pub changed: Option<Changed>,
    /// Counts of backups.
    pub tallies: HashMap<Of, Rc<Tally>>,
}

struct Kept<M> {
    mark: M,
    opened: Rc<Opened>,
}

/// Tells a catalog from the one that takes its place.
type OwnMark = Option<(u64, u64, Option<(i64, u64)>)>;
/// Tells a folder of backups from the same one later: its path, and the archives in it with their lengths.
type FromMark = (PathBuf, Vec<(String, u64)>);

/// A catalog, open. Between questions it holds nobody up: in WAL mode readers and the writer pass each other.
pub struct Opened {
    /// The catalog.
    pub catalog: Catalog,
    /// Tells it from others that this process opens.
    pub number: u64,
    /// The settings; None when there are none or they are wrong, and for another folder than one's own.
    pub settings: Option<Settings>,
    /// What tells this computer from others.
    pub computer_id: String,
    /// Where it can be opened once more; None for one that is in no file of its own.
    pub data_dir: Option<PathBuf>,
}

impl<'s> Known<'s> {
    /// Nothing yet.
    pub fn new(around: &'s Surroundings) -> Self {
        Self {
            around,
            own: None,
            from: None,
            opened: 0,
            names: None,
            reading: None,
            children: None,
            changed: None,
            tallies: HashMap::new(),
        }
    }

    /// The catalog that a question is about: that of another folder of backups, or this computer's own. The latter is opened
    /// anew only when another file has taken its place.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(&mut self, from: Option<&PathText>) -> Result<Rc<Opened>, Refused> {
        match from {
            Some(dir) => self.open_from(&PathBuf::from(dir.os_string())),
            None => self.open_own(),
        }
    }

    fn open_own(&mut self) -> Result<Rc<Opened>, Refused> {
        // Wrong settings keep nobody from looking at backups; who needs them asks for them.
        let settings = settings(self.around).unwrap_or_default();
        let data_dir = &self.around.data_dir;
        let known = self.own.as_ref().map(|own| (&own.mark, own.opened.number, &own.opened));
        let is_copy = known.is_some_and(|(mark, _, opened)| mark.is_some() && opened.data_dir.is_none());
        let is_same = known.is_some_and(|(known, ..)| *known == mark(data_dir, is_copy));
        if let Some((_, _, opened)) = known.filter(|(_, _, opened)| is_same && opened.settings == settings) {
            return Ok(opened.clone());
        }
        // Closed before it is opened again: SQLite ties locks to the process.
        let number = match self.own.take() {
            Some(own) if is_same => own.opened.number,
            _ => self.next_number(),
        };
        let (catalog, is_copy) = open_catalog(data_dir)?;
        let mark = mark(data_dir, is_copy);
        let data_dir = (!is_copy && mark.is_some()).then(|| data_dir.clone());
        let computer_id = computer().1;
        let opened = Rc::new(Opened { catalog, number, settings, computer_id, data_dir });
        self.own = Some(Kept { mark, opened: opened.clone() });
        Ok(opened)
    }

    fn open_from(&mut self, dir: &Path) -> Result<Rc<Opened>, Refused> {
        let no_folder = |why: &dyn ToString| {
            Refused::not_found(Said::new("refused-no-such-folder").text("path", dir.display().to_string()))
                .because(why.to_string())
        };
        if !dir.is_absolute() {
            return Err(Refused::bad("a folder of backups is named by its whole path"));
        }
        if Silent::among([dir.to_path_buf()]).has(dir) {
            return Err(silent(dir));
        }
        let listing = list_with_locked(dir).map_err(|e| no_folder(&e))?;
        let mark = (dir.to_path_buf(), listing.archives.into_iter().map(|a| (a.name, a.bytes)).collect());
        if let Some(from) = self.from.as_ref().filter(|from| from.mark == mark) {
            return Ok(from.opened.clone());
        }
        self.from = None;
        let catalog = Session::look_into(self.around, Some(dir))?.catalog;
        let number = self.next_number();
        let opened = Rc::new(Opened { catalog, number, settings: None, computer_id: computer().1, data_dir: None });
        self.from = Some(Kept { mark, opened: opened.clone() });
        Ok(opened)
    }

    fn next_number(&mut self) -> u64 {
        self.opened += 1;
        self.opened
    }

    /// How many pictures and videos each source of a backup has, counted once.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn tally(&mut self, opened: &Opened, backup: &BackupRow) -> Result<Rc<Tally>, Refused> {
        let of = opened.of(backup);
        if let Some(known) = self.tallies.get(&of) {
            return Ok(known.clone());
        }
        let tally = Rc::new(Tally::of(&opened.catalog, backup)?);
        if self.tallies.len() >= KEPT_TALLIES {
            self.tallies.clear();
        }
        self.tallies.insert(of, tally.clone());
        Ok(tally)
    }
}

/// Nothing can be asked of a folder whose disk does not answer.
fn silent(dir: &Path) -> Refused {
    Refused::new(RefusalKind::NotNow, Said::new("refused-folder-silent").text("path", dir.display().to_string()))
}

/// The catalog of a data folder, and whether it is a copy that is forgotten in the end: where the folder cannot be written,
/// as on a full disk.
fn open_catalog(data_dir: &Path) -> Result<(Catalog, bool), Refused> {
    let path = data_dir.join(CATALOG_NAME);
    if std::fs::symlink_metadata(&path).is_err() {
        // Looking makes no catalog: what was never begun is shown as empty.
        return Ok((Catalog::empty_and_forgetful()?, false));
    }
    let may_write = |path: &Path| accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_ok();
    if may_write(data_dir) && may_write(&path) {
        match Catalog::open_waiting(data_dir, LONGEST_WAIT) {
            Err(error) if !error.is_disk_full() => return Err(error.into()),
            Ok(catalog) => return Ok((catalog, false)),
            Err(_) => {}
        }
    }
    Ok((Catalog::forgetful(data_dir)?.0, true))
}

/// What tells a catalog from the one that takes its place; one that is only copied must be copied anew when it changed.
fn mark(data_dir: &Path, is_copy: bool) -> OwnMark {
    let path = data_dir.join(CATALOG_NAME);
    let found = std::fs::symlink_metadata(&path).ok()?;
    let log = std::fs::symlink_metadata(data_dir.join(format!("{CATALOG_NAME}-wal"))).ok();
    let log = log.map_or((0, 0), |log| (log.mtime_nsec() ^ log.mtime(), log.len()));
    let changes = (log.0 ^ found.mtime() ^ found.mtime_nsec(), log.1 + found.len());
    Some((found.dev(), found.ino(), is_copy.then_some(changes)))
}

impl Opened {
    /// A backup by its name.
    ///
    /// # Errors
    /// When there is none.
    pub fn backup(&self, name: &str) -> Result<BackupRow, Refused> {
        let found = self.catalog.backups(None)?.into_iter().find(|backup| backup.name == name);
        found.ok_or_else(|| Refused::not_found(Said::new("refused-no-such-backup").text("backup", name)))
    }

    /// What is remembered of a backup is remembered by this.
    pub fn of(&self, backup: &BackupRow) -> Of {
        Of { catalog: self.number, number: backup.id, name: backup.name.clone() }
    }

    /// True for a backup that this computer made.
    pub fn is_own(&self, backup: &BackupRow) -> bool {
        backup.computer_id == self.computer_id
    }
}

/// A path inside a backup, as it was given back.
///
/// # Errors
/// When it is none.
pub fn path_in_backup(text: &PathText) -> Result<ArchivePath, Refused> {
    Ok(ArchivePath::new(text.bytes())?)
}

/// A number of rows that may be asked for at once.
///
/// # Errors
/// When it is not from 1 to 1,000.
pub fn checked_limit(limit: u32) -> Result<usize, Refused> {
    match limit {
        1..=1000 => Ok(limit as usize),
        _ => Err(Refused::bad(format!("limit is {limit}; it goes from 1 to 1,000"))),
    }
}
