//! `keepsake backup`.

use keepsake_core::archive::metadata::SourceState;
use keepsake_core::backup::{BackupError, BackupReport, BackupRequest, Outcome, backup};
use keepsake_core::catalog::{RunOutcome, RunRow};
use keepsake_core::settings::{Plan, Settings};
use keepsake_core::units::{ByteCount, Count, counted};
use serde_json::{Value, json};

use super::copy::{self, Copied, copy_all};
use super::make_room::{self, MadeRoom};
use super::{problem_lines, prune};
use crate::error::{CliError, Exit};
use crate::say;
use crate::select::no_such_plan;
use crate::session::{Session, needed_settings, was_mended};
use crate::surroundings::Surroundings;

/// A report names at most so many things that are left out.
const MOST_LEFT_OUT: usize = 1000;

/// What came of a plan's backup, and what was let go so that it fits.
type Done = (Result<BackupReport, CliError>, MadeRoom);

/// Backs up one plan, or all of them, and copies what was made to the other places. One plan that fails does not stop
/// the others.
///
/// # Errors
/// When none can begin.
pub fn run(around: &Surroundings, plan: Option<&str>, full: bool, is_copied_on: bool) -> Result<Exit, CliError> {
    let settings = needed_settings(around)?;
    let plans = chosen_plans(around, &settings, plan)?;
    let names: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
    let doing = format!("backing up {}", names.join(", "));
    let mut session = Session::write_at_home(around, &doing)?;
    session.begin_at_home(&doing)?;
    let mut answers = Vec::new();
    let mut is_made = false;
    let mut exit = Exit::Good;
    for plan in plans {
        let (done, made_room) = one_plan(&session, plan, full)?;
        exit = worse(exit, exit_of(&done));
        is_made |= done.is_ok();
        // What is unknown may be gone, and the old backups all that is left of it.
        let is_known =
            |report: &BackupReport| report.sources.iter().all(|source| source.state == SourceState::Collected);
        let pruned = match &done {
            Ok(report) if is_known(report) && !session.stop.is_asked() => prune::after_backup(&session, plan),
            _ => None,
        };
        match done {
            _ if around.global.json => {
                let mut answer = as_json(&plan.name, &done);
                answer["made_room"] = made_room.as_json();
                answer["pruned"] = pruned.as_ref().map_or(Value::Null, prune::after_backup_json);
                answers.push(answer);
            }
            Ok(report) => {
                tell(&report, around)?;
                if let Some(pruned) = &pruned {
                    prune::tell_after_backup(around, &plan.name, pruned)?;
                }
            }
            Err(error) => {
                let message = format!("the backup of {} failed: {}", plan.name, error.message);
                let error = CliError { message, ..error };
                say::error(&error, false);
            }
        }
        if session.stop.is_asked() {
            break;
        }
    }
    session.leave_home();
    let copied = match is_made && is_copied_on && !session.stop.is_asked() {
        true => copy_all(&session, &settings, &settings.destinations, false, false),
        false => Ok(Copied::default()),
    };
    // The backup is made: whatever becomes of its copies, that does not fail.
    let is_copied = matches!(&copied, Ok(copied) if copy::exit_of(copied) == Exit::Good);
    session.follow_health();
    if around.global.json {
        let (copies, error) = match &copied {
            Ok(copied) => (copy::as_json(copied, false), None),
            Err(error) => (Value::Null, Some(&error.message)),
        };
        say::json(&json!({ "plans": answers, "copies": copies, "copies_error": error }))?;
    } else {
        match &copied {
            Ok(copied) => say::lines(copy::lines(copied, false, around.global.quiet))?,
            Err(error) => say::error(error, false),
        }
    }
    Ok(exit.not_all(!is_copied))
}

/// The plan that is named, or all of them that do not rest.
///
/// # Errors
/// Exit code 65 when there is no such plan, 3 when there is none at all.
pub fn chosen_plans<'s>(
    around: &Surroundings,
    settings: &'s Settings,
    plan: Option<&str>,
) -> Result<Vec<&'s Plan>, CliError> {
    let plans: Vec<&Plan> = match plan {
        // A paused plan is backed up when it is named, and only then.
        None if settings.plans.iter().any(|plan| !plan.is_resting()) => {
            settings.plans.iter().filter(|plan| !plan.is_resting()).collect()
        }
        None => settings.plans.iter().collect(),
        Some(name) => match settings.plan(name) {
            Some(plan) => vec![plan],
            None => return Err(no_such_plan(name, settings.plans.iter().map(|p| p.name.as_str()))),
        },
    };
    if plans.is_empty() {
        let message = format!("there is no plan in {}", around.config.display());
        return Err(CliError::new(Exit::NotSetUp, message, crate::error::example_settings(&around.config)));
    }
    Ok(plans)
}

/// Backs up one plan and notes the run, however it ends. The outer error is of a catalog that must be made anew.
fn one_plan(session: &Session<'_>, plan: &Plan, full: bool) -> Result<Done, CliError> {
    let around = session.around;
    let clock = around.clock.as_ref();
    let started = clock.now().as_second();
    let (done, made_room) = match (&session.settings, &session.home_trouble) {
        (Some(_), None) if plan.sources.iter().all(|source| source.is_paused) => {
            let message = format!("everything in {} is paused", plan.name);
            let error = CliError::input(message, "Take `paused` out of the settings of what is to be backed up.");
            (Err(error), MadeRoom::default())
        }
        (Some(settings), None) => {
            let mut request = BackupRequest::of_plan(settings, plan, around.data_dir.clone());
            request.full = full;
            make(session, settings, &request)?
        }
        (_, Some(trouble)) => (Err(trouble.clone()), MadeRoom::default()),
        (None, None) => (Err(CliError::not_set_up(&around.config)), MadeRoom::default()),
    };
    if let Err(error) = &done
        && error.is_catalog_damaged
        && !was_mended()
    {
        return Err(error.clone());
    }
    let (outcome, message, backup) = match &done {
        Ok(report) => {
            let outcome = match report.outcome {
                Outcome::Good => RunOutcome::Good,
                Outcome::WithProblems => RunOutcome::WithProblems,
            };
            let message = match report.problem_count {
                0 => String::new(),
                count => counted(count, "problem", "problems"),
            };
            (outcome, message, Some(report.backup.clone()))
        }
        Err(error) if error.exit == Exit::Stopped => (RunOutcome::Stopped, error.message.clone(), None),
        // The advice stands on a line of its own: that is where the verdict on safety looks for it.
        Err(error) => (RunOutcome::Failed, format!("{}\n{}", error.message, error.advice), None),
    };
    let finished = clock.now().as_second();
    let run = RunRow { plan: plan.name.clone(), started, finished, outcome, message, backup };
    if let Err(e) = session.note(|| session.catalog.add_run(&run)) {
        say::note(format_args!("keepsake: the run could not be noted: {e}"));
    }
    Ok((done, made_room))
}

/// Makes a backup; when it does not fit, once more after what may go has gone. The outer error is of an answer that
/// cannot be written.
fn make(session: &Session<'_>, settings: &Settings, request: &BackupRequest) -> Result<Done, CliError> {
    let try_it = || backup(&session.catalog, request, session.around.clock.as_ref(), &session.watcher());
    let first = try_it();
    let Some(seen) = first.as_ref().err().and_then(BackupError::lacking_room) else {
        return Ok((first.map_err(CliError::from), MadeRoom::default()));
    };
    let with_more = |error: BackupError, why: &str| {
        let error = CliError::from(error);
        CliError { advice: format!("{why} {}", error.advice), ..error }
    };
    if let Some(held) = make_room::is_held(seen) {
        return Ok((first.map_err(|error| with_more(error, held)), MadeRoom::default()));
    }
    let made_room = make_room::let_old_backups_go(session, settings)?;
    let again = if made_room.is_any() { try_it() } else { first };
    let done = again.map_err(|error| match error.lacking_room() {
        Some(_) => with_more(error, &made_room.no_more),
        None => error.into(),
    });
    Ok((done, made_room))
}

fn exit_of(done: &Result<BackupReport, CliError>) -> Exit {
    match done {
        Ok(report) if report.outcome == Outcome::Good => Exit::Good,
        Ok(_) => Exit::Problems,
        Err(error) if error.exit == Exit::Stopped => Exit::Stopped,
        Err(_) => Exit::Failed,
    }
}

/// Of several plans the worst counts; that someone stopped it, most.
fn worse(one: Exit, other: Exit) -> Exit {
    one.max(other)
}

fn as_json(plan: &str, done: &Result<BackupReport, CliError>) -> Value {
    match done {
        Ok(report) => {
            let mut value = serde_json::to_value(report).unwrap_or_default();
            value["error"] = Value::Null;
            value
        }
        Err(error) => {
            let outcome = if error.exit == Exit::Stopped { RunOutcome::Stopped } else { RunOutcome::Failed };
            json!({
                "plan": plan, "outcome": outcome.word(), "backup": null, "files": 0, "bytes": 0, "new_files": 0,
                "new_bytes": 0, "renewed_bytes": 0, "stored_bytes": 0, "archives": [], "problems": [], "problem_count": 0,
                "left_out": [], "sources": [], "error": error.message, "advice": error.advice,
            })
        }
    }
}

fn tell(report: &BackupReport, around: &Surroundings) -> Result<(), CliError> {
    if around.global.quiet && report.outcome == Outcome::Good {
        return Ok(());
    }
    say::lines(report_lines(report, around.global.verbose))
}

fn report_lines(report: &BackupReport, is_verbose: bool) -> Vec<String> {
    let new = match report.new_files {
        0 => "nothing new".to_string(),
        files => format!("{} new ({})", counted(files, "file", "files"), ByteCount(report.new_bytes)),
    };
    let all = format!("{} in all ({})", counted(report.files, "file", "files"), ByteCount(report.bytes));
    let mut lines = vec![format!("Backed up {}: {new}, {all}. Backup {}", report.plan, report.backup)];
    if report.renewed_bytes > 0 {
        let renewed = ByteCount(report.renewed_bytes);
        lines.push(format!("{renewed} of old files were stored anew: their old archives go with the old backups"));
    }
    let left_out = report.left_out.len();
    if left_out > 0 {
        let at_least = if left_out >= MOST_LEFT_OUT { "at least " } else { "" };
        let hint = if is_verbose { "" } else { " (-v names them)" };
        let things =
            if left_out == 1 { "1 thing was".into() } else { format!("{} things were", Count(left_out as u64)) };
        lines.push(format!("{at_least}{things} left out on purpose{hint}"));
        if is_verbose {
            lines.extend(report.left_out.iter().map(|one| format!("  {}: {}", one.path, one.why)));
        }
    }
    let others = "; `keepsake list --json` names them";
    lines.extend(problem_lines(&report.problems, report.problem_count, is_verbose, others));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_core::backup::LeftOut;
    use keepsake_core::monitor::{Problem, ProblemKind};

    fn report() -> BackupReport {
        BackupReport {
            plan: "family".into(),
            outcome: Outcome::Good,
            backup: "family_20260303_020500".into(),
            files: 41_204,
            bytes: 2_100_000_000,
            new_files: 214,
            new_bytes: 312_000_000,
            renewed_bytes: 0,
            stored_bytes: 300_000_000,
            archives: vec![],
            problems: vec![],
            problem_count: 0,
            left_out: vec![],
            sources: vec![],
        }
    }

    #[test]
    fn a_good_backup_is_one_line() {
        let whole =
            "Backed up family: 214 files new (312 MB), 41,204 files in all (2.1 GB). Backup family_20260303_020500";
        assert_eq!(report_lines(&report(), false), [whole]);
        let quiet_day = BackupReport { new_files: 0, new_bytes: 0, ..report() };
        assert!(report_lines(&quiet_day, false)[0].contains("nothing new"));
    }

    #[test]
    fn what_is_left_out_is_counted_and_problems_are_named() {
        let left_out = LeftOut { path: "home/socket".into(), why: "a socket".into() };
        let problem =
            Problem { kind: ProblemKind::Unreadable, path: "home/secret".into(), message: "no permission".into() };
        let report = BackupReport {
            left_out: vec![left_out],
            problems: vec![problem],
            problem_count: 1,
            outcome: Outcome::WithProblems,
            ..report()
        };
        let lines = report_lines(&report, false);
        assert_eq!(lines[1], "1 thing was left out on purpose (-v names them)");
        assert_eq!(lines[2..], ["1 problem:", "  home/secret: no permission"]);
        assert!(report_lines(&report, true).contains(&"  home/socket: a socket".to_string()));
    }

    #[test]
    fn the_exit_code_is_the_worst() {
        let failed = || Err(CliError::new(Exit::Config, "x", "y"));
        assert_eq!(exit_of(&Ok(report())), Exit::Good);
        assert_eq!(exit_of(&Ok(BackupReport { outcome: Outcome::WithProblems, ..report() })), Exit::Problems);
        assert_eq!(exit_of(&failed()), Exit::Failed);
        assert_eq!(exit_of(&Err(CliError::stopped("x"))), Exit::Stopped);
        assert_eq!(worse(Exit::Failed, Exit::Problems), Exit::Failed);
        assert_eq!(worse(Exit::Good, Exit::Problems), Exit::Problems);
        assert_eq!(worse(Exit::Failed, Exit::Stopped), Exit::Stopped);
        assert_eq!(as_json("family", &failed())["outcome"], "failed");
        assert_eq!(as_json("family", &Err(CliError::stopped("x")))["outcome"], "stopped");
        assert_eq!(as_json("family", &Ok(report()))["outcome"], "good");
    }
}
