//! Opens folders of the target, and makes those that are missing.

use std::io;
use std::sync::Arc;

use rustix::fs::{FileType, Mode, fchmod, fremovexattr, mkdirat, syncfs};

use super::aside::{Aside, Moved};
use super::error::RestoreError;
use super::facts::{OwnersHere, facts_now};
use super::folders::{Folder, split, unlink};
use super::journal::{Bytes, Line, Made, OldFacts};
use super::plan::Job;
use super::spool::{FolderSpool, Unfinished};
use crate::archive::acl;
use crate::archive::manifest::{Entry, Node};
use crate::archive_path::ArchivePath;
use crate::atomic_file::{Step, checkpoint_at};
use crate::catalog::CatalogError;
use crate::error::FileError;
use crate::file_facts::FileFacts;

/// Why a folder cannot be entered.
pub(crate) enum EnterError {
    /// This one cannot.
    Io(io::Error),
    /// Nothing more can be done.
    Fatal(RestoreError),
}

impl From<io::Error> for EnterError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
impl From<FileError> for EnterError {
    fn from(error: FileError) -> Self {
        Self::Fatal(error.into())
    }
}
impl From<CatalogError> for EnterError {
    fn from(error: CatalogError) -> Self {
        Self::Fatal(error.into())
    }
}

/// Opens and makes folders.
pub(crate) struct Making<'m, 'a> {
    pub job: &'m Job<'a>,
    pub aside: &'m mut Option<Aside>,
    pub spool: &'m mut FolderSpool,
    pub owners: &'m mut OwnersHere,
    pub key: &'m [u8],
    pub top: &'m Arc<Folder>,
}

impl Making<'_, '_> {
    /// The path in the backup of what is at `relative`.
    fn archive_path(&self, relative: &[u8]) -> Result<ArchivePath, EnterError> {
        let whole = match (self.key, relative) {
            (b"", relative) => relative.to_vec(),
            (key, b"") => key.to_vec(),
            (key, relative) => [key, b"/", relative].concat(),
        };
        Ok(ArchivePath::new(whole).map_err(io::Error::other)?)
    }

    /// Opens a folder in another, and makes it when it is missing. `listed` is its entry when it is wanted.
    pub fn open_or_make(
        &mut self,
        at: &Arc<Folder>,
        name: &[u8],
        relative: &[u8],
        listed: Option<&Entry>,
    ) -> Result<Folder, EnterError> {
        if !at.is_new {
            match at.look(name)? {
                Some(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => {
                    let folder = at.open_forced(name)?;
                    self.prepare(&folder, relative, listed, true)?;
                    return Ok(folder);
                }
                Some(_) => self.clear_the_way(at, name, relative)?,
                None => {}
            }
        }
        if self.aside.is_some() {
            let path = Bytes::of(self.archive_path(relative)?.as_bytes());
            let aside = self.aside.as_mut().expect("just seen");
            aside.add(&Line::Folder { path })?;
            if !at.is_new {
                // All that is made within it is known to be new by this line.
                aside.sync()?;
            }
        }
        checkpoint_at(Step::Create, || at.path_of(name))?;
        mkdirat(at, name, Mode::RWXU).map_err(io::Error::from)?;
        let mut folder = at.open(name)?;
        folder.is_new = true;
        if !at.is_new {
            // What the folder around it gives to new files is not what the backup had.
            let _ = fremovexattr(&folder, acl::DEFAULT);
        }
        self.prepare(&folder, relative, listed, false)?;
        Ok(folder)
    }

    /// In place, what stands where a folder must be is moved aside.
    fn clear_the_way(&mut self, at: &Arc<Folder>, name: &[u8], relative: &[u8]) -> Result<(), EnterError> {
        let path = Bytes::of(self.archive_path(relative)?.as_bytes());
        let Some(aside) = self.aside.as_mut() else {
            return Err(io::Error::other("something that is not a folder stands in its place").into());
        };
        let was = at.look(name)?.as_ref().and_then(Made::of);
        aside.add(&Line::Replaced { path, made: None, was })?;
        aside.sync()?;
        let moved = aside.move_aside(self.key, self.top, split(relative).0, at, name)?;
        // Kept on the medium before its name goes: names that are changed later can reach it earlier.
        checkpoint_at(Step::Sync, || at.shown.clone()).and_then(|()| Ok(syncfs(at)?))?;
        if let Moved::Linked { inode } = moved {
            match at.look(name)? {
                Some(stat) if stat.st_ino != inode => {
                    return Err(io::Error::other("something else was put in its place just now").into());
                }
                Some(_) => unlink(at, name)?,
                None => {}
            }
        }
        Ok(())
    }

    /// Notes what a folder is to be when everything is in it, and makes it ready for that.
    pub fn prepare(
        &mut self,
        folder: &Folder,
        relative: &[u8],
        listed: Option<&Entry>,
        existed: bool,
    ) -> Result<(), EnterError> {
        let path = self.archive_path(relative)?;
        let mut wanted = listed.map(|entry| entry.facts.clone());
        if existed {
            folder.remove_leftovers()?;
            let stat = folder.stat()?;
            let locked = !self.job.me.is_root && stat.st_mode & 0o700 != 0o700;
            if let (Some(_), Some(aside)) = (&wanted, self.aside.as_mut()) {
                let facts = OldFacts::of(&facts_now(folder)?);
                aside.add(&Line::Facts { path: Bytes::of(path.as_bytes()), facts })?;
            }
            if locked {
                // A failure shows when something is to be put there.
                let _ = fchmod(folder, Mode::from_raw_mode(stat.st_mode & 0o7777 | 0o700));
                if wanted.is_none() {
                    let facts = FileFacts { mode: stat.st_mode & 0o7777, ..FileFacts::default() };
                    let mut record = Unfinished::new(self.key, relative, path.to_string(), &facts);
                    record.only_mode = true;
                    self.spool.push(&record)?;
                }
            }
        } else if wanted.is_none() {
            // Not asked for, but on the way: as the backup has it.
            let known = self.job.catalog.entry_at(&self.job.request.backup, &path)?;
            wanted = known.filter(|stored| matches!(stored.entry.node, Node::Folder)).map(|mut stored| {
                self.owners.settle(&mut stored.entry);
                stored.entry.facts
            });
        }
        if let Some(facts) = wanted {
            let mut record = Unfinished::new(self.key, relative, path.to_string(), &facts);
            record.existed = existed;
            self.spool.push(&record)?;
        }
        Ok(())
    }
}
