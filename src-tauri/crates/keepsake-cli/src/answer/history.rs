//! All backups, the days on which none was made, and the room that they take.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use keepsake_api::{Answer, BackupSummary, History, PathText};
use keepsake_core::catalog::RunOutcome;

use super::known::Known;
use super::refusal::Refused;
use super::words::summary;

/// Answers all backups, newest first. Pictures are not counted for this: that takes a look at every name.
pub fn history(known: &mut Known<'_>, from: Option<&PathText>) -> Result<Answer, Refused> {
    let opened = known.open(from)?;
    let catalog = &opened.catalog;
    let damaged = catalog.damaged_backups()?;
    let backups = catalog.backups(None)?;
    let shown = |backup| summary(backup, 0, damaged.contains_key(&backup.id), &opened.computer_id);
    let mut summaries: Vec<BackupSummary> = backups.iter().map(shown).collect();
    summaries.reverse();

    let zone = known.around.clock.time_zone();
    let mut failed: BTreeMap<String, u32> = BTreeMap::new();
    for (_, run) in catalog.runs()? {
        if run.outcome == RunOutcome::Failed && run.backup.is_none() {
            *failed.entry(day(run.started, &zone)).or_default() += 1;
        }
    }

    // What went since is not known by its day: the chart is of what is there now, by when it came.
    let at_home = catalog.archives_at_home()?;
    let mut space: Vec<(String, u64)> = Vec::new();
    let mut sum = 0u64;
    for archive in catalog.archives()?.iter().filter(|a| from.is_some() || at_home.contains(&a.id)) {
        sum = sum.saturating_add(archive.bytes);
        let day = day(archive.at, &zone);
        match space.last_mut().filter(|last| last.0 == day) {
            Some(last) => last.1 = sum,
            None => space.push((day, sum)),
        }
    }
    Ok(Answer::History(History { backups: summaries, failed: failed.into_iter().collect(), space }))
}

/// The day of a moment as people here read it: `2026-03-03`.
fn day(at: i64, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_second(at).unwrap_or_default();
    at.to_zoned(zone.clone()).date().to_string()
}
