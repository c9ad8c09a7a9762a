//! Copying to a USB drive of the family: the newest backups first, as many as fit. And proving what is on one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::{CopyError, CopyOutcome, CopyReport, Halt, store_and_record};
use crate::catalog::{ArchiveRow, Catalog};
use crate::clock::Clock;
use crate::destinations::drive::choice::{Candidate, Choice, Drive, choose};
use crate::destinations::drive::{DriveFolder, KEPT_FREE_BYTES};
use crate::destinations::{Destination, DestinationError};
use crate::monitor::{Monitor, Phase};
use crate::settings::DriveSettings;

/// What to copy, and to which drive.
#[derive(Debug, Clone, Copy)]
pub struct DriveCopyRequest<'a> {
    /// What it is in the settings.
    pub drive: &'a DriveSettings,
    /// The drive itself, known to be that one.
    pub folder: &'a DriveFolder,
    /// What tells this computer from others.
    pub computer_id: &'a str,
    /// What another computer is told that has the drive at the same time: "kitchen is copying since 02:00".
    pub doing: &'a str,
    /// True to only say what would be done.
    pub dry_run: bool,
}

/// What was proven.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProofReport {
    /// How many copies were read.
    pub archives: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Names of archives whose copy is not as it was written. They are forgotten, so that the next run copies them anew.
    pub damaged: Vec<String>,
}

/// Copies. A drive that is pulled out in the middle keeps what was whole, and lists nothing else; the next run goes on.
///
/// # Errors
/// [`CopyError`]; what is wrong with the drive stands in the report.
pub fn copy_to_drive(
    catalog: &Catalog,
    request: &DriveCopyRequest<'_>,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<CopyReport, CopyError> {
    let mut report = CopyReport::of(&request.drive.name, request.folder.shown());
    let work = Work { catalog, request, clock, monitor };
    match work.go(&mut report) {
        Ok(()) if report.problems.is_empty() => {}
        Ok(()) => report.outcome = CopyOutcome::WithProblems,
        Err(Halt::Copy(error)) => return Err(error),
        Err(Halt::Place(DestinationError::Stopped)) => return Err(CopyError::Stopped),
        Err(Halt::Place(error)) => report.fail(&error),
    }
    if !request.dry_run {
        catalog.recompute_complete()?;
    }
    Ok(report)
}

/// What stands on a drive.
struct Held {
    /// This computer's archives that are there whole.
    held: BTreeSet<u32>,
    /// Those under whose name another computer's stands there: they cannot be copied, and nothing of them is touched.
    foreign: BTreeSet<u32>,
}

struct Work<'a> {
    catalog: &'a Catalog,
    request: &'a DriveCopyRequest<'a>,
    clock: &'a dyn Clock,
    monitor: &'a dyn Monitor,
}

impl Work<'_> {
    fn go(&self, report: &mut CopyReport) -> Result<(), Halt> {
        let (catalog, folder) = (self.catalog, self.request.folder);
        if self.request.dry_run {
            let rows = self.rows()?;
            let held = self.held(&rows, None, report)?;
            let choice = self.choice(&rows, &held)?;
            let names = |ids: &[u32]| ids.iter().map(|id| rows[id].name.clone()).collect();
            (report.copied, report.removed) = (names(&choice.copy), names(&choice.remove));
            report.copied_bytes = choice.copy.iter().map(|id| rows[id].bytes).sum();
            return Ok(());
        }
        let _lock = folder.lock(self.request.doing, false)?;
        let rows = self.rows()?;
        let ours: BTreeSet<&str> = rows.values().map(|row| row.name.as_str()).collect();
        folder.remove_leftovers(&|name| ours.contains(name))?;
        folder.explain(self.request.drive.is_encrypted)?;
        let place = catalog.place(&self.request.drive.id.place_path(), &self.request.drive.name, false)?;
        catalog.name_place(place, &self.request.drive.name)?;
        let held = self.held(&rows, Some(place), report)?;
        let choice = self.choice(&rows, &held)?;
        let total_bytes = choice.copy.iter().map(|id| rows[id].bytes).sum();
        self.monitor.phase(Phase::Copying, None, Some(total_bytes));
        let mut to_remove = choice.remove.iter();
        for id in &choice.copy {
            // No more goes than is needed for what comes now.
            while folder.free_bytes()?.saturating_sub(KEPT_FREE_BYTES) < taken_bytes(rows[id].bytes) {
                let Some(removed) = to_remove.next() else { break };
                self.remove(place, &rows[removed], report)?;
            }
            self.copy(place, &rows[id], report)?;
        }
        if choice.missing_bytes > 0 {
            report.is_full = true;
            report.problems.push(format!(
                "{} is too small for the newest backup of everything: {} more are needed",
                self.request.drive.name,
                crate::units::ByteCount(choice.missing_bytes)
            ));
        }
        if report.problems.is_empty() {
            for archive in catalog.archives_not_needed(self.request.computer_id)? {
                if held.held.contains(&archive.id) && !report.removed.contains(&archive.name) {
                    self.remove(place, &archive, report)?;
                }
            }
        }
        Ok(())
    }

    fn rows(&self) -> Result<HashMap<u32, ArchiveRow>, Halt> {
        Ok(self.catalog.archives()?.into_iter().map(|row| (row.id, row)).collect())
    }

    /// What of this computer's archives the drive holds. With a place the catalog is made to agree: what is gone is forgotten, what
    /// is there unrecorded (the power failed, or the catalog is a new one) is proven first.
    fn held(&self, rows: &HashMap<u32, ArchiveRow>, place: Option<i64>, report: &mut CopyReport) -> Result<Held, Halt> {
        let recorded = match place {
            Some(place) => self.catalog.copies_in(place)?,
            None => BTreeMap::new(),
        };
        let (mut held, mut foreign) = (BTreeSet::new(), BTreeSet::new());
        let wanted: BTreeSet<u32> =
            self.catalog.archives_to_copy(self.request.computer_id)?.into_iter().map(|row| row.id).collect();
        let at_home = self.catalog.archives_at_home()?;
        let (stands, copies) = (self.request.folder.stands()?, self.request.folder.copies()?);
        let otherwise = self.request.folder.copies_stored_otherwise()?;
        for row in rows.values() {
            let said = copies.get(&row.name);
            let is_ours = said == Some(&(row.sha256, row.bytes));
            let is_recorded = recorded.contains_key(&row.name);
            if let (true, Some(place)) = (is_recorded && !is_ours, place) {
                self.catalog.remove_copy(row.id, place)?;
            }
            // Locked or not, as the other computer has chosen.
            let mut there = said.map(|(sha256, _)| sha256).into_iter().chain(otherwise.get(&row.name));
            if there.any(|sha256| *sha256 != row.sha256) {
                foreign.insert(row.id);
                if wanted.contains(&row.id) {
                    report.problems.push(format!(
                        "{} has the name of one of this computer's archives and is of another computer; it was left alone. \
                         Give the plans of your computers different names",
                        self.request.folder.shown().join(&row.name).display()
                    ));
                }
                continue;
            }
            let is_good = match (is_ours, is_recorded, place) {
                (false, ..) => false,
                (true, true, _) | (true, _, None) => true,
                // The power failed, it was found damaged, or the catalog is a new one.
                (true, false, Some(_)) => {
                    wanted.contains(&row.id)
                        && self.request.folder.prove(&row.name, &row.sha256, &mut |_| !self.monitor.should_stop())?
                }
            };
            if is_good {
                held.insert(row.id);
                if let (false, Some(place)) = (is_recorded, place) {
                    self.catalog.add_copy(row.id, place, self.clock.now().as_second())?;
                }
            } else if place.is_some() && stands.contains(&row.name) && at_home.contains(&row.id) {
                // What is no copy takes the room of one, and its archive stands at home.
                self.request.folder.remove(&row.name)?;
            }
        }
        Ok(Held { held, foreign })
    }

    fn choice(&self, rows: &HashMap<u32, ArchiveRow>, on_drive: &Held) -> Result<Choice, Halt> {
        let (computer_id, catalog) = (self.request.computer_id, self.catalog);
        let at_home = catalog.archives_at_home()?;
        let mut listed = Vec::new();
        for backup in catalog.backups(None)?.into_iter().filter(|backup| backup.complete) {
            let archives: Vec<u32> = catalog.archives_of(&backup)?.into_iter().map(|row| row.id).collect();
            // One's own, and what was imported into this computer's backup folder.
            if backup.computer_id == computer_id || archives.iter().all(|id| at_home.contains(id)) {
                listed.push(Candidate { chain: backup.chain, at: backup.at, archives });
            }
        }
        let not_needed: Vec<u32> = catalog.archives_not_needed(computer_id)?.into_iter().map(|row| row.id).collect();
        let bytes: HashMap<u32, u64> = rows.iter().map(|(id, row)| (*id, taken_bytes(row.bytes))).collect();
        let free_bytes = self.request.folder.free_bytes()?.saturating_sub(KEPT_FREE_BYTES);
        // One that needs what cannot be copied would never be whole there.
        listed.retain(|backup| !backup.archives.iter().any(|id| on_drive.foreign.contains(id)));
        let held = &on_drive.held;
        Ok(choose(&listed, &Drive { held, not_needed: &not_needed, free_bytes, bytes: &bytes }))
    }

    fn copy(&self, place: i64, archive: &ArchiveRow, report: &mut CopyReport) -> Result<(), Halt> {
        if self.monitor.should_stop() {
            return Err(Halt::Copy(CopyError::Stopped));
        }
        let to = (self.request.folder as &dyn Destination, place);
        store_and_record(self.catalog, to, archive, (self.clock, self.monitor), report)
    }

    fn remove(&self, place: i64, archive: &ArchiveRow, report: &mut CopyReport) -> Result<(), Halt> {
        self.request.folder.remove(&archive.name)?;
        self.catalog.remove_copy(archive.id, place)?;
        report.removed.push(archive.name.clone());
        Ok(())
    }
}

/// What an archive takes on a drive at most: age adds 16 bytes to each 64 KiB (its specification, "Payload"), file systems round
/// up, and beside it lies its checksum file.
fn taken_bytes(archive_bytes: u64) -> u64 {
    archive_bytes.saturating_add(archive_bytes / 4096).saturating_add(256 << 10)
}

/// Reads all of this computer's copies on a drive from the medium, and compares each with what the family noted of it. Needs no
/// recovery key. What is damaged is forgotten, so that the next run copies it anew.
///
/// # Errors
/// `Err(Ok(...))` when the drive cannot be used; [`CopyError`] else.
pub fn prove_drive(
    catalog: &Catalog,
    request: &DriveCopyRequest<'_>,
    monitor: &dyn Monitor,
) -> Result<Result<ProofReport, DestinationError>, CopyError> {
    let mut report = ProofReport::default();
    match prove_all(catalog, request, monitor, &mut report) {
        Ok(()) => {
            catalog.recompute_complete()?;
            Ok(Ok(report))
        }
        Err(Halt::Copy(error)) => Err(error),
        Err(Halt::Place(DestinationError::Stopped)) => Err(CopyError::Stopped),
        Err(Halt::Place(error)) => Ok(Err(error)),
    }
}

fn prove_all(
    catalog: &Catalog,
    request: &DriveCopyRequest<'_>,
    monitor: &dyn Monitor,
    report: &mut ProofReport,
) -> Result<(), Halt> {
    let _lock = request.folder.lock(request.doing, false)?;
    let place = catalog.place(&request.drive.id.place_path(), &request.drive.name, false)?;
    let rows: HashMap<u32, ArchiveRow> = catalog.archives()?.into_iter().map(|row| (row.id, row)).collect();
    let recorded = catalog.copies_in(place)?;
    let copies: Vec<&ArchiveRow> = recorded.values().filter_map(|id| rows.get(id)).collect();
    monitor.phase(Phase::Verifying, None, Some(copies.iter().map(|row| row.bytes).sum()));
    for row in copies {
        let mut go_on = |bytes| {
            monitor.advance(0, bytes);
            !monitor.should_stop()
        };
        let is_good = request.folder.prove(&row.name, &row.sha256, &mut go_on)?;
        (report.archives, report.bytes) = (report.archives + 1, report.bytes + row.bytes);
        if !is_good {
            catalog.remove_copy(row.id, place)?;
            report.damaged.push(row.name.clone());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
