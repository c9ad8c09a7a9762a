//! Making a backup known from what its archives themselves tell.
//!
//! The rows come out as if the backup had been recorded live: states begin at its time, those that it no
//! longer has end with the last earlier backup that collected their source.

use std::collections::HashMap;

use super::{Catalog, CatalogError, DamageRow, NewBackup, Recorder, StoredEntry};
use crate::archive::error::ArchiveError;
use crate::archive::manifest::{Entry, Line, Node};
use crate::archive::metadata::{Metadata, SourceState};
use crate::archive::reader::ArchiveReader;
use crate::archive_path::ArchivePath;
use crate::monitor::Monitor;

/// Lines between two looks at the monitor.
const LINES_PER_LOOK: u64 = 1024;
/// Sentences that are kept; more are counted.
const MAX_PROBLEMS: usize = 100;

/// One archive of the backup that is imported.
#[derive(Debug)]
pub struct ImportPart {
    /// Its file name.
    pub name: String,
    /// Its reader.
    pub reader: ArchiveReader,
    /// SHA-256 of the file, from its sidecar or computed.
    pub sha256: [u8; 32],
    /// The places that hold a copy, each with the time at which it was made, in seconds since 1970.
    pub copies: Vec<(i64, i64)>,
}

/// What an import found.
#[derive(Debug, Default)]
pub struct ImportedBackup {
    /// Files, folders and links in the backup.
    pub entries: u64,
    /// States of files that became known: the new and changed ones.
    pub files: u64,
    /// Names of archives that it needs and that no place is known to hold.
    pub missing: Vec<String>,
    /// What could not be understood, each as a sentence; at most 100, then one that counts the rest.
    pub problems: Vec<String>,
}

impl Catalog {
    /// Imports one backup: its parts in order, the last one last. It must be newer than all backups of its
    /// chain that are known, and its archives unknown; [`crate::rebuild`] sees to that. It is recorded in
    /// one transaction: after a power cut all of it is known or nothing.
    ///
    /// # Errors
    /// [`CatalogError`] when the catalog cannot be written, an archive cannot be read at all (damage is told
    /// in the result), or the monitor asked to stop; then nothing of this backup is recorded.
    pub fn import_backup(&self, parts: &[ImportPart], monitor: &dyn Monitor) -> Result<ImportedBackup, CatalogError> {
        let Some(last) = parts.last() else { return Ok(ImportedBackup::default()) };
        let metadata = last.reader.metadata();
        let mut recorder = self.record(&metadata.computer_id, &metadata.computer, &metadata.plan)?;
        let imported = recorder.import(self, parts, true, monitor)?;
        recorder.commit()?;
        Ok(imported)
    }
}

impl Recorder<'_> {
    /// As [`Catalog::import_backup`], within this recording of the same chain in the same catalog. Not
    /// `listed`, only its archives and states become known: retention has dropped the backup itself, or its
    /// last part is missing.
    ///
    /// # Errors
    /// As [`Catalog::import_backup`]; then this recording must be dropped.
    pub fn import(
        &mut self,
        catalog: &Catalog,
        parts: &[ImportPart],
        listed: bool,
        monitor: &dyn Monitor,
    ) -> Result<ImportedBackup, CatalogError> {
        let Some(last) = parts.last() else { return Ok(ImportedBackup::default()) };
        let metadata = last.reader.metadata();
        let mut import = Import {
            catalog,
            metadata,
            collected_before: self.last_collected(metadata.time_secs)?,
            needs: Vec::new(),
            result: ImportedBackup::default(),
            unnamed_problems: 0,
            unresolved: false,
            recorder: self,
        };
        for (i, part) in parts.iter().enumerate() {
            // Without its last part a backup's list is not whole.
            let is_last = i + 1 == parts.len() && part.reader.metadata().last;
            import.part(part, is_last, monitor)?;
        }
        import.finish(parts, listed)
    }
}

struct Import<'i, 'c> {
    recorder: &'i mut Recorder<'c>,
    catalog: &'i Catalog,
    /// Of the last part.
    metadata: &'i Metadata,
    /// For each source the time of the last earlier backup that collected it.
    collected_before: HashMap<String, i64>,
    needs: Vec<u32>,
    result: ImportedBackup,
    unnamed_problems: u64,
    /// True when something is not as it was recorded, and not for want of an archive.
    unresolved: bool,
}

impl Import<'_, '_> {
    fn problem(&mut self, sentence: String) {
        if self.result.problems.len() < MAX_PROBLEMS {
            self.result.problems.push(sentence);
        } else {
            self.unnamed_problems += 1;
        }
    }

    /// True when the backup knows the source's files: what it does not list then is gone.
    fn collected(&self, path: &ArchivePath) -> bool {
        let source = path.source();
        self.metadata.sources.iter().any(|s| s.name.as_bytes() == source && s.state == SourceState::Collected)
    }

    /// Ends a state with the last earlier backup that could have had it.
    fn close(&mut self, state: &StoredEntry) -> Result<(), CatalogError> {
        let path = &state.entry.path;
        let source = std::str::from_utf8(path.source()).ok();
        let last = source.and_then(|source| self.collected_before.get(source)).copied();
        // A backup that retention dropped began it and is known no more.
        let last_at = last.unwrap_or(state.first_at).max(state.first_at);
        self.recorder.close(path, state.first_at, last_at)
    }

    fn part(&mut self, part: &ImportPart, is_last: bool, monitor: &dyn Monitor) -> Result<(), CatalogError> {
        let meta = part.reader.metadata();
        let at = self.metadata.time_secs;
        // Ids grow with time, so what is needed gets its id first.
        let mut numbers = Vec::with_capacity(meta.archives_needed.len());
        for need in &meta.archives_needed {
            let (id, has_copy) = self.recorder.needed_archive(need, at)?;
            numbers.push(id);
            if !has_copy && !self.result.missing.contains(&need.name) {
                self.result.missing.push(need.name.clone());
            }
        }
        self.needs.extend(&numbers);
        let own = self.recorder.imported_archive(part)?;
        self.needs.push(own);

        let open = self.catalog.open_entries(self.recorder.chain());
        let mut open = open.filter(|s| s.as_ref().map_or(true, |s| s.first_at < at)).peekable();
        let mut whole = true;
        let (mut lines, mut last_path) = (0, None);
        for line in part.reader.manifest() {
            lines += 1;
            if lines % LINES_PER_LOOK == 0 {
                monitor.advance(LINES_PER_LOOK, 0);
                if monitor.should_stop() {
                    return Err(ArchiveError::Stopped.into());
                }
            }
            let line = match line {
                Ok(line) => line,
                // The medium failed, or the drive was pulled out: that says nothing about the archive.
                Err(e @ ArchiveError::File(_)) => return Err(e.into()),
                Err(e) => {
                    whole &= matches!(e, ArchiveError::BadLine { .. });
                    self.unreadable(&part.name, e.to_string())?;
                    continue;
                }
            };
            if last_path.as_ref().is_some_and(|last| line.path() <= last) {
                self.unreadable(&part.name, format!("{}: {} is out of order", part.name, line.path()))?;
                continue;
            }
            // What the older state has before this path is gone; only the last part lists everything.
            let mut before = None;
            while let Some(next) = open.next_if(|s| s.as_ref().map_or(true, |s| &s.entry.path <= line.path())) {
                let next = next?;
                if &next.entry.path == line.path() {
                    before = Some(next);
                } else if is_last && self.collected(&next.entry.path) {
                    self.close(&next)?;
                }
            }
            self.result.entries += u64::from(is_last);
            last_path = Some(line.path().clone());
            self.line(line, before, own, &numbers)?;
        }
        monitor.advance(lines % LINES_PER_LOOK, 0);
        // With its list cut off nobody knows what else it had: taken for unchanged rather than for deleted.
        if is_last && whole {
            for rest in open {
                let rest = rest?;
                if self.collected(&rest.entry.path) {
                    self.close(&rest)?;
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, line: Line, before: Option<StoredEntry>, own: u32, numbers: &[u32]) -> Result<(), CatalogError> {
        let at = self.metadata.time_secs;
        match line {
            Line::Full(entry) => {
                if let Some(before) = &before {
                    self.close(before)?;
                }
                self.result.files += u64::from(matches!(entry.node, Node::File(_)));
                let entry = in_catalog(*entry, own, numbers);
                self.recorder.put(&StoredEntry { entry, first_at: at, last_at: None, described_in: own })
            }
            Line::AsIn { path, archive } => {
                let described_in = numbers[archive as usize - 1];
                if before.as_ref().is_some_and(|b| b.described_in == described_in) {
                    return Ok(());
                }
                let state = self.recorder.state(&path, described_in)?;
                if state.as_ref().is_some_and(|state| state.first_at == at) {
                    // An earlier part of this backup has just told it.
                    return Ok(());
                }
                if let Some(before) = &before {
                    self.close(before)?;
                }
                match state {
                    // A backup between is gone or cut off: the state begins anew.
                    Some(state) => self.recorder.put(&StoredEntry { first_at: at, last_at: None, ..state }),
                    // With the archive missing there is nothing to know, and it has been named.
                    None if self.recorder.is_ghost(described_in)? => Ok(()),
                    None => {
                        self.unresolved = true;
                        self.problem(format!("{path}: no archive here tells what it was"));
                        Ok(())
                    }
                }
            }
        }
    }

    /// Something in an archive's list cannot be read: noted as damage, so that the backup stays incomplete.
    fn unreadable(&mut self, archive: &str, message: String) -> Result<(), CatalogError> {
        self.unresolved = true;
        let row = DamageRow {
            archive: archive.into(),
            path: String::new(),
            tar_offset: None,
            message: message.clone(),
            at: self.metadata.time_secs,
        };
        self.recorder.damage(&row)?;
        self.problem(message);
        Ok(())
    }

    fn finish(mut self, parts: &[ImportPart], listed: bool) -> Result<ImportedBackup, CatalogError> {
        if self.unnamed_problems > 0 {
            self.result.problems.push(format!("{} more like these", self.unnamed_problems));
        }
        let stored_bytes = parts.iter().map(|part| part.reader.length()).sum();
        self.needs.sort_unstable();
        self.needs.dedup();
        // A part that comes later in this very backup was a ghost only until then.
        let needs = std::mem::take(&mut self.result.missing);
        for name in needs {
            if !self.recorder.has_copy(&name)? {
                self.result.missing.push(name);
            }
        }
        if listed {
            let complete = !self.unresolved && self.result.missing.is_empty();
            let new = NewBackup { metadata: self.metadata, stored_bytes, complete, needs: &self.needs };
            self.recorder.backup(&new)?;
            if self.unresolved {
                self.recorder.list_is_not_known(self.metadata)?;
            }
        }
        Ok(self.result)
    }
}

/// The entry with the archive's id instead of its number in the list.
fn in_catalog(mut entry: Entry, own: u32, numbers: &[u32]) -> Entry {
    if let Node::File(content) = &mut entry.node {
        // The manifest's reader refuses numbers that are not in the list.
        content.renumber(|number| if number == 0 { own } else { numbers[number as usize - 1] });
    }
    entry
}
