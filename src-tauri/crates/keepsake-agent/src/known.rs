//! What is known of the past: from the catalog, and runs that could not be noted there.

mod failures;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use keepsake_core::catalog::{BackupRow, CATALOG_NAME, Catalog, CatalogError, RunOutcome, RunRow};
use keepsake_core::clock::Clock;
use keepsake_core::health::RunFacts;
use keepsake_core::schedule::{CLOCK_SLACK, PastRun, SHARES};
use keepsake_core::settings::Settings;

use crate::log::Log;
use crate::settings::{Fingerprint, fingerprint};
use crate::work::Ended;
use failures::Failures;

/// How long it waits for somebody who holds the whole catalog: whoever asks the agent to end waits as long.
const BUSY_WAIT: Duration = Duration::from_millis(500);
/// So many of the newest archives are known of each place.
const NEWEST_ARCHIVES: u32 = 8;
/// Runs that are remembered of one plan beside the catalog. As patience ends after four, older ones tell nothing new.
const MOST_UNNOTED: usize = 100;

/// What is known of the past.
pub(crate) struct Known {
    data_dir: PathBuf,
    computer_id: String,
    /// The catalog, its log and the folders that were asked about, as they were when it was read; None before that.
    seen: Option<Seen>,
    read: Option<Read>,
    /// Runs that ended and are not in the catalog: of a plan, after the run with this number.
    unnoted: Vec<(String, i64, PastRun)>,
    /// Of those that failed the newest of each plan, for the verdict.
    failures: Failures,
    /// Failures that count no more, up to this one: what they lacked came back.
    forgiven: HashMap<String, PastRun>,
    /// What was told last of a catalog that cannot be read.
    told: Option<String>,
    /// Grows whenever it was read, or could not be.
    version: u64,
}

type Seen = ([Fingerprint; 2], Vec<PathBuf>);

/// What the catalog tells.
#[derive(Debug, Default)]
struct Read {
    plans: HashMap<String, Noted>,
    share_reads: Vec<Option<Timestamp>>,
    lacking: HashSet<PathBuf>,
    /// Of the backup folder and each place: names of archives that are in it.
    archives: HashMap<PathBuf, Vec<String>>,
}

/// What the catalog knows of one plan.
#[derive(Debug, Clone, Default)]
struct Noted {
    /// The number of its newest run, stopped ones included; 0 when there is none.
    newest_id: i64,
    /// Its runs with their numbers, oldest first.
    runs: Vec<(i64, PastRun)>,
}

impl Known {
    pub fn new(data_dir: &Path, computer_id: &str) -> Self {
        Self {
            data_dir: data_dir.into(),
            computer_id: computer_id.into(),
            seen: None,
            read: None,
            unnoted: Vec::new(),
            failures: Failures::kept(data_dir),
            forgiven: HashMap::new(),
            told: None,
            version: 0,
        }
    }

    /// Reads the catalog if it or the settings have changed. An unchanged one is not touched, so that a disk can sleep.
    /// False while nothing is known, because it cannot be read: to take that for "never ran" would make backups twice.
    pub fn refresh(&mut self, settings: &Settings, clock: &dyn Clock, log: &Log) -> bool {
        // What is read closes the log of the database, and others may write meanwhile: then it is read once more.
        for _ in 0..3 {
            let now = self.fingerprints(settings);
            if self.seen.as_ref() == Some(&now) {
                break;
            }
            match self.read(settings, clock) {
                Ok(read) => {
                    self.version += 1;
                    self.take(read);
                    self.seen = Some(now);
                    self.told = None;
                }
                Err(e) => {
                    let told = e.to_string();
                    if self.told.as_ref() != Some(&told) {
                        self.version += 1;
                        log.trouble(&told);
                    }
                    self.told = Some(told);
                    // The next backup makes a damaged one anew; what was known holds on. Another trouble passes.
                    if e.is_damage() {
                        self.read.get_or_insert_default();
                        self.seen = Some(self.fingerprints(settings));
                    }
                    break;
                }
            }
        }
        self.read.is_some()
    }

    fn take(&mut self, read: Read) {
        let newest_id = |read: &Read, plan: &str| read.plans.get(plan).map_or(0, |noted| noted.newest_id);
        let before = self.read.take().unwrap_or_default();
        if before.plans.iter().any(|(plan, noted)| newest_id(&read, plan) < noted.newest_id) {
            // A catalog that was made anew numbers its runs from the beginning: nothing can be put in between.
            self.unnoted.clear();
        }
        // What could not be read back at once was noted all the same.
        self.unnoted.retain(|(plan, after, run)| {
            let noted = read.plans.get(plan).map(|noted| noted.runs.as_slice()).unwrap_or_default();
            let secs = Timestamp::as_second;
            !noted.iter().any(|(id, noted)| {
                id > after && secs(noted.started) <= secs(run.finished) && secs(run.started) <= secs(noted.finished)
            })
        });
        let noted = |plan: &str| read.plans.get(plan).map(|noted| noted.runs.as_slice()).unwrap_or_default();
        self.failures.catch_up(noted);
        self.read = Some(read);
    }

    /// The runs of a plan, oldest first.
    pub fn runs(&self, plan: &str) -> Vec<PastRun> {
        let noted = self.read.as_ref().and_then(|read| read.plans.get(plan));
        let noted = noted.map(|noted| noted.runs.as_slice()).unwrap_or_default();
        let unnoted = self.unnoted.iter().filter(|(name, ..)| name == plan).map(|(_, after, run)| (*after, *run));
        let mut all: Vec<(i64, PastRun)> = noted.iter().copied().chain(unnoted).collect();
        // Stable: what is not noted stands behind the run after which it was.
        all.sort_by_key(|(id, _)| *id);
        let mut runs: Vec<PastRun> = all.into_iter().map(|(_, run)| run).collect();
        if let Some(forgiven) = self.forgiven.get(plan)
            && let Some(last) = runs.iter().rposition(|run| run == forgiven)
        {
            let mut number = 0;
            runs.retain(|run| {
                number += 1;
                run.made_backup || number > last + 1
            });
        }
        runs
    }

    /// From now on the failures of a plan until now count no more: what they lacked has come back.
    pub fn forgive(&mut self, plan: &str) {
        if let Some(last) = self.runs(plan).last() {
            self.forgiven.insert(plan.into(), *last);
        }
    }

    /// When each share of what is stored was last read or written; empty while that is not known.
    pub fn share_reads(&self) -> &[Option<Timestamp>] {
        self.read.as_ref().map(|read| read.share_reads.as_slice()).unwrap_or_default()
    }

    /// Another number whenever the catalog may say something else.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// True when the place at this path should hold more than it does.
    pub fn lacks_copies(&self, place: &Path) -> bool {
        self.read.as_ref().is_some_and(|read| read.lacking.contains(place))
    }

    /// Names of the newest archives that are in the folder at this path, as far as it is the backup folder or a place.
    pub fn archives_in(&self, folder: &Path) -> &[String] {
        self.read.as_ref().and_then(|read| read.archives.get(folder)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes note of a run that has ended; most are in the catalog by then, after what was noted before. That someone stopped it counts as a
    /// failure here: it is not begun again under his hands.
    pub fn note(&mut self, plan: &str, before: i64, run: PastRun, ended: &Ended, refresh: impl FnOnce(&mut Self)) {
        self.seen = None;
        refresh(self);
        if self.newest_id(plan) == before || matches!(ended, Ended::Stopped) {
            self.remember(plan, run);
            if let Ended::Failed(error) = ended {
                self.failures.put(plan, self.newest_id(plan), &run, error);
            }
        }
        if run.made_backup {
            self.failures.forget(plan);
        }
    }

    /// Failed runs that are the last ones of their plans, and that the catalog does not know.
    pub fn unnoted_failures(&self) -> impl Iterator<Item = (&str, RunFacts)> {
        self.failures.last_runs()
    }

    /// Keeps a run in mind that the catalog does not know.
    pub fn remember(&mut self, plan: &str, run: PastRun) {
        if self.unnoted.iter().filter(|(name, ..)| name == plan).count() >= MOST_UNNOTED
            && let Some(oldest) = self.unnoted.iter().position(|(name, ..)| name == plan)
        {
            self.unnoted.remove(oldest);
        }
        self.unnoted.push((plan.into(), self.newest_id(plan), run));
    }

    /// The number of the newest run of a plan that is in the catalog; 0 when there is none.
    pub fn newest_id(&self, plan: &str) -> i64 {
        self.read.as_ref().and_then(|read| read.plans.get(plan)).map_or(0, |noted| noted.newest_id)
    }

    fn fingerprints(&self, settings: &Settings) -> Seen {
        let files = ["", "-wal"].map(|ending| fingerprint(&self.data_dir.join(format!("{CATALOG_NAME}{ending}"))));
        (files, folders(settings).map(Path::to_path_buf).collect())
    }

    fn read(&self, settings: &Settings, clock: &dyn Clock) -> Result<Read, CatalogError> {
        // Opening one would make it.
        if !self.data_dir.join(CATALOG_NAME).exists() {
            return Ok(Read::default());
        }
        let catalog = Catalog::open_waiting(&self.data_dir, BUSY_WAIT)?;
        let latest = clock.now().as_second() + CLOCK_SLACK.as_secs();
        let share_reads = catalog.share_reads(SHARES, &self.computer_id, latest)?;
        let moment = |at: i64| Timestamp::from_second(at).ok();
        let mut lacking = HashSet::new();
        for destination in &settings.destinations {
            if catalog.lacks_copies(&destination.path, &self.computer_id)? {
                lacking.insert(destination.path.clone());
            }
        }
        for place in settings.drives.iter().map(|drive| drive.id.place_path()) {
            if catalog.lacks_copies(&place, &self.computer_id)? {
                lacking.insert(place);
            }
        }
        Ok(Read {
            plans: noted(&catalog, &self.computer_id)?,
            share_reads: share_reads.into_iter().map(|at| at.and_then(moment)).collect(),
            lacking,
            archives: folders(settings)
                .map(|folder| Ok((folder.to_path_buf(), catalog.newest_archives_in(folder, NEWEST_ARCHIVES)?)))
                .collect::<Result<_, CatalogError>>()?,
        })
    }
}

/// The backup folder and the places.
fn folders(settings: &Settings) -> impl Iterator<Item = &Path> {
    let places = settings.destinations.iter().map(|place| place.path.as_path());
    [settings.backup_dir.as_path()].into_iter().chain(places)
}

/// Failed runs that an agent knows of and the catalog does not, because they were killed, or it could not be written: of each
/// plan the newest, as its last run. So whoever looks without the agent has the same verdict.
///
/// # Errors
/// [`CatalogError`] when the catalog cannot be read.
pub fn unnoted_failures(
    data_dir: &Path,
    catalog: &Catalog,
    computer_id: &str,
) -> Result<Vec<(String, RunFacts)>, CatalogError> {
    let mut failures = Failures::kept(data_dir);
    if failures.is_empty() {
        return Ok(Vec::new());
    }
    let noted = noted(catalog, computer_id)?;
    failures.leave_out(|plan| noted.get(plan).map(|noted| noted.runs.as_slice()).unwrap_or_default());
    Ok(failures.last_runs().map(|(plan, run)| (plan.to_owned(), run)).collect())
}

fn noted(catalog: &Catalog, computer_id: &str) -> Result<HashMap<String, Noted>, CatalogError> {
    let mut found: HashMap<String, Noted> = HashMap::new();
    let mut noted_backups = HashSet::new();
    for (id, run) in catalog.runs()? {
        let noted = found.entry(run.plan.clone()).or_default();
        noted.newest_id = id;
        noted.runs.extend(past_run(&run).map(|run| (id, run)));
        noted_backups.extend(run.backup);
    }
    let mut newest: HashMap<String, BackupRow> = HashMap::new();
    for backup in catalog.backups(None)?.into_iter().filter(|backup| backup.computer_id == computer_id) {
        let known = newest.get(&backup.plan);
        if known.is_none_or(|known| known.id < backup.id) {
            newest.insert(backup.plan.clone(), backup);
        }
    }
    // The run of the newest backup could not be noted, or was lost with a catalog. It was after all that made older
    // backups, and after what had ended before it.
    for backup in newest.into_values().filter(|backup| !noted_backups.contains(&backup.name)) {
        let Ok(at) = Timestamp::from_second(backup.at) else { continue };
        let noted = found.entry(backup.plan).or_default();
        let before = noted.runs.iter().rposition(|(_, run)| run.made_backup || run.finished <= at);
        let place = before.map_or(0, |before| before + 1);
        let id = before.map_or(0, |before| noted.runs[before].0);
        noted.runs.insert(place, (id, PastRun { started: at, finished: at, made_backup: true }));
    }
    Ok(found)
}

/// A run that made a backup or failed; one that someone stopped is neither.
fn past_run(run: &RunRow) -> Option<PastRun> {
    let (started, finished) = (Timestamp::from_second(run.started).ok()?, Timestamp::from_second(run.finished).ok()?);
    match run.outcome {
        RunOutcome::Stopped => None,
        outcome => Some(PastRun { started, finished, made_backup: outcome != RunOutcome::Failed }),
    }
}
