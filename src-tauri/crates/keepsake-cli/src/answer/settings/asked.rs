//! What a front end asks for, as a change of the settings file.

use keepsake_api::{Keep, NewSource, PathText, SettingsChange, Times};
use keepsake_core::settings::edit::{AddedSource, Change};
use keepsake_core::settings::{QuietHours, Retention};
use std::path::Path;

use super::shown;

/// As schedules write them, Monday first.
pub const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The change, as the file is to say it. It need not be right.
pub fn change(asked: SettingsChange, home: &Path) -> Change {
    let path = |dir: PathText| written(&dir, home);
    let source =
        |NewSource { name, path: dir, exclude }: NewSource| AddedSource { name, path: written(&dir, home), exclude };
    match asked {
        SettingsChange::BackupDir { dir } => Change::BackupDir(path(dir)),
        SettingsChange::AddPlan { plan, times, keep, sources } => Change::AddPlan {
            plan,
            schedule: schedule(&times),
            retention: retention(keep),
            sources: sources.into_iter().map(source).collect(),
        },
        SettingsChange::RemovePlan { plan } => Change::RemovePlan { plan },
        SettingsChange::Schedule { plan, times } => Change::Schedule { plan, schedule: schedule(&times) },
        SettingsChange::Retention { plan, keep } => Change::Retention { plan, retention: retention(keep) },
        SettingsChange::PausePlan { plan, is_paused } => Change::PausePlan { plan, is_paused },
        SettingsChange::AddSource { plan, source: new } => Change::AddSource { plan, source: source(new) },
        SettingsChange::RemoveSource { plan, source } => Change::RemoveSource { plan, source },
        SettingsChange::PauseSource { plan, source, is_paused } => Change::PauseSource { plan, source, is_paused },
        SettingsChange::Exclude { plan, source, patterns } => Change::Exclude { plan, source, patterns },
        SettingsChange::AddPlace { name, dir } => Change::AddPlace { name, path: path(dir) },
        SettingsChange::RemovePlace { name } => Change::RemovePlace { name },
        SettingsChange::QuietHours { hours } => {
            Change::QuietHours(hours.map(|(from_minute, to_minute)| QuietHours { from_minute, to_minute }))
        }
        SettingsChange::WaitOnBattery { waits } => Change::WaitOnBattery(waits),
        SettingsChange::WaitOnMetered { waits } => Change::WaitOnMetered(waits),
    }
}

/// A path as it stands in the file: below the home folder with `~`, so that it holds on a new computer, too.
fn written(dir: &PathText, home: &Path) -> String {
    shown(Path::new(&dir.os_string()), home)
}

/// The text of a schedule.
pub fn schedule(times: &Times) -> String {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    match times {
        Times::Hour {} => "hourly".into(),
        Times::Day { minute } => format!("daily {}", time(*minute)),
        Times::Week { weekday, minute } => {
            let day = WEEKDAYS.get(usize::from(weekday.wrapping_sub(1))).unwrap_or(&"");
            format!("weekly {day} {}", time(*minute))
        }
        Times::Never {} => "manual".into(),
        Times::Other { text } => text.clone(),
    }
}

fn retention(keep: Keep) -> Retention {
    match keep {
        Keep::Last { last } => Retention::Last { last },
        Keep::Days { days } => Retention::Days { days },
        Keep::Tiered { daily, weekly, monthly } => Retention::Tiered { daily, weekly, monthly },
    }
}
