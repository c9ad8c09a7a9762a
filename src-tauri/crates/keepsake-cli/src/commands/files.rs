//! `keepsake files`: what is in a backup, as a stream.

use std::ffi::OsStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use keepsake_core::archive::manifest::{Entry, Node};
use keepsake_core::archive_path::shown;
use keepsake_core::catalog::BackupRow;
use keepsake_core::file_facts::FileTime;
use keepsake_core::units::ByteCount;
use serde::Serialize;

use crate::args::{From, Wanted};
use crate::error::{CliError, Exit};
use crate::near;
use crate::say::Answer;
use crate::session::Session;
use crate::surroundings::Surroundings;

/// One file in JSON.
#[derive(Serialize)]
struct FileJson {
    path: String,
    r#type: &'static str,
    size: u64,
    mtime: String,
    mode: String,
    uid: u32,
    gid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
}

/// Lists a backup's files, or those at and below a path.
///
/// # Errors
/// Exit code 65 when there is no such backup or path.
pub fn run(around: &Surroundings, wanted: &Wanted, path: Option<&OsStr>, from: &From) -> Result<Exit, CliError> {
    let session = Session::look_into(around, from.dir.as_deref())?;
    let backup = session.backup(wanted)?;
    let path = path.map(|path| near::parse_path(path, &near::sources(&backup))).transpose()?;
    let mut entries = session.catalog.entries(&backup, path.as_ref()).peekable();
    if let Some(path) = &path
        && entries.peek().is_none()
    {
        return Err(near::no_such_path(&session.catalog, &backup, path)?);
    }
    // A catalog that is damaged here is noticed before anything is written, and made anew.
    if let Some(Err(_)) = entries.peek() {
        return match entries.next() {
            Some(Err(e)) => Err(e.into()),
            _ => Ok(Exit::Good),
        };
    }
    let mut answer = Answer::new();
    let mut failed = None;
    if around.global.json {
        answer.text("{\"backup\":")?;
        answer.json(&backup.name)?;
        answer.text(",\"files\":[")?;
    }
    let zone = zone_of(&backup, around);
    for (i, stored) in entries.enumerate() {
        let entry = match stored {
            Ok(stored) => stored.entry,
            Err(e) => {
                failed = Some(CliError::from(e));
                break;
            }
        };
        if around.global.json {
            answer.text(if i > 0 { ",\n" } else { "\n" })?;
            answer.json(&as_json(&entry))?;
        } else {
            answer.line(line(&entry, &zone))?;
        }
        if answer.is_gone() {
            return Ok(Exit::Good);
        }
    }
    if around.global.json {
        answer.text("\n]")?;
        if let Some(error) = &failed {
            // Something was written already: the error becomes part of the one object.
            answer.text(",\"error\":")?;
            answer.json(&serde_json::json!({ "message": error.message, "advice": error.advice }))?;
        }
        answer.text("}\n")?;
    }
    answer.finish()?;
    match failed {
        None => Ok(Exit::Good),
        Some(_) if around.global.json => Ok(Exit::Failed),
        // Too late to begin anew.
        Some(error) => Err(CliError { is_catalog_damaged: false, ..error }),
    }
}

/// The time zone of the computer that made the backup, so that times are as they were there.
fn zone_of(backup: &BackupRow, around: &Surroundings) -> TimeZone {
    let time = backup.time.parse::<jiff::Zoned>();
    time.map_or_else(|_| around.clock.time_zone(), |time| time.time_zone().clone())
}

fn kind(node: &Node) -> &'static str {
    match node {
        Node::File(_) => "file",
        Node::Folder => "folder",
        Node::Symlink(_) => "symlink",
        Node::HardLink { .. } => "hardlink",
    }
}

fn size(node: &Node) -> u64 {
    if let Node::File(content) = node { content.size_bytes } else { 0 }
}

/// Seconds with nine digits: `1500000000.000000005`.
pub fn exact(time: FileTime) -> String {
    format!("{}.{:09}", time.secs, time.nanos)
}

fn as_json(entry: &Entry) -> FileJson {
    FileJson {
        path: entry.path.to_string(),
        r#type: kind(&entry.node),
        size: size(&entry.node),
        mtime: exact(entry.facts.mtime),
        mode: format!("{:04o}", entry.facts.mode),
        uid: entry.facts.uid,
        gid: entry.facts.gid,
        target: match &entry.node {
            Node::Symlink(target) => Some(shown(target)),
            Node::HardLink { target, .. } => Some(target.to_string()),
            _ => None,
        },
    }
}

/// `312 MB  2026-03-03 02:05  photos/2019/lake.jpg`
fn line(entry: &Entry, zone: &TimeZone) -> String {
    let (size, ending) = match &entry.node {
        Node::File(content) => (ByteCount(content.size_bytes).to_string(), String::new()),
        Node::Folder => (String::new(), "/".into()),
        Node::Symlink(target) => ("link".into(), format!(" -> {}", shown(target))),
        Node::HardLink { target, .. } => ("same".into(), format!(" = {target}")),
    };
    format!("{size:>9}  {}  {}{ending}", minute(entry.facts.mtime, zone), entry.path)
}

/// When a file was changed, to the minute.
pub fn minute(time: FileTime, zone: &TimeZone) -> String {
    match Timestamp::from_second(time.secs) {
        Ok(moment) => moment.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
        // Years beyond 9999 are on some disks.
        Err(_) => format!("{:>16}", "?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_core::archive_path::ArchivePath;
    use keepsake_core::file_facts::FileFacts;

    fn entry(node: Node) -> Entry {
        let mtime = FileTime { secs: 1_772_499_900, nanos: 5 };
        let facts = FileFacts { mode: 0o644, mtime, ..FileFacts::default() };
        Entry { path: ArchivePath::new("home/a").expect("a path"), node, facts, user: "".into(), group: "".into() }
    }

    #[test]
    fn lines_are_for_people_and_json_is_exact() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        assert_eq!(line(&entry(Node::Folder), &berlin), "           2026-03-03 02:05  home/a/");
        assert_eq!(
            line(&entry(Node::Symlink(b"b\x1b".into())), &berlin),
            "     link  2026-03-03 02:05  home/a -> b\\u{1b}"
        );
        let json = serde_json::to_value(as_json(&entry(Node::Folder))).expect("json");
        assert_eq!((&json["mtime"], &json["mode"]), (&"1772499900.000000005".into(), &"0644".into()));
        assert_eq!(json.get("target"), None);
        let odd = FileTime { secs: i64::MAX, nanos: 0 };
        assert_eq!(minute(odd, &berlin).trim(), "?");
    }
}
