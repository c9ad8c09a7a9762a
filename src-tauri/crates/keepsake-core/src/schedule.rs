//! When a plan is due: pure rules over a wall clock. Whether a due run was made is for the catalog to say.
//!
//! A schedule is a line of text: `daily 02:00`, `hourly`, `weekly sunday 10:00`, `manual`, or five cron fields
//! (minute, hour, day of month, month, day of week) as the croner crate reads them.

mod due;
mod upkeep;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, Zoned};

pub use due::{CLOCK_SLACK, Due, PastRun, Why, is_due};
pub use upkeep::{CopyDue, SHARES, ShareDue, Tries, is_copy_due, share_due};

/// How far the search for a due moment goes. 29 February on a given weekday is at most 40 years away.
const SEARCH_DAYS: u32 = 40 * 366;

/// When a plan's backups are due.
#[derive(Debug, Clone)]
pub struct Schedule {
    text: String,
    rule: Rule,
}

#[derive(Debug, Clone)]
enum Rule {
    Manual,
    Hourly,
    Daily(Time),
    Weekly(Weekday, Time),
    Cron(Box<Cron>),
}

/// A line of text that is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no schedule: {why}")]
pub struct BadSchedule {
    /// The text that was given.
    pub found: String,
    /// What is wrong with it, in plain words.
    pub why: String,
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Schedule {}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Default for Schedule {
    /// Every night at two.
    fn default() -> Self {
        Schedule { text: "daily 02:00".into(), rule: Rule::Daily(Time::constant(2, 0, 0, 0)) }
    }
}

impl Schedule {
    /// Reads a schedule. Words are read whatever their case, spaces around and between them do not count.
    ///
    /// # Errors
    /// [`BadSchedule`] when the text is none of the known forms, or names a day that no calendar has.
    pub fn parse(text: &str) -> Result<Schedule, BadSchedule> {
        let bad = |why: String| BadSchedule { found: text.to_owned(), why };
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let rule = match words[..] {
            [] => return Err(bad("it is empty".into())),
            ["manual"] => Rule::Manual,
            ["hourly"] => Rule::Hourly,
            ["daily"] => return Err(bad("the time is missing, as in `daily 02:00`".into())),
            ["daily", time] => Rule::Daily(parse_time(time).map_err(bad)?),
            ["weekly", day, time] => Rule::Weekly(parse_weekday(day).map_err(bad)?, parse_time(time).map_err(bad)?),
            ["weekly", ..] => return Err(bad("day or time is missing, as in `weekly sunday 10:00`".into())),
            [_, _, _, _, _] => Rule::Cron(Box::new(parse_cron(text.trim()).map_err(bad)?)),
            _ => return Err(bad("no such form".into())),
        };
        Ok(Schedule { text: words.join(" "), rule })
    }

    /// The schedule as text: lower case, single spaces.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True when backups are only made when someone asks.
    pub fn is_manual(&self) -> bool {
        matches!(self.rule, Rule::Manual)
    }

    /// The newest due moment that is not after `now`, in `now`'s time zone. None for a manual schedule.
    ///
    /// The rules, for this and [`Schedule::next_due`]:
    /// - Times are read on the wall clock of `now`'s time zone, so that 02:00 stays 02:00 in summer and winter.
    /// - A time that does not exist on a day, because the clock was put forward over it, is due at the next
    ///   moment that exists: 02:30 in the night of the change is due at 03:00. Several times in the same gap
    ///   are due once. A whole day that a country left out is due when the next day begins.
    /// - A time that exists twice, because the clock was put back, is due once, the first time.
    /// - `hourly` is due whenever the wall clock shows a full hour, each of the two hours that exist twice
    ///   included, since an hour passes between them.
    /// - A cron line is due at its minutes on its days. When day of month and day of week are both given, either
    ///   is enough, as cron has always had it.
    pub fn last_due(&self, now: &Zoned) -> Option<Zoned> {
        match &self.rule {
            Rule::Manual => None,
            Rule::Hourly => last_full_hour(now),
            _ => self.search(now, false),
        }
    }

    /// The first due moment after `now`, in `now`'s time zone. None for a manual schedule, and at the end of
    /// what the calendar can say. The rules are those of [`Schedule::last_due`].
    pub fn next_due(&self, now: &Zoned) -> Option<Zoned> {
        match &self.rule {
            Rule::Manual => None,
            Rule::Hourly => next_full_hour(now),
            _ => self.search(now, true),
        }
    }

    /// The longest pause between neighbouring due moments around `now`: the four before and the one after.
    /// None for a manual schedule.
    ///
    /// It says how old a backup may become when all goes well. Several moments are looked at because a cron
    /// line can be uneven: on a Monday, `0 2 * * 1-5` has a pause of three days behind it.
    pub fn interval(&self, now: &Zoned) -> Option<SignedDuration> {
        let mut later = self.next_due(now)?;
        let mut earlier = self.last_due(now)?;
        let mut longest = later.duration_since(&earlier);
        for _ in 0..3 {
            later = earlier;
            let Some(before) = later
                .checked_sub(SignedDuration::from_nanos(1))
                .ok()
                .and_then(|just_before| self.last_due(&just_before))
            else {
                break;
            };
            earlier = before;
            longest = longest.max(later.duration_since(&earlier));
        }
        Some(longest)
    }

    /// Walks the calendar from the day of `now`, one day ahead, since a clock that is put back over midnight
    /// makes a moment of tomorrow come before one of today.
    fn search(&self, now: &Zoned, forward: bool) -> Option<Zoned> {
        let mut day = if forward { now.date().yesterday().ok()? } else { now.date().tomorrow().ok()? };
        for _ in 0..SEARCH_DAYS {
            if self.is_on(day) {
                let moments = self.times().into_iter().filter_map(|time| first_moment(day.to_datetime(time), now));
                let found =
                    if forward { moments.filter(|m| m > now).min() } else { moments.filter(|m| m <= now).max() };
                if found.is_some() {
                    return found;
                }
            }
            day = if forward { day.tomorrow().ok()? } else { day.yesterday().ok()? };
        }
        None
    }

    fn is_on(&self, day: Date) -> bool {
        match &self.rule {
            Rule::Manual | Rule::Hourly => false,
            Rule::Daily(_) => true,
            Rule::Weekly(weekday, _) => day.weekday() == *weekday,
            Rule::Cron(cron) => cron_is_on(cron, day),
        }
    }

    fn times(&self) -> Vec<Time> {
        match &self.rule {
            Rule::Manual | Rule::Hourly => Vec::new(),
            Rule::Daily(time) | Rule::Weekly(_, time) => vec![*time],
            Rule::Cron(cron) => {
                let minutes = cron.pattern.minutes.values();
                let hours = cron.pattern.hours.values();
                hours
                    .iter()
                    .flat_map(|hour| minutes.iter().map(move |minute| (*hour, *minute)))
                    .filter_map(|(hour, minute)| Time::new(hour as i8, minute as i8, 0, 0).ok())
                    .collect()
            }
        }
    }
}

fn cron_is_on(cron: &Cron, day: Date) -> bool {
    let weekday = croner::time::Weekday::from_days_from_sunday(day.weekday().to_sunday_zero_offset() as u32);
    let (year, month, day) = (i32::from(day.year()), day.month() as u32, day.day() as u32);
    cron.pattern.month_match(month).unwrap_or(false)
        && cron.pattern.day_match(year, month, day, weekday).unwrap_or(false)
}

/// The first moment at which the wall clock shows `time` or later.
fn first_moment(time: DateTime, now: &Zoned) -> Option<Zoned> {
    let zone = now.time_zone();
    let ambiguous = zone.to_ambiguous_zoned(time);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
        // The gap begins where the offset changes: the first moment that exists after it.
        AmbiguousOffset::Gap { .. } => {
            let before = ambiguous.earlier().ok()?;
            zone.following(before.timestamp()).next().map(|change| change.timestamp().to_zoned(zone.clone()))
        }
    }
}

fn past_the_hour(moment: &Zoned) -> SignedDuration {
    SignedDuration::from_secs(i64::from(moment.minute()) * 60 + i64::from(moment.second()))
        + SignedDuration::from_nanos(i64::from(moment.subsec_nanosecond()))
}

fn last_full_hour(now: &Zoned) -> Option<Zoned> {
    let mut moment = now.checked_sub(past_the_hour(now)).ok()?;
    // Where the clock changes by half an hour the step back can land beside the full hour.
    while past_the_hour(&moment) != SignedDuration::ZERO {
        moment = moment.checked_sub(past_the_hour(&moment)).ok()?;
    }
    Some(moment)
}

fn next_full_hour(now: &Zoned) -> Option<Zoned> {
    let hour = SignedDuration::from_hours(1);
    let mut moment = now.checked_add(hour - past_the_hour(now)).ok()?;
    if past_the_hour(&moment) != SignedDuration::ZERO {
        let back = moment.checked_sub(past_the_hour(&moment)).ok()?;
        moment = if back > *now && past_the_hour(&back) == SignedDuration::ZERO {
            back
        } else {
            moment.checked_add(hour - past_the_hour(&moment)).ok()?
        };
    }
    Some(moment)
}

fn parse_time(text: &str) -> Result<Time, String> {
    let wrong = || format!("`{text}` is no time between 00:00 and 23:59");
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let digits = |part: &str, lengths: &[usize]| {
        (lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<i8>().ok())
            .flatten()
    };
    let (Some(hour), Some(minute)) = (digits(hour, &[1, 2]), digits(minute, &[2])) else { return Err(wrong()) };
    Time::new(hour, minute, 0, 0).map_err(|_| wrong())
}

fn parse_weekday(text: &str) -> Result<Weekday, String> {
    const DAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    DAYS.iter()
        .find(|(name, _)| *name == text || name[..3] == *text)
        .map(|(_, day)| *day)
        .ok_or_else(|| format!("`{text}` is no day of the week"))
}

fn parse_cron(text: &str) -> Result<Cron, String> {
    let cron = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build()
        .parse(text)
        .map_err(|error| format!("as a cron line it is wrong ({error})"))?;
    if cron.pattern.minutes.values().is_empty() || cron.pattern.hours.values().is_empty() {
        return Err("as a cron line it never comes due".into());
    }
    let mut day = jiff::civil::date(2000, 1, 1);
    for _ in 0..SEARCH_DAYS {
        if cron_is_on(&cron, day) {
            return Ok(cron);
        }
        day = day.tomorrow().map_err(|error| error.to_string())?;
    }
    Err("as a cron line it never comes due: no calendar has that day".into())
}

#[cfg(test)]
mod tests;
