//! Makes real archives from lists of entries, and a catalog that knows them.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Zoned;
use ring::digest;
use tar::EntryType;

use super::request::{Consent, RestoreOptions, RestoreRequest, Restored, Target};
use super::{RestoreError, restore};
use crate::archive::manifest::{Base, Content, Entry, Node, Patch, write_full};
use crate::archive::metadata::{Metadata, NeededArchive, SourceState, SourceSummary};
use crate::archive::patch::{PATCH_BLOCK_BYTES, map_bytes};
use crate::archive::reader::ArchiveReader;
use crate::archive::tar_entry::{TarEntry, padding, push_header};
use crate::archive::writer::{ArchiveWriter, Tail};
use crate::archive_path::ArchivePath;
use crate::atomic_file::{FAULT_TESTS, Step, set_fault};
use crate::catalog::{ArchiveRow, BackupRow, Catalog, ImportPart};
use crate::clock::FixedClock;
use crate::file_facts::{FileFacts, FileTime};
use crate::hash::hex;
use crate::monitor::{Monitor, Silent};
use crate::sources::sparse::Segment;

/// A folder with archives, a catalog, and room for targets.
#[derive(Debug)]
pub(crate) struct House {
    pub dir: tempfile::TempDir,
    pub catalog: Catalog,
}

/// An entry with its stored bytes.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub entry: Entry,
    pub bytes: Vec<u8>,
}

pub(crate) fn path(text: impl AsRef<[u8]>) -> ArchivePath {
    ArchivePath::new(text.as_ref()).unwrap()
}

/// Facts that this user can give to a file.
pub(crate) fn facts(mode: u32, secs: i64) -> FileFacts {
    FileFacts {
        mode,
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        mtime: FileTime { secs, nanos: 123_456_789 },
        ..FileFacts::default()
    }
}

fn entry(at: impl AsRef<[u8]>, facts: FileFacts, node: Node) -> Entry {
    Entry { path: path(at), facts, user: String::new(), group: String::new(), node }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().unwrap()
}

pub(crate) fn file(at: impl AsRef<[u8]>, bytes: impl Into<Vec<u8>>) -> Stored {
    let bytes = bytes.into();
    let content = Content {
        size_bytes: bytes.len() as u64,
        sha256: sha256(&bytes),
        archive: 0,
        tar_offset: 0,
        stored_bytes: bytes.len() as u64,
        sparse: false,
        stored_as: None,
        patch: None,
    };
    Stored { entry: entry(at, facts(0o640, 1_000_000), Node::File(content)), bytes }
}

/// A file that is the content of the first archive at `base`, with these bytes over it.
pub(crate) fn patched(at: &str, base: Base, base_bytes: &[u8], changes: &[(usize, &[u8])]) -> Stored {
    let mut whole = base_bytes.to_vec();
    let mut pieces = Vec::new();
    let mut data = Vec::new();
    for (block, bytes) in changes {
        let from = block * PATCH_BLOCK_BYTES as usize;
        whole.resize(whole.len().max(from + bytes.len()), 0);
        whole[from..from + bytes.len()].copy_from_slice(bytes);
        pieces.push(Segment { offset: from as u64, length: bytes.len() as u64 });
        data.extend_from_slice(bytes);
    }
    let stored = [map_bytes(&pieces, whole.len() as u64), data].concat();
    let mut made = file(at, stored);
    let Node::File(content) = &mut made.entry.node else { unreachable!() };
    let patch = Patch { sha256: content.sha256, base };
    (content.size_bytes, content.sha256) = (whole.len() as u64, sha256(&whole));
    (content.stored_as, content.patch) = (Some(path(".keepsake-moved/b/1")), Some(Box::new(patch)));
    made
}

fn needed(archive: ArchiveRow) -> NeededArchive {
    NeededArchive { name: archive.name, sha256: hex(&archive.sha256), bytes: archive.bytes }
}

/// `stored` is the map and the data.
pub(crate) fn sparse(at: &str, size_bytes: u64, stored: Vec<u8>) -> Stored {
    let mut made = file(at, stored);
    let Node::File(content) = &mut made.entry.node else { unreachable!() };
    (content.size_bytes, content.sparse) = (size_bytes, true);
    made
}

pub(crate) fn folder(at: impl AsRef<[u8]>) -> Stored {
    Stored { entry: entry(at, facts(0o755, 2_000_000), Node::Folder), bytes: Vec::new() }
}

pub(crate) fn symlink(at: &str, target: &str) -> Stored {
    Stored { entry: entry(at, facts(0o777, 3_000_000), Node::Symlink(target.into())), bytes: Vec::new() }
}

pub(crate) fn hard_link(at: &str, target: &str) -> Stored {
    let node = Node::HardLink { target: path(target), in_tar: true };
    Stored { entry: entry(at, facts(0o640, 1_000_000), node), bytes: Vec::new() }
}

/// Bytes that do not compress, the same for the same seed.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as u8
        })
        .collect()
}

impl House {
    /// In memory where that is possible: everything is forced to the medium many times.
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::within(memory) } else { Self::on_disk() }
    }

    /// Where all kinds of attributes are known, mostly.
    pub fn on_disk() -> Self {
        Self::within(&std::env::temp_dir())
    }

    fn within(folder: &Path) -> Self {
        let dir = tempfile::tempdir_in(folder).unwrap();
        let catalog = Catalog::open(&dir.path().join("data")).unwrap();
        Self { dir, catalog }
    }

    pub fn at(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// The backup folder.
    pub fn store(&self) -> PathBuf {
        self.at("store")
    }

    pub fn data(&self) -> PathBuf {
        self.at("data")
    }

    /// Makes an archive of these entries and imports it.
    pub fn backup(&self, entries: Vec<Stored>) -> BackupRow {
        self.backup_with(entries, |_| {})
    }

    /// As [`House::backup`]; `lie` changes what the manifest says of an entry.
    pub fn backup_with(&self, mut entries: Vec<Stored>, mut lie: impl FnMut(&mut Entry)) -> BackupRow {
        std::fs::create_dir_all(self.store()).unwrap();
        let number = self.catalog.backups(None).unwrap().len();
        let name = format!("family_20260303_02{number:02}00");
        let archive = self.store().join(format!("{name}.tar.gz"));
        let mut writer = ArchiveWriter::create(&archive, 1, FileTime::default()).unwrap();
        entries.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        let mut manifest = Vec::new();
        let mut names: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for stored in &mut entries {
            let entry = &mut stored.entry;
            let source = names.entry(String::from_utf8(entry.path.source().to_vec()).unwrap()).or_default();
            let (kind, target) = match &entry.node {
                Node::File(content) => {
                    source.0 += 1;
                    source.1 += content.size_bytes;
                    (EntryType::Regular, None)
                }
                Node::Folder => (EntryType::Directory, None),
                Node::Symlink(target) => (EntryType::Symlink, Some(target.clone())),
                Node::HardLink { target, .. } => (EntryType::Link, Some(target.as_bytes().to_vec())),
            };
            let mut header = Vec::new();
            push_header(
                &mut header,
                &TarEntry {
                    path: entry.path.as_bytes(),
                    kind,
                    stored_bytes: stored.bytes.len() as u64,
                    sparse_size_bytes: None,
                    target: target.as_deref(),
                    facts: &entry.facts,
                    user: "",
                    group: "",
                },
            );
            writer.put(&header).unwrap();
            if let Node::File(content) = &mut entry.node {
                content.tar_offset = writer.tar_offset();
            }
            writer.put(&stored.bytes).unwrap();
            writer.put_zeros(padding(stored.bytes.len() as u64) as u64).unwrap();
            lie(entry);
            write_full(&mut manifest, entry);
        }
        let metadata = Metadata {
            format: 1,
            tool: "test".into(),
            computer: "home".into(),
            computer_id: "0123456789abcdef".into(),
            plan: "family".into(),
            backup: name.clone(),
            part: 1,
            last: true,
            time: format!("2026-03-03T02:{number:02}:00+01:00[Europe/Berlin]"),
            time_secs: 1_772_499_600 + 60 * number as i64,
            sources: names
                .into_iter()
                .map(|(name, (files, bytes))| SourceSummary {
                    name,
                    kind: "folder".into(),
                    path: "/".into(),
                    state: SourceState::Collected,
                    files,
                    bytes,
                    new_files: files,
                    new_bytes: bytes,
                    problems: 0,
                })
                .collect(),
            problems: Vec::new(),
            problem_count: 0,
            archives_needed: match entries.iter().any(|e| matches!(&e.entry.node, Node::File(c) if c.patch.is_some())) {
                true => self.catalog.archives().unwrap().into_iter().map(needed).collect(),
                false => Vec::new(),
            },
        };
        let metadata = serde_json::to_vec(&metadata).unwrap();
        let manifest_bytes = manifest.len() as u64;
        let tail = Tail { by_hand: None, manifest: (manifest_bytes, &mut &manifest[..]), metadata: &metadata };
        let finished = writer.finish(tail).unwrap();
        let sha256 = finished.sha256;
        finished.file.commit().unwrap();
        let place = self.catalog.place(&self.store(), "here", true).unwrap();
        let part = ImportPart {
            name: format!("{name}.tar.gz"),
            reader: ArchiveReader::open(&archive).unwrap(),
            sha256,
            copies: vec![(place, 0)],
        };
        let imported = self.catalog.import_backup(&[part], &Silent).unwrap();
        assert_eq!(imported.problems, Vec::<String>::new());
        self.catalog.backups(None).unwrap().into_iter().find(|b| b.name == name).unwrap()
    }

    pub fn beside(&self, backup: &BackupRow, to: &str) -> RestoreRequest {
        RestoreRequest { backup: backup.clone(), paths: Vec::new(), target: Target::Beside(self.at(to)) }
    }

    pub fn in_place(&self, backup: &BackupRow, source: &str, to: &str) -> RestoreRequest {
        let sources = BTreeMap::from([(source.to_string(), self.at(to))]);
        RestoreRequest { backup: backup.clone(), paths: Vec::new(), target: Target::InPlace { sources } }
    }

    pub fn restore(&self, request: &RestoreRequest) -> Result<Restored, RestoreError> {
        self.restore_watched(request, &Silent)
    }

    pub fn restore_watched(&self, request: &RestoreRequest, monitor: &dyn Monitor) -> Result<Restored, RestoreError> {
        let options = RestoreOptions { consent: Consent::Typed("RESTORE".into()) };
        restore(&self.catalog, request, &options, &clock(), monitor, &self.data())
    }

    /// Restores and expects no problem.
    pub fn restore_well(&self, request: &RestoreRequest) -> Restored {
        let restored = self.restore(request).unwrap();
        assert_eq!(restored.problems, vec![]);
        assert_eq!(restored.problem_count, 0);
        restored
    }
}

/// Runs something that is killed after so many steps that change the disk below `top`: none of the later
/// ones happen. Answers whether it was killed.
pub(crate) fn killed_after(steps: usize, top: &Path, run: impl FnOnce()) -> bool {
    let (top, count) = (top.to_path_buf(), Arc::new(AtomicUsize::new(0)));
    let seen = count.clone();
    let fault = move |_: Step, path: &Path| {
        let late = path.starts_with(&top) && seen.fetch_add(1, Ordering::SeqCst) >= steps;
        late.then(|| std::io::Error::other("killed"))
    };
    let alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    set_fault(Some(Box::new(fault)));
    run();
    set_fault(None);
    drop(alone);
    count.load(Ordering::SeqCst) > steps
}

pub(crate) fn clock() -> FixedClock {
    FixedClock("2026-04-01T12:00:00+02:00[Europe/Berlin]".parse::<Zoned>().unwrap())
}

/// What is below a folder: every path with its type, mode, mtime and content.
pub(crate) fn tree(top: &Path) -> BTreeMap<PathBuf, String> {
    use std::os::unix::fs::MetadataExt;
    let mut found = BTreeMap::new();
    let mut folders = vec![top.to_path_buf()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            let facts = format!("{:o} {}.{:09}", meta.mode() & 0o7777, meta.mtime(), meta.mtime_nsec());
            let what = if meta.is_dir() {
                folders.push(path.clone());
                format!("folder {facts}")
            } else if meta.is_symlink() {
                format!("link {facts} {:?}", std::fs::read_link(&path).unwrap())
            } else {
                let bytes = std::fs::read(&path).unwrap();
                format!("file {facts} {} {:02x?}", bytes.len(), &sha256(&bytes)[..8])
            };
            found.insert(path.strip_prefix(top).unwrap().to_path_buf(), what);
        }
    }
    found
}

/// The names below a folder, as text.
pub(crate) fn names(top: &Path) -> Vec<String> {
    tree(top).keys().map(|p| String::from_utf8_lossy(p.as_os_str().as_bytes()).into_owned()).collect()
}
