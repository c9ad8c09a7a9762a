//! A command where nothing can be remembered: the data folder cannot be written, or only a folder of backups is
//! to be looked into. It works with a catalog that is forgotten in the end.

use std::path::Path;

use keepsake_core::backup::computer;
use keepsake_core::catalog::{Beginning, Catalog};
use keepsake_core::error::{FileError, plain};
use keepsake_core::rebuild;
use keepsake_core::settings::Settings;

use super::{Session, rebuild_error, settings};
use crate::error::CliError;
use crate::recovery::{has_locked, not_opened};
use crate::say;
use crate::stop::Stop;
use crate::surroundings::{Surroundings, absolute};

/// A folder that a person named to look for backups in, absolute.
///
/// # Errors
/// Exit code 65 when it is none. `what_fails` ends the sentence: "cannot be imported".
pub fn named_folder(dir: &Path, what_fails: &str) -> Result<std::path::PathBuf, CliError> {
    let dir = absolute(dir)?;
    match std::fs::metadata(&dir) {
        Ok(meta) if meta.is_dir() => Ok(dir),
        found => {
            let why = found.err().map_or("it is not a folder".into(), |e| plain(&e));
            let advice = "Name the folder that holds the backups. If it is on a drive, plug that in.";
            Err(CliError::input(format!("{} {what_fails}: {why}", dir.display()), advice))
        }
    }
}

impl<'s> Session<'s> {
    /// For a command that looks into a folder of backups and nowhere else; without one, as [`Session::look`].
    /// It needs no settings, and writes neither there nor into the data folder.
    ///
    /// # Errors
    /// Exit code 65 when it is no folder, or holds no backup.
    pub fn look_into(around: &'s Surroundings, from: Option<&Path>) -> Result<Self, CliError> {
        let Some(from) = from else { return Self::look(around) };
        let dir = named_folder(from, "cannot be looked into")?;
        let session = Self::with_catalog(around, None, Catalog::empty_and_forgetful()?);
        let name = dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy();
        let watcher = session.watcher();
        let clock = around.clock.as_ref();
        let found = rebuild::import_folder(&session.catalog, &dir, &name, false, clock, &watcher);
        drop(watcher);
        let found = found.map_err(rebuild_error)?;
        for problem in &found.problems {
            say::note(format_args!("keepsake: {problem}"));
        }
        if session.catalog.backups(None)?.is_empty() {
            if has_locked(&dir) {
                return Err(not_opened(around, &dir));
            }
            let advice = "Name the folder in which the files ending in .tar.gz are.";
            return Err(CliError::input(format!("{} holds no backup", dir.display()), advice));
        }
        Ok(session)
    }

    /// For `verify`: with the lock, so that what is found is remembered; or without both where the data folder
    /// cannot be written.
    ///
    /// # Errors
    /// As [`Session::look_into`] and [`Session::write`].
    pub fn check(around: &'s Surroundings, from: Option<&Path>) -> Result<Self, CliError> {
        let session = match from {
            Some(_) => Self::look_into(around, from)?,
            None => match Catalog::check_writable(&around.data_dir) {
                Ok(()) => return Self::write(around, "checking the backups"),
                Err(why) => Self::forgetful(around, super::settings_or_known(around)?, &why)?,
            },
        };
        let is_told = session.is_told();
        Ok(Self { stop: Stop::on_signals(is_told), ..session })
    }

    /// With a copy of what is known, or what the archives tell, where the data folder cannot be written.
    pub(super) fn forgetful(
        around: &'s Surroundings,
        settings: Option<Settings>,
        why: &FileError,
    ) -> Result<Self, CliError> {
        let (catalog, beginning) = Catalog::forgetful(&around.data_dir)?;
        if !around.global.quiet {
            say::note(told(why, beginning));
        }
        let mut session = Self::with_catalog(around, settings, catalog);
        if beginning == Beginning::Nothing {
            session.learn_from_other_places()?;
        }
        if session.is_out_of_date()? {
            session.reconcile(true, false)?;
        }
        Ok(session)
    }

    fn with_catalog(around: &'s Surroundings, settings: Option<Settings>, catalog: Catalog) -> Self {
        let computer_id = computer().1;
        let stop = Stop::default();
        let (home_trouble, is_forgetful, reserve, home_lock, _lock) = (None, true, None, None, None);
        Self { around, settings, catalog, computer_id, home_trouble, stop, is_forgetful, reserve, home_lock, _lock }
    }

    /// Reads the archives in those other places that can be reached.
    fn learn_from_other_places(&self) -> Result<(), CliError> {
        let home = self.settings.as_ref().map(|settings| &settings.backup_dir);
        for place in self.catalog.places()?.into_iter().filter(|place| Some(&place.path) != home) {
            let watcher = self.watcher();
            let clock = self.around.clock.as_ref();
            // What cannot be reached is not missed before it is needed.
            let _ = rebuild::import_folder(&self.catalog, &place.path, &place.name, place.home, clock, &watcher);
        }
        Ok(())
    }
}

/// Refuses what could not be taken back.
///
/// # Errors
/// Exit code 2 when the data folder cannot be written.
pub fn needs_memory(around: &Surroundings) -> Result<(), CliError> {
    settings(around)?;
    Catalog::check_writable(&around.data_dir).map_err(|why| {
        let message = format!(
            "{} cannot be written ({}), so a restore in place could not be taken back. Nothing was changed",
            around.data_dir.display(),
            plain(&why.source)
        );
        let advice = match why.is_disk_full() {
            true => "Make room on that disk, then run it again; or restore into another folder with `--to DIR`.",
            false => {
                "Restore into another folder with `--to DIR`; or set KEEPSAKE_DATA_DIR to an empty folder that can be \
                 written, and run it again."
            }
        };
        CliError::failed(message, advice)
    })
}

fn told(why: &FileError, beginning: Beginning) -> String {
    let learnt = match beginning {
        Beginning::Copy => "What is found out now is forgotten afterwards",
        Beginning::Nothing => "Your backups are read anew for this, and what is found out is forgotten afterwards",
    };
    format!(
        "keepsake: {} cannot be written ({}). {learnt}. Your backups are as they were.",
        why.path.display(),
        plain(&why.source)
    )
}
