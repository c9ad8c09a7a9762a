//! For tests: a small house that backs up as the real recording does, and what a catalog answers.

use std::collections::{BTreeMap, BTreeSet};

use tempfile::TempDir;

use super::*;
use crate::archive::manifest::{Entry, Node, write_as_in, write_full};
use crate::archive::metadata::{NeededArchive, SourceState};
use crate::archive::test_support::{TestArchive, TestNode, Written, collected, metadata, path};
use crate::archive_path::ArchivePath;
use crate::catalog::{NewBackup, StoredEntry};
use crate::clock::FixedClock;
use crate::file_facts::{FileFacts, FileTime};
use crate::hash::hex;
use crate::monitor::Silent;

pub(super) type Tree = BTreeMap<&'static str, TestNode>;

/// A state as the live recording knows it.
#[derive(Clone)]
pub(super) struct State {
    node: TestNode,
    entry: Entry,
    first_at: i64,
    described_in: String,
}

/// A folder of archives, and the catalog that recorded them live.
pub(super) struct House {
    pub folder: TempDir,
    pub data: TempDir,
    pub live: Catalog,
    pub open: BTreeMap<ArchivePath, State>,
    pub archives: Vec<(u32, Written)>,
    pub last_collected: BTreeMap<String, i64>,
    pub computer_id: String,
}

pub(super) fn clock() -> FixedClock {
    FixedClock("2026-03-03T02:05:00+00:00[UTC]".parse().unwrap())
}

pub(super) fn tree(files: &[(&'static str, &str)]) -> Tree {
    let mut tree = Tree::from([("home", TestNode::Folder)]);
    tree.extend(files.iter().map(|(path, text)| (*path, TestNode::File(text.as_bytes().to_vec()))));
    tree
}

impl House {
    pub fn new() -> Self {
        let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let live = Catalog::open(data.path()).unwrap();
        Self {
            folder,
            data,
            live,
            open: BTreeMap::new(),
            archives: Vec::new(),
            last_collected: BTreeMap::new(),
            computer_id: "0123456789abcdef".into(),
        }
    }

    pub fn backup(&mut self, at: i64, tree: &Tree) -> Vec<Written> {
        self.backup_in(at, tree, &[("home", true)], 1)
    }

    /// Backs up: what is new goes into `parts` archives in turn, everything else is told by name.
    pub fn backup_in(&mut self, at: i64, tree: &Tree, sources: &[(&str, bool)], parts: usize) -> Vec<Written> {
        let is_collected = |path: &ArchivePath| sources.iter().any(|(s, c)| *c && s.as_bytes() == path.source());
        let mut now: BTreeMap<ArchivePath, &TestNode> = tree.iter().map(|(p, node)| (path(p), node)).collect();
        now.retain(|path, _| is_collected(path));
        let place = self.live.place(self.folder.path(), "home", true).unwrap();
        let first_id = self.live.next_archive_id().unwrap();
        let mut recorder = self.live.record(&self.computer_id, "attic", "family").unwrap();
        let fresh: Vec<ArchivePath> = now
            .iter()
            .filter(|(p, node)| self.open.get(p).is_none_or(|s| s.node != ***node))
            .map(|(p, _)| p.clone())
            .collect();
        let mut written: Vec<Written> = Vec::new();
        let mut metas = Vec::new();
        let mut known: Vec<(u32, Written)> = self.archives.clone();
        for (part, next_id) in (0..parts).zip(first_id..) {
            let last = part + 1 == parts;
            let mut meta = metadata(at);
            meta.computer_id = self.computer_id.clone();
            meta.part = part as u32 + 1;
            meta.last = last;
            meta.sources = if !last {
                Vec::new()
            } else {
                let summary = |(name, found): &(&str, bool)| {
                    let mut summary = collected(name);
                    summary.state = if *found { SourceState::Collected } else { SourceState::Unknown };
                    summary
                };
                sources.iter().map(summary).collect()
            };
            let mut archive = TestArchive::create(self.folder.path(), &meta);
            let name = crate::archive::name::archive_name(&meta.backup, meta.part);
            let mut stored = Vec::new();
            for (i, path) in fresh.iter().enumerate().filter(|(i, _)| i % parts == part) {
                let facts =
                    FileFacts { mode: 0o644, mtime: FileTime { secs: at, nanos: i as u32 }, ..FileFacts::default() };
                let node = now[path];
                // Content that an older archive holds is not stored again.
                let moved =
                    self.open.values().find(|s| matches!(node, TestNode::File(c) if !c.is_empty()) && &s.node == node);
                let entry = match moved {
                    None => archive.store(path, node, &facts),
                    Some(state) => {
                        let mut entry = Entry { path: path.clone(), facts, ..state.entry.clone() };
                        if let Node::File(content) = &mut entry.node {
                            content.stored_as = content.stored_as.clone().or(Some(state.entry.path.clone()));
                        }
                        entry
                    }
                };
                stored.push((entry, moved.is_none()));
            }
            // What each line refers to, by name; numbers come when all are known.
            let archive_of = |id: u32| known.iter().find(|(k, _)| *k == id).unwrap().1.name.clone();
            let mut refers: BTreeSet<String> = BTreeSet::new();
            let mut lines: BTreeMap<ArchivePath, Result<(Entry, Option<String>), String>> = BTreeMap::new();
            for (entry, own) in &stored {
                let holds = match &entry.node {
                    Node::File(content) if !own => Some(archive_of(content.archive)),
                    _ => None,
                };
                refers.extend(holds.clone());
                lines.insert(entry.path.clone(), Ok((entry.clone(), holds)));
            }
            if last {
                for path in now.keys().filter(|p| !lines.contains_key(*p)).cloned().collect::<Vec<_>>() {
                    let described_in = self.open[&path].described_in.clone();
                    refers.insert(described_in.clone());
                    // Contents of an older archive are needed through what describes them.
                    if let Node::File(content) = &self.open[&path].entry.node {
                        refers.insert(archive_of(content.archive));
                    }
                    lines.insert(path, Err(described_in));
                }
            }
            let needed: Vec<&(u32, Written)> = known.iter().filter(|(_, w)| refers.contains(&w.name)).collect();
            let number = |name: &str| needed.iter().position(|(_, w)| w.name == name).unwrap() as u32 + 1;
            let mut manifest = Vec::new();
            for (path, line) in &lines {
                match line {
                    Ok((entry, holds)) => {
                        let mut entry = entry.clone();
                        if let (Node::File(content), Some(holds)) = (&mut entry.node, holds) {
                            content.archive = number(holds);
                        }
                        write_full(&mut manifest, &entry);
                    }
                    Err(described_in) => write_as_in(&mut manifest, path.as_bytes(), number(described_in)),
                }
            }
            let needed_ids: Vec<u32> = needed.iter().map(|(id, _)| *id).collect();
            meta.archives_needed = needed
                .iter()
                .map(|(_, w)| NeededArchive { name: w.name.clone(), sha256: hex(&w.sha256), bytes: w.bytes })
                .collect();
            let done = archive.finish(&meta, Some(manifest));
            recorder.archive(next_id, &done.name, &meta, done.bytes, &done.sha256, place).unwrap();
            for (mut entry, own) in stored {
                if let (Node::File(content), true) = (&mut entry.node, own) {
                    content.archive = next_id;
                }
                let path = entry.path.clone();
                if let Some(old) = self.open.get(&path) {
                    recorder
                        .close(&path, old.first_at, self.last_collected[std::str::from_utf8(path.source()).unwrap()])
                        .unwrap();
                }
                recorder
                    .put(&StoredEntry { entry: entry.clone(), first_at: at, last_at: None, described_in: next_id })
                    .unwrap();
                let node = now[&path].clone();
                self.open.insert(path, State { node, entry, first_at: at, described_in: name.clone() });
            }
            known.push((next_id, done.clone()));
            metas.push((meta, needed_ids));
            written.push(done);
        }
        let gone: Vec<ArchivePath> =
            self.open.keys().filter(|p| is_collected(p) && !now.contains_key(*p)).cloned().collect();
        for path in gone {
            let old = self.open.remove(&path).unwrap();
            recorder
                .close(&path, old.first_at, self.last_collected[std::str::from_utf8(path.source()).unwrap()])
                .unwrap();
        }
        for (source, _) in sources.iter().filter(|(_, c)| *c) {
            self.last_collected.insert((*source).into(), at);
        }
        let own: Vec<u32> = known[self.archives.len()..].iter().map(|(id, _)| *id).collect();
        let mut needs: Vec<u32> = metas.iter().flat_map(|(_, ids)| ids.clone()).chain(own).collect();
        needs.sort_unstable();
        needs.dedup();
        let stored_bytes = written.iter().map(|w| w.bytes).sum();
        recorder
            .backup(&NewBackup { metadata: &metas.last().unwrap().0, stored_bytes, complete: true, needs: &needs })
            .unwrap();
        recorder.commit().unwrap();
        self.archives = known;
        written
    }

    pub fn imported(&self) -> (TempDir, Catalog, Imported) {
        let data = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(data.path()).unwrap();
        let imported = import_folder(&catalog, self.folder.path(), "home", true, &clock(), &Silent).unwrap();
        (data, catalog, imported)
    }

    pub fn remove(&self, written: &Written) {
        for name in [written.name.clone(), crate::archive::name::sidecar_name(&written.name)] {
            std::fs::rename(self.folder.path().join(&name), self.data.path().join(&name)).unwrap();
        }
    }

    pub fn bring_back(&self, written: &Written) {
        for name in [written.name.clone(), crate::archive::name::sidecar_name(&written.name)] {
            std::fs::rename(self.data.path().join(&name), self.folder.path().join(&name)).unwrap();
        }
    }
}

/// Everything that a catalog answers, with archives by name instead of by id.
pub(super) fn answers(catalog: &Catalog) -> Vec<String> {
    let names: BTreeMap<u32, String> = catalog.archives().unwrap().into_iter().map(|a| (a.id, a.name)).collect();
    let show = |stored: &StoredEntry| {
        let mut entry = stored.entry.clone();
        // Of an unchanged file the live catalog has the newest; nothing restores them.
        (entry.facts.ctime, entry.facts.inode) = Default::default();
        let mut holds = "";
        if let Node::File(content) = &mut entry.node {
            holds = &names[&content.archive];
            content.archive = 0;
        }
        format!("{entry:?} in {holds} described in {}", names[&stored.described_in])
    };
    let mut out = Vec::new();
    let mut paths = BTreeSet::new();
    for backup in catalog.backups(None).unwrap() {
        let needs: Vec<String> = catalog
            .archives_of(&backup)
            .unwrap()
            .into_iter()
            .map(|a| format!("{} {:?} {}", a.name, a.sha256, a.at))
            .collect();
        out.push(format!(
            "{} {} {} {} {} {} {} {:?} {:?} {needs:?}",
            backup.name,
            backup.plan,
            backup.computer,
            backup.at,
            backup.time,
            backup.stored_bytes,
            backup.complete,
            backup.sources,
            backup.problems
        ));
        for stored in catalog.entries(&backup, None) {
            let stored = stored.unwrap();
            assert_eq!(catalog.entry_at(&backup, &stored.entry.path).unwrap(), Some(stored.clone()));
            out.push(format!("{}: {}", backup.name, show(&stored)));
            paths.insert(stored.entry.path);
        }
    }
    for path in paths {
        for v in catalog.versions(&path).unwrap() {
            out.push(format!("{path}: {} to {} {} {}", v.first_backup, v.last_backup, v.time, show(&v.stored)));
        }
    }
    out
}
