//! Whether the disk behind a path is there, and how full it is. A network that has gone away can hold whoever asks for
//! minutes, so others ask, and the agent goes on.
//!
//! What is at a path may also be the empty folder on which a disk is mounted when it is there. So who knows of archives that
//! were in a folder asks for those: where none of them is left and no other archive either, the disk is taken to be away,
//! as a backup or a copy takes it. One archive that somebody has removed says nothing.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use keepsake_core::destinations::folder::list_archives;
use keepsake_core::health::gather::DiskSpace;

/// How long an answer is waited for the first time; who did not give one is waited for no more.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// A thread that asks needs little.
const STACK_BYTES: usize = 256 << 10;

/// The number of the device on which something stands; None when there is nothing, or no answer.
pub(crate) type Device = Option<u64>;

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// The number of its device.
    pub device: u64,
    /// How full that is; None when it cannot be asked.
    pub space: Option<DiskSpace>,
}

/// Asks for paths, one thread for each that does not answer.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    unanswered: HashMap<PathBuf, Receiver<Option<Found>>>,
}

impl Presence {
    /// What is at this path now; None when there is nothing, or no answer, or none of the archives that were there.
    pub fn look(&mut self, path: &Path, archives: &[String]) -> Option<Found> {
        let (answer, wait) = match self.unanswered.remove(path) {
            Some(answer) => (answer, Duration::ZERO),
            None => (ask(path, archives)?, ANSWER_WITHIN),
        };
        match answer.recv_timeout(wait) {
            Ok(found) => found,
            Err(RecvTimeoutError::Timeout) => {
                self.unanswered.insert(path.into(), answer);
                None
            }
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    /// On which device this path is now.
    pub fn device(&mut self, path: &Path, archives: &[String]) -> Device {
        self.look(path, archives).map(|found| found.device)
    }
}

fn ask(path: &Path, archives: &[String]) -> Option<Receiver<Option<Found>>> {
    let (tell, answer) = mpsc::channel();
    let (path, archives) = (path.to_path_buf(), archives.to_vec());
    let look = move || {
        // Nobody listens once the agent ends.
        let _ = tell.send(found(&path, &archives));
    };
    std::thread::Builder::new().name("presence".into()).stack_size(STACK_BYTES).spawn(look).ok()?;
    Some(answer)
}

fn found(path: &Path, archives: &[String]) -> Option<Found> {
    let device = std::fs::metadata(path).ok()?.dev();
    // Names that were looked up a moment ago are known to the kernel: a disk that sleeps goes on sleeping.
    let is_emptied = !archives.is_empty()
        && !archives.iter().any(|name| path.join(name).is_file())
        && list_archives(path).map_or(true, |listing| listing.archives.is_empty());
    (!is_emptied).then(|| Found { device, space: DiskSpace::of(path) })
}

/// True when something is there that was not there before, or another disk is where it was.
pub(crate) fn came_back(before: &[Device], now: &[Device]) -> bool {
    before.iter().zip(now).any(|(before, now)| now.is_some() && before != now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_away_and_is_there_has_come_back() {
        for (before, now, expected) in [
            ([Some(1), Some(2)], [Some(1), Some(2)], false),
            ([Some(1), None], [Some(1), Some(2)], true),
            ([Some(1), Some(2)], [Some(1), Some(3)], true),
            ([Some(1), Some(2)], [Some(1), None], false),
            ([None, None], [None, None], false),
        ] {
            assert_eq!(came_back(&before, &now), expected, "{before:?} {now:?}");
        }
    }

    #[test]
    fn what_does_not_answer_is_not_there_and_holds_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let mut presence = Presence::default();
        assert!(presence.look(dir.path(), &[]).is_some_and(|found| found.space.is_some()));
        assert_eq!(presence.device(&dir.path().join("away"), &[]), None);
        // Somebody asked for it and has got no answer yet.
        let (tell, answer) = mpsc::channel();
        presence.unanswered.insert(dir.path().into(), answer);
        assert_eq!(presence.device(dir.path(), &[]), None);
        tell.send(Some(Found { device: 7, space: None })).unwrap();
        assert_eq!(presence.device(dir.path(), &[]), Some(7));
        assert!(presence.device(dir.path(), &[]).is_some_and(|device| device != 7));
    }

    #[test]
    fn an_empty_folder_in_which_archives_were_is_only_where_a_disk_should_be() {
        let dir = tempfile::tempdir().unwrap();
        let name = |day: u32| format!("family_202603{day:02}_020500.tar.gz");
        let known: Vec<String> = (3..6).map(name).collect();
        let mut presence = Presence::default();
        let mut is_there = || presence.device(dir.path(), &known).is_some();
        let put = |name: &str| std::fs::write(dir.path().join(name), "x").unwrap();
        // What else lies there says nothing: a lock, a checksum file, something of somebody else's.
        for beside in ["keepsake.lock", &format!("{}.sha256", name(3)), "notes.txt"] {
            put(beside);
        }
        assert!(!is_there());
        put(&name(4));
        assert!(is_there(), "one of those that are known");
        // The newest were removed by hand, and older ones are there.
        std::fs::rename(dir.path().join(name(4)), dir.path().join(name(1))).unwrap();
        assert!(is_there());
        std::fs::remove_file(dir.path().join(name(1))).unwrap();
        assert!(!is_there());
        assert!(Presence::default().device(dir.path(), &[]).is_some(), "where nothing was nothing is missed");
    }
}
