//! Archives whose files are shorter or longer than they were: the listing of the folder tells so, without
//! reading any of them.

use std::collections::{HashMap, HashSet};

use crate::catalog::{Catalog, CatalogError, DamageRow};
use crate::destinations::folder::FolderListing;

/// Archives in this computer's own backup folder that have another length than was recorded, and are not known to be
/// damaged as a whole yet. `at` is now, in seconds since 1970.
///
/// # Errors
/// [`CatalogError::Sqlite`] when the catalog cannot be read.
pub fn wrong_lengths(catalog: &Catalog, listing: &FolderListing, at: i64) -> Result<Vec<DamageRow>, CatalogError> {
    let known: HashMap<String, u64> = catalog.archives()?.into_iter().map(|a| (a.name, a.bytes)).collect();
    let wrong: Vec<_> = listing
        .archives
        .iter()
        .filter_map(|found| Some((found, *known.get(&found.name)?)).filter(|(found, bytes)| found.bytes != *bytes))
        .collect();
    if wrong.is_empty() {
        return Ok(Vec::new());
    }
    let noted: HashSet<String> =
        catalog.damage()?.into_iter().filter(|row| row.path.is_empty()).map(|row| row.archive).collect();
    let row = |(found, bytes): (&crate::destinations::folder::FoundArchive, u64)| DamageRow {
        archive: found.name.clone(),
        path: String::new(),
        tar_offset: None,
        message: format!("it has {} bytes instead of {bytes}", found.bytes),
        at,
    };
    Ok(wrong.into_iter().filter(|(found, _)| !noted.contains(&found.name)).map(row).collect())
}
