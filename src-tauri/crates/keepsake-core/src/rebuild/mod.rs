//! Making the catalog know archives that it does not: after a crash, on a new computer, or from nothing.
//! Nothing is written into a folder that is read here, but for the checksum files in this computer's own
//! backup folder, which a killed run may have left out or left alone.

mod chain;
#[cfg(test)]
mod fault_tests;
mod lengths;
#[cfg(test)]
mod live_tests;
mod moved;
mod scan;
#[cfg(test)]
mod test_house;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::archive::error::ArchiveError;
use crate::catalog::{CATALOG_NAME, Catalog, CatalogError, HOME_NAME};
use crate::clock::Clock;
use crate::destinations::folder::{self, FolderListing, FoundArchive, Sidecar};
use crate::destinations::stored::{list_with_locked, sha256_of_archive};
use crate::error::FileError;
use crate::monitor::{Monitor, Phase};
use crate::reserve::with_reserve;

pub use lengths::wrong_lengths;

/// Sentences that are kept; more are counted.
const MAX_PROBLEMS: usize = 1000;

/// Why nothing could be imported.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The catalog could not be read or written.
    #[error(transparent)]
    Catalog(CatalogError),
    /// The folder could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The backup folder is gone, or stands empty, although archives were in it.
    #[error(
        "{} holds none of the {archives} archives that were in it. If it is on a drive or on the network, connect it; \
         if they were removed on purpose, run `keepsake rebuild`",
        path.display()
    )]
    Emptied {
        /// The folder.
        path: PathBuf,
        /// How many archives were in it.
        archives: usize,
    },
    /// The monitor asked to stop. What was imported before stays.
    #[error("stopped as asked")]
    Stopped,
}

impl RebuildError {
    /// True when the disk had no room left.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Catalog(e) => e.is_disk_full(),
            Self::File(e) => e.is_disk_full(),
            _ => false,
        }
    }
}

impl From<CatalogError> for RebuildError {
    fn from(e: CatalogError) -> Self {
        match e {
            CatalogError::Archive(ArchiveError::Stopped) => Self::Stopped,
            e => Self::Catalog(e),
        }
    }
}

/// What an import found.
#[derive(Debug, Default)]
pub struct Imported {
    /// Names of archives that became known.
    pub archives: Vec<String>,
    /// Archives that were known already, of which this place turned out to hold a copy.
    pub copies: u64,
    /// Backups that became known.
    pub backups: u64,
    /// States of files that became known; an unchanged file has one, however many backups have it.
    pub files: u64,
    /// Archives of backups that were never finished: no harm, and no use.
    pub unfinished: Vec<String>,
    /// Imported backups that need archives which no place is known to hold: name, and what is missing.
    pub incomplete: Vec<(String, Vec<String>)>,
    /// What was left out or not understood, each as a sentence; at most 1,000, then one that counts the rest.
    pub problems: Vec<String>,
}

impl Imported {
    /// Sentences about what is missing, and an end to all too many.
    fn finish(&mut self) {
        if let Some((name, missing)) = self.incomplete.last() {
            self.problems.push(format!("{name} is incomplete: it needs {}, which is not here", missing.join(", ")));
        }
        if self.incomplete.len() > 1 {
            self.problems.push(format!(
                "{} older backups are incomplete too: archives that they need were tidied away or are not here",
                self.incomplete.len() - 1
            ));
        }
        if self.problems.len() > MAX_PROBLEMS {
            let more = self.problems.len() - MAX_PROBLEMS;
            self.problems.truncate(MAX_PROBLEMS);
            self.problems.push(format!("{more} more like these"));
        }
    }
}

/// What [`reconcile`] changed.
#[derive(Debug, Default)]
pub struct Reconciled {
    /// What was in the folder and not in the catalog.
    pub imported: Imported,
    /// Names of archives that are no longer in the folder.
    pub gone: Vec<String>,
    /// Names of unfinished files that killed runs left; [`folder::remove_partials`] removes them.
    pub partials: Vec<String>,
    /// Names of archives that have become shorter or longer; their damage is in the catalog.
    pub changed: Vec<String>,
}

/// A damaged catalog that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is now.
    pub path: PathBuf,
    /// What was wrong with it.
    pub why: String,
}

/// Makes the catalog agree with the backup folder. Costs one look into the folder when it does already.
///
/// Archives that the catalog does not know are imported: the power failed between naming them and recording
/// them, or the catalog is new. Archives that are gone lose their copy, and backups that need them and find
/// no other copy become incomplete. An archive that is imported gets its checksum file if that is missing, and
/// checksum files without an archive are removed: the caller holds the job lock.
///
/// # Errors
/// [`RebuildError::Emptied`] when the folder is gone or holds no archive at all although it did: then
/// nothing was changed, because a drive that is not mounted looks just like that.
pub fn reconcile(
    catalog: &Catalog,
    backup_dir: &Path,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<Reconciled, RebuildError> {
    agree(catalog, backup_dir, clock, monitor, true)
}

/// As [`reconcile`], for who has no job lock: nothing is written into the backup folder.
///
/// # Errors
/// As [`reconcile`].
pub fn reconcile_only_reading(
    catalog: &Catalog,
    backup_dir: &Path,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<Reconciled, RebuildError> {
    agree(catalog, backup_dir, clock, monitor, false)
}

fn agree(
    catalog: &Catalog,
    backup_dir: &Path,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
    may_write: bool,
) -> Result<Reconciled, RebuildError> {
    let known_place = catalog.places()?.into_iter().find(|place| place.path == backup_dir);
    let known = match &known_place {
        Some(place) => catalog.copies_in(place.id)?,
        None => Default::default(),
    };
    let emptied = || RebuildError::Emptied { path: backup_dir.into(), archives: known.len() };
    let listing = match folder::list_archives(backup_dir) {
        Ok(listing) => listing,
        Err(e) if e.source.kind() == std::io::ErrorKind::NotFound => match known.is_empty() {
            true => {
                moved::moved_to(catalog, backup_dir)?;
                return Ok(Reconciled::default());
            }
            false => return Err(emptied()),
        },
        Err(e) => return Err(e.into()),
    };
    if listing.archives.is_empty() && !known.is_empty() {
        return Err(emptied());
    }
    let mut result = Reconciled { partials: listing.partials.clone(), ..Reconciled::default() };
    let here: HashSet<&str> = listing.archives.iter().map(|a| a.name.as_str()).collect();
    if let Some(place) = &known_place {
        for (name, id) in known.iter().filter(|(name, _)| !here.contains(name.as_str())) {
            catalog.remove_copy(*id, place.id)?;
            result.gone.push(name.clone());
        }
    }
    let unknown: Vec<FoundArchive> =
        listing.archives.iter().filter(|a| !known.contains_key(&a.name)).cloned().collect();
    if !unknown.is_empty() || known_place.is_none_or(|place| !place.home) {
        let place = catalog.place(backup_dir, HOME_NAME, true)?;
        result.imported = import_found(catalog, backup_dir, place, &unknown, clock, monitor)?;
        if may_write {
            write_missing_sidecars(catalog, backup_dir, place, &unknown, &listing, &mut result.imported.problems)?;
        }
        result.imported.finish();
    }
    moved::moved_to(catalog, backup_dir)?;
    // One whose archive has only just gone stays: it may come back.
    if may_write && let Err(e) = folder::remove_orphan_sidecars(backup_dir, &listing, |name| known.contains_key(name)) {
        result.imported.problems.push(e.to_string());
    }
    if !result.gone.is_empty() {
        catalog.recompute_complete()?;
    }
    for chain in catalog.chains_to_read_anew()? {
        chain::read_anew(catalog, chain, monitor, &mut result.imported)?;
    }
    let at = clock.now().as_second();
    for row in wrong_lengths(catalog, &listing, at)? {
        // A look at lengths is part of a quick check.
        catalog.add_verified(&row.archive, at, "quick", std::slice::from_ref(&row))?;
        result.changed.push(row.archive);
    }
    Ok(result)
}

/// Makes the catalog know the archives in a folder, whoever made them. `name` is what people call the
/// place; `home` is true for this computer's own backup folder. Each backup is recorded whole or, after a
/// power cut, not at all; doing it again goes on.
///
/// # Errors
/// [`RebuildError`] when the folder or the catalog cannot be used at all. What is wrong with single archives
/// is told in the result.
pub fn import_folder(
    catalog: &Catalog,
    folder: &Path,
    name: &str,
    home: bool,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<Imported, RebuildError> {
    let listing = list_with_locked(folder)?;
    let place = catalog.place(folder, name, home)?;
    let mut imported = import_found(catalog, folder, place, &listing.archives, clock, monitor)?;
    imported.finish();
    Ok(imported)
}

fn import_found(
    catalog: &Catalog,
    folder: &Path,
    place: i64,
    found: &[FoundArchive],
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<Imported, RebuildError> {
    monitor.phase(Phase::Importing, None, None);
    let now = clock.now().as_second();
    let mut imported = Imported::default();
    let mut unknown = Vec::new();
    for archive in found {
        match catalog.archive_named(&archive.name)? {
            Some(known) if known.copies.iter().any(|copy| copy.0 == place) => {}
            Some(known) if !known.ghost => {
                if is_same(folder, archive, &known, monitor, &mut imported.problems)? {
                    catalog.add_copy(known.id, place, now)?;
                    imported.copies += 1;
                }
            }
            _ => unknown.push(archive.clone()),
        }
    }
    if imported.copies > 0 {
        catalog.recompute_complete()?;
    }
    let mut sums = scan::NeededSums::default();
    let tails = scan::read_tails(&unknown, &mut sums, &mut imported.problems, monitor)?;
    let mut tails = scan::find_sums(catalog, folder, tails, &mut sums, &mut imported.problems, monitor)?;
    for tail in &mut tails {
        // Where a backup is made, its copy is as old as it is itself.
        let home = catalog.places()?.iter().any(|p| p.id == place && p.home);
        tail.copies = vec![(place, if home { tail.at } else { now })];
    }
    chain::import(catalog, tails, &sums, monitor, &mut imported)?;
    Ok(imported)
}

/// Writes the checksum files that archives in the home folder lack. What cannot be written is told in
/// `problems`.
fn write_missing_sidecars(
    catalog: &Catalog,
    home: &Path,
    place: i64,
    found: &[FoundArchive],
    listing: &FolderListing,
    problems: &mut Vec<String>,
) -> Result<(), RebuildError> {
    for archive in found.iter().filter(|archive| listing.with_sidecar.binary_search(&archive.name).is_err()) {
        let known = catalog.archive_named(&archive.name)?;
        if let Some(known) = known.filter(|known| known.copies.iter().any(|copy| copy.0 == place))
            && let Err(e) = folder::write_sidecar(home, &archive.name, &known.sha256)
        {
            problems.push(e.to_string());
        }
    }
    Ok(())
}

/// True when a file is the archive that is known by its name; what it is instead is told in `problems`.
fn is_same(
    folder: &Path,
    archive: &FoundArchive,
    known: &crate::catalog::KnownArchive,
    monitor: &dyn Monitor,
    problems: &mut Vec<String>,
) -> Result<bool, RebuildError> {
    let same = archive.bytes == known.bytes
        && match folder::read_sidecar(folder, &archive.name) {
            Ok(Sidecar::Sha256(sha256)) if sha256 == known.sha256 => true,
            _ => match sha256_of_archive(&archive.path, |_| !monitor.should_stop()) {
                Ok(Some(sha256)) => sha256 == known.sha256,
                Ok(None) => return Err(RebuildError::Stopped),
                Err(e) => {
                    problems.push(e.to_string());
                    return Ok(false);
                }
            },
        };
    if !same {
        problems.push(format!(
            "{} is not the archive that is known by this name: its content differs. It is left out",
            archive.path.display()
        ));
    }
    Ok(same)
}

/// What [`rebuild`] did.
#[derive(Debug)]
pub struct Rebuilt {
    /// The new catalog.
    pub catalog: Catalog,
    /// Where the old one is now; None when there was none.
    pub set_aside: Option<PathBuf>,
    /// What the new one learnt.
    pub imported: Imported,
}

/// Makes the catalog in `data_dir` anew from the archives in `backup_dir` and in all other known places that
/// can be reached. The old one is set aside; the list of places, runs, checks and damage, and which backups
/// retention dropped, are taken from it where it can still be read. Cut off by a power cut, it leaves a
/// catalog that [`reconcile`] completes. Archives in the backup folder get the checksum files that they lack: the
/// caller holds the job lock. On a full disk it uses the room that is kept for this.
///
/// # Errors
/// [`RebuildError`] when the catalog cannot be written or the backup folder cannot be read; then the old one is in
/// its place again. When it was asked to stop, the new one stays, and knows what was read until then.
pub fn rebuild(
    data_dir: &Path,
    backup_dir: &Path,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<Rebuilt, RebuildError> {
    with_reserve(data_dir, RebuildError::is_disk_full, || set_aside_and_make(data_dir, backup_dir, clock, monitor))
}

fn set_aside_and_make(
    data_dir: &Path,
    backup_dir: &Path,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<Rebuilt, RebuildError> {
    // Read before anything is set aside: without the archives there is nothing to make a catalog from.
    match folder::list_archives(backup_dir) {
        Err(e) if e.source.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
        _ => {}
    }
    let old = data_dir.join(CATALOG_NAME);
    let set_aside = match std::fs::symlink_metadata(&old) {
        Ok(_) => {
            match Catalog::open(data_dir).and_then(|old| old.checkpoint()) {
                // Its log would be lost, and nothing could be made in its place.
                Err(e) if e.is_disk_full() => return Err(e.into()),
                // What cannot be brought into the file is lost with its log; archives tell it again.
                _ => {}
            }
            let stamp = clock.local_now().strftime("%Y%m%d-%H%M%S").to_string();
            Some(Catalog::set_aside(data_dir, &stamp)?)
        }
        Err(_) => None,
    };
    let made = make_anew(data_dir, backup_dir, set_aside.as_deref(), clock, monitor);
    if let (Err(error), Some(aside)) = (&made, &set_aside)
        && !matches!(error, RebuildError::Stopped)
    {
        // It knows runs and checks that no archive tells.
        Catalog::put_back(data_dir, aside)?;
    }
    let (catalog, imported) = made?;
    Ok(Rebuilt { catalog, set_aside, imported })
}

/// A catalog that knows what the archives tell, and what only the one that was set aside knows.
fn make_anew(
    data_dir: &Path,
    backup_dir: &Path,
    set_aside: Option<&Path>,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<(Catalog, Imported), RebuildError> {
    let catalog = Catalog::open(data_dir)?;
    let dropped = match set_aside {
        Some(aside) => catalog.take_over(aside)?,
        None => HashSet::new(),
    };
    let mut imported = Imported::default();
    let name = HOME_NAME.to_owned();
    catalog.place(backup_dir, &name, true)?;
    moved::moved_to(&catalog, backup_dir)?;
    // What is on a drive is proven and noted again when it is plugged in.
    let is_folder = |place: &crate::catalog::Place| place.path != backup_dir && place.drive().is_none();
    let others = catalog.places()?.into_iter().filter(is_folder).map(|p| (p.path, p.name, p.home));
    let all: Vec<_> = std::iter::once((backup_dir.to_path_buf(), name, true)).chain(others).collect();
    for (path, name, home) in all {
        let listing = match list_with_locked(&path) {
            Ok(listing) => listing,
            // The backup folder of a new plan; a drive that is not here.
            Err(e) => {
                imported.problems.push(e.to_string());
                continue;
            }
        };
        let place = catalog.place(&path, &name, home)?;
        let more = import_found(&catalog, &path, place, &listing.archives, clock, monitor)?;
        if home && path == backup_dir {
            write_missing_sidecars(&catalog, &path, place, &listing.archives, &listing, &mut imported.problems)?;
        }
        imported.archives.extend(more.archives);
        imported.copies += more.copies;
        imported.backups += more.backups;
        imported.files += more.files;
        imported.unfinished.extend(more.unfinished);
        imported.incomplete.extend(more.incomplete);
        imported.problems.extend(more.problems);
    }
    let archives = catalog.archives()?;
    let was_dropped = |backup: &str| {
        let mut own = archives.iter().filter(|a| a.backup_name == backup && a.part > 0).peekable();
        own.peek().is_some() && own.all(|a| dropped.contains(&a.name))
    };
    let names = catalog.backups(None)?.into_iter().map(|b| b.name).filter(|name| was_dropped(name)).collect::<Vec<_>>();
    imported.backups -= catalog.drop_backups(&names)?.min(imported.backups);
    // What one place lacked another one may have had.
    let backups = catalog.backups(None)?;
    imported.incomplete.retain(|(name, _)| backups.iter().any(|b| &b.name == name && !b.complete));
    imported.finish();
    Ok((catalog, imported))
}

/// Opens the catalog, or, when it is damaged, sets it aside and makes it anew from the archives. On a full disk it uses
/// the room that is kept for this; the caller holds the job lock.
///
/// # Errors
/// [`RebuildError`] when it can be neither opened nor made anew.
pub fn open_or_rebuild(
    data_dir: &Path,
    backup_dir: &Path,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<(Catalog, Option<SetAside>), RebuildError> {
    match with_reserve(data_dir, CatalogError::is_disk_full, || Catalog::open(data_dir)) {
        Ok(catalog) => Ok((catalog, None)),
        Err(e) if e.is_damage() => {
            let why = e.to_string();
            let rebuilt = rebuild(data_dir, backup_dir, clock, monitor)?;
            let path = rebuilt.set_aside.unwrap_or_else(|| data_dir.join(CATALOG_NAME));
            Ok((rebuilt.catalog, Some(SetAside { path, why })))
        }
        Err(e) => Err(e.into()),
    }
}
