//! What the verdict is made from, as far as the catalog tells it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use keepsake_core::catalog::{CATALOG_NAME, Catalog, CatalogError};
use keepsake_core::health::MassChangeFacts;
use keepsake_core::health::gather::{Gathered, gather_noted};
use keepsake_core::retire::unconfirmed_change;
use keepsake_core::settings::Settings;

use crate::Asked;
use crate::board::Board;

/// How long somebody who holds the whole catalog is waited for.
const BUSY_WAIT: Duration = Duration::from_millis(500);
/// How long the very first facts are waited for: the first thing that a tray shows should be true.
const FIRST_WITHIN: Duration = Duration::from_secs(2);
/// How long after a try that failed the next is made: at the next look, which is a minute later at most.
const TRY_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(50);
/// So many tries in a row fail before that is told. What somebody holds for a moment is no trouble.
const TOLD_AFTER: u32 = 3;

/// What the verdict is made from, as far as it is known.
pub(crate) struct Facts {
    data_dir: PathBuf,
    computer_id: String,
    /// Of which catalog and settings they are, or will be.
    of: Option<(u64, u64)>,
    gathering: Option<Receiver<Result<Gathered, NotNow>>>,
    gathered: Option<Gathered>,
    failing: Option<Failing>,
}

/// A catalog that cannot be read now.
struct NotNow {
    error: String,
    /// What is known without it.
    without: Box<Gathered>,
}

/// Tries in a row that failed.
struct Failing {
    tries: u32,
    last: Timestamp,
    error: String,
}

impl Facts {
    pub fn new(data_dir: &Path, computer_id: &str) -> Self {
        Self {
            data_dir: data_dir.into(),
            computer_id: computer_id.into(),
            of: None,
            gathering: None,
            gathered: None,
            failing: None,
        }
    }

    /// Begins to gather them anew when these are other versions of catalog and settings than the last time, or when that
    /// failed a while ago.
    pub fn keep_up(&mut self, versions: (u64, u64), settings: Option<&Settings>, board: &Arc<Board>, now: Timestamp) {
        self.take(now, Duration::ZERO);
        let is_wanted = self.of != Some(versions) || self.failing.as_ref().is_some_and(|failing| failing.is_over(now));
        if !is_wanted || self.gathering.is_some() {
            return;
        }
        let is_first = self.of.is_none();
        let (tell, gathering) = sync_channel(1);
        let (settings, data_dir, computer_id) = (settings.cloned(), self.data_dir.clone(), self.computer_id.clone());
        let waking = Arc::clone(board);
        let look = move || {
            let gathered = gather_or_say(settings.as_ref(), &data_dir, &computer_id);
            if tell.send(gathered).is_ok() {
                waking.wake(Asked::Judge);
            }
        };
        if std::thread::Builder::new().name("facts".into()).spawn(look).is_err() {
            return;
        }
        self.of = Some(versions);
        self.gathering = Some(gathering);
        if is_first {
            self.take(now, FIRST_WITHIN);
        }
    }

    /// Waits a moment for what is being gathered, so that the end of a job comes with what it has changed.
    pub fn wait(&mut self, now: Timestamp) {
        self.take(now, FIRST_WITHIN);
    }

    /// What is known; None before anything is.
    pub(super) fn known(&mut self, now: Timestamp) -> Option<&Gathered> {
        self.take(now, Duration::ZERO);
        self.gathered.as_ref()
    }

    /// Why nothing new is known for a while already; None when there is something new, or will be soon.
    pub(super) fn lasting_trouble(&self) -> Option<&str> {
        self.failing.as_ref().filter(|failing| failing.tries >= TOLD_AFTER).map(|failing| failing.error.as_str())
    }

    fn take(&mut self, now: Timestamp, within: Duration) {
        let Some(gathering) = &self.gathering else { return };
        match gathering.recv_timeout(within) {
            Ok(Ok(gathered)) => {
                (self.gathered, self.gathering, self.failing) = (Some(gathered), None, None);
            }
            Ok(Err(NotNow { error, without })) => {
                let tries = self.failing.take().map_or(1, |before| before.tries.saturating_add(1));
                self.failing = Some(Failing { tries, last: now, error });
                self.gathering = None;
                if tries >= TOLD_AFTER {
                    self.gathered.get_or_insert(*without);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            // It died: what was known holds, and it is gathered again.
            Err(RecvTimeoutError::Disconnected) => (self.gathering, self.of) = (None, None),
        }
    }
}

impl Failing {
    /// True when it is time for another try; also when the clock was put back.
    fn is_over(&self, now: Timestamp) -> bool {
        !(SignedDuration::ZERO..TRY_AGAIN_AFTER).contains(&now.duration_since(self.last))
    }
}

/// What is known. A damaged catalog stays so until it is made anew: that is told at once, as a check that failed. Whatever
/// else keeps it from being read may pass.
fn gather_or_say(settings: Option<&Settings>, data_dir: &Path, computer_id: &str) -> Result<Gathered, NotNow> {
    gathered(settings, data_dir, computer_id).or_else(|error| {
        let mut without = Box::new(gather_noted(settings, None, computer_id, None).unwrap_or_default());
        if error.is_damage() {
            without.health.check_failed = Some(error.to_string());
            return Ok(*without);
        }
        Err(NotNow { error: error.to_string(), without })
    })
}

fn gathered(settings: Option<&Settings>, data_dir: &Path, computer_id: &str) -> Result<Gathered, CatalogError> {
    // Opening one would make it.
    let catalog = match data_dir.join(CATALOG_NAME).exists() {
        true => Some(Catalog::open_waiting(data_dir, BUSY_WAIT)?),
        false => None,
    };
    let mut gathered = gather_noted(settings, catalog.as_ref(), computer_id, None)?;
    for plan in &mut gathered.health.plans {
        let Some(catalog) = &catalog else { break };
        let change = unconfirmed_change(catalog, data_dir, computer_id, &plan.name)?;
        plan.mass_change = change.map(|change| MassChangeFacts {
            time: Timestamp::from_second(change.at).unwrap_or_default(),
            gone_files: change.gone_files,
            files: change.files,
        });
    }
    Ok(gathered)
}

#[cfg(test)]
mod tests;
