//! A command at work: settings, catalog, and the lock of those that write.

mod forgetful;
mod health;
mod home;
mod mending;

use std::collections::BTreeSet;

use keepsake_core::backup::{computer, remove_leftovers};
use keepsake_core::catalog::{BackupRow, CATALOG_NAME, Catalog, CatalogError};
use keepsake_core::destinations::folder;
use keepsake_core::error::FileError;
use keepsake_core::lock::{JobLock, LockError};
use keepsake_core::rebuild::{self, RebuildError};
use keepsake_core::reserve::{Reserve, with_reserve};
use keepsake_core::settings::Settings;
use keepsake_core::undo::forget_old_undos;

use crate::args::Wanted;
use crate::error::CliError;
use crate::progress::{self, Watcher};
use crate::say;
use crate::select::{select, unreadable_newer, vanished_newer};
use crate::stop::Stop;
use crate::surroundings::Surroundings;

pub use forgetful::{named_folder, needs_memory};
pub use home::told_elsewhere;
use home::{AtHome, Had};
use mending::tell_set_aside;
pub use mending::{mend, was_mended};

/// A command at work.
pub struct Session<'s> {
    /// Where it runs.
    pub around: &'s Surroundings,
    /// The settings; None when nothing is set up.
    pub settings: Option<Settings>,
    /// The catalog.
    pub catalog: Catalog,
    /// What tells this computer from others.
    pub computer_id: String,
    /// Why the backup folder could not be looked at.
    pub home_trouble: Option<CliError>,
    /// True once someone asked to stop; those that only look are ended by signals as usual.
    pub stop: Stop,
    /// True when what is found out is forgotten in the end.
    pub is_forgetful: bool,
    /// The backup folder, while it is held against others.
    home_lock: Option<JobLock>,
    // Dropped in this order: the catalog above, whose log takes room, then the room that is kept, then the locks.
    reserve: Option<Reserve>,
    _lock: Option<JobLock>,
}

/// The settings; None when there is no such file.
///
/// # Errors
/// Exit code 78 when they are wrong.
pub fn settings(around: &Surroundings) -> Result<Option<Settings>, CliError> {
    match Settings::load(&around.config, &around.home) {
        Ok(settings) => Ok(Some(settings)),
        Err(e) if e.is_missing() => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// The settings, which must be there.
///
/// # Errors
/// Exit code 3 when they are not, 78 when they are wrong.
pub fn needed_settings(around: &Surroundings) -> Result<Settings, CliError> {
    settings(around)?.ok_or_else(|| CliError::not_set_up(&around.config))
}

/// The settings, which may be missing where something was done before.
fn settings_or_known(around: &Surroundings) -> Result<Option<Settings>, CliError> {
    match settings(around)? {
        None if is_untouched(around) => Err(CliError::not_set_up(&around.config)),
        settings => Ok(settings),
    }
}

/// True when nothing was ever done here.
pub fn is_untouched(around: &Surroundings) -> bool {
    !around.data_dir.join(CATALOG_NAME).exists()
}

impl<'s> Session<'s> {
    /// For a command that only looks. Archives that have come or gone meanwhile are noticed, unless another run
    /// is at work: it will do that.
    ///
    /// # Errors
    /// When there is nothing to look at, or it cannot be read.
    pub fn look(around: &'s Surroundings) -> Result<Self, CliError> {
        let settings = settings_or_known(around)?;
        if let Err(why) = Catalog::check_writable(&around.data_dir) {
            return Self::forgetful(around, settings, &why);
        }
        let catalog = match Catalog::open(&around.data_dir) {
            Err(e) if e.is_damage() => {
                return Self::write_with(around, settings, "making the catalog anew", AtHome::Reads);
            }
            opened => opened?,
        };
        let mut session = Self {
            around,
            settings,
            catalog,
            computer_id: computer().1,
            home_trouble: None,
            stop: Stop::default(),
            is_forgetful: false,
            home_lock: None,
            reserve: None,
            _lock: None,
        };
        if session.is_out_of_date()? {
            match JobLock::take(&around.data_dir, &session.doing("looking for new backups"), false) {
                // Let go of when the look is done.
                Ok(_lock) => {
                    let _reserve = reserve(around);
                    session.reconcile(true, true)?;
                }
                Err(LockError::Held { .. } | LockError::File(_)) => {}
            }
        }
        Ok(session)
    }

    /// For a command that writes, but not into the backup folder: with the lock. `doing` is what others are told
    /// meanwhile: "backing up family".
    ///
    /// # Errors
    /// Exit code 75 when another run holds the lock, 3 when nothing was ever set up or done here.
    pub fn write(around: &'s Surroundings, doing: &str) -> Result<Self, CliError> {
        Self::write_with(around, settings_or_known(around)?, doing, AtHome::Reads)
    }

    /// As [`Session::write`], for a command that writes into the backup folder, too.
    ///
    /// # Errors
    /// As [`Session::write`]; also exit code 75 when another computer is at work in the same backup folder.
    pub fn write_at_home(around: &'s Surroundings, doing: &str) -> Result<Self, CliError> {
        Self::write_with(around, settings_or_known(around)?, doing, AtHome::Writes)
    }

    /// For a command that writes and needs nothing to have been set up or done here before.
    ///
    /// # Errors
    /// Exit code 75 when another run holds the lock.
    pub fn begin(around: &'s Surroundings, doing: &str) -> Result<Self, CliError> {
        Self::write_with(around, settings(around)?, doing, AtHome::Reads)
    }

    fn write_with(
        around: &'s Surroundings,
        settings: Option<Settings>,
        doing: &str,
        at_home: AtHome,
    ) -> Result<Self, CliError> {
        let lock = take_lock(around, doing)?;
        let reserve = reserve(around);
        let had = match &settings {
            Some(settings) => home::take(around, &settings.backup_dir, doing, at_home)?,
            None => Had::Yes(None),
        };
        let is_told = progress::is_watched(around.global.quiet, around.global.json);
        let stop = Stop::on_signals(is_told);
        let catalog = match &settings {
            Some(settings) => {
                let watcher = Watcher::new(stop.clone(), is_told);
                let opened =
                    rebuild::open_or_rebuild(&around.data_dir, &settings.backup_dir, around.clock.as_ref(), &watcher);
                drop(watcher);
                let (catalog, set_aside) = opened.map_err(rebuild_error)?;
                set_aside.iter().for_each(tell_set_aside);
                catalog
            }
            // Where the backups are is not known: there is nothing to make it anew from.
            None => Catalog::open(&around.data_dir)?,
        };
        let computer_id = computer().1;
        let home_trouble = None;
        let (is_ours, home_lock) = match had {
            Had::Yes(lock) => (true, lock),
            Had::No => (false, None),
        };
        let mut session = Self {
            around,
            settings,
            catalog,
            computer_id,
            home_trouble,
            stop,
            is_forgetful: false,
            reserve: Some(reserve),
            home_lock,
            _lock: Some(lock),
        };
        // What another computer is writing there looks like something unfinished.
        session.remove_leftovers(is_ours);
        session.reconcile(false, is_ours)?;
        if at_home == AtHome::Reads {
            session.leave_home();
        }
        // What was needed until here must not be filled with archives.
        session.keep_reserve();
        Ok(session)
    }

    /// What others are told while this runs.
    fn doing(&self, doing: &str) -> String {
        format!("{doing} since {}", self.around.time_of_day())
    }

    /// True when a person looks at a terminal and wants to be told what goes on.
    pub fn is_told(&self) -> bool {
        progress::is_watched(self.around.global.quiet, self.around.global.json)
    }

    /// Draws how far a run is, and passes on the wish to stop.
    pub fn watcher(&self) -> Watcher {
        Watcher::new(self.stop.clone(), self.is_told())
    }

    /// All backups, oldest first, and the one that is meant. What a person should know of the choice is said.
    ///
    /// # Errors
    /// Exit code 65 when there is none.
    pub fn backup(&self, wanted: &Wanted) -> Result<BackupRow, CliError> {
        Ok(self.backup_or_second_best(wanted)?.0)
    }

    /// As [`Session::backup`]; true beside it when it is not quite what was asked for: it is incomplete, or not the
    /// newest.
    ///
    /// # Errors
    /// As [`Session::backup`].
    pub fn backup_or_second_best(&self, wanted: &Wanted) -> Result<(BackupRow, bool), CliError> {
        let backups = self.catalog.backups(None)?;
        let (found, mut remarks) = select(&backups, wanted, &self.computer_id)?;
        let unreadable = unreadable_newer(found, wanted, &backups, &self.unread()?);
        remarks.extend(match unreadable {
            None => vanished_newer(found, wanted, &backups, &self.made(&found.plan)?, &self.computer_id),
            unreadable => unreadable,
        });
        remarks.iter().for_each(say::note);
        Ok((found.clone(), !remarks.is_empty()))
    }

    /// Names of the backups that the noted runs of a plan have made.
    fn made(&self, plan: &str) -> Result<Vec<String>, CliError> {
        let runs = self.catalog.runs()?.into_iter();
        Ok(runs.filter(|(_, run)| run.plan == plan).filter_map(|(_, run)| run.backup).collect())
    }

    /// Names of what lies in the backup folder as an archive and could not be made known, in order.
    fn unread(&self) -> Result<Vec<String>, CliError> {
        let Some(settings) = &self.settings else { return Ok(Vec::new()) };
        let Ok(found) = folder::list_archives(&settings.backup_dir) else { return Ok(Vec::new()) };
        let known: BTreeSet<String> = self.catalog.archives()?.into_iter().map(|archive| archive.name).collect();
        Ok(found.archives.into_iter().map(|archive| archive.name).filter(|name| !known.contains(name)).collect())
    }

    /// True when the backup folder holds other archives than the catalog thinks, or of other lengths, when lists can be
    /// read that could not be, or when it was another folder before.
    fn is_out_of_date(&self) -> Result<bool, CliError> {
        let Some(settings) = &self.settings else { return Ok(false) };
        let places = self.catalog.places()?;
        let known = match places.iter().find(|place| place.path == settings.backup_dir) {
            Some(place) => self.catalog.copies_in(place.id)?,
            None => Default::default(),
        };
        Ok(match folder::list_archives(&settings.backup_dir) {
            Ok(found) => {
                found.archives.len() != known.len()
                    || found.archives.iter().any(|a| !known.contains_key(&a.name))
                    || !rebuild::wrong_lengths(&self.catalog, &found, 0)?.is_empty()
                    || !self.catalog.chains_to_read_anew()?.is_empty()
                    || places.iter().any(|place| place.home && place.path != settings.backup_dir)
            }
            // Gone: the look into it says what that means.
            Err(_) => !known.is_empty(),
        })
    }

    /// `may_tidy`: checksum files may be written and removed in the backup folder.
    fn reconcile(&mut self, is_only_look: bool, may_tidy: bool) -> Result<(), CliError> {
        let Some(settings) = &self.settings else { return Ok(()) };
        let watcher = self.watcher();
        let clock = self.around.clock.as_ref();
        let dir = &settings.backup_dir;
        let reconciled = match self.is_forgetful || !may_tidy {
            true => rebuild::reconcile_only_reading(&self.catalog, dir, clock, &watcher),
            false => with_reserve(&self.around.data_dir, RebuildError::is_disk_full, || {
                rebuild::reconcile(&self.catalog, dir, clock, &watcher)
            }),
        };
        drop(watcher);
        match reconciled {
            Ok(done) => {
                for problem in &done.imported.problems {
                    say::note(format_args!("keepsake: {problem}"));
                }
                if !done.changed.is_empty() && !self.around.global.quiet {
                    let names = done.changed.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", ");
                    say::note(format_args!(
                        "keepsake: damaged, as it is not as long as it was written: {names}. See `keepsake status`."
                    ));
                }
                if !done.gone.is_empty() && !self.around.global.quiet {
                    let names = done.gone.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", ");
                    say::note(format_args!("keepsake: no longer in {}: {names}", settings.backup_dir.display()));
                }
                Ok(())
            }
            Err(RebuildError::Catalog(e)) if !is_only_look || e.is_damage() => Err(e.into()),
            Err(RebuildError::Stopped) => Err(CliError::stopped("nothing is lost")),
            // What is known can still be told, and brought back from other places.
            Err(e) => {
                self.home_trouble = Some(rebuild_error(e));
                Ok(())
            }
        }
    }

    /// Takes the room again that is kept for a full disk, if it is there.
    pub fn keep_reserve(&self) {
        if let Some(reserve) = &self.reserve {
            // Without it this command works as well, and the next one tries again.
            let _ = reserve.keep();
        }
    }

    /// Notes something in the catalog, on a full disk with the room that is kept for this. Only who holds the job lock
    /// may.
    ///
    /// # Errors
    /// What `note` answers.
    pub fn note<T>(&self, note: impl FnMut() -> Result<T, CatalogError>) -> Result<T, CatalogError> {
        with_reserve(&self.around.data_dir, CatalogError::is_disk_full, note)
    }

    fn remove_leftovers(&self, may_tidy_home: bool) {
        if let (Some(settings), true) = (&self.settings, may_tidy_home) {
            // They are in nobody's way: a folder that cannot be written says so when it is written to.
            let _ = remove_leftovers(&self.catalog, &settings.backup_dir, &self.around.data_dir);
        }
        // The same holds for what restores replaced more than 30 days ago.
        let _ = forget_old_undos(&self.around.data_dir, self.around.clock.now());
    }
}

/// The room that is kept for the data folder, as long as the job lock is held.
pub fn reserve(around: &Surroundings) -> Reserve {
    Reserve::of(&around.data_dir, &around.data_dir.join(CATALOG_NAME))
}

/// Takes the lock, or says who holds it; with `--wait` it waits.
///
/// # Errors
/// Exit code 75 when another run holds it.
pub fn take_lock(around: &Surroundings, doing: &str) -> Result<JobLock, CliError> {
    let doing = format!("{doing} since {}", around.time_of_day());
    match JobLock::take(&around.data_dir, &doing, false) {
        Err(held @ LockError::Held { .. }) if around.global.wait => {
            if !around.global.quiet {
                say::note(format_args!("{held}. Waiting until that is done."));
            }
            Ok(JobLock::take(&around.data_dir, &doing, true)?)
        }
        taken => Ok(taken?),
    }
}

/// What went wrong when archives were looked at.
pub fn rebuild_error(error: RebuildError) -> CliError {
    match error {
        RebuildError::Catalog(e) => e.into(),
        RebuildError::File(e) => unreadable_folder(e),
        RebuildError::Stopped => CliError::stopped("what was read until now stays known"),
        RebuildError::Emptied { path, archives } => CliError::failed(
            format!("{} holds none of the {archives} archives that were in it", path.display()),
            "If it is on a drive or on the network, connect it. If they were removed on purpose, run `keepsake rebuild`.",
        ),
    }
}

fn unreadable_folder(error: FileError) -> CliError {
    CliError::failed(error.to_string(), "See whether this folder is there and whether you may read it.")
}

/// A catalog error that making it anew does not mend is the same as any.
impl From<RebuildError> for CliError {
    fn from(error: RebuildError) -> Self {
        rebuild_error(error)
    }
}
