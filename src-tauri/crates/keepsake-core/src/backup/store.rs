//! The second pass: reads and stores what is new, finds what is known by its content, describes everything.

use std::collections::{HashMap, HashSet};

use super::Job;
use super::content::{Read, SourceFiles};
use super::notes::Notes;
use super::parts::Parts;
use super::recording::{Change, Recording};
use super::renewal::is_built_on;
use super::request::{BackupError, BackupReport, Outcome};
use super::scan::{Finish, Item, NewItem, NewKind, Scan, ScannedSource, path_hash};
use crate::archive::manifest::{Content, Entry, Node};
use crate::archive::metadata::SourceSummary;
use crate::archive::tar_entry::TarEntry;
use crate::archive_path::ArchivePath;
use crate::catalog::{CatalogError, HOME_NAME, StoredEntry};
use crate::error::FileError;
use crate::file_facts::{FileFacts, FileTime, OwnerNames};
use crate::monitor::ProblemKind;

/// Files up to this are read whole before it is decided whether they are stored.
pub(super) const SMALL_BYTES: u64 = 1 << 20;

pub(super) fn store(job: &Job<'_>, scan: Scan<'_>) -> Result<BackupReport, BackupError> {
    let place = job.catalog.place(&job.request.backup_dir, HOME_NAME, true)?;
    let first_id = job.catalog.next_archive_id()?;
    let report = Recording::beside(job.request, |recording| {
        let parts = Parts::begin(job, &scan.needed, first_id)?;
        let mut storer = Storer {
            job,
            parts,
            recording,
            notes: scan.notes,
            files: scan.sources.iter().map(|source| source.top.as_ref().map(SourceFiles::new)).collect(),
            sources: scan.sources.iter().map(|ScannedSource { summary, .. }| summary.clone()).collect(),
            damaged: scan.damaged,
            renewed: scan.renewed,
            is_renewing: false,
            renewed_bytes: 0,
            stored_elsewhere: scan.stored_elsewhere,
            taken: scan.taken,
            restored_paths: HashSet::new(),
            linked: HashMap::new(),
            first_names_lost: HashMap::new(),
            own: HashMap::new(),
            own_large_sizes: HashSet::new(),
            owners: OwnerNames::default(),
            moved_count: 0,
            scratch: Vec::new(),
        };
        let (mut renewed_items, mut items, mut ended) = (scan.renewed_items, scan.items, scan.ended);
        let spooled = || FileError::on("read back the list of files in", &job.request.data_dir);
        // What has stayed for so long goes into archives of its own, which do not soon grow old themselves.
        while let Some(item) = renewed_items.next_record().map_err(spooled())? {
            storer.is_renewing = true;
            storer.item(item)?;
        }
        if std::mem::take(&mut storer.is_renewing) {
            storer.parts.end_renewed()?;
        }
        while let Some(item) = items.next_record().map_err(spooled())? {
            storer.item(item)?;
        }
        while let Some(end) = ended.next_record().map_err(spooled())? {
            let path = ArchivePath::new(end.path).map_err(CatalogError::from)?;
            storer.recording.change(Change::Close { path, first_at: end.first_at, last_at: end.last_at })?;
        }
        let Storer { parts, recording, notes, sources, renewed_bytes, .. } = storer;
        let needed_ids: Vec<u32> = scan.needed.iter().map(|archive| archive.id).collect();
        let written = parts.finish(&sources, &notes)?;
        let report = report(job, &sources, notes, renewed_bytes, &written);
        let needs = needed_ids.into_iter().chain(written.iter().map(|archive| archive.id)).collect();
        recording.finish(written, needs, place)?;
        Ok(report)
    })?;
    super::leftovers::forget_parts(job.request)?;
    Ok(report)
}

fn report(
    job: &Job<'_>,
    sources: &[SourceSummary],
    notes: Notes<'_>,
    renewed_bytes: u64,
    written: &[super::recording::WrittenArchive],
) -> BackupReport {
    let sum = |of: fn(&SourceSummary) -> u64| sources.iter().map(of).sum();
    BackupReport {
        plan: job.request.plan.clone(),
        outcome: if notes.problem_count == 0 { Outcome::Good } else { Outcome::WithProblems },
        backup: job.name.clone(),
        files: sum(|s| s.files),
        bytes: sum(|s| s.bytes),
        new_files: sum(|s| s.new_files),
        new_bytes: sum(|s| s.new_bytes),
        renewed_bytes,
        stored_bytes: written.iter().map(|archive| archive.bytes).sum(),
        archives: written.iter().map(|archive| archive.name.clone()).collect(),
        problems: notes.problems,
        problem_count: notes.problem_count,
        left_out: notes.left_out,
        sources: sources.to_vec(),
    }
}

pub(super) struct Storer<'s, 'j, 'a> {
    pub(super) job: &'j Job<'a>,
    pub(super) parts: Parts<'j, 'a>,
    pub(super) recording: &'s mut Recording,
    pub(super) notes: Notes<'a>,
    pub(super) files: Vec<Option<SourceFiles<'s>>>,
    pub(super) sources: Vec<SourceSummary>,
    pub(super) damaged: HashSet<(u32, u64)>,
    /// The archives that are renewed: nothing is built on them.
    pub(super) renewed: HashSet<u32>,
    /// True while what is as it was is stored anew.
    is_renewing: bool,
    renewed_bytes: u64,
    /// Stored paths in older archives whose content has another path in this backup, by hash.
    pub(super) stored_elsewhere: HashSet<u64>,
    /// Paths where this backup puts a folder or a link, by hash.
    pub(super) taken: HashSet<u64>,
    /// Paths under which older archives hold content and this backup stores other content, by hash.
    pub(super) restored_paths: HashSet<u64>,
    /// Files with several names that this backup stores, by the hash of the first: the part's id.
    pub(super) linked: HashMap<u64, u32>,
    /// First names of files with several that could not be stored, by hash, with the name that stands for
    /// the first now, if there is one yet.
    pub(super) first_names_lost: HashMap<u64, Option<ArchivePath>>,
    /// Files that this backup stores, by content.
    pub(super) own: HashMap<[u8; 32], (Content, ArchivePath)>,
    /// Sizes of those that are streamed: only another of the same size is worth hashing first.
    pub(super) own_large_sizes: HashSet<u64>,
    pub(super) owners: OwnerNames,
    pub(super) moved_count: u64,
    pub(super) scratch: Vec<u8>,
}

impl Storer<'_, '_, '_> {
    fn item(&mut self, item: Item) -> Result<(), BackupError> {
        match item {
            Item::Same { path, described_in, finish } => {
                if let Some(Finish::Copied { stored_as, .. }) = &finish
                    && self.taken.contains(&path_hash(stored_as))
                {
                    return self.same_but_taken(path, described_in);
                }
                self.parts.describe_as_in(&path, described_in)?;
                let Some(finish) = finish else { return Ok(()) };
                let path = ArchivePath::new(path).map_err(CatalogError::from)?;
                self.finish_by_hand(&path, finish)
            }
            Item::New(item) => {
                self.job.stop_if_asked()?;
                self.new_item(*item)
            }
        }
    }

    /// A file that is as it was, but where its older archive unpacks it something else goes now: it is stored
    /// once more, from that archive.
    fn same_but_taken(&mut self, path: Vec<u8>, described_in: u32) -> Result<(), BackupError> {
        let path = ArchivePath::new(path).map_err(CatalogError::from)?;
        let before = match self.job.chain {
            Some(chain) => self.job.catalog.open_entry(chain, &path)?,
            None => None,
        };
        if let Some(before) = &before
            && self.describe_again(before)?.is_some()
        {
            return Ok(());
        }
        // Its archive cannot be read: Keepsake says so when it is asked for; by hand it is not to be had.
        self.parts.describe_as_in(path.as_bytes(), described_in)
    }

    /// Stores a file once more, from its older archive, and lists it so. None when it is not to be had there,
    /// else its size in bytes.
    fn describe_again(&mut self, before: &StoredEntry) -> Result<Option<u64>, BackupError> {
        let Some(content) = self.store_again(before)? else { return Ok(None) };
        let (path, facts) = (before.entry.path.clone(), before.entry.facts.clone());
        if let Some(finish) = finish_of(&content, &facts, self.parts.id) {
            self.finish_by_hand(&path, finish)?;
        }
        let size_bytes = content.size_bytes;
        self.describe(path, facts, Node::File(content), Some(before.clone()))?;
        Ok(Some(size_bytes))
    }

    fn finish_by_hand(&mut self, path: &ArchivePath, finish: Finish) -> Result<(), BackupError> {
        let script = &mut self.parts.by_hand;
        let written = match finish {
            Finish::Copied { stored_as, patch, facts } => {
                let stored_as = ArchivePath::new(stored_as).map_err(CatalogError::from)?;
                let patch = patch.map(ArchivePath::new).transpose().map_err(CatalogError::from)?;
                script.copied(&stored_as, patch.as_ref(), path, &facts)
            }
            Finish::Facts(facts) => script.facts_changed(path, &facts),
            Finish::Symlink { target } => script.symlink(&target, path),
            Finish::Linked { target } => script.linked(&ArchivePath::new(target).map_err(CatalogError::from)?, path),
        };
        Ok(written.map_err(FileError::on("keep the list of files in", &self.job.request.data_dir))?)
    }

    fn new_item(&mut self, item: NewItem) -> Result<(), BackupError> {
        let path = ArchivePath::new(item.path).map_err(CatalogError::from)?;
        let before = match self.job.chain {
            Some(chain) if item.existed => self.job.catalog.open_entry(chain, &path)?,
            _ => None,
        };
        if !matches!(item.kind, NewKind::File { .. }) {
            self.parts.make_room_for_header()?;
        }
        match item.kind {
            NewKind::File { links, .. } => self.file(path, item.source, links, before),
            NewKind::Folder => self.plain(path, item.facts, Node::Folder, before),
            NewKind::Symlink(target) => self.plain(path, item.facts, Node::Symlink(target), before),
            NewKind::HardLink { target } => self.hard_link(path, item.source, item.facts, target, before),
        }
    }

    /// Another name of a file that came before. When that could not be read, or is gone, this name takes
    /// its place, and the names that follow are links to this one.
    fn hard_link(
        &mut self,
        path: ArchivePath,
        source: u16,
        facts: FileFacts,
        target: Vec<u8>,
        before: Option<StoredEntry>,
    ) -> Result<(), BackupError> {
        let hash = path_hash(&target);
        let target = match self.first_names_lost.get(&hash) {
            None => ArchivePath::new(target).map_err(CatalogError::from)?,
            Some(Some(instead)) => instead.clone(),
            Some(None) => {
                self.file(path.clone(), source, 2, before)?;
                if !self.first_names_lost.contains_key(&path_hash(path.as_bytes())) {
                    self.first_names_lost.insert(hash, Some(path));
                }
                return Ok(());
            }
        };
        let summary = &mut self.sources[usize::from(source)];
        summary.files += 1;
        // Any other name that the file gets or loses changes its ctime: that alone is nothing new.
        let is_as_before = before.as_ref().is_some_and(|before| {
            matches!(&before.entry.node, Node::HardLink { target: old, .. } if *old == target)
                && before.entry.facts.restores_like(&facts)
        });
        summary.new_files += u64::from(!is_as_before);
        let in_tar =
            self.linked.get(&path_hash(target.as_bytes())) == Some(&self.parts.id) && !self.job.was_folder(&path)?;
        if !in_tar {
            self.finish_by_hand(&path, Finish::Linked { target: target.as_bytes().to_vec() })?;
        }
        self.plain(path, facts, Node::HardLink { target, in_tar }, before)
    }

    /// Something without content: a header says it all.
    fn plain(
        &mut self,
        path: ArchivePath,
        facts: FileFacts,
        node: Node,
        before: Option<StoredEntry>,
    ) -> Result<(), BackupError> {
        match &node {
            Node::Folder => {
                let tar_path = [path.as_bytes(), b"/"].concat();
                self.put_header(&tar_path, tar::EntryType::Directory, None, &facts)?;
            }
            // Tar cannot replace a folder that holds something.
            Node::Symlink(target) if self.job.was_folder(&path)? => {
                self.finish_by_hand(&path, Finish::Symlink { target: target.clone() })?;
            }
            Node::Symlink(target) => self.put_header(path.as_bytes(), tar::EntryType::Symlink, Some(target), &facts)?,
            Node::HardLink { target, in_tar: true } => {
                self.put_header(path.as_bytes(), tar::EntryType::Link, Some(target.as_bytes()), &facts)?;
            }
            Node::HardLink { in_tar: false, .. } | Node::File(_) => {}
        }
        self.describe(path, facts, node, before)
    }

    /// Writes a header without content.
    pub(super) fn put_header(
        &mut self,
        path: &[u8],
        kind: tar::EntryType,
        target: Option<&[u8]>,
        facts: &FileFacts,
    ) -> Result<(), BackupError> {
        let (user, group) = self.owners.of(facts);
        let entry = TarEntry {
            path,
            kind,
            stored_bytes: 0,
            sparse_size_bytes: None,
            target,
            facts,
            user: &user,
            group: &group,
        };
        self.parts.put_header(&entry)
    }

    /// Lists and records an entry of this backup.
    fn describe(
        &mut self,
        path: ArchivePath,
        facts: FileFacts,
        node: Node,
        before: Option<StoredEntry>,
    ) -> Result<(), BackupError> {
        self.describe_read(path, facts, node, before, true)
    }

    /// As [`Storer::describe`]; what is not `settled` is read again next time.
    fn describe_read(
        &mut self,
        path: ArchivePath,
        facts: FileFacts,
        node: Node,
        before: Option<StoredEntry>,
        settled: bool,
    ) -> Result<(), BackupError> {
        if let Some(before) = before {
            self.close(&before)?;
        }
        let (user, group) = self.owners.of(&facts);
        let mut entry = Entry { path, facts, user, group, node };
        self.parts.describe(&mut entry)?;
        if !settled {
            entry.facts.ctime = FileTime::default();
        }
        let stored = StoredEntry { entry, first_at: self.job.at(), last_at: None, described_in: self.parts.id };
        self.recording.change(Change::Put(Box::new(stored)))
    }

    fn close(&mut self, before: &StoredEntry) -> Result<(), BackupError> {
        let path = before.entry.path.clone();
        let last_at = self.job.last_collected(path.source()).unwrap_or(before.first_at);
        self.recording.change(Change::Close { path, first_at: before.first_at, last_at })
    }

    fn file(
        &mut self,
        path: ArchivePath,
        source: u16,
        links: u64,
        before: Option<StoredEntry>,
    ) -> Result<(), BackupError> {
        if self.is_renewing
            && let Some(before) = &before
            && self.described_anew(before)?
        {
            self.count(source, before.entry.size_bytes(), false);
            return Ok(());
        }
        let read = match self.files[usize::from(source)].as_mut() {
            None => return Ok(()),
            Some(files) => match files.open(path.below_source()) {
                Ok(opened) => self.read(&opened, &path, before.as_ref(), links)?,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Read::Gone("it vanished while the backup ran"),
                Err(error) => Read::Unreadable { error, torn: false },
            },
        };
        if links > 1 && !matches!(read, Read::Whole { .. }) {
            self.first_names_lost.insert(path_hash(path.as_bytes()), None);
        }
        match read {
            Read::Unreadable { error, torn } => {
                self.sources[usize::from(source)].problems += 1;
                self.notes.unreadable(&path, &error, before.is_some());
                if torn {
                    return self.torn(path, source, before);
                }
                match before {
                    // The archive that has it may go: it is stored once more from there.
                    Some(before) if is_built_on(&before, &self.renewed) => match self.describe_again(&before)? {
                        Some(size_bytes) => {
                            self.count(source, size_bytes, false);
                            Ok(())
                        }
                        None => self.close(&before),
                    },
                    // What cannot be read now is listed as it was last known.
                    Some(before) if self.parts.may_need(before.described_in) => {
                        self.count(source, before.entry.size_bytes(), false);
                        self.as_before(&before)
                    }
                    Some(before) => self.close(&before),
                    None => Ok(()),
                }
            }
            Read::Gone(why) => {
                self.notes.left_out(&path, why);
                before.map_or(Ok(()), |before| self.close(&before))
            }
            Read::Whole { content, facts, changed, settled, unread } => {
                if let Some(error) = unread {
                    self.sources[usize::from(source)].problems += 1;
                    self.notes.attributes(&path, &error);
                }
                if changed {
                    self.sources[usize::from(source)].problems += 1;
                    let message = "it changed while it was read; the backup has it as it was read";
                    self.notes.problem(ProblemKind::ChangedWhileRead, &path, message.into());
                }
                self.job.monitor.advance(1, 0);
                match before {
                    Some(before) if self.is_as_before(&before, &content, &facts) => {
                        self.count(source, content.size_bytes, false);
                        let ctime = if settled { facts.ctime } else { FileTime::default() };
                        let (first_at, inode) = (before.first_at, facts.inode);
                        self.recording.change(Change::Touch { path, first_at, ctime, inode })?;
                        self.as_before(&before)
                    }
                    before => {
                        let is_new = !before.as_ref().is_some_and(|before| self.is_renewed(before, &content, &facts));
                        self.count(source, content.size_bytes, is_new);
                        if let Some(finish) = finish_of(&content, &facts, self.parts.id) {
                            self.finish_by_hand(&path, finish)?;
                        }
                        self.describe_read(path, facts, Node::File(content), before, settled)
                    }
                }
            }
        }
    }

    /// Describes a file once more that is as it was and whose content is in an archive that stays. False when that is
    /// not possible, so that it must be read.
    fn described_anew(&mut self, before: &StoredEntry) -> Result<bool, BackupError> {
        let Node::File(content) = &before.entry.node else { return Ok(false) };
        let is_taken = |path: &ArchivePath| self.taken.contains(&path_hash(path.as_bytes()));
        if !self.is_sound(content) || content.copied_from().is_some_and(is_taken) {
            return Ok(false);
        }
        let (path, facts) = (before.entry.path.clone(), before.entry.facts.clone());
        if let Some(finish) = finish_of(content, &facts, self.parts.id) {
            self.finish_by_hand(&path, finish)?;
        }
        let is_settled = facts.ctime != FileTime::default();
        self.describe_read(path, facts, before.entry.node.clone(), Some(before.clone()), is_settled)?;
        Ok(true)
    }

    /// True when a file is as it was, and stored anew only because its archive is renewed.
    fn is_renewed(&mut self, before: &StoredEntry, content: &Content, facts: &FileFacts) -> bool {
        let is_same = matches!(&before.entry.node, Node::File(old) if (old.sha256, old.size_bytes) == (content.sha256, content.size_bytes));
        let is_renewed = is_same && before.entry.facts.restores_like(facts) && is_built_on(before, &self.renewed);
        self.renewed_bytes += if is_renewed { content.size_bytes } else { 0 };
        is_renewed
    }

    /// A file that could not be read to its end: what tar unpacks at its path is not the file. What the
    /// older archive has of it is stored once more, behind that.
    fn torn(&mut self, path: ArchivePath, source: u16, before: Option<StoredEntry>) -> Result<(), BackupError> {
        if let Some(before) = &before
            && let Some(size_bytes) = self.describe_again(before)?
        {
            self.count(source, size_bytes, false);
            return Ok(());
        }
        let noted = self.parts.by_hand.unread(&path);
        noted.map_err(FileError::on("keep the list of files in", &self.job.request.data_dir))?;
        before.map_or(Ok(()), |before| self.close(&before))
    }

    fn count(&mut self, source: u16, bytes: u64, is_new: bool) {
        let summary = &mut self.sources[usize::from(source)];
        summary.files += 1;
        summary.bytes += bytes;
        if is_new {
            summary.new_files += 1;
            summary.new_bytes += bytes;
        }
    }

    /// True when a file that had to be read is what the older archive says.
    fn is_as_before(&self, before: &StoredEntry, content: &Content, facts: &FileFacts) -> bool {
        matches!(&before.entry.node, Node::File(old) if old == content)
            && before.entry.facts.restores_like(facts)
            && self.parts.may_need(before.described_in)
    }

    /// Lists something as the older archive describes it.
    fn as_before(&mut self, before: &StoredEntry) -> Result<(), BackupError> {
        self.parts.describe_as_in(before.entry.path.as_bytes(), before.described_in)?;
        let Node::File(content) = &before.entry.node else { return Ok(()) };
        match finish_of(content, &before.entry.facts, before.described_in) {
            Some(finish) => self.finish_by_hand(&before.entry.path, finish),
            None => Ok(()),
        }
    }
}

/// What a person without Keepsake has to do for a file that `described_in` describes.
pub(super) fn finish_of(content: &Content, facts: &FileFacts, described_in: u32) -> Option<Finish> {
    match content.copied_from() {
        Some(path) => {
            let patch = content.stored_as.as_ref().filter(|_| content.patch.is_some());
            let patch = patch.map(|patch| patch.as_bytes().to_vec());
            Some(Finish::Copied { stored_as: path.as_bytes().to_vec(), patch, facts: facts.clone() })
        }
        None => (content.archive != described_in).then(|| Finish::Facts(facts.clone())),
    }
}
