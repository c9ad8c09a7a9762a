//! `keepsake restore`.

pub mod seen;
pub mod target;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use keepsake_core::archive_path::ArchivePath;
use keepsake_core::catalog::BackupRow;
use keepsake_core::health::sentence::age;
use keepsake_core::monitor::ProblemKind;
use keepsake_core::restore::{
    CONSENT_WORD, Consent, FilesAndBytes, FromPlace, LostFile, Preview, RestoreError, RestoreOptions, RestoreRequest,
    Restored, Target, preview, restore,
};
use keepsake_core::settings::Settings;
use keepsake_core::units::{ByteCount, Count, counted};
use serde_json::{Value, json};

use super::list::rfc3339;
use super::problem_lines;
use crate::args::Restore;
use crate::error::{CliError, Exit};
use crate::near;
use crate::say;
use crate::session::{Session, needs_memory};
use crate::stop::Stop;
use crate::surroundings::{Surroundings, absolute};

/// So many bytes of paths are read at most: those of a restore that the agent was asked for.
const MOST_STDIN_BYTES: u64 = keepsake_api::wire::MAX_REQUEST_BYTES;

/// Brings files back.
///
/// # Errors
/// Exit code 65 when there is no such backup or path, or when consent is missing.
pub fn run(around: &Surroundings, asked: &Restore) -> Result<Exit, CliError> {
    let target_dir = asked.to.as_deref().map(absolute).transpose()?;
    let mut session = match asked.in_place && !asked.dry_run {
        true => {
            needs_memory(around)?;
            Session::write(around, "bringing files back")?
        }
        false => Session::look_into(around, asked.from.dir.as_deref())?,
    };
    let (backup, is_second_best) = session.backup_or_second_best(&asked.backup)?;
    let sources = near::sources(&backup);
    let more = if asked.paths_from_stdin { paths_from_stdin()? } else { Vec::new() };
    let typed = asked.paths.iter().chain(&more).map(|path| near::parse_path(path, &sources));
    let paths = typed.collect::<Result<Vec<ArchivePath>, _>>()?;
    for path in &paths {
        if session.catalog.entries(&backup, Some(path)).next().transpose()?.is_none() {
            return Err(near::no_such_path(&session.catalog, &backup, path)?);
        }
    }
    if let Some(dir) = &target_dir {
        let wanted = |name: &&str| paths.is_empty() || paths.iter().any(|path| path.source() == name.as_bytes());
        let sources: Vec<&str> = sources.iter().copied().filter(wanted).collect();
        if let Some(remark) = target::check(dir, &sources, session.settings.as_ref(), &around.data_dir, &|_| false)? {
            say::note(remark);
        }
    }
    let target = match &target_dir {
        Some(dir) => Target::Beside(dir.clone()),
        None => Target::InPlace { sources: folders(&backup, session.settings.as_ref(), &session.computer_id) },
    };
    let place = place(&target, &backup, &paths, &|_| false);
    let request = RestoreRequest { backup, paths, target };
    if asked.dry_run {
        let found = preview(&session.catalog, &request).map_err(told)?;
        return Ok(answer_preview(around, &request, &found, &place)?.not_all(is_second_best));
    }
    // By the settings that were read just now, and that what follows goes by.
    asked.seen.as_deref().map_or(Ok(()), |seen| seen::check(seen, &request))?;
    // Without consent nothing begins, and the error says so.
    let begins = !asked.in_place || asked.confirm.as_deref() == Some(CONSENT_WORD);
    if begins && !around.global.json && !around.global.quiet {
        say::lines([format!("Bringing back {} ({}) to {place}", when(&request.backup), request.backup.name)])?;
    }
    if !asked.in_place {
        // Without the lock it could be ended by a signal at any time until here.
        session.stop = Stop::on_signals(session.is_told());
    }
    let consent = asked.confirm.clone().map_or(Consent::NotGiven, Consent::Typed);
    let options = RestoreOptions { consent };
    let watcher = session.watcher();
    let clock = around.clock.as_ref();
    let done = restore(&session.catalog, &request, &options, clock, &watcher, &around.data_dir);
    drop(watcher);
    let is_of_here = request.backup.computer_id == session.computer_id && asked.from.dir.is_none();
    Ok(answer(around, &request, &done.map_err(told)?, &place, is_of_here)?.not_all(is_second_best))
}

/// Paths that do not fit a command line, each with a NUL behind it. None at all would mean everything: then something
/// went wrong.
fn paths_from_stdin() -> Result<Vec<OsString>, CliError> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().take(MOST_STDIN_BYTES + 1).read_to_end(&mut bytes);
    let paths = bytes.strip_suffix(&[0]).filter(|_| read.is_ok() && bytes.len() as u64 <= MOST_STDIN_BYTES);
    match paths {
        Some(paths) => Ok(paths.split(|byte| *byte == 0).map(|path| OsString::from_vec(path.to_vec())).collect()),
        None => {
            Err(CliError::input("no paths came on stdin", "Each has a NUL behind it, as `find -print0` writes them."))
        }
    }
}

/// Where each source was: as the settings say now, otherwise where it was when it was backed up. Only a backup of
/// the computer with the id `here` may say that: an archive from elsewhere could name any folder.
pub fn folders(backup: &BackupRow, settings: Option<&Settings>, here: &str) -> BTreeMap<String, PathBuf> {
    let plan = settings.and_then(|settings| settings.plan(&backup.plan));
    let of_settings = |name: &str| plan.and_then(|plan| plan.sources.iter().find(|s| s.name == name));
    let known = backup.sources.iter().filter_map(|source| {
        let then = PathBuf::from(&source.path);
        let now = of_settings(&source.name).map(|s| s.path.clone());
        let folder = now.or_else(|| (then.is_absolute() && backup.computer_id == here).then_some(then))?;
        Some((source.name.clone(), folder))
    });
    known.collect()
}

/// The exact place, as text. Where a source is reached over a link, the folder to which that leads is named besides:
/// `/home/ann/photos → /mnt/disk/photos`. What is silent is not looked at.
pub fn place(target: &Target, backup: &BackupRow, paths: &[ArchivePath], is_silent: &dyn Fn(&Path) -> bool) -> String {
    match target {
        Target::Beside(dir) => dir.display().to_string(),
        Target::InPlace { sources } => {
            let with_real = |folder: &Path| match real(folder).filter(|real| real != folder) {
                Some(real) => format!("{} → {}", folder.display(), real.display()),
                None => folder.display().to_string(),
            };
            let shown = |folder: &Path| {
                if is_silent(folder) { folder.display().to_string() } else { with_real(folder) }
            };
            let folders = written_sources(sources, backup, paths).map(|(_, folder)| shown(folder));
            folders.collect::<Vec<_>>().join(", ")
        }
    }
}

/// Where a folder is behind all links. What of it is not there yet will be made below what is.
fn real(folder: &Path) -> Option<PathBuf> {
    let there = folder.ancestors().find_map(|at| Some((at, fs_err::canonicalize(at).ok()?)));
    let (at, real) = there?;
    Some(real.join(folder.strip_prefix(at).ok()?).components().collect())
}

/// Those of the sources that a restore in place writes to, with their folders.
pub fn written_sources<'s>(
    sources: &'s BTreeMap<String, PathBuf>,
    backup: &BackupRow,
    paths: &[ArchivePath],
) -> impl Iterator<Item = (&'s str, &'s Path)> {
    let is_wanted = |name: &str| paths.is_empty() || paths.iter().any(|path| path.source() == name.as_bytes());
    sources
        .iter()
        .filter(move |(name, _)| is_wanted(name) && backup.collected(name.as_bytes()))
        .map(|(name, folder)| (name.as_str(), folder.as_path()))
}

/// `the backup of Tuesday 3 March 2026, 02:05`
fn when(backup: &BackupRow) -> String {
    match crate::select::wall_clock(backup) {
        Some(time) => format!("the backup of {}", time.strftime("%A %-d %B %Y, %H:%M")),
        None => "the backup".into(),
    }
}

/// Exit codes and advice for what can go wrong.
fn told(error: RestoreError) -> CliError {
    let message = error.to_string();
    let input = |advice: &str| CliError::input(message.clone(), advice);
    let failed = |advice: &str| CliError::failed(message.clone(), advice);
    match error {
        RestoreError::NeedsConsent { .. } => input("To agree, add: --confirm RESTORE"),
        RestoreError::WouldReplace { .. } => input("Nothing was changed. Add --dry-run to see what there is."),
        RestoreError::NoSuchPath { .. } => input("`keepsake files` shows the paths in a backup."),
        RestoreError::NoFolderFor { .. } => {
            input("Where it was on another computer is not taken from a backup, nor what is no folder. Add: --to DIR")
        }
        RestoreError::NotEnoughRoom { .. } | RestoreError::TargetMissing { .. } => failed("Nothing was changed."),
        RestoreError::CannotWrite { .. } => failed("What was brought back until then is whole. Run it again to go on."),
        RestoreError::Catalog(e) => e.into(),
        RestoreError::File(e) => e.into(),
    }
}

fn numbers(one: &FilesAndBytes) -> Value {
    json!({ "files": one.files, "bytes": one.bytes })
}

fn as_json(request: &RestoreRequest, found: &Preview, place: &str, is_dry_run: bool) -> Value {
    json!({
        "backup": request.backup.name, "backup_time": rfc3339(&request.backup.time), "to": place,
        "in_place": matches!(request.target, Target::InPlace { .. }), "dry_run": is_dry_run,
        "new": numbers(&found.new), "changed": numbers(&found.changed), "same": numbers(&found.same),
        "newer_here": numbers(&found.newer_here), "restored": numbers(&FilesAndBytes::default()),
        "problems": [], "problem_count": 0, "lost": [], "from_places": [], "salvaged": [], "undo": null,
    })
}

fn answer_preview(
    around: &Surroundings,
    request: &RestoreRequest,
    found: &Preview,
    place: &str,
) -> Result<Exit, CliError> {
    if around.global.json {
        say::json(&as_json(request, found, place, true))?;
    } else {
        let is_in_place = matches!(request.target, Target::InPlace { .. });
        say::lines(preview_lines(request, found, place, is_in_place, around.clock.now()))?;
    }
    Ok(Exit::Good)
}

fn preview_lines(
    request: &RestoreRequest,
    found: &Preview,
    place: &str,
    is_in_place: bool,
    now: Timestamp,
) -> Vec<String> {
    let then = Timestamp::from_second(found.backup_at).unwrap_or(now);
    let old = match now.duration_since(then) {
        old if old < jiff::SignedDuration::from_hours(1) => "less than an hour".to_string(),
        old => age(old),
    };
    let line = |what: &str, one: &FilesAndBytes, means: &str| {
        let files = counted(one.files, "file", "files");
        format!("  {what:<11}{files:>14}  {:>10}   {means}", ByteCount(one.bytes).to_string())
    };
    let changed =
        if is_in_place { "would be replaced, and kept for 30 days" } else { "in the way: nothing is replaced" };
    vec![
        format!("{} ({}) is {old} old.", capital(&when(&request.backup)), request.backup.name),
        line("new", &found.new, "not there now"),
        line("changed", &found.changed, changed),
        line("same", &found.same, "there already"),
        line("newer here", &found.newer_here, "of those changed: changed here after the backup"),
        format!("It would go to {place}. Nothing was written."),
    ]
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `is_of_here`: the backup is this computer's own, so that its archives should be in the backup folder.
fn answer(
    around: &Surroundings,
    request: &RestoreRequest,
    done: &Restored,
    place: &str,
    is_of_here: bool,
) -> Result<Exit, CliError> {
    let exit = match done {
        Restored { stopped: true, .. } => Exit::Stopped,
        Restored { problem_count: 0, .. } => Exit::Good,
        Restored { problems, .. } if problems.iter().any(|p| p.kind == ProblemKind::Damaged) => Exit::Failed,
        _ => Exit::Problems,
    };
    if around.global.json {
        let mut value = as_json(request, &done.found, place, false);
        value["restored"] = numbers(&done.restored);
        value["problems"] = serde_json::to_value(&done.problems).unwrap_or_default();
        value["problem_count"] = done.problem_count.into();
        value["lost"] = serde_json::to_value(&done.lost).unwrap_or_default();
        value["from_places"] = serde_json::to_value(&done.from_places).unwrap_or_default();
        value["salvaged"] = serde_json::to_value(&done.salvaged).unwrap_or_default();
        value["undo"] = done.undo.clone().into();
        value["stopped"] = done.stopped.into();
        say::json(&value)?;
        return Ok(exit);
    }
    if !around.global.quiet || exit != Exit::Good {
        let mut lines = lines(done, place, around.global.verbose);
        lines.extend(is_of_here.then(|| from_places_line(&done.from_places)).flatten());
        lines.extend(salvaged_line(&done.salvaged));
        lines.extend(left_lines(&done.lost));
        say::lines(lines)?;
    }
    Ok(exit)
}

/// That all is well although the backup folder is not whole, and how it becomes so.
fn from_places_line(from: &[FromPlace]) -> Option<String> {
    let archives: BTreeSet<&str> = from.iter().map(|one| one.archive.as_str()).collect();
    let places: BTreeSet<&str> = from.iter().map(|one| one.place.as_str()).collect();
    let first = archives.first()?;
    let archives = match archives.len() - 1 {
        0 => format!("{first} is"),
        more => format!("{first} and {} are", counted(more as u64, "other archive", "other archives")),
    };
    let places = places.into_iter().collect::<Vec<_>>().join(" and ");
    Some(format!(
        "{archives} damaged or missing in your backup folder, so the good copy at {places} was read. To mend the backup \
         folder from there: keepsake verify --heal"
    ))
}

/// That something came out of an archive whose end is damaged.
fn salvaged_line(salvaged: &BTreeSet<String>) -> Option<String> {
    let first = salvaged.first()?;
    let archives = match salvaged.len() - 1 {
        0 => format!("The end of {first} is"),
        more => format!("The ends of {first} and {} are", counted(more as u64, "other archive", "other archives")),
    };
    Some(format!(
        "{archives} damaged; what came out of it was compared and is right. Back up soon, and look at that disk."
    ))
}

/// What can be done for files that are lost in this backup.
fn left_lines(lost: &[LostFile]) -> Vec<String> {
    let mut lines = Vec::new();
    let places: BTreeSet<&str> = lost.iter().flat_map(|one| &one.out_of_reach).map(String::as_str).collect();
    if !places.is_empty() {
        let places = places.into_iter().collect::<Vec<_>>().join(" and ");
        lines.push(format!("There should be good copies at {places}: connect it, and run this again."));
    }
    let mut others = lost.iter().filter_map(|one| Some((one, one.other_version.as_ref()?)));
    if let Some((one, other)) = others.next() {
        lines.push(format!(
            "To bring back another version of a file: keepsake restore {} --path '{}' --to DIR",
            other.backup, one.path
        ));
    }
    lines
}

fn lines(done: &Restored, place: &str, is_verbose: bool) -> Vec<String> {
    let brought = counted(done.restored.files, "file", "files");
    let mut line = format!("Brought back {brought} ({}) to {place}.", ByteCount(done.restored.bytes));
    if done.same.files > 0 {
        let were = if done.same.files == 1 { "was" } else { "were" };
        line.push_str(&format!(" {} {were} there already.", Count(done.same.files)));
    }
    let mut lines = vec![line];
    if done.stopped {
        lines.push("Stopped as asked. What came back is whole; run it again to bring the rest.".into());
    }
    if let Some(undo) = &done.undo {
        lines.push(format!("To take this back within 30 days: keepsake undo {undo}"));
    }
    lines.extend(problem_lines(&done.problems, done.problem_count, is_verbose, " (-v or --json name them)"));
    lines
}

#[cfg(test)]
mod tests;
