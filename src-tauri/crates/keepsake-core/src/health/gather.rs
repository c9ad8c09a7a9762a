//! Fills the facts: from the settings, the catalog and the disk. Tray, window and command line share it.

mod drives;

use std::collections::HashMap;
use std::path::Path;

use jiff::Timestamp;

use super::sentence::{LastBackup, StatusFacts};
use super::{
    DamageFacts, DiskFacts, HealthFacts, PlaceFacts, PlanFacts, RunFacts, RunOutcome as Outcome, SizeFacts, SourceFacts,
};
use crate::archive::metadata::SourceState;
use crate::catalog::{BackupRow, BackupState, Catalog, CatalogError, RunOutcome, RunRow};
use crate::in_time;
use crate::monitor::ProblemKind;
use crate::settings::{Plan, Settings};

/// How many sizes of a source are looked at: the newest and the ten before it.
const SIZES: usize = 11;
/// How many unread files are named.
const NAMED: usize = 5;
/// How many backups say how much one takes on the disk.
const STORED: usize = 10;

/// The facts for the verdict, and those for the lines of `status`.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// For [`super::health`].
    pub health: HealthFacts,
    /// For [`super::sentence::status_lines`].
    pub status: StatusFacts,
    /// What the last backups took on the disk with the backup folder, as [`DiskFacts`] wants it.
    pub recent_stored_bytes: Vec<u64>,
    /// True when this computer has made backups that are known still, by whatever plan.
    pub has_own_backups: bool,
}

/// How much room a disk has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    /// Free for Keepsake, in bytes.
    pub free_bytes: u64,
    /// The size of the disk, in bytes.
    pub total_bytes: u64,
}

impl DiskSpace {
    /// That of the disk on which a folder is; None when it cannot be asked. A disk that sleeps is not woken by it.
    pub fn of(folder: &Path) -> Option<Self> {
        let stat = rustix::fs::statvfs(folder).ok()?;
        Some(Self {
            free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
            total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        })
    }
}

impl Gathered {
    /// Puts in what is known of the disk with the backup folder now.
    pub fn put_disk(&mut self, space: Option<DiskSpace>) {
        self.health.disk = space.map(|DiskSpace { free_bytes, total_bytes }| DiskFacts {
            free_bytes,
            total_bytes,
            recent_stored_bytes: self.recent_stored_bytes.clone(),
        });
    }
}

/// Gathers what is known. Without settings nothing is set up; without a catalog nothing was done yet. What a journey
/// found out (a check that failed, a mass change that waits) is for the caller to add.
///
/// `computer_id` tells this computer's backups from those of others that were imported; `holder` is what the
/// holder of the job lock does ([`crate::lock::holder`]).
///
/// # Errors
/// [`CatalogError`] when the catalog cannot be read.
pub fn gather(
    settings: Option<&Settings>,
    catalog: Option<&Catalog>,
    computer_id: &str,
    holder: Option<&str>,
) -> Result<Gathered, CatalogError> {
    let mut gathered = gather_noted(settings, catalog, computer_id, holder)?;
    // One that does not answer hangs nobody.
    let space = settings.and_then(|settings| in_time::look_at(&settings.backup_dir, DiskSpace::of));
    gathered.put_disk(space.flatten());
    Ok(gathered)
}

/// As [`gather`], without asking the disk with the backup folder: that may hang, and fills up while nothing is noted.
///
/// # Errors
/// As [`gather`].
pub fn gather_noted(
    settings: Option<&Settings>,
    catalog: Option<&Catalog>,
    computer_id: &str,
    holder: Option<&str>,
) -> Result<Gathered, CatalogError> {
    let mut gathered = Gathered::default();
    gathered.health.busy = holder.map(as_sentence);
    let backups = match catalog {
        Some(catalog) => catalog.backups(None)?,
        None => Vec::new(),
    };
    let own: Vec<&BackupRow> = backups.iter().filter(|b| b.computer_id == computer_id).collect();
    if let Some(settings) = settings {
        for plan in &settings.plans {
            let of_plan: Vec<&BackupRow> = own.iter().copied().filter(|b| b.plan == plan.name).collect();
            gathered.health.plans.push(plan_facts(plan, &of_plan, catalog)?);
        }
    }
    gathered.has_own_backups = !own.is_empty();
    gathered.recent_stored_bytes = recent_stored_bytes(&own);
    if let Some(catalog) = catalog {
        let mut copies_at: HashMap<String, Vec<String>> = HashMap::new();
        for row in catalog.standing_damage()? {
            if !copies_at.contains_key(&row.archive) {
                let copies = match catalog.archive_named(&row.archive)? {
                    Some(archive) => catalog.copies(archive.id)?,
                    None => Vec::new(),
                };
                // A drive mends nothing by being copied to.
                let elsewhere = copies.into_iter().filter(|place| !place.home && place.drive().is_none());
                let elsewhere = elsewhere.map(|place| place.name).collect();
                copies_at.insert(row.archive.clone(), elsewhere);
            }
            gathered.health.damage.push(DamageFacts {
                copies_at: copies_at[&row.archive].clone(),
                archive: row.archive,
                path: (!row.path.is_empty()).then_some(row.path),
            });
        }
        gathered.health.longest_unchecked = catalog.longest_unchecked(computer_id)?.map(moment);
        let kept = catalog.kept_at_home()?;
        for destination in settings.iter().flat_map(|settings| &settings.destinations) {
            let Some(age) = catalog.place_age(&destination.path, computer_id)? else { continue };
            gathered.health.places.push(PlaceFacts {
                name: destination.name.clone(),
                copied_at: age.copied_at.map(moment),
                lacks_since: age.lacks_since.map(moment),
            });
        }
        gathered.status.places = gathered.health.places.clone();
        if let Some(settings) = settings {
            gathered.health.drives = drives::drive_facts(settings, catalog, computer_id, &own)?;
        }
        gathered.status.kept_backups = kept.backups;
        gathered.status.kept_bytes = kept.bytes;
    }
    // Of plans that are made still, then of any; without a backup of its own, a new computer shows what it imported.
    let is_made =
        |b: &BackupRow| settings.is_some_and(|settings| settings.plans.iter().any(|plan| plan.name == b.plan));
    let own = || own.iter().copied().filter(|b| b.complete);
    let newest =
        own().rfind(|b| is_made(b)).or_else(|| own().next_back()).or_else(|| backups.iter().rfind(|b| b.complete));
    gathered.status.last_backup = newest.map(|b| LastBackup {
        time: moment(b.at),
        new_bytes: b.total(|s| s.new_bytes),
        files: b.total(|s| s.files),
        problem_count: b.problem_count,
    });
    Ok(gathered)
}

fn plan_facts(plan: &Plan, backups: &[&BackupRow], catalog: Option<&Catalog>) -> Result<PlanFacts, CatalogError> {
    let (run, known_since) = match catalog {
        Some(catalog) => (catalog.last_run(&plan.name)?, catalog.known_since(&plan.name)?),
        None => (None, None),
    };
    let (is_noted, missing_archives) = match (catalog, backups.last()) {
        (Some(catalog), Some(newest)) => {
            let missing = if newest.complete { None } else { Some(catalog.missing_archives(newest)?) };
            (catalog.is_run_noted(&newest.name)?, missing)
        }
        _ => (false, None),
    };
    Ok(PlanFacts {
        name: plan.name.clone(),
        schedule: plan.schedule.clone(),
        known_since: known_since.map(moment),
        last_run: last_run(run, backups.last().copied(), is_noted),
        missing_archives,
        mass_change: None,
        sources: plan
            .sources
            .iter()
            .map(|source| SourceFacts { is_paused: source.is_paused, ..source_facts(&source.name, backups) })
            .collect(),
        is_paused: plan.is_resting(),
    })
}

/// The last run as it was noted, or as the newest backup tells it when that is newer: when the note was lost
/// with the catalog, or the power failed before it was written.
///
/// When the run that made the newest backup is noted, the last run is that one or a later one, whatever their times:
/// a backup's time may be ahead of the clock by the seconds that keep it apart from the one before.
fn last_run(run: Option<RunRow>, newest: Option<&BackupRow>, is_noted: bool) -> Option<RunFacts> {
    let run = run.filter(|run| is_noted || newest.is_none_or(|newest| run.finished >= newest.at));
    if let Some(run) = run {
        let outcome = match run.outcome {
            RunOutcome::Good => Outcome::Good,
            RunOutcome::WithProblems => Outcome::WithProblems,
            RunOutcome::Stopped => Outcome::Stopped,
            RunOutcome::Failed => {
                let (error, advice) = run.message.split_once('\n').unwrap_or((&run.message, ""));
                let advice = (!advice.trim().is_empty()).then(|| advice.trim().to_owned());
                Outcome::Failed { error: error.trim().trim_end_matches('.').to_owned(), advice }
            }
        };
        return Some(RunFacts { time: moment(run.started), outcome });
    }
    let newest = newest?;
    // What went missing later says nothing about the run: another rule tells of that.
    let as_made = BackupRow { complete: true, ..newest.clone() };
    let outcome = match as_made.state() {
        BackupState::Good => Outcome::Good,
        BackupState::WithProblems | BackupState::Incomplete => Outcome::WithProblems,
    };
    Some(RunFacts { time: moment(newest.at), outcome })
}

/// What the plan's backups, oldest first, say of one of its sources.
fn source_facts(name: &str, backups: &[&BackupRow]) -> SourceFacts {
    let summary =
        |b: &BackupRow, state: SourceState| b.sources.iter().find(|s| s.name == name && s.state == state).cloned();
    let mut facts = SourceFacts { name: name.into(), ..SourceFacts::default() };
    let newest = backups.iter().rfind(|b| b.complete && b.collected(name.as_bytes()));
    facts.newest_backup = newest.map(|b| moment(b.at));
    facts.only_incomplete = newest.is_none() && backups.iter().any(|b| b.collected(name.as_bytes()));
    let mut collected = backups.iter().filter_map(|b| summary(b, SourceState::Collected)).peekable();
    facts.never_had_files = collected.peek().is_some() && collected.all(|s| s.files == 0);
    // Those at the end in which it was unknown; the first of them began it.
    let unknown = backups.iter().rev().take_while(|b| summary(b, SourceState::Unknown).is_some());
    facts.unknown_since = unknown.last().map(|b| moment(b.at));
    if let Some(last) = backups.last()
        && let Some(summary) = summary(last, SourceState::Collected)
    {
        let of_source =
            |path: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let here: Vec<_> = last.problems.iter().filter(|p| of_source(&p.path)).collect();
        let names: Vec<&str> =
            here.iter().filter(|p| p.kind == ProblemKind::Unreadable).map(|p| p.path.as_str()).collect();
        // Problems beyond those that are named count as unread: nobody knows better.
        let unnamed = summary.problems.saturating_sub(here.len() as u64);
        facts.unread_count = names.len() as u64 + unnamed;
        facts.unread = names.into_iter().take(NAMED).map(String::from).collect();
    }
    let sizes = backups.iter().rev().filter_map(|b| summary(b, SourceState::Collected)).take(SIZES);
    facts.sizes = sizes.map(|s| SizeFacts { total_bytes: s.bytes, new_bytes: s.new_bytes }).collect();
    facts.sizes.reverse();
    facts
}

/// What each of the last backups took, but for the very first of each plan.
fn recent_stored_bytes(own: &[&BackupRow]) -> Vec<u64> {
    let is_first =
        |b: &BackupRow| own.iter().find(|other| other.chain == b.chain).is_some_and(|first| first.id == b.id);
    own.iter().rev().filter(|b| !is_first(b)).take(STORED).map(|b| b.stored_bytes).collect()
}

/// `backing up family since 02:00` as the beginning of a sentence.
fn as_sentence(doing: &str) -> String {
    let mut letters = doing.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn moment(at_secs: i64) -> Timestamp {
    Timestamp::from_second(at_secs).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
