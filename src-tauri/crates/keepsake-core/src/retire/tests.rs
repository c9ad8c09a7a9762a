use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fs_err as fs;

use super::*;
use crate::archive::test_support::noise;
use crate::atomic_file::{FAULT_TESTS, set_fault};
use crate::backup::RenewalRules;
use crate::backup::test_house::{Home, clock, contents, run, source};
use crate::catalog::BackupState;
use crate::clock::FixedClock;
use crate::monitor::{Collecting, Silent};
use crate::rebuild::reconcile;
use crate::verify::{How, VerifyRequest, Which, verify};

pub(super) fn request(home: &Home, retention: Retention) -> RetireRequest {
    RetireRequest {
        plan: home.request.plan.clone(),
        computer_id: home.request.computer.1.clone(),
        retention,
        backup_dir: home.request.backup_dir.clone(),
        data_dir: home.request.data_dir.clone(),
        confirm_changes: false,
    }
}

pub(super) fn now(home: &Home) -> FixedClock {
    clock(home.day)
}

fn retire_now(home: &Home, request: &RetireRequest) -> Retired {
    retire(&home.catalog(), request, &now(home), &Silent).unwrap()
}

pub(super) fn names(catalog: &Catalog) -> Vec<String> {
    catalog.backups(None).unwrap().into_iter().map(|backup| backup.name).collect()
}

/// Files in the backup folder, sorted.
pub(super) fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every listed backup is complete, and every byte of what is stored is as it was.
fn assert_whole(home: &Home) {
    let catalog = home.catalog();
    for backup in catalog.backups(None).unwrap() {
        assert_eq!(backup.state(), BackupState::Good, "{}", backup.name);
        for stored in catalog.entries(&backup, None) {
            let stored = stored.unwrap();
            let needed: Vec<u32> = catalog.archives_of(&backup).unwrap().iter().map(|archive| archive.id).collect();
            assert!(needed.contains(&stored.described_in), "{}", stored.entry.path);
        }
    }
    let request = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
    let found = verify(&catalog, &request, &now(home), &Silent).unwrap();
    assert!(found.is_good() && found.archives > 0, "{found:?}");
}

/// What is protected comes back by hand; what was deleted meanwhile may be there too.
fn assert_by_hand(home: &Home, report: &crate::backup::BackupReport) {
    let back = contents(&home.by_hand(report));
    for file in contents(&home.at("")) {
        assert!(back.contains(&file), "{} is not as it was", String::from_utf8_lossy(&file.0));
    }
}

/// Six days: each with a new file, a changed one, and a photo that stays one day only.
pub(super) fn week() -> Home {
    let mut home = Home::new();
    for day in 0..6 {
        home.write(&format!("kept/{day}"), noise(day, 20_000));
        home.write("diary", noise(100 + day, 30_000));
        home.write(&format!("fleeting/{day}"), noise(200 + day, 40_000));
        if day > 0 {
            fs::remove_file(home.at(&format!("fleeting/{}", day - 1))).unwrap();
        }
        home.back_up();
    }
    home
}

#[test]
fn what_nobody_needs_is_removed_and_forgotten() {
    let mut home = week();
    // A backup that stores nothing that later ones need.
    home.write("diary", "short");
    home.back_up();
    let rows = |home: &Home| -> i64 {
        home.catalog().connection().query_row("SELECT count(*) FROM version", [], |row| row.get(0)).unwrap()
    };
    let before = files(&home.request.backup_dir);
    home.write("diary", "shorter");
    home.back_up();
    // Until now the archive of the day before was on the list of what may be needed.
    let last = home.back_up();
    let rows_before = rows(&home);
    let request = request(&home, Retention::Last { last: 1 });
    let said = decide_retirement(&home.catalog(), &request, &now(&home)).unwrap();
    assert_eq!(files(&home.request.backup_dir).len(), before.len() + 4, "deciding removes nothing");
    let done = retire_now(&home, &request);
    assert_eq!(done.problems, [""; 0]);
    assert!(done.is_finished);
    assert_eq!(names(&home.catalog()), std::slice::from_ref(&last.backup));
    // The first six archives each have a file that is still there, the eighth has the diary.
    assert_eq!((said.archives, done.archives), (1, 1));
    assert!(done.bytes > said.bytes, "the checksum file counts too");
    let gone: Vec<String> = before.into_iter().filter(|n| !files(&home.request.backup_dir).contains(n)).collect();
    assert_eq!(gone.len(), 2, "{gone:?}");
    assert!(rows(&home) < rows_before);
    assert_whole(&home);
    assert_by_hand(&home, &last);
    let again = retire_now(&home, &request);
    assert_eq!((again.archives, again.decision.backups.len()), (0, 1));
    assert!(
        reconcile(&home.catalog(), &home.request.backup_dir, &now(&home), &Silent)
            .unwrap()
            .imported
            .archives
            .is_empty()
    );
    assert_eq!(names(&home.catalog()), [last.backup]);
}

#[test]
fn what_archives_that_stay_hold_is_still_known() {
    let mut home = Home::new();
    home.write("letter", noise(1, 30_000));
    home.back_up();
    // Its archive stays for the photo, and by hand it puts the second letter over the first.
    home.write("letter", noise(2, 30_000));
    home.write("photo", noise(3, 30_000));
    home.back_up();
    home.write("letter", noise(4, 30_000));
    // What keeps the first letter's archive.
    fs::copy(home.at("photo"), home.at("copy")).unwrap();
    home.back_up();
    retire_now(&home, &request(&home, Retention::Last { last: 1 }));
    home.write("letter", noise(2, 30_000));
    let second = home.back_up();
    assert_whole(&home);
    assert_by_hand(&home, &second);
    fs::rename(home.at("photo"), home.at("letter")).unwrap();
    let third = home.back_up();
    retire_now(&home, &request(&home, Retention::Last { last: 1 }));
    assert_whole(&home);
    assert_by_hand(&home, &third);
}

#[test]
fn random_days_come_back_whole_with_pruning_each_day() {
    for seed in 0..4u64 {
        let mut home = Home::new();
        // Every other time archives are renewed whenever they can be, so that more of them go.
        if seed % 2 == 1 {
            home.request.renewal = RenewalRules { worth_bytes: 1, at_once_bytes: 100_000 };
        }
        let mut state = seed * 977 + 1;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut renewed_bytes = 0;
        for day in 0..14 {
            for _ in 0..4 {
                let name = format!("f{}", random(5));
                match random(5) {
                    // Few contents, so that older ones come back; some of them large enough for patches.
                    0..=2 => home.write(&name, noise(random(4), [500, 60_000][random(2) as usize])),
                    3 => drop(fs::rename(home.at(&name), home.at(&format!("f{}", random(5))))),
                    _ => drop(fs::remove_file(home.at(&name))),
                }
            }
            home.write("always", "there");
            let report = home.back_up();
            renewed_bytes += report.renewed_bytes;
            retire_now(&home, &request(&home, Retention::Last { last: 1 + random(3) as u32 }));
            assert_whole(&home);
            if day % 3 == 2 {
                assert_by_hand(&home, &report);
            }
        }
        assert_eq!(renewed_bytes > 0, seed % 2 == 1);
    }
}

#[test]
fn power_may_fail_at_any_step() {
    let _alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut model = week();
    for day in 0..5 {
        model.write("diary", noise(300 + day, 30_000));
        model.back_up();
    }
    let copy = |model: &Home| {
        let mut home = Home::new();
        run(std::process::Command::new("cp").arg("-a").arg(model.dir.path().join(".")).arg(home.dir.path()));
        let place = home.request.backup_dir.to_str().unwrap().as_bytes().to_vec();
        home.catalog().connection().execute("UPDATE place SET path = ?1", [place]).unwrap();
        home.day = model.day;
        home
    };
    let newest = names(&model.catalog()).pop().unwrap();
    let mut cut_off = 0;
    for step in 0.. {
        let home = copy(&model);
        let request = request(&home, Retention::Last { last: 1 });
        let (count, top) = (Arc::new(AtomicUsize::new(0)), home.dir.path().to_path_buf());
        let counted = count.clone();
        set_fault(Some(Box::new(move |_, path| {
            // From this step on nothing is done any more.
            let is_own = path.starts_with(&top);
            (is_own && counted.fetch_add(1, Ordering::SeqCst) >= step).then(|| std::io::ErrorKind::Other.into())
        })));
        let done = retire(&home.catalog(), &request, &now(&home), &Silent);
        set_fault(None);
        let is_whole_run = count.load(Ordering::SeqCst) <= step;
        assert_eq!(done.as_ref().is_ok_and(|done| done.problems.is_empty()), is_whole_run, "{step}: {done:?}");
        cut_off += usize::from(!is_whole_run);
        let listed = names(&home.catalog());
        let found = reconcile(&home.catalog(), &home.request.backup_dir, &now(&home), &Silent).unwrap();
        assert_eq!(names(&home.catalog()), listed, "step {step}: nothing comes back");
        assert_eq!(found.imported.problems, [""; 0]);
        assert_whole(&home);
        retire_now(&home, &request);
        assert_eq!(names(&home.catalog()), std::slice::from_ref(&newest));
        let catalog = home.catalog();
        let needed = catalog.archives_of(&catalog.backups(None).unwrap()[0]).unwrap().len();
        assert_eq!(files(&home.request.backup_dir).len(), 2 * needed, "step {step}: nothing is left over");
        assert_whole(&home);
        if is_whole_run {
            break;
        }
    }
    assert!(cut_off >= 12, "{cut_off}");
}

#[test]
fn other_chains_are_left_alone() {
    let mut home = week();
    let other = home.request.computer.1.clone();
    home.request.computer.1 = "fedcba9876543210".into();
    home.back_up();
    home.back_up();
    let request = request(&home, Retention::Last { last: 1 });
    let done = retire_now(&home, &request);
    assert_eq!(done.decision.backups.len(), 2);
    let catalog = home.catalog();
    let of_other = catalog.backups(None).unwrap().into_iter().filter(|backup| backup.computer_id == other).count();
    assert_eq!(of_other, 6);
    assert_whole(&home);
}

#[test]
fn the_change_brake_holds_until_a_person_has_looked() {
    let mut home = Home::new();
    for i in 0..1300 {
        home.write(&format!("photos/{i}"), i.to_string());
    }
    home.back_up();
    // Moved and with another mode: all is still there.
    fs::rename(home.at("photos"), home.at("pictures")).unwrap();
    home.back_up();
    let mut request = request(&home, Retention::Last { last: 1 });
    assert_eq!(retire_now(&home, &request).decision.waits, None);
    assert_eq!(names(&home.catalog()).len(), 1);
    for i in 0..520 {
        home.write(&format!("pictures/{i}"), format!("encrypted {i}"));
    }
    home.back_up();
    assert_eq!(retire_now(&home, &request).decision.waits, None, "40 % are not more than 40 %");
    for i in 0..521 {
        match i % 2 {
            0 => fs::remove_file(home.at(&format!("pictures/{i}"))).unwrap(),
            _ => home.write(&format!("pictures/{i}"), format!("encrypted again {i}")),
        }
    }
    let bad = home.back_up();
    for _ in 0..2 {
        let waits = retire_now(&home, &request).decision.waits;
        let Some(Waits::MassChange(change)) = &waits else { panic!("{waits:?}") };
        assert_eq!(*change, MassChange { backup: bad.backup.clone(), at: change.at, gone_files: 521, files: 1300 });
        // A quiet day does not let go of it.
        home.back_up();
    }
    assert_eq!(names(&home.catalog()).len(), 4);
    request.confirm_changes = true;
    assert_eq!(retire_now(&home, &request).decision.waits, None);
    assert_eq!(names(&home.catalog()).len(), 1);
    request.confirm_changes = false;
    home.back_up();
    assert_eq!(retire_now(&home, &request).decision.waits, None, "it was said once for all");
    assert_whole(&home);
}

#[test]
fn nothing_goes_while_a_source_is_unknown_something_is_damaged_or_the_clock_is_wrong() {
    let mut home = week();
    fs::create_dir(home.dir.path().join("disk")).unwrap();
    home.request.sources.insert(0, source("disk", home.dir.path().join("disk")));
    fs::write(home.dir.path().join("disk/film"), "film").unwrap();
    home.back_up();
    fs::rename(home.dir.path().join("disk"), home.dir.path().join("unplugged")).unwrap();
    home.back_up();
    let request = request(&home, Retention::Last { last: 1 });
    let done = retire_now(&home, &request);
    assert_eq!(done.decision.waits, Some(Waits::SourceUnknown { source: "disk".into() }));
    assert_eq!(names(&home.catalog()).len(), 8);
    assert!(done.decision.backups.iter().all(|one| one.verdict.stays));
    fs::rename(home.dir.path().join("unplugged"), home.dir.path().join("disk")).unwrap();
    let newest = home.back_up();
    let earlier = retire(&home.catalog(), &request, &clock(home.day - 1), &Silent).unwrap();
    assert_eq!(earlier.decision.waits, Some(Waits::ClockWrong { backup: newest.backup }));
    // An archive that the newest backup needs is cut short.
    let first = files(&home.request.backup_dir).remove(0);
    let path = home.request.backup_dir.join(&first);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 100]).unwrap();
    let check = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
    assert!(!verify(&home.catalog(), &check, &now(&home), &Silent).unwrap().is_good());
    assert_eq!(retire_now(&home, &request).decision.waits, Some(Waits::Damaged { archive: first }));
    assert_eq!(names(&home.catalog()).len(), 9);
    fs::write(&path, bytes).unwrap();
    assert!(verify(&home.catalog(), &check, &now(&home), &Silent).unwrap().is_good());
    let done = retire_now(&home, &request);
    assert_eq!((done.decision.waits, names(&home.catalog()).len()), (None, 1));
}

#[test]
fn what_stays_is_opened_before_anything_goes() {
    let home = week();
    let request = request(&home, Retention::Last { last: 1 });
    let newest = files(&home.request.backup_dir).into_iter().rfind(|name| name.ends_with(".gz")).unwrap();
    let path = home.request.backup_dir.join(&newest);
    let bytes = fs::read(&path).unwrap();
    // Nobody has read it since, and its length is right.
    fs::write(&path, vec![0; bytes.len()]).unwrap();
    let waits = Some(Waits::Damaged { archive: newest.clone() });
    assert_eq!(decide_retirement(&home.catalog(), &request, &now(&home)).unwrap().waits, waits);
    assert!(home.catalog().damage().unwrap().is_empty(), "deciding notes nothing");
    assert_eq!(retire_now(&home, &request).decision.waits, waits);
    assert_eq!(home.catalog().standing_damage().unwrap()[0].archive, newest, "the verdict tells it");
    assert_eq!(names(&home.catalog()).len(), 6);
    fs::remove_file(&path).unwrap();
    reconcile(&home.catalog(), &home.request.backup_dir, &now(&home), &Silent).unwrap();
    let done = retire_now(&home, &request);
    assert!(matches!(done.decision.waits, Some(Waits::Incomplete { .. })), "{:?}", done.decision.waits);
    assert_eq!(names(&home.catalog()).len(), 6);
}

#[test]
fn who_asks_to_stop_is_heard_and_the_next_run_goes_on() {
    let mut home = week();
    for day in 0..4 {
        home.write("diary", noise(300 + day, 30_000));
        home.back_up();
    }
    let request = request(&home, Retention::Last { last: 1 });
    let monitor = Collecting::default();
    monitor.stop.store(true, Ordering::Relaxed);
    let done = retire(&home.catalog(), &request, &now(&home), &monitor).unwrap();
    assert_eq!((done.is_finished, done.archives, names(&home.catalog()).len()), (false, 0, 1));
    reconcile(&home.catalog(), &home.request.backup_dir, &now(&home), &Silent).unwrap();
    assert!(retire_now(&home, &request).archives >= 2);
    assert_whole(&home);
}

#[test]
fn the_last_backup_of_a_source_that_is_not_backed_up_any_more_stays() {
    let mut home = Home::new();
    home.write("docs/letter.txt", "dear all");
    fs::create_dir_all(home.at("lake")).unwrap();
    home.write("lake/boat.jpg", noise(1 << 16, 7));
    let all = home.request.sources.clone();
    let lake = home.at("lake");
    home.request.sources.push(source("lake", lake));
    home.back_up();
    let last = home.back_up().backup;
    home.request.sources = all;
    for day in 0..4 {
        home.write("docs/letter.txt", format!("day {day}"));
        home.back_up();
    }
    let request = request(&home, Retention::Last { last: 1 });
    let retired = retire_now(&home, &request);
    let left = names(&home.catalog());
    assert_eq!((left.len(), &left[0]), (2, &last), "{left:?}");
    let why = &retired.decision.backups.iter().find(|one| one.backup.name == last).unwrap().verdict.why;
    assert_eq!(why, "kept: the last backup of lake, which is not backed up any more");
    assert_whole(&home);
}
