//! Reading a file into the archive, or finding that its content is stored already.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::digest::{Context, SHA256};
use rustix::fs::{FileType, OFlags, Stat, fstat};

use super::request::BackupError;
use super::scan::path_hash;
use super::store::{SMALL_BYTES, Storer};
use crate::archive::error::ArchiveError;
use crate::archive::manifest::{Content, Node};
use crate::archive::patch::read_patched;
use crate::archive::reader::ArchiveReader;
use crate::archive::tar_entry::{TarEntry, padding};
use crate::archive_path::ArchivePath;
use crate::atomic_file::{Step, checkpoint};
use crate::catalog::{CatalogError, StoredEntry};
use crate::file_facts::{FileFacts, FileTime};
use crate::hash::{finish, sha256};
use crate::sources::beneath::open_beneath;
use crate::sources::facts::{Xattrs, facts_of, read_xattrs_as_far_as_possible};
use crate::sources::sparse::{Segment, map_bytes, segments};

/// File systems note times in steps of up to 10 ms (the kernel's tick). A file that changed so shortly
/// before it was read may change again without its time telling: the catalog forgets its ctime, so that it
/// is read again next time.
pub(super) const TIME_STEP: Duration = Duration::from_millis(50);
/// Duplicates within one backup are looked for from this size on; smaller ones compress well where they are.
const DUPLICATE_BYTES: u64 = 64 << 10;
/// So many contents of one backup are remembered, so that memory has a bound.
const DUPLICATES_KNOWN: usize = 100_000;
/// Where new content goes in an archive when its own path must keep an older one for those who unpack by
/// hand. No source's name begins with a dot.
const MOVED_FOLDER: &str = ".keepsake-moved";

/// The files of a source, opened one after the other.
pub(super) struct SourceFiles<'s> {
    top: &'s OwnedFd,
    folder: Vec<u8>,
    open_folder: Option<OwnedFd>,
}

impl<'s> SourceFiles<'s> {
    pub(super) fn new(top: &'s OwnedFd) -> Self {
        Self { top, folder: Vec::new(), open_folder: None }
    }

    /// Opens a file for reading; its folder stays open for the next one.
    pub(super) fn open(&mut self, relative: &[u8]) -> io::Result<OwnedFd> {
        let cut = relative.iter().rposition(|&b| b == b'/');
        let (folder, name) = cut.map_or((&b""[..], relative), |cut| (&relative[..cut], &relative[cut + 1..]));
        if self.open_folder.is_none() || self.folder != folder {
            self.open_folder = Some(open_beneath(self.top, folder, OFlags::PATH | OFlags::DIRECTORY).map_err(moved)?);
            self.folder = folder.to_vec();
        }
        let folder = self.open_folder.as_ref().expect("opened above");
        // Not to wait for ever should it have become a pipe.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        // Only the owner may leave the time of the last access alone.
        match open_beneath(folder, name, flags | OFlags::NOATIME) {
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => open_beneath(folder, name, flags),
            other => other,
        }
    }
}

/// One file that is gone is a file that was removed. A whole folder that is gone was moved, and what it held
/// may be nowhere in this backup: that is not passed over in silence.
fn moved(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::NotFound => io::Error::other("its folder was moved or removed while the backup ran"),
        _ => error,
    }
}

/// What became of reading a file.
pub(super) enum Read {
    /// `settled`: long enough unchanged that its times would tell of a change. `unread`: why not all of its
    /// attributes are among its facts.
    Whole {
        content: Content,
        facts: FileFacts,
        changed: bool,
        settled: bool,
        unread: Option<io::Error>,
    },
    /// `torn`: it was begun under its own path in the archive, and is not whole there.
    Unreadable {
        error: io::Error,
        torn: bool,
    },
    Gone(&'static str),
}

/// One attempt.
pub(super) enum Attempt {
    Done(Content),
    Changed(Content),
    /// It changed, and nothing was stored yet.
    Again,
    Failed(io::Error),
    /// As `Failed`, when the archive has the beginning already.
    Torn(io::Error),
}

impl Storer<'_, '_, '_> {
    /// Reads a file; when it changes meanwhile, once more.
    pub(super) fn read(
        &mut self,
        file: &OwnedFd,
        path: &ArchivePath,
        before: Option<&StoredEntry>,
        links: u64,
    ) -> Result<Read, BackupError> {
        for last_attempt in [false, true] {
            let looked_at = SystemTime::now();
            let (stat, facts, settled, unread) = match stat_and_facts(file, looked_at) {
                Ok(found) => found,
                Err(error) => return Ok(Read::Unreadable { error, torn: false }),
            };
            if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                return Ok(Read::Gone("it became something else while the backup ran"));
            }
            let file = OpenFile { fd: file, stat: &stat, facts: &facts, path };
            let size_bytes = stat.st_size as u64;
            let may_have_holes = (stat.st_blocks as u64).saturating_mul(512) < size_bytes;
            let holes = if may_have_holes { segments(file.fd, size_bytes) } else { Ok(None) };
            let attempt = match holes {
                Err(e) => Attempt::Failed(e),
                Ok(Some(pieces)) => self.sparse(&file, &pieces, before)?,
                Ok(None) if size_bytes <= SMALL_BYTES && size_bytes < self.job.request.patch_from_bytes => {
                    self.small(&file, before, last_attempt)?
                }
                Ok(None) => self.large(&file, before)?,
            };
            let (content, changed) = match attempt {
                Attempt::Failed(error) => return Ok(Read::Unreadable { error, torn: false }),
                Attempt::Torn(error) => return Ok(Read::Unreadable { error, torn: true }),
                Attempt::Again => continue,
                Attempt::Changed(_) if !last_attempt => continue,
                Attempt::Changed(content) => (content, true),
                Attempt::Done(content) => (content, false),
            };
            if links > 1 && content.archive == self.parts.id && content.stored_as.is_none() {
                self.linked.insert(path_hash(path.as_bytes()), self.parts.id);
            }
            return Ok(Read::Whole { content, facts, changed, settled, unread });
        }
        Ok(Read::Gone("it would not hold still"))
    }

    /// A file that fits in memory.
    fn small(
        &mut self,
        file: &OpenFile<'_>,
        before: Option<&StoredEntry>,
        last_attempt: bool,
    ) -> Result<Attempt, BackupError> {
        let size_bytes = file.stat.st_size as usize;
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.resize(bytes.len().max(size_bytes), 0);
        let attempt = match read_full(file.fd, &mut bytes[..size_bytes], 0) {
            Err(e) => Attempt::Failed(e),
            Ok(length) => {
                let changed = length < size_bytes || file.has_changed();
                if changed && !last_attempt {
                    Attempt::Again
                } else {
                    self.job.monitor.advance(0, length as u64);
                    let sha256 = sha256(&bytes[..length]);
                    let content = match self.known(file, &sha256, length as u64, false, before)? {
                        Some(content) => content,
                        None => {
                            let mut content = self.begin_content(file.path, file.facts, length as u64, None)?;
                            self.parts.writer().put_content(&bytes[..length])?;
                            self.parts.writer().put_zeros(padding(length as u64) as u64)?;
                            content.sha256 = sha256;
                            self.remember(&content, file.path);
                            content
                        }
                    };
                    if changed { Attempt::Changed(content) } else { Attempt::Done(content) }
                }
            }
        };
        self.scratch = bytes;
        Ok(attempt)
    }

    /// A file that is streamed. Only one whose size is known is hashed before it is stored.
    fn large(&mut self, file: &OpenFile<'_>, before: Option<&StoredEntry>) -> Result<Attempt, BackupError> {
        let size_bytes = file.stat.st_size as u64;
        if let Some(attempt) = self.patched(file, before)? {
            return Ok(attempt);
        }
        let maybe_known = size_bytes <= SMALL_BYTES
            || self.own_large_sizes.contains(&size_bytes)
            || (self.job.chain.is_some() && !self.job.request.full && self.job.catalog.has_large_size(size_bytes)?);
        if maybe_known {
            match self.hash_only(file, size_bytes)? {
                Err(e) => return Ok(Attempt::Failed(e)),
                Ok(Some(sha256)) => {
                    if let Some(content) = self.known(file, &sha256, size_bytes, false, before)? {
                        return Ok(Attempt::Done(content));
                    }
                }
                Ok(None) => {}
            }
        }
        let content = self.begin_content(file.path, file.facts, size_bytes, None)?;
        let whole = [Segment { offset: 0, length: size_bytes }];
        let attempt = self.stream(file, content, &whole, Context::new(&SHA256), |_| ())?;
        if let Attempt::Done(content) = &attempt {
            self.own_large_sizes.insert(size_bytes);
            self.remember(content, file.path);
        }
        Ok(attempt)
    }

    /// Remembers content that this backup stores, for the next file that has the same.
    fn remember(&mut self, content: &Content, path: &ArchivePath) {
        if content.stored_bytes >= DUPLICATE_BYTES && self.own.len() < DUPLICATES_KNOWN {
            self.own.insert(content.sha256, (content.clone(), path.clone()));
        }
    }

    /// A file with holes: its map, then its data.
    fn sparse(
        &mut self,
        file: &OpenFile<'_>,
        pieces: &[Segment],
        before: Option<&StoredEntry>,
    ) -> Result<Attempt, BackupError> {
        let size_bytes = file.stat.st_size as u64;
        let map = map_bytes(pieces, size_bytes);
        let stored_bytes = map.len() as u64 + pieces.iter().map(|piece| piece.length).sum::<u64>();
        let mut hash = Context::new(&SHA256);
        hash.update(&map);
        if matches!(before, Some(before) if before.entry.size_bytes() == size_bytes) {
            match self.hash_pieces(file, pieces, hash.clone())? {
                Err(e) => return Ok(Attempt::Failed(e)),
                Ok(Some(sha256)) => {
                    if let Some(content) = self.known(file, &sha256, size_bytes, true, before)? {
                        return Ok(Attempt::Done(content));
                    }
                }
                Ok(None) => {}
            }
        }
        let content = self.begin_content(file.path, file.facts, stored_bytes, Some(size_bytes))?;
        self.parts.writer().put(&map)?;
        self.stream(file, content, pieces, hash, |_| ())
    }

    /// Streams pieces of a file into the archive, behind the header that [`Storer::begin_content`] wrote. Their hash
    /// becomes the content's; they are shown to `see` as well.
    pub(super) fn stream(
        &mut self,
        file: &OpenFile<'_>,
        mut content: Content,
        pieces: &[Segment],
        mut hash: Context,
        mut see: impl FnMut(&[u8]),
    ) -> Result<Attempt, BackupError> {
        let mut failed = None;
        let mut short = false;
        for piece in pieces {
            let mut done = 0;
            while done < piece.length && failed.is_none() && !short {
                self.job.stop_if_asked()?;
                let at = piece.offset + done;
                let got = self.parts.writer().put_with(
                    piece.length - done,
                    |room| {
                        checkpoint(Step::Read, Path::new(OsStr::from_bytes(file.path.as_bytes())))?;
                        read_full(file.fd, room, at)
                    },
                    |bytes| {
                        hash.update(bytes);
                        see(bytes);
                    },
                )?;
                match got {
                    Ok(0) => short = true,
                    Ok(length) => {
                        done += length as u64;
                        self.job.monitor.advance(0, length as u64);
                    }
                    Err(e) => failed = Some(e),
                }
            }
            // The header promised so many bytes: what is missing is made up with zeros.
            let mut missing = piece.length - done;
            self.parts.writer().put_zeros(missing)?;
            while missing > 0 {
                let now = missing.min(4096);
                hash.update(&[0; 4096][..now as usize]);
                missing -= now;
            }
        }
        self.parts.writer().put_zeros(padding(content.stored_bytes) as u64)?;
        if let Some(e) = failed {
            return Ok(if content.stored_as.is_some() { Attempt::Failed(e) } else { Attempt::Torn(e) });
        }
        content.sha256 = finish(hash);
        Ok(if short || file.has_changed() { Attempt::Changed(content) } else { Attempt::Done(content) })
    }

    fn hash_only(&mut self, file: &OpenFile<'_>, size_bytes: u64) -> Result<io::Result<Option<[u8; 32]>>, BackupError> {
        self.hash_pieces(file, &[Segment { offset: 0, length: size_bytes }], Context::new(&SHA256))
    }

    /// The hash of pieces of a file; None when it changed meanwhile.
    fn hash_pieces(
        &mut self,
        file: &OpenFile<'_>,
        pieces: &[Segment],
        mut hash: Context,
    ) -> Result<io::Result<Option<[u8; 32]>>, BackupError> {
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.resize(bytes.len().max(SMALL_BYTES as usize), 0);
        let mut result = Ok(());
        'pieces: for piece in pieces {
            let mut done = 0;
            while done < piece.length {
                self.job.stop_if_asked()?;
                let most = (piece.length - done).min(bytes.len() as u64) as usize;
                match read_full(file.fd, &mut bytes[..most], piece.offset + done) {
                    Ok(0) => break 'pieces,
                    Ok(length) => {
                        hash.update(&bytes[..length]);
                        done += length as u64;
                    }
                    Err(e) => {
                        result = Err(e);
                        break 'pieces;
                    }
                }
            }
        }
        self.scratch = bytes;
        Ok(result.map(|()| (!file.has_changed()).then(|| finish(hash))))
    }

    /// Makes room, writes the header, and tells where the content will be. Its hash is still to come.
    fn begin_content(
        &mut self,
        path: &ArchivePath,
        facts: &FileFacts,
        stored_bytes: u64,
        sparse_size_bytes: Option<u64>,
    ) -> Result<Content, BackupError> {
        let must_not_stand_there =
            self.stored_elsewhere.contains(&path_hash(path.as_bytes())) || self.job.was_folder(path)?;
        let stored_as = match must_not_stand_there {
            false => None,
            true => Some(self.moved_path()?),
        };
        if self.job.chain.is_some() && stored_as.is_none() {
            self.restored_paths.insert(path_hash(path.as_bytes()));
        }
        self.begin_stored(path, stored_as, facts, stored_bytes, sparse_size_bytes)
    }

    /// A path where content of this backup stands in nobody's way.
    pub(super) fn moved_path(&mut self) -> Result<ArchivePath, BackupError> {
        self.moved_count += 1;
        let name = format!("{MOVED_FOLDER}/{}/{}", self.job.name, self.moved_count);
        Ok(ArchivePath::new(name).map_err(CatalogError::from)?)
    }

    /// As [`Storer::begin_content`], with the path for the tar decided already.
    pub(super) fn begin_stored(
        &mut self,
        path: &ArchivePath,
        stored_as: Option<ArchivePath>,
        facts: &FileFacts,
        stored_bytes: u64,
        sparse_size_bytes: Option<u64>,
    ) -> Result<Content, BackupError> {
        self.parts.make_room(stored_bytes)?;
        let (user, group) = self.owners.of(facts);
        self.parts.put_header(&TarEntry {
            path: stored_as.as_ref().unwrap_or(path).as_bytes(),
            kind: tar::EntryType::Regular,
            stored_bytes,
            sparse_size_bytes,
            target: None,
            facts,
            user: &user,
            group: &group,
        })?;
        Ok(Content {
            size_bytes: sparse_size_bytes.unwrap_or(stored_bytes),
            sha256: [0; 32],
            archive: self.parts.id,
            tar_offset: self.parts.writer().tar_offset(),
            stored_bytes,
            sparse: sparse_size_bytes.is_some(),
            stored_as,
            patch: None,
        })
    }

    /// Stores once more what an older archive has of a file; None when it is not to be had.
    pub(super) fn store_again(&mut self, before: &StoredEntry) -> Result<Option<Content>, BackupError> {
        let Node::File(old) = &before.entry.node else { return Ok(None) };
        let Some(reader) = self.older_archive(old.archive)? else { return Ok(None) };
        let patched = match old.patch.as_deref() {
            None => None,
            Some(patch) => match self.older_archive(patch.base.archive)? {
                None => return Ok(None),
                Some(base) => Some((base, patch)),
            },
        };
        // Of a patch the whole file is stored.
        let stored_bytes = if patched.is_some() { old.size_bytes } else { old.stored_bytes };
        let entry = &before.entry;
        let content =
            self.begin_content(&entry.path, &entry.facts, stored_bytes, old.sparse.then_some(old.size_bytes))?;
        let mut hash = Context::new(&SHA256);
        let writer = self.parts.writer();
        let put = |piece: &[u8]| {
            hash.update(piece);
            Ok(writer.put(piece)?)
        };
        let copied = match patched {
            None => reader.cursor().read_range::<CannotCopy>(old.tar_offset, stored_bytes, put),
            Some((base, patch)) => read_patched((&mut base.cursor(), &mut reader.cursor()), old, patch, put),
        };
        let done = writer.tar_offset() - content.tar_offset;
        writer.put_zeros(stored_bytes - done + padding(stored_bytes) as u64)?;
        let same = copied.is_ok() && hash.finish().as_ref() == old.sha256;
        Ok(same.then_some(Content { sha256: old.sha256, ..content }))
    }

    /// An archive of an older backup, if it can be opened.
    pub(super) fn older_archive(&self, id: u32) -> Result<Option<ArchiveReader>, BackupError> {
        let archives = self.job.catalog.archives()?;
        let Some(archive) = archives.iter().find(|archive| archive.id == id) else { return Ok(None) };
        Ok(ArchiveReader::open(&self.job.request.backup_dir.join(&archive.name)).ok())
    }

    /// Content that is stored already, if an archive that this backup may need holds it and a person
    /// without Keepsake would find it there.
    pub(super) fn known(
        &mut self,
        file: &OpenFile<'_>,
        sha256: &[u8; 32],
        size_bytes: u64,
        sparse: bool,
        before: Option<&StoredEntry>,
    ) -> Result<Option<Content>, BackupError> {
        let path = file.path;
        let is_it =
            |content: &Content| (content.sha256, content.size_bytes, content.sparse) == (*sha256, size_bytes, sparse);
        if let Some(before) = before
            && let Node::File(content) = &before.entry.node
            && is_it(content)
            && self.is_sound(content)
            && content.copied_from().is_none_or(|path| !self.taken.contains(&path_hash(path.as_bytes())))
        {
            return Ok(Some(content.clone()));
        }
        if size_bytes == 0 {
            return Ok(None);
        }
        if let Some((content, stored_path)) = self.own.get(sha256).filter(|(content, _)| is_it(content)) {
            let stored_as = content.stored_as.clone().unwrap_or_else(|| stored_path.clone());
            let content = Content { stored_as: Some(stored_as.clone()), ..content.clone() };
            let hash = path_hash(path.as_bytes());
            if content.archive == self.parts.id
                && !self.stored_elsewhere.contains(&hash)
                && !self.job.was_folder(path)?
            {
                self.restored_paths.insert(hash);
                // Whoever unpacks only this archive has the content here too.
                self.put_header(path.as_bytes(), tar::EntryType::Link, Some(stored_as.as_bytes()), file.facts)?;
            }
            return Ok(Some(content));
        }
        let Some(chain) = self.job.chain.filter(|_| !self.job.request.full) else { return Ok(None) };
        for state in self.job.catalog.with_content(chain, sha256)? {
            let Node::File(content) = state.entry.node else { continue };
            let from = content.copied_from().unwrap_or(&state.entry.path).clone();
            let place = content.places().last().expect("content is somewhere");
            if !is_it(&content) || !self.is_sound(&content) || !self.stays_at(chain, &from, place)? {
                continue;
            }
            if content.patch.is_some() {
                self.stored_elsewhere.insert(path_hash(from.as_bytes()));
                return Ok(Some(content));
            }
            let elsewhere = &from != path;
            if elsewhere {
                self.stored_elsewhere.insert(path_hash(from.as_bytes()));
            }
            return Ok(Some(Content { stored_as: elsewhere.then_some(from), ..content }));
        }
        Ok(None)
    }

    /// True when whoever unpacks all archives up to this one has there, at this path, what an older archive put there.
    pub(super) fn stays_at(&self, chain: i64, path: &ArchivePath, place: (u32, u64)) -> Result<bool, BackupError> {
        let hash = path_hash(path.as_bytes());
        Ok(!self.restored_paths.contains(&hash)
            && !self.taken.contains(&hash)
            && !self.job.catalog.is_replaced_later(chain, path, place)?)
    }

    /// True when archives that this backup may build on hold the content undamaged.
    pub(super) fn is_sound(&self, content: &Content) -> bool {
        content.places().all(|place| {
            self.parts.may_need(place.0) && !self.renewed.contains(&place.0) && !self.damaged.contains(&place)
        })
    }
}

/// Why content of an older archive could not be stored once more. What is wrong with the archive is for `verify`.
struct CannotCopy;

impl From<ArchiveError> for CannotCopy {
    fn from(_: ArchiveError) -> Self {
        Self
    }
}
impl From<String> for CannotCopy {
    fn from(_: String) -> Self {
        Self
    }
}

/// A file that is being read, as it was found.
pub(super) struct OpenFile<'f> {
    pub(super) fd: &'f OwnedFd,
    pub(super) stat: &'f Stat,
    pub(super) facts: &'f FileFacts,
    pub(super) path: &'f ArchivePath,
}

impl OpenFile<'_> {
    /// True when it is not any more as it was found.
    pub(super) fn has_changed(&self) -> bool {
        let key = |s: &Stat| (s.st_size, s.st_mtime, s.st_mtime_nsec, s.st_ctime, s.st_ctime_nsec);
        fstat(self.fd).map_or(true, |now| key(&now) != key(self.stat))
    }
}

/// What is known of an open file, and whether its times have settled.
fn stat_and_facts(file: &OwnedFd, now: SystemTime) -> io::Result<(Stat, FileFacts, bool, Option<io::Error>)> {
    let stat = fstat(file)?;
    let mut facts = facts_of(&stat);
    let Xattrs { read, unread } = read_xattrs_as_far_as_possible(file);
    facts.xattrs = read;
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(TIME_STEP);
    let settled = FileTime { secs: now.as_secs() as i64, nanos: now.subsec_nanos() };
    // What is missing is looked for again, and named again, by each backup.
    let is_settled = facts.ctime < settled && unread.is_none();
    Ok((stat, facts, is_settled, unread))
}

/// Reads until the buffer is full or the file ends.
pub(super) fn read_full(file: impl AsFd, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match rustix::io::pread(&file, &mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(length) => done += length,
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(done)
}
