//! Which entries of a backup are meant, and where on disk each belongs.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Access, AtFlags, StatVfsMountFlags, accessat, fstatvfs};

use super::error::RestoreError;
use super::folders::{Folder, FolderWalk};
use super::request::{RestoreRequest, Target};
use crate::archive::metadata::SourceState;
use crate::archive_path::{ArchivePath, shown};
use crate::atomic_file::{Step, checkpoint};
use crate::catalog::{BackupRow, Catalog, CatalogError, StoredEntry};

/// How many names of a folder are looked at for one that is like a wrong one.
const LOOKED_AT_NAMES: usize = 20_000;
/// Names less alike than this (0 to 1) are not offered.
const ALIKE: f64 = 0.6;

/// The paths that are wanted: sorted, none within another; none at all means everything.
#[derive(Debug)]
pub(crate) struct Selection {
    tops: Vec<ArchivePath>,
}

impl Selection {
    /// Checks that the backup has what is asked for.
    ///
    /// # Errors
    /// [`RestoreError::NoSuchPath`] with the names that are most alike.
    pub fn of(catalog: &Catalog, request: &RestoreRequest) -> Result<Self, RestoreError> {
        let mut tops: Vec<ArchivePath> = Vec::new();
        let mut wanted = request.paths.clone();
        wanted.sort();
        for path in wanted {
            if tops.last().is_some_and(|top| path.is_at_or_below(top)) {
                continue;
            }
            if catalog.entries(&request.backup, Some(&path)).next().transpose()?.is_none() {
                let near = names_near(catalog, &request.backup, &path)?;
                return Err(RestoreError::NoSuchPath { path, backup: request.backup.name.clone(), near });
            }
            tops.push(path);
        }
        Ok(Self { tops })
    }

    /// True when everything is wanted.
    pub fn is_all(&self) -> bool {
        self.tops.is_empty()
    }

    /// True when the path is wanted.
    pub fn holds(&self, path: &ArchivePath) -> bool {
        // Whatever comes between a folder and what is in it is in it too.
        let before = self.tops.partition_point(|top| top <= path);
        self.is_all() || before.checked_sub(1).is_some_and(|i| path.is_at_or_below(&self.tops[i]))
    }

    /// The wanted entries in the order of paths.
    pub fn entries<'c>(
        &self,
        catalog: &'c Catalog,
        backup: &BackupRow,
    ) -> Box<dyn Iterator<Item = Result<StoredEntry, CatalogError>> + 'c> {
        if self.is_all() {
            return Box::new(catalog.entries(backup, None));
        }
        let backup = backup.clone();
        let tops = self.tops.clone();
        Box::new(tops.into_iter().flat_map(move |top| catalog.entries(&backup, Some(&top))))
    }

    /// The names of the sources that are concerned.
    pub fn sources(&self, backup: &BackupRow) -> Vec<String> {
        let collected = backup.sources.iter().filter(|s| s.state == SourceState::Collected);
        let wanted =
            collected.filter(|s| self.is_all() || self.tops.iter().any(|top| top.source() == s.name.as_bytes()));
        wanted.map(|s| s.name.clone()).collect()
    }
}

/// Names in the folder of a path that are like its own: at most three.
fn names_near(catalog: &Catalog, backup: &BackupRow, path: &ArchivePath) -> Result<Vec<String>, CatalogError> {
    let parent = path.parent();
    let mut found: Vec<(f64, String)> = Vec::new();
    let wanted = shown(path.name());
    let mut consider = |name: &[u8], whole: String| {
        let alike = strsim::jaro_winkler(&wanted, &shown(name));
        if alike >= ALIKE {
            found.push((alike, whole));
        }
    };
    match &parent {
        None => backup.sources.iter().for_each(|s| consider(s.name.as_bytes(), s.name.clone())),
        Some(parent) => {
            for stored in catalog.entries(backup, Some(parent)).take(LOOKED_AT_NAMES) {
                let entry = stored?.entry;
                if entry.path.parent().as_ref() == Some(parent) {
                    consider(entry.path.name(), entry.path.to_string());
                }
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(found.into_iter().take(3).map(|(_, name)| name).collect())
}

/// The folders on disk into which a restore goes.
#[derive(Debug)]
pub(crate) struct Ground<'r> {
    target: &'r Target,
    /// By the source's name; beside there is one, with an empty name.
    walks: BTreeMap<Vec<u8>, FolderWalk>,
}

impl<'r> Ground<'r> {
    /// Opens those of the folders that are there.
    ///
    /// # Errors
    /// [`RestoreError::NoFolderFor`] when a source has none, [`RestoreError::CannotWrite`] when one
    /// cannot be opened.
    pub fn open(target: &'r Target, sources: &[String]) -> Result<Self, RestoreError> {
        let mut ground = Self { target, walks: BTreeMap::new() };
        for (key, path) in ground.tops(sources)? {
            match Folder::open_top(&path) {
                Ok(folder) => {
                    ground.walks.insert(key, FolderWalk::new(Arc::new(folder)));
                }
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(RestoreError::cannot_write(path)(e)),
            }
        }
        Ok(ground)
    }

    /// All the folders, whether they are there or not.
    ///
    /// # Errors
    /// [`RestoreError::NoFolderFor`].
    pub fn tops(&self, sources: &[String]) -> Result<Vec<(Vec<u8>, PathBuf)>, RestoreError> {
        match self.target {
            Target::Beside(folder) => Ok(vec![(Vec::new(), folder.clone())]),
            Target::InPlace { sources: folders } => sources
                .iter()
                .map(|name| match folders.get(name) {
                    Some(folder) => Ok((name.clone().into_bytes(), folder.clone())),
                    None => Err(RestoreError::NoFolderFor { name: name.clone() }),
                })
                .collect(),
        }
    }

    /// Makes those folders that are missing, and checks that all can be written.
    ///
    /// # Errors
    /// [`RestoreError::TargetMissing`] when what is around a source's folder is missing too, as when its
    /// disk is not there; [`RestoreError::CannotWrite`].
    pub fn make(&mut self, sources: &[String]) -> Result<(), RestoreError> {
        for (key, path) in self.tops(sources)? {
            if let Some(walk) = self.walks.get(&key) {
                check_writable(walk.top())?;
                continue;
            }
            let around = crate::atomic_file::parent(&path);
            if matches!(self.target, Target::InPlace { .. }) && !around.is_dir() {
                return Err(RestoreError::TargetMissing { path });
            }
            use std::os::unix::fs::DirBuilderExt;
            checkpoint(Step::Create, &path)
                .and_then(|()| std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path))
                .and_then(|()| Folder::open_top(&path))
                .map(|mut folder| {
                    folder.is_new = true;
                    self.walks.insert(key, FolderWalk::new(Arc::new(folder)));
                })
                .map_err(RestoreError::cannot_write(&path))?;
        }
        Ok(())
    }

    /// True when nothing of any source is there, so that all is new.
    pub fn is_bare(&self, sources: &[String]) -> bool {
        match self.target {
            Target::Beside(_) => self
                .walks
                .values()
                .all(|walk| sources.iter().all(|name| matches!(walk.top().look(name.as_bytes()), Ok(None)))),
            Target::InPlace { .. } => self.walks.is_empty(),
        }
    }

    /// A path relative to its top.
    pub fn relative<'p>(&self, path: &'p ArchivePath) -> &'p [u8] {
        match self.target {
            Target::Beside(_) => path.as_bytes(),
            Target::InPlace { .. } => path.below_source(),
        }
    }

    /// The walk below the top of a path; None when the top is not there.
    pub fn walk(&mut self, path: &ArchivePath) -> Option<&mut FolderWalk> {
        self.walks.get_mut(self.key(path))
    }

    /// Which top a path belongs to.
    pub fn key<'p>(&self, path: &'p ArchivePath) -> &'p [u8] {
        match self.target {
            Target::Beside(_) => b"",
            Target::InPlace { .. } => path.source(),
        }
    }

    /// Begins at the tops again, so that every folder on the way is entered anew.
    pub fn rewind(&mut self) {
        for walk in self.walks.values_mut() {
            *walk = FolderWalk::new(walk.top().clone());
        }
    }

    /// The tops that are there.
    pub fn opened(&self) -> impl Iterator<Item = &Arc<Folder>> {
        self.walks.values().map(FolderWalk::top)
    }
}

fn check_writable(top: &Folder) -> Result<(), RestoreError> {
    checkpoint(Step::Create, &top.shown).map_err(RestoreError::cannot_write(&top.shown))?;
    let read_only = fstatvfs(top).is_ok_and(|vfs| vfs.f_flag.contains(StatVfsMountFlags::RDONLY));
    if read_only {
        return Err(RestoreError::cannot_write(&top.shown)(io::ErrorKind::ReadOnlyFilesystem.into()));
    }
    let owned = top.stat().is_ok_and(|s| s.st_uid == rustix::process::geteuid().as_raw());
    match accessat(top, c".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS) {
        // One's own folder is made writable while it is restored into.
        Err(e) if !owned => Err(RestoreError::cannot_write(&top.shown)(e.into())),
        _ => Ok(()),
    }
}

/// The nearest folder that is there: `path` itself, or one that it will be made in.
pub(crate) fn nearest_folder(path: &Path) -> Option<Folder> {
    let absolute = std::path::absolute(path).ok()?;
    absolute.ancestors().find_map(|at| Folder::open_top(at).ok())
}
