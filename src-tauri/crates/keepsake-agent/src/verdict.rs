//! The verdict as front ends are told it. The facts are gathered when catalog or settings have changed, by a thread of
//! their own: a disk that hangs holds nobody. The verdict on them is new at each look, so that what grows old, and a disk
//! that others fill, is seen without reading the catalog.

mod facts;

use std::path::Path;

use jiff::{Timestamp, Zoned};
use keepsake_api::{Action, JobKind, PlanStatus, Reason, Said, State};
use keepsake_core::health::gather::DiskSpace;
use keepsake_core::health::{self, HealthReport, Rule, RunFacts, health};
use keepsake_core::settings::Settings;

use crate::board::Verdict;
use crate::said;

pub(crate) use facts::Facts;

/// What is found at a look, besides the facts.
pub(crate) struct Look<'l> {
    /// The present moment.
    pub now: &'l Zoned,
    /// What is with the settings.
    pub settings: FoundSettings<'l>,
    /// The backup folder, when it is not there and should be.
    pub away: Option<&'l Path>,
    /// How full its disk is; None when it is not there, or cannot be asked.
    pub space: Option<DiskSpace>,
    /// The settings, for their drives.
    pub drives_of: Option<&'l Settings>,
    /// The folder of state.
    pub data_dir: &'l Path,
    /// Names of the family's drives that are plugged in.
    pub plugged_in: Vec<String>,
    /// Failed runs that are the last ones of their plans, and that the catalog does not know.
    pub unnoted_failures: Vec<(&'l str, RunFacts)>,
}

/// What is found of the settings.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FoundSettings<'l> {
    /// There is a mistake in the file: this.
    Wrong(&'l str),
    /// There is none; perhaps there is no file, either.
    Right {
        /// True when nothing is set up any more although it was once, as far as settings tell that were kept.
        is_lost: bool,
        /// True when there is a file.
        is_there: bool,
    },
}

impl Facts {
    /// The verdict at a moment; None before anything is known.
    pub fn verdict(&mut self, look: &Look<'_>, busy_with: Option<JobKind>) -> Option<Verdict> {
        let mut gathered = self.known(look.now.timestamp())?.clone();
        gathered.put_disk(look.space);
        gathered.put_drives(look.drives_of, look.data_dir, &look.plugged_in, None);
        let mut facts = gathered.health;
        facts.busy = busy_with.map(|_| String::new());
        for (name, run) in &look.unnoted_failures {
            let of_plan = facts.plans.iter_mut().filter(|plan| plan.name == *name);
            of_plan.for_each(|plan| plan.last_run = Some(run.clone()));
        }
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
        let settings = match look.settings {
            // Something was set up when they were made.
            FoundSettings::Right { is_there, .. } if gathered.has_own_backups => {
                FoundSettings::Right { is_lost: true, is_there }
            }
            settings => settings,
        };
        Some(verdict_of(&report, newest, busy_with, settings))
    }
}

fn verdict_of(
    report: &HealthReport,
    newest_backup: Option<i64>,
    busy_with: Option<JobKind>,
    settings: FoundSettings<'_>,
) -> Verdict {
    let nothing = |reason: &&health::Reason| reason.rule == Rule::NothingProtected;
    let is_set_up = !report.reasons.iter().any(|reason| nothing(&reason));
    let mut state = said::state(report.state);
    let about_settings = settings_reason(settings, is_set_up);
    if about_settings.is_some() && matches!(state, State::Good | State::NotSetUp) {
        state = State::Attention;
    }
    // That nothing is set up is no more than a part of that.
    let others = report.reasons.iter().filter(|reason| about_settings.is_none() || !nothing(reason));
    let mut reasons: Vec<Reason> = others.map(said::reason).collect();
    let problems = reasons.iter().take_while(|reason| reason.state == State::Problem).count();
    reasons.splice(problems..problems, about_settings);
    // How many other things need a look is for whoever shows it.
    let sentence = match (state, busy_with, reasons.first()) {
        (State::Busy, Some(kind), _) => Said::new(format!("status-busy-{}", said::word(kind))),
        (_, _, Some(worst)) => worst.said.clone(),
        _ => said::said_of(&report.said),
    };
    let plan_status = |plan: &health::PlanHealth| PlanStatus {
        plan: plan.plan.clone(),
        state: said::state(plan.state),
        next_due: plan.next_due.as_ref().and_then(|at| Some(at.parse::<Timestamp>().ok()?.as_second())),
    };
    Verdict { state, sentence, reasons, plans: report.plans.iter().map(plan_status).collect(), newest_backup }
}

/// What is to be said of the settings. Where nothing was ever set up, that there are none is nothing to alarm about.
fn settings_reason(settings: FoundSettings<'_>, is_set_up: bool) -> Option<Reason> {
    let (rule, id, detail, action) = match settings {
        FoundSettings::Wrong(trouble) => {
            let id = if is_set_up { "health-settings-wrong" } else { "health-settings-wrong-nothing" };
            ("settings-wrong", id, Some(trouble), Action::OpenSettings)
        }
        FoundSettings::Right { is_lost: true, is_there } if !is_set_up => {
            let id = if is_there { "health-settings-empty" } else { "health-settings-gone" };
            ("settings-gone", id, None, Action::SetUp)
        }
        FoundSettings::Right { .. } => return None,
    };
    Some(Reason {
        rule: rule.into(),
        plan: None,
        source: None,
        place: None,
        said: Said::new(id),
        detail: detail.map(String::from),
        state: State::Attention,
        action: Some(action),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_core::health::HealthFacts;

    #[test]
    fn settings_that_are_lost_are_told_and_none_at_all_are_not() {
        let now = "2026-03-03T08:30+01:00[Europe/Berlin]".parse().unwrap();
        let nothing = health(&HealthFacts::default(), &now);
        let right = |is_lost, is_there| FoundSettings::Right { is_lost, is_there };
        for (settings, state, id, action) in [
            (right(false, false), State::NotSetUp, "health-nothing-protected", Action::SetUp),
            (right(false, true), State::NotSetUp, "health-nothing-protected", Action::SetUp),
            (right(true, false), State::Attention, "health-settings-gone", Action::SetUp),
            (right(true, true), State::Attention, "health-settings-empty", Action::SetUp),
            (FoundSettings::Wrong("no"), State::Attention, "health-settings-wrong-nothing", Action::OpenSettings),
        ] {
            let verdict = verdict_of(&nothing, None, None, settings);
            let told: Vec<_> = verdict.reasons.iter().map(|one| (one.said.id.as_str(), one.action)).collect();
            assert_eq!((verdict.state, verdict.sentence.id.as_str()), (state, id), "{settings:?}");
            assert_eq!(told, [(id, Some(action))], "{settings:?}");
        }
    }
}
