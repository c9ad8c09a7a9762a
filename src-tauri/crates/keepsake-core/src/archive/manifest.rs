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
    /// SHA-256 of the stored bytes: of the content, or for a sparse file of its map and its data.
    pub sha256: [u8; 32],
    /// The archive that holds it. In a manifest 0 is the archive itself and n the n-th of those needed
    /// (from 1); from the catalog it is the archive's id there.
    pub archive: u32,
    /// Where in that archive's tar stream the stored bytes begin.
    pub tar_offset: u64,
    /// How many bytes are stored; other than `size_bytes` for a sparse file only.
    pub stored_bytes: u64,
    /// True when the stored bytes are a sparse map and data (GNU sparse format 1.0).
    pub sparse: bool,
    /// Its path in that archive, where it is not the entry's own.
    pub stored_as: Option<ArchivePath>,
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
    xattrs: Option<Vec<(Cow<'a, str>, Cow<'a, str>)>>,
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
    if nanos.len() != 9 || !nanos.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    Ok(FileTime { secs: secs.parse().map_err(|_| bad())?, nanos: nanos.parse().map_err(|_| bad())? })
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)] as char, DIGITS[usize::from(b & 15)] as char]).collect()
}

/// A SHA-256 from 64 hexadecimal digits.
pub fn sha256_of_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = [0; 32];
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(out)
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
            json.kind = Some(if content.sparse { "sparse" } else { "file" }.into());
            json.size = Some(content.size_bytes);
            hex_digits = hex(&content.sha256);
            json.sha256 = Some(Cow::Borrowed(&hex_digits));
            json.archive = (content.archive != 0).then_some(content.archive);
            json.offset = Some(content.tar_offset);
            json.stored = content.sparse.then_some(content.stored_bytes);
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
        "file" | "sparse" => {
            let sparse = &*kind == "sparse";
            let size_bytes = needed(json.size, "a file has no size")?;
            let content = Content {
                size_bytes,
                sha256: needed(json.sha256.as_deref().and_then(sha256_of_hex), "a file has no SHA-256")?,
                archive: json.archive.unwrap_or(0),
                tar_offset: needed(json.offset, "a file has no offset")?,
                stored_bytes: if sparse {
                    needed(json.stored, "a sparse file has no stored length")?
                } else {
                    size_bytes
                },
                sparse,
                stored_as: bytes_of(json.stored_as, json.stored_as_b64)?.map(ArchivePath::new).transpose()?,
            };
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
    let mode = json.mode.as_deref().and_then(|m| u32::from_str_radix(m, 8).ok()).filter(|&m| m <= 0o7777);
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_path() -> impl Strategy<Value = ArchivePath> {
        proptest::collection::vec(any::<u8>(), 1..40).prop_filter_map("a path", |b| ArchivePath::new(b).ok())
    }

    fn any_node() -> impl Strategy<Value = Node> {
        prop_oneof![
            Just(Node::Folder),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(Node::Symlink),
            (any::<u32>(), any::<[u8; 32]>(), 0u32..4, any::<u32>(), any::<bool>(), proptest::option::of(any_path()))
                .prop_map(|(size, sha256, archive, offset, sparse, stored_as)| {
                    let size_bytes = u64::from(size);
                    let stored_bytes = if sparse { size_bytes / 2 } else { size_bytes };
                    Node::File(Content {
                        size_bytes,
                        sha256,
                        archive,
                        tar_offset: offset.into(),
                        stored_bytes,
                        sparse,
                        stored_as,
                    })
                }),
        ]
    }

    prop_compose! {
        fn any_entry()(path in any_path(), node in any_node(), mode in 0u32..0o10000, uid in any::<u32>(), secs in any::<i64>(),
            nanos in 0u32..1_000_000_000, xattrs in proptest::collection::vec((any::<Vec<u8>>(), any::<Vec<u8>>()), 0..3), user in ".{0,8}") -> Entry {
            let xattrs = xattrs.into_iter().map(|(name, value)| Xattr { name, value }).collect();
            let time = FileTime { secs, nanos };
            Entry { path, node, user, group: String::new(), facts: FileFacts { mode, uid, gid: 7, mtime: time, ctime: time, inode: 9, xattrs } }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(entry in any_entry()) {
            let mut line = Vec::new();
            write_full(&mut line, &entry);
            prop_assert_eq!(line.pop(), Some(b'\n'));
            prop_assert!(!line.contains(&b'\n'));
            prop_assert_eq!(parse_line(&line, 3).unwrap(), Line::Full(Box::new(entry)));
        }

        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_line(&bytes, 3);
        }
    }

    #[test]
    fn the_longest_line_can_be_read() {
        use crate::archive_path::{MAX_NAME_BYTES, MAX_PATH_BYTES};
        use crate::file_facts::MAX_XATTR_BYTES;
        // Control characters take six bytes each in JSON.
        let mut bytes = [&[1; MAX_NAME_BYTES][..], b"/"].concat().repeat(MAX_PATH_BYTES / MAX_NAME_BYTES + 1);
        bytes.truncate(MAX_PATH_BYTES - 1);
        let longest = ArchivePath::new(bytes).unwrap();
        // As many as fit into a list of names (XATTR_LIST_MAX): each costs quotes and padding. The rest in values.
        let count = 65_536 / b"user.1\0".len();
        let value = vec![0xff; MAX_XATTR_BYTES / count - 6];
        let xattr = Xattr { name: b"user.1".to_vec(), value };
        let time = FileTime { secs: i64::MIN, nanos: 999_999_999 };
        let facts = FileFacts {
            mode: 0o7777,
            uid: u32::MAX,
            gid: u32::MAX,
            mtime: time,
            ctime: time,
            inode: u64::MAX,
            xattrs: vec![xattr; count],
        };
        let content = Content {
            size_bytes: MAX_OFFSET,
            sha256: [0xff; 32],
            archive: 3,
            tar_offset: MAX_OFFSET,
            stored_bytes: MAX_OFFSET,
            sparse: true,
            stored_as: Some(longest.clone()),
        };
        // The longest name of an owner (LOGIN_NAME_MAX).
        let name = "\u{1}".repeat(256);
        for node in [Node::File(content), Node::Symlink(vec![1; 4096])] {
            let entry =
                Entry { path: longest.clone(), facts: facts.clone(), user: name.clone(), group: name.clone(), node };
            let mut line = Vec::new();
            write_full(&mut line, &entry);
            assert!(line.len() < MAX_LINE_BYTES - (512 << 10), "{} leave no room", line.len());
            line.pop();
            assert_eq!(parse_line(&line, 3).unwrap(), Line::Full(Box::new(entry)));
        }
    }

    #[test]
    fn what_is_impossible_is_refused() {
        let file = r#""type":"file","mode":"0644","uid":0,"gid":0,"mtime":"1.000000000","size":1,"offset":0"#;
        let sha = "0".repeat(64);
        for (line, why) in [
            ("{}".to_string(), "no path"),
            (r#"{"path":"../x","in":1}"#.into(), "leads out"),
            (r#"{"path":"/etc/passwd","in":1}"#.into(), "absolute"),
            (r#"{"path":"a","in":4}"#.into(), "not in the list"),
            (r#"{"path":"a","in":0}"#.into(), "not in the list"),
            (format!(r#"{{"path":"a",{file}}}"#), "no SHA-256"),
            (format!(r#"{{"path":"a","sha256":"{sha}","archive":9,{file}}}"#), "not in the list"),
            (format!(r#"{{"path":"a","sha256":"{sha}",{}}}"#, file.replace("0644", "77777")), "mode"),
            (
                format!(
                    r#"{{"path":"a","sha256":"{sha}",{}}}"#,
                    file.replace("\"offset\":0", "\"offset\":18446744073709551615")
                ),
                "larger than files",
            ),
            (format!(r#"{{"path":"a","sha256":"{sha}",{}}}"#, file.replace("1.0", "x.0")), "time"),
            (r#"{"path":"a","type":"device"}"#.into(), "type is unknown"),
            (
                r#"{"path":"a","type":"hardlink","target":"b","mode":"0644","uid":0,"gid":0,"mtime":"1.000000000"}"#
                    .into(),
                "later file",
            ),
            (r#"{"path":"a","surprise":1}"#.into(), "unknown field"),
        ] {
            let told = parse_line(line.as_bytes(), 3).unwrap_err().to_string();
            assert!(told.contains(why), "{line}: {told}");
        }
    }
}
