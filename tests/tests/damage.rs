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

/// How the house is set up before the damage.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SetUp {
    /// Every backup is kept, and there is no other place.
    Alone,
    /// Only the newest backup is to be kept.
    KeepsOne,
    /// There is another place, which is empty yet.
    WithEmptyPlace,
    /// There is another place, and it holds both archives.
    WithCopies,
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
        scene.keep("b", "kept-b");
        scene.keep("d", "kept-d");
        scene.set_up(SetUp::WithEmptyPlace);
        scene.house.keepsake(["copy"]).expect(0);
        scene.keep("d", "kept-d-with-copies");
        scene.keep("nas", "kept-nas");
        scene
    }

    fn keep(&self, folder: &str, kept: &str) {
        run("cp", ["-a".as_ref(), self.house.path(folder).as_os_str(), self.house.path(kept).as_os_str()]);
    }

    /// Everything as it was before the damage; the source is never touched.
    fn set_up(&self, how: SetUp) {
        for folder in ["b", "d", "nas"] {
            let _ = fs::remove_dir_all(self.house.path(folder));
        }
        self.keep("kept-b", "b");
        self.house.settings(if how == SetUp::KeepsOne { "retention = { last = 1 }" } else { "" });
        let settings = fs::read_to_string(self.house.config()).unwrap();
        let place = format!("{settings}\n[[destination]]\nname = \"NAS\"\npath = {:?}\n", self.house.path("nas"));
        match how {
            SetUp::Alone | SetUp::KeepsOne => self.keep("kept-d", "d"),
            SetUp::WithEmptyPlace => {
                self.keep("kept-d", "d");
                fs::create_dir(self.house.path("nas")).unwrap();
                self.house.write_config(&place);
            }
            SetUp::WithCopies => {
                self.keep("kept-d-with-copies", "d");
                self.keep("kept-nas", "nas");
                self.house.write_config(&place);
            }
        }
    }

    /// As [`Scene::set_up`], and then the damage.
    fn hurt(&self, how: SetUp, (place, hurt): (Place, Hurt)) -> bool {
        self.set_up(how);
        hurt::hurt(&self.house, place, hurt)
    }

    /// True when a folder holds what it held before the damage: archives and checksum files.
    fn is_as_kept(&self, folder: &str, name: &str) -> bool {
        let read = |folder: &str| fs::read(self.house.path(folder).join(name)).ok();
        read(folder) == read("kept-b")
    }

    /// Names of the archives and checksum files before the damage.
    fn kept_names(&self) -> Vec<String> {
        let names = fs::read_dir(self.house.path("kept-b")).unwrap();
        let mut names: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name != "keepsake.lock");
        names.sort();
        names
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
            assert_ne!(answer.code, 0, "another backup than the newest: {answer:?}");
            return "older".into();
        }
        if !to.join("home").exists() {
            assert_ne!(answer.code, 0, "nothing came back: {answer:?}");
            return "nothing".into();
        }
        let differences = without(compare_trees(expected, &to.join("home")), &[Aspect::FolderMtime, Aspect::Mode]);
        assert!(differences.iter().all(|difference| difference.aspect == Aspect::Missing), "{differences:?}");
        // What only a list that is gone described is known to nobody; then that is said of the whole backup.
        let is_named = |path: &[u8]| answer.said().contains(&*String::from_utf8_lossy(path));
        let is_told = answer.stderr.contains("incomplete") || answer.said().contains("its list of files");
        assert!(is_told || differences.iter().all(|difference| is_named(&difference.path)), "{answer:?}");
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

    /// Lets old backups go where only the newest is to be kept.
    fn prune(&self) -> String {
        let (answer, json) = self.ask(&["prune"]);
        if json["error"].is_object() {
            return "refused".into();
        }
        let plan = &json["plans"][0];
        let goes = plan["backups"].as_array().unwrap().iter().any(|backup| backup["stays"] == false);
        assert_eq!(answer.code == 0, plan["waits"].is_null(), "{answer:?}");
        match (goes, plan["waits"].is_null()) {
            (true, true) => "goes".into(),
            (false, false) => "waits".into(),
            (false, true) => "stays".into(),
            (true, false) => panic!("it waits and something goes: {json:#}"),
        }
    }

    /// Copies to an empty place. What is there then is whole, and what is not there is named.
    fn copy(&self) -> String {
        let (answer, json) = self.ask(&["copy"]);
        let mut whole = 0;
        for name in self.kept_names() {
            let is_there = self.house.path("nas").join(&name).exists();
            assert!(!is_there || self.is_as_kept("nas", &name), "{name} was copied damaged: {answer:?}");
            let is_archive = name.ends_with(".tar.gz");
            assert!(is_there || !is_archive || answer.code != 0, "{name} is missing: {answer:?}");
            whole += usize::from(is_there && is_archive);
        }
        if json["error"].is_object() {
            assert_eq!(whole, 0, "{answer:?}");
            return "refused".into();
        }
        if whole == 2 { "both".into() } else { whole.to_string() }
    }

    /// Heals from the place; then the backup folder is as it was before the damage.
    fn heal(&self, words: &[&str]) -> String {
        let (answer, json) = self.ask(words);
        if json["error"].is_object() {
            return "refused".into();
        }
        let wrong: Vec<String> = self.kept_names().into_iter().filter(|name| !self.is_as_kept("b", name)).collect();
        if !wrong.is_empty() {
            return format!("left-{}", wrong.len());
        }
        for name in self.kept_names() {
            assert!(self.is_as_kept("nas", &name), "{name}: {answer:?}");
        }
        assert!(answer.code <= 1, "all is whole again: {answer:?}");
        match json["healed"].as_array().map_or(0, Vec::len) {
            0 => "good".into(),
            _ => "healed".into(),
        }
    }

    fn row(&self, place: Place, hurt: Hurt) -> Option<String> {
        let mut cells = vec![place.word().to_string(), hurt.word().to_string()];
        if !self.hurt(SetUp::Alone, (place, hurt)) {
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
        self.hurt(SetUp::Alone, (place, hurt));
        let (_, json) = self.ask(&["rebuild"]);
        cells.push(match json["backups"].as_u64() {
            _ if json["error"].is_object() => "refused".into(),
            Some(2) => "both".into(),
            found => found.unwrap_or_default().to_string(),
        });
        cells.push(self.restore_again("latest", &source));
        cells.push(self.restore_again(OLDER, &self.house.path("older")));
        self.ask(&["verify", "--all"]);
        cells.push(self.backup());
        cells.push(self.restore_newest_made());

        self.hurt(SetUp::KeepsOne, (place, hurt));
        cells.push(self.prune());
        cells.push(self.restore("latest", &source));
        assert_eq!(cells.last(), Some(&cells[5]), "what goes takes nothing along that is needed: {cells:?}");
        self.hurt(SetUp::WithEmptyPlace, (place, hurt));
        cells.push(self.copy());
        cells.extend(self.with_copies((place, hurt)));
        Some(cells.join(" "))
    }

    /// What comes back while another place holds good copies, and what is healed from there.
    fn with_copies(&self, damage: (Place, Hurt)) -> Vec<String> {
        let mut cells = Vec::new();
        self.hurt(SetUp::WithCopies, damage);
        cells.push(self.restore("latest", &self.house.source()));
        cells.push(self.restore(OLDER, &self.house.path("older")));
        cells.push(self.heal(&["verify", "--all", "--heal"]));
        cells.push(self.state("health"));
        self.hurt(SetUp::WithCopies, damage);
        self.ask(&["verify", "--all"]);
        cells.push(self.heal(&["copy"]));
        cells
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
    let begun = std::time::Instant::now();
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
    println!("the table took {} s", begun.elapsed().as_secs());
    let (mut found, mut expected) = (done.into_inner().unwrap(), expected());
    expected.retain(|row| row.contains(&only));
    found.sort();
    expected.sort();
    let surprises: Vec<_> = found.iter().filter(|row| !expected.contains(row)).collect();
    let gone: Vec<_> = expected.iter().filter(|row| !found.contains(row)).collect();
    assert!(surprises.is_empty() && gone.is_empty(), "found:\n{surprises:#?}\nexpected:\n{gone:#?}");
}
