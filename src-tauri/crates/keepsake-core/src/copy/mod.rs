//! Copying to another place: what it lacks goes there, what no backup needs any more goes away. And healing: what is
//! damaged or missing in one place is replaced by a good copy from another.

mod drive;
mod heal;
mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::archive::error::ArchiveError;
use crate::archive::name::sidecar_name;
use crate::archive::reader::ArchiveReader;
use crate::archive_path::shown;
use crate::catalog::{ArchiveRow, Catalog, CatalogError};
use crate::clock::Clock;
use crate::destinations::folder::{Sidecar, is_same_folder, read_sidecar};
use crate::destinations::{Destination, DestinationError, InFolder};
use crate::in_time::look_at_each;
use crate::lock::JobLock;
use crate::monitor::{Monitor, Phase};
use crate::settings::FolderDestination;

pub use drive::{DriveCopyRequest, ProofReport, copy_to_drive, prove_drive};
pub use heal::{HealReport, HealRequest, heal};
use store::{Stored, put_sidecar, sha256_of_held, store};

/// How often it is looked whether a place is free, when that is waited for.
const LOOK_EACH: Duration = Duration::from_millis(200);

/// What to copy, and where.
#[derive(Clone)]
pub struct CopyRequest<'a> {
    /// The place.
    pub destination: &'a FolderDestination,
    /// The backup folder of this computer.
    pub backup_dir: &'a Path,
    /// The folder of the state: no place for copies.
    pub data_dir: &'a Path,
    /// The folders that are backed up: no places for copies.
    pub sources: &'a [PathBuf],
    /// What tells this computer from others.
    pub computer_id: &'a str,
    /// What other computers at the same place are told meanwhile: "kitchen is copying since 02:00".
    pub doing: &'a str,
    /// True to only say what would be done.
    pub dry_run: bool,
    /// To wait while another computer is at work there: what is told of that, once. Without it nothing is copied then.
    pub wait: Option<&'a dyn Fn(&DestinationError)>,
}

/// How copying to a place ended. In JSON in kebab-case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyOutcome {
    /// It holds everything that it should.
    Good,
    /// It is not there now; that is no fault.
    Waiting,
    /// Something could not be copied; all else was.
    WithProblems,
    /// Another computer is at work there.
    Busy,
    /// The place cannot be used, or is full.
    Failed,
}

/// What was done, or with `dry_run` would be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopyReport {
    /// What people call the place.
    pub destination: String,
    /// Where it is. In JSON as text.
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    /// How it ended.
    pub outcome: CopyOutcome,
    /// Names of archives that were copied, in that order.
    pub copied: Vec<String>,
    /// Their bytes.
    pub copied_bytes: u64,
    /// Names of archives that were removed, because no backup needs them any more.
    pub removed: Vec<String>,
    /// True when the place has no room for what it lacks, although all was removed there that no backup needs.
    #[serde(skip)]
    pub is_full: bool,
    /// Why it waits or failed, and what could not be copied: each as a sentence without its full stop.
    pub problems: Vec<String>,
    /// Names of archives that were found damaged where they were read from; [`heal`] may mend them.
    pub found_damaged: BTreeSet<String>,
}

impl CopyReport {
    /// Of a place where nothing could be begun, and why: a sentence without its full stop.
    pub fn not_begun(destination: &str, outcome: CopyOutcome, why: String) -> Self {
        Self { outcome, problems: vec![why], ..Self::of(destination, Path::new("")) }
    }

    /// Of a place where nothing was done yet.
    fn of(destination: &str, path: &Path) -> Self {
        Self {
            destination: destination.into(),
            path: path.into(),
            outcome: CopyOutcome::Good,
            copied: Vec::new(),
            copied_bytes: 0,
            removed: Vec::new(),
            is_full: false,
            problems: Vec::new(),
            found_damaged: BTreeSet::new(),
        }
    }

    /// Takes in why the place could not be worked at to the end.
    fn fail(&mut self, error: &DestinationError) {
        self.outcome = match error {
            DestinationError::Absent { .. } => CopyOutcome::Waiting,
            DestinationError::Busy { .. } => CopyOutcome::Busy,
            _ => CopyOutcome::Failed,
        };
        self.is_full |= error.is_full();
        self.problems.push(error.to_string());
    }

    /// This report of a second try, with what was done in the first.
    #[must_use]
    pub fn after(mut self, first: Self) -> Self {
        self.copied.splice(0..0, first.copied);
        self.copied_bytes += first.copied_bytes;
        self.removed.splice(0..0, first.removed);
        self.found_damaged.extend(first.found_damaged);
        self
    }
}

/// Why copying ended early. What was copied before is recorded.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The catalog could not be read or written.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The monitor asked to stop.
    #[error("stopped as asked")]
    Stopped,
}

/// Why work at a place ended early.
#[derive(Debug)]
enum Halt {
    Copy(CopyError),
    Place(DestinationError),
}

impl From<CatalogError> for Halt {
    fn from(error: CatalogError) -> Self {
        Self::Copy(error.into())
    }
}

impl From<DestinationError> for Halt {
    fn from(error: DestinationError) -> Self {
        match error {
            DestinationError::Stopped => Self::Copy(CopyError::Stopped),
            error => Self::Place(error),
        }
    }
}

/// Copies to a place what it lacks of the archives that listed backups need, oldest first, then removes from it what
/// was copied there and no listed backup needs any more. Each archive is read back from the medium and compared with
/// the catalog's SHA-256 before it gets its name, and recorded when it has it. Cut off by a power cut, it leaves at
/// most an unfinished file, which the next run removes.
///
/// # Errors
/// [`CopyError`]; what is wrong with the place or with an archive is told in the result.
pub fn copy(
    catalog: &Catalog,
    request: &CopyRequest<'_>,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<CopyReport, CopyError> {
    let mut report = CopyReport::of(&request.destination.name, &request.destination.path);
    if let Some(why) = why_no_place(request) {
        report.problems.push(why.into());
        report.outcome = CopyOutcome::Failed;
        return Ok(report);
    }
    match copy_to(catalog, request, clock, monitor, &mut report) {
        Ok(()) if report.problems.is_empty() => {}
        Ok(()) => report.outcome = CopyOutcome::WithProblems,
        Err(Halt::Copy(error)) => return Err(error),
        Err(Halt::Place(error)) => report.fail(&error),
    }
    if !request.dry_run {
        catalog.recompute_complete()?;
    }
    Ok(report)
}

/// Why nothing is copied to a place whatever it holds. Settings that were written by hand may name any folder.
fn why_no_place(request: &CopyRequest<'_>) -> Option<&'static str> {
    let place = request.destination.path.clone();
    if is_same_folder(&place, request.backup_dir) {
        return Some("it is the backup folder itself: a copy there would be none");
    }
    if is_same_folder(&place, request.data_dir) {
        return Some("it is the folder in which Keepsake keeps its own state");
    }
    // A source on a disk that does not answer is not this place, which does.
    let is_place = look_at_each(request.sources, move |source| is_same_folder(source, &place));
    is_place
        .contains(&Some(true))
        .then_some("it is a folder that is backed up: every backup would store the earlier ones again")
}

/// A path as text; what is not UTF-8 is escaped as everywhere in JSON.
fn as_text<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&shown(path.as_os_str().as_bytes()))
}

fn copy_to(
    catalog: &Catalog,
    request: &CopyRequest<'_>,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
    report: &mut CopyReport,
) -> Result<(), Halt> {
    let destination = request.destination;
    let known = catalog.places()?.into_iter().find(|place| place.path == destination.path);
    let recorded = match &known {
        Some(place) => catalog.copies_in(place.id)?,
        None => BTreeMap::new(),
    };
    let folder = InFolder::open(&destination.path, !recorded.is_empty())?;
    let work = Work { catalog, request, clock, monitor, folder: &folder };
    if request.dry_run {
        let place = known.map_or(-1, |place| place.id);
        work.lacking(place, report)?;
        return work.remove_unneeded(place, report);
    }
    let _lock = lock(&folder, request, monitor)?;
    let ours: BTreeSet<String> = catalog.archives()?.into_iter().map(|archive| archive.name).collect();
    folder.remove_leftovers(&|name| ours.contains(name))?;
    let place = catalog.place(&destination.path, &destination.name, false)?;
    let done = work.copy_lacking(place, report);
    if !matches!(&done, Err(Halt::Place(error)) if error.is_full()) {
        done?;
    } else {
        // What nobody needs any more may be all that is in the way.
        let removed_before = report.removed.len();
        work.remove_unneeded(place, report)?;
        if report.removed.len() == removed_before {
            return done;
        }
        work.copy_lacking(place, report)?;
    }
    // While something needed is not there, older archives may be the only ones that are.
    if report.problems.is_empty() { work.remove_unneeded(place, report) } else { Ok(()) }
}

/// Takes the place. While it waits it looks again and again, since the kernel's own wait cannot be stopped.
fn lock(folder: &InFolder, request: &CopyRequest<'_>, monitor: &dyn Monitor) -> Result<Option<JobLock>, Halt> {
    let mut is_told = false;
    loop {
        match (folder.lock(request.doing, false), request.wait) {
            (Err(busy @ DestinationError::Busy { .. }), Some(tell)) => {
                if !std::mem::replace(&mut is_told, true) {
                    tell(&busy);
                }
            }
            (lock, _) => return Ok(lock?),
        }
        if monitor.should_stop() {
            return Err(Halt::Copy(CopyError::Stopped));
        }
        std::thread::sleep(LOOK_EACH);
    }
}

/// Stores an archive in a place, and notes what came of it.
fn store_and_record(
    catalog: &Catalog,
    (to, place): (&dyn Destination, i64),
    archive: &ArchiveRow,
    (clock, monitor): (&dyn Clock, &dyn Monitor),
    report: &mut CopyReport,
) -> Result<(), Halt> {
    let found_damaged = match store(catalog, (to, place), archive, monitor)? {
        Stored::Good { found_damaged, .. } => {
            record(catalog, place, archive, clock, report)?;
            found_damaged
        }
        Stored::NoGoodSource { why, found_damaged } => {
            report.problems.push(format!("{} was not copied: {why}", archive.name));
            found_damaged
        }
    };
    report.found_damaged.extend(found_damaged.then(|| archive.name.clone()));
    Ok(())
}

fn record(
    catalog: &Catalog,
    place: i64,
    archive: &ArchiveRow,
    clock: &dyn Clock,
    report: &mut CopyReport,
) -> Result<(), Halt> {
    // One that was replaced is as old as it is now.
    catalog.remove_copy(archive.id, place)?;
    catalog.add_copy(archive.id, place, clock.now().as_second())?;
    report.copied.push(archive.name.clone());
    report.copied_bytes += archive.bytes;
    Ok(())
}

/// One run at one place.
struct Work<'a> {
    catalog: &'a Catalog,
    request: &'a CopyRequest<'a>,
    clock: &'a dyn Clock,
    monitor: &'a dyn Monitor,
    folder: &'a InFolder,
}

impl Work<'_> {
    /// What the place lacks, oldest first, and whether a file of that name stands there that is not recorded. What is
    /// recorded and no longer there is forgotten; with `dry_run` it is only counted.
    fn lacking(&self, place: i64, report: &mut CopyReport) -> Result<Vec<(ArchiveRow, bool)>, Halt> {
        let recorded = self.catalog.copies_in(place)?;
        let held: BTreeMap<String, u64> = self.folder.list()?.into_iter().map(|h| (h.name, h.bytes)).collect();
        let mut lacking = Vec::new();
        for archive in self.catalog.archives_to_copy(self.request.computer_id)? {
            let is_there = held.get(&archive.name) == Some(&archive.bytes);
            let is_recorded = recorded.contains_key(&archive.name);
            if !(is_recorded && is_there) {
                let stands_unrecorded = !is_recorded && held.contains_key(&archive.name);
                lacking.push((archive, stands_unrecorded));
            } else if !held.contains_key(&sidecar_name(&archive.name)) && !self.request.dry_run {
                put_sidecar(self.folder, &archive)?;
            }
        }
        if self.request.dry_run {
            report.copied = lacking.iter().map(|(archive, _)| archive.name.clone()).collect();
            report.copied_bytes = lacking.iter().map(|(archive, _)| archive.bytes).sum();
        } else {
            for (_, id) in recorded.iter().filter(|(name, _)| !held.contains_key(*name)) {
                self.catalog.remove_copy(*id, place)?;
            }
        }
        Ok(lacking)
    }

    fn copy_lacking(&self, place: i64, report: &mut CopyReport) -> Result<(), Halt> {
        let lacking = self.lacking(place, report)?;
        let total_bytes = lacking.iter().map(|(archive, _)| archive.bytes).sum();
        self.monitor.phase(Phase::Copying, None, Some(total_bytes));
        for (position, (archive, stands_unrecorded)) in lacking.iter().enumerate() {
            if self.monitor.should_stop() {
                return Err(Halt::Copy(CopyError::Stopped));
            }
            // Not recorded, and yet there: the power failed before it could be, or it is somebody else's.
            if *stands_unrecorded {
                if sha256_of_held(self.folder, &archive.name, self.monitor)? == archive.sha256 {
                    put_sidecar(self.folder, archive)?;
                    record(self.catalog, place, archive, self.clock, report)?;
                    continue;
                }
                if !self.is_own_and_damaged(archive) {
                    report.problems.push(format!(
                        "{} has the name of one of this computer's archives and is another file; it was left alone. If \
                         another computer copies to that folder too, give each its own",
                        self.folder.path().join(&archive.name).display()
                    ));
                    continue;
                }
            }
            // Archives are packed: each needs all its bytes.
            let free_bytes = self.folder.free_bytes()?;
            if free_bytes < archive.bytes {
                let path = self.folder.path().to_path_buf();
                let needed_bytes = lacking[position..].iter().map(|(archive, _)| archive.bytes).sum();
                return Err(DestinationError::NotEnoughRoom { path, needed_bytes, free_bytes }.into());
            }
            let to = (self.folder as &dyn Destination, place);
            store_and_record(self.catalog, to, archive, (self.clock, self.monitor), report)?;
        }
        Ok(())
    }

    /// True when a file of the archive's name, which is not as it was written, was this archive once: a catalog that was
    /// made anew does not know that it was copied here. The checksum file beside it says so. What says of itself that it
    /// has another name may be the last copy of that one.
    fn is_own_and_damaged(&self, archive: &ArchiveRow) -> bool {
        let beside = read_sidecar(self.folder.path(), &archive.name);
        let was_here = matches!(beside, Ok(Sidecar::Sha256(sha256)) if sha256 == archive.sha256);
        was_here
            && match ArchiveReader::open(&self.folder.path().join(&archive.name)) {
                Ok(reader) => reader.own_name() == archive.name,
                Err(e) => matches!(e, ArchiveError::NotAnArchive { .. } | ArchiveError::Damaged { .. }),
            }
    }

    /// Removes archives of this computer that were recorded as copied here and that no listed backup needs. The checksum
    /// file goes first: an archive without one is removed by the next run, one without an archive would stay.
    fn remove_unneeded(&self, place: i64, report: &mut CopyReport) -> Result<(), Halt> {
        let recorded = self.catalog.copies_in(place)?;
        for archive in self.catalog.archives_not_needed(self.request.computer_id)? {
            if !recorded.contains_key(&archive.name) {
                continue;
            }
            if !self.request.dry_run {
                self.folder.remove(&sidecar_name(&archive.name))?;
                self.folder.remove(&archive.name)?;
                self.catalog.remove_copy(archive.id, place)?;
            }
            report.removed.push(archive.name);
        }
        Ok(())
    }
}
