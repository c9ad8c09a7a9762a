//! What was told so far, and what has to be told after a look. Pure: it is given events, looks and the time.
//!
//! State decides. Of events only two things count: that a device went (it may be back before anybody has looked), and that
//! udev has done its work on one that came.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::volume::{Contents, Volume};
use crate::watch::Seen;

/// "Unformatted" is told when it still is so after this time: while a table is read or a drive is formatted, there is
/// nothing on it for a moment, too.
pub(crate) const UNFORMATTED_AFTER: Duration = Duration::from_secs(1);

/// What was told.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    told: BTreeMap<String, Volume>,
    /// Devices of which udev told since the last look that they are there.
    arrived: BTreeSet<String>,
    /// Plugged in anew, while udev still tells of the one before: not told until udev has spoken.
    unsure: BTreeSet<String>,
    /// Unformatted since.
    empty_since: BTreeMap<String, Instant>,
}

impl Ledger {
    /// udev says that a device is there.
    pub fn arrived(&mut self, name: &str) {
        self.arrived.insert(name.into());
    }

    /// udev says that a device is gone; `sequence` as far as the event knows it.
    pub fn went(&mut self, name: &str, sequence: Option<u64>) -> Vec<Seen> {
        self.arrived.remove(name);
        let is_it = |volume: &Volume| {
            let told = &volume.plugged;
            // An event that comes late is about the plugging in before this one.
            told.name == name && (sequence.is_none() || told.sequence.is_none() || told.sequence == sequence)
        };
        let keys: Vec<String> =
            self.told.iter().filter(|(_, volume)| is_it(volume)).map(|(key, _)| key.clone()).collect();
        keys.into_iter().map(|key| self.gone(key)).collect()
    }

    /// What is there now; answers what is to be told, what went before what came.
    pub fn look(&mut self, now: Instant, is_first: bool, there: Vec<Volume>) -> Vec<Seen> {
        let there: BTreeMap<String, Volume> = there.into_iter().map(|volume| (volume.key(), volume)).collect();
        let gone: Vec<String> = self.told.keys().filter(|key| !there.contains_key(*key)).cloned().collect();
        let replaced: BTreeSet<String> =
            gone.iter().filter_map(|key| self.told.get(key)).map(|v| v.plugged.name.clone()).collect();
        let mut seen: Vec<Seen> = gone.into_iter().map(|key| self.gone(key)).collect();
        self.unsure.retain(|key| there.contains_key(key));
        self.empty_since.retain(|key, _| there.contains_key(key));
        for (key, volume) in there {
            let name = &volume.plugged.name;
            if self.arrived.contains(name) {
                self.unsure.remove(&key);
            } else if replaced.contains(name) {
                self.unsure.insert(key.clone());
            }
            if self.unsure.contains(&key) || self.told.get(&key) == Some(&volume) {
                if volume.contents != Contents::Nothing {
                    self.empty_since.remove(&key);
                }
                continue;
            }
            let was_empty = self.told.get(&key).is_some_and(|told| told.contents == Contents::Nothing);
            if volume.contents == Contents::Nothing && !was_empty && !is_first {
                let since = *self.empty_since.entry(key.clone()).or_insert(now);
                if now.saturating_duration_since(since) < UNFORMATTED_AFTER {
                    continue;
                }
            }
            self.empty_since.remove(&key);
            self.told.insert(key, volume.clone());
            seen.push(Seen::Here(volume));
        }
        self.arrived.clear();
        seen
    }

    /// When to look again although nothing happened; None when that is not needed.
    pub fn look_again_at(&self) -> Option<Instant> {
        self.empty_since.values().min().map(|since| *since + UNFORMATTED_AFTER)
    }

    fn gone(&mut self, key: String) -> Seen {
        self.told.remove(&key);
        self.empty_since.remove(&key);
        Seen::Gone { key }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::volume::{Hardware, Plugged};

    fn volume(name: &str, sequence: Option<u64>, uuid: &str) -> Volume {
        let contents = match uuid {
            "" => Contents::Nothing,
            uuid => Contents::FileSystem { kind: "ext4".into(), uuid: uuid.into(), label: String::new() },
        };
        Volume {
            device: format!("/dev/{name}").into(),
            contents,
            hardware: Hardware::default(),
            bytes: 1,
            is_read_only: false,
            mounted_at: Vec::new(),
            plugged: Plugged { name: name.into(), sequence },
        }
    }

    fn in_short(seen: &[Seen]) -> Vec<String> {
        let short = |seen: &Seen| match seen {
            Seen::Here(volume) => format!("here {} {}", volume.key(), volume.uuid().unwrap_or("nothing")),
            Seen::Gone { key } => format!("gone {key}"),
            Seen::Ready => "ready".into(),
        };
        seen.iter().map(short).collect()
    }

    #[test]
    fn what_is_the_same_is_told_once_and_what_is_another_again() {
        let mut ledger = Ledger::default();
        let now = Instant::now();
        let mut stick = volume("sdb1", None, "a");
        assert_eq!(in_short(&ledger.look(now, false, vec![stick.clone()])), ["here sdb1 a"]);
        ledger.arrived("sdb1");
        assert_eq!(in_short(&ledger.look(now, false, vec![stick.clone()])), [""; 0]);
        stick.mounted_at.push("/media/a".into());
        assert_eq!(in_short(&ledger.look(now, false, vec![stick])), ["here sdb1 a"]);
        assert_eq!(in_short(&ledger.look(now, false, vec![])), ["gone sdb1"]);
    }

    #[test]
    fn unplugged_and_plugged_between_two_looks_is_told_as_both() {
        let mut ledger = Ledger::default();
        let now = Instant::now();
        ledger.look(now, true, vec![volume("sdb1", None, "a")]);
        assert_eq!(in_short(&ledger.went("sdb1", None)), ["gone sdb1"]);
        ledger.arrived("sdb1");
        assert_eq!(in_short(&ledger.look(now, false, vec![volume("sdb1", None, "a")])), ["here sdb1 a"]);
    }

    #[test]
    fn a_late_event_does_not_take_away_what_was_plugged_in_since() {
        let mut ledger = Ledger::default();
        let now = Instant::now();
        ledger.look(now, true, vec![volume("sdb1", Some(8), "a")]);
        assert_eq!(in_short(&ledger.went("sdb1", Some(7))), [""; 0]);
        assert_eq!(in_short(&ledger.went("sdb1", Some(8))), ["gone sdb1-8"]);
    }

    #[test]
    fn what_udev_remembers_of_the_one_before_is_not_told_of_the_new_one() {
        let mut ledger = Ledger::default();
        let now = Instant::now();
        ledger.look(now, true, vec![volume("sdb1", Some(7), "a")]);
        // Another stick, but udev's notes are still those of the first.
        assert_eq!(in_short(&ledger.look(now, false, vec![volume("sdb1", Some(8), "a")])), ["gone sdb1-7"]);
        assert_eq!(in_short(&ledger.look(now, false, vec![volume("sdb1", Some(8), "a")])), [""; 0]);
        ledger.went("sdb1", Some(7));
        ledger.arrived("sdb1");
        assert_eq!(in_short(&ledger.look(now, false, vec![volume("sdb1", Some(8), "b")])), ["here sdb1-8 b"]);
    }

    #[test]
    fn unformatted_is_told_when_it_stays_so() {
        let mut ledger = Ledger::default();
        let now = Instant::now();
        assert_eq!(in_short(&ledger.look(now, true, vec![volume("sda", None, "")])), ["here sda nothing"]);
        let both = |uuid: &str| vec![volume("sda", None, ""), volume("sdb", None, uuid)];
        assert_eq!(in_short(&ledger.look(now, false, both(""))), [""; 0]);
        assert_eq!(ledger.look_again_at(), Some(now + UNFORMATTED_AFTER));
        assert_eq!(in_short(&ledger.look(now + UNFORMATTED_AFTER, false, both(""))), ["here sdb nothing"]);
        assert_eq!(ledger.look_again_at(), None);
        assert_eq!(in_short(&ledger.look(now, false, both("a"))), ["here sdb a"]);
        // While it is formatted anew.
        assert_eq!(in_short(&ledger.look(now, false, both(""))), [""; 0]);
        assert_eq!(in_short(&ledger.look(now, false, both("b"))), ["here sdb b"]);
        assert_eq!(ledger.look_again_at(), None);
    }

    proptest! {
        /// Devices come, go and change, events are doubled, lost and late: what was told is always what is there.
        #[test]
        fn what_was_told_is_what_is_there(
            steps in proptest::collection::vec((0_usize..3, 0_u64..4, 0_usize..3, any::<bool>(), any::<bool>()), 1..60)
        ) {
            let mut ledger = Ledger::default();
            let mut now = Instant::now();
            let mut there: BTreeMap<usize, (u64, &str)> = BTreeMap::new();
            let mut told: BTreeMap<String, Volume> = BTreeMap::new();
            let mut tell = |seen: Vec<Seen>| {
                for seen in seen {
                    match seen {
                        Seen::Here(volume) => {
                            let key = volume.key();
                            assert_ne!(told.get(&key), Some(&volume), "told twice");
                            told.insert(key, volume);
                        }
                        Seen::Gone { key } => assert!(told.remove(&key).is_some(), "{key} was never told"),
                        Seen::Ready => {}
                    }
                }
                told.clone()
            };
            for (device, sequence, uuid, is_plugged, is_event_lost) in steps {
                let name = ["sdb1", "sdc1", "sdd"][device];
                let before = there.remove(&device);
                if let (Some((sequence, _)), false) = (before, is_event_lost) {
                    tell(ledger.went(name, Some(sequence)));
                }
                if is_plugged {
                    there.insert(device, (sequence, ["", "a", "b"][uuid]));
                    ledger.arrived(name);
                }
                let volumes = || there.iter().map(|(&device, &(sequence, uuid))| volume(["sdb1", "sdc1", "sdd"][device], Some(sequence), uuid)).collect::<Vec<_>>();
                tell(ledger.look(now, false, volumes()));
                now += UNFORMATTED_AFTER;
                let told = tell(ledger.look(now, false, volumes()));
                let expected: BTreeMap<String, Volume> = volumes().into_iter().map(|volume| (volume.key(), volume)).collect();
                prop_assert_eq!(told, expected);
            }
        }
    }
}
