//! Tray icon and notifications on a session bus where the test is the panel and the notification server, and the agent
//! says what the test wants.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use keepsake_api::{
    Action, Event, JobEnd, JobKind, JobOutcome, JobPhase, JobProgress, PauseUntil, PluggedIn, PluggedState, Reason,
    Request, Said, SaidArg, State, Status,
};
use keepsake_tests::desktop::{Desktop, Entry, Notifications, Panel, ScriptedAgent, status, until};
use keepsake_tests::needs;

fn desktop(test: &str) -> Option<Desktop> {
    needs(test, &["dbus-daemon"]).map(|_| Desktop::begin())
}

fn good() -> Status {
    status(State::Good, Said::new("verdict-good"))
}

fn reason(rule: &str, state: State, said: Said, action: Option<Action>) -> Reason {
    let (rule, plan) = (rule.into(), Some("family".into()));
    Reason { rule, plan, source: None, place: None, said, detail: None, state, action }
}

fn failed() -> Reason {
    let said = Said::new("health-run-failed-disk-full-kept").text("plan", "family");
    reason("run-failed", State::Problem, said.with("moment", SaidArg::Moment(1_772_500_000)), None)
}

fn unread(count: u64) -> Reason {
    let said = Said::new("health-unread").text("name", "photos").count("count", count).text("names", "<b>a & b</b>");
    reason("unread", State::Attention, said, Some(Action::ShowProblems))
}

fn many_changed() -> Reason {
    let said = Said::new("health-many-changed").text("plan", "family").count("gone", 12_600).count("files", 20_000);
    reason("many-changed", State::Attention, said.with("moment", SaidArg::Moment(0)), Some(Action::ConfirmChanges))
}

fn with(reasons: &[Reason]) -> Status {
    let worst = reasons.first().expect("a reason");
    Status { reasons: reasons.to_vec(), ..status(worst.state, worst.said.clone()) }
}

fn busy(done: u64) -> Status {
    let job = JobProgress {
        job: 1,
        kind: JobKind::Backup,
        about: Some("family".into()),
        phase: JobPhase::BackingUp,
        files: 3,
        total_files: None,
        bytes: done,
        total_bytes: Some(100),
        bytes_per_sec: None,
        left_secs: None,
        problems: 0,
    };
    Status { job: Some(job), ..status(State::Busy, Said::new("verdict-busy")) }
}

fn labels(menu: &[Entry]) -> Vec<&str> {
    menu.iter().map(|entry| entry.label.as_str()).collect()
}

/// The memory that the tray may have, in bytes, in a build that is not a release.
const MAX_RESIDENT_BYTES: u64 = 30_000_000;

#[tokio::test]
async fn each_state_has_its_picture_and_its_sentence() {
    let Some(desktop) = desktop("each_state_has_its_picture_and_its_sentence") else { return };
    let panel = Panel::begin(desktop.connect().await).await;
    let agent = ScriptedAgent::begin(&desktop.socket(), good());
    let began = Instant::now();
    let tray = desktop.tray();
    let item = panel.item().await;
    let on_bus = began.elapsed();
    assert_eq!(item.says("Everything is safe.").await, "");
    eprintln!("icon on the bus after {on_bus:?}, {} bytes resident", tray.resident_bytes());
    // A busy computer is given more; `make bench` tells the number for a release.
    assert!(on_bus < Duration::from_secs(2), "{on_bus:?}");
    assert!(tray.resident_bytes() < MAX_RESIDENT_BYTES, "{}", tray.resident_bytes());

    let mut pictures = BTreeSet::new();
    for (status, sentence) in [
        (good(), "Everything is safe."),
        (with(&[unread(1)]), "1 file in photos could not be read: <b>a & b</b>."),
        (
            with(&[failed()]),
            "The backup of family failed (3 March 2026): the disk is full. Your earlier backups are fine.",
        ),
        (status(State::NotSetUp, Said::new("health-nothing-protected")), "Nothing is protected yet."),
        (busy(10), "Backing up family, 10 % done."),
        (busy(80), "Backing up family, 80 % done."),
    ] {
        agent.set(status);
        // The year is told when it is another one.
        let sentence = match time_is_2026() {
            true => sentence.replace(" 2026", ""),
            false => sentence.into(),
        };
        item.says(&sentence).await;
        let all = item.pictures().await;
        assert_eq!(all.iter().map(|(size, _)| *size).collect::<Vec<_>>(), [16, 22, 24, 32, 48, 64]);
        pictures.insert(all);
    }
    assert_eq!(pictures.len(), 6, "each has a picture of its own");
    agent.set(with(&[failed(), unread(1), many_changed()]));
    let end = Instant::now() + Duration::from_secs(20);
    while !item.tooltip().await.1.contains("2 more things need a look.") {
        assert!(Instant::now() < end, "{:?}", item.tooltip().await);
    }
}

fn time_is_2026() -> bool {
    jiff::Zoned::now().year() == 2026
}

#[tokio::test]
async fn each_entry_of_the_menu_does_what_it_says() {
    let Some(desktop) = desktop("each_entry_of_the_menu_does_what_it_says") else { return };
    let panel = Panel::begin(desktop.connect().await).await;
    let agent = ScriptedAgent::begin(&desktop.socket(), good());
    let mut tray = desktop.tray();
    let item = panel.item().await;
    item.says("Everything is safe.").await;

    let menu = item.menu().await;
    let wanted = ["Open Keepsake", "Everything is safe.", "", "Back up now", "Restore…", "Pause", "", "Quit"];
    assert_eq!(labels(&menu), wanted);
    assert!(!menu[1].is_enabled);
    assert_eq!(labels(&menu[5].entries), ["For an hour", "Until tomorrow"]);

    item.click().await;
    let socket = desktop.socket().display().to_string();
    let log = &desktop;
    let opened = |count| {
        let started = move || Some(log.started("keepsake-window")).filter(|lines| lines.len() == count);
        until(&format!("the window was opened {count} times"), started)
    };
    assert_eq!(opened(1).await, [format!("--socket {socket}")]);
    item.choose("Open Keepsake").await;
    opened(2).await;
    item.choose("Restore…").await;
    assert_eq!(opened(3).await[2], format!("--page restore --socket {socket}"));

    for (entry, request) in [
        ("Back up now", Request::BackUpNow { plan: None }),
        ("For an hour", Request::Pause { until: PauseUntil::Hour }),
        ("Until tomorrow", Request::Pause { until: PauseUntil::Tomorrow }),
    ] {
        item.choose(entry).await;
        assert_eq!(until(entry, || Some(agent.asked()).filter(|asked| !asked.is_empty())).await, [request]);
    }
    agent.set(Status { paused_until: Some(0), ..busy(50) });
    item.says("Backing up family, 50 % done.").await;
    assert_eq!(labels(&item.menu().await[5].entries), ["Resume"]);
    for (entry, request) in [("Stop", Request::Stop {}), ("Resume", Request::Resume {})] {
        item.choose(entry).await;
        assert_eq!(until(entry, || Some(agent.asked()).filter(|asked| !asked.is_empty())).await, [request]);
    }
    item.choose("Quit").await;
    assert_eq!(until("it ends", || tray.ended()).await, 0);
    assert_eq!(agent.asked(), [Request::Quit {}]);
}

#[tokio::test]
async fn an_agent_of_the_whole_computer_goes_on_when_the_tray_quits() {
    let Some(desktop) = desktop("an_agent_of_the_whole_computer_goes_on_when_the_tray_quits") else { return };
    let panel = Panel::begin(desktop.connect().await).await;
    let agent = ScriptedAgent::begin(&desktop.socket(), Status { may_change: false, ..good() });
    let mut tray = desktop.tray();
    let item = panel.item().await;
    item.says("Everything is safe.").await;
    item.choose("Quit").await;
    assert_eq!(until("it ends", || tray.ended()).await, 0);
    assert_eq!(agent.asked(), []);
}

#[tokio::test]
async fn the_icon_waits_for_its_panel_and_for_its_agent() {
    let Some(desktop) = desktop("the_icon_waits_for_its_panel_and_for_its_agent") else { return };
    let mut tray = desktop.tray();
    // Without a panel, and without an agent.
    let panel = Panel::begin(desktop.connect().await).await;
    let item = panel.item().await;
    let advice = item.says("Keepsake is not running.").await;
    assert!(advice.contains("Open Keepsake"), "{advice}");
    let menu = item.menu().await;
    assert!(menu[0].is_enabled && !menu[3].is_enabled && !menu[5].is_enabled, "{menu:?}");

    let agent = ScriptedAgent::begin(&desktop.socket(), good());
    item.says("Everything is safe.").await;
    agent.end();
    item.says("Keepsake is not running.").await;
    let agent = ScriptedAgent::begin(&desktop.socket(), busy(20));
    item.says("Backing up family, 20 % done.").await;

    // The panel restarts.
    panel.end().await;
    agent.set(good());
    let panel = Panel::begin(desktop.connect().await).await;
    let item = panel.item().await;
    item.says("Everything is safe.").await;
    assert_eq!(tray.ended(), None);
}

#[tokio::test]
async fn each_button_of_a_notification_does_what_it_says() {
    let Some(desktop) = desktop("each_button_of_a_notification_does_what_it_says") else { return };
    let server = Notifications::begin(desktop.connect().await).await;
    let agent = ScriptedAgent::begin(&desktop.socket(), with(&[failed()]));
    let _tray = desktop.tray();
    let keys = |buttons: &[(String, String)]| buttons.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let asked = || until("the agent is asked", || Some(agent.asked()).filter(|asked| !asked.is_empty()));

    let one = server.nth(1).await;
    assert_eq!(one.summary, "Backup problem");
    assert!(one.body.contains("the disk is full. Your earlier backups are fine.\nMake room"), "{}", one.body);
    assert!(one.is_urgent);
    let shown = [("default", ""), ("try-again", "Try again"), ("details", "Show details")];
    assert_eq!(one.buttons, shown.map(|(key, label)| (key.into(), label.into())));
    // A key that was never offered does nothing.
    server.press(one.number, "undo").await;
    server.press(99, "try-again").await;
    server.press(one.number, "try-again").await;
    assert_eq!(asked().await, [Request::BackUpNow { plan: Some("family".into()) }]);
    until("it is gone", || server.closed().contains(&one.number).then_some(())).await;

    // Names are no markup.
    agent.set(with(&[unread(3)]));
    let two = server.nth(2).await;
    assert!(two.body.contains("3 files in photos could not be read: &lt;b&gt;a &amp; b&lt;/b&gt;."), "{}", two.body);
    assert!(!two.is_urgent);
    server.press(two.number, "details").await;
    let started = || desktop.started("keepsake-window").pop();
    assert!(until("the window opens", started).await.starts_with("--page history "));

    agent.set(with(&[many_changed()]));
    let three = server.nth(3).await;
    assert_eq!(keys(&three.buttons), ["default", "changes-mine", "look-closer"]);
    assert_eq!(three.summary, "Many files changed at once");
    server.press(three.number, "changes-mine").await;
    assert_eq!(asked().await, [Request::ConfirmChanges { plan: "family".into() }]);

    let end = JobEnd {
        job: 4,
        kind: JobKind::Restore,
        about: None,
        outcome: JobOutcome::Good,
        said: Said::new("job-restore-good").count("files", 1_200),
        detail: None,
        problems: Vec::new(),
        problem_count: 0,
        backup: None,
        files: 1_200,
        bytes: 9,
        place: Some("/home/anna/brought back".into()),
        undo: Some("u1".into()),
    };
    agent.tell(&Event::JobEnded(Box::new(end)));
    let four = server.nth(4).await;
    assert_eq!((four.summary.as_str(), four.body.as_str()), ("Your files are back", "1,200 files are back."));
    server.press(four.number, "open-folder").await;
    let opened = until("the folder opens", || desktop.started("xdg-open").pop()).await;
    assert_eq!(opened, "/home/anna/brought back");
    agent.refuse(Some(Said::new("no-such-sentence")));
    server.press(four.number, "undo").await;
    assert_eq!(asked().await, [Request::Undo { undo: "u1".into() }]);
    let five = server.nth(5).await;
    assert_eq!(five.summary, "That did not work");
}

#[tokio::test]
async fn an_episode_is_told_once_also_after_a_restart() {
    let Some(desktop) = desktop("an_episode_is_told_once_also_after_a_restart") else { return };
    let agent = ScriptedAgent::begin(&desktop.socket(), with(&[failed()]));
    // What happens while nobody shows notifications is told as soon as somebody does.
    let tray = desktop.tray();
    until("it says that nobody shows it", || desktop.tray_said().contains("no notification server").then_some(()))
        .await;
    let server = Notifications::begin(desktop.connect().await).await;
    let one = server.nth(1).await;

    // Other words take its place.
    let worse = Reason { said: Said::new("health-run-failed").text("plan", "family"), ..failed() };
    agent.set(with(std::slice::from_ref(&worse)));
    let two = server.nth(2).await;
    assert_eq!((two.number, two.replaces), (one.number, true));

    let file = desktop.path("home/state/notices.json");
    let kept = || std::fs::read_to_string(&file).is_ok_and(|text| text.contains("\"health-run-failed\"")).then_some(());
    until("it is noted", kept).await;

    // The next run of the tray knows of it, and takes it back when it is over.
    drop(tray);
    let _tray = desktop.tray();
    until("it listens", || (agent.listeners() >= 1).then_some(())).await;
    agent.set(with(&[worse, unread(2)]));
    server.nth(3).await;
    agent.set(good());
    until("both are withdrawn", || (server.closed().len() == 2).then_some(())).await;
    // Not again for the same cause within a day.
    agent.set(with(&[failed(), many_changed()]));
    assert_eq!(server.nth(4).await.summary, "Many files changed at once");
}

#[tokio::test]
async fn quiet_hours_hold_back_what_is_no_problem() {
    let Some(desktop) = desktop("quiet_hours_hold_back_what_is_no_problem") else { return };
    let server = Notifications::begin(desktop.connect().await).await;
    let agent = ScriptedAgent::begin(&desktop.socket(), good());
    // From the first to the last minute of any day, but one, which is not now.
    let minute = jiff::Timestamp::now().as_second() / 60 % 1440;
    let other = u16::try_from((minute + 720) % 1440).expect("a minute");
    agent.be_quiet(Some((other + 1, other)));
    let _tray = desktop.tray();
    agent.set(with(&[failed(), unread(1)]));
    let one = server.nth(1).await;
    assert!(one.is_urgent);
    agent.be_quiet(None);
    agent.set(with(&[failed(), unread(1), many_changed()]));
    until("the others are told", || (server.all().len() == 3).then_some(())).await;
}

/// A volume with a hostile name.
fn stranger() -> PluggedIn {
    let said = Said::new("drive-asks").text("title", "x").with("size", SaidArg::Bytes(58_000_000_000));
    PluggedIn {
        volume: "usb-1".into(),
        drive: None,
        title: "SanDisk\n\u{202e} <b>Ultra</b> & Co".into(),
        total_bytes: 58_000_000_000,
        state: PluggedState::Asks,
        said,
        backups: 0,
    }
}

/// The family's drive.
fn blue(state: PluggedState, said: &str) -> PluggedIn {
    let said = Said::new(said).text("name", "Blue drive").text("program", "<i>less</i>");
    let (volume, drive, title) = ("usb-2".into(), Some("Blue drive".into()), "TOSHIBA".into());
    PluggedIn { volume, drive, title, total_bytes: 9, state, said, backups: 0 }
}

fn plugged(drives: &[PluggedIn]) -> Status {
    Status { drives: drives.to_vec(), ..good() }
}

fn copied_to_blue() -> Event {
    Event::JobEnded(Box::new(JobEnd {
        job: 5,
        kind: JobKind::Copy,
        about: Some("Blue drive".into()),
        outcome: JobOutcome::Good,
        said: Said::new("job-copy-good"),
        detail: None,
        problems: Vec::new(),
        problem_count: 0,
        backup: Some("family_20260303_020500".into()),
        files: 1,
        bytes: 2_100_000_000,
        place: None,
        undo: None,
    }))
}

#[tokio::test]
async fn a_stranger_asks_and_each_button_does_its_thing() {
    let Some(desktop) = desktop("a_stranger_asks_and_each_button_does_its_thing") else { return };
    let server = Notifications::begin(desktop.connect().await).await;
    let agent = ScriptedAgent::begin(&desktop.socket(), plugged(&[stranger()]));
    // The hours are quiet all day: whoever plugs in a drive is awake.
    agent.be_quiet(Some((0, 1440)));
    let _tray = desktop.tray();
    let asked = || until("the agent is asked", || Some(agent.asked()).filter(|asked| !asked.is_empty()));
    let all = &server;
    let gone = |number: u32| until("it is gone", move || all.closed().contains(&number).then_some(()));

    let one = server.nth(1).await;
    // One line, without the sign that turns it around.
    assert_eq!(one.summary, "Use SanDisk <b>Ultra</b> & Co (58\u{a0}GB) for backups?");
    assert!(!one.is_urgent && one.body.contains("Nothing is written"), "{}", one.body);
    let shown = [
        ("default", ""),
        ("use-it", "Use it"),
        ("not-this-one", "Not this one"),
        ("never-ask", "Never ask for this drive"),
    ];
    assert_eq!(one.buttons, shown.map(|(key, label)| (key.into(), label.into())));
    server.press(one.number, "not-this-one").await;
    let ignore = |forever| Request::IgnoreDrive { volume: "usb-1".into(), forever };
    assert_eq!(asked().await, [ignore(false)]);
    gone(one.number).await;

    for (count, key) in [(2, "never-ask"), (3, "use-it"), (4, "default")] {
        // Pulled out and plugged in again.
        agent.set(plugged(&[]));
        agent.set(plugged(&[stranger()]));
        let next = server.nth(count).await;
        server.press(next.number, key).await;
        gone(next.number).await;
    }
    assert_eq!(asked().await, [ignore(true)]);
    let opened =
        until("the window opens twice", || Some(desktop.started("keepsake-window")).filter(|lines| lines.len() == 2));
    assert!(opened.await.iter().all(|line| line.starts_with("--page drives ")));

    // Pulled out before anybody has answered.
    agent.set(plugged(&[]));
    agent.set(plugged(&[PluggedIn {
        backups: 2,
        said: Said::new("drive-backups-found").count("count", 2),
        ..stranger()
    }]));
    let five = server.nth(5).await;
    assert_eq!(five.buttons[1].1, "Look at them");
    assert!(five.body.contains("Nothing is written to the drive."), "{}", five.body);
    agent.set(plugged(&[]));
    gone(five.number).await;
}

#[tokio::test]
async fn copying_and_safe_to_remove_take_each_others_place() {
    let Some(desktop) = desktop("copying_and_safe_to_remove_take_each_others_place") else { return };
    let server = Notifications::begin(desktop.connect().await).await;
    let copying = || blue(PluggedState::Busy, "drive-busy");
    let agent = ScriptedAgent::begin(&desktop.socket(), good());
    let tray = desktop.tray();
    until("it listens", || (agent.listeners() >= 1).then_some(())).await;
    agent.set(plugged(&[copying()]));
    let one = server.nth(1).await;
    assert_eq!((one.summary.as_str(), one.replaces), ("Copying to Blue drive", false));
    // How far the job is, is no news of the drive.
    for done in 0..5 {
        agent.set(Status { drives: vec![copying()], ..busy(done) });
    }
    agent.tell(&copied_to_blue());
    agent.set(plugged(&[blue(PluggedState::Held, "drive-held")]));
    let two = server.nth(2).await;
    assert_eq!((two.summary.as_str(), two.number, two.replaces), ("Blue drive", one.number, true));
    assert!(two.body.contains("&lt;i&gt;less&lt;/i&gt; is still using Blue drive."), "{}", two.body);
    assert_eq!(two.buttons[1], ("remove".into(), "Remove safely".into()));

    let safe = || plugged(&[blue(PluggedState::SafeToRemove, "drive-safe")]);
    agent.set(safe());
    let three = server.nth(3).await;
    let wanted = ("Safe to remove: Blue drive", one.number, true);
    assert_eq!((three.summary.as_str(), three.number, three.replaces), wanted);
    assert!(three.body.starts_with("Copied: family_20260303_020500, 2.1\u{a0}GB.\n"), "{}", three.body);

    // The next run of the tray knows of it.
    let file = desktop.path("home/state/notices.json");
    let kept = || std::fs::read_to_string(&file).is_ok_and(|text| text.contains("\"drive-safe\"")).then_some(());
    until("it is noted", kept).await;
    drop(tray);
    until("it listens no more", || {
        agent.set(safe());
        (agent.listeners() == 0).then_some(())
    })
    .await;
    let _tray = desktop.tray();
    until("it listens", || (agent.listeners() >= 1).then_some(())).await;
    agent.set(plugged(&[blue(PluggedState::SafeToRemove, "drive-safe"), stranger()]));
    assert!(server.nth(4).await.summary.starts_with("Use SanDisk"));

    agent.set(good());
    until("both are withdrawn when they are pulled out", || (server.closed().len() == 2).then_some(())).await;

    // Pulled out too early: one sentence, that stays when the drive is gone.
    agent.set(plugged(&[copying()]));
    let five = server.nth(5).await;
    agent.set(plugged(&[blue(PluggedState::Failed, "drive-gone-early")]));
    let six = server.nth(6).await;
    assert_eq!((six.number, six.is_urgent), (five.number, false));
    assert!(six.body.starts_with("Blue drive was pulled out while copying. Nothing is lost"), "{}", six.body);
    agent.set(good());
    agent.set(plugged(&[stranger()]));
    server.nth(7).await;
    assert_eq!(server.closed().len(), 2);
}

#[tokio::test]
async fn the_family_is_reminded_of_its_drives_and_can_put_that_off() {
    let Some(desktop) = desktop("the_family_is_reminded_of_its_drives_and_can_put_that_off") else { return };
    let server = Notifications::begin(desktop.connect().await).await;
    let said =
        Said::new("health-drive-old-sized").text("name", "Blue drive").with("age", SaidArg::AgeSecs(20 * 86_400));
    let said = said.with("bytes", SaidArg::Bytes(2_100_000_000));
    let old = Reason {
        plan: None,
        place: Some("Blue drive".into()),
        ..reason("drive-old", State::Attention, said, Some(Action::ShowDrives))
    };
    let agent = ScriptedAgent::begin(&desktop.socket(), with(std::slice::from_ref(&old)));
    let _tray = desktop.tray();
    // Of 20 days at least 13 were before the last Sunday.
    let one = server.nth(1).await;
    assert_eq!(one.summary, "It's been 20 days since the last USB copy");
    assert_eq!(one.body, "Plug in Blue drive: 2.1\u{a0}GB are to be copied.");
    server.press(one.number, "two-weeks").await;
    let asked = until("the agent is asked", || Some(agent.asked()).filter(|asked| !asked.is_empty())).await;
    assert_eq!(asked, [Request::SnoozeDrives { days: 14 }]);
    until("it is gone", || server.closed().contains(&one.number).then_some(())).await;
    // Once, whatever else happens.
    agent.set(with(&[old, unread(1)]));
    assert_eq!(server.nth(2).await.summary, "Backup needs a look");
}

#[tokio::test]
async fn the_menu_has_entries_for_drives() {
    let Some(desktop) = desktop("the_menu_has_entries_for_drives") else { return };
    let panel = Panel::begin(desktop.connect().await).await;
    let agent = ScriptedAgent::begin(&desktop.socket(), good());
    let _tray = desktop.tray();
    let item = panel.item().await;
    item.says("Everything is safe.").await;
    assert_eq!(item.menu().await.len(), 8);
    let asked = || until("the agent is asked", || Some(agent.asked()).filter(|asked| !asked.is_empty()));
    let said = |sentence| Status { sentence: Said::new(sentence), ..status(State::Attention, Said::new("x")) };

    let all = vec![stranger(), blue(PluggedState::Ready, "drive-ready")];
    agent.set(Status { drives: all, ..said("health-check-failed") });
    item.says("Your backups could not be checked.").await;
    let menu = item.menu().await;
    let wanted = ["Copy to Blue drive now", "Remove Blue drive safely", "Use SanDisk <b>Ultra</b> & Co for backups…"];
    assert_eq!(labels(&menu)[7..], [&wanted[..], &["", "Quit"]].concat());
    item.choose("Copy to Blue drive now").await;
    assert_eq!(asked().await, [Request::CopyNow { place: Some("Blue drive".into()) }]);
    item.choose("Remove Blue drive safely").await;
    assert_eq!(asked().await, [Request::EjectDrive { volume: "usb-2".into() }]);
    item.choose(wanted[2]).await;
    let opened = until("the window opens", || desktop.started("keepsake-window").pop()).await;
    assert!(opened.starts_with("--page drives "), "{opened}");

    agent.set(plugged(&[blue(PluggedState::SafeToRemove, "drive-safe")]));
    let text = item.says("Everything is safe.").await;
    assert!(text.contains("Blue drive is safe to remove."), "{text}");
    let menu = item.menu().await;
    assert_eq!((menu[7].label.as_str(), menu[7].is_enabled), ("Blue drive: safe to remove", false));
    assert_eq!(menu.len(), 10);
}

#[tokio::test]
async fn without_a_session_bus_one_line_says_so() {
    let Some(desktop) = desktop("without_a_session_bus_one_line_says_so") else { return };
    let mut command = desktop.command(&["tray"]);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    let said = command.output().expect("it runs");
    assert_eq!(said.status.code(), Some(2));
    let said = String::from_utf8(said.stderr).expect("text");
    assert!(said.contains("no session bus answers") && said.contains("Start it from within the desktop"), "{said}");
}

#[tokio::test]
async fn open_starts_the_window_at_a_page() {
    let Some(desktop) = desktop("open_starts_the_window_at_a_page") else { return };
    let state = desktop.path("home/state");
    std::fs::create_dir_all(&state).expect("a folder");
    let _agent = ScriptedAgent::begin(&state.join("agent.sock"), good());
    let said = desktop.command(&["open"]).output().expect("it runs");
    assert_eq!(said.status.code(), Some(2), "without a display");
    assert!(String::from_utf8_lossy(&said.stderr).contains("no display"));
    let said = desktop.command(&["open", "--page", "restore"]).env("DISPLAY", ":99").output().expect("it runs");
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    let wanted = format!("--page restore --socket {}", state.join("agent.sock").display());
    assert_eq!(desktop.started("keepsake-window"), [wanted]);
}

#[tokio::test]
async fn a_session_has_one_icon_whoever_begins_it() {
    let Some(desktop) = desktop("a_session_has_one_icon_whoever_begins_it") else { return };
    let panel = Panel::begin(desktop.connect().await).await;
    // As a service that began before the desktop.
    let _agent = desktop.program(&["agent"]);
    until("the agent answers", || desktop.path("home/state/agent.sock").exists().then_some(())).await;
    // As autostart begins it.
    let mut tray = desktop.program(&["agent", "--tray"]);
    let item = panel.item().await;
    item.says("Nothing is protected yet.").await;
    for words in [["agent", "--tray"].as_slice(), &["tray"]] {
        let mut second = desktop.program(words);
        assert_eq!(until("it leaves", || second.ended()).await, 75, "{words:?}: {}", desktop.tray_said());
    }
    assert_eq!(tray.ended(), None, "the first stays");
}
