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
    let mut other = facts.plans[0].clone();
    (other.name, other.is_paused) = ("other".into(), true);
    other.sources = vec![source("films")];
    other.sources[0].newest_backup = Some(hours_ago(100));
    facts.plans.push(other);
    let report = health(&facts, &now());
    assert_eq!((report.state, report.plans[1].next_due.as_deref()), (Good, None));
    assert!(report.sentence.ends_with(" films is paused."), "{}", report.sentence);
    facts.plans[1].sources[0].newest_backup = None;
    let report = health(&facts, &now());
    assert_eq!(report.state, Attention, "what has no backup never looks safe");
}

#[test]
fn when_nothing_is_left_that_is_backed_up_it_is_not_green() {
    let by_plan: Change = change(|facts| facts.plans[0].is_paused = true);
    let by_source: Change =
        change(|facts| facts.plans[0].sources.iter_mut().for_each(|source| source.is_paused = true));
    for pause in [by_plan, by_source] {
        assert_eq!(told(&pause), (Attention, "Everything is paused: nothing is being backed up.".into()));
        let (state, sentence) = told(|facts| {
            pause(facts);
            facts.plans[0].sources.iter_mut().for_each(|source| source.newest_backup = Some(hours_ago(31 * 24)));
        });
        assert!(sentence.starts_with("Everything is paused") && state == Attention, "{sentence}");
        // A plan in which nothing is does not make it better, and one thing that goes on does.
        let with = |sources: Vec<SourceFacts>| {
            told(|facts| {
                pause(facts);
                let other = PlanFacts { name: "other".into(), sources: sources.clone(), ..PlanFacts::default() };
                facts.plans.push(other);
            })
        };
        assert_eq!(with(vec![]).0, Attention);
        let (state, sentence) = with(vec![source("films")]);
        assert!(state == Good && sentence.starts_with("The one thing that is not paused is safe."), "{sentence}");
    }
    let (state, _) = told(|facts| {
        facts.plans[0].is_paused = true;
        facts.check_failed = Some("it broke".into());
    });
    assert_eq!(state, Problem, "it hides nothing worse");
    let (state, _) = told(|facts| facts.plans = vec![PlanFacts { is_paused: true, ..PlanFacts::default() }]);
    assert_eq!(state, HealthState::NotSetUp, "nothing was there to be paused");
}
