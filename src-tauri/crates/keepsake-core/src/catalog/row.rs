//! One row of `version` as an entry, and back.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::archive::manifest::{Base, Content, Entry, Node, Patch};
use crate::archive_path::ArchivePath;
use crate::file_facts::{FileFacts, FileTime, Xattr};

use super::CatalogError;

pub(super) const FILE: i64 = 0;
pub(super) const SPARSE: i64 = 1;
pub(super) const FOLDER: i64 = 2;
pub(super) const SYMLINK: i64 = 3;
const HARD_LINK: i64 = 4;
const HARD_LINK_BY_HAND: i64 = 5;

/// The columns that [`StoredEntry::read`] expects, in its order.
pub(super) const COLUMNS: &str = "v.path, v.first_at, v.last_at, v.described_in, v.kind, v.mode, v.mtime_secs, v.mtime_nanos, \
     v.ctime_secs, v.ctime_nanos, v.inode, v.size, v.archive, v.tar_offset, v.stored_bytes, v.sha256, v.target, v.xattrs, v.patch, \
     o.uid, o.gid, o.user, o.grp";

/// One state of one path. In its content, `archive` is the archive's id in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// What it is.
    pub entry: Entry,
    /// The time of the first backup that has it so, in seconds since 1970.
    pub first_at: i64,
    /// The time of the last backup that has it so; None when the newest still has.
    pub last_at: Option<i64>,
    /// The archive whose manifest has its full line.
    pub described_in: u32,
}

impl StoredEntry {
    pub(super) fn read(row: &Row<'_>) -> Result<Self, CatalogError> {
        let bytes = |column: usize| -> Result<Option<Vec<u8>>, rusqlite::Error> { row.get(column) };
        let path = ArchivePath::from_sort_key(row.get_ref(0)?.as_blob().map_err(wrong)?)?;
        let kind: i64 = row.get(4)?;
        let target = bytes(16)?;
        let missing =
            || CatalogError::from(rusqlite::Error::InvalidColumnType(16, "target".into(), rusqlite::types::Type::Null));
        let node = match kind {
            FILE | SPARSE => {
                let sha256 = match row.get_ref(15)? {
                    ValueRef::Blob(bytes) => bytes.try_into().map_err(|_| missing())?,
                    _ => return Err(missing()),
                };
                let size_bytes = row.get::<_, i64>(11)? as u64;
                Node::File(Content {
                    size_bytes,
                    sha256,
                    archive: row.get(12)?,
                    tar_offset: row.get::<_, i64>(13)? as u64,
                    stored_bytes: row.get::<_, Option<i64>>(14)?.map_or(size_bytes, |n| n as u64),
                    sparse: kind == SPARSE,
                    stored_as: target.map(ArchivePath::new).transpose()?,
                    patch: match row.get_ref(18)? {
                        ValueRef::Blob(bytes) => Some(Box::new(read_patch(bytes).ok_or_else(missing)?)),
                        _ => None,
                    },
                })
            }
            FOLDER => Node::Folder,
            SYMLINK => Node::Symlink(target.ok_or_else(missing)?),
            HARD_LINK | HARD_LINK_BY_HAND => {
                Node::HardLink { target: ArchivePath::new(target.ok_or_else(missing)?)?, in_tar: kind == HARD_LINK }
            }
            _ => return Err(missing()),
        };
        let xattrs: Vec<Xattr> = match row.get_ref(17)? {
            ValueRef::Blob(bytes) => postcard::from_bytes(bytes).map_err(|_| missing())?,
            _ => Vec::new(),
        };
        let facts = FileFacts {
            mode: row.get(5)?,
            uid: row.get(19)?,
            gid: row.get(20)?,
            mtime: FileTime { secs: row.get(6)?, nanos: row.get(7)? },
            ctime: FileTime { secs: row.get(8)?, nanos: row.get(9)? },
            inode: row.get::<_, i64>(10)? as u64,
            xattrs,
        };
        let entry = Entry { path, facts, user: row.get(21)?, group: row.get(22)?, node };
        Ok(Self { entry, first_at: row.get(1)?, last_at: row.get(2)?, described_in: row.get(3)? })
    }
}

/// How a patch stands in its column: SHA-256, then its base's archive, tar offset, size in bytes and path.
type PatchColumn = ([u8; 32], u32, u64, u64, Vec<u8>);

pub(super) fn read_patch(bytes: &[u8]) -> Option<Patch> {
    let (sha256, archive, tar_offset, size_bytes, path): PatchColumn = postcard::from_bytes(bytes).ok()?;
    Some(Patch { sha256, base: Base { archive, tar_offset, size_bytes, path: ArchivePath::new(path).ok()? } })
}

fn patch_column(patch: &Patch) -> Vec<u8> {
    let Base { archive, tar_offset, size_bytes, path } = &patch.base;
    let column: PatchColumn = (patch.sha256, *archive, *tar_offset, *size_bytes, path.as_bytes().to_vec());
    postcard::to_stdvec(&column).expect("bytes can be encoded in memory")
}

pub(super) fn wrong(_: rusqlite::types::FromSqlError) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(0, "path".into(), rusqlite::types::Type::Null)
}

/// Inserts a state that begins at `first_at`. `owner` is the row's id in `owner`.
pub(super) fn insert(
    connection: &Connection,
    chain: i64,
    owner: i64,
    stored: &StoredEntry,
) -> Result<(), rusqlite::Error> {
    let entry = &stored.entry;
    let facts = &entry.facts;
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO version (chain, path, first_at, last_at, described_in, kind, mode, owner, mtime_secs, mtime_nanos, \
         ctime_secs, ctime_nanos, inode, size, archive, tar_offset, stored_bytes, sha256, target, xattrs, patch) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    )?;
    let (kind, content, target): (i64, Option<&Content>, Option<&[u8]>) = match &entry.node {
        Node::File(content) => {
            let kind = if content.sparse { SPARSE } else { FILE };
            (kind, Some(content), content.stored_as.as_ref().map(ArchivePath::as_bytes))
        }
        Node::Folder => (FOLDER, None, None),
        Node::Symlink(target) => (SYMLINK, None, Some(target)),
        Node::HardLink { target, in_tar: true } => (HARD_LINK, None, Some(target.as_bytes())),
        Node::HardLink { target, in_tar: false } => (HARD_LINK_BY_HAND, None, Some(target.as_bytes())),
    };
    let xattrs =
        (!facts.xattrs.is_empty()).then(|| postcard::to_stdvec(&facts.xattrs).expect("bytes can be encoded in memory"));
    statement.execute(rusqlite::params![
        chain,
        entry.path.sort_key(),
        stored.first_at,
        stored.last_at,
        stored.described_in,
        kind,
        facts.mode,
        owner,
        facts.mtime.secs,
        facts.mtime.nanos,
        facts.ctime.secs,
        facts.ctime.nanos,
        facts.inode as i64,
        content.map_or(0, |c| c.size_bytes as i64),
        content.map(|c| c.archive),
        content.map(|c| c.tar_offset as i64),
        content.filter(|c| c.sparse || c.patch.is_some()).map(|c| c.stored_bytes as i64),
        content.map(|c| &c.sha256[..]),
        target,
        xattrs,
        content.and_then(|c| c.patch.as_deref()).map(patch_column),
    ])?;
    Ok(())
}
