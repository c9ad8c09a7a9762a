//! The first pass: walks the sources beside what the newest backup knows, both in the same order, and tells
//! what is as it was from what is new. No file is read.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::iter::Peekable;
use std::os::fd::OwnedFd;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Job;
use super::notes::Notes;
use super::renewal::{ArchiveUse, Renewal, Tally, is_built_on};
use super::request::{BackupError, BackupRequest, FolderSource};
use super::spool::{SpoolReader, SpoolWriter};
use super::store::finish_of;
use crate::archive::manifest::Node;
use crate::archive::metadata::{SourceState, SourceSummary};
use crate::archive_path::ArchivePath;
use crate::catalog::{ArchiveRow, CatalogError, StoredEntry};
use crate::error::{FileError, plain};
use crate::file_facts::{FileFacts, FileTime};
use crate::in_time::look_at_each;
use crate::monitor::{Monitor, ProblemKind, Silent};
use crate::sources::exclude::Excludes;
use crate::sources::walk::{Found, FoundKind, Walk, WalkItem, WalkRules};

/// What the first pass found.
pub(super) struct Scan<'a> {
    pub(super) items: SpoolReader<Item>,
    /// What is as it was and is stored anew, because its archive is renewed.
    pub(super) renewed_items: SpoolReader<Item>,
    /// The archives that are renewed, by id.
    pub(super) renewed: HashSet<u32>,
    /// What the newest backup refers to in archives of the backup folder.
    pub(super) uses: Vec<ArchiveUse>,
    /// States that ended: path and when it began, with the time of the last backup that has it.
    pub(super) ended: SpoolReader<Ended>,
    /// The older archives that this backup needs or may need, oldest first.
    pub(super) needed: Vec<ArchiveRow>,
    /// Stored paths in older archives whose content has another path now, by [`path_hash`].
    pub(super) stored_elsewhere: HashSet<u64>,
    /// Paths where this backup puts a folder or a link, by hash: what an older archive unpacks there is lost.
    pub(super) taken: HashSet<u64>,
    /// Content that is known to be damaged: the archive's id, and where in its tar stream.
    pub(super) damaged: HashSet<(u32, u64)>,
    pub(super) sources: Vec<ScannedSource>,
    pub(super) new_files: u64,
    pub(super) new_bytes: u64,
    pub(super) notes: Notes<'a>,
}

/// A source after the first pass.
pub(super) struct ScannedSource {
    /// Its folder, open; None when it could not be found.
    pub(super) top: Option<OwnedFd>,
    /// Counts so far hold what is as it was; the second pass adds what is new.
    pub(super) summary: SourceSummary,
}

impl ScannedSource {
    pub(super) fn is_unknown(&self) -> bool {
        self.summary.state == SourceState::Unknown
    }
}

/// One thing for the second pass, in the order of paths.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Item {
    /// It is as an older archive describes it.
    Same { path: Vec<u8>, described_in: u32, finish: Option<Finish> },
    /// It must be looked at.
    New(Box<NewItem>),
}

/// What a person without Keepsake has to do for something that is as it was.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Finish {
    Copied { stored_as: Vec<u8>, patch: Option<Vec<u8>>, facts: FileFacts },
    Facts(FileFacts),
    Linked { target: Vec<u8> },
    Symlink { target: Vec<u8> },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct NewItem {
    pub(super) path: Vec<u8>,
    /// Which of the sources.
    pub(super) source: u16,
    pub(super) facts: FileFacts,
    pub(super) kind: NewKind,
    /// True when the newest backup has another state of this path.
    pub(super) existed: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum NewKind {
    File { size_bytes: u64, links: u64 },
    Folder,
    Symlink(Vec<u8>),
    HardLink { target: Vec<u8> },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ended {
    pub(super) path: Vec<u8>,
    pub(super) first_at: i64,
    pub(super) last_at: i64,
}

/// A hash of a path that is the same in every run.
pub(super) fn path_hash(path: &[u8]) -> u64 {
    // FNV-1a; two paths of one hash only cost a little space.
    path.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

pub(super) fn scan<'a>(job: &Job<'a>, renewal: &Renewal) -> Result<Scan<'a>, BackupError> {
    let known = Known::load(job)?;
    let tally = Tally::default();
    // It has been told by the scan before what is wrong.
    let monitor: &dyn Monitor = if renewal.archives.is_empty() { job.monitor } else { &Silent };
    let mut scanner = Scanner {
        job,
        renewal,
        renewed_bytes: 0,
        renewed_first_names: HashSet::new(),
        own_folders: own_folders(job.request),
        items: SpoolWriter::new(&job.request.data_dir),
        renewed_items: SpoolWriter::new(&job.request.data_dir),
        ended: SpoolWriter::new(&job.request.data_dir),
        needed: BTreeSet::new(),
        stored_elsewhere: HashSet::new(),
        taken: HashSet::new(),
        notes: Notes::new(monitor),
        known,
        new_files: 0,
        new_bytes: 0,
        first_names: HashMap::new(),
    };
    let open: Box<dyn Iterator<Item = _>> = match job.chain {
        Some(chain) if !job.request.full => {
            let open = job.catalog.open_entries(chain);
            Box::new(open.inspect(|state| state.iter().for_each(|state| tally.add(state))))
        }
        _ => Box::new(std::iter::empty()),
    };
    let mut before = open.peekable();
    let mut sources = Vec::new();
    for (index, source) in job.request.sources.iter().enumerate() {
        sources.push(scanner.source(index as u16, source, &mut before)?);
    }
    while let Some(gone) = before.next().transpose()? {
        scanner.vanished(&gone)?;
    }
    if job.request.full
        && let Some(chain) = job.chain
    {
        // Everything is stored anew, so every state that is known ends here.
        for state in job.catalog.open_entries(chain) {
            let state = state?;
            if sources.iter().any(|s| !s.is_unknown() && s.summary.name.as_bytes() == state.entry.path.source()) {
                scanner.end(&state)?;
            }
        }
    }
    let spooled = || FileError::on("keep the list of files in", &job.request.data_dir);
    drop(before);
    let uses = tally.needed().into_iter().filter_map(|(id, needed_bytes)| {
        scanner.known.archives.get(&id).map(|archive| ArchiveUse { id, bytes: archive.bytes, needed_bytes })
    });
    let uses = uses.collect();
    scanner.notes.tell(job.monitor);
    let needed = scanner.known.archives.into_values().filter(|a| scanner.needed.contains(&a.id));
    let mut needed: Vec<ArchiveRow> = needed.collect();
    needed.sort_by(|a, b| (a.at, a.part, &a.name).cmp(&(b.at, b.part, &b.name)));
    Ok(Scan {
        items: scanner.items.finish().map_err(spooled())?,
        renewed_items: scanner.renewed_items.finish().map_err(spooled())?,
        renewed: renewal.archives.clone(),
        uses,
        ended: scanner.ended.finish().map_err(spooled())?,
        needed,
        stored_elsewhere: scanner.stored_elsewhere,
        taken: scanner.taken,
        damaged: scanner.known.damaged,
        sources,
        new_files: scanner.new_files,
        new_bytes: scanner.new_bytes,
        notes: scanner.notes,
    })
}

/// Which older archives can be built on.
struct Known {
    archives: HashMap<u32, ArchiveRow>,
    /// Content that is known to be damaged: the archive's id, and where in its tar stream.
    damaged: HashSet<(u32, u64)>,
}

impl Known {
    fn load(job: &Job<'_>) -> Result<Self, CatalogError> {
        // An archive that is gone from here is no ground to build on.
        let at_home = job.catalog.archives_at_home()?;
        let mut archives: HashMap<u32, ArchiveRow> =
            job.catalog.archives()?.into_iter().map(|archive| (archive.id, archive)).collect();
        archives.retain(|id, _| at_home.contains(id));
        let mut damaged = HashSet::new();
        for damage in job.catalog.damage()? {
            let Some(id) = archives.values().find(|a| a.name == damage.archive).map(|a| a.id) else { continue };
            match damage.tar_offset {
                _ if damage.path.is_empty() => drop(archives.remove(&id)),
                Some(tar_offset) => drop(damaged.insert((id, tar_offset))),
                // A header: the content is sound, but tar alone does not find it there. Stored anew it does.
                None => {
                    let offsets = job.catalog.content_offsets(&damage.archive, &damage.path)?;
                    damaged.extend(offsets.into_iter().map(|tar_offset| (id, tar_offset)));
                }
            }
        }
        Ok(Self { archives, damaged })
    }

    /// True when what the state says can still be had.
    fn is_usable(&self, state: &StoredEntry) -> bool {
        if !self.archives.contains_key(&state.described_in) {
            return false;
        }
        let Node::File(content) = &state.entry.node else { return true };
        content.places().all(|place| self.archives.contains_key(&place.0) && !self.damaged.contains(&place))
    }
}

struct Scanner<'j, 'a> {
    job: &'j Job<'a>,
    renewal: &'j Renewal,
    renewed_bytes: u64,
    /// Files with several names that are renewed, by the hash of the first.
    renewed_first_names: HashSet<u64>,
    /// Folders with Keepsake's own backups and catalog.
    own_folders: Vec<(u64, u64)>,
    items: SpoolWriter<Item>,
    renewed_items: SpoolWriter<Item>,
    ended: SpoolWriter<Ended>,
    needed: BTreeSet<u32>,
    stored_elsewhere: HashSet<u64>,
    taken: HashSet<u64>,
    notes: Notes<'a>,
    known: Known,
    new_files: u64,
    new_bytes: u64,
    /// Files with several names that were met: device and inode, the first name, how many are to come.
    first_names: HashMap<(u64, u64), (Vec<u8>, u64)>,
}

type Before<'i> = Peekable<Box<dyn Iterator<Item = Result<StoredEntry, CatalogError>> + 'i>>;

impl Scanner<'_, '_> {
    fn source(
        &mut self,
        index: u16,
        source: &FolderSource,
        before: &mut Before<'_>,
    ) -> Result<ScannedSource, BackupError> {
        let root = ArchivePath::new(source.name.as_bytes()).map_err(CatalogError::from)?;
        let mut summary = SourceSummary::folder(&source.name, source.path.display().to_string());
        while let Some(gone) = next_if(before, |path| path < &root)? {
            self.vanished(&gone)?;
        }
        let rules = WalkRules {
            excludes: Excludes::new(&source.exclude)?,
            one_file_system: source.one_file_system,
            exclude_caches: source.exclude_caches,
            own_folders: self.own_folders.clone(),
        };
        let had_files = match self.job.chain {
            Some(chain) => self.job.catalog.has_open_below(chain, &root)?,
            None => false,
        };
        let unknown = |scanner: &mut Self, why: String, before: &mut Before<'_>| {
            scanner.notes.problem(ProblemKind::SourceMissing, &root, why);
            // Nothing is known of it, so nothing of it ends.
            while next_if(before, |path| path.is_at_or_below(&root))?.is_some() {}
            Ok::<_, CatalogError>(())
        };
        let walk = match Walk::new(&source.path, &rules) {
            Ok(walk) if walk.is_empty() && had_files => {
                Err("it is empty, and files were there before; is its disk connected?".into())
            }
            Ok(walk) => Ok(walk),
            Err(e) => Err(plain(&e)),
        };
        let mut walk = match walk {
            Ok(walk) => walk,
            Err(why) => {
                unknown(self, format!("{} could not be backed up: {why}", source.path.display()), before)?;
                summary.state = SourceState::Unknown;
                return Ok(ScannedSource { top: None, summary });
            }
        };
        let problems_before = self.notes.problem_count;
        let mut count = 0u32;
        for item in walk.by_ref() {
            count += 1;
            if count.is_multiple_of(256) {
                self.job.stop_if_asked()?;
            }
            let (WalkItem::Found(Found { relative, .. })
            | WalkItem::AttributesUnread { relative, .. }
            | WalkItem::Unreadable { relative, .. }
            | WalkItem::LeftOut { relative, .. }) = &item;
            let path = match relative.is_empty() {
                true => root.clone(),
                false => {
                    let bytes = [root.as_bytes(), b"/", relative].concat();
                    match ArchivePath::new(bytes) {
                        Ok(path) => path,
                        Err(e) => {
                            self.notes.problem(ProblemKind::Unreadable, &root, e.to_string());
                            continue;
                        }
                    }
                }
            };
            match item {
                WalkItem::Found(found) => {
                    let state = self.state_before(&path, before)?;
                    self.found(index, path, found, state, &mut summary)?;
                }
                WalkItem::LeftOut { why, .. } => self.notes.left_out(&path, why),
                WalkItem::AttributesUnread { error, .. } => self.notes.attributes(&path, &error),
                WalkItem::Unreadable { error, .. } => {
                    let mut kept = false;
                    while let Some(gone) = next_if(before, |p| p < &path)? {
                        self.vanished(&gone)?;
                    }
                    while let Some(state) = next_if(before, |p| p.is_at_or_below(&path))? {
                        if self.known.is_usable(&state) {
                            kept = true;
                            self.same(state, &mut summary)?;
                        } else {
                            self.vanished(&state)?;
                        }
                    }
                    self.notes.unreadable(&path, &error, kept);
                }
            }
        }
        while let Some(gone) = next_if(before, |path| path.is_at_or_below(&root))? {
            self.vanished(&gone)?;
        }
        summary.problems = self.notes.problem_count - problems_before;
        let top = walk.into_top();
        Ok(ScannedSource { top: Some(top), summary })
    }

    /// What the newest backup has at this path; what it has before it is gone.
    fn state_before(
        &mut self,
        path: &ArchivePath,
        before: &mut Before<'_>,
    ) -> Result<Option<StoredEntry>, BackupError> {
        while let Some(gone) = next_if(before, |p| p < path)? {
            self.vanished(&gone)?;
        }
        Ok(next_if(before, |p| p == path)?)
    }

    fn found(
        &mut self,
        source: u16,
        path: ArchivePath,
        found: Found,
        state: Option<StoredEntry>,
        summary: &mut SourceSummary,
    ) -> Result<(), BackupError> {
        let Found { facts, kind, .. } = found;
        let kind = match kind {
            FoundKind::Folder => NewKind::Folder,
            FoundKind::Symlink(target) => NewKind::Symlink(target),
            FoundKind::File { size_bytes, links, device } => match self.first_name(&path, device, facts.inode, links) {
                Some(target) => NewKind::HardLink { target },
                None => NewKind::File { size_bytes, links },
            },
        };
        let state = match state {
            Some(state) if self.known.is_usable(&state) => {
                if is_unchanged(&state, &facts, &kind) {
                    return match self.is_renewed(&state)? {
                        true => self.renewed(source, state, facts, kind),
                        false => self.same(state, summary),
                    };
                }
                // Its content may be found elsewhere, or its description may still do.
                self.may_need(&state);
                Some(state)
            }
            other => other,
        };
        if let NewKind::File { size_bytes, .. } = kind {
            self.new_files += 1;
            self.new_bytes += size_bytes;
        } else if self.job.chain.is_some() {
            self.taken.insert(path_hash(path.as_bytes()));
        }
        let item = NewItem { path: path.as_bytes().to_vec(), source, facts, kind, existed: state.is_some() };
        self.push(&Item::New(Box::new(item)))
    }

    /// The first name of a file with several, when this is not it.
    fn first_name(&mut self, path: &ArchivePath, device: u64, inode: u64, links: u64) -> Option<Vec<u8>> {
        if links < 2 {
            return None;
        }
        let key = (device, inode);
        match self.first_names.get_mut(&key) {
            None => {
                self.first_names.insert(key, (path.as_bytes().to_vec(), links - 1));
                None
            }
            Some((_, 1)) => self.first_names.remove(&key).map(|(first, _)| first),
            Some((first, left)) => {
                *left -= 1;
                Some(first.clone())
            }
        }
    }

    /// True when something that is as it was is stored anew, because an archive that it is built on is renewed.
    fn is_renewed(&mut self, state: &StoredEntry) -> Result<bool, CatalogError> {
        let path = &state.entry.path;
        if let Node::HardLink { target, .. } = &state.entry.node
            && self.renewed_first_names.contains(&path_hash(target.as_bytes()))
        {
            return Ok(true);
        }
        if !is_built_on(state, &self.renewal.archives) {
            return Ok(false);
        }
        // What is not renewed now is as good where it is, and its archive's turn comes again.
        let bytes = state.entry.size_bytes();
        if self.renewed_bytes > 0 && self.renewed_bytes.saturating_add(bytes) > self.renewal.at_once_bytes {
            return Ok(false);
        }
        // Where something else was before, tar must meet the folder before what later archives put into it.
        match (&state.entry.node, self.job.chain) {
            (Node::Folder, Some(chain)) => Ok(!self.job.catalog.was_no_folder(chain, path)?),
            _ => Ok(true),
        }
    }

    fn renewed(&mut self, source: u16, state: StoredEntry, facts: FileFacts, kind: NewKind) -> Result<(), BackupError> {
        self.may_need(&state);
        let path = state.entry.path;
        match kind {
            NewKind::File { size_bytes, links } => {
                self.renewed_bytes = self.renewed_bytes.saturating_add(size_bytes);
                self.new_files += 1;
                self.new_bytes += size_bytes;
                if links > 1 {
                    self.renewed_first_names.insert(path_hash(path.as_bytes()));
                }
            }
            _ => drop(self.taken.insert(path_hash(path.as_bytes()))),
        }
        let item = Item::New(Box::new(NewItem { path: path.as_bytes().to_vec(), source, facts, kind, existed: true }));
        let spooled = FileError::on("keep the list of files in", &self.job.request.data_dir);
        Ok(self.renewed_items.push(&item).map_err(spooled)?)
    }

    /// What a state that stays is built on.
    fn need(&mut self, state: &StoredEntry) {
        self.need_of(state, &HashSet::new());
    }

    /// What a state that may come again is built on; what is renewed is built on no more.
    fn may_need(&mut self, state: &StoredEntry) {
        let renewal = self.renewal;
        self.need_of(state, &renewal.archives);
    }

    fn need_of(&mut self, state: &StoredEntry, but: &HashSet<u32>) {
        let wanted = |id: &u32| !but.contains(id);
        self.needed.extend(Some(state.described_in).filter(wanted));
        if let Node::File(content) = &state.entry.node {
            self.needed.extend(content.archives().filter(wanted));
            if let Some(path) = content.copied_from() {
                self.stored_elsewhere.insert(path_hash(path.as_bytes()));
            }
        }
    }

    fn same(&mut self, state: StoredEntry, summary: &mut SourceSummary) -> Result<(), BackupError> {
        self.need(&state);
        let StoredEntry { entry, described_in, .. } = state;
        let finish = match entry.node {
            Node::File(content) => {
                summary.files += 1;
                summary.bytes += content.size_bytes;
                finish_of(&content, &brief(&entry.facts), described_in)
            }
            Node::HardLink { target, in_tar } => {
                summary.files += 1;
                (!in_tar).then(|| Finish::Linked { target: target.as_bytes().to_vec() })
            }
            // Where a folder was, only the script puts the link.
            Node::Symlink(target) if self.job.was_folder(&entry.path)? => Some(Finish::Symlink { target }),
            Node::Folder | Node::Symlink(_) => None,
        };
        self.push(&Item::Same { path: entry.path.as_bytes().to_vec(), described_in, finish })
    }

    fn vanished(&mut self, state: &StoredEntry) -> Result<(), BackupError> {
        if self.known.is_usable(state) {
            // It may have moved: then its content is needed still.
            self.may_need(state);
        }
        self.end(state)
    }

    fn end(&mut self, state: &StoredEntry) -> Result<(), BackupError> {
        let path = &state.entry.path;
        let last_at = self.job.last_collected(path.source()).unwrap_or(state.first_at);
        let ended = Ended { path: path.as_bytes().to_vec(), first_at: state.first_at, last_at };
        Ok(self.ended.push(&ended).map_err(FileError::on("keep the list of files in", &self.job.request.data_dir))?)
    }

    fn push(&mut self, item: &Item) -> Result<(), BackupError> {
        Ok(self.items.push(item).map_err(FileError::on("keep the list of files in", &self.job.request.data_dir))?)
    }
}

/// Takes the next known state if its path is as asked.
fn next_if(before: &mut Before<'_>, want: impl Fn(&ArchivePath) -> bool) -> Result<Option<StoredEntry>, CatalogError> {
    before.next_if(|state| state.as_ref().map_or(true, |s| want(&s.entry.path))).transpose()
}

/// True when nothing needs to be read to know that it is as it was.
fn is_unchanged(state: &StoredEntry, facts: &FileFacts, kind: &NewKind) -> bool {
    let old = &state.entry.facts;
    let same_owner = (old.mode, old.uid, old.gid, old.mtime) == (facts.mode, facts.uid, facts.gid, facts.mtime);
    let same_inode = (old.ctime, old.inode) == (facts.ctime, facts.inode) && old.ctime != FileTime::default();
    match (&state.entry.node, kind) {
        (Node::File(content), NewKind::File { size_bytes, .. }) => {
            content.size_bytes == *size_bytes && same_owner && same_inode
        }
        (Node::Folder, NewKind::Folder) => same_owner && old.xattrs == facts.xattrs,
        (Node::Symlink(target), NewKind::Symlink(now)) => target == now && same_owner,
        (Node::HardLink { target, .. }, NewKind::HardLink { target: now }) => {
            target.as_bytes() == now && same_owner && same_inode
        }
        _ => false,
    }
}

/// Facts without attributes: those a shell cannot set.
fn brief(facts: &FileFacts) -> FileFacts {
    FileFacts { xattrs: Vec::new(), ..facts.clone() }
}

/// The folders that are left out wherever they lie, by device and inode. A place whose disk does not answer is not waited
/// for: what is on it is on another disk than the sources that can be walked.
fn own_folders(request: &BackupRequest) -> Vec<(u64, u64)> {
    let own = [&request.backup_dir, &request.data_dir].into_iter().filter_map(|path| device_and_inode(path));
    let places = look_at_each(&request.places, device_and_inode);
    own.chain(places.into_iter().flatten().flatten()).collect()
}

fn device_and_inode(path: &Path) -> Option<(u64, u64)> {
    rustix::fs::stat(path).ok().map(|stat| (stat.st_dev, stat.st_ino))
}
