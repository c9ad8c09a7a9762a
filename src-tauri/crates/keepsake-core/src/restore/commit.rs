//! Gives a batch its names, once all of it is on the medium.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, Stat, linkat, openat, renameat, renameat_with, syncfs};
use rustix::io::Errno;

use super::aside::Moved;
use super::compare::{Stood, is_untouched_file};
use super::error::RestoreError;
use super::facts::{Me, set_open};
use super::folders::{Folder, FolderWalk, split, temporary_name, unlink};
use super::journal::Made;
use super::plan::{Item, Planner, line_of};
use super::report::Report;
use super::request::FilesAndBytes;
use super::write::{Control, Staged};
use crate::archive_path::ArchivePath;
use crate::atomic_file::{Step, checkpoint_at};
use crate::error::plain;
use crate::file_facts::FileFacts;

/// Gives files their names.
pub(crate) struct Committer<'a> {
    pub report: &'a Report<'a>,
    pub control: &'a Control,
    pub me: Me,
    /// Apart from the planner's walks, which only ever go forward.
    walks: BTreeMap<Vec<u8>, FolderWalk>,
    /// A folder on each file system that was written to.
    pub disks: BTreeMap<u64, Arc<Folder>>,
    pub restored: FilesAndBytes,
}

impl<'a> Committer<'a> {
    pub fn new(report: &'a Report<'a>, control: &'a Control, me: Me) -> Self {
        Self { report, control, me, walks: BTreeMap::new(), disks: BTreeMap::new(), restored: FilesAndBytes::default() }
    }

    /// Forces a batch to the medium and gives it its names, then makes its hard links.
    ///
    /// # Errors
    /// [`RestoreError::CannotWrite`] when the medium refuses; then none of it has got its name.
    pub fn commit(
        &mut self,
        staged: Vec<Staged>,
        links: Vec<Item>,
        planner: &mut Planner<'_>,
    ) -> Result<(), RestoreError> {
        let mut disks: BTreeMap<u64, Arc<Folder>> = BTreeMap::new();
        for folder in staged.iter().map(|s| &s.item.folder).chain(links.iter().map(|item| &item.folder)) {
            disks.entry(folder.dev).or_insert_with(|| folder.clone());
        }
        if !staged.is_empty()
            && let Err((folder, error)) = sync_all(disks.values())
        {
            self.discard(staged);
            return Err(RestoreError::cannot_write(&folder.shown)(error));
        }
        if let Err(e) = Self::note_times(&staged, planner) {
            self.discard(staged);
            return Err(e);
        }
        // What stands in the way is kept, and that is on the medium before anything takes its name: names that are
        // changed later can reach it earlier.
        let mut kept: Vec<io::Result<Option<Moved>>> = Vec::with_capacity(staged.len() + links.len());
        for item in staged.iter().map(|s| &s.item).chain(&links) {
            kept.push(Self::keep(item, planner));
        }
        if kept.iter().any(|kept| matches!(kept, Ok(Some(_))))
            && let Err((folder, error)) = sync_all(disks.values())
        {
            for (item, kept) in staged.iter().map(|s| &s.item).chain(&links).zip(kept) {
                Self::put_back(item, kept.ok().flatten(), planner);
            }
            self.discard(staged);
            return Err(RestoreError::cannot_write(&folder.shown)(error));
        }
        let mut kept = kept.into_iter();
        let mut next_kept = || kept.next().expect("one for each");
        self.disks.append(&mut disks);
        for staged in staged {
            let Staged { item, temporary, .. } = staged;
            match next_kept().and_then(|moved| Self::put(&item, &temporary, moved, planner)) {
                Ok(()) => self.restored.add(item.entry.size_bytes()),
                Err(e) => {
                    let _ = unlink(&item.folder, &temporary);
                    self.report.not_restored(&item.entry.path, told(&item.folder, &item.entry.path, &e));
                }
            }
        }
        for item in links {
            let kept = next_kept();
            if self.control.is_stopped() {
                Self::put_back(&item, kept.ok().flatten(), planner);
                continue;
            }
            match kept.and_then(|moved| self.link(&item, moved, planner)) {
                Ok(()) => self.restored.add(0),
                Err(e) => self.report.not_restored(&item.entry.path, told(&item.folder, &item.entry.path, &e)),
            }
            self.report.monitor.advance(1, 0);
        }
        Ok(())
    }

    /// The journal says by which time each file is known again. Of one that did not get that time it is told which
    /// one it has; by either line it can be taken back.
    fn note_times(staged: &[Staged], planner: &mut Planner<'_>) -> Result<(), RestoreError> {
        let Some(aside) = &mut planner.aside else { return Ok(()) };
        for Staged { item, temporary, .. } in staged.iter().filter(|staged| !staged.has_its_time) {
            let stat = item.folder.look(temporary).map_err(RestoreError::cannot_write(&item.folder.shown))?;
            if let Some(made) = stat.as_ref().and_then(Made::of) {
                aside.add(&line_of(item, made))?;
            }
        }
        Ok(aside.sync()?)
    }

    /// Removes what was written and will not get its name.
    pub fn discard(&self, staged: Vec<Staged>) {
        for Staged { item, temporary, .. } in staged {
            // What cannot be removed now is removed by the next run.
            let _ = unlink(&item.folder, &temporary);
        }
    }

    /// Moves what stands in an item's way aside; None when nothing does.
    fn keep(item: &Item, planner: &mut Planner<'_>) -> io::Result<Option<Moved>> {
        let top = planner.ground.walk(&item.entry.path).map(|walk| walk.top().clone());
        let (Some(aside), Some(top), true) = (&mut planner.aside, top, item.replaces) else { return Ok(None) };
        let key = planner.ground.key(&item.entry.path);
        let within = split(planner.ground.relative(&item.entry.path)).0;
        match aside.move_aside(key, &top, within, &item.folder, item.entry.path.name()) {
            Ok(how) => Ok(Some(how)),
            // It went away by itself.
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Takes a [`Committer::keep`] back of which nothing came.
    fn put_back(item: &Item, moved: Option<Moved>, planner: &mut Planner<'_>) {
        if let (Some(moved), Some(aside)) = (moved, &mut planner.aside) {
            let key = planner.ground.key(&item.entry.path);
            let within = split(planner.ground.relative(&item.entry.path)).0;
            aside.move_back(key, within, &item.folder, item.entry.path.name(), moved);
        }
    }

    /// Gives a file its name, once what stood there is kept.
    fn put(item: &Item, temporary: &[u8], moved: Option<Moved>, planner: &mut Planner<'_>) -> io::Result<()> {
        let (folder, name) = (&*item.folder, item.entry.path.name());
        let renamed = checkpoint_at(Step::Rename, || folder.path_of(name)).and_then(|()| match moved {
            Some(Moved::Linked { inode }) => rename_over(folder, temporary, name, |stat| stat.st_ino == inode),
            Some(Moved::Away) => rename_to_nothing(folder, temporary, name),
            None => match item.stood {
                Some(stood) => rename_over(folder, temporary, name, |stat| Stood::of(stat) == stood),
                None => rename_to_nothing(folder, temporary, name),
            },
        });
        if renamed.is_err() {
            Self::put_back(item, moved, planner);
        }
        renamed
    }

    /// As [`Committer::put`], for a hard link that is still to be made.
    fn link(&mut self, item: &Item, moved: Option<Moved>, planner: &mut Planner<'_>) -> io::Result<()> {
        match self.make_link(item, planner) {
            Ok(Some((temporary, has_names))) => {
                let put = Self::put(item, &temporary, moved, planner);
                // Renaming one name of a file to another of the same file does nothing and leaves both.
                if put.is_err() || has_names {
                    let _ = unlink(&item.folder, &temporary);
                }
                put
            }
            other => {
                Self::put_back(item, moved, planner);
                other.map(|_| ())
            }
        }
    }

    /// Makes a hard link to what this restore, or an earlier one, has brought back.
    /// Answers its temporary name, and whether the file had several names already.
    fn make_link(&mut self, item: &Item, planner: &mut Planner<'_>) -> io::Result<Option<(Vec<u8>, bool)>> {
        let Some((target, content, facts)) = &item.link else { return Ok(None) };
        let key = planner.ground.key(target).to_vec();
        let relative = planner.ground.relative(target).to_vec();
        let walk = match self.walks.get_mut(&key) {
            Some(walk) => walk,
            None => {
                let top = planner.ground.walk(target).map(|walk| walk.top().clone()).ok_or(io::ErrorKind::NotFound)?;
                self.walks.entry(key).or_insert(FolderWalk::new(top))
            }
        };
        let missing = || io::Error::other(format!("{target}, which is the same file, did not come back"));
        let (within, name) = split(&relative);
        let folder = walk.find(within).map_err(|_| missing())?;
        let stat = folder.look(name)?.filter(|stat| is_untouched_file(stat, content, facts)).ok_or_else(missing)?;
        let temporary = temporary_name(self.control.number());
        checkpoint_at(Step::Link, || item.folder.path_of(&temporary))?;
        match linkat(&*folder, name, &*item.folder, &temporary[..], AtFlags::empty()) {
            Ok(()) => {}
            // Disks without hard links, or with no room for one more: a copy has the same content.
            Err(Errno::PERM | Errno::OPNOTSUPP | Errno::MLINK | Errno::XDEV | Errno::NOSYS) => {
                copy(&folder, name, &item.folder, &temporary, facts, self.me, &item.entry.path, self.report)?;
            }
            Err(e) => return Err(e.into()),
        }
        Ok(Some((temporary.to_vec(), stat.st_nlink > 1)))
    }
}

/// Forces all of these file systems to their media.
pub(crate) fn sync_all<'f>(disks: impl Iterator<Item = &'f Arc<Folder>>) -> Result<(), (Arc<Folder>, io::Error)> {
    for folder in disks {
        checkpoint_at(Step::Sync, || folder.shown.clone())
            .and_then(|()| Ok(syncfs(folder)?))
            .map_err(|e| (folder.clone(), e))?;
    }
    Ok(())
}

/// Renames over what stands there, if it is what is known. Whatever another program has put there meanwhile, as most do that
/// save a document, is kept nowhere and stays. Between the look and the step a moment remains.
fn rename_over(folder: &Folder, from: &[u8], to: &[u8], is_known: impl Fn(&Stat) -> bool) -> io::Result<()> {
    match folder.look(to)? {
        Some(stat) if is_known(&stat) => Ok(renameat(folder, from, folder, to)?),
        Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
        None => rename_to_nothing(folder, from, to),
    }
}

/// Renames, unless something stands there by now.
pub(crate) fn rename_to_nothing(folder: &Folder, from: &[u8], to: &[u8]) -> io::Result<()> {
    match renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        // Not all file systems know that.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => match folder.look(to)? {
            None => Ok(renameat(folder, from, folder, to)?),
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
        },
        Err(e) => Err(e.into()),
    }
}

#[allow(clippy::too_many_arguments)]
fn copy(
    from_folder: &Folder,
    from: &[u8],
    to_folder: &Folder,
    to: &[u8],
    facts: &FileFacts,
    me: Me,
    path: &ArchivePath,
    report: &Report<'_>,
) -> io::Result<()> {
    let read = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut source = File::from(openat(from_folder, from, read, Mode::empty())?);
    let write = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    checkpoint_at(Step::Create, || to_folder.path_of(to))?;
    let mut file = File::from(openat(to_folder, to, write, Mode::RUSR | Mode::WUSR)?);
    let copied = checkpoint_at(Step::Write, || to_folder.path_of(to))
        .and_then(|()| io::copy(&mut source, &mut file))
        .and_then(|_| file.sync_all());
    match copied {
        Ok(()) => {
            set_open(&file, facts, me, !to_folder.is_new, path, report);
        }
        Err(_) => drop(unlink(to_folder, to)),
    }
    copied
}

fn told(folder: &Folder, path: &ArchivePath, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AlreadyExists => "something else stands there now, and it is left as it is".into(),
        _ if error.raw_os_error().is_none() => plain(error),
        _ => format!("could not write {}: {}", folder.path_of(path.name()).display(), plain(error)),
    }
}
