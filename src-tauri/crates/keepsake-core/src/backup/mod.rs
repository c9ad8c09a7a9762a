//! The journey of a backup: look at what is there, store what is new, look at what was written, record it.
//!
//! It runs in two passes. The first walks the sources and compares with what the catalog knows, without
//! reading a file; then it is known how much there is to do and which older archives will be needed. The
//! second reads, stores and describes. Between them, and for the list of files, nameless temporary files
//! keep what would not fit in memory.

#[cfg(test)]
mod by_hand_tests;
mod check;
mod content;
#[cfg(test)]
mod killed_tests;
mod leftovers;
mod needed;
mod notes;
mod parts;
mod patch;
mod recording;
pub(crate) mod renewal;
mod request;
mod scan;
mod spool;
mod store;
#[cfg(test)]
pub(crate) mod test_house;
#[cfg(test)]
mod tests;

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use fs_err as fs;
use jiff::Zoned;

use crate::archive::error::ArchiveError;
use crate::archive::name::backup_name;
use crate::archive_path::ArchivePath;
use crate::atomic_file;
use crate::catalog::{BackupRow, Catalog};
use crate::clock::Clock;
use crate::error::{FileError, plain};
use crate::monitor::{Monitor, Phase};
use crate::room::Room;
use renewal::Renewal;

pub use leftovers::remove_leftovers;
pub use renewal::RenewalRules;
pub use request::{
    BackupError, BackupReport, BackupRequest, FolderSource, LeftOut, Outcome, PATCH_FROM_BYTES, RoomBefore, computer,
};

/// No archive is smaller, with its checksum file. More is not sure to be needed: what is new may be empty pages, or
/// only have moved.
const LEAST_BYTES: u64 = 4 << 10;

/// What all steps of one backup agree on.
struct Job<'a> {
    catalog: &'a Catalog,
    request: &'a BackupRequest,
    monitor: &'a dyn Monitor,
    /// When it began, a second later than any earlier backup of the chain.
    time: Zoned,
    name: String,
    chain: Option<i64>,
    /// Earlier backups of the chain, oldest first.
    earlier: Vec<BackupRow>,
}

impl Job<'_> {
    fn at(&self) -> i64 {
        self.time.timestamp().as_second()
    }

    /// The time of the last earlier backup that collected a source.
    fn last_collected(&self, source: &[u8]) -> Option<i64> {
        self.earlier.iter().rev().find(|backup| backup.collected(source)).map(|backup| backup.at)
    }

    /// True when an older archive may unpack a folder at this path.
    fn was_folder(&self, path: &ArchivePath) -> Result<bool, BackupError> {
        match self.chain {
            Some(chain) => Ok(self.catalog.was_folder(chain, path)?),
            None => Ok(false),
        }
    }

    fn stop_if_asked(&self) -> Result<(), BackupError> {
        if self.monitor.should_stop() { Err(BackupError::Stopped) } else { Ok(()) }
    }
}

/// Makes one backup of a plan. The caller holds the job lock and has reconciled the catalog with the backup
/// folder. Power may fail at any moment: archives appear whole or not at all, and are recorded after that.
///
/// # Errors
/// [`BackupError`]; then all earlier backups are as they were. No backup was made, with one exception: when all of
/// its archives have their names already and only recording them in the catalog fails, they stand, and the next
/// [`reconcile`](crate::rebuild::reconcile) finds them and makes the backup known.
pub fn backup(
    catalog: &Catalog,
    request: &BackupRequest,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<BackupReport, BackupError> {
    atomic_file::create_folders(&request.backup_dir)?;
    rustix::fs::access(&request.backup_dir, rustix::fs::Access::WRITE_OK)
        .map_err(|e| FileError::on("write to", &request.backup_dir)(e.into()))?;
    atomic_file::create_folders(&request.data_dir)?;
    remove_leftovers(catalog, &request.backup_dir, &request.data_dir)?;
    let (_, computer_id) = &request.computer;
    let chain = catalog.chain(computer_id, &request.plan)?;
    let earlier = chain.map_or(Ok(Vec::new()), |chain| catalog.backups_of(chain))?;
    let (time, name) = time_and_name(catalog, request, &earlier, clock)?;
    let job = Job { catalog, request, monitor, time, name, chain, earlier };

    monitor.phase(Phase::Scanning, None, None);
    let free_bytes = Room::at(&request.backup_dir)?.free_bytes;
    let scan = scan_with_renewal(&job, free_bytes)?;
    if scan.sources.iter().all(|source| source.is_unknown()) {
        let paths = request.sources.iter().map(|source| why_nothing(&source.path)).collect();
        return Err(BackupError::NothingFound { paths });
    }
    needed::check_that_all_stand(&request.backup_dir, &scan.needed)?;
    let room = look_at_room(&job, &scan)?;
    if room.free_bytes < LEAST_BYTES {
        return Err(BackupError::NotEnoughRoom { path: request.backup_dir.clone(), room });
    }
    if room.free_bytes < room.new_bytes {
        monitor.may_not_fit(&request.backup_dir, room.new_bytes, room.free_bytes);
    }
    monitor.phase(Phase::BackingUp, Some(scan.new_files), Some(scan.new_bytes));
    store::store(&job, scan).map_err(|error| which_disk_is_full(error, request, room))
}

/// What is known of room before anything is written, and of what speaks against making room by letting old backups go.
fn look_at_room(job: &Job<'_>, scan: &scan::Scan<'_>) -> Result<RoomBefore, BackupError> {
    let mut room = RoomBefore {
        new_bytes: scan.new_bytes,
        free_bytes: Room::at(&job.request.backup_dir)?.free_bytes,
        has_unknown_source: scan.sources.iter().any(|source| source.is_unknown()),
        files_before: 0,
        gone_files_at_most: 0,
    };
    for source in scan.sources.iter().map(|source| &source.summary) {
        let before = job.earlier.iter().rev().find(|backup| backup.collected(source.name.as_bytes()));
        let before = before.and_then(|backup| backup.sources.iter().find(|s| s.name == source.name));
        let files_before = before.map_or(0, |before| before.files);
        room.files_before += files_before;
        // So far the summary counts what is as it was.
        room.gone_files_at_most += files_before.saturating_sub(source.files);
    }
    Ok(room)
}

/// The first pass. When it shows that archives are to be renewed it is done again with that, but not when a source is
/// unknown, whose files count among what is needed, nor when half of the free room would not be left.
fn scan_with_renewal<'a>(job: &Job<'a>, free_bytes: u64) -> Result<scan::Scan<'a>, BackupError> {
    let found = scan::scan(job, &Renewal::default())?;
    let renewal = renewal::choose(&found.uses, job.request.renewal);
    let stored_bytes = renewal.needed_bytes.min(renewal.at_once_bytes).saturating_add(found.new_bytes);
    let is_unknown = found.sources.iter().any(|source| source.is_unknown());
    match renewal.archives.is_empty() || is_unknown || stored_bytes > free_bytes / 2 {
        true => Ok(found),
        false => scan::scan(job, &renewal),
    }
}

/// Tells a full disk from other errors, and the disk with the archives from that with the catalog and the temporary
/// files.
fn which_disk_is_full(error: BackupError, request: &BackupRequest, room: RoomBefore) -> BackupError {
    let is_own = |path: &Path| path.starts_with(&request.data_dir) && !path.starts_with(&request.backup_dir);
    let is_own = match &error {
        BackupError::File(e) if e.is_disk_full() => is_own(&e.path),
        BackupError::Archive(ArchiveError::File(e)) if e.is_disk_full() => is_own(&e.path),
        BackupError::Catalog(e) if e.is_disk_full() => true,
        _ => return error,
    };
    match is_own {
        true => {
            let disk = |path: &Path| fs::metadata(path).ok().map(|found| found.dev());
            let is_same = disk(&request.backup_dir).is_some_and(|here| Some(here) == disk(&request.data_dir));
            BackupError::StateDiskFull { path: request.data_dir.clone(), room: is_same.then_some(room) }
        }
        false => BackupError::DiskFull { path: request.backup_dir.clone(), room },
    }
}

/// Why nothing of a source could be backed up, as a sentence without its end.
fn why_nothing(path: &Path) -> String {
    let why = match fs::metadata(path) {
        Ok(facts) if !facts.is_dir() => "is a file, not a folder".into(),
        Ok(_) => match std::fs::read_dir(path) {
            Ok(_) => "is empty, and files were there before".into(),
            Err(e) => format!("cannot be read: {}", plain(&e)),
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => "could not be found".into(),
        Err(_) => "cannot be looked at".to_string(),
    };
    format!("{} {why}", path.display())
}

/// The backup's time and name. A clock that was set back must not put a backup before the one it builds
/// on, and no name is used twice.
fn time_and_name(
    catalog: &Catalog,
    request: &BackupRequest,
    earlier: &[BackupRow],
    clock: &dyn Clock,
) -> Result<(Zoned, String), BackupError> {
    let second = jiff::SignedDuration::from_secs(1);
    let now = clock.local_now();
    let mut time =
        now.round(jiff::ZonedRound::new().smallest(jiff::Unit::Second).mode(jiff::RoundMode::Trunc)).unwrap_or(now);
    if let Some(last) = earlier.last() {
        let after = jiff::Timestamp::from_second(last.at + 1).map(|t| t.to_zoned(time.time_zone().clone()));
        time = after.map_or(time.clone(), |after| time.max(after));
    }
    loop {
        let name = backup_name(&request.plan, &time);
        let first = request.backup_dir.join(crate::archive::name::archive_name(&name, 1));
        let taken = fs::symlink_metadata(first).is_ok() || catalog.knows_backup_name(&name)?;
        match time.checked_add(second) {
            Ok(next) if taken => time = next,
            _ => return Ok((time, name)),
        }
    }
}
