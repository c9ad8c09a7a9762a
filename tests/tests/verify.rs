//! Damage is found, and named file by file; what is whole still comes back.

use std::path::{Path, PathBuf};

use fs_err as fs;
use keepsake_tests::{Aspect, House, assert_same, compare_trees, noise, prose, without};
use serde_json::Value;

const PICTURES: u64 = 6;

/// A home of pictures that do not compress, so that their bytes stand in the archive as they are.
fn backed_up() -> House {
    let house = House::new();
    let tree = house.tree();
    for i in 0..PICTURES {
        tree.file(format!("Pictures/{i}.jpg"), noise(i, 3_300_000));
    }
    tree.file("Documents/letter.txt", prose(1, 30_000)).file("zero", b"").settle();
    house.backup();
    house
}

/// Where the middle of a picture stands in an archive.
fn find_picture(archive: &Path, seed: u64) -> usize {
    let (bytes, picture) = (fs::read(archive).unwrap(), noise(seed, 3_300_000));
    // A few places, as deflate puts a header before each 65,535 bytes that are stored.
    [1_650_000, 1_700_000, 1_750_000]
        .iter()
        .find_map(|&at| bytes.windows(48).position(|window| window == &picture[at..at + 48]))
        .expect("the picture is stored as it is")
}

fn flip(archive: &Path, at: usize) {
    let mut bytes = fs::read(archive).unwrap();
    bytes[at] ^= 0x10;
    fs::write(archive, bytes).unwrap();
}

/// Damages one picture in the house's only archive.
fn damage_picture(house: &House, seed: u64) -> PathBuf {
    let archive = house.archives().remove(0);
    flip(&archive, find_picture(&archive, seed) + 10);
    archive
}

/// The paths named as damaged, sorted, each once.
fn damaged(answer: &Value) -> Vec<String> {
    let items = answer["damaged"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    let mut paths: Vec<_> = items.iter().filter_map(|item| item["path"].as_str().map(String::from)).collect();
    paths.sort();
    paths.dedup();
    paths
}

#[test]
fn all_is_well() {
    let house = backed_up();
    for words in [&["verify", "--all"][..], &["verify"], &["verify", "latest"], &["verify", "--all", "--quick"]] {
        let answer = house.keepsake(words.iter().chain(&["--json"])).expect(0).json();
        assert_eq!(answer["outcome"], "good");
        assert_eq!(answer["damaged"], serde_json::json!([]));
        assert_eq!(answer["archives"], 1);
        assert_eq!(answer["how"], if words.contains(&"--quick") { "quick" } else { "full" });
    }
    house.keepsake(["health"]).expect(0);
}

#[test]
fn a_flipped_byte_is_found_and_only_its_file_is_named() {
    let house = backed_up();
    damage_picture(&house, 3);
    let answer = house.keepsake(["verify", "--all", "--json"]).expect(2).json();
    assert_eq!(answer["outcome"], "damaged");
    assert_eq!(damaged(&answer), ["home/Pictures/3.jpg"], "{answer:#}");
    assert_eq!(answer["damaged"][0]["archive"], "family_20260303_020500.tar.gz");
    house.keepsake(["verify", "--all"]).expect(2).says(&["Pictures/3.jpg"]);
    // Nobody calls this safe any more.
    house.keepsake(["health"]).expect(2);
    house.keepsake(["status"]).expect_one_of(&[0, 2]).says(&["damaged"]);
}

#[test]
fn the_damaged_file_fails_by_name_and_the_others_come_back() {
    let house = backed_up();
    damage_picture(&house, 2);
    let to = house.path("r");
    let answer = house.keepsake(["restore", "latest", "--to", to.to_str().unwrap(), "--json"]).expect(2);
    let problems = answer.json()["problems"].clone();
    assert_eq!(problems.as_array().map(Vec::len), Some(1), "{problems:#}");
    assert_eq!(problems[0]["kind"], "damaged");
    assert_eq!(problems[0]["path"], "home/Pictures/2.jpg");
    let differences = without(compare_trees(&house.source(), &to.join("home")), &[Aspect::FolderMtime]);
    let found: Vec<_> = differences.iter().map(|d| (d.aspect, &d.path[..])).collect();
    assert_eq!(found, [(Aspect::Missing, &b"Pictures/2.jpg"[..])], "the damaged file alone is absent");
}

#[test]
fn what_comes_back_whole_out_of_a_damaged_archive_is_done() {
    let house = backed_up();
    damage_picture(&house, 2);
    house.keepsake(["verify"]).expect(2);
    let restore = ["restore", "latest", "--to", "r", "--path", "home/Pictures/3.jpg"];
    house.keepsake(restore).expect(0).says(&["Brought back 1 file"]);
    house.keepsake(["restore", "latest", "--to", "r", "--path", "home/Pictures/2.jpg"]).expect(2).says(&["damaged"]);
    house.keepsake(["health"]).expect(2);
}

#[test]
fn nothing_verified_is_not_called_good() {
    let house = House::new();
    let answer = house.keepsake(["verify", "--json"]).expect(65).json();
    assert_eq!((&answer["outcome"], &answer["archives"]), (&"nothing-to-check".into(), &0.into()));
    house.keepsake(["verify", "--quiet"]).expect(65).says(&["Nothing was checked", "keepsake backup"]);
}

#[test]
fn the_next_backup_stores_damaged_contents_anew() {
    let house = backed_up();
    damage_picture(&house, 4);
    house.keepsake(["verify", "--all"]).expect(2);
    house.backup_ending_with(0);
    let archives = house.archives();
    let bytes = fs::metadata(&archives[1]).unwrap().len();
    assert!((3_300_000..4_000_000).contains(&bytes), "the second archive has {bytes} bytes");
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

#[test]
fn damage_in_what_compresses_is_found() {
    let house = House::new();
    for i in 0..40 {
        house.tree().file(format!("{i}.txt"), prose(i, 60_000));
    }
    house.tree().settle();
    house.backup();
    let archive = house.archives().remove(0);
    let middle = fs::metadata(&archive).unwrap().len() as usize / 3;
    flip(&archive, middle);
    let answer = house.keepsake(["verify", "--all", "--json"]).expect(2).json();
    let named = damaged(&answer).len();
    assert!((1..40).contains(&named), "those in one block, no more: {answer:#}");
}

#[test]
fn a_flipped_byte_anywhere_is_found() {
    let house = House::new();
    house.tree().file("a.jpg", noise(1, 3_000)).file("b.txt", prose(1, 3_000)).settle();
    house.backup();
    let archive = house.archives().remove(0);
    let whole = fs::read(&archive).unwrap();
    let step = whole.len() / 60;
    for at in (0..whole.len()).step_by(step.max(1)).chain(whole.len() - 30..whole.len()) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x04;
        fs::write(&archive, &bytes).unwrap();
        let answer = house.keepsake(["verify", "--all", "--json"]).expect(2);
        assert_eq!(answer.json()["outcome"], "damaged", "byte {at} of {}", whole.len());
    }
    fs::write(&archive, &whole).unwrap();
    house.keepsake(["verify", "--all"]).expect(0);
}

#[test]
fn a_quick_look_notices_what_is_short_or_gone() {
    let house = backed_up();
    let archive = house.archives().remove(0);
    let whole = fs::read(&archive).unwrap();
    for length in [0, 100, whole.len() / 2, whole.len() - 1_000, whole.len() - 1] {
        fs::write(&archive, &whole[..length]).unwrap();
        let answer = house.keepsake(["verify", "--all", "--quick", "--json"]).expect(2).json();
        assert_eq!(answer["outcome"], "damaged", "{length} bytes of {}", whole.len());
        assert_eq!(answer["damaged"][0]["archive"], "family_20260303_020500.tar.gz");
    }
    fs::write(&archive, [&whole[..], b"more"].concat()).unwrap();
    house.keepsake(["verify", "--all", "--quick"]).expect(2);
    fs::remove_file(&archive).unwrap();
    house.keepsake(["verify", "--all", "--quick"]).expect(2).says(&["family_20260303_020500.tar.gz"]);
}

#[test]
fn the_parts_together_read_everything() {
    let house = House::new();
    house.settings("max_archive_bytes = 5000000");
    for i in 0..PICTURES {
        house.tree().file(format!("Pictures/{i}.jpg"), noise(i, 3_300_000));
    }
    house.tree().settle();
    house.backup();
    let read = |words: &[&str], code: i32| {
        let answer = house.keepsake(["verify", "--json"].iter().chain(words)).expect(code).json();
        (answer["bytes"].as_u64().unwrap(), damaged(&answer), answer["how"].as_str().unwrap().to_string())
    };
    let full = read(&["--all"], 0).0;
    let parts: Vec<_> = ["1/3", "2/3", "3/3"].iter().map(|part| read(&["--part", part], 0)).collect();
    assert!(parts.iter().all(|(bytes, _, how)| *bytes < full && how == "part"), "{full}: {parts:?}");
    let sum: u64 = parts.iter().map(|(bytes, ..)| bytes).sum();
    assert!(sum >= full, "the parts read {sum} of {full} bytes");
    // Each picture damaged: each is found by a part.
    for archive in house.archives() {
        let bytes = fs::read(&archive).unwrap();
        for seed in 0..PICTURES {
            let picture = noise(seed, 3_300_000);
            if let Some(at) = bytes.windows(48).position(|window| window == &picture[1_650_000..1_650_048]) {
                flip(&archive, at);
            }
        }
    }
    let all = read(&["--all"], 2).1;
    assert!(all.len() >= PICTURES as usize - 1, "{all:?}");
    let mut found: Vec<String> = Vec::new();
    for part in ["1/3", "2/3", "3/3"] {
        let answer = house.keepsake(["verify", "--json", "--part", part]).expect_one_of(&[0, 2]).json();
        found.extend(damaged(&answer));
    }
    found.sort();
    found.dedup();
    assert_eq!(found, all);
}

#[test]
fn a_part_that_makes_no_sense_is_refused() {
    let house = backed_up();
    for part in ["0/3", "4/3", "1/0", "3", "a/b", "-1/3"] {
        house.keepsake(["verify", &format!("--part={part}")]).expect_one_of(&[64, 65]);
    }
}
