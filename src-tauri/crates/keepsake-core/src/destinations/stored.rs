//! Archives in a folder as they stand there: as they are, locked (`NAME.tar.gz.age`), or in pieces (`NAME.tar.gz.001`), as on
//! a drive that the family has set up. Whoever reads a folder of copies asks here; a path of an archive is always
//! `FOLDER/NAME.tar.gz`, whatever stands there for it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::drive::{Pieces, archive_of, whole_of_piece};
use super::folder::{FolderListing, FoundArchive, list_archives};
use crate::archive::error::ArchiveError;
use crate::archive::name::SIDECAR_ENDING;
use crate::archive::reader::{ArchiveReader, ReadAt};
use crate::atomic_file;
use crate::catalog::Place;
use crate::error::FileError;
use crate::hash::sha256_of_stream;
use crate::sealed::{SEALED_ENDING, SealedReader, keys, plain_bytes};
use crate::settings::DriveId;

/// As [`list_archives`], with those that are locked or in pieces: each with the length of the archive itself.
///
/// # Errors
/// [`FileError`] when the folder cannot be read.
pub fn list_with_locked(folder: &Path) -> Result<FolderListing, FileError> {
    let mut listing = list_archives(folder)?;
    let mut stored: BTreeMap<String, String> = BTreeMap::new();
    for item in fs_err::read_dir(folder).map_err(FileError::on("read the folder", folder))? {
        let item = item.map_err(FileError::on("read the folder", folder))?;
        let Ok(name) = item.file_name().into_string() else { continue };
        let whole = whole_of_piece(&name).unwrap_or(&name);
        let Some(archive) = archive_of(whole).filter(|archive| *archive != name) else { continue };
        // Of one that is there twice the locked one is read.
        if whole.ends_with(SEALED_ENDING) || !stored.contains_key(archive) {
            stored.insert(archive.to_owned(), whole.to_owned());
        }
    }
    listing.archives.retain(|found| !stored.contains_key(&found.name));
    for (name, stored) in stored {
        let path = folder.join(&name);
        // What cannot be opened is told by who reads it.
        let Ok(Some(file)) = Pieces::open(folder, &stored) else { continue };
        let bytes = match stored.ends_with(SEALED_ENDING) {
            true => plain_bytes(&path, &file).unwrap_or(0),
            false => file.length().unwrap_or(0),
        };
        listing.archives.push(FoundArchive { name, path, bytes });
    }
    listing.archives.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listing)
}

/// Opens an archive that stands there locked; None when none does. Of a locked one and another beside it the locked one is read: only the
/// family can have made it, and whoever finds a drive can put another beside it.
fn open_locked(path: &Path) -> Result<Option<Box<dyn ReadAt>>, ArchiveError> {
    let Some((folder, name)) = folder_and_name(path) else { return Ok(None) };
    let sealed = format!("{name}{SEALED_ENDING}");
    let Some(file) = Pieces::open(folder, &sealed)? else { return Ok(None) };
    let path = folder.join(sealed);
    let at_hand = keys();
    let opened = SealedReader::open(&path, Box::new(file), &at_hand.keys).map_err(|e| at_hand.told(e));
    Ok(Some(Box::new(opened.map_err(|e| FileError { action: "unlock", path, source: e.into_io() })?)))
}

/// Opens an archive that stands there in pieces.
fn open_pieces(path: &Path) -> Result<Box<dyn ReadAt>, ArchiveError> {
    let pieces = folder_and_name(path).map(|(folder, name)| Pieces::open(folder, name)).transpose()?.flatten();
    let missing = || FileError { action: "open", path: path.into(), source: io::ErrorKind::NotFound.into() };
    Ok(Box::new(pieces.ok_or_else(missing)?))
}

fn folder_and_name(path: &Path) -> Option<(&Path, &str)> {
    Some((path.parent()?, path.file_name()?.to_str()?))
}

/// Opens an archive's bytes, unlocked.
///
/// # Errors
/// [`ArchiveError`] when nothing stands there for it, or no key of the family opens it.
pub fn open_bytes(path: &Path) -> Result<Box<dyn ReadAt>, ArchiveError> {
    if let Some(bytes) = open_locked(path)? {
        return Ok(bytes);
    }
    match std::fs::metadata(path) {
        // Opening a pipe would wait for ever.
        Ok(facts) if !facts.is_file() => {
            Err(FileError { action: "read", path: path.into(), source: io::Error::other("it is not a file") }.into())
        }
        Ok(_) => Ok(Box::new(fs_err::File::open(path).map_err(FileError::on("open", path))?)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => open_pieces(path),
        Err(e) => Err(FileError::on("open", path)(e).into()),
    }
}

/// As [`ArchiveReader::open`], whatever stands there for the archive.
///
/// # Errors
/// As [`ArchiveReader::open`] and [`open_bytes`].
pub fn open_archive(path: &Path) -> Result<ArchiveReader, ArchiveError> {
    if let Some(bytes) = open_locked(path)? {
        return ArchiveReader::from_source(path, bytes);
    }
    match ArchiveReader::open(path) {
        Err(ArchiveError::File(e)) if e.source.kind() == io::ErrorKind::NotFound => {
            ArchiveReader::from_source(path, open_pieces(path)?)
        }
        opened => opened,
    }
}

/// How long it is taken for granted where a drive is: each archive of a restore asks, and finding out takes a look at all drives.
const FOUND_FOR: Duration = Duration::from_secs(2);

/// How drives are found, and where they were found and when.
struct WhereDrivesAre {
    find: Box<dyn Fn(DriveId) -> Option<PathBuf> + Send>,
    found: BTreeMap<DriveId, (Instant, Option<PathBuf>)>,
}

static DRIVES: Mutex<Option<WhereDrivesAre>> = Mutex::new(None);

/// Says how the folder of copies of a drive is found from now on, while it is mounted. Without that no drive is read.
pub fn drives_are_found_by(find: impl Fn(DriveId) -> Option<PathBuf> + Send + 'static) {
    let drives = WhereDrivesAre { find: Box::new(find), found: BTreeMap::new() };
    *DRIVES.lock().unwrap_or_else(PoisonError::into_inner) = Some(drives);
}

/// The folder of a place: of a drive the one where it is mounted now, else a path that leads nowhere.
pub fn folder_of(place: &Place) -> PathBuf {
    place.drive().and_then(mounted_at).unwrap_or_else(|| place.path.clone())
}

fn mounted_at(drive: DriveId) -> Option<PathBuf> {
    let mut drives = DRIVES.lock().unwrap_or_else(PoisonError::into_inner);
    let WhereDrivesAre { find, found } = drives.as_mut()?;
    let known = found.get(&drive).filter(|(at, _)| at.elapsed() < FOUND_FOR);
    if let Some((_, folder)) = known {
        return folder.clone();
    }
    let folder = find(drive);
    found.insert(drive, (Instant::now(), folder.clone()));
    folder
}

/// True when something stands there for an archive.
pub fn is_there(path: &Path) -> bool {
    let has = |stored: &str, folder: &Path| matches!(Pieces::open(folder, stored), Ok(Some(_)));
    path.is_file()
        || folder_and_name(path)
            .is_some_and(|(folder, name)| has(name, folder) || has(&format!("{name}{SEALED_ENDING}"), folder))
}

/// The SHA-256 of an archive, unlocked. `go_on` is asked about once per MiB with the bytes read since; None when it said no.
///
/// # Errors
/// As [`open_bytes`], and when it cannot be read to its end.
pub fn sha256_of_archive(path: &Path, go_on: impl FnMut(u64) -> bool) -> Result<Option<[u8; 32]>, ArchiveError> {
    Ok(sha256_of_stream(&mut Reading::begin(path)?, go_on).map_err(FileError::on("read", path))?)
}

/// Reads an archive's bytes from its beginning to its end.
#[derive(Debug)]
pub struct Reading {
    file: Box<dyn ReadAt>,
    offset: u64,
    length: u64,
}

impl Reading {
    /// Begins; see [`open_bytes`].
    ///
    /// # Errors
    /// As [`open_bytes`].
    pub fn begin(path: &Path) -> Result<Self, ArchiveError> {
        Ok(Self::of(open_bytes(path)?).map_err(FileError::on("read", path))?)
    }

    /// Reads these bytes.
    ///
    /// # Errors
    /// When nobody can say how many there are.
    pub fn of(file: Box<dyn ReadAt>) -> io::Result<Self> {
        let length = file.length()?;
        Ok(Self { file, offset: 0, length })
    }

    /// How many bytes there are in all.
    pub fn length(&self) -> u64 {
        self.length
    }
}

impl io::Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (self.length - self.offset).min(buffer.len() as u64) as usize;
        self.file.read_exact_at(&mut buffer[..count], self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

/// What the checksum file beside a locked archive, or one in pieces, says of the archive itself; None when it says nothing. It is a
/// hint, as every checksum file: whatever is read is compared.
pub(super) fn said_of_locked(folder: &Path, archive: &str) -> Option<[u8; 32]> {
    for stored in [format!("{archive}{SEALED_ENDING}"), archive.to_owned()] {
        let path = folder.join(format!("{stored}{SIDECAR_ENDING}"));
        let Ok(bytes) = atomic_file::read_own_up_to(&path, 2048) else { continue };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix("# archive SHA-256 "));
        if let Some(sum) = line.and_then(|rest| crate::hash::sha256_of_hex(rest.get(..64)?)) {
            return Some(sum);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::test_house::{Home, clock};
    use crate::destinations::Destination;
    use crate::destinations::drive::tests::Stick;
    use crate::destinations::folder::{Sidecar, read_sidecar};
    use crate::monitor::Silent;
    use crate::rebuild::import_folder;
    use crate::sealed::{KeysAtHand, RecoveryKey, keys_come_from};

    #[test]
    fn a_folder_of_locked_copies_is_read_as_any_other_with_the_key() {
        let mut home = Home::new();
        home.write("a", "a".repeat(100_000));
        home.back_up();
        home.write("b", "b".repeat(100_000));
        home.back_up();
        let rows = home.catalog().archives().unwrap();
        let mut stick = Stick::locked();
        let key = stick.key.take().unwrap();
        let drive = stick.open().unwrap();
        for row in &rows {
            let bytes = std::fs::read(home.request.backup_dir.join(&row.name)).unwrap();
            drive.put(&row.name, &mut &*bytes, &row.sha256, &mut |_| true).unwrap();
        }
        let folder = stick.path("");
        let listed = list_with_locked(&folder).unwrap().archives;
        let found: Vec<_> = listed.iter().map(|a| (a.name.clone(), a.bytes)).collect();
        assert_eq!(found, rows.iter().map(|row| (row.name.clone(), row.bytes)).collect::<Vec<_>>());
        assert_eq!(list_archives(&folder).unwrap().archives, []);
        for row in &rows {
            assert_eq!(read_sidecar(&folder, &row.name).unwrap(), Sidecar::Sha256(row.sha256));
            assert!(is_there(&folder.join(&row.name)));
        }
        assert!(!is_there(&folder.join("none_20260303_020500.tar.gz")));
        // Without the key each is told, and with it all is known.
        let read = |keys: Vec<RecoveryKey>| {
            keys_come_from(move || KeysAtHand { keys: keys.clone(), withheld: None });
            let dir = tempfile::tempdir().unwrap();
            let catalog = crate::catalog::Catalog::open(dir.path()).unwrap();
            let imported = import_folder(&catalog, &folder, "drive", false, &clock(1), &Silent).unwrap();
            (imported.problems.len(), catalog.backups(None).unwrap().len())
        };
        assert_eq!(read(vec![RecoveryKey::generate()]), (2, 0));
        assert_eq!(read(vec![RecoveryKey::generate(), key]), (0, 2));
        // Somebody who found the drive puts another archive beside the locked one.
        std::fs::write(folder.join(&rows[0].name), b"planted").unwrap();
        assert_eq!(list_with_locked(&folder).unwrap().archives.len(), 2);
        assert_eq!(open_archive(&folder.join(&rows[0].name)).unwrap().length(), rows[0].bytes);
        let sum = sha256_of_archive(&folder.join(&rows[0].name), |_| true).unwrap();
        assert_eq!(sum, Some(rows[0].sha256));
    }
}
