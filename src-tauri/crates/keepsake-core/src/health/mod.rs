//! The verdict: is everything safe, and if not, why and what to do. Pure: facts and a moment in, a report out.
//!
//! Tray, window, notifications and command line all show the same [`HealthReport`].

mod drives;
pub mod episodes;
pub mod gather;
mod rules;
mod said;
pub mod sentence;
mod sizes;

use jiff::Timestamp;
use serde::Serialize;

use crate::schedule::Schedule;

pub use drives::{DriveFacts, SheetFacts, next_drive};
pub use rules::health;
pub use said::{SENTENCES, Said, SaidArg};

/// What the verdict is made from: plain data that the catalog, the settings and the disk fill in.
#[derive(Debug, Clone, Default)]
pub struct HealthFacts {
    /// Every plan of the settings; empty when nothing is set up.
    pub plans: Vec<PlanFacts>,
    /// The disk with the backup folder; None when it could not be asked.
    pub disk: Option<DiskFacts>,
    /// What a running job does, as a sentence: "Backing up family." None when nothing runs.
    pub busy: Option<String>,
    /// What is known to be damaged and not stored anew since.
    pub damage: Vec<DamageFacts>,
    /// Why the last check could not be done to its end, in plain words; None when it could.
    pub check_failed: Option<String>,
    /// For every archive of this computer that a kept backup needs, take the moment at which it was last known to be good: when it
    /// was last read whole and compared, or else written. This is the earliest of them; None without archives.
    pub longest_unchecked: Option<Timestamp>,
    /// The other places that should hold copies, but for drives.
    pub places: Vec<PlaceFacts>,
    /// The family's USB drives, in the order of the settings.
    pub drives: Vec<DriveFacts>,
    /// The recovery sheet.
    pub sheet: SheetFacts,
}

/// What is known of one plan.
#[derive(Debug, Clone, Default)]
pub struct PlanFacts {
    /// Its name.
    pub name: String,
    /// When it should run.
    pub schedule: Schedule,
    /// When Keepsake first knew of it; None when that is not recorded.
    pub known_since: Option<Timestamp>,
    /// Its last run, whatever came of it; None when it never ran.
    pub last_run: Option<RunFacts>,
    /// When archives that its newest backup needs are nowhere to be found: how many. None when it has them all.
    pub missing_archives: Option<u64>,
    /// Many files that changed or vanished at once, until someone has said that this is right: meanwhile no old backup
    /// is removed. None when that is not so.
    pub mass_change: Option<MassChangeFacts>,
    /// The sources it has now, by the settings.
    pub sources: Vec<SourceFacts>,
    /// True when nothing of it is backed up by itself for the time being, as somebody wanted it.
    pub is_paused: bool,
}

/// Files that changed or vanished at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MassChangeFacts {
    /// When the backup was made that shows it.
    pub time: Timestamp,
    /// How many changed or vanished.
    pub gone_files: u64,
    /// Of how many.
    pub files: u64,
}

/// One run of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFacts {
    /// When it began.
    pub time: Timestamp,
    /// What came of it.
    pub outcome: RunOutcome,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// A backup of everything.
    Good,
    /// A backup, but not of everything: files unread, or a source not found.
    WithProblems,
    /// No backup.
    Failed {
        /// Why, in plain words without a full stop: "the disk is full".
        error: String,
        /// What to do about it, as a sentence; None when only trying again is known to help.
        advice: Option<String>,
    },
    /// Someone stopped it. It says nothing about safety.
    Stopped,
}

/// What is known of one source of a plan.
#[derive(Debug, Clone, Default)]
pub struct SourceFacts {
    /// Its name.
    pub name: String,
    /// The newest recorded backup in which it was found and collected, with or without unread files.
    pub newest_backup: Option<Timestamp>,
    /// True when it is only in backups that lack archives.
    pub only_incomplete: bool,
    /// True when it is in backups, and never had a file in any.
    pub never_had_files: bool,
    /// When it is unknown (it could not be found at the last run): the first run since which that is so.
    pub unknown_since: Option<Timestamp>,
    /// The first few things in it that the last run could not read, by name.
    pub unread: Vec<String>,
    /// How many there were in all.
    pub unread_count: u64,
    /// Its sizes in the last backups, oldest first, the newest included; eleven are enough.
    pub sizes: Vec<SizeFacts>,
    /// True when it is left out for the time being, as somebody wanted it.
    pub is_paused: bool,
}

/// How large a source was in one backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SizeFacts {
    /// Everything in it, in bytes.
    pub total_bytes: u64,
    /// What was new or changed, in bytes.
    pub new_bytes: u64,
}

/// What is known of the disk with the backup folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiskFacts {
    /// Free for Keepsake, in bytes.
    pub free_bytes: u64,
    /// The size of the disk, in bytes.
    pub total_bytes: u64,
    /// What each of the last ten backups took on it, in bytes. A plan's very first backup is best left out: so
    /// much will not be needed again.
    pub recent_stored_bytes: Vec<u64>,
}

/// One thing that is known to be damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamageFacts {
    /// The archive's file name.
    pub archive: String,
    /// The damaged file in it, as text; None when it is not a file's content that is damaged.
    pub path: Option<String>,
    /// What the family calls the other places that have a copy of the archive.
    pub copies_at: Vec<String>,
}

/// What is known of another place with copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceFacts {
    /// What the family calls it: "NAS".
    pub name: String,
    /// When it came to hold the newest backup that it has whole; None when it has none.
    pub copied_at: Option<Timestamp>,
    /// The time of the oldest backup that is newer than those it has whole; None when it has the newest.
    pub lacks_since: Option<Timestamp>,
}

/// A verdict. In JSON: `good`, `attention`, `problem`, `busy`, `not-set-up`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HealthState {
    /// Everything is safe.
    Good,
    /// Safe for now; someone should look.
    Attention,
    /// Something is not safe.
    Problem,
    /// A job runs, and there is no problem.
    Busy,
    /// Nothing is protected yet.
    NotSetUp,
}

impl HealthState {
    /// The worse of two verdicts on parts of the whole.
    pub fn or_worse(self, other: HealthState) -> HealthState {
        let weight = |state| match state {
            HealthState::Good => 0,
            HealthState::Busy => 1,
            HealthState::NotSetUp => 2,
            HealthState::Attention => 3,
            HealthState::Problem => 4,
        };
        if weight(other) > weight(self) { other } else { self }
    }
}

/// The rule that a reason comes from. In JSON in kebab-case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Nothing is set up.
    NothingProtected,
    /// Everything that is set up is paused.
    AllPaused,
    /// There is no backup of it yet.
    NeverBackedUp,
    /// Its newest backup lacks archives.
    Incomplete,
    /// It never had a file in it.
    NothingInIt,
    /// Its newest backup is too old.
    Overdue,
    /// Its newest backup is from the future: the clock is or was wrong.
    ClockWrong,
    /// The last run failed.
    RunFailed,
    /// The last run had problems that no other rule names.
    RunWithProblems,
    /// Files could not be read.
    Unread,
    /// A source could not be found.
    SourceUnknown,
    /// It is far larger or smaller than usual, or far more is new.
    UnusualSize,
    /// Many files changed or vanished at once, and nobody has said that this is right.
    ManyChanged,
    /// The disk fills up.
    DiskFillingUp,
    /// Something stored is damaged.
    Damaged,
    /// The last check could not be done.
    CheckFailed,
    /// Backups have not been checked for long.
    Unchecked,
    /// A copy elsewhere is old or missing.
    CopyOld,
    /// The newest copy on any of the drives is old.
    DriveOld,
    /// A drive has no copy yet.
    DriveEmpty,
    /// Nobody has said that the recovery sheet was printed.
    SheetUnchecked,
    /// Only the recovery sheet opens the locked copies.
    KeyLost,
}

/// Why the verdict is not simply good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The rule it comes from.
    pub rule: Rule,
    /// The plan it is about; None when it is about all.
    pub plan: Option<String>,
    /// The source it is about; None when it is about the whole plan, or all.
    pub source: Option<String>,
    /// The place with copies that it is about; None when it is about none.
    pub place: Option<String>,
    /// What is wrong, as sentences for people.
    pub message: String,
    /// What to do, as sentences for people.
    pub advice: String,
    /// Both, before they are in any language.
    #[serde(skip)]
    pub said: Said,
    /// What the system said, in English, where `said` does not say it; None when it says all.
    #[serde(skip)]
    pub detail: Option<String>,
    /// How bad it is: attention, problem, or not set up.
    pub state: HealthState,
}

/// The verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HealthReport {
    /// The verdict on the whole.
    pub state: HealthState,
    /// The verdict in words.
    pub sentence: String,
    /// What is said first, before it is in any language: the worst reason, or that all is well, or that a job runs. How many
    /// more reasons there are is for the front end to say.
    #[serde(skip)]
    pub said: Said,
    /// Everything that is not good, the worst first.
    pub reasons: Vec<Reason>,
    /// The verdict on each plan.
    pub plans: Vec<PlanHealth>,
}

/// The verdict on one plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanHealth {
    /// Its name.
    pub plan: String,
    /// Good, attention or problem.
    pub state: HealthState,
    /// When it is due next, RFC 3339 in local time; None when only by hand.
    pub next_due: Option<String>,
    /// The verdict on each of its sources.
    pub sources: Vec<SourceHealth>,
}

/// The verdict on one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceHealth {
    /// Its name.
    pub name: String,
    /// Good, attention or problem.
    pub state: HealthState,
    /// Its newest backup, RFC 3339 in local time; None without one.
    pub newest_backup: Option<String>,
}

#[cfg(test)]
mod tests;
