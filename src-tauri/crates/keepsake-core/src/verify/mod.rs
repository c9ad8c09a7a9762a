//! Reading back what is stored, and naming what is damaged file by file.

mod contents;
#[cfg(test)]
mod flip_tests;
mod patches;
mod share;
mod strays;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::archive::error::ArchiveError;
use crate::archive_path::shown;
use crate::backup::computer;
use crate::catalog::{ArchiveRow, BackupRow, Catalog, CatalogError, DamageRow, Place};
use crate::clock::Clock;
use crate::destinations::folder::{Sidecar, read_sidecar};
use crate::destinations::stored::{list_with_locked, open_archive};
use crate::monitor::{Monitor, Phase, Problem, ProblemKind};

use contents::Flaw;
use share::Share;

/// Files that are named at most for one archive; the rest is counted, and the archive named as a whole.
const MAX_NAMED: usize = 20_000;
/// Rows that are kept in [`Verified::damaged`]; the catalog has them all.
const MAX_KEPT: usize = 50_000;

/// Which archives are read.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one is made for each check, never many")]
pub enum Which {
    /// All that are known.
    All,
    /// Those that a backup needs, its own among them.
    Backup(BackupRow),
}

/// How thoroughly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Every byte of the file, and every content against its SHA-256.
    Full,
    /// The structure, the lengths and the first block.
    Quick,
    /// As full, but only a share of each archive: the shares 1 to `of` together are all of it, each once.
    Part {
        /// Which share, from 1.
        number: u32,
        /// How many shares there are, at least 1.
        of: u32,
    },
}

impl How {
    /// The word for it in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Quick => "quick",
            Self::Part { .. } => "part",
        }
    }

    /// What the catalog notes: the word, and of a share also which one (`part 3/30`), since all shares together
    /// are a full check.
    fn noted(self) -> String {
        match self {
            Self::Part { number, of } => format!("part {number}/{of}"),
            _ => self.word().into(),
        }
    }
}

/// What to verify.
#[derive(Debug, Clone)]
pub struct VerifyRequest {
    /// Which archives.
    pub which: Which,
    /// How thoroughly.
    pub how: How,
    /// True to read also the copies in other places than this computer's own folder, where they can be
    /// reached.
    pub other_places: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Verified {
    /// Archives that were read, each copy counted.
    pub archives: u64,
    /// Bytes of their files that were read and compared; a quick check counts the archives' lengths.
    pub bytes: u64,
    /// What is damaged, at most 50,000 rows: a file's path, or an empty path for an archive as a whole.
    pub damaged: Vec<DamageRow>,
    /// How many such rows there were.
    pub damage_count: u64,
    /// Of archives in which something is damaged: what people call the places whose copy was read whole and is good.
    pub good_copies: BTreeMap<String, BTreeSet<String>>,
    /// What could neither be proved nor be called damaged, each as a sentence: a place that cannot be
    /// reached, an archive of a newer format.
    pub not_checked: Vec<String>,
}

impl Verified {
    /// True when everything that was to be read was read, and none of it is damaged.
    pub fn is_good(&self) -> bool {
        self.damage_count == 0 && self.not_checked.is_empty()
    }
}

/// Why verifying ended early. What was found before is in the catalog.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The catalog could not be read or written.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A share was asked for that cannot be.
    #[error("there is no part {number} of {of}: parts count from 1")]
    NoSuchPart {
        /// The part.
        number: u32,
        /// Of how many.
        of: u32,
    },
    /// The monitor asked to stop.
    #[error("stopped as asked")]
    Stopped,
}

/// How one copy of an archive fared.
enum Verdict {
    /// What is damaged, by path (empty for the archive as a whole). Empty when it is good.
    Read {
        bytes: u64,
        damaged: BTreeMap<String, Flaw>,
    },
    /// Nothing can be said.
    NotChecked(String),
    Stopped,
}

impl Verdict {
    /// The archive as a whole is bad.
    fn damaged(message: String) -> Self {
        Self::Read { bytes: 0, damaged: BTreeMap::from([(String::new(), Flaw::beside(message))]) }
    }
}

/// Reads archives back. The catalog gets what was found of each archive as soon as it has been read, so
/// that a check that is cut off counts as far as it came. Only this computer's own copies count there:
/// what is damaged elsewhere is told in the result alone.
///
/// # Errors
/// [`VerifyError`]; damage is no error but in the result.
pub fn verify(
    catalog: &Catalog,
    request: &VerifyRequest,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<Verified, VerifyError> {
    let share = match request.how {
        How::Part { number, of } if number == 0 || number > of => return Err(VerifyError::NoSuchPart { number, of }),
        How::Part { number, of } => Share::part(number, of),
        How::Full | How::Quick => Share::all(),
    };
    let archives = match &request.which {
        Which::All => catalog.archives()?,
        Which::Backup(backup) => catalog.archives_of(backup)?,
    };
    let needed = catalog.needed_archives()?;
    let needed_by_newest = catalog.archives_of_newest()?;
    let (_, here) = computer();
    let others = catalog.backups(None)?.into_iter().filter(|backup| backup.computer_id != here);
    let others: BTreeMap<String, String> =
        others.map(|backup| (backup.name, shown(backup.computer.as_bytes()))).collect();
    let mut copies = Vec::new();
    let mut total_bytes = 0;
    for archive in archives {
        let all = catalog.copies(archive.id)?;
        // A catalog that was made anew has never seen what old backups that were let go once needed: such a backup is
        // listed as incomplete, and nothing was lost. That the newest one needs it is another matter.
        let was_seen = archive.part > 0 || matches!(request.which, Which::Backup(_));
        let is_missed = if was_seen { needed.contains(&archive.id) } else { needed_by_newest.contains(&archive.id) };
        let is_lost = all.is_empty() && is_missed;
        // Elsewhere, what no backup needs is being removed, and half of it may be gone.
        let is_needed = needed.contains(&archive.id);
        // A drive is proven by itself, when it is plugged in.
        let is_read = |place: &Place| place.home || (request.other_places && is_needed && place.drive().is_none());
        let places: Vec<Place> = all.into_iter().filter(is_read).collect();
        total_bytes += archive.bytes * places.len() as u64;
        copies.push((archive, places, is_lost));
    }
    let total_bytes = matches!(request.how, How::Full).then_some(total_bytes);
    monitor.phase(Phase::Verifying, None, total_bytes);

    let mut result = Verified::default();
    let mut absent: BTreeSet<i64> = BTreeSet::new();
    let used: BTreeMap<i64, &Place> = copies.iter().flat_map(|(_, places, _)| places).map(|p| (p.id, p)).collect();
    for (id, place) in used {
        // A folder without any archive is what a drive that is not mounted looks like.
        if list_with_locked(&place.path).map_or(true, |listing| listing.archives.is_empty()) {
            absent.insert(id);
            result.not_checked.push(format!("{} cannot be reached, or is empty", place.path.display()));
        }
    }
    for (archive, places, is_lost) in &copies {
        if *is_lost {
            let mut message = "no place that is known holds it any more".to_owned();
            // In a folder that two computers share, each lets its own go.
            if let Some(other) = others.get(&archive.backup_name) {
                message +=
                    &format!(". It is of {other}: if that computer let it go, `keepsake rebuild` forgets it here");
            }
            result.note(
                catalog,
                &archive.name,
                None,
                request.how,
                vec![(String::new(), Flaw::beside(message))],
                clock,
                monitor,
            )?;
        }
        // Of several copies at home the catalog knows only one verdict: the worst.
        let mut at_home: Option<BTreeMap<String, Flaw>> = None;
        let damage_before = result.damage_count;
        let mut good_copies = BTreeSet::new();
        for place in places {
            if absent.contains(&place.id) {
                continue;
            }
            let verdict = look_at(archive, &place.path, request.how, share, monitor);
            // A drive that was pulled out makes errors that say nothing about the archive.
            if !matches!(&verdict, Verdict::Read { damaged, .. } if damaged.is_empty()) && !place.path.is_dir() {
                absent.insert(place.id);
                result.not_checked.push(format!("{} cannot be reached", place.path.display()));
                continue;
            }
            match verdict {
                Verdict::Stopped => return Err(VerifyError::Stopped),
                Verdict::NotChecked(why) => result.not_checked.push(why),
                Verdict::Read { bytes, damaged } => {
                    result.archives += 1;
                    result.bytes += bytes;
                    if damaged.is_empty() && request.how == How::Full {
                        good_copies.insert(place.name.clone());
                    }
                    if place.home {
                        let worst = at_home.get_or_insert_default();
                        damaged.into_iter().for_each(|(path, flaw)| flaw.note(path, worst));
                    } else {
                        let rows = damaged.into_iter().collect();
                        result.note(catalog, &archive.name, Some(place), request.how, rows, clock, monitor)?;
                    }
                }
            }
        }
        if let Some(damaged) = at_home {
            result.note(catalog, &archive.name, None, request.how, damaged.into_iter().collect(), clock, monitor)?;
        }
        if result.damage_count > damage_before && !good_copies.is_empty() {
            result.good_copies.insert(archive.name.clone(), good_copies);
        }
    }
    if matches!(request.which, Which::All) {
        result.look_for_strays(catalog, request.how, clock, monitor)?;
    }
    Ok(result)
}

impl Verified {
    /// Keeps and records what was found of an archive; `elsewhere` is the place when it is not this
    /// computer's own.
    #[expect(clippy::too_many_arguments, reason = "called a few times, here")]
    fn note(
        &mut self,
        catalog: &Catalog,
        archive: &str,
        elsewhere: Option<&Place>,
        how: How,
        damaged: Vec<(String, Flaw)>,
        clock: &dyn Clock,
        monitor: &dyn Monitor,
    ) -> Result<(), VerifyError> {
        let at = clock.now().as_second();
        let row = |(path, Flaw { tar_offset, message }): (String, Flaw)| {
            let message = match elsewhere {
                Some(place) => format!("{message} (the copy in {})", place.name),
                None => message,
            };
            DamageRow { archive: archive.to_owned(), path, tar_offset, message, at }
        };
        let rows: Vec<DamageRow> = damaged.into_iter().map(row).collect();
        for row in &rows {
            let path = if row.path.is_empty() { &row.archive } else { &row.path };
            monitor.problem(Problem {
                kind: ProblemKind::Damaged,
                path: path.clone(),
                message: format!("{}: {}", row.archive, row.message),
            });
        }
        if elsewhere.is_none() {
            catalog.add_verified(archive, at, &how.noted(), &rows)?;
        }
        self.damage_count += rows.len() as u64;
        let room = MAX_KEPT.saturating_sub(self.damaged.len());
        self.damaged.extend(rows.into_iter().take(room));
        Ok(())
    }
}

/// Looks at one copy of one archive.
fn look_at(archive: &ArchiveRow, folder: &Path, how: How, share: Share, monitor: &dyn Monitor) -> Verdict {
    if monitor.should_stop() {
        return Verdict::Stopped;
    }
    let path = folder.join(&archive.name);
    let reader = match open_archive(&path) {
        Ok(reader) => reader,
        Err(ArchiveError::File(e)) if e.source.kind() == std::io::ErrorKind::NotFound => {
            return Verdict::damaged("it is not there any more".into());
        }
        Err(e @ ArchiveError::NewerFormat { .. }) => return Verdict::NotChecked(e.to_string()),
        Err(e) => return Verdict::damaged(e.to_string()),
    };
    let says = reader.own_name();
    if says != archive.name {
        return Verdict::damaged(format!("it is another archive: {}", shown(says.as_bytes())));
    }
    if reader.length() != archive.bytes {
        return Verdict::damaged(format!("it has {} bytes instead of {}", reader.length(), archive.bytes));
    }
    let mut damaged = BTreeMap::new();
    match read_sidecar(folder, &archive.name) {
        Ok(Sidecar::Sha256(sha256)) if sha256 == archive.sha256 => {}
        Ok(found) => {
            let why = match found {
                Sidecar::Sha256(_) => "it is not that of this archive (another SHA-256 than was recorded)",
                Sidecar::Malformed(why) => why,
                Sidecar::Missing => "it is missing",
            };
            // The archive's own name for it, so that the files inside are not taken for damaged.
            let flaw = Flaw::beside(format!("the checksum file: {why}"));
            damaged.insert(crate::archive::name::sidecar_name(&archive.name), flaw);
        }
        Err(e) => {
            damaged.insert(crate::archive::name::sidecar_name(&archive.name), Flaw::beside(e.to_string()));
        }
    }
    if how == How::Quick {
        if let Err(e) = if reader.block_count() > 0 { reader.cursor().block(0).map(|_| ()) } else { Ok(()) } {
            damaged.insert(String::new(), Flaw::beside(e.to_string()));
        }
        return Verdict::Read { bytes: reader.length(), damaged };
    }
    match contents::check(&reader, &archive.name, share, monitor) {
        None => Verdict::Stopped,
        Some(found) => {
            damaged.extend(found.damaged);
            if !patches::check(&reader, folder, &found.patched, &mut damaged, monitor) {
                return Verdict::Stopped;
            }
            if found.unnamed > 0 {
                let why = format!("{} more files in it are damaged", found.unnamed);
                damaged.insert(String::new(), Flaw::beside(why));
            }
            Verdict::Read { bytes: found.bytes, damaged }
        }
    }
}
