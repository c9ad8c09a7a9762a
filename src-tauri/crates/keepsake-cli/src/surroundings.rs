//! Where the program runs: its settings, its state, its clock.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use keepsake_core::clock::{Clock, FixedClock, SystemClock};

use crate::args::Global;
use crate::error::{CliError, Exit};

/// What a command finds around it.
pub struct Surroundings {
    /// The settings file, whether it is there or not; absolute.
    pub config: PathBuf,
    /// The folder of catalog, lock and undo; absolute.
    pub data_dir: PathBuf,
    /// What `~` stands for; empty when that is not known, and then settings with `~` are refused.
    pub home: PathBuf,
    /// Where the time comes from.
    pub clock: Box<dyn Clock>,
    /// What was said on the command line.
    pub global: Global,
}

impl Surroundings {
    /// Reads the environment.
    ///
    /// # Errors
    /// When there is no home folder and nothing else says where things are, or `KEEPSAKE_NOW` is no time.
    pub fn look(global: Global) -> Result<Self, CliError> {
        let var = |name: &str| env::var_os(name);
        let home = var("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        let (config, data_dir) = places(global.config.clone(), &var, home.as_deref())?;
        let clock = clock(&var)?;
        let home = home.unwrap_or_default();
        Ok(Self { config: absolute(&config)?, data_dir: absolute(&data_dir)?, home, clock, global })
    }

    /// The time of day, for the note in the lock: `02:05`.
    pub fn time_of_day(&self) -> String {
        self.clock.local_now().strftime("%H:%M").to_string()
    }
}

/// The computer's clock, or one of a test.
fn clock(var: &dyn Fn(&str) -> Option<OsString>) -> Result<Box<dyn Clock>, CliError> {
    let not_empty = |name: &str| var(name).filter(|value| !value.is_empty());
    if let Some(path) = not_empty("KEEPSAKE_NOW_FILE") {
        return Ok(Box::new(FileClock(PathBuf::from(path))));
    }
    let Some(text) = not_empty("KEEPSAKE_NOW") else { return Ok(Box::new(SystemClock)) };
    let fixed = text.to_string_lossy().parse().map_err(|e| {
        let example = "Write it like 2026-03-03T02:05:00+01:00[Europe/Berlin], or unset it.";
        CliError::new(Exit::Config, format!("KEEPSAKE_NOW is no time: {e}"), example)
    })?;
    Ok(Box::new(FixedClock(fixed)))
}

/// A clock that a test moves while the program runs: it shows what stands in a file. The computer's own where
/// that is no time.
struct FileClock(PathBuf);

impl FileClock {
    fn shown(&self) -> Option<Zoned> {
        std::fs::read_to_string(&self.0).ok()?.trim().parse().ok()
    }
}

impl Clock for FileClock {
    fn now(&self) -> Timestamp {
        self.shown().map_or_else(|| SystemClock.now(), |now| now.timestamp())
    }
    fn time_zone(&self) -> TimeZone {
        self.shown().map_or_else(|| SystemClock.time_zone(), |now| now.time_zone().clone())
    }
}

/// A path that no longer depends on where one stands.
///
/// # Errors
/// When it is empty, or the present folder is gone.
pub fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    std::path::absolute(path).map_err(|e| {
        let message = format!("{:?} is no path that can be used: {e}", path.display().to_string());
        CliError::input(message, "Write it in full, beginning with `/`.")
    })
}

/// Settings file and state folder, by the XDG Base Directory Specification 0.8: paths in its variables that are
/// not absolute are ignored.
fn places(
    config: Option<PathBuf>,
    var: &dyn Fn(&str) -> Option<OsString>,
    home: Option<&Path>,
) -> Result<(PathBuf, PathBuf), CliError> {
    let not_empty = |name: &str| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let below = |xdg: &str, otherwise: &str| {
        not_empty(xdg).filter(|path| path.is_absolute()).or_else(|| home.map(|home| home.join(otherwise)))
    };
    let nowhere = |name: &str| {
        let message = format!("there is no home folder (HOME), and {name} is not set");
        CliError::new(Exit::Config, message, format!("Set HOME or {name}."))
    };
    let config = config
        .or_else(|| not_empty("KEEPSAKE_CONFIG"))
        .or_else(|| Some(below("XDG_CONFIG_HOME", ".config")?.join("keepsake/config.toml")))
        .ok_or_else(|| nowhere("KEEPSAKE_CONFIG"))?;
    let data_dir = not_empty("KEEPSAKE_DATA_DIR")
        .or_else(|| Some(below("XDG_DATA_HOME", ".local/share")?.join("keepsake")))
        .ok_or_else(|| nowhere("KEEPSAKE_DATA_DIR"))?;
    Ok((config, data_dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(vars: &[(&str, &str)], home: Option<&str>) -> Option<(String, String)> {
        let var = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value));
        let (config, data) = places(None, &var, home.map(Path::new)).ok()?;
        Some((config.display().to_string(), data.display().to_string()))
    }

    #[test]
    fn settings_and_state_are_where_they_belong() {
        let some = |a: &str, b: &str| Some((a.to_string(), b.to_string()));
        let usual = some("/h/.config/keepsake/config.toml", "/h/.local/share/keepsake");
        assert_eq!(with(&[], Some("/h")), usual);
        assert_eq!(with(&[("XDG_CONFIG_HOME", "relative"), ("XDG_DATA_HOME", "")], Some("/h")), usual);
        assert_eq!(
            with(&[("XDG_CONFIG_HOME", "/c"), ("XDG_DATA_HOME", "/d")], Some("/h")),
            some("/c/keepsake/config.toml", "/d/keepsake")
        );
        let own = [("KEEPSAKE_CONFIG", "/c.toml"), ("KEEPSAKE_DATA_DIR", "/d"), ("XDG_DATA_HOME", "/x")];
        assert_eq!(with(&own, None), some("/c.toml", "/d"));
        assert_eq!(with(&[], None), None);
        assert_eq!(with(&own[..1], None), None);
    }
}
