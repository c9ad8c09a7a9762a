//! What was seen of the family's drives when they were last plugged in: `drives.json` in the folder of state.
//!
//! None of it decides what is written where: a drive is known by its marker. So what cannot be read counts as never noted,
//! and a lost file is only forgotten dates. Written by who holds the job lock.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::atomic_file;
use crate::error::FileError;
use crate::settings::DriveId;

/// The file in the folder of state.
const NOTED_NAME: &str = "drives.json";
/// A longer file is none of ours.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// What was seen of one drive. Times in seconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NotedDrive {
    /// When the family adopted it.
    pub adopted_at: Option<i64>,
    /// When it was last plugged in and known.
    pub last_seen: Option<i64>,
    /// When everything on it was last read and found good.
    pub proven_at: Option<i64>,
    /// Free on it then, in bytes.
    pub free_bytes: Option<u64>,
    /// Its size, in bytes.
    pub total_bytes: Option<u64>,
}

/// What was seen of all drives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotedDrives(BTreeMap<DriveId, NotedDrive>);

impl NotedDrives {
    /// Reads what was noted; nothing where that cannot be read.
    pub fn load(data_dir: &Path) -> Self {
        let bytes = atomic_file::read_own_up_to(&data_dir.join(NOTED_NAME), MAX_FILE_BYTES).unwrap_or_default();
        let noted: BTreeMap<String, NotedDrive> = serde_json::from_slice(&bytes).unwrap_or_default();
        Self(noted.into_iter().filter_map(|(id, one)| Some((DriveId::parse(&id)?, one))).collect())
    }

    /// What was seen of a drive.
    pub fn of(&self, id: DriveId) -> NotedDrive {
        self.0.get(&id).copied().unwrap_or_default()
    }

    /// Notes something of a drive: whole or, after a power cut, as it was before.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be written; what was noted before stays.
    pub fn note(data_dir: &Path, id: DriveId, change: impl FnOnce(&mut NotedDrive)) -> Result<(), FileError> {
        let mut noted = Self::load(data_dir);
        change(noted.0.entry(id).or_default());
        noted.save(data_dir)
    }

    /// Forgets a drive.
    ///
    /// # Errors
    /// [`FileError`] when that cannot be written.
    pub fn forget(data_dir: &Path, id: DriveId) -> Result<(), FileError> {
        let mut noted = Self::load(data_dir);
        if noted.0.remove(&id).is_some() { noted.save(data_dir) } else { Ok(()) }
    }

    fn save(&self, data_dir: &Path) -> Result<(), FileError> {
        let all: BTreeMap<String, NotedDrive> = self.0.iter().map(|(id, one)| (id.to_string(), *one)).collect();
        let text = serde_json::to_vec_pretty(&all).unwrap_or_default();
        atomic_file::write_whole(&data_dir.join(NOTED_NAME), &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_known_and_what_cannot_be_read_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (DriveId::of_bytes([1; 16]), DriveId::of_bytes([2; 16]));
        assert_eq!(NotedDrives::load(dir.path()), NotedDrives::default());
        NotedDrives::note(dir.path(), one, |noted| noted.last_seen = Some(5)).unwrap();
        NotedDrives::note(dir.path(), two, |noted| noted.free_bytes = Some(7)).unwrap();
        NotedDrives::note(dir.path(), one, |noted| noted.proven_at = Some(6)).unwrap();
        let noted = NotedDrives::load(dir.path());
        assert_eq!(
            (noted.of(one).last_seen, noted.of(one).proven_at, noted.of(two).free_bytes),
            (Some(5), Some(6), Some(7))
        );
        NotedDrives::forget(dir.path(), one).unwrap();
        assert_eq!(NotedDrives::load(dir.path()).of(one), NotedDrive::default());
        for damaged in [&b"{"[..], b"[]", b"{\"x\":{}}", b"\xff"] {
            std::fs::write(dir.path().join(NOTED_NAME), damaged).unwrap();
            assert_eq!(NotedDrives::load(dir.path()), NotedDrives::default());
        }
    }
}
