use std::sync::atomic::{AtomicUsize, Ordering};

use fs_err as fs;
use rustix::io::Errno;

use super::*;
use crate::atomic_file::{FAULT_TESTS, set_fault};
use crate::backup::test_house::{Home, clock};
use crate::destinations::drive::tests::{Stick, is_through_handle_below};
use crate::monitor::Silent;

const ID: &str = "0123456789abcdef";

struct Town {
    home: Home,
    stick: Stick,
}

fn town(backups: &[&str]) -> Town {
    let mut town = Town { home: Home::new(), stick: Stick::new() };
    backups.iter().for_each(|name| town.back_up(name));
    town
}

impl Town {
    fn back_up(&mut self, name: &str) {
        self.home.write(name, name.repeat(20_000));
        self.home.back_up();
    }

    fn with<T>(&self, work: impl FnOnce(&Catalog, &DriveCopyRequest<'_>) -> T) -> T {
        let folder = self.stick.open().unwrap();
        let (drive, doing) = (&self.stick.drive, "kitchen is copying");
        let request = DriveCopyRequest { drive, folder: &folder, computer_id: ID, doing, dry_run: false };
        work(&self.home.catalog(), &request)
    }

    fn copy(&self) -> CopyReport {
        self.with(|catalog, request| copy_to_drive(catalog, request, &clock(self.home.day), &Silent).unwrap())
    }

    fn prove(&self) -> ProofReport {
        self.with(|catalog, request| prove_drive(catalog, request, &Silent).unwrap().unwrap())
    }

    /// What of the archives in the backup folder the drive holds, byte for byte.
    fn whole(&self) -> Vec<String> {
        let drive = self.stick.open().unwrap();
        let mut names = Vec::new();
        for held in drive.list().unwrap() {
            let here = fs::read(self.home.request.backup_dir.join(&held.name)).unwrap();
            let mut there = vec![0; held.bytes as usize];
            drive.open(&held.name).unwrap().read_exact_at(&mut there, 0).unwrap();
            assert!(here == there, "{}", held.name);
            names.push(held.name);
        }
        names
    }

    fn archives(&self) -> Vec<String> {
        self.home.catalog().archives().unwrap().into_iter().map(|row| row.name).collect()
    }
}

#[test]
fn what_is_missing_is_copied_once() {
    let mut town = town(&["a", "b"]);
    let first = town.copy();
    assert_eq!((first.outcome, first.copied.len(), first.destination.as_str()), (CopyOutcome::Good, 2, "Blue drive"));
    assert_eq!(town.whole(), town.archives());
    assert_eq!(town.copy().copied, [""; 0]);
    town.back_up("c");
    let second = town.copy();
    assert_eq!(second.copied, town.archives()[2..]);
    assert_eq!(town.whole().len(), 3);
    assert_eq!(town.prove(), ProofReport { archives: 3, bytes: town.prove().bytes, damaged: vec![] });
}

#[test]
fn what_would_be_done_is_said_and_not_done() {
    let town = town(&["a"]);
    let folder = town.stick.open().unwrap();
    let (drive, doing) = (&town.stick.drive, "");
    let request = DriveCopyRequest { drive, folder: &folder, computer_id: ID, doing, dry_run: true };
    let told = copy_to_drive(&town.home.catalog(), &request, &clock(1), &Silent).unwrap();
    assert_eq!(told.copied, town.archives());
    assert_eq!(town.whole(), [""; 0]);
}

#[test]
fn damage_on_the_medium_is_found_and_copied_anew() {
    let town = town(&["a", "b"]);
    town.copy();
    let name = town.archives().remove(0);
    let path = town.stick.path(&name);
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 4;
    fs::write(&path, bytes).unwrap();
    assert_eq!(town.copy().copied, [""; 0], "nobody has read it yet");
    assert_eq!(town.prove().damaged, std::slice::from_ref(&name));
    assert_eq!(town.copy().copied, [name]);
    assert!(town.prove().damaged.is_empty());
}

#[test]
fn a_catalog_that_forgot_the_copies_proves_them_and_copies_nothing() {
    let town = town(&["a", "b"]);
    town.copy();
    let catalog = town.home.catalog();
    let place = catalog.place(&town.stick.drive.id.place_path(), "x", false).unwrap();
    catalog.forget_place(place).unwrap();
    // One of them was damaged meanwhile.
    let name = town.archives().remove(1);
    let mut bytes = fs::read(town.stick.path(&name)).unwrap();
    bytes[100] ^= 4;
    fs::write(town.stick.path(&name), bytes).unwrap();
    assert_eq!(town.copy().copied, [name]);
    assert_eq!(town.prove().archives, 2);
}

#[test]
fn whatever_step_fails_nothing_half_made_is_listed_and_the_next_run_goes_on() {
    let _alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for nth in 0.. {
        let town = town(&["a", "b"]);
        let count = AtomicUsize::new(0);
        let dir = town.stick.dir.path().canonicalize().unwrap();
        set_fault(Some(Box::new(move |_, path| {
            // Pulled out: from then on everything fails.
            let fails = is_through_handle_below(&dir, path) && count.fetch_add(1, Ordering::SeqCst) >= nth;
            fails.then(|| Errno::IO.into())
        })));
        let done = town.copy();
        set_fault(None);
        // Reads each, and compares.
        let whole = town.whole();
        assert!(done.copied.iter().all(|name| whole.contains(name)), "step {nth}");
        if done.outcome == CopyOutcome::Good {
            assert!(nth > 15, "{nth}");
            break;
        }
        let next = town.copy();
        assert_eq!(next.outcome, CopyOutcome::Good, "step {nth}: {:?}", next.problems);
        assert_eq!(town.whole(), town.archives(), "step {nth}");
        let left: Vec<_> = fs::read_dir(town.stick.path("")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".partial")), "step {nth}: {left:?}");
    }
}

#[test]
fn a_drive_that_is_taken_away_is_waited_for() {
    let town = town(&["a"]);
    let report = town.with(|catalog, request| {
        fs::rename(town.stick.mounted().folder, town.home.dir.path().join("away")).unwrap();
        copy_to_drive(catalog, request, &clock(1), &Silent).unwrap()
    });
    assert_eq!(report.outcome, CopyOutcome::Waiting, "{:?}", report.problems);
}

#[test]
fn another_computers_archive_of_another_length_is_left_alone_too_and_never_makes_room() {
    let town = town(&["a", "b"]);
    let name = town.archives().remove(0);
    let drive = town.stick.open().unwrap();
    drive.put(&name, &mut &b"of the attic"[..], &crate::hash::sha256(b"of the attic"), &mut |_| true).unwrap();
    for _ in 0..2 {
        let report = town.copy();
        assert_eq!(report.outcome, CopyOutcome::WithProblems, "{report:?}");
        assert_eq!(fs::read(town.stick.path(&name)).unwrap(), b"of the attic");
    }
}

#[test]
fn an_archive_that_stands_at_home_as_a_link_is_copied_as_any_other() {
    let town = town(&["a"]);
    let name = town.archives().remove(0);
    let (at_home, elsewhere) = (town.home.request.backup_dir.join(&name), town.home.dir.path().join("other disk"));
    fs::rename(&at_home, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &at_home).unwrap();
    assert_eq!(town.copy().copied, std::slice::from_ref(&name));
    assert_eq!(town.whole(), [name]);
}

#[test]
fn a_drive_that_is_to_be_locked_from_now_on_has_only_locked_copies() {
    let mut town = town(&["a"]);
    town.copy();
    let name = town.archives().remove(0);
    assert!(town.stick.path(&name).exists());
    town.stick.drive.is_encrypted = true;
    assert_eq!(town.copy().copied, std::slice::from_ref(&name));
    assert!(!town.stick.path(&name).exists() && town.stick.path(&format!("{name}.age")).exists());
    assert_eq!(town.prove().archives, 1);
}

#[test]
fn another_computers_archive_of_that_name_is_left_alone() {
    let town = town(&["a"]);
    let name = town.archives().remove(0);
    let other = b"of the attic".repeat(1000);
    let drive = town.stick.open().unwrap();
    // As long as ours, so that only its note tells it.
    let length = fs::metadata(town.home.request.backup_dir.join(&name)).unwrap().len() as usize;
    let other = &other.repeat(length / other.len() + 1)[..length];
    drive.put(&name, &mut &*other, &crate::hash::sha256(other), &mut |_| true).unwrap();
    let report = town.copy();
    assert_eq!(report.outcome, CopyOutcome::WithProblems);
    assert!(report.problems[0].contains("of another computer"), "{:?}", report.problems);
    assert_eq!(fs::read(town.stick.path(&name)).unwrap(), other);
}

#[test]
fn another_computers_archive_of_that_name_is_left_alone_also_where_only_one_of_both_locks_its_copies() {
    for attic_locks in [true, false] {
        let mut town = town(&["a"]);
        let name = town.archives().remove(0);
        // The attic has chosen the same drive with the other answer to the question whether copies are locked.
        let key = crate::sealed::RecoveryKey::generate();
        town.stick.family.recipient = key.recipient();
        town.stick.drive.is_encrypted = attic_locks;
        let (drive, attic) = (town.stick.open().unwrap(), b"of the attic".repeat(1000));
        drive.put(&name, &mut &attic[..], &crate::hash::sha256(&attic), &mut |_| true).unwrap();
        let theirs = town.stick.path(&if attic_locks { format!("{name}.age") } else { name.clone() });
        let stood = fs::read(&theirs).unwrap();
        town.stick.drive.is_encrypted = !attic_locks;
        for _ in 0..2 {
            let report = town.copy();
            assert_eq!(report.outcome, CopyOutcome::WithProblems, "{report:?}");
            assert!(report.problems[0].contains("of another computer"), "{:?}", report.problems);
            assert!(fs::read(&theirs).is_ok_and(|stands| stands == stood), "the attic's only copy");
        }
    }
}
