//! The agent as a real process, with a clock that the test moves: what is due runs, what fails is tried again,
//! and it ends tidily at any moment.

use fs_err as fs;
use keepsake_tests::{Agent, House, noise, wait_until};
use rustix::process::Signal;

#[test]
fn what_is_due_runs_once_and_what_was_missed_is_caught_up() {
    let house = House::new();
    house.tree().file("a.txt", b"a").settle();
    house.put_clock("2026-03-03T15:00:00");
    let mut agent = Agent::begin(&house);
    // Nobody has to make the first backup by hand.
    agent.says("family: backed up", 1);
    agent.at("2026-03-04T01:59:00");
    agent.at("2026-03-04T02:00:30");
    agent.says("family: backed up", 2);
    // Switched off for days, and on again at some other time.
    let said = agent.end(Signal::TERM);
    assert!(said.contains("it was due at 2026-03-04 02:00"), "{said}");
    house.put_clock("2026-03-09T19:30:00");
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 3);
    agent.at("2026-03-10T01:00:00");
    // Made by hand: that counts. The agent must not be quicker.
    agent.signal(Signal::STOP);
    house.put_clock("2026-03-10T02:00:10");
    // A check that the agent began before it was stopped goes on beside it, and has the lock.
    assert!(house.on_its_clock(&["backup", "--quiet", "--wait"]).status().unwrap().success());
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
    house.settings_for_two_plans();
    // Nothing of it can be found: no backup is made.
    fs::remove_dir_all(house.source()).unwrap();
    house.put_clock("2026-03-03T15:00:00");
    let mut agent = Agent::begin(&house);
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
    house.put_clock("2026-03-03T20:00:00");
    let answer = house.on_its_clock(&["health", "--json"]).output().unwrap();
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
    house.put_clock("2026-03-03T15:00:00");
    for (signal, count) in [(Signal::TERM, 1), (Signal::INT, 2)] {
        let agent = Agent::begin(&house);
        wait_until("it writes", || {
            let entries = fs::read_dir(house.backups()).into_iter().flatten().flatten();
            entries.into_iter().any(|entry| entry.metadata().is_ok_and(|meta| meta.len() > 1_000_000))
        });
        // A command beside it is told what goes on.
        let beside = house.on_its_clock(&["backup"]).output().unwrap();
        let told = String::from_utf8_lossy(&beside.stderr).into_owned();
        assert_eq!(beside.status.code(), Some(75), "{told}");
        assert!(told.contains("backing up family since 15:00"), "{told}");
        let said = agent.end(signal);
        assert_eq!(said.matches("the backup was stopped").count(), count, "{said}");
        assert_eq!((house.archives().len(), house.leftovers()), (0, vec![]), "{said}");
    }
    // What was stopped is made up for at once.
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    agent.end(Signal::TERM);
    assert_eq!(house.list().len(), 1);
    house.keepsake(["verify", "--all"]).expect(0);
}

#[test]
fn settings_that_change_are_read_and_broken_ones_leave_the_last_good_ones() {
    let house = House::new();
    house.tree().file("a.txt", b"a").settle();
    house.put_clock("2026-03-03T15:00:00");
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    house.settings_for_two_plans();
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
    house.put_clock("2026-03-03T15:00:00");
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    let second = house.on_its_clock(&["agent"]).output().unwrap();
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(75), "{told}");
    assert!(told.contains("runs already, since 2026-03-03 15:00"), "{told}");
    agent.signal(Signal::KILL);
    agent.wait();
    let agent = Agent::begin(&house);
    house.put_clock("2026-03-03T15:01:00");
    wait_until("it begins", || agent.count("the agent begins") == 2);
    agent.end(Signal::TERM);
}

#[test]
fn it_waits_for_a_command_and_goes_on_when_that_is_killed() {
    let house = House::new();
    house.tree().file("a.jpg", noise(1, 60_000_000)).settle();
    house.put_clock("2026-03-03T15:00:00");
    let large = house.path("home/a.jpg");
    let mut running = house.start(["backup"]);
    running.stop_when("it reads", |running| running.has_open(&large));
    let mut agent = Agent::begin(&house);
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
