//! What a restore in place replaces is kept: moved into `.keepsake-undo/ID` in the source's own folder,
//! with a journal that is always ahead of what happens.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, linkat, mkdirat, renameat, syncfs};
use rustix::io::Errno;

use super::folders::{Folder, FolderWalk, UNDO_FOLDER};
use super::journal::{Begin, Journal, Line};
use crate::atomic_file::{Step, checkpoint_at};
use crate::error::FileError;

/// Keeps what is replaced.
#[derive(Debug)]
pub(crate) struct Aside {
    data_dir: PathBuf,
    begin: Begin,
    journal: Option<Journal>,
    /// `.keepsake-undo/ID` of each source, once something was moved there.
    kept: BTreeMap<Vec<u8>, Kept>,
}

/// What is kept of one source.
#[derive(Debug)]
struct Kept {
    walk: FolderWalk,
    /// A folder was made here that may not be on the medium yet.
    has_unsynced: bool,
}

/// How something was moved aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// It has a second name now; the first one is still there, to be replaced.
    Linked {
        /// Its number, which tells it from what another program may put there meanwhile.
        inode: u64,
    },
    /// Nothing is left under its name.
    Away,
}

impl Aside {
    /// Nothing is written before the first line is added.
    pub fn new(data_dir: PathBuf, begin: Begin) -> Self {
        Self { data_dir, begin, journal: None, kept: BTreeMap::new() }
    }

    /// How [`crate::undo`] knows it; None when nothing was done.
    pub fn id(&self) -> Option<String> {
        self.journal.is_some().then(|| self.begin.id.clone())
    }

    /// Adds a line to the journal.
    pub fn add(&mut self, line: &Line) -> Result<(), FileError> {
        let journal = match &mut self.journal {
            Some(journal) => journal,
            none => none.insert(Journal::create(&self.data_dir, &mut self.begin)?),
        };
        journal.add(line)
    }

    /// Forces all lines to the medium: what they tell may be done now.
    pub fn sync(&mut self) -> Result<(), FileError> {
        self.journal.as_mut().map_or(Ok(()), Journal::sync)
    }

    /// Moves what stands in `folder` under `name` aside. `top` and `key` are the source's folder and name,
    /// `folder_path` is relative to it. A file keeps its first name until another takes it, where the disk
    /// allows that, so that there is no moment without one.
    pub fn move_aside(
        &mut self,
        key: &[u8],
        top: &Arc<Folder>,
        folder_path: &[u8],
        folder: &Folder,
        name: &[u8],
    ) -> io::Result<Moved> {
        let Kept { walk, has_unsynced } = match self.kept.get_mut(key) {
            Some(kept) => kept,
            None => {
                let undo = make_or_open(&make_or_open(top, UNDO_FOLDER)?.0, self.begin.id.as_bytes())?.0;
                let walk = FolderWalk::new(Arc::new(undo));
                self.kept.entry(key.to_vec()).or_insert(Kept { walk, has_unsynced: true })
            }
        };
        let kept = walk.go::<io::Error>(folder_path, |at, name, _| {
            let (folder, is_new) = make_or_open(at, name)?;
            *has_unsynced |= is_new;
            Ok(folder)
        })?;
        checkpoint_at(Step::Link, || kept.path_of(name))?;
        match linkat(folder, name, &*kept, name, AtFlags::empty()) {
            Ok(()) => Ok(Moved::Linked { inode: kept.look(name)?.ok_or(io::ErrorKind::NotFound)?.st_ino }),
            Err(Errno::EXIST) => Err(io::ErrorKind::AlreadyExists.into()),
            // Folders, disks without hard links, files of others.
            Err(_) => {
                // Where changes reach the medium in any order, the old name can be gone from it before the folder
                // that has the new one is on it.
                if *has_unsynced {
                    checkpoint_at(Step::Sync, || kept.shown.clone())?;
                    syncfs(&*kept)?;
                    *has_unsynced = false;
                }
                checkpoint_at(Step::Rename, || kept.path_of(name))?;
                renameat(folder, name, &*kept, name).map_err(|e| match e {
                    Errno::XDEV => io::Error::other(
                        "what stands there is on another disk than its source's folder, and cannot be kept; \
                         restore it into a folder of your choice",
                    ),
                    e => e.into(),
                })?;
                Ok(Moved::Away)
            }
        }
    }

    /// Takes back a [`Aside::move_aside`] of which nothing came.
    pub fn move_back(&mut self, key: &[u8], folder_path: &[u8], folder: &Folder, name: &[u8], moved: Moved) {
        let Some(Kept { walk, .. }) = self.kept.get_mut(key) else { return };
        let Ok(kept) = walk.find(folder_path) else { return };
        // Whatever fails here, undo finds it by the journal.
        match moved {
            Moved::Linked { .. } => {
                let _ = super::folders::unlink(&kept, name);
            }
            Moved::Away => {
                if checkpoint_at(Step::Rename, || folder.path_of(name)).is_ok() {
                    let _ = renameat(&*kept, name, folder, name);
                }
            }
        }
    }
}

/// Opens a folder of Keepsake's own, and makes it when it is missing: then the answer has `true`.
fn make_or_open(at: &Folder, name: &[u8]) -> io::Result<(Folder, bool)> {
    checkpoint_at(Step::Create, || at.path_of(name))?;
    let is_new = match mkdirat(at, name, Mode::RWXU) {
        Ok(()) => true,
        Err(Errno::EXIST) => false,
        Err(e) => return Err(e.into()),
    };
    Ok((at.open(name)?, is_new))
}
