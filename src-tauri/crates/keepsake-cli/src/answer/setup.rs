//! What the first run suggests.

use keepsake_api::{Answer, PathText, Refusal};

use super::refusal;
use crate::surroundings::Surroundings;

/// Folders that a family would want to protect.
pub fn suggest_sources(_around: &Surroundings) -> Result<Answer, Refusal> {
    Err(refusal::defect())
}

/// How much there is in a folder.
pub fn measure_folder(_around: &Surroundings, _dir: PathText) -> Result<Answer, Refusal> {
    Err(refusal::defect())
}

/// Disks and folders where backups could be.
pub fn suggest_places(_around: &Surroundings, _sources: Vec<PathText>) -> Result<Answer, Refusal> {
    Err(refusal::defect())
}
