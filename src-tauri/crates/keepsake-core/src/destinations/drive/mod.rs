//! A destination that is a USB drive of the family. What stands on one, and how it is known, is written down in
//! `docs/decisions/0023-drives.md` and `docs/archive-format.md`.
//!
//! It is given the folder in which the drive is mounted. All its files are reached through a handle on the folder
//! `Keepsake` there, never through the path: when the drive is pulled out and something else stands at that path, nothing is
//! written to that.

mod asked;
pub mod choice;
mod here;
mod marker;
mod noted;
mod pieces;
mod record;
mod start_here;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::path::Path;

use super::folder::archive_of_partial;
use super::in_folder::lock_place;
use super::pour::{Poured, pour};
use super::stored::Reading;
use super::{Destination, DestinationError, HeldFile};
use crate::archive::name::{SIDECAR_ENDING, is_archive_name, sidecar_name};
use crate::archive::reader::ReadAt;
use crate::atomic_file;
use crate::error::FileError;
use crate::hash::sha256_of_stream;
use crate::lock::JobLock;
use crate::room::Room;
use crate::sealed::{self, Recipient, RecoveryKey, SEALED_ENDING, SealedError, SealedReader};
use crate::settings::{DriveId, DriveSettings};

pub use asked::AskedDrives;
use here::Here;
pub use here::{FOLDER_NAME, Mounted};
pub use marker::{DriveKey, FoundMarker, MARKER_NAME, Marker};
pub use noted::{NotedDrive, NotedDrives};
pub(super) use pieces::{Pieces, whole_of_piece};
use pieces::{Writing, all_files};
use record::{MAX_RECORD_BYTES, Record};

/// A file on FAT32 ends at 4 GiB less one byte; a piece well below.
const MOST_FAT_BYTES: u64 = 4_200_000_000;
/// So much of a drive stays free.
pub const KEPT_FREE_BYTES: u64 = 16 << 20;

/// A smaller drive is none for backups, whoever asks: with what stays free and the file system's own, little more than small
/// documents fits on it. What a family's backups need is told beside, and is for the family to weigh.
pub const LEAST_DRIVE_BYTES: u64 = 64_000_000;

/// What a drive of the family needs to be opened with.
#[derive(Debug, Clone)]
pub struct Family {
    /// Which family: [`Marker::family`].
    pub id: String,
    /// To know its drives.
    pub drive_key: DriveKey,
    /// To whom copies are locked.
    pub recipient: Recipient,
    /// The same two from before the recovery key was changed: drives that were not plugged in since are known by them.
    pub older: Vec<(String, DriveKey)>,
}

impl Family {
    /// As this computer knows it.
    pub fn of(family: &sealed::Family) -> Self {
        Self {
            id: family.id(),
            drive_key: DriveKey::new(&family.drive_key),
            recipient: family.recipient.clone(),
            older: family.older.iter().map(|one| (one.id(), DriveKey::new(&one.drive_key))).collect(),
        }
    }
}

/// Why a drive is not taken for the family's. Nothing was written to it.
#[derive(Debug, thiserror::Error)]
pub enum NotOurs {
    /// There is no marker on it.
    #[error("there is no sign on it that it is the family's drive")]
    NoMarker,
    /// What stands there is none of the family's, or was changed.
    #[error("the sign on it that it is the family's drive is damaged, or was made by somebody else")]
    DamagedMarker,
    /// It is a drive of another family.
    #[error("it is a drive of another family: it was set up on {computer}")]
    OtherFamily {
        /// On which computer that was, by the marker's own words.
        computer: String,
    },
    /// It is another of the family's drives than the settings say for this file system.
    #[error("it says that it is another drive than the one of the settings")]
    OtherDrive,
    /// Its marker was written on another file system: it was copied here.
    #[error("the sign on it was made on another drive and copied here")]
    CopiedMarker,
    /// Its marker was written on other hardware.
    #[error("it is a copy of the family's drive, on another device")]
    Clone,
    /// It could not be read.
    #[error(transparent)]
    Destination(#[from] DestinationError),
}

/// A drive of the family, plugged in and mounted.
pub struct DriveFolder {
    here: Here,
    marker: Marker,
    /// The family's drive keys, the present one first.
    drive_keys: Vec<DriveKey>,
    /// What the family is called by now.
    family: String,
    /// To whom copies are locked; None for a drive whose copies anybody may read.
    recipient: Option<Recipient>,
    /// What opens them again; empty while that is not needed.
    keys: Vec<RecoveryKey>,
    /// The most bytes of one file.
    most_bytes: u64,
}

impl fmt::Debug for DriveFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DriveFolder").field("shown", &self.here.shown()).finish_non_exhaustive()
    }
}

/// A new drive, before it is the family's.
#[derive(Debug, Clone)]
pub struct Adoption<'a> {
    /// What it will be in the settings.
    pub drive: &'a DriveSettings,
    /// What tells its hardware from other; empty when nothing does.
    pub hardware: &'a str,
    /// When, in seconds since 1970.
    pub now_secs: i64,
    /// This computer's name, for people.
    pub computer: &'a str,
}

impl DriveFolder {
    /// Makes a drive the family's: writes the folder, what explains it, and the marker last. Backups of Keepsake that are there
    /// already stay. After a power cut without a marker it is a stranger still.
    ///
    /// # Errors
    /// [`NotOurs`] when it is another family's, or cannot be written.
    pub fn adopt(mounted: &Mounted, adoption: &Adoption<'_>, family: &Family) -> Result<Self, NotOurs> {
        let here = Here::make(mounted)?;
        match here.marker(Some(family))? {
            FoundMarker::OtherFamily(marker) => return Err(NotOurs::OtherFamily { computer: marker.computer }),
            FoundMarker::Nothing | FoundMarker::Ours(_) | FoundMarker::Damaged => {}
        }
        start_here::write(here.base(), adoption.drive.is_encrypted).map_err(|e| here.blame(e))?;
        let marker = Marker {
            drive: adoption.drive.id,
            family: family.id.clone(),
            file_system: adoption.drive.file_system.clone(),
            hardware: adoption.hardware.into(),
            is_encrypted: adoption.drive.is_encrypted,
            adopted_secs: adoption.now_secs,
            computer: adoption.computer.into(),
        };
        marker.write(here.base(), &family.drive_key).map_err(|e| here.blame(e))?;
        Ok(Self::of(here, mounted, adoption.drive, marker, family))
    }

    /// Opens a drive of the family, when it is the one of the settings. Writes nothing. `hardware` is what tells the hardware from
    /// other; empty when nothing does.
    ///
    /// # Errors
    /// [`NotOurs`], and why.
    pub fn open(mounted: &Mounted, drive: &DriveSettings, hardware: &str, family: &Family) -> Result<Self, NotOurs> {
        let Some(here) = Here::open(mounted)? else { return Err(NotOurs::NoMarker) };
        let marker = match here.marker(Some(family))? {
            FoundMarker::Ours(marker) => marker,
            FoundMarker::Nothing => return Err(NotOurs::NoMarker),
            FoundMarker::Damaged => return Err(NotOurs::DamagedMarker),
            FoundMarker::OtherFamily(marker) => return Err(NotOurs::OtherFamily { computer: marker.computer }),
        };
        if marker.drive != drive.id {
            return Err(NotOurs::OtherDrive);
        }
        if marker.file_system != drive.file_system || mounted.file_system != drive.file_system {
            return Err(NotOurs::CopiedMarker);
        }
        // Where nothing tells the hardware, nothing can be said of it.
        if !marker.hardware.is_empty() && !hardware.is_empty() && marker.hardware != hardware {
            return Err(NotOurs::Clone);
        }
        Ok(Self::of(here, mounted, drive, marker, family))
    }

    /// What a mounted drive says that it is. Reads only.
    ///
    /// # Errors
    /// [`DestinationError`] when it cannot be read.
    pub fn look(mounted: &Mounted, family: Option<&Family>) -> Result<FoundMarker, DestinationError> {
        match Here::open(mounted)? {
            Some(here) => here.marker(family),
            None => Ok(FoundMarker::Nothing),
        }
    }

    fn of(here: Here, mounted: &Mounted, drive: &DriveSettings, marker: Marker, family: &Family) -> Self {
        let most_bytes = if mounted.is_fat { MOST_FAT_BYTES } else { u64::MAX };
        let recipient = drive.is_encrypted.then(|| family.recipient.clone());
        let older = family.older.iter().map(|(_, key)| key.clone());
        let drive_keys = [family.drive_key.clone()].into_iter().chain(older).collect();
        Self { here, marker, drive_keys, family: family.id.clone(), recipient, keys: Vec::new(), most_bytes }
    }

    /// The same, with what opens locked copies: for reading them.
    #[must_use]
    pub fn with_keys(self, keys: Vec<RecoveryKey>) -> Self {
        Self { keys, ..self }
    }

    /// What tells it from all others.
    pub fn id(&self) -> DriveId {
        self.marker.drive
    }

    /// Where it is, for people.
    pub fn shown(&self) -> &Path {
        self.here.shown()
    }

    /// How much room it has.
    ///
    /// # Errors
    /// [`DestinationError`] when that cannot be told.
    pub fn room(&self) -> Result<Room, DestinationError> {
        self.here.check()?;
        Room::at(self.here.base()).map_err(|e| self.here.blame(e))
    }

    /// Writes anew what explains the drive, where it is missing or of an older Keepsake, and the marker, where the recovery key was
    /// changed since.
    ///
    /// # Errors
    /// [`DestinationError`] when it cannot be written.
    pub fn explain(&self, is_encrypted: bool) -> Result<(), DestinationError> {
        self.here.check()?;
        start_here::write(self.here.base(), is_encrypted).map_err(|e| self.here.blame(e))?;
        if self.marker.family == self.family {
            return Ok(());
        }
        // The recovery key was changed since.
        let marker = Marker { family: self.family.clone(), ..self.marker.clone() };
        marker.write(self.here.base(), &self.drive_keys[0]).map_err(|e| self.here.blame(e))
    }

    /// The copies that are listed, by the archive's name: the SHA-256 of the archive that each is said to be, by what only the family can
    /// have noted, and that archive's bytes. Whether one is as it was written is only known by [`DriveFolder::prove`].
    ///
    /// # Errors
    /// [`DestinationError`] when the drive cannot be read.
    pub fn copies(&self) -> Result<BTreeMap<String, ([u8; 32], u64)>, DestinationError> {
        let said = |record: Record| (record.archive_sha256, record.archive_bytes);
        Ok(self.records()?.into_iter().map(|(archive, record)| (archive, said(record))).collect())
    }

    /// As [`DriveFolder::copies`], of those that are stored as this drive's copies are not: locked where these are not, and the other way
    /// round. Another of the family's computers may have chosen so.
    ///
    /// # Errors
    /// [`DestinationError`] when the drive cannot be read.
    pub fn copies_stored_otherwise(&self) -> Result<BTreeMap<String, [u8; 32]>, DestinationError> {
        let records = self.records_stored(|archive| self.other_name(archive))?;
        Ok(records.into_iter().map(|(archive, record)| (archive, record.archive_sha256)).collect())
    }

    /// Names of archives of which something stands there, whatever it is.
    ///
    /// # Errors
    /// [`DestinationError`] when the drive cannot be read.
    pub fn stands(&self) -> Result<BTreeSet<String>, DestinationError> {
        let names = self.names()?;
        let archives = names.iter().filter_map(|name| archive_of(whole_of_piece(name).unwrap_or(name)));
        Ok(archives.map(str::to_owned).collect())
    }

    /// Names of all that stands there.
    fn names(&self) -> Result<Vec<String>, DestinationError> {
        self.here.check()?;
        let reading = |e| self.here.blame(FileError::on("read the folder", self.here.base())(e));
        let mut names = Vec::new();
        for item in fs_err::read_dir(self.here.base()).map_err(reading)? {
            names.extend(item.map_err(reading)?.file_name().into_string());
        }
        Ok(names)
    }

    /// What the checksum file beside a stored file says, when the family wrote it and so many bytes stand there.
    fn record(&self, stored: &str, bytes: u64) -> Result<Option<Record>, DestinationError> {
        let path = self.here.base().join(sidecar_name(stored));
        if !std::fs::symlink_metadata(&path).is_ok_and(|facts| facts.is_file() && facts.len() <= MAX_RECORD_BYTES) {
            return Ok(None);
        }
        let read = atomic_file::read_own_up_to(&path, MAX_RECORD_BYTES);
        let text = read.map_err(|e| self.here.blame(FileError::on("read", &path)(e)))?;
        let record = std::str::from_utf8(&text)
            .ok()
            .and_then(|text| self.drive_keys.iter().find_map(|key| Record::parse(text, stored, key)));
        Ok(record.filter(|record| record.file_bytes == bytes))
    }

    /// All copies that are whole, by the archive's name. On a drive whose copies are locked one that is not locked is none.
    fn records(&self) -> Result<BTreeMap<String, Record>, DestinationError> {
        self.records_stored(|archive| self.stored_name(archive))
    }

    /// All that are whole and stored under the name that is made of an archive's.
    fn records_stored(
        &self,
        stored_name: impl Fn(&str) -> String,
    ) -> Result<BTreeMap<String, Record>, DestinationError> {
        let mut lengths = BTreeMap::<String, u64>::new();
        for name in self.names()? {
            let whole = whole_of_piece(&name).unwrap_or(&name);
            let Some(archive) = archive_of(whole).filter(|archive| stored_name(archive) == whole) else {
                continue;
            };
            // Gone between the listing and the look: as if it had never been listed.
            let Ok(facts) = std::fs::symlink_metadata(self.here.base().join(&name)) else { continue };
            if facts.is_file() {
                let length = lengths.entry(archive.to_owned()).or_default();
                *length = length.saturating_add(facts.len());
            }
        }
        let mut records = BTreeMap::new();
        for (archive, bytes) in lengths {
            if let Some(record) = self.record(&stored_name(&archive), bytes)? {
                records.insert(archive, record);
            }
        }
        // What could not be looked at since the drive was pulled out is not missing there.
        self.here.check()?;
        Ok(records)
    }

    /// True when the copy of an archive is as it was written and is that of the archive with this SHA-256: what is on the medium is read
    /// whole, and compared with what only the family can have noted. Needs no recovery key.
    ///
    /// # Errors
    /// [`DestinationError`] when the drive cannot be read, or `go_on` said no.
    pub fn prove(
        &self,
        archive: &str,
        sha256: &[u8; 32],
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<bool, DestinationError> {
        self.here.check()?;
        let stored = self.stored_name(archive);
        let opened = Pieces::open(self.here.base(), &stored).map_err(|e| self.here.blame(e))?;
        // What is missing or cannot be read where it was written is damage, unless the drive is not there any more.
        let no_copy = || self.here.check().map(|()| false);
        let Some(file) = opened else { return no_copy() };
        file.forget_cached();
        let mut reading = Reading::of(Box::new(file));
        let record = match &reading {
            Ok(reading) => self.record(&stored, reading.length())?,
            Err(_) => None,
        };
        let (Ok(reading), Some(record)) = (&mut reading, record.filter(|record| record.archive_sha256 == *sha256))
        else {
            return no_copy();
        };
        match sha256_of_stream(reading, go_on) {
            Ok(found) => Ok(self.stop_or(found)? == record.file_sha256),
            Err(_) => no_copy(),
        }
    }

    fn stop_or<T>(&self, done: Option<T>) -> Result<T, DestinationError> {
        done.ok_or(DestinationError::Stopped)
    }

    /// Writes one file, reads it back from the medium, and gives it its name.
    fn put_file(
        &self,
        stored: &str,
        from: &mut dyn Read,
        archive_sha256: &[u8; 32],
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Record, DestinationError> {
        let blame = |e| self.here.blame(e);
        let mut writing = Writing::begin(self.here.base(), stored, self.most_bytes).map_err(blame)?;
        let poured = pour(from, &mut writing, self.recipient.as_ref(), go_on);
        if let Some(e) = writing.failed.take() {
            return Err(blame(e));
        }
        let Poured { read, written } = self.stop_or(poured?)?;
        if read.sha256 != *archive_sha256 {
            return Err(DestinationError::NotAsRecorded);
        }
        writing.sync().map_err(blame)?;
        if self.stop_or(writing.read_back(go_on).map_err(blame)?)? != written.sha256 {
            return Err(DestinationError::NotAsWritten { path: self.here.shown().join(stored) });
        }
        self.here.check()?;
        writing.commit().map_err(blame)?;
        Ok(Record {
            stored: stored.into(),
            file_sha256: written.sha256,
            file_bytes: written.bytes,
            archive_sha256: read.sha256,
            archive_bytes: read.bytes,
        })
    }

    /// What a new copy is called.
    fn stored_name(&self, archive: &str) -> String {
        match self.recipient {
            Some(_) => format!("{archive}{SEALED_ENDING}"),
            None => archive.to_owned(),
        }
    }

    /// What it would be called on a drive where that is the other way round.
    fn other_name(&self, archive: &str) -> String {
        match self.recipient {
            Some(_) => archive.to_owned(),
            None => format!("{archive}{SEALED_ENDING}"),
        }
    }

    /// Removes the files of an archive, its checksum file first: without that it is not listed.
    fn remove_files(&self, archive: &str) -> Result<(), FileError> {
        self.remove_stored(archive)?;
        self.remove_stored(&format!("{archive}{SEALED_ENDING}"))?;
        atomic_file::sync_folder(self.here.base())
    }

    fn remove_stored(&self, stored: &str) -> Result<(), FileError> {
        let base = self.here.base();
        let names = all_files(base, stored)?;
        atomic_file::remove_file(&base.join(sidecar_name(stored)))?;
        names.iter().try_for_each(|name| atomic_file::remove_file(&base.join(name)))
    }
}

/// The archive's name in that of a stored file.
pub(super) fn archive_of(stored: &str) -> Option<&str> {
    let archive = stored.strip_suffix(SEALED_ENDING).unwrap_or(stored);
    is_archive_name(archive).then_some(archive)
}

/// The archive's name in that of something unfinished: a piece, a locked one, or its checksum file.
fn archive_of_leftover(name: &str) -> Option<&str> {
    let whole = name.strip_suffix(".partial")?;
    let whole = whole_of_piece(whole).unwrap_or(whole);
    archive_of(whole.strip_suffix(SIDECAR_ENDING).unwrap_or(whole)).or_else(|| archive_of_partial(name))
}

impl Destination for DriveFolder {
    /// Copies that are whole: checksum file and all bytes are there. What they hold is only known by [`DriveFolder::prove`].
    fn list(&self) -> Result<Vec<HeldFile>, DestinationError> {
        let records = self.records()?;
        Ok(records.into_iter().map(|(name, record)| HeldFile { name, bytes: record.archive_bytes }).collect())
    }

    fn open(&self, name: &str) -> Result<Box<dyn ReadAt>, DestinationError> {
        self.here.check_name(name)?;
        let blame = |e| self.here.blame(e);
        let sealed = format!("{name}{SEALED_ENDING}");
        if let Some(file) = Pieces::open(self.here.base(), &sealed).map_err(blame)? {
            let path = self.here.shown().join(sealed);
            let opened = SealedReader::open(&path, Box::new(file), &self.keys);
            let unreadable = |e: SealedError| DestinationError::Unreadable { source: e.into_io() };
            return Ok(Box::new(opened.map_err(unreadable)?));
        }
        match Pieces::open(self.here.base(), name).map_err(blame)? {
            Some(file) => Ok(Box::new(file)),
            None => {
                let source = std::io::ErrorKind::NotFound.into();
                Err(FileError { action: "open", path: self.here.shown().join(name), source }.into())
            }
        }
    }

    /// Beside it its checksum file is written; one that is put by itself is passed over.
    fn put(
        &self,
        name: &str,
        from: &mut dyn Read,
        sha256: &[u8; 32],
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), DestinationError> {
        self.here.check_name(name)?;
        if name.ends_with(SIDECAR_ENDING) {
            return Ok(());
        }
        let stored = self.stored_name(name);
        let record = self.put_file(&stored, from, sha256, go_on)?;
        let (base, text) = (self.here.base(), record.text(&self.drive_keys[0]));
        // The bytes of a name count only with it, so both are forced to the medium together.
        let mut beside = Writing::begin(base, &sidecar_name(&stored), u64::MAX).map_err(|e| self.here.blame(e))?;
        let wrote = std::io::Write::write_all(&mut beside, text.as_bytes());
        if let Some(e) = beside.failed.take() {
            return Err(self.here.blame(e));
        }
        wrote.map_err(|source| DestinationError::Unreadable { source })?;
        beside.sync().map_err(|e| self.here.blame(e))?;
        let read = self.stop_or(beside.read_back(&mut |_| true).map_err(|e| self.here.blame(e))?)?;
        if read != crate::hash::sha256(text.as_bytes()) {
            return Err(DestinationError::NotAsWritten { path: self.here.shown().join(sidecar_name(&stored)) });
        }
        // Of one archive one copy stands there, locked or not.
        let other = self.other_name(name);
        beside
            .commit()
            .and_then(|()| atomic_file::sync_folder(base))
            .and_then(|()| self.remove_stored(&other))
            .map_err(|e| self.here.blame(e))
    }

    fn remove(&self, name: &str) -> Result<(), DestinationError> {
        self.here.check_name(name)?;
        match name.strip_suffix(SIDECAR_ENDING) {
            // It goes with its archive.
            Some(_) => Ok(()),
            None => self.remove_files(name).map_err(|e| self.here.blame(e)),
        }
    }

    fn remove_leftovers(&self, is_ours: &dyn Fn(&str) -> bool) -> Result<(), DestinationError> {
        for name in self.names()? {
            if archive_of_leftover(&name).is_some_and(is_ours) {
                atomic_file::remove_file(&self.here.base().join(&name)).map_err(|e| self.here.blame(e))?;
            }
        }
        Ok(())
    }

    fn free_bytes(&self) -> Result<u64, DestinationError> {
        Ok(self.room()?.free_bytes)
    }

    fn lock(&self, doing: &str, wait: bool) -> Result<Option<JobLock>, DestinationError> {
        self.here.check()?;
        lock_place(self.here.base(), doing, wait, |e| self.here.blame(e))
    }
}
