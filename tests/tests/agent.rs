//! The agent as a real process, with a clock that the test moves: what is due runs, what fails is tried again,
//! and it ends tidily at any moment.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fs_err as fs;
use jiff::{SignedDuration, Zoned};
use keepsake_tests::{House, noise, wait_until};
use rustix::process::{Pid, Signal, kill_process};

/// An agent at work in a house. Killed when dropped.
struct Agent<'h> {
    house: &'h House,
    child: Child,
    log: PathBuf,
}

fn clock_file(house: &House) -> PathBuf {
    house.path("now")
}

/// Puts the house's clock to a moment: 3 March 2026 is a Tuesday.
fn put_clock(house: &House, moment: &str) {
    let moment: Zoned = format!("{moment}+01:00[Europe/Berlin]").parse().unwrap();
    // Whole or not at all, as it is read at any time.
    fs::write(house.path("now.new"), moment.to_string()).unwrap();
    fs::rename(house.path("now.new"), clock_file(house)).unwrap();
}

fn now(house: &House) -> Zoned {
    fs::read_to_string(clock_file(house)).unwrap().parse().unwrap()
}

fn command(house: &House, words: &[&str]) -> Command {
    let mut command = house.command(words);
    command.env_remove("KEEPSAKE_NOW").env("KEEPSAKE_NOW_FILE", clock_file(house));
    command
}

fn begin(house: &House) -> Agent<'_> {
    let log = house.path("agent.log");
    let stderr = fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
    // A group of its own, as a service has.
    let child = command(house, &["agent"])
        .stdout(Stdio::null())
        .stderr(Stdio::from(stderr.into_file()))
        .process_group(0)
        .spawn()
        .unwrap();
    Agent { house, child, log }
}

impl Agent<'_> {
    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn count(&self, words: &str) -> usize {
        self.said().matches(words).count()
    }

    /// Waits until it has said this so often.
    fn says(&mut self, words: &str, times: usize) {
        let end = Instant::now() + Duration::from_secs(50);
        while self.count(words) < times {
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none() && Instant::now() < end,
                "not {times} times {words:?} ({ended:?}):\n{}",
                self.said()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Moves the clock, and has the agent look at it: it would within a minute.
    fn at(&self, moment: &str) {
        put_clock(self.house, moment);
        self.signal(Signal::HUP);
    }

    fn minutes_later(&self, minutes: i64) {
        let later = now(self.house) + SignedDuration::from_mins(minutes);
        self.at(&later.datetime().to_string());
    }

    /// Asks it to end; it must do so within five seconds, and with 0.
    fn end(mut self, signal: Signal) -> String {
        let asked = Instant::now();
        self.signal(signal);
        let status = self.child.wait().unwrap();
        assert!(asked.elapsed() < Duration::from_secs(5), "it took {:?}", asked.elapsed());
        assert_eq!(status.code(), Some(0), "{}", self.said());
        self.said()
    }
}

impl Drop for Agent<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two plans of a source each: `family` of `home`, and `other` of a folder beside.
fn write_two_plans(house: &House) {
    fs::create_dir_all(house.path("beside")).unwrap();
    fs::write(house.path("beside/a.txt"), "a").unwrap();
    let plan = |name: &str, path: PathBuf| {
        format!(
            "[[plan]]\nname = {name:?}\nschedule = \"daily 02:00\"\n[[plan.source]]\nname = {name:?}\npath = {path:?}\n"
        )
    };
    let (family, other) = (plan("family", house.source()), plan("other", house.path("beside")));
    house.write_config(&format!("backup_dir = {:?}\n{family}{other}", house.backups()));
}

#[test]
fn what_is_due_runs_once_and_what_was_missed_is_caught_up() {
    let house = House::new();
    house.tree().file("a.txt", b"a").settle();
    put_clock(&house, "2026-03-03T15:00:00");
    let mut agent = begin(&house);
    // Nobody has to make the first backup by hand.
    agent.says("family: backed up", 1);
    agent.at("2026-03-04T01:59:00");
    agent.at("2026-03-04T02:00:30");
    agent.says("family: backed up", 2);
    // Switched off for days, and on again at some other time.
    let said = agent.end(Signal::TERM);
    assert!(said.contains("it was due at 2026-03-04 02:00"), "{said}");
    put_clock(&house, "2026-03-09T19:30:00");
    let mut agent = begin(&house);
    agent.says("family: backed up", 3);
    agent.at("2026-03-10T01:00:00");
    // Made by hand: that counts. The agent must not be quicker.
    agent.signal(Signal::STOP);
    put_clock(&house, "2026-03-10T02:00:10");
    assert!(command(&house, &["backup", "--quiet"]).status().unwrap().success());
    agent.signal(Signal::CONT);
    agent.at("2026-03-10T03:00:00");
    let said = agent.end(Signal::INT);
    assert_eq!(said.matches("family: backed up").count(), 3, "{said}");
    assert_eq!(house.list().len(), 4);
    assert_eq!(house.leftovers(), [""; 0]);
}

#[test]
fn what_fails_is_tried_again_and_raised_and_hides_nothing() {
    let house = House::new();
    write_two_plans(&house);
    // Nothing of it can be found: no backup is made.
    fs::remove_dir_all(house.source()).unwrap();
    put_clock(&house, "2026-03-03T15:00:00");
    let mut agent = begin(&house);
    agent.says("other: backed up", 1);
    agent.says("family: the backup failed", 1);
    agent.says("family: tries again at 2026-03-03 15:01:00", 1);
    for (minutes, count) in [(1, 2), (5, 3), (25, 4)] {
        agent.minutes_later(minutes);
        agent.says("family: the backup failed", count);
    }
    agent.says("family: 4 runs in a row failed", 1);
    let looks = agent.count("settings read");
    agent.minutes_later(300);
    agent.says("settings read", looks + 1);
    assert_eq!(agent.count("family: the backup failed"), 4, "{}", agent.said());
    // The other's success clears nothing.
    put_clock(&house, "2026-03-03T20:00:00");
    let answer = command(&house, &["health", "--json"]).output().unwrap();
    assert_eq!(answer.status.code(), Some(2), "{}", String::from_utf8_lossy(&answer.stdout));
    // At the next scheduled time it is tried again; what was wrong is mended.
    fs::create_dir(house.source()).unwrap();
    fs::write(house.source().join("a.txt"), "a").unwrap();
    agent.at("2026-03-04T02:00:00");
    agent.says("family: backed up", 1);
    agent.says("other: backed up", 2);
    let said = agent.end(Signal::TERM);
    assert_eq!((said.matches("family: the backup failed").count(), said.matches("other: backed up").count()), (4, 2));
}

#[test]
fn asked_to_end_in_the_middle_of_a_backup_it_leaves_everything_tidy() {
    let house = House::new();
    for i in 0..30 {
        house.tree().file(format!("{i:02}.jpg"), noise(i, 5_000_000));
    }
    house.tree().settle();
    put_clock(&house, "2026-03-03T15:00:00");
    for (signal, count) in [(Signal::TERM, 1), (Signal::INT, 2)] {
        let agent = begin(&house);
        wait_until("it writes", || {
            let entries = fs::read_dir(house.backups()).into_iter().flatten().flatten();
            entries.into_iter().any(|entry| entry.metadata().is_ok_and(|meta| meta.len() > 1_000_000))
        });
        // A command beside it is told what goes on.
        let beside = command(&house, &["backup"]).output().unwrap();
        let told = String::from_utf8_lossy(&beside.stderr).into_owned();
        assert_eq!(beside.status.code(), Some(75), "{told}");
        assert!(told.contains("backing up family since 15:00"), "{told}");
        let said = agent.end(signal);
        assert_eq!(said.matches("the backup was stopped").count(), count, "{said}");
        assert_eq!((house.archives().len(), house.leftovers()), (0, vec![]), "{said}");
    }
    // What was stopped is made up for at once.
    let mut agent = begin(&house);
    agent.says("family: backed up", 1);
    agent.end(Signal::TERM);
    assert_eq!(house.list().len(), 1);
    house.keepsake(["verify", "--all"]).expect(0);
}

#[test]
fn settings_that_change_are_read_and_broken_ones_leave_the_last_good_ones() {
    let house = House::new();
    house.tree().file("a.txt", b"a").settle();
    put_clock(&house, "2026-03-03T15:00:00");
    let mut agent = begin(&house);
    agent.says("family: backed up", 1);
    write_two_plans(&house);
    agent.signal(Signal::HUP);
    agent.says("other: backed up", 1);
    house.write_config("retension = 7\n");
    agent.at("2026-03-04T02:00:00");
    agent.says("the last good ones hold", 1);
    agent.says("family: backed up", 2);
    agent.says("other: backed up", 2);
    fs::remove_file(house.config()).unwrap();
    agent.at("2026-03-05T02:00:00");
    agent.says("nothing is set up", 1);
    house.settings("schedule = \"manual\"");
    agent.at("2026-03-06T02:00:00");
    agent.says("settings read: family manual", 1);
    let said = agent.end(Signal::TERM);
    assert_eq!(said.matches(": backed up").count(), 4, "{said}");
}

#[test]
fn a_second_agent_leaves_and_a_killed_one_is_in_nobodys_way() {
    let house = House::new();
    house.tree().file("a.txt", b"a").settle();
    put_clock(&house, "2026-03-03T15:00:00");
    let mut agent = begin(&house);
    agent.says("family: backed up", 1);
    let second = command(&house, &["agent"]).output().unwrap();
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(75), "{told}");
    assert!(told.contains("runs already, since 2026-03-03 15:00"), "{told}");
    agent.signal(Signal::KILL);
    agent.child.wait().unwrap();
    let agent = begin(&house);
    put_clock(&house, "2026-03-03T15:01:00");
    wait_until("it begins", || agent.count("the agent begins") == 2);
    agent.end(Signal::TERM);
}

#[test]
fn it_waits_for_a_command_and_goes_on_when_that_is_killed() {
    let house = House::new();
    house.tree().file("a.jpg", noise(1, 60_000_000)).settle();
    put_clock(&house, "2026-03-03T15:00:00");
    let large = house.path("home/a.jpg");
    let mut running = house.start(["backup"]);
    running.stop_when("it reads", |running| running.has_open(&large));
    let mut agent = begin(&house);
    agent.says("and waits: backing up family since 02:05", 1);
    // Told once, not each minute.
    agent.minutes_later(1);
    agent.minutes_later(1);
    running.signal(Signal::KILL);
    assert_eq!(running.wait().code, -9);
    agent.minutes_later(1);
    agent.says("family: backed up", 1);
    assert_eq!(agent.count("and waits"), 1, "{}", agent.said());
    agent.end(Signal::TERM);
    assert_eq!(house.leftovers(), [""; 0]);
}
