//! What a restore would find and do, and what stands in its way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use keepsake_api::{Amount, Answer, RefusalKind, RestoreAsk, RestorePreview, RestoreTarget, Said, SaidArg};
use keepsake_core::archive_path::ArchivePath;
use keepsake_core::catalog::{BackupRow, Place};
use keepsake_core::destinations::stored;
use keepsake_core::restore::{FilesAndBytes, Preview, RestoreError, RestoreRequest, Target, preview_and_obstacle};
use keepsake_core::room::Room;
use keepsake_core::settings::Settings;
use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::known::{Known, Opened, path_in_backup};
use super::refusal::Refused;
use super::silent::Silent;
use crate::commands::restore::{folders, place, seen, target, written_sources};

/// The most paths of one restore.
const MOST_PATHS: usize = 10_000;
/// A backup that is older is told to be old.
const OLD_SECS: i64 = 7 * 86_400;
/// Files that are named one by one.
const NAMED: usize = 20;

/// Answers what a restore would do. Nothing is written.
pub fn preview_restore(known: &mut Known<'_>, ask: &RestoreAsk) -> Result<Answer, Refused> {
    if ask.paths.len() > MOST_PATHS {
        return Err(Refused::bad(format!("at most {MOST_PATHS} files and folders can be brought back at once")));
    }
    let opened = known.open(ask.from.as_ref())?;
    let backup = opened.backup(&ask.name)?;
    let paths = ask.paths.iter().map(path_in_backup).collect::<Result<Vec<ArchivePath>, _>>()?;
    let mut obstacles = Vec::new();
    let mut warnings = Vec::new();
    let (mut wanted, mut unnamed) = (Vec::new(), 0);
    for path in paths {
        match opened.catalog.entries(&backup, Some(&path)).next().transpose()? {
            Some(_) => wanted.push(path),
            None if obstacles.len() < NAMED => {
                obstacles.push(Said::new("preview-no-such-file").text("path", path.to_string()));
            }
            None => unnamed += 1,
        }
    }
    if unnamed > 0 {
        obstacles.push(Said::new("preview-no-such-files").count("count", unnamed));
    }
    let is_nothing = match ask.paths.is_empty() {
        true => opened.catalog.entries(&backup, None).next().transpose()?.is_none(),
        false => wanted.is_empty(),
    };
    if is_nothing && obstacles.is_empty() {
        obstacles.push(Said::new("preview-nothing-chosen"));
    }
    let silent = silent_folders(known, &opened, &backup, ask)?;
    let target = match &ask.target {
        RestoreTarget::InPlace {} => {
            if ask.from.is_some() {
                obstacles.push(Said::new("preview-in-place-from-elsewhere"));
            }
            let settings = opened.settings.as_ref();
            Target::InPlace { sources: folders(&backup, settings, &opened.computer_id) }
        }
        RestoreTarget::Beside { dir } => {
            let dir = PathBuf::from(dir.os_string());
            if !dir.is_absolute() {
                return Err(Refused::bad("the folder to restore into is named by its whole path"));
            }
            if !silent.has(&dir) {
                look_at_folder(known, &opened, &dir, &backup, &silent, &mut obstacles, &mut warnings);
            }
            Target::Beside(dir)
        }
    };
    let goes_to = goes_to(&target, &backup, &wanted);
    let are_silent = goes_to.iter().filter(|folder| silent.has(folder));
    obstacles.extend(
        are_silent.map(|folder| Said::new("preview-folder-silent").text("folder", folder.display().to_string())),
    );
    let place = place(&target, &backup, &wanted, &|folder| silent.has(folder));
    let at = goes_to.first().filter(|at| !silent.has(at)).cloned();
    let request = RestoreRequest { backup, paths: wanted, target };
    let mut found = Preview { backup_at: request.backup.at, ..Preview::default() };
    if obstacles.is_empty() {
        match preview_and_obstacle(&opened.catalog, &request) {
            Ok((seen, obstacle)) => {
                found = seen;
                obstacles.extend(obstacle.map(told).transpose()?);
            }
            Err(error) => obstacles.push(told(error)?),
        }
    }
    warn_of_backup(known, &opened, &request, &silent, &mut warnings)?;
    // Only what can be done can be agreed to.
    let seen = obstacles.is_empty().then(|| seen::token(&request)).flatten();
    let room = at.as_deref().and_then(nearest).and_then(|at| Room::at(at).ok());
    Ok(Answer::PreviewRestore(RestorePreview {
        new: amount(found.new),
        changed: amount(found.changed),
        same: amount(found.same),
        newer_here: amount(found.newer_here),
        place,
        backup_at: found.backup_at,
        obstacles,
        warnings,
        free_bytes: room.map(|room| room.free_bytes),
        seen,
    }))
}

fn amount(one: FilesAndBytes) -> Amount {
    Amount { files: one.files, bytes: one.bytes }
}

/// The folders that a restore writes to.
fn goes_to(target: &Target, backup: &BackupRow, wanted: &[ArchivePath]) -> Vec<PathBuf> {
    match target {
        Target::Beside(dir) => vec![dir.clone()],
        Target::InPlace { sources } => {
            written_sources(sources, backup, wanted).map(|(_, folder)| folder.to_path_buf()).collect()
        }
    }
}

/// Those of all folders that have to do with a restore whose disks do not answer.
fn silent_folders(known: &Known<'_>, opened: &Opened, backup: &BackupRow, ask: &RestoreAsk) -> Result<Silent, Refused> {
    let settings = settings_around(known, opened);
    let mut folders: Vec<PathBuf> = opened.catalog.places()?.into_iter().map(|place| place.path).collect();
    folders.push(known.around.data_dir.clone());
    match &ask.target {
        RestoreTarget::InPlace {} => {
            let sources = self::folders(backup, opened.settings.as_ref(), &opened.computer_id);
            folders.extend(sources.into_values());
        }
        RestoreTarget::Beside { dir } => folders.push(PathBuf::from(dir.os_string())),
    }
    if let Some(settings) = settings {
        folders.push(settings.backup_dir);
        folders.extend(settings.destinations.into_iter().map(|place| place.path));
        folders.extend(settings.plans.into_iter().flat_map(|plan| plan.sources).map(|source| source.path));
    }
    Ok(Silent::among(folders))
}

/// Settings that are not for the folder of backups that is asked about still say where nothing may be put.
fn settings_around(known: &Known<'_>, opened: &Opened) -> Option<Settings> {
    opened.settings.clone().or_else(|| crate::session::settings(known.around).ok().flatten())
}

/// The nearest folder around a path that is there.
fn nearest(path: &Path) -> Option<&Path> {
    path.ancestors().find(|at| at.exists())
}

fn look_at_folder(
    known: &Known<'_>,
    opened: &Opened,
    dir: &Path,
    backup: &BackupRow,
    silent: &Silent,
    obstacles: &mut Vec<Said>,
    warnings: &mut Vec<Said>,
) {
    let shown = dir.display().to_string();
    let sources: Vec<&str> = backup.sources.iter().map(|source| source.name.as_str()).collect();
    let settings = settings_around(known, opened);
    match target::check(dir, &sources, settings.as_ref(), &known.around.data_dir, &|folder| silent.has(folder)) {
        Err(_) => return obstacles.push(Said::new("preview-folder-is-keepsakes").text("folder", shown)),
        Ok(Some(_)) => warnings.push(Said::new("preview-folder-is-protected").text("folder", shown.clone())),
        Ok(None) => {}
    }
    let Some(at) = nearest(dir) else { return };
    if !at.is_dir() {
        obstacles.push(Said::new("preview-folder-is-a-file").text("path", at.display().to_string()));
    } else if accessat(CWD, at, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_err() {
        obstacles.push(Said::new("preview-folder-not-writable").text("folder", shown));
    }
}

/// What stands in the way, in words.
fn told(error: RestoreError) -> Result<Said, Refused> {
    let path = |id: &str, path: &Path| Said::new(id).text("folder", path.display().to_string());
    Ok(match error {
        RestoreError::NotEnoughRoom { folder, needed_bytes, free_bytes } => path("preview-disk-too-small", &folder)
            .with("needed", SaidArg::Bytes(needed_bytes))
            .with("free", SaidArg::Bytes(free_bytes)),
        RestoreError::WouldReplace { folder, names, count } => path("preview-would-replace", &folder)
            .count("count", count)
            .text("first", names.first().cloned().unwrap_or_default()),
        RestoreError::NoSuchPath { path, .. } => Said::new("preview-no-such-file").text("path", path.to_string()),
        RestoreError::NoFolderFor { name } => Said::new("preview-no-folder-for").text("source", name),
        RestoreError::TargetMissing { path: folder } => path("preview-place-missing", &folder),
        RestoreError::CannotWrite { path: folder, .. } => path("preview-folder-not-writable", &folder),
        RestoreError::NeedsConsent { .. } => {
            return Err(Refused::new(RefusalKind::NotNow, Said::new("refused-needs-consent")));
        }
        RestoreError::Catalog(e) => return Err(e.into()),
        RestoreError::File(e) => return Err(Refused::failed("failed-reading", e)),
    })
}

/// What a person should know of the backup: that it is old, that files of it are damaged, that places are out of reach.
fn warn_of_backup(
    known: &Known<'_>,
    opened: &Opened,
    request: &RestoreRequest,
    silent: &Silent,
    warnings: &mut Vec<Said>,
) -> Result<(), Refused> {
    let (catalog, backup) = (&opened.catalog, &request.backup);
    let age = known.around.clock.now().as_second().saturating_sub(backup.at);
    if age > OLD_SECS {
        warnings.push(Said::new("preview-backup-is-old").with("age", SaidArg::AgeSecs(age)));
    }
    if backup.problem_count > 0 {
        warnings.push(Said::new("preview-backup-has-problems").count("count", backup.problem_count));
    }
    damaged_files(opened, request, warnings)?;

    let mut missing = 0u64;
    let mut places: BTreeSet<String> = BTreeSet::new();
    let mut is_there: BTreeMap<PathBuf, bool> = BTreeMap::new();
    for archive in catalog.archives_of(backup)? {
        let copies = catalog.copies(archive.id)?;
        let path = |place: &Place| place.path.join(&archive.name);
        let mut is_file = |path: PathBuf| {
            *is_there.entry(path).or_insert_with_key(|path| !silent.has(path) && stored::is_there(path))
        };
        if !copies.iter().any(|place| is_file(path(place))) {
            missing += 1;
            // What is not in the backup folder although that answers is gone. It has no name but its path.
            let may_have_it = |place: &&Place| !place.home || silent.has(&place.path);
            let name = |place: &Place| match place.home {
                true => place.path.display().to_string(),
                false => place.name.clone(),
            };
            places.extend(copies.iter().filter(may_have_it).map(name));
        }
    }
    if missing > 0 && places.is_empty() {
        warnings.push(Said::new("preview-parts-are-missing").count("count", missing));
    } else if missing > 0 {
        let places = places.into_iter().collect::<Vec<_>>().join(", ");
        warnings.push(Said::new("preview-needs-place").text("places", places));
    }
    Ok(())
}

fn damaged_files(opened: &Opened, request: &RestoreRequest, warnings: &mut Vec<Said>) -> Result<(), Refused> {
    let (catalog, backup) = (&opened.catalog, &request.backup);
    let damage = catalog.standing_damage()?;
    let mut rows = Vec::new();
    for row in damage.into_iter().filter(|row| !row.path.is_empty()) {
        let Ok(path) = ArchivePath::new(row.path.as_str()) else { continue };
        let is_wanted = request.paths.is_empty() || request.paths.iter().any(|top| path.is_at_or_below(top));
        let stored = if is_wanted { catalog.entry_at(backup, &path)? } else { None };
        let Some(stored) = stored else { continue };
        if let keepsake_core::archive::manifest::Node::File(content) = &stored.entry.node
            && catalog.are_damaged(backup.chain, &[content])?[0]
        {
            rows.push(row);
        }
    }
    let count = rows.len();
    rows.truncate(NAMED);
    for (row, other) in rows.iter().zip(catalog.other_versions(&rows)?) {
        let other = other.and_then(|other| opened.backup(&other.backup).ok());
        warnings.push(match other {
            Some(other) => Said::new("preview-file-damaged-other-version")
                .text("path", row.path.as_str())
                .with("at", SaidArg::Moment(other.at)),
            None => Said::new("preview-file-damaged").text("path", row.path.as_str()),
        });
    }
    if count > NAMED {
        warnings.push(Said::new("preview-more-files-damaged").count("count", (count - NAMED) as u64));
    }
    Ok(())
}
