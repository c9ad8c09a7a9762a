//! The verdict in words that everyone in the house understands.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, Zoned};

use super::{
    DriveFacts, HealthFacts, HealthReport, HealthState, PlaceFacts, PlanFacts, Reason, Rule, Said, SourceFacts,
};
use crate::units::{ByteCount, counted};

/// What the lines of `status` are made from, besides the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusFacts {
    /// The newest backup; None when there is none yet.
    pub last_backup: Option<LastBackup>,
    /// How many backups the backup folder holds.
    pub kept_backups: u64,
    /// What they take there, in bytes.
    pub kept_bytes: u64,
    /// The other places that should hold copies, but for drives.
    pub places: Vec<PlaceFacts>,
    /// The family's drives.
    pub drives: Vec<DriveFacts>,
}

/// What the newest backup brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastBackup {
    /// When it was made.
    pub time: Timestamp,
    /// What was new or changed in it, in bytes.
    pub new_bytes: u64,
    /// All files in it.
    pub files: u64,
    /// How many things could not be read.
    pub problem_count: u64,
}

/// The lines of `status`: the verdict, the last backup, what is kept where, then every reason with its advice.
///
/// ```text
/// All 3 things are safe. Newest copy: today 02:05.
/// Last backup: today 2:05 AM (312 MB new, 41,204 files)
/// Kept here: 7 backups (2.1 GB)   Copies: NAS, today 2:09 AM; Blue drive, 3 March (proven yesterday 3:10 AM)
/// ```
pub fn status_lines(report: &HealthReport, status: &StatusFacts, now: &Zoned) -> Vec<String> {
    let mut lines = vec![report.sentence.clone()];
    let is_set_up = report.reasons.iter().all(|reason| reason.rule != Rule::NothingProtected);
    if is_set_up || status.kept_backups > 0 {
        lines.push(last_backup_line(status, now));
        lines.push(kept_line(status, now));
    }
    for reason in &report.reasons {
        let word = match reason.state {
            HealthState::Problem => "Problem: ",
            HealthState::Attention => "Attention: ",
            _ => "",
        };
        // What the first line already says is not said twice.
        let message = if report.sentence.starts_with(&reason.message) { "" } else { reason.message.as_str() };
        let gap = if message.is_empty() { "" } else { " " };
        lines.push(format!("{word}{message}{gap}{}", reason.advice));
    }
    lines
}

fn last_backup_line(status: &StatusFacts, now: &Zoned) -> String {
    let Some(last) = &status.last_backup else { return "Last backup: none yet".into() };
    let new = match last.new_bytes {
        0 => "nothing new".into(),
        bytes => format!("{} new", ByteCount(bytes)),
    };
    let unread = match last.problem_count {
        0 => String::new(),
        count => format!(", {} could not be read", counted(count, "thing", "things")),
    };
    let when = when(last.time, now, HourStyle::Twelve);
    format!("Last backup: {when} ({new}, {}{unread})", counted(last.files, "file", "files"))
}

fn kept_line(status: &StatusFacts, now: &Zoned) -> String {
    let copies = status.places.iter().map(|place| match place.copied_at {
        Some(copied) => format!("{}, {}", place.name, when(copied, now, HourStyle::Twelve)),
        None => format!("{}, none yet", place.name),
    });
    let copies: Vec<String> = copies.chain(status.drives.iter().map(|drive| on_drive(drive, now))).collect();
    let copies = if copies.is_empty() { "none elsewhere".into() } else { copies.join("; ") };
    let kept = counted(status.kept_backups, "backup", "backups");
    format!("Kept here: {kept} ({})   Copies: {copies}", ByteCount(status.kept_bytes))
}

fn on_drive(drive: &DriveFacts, now: &Zoned) -> String {
    let name = &drive.name;
    let Some(copied) = drive.copied_at else { return format!("{name}, none yet") };
    let proven = drive.proven_at.map(|proven| format!(" (proven {})", when(proven, now, HourStyle::Twelve)));
    format!("{name}, {}{}", when(copied, now, HourStyle::Twelve), proven.unwrap_or_default())
}

/// The verdict in one or two sentences. The worst reason speaks; the others are counted.
pub(super) fn verdict_sentence(state: HealthState, reasons: &[Reason], facts: &HealthFacts, now: &Zoned) -> String {
    match (state, &facts.busy, reasons) {
        (HealthState::Busy, Some(busy), _) => format!("{}.", busy.trim_end_matches('.')),
        (_, _, [worst]) => worst.message.clone(),
        (_, _, [worst, second]) if second.state == HealthState::Attention => {
            format!("{} One more thing needs a look.", worst.message)
        }
        (_, _, [worst, _]) => format!("{} There is one more problem.", worst.message),
        (_, _, [worst, others @ ..]) => format!("{} {} more things need a look.", worst.message, others.len()),
        (_, _, []) => {
            let sources = || with_plans(facts).filter(|one| !is_paused(one)).map(|(_, source)| source);
            let paused = paused_names(facts);
            let paused = match paused.len() {
                0 => String::new(),
                1 => format!(" {} is paused.", paused[0]),
                count => format!(" {} are paused.", named(&paused, count as u64)),
            };
            let things = match sources().count() {
                1 if !paused.is_empty() => "The one thing that is not paused is safe.".into(),
                1 => "The one thing you protect is safe.".into(),
                2 => "Both things are safe.".into(),
                count => format!("All {count} things are safe."),
            };
            match sources().filter_map(|source| source.newest_backup).max() {
                Some(newest) => format!("{things} Newest copy: {}.{paused}", day_and_time(newest, now)),
                None => format!("{things}{paused}"),
            }
        }
    }
}

/// What is said first, before it is in any language.
pub(super) fn verdict_said(state: HealthState, reasons: &[Reason], facts: &HealthFacts) -> Said {
    match (state, reasons) {
        (HealthState::Busy, _) => Said::new("verdict-busy"),
        (_, [worst, ..]) => worst.said.clone(),
        (_, []) => {
            let paused = paused_names(facts);
            match paused.is_empty() {
                true => Said::new("verdict-good"),
                false => Said::new("verdict-good-paused").text("names", &paused.join(", ")),
            }
        }
    }
}

/// Every source with its plan.
pub(super) fn with_plans(facts: &HealthFacts) -> impl Iterator<Item = (&PlanFacts, &SourceFacts)> {
    facts.plans.iter().flat_map(|plan| plan.sources.iter().map(move |source| (plan, source)))
}

/// True when it is not backed up by itself, as somebody wanted it.
pub(super) fn is_paused((plan, source): &(&PlanFacts, &SourceFacts)) -> bool {
    plan.is_paused || source.is_paused
}

/// The names of what is paused, each once, in order.
fn paused_names(facts: &HealthFacts) -> Vec<String> {
    let names: BTreeSet<String> = with_plans(facts).filter(is_paused).map(|(_, source)| source.name.clone()).collect();
    names.into_iter().collect()
}

/// How the hours of a day are counted: from 0 to 23 wherever a time is told, but in the lines below the sentence
/// of `status`, whose wording is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HourStyle {
    /// `2:05 AM`.
    Twelve,
    /// `02:05`.
    TwentyFour,
}

/// A moment as people say it: `today 02:05`, `yesterday 02:05`, `Tuesday 02:05` within six days, else the day
/// alone: `3 March`, in other years `3 March 2024`. Days are those of `now`'s time zone.
pub fn when(moment: Timestamp, now: &Zoned, style: HourStyle) -> String {
    let local = moment.to_zoned(now.time_zone().clone());
    let days_ago = (local.date().duration_until(now.date())).as_hours() / 24;
    let day = match days_ago {
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        2..=6 => local.strftime("%A").to_string(),
        _ if local.year() == now.year() => return local.strftime("%-d %B").to_string(),
        _ => return local.strftime("%-d %B %Y").to_string(),
    };
    match style {
        HourStyle::Twelve => format!("{day} {}", local.strftime("%-I:%M %p")),
        HourStyle::TwentyFour => format!("{day} {}", local.strftime("%H:%M")),
    }
}

/// A moment as the sentences say it.
pub(super) fn day_and_time(moment: Timestamp, now: &Zoned) -> String {
    when(moment, now, HourStyle::TwentyFour)
}

/// How long something has been, as people say it: hours up to two days, then days.
pub fn age(duration: SignedDuration) -> String {
    let hours = u64::try_from(duration.as_hours()).unwrap_or(0);
    if hours < 48 { counted(hours, "hour", "hours") } else { counted(hours / 24, "day", "days") }
}

/// The first three of `count` names, and how many more there are.
pub(super) fn named(names: &[String], count: u64) -> String {
    let shown = &names[..names.len().min(3)];
    let rest = count.saturating_sub(shown.len() as u64);
    match (shown, rest) {
        ([], _) => "their names are in the list of that backup".into(),
        (_, 0) => shown.join(", "),
        (_, rest) => format!("{} and {} more", shown.join(", "), crate::units::Count(rest)),
    }
}

/// A moment for programs.
pub(super) fn rfc3339(moment: Timestamp, now: &Zoned) -> String {
    moment.to_zoned(now.time_zone().clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
