use super::*;
use jiff::tz::TimeZone;

fn at(text: &str) -> Zoned {
    format!("{text}[Europe/Berlin]").parse().expect("a moment in Berlin")
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

#[test]
fn each_day_has_its_share_and_a_missed_one_is_caught_up() {
    let written = at("2026-03-03T02:00:00").timestamp();
    let mut reads = vec![Some(written); SHARES as usize];
    let none = Tries::default();
    let due = |reads: &[Option<Timestamp>], now: &str| share_due(reads, &none, &at(now));
    // What was written in the night is good until the next morning.
    let later = |text: &str| ShareDue::Later(Some(at(text)));
    assert_eq!(due(&reads, "2026-03-03T03:59:00"), later("2026-03-03T04:00:00"));
    let first = share_of(at("2026-03-03T04:00:00").date());
    assert_eq!(due(&reads, "2026-03-03T04:00:00"), ShareDue::Now(first));
    reads[first as usize - 1] = Some(at("2026-03-03T04:10:00").timestamp());
    assert_eq!(due(&reads, "2026-03-03T23:00:00"), later("2026-03-04T04:00:00"));
    // Off for two days: those of three days are due, the oldest first, and each once.
    for n in 1..4 {
        let share = share_of(at(&format!("2026-03-{:02}T04:00:00", 3 + n)).date());
        assert_eq!(due(&reads, "2026-03-06T18:00:00"), ShareDue::Now(share), "{n}");
        reads[share as usize - 1] = Some(at("2026-03-06T18:00:00").timestamp());
    }
    assert_eq!(due(&reads, "2026-03-06T18:00:00"), later("2026-03-07T04:00:00"));
    // Nothing is stored.
    assert_eq!(due(&[None; SHARES as usize], "2026-03-06T18:00:00"), ShareDue::Later(None));
    // Never read and very old: everything, one after the other.
    let mut reads = vec![Some(Timestamp::UNIX_EPOCH); SHARES as usize];
    let mut count = 0;
    while let ShareDue::Now(share) = due(&reads, "2026-03-06T18:00:00") {
        reads[share as usize - 1] = Some(at("2026-03-06T18:00:00").timestamp());
        count += 1;
    }
    assert_eq!(count, SHARES);
}

#[test]
fn what_comes_to_nothing_is_tried_after_1_5_and_25_minutes_and_then_once_a_day() {
    let mut tries = Tries::default();
    let mut now = at("2026-03-03T12:00:00");
    for minutes in [1, 5, 25, 24 * 60, 24 * 60] {
        assert_eq!(is_copy_due(true, true, &tries, &now), CopyDue::Now);
        tries.add(now.timestamp());
        let again = &now + SignedDuration::from_mins(minutes);
        assert_eq!(is_copy_due(true, true, &tries, &now), CopyDue::Later(Some(again.clone())));
        let reads = vec![Some(Timestamp::UNIX_EPOCH); SHARES as usize];
        assert_eq!(share_due(&reads, &tries, &now), ShareDue::Later(Some(again.clone())));
        // A clock that was put back delays nothing.
        assert_eq!(is_copy_due(true, true, &tries, &at("2025-03-03T12:00:00")), CopyDue::Now);
        now = again;
    }
    assert_eq!(is_copy_due(true, false, &Tries::default(), &now), CopyDue::Later(None), "it is away");
    assert_eq!(is_copy_due(false, true, &Tries::default(), &now), CopyDue::Later(None), "it lacks nothing");
}

/// A small generator (SplitMix64): the same seed, the same years.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound) as i64
    }
}

/// Lives for years, reads what is due while it is awake, and answers how old a share became at most while it was
/// awake and had time to read, in seconds, how many reads there were, and how many days it lived.
fn live(seed: u64, days: i64, longest_sleep_secs: u64, travels: bool) -> (i64, i64, i64) {
    let mut dice = Dice(seed);
    let zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"];
    let mut zone = TimeZone::get("Europe/Berlin").expect("a time zone");
    let began = at("2026-01-01T12:00:00").timestamp().as_second();
    let mut now = began;
    let mut reads = vec![Some(Timestamp::from_second(now).expect("a time")); SHARES as usize];
    let (mut oldest, mut count) = (0, 0);
    while now < began + days * DAY {
        let sleep_at = now + 2 * HOUR + dice.below(3 * DAY as u64);
        while now < sleep_at {
            let here = Timestamp::from_second(now).expect("a time").to_zoned(zone.clone());
            match share_due(&reads, &Tries::default(), &here) {
                ShareDue::Now(share) => {
                    now += 60;
                    reads[share as usize - 1] = Some(Timestamp::from_second(now).expect("a time"));
                    count += 1;
                }
                ShareDue::Later(at) => {
                    let at = at.expect("something is stored").timestamp().as_second();
                    assert!(now < at && at <= now + 26 * HOUR, "it looks at {at}, at {here}");
                    oldest = oldest.max(now - reads.iter().flatten().min().expect("there are").as_second());
                    now = at.min(sleep_at);
                }
            }
        }
        now += dice.below(longest_sleep_secs.max(1));
        if travels && dice.below(10) == 0 {
            zone = TimeZone::get(zones[dice.below(4) as usize]).expect("a time zone");
        }
    }
    (oldest, count, (now - began) / DAY)
}

#[test]
fn years_of_sleep_summer_time_and_travel_read_everything_in_time() {
    // Always on: each share once in four weeks, over both changes of the clock.
    let (oldest, count, days) = live(1, 3 * 365, 0, false);
    assert!(oldest <= 28 * DAY + 2 * HOUR, "{oldest}");
    assert!((days - 1..=days + 1).contains(&count), "{count} in {days} days");
    for seed in 0..20 {
        // Asleep for up to six days at a time, and at home: green all the time, as 35 days are allowed.
        let (oldest, count, days) = live(seed, 3 * 365, 6 * DAY as u64, false);
        assert!(oldest < 35 * DAY, "{oldest}");
        assert!(count <= days + 1, "nothing is read twice: {count} in {days} days");
        let (oldest, ..) = live(seed, 3 * 365, 6 * DAY as u64, true);
        assert!(oldest < 36 * DAY, "{oldest}");
    }
}

#[test]
fn a_computer_that_is_on_only_at_weekends_reads_everything_in_time() {
    let began = at("2026-01-03T10:00:00");
    let mut reads = vec![Some(began.timestamp()); SHARES as usize];
    for week in 0..150 {
        for day in 0..2 {
            let now = &began + SignedDuration::from_hours(24 * (7 * week + day));
            while let ShareDue::Now(share) = share_due(&reads, &Tries::default(), &now) {
                reads[share as usize - 1] = Some(now.timestamp());
            }
            let oldest = now.timestamp().as_second() - reads.iter().flatten().min().expect("some").as_second();
            assert!(oldest < 35 * DAY, "{oldest} at {now}");
        }
    }
}
