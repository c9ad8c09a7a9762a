//! When a family is reminded of its drives. Pure: what is known and a moment in, what to do out.
//!
//! The rules:
//! - Once for each Sunday at 10:00 on the wall clock, or as soon afterwards as the computer is on: when the newest copy on any
//!   drive was older than 7 days then, and is still.
//! - Not twice within three days, however late the last one came, and wherever the computer has travelled since.
//! - Put off, it comes when that is over, on any day.
//! - Not while a drive that lacks a copy is plugged in. It is taken away as soon as there is nothing to remind of.
//! - In quiet hours and over a full-screen program it waits. What a person has put away does not come back before its turn.

use jiff::{SignedDuration, Timestamp, Zoned};
use keepsake_api::{Action, Reason, SaidArg};
use keepsake_core::schedule::Schedule;
use serde::{Deserialize, Serialize};

use super::policy::Around;

/// When it is time.
const TURN: &str = "weekly sunday 10:00";
/// So old the copy must have been then.
const OLD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So much time is between two.
const PAUSE: SignedDuration = SignedDuration::from_hours(3 * 24);

/// What was reminded of. Kept in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Reminded {
    /// When, in seconds since 1970; None before the first time.
    pub(super) at: Option<i64>,
    /// Until when it was put off, in seconds since 1970.
    pub(super) snoozed_until: Option<i64>,
    /// Which drive was named.
    pub(super) place: Option<String>,
    /// The server's number of the notification; None when none is shown.
    pub(super) number: Option<u32>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    /// Remind of this.
    Show {
        /// What is old.
        reason: Box<Reason>,
        /// In the place of this notification, if it is still there.
        replaces: Option<u32>,
    },
    /// There is nothing to remind of any more.
    Withdraw {
        /// The notification.
        number: u32,
    },
    /// It is put off until then, in seconds since 1970.
    PutOff {
        /// The end of it.
        until: i64,
    },
}

/// True when a person has put this off.
pub(super) fn is_snoozed(reason: &Reason) -> bool {
    reason.said.args.contains_key("until")
}

/// What is to be done now.
pub(super) fn deeds(now: &Zoned, reasons: &[Reason], kept: &Reminded, around: Around) -> Vec<Deed> {
    let old = || reasons.iter().filter(|reason| reason.rule == "drive-old");
    let mut deeds = Vec::new();
    let until = old().find_map(|reason| match reason.said.args.get("until") {
        Some(SaidArg::Moment(until)) => Some(*until),
        _ => None,
    });
    if let Some(until) = until.filter(|until| kept.snoozed_until != Some(*until)) {
        deeds.push(Deed::PutOff { until });
    }
    let wanted = old().find(|reason| !is_snoozed(reason) && reason.action != Some(Action::CopyNow));
    let is_withheld = around.is_quiet || around.is_full_screen;
    match (wanted, kept.number) {
        (None, Some(number)) => deeds.push(Deed::Withdraw { number }),
        (None, None) => {}
        (Some(reason), replaces) => {
            // It still stands there, and another drive has its turn.
            let is_moved = replaces.is_some() && kept.place != reason.place;
            if (is_moved || is_due(now, reason, kept)) && !is_withheld {
                deeds.push(Deed::Show { reason: Box::new(reason.clone()), replaces });
            }
        }
    }
    deeds
}

/// Whether it is time to remind of an old copy.
fn is_due(now: &Zoned, reason: &Reason, kept: &Reminded) -> bool {
    // A moment in the future is one of a clock that was wrong.
    let at = kept.at.and_then(|secs| Timestamp::from_second(secs).ok()).filter(|at| *at <= now.timestamp());
    let is_over = |until: i64| until <= now.timestamp().as_second() && at.is_none_or(|at| at.as_second() < until);
    if kept.snoozed_until.is_some_and(is_over) {
        return true;
    }
    let Some(SaidArg::AgeSecs(age_secs)) = reason.said.args.get("age") else { return false };
    let copied = now.timestamp().checked_sub(SignedDuration::from_secs(*age_secs));
    let turn = Schedule::parse(TURN).expect("a known form").last_due(now).map(|turn| turn.timestamp());
    let (Ok(copied), Some(turn)) = (copied, turn) else { return false };
    turn.duration_since(copied) > OLD && at.is_none_or(|at| turn.duration_since(at) >= PAUSE)
}

impl Reminded {
    /// Notes that it was shown, under that number. One that took the place of another is no new one.
    pub(super) fn show(&mut self, now: i64, place: Option<String>, number: u32, replaces: Option<u32>) {
        if replaces.is_none() || self.place == place {
            self.at = Some(now);
        }
        (self.place, self.number) = (place, Some(number));
    }

    /// Notes that a notification is shown no more. Answers whether it was this one.
    pub(super) fn close(&mut self, number: u32) -> bool {
        let is_it = self.number == Some(number);
        if is_it {
            self.number = None;
        }
        is_it
    }
}

#[cfg(test)]
mod tests;
