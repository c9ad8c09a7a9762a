use super::*;
use BackupState::{Good, Incomplete, WithProblems};
use proptest::prelude::*;

const TIERED: Retention = Retention::Tiered { daily: 7, weekly: 4, monthly: 12 };

fn at(text: &str) -> Zoned {
    format!("{text}[Europe/Berlin]").parse().unwrap()
}

fn backup(text: &str, state: BackupState) -> Candidate {
    Candidate { time: at(text), state, last_of: None }
}

/// One a day at 02:05, the last on 31 March 2026.
fn days(count: i64) -> Vec<Candidate> {
    let last = at("2026-03-31T02:05");
    let time = |ago: i64| last.checked_sub(ago.days()).unwrap();
    (0..count).rev().map(|ago| Candidate { time: time(ago), state: Good, last_of: None }).collect()
}

fn now() -> Zoned {
    at("2026-03-31T02:10")
}

fn stays(backups: &[Candidate], retention: Retention) -> Vec<usize> {
    let verdicts = decide(backups, retention, &now(), None);
    (0..backups.len()).filter(|&i| verdicts[i].stays).collect()
}

#[test]
fn each_form_keeps_what_it_says() {
    let month = days(31);
    for (retention, expected) in [
        (Retention::Last { last: 3 }, vec![28, 29, 30]),
        (Retention::Last { last: 99 }, (0..31).collect()),
        // Made at the same time of the day 2 days ago and 5 minutes: older.
        (Retention::Days { days: 2 }, vec![29, 30]),
        (Retention::Days { days: 60 }, (0..31).collect()),
        (Retention::Tiered { daily: 2, weekly: 0, monthly: 0 }, vec![29, 30]),
        // Sundays 15, 22 and 29 March, and Tuesday 31.
        (Retention::Tiered { daily: 0, weekly: 4, monthly: 0 }, vec![14, 21, 28, 30]),
        (Retention::Tiered { daily: 0, weekly: 0, monthly: 3 }, vec![30]),
        (TIERED, vec![14, 21, 24, 25, 26, 27, 28, 29, 30]),
    ] {
        assert_eq!(stays(&month, retention), expected, "{retention:?}");
    }
    assert_eq!(decide(&[], TIERED, &now(), None), []);
}

#[test]
fn the_reasons_are_in_words() {
    let mut backups = days(40);
    backups.insert(39, backup("2026-03-30T02:08", WithProblems));
    let why = |retention| -> Vec<String> {
        decide(&backups, retention, &now(), None).into_iter().map(|verdict| verdict.why).collect()
    };
    let tiered = why(TIERED);
    assert_eq!(tiered[40], "kept: the newest backup");
    assert_eq!(tiered[39], "goes: another one of Monday 30 March 2026 stays");
    assert_eq!(tiered[38], "kept: the best of Monday 30 March 2026");
    assert_eq!(tiered[37], "kept: the newest of Sunday 29 March 2026");
    assert_eq!(tiered[30], "kept: the newest of the week from Monday 16 March 2026");
    assert_eq!(tiered[29], "goes: another one of the week from Monday 16 March 2026 stays");
    assert_eq!(tiered[8], "kept: the newest of February 2026");
    assert_eq!(tiered[0], "goes: another one of February 2026 stays");
    let short = why(Retention::Tiered { daily: 2, weekly: 1, monthly: 1 });
    assert_eq!(short[0], "goes: older than the last 2 days, 1 week and 1 month with a backup");
    assert_eq!(why(Retention::Days { days: 30 })[0], "goes: older than 30 days");
    assert_eq!(why(Retention::Days { days: 1 })[40], "kept: the newest backup");
    assert_eq!(why(Retention::Days { days: 5 })[38], "kept: not older than 5 days");
    assert_eq!(why(Retention::Last { last: 3 })[0], "goes: not one of the newest 3 backups");
    assert_eq!(why(Retention::Last { last: 3 })[39], "kept: one of the newest 3 backups");
    let verdicts = decide(&backups, Retention::Last { last: 1 }, &now(), Some("a reason"));
    assert!(verdicts.iter().all(|verdict| verdict.stays));
    assert_eq!(verdicts[0].why, "kept for now: a reason");
    assert_eq!(verdicts[40].why, "kept: the newest backup");
}

#[test]
fn the_last_good_one_stays_however_old_it_is() {
    let mut backups = vec![backup("2020-01-01T02:05", Good), backup("2020-01-02T02:05", WithProblems)];
    backups.extend(days(10).into_iter().map(|b| Candidate { state: WithProblems, ..b }));
    backups.push(backup("2026-03-31T02:06", Incomplete));
    for retention in [Retention::Last { last: 1 }, Retention::Days { days: 1 }] {
        assert_eq!(stays(&backups, retention), [0, 11, 12], "{retention:?}");
    }
    let only_incomplete = vec![backup("2020-01-01T02:05", Incomplete), backup("2020-01-02T02:05", Incomplete)];
    assert_eq!(stays(&only_incomplete, Retention::Last { last: 1 }), [1]);
}

#[test]
fn one_with_problems_counts_only_where_none_is_good() {
    let day = |problems: BackupState| {
        vec![backup("2026-03-30T02:05", Good), backup("2026-03-30T02:08", problems), backup("2026-03-31T02:05", Good)]
    };
    let daily = Retention::Tiered { daily: 2, weekly: 0, monthly: 0 };
    assert_eq!(stays(&day(WithProblems), daily), [0, 2]);
    assert_eq!(stays(&day(Good), daily), [1, 2]);
    let alone = vec![
        backup("2026-03-29T02:05", Good),
        backup("2026-03-30T02:05", WithProblems),
        backup("2026-03-31T02:05", Good),
    ];
    assert_eq!(stays(&alone, daily), [1, 2]);
}

#[test]
fn incomplete_ones_push_no_whole_one_out() {
    let mut backups = days(5);
    backups[2].state = Incomplete;
    backups[3].state = Incomplete;
    assert_eq!(stays(&backups, Retention::Last { last: 3 }), [0, 1, 4]);
    assert_eq!(stays(&backups, Retention::Tiered { daily: 3, weekly: 0, monthly: 0 }), [0, 1, 4]);
    assert_eq!(stays(&backups, Retention::Last { last: 4 }), [0, 1, 3, 4]);
    let why = &decide(&backups, Retention::Last { last: 3 }, &now(), None)[3].why;
    assert_eq!(why, "goes: archives that it needs are missing, and there are enough others");
}

#[test]
fn a_day_is_that_of_the_clock_on_the_wall_where_it_was_made() {
    // The same moment of the day in Berlin, but in Tokyo it is the next day already.
    let tokyo: Zoned = "2026-03-31T02:05:00+09:00[Asia/Tokyo]".parse().unwrap();
    let backups = vec![
        backup("2026-03-30T12:00", Good),
        Candidate { time: tokyo, state: Good, last_of: None },
        backup("2026-03-31T02:05", Good),
    ];
    let verdicts =
        decide(&backups, Retention::Tiered { daily: 2, weekly: 0, monthly: 0 }, &at("2026-04-02T02:10"), None);
    assert_eq!(verdicts.iter().map(|verdict| verdict.stays).collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn all_of_the_last_24_hours_stay_besides_the_tiers() {
    let backups = [
        backup("2026-03-30T02:09", Good),
        backup("2026-03-30T02:10", Good),
        backup("2026-03-30T02:11", Good),
        backup("2026-03-30T12:00", WithProblems),
        backup("2026-03-30T13:00", Incomplete),
        backup("2026-03-31T01:00", Good),
        backup("2026-03-31T02:05", Good),
    ];
    let daily = Retention::Tiered { daily: 1, weekly: 0, monthly: 0 };
    assert_eq!(stays(&backups, daily), [2, 3, 4, 5, 6]);
    assert_eq!(decide(&backups, daily, &now(), None)[5].why, "kept: made in the last 24 hours");
    // Who names a number or days gets that.
    assert_eq!(stays(&backups, Retention::Last { last: 1 }), [6]);
    // The night in which the clock jumps has 23 hours: an hour of the day before counts.
    let night = [backup("2026-03-28T02:30", Good), backup("2026-03-28T03:30", Good), backup("2026-03-29T03:05", Good)];
    let verdicts = decide(&night, daily, &at("2026-03-29T03:10"), None);
    assert_eq!(verdicts.iter().map(|verdict| verdict.stays).collect::<Vec<_>>(), [true, true, true]);
    // A clock that is a little behind makes nothing go.
    let ahead = [backup("2026-03-31T02:30", Good), backup("2026-03-31T02:40", Good)];
    assert_eq!(stays(&ahead, daily), [0, 1]);
}

fn histories() -> impl Strategy<Value = Vec<Candidate>> {
    let state = prop_oneof![5 => Just(Good), 2 => Just(WithProblems), 1 => Just(Incomplete)];
    proptest::collection::vec((1i64..200, state), 0..60).prop_map(|steps| {
        let mut hours = 0;
        let start = at("2024-12-20T02:05");
        steps
            .into_iter()
            .map(|(step, state)| {
                hours += step;
                Candidate { time: start.checked_add(hours.hours()).unwrap(), state, last_of: None }
            })
            .collect()
    })
}

fn retentions() -> impl Strategy<Value = Retention> {
    prop_oneof![
        (1u32..20).prop_map(|last| Retention::Last { last }),
        (1u32..200).prop_map(|days| Retention::Days { days }),
        (0u32..10, 0u32..6, 1u32..6).prop_map(|(daily, weekly, monthly)| Retention::Tiered { daily, weekly, monthly }),
    ]
}

/// The present moment: some hours after the newest.
fn after(backups: &[Candidate], hours: i64) -> Zoned {
    backups.last().map_or(now(), |b| b.time.checked_add(hours.hours()).unwrap())
}

/// The rule of days, reckoned from each backup anew.
fn is_older(backups: &[Candidate], i: usize, days: u32, now: &Zoned) -> bool {
    let moments: Vec<&Zoned> = backups[i..].iter().map(|b| &b.time).chain([now]).collect();
    let beyond_a_week =
        |pair: &[&Zoned]| (pair[1].duration_since(pair[0]) - SignedDuration::from_hours(168)).max(SignedDuration::ZERO);
    let left_out: SignedDuration = moments.windows(2).map(beyond_a_week).sum();
    let oldest = now.checked_sub(i64::from(days).days()).unwrap();
    backups[i].time.checked_add(left_out).unwrap() < oldest
}

#[test]
fn time_without_backups_does_not_make_all_of_them_old() {
    let mut backups: Vec<Candidate> = (1..=5).map(|day| backup(&format!("2026-05-0{day}T02:05"), Good)).collect();
    let decided = |backups: &[Candidate], now: &str| decide(backups, Retention::Days { days: 10 }, &at(now), None);
    let first = |backups: &[Candidate], now: &str| decided(backups, now).iter().position(|verdict| verdict.stays);
    assert_eq!(first(&backups, "2026-05-12T02:05"), Some(1), "nothing is left out");
    assert_eq!(first(&backups, "2026-08-12T02:05"), Some(1), "an absence, or a clock that runs ahead");
    // As new ones come, the old ones go one by one.
    for (day, expected) in [(12, 1), (13, 2), (14, 3), (15, 4), (16, 5)] {
        let now = format!("2026-08-{day}T02:05");
        backups.push(backup(&now, Good));
        assert_eq!(first(&backups, &now), Some(expected), "{now}");
    }
    let verdicts = decided(&backups[..6], "2026-08-12T02:05");
    assert_eq!(verdicts[0].why, "goes: older than 10 days");
    assert_eq!(verdicts[1].why, "kept: not older than 10 days, without the time that had no backups");
    assert_eq!(verdicts[5].why, "kept: the newest backup");
}

proptest! {
    #[test]
    fn days_keep_all_that_is_not_older_by_the_calendar_and_no_more_while_backups_are_made(
        backups in histories(), count in 1u32..200, hours in 0i64..9000,
    ) {
        let now = after(&backups, hours);
        let oldest = now.checked_sub(i64::from(count).days()).unwrap();
        let retention = Retention::Days { days: count };
        let verdicts = decide(&backups, retention, &now, None);
        for (i, verdict) in verdicts.iter().enumerate() {
            prop_assert!(verdict.stays || backups[i].time < oldest, "{i}");
            prop_assert_eq!(verdict.because.contains(&Because::Days(count)), !is_older(&backups, i, count, &now), "{}", i);
        }
        // With one a day nothing is left out.
        let daily = days(i64::from(count) + 20);
        let now = self::now();
        let oldest = now.checked_sub(i64::from(count).days()).unwrap();
        for (backup, verdict) in daily.iter().zip(decide(&daily, retention, &now, None)) {
            prop_assert_eq!(verdict.because.contains(&Because::Days(count)), backup.time >= oldest);
        }
    }

    #[test]
    fn the_newest_and_the_last_good_one_always_stay(
        backups in histories(), retention in retentions(), hours in 0i64..9000,
    ) {
        let verdicts = decide(&backups, retention, &after(&backups, hours), None);
        for fits in [|_: &Candidate| true, |b: &Candidate| b.state == Good, |b: &Candidate| b.state != Incomplete] {
            if let Some(i) = backups.iter().rposition(fits) {
                prop_assert!(verdicts[i].stays, "{i} of {backups:?}");
            }
        }
        for verdict in &verdicts {
            prop_assert!(verdict.why.starts_with(if verdict.stays { "kept: " } else { "goes: " }), "no reason");
        }
        let waits = decide(&backups, retention, &after(&backups, hours), Some("wait"));
        prop_assert!(waits.iter().all(|verdict| verdict.stays));
    }

    #[test]
    fn no_more_stay_than_the_policy_says_and_the_protected_ones(
        backups in histories(), retention in retentions(), hours in 0i64..9000,
    ) {
        let now = after(&backups, hours);
        let most = match retention {
            Retention::Last { last } => last as usize,
            Retention::Days { days } => (0..backups.len()).filter(|&i| !is_older(&backups, i, days, &now)).count(),
            Retention::Tiered { daily, weekly, monthly } => {
                let day_ago = now.checked_sub(24.hours()).unwrap();
                (daily + weekly + monthly) as usize + backups.iter().filter(|b| b.time > day_ago).count()
            }
        };
        let count = decide(&backups, retention, &now, None).iter().filter(|verdict| verdict.stays).count();
        prop_assert!(count <= most + 3, "{count} stay");
        let is_tiered = matches!(retention, Retention::Tiered { .. });
        prop_assert!(count >= most.min(backups.len()) || is_tiered);
    }

    #[test]
    fn pruning_twice_does_nothing_more(backups in histories(), retention in retentions(), hours in 0i64..9000) {
        let now = after(&backups, hours);
        let mut verdicts = decide(&backups, retention, &now, None).into_iter();
        let kept: Vec<Candidate> = backups.into_iter().filter(|_| verdicts.next().unwrap().stays).collect();
        prop_assert!(decide(&kept, retention, &now, None).iter().all(|verdict| verdict.stays));
    }

    #[test]
    fn each_of_the_last_days_weeks_and_months_keeps_its_best(
        backups in histories(), daily in 0u32..10, weekly in 0u32..6, monthly in 1u32..6,
    ) {
        let verdicts = decide(&backups, Retention::Tiered { daily, weekly, monthly }, &now(), None);
        for (format, count) in [("%Y-%m-%d", daily), ("%G-%V", weekly), ("%Y-%m", monthly)] {
            let name = |b: &Candidate| b.time.strftime(format).to_string();
            let mut spans: Vec<String> = backups.iter().filter(|b| b.state != Incomplete).map(name).collect();
            spans.sort();
            spans.dedup();
            for span in spans.iter().rev().take(count as usize) {
                let of_span = || (0..backups.len()).filter(|&i| &name(&backups[i]) == span);
                let has_good = of_span().any(|i| backups[i].state == Good);
                let wanted = |i: usize| backups[i].state == if has_good { Good } else { WithProblems };
                let newest = of_span().rfind(|&i| wanted(i)).unwrap();
                prop_assert!(verdicts[newest].stays, "{span}: {:?}", verdicts[newest]);
            }
        }
    }
}

#[test]
fn all_that_keeps_a_backup_is_told() {
    let backups = days(40);
    let verdicts = decide(&backups, TIERED, &now(), None);
    use Because::{Day, Month, Newest, NewestGood, NewestWhole, Recent, Waits, Week};
    assert_eq!(verdicts[39].because, [Newest, NewestGood, NewestWhole, Day, Week, Month, Recent]);
    assert_eq!((&verdicts[38].because[..], &verdicts[37].because[..]), (&[Day][..], &[Day, Week][..]));
    assert_eq!((verdicts[1].stays, verdicts[1].because.len()), (false, 0));
    let verdicts = decide(&backups, TIERED, &now(), Some("a reason"));
    assert_eq!(verdicts[1].because, [Waits]);
    let of = |retention| decide(&backups, retention, &now(), None).swap_remove(38).because;
    assert_eq!(of(Retention::Last { last: 3 }), [Because::Last(3)]);
    assert_eq!(of(Retention::Days { days: 3 }), [Because::Days(3)]);
}
