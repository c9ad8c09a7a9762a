//! A backup that is larger than an archive may be becomes several archives, each complete in itself.

use std::path::Path;

use fs_err as fs;
use keepsake_tests::{Aspect, House, assert_same, compare_trees, noise, prose, sh, without};

const MAX_BYTES: u64 = 2_000_000;

fn house() -> House {
    let house = House::new();
    house.settings(&format!("max_archive_bytes = {MAX_BYTES}"));
    let tree = house.tree();
    for i in 0..14 {
        tree.file(format!("Pictures/{i:02}.jpg"), noise(i, 500_000));
        tree.file(format!("Documents/{i:02}.txt"), prose(i, 30_000));
    }
    tree.sample();
    house
}

fn names(house: &House) -> Vec<String> {
    house.archives().iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

#[test]
fn several_archives_give_the_tree() {
    let house = house();
    let plan = house.backup();
    let names = names(&house);
    assert!(names.len() >= 4, "{names:?}");
    let expected: Vec<String> = (1..=names.len())
        .map(|part| if part == 1 { String::new() } else { format!("_{part}") })
        .map(|part| format!("family_20260303_020500{part}.tar.gz"))
        .collect();
    assert_eq!(names, expected);
    assert_eq!(plan["archives"].as_array().unwrap().len(), names.len(), "{plan:#}");
    fs::create_dir(house.path("out")).unwrap();
    for (name, archive) in names.iter().zip(house.archives()) {
        assert!(size(&archive) <= MAX_BYTES, "{name} has {} bytes", size(&archive));
        sh(&house.backups(), &format!("gzip -t {name} && sha256sum -c {name}.sha256 && tar -tzf {name}"));
        sh(&house.path("out"), &format!("tar -xpzf ../b/{name}"));
    }
    let differences = compare_trees(&house.source(), &house.path("out/home"));
    // A later part that puts a file into a folder changes the folder's time.
    assert_same(&without(differences, &[Aspect::FolderMtime, Aspect::Xattrs, Aspect::Acls]));
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
    house.keepsake(["verify", "--all"]).expect(0);
}

#[test]
fn a_part_alone_holds_its_files_whole() {
    let house = house();
    house.backup();
    let names = names(&house);
    assert!(names.len() >= 4, "{names:?}");
    let last = names.last().unwrap();
    fs::create_dir(house.path("out")).unwrap();
    sh(&house.path("out"), &format!("tar -xpzf ../b/{last}"));
    let differences = compare_trees(&house.source(), &house.path("out/home"));
    let ignored = [Aspect::Missing, Aspect::FolderMtime, Aspect::HardLinks, Aspect::Xattrs, Aspect::Acls];
    assert_same(&without(differences, &ignored));
    sh(&house.path("out"), "test -s BACKUP_INFO.txt && test -s metadata.json && test -s blocks.bin");
}

#[test]
fn only_a_single_larger_file_makes_a_larger_archive() {
    let house = house();
    house.tree().file("Videos/birthday.mp4", noise(99, 5_000_000)).settle();
    house.backup();
    let larger: Vec<u64> = house.archives().iter().map(|path| size(path)).filter(|&size| size > MAX_BYTES).collect();
    assert_eq!(larger.len(), 1, "{larger:?}");
    assert!(larger[0] < 5_000_000 + MAX_BYTES, "{larger:?}");
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

#[test]
fn what_is_new_later_is_cut_too() {
    let house = house();
    house.backup();
    let before = house.archives().len();
    for i in 0..8 {
        house.tree().file(format!("Pictures/new {i}.jpg"), noise(1_000 + i, 500_000));
    }
    let plan = house.backup();
    let new = house.archives().len() - before;
    assert!((2..=5).contains(&new), "{new} new archives");
    assert_eq!(plan["archives"].as_array().unwrap().len(), new, "{plan:#}");
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
    // All of it is known again from the archives alone.
    fs::remove_dir_all(house.data()).unwrap();
    house.keepsake(["rebuild"]).expect(0);
    house.restore_to(&house.path("again"));
    assert_same(&compare_trees(&house.source(), &house.path("again/home")));
}
