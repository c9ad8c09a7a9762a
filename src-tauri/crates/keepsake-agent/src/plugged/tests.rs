use keepsake_core::settings::Settings;
use keepsake_drives::{Hardware, Plugged as PluggedAs};
use serde_json::json;

use super::*;

const ID: &str = "0123456789abcdef0123456789abcdef";

fn settings() -> Settings {
    let text = format!(
        "backup_dir = \"/b\"\n[[destination]]\nname = \"Blue\"\nkind = \"drive\"\nid = \"{ID}\"\nfilesystem = \"4F21-99AB\"\n"
    );
    Settings::parse(&text, Path::new("c.toml"), Path::new("/home/rosa")).unwrap()
}

fn volume(name: &str, uuid: &str) -> Volume {
    Volume {
        device: format!("/dev/{name}").into(),
        contents: Contents::FileSystem { kind: "vfat".into(), uuid: uuid.into(), label: String::new() },
        hardware: Hardware { vendor: "SanDisk".into(), model: "Ultra".into(), serial: format!("4C53{name}") },
        bytes: 58_000_000_000,
        is_read_only: false,
        mounted_at: Vec::new(),
        plugged: PluggedAs { name: name.into(), sequence: Some(7) },
    }
}

struct Desk {
    dir: tempfile::TempDir,
    plugged: Plugged,
    settings: Settings,
    now: Timestamp,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let plugged = Plugged::new(dir.path());
        Self { dir, plugged, settings: settings(), now: Timestamp::from_second(1_800_000_000).unwrap() }
    }
    fn plug(&mut self, volume: Volume) {
        self.plugged.take(Seen::Here(volume), Some(&self.settings), self.now);
    }
    fn pull(&mut self, volume: &Volume) {
        self.plugged.take(Seen::Gone { key: volume.key() }, Some(&self.settings), self.now);
    }
    fn states(&mut self, running: Option<&Task>) -> Vec<(Option<String>, PluggedState, String)> {
        let all = self.plugged.view(Some(&self.settings), running, self.now);
        all.into_iter().map(|one| (one.drive, one.state, one.said.id)).collect()
    }
    fn only(&mut self) -> (PluggedState, String) {
        let (_, state, id) = self.states(None).remove(0);
        (state, id)
    }
    fn copied(&mut self, word: &str) {
        self.begins();
        self.ends(word);
    }
    fn begins(&mut self) {
        self.plugged.begins(&Task::Copy("Blue".into()), Some(&self.settings));
    }
    fn ends(&mut self, word: &str) {
        let answer = json!({ "destinations": [{ "drive": { "state": word, "programs": ["eog"] } }] });
        self.plugged.ended(&Task::Copy("Blue".into()), &answer, Some(&self.settings), self.now);
    }
}

#[test]
fn one_of_ours_is_copied_to_once_and_then_let_go_of() {
    let mut desk = Desk::new();
    let blue = volume("sdb1", "4F21-99AB");
    assert_eq!(desk.plugged.came(&desk.settings), None);
    desk.plug(blue.clone());
    assert_eq!(desk.only(), (PluggedState::Waiting, "drive-waiting".into()));
    assert_eq!(desk.plugged.came(&desk.settings), Some("Blue".into()));
    let copy = Task::Copy("Blue".into());
    assert_eq!(desk.states(Some(&copy)), [(Some("Blue".into()), PluggedState::Busy, "drive-busy".into())]);
    // It is mounted meanwhile: that is no other drive.
    desk.plug(Volume { mounted_at: vec!["/media/BLUE".into()], ..blue.clone() });
    desk.plug(blue.clone());
    desk.copied("safe-to-remove");
    assert_eq!(desk.only(), (PluggedState::SafeToRemove, "drive-safe".into()));
    assert_eq!(desk.plugged.came(&desk.settings), None, "it is not copied to again and again");
    // Its power goes, and it is still said that it is safe.
    desk.pull(&blue);
    assert_eq!(desk.only(), (PluggedState::SafeToRemove, "drive-safe".into()));
    desk.now = until(desk.now, SAFE_FOR);
    assert_eq!(desk.states(None), []);
    desk.plug(Volume { plugged: PluggedAs { name: "sdb1".into(), sequence: Some(8) }, ..blue });
    assert_eq!(desk.plugged.came(&desk.settings), Some("Blue".into()));
}

#[test]
fn plugged_in_again_within_the_ten_minutes_it_is_no_longer_said_to_be_safe() {
    let mut desk = Desk::new();
    let blue = volume("sdb1", "4F21-99AB");
    desk.plug(blue.clone());
    desk.copied("safe-to-remove");
    desk.pull(&blue);
    desk.plug(blue);
    assert_eq!(desk.states(None), [(Some("Blue".into()), PluggedState::Waiting, "drive-waiting".into())]);
}

#[test]
fn one_that_somebody_has_opened_again_is_not_called_safe() {
    let mut desk = Desk::new();
    let blue = volume("sdb1", "4F21-99AB");
    desk.plug(blue.clone());
    for word in ["unmounted", "safe-to-remove"] {
        desk.copied(word);
        desk.plug(Volume { mounted_at: vec!["/media/BLUE".into()], ..blue.clone() });
        assert_eq!(desk.only().0, PluggedState::Ready, "{word}");
        desk.plug(blue.clone());
        assert_ne!(desk.only().0, PluggedState::Ready, "{word}");
    }
}

#[test]
fn pulled_out_early_is_said_once_and_calmly() {
    let mut desk = Desk::new();
    let blue = volume("sdb1", "4F21-99AB");
    desk.plug(blue.clone());
    desk.pull(&blue);
    assert_eq!(desk.states(None), []);
    desk.copied("gone-early");
    assert_eq!(desk.only(), (PluggedState::Failed, "drive-gone-early".into()));
    desk.plug(blue);
    assert_eq!(desk.states(None).len(), 1);
    assert_eq!(desk.plugged.came(&desk.settings), Some("Blue".into()), "and the next plugging in goes on");
}

#[test]
fn plugged_in_again_while_the_job_still_ends_it_is_copied_to_again() {
    let mut desk = Desk::new();
    let blue = volume("sdb1", "4F21-99AB");
    let again = Volume { plugged: PluggedAs { name: "sdc1".into(), sequence: Some(8) }, ..blue.clone() };
    desk.plug(blue.clone());
    desk.begins();
    desk.pull(&blue);
    desk.plug(again);
    desk.ends("gone-early");
    assert_eq!(desk.states(None), [(Some("Blue".into()), PluggedState::Waiting, "drive-waiting".into())]);
    assert_eq!(desk.plugged.came(&desk.settings), Some("Blue".into()));
    desk.copied("unmounted");
    assert_eq!((desk.only().0, desk.plugged.came(&desk.settings)), (PluggedState::Unmounted, None));
}

#[test]
fn two_with_one_file_system_are_both_refused() {
    let mut desk = Desk::new();
    let (one, other) = (volume("sdb1", "4F21-99AB"), volume("sdc1", "4F21-99AB"));
    desk.plug(one);
    desk.plug(other.clone());
    assert!(desk.states(None).iter().all(|(_, state, _)| *state == PluggedState::Refused));
    assert_eq!(desk.plugged.came(&desk.settings), None);
    desk.pull(&other);
    assert_eq!(desk.only().0, PluggedState::Waiting);
}

#[test]
fn a_stranger_is_asked_about_and_nothing_else() {
    let mut desk = Desk::new();
    let stranger = volume("sdb1", "0000-0001");
    desk.plug(stranger.clone());
    assert_eq!(desk.only(), (PluggedState::Asks, "drive-asks".into()));
    assert_eq!(desk.plugged.came(&desk.settings), None);
    // Not this one: until it is plugged in anew.
    assert!(desk.plugged.ignore(&stranger.key(), false));
    assert_eq!(desk.only().0, PluggedState::Ignored);
    desk.pull(&stranger);
    desk.plug(stranger.clone());
    assert_eq!(desk.only().0, PluggedState::Asks);
    // Never: also after a restart.
    assert!(desk.plugged.ignore(&stranger.key(), true));
    desk.plugged = Plugged::new(desk.dir.path());
    desk.plug(stranger.clone());
    assert_eq!(desk.only().0, PluggedState::Ignored);
    assert!(desk.plugged.ask_again(&lasting_key(&stranger)));
    assert_eq!(desk.only().0, PluggedState::Asks);
    assert!(!desk.plugged.ignore("none", true));
}

#[test]
fn what_cannot_be_used_is_said_in_words() {
    let mut desk = Desk::new();
    let stranger = volume("sdb1", "0000-0001");
    let with = |contents: Contents| Volume { contents, ..stranger.clone() };
    for (volume, state, id) in [
        (with(Contents::Locked { uuid: "x".into() }), PluggedState::Locked, "drive-locked"),
        (with(Contents::Nothing), PluggedState::Unusable, "drive-unformatted"),
        (with(Contents::Other { kind: "swap".into() }), PluggedState::Unusable, "drive-unknown-format"),
        (Volume { is_read_only: true, ..stranger.clone() }, PluggedState::Unusable, "drive-read-only"),
        (Volume { bytes: LEAST_DRIVE_BYTES - 1, ..stranger.clone() }, PluggedState::Unusable, "drive-too-small"),
        (Volume { bytes: LEAST_DRIVE_BYTES, ..stranger.clone() }, PluggedState::Asks, "drive-asks"),
    ] {
        desk.plug(volume);
        assert_eq!(desk.only(), (state, id.into()));
    }
}

#[test]
fn every_word_of_a_job_has_its_sentence() {
    let mut desk = Desk::new();
    desk.plug(volume("sdb1", "4F21-99AB"));
    for (word, state, id) in [
        ("ready", PluggedState::Ready, "drive-ready"),
        ("unmounted", PluggedState::Unmounted, "drive-unmounted"),
        ("held", PluggedState::Held, "drive-held"),
        ("refused-clone", PluggedState::Refused, "drive-refused-clone"),
        ("refused-family", PluggedState::Refused, "drive-refused-family"),
        ("no-key", PluggedState::Refused, "drive-no-key"),
        ("full", PluggedState::Failed, "drive-full"),
        ("another-user", PluggedState::Failed, "drive-another-user"),
        ("not-allowed", PluggedState::Failed, "drive-not-allowed"),
        ("something new", PluggedState::Failed, "drive-failed"),
    ] {
        desk.copied(word);
        assert_eq!(desk.only(), (state, id.into()), "{word}");
    }
    desk.copied("ready");
    assert!(desk.plugged.is_ready(&desk.settings, &desk.settings.drives[0]));
}

#[test]
fn backups_on_a_stranger_are_told_also_where_nothing_is_set_up() {
    let mut desk = Desk::new();
    let stranger = volume("sdb1", "0000-0001");
    desk.plug(stranger.clone());
    desk.plugged.found(&stranger.key(), 2);
    let shown = desk.plugged.view(None, None, desk.now).remove(0);
    assert_eq!((shown.state, shown.said.id.as_str(), shown.backups), (PluggedState::Asks, "drive-backups-found", 2));
    assert!(desk.plugged.ignore(&stranger.key(), false));
    assert_eq!(desk.only().0, PluggedState::Ignored);
}

#[test]
fn a_stranger_whose_backups_were_looked_at_is_let_go_of_and_can_still_become_the_familys() {
    let mut desk = Desk::new();
    let stranger = volume("sdb1", "0000-0001");
    let open = Volume { mounted_at: vec!["/media/HOLIDAY".into()], ..stranger.clone() };
    desk.plug(open.clone());
    desk.plugged.found(&open.key(), 1);
    let eject = Task::EjectDrive(open.key());
    let said = |word: &str| json!({ "drive": { "state": word, "programs": ["eog"] } });
    desk.plugged.ended(&eject, &said("held"), Some(&desk.settings), desk.now);
    assert_eq!(desk.only(), (PluggedState::Held, "drive-held".into()));
    desk.plugged.ended(&eject, &said("unmounted"), Some(&desk.settings), desk.now);
    assert_eq!(desk.only().1, "drive-backups-found", "it is not said before it is so");
    desk.plug(stranger.clone());
    assert_eq!(desk.only(), (PluggedState::Unmounted, "drive-unmounted".into()));
    // Looked at once more.
    desk.plug(open);
    assert_eq!(desk.only().1, "drive-backups-found");
    desk.plug(stranger.clone());
    let adopt = Task::AdoptDrive { volume: stranger.key(), name: "Red".into(), color: "red", is_encrypted: true };
    desk.plugged.ended(&adopt, &json!({}), Some(&desk.settings), desk.now);
    desk.settings.drives[0].file_system = "0000-0001".into();
    assert_eq!(desk.plugged.came(&desk.settings), Some("Blue".into()), "it is copied to");
}
