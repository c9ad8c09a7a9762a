//! What a person gets from backups with nothing but tar and sh.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fs_err as fs;
use proptest::prelude::*;

use super::test_house::{Home, Missed, contents};
use super::{Outcome, RenewalRules};
use crate::archive::manifest::Node;
use crate::archive::test_support::noise;

#[test]
fn what_takes_the_old_place_of_a_file_does_not_spoil_it_by_hand() {
    type Step = fn(&Home);
    let histories: [(&str, &[Step]); 7] = [
        (
            "a link where a moved file was",
            &[|h| {
                fs::rename(h.at("a"), h.at("b")).unwrap();
                std::os::unix::fs::symlink("c", h.at("a")).unwrap();
            }],
        ),
        (
            "a link where a copied file was, later",
            &[
                |h| assert!(fs::copy(h.at("a"), h.at("b")).is_ok()),
                |h| {
                    fs::remove_file(h.at("a")).unwrap();
                    std::os::unix::fs::symlink("c", h.at("a")).unwrap();
                },
                |h| fs::remove_file(h.at("a")).unwrap(),
            ],
        ),
        (
            "a folder where a moved file was",
            &[|h| {
                fs::rename(h.at("a"), h.at("b")).unwrap();
                h.write("a/inside", "new");
            }],
        ),
        (
            "a folder where a moved file was, later",
            &[|h| fs::rename(h.at("a"), h.at("b")).unwrap(), |h| h.write("a/inside", "new")],
        ),
        (
            "a copy of something new where a moved file was",
            &[|h| {
                fs::rename(h.at("a"), h.at("b")).unwrap();
                h.write("Z", "Z".repeat(100_000));
                fs::copy(h.at("Z"), h.at("a")).unwrap();
            }],
        ),
        (
            "a file where a folder was",
            &[|h| {
                fs::rename(h.at("d/x"), h.at("y")).unwrap();
                fs::remove_dir(h.at("d")).unwrap();
                h.write("d", "a file now");
            }],
        ),
        (
            "a link where a folder was",
            &[|h| {
                fs::rename(h.at("d"), h.at("e")).unwrap();
                std::os::unix::fs::symlink("e", h.at("d")).unwrap();
            }],
        ),
    ];
    for (name, steps) in histories {
        let mut home = Home::new();
        home.write("a", "content of a ".repeat(6000));
        home.write("c", "content of c");
        home.write("d/x", "content of x");
        home.back_up();
        for step in steps {
            step(&home);
            let report = home.back_up();
            let got = contents(&home.by_hand(&report));
            for file in contents(&home.at("")) {
                // A link's mode and time are its own.
                assert!(
                    got.iter().any(|g| (&g.0, &g.1) == (&file.0, &file.1)),
                    "{name}: {:?}",
                    String::from_utf8_lossy(&file.0)
                );
            }
        }
    }
}

/// What a family does to its files.
#[derive(Debug, Clone)]
enum Change {
    Write(u8, u8),
    Move(u8, u8),
    Copy(u8, u8),
    Swap(u8, u8),
    Remove(u8),
    Mode(u8, u16),
    Time(u8, u16),
    Folder(u8),
    Link(u8, u8),
    Same(u8, u8),
    /// A large file.
    Large(u8, u8),
    /// A few bytes of a large file, from there.
    Edit(u8, u32),
    /// A large file's length.
    Length(u8, u32),
}

fn any_change() -> impl Strategy<Value = Change> {
    let name = 0u8..6;
    prop_oneof![
        3 => (name.clone(), any::<u8>()).prop_map(|(n, c)| Change::Write(n, c)),
        3 => (name.clone(), name.clone()).prop_map(|(a, b)| Change::Move(a, b)),
        2 => (name.clone(), name.clone()).prop_map(|(a, b)| Change::Copy(a, b)),
        2 => (name.clone(), name.clone()).prop_map(|(a, b)| Change::Swap(a, b)),
        1 => name.clone().prop_map(Change::Remove),
        1 => (name.clone(), 0u16..8).prop_map(|(n, m)| Change::Mode(n, m)),
        1 => (name.clone(), any::<u16>()).prop_map(|(n, t)| Change::Time(n, t)),
        2 => name.clone().prop_map(Change::Folder),
        1 => (name.clone(), name.clone()).prop_map(|(a, b)| Change::Link(a, b)),
        1 => (name.clone(), name.clone()).prop_map(|(a, b)| Change::Same(a, b)),
        2 => (name.clone(), any::<u8>()).prop_map(|(n, c)| Change::Large(n, c)),
        4 => (name.clone(), 0u32..150_000).prop_map(|(n, at)| Change::Edit(n, at)),
        1 => (name, 90_000u32..170_000).prop_map(|(n, length)| Change::Length(n, length)),
    ]
}

/// Renewal as it is, and as often as can be, of everything at once or file by file.
fn any_renewal() -> impl Strategy<Value = RenewalRules> {
    let at_once_bytes = prop_oneof![Just(1), 1000u64..200_000, Just(u64::MAX)];
    let eager = at_once_bytes.prop_map(|at_once_bytes| RenewalRules { worth_bytes: 1, at_once_bytes });
    prop_oneof![1 => Just(RenewalRules::default()), 2 => eager]
}

fn remove(path: &Path) {
    let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
}

impl Change {
    fn apply(&self, home: &Home) {
        let at = |n: &u8| home.at(&format!("{}/f{n}", n % 2));
        match self {
            // Few contents, so that the same ones come again under other names.
            Self::Write(n, c) => {
                // What stood there goes, be it a folder or a link.
                remove(&at(n));
                fs::write(at(n), format!("content {} ", c % 5).repeat(1 + 30 * usize::from(c % 5))).unwrap();
            }
            Self::Large(n, c) => {
                remove(&at(n));
                fs::write(at(n), noise(u64::from(c % 2) + 1, 150_000)).unwrap();
            }
            Self::Edit(n, offset) => {
                if let Ok(file) = fs::File::options().write(true).open(at(n)) {
                    std::os::unix::fs::FileExt::write_all_at(file.file(), b"edited", u64::from(*offset)).unwrap();
                }
            }
            Self::Length(n, length) => {
                if let Ok(file) = fs::File::options().write(true).open(at(n)) {
                    file.set_len(u64::from(*length)).unwrap();
                }
            }
            Self::Folder(n) => {
                remove(&at(n));
                fs::create_dir(at(n)).unwrap();
                fs::write(at(n).join("inside"), format!("inside {n}")).unwrap();
            }
            Self::Link(a, b) => {
                remove(&at(a));
                std::os::unix::fs::symlink(format!("f{b}"), at(a)).unwrap();
            }
            Self::Same(a, b) if a != b && at(a).is_file() => {
                remove(&at(b));
                fs::hard_link(at(a), at(b)).unwrap();
            }
            Self::Same(..) => {}
            Self::Move(a, b) => drop(fs::rename(at(a), at(b))),
            Self::Copy(a, b) if a != b => drop(fs::copy(at(a), at(b))),
            Self::Copy(..) => {}
            Self::Swap(a, b) => {
                let aside = home.at("aside");
                if fs::rename(at(a), &aside).is_ok() {
                    let _ = fs::rename(at(b), at(a));
                    remove(&at(b));
                    fs::rename(&aside, at(b)).unwrap();
                }
            }
            Self::Remove(n) => remove(&at(n)),
            Self::Mode(n, m) => {
                drop(fs::set_permissions(at(n), std::fs::Permissions::from_mode(0o600 | u32::from(*m))))
            }
            Self::Time(n, t) => {
                if let Ok(file) = fs::File::options().append(true).open(at(n)) {
                    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000 + u64::from(*t));
                    file.file().set_modified(time).unwrap();
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// Promise 1: whatever was written, moved, swapped, copied, removed, tar and sh bring all of it back.
    #[test]
    fn by_hand_brings_back_every_file(
        days in proptest::collection::vec(proptest::collection::vec(any_change(), 0..6), 1..5),
        renewal in any_renewal(),
    ) {
        let mut home = Home::new();
        home.request.renewal = renewal;
        fs::create_dir(home.at("0")).unwrap();
        fs::create_dir(home.at("1")).unwrap();
        home.write("0/f0", "zero");
        home.write("1/f1", "one");
        home.write("0/f2", "a longer one ".repeat(500));
        home.write("1/f3", noise(1, 150_000));
        let mut seen: Vec<Vec<Missed>> = Vec::new();
        for day in std::iter::once(&Vec::new()).chain(&days) {
            for change in day {
                change.apply(&home);
            }
            let report = home.back_up();
            prop_assert_eq!(report.outcome, Outcome::Good);
            let wanted = contents(&home.at(""));
            let got = contents(&home.by_hand(&report));
            for file in &wanted {
                prop_assert!(got.contains(file), "{:?} of {:?} is not in what came back: {:?}", file.0, report.backup, got.iter().find(|g| g.0 == file.0));
            }
            // The catalog lists exactly what is there, in every backup so far.
            seen.push(wanted);
            let catalog = home.catalog();
            for (row, files) in catalog.backups(None).unwrap().iter().zip(&seen) {
                let listed: Vec<Vec<u8>> = catalog.entries(row, None).map(|e| e.unwrap().entry)
                    .filter(|e| !matches!(e.node, Node::Folder)).map(|e| e.path.below_source().to_vec()).collect();
                let mut there: Vec<Vec<u8>> = files.iter().map(|f| f.0.clone()).collect();
                there.sort_by_key(|p| p.iter().map(|&b| if b == b'/' { 0 } else { b }).collect::<Vec<_>>());
                prop_assert_eq!(listed, there);
            }
        }
    }
}

/// How many histories are tried: enough for every run, more on request (`PROPTEST_CASES=1000`).
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)
}
