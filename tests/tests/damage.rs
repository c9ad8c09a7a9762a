//! Damage as a matrix: what is done to a place × which place × what is then done with Keepsake. Each cell has its
//! expected outcome in `damage/table.txt`, which is the test. Beside the table, in each row: never a panic, never
//! `good` where bytes of a backup were changed, whatever is not lost comes back byte for byte and the lost is named,
//! and after the next backup the newest one restores whole.

#[path = "damage/hurt.rs"]
mod hurt;

use std::path::Path;
use std::sync::Mutex;

use fs_err as fs;
use hurt::{Hurt, Place};
use keepsake_tests::{Answer, Aspect, House, compare_trees, noise, prose, run, without};
use serde_json::Value;

const TABLE: &str = include_str!("damage/table.txt");
/// Bytes of the file that is patched in the second backup: Keepsake patches from 8 MiB on.
const MAIL_BYTES: usize = 9 << 20;

/// A house with two backups, and what it looks like before anything is damaged.
struct Scene {
    house: House,
}

impl Scene {
    fn new() -> Self {
        let house = House::new();
        let tree = house.tree();
        tree.file("Documents/letter.txt", prose(3, 40_000)).file("Documents/old.txt", prose(4, 9_000));
        let mut mail = prose(5, MAIL_BYTES);
        // What does not shrink keeps blocks long, so that there are several in the file.
        mail[1 << 20..3 << 20].copy_from_slice(&noise(5, 2 << 20));
        tree.file("Mail/mbox", &mail);
        for i in 0..4 {
            tree.file(format!("Pictures/{i}.jpg"), noise(10 + i, 400_000));
        }
        tree.folder("empty").symlink("link", "Documents/letter.txt").settle();
        house.backup();
        run("cp", ["-a".as_ref(), house.source().as_os_str(), house.path("older").as_os_str()]);
        mail[5 << 20..(5 << 20) + 100].copy_from_slice(&noise(6, 100));
        tree.file("Mail/mbox", &mail).file("Pictures/new.jpg", noise(20, 400_000));
        tree.file("Documents/letter.txt", prose(7, 41_000)).settle();
        house.backup();
        assert_eq!(house.archives().len(), 2);
        let scene = Self { house };
        scene.keep("b");
        scene.keep("d");
        fs::copy(scene.house.config(), scene.house.path("kept-config")).unwrap();
        scene
    }

    fn keep(&self, folder: &str) {
        let kept = self.house.path(&format!("kept-{folder}"));
        run("cp", ["-a".as_ref(), self.house.path(folder).as_os_str(), kept.as_os_str()]);
    }

    /// Everything as it was before the damage; the source is never touched.
    fn reset(&self) {
        for folder in ["b", "d"] {
            let _ = fs::remove_dir_all(self.house.path(folder));
            let kept = self.house.path(&format!("kept-{folder}"));
            run("cp", ["-a".as_ref(), kept.as_os_str(), self.house.path(folder).as_os_str()]);
        }
        fs::copy(self.house.path("kept-config"), self.house.config()).unwrap();
    }

    /// Runs the program: it must not panic, and what it answers must be one JSON object.
    fn ask(&self, words: &[&str]) -> (Answer, Value) {
        let answer = self.house.keepsake(words.iter().chain(&["--json"])).expect_one_of(&[0, 1, 2, 3, 65, 75, 78]);
        let json = answer.json();
        (answer, json)
    }

    fn state(&self, command: &str) -> String {
        let (answer, json) = self.ask(&[command]);
        if json["error"].is_object() {
            return "refused".into();
        }
        assert!(command != "health" || (answer.code == 0) == (json["state"] == "good"), "{answer:?}");
        json["state"].as_str().unwrap_or_default().into()
    }

    fn list(&self) -> String {
        let (_, json) = self.ask(&["list"]);
        match json["backups"].as_array() {
            Some(backups) if backups.len() == 2 => "both".into(),
            Some(backups) => backups.len().to_string(),
            None => "refused".into(),
        }
    }

    fn verify(&self) -> String {
        let (answer, json) = self.ask(&["verify", "--all"]);
        if json["error"].is_object() {
            return "refused".into();
        }
        assert_eq!(answer.code == 0, json["outcome"] == "good", "{answer:?}");
        if json["outcome"] != "damaged" {
            return json["outcome"].as_str().unwrap_or_default().into();
        }
        let named = json["damaged"].as_array().unwrap();
        assert!(!named.is_empty(), "damage is named: {json:#}");
        let paths =
            named.iter().filter(|row| row["path"].as_str().is_some_and(|path| path.starts_with("home"))).count();
        if paths > 0 {
            format!("files-{paths}")
        } else if named.iter().all(|row| row["path"].as_str().is_some_and(|path| path.ends_with(".sha256"))) {
            "checksum".into()
        } else {
            "archive".into()
        }
    }

    /// Restores a backup. What comes back is byte for byte what was there, and what does not is named.
    fn restore(&self, backup: &str, expected: &Path) -> String {
        let to = self.house.path("r");
        let _ = fs::remove_dir_all(&to);
        let (answer, json) = self.ask(&["restore", backup, "--to", "r"]);
        if json["error"].is_object() {
            assert!(!to.join("home").exists(), "a refusal leaves nothing: {answer:?}");
            return "refused".into();
        }
        let aspects = [Aspect::FolderMtime];
        if json["backup"] != json_name(backup) {
            assert_ne!(answer.code, 0, "another backup than the newest: {answer:?}");
            let older = without(compare_trees(&self.house.path("older"), &to.join("home")), &aspects);
            return if older.is_empty() { "older".into() } else { format!("older-without-{}", older.len()) };
        }
        let differences = without(compare_trees(expected, &to.join("home")), &aspects);
        for difference in &differences {
            assert_eq!(difference.aspect, Aspect::Missing, "nothing wrong comes back: {differences:?}");
            let path = String::from_utf8_lossy(&difference.path);
            assert!(answer.said().contains(&*path), "{path} is lost and not named: {answer:?}");
        }
        assert_eq!(answer.code == 0, differences.is_empty(), "{differences:?} {answer:?}");
        if differences.is_empty() { "whole".into() } else { format!("without-{}", differences.len()) }
    }

    /// As [`Scene::restore`], where a list of files may be gone with its archive: then the
    /// modes of folders that only it told are gone, too.
    fn restore_again(&self, backup: &str, expected: &Path) -> String {
        let to = self.house.path("r");
        let _ = fs::remove_dir_all(&to);
        let (answer, json) = self.ask(&["restore", backup, "--to", "r"]);
        if json["error"].is_object() {
            return "refused".into();
        }
        if json["backup"] != json_name(backup) {
            // Nothing is left that could know of an archive that is not there.
            return if answer.code == 0 { "older-untold".into() } else { "older".into() };
        }
        if !to.join("home").exists() {
            assert_ne!(answer.code, 0, "nothing came back: {answer:?}");
            return "nothing".into();
        }
        let differences = without(compare_trees(expected, &to.join("home")), &[Aspect::FolderMtime, Aspect::Mode]);
        assert!(differences.iter().all(|difference| difference.aspect == Aspect::Missing), "{differences:?}");
        assert_eq!(answer.code == 0, differences.is_empty(), "{differences:?} {answer:?}");
        if differences.is_empty() { "whole".into() } else { format!("without-{}", differences.len()) }
    }

    fn backup(&self) -> String {
        let (_, json) = self.ask(&["backup"]);
        if json["error"].is_object() {
            return "refused".into();
        }
        json["plans"][0]["outcome"].as_str().unwrap_or_default().into()
    }

    fn row(&self, place: Place, hurt: Hurt) -> Option<String> {
        let mut cells = vec![place.word().to_string(), hurt.word().to_string()];
        self.reset();
        if !hurt::hurt(&self.house, place, hurt) {
            return None;
        }
        let source = self.house.source();
        cells.extend([self.list(), self.state("status"), self.state("health")]);
        cells.push(self.restore("latest", &source));
        cells.push(self.restore(OLDER, &self.house.path("older")));
        cells.push(self.verify());
        cells.push(self.state("health"));
        cells.push(self.backup());
        cells.push(self.restore_newest_made());
        if place.is_in_backups() {
            assert_ne!(cells[7], "good", "changed bytes of a backup are never called good: {cells:?}");
        }
        self.reset();
        hurt::hurt(&self.house, place, hurt);
        let (_, json) = self.ask(&["rebuild"]);
        cells.push(match json["backups"].as_u64() {
            _ if json["error"].is_object() => "refused".into(),
            Some(2) => "both".into(),
            found => found.unwrap_or_default().to_string(),
        });
        cells.push(self.restore_again("latest", &source));
        cells.push(self.restore_again(OLDER, &self.house.path("older")));
        let is_gone = place == Place::Archive2 && hurt == Hurt::Missing;
        assert!(is_gone || !cells.iter().any(|cell| cell == "older-untold"), "{cells:?}");
        self.ask(&["verify", "--all"]);
        cells.push(self.backup());
        cells.push(self.restore_newest_made());
        Some(cells.join(" "))
    }

    /// After a backup that was made, the newest one is whole: always, whatever was damaged before.
    fn restore_newest_made(&self) -> String {
        let to = self.house.path("r");
        let _ = fs::remove_dir_all(&to);
        let (answer, json) = self.ask(&["restore", "latest", "--to", "r"]);
        if json["error"].is_object() {
            return "refused".into();
        }
        let differences = without(compare_trees(&self.house.source(), &to.join("home")), &[Aspect::FolderMtime]);
        assert_eq!(answer.code == 0, differences.is_empty(), "{differences:?} {answer:?}");
        if differences.is_empty() { "whole".into() } else { format!("without-{}", differences.len()) }
    }
}

const OLDER: &str = "family_20260303_020500";

fn json_name(backup: &str) -> &str {
    if backup == "latest" { "family_20260304_020500" } else { backup }
}

/// The rows of the table: place, damage, and the outcomes.
fn expected() -> Vec<String> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn every_cell_is_as_the_table_says() {
    // For whoever looks into a few rows: those whose beginning contains this.
    let only = std::env::var("KEEPSAKE_DAMAGE_ONLY").unwrap_or_default();
    let mut jobs: Vec<(Place, Hurt)> =
        Place::ALL.iter().flat_map(|&place| Hurt::ALL.iter().map(move |&hurt| (place, hurt))).collect();
    jobs.retain(|(place, hurt)| format!("{} {}", place.word(), hurt.word()).contains(&only));
    let jobs = Mutex::new(jobs);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, |n| n.get().min(4)) + 1 {
            scope.spawn(|| {
                let scene = Scene::new();
                while let Some((place, hurt)) = { jobs.lock().unwrap().pop() } {
                    let row = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scene.row(place, hurt)));
                    let row = row.unwrap_or_else(|_| Some(format!("{} {} PANICKED", place.word(), hurt.word())));
                    done.lock().unwrap().extend(row);
                }
            });
        }
    });
    let (mut found, mut expected) = (done.into_inner().unwrap(), expected());
    expected.retain(|row| row.contains(&only));
    found.sort();
    expected.sort();
    let surprises: Vec<_> = found.iter().filter(|row| !expected.contains(row)).collect();
    let gone: Vec<_> = expected.iter().filter(|row| !found.contains(row)).collect();
    assert!(surprises.is_empty() && gone.is_empty(), "found:\n{surprises:#?}\nexpected:\n{gone:#?}");
}
