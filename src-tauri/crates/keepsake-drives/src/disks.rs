//! Mounting drives and letting go of them, through UDisks2.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::runtime::Runtime;
use zbus::export::ordered_stream::OrderedStreamExt;
use zbus::message::Type;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, Value};
use zbus::{Connection, MatchRule, MessageStream};

use crate::error::{Answer, Doing, DrivesError, Meaning};
use crate::mounts::{Mount, Mounts, Number, number_of};
use crate::surroundings::Surroundings;
use crate::udisks::{DRIVE, ENCRYPTED, FILE_SYSTEM, Objects, UDISKS};
use crate::volume::{Contents, Volume};
use crate::{facts, holders};

/// How often something is tried that is busy or that somebody else does at the same time.
const TRIES: u32 = 5;
/// A volume is mounted at so many places at most that all are unmounted.
const MOST_PLACES: usize = 16;
/// File systems of which a journal that cannot be replayed, since the drive is write-protected, can be left alone.
const WITH_JOURNAL: [&str; 2] = ["ext3", "ext4"];

/// UDisks2. Its methods wait for the answer, and are not for a task of tokio; threads may share it.
#[derive(Debug)]
pub struct Disks {
    runtime: Runtime,
    bus: Connection,
    surroundings: Surroundings,
}

/// Where a volume is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mounted {
    /// The folder.
    pub folder: PathBuf,
    /// True when it was mounted before it was asked for: the desktop did, or a person.
    pub was_mounted: bool,
    /// True when nothing can be written there.
    pub is_read_only: bool,
}

/// How powering off went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoweredOff {
    /// It has no power any more.
    Yes,
    /// It still has power, which cannot be taken from it: not by this computer, or since more of it is mounted.
    CannotBe,
}

impl Disks {
    /// Connects to the system bus, and starts UDisks2 when it does not run.
    ///
    /// # Errors
    /// [`DrivesError::NoUdisks`] when there is no bus or no UDisks2; [`DrivesError::TimedOut`] when it does not answer.
    pub fn connect() -> Result<Self, DrivesError> {
        Self::connect_in(Surroundings::default())
    }

    #[doc(hidden)]
    pub fn connect_in(surroundings: Surroundings) -> Result<Self, DrivesError> {
        let no_bus =
            |message: String| DrivesError::NoUdisks { source: Some(Answer { name: "the bus".into(), message }) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| no_bus(e.to_string()))?;
        let limit = surroundings.limits.ask;
        let bus = runtime.block_on(async { tokio::time::timeout(limit, surroundings.connect()).await });
        let timed_out = DrivesError::TimedOut { doing: Doing::Ask, device: "the system bus".into(), limit };
        let bus = bus.map_err(|_| timed_out)?.map_err(|e| DrivesError::NoUdisks { source: Some(Answer::of(&e)) })?;
        let disks = Self { runtime, bus, surroundings };
        disks.runtime.block_on(disks.objects(Path::new("UDisks2"), Doing::Ask))?;
        Ok(disks)
    }

    /// Mounts it, or finds where it is mounted already: then nothing is changed, also when it can be written to although
    /// it is to be read only. Nobody is asked for a password.
    ///
    /// A journal that was not closed is replayed by the kernel, also for reading only: what was synced before a drive was
    /// pulled out may be nowhere else. When the drive is write-protected, it is left alone. When power fails meanwhile, the next mount does it.
    ///
    /// # Errors
    /// [`DrivesError::NoFileSystem`] for what is locked or unformatted; [`DrivesError::WrongPlace`] when what is mounted there is
    /// not this volume, or is what the system stands on; [`DrivesError::Gone`] when it was unplugged; and whatever UDisks2 answers.
    pub fn mount(&self, volume: &Volume, reading_only: bool) -> Result<Mounted, DrivesError> {
        self.runtime.block_on(self.mount_volume(volume, reading_only))
    }

    /// Unmounts it everywhere; what is busy is tried again for some seconds. All that was written is on the drive then. Right
    /// when it is not mounted at all.
    ///
    /// # Errors
    /// [`DrivesError::Busy`] with the programs that hold it; [`DrivesError::Gone`] when it was unplugged;
    /// [`DrivesError::AnotherUser`] when somebody else mounted it; and whatever else UDisks2 answers.
    pub fn unmount(&self, volume: &Volume) -> Result<(), DrivesError> {
        self.runtime.block_on(self.unmount_volume(volume))
    }

    /// Locks what was unlocked. Answers false when there is nothing to lock: it is not encrypted, or is locked already.
    ///
    /// # Errors
    /// [`DrivesError::Busy`] while it is mounted; [`DrivesError::Gone`] when it was unplugged; and whatever else UDisks2 answers.
    pub fn lock(&self, volume: &Volume) -> Result<bool, DrivesError> {
        self.runtime.block_on(self.lock_volume(volume))
    }

    /// Takes the power from the drive on which it is, so that it can be pulled out. Also right after [`Disks::lock`].
    ///
    /// # Errors
    /// [`DrivesError::Gone`] when it was unplugged; [`DrivesError::NotAuthorized`]; and whatever else UDisks2 answers.
    pub fn power_off(&self, volume: &Volume) -> Result<PoweredOff, DrivesError> {
        self.runtime.block_on(self.power_off_drive(volume))
    }

    async fn mount_volume(&self, volume: &Volume, reading_only: bool) -> Result<Mounted, DrivesError> {
        let Contents::FileSystem { kind, .. } = &volume.contents else {
            return Err(no_file_system(volume));
        };
        let number = self.here(volume)?;
        let limit = self.surroundings.limits.mount;
        let mut options = if reading_only { "ro" } else { "" };
        let mut pause = self.surroundings.limits.pause;
        for tries_left in (0..TRIES).rev() {
            if let Some(mounted) = self.mounted(volume, number, reading_only)? {
                return Ok(Mounted { was_mounted: true, ..mounted });
            }
            let block = self.known(volume, number).await?;
            let asked = self.call(&block, (FILE_SYSTEM, "Mount"), options, limit, (Doing::Mount, &volume.device));
            let answer = match asked.await? {
                Ok(message) => {
                    let folder: Result<String, _> = message.body().deserialize();
                    let folder = folder.map_err(|e| failed(Doing::Mount, &volume.device, &e))?;
                    self.here(volume)?;
                    return self.proven(volume, number, Path::new(&folder));
                }
                Err(answer) => answer,
            };
            let could_be_dirty = reading_only && options == "ro" && WITH_JOURNAL.contains(&kind.as_str());
            match answer.meaning() {
                // The desktop was faster, or takes it away just now.
                Meaning::AlreadyMounted | Meaning::Busy if tries_left > 0 => {
                    if let Some(mounted) = self.mounted(volume, number, reading_only)? {
                        return Ok(Mounted { was_mounted: true, ..mounted });
                    }
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Meaning::Failed if could_be_dirty && volume.is_read_only && tries_left > 0 => options = "ro,noload",
                _ => {
                    self.here(volume)?;
                    return Err(answer.into_error(Doing::Mount, volume.device.clone(), limit));
                }
            }
        }
        Err(DrivesError::Busy { device: volume.device.clone(), programs: Vec::new() })
    }

    async fn unmount_volume(&self, volume: &Volume) -> Result<(), DrivesError> {
        let number = self.here(volume)?;
        let limit = self.surroundings.limits.unmount;
        let mut pause = self.surroundings.limits.pause;
        let (mut tries_left, mut places_left) = (TRIES - 1, MOST_PLACES);
        loop {
            let folders: Vec<PathBuf> = self.mounts()?.of(number).map(|mount| mount.at.clone()).collect();
            if folders.is_empty() {
                return Ok(());
            }
            if folders.iter().any(|folder| folder == Path::new("/")) {
                return Err(DrivesError::WrongPlace { device: volume.device.clone(), folder: "/".into() });
            }
            let block = self.known(volume, number).await?;
            let asked = self.call(&block, (FILE_SYSTEM, "Unmount"), "", limit, (Doing::Unmount, &volume.device));
            match asked.await? {
                Ok(_) if places_left > 0 => places_left -= 1,
                Ok(_) => return Err(DrivesError::Busy { device: volume.device.clone(), programs: Vec::new() }),
                // It is not for UDisks2, and yet it is: somebody mounts and unmounts just now.
                Err(answer) if matches!(answer.meaning(), Meaning::Busy | Meaning::NotMounted) => {
                    if tries_left == 0 {
                        let programs = holders::programs(&self.surroundings.proc, &folders);
                        return Err(DrivesError::Busy { device: volume.device.clone(), programs });
                    }
                    tries_left -= 1;
                    // Nobody tells when a program lets go of it.
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Err(answer) => {
                    self.here(volume)?;
                    return Err(answer.into_error(Doing::Unmount, volume.device.clone(), limit));
                }
            }
        }
    }

    async fn lock_volume(&self, volume: &Volume) -> Result<bool, DrivesError> {
        let Some(number) = number_of(&volume.device) else {
            // Its clear text went when it was locked.
            return Ok(false);
        };
        let objects = self.objects(&volume.device, Doing::Lock).await?;
        let Some(container) = objects.block(number).and_then(|block| objects.container(block)) else {
            return Ok(false);
        };
        let limit = self.surroundings.limits.let_go;
        let asked = self.call(&container, (ENCRYPTED, "Lock"), "", limit, (Doing::Lock, &volume.device));
        asked.await?.map(|_| true).map_err(|answer| answer.into_error(Doing::Lock, volume.device.clone(), limit))
    }

    async fn power_off_drive(&self, volume: &Volume) -> Result<PoweredOff, DrivesError> {
        let gone = || DrivesError::Gone { device: volume.device.clone() };
        // What stands on the drive itself, as the clear text may have gone.
        let number = facts::number(&volume.plugged.name).or_else(|| number_of(&volume.device)).ok_or_else(gone)?;
        let objects = self.objects(&volume.device, Doing::PowerOff).await?;
        let block = objects.block(number).ok_or_else(gone)?;
        let Some(drive) = objects.drive(block).filter(|drive| drive.can_power_off && !drive.is_in_use) else {
            return Ok(PoweredOff::CannotBe);
        };
        let limit = self.surroundings.limits.let_go;
        let asked = self.call(&drive.path, (DRIVE, "PowerOff"), "", limit, (Doing::PowerOff, &volume.device));
        match asked.await? {
            Ok(_) => Ok(PoweredOff::Yes),
            Err(answer) if matches!(answer.meaning(), Meaning::NotSupported | Meaning::Busy) => {
                Ok(PoweredOff::CannotBe)
            }
            Err(answer) => Err(answer.into_error(Doing::PowerOff, volume.device.clone(), limit)),
        }
    }

    /// The number of the volume's device, when it is still the same plugging in and not what the system stands on.
    fn here(&self, volume: &Volume) -> Result<Number, DrivesError> {
        let gone = || DrivesError::Gone { device: volume.device.clone() };
        let number = number_of(&volume.device).ok_or_else(gone)?;
        if volume.plugged.sequence.is_some() && !facts::is_here(&volume.plugged.name, volume.plugged.sequence) {
            return Err(gone());
        }
        if self.mounts()?.at(Path::new("/")).is_some_and(|root| root.number == number) {
            return Err(DrivesError::WrongPlace { device: volume.device.clone(), folder: "/".into() });
        }
        Ok(number)
    }

    fn mounts(&self) -> Result<Mounts, DrivesError> {
        let path = &self.surroundings.mountinfo;
        Mounts::read(path).map_err(|source| DrivesError::Unreadable { path: path.clone(), source })
    }

    /// Where it is mounted; of several places the one where it can be written, when it is to be.
    fn mounted(&self, volume: &Volume, number: Number, reading_only: bool) -> Result<Option<Mounted>, DrivesError> {
        let mounts = self.mounts()?;
        let mut places: Vec<&Mount> = mounts.of(number).collect();
        places.sort_by_key(|mount| !reading_only && mount.is_read_only);
        places.first().map(|mount| self.proven(volume, number, &mount.at)).transpose()
    }

    /// That it is this volume which is seen there.
    fn proven(&self, volume: &Volume, number: Number, folder: &Path) -> Result<Mounted, DrivesError> {
        let mounts = self.mounts()?;
        let is_it = |mount: &&Mount| mount.number == number && folder != Path::new("/");
        let wrong = || DrivesError::WrongPlace { device: volume.device.clone(), folder: folder.into() };
        let mount = mounts.at(folder).filter(is_it).ok_or_else(wrong)?;
        Ok(Mounted { folder: folder.into(), was_mounted: false, is_read_only: mount.is_read_only })
    }

    /// UDisks2's object for the file system; waits for it, as udev tells of devices first.
    async fn known(&self, volume: &Volume, number: Number) -> Result<OwnedObjectPath, DrivesError> {
        let device = &volume.device;
        let limit = self.surroundings.limits.known;
        let not_yet = DrivesError::TimedOut { doing: Doing::Ask, device: device.clone(), limit };
        let wait = async {
            let signals = MatchRule::builder().msg_type(Type::Signal).sender(UDISKS);
            let signals = signals.map_err(|e| failed(Doing::Ask, device, &e))?.build();
            // Listening comes first, so that nothing is missed.
            let mut signals = MessageStream::for_match_rule(signals, &self.bus, Some(64))
                .await
                .map_err(|e| failed(Doing::Ask, device, &e))?;
            loop {
                let objects = self.objects(device, Doing::Ask).await?;
                let uuid = volume.uuid().unwrap_or_default();
                // Until it has read it, UDisks2 may know the device and not what is on it.
                let is_it = |block: &&OwnedObjectPath| objects.has(block, FILE_SYSTEM) && objects.uuid(block) == uuid;
                if let Some(block) = objects.block(number).filter(is_it) {
                    return Ok(block.clone());
                }
                self.here(volume)?;
                if let Some(Err(e)) = signals.next().await {
                    return Err(failed(Doing::Ask, device, &e));
                }
            }
        };
        tokio::time::timeout(limit, wait).await.unwrap_or(Err(not_yet))
    }

    async fn objects(&self, device: &Path, doing: Doing) -> Result<Objects, DrivesError> {
        let limit = self.surroundings.limits.ask;
        let asked = tokio::time::timeout(limit, Objects::ask(&self.bus)).await;
        let asked = asked.map_err(|_| DrivesError::TimedOut { doing, device: device.into(), limit })?;
        asked.map_err(|e| Answer::of(&e).into_error(doing, device.into(), limit))
    }

    /// Asks; the outer error is that there was no answer in time, the inner what UDisks2 answered.
    /// `options`: of mounting; without any, none are given.
    async fn call(
        &self,
        path: &ObjectPath<'_>,
        (interface, method): (&str, &str),
        options: &str,
        limit: Duration,
        (doing, device): (Doing, &Path),
    ) -> Result<Result<zbus::Message, Answer>, DrivesError> {
        let mut asked = HashMap::from([("auth.no_user_interaction", Value::from(true))]);
        if !options.is_empty() {
            asked.insert("options", Value::from(options));
        }
        let body = (asked,);
        let asked = self.bus.call_method(Some(UDISKS), path, Some(interface), method, &body);
        let asked = tokio::time::timeout(limit, asked).await;
        let asked = asked.map_err(|_| DrivesError::TimedOut { doing, device: device.into(), limit })?;
        Ok(asked.map_err(|e| Answer::of(&e)))
    }
}

fn no_file_system(volume: &Volume) -> DrivesError {
    let what = match &volume.contents {
        Contents::Locked { .. } => "locked",
        Contents::Nothing => "unformatted",
        Contents::Other { kind } => kind,
        Contents::FileSystem { kind, .. } => kind,
    };
    DrivesError::NoFileSystem { device: volume.device.clone(), what: what.into() }
}

fn failed(doing: Doing, device: &Path, error: &zbus::Error) -> DrivesError {
    DrivesError::Failed { doing, device: device.into(), source: Answer::of(error) }
}
