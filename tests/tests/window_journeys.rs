//! What a family does in the window, from beginning to end: the real window, a real agent, real backups.

use std::path::{Path, PathBuf};

use fs_err as fs;
use keepsake_api::Request;
use keepsake_api::wire::{Client, SOCKET_NAME};
use keepsake_tests::{Agent, Answer, House, Window, wait_until};
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

/// An agent by the computer's own clock, as the window's.
fn an_agent(house: &House) -> Agent<'_> {
    let mut command = house.command(["agent"]);
    command.env_remove("KEEPSAKE_NOW");
    let mut agent = Agent::start(house, command);
    agent.says("the agent begins", 1);
    agent
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
    let _agent = an_agent(&house);
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
    let _agent = an_agent(&house);
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
    let _agent = an_agent(&house);
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
    let agent = an_agent(&house);
    let Some(window) = Window::open("a_killed_agent_is_missed_and_another_is_found", &house, &[]) else { return };
    window.see_in("health-sentence", "Everything is safe.");
    agent.signal(Signal::KILL);
    drop(agent);
    window.see("agent-lost");
    let _agent = an_agent(&house);
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
    let _agent = an_agent(&house);
    let name = "from_the_first_run_to_the_first_backup";
    let Some(window) = Window::open(name, &house, &["--page", "first-run"]) else { return };
    window.see("first-run-source-Pictures");
    window.see_in("first-run-sum", "1");
    window.click("first-run-next");
    window.click("first-run-place");
    window.click("first-run-next");
    window.see("first-run-estimate");
    window.click("first-run-begin");
    window.click("first-run-done");
    window.see_in("source-card-Pictures", "1");
    assert_eq!(house.list().len(), 1);
    assert!(content(&house.config()).contains("Pictures"));
}
