//! Journeys that are interrupted, and what must hold afterwards. A [`Scene`] is a house in the state in which one
//! [`Journey`] begins; it can be put back into that state as often as a test likes.
//!
//! After an interruption of any kind ([`Scene::check`]):
//! - every backup that was there before is listed, but for those that retention lets go; each that is listed verifies,
//!   and comes back as the tree it was made of;
//! - what is listed besides is the backup that the journey was making, and it is whole;
//! - the same command, given again, succeeds without anyone's help, and so does the next backup;
//! - nothing half-made is left then;
//! - every backup that another place has comes back from it alone;
//! - of the user's own files nothing is lost: a restore in place that began can be taken back completely.
//!
//! Half of the checks begin with the looks and half with the next run, as looking must not be what mends.

mod beginnings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde_json::Value;
use tempfile::TempDir;

use crate::compare::{Aspect, Difference, assert_same, compare_trees, without};
use crate::here::{quick_ground, run};
use crate::house::{Answer, House};
use crate::trace::RESERVE;
use beginnings::*;

/// Something that the program does and that can be interrupted anywhere.
#[derive(Debug)]
pub struct Journey {
    /// What tests and messages call it.
    pub name: &'static str,
    /// Brings the house into the state in which it begins.
    prepare: fn(&mut Scene),
    /// The command line.
    pub words: &'static [&'static str],
    /// What it is for.
    effect: Effect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// A backup is made.
    Backup,
    /// The newest backup is brought back into the folder `r`.
    RestoreBeside,
    /// The oldest backup is brought back to where it was.
    RestoreInPlace,
    /// A restore in place is taken back.
    Undo,
    /// Only what the catalog knows changes.
    Catalog,
    /// The backups become known that the house does not know before.
    Import,
    /// Backups that are too old go.
    Prune,
    /// The folder [`PLACE`] gets what it lacks, and loses what is not needed.
    Copy,
}

/// All of them. Another is one line here.
#[rustfmt::skip]
pub const JOURNEYS: &[Journey] = &[
    Journey { name: "first backup", prepare: only_a_source, words: &["backup"], effect: Effect::Backup },
    Journey { name: "incremental backup", prepare: changes_after_two_backups, words: &["backup"], effect: Effect::Backup },
    Journey { name: "backup with a patch", prepare: a_change_in_a_large_file, words: &["backup"], effect: Effect::Backup },
    Journey { name: "backup in parts", prepare: much_that_is_new, words: &["backup"], effect: Effect::Backup },
    Journey { name: "restore beside", prepare: changes_after_two_backups, words: &["restore", "latest", "--to", "r"], effect: Effect::RestoreBeside },
    Journey { name: "restore in place", prepare: changes_after_two_backups, words: IN_PLACE, effect: Effect::RestoreInPlace },
    Journey { name: "undo", prepare: after_a_restore_in_place, words: &["undo"], effect: Effect::Undo },
    Journey { name: "rebuild", prepare: changes_after_two_backups, words: &["rebuild"], effect: Effect::Catalog },
    Journey { name: "import", prepare: backups_of_another_house, words: &["import", "other"], effect: Effect::Import },
    Journey { name: "prune", prepare: backups_that_are_too_old, words: &["prune"], effect: Effect::Prune },
    Journey { name: "copy", prepare: a_place_that_was_away, words: &["copy"], effect: Effect::Copy },
];

/// The folder that a house with copies has them in.
const PLACE: &str = "nas";

const IN_PLACE: &[&str] = &["restore", "oldest", "--in-place", "--confirm", "RESTORE"];

/// Removes what a test has no use for: the next run makes it anew.
pub fn forget_reserve(house: &Path) {
    let _ = fs::remove_file(house.join(RESERVE));
}

/// The journey of that name.
pub fn journey(name: &str) -> &'static Journey {
    JOURNEYS.iter().find(|journey| journey.name == name).expect("there is such a journey")
}

/// A house in the state in which a journey begins.
#[derive(Debug)]
pub struct Scene {
    /// The house.
    pub house: House,
    /// The journey.
    pub journey: &'static Journey,
    /// The house as it was, and the trees that its backups were made of.
    kept: TempDir,
    trees: BTreeMap<String, PathBuf>,
    /// When the journey begins.
    now: String,
    /// Those of them that need not be listed.
    may_go: BTreeSet<String>,
}

impl Scene {
    /// Makes the house of a journey.
    pub fn of(journey: &'static Journey) -> Self {
        let kept = tempfile::Builder::new().prefix("s").tempdir_in(quick_ground()).expect("a folder");
        let mut scene = Self {
            house: House::under(quick_ground()),
            journey,
            kept,
            trees: BTreeMap::new(),
            now: String::new(),
            may_go: BTreeSet::new(),
        };
        (journey.prepare)(&mut scene);
        scene.now = scene.house.now();
        if journey.effect != Effect::Undo {
            scene.keep_source_as("before");
        }
        forget_reserve(scene.house.dir());
        run("cp", ["-a".as_ref(), scene.house.dir().as_os_str(), scene.beginning().as_os_str()]);
        scene
    }

    /// The house as it was when the journey began.
    pub fn beginning(&self) -> PathBuf {
        self.kept.path().join("house")
    }

    fn before(&self) -> PathBuf {
        self.kept.path().join("before")
    }

    fn keep_source_as(&self, name: &str) -> PathBuf {
        let to = self.kept.path().join(name);
        run("cp", ["-a".as_ref(), self.house.source().as_os_str(), to.as_os_str()]);
        to
    }

    fn back_up(&mut self) {
        self.house.backup();
        let name = self.listed().pop().expect("a backup was made");
        let tree = self.keep_source_as(&name);
        self.trees.insert(name, tree);
    }

    /// Empties the house.
    pub fn clear(&self) {
        for entry in fs::read_dir(self.house.dir()).expect("the house") {
            let path = entry.expect("an entry").path();
            run("chmod", ["-R".as_ref(), "u+rwX".as_ref(), path.as_os_str()]);
            run("rm", ["-r".as_ref(), path.as_os_str()]);
        }
    }

    /// Puts the house back as it was when the journey began.
    pub fn reset(&self) {
        self.house.set_now(&self.now);
        self.clear();
        let all = self.beginning().join(".");
        run("cp", ["-a".as_ref(), all.as_os_str(), self.house.dir().as_os_str()]);
    }

    /// Takes the journey's step without any interruption.
    pub fn go(&self) -> Answer {
        self.house.keepsake(self.journey.words)
    }

    fn listed(&self) -> Vec<String> {
        self.house.list().iter().map(|backup| backup["name"].as_str().expect("a name").to_string()).collect()
    }

    /// Insists on all that is promised. `finished` says that the run had ended well and said so; `look_first` that
    /// the looks come before the next run.
    #[track_caller]
    pub fn check(&self, finished: bool, look_first: bool) {
        let effect = self.journey.effect;
        if look_first {
            self.check_backups(finished || effect != Effect::Import, finished && effect == Effect::Backup);
        }
        self.house.advance_hours(24);
        match effect {
            Effect::Backup | Effect::Catalog | Effect::Import => {
                self.go().expect(0);
            }
            Effect::RestoreBeside => {
                if finished {
                    let came_back = compare_trees(self.newest_tree(), &self.house.path("r/home"));
                    assert_same(&without(came_back, &[Aspect::FolderMtime]));
                }
                self.go().expect(0);
                // A second name that stands there already, with the right content, is left as it is.
                let came_back = compare_trees(self.newest_tree(), &self.house.path("r/home"));
                assert_same(&without(came_back, &[Aspect::HardLinks]));
            }
            Effect::RestoreInPlace => self.check_restored_in_place(finished, look_first),
            Effect::Undo => {
                if finished {
                    assert_eq!(self.undos(), 0, "it was undone, and still stands in the list");
                }
                self.undo_all();
            }
            Effect::Prune => {
                if finished {
                    self.check_pruned();
                }
                self.go().expect(0);
                self.check_pruned();
            }
            Effect::Copy => {
                self.check_copies();
                if finished {
                    self.check_place();
                }
                self.go().expect(0);
                self.check_place();
            }
        }
        self.check_source(effect);
        self.house.advance_hours(24);
        self.house.keepsake(["backup", "--json"]).expect(0);
        self.check_no_leftovers();
        self.check_backups(true, false);
        self.house.advance_hours(-48);
    }

    fn newest_tree(&self) -> &Path {
        self.trees.values().next_back().expect("there is a backup")
    }

    /// The user's own files are as they were.
    fn check_source(&self, effect: Effect) {
        let mut differences = compare_trees(&self.before(), &self.house.source());
        if matches!(effect, Effect::RestoreInPlace | Effect::Undo) {
            differences = without(differences, &[Aspect::FolderMtime]);
        }
        assert_same(&differences);
    }

    fn check_restored_in_place(&self, finished: bool, go_on: bool) {
        let oldest = self.trees.values().next().expect("there is a backup");
        // A restore never removes what the backup does not know.
        let there = |differences: Vec<Difference>| without(differences, &[Aspect::Extra, Aspect::FolderMtime]);
        if finished {
            assert_same(&there(compare_trees(oldest, &self.house.source())));
            assert!(self.undos() > 0, "a restore in place is done, and cannot be undone");
        }
        if go_on {
            self.go().expect(0);
            // One that was cut off may leave two files where there was one with two names; their content is right.
            let differences = there(compare_trees(oldest, &self.house.source()));
            assert_same(&without(differences, &[Aspect::HardLinks]));
        } else if self.undos() == 0 {
            // It had not begun: only what it was about to bring back can stand beside.
            let ours = |difference: &Difference| {
                difference.aspect == Aspect::Extra && difference.path.windows(10).any(|w| w == b".keepsake-")
            };
            let mut differences = compare_trees(&self.before(), &self.house.source());
            differences.retain(|difference| !ours(difference) && difference.aspect != Aspect::FolderMtime);
            assert_same(&differences);
            self.go().expect(0);
        }
        self.undo_all();
    }

    fn undos(&self) -> usize {
        let answer = self.house.keepsake(["undo", "--list", "--json"]).expect(0).json();
        answer["undos"].as_array().expect("a list").len()
    }

    fn undo_all(&self) {
        for _ in 0..3 {
            if self.undos() > 0 {
                self.house.keepsake(["undo"]).expect(0);
            }
        }
        assert_eq!(self.undos(), 0, "all was undone, and something still stands in the list");
    }

    /// Each backup in the list is whole. `all`: those from before are there. `with_new`: so is the journey's own.
    fn check_backups(&self, all: bool, with_new: bool) {
        let listed = self.listed();
        if all {
            let stay = self.trees.keys().filter(|name| !self.may_go.contains(*name));
            let missing: Vec<_> = stay.filter(|name| !listed.contains(name)).collect();
            assert!(missing.is_empty(), "no longer listed: {missing:?}; listed: {listed:?}");
        }
        assert!(!with_new || listed.len() > self.trees.len(), "reported as made and not listed: {listed:?}");
        if listed.is_empty() {
            return;
        }
        self.house.keepsake(["verify", "--all"]).expect(0);
        listed.iter().for_each(|name| self.check_comes_back(name, &[]));
        let states: Vec<Value> = self.house.list().into_iter().map(|backup| backup["state"].clone()).collect();
        assert!(states.iter().all(|state| state == "good"), "{states:?}");
    }

    fn check_comes_back(&self, name: &str, from: &[&str]) {
        let to = self.house.path("check");
        self.house.keepsake([&["restore", name, "--to", "check"], from].concat()).expect(0);
        let source = self.house.source();
        let tree = self.trees.get(name).unwrap_or(&source);
        let differences = compare_trees(tree, &to.join("home"));
        assert!(differences.is_empty(), "{name} does not come back as it was: {differences:?}");
        fs::remove_dir_all(to).expect("it can be removed");
    }

    /// What is too old is gone, with all archives that nobody needs.
    fn check_pruned(&self) {
        let listed = self.house.list();
        let too_old = |backup: &&Value| backup["name"].as_str().is_some_and(|name| self.may_go.contains(name));
        assert_eq!(listed.iter().find(too_old), None, "too old, and still listed");
        let archives = |key: &str| listed.iter().flat_map(|backup| strings(&backup[key])).collect::<BTreeSet<_>>();
        let needed = archives("archives").union(&archives("needs")).cloned().collect::<BTreeSet<_>>();
        assert_eq!(names_in(&self.house.backups(), ".tar.gz"), needed, "there, and needed");
    }

    /// Each backup that the place has comes back from it alone.
    fn check_copies(&self) {
        let from = ["--from", PLACE];
        let backups = self.house.keepsake([&["list", "--json"], &from[..]].concat()).expect(0).json();
        for backup in backups["backups"].as_array().expect("a list of backups") {
            assert_eq!(backup["state"], "good", "{backup:#}");
            self.check_comes_back(backup["name"].as_str().expect("a name"), &from);
        }
    }

    /// The place has all that is needed, whole, and nothing else; and without the backup folder all comes back.
    fn check_place(&self) {
        let (place, home) = (self.house.path(PLACE), self.house.backups());
        let names = names_in(&place, "");
        assert_eq!(names, &names_in(&home, "") | &BTreeSet::from(["keepsake.lock".to_string()]));
        for name in names.iter().filter(|name| *name != "keepsake.lock") {
            let same =
                fs::read(place.join(name)).expect("the copy") == fs::read(home.join(name)).expect("the original");
            assert!(same, "the copy of {name} is another");
        }
        self.check_copies();
        let away = self.house.path("away");
        fs::rename(&home, &away).expect("it can be renamed");
        self.listed().iter().for_each(|name| self.check_comes_back(name, &[]));
        fs::rename(&away, &home).expect("it can be renamed");
    }

    fn check_no_leftovers(&self) {
        assert_eq!(self.house.leftovers(), Vec::<String>::new(), "beside the archives");
        let archives = self.house.archives();
        for archive in &archives {
            let name = archive.file_name().expect("a name").to_string_lossy();
            crate::sh(&self.house.backups(), &format!("sha256sum --status -c {name}.sha256"));
        }
        let files = fs::read_dir(self.house.backups()).expect("the backup folder").map(|file| file.expect("an entry"));
        let sums = files.filter(|file| file.path().extension().is_some_and(|ending| ending == "sha256")).count();
        assert_eq!(sums, archives.len(), "checksum files");
        for entry in fs::read_dir(self.house.data()).expect("the data folder") {
            let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            let known = name.starts_with("catalog") || ["lock", "undo", "changes-seen", "reserve"].contains(&&*name);
            assert!(known && !name.ends_with(".partial"), "left in the data folder: {name}");
        }
        let mut waiting = vec![self.house.source(), self.house.path("r")];
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                assert!(!name.starts_with(".keepsake-"), "left in {}: {name}", folder.display());
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    waiting.push(entry.path());
                }
            }
        }
    }
}

fn strings(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(String::from).collect()
}

/// The names in a folder that end like this.
fn names_in(folder: &Path, end: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(end)).collect()
}
