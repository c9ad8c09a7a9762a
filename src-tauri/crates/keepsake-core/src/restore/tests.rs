use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink as link_to};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::testing::*;
use super::*;
use crate::archive::manifest::{Base, Node};
use crate::archive::patch::PATCH_BLOCK_BYTES;
use crate::catalog::BackupRow;
use crate::file_facts::Xattr;
use crate::monitor::{Collecting, ProblemKind};
use crate::sources::sparse::{Segment, map_bytes};

fn family() -> Vec<Stored> {
    let mut entries = vec![
        folder("home"),
        folder("home/photos"),
        file("home/photos/a.jpg", noise(3_000_000, 1)),
        file("home/photos/b.jpg", noise(700_000, 2)),
        folder("home/photos/empty"),
        file("home/letter.txt", "dear all ".repeat(10_000)),
        file("home/nothing", ""),
        symlink("home/latest", "photos/b.jpg"),
        symlink("home/outside", "/etc/passwd"),
        hard_link("home/same.txt", "home/letter.txt"),
        file(b"home/\xff\xfe", "name"),
        folder("mail"),
        file("mail/inbox", "mail"),
    ];
    for i in 0..600 {
        entries.push(file(format!("home/tiny/{i}"), format!("tiny {i}")));
    }
    entries.push(folder("home/tiny"));
    entries
}

#[test]
fn everything_comes_back_beside_with_all_its_facts() {
    let house = House::new();
    let backup = house.backup(family());
    let request = house.beside(&backup, "to");
    let seen = preview(&house.catalog, &request).unwrap();
    assert!(!house.at("to").exists());
    assert_eq!((seen.new.files, seen.same.files, seen.changed.files), (609, 0, 0));
    assert_eq!(seen.backup_time, backup.time);

    let restored = house.restore_well(&request);
    assert_eq!(restored.restored, seen.new);
    assert_eq!(restored.found, seen);
    assert_eq!(restored.undo, None);
    let home = house.at("to/home");
    assert_eq!(std::fs::read(home.join("photos/a.jpg")).unwrap(), noise(3_000_000, 1));
    let meta = std::fs::metadata(home.join("letter.txt")).unwrap();
    assert_eq!((meta.mode() & 0o7777, meta.mtime(), meta.mtime_nsec()), (0o640, 1_000_000, 123_456_789));
    assert_eq!(meta.ino(), std::fs::metadata(home.join("same.txt")).unwrap().ino());
    let meta = std::fs::metadata(home.join("photos")).unwrap();
    assert_eq!((meta.mode() & 0o7777, meta.mtime(), meta.mtime_nsec()), (0o755, 2_000_000, 123_456_789));
    let meta = std::fs::symlink_metadata(home.join("latest")).unwrap();
    assert_eq!((meta.is_symlink(), meta.mtime()), (true, 3_000_000));
    assert_eq!(std::fs::read_link(home.join("outside")).unwrap(), Path::new("/etc/passwd"));
    assert!(!names(&house.at("to")).iter().any(|n| n.contains(".keepsake")));

    // Once more: nothing is to be done, and nothing is refused.
    let before = tree(&house.at("to"));
    let again = house.restore_well(&request);
    assert_eq!((again.restored.files, again.same), (0, seen.new));
    assert_eq!(tree(&house.at("to")), before);
}

#[test]
fn one_file_comes_back_with_the_folders_it_is_in() {
    let house = House::new();
    let backup = house.backup(family());
    let mut request = house.beside(&backup, "to");
    request.paths = vec![path("home/photos/b.jpg"), path("home/same.txt"), path("home/photos/b.jpg")];
    let restored = house.restore_well(&request);
    assert_eq!(restored.restored.files, 2);
    assert_eq!(names(&house.at("to")), ["home", "home/photos", "home/photos/b.jpg", "home/same.txt"]);
    // A link whose target was not asked for comes back with the content.
    assert_eq!(std::fs::read(house.at("to/home/same.txt")).unwrap(), "dear all ".repeat(10_000).as_bytes());
    let meta = std::fs::metadata(house.at("to/home/photos")).unwrap();
    assert_eq!((meta.mode() & 0o7777, meta.mtime()), (0o755, 2_000_000));
}

#[test]
fn a_wrong_path_is_answered_with_the_nearest() {
    let house = House::new();
    let backup = house.backup(family());
    let mut request = house.beside(&backup, "to");
    for (wrong, right) in [("home/leter.txt", "home/letter.txt"), ("hom", "home")] {
        request.paths = vec![path(wrong)];
        let told = house.restore(&request).unwrap_err().to_string();
        assert!(told.contains(&format!("did you mean {right}")), "{told}");
    }
    assert!(!house.at("to").exists());
}

#[test]
fn what_stands_in_the_way_is_named_before_anything_is_written() {
    let house = House::new();
    let backup = house.backup(family());
    let request = house.beside(&backup, "to");
    std::fs::create_dir_all(house.at("to/home/latest")).unwrap();
    std::fs::write(house.at("to/home/letter.txt"), "my own").unwrap();
    let before = tree(&house.at("to"));
    let told = house.restore(&request).unwrap_err().to_string();
    assert!(told.contains("2 files") && told.contains("home/letter.txt") && told.contains("home/latest"), "{told}");
    assert_eq!(tree(&house.at("to")), before);
    let seen = preview(&house.catalog, &request).unwrap();
    assert_eq!((seen.changed.files, seen.newer_here.files, seen.new.files), (2, 2, 607));
}

#[test]
fn a_file_with_another_time_and_the_same_content_is_the_same() {
    let house = House::new();
    let backup = house.backup(family());
    let request = house.beside(&backup, "to");
    house.restore_well(&request);
    let inbox = house.at("to/mail/inbox");
    std::fs::write(&inbox, "mail").unwrap();
    let seen = preview(&house.catalog, &request).unwrap();
    assert_eq!((seen.changed.files, seen.new.files, seen.same.files), (0, 0, 609));
    // Its time and mode are put right.
    assert_eq!(house.restore_well(&request).restored.files, 1);
    assert_eq!(std::fs::metadata(&inbox).unwrap().mtime(), 1_000_000);
    std::fs::write(&inbox, "liam").unwrap();
    assert_eq!(preview(&house.catalog, &request).unwrap().changed.files, 1);
}

#[test]
fn modes_owners_attributes_and_acls_come_back() {
    let house = House::on_disk();
    let mut program = file("home/program", "x");
    program.entry.facts.mode = 0o6755;
    program.entry.facts.xattrs = vec![Xattr { name: b"user.note".to_vec(), value: b"\x00hers".to_vec() }];
    let mut acl = 2u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in
        [(1u16, 6u16, u32::MAX), (2, 4, 12345), (4, 4, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)]
    {
        acl.extend(tag.to_le_bytes());
        acl.extend(permissions.to_le_bytes());
        acl.extend(id.to_le_bytes());
    }
    let mut shared = file("home/shared", "y");
    shared.entry.facts.xattrs = vec![Xattr { name: acl::ACCESS.to_vec(), value: acl.clone() }];
    let mut shared_folder = folder("home/all");
    shared_folder.entry.facts.xattrs = vec![Xattr { name: acl::DEFAULT.to_vec(), value: acl.clone() }];
    let mut sticky = folder("home/sticky");
    sticky.entry.facts.mode = 0o1777;
    let mut entries = vec![folder("home"), program, shared, shared_folder, sticky, file("home/all/plain", "z")];
    let is_root = Me::now().is_root;
    if is_root {
        entries[1].entry.facts.uid = 4_000_001;
        entries[1].entry.facts.gid = 4_000_002;
        // A name that exists here with another number counts; one that does not leaves the number.
        entries[4].entry.facts.uid = 77;
        entries[4].entry.user = "root".into();
        entries[4].entry.facts.gid = 78;
        entries[4].entry.group = "nobody-has-this-name".into();
    }
    let backup = house.backup(entries);
    let request = house.beside(&backup, "to");
    let restored = house.restore(&request).unwrap();
    let at = |name: &str| house.at("to/home").join(name);
    let attribute = |name: &str, key: &[u8]| {
        let mut value = [0; 200];
        rustix::fs::lgetxattr(at(name), key, &mut value[..]).map(|n| value[..n].to_vec())
    };
    let meta = std::fs::metadata(at("program")).unwrap();
    assert_eq!(meta.mode() & 0o7777, 0o6755);
    assert_eq!(std::fs::metadata(at("sticky")).unwrap().mode() & 0o7777, 0o1777);
    if is_root {
        assert_eq!((meta.uid(), meta.gid()), (4_000_001, 4_000_002));
        let meta = std::fs::metadata(at("sticky")).unwrap();
        assert_eq!((meta.uid(), meta.gid()), (0, 78));
    }
    // Not every file system under a test's folder knows attributes; then that is said.
    if restored.problems.is_empty() {
        assert_eq!(attribute("program", b"user.note").unwrap(), b"\x00hers");
        assert_eq!(attribute("shared", acl::ACCESS).unwrap(), acl);
        assert_eq!(attribute("all", acl::DEFAULT).unwrap(), acl);
        assert!(attribute("all/plain", acl::ACCESS).is_err());
        assert_eq!(house.restore_well(&request).restored.files, 0);
    } else {
        assert_eq!(restored.problems[0].kind, ProblemKind::NotQuiteRestored);
    }
}

#[test]
fn holes_come_back_as_holes() {
    let house = House::new();
    let size = 1 << 30;
    let segments = [Segment { offset: 1 << 20, length: 4096 }, Segment { offset: 512 << 20, length: 5 }];
    let mut stored = map_bytes(&segments, size);
    stored.extend(noise(4101, 3));
    let backup = house.backup(vec![folder("home"), sparse("home/disk", size, stored)]);
    house.restore_well(&house.beside(&backup, "to"));
    let disk = house.at("to/home/disk");
    let meta = std::fs::metadata(&disk).unwrap();
    assert_eq!(meta.len(), size);
    assert!(meta.blocks() * 512 < 1 << 20, "{} blocks", meta.blocks());
    let mut read = vec![0; 5];
    std::os::unix::fs::FileExt::read_exact_at(&std::fs::File::open(&disk).unwrap(), &mut read, 512 << 20).unwrap();
    assert_eq!(read, noise(4101, 3)[4096..]);
}

/// Damages a stored archive in the middle of its first block.
fn damage(archive: &Path) {
    let mut bytes = std::fs::read(archive).unwrap();
    bytes[100_000] ^= 1;
    std::fs::write(archive, bytes).unwrap();
}

#[test]
fn damage_costs_only_what_is_damaged_and_nothing_when_there_is_a_copy() {
    let house = House::new();
    let backup = house.backup(family());
    let archive = format!("{}.tar.gz", backup.name);
    std::fs::create_dir(house.at("usb")).unwrap();
    std::fs::copy(house.store().join(&archive), house.at("usb").join(&archive)).unwrap();
    damage(&house.store().join(&archive));
    let restored = house.restore(&house.beside(&backup, "to")).unwrap();
    assert!(restored.problem_count > 0 && restored.problem_count < 609);
    assert!(
        restored.problems.iter().all(|p| p.kind == ProblemKind::Damaged || p.message.contains("did not come back"))
    );
    assert_eq!(restored.restored.files + restored.problem_count, 609);
    for problem in &restored.problems {
        assert!(!house.at("to").join(&problem.path).exists());
    }
    assert!(!names(&house.at("to")).iter().any(|n| n.contains(".keepsake")));

    let place = house.catalog.place(&house.at("usb"), "Blue", false).unwrap();
    let copies = "INSERT INTO copy (archive, place, at) SELECT id, ?1, 0 FROM archive";
    house.catalog.connection().execute(copies, [place]).unwrap();
    let mended = house.restore_well(&house.beside(&backup, "to"));
    assert_eq!(mended.restored.files, restored.problem_count);
    assert_eq!(mended.same, restored.restored);
    std::fs::remove_dir_all(house.store()).unwrap();
    assert_eq!(house.restore_well(&house.beside(&backup, "elsewhere")).restored.files, 609);
    std::fs::remove_dir_all(house.at("usb")).unwrap();
    let none = house.restore(&house.beside(&backup, "nowhere")).unwrap();
    assert_eq!((none.restored.files, none.problem_count), (3, 609 - 3), "{:?}", none.problems[0]);
}

/// The patch is damaged in one place and what it changes in the other: together they are whole.
#[test]
fn a_patch_and_its_base_may_come_from_different_places() {
    let house = House::new();
    let base_bytes = noise(300_000, 5);
    let first = house.backup(vec![folder("home"), file("home/db", base_bytes.clone())]);
    let Node::File(old) = house.catalog.entry_at(&first, &path("home/db")).unwrap().unwrap().entry.node else {
        unreachable!()
    };
    let base = Base { archive: 1, tar_offset: old.tar_offset, size_bytes: old.size_bytes, path: path("home/db") };
    let change = noise(10 * PATCH_BLOCK_BYTES as usize, 6);
    let second = house.backup(vec![folder("home"), patched("home/db", base, &base_bytes, &[(2, &change)])]);
    let archive = |folder: &str, backup: &BackupRow| house.at(folder).join(format!("{}.tar.gz", backup.name));
    std::fs::create_dir(house.at("usb")).unwrap();
    for backup in [&first, &second] {
        std::fs::copy(archive("store", backup), archive("usb", backup)).unwrap();
    }
    let place = house.catalog.place(&house.at("usb"), "Blue", false).unwrap();
    let copies = "INSERT INTO copy (archive, place, at) SELECT id, ?1, 0 FROM archive";
    house.catalog.connection().execute(copies, [place]).unwrap();
    damage(&archive("store", &first));
    damage(&archive("usb", &second));
    house.restore_well(&house.beside(&second, "to"));
    let mut wanted = base_bytes;
    wanted[2 * PATCH_BLOCK_BYTES as usize..][..change.len()].copy_from_slice(&change);
    assert_eq!(std::fs::read(house.at("to/home/db")).unwrap(), wanted);
    // The same content with another time is seen to be the same.
    std::fs::create_dir(house.at("live")).unwrap();
    std::fs::write(house.at("live/db"), &wanted).unwrap();
    let same = house.restore_well(&house.in_place(&second, "home", "live"));
    assert_eq!((same.found.same.files, same.found.changed.files), (1, 0));
    std::fs::remove_file(archive("usb", &first)).unwrap();
    let lost = house.restore(&house.beside(&second, "again")).unwrap();
    assert_eq!((lost.problem_count, lost.problems[0].kind), (1, ProblemKind::Damaged));
}

#[test]
fn a_backup_that_does_not_fit_is_refused_with_both_numbers() {
    let house = House::new();
    let backup = house.backup_with(family(), |entry| {
        if let Node::File(content) = &mut entry.node
            && entry.path == path("mail/inbox")
        {
            (content.size_bytes, content.stored_bytes) = (1 << 60, 1 << 60);
        }
    });
    let mut backup: BackupRow = backup;
    backup.sources[0].bytes = 1 << 61;
    let told = house.restore(&house.beside(&backup, "to")).unwrap_err();
    assert!(matches!(told, RestoreError::NotEnoughRoom { needed_bytes: 1_152_921_504_606_846_976.., .. }), "{told}");
    assert!(told.to_string().contains("1153 PB"), "{told}");
    assert!(!house.at("to").exists());
}

#[test]
fn folders_that_nobody_may_write_are_filled_and_closed_again() {
    let house = House::new();
    let mut closed = folder("home/closed");
    closed.entry.facts.mode = 0o555;
    let mut shut = folder("home/closed/shut");
    shut.entry.facts.mode = 0;
    let backup =
        house.backup(vec![folder("home"), closed, shut, file("home/closed/a", "a"), file("home/closed/shut/b", "b")]);
    let request = house.beside(&backup, "to");
    for _ in 0..2 {
        house.restore_well(&request);
        let mode = |at: &str| std::fs::metadata(house.at("to/home").join(at)).unwrap().mode() & 0o7777;
        assert_eq!((mode("closed"), mode("closed/shut")), (0o555, 0));
    }
    std::fs::set_permissions(house.at("to/home/closed/shut"), PermissionsExt::from_mode(0o700)).unwrap();
    std::fs::remove_file(house.at("to/home/closed/shut/b")).unwrap();
    assert_eq!(house.restore_well(&request).restored.files, 1);
}

/// Asks to stop after so many files.
#[derive(Debug)]
struct StopAfter(u64, AtomicU64);

impl Monitor for StopAfter {
    fn advance(&self, files: u64, _: u64) {
        self.1.fetch_add(files, Ordering::Relaxed);
    }
    fn should_stop(&self) -> bool {
        self.1.load(Ordering::Relaxed) >= self.0
    }
}

#[test]
fn a_stopped_restore_leaves_whole_files_and_a_rerun_does_the_rest() {
    let house = House::new();
    let backup = house.backup(family());
    let request = house.beside(&backup, "to");
    let stopped = house.restore_watched(&request, &StopAfter(300, AtomicU64::new(0))).unwrap();
    assert!(stopped.stopped && stopped.restored.files >= 200 && stopped.restored.files < 609, "{stopped:?}");
    assert!(!names(&house.at("to")).iter().any(|n| n.contains(".keepsake")));
    let rest = house.restore_well(&request);
    assert_eq!((rest.stopped, rest.same), (false, stopped.restored));
    assert_eq!(rest.restored.files + stopped.restored.files, 609);
}

/// Only the threads that write are told to stop, when all is planned already.
#[test]
fn a_restore_that_is_stopped_late_says_so_too() {
    struct StopWriters(std::thread::ThreadId);
    impl Monitor for StopWriters {
        fn should_stop(&self) -> bool {
            std::thread::current().id() != self.0
        }
    }
    for _ in 0..20 {
        let house = House::new();
        let backup = house.backup(vec![folder("home"), file("home/a", "a"), file("home/b", "b")]);
        let monitor = StopWriters(std::thread::current().id());
        let stopped = house.restore_watched(&house.beside(&backup, "to"), &monitor).unwrap();
        assert_eq!((stopped.stopped, stopped.restored.files), (true, 0));
    }
}

#[test]
fn what_a_killed_restore_left_is_cleaned_up() {
    let house = House::new();
    let backup = house.backup(family());
    let request = house.beside(&backup, "to");
    std::fs::create_dir_all(house.at("to/home/tiny")).unwrap();
    let leftover = house.at("to/home/tiny/.keepsake-restoring-1-2");
    std::fs::write(&leftover, "half").unwrap();
    std::fs::write(house.at("to/home/tiny/.keepsake-restoring-mine"), "not ours").unwrap();
    house.restore_well(&request);
    assert!(!leftover.exists());
    assert!(house.at("to/home/tiny/.keepsake-restoring-mine").exists());
}

#[test]
fn in_place_needs_the_typed_word_and_a_known_folder() {
    let house = House::new();
    let backup = house.backup(family());
    let mut request = house.in_place(&backup, "home", "live");
    request.paths = vec![path("home")];
    for consent in [Consent::NotGiven, Consent::Typed("restore".into()), Consent::Typed("YES".into())] {
        let options = RestoreOptions { consent };
        let asked = restore(&house.catalog, &request, &options, &clock(), &Collecting::default(), &house.data());
        assert!(matches!(asked, Err(RestoreError::NeedsConsent { .. })), "{asked:?}");
    }
    assert!(!house.at("live").exists());
    request.paths.clear();
    assert!(house.restore(&request).unwrap_err().to_string().contains("in which folder mail was"));
    request = house.in_place(&backup, "home", "no/such/disk");
    request.paths = vec![path("home")];
    assert!(matches!(house.restore(&request), Err(RestoreError::TargetMissing { .. })));
}

#[test]
fn names_of_255_bytes_and_paths_of_4000_come_back() {
    let house = House::new();
    let mut entries = vec![folder("home")];
    let mut at = "home".to_string();
    for i in 0..15 {
        at = format!("{at}/{}", format!("{i:x}").repeat(255));
        entries.push(folder(&at));
    }
    entries.push(file(format!("{at}/{}", "f".repeat(255)), "deep"));
    let narrow = format!("home/{}", vec!["d"; 300].join("/"));
    for (i, _) in narrow.match_indices('/').skip(1) {
        entries.push(folder(&narrow[..i]));
    }
    entries.push(file(&narrow, "narrow"));
    let backup = house.backup(entries);
    assert_eq!(house.restore_well(&house.beside(&backup, "to")).restored.files, 2);
    let again = house.restore_well(&house.beside(&backup, "to"));
    assert_eq!((again.restored.files, again.same.files), (0, 2));
}

#[test]
fn a_monitor_is_told_of_every_file_once() {
    let house = House::new();
    let backup = house.backup(family());
    let watched = Arc::new(Collecting::default());
    house.restore_watched(&house.beside(&backup, "to"), &*watched).unwrap();
    assert_eq!(watched.files.load(Ordering::Relaxed), 609);
    assert_eq!(watched.bytes.load(Ordering::Relaxed), backup.total(|s| s.bytes));
    link_to("x", house.at("to/y")).unwrap();
}

#[test]
fn killed_at_any_step_every_file_is_whole_or_absent_and_a_rerun_does_the_rest() {
    let mut entries = vec![folder("home"), folder("home/a"), symlink("home/l", "a"), hard_link("home/h", "home/a/1")];
    entries.extend((0..4).map(|i| file(format!("home/a/{i}"), noise(2000 + i, i as u64))));
    let wanted = {
        let house = House::new();
        let backup = house.backup(entries.clone());
        house.restore_well(&house.beside(&backup, "to"));
        tree(&house.at("to"))
    };
    let house = House::new();
    let backup = house.backup(entries);
    let mut steps = 0;
    loop {
        let to = format!("to{steps}");
        let request = house.beside(&backup, &to);
        let was_killed = killed_after(steps, &house.at(&to), || drop(house.restore(&request)));
        let top = house.at(&to).join("home");
        let found = if top.is_dir() { tree(&house.at(&to)) } else { Default::default() };
        for (path, what) in found {
            let is_leftover = path.to_string_lossy().contains(".keepsake-restoring-");
            // A folder has its facts when everything is in it.
            assert!(is_leftover || what.starts_with("folder") || wanted[&path] == what, "after {steps}: {path:?}");
        }
        house.restore_well(&request);
        assert_eq!(tree(&house.at(&to)), wanted, "after {steps}");
        if !was_killed {
            break;
        }
        steps += 1;
    }
    assert!(steps > 20, "{steps}");
}

#[test]
fn what_is_too_long_for_a_disk_is_named_with_the_place_it_was_to_go_to() {
    use crate::atomic_file::FAULT_TESTS;
    let house = House::new();
    let backup = house.backup(vec![folder("home"), folder("home/long"), file("home/long/a", "a"), file("home/b", "b")]);
    let long = house.at("to/home/long");
    let alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let meant = long.clone();
    crate::atomic_file::set_fault(Some(Box::new(move |step, path: &Path| {
        (step == Step::Create && path == meant).then(|| rustix::io::Errno::NAMETOOLONG.into())
    })));
    let restored = house.restore(&house.beside(&backup, "to"));
    crate::atomic_file::set_fault(None);
    drop(alone);
    let restored = restored.unwrap();
    assert_eq!(std::fs::read(house.at("to/home/b")).unwrap(), b"b");
    let named: Vec<&str> = restored.problems.iter().map(|p| &p.path[..]).collect();
    assert_eq!(named, ["home/long", "home/long/a"]);
    for problem in &restored.problems {
        assert!(problem.message.contains(&long.display().to_string()), "{problem:?}");
        assert!(problem.message.contains("too long"), "{problem:?}");
    }
}
