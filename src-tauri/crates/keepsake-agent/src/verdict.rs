//! The verdict as front ends are told it. The facts are gathered when catalog or settings have changed, by a thread of
//! their own: a disk that hangs holds nobody. The verdict on them is new at each look, so that what grows old, and a disk
//! that others fill, is seen without reading the catalog.

mod facts;

use std::path::Path;

use jiff::{Timestamp, Zoned};
use keepsake_api::{Action, JobKind, PlanStatus, Reason, Said, State};
use keepsake_core::health::gather::DiskSpace;
use keepsake_core::health::{HealthReport, health};

use crate::board::Verdict;
use crate::said;

pub(crate) use facts::Facts;

/// What is found at a look, besides the facts.
pub(crate) struct Look<'l> {
    /// The present moment.
    pub now: &'l Zoned,
    /// Why the settings are wrong, while they are.
    pub settings_trouble: Option<&'l str>,
    /// The backup folder, when it is not there and should be.
    pub away: Option<&'l Path>,
    /// How full its disk is; None when it is not there, or cannot be asked.
    pub space: Option<DiskSpace>,
}

impl Facts {
    /// The verdict at a moment; None before anything is known.
    pub fn verdict(&mut self, look: &Look<'_>, busy_with: Option<JobKind>) -> Option<Verdict> {
        let mut gathered = self.known(look.now.timestamp())?.clone();
        gathered.put_disk(look.space);
        let mut facts = gathered.health;
        facts.busy = busy_with.map(|_| String::new());
        if let Some(error) = self.lasting_trouble() {
            facts.check_failed = Some(error.into());
        }
        if let Some(folder) = look.away {
            facts.check_failed = Some(format!(
                "the backup folder {} is not there, or is empty although backups were in it: its disk is away",
                folder.display()
            ));
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
