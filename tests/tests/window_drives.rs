//! What a family does with its USB drives in the window: the real window, the real agent, the real UDisks2, and a loop device
//! for a stick ([`keepsake_tests::DriveRig`]).

use std::path::{Path, PathBuf};

use fs_err as fs;
use keepsake_tests::drive_house::AtWork;
use keepsake_tests::webdriver::Home;
use keepsake_tests::{DriveHouse, Stick, StickKind, Window};
use serde_json::Value;

/// What the stick says of itself: its maker and its model.
const TITLE: &str = "Keepsake Rig";

/// A family with a backup, and a stick that is not plugged in yet: large enough to be asked about, nearly all of it holes.
fn a_house(test: &str) -> Option<DriveHouse> {
    let house = DriveHouse::begin(test)?;
    house.good(&["backup"]);
    house.rig.make("stick", &Stick { mib: 1100, ..Stick::of(StickKind::Ext4) });
    Some(house)
}

/// As [`a_house`], and the stick holds a locked copy. Answers the words of the recovery sheet, too.
fn a_house_with_a_locked_drive(test: &str) -> Option<(DriveHouse, Vec<String>)> {
    let house = a_house(test)?;
    house.plug("stick");
    house.good(&["drive", "adopt", &house.volume(), "--name", "Blue drive"]);
    let copied = house.good(&["copy", "Blue drive"]);
    assert_eq!(copied["destinations"][0]["drive"]["state"], "unmounted", "{copied}");
    house.rig.unplug("stick");
    let sheet = house.good(&["sheet", "--text"]);
    let words = sheet["words"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Some((house, words.map(String::from).collect()))
}

/// The computer is gone, and another one stands there: only the stick and the sheet are left, and the pictures in `away`, to
/// compare.
fn on_another_computer(house: &DriveHouse) {
    house.sh("rm -rf state backups config.toml && mv pictures away");
    let become_it = "hostname another && tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id";
    let done = house.rig.as_root(Path::new("sh")).args(["-c", become_it]).status().expect("it starts");
    assert!(done.success(), "it is still the same computer");
}

/// Types a sheet with one slip, which is noticed and put right with a click.
fn type_the_sheet(window: &Window, words: &[String]) {
    for (number, word) in (1..).zip(words) {
        let slip = if number == 7 { "qq" } else { "" };
        window.fill(&format!("enter-word-{number}"), &format!("{word}{slip}"));
    }
    window.click("enter-check");
    window.see_in("enter-said", "One word is spelled differently on the sheet.");
    window.click(&format!("enter-take-7-{}", words[6]));
    window.click("enter-check");
    window.see("enter-good");
    window.click("enter-look");
}

/// From the page of what to bring back to the end. Answers the folder that everything is in.
fn bring_back(window: &Window) -> PathBuf {
    window.click("restore-next");
    window.see("restore-beside");
    window.click("restore-next");
    let place = PathBuf::from(window.text("restore-place"));
    window.click("restore-begin");
    window.see_in("restore-done", "");
    assert_eq!(window.text("restore-done-place"), place.display().to_string());
    place
}

fn settings(house: &DriveHouse) -> String {
    fs::read_to_string(house.settings_file()).unwrap_or_default()
}

#[test]
fn an_unknown_stick_becomes_the_familys_and_its_sheet_is_checked() {
    let name = "an_unknown_stick_becomes_the_familys_and_its_sheet_is_checked";
    let Some(house) = a_house(name) else { return };
    let untouched = fs::read(house.rig.image("stick")).expect("it is there");
    let _agent = AtWork::begin(&house);
    let Some(window) = Window::open(name, &house, &["--page", "drives"]) else { return };
    window.see("drives-empty");
    house.plug("stick");
    window.see_in(&format!("stranger-{TITLE}"), "Use Keepsake Rig (");
    assert_eq!(house.mounted(), None, "a stranger is not even looked at");
    // Who asks for it has it looked at, and it is left as it was.
    window.click("stranger-look-for");
    window.see_in("refusal", "There are no Keepsake backups on Keepsake Rig.");
    assert_eq!(house.mounted(), None);
    assert!(fs::read(house.rig.image("stick")).expect("it is there") == untouched, "looking has written to it");

    window.click("stranger-use");
    window.see_in("adopt-title", "Use Keepsake Rig for backups");
    window.click("drive-color-green");
    window.fill("drive-name", "Oma's drive");
    window.click("adopt-begin");
    window.see_in("adopt-done", "Oma's drive is one of your drives now.");
    window.see_in("adopt-now", "Oma's drive may be unplugged now.");
    assert_eq!(house.mounted(), None, "it is said that it may be unplugged");
    let file = settings(&house);
    for line in ["name = \"Oma's drive\"", "color = \"green\"", "encrypted = true", "# the family's"] {
        assert!(file.contains(line), "{line} is missing:\n{file}");
    }

    // Until the code was typed back it is not all well.
    let sheet_is_missed =
        || String::from_utf8_lossy(&house.run(&["--json", "health"]).stdout).contains("sheet-unchecked");
    assert!(sheet_is_missed());
    window.click("adopt-print-sheet");
    window.click("sheet-show");
    window.see_in("sheet-words", "Write down all 24 words");
    let code = window.script("return document.querySelector('[data-testid=sheet-words] .code').innerText");
    window.fill("sheet-code", "0000 0000");
    window.click("sheet-check");
    window.see_in("sheet-wrong", "That is not the code of your newest sheet.");
    window.fill("sheet-code", &code.as_str().expect("a code").to_lowercase());
    window.click("sheet-check");
    window.see_in("sheet-checked", "The sheet is right.");
    assert!(!sheet_is_missed());
    window.click("sheet-done");
    window.see_in("sheet-card", "You have your recovery sheet.");
    window.see_in("drive-Oma's drive", "Locked with your recovery sheet");
    assert_eq!(window.text("drive-backups"), "1");
    window.see_in("drive-now", "Oma's drive may be unplugged now.");
    window.click("rail-home");
    window.see_in("health-sentence", "Everything is safe.");
}

#[test]
fn what_is_pressed_on_the_card_of_a_drive_is_true_on_the_stick() {
    let name = "what_is_pressed_on_the_card_of_a_drive_is_true_on_the_stick";
    let Some((house, _)) = a_house_with_a_locked_drive(name) else { return };
    let _agent = AtWork::begin(&house);
    let Some(window) = Window::open(name, &house, &["--page", "drives"]) else { return };
    // One that stays plugged in can be copied to and proven whenever somebody likes.
    window.see_in("drive-Blue drive", "Last plugged in");
    window.click("drive-change");
    window.click("drive-stays");
    window.click("drive-save");
    window.see_in("drive-Blue drive", "Stays plugged in");
    assert!(settings(&house).contains("stay_plugged_in = true"));
    let device = house.plug("stick");
    window.see_in("drive-now", "Blue drive is plugged in, and stays.");
    assert!(house.mounted().is_some_and(|options| options.starts_with("rw")), "it is ready to be written");

    house.sh("echo 'a new letter' > pictures/letter.txt");
    house.good(&["backup"]);
    window.click("drive-copy");
    window.see_in("drive-backups", "2");
    window.see_in("drive-now", "Blue drive is plugged in, and stays.");
    assert_eq!(house.sh("ls /media/*/*/Keepsake/*.age | wc -l").trim(), "2");

    window.click("drive-prove");
    window.see_in("job-result", "Everything on Blue drive was read and compared: all is well.");
    window.see_in("drive-now", "Blue drive is plugged in, and stays.");

    window.click("drive-remove");
    window.see_in("drive-now", "Blue drive may be unplugged now.");
    assert_eq!(house.mounted(), None, "it is said that it may be unplugged");

    window.click("drive-forget");
    window.click("forget-yes");
    window.see("drives-empty");
    assert!(!settings(&house).contains("Blue drive"), "{}", settings(&house));
    // What stands on it stays.
    house.mount(&device, "ro");
    assert_eq!(house.sh("ls /media/*/*/Keepsake/*.age | wc -l").trim(), "2");
}

#[test]
fn a_new_computer_looks_into_a_drive_when_asked_and_brings_everything_back() {
    let name = "a_new_computer_looks_into_a_drive_when_asked_and_brings_everything_back";
    let Some((house, words)) = a_house_with_a_locked_drive(name) else { return };
    on_another_computer(&house);
    let before = fs::read(house.rig.image("stick")).expect("it is there");
    let _agent = AtWork::begin(&house);
    // The first run begins by itself.
    let Some(window) = Window::open(name, &house, &[]) else { return };
    window.click("first-run-have-backup");
    house.plug("stick");
    window.see_in(&format!("stranger-{TITLE}"), "Keepsake has not looked at it yet.");
    assert_eq!(house.mounted(), None, "a stranger is not looked at by itself");
    window.click("stranger-look-for");
    window.see("enter-word-1");
    assert!(house.mounted().is_some_and(|options| options.starts_with("ro")), "it is only read");
    type_the_sheet(&window, &words);
    window.see_in("new-computer-group", "1 backup");
    window.see_in("new-computer-group", "from the computer keepsake-rig");
    window.click("new-computer-restore");
    window.click("restore-next");
    window.click("restore-everything");
    let place = bring_back(&window);
    house.sh(&format!("diff -r away '{}/pictures'", place.display()));
    assert!(!house.settings_file().exists(), "looking at backups sets nothing up");

    // And it is let go of.
    window.click("rail-drives");
    window.see_in(&format!("stranger-{TITLE}"), "has Keepsake backups on it");
    window.click("stranger-remove");
    window.see_in(&format!("stranger-{TITLE}"), "Keepsake Rig may be unplugged now.");
    assert_eq!(house.mounted(), None);
    house.rig.unplug("stick");
    assert!(fs::read(house.rig.image("stick")).expect("it is there") == before, "something was written to the drive");
}

#[test]
fn one_file_comes_back_from_a_locked_drive_that_the_desktop_has_mounted() {
    let name = "one_file_comes_back_from_a_locked_drive_that_the_desktop_has_mounted";
    let Some((house, words)) = a_house_with_a_locked_drive(name) else { return };
    on_another_computer(&house);
    let _agent = AtWork::begin(&house);
    let Some(window) = Window::open(name, &house, &["--page", "new-computer"]) else { return };
    let device = house.plug("stick");
    house.mount(&device, "rw");
    window.see_in(&format!("stranger-{TITLE}"), "Keepsake Rig has Keepsake backups on it.");
    window.click("stranger-look");
    type_the_sheet(&window, &words);
    window.click("new-computer-restore");
    window.click("restore-next");
    window.click("open-pictures");
    window.click("choose-lake.jpg");
    window.see_in("restore-chosen", "1");
    let place = bring_back(&window);
    house.sh(&format!(
        "cmp away/lake.jpg '{0}/pictures/lake.jpg' && test $(ls '{0}/pictures' | wc -l) = 1",
        place.display()
    ));
}
