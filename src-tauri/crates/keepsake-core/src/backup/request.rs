//! What a backup is asked for, and what it answers.

use std::path::PathBuf;

use serde::Serialize;

use super::renewal::RenewalRules;
use crate::archive::error::ArchiveError;
use crate::archive::metadata::SourceSummary;
use crate::catalog::CatalogError;
use crate::error::FileError;
use crate::monitor::Problem;
use crate::settings::{Plan, Settings, SourceSettings};
use crate::sources::exclude::BadPattern;
use crate::units::ByteCount;

/// Smaller files, nearly all photos and letters among them, are always stored whole: 8 MiB.
pub const PATCH_FROM_BYTES: u64 = 8 << 20;

/// A folder to protect.
#[derive(Debug, Clone)]
pub struct FolderSource {
    /// Its name: the first part of its paths in the backup.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Patterns of what is left out, in gitignore syntax.
    pub exclude: Vec<String>,
    /// Whether other disks that are mounted below are left out.
    pub one_file_system: bool,
    /// Whether folders with a `CACHEDIR.TAG` are left out.
    pub exclude_caches: bool,
}

impl From<&SourceSettings> for FolderSource {
    fn from(settings: &SourceSettings) -> Self {
        Self {
            name: settings.name.clone(),
            path: settings.path.clone(),
            exclude: settings.exclude.clone(),
            one_file_system: settings.one_file_system,
            exclude_caches: settings.exclude_caches,
        }
    }
}

/// What to back up, and where to.
#[derive(Debug, Clone)]
pub struct BackupRequest {
    /// The plan's name.
    pub plan: String,
    /// The computer's name and what tells it apart: see [`computer`].
    pub computer: (String, String),
    /// What to protect, in the order of their names.
    pub sources: Vec<FolderSource>,
    /// Where archives go.
    pub backup_dir: PathBuf,
    /// Other folders that hold copies of archives. As `backup_dir` and `data_dir` they are left out where they lie in a source: each
    /// backup would store the earlier ones again.
    pub places: Vec<PathBuf>,
    /// Where the catalog is, and temporary files.
    pub data_dir: PathBuf,
    /// 1 (fastest) to 12 (smallest).
    pub compression: u8,
    /// No archive grows beyond this, but for a single larger file.
    pub max_archive_bytes: u64,
    /// Of a file from this size on of which little has changed only the changes are stored. See
    /// [`PATCH_FROM_BYTES`].
    pub patch_from_bytes: u64,
    /// When what is still needed of old archives is stored anew.
    pub renewal: RenewalRules,
    /// Store everything anew, so that the backup needs no older archive.
    pub full: bool,
}

impl BackupRequest {
    /// The request that a plan of the settings stands for. Its paused sources are left out.
    pub fn of_plan(settings: &Settings, plan: &Plan, data_dir: PathBuf) -> Self {
        let mut sources: Vec<_> =
            plan.sources.iter().filter(|source| !source.is_paused).map(FolderSource::from).collect();
        sources.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
        Self {
            plan: plan.name.clone(),
            computer: computer(),
            sources,
            backup_dir: settings.backup_dir.clone(),
            places: settings.destinations.iter().map(|place| place.path.clone()).collect(),
            data_dir,
            compression: plan.compression,
            max_archive_bytes: plan.max_archive_bytes,
            patch_from_bytes: PATCH_FROM_BYTES,
            renewal: RenewalRules::default(),
            full: false,
        }
    }
}

/// This computer's name, and 16 hexadecimal digits that tell it from others of that name: from
/// `/etc/machine-id` (machine-id(5)), hashed as that page asks, or from the name alone where there is none.
pub fn computer() -> (String, String) {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let id = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let seed =
        if id.trim().is_empty() { format!("keepsake name {name}") } else { format!("keepsake machine {}", id.trim()) };
    let digest = ring::digest::digest(&ring::digest::SHA256, seed.as_bytes());
    (name, crate::hash::hex(&digest.as_ref()[..8]))
}

/// How a backup ended that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything is in it.
    Good,
    /// Something could not be read; all else is in it.
    WithProblems,
}

/// Something that is left out on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its path, as text.
    pub path: String,
    /// Why.
    pub why: String,
}

/// What a backup did.
#[derive(Debug, Clone, Serialize)]
pub struct BackupReport {
    /// The plan.
    pub plan: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The backup's name.
    pub backup: String,
    /// Files in it, hard links among them; folders and symbolic links are not counted.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that are new or changed.
    pub new_files: u64,
    /// Their bytes.
    pub new_bytes: u64,
    /// Bytes of files that are as they were and were stored anew, so that an old archive can go.
    pub renewed_bytes: u64,
    /// Bytes of the archives that were written.
    pub stored_bytes: u64,
    /// Their names.
    pub archives: Vec<String>,
    /// The first 1,000 problems.
    pub problems: Vec<Problem>,
    /// All of them.
    pub problem_count: u64,
    /// The first 1,000 things left out.
    pub left_out: Vec<LeftOut>,
    /// How each source fared.
    pub sources: Vec<SourceSummary>,
}

/// What a backup knew of room before it wrote anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoomBefore {
    /// Bytes of what is new or changed. Packed they may be far fewer.
    pub new_bytes: u64,
    /// Bytes that were free.
    pub free_bytes: u64,
    /// True when a source could not be found this time.
    pub has_unknown_source: bool,
    /// How many files the sources had in their last backups.
    pub files_before: u64,
    /// How many of them at most are no longer as they were.
    pub gone_files_at_most: u64,
}

impl std::fmt::Display for RoomBefore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (new, free) = (ByteCount(self.new_bytes), ByteCount(self.free_bytes));
        write!(f, "up to {new} are needed for what is new, and {free} were free")
    }
}

/// Why no backup was made, or why one that was made could not be recorded; see [`backup`](super::backup). What was
/// good before still is, and nothing half-made is left.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// None of the plan's sources is there.
    #[error("nothing to back up: {}", paths.join("; "))]
    NothingFound {
        /// Where each should be, and what is wrong there: "/home/ann/photos could not be found".
        paths: Vec<String>,
    },
    /// Not even the smallest archive would fit. Nothing was written.
    #[error("there is not enough room in {}: {room}", path.display())]
    NotEnoughRoom {
        /// The backup folder.
        path: PathBuf,
        /// What was seen before.
        room: RoomBefore,
    },
    /// An archive that the backup would build on is gone. Nothing was written.
    #[error("{} is needed and is no longer there", path.display())]
    NeededGone {
        /// The archive.
        path: PathBuf,
    },
    /// The disk ran full on the way.
    #[error("the disk ran full while the backup was written to {}: {room}", path.display())]
    DiskFull {
        /// The backup folder.
        path: PathBuf,
        /// What was seen before.
        room: RoomBefore,
    },
    /// The disk with the catalog and the temporary files ran full on the way.
    #[error("the disk ran full that holds {}, where Keepsake keeps its catalog and temporary files", path.display())]
    StateDiskFull {
        /// The folder.
        path: PathBuf,
        /// What was seen before, when it is the disk with the backups, too.
        room: Option<RoomBefore>,
    },
    /// An exclude pattern is malformed.
    #[error(transparent)]
    Pattern(#[from] BadPattern),
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The archive could not be written, or does not read back as it was written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The catalog could not be used.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// It was stopped as asked.
    #[error("stopped as asked; nothing of it is kept, earlier backups are as they were")]
    Stopped,
}

impl BackupError {
    /// What was seen before, when the disk with the backups had no room for it.
    pub fn lacking_room(&self) -> Option<RoomBefore> {
        match self {
            Self::NotEnoughRoom { room, .. } | Self::DiskFull { room, .. } => Some(*room),
            Self::StateDiskFull { room, .. } => *room,
            _ => None,
        }
    }

    /// What the person can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NothingFound { .. } => "Is the disk that holds it connected? Check `path` in the settings.",
            Self::NotEnoughRoom { .. } | Self::DiskFull { .. } => {
                "Make room there, or choose another `backup_dir`. Earlier backups are untouched."
            }
            Self::NeededGone { .. } => {
                "Put it back, or run `keepsake backup` again: what was in it is then stored anew."
            }
            Self::StateDiskFull { .. } => "Make room there. Earlier backups are untouched.",
            Self::Pattern(_) => "Correct `exclude` in the settings.",
            Self::File(_) | Self::Archive(_) => {
                "Check that the backup folder is there and can be written. Earlier backups are untouched."
            }
            Self::Catalog(_) => {
                "Your backups are untouched. Run `keepsake rebuild`: what is known of them is read from them anew."
            }
            Self::Stopped => "Run `keepsake backup` to start again.",
        }
    }
}
