use super::*;

mod years;

fn at(text: &str) -> Zoned {
    format!("{text}+01:00[Europe/Berlin]").parse().expect("a moment in winter in Berlin")
}

fn run(began: &str, made_backup: bool) -> PastRun {
    let started = at(began).timestamp();
    PastRun { started, finished: started + SignedDuration::from_secs(30), made_backup }
}

/// The answer in words: `now: WHY`, `2026-03-03T02:00:00`, with the failures behind it, or `never`.
fn answer(schedule: &str, runs: &[(&str, bool)], now: &str) -> String {
    let runs: Vec<PastRun> = runs.iter().map(|(began, good)| run(began, *good)).collect();
    match is_due(&Schedule::parse(schedule).expect("a schedule"), &runs, &at(now)) {
        Due::Now(why) => format!("now: {why}"),
        Due::Later { at: None, .. } => "never".into(),
        Due::Later { at: Some(moment), failures: 0, .. } => moment.datetime().to_string(),
        Due::Later { at: Some(moment), failures, is_raised } => {
            format!("{} after {failures} failed{}", moment.datetime(), if is_raised { ", raised" } else { "" })
        }
    }
}

#[test]
fn a_plan_is_due_when_a_scheduled_moment_passed_without_a_backup() {
    let daily = "daily 02:00";
    let good = |began| vec![(began, true)];
    let table = [
        // It never ran: at once, also outside of its times.
        (daily, vec![], "2026-03-03T15:00:00", "now: there is no backup of it yet"),
        ("weekly sunday 10:00", vec![], "2026-03-03T15:00:00", "now: there is no backup of it yet"),
        // On time, and once.
        (daily, good("2026-03-02T02:00:00"), "2026-03-03T01:59:59", "2026-03-03T02:00:00"),
        (daily, good("2026-03-02T02:00:00"), "2026-03-03T02:00:00", "now: it was due at 2026-03-03 02:00"),
        (daily, good("2026-03-03T02:00:00"), "2026-03-03T02:00:31", "2026-03-04T02:00:00"),
        // Made by hand: after the scheduled moment it counts, before it not.
        (daily, good("2026-03-03T18:00:00"), "2026-03-03T19:00:00", "2026-03-04T02:00:00"),
        (daily, good("2026-03-03T01:59:00"), "2026-03-03T02:00:00", "now: it was due at 2026-03-03 02:00"),
        // Asleep or switched off: caught up once, whatever was missed.
        (daily, good("2026-02-01T02:00:00"), "2026-03-03T15:00:00", "now: it was due at 2026-03-03 02:00"),
        (daily, good("2026-03-03T15:00:00"), "2026-03-03T15:01:00", "2026-03-04T02:00:00"),
        ("hourly", good("2026-03-02T22:00:00"), "2026-03-03T07:12:00", "now: it was due at 2026-03-03 07:00"),
        // A failure is no backup.
        (
            daily,
            vec![("2026-03-02T02:00:00", true), ("2026-03-03T02:00:00", false)],
            "2026-03-03T02:01:00",
            "2026-03-03T02:01:30 after 1 failed",
        ),
        (
            daily,
            vec![("2026-03-02T02:00:00", true), ("2026-03-03T02:00:00", false)],
            "2026-03-03T02:01:30",
            "now: the last run failed",
        ),
        // Retried to the end, and at the next scheduled moment again.
        (
            daily,
            vec![("2026-03-03T02:00:00", false), ("2026-03-03T02:01:30", false)],
            "2026-03-03T02:02:00",
            "2026-03-03T02:07:00 after 2 failed",
        ),
        (
            daily,
            vec![("2026-03-03T02:00:00", false), ("2026-03-03T02:01:30", false), ("2026-03-03T02:07:00", false)],
            "2026-03-03T02:07:30",
            "2026-03-03T02:32:30 after 3 failed",
        ),
        (daily, raised(), "2026-03-03T02:33:00", "2026-03-04T02:00:00 after 4 failed, raised"),
        (daily, raised(), "2026-03-04T02:00:00", "now: there is no backup of it yet"),
        // A backup clears what failed before it.
        (
            daily,
            vec![("2026-03-03T02:00:00", false), ("2026-03-03T02:01:30", true)],
            "2026-03-03T02:03:00",
            "2026-03-04T02:00:00",
        ),
        // A retry never waits beyond the next scheduled moment.
        (
            "*/5 * * * *",
            vec![("2026-03-03T01:55:00", true), ("2026-03-03T02:00:00", false), ("2026-03-03T02:01:30", false)],
            "2026-03-03T02:02:30",
            "2026-03-03T02:05:00 after 2 failed",
        ),
        // The clock was put back: by minutes, it waits as usual.
        (daily, good("2026-03-03T02:00:05"), "2026-03-03T01:59:35", "2026-03-04T02:00:00"),
        (daily, good("2026-03-03T02:05:00"), "2026-03-03T01:05:00", "2026-03-04T02:00:00"),
        ("hourly", good("2026-03-03T02:00:00"), "2026-03-03T01:31:00", "2026-03-03T03:00:00"),
        // By more than the schedule's own pause: at once.
        (
            daily,
            good("2026-03-05T02:00:00"),
            "2026-03-03T02:00:00",
            "now: the clock was put back, and the newest backup is from the future",
        ),
        (
            "weekly sunday 10:00",
            good("2030-03-05T02:00:00"),
            "2026-03-03T02:00:00",
            "now: the clock was put back, and the newest backup is from the future",
        ),
        // And only once: what counts is the newest run, not the latest time.
        (
            daily,
            vec![("2030-03-05T02:00:00", true), ("2026-03-03T15:00:00", true)],
            "2026-03-03T15:01:00",
            "2026-03-04T02:00:00",
        ),
        // A failure from the future delays nothing.
        (
            daily,
            vec![("2026-03-02T02:00:00", true), ("2030-03-03T02:00:00", false)],
            "2026-03-03T02:00:00",
            "now: it was due at 2026-03-03 02:00",
        ),
        ("manual", vec![], "2026-03-03T02:00:00", "never"),
        ("manual", good("2020-03-03T02:00:00"), "2026-03-03T02:00:00", "never"),
        ("manual", vec![("2026-03-03T02:00:00", false)], "2026-03-03T02:05:00", "never"),
    ];
    for (schedule, runs, now, expected) in table {
        assert_eq!(answer(schedule, &runs, now), expected, "{schedule}, {runs:?}, at {now}");
    }
}

fn raised() -> Vec<(&'static str, bool)> {
    ["2026-03-03T02:00:00", "2026-03-03T02:01:30", "2026-03-03T02:07:00", "2026-03-03T02:32:30"]
        .map(|t| (t, false))
        .into()
}
