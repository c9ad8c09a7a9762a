//! The verdict as front ends are told it. The facts are gathered when catalog or settings have changed, by a thread of
//! their own: a disk that hangs holds nobody. The verdict on them is new at each look, so that what grows old is seen.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use jiff::{Timestamp, Zoned};
use keepsake_api::{Action, JobKind, PlanStatus, Reason, Said, State};
use keepsake_core::catalog::{CATALOG_NAME, Catalog, CatalogError};
use keepsake_core::health::gather::{Gathered, gather};
use keepsake_core::health::{HealthReport, MassChangeFacts, health};
use keepsake_core::retire::unconfirmed_change;
use keepsake_core::settings::Settings;

use crate::Asked;
use crate::board::{Board, Verdict};
use crate::said;

/// How long somebody who holds the whole catalog is waited for.
const BUSY_WAIT: Duration = Duration::from_millis(500);
/// How long the very first facts are waited for: the first thing that a tray shows should be true.
const FIRST_WITHIN: Duration = Duration::from_secs(2);

/// What the verdict is made from, as far as it is known.
pub(crate) struct Facts {
    data_dir: PathBuf,
    computer_id: String,
    /// Of which catalog and settings they are, or will be.
    of: Option<(u64, u64)>,
    gathering: Option<Receiver<Gathered>>,
    gathered: Option<Gathered>,
}

/// What is found at a look, besides the facts.
pub(crate) struct Look<'l> {
    /// The present moment.
    pub now: &'l Zoned,
    /// Why the settings are wrong, while they are.
    pub settings_trouble: Option<&'l str>,
    /// The backup folder, when it is not there and should be.
    pub away: Option<&'l Path>,
}

impl Facts {
    pub fn new(data_dir: &Path, computer_id: &str) -> Self {
        Self { data_dir: data_dir.into(), computer_id: computer_id.into(), of: None, gathering: None, gathered: None }
    }

    /// Begins to gather them anew when these are other versions of catalog and settings than the last time.
    pub fn keep_up(&mut self, versions: (u64, u64), settings: Option<&Settings>, board: &std::sync::Arc<Board>) {
        self.take();
        if self.of == Some(versions) || self.gathering.is_some() {
            return;
        }
        let is_first = self.of.is_none();
        let (tell, gathering) = sync_channel(1);
        let (settings, data_dir, computer_id) = (settings.cloned(), self.data_dir.clone(), self.computer_id.clone());
        let waking = std::sync::Arc::clone(board);
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
        if is_first && let Ok(first) = gathering.recv_timeout(FIRST_WITHIN) {
            self.gathered = Some(first);
            return;
        }
        self.gathering = Some(gathering);
    }

    fn take(&mut self) {
        let Some(gathering) = &self.gathering else { return };
        match gathering.recv_timeout(Duration::ZERO) {
            Ok(gathered) => (self.gathered, self.gathering) = (Some(gathered), None),
            Err(RecvTimeoutError::Timeout) => {}
            // It died: what was known holds, and the next change is gathered again.
            Err(RecvTimeoutError::Disconnected) => (self.gathering, self.of) = (None, None),
        }
    }

    /// Waits a moment for what is being gathered, so that the end of a job comes with what it has changed.
    pub fn wait(&mut self) {
        if let Some(gathering) = &self.gathering
            && let Ok(gathered) = gathering.recv_timeout(FIRST_WITHIN)
        {
            (self.gathered, self.gathering) = (Some(gathered), None);
        }
    }

    /// The verdict at a moment; None before anything is known.
    pub fn verdict(&mut self, look: &Look<'_>, busy_with: Option<JobKind>) -> Option<Verdict> {
        self.take();
        let gathered = self.gathered.as_ref()?;
        let mut facts = gathered.health.clone();
        facts.busy = busy_with.map(|_| String::new());
        if let Some(folder) = look.away {
            facts.check_failed = Some(format!("the backup folder {} is not there", folder.display()));
        }
        let report = health(&facts, look.now);
        let newest = gathered.status.last_backup.as_ref().map(|last| last.time.as_second());
        Some(verdict_of(&report, newest, busy_with, look.settings_trouble))
    }
}

fn verdict_of(
    report: &HealthReport,
    newest_backup: Option<i64>,
    busy_with: Option<JobKind>,
    settings_trouble: Option<&str>,
) -> Verdict {
    let mut reasons: Vec<Reason> = report.reasons.iter().map(said::reason).collect();
    let mut state = said::state(report.state);
    if let Some(trouble) = settings_trouble {
        if state == State::Good {
            state = State::Attention;
        }
        let problems = reasons.iter().take_while(|reason| reason.state == State::Problem).count();
        reasons.insert(problems, settings_reason(trouble));
    }
    // How many other things need a look is for whoever shows it.
    let sentence = match (state, busy_with, reasons.first()) {
        (State::Busy, Some(kind), _) => Said::new(format!("status-busy-{}", said::word(kind))),
        (_, _, Some(worst)) => worst.said.clone(),
        _ => said::said_of(&report.said),
    };
    let plan_status = |plan: &keepsake_core::health::PlanHealth| PlanStatus {
        plan: plan.plan.clone(),
        state: said::state(plan.state),
        next_due: plan.next_due.as_ref().and_then(|at| Some(at.parse::<Timestamp>().ok()?.as_second())),
    };
    Verdict { state, sentence, reasons, plans: report.plans.iter().map(plan_status).collect(), newest_backup }
}

fn settings_reason(trouble: &str) -> Reason {
    Reason {
        rule: "settings-wrong".into(),
        plan: None,
        source: None,
        place: None,
        said: Said::new("health-settings-wrong"),
        detail: Some(trouble.into()),
        state: State::Attention,
        action: Some(Action::OpenSettings),
    }
}

/// What is known; a catalog that cannot be read is a check that failed.
fn gather_or_say(settings: Option<&Settings>, data_dir: &Path, computer_id: &str) -> Gathered {
    gathered(settings, data_dir, computer_id).unwrap_or_else(|error| {
        let mut without = gather(settings, None, computer_id, None).unwrap_or_default();
        without.health.check_failed = Some(error.to_string());
        without
    })
}

fn gathered(settings: Option<&Settings>, data_dir: &Path, computer_id: &str) -> Result<Gathered, CatalogError> {
    // Opening one would make it.
    let catalog = match data_dir.join(CATALOG_NAME).exists() {
        true => Some(Catalog::open_waiting(data_dir, BUSY_WAIT)?),
        false => None,
    };
    let mut gathered = gather(settings, catalog.as_ref(), computer_id, None)?;
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
