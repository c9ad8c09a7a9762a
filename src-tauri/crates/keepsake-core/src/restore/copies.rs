//! Where the copies of archives are, and reading files out of them: when one copy is damaged or gone, the
//! next is read.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ring::digest;

use super::sparse::SparseMap;
use crate::archive::error::ArchiveError;
use crate::archive::manifest::{Content, Patch};
use crate::archive::patch::read_patched;
use crate::archive::reader::{ArchiveReader, BlockCursor};
use crate::atomic_file::{Step, checkpoint_at};
use crate::catalog::{ArchiveRow, Catalog, CatalogError};
use crate::error::FileError;

/// How many archives are held open besides those that are being read.
const OPEN_ARCHIVES: usize = 32;
/// How many cursors, with 2 MiB each, a thread keeps.
const OPEN_CURSORS: usize = 3;

const WRONG_HASH: &str = "its content is not what was backed up (SHA-256 differs)";

/// Where the archives of a backup are.
#[derive(Debug)]
pub(crate) struct Copies {
    rows: HashMap<u32, ArchiveRow>,
    shared: Mutex<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    paths: HashMap<u32, Arc<Vec<PathBuf>>>,
    open: HashMap<(u32, usize), ArchiveReader>,
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
        let rows = catalog.archives()?.into_iter().map(|row| (row.id, row)).collect();
        Ok(Self { rows, shared: Mutex::default() })
    }

    /// Learns where an archive's copies are, before anything is read from it.
    pub fn learn(&self, catalog: &Catalog, archive: u32) -> Result<(), CatalogError> {
        if self.lock().paths.contains_key(&archive) {
            return Ok(());
        }
        let paths = match self.rows.get(&archive) {
            Some(row) => catalog.copies(archive)?.into_iter().map(|place| place.path.join(&row.name)).collect(),
            None => Vec::new(),
        };
        self.lock().paths.insert(archive, Arc::new(paths));
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().expect("no thread panics while it holds this")
    }

    fn open(&self, archive: u32, copy: usize, path: &Path) -> Result<ArchiveReader, String> {
        let mut shared = self.lock();
        if let Some(reader) = shared.open.get(&(archive, copy)) {
            return Ok(reader.clone());
        }
        if let Some(why) = shared.unusable.get(&(archive, copy)) {
            return Err(why.clone());
        }
        drop(shared);
        let opened = ArchiveReader::open(path).map_err(|e| e.to_string()).and_then(|reader| {
            let right = self.rows.get(&archive).is_some_and(|row| row.bytes == reader.length());
            if right { Ok(reader) } else { Err(format!("{} is not the archive that was written", path.display())) }
        });
        shared = self.lock();
        match &opened {
            Ok(reader) => {
                if shared.open.len() >= OPEN_ARCHIVES {
                    shared.open.clear();
                }
                shared.open.insert((archive, copy), reader.clone());
            }
            Err(why) => {
                shared.unusable.insert((archive, copy), why.clone());
            }
        }
        opened
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
        // A patch may be sound in one copy and what it changes in another.
        let bases = patch.map_or_else(Default::default, |patch| self.paths(patch.base.archive));
        for (copy, path) in self.paths(content.archive).iter().enumerate() {
            for base in 0..if patch.is_some() { bases.len() } else { 1 } {
                if copy + base > 0 {
                    file.set_len(0)?;
                    file.seek(SeekFrom::Start(0))?;
                }
                let tried = match patch {
                    None => self
                        .cursor(content.archive, copy, path)
                        .map_err(Trouble::Damaged)
                        .and_then(|cursor| write_from(cursor, content, file, shown)),
                    Some(patch) => {
                        self.write_patched(content, patch, [(copy, path), (base, &bases[base])], file, shown)
                    }
                };
                match tried {
                    Err(Trouble::Damaged(why)) if whys.contains(&why) => {}
                    Err(Trouble::Damaged(why)) => whys.push(why),
                    other => return other,
                }
            }
        }
        if whys.is_empty() {
            let missing = content.archives().find(|&archive| self.paths(archive).is_empty());
            let row = missing.and_then(|archive| self.copies.rows.get(&archive));
            whys.push(format!("no copy of {} is known here", row.map_or("its archive", |row| &row.name)));
        }
        Err(Trouble::Damaged(whys.join("; ")))
    }

    fn paths(&self, archive: u32) -> Arc<Vec<PathBuf>> {
        self.copies.lock().paths.get(&archive).cloned().unwrap_or_default()
    }

    /// Writes patched content from one copy of the patch and one of its base.
    fn write_patched(
        &mut self,
        content: &Content,
        patch: &Patch,
        [(copy, path), (base_copy, base_path)]: [(usize, &PathBuf); 2],
        file: &mut File,
        shown: &dyn Fn() -> PathBuf,
    ) -> Result<(), Trouble> {
        let mut base = self.copies.open(patch.base.archive, base_copy, base_path)?.cursor();
        let stored = self.cursor(content.archive, copy, path)?;
        let mut hash = digest::Context::new(&digest::SHA256);
        read_patched::<Trouble>((&mut base, stored), content, patch, |piece| {
            hash.update(piece);
            checkpoint_at(Step::Write, shown)?;
            Ok(file.write_all(piece)?)
        })?;
        if hash.finish().as_ref() == content.sha256 { Ok(()) } else { Err(Trouble::Damaged(WRONG_HASH.into())) }
    }

    fn cursor(&mut self, archive: u32, copy: usize, path: &Path) -> Result<&mut BlockCursor, String> {
        let key = (archive, copy);
        match self.cursors.iter().position(|(k, _)| *k == key) {
            // The one used last comes last.
            Some(at) if at + 1 == self.cursors.len() => {}
            Some(at) => {
                let found = self.cursors.remove(at);
                self.cursors.push(found);
            }
            None => {
                let reader = self.copies.open(archive, copy, path)?;
                if self.cursors.len() >= OPEN_CURSORS {
                    self.cursors.remove(0);
                }
                self.cursors.push((key, reader.cursor()));
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
