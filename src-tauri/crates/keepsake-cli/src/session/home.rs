//! The backup folder is held while this computer writes there: another computer, or somebody else's Keepsake, may have
//! the same one.

use std::path::Path;

use keepsake_core::atomic_file;
use keepsake_core::backup::computer;
use keepsake_core::destinations::lock_backup_folder;
use keepsake_core::lock::{JobLock, LockError};

use super::Session;
use crate::error::CliError;
use crate::say;
use crate::surroundings::Surroundings;

/// What other computers at the same place are told: "kitchen is copying since 2026-03-03 02:05".
pub fn told_elsewhere(around: &Surroundings, doing: &str) -> String {
    format!("{} is {doing} since {}", computer().0, around.clock.local_now().strftime("%Y-%m-%d %H:%M"))
}

/// What a command does in the backup folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtHome {
    /// It writes there.
    Writes,
    /// It reads, and tidies up at its beginning when nobody else is at work there.
    Reads,
}

/// Whether the backup folder was had.
#[derive(Debug)]
pub(super) enum Had {
    /// Nobody else is at work there; None where nothing can be locked.
    Yes(Option<JobLock>),
    /// Somebody else is, or will be: there is no such folder yet.
    No,
}

/// Takes the backup folder. Who writes there waits for it when that was asked for.
///
/// # Errors
/// Exit code 75 when somebody else is at work there and this command writes.
pub(super) fn take(around: &Surroundings, folder: &Path, doing: &str, at_home: AtHome) -> Result<Had, CliError> {
    if !folder.is_dir() {
        return Ok(Had::No);
    }
    let doing = told_elsewhere(around, doing);
    match lock_backup_folder(folder, &doing, false) {
        Ok(lock) => Ok(Had::Yes(lock)),
        Err(_) if at_home == AtHome::Reads => Ok(Had::No),
        Err(held @ LockError::Held { .. }) if around.global.wait => {
            if !around.global.quiet {
                say::note(format_args!("{held}. Waiting until that is done."));
            }
            Ok(Had::Yes(lock_backup_folder(folder, &doing, true)?))
        }
        Err(error) => Err(error.into()),
    }
}

impl Session<'_> {
    /// Holds the backup folder, which is made when this is the first backup.
    ///
    /// # Errors
    /// Exit code 75 when somebody else is at work there.
    pub fn begin_at_home(&mut self, doing: &str) -> Result<(), CliError> {
        let Some(settings) = &self.settings else { return Ok(()) };
        // Whether it can be made is said by who writes there.
        if self.home_lock.is_none()
            && self.home_trouble.is_none()
            && atomic_file::create_folders(&settings.backup_dir).is_ok()
            && let Had::Yes(lock) = take(self.around, &settings.backup_dir, doing, AtHome::Writes)?
        {
            self.home_lock = lock;
        }
        Ok(())
    }

    /// Lets others at work in the backup folder.
    pub fn leave_home(&mut self) {
        self.home_lock = None;
    }
}
