//! The states in which journeys begin.

use fs_err as fs;

use super::{IN_PLACE, PLACE, Scene};
use crate::house::House;
use crate::tree::{noise, prose};

pub(super) fn only_a_source(scene: &mut Scene) {
    let tree = scene.house.tree();
    tree.file("Pictures/lake.jpg", noise(1, 60_000))
        .file("Pictures/2019/sunset.jpg", noise(2, 30_000))
        .file("Pictures/2019/boat.jpg", noise(3, 9_000))
        .file("Documents/letter.txt", prose(4, 20_000))
        .file("Documents/empty.txt", b"")
        .file("Documents/tax.txt", prose(5, 4_000))
        .file("diary.txt", prose(6, 6_000))
        .mode("diary.txt", 0o600)
        .folder("empty folder")
        .symlink("latest", "Pictures/lake.jpg")
        .hard_link("Documents/the same.txt", "Documents/letter.txt")
        .settle();
}

pub(super) fn changes_after_two_backups(scene: &mut Scene) {
    only_a_source(scene);
    scene.back_up();
    let tree = scene.house.tree();
    tree.file("Documents/tax.txt", prose(7, 5_000)).file("Pictures/new.jpg", noise(8, 12_000)).settle();
    scene.back_up();
    change(scene);
}

/// New, changed, moved, another kind, gone.
fn change(scene: &Scene) {
    let tree = scene.house.tree();
    tree.remove("Pictures/2019/boat.jpg").remove("latest").remove("Documents/empty.txt");
    tree.file("Documents/letter.txt", prose(9, 21_000))
        .file("diary.txt", prose(10, 7_000))
        .file("latest", b"a file where a link was")
        .file("Documents/empty.txt/note.txt", b"a folder where a file was")
        .file("brand new.txt", prose(11, 3_000));
    fs::rename(tree.path("Pictures/lake.jpg"), tree.path("Pictures/moved.jpg")).expect("it can be renamed");
    tree.settle();
}

pub(super) fn a_change_in_a_large_file(scene: &mut Scene) {
    let large = keepsake_core::backup::PATCH_FROM_BYTES as usize + 4_321;
    let mut bytes = prose(20, 1 << 16).repeat(large / (1 << 16) + 1);
    let tree = scene.house.tree();
    tree.file("disk.img", &bytes).file("note.txt", b"one").settle();
    scene.back_up();
    bytes[1_000_000..1_000_100].copy_from_slice(&noise(21, 100));
    bytes.extend_from_slice(b"and an end");
    tree.file("disk.img", &bytes).settle();
}

pub(super) fn much_that_is_new(scene: &mut Scene) {
    scene.house.settings("max_archive_bytes = 1_048_576");
    only_a_source(scene);
    scene.back_up();
    for i in 0..5 {
        scene.house.tree().file(format!("Pictures/{i}.jpg"), noise(30 + i, 450_000));
    }
    // The same content twice: a part that needs another.
    scene.house.tree().file("Pictures/again.jpg", noise(30, 450_000)).settle();
}

pub(super) fn after_a_restore_in_place(scene: &mut Scene) {
    changes_after_two_backups(scene);
    scene.keep_source_as("before");
    scene.house.keepsake(IN_PLACE).expect(0);
}

pub(super) fn backups_of_another_house(scene: &mut Scene) {
    changes_after_two_backups(scene);
    fs::rename(scene.house.backups(), scene.house.path("other")).expect("it can be renamed");
    fs::remove_dir_all(scene.house.data()).expect("it can be removed");
}

/// Two of the older backups have an archive that nobody needs without them, one in several parts. Of the other two the
/// archives stay, as the newest backups need something in them.
pub(super) fn backups_that_are_too_old(scene: &mut Scene) {
    scene.house.settings("max_archive_bytes = 1_048_576");
    only_a_source(scene);
    scene.back_up();
    let tree = scene.house.tree();
    for i in 0..3 {
        tree.file(format!("Work/{i}.raw"), noise(40 + i, 450_000));
    }
    tree.settle();
    scene.back_up();
    tree.remove("Work").file("Work.raw", noise(50, 40_000)).settle();
    scene.back_up();
    tree.remove("Work.raw").file("Documents/tax.txt", prose(51, 5_000)).settle();
    scene.back_up();
    scene.may_go = scene.trees.keys().cloned().collect();
    // Time without backups counts a week at most.
    scene.house.advance_hours(24 * 40);
    change(scene);
    scene.back_up();
    tree.file("brand new.txt", prose(52, 3_000)).settle();
    scene.back_up();
    scene.house.settings("max_archive_bytes = 1_048_576\nretention = { days = 5 }");
}

/// A place holds copies of two old backups, one of which nobody needs any more, and lacks two new ones.
pub(super) fn a_place_that_was_away(scene: &mut Scene) {
    let place = scene.house.path(PLACE);
    fs::create_dir(&place).expect("it can be made");
    let settings = |house: &House, retention: &str| {
        house.settings(retention);
        let text = fs::read_to_string(house.config()).expect("the settings");
        house.write_config(&format!("{text}\n[[destination]]\nname = \"NAS\"\npath = {place:?}\n"));
    };
    settings(&scene.house, "");
    only_a_source(scene);
    scene.back_up();
    scene.house.tree().file("Pictures/much.jpg", noise(60, 200_000)).settle();
    scene.back_up();
    scene.may_go = scene.trees.keys().cloned().collect();
    let away = scene.house.path("away");
    fs::rename(&place, &away).expect("it can be renamed");
    scene.house.advance_hours(24 * 40);
    scene.house.tree().remove("Pictures/much.jpg");
    change(scene);
    scene.back_up();
    scene.house.tree().file("brand new.txt", prose(61, 3_000)).settle();
    scene.back_up();
    settings(&scene.house, "retention = { days = 5 }");
    scene.house.keepsake(["prune"]).expect(0);
    fs::rename(&away, &place).expect("it can be renamed");
}
