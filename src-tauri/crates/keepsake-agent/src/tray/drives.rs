//! What the tray's menu offers for drives that are plugged in. Pure.

use jiff::Zoned;
use keepsake_api::{PluggedIn, PluggedState, Said, Status};

use crate::desktop::plain::{plain, plain_said};
use crate::sentences::Sentences;

/// A menu is no list: of so many volumes it tells, the family's first.
const MAX_VOLUMES: usize = 6;

/// An entry of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DriveEntry {
    /// It may be pulled out. Nothing happens on a click.
    Safe {
        /// What stands there.
        words: String,
    },
    /// Lets go of it.
    Remove {
        /// What stands there.
        words: String,
        /// How the agent names the volume.
        volume: String,
    },
    /// Copies to it now.
    Copy {
        /// What stands there.
        words: String,
        /// What the family calls it.
        drive: String,
    },
    /// Opens the window, where a stranger can be adopted.
    Use {
        /// What stands there.
        words: String,
    },
}

/// The entries for all that is plugged in.
pub(super) fn entries(status: &Status, sentences: &Sentences, now: &Zoned) -> Vec<DriveEntry> {
    told(status).flat_map(|of| of_volume(of, status.may_change, sentences, now)).collect()
}

/// What the tooltip says of them: whether one may be pulled out, or what keeps it.
pub(super) fn lines(status: &Status, sentences: &Sentences, now: &Zoned) -> Vec<String> {
    let is_line = |of: &&PluggedIn| {
        let state = matches!(of.state, PluggedState::SafeToRemove | PluggedState::Unmounted | PluggedState::Held);
        state && of.drive.is_some() && sentences.has(&of.said.id)
    };
    told(status).filter(is_line).map(|of| sentences.say(&plain_said(&of.said), now)).collect()
}

fn told(status: &Status) -> impl Iterator<Item = &PluggedIn> {
    let of_family = status.drives.iter().filter(|of| of.drive.is_some());
    of_family.chain(status.drives.iter().filter(|of| of.drive.is_none())).take(MAX_VOLUMES)
}

fn of_volume(of: &PluggedIn, may_change: bool, sentences: &Sentences, now: &Zoned) -> Vec<DriveEntry> {
    let say = |id: &str, title: &str| sentences.say(&Said::new(id).text("title", plain(title)), now);
    let volume = of.volume.clone();
    match (&of.drive, of.state) {
        (Some(drive), PluggedState::SafeToRemove | PluggedState::Unmounted) => {
            vec![DriveEntry::Safe { words: say("tray-drive-safe", drive) }]
        }
        (Some(drive), PluggedState::Ready) => {
            let copy = DriveEntry::Copy { words: say("tray-drive-copy", drive), drive: drive.clone() };
            let remove = DriveEntry::Remove { words: say("tray-drive-remove", drive), volume };
            [Some(copy), may_change.then_some(remove)].into_iter().flatten().collect()
        }
        (Some(drive), PluggedState::Waiting | PluggedState::Busy | PluggedState::Held | PluggedState::Failed)
            if may_change =>
        {
            vec![DriveEntry::Remove { words: say("tray-drive-remove", drive), volume }]
        }
        (_, PluggedState::Asks) if may_change => vec![DriveEntry::Use { words: say("tray-drive-use", &of.title) }],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_api::State;

    fn of(drive: Option<&str>, state: PluggedState) -> PluggedIn {
        let said = Said::new("drive-safe").text("name", "Blue drive");
        let (volume, title) = ("v1".into(), "SanDisk_Ultra\n\u{202e}x".into());
        PluggedIn { volume, drive: drive.map(Into::into), title, total_bytes: 58_000_000_000, state, said, backups: 0 }
    }

    fn status(drives: Vec<PluggedIn>, may_change: bool) -> Status {
        Status {
            state: State::Good,
            sentence: Said::new("verdict-good"),
            reasons: Vec::new(),
            plans: Vec::new(),
            job: None,
            paused_until: None,
            drives,
            waits: None,
            newest_backup: None,
            may_change,
            version: String::new(),
        }
    }

    fn words(entry: &DriveEntry) -> (char, &str) {
        match entry {
            DriveEntry::Safe { words } => ('s', words),
            DriveEntry::Remove { words, .. } => ('r', words),
            DriveEntry::Copy { words, .. } => ('c', words),
            DriveEntry::Use { words } => ('u', words),
        }
    }

    #[test]
    fn each_state_offers_what_can_be_done() {
        use PluggedState::*;
        let (en, now) = (Sentences::of("en"), Zoned::default());
        let shown = |drive, state, may_change| {
            let all = entries(&status(vec![of(drive, state)], may_change), &en, &now);
            all.iter()
                .map(|entry| {
                    let (kind, words) = words(entry);
                    format!("{kind} {words}")
                })
                .collect::<Vec<_>>()
        };
        let blue = Some("Blue drive");
        for state in [SafeToRemove, Unmounted] {
            assert_eq!(shown(blue, state, true), ["s Blue drive: safe to remove"]);
        }
        for state in [Waiting, Busy, Held, Failed] {
            assert_eq!(shown(blue, state, true), ["r Remove Blue drive safely"]);
            assert_eq!(shown(blue, state, false), Vec::<String>::new());
        }
        assert_eq!(shown(blue, Ready, true), ["c Copy to Blue drive now", "r Remove Blue drive safely"]);
        assert_eq!(shown(blue, Ready, false), ["c Copy to Blue drive now"]);
        assert_eq!(shown(None, Asks, true), ["u Use SanDisk_Ultra x for backups…"]);
        for (drive, state) in [(None, Ignored), (None, Locked), (None, Unusable), (blue, Refused), (blue, Locked)] {
            assert_eq!(shown(drive, state, true), Vec::<String>::new());
        }
    }

    #[test]
    fn the_family_comes_first_and_a_menu_stays_a_menu() {
        let strangers = (0..20).map(|_| of(None, PluggedState::Asks));
        let all = strangers.chain([of(Some("Blue drive"), PluggedState::SafeToRemove)]).collect();
        let (en, now) = (Sentences::of("en"), Zoned::default());
        let entries = entries(&status(all, true), &en, &now);
        assert_eq!((entries.len(), words(&entries[0]).0), (MAX_VOLUMES, 's'));
        let one = status(vec![of(Some("Blue drive"), PluggedState::SafeToRemove)], true);
        assert_eq!(lines(&one, &en, &now), [en.say(&one.drives[0].said, &now)]);
        assert_eq!(
            lines(&status(vec![of(Some("Blue drive"), PluggedState::Busy)], true), &en, &now),
            Vec::<String>::new()
        );
    }
}
