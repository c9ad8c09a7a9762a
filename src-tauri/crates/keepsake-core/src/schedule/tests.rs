use super::*;

fn at(text: &str) -> Zoned {
    text.parse().expect("a moment with its time zone")
}

#[test]
fn due_moments() {
    // Schedule, now, last due, next due. Berlin puts the clock forward on 29 March 2026 and back on 25 October.
    let table = [
        ("daily 02:00", "2026-03-03T02:05+01:00[Europe/Berlin]", "2026-03-03T02:00", "2026-03-04T02:00"),
        ("daily 02:00", "2026-03-03T01:59:59+01:00[Europe/Berlin]", "2026-03-02T02:00", "2026-03-03T02:00"),
        ("daily 02:00", "2026-03-03T02:00+01:00[Europe/Berlin]", "2026-03-03T02:00", "2026-03-04T02:00"),
        ("Daily  2:00 ", "2026-01-01T00:00+01:00[Europe/Berlin]", "2025-12-31T02:00", "2026-01-01T02:00"),
        ("hourly", "2026-03-03T02:05:07.5+01:00[Europe/Berlin]", "2026-03-03T02:00", "2026-03-03T03:00"),
        ("hourly", "2026-03-03T02:00+01:00[Europe/Berlin]", "2026-03-03T02:00", "2026-03-03T03:00"),
        ("weekly sunday 10:00", "2026-03-03T02:05+01:00[Europe/Berlin]", "2026-03-01T10:00", "2026-03-08T10:00"),
        ("weekly tue 02:05", "2026-03-03T02:05+01:00[Europe/Berlin]", "2026-03-03T02:05", "2026-03-10T02:05"),
        ("30 3 * * 1-5", "2026-03-01T12:00+01:00[Europe/Berlin]", "2026-02-27T03:30", "2026-03-02T03:30"),
        ("*/20 9,17 1 * *", "2026-03-01T09:25+01:00[Europe/Berlin]", "2026-03-01T09:20", "2026-03-01T09:40"),
        ("0 0 29 2 *", "2026-03-01T09:25+01:00[Europe/Berlin]", "2024-02-29T00:00", "2028-02-29T00:00"),
        ("0 12 1 * MON", "2026-03-03T00:00+01:00[Europe/Berlin]", "2026-03-02T12:00", "2026-03-09T12:00"),
        // The hour from 02:00 to 03:00 is missing.
        ("daily 02:30", "2026-03-29T01:59+01:00[Europe/Berlin]", "2026-03-28T02:30", "2026-03-29T03:00"),
        ("daily 02:30", "2026-03-29T03:00+02:00[Europe/Berlin]", "2026-03-29T03:00", "2026-03-30T02:30"),
        ("*/15 2 * * *", "2026-03-29T03:01+02:00[Europe/Berlin]", "2026-03-29T03:00", "2026-03-30T02:00"),
        ("hourly", "2026-03-29T01:30+01:00[Europe/Berlin]", "2026-03-29T01:00", "2026-03-29T03:00"),
        // The hour from 02:00 to 03:00 exists twice.
        ("daily 02:30", "2026-10-25T02:30+02:00[Europe/Berlin]", "2026-10-25T02:30", "2026-10-26T02:30"),
        ("daily 02:30", "2026-10-25T02:31+01:00[Europe/Berlin]", "2026-10-25T02:30", "2026-10-26T02:30"),
        ("daily 02:30", "2026-10-25T02:29+02:00[Europe/Berlin]", "2026-10-24T02:30", "2026-10-25T02:30"),
        // Samoa had no 30 December 2011.
        ("daily 12:00", "2011-12-29T13:00-10:00[Pacific/Apia]", "2011-12-29T12:00", "2011-12-31T00:00"),
        // Havana puts the clock back from 01:00 to 00:00: midnight exists twice.
        ("daily 00:00", "2025-11-02T00:30-05:00[America/Havana]", "2025-11-02T00:00", "2025-11-03T00:00"),
        // Lord Howe changes by half an hour: the clock goes from 02:00 to 02:30, and back.
        ("hourly", "2026-10-04T02:31+11:00[Australia/Lord_Howe]", "2026-10-04T01:00", "2026-10-04T03:00"),
        ("hourly", "2026-10-04T01:31+10:30[Australia/Lord_Howe]", "2026-10-04T01:00", "2026-10-04T03:00"),
        ("hourly", "2026-04-05T01:31+10:30[Australia/Lord_Howe]", "2026-04-05T01:00", "2026-04-05T02:00"),
    ];
    for (text, now, last, next) in table {
        let schedule = Schedule::parse(text).unwrap_or_else(|error| panic!("{error}"));
        let now = at(now);
        let shown = |moment: Option<Zoned>| moment.map(|m| m.datetime().to_string()).unwrap_or_default();
        assert_eq!(shown(schedule.last_due(&now)), format!("{last}:00"), "last of {text} at {now}");
        assert_eq!(shown(schedule.next_due(&now)), format!("{next}:00"), "next of {text} at {now}");
    }
}

#[test]
fn a_time_that_exists_twice_is_due_the_first_time() {
    let schedule = Schedule::parse("daily 02:30").expect("known form");
    let due = schedule.last_due(&at("2026-10-25T12:00+01:00[Europe/Berlin]")).expect("a moment");
    assert_eq!(due, at("2026-10-25T02:30+02:00[Europe/Berlin]"));
}

#[test]
fn every_hour_that_passes_is_due_also_when_its_name_exists_twice() {
    let schedule = Schedule::parse("hourly").expect("known form");
    let mut moment = at("2026-10-25T00:30+02:00[Europe/Berlin]");
    for _ in 0..5 {
        let next = schedule.next_due(&moment).expect("a moment");
        assert!(next.duration_since(&moment) <= SignedDuration::from_hours(1), "{next}");
        moment = next;
    }
    assert_eq!(moment, at("2026-10-25T04:00+01:00[Europe/Berlin]"));
}

#[test]
fn manual_is_never_due() {
    let schedule = Schedule::parse("manual").expect("known form");
    let now = at("2026-03-03T02:05+01:00[Europe/Berlin]");
    assert!(schedule.is_manual());
    assert!(
        schedule.last_due(&now).is_none() && schedule.next_due(&now).is_none() && schedule.interval(&now).is_none()
    );
}

#[test]
fn the_interval_is_the_longest_pause_nearby() {
    for (text, now, hours) in [
        ("daily 02:00", "2026-03-03T12:00+01:00[Europe/Berlin]", 24),
        ("hourly", "2026-03-03T12:00+01:00[Europe/Berlin]", 1),
        ("weekly sunday 10:00", "2026-03-03T12:00+01:00[Europe/Berlin]", 168),
        ("0 2 * * 1-5", "2026-03-02T12:00+01:00[Europe/Berlin]", 72),
        ("0 2 * * 1-5", "2026-03-07T12:00+01:00[Europe/Berlin]", 72),
        ("0 2,14 * * *", "2026-03-02T12:00+01:00[Europe/Berlin]", 12),
        // The night in which an hour exists twice is longer.
        ("daily 02:00", "2026-10-25T12:00+01:00[Europe/Berlin]", 25),
    ] {
        let schedule = Schedule::parse(text).expect("known form");
        assert_eq!(schedule.interval(&at(now)).map(|d| d.as_hours()), Some(hours), "{text} at {now}");
    }
}

#[test]
fn what_is_no_schedule_is_refused_with_the_reason() {
    for (text, why) in [
        ("", "it is empty"),
        ("nightly", "no such form"),
        ("daily", "the time is missing, as in `daily 02:00`"),
        ("daily 2", "`2` is no time between 00:00 and 23:59"),
        ("daily 24:00", "`24:00` is no time between 00:00 and 23:59"),
        ("daily +2:00", "`+2:00` is no time between 00:00 and 23:59"),
        ("weekly 10:00", "day or time is missing, as in `weekly sunday 10:00`"),
        ("weekly someday 10:00", "`someday` is no day of the week"),
        ("weekly sünday 10:00", "`sünday` is no day of the week"),
        ("61 2 * * *", "as a cron line it is wrong"),
        ("0 0 30 2 *", "as a cron line it never comes due: no calendar has that day"),
        ("0 0 2 * * *", "no such form"),
    ] {
        let error = Schedule::parse(text).expect_err(text);
        assert!(error.why.starts_with(why), "{text}: {}", error.why);
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}|[0-9*/,L#W@+? -]{0,20}|(@[a-z]* ?){1,5}") {
        if let Ok(schedule) = Schedule::parse(&text) {
            let now = at("2026-03-29T01:59+01:00[Europe/Berlin]");
            if let (Some(last), Some(next)) = (schedule.last_due(&now), schedule.next_due(&now)) {
                assert!(last <= now && now < next);
                assert_eq!(schedule.last_due(&next), Some(next.clone()));
                assert_eq!(schedule.next_due(&last), Some(next));
            }
        }
    }

    #[test]
    fn daily_comes_once_a_day_whatever_the_clock_does(hour in 0i8..24, minute in 0i8..60, start in 0i64..9000, zone in 0usize..5) {
        let zone = ["Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata"][zone];
        let schedule = Schedule::parse(&format!("daily {hour:02}:{minute:02}")).expect("known form");
        let mut moment = jiff::Timestamp::from_second(1_000_000_000 + start * 86_400).expect("in range").in_tz(zone).expect("known zone");
        moment = schedule.next_due(&moment).expect("a moment");
        for _ in 0..4 {
            let next = schedule.next_due(&moment).expect("a moment");
            assert_eq!(next.date(), moment.date().tomorrow().expect("in range"));
            assert_eq!(schedule.last_due(&next), Some(next.clone()));
            moment = next;
        }
    }
}
