use std::path::{Path, PathBuf};

use super::*;

const EXAMPLE: &str = r#"backup_dir = "~/Backups"
[[plan]]
name = "family"
schedule = "daily 02:00"            # or a cron line
retention = { daily = 7, weekly = 4, monthly = 12 }   # or { last = 7 } or { days = 30 }
[[plan.source]]
name = "photos"
kind = "folder"                     # folder | postgres | sqlite | docker-volume | command
path = "~/Pictures"
exclude = ["*.tmp", ".cache/"]
"#;

const HEAD: &str = "backup_dir = \"/b\"\n[[plan]]\nname = \"family\"\n";
const SOURCE: &str = "[[plan.source]]\nname = \"photos\"\npath = \"/p\"\n";

fn parse(text: &str) -> Result<Settings, SettingsError> {
    Settings::parse(text, Path::new("config.toml"), Path::new("/home/ada"))
}

#[test]
fn the_example_of_the_design_is_read() {
    let settings = parse(EXAMPLE).expect("the example is good");
    assert_eq!(
        settings,
        Settings {
            path: PathBuf::from("config.toml"),
            backup_dir: PathBuf::from("/home/ada/Backups"),
            plans: vec![Plan {
                name: "family".into(),
                schedule: Schedule::default(),
                retention: Retention::Tiered { daily: 7, weekly: 4, monthly: 12 },
                sources: vec![SourceSettings {
                    name: "photos".into(),
                    kind: SourceKind::Folder,
                    path: PathBuf::from("/home/ada/Pictures"),
                    exclude: vec!["*.tmp".into(), ".cache/".into()],
                    one_file_system: true,
                    exclude_caches: true,
                    is_paused: false,
                }],
                max_archive_bytes: 4_000_000_000,
                compression: 1,
                is_paused: false,
            }],
            destinations: vec![],
            drives: vec![],
            quiet_hours: None,
            power: PowerSettings::default(),
        }
    );
}

#[test]
fn everything_can_be_said() {
    let settings = parse(
        "backup_dir = '$HOME/B'\n[[plan]]\nname='a.b-1'\nschedule='WEEKLY Sunday 10:00'\nretention.last = 3\n\
         max_archive_bytes = 1_500_000_000\ncompression = 0xc\n[[plan.source]]\nname='My photos'\npath='${HOME}'\n\
         one_file_system=false\nexclude_caches=false\n[[plan]]\nname='other'\nretention={days=30}\nsource=[{name='my photos',path='/x//y/./z/'}]\n\
         [[destination]]\nname='NAS'\nkind='folder'\npath='/mnt/nas'\n",
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(settings.backup_dir, Path::new("/home/ada/B"));
    let plan = settings.plan("A.B-1").expect("found whatever its case");
    assert_eq!(plan.schedule.as_str(), "weekly sunday 10:00");
    assert_eq!(plan.retention, Retention::Last { last: 3 });
    assert_eq!((plan.max_archive_bytes, plan.compression), (1_500_000_000, 12));
    assert_eq!(plan.sources[0].path, Path::new("/home/ada"));
    assert!(!plan.sources[0].one_file_system && !plan.sources[0].exclude_caches);
    assert_eq!(settings.plans[1].retention, Retention::Days { days: 30 });
    assert_eq!(settings.plans[1].sources[0].path.as_os_str(), "/x/y/z");
    assert_eq!(settings.destinations, [FolderDestination { name: "NAS".into(), path: "/mnt/nas".into() }]);
}

#[test]
fn what_is_paused_and_what_waits_can_be_said() {
    let said = "[desktop]\nquiet_hours='21:00 - 8:00'\n[power]\nwait_on_battery=false\n";
    let settings = parse(&format!("{HEAD}paused=true\n{SOURCE}paused=true\n{said}")).unwrap_or_else(|e| panic!("{e}"));
    assert!(settings.plans[0].is_paused && settings.plans[0].sources[0].is_paused && settings.plans[0].is_resting());
    assert_eq!(settings.quiet_hours, Some(QuietHours { from_minute: 21 * 60, to_minute: 8 * 60 }));
    assert_eq!(settings.power, PowerSettings { waits_on_battery: false, waits_on_metered: true });
    for (wrong, says) in [
        (
            "[desktop]\nquiet_hours='21:00'",
            "config.toml:3: `quiet_hours` in [desktop] cannot be '21:00': it must be two",
        ),
        (
            "[desktop]\nquiet_hours='9:00-09:00'",
            "config.toml:3: `quiet_hours` in [desktop] cannot be '9:00-09:00': it begins",
        ),
        (
            "[desktop]\nquiet_hours='9:00-24:00'",
            "config.toml:3: `quiet_hours` in [desktop] cannot be '9:00-24:00': it must",
        ),
        ("[desktop]\nquiet=1", "config.toml:3: unknown key `quiet` in [desktop]"),
        ("[power]\nwait_on_batery=true", "config.toml:3: unknown key `wait_on_batery` in [power]; did you mean"),
        ("power=1", "config.toml:2: `power` at the top of the file is a number, but must be a table"),
    ] {
        let shown = parse(&format!("backup_dir='/b'\n{wrong}")).expect_err(wrong).to_string();
        assert!(shown.starts_with(says), "{wrong}: {shown}");
    }
}

#[test]
fn a_file_without_plans_is_good() {
    assert_eq!(parse("backup_dir='/b'").expect("nothing is wrong").plans, []);
    assert_eq!(parse(&format!("{HEAD}{SOURCE}")).expect("defaults").plans[0].retention, Retention::default());
}

#[test]
fn every_mistake_is_answered_with_its_line_and_what_was_meant() {
    let plan = |lines: &str| format!("{HEAD}{lines}{SOURCE}");
    let source = |lines: &str| format!("{HEAD}[[plan.source]]\n{lines}");
    let table: Vec<(String, &str)> = vec![
        // Unknown keys.
        (
            plan("retension = { last = 7 }\n"),
            "config.toml:4: unknown key `retension` in [[plan]] \"family\"; did you mean `retention`?\n  4 | retension = { last = 7 }",
        ),
        (
            plan("retention = { dayly = 7 }\n"),
            "config.toml:4: unknown key `dayly` in the retention of [[plan]] \"family\"; did you mean `daily`?",
        ),
        (
            "backupdir = '/b'".into(),
            "config.toml:1: unknown key `backupdir` at the top of the file; did you mean `backup_dir`?",
        ),
        (
            "backup-dir = '/b'".into(),
            "config.toml:1: unknown key `backup-dir` at the top of the file; did you mean `backup_dir`?",
        ),
        (
            source("name='p'\npath='/p'\nexcludes=[]\n"),
            "config.toml:7: unknown key `excludes` in [[plan.source]] \"p\"; did you mean `exclude`?",
        ),
        (
            plan("wibble = 1\n"),
            "config.toml:4: unknown key `wibble` in [[plan]] \"family\"; known here are `name`, `schedule`,",
        ),
        (
            source("name='p'\npath='/p'\nschedule='hourly'\n"),
            "config.toml:7: unknown key `schedule` in [[plan.source]] \"p\"; it belongs directly below its [[plan]], above the first [[plan.source]]: move it there",
        ),
        (
            plan("path = '/p'\n"),
            "config.toml:4: unknown key `path` in [[plan]] \"family\"; it belongs below a line [[plan.source]]: move it there",
        ),
        (
            "backup_dir='/b'\n[[destination]]\nname='NAS'\npth='/n'".into(),
            "config.toml:4: unknown key `pth` in [[destination]] \"NAS\"; did you mean `path`?",
        ),
        // Wrong types.
        (
            "backup_dir = 7".into(),
            "config.toml:1: `backup_dir` at the top of the file is a number, but must be a text in quotes\n  1 | backup_dir = 7",
        ),
        (
            "backup_dir = '/b'\nplan = 1".into(),
            "config.toml:2: `plan` at the top of the file is a number, but must be one or more tables that begin with a line [[plan]]",
        ),
        (
            "backup_dir = '/b'\nplan = [1]".into(),
            "config.toml:2: `plan` at the top of the file is a number, but must be one or more tables",
        ),
        (
            "backup_dir = '/b'\n[plan]\nname = 'x'".into(),
            "config.toml:2: `plan` at the top of the file is a table, but must be one or more tables",
        ),
        (
            plan("retention = 7\n"),
            "config.toml:4: `retention` in [[plan]] \"family\" is a number, but must be a table: { daily = 7,",
        ),
        (
            plan("compression = 'high'\n"),
            "config.toml:4: `compression` in [[plan]] \"family\" is a text, but must be a whole number",
        ),
        (
            plan("compression = 1.5\n"),
            "config.toml:4: `compression` in [[plan]] \"family\" is a number with a point, but must be a whole number",
        ),
        (
            plan("schedule = 02:00:00\n"),
            "config.toml:4: `schedule` in [[plan]] \"family\" is a date or time, but must be a text in quotes",
        ),
        (
            source("name='p'\npath='/p'\nexclude='*.tmp'\n"),
            "config.toml:7: `exclude` in [[plan.source]] \"p\" is a text, but must be a list of texts",
        ),
        (
            source("name='p'\npath='/p'\nexclude=['a',\n 2]\n"),
            "config.toml:8: `exclude` in [[plan.source]] \"p\" is a number, but must be a list of texts",
        ),
        (
            source("name='p'\npath='/p'\none_file_system='yes'\n"),
            "config.toml:7: `one_file_system` in [[plan.source]] \"p\" is a text, but must be true or false",
        ),
        // Wrong values.
        (
            plan("schedule = 'nightly'\n"),
            "config.toml:4: `schedule` in [[plan]] \"family\" cannot be 'nightly': no such form; it can be \"daily 02:00\", \"hourly\",",
        ),
        (
            plan("retention = {}\n"),
            "config.toml:4: `retention` in [[plan]] \"family\" cannot be {}: it is empty; it must be a table:",
        ),
        (
            plan("retention = { last = 7, days = 3 }\n"),
            "config.toml:4: `retention` in [[plan]] \"family\" cannot be { last = 7, days = 3 }: only one way of keeping is possible;",
        ),
        (
            plan("retention = { daily = 0 }\n"),
            "config.toml:4: `retention` in [[plan]] \"family\" cannot be { daily = 0 }: nothing would be kept;",
        ),
        (
            plan("retention = { last = 0 }\n"),
            "config.toml:4: `last` in the retention of [[plan]] \"family\" cannot be 0: it must be a number from 1 to 100000",
        ),
        (
            plan("retention = { last = -1 }\n"),
            "config.toml:4: `last` in the retention of [[plan]] \"family\" cannot be -1: it must be",
        ),
        (
            plan("compression = 13\n"),
            "config.toml:4: `compression` in [[plan]] \"family\" cannot be 13: it must be a number from 1 to 12",
        ),
        (
            plan("max_archive_bytes = 1000\n"),
            "config.toml:4: `max_archive_bytes` in [[plan]] \"family\" cannot be 1000: it must be a number from 1048576",
        ),
        (
            plan("max_archive_bytes = 99999999999999999999999\n"),
            "config.toml:4: `max_archive_bytes` in [[plan]] \"family\" cannot be 99999999999999999999999:",
        ),
        (
            "backup_dir = 'Backups'".into(),
            "config.toml:1: `backup_dir` at the top of the file cannot be 'Backups': a path begins with `/` or `~/`; was \"~/Backups\" meant?",
        ),
        ("backup_dir = ''".into(), "config.toml:1: `backup_dir` at the top of the file cannot be '': a path is needed"),
        (
            "backup_dir = '~bob/x'".into(),
            "config.toml:1: `backup_dir` at the top of the file cannot be '~bob/x': only your own home folder",
        ),
        (
            "backup_dir = '$DATA/x'".into(),
            "config.toml:1: `backup_dir` at the top of the file cannot be '$DATA/x': of variables only `$HOME`",
        ),
        (
            "backup_dir = '/a/../b'".into(),
            "config.toml:1: `backup_dir` at the top of the file cannot be '/a/../b': write the path without `..`",
        ),
        (
            "backup_dir = \"/a\\u0000b\"".into(),
            "config.toml:1: `backup_dir` at the top of the file cannot be \"/a\\u0000b\": a path cannot contain a zero byte",
        ),
        (
            source("name='p'\npath='/p'\nexclude=['ok', 'a[z-a]']\n"),
            "config.toml:7: `exclude` in [[plan.source]] \"p\" cannot be 'a[z-a]': as a pattern it is wrong (",
        ),
        (
            source("name='p'\npath='/p'\nexclude=[\"a\\nb\"]\n"),
            "config.toml:7: `exclude` in [[plan.source]] \"p\" cannot be \"a\\nb\": a pattern is one line",
        ),
        (
            source("name='p'\nkind='foldr'\npath='/p'\n"),
            "config.toml:6: `kind` in [[plan.source]] \"p\" cannot be 'foldr': did you mean \"folder\"?",
        ),
        (
            source("name='p'\nkind='tape'\npath='/p'\n"),
            "config.toml:6: `kind` in [[plan.source]] \"p\" cannot be 'tape': known are `folder`, `postgres`,",
        ),
        // Not in this version.
        (
            source("name='db'\nkind='postgres'\ndatabase='x'\n"),
            "config.toml:6: `kind = 'postgres'` in [[plan.source]] \"db\" is not in this version of Keepsake yet; it can do `folder`",
        ),
        (source("name='db'\nkind='sqlite'\n"), "config.toml:6: `kind = 'sqlite'`"),
        (source("name='db'\nkind='docker-volume'\n"), "config.toml:6: `kind = 'docker-volume'`"),
        (source("name='db'\nkind='command'\n"), "config.toml:6: `kind = 'command'`"),
        (
            "backup_dir='/b'\n[[destination]]\nname='Blue'\nkind='drive'".into(),
            "config.toml:2: `id` is missing in [[destination]] \"Blue\"",
        ),
        (
            "backup_dir='/b'\n[[destination]]\nname='Cloud'\nkind='google-drive'".into(),
            "config.toml:4: `kind = 'google-drive'` in [[destination]] \"Cloud\" is not in this version",
        ),
        // Names.
        (
            source("name='a/b'\npath='/p'\n"),
            "config.toml:5: `name` in [[plan.source]] \"a/b\" cannot be 'a/b': a name must not contain `/`",
        ),
        (
            format!("{HEAD}{SOURCE}[[plan.source]]\nname='PHOTOS'\npath='/q'\n"),
            "config.toml:8: `name` in [[plan.source]] \"PHOTOS\" cannot be 'PHOTOS': it is already taken;",
        ),
        (
            format!("{HEAD}{SOURCE}[[plan]]\nname='Family'\n{SOURCE}"),
            "config.toml:8: `name` in [[plan]] \"Family\" cannot be 'Family': it is already taken;",
        ),
        (
            "backup_dir='/b'\n[[plan]]\nname='my_plan'\n".into(),
            "config.toml:3: `name` in [[plan]] \"my_plan\" cannot be 'my_plan': a plan's name has only",
        ),
        // Missing.
        (
            "# nothing\n".into(),
            "config.toml:1: `backup_dir` is missing at the top of the file; add a line like backup_dir = \"~/Backups\"",
        ),
        (
            "".into(),
            "config.toml:1: `backup_dir` is missing at the top of the file; add a line like backup_dir = \"~/Backups\"",
        ),
        (
            "backup_dir='/b'\n\n[[plan]]\nschedule='hourly'\n".into(),
            "config.toml:3: `name` is missing in [[plan]]; add a line like name = \"family\"\n  3 | [[plan]]",
        ),
        (
            source("name='p'\n"),
            "config.toml:4: `path` is missing in [[plan.source]] \"p\"; add a line like path = \"~/Pictures\"",
        ),
        (source("path='/p'\n"), "config.toml:4: `name` is missing in [[plan.source]]; add a line like"),
        (HEAD.into(), "config.toml:2: `source` is missing in [[plan]] \"family\"; add a line like [[plan.source]]"),
        // Not TOML.
        ("backup_dir = '/b'\n[[plan]\n".into(), "config.toml:2: this is not how settings are written: "),
        ("backup_dir = /b\n".into(), "config.toml:1: this is not how settings are written: "),
        (
            "backup_dir = '/b'\nbackup_dir = '/c'\n".into(),
            "config.toml:2: this is not how settings are written: duplicate key",
        ),
    ];
    for (text, expected) in table {
        let shown = parse(&text).expect_err(&text).to_string();
        assert!(shown.starts_with(expected), "{text}\nexpected {expected}\ngot      {shown}");
        assert!(shown.lines().count() <= 2, "short: {shown}");
    }
}

#[test]
fn the_first_mistake_in_the_order_of_the_file_is_named_with_its_column() {
    let error = parse("zzz = 1\naaa = 2\n").expect_err("unknown keys");
    assert_eq!(error.place().map(|at| (at.line, at.column)), Some((1, 1)));
    let error = parse("  backup_dir =  'ünïcode'").expect_err("relative");
    assert_eq!(error.place().map(|at| (at.line, at.column)), Some((1, 17)));
    assert!(matches!(
        parse(&format!("{HEAD}retension = 1\n")),
        Err(SettingsError::UnknownKey { nearest: Some("retention"), .. })
    ));
}

#[test]
fn names_that_cannot_be_are_refused() {
    for name in [
        "",
        ".hidden",
        "-x",
        "a/b",
        "a\tb",
        "photos\u{202e}gpj",
        "photos\u{200f}",
        "photos\u{2028}safe",
        "\u{2066}photos",
        " a",
        "a ",
        "BACKUP_INFO.txt",
        "manifest.JSONL",
        "blocks.bin",
        "metadata.json",
        "finish_by_hand.sh",
    ] {
        assert!(check_source_name(name).is_err(), "{name:?}");
        assert!(check_plan_name(name).is_err(), "{name:?}");
    }
    assert!(check_source_name(&"x".repeat(101)).is_err());
    for name in ["Ünïcode", "My photos", "a_b", "a.", "..."] {
        assert!(check_plan_name(name).is_err(), "{name:?}");
    }
    for name in ["Ünïcode", "My photos", "a_b", "x"] {
        assert_eq!(check_source_name(name), Ok(()), "{name:?}");
    }
    assert_eq!(check_source_name(&"x".repeat(100)), Ok(()));
    for name in ["family", "a.b-c9", "9"] {
        assert_eq!(check_plan_name(name), Ok(()), "{name:?}");
    }
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("config.toml");
    let load = || Settings::load(&path, Path::new("/home/ada"));

    let missing = load().expect_err("not there");
    assert!(missing.is_missing());
    assert_eq!(missing.to_string(), format!("could not read {}: there is no such file or folder", path.display()));

    std::fs::write(&path, b"backup_dir = '/b'\n# caf\xe9\n").expect("writable");
    let latin = load().expect_err("Latin-1");
    assert!(!latin.is_missing());
    assert_eq!(latin.place().map(|at| (at.line, at.column)), Some((2, 6)));
    assert_eq!(
        latin.to_string(),
        format!("{}:2: from here on this is not text in UTF-8; save the file as UTF-8", path.display())
    );

    std::fs::write(&path, EXAMPLE).expect("writable");
    assert_eq!(load().expect("good").path, path);

    let is_folder = Settings::load(folder.path(), Path::new("/home/ada")).expect_err("a folder");
    assert!(matches!(is_folder, SettingsError::Unreadable(_)) && !is_folder.is_missing());
}

#[test]
fn editors_that_write_a_byte_order_mark_or_carriage_returns_are_no_mistake() {
    let text = format!("\u{feff}{}", EXAMPLE.replace('\n', "\r\n"));
    assert!(parse(&text).is_ok());
    let error = parse("\u{feff}backup_dir = '/b'\r\nplam = 1\r\n").expect_err("unknown key").to_string();
    assert_eq!(error, "config.toml:2: unknown key `plam` at the top of the file; did you mean `plan`?\n  2 | plam = 1");
}

proptest::proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "(?s).{0,200}") {
        let _ = parse(&text).map_err(|error| error.to_string());
    }

    #[test]
    fn arbitrary_lines_of_known_words_never_panic(
        lines in proptest::collection::vec(
            "(\\[\\[(plan|plan\\.source|destination|é)\\]\\]|(name|path|kind|schedule|retention|exclude|source|plan|compression|x) = ('[a-z/~$\\[{é]{0,6}'|-?[0-9]{1,30}|\\[('a', ?)?\\{?|\\{(last|days|daily)=[0-9]\\}|true|1e5))?",
            0..12,
        ),
        at in 0usize..300,
    ) {
        let text = lines.join("\n");
        let _ = parse(&text).map_err(|error| error.to_string());
        // The same, torn out of a good file.
        let mut whole = EXAMPLE.to_owned();
        whole.insert_str(at.min(whole.len()), &text);
        let _ = parse(&whole).map_err(|error| error.to_string());
    }
}

#[test]
fn the_backup_folder_is_no_source() {
    let text = "backup_dir = \"/b\"\n[[plan]]\nname = \"family\"\n[[plan.source]]\nname = \"all\"\npath = \"/b/\"\n";
    let error = Settings::parse(text, Path::new("c"), Path::new("/h")).expect_err("refused");
    assert!(error.to_string().contains("it is the `backup_dir`"), "{error}");
    assert_eq!(error.place().map(|place| place.line), Some(6));
    let below = text.replace("/b/", "/");
    Settings::parse(&below, Path::new("c"), Path::new("/h")).expect("what holds the backup folder is a source");
}

#[test]
fn what_cannot_be_settings_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    let large = dir.path().join("large");
    std::fs::write(&large, vec![b'#'; (1 << 20) + 1]).unwrap();
    for (path, why) in [(pipe, "not a file"), (dir.path().to_path_buf(), "not a file"), (large, "1 MiB")] {
        let error = Settings::load(&path, Path::new("/h")).expect_err(why).to_string();
        assert!(error.contains(why), "{error}");
    }
}
