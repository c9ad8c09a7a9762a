//! Bringing files back.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{PathText, Said};

/// What is brought back, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RestoreAsk {
    /// The backup's name.
    pub name: String,
    /// Files and folders with all that is in them; empty: everything. At most 10,000.
    pub paths: Vec<PathText>,
    /// Where to.
    pub target: RestoreTarget,
    /// Another folder of backups than one's own, as on a new computer; nothing is written there.
    pub from: Option<PathText>,
}

/// Where a restore puts what it brings back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "to", rename_all = "kebab-case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum RestoreTarget {
    /// Into this folder, as `FOLDER/SOURCE/...`; nothing there is replaced.
    Beside {
        /// The folder; it is made when it is missing.
        dir: PathText,
    },
    /// Each source where it was; what is replaced is kept for 30 days.
    InPlace {},
}

/// A number of files, and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Amount {
    /// Files and links.
    #[ts(type = "number")]
    pub files: u64,
    /// Bytes of the files.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// What a restore would find and do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RestorePreview {
    /// Not there now.
    pub new: Amount,
    /// There, with another content.
    pub changed: Amount,
    /// There, with the same content.
    pub same: Amount,
    /// Of those changed, what was changed here after the backup.
    pub newer_here: Amount,
    /// The exact place, as text for people.
    pub place: String,
    /// When the backup was made, in seconds since 1970.
    #[ts(type = "number")]
    pub backup_at: i64,
    /// What stands in the way: nothing can be written before this is solved.
    pub obstacles: Vec<Said>,
    /// What a person should know and may accept: damaged files, an old backup.
    pub warnings: Vec<Said>,
    /// What is free there, in bytes.
    #[ts(type = "number | null")]
    pub free_bytes: Option<u64>,
    /// For a restore in place: stands for exactly what was looked at, and is given back when it is agreed to. Null when
    /// something stands in the way, and beside.
    pub seen: Option<String>,
}

/// A restore in place that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UndoEntry {
    /// How `undo` knows it.
    pub undo: String,
    /// When it was done, in seconds since 1970.
    #[ts(type = "number")]
    pub at: i64,
    /// From which backup.
    pub backup: String,
    /// How many files it touched.
    #[ts(type = "number")]
    pub files: u64,
    /// Until when it can be taken back, in seconds since 1970.
    #[ts(type = "number")]
    pub until: i64,
}
