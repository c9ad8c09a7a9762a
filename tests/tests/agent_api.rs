//! The agent's socket, asked as front ends ask it: what people ask for is done, and told as it goes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fs_err as fs;
use keepsake_api::wire::{Client, WireError};
use keepsake_api::{
    Action, Answer, Event, JobKind, JobOutcome, JobPhase, PathText, PauseUntil, RefusalKind, Request, RestoreAsk,
    RestoreTarget, State,
};
use keepsake_tests::{Agent, House, needs_root, noise};
use rustix::process::Signal;
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_res_uid};

fn house() -> House {
    let house = House::new();
    house.tree().file("a.txt", b"a").settle();
    house.put_clock("2026-03-03T15:00:00");
    house
}

/// The id and the kind of the refusal.
#[track_caller]
fn refused(answer: Result<Answer, WireError>) -> (RefusalKind, String) {
    match answer {
        Err(WireError::Refused(refusal)) => (refusal.kind, refusal.said.id),
        other => panic!("not refused: {other:?}"),
    }
}

fn beside(name: &str, dir: &Path, paths: &[&[u8]]) -> Request {
    let paths = paths.iter().map(|path| PathText::of(path)).collect();
    let target = RestoreTarget::Beside { dir: PathText::of_path(dir) };
    Request::Restore { restore: RestoreAsk { name: name.into(), paths, target, from: None }, confirm: None, seen: None }
}

fn all_in_place(name: &str) -> RestoreAsk {
    RestoreAsk { name: name.into(), paths: vec![], target: RestoreTarget::InPlace {}, from: None }
}

/// What a look at it answers.
fn seen(client: &mut Client, name: &str) -> String {
    match client.ask(Request::PreviewRestore { restore: all_in_place(name) }).unwrap() {
        Answer::PreviewRestore(look) => {
            look.seen.unwrap_or_else(|| panic!("nothing can be agreed to: {:?}", look.obstacles))
        }
        other => panic!("{other:?}"),
    }
}

fn in_place(name: &str, confirm: &str, seen: &str) -> Request {
    Request::Restore { restore: all_in_place(name), confirm: Some(confirm.into()), seen: Some(seen.into()) }
}

#[test]
fn the_socket_is_the_owners_and_goes_with_the_agent() {
    let house = house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    let socket = house.data().join("agent.sock");
    assert_eq!(fs::symlink_metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    // One that a killed agent left is replaced.
    agent.signal(Signal::KILL);
    agent.wait();
    assert!(socket.exists());
    let agent = Agent::begin(&house);
    assert!(agent.client().ask(Request::Status {}).is_ok());
    agent.client().ask(Request::Quit {}).unwrap();
    agent.end(Signal::TERM);
    assert!(!socket.exists());
}

#[test]
fn a_backup_that_is_asked_for_is_made_and_told_as_it_goes() {
    let house = house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    // More than is backed up between two times that the status is told.
    for i in 0..80 {
        house.tree().file(format!("{i:02}.jpg"), noise(i, 5_000_000));
    }
    house.tree().settle();
    let mut watches = [agent.watch(), agent.watch(), agent.watch()];
    agent.client().ask(Request::BackUpNow { plan: None }).unwrap();
    for watch in &mut watches {
        let busy = watch.until(|status| status.job.as_ref().is_some_and(|job| job.bytes > 0));
        let job = busy.job.unwrap();
        assert_eq!((job.kind, job.about.as_deref(), busy.state), (JobKind::Backup, Some("family"), State::Busy));
        assert_eq!(busy.sentence.id, "status-busy-backup");
        let end = watch.job_end();
        assert_eq!((end.job, end.outcome, end.files), (job.job, JobOutcome::Good, 81));
        assert_eq!(end.backup.as_deref(), house.list().last().and_then(|backup| backup["name"].as_str()));
        let after = watch.until(|status| status.job.is_none());
        assert_eq!((after.state, after.sentence.id.as_str()), (State::Good, "verdict-good"));
    }
    agent.end(Signal::TERM);
}

#[test]
fn settings_that_somebody_changes_by_hand_are_told() {
    let house = house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    let good = fs::read_to_string(house.config()).unwrap();
    for text in ["retension = 7", &good, &format!("# ours\n{good}")] {
        let mut watch = agent.watch();
        watch.until(|status| status.job.is_none());
        fs::write(house.config(), text).unwrap();
        agent.look();
        while !matches!(watch.next_event(), Event::Changed {}) {}
    }
    agent.end(Signal::TERM);
}

#[test]
fn stop_leaves_all_tidy_and_nothing_begins_at_once_again() {
    let house = house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    // More than is backed up between two times that the status is told.
    for i in 0..80 {
        house.tree().file(format!("{i:02}.jpg"), noise(i, 5_000_000));
    }
    house.tree().settle();
    let mut watch = agent.watch();
    agent.client().ask(Request::BackUpNow { plan: Some("family".into()) }).unwrap();
    watch.until(|status| status.job.as_ref().is_some_and(|job| job.phase == JobPhase::BackingUp));
    // Nobody waits before the screen without knowing.
    let name = house.list()[0]["name"].as_str().unwrap().to_string();
    let told = refused(agent.client().ask(beside(&name, &house.path("r"), &[])));
    assert_eq!(told, (RefusalKind::NotNow, "refused-busy-backup".into()));
    agent.client().ask(Request::Stop {}).unwrap();
    let end = watch.job_end();
    assert_eq!((end.outcome, end.said.id.as_str()), (JobOutcome::Stopped, "job-backup-stopped"));
    agent.looks(2);
    assert_eq!((house.list().len(), house.leftovers()), (1, vec![]));
    assert_eq!(agent.watch().until(|_| true).state, State::Good, "what somebody stopped has not failed");
    agent.end(Signal::TERM);
}

#[test]
fn what_a_restore_brings_back_can_be_taken_back() {
    let house = house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    let name = house.list()[0]["name"].as_str().unwrap().to_string();
    let (mut client, mut watch) = (agent.client(), agent.watch());
    // It is said before the job has ended.
    watch.until(|status| status.state == State::Good);
    // Beside, by paths that do not fit a command line.
    let long = "x".repeat(200);
    for i in 0..100 {
        house.tree().file(format!("{long}{i}"), b"x");
    }
    house.tree().settle();
    client.ask(Request::BackUpNow { plan: None }).unwrap();
    let newest = watch.job_end().backup.expect("a backup");
    let paths: Vec<String> = (0..10_000).map(|i| format!("home/{long}{}", i % 100)).collect();
    let paths: Vec<&[u8]> = paths.iter().map(String::as_bytes).collect();
    let Answer::Restore(job) = client.ask(beside(&newest, &house.path("r"), &paths)).unwrap() else { panic!() };
    let end = watch.job_end();
    assert_eq!((end.job, end.outcome, end.files), (job, JobOutcome::Good, 100), "{end:?}");
    assert_eq!(fs::read_dir(house.path("r/home")).unwrap().count(), 100);
    // In place: only with the word.
    fs::write(house.source().join("a.txt"), "changed").unwrap();
    let token = seen(&mut client, &name);
    let typed = client.ask(in_place(&name, "restore", &token));
    assert_eq!(refused(typed), (RefusalKind::NotNow, "refused-needs-consent".into()));
    client.ask(in_place(&name, "RESTORE", &token)).unwrap();
    let end = watch.job_end();
    assert_eq!((end.kind, end.outcome), (JobKind::Restore, JobOutcome::Good), "{end:?}");
    assert_eq!(fs::read(house.source().join("a.txt")).unwrap(), b"a");
    client.ask(Request::Undo { undo: end.undo.expect("it can be taken back") }).unwrap();
    let end = watch.job_end();
    assert_eq!((end.kind, end.outcome), (JobKind::Undo, JobOutcome::Good), "{end:?}");
    assert_eq!(fs::read(house.source().join("a.txt")).unwrap(), b"changed");
    // And only of what was seen: the source is another folder now, and what is there stays as it is.
    for wrong in ["", "no hash", &"0".repeat(1000)] {
        assert_eq!(refused(client.ask(in_place(&name, "RESTORE", wrong))).0, RefusalKind::BadRequest, "{wrong}");
    }
    fs::create_dir(house.path("other")).unwrap();
    fs::write(house.path("other/a.txt"), "somebody else's").unwrap();
    house.settings_for("", &[("home", &house.path("other"), "")]);
    for stale in [&token, "0a1b"] {
        client.ask(in_place(&name, "RESTORE", stale)).unwrap();
        let end = watch.job_end();
        assert_eq!((end.outcome, &*end.said.id), (JobOutcome::Failed, "job-restore-look-again"), "{end:?}");
        assert!(end.detail.is_some_and(|detail| detail.contains("the settings have changed since you looked")));
    }
    assert_eq!(fs::read(house.path("other/a.txt")).unwrap(), b"somebody else's");
    assert_ne!(seen(&mut client, &name), token);
    // What is not there is told as it ends.
    client.ask(beside("no-such-backup", &house.path("s"), &[])).unwrap();
    let end = watch.job_end();
    assert_eq!(end.outcome, JobOutcome::Failed);
    assert!(end.detail.is_some_and(|detail| detail.contains("no-such-backup")));
    agent.end(Signal::TERM);
}

#[test]
fn a_pause_lasts_over_a_restart_and_hinders_nobody_who_asks() {
    let house = house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    house.put_clock("2026-03-04T01:30:00");
    agent.client().ask(Request::Pause { until: PauseUntil::Hour }).unwrap();
    agent.end(Signal::TERM);
    house.put_clock("2026-03-04T02:10:00");
    let mut agent = Agent::begin(&house);
    agent.looks(2);
    assert_eq!(agent.count("backing up"), 1, "{}", agent.said());
    assert!(agent.watch().until(|_| true).paused_until.is_some());
    agent.client().ask(Request::BackUpNow { plan: None }).unwrap();
    agent.says("family: backed up", 2);
    agent.at("2026-03-05T01:30:00");
    let mut watch = agent.watch();
    watch.until(|status| status.paused_until.is_none());
    agent.at("2026-03-05T02:10:00");
    agent.says("family: backed up", 3);
    // Until tomorrow at six; and taken back.
    agent.client().ask(Request::Pause { until: PauseUntil::Tomorrow }).unwrap();
    agent.at("2026-03-06T02:10:00");
    agent.looks(2);
    assert_eq!(agent.count("family: backed up"), 3, "{}", agent.said());
    agent.client().ask(Request::Resume {}).unwrap();
    agent.says("family: backed up", 4);
    agent.end(Signal::TERM);
}

#[test]
fn what_grows_old_turns_amber_with_nobody_doing_anything() {
    let house = house();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    let mut watch = agent.watch();
    watch.until(|status| status.state == State::Good);
    // Paused all the time, so that nothing makes up for it.
    agent.client().ask(Request::Pause { until: PauseUntil::Tomorrow }).unwrap();
    house.put_clock("2026-03-04T05:30:00");
    agent.client().ask(Request::Pause { until: PauseUntil::Tomorrow }).unwrap();
    house.put_clock("2026-03-04T16:30:00");
    agent.look();
    let status = watch.until(|status| status.state == State::Attention);
    let reason = &status.reasons[0];
    assert_eq!((reason.rule.as_str(), reason.said.id.as_str()), ("overdue", "health-overdue"));
    assert_eq!((reason.plan.as_deref(), reason.action), (Some("family"), Some(Action::BackUpNow)));
    // The backup folder is away: that is no good either.
    fs::rename(house.backups(), house.path("away")).unwrap();
    agent.look();
    watch.until(|status| status.state == State::Problem && status.reasons[0].rule == "check-failed");
    fs::rename(house.path("away"), house.backups()).unwrap();
    agent.look();
    watch.until(|status| status.state == State::Attention);
    agent.client().ask(Request::BackUpNow { plan: None }).unwrap();
    watch.until(|status| status.state == State::Good);
    // Wrong settings, while the last good ones hold.
    fs::write(house.config(), "retension = 7").unwrap();
    agent.look();
    watch.until(|status| status.reasons.iter().any(|reason| reason.rule == "settings-wrong"));
    fs::remove_file(house.config()).unwrap();
    agent.look();
    // There are backups of it: that is not like a computer where nothing was ever set up.
    let status = watch.until(|status| status.reasons.iter().any(|reason| reason.rule == "settings-gone"));
    assert_eq!((status.state, status.reasons[0].action), (State::Attention, Some(Action::SetUp)));
    assert_eq!(status.sentence.id, "health-settings-gone");
    assert_eq!(refused(agent.client().ask(Request::BackUpNow { plan: None })).1, "refused-not-set-up");
    agent.end(Signal::TERM);
}

#[test]
fn what_a_person_asks_for_makes_a_check_give_way() {
    let house = house();
    house.tree().file("a.jpg", noise(1, 50_000_000)).settle();
    let mut agent = Agent::begin(&house);
    agent.says("family: backed up", 1);
    let name = house.list()[0]["name"].as_str().unwrap().to_string();
    agent.at("2026-03-31T01:00:00");
    agent.says("family: backed up", 2);
    house.put_clock("2026-04-20T01:30:00");
    agent.client().ask(Request::CheckNow {}).unwrap();
    agent.stop_task(" verify ");
    let mut watch = agent.watch();
    let Answer::Restore(job) = agent.client().ask(beside(&name, &house.path("r"), &[])).unwrap() else { panic!() };
    // What does not answer is killed after four seconds.
    assert_eq!(watch.job_end().job, job);
    let end = watch.job_end();
    assert_eq!(end.kind, JobKind::Check, "and the check that was asked for goes on: {end:?}");
    agent.end(Signal::TERM);
}

#[test]
fn for_a_group_it_does_what_is_harmless_and_no_more() {
    if !needs_root("for_a_group_it_does_what_is_harmless_and_no_more") {
        return;
    }
    /// Nobody, and the group of nobody, on every common system.
    const NOBODY: u32 = 65534;
    let house = house();
    // Others may go as far as the socket.
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let socket = folder.path().join("agent.sock");
    let group = ["nogroup", "nobody"].into_iter().find(|name| {
        fs::read_to_string("/etc/group").unwrap().lines().any(|line| line.starts_with(&format!("{name}:")))
    });
    let group = group.expect("nobody has a group");
    let words = ["agent", "--socket", socket.to_str().unwrap(), "--group", group];
    let mut agent = Agent::start(&house, house.on_its_clock(&words));
    agent.says("family: backed up", 1);
    assert_eq!(fs::symlink_metadata(&socket).unwrap().permissions().mode() & 0o777, 0o660);
    let as_user = |uid: u32, gid: u32, ask: Box<dyn FnOnce(Result<Client, WireError>) + Send>| {
        let socket = socket.clone();
        let other = move || {
            let (uid, gid) = (rustix::fs::Uid::from_raw(uid), rustix::fs::Gid::from_raw(gid));
            set_thread_groups(&[]).unwrap();
            set_thread_gid(gid).unwrap();
            set_thread_res_uid(uid, uid, uid).unwrap();
            ask(Client::connect(&socket));
        };
        std::thread::spawn(other).join().unwrap();
    };
    let gid = fs::metadata(&socket).map(|meta| std::os::unix::fs::MetadataExt::gid(&meta)).unwrap();
    as_user(NOBODY, NOBODY - 1, Box::new(|client| assert!(client.is_err(), "who is not in the group is not let in")));
    let restore = in_place("latest", "RESTORE", "0a1b");
    let ask = move |client: Result<Client, WireError>| {
        let mut client = client.expect("who is in the group is let in");
        let Ok(Answer::Status(status)) = client.ask(Request::Status {}) else { panic!("no status") };
        assert!(!status.may_change);
        for harmless in [
            Request::BackUpNow { plan: None },
            Request::Pause { until: PauseUntil::Hour },
            Request::Resume {},
            Request::CheckNow {},
            Request::Stop {},
        ] {
            client.ask(harmless).unwrap();
        }
        let search = Request::Search { name: "latest".into(), text: "a".into(), limit: 1, from: None };
        let from = Request::History { from: Some(PathText::of_path("/")) };
        for not_theirs in [
            restore,
            Request::Undo { undo: "x".into() },
            Request::DeleteBackup { name: "x".into() },
            Request::Import { dir: PathText::of_path("/x") },
            Request::ConfirmChanges { plan: "family".into() },
            Request::Quit {},
            Request::Settings {},
            Request::Undos {},
            Request::Activity { filter: Default::default(), before: None, limit: 1 },
            Request::Backup { name: "x".into(), from: None },
            Request::ChangeSettings { changes: vec![], fingerprint: "x".into() },
            Request::MeasureFolder { dir: PathText::of_path("/root") },
            search,
            from,
        ] {
            let told = format!("{not_theirs:?}");
            assert_eq!(refused(client.ask(not_theirs)).0, RefusalKind::NotAllowed, "{told}");
        }
        let mut listener = client.watch().unwrap();
        assert!(matches!(listener.next_event().unwrap(), Event::Status(status) if !status.may_change));
    };
    as_user(NOBODY, gid, Box::new(ask));
    agent.end(Signal::TERM);
    // What cannot be is said at once.
    let wrong = house.on_its_clock(&["agent", "--socket", socket.to_str().unwrap(), "--group", "no-such-group"]);
    let answer = { wrong }.output().unwrap();
    assert_eq!(answer.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&answer.stderr).contains("there is no group no-such-group"));
}
