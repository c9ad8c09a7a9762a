//! Another backup folder in the settings: a new one, or the old one under a new name.

use std::path::Path;

use fs_err as fs;
use keepsake_tests::{House, assert_same, compare_trees, noise};

fn backup_dir(house: &House, folder: &str) {
    house.settings("");
    let settings = fs::read_to_string(house.config()).unwrap();
    let (old, new) = (house.backups(), house.path(folder));
    assert!(settings.contains(old.to_str().unwrap()), "{settings}");
    house.write_config(&settings.replace(old.to_str().unwrap(), new.to_str().unwrap()));
}

fn house() -> House {
    let house = House::new();
    for i in 0..3 {
        house.tree().file(format!("{i}"), noise(i, 100_000)).settle();
        house.backup();
    }
    house
}

fn archives(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".tar.gz")).count()
}

fn assert_restores(house: &House) {
    house.keepsake(["restore", "latest", "--to", "r"]).expect(0);
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
    fs::remove_dir_all(house.path("r")).unwrap();
}

#[test]
fn the_first_backup_in_another_folder_is_whole_there() {
    let house = house();
    for is_there in [false, true] {
        let folder = if is_there { "elsewhere" } else { "new" };
        if is_there {
            fs::create_dir(house.path(folder)).unwrap();
        }
        backup_dir(&house, folder);
        let made = house.backup();
        assert_eq!(made["new_files"], 3, "nothing here is built on what is elsewhere");
        assert_eq!(archives(&house.path(folder)), 1);
        house.keepsake(["restore", "latest", "--to", "r", "--from", folder]).expect(0);
        assert_same(&compare_trees(&house.source(), &house.path("r/home")));
        fs::remove_dir_all(house.path("r")).unwrap();
    }
    // The backups before are still known, and where they are; the old folder is nobody's to tidy up.
    assert_eq!(archives(&house.backups()), 3);
    house.keepsake(["restore", "oldest", "--to", "r"]).expect(0);
    assert_eq!(fs::read(house.path("r/home/0")).unwrap(), noise(0, 100_000));
    fs::remove_dir_all(house.path("r")).unwrap();
    house.keepsake(["verify", "--all"]).expect(0);
    house.keepsake(["rebuild"]).expect(0);
    assert_eq!(house.list().len(), 5);
    // And back.
    house.settings("");
    house.backup();
    assert_restores(&house);
    house.keepsake(["verify", "--all"]).expect(0);
}

#[test]
fn a_backup_folder_that_was_moved_is_the_only_one() {
    let house = house();
    fs::rename(house.backups(), house.path("moved")).unwrap();
    backup_dir(&house, "moved");
    house.keepsake(["verify", "--all"]).expect(0).says(&["3 archives", "all is whole"]);
    house.keepsake(["rebuild"]).expect(0);
    // What vanishes there is missed: nobody believes that it is still where it was.
    let second = house.list()[1]["archives"][0].as_str().unwrap().to_owned();
    fs::remove_file(house.path("moved").join(second)).unwrap();
    assert_eq!(house.list()[2]["state"], "incomplete");
    house.keepsake(["verify", "--all"]).expect(2).says(&["no place that is known holds it any more"]);
    let made = house.backup();
    assert_eq!(made["new_files"], 1, "what was lost is stored anew");
    assert_restores(&house);
}

#[test]
fn a_link_to_the_backup_folder_is_no_second_copy() {
    let house = house();
    fs::rename(house.backups(), house.path("disk")).unwrap();
    std::os::unix::fs::symlink("disk", house.backups()).unwrap();
    house.keepsake(["verify", "--all"]).expect(0);
    backup_dir(&house, "disk");
    house.keepsake(["verify", "--all"]).expect(0).says(&["3 archives"]);
    let first = house.list()[0]["archives"][0].as_str().unwrap().to_owned();
    fs::remove_file(house.path("disk").join(first)).unwrap();
    assert_eq!(house.list()[2]["state"], "incomplete");
}
