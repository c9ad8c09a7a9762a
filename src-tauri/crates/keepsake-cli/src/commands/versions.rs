//! `keepsake versions`: one file over time.

use std::ffi::OsStr;

use keepsake_core::archive::manifest::Node;
use keepsake_core::catalog::VersionRow;
use keepsake_core::hash::hex;
use keepsake_core::units::ByteCount;
use serde_json::{Value, json};

use super::files::{exact, minute};
use super::list::rfc3339;
use crate::args::From;
use crate::error::{CliError, Exit};
use crate::near;
use crate::say;
use crate::session::Session;
use crate::surroundings::Surroundings;

/// Lists the versions of a file, newest first.
///
/// # Errors
/// Exit code 65 when no backup has it.
pub fn run(around: &Surroundings, path: &OsStr, from: &From) -> Result<Exit, CliError> {
    let session = Session::look_into(around, from.dir.as_deref())?;
    let backups = session.catalog.backups(None)?;
    let newest = backups.iter().rfind(|b| b.computer_id == session.computer_id).or(backups.last());
    let sources = newest.map(near::sources).unwrap_or_default();
    let path = near::parse_path(path, &sources)?;
    let versions = session.catalog.versions(&path)?;
    if versions.is_empty() {
        let Some(newest) = newest else {
            return Err(CliError::input("there is no backup yet", "Make one with `keepsake backup`."));
        };
        // The advice is about the newest backup; the message is about all.
        let error = near::no_such_path(&session.catalog, newest, &path)?;
        return Err(CliError { message: format!("no backup has {path}"), ..error });
    }
    if around.global.json {
        let versions: Vec<Value> = versions.iter().map(as_json).collect();
        say::json(&json!({ "path": path.to_string(), "versions": versions }))?;
    } else {
        let zone = around.clock.time_zone();
        let rows: Vec<[String; 3]> = versions.iter().map(|version| row(version, &zone)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (first, second) = (width(0), width(1));
        say::lines(rows.iter().map(|[size, changed, kept]| format!("{size:>first$}  {changed:<second$}  {kept}")))?;
    }
    Ok(Exit::Good)
}

fn as_json(version: &VersionRow) -> Value {
    let (size, sha256) = match &version.stored.entry.node {
        Node::File(content) if content.sparse => (Some(content.size_bytes), None),
        Node::File(content) => (Some(content.size_bytes), Some(hex(&content.sha256))),
        _ => (None, None),
    };
    json!({
        "first_backup": version.first_backup, "last_backup": version.last_backup, "time": rfc3339(&version.time),
        "mtime": exact(version.stored.entry.facts.mtime), "size": size, "sha256": sha256,
    })
}

fn row(version: &VersionRow, zone: &jiff::tz::TimeZone) -> [String; 3] {
    let entry = &version.stored.entry;
    let what = match &entry.node {
        Node::File(content) => ByteCount(content.size_bytes).to_string(),
        Node::Folder => "folder".into(),
        Node::Symlink(_) => "link".into(),
        Node::HardLink { target, .. } => format!("= {target}"),
    };
    let kept = match version.first_backup == version.last_backup {
        true => format!("in {}", version.last_backup),
        false => format!("in {} to {}", version.first_backup, version.last_backup),
    };
    [what, format!("changed {}", minute(entry.facts.mtime, zone)), kept]
}
