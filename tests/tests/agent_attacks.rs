//! The agent when things go wrong around it: disks that are away, a catalog that cannot be used, plans that take longer
//! than their pause, signals at the wrong moment. Whatever it is, nothing is run over and over, and nothing is forgotten.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fs_err as fs;
use keepsake_api::wire::WireError;
use keepsake_api::{Answer, JobKind, JobPhase, PathText, Request, RestoreAsk, RestoreTarget, State};
use keepsake_tests::{Agent, House, Mount, noise, wait_until};
use rustix::process::{Signal, kill_process};

/// A house with one small file in it, at three in the afternoon.
fn small_house() -> House {
    let house = House::new();
    house.tree().file("a.txt", b"a").settle();
    house.put_clock("2026-03-03T15:00:00");
    house
}

/// An SQL command on the house's catalog.
fn sql(house: &House, text: &str) {
    let catalog = house.data().join("catalog.sqlite");
    keepsake_tests::run("sqlite3", [catalog.as_os_str(), text.as_ref()]);
}

/// Holds a lock on the whole catalog until it is killed.
fn lock_catalog(house: &House) -> Child {
    let mut child = Command::new("sqlite3")
        .arg(house.data().join("catalog.sqlite"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    use std::io::{BufRead, BufReader, Write};
    let commands = b"PRAGMA locking_mode = EXCLUSIVE;\nBEGIN EXCLUSIVE;\nSELECT 'held';\n";
    child.stdin.as_mut().unwrap().write_all(commands).unwrap();
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "held"));
    child
}

#[test]
fn a_plan_that_takes_longer_than_its_pause_leaves_room_for_the_others() {
    let house = House::new();
    house.settings_for_two_plans();
    let text = fs::read_to_string(house.config()).unwrap().replace("daily 02:00", "* * * * *");
    house.write_config(&text);
    house.put_clock("2026-03-03T15:00:00");
    let mut agent = Agent::begin(&house);
    // Whatever runs takes longer than a minute, so that it is due again when it ends.
    for begun in 1..9 {
        agent.says(": backing up", begun);
        let task = agent.stop_task(" backup ");
        agent.minutes_later(1);
        kill_process(task, Signal::CONT).unwrap();
    }
    agent.says("family: backed up", 3);
    agent.says("other: backed up", 3);
    agent.end(Signal::TERM);
}

#[test]
fn a_hangup_of_the_terminal_ends_no_backup() {
    let house = House::new();
    house.tree().file("a.jpg", noise(1, 60_000_000)).settle();
    house.put_clock("2026-03-03T15:00:00");
    let mut agent = Agent::begin(&house);
    wait_until("it writes", || {
        let entries = fs::read_dir(house.backups()).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.metadata().is_ok_and(|meta| meta.len() > 1_000_000))
    });
    agent.signal_group(Signal::HUP);
    agent.says("family: backed up", 1);
    let said = agent.end(Signal::TERM);
    assert!(!said.contains("failed"), "{said}");
}

#[test]
fn killed_in_the_middle_the_next_agent_makes_no_second_backup() {
    let house = House::new();
    house.tree().file("a.jpg", noise(1, 60_000_000)).settle();
    house.put_clock("2026-03-03T15:00:00");
    let mut agent = Agent::begin(&house);
    agent.says("family: backing up", 1);
    wait_until("it writes", || house.backups().exists());
    agent.signal(Signal::KILL);
    agent.wait();
    let mut agent = Agent::begin(&house);
    agent.says("and waits: backing up family since 15:00", 1);
    wait_until("the backup is made", || house.list().len() == 1);
    wait_until("the lock is free", || keepsake_core::lock::holder(&house.data()).is_none());
    agent.looks(2);
    assert_eq!(house.list().len(), 1, "{}", agent.said());
    assert_eq!(agent.count("family: backing up"), 1, "{}", agent.said());
    agent.end(Signal::TERM);
}

#[test]
fn a_backup_that_is_killed_is_a_problem_until_one_is_made() {
    let house = small_house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    let mut watch = agent.watch();
    watch.until(|status| status.state == State::Good);
    agent.at("2026-03-04T02:00:00");
    kill_process(agent.stop_task(" backup "), Signal::KILL).unwrap();
    let status = watch.until(|status| status.state == State::Problem);
    let reason = &status.reasons[0];
    assert_eq!((reason.rule.as_str(), reason.said.id.as_str()), ("run-failed", "health-run-failed-kept"));
    assert_eq!(reason.detail.as_deref(), Some("something killed it."));
    agent.end(Signal::TERM);
    // Who looks without it is told the same.
    let told = house.on_its_clock(&["health"]).output().unwrap();
    assert_eq!(told.status.code(), Some(2), "{}", String::from_utf8_lossy(&told.stdout));
    // The next one knows of it.
    let agent = Agent::begin(&house);
    let task = agent.stop_task(" backup ");
    let mut watch = agent.watch();
    let status = watch.until(|status| status.state == State::Problem);
    assert_eq!(status.reasons[0].rule, "run-failed");
    kill_process(task, Signal::CONT).unwrap();
    let status = watch.until(|status| status.state == State::Good);
    assert!(status.reasons.is_empty(), "{status:?}");
    agent.end(Signal::TERM);
    assert!(!house.data().join("agent-failed-runs").exists());
    assert_eq!(house.on_its_clock(&["health"]).output().unwrap().status.code(), Some(0));
}

#[test]
fn a_backup_whose_run_could_not_be_noted_counts_also_after_a_restart() {
    let house = small_house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    sql(&house, "CREATE TRIGGER no BEFORE INSERT ON run BEGIN SELECT RAISE(ABORT, 'no room'); END");
    agent.at("2026-03-04T02:00:00");
    agent.says("family: backed up", 2);
    agent.looks(3);
    assert_eq!(agent.count("family: backing up"), 2, "{}", agent.said());
    agent.end(Signal::TERM);
    let mut agent = Agent::begin(&house);
    agent.looks(2);
    assert_eq!(agent.count("family: backing up"), 2, "{}", agent.said());
    // A catalog made anew numbers its runs from the beginning.
    fs::remove_dir_all(house.data()).unwrap();
    agent.at("2026-03-05T02:00:00");
    agent.says("family: backed up", 3);
    agent.looks(3);
    assert_eq!(agent.count("family: backing up"), 3, "{}", agent.said());
    agent.end(Signal::TERM);
}

#[test]
fn a_backup_that_was_not_noted_does_not_come_again_and_again_after_the_catalog_was_lost() {
    let house = small_house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    // Three more runs, so that the numbers of a new catalog are smaller.
    for day in 4..7 {
        agent.at(&format!("2026-03-{day:02}T02:00:00"));
        agent.says("family: backed up", day - 2);
    }
    sql(&house, "CREATE TRIGGER no BEFORE INSERT ON run BEGIN SELECT RAISE(ABORT, 'no room'); END");
    agent.at("2026-03-07T02:00:00");
    agent.says("family: backed up", 5);
    fs::remove_file(house.data().join("catalog.sqlite")).unwrap();
    agent.at("2026-03-08T02:00:00");
    agent.says("family: backed up", 6);
    agent.looks(4);
    assert_eq!(agent.count("family: backing up"), 6, "{}", agent.said());
    agent.end(Signal::TERM);
}

#[test]
fn a_catalog_that_somebody_holds_neither_stops_the_agent_nor_is_taken_for_an_empty_one() {
    let house = small_house();
    house.on_its_clock(&["backup", "--quiet"]).status().unwrap();
    let mut holder = lock_catalog(&house);
    let mut agent = Agent::begin(&house);
    agent.says("settings read", 1);
    agent.says("what Keepsake knows of your backups could not be read", 1);
    agent.looks(2);
    let said = agent.end(Signal::TERM);
    assert!(!said.contains("backing up") && said.matches("could not be read").count() == 1, "{said}");
    let mut agent = Agent::begin(&house);
    agent.says("what Keepsake knows of your backups could not be read", 2);
    holder.kill().unwrap();
    holder.wait().unwrap();
    agent.looks(2);
    agent.at("2026-03-04T02:00:00");
    agent.says("family: backed up", 1);
    assert_eq!(agent.count("family: backing up"), 1, "{}", agent.said());
    agent.end(Signal::TERM);
}

#[test]
fn a_catalog_that_somebody_holds_turns_nothing_red_unless_that_lasts() {
    let house = small_house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    let mut watch = agent.watch();
    watch.until(|status| status.state == State::Good);
    let state = |agent: &Agent<'_>| match agent.client().ask(Request::Status {}) {
        Ok(Answer::Status(status)) => (status.state, status.reasons),
        other => panic!("{other:?}"),
    };
    let mut holder = lock_catalog(&house);
    agent.look();
    agent.says("what Keepsake knows of your backups could not be read", 1);
    // Looks in one minute are one try.
    agent.looks(4);
    assert_eq!(state(&agent).0, State::Good, "{:?}", state(&agent).1);
    agent.minutes_later(1);
    agent.looks(4);
    assert_eq!(state(&agent).0, State::Good, "{:?}", state(&agent).1);
    agent.minutes_later(1);
    let status = watch.until(|status| status.state == State::Problem);
    assert_eq!(status.reasons[0].rule, "check-failed", "{status:?}");
    holder.kill().unwrap();
    holder.wait().unwrap();
    agent.minutes_later(1);
    watch.until(|status| status.state == State::Good);
    agent.end(Signal::TERM);
}

#[test]
fn a_task_that_cannot_even_be_killed_holds_nobody() {
    let name = "a_task_that_cannot_even_be_killed_holds_nobody";
    let house = small_house();
    fs::create_dir(house.path("nas")).unwrap();
    let Some(disk) = Mount::ext4(name, &house.path("nas"), 64 << 20) else { return };
    let text = fs::read_to_string(house.config()).unwrap();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    let name_of_backup = house.list()[0]["name"].as_str().unwrap().to_string();
    let Some(frozen) = disk.freeze(name) else { return };
    house.write_config(&format!("{text}\n[[destination]]\nname = \"NAS\"\npath = {:?}\n", house.path("nas")));
    agent.look();
    agent.says("NAS: copying", 1);
    // A disk that answers is waited for, too, but never for so long.
    let is_waiting = |agent: &Agent<'_>| {
        let id = agent.task().map_or(0, |(id, _)| id.as_raw_nonzero().get());
        let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
        threads
            .into_iter()
            .any(|thread| fs::read_to_string(thread.path().join("stat")).is_ok_and(|stat| stat.contains(") D ")))
    };
    let waits = |agent: &Agent<'_>| {
        let began = Instant::now();
        while is_waiting(agent) && began.elapsed() < Duration::from_secs(1) {}
        began.elapsed() >= Duration::from_secs(1)
    };
    wait_until("it waits for the disk", || waits(&agent));
    let mut watch = agent.watch();
    let target = RestoreTarget::Beside { dir: PathText::of_path(house.path("r")) };
    let restore = RestoreAsk { name: name_of_backup, paths: vec![], target, from: None };
    agent.client().ask(Request::Restore { restore, confirm: None, seen: None }).unwrap();
    agent.says("NAS: it was killed and has not ended", 1);
    watch.until(|status| status.job.as_ref().is_some_and(|job| job.phase == JobPhase::Stopping));
    // It goes on looking at settings and clock.
    agent.looks(2);
    agent.at("2026-03-06T15:00:00");
    let status = watch.until(|status| status.state == State::Problem);
    assert_eq!((&*status.reasons[0].rule, status.job.map(|job| job.kind)), ("overdue", Some(JobKind::Copy)));
    // Whoever asks for something is told what is in the way.
    let asked = agent.client().ask(Request::Undo { undo: "u".into() });
    assert!(matches!(asked, Err(WireError::Refused(refusal)) if refusal.said.id == "refused-busy-copy"));
    drop(frozen);
    assert_eq!(watch.job_end().kind, JobKind::Restore, "now it is done");
    agent.says("family: backed up", 2);
    agent.says("NAS: copied", 1);
    // And an agent that is to end does not wait for it either.
    house.tree().file("b.txt", b"b").settle();
    let frozen = disk.freeze(name).unwrap();
    agent.at("2026-03-07T02:00:00");
    wait_until("it waits for the disk", || waits(&agent));
    let said = agent.end(Signal::TERM);
    assert!(said.ends_with("the agent ends\n"), "{said}");
    drop(frozen);
    wait_until("the lock is free", || keepsake_core::lock::holder(&house.data()).is_none());
}

#[test]
fn a_backup_folder_that_comes_back_gets_what_was_missed_at_once() {
    let house = small_house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    // Its disk is pulled out.
    fs::rename(house.backups(), house.path("b-away")).unwrap();
    agent.at("2026-03-04T02:00:00");
    for (minutes, count) in [(1, 1), (5, 2), (25, 3), (0, 4)] {
        agent.says("family: the backup failed", count);
        if count < 4 {
            agent.says("family: tries again", count);
        }
        agent.minutes_later(minutes);
    }
    agent.says("4 runs in a row failed", 1);
    agent.minutes_later(120);
    agent.looks(1);
    assert_eq!(agent.count("family: the backup failed"), 4, "{}", agent.said());
    fs::rename(house.path("b-away"), house.backups()).unwrap();
    agent.look();
    agent.says("family: backed up", 2);
    agent.looks(2);
    assert_eq!(agent.count("family: backing up"), 6, "{}", agent.said());
    // A source that comes back is no different.
    fs::rename(house.source(), house.path("home-away")).unwrap();
    agent.at("2026-03-05T02:00:00");
    agent.says("family: the backup failed", 5);
    agent.says("family: tries again", 4);
    fs::rename(house.path("home-away"), house.source()).unwrap();
    agent.look();
    agent.says("family: backed up", 3);
    agent.end(Signal::TERM);
}

#[test]
fn a_clock_that_is_wrong_for_a_year_costs_one_backup_each_time_it_is_set() {
    let house = small_house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    for (moment, count) in [("2027-03-03T15:00:00", 2), ("2026-03-03T15:30:00", 3), ("2027-03-03T16:00:00", 4)] {
        agent.at(moment);
        agent.says("family: backed up", count);
        agent.looks(3);
        assert_eq!(agent.count("family: backing up"), count, "{}", agent.said());
    }
    agent.at("2026-03-03T16:00:00");
    agent.says("family: backed up", 5);
    agent.at("2026-03-04T01:59:00");
    agent.looks(2);
    agent.at("2026-03-04T02:00:00");
    agent.says("family: backed up", 6);
    agent.looks(2);
    assert_eq!(agent.count("family: backing up"), 6, "{}", agent.said());
    agent.end(Signal::TERM);
    house.keepsake(["verify", "--all"]).expect(0);
}

#[test]
fn an_agent_whose_folder_was_removed_gives_way_to_another() {
    let house = small_house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    agent.signal(Signal::STOP);
    // At one stroke: the agent may be writing into it.
    fs::rename(house.data(), house.path("gone")).unwrap();
    let mut other = Agent::begin(&house);
    other.says("the agent begins", 2);
    agent.signal(Signal::CONT);
    agent.look();
    let status = agent.wait();
    assert_eq!(status.code(), Some(75), "{}", agent.said());
    other.end(Signal::TERM);
    // Alone, it makes the folder anew and goes on.
    let mut agent = Agent::begin(&house);
    agent.looks(1);
    agent.says("the agent begins", 3);
    fs::rename(house.data(), house.path("gone too")).unwrap();
    agent.looks(1);
    let second = house.on_its_clock(&["agent"]).output().unwrap();
    assert_eq!(second.status.code(), Some(75), "{}", agent.said());
    agent.end(Signal::TERM);
}

#[test]
fn a_full_disk_under_the_state_is_survived_and_nothing_is_run_over_and_over() {
    let name = "a_full_disk_under_the_state_is_survived_and_nothing_is_run_over_and_over";
    let house = small_house();
    fs::create_dir(house.data()).unwrap();
    let Some(_mount) = Mount::memory(name, &house.data(), 4_000_000) else { return };
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    let fill = || {
        // To the last byte.
        let mut filler = fs::OpenOptions::new().append(true).create(true).open(house.data().join("filler")).unwrap();
        for size in [65536, 4096, 512, 1] {
            while std::io::Write::write_all(&mut filler, &vec![7; size]).is_ok() {}
        }
    };
    fill();
    agent.at("2026-03-04T02:00:00");
    agent.says("family: the backup failed", 1);
    let status = agent.watch().until(|status| status.state == State::Problem);
    let reason = &status.reasons[0];
    let detail = reason.detail.as_deref().unwrap_or_default();
    assert!(reason.rule == "run-failed" && detail.contains("the disk ran full"), "{status:?}");
    fill();
    agent.looks(3);
    assert_eq!(agent.count("family: backing up"), 2, "{}", agent.said());
    fs::remove_file(house.data().join("filler")).unwrap();
    agent.minutes_later(1);
    agent.says("family: backed up", 2);
    agent.watch().until(|status| status.state == State::Good);
    agent.end(Signal::TERM);
}

#[test]
fn without_standard_streams_it_works_all_the_same() {
    let house = small_house();
    let mut command = house.on_its_clock(&["-c", "exec \"$0\" agent <&- >&- 2>&-"]);
    let program = command.get_program().to_owned();
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" agent <&- >&- 2>&-"]).arg(program).current_dir(house.dir());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    command = shell;
    let agent = Agent::start(&house, command);
    wait_until("a backup is made", || {
        house.archives().len() == 1 && keepsake_core::lock::holder(&house.data()).is_none()
    });
    agent.end(Signal::TERM);
    house.keepsake(["verify", "--all"]).expect(0);
}

#[test]
fn without_a_home_nothing_is_written_where_it_does_not_belong() {
    let house = small_house();
    house.write_config(&format!(
        "backup_dir = \"~/keepsake-must-not-be-here\"\n[[plan]]\nname = \"family\"\n[[plan.source]]\nname = \"home\"\npath = {:?}\n",
        house.source()
    ));
    let answer = house.on_its_clock(&["backup"]).env_remove("HOME").output().unwrap();
    let told = String::from_utf8_lossy(&answer.stderr).into_owned();
    let is_there = Path::new("/keepsake-must-not-be-here").exists();
    let _ = fs::remove_dir_all("/keepsake-must-not-be-here");
    assert!(!is_there, "{told}");
    assert_eq!(answer.status.code(), Some(78), "{told}");
    assert!(told.contains("HOME"), "{told}");
    // The agent says the same, and goes on with the last good settings, or none.
    let mut command = house.on_its_clock(&["agent"]);
    command.env_remove("HOME");
    let mut agent = Agent::start(&house, command);
    agent.says("nothing is backed up", 1);
    agent.end(Signal::TERM);
}

#[test]
fn for_somebody_else_it_says_so_and_ends() {
    let house = small_house();
    fs::create_dir(house.data()).unwrap();
    fs::set_permissions(house.data(), PermissionsExt::from_mode(0o555)).unwrap();
    let answer = house.keepsake_without_root(["agent"]).expect(2);
    answer.says(&["could not open the lock", "permission"]);
}

#[test]
fn an_hour_of_looks_costs_nothing() {
    let house = small_house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    let resident_kb = |agent: &Agent<'_>| -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", agent.id())).unwrap();
        status.lines().find_map(|l| l.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok()).unwrap()
    };
    agent.looks(10);
    let (before, lines) = (resident_kb(&agent), agent.count("\n"));
    agent.looks(600);
    let after = resident_kb(&agent);
    assert!(after < before + 1_000, "{before} kB, then {after} kB");
    assert_eq!(agent.count("\n"), lines + 600, "a line for each of the test's signals, and no more");
    agent.end(Signal::TERM);
}
