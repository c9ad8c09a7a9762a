//! Two computers of one house, set up alike, with one folder for their copies, or even one for their backups.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;
use keepsake_core::destinations::LOCK_NAME;
use keepsake_tests::{Aspect, House, assert_same, compare_trees, needs_root, noise, skip, without};
use rustix::process::Signal;

/// Two houses on computers of their own: the second an hour later, so that its archives have other names.
fn two(test: &str) -> Option<[House; 2]> {
    if !needs_root(test) {
        return None;
    }
    let script = "mount -t tmpfs none /mnt && hostname attic";
    let may = Command::new("unshare").args(["--mount", "--uts", "sh", "-c", script]).output();
    if !may.is_ok_and(|output| output.status.success()) {
        skip(test, "it needs mounts");
        return None;
    }
    let houses = [House::on_computer("attic"), House::on_computer("kitchen")];
    houses[1].advance_hours(1);
    for (seed, house) in houses.iter().enumerate() {
        for i in 0..3 {
            house.tree().file(format!("Pictures/{i}.jpg"), noise(100 * seed as u64 + i, 900_000));
        }
        house.tree().settle();
    }
    Some(houses)
}

fn copying_to(house: &House, nas: &Path, plan_lines: &str) {
    house.settings(plan_lines);
    let settings = fs::read_to_string(house.config()).unwrap();
    house.write_config(&format!("{settings}\n[[destination]]\nname = \"NAS\"\npath = {nas:?}\n"));
}

/// Both copy to one folder.
fn two_with_nas(test: &str) -> Option<([House; 2], PathBuf)> {
    let houses = two(test)?;
    let nas = houses[0].path("nas");
    fs::create_dir(&nas).unwrap();
    houses.iter().for_each(|house| copying_to(house, &nas, ""));
    Some((houses, nas))
}

/// What is in a folder, but for the lock.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()));
    files.filter(|(name, _)| name != LOCK_NAME).collect()
}

/// Its newest backup is its own, and comes back whole.
fn assert_restores_its_own(house: &House) {
    let to = house.path("r");
    house.restore_to(&to);
    let differences = compare_trees(&house.source(), &to.join("home"));
    assert_same(&without(differences, &[Aspect::FolderMtime]));
    fs::remove_dir_all(&to).unwrap();
}

#[test]
fn two_computers_with_one_place_for_copies_do_not_touch_each_others() {
    let Some((houses, nas)) = two_with_nas("two_computers_with_one_place_for_copies_do_not_touch_each_others") else {
        return;
    };
    for house in &houses {
        house.backup();
    }
    for round in 0..4u64 {
        for (seed, house) in houses.iter().enumerate() {
            house.tree().file(format!("new{round}"), noise(1000 * seed as u64 + round, 2_000_000)).settle();
        }
        let running = houses.each_ref().map(|house| house.start(["backup", "--json", "--wait"]));
        for (house, mut running) in houses.iter().zip(running) {
            // The copies of one may have found the other at work there.
            std::thread::sleep(std::time::Duration::from_millis(40 * round));
            if round % 2 == 1 && !running.has_ended() {
                running.signal(Signal::KILL);
            }
            let answer = running.wait().expect_one_of(&[0, 1, -9]);
            let is_made = answer.code == -9 || answer.json()["plans"][0]["outcome"] == "good";
            assert!(is_made, "{answer:#?}");
            house.advance_hours(24);
        }
        for house in &houses {
            house.keepsake(["backup"]).expect(0);
            house.advance_hours(24);
        }
        let mut both = contents(&houses[0].backups());
        both.extend(contents(&houses[1].backups()));
        assert!(contents(&nas) == both, "each archive of both is there, as it is at home");
    }
    // Each is told of its own copies only, and brings back its own from there.
    for house in &houses {
        house.keepsake(["verify"]).expect(0);
        house.keepsake(["health"]).expect(0);
        fs::rename(house.backups(), house.path("away")).unwrap();
        assert_restores_its_own(house);
        fs::rename(house.path("away"), house.backups()).unwrap();
    }
    // One that has made its catalog anew knows the other's archives, and leaves them alone all the same.
    let [attic, kitchen] = &houses;
    attic.keepsake(["rebuild"]).expect(0);
    assert_restores_its_own(attic);
    let before = contents(&kitchen.backups());
    copying_to(attic, &nas, "retention = { last = 1 }");
    attic.keepsake(["prune"]).expect(0);
    attic.keepsake(["backup", "--full"]).expect(0);
    attic.keepsake(["prune"]).expect(0);
    attic.keepsake(["copy"]).expect(0);
    let there = contents(&nas);
    assert!(before.iter().all(|(name, bytes)| there.get(name) == Some(bytes)), "the other's stay");
    assert_eq!(there.len(), before.len() + contents(&attic.backups()).len(), "its own went");
    kitchen.keepsake(["verify"]).expect(0);
    assert_restores_its_own(kitchen);
}

#[test]
fn archives_of_one_name_are_never_mixed_up() {
    let Some((houses, nas)) = two_with_nas("archives_of_one_name_are_never_mixed_up") else { return };
    let [attic, kitchen] = &houses;
    attic.advance_hours(1);
    attic.backup();
    let before = contents(&nas);
    let answer = kitchen.keepsake(["backup"]).expect(1);
    answer.says(&["has the name of one of this computer's archives and is another file", "give each its own"]);
    kitchen.keepsake(["copy"]).expect(1);
    assert!(contents(&nas) == before, "nothing is overwritten or added");
    kitchen.keepsake(["health"]).expect(1).says(&["no copy at NAS"]);
    kitchen.keepsake(["copy", "--json"]).expect(1);
    kitchen.keepsake(["verify", "--heal"]).expect_one_of(&[0, 1]);
    kitchen.keepsake(["rebuild"]).expect_one_of(&[0, 1]);
    kitchen.keepsake(["copy"]).expect(1);
    assert!(contents(&nas) == before, "nothing is healed over it either");
    houses.iter().for_each(assert_restores_its_own);
    // As advised.
    let own = attic.path("nas/kitchen");
    fs::create_dir(&own).unwrap();
    copying_to(kitchen, &own, "");
    kitchen.keepsake(["copy"]).expect(0);
    assert!(contents(&own) == contents(&kitchen.backups()));
    kitchen.keepsake(["health"]).expect(0);
}

#[test]
fn the_second_at_one_place_is_told_and_waits_or_leaves() {
    let Some((houses, nas)) = two_with_nas("the_second_at_one_place_is_told_and_waits_or_leaves") else { return };
    let [attic, kitchen] = &houses;
    attic.tree().file("large", noise(7, 80_000_000)).settle();
    let mut first = attic.start(["backup"]);
    let is_copying = || contents_partial(&nas) > 1_000_000;
    first.stop_when("it copies", |_| is_copying());
    let answer = kitchen.keepsake(["backup"]).expect(1);
    answer.says(&["Nothing was copied to NAS", "attic is copying since 2026-03-03 02:05"]);
    kitchen.keepsake(["copy"]).expect(75).says(&["attic is copying since 2026-03-03 02:05"]);
    assert!(is_copying(), "what the first writes is left alone");
    let mut second = kitchen.start(["copy", "--wait"]);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(!second.has_ended(), "it waits");
    first.signal(Signal::KILL);
    first.wait();
    let answer = second.wait().expect(0);
    assert!(answer.stderr.contains("attic is copying since 2026-03-03 02:05. Waiting"), "{answer:#?}");
    attic.keepsake(["copy"]).expect(0);
    let mut both = contents(&attic.backups());
    both.extend(contents(&kitchen.backups()));
    assert!(contents(&nas) == both);
}

/// How much an unfinished copy has.
fn contents_partial(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let partial = entries.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "partial"));
    partial.filter_map(|entry| entry.metadata().ok()).map(|facts| facts.len()).sum()
}

/// Both have one backup folder, below the first's.
fn two_with_one_backup_folder(test: &str) -> Option<[House; 2]> {
    let houses = two(test)?;
    let backups = houses[0].backups();
    let settings = fs::read_to_string(houses[1].config()).unwrap();
    houses[1].write_config(&settings.replace(&format!("{:?}", houses[1].backups()), &format!("{backups:?}")));
    Some(houses)
}

#[test]
fn two_computers_with_one_backup_folder_keep_apart() {
    let Some(houses) = two_with_one_backup_folder("two_computers_with_one_backup_folder_keep_apart") else { return };
    let [attic, kitchen] = &houses;
    // In the same second, too: no name is used twice.
    attic.advance_hours(1);
    for round in 0..3u64 {
        let running = houses.each_ref().map(|house| house.start(["backup", "--json", "--wait"]));
        for (house, running) in houses.iter().zip(running) {
            let answer = running.wait().expect(0).json();
            assert_eq!(answer["plans"][0]["outcome"], "good", "{answer:#}");
            house.advance_hours(24);
        }
        for (seed, house) in houses.iter().enumerate() {
            assert_restores_its_own(house);
            house.keepsake(["verify"]).expect(0);
            house.tree().file(format!("new{round}"), noise(1000 * seed as u64 + round, 500_000)).settle();
        }
    }
    assert_eq!(attic.archives().len(), 6);
    houses.iter().for_each(|house| drop(house.backup()));
    let settings = fs::read_to_string(attic.config()).unwrap();
    attic.write_config(&settings.replace("last = 1000", "last = 1"));
    attic.keepsake(["backup", "--full"]).expect(0);
    attic.keepsake(["prune"]).expect(0);
    let of = |name: &str| attic.list().iter().filter(|backup| backup["computer"] == name).count();
    assert_eq!((of("attic"), of("kitchen")), (1, 4), "only its own go: {:#?}", attic.list());
    // What the other let go is no longer there, and is not passed over in silence.
    kitchen.keepsake(["verify"]).expect(2).says(&["It is of attic", "`keepsake rebuild` forgets it here"]);
    kitchen.keepsake(["health"]).expect(0);
    kitchen.keepsake(["rebuild"]).expect(0);
    for house in &houses {
        assert_restores_its_own(house);
        house.keepsake(["verify"]).expect(0);
    }
}

#[test]
fn the_second_at_one_backup_folder_is_told_and_removes_nothing() {
    let Some(houses) = two_with_one_backup_folder("the_second_at_one_backup_folder_is_told_and_removes_nothing") else {
        return;
    };
    let [attic, kitchen] = &houses;
    kitchen.backup();
    attic.tree().file("large", noise(7, 80_000_000)).settle();
    let mut first = attic.start(["backup"]);
    first.stop_when("it writes", |_| contents_partial(&attic.backups()) > 1_000_000);
    let so_far = contents_partial(&attic.backups());
    for words in [&["backup"][..], &["prune"]] {
        let answer = kitchen.keepsake(words).expect(75);
        answer.says(&["attic is backing up family since 2026-03-03 02:05", "--wait"]);
    }
    // Who only reads is not kept waiting, and touches nothing.
    for words in [&["verify"][..], &["list"], &["verify", "--heal"], &["rebuild"]] {
        kitchen.keepsake(words).expect(0);
    }
    assert_restores_its_own(kitchen);
    kitchen.keepsake(["restore", "latest", "--in-place", "--confirm", "RESTORE"]).expect(0);
    assert_eq!(contents_partial(&attic.backups()), so_far, "what the first writes is left alone");
    let mut second = kitchen.start(["backup", "--wait"]);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(!second.has_ended(), "it waits");
    first.signal(Signal::CONT);
    first.wait().expect(0);
    second.wait().expect(0).says(&["attic is backing up family since 2026-03-03 02:05. Waiting"]);
    // Killed, it is in nobody's way.
    attic.advance_hours(24);
    attic.tree().file("large", noise(8, 80_000_000)).settle();
    let mut first = attic.start(["backup"]);
    first.stop_when("it writes", |_| contents_partial(&attic.backups()) > 1_000_000);
    first.signal(Signal::KILL);
    first.wait();
    kitchen.advance_hours(24);
    kitchen.keepsake(["backup"]).expect(0);
    assert_eq!(attic.leftovers(), [""; 0]);
    attic.keepsake(["backup"]).expect(0);
    houses.iter().for_each(assert_restores_its_own);
}
