//! What a killed run leaves: halves without their name, and whole parts of a backup whose last part never
//! came. Parts are written down before they get their names, so that the next run removes exactly those
//! and nothing that anybody else put there.

use std::io;
use std::path::{Path, PathBuf};

use super::request::{BackupError, BackupRequest};
use crate::archive::name::{is_archive_name, sidecar_name};
use crate::atomic_file;
use crate::catalog::Catalog;
use crate::destinations::folder;
use crate::error::FileError;

/// The list of parts of the backup that is being written, one archive name a line; the backup's name first.
fn list_path(data_dir: &Path) -> PathBuf {
    data_dir.join("unfinished")
}

/// Notes the parts of a backup that is not finished yet, before the newest gets its name.
pub(super) fn note_parts(request: &BackupRequest, backup: &str, parts: &[String]) -> Result<(), BackupError> {
    let mut text = format!("{backup}\n");
    for part in parts {
        text.push_str(part);
        text.push('\n');
    }
    Ok(atomic_file::write_whole(&list_path(&request.data_dir), text.as_bytes())?)
}

/// The backup is finished, or its parts are removed.
pub(super) fn forget_parts(request: &BackupRequest) -> Result<(), BackupError> {
    forget_list(&request.data_dir)
}

fn forget_list(data_dir: &Path) -> Result<(), BackupError> {
    Ok(atomic_file::remove_file(&list_path(data_dir))?)
}

/// Removes what an earlier run left, if it was killed: unfinished files, and the parts of a backup whose last part
/// never came. The caller holds the job lock. Best done before [`reconcile`](crate::rebuild::reconcile) looks at
/// the folder. Cut off by a power cut, it goes on when it is called again.
///
/// # Errors
/// [`BackupError`] when the folder or the catalog cannot be read or written.
pub fn remove_leftovers(catalog: &Catalog, backup_dir: &Path, data_dir: &Path) -> Result<(), BackupError> {
    folder::remove_partials(backup_dir)?;
    let list = list_path(data_dir);
    let text = match atomic_file::read_own(&list) {
        // What is not text names no part.
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(FileError::on("read", list)(e).into()),
    };
    let mut lines = text.lines();
    let backup = lines.next().unwrap_or_default();
    let parts: Vec<&str> = lines.filter(|name| is_archive_name(name) && name.starts_with(backup)).collect();
    let stands = folder::list_archives(backup_dir)?.archives;
    // Killed after the last part got its name: then the backup is whole, whether the catalog knows it or not.
    let has_last_part =
        stands.iter().any(|found| found.name.starts_with(backup) && !parts.contains(&found.name.as_str()));
    if !backup.is_empty() && !has_last_part && !catalog.has_backup(backup)? {
        let place = catalog.places()?.into_iter().find(|place| place.path == backup_dir);
        let needed = catalog.needed_archives()?;
        for part in parts {
            let known = catalog.archive_named(part)?;
            if known.as_ref().is_some_and(|known| needed.contains(&known.id)) {
                continue;
            }
            // The catalog first: a file that it thinks is there and is not would be built upon.
            if let (Some(known), Some(place)) = (known, &place) {
                catalog.remove_copy(known.id, place.id)?;
            }
            atomic_file::remove_file(&backup_dir.join(part))?;
            atomic_file::remove_file(&backup_dir.join(sidecar_name(part)))?;
        }
    }
    forget_list(data_dir)
}
