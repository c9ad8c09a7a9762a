use super::*;
use keepsake_api::{Said, State};
use proptest::prelude::*;

const FREE: Around = Around { is_quiet: false, is_full_screen: false };
const DAY: i64 = 86_400;

/// 1 March 2026 is a Sunday.
fn at(text: &str) -> Zoned {
    format!("{text}[Europe/Berlin]").parse().expect("a moment")
}

/// The newest copy on any drive is from then.
fn old(copied: &str, now: &Zoned) -> Reason {
    let age = now.timestamp().duration_since(at(copied).timestamp());
    let said = Said::new("health-drive-old").text("name", "Blue drive").with("age", SaidArg::AgeSecs(age.as_secs()));
    Reason {
        rule: "drive-old".into(),
        plan: None,
        source: None,
        place: Some("Blue drive".into()),
        said,
        detail: None,
        state: State::Attention,
        action: Some(Action::ShowDrives),
    }
}

fn shows(deeds: &[Deed]) -> usize {
    deeds.iter().filter(|deed| matches!(deed, Deed::Show { .. })).count()
}

/// A desktop that does what the policy says.
#[derive(Default)]
struct Desk {
    kept: Reminded,
    last: u32,
}

impl Desk {
    fn look(&mut self, now: &Zoned, reasons: &[Reason], around: Around) -> usize {
        let deeds = deeds(now, reasons, &self.kept, around);
        for deed in &deeds {
            match deed {
                Deed::Show { reason, replaces } => {
                    self.last += 1;
                    let number = replaces.unwrap_or(self.last);
                    self.kept.show(now.timestamp().as_second(), reason.place.clone(), number, *replaces);
                }
                Deed::Withdraw { number } => assert!(self.kept.close(*number)),
                Deed::PutOff { until } => self.kept.snoozed_until = Some(*until),
            }
        }
        shows(&deeds)
    }

    /// Looks with a copy from then.
    fn with_copy(&mut self, copied: &str, now: &str) -> usize {
        let now = at(now);
        let count = self.look(&now, &[old(copied, &now)], FREE);
        assert_eq!(self.look(&now, &[old(copied, &now)], FREE), 0, "once");
        count
    }
}

#[test]
fn it_comes_on_sunday_at_ten_and_once() {
    let mut desk = Desk::default();
    let copied = "2026-02-20T09:00+01:00";
    for (now, count) in [
        ("2026-02-27T12:00+01:00", 0),
        ("2026-03-01T09:59:59+01:00", 0),
        ("2026-03-01T10:00+01:00", 1),
        ("2026-03-01T23:00+01:00", 0),
        ("2026-03-07T23:00+01:00", 0),
        ("2026-03-08T09:59+01:00", 0),
        ("2026-03-08T10:00+01:00", 1),
    ] {
        assert_eq!(desk.with_copy(copied, now), count, "{now}");
    }
}

#[test]
fn a_computer_that_was_off_is_reminded_as_soon_as_it_is_on() {
    let copied = "2026-02-20T09:00+01:00";
    let mut desk = Desk::default();
    assert_eq!(desk.with_copy(copied, "2026-03-04T18:30+01:00"), 1);
    // The next Sunday is far enough away; the one behind a late one is not.
    assert_eq!(desk.with_copy(copied, "2026-03-08T10:00+01:00"), 1);
    assert_eq!(desk.with_copy(copied, "2026-03-21T08:00+01:00"), 1, "a Saturday");
    assert_eq!(desk.with_copy(copied, "2026-03-22T10:00+01:00"), 0);
    assert_eq!(desk.with_copy(copied, "2026-03-28T10:00+01:00"), 0);
    assert_eq!(desk.with_copy(copied, "2026-03-29T10:00+02:00"), 1);
}

#[test]
fn what_was_not_old_on_sunday_waits_for_the_next() {
    let mut desk = Desk::default();
    let copied = "2026-02-22T11:00+01:00";
    assert_eq!(desk.with_copy(copied, "2026-03-01T10:00+01:00"), 0, "an hour is missing");
    assert_eq!(desk.with_copy(copied, "2026-03-01T12:00+01:00"), 0);
    assert_eq!(desk.with_copy(copied, "2026-03-07T12:00+01:00"), 0);
    assert_eq!(desk.with_copy(copied, "2026-03-08T10:00+01:00"), 1);
    assert_eq!(Desk::default().with_copy("2026-02-22T09:59+01:00", "2026-03-01T10:00+01:00"), 1);
    assert_eq!(Desk::default().with_copy("2026-02-22T10:00+01:00", "2026-03-01T10:00+01:00"), 0, "7 days, not more");
}

#[test]
fn ten_is_ten_on_the_wall_clock_in_summer_and_winter() {
    // The clock is put forward on 29 March and back on 25 October.
    for (before, then, copied) in [
        ("2026-03-29T09:59+02:00", "2026-03-29T10:00+02:00", "2026-03-01T10:00+01:00"),
        ("2026-10-25T09:59+01:00", "2026-10-25T10:00+01:00", "2026-10-01T10:00+02:00"),
    ] {
        let mut desk = Desk::default();
        // The Sunday before was told.
        desk.kept.at = Some(at(then).timestamp().as_second() - 7 * DAY);
        assert_eq!((desk.with_copy(copied, before), desk.with_copy(copied, then)), (0, 1), "{then}");
    }
}

#[test]
fn travelling_and_clocks_that_are_put_back_bring_no_second_one() {
    let copied = "2026-02-20T09:00+01:00";
    let mut desk = Desk::default();
    assert_eq!(desk.with_copy(copied, "2026-03-01T10:00+01:00"), 1);
    let there: Zoned = "2026-03-01T10:00-05:00[America/New_York]".parse().unwrap();
    assert_eq!(desk.look(&there, &[old(copied, &there)], FREE), 0);
    // Put back by two hours and on again.
    assert_eq!(desk.with_copy(copied, "2026-03-01T08:00+01:00"), 0);
    assert_eq!(desk.with_copy(copied, "2026-03-01T10:00:01+01:00"), 0);
    // One that a wrong clock has noted, years ahead, silences nobody for years.
    desk.kept.at = Some(at("2031-01-01T00:00+01:00").timestamp().as_second());
    assert_eq!(desk.with_copy(copied, "2026-03-08T10:00+01:00"), 1);
    assert_eq!(desk.with_copy(copied, "2026-03-08T10:01+01:00"), 0);
}

#[test]
fn put_off_it_comes_when_that_is_over() {
    let copied = "2026-02-20T09:00+01:00";
    let mut desk = Desk::default();
    assert_eq!(desk.with_copy(copied, "2026-03-01T10:00+01:00"), 1);
    let snoozed = |now: &Zoned, until: &str| {
        let reason = old(copied, now);
        let until = SaidArg::Moment(at(until).timestamp().as_second());
        Reason { said: reason.said.clone().with("until", until), ..reason }
    };
    let now = at("2026-03-01T10:05+01:00");
    let until = "2026-03-02T10:05+01:00";
    assert_eq!(desk.kept.number, Some(1));
    assert_eq!(desk.look(&now, &[snoozed(&now, until)], FREE), 0);
    assert_eq!((desk.kept.number, desk.kept.snoozed_until.is_some()), (None, true), "it is taken away");
    assert_eq!(desk.with_copy(copied, "2026-03-02T10:04+01:00"), 0);
    assert_eq!(desk.with_copy(copied, "2026-03-02T10:05+01:00"), 1, "a Monday");
    // Over a Sunday nothing comes, and after it once.
    let now = at("2026-03-08T10:00+01:00");
    assert_eq!(desk.look(&now, &[snoozed(&now, "2026-03-16T10:00+01:00")], FREE), 0);
    assert_eq!(desk.with_copy(copied, "2026-03-16T10:00+01:00"), 1);
    assert_eq!(desk.with_copy(copied, "2026-03-18T10:00+01:00"), 0);
}

#[test]
fn it_is_quiet_while_a_drive_is_in_and_when_it_would_disturb() {
    let now = at("2026-03-01T10:00+01:00");
    let reason = old("2026-02-20T09:00+01:00", &now);
    let here = Reason { action: Some(Action::CopyNow), ..reason.clone() };
    let mut desk = Desk::default();
    assert_eq!(desk.look(&now, &[here], FREE), 0);
    for (is_quiet, is_full_screen) in [(true, false), (false, true)] {
        assert_eq!(desk.look(&now, std::slice::from_ref(&reason), Around { is_quiet, is_full_screen }), 0);
    }
    assert_eq!(desk.look(&now, std::slice::from_ref(&reason), FREE), 1, "then it comes");
    // Another drive has its turn: the words change, and that is no new reminder.
    let other = Reason { place: Some("Green drive".into()), ..reason };
    assert_eq!(desk.look(&at("2026-03-02T10:00+01:00"), &[other], FREE), 1);
    assert_eq!(desk.kept.at, Some(now.timestamp().as_second()));
    assert_eq!(desk.look(&now, &[], FREE), 0);
    assert_eq!(desk.kept.number, None, "it was copied");
}

#[test]
fn what_was_put_away_or_kept_in_the_file_does_not_come_back() {
    let copied = "2026-02-20T09:00+01:00";
    let mut desk = Desk::default();
    desk.with_copy(copied, "2026-03-01T10:00+01:00");
    assert!(desk.kept.close(1) && !desk.kept.close(1));
    assert_eq!(desk.with_copy(copied, "2026-03-01T10:10+01:00"), 0);
    desk.kept = serde_json::from_str(&serde_json::to_string(&desk.kept).unwrap()).unwrap();
    assert_eq!(desk.with_copy(copied, "2026-03-01T11:00+01:00"), 0);
}

proptest! {
    /// However the computer sleeps, and in whatever time zone it wakes up: never twice within three days, never of a copy that
    /// was fresh, and at least once in the time from one Sunday at ten to the next when it is on at the end of it.
    #[test]
    fn it_comes_at_least_once_and_at_most_once(
        begin in 1_767_225_600i64..1_900_000_000,
        naps in prop::collection::vec(60i64..5 * DAY, 1..60),
        zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
        age in 0i64..30 * DAY,
    ) {
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        let copied = Timestamp::from_second(begin - age).unwrap();
        let mut desk = Desk::default();
        let mut told: Vec<i64> = Vec::new();
        let mut now_secs = begin;
        for nap in naps {
            now_secs += nap;
            let now = Timestamp::from_second(now_secs).unwrap().to_zoned(zone.clone());
            let mut reason = old("2026-01-01T00:00+01:00", &now);
            let age = now.timestamp().duration_since(copied).as_secs();
            reason.said = Said::new("health-drive-old").with("age", SaidArg::AgeSecs(age));
            if desk.look(&now, &[reason], FREE) > 0 {
                prop_assert!(age > 7 * DAY);
                prop_assert!(told.last().is_none_or(|last| now_secs - last >= 3 * DAY), "{:?} and {}", told, now_secs);
                told.push(now_secs);
            }
            // A Sunday at ten and a whole week old then: it was told within the ten days behind it.
            let turn = Schedule::parse(TURN).unwrap().last_due(&now).unwrap().timestamp().as_second();
            if turn - copied.as_second() > 7 * DAY {
                prop_assert!(told.last().is_some_and(|last| *last > turn - 3 * DAY), "{:?} and {}", told, turn);
            }
        }
    }
}
