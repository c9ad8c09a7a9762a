//! What follows when a backup of several parts is killed before its last part.

use std::collections::BTreeSet;

use fs_err as fs;

use super::*;
use crate::archive::reader::ArchiveReader;
use crate::archive::test_support::noise;
use crate::clock::FixedClock;
use crate::monitor::Silent;
use crate::rebuild::reconcile;
use crate::verify::{How, VerifyRequest, Which, verify};

fn clock() -> FixedClock {
    FixedClock("2026-03-03T02:05:00+01:00[Europe/Berlin]".parse().unwrap())
}

/// A folder with more than fits in one part, and a request to back it up.
fn house() -> (tempfile::TempDir, BackupRequest) {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("home")).unwrap();
    for i in 0..6u8 {
        fs::write(at("home").join(format!("f{i}")), noise(u64::from(i % 4), 50_000)).unwrap();
    }
    let source = FolderSource {
        name: "home".into(),
        path: at("home"),
        exclude: Vec::new(),
        one_file_system: true,
        exclude_caches: true,
    };
    let request = BackupRequest {
        plan: "family".into(),
        computer: ("kitchen".into(), "0123456789abcdef".into()),
        sources: vec![source],
        backup_dir: at("store"),
        places: Vec::new(),
        data_dir: at("data"),
        compression: 1,
        max_archive_bytes: 100_000,
        patch_from_bytes: 50_000,
        renewal: RenewalRules::default(),
        full: false,
    };
    (dir, request)
}

/// Takes the last part of a backup away and notes the others, as a killed run leaves them.
fn kill(request: &BackupRequest, made: &BackupReport) {
    let (last, parts) = made.archives.split_last().unwrap();
    assert!(parts.len() > 1, "{parts:?}");
    for name in [last.clone(), crate::archive::name::sidecar_name(last)] {
        fs::remove_file(request.backup_dir.join(name)).unwrap();
    }
    leftovers::note_parts(request, &made.backup, parts).unwrap();
}

fn open(request: &BackupRequest) -> Catalog {
    Catalog::open(&request.data_dir).unwrap()
}

fn is_whole(request: &BackupRequest) -> bool {
    let all = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
    let catalog = open(request);
    let newest = catalog.backups(None).unwrap().pop().unwrap();
    let needed = catalog.archives_of(&newest).unwrap();
    needed.iter().all(|a| request.backup_dir.join(&a.name).exists())
        && verify(&catalog, &all, &clock(), &Silent).unwrap().is_good()
}

#[test]
fn parts_that_need_each_other_are_not_imported() {
    let (_dir, request) = house();
    let made = backup(&open(&request), &request, &clock(), &Silent).unwrap();
    kill(&request, &made);
    let own: BTreeSet<&String> = made.archives.iter().collect();
    let needs_another = |name: &String| {
        let reader = ArchiveReader::open(&request.backup_dir.join(name)).unwrap();
        reader.metadata().archives_needed.iter().any(|need| own.contains(&need.name))
    };
    assert!(made.archives[..made.archives.len() - 1].iter().any(needs_another));
    Catalog::set_aside(&request.data_dir, "test").unwrap();
    let reconciled = reconcile(&open(&request), &request.backup_dir, &clock(), &Silent).unwrap();
    assert_eq!(reconciled.imported.archives, Vec::<String>::new());
    assert_eq!(reconciled.imported.unfinished.len(), made.archives.len() - 1);
    assert!(open(&request).archives().unwrap().is_empty());
    backup(&open(&request), &request, &clock(), &Silent).unwrap();
    assert!(is_whole(&request));
}

#[test]
fn parts_that_the_catalog_got_to_know_all_the_same_are_not_built_upon() {
    let (_dir, request) = house();
    let made = backup(&open(&request), &request, &clock(), &Silent).unwrap();
    kill(&request, &made);
    open(&request).drop_backups(std::slice::from_ref(&made.backup)).unwrap();
    assert_eq!(open(&request).kept_at_home().unwrap().backups, 0);
    remove_leftovers(&open(&request), &request.backup_dir, &request.data_dir).unwrap();
    let catalog = open(&request);
    let place = catalog.places().unwrap()[0].id;
    let left: Vec<String> = catalog.copies_in(place).unwrap().into_keys().collect();
    assert_eq!(left, made.archives[made.archives.len() - 1..]);
    // The last part is gone too, and nobody has told the catalog: that is noticed.
    let gone = backup(&catalog, &request, &clock(), &Silent);
    assert!(matches!(gone, Ok(_) | Err(BackupError::NeededGone { .. })), "{gone:?}");
    if gone.is_err() {
        catalog.remove_copy(catalog.archive_named(&left[0]).unwrap().unwrap().id, place).unwrap();
        // The same second: the name is taken in the catalog alone.
        let second = backup(&catalog, &request, &clock(), &Silent).unwrap();
        assert_ne!(second.backup, made.backup);
    }
    assert!(is_whole(&request));
}

#[test]
fn an_archive_that_never_became_known_and_cannot_be_opened_is_damage() {
    let (_dir, mut request) = house();
    request.max_archive_bytes = 4_000_000_000;
    let made = backup(&open(&request), &request, &clock(), &Silent).unwrap();
    let path = request.backup_dir.join(&made.archives[0]);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 40]).unwrap();
    Catalog::set_aside(&request.data_dir, "test").unwrap();
    let catalog = open(&request);
    reconcile(&catalog, &request.backup_dir, &clock(), &Silent).unwrap();
    let all = VerifyRequest { which: Which::All, how: How::Quick, other_places: false };
    let found = verify(&catalog, &all, &clock(), &Silent).unwrap();
    assert_eq!((found.damage_count, &found.damaged[0].archive), (1, &made.archives[0]));
    assert_eq!(catalog.standing_damage().unwrap().len(), 1);
    fs::remove_file(&path).unwrap();
    assert!(verify(&catalog, &all, &clock(), &Silent).unwrap().is_good());
    assert!(catalog.standing_damage().unwrap().is_empty());
}

#[test]
fn a_note_of_parts_that_is_no_text_keeps_no_backup_from_being_made() {
    let (dir, request) = house();
    fs::create_dir_all(dir.path().join("data")).unwrap();
    fs::create_dir_all(dir.path().join("store")).unwrap();
    fs::write(dir.path().join("data/unfinished"), b"\xff\x00 torn\nfamily_\xfe").unwrap();
    remove_leftovers(&open(&request), &request.backup_dir, &request.data_dir).unwrap();
    assert!(!dir.path().join("data/unfinished").exists());
}
