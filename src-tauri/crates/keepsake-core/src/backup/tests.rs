//! Whole backups of small folders.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;

use super::test_house::{Home, clock, contents, run, source};
use super::*;
use crate::archive::manifest::Node;
use crate::archive::reader::ArchiveReader;
use crate::archive::test_support::noise;
use crate::archive_path::ArchivePath;
use crate::monitor::{Collecting, ProblemKind};
use crate::verify::{How, VerifyRequest, Which, verify};

#[test]
fn places_inside_a_source_are_left_out() {
    let mut home = Home::new();
    home.write("letter.txt", "dear");
    home.write("copies/family_20260303_020500.tar.gz", "an earlier backup");
    std::os::unix::fs::symlink(home.at("copies"), home.dir.path().join("nas")).unwrap();
    home.request.places = vec![home.dir.path().join("nas"), home.dir.path().join("none")];
    let report = home.back_up();
    assert_eq!(home.paths(&report), ["home", "home/letter.txt"]);
    let left_out: Vec<&str> = report.left_out.iter().map(|left_out| left_out.path.as_str()).collect();
    assert_eq!(left_out, ["home/copies"]);
}

#[test]
fn what_is_unchanged_is_not_stored_again_and_what_moved_is_found() {
    let mut home = Home::new();
    let photo: Vec<u8> = (0..300_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    home.write("album/photo.jpg", &photo);
    home.write("note.txt", "hello");
    let first = home.back_up();
    assert_eq!((first.outcome, first.files, first.new_files), (Outcome::Good, 2, 2));
    let second = home.back_up();
    assert_eq!((second.files, second.new_files), (2, 0));
    assert!(second.stored_bytes < 4_000, "{}", second.stored_bytes);
    fs::create_dir(home.at("best")).unwrap();
    fs::rename(home.at("album/photo.jpg"), home.at("best/photo.jpg")).unwrap();
    fs::copy(home.at("best/photo.jpg"), home.at("best/copy.jpg")).unwrap();
    let third = home.back_up();
    assert!(third.stored_bytes < 5_000, "{}", third.stored_bytes);
    assert_eq!(
        home.paths(&third),
        ["home", "home/album", "home/best", "home/best/copy.jpg", "home/best/photo.jpg", "home/note.txt"]
    );
    assert_eq!(home.paths(&first), ["home", "home/album", "home/album/photo.jpg", "home/note.txt"]);
    assert_eq!(contents(&home.by_hand(&third)).iter().filter(|(_, content, ..)| *content == photo).count(), 3);
}

/// A large file of which little changes, like a database: only that is stored, and all of it comes back.
#[test]
fn of_a_large_file_only_the_changes_are_stored() {
    let mut home = Home::new();
    let mut database = noise(7, 600_000);
    home.write("mail.db", &database);
    fs::set_permissions(home.at("mail.db"), std::fs::Permissions::from_mode(0o440)).unwrap();
    let first = home.back_up();
    assert!(first.stored_bytes > 600_000);
    let edit = |home: &Home, database: &mut Vec<u8>, at: usize, bytes: &[u8]| {
        database.resize(database.len().max(at + bytes.len()), 0);
        database[at..at + bytes.len()].copy_from_slice(bytes);
        fs::set_permissions(home.at("mail.db"), std::fs::Permissions::from_mode(0o640)).unwrap();
        home.write("mail.db", database);
        fs::set_permissions(home.at("mail.db"), std::fs::Permissions::from_mode(0o440)).unwrap();
    };
    // Changed in the middle, grown, made shorter, renamed, touched: always a patch of the first, never of a patch.
    edit(&home, &mut database, 300_000, b"changed");
    let mut reports = vec![home.back_up()];
    edit(&home, &mut database, 600_000, &noise(8, 5_000));
    reports.push(home.back_up());
    database.truncate(450_123);
    edit(&home, &mut database, 0, b"at the beginning");
    reports.push(home.back_up());
    fs::rename(home.at("mail.db"), home.at("mail2.db")).unwrap();
    fs::copy(home.at("mail2.db"), home.at("mail3.db")).unwrap();
    reports.push(home.back_up());
    for report in &reports {
        assert!(report.stored_bytes < 60_000, "{report:?}");
    }
    let out = home.by_hand(&reports[3]);
    for name in ["mail2.db", "mail3.db"] {
        assert_eq!(fs::read(out.join(name)).unwrap(), database);
        assert_eq!(fs::metadata(out.join(name)).unwrap().mode() & 0o7777, 0o440);
    }
    let catalog = home.catalog();
    let row = catalog.backups(None).unwrap().pop().unwrap();
    let states: Vec<_> = catalog.entries(&row, None).map(|e| e.unwrap()).collect();
    let bases = states.iter().filter_map(|s| match &s.entry.node {
        Node::File(content) => Some((content.archive, content.patch.as_ref().unwrap().base.archive)),
        _ => None,
    });
    assert_eq!(bases.collect::<Vec<_>>(), [(4, 1), (4, 1)]);
    // What is all different is stored whole, and where it would spoil what others need, elsewhere.
    home.write("mail.db", noise(9, 600_000));
    let last = home.back_up();
    assert!(last.stored_bytes > 600_000);
    assert_eq!(contents(&home.by_hand(&last)), contents(&home.at("")));
}

/// Patches of one file never take more than the file: then it is stored whole again.
#[test]
fn a_file_that_changes_every_day_is_stored_whole_from_time_to_time() {
    let mut home = Home::new();
    let mut database = noise(7, 400_000);
    home.write("db", &database);
    home.back_up();
    let mut stored = Vec::new();
    for day in 0..16 {
        database[day * 25_000..][..4].copy_from_slice(b"new.");
        home.write("db", &database);
        stored.push(home.back_up().stored_bytes);
    }
    let whole: Vec<_> = stored.iter().enumerate().filter(|(_, bytes)| **bytes > 400_000).map(|(day, _)| day).collect();
    assert_eq!(whole, [5, 11], "{stored:?}");
    let report = home.back_up();
    assert_eq!(contents(&home.by_hand(&report)), contents(&home.at("")));
}

#[test]
fn a_patch_whose_base_is_damaged_or_gone_is_not_built_upon() {
    for gone in [false, true] {
        let mut home = Home::new();
        let mut database = noise(7, 400_000);
        home.write("db", &database);
        let first = home.back_up();
        database[100_000..100_003].copy_from_slice(b"new");
        home.write("db", &database);
        assert!(home.back_up().stored_bytes < 60_000);
        let archive = home.request.backup_dir.join(&first.archives[0]);
        let monitor = Collecting::default();
        if gone {
            fs::remove_file(&archive).unwrap();
        } else {
            let mut bytes = fs::read(&archive).unwrap();
            bytes[200_000] ^= 1;
            fs::write(&archive, bytes).unwrap();
        }
        let catalog = home.catalog();
        let clock = clock(home.day);
        crate::rebuild::reconcile(&catalog, &home.request.backup_dir, &clock, &monitor).unwrap();
        let request = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
        let verified = verify(&catalog, &request, &clock, &monitor).unwrap();
        assert!(!verified.damaged.is_empty());
        drop(catalog);
        // The file itself is as it was, and yet it is stored once more.
        let healed = home.back_up();
        assert!(healed.stored_bytes > 400_000, "{healed:?}");
        let out = home.dir.path().join("out");
        fs::create_dir(&out).unwrap();
        let last = home.request.backup_dir.join(&healed.archives[0]);
        run(Command::new("tar").arg("-xzf").arg(last).arg("home/db").current_dir(&out));
        assert_eq!(fs::read(out.join("home/db")).unwrap(), database);
    }
}

/// What was stored anew and then damaged once more is lost, and so is a patch whose base was damaged, though the base's
/// content was stored anew.
#[test]
fn damage_stands_while_what_is_stored_anew_is_damaged_too() {
    let mut home = Home::new();
    let database = noise(7, 400_000);
    let mut changed = database.clone();
    changed[100_000..100_003].copy_from_slice(b"new");
    let standing = |home: &Home| {
        let request = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
        verify(&home.catalog(), &request, &clock(home.day), &Collecting::default()).unwrap();
        home.catalog().standing_damage().unwrap().len()
    };
    let damage = |home: &Home, report: &BackupReport| {
        let archive = home.request.backup_dir.join(&report.archives[0]);
        let mut bytes = fs::read(&archive).unwrap();
        bytes[200_000] ^= 1;
        fs::write(&archive, bytes).unwrap();
    };
    home.write("db", &database);
    let first = home.back_up();
    assert_eq!(standing(&home), 0);
    damage(&home, &first);
    assert_eq!(standing(&home), 1);
    let second = home.back_up();
    assert!(second.stored_bytes > 400_000, "{second:?}");
    assert_eq!(standing(&home), 0, "it was stored anew");
    damage(&home, &second);
    assert_eq!(standing(&home), 2, "it is nowhere undamaged");
    home.back_up();
    assert_eq!(standing(&home), 0, "it was stored anew once more");
    home.write("db", &changed);
    assert!(home.back_up().stored_bytes < 60_000);
    home.write("db", &database);
    home.back_up();
    assert_eq!(standing(&home), 0);
    let base = home.catalog().archives().unwrap().remove(2);
    damage(&home, &BackupReport { archives: vec![base.name], ..second });
    assert_eq!(standing(&home), 3, "nor is the base of a patch");
    home.back_up();
    assert_eq!(standing(&home), 1, "the base was stored anew, what the patch made of it is lost");
}

#[test]
fn the_same_tree_at_the_same_time_makes_the_same_bytes() {
    let mut home = Home::new();
    for i in 0..200 {
        home.write(&format!("d{}/f{i}", i % 7), format!("{i}").repeat(i * 50));
    }
    let first = home.back_up();
    let bytes = fs::read(home.request.backup_dir.join(&first.archives[0])).unwrap();
    home.request.backup_dir = home.dir.path().join("store2");
    home.request.data_dir = home.dir.path().join("data2");
    home.day = 0;
    let second = home.back_up();
    assert_eq!(fs::read(home.request.backup_dir.join(&second.archives[0])).unwrap(), bytes);
}

#[test]
fn a_missing_or_emptied_source_is_unknown_and_nothing_of_it_ends() {
    let mut home = Home::new();
    let disk = home.dir.path().join("disk");
    fs::create_dir(&disk).unwrap();
    fs::write(disk.join("video"), "v").unwrap();
    home.request.sources.insert(0, source("disk", disk.clone()));
    home.write("note", "n");
    home.back_up();
    fs::remove_file(disk.join("video")).unwrap();
    let monitor = Collecting::default();
    let second = home.try_back_up(&monitor).unwrap();
    assert_eq!(second.outcome, Outcome::WithProblems);
    assert_eq!(monitor.problems.lock().unwrap()[0].kind, ProblemKind::SourceMissing);
    assert_eq!(home.paths(&second), ["home", "home/note"]);
    fs::remove_dir(&disk).unwrap();
    assert_eq!(home.back_up().outcome, Outcome::WithProblems);
    fs::create_dir(&disk).unwrap();
    fs::write(disk.join("video"), "v").unwrap();
    let last = home.back_up();
    assert_eq!(last.outcome, Outcome::Good);
    assert_eq!(home.paths(&last), ["disk", "disk/video", "home", "home/note"]);
    let versions = home.catalog().versions(&ArchivePath::new("disk/video").unwrap()).unwrap();
    assert!(!versions.is_empty());
    home.request.sources = vec![source("gone", home.dir.path().join("gone"))];
    assert!(matches!(home.try_back_up(&Collecting::default()), Err(BackupError::NothingFound { .. })));
    let a_file = home.dir.path().join("a file");
    std::fs::write(&a_file, "x").unwrap();
    home.request.sources.push(source("file", a_file));
    let text = home.try_back_up(&Collecting::default()).unwrap_err().to_string();
    assert!(text.contains("gone could not be found; "), "{text}");
    assert!(text.ends_with("a file is a file, not a folder"), "{text}");
}

#[test]
fn the_folder_that_is_full_is_named() {
    let home = Home::new();
    let full = |path: &std::path::Path| FileError {
        action: "write",
        path: path.into(),
        source: std::io::ErrorKind::StorageFull.into(),
    };
    let request = &home.request;
    let room = RoomBefore { new_bytes: 9_000_000, free_bytes: 5_000_000, ..RoomBefore::default() };
    let own = which_disk_is_full(full(&request.data_dir.join("spool")).into(), request, room);
    assert!(matches!(own, BackupError::StateDiskFull { ref path, .. } if *path == request.data_dir), "{own}");
    let theirs = which_disk_is_full(full(&request.backup_dir.join("a.tar.gz")).into(), request, room);
    assert!(matches!(theirs, BackupError::DiskFull { ref path, .. } if *path == request.backup_dir), "{theirs}");
    assert!(theirs.to_string().ends_with("up to 9 MB are needed for what is new, and 5 MB were free"), "{theirs}");
    assert_eq!((own.lacking_room(), theirs.lacking_room()), (None, Some(room)));
    let catalog = crate::catalog::CatalogError::from(full(std::path::Path::new("/elsewhere")));
    assert!(matches!(which_disk_is_full(catalog.into(), request, room), BackupError::StateDiskFull { .. }));
}

#[test]
fn a_large_backup_becomes_several_whole_archives() {
    let mut home = Home::new();
    for i in 0..10u32 {
        let noise: Vec<u8> =
            (0..700_000u32).map(|n| ((n ^ i).wrapping_mul(2_654_435_761).rotate_left(n % 31) >> 11) as u8).collect();
        home.write(&format!("f{i}"), noise);
    }
    home.request.max_archive_bytes = 2_000_000;
    let report = home.back_up();
    assert!(report.archives.len() >= 3, "{:?}", report.archives);
    for (name, part) in report.archives.iter().zip(1..) {
        let reader = ArchiveReader::open(&home.request.backup_dir.join(name)).unwrap();
        assert_eq!(reader.metadata().part, part);
        assert!(reader.length() < 2_000_000, "{}", reader.length());
        assert!(reader.manifest().all(|line| line.is_ok()));
    }
    assert_eq!(contents(&home.by_hand(&report)), contents(&home.at("")));
    let again = home.back_up();
    assert_eq!((again.archives.len(), again.new_files), (1, 0));
    assert_eq!(contents(&home.by_hand(&again)), contents(&home.at("")));
}

#[test]
fn stopping_leaves_nothing_behind() {
    let mut home = Home::new();
    home.write("note", "n");
    home.back_up();
    home.write("other", "o");
    let monitor = Collecting::default();
    monitor.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(matches!(home.try_back_up(&monitor), Err(BackupError::Stopped)));
    assert_eq!(fs::read_dir(&home.request.backup_dir).unwrap().count(), 2);
    assert_eq!(home.catalog().backups(None).unwrap().len(), 1);
    assert_eq!(home.back_up().new_files, 1);
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next() {
    let mut home = Home::new();
    for i in 0..6u8 {
        home.write(&format!("f{i}"), vec![i; 50_000]);
    }
    home.request.max_archive_bytes = 100_000;
    let first = home.back_up();
    assert!(first.archives.len() > 2, "{:?}", first.archives);
    let at = |name: &str| home.request.backup_dir.join(name);
    // As if it had been killed before the last part, and before the catalog knew.
    fs::remove_file(at(first.archives.last().unwrap())).unwrap();
    let parts: Vec<String> = first.archives[..first.archives.len() - 1].to_vec();
    leftovers::note_parts(&home.request, &first.backup, &parts).unwrap();
    fs::write(at("family_20260304_020500_9.tar.gz.partial"), "half").unwrap();
    fs::copy(at(&first.archives[0]), at("family_20200101_000000.tar.gz")).unwrap();
    fs::write(at("somebody else's"), "kept").unwrap();
    Catalog::set_aside(&home.request.data_dir, "test").unwrap();
    let second = home.back_up();
    let mut there: Vec<_> = fs::read_dir(&home.request.backup_dir)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    let mut wanted: Vec<_> = second.archives.iter().flat_map(|a| [a.clone(), format!("{a}.sha256")]).collect();
    wanted.extend(["somebody else's".into(), "family_20200101_000000.tar.gz".into()]);
    wanted.push(format!("{}.sha256", first.archives.last().unwrap()));
    wanted.sort();
    assert_eq!(there, wanted);
}

#[test]
fn hard_links_stay_one_file() {
    let mut home = Home::new();
    home.write("a", "one");
    fs::hard_link(home.at("a"), home.at("b")).unwrap();
    let first = home.back_up();
    let linked =
        |folder: &Path| fs::metadata(folder.join("a")).unwrap().ino() == fs::metadata(folder.join("b")).unwrap().ino();
    assert!(linked(&home.by_hand(&first)));
    fs::hard_link(home.at("a"), home.at("c")).unwrap();
    let second = home.back_up();
    let out = home.by_hand(&second);
    assert!(linked(&out) && fs::read(out.join("c")).unwrap() == b"one");
}

#[test]
fn a_file_that_cannot_be_read_to_its_end_keeps_its_older_state() {
    use crate::atomic_file::{FAULT_TESTS, Step, set_fault};
    let _alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut home = Home::new();
    home.request.patch_from_bytes = u64::MAX;
    let old: Vec<u8> = (0..3_000_000u32).map(|i| (i / 7) as u8).collect();
    home.write("torn", &old);
    home.write("other", "o");
    home.back_up();
    home.write("torn", [&old[..], b"more"].concat());
    home.write("new-torn", [&old[..], b"as well"].concat());
    let reads = std::sync::atomic::AtomicU32::new(0);
    set_fault(Some(Box::new(move |step, path| {
        let hit = step == Step::Read && path.to_string_lossy().ends_with("torn");
        // Each file fails at its second piece.
        (hit && reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2 == 1)
            .then(|| std::io::Error::from_raw_os_error(5))
    })));
    let report = home.back_up();
    set_fault(None);
    assert_eq!((report.outcome, report.problem_count), (Outcome::WithProblems, 2));
    assert_eq!(home.paths(&report), ["home", "home/other", "home/torn"]);
    let out = home.by_hand(&report);
    assert_eq!(fs::read(out.join("torn")).unwrap(), old);
    assert!(!out.join("new-torn").exists());
    let healed = home.back_up();
    assert_eq!(healed.outcome, Outcome::Good);
    let out = home.by_hand(&healed);
    assert_eq!(contents(&out), contents(&home.at("")));
}

#[test]
fn when_the_first_name_of_a_file_is_lost_the_others_keep_it() {
    let mut home = Home::new();
    home.write("b", "one");
    for name in ["c", "d"] {
        fs::hard_link(home.at("b"), home.at(name)).unwrap();
    }
    // The second pass finds the first name gone.
    struct Remover(PathBuf);
    impl Monitor for Remover {
        fn phase(&self, phase: Phase, _: Option<u64>, _: Option<u64>) {
            if phase == Phase::BackingUp {
                fs::remove_file(&self.0).unwrap();
            }
        }
    }
    let monitor = Remover(home.at("b"));
    let report = home.try_back_up(&monitor).unwrap();
    assert_eq!(home.paths(&report), ["home", "home/c", "home/d"]);
    let out = home.by_hand(&report);
    assert_eq!(fs::read(out.join("c")).unwrap(), b"one");
    assert_eq!(fs::metadata(out.join("c")).unwrap().ino(), fs::metadata(out.join("d")).unwrap().ino());
}

#[test]
fn a_script_of_an_older_archive_is_not_left_to_be_run() {
    let mut home = Home::new();
    home.write("a", "old");
    home.back_up();
    fs::rename(home.at("a"), home.at("b")).unwrap();
    home.back_up();
    home.write("b", "edited");
    let report = home.back_up();
    let out = home.by_hand(&report);
    assert_eq!(fs::read(out.join("b")).unwrap(), b"edited");
}

#[test]
fn a_folder_that_is_moved_meanwhile_is_a_problem_and_not_an_empty_folder() {
    let mut home = Home::new();
    home.write("d/a", "one");
    home.write("d/b", "two");
    struct Mover(PathBuf, PathBuf);
    impl Monitor for Mover {
        fn phase(&self, phase: Phase, _: Option<u64>, _: Option<u64>) {
            if phase == Phase::BackingUp {
                fs::rename(&self.0, &self.1).unwrap();
            }
        }
    }
    let report = home.try_back_up(&Mover(home.at("d"), home.at("e"))).unwrap();
    assert_eq!((report.outcome, report.problem_count), (Outcome::WithProblems, 2));
    assert_eq!(home.back_up().outcome, Outcome::Good);
}
