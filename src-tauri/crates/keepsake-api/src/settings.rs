//! The settings, as they are shown and changed.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{PathText, Said};

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SettingsView {
    /// Where the file is, as text for people.
    pub file: String,
    /// Tells this state of the file from others; empty when there is no file.
    pub fingerprint: String,
    /// This computer's backup folder; null when nothing is set up.
    pub backup_dir: Option<PathText>,
    /// The plans.
    pub plans: Vec<PlanView>,
    /// Other places.
    pub places: Vec<PlaceView>,
    /// When the desktop stays quiet: minutes since midnight, local time, from and to; null when never.
    pub quiet_hours: Option<(u16, u16)>,
    /// True when backups wait while the computer runs on its battery.
    pub waits_on_battery: bool,
    /// True when copies over a metered network wait.
    pub waits_on_metered: bool,
    /// What is wrong with the file as it is, in English, with the line; null when it is right.
    pub wrong: Option<String>,
}

/// One plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlanView {
    /// Its name.
    pub name: String,
    /// When, as in the file: `daily 02:00`.
    pub schedule: String,
    /// The same as data, where a person can choose it; null for a cron line.
    pub times: Option<Times>,
    /// How long backups are kept.
    pub keep: Keep,
    /// True when it is paused by the settings.
    pub is_paused: bool,
    /// What it protects.
    pub sources: Vec<SourceView>,
}

/// When backups are due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "each", rename_all = "kebab-case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum Times {
    /// Every hour.
    Hour {},
    /// Every day at this minute since midnight.
    Day {
        /// 0 to 1439.
        minute: u16,
    },
    /// Every week.
    Week {
        /// 1 for Monday to 7 for Sunday.
        weekday: u8,
        /// 0 to 1439.
        minute: u16,
    },
    /// Only when somebody asks.
    Never {},
    /// As written: a cron line, or a word that the file may have.
    Other {
        /// The text.
        text: String,
    },
}

/// How long backups are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "by", rename_all = "kebab-case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum Keep {
    /// The newest so many.
    Last {
        /// 1 or more.
        last: u32,
    },
    /// For so many days.
    Days {
        /// 1 or more.
        days: u32,
    },
    /// The newest of each day, week and month.
    Tiered {
        /// So many days.
        daily: u32,
        /// So many weeks.
        weekly: u32,
        /// So many months.
        monthly: u32,
    },
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SourceView {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub path: PathText,
    /// The same, as text for people.
    pub shown: String,
    /// What is left out.
    pub exclude: Vec<String>,
    /// True when it is paused.
    pub is_paused: bool,
}

/// Another place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlaceView {
    /// What the family calls it.
    pub name: String,
    /// Where it is.
    pub path: PathText,
    /// The same, as text for people.
    pub shown: String,
}

/// One change of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "change", rename_all = "kebab-case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum SettingsChange {
    /// This computer's backup folder.
    BackupDir {
        /// The folder, absolute or beginning with `~/`.
        dir: PathText,
    },
    /// A new plan, with at least one source.
    AddPlan {
        /// Its name.
        plan: String,
        /// When.
        times: Times,
        /// How long.
        keep: Keep,
        /// What it protects.
        sources: Vec<NewSource>,
    },
    /// A plan goes. Its backups stay.
    RemovePlan {
        /// Its name.
        plan: String,
    },
    /// When a plan's backups are due.
    Schedule {
        /// The plan.
        plan: String,
        /// When.
        times: Times,
    },
    /// How long a plan's backups are kept.
    Retention {
        /// The plan.
        plan: String,
        /// How long.
        keep: Keep,
    },
    /// No backups of a plan by themselves, or again.
    PausePlan {
        /// The plan.
        plan: String,
        /// True to pause.
        is_paused: bool,
    },
    /// A new source.
    AddSource {
        /// The plan.
        plan: String,
        /// The source.
        source: NewSource,
    },
    /// A source goes. Its backups stay.
    RemoveSource {
        /// The plan.
        plan: String,
        /// The source.
        source: String,
    },
    /// A source is left alone for the time being, or no longer.
    PauseSource {
        /// The plan.
        plan: String,
        /// The source.
        source: String,
        /// True to pause.
        is_paused: bool,
    },
    /// What is left out of a source.
    Exclude {
        /// The plan.
        plan: String,
        /// The source.
        source: String,
        /// Patterns in gitignore syntax.
        patterns: Vec<String>,
    },
    /// A new place for copies.
    AddPlace {
        /// What the family calls it.
        name: String,
        /// Where it is.
        dir: PathText,
    },
    /// A place goes. What is there stays.
    RemovePlace {
        /// Its name.
        name: String,
    },
    /// When the desktop stays quiet.
    QuietHours {
        /// Minutes since midnight, from and to; null for never.
        hours: Option<(u16, u16)>,
    },
    /// Whether backups wait on battery.
    WaitOnBattery {
        /// True to wait.
        waits: bool,
    },
    /// Whether copies wait on a metered network.
    WaitOnMetered {
        /// True to wait.
        waits: bool,
    },
}

/// A source that is to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct NewSource {
    /// Its name.
    pub name: String,
    /// Where it is, absolute or beginning with `~/`.
    pub path: PathText,
    /// What is left out, in gitignore syntax.
    pub exclude: Vec<String>,
}

/// What is wrong with one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WrongChange {
    /// Which of the changes, from 0.
    pub change: u32,
    /// Which of its fields: `dir`; empty when it is the change as a whole.
    pub field: String,
    /// What is wrong and what would be right, in words.
    pub said: Said,
    /// What the program said, in English.
    pub detail: Option<String>,
}

/// What came of changing the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChangedSettings {
    /// The settings as they are now.
    pub settings: SettingsView,
    /// What is wrong with the changes; when it is not empty nothing was changed.
    pub wrong: Vec<WrongChange>,
}
