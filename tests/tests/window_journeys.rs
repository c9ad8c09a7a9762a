//! What a family does in the window, from beginning to end: the real window, a real agent, real backups.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use keepsake_api::wire::{Client, SOCKET_NAME};
use keepsake_api::{Answer as Told, Request, SettingsView, Status};
use keepsake_tests::webdriver::Key;
use keepsake_tests::{Agent, Answer, Aspect, House, Window, assert_same, compare_trees, needs, wait_until, without};
use rustix::process::Signal;

/// A plan that begins by itself never, so that only what is clicked happens.
const BY_HAND: &str = "schedule = \"manual\"";

/// A house with two files in it, whose plan runs only when somebody asks for it.
fn a_house() -> House {
    let house = House::new();
    house.settings(BY_HAND);
    fs::create_dir(house.source().join("Lake")).expect("a folder");
    fs::write(house.source().join("Lake/shore.txt"), "the shore").expect("a file");
    fs::write(house.source().join("letter.txt"), "dear all").expect("a file");
    house
}

/// A backup of now; answers its name.
fn a_backup(house: &House) -> String {
    let mut command = house.command(["backup", "--json"]);
    command.env_remove("KEEPSAKE_NOW");
    Answer::of(command).expect(0);
    newest(house)
}

fn newest(house: &House) -> String {
    let listed = house.list();
    let newest = listed.last().expect("there is a backup");
    newest["name"].as_str().expect("it has a name").to_string()
}

fn content(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn back_up_now_then_look_at_it_in_the_history() {
    let house = a_house();
    let _agent = Agent::by_the_real_clock(&house);
    let name = "back_up_now_then_look_at_it_in_the_history";
    let Some(window) = Window::open(name, &house, &[]) else { return };
    window.see_in("health-sentence", "There is no backup");
    window.click("back-up-now");
    window.see_in("health-sentence", "Everything is safe.");
    window.see_in("source-card-home", "2 files");
    let backup = newest(&house);

    window.click("rail-history");
    window.click(&format!("backup-row-{backup}"));
    window.see_in("backup-state", "");
    window.see_in("source-home", "2");
    window.click("restore-from-this");
    window.see("restore-everything");
}

#[test]
fn a_file_comes_back_beside() {
    let house = a_house();
    let backup = a_backup(&house);
    let _agent = Agent::by_the_real_clock(&house);
    let Some(window) = Window::open("a_file_comes_back_beside", &house, &["--page", "restore"]) else { return };
    window.click(&format!("restore-backup-{backup}"));
    window.click("restore-next");
    window.click("open-home");
    window.click("choose-letter.txt");
    window.see_in("restore-chosen", "1");
    window.click("restore-next");
    window.see("restore-beside");
    window.click("restore-next");
    window.see_in("restore-new", "1");
    let place = PathBuf::from(window.text("restore-place"));
    assert!(!place.exists(), "nothing is written before it begins");
    window.click("restore-begin");
    window.see("restore-done");
    assert_eq!(content(&place.join("home/letter.txt")), "dear all", "in {}", place.display());
    assert!(!place.join("home/Lake").exists(), "only what was chosen comes back");
    assert_eq!(window.text("restore-done-place"), place.display().to_string());
}

#[test]
fn a_restore_in_place_wants_the_word_and_can_be_taken_back() {
    let house = a_house();
    let backup = a_backup(&house);
    let letter = house.source().join("letter.txt");
    fs::write(&letter, "dear nobody").expect("it can be changed");
    let _agent = Agent::by_the_real_clock(&house);
    let name = "a_restore_in_place_wants_the_word_and_can_be_taken_back";
    let Some(window) = Window::open(name, &house, &["--page", "restore"]) else { return };
    window.click(&format!("restore-backup-{backup}"));
    window.click("restore-next");
    window.click("restore-everything");
    window.click("restore-next");
    window.click("restore-in-place");
    window.click("restore-next");
    window.see_in("restore-changed", "1");
    window.see_in("restore-same", "1");

    // Without the word, and with a wrong one, nothing happens.
    window.click("restore-begin");
    window.see("restore-wrong-word");
    window.fill("restore-confirm-word", "restore it");
    window.click("restore-begin");
    window.see("restore-wrong-word");
    assert_eq!(content(&letter), "dear nobody");

    window.fill("restore-confirm-word", "RESTORE");
    window.click("restore-begin");
    window.see("restore-done");
    assert_eq!(content(&letter), "dear all");

    window.click("restore-undo");
    window.click("undo-confirm");
    wait_until("the letter is as it was before", || content(&letter) == "dear nobody");
    window.see_no("restore-undo");
}

#[test]
fn a_killed_agent_is_missed_and_another_is_found() {
    let house = a_house();
    a_backup(&house);
    let agent = Agent::by_the_real_clock(&house);
    let Some(window) = Window::open("a_killed_agent_is_missed_and_another_is_found", &house, &[]) else { return };
    window.see_in("health-sentence", "Everything is safe.");
    agent.signal(Signal::KILL);
    drop(agent);
    window.see("agent-lost");
    let _agent = Agent::by_the_real_clock(&house);
    window.see_no("agent-lost");
    window.see_in("health-sentence", "Everything is safe.");
    window.click("back-up-now");
    wait_until("the second backup", || house.list().len() == 2);
}

/// The agent of a house that somebody else has started; it ends with the test.
struct Started<'h>(&'h House);

impl Started<'_> {
    fn connect(&self) -> Option<Client> {
        Client::connect(&self.0.data().join(SOCKET_NAME)).ok()
    }
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        if let Some(mut client) = self.connect() {
            let _ = client.ask(Request::Quit {});
        }
    }
}

/// The window starts an agent when there is none, and that goes on when the window has closed.
#[test]
fn without_an_agent_the_window_starts_one() {
    let house = a_house();
    a_backup(&house);
    let agent = Started(&house);
    let Some(window) = Window::open("without_an_agent_the_window_starts_one", &house, &[]) else { return };
    window.see_in("health-sentence", "Everything is safe.");
    drop(window);
    let mut client = agent.connect().expect("it goes on");
    client.ask(Request::Quit {}).expect("it ends when it is asked to");
    wait_until("the agent has ended", || agent.connect().is_none());
}

#[test]
fn from_the_first_run_to_the_first_backup() {
    let house = House::new();
    fs::remove_file(house.config()).expect("it is there");
    // Where the agent looks for what a family has.
    fs::create_dir(house.path("Pictures")).expect("a folder");
    fs::write(house.path("Pictures/lake.jpg"), "a picture").expect("a file");
    let _agent = Agent::by_the_real_clock(&house);
    let name = "from_the_first_run_to_the_first_backup";
    let Some(window) = Window::open(name, &house, &["--page", "first-run"]) else { return };
    window.see("first-run-source-Pictures");
    window.see_in("first-run-sum", "1");
    window.click("first-run-next");
    window.see("first-run-place");
    // This computer may have other disks: none of them is written to.
    let here = format!(
        "const here = [...document.querySelectorAll('[data-testid=first-run-place] input')]
            .find((place) => place.value.startsWith('{}/')); here?.click(); return Boolean(here)",
        house.dir().display()
    );
    assert_eq!(window.script(&here), serde_json::json!(true));
    window.click("first-run-next");
    window.see("first-run-estimate");
    window.click("first-run-begin");
    window.click("first-run-done");
    window.see_in("source-card-Pictures", "1");
    assert_eq!(house.list().len(), 1);
    assert!(content(&house.config()).contains("Pictures"));
}

/// What somebody wrote by hand, with reasons.
fn commented_settings(house: &House) -> String {
    format!(
        r#"# Anna set this up in March; ask her before you change it.
backup_dir = {:?}

[[plan]]
name = "family"
schedule = "daily 02:00" # nobody is up at night
retention = {{ daily = 7, weekly = 4, monthly = 12 }}

[[plan.source]]
name = "home" # letters and such
kind = "folder"
path = {:?}
exclude = ["*.tmp"] # comes again by itself

# Only until the old computer is gone.
[[plan.source]]
name = "music"
kind = "folder"
path = {:?}
"#,
        house.backups(),
        house.source(),
        house.path("music")
    )
}

fn status(agent: &Agent) -> Status {
    match agent.client().ask(Request::Status {}) {
        Ok(Told::Status(status)) => *status,
        other => panic!("{other:?}"),
    }
}

fn settings(agent: &Agent) -> SettingsView {
    match agent.client().ask(Request::Settings {}) {
        Ok(Told::Settings(settings)) => settings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn settings_are_changed_in_words_and_the_agent_goes_by_them() {
    let name = "settings_are_changed_in_words_and_the_agent_goes_by_them";
    if needs(name, &["xdotool"]).is_none() {
        return;
    }
    let house = a_house();
    let recipes = house.path("Recipes");
    for folder in [&recipes, &house.path("music")] {
        fs::create_dir(folder).expect("a folder");
        fs::write(folder.join("one.txt"), "one").expect("a file");
    }
    house.write_config(&commented_settings(&house));
    a_backup(&house);
    let agent = Agent::by_the_real_clock(&house);
    let Some(window) = Window::open(name, &house, &["--page", "settings"]) else { return };
    let saved = |what: &str, words: &[&str]| {
        wait_until(what, || words.iter().all(|words| content(&house.config()).contains(words)));
        window.see_no("settings-save");
    };

    // When: a time that is not whole cannot be saved.
    window.see_text("A backup every day at 2:00.");
    window.choose("settings-each", "Every week");
    window.choose("settings-weekday", "Saturday");
    window.go_to(Key::Tab, "settings-time");
    window.key(Key::Backspace);
    window.see_text("A time is needed.");
    assert!(!window.can_click("settings-save"));
    // The hour, and then the minute, as the field has them beside each other.
    window.keys("3");
    window.key(Key::Right);
    window.keys("30");
    window.see_text("A backup every Saturday at 3:30.");
    assert!(content(&house.config()).contains("daily 02:00"), "nothing is in force before it is saved");
    window.click("settings-save");
    saved("the new time", &["03:30\" # nobody is up at night"]);
    wait_until("the agent goes by the new time", || {
        let next = status(&agent).plans[0].next_due.expect("it is not paused");
        let next = Timestamp::from_second(next).expect("a moment").to_zoned(TimeZone::system());
        (next.weekday(), next.hour(), next.minute()) == (Weekday::Saturday, 3, 30)
    });

    // How long: nothing at all is not a time to keep backups for, and no number is none.
    window.see_text("A backup of each of the last 7 days, the last 4 weeks, and the last 12 months is kept.");
    window.choose("settings-keep-by", "For some days");
    window.go_to(Key::Tab, "settings-keep-days");
    window.key(Key::Backspace);
    window.see_in("settings-keep-words", "A whole number is needed.");
    assert!(!window.can_click("settings-save"));
    window.keys("0");
    window.see("settings-wrong");
    assert!(!window.can_click("settings-save"));
    window.key(Key::Backspace);
    window.keys("90");
    window.see_in("settings-keep-words", "Each backup is kept for 90 days.");
    window.click("settings-save");
    saved("how long", &["retention = { days = 90 }"]);

    // One more folder, chosen in the system's dialog.
    window.click("settings-add-source");
    window.answer_dialog("Choose a folder to protect", &recipes);
    window.see_text("One file");
    window.fill("settings-name", "music");
    window.see("settings-wrong");
    assert!(!window.can_click("settings-add-yes"), "there is one of that name");
    window.fill("settings-name", "Grandmother's recipes");
    window.see_no("settings-wrong");
    window.click("settings-add-yes");
    window.see_text("Grandmother's recipes");
    saved("the new folder", &["Grandmother's recipes", "/Recipes\""]);

    // A pause, and its end.
    window.press("Pause home");
    window.see("settings-paused");
    saved("the pause", &["paused = true"]);
    wait_until("the agent knows of the pause", || settings(&agent).plans[0].sources[0].is_paused);
    window.press("Let home go on");
    window.see_no("settings-paused");
    wait_until("the end of the pause", || !content(&house.config()).contains("paused = true"));

    // One goes, after a question.
    window.press("Remove music");
    window.click("settings-remove-no");
    window.press("Remove music");
    window.click("settings-remove-yes");
    wait_until("it is gone", || !content(&house.config()).contains("name = \"music\""));

    let file = content(&house.config());
    for comment in ["# Anna set this up in March; ask her before you change it.", "# letters and such", "# comes again"]
    {
        assert!(file.contains(comment), "{comment} is lost:\n{file}");
    }
    let seen = settings(&agent);
    assert_eq!(seen.wrong, None, "{file}");
    let names: Vec<_> = seen.plans[0].sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["home", "Grandmother's recipes"]);
    assert_eq!(seen.plans[0].sources[0].exclude, ["*.tmp"]);
    // The next backup is of what is protected now.
    window.click("rail-home");
    window.click("back-up-now");
    window.see_in("source-card-Grandmother's recipes", "1 file");
    assert!(house.files(&newest(&house)).contains(&"Grandmother's recipes/one.txt".to_string()));
}

/// Inode, length, and when it was written and otherwise changed.
type Facts = (u64, u64, [i64; 2], [i64; 2]);

/// Every name in a folder and below, with what changes when somebody writes there.
fn listing(folder: &Path) -> Vec<(PathBuf, Facts)> {
    let mut found = vec![folder.to_path_buf()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        if path.is_dir() {
            found.extend(fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
        }
    }
    found.sort();
    let facts = |path: PathBuf| {
        let of = fs::symlink_metadata(&path).expect("it is there");
        (path, (of.ino(), of.len(), [of.mtime(), of.mtime_nsec()], [of.ctime(), of.ctime_nsec()]))
    };
    found.into_iter().map(facts).collect()
}

/// The computer has died; its backups are on a disk that a new one has now.
#[test]
fn a_new_computer_brings_back_what_another_had() {
    let old = a_house();
    old.tree()
        .file("photos/sea.jpg", [0xff, 0xd8, 0xff])
        .file("photos/übung ž.txt", "with other letters")
        .mode("letter.txt", 0o600);
    a_backup(&old);
    fs::write(old.source().join("letter.txt"), "dear all, again").expect("a file");
    a_backup(&old);

    let house = House::new();
    fs::remove_file(house.config()).expect("it is there");
    let backups = house.path("Backups");
    fs::rename(old.backups(), &backups).expect("both are on one disk");
    let before = listing(&backups);
    assert!(before.len() > 2, "{before:?}");

    let _agent = Agent::by_the_real_clock(&house);
    let name = "a_new_computer_brings_back_what_another_had";
    let Some(window) = Window::open(name, &house, &[]) else { return };
    // The first run begins by itself.
    window.click("first-run-have-backup");
    window.click("new-computer-place");
    window.see_in("new-computer-group", "2 backups");
    window.click("new-computer-restore");
    window.click("restore-next");
    window.click("restore-everything");
    window.click("restore-next");
    window.see("restore-beside");
    window.click("restore-next");
    let place = PathBuf::from(window.text("restore-place"));
    assert!(!place.starts_with(&backups) && !place.exists(), "{}", place.display());
    window.click("restore-begin");
    window.see("restore-done");
    let differences = compare_trees(&old.source(), &place.join("home"));
    assert_same(&without(differences, &[Aspect::Sparseness]));
    assert_eq!(content(&place.join("home/letter.txt")), "dear all, again");
    assert_eq!(listing(&backups), before, "something was written into the folder of backups");
    assert!(!house.config().exists(), "looking at backups sets nothing up");
}
