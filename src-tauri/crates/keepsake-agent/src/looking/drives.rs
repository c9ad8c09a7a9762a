//! Drives in the loop: what is seen of them is taken in, what is due is answered, and how each stands is shown.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use jiff::SignedDuration;
use keepsake_core::destinations::drive::FOLDER_NAME;
use keepsake_core::destinations::stored::list_with_locked;
use keepsake_core::schedule::{CopyDue, is_copy_due};
use keepsake_core::settings::Settings;
use keepsake_drives::{Seen, Volume, Watcher};
use serde_json::Value;

use super::Looking;
use crate::board::Board;
use crate::log::Log;
use crate::plugged::{OfDrives, Plugged, drive_of};
use crate::work::Task;
use crate::{Agent, Asked};

/// A thread that looks at a folder needs little.
const STACK_BYTES: usize = 256 << 10;

/// What is known of drives, and who tells it.
pub(crate) struct Drives {
    plugged: Plugged,
    seen: Receiver<Seen>,
    /// Ends when it is dropped.
    _watcher: Option<Watcher>,
}

impl Drives {
    /// Begins to watch. Where drives cannot be seen, that is said in a line, and all else goes on.
    pub fn begin(agent: &Agent, board: &Arc<Board>, log: Log) -> Self {
        let (tell, seen) = channel();
        let waking = Arc::clone(board);
        let watcher = Watcher::begin(move |one| {
            // Nobody listens once the agent ends.
            if tell.send(one).is_ok() {
                waking.wake(Asked::Wake);
            }
        });
        let watcher = match watcher {
            Ok(watcher) => Some(watcher),
            Err(why) => {
                log.event(&format!("drives that are plugged in are not seen: {why}"));
                None
            }
        };
        if let Some(missing) = watcher.as_ref().and_then(Watcher::missing) {
            log.event(missing);
        }
        Self { plugged: Plugged::new(&agent.data_dir), seen, _watcher: watcher }
    }

    /// None is ever seen.
    #[cfg(test)]
    pub fn none(agent: &Agent) -> Self {
        Self { plugged: Plugged::new(&agent.data_dir), seen: channel().1, _watcher: None }
    }

    /// Names of the family's drives that are plugged in.
    pub fn names(&self, settings: &Settings) -> Vec<String> {
        self.plugged.names(settings)
    }

    /// The drive that was plugged in and is to be copied to now.
    pub fn came(&self, settings: &Settings) -> Option<String> {
        self.plugged.came(settings)
    }
}

impl Looking<'_> {
    /// Takes in what was seen and said of drives, and shows how each stands.
    pub(super) fn look_at_drives(&mut self) {
        self.take_in_drives();
        self.show_drives(self.board.running().as_ref());
    }

    /// As [`Self::look_at_drives`], while a job runs that tells how far it is many times a second: nothing where there is nothing new.
    pub(super) fn look_at_new_drives(&mut self) {
        if self.take_in_drives() {
            self.show_drives(self.board.running().as_ref());
        }
    }

    fn show_drives(&mut self, running: Option<&Task>) {
        let now = self.agent.clock.now();
        self.board.set_drives(self.drives.plugged.view(self.settings.settings(), running, now));
    }

    /// Answers true when there was something.
    fn take_in_drives(&mut self) -> bool {
        let (settings, now) = (self.settings.settings(), self.agent.clock.now());
        let (plugged, mut is_new) = (&mut self.drives.plugged, false);
        while let Ok(seen) = self.drives.seen.try_recv() {
            if let Seen::Here(volume) = &seen {
                look_for_backups(volume, settings, &self.board);
            }
            plugged.take(seen, settings, now);
            is_new = true;
        }
        for said in self.board.take_of_drives() {
            is_new = true;
            let is_kept = match &said {
                OfDrives::Ignore { volume, forever } => plugged.ignore(volume, *forever),
                OfDrives::AskAgain(volume) => plugged.ask_again(volume),
                OfDrives::Found { volume, backups } => {
                    plugged.found(volume, *backups);
                    continue;
                }
                OfDrives::Snooze(days) => {
                    let until = now.saturating_add(SignedDuration::from_hours(24 * i64::from(*days))).unwrap_or(now);
                    plugged.snooze(until.as_second())
                }
            };
            if !is_kept {
                self.log.trouble("what was said of a drive could not be kept, or it is not there any more");
            }
            self.board.tell_changed();
        }
        is_new
    }

    /// One that is left plugged in and lacks something.
    pub(super) fn drive_that_lacks(&mut self, settings: &Settings) -> Option<String> {
        let now = self.agent.clock.local_now();
        let lacks = |place: &Path| self.known.lacks_copies(place);
        let drive = settings.drives.iter().find(|drive| {
            let path = drive.id.place_path();
            let tries = self.copies.get(&path).map(|(_, tries)| *tries).unwrap_or_default();
            self.drives.plugged.is_ready(settings, drive)
                && is_copy_due(lacks(&path), true, &tries, &now) == CopyDue::Now
        });
        drive.map(|drive| drive.name.clone())
    }

    /// A job begins.
    pub(super) fn drive_begins(&mut self, task: &Task) {
        self.take_in_drives();
        self.drives.plugged.begins(task, self.settings.settings());
        self.show_drives(self.board.running().as_ref());
    }

    /// A job has ended.
    pub(super) fn drive_ended(&mut self, task: &Task, answer: &Value) {
        // What went meanwhile is gone before it is said how it went.
        self.take_in_drives();
        self.drives.plugged.ended(task, answer, self.settings.settings(), self.agent.clock.now());
        self.show_drives(None);
    }
}

/// Looks for backups on a stranger that somebody else has mounted, in a thread: its disk may not answer. Reads only.
fn look_for_backups(volume: &Volume, settings: Option<&Settings>, board: &Arc<Board>) {
    let (Some(folder), None) = (volume.mounted_at.first().cloned(), drive_of(volume, settings)) else { return };
    let (key, board) = (volume.key(), Arc::clone(board));
    let look = move || {
        let backups = [folder.join(FOLDER_NAME), folder].iter().map(|folder| plans_in(folder)).find(|count| *count > 0);
        if let Some(backups) = backups {
            board.say_of_drives(OfDrives::Found { volume: key, backups });
        }
    };
    // Without it nobody is told of them.
    let _ = std::thread::Builder::new().name("backups".into()).stack_size(STACK_BYTES).spawn(look);
}

/// Of how many plans a folder holds archives.
fn plans_in(folder: &Path) -> u32 {
    let Ok(listing) = list_with_locked(folder) else { return 0 };
    let plans: BTreeSet<&str> = listing.archives.iter().filter_map(|found| found.name.split('_').next()).collect();
    u32::try_from(plans.len()).unwrap_or(u32::MAX)
}
