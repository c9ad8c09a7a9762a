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
            mass_change: None,
            sources: (0..sources)
                .map(|source| SourceFacts {
                    name: format!("source{source}"),
                    newest_backup: Some(now().timestamp() - SignedDuration::from_mins(minutes)),
                    ..SourceFacts::default()
                })
                .collect(),
            is_paused: false,
        };
        HealthFacts { plans: plans.into_iter().enumerate().map(plan).collect(), ..HealthFacts::default() }
    })
}

/// Something that is not well.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Overdue,
    Never,
    UnreadCount,
    UnreadName,
    Unknown,
    FromTheFuture,
    NeverHadFiles,
    Failed,
    WithProblems,
    Incomplete,
    MassChange,
    Damaged,
    CheckFailed,
    Unchecked,
    NoCopy,
    OldCopy,
    OldDrive,
    EmptyDrive,
    SheetUnchecked,
    KeyLost,
    DiskFull,
}

fn any_fault() -> impl Strategy<Value = Fault> {
    use Fault::*;
    prop::sample::select(vec![
        Overdue,
        Never,
        UnreadCount,
        UnreadName,
        Unknown,
        FromTheFuture,
        NeverHadFiles,
        Failed,
        WithProblems,
        Incomplete,
        MassChange,
        Damaged,
        CheckFailed,
        Unchecked,
        NoCopy,
        OldCopy,
        OldDrive,
        EmptyDrive,
        SheetUnchecked,
        KeyLost,
        DiskFull,
    ])
}

/// What a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    All,
    Plan,
}

impl Fault {
    /// Puts it into facts that are safe otherwise, and says which rule must tell of it.
    fn put_into(self, facts: &mut HealthFacts, plan: usize, source: usize, hours: i64) -> (About, Rule) {
        let place = |copied_at, lacks_since| PlaceFacts { name: "NAS".into(), copied_at, lacks_since };
        let plan = &mut facts.plans[plan];
        let run = |outcome| Some(RunFacts { time: hours_ago(hours), outcome });
        let source = &mut plan.sources[source];
        match self {
            Self::Overdue => {
                let allowed = plan.schedule.interval(&now()).unwrap_or(SignedDuration::from_hours(720));
                let age = allowed + SignedDuration::from_hours(1) + SignedDuration::from_mins(1 + hours);
                source.newest_backup = Some(now().timestamp() - age);
                return (About::Plan, Rule::Overdue);
            }
            Self::Never => {
                source.newest_backup = None;
                return (About::Plan, Rule::NeverBackedUp);
            }
            Self::UnreadCount => source.unread_count = 1 + hours as u64,
            Self::UnreadName => source.unread = vec!["x".into()],
            Self::Unknown => {
                source.unknown_since = Some(hours_ago(hours));
                return (About::Plan, Rule::SourceUnknown);
            }
            Self::FromTheFuture => {
                source.newest_backup = Some(hours_ago(-2 - hours));
                return (About::Plan, Rule::ClockWrong);
            }
            Self::NeverHadFiles => {
                source.never_had_files = true;
                return (About::Plan, Rule::NothingInIt);
            }
            Self::Failed => {
                plan.last_run = run(RunOutcome::Failed { error: "it broke".into(), advice: None });
                return (About::Plan, Rule::RunFailed);
            }
            Self::WithProblems => {
                plan.last_run = run(RunOutcome::WithProblems);
                return (About::Plan, Rule::RunWithProblems);
            }
            Self::Incomplete => {
                plan.missing_archives = Some(hours as u64);
                return (About::Plan, Rule::Incomplete);
            }
            Self::MassChange => {
                plan.mass_change = Some(MassChangeFacts { time: hours_ago(hours), gone_files: 501, files: 900 });
                return (About::Plan, Rule::ManyChanged);
            }
            Self::Damaged => {
                facts.damage = vec![DamageFacts {
                    archive: "a.tar.gz".into(),
                    path: (hours % 2 == 0).then(|| "x".into()),
                    copies_at: Vec::new(),
                }];
                return (About::All, Rule::Damaged);
            }
            Self::CheckFailed => {
                facts.check_failed = Some("it broke".into());
                return (About::All, Rule::CheckFailed);
            }
            Self::Unchecked => {
                facts.longest_unchecked = Some(hours_ago(35 * 24 + 1 + hours));
                return (About::All, Rule::Unchecked);
            }
            Self::NoCopy => {
                facts.places = vec![place(None, Some(hours_ago(hours)))];
                return (About::All, Rule::CopyOld);
            }
            Self::OldCopy => {
                facts.places = vec![place(Some(hours_ago(hours + 50)), Some(hours_ago(26 + hours)))];
                return (About::All, Rule::CopyOld);
            }
            Self::OldDrive => {
                facts.drives = vec![drives::lacking("Blue drive", 169 + hours)];
                return (About::All, Rule::DriveOld);
            }
            Self::EmptyDrive => {
                facts.drives = vec![drives::empty("Blue drive", 25 + hours)];
                return (About::All, Rule::DriveEmpty);
            }
            Self::SheetUnchecked => {
                facts.sheet = SheetFacts::Unchecked;
                return (About::All, Rule::SheetUnchecked);
            }
            Self::KeyLost => {
                facts.sheet = SheetFacts::KeyLost;
                return (About::All, Rule::KeyLost);
            }
            Self::DiskFull => {
                let recent_stored_bytes = vec![];
                facts.disk = Some(DiskFacts { free_bytes: hours as u64, total_bytes: 10 * GB, recent_stored_bytes });
                return (About::All, Rule::DiskFillingUp);
            }
        }
        (About::Plan, Rule::Unread)
    }
}

proptest! {
    #[test]
    fn what_is_safe_is_good(facts in any_safe()) {
        prop_assert_eq!(health(&facts, &now()).state, HealthState::Good);
    }

    #[test]
    fn never_good_with_an_overdue_unread_unknown_unverified_or_failed_thing_in_it(
        mut facts in any_safe(),
        plan in any::<prop::sample::Index>(),
        source in any::<prop::sample::Index>(),
        fault in any_fault(),
        hours in 0i64..10_000,
        busy in any::<bool>(),
    ) {
        if busy {
            facts.busy = Some("Backing up.".into());
        }
        let plan = plan.index(facts.plans.len());
        let source = source.index(facts.plans[plan].sources.len());
        let (about, rule) = fault.put_into(&mut facts, plan, source, hours);
        let name = facts.plans[plan].name.clone();
        let report = health(&facts, &now());
        prop_assert!(report.state != HealthState::Good && report.state != HealthState::NotSetUp);
        prop_assert!(busy || report.state != HealthState::Busy);
        let named = report.reasons.iter().find(|reason| reason.rule == rule);
        prop_assert!(named.is_some_and(|reason| !reason.message.is_empty() && !reason.advice.is_empty()), "{:?}", report);
        prop_assert!(!report.sentence.contains("safe"), "{}", report.sentence);
        if about >= About::Plan {
            prop_assert_eq!(named.and_then(|reason| reason.plan.as_ref()), Some(&name));
            let of_plan = report.plans.iter().find(|plan| plan.plan == name).expect("every plan is in the report");
            prop_assert!(of_plan.state != HealthState::Good);
            prop_assert!(of_plan.sources[source].state != HealthState::Good);
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
