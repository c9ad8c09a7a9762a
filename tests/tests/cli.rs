//! The command line as a person and as a script meet it.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use fs_err as fs;
use keepsake_tests::{Answer, House, assert_same, compare_trees, keepsake_program, needs, noise, run, sh};
use rustix::fs::{FlockOperation, flock};
use rustix::process::Signal;

const COMMANDS: [&str; 12] = [
    "backup",
    "status",
    "health",
    "list",
    "files",
    "versions",
    "restore",
    "undo",
    "verify",
    "rebuild",
    "import",
    "completions",
];

#[test]
fn help_has_examples() {
    let house = House::new();
    let top = house.keepsake(["--help"]).expect(0);
    assert!(top.stdout.contains("Example"), "{}", top.stdout);
    for command in COMMANDS {
        assert!(top.stdout.contains(&format!("  {command} ")), "{command} is not listed:\n{}", top.stdout);
        let help = house.keepsake([command, "--help"]).expect(0);
        assert!(help.stdout.contains("Example"), "{command} has no example:\n{}", help.stdout);
        assert!(help.stdout.contains(&format!("keepsake {command}")), "{}", help.stdout);
        assert_eq!(help.stderr, "");
        let widest = help.stdout.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{command}: a line of {widest:?} characters");
    }
    house.keepsake(["help", "restore"]).expect(0).says(&["--in-place", "RESTORE", "--dry-run"]);
    // What the exit codes mean is said where people look.
    house.keepsake(["--help"]).says(&["exit", "75"]);
    house.keepsake(["--version"]).expect(0).says(&["keepsake 0."]);
}

#[test]
fn completions_and_man_page() {
    let house = House::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = house.keepsake(["completions", shell]).expect(0).stdout;
        assert!(script.contains("keepsake") && script.contains("restore"), "{shell}");
        if let Some(shell) = keepsake_tests::here::which(shell) {
            fs::write(house.path("script"), script).unwrap();
            run(shell, ["-n".as_ref(), house.path("script").as_os_str()]);
        }
    }
    let page = house.keepsake(["man"]).expect(0).stdout;
    assert!(page.contains(".TH") && page.contains("keepsake"), "{}", &page[..page.len().min(300)]);
}

/// Runs the program on a terminal of its own, with what it wrote there.
fn on_a_terminal(house: &House, words: &str, no_color: bool) -> String {
    let inner = house.command([""; 0]);
    let mut command = Command::new("script");
    for (name, value) in inner.get_envs() {
        command.env(name, value.expect("set, not removed"));
    }
    command.env_remove("NO_COLOR").env("TERM", "xterm-256color");
    if no_color {
        command.env("NO_COLOR", "1");
    }
    let line = format!("{} {words}", keepsake_program().display());
    let output = command.args(["-qec", &line, "/dev/null"]).current_dir(house.dir()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// True when it holds an escape that sets a colour.
fn has_colour(said: &str) -> bool {
    said.split("\u{1b}[").skip(1).any(|rest| {
        let parameters: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == ';').collect();
        let ends_with_m = rest[parameters.len()..].starts_with('m');
        ends_with_m && parameters.split(';').any(|p| matches!(p.parse(), Ok(30..=49 | 90..=107u8)))
    })
}

#[test]
fn colours_and_progress_only_where_a_person_looks() {
    let name = "colours_and_progress_only_where_a_person_looks";
    if needs(name, &["script"]).is_none() {
        return;
    }
    let house = House::new();
    house.tree().file("a.jpg", noise(1, 60_000_000)).settle();
    let in_a_pipe = house.keepsake(["backup"]).expect(0);
    assert!(!in_a_pipe.said().contains(['\r', '\u{1b}']), "{:?}", in_a_pipe.said());
    house.advance_hours(1);
    let on_a_terminal_said = on_a_terminal(&house, "backup --full", false);
    assert!(on_a_terminal_said.contains('\u{1b}'), "progress is drawn on a terminal: {on_a_terminal_said:?}");
    house.advance_hours(1);
    for words in ["backup --full", "status", "list", "verify --all", "--help"] {
        let said = on_a_terminal(&house, words, true);
        assert!(!has_colour(&said), "{words}: {said:?}");
        house.advance_hours(1);
    }
    for words in [&["status"][..], &["list"], &["verify", "--all"], &["restore", "latest", "--to", "r"], &["--help"]] {
        let said = house.keepsake(words).expect(0).said();
        assert!(!said.contains(['\r', '\u{1b}']), "{words:?}: {said:?}");
    }
}

#[test]
fn json_is_one_object_and_nothing_else() {
    let house = House::new();
    house.tree().sample();
    house.backup();
    for words in [
        &["backup"][..],
        &["status"],
        &["health"],
        &["list"],
        &["files", "latest"],
        &["files", "latest", "home/bin/tidy-up"],
        &["versions", "home/bin/tidy-up"],
        &["restore", "latest", "--to", "r"],
        &["verify", "--all"],
        &["rebuild"],
    ] {
        house.advance_hours(1);
        let answer = house.keepsake(words.iter().chain(&["--json"])).expect(0);
        assert!(answer.json().is_object(), "{words:?}");
        assert_eq!(answer.stderr, "", "{words:?}");
    }
    let wrong = house.keepsake(["files", "--json"]).expect(64).json();
    let message = wrong["error"]["message"].as_str().unwrap();
    assert!(message.contains("BACKUP"), "what is missing is named: {message}");
    let files = house.keepsake(["files", "latest", "home/bin/tidy-up", "--json"]).expect(0).json();
    assert_eq!(files["files"].as_array().unwrap().len(), 1);
    let file = &files["files"][0];
    assert_eq!((&file["type"], &file["size"], &file["mode"]), (&"file".into(), &20.into(), &"0755".into()), "{file:#}");
    let all = house.keepsake(["files", "latest", "--json"]).expect(0).json();
    let kinds: std::collections::BTreeSet<_> =
        all["files"].as_array().unwrap().iter().map(|file| file["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["file", "folder", "hardlink", "symlink"]);
}

#[test]
fn status_in_words_a_grandmother_understands() {
    let house = House::new();
    house.tree().sample();
    house.backup();
    // A day later, at the same time by the clock.
    let said = house.keepsake(["status"]).expect(0).stdout;
    assert!(said.contains("safe"), "{said}");
    assert!(said.contains("yesterday"), "{said}");
    assert!(said.contains("Last backup:") && said.contains("Kept here:"), "{said}");
    for jargon in ["archive", "snapshot", "manifest", "retention", "destination"] {
        assert!(!said.to_lowercase().contains(jargon), "{jargon}: {said}");
    }
    let json = house.keepsake(["status", "--json"]).expect(0).json();
    assert_eq!(json["state"], "good");
    assert!(said.starts_with(json["sentence"].as_str().unwrap()), "{json:#}\n{said}");
}

#[test]
fn health_grows_worse_with_age() {
    let house = House::new();
    house.tree().file("a", b"x").settle();
    house.keepsake(["backup"]).expect(0);
    for (hours, code, state) in [(0, 0, "good"), (24, 0, "good"), (2, 1, "attention"), (24, 2, "problem")] {
        house.advance_hours(hours);
        let answer = house.keepsake(["health", "--json"]).expect(code).json();
        assert_eq!(answer["state"], state, "{answer:#}");
    }
    house.keepsake(["backup"]).expect(0);
    house.keepsake(["health"]).expect(0);
}

/// Held while this lives: what another run of the program would hold.
fn hold_lock(house: &House) -> fs::File {
    fs::create_dir_all(house.data()).unwrap();
    let lock = fs::File::create(house.data().join("lock")).unwrap();
    fs::write(house.data().join("lock"), "backing up family since 02:00").unwrap();
    flock(lock.file(), FlockOperation::NonBlockingLockExclusive).unwrap();
    lock
}

#[test]
fn busy_while_another_run_is_at_work() {
    let house = House::new();
    house.tree().sample();
    house.backup();
    let lock = hold_lock(&house);
    for words in
        [&["backup"][..], &["rebuild"], &["restore", "latest", "--in-place", "--confirm", "RESTORE"], &["undo"]]
    {
        let answer = house.keepsake(words).expect(75);
        assert!(answer.stderr.contains("backing up family since 02:00"), "{}", answer.stderr);
    }
    // Who only looks is not kept waiting.
    for words in [&["status"][..], &["list"], &["files", "latest"], &["versions", "home/bin/tidy-up"]] {
        house.keepsake(words).expect(0);
    }
    drop(lock);
    house.backup();
}

#[test]
fn a_second_command_beside_a_real_run() {
    let house = House::new();
    house.tree().file("a.jpg", noise(1, 60_000_000)).settle();
    let large = house.path("home/a.jpg");
    let mut running = house.start(["backup"]);
    running.stop_when("it reads", |running| running.has_open(&large));
    house.keepsake(["backup"]).expect(75);
    house.keepsake(["status"]).expect_one_of(&[0, 1, 2, 3]);
    running.signal(Signal::CONT);
    running.wait().expect(0);
    assert_eq!(house.list().len(), 1);
}

#[test]
fn who_waits_is_told_for_whom_and_goes_on_when_the_holder_is_killed() {
    let house = House::new();
    house.tree().file("a.jpg", noise(1, 60_000_000)).settle();
    let large = house.path("home/a.jpg");
    let mut first = house.start(["backup"]);
    first.stop_when("it reads", |running| running.has_open(&large));
    let told = house.keepsake(["backup"]).expect(75).stderr;
    assert!(told.contains("backing up family since 02:05"), "{told}");
    let mut second = house.start(["backup", "--wait"]);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(!second.has_ended(), "it waits");
    first.signal(Signal::KILL);
    assert_eq!(first.wait().code, -9);
    let answer = second.wait().expect(0);
    assert!(answer.stderr.contains("backing up family since 02:05. Waiting"), "{}", answer.stderr);
    assert_eq!((house.list().len(), house.leftovers()), (1, vec![]));
}

/// Starts a backup and stops it for a while as soon as it has begun to write.
fn caught_while_writing(house: &House) -> keepsake_tests::Running {
    let mut running = house.start(["backup", "--json"]);
    running.stop_when("it writes", |_| {
        let entries = fs::read_dir(house.backups()).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.metadata().is_ok_and(|meta| meta.len() > 1_000_000))
    });
    assert_eq!(house.archives().len(), 0, "it was finished before it could be stopped");
    running
}

fn with_much_to_do() -> House {
    let house = House::new();
    for i in 0..40 {
        house.tree().file(format!("{i:02}.jpg"), noise(i, 5_000_000));
    }
    house.tree().settle();
    house
}

fn is_whole_after(house: &House, answer: &Answer) {
    assert_eq!(house.archives().len(), 0, "{}", answer.said());
    assert_eq!(house.list().len(), 0);
    let health = house.keepsake(["health", "--json"]).json();
    assert_ne!(health["state"], "good", "nothing half-made is shown as good");
    house.advance_hours(1);
    house.backup();
    assert_eq!(house.leftovers(), [""; 0]);
    house.keepsake(["verify", "--all"]).expect(0);
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

#[test]
fn ctrl_c_leaves_everything_tidy() {
    for signal in [Signal::INT, Signal::TERM] {
        let house = with_much_to_do();
        let mut running = caught_while_writing(&house);
        running.signal(signal);
        running.signal(Signal::CONT);
        let answer = running.wait();
        assert!(
            answer.code == 130 || (signal == Signal::TERM && answer.code == 143),
            "{}: {}",
            answer.code,
            answer.said()
        );
        assert_eq!(house.leftovers(), [""; 0]);
        is_whole_after(&house, &answer);
    }
}

#[test]
fn killed_while_writing_the_next_run_just_works() {
    let house = with_much_to_do();
    let mut running = caught_while_writing(&house);
    running.signal(Signal::KILL);
    let answer = running.wait();
    assert_eq!(answer.code, -9);
    is_whole_after(&house, &answer);
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let house = House::new();
    for i in 0..3_000 {
        house.tree().file(format!("a rather long name, so that a pipe is full soon {i}"), b"x");
    }
    house.tree().settle();
    house.backup();
    let output = Command::new("sh")
        .args(["-c", &format!("{} files latest | head -n 1", keepsake_program().display())])
        .env("KEEPSAKE_CONFIG", house.config())
        .env("KEEPSAKE_DATA_DIR", house.data())
        .env("KEEPSAKE_NOW", house.now())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "no panic, no complaint");
}

#[test]
fn an_empty_variable_is_none() {
    let house = House::new();
    let home = house.path("person");
    fs::create_dir_all(home.join(".config/keepsake")).unwrap();
    fs::copy(house.config(), home.join(".config/keepsake/config.toml")).unwrap();
    let mut list = house.command(["list"]);
    list.env("KEEPSAKE_CONFIG", "").env("HOME", &home);
    Answer::of(list).expect(0);
}

#[test]
fn what_would_turn_the_text_around_it_is_escaped() {
    let house = House::new();
    house.tree().file("holiday\u{202e}gpj.exe", "x").file("two\u{2028}lines", "x").settle();
    house.backup();
    let files = house.keepsake(["files", "latest"]).expect(0).says(&["holiday\\u{202e}gpj.exe", "two\\u{2028}lines"]);
    assert!(!files.stdout.contains(['\u{202e}', '\u{2028}']), "{files:?}");
    let versions = house.keepsake(["versions", "home/holiday\u{202e}gpj"]).expect(65);
    assert!(!versions.stderr.contains('\u{202e}'), "{versions:?}");
    house.settings_for("", &[("home\u{202e}", &house.source(), "")]);
    // Rust and TOML write these alike but for the braces.
    let settings = fs::read_to_string(house.config()).unwrap().replace("\\u{202e}", "\\u202e");
    house.write_config(&settings);
    let refused = house.keepsake(["backup"]).expect(78);
    assert!(refused.stderr.contains("a name must not contain U+202E"), "{refused:?}");
}

#[test]
fn what_is_kept_is_private() {
    let house = House::new();
    house.tree().sample();
    house.backup();
    for folder in [house.backups(), house.data()] {
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o077, 0, "{}", folder.display());
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o022, 0, "{} can be written by others", path.display());
        }
    }
    let archive = house.archives().remove(0);
    assert_eq!(fs::metadata(archive).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_first_look_of_make_run_works() {
    let name = "the_first_look_of_make_run_works";
    if needs(name, &["python3"]).is_none() {
        return;
    }
    let house = House::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/try-out");
    let line = format!(
        "CARGO_TARGET_DIR={:?} KEEPSAKE_BIN={:?} HOME={:?} {script:?}",
        house.path("target"),
        keepsake_program(),
        house.dir()
    );
    let said = String::from_utf8(sh(house.dir(), &line).stdout).unwrap();
    assert!(said.contains("safe"), "{said}");
    assert!(house.path("target/try-out/brought-back/home/Pictures/New/new 0.jpg").exists());
}

#[test]
fn one_file_that_was_there_is_told_as_one() {
    let house = House::new();
    std::fs::write(house.source().join("only-one.txt"), "one").unwrap();
    house.keepsake(["backup"]).expect(0);
    let back = ["restore", "latest", "--path", "home/only-one.txt", "--to", "r"];
    house.keepsake(back).expect(0);
    let again = house.keepsake(back).expect(0);
    assert!(
        again.stderr.contains(" 1 was there already.") || again.stdout.contains(" 1 was there already."),
        "{again:?}"
    );
}
