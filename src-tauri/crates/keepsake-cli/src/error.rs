//! How a command ends: its exit code, or what went wrong and what to do about it.

use std::path::Path;
use std::process::ExitCode;

use keepsake_core::archive_path::BadPath;
use keepsake_core::backup::BackupError;
use keepsake_core::catalog::CatalogError;
use keepsake_core::error::FileError;
use keepsake_core::lock::LockError;
use keepsake_core::settings::SettingsError;

/// The exit codes of all commands. Those from 64 on are those of sysexits.h; 130 is what shells give Ctrl-C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, or all is good.
    Good = 0,
    /// Done, with problems; or attention.
    Problems = 1,
    /// Failed, or damage was found; or a problem.
    Failed = 2,
    /// Nothing is set up.
    NotSetUp = 3,
    /// The command line is wrong.
    Usage = 64,
    /// No such backup, path or plan; or no consent.
    Input = 65,
    /// Another run holds the lock.
    Busy = 75,
    /// The settings are wrong.
    Config = 78,
    /// Stopped with Ctrl-C.
    Stopped = 130,
}

impl Exit {
    /// As it is, but for a success that is not quite what was asked for.
    pub fn not_all(self, is_so: bool) -> Self {
        if is_so && self == Exit::Good { Exit::Problems } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// What went wrong, as it is told to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CliError {
    /// What failed, and where.
    pub message: String,
    /// What to do about it.
    pub advice: String,
    /// How the program ends.
    pub exit: Exit,
    /// True when making the catalog anew and running the command again may help.
    pub is_catalog_damaged: bool,
    /// A word for programs that do something about it themselves.
    pub word: Option<&'static str>,
}

impl CliError {
    /// An error of any kind.
    pub fn new(exit: Exit, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { message: message.into(), advice: advice.into(), exit, is_catalog_damaged: false, word: None }
    }

    /// What was asked for does not exist, or may not be.
    pub fn input(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Exit::Input, message, advice)
    }

    /// It could not be done.
    pub fn failed(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message, advice)
    }

    /// It was stopped as asked.
    pub fn stopped(what_stays: &str) -> Self {
        Self::new(Exit::Stopped, format!("stopped as asked; {what_stays}"), "Run it again to go on.")
    }

    /// There is no settings file.
    pub fn not_set_up(config: &Path) -> Self {
        let message = format!("nothing is set up yet: there is no {}", config.display());
        let rescue = "To bring files back from a folder of backups: keepsake restore latest --from DIR --to DIR";
        Self::new(Exit::NotSetUp, message, format!("{}\n\n{rescue}", example_settings(config)))
    }
}

/// How to protect the pictures, to copy.
pub fn example_settings(config: &Path) -> String {
    format!(
        "To protect your pictures, write these lines into {} and run `keepsake backup`:\n\n\
         \x20   backup_dir = \"~/Backups\"\n\
         \x20   [[plan]]\n\
         \x20   name = \"family\"\n\
         \x20   [[plan.source]]\n\
         \x20   name = \"photos\"\n\
         \x20   kind = \"folder\"\n\
         \x20   path = \"~/Pictures\"",
        config.display()
    )
}

impl From<CatalogError> for CliError {
    fn from(error: CatalogError) -> Self {
        let is_catalog_damaged = error.is_damage();
        let advice = match &error {
            _ if is_catalog_damaged => {
                "Run `keepsake rebuild`: it is made again from the backups, which are untouched."
            }
            _ if error.is_disk_full() => "Make room on the disk that holds it, then run it again.",
            _ => {
                "Your backups are untouched. See whether the folder of Keepsake's state can be written, and run it \
                 again. If that does not help, run `keepsake rebuild`."
            }
        };
        Self { is_catalog_damaged, ..Self::failed(error.to_string(), advice) }
    }
}

impl From<LockError> for CliError {
    fn from(error: LockError) -> Self {
        match &error {
            LockError::Held { .. } => {
                Self::new(Exit::Busy, error.to_string(), "Try again later, or add `--wait` to wait for it.")
            }
            LockError::File(_) => Self::failed(
                error.to_string(),
                "Keepsake notes there what it does. If something else stands there, move it away; else make room on \
                 that disk, or see that the folder can be written. Looking, checking and `restore --to` work without it.",
            ),
        }
    }
}

impl From<SettingsError> for CliError {
    fn from(error: SettingsError) -> Self {
        let advice = match error.place() {
            Some(place) => format!("Correct line {} of {} and run it again.", place.line, place.file.display()),
            None => "See whether you may read this file, and whether it is a file.".into(),
        };
        Self::new(Exit::Config, error.to_string(), advice)
    }
}

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        Self::failed(error.to_string(), "See whether it is there and whether you may use it.")
    }
}

impl From<BadPath> for CliError {
    fn from(error: BadPath) -> Self {
        Self::input(error.to_string(), "A path begins with the name of what you protect, as in photos/2019/lake.jpg.")
    }
}

impl From<BackupError> for CliError {
    fn from(error: BackupError) -> Self {
        let exit = match &error {
            BackupError::Stopped => Exit::Stopped,
            BackupError::Pattern(_) => Exit::Config,
            _ => Exit::Failed,
        };
        let is_catalog_damaged = matches!(&error, BackupError::Catalog(e) if e.is_damage());
        Self { is_catalog_damaged, ..Self::new(exit, error.to_string(), error.advice()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn io(kind: std::io::ErrorKind) -> std::io::Error {
        kind.into()
    }

    #[test]
    fn every_error_has_its_exit_code_and_advice() {
        let file = || FileError { action: "read", path: "/x".into(), source: io(std::io::ErrorKind::PermissionDenied) };
        let path = PathBuf::from("/home/b");
        let home = PathBuf::from("/home/anna");
        let parsed = keepsake_core::settings::Settings::parse("retension = 1", &path, &home).unwrap_err();
        let held = LockError::Held { doing: "backing up family since 02:00".into(), path: path.clone() };
        let table: Vec<(CliError, Exit)> = vec![
            (CliError::not_set_up(&path), Exit::NotSetUp),
            (CliError::stopped("nothing is lost"), Exit::Stopped),
            (parsed.into(), Exit::Config),
            (SettingsError::Unreadable(file()).into(), Exit::Config),
            (held.into(), Exit::Busy),
            (LockError::File(file()).into(), Exit::Failed),
            (CatalogError::File(file()).into(), Exit::Failed),
            (BackupError::Stopped.into(), Exit::Stopped),
            (BackupError::DiskFull { path: path.clone(), room: Default::default() }.into(), Exit::Failed),
            (BackupError::NothingFound { paths: vec!["/p".into()] }.into(), Exit::Failed),
            (keepsake_core::archive_path::ArchivePath::new("/etc").unwrap_err().into(), Exit::Input),
        ];
        for (error, exit) in table {
            assert_eq!(error.exit, exit, "{error:?}");
            assert!(!error.message.is_empty() && !error.advice.is_empty(), "{error:?}");
        }
    }

    #[test]
    fn the_codes_are_those_that_are_written_down() {
        let codes = [Exit::Good, Exit::Problems, Exit::Failed, Exit::NotSetUp, Exit::Usage, Exit::Input];
        assert_eq!(codes.map(|exit| exit as u8), [0, 1, 2, 3, 64, 65]);
        assert_eq!([Exit::Busy, Exit::Config, Exit::Stopped].map(|exit| exit as u8), [75, 78, 130]);
    }

    #[test]
    fn a_wrong_line_is_told_with_its_number() {
        let text = "backup_dir = \"/b\"\n\n[[plan]]\nname = \"family\"\nretension = 7\n";
        let error = keepsake_core::settings::Settings::parse(text, Path::new("/c/config.toml"), Path::new("/h"));
        let told = CliError::from(error.unwrap_err());
        assert!(told.advice.contains("line 5 of /c/config.toml"), "{told:?}");
        assert!(told.message.contains("retention"), "{told:?}");
    }

    #[test]
    fn the_example_is_accepted_as_it_stands() {
        let told = CliError::not_set_up(Path::new("/c/config.toml")).advice;
        let text: String = told.lines().filter_map(|l| l.strip_prefix("    ")).map(|l| format!("{l}\n")).collect();
        let settings = keepsake_core::settings::Settings::parse(&text, Path::new("c"), Path::new("/home/anna"));
        assert_eq!(settings.expect("it is right").plans[0].sources[0].path, Path::new("/home/anna/Pictures"));
    }
}
