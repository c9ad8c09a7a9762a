//! What docs/disaster-recovery.md promises: everything comes back with `tar`, `gzip` and `sh` alone.
//!
//! The test does what the page says, in its order: look for the newest archive, read BACKUP_INFO.txt, unpack
//! the archives that it names, oldest first, and run FINISH_BY_HAND.sh when there is one.

use std::path::PathBuf;

use fs_err as fs;
use keepsake_tests::{Aspect, House, assert_same, compare_trees, noise, prose, run, sh, without};

/// As on the page, with the newest archive's name in `$newest` and the backups in `$backups`.
const BY_HAND: &str = r#"
set -eu
gzip -t "$backups"/*.tar.gz
tar -xzOf "$backups/$newest" BACKUP_INFO.txt | sed -n 's|^  tar -xpzf /where/they/are/||p' > needed
while read -r archive; do
    (cd "$backups" && sha256sum -c --quiet "$archive.sha256")
    tar -xpzf "$backups/$archive"
done < needed
if [ -e FINISH_BY_HAND.sh ]; then sh FINISH_BY_HAND.sh; fi
"#;

/// How the page finds the archives that are needed, in their order.
const LIST: &str = "BACKUP_INFO.txt | sed -n 's|^  tar -xpzf /where/they/are/||p' > needed";

/// Recovers the newest backup into a new folder with nothing of Keepsake.
fn by_hand(house: &House, name: &str) -> PathBuf {
    let out = house.path(name);
    fs::create_dir(&out).unwrap();
    let newest = house.archives().pop().unwrap();
    let newest = newest.file_name().unwrap().to_string_lossy();
    sh(&out, &format!("backups={:?}; newest={newest}\n{BY_HAND}", house.backups()));
    out.join("home")
}

/// Files that were deleted meanwhile may be extra; folders may have times of the unpacking; xattrs and ACLs
/// want options of tar.
fn assert_recovered(house: &House, out: &std::path::Path) {
    let differences = compare_trees(&house.source(), out);
    let ignored = [Aspect::Extra, Aspect::FolderMtime, Aspect::Xattrs, Aspect::Acls, Aspect::HardLinks];
    assert_same(&without(differences, &ignored));
}

#[test]
fn after_one_backup() {
    let house = House::new();
    house.tree().sample().sparse("disk.img", 3 << 20, &[(1 << 20, b"data")]).file(b"caf\xe9", b"x").settle();
    house.backup();
    let out = by_hand(&house, "out");
    // With one archive nothing differs at all, but attributes.
    assert_same(&without(compare_trees(&house.source(), &out), &[Aspect::Xattrs, Aspect::Acls]));
}

#[test]
fn after_days_of_use() {
    let house = House::new();
    let tree = house.tree();
    tree.sample();
    for i in 0..20 {
        tree.file(format!("Pictures/2020/{i:02}.jpg"), noise(100 + i, 50_000));
        tree.file(format!("Notes/{i:02}.txt"), prose(i, 2_000));
    }
    tree.file(b"caf\xe9/it's $HOME `date` \"x\"\n.txt", prose(60, 1_000)).settle();
    house.backup();

    // Day two: edits, a new file, one deleted, an album made of moved pictures, a copy.
    tree.file("Notes/03.txt", prose(70, 2_500)).file("Pictures/new.jpg", noise(71, 90_000)).remove("Notes/04.txt");
    fs::create_dir(tree.path("Best of all")).unwrap();
    fs::rename(tree.path("Pictures/2020/05.jpg"), tree.path("Best of all/lake.jpg")).unwrap();
    fs::rename(tree.path(b"caf\xe9"), tree.path(b"caf\xe9 moved")).unwrap();
    run("cp", ["-p".into(), tree.path("Pictures/2020/06.jpg"), tree.path("a copy.jpg")]);
    house.backup();
    assert_recovered(&house, &by_hand(&house, "day 2"));

    // Day three: mode and time alone, two pictures change places, a file that takes a moved one's old name.
    tree.mode("bin/tidy-up", 0o700).mtime("Notes/07.txt", 1_444_444_444, 444_444_444);
    let (one, two) = (tree.path("Pictures/2020/10.jpg"), tree.path("Pictures/2020/11.jpg"));
    fs::rename(&one, tree.path("aside")).unwrap();
    fs::rename(&two, &one).unwrap();
    fs::rename(tree.path("aside"), &two).unwrap();
    tree.file("Pictures/2020/05.jpg", noise(72, 40_000));
    house.backup();
    assert_recovered(&house, &by_hand(&house, "day 3"));

    // Day four: what was one thing is another, a copy goes on while its first is edited, a further hard link.
    tree.remove("latest picture").file("latest picture", b"now a file");
    tree.remove("Notes/09.txt").symlink("Notes/09.txt", "08.txt");
    tree.file("Pictures/2020/06.jpg", noise(73, 50_000)).hard_link("Notes/linked.txt", "Notes/08.txt");
    tree.remove("Notes/10.txt").file("Notes/10.txt/now a folder", b"x");
    tree.remove("empty folder").file("empty folder", b"now a file");
    house.backup();
    assert_recovered(&house, &by_hand(&house, "day 4"));

    // Day five: nothing at all.
    house.backup();
    assert_recovered(&house, &by_hand(&house, "day 5"));
}

#[test]
fn of_several_parts() {
    let house = House::new();
    house.settings("max_archive_bytes = 1100000");
    let tree = house.tree();
    tree.sample();
    for i in 0..6 {
        tree.file(format!("Pictures/2020/{i:02}.jpg"), noise(100 + i, 300_000));
    }
    house.backup();
    fs::rename(tree.path("Pictures/2020/01.jpg"), tree.path("moved.jpg")).unwrap();
    for i in 10..16 {
        tree.file(format!("Pictures/2021/{i:02}.jpg"), noise(100 + i, 300_000));
    }
    house.backup();
    let out = house.path("out");
    fs::create_dir(&out).unwrap();
    // All parts of all backups, oldest first, and what is to be finished after each.
    for archive in house.archives() {
        run("tar", ["-xpzf".as_ref(), archive.as_os_str(), "-C".as_ref(), out.as_os_str()]);
    }
    sh(&out, "if [ -e FINISH_BY_HAND.sh ]; then sh FINISH_BY_HAND.sh; fi");
    assert_recovered(&house, &out.join("home"));
    // As the newest one's text has it, which names the beginning of its own backup too.
    tree.file("Pictures/2020/00.jpg", noise(120, 300_000)).file("Zoo.avi", noise(121, 1_000_000));
    house.backup();
    assert_recovered(&house, &by_hand(&house, "by its list"));
}

#[test]
fn the_page_says_what_this_test_does() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/disaster-recovery.md");
    let text = fs::read_to_string(page).expect("the page is written");
    for word in ["BACKUP_INFO.txt", "oldest first", "tar -x", "sh FINISH_BY_HAND.sh", "sha256sum -c", "gzip -t", LIST] {
        assert!(text.contains(word), "docs/disaster-recovery.md does not mention {word}");
    }
}
