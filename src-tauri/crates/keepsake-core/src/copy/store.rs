//! One archive, from the first place that has it undamaged.

use super::Halt;
use crate::archive::error::ArchiveError;
use crate::archive::name::sidecar_name;
use crate::catalog::{ArchiveRow, Catalog, Place};
use crate::destinations::folder::sidecar_line;
use crate::destinations::stored::{Reading, folder_of, is_there};
use crate::destinations::{Destination, DestinationError};
use crate::hash::{sha256, sha256_of_stream};
use crate::monitor::Monitor;

/// What came of storing an archive.
#[derive(Debug)]
pub(super) enum Stored {
    /// It is there, with its checksum file.
    Good {
        /// The place that it came from.
        from: String,
        /// True when a copy in another place is damaged.
        found_damaged: bool,
    },
    /// No place has it undamaged.
    NoGoodSource {
        /// What is wrong with each copy.
        why: String,
        /// True when a copy is damaged, and not only out of reach.
        found_damaged: bool,
    },
}

/// Stores an archive and its checksum file in a place, from any of the others. Each source is checked while it is read.
pub(super) fn store(
    catalog: &Catalog,
    (to, place): (&dyn Destination, i64),
    archive: &ArchiveRow,
    monitor: &dyn Monitor,
) -> Result<Stored, Halt> {
    let (mut found_damaged, mut whys) = (false, Vec::new());
    for source in catalog.copies(archive.id)?.into_iter().filter(|source| source.id != place && is_in_reach(source)) {
        let why = match open(&source, &archive.name) {
            Ok(mut file) => {
                // Half of it is done when it is written, and half when it was read back: so the time that is left can be told.
                let mut odd_bytes = 0;
                let mut go_on = |bytes| {
                    odd_bytes += bytes;
                    monitor.advance(0, odd_bytes / 2);
                    odd_bytes %= 2;
                    !monitor.should_stop()
                };
                match to.put(&archive.name, &mut file, &archive.sha256, &mut go_on) {
                    Ok(()) => {
                        put_sidecar(to, archive)?;
                        return Ok(Stored::Good { from: source.name, found_damaged });
                    }
                    Err(e @ (DestinationError::NotAsRecorded | DestinationError::Unreadable { .. })) => e.to_string(),
                    Err(e) => return Err(e.into()),
                }
            }
            Err(e) => e.to_string(),
        };
        whys.push(format!("in {}, {why}", source.path.display()));
        // Errors of a drive that was pulled out say nothing about the archive.
        found_damaged |= is_there(&folder_of(&source).join(&archive.name));
    }
    let why = if whys.is_empty() { "no other place holds it".into() } else { whys.join("; ") };
    Ok(Stored::NoGoodSource { why, found_damaged })
}

fn open(place: &Place, name: &str) -> Result<Reading, ArchiveError> {
    Reading::begin(&folder_of(place).join(name))
}

/// False for a drive that is not mounted now: that it is away says nothing about what is on it.
fn is_in_reach(place: &Place) -> bool {
    place.drive().is_none() || folder_of(place) != place.path
}

/// Stores the checksum file of an archive.
pub(super) fn put_sidecar(to: &dyn Destination, archive: &ArchiveRow) -> Result<(), DestinationError> {
    let line = sidecar_line(&archive.name, &archive.sha256);
    to.put(&sidecar_name(&archive.name), &mut line.as_bytes(), &sha256(line.as_bytes()), &mut |_| true)
}

/// The SHA-256 of a file that a place holds.
pub(super) fn sha256_of_held(
    place: &dyn Destination,
    name: &str,
    monitor: &dyn Monitor,
) -> Result<[u8; 32], DestinationError> {
    let unreadable = |source| DestinationError::Unreadable { source };
    let mut reading = Reading::of(place.open(name)?).map_err(unreadable)?;
    let go_on = |bytes| {
        monitor.advance(0, bytes);
        !monitor.should_stop()
    };
    sha256_of_stream(&mut reading, go_on).map_err(unreadable)?.ok_or(DestinationError::Stopped)
}
