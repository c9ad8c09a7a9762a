//! How things stand now, and what happens.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{PluggedIn, Said};

/// The verdict, as core's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum State {
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

/// How things stand now: all that the tray shows, and the top of Home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Status {
    /// The verdict on the whole.
    pub state: State,
    /// The verdict in one sentence.
    pub sentence: Said,
    /// Everything that is not good, the worst first.
    pub reasons: Vec<Reason>,
    /// The verdict on each plan.
    pub plans: Vec<PlanStatus>,
    /// The job that runs; null when none does.
    pub job: Option<JobProgress>,
    /// Until when no backup begins by itself, in seconds since 1970; null when there is no pause.
    #[ts(type = "number | null")]
    pub paused_until: Option<i64>,
    /// Why backups that are due wait, when they do.
    pub waits: Option<Waits>,
    /// The newest backup, in seconds since 1970; null without one.
    #[ts(type = "number | null")]
    pub newest_backup: Option<i64>,
    /// Volumes of drives that are plugged in: the family's and strangers.
    pub drives: Vec<PluggedIn>,
    /// True when whoever asks may change settings, restore and delete: it is the agent's own user.
    pub may_change: bool,
    /// The agent's version.
    pub version: String,
}

/// Why backups that are due wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Waits {
    /// The computer runs on its battery.
    Battery,
    /// The network is metered.
    Metered,
    /// Another run of Keepsake holds the lock.
    OtherRun,
}

/// Why the verdict is not simply good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Reason {
    /// The rule's word, as in `keepsake health --json`: `overdue`. With plan, source and place it tells one episode.
    pub rule: String,
    /// The plan it is about.
    pub plan: Option<String>,
    /// The source it is about.
    pub source: Option<String>,
    /// The place it is about.
    pub place: Option<String>,
    /// What is wrong; its attribute `.advice` says what to do.
    pub said: Said,
    /// What the system said, in English: for the one who helps. Null when the sentence says all.
    pub detail: Option<String>,
    /// Attention, problem or not-set-up.
    pub state: State,
    /// The one thing to do about it that a button can do.
    pub action: Option<Action>,
}

/// What a button can do about a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// `back-up-now` for the plan.
    BackUpNow,
    /// `check-now`.
    CheckNow,
    /// `copy-now` for the place.
    CopyNow,
    /// `confirm-changes` for the plan, after a look.
    ConfirmChanges,
    /// The page of settings.
    OpenSettings,
    /// The first run.
    SetUp,
    /// The newest backup's page, where problems stand by name.
    ShowProblems,
    /// The page of drives.
    ShowDrives,
    /// The recovery sheet, on the page of drives.
    PrintSheet,
}

/// The verdict on one plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlanStatus {
    /// Its name.
    pub plan: String,
    /// Good, attention or problem.
    pub state: State,
    /// When it is due next, in seconds since 1970; null when only by hand, or paused by the settings.
    #[ts(type = "number | null")]
    pub next_due: Option<i64>,
}

/// What kind of job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum JobKind {
    /// A backup.
    Backup,
    /// Copying to a place.
    Copy,
    /// Reading back what is stored.
    Check,
    /// Bringing files back.
    Restore,
    /// Taking a restore back.
    Undo,
    /// Deleting a backup, or letting old ones go.
    TidyUp,
    /// Making backups known.
    Import,
    /// Making a stranger one of the family's drives.
    AdoptDrive,
    /// Letting go of a drive.
    EjectDrive,
    /// A drive is the family's no longer.
    ForgetDrive,
}

/// What a job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum JobPhase {
    /// It begins.
    Starting,
    /// Looking at what is there.
    Scanning,
    /// Reading, compressing and writing.
    BackingUp,
    /// Bringing files back.
    Restoring,
    /// Reading back what was stored.
    Verifying,
    /// Reading archives to know what they hold.
    Importing,
    /// Writing copies.
    Copying,
    /// Somebody asked it to stop, and it tidies up.
    Stopping,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct JobProgress {
    /// Its number, never used twice by one agent.
    #[ts(type = "number")]
    pub job: u64,
    /// What kind of job.
    pub kind: JobKind,
    /// The plan or the place it is about; null for all.
    pub about: Option<String>,
    /// What it is doing.
    pub phase: JobPhase,
    /// Files done.
    #[ts(type = "number")]
    pub files: u64,
    /// Files in all; null while that is not known.
    #[ts(type = "number | null")]
    pub total_files: Option<u64>,
    /// Bytes done.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Bytes in all; null while that is not known.
    #[ts(type = "number | null")]
    pub total_bytes: Option<u64>,
    /// Bytes each second, of late; null while it is too early to say.
    #[ts(type = "number | null")]
    pub bytes_per_sec: Option<u64>,
    /// The least and the most seconds that are left; null when nobody can know.
    pub left_secs: Option<(u32, u32)>,
    /// Things that went wrong so far.
    #[ts(type = "number")]
    pub problems: u64,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum JobOutcome {
    /// As it should.
    Good,
    /// Done, but not quite.
    WithProblems,
    /// Not done.
    Failed,
    /// Somebody stopped it.
    Stopped,
}

/// The end of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct JobEnd {
    /// Its number.
    #[ts(type = "number")]
    pub job: u64,
    /// What kind of job.
    pub kind: JobKind,
    /// The plan or the place it was about.
    pub about: Option<String>,
    /// How it ended.
    pub outcome: JobOutcome,
    /// What happened, in one sentence.
    pub said: Said,
    /// What the system said, in English.
    pub detail: Option<String>,
    /// What went wrong, by name: at most 1,000.
    pub problems: Vec<Problem>,
    /// All that went wrong.
    #[ts(type = "number")]
    pub problem_count: u64,
    /// The backup that was made or restored from.
    pub backup: Option<String>,
    /// How many files a restore brought back, or a backup holds.
    #[ts(type = "number")]
    pub files: u64,
    /// Their bytes; of a backup, those that are new.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Where a restore put them; as text for people.
    pub place: Option<String>,
    /// How `undo` knows a restore; null when nothing can be taken back.
    pub undo: Option<String>,
}

/// One thing that went wrong, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Problem {
    /// The kind's word, as in `--json`: `unreadable`.
    pub kind: String,
    /// Where, as text for people; it begins with the source's name.
    pub path: String,
    /// What the system said, in English.
    pub message: String,
}

/// What a connection that watches is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "event", content = "value", rename_all = "kebab-case")]
pub enum Event {
    /// How things stand now; the first event, and again whenever anything of it changes, but at most twice a second.
    Status(Box<Status>),
    /// A job has ended.
    JobEnded(Box<JobEnd>),
    /// Backups, copies or settings are not what they were: what was read of them should be read again.
    Changed {},
}
