//! What ran: from the catalog, and what could not be noted there.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use keepsake_core::catalog::{CATALOG_NAME, Catalog, CatalogError, RunOutcome};
use keepsake_core::schedule::PastRun;

use crate::log::Log;
use crate::settings::{Fingerprint, fingerprint};
use crate::work::Ended;

/// The runs of all plans.
pub(crate) struct Histories {
    data_dir: PathBuf,
    computer_id: String,
    /// The catalog and its log as they were when they were read; None before that.
    seen: Option<[Fingerprint; 2]>,
    noted: HashMap<String, Noted>,
    /// Runs that ended and are not in the catalog: of a plan, after the run with this number.
    unnoted: Vec<(String, i64, PastRun)>,
}

/// What the catalog knows of one plan.
#[derive(Debug, Clone, Default)]
struct Noted {
    /// The number of its newest run, stopped ones included; 0 when there is none.
    newest_id: i64,
    /// Its runs with their numbers, oldest first.
    runs: Vec<(i64, PastRun)>,
}

impl Histories {
    pub fn new(data_dir: &Path, computer_id: &str) -> Self {
        let (noted, unnoted) = (HashMap::new(), Vec::new());
        Self { data_dir: data_dir.into(), computer_id: computer_id.into(), seen: None, noted, unnoted }
    }

    /// Reads the catalog if it has changed. An unchanged one is not touched, so that a disk can sleep.
    pub fn refresh(&mut self, log: &Log) {
        if self.seen.is_some_and(|seen| seen == self.fingerprints()) {
            return;
        }
        match self.read() {
            Ok(noted) => self.noted = noted,
            // What was known holds on; the next backup makes a damaged catalog anew.
            Err(e) => log.trouble(&format!("{e}")),
        }
        self.seen = Some(self.fingerprints());
    }

    /// The runs of a plan, oldest first.
    pub fn of(&self, plan: &str) -> Vec<PastRun> {
        let noted = self.noted.get(plan).map(|noted| noted.runs.as_slice()).unwrap_or_default();
        let unnoted = self.unnoted.iter().filter(|(name, ..)| name == plan).map(|(_, after, run)| (*after, *run));
        let mut all: Vec<(i64, PastRun)> = noted.iter().copied().chain(unnoted).collect();
        // Stable: what is not noted stands behind the run after which it was.
        all.sort_by_key(|(id, _)| *id);
        all.into_iter().map(|(_, run)| run).collect()
    }

    /// Takes note of a run that has ended; most are in the catalog by then. That someone stopped it counts as a
    /// failure here: it is not begun again under his hands.
    pub fn note(&mut self, plan: &str, started: Timestamp, finished: Timestamp, ended: &Ended, log: &Log) {
        let newest_id = |histories: &Self| histories.noted.get(plan).map_or(0, |noted| noted.newest_id);
        let before = newest_id(self);
        self.seen = None;
        self.refresh(log);
        let made_backup = matches!(ended, Ended::Good | Ended::WithProblems(_));
        if newest_id(self) == before || matches!(ended, Ended::Stopped) {
            self.remember(plan, started, finished, made_backup);
        }
    }

    /// Keeps a run in mind that the catalog does not know.
    pub fn remember(&mut self, plan: &str, started: Timestamp, finished: Timestamp, made_backup: bool) {
        /// As patience ends after four, older ones tell nothing new.
        const MOST: usize = 1000;
        if self.unnoted.len() >= MOST {
            self.unnoted.remove(0);
        }
        let after = self.noted.get(plan).map_or(0, |noted| noted.newest_id);
        self.unnoted.push((plan.into(), after, PastRun { started, finished, made_backup }));
    }

    fn fingerprints(&self) -> [Fingerprint; 2] {
        ["", "-wal"].map(|ending| fingerprint(&self.data_dir.join(format!("{CATALOG_NAME}{ending}"))))
    }

    fn read(&self) -> Result<HashMap<String, Noted>, CatalogError> {
        let mut found: HashMap<String, Noted> = HashMap::new();
        // Opening one would make it.
        if !self.data_dir.join(CATALOG_NAME).exists() {
            return Ok(found);
        }
        let catalog = Catalog::open(&self.data_dir)?;
        // Where runs were lost with a catalog, the newest backup tells of the last good one.
        for backup in catalog.backups(None)?.into_iter().filter(|backup| backup.computer_id == self.computer_id) {
            let Ok(at) = Timestamp::from_second(backup.at) else { continue };
            let run = PastRun { started: at, finished: at, made_backup: true };
            found.entry(backup.plan).or_default().runs = vec![(0, run)];
        }
        for (id, run) in catalog.runs()? {
            let noted = found.entry(run.plan).or_default();
            noted.newest_id = id;
            let times = (Timestamp::from_second(run.started), Timestamp::from_second(run.finished));
            let (RunOutcome::Good | RunOutcome::WithProblems | RunOutcome::Failed, (Ok(started), Ok(finished))) =
                (run.outcome, times)
            else {
                continue;
            };
            noted.runs.push((id, PastRun { started, finished, made_backup: run.outcome != RunOutcome::Failed }));
        }
        Ok(found)
    }
}
