//! Which backup is meant: a name, `latest`, `oldest` or a date.

use jiff::Zoned;
use jiff::civil::{Date, DateTime};
use keepsake_core::catalog::BackupRow;

use crate::args::Wanted;
use crate::error::CliError;
use crate::near;

/// What BACKUP says.
#[derive(Debug, PartialEq, Eq)]
enum Meant<'t> {
    Latest,
    Oldest,
    Day(Date),
    Minute(DateTime),
    Name(&'t str),
}

/// How many names are offered.
const OFFERED: usize = 3;

fn meant(text: &str) -> Meant<'_> {
    let text = text.trim();
    let minute = || {
        let (day, time) = text.split_once([' ', 'T'])?;
        (day.len() == 10 && (4..=5).contains(&time.len())).then_some(())?;
        DateTime::strptime("%Y-%m-%d %H:%M", format!("{day} {time}")).ok()
    };
    let day = || (text.len() == 10).then(|| Date::strptime("%Y-%m-%d", text).ok()).flatten();
    match text {
        "latest" => Meant::Latest,
        "oldest" => Meant::Oldest,
        _ => match (day(), minute()) {
            (Some(day), _) => Meant::Day(day),
            (_, Some(minute)) => Meant::Minute(minute),
            _ => Meant::Name(text.strip_suffix(".tar.gz").unwrap_or(text)),
        },
    }
}

/// When a backup was made, by the clock of the computer that made it: as its name says it.
pub fn wall_clock(backup: &BackupRow) -> Option<DateTime> {
    backup.time.parse::<Zoned>().ok().map(|time| time.datetime())
}

/// The backup that is meant, and remarks about it. `backups` are all, oldest first; backups of the computer with
/// the id `here` come before those of others that were imported.
///
/// # Errors
/// Exit code 65 when there is none, with the nearest names, or when it could be one of several plans.
pub fn select<'b>(
    backups: &'b [BackupRow],
    wanted: &Wanted,
    here: &str,
) -> Result<(&'b BackupRow, Vec<String>), CliError> {
    let text = wanted.backup.as_str();
    if backups.is_empty() {
        return Err(CliError::input(
            "there is no backup yet",
            "Make one with `keepsake backup`, or make those in another folder known with `keepsake import DIR`.",
        ));
    }
    if let Some(plan) = &wanted.plan
        && !backups.iter().any(|b| b.plan.eq_ignore_ascii_case(plan))
    {
        return Err(no_such_plan(plan, backups.iter().map(|b| b.plan.as_str())));
    }
    let of_plan = |b: &&BackupRow| wanted.plan.as_ref().is_none_or(|plan| b.plan.eq_ignore_ascii_case(plan));
    let candidates: Vec<&BackupRow> = match meant(text) {
        Meant::Name(name) => {
            let found = backups.iter().find(|b| b.name == name).ok_or_else(|| not_found(text, name, backups))?;
            return Ok((found, remarks(found, None)));
        }
        Meant::Latest | Meant::Oldest => backups.iter().filter(of_plan).collect(),
        Meant::Day(day) => {
            let on_day = |b: &&BackupRow| wall_clock(b).is_some_and(|time| time.date() == day);
            backups.iter().filter(of_plan).filter(on_day).collect()
        }
        Meant::Minute(minute) => {
            // The minute is meant to its end.
            let until = minute.saturating_add(jiff::SignedDuration::from_secs(60));
            let before =
                |b: &&BackupRow| wall_clock(b).is_some_and(|time| time.date() == minute.date() && time < until);
            backups.iter().filter(of_plan).filter(before).collect()
        }
    };
    if candidates.is_empty() {
        return Err(nothing_then(text, backups));
    }
    let candidates = of_one_chain(text, candidates, here)?;
    let complete = || candidates.iter().copied().filter(|b| b.complete);
    let (chosen, passed_over) = match meant(text) {
        Meant::Oldest => (complete().next(), None),
        _ => (complete().next_back(), candidates.last().copied().filter(|last| !last.complete)),
    };
    // When none is complete, what is left of one is better than nothing.
    let chosen = chosen.or_else(|| match meant(text) {
        Meant::Oldest => candidates.first().copied(),
        _ => candidates.last().copied(),
    });
    let chosen = chosen.ok_or_else(|| nothing_then(text, backups))?;
    Ok((chosen, remarks(chosen, passed_over.filter(|b| b.name != chosen.name))))
}

/// What a person should know of the choice.
fn remarks(chosen: &BackupRow, passed_over: Option<&BackupRow>) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(newer) = passed_over {
        remarks.push(format!(
            "{} is newer, but archives that it needs are missing; taking {} instead.",
            newer.name, chosen.name
        ));
    }
    if !chosen.complete {
        remarks.push(format!("{} is incomplete: archives that it needs are missing.", chosen.name));
    }
    remarks
}

/// What a person should know when an archive that is newer than the newest known backup cannot be read at all, so that
/// nobody can tell what was in it. `unread` are names of archives that are there and could not be made known.
pub fn unreadable_newer(
    chosen: &BackupRow,
    wanted: &Wanted,
    backups: &[BackupRow],
    unread: &[String],
) -> Option<String> {
    if !matches!(meant(&wanted.backup), Meant::Latest) {
        return None;
    }
    let of_plan = format!("{}_", chosen.plan);
    let is_newer = |archive: &str| {
        // Of one plan the names are in the order of time.
        let is_of = |backup: &str| archive.strip_prefix(backup).is_some_and(|rest| rest.starts_with(['.', '_']));
        archive.starts_with(&of_plan) && archive > chosen.name.as_str() && !backups.iter().any(|b| is_of(&b.name))
    };
    let archive = unread.iter().rfind(|archive| is_newer(archive))?;
    Some(format!("{archive} is newer, but it is damaged and cannot be read; taking {} instead.", chosen.name))
}

/// What a person should know when a backup that was made here later than the newest known one is nowhere any more. `made`
/// are the names of backups that runs of its plan have made on this computer.
pub fn vanished_newer(
    chosen: &BackupRow,
    wanted: &Wanted,
    backups: &[BackupRow],
    made: &[String],
    here: &str,
) -> Option<String> {
    if !matches!(meant(&wanted.backup), Meant::Latest) || chosen.computer_id != here {
        return None;
    }
    // Of one plan the names are in the order of time. Retention never lets the newest go.
    let newest = made.iter().max().filter(|name| name.as_str() > chosen.name.as_str())?;
    let is_known = backups.iter().any(|backup| backup.name == *newest);
    (!is_known)
        .then(|| format!("{newest} was made later, and no place that is known has it; taking {} instead.", chosen.name))
}

/// Those of one plan on one computer.
fn of_one_chain<'b>(text: &str, candidates: Vec<&'b BackupRow>, here: &str) -> Result<Vec<&'b BackupRow>, CliError> {
    let own: Vec<&BackupRow> = candidates.iter().copied().filter(|b| b.computer_id == here).collect();
    let candidates = if own.is_empty() { candidates } else { own };
    let chain = candidates[0].chain;
    if candidates.iter().all(|b| b.chain == chain) {
        return Ok(candidates);
    }
    let mut plans: Vec<&str> = candidates.iter().map(|b| b.plan.as_str()).collect();
    plans.sort_unstable();
    plans.dedup();
    let message =
        |what: &str, names: &[&str]| format!("`{text}` could be a backup of several {what}: {}", names.join(", "));
    if plans.len() > 1 {
        return Err(CliError::input(message("plans", &plans), format!("Say which: --plan {}", plans[0])));
    }
    let mut computers: Vec<&str> = candidates.iter().map(|b| b.computer.as_str()).collect();
    computers.sort_unstable();
    computers.dedup();
    let example = candidates.last().map_or("", |b| b.name.as_str());
    let advice = format!("Name the backup itself, as in {example}; `keepsake list` shows all.");
    Err(CliError::input(message("computers", &computers), advice))
}

fn not_found(text: &str, name: &str, backups: &[BackupRow]) -> CliError {
    let near = near::names(name, backups.iter().map(|b| b.name.as_str()), OFFERED);
    if near.is_empty() { nothing_then(text, backups) } else { no_such(text, &near) }
}

/// The backups that are nearest in time are offered; when the text is no time, the newest.
fn nothing_then(text: &str, backups: &[BackupRow]) -> CliError {
    let at = match meant(text) {
        Meant::Day(day) => Some(day.at(12, 0, 0, 0)),
        Meant::Minute(minute) => Some(minute),
        _ => None,
    };
    let mut by_distance: Vec<(i64, &BackupRow)> = backups
        .iter()
        .map(|b| match (at, wall_clock(b)) {
            (Some(at), Some(time)) => (at.duration_since(time).as_secs().abs(), b),
            _ => (-b.at, b),
        })
        .collect();
    by_distance.sort_by_key(|(distance, _)| *distance);
    by_distance.truncate(OFFERED);
    by_distance.sort_by_key(|(_, b)| b.at);
    no_such(text, &by_distance.iter().map(|(_, b)| b.name.as_str()).collect::<Vec<_>>())
}

fn no_such(text: &str, near: &[&str]) -> CliError {
    let advice = format!("The nearest: {}. All of them: keepsake list", near.join(", "));
    CliError::input(format!("there is no backup {text}"), advice)
}

/// A plan that nobody knows.
pub fn no_such_plan<'n>(plan: &str, plans: impl Iterator<Item = &'n str> + Clone) -> CliError {
    let mut known: Vec<&str> = near::names(plan, plans.clone(), OFFERED);
    if known.is_empty() {
        known = plans.collect();
        known.sort_unstable();
        known.dedup();
    }
    let advice = match known[..] {
        [] => "No plan is set up.".to_string(),
        [one] => format!("Did you mean {one}?"),
        _ => format!("Did you mean one of these? {}", known.join(", ")),
    };
    CliError::input(format!("there is no plan {plan}"), advice)
}

#[cfg(test)]
mod tests;
