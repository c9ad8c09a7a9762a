//! Deleting one backup because a person asks for it.

use super::policy::{Because, Verdict};
use super::{RetireError, RetireRequest, Retired, Waits, brake, decide_and_look, home, note_found, remove_unneeded};
use crate::catalog::{BackupRow, Catalog, CatalogError};
use crate::clock::Clock;
use crate::monitor::Monitor;
use crate::reserve::with_reserve;

/// Why a backup is not deleted. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// There is none of that name that this computer made by that plan.
    #[error("there is no backup {name} of this computer")]
    NoSuchBackup {
        /// What was asked for.
        name: String,
    },
    /// It is the newest one, or the newest good one.
    #[error("{name} is {}, and stays", words(*because))]
    Protected {
        /// The backup.
        name: String,
        /// What protects it.
        because: Because,
    },
    /// No other backup has this source at least as whole.
    #[error("{name} is the last good backup of {thing}, and stays")]
    LastOfSource {
        /// The backup.
        name: String,
        /// The source.
        thing: String,
    },
    /// Something must be looked at first: older backups may have what is lost.
    #[error("nothing is deleted for now: {waits}")]
    Waits {
        /// What.
        waits: Waits,
    },
    /// As for retention.
    #[error(transparent)]
    Retire(#[from] RetireError),
}

fn words(because: Because) -> &'static str {
    match because {
        Because::NewestGood => "the newest backup in which nothing is missing",
        Because::NewestWhole => "the newest backup that can be brought back whole",
        _ => "the newest backup, on which the next one builds",
    }
}

/// What deleting a backup would do, or did.
#[derive(Debug, Default)]
pub struct Deleted {
    /// How many archives of the backup folder would go, or went.
    pub archives: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What could not be removed, each as a sentence. Nothing needs it, and the next run tries again.
    pub problems: Vec<String>,
}

/// What protects a backup from being deleted by anybody, so that each source of it stays somewhere whole; None when nothing
/// does. `backups` are all of its chain, oldest first, `verdicts` those of the policy on each; `is_damaged` tells whether
/// damage of a backup is known.
pub fn protection(
    backups: &[BackupRow],
    verdicts: &[Verdict],
    name: &str,
    is_damaged: impl Fn(&BackupRow) -> bool,
) -> Option<DeleteError> {
    let at = backups.iter().position(|backup| backup.name == name)?;
    let (backup, name) = (&backups[at], name.to_string());
    if let Some(because) = verdicts[at].because.iter().copied().rfind(|because| because.protects()) {
        return Some(DeleteError::Protected { name, because });
    }
    // What is not whole may be all that is left: only one that is no worse makes up for it.
    let wholeness = |one: &BackupRow| (one.complete, !is_damaged(one));
    let makes_up = |other: &BackupRow, source: &str| {
        other.name != backup.name && other.collected(source.as_bytes()) && wholeness(other) >= wholeness(backup)
    };
    let mut sources = backup.sources.iter().filter(|source| backup.collected(source.name.as_bytes()));
    let last = sources.find(|source| !backups.iter().any(|other| makes_up(other, &source.name)))?;
    Some(DeleteError::LastOfSource { name, thing: last.name.clone() })
}

/// Deletes a backup of the request's plan, and the archives that no other needs then. With `is_dry_run` it only says what
/// that would be. The caller holds the job lock and has reconciled the catalog with the backup folder; a power cut does what it
/// does to [`super::retire`].
///
/// # Errors
/// [`DeleteError`] when it may not go, or cannot.
pub fn delete_backup(
    catalog: &Catalog,
    request: &RetireRequest,
    name: &str,
    is_dry_run: bool,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> Result<Deleted, DeleteError> {
    let (decision, found) = decide_and_look(catalog, request, true, clock)?;
    if !is_dry_run {
        with_reserve(&request.data_dir, CatalogError::is_disk_full, || note_found(catalog, found.as_ref()))
            .map_err(RetireError::from)?;
    }
    let (backups, verdicts): (Vec<BackupRow>, Vec<Verdict>) =
        decision.backups.iter().cloned().map(|one| (one.backup, one.verdict)).unzip();
    let Some(backup) = backups.iter().find(|backup| backup.name == name) else {
        return Err(DeleteError::NoSuchBackup { name: name.into() });
    };
    let damaged = catalog.damaged_backups().map_err(RetireError::from)?;
    if let Some(why) = protection(&backups, &verdicts, name, |backup| damaged.contains_key(&backup.id)) {
        return Err(why);
    }
    match &decision.waits {
        // A person names the backup, so that its age does not matter.
        None | Some(Waits::ClockWrong { .. }) => {}
        Some(waits) => return Err(DeleteError::Waits { waits: waits.clone() }),
    }
    let place = home(catalog, request).map_err(RetireError::from)?.unwrap_or(-1);
    if is_dry_run {
        let unneeded = catalog.unneeded_archives(backup.chain, place, &[backup.id]).map_err(RetireError::from)?;
        let bytes = unneeded.iter().map(|archive| archive.bytes).sum();
        return Ok(Deleted { archives: unneeded.len() as u64, bytes, problems: Vec::new() });
    }
    // What is written here makes room.
    let newest_at = backups.last().map_or(backup.at, |newest| newest.at);
    let may_note = decision.waits.is_none();
    let unneeded = with_reserve(&request.data_dir, RetireError::is_disk_full, || {
        if may_note {
            // Backups are compared with those before them: once one is gone, only what comes new.
            brake::note_seen(&request.data_dir, &request.plan, newest_at)?;
        }
        Ok(catalog.retire_backups(backup.chain, place, &[backup.id])?)
    })?;
    let mut retired = Retired::default();
    remove_unneeded(request, unneeded, monitor, &mut retired);
    Ok(Deleted { archives: retired.archives, bytes: retired.bytes, problems: retired.problems })
}
