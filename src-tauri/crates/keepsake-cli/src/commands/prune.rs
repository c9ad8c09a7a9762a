//! `keepsake prune`, and what follows each backup: letting old backups go.

use keepsake_core::backup::computer;
use keepsake_core::retire::{Decision, RetireError, RetireRequest, Retired, decide_retirement, retire};
use keepsake_core::settings::{Plan, Settings};
use keepsake_core::units::{ByteCount, counted};
use serde_json::{Value, json};

use super::backup::chosen_plans;
use super::list::{rfc3339, state_word};
use crate::error::{CliError, Exit};
use crate::say;
use crate::session::{Session, needed_settings};
use crate::surroundings::Surroundings;

/// Lets the backups of one plan go that its policy does not keep, or those of all plans; with `dry_run` it only says
/// which. `confirm_changes` says that a sudden mass change is right.
///
/// # Errors
/// When none can begin.
pub fn run(around: &Surroundings, plan: Option<&str>, dry_run: bool, confirm_changes: bool) -> Result<Exit, CliError> {
    let settings = needed_settings(around)?;
    let plans = chosen_plans(around, &settings, plan)?;
    let session = match dry_run {
        true => Session::look(around)?,
        false => Session::write_at_home(around, "removing old backups")?,
    };
    if let Some(trouble) = &session.home_trouble {
        return Err(trouble.clone());
    }
    let mut answers = Vec::new();
    let mut exit = Exit::Good;
    for plan in plans {
        let request = request(around, &settings, plan, confirm_changes);
        let clock = around.clock.as_ref();
        let done = match dry_run {
            true => decide_retirement(&session.catalog, &request, clock).map(|decision| Retired {
                decision,
                is_finished: true,
                ..Retired::default()
            }),
            false => retire(&session.catalog, &request, clock, &session.watcher()),
        };
        let done = match done {
            Err(RetireError::Catalog(e)) if e.is_damage() => return Err(e.into()),
            done => done.map_err(told),
        };
        exit = exit.max(exit_of(&done));
        match done {
            _ if around.global.json => answers.push(as_json(&plan.name, &done, dry_run)),
            Ok(retired) => tell(around, &plan.name, &retired, dry_run)?,
            Err(error) => say::error(&error, false),
        }
        if session.stop.is_asked() {
            exit = Exit::Stopped;
            break;
        }
    }
    if !dry_run {
        session.follow_health();
    }
    if around.global.json {
        say::json(&json!({ "dry_run": dry_run, "plans": answers }))?;
    }
    Ok(exit)
}

/// After a backup: lets old ones of the same plan go. Whatever comes of it, the backup is made.
pub fn after_backup(session: &Session<'_>, plan: &Plan) -> Option<Result<Retired, CliError>> {
    let settings = session.settings.as_ref()?;
    let request = request(session.around, settings, plan, false);
    let done = retire(&session.catalog, &request, session.around.clock.as_ref(), &session.watcher());
    Some(done.map_err(told))
}

/// What followed a backup, on stderr: what a person must know, and what came back.
pub fn tell_after_backup(around: &Surroundings, plan: &str, done: &Result<Retired, CliError>) -> Result<(), CliError> {
    match done {
        Err(error) => {
            say::note(format_args!("keepsake: old backups of {plan} could not be removed: {}", error.message));
            say::note(format_args!("{}", error.advice));
        }
        Ok(retired) => {
            say_what_waits(plan, retired);
            if went(&retired.decision) > 0 && !around.global.quiet {
                say::lines([summary(plan, retired)])?;
            }
        }
    }
    Ok(())
}

/// What followed a backup, for programs.
pub fn after_backup_json(done: &Result<Retired, CliError>) -> Value {
    match done {
        Ok(retired) => json!({
            "backups": went(&retired.decision), "archives": retired.archives, "bytes": retired.bytes,
            "waits": retired.decision.waits.as_ref().map(ToString::to_string), "problems": retired.problems,
            "error": null,
        }),
        Err(error) => json!({
            "backups": 0, "archives": 0, "bytes": 0, "waits": null, "problems": [], "error": error.message,
        }),
    }
}

fn request(around: &Surroundings, settings: &Settings, plan: &Plan, confirm_changes: bool) -> RetireRequest {
    RetireRequest {
        plan: plan.name.clone(),
        computer_id: computer().1,
        retention: plan.retention,
        backup_dir: settings.backup_dir.clone(),
        data_dir: around.data_dir.clone(),
        confirm_changes,
    }
}

fn told(error: RetireError) -> CliError {
    match error {
        RetireError::Catalog(e) => e.into(),
        RetireError::File(e) => CliError::failed(
            e.to_string(),
            "No backup was removed. See whether the folder of Keepsake's state can be written, and run it again.",
        ),
    }
}

fn exit_of(done: &Result<Retired, CliError>) -> Exit {
    match done {
        Err(error) => error.exit,
        Ok(retired) if !retired.is_finished => Exit::Stopped,
        Ok(retired) if retired.decision.waits.is_some() || !retired.problems.is_empty() => Exit::Problems,
        Ok(_) => Exit::Good,
    }
}

/// How many backups go.
pub fn went(decision: &Decision) -> u64 {
    decision.backups.iter().filter(|one| !one.verdict.stays).count() as u64
}

fn as_json(plan: &str, done: &Result<Retired, CliError>, dry_run: bool) -> Value {
    let retired = match done {
        Ok(retired) => retired,
        Err(error) => return json!({ "plan": plan, "error": error.message, "advice": error.advice }),
    };
    let decision = &retired.decision;
    let backups: Vec<Value> = decision
        .backups
        .iter()
        .map(|one| {
            json!({
                "name": one.backup.name, "time": rfc3339(&one.backup.time), "state": state_word(one.backup.state()),
                "stays": one.verdict.stays, "why": one.verdict.why,
            })
        })
        .collect();
    let (archives, bytes) =
        if dry_run { (decision.archives, decision.bytes) } else { (retired.archives, retired.bytes) };
    json!({
        "plan": plan, "backups": backups, "archives": archives, "bytes": bytes,
        "waits": decision.waits.as_ref().map(ToString::to_string),
        "advice": decision.waits.as_ref().map(|waits| waits.advice()),
        "problems": retired.problems, "error": null,
    })
}

fn tell(around: &Surroundings, plan: &str, retired: &Retired, dry_run: bool) -> Result<(), CliError> {
    let decision = &retired.decision;
    let mut lines = Vec::new();
    if dry_run || around.global.verbose {
        lines.extend(decision.backups.iter().map(|one| format!("{}  {}", one.backup.name, one.verdict.why)));
    }
    if dry_run {
        let going = counted(went(decision), "backup would go", "backups would go");
        let back = ByteCount(decision.bytes);
        let archives = counted(decision.archives, "archive", "archives");
        lines.push(format!("{plan}: {going}; {back} would come back from {archives}. Nothing was removed."));
    } else {
        lines.push(summary(plan, retired));
    }
    if !around.global.quiet {
        say::lines(lines)?;
    }
    say_what_waits(plan, retired);
    Ok(())
}

fn say_what_waits(plan: &str, retired: &Retired) {
    if let Some(waits) = &retired.decision.waits {
        say::note(format_args!("keepsake: no old backup of {plan} is removed for now: {waits}. {}", waits.advice()));
    }
    for problem in retired.problems.iter().take(10) {
        say::note(format_args!("keepsake: {problem}. No backup needs it; the next run tries again."));
    }
}

fn summary(plan: &str, retired: &Retired) -> String {
    let went = went(&retired.decision);
    let stay = retired.decision.backups.len() as u64 - went;
    let back = match (retired.archives, retired.bytes) {
        (0, _) => "their archives are still needed".to_string(),
        (archives, bytes) => {
            format!("{} came back from {}", ByteCount(bytes), counted(archives, "archive", "archives"))
        }
    };
    let stay = counted(stay, "backup stays", "backups stay");
    match (went, retired.archives) {
        (0, 0) => format!("Nothing of {plan} had to go: {stay}."),
        _ => format!("Removed {} of {plan}: {back}; {stay}.", counted(went, "old backup", "old backups")),
    }
}
