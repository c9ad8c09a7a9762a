//! Files whose content cannot be read where their backup says it is. The same content may be stored elsewhere too: a
//! later backup stores anew what was found damaged. If not, the file is lost for this backup, and named together with
//! what is left of it.

use super::RestoreError;
use super::copies::ContentReader;
use super::plan::{Item, Job};
use super::request::{LostFile, MAX_NAMED_PROBLEMS};
use crate::archive::manifest::{Content, Node};
use crate::archive_path::ArchivePath;
use crate::catalog::{BackupRow, CatalogError, OtherVersion};
use crate::monitor::ProblemKind;

/// How many bytes of other versions are read at most, to know whether they are whole.
const MOST_READ_BYTES: u64 = 4 << 30;
/// How many other versions of one file are read at most.
const MOST_VERSIONS: usize = 8;

/// A file that could not be written because of what is stored.
#[derive(Debug)]
pub(crate) struct Lost {
    pub item: Box<Item>,
    pub why: String,
}

/// Where else an item's content may be, once it was not read where its backup says it is.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    /// Not tried yet.
    contents: Vec<Content>,
    /// Where it is said to be, and why it was not read there.
    first: Box<(Content, String)>,
}

/// Looks for what could not be read. On the planning thread, which has the catalog.
pub(crate) struct Search<'a> {
    job: &'a Job<'a>,
    reader: ContentReader<'a>,
    /// Those of the same chain; read once something is lost.
    backups: Option<Vec<BackupRow>>,
    left_bytes: u64,
    pub lost: Vec<LostFile>,
}

impl<'a> Search<'a> {
    pub fn new(job: &'a Job<'a>) -> Self {
        let reader = ContentReader::new(job.copies);
        Self { job, reader, backups: None, left_bytes: MOST_READ_BYTES, lost: Vec::new() }
    }

    /// The item with the next place in which its content may be; None when there is none, and that was reported.
    pub fn again(&mut self, Lost { mut item, why }: Lost) -> Result<Option<Item>, RestoreError> {
        let Node::File(content) = &mut item.entry.node else { return Ok(None) };
        let mut elsewhere = match item.elsewhere.take() {
            Some(elsewhere) => elsewhere,
            None => Elsewhere { contents: self.same(content)?, first: Box::new((content.clone(), why)) },
        };
        if let Some(next) = elsewhere.contents.pop() {
            *content = next;
            item.elsewhere = Some(elsewhere);
            return Ok(Some(*item));
        }
        self.report(&item.entry.path, &elsewhere.first)?;
        self.job.report.monitor.advance(1, item.entry.size_bytes());
        Ok(None)
    }

    /// The same content in other places of the archives, the newest last.
    fn same(&self, content: &Content) -> Result<Vec<Content>, CatalogError> {
        let at = |content: &Content| (content.archive, content.tar_offset, content.patch.is_some());
        let mut found: Vec<Content> = Vec::new();
        for stored in self.job.catalog.with_content(self.job.request.backup.chain, &content.sha256)? {
            let Node::File(other) = stored.entry.node else { continue };
            let is_same = other.sparse == content.sparse && other.size_bytes == content.size_bytes;
            if is_same && at(&other) != at(content) && !found.iter().any(|known| at(known) == at(&other)) {
                self.learn(&other)?;
                found.push(other);
            }
        }
        found.reverse();
        Ok(found)
    }

    fn learn(&self, content: &Content) -> Result<(), CatalogError> {
        content.archives().try_for_each(|archive| self.job.copies.learn(self.job.catalog, archive))
    }

    fn report(&mut self, path: &ArchivePath, (content, why): &(Content, String)) -> Result<(), CatalogError> {
        let mut message = why.clone();
        if self.lost.len() < MAX_NAMED_PROBLEMS {
            let out_of_reach = self.job.copies.out_of_reach(content);
            for place in &out_of_reach {
                message.push_str(&format!("; {place} should have a copy, and cannot be read now"));
            }
            let other_version = self.other_version(path, content)?;
            if let Some(other) = &other_version {
                message.push_str(&format!("; {other}"));
            }
            self.lost.push(LostFile { path: path.to_string(), other_version, out_of_reach });
        }
        self.job.report.problem(ProblemKind::Damaged, path, message);
        Ok(())
    }

    /// The version nearest in time that some listed backup shows, and that is whole.
    fn other_version(&mut self, path: &ArchivePath, lost: &Content) -> Result<Option<OtherVersion>, CatalogError> {
        let request = &self.job.request.backup;
        if self.backups.is_none() {
            self.backups = Some(self.job.catalog.backups_of(request.chain)?);
        }
        let mut found: Vec<(&BackupRow, Content)> = Vec::new();
        for stored in self.job.catalog.states(request.chain, path)? {
            let Node::File(content) = stored.entry.node else { continue };
            let interval = (stored.first_at, stored.last_at);
            let backups = self.backups.iter().flatten().filter(|backup| backup.shows(interval, path.source()));
            let nearest = backups.min_by_key(|backup| backup.at.abs_diff(request.at));
            found.extend(nearest.filter(|_| content.sha256 != lost.sha256).map(|backup| (backup, content)));
        }
        found.sort_by_key(|(backup, _)| backup.at.abs_diff(request.at));
        for (backup, content) in found.into_iter().take(MOST_VERSIONS) {
            if content.size_bytes > self.left_bytes || self.job.report.monitor.should_stop() {
                break;
            }
            content.archives().try_for_each(|archive| self.job.copies.learn(self.job.catalog, archive))?;
            self.left_bytes -= content.size_bytes;
            if self.reader.is_whole(&content) {
                return Ok(Some(OtherVersion::of(backup, request.at)));
            }
        }
        Ok(None)
    }
}
