//! `keepsake delete`: one backup goes because a person says so.

use keepsake_core::backup::computer;
use keepsake_core::retire::{DeleteError, Deleted, RetireError, RetireRequest, delete_backup};
use keepsake_core::units::{ByteCount, counted};
use serde_json::json;

use crate::error::{CliError, Exit};
use crate::near;
use crate::say;
use crate::session::{Session, needed_settings};
use crate::surroundings::Surroundings;

/// Deletes a backup of this computer; with `dry_run` it only says what would come back.
///
/// # Errors
/// Exit code 65 when there is no such backup, or it may not go.
pub fn run(around: &Surroundings, name: &str, dry_run: bool) -> Result<Exit, CliError> {
    let settings = needed_settings(around)?;
    let session = match dry_run {
        true => Session::look(around)?,
        false => Session::write_at_home(around, "deleting a backup")?,
    };
    if let Some(trouble) = &session.home_trouble {
        return Err(trouble.clone());
    }
    let name = name.strip_suffix(".tar.gz").unwrap_or(name);
    let computer_id = computer().1;
    let backups = session.catalog.backups(None)?;
    let own = || backups.iter().filter(|backup| backup.computer_id == computer_id);
    let Some(backup) = own().find(|backup| backup.name == name) else {
        return Err(unknown(name, backups.iter().any(|backup| backup.name == name), own().map(|b| b.name.as_str())));
    };
    let request = RetireRequest {
        plan: backup.plan.clone(),
        computer_id,
        retention: settings.plan(&backup.plan).map(|plan| plan.retention).unwrap_or_default(),
        backup_dir: settings.backup_dir.clone(),
        data_dir: around.data_dir.clone(),
        confirm_changes: false,
    };
    let clock = around.clock.as_ref();
    let deleted = delete_backup(&session.catalog, &request, name, dry_run, clock, &session.watcher()).map_err(told)?;
    if !dry_run {
        session.follow_health();
    }
    answer(around, name, &deleted, dry_run)?;
    Ok(Exit::Good.not_all(!deleted.problems.is_empty()))
}

fn answer(around: &Surroundings, name: &str, deleted: &Deleted, dry_run: bool) -> Result<(), CliError> {
    if around.global.json {
        return say::json(&json!({
            "dry_run": dry_run, "backup": name, "archives": deleted.archives, "bytes": deleted.bytes,
            "problems": deleted.problems,
        }));
    }
    let came = match (deleted.archives, dry_run) {
        (0, true) => "no room would come back: other backups need its archives".to_string(),
        (0, false) => "no room came back: other backups need its archives".to_string(),
        (archives, _) => {
            let came = if dry_run { "would come back" } else { "came back" };
            format!("{} {came} from {}", ByteCount(deleted.bytes), counted(archives, "archive", "archives"))
        }
    };
    if !around.global.quiet {
        say::lines([match dry_run {
            true => format!("{name} would be deleted: {came}. Nothing was removed."),
            false => format!("Deleted {name}: {came}."),
        }])?;
    }
    for problem in deleted.problems.iter().take(10) {
        say::note(format_args!("keepsake: {problem}. No backup needs it; the next run tries again."));
    }
    Ok(())
}

fn unknown<'n>(name: &str, is_of_another: bool, known: impl Iterator<Item = &'n str>) -> CliError {
    if is_of_another {
        let message = format!("{name} was made by another computer, and stays");
        return CliError::input(message, "Delete it there.");
    }
    let near = near::names(name, known, 3);
    let advice = match near.is_empty() {
        true => "`keepsake list` shows the backups by name.".to_string(),
        false => format!("Did you mean {}? `keepsake list` shows the backups by name.", near.join(" or ")),
    };
    CliError::input(format!("there is no backup {name}"), advice)
}

fn told(error: DeleteError) -> CliError {
    let message = error.to_string();
    match error {
        DeleteError::Retire(RetireError::Catalog(e)) => e.into(),
        DeleteError::Retire(RetireError::File(_)) => CliError::failed(
            message,
            "No backup was removed. See whether the folder of Keepsake's state can be written, and run it again.",
        ),
        DeleteError::Waits { waits } => CliError::input(message, waits.advice()),
        DeleteError::NoSuchBackup { .. } => CliError::input(message, "`keepsake list` shows the backups by name."),
        DeleteError::Protected { .. } => {
            CliError::input(message, "Make a newer backup first; then this one may be deleted.")
        }
        DeleteError::LastOfSource { .. } => {
            CliError::input(message, "Make a backup of it first; then this one may be deleted.")
        }
    }
}
