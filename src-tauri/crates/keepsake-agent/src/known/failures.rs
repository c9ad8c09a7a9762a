//! Failed runs that the catalog does not know, because they were killed, or it could not be written: of each plan the
//! newest. Kept in a file, so that also a new agent tells of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use keepsake_core::atomic_file;
use keepsake_core::health::{RunFacts, RunOutcome};
use keepsake_core::schedule::PastRun;
use serde::{Deserialize, Serialize};

/// The file that keeps them, in the folder of state.
const KEPT_NAME: &str = "agent-failed-runs";

/// Of each plan the newest failed run that the catalog does not know.
pub(super) struct Failures {
    path: PathBuf,
    of_plans: BTreeMap<String, Failure>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Failure {
    /// The number of the newest run that the catalog knew then.
    after: i64,
    /// In seconds since 1970.
    started: i64,
    error: String,
}

impl Failures {
    /// Those that an earlier agent has kept.
    pub fn kept(data_dir: &Path) -> Self {
        let path = data_dir.join(KEPT_NAME);
        let kept = atomic_file::read_own(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Self { path, of_plans: kept.unwrap_or_default() }
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.of_plans.is_empty()
    }

    /// A run of a plan has failed; `after` is the number of the newest run that is noted.
    pub fn put(&mut self, plan: &str, after: i64, run: &PastRun, error: &str) {
        let failure = Failure { after, started: run.started.as_second(), error: error.into() };
        self.of_plans.insert(plan.into(), failure);
        self.keep();
    }

    /// A run of a plan has made a backup.
    pub fn forget(&mut self, plan: &str) {
        if self.of_plans.remove(plan).is_some() {
            self.keep();
        }
    }

    /// Forgets those after which a run is noted, and those that made their backup before they were killed. `noted` answers
    /// the runs of a plan with their numbers.
    pub fn catch_up<'r>(&mut self, noted: impl Fn(&str) -> &'r [(i64, PastRun)]) {
        let before = self.of_plans.len();
        self.leave_out(noted);
        if self.of_plans.len() != before {
            self.keep();
        }
    }

    /// As [`Failures::catch_up`], for who only looks.
    pub fn leave_out<'r>(&mut self, noted: impl Fn(&str) -> &'r [(i64, PastRun)]) {
        // By the number, as the clock may have been put back; by the time, as a catalog may have been made anew.
        self.of_plans.retain(|plan, failure| {
            !noted(plan)
                .iter()
                .any(|(id, run)| *id > failure.after || (run.made_backup && run.started.as_second() >= failure.started))
        });
    }

    /// They as the last runs of their plans.
    pub fn last_runs(&self) -> impl Iterator<Item = (&str, RunFacts)> {
        self.of_plans.iter().map(|(plan, failure)| {
            let error = failure.error.trim().trim_end_matches('.').to_owned();
            let time = Timestamp::from_second(failure.started).unwrap_or_default();
            (plan.as_str(), RunFacts { time, outcome: RunOutcome::Failed { error, advice: None } })
        })
    }

    /// On a full disk they are told until the agent ends.
    fn keep(&self) {
        let _ = match self.is_empty() {
            true => atomic_file::remove_file(&self.path),
            false => match serde_json::to_vec(&self.of_plans) {
                Ok(text) => atomic_file::write_whole(&self.path, &text),
                Err(_) => Ok(()),
            },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + secs).unwrap()
    }

    fn run(started: i64, made_backup: bool) -> PastRun {
        PastRun { started: at(started), finished: at(started + 10), made_backup }
    }

    fn plans(failures: &Failures) -> Vec<String> {
        failures.last_runs().map(|(plan, _)| plan.to_owned()).collect()
    }

    #[test]
    fn they_last_over_a_restart_until_a_later_run_is_noted() {
        let dir = tempfile::tempdir().unwrap();
        let mut failures = Failures::kept(dir.path());
        failures.put("family", 7, &run(100, false), "the disk is full. Make room.");
        failures.put("other", 2, &run(100, false), "something killed it");
        let failures = || Failures::kept(dir.path());
        let told: Vec<_> = failures().last_runs().map(|(plan, run)| (plan.to_owned(), run)).collect();
        let failed = |error: &str| RunOutcome::Failed { error: error.into(), advice: None };
        assert_eq!(
            told[0],
            ("family".into(), RunFacts { time: at(100), outcome: failed("the disk is full. Make room") })
        );
        assert_eq!(told[1].1.outcome, failed("something killed it"));
        for (name, noted, lasts) in [
            ("an earlier backup", (7, run(50, true)), true),
            ("an earlier failure", (6, run(50, false)), true),
            ("its own backup", (7, run(101, true)), false),
            ("a later run", (8, run(200, false)), false),
            ("a later run, and the clock was put back", (8, run(-9_000, true)), false),
            ("a later backup in a catalog made anew", (1, run(200, true)), false),
        ] {
            let mut failures = failures();
            let of_family = [noted];
            failures.catch_up(|plan| if plan == "family" { &of_family } else { &[] });
            assert_eq!(plans(&failures).len(), if lasts { 2 } else { 1 }, "{name}");
            failures.put("family", 7, &run(100, false), "again");
        }
        let mut last = failures();
        last.forget("family");
        assert_eq!(plans(&failures()), ["other"]);
        last.forget("other");
        assert_eq!((plans(&failures()), dir.path().join(KEPT_NAME).exists()), (vec![], false));
    }
}
