//! What is said without a language is what the English sentences say, and can be said in each language.

use std::collections::BTreeSet;

use super::*;

/// A sentence that people of each language have, with exactly what it needs.
pub(super) fn can_be_said(said: &Said) {
    let (_, needed) = SENTENCES.iter().find(|(id, _)| *id == said.id).unwrap_or_else(|| panic!("{said:?}"));
    let needed: BTreeSet<&str> = needed.iter().copied().collect();
    let given: BTreeSet<&str> = said.args.iter().map(|(name, _)| *name).collect();
    assert_eq!(given, needed, "{said:?}");
    assert_eq!(given.len(), said.args.len(), "{said:?}");
}

/// No word of the table "never on a screen".
pub(super) fn speaks_plainly(text: &str) {
    for word in [
        "archive",
        "snapshot",
        "repository",
        "manifest",
        "source",
        "destination",
        "target",
        "retention",
        "prune",
        "mount",
        "eject",
        "UUID",
        "verify",
        "checksum",
        "integrity",
        "exit code",
        "I/O",
        "ENOSPC",
        "permission denied",
        "key",
    ] {
        assert!(!text.to_lowercase().contains(&word.to_lowercase()), "{word} in {text}");
    }
}

fn first(facts: &mut HealthFacts) -> &mut SourceFacts {
    &mut facts.plans[0].sources[0]
}

fn unread(names: &'static [&str], count: u64) -> Change {
    change(move |facts| {
        first(facts).unread = names.iter().map(|&name| name.into()).collect();
        first(facts).unread_count = count;
    })
}

fn never(text: &'static str) -> Change {
    change(move |facts| {
        facts.plans[0].schedule = schedule(text);
        first(facts).newest_backup = None;
    })
}

fn run_failed(error: &'static str, has_earlier: bool) -> Change {
    change(move |facts| {
        let outcome = RunOutcome::Failed { error: error.into(), advice: Some("Look.".into()) };
        facts.plans[0].last_run = Some(RunFacts { time: tonight(), outcome });
        if !has_earlier {
            facts.plans[0].sources.iter_mut().for_each(|source| source.newest_backup = None);
        }
    })
}

fn damaged(count: usize, copies_at: &'static [&str]) -> Change {
    change(move |facts| {
        facts.damage.extend((0..count).map(|number| DamageFacts {
            archive: "x.tar.gz".into(),
            path: Some(format!("photos/{number}.jpg")),
            copies_at: copies_at.iter().map(|&place| place.into()).collect(),
        }));
    })
}

/// An old copy on a drive, with more of that drive; and a second drive that is older still, if it is not the only one.
fn driven(more: impl Fn(&mut DriveFacts) + 'static, has_other: bool) -> Change {
    change(move |facts| {
        let mut drive = drives::lacking("Blue", 220);
        more(&mut drive);
        if drive.copied_at.is_some() && !has_other {
            drive.copied_at = Some(hours_ago(216));
        }
        facts.drives.push(drive);
        facts.drives.extend(has_other.then(|| drives::lacking("Green", 216)));
    })
}

#[test]
fn each_sentence_is_said_where_it_belongs() {
    use SaidArg::*;
    let text = |text: &str| Text(text.into());
    let moment = Moment(tonight().as_second());
    let table: Vec<(&str, Change, Vec<SaidArg>)> = vec![
        ("verdict-good", change(|_| ()), vec![]),
        ("verdict-good-paused", change(|f| first(f).is_paused = true), vec![text("photos")]),
        ("health-all-paused", change(|f| f.plans[0].is_paused = true), vec![]),
        (
            "health-overdue-paused",
            change(|f| {
                first(f).is_paused = true;
                first(f).newest_backup = Some(hours_ago(31 * 24));
            }),
            vec![text("photos"), AgeSecs(31 * 24 * 3600)],
        ),
        (
            "health-never-backed-up-paused",
            change(|f| {
                first(f).is_paused = true;
                first(f).newest_backup = None;
            }),
            vec![text("photos")],
        ),
        ("verdict-busy", change(|f| f.busy = Some("Backing up family".into())), vec![]),
        ("health-nothing-protected", change(|f| f.plans.clear()), vec![]),
        ("health-never-backed-up", never("daily 02:00"), vec![text("photos")]),
        ("health-never-backed-up-by-hand", never("manual"), vec![text("photos")]),
        ("health-incomplete", change(|f| f.plans[0].missing_archives = Some(2)), vec![text("family"), Count(2)]),
        ("health-incomplete-some", change(|f| f.plans[0].missing_archives = Some(0)), vec![text("family")]),
        ("health-nothing-in-it", change(|f| first(f).never_had_files = true), vec![text("photos")]),
        ("health-overdue", aged("daily 02:00", 26), vec![text("family"), AgeSecs(26 * 3600)]),
        ("health-overdue-by-hand", aged("manual", 40 * 24), vec![text("family"), AgeSecs(40 * 86_400)]),
        ("health-clock-wrong", change(|f| first(f).newest_backup = Some(hours_ago(-2))), vec![text("photos")]),
        ("health-clock-wrong-far", change(|f| first(f).newest_backup = Some(hours_ago(-200))), vec![text("photos")]),
        ("health-run-failed", run_failed("it broke", false), vec![text("family"), moment.clone()]),
        ("health-run-failed-kept", run_failed("it broke", true), vec![text("family"), moment.clone()]),
        ("health-run-failed-disk-full", run_failed("the disk is full", false), vec![text("family"), moment.clone()]),
        (
            "health-run-failed-disk-full-kept",
            run_failed("the disk is full", true),
            vec![text("family"), moment.clone()],
        ),
        (
            "health-run-with-problems",
            change(|f| f.plans[0].last_run = Some(RunFacts { time: tonight(), outcome: RunOutcome::WithProblems })),
            vec![text("family"), moment.clone()],
        ),
        ("health-unread", unread(&["a", "b"], 2), vec![text("photos"), Count(2), text("a, b")]),
        (
            "health-unread-more",
            unread(&["a", "b", "c", "d"], 9),
            vec![text("photos"), Count(9), text("a, b, c"), Count(6)],
        ),
        ("health-unread-unnamed", unread(&[], 2), vec![text("photos"), Count(2)]),
        (
            "health-source-unknown",
            change(|f| (first(f).unknown_since, first(f).newest_backup) = (Some(tonight()), None)),
            vec![text("photos"), moment.clone()],
        ),
        (
            "health-source-unknown-kept",
            change(|f| first(f).unknown_since = Some(tonight())),
            vec![text("photos"), moment.clone()],
        ),
        (
            "health-unusual-size-larger",
            sized(&[(100, 1), (100, 1), (100, 1), (100, 1), (301, 1)]),
            vec![text("photos"), Bytes(301 * MB), Bytes(100 * MB)],
        ),
        (
            "health-unusual-size-smaller",
            sized(&[(100, 1), (100, 1), (100, 1), (100, 1), (30, 1)]),
            vec![text("photos"), Bytes(30 * MB), Bytes(100 * MB)],
        ),
        (
            "health-unusual-size-new",
            sized(&[(100, 1), (100, 1), (100, 1), (100, 1), (120, 90)]),
            vec![text("photos"), Bytes(90 * MB), Bytes(MB)],
        ),
        (
            "health-many-changed",
            change(|f| {
                f.plans[0].mass_change = Some(MassChangeFacts { time: tonight(), gone_files: 6, files: 9 });
            }),
            vec![text("family"), moment, Count(6), Count(9)],
        ),
        ("health-disk-filling-up", disk(49 * GB, 1000 * GB, &[]), vec![Bytes(49 * GB), Bytes(1000 * GB)]),
        ("health-damaged", damaged(1, &[]), vec![Count(1), text("photos/0.jpg")]),
        (
            "health-damaged-more",
            damaged(5, &[]),
            vec![Count(5), text("photos/0.jpg, photos/1.jpg, photos/2.jpg"), Count(2)],
        ),
        ("health-damaged-copied", damaged(1, &["NAS"]), vec![text("NAS"), Count(1), text("photos/0.jpg")]),
        (
            "health-damaged-copied-more",
            damaged(4, &["NAS"]),
            vec![text("NAS"), Count(4), text("photos/0.jpg, photos/1.jpg, photos/2.jpg"), Count(1)],
        ),
        ("health-check-failed", change(|f| f.check_failed = Some("the disk cannot be read".into())), vec![]),
        ("health-unchecked", change(|f| f.longest_unchecked = Some(hours_ago(36 * 24))), vec![AgeSecs(36 * 86_400)]),
        (
            "health-copy-old",
            change(|f| {
                f.places[0].copied_at = Some(hours_ago(288));
                f.places[0].lacks_since = Some(hours_ago(26));
            }),
            vec![AgeSecs(288 * 3600), text("NAS")],
        ),
        ("health-copy-old-none", change(|f| f.places[0].copied_at = None), vec![text("NAS")]),
        ("health-drive-old", driven(|_| (), true), vec![text("Blue"), AgeSecs(216 * 3600)]),
        (
            "health-drive-old-sized",
            driven(|drive| drive.lacks_bytes = Some(5 * MB), true),
            vec![text("Blue"), AgeSecs(216 * 3600), Bytes(5 * MB)],
        ),
        ("health-drive-old-single", driven(|_| (), false), vec![text("Blue"), AgeSecs(216 * 3600)]),
        (
            "health-drive-old-single-sized",
            driven(|drive| drive.lacks_bytes = Some(0), false),
            vec![text("Blue"), AgeSecs(216 * 3600), Bytes(0)],
        ),
        (
            "health-drive-old-snoozed",
            driven(|drive| drive.snoozed_until = Some(hours_ago(-1)), false),
            vec![text("Blue"), AgeSecs(216 * 3600), Moment(hours_ago(-1).as_second())],
        ),
        ("health-drive-old-here", driven(|drive| drive.is_here = true, false), vec![text("Blue"), AgeSecs(216 * 3600)]),
        ("health-drive-empty", driven(|drive| drive.copied_at = None, false), vec![text("Blue")]),
        (
            "health-drive-empty-snoozed",
            driven(|drive| (drive.copied_at, drive.snoozed_until) = (None, Some(hours_ago(-1))), false),
            vec![text("Blue"), Moment(hours_ago(-1).as_second())],
        ),
        (
            "health-drive-empty-here",
            driven(|drive| (drive.copied_at, drive.is_here) = (None, true), false),
            vec![text("Blue")],
        ),
        ("health-sheet-unchecked", change(|f| f.sheet = SheetFacts::Unchecked), vec![]),
        ("health-key-lost", change(|f| f.sheet = SheetFacts::KeyLost), vec![]),
        ("health-family-lost", change(|f| f.sheet = SheetFacts::FamilyLost), vec![]),
    ];
    for (id, change, args) in &table {
        let mut facts = safe();
        change(&mut facts);
        let report = health(&facts, &now());
        let all: Vec<&Said> = report.reasons.iter().map(|reason| &reason.said).chain([&report.said]).collect();
        let said = all.iter().find(|said| said.id == *id).unwrap_or_else(|| panic!("{id}: {all:?}"));
        assert_eq!(said.args.iter().map(|(_, arg)| arg.clone()).collect::<Vec<_>>(), *args, "{id}");
        all.into_iter().for_each(can_be_said);
    }
    let told: BTreeSet<&str> = table.iter().map(|(id, ..)| *id).collect();
    assert_eq!(told, SENTENCES.iter().map(|(id, _)| *id).collect());
}

#[test]
fn what_the_system_said_goes_beside() {
    let mut facts = safe();
    run_failed("it broke", true)(&mut facts);
    facts.check_failed = Some("no permission".into());
    let details: Vec<_> = health(&facts, &now()).reasons.into_iter().map(|reason| reason.detail).collect();
    assert_eq!(details, [Some("it broke. Look.".into()), Some("no permission".into())]);
}
