//! `keepsake list`.

use std::collections::HashMap;

use keepsake_core::catalog::{BackupDamage, BackupRow, BackupState};
use keepsake_core::units::{ByteCount, Count, counted};
use serde_json::{Value, json};

use crate::args::From;
use crate::error::{CliError, Exit};
use crate::say;
use crate::select::{no_such_plan, wall_clock};
use crate::session::Session;
use crate::surroundings::Surroundings;

/// Lists the backups, oldest first.
///
/// # Errors
/// Exit code 65 when the plan does not exist.
pub fn run(around: &Surroundings, plan: Option<&str>, from: &From) -> Result<Exit, CliError> {
    let session = Session::look_into(around, from.dir.as_deref())?;
    let all = session.catalog.backups(None)?;
    if let Some(plan) = plan {
        let of_settings = session.settings.iter().flat_map(|s| &s.plans).map(|p| p.name.as_str());
        let known = all.iter().map(|b| b.plan.as_str()).chain(of_settings);
        if !known.clone().any(|known| known.eq_ignore_ascii_case(plan)) {
            return Err(no_such_plan(plan, known));
        }
    }
    let wanted = |b: &&BackupRow| plan.is_none_or(|plan| b.plan.eq_ignore_ascii_case(plan));
    let backups: Vec<&BackupRow> = all.iter().filter(wanted).collect();
    let damage = session.catalog.damaged_backups()?;
    if around.global.json {
        // All is read from the catalog before a byte is written: damage in it makes the command begin anew.
        let backups = backups.iter().map(|backup| as_json(&session, backup, &damage)).collect::<Result<Vec<_>, _>>()?;
        say::json(&json!({ "backups": backups }))?;
    } else if backups.is_empty() {
        say::lines(["There is no backup yet. Make one with `keepsake backup`."])?;
    } else {
        let has_others = backups.iter().any(|b| b.computer_id != session.computer_id);
        say::lines(table(&backups, has_others, &damage))?;
    }
    Ok(Exit::Good)
}

/// The word for it in JSON.
pub fn state_word(state: BackupState) -> &'static str {
    match state {
        BackupState::Good => "good",
        BackupState::WithProblems => "with-problems",
        BackupState::Incomplete => "incomplete",
    }
}

fn as_json(session: &Session<'_>, backup: &BackupRow, damage: &HashMap<i64, BackupDamage>) -> Result<Value, CliError> {
    let needed = session.catalog.archives_of(backup)?;
    let (own, others): (Vec<_>, Vec<_>) = needed.into_iter().partition(|a| a.backup_name == backup.name);
    let names = |archives: Vec<keepsake_core::catalog::ArchiveRow>| -> Vec<String> {
        archives.into_iter().map(|a| a.name).collect()
    };
    let damage = damage.get(&backup.id);
    let state = match backup.state() {
        BackupState::Good | BackupState::WithProblems if damage.is_some() => "damaged",
        state => state_word(state),
    };
    Ok(json!({
        "name": backup.name, "plan": backup.plan, "computer": backup.computer, "time": rfc3339(&backup.time),
        "state": state, "damage": damage, "files": backup.total(|s| s.files), "bytes": backup.total(|s| s.bytes),
        "new_files": backup.total(|s| s.new_files), "new_bytes": backup.total(|s| s.new_bytes),
        "stored_bytes": backup.stored_bytes, "archives": names(own), "needs": names(others),
        "sources": backup.sources, "problems": backup.problems, "problem_count": backup.problem_count,
    }))
}

/// A time of RFC 9557 without the name of its zone: RFC 3339.
pub fn rfc3339(time: &str) -> &str {
    time.split('[').next().unwrap_or(time)
}

/// Columns of one width each, numbers to the right.
fn table(backups: &[&BackupRow], has_others: bool, damage: &HashMap<i64, BackupDamage>) -> Vec<String> {
    let mut rows = vec![["BACKUP", "MADE", "FILES", "IN ALL", "NEW", "STORED", ""].map(String::from)];
    for backup in backups {
        let made = wall_clock(backup).map(|time| time.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
        let mut remark = match (backup.state(), damage.get(&backup.id)) {
            (BackupState::Incomplete, _) => "incomplete: archives are missing".into(),
            (_, Some(BackupDamage { files, archives })) if archives.is_empty() => {
                format!("damaged: {}", counted(*files, "file", "files"))
            }
            (_, Some(BackupDamage { archives, .. })) => {
                format!("damaged: {}", counted(archives.len() as u64, "archive", "archives"))
            }
            (BackupState::Good, None) => String::new(),
            (BackupState::WithProblems, None) => counted(backup.problem_count.max(1), "problem", "problems"),
        };
        if has_others {
            remark = format!("on {}{}{remark}", backup.computer, if remark.is_empty() { "" } else { ", " });
        }
        rows.push([
            backup.name.clone(),
            made,
            Count(backup.total(|s| s.files)).to_string(),
            ByteCount(backup.total(|s| s.bytes)).to_string(),
            ByteCount(backup.total(|s| s.new_bytes)).to_string(),
            ByteCount(backup.stored_bytes).to_string(),
            remark,
        ]);
    }
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(widths).enumerate().map(|(i, (cell, width))| match i {
            2..=5 => format!("{cell:>width$}"),
            _ => format!("{cell:<width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backup(name: &str, stored_bytes: u64, problem_count: u64) -> BackupRow {
        BackupRow {
            id: 1,
            chain: 1,
            name: name.into(),
            plan: "family".into(),
            computer: "attic".into(),
            computer_id: "1".into(),
            at: 0,
            time: "2026-03-03T02:05:00+01:00[Europe/Berlin]".into(),
            stored_bytes,
            complete: true,
            problem_count,
            problems: vec![],
            sources: vec![],
        }
    }

    #[test]
    fn columns_stand_below_each_other() {
        let (a, b) = (backup("family_20260303_020500", 2_100_000_000, 0), backup("family_2", 1, 3));
        let none = HashMap::new();
        let lines = table(&[&a, &b], false, &none);
        assert_eq!(lines[1], "family_20260303_020500  2026-03-03 02:05      0  0 bytes  0 bytes  2.1 GB");
        assert_eq!(lines[2], "family_2                2026-03-03 02:05      0  0 bytes  0 bytes  1 byte  3 problems");
        assert!(table(&[&a], true, &none)[1].ends_with("on attic"));
        let files = BackupDamage { files: 2, ..BackupDamage::default() };
        assert!(table(&[&a], false, &HashMap::from([(1, files)]))[1].ends_with("  damaged: 2 files"));
        let archive = BackupDamage { files: 0, archives: ["family_1.tar.gz".into()].into() };
        assert!(table(&[&a], false, &HashMap::from([(1, archive)]))[1].ends_with("  damaged: 1 archive"));
        assert!(lines.iter().all(|line| !line.ends_with(' ')));
    }

    #[test]
    fn times_are_for_programs() {
        assert_eq!(rfc3339("2026-03-03T02:05:00+01:00[Europe/Berlin]"), "2026-03-03T02:05:00+01:00");
    }
}
