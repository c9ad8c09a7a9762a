//! Old archives are renewed: the folder gives back what nobody needs, and all that is kept comes back whole.

use std::collections::BTreeSet;
use std::path::Path;

use fs_err as fs;
use keepsake_tests::{House, Mount, assert_same, compare_trees, noise, run, sh};

const DUMP_BYTES: usize = 1_600_000;
const PHOTO_BYTES: usize = 60_000;

fn bytes_in(folder: &Path) -> u64 {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "keepsake.lock").collect()
}

/// The newest backup, as docs/disaster-recovery.md says.
fn by_hand(house: &House, out: &Path) {
    fs::create_dir(out).unwrap();
    let newest = house.archives().pop().unwrap();
    sh(
        out,
        &format!(
            "set -eu; backups={:?}; newest={newest:?}\n\
             tar -xzOf \"$newest\" BACKUP_INFO.txt | sed -n 's|^  tar -xpzf /where/they/are/||p' > needed\n\
             while read -r archive; do (cd \"$backups\" && sha256sum -c --quiet \"$archive.sha256\")\n\
             tar -xpzf \"$backups/$archive\"; done < needed\n\
             if [ -e FINISH_BY_HAND.sh ]; then sh FINISH_BY_HAND.sh; fi",
            house.backups()
        ),
    );
}

/// A database's dump that is another each night, and a photo that stays.
fn a_day(house: &House, day: u64) {
    house.tree().file("dump", noise(1000 + day, DUMP_BYTES));
    house.tree().file(format!("Photos/{day}.jpg"), noise(day, PHOTO_BYTES)).settle();
}

#[test]
fn a_dump_each_night_leaves_no_store_that_grows_old() {
    let house = House::new();
    let nas = house.path("nas");
    fs::create_dir(&nas).unwrap();
    house.settings("retention = { daily = 3, weekly = 2 }");
    let settings = fs::read_to_string(house.config()).unwrap();
    house.write_config(&format!("{settings}\n[[destination]]\nname = \"NAS\"\npath = {nas:?}\n"));
    let copies = house.path("copies");
    fs::create_dir(&copies).unwrap();
    let (mut renewed_bytes, mut all_bytes) = (0, 0);
    for day in 0..30 {
        a_day(&house, day);
        let made = house.backup();
        renewed_bytes += made["renewed_bytes"].as_u64().unwrap();
        all_bytes += made["stored_bytes"].as_u64().unwrap();
        assert_eq!((&made["files"], &made["new_files"]), (&(day + 2).into(), &2.into()), "{made:#}");
        run(
            "cp",
            ["-a".as_ref(), house.source().as_os_str(), copies.join(made["backup"].as_str().unwrap()).as_os_str()],
        );
    }
    // Each photo was stored anew once, but for the last ones.
    let photos = renewed_bytes / PHOTO_BYTES as u64;
    assert!((25..=29).contains(&photos), "{renewed_bytes}");
    let kept: Vec<String> = house.list().iter().map(|b| b["name"].as_str().unwrap().to_string()).collect();
    assert!((4..=6).contains(&kept.len()), "{kept:?}");
    // The dumps of the kept backups and of those before them, and each photo at most twice.
    let most = (2 * kept.len() * DUMP_BYTES + 2 * 30 * PHOTO_BYTES + 500_000) as u64;
    assert!(bytes_in(&house.backups()) < most, "{} bytes, {most} at most", bytes_in(&house.backups()));
    assert!(bytes_in(&house.backups()) < all_bytes / 2);
    // What is kept is whole, the copies are the same, and by hand the newest comes back.
    house.keepsake(["verify", "--all"]).expect(0);
    for name in &kept {
        let to = house.path("r").join(name);
        house.keepsake(["restore", name, "--to", to.to_str().unwrap()]).expect(0);
        assert_same(&compare_trees(&copies.join(name), &to.join("home")));
    }
    assert_eq!(names_in(&nas), names_in(&house.backups()));
    house.keepsake(["health"]).expect(0);
    let out = house.path("by-hand");
    by_hand(&house, &out);
    for day in 0..30 {
        let path = format!("Photos/{day}.jpg");
        assert!(fs::read(out.join("home").join(&path)).unwrap() == noise(day, PHOTO_BYTES), "{path}");
    }
    assert!(fs::read(out.join("home/dump")).unwrap() == noise(1029, DUMP_BYTES));
    // Nothing changes any more: at most one run more has something to renew.
    let quiet: Vec<u64> = (0..4).map(|_| house.backup()["renewed_bytes"].as_u64().unwrap()).collect();
    assert_eq!(quiet[1..], [0; 3], "{quiet:?}");
    // From the archives alone the same is known.
    let before = house.list();
    house.keepsake(["rebuild"]).expect(0);
    assert_eq!(house.list(), before);
    assert_eq!(house.backup()["renewed_bytes"], 0);
}

#[test]
fn what_may_not_be_read_any_more_is_kept_without_the_old_archive() {
    let house = House::new();
    a_day(&house, 0);
    house.tree().file("secret", b"for my eyes only").settle();
    house.keepsake_without_root(["backup"]).expect(0);
    house.advance_hours(24);
    fs::remove_file(house.source().join("dump")).unwrap();
    house.tree().mode("secret", 0);
    house.keepsake_without_root(["backup"]).expect(1);
    house.advance_hours(24);
    let made = house.keepsake_without_root(["backup", "--json"]).expect(1).json()["plans"][0].clone();
    assert_eq!((&made["problem_count"], &made["files"]), (&1.into(), &2.into()), "{made:#}");
    let newest = house.list().pop().unwrap();
    let needs = newest["needs"].as_array().unwrap();
    assert!(!needs.iter().any(|name| name.as_str().unwrap().contains("_20260303_")), "{needs:?}");
    let to = house.path("r");
    house.keepsake(["restore", newest["name"].as_str().unwrap(), "--to", to.to_str().unwrap()]).expect(0);
    assert_eq!(fs::read(to.join("home/secret")).unwrap(), b"for my eyes only");
    assert!(fs::read(to.join("home/Photos/0.jpg")).unwrap() == noise(0, PHOTO_BYTES));
}

#[test]
fn a_person_is_told_and_a_disk_without_room_is_left_alone() {
    let house = House::new();
    fs::create_dir(house.backups()).unwrap();
    let Some(_mount) =
        Mount::memory("a_person_is_told_and_a_disk_without_room_is_left_alone", &house.backups(), 16 << 20)
    else {
        return;
    };
    house.tree().file("dump", noise(1, 4_000_000)).file("film", noise(2, 3_000_000)).settle();
    house.backup();
    fs::remove_file(house.source().join("dump")).unwrap();
    house.tree().file("other", noise(3, 4_000_000)).settle();
    house.backup();
    // 5 MB are free: 3 MB more would leave too little.
    assert_eq!([house.backup()["renewed_bytes"].clone(), house.backup()["renewed_bytes"].clone()], [0, 0]);
    run("mount", ["-o".as_ref(), "remount,size=64m".as_ref(), house.backups().as_os_str()]);
    house.keepsake(["backup"]).expect(0).says(&["nothing new", "3 MB of old files were stored anew"]);
}
