//! The window for people who do not see it, or use no mouse: what a screen reader is told, and the keyboard alone.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fs_err as fs;
use keepsake_tests::accessible::{Accessible, Part, Role};
use keepsake_tests::webdriver::Key;
use keepsake_tests::{Agent, Answer, House, Window, skip, wait_until};

fn content(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// A house with a backup of a few files.
fn a_house_with_a_backup() -> House {
    let house = House::new();
    house.settings("schedule = \"manual\"");
    house.tree().file("Lake/shore.txt", "the shore").file("letter.txt", "dear all");
    let mut command = house.command(["backup", "--json"]);
    command.env_remove("KEEPSAKE_NOW");
    Answer::of(command).expect(0);
    house
}

fn is_button(part: &Part) -> bool {
    part.role == Role::BUTTON
}

/// What somebody works with and has no name.
fn nameless(parts: &[Part]) -> Vec<&Part> {
    parts.iter().filter(|part| part.role.is_control() && part.name.trim().is_empty()).collect()
}

#[test]
fn a_screen_reader_is_told_what_is_to_be_seen() {
    let name = "a_screen_reader_is_told_what_is_to_be_seen";
    let house = a_house_with_a_backup();
    let _agent = Agent::by_the_real_clock(&house);
    let opened = Window::open_with(name, &house, &[], |command| {
        command.env_remove("NO_AT_BRIDGE");
    });
    let Some(window) = opened else { return };
    window.see_in("health-sentence", "Everything is safe.");
    let accessible = match Accessible::of(window.bus()) {
        Ok(accessible) => accessible,
        Err(why) => return skip(name, &format!("there is no accessibility bus: {why}")),
    };
    // Its tree follows the page a moment later.
    let with_heading = |heading: &str| {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let parts = accessible.parts();
            if parts.iter().any(|part| part.role == Role::HEADING && part.name == heading) {
                return parts;
            }
            assert!(Instant::now() < end, "no heading {heading:?}: {parts:#?}");
        }
    };

    let home = with_heading("Good: Everything is safe.");
    let frame = home.iter().find(|part| part.role == Role::FRAME).expect("a window");
    assert_eq!(frame.name, "Keepsake");
    let navigation = home.iter().position(|part| part.name == "Pages").expect("the navigation");
    let inner = home[navigation + 1..].iter().take_while(|part| part.depth > home[navigation].depth);
    let entries: Vec<_> = inner.filter(|part| is_button(part)).map(|part| part.name.as_str()).collect();
    assert_eq!(entries, ["Home", "History", "Restore", "Drives", "Activity", "Settings"]);
    assert!(home.iter().any(|part| is_button(part) && part.name == "Back up now"), "{home:#?}");

    for (page, heading) in [
        ("rail-history", "History"),
        ("rail-restore", "As it was on which day?"),
        ("rail-drives", "Drives"),
        ("rail-activity", "Activity"),
        ("rail-settings", "Settings"),
        ("rail-home", "Good: Everything is safe."),
    ] {
        window.click(page);
        let parts = with_heading(heading);
        assert!(nameless(&parts).is_empty(), "on {page}: {parts:#?}");
        assert!(parts.iter().filter(|part| is_button(part)).count() >= 5, "on {page}: {parts:#?}");
    }

    // It would be seen.
    window.script("document.querySelector('[data-testid=back-up-now]').textContent = ''");
    wait_until("the button without a name", || nameless(&accessible.parts()).len() == 1);
}

#[test]
fn the_first_backup_needs_no_mouse() {
    let house = House::new();
    fs::remove_file(house.config()).expect("it is there");
    fs::create_dir(house.path("Pictures")).expect("a folder");
    fs::write(house.path("Pictures/lake.jpg"), "a picture").expect("a file");
    let _agent = Agent::by_the_real_clock(&house);
    let Some(window) = Window::open("the_first_backup_needs_no_mouse", &house, &[]) else { return };
    // One is taken out and put in again.
    window.tab_and("first-run-source-Pictures", Key::Space);
    window.see_text("Nothing is chosen yet.");
    window.key(Key::Space);
    window.see_in("first-run-sum", "1");
    window.tab_and("first-run-next", Key::Enter);

    window.see("first-run-place");
    window.go_to(Key::Tab, "first-run-place");
    window.key(Key::Space);
    // This computer may have other disks: none of them is written to.
    let is_here = format!("return document.activeElement.value.startsWith('{}')", house.dir().display());
    for _ in 0..20 {
        if window.script(&is_here) == serde_json::json!(true) {
            break;
        }
        window.key(Key::Down);
    }
    assert_eq!(window.script(&is_here), serde_json::json!(true));
    window.tab_and("first-run-next", Key::Enter);

    window.see("first-run-estimate");
    // The arrows choose, as in every group of choices.
    window.go_to(Key::Tab, "first-run-each-day");
    window.key(Key::Down);
    window.see("first-run-weekday");
    window.key(Key::Up);
    window.tab_and("first-run-begin", Key::Enter);
    window.tab_and("first-run-done", Key::Enter);
    window.see_in("source-card-Pictures", "1");
    assert_eq!(house.list().len(), 1);
}

#[test]
fn a_file_comes_back_without_a_mouse() {
    let house = a_house_with_a_backup();
    let _agent = Agent::by_the_real_clock(&house);
    let Some(window) = Window::open("a_file_comes_back_without_a_mouse", &house, &[]) else { return };
    window.see_in("health-sentence", "Everything is safe.");
    window.tab_and("rail-restore", Key::Enter);
    let backup = house.list()[0]["name"].as_str().expect("a name").to_string();
    window.tab_and(&format!("restore-backup-{backup}"), Key::Space);
    window.tab_and("restore-next", Key::Enter);

    // Enter opens a folder, the arrows go through what is in it, and Space chooses.
    window.tab_and("choose-home", Key::Enter);
    window.see("choose-letter.txt");
    window.go_to(Key::Down, "choose-letter.txt");
    window.key(Key::Space);
    window.see_in("restore-chosen", "1");
    window.tab_and("restore-next", Key::Enter);
    window.tab_and("restore-beside", Key::Space);
    window.tab_and("restore-next", Key::Enter);
    window.see_in("restore-new", "1");
    let place = PathBuf::from(window.text("restore-place"));
    window.tab_and("restore-begin", Key::Enter);
    window.see("restore-done");
    assert_eq!(content(&place.join("home/letter.txt")), "dear all");
    assert!(!place.join("home/Lake").exists(), "only what was chosen comes back");
}
