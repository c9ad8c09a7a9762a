//! Where the copies of archives are, and reading files out of them: when one copy is damaged or gone, the
//! next is read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use ring::digest;

use super::request::FromPlace;
use super::sparse::SparseMap;
use crate::archive::blocks::{BlockCursor, Blocks};
use crate::archive::error::ArchiveError;
use crate::archive::manifest::{Content, Patch};
use crate::archive::patch::read_patched;
use crate::archive::salvage::salvage;
use crate::atomic_file::{Step, checkpoint_at};
use crate::catalog::{ArchiveRow, Catalog, CatalogError, Place};
use crate::destinations::stored::{folder_of, is_there, open_archive};
use crate::error::FileError;

/// How many archives are held open besides those that are being read.
const OPEN_ARCHIVES: usize = 32;
/// How many cursors, with 2 MiB each, a thread keeps.
const OPEN_CURSORS: usize = 3;

/// Of a copy that can be opened: its blocks are where its table says.
const NOTHING_MORE: &str = "nothing more is found in it";
const WRONG_HASH: &str = "its content is not what was backed up (SHA-256 differs)";

/// Where the archives of a backup are.
#[derive(Debug)]
pub(crate) struct Copies {
    rows: HashMap<u32, ArchiveRow>,
    /// Places of which no copy is read.
    left_out: BTreeSet<i64>,
    shared: Mutex<Shared>,
    salvaging: Mutex<()>,
}

/// One copy of an archive.
#[derive(Debug)]
pub(crate) struct ArchiveCopy {
    place: Place,
    name: String,
    /// True to look for its blocks in the file, since what tells where they are is damaged.
    is_salvage: bool,
}

impl ArchiveCopy {
    /// Where it is. Only asked when it is read: a drive may have to be mounted for it.
    fn path(&self) -> PathBuf {
        folder_of(&self.place).join(&self.name)
    }

    /// What people call the place; None for this computer's own backup folder.
    fn elsewhere(&self) -> Option<&String> {
        (!self.place.home).then_some(&self.place.name)
    }
}

#[derive(Debug, Default)]
struct Shared {
    copies: HashMap<u32, Arc<Vec<ArchiveCopy>>>,
    /// Archives whose end is damaged and out of which something was read all the same.
    salvaged: BTreeSet<u32>,
    /// How many files were read from another place than this computer's own backup folder.
    files_from: BTreeMap<(u32, String), u64>,
    open: HashMap<(u32, usize), Blocks>,
    /// Copies that could not be opened, with why: they are not tried for every file again.
    unusable: HashMap<(u32, usize), String>,
}

/// Why a file's content was not written.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// What is stored is damaged or gone, in all copies.
    Damaged(String),
    /// The target could not be written.
    Disk(io::Error),
}

impl From<ArchiveError> for Trouble {
    fn from(error: ArchiveError) -> Self {
        Self::Damaged(error.to_string())
    }
}
impl From<String> for Trouble {
    fn from(why: String) -> Self {
        Self::Damaged(why)
    }
}
impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Copies {
    /// Knows all archives, and yet no place of any.
    pub fn new(catalog: &Catalog) -> Result<Self, CatalogError> {
        Self::without(catalog, BTreeSet::new())
    }

    /// The same, and will never look into some places.
    pub fn without(catalog: &Catalog, left_out: BTreeSet<i64>) -> Result<Self, CatalogError> {
        let rows = catalog.archives()?.into_iter().map(|row| (row.id, row)).collect();
        Ok(Self { rows, left_out, shared: Mutex::default(), salvaging: Mutex::default() })
    }

    /// Learns where an archive's copies are, before anything is read from it.
    pub fn learn(&self, catalog: &Catalog, archive: u32) -> Result<(), CatalogError> {
        if self.lock().copies.contains_key(&archive) {
            return Ok(());
        }
        let copies = match self.rows.get(&archive) {
            Some(row) => {
                let mut places = catalog.copies(archive)?;
                places.retain(|place| !self.left_out.contains(&place.id));
                let copy = |place: &Place, is_salvage| {
                    let (place, name) = (place.clone(), row.name.clone());
                    ArchiveCopy { place, name, is_salvage }
                };
                // All whole copies are tried before all of a damaged one is read.
                let all = [false, true].into_iter();
                all.flat_map(|is_salvage| places.iter().map(move |place| copy(place, is_salvage))).collect()
            }
            None => Vec::new(),
        };
        self.lock().copies.insert(archive, Arc::new(copies));
        Ok(())
    }

    /// Other places that should hold an archive in which (a part of) this content is, and where it cannot be opened now.
    pub fn out_of_reach(&self, content: &Content) -> BTreeSet<String> {
        let copies: Vec<_> = content.archives().map(|archive| self.of(archive)).collect();
        let absent = copies.iter().flat_map(|copies| copies.iter()).filter(|copy| !is_there(&copy.path()));
        absent.filter_map(|copy| copy.elsewhere().cloned()).collect()
    }

    /// What was read from other places than this computer's own backup folder.
    pub fn read_elsewhere(&self) -> Vec<FromPlace> {
        let shared = self.lock();
        let row = |((archive, place), files): (&(u32, String), &u64)| {
            let name = self.rows.get(archive).map(|row| row.name.clone()).unwrap_or_default();
            FromPlace { archive: name, place: place.clone(), files: *files }
        };
        shared.files_from.iter().map(row).collect()
    }

    fn of(&self, archive: u32) -> Arc<Vec<ArchiveCopy>> {
        self.lock().copies.get(&archive).cloned().unwrap_or_default()
    }

    /// Names of the archives whose end is damaged and out of which something was read all the same.
    pub fn salvaged(&self) -> BTreeSet<String> {
        let shared = self.lock();
        shared.salvaged.iter().filter_map(|archive| self.rows.get(archive)).map(|row| row.name.clone()).collect()
    }

    fn count(&self, archive: u32, copy: &ArchiveCopy) {
        if copy.is_salvage {
            self.lock().salvaged.insert(archive);
        }
        if let Some(place) = copy.elsewhere() {
            *self.lock().files_from.entry((archive, place.clone())).or_default() += 1;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().expect("no thread panics while it holds this")
    }

    fn open(&self, archive: u32, number: usize, copy: &ArchiveCopy) -> Result<Blocks, String> {
        if let Some(known) = self.known(archive, number) {
            return known;
        }
        // It may read the whole file: others wait for the answer.
        let _alone = copy.is_salvage.then(|| self.salvaging.lock().expect("no thread panics while it holds this"));
        if let Some(known) = self.known(archive, number) {
            return known;
        }
        let path = &copy.path();
        let length = self.rows.get(&archive).map(|row| row.bytes);
        let opened = open_archive(path).map_err(|e| e.to_string()).and_then(|reader| {
            let is_right = length == Some(reader.length());
            let wrong = || format!("{} is not the archive that was written", path.display());
            is_right.then(|| reader.blocks().clone()).ok_or_else(wrong)
        });
        let opened = match (opened, copy.is_salvage) {
            (opened, false) => opened,
            // It was read before, and what is wrong with it said.
            (Ok(_), true) => Err(NOTHING_MORE.into()),
            (Err(_), true) => salvage(path).map_err(|e| e.to_string()),
        };
        let mut shared = self.lock();
        match &opened {
            Ok(blocks) => {
                if shared.open.len() >= OPEN_ARCHIVES {
                    shared.open.clear();
                }
                shared.open.insert((archive, number), blocks.clone());
            }
            Err(why) => {
                shared.unusable.insert((archive, number), why.clone());
            }
        }
        opened
    }

    /// What came of opening this copy before.
    fn known(&self, archive: u32, number: usize) -> Option<Result<Blocks, String>> {
        let shared = self.lock();
        let open = shared.open.get(&(archive, number)).cloned().map(Ok);
        open.or_else(|| shared.unusable.get(&(archive, number)).cloned().map(Err))
    }
}

/// Reads content with buffers of its own: one for each thread.
#[derive(Debug)]
pub(crate) struct ContentReader<'c> {
    copies: &'c Copies,
    cursors: Vec<((u32, usize), BlockCursor)>,
}

impl<'c> ContentReader<'c> {
    pub fn new(copies: &'c Copies) -> Self {
        Self { copies, cursors: Vec::new() }
    }

    /// Writes a file's content from the first copy that has it undamaged. The file is empty before; after
    /// an error what is in it is worth nothing. Never more than the file's size is written.
    pub fn write(&mut self, content: &Content, file: &mut File, shown: &dyn Fn() -> PathBuf) -> Result<(), Trouble> {
        if content.stored_bytes == 0 && !content.sparse {
            // Nothing need be read for nothing.
            let nothing = digest::digest(&digest::SHA256, b"");
            return if nothing.as_ref() == content.sha256 { Ok(()) } else { Err(Trouble::Damaged(WRONG_HASH.into())) };
        }
        let mut whys: Vec<String> = Vec::new();
        let patch = content.patch.as_deref();
        let copies = self.copies.of(content.archive);
        // A patch may be sound in one copy and what it changes in another.
        let bases = patch.map_or_else(Default::default, |patch| self.copies.of(patch.base.archive));
        for (number, copy) in copies.iter().enumerate() {
            for base in 0..if patch.is_some() { bases.len() } else { 1 } {
                if number + base > 0 {
                    file.set_len(0)?;
                    file.seek(SeekFrom::Start(0))?;
                }
                let tried = match patch {
                    None => self
                        .cursor(content.archive, number, copy)
                        .map_err(Trouble::Damaged)
                        .and_then(|cursor| write_from(cursor, content, file, shown)),
                    Some(patch) => {
                        let both = [(number, copy), (base, &bases[base])];
                        self.write_patched(content, patch, both, file, shown)
                    }
                };
                match tried {
                    Err(Trouble::Damaged(why)) if whys.contains(&why) => {}
                    // What is wrong with it was said before; that a place cannot be reached is told as such.
                    Err(Trouble::Damaged(_)) if !whys.is_empty() && (copy.is_salvage || !is_there(&copy.path())) => {}
                    Err(Trouble::Damaged(why)) => whys.push(why),
                    Ok(()) => {
                        self.copies.count(content.archive, copy);
                        patch.inspect(|patch| self.copies.count(patch.base.archive, &bases[base]));
                        return Ok(());
                    }
                    other => return other,
                }
            }
        }
        if whys.is_empty() {
            let missing = content.archives().find(|&archive| self.copies.of(archive).is_empty());
            let row = missing.and_then(|archive| self.copies.rows.get(&archive));
            whys.push(format!("no copy of {} is known here", row.map_or("its archive", |row| &row.name)));
        }
        Err(Trouble::Damaged(whys.join("; ")))
    }

    /// True when some copy has this content undamaged: it is read and compared, and written nowhere.
    pub fn is_whole(&mut self, content: &Content) -> bool {
        let mut hash = digest::Context::new(&digest::SHA256);
        let copies = self.copies.of(content.archive);
        let bases = content.patch.as_deref().map_or_else(Default::default, |p| self.copies.of(p.base.archive));
        let is_right = |read: Result<(), Trouble>, hash: &mut digest::Context| {
            let found = std::mem::replace(hash, digest::Context::new(&digest::SHA256)).finish();
            read.is_ok() && found.as_ref() == content.sha256
        };
        copies.iter().enumerate().any(|(number, copy)| match content.patch.as_deref() {
            None => {
                let read = self.cursor(content.archive, number, copy).map_err(Trouble::Damaged);
                let read = read.and_then(|cursor| {
                    cursor.read_range::<Trouble>(content.tar_offset, content.stored_bytes, |piece| {
                        hash.update(piece);
                        Ok(())
                    })
                });
                is_right(read, &mut hash)
            }
            Some(patch) => bases.iter().enumerate().any(|(base, base_copy)| {
                let read = self.read_patched(content, patch, [(number, copy), (base, base_copy)], &mut |piece| {
                    hash.update(piece);
                    Ok(())
                });
                is_right(read, &mut hash)
            }),
        })
    }

    /// Writes patched content from one copy of the patch and one of its base.
    fn write_patched(
        &mut self,
        content: &Content,
        patch: &Patch,
        both: [(usize, &ArchiveCopy); 2],
        file: &mut File,
        shown: &dyn Fn() -> PathBuf,
    ) -> Result<(), Trouble> {
        let mut hash = digest::Context::new(&digest::SHA256);
        self.read_patched(content, patch, both, &mut |piece| {
            hash.update(piece);
            checkpoint_at(Step::Write, shown)?;
            Ok(file.write_all(piece)?)
        })?;
        if hash.finish().as_ref() == content.sha256 { Ok(()) } else { Err(Trouble::Damaged(WRONG_HASH.into())) }
    }

    fn read_patched(
        &mut self,
        content: &Content,
        patch: &Patch,
        [(number, copy), (base_number, base_copy)]: [(usize, &ArchiveCopy); 2],
        each: &mut dyn FnMut(&[u8]) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let mut base = self.copies.open(patch.base.archive, base_number, base_copy)?.cursor();
        let stored = self.cursor(content.archive, number, copy)?;
        read_patched::<Trouble>((&mut base, stored), content, patch, each)
    }

    fn cursor(&mut self, archive: u32, number: usize, copy: &ArchiveCopy) -> Result<&mut BlockCursor, String> {
        let key = (archive, number);
        match self.cursors.iter().position(|(k, _)| *k == key) {
            // The one used last comes last.
            Some(at) if at + 1 == self.cursors.len() => {}
            Some(at) => {
                let found = self.cursors.remove(at);
                self.cursors.push(found);
            }
            None => {
                let blocks = self.copies.open(archive, number, copy)?;
                if self.cursors.len() >= OPEN_CURSORS {
                    self.cursors.remove(0);
                }
                self.cursors.push((key, blocks.cursor()));
            }
        }
        Ok(&mut self.cursors.last_mut().expect("just put there").1)
    }
}

fn write_from(
    cursor: &mut BlockCursor,
    content: &Content,
    file: &mut File,
    shown: &dyn Fn() -> PathBuf,
) -> Result<(), Trouble> {
    let mut hash = digest::Context::new(&digest::SHA256);
    if content.sparse {
        let mut map = SparseMap::new(content.size_bytes, content.stored_bytes);
        cursor.read_range::<Trouble>(content.tar_offset, content.stored_bytes, |piece| {
            hash.update(piece);
            map.take(piece, |offset, bytes| {
                checkpoint_at(Step::Write, shown)?;
                Ok(file.write_all_at(bytes, offset)?)
            })
        })?;
        map.finish()?;
    } else {
        cursor.read_range::<Trouble>(content.tar_offset, content.size_bytes, |piece| {
            hash.update(piece);
            checkpoint_at(Step::Write, shown)?;
            Ok(file.write_all(piece)?)
        })?;
    }
    if hash.finish().as_ref() != content.sha256 {
        return Err(Trouble::Damaged(WRONG_HASH.into()));
    }
    if content.sparse {
        file.set_len(content.size_bytes)?;
    }
    Ok(())
}

/// The error of a file operation that ended in [`Trouble::Disk`], for a person.
pub(crate) fn told(trouble: &Trouble, path: PathBuf) -> String {
    match trouble {
        Trouble::Damaged(why) => why.clone(),
        Trouble::Disk(e) => {
            let copy = e.raw_os_error().map_or_else(|| io::Error::other(e.to_string()), io::Error::from_raw_os_error);
            FileError { action: "write", path, source: copy }.to_string()
        }
    }
}
