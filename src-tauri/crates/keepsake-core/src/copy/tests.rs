use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use fs_err as fs;
use rustix::io::Errno;

use super::*;
use crate::atomic_file::{FAULT_TESTS, set_fault};
use crate::backup::test_house::{Home, clock};
use crate::destinations::folder::list_archives;
use crate::monitor::Silent;

const ID: &str = "0123456789abcdef";

struct Town {
    home: Home,
    nas: FolderDestination,
}

fn town() -> Town {
    let home = Home::new();
    let path = home.dir.path().join("nas");
    fs::create_dir(&path).unwrap();
    Town { home, nas: FolderDestination { name: "NAS".into(), path } }
}

impl Town {
    fn back_up(&mut self, name: &str) {
        self.home.write(name, name.repeat(20_000));
        self.home.back_up();
    }
    fn request(&self) -> CopyRequest<'_> {
        CopyRequest {
            destination: &self.nas,
            backup_dir: &self.home.request.backup_dir,
            data_dir: &self.home.request.data_dir,
            sources: &[],
            computer_id: ID,
            doing: "kitchen is copying",
            dry_run: false,
            wait: None,
        }
    }
    fn copy(&self) -> CopyReport {
        copy(&self.home.catalog(), &self.request(), &clock(self.home.day), &Silent).unwrap()
    }
    fn heal(&self) -> HealReport {
        let request = HealRequest {
            backup_dir: &self.home.request.backup_dir,
            destinations: std::slice::from_ref(&self.nas),
            computer_id: ID,
            doing: "kitchen is healing",
            suspects: BTreeSet::new(),
        };
        heal(&self.home.catalog(), &request, &clock(self.home.day), &Silent).unwrap()
    }
    fn store(&self) -> PathBuf {
        self.home.request.backup_dir.clone()
    }
    fn is_whole(&self) -> bool {
        let there = |folder: &Path| {
            let listing = list_archives(folder).unwrap();
            let files = listing.archives.iter().map(|a| (a.name.clone(), fs::read(&a.path).unwrap()));
            (files.collect::<Vec<_>>(), listing.with_sidecar, listing.partials)
        };
        there(&self.store()) == there(&self.nas.path)
    }
}

#[test]
fn only_what_is_missing_is_copied_and_what_nobody_needs_is_removed() {
    let mut town = town();
    town.back_up("a");
    town.back_up("b");
    let first = town.copy();
    assert_eq!((first.outcome, first.copied.len(), first.removed.len()), (CopyOutcome::Good, 2, 0), "{first:?}");
    assert!(town.is_whole());
    assert_eq!(town.copy().copied.len(), 0);
    town.back_up("c");
    let dry = copy(&town.home.catalog(), &CopyRequest { dry_run: true, ..town.request() }, &clock(9), &Silent).unwrap();
    assert_eq!(dry.copied.len(), 1);
    assert!(!town.is_whole(), "nothing was done");
    assert_eq!(town.copy().copied, dry.copied);
    assert!(town.is_whole());
    // Nothing needs the newest any more, as when a plan is given up; what was not copied by us stays.
    let stranger = town.nas.path.join("strangers_20200101_000000.tar.gz");
    fs::write(&stranger, "x").unwrap();
    let catalog = town.home.catalog();
    let newest = catalog.backups(None).unwrap().pop().unwrap();
    catalog.drop_backups(std::slice::from_ref(&newest.name)).unwrap();
    assert_eq!(town.copy().removed, [format!("{}.tar.gz", newest.name)]);
    assert!(stranger.exists());
    assert_eq!(list_archives(&town.nas.path).unwrap().with_sidecar.len(), 2);
}

#[test]
fn whatever_step_fails_the_next_copy_just_works() {
    let _alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for nth in 0.. {
        let mut town = town();
        town.back_up("a");
        town.back_up("b");
        let (nas, count) = (town.nas.path.clone(), AtomicUsize::new(0));
        // From then on nothing can be done there any more, as when the process dies.
        set_fault(Some(Box::new(move |_, path| {
            let fails = path.starts_with(&nas) && count.fetch_add(1, Ordering::SeqCst) >= nth;
            fails.then(|| Errno::IO.into())
        })));
        let report = town.copy();
        set_fault(None);
        let catalog = town.home.catalog();
        let recorded = match catalog.places().unwrap().iter().find(|place| place.path == town.nas.path) {
            Some(place) => catalog.copies_in(place.id).unwrap(),
            None => BTreeMap::new(),
        };
        for name in recorded.keys() {
            assert_eq!(
                fs::read(town.nas.path.join(name)).unwrap(),
                fs::read(town.store().join(name)).unwrap(),
                "{nth}"
            );
        }
        let is_done = report.outcome == CopyOutcome::Good;
        assert_eq!(is_done, recorded.len() == 2, "{nth}: {report:?}");
        assert_eq!(town.copy().outcome, CopyOutcome::Good, "{nth}");
        assert!(town.is_whole(), "{nth}");
        if is_done {
            assert!(nth > 20, "{nth}");
            break;
        }
    }
}

#[test]
fn a_damaged_source_is_not_copied_and_is_healed_from_another_place() {
    let mut town = town();
    town.back_up("a");
    town.copy();
    let name = list_archives(&town.store()).unwrap().archives[0].name.clone();
    let (here, there) = (town.store().join(&name), town.nas.path.join(&name));
    let good = fs::read(&here).unwrap();
    let mut bad = good.clone();
    bad[100] ^= 1;
    // Damaged at home, and gone there: nothing good is left to copy.
    fs::write(&here, &bad).unwrap();
    fs::rename(&there, town.home.dir.path().join("kept")).unwrap();
    fs::write(town.nas.path.join("other_20200101_000000.tar.gz"), "x").unwrap();
    let report = town.copy();
    assert_eq!((report.outcome, report.found_damaged.len()), (CopyOutcome::WithProblems, 1), "{report:?}");
    assert!(report.problems[0].contains("damaged") && !there.exists(), "{report:?}");
    // It comes back there: recorded again, and home is healed from it.
    fs::rename(town.home.dir.path().join("kept"), &there).unwrap();
    assert_eq!(town.copy().outcome, CopyOutcome::Good);
    let row = crate::catalog::DamageRow {
        archive: name.clone(),
        path: "home/a".into(),
        tar_offset: None,
        message: "other bytes".into(),
        at: 0,
    };
    town.home.catalog().add_verified(&name, 1, "full", &[row]).unwrap();
    let healed = town.heal();
    assert_eq!((healed.healed.len(), healed.problems.len()), (1, 0), "{healed:?}");
    assert_eq!(fs::read(&here).unwrap(), good);
    assert!(town.home.catalog().damage().unwrap().is_empty());
}

#[test]
fn what_another_computer_put_there_is_left_alone() {
    let mut town = town();
    town.back_up("a");
    let name = list_archives(&town.store()).unwrap().archives[0].name.clone();
    fs::write(town.nas.path.join(&name), "another family's").unwrap();
    let report = town.copy();
    assert_eq!(report.outcome, CopyOutcome::WithProblems);
    assert!(report.problems[0].contains("another file"), "{report:?}");
    assert_eq!(fs::read(town.nas.path.join(&name)).unwrap(), b"another family's");
    let itself = FolderDestination { name: "x".into(), path: town.store() };
    let report =
        copy(&town.home.catalog(), &CopyRequest { destination: &itself, ..town.request() }, &clock(1), &Silent);
    assert_eq!(report.unwrap().outcome, CopyOutcome::Failed);
}

#[test]
fn a_place_knows_what_it_lacks() {
    let mut town = town();
    let age = |town: &Town| town.home.catalog().place_age(&town.nas.path, ID).unwrap();
    assert_eq!(age(&town), None);
    town.back_up("a");
    assert!(age(&town).is_some_and(|age| age.copied_at.is_none() && age.lacks_since.is_some()));
    town.copy();
    let first = age(&town).unwrap();
    assert!(first.copied_at.is_some() && first.lacks_since.is_none(), "{first:?}");
    town.back_up("b");
    let second = age(&town).unwrap();
    town.back_up("c");
    assert_eq!(age(&town), Some(second), "since the first that it lacks");
    assert!(second.copied_at == first.copied_at && second.lacks_since > first.copied_at, "{second:?}");
}
