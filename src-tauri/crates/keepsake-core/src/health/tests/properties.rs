//! What holds for any facts.

use proptest::prelude::*;

use super::*;

/// Any number of plans with any number of sources, all safe.
fn any_safe() -> impl Strategy<Value = HealthFacts> {
    let schedules = prop::sample::select(vec!["daily 02:00", "hourly", "weekly sunday 10:00", "manual", "0 2 * * 1-5"]);
    let plans = prop::collection::vec((schedules, 1usize..4, 0i64..60), 1..5);
    plans.prop_map(|plans| {
        let plan = |(number, (text, sources, minutes)): (usize, (&str, usize, i64))| PlanFacts {
            name: format!("plan{number}"),
            schedule: schedule(text),
            known_since: None,
            last_run: None,
            missing_archives: None,
            sources: (0..sources)
                .map(|source| SourceFacts {
                    name: format!("source{source}"),
                    newest_backup: Some(now().timestamp() - SignedDuration::from_mins(minutes)),
                    ..SourceFacts::default()
                })
                .collect(),
        };
        HealthFacts { plans: plans.into_iter().enumerate().map(plan).collect(), ..HealthFacts::default() }
    })
}

proptest! {
    #[test]
    fn what_is_safe_is_good(facts in any_safe()) {
        prop_assert_eq!(health(&facts, &now()).state, HealthState::Good);
    }

    #[test]
    fn never_good_with_an_overdue_unread_unknown_or_failed_thing_in_it(
        mut facts in any_safe(),
        plan in any::<prop::sample::Index>(),
        source in any::<prop::sample::Index>(),
        fault in 0usize..6,
        hours in 0i64..10_000,
        busy in any::<bool>(),
    ) {
        if busy {
            facts.busy = Some("Backing up.".into());
        }
        let plan = plan.index(facts.plans.len());
        let plan = &mut facts.plans[plan];
        let index = source.index(plan.sources.len());
        let source = &mut plan.sources[index];
        match fault {
            0 => {
                let allowed = plan.schedule.interval(&now()).unwrap_or(SignedDuration::from_hours(720));
                let age = allowed + SignedDuration::from_hours(1) + SignedDuration::from_mins(1 + hours);
                source.newest_backup = Some(now().timestamp() - age);
            }
            1 => source.newest_backup = None,
            2 => source.unread_count = 1 + hours as u64,
            3 => source.unread = vec!["x".into()],
            4 => source.unknown_since = Some(hours_ago(hours)),
            _ => {
                let outcome = RunOutcome::Failed { error: "it broke".into(), advice: None };
                plan.last_run = Some(RunFacts { time: hours_ago(hours), outcome });
            }
        }
        let name = plan.name.clone();
        let report = health(&facts, &now());
        prop_assert!(report.state != HealthState::Good && report.state != HealthState::NotSetUp);
        prop_assert!(report.reasons.iter().any(|reason| reason.plan.as_ref() == Some(&name)));
        prop_assert!(busy || report.state != HealthState::Busy);
        let of_plan = report.plans.iter().find(|plan| plan.plan == name).expect("every plan is in the report");
        prop_assert!(of_plan.state != HealthState::Good);
        if fault < 5 {
            prop_assert!(of_plan.sources[index].state != HealthState::Good);
        }
    }

    #[test]
    fn any_numbers_give_a_verdict(
        totals in prop::collection::vec((any::<u64>(), any::<u64>()), 0..14),
        free_bytes in any::<u64>(),
        total_bytes in any::<u64>(),
        moment in -377_705_023_201i64..253_402_207_200,
    ) {
        let mut facts = safe();
        let moment = Timestamp::from_second(moment).expect("in range");
        let sizes = totals.iter().map(|&(total_bytes, new_bytes)| SizeFacts { total_bytes, new_bytes }).collect();
        let recent_stored_bytes = totals.iter().map(|total| total.1).collect();
        facts.plans[0].sources[0] = SourceFacts { sizes, unknown_since: Some(moment), newest_backup: Some(moment), ..source("photos") };
        facts.disk = Some(DiskFacts { free_bytes, total_bytes, recent_stored_bytes });
        facts.longest_unchecked = Some(moment);
        facts.places[0].copied_at = Some(moment);
        let report = health(&facts, &now());
        prop_assert!(report.state != HealthState::Good);
        prop_assert!(status_lines(&report, &status(), &now()).len() >= 3);
    }
}
