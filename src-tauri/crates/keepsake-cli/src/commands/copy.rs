//! `keepsake copy`, the copies after a backup, and healing from copies.

use std::collections::BTreeSet;
use std::path::PathBuf;

use keepsake_core::copy::{CopyError, CopyOutcome, CopyReport, CopyRequest, HealReport, HealRequest, copy, heal};
use keepsake_core::destinations::DestinationError;
use keepsake_core::settings::{DriveSettings, FolderDestination, Settings};
use keepsake_core::units::{ByteCount, counted};
use serde_json::{Value, json};

use super::drive::{DriveCopied, copy_to};
use super::make_room::let_old_backups_go;
use crate::error::{CliError, Exit};
use crate::near;
use crate::say;
use crate::session::{Session, needed_settings, told_elsewhere};
use crate::surroundings::Surroundings;

/// What was copied and healed.
#[derive(Debug, Default)]
pub struct Copied {
    /// One for each folder.
    pub reports: Vec<CopyReport>,
    /// One for each drive.
    pub drives: Vec<DriveCopied>,
    /// What was healed meanwhile.
    pub healed: HealReport,
}

/// Copies to one place, or to all.
///
/// # Errors
/// Exit code 65 when there is no such place, or none at all.
pub fn run(around: &Surroundings, name: Option<&str>, dry_run: bool) -> Result<Exit, CliError> {
    let settings = needed_settings(around)?;
    let chosen = chosen(&settings, name)?;
    let session = Session::write(around, "copying")?;
    // What cannot be read here may be copied from another place; what is wrong here is said.
    if let Some(trouble) = &session.home_trouble {
        say::error(trouble, false);
    }
    let mut copied = copy_all(&session, &settings, &chosen.folders, dry_run, around.global.wait)?;
    for drive in &chosen.drives {
        copied.drives.push(copy_to(&session, drive, dry_run)?);
    }
    // What a drive's job has found damaged where it was read from.
    let suspects: BTreeSet<String> = copied.drives.iter().flat_map(|one| one.report.found_damaged.clone()).collect();
    if !suspects.is_empty() && !dry_run {
        let more = heal_all(&session, &settings, suspects)?;
        copied.healed.healed.extend(more.healed);
        copied.healed.problems.extend(more.problems);
    }
    if !dry_run {
        session.follow_health();
    }
    let exit = exit_of(&copied).not_all(session.home_trouble.is_some());
    if around.global.json {
        say::json(&as_json(&copied, dry_run))?;
    } else {
        say::lines(lines(&copied, dry_run, around.global.quiet))?;
    }
    Ok(exit)
}

/// Places to copy to.
struct Chosen {
    folders: Vec<FolderDestination>,
    drives: Vec<DriveSettings>,
}

fn chosen(settings: &Settings, name: Option<&str>) -> Result<Chosen, CliError> {
    let (folders, drives) = (&settings.destinations, &settings.drives);
    if folders.is_empty() && drives.is_empty() {
        return Err(CliError::input(
            format!("there is no destination in {}", settings.path.display()),
            "Write these lines into it: [[destination]], name = \"NAS\", path = \"/mnt/nas/backups\". Or plug in a drive, and \
             run `keepsake drive list`.",
        ));
    }
    let Some(name) = name else { return Ok(Chosen { folders: folders.clone(), drives: drives.clone() }) };
    if let Some(drive) = settings.drive(name) {
        return Ok(Chosen { folders: Vec::new(), drives: vec![drive.clone()] });
    }
    if let Some(folder) = folders.iter().find(|folder| folder.name.eq_ignore_ascii_case(name)) {
        return Ok(Chosen { folders: vec![folder.clone()], drives: Vec::new() });
    }
    let names = || folders.iter().map(|f| f.name.as_str()).chain(drives.iter().map(|d| d.name.as_str()));
    let near = near::names(name, names(), 3);
    let known = if near.is_empty() { names().collect() } else { near };
    Err(CliError::input(format!("there is no destination {name}"), format!("There is: {}", known.join(", "))))
}

/// Copies to these places, then heals what was found damaged on the way.
///
/// # Errors
/// When the catalog cannot be used, or someone asked to stop.
pub fn copy_all(
    session: &Session<'_>,
    settings: &Settings,
    chosen: &[FolderDestination],
    dry_run: bool,
    wait: bool,
) -> Result<Copied, CliError> {
    let clock = session.around.clock.as_ref();
    let doing = told_elsewhere(session.around, "copying");
    let tell = |busy: &DestinationError| {
        if !session.around.global.quiet {
            say::note(format_args!("keepsake: {busy}. Waiting until that is done."));
        }
    };
    let sources: Vec<PathBuf> =
        settings.plans.iter().flat_map(|plan| &plan.sources).map(|source| source.path.clone()).collect();
    let mut copied = Copied::default();
    for destination in chosen {
        let request = CopyRequest {
            destination,
            backup_dir: &settings.backup_dir,
            data_dir: &session.around.data_dir,
            sources: &sources,
            computer_id: &session.computer_id,
            doing: &doing,
            dry_run,
            wait: wait.then_some(&tell),
        };
        let copy_to_it = || copy(&session.catalog, &request, clock, &session.watcher()).map_err(copy_error);
        let mut report = copy_to_it()?;
        if report.is_full && !dry_run {
            let made_room = let_old_backups_go(session, settings)?;
            if made_room.is_any() {
                report = copy_to_it()?.after(report);
            }
            // A sentence without its full stop, as the others.
            report.problems.extend(report.is_full.then(|| made_room.no_more.trim_end_matches('.').to_string()));
        }
        copied.reports.push(report);
    }
    if !dry_run && !chosen.is_empty() {
        let suspects: BTreeSet<String> =
            copied.reports.iter().flat_map(|report| report.found_damaged.clone()).collect();
        let is_known = suspects.is_empty();
        copied.healed = heal_all(session, settings, suspects)?;
        if is_known {
            // What was known before and cannot be healed is told by `health`, not each time again.
            copied.healed.problems.clear();
        }
    }
    Ok(copied)
}

/// Replaces what is damaged or missing in one place by a good copy from another.
///
/// # Errors
/// When the catalog cannot be used, or someone asked to stop.
pub fn heal_all(
    session: &Session<'_>,
    settings: &Settings,
    suspects: BTreeSet<String>,
) -> Result<HealReport, CliError> {
    let request = HealRequest {
        backup_dir: &settings.backup_dir,
        destinations: &settings.destinations,
        computer_id: &session.computer_id,
        doing: &told_elsewhere(session.around, "healing"),
        suspects,
    };
    let watcher = session.watcher();
    let healed = heal(&session.catalog, &request, session.around.clock.as_ref(), &watcher);
    drop(watcher);
    healed.map_err(copy_error)
}

pub(super) fn copy_error(error: CopyError) -> CliError {
    match error {
        CopyError::Catalog(e) => e.into(),
        CopyError::Stopped => CliError::stopped("what was copied until now counts"),
    }
}

/// The worst counts. A place that is not there now is no fault.
pub fn exit_of(copied: &Copied) -> Exit {
    let of_report = |report: &CopyReport| match report.outcome {
        CopyOutcome::Good | CopyOutcome::Waiting => Exit::Good.not_all(!report.found_damaged.is_empty()),
        CopyOutcome::WithProblems => Exit::Problems,
        CopyOutcome::Failed => Exit::Failed,
        CopyOutcome::Busy => Exit::Busy,
    };
    let is_unhealed = !copied.healed.problems.is_empty();
    all_reports(copied).map(of_report).max().unwrap_or(Exit::Good).not_all(is_unhealed)
}

/// Of folders, then of drives.
fn all_reports(copied: &Copied) -> impl Iterator<Item = &CopyReport> {
    copied.reports.iter().chain(copied.drives.iter().map(|drive| &drive.report))
}

/// For programs.
pub fn as_json(copied: &Copied, dry_run: bool) -> Value {
    let mut destinations: Vec<Value> = copied.reports.iter().map(|report| json!(report)).collect();
    destinations.extend(copied.drives.iter().map(|drive| {
        let mut value = json!(drive.report);
        value["drive"] = json!({ "state": drive.word, "programs": drive.programs });
        value
    }));
    json!({
        "dry_run": dry_run, "destinations": destinations, "healed": copied.healed.healed,
        "problems": copied.healed.problems,
    })
}

/// For people; `is_quiet` leaves out what is as it should be.
pub fn lines(copied: &Copied, dry_run: bool, is_quiet: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for report in all_reports(copied) {
        let name = &report.destination;
        let whys = report.problems.join("; ");
        let archives = |count: usize| counted(count as u64, "archive", "archives");
        let (would, is_new) = (if dry_run { "Would copy" } else { "Copied" }, !report.copied.is_empty());
        if is_new && !is_quiet {
            lines.push(format!(
                "{would} {} ({}) to {name}",
                archives(report.copied.len()),
                ByteCount(report.copied_bytes)
            ));
        }
        if !report.removed.is_empty() && !is_quiet {
            let would = if dry_run { "Would remove" } else { "Removed" };
            lines
                .push(format!("{would} {} from {name}: no backup needs them any more", archives(report.removed.len())));
        }
        match report.outcome {
            CopyOutcome::Good if !is_new && !is_quiet => lines.push(format!("{name} has everything")),
            CopyOutcome::Good => {}
            CopyOutcome::Waiting if is_quiet => {}
            CopyOutcome::Waiting => lines.push(format!(
                "Waiting for {name}: {whys}. It gets its copies once it is there. If its archives were removed on \
                 purpose, run `keepsake rebuild`; if it is a new folder, make it."
            )),
            CopyOutcome::WithProblems => lines.push(format!("Not everything could be copied to {name}: {whys}.")),
            CopyOutcome::Busy => lines.push(format!("Nothing was copied to {name}: {whys}. Try again later.")),
            CopyOutcome::Failed => lines.push(format!(
                "Copying to {name} failed: {whys}. Your backups here are untouched; see that the folder can be written \
                 and has room, then run `keepsake copy`."
            )),
        }
    }
    if !is_quiet {
        lines.extend(copied.drives.iter().filter_map(|drive| drive.line.clone()));
    }
    lines.extend(heal_lines(&copied.healed));
    lines
}

/// What was healed, for people.
pub fn heal_lines(healed: &HealReport) -> Vec<String> {
    let mut lines = Vec::new();
    for one in &healed.healed {
        let folder = one.path.display();
        lines.push(format!("{} is whole again in {folder}, with the good copy from {}", one.archive, one.from));
    }
    if !healed.healed.is_empty() {
        lines.push("Have the disk that held the damaged copy looked at: it may be failing.".into());
    }
    lines.extend(healed.problems.iter().map(|problem| format!("{problem}.")));
    lines
}
