//! A card for each source and each place.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use keepsake_api::{Answer, Counts, DriveCard, Home, PlaceCard, SourceCard, State};
use keepsake_core::catalog::{BackupRow, Place, WholeCopy};
use keepsake_core::health::gather::gather;
use keepsake_core::health::{HealthReport, Reason, Rule, health};
use keepsake_core::in_time::look_at_each;
use keepsake_core::room::Room;
use keepsake_core::settings::{Plan, Settings, SourceSettings};

use super::drives;
use super::known::{Known, Opened};
use super::refusal::Refused;
use super::words::{problem, state_of};
use crate::session::settings;

/// Problems by name on one card.
const MOST_NAMED: usize = 1000;

/// Answers the cards of Home.
pub fn home(known: &mut Known<'_>) -> Result<Answer, Refused> {
    let settings = settings(known.around)?;
    let opened = known.open(None)?;
    let Some(settings) = &settings else {
        return Ok(Answer::Home(Home { sources: Vec::new(), places: Vec::new() }));
    };
    let folders: Vec<PathBuf> = all_places(settings).map(|(_, path)| path.to_path_buf()).collect();
    let looks = look_at_each(&folders, look);
    let mut gathered = gather(Some(settings), Some(&opened.catalog), &opened.computer_id, None)?;
    let plugged_in = crate::drives::plugged_in(Some(settings));
    gathered.put_drives(Some(settings), &known.around.data_dir, &plugged_in, None);
    let now = known.around.clock.local_now();
    let report = health(&gathered.health, &now);
    let backups = opened.catalog.backups(None)?;
    let own: Vec<&BackupRow> = backups.iter().filter(|backup| opened.is_own(backup)).collect();
    let mut sources = Vec::new();
    for plan in &settings.plans {
        for source in &plan.sources {
            sources.push(source_card(known, &opened, plan, source, &own, &report)?);
        }
    }
    let at_work = settings.plans.iter().filter(|plan| !plan.is_resting());
    let nexts = at_work.filter_map(|plan| plan.schedule.next_due(&now));
    let next = nexts.map(|next| next.timestamp().as_second()).min();
    let whole = opened.catalog.whole_copies()?;
    let mut places = place_cards(&opened, settings, (&backups, &whole), &report, &looks, next)?;
    let drives = drives::cards(known.around, &opened, settings, &gathered.health.drives, &whole)?;
    places.extend(drives.into_iter().map(|drive| drive_card(drive, &report, &plugged_in)));
    Ok(Answer::Home(Home { sources, places }))
}

fn source_card(
    known: &mut Known<'_>,
    opened: &Opened,
    plan: &Plan,
    source: &SourceSettings,
    own: &[&BackupRow],
    report: &HealthReport,
) -> Result<SourceCard, Refused> {
    let name = source.name.as_str();
    let of_plan = || own.iter().filter(|backup| backup.plan.eq_ignore_ascii_case(&plan.name));
    let newest = of_plan().rfind(|backup| backup.collected(name.as_bytes()));
    // What could not be read stands in the newest backup of the plan, also when it could not find the source.
    let last = of_plan().next_back();
    let in_source = |path: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let problems = last.iter().flat_map(|backup| &backup.problems).filter(|problem| in_source(&problem.path));
    let problems: Vec<_> = problems.take(MOST_NAMED).map(problem).collect();
    let summary_in = |backup: &BackupRow| backup.sources.iter().find(|s| s.name == name).cloned();
    let (mut counts, mut new) = (Counts::default(), Counts::default());
    if let Some((backup, summary)) = newest.and_then(|backup| Some((backup, summary_in(backup)?))) {
        let tally = known.tally(opened, backup)?;
        (counts, new) = (tally.all(&summary), tally.new_ones(&summary));
    }
    let counted = last.and_then(|backup| summary_in(backup)).map_or(0, |summary| summary.problems);
    let of_report = report.plans.iter().find(|one| one.plan == plan.name);
    let state = of_report.and_then(|one| one.sources.iter().find(|s| s.name == name)).map(|s| state_of(s.state));
    Ok(SourceCard {
        plan: plan.name.clone(),
        name: name.into(),
        path: source.path.display().to_string(),
        state: state.unwrap_or(State::Attention),
        newest_backup: newest.map(|backup| backup.at),
        backup: newest.map(|backup| backup.name.clone()),
        counts,
        new,
        problem_count: counted.max(problems.len() as u64),
        problems,
        is_paused: plan.is_paused || source.is_paused,
    })
}

fn place_cards(
    opened: &Opened,
    settings: &Settings,
    (backups, whole): (&[BackupRow], &HashMap<i64, Vec<WholeCopy>>),
    report: &HealthReport,
    looks: &[Option<Look>],
    next: Option<i64>,
) -> Result<Vec<PlaceCard>, Refused> {
    let catalog = &opened.catalog;
    let places = catalog.places()?;
    let mut cards = Vec::new();
    for (number, (name, path)) in all_places(settings).enumerate() {
        let is_home = number == 0;
        let place = places.iter().find(|place: &&Place| place.path == path);
        let copies = place.and_then(|place| whole.get(&place.id)).map(Vec::as_slice).unwrap_or_default();
        let held = place.map(|place| catalog.held_in(place.id)).transpose()?.unwrap_or_default();
        let look = looks.get(number).and_then(Option::as_ref);
        let newest = copies.last().map(|copy: &WholeCopy| match is_home {
            true => backups.iter().find(|backup| backup.id == copy.backup).map_or(copy.copied_at, |backup| backup.at),
            false => copy.copied_at,
        });
        let reasons = report.reasons.iter().filter(|reason| is_about(reason, is_home, name));
        let mut state = worst(reasons);
        if is_home && look.is_none_or(|look| !look.is_there) && !copies.is_empty() {
            state = State::Problem;
        } else if newest.is_none() && state == State::Good {
            // What holds nothing keeps nothing safe.
            state = if backups.is_empty() { State::NotSetUp } else { State::Attention };
        }
        cards.push(PlaceCard {
            name: if is_home { String::new() } else { name.into() },
            is_home,
            path: path.display().to_string(),
            state,
            is_there: look.is_some_and(|look| look.is_there),
            answers: look.is_some(),
            newest,
            backups: copies.len() as u64,
            bytes: held.bytes,
            free_bytes: look.and_then(|look| look.free_bytes),
            // A copy is read again from its medium when it is made.
            proven: if is_home { catalog.longest_unchecked(&opened.computer_id)? } else { held.first_at },
            next,
        });
    }
    Ok(cards)
}

fn drive_card(drive: DriveCard, report: &HealthReport, plugged_in: &[String]) -> PlaceCard {
    let reasons = report.reasons.iter().filter(|reason| is_about(reason, false, &drive.name));
    let worst = worst(reasons);
    PlaceCard {
        path: String::new(),
        is_home: false,
        state: if drive.last_copied.is_none() { State::Attention } else { worst },
        is_there: plugged_in.contains(&drive.name),
        answers: true,
        newest: drive.last_copied,
        backups: drive.backups,
        bytes: drive.bytes,
        free_bytes: drive.free_bytes,
        proven: drive.last_proven,
        next: None,
        name: drive.name,
    }
}

/// The worst of these; good without any.
fn worst<'r>(reasons: impl Iterator<Item = &'r Reason>) -> State {
    reasons.map(|reason| reason.state).max_by_key(|state| *state as u8).map_or(State::Good, state_of)
}

/// True when a reason is about a place and not about a source.
fn is_about(reason: &Reason, is_home: bool, name: &str) -> bool {
    match is_home {
        true => {
            reason.place.is_none()
                && matches!(
                    reason.rule,
                    Rule::DiskFillingUp | Rule::Damaged | Rule::CheckFailed | Rule::Unchecked | Rule::Incomplete
                )
        }
        false => reason.place.as_deref() == Some(name),
    }
}

/// The backup folder, then the other places, each with what people call it.
fn all_places(settings: &Settings) -> impl Iterator<Item = (&str, &Path)> {
    let others = settings.destinations.iter().map(|place| (place.name.as_str(), place.path.as_path()));
    std::iter::once(("", settings.backup_dir.as_path())).chain(others)
}

/// What a look at a place found.
#[derive(Debug, Clone, Copy)]
struct Look {
    is_there: bool,
    free_bytes: Option<u64>,
}

fn look(path: &Path) -> Look {
    let is_there = path.is_dir();
    // Before the first backup the folder is not there, and its disk is.
    let nearest: Option<PathBuf> = path.ancestors().find(|at| at.is_dir()).map(Path::to_path_buf);
    let at = if is_there { Some(path.to_path_buf()) } else { nearest };
    Look { is_there, free_bytes: at.and_then(|at| Room::at(&at).ok()).map(|room| room.free_bytes) }
}
