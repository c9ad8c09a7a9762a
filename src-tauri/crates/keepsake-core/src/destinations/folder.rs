//! A folder that holds archives: what is in it, and the checksum file beside each archive. What a folder
//! holds is hostile until it has been checked.

use std::io::Read;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::stored::said_of_locked;
use crate::archive::name::{SIDECAR_ENDING, is_archive_name, sidecar_name};
use crate::atomic_file;
use crate::error::FileError;
use crate::hash::sha256_of_stream;
use crate::hash::{hex, sha256_of_hex};

/// Behind the name of a file that was not finished.
const PARTIAL_ENDING: &str = ".partial";
/// The most bytes of a checksum file that are read: 64 digits, two spaces, a name, a newline.
const MAX_SIDECAR_BYTES: u64 = 64 + 2 + 255 + 2;

/// A file whose name is that of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundArchive {
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
}

/// What a folder holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderListing {
    /// Files that have the name of an archive, sorted by name. Whether they are archives is not known yet.
    pub archives: Vec<FoundArchive>,
    /// Names of what killed runs left: unfinished archives and checksum files, sorted.
    pub partials: Vec<String>,
    /// Names of archives that have a file with the name of their checksum file, sorted. They need not be there.
    pub with_sidecar: Vec<String>,
}

/// What a checksum file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sidecar {
    /// There is none.
    Missing,
    /// It is not a line of `sha256sum` for this archive; the text says why.
    Malformed(&'static str),
    /// The checksum that it gives.
    Sha256([u8; 32]),
}

/// Looks at what a folder holds. Only plain files count (a link to one does too); everything else and
/// names with control characters, which Keepsake never gives, are passed over.
///
/// # Errors
/// [`FileError`] when the folder cannot be read.
pub fn list_archives(folder: &Path) -> Result<FolderListing, FileError> {
    let mut listing = FolderListing::default();
    for item in fs::read_dir(folder).map_err(FileError::on("read the folder", folder))? {
        let item = item.map_err(FileError::on("read the folder", folder))?;
        let Ok(name) = item.file_name().into_string() else { continue };
        if name.chars().any(char::is_control) {
            continue;
        }
        if archive_of_partial(&name).is_some() {
            listing.partials.push(name);
        } else if let Some(archive) = name.strip_suffix(SIDECAR_ENDING).filter(|archive| is_archive_name(archive)) {
            listing.with_sidecar.push(archive.into());
        } else if is_archive_name(&name) {
            // Gone between the listing and the look: as if it had never been listed.
            let Ok(metadata) = std::fs::metadata(item.path()) else { continue };
            if metadata.is_file() {
                listing.archives.push(FoundArchive { name, path: item.path(), bytes: metadata.len() });
            }
        }
    }
    listing.archives.sort_by(|a, b| a.name.cmp(&b.name));
    listing.partials.sort();
    listing.with_sidecar.sort();
    Ok(listing)
}

/// The archive's name in that of an unfinished archive or of its unfinished checksum file; None for other names.
pub fn archive_of_partial(name: &str) -> Option<&str> {
    let whole = name.strip_suffix(PARTIAL_ENDING)?;
    let archive = whole.strip_suffix(SIDECAR_ENDING).unwrap_or(whole);
    is_archive_name(archive).then_some(archive)
}

/// Removes what killed runs left, and answers the names. Only a run that holds the job lock may call this:
/// what another run is writing at the moment looks the same. Cut off by a power cut, it leaves some of
/// them for the next time.
///
/// # Errors
/// [`FileError`] when the folder cannot be read, or one of them cannot be removed.
pub fn remove_partials(folder: &Path) -> Result<Vec<String>, FileError> {
    let partials = list_archives(folder)?.partials;
    for name in &partials {
        atomic_file::remove_file(&folder.join(name))?;
    }
    if !partials.is_empty() {
        atomic_file::sync_folder(folder)?;
    }
    Ok(partials)
}

/// The line of a checksum file, as `sha256sum` writes and checks it (GNU coreutils, "cksum general options").
pub fn sidecar_line(archive: &str, sha256: &[u8; 32]) -> String {
    format!("{}  {archive}\n", hex(sha256))
}

/// Writes the checksum file of an archive: whole or, after a power cut, not at all.
///
/// # Errors
/// [`FileError`] when the folder cannot be written.
pub fn write_sidecar(folder: &Path, archive: &str, sha256: &[u8; 32]) -> Result<(), FileError> {
    atomic_file::write_whole(&folder.join(sidecar_name(archive)), sidecar_line(archive, sha256).as_bytes())
}

/// Removes checksum files whose archive is not there and not among `expected`, and answers the archives' names. A
/// file with such a name that is no checksum file stays. Only a run that holds the job lock may call this. Cut
/// off by a power cut, it leaves some of them for the next time.
///
/// # Errors
/// [`FileError`] when one of them cannot be read or removed.
pub fn remove_orphan_sidecars(
    folder: &Path,
    listing: &FolderListing,
    expected: impl Fn(&str) -> bool,
) -> Result<Vec<String>, FileError> {
    let mut removed = Vec::new();
    for name in &listing.with_sidecar {
        // Whatever stands there, also a link that leads nowhere at the moment.
        let archive = fs::symlink_metadata(folder.join(name));
        let is_gone = archive.is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound);
        if is_gone && !expected(name) && matches!(read_sidecar(folder, name)?, Sidecar::Sha256(_)) {
            atomic_file::remove_file(&folder.join(sidecar_name(name)))?;
            removed.push(name.clone());
        }
    }
    if !removed.is_empty() {
        atomic_file::sync_folder(folder)?;
    }
    Ok(removed)
}

/// Reads the checksum file of an archive, a few hundred bytes of it at most.
///
/// # Errors
/// [`FileError`] when it is there and cannot be read.
pub fn read_sidecar(folder: &Path, archive: &str) -> Result<Sidecar, FileError> {
    let path = folder.join(sidecar_name(archive));
    match std::fs::metadata(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Ok(said_of_locked(folder, archive).map_or(Sidecar::Missing, Sidecar::Sha256));
        }
        Err(e) => return Err(FileError::on("read", &path)(e)),
        // Opening a pipe would wait for ever.
        Ok(metadata) if !metadata.is_file() => return Ok(Sidecar::Malformed("it is not a plain file")),
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(&path).map_err(FileError::on("open", &path))?;
    file.take(MAX_SIDECAR_BYTES + 1).read_to_end(&mut bytes).map_err(FileError::on("read", &path))?;
    match parse_sidecar(&bytes, archive) {
        // On a drive more stands in it.
        Sidecar::Malformed(why) => Ok(said_of_locked(folder, archive).map_or(Sidecar::Malformed(why), Sidecar::Sha256)),
        parsed => Ok(parsed),
    }
}

fn parse_sidecar(bytes: &[u8], archive: &str) -> Sidecar {
    let Ok(text) = std::str::from_utf8(bytes) else { return Sidecar::Malformed("it is not text") };
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let Some((digits, rest)) = line.split_at_checked(64) else { return Sidecar::Malformed("it is too short") };
    let sha256 = sha256_of_hex(digits).filter(|_| !digits.bytes().any(|digit| digit.is_ascii_uppercase()));
    // A letter that became a capital is damage, too: sha256sum writes none.
    let Some(sha256) = sha256 else {
        return Sidecar::Malformed("it holds no checksum (SHA-256)");
    };
    // "  " for text, " *" for binary: the same on Linux.
    match rest.strip_prefix("  ").or_else(|| rest.strip_prefix(" *")) {
        Some(name) if name == archive => Sidecar::Sha256(sha256),
        Some(_) => Sidecar::Malformed("it names another file"),
        None => Sidecar::Malformed("it is not a line of sha256sum"),
    }
}

/// The SHA-256 of a whole file, read as a stream. `go_on` is asked about once per MiB with the bytes read
/// since; None when it said no.
///
/// # Errors
/// [`FileError`] when the file cannot be read.
pub fn sha256_of_file(path: &Path, go_on: impl FnMut(u64) -> bool) -> Result<Option<[u8; 32]>, FileError> {
    let mut file = fs::File::open(path).map_err(FileError::on("open", path))?;
    sha256_of_stream(&mut file, go_on).map_err(FileError::on("read", path))
}

/// True when both lead to the same folder.
pub fn is_same_folder(one: &Path, other: &Path) -> bool {
    match (std::fs::canonicalize(one), std::fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAME: &str = "family_20260303_020500.tar.gz";

    #[test]
    fn only_archives_and_their_leftovers_are_listed() {
        let dir = tempfile::tempdir().unwrap();
        let part = "family_20260303_020500_2.tar.gz";
        for name in [
            NAME,
            part,
            "notes.txt",
            "notes.txt.partial",
            "x.tar.gz.partial",
            "evil\n_20260303_020500.tar.gz",
            "family_20260303_020500.tar.gz.sha256",
            "family_20260304_020500.tar.gz.partial",
            "family_20260304_020500.tar.gz.sha256.partial",
        ] {
            fs::write(dir.path().join(name), "12").unwrap();
        }
        fs::create_dir(dir.path().join("family_20260305_020500.tar.gz")).unwrap();
        let listing = list_archives(dir.path()).unwrap();
        let found: Vec<_> = listing.archives.iter().map(|a| (a.name.as_str(), a.bytes)).collect();
        assert_eq!(found, [(NAME, 2), (part, 2)]);
        assert_eq!(listing.partials.len(), 2);
        assert_eq!(remove_partials(dir.path()).unwrap(), listing.partials);
        assert!(list_archives(dir.path()).unwrap().partials.is_empty());
        assert!(dir.path().join("notes.txt.partial").exists(), "what is not Keepsake's stays");
        assert!(dir.path().join("x.tar.gz.partial").exists());
        assert!(list_archives(&dir.path().join("nowhere")).is_err());
    }

    #[test]
    fn a_checksum_file_comes_back_and_sha256sum_accepts_it() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_sidecar(dir.path(), NAME).unwrap(), Sidecar::Missing);
        fs::write(dir.path().join(NAME), "an archive").unwrap();
        let sha256 = sha256_of_file(&dir.path().join(NAME), |_| true).unwrap().unwrap();
        write_sidecar(dir.path(), NAME, &sha256).unwrap();
        assert_eq!(read_sidecar(dir.path(), NAME).unwrap(), Sidecar::Sha256(sha256));
        let checked = std::process::Command::new("sha256sum")
            .args(["-c", "--strict", &sidecar_name(NAME)])
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(checked.status.success(), "{checked:?}");
    }

    #[test]
    fn a_checksum_file_of_another_kind_is_refused() {
        let digits = "ab".repeat(32);
        for (text, good) in [
            (format!("{digits}  {NAME}\n"), true),
            (format!("{digits} *{NAME}"), true),
            (format!("{digits}  {NAME}\r\n"), true),
            (format!("{digits}  other.tar.gz\n"), false),
            (format!("{}  {NAME}\n", digits.to_uppercase()), false),
            (format!("{digits} {NAME}\n"), false),
            (format!("{}  {NAME}\n", &digits[1..]), false),
            (format!("{digits}  {NAME}\n{digits}  {NAME}\n"), false),
            (format!("{}é  {NAME}", &digits[1..]), false),
            (String::new(), false),
        ] {
            let parsed = parse_sidecar(text.as_bytes(), NAME);
            assert_eq!(matches!(parsed, Sidecar::Sha256(_)), good, "{text:?}: {parsed:?}");
        }
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(sidecar_name(NAME))).unwrap();
        assert!(matches!(read_sidecar(dir.path(), NAME).unwrap(), Sidecar::Malformed(_)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_sidecar(&bytes, NAME);
        }
    }
}
