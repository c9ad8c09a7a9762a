//! Simulated years: a computer that sleeps, is switched off, travels, has its clock set, and whose runs fail.
//! It looks when the answer says so; looks at random moments in between show that more would change nothing.

use jiff::tz::TimeZone;

use super::*;

/// A small generator (SplitMix64): the same seed, the same year.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

/// What the outside does in a simulation.
#[derive(Clone, Copy)]
struct World {
    schedule: &'static str,
    home: &'static str,
    sleeps: bool,
    travels: bool,
    /// One set clock in so many events; 0 for never.
    clock_set_one_in: u64,
    /// One failed run in so many; 0 for never.
    fails_one_in: u64,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const ZONES: [&str; 5] =
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Kiritimati"];

struct House {
    schedule: Schedule,
    zone: TimeZone,
    /// What the clock shows more than it should.
    clock_off_secs: i64,
    true_secs: i64,
    runs: Vec<PastRun>,
    /// The time zone or the clock changed since the last good run.
    is_shifted: bool,
    good_runs: usize,
}

impl House {
    fn now(&self) -> Zoned {
        Timestamp::from_second(self.true_secs + self.clock_off_secs).expect("a time").to_zoned(self.zone.clone())
    }

    /// Runs what is due, and checks that it is not a double.
    fn run(&mut self, dice: &mut Dice, world: World) {
        let began = self.now();
        let takes_secs = 1 + dice.below(20 * MINUTE as u64) as i64;
        let made_backup = world.fails_one_in == 0 || !dice.one_in(world.fails_one_in);
        if made_backup {
            if let Some(before) = self.runs.iter().rev().find(|run| run.made_backup)
                && !self.is_shifted
            {
                let before = before.started.to_zoned(self.zone.clone());
                let scheduled = self.schedule.next_due(&before).expect("never manual");
                assert!(scheduled <= began, "doubled: {before} and {began}, and none was due before {scheduled}");
            }
            self.is_shifted = false;
            self.good_runs += 1;
        }
        self.true_secs += takes_secs;
        let run = PastRun { started: began.timestamp(), finished: self.now().timestamp(), made_backup };
        self.runs.push(run);
        if self.runs.len() > 50 {
            self.runs.remove(0);
        }
    }

    /// Awake until `until` in true time: looks when it is told to, and runs what is due.
    fn be_awake(&mut self, until: i64, dice: &mut Dice, world: World) {
        let woke = self.now();
        let runs_before = self.good_runs;
        let is_shifted = self.is_shifted;
        while self.true_secs < until {
            match is_due(&self.schedule, &self.runs, &self.now()) {
                Due::Now(_) => self.run(dice, world),
                Due::Later { at, .. } => {
                    let at = at.expect("never manual");
                    let wait_secs = at.timestamp().as_second() - self.now().timestamp().as_second();
                    assert!(wait_secs > 0, "a look in the past: {at} at {}", self.now());
                    let pause = self.schedule.interval(&self.now()).expect("never manual").as_secs();
                    assert!(wait_secs <= pause + HOUR, "it waits longer than its pause: until {at}, at {}", self.now());
                    let wait_secs = wait_secs.min(until - self.true_secs);
                    self.nothing_is_due_between(wait_secs, dice);
                    self.true_secs += wait_secs;
                }
            }
        }
        // Nothing missed: each scheduled moment while it was awake, with time left for runs, has its run.
        let mut due = 0;
        let mut moment = woke;
        let calm = Timestamp::from_second(until + self.clock_off_secs - HOUR).expect("a time");
        while let Some(next) = self.schedule.next_due(&moment).filter(|next| next.timestamp() < calm) {
            due += 1;
            moment = next;
        }
        let ran = self.good_runs - runs_before;
        if world.fails_one_in == 0 && !is_shifted {
            assert!(ran >= due, "{due} moments were due and {ran} runs were made until {}", self.now());
        }
        // Of those that fail there is at least a try.
        if due > 0 && !is_shifted {
            let newest = self.runs.last().expect("it ran").started;
            assert!(newest >= moment.timestamp(), "missed {moment}: the newest run is of {newest}");
            self.was_tried_until_it_worked(&moment, until);
        }
    }

    /// With two hours of being awake behind the newest scheduled moment, there is a backup of it or four failures.
    fn was_tried_until_it_worked(&self, moment: &Zoned, until: i64) {
        let quiet_since = until + self.clock_off_secs - 2 * HOUR;
        let is_newest = self.schedule.last_due(&self.now()).expect("never manual") == *moment;
        if is_newest && moment.timestamp().as_second() < quiet_since {
            let tries: Vec<&PastRun> = self
                .runs
                .iter()
                .filter(|run| run.started >= moment.timestamp() && run.finished > run.started)
                .collect();
            assert!(tries.iter().any(|run| run.made_backup) || tries.len() == 4, "given up: {moment}, {tries:?}");
        }
    }

    fn nothing_is_due_between(&self, wait_secs: i64, dice: &mut Dice) {
        if wait_secs > 1 {
            let later = self.now() + SignedDuration::from_secs(dice.below(wait_secs as u64) as i64);
            let answer = is_due(&self.schedule, &self.runs, &later);
            assert!(matches!(answer, Due::Later { .. }), "due at {later} already: {answer:?}");
        }
    }
}

fn live(world: World, seed: u64, days: i64) -> usize {
    let mut dice = Dice(seed);
    let began = "2026-01-01T12:00:00Z".parse::<Timestamp>().expect("a time").as_second();
    let mut house = House {
        schedule: Schedule::parse(world.schedule).expect("a schedule"),
        zone: TimeZone::get(world.home).expect("a time zone"),
        clock_off_secs: 0,
        true_secs: began,
        runs: Vec::new(),
        is_shifted: false,
        good_runs: 0,
    };
    while house.true_secs < began + days * 24 * HOUR {
        // From a glance of a minute to three days.
        let awake_secs = [MINUTE, HOUR, 8 * HOUR, 72 * HOUR][dice.below(4) as usize];
        let until = house.true_secs + 1 + dice.below(awake_secs as u64) as i64;
        house.be_awake(until, &mut dice, world);
        if world.sleeps {
            let asleep_secs = [HOUR, 12 * HOUR, 240 * HOUR][dice.below(3) as usize];
            house.true_secs += dice.below(asleep_secs as u64) as i64;
        }
        if world.travels && dice.one_in(10) {
            house.zone = TimeZone::get(ZONES[dice.below(5) as usize]).expect("a time zone");
            house.is_shifted = true;
        }
        if world.clock_set_one_in > 0 && dice.one_in(world.clock_set_one_in) {
            let most_secs = [90, 2 * HOUR, 30 * 24 * HOUR, 900 * 24 * HOUR][dice.below(4) as usize];
            house.clock_off_secs = dice.below(2 * most_secs as u64) as i64 - most_secs;
            house.is_shifted = true;
        }
    }
    house.good_runs
}

const CALM: World = World {
    schedule: "daily 02:30",
    home: "Europe/Berlin",
    sleeps: false,
    travels: false,
    clock_set_one_in: 0,
    fails_one_in: 0,
};

#[test]
fn a_computer_that_is_always_on_runs_each_time_once() {
    for home in ZONES {
        // The first at once, then each night of a year.
        let runs = live(World { home, ..CALM }, 7, 365);
        assert!((365..=369).contains(&runs), "{home}: {runs}");
    }
}

#[test]
fn nothing_is_missed_and_nothing_doubled_in_years_of_sleep_and_summer_time() {
    for (number, home) in ZONES.into_iter().enumerate() {
        for schedule in ["daily 02:30", "hourly", "weekly sun 02:00", "30 2,14 * * 1-5", "*/20 1-3 * * *"] {
            live(World { schedule, home, sleeps: true, ..CALM }, number as u64, 3 * 365);
        }
    }
}

#[test]
fn nothing_is_missed_when_runs_fail() {
    for schedule in ["daily 02:30", "hourly", "weekly sun 02:00"] {
        for fails_one_in in [2, 3, 10] {
            live(World { schedule, sleeps: true, fails_one_in, ..CALM }, fails_one_in, 3 * 365);
        }
    }
}

#[test]
fn travel_and_set_clocks_lose_nothing() {
    for seed in 0..12 {
        for schedule in ["daily 02:30", "hourly", "weekly sun 02:00", "30 2,14 * * 1-5"] {
            let shifting = World { schedule, sleeps: true, travels: true, clock_set_one_in: 8, ..CALM };
            live(shifting, seed, 2 * 365);
        }
    }
}
