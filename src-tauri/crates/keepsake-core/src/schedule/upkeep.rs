//! What is due between backups: reading what is stored, and copies to places that lack something. Pure, like
//! [`super::is_due`].
//!
//! The rules for **reading**:
//! - Everything that is stored is read in [`SHARES`] shares, one each day from four in the morning on. So each is read
//!   once in four weeks, on the same day of the week: a computer that is on only at weekends reads as much as one that
//!   is always on, one week later at most.
//! - A share is due when it was neither read nor written since the last day that was its own. Those of days on which
//!   the computer was off are caught up, the one that waits longest first. What was written since need not be read.
//! - A read that comes to nothing (the disk is away, it was killed) is made again after [`Tries`].
//! - Times in the future say nothing; whoever reads the catalog leaves them out.
//!
//! The rules for **copies**:
//! - A place that lacks nothing, or is not there, is left alone.
//! - One that lacks something is copied to at once; also when it was away, or its disk is another than at the last try.
//! - When it still lacks something afterwards, it is tried again after [`Tries`].
//!
//! Both wait while a backup is due. A read gives way to one at once, a copy after an hour, so that each turn brings it
//! on by an archive.

use jiff::{SignedDuration, Timestamp, Zoned};

use super::Schedule;
use super::due::RETRY_MINUTES;

/// In how many shares everything is read: one for each day of four weeks.
pub const SHARES: u32 = 28;
/// From when on a day's share is read.
const READ_FROM: &str = "daily 04:00";
/// After the retries it is tried once a day.
const LAST_PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// Tries in a row that did not bring what they should: the next is made 1, 5 and 25 minutes after the first, the
/// second and the third, and then once a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tries {
    failures: usize,
    ended: Option<Timestamp>,
}

impl Tries {
    /// One more, which ended now.
    pub fn add(&mut self, now: Timestamp) {
        *self = Self { failures: self.failures + 1, ended: Some(now) };
    }

    /// The moment until which the next one waits; None when it may be now. One from the future delays nothing.
    fn wait_until(&self, now: &Zoned) -> Option<Zoned> {
        let ended = self.ended.filter(|ended| *ended <= now.timestamp())?;
        let pause = RETRY_MINUTES.get(self.failures.checked_sub(1)?).map(|m| SignedDuration::from_mins(*m));
        let again = ended.saturating_add(pause.unwrap_or(LAST_PAUSE)).ok()?;
        (again > now.timestamp()).then(|| again.to_zoned(now.time_zone().clone()))
    }
}

/// Whether a share is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShareDue {
    /// This one, from 1 to [`SHARES`].
    Now(u32),
    /// None before this moment; None when nothing is stored.
    Later(Option<Zoned>),
}

/// Which share is to be read at `now`. `reads` says of each share when it was last read or written, the first share
/// first ([`crate::catalog::Catalog::share_reads`]); None when nothing is stored. The rules stand above.
pub fn share_due(reads: &[Option<Timestamp>], tries: &Tries, now: &Zoned) -> ShareDue {
    let schedule = Schedule::parse(READ_FROM).unwrap_or_default();
    let due = (|| {
        let newest = schedule.last_due(now)?;
        (0..i64::from(SHARES)).rev().find_map(|days_ago| {
            let date = newest.date().checked_sub(SignedDuration::from_hours(24 * days_ago)).ok()?;
            let own_day = date.to_datetime(newest.time()).to_zoned(now.time_zone().clone()).ok()?;
            let share = share_of(date);
            let read = (*reads.get(share as usize - 1)?)?;
            (read < own_day.timestamp()).then_some(share)
        })
    })();
    match (due, tries.wait_until(now)) {
        (Some(share), None) => ShareDue::Now(share),
        (Some(_), Some(again)) => ShareDue::Later(Some(again)),
        (None, _) => ShareDue::Later(schedule.next_due(now).filter(|_| reads.iter().any(Option::is_some))),
    }
}

/// The share whose day this is.
fn share_of(date: jiff::civil::Date) -> u32 {
    let days = date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
    days.rem_euclid(i64::from(SHARES)) as u32 + 1
}

/// Whether a place is to be copied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyDue {
    /// Now.
    Now,
    /// Not before this moment; None when there is nothing to wait for but a change.
    Later(Option<Zoned>),
}

/// Whether a place is to be copied to at `now`. `tries` are those since it was last seen to come. The rules stand above.
pub fn is_copy_due(lacks_copies: bool, is_there: bool, tries: &Tries, now: &Zoned) -> CopyDue {
    if !lacks_copies || !is_there {
        return CopyDue::Later(None);
    }
    match tries.wait_until(now) {
        None => CopyDue::Now,
        again => CopyDue::Later(again),
    }
}

#[cfg(test)]
mod tests;
