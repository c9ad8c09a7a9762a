use std::path::PathBuf;

use jiff::{SignedDuration, Zoned};

use super::*;
use crate::archive::manifest::{Content, Entry, Node};
use crate::archive::metadata::{Metadata, SourceSummary};
use crate::archive_path::ArchivePath;
use crate::catalog::{DamageRow, NewBackup, StoredEntry};
use crate::file_facts::FileFacts;
use crate::health::{HealthState, Rule, health};
use crate::monitor::Problem;

const HERE: &str = "0011223344556677";

fn now() -> Zoned {
    "2026-03-10T08:30+01:00[Europe/Berlin]".parse().expect("a moment")
}

fn days_ago(days: i64) -> i64 {
    (now().timestamp() - SignedDuration::from_hours(days * 24)).as_second()
}

struct Home {
    dir: tempfile::TempDir,
    catalog: Catalog,
    settings: Settings,
}

fn home() -> Home {
    let dir = tempfile::tempdir().expect("a folder");
    let catalog = Catalog::open(&dir.path().join("data")).expect("a catalog");
    let text = format!(
        "backup_dir = {:?}\n[[plan]]\nname = \"family\"\n[[plan.source]]\nname = \"photos\"\nkind = \"folder\"\npath = \"/p\"\n\
         [[plan.source]]\nname = \"notes\"\nkind = \"folder\"\npath = \"/n\"\n",
        dir.path()
    );
    let settings = Settings::parse(&text, &PathBuf::from("config.toml"), dir.path()).expect("good settings");
    Home { dir, catalog, settings }
}

fn source(name: &str, state: SourceState) -> SourceSummary {
    let (files, bytes) = if state == SourceState::Collected { (10, 1000) } else { (0, 0) };
    SourceSummary {
        name: name.into(),
        kind: "folder".into(),
        path: format!("/{name}"),
        state,
        files,
        bytes,
        new_files: 1,
        new_bytes: 7,
        problems: 0,
    }
}

fn both() -> Vec<SourceSummary> {
    vec![source("notes", SourceState::Collected), source("photos", SourceState::Collected)]
}

fn unread(path: &str, kind: ProblemKind) -> Problem {
    Problem { kind, path: path.into(), message: "no permission".into() }
}

impl Home {
    fn add(&self, computer: &str, days: i64, sources: Vec<SourceSummary>, problems: Vec<Problem>, content: &[u8; 32]) {
        let at = days_ago(days);
        let backup = format!("family_{days:03}_{computer}");
        let metadata = Metadata {
            format: 1,
            tool: "keepsake".into(),
            computer: "here".into(),
            computer_id: computer.into(),
            plan: "family".into(),
            backup: backup.clone(),
            part: 1,
            last: true,
            time: moment(at).to_zoned(now().time_zone().clone()).to_string(),
            time_secs: at,
            sources,
            problem_count: problems.len() as u64,
            problems,
            archives_needed: Vec::new(),
        };
        let place = self.catalog.place(self.dir.path(), "This computer", true).expect("a place");
        let id = self.catalog.next_archive_id().expect("an id");
        let mut recorder = self.catalog.record(computer, "here", "family").expect("a recorder");
        recorder.archive(id, &format!("{backup}.tar.gz"), &metadata, 500, &[0; 32], place).expect("an archive");
        let content = Content {
            size_bytes: 7,
            sha256: *content,
            archive: id,
            tar_offset: 0,
            stored_bytes: 7,
            sparse: false,
            stored_as: None,
            patch: None,
        };
        let entry = Entry {
            path: ArchivePath::new("photos/a.jpg").expect("a path"),
            node: Node::File(content),
            facts: FileFacts::default(),
            user: String::new(),
            group: String::new(),
        };
        recorder.put(&StoredEntry { entry, first_at: at, last_at: None, described_in: id }).expect("an entry");
        recorder
            .backup(&NewBackup { metadata: &metadata, stored_bytes: 500, complete: true, needs: &[id] })
            .expect("it");
        recorder.commit().expect("recorded");
    }

    fn gather(&self) -> Gathered {
        gather(Some(&self.settings), Some(&self.catalog), HERE, None).expect("gathered")
    }

    fn run(&self, days: i64, outcome: RunOutcome, message: &str) {
        let (plan, message) = ("family".into(), message.into());
        let at = days_ago(days);
        let run = RunRow { plan, started: at, finished: at, outcome, message, backup: None };
        self.catalog.add_run(&run).expect("a run");
    }
}

#[test]
fn nothing_is_known_without_settings() {
    let gathered = gather(None, None, HERE, None).expect("gathered");
    assert_eq!(health(&gathered.health, &now()).state, HealthState::NotSetUp);
    assert_eq!(gathered.status, StatusFacts::default());
}

#[test]
fn a_good_backup_is_told_as_it_is() {
    let home = home();
    for days in [3, 2, 1] {
        home.add(HERE, days, both(), vec![], &[days as u8; 32]);
    }
    // Of another computer, newer: imported, no backup of what is protected here.
    home.add("8899aabbccddeeff", 0, both(), vec![], &[9; 32]);
    let gathered = home.gather();
    let plan = &gathered.health.plans[0];
    assert_eq!(plan.known_since, Some(moment(days_ago(3))));
    assert_eq!(plan.last_run, Some(RunFacts { time: moment(days_ago(1)), outcome: Outcome::Good }));
    for source in &plan.sources {
        assert_eq!(source.newest_backup, Some(moment(days_ago(1))), "{}", source.name);
        assert_eq!((source.unknown_since, source.unread_count), (None, 0));
        assert_eq!(source.sizes, [SizeFacts { total_bytes: 1000, new_bytes: 7 }; 3]);
    }
    let disk = gathered.health.disk.expect("the folder is there");
    assert!(disk.total_bytes >= disk.free_bytes && disk.total_bytes > 0);
    assert_eq!(disk.recent_stored_bytes, [500, 500], "the very first is left out");
    assert_eq!(gathered.health.longest_unchecked, Some(moment(days_ago(3))));
    assert_eq!((gathered.status.kept_backups, gathered.status.kept_bytes), (4, 2000));
    let last = gathered.status.last_backup.expect("a backup");
    assert_eq!((last.time, last.new_bytes, last.files), (moment(days_ago(1)), 14, 20));
}

#[test]
fn a_failed_run_is_told_with_its_advice_until_a_backup_follows() {
    let home = home();
    home.add(HERE, 3, both(), vec![], &[1; 32]);
    home.run(2, RunOutcome::Failed, "the disk is full.\nMake room.");
    home.run(1, RunOutcome::Stopped, "");
    let outcome = Outcome::Failed { error: "the disk is full".into(), advice: Some("Make room.".into()) };
    let gathered = home.gather();
    assert_eq!(gathered.health.plans[0].last_run, Some(RunFacts { time: moment(days_ago(2)), outcome }));
    assert_eq!(health(&gathered.health, &now()).state, HealthState::Problem);
    // Power failed after the backup was recorded and before the run was.
    home.add(HERE, 0, both(), vec![], &[2; 32]);
    assert_eq!(home.gather().health.plans[0].last_run.as_ref().map(|run| &run.outcome), Some(&Outcome::Good));
}

#[test]
fn unread_and_unknown_are_those_of_the_newest_backup() {
    let home = home();
    let mut missing = both();
    missing[1] = source("photos", SourceState::Unknown);
    missing[0].problems = 7;
    home.add(HERE, 9, both(), vec![], &[1; 32]);
    home.add(HERE, 2, missing.clone(), vec![unread("notes/old", ProblemKind::Unreadable)], &[2; 32]);
    let problems = vec![
        unread("notes/a", ProblemKind::Unreadable),
        unread("notes/b", ProblemKind::ChangedWhileRead),
        unread("notes/c", ProblemKind::Unreadable),
        unread("notesbook/d", ProblemKind::Unreadable),
        unread("photos", ProblemKind::SourceMissing),
    ];
    home.add(HERE, 1, missing, problems, &[3; 32]);
    let plan = home.gather().health.plans.remove(0);
    let of = |name: &str| plan.sources.iter().find(|s| s.name == name).expect("a source").clone();
    assert_eq!(of("photos").unknown_since, Some(moment(days_ago(2))));
    assert_eq!(of("photos").newest_backup, Some(moment(days_ago(9))));
    assert_eq!(of("photos").unread_count, 0);
    assert_eq!(of("notes").unread, ["notes/a", "notes/c"]);
    assert_eq!(of("notes").unread_count, 6, "two by name and four that were not named");
    assert_eq!(of("notes").newest_backup, Some(moment(days_ago(1))));
}

#[test]
fn damage_stands_until_the_content_is_stored_anew() {
    let home = home();
    home.add(HERE, 3, both(), vec![], &[1; 32]);
    let archive = format!("family_003_{HERE}.tar.gz");
    let damage = |path: &str| DamageRow {
        archive: archive.clone(),
        path: path.into(),
        tar_offset: None,
        message: "other bytes".into(),
        at: days_ago(2),
    };
    home.catalog.add_verified(&archive, days_ago(2), "full", &[damage("photos/a.jpg"), damage("")]).expect("noted");
    let facts = home.gather().health;
    assert_eq!(facts.damage.len(), 2, "{:?}", facts.damage);
    assert!(health(&facts, &now()).reasons.iter().any(|reason| reason.rule == Rule::Damaged));
    assert_eq!(facts.longest_unchecked, Some(moment(days_ago(3))), "a bad check proves nothing");
    // Changed since: what it was before is still lost, though the newest backup needs nothing of that archive.
    home.add(HERE, 1, both(), vec![], &[2; 32]);
    let left = home.gather().health.damage;
    let lost =
        |path: Option<&str>| DamageFacts { archive: archive.clone(), path: path.map(str::to_owned), copies_at: vec![] };
    assert_eq!(left, [lost(None), lost(Some("photos/a.jpg"))]);
    // The same content, stored anew.
    home.add(HERE, 0, both(), vec![], &[1; 32]);
    assert_eq!(home.gather().health.damage, []);
    home.catalog.add_verified(&archive, days_ago(0), "full", &[]).expect("noted");
    assert_eq!(home.gather().health.longest_unchecked, Some(moment(days_ago(1))));
}

#[test]
fn a_running_job_is_told_as_a_sentence() {
    let gathered = gather(None, None, HERE, Some("backing up family since 02:00")).expect("gathered");
    assert_eq!(gathered.health.busy.as_deref(), Some("Backing up family since 02:00"));
}

#[test]
fn the_newest_backup_without_its_archives_is_a_problem() {
    let home = home();
    home.add(HERE, 1, both(), vec![], &[1; 32]);
    home.add(HERE, 0, both(), vec![], &[2; 32]);
    let place = home.catalog.places().expect("places")[0].id;
    let lose = |days: i64| {
        let name = format!("family_{days:03}_{HERE}.tar.gz");
        let id = home.catalog.copies_in(place).expect("copies")[&name];
        home.catalog.connection().execute("DELETE FROM copy WHERE archive = ?1", [id]).expect("gone");
        home.catalog
            .connection()
            .execute("UPDATE backup SET complete = 0 WHERE at = ?1", [days_ago(days)])
            .expect("it");
    };
    lose(0);
    let told = || health(&home.gather().health, &now());
    let report = told();
    assert_eq!(report.state, HealthState::Problem);
    assert_eq!(report.reasons.len(), 1, "{:?}", report.reasons);
    assert_eq!(report.reasons[0].rule, Rule::Incomplete);
    assert_eq!(report.reasons[0].message, "The newest backup of family lacks 1 of its parts.");
    lose(1);
    let report = told();
    assert!(report.reasons.iter().all(|r| r.rule != Rule::NeverBackedUp), "{:?}", report.reasons);
    // A good one makes it good again.
    let gathered = {
        home.add(HERE, -1, both(), vec![], &[3; 32]);
        home.gather()
    };
    assert_eq!(gathered.health.plans[0].missing_archives, None);
}

#[test]
fn a_run_that_failed_in_the_second_of_a_good_one_is_told() {
    let home = home();
    home.add(HERE, 1, both(), vec![], &[1; 32]);
    let at = days_ago(1) - 1;
    let run = |outcome, backup: Option<String>| RunRow {
        plan: "family".into(),
        started: at,
        finished: at,
        outcome,
        message: "the disk is full".into(),
        backup,
    };
    home.catalog.add_run(&run(RunOutcome::Good, Some(format!("family_001_{HERE}")))).expect("a run");
    home.catalog.add_run(&run(RunOutcome::Failed, None)).expect("a run");
    let last = home.gather().health.plans[0].last_run.clone().expect("a run");
    assert!(matches!(last.outcome, Outcome::Failed { .. }), "{last:?}");
}

#[test]
fn a_source_that_never_had_a_file_needs_a_look() {
    let home = home();
    let mut sources = both();
    sources[1].files = 0;
    home.add(HERE, 0, sources, vec![], &[1; 32]);
    let report = health(&home.gather().health, &now());
    assert_eq!(report.state, HealthState::Attention);
    let reason = report.reasons.iter().find(|r| r.rule == Rule::NothingInIt).expect("a reason");
    assert_eq!(reason.message, "photos has nothing in it yet.");
    home.add(HERE, -1, both(), vec![], &[2; 32]);
    assert!(!home.gather().health.plans[0].sources.iter().any(|s| s.never_had_files));
}

#[test]
fn sums_of_hostile_counts_end_at_the_largest_number() {
    let home = home();
    let mut sources = both();
    sources.iter_mut().for_each(|s| (s.files, s.new_bytes) = (u64::MAX, u64::MAX));
    home.add(HERE, 0, sources, vec![], &[1; 32]);
    let last = home.gather().status.last_backup.expect("a backup");
    assert_eq!((last.files, last.new_bytes), (u64::MAX, u64::MAX));
}
