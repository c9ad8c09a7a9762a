//! Archives in this computer's own folder that the catalog never got to know because they cannot be opened.

use std::collections::BTreeSet;

use super::contents::Flaw;
use super::{How, Verified, VerifyError};
use crate::archive::error::ArchiveError;
use crate::archive::reader::ArchiveReader;
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::destinations::folder::list_archives;
use crate::monitor::Monitor;

impl Verified {
    /// Names them. Those that can be opened are somebody else's, or of a backup that was never finished: no damage.
    pub(super) fn look_for_strays(
        &mut self,
        catalog: &Catalog,
        how: How,
        clock: &dyn Clock,
        monitor: &dyn Monitor,
    ) -> Result<(), VerifyError> {
        let mut here = BTreeSet::new();
        for place in catalog.places()?.into_iter().filter(|place| place.home) {
            // One that cannot be reached was told before, if anything is known to be there.
            let Ok(listing) = list_archives(&place.path) else { return Ok(()) };
            let known = catalog.copies_in(place.id)?;
            for found in listing.archives.into_iter().filter(|found| !known.contains_key(&found.name)) {
                if monitor.should_stop() {
                    return Err(VerifyError::Stopped);
                }
                let why = match ArchiveReader::open(&found.path) {
                    Ok(_) => continue,
                    Err(ArchiveError::File(e)) if e.source.kind() == std::io::ErrorKind::NotFound => continue,
                    Err(e @ ArchiveError::NewerFormat { .. }) => {
                        self.not_checked.push(e.to_string());
                        continue;
                    }
                    Err(e) => e.to_string(),
                };
                here.insert(found.name.clone());
                // As when a backup needs it and has it nowhere else.
                if self.damaged.iter().any(|row| row.archive == found.name && row.path.is_empty()) {
                    continue;
                }
                self.archives += 1;
                let flaw = (String::new(), Flaw::beside(format!("it cannot be opened: {why}")));
                self.note(catalog, &found.name, None, how, vec![flaw], clock, monitor)?;
            }
        }
        for row in catalog.damage()?.into_iter().filter(|row| row.path.is_empty() && !here.contains(&row.archive)) {
            if catalog.archive_named(&row.archive)?.is_none() {
                catalog.forget_damage(&row.archive)?;
            }
        }
        Ok(())
    }
}
