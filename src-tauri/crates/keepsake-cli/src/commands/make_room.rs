//! When a backup or a copy does not fit: what the settings let go anyway goes first, and never more than that.

use keepsake_core::backup::RoomBefore;
use keepsake_core::retire::{Retired, is_sudden};
use keepsake_core::settings::Settings;
use serde_json::{Value, json};

use super::prune;
use crate::error::CliError;
use crate::session::Session;

/// What was let go to make room.
#[derive(Debug, Default)]
pub struct MadeRoom {
    /// How many backups.
    pub backups: u64,
    /// How many archives.
    pub archives: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Why there is no more, as a sentence.
    pub no_more: String,
}

impl MadeRoom {
    /// True when trying again may help.
    pub fn is_any(&self) -> bool {
        self.backups > 0 || self.archives > 0
    }

    /// For programs; null when nothing went.
    pub fn as_json(&self) -> Value {
        match self.is_any() {
            true => json!({ "backups": self.backups, "archives": self.archives, "bytes": self.bytes }),
            false => Value::Null,
        }
    }
}

/// Why nothing older may go now that this was seen, as a sentence; None when the policy alone decides. What retention
/// waits for shows in a backup only once it is made, and this one is not.
pub fn is_held(seen: RoomBefore) -> Option<&'static str> {
    if seen.has_unknown_source {
        return Some("No old backup was removed to make room, since something that is protected could not be found.");
    }
    is_sudden(seen.gone_files_at_most, seen.files_before)
        .then_some("No old backup was removed to make room, since very many files have changed or vanished at once.")
}

/// Lets go of every plan what `keepsake prune` would, and says so.
///
/// # Errors
/// When that cannot be written.
pub fn let_old_backups_go(session: &Session<'_>, settings: &Settings) -> Result<MadeRoom, CliError> {
    let mut made = MadeRoom::default();
    let mut waits = Vec::new();
    for plan in &settings.plans {
        let Some(done) = prune::after_backup(session, plan) else { continue };
        if let Ok(Retired { decision, archives, bytes, .. }) = &done {
            made.backups += prune::went(decision);
            made.archives += archives;
            made.bytes += bytes;
            waits.extend(decision.waits.as_ref().map(ToString::to_string));
        }
        // What waits is part of the sentence below.
        if made.is_any() && !session.around.global.json {
            prune::tell_after_backup(session.around, &plan.name, &done)?;
        }
    }
    made.no_more = match waits.is_empty() {
        true => "All old backups that may go by your settings are gone.".into(),
        false => format!("No older backup may go: {}.", waits.join("; ")),
    };
    // What made room may have used what is kept for that.
    session.keep_reserve();
    Ok(made)
}
