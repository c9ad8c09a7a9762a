//! What may be asked.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ActivityFilter, ChangeKind, DriveColor, PathText, RestoreAsk, SettingsChange};

/// One question, with a number of the asker's choice that comes back in the reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The asker's number for it.
    #[ts(type = "number")]
    pub id: u64,
    /// The question.
    pub request: Request,
}

/// What may be asked. In JSON: `{"ask": "backup", "name": "family_20260303_020500"}`. Each has one kind of
/// [`crate::Answer`], of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "ask", rename_all = "kebab-case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum Request {
    // --- What the agent itself knows and does. ---
    /// The verdict, what runs, whether it pauses.
    Status {},
    /// From now on this connection is told what happens; the first event is the status as it is.
    Watch {},
    /// Makes a backup of a plan, or of all, as soon as nothing else runs; a copy or a check gives way.
    BackUpNow {
        /// The plan; all of them when it is null.
        plan: Option<String>,
    },
    /// Copies to a place now.
    CopyNow {
        /// The place; all of them when it is null.
        place: Option<String>,
    },
    /// Checks all backups now.
    CheckNow {},
    /// Stops the job that runs; it leaves all tidy. Nothing when none runs.
    Stop {},
    /// Begins no backup by itself until then. What somebody asks for is done all the same.
    Pause {
        /// Until when.
        until: PauseUntil,
    },
    /// Ends a pause.
    Resume {},
    /// Says that a sudden mass change was right, so that old backups may be tidied up again.
    ConfirmChanges {
        /// The plan.
        plan: String,
    },
    /// Brings files back. The job's id is the answer; how it goes comes as events.
    Restore {
        /// What, and where to.
        restore: RestoreAsk,
        /// What the person typed; only the word RESTORE, or its translation that the window maps to it, counts. Needed
        /// in place only.
        confirm: Option<String>,
        /// [`crate::RestorePreview::seen`] of what the person saw: when that is not what would be written to any more, nothing
        /// is. Needed in place only.
        seen: Option<String>,
    },
    /// Takes back what a restore in place has changed. The answer as for `restore`.
    Undo {
        /// Its id, from [`crate::JobEnd`] or `undos`.
        undo: String,
    },
    /// Deletes a backup; refused for the last good one of a plan. The answer as for `restore`.
    DeleteBackup {
        /// The backup's name.
        name: String,
    },
    /// Makes the backups of a folder known to this computer. The answer as for `restore`.
    Import {
        /// The folder.
        dir: PathText,
    },
    /// Makes a stranger one of the family's drives, and copies to it. The answer as for `restore`.
    AdoptDrive {
        /// [`crate::PluggedIn::volume`].
        volume: String,
        /// What the family calls it.
        name: String,
        /// Its colour.
        color: DriveColor,
        /// True to encrypt its copies.
        is_encrypted: bool,
    },
    /// A stranger is left alone.
    IgnoreDrive {
        /// [`crate::PluggedIn::volume`].
        volume: String,
        /// True to never ask about it again; else until it is plugged in anew.
        forever: bool,
    },
    /// A stranger that was to be left alone is asked about again.
    AskAgain {
        /// [`crate::IgnoredDrive::volume`].
        volume: String,
    },
    /// Lets go of a drive, so that it can be pulled out. A copy that is being made is stopped first; what is whole stays. The answer as
    /// for `restore`.
    EjectDrive {
        /// [`crate::PluggedIn::volume`].
        volume: String,
    },
    /// A drive is the family's no longer. What stands on it stays. The answer as for `restore`.
    ForgetDrive {
        /// Its name.
        name: String,
    },
    /// Reads everything on a drive, and compares. The answer as for `restore`.
    ProveDrive {
        /// Its name.
        name: String,
    },
    /// Another name or colour of a drive, and whether it is let go of after copying.
    ChangeDrive {
        /// Its name until now.
        name: String,
        /// What the family calls it from now on.
        new_name: String,
        /// Its colour.
        color: DriveColor,
        /// True to leave it plugged in.
        stays_plugged_in: bool,
    },
    /// Opens a stranger with backups for reading, for a restore: nothing is written to it.
    OpenDrive {
        /// [`crate::PluggedIn::volume`].
        volume: String,
    },
    /// Says nothing of drives that are not plugged in, for a while.
    SnoozeDrives {
        /// For so many days, 1 to 30.
        days: u8,
    },
    /// The recovery sheet, to print it.
    RecoverySheet {},
    /// Whether this is the check code of the recovery sheet; when it is, the sheet counts as printed.
    CheckSheet {
        /// What was typed.
        code: String,
    },
    /// The words, or the key itself, of a recovery sheet, typed.
    EnterKey {
        /// What was typed.
        text: String,
        /// The folder of encrypted backups that it should open; null for the family's own.
        from: Option<PathText>,
    },
    /// A picture of a recovery sheet.
    ReadSheet {
        /// The picture's file.
        picture: PathText,
        /// As in `enter-key`.
        from: Option<PathText>,
    },
    /// A new recovery key: for a sheet that was lost or seen. Copies from now on need the new sheet; older ones the old one.
    NewKey {},
    /// Ends the agent, after the job that runs has tidied up.
    Quit {},

    // --- What is read from catalog, archives, settings and disks. ---
    /// The family's drives and the recovery sheet.
    Drives {},
    /// What Home shows of sources and places.
    Home {},
    /// All backups, newest first.
    History {
        /// Another folder of backups than one's own, as on a new computer; nothing is written there.
        from: Option<PathText>,
    },
    /// One backup, whole.
    Backup {
        /// Its name.
        name: String,
        /// As in `history`.
        from: Option<PathText>,
    },
    /// What came, changed or went in a backup, in the order of paths.
    Changes {
        /// The backup's name.
        name: String,
        /// Which of them.
        kind: ChangeKind,
        /// How many are skipped.
        offset: u32,
        /// At most so many, 1 to 1,000.
        limit: u32,
    },
    /// What is in a folder of a backup: folders first, by name.
    Browse {
        /// The backup's name.
        name: String,
        /// The folder; the sources when it is null.
        folder: Option<PathText>,
        /// How many are skipped.
        offset: u32,
        /// At most so many, 1 to 1,000.
        limit: u32,
        /// As in `history`.
        from: Option<PathText>,
    },
    /// Files and folders of a backup whose name has these letters, whatever their case.
    Search {
        /// The backup's name.
        name: String,
        /// The letters, 1 to 200.
        text: String,
        /// At most so many, 1 to 1,000.
        limit: u32,
        /// As in `history`.
        from: Option<PathText>,
    },
    /// All versions of one file, newest first.
    Versions {
        /// The file; its first part is the source's name.
        path: PathText,
        /// As in `history`.
        from: Option<PathText>,
    },
    /// Small pictures of files of a backup.
    Thumbnails {
        /// The backup's name.
        name: String,
        /// At most 64 files.
        paths: Vec<PathText>,
        /// As in `history`.
        from: Option<PathText>,
    },
    /// What a restore would find and do. Writes nothing.
    PreviewRestore {
        /// What, and where to.
        restore: RestoreAsk,
    },
    /// What can be taken back.
    Undos {},
    /// What happened, newest first.
    Activity {
        /// Which of it.
        filter: ActivityFilter,
        /// Only what is older than the entry with this id.
        #[ts(type = "number | null")]
        before: Option<i64>,
        /// At most so many, 1 to 1,000.
        limit: u32,
    },
    /// The settings.
    Settings {},
    /// Whether the settings would be right with these changes. Writes nothing.
    CheckSettings {
        /// The changes, in their order.
        changes: Vec<SettingsChange>,
    },
    /// Changes the settings, all of it or nothing. Comments and the order of the file stay.
    ChangeSettings {
        /// The changes, in their order.
        changes: Vec<SettingsChange>,
        /// [`crate::SettingsView::fingerprint`] of what the person saw: who changed the file meanwhile is not overwritten.
        fingerprint: String,
    },
    /// Folders that a family would want to protect.
    SuggestSources {},
    /// How much there is in a folder.
    MeasureFolder {
        /// The folder.
        dir: PathText,
    },
    /// Disks and folders where backups could be.
    SuggestPlaces {
        /// What is to be protected, to tell the same disk.
        sources: Vec<PathText>,
    },
}

/// How long a pause lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum PauseUntil {
    /// An hour from now.
    Hour,
    /// Until tomorrow at 6 in the morning, local time.
    Tomorrow,
}
