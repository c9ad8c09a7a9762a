//! Copies in other places: only what is missing, whole or not at all, and a restore from them alone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;
use keepsake_tests::{Answer, Aspect, House, assert_same, compare_trees, needs_root, noise, skip, without};
use rustix::process::Signal;
use serde_json::Value;

fn nas(house: &House) -> PathBuf {
    house.path("nas")
}

/// A house with a destination, and pictures that are not yet backed up.
fn house() -> House {
    let house = House::new();
    fs::create_dir(nas(&house)).unwrap();
    with_destination(&house, &nas(&house));
    for i in 0..3 {
        house.tree().file(format!("Pictures/{i}.jpg"), noise(i, 1_500_000));
    }
    house.tree().settle();
    house
}

fn with_destination(house: &House, path: &Path) {
    house.settings("");
    let settings = fs::read_to_string(house.config()).unwrap();
    house.write_config(&format!("{settings}\n[[destination]]\nname = \"NAS\"\npath = {path:?}\n"));
}

fn names(folder: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "keepsake.lock").collect()
}

fn copied(answer: &Value) -> Vec<&str> {
    let reports = answer["destinations"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    reports.iter().flat_map(|report| report["copied"].as_array().unwrap()).map(|name| name.as_str().unwrap()).collect()
}

fn assert_whole(house: &House) {
    assert_eq!(names(&nas(house)), names(&house.backups()));
    for name in names(&nas(house)) {
        assert!(fs::read(nas(house).join(&name)).unwrap() == fs::read(house.backups().join(&name)).unwrap(), "{name}");
    }
}

fn assert_restores(house: &House, words: &[&str]) {
    let to = house.path("r");
    let mut command: Vec<&str> = vec!["restore", "latest", "--to", to.to_str().unwrap()];
    command.extend(words);
    house.keepsake(command).expect(0);
    let differences = compare_trees(&house.source(), &to.join("home"));
    assert_same(&without(differences, &[Aspect::FolderMtime]));
    fs::remove_dir_all(&to).unwrap();
}

fn flip(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_place_inside_what_is_protected_is_left_out_of_it() {
    let house = house();
    let inside = house.tree().path("Copies");
    fs::create_dir(&inside).unwrap();
    with_destination(&house, &inside);
    let stored = |answer: &Value| answer["plans"][0]["stored_bytes"].as_u64().unwrap();
    let first = house.keepsake(["backup", "--json"]).expect(0).json();
    assert!(stored(&first) > 4_000_000 && names(&inside).len() == 2, "{first:#}");
    for _ in 0..2 {
        house.advance_hours(24);
        let answer = house.keepsake(["backup", "--json"]).expect(0).json();
        assert!(stored(&answer) < 100_000, "{answer:#}");
        assert_eq!(answer["plans"][0]["left_out"][0]["path"], "home/Copies");
    }
    assert_eq!(names(&inside), names(&house.backups()));

    // Settings that were written by hand may name what is protected itself, or the state.
    for (place, why) in [(house.source(), "a folder that is backed up"), (house.data(), "its own state")] {
        with_destination(&house, &place);
        let answer = house.keepsake(["backup", "--json"]).expect(1).json();
        let report = &answer["copies"]["destinations"][0];
        assert_eq!((&report["outcome"], &report["copied"]), (&"failed".into(), &Value::Array(vec![])), "{answer:#}");
        assert!(report["problems"][0].as_str().unwrap().contains(why), "{answer:#}");
        assert!(names(&place).iter().all(|name| !name.ends_with(".tar.gz")), "{place:?}");
    }
}

#[test]
fn a_backup_is_copied_at_once_and_only_what_is_missing() {
    let house = house();
    house.keepsake(["backup"]).expect(0).says(&["Copied 1 archive", "to NAS"]);
    assert_whole(&house);
    house.keepsake(["status"]).expect(0).says(&["Copies: NAS, today 2:05 AM"]);
    let answer = house.keepsake(["copy", "--json"]).expect(0).json();
    assert_eq!(copied(&answer), [""; 0], "{answer:#}");
    house.advance_hours(24);
    house.tree().file("new", noise(9, 10_000)).settle();
    let answer = house.keepsake(["backup", "--json"]).expect(0).json();
    assert_eq!(copied(&answer["copies"]), ["family_20260304_020500.tar.gz"]);
    assert_whole(&house);
    house.keepsake(["health"]).expect(0);
    house.keepsake(["verify", "--json"]).expect(0);
    house.keepsake(["copy", "NSA"]).expect(65).says(&["no destination NSA", "NAS"]);
}

#[test]
fn a_restore_works_from_the_copies_alone() {
    let house = house();
    house.backup();
    fs::remove_dir_all(house.backups()).unwrap();
    assert_restores(&house, &[]);
    // On a new computer: nothing is known, and the folder is imported.
    fs::remove_dir_all(house.data()).unwrap();
    fs::remove_file(house.config()).unwrap();
    house.keepsake(["import", nas(&house).to_str().unwrap()]).expect(0);
    assert_restores(&house, &[]);
    house.keepsake(["verify"]).expect(0);
}

#[test]
fn killed_at_any_moment_the_next_copy_just_works() {
    let house = house();
    fs::rename(nas(&house), house.path("away")).unwrap();
    house.keepsake(["backup"]).expect(0).says(&["Waiting for NAS"]);
    fs::rename(house.path("away"), nas(&house)).unwrap();
    let mut killed = 0;
    for round in 0..12 {
        for name in names(&nas(&house)) {
            fs::remove_file(nas(&house).join(name)).unwrap();
        }
        // An emptied place looks absent; what is known of it is forgotten as after a new start.
        house.keepsake(["rebuild"]).expect_one_of(&[0, 1]);
        let mut running = house.start(["copy"]);
        std::thread::sleep(std::time::Duration::from_millis(8 * round));
        if !running.has_ended() {
            running.signal(Signal::KILL);
            killed += 1;
        }
        running.wait();
        for name in names(&nas(&house)).iter().filter(|name| name.ends_with(".tar.gz")) {
            assert!(
                fs::read(nas(&house).join(name)).unwrap() == fs::read(house.backups().join(name)).unwrap(),
                "{name}"
            );
        }
        house.keepsake(["copy"]).expect(0);
        assert_whole(&house);
    }
    assert!(killed > 2, "{killed}");
}

#[test]
fn an_absent_place_is_waited_for_and_nothing_is_written_into_its_mount_point() {
    let house = house();
    house.backup();
    fs::rename(nas(&house), house.path("away")).unwrap();
    house.keepsake(["copy"]).expect(0).says(&["Waiting for NAS", "no such folder"]);
    fs::create_dir(nas(&house)).unwrap();
    house.tree().file("new", noise(9, 10_000)).settle();
    house.keepsake(["backup"]).expect(0).says(&["Waiting for NAS", "archives were in it"]);
    assert_eq!(fs::read_dir(nas(&house)).unwrap().count(), 0);
    house.keepsake(["health"]).expect(0);
    house.advance_hours(26);
    house.keepsake(["health"]).expect(1).says(&["The copy at NAS is"]);
    fs::remove_dir(nas(&house)).unwrap();
    fs::rename(house.path("away"), nas(&house)).unwrap();
    house.keepsake(["copy"]).expect(0).says(&["Copied 1 archive"]);
    assert_whole(&house);
}

#[test]
fn damage_in_either_place_is_healed_from_the_other() {
    let house = house();
    house.backup();
    let archive = house.archives().remove(0);
    let copy = nas(&house).join(archive.file_name().unwrap());
    for damaged in [&archive, &copy] {
        flip(damaged);
        house.keepsake(["verify"]).expect(2);
        house.keepsake(["verify", "--heal"]).expect(1).says(&["is whole again"]);
        assert_whole(&house);
        house.keepsake(["verify"]).expect(0);
        house.keepsake(["health"]).expect(0);
    }
    // A checksum file alone.
    fs::remove_file(house.backups().join(format!("{}.sha256", archive.file_name().unwrap().display()))).unwrap();
    house.keepsake(["verify"]).expect(2);
    house.keepsake(["verify", "--heal"]).expect(1);
    assert_whole(&house);
    house.keepsake(["health"]).expect(0);
    // Missing at home: the copy brings it back.
    house.tree().file("new", noise(9, 10_000)).settle();
    house.backup();
    fs::remove_file(&archive).unwrap();
    house.keepsake(["copy"]).expect(0).says(&["is whole again"]);
    assert_whole(&house);
    // Damaged at home before it was ever copied: the damaged one is not copied.
    house.tree().file("newer", noise(10, 2_000_000)).settle();
    fs::rename(nas(&house), house.path("away")).unwrap();
    house.backup();
    fs::rename(house.path("away"), nas(&house)).unwrap();
    let newest = house.archives().pop().unwrap();
    flip(&newest);
    house.keepsake(["copy"]).expect(1).says(&["was not copied", "damaged"]);
    assert!(!nas(&house).join(newest.file_name().unwrap()).exists());
}

#[test]
fn a_place_that_can_only_be_read_fails_the_copy_and_not_the_backup() {
    let house = house();
    fs::set_permissions(nas(&house), std::os::unix::fs::PermissionsExt::from_mode(0o555)).unwrap();
    let answer = house.keepsake_without_root(["backup", "--json"]).expect(1).json();
    assert_eq!(answer["plans"][0]["outcome"], "good");
    assert_eq!(answer["copies"]["destinations"][0]["outcome"], "failed", "{answer:#}");
    house.keepsake_without_root(["copy"]).expect(2).says(&["Copying to NAS failed", "no permission"]);
    house.keepsake_without_root(["health"]).expect(1).says(&["There is no copy at NAS yet"]);
}

#[test]
fn a_full_place_keeps_what_it_has_and_goes_on_once_there_is_room() {
    const NAME: &str = "a_full_place_keeps_what_it_has_and_goes_on_once_there_is_room";
    if !needs_root(NAME) {
        return;
    }
    let house = house();
    house.backup();
    house.tree().file("big", noise(20, 57_000_000)).settle();
    // A mount that only this shell and what it starts can see.
    let script = "mount -t tmpfs -o size=64m none nas && mkdir -p nas/x && head -c 8000000 /dev/zero > nas/x/filler || exit 99\n\
        \"$KEEPSAKE\" rebuild >&2; \"$KEEPSAKE\" copy >&2 || exit 98\n\
        \"$KEEPSAKE\" backup >&2; echo backup $?\n\
        \"$KEEPSAKE\" copy >&2; echo copy $?; ls nas | grep -c partial\n\
        \"$KEEPSAKE\" list >&2 && rm nas/x/filler && \"$KEEPSAKE\" copy >&2; echo room $?\n\
        cmp b/family_20260304_020500.tar.gz nas/family_20260304_020500.tar.gz >&2; echo same $?";
    let mut command = Command::new("unshare");
    let mut usual = house.command([""; 0]);
    command.args(["--mount", "sh", "-c", script]).current_dir(house.dir()).env("KEEPSAKE", usual.get_program());
    for (name, value) in usual.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    usual.stdin(std::process::Stdio::null());
    let answer = Answer::of(command);
    if answer.code == 99 || answer.stderr.contains("unshare failed") {
        return skip(NAME, "it needs mounts");
    }
    assert_eq!(answer.stdout, "backup 1\ncopy 2\n0\nroom 0\nsame 0\n", "{}", answer.stderr);
    answer.says(&["Copying to NAS failed", "is full"]);
}

#[test]
fn a_damaged_copy_that_a_new_catalog_does_not_know_is_replaced() {
    let house = house();
    house.backup();
    house.keepsake(["copy"]).expect(0);
    let name = names(&nas(&house)).into_iter().next().unwrap();
    let copy = nas(&house).join(&name);
    let cut = |file: &Path| fs::File::options().write(true).open(file).unwrap().set_len(1000).unwrap();
    for damage in [&cut as &dyn Fn(&Path), &|file| fs::write(file, "").unwrap()] {
        damage(&copy);
        house.keepsake(["rebuild"]).expect(1);
        house.keepsake(["copy"]).expect(0);
        assert_whole(&house);
        house.keepsake(["verify", "--all"]).expect(0);
    }
    // What does not say that it was this archive is somebody else's.
    fs::write(&copy, "a letter").unwrap();
    fs::write(nas(&house).join(format!("{name}.sha256")), format!("{}  {name}\n", "ab".repeat(32))).unwrap();
    house.keepsake(["rebuild"]).expect(1);
    house.keepsake(["copy"]).expect(1).says(&["left alone"]);
    assert_eq!(fs::read(&copy).unwrap(), b"a letter");
}

#[test]
fn a_list_that_a_rebuild_could_not_read_is_read_once_it_is_healed() {
    let house = house();
    house.backup();
    for i in 0..2 {
        house.tree().file(format!("letter {i}"), noise(10 + i, 3_000)).settle();
        house.backup();
    }
    house.keepsake(["copy"]).expect(0);
    // In the list of files, which stands before the table and the metadata.
    let second = house.backups().join(house.list()[1]["archives"][0].as_str().unwrap());
    let whole = fs::read(&second).unwrap();
    let listed =
        |house: &House| house.list().iter().map(|b| b["state"].as_str().unwrap() == "good").collect::<Vec<_>>();
    let mut unread = 0;
    for by_hand in [false, true] {
        for from_end in [600, 900, 1200, 1500] {
            let mut bytes = whole.clone();
            let at = bytes.len() - from_end;
            bytes[at..at + 8].fill(0xff);
            fs::write(&second, bytes).unwrap();
            fs::remove_file(house.data().join("catalog.sqlite")).unwrap();
            house.keepsake(["rebuild"]).expect_one_of(&[0, 1]);
            unread += usize::from(listed(&house) != [true; 3]);
            if by_hand {
                fs::write(&second, &whole).unwrap();
                house.keepsake(["verify", "--all"]).expect(0);
            } else {
                house.keepsake(["import", nas(&house).to_str().unwrap()]).expect_one_of(&[0, 1]);
                house.keepsake(["verify", "--all", "--heal"]).expect_one_of(&[0, 1]);
            }
            assert!(fs::read(&second).unwrap() == whole);
            assert_eq!(listed(&house), [true; 3]);
            for backup in ["oldest", "latest"].into_iter().chain(house.list()[1]["name"].as_str()) {
                let counted = house.keepsake(["restore", backup, "--to", "r", "--json"]).expect(0).json();
                let files = fs::read_dir(house.path("r/home")).unwrap().count();
                let pictures = fs::read_dir(house.path("r/home/Pictures")).unwrap().count();
                let letters = match backup {
                    "oldest" => 0,
                    "latest" => 2,
                    _ => 1,
                };
                assert_eq!((files, pictures), (1 + letters, 3), "{from_end} {backup}: {counted:#}");
                fs::remove_dir_all(house.path("r")).unwrap();
            }
            assert_restores(&house, &[]);
        }
    }
    assert!(unread > 0, "the list was hit");
}
