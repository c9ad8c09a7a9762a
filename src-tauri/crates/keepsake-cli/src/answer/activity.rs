//! What happened: runs, copies, checks, restores, and when something was not well, in one list.

use keepsake_api::{ActivityEntry, ActivityFilter, ActivityKind, Answer, Said, SaidArg, State};
use keepsake_core::catalog::{BackupRow, EpisodeRow, RunOutcome, RunRow};
use keepsake_core::undo::past_restores;

use super::known::{Known, Opened, checked_limit};
use super::refusal::Refused;

/// Moments of one second are told apart by this many numbers.
const IDS_A_SECOND: i64 = 1000;
/// How long a pause between two checks makes two of them.
const PAUSE_SECS: i64 = 3600;

/// An entry before it has a number, with the sources it is about; None when it is about all.
struct Event {
    at: i64,
    kind: ActivityKind,
    state: State,
    said: Said,
    detail: Option<String>,
    backup: Option<String>,
    sources: Option<Vec<String>>,
}

/// Answers what happened, newest first.
pub fn activity(
    known: &mut Known<'_>,
    filter: &ActivityFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Answer, Refused> {
    let limit = checked_limit(limit)?;
    let opened = known.open(None)?;
    let backups = opened.catalog.backups(None)?;
    let mut events = Vec::new();
    for (_, run) in opened.catalog.runs()? {
        events.push(of_run(&opened, &backups, run));
    }
    events.extend(copies(&opened)?);
    events.extend(checks(&opened)?);
    for restore in past_restores(&known.around.data_dir).map_err(|e| Refused::failed("failed-reading", e))? {
        let made = backups.iter().find(|backup| backup.name == restore.backup);
        let said = |id: &str| {
            let said = Said::new(id).text("sources", restore.sources.join(", "));
            match made {
                Some(made) => said.with("from", SaidArg::Moment(made.at)),
                None => said.text("from", restore.backup.clone()),
            }
        };
        let event = |at, id: &str| Event {
            at,
            kind: ActivityKind::Restore,
            state: State::Good,
            said: said(id),
            detail: None,
            backup: made.map(|made| made.name.clone()),
            sources: Some(restore.sources.clone()),
        };
        events.push(event(restore.at, "activity-restored"));
        events.extend(restore.undone_at.map(|at| event(at, "activity-restore-undone")));
    }
    for episode in opened.catalog.episodes()? {
        let (begun, over) = of_episode(&opened, &episode);
        events.push(begun);
        events.extend(over);
    }

    // Numbered before anything is left out, so that a number means the same under every filter.
    events.sort_by(|a, b| (a.at, a.kind as u8, &a.said.id).cmp(&(b.at, b.kind as u8, &b.said.id)));
    let mut entries: Vec<ActivityEntry> = Vec::new();
    let mut last = (i64::MIN, 0);
    for event in events {
        last = (event.at, if last.0 == event.at { (last.1 + 1).min(IDS_A_SECOND - 1) } else { 0 });
        let id = event.at.saturating_mul(IDS_A_SECOND).saturating_add(last.1);
        let is_wanted = before.is_none_or(|before| id < before)
            && filter.kind.is_none_or(|kind| kind == event.kind)
            && filter.source.as_ref().is_none_or(|source| {
                event.sources.as_ref().is_some_and(|sources| sources.iter().any(|one| one == source))
            });
        if is_wanted {
            let Event { at, kind, state, said, detail, backup, .. } = event;
            entries.push(ActivityEntry { id, at, kind, state, said, detail, backup });
        }
    }
    entries.reverse();
    entries.truncate(limit);
    Ok(Answer::Activity(entries))
}

fn of_run(opened: &Opened, backups: &[BackupRow], run: RunRow) -> Event {
    let made = run.backup.as_ref().and_then(|name| backups.iter().find(|backup| backup.name == *name));
    let plan = |id: &str| Said::new(id).text("plan", run.plan.clone());
    let (state, said) = match (run.outcome, made) {
        (RunOutcome::Good, Some(made)) => {
            let new = plan("activity-backup-made").count("files", made.total(|s| s.new_files));
            (State::Good, new.with("bytes", SaidArg::Bytes(made.total(|s| s.new_bytes))))
        }
        (RunOutcome::Good, None) => (State::Good, plan("activity-backup-made-before")),
        (RunOutcome::WithProblems, Some(made)) => {
            (State::Attention, plan("activity-backup-with-problems").count("problems", made.problem_count))
        }
        (RunOutcome::WithProblems, None) => (State::Attention, plan("activity-backup-with-problems-before")),
        (RunOutcome::Failed, _) => (State::Problem, plan("activity-backup-failed")),
        (RunOutcome::Stopped, _) => (State::Good, plan("activity-backup-stopped")),
    };
    Event {
        at: run.finished,
        kind: ActivityKind::Backup,
        state,
        said,
        detail: (!run.message.is_empty()).then(|| run.message.clone()),
        backup: made.map(|made| made.name.clone()),
        sources: Some(match made {
            Some(made) => made.sources.iter().map(|source| source.name.clone()).collect(),
            None => sources_of(opened, &run.plan),
        }),
    }
}

/// The sources of a plan, by the settings.
fn sources_of(opened: &Opened, plan: &str) -> Vec<String> {
    let plan = opened.settings.as_ref().and_then(|settings| settings.plan(plan));
    plan.iter().flat_map(|plan| &plan.sources).map(|source| source.name.clone()).collect()
}

fn copies(opened: &Opened) -> Result<Vec<Event>, Refused> {
    let places = opened.catalog.places()?;
    let event = |arrival: keepsake_core::catalog::Arrival| {
        let place = places.iter().find(|place| place.id == arrival.place).map(|place| place.name.clone());
        Event {
            at: arrival.at,
            kind: ActivityKind::Copy,
            state: State::Good,
            said: Said::new("activity-copied")
                .text("place", place.unwrap_or_default())
                .with("bytes", SaidArg::Bytes(arrival.bytes)),
            detail: None,
            backup: None,
            sources: None,
        }
    };
    Ok(opened.catalog.arrivals()?.into_iter().map(event).collect())
}

/// Checks, those that follow each other closely as one.
fn checks(opened: &Opened) -> Result<Vec<Event>, Refused> {
    struct Check {
        at: i64,
        first_at: i64,
        how: &'static str,
        damaged: Vec<String>,
    }
    let mut checks: Vec<Check> = Vec::new();
    // Newest first.
    for (archive, at, how, good) in opened.catalog.checks()? {
        let how = match how.split(' ').next() {
            Some("full") => "activity-check-good",
            Some("part") => "activity-check-share-good",
            _ => "activity-check-quick-good",
        };
        let same = checks.last_mut().filter(|last| last.how == how && last.first_at.saturating_sub(at) < PAUSE_SECS);
        let check = match same {
            Some(same) => same,
            None => {
                checks.push(Check { at, first_at: at, how, damaged: Vec::new() });
                checks.last_mut().expect("just put there")
            }
        };
        check.first_at = at;
        if !good {
            check.damaged.push(archive);
        }
    }
    let event = |check: Check| {
        let is_good = check.damaged.is_empty();
        Event {
            at: check.at,
            kind: ActivityKind::Check,
            state: if is_good { State::Good } else { State::Problem },
            said: Said::new(if is_good { check.how } else { "activity-check-damaged" }),
            detail: (!is_good).then(|| check.damaged.join("\n")),
            backup: None,
            sources: None,
        }
    };
    Ok(checks.into_iter().map(event).collect())
}

/// When something began to be not well, and when that was over.
fn of_episode(opened: &Opened, episode: &EpisodeRow) -> (Event, Option<Event>) {
    let key = &episode.key;
    let said = |id: String| Said::new(id).text("plan", key.plan.as_str()).text("thing", key.thing.as_str());
    let sources = || match (key.thing.is_empty(), key.plan.is_empty()) {
        (false, _) => Some(vec![key.thing.clone()]),
        (true, false) => Some(sources_of(opened, &key.plan)),
        (true, true) => None,
    };
    let event = |at, state, id: String| Event {
        at,
        kind: ActivityKind::Health,
        state,
        said: said(id),
        detail: Some(episode.message.clone()),
        backup: None,
        sources: sources(),
    };
    let state = if episode.state == "problem" { State::Problem } else { State::Attention };
    let over = episode.closed_at.map(|at| event(at, State::Good, format!("activity-over-{}", key.rule)));
    (event(episode.opened_at, state, format!("activity-began-{}", key.rule)), over)
}
