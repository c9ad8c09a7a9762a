//! Being at work at a USB drive of the family: find it, mount it, know it, and let go of it in the end.

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
    /// It cannot be mounted.
    Drives(DrivesError),
    /// This computer knows nothing of the family's keys.
    NoFamily,
}

impl NoDrive {
    /// The word of it for programs: the end of the names of sentences in `drives.ftl`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Twice => "refused-twice",
            Self::NotOurs(NotOurs::Clone) => "refused-clone",
            Self::NotOurs(NotOurs::NoMarker) => "refused-no-marker",
            Self::NotOurs(NotOurs::OtherFamily { .. }) | Self::NoFamily => "refused-family",
            Self::NotOurs(NotOurs::Destination(DestinationError::Absent { .. })) => "gone-early",
            Self::NotOurs(NotOurs::Destination(_)) => "failed",
            Self::NotOurs(_) => "refused-marker",
            Self::Locked => "locked",
            Self::ReadOnly => "read-only",
            Self::Drives(DrivesError::NotAuthorized { .. } | DrivesError::AnotherUser { .. }) => "not-allowed",
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
            Self::Drives(why) => write!(f, "{why}"),
            Self::NoFamily => {
                f.write_str("this computer does not have the family's key; enter it from the recovery sheet")
            }
        }
    }
}

/// What this computer knows of the family; None before there is one. Where only the secret is left, the rest is made of that.
///
/// # Errors
/// When it is there and cannot be read.
pub fn family(around: &Surroundings) -> Result<Option<sealed::Family>, CliError> {
    let advice = "Enter the family's key again from the recovery sheet: keepsake sheet --enter";
    let failed = |e: sealed::FamilyError| CliError::failed(e.to_string(), advice);
    if let Some(family) = sealed::Family::load(&around.data_dir).map_err(failed)? {
        return Ok(Some(family));
    }
    let keys = Keys::around(around);
    if keys.load().map_or(true, |keys| keys.is_empty()) {
        return Ok(None);
    }
    sealed::Family::load_or_make(&around.data_dir, &keys, around.clock.now().as_second()).map(Some).map_err(failed)
}

/// From now on copies on the family's drives are read where the desktop has mounted them.
pub fn read_mounted_drives(around: &Surroundings) {
    let (config, home) = (around.config.clone(), around.home.clone());
    drives_are_found_by(move |id| {
        let settings = Settings::load(&config, &home).ok()?;
        let drive = settings.drives.iter().find(|drive| drive.id == id)?;
        let volumes = keepsake_drives::volumes().ok()?;
        let volume = volumes.into_iter().find(|volume| is_of(volume, drive))?;
        Some(volume.mounted_at.first()?.join(FOLDER_NAME))
    });
}

/// True for the volume that should be this drive, by the UUID of its file system. What it is its marker says.
pub fn is_of(volume: &Volume, drive: &DriveSettings) -> bool {
    volume.uuid() == Some(&drive.file_system)
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
    /// Finds and mounts the volume of a drive.
    pub fn find(drive: &DriveSettings) -> Result<Self, NoDrive> {
        let volumes = keepsake_drives::volumes().map_err(NoDrive::Drives)?;
        let mut with_it = volumes.into_iter().filter(|volume| is_of(volume, drive));
        let volume = with_it.next().ok_or(NoDrive::Away)?;
        if with_it.next().is_some() {
            return Err(NoDrive::Twice);
        }
        Self::mount(volume)
    }

    /// Mounts a volume that is to be written.
    pub fn mount(volume: Volume) -> Result<Self, NoDrive> {
        let (kind, uuid) = match &volume.contents {
            Contents::FileSystem { kind, uuid, .. } => (kind.clone(), uuid.clone()),
            _ => return Err(NoDrive::Locked),
        };
        if volume.is_read_only {
            return Err(NoDrive::ReadOnly);
        }
        let disks = Disks::connect().map_err(NoDrive::Drives)?;
        let mut found = disks.mount(&volume, false).map_err(NoDrive::Drives)?;
        // Somebody has looked at its backups: then it is mounted for reading only, and can be written all the same.
        if found.is_read_only && found.was_mounted && disks.unmount(&volume).is_ok() {
            found = disks.mount(&volume, false).map_err(NoDrive::Drives)?;
        }
        if found.is_read_only {
            if !found.was_mounted {
                let _ = disks.unmount(&volume);
            }
            return Err(NoDrive::ReadOnly);
        }
        let is_fat = matches!(kind.as_str(), "vfat" | "msdos" | "fat");
        let mounted = Mounted { folder: found.folder, device: Some(volume.device.clone()), file_system: uuid, is_fat };
        Ok(Self { disks, volume, mounted, was_mounted: found.was_mounted })
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
        // Another part of the same drive is mounted: that is no time to pull it out.
        _ if has_other_mounted_part(volume) => Left::Held(Vec::new()),
        // Whatever keeps its power on: nothing is written to it any more.
        Ok(PoweredOff::CannotBe) | Err(_) => Left::Unmounted,
    }
}

fn has_other_mounted_part(volume: &Volume) -> bool {
    let disk = volume.plugged.sequence;
    let is_other_part =
        |other: &Volume| other.key() != volume.key() && other.plugged.sequence == disk && !other.mounted_at.is_empty();
    disk.is_some() && keepsake_drives::volumes().unwrap_or_default().iter().any(is_other_part)
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
    let Some(family) = family(around)? else { return Ok(Worked::NoDrive(NoDrive::NoFamily)) };
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
