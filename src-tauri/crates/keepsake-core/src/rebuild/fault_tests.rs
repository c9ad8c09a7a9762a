//! Backups of a house where something is wrong: damaged archives, attributes that cannot be read, power that
//! fails between two names.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use fs_err as fs;

use super::reconcile;
use crate::archive::manifest::{Content, Line, Node};
use crate::archive::reader::ArchiveReader;
use crate::archive::test_support::noise;
use crate::archive_path::ArchivePath;
use crate::atomic_file::{FAULT_TESTS, Step, set_fault};
use crate::backup::Outcome;
use crate::backup::test_house::{Home, clock};
use crate::catalog::DamageRow;
use crate::destinations::folder::{self, Sidecar, read_sidecar};
use crate::monitor::{ProblemKind, Silent};
use crate::verify::{How, VerifyRequest, Which, verify};

impl Home {
    fn reader(&self, archive: &str) -> ArchiveReader {
        ArchiveReader::open(&self.request.backup_dir.join(archive)).unwrap()
    }
    /// What the newest backup knows of a file, and the name of the archive that holds it.
    fn content(&self, path: &str) -> (Content, String) {
        let catalog = self.catalog();
        let newest = catalog.backups(None).unwrap().pop().unwrap();
        let stored = catalog.entry_at(&newest, &ArchivePath::new(path).unwrap()).unwrap().unwrap();
        let Node::File(content) = stored.entry.node else { panic!("{path} is no file") };
        let archive = catalog.archives().unwrap().into_iter().find(|a| a.id == content.archive).unwrap();
        (content, archive.name)
    }
    /// Flips a bit in the middle of a file's content, and lets a check find it. Answers the paths it names.
    fn damage(&self, path: &str) -> Vec<String> {
        let (content, archive) = self.content(path);
        let reader = self.reader(&archive);
        let block = reader.block_of(content.tar_offset + content.stored_bytes / 2);
        let before: u64 = (0..block).map(|block| reader.block_file_bytes(block)).sum();
        let file = self.request.backup_dir.join(&archive);
        let mut bytes = fs::read(&file).unwrap();
        bytes[(before + reader.block_file_bytes(block) / 2) as usize] ^= 1;
        fs::write(file, bytes).unwrap();
        let request = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
        let found = verify(&self.catalog(), &request, &clock(self.day), &Silent).unwrap();
        let here = |row: &&DamageRow| row.tar_offset == Some(content.tar_offset);
        found.damaged.iter().filter(here).map(|row| row.path.clone()).collect()
    }
}

#[test]
fn damaged_content_is_stored_anew_whatever_it_is_called() {
    let mut home = Home::new();
    // An archive of which nothing sound is needed would be renewed meanwhile.
    home.request.renewal.worth_bytes = u64::MAX;
    let (old, new) = (noise(1, 3 << 20), noise(2, 3 << 20));
    fs::write(home.at("photo"), &old).unwrap();
    home.back_up();
    // Another comes in its place: in the archive that one lies aside, as older archives have the path.
    fs::rename(home.at("photo"), home.at("a")).unwrap();
    fs::write(home.at("photo"), &new).unwrap();
    let second = home.back_up();
    let (content, archive) = home.content("home/photo");
    assert_eq!(archive, second.archives[0]);
    assert!(content.stored_as.is_some_and(|path| path.as_bytes().starts_with(b".keepsake-moved/")));
    assert_eq!(home.damage("home/photo"), ["home/photo"]);
    let third = home.back_up();
    assert_eq!((home.content("home/photo").1, third.new_files), (third.archives[0].clone(), 1));
    // What moved is known in the first archive under a path that it has no more.
    let (content, archive) = home.content("home/a");
    assert_ne!(archive, third.archives[0]);
    assert_eq!(content.stored_as.unwrap().as_bytes(), b"home/photo");
    assert_eq!(home.damage("home/a"), ["home/photo"]);
    let fourth = home.back_up();
    assert_eq!((home.content("home/a").1, fourth.new_files), (fourth.archives[0].clone(), 1));
    assert_eq!(home.content("home/photo").1, third.archives[0], "the same path in another archive is sound");
    assert_eq!(home.back_up().new_files, 0);
}

#[test]
fn only_what_is_damaged_is_stored_anew() {
    let mut home = Home::new();
    fs::write(home.at("a"), noise(1, 3 << 20)).unwrap();
    fs::write(home.at("b"), noise(2, 3 << 20)).unwrap();
    home.back_up();
    assert_eq!(home.damage("home/b"), ["home/b"]);
    let second = home.back_up();
    assert_eq!((second.new_files, home.content("home/b").1), (1, second.archives[0].clone()));
    assert_ne!(home.content("home/a").1, second.archives[0]);
}

#[test]
fn a_folder_without_readable_attributes_is_listed_once() {
    let mut home = Home::new();
    fs::create_dir_all(home.at("album/2019")).unwrap();
    fs::write(home.at("album/2019/photo"), "p").unwrap();
    fs::write(home.at("album/note"), "n").unwrap();
    home.back_up();
    fs::write(home.at("album/note"), "changed").unwrap();
    fs::remove_dir_all(home.at("album/2019")).unwrap();
    let unreadable = crate::sources::facts::fault::of(&home.at("album"));
    let second = home.back_up();
    drop(unreadable);
    let told: Vec<_> = second.problems.iter().map(|p| (p.kind, p.path.as_str())).collect();
    assert_eq!(told, [(ProblemKind::Unreadable, "home/album")]);
    assert!(second.problems[0].message.contains("attributes"), "{:?}", second.problems);
    let listed: Vec<String> =
        home.reader(&second.archives[0]).manifest().map(|line| Line::path(&line.unwrap()).to_string()).collect();
    assert_eq!(listed, ["home", "home/album", "home/album/note"]);
    assert_eq!((second.files, second.new_files), (1, 1));
    assert_eq!(home.back_up().outcome, Outcome::Good);
}

#[test]
fn a_file_without_readable_attributes_keeps_its_content_and_is_named_each_time() {
    let mut home = Home::new();
    fs::write(home.at("photo"), "p").unwrap();
    let unreadable = crate::sources::facts::fault::of(&home.at("photo"));
    // Also when nothing changes any more, and its times would tell of a change.
    std::thread::sleep(std::time::Duration::from_millis(60));
    for new in [1, 0] {
        let report = home.back_up();
        let told: Vec<_> = report.problems.iter().map(|p| (p.kind, p.path.as_str())).collect();
        assert_eq!(told, [(ProblemKind::Unreadable, "home/photo")]);
        assert!(report.problems[0].message.contains("attributes"), "{:?}", report.problems);
        assert_eq!((report.files, report.new_files, report.sources[0].problems), (1, new, 1));
    }
    drop(unreadable);
    assert_eq!(home.back_up().outcome, Outcome::Good);
}

#[test]
fn names_of_a_file_that_are_new_are_counted_once() {
    let mut home = Home::new();
    fs::write(home.at("a"), "one").unwrap();
    fs::hard_link(home.at("a"), home.at("b")).unwrap();
    let first = home.back_up();
    assert_eq!((first.files, first.new_files, first.new_bytes), (2, 2, 3));
    fs::hard_link(home.at("a"), home.at("c")).unwrap();
    let second = home.back_up();
    assert_eq!((second.files, second.new_files, second.new_bytes), (3, 1, 0));
    assert_eq!(home.back_up().new_files, 0);
}

/// Power fails at that rename in the backup folder: nothing there changes from then on.
fn power_fails_at(home: &mut Home, rename: usize) {
    let store = home.request.backup_dir.clone();
    let (renames, dead) = (AtomicUsize::new(0), AtomicBool::new(false));
    set_fault(Some(Box::new(move |step, path: &Path| {
        if !path.starts_with(&store) {
            return None;
        }
        if step == Step::Rename && renames.fetch_add(1, Ordering::SeqCst) == rename {
            dead.store(true, Ordering::SeqCst);
        }
        dead.load(Ordering::SeqCst).then(|| std::io::Error::other("the power failed"))
    })));
    let made = home.try_back_up(&Silent);
    set_fault(None);
    assert!(made.is_err());
}

#[test]
fn a_checksum_file_never_stands_without_its_archive() {
    let _alone = FAULT_TESTS.lock().unwrap_or_else(|e| e.into_inner());
    for rename in 0..2 {
        let mut home = Home::new();
        fs::write(home.at("a"), "one").unwrap();
        home.back_up();
        fs::write(home.at("a"), "two, and longer").unwrap();
        power_fails_at(&mut home, rename);
        let store = home.request.backup_dir.clone();
        let listing = folder::list_archives(&store).unwrap();
        let names: Vec<String> = listing.archives.into_iter().map(|archive| archive.name).collect();
        assert_eq!(names.len(), 1 + rename);
        assert!(listing.with_sidecar.iter().all(|name| names.contains(name)), "rename {rename}");
        // The next run mends what is missing.
        reconcile(&home.catalog(), &store, &clock(home.day), &Silent).unwrap();
        assert_eq!(home.catalog().backups(None).unwrap().len(), 1 + rename);
        for name in &names {
            let sha256 = folder::sha256_of_file(&store.join(name), |_| true).unwrap().unwrap();
            assert_eq!(read_sidecar(&store, name).unwrap(), Sidecar::Sha256(sha256), "rename {rename}");
        }
        assert_eq!(home.back_up().outcome, Outcome::Good);
    }
}
