//! Making an archive's backup known from what the archives themselves tell.

use std::collections::HashMap;

use super::{Catalog, CatalogError, NewBackup, StoredEntry};
use crate::archive::manifest::{Entry, Line, Node};
use crate::archive::reader::ArchiveReader;
use crate::archive_path::ArchivePath;

/// One archive of the backup that is imported.
#[derive(Debug)]
pub struct ImportPart {
    /// Its file name.
    pub name: String,
    /// Its reader.
    pub reader: ArchiveReader,
    /// SHA-256 of the file, from its sidecar or computed.
    pub sha256: [u8; 32],
}

/// What an import found.
#[derive(Debug, Default)]
pub struct ImportedBackup {
    /// Files, folders and links.
    pub entries: u64,
    /// Lines that could not be understood, and archives that are missing, each as a sentence.
    pub problems: Vec<String>,
}

impl Catalog {
    /// Imports one backup: its parts in order, the last one last. It must be newer than all backups of its
    /// chain that are known; [`crate::rebuild`] sees to that.
    ///
    /// # Errors
    /// [`CatalogError`] when the catalog cannot be written; then nothing of this backup is recorded. What
    /// is wrong with the archives is told in the result.
    pub fn import_backup(&self, parts: &[ImportPart], place: i64) -> Result<ImportedBackup, CatalogError> {
        let mut result = ImportedBackup::default();
        let Some(last) = parts.last() else { return Ok(result) };
        let metadata = last.reader.metadata();
        let at = metadata.time_secs;
        let mut ids: HashMap<String, u32> = self.archives()?.into_iter().map(|a| (a.name, a.id)).collect();
        let mut next_id = self.next_archive_id()?;
        for part in parts {
            ids.insert(part.name.clone(), next_id);
            next_id += 1;
        }
        let mut recorder = self.record(&metadata.computer_id, &metadata.computer, &metadata.plan)?;
        let chain = recorder.chain();
        let previous = self.backups(None)?.into_iter().filter(|b| b.chain == chain && b.at < at).collect::<Vec<_>>();

        let mut needs: Vec<u32> = parts.iter().map(|part| ids[&part.name]).collect();
        let mut complete = true;
        for (i, part) in parts.iter().enumerate() {
            let meta = part.reader.metadata();
            let own = ids[&part.name];
            recorder.archive(own, &part.name, meta, part.reader.length(), &part.sha256, place)?;
            let numbers: Vec<Option<u32>> =
                meta.archives_needed.iter().map(|need| ids.get(&need.name).copied()).collect();
            for (need, id) in meta.archives_needed.iter().zip(&numbers) {
                match id {
                    Some(id) => needs.push(*id),
                    None => {
                        complete = false;
                        result.problems.push(format!("{} needs {}, which is not here", part.name, need.name));
                    }
                }
            }
            let is_last = i + 1 == parts.len();
            let collected = |path: &ArchivePath| {
                metadata.sources.iter().any(|s| {
                    s.name.as_bytes() == path.source() && s.state == crate::archive::metadata::SourceState::Collected
                })
            };
            let mut open = self.open_entries(chain).filter(|s| s.as_ref().map_or(true, |s| s.first_at < at)).peekable();
            let last_time = |path: &ArchivePath, first_at: i64| {
                let mut with_source = previous.iter().rev().filter(|b| b.collected(path.source()));
                with_source.next().map_or(first_at, |b| b.at)
            };
            for line in part.reader.manifest() {
                let line = match line {
                    Ok(line) => line,
                    Err(e) => {
                        result.problems.push(e.to_string());
                        continue;
                    }
                };
                // What the older state has before this path is gone; only the last part lists everything.
                let mut before = None;
                while let Some(next) = open.next_if(|s| s.as_ref().map_or(true, |s| &s.entry.path <= line.path())) {
                    let next = next?;
                    if &next.entry.path == line.path() {
                        before = Some(next);
                    } else if is_last && collected(&next.entry.path) {
                        recorder.close(&next.entry.path, next.first_at, last_time(&next.entry.path, next.first_at))?;
                    }
                }
                result.entries += u64::from(is_last);
                match line {
                    Line::Full(entry) => {
                        if let Some(before) = before {
                            recorder.close(
                                &before.entry.path,
                                before.first_at,
                                last_time(&before.entry.path, before.first_at),
                            )?;
                        }
                        match in_catalog(*entry, own, &numbers) {
                            Some(entry) => {
                                recorder.put(&StoredEntry { entry, first_at: at, last_at: None, described_in: own })?;
                            }
                            None => complete = false,
                        }
                    }
                    Line::AsIn { path, archive } => {
                        let Some(described_in) = numbers[archive as usize - 1] else { continue };
                        if before.as_ref().is_some_and(|b| b.described_in == described_in) {
                            continue;
                        }
                        match recorder.state(&path, described_in)? {
                            // An earlier part of this backup has just told it.
                            Some(state) if state.first_at == at => {}
                            // Backups between are gone: the state begins anew.
                            Some(state) => {
                                if let Some(before) = before {
                                    recorder.close(&path, before.first_at, last_time(&path, before.first_at))?;
                                }
                                recorder.put(&StoredEntry { first_at: at, last_at: None, ..state })?;
                            }
                            None => {
                                complete = false;
                                result.problems.push(format!("{path}: no archive here tells what it was"));
                            }
                        }
                    }
                }
            }
            if is_last {
                for rest in open {
                    let rest = rest?;
                    if collected(&rest.entry.path) {
                        recorder.close(&rest.entry.path, rest.first_at, last_time(&rest.entry.path, rest.first_at))?;
                    }
                }
            }
        }
        let stored_bytes = parts.iter().map(|part| part.reader.length()).sum();
        needs.sort_unstable();
        needs.dedup();
        recorder.backup(&NewBackup { metadata, stored_bytes, complete, needs: &needs })?;
        recorder.commit()?;
        Ok(result)
    }
}

/// The entry with the archive's id instead of its number in the list; None when that archive is missing.
fn in_catalog(mut entry: Entry, own: u32, numbers: &[Option<u32>]) -> Option<Entry> {
    if let Node::File(content) = &mut entry.node {
        content.archive = match content.archive {
            0 => own,
            n => *numbers.get(n as usize - 1)?.as_ref()?,
        };
    }
    Some(entry)
}
