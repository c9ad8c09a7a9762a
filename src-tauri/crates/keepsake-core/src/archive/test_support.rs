//! Makes real archives for tests, with the real writer.

use std::path::{Path, PathBuf};

use ring::digest;
use tar::EntryType;

use super::manifest::{Content, Entry, Node, write_full};
use super::metadata::{Metadata, SourceSummary};
use super::name::archive_name;
use super::tar_entry::{TarEntry, padding, push_header};
use super::writer::{ArchiveWriter, Tail};
use crate::archive_path::ArchivePath;
use crate::file_facts::{FileFacts, FileTime};

/// What a test puts at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestNode {
    File(Vec<u8>),
    Folder,
    Symlink(&'static str),
    HardLink(&'static str),
}

/// An archive that is being written, and the full lines so far.
pub struct TestArchive {
    writer: ArchiveWriter,
    path: PathBuf,
    pub lines: Vec<Entry>,
}

/// An archive that stands under its name, with its sidecar beside it.
#[derive(Debug, Clone)]
pub struct Written {
    pub name: String,
    pub path: PathBuf,
    pub sha256: [u8; 32],
    pub bytes: u64,
}

pub fn path(text: &str) -> ArchivePath {
    ArchivePath::new(text).unwrap()
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().unwrap()
}

/// Bytes that do not compress, the same for the same seed.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ (seed << 1 | 1);
    let mut out = Vec::with_capacity(length + 8);
    while out.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend_from_slice(&state.to_le_bytes());
    }
    out.truncate(length);
    out
}

pub fn collected(name: &str) -> SourceSummary {
    SourceSummary::folder(name, format!("/home/mum/{name}"))
}

/// The metadata of part 1, the last, of a backup of the plan "family"; the name is made from the time.
pub fn metadata(at_secs: i64) -> Metadata {
    let time = jiff::Timestamp::from_second(at_secs).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
    Metadata {
        format: super::FORMAT_VERSION,
        tool: "a test".into(),
        computer: "attic".into(),
        computer_id: "0123456789abcdef".into(),
        plan: "family".into(),
        backup: super::name::backup_name("family", &time),
        part: 1,
        last: true,
        time: time.to_string(),
        time_secs: at_secs,
        sources: vec![collected("home")],
        problems: Vec::new(),
        problem_count: 0,
        archives_needed: Vec::new(),
    }
}

impl TestArchive {
    pub fn create(folder: &Path, metadata: &Metadata) -> Self {
        let path = folder.join(archive_name(&metadata.backup, metadata.part));
        let mut writer = ArchiveWriter::create(&path, 1, FileTime::default()).unwrap();
        let info = b"This is a backup made by Keepsake.\n";
        put(&mut writer, super::INFO_NAME.as_bytes(), EntryType::Regular, None, &FileFacts::default(), info);
        Self { writer, path, lines: Vec::new() }
    }

    /// Stores an entry and notes its full line, whose content is in archive 0: this one.
    pub fn store(&mut self, path: &ArchivePath, node: &TestNode, facts: &FileFacts) -> Entry {
        let bytes = path.as_bytes();
        let node = match node {
            TestNode::Folder => {
                put(&mut self.writer, &[bytes, b"/"].concat(), EntryType::Directory, None, facts, b"");
                Node::Folder
            }
            TestNode::Symlink(target) => {
                put(&mut self.writer, bytes, EntryType::Symlink, Some(target.as_bytes()), facts, b"");
                Node::Symlink(target.as_bytes().to_vec())
            }
            TestNode::HardLink(target) => {
                put(&mut self.writer, bytes, EntryType::Link, Some(target.as_bytes()), facts, b"");
                Node::HardLink { target: ArchivePath::new(*target).unwrap(), in_tar: true }
            }
            TestNode::File(content) => {
                let tar_offset = put(&mut self.writer, bytes, EntryType::Regular, None, facts, content);
                Node::File(Content {
                    size_bytes: content.len() as u64,
                    sha256: sha256(content),
                    archive: 0,
                    tar_offset,
                    stored_bytes: content.len() as u64,
                    sparse: false,
                    stored_as: None,
                    patch: None,
                })
            }
        };
        let entry = Entry { path: path.clone(), facts: facts.clone(), user: "mum".into(), group: String::new(), node };
        self.lines.push(entry.clone());
        entry
    }

    /// Writes the tail, with this manifest or, if there is none, all noted lines in their order.
    pub fn finish(mut self, metadata: &Metadata, manifest: Option<Vec<u8>>) -> Written {
        let manifest = manifest.unwrap_or_else(|| {
            self.lines.sort_by(|a, b| a.path.cmp(&b.path));
            let mut manifest = Vec::new();
            self.lines.iter().for_each(|entry| write_full(&mut manifest, entry));
            manifest
        });
        let metadata_json = serde_json::to_vec(metadata).unwrap();
        let tail =
            Tail { by_hand: None, manifest: (manifest.len() as u64, &mut &manifest[..]), metadata: &metadata_json };
        let finished = self.writer.finish(tail).unwrap();
        let (sha256, bytes) = (finished.sha256, finished.bytes);
        finished.file.commit().unwrap();
        let name = self.path.file_name().unwrap().to_str().unwrap().to_owned();
        let line = format!("{}  {name}\n", crate::hash::hex(&sha256));
        std::fs::write(self.path.with_file_name(super::name::sidecar_name(&name)), line).unwrap();
        Written { name, path: self.path, sha256, bytes }
    }
}

/// Writes one tar entry; answers where its content begins.
fn put(
    writer: &mut ArchiveWriter,
    path: &[u8],
    kind: EntryType,
    target: Option<&[u8]>,
    facts: &FileFacts,
    content: &[u8],
) -> u64 {
    let mut header = Vec::new();
    let stored_bytes = content.len() as u64;
    let entry = TarEntry { path, kind, stored_bytes, sparse_size_bytes: None, target, facts, user: "mum", group: "" };
    push_header(&mut header, &entry);
    writer.put(&header).unwrap();
    let offset = writer.tar_offset();
    writer.put(content).unwrap();
    writer.put_zeros(padding(stored_bytes) as u64).unwrap();
    offset
}
