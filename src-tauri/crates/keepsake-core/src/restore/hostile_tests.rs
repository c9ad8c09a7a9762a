//! Archives that lie. Each lie is named, nothing is written outside the target, and nothing panics.

use std::os::unix::fs::symlink as link_to;

use super::testing::*;
use super::*;
use crate::archive::manifest::{Base, Content, Entry, Node};
use crate::archive::patch::PATCH_BLOCK_BYTES;
use crate::monitor::ProblemKind;
use crate::sources::sparse::{Segment, map_bytes};
use crate::verify::{How, VerifyRequest, Which, verify};

/// A house with a folder that no restore may touch.
fn house() -> House {
    let house = House::new();
    std::fs::create_dir(house.at("outside")).unwrap();
    std::fs::write(house.at("outside/mine"), "mine").unwrap();
    house
}

/// Restores beside and in place; answers what was named, and checks that nothing came out.
fn restore_lies(house: &House, entries: Vec<Stored>, lie: impl FnMut(&mut Entry)) -> Vec<crate::monitor::Problem> {
    let outside = tree(&house.at("outside"));
    let backup = house.backup_with(entries, lie);
    let beside = house.restore(&house.beside(&backup, "to")).unwrap();
    std::fs::create_dir_all(house.at("live")).unwrap();
    let in_place = house.restore(&house.in_place(&backup, "home", "live")).unwrap();
    assert_eq!(beside.problem_count, in_place.problem_count);
    assert_eq!(tree(&house.at("outside")), outside);
    for top in ["to", "live"] {
        assert!(!names(&house.at(top)).iter().any(|n| n.contains(".keepsake-restoring")));
    }
    beside.problems
}

fn lie_of(name: &'static str, mut change: impl FnMut(&mut Content)) -> impl FnMut(&mut Entry) {
    move |entry| {
        if let (Node::File(content), true) = (&mut entry.node, entry.path == path(name)) {
            change(content);
        }
    }
}

#[test]
fn a_link_with_something_in_it_is_not_followed() {
    let house = house();
    let target = house.at("outside").to_string_lossy().into_owned();
    let entries = vec![
        folder("home"),
        symlink("home/link", &target),
        file("home/link/file", "out"),
        folder("home/link/folder"),
        file("home/link/folder/deep", "out"),
        file("home/plain", "a file"),
        file("home/plain/in", "in a file"),
        file("home/z", "good"),
    ];
    let problems = restore_lies(&house, entries, |_| {});
    let named: Vec<&str> = problems.iter().map(|p| &p.path[..]).collect();
    assert_eq!(named, ["home/link/file", "home/link/folder", "home/link/folder/deep", "home/plain/in"]);
    assert!(std::fs::symlink_metadata(house.at("to/home/link")).unwrap().is_symlink());
    assert_eq!(std::fs::read(house.at("to/home/z")).unwrap(), b"good");
}

#[test]
fn a_link_on_the_disk_is_not_followed_either() {
    let house = house();
    let backup = house.backup(vec![folder("home"), folder("home/photos"), file("home/photos/a", "a")]);
    std::fs::create_dir_all(house.at("to/home")).unwrap();
    link_to(house.at("outside"), house.at("to/home/photos")).unwrap();
    let refused = house.restore(&house.beside(&backup, "to"));
    assert!(matches!(refused, Err(RestoreError::WouldReplace { .. })), "{refused:?}");
    let mut one = house.beside(&backup, "to");
    one.paths = vec![path("home/photos/a")];
    assert!(house.restore(&one).is_err());
}

#[test]
fn hard_links_to_what_is_no_file_of_the_backup_are_refused() {
    let house = house();
    let target = house.at("outside/mine").to_string_lossy().into_owned();
    let entries = vec![
        folder("home"),
        symlink("home/a", &target),
        hard_link("home/b", "home/a"),
        hard_link("home/c", "home"),
        hard_link("home/d", "elsewhere/mine"),
        hard_link("home/e", "home/b"),
    ];
    let problems = restore_lies(&house, entries, |_| {});
    assert_eq!(problems.len(), 4);
    assert!(problems.iter().all(|p| p.message.contains("no file of this backup")), "{problems:?}");
}

#[test]
fn a_hard_link_does_not_take_what_stands_in_its_targets_place() {
    let house = house();
    let backup = house.backup_with(
        vec![folder("home"), file("home/a", "right"), hard_link("home/b", "home/a")],
        lie_of("home/a", |content| content.sha256 = [7; 32]),
    );
    std::fs::create_dir_all(house.at("live")).unwrap();
    std::fs::write(house.at("live/a"), "other").unwrap();
    let restored = house.restore(&house.in_place(&backup, "home", "live")).unwrap();
    assert_eq!(restored.problem_count, 2);
    assert_eq!(names(&house.at("live")), ["a"]);
    assert_eq!(std::fs::read(house.at("live/a")).unwrap(), b"other");
}

#[test]
fn wrong_hashes_lengths_and_places_are_named() {
    let entries = || vec![folder("home"), file("home/a", noise(5000, 1)), file("home/b", noise(5000, 2))];
    type Lie = fn(&mut Content);
    let lies: [Lie; 6] = [
        |c| c.sha256[0] ^= 1,
        |c| (c.size_bytes, c.stored_bytes) = (4999, 4999),
        |c| (c.size_bytes, c.stored_bytes) = (5001, 5001),
        |c| c.tar_offset += 1,
        |c| c.tar_offset = i64::MAX as u64,
        |c| (c.size_bytes, c.stored_bytes) = (0, 0),
    ];
    for lie in lies {
        let house = house();
        let problems = restore_lies(&house, entries(), lie_of("home/a", lie));
        assert_eq!(problems.len(), 1);
        assert_eq!((&problems[0].path[..], problems[0].kind), ("home/a", ProblemKind::Damaged));
        assert_eq!(names(&house.at("to")), ["home", "home/b"]);
    }
}

#[test]
fn wrong_patches_are_named() {
    let block = PATCH_BLOCK_BYTES as usize;
    let base_bytes = noise(3 * block + 77, 5);
    let change = noise(block, 6);
    type Lie = fn(&mut Content);
    let lies: [(&str, Lie); 11] = [
        ("", |_| {}),
        ("SHA-256", |c| c.sha256[0] ^= 1),
        ("SHA-256", |c| c.patch.as_mut().unwrap().base.tar_offset += 1),
        ("beyond", |c| c.patch.as_mut().unwrap().base.tar_offset = i64::MAX as u64),
        ("shorter", |c| c.patch.as_mut().unwrap().base.size_bytes = 5),
        ("beyond", |c| (c.tar_offset, c.stored_bytes) = (i64::MAX as u64, 1 << 20)),
        ("add up", |c| c.stored_bytes += 1),
        ("cut off", |c| c.stored_bytes = 100),
        ("SHA-256", |c| c.stored_bytes = 0),
        ("begin like one", |c| c.size_bytes += 1),
        ("begin like one", |c| c.tar_offset += 16),
    ];
    for (why, lie) in lies {
        let house = house();
        let before = house.backup(vec![folder("home"), file("home/db", base_bytes.clone())]);
        let Node::File(old) = house.catalog.entry_at(&before, &path("home/db")).unwrap().unwrap().entry.node else {
            unreachable!()
        };
        let base = Base { archive: 1, tar_offset: old.tar_offset, size_bytes: old.size_bytes, path: path("home/db") };
        let entries = vec![
            folder("home"),
            patched("home/db", base, &base_bytes, &[(1, &change), (3, &change)]),
            file("home/z", "good"),
        ];
        let problems = restore_lies(&house, entries, lie_of("home/db", lie));
        let request = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
        let verified = verify(&house.catalog, &request, &clock(), &crate::monitor::Silent).unwrap();
        let damaged = verified.damaged.iter().filter(|row| row.tar_offset.is_some()).map(|row| &row.path[..]);
        assert_eq!(damaged.collect::<Vec<_>>(), if why.is_empty() { vec![] } else { vec!["home/db"] }, "{why}");
        assert_eq!(std::fs::read(house.at("to/home/z")).unwrap(), b"good");
        if why.is_empty() {
            assert_eq!(problems, []);
            let wanted = [&base_bytes[..block], &change, &base_bytes[2 * block..3 * block], &change].concat();
            assert_eq!(std::fs::read(house.at("to/home/db")).unwrap(), wanted);
            assert_eq!(std::fs::read(house.at("live/db")).unwrap(), wanted);
            continue;
        }
        assert_eq!(problems.len(), 1, "{why}");
        assert_eq!((&problems[0].path[..], problems[0].kind), ("home/db", ProblemKind::Damaged));
        assert!(problems[0].message.contains(why), "{why}: {}", problems[0].message);
        assert!(!house.at("to/home/db").exists());
    }
}

#[test]
fn a_file_of_two_to_the_sixty_two_bytes_is_never_begun() {
    let house = house();
    let huge = 1u64 << 62;
    let backup = house.backup_with(
        vec![folder("home"), file("home/a", "a")],
        lie_of("home/a", |c| (c.size_bytes, c.stored_bytes) = (huge, huge)),
    );
    // Where the archive's own sums lie as well, it is noticed when it is read.
    let restored = house.restore(&house.beside(&backup, "to")).unwrap();
    assert_eq!((restored.problem_count, restored.problems[0].kind), (1, ProblemKind::Damaged));
    assert_eq!(names(&house.at("to")), ["home"]);
    let mut honest = house.beside(&backup, "to2");
    honest.backup.sources[0].bytes = huge;
    assert!(matches!(house.restore(&honest), Err(RestoreError::NotEnoughRoom { .. })));
    honest.paths = vec![path("home/a")];
    assert!(matches!(house.restore(&honest), Err(RestoreError::NotEnoughRoom { .. })));
    assert!(!house.at("to2").exists());
    let stored = map_bytes(&[], 9);
    let sparse_lie = house.backup_with(vec![folder("home"), sparse("home/s", 9, stored)], |entry| {
        if let Node::File(content) = &mut entry.node {
            (content.size_bytes, content.stored_bytes) = (huge, huge);
        }
    });
    let restored = house.restore(&house.beside(&sparse_lie, "to3")).unwrap();
    assert_eq!((restored.problem_count, restored.problems[0].kind), (1, ProblemKind::Damaged));
    assert_eq!(names(&house.at("to3")), ["home"]);
}

#[test]
fn lying_sparse_maps_are_named_and_write_nothing() {
    let padded = |text: &str, data: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(bytes.len().next_multiple_of(512) + data, 7);
        bytes
    };
    for stored in [
        padded("1\n0\n5\n", 5).into_iter().map(|b| if b == 7 { 1 } else { b }).collect(),
        padded("2\n0\n8\n4\n8\n", 16),
        padded("1\n18446744073709551615\n18446744073709551615\n", 5),
        padded("99999999999999\n", 5),
        map_bytes(&[Segment { offset: 2000, length: 10 }], 3000),
        vec![b'1'; 5000],
        Vec::new(),
    ] {
        let house = house();
        let problems = restore_lies(&house, vec![folder("home"), sparse("home/s", 1000, stored)], |_| {});
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].kind, ProblemKind::Damaged);
        assert_eq!(names(&house.at("to")), ["home"]);
    }
}

#[test]
fn keepsakes_own_names_are_not_brought_back() {
    let house = house();
    let entries = vec![
        folder("home"),
        folder("home/.keepsake-undo"),
        file("home/.keepsake-undo/20260401_120000/a", "trap"),
        file("home/.keepsake-restoring-1-1", "trap"),
        file("home/a", "a"),
    ];
    assert_eq!(restore_lies(&house, entries, |_| {}).len(), 3);
    assert_eq!(names(&house.at("to")), ["home", "home/a"]);
}

#[test]
fn an_undo_folder_that_is_a_link_takes_nothing() {
    let house = house();
    let backup = house.backup(vec![folder("home"), file("home/a", "new")]);
    std::fs::create_dir(house.at("live")).unwrap();
    std::fs::write(house.at("live/a"), "old").unwrap();
    link_to(house.at("outside"), house.at("live/.keepsake-undo")).unwrap();
    let restored = house.restore(&house.in_place(&backup, "home", "live")).unwrap();
    assert_eq!(restored.problem_count, 1);
    assert_eq!(std::fs::read(house.at("live/a")).unwrap(), b"old");
    assert_eq!(names(&house.at("outside")), ["mine"]);
}

#[test]
fn links_that_no_disk_takes_are_named() {
    let house = house();
    let long = "x".repeat(5000);
    let entries = vec![folder("home"), symlink("home/a", ""), symlink("home/b", "a\0b"), symlink("home/c", &long)];
    let problems = restore_lies(&house, entries, |_| {});
    assert_eq!(problems.len(), 3);
    assert!(problems.iter().all(|p| p.kind == ProblemKind::NotRestored));
}
