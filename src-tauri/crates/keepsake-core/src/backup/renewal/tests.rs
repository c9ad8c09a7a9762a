use super::*;
use crate::archive::reader::ArchiveReader;
use crate::archive::test_support::noise;
use crate::atomic_file::{FAULT_TESTS, Step, set_fault};
use crate::backup::test_house::{Home, contents};
use crate::backup::{BackupReport, Outcome};

const KB: u64 = 1000;
const MB: u64 = 1000 * KB;
const GB: u64 = 1000 * MB;

fn archive(id: u32, bytes: u64, needed_bytes: u64) -> ArchiveUse {
    ArchiveUse { id, bytes, needed_bytes }
}

fn chosen(uses: &[ArchiveUse]) -> Vec<u32> {
    let mut ids: Vec<u32> = choose(uses, RenewalRules::default()).archives.into_iter().collect();
    ids.sort_unstable();
    ids
}

#[test]
fn each_rule() {
    let full = archive(9, 100 * GB, 100 * GB);
    let small = |id| archive(id, 10 * KB, KB);
    let none: [u32; 0] = [];
    for (name, uses, expected) in [
        ("nothing stored", vec![], vec![]),
        ("all needed", vec![archive(1, 4 * MB, 4 * MB)], vec![]),
        ("half needed", vec![archive(1, 4 * MB, 2 * MB)], vec![]),
        ("less than half", vec![archive(1, 4 * MB, 2 * MB - 1)], vec![1]),
        ("nothing but names", vec![archive(1, 4 * MB, 600)], vec![1]),
        ("text packs well: it counts unpacked", vec![archive(1, 4 * MB, 8 * MB)], vec![]),
        ("too little to be worth it", vec![archive(1, MB, 0)], vec![]),
        ("many small ones together are", (0..200).map(small).collect(), (0..200).collect()),
        ("of a large home a thousandth", vec![full, archive(1, 99 * MB, 0)], vec![]),
        ("and more", vec![full, archive(1, 101 * MB, 0)], vec![1]),
        (
            "the one with most that nobody needs first, and at most 5 GB of 100 GB at once",
            vec![full, archive(1, 9 * GB, 4 * GB), archive(2, 10 * GB, 3 * GB), archive(3, 5 * GB, GB)],
            vec![2, 3],
        ),
        ("the first whatever it takes", vec![archive(1, 90 * GB, 40 * GB), archive(2, 9 * GB, GB)], vec![1]),
        ("hostile lengths", vec![archive(1, u64::MAX, u64::MAX / 2), archive(2, u64::MAX, 0)], vec![2]),
    ] {
        assert_eq!(chosen(&uses), expected, "{name}");
    }
    assert_eq!(chosen(&[]), none);
}

fn eager(home: &mut Home) {
    home.request.renewal = RenewalRules { worth_bytes: 100 * KB, at_once_bytes: 100 * MB };
}

/// The archives that a backup says it needs, besides its own.
fn older(home: &Home, report: &BackupReport) -> Vec<String> {
    let last = home.request.backup_dir.join(report.archives.last().unwrap());
    let needed = ArchiveReader::open(&last).unwrap().metadata().archives_needed.clone();
    needed.into_iter().map(|need| need.name).filter(|name| !report.archives.contains(name)).collect()
}

fn assert_by_hand(home: &Home, report: &BackupReport) {
    let back = contents(&home.by_hand(report));
    for file in contents(&home.at("")) {
        assert!(back.contains(&file), "{} is not as it was", String::from_utf8_lossy(&file.0));
    }
}

/// A photo that stays, and a dump that is another each day.
fn photo_and_dump() -> Home {
    let mut home = Home::new();
    eager(&mut home);
    home.request.patch_from_bytes = u64::MAX;
    home.write("photos/a.jpg", noise(1, 200_000));
    home.until_settled("photos/a.jpg");
    home.write("dump", noise(2, 300_000));
    home.back_up();
    home
}

#[test]
fn what_stays_is_stored_anew_once_and_the_old_archive_is_needed_no_more() {
    let mut home = photo_and_dump();
    let mut renewed = Vec::new();
    for day in 3..9 {
        home.write("dump", noise(day, 300_000));
        let report = home.back_up();
        renewed.push(report.renewed_bytes);
        assert_eq!((report.outcome, report.files, report.new_files), (Outcome::Good, 2, 1));
        assert!(older(&home, &report).len() <= 2, "{:?}", older(&home, &report));
        assert_by_hand(&home, &report);
    }
    // The day after the dump changed; then the photo has an archive of its own, and never again.
    assert_eq!(renewed, [0, 200_000, 0, 0, 0, 0]);
}

#[test]
fn a_home_without_changes_renews_to_its_end_and_no_more() {
    let mut home = photo_and_dump();
    for i in 0..10 {
        home.write(&format!("papers/{i}"), noise(100 + i, 30_000));
        home.write(&format!("photos/{i}"), noise(200 + i, 30_000));
        home.write("dump", noise(50 + i, 300_000));
        home.request.renewal.worth_bytes = u64::MAX;
        home.back_up();
    }
    eager(&mut home);
    // Each run may store a twentieth of everything: of two files in one archive only one.
    home.request.renewal.at_once_bytes = 1;
    let bytes: Vec<u64> = (0..30).map(|_| home.back_up().renewed_bytes).collect();
    assert!(bytes.iter().all(|&bytes| bytes <= 200_000), "{bytes:?}");
    // All but the last two, which lie beside a dump that is still there.
    assert_eq!(bytes.iter().sum::<u64>(), 740_000, "{bytes:?}");
    assert_eq!(bytes[25..], [0; 5], "{bytes:?}");
    let last = home.back_up();
    assert_by_hand(&home, &last);
}

#[test]
fn what_cannot_be_read_any_more_is_stored_anew_from_the_old_archive() {
    let mut home = Home::new();
    eager(&mut home);
    home.write("photos/a.jpg", noise(1, 1_200_000));
    home.write("dump", noise(2, 1_500_000));
    home.back_up();
    home.write("dump", "small now");
    home.back_up();
    let _alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    set_fault(Some(Box::new(|step, path| {
        (step == Step::Read && path.ends_with("photos/a.jpg")).then(|| std::io::Error::from_raw_os_error(5))
    })));
    let report = home.try_back_up(&crate::monitor::Silent);
    set_fault(None);
    let report = report.unwrap();
    assert_eq!((report.outcome, report.files, report.new_files), (Outcome::WithProblems, 2, 0));
    assert_eq!(older(&home, &report), [""; 0], "it is not where it was any more");
    assert_by_hand(&home, &report);
}

#[test]
fn names_of_one_file_stay_names_of_one_file() {
    use std::os::unix::fs::MetadataExt;
    let mut home = Home::new();
    eager(&mut home);
    // File by file: the first name alone is more than one run may store.
    home.request.renewal.at_once_bytes = 1;
    home.write("photos/a.jpg", noise(1, 200_000));
    std::fs::hard_link(home.at("photos/a.jpg"), home.at("photos/b.jpg")).unwrap();
    home.until_settled("photos/a.jpg");
    home.write("dump", noise(2, 300_000));
    home.back_up();
    home.write("dump", "small now");
    home.back_up();
    // So that their times have settled.
    home.request.renewal.worth_bytes = u64::MAX;
    home.back_up();
    eager(&mut home);
    home.request.renewal.at_once_bytes = 1;
    let report = home.back_up();
    assert_eq!((report.renewed_bytes, report.new_files), (200_000, 0));
    let back = home.by_hand(&report);
    let inode = |name: &str| std::fs::metadata(back.join("photos").join(name)).unwrap().ino();
    assert_eq!(inode("b.jpg"), inode("a.jpg"));
}

#[test]
fn what_was_moved_or_touched_is_not_stored_again() {
    let mut home = Home::new();
    eager(&mut home);
    for i in 0..20 {
        home.write(&format!("photos/{i}"), noise(i, 100_000));
    }
    home.back_up();
    std::fs::rename(home.at("photos"), home.at("pictures")).unwrap();
    let moved = home.back_up();
    for i in 0..20 {
        let file = std::fs::File::options().append(true).open(home.at(&format!("pictures/{i}"))).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    }
    let touched = home.back_up();
    let still = home.back_up();
    for report in [moved, touched, still] {
        assert_eq!(report.renewed_bytes, 0);
        assert!(report.stored_bytes < 100_000, "{}", report.stored_bytes);
    }
}

#[test]
fn a_rebuilt_catalog_renews_the_same() {
    let mut home = photo_and_dump();
    home.write("dump", noise(3, 300_000));
    home.back_up();
    let renewed = home.back_up();
    assert_eq!(renewed.renewed_bytes, 200_000);
    let listed = home.paths(&renewed);
    std::fs::remove_dir_all(&home.request.data_dir).unwrap();
    let catalog = home.catalog();
    let dir = home.request.backup_dir.clone();
    crate::rebuild::reconcile(&catalog, &dir, &crate::backup::test_house::clock(home.day), &crate::monitor::Silent)
        .unwrap();
    drop(catalog);
    assert_eq!(home.paths(&renewed), listed);
    let report = home.back_up();
    assert_eq!((report.renewed_bytes, report.new_files), (0, 0));
    assert_by_hand(&home, &report);
}

#[test]
fn a_folder_where_a_link_was_stays_where_tar_meets_it_in_time() {
    let mut home = Home::new();
    eager(&mut home);
    home.write("keep", noise(1, 200_000));
    home.write("z/inside", "z");
    std::os::unix::fs::symlink("z", home.at("a")).unwrap();
    home.back_up();
    std::fs::remove_file(home.at("a")).unwrap();
    std::fs::create_dir(home.at("a")).unwrap();
    home.write("a/letter", "short");
    home.write("dump", noise(2, 300_000));
    home.back_up();
    // This leaves the folder's own time alone.
    home.write("a/letter", noise(3, 50_000));
    home.write("dump", "small now");
    home.back_up();
    for _ in 0..2 {
        let report = home.back_up();
        assert_by_hand(&home, &report);
    }
}
