//! From the text of `config.toml` to [`Settings`].

use std::collections::BTreeSet;
use std::path::Path;

use toml::de::DeTable;

use super::error::SettingsError;
use super::paths::Places;
use super::table::{Document, Found, Table, listed, nearest};
use super::{DEFAULT_MAX_ARCHIVE_BYTES, drive, names, paths, patterns};
use super::{
    DriveSettings, FolderDestination, Plan, PowerSettings, QuietHours, Retention, Settings, SourceKind, SourceSettings,
};
use crate::schedule::Schedule;

pub(super) const TOP_KEYS: &[&str] = &["backup_dir", "plan", "destination", "desktop", "power"];
const PLAN_KEYS: &[&str] = &["name", "schedule", "retention", "source", "max_archive_bytes", "compression", "paused"];
const SOURCE_KEYS: &[&str] = &["name", "kind", "path", "exclude", "one_file_system", "exclude_caches", "paused"];
const DESTINATION_KEYS: &[&str] = &["name", "kind", "path"];
const DESKTOP_KEYS: &[&str] = &["quiet_hours"];
const POWER_KEYS: &[&str] = &["wait_on_battery", "wait_on_metered"];
const RETENTION_KEYS: &[&str] = &["last", "days", "daily", "weekly", "monthly"];

const SOURCE_KINDS: &[&str] = &["folder", "postgres", "sqlite", "docker-volume", "command"];
const DESTINATION_KINDS: &[&str] = &["folder", "drive", "google-drive"];

const RETENTION_FORMS: &str = "a table: { daily = 7, weekly = 4, monthly = 12 }, { last = 7 } or { days = 30 }";
const SCHEDULE_FORMS: &str =
    "it can be \"daily 02:00\", \"hourly\", \"weekly sunday 10:00\", \"manual\" or five cron fields";

/// The smallest archive: below one block of the format there is nothing to win.
const MIN_ARCHIVE_BYTES: u64 = 1 << 20;

pub(super) fn settings(text: &str, file: &Path, home: &Path) -> Result<Settings, SettingsError> {
    let document = Document { file, text, home };
    let parsed = DeTable::parse(text).map_err(|error| SettingsError::Syntax {
        at: document.place(error.span().map_or(text.len(), |span| span.start)),
        message: error.message().replace('\n', " "),
    })?;
    let top = Table { document, called: "at the top of the file".into(), entries: parsed.get_ref(), start: 0 };
    top.refuse_unknown_keys(
        TOP_KEYS,
        &[("below a line [[plan]]", &PLAN_KEYS[1..]), ("below a line [[plan.source]]", &SOURCE_KEYS[1..])],
    )?;
    let backup_dir = folder(&top, "backup_dir", "backup_dir = \"~/Backups\"")?;
    let mut plans = Vec::new();
    let mut plan_names = BTreeSet::new();
    let plan_tables = top.tables("plan", "plan")?;
    let places = places(&plan_tables, &backup_dir);
    for table in plan_tables {
        plans.push(plan(&table, &mut plan_names, &backup_dir, &places)?);
    }
    let (mut destinations, mut drives) = (Vec::new(), Vec::new());
    let mut destination_names = BTreeSet::new();
    for table in top.tables("destination", "destination")? {
        match table.get("kind").and_then(|kind| kind.get_ref().as_str()) {
            Some("drive") => {
                let one = drive::drive(&table, &mut destination_names)?;
                if let Some(id) = table.get("id").filter(|_| drives.iter().any(|d: &DriveSettings| d.id == one.id)) {
                    return Err(table.wrong_value("id", &id.span(), "another drive above has it already".into()));
                }
                drives.push(one);
            }
            _ => destinations.push(destination(&table, &mut destination_names)?),
        }
    }
    let (quiet_hours, power) = (desktop(&top)?, power(&top)?);
    Ok(Settings { path: file.to_path_buf(), backup_dir, plans, destinations, drives, quiet_hours, power })
}

fn desktop(top: &Table<'_>) -> Result<Option<QuietHours>, SettingsError> {
    let Some(table) = top.table("desktop", "a table that begins with a line [desktop]", "in [desktop]".into())? else {
        return Ok(None);
    };
    table.refuse_unknown_keys(DESKTOP_KEYS, &[("in [power]", POWER_KEYS)])?;
    let Some(found) = table.text("quiet_hours")? else { return Ok(None) };
    QuietHours::parse(found.value).map(Some).map_err(|why| table.wrong_value("quiet_hours", &found.span, why))
}

fn power(top: &Table<'_>) -> Result<PowerSettings, SettingsError> {
    let otherwise = PowerSettings::default();
    let Some(table) = top.table("power", "a table that begins with a line [power]", "in [power]".into())? else {
        return Ok(otherwise);
    };
    table.refuse_unknown_keys(POWER_KEYS, &[("in [desktop]", DESKTOP_KEYS)])?;
    Ok(PowerSettings {
        waits_on_battery: table.flag("wait_on_battery", otherwise.waits_on_battery)?,
        waits_on_metered: table.flag("wait_on_metered", otherwise.waits_on_metered)?,
    })
}

/// Where the sources are, all looked at at once: each may be on a disk that does not answer.
fn places(plans: &[Table<'_>], backup_dir: &Path) -> Places {
    // What is wrong is said when it is read.
    let sources = plans.iter().filter_map(|plan| plan.tables("source", "plan.source").ok()).flatten();
    let path = |source: Table<'_>| paths::expand(source.text("path").ok()??.value, source.document.home).ok();
    Places::of(std::iter::once(backup_dir.to_path_buf()).chain(sources.filter_map(path)).collect())
}

fn plan(
    table: &Table<'_>,
    taken: &mut BTreeSet<String>,
    backup_dir: &Path,
    places: &Places,
) -> Result<Plan, SettingsError> {
    table.refuse_unknown_keys(
        PLAN_KEYS,
        &[("above the first [[plan]]", &TOP_KEYS[..1]), ("below a line [[plan.source]]", &SOURCE_KEYS[1..])],
    )?;
    let name = name(table, "name = \"family\"", names::check_plan_name, taken)?;
    let schedule = match table.text("schedule")? {
        None => Schedule::default(),
        Some(found) => Schedule::parse(found.value)
            .map_err(|error| table.wrong_value("schedule", &found.span, format!("{}; {SCHEDULE_FORMS}", error.why)))?,
    };
    let retention =
        match table.table("retention", RETENTION_FORMS, format!("in the retention {}", without_in(&table.called)))? {
            None => Retention::default(),
            Some(retention_table) => retention(table, &retention_table)?,
        };
    let max_archive_bytes = table.number("max_archive_bytes", MIN_ARCHIVE_BYTES..=1_000_000_000_000_000)?;
    let compression = table.number("compression", 1..=12)?;
    let mut sources = Vec::new();
    let mut source_names = BTreeSet::new();
    for table in table.tables("source", "plan.source")? {
        sources.push(source(&table, &mut source_names, backup_dir, places)?);
    }
    if sources.is_empty() {
        return Err(table.missing("source", "[[plan.source]] and below it `name` and `path`"));
    }
    Ok(Plan {
        name,
        schedule,
        retention,
        sources,
        max_archive_bytes: max_archive_bytes.unwrap_or(DEFAULT_MAX_ARCHIVE_BYTES),
        compression: compression.map_or(1, |level| level as u8),
        is_paused: table.flag("paused", false)?,
    })
}

fn without_in(called: &str) -> String {
    called.replacen("in ", "of ", 1)
}

fn retention(plan: &Table<'_>, table: &Table<'_>) -> Result<Retention, SettingsError> {
    table.refuse_unknown_keys(RETENTION_KEYS, &[])?;
    let number = |key, from: u64| table.number(key, from..=100_000).map(|n| n.map(|n| n as u32));
    let (last, days) = (number("last", 1)?, number("days", 1)?);
    let (daily, weekly, monthly) = (number("daily", 0)?, number("weekly", 0)?, number("monthly", 0)?);
    let tiers = [daily, weekly, monthly];
    let refused = |meant: String| match plan.get("retention") {
        Some(value) => Err(plan.wrong_value("retention", &value.span(), meant)),
        None => Err(plan.missing("retention", "retention = { last = 7 }")),
    };
    match (last, days, tiers) {
        (Some(last), None, [None, None, None]) => Ok(Retention::Last { last }),
        (None, Some(days), [None, None, None]) => Ok(Retention::Days { days }),
        (None, None, [None, None, None]) => refused(format!("it is empty; it must be {RETENTION_FORMS}")),
        (None, None, _) if tiers.iter().all(|tier| tier.unwrap_or(0) == 0) => {
            refused("nothing would be kept; at least one number must be 1 or more".into())
        }
        (None, None, _) => Ok(Retention::Tiered {
            daily: daily.unwrap_or(0),
            weekly: weekly.unwrap_or(0),
            monthly: monthly.unwrap_or(0),
        }),
        _ => refused(format!("only one way of keeping is possible; it must be {RETENTION_FORMS}")),
    }
}

fn source(
    table: &Table<'_>,
    taken: &mut BTreeSet<String>,
    backup_dir: &Path,
    places: &Places,
) -> Result<SourceSettings, SettingsError> {
    // First the kind: the keys of a kind that is not there yet are not unknown keys.
    let kind = match table.text("kind")? {
        None => SourceKind::Folder,
        Some(Found { value: "folder", .. }) => SourceKind::Folder,
        Some(found) => return Err(wrong_kind(table, &found, SOURCE_KINDS)),
    };
    table.refuse_unknown_keys(
        SOURCE_KEYS,
        &[
            ("above the first [[plan]]", &TOP_KEYS[..1]),
            ("directly below its [[plan]], above the first [[plan.source]]", &PLAN_KEYS[1..]),
        ],
    )?;
    let name = name(table, "name = \"photos\"", names::check_source_name, taken)?;
    let path = folder(table, "path", "path = \"~/Pictures\"")?;
    if places.is_same(&path, backup_dir)
        && let Some(value) = table.get("path")
    {
        let it = if path == backup_dir { "it is" } else { "a link there leads to" };
        let meant = format!("{it} the `backup_dir`; every backup would store the earlier ones again");
        return Err(table.wrong_value("path", &value.span(), meant));
    }
    let mut exclude = Vec::new();
    for pattern in table.texts("exclude")? {
        patterns::check(pattern.value, &path).map_err(|why| table.wrong_value("exclude", &pattern.span, why))?;
        exclude.push(pattern.value.to_owned());
    }
    Ok(SourceSettings {
        name,
        kind,
        path,
        exclude,
        one_file_system: table.flag("one_file_system", true)?,
        exclude_caches: table.flag("exclude_caches", true)?,
        is_paused: table.flag("paused", false)?,
    })
}

fn destination(table: &Table<'_>, taken: &mut BTreeSet<String>) -> Result<FolderDestination, SettingsError> {
    match table.text("kind")? {
        None | Some(Found { value: "folder", .. }) => {}
        Some(found) => return Err(wrong_kind(table, &found, DESTINATION_KINDS)),
    }
    table.refuse_unknown_keys(DESTINATION_KEYS, &[("above the first [[plan]]", &TOP_KEYS[..1])])?;
    let name = name(table, "name = \"NAS\"", names::check_source_name, taken)?;
    Ok(FolderDestination { name, path: folder(table, "path", "path = \"/mnt/nas/backups\"")? })
}

fn wrong_kind(table: &Table<'_>, found: &Found<&str>, kinds: &[&'static str]) -> SettingsError {
    if kinds.contains(&found.value) {
        return table.not_yet(
            "kind",
            &found.span,
            if kinds.contains(&"drive") { "`folder` and `drive`" } else { "`folder`" },
        );
    }
    let meant = match nearest(found.value, kinds) {
        Some(kind) => format!("did you mean \"{kind}\"?"),
        None => format!("known are {}", listed(kinds)),
    };
    table.wrong_value("kind", &found.span, meant)
}

fn folder(table: &Table<'_>, key: &str, example: &'static str) -> Result<std::path::PathBuf, SettingsError> {
    let found = table.required_text(key, example)?;
    paths::expand(found.value, table.document.home).map_err(|why| table.wrong_value(key, &found.span, why))
}

pub(super) fn name(
    table: &Table<'_>,
    example: &'static str,
    check: fn(&str) -> Result<(), String>,
    taken: &mut BTreeSet<String>,
) -> Result<String, SettingsError> {
    let found = table.required_text("name", example)?;
    check(found.value).map_err(|why| table.wrong_value("name", &found.span, why))?;
    // Case is no difference: on a stick `Photos` and `photos` would be one folder.
    if !taken.insert(found.value.to_lowercase()) {
        return Err(table.wrong_value(
            "name",
            &found.span,
            "it is already taken; names must differ by more than case".into(),
        ));
    }
    Ok(found.value.to_owned())
}
