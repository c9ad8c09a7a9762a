//! Whether the disk behind a path is there. A network that has gone away can hold whoever asks for minutes, so others
//! ask, and the agent goes on.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

/// How long an answer is waited for the first time; who did not give one is waited for no more.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// The number of the device on which something stands; None when there is nothing, or no answer.
pub(crate) type Device = Option<u64>;

/// Asks for paths, one thread for each that does not answer.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    unanswered: HashMap<PathBuf, Receiver<Device>>,
}

impl Presence {
    /// On which device this path is now.
    pub fn device(&mut self, path: &Path) -> Device {
        let (answer, wait) = match self.unanswered.remove(path) {
            Some(answer) => (answer, Duration::ZERO),
            None => (ask(path)?, ANSWER_WITHIN),
        };
        match answer.recv_timeout(wait) {
            Ok(device) => device,
            Err(RecvTimeoutError::Timeout) => {
                self.unanswered.insert(path.into(), answer);
                None
            }
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }
}

fn ask(path: &Path) -> Option<Receiver<Device>> {
    let (tell, answer) = mpsc::channel();
    let path = path.to_path_buf();
    let look = move || {
        // Nobody listens once the agent ends.
        let _ = tell.send(std::fs::metadata(&path).ok().map(|found| found.dev()));
    };
    std::thread::Builder::new().name("presence".into()).spawn(look).ok()?;
    Some(answer)
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
        assert!(presence.device(dir.path()).is_some());
        assert_eq!(presence.device(&dir.path().join("away")), None);
        // Somebody asked for it and has got no answer yet.
        let (tell, answer) = mpsc::channel();
        presence.unanswered.insert(dir.path().into(), answer);
        assert_eq!(presence.device(dir.path()), None);
        tell.send(Some(7)).unwrap();
        assert_eq!(presence.device(dir.path()), Some(7));
        assert!(presence.device(dir.path()).is_some_and(|device| device != 7));
    }
}
