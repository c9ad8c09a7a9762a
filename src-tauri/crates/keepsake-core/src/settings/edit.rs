//! Changes of `config.toml` that leave all else in it as it is: comments, order, formatting.
//!
//! A change is made in the text as it stands ([`toml_edit`]), and the whole result is read again as settings are read
//! before a byte is written. So no change can leave a file that Keepsake would refuse.
//!
//! **Writing.** The new text is written beside the file, forced to the medium, and given the file's name in one step
//! ([`crate::atomic_file`]). After a power cut the old file stands there, or the whole new one. The file keeps its mode;
//! a new one is readable by its owner only. Where the settings are a link, as in a folder of dotfiles, what it leads to
//! is replaced, and the link stays.
//!
//! **Others.** A change names the [`fingerprint`] of the text that the person saw, and is refused when the file is
//! another one by then. Keepsake's own writers wait for each other (flock(2) on the folder). An editor that saves in the
//! moment between the last look and the rename is the one case that is left.

mod document;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::fs::{FlockOperation, flock};

use super::{DriveColor, DriveSettings, QuietHours, Retention, Settings, SettingsError};
use crate::atomic_file::{self, AtomicFile};
use crate::error::FileError;

/// The most links that are followed to the file, as the system itself does (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// A source that is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedSource {
    /// Its name.
    pub name: String,
    /// Where it is, as it is to stand in the file.
    pub path: String,
    /// What is left out, in gitignore syntax.
    pub exclude: Vec<String>,
}

/// One change. Names of plans are found whatever their case, as everywhere; so are those of sources and places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// This computer's backup folder, as it is to stand in the file.
    BackupDir(String),
    /// A new plan, behind the others.
    AddPlan {
        /// Its name.
        plan: String,
        /// When, as in [`crate::schedule::Schedule::parse`].
        schedule: String,
        /// Which backups are kept.
        retention: Retention,
        /// What it protects; at least one.
        sources: Vec<AddedSource>,
    },
    /// A plan goes. Its backups stay.
    RemovePlan {
        /// Its name.
        plan: String,
    },
    /// When backups are due.
    Schedule {
        /// The plan.
        plan: String,
        /// When, as in [`crate::schedule::Schedule::parse`].
        schedule: String,
    },
    /// Which backups are kept.
    Retention {
        /// The plan.
        plan: String,
        /// Which.
        retention: Retention,
    },
    /// Pauses a plan, or lets it go on.
    PausePlan {
        /// The plan.
        plan: String,
        /// True to pause.
        is_paused: bool,
    },
    /// A new source, behind the others of its plan.
    AddSource {
        /// The plan.
        plan: String,
        /// The source.
        source: AddedSource,
    },
    /// A source goes. Its backups stay.
    RemoveSource {
        /// The plan.
        plan: String,
        /// The source.
        source: String,
    },
    /// Pauses a source, or lets it go on.
    PauseSource {
        /// The plan.
        plan: String,
        /// The source.
        source: String,
        /// True to pause.
        is_paused: bool,
    },
    /// What is left out of a source.
    Exclude {
        /// The plan.
        plan: String,
        /// The source.
        source: String,
        /// All patterns, in gitignore syntax.
        patterns: Vec<String>,
    },
    /// Another place for copies.
    AddPlace {
        /// Its name.
        name: String,
        /// Where it is, as it is to stand in the file.
        path: String,
    },
    /// A place goes. What is there stays.
    RemovePlace {
        /// Its name.
        name: String,
    },
    /// A new drive of the family.
    AddDrive(DriveSettings),
    /// Another name or colour of a drive, and whether it is left plugged in.
    ChangeDrive {
        /// Its name until now.
        name: String,
        /// Its name from now on.
        new_name: String,
        /// Its colour.
        color: DriveColor,
        /// True to leave it plugged in.
        stays_plugged_in: bool,
    },
    /// When the desktop stays quiet; None for never.
    QuietHours(Option<QuietHours>),
    /// Whether backups wait while the computer runs on its battery.
    WaitOnBattery(bool),
    /// Whether copies wait while the network costs by the byte.
    WaitOnMetered(bool),
}

/// What a change is about and cannot find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// A plan.
    Plan,
    /// A source.
    Source,
    /// A place.
    Place,
}

/// Why a change cannot be made. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WrongChange {
    /// It is about something that is not in the settings.
    #[error("there is no {} named {name:?} in the settings", match what { Missing::Plan => "plan", Missing::Source => "source", Missing::Place => "destination" })]
    NotThere {
        /// What.
        what: Missing,
        /// The name it was given.
        name: String,
    },
    /// The settings would be wrong with it.
    #[error(transparent)]
    Settings(SettingsError),
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The settings as they are cannot be read, or are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The file is not the one that the person saw.
    #[error("{} was changed meanwhile", path.display())]
    ChangedMeanwhile {
        /// The file.
        path: PathBuf,
    },
    /// One of the changes cannot be made.
    #[error("change {}: {why}", number + 1)]
    Wrong {
        /// Which, from 0.
        number: usize,
        /// Why.
        why: Box<WrongChange>,
    },
    /// The file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The settings file as it was read: for looking and for changing.
#[derive(Debug, Clone)]
pub struct SettingsFile {
    path: PathBuf,
    home: PathBuf,
    text: Option<String>,
}

/// Tells one state of the file from others: 32 hexadecimal digits of the text's SHA-256; empty when there is no file.
pub fn fingerprint(text: Option<&str>) -> String {
    let Some(text) = text else { return String::new() };
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    crate::hash::hex(&digest.as_ref()[..16])
}

impl SettingsFile {
    /// Reads the file's text; that there is none is no error. `home` is what `~` stands for.
    ///
    /// # Errors
    /// [`SettingsError`] when it cannot be read or is no text.
    pub fn read(path: &Path, home: &Path) -> Result<Self, SettingsError> {
        let text = match Settings::read_text(path) {
            Ok(text) => Some(text),
            Err(e) if e.is_missing() => None,
            Err(e) => return Err(e),
        };
        Ok(Self { path: path.into(), home: home.into(), text })
    }

    /// The fingerprint of what was read.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.text.as_deref())
    }

    /// The settings that it says; None when there is no file.
    ///
    /// # Errors
    /// [`SettingsError`] for the first thing in it that is wrong.
    pub fn settings(&self) -> Result<Option<Settings>, SettingsError> {
        self.text.as_deref().map(|text| self.parse(text)).transpose()
    }

    /// The text and the settings as they would be with these changes, in their order. Nothing is written.
    ///
    /// # Errors
    /// [`EditError::Wrong`] with the change that made the settings wrong, [`EditError::Settings`] when they already are.
    pub fn changed(&self, changes: &[Change]) -> Result<(String, Settings), EditError> {
        let text = self.text.as_deref().unwrap_or_default();
        if self.text.is_some() {
            self.parse(text)?;
        }
        let mut document = document::Document::read(text, &self.path)?;
        let mut texts = Vec::with_capacity(changes.len());
        for (number, change) in changes.iter().enumerate() {
            let wrong = |why| EditError::Wrong { number, why: Box::new(why) };
            document.make(change).map_err(wrong)?;
            texts.push(document.text());
        }
        let Some(result) = texts.last() else { return Ok((text.into(), self.parse(text)?)) };
        match self.parse(result) {
            Ok(settings) => Ok((result.clone(), settings)),
            Err(error) => {
                // Between two changes something may be missing that the next one brings: only what is wrong in the end
                // counts, and the change since which it is.
                let is_it =
                    |text: &String| self.parse(text).err().is_some_and(|e| without_place(&e) == without_place(&error));
                let since = texts.iter().rev().take_while(|text| is_it(text)).count().max(1);
                let number = changes.len() - since;
                Err(EditError::Wrong { number, why: Box::new(WrongChange::Settings(error)) })
            }
        }
    }

    fn parse(&self, text: &str) -> Result<Settings, SettingsError> {
        Settings::parse(text, &self.path, &self.home)
    }
}

/// Makes changes in the file, all of them or none. `seen` is the [`fingerprint`] of what the person saw. Answers the
/// settings as they are then.
///
/// # Errors
/// [`EditError`]; then the file is as it was.
pub fn change(path: &Path, home: &Path, changes: &[Change], seen: &str) -> Result<Settings, EditError> {
    let real = real_path(path)?;
    let folder = atomic_file::parent(&real);
    atomic_file::create_folders(folder)?;
    let lock = fs::File::open(folder).map_err(FileError::on("open the folder", folder))?;
    // Freed when it is closed. Where a file system has no locks, there is nobody to wait for.
    let _ = flock(&lock, FlockOperation::LockExclusive);
    let file = SettingsFile::read(path, home)?;
    let meanwhile = || EditError::ChangedMeanwhile { path: path.into() };
    if file.fingerprint() != seen {
        return Err(meanwhile());
    }
    let (text, settings) = file.changed(changes)?;
    if file.text.as_deref() == Some(&text) {
        return Ok(settings);
    }
    let mut new = AtomicFile::create(&real)?;
    if let Ok(old) = fs::metadata(&real) {
        let mode = std::fs::Permissions::from_mode(old.mode() & 0o7777);
        new.file().set_permissions(mode).map_err(FileError::on("set the mode of", new.partial_path()))?;
        // Root may change another one's settings: the file stays his. Nobody else can, or needs to.
        let _ = std::os::unix::fs::fchown(new.file().file(), Some(old.uid()), Some(old.gid()));
    }
    new.write_all(text.as_bytes()).map_err(FileError::on("write", &real))?;
    new.sync()?;
    if SettingsFile::read(path, home)?.fingerprint() != seen {
        return Err(meanwhile());
    }
    new.commit()?;
    Ok(settings)
}

/// Where the file itself is, behind all links. It need not be there.
fn real_path(path: &Path) -> Result<PathBuf, FileError> {
    let mut real = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&real) {
            Ok(leads_to) => real = atomic_file::parent(&real).join(leads_to),
            Err(_) => return Ok(real),
        }
    }
    Err(FileError::on("follow the links of", path)(rustix::io::Errno::LOOP.into()))
}

/// What is wrong, without the line: that moves with what stands above it.
fn without_place(error: &SettingsError) -> String {
    let text = error.to_string();
    let head = text.lines().next().unwrap_or_default();
    match error.place() {
        Some(place) => head.strip_prefix(&place.to_string()).unwrap_or(head).to_owned(),
        None => head.to_owned(),
    }
}
