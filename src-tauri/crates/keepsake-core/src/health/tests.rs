use jiff::{SignedDuration, Timestamp, Zoned};

use super::sentence::{HourStyle, LastBackup, StatusFacts, status_lines, when};
use super::*;

mod drives;
mod paused;
mod properties;
mod said;

const MB: u64 = 1_000_000;
const GB: u64 = 1_000_000_000;

/// Tuesday morning.
fn now() -> Zoned {
    "2026-03-03T08:30+01:00[Europe/Berlin]".parse().expect("a moment")
}

fn hours_ago(hours: i64) -> Timestamp {
    now().timestamp() - SignedDuration::from_hours(hours)
}

/// Today 02:05.
fn tonight() -> Timestamp {
    "2026-03-03T02:05+01:00".parse().expect("a moment")
}

fn source(name: &str) -> SourceFacts {
    SourceFacts { name: name.into(), newest_backup: Some(tonight()), ..SourceFacts::default() }
}

/// Three things, all safe.
fn safe() -> HealthFacts {
    HealthFacts {
        plans: vec![PlanFacts {
            name: "family".into(),
            known_since: Some(hours_ago(10_000)),
            last_run: Some(RunFacts { time: tonight(), outcome: RunOutcome::Good }),
            sources: vec![source("photos"), source("documents"), source("recipes")],
            ..PlanFacts::default()
        }],
        disk: Some(DiskFacts { free_bytes: 500 * GB, total_bytes: 1000 * GB, recent_stored_bytes: vec![GB, 3 * GB] }),
        longest_unchecked: Some(hours_ago(24)),
        places: vec![PlaceFacts { name: "NAS".into(), copied_at: Some(tonight()), lacks_since: None }],
        ..HealthFacts::default()
    }
}

fn sizes(list: &[(u64, u64)]) -> Vec<SizeFacts> {
    list.iter().map(|&(total, new)| SizeFacts { total_bytes: total * MB, new_bytes: new * MB }).collect()
}

fn schedule(text: &str) -> Schedule {
    Schedule::parse(text).expect("known form")
}

type Change = Box<dyn Fn(&mut HealthFacts)>;

fn change(change: impl Fn(&mut HealthFacts) + 'static) -> Change {
    Box::new(change)
}

/// The age of everything in the plan, with a schedule.
fn aged(text: &'static str, hours: i64) -> Change {
    change(move |facts| {
        facts.plans[0].schedule = schedule(text);
        facts.plans[0].last_run = None;
        facts.plans[0].sources.iter_mut().for_each(|source| source.newest_backup = Some(hours_ago(hours)));
    })
}

fn sized(list: &'static [(u64, u64)]) -> Change {
    change(move |facts| facts.plans[0].sources[0].sizes = sizes(list))
}

fn failed(facts: &mut HealthFacts) {
    let outcome = RunOutcome::Failed { error: "the disk is full".into(), advice: None };
    facts.plans[0].last_run = Some(RunFacts { time: tonight(), outcome });
}

fn disk(free_bytes: u64, total_bytes: u64, recent: &'static [u64]) -> Change {
    change(move |facts| {
        facts.disk = Some(DiskFacts { free_bytes, total_bytes, recent_stored_bytes: recent.to_vec() });
    })
}

#[test]
fn each_rule() {
    use HealthState::*;
    let table: Vec<(&str, Change, HealthState, &str)> = vec![
        ("all safe", change(|_| ()), Good, "All 3 things are safe. Newest copy: today 02:05."),
        ("two", change(|f| _ = f.plans[0].sources.pop()), Good, "Both things are safe. Newest copy: today 02:05."),
        ("one", change(|f| f.plans[0].sources.truncate(1)), Good, "The one thing you protect is safe. Newest copy:"),
        // Nothing set up.
        ("no plans", change(|f| *f = HealthFacts::default()), NotSetUp, "Nothing is protected yet."),
        ("no sources", change(|f| f.plans[0].sources.clear()), NotSetUp, "Nothing is protected yet."),
        // Age, against the schedule.
        ("daily 24 h", aged("daily 02:00", 24), Good, "All 3 things are safe. Newest copy: yesterday 08:30."),
        ("daily 25 h", aged("daily 02:00", 25), Good, "All 3 things are safe."),
        ("daily 26 h", aged("daily 02:00", 26), Attention, "The newest backup of family is 26 hours old."),
        ("daily 49 h", aged("daily 02:00", 49), Attention, "The newest backup of family is 2 days old."),
        ("daily 50 h", aged("daily 02:00", 50), Problem, "The newest backup of family is 2 days old."),
        ("weekly 7 days", aged("weekly sunday 10:00", 168), Good, "All 3 things are safe."),
        (
            "weekly 7 days and 2 h",
            aged("weekly sunday 10:00", 170),
            Attention,
            "The newest backup of family is 7 days old.",
        ),
        (
            "weekly 14 days and 2 h",
            aged("weekly sunday 10:00", 338),
            Problem,
            "The newest backup of family is 14 days old.",
        ),
        ("hourly 2 h", aged("hourly", 2), Good, "All 3 things are safe."),
        ("hourly after a night", aged("hourly", 9), Attention, "The newest backup of family is 9 hours old."),
        ("hourly 50 h", aged("hourly", 50), Problem, "The newest backup of family is 2 days old."),
        ("workdays, over the weekend", aged("0 2 * * 1-5", 72), Good, "All 3 things are safe."),
        ("manual 30 days", aged("manual", 720), Good, "All 3 things are safe. Newest copy: 1 February."),
        ("manual 31 days", aged("manual", 744), Attention, "The newest backup of family is 31 days old."),
        (
            "one source of three",
            change(|f| f.plans[0].sources[1].newest_backup = Some(hours_ago(26))),
            Attention,
            "The newest backup of documents is 26 hours old.",
        ),
        (
            "one good plan hides no failing one",
            change(|f| {
                let mut other = f.plans[0].clone();
                other.name = "office".into();
                other.sources.iter_mut().for_each(|s| s.newest_backup = Some(hours_ago(100)));
                f.plans.insert(0, other);
            }),
            Problem,
            "The newest backup of office is 4 days old.",
        ),
        // Never.
        (
            "new source",
            change(|f| f.plans[0].sources[2].newest_backup = None),
            Problem,
            "There is no backup of recipes yet.",
        ),
        (
            "new plan",
            change(|f| {
                f.plans[0].known_since = Some(hours_ago(1));
                f.plans[0].last_run = None;
                f.plans[0].sources.iter_mut().for_each(|s| s.newest_backup = None);
            }),
            Attention,
            "There is no backup of family yet.",
        ),
        // Runs.
        (
            "failed",
            change(failed),
            Problem,
            "The backup of family failed (today 02:05): the disk is full. Your earlier backups are fine.",
        ),
        (
            "failed and never good",
            change(|f| {
                failed(f);
                f.plans[0].sources.iter_mut().for_each(|s| s.newest_backup = None);
            }),
            Problem,
            "The backup of family failed (today 02:05): the disk is full. There is one more problem.",
        ),
        (
            "stopped",
            change(|f| f.plans[0].last_run = Some(RunFacts { time: tonight(), outcome: RunOutcome::Stopped })),
            Good,
            "All 3 things are safe.",
        ),
        (
            "with problems that nobody named",
            change(|f| f.plans[0].last_run = Some(RunFacts { time: tonight(), outcome: RunOutcome::WithProblems })),
            Attention,
            "The backup of family had problems (today 02:05).",
        ),
        // Unread.
        (
            "unread, one",
            change(|f| {
                f.plans[0].last_run = Some(RunFacts { time: tonight(), outcome: RunOutcome::WithProblems });
                f.plans[0].sources[0].unread = vec!["photos/a.jpg".into()];
                f.plans[0].sources[0].unread_count = 1;
            }),
            Attention,
            "1 file in photos could not be read: photos/a.jpg.",
        ),
        (
            "unread, many",
            change(|f| {
                f.plans[0].sources[0].unread = ["a", "b", "c", "d"].map(String::from).to_vec();
                f.plans[0].sources[0].unread_count = 1203;
            }),
            Attention,
            "1,203 files in photos could not be read: a, b, c and 1,200 more.",
        ),
        // Unknown.
        (
            "unknown today",
            change(|f| f.plans[0].sources[0].unknown_since = Some(hours_ago(26))),
            Attention,
            "photos could not be found since yesterday 06:30. Its earlier backups are kept.",
        ),
        (
            "unknown for 50 h",
            change(|f| f.plans[0].sources[0].unknown_since = Some(hours_ago(50))),
            Problem,
            "photos could not be found since Sunday 06:30. Its earlier backups are kept.",
        ),
        // Sizes.
        ("as usual", sized(&[(100, 9); 6]), Good, "All 3 things are safe."),
        ("three earlier", sized(&[(100, 1), (100, 1), (100, 1), (1000, 1)]), Good, "All 3 things are safe."),
        (
            "much larger",
            sized(&[(100, 1), (100, 1), (100, 1), (100, 1), (301, 1)]),
            Attention,
            "photos is much larger than usual: 301 MB instead of 100 MB.",
        ),
        ("three times", sized(&[(100, 1), (100, 1), (100, 1), (100, 1), (300, 1)]), Good, "All 3 things are safe."),
        (
            "much smaller",
            sized(&[(100, 1), (100, 1), (110, 1), (110, 1), (33, 1)]),
            Attention,
            "photos is much smaller than usual: 33 MB instead of 105 MB.",
        ),
        (
            "emptied",
            sized(&[(100, 1), (100, 1), (100, 1), (100, 1), (0, 0)]),
            Attention,
            "photos is much smaller than usual: 0 bytes instead of 100 MB.",
        ),
        ("small", sized(&[(1, 1), (1, 1), (1, 1), (1, 1), (10, 1)]), Good, "All 3 things are safe."),
        (
            "only ten earlier count",
            sized(&[
                (9000, 0),
                (9000, 0),
                (9000, 0),
                (9000, 0),
                (9000, 0),
                (9000, 0),
                (9000, 0),
                (9000, 0),
                (9000, 0),
                (90, 0),
                (90, 0),
                (90, 0),
                (90, 0),
                (90, 0),
                (90, 0),
                (90, 0),
                (90, 0),
                (90, 0),
                (90, 0),
                (90, 0),
            ]),
            Good,
            "All 3 things are safe.",
        ),
        (
            "much new",
            sized(&[(1000, 5), (1000, 5), (1000, 5), (1000, 5), (1000, 900)]),
            Attention,
            "Much more than usual has changed in photos: 900 MB, usually 5 MB.",
        ),
        (
            "a holiday's pictures",
            sized(&[(90_000, 5), (90_000, 5), (90_000, 5), (90_000, 5), (94_000, 4000)]),
            Good,
            "All 3 things are safe.",
        ),
        ("grown from nothing", sized(&[(0, 0), (0, 0), (0, 0), (0, 0), (20, 20)]), Attention, "photos is much larger"),
        ("nothing as usual", sized(&[(0, 0); 11]), Good, "All 3 things are safe."),
        ("10 MB more", sized(&[(1, 1), (1, 1), (1, 1), (1, 1), (11, 1)]), Attention, "photos is much larger"),
        ("a third", sized(&[(99, 1), (99, 1), (99, 1), (99, 1), (33, 1)]), Good, "All 3 things are safe."),
        ("the first", sized(&[(1000, 1000)]), Good, "All 3 things are safe."),
        ("half of them large", sized(&[(10, 1), (10, 1), (90, 1), (90, 1), (150, 1)]), Good, "All 3 things are safe."),
        (
            "the eleventh does not count",
            sized(&[
                (900, 1),
                (10, 1),
                (10, 1),
                (10, 1),
                (10, 1),
                (10, 1),
                (90, 1),
                (90, 1),
                (90, 1),
                (90, 1),
                (90, 1),
                (151, 1),
            ]),
            Attention,
            "photos is much larger than usual: 151 MB instead of 50 MB.",
        ),
        (
            "much new where nothing was",
            sized(&[(100, 0), (100, 0), (100, 0), (100, 0), (110, 12)]),
            Attention,
            "Much more than usual has changed in photos: 12 MB, usually 0 bytes.",
        ),
        // A mass change that nobody has found right.
        (
            "many changed",
            change(|f| {
                f.plans[0].mass_change = Some(MassChangeFacts { time: tonight(), gone_files: 12_600, files: 20_000 });
            }),
            Attention,
            "12,600 of 20,000 files in family changed or vanished at once (today 02:05). Until someone says that this is \
             right, all old backups are kept.",
        ),
        // Disk.
        (
            "5 %",
            disk(49 * GB, 1000 * GB, &[]),
            Attention,
            "The disk with your backups is filling up: 49 GB free of 1 TB.",
        ),
        ("enough", disk(50 * GB, 1000 * GB, &[25 * GB]), Good, "All 3 things are safe."),
        (
            "twice the largest",
            disk(50 * GB, 1000 * GB, &[GB, 26 * GB, GB]),
            Attention,
            "The disk with your backups is filling up",
        ),
        (
            "1 GB",
            disk(999 * MB, 4 * GB, &[]),
            Attention,
            "The disk with your backups is filling up: 999 MB free of 4 GB.",
        ),
        ("a small disk", disk(300 * MB, GB, &[]), Good, "All 3 things are safe."),
        ("disk not known", change(|f| f.disk = None), Good, "All 3 things are safe."),
        // Damage and checks.
        (
            "damaged file",
            change(|f| {
                f.damage = vec![DamageFacts {
                    archive: "x.tar.gz".into(),
                    path: Some("photos/a.jpg".into()),
                    copies_at: vec![],
                }]
            }),
            Problem,
            "1 thing is damaged in your backups: photos/a.jpg.",
        ),
        (
            "damaged files",
            change(|f| {
                let of = |path: Option<&str>| DamageFacts {
                    archive: "x.tar.gz".into(),
                    path: path.map(String::from),
                    copies_at: vec![],
                };
                f.damage = vec![of(Some("photos/a.jpg")), of(None), of(Some("photos/b.jpg"))];
            }),
            Problem,
            "3 things are damaged in your backups: photos/a.jpg, photos/b.jpg, x.tar.gz.",
        ),
        (
            "check failed",
            change(|f| f.check_failed = Some("the disk cannot be read".into())),
            Problem,
            "Your backups could not be checked: the disk cannot be read.",
        ),
        (
            "checked 35 days ago",
            change(|f| f.longest_unchecked = Some(hours_ago(35 * 24))),
            Good,
            "All 3 things are safe.",
        ),
        (
            "checked 36 days ago",
            change(|f| f.longest_unchecked = Some(hours_ago(36 * 24))),
            Attention,
            "Some backups have not been checked for 36 days.",
        ),
        ("nothing stored", change(|f| f.longest_unchecked = None), Good, "All 3 things are safe."),
        // Copies.
        (
            "old copy of the newest",
            change(|f| f.places[0].copied_at = Some(hours_ago(288))),
            Good,
            "All 3 things are safe.",
        ),
        (
            "backup of 25 h without a copy",
            change(|f| f.places[0].lacks_since = Some(hours_ago(25))),
            Good,
            "All 3 things are safe.",
        ),
        (
            "copy of 12 days",
            change(|f| {
                f.places[0].copied_at = Some(hours_ago(288));
                f.places[0].lacks_since = Some(hours_ago(26));
            }),
            Attention,
            "The copy at NAS is 12 days old.",
        ),
        ("no copy", change(|f| f.places[0].copied_at = None), Attention, "There is no copy at NAS yet."),
        // Clock.
        (
            "from the future",
            change(|f| f.plans[0].sources[0].newest_backup = Some(hours_ago(-2))),
            Attention,
            "The newest backup of photos is from the future: the clock is or was wrong.",
        ),
        // Busy.
        ("busy", change(|f| f.busy = Some("Backing up family".into())), Busy, "Backing up family."),
        (
            "busy hides attention from the colour",
            change(|f| {
                f.busy = Some("Backing up family.".into());
                f.places[0].copied_at = None;
            }),
            Busy,
            "Backing up family.",
        ),
        (
            "busy hides no problem",
            change(|f| {
                f.busy = Some("Backing up family.".into());
                failed(f);
            }),
            Problem,
            "The backup of family failed",
        ),
        // Several.
        (
            "the worst speaks",
            change(|f| {
                f.places[0].copied_at = None;
                failed(f);
            }),
            Problem,
            "The backup of family failed (today 02:05): the disk is full. Your earlier backups are fine. One more thing needs a look.",
        ),
    ];
    for (name, change, state, sentence) in table {
        let mut facts = safe();
        change(&mut facts);
        let report = health(&facts, &now());
        assert_eq!(report.state, state, "{name}: {report:?}");
        assert!(report.sentence.starts_with(sentence), "{name}: {}", report.sentence);
        for reason in &report.reasons {
            assert!(!reason.advice.is_empty(), "{name}");
            said::speaks_plainly(&reason.message);
            said::speaks_plainly(&reason.advice);
        }
    }
}

#[test]
fn a_report_says_which_plan_and_source() {
    let mut facts = safe();
    facts.plans[0].sources[1].unread_count = 2;
    let report = health(&facts, &now());
    let json = serde_json::to_value(&report).expect("plain data");
    assert_eq!(json["state"], "attention");
    assert_eq!(json["reasons"][0]["rule"], "unread");
    assert_eq!(json["reasons"][0]["plan"], "family");
    assert_eq!(json["reasons"][0]["source"], "documents");
    assert_eq!(json["reasons"][0]["state"], "attention");
    assert_eq!(json["plans"][0]["next_due"], "2026-03-04T02:00:00+01:00");
    assert_eq!(json["plans"][0]["sources"][0]["state"], "good");
    assert_eq!(json["plans"][0]["sources"][1]["state"], "attention");
    assert_eq!(json["plans"][0]["sources"][1]["newest_backup"], "2026-03-03T02:05:00+01:00");
    let json = serde_json::to_value(health(&HealthFacts::default(), &now())).expect("plain data");
    assert_eq!((&json["state"], &json["reasons"][0]["rule"]), (&"not-set-up".into(), &"nothing-protected".into()));
}

fn status() -> StatusFacts {
    StatusFacts {
        last_backup: Some(LastBackup { time: tonight(), new_bytes: 312_400_000, files: 41_204, problem_count: 0 }),
        kept_backups: 7,
        kept_bytes: 2_100_000_000,
        places: vec![PlaceFacts {
            name: "NAS".into(),
            copied_at: Some("2026-03-03T02:09+01:00".parse().expect("a moment")),
            lacks_since: None,
        }],
        drives: Vec::new(),
    }
}

#[test]
fn copies_on_drives_are_copies_elsewhere() {
    let drive = |name: &str, copied_at, proven_at| DriveFacts {
        name: name.into(),
        copied_at,
        proven_at,
        ..DriveFacts::default()
    };
    let at = |text: &str| Some(text.parse::<Timestamp>().expect("a moment"));
    let (copied, proven) = (at("2026-02-19T02:09+01:00"), at("2026-03-02T03:10+01:00"));
    let drives = vec![drive("Blue drive", copied, proven), drive("Red drive", None, None)];
    let line = |status: &StatusFacts| status_lines(&health(&safe(), &now()), status, &now())[2].clone();
    let on_drives = "Blue drive, 19 February (proven yesterday 3:10 AM); Red drive, none yet";
    let with_nas = StatusFacts { drives: drives.clone(), ..status() };
    assert_eq!(line(&with_nas), format!("Kept here: 7 backups (2.1 GB)   Copies: NAS, today 2:09 AM; {on_drives}"));
    let alone = StatusFacts { places: Vec::new(), drives, ..status() };
    assert_eq!(line(&alone), format!("Kept here: 7 backups (2.1 GB)   Copies: {on_drives}"));
}

#[test]
fn status_is_what_the_family_was_promised() {
    assert_eq!(
        status_lines(&health(&safe(), &now()), &status(), &now()),
        [
            "All 3 things are safe. Newest copy: today 02:05.",
            "Last backup: today 2:05 AM (312 MB new, 41,204 files)",
            "Kept here: 7 backups (2.1 GB)   Copies: NAS, today 2:09 AM",
        ]
    );
}

#[test]
fn status_with_things_to_look_at() {
    let mut facts = safe();
    failed(&mut facts);
    facts.places.push(PlaceFacts {
        name: "Blue drive".into(),
        copied_at: Some(hours_ago(288)),
        lacks_since: Some(hours_ago(264)),
    });
    let mut status = status();
    status.last_backup = Some(LastBackup { time: hours_ago(30), new_bytes: 0, files: 1, problem_count: 2 });
    status.kept_backups = 1;
    status.places = facts.places.clone();
    status.places.push(PlaceFacts { name: "Attic".into(), copied_at: None, lacks_since: None });
    assert_eq!(
        status_lines(&health(&facts, &now()), &status, &now()),
        [
            "The backup of family failed (today 02:05): the disk is full. Your earlier backups are fine. One more thing needs a look.",
            "Last backup: yesterday 2:30 AM (nothing new, 1 file, 2 things could not be read)",
            "Kept here: 1 backup (2.1 GB)   Copies: NAS, today 2:05 AM; Blue drive, 19 February; Attic, none yet",
            "Problem: Try it again. If it fails again, the message says what to look at.",
            "Attention: The copy at Blue drive is 12 days old. See that Blue drive can be reached, then copy again.",
        ]
    );
}

#[test]
fn status_before_anything_is_set_up_or_backed_up() {
    let nothing = health(&HealthFacts::default(), &now());
    assert_eq!(
        status_lines(&nothing, &StatusFacts::default(), &now()),
        ["Nothing is protected yet.", "Choose what Keepsake should protect."]
    );
    let mut facts = safe();
    facts.plans[0].known_since = None;
    facts.plans[0].sources.iter_mut().for_each(|source| source.newest_backup = None);
    assert_eq!(
        status_lines(&health(&facts, &now()), &StatusFacts::default(), &now())[..3],
        [
            "There is no backup of family yet.",
            "Last backup: none yet",
            "Kept here: 0 backups (0 bytes)   Copies: none elsewhere"
        ]
    );
}

#[test]
fn moments_as_people_say_them() {
    for (moment, twelve, twenty_four) in [
        ("2026-03-03T08:29+01:00", "today 8:29 AM", "today 08:29"),
        ("2026-03-03T00:00+01:00", "today 12:00 AM", "today 00:00"),
        ("2026-03-03T12:01+01:00", "today 12:01 PM", "today 12:01"),
        ("2026-03-02T23:59+01:00", "yesterday 11:59 PM", "yesterday 23:59"),
        ("2026-03-01T02:05+01:00", "Sunday 2:05 AM", "Sunday 02:05"),
        ("2026-02-25T02:05+01:00", "Wednesday 2:05 AM", "Wednesday 02:05"),
        ("2026-02-24T02:05+01:00", "24 February", "24 February"),
        ("2025-12-31T02:05+01:00", "31 December 2025", "31 December 2025"),
        ("2024-03-03T02:05+01:00", "3 March 2024", "3 March 2024"),
        ("2026-03-04T02:05+01:00", "4 March", "4 March"),
        ("2027-03-04T02:05+01:00", "4 March 2027", "4 March 2027"),
        // Another zone's yesterday is today here.
        ("2026-03-02T22:30-05:00", "today 4:30 AM", "today 04:30"),
    ] {
        let moment: Timestamp = moment.parse().expect("a moment");
        assert_eq!(when(moment, &now(), HourStyle::Twelve), twelve);
        assert_eq!(when(moment, &now(), HourStyle::TwentyFour), twenty_four);
    }
}
