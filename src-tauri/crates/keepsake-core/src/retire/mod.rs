//! The journey of retention: which backups stay is decided by [`policy`]; those that go are taken off the list, and
//! then the archives that no backup needs any more are removed from this computer's backup folder.
//!
//! The order is what makes a power cut harmless. First the catalog forgets the backups and the copies of
//! what nobody needs, in one step that is on the medium before anything else happens. Then file by file
//! is removed, the archive before its checksum file. Cut off in between, files stand that nobody needs: the next look
//! into the folder finds their copies again, under a name whose backup is not listed, and the next run removes
//! them. What a kept backup needs is never touched, and neither are archives of other computers and plans.

mod brake;
mod delete;
#[cfg(test)]
mod delete_tests;
pub mod policy;
#[cfg(test)]
mod renewal_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use fs_err as fs;
use jiff::{Timestamp, Zoned};

use crate::archive::metadata::SourceState;
use crate::archive::name::{is_archive_name, sidecar_name};
use crate::archive::reader::ArchiveReader;
use crate::archive_path::shown;
use crate::atomic_file;
use crate::catalog::{ArchiveRow, BackupRow, Catalog, CatalogError, DamageRow};
use crate::clock::Clock;
use crate::error::FileError;
use crate::monitor::Monitor;
use crate::reserve::with_reserve;
use crate::settings::Retention;
use crate::units::Count;

pub use brake::{MassChange, is_sudden};
pub use delete::{DeleteError, Deleted, delete_backup, protection};
use policy::{Candidate, Verdict, decide};

/// A backup that is dated so much later than now shows that a clock is wrong.
const MOST_SECS_AHEAD: i64 = 3600;

/// What retention is asked for.
#[derive(Debug, Clone)]
pub struct RetireRequest {
    /// The plan's name.
    pub plan: String,
    /// What tells this computer from others of its name.
    pub computer_id: String,
    /// Which backups are kept.
    pub retention: Retention,
    /// The folder that holds the archives.
    pub backup_dir: PathBuf,
    /// The folder of the state.
    pub data_dir: PathBuf,
    /// True when a person has said that a sudden mass change is right.
    pub confirm_changes: bool,
}

/// Why nothing goes at the moment, although the policy would let it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// The newest backup does not know a source: it may be gone, and the older backups all that is left of it.
    SourceUnknown {
        /// The source.
        source: String,
    },
    /// A great part of the files changed or vanished at once, and nobody has said that this is right.
    MassChange(MassChange),
    /// An archive that the newest backup needs is damaged: older ones may have what is lost there.
    Damaged {
        /// The archive.
        archive: String,
    },
    /// Archives that the newest backup needs are missing: older ones may be all that can still be brought back.
    Incomplete {
        /// That backup.
        backup: String,
    },
    /// The newest backup is dated in the future, so that nobody knows how old the others are.
    ClockWrong {
        /// That backup.
        backup: String,
    },
}

impl std::fmt::Display for Waits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SourceUnknown { source } => {
                write!(f, "the newest backup could not find {source}, so nothing older goes until it is back")
            }
            Self::MassChange(MassChange { backup, gone_files, files, .. }) => write!(
                f,
                "{} of {} files changed or vanished at once in {backup}, so nothing goes until somebody has looked at it",
                Count(*gone_files),
                Count(*files)
            ),
            Self::Damaged { archive } => {
                write!(f, "{archive} is damaged, and older backups may have what is lost in it")
            }
            Self::Incomplete { backup } => {
                write!(f, "archives that {backup} needs are missing, and older backups may have what is lost with them")
            }
            Self::ClockWrong { backup } => {
                write!(f, "{backup} is dated in the future, so nobody can say how old the others are")
            }
        }
    }
}

impl Waits {
    /// What a person can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::SourceUnknown { .. } => "Connect its disk, or remove it from the settings, and make a backup.",
            Self::MassChange(_) => {
                "Look whether your files are as they should be. If they are: keepsake prune --confirm-changes"
            }
            Self::Damaged { .. } | Self::Incomplete { .. } => "Make a backup: it stores anew what is still there.",
            Self::ClockWrong { .. } => "See whether the computer's clock is right.",
        }
    }
}

/// What becomes of one backup.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The backup.
    pub backup: BackupRow,
    /// Whether it stays, and why.
    pub verdict: Verdict,
}

/// What is to be done, and why.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// Every backup of the chain, oldest first.
    pub backups: Vec<Decided>,
    /// Why nothing goes; None when the policy alone decides.
    pub waits: Option<Waits>,
    /// How many archives would be removed.
    pub archives: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Retired {
    /// What was decided.
    pub decision: Decision,
    /// How many archives were removed.
    pub archives: u64,
    /// Bytes that came back, those of the checksum files among them.
    pub bytes: u64,
    /// What could not be removed, each as a sentence. Nothing needs it, and the next run tries again.
    pub problems: Vec<String>,
    /// False when it was stopped before all archives were removed; the next run goes on.
    pub is_finished: bool,
}

/// Why nothing was decided or done. Every backup is then as it was, or already off the list.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    /// The catalog could not be read or written.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A file of the state folder could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Says what [`retire`] would do. Nothing is written. When something is to go, the archives that the newest backup
/// needs are opened: what stays must be readable.
///
/// # Errors
/// [`RetireError`] when the catalog cannot be read.
pub fn decide_retirement(
    catalog: &Catalog,
    request: &RetireRequest,
    clock: &dyn Clock,
) -> Result<Decision, RetireError> {
    Ok(decide_and_look(catalog, request, false, clock)?.0)
}

/// What the policy says of each backup of a chain, oldest first, from the catalog alone: for who shows why a backup is
/// kept. `backups` are those of the chain, in that order.
///
/// # Errors
/// [`RetireError`] when the catalog cannot be read.
pub fn verdicts(
    catalog: &Catalog,
    request: &RetireRequest,
    backups: &[BackupRow],
    clock: &dyn Clock,
) -> Result<Vec<Verdict>, RetireError> {
    let now = clock.local_now();
    let waits = waits(catalog, request, backups, &now)?.map(|waits| waits.to_string());
    Ok(decide(&candidates(backups), request.retention, &now, waits.as_deref()))
}

/// The decision, and the damage that was found just now and is not in the catalog yet. `is_one_deleted`: a backup is to go
/// whatever the policy says.
fn decide_and_look(
    catalog: &Catalog,
    request: &RetireRequest,
    is_one_deleted: bool,
    clock: &dyn Clock,
) -> Result<(Decision, Option<DamageRow>), RetireError> {
    let chain = catalog.chain(&request.computer_id, &request.plan)?;
    let Some(chain) = chain else { return Ok((Decision::default(), None)) };
    let backups = catalog.backups_of(chain)?;
    let now = clock.local_now();
    let mut waits = waits(catalog, request, &backups, &now)?;
    let candidates = candidates(&backups);
    let verdicts_if = |waits: &Option<Waits>| {
        let why = waits.as_ref().map(Waits::to_string);
        decide(&candidates, request.retention, &now, why.as_deref())
    };
    let mut verdicts = verdicts_if(&waits);
    let mut found = None;
    if let Some(newest) = backups.last()
        && (is_one_deleted || verdicts.iter().any(|verdict| !verdict.stays))
    {
        found = unreadable(catalog, request, newest, clock)?;
        if let Some(row) = &found {
            waits = Some(Waits::Damaged { archive: row.archive.clone() });
            verdicts = verdicts_if(&waits);
        }
    }
    let backups: Vec<Decided> =
        backups.into_iter().zip(verdicts).map(|(backup, verdict)| Decided { backup, verdict }).collect();
    let mut decision = Decision { backups, waits, archives: 0, bytes: 0 };
    if let Some(place) = home(catalog, request)?
        && decision.waits.is_none()
    {
        let unneeded = catalog.unneeded_archives(chain, place, &decision.going())?;
        decision.archives = unneeded.len() as u64;
        decision.bytes = unneeded.iter().map(|archive| archive.bytes).sum();
    }
    Ok((decision, found))
}

/// What the policy looks at.
fn candidates(backups: &[BackupRow]) -> Vec<Candidate> {
    let last_of = lasts(backups);
    let candidate = |backup: &BackupRow| Candidate {
        time: time_of(backup),
        state: backup.state(),
        last_of: last_of.get(&backup.id).cloned(),
    };
    backups.iter().map(candidate).collect()
}

/// By their ids, the backups that are the last of a source which the newest one does not list: somebody took it out of the
/// settings or paused it. The newest that is whole counts, when there is one.
fn lasts(backups: &[BackupRow]) -> HashMap<i64, String> {
    let Some((newest, earlier)) = backups.split_last() else { return HashMap::new() };
    let mut found: BTreeMap<&str, &BackupRow> = BTreeMap::new();
    for backup in earlier {
        for source in backup.sources.iter().filter(|source| source.state == SourceState::Collected) {
            let is_listed = newest.sources.iter().any(|listed| listed.name == source.name);
            let is_worse = found.get(source.name.as_str()).is_some_and(|other| other.complete && !backup.complete);
            if !is_listed && !is_worse && source.files > 0 {
                found.insert(&source.name, backup);
            }
        }
    }
    found.into_iter().map(|(source, backup)| (backup.id, source.to_owned())).collect()
}

/// The first archive in the backup folder that a backup needs and that cannot be opened, or is not what was written:
/// its end and its length are looked at, not the files in it.
fn unreadable(
    catalog: &Catalog,
    request: &RetireRequest,
    backup: &BackupRow,
    clock: &dyn Clock,
) -> Result<Option<DamageRow>, CatalogError> {
    let Some(place) = home(catalog, request)? else { return Ok(None) };
    let held = catalog.copies_in(place)?;
    for archive in catalog.archives_of(backup)?.into_iter().filter(|archive| held.contains_key(&archive.name)) {
        let why = match ArchiveReader::open(&request.backup_dir.join(&archive.name)) {
            Ok(reader) if reader.length() == archive.bytes => continue,
            Ok(reader) => format!("it has {} bytes instead of {}", reader.length(), archive.bytes),
            Err(e) => e.to_string(),
        };
        let at = clock.now().as_second();
        let row = DamageRow { archive: archive.name, path: String::new(), tar_offset: None, message: why, at };
        return Ok(Some(row));
    }
    Ok(None)
}

/// Lets those backups go that the policy does not keep, and removes what nobody needs then. The caller holds the job
/// lock and has reconciled the catalog with the backup folder.
///
/// After a power cut at any moment every kept backup is whole, those that went stay off the list, and the next run
/// removes what still stands.
///
/// # Errors
/// [`RetireError`] when the catalog or the state folder cannot be read or written. A file that cannot be removed is
/// told in the result.
pub fn retire(
    catalog: &Catalog,
    request: &RetireRequest,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<Retired, RetireError> {
    let mut retired = Retired { is_finished: true, ..Retired::default() };
    // What is written here makes room.
    let (decision, unneeded) =
        with_reserve(&request.data_dir, RetireError::is_disk_full, || take_off_the_list(catalog, request, clock))?;
    if let Some(unneeded) = unneeded {
        remove_unneeded(request, unneeded, monitor, &mut retired);
    }
    retired.decision = decision;
    Ok(retired)
}

/// Removes the files of archives that nobody needs any more.
fn remove_unneeded(request: &RetireRequest, unneeded: Vec<ArchiveRow>, monitor: &dyn Monitor, retired: &mut Retired) {
    let mut removed_any = false;
    for archive in unneeded {
        if monitor.should_stop() {
            retired.is_finished = false;
            break;
        }
        if let Some(other) = other_name(request, &archive.name) {
            let path = request.backup_dir.join(&archive.name);
            retired.problems.push(format!("{} stays: it says that it is {other}", path.display()));
            continue;
        }
        match remove(request, &archive.name) {
            Ok(bytes) => {
                retired.archives += 1;
                retired.bytes += bytes;
                removed_any = true;
            }
            Err(e) => retired.problems.push(e.to_string()),
        }
    }
    if removed_any && let Err(e) = atomic_file::sync_folder(&request.backup_dir) {
        retired.problems.push(e.to_string());
    }
}

/// Decides, and forgets in the catalog what goes; answers the archives whose files may go then, or None when nothing
/// may.
fn take_off_the_list(
    catalog: &Catalog,
    request: &RetireRequest,
    clock: &dyn Clock,
) -> Result<(Decision, Option<Vec<ArchiveRow>>), RetireError> {
    let (decision, found) = decide_and_look(catalog, request, false, clock)?;
    note_found(catalog, found.as_ref())?;
    let chain = decision.backups.last().map(|newest| (newest.backup.chain, newest.backup.at));
    let (Some((chain, newest_at)), Some(place), None) = (chain, home(catalog, request)?, &decision.waits) else {
        return Ok((decision, None));
    };
    let going = decision.going();
    // Backups are compared with those before them: once some are gone, only what comes new.
    if !going.is_empty() || request.confirm_changes {
        brake::note_seen(&request.data_dir, &request.plan, newest_at)?;
    }
    let unneeded = catalog.retire_backups(chain, place, &going)?;
    Ok((decision, Some(unneeded)))
}

/// Notes damage that was found on the way.
fn note_found(catalog: &Catalog, found: Option<&DamageRow>) -> Result<(), CatalogError> {
    match found {
        // A look at an archive's end is part of a quick check.
        Some(row) => catalog.add_verified(&row.archive, row.at, "quick", std::slice::from_ref(row)),
        None => Ok(()),
    }
}

impl RetireError {
    /// True when the disk had no room left.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Catalog(e) => e.is_disk_full(),
            Self::File(e) => e.is_disk_full(),
        }
    }
}

impl Decision {
    /// Ids of the backups that go.
    fn going(&self) -> Vec<i64> {
        self.backups.iter().filter(|one| !one.verdict.stays).map(|one| one.backup.id).collect()
    }
}

/// The name that a file in the backup folder says it has, when that is another than it stands under: somebody has mixed
/// them up, and it may be one that a kept backup needs.
fn other_name(request: &RetireRequest, archive: &str) -> Option<String> {
    let reader = ArchiveReader::open(&request.backup_dir.join(archive)).ok()?;
    let says = reader.own_name();
    (says != archive).then(|| shown(says.as_bytes()))
}

/// Removes an archive and its checksum file, and answers how many bytes that were.
fn remove(request: &RetireRequest, archive: &str) -> Result<u64, FileError> {
    let mut bytes = 0;
    // The archive first: without its checksum file it would have to be read to be known again.
    for name in [archive.to_string(), sidecar_name(archive)] {
        let path = request.backup_dir.join(&name);
        if is_archive_name(archive)
            && let Ok(facts) = fs::symlink_metadata(&path)
        {
            atomic_file::remove_file(&path)?;
            bytes += facts.len();
        }
    }
    Ok(bytes)
}

/// This computer's backup folder, as the catalog knows it.
fn home(catalog: &Catalog, request: &RetireRequest) -> Result<Option<i64>, CatalogError> {
    Ok(catalog.places()?.into_iter().find(|place| place.path == request.backup_dir).map(|place| place.id))
}

fn waits(
    catalog: &Catalog,
    request: &RetireRequest,
    backups: &[BackupRow],
    now: &Zoned,
) -> Result<Option<Waits>, RetireError> {
    let Some(newest) = backups.last() else { return Ok(None) };
    if let Some(unknown) = newest.sources.iter().find(|source| source.state == SourceState::Unknown) {
        return Ok(Some(Waits::SourceUnknown { source: unknown.name.clone() }));
    }
    if newest.at > now.timestamp().as_second().saturating_add(MOST_SECS_AHEAD) {
        return Ok(Some(Waits::ClockWrong { backup: newest.name.clone() }));
    }
    if !newest.complete {
        return Ok(Some(Waits::Incomplete { backup: newest.name.clone() }));
    }
    let damage = catalog.standing_damage()?;
    if !damage.is_empty() {
        let needed = catalog.archives_of(newest)?;
        if let Some(row) = damage.into_iter().find(|row| needed.iter().any(|archive| archive.name == row.archive)) {
            return Ok(Some(Waits::Damaged { archive: row.archive }));
        }
    }
    if request.confirm_changes {
        return Ok(None);
    }
    let seen_at = brake::seen_at(&request.data_dir, &request.plan)?;
    Ok(brake::mass_change(catalog, backups, seen_at)?.map(Waits::MassChange))
}

/// The sudden mass change of a plan that nobody has found right yet: while there is one, no old backup goes. Nothing
/// is written.
///
/// # Errors
/// [`CatalogError`] when the catalog cannot be read.
pub fn unconfirmed_change(
    catalog: &Catalog,
    data_dir: &Path,
    computer_id: &str,
    plan: &str,
) -> Result<Option<MassChange>, CatalogError> {
    let Some(chain) = catalog.chain(computer_id, plan)? else { return Ok(None) };
    let backups = catalog.backups_of(chain)?;
    // A note that cannot be read is as good as lost: then all changes are looked at again.
    let seen_at = brake::seen_at(data_dir, plan).unwrap_or(None);
    brake::mass_change(catalog, &backups, seen_at)
}

/// When a backup was made, where it was made.
fn time_of(backup: &BackupRow) -> Zoned {
    backup.time.parse().unwrap_or_else(|_| {
        // Of an archive that others have touched the order is still right.
        Timestamp::from_second(backup.at).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC)
    })
}
