//! `keepsake status` and `keepsake health`.

use keepsake_core::backup::computer;
use keepsake_core::health::gather::{Gathered, gather};
use keepsake_core::health::sentence::status_lines;
use keepsake_core::health::{HealthReport, HealthState, Reason, health};
use keepsake_core::lock;
use serde_json::json;

use crate::error::{CliError, Exit, example_settings};
use crate::say;
use crate::session::{self, Session};
use crate::surroundings::Surroundings;

/// What is known, and the verdict on it.
fn verdict(around: &Surroundings) -> Result<(Gathered, HealthReport), CliError> {
    let settings = session::settings(around)?;
    if settings.is_some() || !session::is_untouched(around) {
        let holder = lock::holder(&around.data_dir);
        return Session::look(around)?.verdict(holder.as_deref());
    }
    let gathered = gather(None, None, &computer().1, None)?;
    let report = health(&gathered.health, &around.clock.local_now());
    Ok((gathered, report))
}

/// Says in a few lines whether everything is safe.
///
/// # Errors
/// When the settings are wrong, or what is known cannot be read.
pub fn status(around: &Surroundings) -> Result<Exit, CliError> {
    let (gathered, report) = verdict(around)?;
    let mut lines = status_lines(&report, &gathered.status, &around.clock.local_now());
    let is_set_up = !gathered.health.plans.is_empty();
    if around.global.json {
        say::json(&json!({
            "state": report.state, "sentence": report.sentence, "lines": lines, "reasons": report.reasons,
            "plans": report.plans,
        }))?;
    } else {
        if !is_set_up {
            lines.push(format!("\n{}", example_settings(&around.config)));
        }
        say::lines(lines)?;
    }
    Ok(if is_set_up { Exit::Good } else { Exit::NotSetUp })
}

/// Says it for monitors, by the exit code.
///
/// # Errors
/// As [`status`].
pub fn health_command(around: &Surroundings) -> Result<Exit, CliError> {
    let (_, report) = verdict(around)?;
    if around.global.json {
        say::json(&json!({ "state": report.state, "reasons": report.reasons }))?;
    } else if !around.global.quiet {
        let others =
            report.reasons.iter().map(|reason| format!("{}{} {}", word(reason.state), reason.message, reason.advice));
        say::lines(std::iter::once(report.sentence.clone()).chain(others))?;
    }
    Ok(exit_of(&report.reasons))
}

fn word(state: HealthState) -> &'static str {
    match state {
        HealthState::Problem => "Problem: ",
        HealthState::Attention => "Attention: ",
        _ => "",
    }
}

/// The worst reason counts, also while a job runs: a monitor asks how things are, not what is done.
fn exit_of(reasons: &[Reason]) -> Exit {
    let has = |state| reasons.iter().any(|reason| reason.state == state);
    if has(HealthState::Problem) {
        Exit::Failed
    } else if has(HealthState::NotSetUp) {
        Exit::NotSetUp
    } else if has(HealthState::Attention) {
        Exit::Problems
    } else {
        Exit::Good
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_core::health::{Rule, Said};

    #[test]
    fn monitors_read_the_worst_reason() {
        let reason = |state| Reason {
            rule: Rule::Overdue,
            plan: None,
            source: None,
            place: None,
            message: "m".into(),
            advice: "a".into(),
            said: Said::new("health-overdue"),
            detail: None,
            state,
        };
        use HealthState::{Attention, NotSetUp, Problem};
        for (states, exit) in [
            (&[][..], Exit::Good),
            (&[Attention], Exit::Problems),
            (&[Attention, Problem], Exit::Failed),
            (&[NotSetUp], Exit::NotSetUp),
            (&[NotSetUp, Problem], Exit::Failed),
        ] {
            let reasons: Vec<Reason> = states.iter().map(|state| reason(*state)).collect();
            assert_eq!(exit_of(&reasons), exit, "{states:?}");
        }
    }
}
