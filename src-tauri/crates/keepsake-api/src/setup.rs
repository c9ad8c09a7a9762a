//! What is found before anything is set up.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Counts, PathText};

/// What kind of folder of a home: the XDG user directories (xdg-user-dirs 0.18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum FolderRole {
    /// Pictures.
    Pictures,
    /// Documents.
    Documents,
    /// Desktop.
    Desktop,
    /// Music.
    Music,
    /// Videos.
    Videos,
    /// Downloads.
    Downloads,
    /// Mail of a mail program.
    Mail,
    /// Something else.
    Other,
}

/// A folder that a family would want to protect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SourceSuggestion {
    /// The folder.
    pub path: PathText,
    /// The same, as text for people: `~/Pictures`.
    pub shown: String,
    /// A name for it that is allowed and not taken.
    pub name: String,
    /// What kind of folder.
    pub role: FolderRole,
    /// What is in it; null when that took too long, or it cannot be read.
    pub counts: Option<Counts>,
    /// True when it should be chosen to begin with.
    pub is_chosen: bool,
}

/// How much there is in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FolderSize {
    /// What is in it; when `is_whole` is false, what was seen in two seconds.
    pub counts: Counts,
    /// False when there is more.
    pub is_whole: bool,
    /// A name for it that is allowed and not taken.
    pub name: String,
    /// The same path, as text for people.
    pub shown: String,
    /// How many things in it cannot be read.
    #[ts(type = "number")]
    pub unreadable: u64,
}

/// A disk or a folder where backups could be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlaceSuggestion {
    /// The folder that would be used; it need not be there yet.
    pub dir: PathText,
    /// The same, as text for people.
    pub shown: String,
    /// What the disk is called; empty when it has no name.
    pub disk: String,
    /// True for a disk that can be taken away.
    pub is_removable: bool,
    /// Free for whoever asks, in bytes.
    #[ts(type = "number")]
    pub free_bytes: u64,
    /// The size of the disk, in bytes.
    #[ts(type = "number")]
    pub total_bytes: u64,
    /// True when something that is to be protected is on the same disk: a dead disk would take both.
    pub is_same_disk: bool,
    /// How many backups of Keepsake there are already; they are never overwritten.
    #[ts(type = "number")]
    pub backups: u64,
}
