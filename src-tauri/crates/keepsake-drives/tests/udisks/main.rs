//! `Disks` with a UDisks2 that does what the real one does rarely: every error that it can give, answers that do not come,
//! somebody who is faster.

mod fake;
#[path = "../common/skip.rs"]
mod skip;

use std::sync::mpsc::channel;
use std::time::Duration;

use fake::{Do, FOLDER, Fake, Stick, is_without_a_bus, volume};
use keepsake_drives::{Contents, Disks, DrivesError, Limits, Mounted, PoweredOff, Seen, Surroundings, Watcher};

fn mounted(was_mounted: bool, is_read_only: bool) -> Mounted {
    Mounted { folder: FOLDER.into(), was_mounted, is_read_only }
}

/// The name of the error's variant.
fn kind<T: std::fmt::Debug>(answer: Result<T, DrivesError>) -> String {
    let error = answer.expect_err("it should fail");
    assert!(!error.to_string().contains('\u{202E}'), "{error}");
    format!("{error:?}").chars().take_while(|c| c.is_alphanumeric()).collect()
}

#[test]
fn mounting_and_unmounting_ask_nobody_for_a_password() {
    if is_without_a_bus("udisks::mounting_and_unmounting") {
        return;
    }
    let fake = Fake::begin(Stick::default());
    let disks = fake.disks();
    assert_eq!(disks.mount(&volume(), false).unwrap(), mounted(false, false));
    assert_eq!(disks.mount(&volume(), false).unwrap(), mounted(true, false));
    disks.unmount(&volume()).unwrap();
    disks.unmount(&volume()).unwrap();
    assert_eq!(disks.mount(&volume(), true).unwrap(), mounted(false, true));
    let silent = "auth.no_user_interaction=true";
    assert_eq!(
        fake.asked(),
        [format!("Mount {silent}"), format!("Unmount {silent}"), format!("Mount {silent} options=ro")]
    );
}

#[test]
fn each_error_of_mounting_is_said_as_what_it_is() {
    if is_without_a_bus("udisks::each_error_of_mounting") {
        return;
    }
    let fake = Fake::begin(Stick::default());
    let disks = fake.disks();
    let errors = [
        ("Failed", "Failed"),
        ("Cancelled", "Failed"),
        ("NotAuthorized", "NotAuthorized"),
        ("NotAuthorizedCanObtain", "NotAuthorized"),
        ("NotAuthorizedDismissed", "NotAuthorized"),
        ("OptionNotPermitted", "Failed"),
        ("MountedByOtherUser", "AnotherUser"),
        ("NotSupported", "NotSupported"),
        ("Timedout", "TimedOut"),
        ("WouldWakeup", "Failed"),
        ("org.freedesktop.DBus.Error.UnknownMethod", "Gone"),
        ("org.freedesktop.DBus.Error.AccessDenied", "NotAuthorized"),
        ("com.example.Odd", "Failed"),
    ];
    for (name, expected) in errors {
        fake.then([Do::Refuse(name)]);
        assert_eq!(kind(disks.mount(&volume(), false)), expected, "{name}");
    }
}

#[test]
fn who_is_faster_is_no_error() {
    if is_without_a_bus("udisks::who_is_faster") {
        return;
    }
    let fake = Fake::begin(Stick::default());
    let disks = fake.disks();
    fake.then([Do::Overtaken("AlreadyMounted")]);
    assert_eq!(disks.mount(&volume(), false).unwrap(), mounted(true, false));
    fake.then([Do::Overtaken("NotMounted")]);
    disks.unmount(&volume()).unwrap();
    // It was mounted, and is not any more.
    fake.asked();
    fake.then([Do::Refuse("AlreadyMounted"), Do::Refuse("AlreadyUnmounting")]);
    assert_eq!(disks.mount(&volume(), false).unwrap(), mounted(false, false));
    assert_eq!(fake.asked().len(), 3);
    disks.unmount(&volume()).unwrap();
    // Mounted where this program cannot see it.
    fake.then(std::iter::repeat_n(Do::Refuse("AlreadyMounted"), 20));
    assert_eq!(kind(disks.mount(&volume(), false)), "Failed");
}

#[test]
fn what_is_busy_is_tried_again_and_then_those_that_hold_it_are_named() {
    if is_without_a_bus("udisks::what_is_busy") {
        return;
    }
    let fake = Fake::begin(Stick::default());
    let disks = fake.disks();
    disks.mount(&volume(), false).unwrap();
    fake.then([Do::Refuse("DeviceBusy"), Do::Refuse("DeviceBusy")]);
    disks.unmount(&volume()).unwrap();
    disks.mount(&volume(), false).unwrap();
    std::fs::create_dir_all(fake.path("proc/77")).unwrap();
    std::fs::write(fake.path("proc/77/comm"), "viewer\n").unwrap();
    std::os::unix::fs::symlink(format!("{FOLDER}/album"), fake.path("proc/77/cwd")).unwrap();
    fake.asked();
    fake.then(std::iter::repeat_n(Do::Refuse("DeviceBusy"), 20));
    match disks.unmount(&volume()) {
        Err(DrivesError::Busy { programs, .. }) => assert_eq!(programs, ["viewer"]),
        other => panic!("{other:?}"),
    }
    assert_eq!(fake.asked().len(), 5);
    for (name, expected) in
        [("MountedByOtherUser", "AnotherUser"), ("NotAuthorized", "NotAuthorized"), ("Failed", "Failed")]
    {
        fake.then([Do::Refuse(name)]);
        assert_eq!(kind(disks.unmount(&volume())), expected, "{name}");
    }
}

#[test]
fn what_is_mounted_there_must_be_this_drive_and_never_the_system() {
    if is_without_a_bus("udisks::what_is_mounted_there") {
        return;
    }
    let fake = Fake::begin(Stick::default());
    let disks = fake.disks();
    for folder in ["/", "/media/anna/another", "/etc"] {
        fake.then([Do::Lie(folder)]);
        assert_eq!(kind(disks.mount(&volume(), false)), "WrongPlace", "{folder}");
        fake.script.lock().unwrap().not_mounted();
    }
    fake.asked();
    fake.script.lock().unwrap().mounted_at("/", "rw");
    assert_eq!(kind(disks.mount(&volume(), false)), "WrongPlace");
    assert_eq!(kind(disks.unmount(&volume())), "WrongPlace");
    assert_eq!(fake.asked(), [""; 0], "nobody is asked for that");
    let mut locked = volume();
    locked.contents = Contents::Locked { uuid: "l-1".into() };
    assert_eq!(kind(disks.mount(&locked, false)), "NoFileSystem");
    let mut gone = volume();
    gone.device = "/dev/keepsake-no-such-device".into();
    assert_eq!(kind(disks.mount(&gone, false)), "Gone");
    assert_eq!(kind(disks.unmount(&gone)), "Gone");
    // udev has another plugging in at this name, or none.
    let mut replaced = volume();
    replaced.plugged.sequence = Some(1);
    assert_eq!(kind(disks.mount(&replaced, false)), "Gone");
}

#[test]
fn a_journal_that_cannot_be_replayed_is_left_alone_for_reading() {
    if is_without_a_bus("udisks::a_journal") {
        return;
    }
    let fake = Fake::begin(Stick::default());
    let disks = fake.disks();
    let mut protected = volume();
    protected.is_read_only = true;
    fake.then([Do::Refuse("Failed")]);
    assert_eq!(disks.mount(&protected, true).unwrap(), mounted(false, true));
    assert!(fake.asked()[1].ends_with("options=ro,noload"));
    disks.unmount(&protected).unwrap();
    fake.then([Do::Refuse("Failed"), Do::Well]);
    assert_eq!(kind(disks.mount(&volume(), true)), "Failed", "it can be replayed here");
}

#[test]
fn a_device_that_udisks_knows_late_is_waited_for() {
    if is_without_a_bus("udisks::a_device_that_udisks_knows_late") {
        return;
    }
    // Sometimes it is there before it is asked for, sometimes after.
    for _ in 0..20 {
        let fake = Fake::begin(Stick { is_known: false, ..Stick::default() });
        let disks = fake.disks();
        std::thread::scope(|scope| {
            let (say, begins) = channel();
            let mounting = scope.spawn(move || {
                say.send(()).unwrap();
                disks.mount(&volume(), false)
            });
            begins.recv().unwrap();
            fake.plug();
            assert_eq!(mounting.join().unwrap().unwrap(), mounted(false, false));
        });
    }
}

#[test]
fn nothing_is_waited_for_for_ever() {
    if is_without_a_bus("udisks::nothing_is_waited_for") {
        return;
    }
    let soon = Duration::from_millis(50);
    let limits = Limits { known: soon, mount: soon, unmount: soon, let_go: soon, ..Limits::default() };
    let fake = Fake::begin(Stick { is_known: false, is_encrypted: true, ..Stick::default() });
    let disks = Disks::connect_in(Surroundings { limits, ..fake.surroundings() }).unwrap();
    assert_eq!(kind(disks.mount(&volume(), false)), "TimedOut", "UDisks2 never knows it");
    fake.plug();
    // The order is carried out when another mount finds it.
    fake.disks().mount(&volume(), false).unwrap();
    fake.disks().unmount(&volume()).unwrap();
    fake.then([Do::Hang]);
    assert_eq!(kind(disks.mount(&volume(), false)), "TimedOut");
    fake.script.lock().unwrap().mounted_at(FOLDER, "rw");
    fake.then([Do::Hang]);
    assert_eq!(kind(disks.unmount(&volume())), "TimedOut");
    fake.then([Do::Hang]);
    assert_eq!(kind(disks.lock(&volume())), "TimedOut");
}

#[test]
fn without_udisks_or_a_bus_it_is_said() {
    if is_without_a_bus("udisks::without_udisks") {
        return;
    }
    let mut fake = Fake::begin(Stick::default());
    let disks = fake.disks();
    fake.then([Do::Die]);
    assert_eq!(kind(disks.mount(&volume(), false)), "NoUdisks", "it ends while it is asked");
    fake.end();
    assert_eq!(kind(disks.mount(&volume(), false)), "NoUdisks");
    assert_eq!(kind(Disks::connect_in(fake.surroundings())), "NoUdisks");
    let nowhere =
        Surroundings { bus: Some(format!("unix:path={}", fake.path("none").display())), ..Surroundings::default() };
    assert_eq!(kind(Disks::connect_in(nowhere)), "NoUdisks");
}

#[test]
fn what_was_unlocked_is_locked() {
    if is_without_a_bus("udisks::what_was_unlocked") {
        return;
    }
    let fake = Fake::begin(Stick { is_encrypted: true, ..Stick::default() });
    let disks = fake.disks();
    assert!(disks.lock(&volume()).unwrap());
    assert!(fake.script.lock().unwrap().is_locked);
    assert_eq!(fake.asked(), ["Lock auth.no_user_interaction=true"]);
    fake.then([Do::Refuse("DeviceBusy")]);
    assert_eq!(kind(disks.lock(&volume())), "Busy");
    fake.then([Do::Refuse("NotAuthorized")]);
    assert_eq!(kind(disks.lock(&volume())), "NotAuthorized");
    let mut went = volume();
    went.device = "/dev/keepsake-no-such-device".into();
    assert!(!disks.lock(&went).unwrap(), "it is locked already");
    let plain = Fake::begin(Stick::default());
    assert!(!plain.disks().lock(&volume()).unwrap());
    assert_eq!(plain.asked(), [""; 0]);
}

#[test]
fn power_is_taken_only_where_nothing_else_needs_it() {
    if is_without_a_bus("udisks::power_is_taken") {
        return;
    }
    let fake = Fake::begin(Stick::default());
    let disks = fake.disks();
    assert_eq!(disks.power_off(&volume()).unwrap(), PoweredOff::Yes);
    assert_eq!(fake.asked(), ["PowerOff auth.no_user_interaction=true"]);
    for (name, expected) in
        [("NotAuthorizedCanObtain", "NotAuthorized"), ("Failed", "Failed"), ("Timedout", "TimedOut")]
    {
        fake.then([Do::Refuse(name)]);
        assert_eq!(kind(disks.power_off(&volume())), expected, "{name}");
    }
    for name in ["NotSupported", "DeviceBusy"] {
        fake.then([Do::Refuse(name)]);
        assert_eq!(disks.power_off(&volume()).unwrap(), PoweredOff::CannotBe, "{name}");
    }
    let usual = Stick::default();
    let cannot = [
        Stick { has_drive: false, ..usual },
        Stick { can_power_off: false, ..usual },
        Stick { is_other_part_mounted: true, ..usual },
    ];
    for stick in cannot {
        let fake = Fake::begin(stick);
        assert_eq!(fake.disks().power_off(&volume()).unwrap(), PoweredOff::CannotBe, "{stick:?}");
        assert_eq!(fake.asked(), [""; 0], "{stick:?}");
    }
}

#[test]
fn the_watcher_says_in_one_line_what_is_missing() {
    if is_without_a_bus("udisks::the_watcher_says") {
        return;
    }
    let mut fake = Fake::begin(Stick::default());
    fake.end();
    let notes = |surroundings: Surroundings| {
        let (say, notes) = channel();
        let (tell, told) = channel();
        let watcher = Watcher::begin_in(
            surroundings,
            move |seen| drop(tell.send(seen)),
            move |note| drop(say.send(note.to_owned())),
        );
        let watcher = watcher.unwrap();
        let note = notes.recv_timeout(Duration::from_secs(20)).expect("a line");
        assert!(told.iter().any(|seen| seen == Seen::Ready), "it works all the same");
        drop(watcher);
        note
    };
    assert_eq!(notes(fake.surroundings()), "UDisks2 is not there; drives are watched with udev alone");
    let nowhere =
        Surroundings { bus: Some(format!("unix:path={}", fake.path("none").display())), ..fake.surroundings() };
    let note = notes(nowhere);
    assert!(
        note.starts_with("drives are watched with udev alone, as the system bus is not there: ")
            && !note.contains('\n'),
        "{note}"
    );
}
