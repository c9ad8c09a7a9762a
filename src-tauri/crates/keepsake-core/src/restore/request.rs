//! What a restore is asked for, and what it answers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::archive_path::ArchivePath;
use crate::catalog::{BackupRow, OtherVersion};
use crate::monitor::Problem;

/// The word that a person types to let a restore replace files where they are.
pub const CONSENT_WORD: &str = "RESTORE";

/// What is brought back, and where to.
#[derive(Debug, Clone)]
pub struct RestoreRequest {
    /// The backup.
    pub backup: BackupRow,
    /// Files and folders with all that is in them; empty: everything.
    pub paths: Vec<ArchivePath>,
    /// Where to.
    pub target: Target,
}

/// Where a restore puts what it brings back.
#[derive(Debug, Clone)]
pub enum Target {
    /// `FOLDER/SOURCE/...`; nothing that stands there is replaced. The folder is made if it is missing.
    Beside(PathBuf),
    /// Each source where it was. What is replaced is kept for [`crate::undo::KEPT_DAYS`] days.
    InPlace {
        /// The folder of each source, by the source's name.
        sources: BTreeMap<String, PathBuf>,
    },
}

/// What a person said to files being replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Consent {
    /// Nothing.
    #[default]
    NotGiven,
    /// This word; only [`CONSENT_WORD`] counts.
    Typed(String),
}

/// How a restore goes about it.
#[derive(Debug, Clone, Default)]
pub struct RestoreOptions {
    /// Needed for [`Target::InPlace`] only.
    pub consent: Consent,
}

/// A number of files and links, and the bytes of the files. Folders are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesAndBytes {
    /// Files, symbolic links and hard links.
    pub files: u64,
    /// Bytes of the files.
    pub bytes: u64,
}

impl FilesAndBytes {
    /// Counts one more.
    pub fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// What a restore would find.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// Not there now.
    pub new: FilesAndBytes,
    /// There, with another content or of another type.
    pub changed: FilesAndBytes,
    /// There, with the same content.
    pub same: FilesAndBytes,
    /// Those of `changed` that were changed on disk later than what the backup has.
    pub newer_here: FilesAndBytes,
    /// When the backup was made, in seconds since 1970.
    pub backup_at: i64,
    /// The same as RFC 9557, with the time zone of the computer that made it.
    pub backup_time: String,
}

/// What a restore did.
#[derive(Debug, Clone, Default)]
pub struct Restored {
    /// What it found before it changed anything.
    pub found: Preview,
    /// What it brought back.
    pub restored: FilesAndBytes,
    /// What it left as it was, because it was the same already.
    pub same: FilesAndBytes,
    /// What went wrong, by name: at most [`MAX_NAMED_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// All problems, also those that are not named.
    pub problem_count: u64,
    /// Files whose content is damaged or gone in all copies that could be read, by name: at most [`MAX_NAMED_PROBLEMS`].
    /// Each is a problem too.
    pub lost: Vec<LostFile>,
    /// What was read from other places than this computer's own backup folder.
    pub from_places: Vec<FromPlace>,
    /// Names of archives whose end is damaged and out of which something was read all the same.
    pub salvaged: BTreeSet<String>,
    /// How [`crate::undo::undo`] knows it; None when nothing was replaced or made in place.
    pub undo: Option<String>,
    /// True when it ended early because [`crate::monitor::Monitor::should_stop`] said so. What was
    /// brought back is whole; a rerun does the rest.
    pub stopped: bool,
}

/// A file that did not come back because what is stored of it is damaged or gone, and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostFile {
    /// Its path, as text.
    pub path: String,
    /// The version nearest in time that was read just now and is whole.
    pub other_version: Option<OtherVersion>,
    /// What people call the places that should hold a copy of its archive and cannot be read now.
    pub out_of_reach: BTreeSet<String>,
}

/// Files that were read from another place than this computer's own backup folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FromPlace {
    /// The archive's name.
    pub archive: String,
    /// What people call the place.
    pub place: String,
    /// How many files.
    pub files: u64,
}

/// How many problems are kept by name.
pub const MAX_NAMED_PROBLEMS: usize = 1000;
