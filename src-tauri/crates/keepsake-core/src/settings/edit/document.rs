//! The text of the settings, as something in which single places can be changed.

use std::path::Path;

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, RawString, Table, TableLike, Value};

use super::super::error::{Place, SettingsError};
use super::super::{DriveSettings, QuietHours, Retention};
use super::{AddedSource, Change, Missing, WrongChange};

/// The text while it is changed.
pub(super) struct Document {
    document: DocumentMut,
    /// True when lines end as on Windows.
    has_cr: bool,
}

impl Document {
    pub fn read(text: &str, file: &Path) -> Result<Self, SettingsError> {
        let document = text.parse().map_err(|error: toml_edit::TomlError| SettingsError::Syntax {
            at: Place::boxed(file, text, error.span().map_or(text.len(), |span| span.start)),
            message: error.message().replace('\n', " "),
        })?;
        Ok(Self { document, has_cr: text.contains("\r\n") })
    }

    pub fn text(&self) -> String {
        let text = self.document.to_string();
        if self.has_cr { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text }
    }

    pub fn make(&mut self, change: &Change) -> Result<(), WrongChange> {
        let top = self.document.as_table_mut();
        match change {
            Change::BackupDir(dir) => set(top, "backup_dir", dir.as_str().into()),
            Change::AddPlan { plan, schedule, retention, sources } => {
                let mut table = Table::new();
                set(&mut table, "name", plan.as_str().into());
                set(&mut table, "schedule", schedule.as_str().into());
                set_retention(&mut table, *retention);
                for source in sources {
                    push(&mut table, "source", source_table(source));
                }
                push(top, "plan", table);
            }
            Change::RemovePlan { plan } => remove(top, "plan", plan, Missing::Plan)?,
            Change::Schedule { plan, schedule } => {
                set(named(top, "plan", plan, Missing::Plan)?, "schedule", schedule.as_str().into());
            }
            Change::Retention { plan, retention } => {
                set_retention(named(top, "plan", plan, Missing::Plan)?, *retention);
            }
            Change::PausePlan { plan, is_paused } => pause(named(top, "plan", plan, Missing::Plan)?, *is_paused),
            Change::AddSource { plan, source } => {
                push(named(top, "plan", plan, Missing::Plan)?, "source", source_table(source));
            }
            Change::RemoveSource { plan, source } => {
                remove(named(top, "plan", plan, Missing::Plan)?, "source", source, Missing::Source)?;
            }
            Change::PauseSource { plan, source, is_paused } => {
                let plan = named(top, "plan", plan, Missing::Plan)?;
                pause(named(plan, "source", source, Missing::Source)?, *is_paused);
            }
            Change::Exclude { plan, source, patterns } => {
                let plan = named(top, "plan", plan, Missing::Plan)?;
                set_texts(named(plan, "source", source, Missing::Source)?, "exclude", patterns);
            }
            Change::AddPlace { name, path } => {
                let mut table = Table::new();
                set(&mut table, "name", name.as_str().into());
                set(&mut table, "path", path.as_str().into());
                push(top, "destination", table);
            }
            Change::RemovePlace { name } => remove(top, "destination", name, Missing::Place)?,
            Change::AddDrive(drive) => push(top, "destination", drive_table(drive)),
            Change::ChangeDrive { name, new_name, color, stays_plugged_in } => {
                let drive = named(top, "destination", name, Missing::Place)?;
                set(drive, "name", new_name.as_str().into());
                set(drive, "color", color.word().into());
                if *stays_plugged_in || drive.contains_key("stay_plugged_in") {
                    set(drive, "stay_plugged_in", (*stays_plugged_in).into());
                }
            }
            Change::QuietHours(hours) => set_quiet_hours(top, *hours),
            Change::WaitOnBattery(waits) => set(section(top, "power"), "wait_on_battery", (*waits).into()),
            Change::WaitOnMetered(waits) => set(section(top, "power"), "wait_on_metered", (*waits).into()),
        }
        Ok(())
    }
}

/// Sets a value. What stood around the one before (spaces, a comment behind it) stays.
fn set(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => {
            table.insert(key, Item::Value(value));
        }
    }
}

/// A plan that is not paused needs no line that says so; where there is one, comments may hang on it.
fn pause(table: &mut dyn TableLike, is_paused: bool) {
    if is_paused || table.contains_key("paused") {
        set(table, "paused", is_paused.into());
    }
}

fn set_retention(plan: &mut dyn TableLike, retention: Retention) {
    let wanted: Vec<(&str, u32)> = match retention {
        Retention::Last { last } => vec![("last", last)],
        Retention::Days { days } => vec![("days", days)],
        Retention::Tiered { daily, weekly, monthly } => {
            vec![("daily", daily), ("weekly", weekly), ("monthly", monthly)]
        }
    };
    let number = |count: u32| Value::from(i64::from(count));
    match plan.get_mut("retention").and_then(Item::as_table_like_mut) {
        Some(table) => {
            let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
            // First what is new: so that a table is never empty, and what stands in it keeps its look.
            for (key, count) in &wanted {
                set(table, key, number(*count));
            }
            let gone: Vec<&String> = keys.iter().filter(|key| wanted.iter().all(|(wanted, _)| wanted != key)).collect();
            for key in gone {
                hand_comments_on(table, key, wanted[0].0);
                table.remove(key);
            }
        }
        None => {
            let mut table = InlineTable::new();
            for (key, count) in wanted {
                table.insert(key, number(count));
            }
            set(plan, "retention", Value::InlineTable(table));
        }
    }
}

/// Gives the comments above and behind a value that goes to one that stays.
fn hand_comments_on(table: &mut dyn TableLike, from: &str, to: &str) {
    let above = table.key(from).map(|key| raw(key.leaf_decor().prefix())).unwrap_or_default();
    let behind = table.get(from).and_then(Item::as_value).map(|value| raw(value.decor().suffix())).unwrap_or_default();
    if above.contains('#')
        && let Some(mut key) = table.key_mut(to)
    {
        let own = raw(key.leaf_decor().prefix());
        key.leaf_decor_mut().set_prefix(above + &own);
    }
    if behind.contains('#')
        && let Some(Item::Value(value)) = table.get_mut(to)
    {
        let own = raw(value.decor().suffix());
        value.decor_mut().set_suffix(if own.contains('#') { own + " " + behind.trim() } else { behind });
    }
}

/// Sets a list of texts. Those that stay keep their look; a comment between them stays, too.
fn set_texts(table: &mut dyn TableLike, key: &str, texts: &[String]) {
    let Some(array) = table.get_mut(key).and_then(Item::as_array_mut) else {
        if !texts.is_empty() {
            set(table, key, Value::Array(texts.iter().map(String::as_str).collect()));
        }
        return;
    };
    let mut old: Vec<Option<Value>> = array.iter().cloned().map(Some).collect();
    let is_wanted = |value: &Value| value.as_str().is_some_and(|text| texts.iter().any(|wanted| wanted == text));
    // What stands before a value that goes is handed to the next one that stays, or to the list's end.
    let mut comments = String::new();
    for slot in &mut old {
        let Some(value) = slot else { continue };
        let before = raw(value.decor().prefix());
        if is_wanted(value) {
            if !comments.is_empty() {
                let handed = std::mem::take(&mut comments);
                value.decor_mut().set_prefix(handed + &before);
            }
        } else {
            let behind = raw(value.decor().suffix());
            comments.extend([before, behind].into_iter().filter(|text| text.contains('#')));
            *slot = None;
        }
    }
    let mut new = Array::new();
    *new.decor_mut() = array.decor().clone();
    for text in texts {
        let found = old.iter_mut().find(|slot| slot.as_ref().and_then(Value::as_str) == Some(text));
        match found.and_then(Option::take) {
            Some(value) => new.push_formatted(value),
            None => new.push(text.as_str()),
        }
    }
    // Of a text that stands there twice one was taken.
    comments.extend(old.iter().flatten().map(|value| raw(value.decor().prefix())).filter(|text| text.contains('#')));
    new.set_trailing_comma(array.trailing_comma() && !new.is_empty());
    new.set_trailing(comments + &raw(Some(array.trailing())));
    *array = new;
}

fn raw(text: Option<&RawString>) -> String {
    text.and_then(RawString::as_str).unwrap_or_default().to_owned()
}

fn set_quiet_hours(top: &mut Table, hours: Option<QuietHours>) {
    match hours {
        Some(hours) => set(section(top, "desktop"), "quiet_hours", hours.to_string().into()),
        None => {
            if let Some(table) = top.get_mut("desktop").and_then(Item::as_table_like_mut) {
                table.remove("quiet_hours");
            }
        }
    }
}

/// The table of that name at the top, made when it is missing.
fn section<'t>(top: &'t mut Table, key: &str) -> &'t mut dyn TableLike {
    if !top.get(key).is_some_and(Item::is_table_like) {
        top.insert(key, Item::Table(Table::new()));
    }
    top.get_mut(key).and_then(Item::as_table_like_mut).expect("it is one, or was just made")
}

fn source_table(source: &AddedSource) -> Table {
    let mut table = Table::new();
    set(&mut table, "name", source.name.as_str().into());
    set(&mut table, "path", source.path.as_str().into());
    set_texts(&mut table, "exclude", &source.exclude);
    table
}

fn drive_table(drive: &DriveSettings) -> Table {
    let mut table = Table::new();
    let (id, file_system) = (drive.id.to_string(), drive.file_system.as_str());
    for (key, value) in [("name", drive.name.as_str()), ("kind", "drive"), ("id", &id), ("filesystem", file_system)] {
        set(&mut table, key, value.into());
    }
    set(&mut table, "color", drive.color.word().into());
    set(&mut table, "encrypted", drive.is_encrypted.into());
    if drive.stays_plugged_in {
        set(&mut table, "stay_plugged_in", true.into());
    }
    table
}

/// Adds a table to a list of them, in the form that the list has.
fn push(table: &mut dyn TableLike, key: &str, new: Table) {
    match table.get_mut(key) {
        Some(Item::ArrayOfTables(list)) => list.push(new),
        Some(Item::Value(Value::Array(list))) => list.push(inline(new)),
        _ => {
            let mut list = ArrayOfTables::new();
            list.push(new);
            table.insert(key, Item::ArrayOfTables(list));
        }
    }
}

fn inline(table: Table) -> Value {
    let mut table = table.into_inline_table();
    table.fmt();
    Value::InlineTable(table)
}

fn is_named(table: &dyn TableLike, name: &str) -> bool {
    table.get("name").and_then(Item::as_str).is_some_and(|found| found.to_lowercase() == name.to_lowercase())
}

/// The table of that name in a list.
fn named<'t>(
    table: &'t mut dyn TableLike,
    key: &str,
    name: &str,
    what: Missing,
) -> Result<&'t mut dyn TableLike, WrongChange> {
    let missing = || WrongChange::NotThere { what, name: name.into() };
    match table.get_mut(key) {
        Some(Item::ArrayOfTables(list)) => {
            let found = list.iter_mut().find(|one| is_named(*one, name));
            found.map(|one| one as &mut dyn TableLike).ok_or_else(missing)
        }
        Some(Item::Value(Value::Array(list))) => {
            let mut tables = list.iter_mut().filter_map(Value::as_inline_table_mut);
            tables.find(|one| is_named(*one, name)).map(|one| one as &mut dyn TableLike).ok_or_else(missing)
        }
        _ => Err(missing()),
    }
}

/// Takes the table of that name out of a list.
fn remove(table: &mut dyn TableLike, key: &str, name: &str, what: Missing) -> Result<(), WrongChange> {
    let missing = || WrongChange::NotThere { what, name: name.into() };
    let is_empty = match table.get_mut(key) {
        Some(Item::ArrayOfTables(list)) => {
            let at = list.iter().position(|one| is_named(one, name)).ok_or_else(missing)?;
            list.remove(at);
            list.is_empty()
        }
        Some(Item::Value(Value::Array(list))) => {
            let is_it = |one: &Value| one.as_inline_table().is_some_and(|one| is_named(one, name));
            let at = list.iter().position(is_it).ok_or_else(missing)?;
            list.remove(at);
            // An empty one says in which form the next is to be added.
            false
        }
        _ => return Err(missing()),
    };
    if is_empty {
        table.remove(key);
    }
    Ok(())
}
