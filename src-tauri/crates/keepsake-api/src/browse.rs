//! What is in a backup.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::PathText;

/// Some of what is in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Listing {
    /// How much is in it in all.
    #[ts(type = "number")]
    pub total: u64,
    /// What was asked for.
    pub items: Vec<Item>,
}

/// What kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// A folder, or a source.
    Folder,
    /// A file.
    File,
    /// A file whose name ends as those of pictures do that can be shown.
    Picture,
    /// A video.
    Video,
    /// A symbolic link.
    Link,
}

/// A file or a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Item {
    /// To give back; its first part is the source's name.
    pub path: PathText,
    /// Its name, as text for people.
    pub name: String,
    /// The folder that holds it, as text for people; empty for a source. For what a search found.
    pub folder: String,
    /// What kind of thing.
    pub kind: ItemKind,
    /// Its size in bytes; 0 for a folder.
    #[ts(type = "number")]
    pub bytes: u64,
    /// When it was changed last, in seconds since 1970.
    #[ts(type = "number")]
    pub mtime: i64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Found {
    /// The first of them, in the order of paths.
    pub items: Vec<Item>,
    /// True when there are more.
    pub has_more: bool,
}

/// One version of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FileVersion {
    /// The newest backup that has it.
    pub backup: String,
    /// When the first backup that has it was made, in seconds since 1970.
    #[ts(type = "number")]
    pub first_at: i64,
    /// When the newest backup that has it was made.
    #[ts(type = "number")]
    pub last_at: i64,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// When it was changed last, in seconds since 1970.
    #[ts(type = "number")]
    pub mtime: i64,
    /// True when it is the same as what is there now.
    pub is_current: bool,
    /// True when it is known to be damaged.
    pub is_damaged: bool,
}

/// A small picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Thumbnail {
    /// Of this file.
    pub path: PathText,
    /// A JPEG of at most 256 x 256 pixels, in base64; null when it cannot be shown.
    pub jpeg: Option<String>,
}
