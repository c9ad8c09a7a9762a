//! The manifest: one line of JSON for every file, folder and link of a backup, in the walk's order.
//!
//! What the archive describes itself has a full line. What is as an older archive describes it has a short
//! line: its path and that archive's number. Both are read and written one at a time.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::error::LineError;
use crate::archive_path::ArchivePath;
use crate::file_facts::{FileFacts, FileTime, Xattr};
use crate::hash::{hex, sha256_of_hex};

/// The longest line that is read. The longest that is written is shorter: paths, and
/// [`MAX_XATTR_BYTES`](crate::file_facts::MAX_XATTR_BYTES) of attributes in base64.
pub const MAX_LINE_BYTES: usize = 4 << 20;
/// The largest file size, offset or length: what the kernel's file offsets hold.
const MAX_OFFSET: u64 = i64::MAX as u64;

/// One file, folder or link, as a backup knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is in the backup.
    pub path: ArchivePath,
    /// Owner, mode, times, attributes.
    pub facts: FileFacts,
    /// The owner's name, empty when unknown.
    pub user: String,
    /// The group's name, empty when unknown.
    pub group: String,
    /// What it is.
    pub node: Node,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A file with content.
    File(Content),
    /// A folder.
    Folder,
    /// A symbolic link and what it says, never followed.
    Symlink(Vec<u8>),
    /// Another name of a file that comes earlier in the same backup.
    HardLink {
        /// That file.
        target: ArchivePath,
        /// False when the describing archive has no tar entry for it, because another holds the target.
        in_tar: bool,
    },
}

/// A file's content and where it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The file's size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the content; for a sparse file of its map and its data, as they are stored.
    pub sha256: [u8; 32],
    /// The archive that holds it. In a manifest 0 is the archive itself and n the n-th of those needed
    /// (from 1); from the catalog it is the archive's id there.
    pub archive: u32,
    /// Where in that archive's tar stream the stored bytes begin.
    pub tar_offset: u64,
    /// How many bytes are stored; other than `size_bytes` for sparse and patched files only.
    pub stored_bytes: u64,
    /// True when the stored bytes are a sparse map and data (GNU sparse format 1.0).
    pub sparse: bool,
    /// Its path in that archive, where it is not the entry's own. Patched content always has one.
    pub stored_as: Option<ArchivePath>,
    /// For patched content, whose stored bytes say only what has changed of another.
    pub patch: Option<Box<Patch>>,
}

/// What makes stored bytes a patch; see [`super::patch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// SHA-256 of the stored bytes: the map and the changed blocks.
    pub sha256: [u8; 32],
    /// What they change.
    pub base: Base,
}

/// Whole content of an older archive, on which a patch builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The archive that holds it, numbered as [`Content::archive`] is.
    pub archive: u32,
    /// Where in that archive's tar stream it begins.
    pub tar_offset: u64,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// The path of its tar entry in that archive.
    pub path: ArchivePath,
}

impl Content {
    /// SHA-256 of the bytes that are stored.
    pub fn stored_sha256(&self) -> &[u8; 32] {
        self.patch.as_ref().map_or(&self.sha256, |patch| &patch.sha256)
    }

    /// The archives without which it cannot be had.
    pub fn archives(&self) -> impl Iterator<Item = u32> + use<> {
        [Some(self.archive), self.patch.as_ref().map(|patch| patch.base.archive)].into_iter().flatten()
    }

    /// The stored contents without which it cannot be had: archive and place in its tar stream.
    pub fn places(&self) -> impl Iterator<Item = (u32, u64)> + use<> {
        let base = self.patch.as_ref().map(|patch| (patch.base.archive, patch.base.tar_offset));
        [Some((self.archive, self.tar_offset)), base].into_iter().flatten()
    }

    /// The path, other than the file's own, under which tar unpacks what a person without Keepsake copies it from.
    pub fn copied_from(&self) -> Option<&ArchivePath> {
        self.patch.as_ref().map(|patch| &patch.base.path).or(self.stored_as.as_ref())
    }

    /// Gives its archives other numbers.
    pub fn renumber(&mut self, number: impl Fn(u32) -> u32) {
        self.archive = number(self.archive);
        if let Some(patch) = &mut self.patch {
            patch.base.archive = number(patch.base.archive);
        }
    }
}

impl Entry {
    /// Bytes of content; 0 for what has none.
    pub fn size_bytes(&self) -> u64 {
        if let Node::File(content) = &self.node { content.size_bytes } else { 0 }
    }
}

/// A line of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// All of it is here.
    Full(Box<Entry>),
    /// It is what the full line of the same path in another archive says.
    AsIn {
        /// The path.
        path: ArchivePath,
        /// The archive, from 1, in the list of those needed.
        archive: u32,
    },
}

impl Line {
    /// The line's path.
    pub fn path(&self) -> &ArchivePath {
        match self {
            Self::Full(entry) => &entry.path,
            Self::AsIn { path, .. } => path,
        }
    }
}

/// The JSON form of all lines. A key ending in `_b64` stands instead of the other where bytes are not UTF-8.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Json<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    path: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    path_b64: Option<Cow<'a, str>>,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    as_in: Option<u32>,
    #[serde(borrow, rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    mode: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gid: Option<u32>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    user: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    group: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    mtime: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    ctime: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inode: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    sha256: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    archive: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    stored_as: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    stored_as_b64: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    target: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    target_b64: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_tar: Option<bool>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    stored_sha256: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    base: Option<JsonBase<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    xattrs: Option<Vec<(Cow<'a, str>, Cow<'a, str>)>>,
}

/// The JSON form of [`Base`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonBase<'a> {
    archive: u32,
    offset: u64,
    size: u64,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    path: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    path_b64: Option<Cow<'a, str>>,
}

/// Bytes as the text or the base64 field.
fn text_or_b64(bytes: &[u8]) -> (Option<Cow<'_, str>>, Option<Cow<'_, str>>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Some(text.into()), None),
        Err(_) => (None, Some(BASE64.encode(bytes).into())),
    }
}

fn bytes_of(text: Option<Cow<'_, str>>, b64: Option<Cow<'_, str>>) -> Result<Option<Vec<u8>>, LineError> {
    match (text, b64) {
        (Some(text), None) => Ok(Some(text.into_owned().into_bytes())),
        (None, Some(b64)) => BASE64.decode(&*b64).map(Some).map_err(|_| LineError::Value("base64 is malformed")),
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(LineError::Value("a value is given twice")),
    }
}

fn needed<T>(value: Option<T>, why: &'static str) -> Result<T, LineError> {
    value.ok_or(LineError::Value(why))
}

/// `SECS.NANOS`, nine digits behind the point.
pub fn time_text(time: FileTime) -> String {
    format!("{}.{:09}", time.secs, time.nanos)
}

fn time_of(text: &str) -> Result<FileTime, LineError> {
    let bad = || LineError::Value("a time is not SECONDS.NANOSECONDS");
    let (secs, nanos) = text.split_once('.').ok_or_else(bad)?;
    if secs.starts_with('+') || nanos.len() != 9 || !nanos.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    Ok(FileTime { secs: secs.parse().map_err(|_| bad())?, nanos: nanos.parse().map_err(|_| bad())? })
}

/// Appends a full line and its newline.
pub fn write_full(out: &mut Vec<u8>, entry: &Entry) {
    let (path, path_b64) = text_or_b64(entry.path.as_bytes());
    let mut json = Json { path, path_b64, ..Json::default() };
    let hex_digits;
    match &entry.node {
        Node::Folder => json.kind = Some("folder".into()),
        Node::Symlink(target) => {
            json.kind = Some("symlink".into());
            (json.target, json.target_b64) = text_or_b64(target);
        }
        Node::HardLink { target, in_tar } => {
            json.in_tar = (!in_tar).then_some(false);
            json.kind = Some("hardlink".into());
            (json.target, json.target_b64) = text_or_b64(target.as_bytes());
        }
        Node::File(content) => {
            json.kind = Some(kind_of(content).into());
            json.size = Some(content.size_bytes);
            hex_digits = hex(&content.sha256);
            json.sha256 = Some(Cow::Borrowed(&hex_digits));
            json.archive = (content.archive != 0).then_some(content.archive);
            json.offset = Some(content.tar_offset);
            json.stored = (content.sparse || content.patch.is_some()).then_some(content.stored_bytes);
            if let Some(patch) = &content.patch {
                json.stored_sha256 = Some(hex(&patch.sha256).into());
                let Base { archive, tar_offset, size_bytes, path } = &patch.base;
                let (path, path_b64) = text_or_b64(path.as_bytes());
                let base = JsonBase { archive: *archive, offset: *tar_offset, size: *size_bytes, path, path_b64 };
                json.base = Some(base);
            }
            if let Some(stored_as) = &content.stored_as {
                (json.stored_as, json.stored_as_b64) = text_or_b64(stored_as.as_bytes());
            }
        }
    }
    let facts = &entry.facts;
    json.mode = Some(format!("{:04o}", facts.mode).into());
    json.uid = Some(facts.uid);
    json.gid = Some(facts.gid);
    json.user = (!entry.user.is_empty()).then(|| entry.user.as_str().into());
    json.group = (!entry.group.is_empty()).then(|| entry.group.as_str().into());
    json.mtime = Some(time_text(facts.mtime).into());
    json.ctime = (facts.ctime != FileTime::default()).then(|| time_text(facts.ctime).into());
    json.inode = (facts.inode != 0).then_some(facts.inode);
    if !facts.xattrs.is_empty() {
        let pairs = facts.xattrs.iter();
        json.xattrs = Some(pairs.map(|x| (BASE64.encode(&x.name).into(), BASE64.encode(&x.value).into())).collect());
    }
    push_json(out, &json);
}

fn kind_of(content: &Content) -> &'static str {
    match (content.sparse, &content.patch) {
        (_, Some(_)) => "patched",
        (true, None) => "sparse",
        (false, None) => "file",
    }
}

/// Appends a short line and its newline. `archive` counts from 1.
pub fn write_as_in(out: &mut Vec<u8>, path: &[u8], archive: u32) {
    let (path, path_b64) = text_or_b64(path);
    push_json(out, &Json { path, path_b64, as_in: Some(archive), ..Json::default() });
}

fn push_json(out: &mut Vec<u8>, json: &Json<'_>) {
    serde_json::to_writer(&mut *out, json).expect("strings and numbers can be written to memory");
    out.push(b'\n');
}

/// Reads one line, without its newline. `needed_archives` is how many the archive says that it needs.
///
/// # Errors
/// [`LineError`] when it is not such a line, or says something impossible.
pub fn parse_line(line: &[u8], needed_archives: u32) -> Result<Line, LineError> {
    let json: Json<'_> = serde_json::from_slice(line)?;
    let path = ArchivePath::new(needed(bytes_of(json.path, json.path_b64)?, "it has no path")?)?;
    if let Some(archive) = json.as_in {
        if archive == 0 || archive > needed_archives {
            return Err(LineError::Value("it names an archive that is not in the list"));
        }
        return Ok(Line::AsIn { path, archive });
    }
    let target = bytes_of(json.target, json.target_b64)?;
    let kind = needed(json.kind, "it has no type")?;
    let node = match &*kind {
        "folder" => Node::Folder,
        "symlink" => Node::Symlink(needed(target, "a link has no target")?),
        "hardlink" => {
            let target = ArchivePath::new(needed(target, "a link has no target")?)?;
            if target >= path {
                return Err(LineError::Value("a hard link names a later file"));
            }
            Node::HardLink { target, in_tar: json.in_tar.unwrap_or(true) }
        }
        "file" | "sparse" | "patched" => {
            let sparse = &*kind == "sparse";
            let size_bytes = needed(json.size, "a file has no size")?;
            let patch = match &*kind {
                "patched" => Some(patch_of(json.stored_sha256.as_deref(), json.base, needed_archives)?),
                _ => None,
            };
            let content = Content {
                size_bytes,
                sha256: needed(json.sha256.as_deref().and_then(sha256_of_hex), "a file has no SHA-256")?,
                archive: json.archive.unwrap_or(0),
                tar_offset: needed(json.offset, "a file has no offset")?,
                stored_bytes: if sparse || patch.is_some() {
                    needed(json.stored, "a sparse or patched file has no stored length")?
                } else {
                    size_bytes
                },
                sparse,
                stored_as: bytes_of(json.stored_as, json.stored_as_b64)?.map(ArchivePath::new).transpose()?,
                patch: patch.map(Box::new),
            };
            if content.patch.is_some() && content.stored_as.is_none() {
                return Err(LineError::Value("a patch has no path of its own"));
            }
            if content.archive > needed_archives {
                return Err(LineError::Value("it names an archive that is not in the list"));
            }
            if [content.size_bytes, content.tar_offset, content.stored_bytes].iter().any(|&n| n > MAX_OFFSET) {
                return Err(LineError::Value("a size or an offset is larger than files can be"));
            }
            Node::File(content)
        }
        _ => return Err(LineError::Value("its type is unknown")),
    };
    let mode = json.mode.as_deref().filter(|m| m.len() == 4 && m.bytes().all(|b| matches!(b, b'0'..=b'7')));
    let mode = mode.and_then(|m| u32::from_str_radix(m, 8).ok());
    let mut xattrs = Vec::new();
    for (name, value) in json.xattrs.unwrap_or_default() {
        let decode = |text: &str| BASE64.decode(text).map_err(|_| LineError::Value("base64 is malformed"));
        xattrs.push(Xattr { name: decode(&name)?, value: decode(&value)? });
    }
    let facts = FileFacts {
        mode: needed(mode, "its mode is missing or impossible")?,
        uid: needed(json.uid, "it has no owner")?,
        gid: needed(json.gid, "it has no group")?,
        mtime: time_of(&needed(json.mtime, "it has no mtime")?)?,
        ctime: json.ctime.as_deref().map(time_of).transpose()?.unwrap_or_default(),
        inode: json.inode.unwrap_or(0),
        xattrs,
    };
    let owned = |name: Option<Cow<'_, str>>| name.map(Cow::into_owned).unwrap_or_default();
    Ok(Line::Full(Box::new(Entry { path, facts, user: owned(json.user), group: owned(json.group), node })))
}

fn patch_of(sha256: Option<&str>, base: Option<JsonBase<'_>>, needed_archives: u32) -> Result<Patch, LineError> {
    let base = needed(base, "a patched file does not say what it changes")?;
    if base.archive == 0 || base.archive > needed_archives {
        return Err(LineError::Value("it names an archive that is not in the list"));
    }
    if base.size > MAX_OFFSET || base.offset > MAX_OFFSET {
        return Err(LineError::Value("a size or an offset is larger than files can be"));
    }
    let path = needed(bytes_of(base.path, base.path_b64)?, "what a patched file changes has no path")?;
    Ok(Patch {
        sha256: needed(sha256.and_then(sha256_of_hex), "a patch has no SHA-256")?,
        base: Base {
            archive: base.archive,
            tar_offset: base.offset,
            size_bytes: base.size,
            path: ArchivePath::new(path)?,
        },
    })
}

#[cfg(test)]
mod tests;
