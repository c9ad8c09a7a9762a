//! The family's drives, for the page of drives.

use std::collections::HashMap;
use std::path::Path;

use keepsake_api::{Answer, DriveCard, DriveColor, Drives, IgnoredDrive, OpenedDrive, PathText, SheetState};
use keepsake_core::catalog::WholeCopy;
use keepsake_core::destinations::drive::{AskedDrives, FOLDER_NAME, NotedDrives};
use keepsake_core::destinations::stored::list_with_locked;
use keepsake_core::health::gather::gather_noted;
use keepsake_core::health::{DriveFacts, next_drive};
use keepsake_core::sealed::{Family, KeyStore};
use keepsake_core::settings::edit::{Change, SettingsFile, change};
use keepsake_core::settings::{DriveColor as Color, Settings};
use keepsake_drives::Disks;

use super::known::{Known, Opened};
use super::refusal::Refused;
use crate::keyring::{Found, Keys};
use crate::recovery::has_locked;
use crate::session::settings;
use crate::surroundings::Surroundings;

/// Answers the page of drives.
pub fn drives(known: &mut Known<'_>) -> Result<Answer, Refused> {
    let around = known.around;
    let settings = settings(around)?;
    let opened = known.open(None)?;
    let asked = AskedDrives::load(&around.data_dir);
    let ignored =
        asked.ignored().map(|(volume, title)| IgnoredDrive { volume: volume.into(), title: title.into() }).collect();
    let Some(settings) = &settings else {
        let (drives, sheet) = (Vec::new(), SheetState::NotNeeded);
        return Ok(Answer::Drives(Drives { drives, ignored, sheet, needed_bytes: 0 }));
    };
    let needed = opened.catalog.archives_to_copy(&opened.computer_id)?;
    let facts = gather_noted(Some(settings), Some(&opened.catalog), &opened.computer_id, None)?.health.drives;
    Ok(Answer::Drives(Drives {
        drives: cards(around, &opened, settings, &facts, &opened.catalog.whole_copies()?)?,
        ignored,
        sheet: sheet(around, settings),
        needed_bytes: needed.iter().map(|row| row.bytes).sum(),
    }))
}

/// A card for each drive of the settings. `facts` are those of the verdict, `whole` the backups that each place has whole.
pub fn cards(
    around: &Surroundings,
    opened: &Opened,
    settings: &Settings,
    facts: &[DriveFacts],
    whole: &HashMap<i64, Vec<WholeCopy>>,
) -> Result<Vec<DriveCard>, Refused> {
    if settings.drives.is_empty() {
        return Ok(Vec::new());
    }
    let catalog = &opened.catalog;
    let noted = NotedDrives::load(&around.data_dir);
    let places = catalog.places()?;
    let next = next_drive(facts).map(|drive| drive.name.clone());
    let mut cards = Vec::new();
    for drive in &settings.drives {
        let path = drive.id.place_path();
        let place = places.iter().find(|place| place.path == path);
        let copies = place.and_then(|place| whole.get(&place.id)).map(Vec::as_slice).unwrap_or_default();
        let held = place.map(|place| catalog.held_in(place.id)).transpose()?.unwrap_or_default();
        let noted = noted.of(drive.id);
        cards.push(DriveCard {
            name: drive.name.clone(),
            color: color(drive.color),
            is_encrypted: drive.is_encrypted,
            stays_plugged_in: drive.stays_plugged_in,
            last_seen: noted.last_seen,
            last_copied: copies.last().map(|copy| copy.copied_at),
            // A copy is read again from its medium when it is made.
            last_proven: held.first_at.map(|first| first.max(noted.proven_at.unwrap_or(first))),
            backups: copies.len() as u64,
            bytes: held.bytes,
            free_bytes: noted.free_bytes,
            total_bytes: noted.total_bytes,
            is_next: next.as_deref() == Some(&drive.name),
        });
    }
    Ok(cards)
}

fn sheet(around: &Surroundings, settings: &Settings) -> SheetState {
    if !settings.drives.iter().any(|drive| drive.is_encrypted) {
        return SheetState::NotNeeded;
    }
    match Family::load(&around.data_dir) {
        Ok(Some(family)) => match Keys::around(around).look_for(&family.recipient) {
            Found::Lost => SheetState::KeyLost,
            // A keyring that is locked now is no loss.
            _ if family.is_sheet_checked => SheetState::Checked,
            _ => SheetState::Unchecked,
        },
        Ok(None) | Err(_) => SheetState::KeyLost,
    }
}

/// Changes a drive in the settings.
pub fn change_drive(
    around: &Surroundings,
    name: String,
    new_name: String,
    color: DriveColor,
    stays_plugged_in: bool,
) -> Result<Answer, Refused> {
    let file = SettingsFile::read(&around.config, &around.home)?;
    let color = color_of(color);
    let change_it = [Change::ChangeDrive { name, new_name, color, stays_plugged_in }];
    change(&around.config, &around.home, &change_it, &file.fingerprint())
        .map_err(|e| Refused::failed("failed-drive-not-changed", e))?;
    Ok(Answer::ChangeDrive(()))
}

/// Opens a stranger for reading only, because a person asked for it. One without backups is left as it was found.
pub fn open_drive(around: &Surroundings, key: &str) -> Result<Answer, Refused> {
    let failed = |e: keepsake_drives::DrivesError| Refused::failed("failed-drive-not-opened", e);
    let volumes = keepsake_drives::volumes().map_err(failed)?;
    let gone = || Refused::not_found(keepsake_api::Said::new("refused-drive-gone"));
    let volume = volumes.into_iter().find(|volume| volume.key() == key).ok_or_else(gone)?;
    let disks = Disks::connect().map_err(failed)?;
    let mounted = disks.mount(&volume, true).map_err(failed)?;
    let places = [mounted.folder.join(FOLDER_NAME), mounted.folder];
    let Some(from) = places.into_iter().find(|folder| has_backups(folder)) else {
        if !mounted.was_mounted {
            // Whoever plugged it in need not let go of it first.
            let _ = disks.unmount(&volume);
        }
        let said = keepsake_api::Said::new("refused-drive-without-backups").text("title", volume.title());
        return Err(Refused::not_found(said));
    };
    let needs_key = has_locked(&from) && Keys::around(around).load().map_or(true, |kept| kept.all().next().is_none());
    Ok(Answer::OpenDrive(OpenedDrive { from: PathText::of_path(&from), needs_key }))
}

fn has_backups(folder: &Path) -> bool {
    list_with_locked(folder).is_ok_and(|listing| !listing.archives.is_empty())
}

/// Both sides have the same colours, by the same words.
fn color(color: Color) -> DriveColor {
    DriveColor::ALL.into_iter().find(|one| one.word() == color.word()).unwrap_or(DriveColor::Blue)
}

fn color_of(color: DriveColor) -> Color {
    Color::of_word(color.word()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_the_same_on_both_sides() {
        for one in DriveColor::ALL {
            assert_eq!((color_of(one).word(), color(color_of(one))), (one.word(), one));
        }
    }
}
