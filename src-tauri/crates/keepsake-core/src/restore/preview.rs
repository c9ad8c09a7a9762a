//! Looks at what a restore would find, without changing anything.

use std::collections::HashMap;

use rustix::io::Errno;

use super::compare::{Standing, Wanted, compare};
use super::error::RestoreError;
use super::facts::{Me, OwnersHere};
use super::folders::{FolderWalk, split};
use super::request::{Preview, RestoreRequest, Target};
use super::select::{Ground, Selection, nearest_folder};
use crate::archive::manifest::{Entry, Node};
use crate::catalog::Catalog;
use crate::monitor::{Monitor, Phase, Silent};
use crate::room::{Room, needs_every_byte};

/// How many names an error lists.
const NAMED_CONFLICTS: usize = 10;

/// What a restore would find: what is new, changed and the same, and how old the backup is. Writes
/// nothing. A file with another time is read to see whether its content is the same.
///
/// # Errors
/// [`RestoreError`] when the backup has no such path, or the catalog cannot be read.
pub fn preview(catalog: &Catalog, request: &RestoreRequest) -> Result<Preview, RestoreError> {
    let selection = Selection::of(catalog, request)?;
    let sources = selection.sources(&request.backup);
    let mut ground = Ground::open(&request.target, &sources)?;
    Ok(survey(catalog, request, &selection, &mut ground, &Silent)?.found)
}

/// As [`preview`], with what a restore would be refused for after that look: too little room, or, beside, that something would
/// be replaced.
///
/// # Errors
/// As [`preview`].
pub fn preview_and_obstacle(
    catalog: &Catalog,
    request: &RestoreRequest,
) -> Result<(Preview, Option<RestoreError>), RestoreError> {
    let selection = Selection::of(catalog, request)?;
    let sources = selection.sources(&request.backup);
    let mut ground = Ground::open(&request.target, &sources)?;
    let survey = survey(catalog, request, &selection, &mut ground, &Silent)?;
    let obstacle = check(&survey, request, &ground).err();
    Ok((survey.found, obstacle))
}

/// What [`survey`] saw.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    pub found: Preview,
    /// Bytes that would be written, by the key of the top.
    pub needed_bytes: HashMap<Vec<u8>, u64>,
    /// Different things that stand where something would go: the first ten, and how many.
    conflicts: Vec<String>,
    conflict_count: u64,
}

impl Survey {
    /// A survey of a backup whose target is empty.
    pub fn empty(request: &RestoreRequest) -> Self {
        let mut survey = Self::default();
        survey.found.backup_at = request.backup.at;
        survey.found.backup_time.clone_from(&request.backup.time);
        survey
    }
}

/// Counts one entry by what stands in its place.
pub(crate) fn count(found: &mut Preview, standing: Standing, bytes: u64) {
    match standing {
        Standing::Nothing => found.new.add(bytes),
        Standing::Same | Standing::SameContent => found.same.add(bytes),
        Standing::Different { is_newer } => {
            found.changed.add(bytes);
            if is_newer {
                found.newer_here.add(bytes);
            }
        }
    }
}

/// Looks at everything that is wanted. It stops early, with what it has, when it is asked to.
pub(crate) fn survey(
    catalog: &Catalog,
    request: &RestoreRequest,
    selection: &Selection,
    ground: &mut Ground<'_>,
    monitor: &dyn Monitor,
) -> Result<Survey, RestoreError> {
    monitor.phase(Phase::Scanning, None, None);
    let me = Me::now();
    let mut owners = OwnersHere::default();
    let mut survey = Survey::empty(request);
    // Below this there is nothing on disk.
    let mut missing: Option<(Vec<u8>, Vec<u8>)> = None;
    for stored in selection.entries(catalog, &request.backup) {
        if monitor.should_stop() {
            break;
        }
        let mut entry = stored?.entry;
        owners.settle(&mut entry);
        let key = ground.key(&entry.path).to_vec();
        let path = ground.relative(&entry.path).to_vec();
        let is_folder = matches!(entry.node, Node::Folder);
        let is_missing = missing.as_ref().is_some_and(|(of, top)| {
            *of == key && path.strip_prefix(&top[..]).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
        });
        let standing = match ground.walk(&entry.path) {
            Some(walk) if !is_missing => {
                let standing = look(catalog, request, walk, &path, &entry, me)?;
                if is_folder && standing != Standing::Same {
                    missing = Some((key.clone(), path));
                }
                standing
            }
            _ => Standing::Nothing,
        };
        if let Standing::Different { .. } = standing {
            survey.conflict_count += 1;
            if survey.conflicts.len() < NAMED_CONFLICTS {
                survey.conflicts.push(entry.path.to_string());
            }
        }
        if !is_folder || matches!(standing, Standing::Different { .. }) {
            count(&mut survey.found, standing, entry.size_bytes());
        }
        let takes_room = match standing {
            Standing::Same => false,
            // In place the old one is kept beside the new one; elsewhere its room comes back.
            Standing::SameContent => matches!(request.target, Target::InPlace { .. }),
            Standing::Nothing | Standing::Different { .. } => true,
        };
        if let (Node::File(content), true) = (&entry.node, takes_room) {
            let bytes = survey.needed_bytes.entry(key).or_default();
            *bytes = bytes.saturating_add(content.stored_bytes);
        }
    }
    Ok(survey)
}

fn look(
    catalog: &Catalog,
    request: &RestoreRequest,
    walk: &mut FolderWalk,
    path: &[u8],
    entry: &Entry,
    me: Me,
) -> Result<Standing, RestoreError> {
    if path.is_empty() {
        // The source's own folder, in place: it is there.
        return Ok(Standing::Same);
    }
    let (folder, name) = split(path);
    let folder = match walk.find(folder) {
        Ok(folder) => folder,
        Err(e) if matches!(Errno::from_io_error(&e), Some(Errno::NOTDIR | Errno::LOOP)) => {
            // Something that is no folder stands where one would have to be made.
            return Ok(Standing::Different { is_newer: false });
        }
        // What is there cannot be seen: the restore itself will name it.
        Err(_) => return Ok(Standing::Nothing),
    };
    let target = match &entry.node {
        Node::HardLink { target, .. } => catalog.entry_at(&request.backup, target)?.map(|stored| stored.entry.node),
        _ => None,
    };
    let wanted = Wanted::of(&entry.node).or_else(|| target.as_ref().and_then(Wanted::of));
    let Some(wanted) = wanted else { return Ok(Standing::Nothing) };
    Ok(compare(&folder, name, wanted, &entry.facts, me).unwrap_or(Standing::Nothing))
}

/// Refuses what must not begin: a restore beside that would replace something, or one that does not fit.
pub(crate) fn check(survey: &Survey, request: &RestoreRequest, ground: &Ground<'_>) -> Result<(), RestoreError> {
    if let (Target::Beside(folder), 1..) = (&request.target, survey.conflict_count) {
        return Err(RestoreError::WouldReplace {
            folder: folder.clone(),
            names: survey.conflicts.clone(),
            count: survey.conflict_count,
        });
    }
    check_room(&survey.needed_bytes, request, ground)
}

/// Refuses a restore that does not fit: by file system, the bytes of all tops on it.
pub(crate) fn check_room(
    needed_bytes: &HashMap<Vec<u8>, u64>,
    request: &RestoreRequest,
    ground: &Ground<'_>,
) -> Result<(), RestoreError> {
    let sources: Vec<String> = match &request.target {
        Target::Beside(_) => Vec::new(),
        Target::InPlace { sources } => sources.keys().cloned().collect(),
    };
    let mut by_disk: HashMap<u64, (u64, std::path::PathBuf)> = HashMap::new();
    for (key, path) in ground.tops(&sources)? {
        let bytes = needed_bytes.get(&key).copied().unwrap_or(0);
        // Where nothing goes nothing is asked: its disk may not answer.
        let Some(folder) = (bytes > 0).then(|| nearest_folder(&path)).flatten() else { continue };
        let disk = by_disk.entry(folder.dev).or_insert((0, path.clone()));
        disk.0 = disk.0.saturating_add(bytes);
        let needed_bytes = disk.0;
        // A file system that does not tell has room until it says otherwise.
        let Ok(Room { free_bytes, .. }) = Room::of_open(&folder) else { continue };
        if needed_bytes > free_bytes && needs_every_byte(&folder) {
            return Err(RestoreError::NotEnoughRoom { folder: disk.1.clone(), needed_bytes, free_bytes });
        }
    }
    Ok(())
}
