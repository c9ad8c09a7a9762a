//! Home, history and one backup.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{PathText, Problem, State};

/// What Home shows of sources and places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Home {
    /// A card for each source, in the order of the settings.
    pub sources: Vec<SourceCard>,
    /// A card for each place; this computer's backup folder first.
    pub places: Vec<PlaceCard>,
}

/// Files, and how many of them are pictures and videos by their names' endings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Counts {
    /// Files and links.
    #[ts(type = "number")]
    pub files: u64,
    /// Of these, pictures and videos.
    #[ts(type = "number")]
    pub pictures: u64,
    /// Bytes of the files.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SourceCard {
    /// Its plan.
    pub plan: String,
    /// Its name.
    pub name: String,
    /// Where it is, as text for people.
    pub path: String,
    /// Good, attention or problem.
    pub state: State,
    /// When its newest backup was made, in seconds since 1970.
    #[ts(type = "number | null")]
    pub newest_backup: Option<i64>,
    /// That backup's name.
    pub backup: Option<String>,
    /// What that backup has of it.
    pub counts: Counts,
    /// Of these, what was new or changed in it.
    pub new: Counts,
    /// What could not be read, by name: at most 1,000.
    pub problems: Vec<Problem>,
    /// All that could not be read.
    #[ts(type = "number")]
    pub problem_count: u64,
    /// True when backups of it are not made for the time being, by the settings.
    pub is_paused: bool,
}

/// A place that holds backups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlaceCard {
    /// What the family calls it; empty for this computer's backup folder.
    pub name: String,
    /// True for this computer's backup folder.
    pub is_home: bool,
    /// Where it is, as text for people.
    pub path: String,
    /// Good, attention or problem.
    pub state: State,
    /// True when it can be reached now.
    pub is_there: bool,
    /// False when it did not say in time whether it is there: nobody knows then what is on it now.
    pub answers: bool,
    /// When it got its newest backup, in seconds since 1970.
    #[ts(type = "number | null")]
    pub newest: Option<i64>,
    /// How many backups it has whole.
    #[ts(type = "number")]
    pub backups: u64,
    /// What they take, in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// What is free there, in bytes; null when that is not known.
    #[ts(type = "number | null")]
    pub free_bytes: Option<u64>,
    /// Since when all that it has is known to be good: the check that is longest ago, in seconds since 1970.
    #[ts(type = "number | null")]
    pub proven: Option<i64>,
    /// When something is to be done here next, in seconds since 1970.
    #[ts(type = "number | null")]
    pub next: Option<i64>,
}

/// One backup among others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BackupSummary {
    /// Its name.
    pub name: String,
    /// Its plan.
    pub plan: String,
    /// The computer that made it, when it was another one.
    pub computer: Option<String>,
    /// When it was made, in seconds since 1970.
    #[ts(type = "number")]
    pub at: i64,
    /// The day in the time zone of the computer that made it: `2026-03-03`.
    pub day: String,
    /// Good; attention when it has problems; problem when it is damaged or lacks archives.
    pub state: State,
    /// What it lists.
    pub counts: Counts,
    /// What was new or changed in it, in bytes.
    #[ts(type = "number")]
    pub new_bytes: u64,
    /// What it took on the disk, in bytes.
    #[ts(type = "number")]
    pub stored_bytes: u64,
    /// How many things could not be read.
    #[ts(type = "number")]
    pub problem_count: u64,
}

/// All backups, and the days on which a run failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct History {
    /// The backups, newest first.
    pub backups: Vec<BackupSummary>,
    /// Days on which a run failed and made no backup: `2026-03-03`, with how many.
    pub failed: Vec<(String, u32)>,
    /// What is stored in all at the end of days on which that changed, oldest first: `2026-03-03`, in bytes.
    #[ts(type = "[string, number][]")]
    pub space: Vec<(String, u64)>,
}

/// One backup, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BackupPage {
    /// As among the others.
    pub summary: BackupSummary,
    /// The one before and the one after, of the same plan.
    pub before: Option<String>,
    /// The one after.
    pub after: Option<String>,
    /// Its sources, by name.
    pub sources: Vec<SourceInBackup>,
    /// What came, changed and went since the one before.
    pub came: Counts,
    /// What changed.
    pub changed: Counts,
    /// What went.
    pub went: Counts,
    /// What went wrong, by name: at most 1,000.
    pub problems: Vec<Problem>,
    /// The places that have all of it, this computer's backup folder with an empty name.
    pub places: Vec<String>,
    /// What keeps it.
    pub kept: Vec<Keeps>,
    /// True when nothing else is good of this plan, so that it cannot be deleted.
    pub is_last_good: bool,
    /// When all that it needs was last known to be good, in seconds since 1970.
    #[ts(type = "number | null")]
    pub proven: Option<i64>,
    /// What deleting it would free in the backup folder, in bytes.
    #[ts(type = "number")]
    pub frees_bytes: u64,
}

/// A source in one backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SourceInBackup {
    /// Its name.
    pub name: String,
    /// Where it was, as text for people; null when that is not known here.
    pub path: Option<String>,
    /// False when it could not be found then.
    pub was_found: bool,
    /// What it had.
    pub counts: Counts,
}

/// Why a backup is not tidied up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "why", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Keeps {
    /// It is the newest of a day.
    Day {},
    /// Of a week.
    Week {},
    /// Of a month.
    Month {},
    /// It is among the newest so many.
    Last {
        /// How many.
        count: u32,
    },
    /// It is not older than so many days.
    Days {
        /// How many.
        days: u32,
    },
    /// It is of the last 24 hours.
    Recent {},
    /// It is the last good one.
    LastGood {},
    /// Tidying up waits, since something could not be found or changed suddenly.
    Frozen {},
    /// It is of a plan that the settings do not know any more: nothing of it goes by itself.
    NoPlan {},
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It was not there before.
    Came,
    /// It has another content.
    Changed,
    /// It is no longer there.
    Went,
}

/// Files that came, changed or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Changes {
    /// All of them.
    #[ts(type = "number")]
    pub total: u64,
    /// Those that were asked for.
    pub files: Vec<ChangedFile>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChangedFile {
    /// To give back.
    pub path: PathText,
    /// As text for people.
    pub shown: String,
    /// Its size in bytes; of one that went, what it had.
    #[ts(type = "number")]
    pub bytes: u64,
}
