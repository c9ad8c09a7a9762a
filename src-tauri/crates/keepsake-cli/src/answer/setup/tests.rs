use std::fs;

use keepsake_api::FolderRole;

use super::super::settings::tests::around;
use super::*;

#[test]
fn folders_of_a_home_are_found_by_their_own_names_and_measured() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    for folder in ["Bilder/2019", "Documents", ".thunderbird", "Musik", "state"] {
        fs::create_dir_all(home.join(folder)).unwrap();
    }
    fs::write(home.join("Bilder/2019/lake.JPG"), [0; 70]).unwrap();
    fs::write(home.join("Bilder/notes.txt"), [0; 7]).unwrap();
    let said = "# made by xdg-user-dirs-update\nXDG_PICTURES_DIR=\"$HOME/Bilder\"\nXDG_MUSIC_DIR=\"$HOME/\"\n\
                XDG_DESKTOP_DIR=\"relative\"\n";
    let found: Vec<(String, FolderRole)> =
        folders::likely(home, said).into_iter().map(|folder| (folder.name, folder.role)).collect();
    let wanted =
        [("Bilder", FolderRole::Pictures), ("Documents", FolderRole::Documents), ("Thunderbird", FolderRole::Mail)];
    assert_eq!(found, wanted.map(|(name, role)| (name.to_string(), role)));

    let around = around(home);
    let Ok(Answer::MeasureFolder(size)) = measure_folder(&around, PathText::of_path("~/Bilder")) else { panic!() };
    assert_eq!((size.counts.files, size.counts.pictures, size.counts.bytes), (2, 1, 77));
    assert_eq!((size.is_whole, size.name.as_str(), size.shown.as_str()), (true, "Bilder", "~/Bilder"));
    let refused = |dir: &str| measure_folder(&around, PathText::of_path(dir)).expect_err(dir).said.id;
    assert_eq!(refused("~/none"), "wrong-folder-missing");
    assert_eq!(refused("~/Bilder/notes.txt"), "wrong-no-folder");
    assert_eq!(refused("Bilder"), "wrong-path-relative");
}

#[test]
fn a_name_is_allowed_and_taken_once() {
    let mut taken = Taken { names: vec!["photos".into()], paths: vec![] };
    assert_eq!(taken.name("Photos"), "Photos 2");
    assert_eq!(taken.name("Photos"), "Photos 3");
    assert_eq!(taken.name(".hidden"), "hidden");
    assert_eq!(taken.name("---"), "Folder");
    assert_eq!(taken.name("manifest.jsonl"), "Folder 2");
    assert!(taken.name(&"ü".repeat(200)).len() <= 100);
}

#[test]
fn a_walk_that_has_no_time_left_says_so() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "x").unwrap();
    let measured = measure::all(vec![dir.path().into()], Instant::now());
    assert!(!measured[0].expect("it answered").is_whole);
}

#[test]
fn disks_are_told_from_what_is_none() {
    let table = "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n\
                 30 22 0:25 / /tmp rw - tmpfs tmpfs rw\n\
                 31 22 8:17 / /media/rosa/Blue\\040drive rw,nosuid - exfat /dev/sdb1 rw\n\
                 32 22 7:1 / /snap/core ro - squashfs /dev/loop1 ro\n\
                 33 22 0:44 / /mnt/nas rw - nfs4 nas:/share rw\n\
                 34 22 8:33 / /media/old rw - ext4 /dev/sdc1 ro\n\
                 35 22 0:50 / / rw - overlay overlay rw\n\
                 nonsense\n";
    let for_files: Vec<String> = places::mounts(table)
        .iter()
        .filter(|mount| mount.is_for_files())
        .map(|mount| mount.point.display().to_string())
        .collect();
    assert_eq!(for_files, ["/media/rosa/Blue drive", "/mnt/nas"]);
    assert_eq!(unescaped("Blue\\x20drive\\", 16), PathBuf::from("Blue drive\\"));
}

#[test]
fn the_home_disk_is_a_place_with_the_backups_that_are_there() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("Backups")).unwrap();
    for name in
        ["family_20260303_020500.tar.gz", "family_20260303_020500_2.tar.gz", "family_20260304_020500.tar.gz", "x.txt"]
    {
        fs::write(dir.path().join("Backups").join(name), "x").unwrap();
    }
    let around = around(dir.path());
    let Ok(Answer::SuggestPlaces(places)) = suggest_places(&around, vec![PathText::of_path("~")]) else { panic!() };
    let home = places.iter().find(|place| place.shown == "~/Backups").expect("the home disk is one");
    assert_eq!((home.backups, home.is_same_disk, home.disk.as_str()), (2, true, ""));
    assert!(home.total_bytes >= home.free_bytes && home.total_bytes > 0);
}
