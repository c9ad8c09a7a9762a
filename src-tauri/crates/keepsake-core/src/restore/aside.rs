//! What a restore in place replaces is kept: moved into `.keepsake-undo/ID` in the source's own folder,
//! with a journal that is always ahead of what happens.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, linkat, mkdirat, renameat};
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
    walks: BTreeMap<Vec<u8>, FolderWalk>,
}

/// How something was moved aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// It has a second name now; the first one is still there, to be replaced.
    Linked,
    /// Nothing is left under its name.
    Away,
}

impl Aside {
    /// Nothing is written before the first line is added.
    pub fn new(data_dir: PathBuf, begin: Begin) -> Self {
        Self { data_dir, begin, journal: None, walks: BTreeMap::new() }
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
        let walk = match self.walks.get_mut(key) {
            Some(walk) => walk,
            None => {
                let undo = make_or_open(&make_or_open(top, UNDO_FOLDER)?, self.begin.id.as_bytes())?;
                self.walks.entry(key.to_vec()).or_insert(FolderWalk::new(Arc::new(undo)))
            }
        };
        let kept = walk.go::<io::Error>(folder_path, |at, name, _| make_or_open(at, name))?;
        checkpoint_at(Step::Link, || kept.path_of(name))?;
        match linkat(folder, name, &*kept, name, AtFlags::empty()) {
            Ok(()) => Ok(Moved::Linked),
            Err(Errno::EXIST) => Err(io::ErrorKind::AlreadyExists.into()),
            // Folders, disks without hard links, files of others.
            Err(_) => {
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
        let Some(walk) = self.walks.get_mut(key) else { return };
        let Ok(kept) = walk.find(folder_path) else { return };
        // Whatever fails here, undo finds it by the journal.
        match moved {
            Moved::Linked => {
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

/// Opens a folder of Keepsake's own, and makes it when it is missing.
fn make_or_open(at: &Folder, name: &[u8]) -> io::Result<Folder> {
    checkpoint_at(Step::Create, || at.path_of(name))?;
    match mkdirat(at, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => at.open(name),
        Err(e) => Err(e.into()),
    }
}
