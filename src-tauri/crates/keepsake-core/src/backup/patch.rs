//! Storing only what has changed of a large file; the archive's side is [`crate::archive::patch`].

use ring::digest::{Context, SHA256};

use super::content::{Attempt, OpenFile, read_full};
use super::request::BackupError;
use super::scan::path_hash;
use super::store::{SMALL_BYTES, Storer};
use crate::archive::error::ArchiveError;
use crate::archive::manifest::{Base, Content, Node, Patch};
use crate::archive::patch::{MAX_PIECES, PATCH_BLOCK_BYTES, map_bytes};
use crate::archive::reader::BlockCursor;
use crate::catalog::StoredEntry;
use crate::hash::finish;
use crate::sources::sparse::Segment;

/// What comparing a file with an older content found.
struct Changes {
    /// The pieces that differ: whole blocks, or up to the file's end.
    pieces: Vec<Segment>,
    /// SHA-256 of the file.
    sha256: [u8; 32],
    /// SHA-256 of the pieces.
    pieces_sha256: [u8; 32],
}

impl Storer<'_, '_, '_> {
    /// Stores what has changed of a large file since an older archive stored all of it. None when that is not possible
    /// or not worth it: then it is to be stored whole.
    pub(super) fn patched(
        &mut self,
        file: &OpenFile<'_>,
        before: Option<&StoredEntry>,
    ) -> Result<Option<Attempt>, BackupError> {
        let size_bytes = file.stat.st_size as u64;
        let Some(base) = self.base(file, before)? else { return Ok(None) };
        let Some(archive) = self.older_archive(base.archive)? else { return Ok(None) };
        let Some(changes) = self.compare(file, &base, &mut archive.cursor())? else { return Ok(None) };
        if let Some(content) = self.known(file, &changes.sha256, size_bytes, false, before)? {
            let changed = file.has_changed();
            return Ok(Some(if changed { Attempt::Changed(content) } else { Attempt::Done(content) }));
        }
        let map = map_bytes(&changes.pieces, size_bytes);
        let stored_bytes = map.len() as u64 + changes.pieces.iter().map(|piece| piece.length).sum::<u64>();
        let older_bytes = match self.job.chain {
            Some(chain) => self.job.catalog.patches_bytes(chain, file.path, (base.archive, base.tar_offset))?,
            None => 0,
        };
        // All patches together never take more than storing the file whole once more: from then on that is cheaper.
        if stored_bytes > size_bytes / 2 || older_bytes.saturating_add(stored_bytes) > size_bytes {
            return Ok(None);
        }
        self.stored_elsewhere.insert(path_hash(base.path.as_bytes()));
        let stored_as = self.moved_path()?;
        let content = self.begin_stored(file.path, Some(stored_as), file.facts, stored_bytes, None)?;
        self.parts.writer().put(&map)?;
        let mut hash = Context::new(&SHA256);
        hash.update(&map);
        let mut pieces_hash = Context::new(&SHA256);
        let attempt = self.stream(file, content, &changes.pieces, hash, |bytes| pieces_hash.update(bytes))?;
        // Not what was compared: it would make no whole file. What was stored of it is in nobody's way.
        if pieces_hash.finish().as_ref() != changes.pieces_sha256 {
            return Ok(None);
        }
        let whole = |stored: Content| Content {
            size_bytes,
            sha256: changes.sha256,
            patch: Some(Box::new(Patch { sha256: stored.sha256, base })),
            ..stored
        };
        Ok(Some(match attempt {
            Attempt::Done(stored) => Attempt::Done(whole(stored)),
            Attempt::Changed(stored) => Attempt::Changed(whole(stored)),
            other => other,
        }))
    }

    /// The older content of which a file may be a changed one.
    fn base(&self, file: &OpenFile<'_>, before: Option<&StoredEntry>) -> Result<Option<Base>, BackupError> {
        let size_bytes = file.stat.st_size as u64;
        let (Some(chain), Some(before)) = (self.job.chain, before) else { return Ok(None) };
        let Node::File(old) = &before.entry.node else { return Ok(None) };
        if size_bytes < self.job.request.patch_from_bytes || old.sparse {
            return Ok(None);
        }
        // A patch never builds on a patch: two archives are enough to lose.
        let base = match old.patch.as_deref() {
            Some(patch) => patch.base.clone(),
            None => Base {
                archive: old.archive,
                tar_offset: old.tar_offset,
                size_bytes: old.size_bytes,
                path: old.stored_as.as_ref().unwrap_or(&before.entry.path).clone(),
            },
        };
        let place = (base.archive, base.tar_offset);
        let is_there = self.parts.may_need(base.archive)
            && !self.renewed.contains(&base.archive)
            && !self.damaged.contains(&place);
        let is_large = base.size_bytes >= size_bytes / 2;
        Ok((is_there && is_large && self.stays_at(chain, &base.path, place)?).then_some(base))
    }

    /// Compares a file with older content, as it is read. None when either cannot be read, or more than half is
    /// different.
    fn compare(
        &mut self,
        file: &OpenFile<'_>,
        base: &Base,
        cursor: &mut BlockCursor,
    ) -> Result<Option<Changes>, BackupError> {
        let size_bytes = file.stat.st_size as u64;
        let (mut hash, mut pieces_hash) = (Context::new(&SHA256), Context::new(&SHA256));
        let mut pieces: Vec<Segment> = Vec::new();
        let mut changed_bytes = 0;
        let mut now = vec![0; SMALL_BYTES as usize];
        let mut older = Vec::with_capacity(now.len());
        let mut at = 0;
        while at < size_bytes {
            self.job.stop_if_asked()?;
            let count = (size_bytes - at).min(now.len() as u64) as usize;
            let now = &mut now[..count];
            if !matches!(read_full(file.fd, now, at), Ok(length) if length == count) {
                return Ok(None);
            }
            hash.update(now);
            older.clear();
            let older_bytes = base.size_bytes.saturating_sub(at).min(count as u64);
            let read = cursor.read_range(base.tar_offset.saturating_add(at), older_bytes, |bytes| {
                older.extend_from_slice(bytes);
                Ok::<_, ArchiveError>(())
            });
            if read.is_err() {
                return Ok(None);
            }
            for (number, block) in now.chunks(PATCH_BLOCK_BYTES as usize).enumerate() {
                let skip = number * PATCH_BLOCK_BYTES as usize;
                if older.get(skip..skip + block.len()) == Some(block) {
                    continue;
                }
                pieces_hash.update(block);
                changed_bytes += block.len() as u64;
                let (offset, length) = (at + skip as u64, block.len() as u64);
                match pieces.last_mut() {
                    Some(last) if last.offset + last.length == offset => last.length += length,
                    _ => pieces.push(Segment { offset, length }),
                }
            }
            if changed_bytes > size_bytes / 2 || pieces.len() > MAX_PIECES {
                return Ok(None);
            }
            at += count as u64;
        }
        Ok(Some(Changes { pieces, sha256: finish(hash), pieces_sha256: finish(pieces_hash) }))
    }
}
