//! The settings.

use keepsake_api::{Answer, Refusal, SettingsChange};

use super::refusal;
use crate::surroundings::Surroundings;

/// The settings as they are.
pub fn settings(_around: &Surroundings) -> Result<Answer, Refusal> {
    Err(refusal::defect())
}

/// What would be wrong with the settings after these changes.
pub fn check_settings(_around: &Surroundings, _changes: Vec<SettingsChange>) -> Result<Answer, Refusal> {
    Err(refusal::defect())
}

/// Changes them.
pub fn change_settings(
    _around: &Surroundings,
    _changes: Vec<SettingsChange>,
    _fingerprint: String,
) -> Result<Answer, Refusal> {
    Err(refusal::defect())
}
