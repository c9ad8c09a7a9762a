//! Rows of the catalog in the words of the API.

use keepsake_api::{BackupSummary, Counts, Problem, State};
use keepsake_core::catalog::{BackupRow, BackupState};
use keepsake_core::health::HealthState;
use keepsake_core::monitor;

use crate::select::wall_clock;

/// The same verdict.
pub fn state_of(state: HealthState) -> State {
    match state {
        HealthState::Good => State::Good,
        HealthState::Attention => State::Attention,
        HealthState::Problem => State::Problem,
        HealthState::Busy => State::Busy,
        HealthState::NotSetUp => State::NotSetUp,
    }
}

/// How a backup among others is shown.
pub fn summary(backup: &BackupRow, pictures: u64, is_damaged: bool, computer_id: &str) -> BackupSummary {
    let state = match backup.state() {
        BackupState::Incomplete => State::Problem,
        _ if is_damaged => State::Problem,
        BackupState::WithProblems => State::Attention,
        BackupState::Good => State::Good,
    };
    let day = wall_clock(backup).map(|time| time.date());
    let day = day.or_else(|| {
        let at = jiff::Timestamp::from_second(backup.at).ok()?;
        Some(at.to_zoned(jiff::tz::TimeZone::UTC).date())
    });
    BackupSummary {
        name: backup.name.clone(),
        plan: backup.plan.clone(),
        computer: (backup.computer_id != computer_id).then(|| backup.computer.clone()),
        at: backup.at,
        day: day.map(|day| day.to_string()).unwrap_or_default(),
        state,
        counts: Counts { files: backup.total(|s| s.files), pictures, bytes: backup.total(|s| s.bytes) },
        new_bytes: backup.total(|s| s.new_bytes),
        stored_bytes: backup.stored_bytes,
        problem_count: backup.problem_count,
    }
}

/// A problem by name.
pub fn problem(problem: &monitor::Problem) -> Problem {
    let kind = serde_json::to_value(problem.kind).ok();
    Problem {
        kind: kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().into(),
        path: problem.path.clone(),
        message: problem.message.clone(),
    }
}
