//! `keepsake rebuild` and `keepsake import`: making backups known.

use std::path::Path;

use keepsake_core::rebuild::{self, Imported};
use keepsake_core::units::counted;
use serde_json::json;

use crate::error::{CliError, Exit};
use crate::progress::{self, Watcher};
use crate::say;
use crate::session::{Session, named_folder, needed_settings, reserve, take_lock};
use crate::stop::Stop;
use crate::surroundings::Surroundings;

/// Makes the catalog anew from the archives.
///
/// # Errors
/// When the backup folder cannot be read or the catalog not be written.
pub fn rebuild(around: &Surroundings) -> Result<Exit, CliError> {
    let settings = needed_settings(around)?;
    let _lock = take_lock(around, "making the catalog anew")?;
    // Made now where there was no catalog yet, and again in the end.
    let kept = reserve(around);
    let _ = kept.keep();
    let is_told = progress::is_watched(around.global.quiet, around.global.json);
    let watcher = Watcher::new(Stop::on_signals(is_told), is_told);
    let clock = around.clock.as_ref();
    let rebuilt = rebuild::rebuild(&around.data_dir, &settings.backup_dir, clock, &watcher)?;
    drop(watcher);
    tell(around, &rebuilt.imported, rebuilt.set_aside.as_deref())
}

/// Makes the backups in a folder known.
///
/// # Errors
/// Exit code 65 when it is no folder.
pub fn import(around: &Surroundings, dir: &Path, name: Option<&str>) -> Result<Exit, CliError> {
    let dir = named_folder(dir, "cannot be imported")?;
    let session = Session::begin(around, &format!("importing {}", dir.display()))?;
    let own_name = dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy();
    let is_home = session.settings.as_ref().is_some_and(|settings| settings.backup_dir == dir);
    let watcher = session.watcher();
    let clock = around.clock.as_ref();
    let imported = rebuild::import_folder(&session.catalog, &dir, name.unwrap_or(&own_name), is_home, clock, &watcher)?;
    drop(watcher);
    tell(around, &imported, None)
}

fn tell(around: &Surroundings, imported: &Imported, set_aside: Option<&Path>) -> Result<Exit, CliError> {
    let exit = if imported.problems.is_empty() { Exit::Good } else { Exit::Problems };
    if around.global.json {
        say::json(&json!({
            "archives": imported.archives.len(), "backups": imported.backups, "files": imported.files,
            "problems": imported.problems, "set_aside": set_aside.map(|path| path.display().to_string()),
        }))?;
        return Ok(exit);
    }
    let mut lines = Vec::new();
    if !around.global.quiet {
        lines.push(match (imported.backups, imported.copies) {
            (0, 0) => "No backups that were not known before.".to_string(),
            (0, copies) => format!("No new backups; {} of known ones.", counted(copies, "copy", "copies")),
            (backups, _) => format!(
                "Known now: {} in {}, {}.",
                counted(backups, "backup", "backups"),
                counted(imported.archives.len() as u64, "archive", "archives"),
                counted(imported.files, "file or folder", "files and folders")
            ),
        });
        if let Some(path) = set_aside {
            lines.push(format!("The old catalog was set aside as {}.", path.display()));
        }
    }
    if !imported.problems.is_empty() {
        lines.push(format!("{}:", counted(imported.problems.len() as u64, "problem", "problems")));
        let shown = if around.global.verbose { imported.problems.len() } else { imported.problems.len().min(10) };
        lines.extend(imported.problems[..shown].iter().map(|problem| format!("  {problem}")));
        if shown < imported.problems.len() {
            lines.push(format!("  and {} more (-v names them)", imported.problems.len() - shown));
        }
    }
    say::lines(lines)?;
    Ok(exit)
}
