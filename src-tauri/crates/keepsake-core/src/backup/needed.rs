//! A last look before a backup builds on older archives: are they there?

use std::io;
use std::path::Path;

use fs_err as fs;

use super::request::BackupError;
use crate::catalog::ArchiveRow;
use crate::error::FileError;

/// Fails when an archive that the new backup will need is not in the backup folder, whatever the catalog thinks.
/// The next look into the folder corrects the catalog; what was in the archive is then stored anew.
pub(super) fn check_that_all_stand(backup_dir: &Path, needed: &[ArchiveRow]) -> Result<(), BackupError> {
    for archive in needed {
        match fs::symlink_metadata(backup_dir.join(&archive.name)) {
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::NeededGone { path: backup_dir.join(&archive.name) });
            }
            Err(e) => return Err(FileError::on("look at", backup_dir.join(&archive.name))(e).into()),
        }
    }
    Ok(())
}
