//! Episodes: what is not good begins once and ends once, however often it is looked at. Whoever alerts people alerts
//! them when an episode begins or grows worse, and takes that back when it is over.

use std::collections::BTreeMap;

use super::{HealthReport, HealthState, Reason};
use crate::catalog::{Catalog, CatalogError, EpisodeChange, EpisodeKey, EpisodeRow};
use crate::clock::Clock;

/// What becomes of the open episodes, by these rules:
/// - A reason of the report for whose rule, plan and source or place no episode is open opens one.
/// - One for which one is open keeps it. Its words are brought up to date; its verdict only grows worse, so that what
///   goes to and fro between attention and problem alerts once.
/// - An episode without a reason closes.
/// - That nothing is set up is no episode: nobody was promised anything yet. A running job neither opens nor closes any.
pub fn changes(open: &[EpisodeRow], report: &HealthReport) -> Vec<EpisodeChange> {
    // Two reasons of one rule for one thing are one episode: the worse speaks, it comes first.
    let mut reasons: BTreeMap<EpisodeKey, &Reason> = BTreeMap::new();
    for reason in &report.reasons {
        if matches!(reason.state, HealthState::Attention | HealthState::Problem) {
            reasons.entry(key(reason)).or_insert(reason);
        }
    }
    let mut changes = Vec::new();
    for episode in open {
        match reasons.remove(&episode.key) {
            None => changes.push(EpisodeChange::Close { id: episode.id }),
            Some(reason) => {
                let is_problem = episode.state == word(HealthState::Problem) || reason.state == HealthState::Problem;
                let state = word(if is_problem { HealthState::Problem } else { HealthState::Attention });
                if state != episode.state || reason.message != episode.message {
                    changes.push(EpisodeChange::Go { id: episode.id, state, message: reason.message.clone() });
                }
            }
        }
    }
    let opened = reasons.into_iter().map(|(key, reason)| EpisodeChange::Open {
        key,
        state: word(reason.state),
        message: reason.message.clone(),
    });
    changes.extend(opened);
    changes
}

/// Brings the catalog's episodes up to date, and answers what became of them. Only who holds the job lock may.
///
/// # Errors
/// [`CatalogError::Sqlite`] when the catalog cannot be read or written; then no episode has changed.
pub fn follow(catalog: &Catalog, report: &HealthReport, clock: &dyn Clock) -> Result<Vec<EpisodeChange>, CatalogError> {
    let changes = changes(&catalog.open_episodes()?, report);
    catalog.note_episodes(&changes, clock.now().as_second())?;
    Ok(changes)
}

fn key(reason: &Reason) -> EpisodeKey {
    let thing = reason.source.as_ref().or(reason.place.as_ref());
    EpisodeKey {
        rule: in_json(&reason.rule),
        plan: reason.plan.clone().unwrap_or_default(),
        thing: thing.cloned().unwrap_or_default(),
    }
}

fn word(state: HealthState) -> String {
    in_json(&state)
}

/// The word that stands for it in JSON.
fn in_json(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        // Rules and verdicts are plain words there.
        _ => unreachable!("a rule or a verdict is a word in JSON"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{Rule, Said};
    use proptest::prelude::*;

    fn report(reasons: &[(Rule, u8, HealthState)]) -> HealthReport {
        let reasons = reasons.iter().map(|&(rule, thing, state)| Reason {
            rule,
            plan: Some("family".into()),
            source: (thing % 2 == 0).then(|| format!("source {thing}")),
            place: (thing % 2 == 1).then(|| format!("place {thing}")),
            message: format!("{rule:?} of {thing} is {state:?}"),
            advice: "Look.".into(),
            said: Said::new("health-overdue"),
            detail: None,
            state,
        });
        let reasons = reasons.collect();
        let said = Said::new("verdict-good");
        HealthReport { state: HealthState::Good, sentence: String::new(), said, reasons, plans: Vec::new() }
    }

    fn catalog() -> (tempfile::TempDir, Catalog) {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(dir.path()).unwrap();
        (dir, catalog)
    }

    fn clock(secs: i64) -> crate::clock::FixedClock {
        crate::clock::FixedClock(jiff::Timestamp::from_second(secs).unwrap().to_zoned(jiff::tz::TimeZone::UTC))
    }

    #[test]
    fn an_episode_opens_once_grows_worse_and_closes_once() {
        let (_dir, catalog) = catalog();
        let overdue = |state| report(&[(Rule::Overdue, 0, state)]);
        let opened = follow(&catalog, &overdue(HealthState::Attention), &clock(10)).unwrap();
        assert!(matches!(&opened[..], [EpisodeChange::Open { state, .. }] if state == "attention"), "{opened:?}");
        assert_eq!(follow(&catalog, &overdue(HealthState::Attention), &clock(20)).unwrap(), []);
        let worse = follow(&catalog, &overdue(HealthState::Problem), &clock(30)).unwrap();
        assert!(matches!(&worse[..], [EpisodeChange::Go { state, .. }] if state == "problem"), "{worse:?}");
        // Its verdict stays the worst.
        let better = follow(&catalog, &overdue(HealthState::Attention), &clock(40)).unwrap();
        assert!(matches!(&better[..], [EpisodeChange::Go { state, .. }] if state == "problem"), "{better:?}");
        let lasting = catalog.open_episodes().unwrap();
        assert_eq!((lasting.len(), lasting[0].opened_at, &lasting[0].key.thing[..]), (1, 10, "source 0"));
        let over = follow(&catalog, &report(&[]), &clock(50)).unwrap();
        assert_eq!(over, [EpisodeChange::Close { id: lasting[0].id }]);
        assert_eq!(follow(&catalog, &report(&[]), &clock(60)).unwrap(), []);
        let all = catalog.episodes().unwrap();
        assert_eq!((all.len(), all[0].closed_at), (1, Some(50)));
        // The next one is another.
        follow(&catalog, &overdue(HealthState::Problem), &clock(70)).unwrap();
        assert_eq!(catalog.episodes().unwrap().len(), 2);
    }

    #[test]
    fn nothing_set_up_is_no_episode_and_places_are_told_apart() {
        let (_dir, catalog) = catalog();
        let none = report(&[(Rule::NothingProtected, 0, HealthState::NotSetUp)]);
        assert_eq!(follow(&catalog, &none, &clock(1)).unwrap(), []);
        let two = report(&[(Rule::CopyOld, 1, HealthState::Attention), (Rule::CopyOld, 3, HealthState::Attention)]);
        assert_eq!(follow(&catalog, &two, &clock(2)).unwrap().len(), 2);
        let one = report(&[(Rule::CopyOld, 3, HealthState::Attention)]);
        assert_eq!(follow(&catalog, &one, &clock(3)).unwrap().len(), 1);
        assert_eq!(catalog.open_episodes().unwrap()[0].key.thing, "place 3");
    }

    #[test]
    fn those_that_are_over_do_not_grow_for_ever() {
        let (_dir, catalog) = catalog();
        for secs in 0..1010 {
            let problem = report(&[(Rule::RunFailed, 0, HealthState::Problem)]);
            follow(&catalog, &problem, &clock(2 * secs)).unwrap();
            follow(&catalog, &report(&[]), &clock(2 * secs + 1)).unwrap();
        }
        let all = catalog.episodes().unwrap();
        assert_eq!((all.len(), all[999].opened_at), (1000, 20));
    }

    fn any_reasons() -> impl Strategy<Value = Vec<(Rule, u8, HealthState)>> {
        let rule = prop::sample::select(vec![Rule::Overdue, Rule::Unread, Rule::RunFailed]);
        let state = prop::sample::select(vec![HealthState::Attention, HealthState::Problem, HealthState::NotSetUp]);
        prop::collection::vec((rule, 0u8..3, state), 0..5)
    }

    proptest! {
        /// Whatever is reported one after the other: what lasts is what is reported, each once, and nothing closes twice.
        #[test]
        fn what_lasts_is_what_is_reported(reports in prop::collection::vec(any_reasons(), 1..8)) {
            let (_dir, catalog) = catalog();
            for (secs, reasons) in (1..).zip(reports) {
                let report = report(&reasons);
                follow(&catalog, &report, &clock(secs)).unwrap();
                let mut wanted: Vec<EpisodeKey> =
                    report.reasons.iter().filter(|reason| reason.state != HealthState::NotSetUp).map(key).collect();
                wanted.sort();
                wanted.dedup();
                let mut lasting: Vec<EpisodeKey> =
                    catalog.open_episodes().unwrap().into_iter().map(|episode| episode.key).collect();
                lasting.sort();
                prop_assert_eq!(lasting, wanted);
                prop_assert_eq!(changes(&catalog.open_episodes().unwrap(), &report), []);
            }
        }
    }
}
