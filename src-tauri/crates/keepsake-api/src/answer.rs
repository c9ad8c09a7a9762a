//! What is answered.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::*;

/// One reply, with the asker's number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Reply {
    /// The number of the question; 0 when it could not be read.
    #[ts(type = "number")]
    pub id: u64,
    /// The answer, or why there is none.
    #[serde(flatten)]
    #[ts(flatten)]
    pub outcome: Outcome,
}

/// The answer, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done, or here is what was asked for.
    Answer(Answer),
    /// It was not done.
    Refused(Refusal),
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Refusal {
    /// What kind of reason.
    pub kind: RefusalKind,
    /// What it is, what it means and what to do, in a sentence; `.advice` as for reasons.
    pub said: Said,
    /// What the program said, in English: for the one who helps.
    pub detail: Option<String>,
}

/// What kind of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalKind {
    /// The question is wrong: a front end's defect, or somebody else's program.
    BadRequest,
    /// Who asks may not.
    NotAllowed,
    /// There is no such backup, file, plan or job (any more).
    NotFound,
    /// It may not be done as things are: consent is missing, it is the last good backup, something is in the way.
    NotNow,
    /// The settings would be wrong, or have changed meanwhile.
    WrongSettings,
    /// It was tried and failed.
    Failed,
}

/// What is answered, by the name of the question. In JSON: `{"answer": "home", "value": {...}}`; `value` is null where
/// something was only done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "answer", content = "value", rename_all = "kebab-case")]
pub enum Answer {
    /// How things stand.
    Status(Box<Status>),
    /// Events follow.
    Watch(()),
    /// It is going to be done.
    BackUpNow(()),
    /// It is going to be done.
    CopyNow(()),
    /// It is going to be done.
    CheckNow(()),
    /// It was asked to.
    Stop(()),
    /// Done.
    Pause(()),
    /// Done.
    Resume(()),
    /// It is going to be done.
    ConfirmChanges(()),
    /// The job's number.
    Restore(#[ts(type = "number")] u64),
    /// The job's number.
    Undo(#[ts(type = "number")] u64),
    /// The job's number.
    DeleteBackup(#[ts(type = "number")] u64),
    /// The job's number.
    Import(#[ts(type = "number")] u64),
    /// The job's number.
    AdoptDrive(#[ts(type = "number")] u64),
    /// Done.
    IgnoreDrive(()),
    /// Done.
    AskAgain(()),
    /// The job's number.
    EjectDrive(#[ts(type = "number")] u64),
    /// The job's number.
    ForgetDrive(#[ts(type = "number")] u64),
    /// The job's number.
    ProveDrive(#[ts(type = "number")] u64),
    /// Done.
    ChangeDrive(()),
    /// Where its backups are.
    OpenDrive(OpenedDrive),
    /// Done.
    SnoozeDrives(()),
    /// The sheet.
    RecoverySheet(Box<RecoverySheet>),
    /// True when it was the right code.
    CheckSheet(bool),
    /// What came of it.
    EnterKey(EnteredKey),
    /// What came of it.
    ReadSheet(EnteredKey),
    /// Done; the sheet is another.
    NewKey(()),
    /// It ends.
    Quit(()),
    /// The drives.
    Drives(Drives),
    /// Sources and places.
    Home(Home),
    /// All backups.
    History(History),
    /// One backup.
    Backup(Box<BackupPage>),
    /// Its changes.
    Changes(Changes),
    /// What is in a folder.
    Browse(Listing),
    /// What was found.
    Search(Found),
    /// Newest first.
    Versions(Vec<FileVersion>),
    /// In the order of the question.
    Thumbnails(Vec<Thumbnail>),
    /// What a restore would do.
    PreviewRestore(RestorePreview),
    /// Newest first.
    Undos(Vec<UndoEntry>),
    /// Newest first.
    Activity(Vec<ActivityEntry>),
    /// The settings.
    Settings(SettingsView),
    /// What is wrong; empty when all is right.
    CheckSettings(Vec<WrongChange>),
    /// The settings as they are now; or what is wrong, and then nothing was changed.
    ChangeSettings(ChangedSettings),
    /// The likeliest first.
    SuggestSources(Vec<SourceSuggestion>),
    /// How much there is.
    MeasureFolder(FolderSize),
    /// The best first.
    SuggestPlaces(Vec<PlaceSuggestion>),
}
