//! Being at work at a USB drive of the family: find it, mount it, know it, and let go of it in the end.

use std::sync::{Mutex, PoisonError};

use keepsake_core::destinations::DestinationError;
use keepsake_core::destinations::drive::{DriveFolder, FOLDER_NAME, Family, Mounted, NotOurs, NotedDrives};
use keepsake_core::destinations::stored::drives_are_found_by;
use keepsake_core::sealed::{self, KeyStore};
use keepsake_core::settings::{DriveSettings, Settings};
use keepsake_drives::{Contents, Disks, DrivesError, PoweredOff, Volume};

use crate::error::CliError;
use crate::keyring::Keys;
use crate::say;
use crate::surroundings::Surroundings;

/// How it ended with a drive, beside what was done there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// It is left plugged in, as the family wants it.
    There,
    /// It has no power any more.
    SafeToRemove,
    /// It is unmounted, and still has power.
    Unmounted,
    /// Something uses it: names of programs, as far as they can be seen.
    Held(Vec<String>),
    /// It was pulled out.
    Gone,
    /// It could not be let go of; why.
    NotLetGo(String),
}

impl Left {
    /// The word of it for programs, as the states of keepsake-api.
    pub fn word(&self) -> &'static str {
        match self {
            Self::There => "ready",
            Self::SafeToRemove => "safe-to-remove",
            Self::Unmounted => "unmounted",
            Self::Held(_) => "held",
            Self::Gone => "gone",
            Self::NotLetGo(_) => "failed",
        }
    }

    /// For people, about a drive.
    pub fn line(&self, name: &str) -> String {
        match self {
            Self::There => format!("{name} stays plugged in. Before you pull it out: keepsake drive eject '{name}'"),
            Self::SafeToRemove => format!("Safe to remove: {name}"),
            Self::Unmounted => format!("{name} is unmounted, and can be pulled out"),
            Self::Held(programs) if programs.is_empty() => {
                format!(
                    "{name} is still in use: close what has files of it open, then run keepsake drive eject '{name}'"
                )
            }
            Self::Held(programs) => format!(
                "{name} is still in use by {}: close it, then run keepsake drive eject '{name}'",
                programs.join(", ")
            ),
            Self::Gone => format!("{name} was pulled out"),
            Self::NotLetGo(why) => format!("{name} could not be let go of: {why}"),
        }
    }
}

/// Why a drive cannot be worked with. Nothing was written to it.
#[derive(Debug)]
pub enum NoDrive {
    /// It is not plugged in. That is no fault.
    Away,
    /// Two are plugged in that say they are it.
    Twice,
    /// It is not what it should be.
    NotOurs(NotOurs),
    /// It is locked as a whole, and not unlocked.
    Locked,
    /// It can only be read.
    ReadOnly,
    /// Another user of this computer has opened it.
    AnotherUser,
    /// It cannot be mounted.
    Drives(DrivesError),
    /// This computer knows nothing of the family's keys.
    NoFamily,
    /// What this computer knows of the family's keys is damaged, or cannot be had now: why, and what to do.
    NoKeyNow(CliError),
}

impl NoDrive {
    /// True when it is not there, or not any more: that is no fault.
    pub fn is_away(&self) -> bool {
        matches!(
            self,
            Self::Away
                | Self::Drives(DrivesError::Gone { .. })
                | Self::NotOurs(NotOurs::Destination(DestinationError::Absent { .. }))
        )
    }

    /// The word of it for programs: the end of the names of sentences in `drives.ftl`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Twice => "refused-twice",
            Self::NotOurs(NotOurs::Clone) => "refused-clone",
            Self::NotOurs(NotOurs::NoMarker) => "refused-no-marker",
            Self::NotOurs(NotOurs::OtherFamily { .. }) => "refused-family",
            Self::NoFamily | Self::NoKeyNow(_) => "no-key",
            Self::NotOurs(NotOurs::Destination(DestinationError::Absent { .. })) => "gone-early",
            // Where the folder was, something else stands.
            Self::NotOurs(NotOurs::Destination(DestinationError::File(e)))
                if e.source.kind() == std::io::ErrorKind::NotADirectory =>
            {
                "refused-marker"
            }
            Self::NotOurs(NotOurs::Destination(_)) => "failed",
            Self::NotOurs(_) => "refused-marker",
            Self::Locked => "locked",
            Self::ReadOnly => "read-only",
            Self::AnotherUser | Self::Drives(DrivesError::AnotherUser { .. }) => "another-user",
            Self::Drives(DrivesError::NotAuthorized { .. }) => "not-allowed",
            Self::Drives(DrivesError::Gone { .. }) => "gone-early",
            Self::Drives(_) => "failed",
        }
    }
}

impl std::fmt::Display for NoDrive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Away => f.write_str("it is not plugged in"),
            Self::Twice => {
                f.write_str("two drives are plugged in that say they are it; pull out the one that is a copy")
            }
            Self::NotOurs(why) => write!(f, "{why}"),
            Self::Locked => f.write_str("it is locked; unlock it in your file manager"),
            Self::ReadOnly => f.write_str("it can only be read, not written: look for a switch on it"),
            Self::AnotherUser => {
                f.write_str("another user of this computer has opened it; they must let go of it first")
            }
            Self::Drives(why) => write!(f, "{why}"),
            Self::NoFamily => {
                f.write_str("this computer does not have the family's key; enter it from the recovery sheet: keepsake sheet --enter")
            }
            Self::NoKeyNow(CliError { message, advice, .. }) => write!(f, "{message}. {advice}"),
        }
    }
}

/// What this computer knows of the family; None before there is one. Where only the secret is left, the rest is made of that.
///
/// # Errors
/// When it is there and cannot be read.
pub fn family(around: &Surroundings) -> Result<Option<sealed::Family>, CliError> {
    if let Some(family) = sealed::Family::load(&around.data_dir)? {
        return Ok(Some(family));
    }
    let keys = Keys::around(around);
    // A keyring that is locked may have it, and that is said.
    if keys.load()?.own.is_empty() {
        return Ok(None);
    }
    Ok(Some(sealed::Family::load_or_make(&around.data_dir, &keys, around.clock.now().as_second())?))
}

/// What was mounted to read copies from, until [`leave_what_was_mounted`].
static MOUNTED: Mutex<Vec<AtDrive>> = Mutex::new(Vec::new());

/// From now on copies on the family's drives are read where they are mounted. With `mounts`, one that is plugged in and not mounted is
/// mounted for it: somebody waits for what is on it.
pub fn read_drives(around: &Surroundings, mounts: bool) {
    let (config, home) = (around.config.clone(), around.home.clone());
    drives_are_found_by(move |id| {
        let settings = Settings::load(&config, &home).ok()?;
        let drive = settings.drives.iter().find(|drive| drive.id == id)?;
        let volume = volume_of(drive).ok()?;
        if let Some(folder) = volume.mounted_at.first() {
            return Some(folder.join(FOLDER_NAME));
        }
        let at = mounts.then(|| AtDrive::mount_to_read(volume).ok()).flatten()?;
        let folder = at.mounted.folder.join(FOLDER_NAME);
        MOUNTED.lock().unwrap_or_else(PoisonError::into_inner).push(at);
        Some(folder)
    });
}

/// Unmounts what was mounted to be read. Called at the end, when nothing is open there any more.
pub fn leave_what_was_mounted() {
    MOUNTED.lock().unwrap_or_else(PoisonError::into_inner).drain(..).for_each(|at| at.leave());
}

/// True for the volume that should be this drive, by the UUID of its file system. What it is its marker says.
pub fn is_of(volume: &Volume, drive: &DriveSettings) -> bool {
    volume.uuid() == Some(&drive.file_system)
}

/// The volume of a drive. Two that say they are it are refused.
fn volume_of(drive: &DriveSettings) -> Result<Volume, NoDrive> {
    let volumes = keepsake_drives::volumes().map_err(NoDrive::Drives)?;
    let mut with_it = volumes.into_iter().filter(|volume| is_of(volume, drive));
    let volume = with_it.next().ok_or(NoDrive::Away)?;
    with_it.next().map_or(Ok(volume), |_| Err(NoDrive::Twice))
}

/// The volumes that are plugged in.
///
/// # Errors
/// When udev cannot be asked.
pub fn volumes() -> Result<Vec<Volume>, CliError> {
    keepsake_drives::volumes().map_err(|e| CliError::failed(e.to_string(), "Is systemd-udevd running?"))
}

/// Names of the family's drives that are plugged in; none where udev cannot be asked.
pub fn plugged_in(settings: Option<&Settings>) -> Vec<String> {
    let Some(settings) = settings.filter(|settings| !settings.drives.is_empty()) else { return Vec::new() };
    let volumes = keepsake_drives::volumes().unwrap_or_default();
    let is_here = |drive: &&DriveSettings| volumes.iter().any(|volume| is_of(volume, drive));
    settings.drives.iter().filter(is_here).map(|drive| drive.name.clone()).collect()
}

/// A drive of the family that is plugged in.
pub struct AtDrive {
    disks: Disks,
    volume: Volume,
    /// Where it is mounted.
    pub mounted: Mounted,
    was_mounted: bool,
}

impl AtDrive {
    /// Finds and mounts the volume of a drive that is to be written.
    pub fn find(drive: &DriveSettings) -> Result<Self, NoDrive> {
        Self::mount(volume_of(drive)?)
    }

    /// Mounts a volume that is to be written.
    pub fn mount(volume: Volume) -> Result<Self, NoDrive> {
        if volume.is_read_only {
            return Err(NoDrive::ReadOnly);
        }
        let (at, is_read_only) = Self::mount_as_it_is(volume.clone())?;
        if !is_read_only {
            return Ok(at);
        }
        // Somebody has looked at its backups: then it is mounted for reading only, and can be written all the same.
        if at.disks.unmount(&volume).is_ok()
            && let (at, false) = Self::mount_as_it_is(volume)?
        {
            return Ok(at);
        }
        at.leave();
        Err(NoDrive::ReadOnly)
    }

    /// Mounts a volume that is to be read. Where it can be written it is mounted so: a job that copies to it may come.
    fn mount_to_read(volume: Volume) -> Result<Self, NoDrive> {
        Self::mount_as_it_is(volume).map(|(at, _)| at)
    }

    fn mount_as_it_is(volume: Volume) -> Result<(Self, bool), NoDrive> {
        let (kind, uuid) = match &volume.contents {
            Contents::FileSystem { kind, uuid, .. } => (kind.clone(), uuid.clone()),
            _ => return Err(NoDrive::Locked),
        };
        let disks = Disks::connect().map_err(NoDrive::Drives)?;
        let found = disks.mount(&volume, volume.is_read_only).map_err(NoDrive::Drives)?;
        // Nobody gets into the folder of another user's session.
        let opened = std::fs::read_dir(&found.folder);
        if found.was_mounted && opened.is_err_and(|e| e.kind() == std::io::ErrorKind::PermissionDenied) {
            return Err(NoDrive::AnotherUser);
        }
        let is_fat = matches!(kind.as_str(), "vfat" | "msdos" | "fat");
        let mounted = Mounted { folder: found.folder, device: Some(volume.device.clone()), file_system: uuid, is_fat };
        Ok((Self { disks, volume, mounted, was_mounted: found.was_mounted }, found.is_read_only))
    }

    /// What tells its hardware from other; empty when nothing does.
    pub fn hardware(&self) -> String {
        self.volume.hardware.id().unwrap_or_default()
    }

    /// Leaves it as it was found: what was mounted before stays so.
    pub fn leave(&self) {
        if !self.was_mounted {
            // Whoever wants it out is told then what holds it.
            let _ = self.disks.unmount(&self.volume);
        }
    }
}

/// Unmounts, locks and powers off.
pub fn let_go(disks: &Disks, volume: &Volume) -> Left {
    let not_let_go = |e| match e {
        DrivesError::Busy { programs, .. } => Left::Held(programs),
        DrivesError::Gone { .. } => Left::Gone,
        e => Left::NotLetGo(e.to_string()),
    };
    if let Err(e) = disks.unmount(volume).and_then(|()| disks.lock(volume)) {
        return not_let_go(e);
    }
    match disks.power_off(volume) {
        Ok(PoweredOff::Yes) => Left::SafeToRemove,
        // Another part of the same drive is mounted, or somebody has just mounted this one again: that is no time to pull it out.
        _ if is_mounted(&keepsake_drives::volumes().unwrap_or_default(), volume) => Left::Held(Vec::new()),
        // Whatever keeps its power on: nothing is written to it any more.
        Ok(PoweredOff::CannotBe) | Err(_) => Left::Unmounted,
    }
}

/// True when something of the drive on which a volume is is mounted now.
fn is_mounted(volumes: &[Volume], volume: &Volume) -> bool {
    let disk = volume.plugged.sequence;
    let is_of_it = |one: &Volume| one.key() == volume.key() || (disk.is_some() && one.plugged.sequence == disk);
    volumes.iter().any(|one| is_of_it(one) && !one.mounted_at.is_empty())
}

/// What came of working with a drive.
pub enum Worked<T> {
    /// It was done, and how the drive was left.
    Done(T, Left),
    /// It could not be begun.
    NoDrive(NoDrive),
}

/// Works with a drive of the family, and lets go of it afterwards, also when that fails or somebody asks to stop; unless it is to
/// stay plugged in. What was seen of it is noted.
///
/// # Errors
/// What the work says.
pub fn at_drive<T>(
    around: &Surroundings,
    drive: &DriveSettings,
    work: impl FnOnce(&DriveFolder) -> Result<T, CliError>,
) -> Result<Worked<T>, CliError> {
    let family = match family(around) {
        Ok(Some(family)) => family,
        Ok(None) => return Ok(Worked::NoDrive(NoDrive::NoFamily)),
        Err(error) if matches!(error.word, Some("family-damaged" | "keyring-locked")) => {
            return Ok(Worked::NoDrive(NoDrive::NoKeyNow(error)));
        }
        Err(error) => return Err(error),
    };
    let at = match AtDrive::find(drive) {
        Ok(at) => at,
        Err(no_drive) => return Ok(Worked::NoDrive(no_drive)),
    };
    let opened = DriveFolder::open(&at.mounted, drive, &at.hardware(), &Family::of(&family));
    let (done, room) = match opened {
        Ok(folder) => {
            let done = work(&folder);
            let room = folder.room().ok();
            // Its handle would hold the drive.
            drop(folder);
            (done, room)
        }
        Err(not_ours) => {
            at.leave();
            return Ok(Worked::NoDrive(NoDrive::NotOurs(not_ours)));
        }
    };
    let now = around.clock.now().as_second();
    let noted = NotedDrives::note(&around.data_dir, drive.id, |noted| {
        noted.last_seen = Some(now);
        if let Some(room) = room {
            (noted.free_bytes, noted.total_bytes) = (Some(room.free_bytes), Some(room.total_bytes));
        }
    });
    if let Err(e) = noted {
        say::note(format_args!("keepsake: {e}"));
    }
    let left = if drive.stays_plugged_in && done.is_ok() { Left::There } else { let_go(&at.disks, &at.volume) };
    Ok(Worked::Done(done?, left))
}

#[cfg(test)]
mod tests {
    use keepsake_drives::{Hardware, Plugged};

    use super::*;

    #[test]
    fn a_drive_of_which_anything_is_mounted_is_not_called_good_to_pull_out() {
        let volume = |name: &str, sequence, mounted_at: &[&str]| Volume {
            device: format!("/dev/{name}").into(),
            contents: Contents::Nothing,
            hardware: Hardware::default(),
            bytes: 1,
            is_read_only: false,
            mounted_at: mounted_at.iter().map(Into::into).collect(),
            plugged: Plugged { name: name.into(), sequence },
        };
        let one = volume("sdb1", Some(7), &[]);
        assert!(!is_mounted(&[], &one));
        assert!(!is_mounted(&[one.clone(), volume("sdb2", Some(7), &[]), volume("sdc1", Some(8), &["/a"])], &one));
        assert!(is_mounted(&[one.clone(), volume("sdb2", Some(7), &["/a"])], &one));
        // Somebody was quick.
        assert!(is_mounted(&[volume("sdb1", Some(7), &["/a"])], &one));
        // An older kernel counts no disks.
        let one = volume("sdb1", None, &[]);
        assert!(is_mounted(&[volume("sdb1", None, &["/a"])], &one));
        assert!(!is_mounted(&[volume("sdc1", None, &["/a"])], &one));
    }
}
