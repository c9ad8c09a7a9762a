use std::collections::BTreeSet;
use std::path::Path;

use super::test_house::{House, answers, clock, tree};
use super::*;
use crate::archive::manifest::write_as_in;
use crate::archive::metadata::NeededArchive;
use crate::archive::name::sidecar_name;
use crate::archive::test_support::{TestArchive, TestNode, metadata, noise, path};
use crate::catalog::ImportPart;
use crate::hash::hex;
use crate::monitor::Silent;

const DAY: i64 = 86_400;
const T: i64 = 1_772_503_500;

/// A history with everything in it: changes, moves, deletions, several parts, links, an absent source, a
/// source that leaves the plan and comes back.
fn eventful() -> House {
    let mut house = House::new();
    let mut one = tree(&[("home/a", "a1"), ("home/b", "b1"), ("home/sub", ""), ("home/x-y", "same"), ("home/z", "z")]);
    one.insert("home/sub", TestNode::Folder);
    one.insert("home/sub/deep", TestNode::File(noise(1, 3000)));
    one.insert("home/link", TestNode::Symlink("a"));
    one.insert("home/twin", TestNode::HardLink("home/a"));
    one.insert("music", TestNode::Folder);
    one.insert("music/song", TestNode::File(b"la".to_vec()));
    house.backup_in(T, &one, &[("home", true), ("music", true)], 3);
    let mut two = one.clone();
    two.insert("home/b", TestNode::File(b"b2".to_vec()));
    two.remove("home/z");
    // Moved: its content is known.
    let deep = two.remove("home/sub/deep").unwrap();
    two.insert("home/deep", deep);
    house.backup_in(T + DAY, &two, &[("home", true), ("music", false)], 1);
    let mut three = two.clone();
    three.insert("home/b", TestNode::File(b"b1".to_vec()));
    three.insert("home/z", TestNode::File(b"z".to_vec()));
    three.remove("home/twin");
    three.insert("home/a", TestNode::Folder);
    house.backup_in(T + 2 * DAY, &three, &[("home", true)], 2);
    let mut four = three.clone();
    four.remove("music/song");
    four.insert("music/new", TestNode::File(b"do".to_vec()));
    four.insert("home/twin", TestNode::HardLink("home/b"));
    house.backup_in(T + 3 * DAY, &four, &[("home", true), ("music", true)], 2);
    house.backup_in(T + 4 * DAY, &four, &[("home", true), ("music", true)], 1);
    house
}

#[test]
fn a_rebuilt_catalog_answers_as_the_one_that_recorded() {
    let house = eventful();
    let (_data, rebuilt, imported) = house.imported();
    assert_eq!(imported.problems, Vec::<String>::new());
    assert_eq!((imported.archives.len(), imported.backups), (9, 5));
    let (live, rebuilt) = (answers(&house.live), answers(&rebuilt));
    for (live, rebuilt) in live.iter().zip(&rebuilt) {
        assert_eq!(live, rebuilt);
    }
    assert_eq!(live.len(), rebuilt.len());
    assert!(live.len() > 40);
}

#[test]
fn nothing_changes_where_nothing_differs_and_nothing_is_written_into_the_folder() {
    let house = eventful();
    let list =
        || std::fs::read_dir(house.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect::<BTreeSet<_>>();
    let before = list();
    let reconciled = reconcile(&house.live, house.folder.path(), &clock(), &Silent).unwrap();
    assert!(reconciled.imported.archives.is_empty() && reconciled.gone.is_empty());
    let (_data, catalog, _) = house.imported();
    let again = import_folder(&catalog, house.folder.path(), "home", true, &clock(), &Silent).unwrap();
    assert!(again.archives.is_empty() && again.copies == 0 && again.problems.is_empty());
    assert_eq!(list(), before);
}

#[test]
fn a_crash_between_the_name_and_the_catalog_is_mended() {
    let mut house = House::new();
    house.backup(T, &tree(&[("home/a", "1")]));
    let (_data, catalog, _) = house.imported();
    house.backup_in(T + DAY, &tree(&[("home/a", "2"), ("home/b", "1")]), &[("home", true)], 2);
    let reconciled = reconcile(&catalog, house.folder.path(), &clock(), &Silent).unwrap();
    assert_eq!((reconciled.imported.archives.len(), reconciled.imported.backups), (2, 1));
    assert_eq!(answers(&catalog), answers(&house.live));
}

#[test]
fn an_unfinished_backup_is_no_backup() {
    let mut house = House::new();
    house.backup(T, &tree(&[("home/a", "1")]));
    let parts = house.backup_in(T + DAY, &tree(&[("home/a", "2"), ("home/b", "1")]), &[("home", true)], 2);
    house.remove(&parts[1]);
    let (_data, catalog, imported) = house.imported();
    assert_eq!(imported.unfinished, [parts[0].name.clone()]);
    assert_eq!((imported.backups, imported.problems.len()), (1, 0));
    // With its last part it becomes one.
    house.bring_back(&parts[1]);
    reconcile(&catalog, house.folder.path(), &clock(), &Silent).unwrap();
    assert_eq!(answers(&catalog), answers(&house.live));
}

#[test]
fn a_first_part_that_others_need_is_known_without_its_backup() {
    let mut house = House::new();
    let parts = house.backup_in(T, &tree(&[("home/a", "1"), ("home/b", "1")]), &[("home", true)], 2);
    // The paths of the first part go on, those of the second are gone: so is that archive after a while.
    let first: &[(&'static str, &str)] = &[("home/a", "changed"), ("home/b", "changed")];
    let mut later = tree(first);
    later.remove("home/a");
    later.remove("home/b");
    house.backup(T + DAY, &later);
    house.remove(&parts[1]);
    let (_data, catalog, imported) = house.imported();
    assert_eq!(imported.problems, Vec::<String>::new());
    let backups = catalog.backups(None).unwrap();
    assert_eq!(backups.len(), 1);
    assert!(backups[0].complete);
    assert_eq!(catalog.entries(&backups[0], None).count(), 1);
}

#[test]
fn gone_archives_make_backups_incomplete_until_they_are_back() {
    let mut house = House::new();
    let first = house.backup(T, &tree(&[("home/a", "1")]));
    house.backup(T + DAY, &tree(&[("home/a", "1"), ("home/b", "2")]));
    let before = answers(&house.live);
    house.remove(&first[0]);
    let reconciled = reconcile(&house.live, house.folder.path(), &clock(), &Silent).unwrap();
    assert_eq!(reconciled.gone, [first[0].name.clone()]);
    assert!(house.live.backups(None).unwrap().iter().all(|b| !b.complete));
    house.bring_back(&first[0]);
    let reconciled = reconcile(&house.live, house.folder.path(), &clock(), &Silent).unwrap();
    assert_eq!(reconciled.imported.copies, 1);
    assert_eq!(answers(&house.live), before);
}

#[test]
fn an_archive_that_became_shorter_or_longer_is_damaged_without_being_read() {
    let mut house = House::new();
    let first = house.backup(T, &tree(&[("home/a", "1")]));
    house.backup(T + DAY, &tree(&[("home/a", "1"), ("home/b", "2")]));
    let look = |house: &House| reconcile(&house.live, house.folder.path(), &clock(), &Silent).unwrap().changed;
    assert!(look(&house).is_empty());
    let whole = std::fs::read(&first[0].path).unwrap();
    for bytes in [&whole[..whole.len() - 1], &[&whole[..], b"x"].concat(), b""] {
        std::fs::write(&first[0].path, bytes).unwrap();
        assert_eq!(look(&house), [first[0].name.clone()]);
        let damage = house.live.damage().unwrap();
        assert_eq!((damage.len(), &*damage[0].archive, &*damage[0].path), (1, &*first[0].name, ""));
        assert!(damage[0].message.contains(&format!("{} bytes instead of", bytes.len())));
        assert!(look(&house).is_empty(), "it is said once");
        house.live.forget_damage(&first[0].name).unwrap();
    }
}

#[test]
fn an_emptied_folder_is_not_believed() {
    let mut house = House::new();
    let first = house.backup(T, &tree(&[("home/a", "1")]));
    house.remove(&first[0]);
    let told = reconcile(&house.live, house.folder.path(), &clock(), &Silent).unwrap_err();
    assert!(matches!(&told, RebuildError::Emptied { archives: 1, .. }), "{told}");
    assert!(house.live.backups(None).unwrap()[0].complete);
    std::fs::remove_dir_all(house.folder.path()).unwrap();
    assert!(matches!(
        reconcile(&house.live, house.folder.path(), &clock(), &Silent),
        Err(RebuildError::Emptied { .. })
    ));
    // A folder that was never used is simply not there yet.
    let data = tempfile::tempdir().unwrap();
    let new = Catalog::open(data.path()).unwrap();
    assert!(reconcile(&new, house.folder.path(), &clock(), &Silent).unwrap().gone.is_empty());
}

#[test]
fn what_is_older_is_put_into_the_history() {
    let house = eventful();
    let expected = answers(&house.live);
    for missing in 0..house.archives.len() {
        let written = house.archives[missing].1.clone();
        house.remove(&written);
        let (_data, catalog, _) = house.imported();
        assert_ne!(answers(&catalog), expected);
        house.bring_back(&written);
        let reconciled = reconcile(&catalog, house.folder.path(), &clock(), &Silent).unwrap();
        assert_eq!(reconciled.imported.problems, Vec::<String>::new(), "{}", written.name);
        assert!(answers(&catalog) == expected, "{}", written.name);
    }
}

#[test]
fn a_gap_leaves_no_wrong_state() {
    let mut house = House::new();
    house.backup(T, &tree(&[("home/a", "1"), ("home/b", "1")]));
    let second = house.backup(T + DAY, &tree(&[("home/a", "two"), ("home/b", "1")]));
    house.backup(T + 2 * DAY, &tree(&[("home/a", "two"), ("home/b", "1"), ("home/c", "two")]));
    house.remove(&second[0]);
    let (_data, catalog, imported) = house.imported();
    let backups = catalog.backups(None).unwrap();
    assert_eq!(backups.iter().map(|b| b.complete).collect::<Vec<_>>(), [true, false]);
    assert_eq!(imported.problems.len(), 1);
    assert!(imported.problems[0].contains(&second[0].name), "{:?}", imported.problems);
    // What the missing archive described is not told as if it were the older state.
    let listed: Vec<String> = catalog.entries(&backups[1], None).map(|s| s.unwrap().entry.path.to_string()).collect();
    assert_eq!(listed, ["home", "home/b", "home/c"]);
    assert_eq!(catalog.versions(&path("home/a")).unwrap().len(), 1);
}

#[test]
fn damaged_and_newer_archives_are_named_and_the_rest_goes_on() {
    let mut house = House::new();
    let first = house.backup(T, &tree(&[("home/a", "1")]));
    let second = house.backup(T + DAY, &tree(&[("home/a", "2")]));
    let third = house.backup(T + 2 * DAY, &tree(&[("home/a", "3")]));
    let mut bytes = std::fs::read(&first[0].path).unwrap();
    let length = bytes.len();
    bytes.truncate(length - 1);
    std::fs::write(&first[0].path, &bytes).unwrap();
    let mut bytes = std::fs::read(&second[0].path).unwrap();
    let footer = bytes.len() - crate::archive::footer::FOOTER_BYTES;
    bytes[footer + 24] = 9;
    let crc = libdeflater::crc32(&bytes[footer + 16..footer + 72]);
    bytes[footer + 72..footer + 76].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(&second[0].path, &bytes).unwrap();
    // Another archive's bytes under a name that is not theirs.
    let liar = house.folder.path().join("family_20270101_000000.tar.gz");
    std::fs::copy(&third[0].path, &liar).unwrap();
    let (_data, catalog, imported) = house.imported();
    let told = imported.problems.join("\n");
    for part in [&first[0].name[..], "version 9", "its name is not its own", "is incomplete"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(catalog.backups(None).unwrap().len(), 1);
}

#[test]
fn the_same_name_with_another_content_is_reported_and_not_taken() {
    let mut one = House::new();
    one.backup(T, &tree(&[("home/a", "1")]));
    let mut other = House::new();
    other.backup(T, &tree(&[("home/a", "2")]));
    let before = answers(&one.live);
    let imported = import_folder(&one.live, other.folder.path(), "stick", false, &clock(), &Silent).unwrap();
    assert_eq!((imported.copies, imported.archives.len()), (0, 0));
    assert!(imported.problems[0].contains("its content differs"), "{:?}", imported.problems);
    assert_eq!(answers(&one.live), before);
}

#[test]
fn another_place_adds_copies_and_another_computer_a_chain() {
    let mut house = House::new();
    let first = house.backup(T, &tree(&[("home/a", "1")]));
    let stick = tempfile::tempdir().unwrap();
    std::fs::copy(&first[0].path, stick.path().join(&first[0].name)).unwrap();
    let mut other = House::new();
    other.computer_id = "ffffffffffffffff".into();
    let theirs = other.backup(T + 7, &tree(&[("home/a", "2")]));
    std::fs::copy(&theirs[0].path, stick.path().join(&theirs[0].name)).unwrap();
    // Without sidecars the files are read.
    let imported = import_folder(&house.live, stick.path(), "stick", false, &clock(), &Silent).unwrap();
    assert_eq!((imported.copies, imported.archives.len(), imported.problems.len()), (1, 1, 0));
    let known = house.live.archive_named(&first[0].name).unwrap().unwrap();
    assert_eq!(house.live.copies(known.id).unwrap().len(), 2);
    let backups = house.live.backups(None).unwrap();
    assert_eq!(backups.len(), 2);
    assert_ne!(backups[0].chain, backups[1].chain);
    assert_eq!(house.live.archive_named(&theirs[0].name).unwrap().unwrap().sha256, theirs[0].sha256);
}

#[test]
fn an_older_backup_waits_for_a_drive_that_is_needed_to_place_it() {
    let mut house = House::new();
    let first = house.backup(T, &tree(&[("home/a", "1")]));
    let second = house.backup(T + DAY, &tree(&[("home/a", "2")]));
    house.remove(&first[0]);
    let (_data, catalog, _) = house.imported();
    house.remove(&second[0]);
    let before = answers(&catalog);
    let old = tempfile::tempdir().unwrap();
    std::fs::copy(house.data.path().join(&first[0].name), old.path().join(&first[0].name)).unwrap();
    let imported = import_folder(&catalog, old.path(), "old stick", false, &clock(), &Silent).unwrap();
    assert!(imported.problems[0].contains("must be readable too"), "{:?}", imported.problems);
    assert_eq!(answers(&catalog), before);
    house.bring_back(&second[0]);
    import_folder(&catalog, old.path(), "old stick", false, &clock(), &Silent).unwrap();
    assert_eq!(answers(&catalog), answers(&house.live));
}

#[test]
fn what_retention_dropped_stays_dropped() {
    let mut house = eventful();
    let dropped = house.live.backups(None).unwrap()[1].name.clone();
    house.live.drop_backups(std::slice::from_ref(&dropped)).unwrap();
    let expected = answers(&house.live);
    // When the whole chain is read again...
    let last = house.archives[8].1.clone();
    let rebuilt = rebuild(house.data.path(), house.folder.path(), &clock(), &Silent).unwrap();
    assert!(rebuilt.set_aside.is_some_and(|p| p.exists()));
    assert_eq!(rebuilt.imported.backups, 4);
    assert_eq!(answers(&rebuilt.catalog), expected);
    // ...and when an older archive turns up.
    house.live = rebuilt.catalog;
    let known = house.live.archive_named(&last.name).unwrap().unwrap();
    assert!(!known.ghost);
    house.remove(&house.archives[0].1);
    let data = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(data.path()).unwrap();
    import_folder(&catalog, house.folder.path(), "home", true, &clock(), &Silent).unwrap();
    catalog.drop_backups(&[dropped]).unwrap();
    house.bring_back(&house.archives[0].1);
    reconcile(&catalog, house.folder.path(), &clock(), &Silent).unwrap();
    assert_eq!(answers(&catalog), expected);
}

#[test]
fn a_damaged_catalog_is_set_aside_and_made_anew() {
    let mut house = House::new();
    house.backup(T, &tree(&[("home/a", "1")]));
    let stick = tempfile::tempdir().unwrap();
    house.live.place(stick.path(), "blue", false).unwrap();
    let expected = answers(&house.live);
    let data = house.data.path();
    house.live = Catalog::open(tempfile::tempdir().unwrap().path()).unwrap();
    let (opened, aside) = open_or_rebuild(data, house.folder.path(), &clock(), &Silent).unwrap();
    assert_eq!(aside, None);
    drop(opened);
    std::fs::write(data.join(CATALOG_NAME), "this was a catalog once").unwrap();
    let (opened, aside) = open_or_rebuild(data, house.folder.path(), &clock(), &Silent).unwrap();
    let aside = aside.unwrap();
    assert_eq!(std::fs::read(&aside.path).unwrap(), b"this was a catalog once");
    assert!(aside.why.contains("damaged"), "{}", aside.why);
    assert_eq!(answers(&opened), expected);
    // Of one that can be read the places survive.
    opened.place(stick.path(), "blue", false).unwrap();
    drop(opened);
    let rebuilt = rebuild(data, house.folder.path(), &clock(), &Silent).unwrap();
    assert_eq!(rebuilt.catalog.places().unwrap().len(), 2);
    assert_eq!(answers(&rebuilt.catalog), expected);
}

#[test]
fn a_manifest_that_is_cut_off_leaves_an_incomplete_backup() {
    let mut house = House::new();
    let first = house.backup(T, &tree(&[("home/a", "1"), ("home/b", "1")]));
    let mut meta = metadata(T + DAY);
    let needed = &first[0];
    meta.archives_needed =
        vec![NeededArchive { name: needed.name.clone(), sha256: hex(&needed.sha256), bytes: needed.bytes }];
    let archive = TestArchive::create(house.folder.path(), &meta);
    let mut manifest = Vec::new();
    write_as_in(&mut manifest, b"home", 1);
    manifest.extend_from_slice(b"{\"path\":\"../home/a\",\"in\":1}\n");
    write_as_in(&mut manifest, b"home/b", 1);
    archive.finish(&meta, Some(manifest));
    let reconciled = reconcile(&house.live, house.folder.path(), &clock(), &Silent).unwrap();
    assert!(reconciled.imported.problems[0].contains("leads out"), "{:?}", reconciled.imported.problems);
    house.live.recompute_complete().unwrap();
    let backups = house.live.backups(None).unwrap();
    assert_eq!(backups.iter().map(|b| b.complete).collect::<Vec<_>>(), [true, false]);
    assert_eq!(house.live.damage().unwrap().len(), 1);
}

#[test]
fn a_stop_is_heard() {
    let house = eventful();
    let data = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(data.path()).unwrap();
    let monitor = crate::monitor::Collecting::default();
    monitor.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let told = import_folder(&catalog, house.folder.path(), "home", true, &clock(), &monitor);
    assert!(matches!(told, Err(RebuildError::Stopped)));
    assert!(catalog.backups(None).unwrap().is_empty());
}

#[test]
fn one_import_after_the_other_by_hand_is_the_same() {
    let mut house = House::new();
    house.backup(T, &tree(&[("home/a", "1")]));
    house.backup(T + DAY, &tree(&[("home/a", "1"), ("home/b", "1")]));
    let data = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(data.path()).unwrap();
    let place = catalog.place(house.folder.path(), "home", true).unwrap();
    for (_, written) in &house.archives {
        let reader = scan::open(Path::new(&written.path), &written.name).unwrap();
        let copies = vec![(place, reader.metadata().time_secs)];
        let part = ImportPart { name: written.name.clone(), reader, sha256: written.sha256, copies };
        assert_eq!(catalog.import_backup(&[part], &Silent).unwrap().problems, Vec::<String>::new());
    }
    assert_eq!(answers(&catalog), answers(&house.live));
}

#[test]
fn checksum_files_at_home_are_mended() {
    let mut house = House::new();
    let first = house.backup(T, &tree(&[("home/a", "1")]));
    let (_data, catalog, _) = house.imported();
    let parts = house.backup_in(T + DAY, &tree(&[("home/a", "2"), ("home/b", "1")]), &[("home", true)], 2);
    let at = |name: &str| house.folder.path().join(name);
    let sum = |name: &str| at(&sidecar_name(name));
    std::fs::remove_file(sum(&parts[0].name)).unwrap();
    std::fs::remove_file(sum(&parts[1].name)).unwrap();
    // One whose archive never came, and a file that only has such a name.
    let (orphan, strange) = ("family_20260101_000000.tar.gz", "family_20260102_000000.tar.gz");
    folder::write_sidecar(house.folder.path(), orphan, &[7; 32]).unwrap();
    std::fs::write(sum(strange), "somebody's notes").unwrap();
    // A place that is not home is only read.
    let data = tempfile::tempdir().unwrap();
    let other = Catalog::open(data.path()).unwrap();
    import_folder(&other, house.folder.path(), "stick", false, &clock(), &Silent).unwrap();
    assert!(sum(orphan).exists() && !sum(&parts[0].name).exists());
    let reconciled = reconcile(&catalog, house.folder.path(), &clock(), &Silent).unwrap();
    assert_eq!(reconciled.imported.problems, Vec::<String>::new());
    for part in &parts {
        let said = folder::read_sidecar(house.folder.path(), &part.name).unwrap();
        assert_eq!(said, Sidecar::Sha256(part.sha256));
    }
    assert!(!sum(orphan).exists());
    assert!(sum(strange).exists());
    // Of an archive that has only just gone it stays; it may come back at once.
    std::fs::remove_file(at(&first[0].name)).unwrap();
    let reconciled = reconcile(&catalog, house.folder.path(), &clock(), &Silent).unwrap();
    assert_eq!(reconciled.gone, [first[0].name.clone()]);
    assert!(sum(&first[0].name).exists());
    // A catalog that is made anew mends them as well.
    std::fs::remove_file(sum(&parts[0].name)).unwrap();
    rebuild(house.data.path(), house.folder.path(), &clock(), &Silent).unwrap();
    assert!(sum(&parts[0].name).exists());
}

#[test]
fn this_computers_own_folder_has_one_name() {
    let house = House::new();
    let data = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(data.path()).unwrap();
    import_folder(&catalog, house.folder.path(), "Blue", false, &clock(), &Silent).unwrap();
    import_folder(&catalog, house.folder.path(), "Backups", true, &clock(), &Silent).unwrap();
    let places = catalog.places().unwrap();
    assert_eq!((places.len(), places[0].home, places[0].name.as_str()), (1, true, HOME_NAME));
}

#[test]
fn damage_is_taken_over_with_its_place_also_from_an_older_catalog() {
    let mut house = House::new();
    let first = house.backup(T, &tree(&[("home/a", "1")]));
    let row = crate::catalog::DamageRow {
        archive: first[0].name.clone(),
        path: "home/a".into(),
        tar_offset: Some(4096),
        message: "other bytes".into(),
        at: T,
    };
    house.live.add_verified(&first[0].name, T, "full", std::slice::from_ref(&row)).unwrap();
    // A share that finds only a header damaged forgets nothing.
    let header = crate::catalog::DamageRow { tar_offset: None, ..row.clone() };
    house.live.add_verified(&first[0].name, T, "part 1/3", &[header]).unwrap();
    let rebuilt = rebuild(house.data.path(), house.folder.path(), &clock(), &Silent).unwrap().catalog;
    assert_eq!(rebuilt.damage().unwrap(), std::slice::from_ref(&row));
    rebuilt.connection().execute_batch("ALTER TABLE damage DROP COLUMN tar_offset; PRAGMA user_version = 1").unwrap();
    drop(rebuilt);
    let (again, aside) = open_or_rebuild(house.data.path(), house.folder.path(), &clock(), &Silent).unwrap();
    assert!(aside.is_some());
    assert_eq!(again.damage().unwrap(), [crate::catalog::DamageRow { tar_offset: None, ..row }]);
}
