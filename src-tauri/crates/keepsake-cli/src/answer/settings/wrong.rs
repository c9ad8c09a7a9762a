//! What is wrong with changes, field by field: first what can be seen on each of them, then what the settings as a whole
//! would say.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use fs_err as fs;
use keepsake_api::{Keep, NewSource, PathText, Refusal, Said, SettingsChange, Times, WrongChange};
use keepsake_core::archive_path::misleads;
use keepsake_core::schedule::Schedule;
use keepsake_core::settings::edit::{Change, EditError, SettingsFile, WrongChange as WrongEdit};
use keepsake_core::settings::{Settings, SettingsError, check_plan_name, check_source_name};

use super::super::silent::Silent;
use super::{asked, wrong_file};
use crate::surroundings::Surroundings;

/// The longest name of a file that Linux takes, in bytes (`NAME_MAX`, limits.h(0p)).
const MAX_NAME_BYTES: usize = 255;
/// The most backups or days that can be kept.
const MOST_KEPT: u32 = 100_000;

/// Everything that is wrong, in the order of the changes; and the changes as the file takes them.
///
/// # Errors
/// When the settings are wrong as they are.
pub fn find(
    around: &Surroundings,
    file: &SettingsFile,
    changes: &[SettingsChange],
) -> Result<(Vec<WrongChange>, Vec<Change>), Refusal> {
    let settings = file.settings().map_err(wrong_file)?;
    let silent = silent_folders(around, settings.as_ref(), changes);
    let (sources, places) = folders_that_stay(settings.as_ref(), changes);
    let mut check = Check {
        around,
        settings: settings.as_ref(),
        silent,
        backup_dir: None,
        sources,
        places,
        number: 0,
        wrong: Vec::new(),
    };
    check.backup_dir = changes.iter().rev().find_map(|change| match change {
        SettingsChange::BackupDir { dir } => expanded(dir, &around.home).ok(),
        _ => None,
    });
    if check.backup_dir.is_none() {
        check.backup_dir = settings.as_ref().map(|settings| settings.backup_dir.clone());
    }
    for (number, change) in changes.iter().enumerate() {
        check.number = number as u32;
        check.change(change);
        check.remember(change);
    }
    let mut wrong = check.wrong;
    let all: Vec<Change> = changes.iter().map(|change| asked::change(change.clone(), &around.home)).collect();
    // Each one that is wrong is put aside, so that the others are looked at, too.
    let mut left: Vec<usize> =
        (0..all.len()).filter(|number| wrong.iter().all(|w| w.change as usize != *number)).collect();
    while !left.is_empty() {
        let these: Vec<Change> = left.iter().map(|number| all[*number].clone()).collect();
        match file.changed(&these) {
            Ok(_) => break,
            Err(EditError::Wrong { number, why }) => {
                let number = left.remove(number);
                // What hangs on a change that was put aside is not wrong by itself.
                if wrong.is_empty() || !matches!(*why, WrongEdit::NotThere { .. }) {
                    wrong.push(of_whole(number as u32, &changes[number], &why));
                }
            }
            Err(e) => return Err(wrong_file(e)),
        }
    }
    wrong.sort_by_key(|wrong| wrong.change);
    Ok((wrong, all))
}

/// Sources and places by name, but for those that go with the changes.
fn folders_that_stay(settings: Option<&Settings>, changes: &[SettingsChange]) -> (Vec<Named>, Vec<Named>) {
    let goes = |plan: &str, source: &str| {
        changes.iter().any(|change| match change {
            SettingsChange::RemovePlan { plan: gone } => gone.eq_ignore_ascii_case(plan),
            SettingsChange::RemoveSource { plan: of, source: gone } => {
                of.eq_ignore_ascii_case(plan) && gone.to_lowercase() == source.to_lowercase()
            }
            _ => false,
        })
    };
    let goes_place = |name: &str| {
        let is_it = |gone: &String| gone.to_lowercase() == name.to_lowercase();
        changes.iter().any(|change| matches!(change, SettingsChange::RemovePlace { name } if is_it(name)))
    };
    let plans = settings.iter().flat_map(|settings| &settings.plans);
    let sources = plans.flat_map(|plan| plan.sources.iter().map(move |source| (plan, source)));
    let sources = sources.filter(|(plan, source)| !goes(&plan.name, &source.name));
    let places = settings.iter().flat_map(|settings| &settings.destinations).filter(|place| !goes_place(&place.name));
    (
        sources.map(|(_, source)| (source.name.clone(), source.path.clone())).collect(),
        places.map(|place| (place.name.clone(), place.path.clone())).collect(),
    )
}

/// All folders that are looked at, asked at once.
fn silent_folders(around: &Surroundings, settings: Option<&Settings>, changes: &[SettingsChange]) -> Silent {
    let mut folders: Vec<PathBuf> = Vec::new();
    if let Some(settings) = settings {
        folders.push(settings.backup_dir.clone());
        folders.extend(settings.destinations.iter().map(|place| place.path.clone()));
        folders.extend(settings.plans.iter().flat_map(|plan| &plan.sources).map(|source| source.path.clone()));
    }
    let new = changes.iter().flat_map(|change| match change {
        SettingsChange::BackupDir { dir } | SettingsChange::AddPlace { dir, .. } => vec![dir],
        SettingsChange::AddPlan { sources, .. } => sources.iter().map(|source| &source.path).collect(),
        SettingsChange::AddSource { source, .. } => vec![&source.path],
        _ => Vec::new(),
    });
    // What is no path is told of when it is its turn.
    folders.extend(new.filter_map(|dir| expanded(dir, &around.home).ok()));
    Silent::among(folders)
}

/// What the settings as a whole say of a change.
fn of_whole(number: u32, change: &SettingsChange, why: &WrongEdit) -> WrongChange {
    let prefix = match change {
        SettingsChange::AddSource { .. } => "source.",
        _ => "",
    };
    let (field, said) = match why {
        WrongEdit::NotThere { name, .. } => (String::new(), Said::new("wrong-not-there").text("name", name)),
        WrongEdit::Settings(error) => match error {
            SettingsError::WrongValue { key, found, meant, .. } => match key.as_str() {
                "name" if meant.contains("already taken") => {
                    let field = match change {
                        SettingsChange::AddPlan { .. } => "plan".into(),
                        _ => format!("{prefix}name"),
                    };
                    (field, Said::new("wrong-name-taken").text("name", unquoted(found)))
                }
                "name" => (format!("{prefix}name"), Said::new("wrong-name-letters")),
                "exclude" => {
                    let field = match change {
                        SettingsChange::Exclude { .. } => "patterns".into(),
                        _ => format!("{prefix}exclude"),
                    };
                    (field, Said::new("wrong-pattern").text("pattern", unquoted(found)))
                }
                "schedule" => ("times".into(), Said::new("wrong-schedule")),
                "path" => (format!("{prefix}path"), Said::new("wrong-folder")),
                "backup_dir" => ("dir".into(), Said::new("wrong-folder")),
                _ => (String::new(), Said::new("wrong-other")),
            },
            SettingsError::MissingKey { key, .. } if key == "source" => (String::new(), Said::new("wrong-last-source")),
            SettingsError::MissingKey { key, .. } if key == "backup_dir" => {
                ("dir".into(), Said::new("wrong-no-backup-dir"))
            }
            _ => (String::new(), Said::new("wrong-other")),
        },
    };
    WrongChange { change: number, field, said, detail: Some(why.to_string()) }
}

fn unquoted(found: &str) -> &str {
    found.trim_matches(['"', '\''])
}

/// A name in the settings and its folder.
type Named = (String, PathBuf);

/// Looks at changes one by one.
struct Check<'a> {
    around: &'a Surroundings,
    settings: Option<&'a Settings>,
    /// What cannot be looked at now.
    silent: Silent,
    /// As it is, or as it is to be.
    backup_dir: Option<PathBuf>,
    /// As they are, with what the changes so far add.
    sources: Vec<Named>,
    /// As `sources`.
    places: Vec<Named>,
    number: u32,
    wrong: Vec<WrongChange>,
}

impl Check<'_> {
    fn add(&mut self, field: &str, said: Said, detail: Option<String>) {
        self.wrong.push(WrongChange { change: self.number, field: field.into(), said, detail });
    }

    fn is_wrong(&mut self, field: &str, id: &str) {
        self.add(field, Said::new(id), None);
    }

    /// What a change adds, for those after it.
    fn remember(&mut self, change: &SettingsChange) {
        let new: &[NewSource] = match change {
            SettingsChange::AddPlan { sources, .. } => sources,
            SettingsChange::AddSource { source, .. } => std::slice::from_ref(source),
            _ => &[],
        };
        let home = &self.around.home;
        let named = |name: &String, dir: &PathText| Some((name.clone(), expanded(dir, home).ok()?));
        self.sources.extend(new.iter().filter_map(|source| named(&source.name, &source.path)));
        if let SettingsChange::AddPlace { name, dir } = change {
            self.places.extend(named(name, dir));
        }
    }

    fn change(&mut self, change: &SettingsChange) {
        match change {
            SettingsChange::BackupDir { dir } => self.backup_dir(dir),
            SettingsChange::AddPlan { plan, times, keep, sources } => {
                self.name("plan", plan, true);
                self.times(times);
                self.keep(keep);
                if sources.is_empty() {
                    self.is_wrong("sources", "wrong-nothing-chosen");
                }
                for (at, source) in sources.iter().enumerate() {
                    self.source(&format!("sources.{at}"), source);
                    let is_same = |other: &NewSource| other.name.to_lowercase() == source.name.to_lowercase();
                    if sources[..at].iter().any(is_same) {
                        let said = Said::new("wrong-name-taken").text("name", &source.name);
                        self.add(&format!("sources.{at}.name"), said, None);
                    }
                }
            }
            SettingsChange::Schedule { times, .. } => self.times(times),
            SettingsChange::Retention { keep, .. } => self.keep(keep),
            SettingsChange::AddSource { source, .. } => self.source("source", source),
            SettingsChange::AddPlace { name, dir } => {
                self.name("name", name, false);
                self.place(dir);
            }
            SettingsChange::QuietHours { hours: Some((from, to)) } => {
                if *from > 1439 || *to > 1439 || from == to {
                    self.is_wrong("hours", "wrong-hours");
                }
            }
            SettingsChange::RemovePlan { .. }
            | SettingsChange::PausePlan { .. }
            | SettingsChange::RemoveSource { .. }
            | SettingsChange::PauseSource { .. }
            | SettingsChange::Exclude { .. }
            | SettingsChange::RemovePlace { .. }
            | SettingsChange::QuietHours { hours: None }
            | SettingsChange::WaitOnBattery { .. }
            | SettingsChange::WaitOnMetered { .. } => {}
        }
    }

    fn name(&mut self, field: &str, name: &str, is_plan: bool) {
        let checked = if is_plan { check_plan_name(name) } else { check_source_name(name) };
        let Err(why) = checked else { return };
        let id = match name {
            "" => "wrong-name-empty",
            _ if name.trim().is_empty() => "wrong-name-empty",
            _ if name.len() > 100 => "wrong-name-long",
            _ if name.contains('/') => "wrong-name-slash",
            _ if name.starts_with(['.', '-']) => "wrong-name-begin",
            _ if name.trim() != name => "wrong-name-space",
            _ if check_source_name(name).is_ok() => "wrong-plan-name",
            _ if name.contains(|c: char| c.is_control() || misleads(c)) => "wrong-name-letters",
            _ => "wrong-name-reserved",
        };
        self.add(field, Said::new(id), Some(why));
    }

    fn times(&mut self, times: &Times) {
        let is_right = match times {
            Times::Hour {} | Times::Never {} => true,
            Times::Day { minute } => *minute < 1440,
            Times::Week { weekday, minute } => *minute < 1440 && (1..=7).contains(weekday),
            Times::Other { text } => {
                if let Err(e) = Schedule::parse(text) {
                    self.add("times", Said::new("wrong-schedule"), Some(e.to_string()));
                }
                return;
            }
        };
        if !is_right {
            self.is_wrong("times", "wrong-time");
        }
    }

    fn keep(&mut self, keep: &Keep) {
        let (most, is_nothing) = match *keep {
            Keep::Last { last } => (last, last == 0),
            Keep::Days { days } => (days, days == 0),
            Keep::Tiered { daily, weekly, monthly } => {
                let most = daily.max(weekly).max(monthly);
                (most, most == 0)
            }
        };
        if is_nothing {
            self.is_wrong("keep", "wrong-keep-nothing");
        } else if most > MOST_KEPT {
            self.add("keep", Said::new("wrong-keep-many").count("most", MOST_KEPT.into()), None);
        }
    }

    fn source(&mut self, field: &str, source: &NewSource) {
        self.name(&format!("{field}.name"), &source.name, false);
        let field = format!("{field}.path");
        let Some(path) = self.path(&field, &source.path) else { return };
        if !self.is_folder(&field, &path, "wrong-folder-missing") {
            return;
        }
        if self.backup_dir.as_ref().is_some_and(|backups| self.is_in(&path, backups)) {
            return self.is_wrong(&field, "wrong-folder-in-backups");
        }
        let around = self.places.iter().find(|(_, place)| self.is_in(&path, place));
        if let Some(name) = around.map(|(name, _)| name.clone()) {
            self.add(&field, Said::new("wrong-folder-in-place").text("name", name), None);
        }
    }

    /// The path in full; None when it is none.
    fn path(&mut self, field: &str, dir: &PathText) -> Option<PathBuf> {
        match expanded(dir, &self.around.home) {
            Ok(path) => Some(path),
            Err(id) => {
                self.is_wrong(field, id);
                None
            }
        }
    }

    fn is_folder(&mut self, field: &str, path: &Path, missing: &str) -> bool {
        if self.silent.has(path) {
            self.is_wrong(field, "wrong-folder-silent");
            return false;
        }
        match fs::metadata(path)
            .and_then(|facts| if facts.is_dir() { fs::read_dir(path).map(|_| true) } else { Ok(false) })
        {
            Ok(true) => return true,
            Ok(false) => self.is_wrong(field, "wrong-no-folder"),
            Err(e) if e.kind() == ErrorKind::NotFound => self.is_wrong(field, missing),
            Err(e) => self.add(field, Said::new("wrong-folder-unreadable"), Some(e.to_string())),
        }
        false
    }

    fn backup_dir(&mut self, dir: &PathText) {
        let Some(path) = self.path("dir", dir) else { return };
        if self.silent.has(&path) {
            return self.is_wrong("dir", "wrong-folder-silent");
        }
        // It is made when it is missing: what counts then is the folder in which it will be.
        let Some(there) = path.ancestors().find(|above| fs::symlink_metadata(above).is_ok()) else { return };
        if !there.is_dir() {
            return self.is_wrong("dir", "wrong-no-folder");
        }
        if !is_writable(there) {
            return self.is_wrong("dir", "wrong-not-writable");
        }
        if let Some(name) = self.source_in(&path) {
            self.add("dir", Said::new("wrong-backups-around").text("name", name), None);
        }
        if self
            .settings
            .is_some_and(|settings| settings.destinations.iter().any(|place| self.is_same(&place.path, &path)))
        {
            self.is_wrong("dir", "wrong-place-same");
        }
    }

    fn place(&mut self, dir: &PathText) {
        let Some(path) = self.path("dir", dir) else { return };
        if !self.is_folder("dir", &path, "wrong-place-missing") {
            return;
        }
        let places = self.settings.iter().flat_map(|settings| &settings.destinations).map(|place| &place.path);
        let mut taken = places.chain(&self.backup_dir);
        if taken.any(|taken| self.is_same(taken, &path)) {
            self.is_wrong("dir", "wrong-place-same");
        } else if self.is_in(&path, &self.around.data_dir) {
            self.is_wrong("dir", "wrong-place-own");
        } else if let Some(name) = self.source_in(&path) {
            self.add("dir", Said::new("wrong-backups-around").text("name", name), None);
        } else if !is_writable(&path) {
            self.is_wrong("dir", "wrong-not-writable");
        }
    }

    /// The name of a source that is in a folder, or is that folder.
    fn source_in(&self, folder: &Path) -> Option<String> {
        self.sources.iter().find(|(_, source)| self.is_in(source, folder)).map(|(name, _)| name.clone())
    }
}

impl Check<'_> {
    /// Through whatever links, where it is there and answers.
    fn real(&self, path: &Path) -> PathBuf {
        let real = if self.silent.has(path) { None } else { fs::canonicalize(path).ok() };
        real.unwrap_or_else(|| path.to_path_buf())
    }

    fn is_in(&self, path: &Path, folder: &Path) -> bool {
        self.real(path).starts_with(self.real(folder))
    }

    fn is_same(&self, one: &Path, other: &Path) -> bool {
        self.real(one) == self.real(other)
    }
}

fn is_writable(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

/// The whole path that a text stands for.
///
/// # Errors
/// The sentence that says what is wrong.
pub fn expanded(dir: &PathText, home: &Path) -> Result<PathBuf, &'static str> {
    let Ok(text) = String::from_utf8(dir.bytes()) else { return Err("wrong-path-letters") };
    if text.is_empty() {
        return Err("wrong-path-empty");
    }
    if text.contains('\0') {
        return Err("wrong-path-letters");
    }
    let path = match text.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(&text),
    };
    if !path.is_absolute() || text.starts_with('$') {
        return Err("wrong-path-relative");
    }
    if path.components().any(|part| part == Component::ParentDir) {
        return Err("wrong-path-dots");
    }
    if path.components().any(|part| part.as_os_str().len() > MAX_NAME_BYTES) || path.as_os_str().len() > 4095 {
        return Err("wrong-path-long");
    }
    Ok(path.components().collect())
}
