use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::catalog::BackupRow;
use crate::clock::Clock;
use crate::monitor::Silent;
use crate::restore::testing::*;

/// A folder as it is, and a backup of it as it was: something is new, replaced, the same, and of another
/// type in both directions.
fn house() -> (House, BackupRow) {
    let house = House::new();
    let backup = house.backup(vec![
        folder("home"),
        folder("home/docs"),
        file("home/docs/changed", "as it was"),
        file("home/docs/gone", "was removed"),
        folder("home/docs/lost"),
        file("home/docs/lost/a", "a"),
        hard_link("home/docs/linked", "home/docs/changed"),
        file("home/was-file", "now a folder"),
        folder("home/was-folder"),
        file("home/was-folder/in", "in"),
        symlink("home/way", "docs"),
    ]);
    live(&house, "live");
    (house, backup)
}

fn live(house: &House, name: &str) -> PathBuf {
    let at = house.at(name);
    std::fs::create_dir_all(at.join("docs")).unwrap();
    std::fs::write(at.join("docs/changed"), "newer words").unwrap();
    std::fs::write(at.join("docs/kept"), "not in the backup").unwrap();
    std::fs::create_dir_all(at.join("was-file/full")).unwrap();
    std::fs::write(at.join("was-file/full/of"), "things").unwrap();
    std::fs::write(at.join("was-folder"), "now a file").unwrap();
    std::os::unix::fs::symlink("elsewhere", at.join("way")).unwrap();
    at
}

fn restore(house: &House, backup: &BackupRow, to: &str) -> String {
    let restored = house.restore_well(&house.in_place(backup, "home", to));
    restored.undo.expect("something was replaced")
}

#[test]
fn a_restore_in_place_is_taken_back_completely() {
    let (house, backup) = house();
    let before = tree(&house.at("live"));
    let id = restore(&house, &backup, "live");
    assert_eq!(id, "20260401_120000");
    assert_eq!(std::fs::read(house.at("live/docs/changed")).unwrap(), b"as it was");
    assert_eq!(std::fs::read(house.at("live/docs/kept")).unwrap(), b"not in the backup");
    assert_eq!(std::fs::read(house.at("live/was-folder/in")).unwrap(), b"in");
    assert_eq!(std::fs::read(house.at("live/was-file")).unwrap(), b"now a folder");
    let kept = house.at("live/.keepsake-undo").join(&id);
    assert_eq!(std::fs::read(kept.join("was-file/full/of")).unwrap(), b"things");

    let now = clock().now();
    let listed = undo_list(&house.data(), now).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].id, &listed[0].backup), (&id, &backup.name));
    assert_eq!(listed[0].folders, [house.at("live")]);

    let undone = undo(&house.data(), &id, &Silent).unwrap();
    assert_eq!((undone.problems.len(), undone.complete), (0, true), "{undone:?}");
    assert_eq!((undone.restored_files, undone.removed_files), (4, 4));
    assert_eq!(tree(&house.at("live")), before);
    assert_eq!(undo_list(&house.data(), now).unwrap(), []);
    // Once more does nothing more.
    let again = undo(&house.data(), &id, &Silent).unwrap();
    assert_eq!((again.restored_files, again.complete), (0, true));
    assert_eq!(tree(&house.at("live")), before);
    // The next one has another name, also at the same moment.
    assert_eq!(restore(&house, &backup, "live"), "20260401_120000-2");
}

#[test]
fn a_restore_that_changes_nothing_leaves_no_undo_behind_but_its_folders_facts() {
    let (house, backup) = house();
    restore(&house, &backup, "live");
    let restored = house.restore_well(&house.in_place(&backup, "home", "live"));
    assert_eq!(restored.restored.files, 0);
}

#[test]
fn what_was_kept_and_is_gone_is_told() {
    let (house, backup) = house();
    let id = restore(&house, &backup, "live");
    std::fs::remove_dir_all(house.at("live/.keepsake-undo")).unwrap();
    for _ in 0..2 {
        let undone = undo(&house.data(), &id, &Silent).unwrap();
        assert!(!undone.complete, "{undone:?}");
        assert!(undone.problems.iter().any(|p| p.message.contains("no longer there")), "{undone:?}");
        assert_eq!(std::fs::read(house.at("live/docs/changed")).unwrap(), b"as it was");
    }
}

#[test]
fn what_was_changed_since_and_is_no_longer_kept_is_told() {
    let (house, backup) = house();
    let id = restore(&house, &backup, "live");
    std::fs::write(house.at("live/docs/changed"), "edited after").unwrap();
    std::fs::write(house.at("live/was-folder/new"), "new").unwrap();
    std::fs::remove_dir_all(house.at("live/.keepsake-undo")).unwrap();
    let undone = undo(&house.data(), &id, &Silent).unwrap();
    let told = |path: &str| {
        undone
            .problems
            .iter()
            .any(|p| p.path == path && p.message.contains("no longer kept") && p.message.contains("stays"))
    };
    assert!(told("home/docs/changed") && told("home/was-folder"), "{undone:?}");
    assert!(!undone.complete);
    assert_eq!(std::fs::read(house.at("live/docs/changed")).unwrap(), b"edited after");
}

#[test]
fn what_people_changed_since_stays_and_is_named() {
    let (house, backup) = house();
    let id = restore(&house, &backup, "live");
    std::fs::write(house.at("live/docs/changed"), "edited after").unwrap();
    std::fs::write(house.at("live/docs/gone"), "edited too").unwrap();
    std::fs::write(house.at("live/docs/lost/b"), "new").unwrap();
    let undone = undo(&house.data(), &id, &Silent).unwrap();
    let mut named: Vec<&str> = undone.problems.iter().map(|p| &p.path[..]).collect();
    named.sort_unstable();
    // The second name of a changed file is changed as well.
    assert_eq!(named, ["home/docs/changed", "home/docs/gone", "home/docs/linked", "home/docs/lost"]);
    assert!(!undone.complete);
    assert_eq!(std::fs::read(house.at("live/docs/changed")).unwrap(), b"edited after");
    assert_eq!(std::fs::read(house.at("live/docs/gone")).unwrap(), b"edited too");
    assert_eq!(std::fs::read(house.at("live/docs/lost/b")).unwrap(), b"new");
    assert_eq!(std::fs::read(house.at("live/was-folder")).unwrap(), b"now a file");
    // What could not go back is still kept, and can be had once the way is free.
    for name in ["docs/changed", "docs/gone", "docs/linked", "docs/lost/b"] {
        std::fs::remove_file(house.at("live").join(name)).unwrap();
    }
    let undone = undo(&house.data(), &id, &Silent).unwrap();
    assert!(undone.complete, "{undone:?}");
    assert_eq!(std::fs::read(house.at("live/docs/changed")).unwrap(), b"newer words");
    assert!(!house.at("live/.keepsake-undo").exists());
}

#[test]
fn a_link_in_a_folders_place_is_kept_and_never_followed() {
    let house = House::new();
    let backup = house.backup(vec![folder("home"), folder("home/photos"), file("home/photos/a", "a")]);
    std::fs::create_dir(house.at("outside")).unwrap();
    std::fs::create_dir(house.at("live")).unwrap();
    std::os::unix::fs::symlink(house.at("outside"), house.at("live/photos")).unwrap();
    let id = restore(&house, &backup, "live");
    assert_eq!(std::fs::read(house.at("live/photos/a")).unwrap(), b"a");
    assert_eq!(names(&house.at("outside")), Vec::<String>::new());
    assert!(undo(&house.data(), &id, &Silent).unwrap().complete);
    assert_eq!(std::fs::read_link(house.at("live/photos")).unwrap(), house.at("outside"));
}

/// A person who works on a document while it is restored.
struct WorksOn<'a> {
    save: &'a (dyn Fn() + Sync),
    has_saved: std::sync::Once,
}

impl Monitor for WorksOn<'_> {
    fn advance(&self, _: u64, _: u64) {
        // All of the batch was looked at, and nothing of it has its name yet.
        self.has_saved.call_once(self.save);
    }
}

/// As most programs save: another file takes the name.
fn save(at: &Path, words: &str) {
    let new = at.with_extension("new");
    std::fs::write(&new, words).unwrap();
    std::fs::rename(&new, at).unwrap();
}

#[test]
fn what_is_saved_while_it_is_restored_is_moved_aside_and_comes_back() {
    let (house, backup) = house();
    let (changed, gone) = (house.at("live/docs/changed"), house.at("live/docs/gone"));
    let works = || {
        save(&changed, "saved in the middle of it");
        save(&gone, "begun in the middle of it");
    };
    let monitor = WorksOn { save: &works, has_saved: std::sync::Once::new() };
    let restored = house.restore_watched(&house.in_place(&backup, "home", "live"), &monitor).unwrap();
    assert!(monitor.has_saved.is_completed());
    assert_eq!(std::fs::read(&changed).unwrap(), b"as it was");
    // Where nothing was, nothing was to be replaced.
    assert_eq!(std::fs::read(&gone).unwrap(), b"begun in the middle of it");
    let problems: Vec<&str> = restored.problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(problems, ["home/docs/gone"], "{:?}", restored.problems);
    undo(&house.data(), &restored.undo.unwrap(), &Silent).unwrap();
    assert_eq!(std::fs::read(&changed).unwrap(), b"saved in the middle of it");
    assert_eq!(std::fs::read(&gone).unwrap(), b"begun in the middle of it");
}

#[test]
fn what_is_saved_after_it_was_kept_is_not_replaced() {
    let (house, backup) = house();
    let changed = house.at("live/docs/changed");
    let at = changed.clone();
    let fault = move |step: Step, path: &Path| {
        // The last step before the new one takes its name.
        if step == Step::Rename && path == at && std::fs::read(&at).is_ok_and(|now| now == b"newer words") {
            save(&at, "saved at the last moment");
        }
        None
    };
    let alone = atomic_file::FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    atomic_file::set_fault(Some(Box::new(fault)));
    let restored = house.restore(&house.in_place(&backup, "home", "live"));
    atomic_file::set_fault(None);
    drop(alone);
    let restored = restored.unwrap();
    assert_eq!(std::fs::read(&changed).unwrap(), b"saved at the last moment");
    let told: Vec<_> = restored.problems.iter().map(|problem| (problem.path.as_str(), &*problem.message)).collect();
    let left = "something else stands there now, and it is left as it is";
    assert!(told.contains(&("home/docs/changed", left)), "{told:?}");
    assert_eq!(std::fs::read(house.at("live/docs/lost/a")).unwrap(), b"a", "all else is back");
    undo(&house.data(), &restored.undo.unwrap(), &Silent).unwrap();
    assert_eq!(std::fs::read(&changed).unwrap(), b"saved at the last moment");
}

#[test]
fn killed_at_any_step_a_restore_is_taken_back_completely() {
    let (house, backup) = house();
    let before = tree(&house.at("live"));
    let mut steps = 0;
    loop {
        // The journal is in the data folder: steps there count as well.
        let request = house.in_place(&backup, "home", "live");
        let was_killed = killed_after(steps, house.dir.path(), || drop(house.restore(&request)));
        for row in undo_list(&house.data(), clock().now()).unwrap() {
            let undone = undo(&house.data(), &row.id, &Silent).unwrap();
            assert!(undone.complete, "after {steps}: {undone:?}");
        }
        let mut after = tree(&house.at("live"));
        // A kill before the journal was there changed nothing but, perhaps, left this.
        after.retain(|path, _| !path.starts_with(".keepsake-undo"));
        assert_eq!(after, before, "after {steps}");
        if !was_killed {
            break;
        }
        steps += 1;
    }
    assert!(steps > 40, "{steps}");
}

#[test]
fn killed_at_any_step_an_undo_is_done_by_calling_it_again() {
    let (house, backup) = house();
    let before = tree(&house.at("live"));
    let mut steps = 0;
    loop {
        let id = restore(&house, &backup, "live");
        let was_killed = killed_after(steps, house.dir.path(), || drop(undo(&house.data(), &id, &Silent)));
        let undone = undo(&house.data(), &id, &Silent).unwrap();
        assert!(undone.complete, "after {steps}: {undone:?}");
        assert_eq!(tree(&house.at("live")), before, "after {steps}");
        if !was_killed {
            break;
        }
        steps += 1;
    }
    assert!(steps > 15, "{steps}");
}

#[test]
fn after_thirty_days_what_was_kept_goes() {
    let (house, backup) = house();
    let id = restore(&house, &backup, "live");
    let now = clock().now();
    let later = now + jiff::SignedDuration::from_hours(24 * KEPT_DAYS);
    assert_eq!(forget_old_undos(&house.data(), later - jiff::SignedDuration::from_secs(1)).unwrap(), 0);
    assert_eq!(undo_list(&house.data(), later).unwrap(), []);
    let away = house.at("away");
    std::fs::rename(house.at("live"), &away).unwrap();
    assert_eq!(forget_old_undos(&house.data(), later).unwrap(), 0);
    assert!(matches!(undo(&house.data(), &id, &Silent), Err(UndoError::FolderMissing { .. })));
    std::fs::rename(&away, house.at("live")).unwrap();
    assert_eq!(forget_old_undos(&house.data(), later).unwrap(), 1);
    assert!(!house.at("live/.keepsake-undo").exists());
    assert_eq!(std::fs::read(house.at("live/docs/changed")).unwrap(), b"as it was");
    let told = undo(&house.data(), &id, &Silent).unwrap_err().to_string();
    assert!(told.contains("nothing to undo"), "{told}");
}

#[test]
fn wrong_names_are_answered_with_the_right_ones() {
    let (house, backup) = house();
    let id = restore(&house, &backup, "live");
    for wrong in ["", "../x", "20260401"] {
        let told = undo(&house.data(), wrong, &Silent).unwrap_err().to_string();
        assert!(told.contains(&id), "{told}");
    }
}

/// What can stand under one of a few names, in a backup or on the disk.
#[derive(Debug, Clone)]
enum Thing {
    File(u8),
    Link(u8),
    Folder(Vec<(u8, Thing)>),
}

fn things() -> impl Strategy<Value = Vec<(u8, Thing)>> {
    let leaf = prop_oneof![any::<u8>().prop_map(Thing::File), any::<u8>().prop_map(Thing::Link)];
    let thing = leaf
        .prop_recursive(3, 12, 4, |inner| proptest::collection::vec((b'a'..b'e', inner), 0..4).prop_map(Thing::Folder));
    proptest::collection::vec((b'a'..b'e', thing), 0..5)
}

/// As entries of a backup; of two things with one name the first counts.
fn entries_of(things: &[(u8, Thing)], at: &str, out: &mut Vec<Stored>) {
    let mut seen = Vec::new();
    for (name, thing) in things {
        if seen.contains(name) {
            continue;
        }
        seen.push(*name);
        let path = format!("{at}/{}", char::from(*name));
        match thing {
            Thing::File(n) => out.push(file(&path, vec![*n; 3 * usize::from(*n)])),
            Thing::Link(n) => out.push(symlink(&path, &format!("to{n}"))),
            Thing::Folder(inner) => {
                out.push(folder(&path));
                entries_of(inner, &path, out);
            }
        }
    }
}

fn put_on_disk(things: &[(u8, Thing)], at: &Path) {
    std::fs::create_dir_all(at).unwrap();
    for (name, thing) in things {
        let path = at.join(char::from(*name).to_string());
        if path.symlink_metadata().is_ok() {
            continue;
        }
        match thing {
            Thing::File(n) => std::fs::write(&path, vec![*n; 3 * usize::from(*n)]).unwrap(),
            Thing::Link(n) => std::os::unix::fs::symlink(format!("to{n}"), &path).unwrap(),
            Thing::Folder(inner) => put_on_disk(inner, &path),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_stood_there_a_restore_brings_all_and_an_undo_takes_all_back(
        stored in things(),
        lives in things(),
        steps in 0usize..60,
    ) {
        let house = House::new();
        let mut entries = vec![folder("home")];
        entries_of(&stored, "home", &mut entries);
        let backup = house.backup(entries);
        house.restore_well(&house.beside(&backup, "wanted"));
        put_on_disk(&lives, &house.at("live"));
        let before = tree(&house.at("live"));

        // Killed once, taken back; killed once, done by a rerun; then both are taken back.
        let request = house.in_place(&backup, "home", "live");
        killed_after(steps, house.dir.path(), || drop(house.restore(&request)));
        for row in undo_list(&house.data(), clock().now()).unwrap() {
            prop_assert!(undo(&house.data(), &row.id, &Silent).unwrap().complete);
        }
        let mut after = tree(&house.at("live"));
        after.retain(|path, _| !path.starts_with(".keepsake-undo"));
        prop_assert_eq!(&after, &before);
        killed_after(steps, house.dir.path(), || drop(house.restore(&request)));
        house.restore_well(&request);
        let now = tree(&house.at("live"));
        for (path, what) in tree(&house.at("wanted/home")) {
            prop_assert_eq!(now.get(&path), Some(&what), "{:?}", path);
        }
        for row in undo_list(&house.data(), clock().now()).unwrap() {
            let undone = undo(&house.data(), &row.id, &Silent).unwrap();
            prop_assert!(undone.complete, "{:?}", undone);
        }
        let mut after = tree(&house.at("live"));
        after.retain(|path, _| !path.starts_with(".keepsake-undo"));
        prop_assert_eq!(after, before);
    }
}

/// The steps that a run takes, in their order.
fn steps_of(run: impl FnOnce()) -> Vec<(Step, PathBuf)> {
    use std::sync::{Mutex, PoisonError};
    let steps = Arc::new(Mutex::new(Vec::new()));
    let seen = steps.clone();
    let alone = atomic_file::FAULT_TESTS.lock().unwrap_or_else(PoisonError::into_inner);
    atomic_file::set_fault(Some(Box::new(move |step, path: &Path| {
        seen.lock().unwrap().push((step, path.to_path_buf()));
        None
    })));
    run();
    atomic_file::set_fault(None);
    drop(alone);
    let steps = steps.lock().unwrap();
    steps.clone()
}

/// Where the disk that holds `top` is synced between two steps.
fn is_synced_between(steps: &[(Step, PathBuf)], top: &Path, first: usize, second: usize) -> bool {
    assert!(first < second, "{steps:?}");
    steps[first..second].iter().any(|(step, path)| *step == Step::Sync && path.starts_with(top))
}

#[test]
fn what_is_replaced_is_on_the_medium_before_another_takes_its_name() {
    let (house, backup) = house();
    let live = house.at("live");
    let steps = steps_of(|| drop(restore(&house, &backup, "live")));
    let kept = |(step, path): &(Step, PathBuf)| {
        *step == Step::Link && path.ends_with("docs/changed") && path.starts_with(live.join(".keepsake-undo"))
    };
    let kept = steps.iter().position(kept).expect("it is kept");
    let named = steps.iter().position(|step| *step == (Step::Rename, live.join("docs/changed"))).expect("it is named");
    assert!(is_synced_between(&steps, &live, kept, named), "{steps:?}");
}

#[test]
fn what_came_back_is_on_the_medium_before_the_folder_goes_that_it_was_in() {
    let (house, backup) = house();
    let live = house.at("live");
    let id = restore(&house, &backup, "live");
    let steps = steps_of(|| assert!(undo(&house.data(), &id, &Silent).unwrap().complete));
    let back = steps.iter().rposition(|step| *step == (Step::Rename, live.join("docs/changed"))).expect("it is back");
    let gone = |(step, path): &(Step, PathBuf)| *step == Step::Remove && path.starts_with(live.join(".keepsake-undo"));
    let gone = back + steps[back..].iter().position(gone).expect("the folder goes");
    assert!(is_synced_between(&steps, &live, back, gone), "{steps:?}");
}
