//! `keepsake undo`.

use keepsake_core::health::sentence::{HourStyle, when};
use keepsake_core::undo::{UndoError, UndoRow, undo, undo_list};
use keepsake_core::units::counted;
use serde_json::{Value, json};

use super::list::rfc3339;
use super::problem_lines;
use crate::error::{CliError, Exit};
use crate::near;
use crate::progress::{self, Watcher};
use crate::say;
use crate::session::take_lock;
use crate::stop::Stop;
use crate::surroundings::Surroundings;

fn told(error: UndoError) -> CliError {
    let message = error.to_string();
    match error {
        UndoError::NoSuchUndo { .. } => CliError::input(message, "`keepsake undo --list` shows what there is."),
        UndoError::FolderMissing { .. } => CliError::failed(message, "Nothing was changed."),
        UndoError::File(e) => e.into(),
    }
}

/// Lists what can be taken back, newest first.
///
/// # Errors
/// When it cannot be read.
pub fn list(around: &Surroundings) -> Result<Exit, CliError> {
    let rows = undo_list(&around.data_dir, around.clock.now()).map_err(told)?;
    if around.global.json {
        let undos: Vec<Value> = rows.iter().map(|row| as_json(row, around)).collect();
        say::json(&json!({ "undos": undos }))?;
    } else if rows.is_empty() {
        say::lines(["There is nothing to take back."])?;
    } else {
        let now = around.clock.local_now();
        say::lines(rows.iter().map(|row| {
            let at = jiff::Timestamp::from_second(row.at).unwrap_or(now.timestamp());
            let folders: Vec<String> = row.folders.iter().map(|folder| folder.display().to_string()).collect();
            let made = when(at, &now, HourStyle::TwentyFour);
            format!("{}  {made}: {} restored to {}", row.id, row.backup, folders.join(", "))
        }))?;
    }
    Ok(Exit::Good)
}

fn as_json(row: &UndoRow, around: &Surroundings) -> Value {
    let until = jiff::Timestamp::from_second(row.kept_until).map(|until| {
        let until = until.to_zoned(around.clock.time_zone());
        until.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    });
    json!({
        "undo": row.id, "time": rfc3339(&row.time), "backup": row.backup, "backup_time": rfc3339(&row.backup_time),
        "folders": row.folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>(),
        "kept_until": until.ok(),
    })
}

/// Takes a restore in place back: the one that is named, otherwise the newest.
///
/// # Errors
/// Exit code 65 when there is none.
pub fn run(around: &Surroundings, id: Option<&str>) -> Result<Exit, CliError> {
    let _lock = take_lock(around, "taking a restore back")?;
    let known = undo_list(&around.data_dir, around.clock.now()).map_err(told)?;
    let id = match (id, known.first()) {
        (Some(id), _) if known.iter().any(|row| row.id == id) => id.to_string(),
        (_, None) => {
            let why = "A restore in place can be taken back for 30 days; one into a folder of its own need not be.";
            return Err(CliError::input("there is nothing to take back", why));
        }
        (Some(id), Some(newest)) => {
            let near = near::names(id, known.iter().map(|row| row.id.as_str()), 3);
            let near = if near.is_empty() { newest.id.clone() } else { near.join(", ") };
            let advice = format!("The nearest: {near}. All of them: keepsake undo --list");
            return Err(CliError::input(format!("there is nothing to take back that is called {id}"), advice));
        }
        (None, Some(newest)) => newest.id.clone(),
    };
    let is_told = progress::is_watched(around.global.quiet, around.global.json);
    let stop = Stop::on_signals(is_told);
    let watcher = Watcher::new(stop.clone(), is_told);
    let done = undo(&around.data_dir, &id, &watcher).map_err(told)?;
    drop(watcher);
    let exit = match (done.complete, done.problem_count) {
        (false, 0) if stop.is_asked() => Exit::Stopped,
        (true, 0) => Exit::Good,
        _ => Exit::Problems,
    };
    if around.global.json {
        say::json(&json!({
            "undo": id, "restored": { "files": done.restored_files }, "removed": { "files": done.removed_files },
            "problems": done.problems, "problem_count": done.problem_count, "complete": done.complete,
        }))?;
    } else if !around.global.quiet || exit != Exit::Good {
        let back = counted(done.restored_files, "thing is", "things are");
        let gone =
            counted(done.removed_files, "thing that the restore had made is", "things that the restore had made are");
        let mut lines = vec![format!("Took {id} back: {back} as before, {gone} gone.")];
        if exit == Exit::Stopped {
            lines.push("Stopped as asked; run it again to do the rest.".into());
        }
        let others = " (-v or --json name them)";
        lines.extend(problem_lines(&done.problems, done.problem_count, around.global.verbose, others));
        say::lines(lines)?;
    }
    Ok(exit)
}
