//! Whether a plan is due now: a pure function of its schedule, its runs and the time.
//!
//! The rules:
//! - **Due** is a plan whose newest backup began before the last scheduled moment that has passed. So a time
//!   that was missed (asleep, switched off, the clock put forward over it) is caught up as soon as someone
//!   looks, and once, however many times were missed.
//! - **Never ran**: a plan without a backup is due at once. Nobody has to make a first backup by hand.
//! - **Failed runs never count as a backup.** The plan stays due, and is tried again 1, 5 and 25 minutes after
//!   each failure. When that is used up the failure is *raised*: a person is to be told. The plan is tried again
//!   at its next scheduled moment, with the same patience.
//! - **Stopped runs** count neither as a backup nor as a failure: what was interrupted goes on when it can.
//! - **Each plan for itself**: only its own runs are looked at, so that no success clears another's failure.
//! - **Time zones and summer time**: scheduled moments are those of the clock on the wall where the computer is
//!   now ([`Schedule::last_due`]); runs are moments in time. So travelling neither loses nor doubles a run.
//! - **The clock was put forward**: to the plan it looks like having slept, and it runs once at most.
//! - **The clock was put back**: the newest backup lies in the future. The plan waits for the first scheduled
//!   moment after it, as if it had been made just now, but never longer than the pause of its schedule and
//!   [`CLOCK_SLACK`]: were it longer, the backup's time is worth nothing, and the plan is due at once. A failure
//!   in the future delays nothing.
//! - **Manual** plans are never due.

use jiff::{SignedDuration, Timestamp, Zoned};

use super::Schedule;

/// How long after the first, second and third failure in a row it is tried again.
pub(super) const RETRY_MINUTES: [i64; 3] = [1, 5, 25];
/// A clock that is put back by so much makes a plan wait that much longer; at most half the schedule's pause.
pub const CLOCK_SLACK: SignedDuration = SignedDuration::from_hours(1);

/// A run of one plan that has ended, but for those that someone stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastRun {
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// True when there is a backup of it, also one with problems.
    pub made_backup: bool,
}

/// Why a plan is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// There is no backup of it yet.
    NeverRan,
    /// This scheduled moment has passed without a run.
    Scheduled(Zoned),
    /// The clock was put back by more than the schedule's pause, so the newest backup's time is worth nothing.
    ClockPutBack,
    /// So many runs in a row failed since that moment.
    Failed(usize),
}

/// Whether a plan is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// It is to run now.
    Now(Why),
    /// Not before this moment.
    Later {
        /// When to look again; None when it is never due by itself.
        at: Option<Zoned>,
        /// How many runs failed in a row since the newest backup.
        failures: usize,
        /// True when it was tried again often enough: a person is to be told.
        is_raised: bool,
    },
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NeverRan => f.write_str("there is no backup of it yet"),
            Self::Scheduled(moment) => write!(f, "it was due at {}", moment.strftime("%Y-%m-%d %H:%M")),
            Self::ClockPutBack => f.write_str("the clock was put back, and the newest backup is from the future"),
            Self::Failed(1) => f.write_str("the last run failed"),
            Self::Failed(count) => write!(f, "the last {count} runs failed"),
        }
    }
}

/// Whether a plan with this schedule is due at `now`, in the time zone where the computer is. `runs` are the
/// plan's own, in the order in which they ended, oldest first; those that were stopped are not among them.
///
/// The rules stand above. It is enough to ask again at the moment that [`Due::Later`] names, and whenever the
/// runs, the schedule, the clock or the time zone may have changed.
pub fn is_due(schedule: &Schedule, runs: &[PastRun], now: &Zoned) -> Due {
    let Some(last_due) = schedule.last_due(now) else {
        return Due::Later { at: None, failures: 0, is_raised: false };
    };
    let moment = now.timestamp();
    let newest = runs.iter().rposition(|run| run.made_backup);
    let failed = &runs[newest.map_or(0, |at| at + 1)..];
    let later = |at: Option<Zoned>| {
        let is_raised = failed.len() > RETRY_MINUTES.len();
        Due::Later { at, failures: failed.len(), is_raised }
    };
    let why = match newest.map(|at| runs[at].started) {
        None => Why::NeverRan,
        Some(began) if began > moment => match after_a_future_backup(schedule, began, now) {
            Some(wait_until) => return later(Some(wait_until)),
            None => Why::ClockPutBack,
        },
        Some(began) if began >= last_due.timestamp() => return later(schedule.next_due(now)),
        Some(_) => Why::Scheduled(last_due.clone()),
    };
    // What failed before the last scheduled moment was tried for an earlier one.
    let of_this: Vec<&PastRun> =
        failed.iter().filter(|run| run.started >= last_due.timestamp() && run.finished <= moment).collect();
    let Some(last_failure) = of_this.last() else { return Due::Now(why) };
    let next_due = schedule.next_due(now);
    let Some(minutes) = RETRY_MINUTES.get(of_this.len() - 1) else { return later(next_due) };
    let retry = last_failure.finished.saturating_add(SignedDuration::from_mins(*minutes));
    match retry {
        Ok(retry) if retry <= moment => Due::Now(Why::Failed(failed.len())),
        Ok(retry) => later(Some(next_due.into_iter().fold(retry.to_zoned(now.time_zone().clone()), Zoned::min))),
        Err(_) => later(next_due),
    }
}

/// The first scheduled moment after a backup from the future; None when that is further away than such a plan
/// ever waits.
fn after_a_future_backup(schedule: &Schedule, began: Timestamp, now: &Zoned) -> Option<Zoned> {
    let pause = schedule.interval(now)?;
    let slack = CLOCK_SLACK.min(pause / 2);
    let next = schedule.next_due(&began.to_zoned(now.time_zone().clone()))?;
    (next.timestamp().duration_since(now.timestamp()) <= pause.saturating_add(slack)).then_some(next)
}

#[cfg(test)]
mod tests;
