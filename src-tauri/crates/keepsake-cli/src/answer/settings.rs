//! The settings: as they are, with what would be wrong after changes, and changed.

mod asked;
#[cfg(test)]
pub(super) mod tests;
mod wrong;

use std::path::Path;

use keepsake_api::{
    Answer, ChangedSettings, Keep, PathText, PlaceView, PlanView, Refusal, RefusalKind, Said, SettingsChange,
    SettingsView, SourceView, Times,
};
use keepsake_core::settings::edit::{self, EditError, SettingsFile};
use keepsake_core::settings::{Plan, Retention, Settings};

use crate::surroundings::Surroundings;

pub use wrong::expanded;

/// The agent's copy of the last good settings, in the folder of state.
const KEPT_NAME: &str = "agent-settings.toml";

/// The settings as they are; when the file is wrong, the last good ones with what is wrong.
pub fn settings(around: &Surroundings) -> Result<Answer, Refusal> {
    Ok(Answer::Settings(view(around)))
}

/// What would be wrong with the settings after these changes. Writes nothing.
pub fn check_settings(around: &Surroundings, changes: Vec<SettingsChange>) -> Result<Answer, Refusal> {
    let file = SettingsFile::read(&around.config, &around.home).map_err(wrong_file)?;
    Ok(Answer::CheckSettings(wrong::find(around, &file, &changes)?.0))
}

/// Changes the settings: all of it, or nothing.
pub fn change_settings(
    around: &Surroundings,
    changes: Vec<SettingsChange>,
    fingerprint: String,
) -> Result<Answer, Refusal> {
    let file = SettingsFile::read(&around.config, &around.home).map_err(wrong_file)?;
    if file.fingerprint() != fingerprint {
        return Err(refusal(RefusalKind::WrongSettings, "wrong-meanwhile", None));
    }
    let (wrong, changes) = wrong::find(around, &file, &changes)?;
    if wrong.is_empty() {
        edit::change(&around.config, &around.home, &changes, &fingerprint).map_err(not_changed)?;
    }
    Ok(Answer::ChangeSettings(ChangedSettings { settings: view(around), wrong }))
}

fn refusal(kind: RefusalKind, id: &str, detail: Option<String>) -> Refusal {
    Refusal { kind, said: Said::new(id), detail }
}

fn wrong_file(error: impl std::fmt::Display) -> Refusal {
    refusal(RefusalKind::WrongSettings, "wrong-file", Some(error.to_string()))
}

fn not_changed(error: EditError) -> Refusal {
    let detail = Some(error.to_string());
    match error {
        EditError::ChangedMeanwhile { .. } => refusal(RefusalKind::WrongSettings, "wrong-meanwhile", detail),
        EditError::Settings(_) => refusal(RefusalKind::WrongSettings, "wrong-file", detail),
        EditError::Wrong { .. } => refusal(RefusalKind::WrongSettings, "wrong-other", detail),
        EditError::File(_) => refusal(RefusalKind::Failed, "wrong-not-saved", detail),
    }
}

/// The path as people read it: below the home folder with `~`.
pub fn shown(path: &Path, home: &Path) -> String {
    match path.strip_prefix(home) {
        Ok(rest) if rest.as_os_str().is_empty() => "~".into(),
        Ok(rest) if !home.as_os_str().is_empty() => format!("~/{}", rest.display()),
        _ => path.display().to_string(),
    }
}

fn view(around: &Surroundings) -> SettingsView {
    let (fingerprint, settings, wrong) = match SettingsFile::read(&around.config, &around.home) {
        Err(e) => (String::new(), None, Some(e.to_string())),
        Ok(file) => match file.settings() {
            Ok(settings) => (file.fingerprint(), settings, None),
            Err(e) => (file.fingerprint(), None, Some(e.to_string())),
        },
    };
    let last_good = || Settings::load(&around.data_dir.join(KEPT_NAME), &around.home).ok();
    let settings = settings.or_else(|| wrong.is_some().then(last_good).flatten());
    let home = &around.home;
    let mut view = SettingsView {
        file: shown(&around.config, home),
        fingerprint,
        backup_dir: None,
        plans: Vec::new(),
        places: Vec::new(),
        quiet_hours: None,
        waits_on_battery: true,
        waits_on_metered: true,
        wrong,
    };
    if let Some(settings) = settings {
        view.backup_dir = Some(PathText::of_path(&settings.backup_dir));
        view.plans = settings.plans.iter().map(|plan| plan_view(plan, home)).collect();
        view.places = settings
            .destinations
            .iter()
            .map(|place| PlaceView {
                name: place.name.clone(),
                path: PathText::of_path(&place.path),
                shown: shown(&place.path, home),
            })
            .collect();
        view.quiet_hours = settings.quiet_hours.map(|hours| (hours.from_minute, hours.to_minute));
        view.waits_on_battery = settings.power.waits_on_battery;
        view.waits_on_metered = settings.power.waits_on_metered;
    }
    view
}

fn plan_view(plan: &Plan, home: &Path) -> PlanView {
    let sources = plan.sources.iter().map(|source| SourceView {
        name: source.name.clone(),
        path: PathText::of_path(&source.path),
        shown: shown(&source.path, home),
        exclude: source.exclude.clone(),
        is_paused: source.is_paused,
    });
    PlanView {
        name: plan.name.clone(),
        schedule: plan.schedule.as_str().into(),
        times: times(plan.schedule.as_str()),
        keep: match plan.retention {
            Retention::Last { last } => Keep::Last { last },
            Retention::Days { days } => Keep::Days { days },
            Retention::Tiered { daily, weekly, monthly } => Keep::Tiered { daily, weekly, monthly },
        },
        is_paused: plan.is_paused,
        sources: sources.collect(),
    }
}

/// A schedule's text as data; None for a cron line.
fn times(text: &str) -> Option<Times> {
    let minute = |time: &str| {
        let (hour, minute) = time.split_once(':')?;
        Some(hour.parse::<u16>().ok()? * 60 + minute.parse::<u16>().ok()?)
    };
    match text.split(' ').collect::<Vec<_>>()[..] {
        ["hourly"] => Some(Times::Hour {}),
        ["manual"] => Some(Times::Never {}),
        ["daily", time] => Some(Times::Day { minute: minute(time)? }),
        ["weekly", day, time] => {
            let weekday = asked::WEEKDAYS.iter().position(|known| known[..3] == day[..3.min(day.len())])? as u8 + 1;
            Some(Times::Week { weekday, minute: minute(time)? })
        }
        _ => None,
    }
}
