//! The recovery sheet, for the command line and for the window: entering a key, by hand or from a picture.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use keepsake_api::{EnteredKey, WordTypo};
use keepsake_core::atomic_file::open_own;
use keepsake_core::error::{FileError, plain};
use keepsake_core::in_time::look_at;
use keepsake_core::lock::LockError;
use keepsake_core::sealed::{
    Entered, Family, FamilyError, KeptKeys, KeyStore, KeyStoreError, RecoveryKey, SEALED_ENDING, TypedKeyError, Whose,
    is_opened_by,
};
use zeroize::{Zeroize, Zeroizing};

use crate::answer::thumbnails::drawn_by;
use crate::error::{CliError, Exit};
use crate::keyring::Keys;
use crate::surroundings::Surroundings;

/// What to do when the disk with the folder of state is full.
const MAKE_ROOM: &str = "Make room on the disk that holds it, then do it again.";
/// How long finding the code in a picture may take.
const LONGEST_READING: Duration = Duration::from_secs(10);
/// So many locked files of a folder are tried, the newest first: after the key was changed, older ones have another.
const MOST_TRIED: usize = 100;

/// What came of typing a sheet. With `from`, it must open a locked file in that folder; else it must be the family's own, or
/// becomes that where there is no family yet. A good one is kept; one that opens copies of others beside the family's own, and never in
/// its place.
///
/// # Errors
/// When it cannot be kept, or the folder holds nothing locked that can be read.
pub fn enter(around: &Surroundings, typed: &str, from: Option<&Path>) -> Result<EnteredKey, CliError> {
    let key = match RecoveryKey::from_typed(typed) {
        Ok(key) => key,
        Err(e) => return Ok(wrong(e)),
    };
    let store = Keys::around(around);
    let now_secs = around.clock.now().as_second();
    if let Some(from) = from {
        if !opens_one(from, &key)? {
            return Ok(EnteredKey::OtherFamily {});
        }
        if Family::is_anothers(&around.data_dir, &store, &key)? {
            // It opens what is meant, and the family keeps its own.
            store.add(&key, Whose::Others)?;
            return Ok(EnteredKey::Good {});
        }
    }
    let entered = Family::enter(&around.data_dir, &store, &key, now_secs)?;
    look_for_key(around);
    Ok(match entered {
        Entered::Good => EnteredKey::Good {},
        Entered::OtherFamily => EnteredKey::OtherFamily {},
    })
}

/// Makes a new key, in place of the one that there is; a damaged file of the family is mended by it. Answers true when there was one.
///
/// # Errors
/// When it cannot be kept; then the old key is the family's.
pub fn make_key(around: &Surroundings) -> Result<(Family, bool), CliError> {
    let (store, now_secs) = (Keys::around(around), around.clock.now().as_second());
    let had_one = !matches!(Family::load(&around.data_dir), Ok(None));
    let family = match had_one {
        true => Family::renew(&around.data_dir, &store, now_secs)?,
        false => Family::load_or_make(&around.data_dir, &store, now_secs)?,
    };
    look_for_key(around);
    Ok((family, had_one))
}

/// Finds out whether the family's key is still where it is kept, for whoever shows how things stand; None where nobody can tell.
pub fn look_for_key(around: &Surroundings) -> Option<bool> {
    let family = Family::load(&around.data_dir).ok()??;
    Keys::around(around).note(&family, around.clock.now().as_second()).is_there()
}

/// As [`enter`], from a picture of the sheet.
///
/// # Errors
/// As [`enter`], and when the picture cannot be opened.
pub fn enter_picture(around: &Surroundings, picture: &Path, from: Option<&Path>) -> Result<EnteredKey, CliError> {
    let file = open_own(picture, std::fs::OpenOptions::new().read(true)).map_err(FileError::on("read", picture))?;
    // In a process of its own: a picture was made by strangers, until the opposite is known.
    let mut program = Command::new("/proc/self/exe");
    program.args(["thumbnail", "--qr"]);
    let Some(mut found) = drawn_by(program, file, LONGEST_READING) else { return Ok(EnteredKey::NotFound {}) };
    let text = Zeroizing::new(String::from_utf8_lossy(&found).into_owned());
    found.zeroize();
    enter(around, &text, from)
}

fn wrong(error: TypedKeyError) -> EnteredKey {
    let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    match error {
        TypedKeyError::Typos { typos } => EnteredKey::Typos {
            typos: typos
                .into_iter()
                .map(|typo| WordTypo {
                    number: short(typo.number),
                    typed: typo.typed,
                    meant: typo.meant.into_iter().map(String::from).collect(),
                })
                .collect(),
        },
        TypedKeyError::WrongCount { count } => EnteredKey::WrongCount { count: short(count) },
        TypedKeyError::WrongWord | TypedKeyError::WrongText => EnteredKey::WrongWord {},
    }
}

/// Whether a key opens one of the locked files in a folder.
fn opens_one(folder: &Path, key: &RecoveryKey) -> Result<bool, CliError> {
    let advice = "See that the drive is plugged in, and that it is the folder with the backups.";
    let (at, key) = (folder.to_path_buf(), key.clone());
    let looked = look_at(folder, move |_| tried(&at, &key));
    let Some(looked) = looked else {
        return Err(CliError::failed(format!("{} does not answer", folder.display()), advice));
    };
    match looked {
        Ok(Some(opens)) => Ok(opens),
        Ok(None) => Err(CliError::input(format!("there is no locked backup in {}", folder.display()), advice)),
        Err(e) => Err(CliError::failed(format!("could not look into {}: {}", folder.display(), plain(&e)), advice)),
    }
}

/// None when there is nothing that is locked.
fn tried(folder: &Path, key: &RecoveryKey) -> std::io::Result<Option<bool>> {
    let mut locked: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Of one in parts, the first has the header.
        if name.strip_suffix(".001").unwrap_or(&name).ends_with(SEALED_ENDING) {
            locked.push(path);
        }
    }
    // Names end in the time at which they were made.
    locked.sort_by(|a, b| b.cmp(a));
    let mut is_any = false;
    for path in locked.iter().take(MOST_TRIED) {
        let Ok(file) = open_own(path, std::fs::OpenOptions::new().read(true)) else { continue };
        let file = fs_err::File::from_parts(file, path);
        match is_opened_by(path, &file, key) {
            Ok(true) => return Ok(Some(true)),
            Ok(false) => is_any = true,
            // Damaged: another one may tell.
            Err(_) => {}
        }
    }
    Ok(is_any.then_some(false))
}

/// The family and its key, for printing the sheet.
///
/// # Errors
/// When there is no key yet, this computer has lost it, or it cannot be had now.
pub fn family_and_key(around: &Surroundings) -> Result<(Family, RecoveryKey), CliError> {
    let family = Family::load(&around.data_dir)?.ok_or_else(no_key_yet)?;
    let key = family.key(&Keys::around(around))?.ok_or_else(key_lost)?;
    Ok((family, key))
}

/// True when there are locked copies in a folder.
pub fn has_locked(folder: &Path) -> bool {
    let Ok(items) = std::fs::read_dir(folder) else { return false };
    items.flatten().any(|item| item.file_name().to_string_lossy().contains(&format!(".tar.gz{SEALED_ENDING}")))
}

/// Why none of the locked backups in a folder can be opened, and what to do.
pub fn not_opened(around: &Surroundings, folder: &Path) -> CliError {
    let (folder, enter) = (folder.display(), format!("keepsake sheet --enter --from {}", folder.display()));
    let withheld = |error: KeyStoreError| {
        let error = CliError::from(error);
        CliError { message: format!("the backups in {folder} are locked, and {}", error.message), ..error }
    };
    match Keys::around(around).load() {
        Err(error) => withheld(error),
        Ok(KeptKeys { withheld: Some(error), .. }) => withheld(error),
        Ok(kept) if kept.all().next().is_none() => {
            let message = format!("the backups in {folder} are locked, and this computer has no recovery key");
            CliError { word: Some("no-key"), ..CliError::input(message, format!("Enter your recovery sheet: {enter}")) }
        }
        Ok(_) => {
            let message =
                format!("the backups in {folder} are locked with another recovery key than those on this computer");
            let advice = format!(
                "Enter the sheet that belongs to them: {enter}. It is another family's, or one from before the key was changed."
            );
            CliError { word: Some("other-key"), ..CliError::input(message, advice) }
        }
    }
}

/// There is no recovery key.
pub fn no_key_yet() -> CliError {
    let advice =
        "`keepsake sheet --new` makes one. On a new computer enter the one of your sheet: keepsake sheet --enter";
    CliError { word: Some("no-key"), ..CliError::input("there is no recovery key on this computer yet", advice) }
}

/// This computer knows the public part only.
pub fn key_lost() -> CliError {
    let message = "this computer has lost the recovery key; copies are still locked with it";
    let advice =
        "Enter it from your sheet: keepsake sheet --enter. Without a sheet make a new one: keepsake sheet --new";
    CliError { word: Some("key-lost"), ..CliError::input(message, advice) }
}

impl From<KeyStoreError> for CliError {
    fn from(error: KeyStoreError) -> Self {
        match &error {
            KeyStoreError::Locked => {
                let advice = "The recovery key may be in it. Sign in to the desktop, or unlock its keyring, and try again. If it \
                              cannot be unlocked any more, enter your recovery sheet: keepsake sheet --enter";
                Self { word: Some("keyring-locked"), ..Self::new(Exit::Input, error.to_string(), advice) }
            }
            KeyStoreError::Keyring { .. } => Self::failed(
                error.to_string(),
                "The recovery key may be in it. Try again after signing in anew, or enter your recovery sheet: keepsake sheet --enter",
            ),
            KeyStoreError::Damaged { .. } => {
                Self::failed(error.to_string(), "Enter the key from your sheet: keepsake sheet --enter")
            }
            KeyStoreError::File(e) | KeyStoreError::Lock(LockError::File(e)) if e.is_disk_full() => {
                Self { word: Some("disk-full"), ..Self::failed(error.to_string(), MAKE_ROOM) }
            }
            KeyStoreError::File(_) | KeyStoreError::Lock(_) => {
                Self::failed(error.to_string(), "See whether the folder of Keepsake's state can be written.")
            }
        }
    }
}

impl From<FamilyError> for CliError {
    fn from(error: FamilyError) -> Self {
        match error {
            FamilyError::File(e) if e.is_disk_full() => {
                Self { word: Some("disk-full"), ..Self::failed(e.to_string(), MAKE_ROOM) }
            }
            FamilyError::File(e) => e.into(),
            FamilyError::Keys(e) => e.into(),
            FamilyError::Damaged { .. } => {
                let advice = "Enter your recovery sheet: keepsake sheet --enter. That makes it anew, and puts the damaged one aside. If \
                              the sheet is lost, too, make a new key: keepsake sheet --new";
                Self { word: Some("family-damaged"), ..Self::failed(error.to_string(), advice) }
            }
            FamilyError::Later { .. } => Self::failed(error.to_string(), "Install the newest Keepsake."),
        }
    }
}
