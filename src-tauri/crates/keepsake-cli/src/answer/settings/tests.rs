use std::fs;
use std::path::Path;

use keepsake_api::{Answer, Keep, NewSource, PathText, SettingsChange, Times};
use keepsake_core::clock::SystemClock;

use super::*;

pub(crate) fn around(home: &Path) -> Surroundings {
    Surroundings {
        config: home.join(".config/keepsake/config.toml"),
        data_dir: home.join("state"),
        home: home.into(),
        clock: Box::new(SystemClock),
        global: Default::default(),
    }
}

fn path(text: &str) -> PathText {
    PathText::of_path(text)
}

fn source(name: &str, dir: &str) -> NewSource {
    NewSource { name: name.into(), path: path(dir), exclude: vec![] }
}

fn add(source: NewSource) -> SettingsChange {
    SettingsChange::AddSource { plan: "family".into(), source }
}

/// A home with settings in it.
fn house() -> (tempfile::TempDir, Surroundings) {
    let dir = tempfile::tempdir().unwrap();
    let around = around(dir.path());
    for folder in ["Pictures", "Documents", "Backups/in", ".config/keepsake", "nas", "state"] {
        fs::create_dir_all(dir.path().join(folder)).unwrap();
    }
    fs::write(dir.path().join("letter.txt"), "x").unwrap();
    let first = [
        SettingsChange::BackupDir { dir: path("~/Backups") },
        SettingsChange::AddPlan {
            plan: "family".into(),
            times: Times::Day { minute: 125 },
            keep: Keep::Tiered { daily: 7, weekly: 4, monthly: 12 },
            sources: vec![source("photos", dir.path().join("Pictures").to_str().unwrap())],
        },
    ];
    let made = changed(&around, first.to_vec(), "");
    assert_eq!(made.wrong, []);
    (dir, around)
}

fn changed(around: &Surroundings, changes: Vec<SettingsChange>, seen: &str) -> ChangedSettings {
    match change_settings(around, changes, seen.into()) {
        Ok(Answer::ChangeSettings(changed)) => changed,
        other => panic!("{other:?}"),
    }
}

fn wrong(around: &Surroundings, changes: Vec<SettingsChange>) -> Vec<(u32, String, String)> {
    match check_settings(around, changes) {
        Ok(Answer::CheckSettings(wrong)) => {
            wrong.into_iter().map(|wrong| (wrong.change, wrong.field, wrong.said.id)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_set_up_is_shown_and_written_for_any_home() {
    let (_dir, around) = house();
    let view = view(&around);
    let plan = &view.plans[0];
    assert_eq!((plan.times.as_ref(), plan.schedule.as_str()), (Some(&Times::Day { minute: 125 }), "daily 02:05"));
    assert_eq!((plan.sources[0].shown.as_str(), view.file.as_str()), ("~/Pictures", "~/.config/keepsake/config.toml"));
    let text = fs::read_to_string(&around.config).unwrap();
    assert!(text.contains("path = \"~/Pictures\"") && text.contains("backup_dir = \"~/Backups\""), "{text}");
    let all = |minute| [Times::Hour {}, Times::Never {}, Times::Day { minute }, Times::Week { weekday: 7, minute }];
    for written in [0, 61, 1439].map(all).into_iter().flatten() {
        assert_eq!(times(&asked::schedule(&written)), Some(written));
    }
    assert_eq!(times("weekly sun 10:00"), Some(Times::Week { weekday: 7, minute: 600 }));
    assert_eq!(times("0 2 * * 1-5"), None);
}

#[test]
fn every_wrong_field_has_its_sentence() {
    let (_dir, around) = house();
    let family = || "family".to_string();
    let one = |change: SettingsChange, field: &str, id: &str| {
        assert_eq!(wrong(&around, vec![change.clone()]), [(0, field.into(), id.into())], "{change:?}");
    };
    for (name, id) in [
        ("", "wrong-name-empty"),
        (" ", "wrong-name-empty"),
        (&"x".repeat(101), "wrong-name-long"),
        ("a/b", "wrong-name-slash"),
        (".a", "wrong-name-begin"),
        ("a ", "wrong-name-space"),
        ("a\u{7}", "wrong-name-letters"),
        ("a\u{202e}b", "wrong-name-letters"),
        ("metadata.json", "wrong-name-reserved"),
        ("PHOTOS", "wrong-name-taken"),
    ] {
        one(add(source(name, "~/Documents")), "source.name", id);
    }
    let long = format!("/{}", "x".repeat(256));
    for (dir, id) in [
        ("", "wrong-path-empty"),
        ("Documents", "wrong-path-relative"),
        ("~/../x", "wrong-path-dots"),
        (&long, "wrong-path-long"),
        ("~/none", "wrong-folder-missing"),
        ("~/letter.txt", "wrong-no-folder"),
        ("~/Backups", "wrong-folder-in-backups"),
        ("~/Backups/in", "wrong-folder-in-backups"),
    ] {
        one(add(source("docs", dir)), "source.path", id);
    }
    let not_utf8 = NewSource { path: PathText::of(b"/a\xff"), ..source("docs", "/") };
    one(add(not_utf8), "source.path", "wrong-path-letters");
    let with = NewSource { exclude: vec!["[".into()], ..source("docs", "~/Documents") };
    one(add(with), "source.exclude", "wrong-pattern");
    for (times, id) in [
        (Times::Day { minute: 1440 }, "wrong-time"),
        (Times::Week { weekday: 8, minute: 0 }, "wrong-time"),
        (Times::Other { text: "sometimes".into() }, "wrong-schedule"),
    ] {
        one(SettingsChange::Schedule { plan: family(), times }, "times", id);
    }
    for (keep, id) in [
        (Keep::Last { last: 0 }, "wrong-keep-nothing"),
        (Keep::Tiered { daily: 0, weekly: 0, monthly: 0 }, "wrong-keep-nothing"),
        (Keep::Days { days: 100_001 }, "wrong-keep-many"),
    ] {
        one(SettingsChange::Retention { plan: family(), keep }, "keep", id);
    }
    for (dir, id) in [
        ("~/letter.txt", "wrong-no-folder"),
        ("x", "wrong-path-relative"),
        ("~", "wrong-backups-around"),
        ("~/letter.txt/x", "wrong-no-folder"),
    ] {
        one(SettingsChange::BackupDir { dir: path(dir) }, "dir", id);
    }
    for (dir, id) in [("~/Backups", "wrong-place-same"), ("~/none", "wrong-place-missing")] {
        one(SettingsChange::AddPlace { name: "NAS".into(), dir: path(dir) }, "dir", id);
    }
    one(SettingsChange::QuietHours { hours: Some((9, 9)) }, "hours", "wrong-hours");
    one(SettingsChange::RemovePlan { plan: "x".into() }, "", "wrong-not-there");
    one(SettingsChange::RemoveSource { plan: family(), source: "photos".into() }, "", "wrong-last-source");
    let none = SettingsChange::AddPlan {
        plan: "my plan".into(),
        times: Times::Hour {},
        keep: Keep::Last { last: 1 },
        sources: vec![],
    };
    let found = wrong(&around, vec![add(source("docs", "~/Documents")), none, add(source("", "~/Documents"))]);
    let found: Vec<(u32, &str)> = found.iter().map(|(number, _, id)| (*number, id.as_str())).collect();
    assert_eq!(found, [(1, "wrong-plan-name"), (1, "wrong-nothing-chosen"), (2, "wrong-name-empty")]);
}

#[test]
fn a_place_that_every_backup_would_contain_is_refused() {
    let (dir, around) = house();
    fs::create_dir(dir.path().join("Pictures/copies")).unwrap();
    std::os::unix::fs::symlink(dir.path().join("Pictures"), dir.path().join("link")).unwrap();
    let place = |name: &str, dir: &str| SettingsChange::AddPlace { name: name.into(), dir: path(dir) };
    for (dir, id) in [
        ("~/Pictures", "wrong-backups-around"),
        ("~/link", "wrong-backups-around"),
        ("~", "wrong-backups-around"),
        ("~/Backups", "wrong-place-same"),
        ("~/state", "wrong-place-own"),
    ] {
        assert_eq!(wrong(&around, vec![place("NAS", dir)]), [(0, "dir".into(), id.into())], "{dir}");
    }
    // Inside what is protected it is left out of it.
    assert_eq!(wrong(&around, vec![place("NAS", "~/Pictures/copies"), place("other", "~/nas")]), []);
    // What the same changes add counts, and what they take away does not.
    let docs = || add(source("docs", "~/Documents"));
    let both = [(1, "dir".into(), "wrong-backups-around".into())];
    assert_eq!(wrong(&around, vec![docs(), place("NAS", "~/Documents")]), both);
    let both = [(1, "source.path".into(), "wrong-folder-in-place".into())];
    assert_eq!(wrong(&around, vec![place("NAS", "~/Documents"), docs()]), both);
    let photos = SettingsChange::RemoveSource { plan: "family".into(), source: "Photos".into() };
    assert_eq!(wrong(&around, vec![docs(), photos, place("NAS", "~/Pictures")]), []);

    fs::create_dir(dir.path().join("nas/videos")).unwrap();
    changed(&around, vec![place("NAS", "~/nas")], &view(&around).fingerprint);
    for dir in ["~/nas", "~/nas/videos"] {
        let refused = [(0, "source.path".into(), "wrong-folder-in-place".into())];
        assert_eq!(wrong(&around, vec![add(source("videos", dir))]), refused, "{dir}");
    }
}

#[test]
fn a_wrong_change_and_a_change_made_meanwhile_write_nothing() {
    let (_dir, around) = house();
    let before = fs::read_to_string(&around.config).unwrap();
    let seen = view(&around).fingerprint;
    let pause = || SettingsChange::PausePlan { plan: "family".into(), is_paused: true };
    let result = changed(&around, vec![pause(), add(source("", "~/Documents"))], &seen);
    assert_eq!((result.wrong.len(), result.settings.fingerprint.as_str()), (1, seen.as_str()));
    assert_eq!(fs::read_to_string(&around.config).unwrap(), before);

    fs::write(&around.config, format!("{before}# by hand\n")).unwrap();
    let refused = change_settings(&around, vec![pause()], seen).expect_err("somebody was here");
    assert_eq!((refused.kind, refused.said.id.as_str()), (RefusalKind::WrongSettings, "wrong-meanwhile"));
    let result = changed(&around, vec![pause()], &view(&around).fingerprint);
    assert!(result.settings.plans[0].is_paused);
    assert!(fs::read_to_string(&around.config).unwrap().ends_with("# by hand\n"));
}

#[test]
fn wrong_settings_are_told_with_the_last_good_ones() {
    let (_dir, around) = house();
    fs::copy(&around.config, around.data_dir.join(KEPT_NAME)).unwrap();
    fs::write(&around.config, "backup_dir = '~/Backups'\nretension = 1\n").unwrap();
    let view = view(&around);
    assert!(view.wrong.as_ref().is_some_and(|wrong| wrong.contains("config.toml:2: unknown key")), "{view:?}");
    assert_eq!(view.plans[0].name, "family");
    let pause = SettingsChange::PausePlan { plan: "family".into(), is_paused: true };
    let refused = change_settings(&around, vec![pause], view.fingerprint).expect_err("it is wrong");
    assert_eq!(refused.said.id, "wrong-file");
}
