//! Putting the backups that were found into the catalog, oldest first: behind what is known where that is
//! enough, else the whole chain anew.

use std::collections::BTreeMap;

use super::scan::{self, NeededSums, Tail};
use super::{Imported, RebuildError};
use crate::catalog::{Catalog, CatalogError, ImportPart, ImportedBackup};
use crate::monitor::Monitor;

/// The archives of one backup that are here, in the order of their parts.
#[derive(Debug)]
struct Group {
    at: i64,
    name: String,
    parts: Vec<Tail>,
    /// False when the backup itself is not to be listed: retention dropped it, or its last part is missing.
    listed: bool,
}

/// Imports what was found: one chain (a plan on a computer) after another.
pub(super) fn import(
    catalog: &Catalog,
    tails: Vec<Tail>,
    sums: &NeededSums,
    monitor: &dyn Monitor,
    imported: &mut Imported,
) -> Result<(), RebuildError> {
    let mut chains: BTreeMap<(String, String), Vec<Tail>> = BTreeMap::new();
    for tail in tails {
        chains.entry((tail.computer_id.clone(), tail.plan.clone())).or_default().push(tail);
    }
    for ((computer_id, plan), tails) in chains {
        let chain = catalog.chain(&computer_id, &plan)?;
        let mut behind = true;
        let newest = chain.map(|chain| catalog.newest_at(chain)).transpose()?.flatten();
        let mut wanted = Vec::new();
        for group in groups(tails, imported) {
            let last_is_known = catalog.has_backup(&group.name)?;
            let has_last = group.parts.iter().any(|tail| tail.last);
            let needed = group.parts.iter().any(|tail| sums.is_needed(&tail.name, &group.name));
            if !has_last && !last_is_known && !needed {
                imported.unfinished.extend(group.parts.into_iter().map(|tail| tail.name));
                continue;
            }
            let same_time = chain.map(|chain| catalog.backup_name_at(chain, group.at)).transpose()?.flatten();
            // Told apart here, or a stray file would have the whole chain read again each time.
            if last_is_known && !needed || same_time.is_some_and(|name| name != group.name) {
                let name = group.name;
                imported.problems.push(format!("{name} claims the place of another backup and is left out"));
                continue;
            }
            behind &= !last_is_known && newest.is_none_or(|newest| newest < group.at);
            wanted.push(group);
        }
        match chain {
            _ if wanted.is_empty() => {}
            Some(chain) if !behind => import_anew(catalog, chain, wanted, monitor, imported)?,
            _ => import_behind(catalog, wanted, monitor, imported)?,
        }
    }
    Ok(())
}

/// Sorts archives of one chain into backups, oldest first.
fn groups(tails: Vec<Tail>, imported: &mut Imported) -> Vec<Group> {
    let mut by_name: BTreeMap<String, Vec<Tail>> = BTreeMap::new();
    for tail in tails {
        by_name.entry(tail.backup.clone()).or_default().push(tail);
    }
    let mut groups: Vec<Group> = Vec::new();
    for (name, mut parts) in by_name {
        parts.sort_by_key(|tail| tail.part);
        // The last part says what the backup is.
        let at = parts.iter().rev().find(|tail| tail.last).unwrap_or(&parts[0]).at;
        let end = parts.iter().position(|tail| tail.last).unwrap_or(parts.len());
        let (mut kept, mut listed) = (Vec::new(), false);
        for (i, tail) in parts.into_iter().enumerate() {
            if tail.at == at && i <= end {
                listed |= tail.last;
                kept.push(tail);
            } else {
                imported.problems.push(format!("{} does not belong to the other parts of its backup", tail.name));
            }
        }
        groups.push(Group { at, name, parts: kept, listed });
    }
    // What is known goes before what claims the same time.
    groups.sort_by_key(|group| (group.at, !group.parts.iter().any(|tail| tail.known)));
    let mut taken = None;
    groups.retain(|group| {
        let free = taken != Some(group.at);
        if !free {
            imported.problems.push(format!("{} claims the time of another backup and is left out", group.name));
        }
        taken = Some(group.at);
        free
    });
    groups
}

fn open_parts(group: &Group) -> Result<Vec<ImportPart>, CatalogError> {
    let open = |tail: &Tail| {
        let reader = scan::open(&tail.path, &tail.name)?;
        Ok(ImportPart { name: tail.name.clone(), reader, sha256: tail.sha256, copies: tail.copies.clone() })
    };
    group.parts.iter().map(open).collect()
}

/// Each backup in a recording of its own.
fn import_behind(
    catalog: &Catalog,
    groups: Vec<Group>,
    monitor: &dyn Monitor,
    imported: &mut Imported,
) -> Result<(), RebuildError> {
    for group in groups {
        let result = open_parts(&group).and_then(|parts| match group.listed {
            true => catalog.import_backup(&parts, monitor),
            false => {
                let first = &group.parts[0];
                let mut recorder = catalog.record(&first.computer_id, &first.computer, &first.plan)?;
                let result = recorder.import(catalog, &parts, false, monitor)?;
                recorder.commit()?;
                Ok(result)
            }
        });
        match result {
            Ok(result) => note(&group, result, imported),
            // What cannot be read today is still unknown, and tried again the next time.
            Err(CatalogError::Archive(e)) if !matches!(e, crate::archive::error::ArchiveError::Stopped) => {
                imported.problems.push(e.to_string());
            }
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// Reads what is known of a chain once more, as more of it can be read now. While an archive cannot be opened, all stays
/// as it is.
pub(super) fn read_anew(
    catalog: &Catalog,
    chain: i64,
    monitor: &dyn Monitor,
    imported: &mut Imported,
) -> Result<(), RebuildError> {
    import_anew(catalog, chain, Vec::new(), monitor, imported)
}

/// The whole chain anew, in one recording: what is known of it now stays until all of it is known better.
fn import_anew(
    catalog: &Catalog,
    chain: i64,
    found: Vec<Group>,
    monitor: &dyn Monitor,
    imported: &mut Imported,
) -> Result<(), RebuildError> {
    let places = catalog.places()?;
    let mut tails: Vec<Tail> = Vec::new();
    let mut dropped = Vec::new();
    for name in catalog.archive_names(chain)? {
        let Some(known) = catalog.archive_named(&name)? else { continue };
        if known.copies.is_empty() {
            // Gone everywhere: what needs it is incomplete anyway.
            continue;
        }
        let paths = places.iter().filter(|p| known.copies.iter().any(|c| c.0 == p.id)).map(|p| p.path.join(&name));
        let Some(reader) = paths.filter_map(|path| scan::open(&path, &name).ok()).find(|r| r.length() == known.bytes)
        else {
            if found.is_empty() {
                return Ok(());
            }
            let new: Vec<&str> = found.iter().map(|group| group.name.as_str()).collect();
            imported.problems.push(format!(
                "{} could not be put into the history: for that {name} must be readable too. \
                 Connect the drive that holds it and import again",
                new.join(", ")
            ));
            return Ok(());
        };
        let mut tail = scan::tail(&name, &reader);
        tail.sha256 = known.sha256;
        tail.copies = known.copies;
        tail.known = true;
        if tail.last && !catalog.has_backup(&known.backup_name)? {
            dropped.push(known.backup_name);
        }
        tails.push(tail);
    }
    let new_names: Vec<String> = found.iter().map(|group| group.name.clone()).collect();
    tails.extend(found.into_iter().flat_map(|group| group.parts));
    let Some(Tail { computer_id, plan, .. }) = tails.first().cloned() else { return Ok(()) };
    // The newest name of the computer is the one it has now.
    let computer = tails.iter().max_by_key(|tail| tail.at).map(|tail| tail.computer.clone()).unwrap_or_default();

    let mut recorder = catalog.record(&computer_id, &computer, &plan)?;
    recorder.forget_chain()?;
    for mut group in groups(tails, imported) {
        group.listed &= !dropped.contains(&group.name);
        let parts = open_parts(&group)?;
        let result = recorder.import(catalog, &parts, group.listed, monitor)?;
        if new_names.contains(&group.name) {
            note(&group, result, imported);
        }
    }
    recorder.commit()?;
    Ok(())
}

fn note(group: &Group, result: ImportedBackup, imported: &mut Imported) {
    imported.archives.extend(group.parts.iter().filter(|tail| !tail.known).map(|tail| tail.name.clone()));
    imported.backups += u64::from(group.listed);
    imported.files += result.files;
    imported.problems.extend(result.problems);
    if group.listed && !result.missing.is_empty() {
        imported.incomplete.push((group.name.clone(), result.missing));
    }
}
