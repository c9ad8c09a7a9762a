//! What is known of the family's drives and of the recovery sheet.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Gathered, moment};
use crate::catalog::{BackupRow, Catalog, CatalogError};
use crate::destinations::drive::{AskedDrives, NotedDrives};
use crate::health::{DriveFacts, SheetFacts};
use crate::sealed::{Family, KeySeen};
use crate::settings::Settings;

/// What the catalog tells of each drive, in the order of the settings; `own` are this computer's backups. None before there is a backup that could be copied.
pub(super) fn drive_facts(
    settings: &Settings,
    catalog: &Catalog,
    computer_id: &str,
    own: &[&BackupRow],
) -> Result<Vec<DriveFacts>, CatalogError> {
    let (places, mut facts) = (catalog.places()?, Vec::new());
    for drive in &settings.drives {
        let path = drive.id.place_path();
        let Some(age) = catalog.place_age(&path, computer_id)? else { continue };
        let place = places.iter().find(|place| place.path == path).map(|place| place.id);
        facts.push(DriveFacts {
            name: drive.name.clone(),
            copied_at: age.copied_at.map(moment),
            proven_at: read_at(place, catalog)?.map(moment),
            lacks_since: age.lacks_since.map(moment),
            lacks_bytes: Some(lacks_bytes(place, catalog, own)?),
            ..DriveFacts::default()
        });
    }
    Ok(facts)
}

/// When the copy that has been on a drive for longest came there: each is read back from the medium when it is made. None without any.
fn read_at(place: Option<i64>, catalog: &Catalog) -> Result<Option<i64>, CatalogError> {
    Ok(place.map(|place| catalog.held_in(place)).transpose()?.and_then(|held| held.first_at))
}

/// What of the newest backup of each plan is not on a drive, in bytes.
fn lacks_bytes(place: Option<i64>, catalog: &Catalog, own: &[&BackupRow]) -> Result<u64, CatalogError> {
    let held = place.map(|place| catalog.copies_in(place)).transpose()?.unwrap_or_default();
    let mut chains = BTreeSet::new();
    let mut bytes = 0u64;
    for backup in own.iter().rev().filter(|backup| backup.complete) {
        if chains.insert(backup.chain) {
            let archives = catalog.archives_of(backup)?.into_iter();
            bytes += archives.filter(|row| !held.contains_key(&row.name)).map(|row| row.bytes).sum::<u64>();
        }
    }
    Ok(bytes)
}

impl Gathered {
    /// Puts in what the folder of state says of drives and of the recovery sheet, and which drives are plugged in. Cheap: it is
    /// made anew at each look, since none of it is in the catalog. `is_key_there` is what was found out about the family's key just now;
    /// with None what was found out last counts ([`KeySeen`]).
    pub fn put_drives(
        &mut self,
        settings: Option<&Settings>,
        data_dir: &Path,
        plugged_in: &[String],
        is_key_there: Option<bool>,
    ) {
        let Some(settings) = settings.filter(|settings| !settings.drives.is_empty()) else { return };
        let (noted, asked) = (NotedDrives::load(data_dir), AskedDrives::load(data_dir));
        for facts in &mut self.health.drives {
            let Some(drive) = settings.drive(&facts.name) else { continue };
            let noted = noted.of(drive.id);
            facts.adopted_at = noted.adopted_at.map(moment);
            facts.proven_at = facts.proven_at.map(|read| read.max(noted.proven_at.map_or(read, moment)));
            facts.snoozed_until = asked.snoozed_until().map(moment);
            facts.is_here = plugged_in.contains(&facts.name);
        }
        self.status.drives = self.health.drives.clone();
        if settings.drives.iter().any(|drive| drive.is_encrypted) {
            let was_lost =
                |family: &Family| KeySeen::load(data_dir, &family.recipient).is_some_and(|seen| seen.is_lost);
            self.health.sheet = match Family::load(data_dir) {
                Ok(Some(family)) if !is_key_there.unwrap_or_else(|| !was_lost(&family)) => SheetFacts::KeyLost,
                Ok(Some(family)) if family.is_sheet_checked => SheetFacts::Checked,
                Ok(Some(_)) => SheetFacts::Unchecked,
                Ok(None) | Err(_) => SheetFacts::FamilyLost,
            };
        }
    }
}
