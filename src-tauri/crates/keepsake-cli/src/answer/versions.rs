//! All versions of one file.

use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;

use keepsake_api::{Answer, FileVersion, PathText, Said};
use keepsake_core::archive::manifest::{Content, Node};
use keepsake_core::archive_path::ArchivePath;
use keepsake_core::catalog::{BackupRow, VersionRow};
use keepsake_core::hash::sha256_of_stream;

use super::known::{Known, Opened, path_in_backup};
use super::refusal::Refused;
use super::silent::Silent;

/// The largest file that is read to see whether it is the same although its time is another.
const MOST_READ_BYTES: u64 = 256 << 20;
/// `O_NONBLOCK`: a pipe that stands there now is not waited for.
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;

/// Answers the versions of a file, newest first.
pub fn versions(known: &mut Known<'_>, path: &PathText, from: Option<&PathText>) -> Result<Answer, Refused> {
    let path = path_in_backup(path)?;
    let opened = known.open(from)?;
    let backups = opened.catalog.backups(None)?;
    let rows = opened.catalog.versions(&path)?;
    if rows.is_empty() {
        return Err(Refused::not_found(Said::new("refused-no-such-file").text("path", path.to_string())));
    }
    let find = |name: &str| backups.iter().find(|backup| backup.name == name);
    let mut now = rows.first().and_then(|row| Now::of(&opened, find(&row.last_backup)?, &path));
    let mut answer: Vec<(FileVersion, Option<[u8; 32]>)> = Vec::new();
    for row in &rows {
        let Node::File(content) = &row.stored.entry.node else { continue };
        let (Some(first), Some(last)) = (find(&row.first_backup), find(&row.last_backup)) else { continue };
        let version = FileVersion {
            backup: last.name.clone(),
            first_at: first.at,
            last_at: last.at,
            bytes: content.size_bytes,
            mtime: row.stored.entry.facts.mtime.secs,
            is_current: now.as_mut().is_some_and(|now| now.is(row, content)),
            is_damaged: opened.catalog.are_damaged(last.chain, &[content])?[0],
        };
        // What only got another owner or mode is one version to people.
        let same = answer.last_mut().filter(|(newer, sha256)| {
            *sha256 == Some(content.sha256) && newer.mtime == version.mtime && newer.is_damaged == version.is_damaged
        });
        match same {
            Some((newer, _)) => newer.first_at = version.first_at,
            None => answer.push((version, Some(content.sha256))),
        }
    }
    Ok(Answer::Versions(answer.into_iter().map(|(version, _)| version).collect()))
}

/// The file as it is now, where it was backed up from.
struct Now {
    path: PathBuf,
    bytes: u64,
    mtime: (i64, i64),
    sha256: Option<[u8; 32]>,
}

impl Now {
    fn of(opened: &Opened, backup: &BackupRow, path: &ArchivePath) -> Option<Self> {
        let folder = source_folder(opened, backup, path.source())?;
        // Then nobody knows, and the versions are told all the same.
        if Silent::among([folder.clone()]).has(&folder) {
            return None;
        }
        let path = folder.join(std::ffi::OsStr::from_bytes(path.below_source()));
        let found = std::fs::symlink_metadata(&path).ok().filter(|found| found.is_file())?;
        Some(Self { path, bytes: found.len(), mtime: (found.mtime(), found.mtime_nsec()), sha256: None })
    }

    fn is(&mut self, row: &VersionRow, content: &Content) -> bool {
        let mtime = &row.stored.entry.facts.mtime;
        if self.bytes != content.size_bytes {
            return false;
        }
        if self.mtime == (mtime.secs, i64::from(mtime.nanos)) {
            return true;
        }
        if self.sha256.is_none() && self.bytes <= MOST_READ_BYTES {
            self.sha256 = self.read();
        }
        self.sha256 == Some(content.sha256)
    }

    fn read(&self) -> Option<[u8; 32]> {
        let mut file: File = File::options().read(true).custom_flags(NONBLOCK).open(&self.path).ok()?;
        // It may grow while it is read.
        let mut read = 0;
        sha256_of_stream(&mut file, |bytes| {
            read += bytes;
            read <= 2 * MOST_READ_BYTES
        })
        .ok()
        .flatten()
    }
}

/// Where a source is: as the settings say now, or where it was backed up from when this computer made the backup.
fn source_folder(opened: &Opened, backup: &BackupRow, source: &[u8]) -> Option<PathBuf> {
    if !opened.is_own(backup) {
        return None;
    }
    let plan = opened.settings.as_ref().and_then(|settings| settings.plan(&backup.plan));
    let now = plan.and_then(|plan| plan.sources.iter().find(|s| s.name.as_bytes() == source)).map(|s| s.path.clone());
    let then = || backup.sources.iter().find(|s| s.name.as_bytes() == source).map(|s| PathBuf::from(&s.path));
    now.or_else(then).filter(|folder| folder.is_absolute())
}
