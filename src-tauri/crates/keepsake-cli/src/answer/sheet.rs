//! The recovery sheet: shown, checked, entered, made anew.

use std::path::PathBuf;

use keepsake_api::{Answer, PathText};
use keepsake_core::backup::computer;
use keepsake_core::sealed::{self, Family};
use zeroize::Zeroizing;

use super::refusal::Refused;
use crate::error::CliError;
use crate::keyring::Keys;
use crate::recovery::{enter, enter_picture, key_lost, look_for_key, make_key, no_key_yet};
use crate::surroundings::{Surroundings, absolute};

/// What went wrong, with the sentence of the recovery key where there is no better one.
fn refused(error: impl Into<CliError>) -> Refused {
    let error = error.into();
    match error.word {
        None if error.exit == crate::error::Exit::Failed => {
            Refused::failed("failed-recovery-key", format!("{}. {}", error.message, error.advice))
        }
        _ => error.into(),
    }
}

/// The sheet, to print it. Who asks for it where there is no key yet gets one: it is asked for while a first drive is set up.
pub fn recovery_sheet(around: &Surroundings) -> Result<Answer, Refused> {
    let store = Keys::around(around);
    let family = Family::load_or_make(&around.data_dir, &store, around.clock.now().as_second()).map_err(refused)?;
    look_for_key(around);
    let key = family.key(&store).map_err(refused)?.ok_or_else(|| refused(key_lost()))?;
    let sheet = sealed::RecoverySheet::of(key);
    Ok(Answer::RecoverySheet(Box::new(keepsake_api::RecoverySheet {
        words: sheet.words().into_iter().map(String::from).collect(),
        qr_svg: sheet.qr_svg(),
        key: sheet.key_text().to_string(),
        check_code: sheet.check_code(),
        made: family.made_secs,
        computer: computer().0,
    })))
}

/// Whether this is its check code.
pub fn check_sheet(around: &Surroundings, code: &str) -> Result<Answer, Refused> {
    let family = Family::load(&around.data_dir).map_err(refused)?.ok_or_else(|| refused(no_key_yet()))?;
    let is_right = family.check_sheet(&around.data_dir, &Keys::around(around), code).map_err(refused)?;
    Ok(Answer::CheckSheet(is_right.ok_or_else(|| refused(key_lost()))?))
}

/// A sheet that was typed.
pub fn enter_key(around: &Surroundings, text: String, from: Option<&PathText>) -> Result<Answer, Refused> {
    let text = Zeroizing::new(text);
    Ok(Answer::EnterKey(enter(around, &text, path(from)?.as_deref()).map_err(refused)?))
}

/// A sheet in a picture.
pub fn read_sheet(around: &Surroundings, picture: &PathText, from: Option<&PathText>) -> Result<Answer, Refused> {
    let picture = absolute(&PathBuf::from(picture.os_string()))?;
    Ok(Answer::ReadSheet(enter_picture(around, &picture, path(from)?.as_deref()).map_err(refused)?))
}

/// A new key.
pub fn new_key(around: &Surroundings) -> Result<Answer, Refused> {
    make_key(around).map_err(refused)?;
    Ok(Answer::NewKey(()))
}

fn path(from: Option<&PathText>) -> Result<Option<PathBuf>, Refused> {
    from.map(|from| absolute(&PathBuf::from(from.os_string()))).transpose().map_err(Refused::from)
}
