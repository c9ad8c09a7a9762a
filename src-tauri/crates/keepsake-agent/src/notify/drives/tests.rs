use super::*;
use keepsake_api::{SaidArg, State};
use proptest::prelude::*;

use crate::sentences::Sentences;
use PluggedState::*;

const QUIET: Around = Around { is_quiet: true, is_full_screen: false };
const FULL: Around = Around { is_quiet: false, is_full_screen: true };
const FREE: Around = Around { is_quiet: false, is_full_screen: false };

/// Every sentence that the agent says of a volume, with what is put into it.
const SAID: [(&str, &[&str]); 26] = [
    ("drive-asks", &["title", "size"]),
    ("drive-ignored", &["title"]),
    ("drive-locked", &["title"]),
    ("drive-unformatted", &["title"]),
    ("drive-unknown-format", &["title"]),
    ("drive-read-only", &["title"]),
    ("drive-too-small", &["title", "size", "least"]),
    ("drive-refused-clone", &["name"]),
    ("drive-refused-twice", &["name"]),
    ("drive-refused-marker", &["name"]),
    ("drive-refused-no-marker", &["name"]),
    ("drive-refused-family", &["title"]),
    ("drive-no-key", &["name"]),
    ("drive-backups-found", &["title", "count"]),
    ("drive-waiting", &["name"]),
    ("drive-busy", &["name"]),
    ("drive-ready", &["name"]),
    ("drive-safe", &["name"]),
    ("drive-unmounted", &["name"]),
    ("drive-held", &["name", "program"]),
    ("drive-held-unknown", &["name"]),
    ("drive-failed", &["name"]),
    ("drive-full", &["name"]),
    ("drive-gone-early", &["name"]),
    ("drive-another-user", &["name"]),
    ("drive-not-allowed", &["name"]),
];

fn volume(number: u8, drive: Option<&str>, state: PluggedState) -> PluggedIn {
    let said = Said::new(format!("drive-{state:?}").to_lowercase()).text("name", drive.unwrap_or("SanDisk Ultra"));
    PluggedIn {
        volume: format!("v{number}"),
        drive: drive.map(Into::into),
        title: "SanDisk Ultra".into(),
        total_bytes: 58_000_000_000,
        state,
        said,
        backups: 0,
    }
}

fn blue(state: PluggedState) -> PluggedIn {
    volume(1, Some("Blue drive"), state)
}

fn saying(id: &str, of: PluggedIn) -> PluggedIn {
    PluggedIn { said: Said::new(id).text("name", "Blue drive"), ..of }
}

fn status(drives: &[PluggedIn], may_change: bool) -> Status {
    Status {
        state: State::Good,
        sentence: Said::new("verdict-good"),
        reasons: Vec::new(),
        plans: Vec::new(),
        job: None,
        paused_until: None,
        drives: drives.to_vec(),
        waits: None,
        newest_backup: None,
        may_change,
        version: String::new(),
    }
}

/// A desktop that does what the policy says.
#[derive(Default)]
struct Screen {
    sessions: Vec<Session>,
    copied: AllCopied,
    last: u32,
    /// What can be read now, by number.
    visible: BTreeMap<u32, (String, PluggedState)>,
    /// What was shown: its number, whether it took another's place, and how it stood.
    log: Vec<(u32, bool, PluggedState)>,
}

impl Screen {
    fn look(&mut self, drives: &[PluggedIn], around: Around) -> usize {
        self.look_at(&status(drives, true), around, &BTreeSet::new())
    }

    fn look_at(&mut self, status: &Status, around: Around, unseen: &BTreeSet<String>) -> usize {
        let deeds = notices(status, &self.sessions, &self.copied, around, unseen);
        for deed in &deeds {
            match deed {
                Deed::Show { of, copied, replaces } => {
                    self.last += u32::from(replaces.is_none());
                    let number = replaces.unwrap_or(self.last);
                    note(&mut self.sessions, of, copied.clone(), Some(number));
                    self.visible.insert(number, (of.volume.clone(), of.state));
                    self.log.push((number, replaces.is_some(), of.state));
                }
                Deed::Note { of, number } => {
                    self.withdraw(*number);
                    note(&mut self.sessions, of, None, None);
                }
                Deed::TakeBack { number } => {
                    self.withdraw(Some(*number));
                    assert!(close(&mut self.sessions, *number));
                }
                Deed::Forget { volume, number } => {
                    self.withdraw(*number);
                    forget(&mut self.sessions, &mut self.copied, volume);
                }
            }
        }
        deeds.len()
    }

    fn withdraw(&mut self, number: Option<u32>) {
        number.into_iter().for_each(|number| assert!(self.visible.remove(&number).is_some(), "{number} is shown"));
    }

    fn states(&self) -> Vec<PluggedState> {
        self.visible.values().map(|(_, state)| *state).collect()
    }
}

#[test]
fn a_drive_has_one_notification_that_changes_with_it_and_goes_with_it() {
    let mut screen = Screen::default();
    for state in [Waiting, Busy, SafeToRemove] {
        assert_eq!(screen.look(&[blue(state)], FREE), 1);
        // Whatever else changes in the status is no news of the drive.
        assert_eq!(screen.look(&[blue(state)], FREE), 0);
    }
    assert_eq!(screen.log, [(1, false, Waiting), (1, true, Busy), (1, true, SafeToRemove)]);
    assert_eq!(screen.look(&[], FREE), 1);
    assert!(screen.visible.is_empty() && screen.sessions.is_empty());
    // Plugged in anew it is told anew.
    screen.look(&[blue(Busy)], FREE);
    assert_eq!(screen.log[3], (2, false, Busy));
}

#[test]
fn two_drives_have_two() {
    let mut screen = Screen::default();
    screen.look(&[blue(Busy), volume(2, Some("Green drive"), Waiting)], FREE);
    screen.look(&[blue(SafeToRemove), volume(2, Some("Green drive"), Busy)], FREE);
    assert_eq!(screen.states(), [SafeToRemove, Busy]);
    screen.look(&[volume(2, Some("Green drive"), Busy)], FREE);
    assert_eq!(screen.states(), [Busy]);
}

#[test]
fn strangers_are_asked_about_and_no_more() {
    for (state, shown) in [(Asks, true), (Ignored, false), (Locked, false), (Unusable, false), (Refused, true)] {
        let mut screen = Screen::default();
        screen.look(&[volume(1, None, state)], FREE);
        assert_eq!(!screen.visible.is_empty(), shown, "{state:?}");
    }
    for state in [Locked, Unusable, Refused, Held, Failed, Unmounted] {
        let mut screen = Screen::default();
        screen.look(&[blue(state)], FREE);
        assert_eq!(screen.states(), [state], "of the family's everything is told");
    }
    // Who cannot answer is not asked, and hears of the family's drives.
    let mut screen = Screen::default();
    screen.look_at(&status(&[volume(2, None, Asks), blue(Busy)], false), FREE, &BTreeSet::new());
    assert_eq!(screen.states(), [Busy]);
    // The answer takes the question away.
    let mut screen = Screen::default();
    screen.look(&[volume(1, None, Asks)], FREE);
    screen.look(&[volume(1, None, Ignored)], FREE);
    assert!(screen.visible.is_empty());
    screen.look(&[volume(1, None, Asks)], FREE);
    screen.look(&[blue(Busy)], FREE);
    assert_eq!(screen.states(), [Busy]);
    assert_eq!(screen.log.last(), Some(&(2, true, Busy)), "adopted, it is copied to");
}

#[test]
fn one_that_stays_is_not_told_of_each_night() {
    let mut screen = Screen::default();
    screen.look(&[blue(Busy)], FREE);
    screen.look(&[blue(Ready)], FREE);
    assert!(screen.visible.is_empty());
    for state in [Waiting, Busy, Ready, Busy, Ready] {
        screen.look(&[blue(state)], FREE);
        assert!(screen.visible.is_empty(), "{state:?}");
    }
    // What goes wrong is, and that it may be pulled out.
    screen.look(&[blue(Failed)], FREE);
    assert_eq!(screen.states(), [Failed]);
    screen.look(&[blue(SafeToRemove)], FREE);
    assert_eq!(screen.states(), [SafeToRemove]);
}

#[test]
fn quiet_hours_hold_back_only_what_comes_by_itself() {
    let mut screen = Screen::default();
    for state in [Asks, Waiting, Busy, Held, SafeToRemove, Unmounted] {
        screen.look(&[blue(state)], QUIET);
        assert_eq!(screen.states(), [state], "somebody waits for it");
    }
    let mut screen = Screen::default();
    screen.look(&[blue(Failed)], QUIET);
    assert_eq!(screen.states(), [Failed], "it was plugged in just now");
    let mut screen = Screen::default();
    for (state, shown) in [(Busy, true), (Ready, false), (Busy, false), (Failed, false)] {
        screen.look(&[blue(state)], QUIET);
        assert_eq!(!screen.visible.is_empty(), shown, "{state:?}");
    }
    screen.look(&[blue(Failed)], FREE);
    assert_eq!(screen.states(), [Failed], "it is told in the morning");
}

#[test]
fn over_a_full_screen_nothing_is_shown_and_nothing_untrue_stays() {
    let mut screen = Screen::default();
    screen.look(&[blue(SafeToRemove)], FREE);
    screen.look(&[blue(Busy)], FULL);
    assert!(screen.visible.is_empty(), "it is not safe any more");
    assert_eq!(screen.look(&[blue(Busy)], FULL), 0);
    screen.look(&[blue(SafeToRemove)], FULL);
    assert!(screen.visible.is_empty());
    screen.look(&[blue(Busy)], FREE);
    assert_eq!(screen.states(), [Busy]);
    let mut screen = Screen::default();
    screen.look(&[volume(1, None, Asks)], FULL);
    screen.look(&[], FREE);
    assert!(screen.log.is_empty(), "it is gone again");
}

#[test]
fn what_was_put_away_comes_back_with_the_next_state_only() {
    let mut screen = Screen::default();
    screen.look(&[blue(Busy)], FREE);
    assert!(close(&mut screen.sessions, 1) && !close(&mut screen.sessions, 1));
    assert_eq!(screen.look(&[blue(Busy)], FREE), 0);
    screen.look(&[blue(SafeToRemove)], FREE);
    assert_eq!(screen.log.last(), Some(&(2, false, SafeToRemove)));
}

#[test]
fn that_it_was_pulled_out_too_early_is_read_after_it_is_gone() {
    let mut screen = Screen::default();
    screen.look(&[blue(Busy)], FREE);
    let early = saying(GONE_EARLY, blue(Failed));
    screen.look(std::slice::from_ref(&early), FREE);
    assert_eq!(screen.look(&[], FREE), 0, "the drive is gone, and the sentence stays");
    assert_eq!(screen.states(), [Failed]);
    // Plugged in again, under whatever name, its own notification takes over.
    screen.look(&[PluggedIn { volume: "v7".into(), ..blue(Waiting) }], FREE);
    assert_eq!((screen.states(), screen.sessions.len()), (vec![Waiting], 1));
    // Put away, it is forgotten.
    let mut screen = Screen::default();
    screen.look(&[early], FREE);
    close(&mut screen.sessions, 1);
    screen.visible.clear();
    screen.look(&[], FREE);
    assert!(screen.sessions.is_empty());
}

#[test]
fn what_was_copied_is_told_when_it_can_be_put_away() {
    let end = |kind, outcome, about: Option<&str>| JobEnd {
        job: 1,
        kind,
        about: about.map(Into::into),
        outcome,
        said: Said::new("job-copy-good"),
        detail: None,
        problems: Vec::new(),
        problem_count: 0,
        backup: Some("family_20260303_020500".into()),
        files: 2,
        bytes: 9,
        place: None,
        undo: None,
    };
    let mut screen = Screen::default();
    for (kind, outcome, about) in [
        (JobKind::Backup, JobOutcome::Good, Some("Blue drive")),
        (JobKind::Copy, JobOutcome::Failed, Some("Blue drive")),
        (JobKind::Copy, JobOutcome::Good, None),
    ] {
        assert!(!note_copied(&mut screen.copied, &end(kind, outcome, about)), "{kind:?}");
    }
    screen.look(&[blue(Busy)], FREE);
    assert!(note_copied(&mut screen.copied, &end(JobKind::Copy, JobOutcome::Good, Some("Blue drive"))));
    assert_eq!(screen.look(&[blue(Busy)], FREE), 0, "it is not done");
    let shown = notices(&status(&[blue(SafeToRemove)], true), &screen.sessions, &screen.copied, FREE, &BTreeSet::new());
    let copied = Copied { backup: Some("family_20260303_020500".into()), files: 2, bytes: 9 };
    let safe = Box::new(blue(SafeToRemove));
    assert_eq!(shown, [Deed::Show { of: safe, copied: Some(copied), replaces: Some(1) }]);
    // Also when that is only known afterwards, and once.
    let mut late = Screen::default();
    late.look(&[blue(SafeToRemove)], FREE);
    late.copied = screen.copied.clone();
    assert_eq!((late.look(&[blue(SafeToRemove)], FREE), late.look(&[blue(SafeToRemove)], FREE)), (1, 0));
    assert_eq!((late.look(&[], FREE), late.copied.len()), (1, 0), "that was the last time");
    assert_eq!(late.log, [(1, false, SafeToRemove), (1, true, SafeToRemove)]);
}

#[test]
fn nothing_is_told_twice_after_a_restart() {
    let mut screen = Screen::default();
    screen.look(&[blue(SafeToRemove), volume(2, None, Asks)], FREE);
    let kept = serde_json::to_string(&screen.sessions).unwrap();
    screen.sessions = serde_json::from_str(&kept).unwrap();
    // An agent that has just begun does not know them yet.
    let unseen = volumes(&screen.sessions);
    assert_eq!(screen.look_at(&status(&[], true), FREE, &unseen), 0);
    assert_eq!(screen.look(&[blue(SafeToRemove), volume(2, None, Asks)], FREE), 0);
    now_elsewhere(&mut screen.sessions);
    assert_eq!(number_of(&screen.sessions, "v1"), None);
    assert_eq!(screen.look(&[blue(SafeToRemove), volume(2, None, Asks)], FREE), 0);
}

#[test]
fn without_an_agent_nobody_copies_or_asks() {
    let mut screen = Screen::default();
    screen.look(&[blue(Busy), volume(2, None, Asks), volume(3, Some("Red drive"), SafeToRemove)], FREE);
    assert!(close(&mut screen.sessions, 2));
    assert_eq!(without_agent(&mut screen.sessions), [1]);
    assert_eq!(number_of(&screen.sessions, "v3"), Some(3), "that it is safe stays true");
    screen.visible.remove(&1);
    screen.look(&[blue(Busy), volume(2, None, Asks), volume(3, Some("Red drive"), SafeToRemove)], FREE);
    assert_eq!(screen.log.last(), Some(&(4, false, Busy)), "and the question was answered by putting it away");
}

#[test]
fn what_the_agent_says_of_a_volume_has_its_sentence_and_its_advice() {
    let now = "2026-03-03T08:30+01:00[Europe/Berlin]".parse().unwrap();
    for sentences in [Sentences::of("en"), Sentences::of("de")] {
        for (id, args) in SAID {
            let said = args.iter().fold(Said::new(id), |said, arg| match *arg {
                "size" => said.with("size", SaidArg::Bytes(58_000_000_000)),
                "count" => said.count("count", 3),
                name => said.text(name, format!("<{name}>")),
            });
            let (sentence, advice) = (sentences.say(&said, &now), sentences.advice(&said, &now));
            let advice = advice.unwrap_or_else(|| panic!("{id} says what to do"));
            let all = format!("{sentence} {advice}");
            assert!(sentence != id && !all.contains("{$") && !all.contains('$'), "{all}");
            let names = args.iter().filter(|arg| matches!(**arg, "name" | "title" | "program"));
            names.for_each(|name| assert!(all.contains(&format!("<{name}>")), "{name} in {all}"));
        }
    }
}

fn any_volume() -> impl Strategy<Value = PluggedIn> {
    let states =
        vec![Asks, Ignored, Locked, Unusable, Refused, Waiting, Busy, Ready, SafeToRemove, Unmounted, Held, Failed];
    (0u8..4, any::<bool>(), prop::sample::select(states), 0u8..6).prop_map(|(number, is_ours, state, other)| {
        let name = format!("drive {number}");
        let of = volume(number, is_ours.then_some(name.as_str()), state);
        if other == 0 { PluggedIn { said: Said::new(GONE_EARLY), ..of } } else { of }
    })
}

proptest! {
    /// Whatever is plugged in and pulled out: what can be read is true, or tells what was and ended, each volume once.
    #[test]
    fn what_can_be_read_is_true(
        looks in prop::collection::vec(
            (prop::collection::vec(any_volume(), 0..5), any::<bool>(), any::<bool>(), prop::option::of(1u32..9)),
            1..30,
        ),
    ) {
        let mut screen = Screen::default();
        for (drives, is_quiet, is_full_screen, closed) in looks {
            let around = Around { is_quiet, is_full_screen };
            if let Some(number) = closed.filter(|number| screen.visible.remove(number).is_some()) {
                prop_assert!(close(&mut screen.sessions, number));
            }
            let before = screen.log.len();
            screen.look(&drives, around);
            // Looking again changes nothing.
            prop_assert_eq!(screen.look(&drives, around), 0);
            prop_assert!(!is_full_screen || screen.log.len() == before);
            for (volume, state) in screen.visible.values() {
                let now = drives.iter().find(|of| of.volume == *volume).map(|of| of.state);
                prop_assert!(now.is_none_or(|now| now == *state), "{:?} is said of {:?}", state, now);
                let session = screen.sessions.iter().find(|session| session.volume == *volume);
                let outlives = session.is_some_and(|session| session.said.id == GONE_EARLY);
                prop_assert!(now.is_some() || outlives);
                prop_assert!(!matches!(state, Ignored | Ready));
            }
            let mut volumes: Vec<_> = screen.visible.values().map(|(volume, _)| volume).collect();
            let all = volumes.len();
            volumes.sort();
            volumes.dedup();
            prop_assert_eq!(volumes.len(), all);
            prop_assert!(screen.sessions.len() <= 2 * MAX_VOLUMES);
        }
    }

    #[test]
    fn a_bus_full_of_volumes_is_bounded(count in 0usize..200) {
        let drives: Vec<_> = (0..count).map(|at| PluggedIn { volume: at.to_string(), ..blue(Busy) }).collect();
        let mut screen = Screen::default();
        screen.look(&drives, FREE);
        prop_assert_eq!(screen.visible.len(), count.min(MAX_VOLUMES));
    }
}
