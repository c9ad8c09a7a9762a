//! Plans a restore in batches: reads the backup's list, looks at what stands on disk, makes folders, and
//! says what is to be written. Runs on one thread and holds one batch at a time.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::aside::Aside;
use super::compare::{Standing, Stood, Wanted, compare};
use super::copies::Copies;
use super::error::{RestoreError, is_fatal};
use super::facts::{Me, OwnersHere};
use super::folders::{Folder, is_own_name, split};
use super::journal::{Bytes, Line, Made};
use super::lost::Elsewhere;
use super::making::{EnterError, Making};
use super::preview::count;
use super::report::Report;
use super::request::{FilesAndBytes, Preview, RestoreRequest};
use super::select::{Ground, Selection};
use super::spool::FolderSpool;
use crate::archive::manifest::{Content, Entry, Node};
use crate::archive_path::ArchivePath;
use crate::catalog::{Catalog, CatalogError, StoredEntry};
use crate::error::plain;
use crate::file_facts::FileFacts;

/// The first batch is small, so that the threads begin soon; then each is twice as large, up to the last.
const FIRST_FILES: usize = 256;
const MOST_FILES: usize = 4096;
const MOST_BYTES: u64 = 256 << 20;
/// Each folder of a batch is held open.
const MOST_FOLDERS: usize = 128;
/// Names and attributes of a batch, in memory.
const MOST_MEMORY_BYTES: usize = 8 << 20;

/// One thing to bring back.
#[derive(Debug)]
pub(crate) struct Item {
    /// What it is; its owner's numbers are those of this computer.
    pub entry: Entry,
    /// The folder it goes into.
    pub folder: Arc<Folder>,
    /// True when something stands in its place.
    pub replaces: bool,
    /// Beside, where nothing is kept: what it was.
    pub stood: Option<Stood>,
    /// For a hard link: what its target must be when the link is made.
    pub link: Option<(ArchivePath, Content, FileFacts)>,
    /// Once its content could not be read.
    pub elsewhere: Option<Elsewhere>,
}

/// What is brought back together: all of it is on the medium before any of it gets its name.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Files and symbolic links.
    pub items: Vec<Item>,
    /// Hard links, made when the files have their names.
    pub links: Vec<Item>,
}

/// What all of a restore shares.
pub(crate) struct Job<'a> {
    pub catalog: &'a Catalog,
    pub request: &'a RestoreRequest,
    pub selection: &'a Selection,
    pub copies: &'a Copies,
    pub report: &'a Report<'a>,
    pub me: Me,
}

/// Plans batch after batch.
pub(crate) struct Planner<'a> {
    job: &'a Job<'a>,
    entries: Box<dyn Iterator<Item = Result<StoredEntry, CatalogError>> + 'a>,
    pub ground: Ground<'a>,
    /// In place only.
    pub aside: Option<Aside>,
    pub spool: FolderSpool,
    owners: OwnersHere,
    /// Nothing below this can be brought back, for this reason.
    blocked: Option<(ArchivePath, Cow<'static, str>)>,
    /// The folder of the last file, by its path in the backup.
    last: Option<(Vec<u8>, Arc<Folder>)>,
    files: usize,
    pub found: Preview,
    pub same: FilesAndBytes,
}

impl<'a> Planner<'a> {
    /// `found` carries the backup's time and no counts yet.
    pub fn new(
        job: &'a Job<'a>,
        mut ground: Ground<'a>,
        aside: Option<Aside>,
        spool: FolderSpool,
        found: Preview,
    ) -> Self {
        ground.rewind();
        Self {
            job,
            entries: job.selection.entries(job.catalog, &job.request.backup),
            ground,
            aside,
            spool,
            owners: OwnersHere::default(),
            blocked: None,
            last: None,
            files: FIRST_FILES,
            found,
            same: FilesAndBytes::default(),
        }
    }

    /// The next batch; None when all is planned. Its folders are made; in place, its journal is written
    /// and on the medium.
    ///
    /// # Errors
    /// [`RestoreError`] when the restore cannot go on. What is wrong with one file is reported.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, RestoreError> {
        let mut batch = Batch::default();
        let (mut bytes, mut memory, mut folders) = (0u64, 0, 0);
        let mut ended = true;
        let mut looked_at = 0;
        while let Some(stored) = self.entries.next() {
            let folder_before = self.last.as_ref().map(|(_, folder)| Arc::as_ptr(folder));
            let (items, links) = (batch.items.len(), batch.links.len());
            self.plan(stored?.entry, &mut batch)?;
            looked_at += 1;
            let added = batch.items[items..].iter().chain(&batch.links[links..]).map(|item| &item.entry).next();
            if let Some(entry) = added {
                bytes = bytes.saturating_add(entry.size_bytes());
                memory += entry.path.as_bytes().len() + 256;
                memory += entry.facts.xattrs.iter().map(|x| x.name.len() + x.value.len()).sum::<usize>();
                folders += usize::from(self.last.as_ref().map(|(_, folder)| Arc::as_ptr(folder)) != folder_before);
            }
            if batch.items.len() + batch.links.len() >= self.files
                || bytes >= MOST_BYTES
                || memory >= MOST_MEMORY_BYTES
                || folders >= MOST_FOLDERS
                || looked_at >= 4 * MOST_FILES
            {
                ended = false;
                break;
            }
        }
        if let Some(aside) = &mut self.aside {
            aside.sync()?;
        }
        self.files = (self.files * 2).min(MOST_FILES);
        let is_empty = batch.items.is_empty() && batch.links.is_empty();
        Ok((!ended || !is_empty).then_some(batch))
    }

    fn plan(&mut self, mut entry: Entry, batch: &mut Batch) -> Result<(), RestoreError> {
        let report = self.job.report;
        if let Some((top, why)) = &self.blocked
            && entry.path.is_at_or_below(top)
        {
            report.not_restored(&entry.path, why.as_ref());
            return Ok(());
        }
        if entry.path.parts().any(is_own_name) {
            report.not_restored(&entry.path, "it has a name that Keepsake keeps for itself");
            return Ok(());
        }
        self.owners.settle(&mut entry);
        if matches!(entry.node, Node::Folder) {
            return match self.enter(entry.path.as_bytes(), Some(&entry)) {
                Ok(_) => Ok(()),
                Err(e) => self.block(entry.path, e),
            };
        }
        // Whatever is said to be in a file or a link is a lie.
        self.blocked = Some((entry.path.clone(), Cow::Borrowed("what it is said to be in is not a folder")));
        let relative = self.ground.relative(&entry.path);
        if relative.is_empty() {
            report.not_restored(
                &entry.path,
                "this source is a single file; restore it into a folder of your choice and move it yourself",
            );
            return Ok(());
        }
        let Some(link) = self.resolve_link(&mut entry)? else { return Ok(()) };
        let folder = match self.enter(split(entry.path.as_bytes()).0, None) {
            Ok(folder) => folder,
            Err(e) => return self.block(entry.path, e),
        };
        let standing = if folder.is_new {
            Standing::Nothing
        } else {
            let wanted = match &link {
                Some((_, content, _)) => Wanted::File(content),
                None => Wanted::of(&entry.node).expect("a link has been resolved"),
            };
            match compare(&folder, entry.path.name(), wanted, &entry.facts, self.job.me) {
                Ok(standing) => standing,
                Err(e) => {
                    let place = folder.path_of(entry.path.name());
                    let why = format!("what stands at {} cannot be seen: {}", place.display(), plain(&e));
                    report.not_restored(&entry.path, why);
                    return Ok(());
                }
            }
        };
        count(&mut self.found, standing, entry.size_bytes());
        match standing {
            Standing::Same => {
                self.same.add(entry.size_bytes());
                report.monitor.advance(1, entry.size_bytes());
                return Ok(());
            }
            Standing::Different { .. } if self.aside.is_none() => {
                report.not_restored(&entry.path, "something else stands there now, and it is left as it is");
                return Ok(());
            }
            _ => {}
        }
        if let Node::File(content) = &entry.node {
            for archive in content.archives() {
                self.job.copies.learn(self.job.catalog, archive)?;
            }
        }
        let replaces = standing != Standing::Nothing;
        let stood = match replaces && self.aside.is_none() {
            true => folder.look(entry.path.name()).ok().flatten().as_ref().map(Stood::of),
            // In place, what stands there is kept.
            false => None,
        };
        let item = Item { entry, folder, replaces, stood, link, elsewhere: None };
        if let Some(aside) = &mut self.aside {
            aside.add(&line_of(&item, made_by(&item)))?;
        }
        if item.link.is_some() {
            batch.links.push(item)
        } else {
            batch.items.push(item)
        }
        Ok(())
    }

    /// For a hard link: its target, as it must be. A link whose target is not wanted becomes a file of its
    /// own. The outer None: it cannot be brought back, and that was reported.
    #[allow(clippy::type_complexity)]
    fn resolve_link(
        &mut self,
        entry: &mut Entry,
    ) -> Result<Option<Option<(ArchivePath, Content, FileFacts)>>, RestoreError> {
        let Node::HardLink { target, .. } = &entry.node else { return Ok(Some(None)) };
        let found = self.job.catalog.entry_at(&self.job.request.backup, target)?.map(|stored| stored.entry);
        let Some(Entry { node: Node::File(content), mut facts, path: target, .. }) = found else {
            self.job.report.not_restored(
                &entry.path,
                format!("it is said to be the same file as {target}, which is no file of this backup"),
            );
            return Ok(None);
        };
        if self.job.selection.holds(&target) && self.ground.key(&target) == self.ground.key(&entry.path) {
            // One file has one owner, one mode and one time.
            facts.ctime = entry.facts.ctime;
            return Ok(Some(Some((target, content, facts))));
        }
        entry.node = Node::File(content);
        Ok(Some(None))
    }

    /// Remembers that nothing below a path can be brought back.
    fn block(&mut self, path: ArchivePath, error: EnterError) -> Result<(), RestoreError> {
        let relative = PathBuf::from(OsStr::from_bytes(self.ground.relative(&path)));
        let place = match self.ground.walk(&path) {
            Some(walk) => walk.top().shown.join(relative),
            None => relative,
        };
        let error = match error {
            EnterError::Fatal(error) => return Err(error),
            EnterError::Io(error) if is_fatal(&error) => return Err(RestoreError::cannot_write(place)(error)),
            EnterError::Io(error) => error,
        };
        let why =
            format!("it cannot go to {}: its folder cannot be made or opened: {}", place.display(), plain(&error));
        self.job.report.not_restored(&path, why.clone());
        self.blocked = Some((path, why.into()));
        Ok(())
    }

    /// Opens a folder of the backup on disk, and makes it and those above it where they are missing.
    /// `listed` is its entry when it is wanted itself.
    fn enter(&mut self, path: &[u8], listed: Option<&Entry>) -> Result<Arc<Folder>, EnterError> {
        if listed.is_none()
            && let Some((last, folder)) = &self.last
            && last == path
        {
            return Ok(folder.clone());
        }
        let Self { job, ground, aside, spool, owners, .. } = self;
        if path.is_empty() {
            // Beside, a source that is a single file.
            let top = ground.opened().next().cloned().ok_or_else(gone)?;
            self.last = Some((Vec::new(), top.clone()));
            return Ok(top);
        }
        let path = ArchivePath::new(path).map_err(io::Error::other)?;
        let key = ground.key(&path).to_vec();
        let relative = ground.relative(&path).to_vec();
        let walk = ground.walk(&path).ok_or_else(gone)?;
        let top = walk.top().clone();
        let mut making = Making { job, aside, spool, owners, key: &key, top: &top };
        if relative.is_empty()
            && let Some(entry) = listed
        {
            making.prepare(&top, &relative, Some(entry), !top.is_new)?;
        }
        let folder =
            walk.go(&relative, |at, name, to| making.open_or_make(at, name, to, listed.filter(|_| to == relative)))?;
        self.last = Some((path.as_bytes().to_vec(), folder.clone()));
        Ok(folder)
    }
}

fn gone() -> io::Error {
    io::ErrorKind::NotFound.into()
}

/// What the journal says of an item that becomes this.
pub(super) fn line_of(item: &Item, made: Made) -> Line {
    let path = Bytes::of(item.entry.path.as_bytes());
    if !item.replaces {
        return Line::New { path, made };
    }
    // What cannot be looked at again now is not known later.
    let stands = item.folder.look(item.entry.path.name()).ok().flatten();
    Line::Replaced { path, made: Some(made), was: stands.as_ref().and_then(Made::of) }
}

/// How what an item puts there is recognised later.
fn made_by(item: &Item) -> Made {
    let (link, size, facts) = match (&item.entry.node, &item.link) {
        (_, Some((_, content, facts))) => (false, content.size_bytes, facts),
        (Node::Symlink(target), None) => (true, target.len() as u64, &item.entry.facts),
        (_, None) => (false, item.entry.size_bytes(), &item.entry.facts),
    };
    Made { link, size, secs: facts.mtime.secs, nanos: facts.mtime.nanos }
}
