//! What a killed run leaves: halves without their name, and whole parts of a backup whose last part never
//! came. Parts are written down before they get their names, so that the next run removes exactly those
//! and nothing that anybody else put there.

use std::io;
use std::path::PathBuf;

use fs_err as fs;

use super::request::{BackupError, BackupRequest};
use crate::archive::name::{is_archive_name, sidecar_name};
use crate::atomic_file;
use crate::catalog::Catalog;
use crate::destinations::folder;
use crate::error::FileError;

/// The list of parts of the backup that is being written, one archive name a line; the backup's name first.
fn list_path(request: &BackupRequest) -> PathBuf {
    request.data_dir.join("unfinished")
}

/// Notes the parts of a backup that is not finished yet, before the newest gets its name.
pub(super) fn note_parts(request: &BackupRequest, backup: &str, parts: &[String]) -> Result<(), BackupError> {
    let mut text = format!("{backup}\n");
    for part in parts {
        text.push_str(part);
        text.push('\n');
    }
    Ok(atomic_file::write_whole(&list_path(request), text.as_bytes())?)
}

/// The backup is finished, or its parts are removed.
pub(super) fn forget_parts(request: &BackupRequest) -> Result<(), BackupError> {
    Ok(atomic_file::remove_file(&list_path(request))?)
}

/// Removes what an earlier run left, if it was killed.
pub(super) fn remove_leftovers(catalog: &Catalog, request: &BackupRequest) -> Result<(), BackupError> {
    folder::remove_partials(&request.backup_dir)?;
    let list = list_path(request);
    let text = match fs::read_to_string(&list) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(FileError::on("read", list)(e).into()),
    };
    let mut lines = text.lines();
    let backup = lines.next().unwrap_or_default();
    // Killed after the last part got its name: then the backup is whole and known by now.
    if !backup.is_empty() && !catalog.has_backup(backup)? {
        for part in lines.filter(|name| is_archive_name(name) && name.starts_with(backup)) {
            atomic_file::remove_file(&request.backup_dir.join(part))?;
            atomic_file::remove_file(&request.backup_dir.join(sidecar_name(part)))?;
        }
    }
    forget_parts(request)
}
