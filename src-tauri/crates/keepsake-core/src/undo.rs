//! Takes a restore in place back: what it replaced returns, what it made goes, and what people changed
//! since stays as it is and is named.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;
use jiff::Timestamp;
use rustix::fs::{AtFlags, FileType, Mode, Stat, fchmod, renameat, unlinkat};
use rustix::io::Errno;

use crate::archive_path::{ArchivePath, BadPath};
use crate::atomic_file::{self, Step, checkpoint_at};
use crate::error::{FileError, plain};
use crate::monitor::{Monitor, Phase, Problem};
use crate::restore::facts::{Me, set_open};
use crate::restore::folders::{Folder, FolderWalk, UNDO_FOLDER, remove_tree, split, unlink};
use crate::restore::journal::{Backwards, Begin, ENDING, JOURNALS, Line, Made, UNDONE_ENDING, path_of, read_begin};
use crate::restore::report::Report;

/// For how many days what a restore in place replaced is kept.
pub const KEPT_DAYS: i64 = 30;
const DAY_SECS: i64 = 86_400;

/// A restore in place that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoRow {
    /// What [`undo`] knows it by.
    pub id: String,
    /// When it began, in seconds since 1970.
    pub at: i64,
    /// The same as RFC 9557.
    pub time: String,
    /// The backup that was restored.
    pub backup: String,
    /// When that was made: RFC 9557.
    pub backup_time: String,
    /// The folders that were restored into.
    pub folders: Vec<PathBuf>,
    /// Until when it can be taken back, in seconds since 1970.
    pub kept_until: i64,
}

/// What taking back did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undone {
    /// Files, links and folders that were replaced and are back.
    pub restored_files: u64,
    /// Files and links that the restore had made and that are gone.
    pub removed_files: u64,
    /// What stays as it is, and why: at most [`crate::restore::MAX_NAMED_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// All problems, also those that are not named.
    pub problem_count: u64,
    /// False when it was stopped or had problems: it can be called again.
    pub complete: bool,
}

/// Why a restore cannot be taken back.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// There is none of that name.
    #[error("there is nothing to undo that is called {id:?}{}", known_text(known))]
    NoSuchUndo {
        /// What was asked for.
        id: String,
        /// Those that there are, newest first.
        known: Vec<String>,
    },
    /// A folder that was restored into is not there.
    #[error("{} is missing, so nothing was undone; plug its disk in and try again ({})", path.display(), plain(source))]
    FolderMissing {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
}

fn known_text(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!("; there are: {}", known.join(", ")) }
}

/// What can be taken back, newest first.
///
/// # Errors
/// [`UndoError::File`] when the data folder cannot be read. A journal that is no journal is left out.
pub fn undo_list(data_dir: &Path, now: Timestamp) -> Result<Vec<UndoRow>, UndoError> {
    let mut rows: Vec<UndoRow> = journals(data_dir)?
        .into_iter()
        .filter(|(path, _)| ends_with(path, ENDING) && !undone_path(path).exists())
        .filter(|(_, begin)| begin.at + KEPT_DAYS * DAY_SECS > now.as_second())
        .map(|(_, begin)| UndoRow {
            folders: roots(&begin).map(|(_, folder)| folder).collect(),
            kept_until: begin.at + KEPT_DAYS * DAY_SECS,
            id: begin.id,
            at: begin.at,
            time: begin.time,
            backup: begin.backup,
            backup_time: begin.backup_time,
        })
        .collect();
    rows.sort_by(|a, b| (b.at, b.id.len(), &b.id).cmp(&(a.at, a.id.len(), &a.id)));
    Ok(rows)
}

/// A restore in place, whether it can be taken back or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRestore {
    /// What [`undo`] knows or knew it by.
    pub id: String,
    /// When it began, in seconds since 1970.
    pub at: i64,
    /// The backup that was restored.
    pub backup: String,
    /// The names of the sources that were restored.
    pub sources: Vec<String>,
    /// When it was taken back, in seconds since 1970; None when it was not.
    pub undone_at: Option<i64>,
}

/// All restores in place of which something is noted still, newest first.
///
/// # Errors
/// [`UndoError::File`] when the data folder cannot be read. A journal that is no journal is left out.
pub fn past_restores(data_dir: &Path) -> Result<Vec<PastRestore>, UndoError> {
    let mut past: Vec<PastRestore> = Vec::new();
    for (path, begin) in journals(data_dir)? {
        let undone = undone_path(&path);
        let undone_at = fs::metadata(&undone).and_then(|found| found.modified()).ok();
        let undone_at = undone_at.and_then(|at| Timestamp::try_from(at).ok()).map(Timestamp::as_second);
        if past.iter().any(|known| known.id == begin.id) {
            continue;
        }
        let sources = begin.roots.iter().map(|(key, _)| String::from_utf8_lossy(&key.bytes()).into_owned());
        past.push(PastRestore {
            sources: sources.collect(),
            id: begin.id,
            at: begin.at,
            backup: begin.backup,
            undone_at,
        });
    }
    past.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    Ok(past)
}

/// How many files and links a restore in place made or replaced. A journal that is damaged is counted as far as it goes.
pub fn touched_files(data_dir: &Path, id: &str) -> u64 {
    let Ok(lines) = Backwards::open(&path_of(data_dir, id)) else { return 0 };
    let is_file = |line: &Line| matches!(line, Line::New { .. } | Line::Replaced { made: Some(_), .. });
    lines.map_while(Result::ok).filter(is_file).count() as u64
}

/// Removes what was kept for longer than [`KEPT_DAYS`] days, and answers how many restores that concerns.
/// One whose folder is not there now waits until it is.
///
/// # Errors
/// [`UndoError::File`] when something cannot be removed; calling again goes on. A power cut leaves it to
/// the next call.
pub fn forget_old_undos(data_dir: &Path, now: Timestamp) -> Result<u64, UndoError> {
    let mut forgotten = 0;
    for (path, begin) in journals(data_dir)? {
        if begin.at + KEPT_DAYS * DAY_SECS > now.as_second() {
            continue;
        }
        let mut here = true;
        for (_, folder) in roots(&begin) {
            match Folder::open_top(&folder) {
                Ok(top) => {
                    let top = Arc::new(top);
                    here &= remove_kept(&top, &begin.id, true).map_err(FileError::on("empty", &folder))?;
                }
                Err(_) => here = false,
            }
        }
        if here {
            atomic_file::remove_file(&path)?;
            forgotten += 1;
        }
    }
    Ok(forgotten)
}

/// Takes a restore in place back. It can be called again after any interruption, and once it is complete
/// does nothing more.
///
/// # Errors
/// [`UndoError::NoSuchUndo`]; [`UndoError::FolderMissing`] before anything was changed; [`UndoError::File`]
/// when the journal cannot be read.
pub fn undo(data_dir: &Path, id: &str, monitor: &dyn Monitor) -> Result<Undone, UndoError> {
    let journal = path_of(data_dir, id);
    let is_name = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let undone = undone_path(&journal);
    if is_name && undone.exists() {
        // After a power cut some disks have it under both names.
        if journal.exists() {
            atomic_file::remove_file(&journal)?;
        }
        return Ok(Undone { complete: true, ..Undone::default() });
    }
    if !is_name || !journal.exists() {
        let known = undo_list(data_dir, Timestamp::MIN)?.into_iter().map(|row| row.id).collect();
        return Err(UndoError::NoSuchUndo { id: id.into(), known });
    }
    let begin = read_begin(&journal).map_err(FileError::on("read", &journal))?;
    let mut places = BTreeMap::new();
    for (key, path) in roots(&begin) {
        let top = Folder::open_top(&path).map_err(|source| UndoError::FolderMissing { path, source })?;
        places.insert(key, Place::open(Arc::new(top), id));
    }
    monitor.phase(Phase::Restoring, None, None);
    let report = Report::new(monitor);
    let mut undoing = Undoing { places, report: &report, me: Me::now(), result: Undone::default() };
    let mut stopped = false;
    for line in Backwards::open(&journal).map_err(FileError::on("read", &journal))? {
        if monitor.should_stop() {
            stopped = true;
            break;
        }
        match line {
            Ok(line) => undoing.take_back(&line),
            Err(e) => {
                report.not_restored(&journal.display(), format!("the journal of what was replaced is damaged: {e}"))
            }
        }
    }
    let Undoing { places, mut result, .. } = undoing;
    close_again(&places);
    let tops: Vec<Arc<Folder>> = places.values().map(|place| place.live.top().clone()).collect();
    drop(places);
    // What came back is on the medium before the folder goes that it was in.
    sync_all(&tops)?;
    if !stopped && report.count() == 0 {
        for top in &tops {
            let gone = remove_kept(top, id, false).map_err(FileError::on("remove what was kept in", &top.shown))?;
            if !gone {
                let kept = top.path_of(UNDO_FOLDER).join(id);
                report.not_restored(&kept.display(), "files that the restore replaced are left in it; they are kept");
            }
        }
    }
    (result.problems, result.problem_count) = report.finish();
    result.complete = !stopped && result.problem_count == 0;
    if result.complete {
        sync_all(&tops)?;
        atomic_file::rename(&journal, &undone)?;
        atomic_file::sync_folder(atomic_file::parent(&journal))?;
    }
    Ok(result)
}

/// Forces the file systems of these folders to their media.
fn sync_all(tops: &[Arc<Folder>]) -> Result<(), FileError> {
    for top in tops {
        checkpoint_at(Step::Sync, || top.shown.clone())
            .and_then(|()| Ok(rustix::fs::syncfs(top)?))
            .map_err(FileError::on("finish writing", &top.shown))?;
    }
    Ok(())
}

/// What a journal is called once all of it was taken back.
fn undone_path(journal: &Path) -> PathBuf {
    journal.with_extension(&UNDONE_ENDING[1..])
}

fn ends_with(path: &Path, ending: &str) -> bool {
    path.to_str().is_some_and(|name| name.ends_with(ending))
}

/// All journals, also those that were undone, with their first lines.
fn journals(data_dir: &Path) -> Result<Vec<(PathBuf, Begin)>, FileError> {
    let folder = data_dir.join(JOURNALS);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(FileError::on("read the folder", &folder)(e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(FileError::on("read the folder", &folder))?.path();
        if ends_with(&path, ENDING) || ends_with(&path, UNDONE_ENDING) {
            found.extend(read_begin(&path).ok().map(|begin| (path, begin)));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

fn roots(begin: &Begin) -> impl Iterator<Item = (Vec<u8>, PathBuf)> {
    begin.roots.iter().map(|(key, folder)| (key.bytes(), OsString::from_vec(folder.bytes()).into()))
}

/// Removes `.keepsake-undo/ID`, and `.keepsake-undo` when nothing else is in it. Answers whether the first is gone.
fn remove_kept(top: &Arc<Folder>, id: &str, with_files: bool) -> io::Result<bool> {
    let undo = match top.open(UNDO_FOLDER) {
        Ok(undo) => Arc::new(undo),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(e) => return Err(e),
    };
    let gone = undo.look(id.as_bytes())?.is_none() || remove_tree(&undo, id.as_bytes(), with_files)?;
    checkpoint_at(Step::Remove, || undo.shown.clone())?;
    match unlinkat(top, UNDO_FOLDER, AtFlags::REMOVEDIR) {
        // Other restores may have kept something there.
        Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => Ok(gone),
        Err(e) => Err(e.into()),
    }
}

/// One folder that was restored into, and what was kept from it.
#[derive(Debug)]
struct Place {
    live: FolderWalk,
    kept: Option<FolderWalk>,
    /// Folders that were made writable for a while, with their modes.
    opened: BTreeMap<Vec<u8>, u32>,
}

impl Place {
    fn open(top: Arc<Folder>, id: &str) -> Self {
        let kept = top.open(UNDO_FOLDER).and_then(|undo| undo.open(id.as_bytes())).ok();
        Self {
            live: FolderWalk::new(top),
            kept: kept.map(|kept| FolderWalk::new(Arc::new(kept))),
            opened: BTreeMap::new(),
        }
    }

    /// Goes to a folder, rid of leftovers, and writable if it is this user's.
    fn go(&mut self, path: &[u8], me: Me) -> io::Result<Arc<Folder>> {
        let Self { live, opened, .. } = self;
        if path.is_empty() {
            live.top().remove_leftovers()?;
        }
        live.go(path, |at, name, to| {
            let folder = at.open_forced(name)?;
            let mode = folder.stat()?.st_mode & 0o7777;
            if !me.is_root && mode & 0o300 != 0o300 && fchmod(&folder, Mode::from_raw_mode(mode | 0o700)).is_ok() {
                opened.insert(to.to_vec(), mode);
            }
            folder.remove_leftovers()?;
            Ok(folder)
        })
    }
}

/// Gives folders that were made writable their modes back, the innermost first.
fn close_again(places: &BTreeMap<Vec<u8>, Place>) {
    for place in places.values() {
        let mut walk = FolderWalk::new(place.live.top().clone());
        for (path, mode) in place.opened.iter().rev() {
            if let Ok(folder) = walk.find(path) {
                // It was this user's to change a moment ago.
                let _ = fchmod(&folder, Mode::from_raw_mode(*mode));
            }
        }
    }
}

struct Undoing<'r, 'm> {
    places: BTreeMap<Vec<u8>, Place>,
    report: &'r Report<'m>,
    me: Me,
    result: Undone,
}

const CHANGED: &str = "it was changed since it was brought back, so it stays as it is";
const LOST: &str = "what it replaced is no longer there";
const CHANGED_AND_LOST: &str =
    "it was changed since and stays as it is, and what was there before the restore is no longer kept";

impl Undoing<'_, '_> {
    fn take_back(&mut self, line: &Line) {
        let path = match line {
            Line::Begin(_) | Line::Synced => return,
            Line::Folder { path } | Line::Facts { path, .. } | Line::New { path, .. } | Line::Replaced { path, .. } => {
                path
            }
        };
        let taken =
            ArchivePath::new(path.bytes()).map_err(|BadPath { why, .. }| io::Error::other(why)).and_then(|path| {
                self.take_path_back(&path, line).map_err(|e| (path, e)).or_else(|(path, e)| self.tell(&path, &e))
            });
        if let Err(e) = taken {
            self.report.not_restored(&"the journal", e.to_string());
        }
    }

    fn tell(&self, path: &ArchivePath, error: &io::Error) -> io::Result<()> {
        self.report.not_restored(path, format!("it could not be undone: {}", plain(error)));
        Ok(())
    }

    fn take_path_back(&mut self, path: &ArchivePath, line: &Line) -> io::Result<()> {
        let me = self.me;
        let report = self.report;
        let Some(place) = self.places.get_mut(path.source()) else { return Ok(()) };
        let relative = path.below_source();
        let (within, name) = split(relative);
        if let Line::Facts { facts, .. } = line {
            place.opened.remove(relative);
            return match place.live.go(relative, |at, name, _| at.open_forced(name)) {
                Ok(folder) => {
                    checkpoint_at(Step::Write, || folder.shown.clone())?;
                    set_open(&folder, &facts.facts(), me, true, path, report);
                    Ok(())
                }
                Err(e) if is_no_folder(&e) => Ok(()),
                Err(e) => Err(e),
            };
        }
        let folder = match place.go(within, me) {
            Ok(folder) => folder,
            // It never came to be, somebody removed it, or what it had replaced is back already.
            Err(e) if is_no_folder(&e) && !matches!(line, Line::Replaced { .. }) => return Ok(()),
            Err(e) => return Err(e),
        };
        let stands = folder.look(name)?;
        match line {
            Line::Begin(_) | Line::Synced | Line::Facts { .. } => {}
            Line::Folder { .. } => match stands {
                None => {}
                Some(stat) if is_folder(&stat) => {
                    place.opened.remove(relative);
                    if !remove_tree(&folder, name, false)? {
                        report.not_restored(path, "it holds something that is not of the restore, so it stays");
                    }
                }
                // What it had replaced is back already; or else the line of that will tell.
                Some(_) => {}
            },
            Line::New { made, .. } => match stands {
                None => {}
                Some(stat) if made.is(&stat) => {
                    unlink(&folder, name)?;
                    self.result.removed_files += 1;
                    report.monitor.advance(1, 0);
                }
                Some(_) => report.not_restored(path, CHANGED),
            },
            Line::Replaced { made, was, .. } => {
                // It was moved away and is nowhere now: had it never been moved, or were it back already, then
                // something would stand there that the restore has not made.
                let is_lost = stands.as_ref().is_none_or(|stat| made.as_ref().is_some_and(|made| made.is(stat)));
                let is_back = was.is_none_or(|was| stands.as_ref().is_some_and(|stat| was.is(stat)));
                let nothing_kept = || match (is_lost, is_back) {
                    (true, _) => report.not_restored(path, LOST),
                    (false, false) => report.not_restored(path, CHANGED_AND_LOST),
                    (false, true) => {}
                };
                let kept = match place.kept.as_mut().map(|walk| walk.find(within)) {
                    Some(Ok(kept)) => kept,
                    Some(Err(e)) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                    _ => {
                        nothing_kept();
                        return Ok(());
                    }
                };
                match bring_back(&folder, &kept, name, stands.as_ref(), made.as_ref())? {
                    Back::NothingKept => nothing_kept(),
                    Back::Changed => report.not_restored(
                        path,
                        format!("{CHANGED}; what it replaced is kept as {}", kept.path_of(name).display()),
                    ),
                    Back::Done => {
                        self.result.restored_files += 1;
                        report.monitor.advance(1, 0);
                    }
                }
            }
        }
        Ok(())
    }
}

enum Back {
    NothingKept,
    Changed,
    Done,
}

/// Brings one thing back from where it was kept.
fn bring_back(
    folder: &Folder,
    kept: &Folder,
    name: &[u8],
    stands: Option<&Stat>,
    made: Option<&Made>,
) -> io::Result<Back> {
    // It was never moved, or is back already.
    let Some(old) = kept.look(name)? else { return Ok(Back::NothingKept) };
    if let Some(stat) = stands {
        if (stat.st_dev, stat.st_ino) == (old.st_dev, old.st_ino) {
            // The restore was ended between giving it a second name and taking the first.
            unlink(kept, name)?;
            return Ok(Back::Done);
        }
        if !made.is_some_and(|made| made.is(stat)) {
            return Ok(Back::Changed);
        }
        if is_folder(&old) {
            // A folder cannot be renamed over a file.
            unlink(folder, name)?;
        }
    }
    checkpoint_at(Step::Rename, || folder.path_of(name))?;
    renameat(kept, name, folder, name)?;
    Ok(Back::Done)
}

/// True when there is no folder to be opened there, or something that is none.
fn is_no_folder(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP))
}

fn is_folder(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

#[cfg(test)]
mod tests;
