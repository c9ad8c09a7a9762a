//! What renewal and retention together make of a store in two years, simulated with their own rules on days of files
//! that have sizes and no bytes.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{ToSpan, Zoned};
use proptest::prelude::*;

use super::policy::{Candidate, decide};
use crate::backup::RenewalRules;
use crate::backup::renewal::{ArchiveUse, choose};
use crate::catalog::BackupState;
use crate::settings::Retention;

const KB: u64 = 1000;
const MB: u64 = 1000 * KB;
const POLICY: Retention = Retention::Tiered { daily: 7, weekly: 4, monthly: 12 };
/// What a file's description counts.
const ENTRY_BYTES: u64 = 512;
/// What an archive takes that holds nothing, and what it takes to list a file of an older one.
const ARCHIVE_BYTES: u64 = 8 * KB;
const LISTED_BYTES: u64 = 10;

/// A file as it was stored.
#[derive(Debug, Clone, Copy)]
struct Stored {
    archive: u32,
    bytes: u64,
    /// Which content: a renewed one has the number that it had.
    content: u64,
}

struct Kept {
    time: Zoned,
    /// Contents that it lists, with their bytes.
    contents: HashMap<u64, u64>,
    /// Archives that it needs, or that were named because it might.
    needs: HashSet<u32>,
}

/// What a day came to.
#[derive(Debug)]
struct Day {
    new_bytes: u64,
    renewed_bytes: u64,
    /// Older archives that the newest backup refers to: their bytes, and what counts as needed in them.
    referred: (u64, u64),
    worth_bytes: u64,
    /// How many archives the newest backup needs.
    needed_archives: usize,
    /// Every 30 days.
    measured: Option<Measured>,
}

#[derive(Debug)]
struct Measured {
    kept_backups: u64,
    /// The archives of all kept backups, in bytes.
    store_bytes: u64,
    /// What the kept backups list, each content once.
    ideal_bytes: u64,
}

struct Store {
    rules: RenewalRules,
    time: Zoned,
    now: BTreeMap<u64, Stored>,
    archives: HashMap<u32, u64>,
    kept: Vec<Kept>,
    next: u64,
    days: u64,
}

impl Store {
    fn new(rules: RenewalRules) -> Self {
        let time = "2026-01-01T02:00:00+01:00[Europe/Berlin]".parse().unwrap();
        Self { rules, time, now: BTreeMap::new(), archives: HashMap::new(), kept: Vec::new(), next: 1, days: 0 }
    }

    fn uses(&self) -> Vec<ArchiveUse> {
        let mut needed: BTreeMap<u32, u64> = BTreeMap::new();
        for stored in self.now.values() {
            *needed.entry(stored.archive).or_default() += stored.bytes + ENTRY_BYTES;
        }
        let used = |(id, needed_bytes)| ArchiveUse { id, bytes: self.archives[&id], needed_bytes };
        needed.into_iter().map(used).collect()
    }

    fn archive(&mut self, bytes: u64) -> u32 {
        let id = self.archives.len() as u32 + 1;
        self.archives.insert(id, bytes);
        id
    }

    /// A day: files that are written (name and size), and names of files that are removed.
    fn day(&mut self, written: &[(u64, u64)], removed: &[u64]) -> Day {
        let uses = self.uses();
        let renewal = choose(&uses, self.rules);
        let needed_bytes: u64 = uses.iter().map(|one| one.needed_bytes).sum();
        let stay = || uses.iter().filter(|one| !renewal.archives.contains(&one.id));
        let referred = (stay().map(|one| one.bytes).sum(), stay().map(|one| one.needed_bytes).sum());
        let mut needs = HashSet::new();
        for name in removed.iter().chain(written.iter().map(|(name, _)| name)) {
            // It may have moved: so its archive is named.
            if let Some(stored) = self.now.remove(name).filter(|stored| !renewal.archives.contains(&stored.archive)) {
                needs.insert(stored.archive);
            }
        }
        let files = (self.now.len() + written.len()) as u64;
        let old: Vec<u64> =
            self.now.iter().filter(|(_, s)| renewal.archives.contains(&s.archive)).map(|(name, _)| *name).collect();
        let renewed_bytes = old.iter().map(|name| self.now[name].bytes).sum();
        if !old.is_empty() {
            let archive = self.archive(ARCHIVE_BYTES + renewed_bytes + old.len() as u64 * ENTRY_BYTES / 2);
            old.iter().for_each(|name| self.now.get_mut(name).unwrap().archive = archive);
        }
        let new_bytes: u64 = written.iter().map(|(_, bytes)| bytes).sum();
        let own = self.archive(ARCHIVE_BYTES + new_bytes + files * LISTED_BYTES);
        for &(name, bytes) in written {
            self.next += 1;
            self.now.insert(name, Stored { archive: own, bytes, content: self.next });
        }
        needs.insert(own);
        needs.extend(self.now.values().map(|stored| stored.archive));
        let contents = self.now.values().map(|stored| (stored.content, stored.bytes)).collect();
        self.kept.push(Kept { time: self.time.clone(), contents, needs });
        let candidates: Vec<Candidate> = self
            .kept
            .iter()
            .map(|kept| Candidate { time: kept.time.clone(), state: BackupState::Good, last_of: None })
            .collect();
        let mut verdicts = decide(&candidates, POLICY, &self.time, None).into_iter();
        self.kept.retain(|_| verdicts.next().unwrap().stays);
        self.time = self.time.checked_add(1.day()).unwrap();
        self.days += 1;
        Day {
            new_bytes,
            renewed_bytes,
            referred,
            worth_bytes: self.rules.worth_bytes.max(needed_bytes / 1000),
            needed_archives: self.kept.last().unwrap().needs.len(),
            measured: self.days.is_multiple_of(30).then(|| self.measure()),
        }
    }

    fn measure(&self) -> Measured {
        let stored: HashSet<u32> = self.kept.iter().flat_map(|kept| kept.needs.iter().copied()).collect();
        let contents = self.kept.iter().flat_map(|kept| &kept.contents);
        let ideal: HashMap<u64, u64> = contents.map(|(content, bytes)| (*content, *bytes)).collect();
        Measured {
            kept_backups: self.kept.len() as u64,
            store_bytes: stored.iter().map(|id| self.archives[id]).sum(),
            ideal_bytes: ideal.values().sum(),
        }
    }
}

fn never() -> RenewalRules {
    RenewalRules { worth_bytes: u64::MAX, at_once_bytes: 0 }
}

/// As it is, but for the bound of one run, which only makes everything later.
fn renewing() -> RenewalRules {
    RenewalRules { at_once_bytes: u64::MAX, ..RenewalRules::default() }
}

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A household's server: a dump of its database each night, a few photos, some of which are removed soon.
fn household(rules: RenewalRules, days: u64) -> Vec<Day> {
    let mut store = Store::new(rules);
    let mut numbers = Numbers(1);
    (0..days)
        .map(|day| {
            let mut written = vec![(0, 200 * MB)];
            written.extend((0..5).map(|i| (1 + day * 10 + i, (1 + numbers.below(6)) * MB)));
            let removed: Vec<u64> = if day > 3 { vec![1 + (day - 3) * 10 + numbers.below(5)] } else { vec![] };
            store.day(&written, &removed)
        })
        .collect()
}

/// A home in which so many of 1,000 files change, are added and are removed each day.
fn home(rules: RenewalRules, days: u64, seed: u64, per_day: [u64; 3], largest_bytes: u64) -> Vec<Day> {
    let mut store = Store::new(rules);
    let mut numbers = Numbers(seed);
    let mut names = 1000;
    (0..days)
        .map(|day| {
            let size =
                |numbers: &mut Numbers| 1 + numbers.below(10 * KB) + numbers.below(largest_bytes) * numbers.below(2);
            let mut written: BTreeMap<u64, u64> = BTreeMap::new();
            if day == 0 {
                written.extend((0..names).map(|name| (name, size(&mut numbers))));
            }
            for _ in 0..per_day[0] {
                written.insert(numbers.below(names), size(&mut numbers));
            }
            for _ in 0..per_day[1] {
                written.insert(names, size(&mut numbers));
                names += 1;
            }
            let removed: Vec<u64> = (0..per_day[2]).map(|_| numbers.below(names)).collect();
            written.retain(|name, _| !removed.contains(name));
            store.day(&written.into_iter().collect::<Vec<_>>(), &removed)
        })
        .collect()
}

#[test]
fn a_household_of_two_years_takes_what_it_needs() {
    let days = household(renewing(), 720);
    for measured in days.iter().filter_map(|day| day.measured.as_ref()) {
        assert!(measured.store_bytes < measured.ideal_bytes * 2, "{measured:?}");
    }
    // A photo is stored anew once.
    let sum = |of: fn(&Day) -> u64| days.iter().map(of).sum::<u64>();
    assert!(sum(|day| day.renewed_bytes) < sum(|day| day.new_bytes) / 10);
    // Without renewal every dump stays for the sake of the photos beside it.
    let last = household(never(), 720).pop().unwrap().measured.unwrap();
    assert!(last.store_bytes > last.ideal_bytes * 10, "{last:?}");
}

#[test]
fn small_changes_in_a_home_of_many_files_do_not_pile_up_lists() {
    let large = |rules| home(rules, 500, 7, [3, 1, 0], 1).pop().unwrap();
    let (renewed, never) = (large(renewing()), large(never()));
    assert!(renewed.needed_archives < 150, "{}", renewed.needed_archives);
    assert!(never.needed_archives > 300, "{}", never.needed_archives);
}

#[test]
fn without_changes_nothing_is_renewed() {
    let mut store = Store::new(renewing());
    let files: Vec<(u64, u64)> = (0..50).map(|name| (name, 3 * MB)).collect();
    store.day(&files, &[]);
    let removed: Vec<u64> = (0..30).collect();
    let days: Vec<u64> = std::iter::once(&removed[..])
        .chain(std::iter::repeat_n(&[][..], 100))
        .map(|removed| store.day(&[], removed).renewed_bytes)
        .collect();
    assert_eq!(days[..2], [0, 60 * MB]);
    assert_eq!(days[2..], [0; 99]);
}

#[test]
fn one_run_stores_no_more_than_it_may() {
    let mut store = Store::new(RenewalRules::default());
    for day in 0..40 {
        store.rules = never();
        store.day(&[(0, 2000 * MB), (1 + day, 900 * MB)], &[]);
    }
    store.rules = RenewalRules::default();
    let renewed: Vec<u64> = (0..60).map(|_| store.day(&[], &[]).renewed_bytes).collect();
    // A twentieth of 40 times 900 MB and of the dump.
    assert!(renewed.iter().all(|&bytes| bytes <= 1900 * MB), "{renewed:?}");
    assert_eq!(renewed.iter().sum::<u64>(), 39 * 900 * MB, "all but the last, which lies beside the dump that is");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn whatever_changes_the_store_stays_bounded(
        seed in any::<u64>(), changed in 0u64..60, added in 0u64..20, removed in 0u64..20, largest_bytes in 1u64..5 * MB,
    ) {
        let days = home(renewing(), 300, seed, [changed, added, removed], largest_bytes);
        let (mut new_bytes, mut renewed_bytes) = (0, 0);
        for day in &days {
            // What the newest backup refers to of older ones is at least half needed.
            let (bytes, needed_bytes) = day.referred;
            prop_assert!(bytes <= needed_bytes * 2 + day.worth_bytes, "{day:?}");
            new_bytes += day.new_bytes;
            renewed_bytes += day.renewed_bytes;
            if let Some(measured) = &day.measured {
                let most = measured.ideal_bytes * 3 + measured.kept_backups * 4 * (ARCHIVE_BYTES + 3000 * LISTED_BYTES);
                prop_assert!(measured.store_bytes <= most + 2 * day.worth_bytes, "{day:?}");
            }
        }
        prop_assert!(renewed_bytes <= new_bytes, "{renewed_bytes} of {new_bytes}");
    }
}
