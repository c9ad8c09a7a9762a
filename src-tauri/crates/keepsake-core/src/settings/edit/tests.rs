use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use fs_err as fs;
use proptest::prelude::*;

use super::*;
use crate::schedule::Schedule;
use crate::settings::{DriveColor, DriveId, DriveSettings};

const TEXT: &str = r#"# Our house. Ask Rosa before you change anything.
backup_dir = "~/Backups"   # the big disk

[[plan]]
name = "family"
schedule = "daily 02:00"            # while everybody sleeps
retention = { daily = 7, weekly = 4, monthly = 12 }   # a year
# Below: what is dear to us.
[[plan.source]]
name = "photos"
path = "~/Pictures"
exclude = [
    "*.tmp", # of the scanner
    # The phone makes these.
    ".cache/",
]

# Letters and tax.
[[plan.source]]
name = "Documents"
path = "~/Documents"

[[plan]] # of the shop
name = "shop"
retention.last = 3 # as the tax office wants it
source = [{ name = "books", path = "/srv/books" }, { name = "mail", path = "/srv/mail" }]

# The box in the cellar.
[[destination]]
name = "NAS"
path = "/mnt/nas/backups"
# The end.
"#;

fn read(text: &str) -> SettingsFile {
    SettingsFile { path: "config.toml".into(), home: "/home/ada".into(), text: Some(text.into()) }
}

fn changed(changes: &[Change]) -> String {
    read(TEXT).changed(changes).unwrap_or_else(|e| panic!("{e}")).0
}

fn added(name: &str, path: &str) -> AddedSource {
    AddedSource { name: name.into(), path: path.into(), exclude: vec![] }
}

#[test]
fn nothing_but_what_is_asked_for_changes() {
    let (family, photos) = ("family".to_string(), "photos".to_string());
    let same = |text: String| if text.is_empty() { TEXT.to_string() } else { text };
    for (change, old, new) in [
        (Change::BackupDir("/data/B".into()), "\"~/Backups\"", "\"/data/B\""),
        (Change::Schedule { plan: family.clone(), schedule: "hourly".into() }, "\"daily 02:00\"", "\"hourly\""),
        (
            Change::Retention { plan: family.clone(), retention: Retention::Days { days: 30 } },
            "{ daily = 7, weekly = 4, monthly = 12 }",
            "{ days = 30 }",
        ),
        (
            Change::Retention { plan: "SHOP".into(), retention: Retention::Last { last: 9 } },
            "retention.last = 3",
            "retention.last = 9",
        ),
        (
            Change::Retention { plan: "shop".into(), retention: Retention::Days { days: 9 } },
            "retention.last = 3",
            "retention.days = 9",
        ),
        (Change::PausePlan { plan: family.clone(), is_paused: true }, "# a year\n", "# a year\npaused = true\n"),
        (
            Change::PauseSource { plan: family.clone(), source: "documents".into(), is_paused: true },
            "path = \"~/Documents\"\n",
            "path = \"~/Documents\"\npaused = true\n",
        ),
        (Change::PausePlan { plan: family.clone(), is_paused: false }, "", ""),
        (
            Change::AddSource { plan: family.clone(), source: added("music", "~/Music") },
            "path = \"~/Documents\"\n",
            "path = \"~/Documents\"\n\n[[plan.source]]\nname = \"music\"\npath = \"~/Music\"\n",
        ),
        (
            Change::AddSource { plan: "shop".into(), source: added("till", "/srv/till") },
            "\"/srv/mail\" }]",
            "\"/srv/mail\" }, { name = \"till\", path = \"/srv/till\" }]",
        ),
        (
            Change::RemoveSource { plan: "shop".into(), source: "mail".into() },
            ", { name = \"mail\", path = \"/srv/mail\" }]",
            "]",
        ),
        (
            Change::RemoveSource { plan: family.clone(), source: "Documents".into() },
            "\n# Letters and tax.\n[[plan.source]]\nname = \"Documents\"\npath = \"~/Documents\"\n",
            "",
        ),
        (
            Change::Exclude {
                plan: family.clone(),
                source: photos.clone(),
                patterns: vec!["*.tmp".into(), ".cache/".into(), "*.bak".into()],
            },
            "\".cache/\",\n]",
            "\".cache/\", \"*.bak\",\n]",
        ),
        (
            Change::RemovePlace { name: "nas".into() },
            "\n# The box in the cellar.\n[[destination]]\nname = \"NAS\"\npath = \"/mnt/nas/backups\"\n",
            "",
        ),
        (
            Change::WaitOnBattery(false),
            "/mnt/nas/backups\"\n",
            "/mnt/nas/backups\"\n\n[power]\nwait_on_battery = false\n",
        ),
        (
            Change::QuietHours(Some(QuietHours { from_minute: 1260, to_minute: 480 })),
            "/mnt/nas/backups\"\n",
            "/mnt/nas/backups\"\n\n[desktop]\nquiet_hours = \"21:00-08:00\"\n",
        ),
        (Change::QuietHours(None), "", ""),
    ] {
        let wanted = same(if old.is_empty() { String::new() } else { TEXT.replace(old, new) });
        assert_eq!(changed(std::slice::from_ref(&change)), wanted, "{change:?}");
    }
}

#[test]
fn a_comment_in_a_list_stays_when_what_it_stands_at_goes() {
    let only = |pattern: &str| Change::Exclude {
        plan: "family".into(),
        source: "photos".into(),
        patterns: if pattern.is_empty() { vec![] } else { vec![pattern.into()] },
    };
    for pattern in ["*.tmp", ".cache/", ""] {
        let text = changed(&[only(pattern)]);
        assert!(text.contains("# of the scanner") && text.contains("# The phone makes these."), "{text}");
        let (_, settings) = read(&text).changed(&[]).expect("it is right");
        assert_eq!(settings.plans[0].sources[0].exclude.join(""), pattern);
    }
}

#[test]
fn the_first_settings_are_written_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keepsake/config.toml");
    let changes = [
        Change::AddPlan {
            plan: "family".into(),
            schedule: "daily 02:00".into(),
            retention: Retention::default(),
            sources: vec![AddedSource { exclude: vec!["*.tmp".into()], ..added("photos", "~/Pictures") }],
        },
        Change::BackupDir("~/Backups".into()),
    ];
    let settings = change(&path, Path::new("/home/ada"), &changes, "").unwrap();
    assert_eq!((settings.plans.len(), settings.backup_dir.as_path()), (1, Path::new("/home/ada/Backups")));
    let text = fs::read_to_string(&path).unwrap();
    let expected = "backup_dir = \"~/Backups\"\n\n[[plan]]\nname = \"family\"\nschedule = \"daily 02:00\"\n\
                    retention = { daily = 7, weekly = 4, monthly = 12 }\n\n[[plan.source]]\nname = \"photos\"\n\
                    path = \"~/Pictures\"\nexclude = [\"*.tmp\"]\n";
    assert_eq!(text, expected);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn mode_and_links_stay_and_a_change_made_meanwhile_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("dotfiles.toml"), dir.path().join("config.toml"));
    fs::write(&real, TEXT).unwrap();
    fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("dotfiles.toml", &link).unwrap();
    let home = Path::new("/home/ada");
    let seen = SettingsFile::read(&link, home).unwrap().fingerprint();
    let pause = [Change::PausePlan { plan: "family".into(), is_paused: true }];
    assert!(change(&link, home, &pause, &seen).unwrap().plans[0].is_paused);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    let text = fs::read_to_string(&real).unwrap();
    assert!(text.contains("paused = true"), "{text}");
    assert!(matches!(change(&link, home, &pause, &seen), Err(EditError::ChangedMeanwhile { .. })));
    assert_eq!(fs::read_to_string(&real).unwrap(), text);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left beside it");
}

#[test]
fn a_wrong_change_is_named_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (path, home) = (dir.path().join("config.toml"), Path::new("/home/ada"));
    fs::write(&path, TEXT).unwrap();
    let seen = fingerprint(Some(TEXT));
    let good = || Change::WaitOnMetered(false);
    let family = || "family".to_string();
    for (wrong, says) in [
        (Change::RemovePlan { plan: "house".into() }, "there is no plan named \"house\""),
        (Change::RemovePlace { name: "x".into() }, "there is no destination named \"x\""),
        (Change::PauseSource { plan: family(), source: "x".into(), is_paused: true }, "there is no source named \"x\""),
        (Change::Schedule { plan: family(), schedule: "daily 25:00".into() }, "`schedule`"),
        (Change::Retention { plan: family(), retention: Retention::Last { last: 0 } }, "cannot be 0"),
        (Change::AddSource { plan: family(), source: added("Photos", "/p") }, "already taken"),
        (Change::AddSource { plan: family(), source: added("a/b", "/p") }, "must not contain `/`"),
        (Change::AddSource { plan: family(), source: added("p", "relative") }, "a path begins with"),
        (Change::BackupDir("../x".into()), "a path begins with"),
        (
            Change::Exclude { plan: family(), source: "photos".into(), patterns: vec!["[".into()] },
            "as a pattern it is wrong",
        ),
    ] {
        let error = change(&path, home, &[good(), wrong.clone(), good()], &seen).expect_err("it is wrong");
        assert!(matches!(error, EditError::Wrong { number: 1, .. }), "{wrong:?}: {error}");
        assert!(error.to_string().contains(says), "{wrong:?}: {error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), TEXT);
    }
    fs::write(&path, "retension = 1").unwrap();
    let error = change(&path, home, &[good()], &fingerprint(Some("retension = 1"))).expect_err("it is wrong already");
    assert!(matches!(error, EditError::Settings(_)), "{error}");
}

#[test]
fn lines_that_end_as_on_windows_still_do() {
    let text = TEXT.replace('\n', "\r\n");
    let change = Change::PausePlan { plan: "family".into(), is_paused: true };
    let (changed, settings) = read(&text).changed(&[change]).unwrap();
    assert!(settings.plans[0].is_paused);
    assert_eq!(changed.matches('\n').count(), changed.matches("\r\n").count());
}

fn one_change() -> impl Strategy<Value = Change> {
    let plan = || prop::sample::select(vec!["family", "shop", "new", "none"]).prop_map(String::from);
    let source =
        || prop::sample::select(vec!["photos", "documents", "books", "mail", "a", "b#\"c", "ü"]).prop_map(String::from);
    let path = || prop::sample::select(vec!["~/x", "/a b/\"c\"", "/d'#e", "no"]).prop_map(String::from);
    let patterns = || {
        prop::collection::vec(prop::sample::select(vec!["*.tmp", ".cache/", "a#b", "c\"d", "["]), 0..4)
            .prop_map(|all| all.into_iter().map(String::from).collect::<Vec<_>>())
    };
    let retention = || {
        prop_oneof![
            (0u32..3).prop_map(|last| Retention::Last { last }),
            (1u32..9).prop_map(|days| Retention::Days { days }),
            (0u32..2, 0u32..3, 0u32..3).prop_map(|(daily, weekly, monthly)| Retention::Tiered {
                daily,
                weekly,
                monthly
            }),
        ]
    };
    let schedule = || prop::sample::select(vec!["hourly", "manual", "0 2 * * 1-5", "never"]).prop_map(String::from);
    let added =
        move || (source(), path(), patterns()).prop_map(|(name, path, exclude)| AddedSource { name, path, exclude });
    prop_oneof![
        path().prop_map(Change::BackupDir),
        (plan(), schedule(), retention(), prop::collection::vec(added(), 0..3))
            .prop_map(|(plan, schedule, retention, sources)| Change::AddPlan { plan, schedule, retention, sources }),
        plan().prop_map(|plan| Change::RemovePlan { plan }),
        (plan(), schedule()).prop_map(|(plan, schedule)| Change::Schedule { plan, schedule }),
        (plan(), retention()).prop_map(|(plan, retention)| Change::Retention { plan, retention }),
        (plan(), any::<bool>()).prop_map(|(plan, is_paused)| Change::PausePlan { plan, is_paused }),
        (plan(), added()).prop_map(|(plan, source)| Change::AddSource { plan, source }),
        (plan(), source()).prop_map(|(plan, source)| Change::RemoveSource { plan, source }),
        (plan(), source(), any::<bool>()).prop_map(|(plan, source, is_paused)| Change::PauseSource {
            plan,
            source,
            is_paused
        }),
        (plan(), source(), patterns()).prop_map(|(plan, source, patterns)| Change::Exclude { plan, source, patterns }),
        (source(), path()).prop_map(|(name, path)| Change::AddPlace { name, path }),
        prop::sample::select(vec!["NAS", "a"]).prop_map(|name| Change::RemovePlace { name: name.into() }),
        (prop::sample::select(vec!["Blue", "NAS", "a"]), 0u8..3, any::<bool>()).prop_map(|(name, id, flag)| {
            Change::AddDrive(DriveSettings {
                name: name.into(),
                id: DriveId::of_bytes([id; 16]),
                file_system: "4F21-99AB".into(),
                color: DriveColor::Green,
                is_encrypted: flag,
                stays_plugged_in: !flag,
            })
        }),
        (prop::sample::select(vec!["Blue", "NAS"]), prop::sample::select(vec!["Blue", "Red"]), any::<bool>()).prop_map(
            |(name, new_name, stays_plugged_in)| Change::ChangeDrive {
                name: name.into(),
                new_name: new_name.into(),
                color: DriveColor::Red,
                stays_plugged_in,
            }
        ),
        prop::option::of((0u16..720, 720u16..1440)).prop_map(|hours| Change::QuietHours(
            hours.map(|(from_minute, to_minute)| QuietHours { from_minute, to_minute })
        )),
        any::<bool>().prop_map(Change::WaitOnBattery),
        any::<bool>().prop_map(Change::WaitOnMetered),
    ]
}

/// What the settings are with a change, made in the settings themselves. What is not kept in them as it was written
/// (paths) is left to the parser.
fn expected(settings: &mut Settings, change: &Change, after: &Settings) {
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    let made = |settings: &Settings, plan: &str, source: &str| {
        let plan = settings.plan(plan).expect("it is there");
        plan.sources.iter().find(|s| s.name == source).expect("it is there").clone()
    };
    match change {
        Change::BackupDir(_) => settings.backup_dir = after.backup_dir.clone(),
        Change::AddPlan { plan, schedule, retention, sources } => {
            let mut new = after.plan(plan).expect("it was added").clone();
            assert_eq!(
                new.sources.iter().map(|s| &s.name).collect::<Vec<_>>(),
                sources.iter().map(|s| &s.name).collect::<Vec<_>>()
            );
            new.schedule = Schedule::parse(schedule).unwrap();
            new.retention = *retention;
            settings.plans.push(new);
        }
        Change::RemovePlan { plan } => settings.plans.retain(|p| !same(&p.name, plan)),
        Change::AddPlace { name, .. } => {
            let new = after.destinations.iter().find(|d| d.name == *name).expect("it was added");
            settings.destinations.push(new.clone());
        }
        Change::RemovePlace { name } => {
            settings.destinations.retain(|d| !same(&d.name, name));
            settings.drives.retain(|d| !same(&d.name, name));
        }
        Change::AddDrive(drive) => settings.drives.push(drive.clone()),
        Change::ChangeDrive { name, new_name, color, stays_plugged_in } => {
            let drive = settings.drives.iter_mut().find(|d| same(&d.name, name)).expect("it is there");
            drive.name.clone_from(new_name);
            (drive.color, drive.stays_plugged_in) = (*color, *stays_plugged_in);
        }
        Change::QuietHours(hours) => settings.quiet_hours = *hours,
        Change::WaitOnBattery(waits) => settings.power.waits_on_battery = *waits,
        Change::WaitOnMetered(waits) => settings.power.waits_on_metered = *waits,
        Change::Schedule { plan, .. }
        | Change::Retention { plan, .. }
        | Change::PausePlan { plan, .. }
        | Change::AddSource { plan, .. }
        | Change::RemoveSource { plan, .. }
        | Change::PauseSource { plan, .. }
        | Change::Exclude { plan, .. } => {
            let plan = settings.plans.iter_mut().find(|p| same(&p.name, plan)).expect("it is there");
            let find = |name: &str| plan.sources.iter().position(|s| same(&s.name, name)).expect("it is there");
            match change {
                Change::Schedule { schedule, .. } => plan.schedule = Schedule::parse(schedule).unwrap(),
                Change::Retention { retention, .. } => plan.retention = *retention,
                Change::PausePlan { is_paused, .. } => plan.is_paused = *is_paused,
                Change::AddSource { source, .. } => {
                    let mut new = made(after, &plan.name, &source.name);
                    new.exclude.clone_from(&source.exclude);
                    plan.sources.push(new);
                }
                Change::RemoveSource { source, .. } => {
                    let at = find(source);
                    plan.sources.remove(at);
                }
                Change::PauseSource { source, is_paused, .. } => {
                    let at = find(source);
                    plan.sources[at].is_paused = *is_paused;
                }
                Change::Exclude { source, patterns, .. } => {
                    let at = find(source);
                    plan.sources[at].exclude.clone_from(patterns);
                }
                _ => unreachable!(),
            }
        }
    }
}

/// The comments that no change of [`one_change`] can take away with what they stand at.
const LASTING: [&str; 3] = ["# Our house. Ask Rosa", "# the big disk", "# The end."];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn any_changes_leave_what_was_asked_and_every_comment(changes in prop::collection::vec(one_change(), 1..12)) {
        let mut text = TEXT.to_string();
        let mut comments: Vec<&str> = TEXT.lines().filter_map(|line| Some(&line[line.find('#')?..])).collect();
        for change in &changes {
            let file = read(&text);
            let (_, mut wanted) = file.changed(&[]).unwrap();
            let Ok((changed, settings)) = file.changed(std::slice::from_ref(change)) else { continue };
            expected(&mut wanted, change, &settings);
            prop_assert_eq!(&settings, &wanted, "{:?}\n{}", change, changed);
            if matches!(change, Change::RemovePlan { .. } | Change::RemoveSource { .. } | Change::RemovePlace { .. }) {
                comments.retain(|comment| changed.contains(comment));
            }
            for comment in comments.iter().copied().chain(LASTING) {
                prop_assert!(changed.contains(comment), "{comment}: {change:?}\n{changed}");
            }
            text = changed;
        }
        // All at once is the same as one by one, when each of them is right.
        if let Ok((at_once, _)) = read(TEXT).changed(&changes) {
            let by_one = changes.iter().try_fold(TEXT.to_string(), |text, change| {
                Some(read(&text).changed(std::slice::from_ref(change)).ok()?.0)
            });
            if let Some(by_one) = by_one {
                prop_assert_eq!(at_once, by_one);
            }
        }
    }
}
