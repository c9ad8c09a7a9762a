//! What the family has set up: `config.toml`, read whole and checked before anything else is done.
//!
//! ```toml
//! backup_dir = "~/Backups"
//! [[plan]]
//! name = "family"
//! schedule = "daily 02:00"
//! retention = { daily = 7, weekly = 4, monthly = 12 }
//! [[plan.source]]
//! name = "photos"
//! kind = "folder"
//! path = "~/Pictures"
//! exclude = ["*.tmp", ".cache/"]
//! [[destination]]
//! name = "NAS"
//! path = "/mnt/nas/backups"
//! [[destination]]
//! name = "Blue drive"
//! kind = "drive"
//! id = "0123456789abcdef0123456789abcdef"
//! filesystem = "4F21-99AB"
//! color = "blue"
//! [desktop]
//! quiet_hours = "21:00-08:00"
//! [power]
//! wait_on_battery = true
//! wait_on_metered = true
//! ```
//! A key that is not known is an error, never ignored: a mistyped `exclude` must not go unnoticed.

mod drive;
pub mod edit;
mod error;
mod names;
mod parse;
mod paths;
mod patterns;
mod quiet;
mod table;

use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::FileError;
use crate::schedule::Schedule;

pub use drive::{DriveColor, DriveId, DriveSettings};
pub use error::{Place, SettingsError};
pub use names::{RESERVED_NAMES, check_plan_name, check_source_name};
pub use quiet::QuietHours;

/// The default of [`Plan::max_archive_bytes`]: any stick takes a file of this size.
pub const DEFAULT_MAX_ARCHIVE_BYTES: u64 = 4_000_000_000;

/// The most bytes of the file.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Everything that `config.toml` says, checked, with defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The file this was read from.
    pub path: PathBuf,
    /// The folder on this computer that holds the archives; absolute.
    pub backup_dir: PathBuf,
    /// What is backed up together; may be empty.
    pub plans: Vec<Plan>,
    /// Other folders that hold copies of the archives.
    pub destinations: Vec<FolderDestination>,
    /// The family's USB drives.
    pub drives: Vec<DriveSettings>,
    /// When the desktop stays quiet; None for never, as when the file says nothing.
    pub quiet_hours: Option<QuietHours>,
    /// What is not done while power or network are dear.
    pub power: PowerSettings,
}

/// What waits while power or network are dear. What somebody asks for is done all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerSettings {
    /// True when what nobody has asked for waits on battery, while it is low; true when the file says nothing.
    pub waits_on_battery: bool,
    /// True when what nobody has asked for waits where it goes over a network that costs by the byte; true when the file
    /// says nothing.
    pub waits_on_metered: bool,
}

impl Default for PowerSettings {
    fn default() -> Self {
        PowerSettings { waits_on_battery: true, waits_on_metered: true }
    }
}

/// Sources that are backed up together, with a schedule and a retention policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// ASCII letters, digits, `-` and `.`, since it begins the names of archives. Unique whatever its case.
    pub name: String,
    /// When backups are due; `daily 02:00` when the file says nothing.
    pub schedule: Schedule,
    /// Which backups are kept.
    pub retention: Retention,
    /// What is backed up; at least one.
    pub sources: Vec<SourceSettings>,
    /// Where an archive ends and the next begins, 1 MiB or more. A single larger file still makes a larger one.
    pub max_archive_bytes: u64,
    /// The compression level, 1 (fastest) to 12 (smallest).
    pub compression: u8,
    /// True when no backup of it is made by itself for the time being.
    pub is_paused: bool,
}

impl Plan {
    /// True when nothing of it is backed up by itself: it is paused, or each of its sources is.
    pub fn is_resting(&self) -> bool {
        self.is_paused || self.sources.iter().all(|source| source.is_paused)
    }
}

/// Which backups of a plan are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// The newest so many.
    Last {
        /// How many, at least 1.
        last: u32,
    },
    /// Those that are not older.
    Days {
        /// How many days, at least 1.
        days: u32,
    },
    /// The newest of each of the last so many days, weeks and months that have one. Not all are 0.
    Tiered {
        /// How many days.
        daily: u32,
        /// How many weeks.
        weekly: u32,
        /// How many months.
        monthly: u32,
    },
}

impl Default for Retention {
    fn default() -> Self {
        Retention::Tiered { daily: 7, weekly: 4, monthly: 12 }
    }
}

/// What kind of thing a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// A folder with everything in it.
    Folder,
}

/// One thing to protect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSettings {
    /// The first part of every path of it in archives. Unique in its plan, whatever its case.
    pub name: String,
    /// What kind of thing it is.
    pub kind: SourceKind,
    /// Where it is; absolute, without `.` and `..`.
    pub path: PathBuf,
    /// What is left out, in gitignore syntax, relative to `path`. Each pattern has been tried.
    pub exclude: Vec<String>,
    /// True when folders on other file systems are left out.
    pub one_file_system: bool,
    /// True when folders marked with a `CACHEDIR.TAG` (<https://bford.info/cachedir/>) are left out.
    pub exclude_caches: bool,
    /// True when it is left out of backups for the time being. Those that have it stay.
    pub is_paused: bool,
}

/// A folder that holds copies of archives: on a network drive, or one that something else keeps in step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderDestination {
    /// What people call it: "NAS".
    pub name: String,
    /// Where it is; absolute.
    pub path: PathBuf,
}

impl Settings {
    /// Reads and checks the file. `home` is what `~` and `$HOME` at the beginning of a path stand for.
    ///
    /// # Errors
    /// [`SettingsError`] for the first thing in the file that is wrong, with its line.
    /// [`SettingsError::is_missing`] tells a file that is not there.
    pub fn load(path: &Path, home: &Path) -> Result<Settings, SettingsError> {
        Settings::parse(&Settings::read_text(path)?, path, home)
    }

    /// Reads the file's text, unchecked.
    ///
    /// # Errors
    /// As [`Settings::load`], for what is wrong with the file as a whole.
    pub fn read_text(path: &Path) -> Result<String, SettingsError> {
        let bytes = read(path).map_err(|error| {
            // fs_err repeats the path in its message; the system's own words are enough.
            let source = error.raw_os_error().map_or(error, std::io::Error::from_raw_os_error);
            SettingsError::Unreadable(FileError { action: "read", path: path.to_path_buf(), source })
        })?;
        String::from_utf8(bytes).map_err(|error| {
            let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
            SettingsError::NotUtf8 { at: Place::boxed(path, &good, good.len()) }
        })
    }

    /// Reads and checks the text of a file; `path` is only named in errors and in the result.
    ///
    /// # Errors
    /// As [`Settings::load`], but for reading the file.
    pub fn parse(text: &str, path: &Path, home: &Path) -> Result<Settings, SettingsError> {
        parse::settings(text, path, home)
    }

    /// The drive of that name, whatever its case.
    pub fn drive(&self, name: &str) -> Option<&DriveSettings> {
        self.drives.iter().find(|drive| drive.name.to_lowercase() == name.to_lowercase())
    }

    /// The plan of that name, whatever its case.
    pub fn plan(&self, name: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.name.eq_ignore_ascii_case(name))
    }
}

/// The bytes of a file that can be settings. A pipe or a device would be waited for without an end.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(std::io::Error::other("it is larger than 1 MiB, so these are no settings"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
