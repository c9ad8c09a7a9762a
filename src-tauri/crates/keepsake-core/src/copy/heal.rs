//! Healing: what is damaged or missing in one place is replaced by a good copy from another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::store::{Stored, put_sidecar, sha256_of_held, store};
use super::{CopyError, Halt, as_text};
use crate::catalog::{ArchiveRow, Catalog, HOME_NAME};
use crate::clock::Clock;
use crate::destinations::folder::is_same_folder;
use crate::destinations::{Destination, DestinationError, InFolder, lock_backup_folder};
use crate::lock::JobLock;
use crate::monitor::{Monitor, Phase};
use crate::settings::FolderDestination;

/// What to heal, and where.
#[derive(Debug, Clone)]
pub struct HealRequest<'a> {
    /// The backup folder of this computer.
    pub backup_dir: &'a Path,
    /// The other places that may be written; all others that are known are only read.
    pub destinations: &'a [FolderDestination],
    /// What tells this computer from others.
    pub computer_id: &'a str,
    /// What other computers at the same places are told meanwhile.
    pub doing: &'a str,
    /// Names of archives that may be damaged somewhere, beside those that the catalog knows to be.
    pub suspects: BTreeSet<String>,
}

/// What was healed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HealReport {
    /// Archives that were replaced.
    pub healed: Vec<Healed>,
    /// Names of the archives that were looked at and of which every copy that is known is as recorded now.
    pub whole: BTreeSet<String>,
    /// What could not be healed, each as a sentence without its full stop.
    pub problems: Vec<String>,
}

/// An archive that was replaced in a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Healed {
    /// Its name.
    pub archive: String,
    /// The folder in which it is whole again. In JSON as text.
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    /// What people call the place that the good copy came from.
    pub from: String,
}

/// A place that may be written.
struct Patient {
    id: i64,
    home: bool,
    folder: InFolder,
    holds: BTreeMap<String, u32>,
    _lock: Option<JobLock>,
}

/// Looks at every copy of the archives that are known to be damaged, and of the suspects, and replaces what is not as
/// recorded. What is missing in the backup folder although a listed backup of this computer needs it is brought back
/// there. Each replacement is written beside, read back and compared before it gets the name. When the backup folder's
/// copy is as recorded, the catalog forgets the damage of that archive. The caller does not hold the lock of the backup
/// folder.
///
/// # Errors
/// [`CopyError`]; what cannot be healed is told in the result.
pub fn heal(
    catalog: &Catalog,
    request: &HealRequest<'_>,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<HealReport, CopyError> {
    let mut report = HealReport::default();
    let patients = patients(catalog, request)?;
    let mut names = request.suspects.clone();
    names.extend(catalog.damage()?.into_iter().map(|row| row.archive));
    let at_home = catalog.archives_at_home()?;
    let to_copy = catalog.archives_to_copy(request.computer_id)?.into_iter();
    let needed: BTreeSet<String> =
        to_copy.filter(|archive| !at_home.contains(&archive.id)).map(|archive| archive.name).collect();
    names.extend(needed.iter().cloned());
    let archives: Vec<ArchiveRow> = catalog.archives()?.into_iter().filter(|a| names.contains(&a.name)).collect();
    if archives.is_empty() {
        return Ok(report);
    }
    monitor.phase(Phase::Copying, None, None);
    for archive in &archives {
        // One copy cannot be healed; only who suspects it just now is told so.
        if catalog.copies(archive.id)?.len() < 2
            && !needed.contains(&archive.name)
            && !request.suspects.contains(&archive.name)
        {
            continue;
        }
        let mut sound_copies = 0;
        for patient in &patients {
            let is_missing = patient.home && needed.contains(&archive.name);
            if !is_missing && !patient.holds.contains_key(&archive.name) {
                continue;
            }
            match heal_one(catalog, archive, patient, is_missing, clock, monitor, &mut report) {
                Ok(is_sound) => sound_copies += usize::from(is_sound),
                Err(Halt::Copy(error)) => return Err(error),
                // A drive that was pulled out meanwhile waits.
                Err(Halt::Place(DestinationError::Absent { .. })) => {}
                Err(Halt::Place(error)) => report.problems.push(format!("{} was not healed: {error}", archive.name)),
            }
        }
        if sound_copies > 0 && sound_copies == catalog.copies(archive.id)?.len() {
            report.whole.insert(archive.name.clone());
        }
    }
    catalog.recompute_complete()?;
    Ok(report)
}

/// The places that are there and may be written.
fn patients(catalog: &Catalog, request: &HealRequest<'_>) -> Result<Vec<Patient>, CopyError> {
    let places = catalog.places()?;
    let others = request.destinations.iter().filter(|other| !is_same_folder(&other.path, request.backup_dir));
    let paths = std::iter::once((request.backup_dir, true)).chain(others.map(|other| (&*other.path, false)));
    let mut patients = Vec::new();
    for (path, home) in paths {
        let id = match places.iter().find(|place| place.path == path) {
            Some(place) => place.id,
            None if home && path.is_dir() => catalog.place(path, HOME_NAME, true)?,
            None => continue,
        };
        let holds = catalog.copies_in(id)?;
        let Ok(folder) = InFolder::open(path, !holds.is_empty()) else { continue };
        let lock = match home {
            true => lock_backup_folder(path, request.doing, false).ok(),
            false => folder.lock(request.doing, false).ok(),
        };
        // Where somebody else is at work, the next run heals.
        if let Some(lock) = lock {
            patients.push(Patient { id, home, folder, holds, _lock: lock });
        }
    }
    Ok(patients)
}

/// True when the copy is as recorded in the end.
fn heal_one(
    catalog: &Catalog,
    archive: &ArchiveRow,
    patient: &Patient,
    is_missing: bool,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
    report: &mut HealReport,
) -> Result<bool, Halt> {
    let is_good = match sha256_of_held(&patient.folder, &archive.name, monitor) {
        Ok(sha256) => sha256 == archive.sha256,
        Err(e @ (DestinationError::Stopped | DestinationError::Absent { .. })) => return Err(e.into()),
        Err(_) => false,
    };
    if is_good {
        put_sidecar(&patient.folder, archive)?;
    } else {
        match store(catalog, (&patient.folder, patient.id), archive, monitor)? {
            Stored::Good { from, .. } => {
                report.healed.push(Healed { archive: archive.name.clone(), path: patient.folder.path().into(), from })
            }
            Stored::NoGoodSource { why, .. } => {
                report.problems.push(format!("{} was not healed: {why}", archive.name));
                return Ok(false);
            }
        }
    }
    let now = clock.now().as_second();
    if is_missing || !is_good {
        catalog.remove_copy(archive.id, patient.id)?;
        catalog.add_copy(archive.id, patient.id, now)?;
    }
    // Of several folders at home the catalog knows only one verdict: then only a check can tell.
    let at_home = catalog.copies(archive.id)?.iter().filter(|place| place.home).count();
    if patient.home && at_home == 1 {
        catalog.add_verified(&archive.name, now, "full", &[])?;
    }
    Ok(true)
}
