//! What is paused by intention is no alarm, is told, and does not look safe for ever.

use super::*;
use HealthState::{Attention, Good, Problem};

fn told(change: impl Fn(&mut HealthFacts)) -> (HealthState, String) {
    let mut facts = safe();
    change(&mut facts);
    let report = health(&facts, &now());
    (report.state, report.sentence)
}

#[test]
fn a_paused_source_is_told_and_is_attention_after_thirty_days() {
    let paused = |hours: i64| {
        move |facts: &mut HealthFacts| {
            facts.plans[0].sources[0].is_paused = true;
            facts.plans[0].sources[0].newest_backup = Some(hours_ago(hours));
        }
    };
    let name = safe().plans[0].sources[0].name.clone();
    let (state, sentence) = told(paused(29 * 24));
    assert_eq!(state, Good);
    assert!(
        sentence.starts_with("Both things are safe.") && sentence.ends_with(&format!(" {name} is paused.")),
        "{sentence}"
    );
    let (state, sentence) = told(paused(31 * 24));
    assert_eq!((state, sentence), (Attention, format!("{name} is paused, and its newest backup is 31 days old.")));
    assert_eq!(told(paused(400 * 24)).0, Attention);
    let (state, _) = told(|facts| {
        paused(1)(facts);
        facts.plans[0].sources[0].unknown_since = Some(hours_ago(100));
    });
    assert_eq!(state, Good, "its drive may be away");
    let (state, _) = told(|facts| {
        paused(1)(facts);
        facts.plans[0].sources[1].newest_backup = Some(hours_ago(60));
    });
    assert_eq!(state, Problem, "it hides nothing else");
}

#[test]
fn a_paused_plan_is_not_due_and_not_called_safe() {
    let mut facts = safe();
    facts.plans.truncate(1);
    facts.plans[0].is_paused = true;
    for source in &mut facts.plans[0].sources {
        source.newest_backup = Some(hours_ago(100));
    }
    let report = health(&facts, &now());
    assert_eq!((report.state, report.plans[0].next_due.as_deref()), (Good, None));
    assert!(report.sentence.starts_with("Nothing is backed up for now."), "{}", report.sentence);
    facts.plans[0].sources[0].newest_backup = None;
    let report = health(&facts, &now());
    assert_eq!(report.state, Attention, "what has no backup never looks safe");
}
