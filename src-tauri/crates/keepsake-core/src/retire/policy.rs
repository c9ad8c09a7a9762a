//! Which backups stay and which go: pure, from the list of backups, the policy and the present moment.
//!
//! - The newest backup always stays, and so do the newest good one and the newest one that is whole.
//! - So does the last one of each source that is not backed up any more.
//! - `last = N`: the newest N stay.
//! - `days = N`: those that are not older than N days stay. Time in which no backup was made ages them by a week at most,
//!   see [`old_since`].
//! - `daily/weekly/monthly`: of each of the last so many days, weeks and months that have a backup, one stays: the
//!   newest good one; when none is good, the newest one with problems. Days begin at midnight where the backup was
//!   made, weeks on Monday. All of the last 24 hours stay besides: who makes a second backup on one day wants both.
//! - One that is incomplete takes the place of another only when there are not enough that are whole.
//! - While something must be looked at by a person first, nothing goes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use crate::catalog::BackupState;
use crate::settings::Retention;
use crate::units::counted;

/// The longest that time without any backup ages those before it.
const LONGEST_GAP: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A backup, as far as the policy looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// When it was made, in the time zone where it was made.
    pub time: Zoned,
    /// How good it is.
    pub state: BackupState,
    /// A source that the newest backup does not have any more (taken out of the settings, or paused) and of which this
    /// is the last backup.
    pub last_of: Option<String>,
}

/// What becomes of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// True when it stays.
    pub stays: bool,
    /// Why, in words: `kept: the newest of Tuesday 3 March 2026`, `goes: older than 30 days`.
    pub why: String,
    /// All that keeps it; empty when nothing does, and it goes.
    pub because: Vec<Because>,
}

/// What keeps a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Because {
    /// It is the newest one: the next one builds on it.
    Newest,
    /// It is the newest one in which nothing is missing.
    NewestGood,
    /// It is the newest one that can be brought back whole.
    NewestWhole,
    /// It is among the newest so many.
    Last(u32),
    /// It is not older than so many days.
    Days(u32),
    /// It stands for a day.
    Day,
    /// It stands for a week.
    Week,
    /// It stands for a month.
    Month,
    /// It is of the last 24 hours.
    Recent,
    /// It is the last one of a source that is not backed up any more.
    LastOfSource,
    /// Nothing may go at present.
    Waits,
}

impl Because {
    /// True for what no policy and no person can change: Keepsake deletes none of these.
    pub fn protects(self) -> bool {
        matches!(self, Self::Newest | Self::NewestGood | Self::NewestWhole)
    }
}

/// What stays, with why in words and all that keeps it.
#[derive(Debug, Default)]
struct Kept(BTreeMap<usize, (String, Vec<Because>)>);

impl Kept {
    fn keep(&mut self, backup: usize, because: Because, words: impl FnOnce() -> String) {
        self.0.entry(backup).or_insert_with(|| (words(), Vec::new())).1.push(because);
    }
}

/// Decides for each backup of a chain, in any order; the verdicts are in the same order. `now` tells days from each
/// other where the policy counts them from the present. `waits` says why nothing may go at all.
pub fn decide(backups: &[Candidate], retention: Retention, now: &Zoned, waits: Option<&str>) -> Vec<Verdict> {
    let mut kept = protected(backups);
    let mut tiers = Vec::new();
    match retention {
        Retention::Last { last } => {
            let mut order: Vec<usize> = (0..backups.len()).collect();
            order.sort_by_key(|&i| Reverse((is_whole(&backups[i]), backups[i].time.timestamp(), i)));
            let why = format!("one of the newest {}", counted(last.into(), "backup", "backups"));
            for i in order.into_iter().take(last as usize) {
                kept.keep(i, Because::Last(last), || why.clone());
            }
        }
        Retention::Days { days } => {
            let oldest = now.checked_sub(i64::from(days).days()).map(|time| time.timestamp()).ok();
            let old_since = old_since(backups, days, now);
            let is_not_older = |time: Timestamp, since: Option<Timestamp>| since.is_none_or(|since| time >= since);
            for (i, backup) in backups.iter().enumerate() {
                let time = backup.time.timestamp();
                if is_not_older(time, old_since) {
                    let without =
                        if is_not_older(time, oldest) { "" } else { ", without the time that had no backups" };
                    kept.keep(i, Because::Days(days), || {
                        format!("not older than {}{without}", counted(days.into(), "day", "days"))
                    });
                }
            }
        }
        Retention::Tiered { daily, weekly, monthly } => {
            for (span, count) in [(Span::Day, daily), (Span::Week, weekly), (Span::Month, monthly)] {
                let stay = best_of_each(backups, span, count as usize);
                for &i in &stay {
                    let words = span.words(span.begin(&backups[i]));
                    let is_newest = backups.iter().all(|b| {
                        span.begin(b) != span.begin(&backups[i]) || b.time.timestamp() <= backups[i].time.timestamp()
                    });
                    let which = if is_newest { "newest" } else { "best" };
                    kept.keep(i, span.because(), || format!("the {which} of {words}"));
                }
                tiers.push((span, stay.into_iter().map(|i| span.begin(&backups[i])).collect::<HashSet<Date>>()));
            }
        }
    }
    if matches!(retention, Retention::Tiered { .. }) {
        let day_ago = now.checked_sub(24.hours()).map(|time| time.timestamp());
        for (i, backup) in backups.iter().enumerate() {
            if day_ago.as_ref().map_or(true, |day_ago| backup.time.timestamp() > *day_ago) {
                kept.keep(i, Because::Recent, || "made in the last 24 hours".into());
            }
        }
    }
    let why_goes = |backup: &Candidate| match retention {
        _ if backup.state == BackupState::Incomplete => {
            "archives that it needs are missing, and there are enough others".to_string()
        }
        Retention::Last { last } => format!("not one of the newest {}", counted(last.into(), "backup", "backups")),
        Retention::Days { days } => format!("older than {}", counted(days.into(), "day", "days")),
        Retention::Tiered { daily, weekly, monthly } => {
            let same = tiers.iter().find(|(span, begins)| begins.contains(&span.begin(backup)));
            match same {
                Some((span, _)) => format!("another one of {} stays", span.words(span.begin(backup))),
                None => format!(
                    "older than the last {}, {} and {} with a backup",
                    counted(daily.into(), "day", "days"),
                    counted(weekly.into(), "week", "weeks"),
                    counted(monthly.into(), "month", "months")
                ),
            }
        }
    };
    let verdict = |(i, backup): (usize, &Candidate)| match (kept.0.remove(&i), waits) {
        (Some((why, because)), _) => Verdict { stays: true, why: format!("kept: {why}"), because },
        (None, Some(waits)) => {
            Verdict { stays: true, why: format!("kept for now: {waits}"), because: vec![Because::Waits] }
        }
        (None, None) => Verdict { stays: false, why: format!("goes: {}", why_goes(backup)), because: Vec::new() },
    };
    backups.iter().enumerate().map(verdict).collect()
}

/// From when on a backup is not older than so many days; None when all of them are not.
///
/// The age of a backup is the sum of the gaps from it to the next one, and so on to the newest, and from that to now. Each
/// gap counts [`LONGEST_GAP`] at most. So a computer that was away for long, or a clock that ran ahead, does not make all
/// backups old at one stroke: they go by and by, as new ones come. No backup is older by this than by the calendar, and
/// while one is made at least each week all are as old as by the calendar.
fn old_since(backups: &[Candidate], days: u32, now: &Zoned) -> Option<Timestamp> {
    // Before the beginning of time nothing is older.
    let oldest = now.checked_sub(i64::from(days).days()).ok()?.timestamp();
    let mut times: Vec<Timestamp> = backups.iter().map(|backup| backup.time.timestamp()).collect();
    times.sort_unstable();
    // What is left out of gaps makes the limit earlier for all that is before them.
    let (mut limit, mut after, mut not_older) = (oldest, now.timestamp(), now.timestamp());
    for time in times.into_iter().rev() {
        let gap = after.duration_since(time);
        if gap > LONGEST_GAP {
            limit = limit.checked_sub(gap - LONGEST_GAP).ok()?;
        }
        if time < limit {
            return Some(not_older);
        }
        (after, not_older) = (time, time.min(not_older));
    }
    None
}

/// Those that stay whatever the policy says, with why.
fn protected(backups: &[Candidate]) -> Kept {
    let newest = |fits: &dyn Fn(&Candidate) -> bool| {
        (0..backups.len()).filter(|&i| fits(&backups[i])).max_by_key(|&i| (backups[i].time.timestamp(), i))
    };
    let mut kept = Kept::default();
    for (found, because, why) in [
        (newest(&|_| true), Because::Newest, "the newest backup"),
        (
            newest(&|b| b.state == BackupState::Good),
            Because::NewestGood,
            "the newest backup in which nothing is missing",
        ),
        (newest(&is_whole), Because::NewestWhole, "the newest backup that can be brought back whole"),
    ] {
        if let Some(i) = found {
            kept.keep(i, because, || why.to_string());
        }
    }
    for (i, backup) in backups.iter().enumerate() {
        if let Some(source) = &backup.last_of {
            let words = || format!("the last backup of {source}, which is not backed up any more");
            kept.keep(i, Because::LastOfSource, words);
        }
    }
    kept
}

fn is_whole(backup: &Candidate) -> bool {
    backup.state != BackupState::Incomplete
}

fn rank(state: BackupState) -> u8 {
    match state {
        BackupState::Incomplete => 0,
        BackupState::WithProblems => 1,
        BackupState::Good => 2,
    }
}

/// The best backup of each of the last `count` days, weeks or months that have one.
fn best_of_each(backups: &[Candidate], span: Span, count: usize) -> Vec<usize> {
    let mut best: BTreeMap<Date, usize> = BTreeMap::new();
    let worth = |i: usize| (rank(backups[i].state), backups[i].time.timestamp(), i);
    for (i, backup) in backups.iter().enumerate() {
        let of_span = best.entry(span.begin(backup)).or_insert(i);
        if worth(i) > worth(*of_span) {
            *of_span = i;
        }
    }
    let mut best: Vec<(bool, Date, usize)> =
        best.into_iter().map(|(begin, i)| (is_whole(&backups[i]), begin, i)).collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    best.into_iter().take(count).map(|(_, _, i)| i).collect()
}

/// What a policy counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Day,
    Week,
    Month,
}

impl Span {
    /// The first day of the span in which a backup was made, by the clock on the wall there.
    fn begin(self, backup: &Candidate) -> Date {
        let date = backup.time.date();
        match self {
            Span::Day => date,
            // At the beginning of time a week may be cut off.
            Span::Week => date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).unwrap_or(date),
            Span::Month => date.first_of_month(),
        }
    }

    fn because(self) -> Because {
        match self {
            Span::Day => Because::Day,
            Span::Week => Because::Week,
            Span::Month => Because::Month,
        }
    }

    fn words(self, begin: Date) -> String {
        match self {
            Span::Day => begin.strftime("%A %-d %B %Y").to_string(),
            Span::Week => format!("the week from {}", begin.strftime("%A %-d %B %Y")),
            Span::Month => begin.strftime("%B %Y").to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
