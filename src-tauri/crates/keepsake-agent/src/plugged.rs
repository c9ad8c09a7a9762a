//! The volumes of drives that are plugged in: how each stands, and which is to be copied to.
//!
//! - One that has the file system of a drive of the settings is taken for that drive until the job, which looks at its marker, says
//!   otherwise. It is copied to as soon as it is plugged in, once; and again after each backup while it is left plugged in.
//! - Two with one file system are both refused: one of them is a copy.
//! - All others are strangers. They are asked about, and nothing is done with them, not even looked at.
//! - One of ours that lost its power is still in its socket: that it is safe to remove is said for ten minutes more. That one
//!   was pulled out too early is said for an hour.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use keepsake_api::{PluggedIn, PluggedState, Said, SaidArg};
use keepsake_core::destinations::drive::{AskedDrives, LEAST_DRIVE_BYTES};
use keepsake_core::settings::{DriveSettings, Settings};
use keepsake_drives::{Contents, Seen, Volume};
use serde_json::Value;

use crate::work::Task;

/// How long it is said of a drive without power that it is safe to remove.
const SAFE_FOR: SignedDuration = SignedDuration::from_mins(10);
/// How long it is said of a drive that it was pulled out too early.
const EARLY_FOR: SignedDuration = SignedDuration::from_hours(1);

/// What somebody says of drives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OfDrives {
    /// A stranger is to be left alone.
    Ignore {
        /// The volume.
        volume: String,
        /// True for good.
        forever: bool,
    },
    /// A stranger is to be asked about again.
    AskAgain(String),
    /// Nothing is to be said of drives that are away, for so many days.
    Snooze(u8),
    /// A look at a stranger that somebody else has mounted found backups of so many plans.
    Found {
        /// The volume.
        volume: String,
        /// Of how many plans.
        backups: u32,
    },
}

/// What is plugged in.
#[derive(Debug)]
pub(crate) struct Plugged {
    here: BTreeMap<String, Here>,
    /// What is still said of drives that are not there any more, and until when.
    gone: BTreeMap<String, (PluggedIn, Timestamp)>,
    asked: AskedDrives,
}

/// One volume.
#[derive(Debug)]
struct Here {
    volume: Volume,
    stage: Stage,
    /// True when somebody said "not this one".
    is_left_alone: bool,
    /// Of how many plans backups were found on it.
    backups: u32,
    /// True when it was plugged in before the last job at its drive began: of one that came later, that job says nothing.
    was_here_before_job: bool,
}

/// How far it is with one of the family's drives.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    /// It came, and nothing was done yet.
    Came,
    /// What the job said in the end: the word for it, and which programs hold the drive.
    Left(String, Vec<String>),
}

impl Plugged {
    /// Nothing yet; what people have said of strangers is kept in the folder of state.
    pub fn new(data_dir: &Path) -> Self {
        Self { here: BTreeMap::new(), gone: BTreeMap::new(), asked: AskedDrives::load(data_dir) }
    }

    /// Takes in what was seen.
    pub fn take(&mut self, seen: Seen, settings: Option<&Settings>, now: Timestamp) {
        match seen {
            Seen::Here(volume) => {
                let key = volume.key();
                if let Some(drive) = drive_of(&volume, settings) {
                    self.gone.retain(|_, (shown, _)| shown.drive.as_deref() != Some(drive.name.as_str()));
                }
                match self.here.get_mut(&key) {
                    Some(here) => {
                        // Formatted or unlocked: it is another one now.
                        if here.volume.uuid() != volume.uuid() {
                            here.stage = Stage::Came;
                        }
                        here.volume = volume;
                    }
                    None => {
                        let (stage, is_left_alone, backups) = (Stage::Came, false, 0);
                        self.here
                            .insert(key, Here { volume, stage, is_left_alone, backups, was_here_before_job: false });
                    }
                }
            }
            Seen::Gone { key } => {
                let Some(here) = self.here.remove(&key) else { return };
                let drive = drive_of(&here.volume, settings);
                if let (Stage::Left(word, _), Some(drive)) = (&here.stage, drive)
                    && word == "safe-to-remove"
                {
                    let shown = shown(&here.volume, Some(drive), PluggedState::SafeToRemove, "drive-safe", &[]);
                    self.gone.insert(key, (shown, until(now, SAFE_FOR)));
                }
            }
            Seen::Ready => {}
        }
    }

    /// How each stands. `running` is what runs now.
    pub fn view(&mut self, settings: Option<&Settings>, running: Option<&Task>, now: Timestamp) -> Vec<PluggedIn> {
        self.gone.retain(|_, (_, until)| *until > now);
        let mut all: Vec<PluggedIn> = self.here.values().map(|here| self.one(here, settings, running)).collect();
        all.extend(self.gone.values().map(|(shown, _)| shown.clone()));
        all
    }

    fn one(&self, here: &Here, settings: Option<&Settings>, running: Option<&Task>) -> PluggedIn {
        let volume = &here.volume;
        if let Some(drive) = drive_of(volume, settings) {
            let (state, id, programs): (_, &str, &[String]) = match (&here.stage, running) {
                _ if self.has_twin(volume) => (PluggedState::Refused, "drive-refused-twice", &[]),
                (_, Some(task)) if is_at(task, volume, drive) => (PluggedState::Busy, "drive-busy", &[]),
                (Stage::Came, _) => (PluggedState::Waiting, "drive-waiting", &[]),
                // Somebody has opened it again since: it must not be called safe to pull out.
                (Stage::Left(word, _), _)
                    if !volume.mounted_at.is_empty() && matches!(word.as_str(), "safe-to-remove" | "unmounted") =>
                {
                    (PluggedState::Ready, "drive-ready", &[])
                }
                (Stage::Left(word, programs), _) => {
                    let (state, id) = of_word(word, programs);
                    (state, id, programs)
                }
            };
            return shown(volume, Some(drive), state, id, programs);
        }
        if let Some((state, id, programs)) = let_go_of(here) {
            let mut shown = shown(volume, None, state, id, programs);
            shown.backups = here.backups;
            return shown;
        }
        let is_ignored = here.is_left_alone || self.asked.is_ignored(&lasting_key(volume));
        let (state, id) = match &volume.contents {
            _ if is_ignored => (PluggedState::Ignored, "drive-ignored"),
            Contents::Locked { .. } => (PluggedState::Locked, "drive-locked"),
            Contents::Nothing => (PluggedState::Unusable, "drive-unformatted"),
            Contents::Other { .. } => (PluggedState::Unusable, "drive-unknown-format"),
            Contents::FileSystem { uuid, .. } if uuid.is_empty() => (PluggedState::Unusable, "drive-unknown-format"),
            _ if volume.is_read_only => (PluggedState::Unusable, "drive-read-only"),
            _ if volume.bytes < LEAST_DRIVE_BYTES => (PluggedState::Unusable, "drive-too-small"),
            _ if here.backups > 0 => (PluggedState::Asks, "drive-backups-found"),
            // Where nothing is protected yet, there is nothing to be copied.
            _ if settings.is_none() => (PluggedState::Ignored, "drive-ignored"),
            _ => (PluggedState::Asks, "drive-asks"),
        };
        let mut shown = shown(volume, None, state, id, &[]);
        shown.backups = here.backups;
        shown.said = shown.said.count("count", here.backups.into());
        shown
    }

    /// The drive that is to be copied to now: it came and nothing was done with it yet.
    pub fn came(&self, settings: &Settings) -> Option<String> {
        self.ours(settings).find(|(here, _)| here.stage == Stage::Came).map(|(_, drive)| drive.name.clone())
    }

    /// True when a drive is plugged in and ready to be copied to once more.
    pub fn is_ready(&self, settings: &Settings, drive: &DriveSettings) -> bool {
        let is_left = |here: &Here| matches!(&here.stage, Stage::Left(word, _) if word == "ready");
        self.ours(settings).any(|(here, one)| one.id == drive.id && is_left(here))
    }

    /// True when another volume with the same file system is plugged in: one of them is a copy.
    fn has_twin(&self, volume: &Volume) -> bool {
        self.here.values().filter(|other| other.volume.uuid() == volume.uuid()).count() > 1
    }

    /// The family's drives that are plugged in and not doubtful.
    fn ours<'p>(&'p self, settings: &'p Settings) -> impl Iterator<Item = (&'p Here, &'p DriveSettings)> {
        self.here.values().filter_map(|here| {
            let drive = drive_of(&here.volume, Some(settings))?;
            (!self.has_twin(&here.volume)).then_some((here, drive))
        })
    }

    /// A job that was about a drive has ended, and said this in the end.
    pub fn ended(&mut self, task: &Task, answer: &Value, settings: Option<&Settings>, now: Timestamp) {
        if let Task::AdoptDrive { volume, .. } = task {
            // Whatever was said of it as a stranger: it is to be copied to.
            self.here.get_mut(volume).into_iter().for_each(|here| here.stage = Stage::Came);
            return;
        }
        let told = match task {
            Task::Copy(_) => &answer["destinations"][0]["drive"],
            Task::EjectDrive(_) | Task::ProveDrive(_) => &answer["drive"],
            _ => return,
        };
        let word = told["state"].as_str().or_else(|| answer["error"]["word"].as_str()).unwrap_or("failed");
        let programs = told["programs"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let programs: Vec<String> = programs.map(String::from).collect();
        let is_about = |here: &Here| match (task, drive_of(&here.volume, settings)) {
            (Task::EjectDrive(key), _) => here.volume.key() == *key,
            (Task::Copy(name) | Task::ProveDrive(name), Some(drive)) => drive.name == *name,
            _ => false,
        };
        let mut is_here = false;
        for here in self.here.values_mut().filter(|here| is_about(here)) {
            is_here = true;
            // Pulled out and plugged in again at once, it is to be copied to, however the job ended that had it before.
            if here.was_here_before_job || matches!(task, Task::EjectDrive(_)) {
                here.stage = Stage::Left(word.into(), programs.clone());
            }
        }
        // It went while the job was at work: nobody else tells of it.
        let (Task::Copy(name) | Task::ProveDrive(name)) = task else { return };
        let drive = settings.and_then(|settings| settings.drive(name));
        if let (false, Some(drive)) = (is_here, drive) {
            let (state, id, time) = match word {
                "safe-to-remove" => (PluggedState::SafeToRemove, "drive-safe", SAFE_FOR),
                "gone-early" | "failed" => (PluggedState::Failed, "drive-gone-early", EARLY_FOR),
                _ => return,
            };
            let volume = format!("gone-{}", drive.id);
            let said = Said::new(id).text("name", &drive.name);
            let shown = PluggedIn {
                volume: volume.clone(),
                drive: Some(drive.name.clone()),
                title: drive.name.clone(),
                total_bytes: 0,
                state,
                said,
                backups: 0,
            };
            self.gone.insert(volume, (shown, until(now, time)));
        }
    }

    /// A job begins: what was said before of the drive that it is about is over.
    pub fn begins(&mut self, task: &Task, settings: Option<&Settings>) {
        let (Task::Copy(name) | Task::ProveDrive(name)) = task else { return };
        self.gone.retain(|_, (shown, _)| shown.drive.as_deref() != Some(name.as_str()));
        for here in self.here.values_mut() {
            if drive_of(&here.volume, settings).is_some_and(|drive| drive.name == *name) {
                here.was_here_before_job = true;
            }
        }
    }

    /// Names of the family's drives that are plugged in.
    pub fn names(&self, settings: &Settings) -> Vec<String> {
        self.ours(settings).map(|(_, drive)| drive.name.clone()).collect()
    }

    /// Leaves a stranger alone: for good, or until it is plugged in anew. False when it is not there, or for good and that cannot be
    /// kept.
    pub fn ignore(&mut self, key: &str, forever: bool) -> bool {
        let Some(here) = self.here.get_mut(key) else { return false };
        here.is_left_alone = true;
        !forever || self.asked.ignore(&lasting_key(&here.volume), &here.volume.title())
    }

    /// What a look at a stranger has found.
    pub fn found(&mut self, key: &str, backups: u32) {
        if let Some(here) = self.here.get_mut(key) {
            here.backups = backups;
        }
    }

    /// Asks again about a stranger.
    pub fn ask_again(&mut self, key: &str) -> bool {
        for here in self.here.values_mut().filter(|here| lasting_key(&here.volume) == key) {
            here.is_left_alone = false;
        }
        self.asked.ask_again(key)
    }

    /// Says nothing of drives that are away until then, in seconds since 1970.
    pub fn snooze(&mut self, until_secs: i64) -> bool {
        self.asked.snooze(until_secs)
    }
}

fn until(now: Timestamp, time: SignedDuration) -> Timestamp {
    now.saturating_add(time).unwrap_or(now)
}

/// The drive of the settings that a volume should be, by the UUID of its file system.
pub(crate) fn drive_of<'s>(volume: &Volume, settings: Option<&'s Settings>) -> Option<&'s DriveSettings> {
    let Contents::FileSystem { uuid, .. } = &volume.contents else { return None };
    settings?.drives.iter().find(|drive| drive.file_system == *uuid)
}

/// True when a task is at work at this volume.
fn is_at(task: &Task, volume: &Volume, drive: &DriveSettings) -> bool {
    match task {
        Task::Copy(name) | Task::ProveDrive(name) => *name == drive.name,
        Task::EjectDrive(key) => *key == volume.key(),
        _ => false,
    }
}

/// What a stranger is known by when it is plugged in again.
fn lasting_key(volume: &Volume) -> String {
    let uuid = volume.uuid().unwrap_or_default();
    format!("{uuid}:{}", volume.hardware.id().unwrap_or_default())
}

/// What a job's word means.
fn of_word(word: &str, programs: &[String]) -> (PluggedState, &'static str) {
    match word {
        "ready" => (PluggedState::Ready, "drive-ready"),
        "safe-to-remove" => (PluggedState::SafeToRemove, "drive-safe"),
        "unmounted" => (PluggedState::Unmounted, "drive-unmounted"),
        "held" if programs.is_empty() => (PluggedState::Held, "drive-held-unknown"),
        "held" => (PluggedState::Held, "drive-held"),
        "refused-clone" => (PluggedState::Refused, "drive-refused-clone"),
        "refused-twice" => (PluggedState::Refused, "drive-refused-twice"),
        "refused-marker" => (PluggedState::Refused, "drive-refused-marker"),
        "refused-no-marker" => (PluggedState::Refused, "drive-refused-no-marker"),
        "refused-family" => (PluggedState::Refused, "drive-refused-family"),
        "no-key" => (PluggedState::Refused, "drive-no-key"),
        "read-only" => (PluggedState::Unusable, "drive-read-only"),
        "locked" => (PluggedState::Locked, "drive-locked"),
        "another-user" => (PluggedState::Failed, "drive-another-user"),
        "not-allowed" => (PluggedState::Failed, "drive-not-allowed"),
        "full" => (PluggedState::Failed, "drive-full"),
        "gone-early" | "gone" => (PluggedState::Failed, "drive-gone-early"),
        _ => (PluggedState::Failed, "drive-failed"),
    }
}

/// How it went with a stranger that somebody wanted to pull out, after its backups were looked at.
fn let_go_of(here: &Here) -> Option<(PluggedState, &'static str, &[String])> {
    let Stage::Left(word, programs) = &here.stage else { return None };
    let is_out = matches!(word.as_str(), "safe-to-remove" | "unmounted");
    if is_out != here.volume.mounted_at.is_empty() {
        // Opened again, or let go of by another program: it is a stranger as any other.
        return None;
    }
    let (state, id) = of_word(word, programs);
    matches!(state, PluggedState::SafeToRemove | PluggedState::Unmounted | PluggedState::Held)
        .then_some((state, id, programs))
}

/// All sentences are given all that any of them may say.
fn shown(
    volume: &Volume,
    drive: Option<&DriveSettings>,
    state: PluggedState,
    id: &str,
    programs: &[String],
) -> PluggedIn {
    let title = volume.title();
    let name = drive.map_or(title.as_str(), |drive| drive.name.as_str());
    let mut said = Said::new(id).text("title", &title).text("name", name).with("size", SaidArg::Bytes(volume.bytes));
    said = said.with("least", SaidArg::Bytes(LEAST_DRIVE_BYTES));
    if let Some(program) = programs.first() {
        said = said.text("program", program);
    }
    PluggedIn {
        volume: volume.key(),
        drive: drive.map(|drive| drive.name.clone()),
        title,
        total_bytes: volume.bytes,
        state,
        said,
        backups: 0,
    }
}

#[cfg(test)]
mod tests;
