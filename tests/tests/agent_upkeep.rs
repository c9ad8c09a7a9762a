//! What the agent does between backups: it reads what is stored, so that a house that runs only the agent stays green,
//! and copies to places that come back.

use fs_err as fs;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use keepsake_api::State;
use keepsake_tests::{Agent, House, Mount, noise};
use rustix::process::Signal;

/// A house with one small file in it, a plan that runs each night, and a place called NAS that is not there yet.
fn house_with_a_place() -> House {
    let house = House::new();
    house.tree().file("a.txt", b"a").settle();
    house.put_clock("2026-03-03T15:00:00");
    let text = fs::read_to_string(house.config()).unwrap();
    house.write_config(&format!("{text}\n[[destination]]\nname = \"NAS\"\npath = {:?}\n", house.path("nas")));
    house
}

/// The moment so many days and hours after the third of March, three in the afternoon.
fn later(days: i64, hours: i64) -> String {
    let began: DateTime = "2026-03-03T15:00:00".parse().expect("a moment");
    (began + SignedDuration::from_hours(24 * days + hours)).to_string()
}

fn health(house: &House) -> (i32, String) {
    let answer = house.on_its_clock(&["health", "--json"]).output().unwrap();
    (answer.status.code().unwrap(), String::from_utf8_lossy(&answer.stdout).into_owned())
}

#[test]
fn a_place_that_comes_back_gets_its_copies_without_waiting_for_a_backup() {
    let house = house_with_a_place();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    agent.looks(3);
    assert_eq!(agent.count("NAS"), 0, "an absent place is no news: {}", agent.said());
    fs::create_dir(house.path("nas")).unwrap();
    agent.look();
    agent.says("NAS: copied 1 archive", 1);
    fs::rename(house.path("nas"), house.path("nas-away")).unwrap();
    house.tree().file("b.txt", b"b").settle();
    agent.at("2026-03-04T02:00:00");
    agent.says("family: backed up", 2);
    agent.at("2026-03-04T10:00:00");
    agent.looks(2);
    assert_eq!(agent.count("NAS: copying"), 1, "{}", agent.said());
    fs::rename(house.path("nas-away"), house.path("nas")).unwrap();
    agent.look();
    agent.says("NAS: copied 1 archive", 2);
    agent.looks(3);
    let said = agent.end(Signal::TERM);
    assert_eq!((said.matches("backing up").count(), said.matches("NAS: copying").count()), (2, 2), "{said}");
    assert_eq!(health(&house).0, 0, "{}", health(&house).1);
    let restored = house.path("r");
    let from = house.path("nas");
    house
        .keepsake([
            "restore".as_ref(),
            "latest".as_ref(),
            "--from".as_ref(),
            from.as_os_str(),
            "--to".as_ref(),
            restored.as_os_str(),
        ])
        .expect(0);
}

#[test]
fn a_disk_is_away_although_its_mount_point_is_there() {
    let house = house_with_a_place();
    fs::create_dir(house.path("disk")).unwrap();
    let disk = Mount::memory("a_disk_is_away_although_its_mount_point_is_there", &house.path("disk"), 300_000_000);
    let Some(disk) = disk else { return };
    let plug_in = || (disk.bind("backups", &house.backups()), disk.bind("copies", &house.path("nas")));
    let (backups, nas) = plug_in();
    let mut agent = Agent::begin(&house);
    agent.says("NAS: copied 1 archive", 1);
    let mut watch = agent.watch();
    watch.until(|status| status.state == State::Good);
    // What is left of a place is the empty folder on which it was mounted: nothing is begun there.
    drop(nas);
    house.tree().file("b.txt", b"b").settle();
    agent.at("2026-03-04T02:00:00");
    agent.says("family: backed up", 2);
    agent.looks(3);
    assert_eq!(agent.count("NAS: copying"), 1, "{}", agent.said());
    // Of the backup folder, too. Nobody does anything, and nothing is due.
    drop(backups);
    agent.look();
    let status = watch.until(|status| status.state == State::Problem);
    assert_eq!(status.reasons[0].rule, "check-failed", "{status:?}");
    let (_backups, _nas) = plug_in();
    agent.look();
    agent.says("NAS: copied 1 archive", 2);
    watch.until(|status| status.state == State::Good);
    // Somebody has removed one by hand: that is no disk that is away.
    let archives = house.archives();
    fs::remove_file(archives.last().unwrap()).unwrap();
    agent.looks(2);
    let Ok(keepsake_api::Answer::Status(status)) = agent.client().ask(keepsake_api::Request::Status {}) else {
        panic!()
    };
    assert_eq!((archives.len(), status.state), (2, State::Good), "{status:?}");
    agent.end(Signal::TERM);
}

#[test]
fn a_disk_that_others_fill_turns_amber_and_green_again_by_itself() {
    let house = house_with_a_place();
    fs::create_dir(house.backups()).unwrap();
    let name = "a_disk_that_others_fill_turns_amber_and_green_again_by_itself";
    let Some(_disk) = Mount::memory(name, &house.backups(), 64_000_000) else { return };
    // A copy is no matter of this test.
    fs::create_dir(house.path("nas")).unwrap();
    let mut agent = Agent::begin(&house);
    agent.says("NAS: copied 1 archive", 1);
    let mut watch = agent.watch();
    watch.until(|status| status.state == State::Good);
    fs::write(house.backups().join("a film"), vec![7; 55_000_000]).unwrap();
    agent.look();
    let status = watch.until(|status| status.state == State::Attention);
    assert_eq!(status.reasons[0].rule, "disk-filling-up", "{status:?}");
    fs::remove_file(house.backups().join("a film")).unwrap();
    agent.look();
    watch.until(|status| status.state == State::Good);
    agent.end(Signal::TERM);
}

#[test]
fn a_place_that_cannot_be_used_is_tried_with_patience_and_each_backup_anew() {
    let house = house_with_a_place();
    // A file stands where the folder should be: nothing can be copied there.
    fs::write(house.path("nas"), "no folder").unwrap();
    let mut agent = Agent::begin(&house);
    for (minutes, count) in [(1, 2), (5, 3), (25, 4)] {
        agent.says("NAS: copied nothing; not there now", count - 1);
        agent.looks(2);
        agent.minutes_later(minutes);
        agent.says("NAS: copying", count);
    }
    agent.says("NAS: copied nothing; not there now", 4);
    agent.minutes_later(300);
    agent.looks(2);
    assert_eq!(agent.count("NAS: copying"), 4, "{}", agent.said());
    agent.at("2026-03-04T02:00:00");
    agent.says("family: backed up", 2);
    agent.says("NAS: copying", 5);
    agent.end(Signal::TERM);
}

#[test]
fn who_runs_only_the_agent_becomes_and_stays_green() {
    let house = House::new();
    house.tree().file("a.jpg", noise(1, 3_000_000)).settle();
    house.put_clock("2026-03-03T15:00:00");
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    for day in 1..=45 {
        // Two in the morning, and four.
        house.tree().file("new.txt", day.to_string()).settle();
        agent.at(&later(day, -13));
        agent.says("family: backed up", day as usize + 1);
        agent.at(&later(day, -11));
        agent.says("check: share", day as usize);
        let (code, told) = health(&house);
        assert_eq!(code, 0, "on day {day}: {told}\n{}", agent.said());
    }
    agent.looks(2);
    let said = agent.end(Signal::TERM);
    assert_eq!(said.matches("all is whole").count(), 45, "{said}");
    // Switched off for seven weeks: nothing is known to be good any more, until the agent has read it.
    house.put_clock(&later(95, 0));
    assert!(health(&house).1.contains("unchecked"), "{}", health(&house).1);
    let mut agent = Agent::begin(&house);
    agent.says("check: share", 45 + 28);
    agent.looks(2);
    assert_eq!((agent.count("check: share"), agent.count("family: backing up")), (45 + 28, 47), "{}", agent.said());
    assert_eq!(health(&house).0, 0, "{}", health(&house).1);
    agent.end(Signal::TERM);
}

#[test]
fn damage_is_found_told_and_healed_without_anyone() {
    let house = house_with_a_place();
    house.tree().file("a.jpg", noise(1, 3_000_000)).settle();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    let archive = house.archives().remove(0);
    let mut bytes = fs::read(&archive).unwrap();
    let good = bytes.clone();
    bytes[1_500_000] ^= 1;
    fs::write(&archive, &bytes).unwrap();
    // Four weeks without a backup, as nothing is to hide what is read.
    let text = fs::read_to_string(house.config()).unwrap();
    house.write_config(&text.replace("[[plan]]", "[[plan]]\nschedule = \"manual\""));
    agent.at(&later(28, 0));
    agent.says("check: share", 28);
    agent.says("thing is damaged, the first is home/a.jpg", 1);
    assert_eq!(health(&house).0, 2, "{}", health(&house).1);
    // A good copy that comes to a place heals it, at the next reading or copy.
    fs::create_dir(house.path("nas")).unwrap();
    fs::write(house.path("nas").join(archive.file_name().unwrap()), &good).unwrap();
    agent.look();
    agent.says("NAS: copied", 1);
    agent.end(Signal::TERM);
    assert_eq!(fs::read(&archive).unwrap(), good);
}

#[test]
fn reading_gives_way_to_a_backup_at_once_and_a_copy_after_an_hour() {
    let house = house_with_a_place();
    house.tree().file("a.jpg", noise(1, 100_000_000)).settle();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    agent.at("2026-03-04T01:30:00");
    // It is due in half an hour, and hangs.
    fs::create_dir(house.path("nas")).unwrap();
    agent.look();
    agent.stop_task(" copy ");
    agent.at("2026-03-04T02:15:00");
    agent.looks(2);
    assert_eq!(agent.count("gives way"), 0, "{}", agent.said());
    agent.at("2026-03-04T02:31:00");
    // What does not answer is killed after four seconds.
    agent.says("NAS: gives way to a backup", 1);
    agent.says("family: backed up", 2);
    agent.says("NAS: copied", 1);
    agent.at(&later(27, -12));
    agent.says("family: backed up", 3);
    agent.stop_task(" verify ");
    let read = agent.count("check: share");
    agent.at(&later(28, -13));
    agent.says("check: gives way to a backup", 1);
    agent.says("family: backed up", 4);
    // And goes on.
    agent.says("check: share", read + 1);
    // Asked to end in the middle, it does.
    agent.at(&later(56, -13));
    agent.says("family: backed up", 5);
    agent.stop_task(" verify ");
    let said = agent.end(Signal::TERM);
    assert!(said.contains("check: stopped; it goes on"), "{said}");
    assert_eq!(house.leftovers(), [""; 0]);
}
