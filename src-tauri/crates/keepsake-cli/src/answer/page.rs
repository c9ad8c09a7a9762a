//! One backup, whole.

use keepsake_api::{Answer, BackupPage, Keeps, PathText, SourceInBackup};
use keepsake_core::archive::metadata::SourceState;
use keepsake_core::catalog::BackupRow;
use keepsake_core::retire::policy::{Because, Verdict};
use keepsake_core::retire::{RetireError, RetireRequest, protection, verdicts};

use super::changes::{counted, neighbours, of_backup};
use super::known::{Known, Opened};
use super::refusal::Refused;
use super::words::{problem, summary};
use crate::surroundings::Surroundings;

/// Answers what is to be known of one backup.
pub fn backup(known: &mut Known<'_>, name: &str, from: Option<&PathText>) -> Result<Answer, Refused> {
    let opened = known.open(from)?;
    let catalog = &opened.catalog;
    let backup = opened.backup(name)?;
    let all = catalog.backups(Some(&backup.plan))?;
    let tally = known.tally(&opened, &backup)?;
    let damaged = catalog.damaged_backups()?;
    let (before, after) = neighbours(&all, &backup);
    let [came, changed, went] = counted(of_backup(known, &opened, before, &backup)?);
    let sources = backup.sources.iter().map(|source| SourceInBackup {
        name: source.name.clone(),
        path: (!source.path.is_empty()).then(|| source.path.clone()),
        was_found: source.state != SourceState::Unknown,
        counts: tally.all(source),
    });

    let whole_at = catalog.places_with_all(&backup)?;
    let places = catalog.places()?;
    let home = places.iter().find(|place| place.home).map(|place| place.id);
    let held = places.iter().filter(|place| whole_at.contains(&place.id));
    let places = held.map(|place| if place.home { String::new() } else { place.name.clone() }).collect();

    let chain: Vec<BackupRow> = all.iter().filter(|other| other.chain == backup.chain).cloned().collect();
    let (mut kept, mut is_last_good) = (Vec::new(), false);
    if opened.is_own(&backup) && from.is_none() {
        let (is_planned, verdicts) = verdicts_of(known.around, &opened, &backup, &chain)?;
        let at = chain.iter().position(|other| other.id == backup.id);
        kept = match at.filter(|_| is_planned) {
            Some(at) => keeps(&verdicts[at]),
            None => vec![Keeps::NoPlan {}],
        };
        is_last_good = protection(&chain, &verdicts, name, |other| damaged.contains_key(&other.id)).is_some();
    }

    let frees_bytes = match home {
        None => 0,
        Some(home) => {
            let bytes = |without: &[i64]| -> Result<u64, Refused> {
                let unneeded = catalog.unneeded_archives(backup.chain, home, without)?;
                Ok(unneeded.iter().map(|archive| archive.bytes).sum())
            };
            bytes(&[backup.id])?.saturating_sub(bytes(&[])?)
        }
    };
    Ok(Answer::Backup(Box::new(BackupPage {
        summary: summary(&backup, tally.pictures(), damaged.contains_key(&backup.id), &opened.computer_id),
        before: before.map(|before| before.name.clone()),
        after: after.map(|after| after.name.clone()),
        sources: sources.collect(),
        came,
        changed,
        went,
        problems: backup.problems.iter().map(problem).collect(),
        places,
        kept,
        is_last_good,
        proven: catalog.proven_since(&backup)?,
        frees_bytes,
    })))
}

/// What the policy says of each backup of a chain; false when the settings do not know its plan any more, and then it is
/// the usual policy.
fn verdicts_of(
    around: &Surroundings,
    opened: &Opened,
    backup: &BackupRow,
    chain: &[BackupRow],
) -> Result<(bool, Vec<Verdict>), Refused> {
    let plan = opened.settings.as_ref().and_then(|settings| settings.plan(&backup.plan));
    let request = RetireRequest {
        plan: backup.plan.clone(),
        computer_id: backup.computer_id.clone(),
        retention: plan.map(|plan| plan.retention).unwrap_or_default(),
        backup_dir: opened.settings.as_ref().map(|settings| settings.backup_dir.clone()).unwrap_or_default(),
        data_dir: around.data_dir.clone(),
        confirm_changes: false,
    };
    let decided = verdicts(&opened.catalog, &request, chain, around.clock.as_ref());
    let decided = decided.map_err(|error| match error {
        RetireError::Catalog(e) => Refused::from(e),
        RetireError::File(e) => Refused::failed("failed-reading", e),
    })?;
    Ok((plan.is_some(), decided))
}

fn keeps(verdict: &Verdict) -> Vec<Keeps> {
    let mut kept: Vec<Keeps> = Vec::new();
    for because in &verdict.because {
        let keeps = match because {
            // It stays as it is newer than all others; what the policy says of it follows.
            Because::Newest => continue,
            // Of that source, it is.
            Because::NewestGood | Because::NewestWhole | Because::LastOfSource => Keeps::LastGood {},
            Because::Last(count) => Keeps::Last { count: *count },
            Because::Days(days) => Keeps::Days { days: *days },
            Because::Day => Keeps::Day {},
            Because::Week => Keeps::Week {},
            Because::Month => Keeps::Month {},
            Because::Recent => Keeps::Recent {},
            Because::Waits => Keeps::Frozen {},
        };
        if !kept.contains(&keeps) {
            kept.push(keeps);
        }
    }
    kept
}
