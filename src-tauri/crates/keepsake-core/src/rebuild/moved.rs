//! Another backup folder in the settings: the one before is a place like others then.

use std::path::Path;

use crate::catalog::{Catalog, CatalogError};
use crate::destinations::folder;

/// Makes `backup_dir` the only backup folder of this computer. What was one before becomes a place that is only read. Of its
/// copies those are forgotten that are not there any more, and, when it cannot be reached, those of archives that
/// are in the new one: they were moved there, and who believed in them would miss none that vanishes later. The
/// catalog knows what is in the new one already. After a power cut it is done again.
///
/// # Errors
/// [`CatalogError::Sqlite`] when the catalog cannot be read or written.
pub(super) fn moved_to(catalog: &Catalog, backup_dir: &Path) -> Result<(), CatalogError> {
    let places = catalog.places()?;
    let former: Vec<_> = places.into_iter().filter(|place| place.home && place.path != backup_dir).collect();
    if former.is_empty() {
        return Ok(());
    }
    let home = catalog.place(backup_dir, "", true)?;
    let here = catalog.copies_in(home)?;
    for place in former {
        let listing = folder::list_archives(&place.path).map(|listing| listing.archives).unwrap_or_default();
        let is_still_there = |name: &str| match listing.is_empty() {
            true => !here.contains_key(name),
            false => listing.iter().any(|found| found.name == name),
        };
        let is_same = folder::is_same_folder(&place.path, backup_dir);
        for (name, archive) in catalog.copies_in(place.id)? {
            if is_same || !is_still_there(&name) {
                catalog.remove_copy(archive, place.id)?;
            }
        }
        let name = place.path.file_name().unwrap_or(place.path.as_os_str()).to_string_lossy();
        catalog.no_longer_home(place.id, &name)?;
    }
    catalog.recompute_complete()
}
