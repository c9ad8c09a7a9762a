//! The archives of one backup, one after the other: where each begins and ends, its list of files and its
//! metadata.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use tempfile::SpooledTempFile;

use super::Job;
use super::check::check_written;
use super::leftovers;
use super::notes::Notes;
use super::recording::WrittenArchive;
use super::request::BackupError;
use super::spool::bytes_spool;
use crate::archive::by_hand::ByHand;
use crate::archive::info_text::InfoText;
use crate::archive::manifest::{self, Entry, Line, Node, parse_line};
use crate::archive::metadata::{Metadata, NeededArchive, SourceSummary};
use crate::archive::name::{archive_name, sidecar_name};
use crate::archive::tar_entry::{TarEntry, padding, push_header};
use crate::archive::writer::{ArchiveWriter, Tail};
use crate::archive::{FORMAT_VERSION, INFO_NAME};
use crate::archive_path::ArchivePath;
use crate::atomic_file::{self, AtomicFile};
use crate::catalog::ArchiveRow;
use crate::destinations::folder::sidecar_line;
use crate::error::FileError;
use crate::file_facts::{FileFacts, FileTime};

/// Room for what an archive's end needs beside its list.
const TAIL_BYTES: u64 = 1 << 16;

/// The archives of a backup while it is written.
pub(super) struct Parts<'j, 'a> {
    job: &'j Job<'a>,
    /// Older archives needed, in the order of their numbers.
    needed: Vec<NeededArchive>,
    /// The number of an archive in the list, from 1, by its id in the catalog.
    numbers: HashMap<u32, u32>,
    /// None only while one part has ended and the next has not begun.
    writer: Option<ArchiveWriter>,
    path: PathBuf,
    part: u32,
    /// The current part's id in the catalog.
    pub(super) id: u32,
    /// Lines of the current part, and short lines of what is as it was.
    lines: Lines,
    /// What the last part will list of the parts before it.
    earlier_lines: Lines,
    /// As `earlier_lines`, of the parts of what is renewed: in order by itself.
    renewed_lines: Option<Lines>,
    pub(super) by_hand: ByHand,
    written: Vec<WrittenArchive>,
    has_content: bool,
    scratch: Vec<u8>,
}

struct Lines {
    spool: SpooledTempFile,
    buffer: Vec<u8>,
    bytes: u64,
}

impl Lines {
    fn new(job: &Job<'_>) -> Self {
        Self { spool: bytes_spool(&job.request.data_dir), buffer: Vec::with_capacity(1 << 16), bytes: 0 }
    }
    /// Appends what `write` puts into the buffer.
    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> std::io::Result<()> {
        let before = self.buffer.len();
        write(&mut self.buffer);
        self.bytes += (self.buffer.len() - before) as u64;
        if self.buffer.len() > 1 << 15 { self.flush() } else { Ok(()) }
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.spool.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
    fn read(mut self) -> std::io::Result<(u64, SpooledTempFile)> {
        self.flush()?;
        self.spool.seek(SeekFrom::Start(0))?;
        Ok((self.bytes, self.spool))
    }
}

impl<'j, 'a> Parts<'j, 'a> {
    pub(super) fn begin(job: &'j Job<'a>, needed: &[ArchiveRow], first_id: u32) -> Result<Self, BackupError> {
        let numbers = needed.iter().zip(1..).map(|(archive, number)| (archive.id, number)).collect();
        let needed = needed
            .iter()
            .map(|a| NeededArchive { name: a.name.clone(), sha256: crate::hash::hex(&a.sha256), bytes: a.bytes })
            .collect();
        let path = job.request.backup_dir.join(archive_name(&job.name, 1));
        let mut parts = Self {
            job,
            needed,
            numbers,
            writer: Some(ArchiveWriter::create(&path, job.request.compression, entry_time(job))?),
            path,
            part: 1,
            id: first_id,
            lines: Lines::new(job),
            earlier_lines: Lines::new(job),
            renewed_lines: None,
            by_hand: ByHand::new(&job.name, &job.request.data_dir),
            written: Vec::new(),
            has_content: false,
            scratch: Vec::new(),
        };
        parts.put_info()?;
        Ok(parts)
    }

    /// The current part's tar stream.
    pub(super) fn writer(&mut self) -> &mut ArchiveWriter {
        self.writer.as_mut().expect("a part has begun")
    }

    /// `BACKUP_INFO.txt`, the first entry.
    fn put_info(&mut self) -> Result<(), BackupError> {
        let needs: Vec<String> = self.needed.iter().map(|need| need.name.clone()).collect();
        let sources: Vec<_> =
            self.job.request.sources.iter().map(|s| (s.name.clone(), s.path.display().to_string())).collect();
        let text = InfoText {
            computer: &self.job.request.computer.0,
            plan: &self.job.request.plan,
            backup: &self.job.name,
            time: &self.job.time.strftime("%A %-d %B %Y, %H:%M:%S %:z").to_string(),
            part: self.part,
            needs: &needs,
            sources: &sources,
        }
        .render();
        let facts = FileFacts { mode: 0o600, mtime: entry_time(self.job), ..FileFacts::default() };
        let mut header = Vec::new();
        push_header(
            &mut header,
            &TarEntry {
                path: INFO_NAME.as_bytes(),
                kind: tar::EntryType::Regular,
                stored_bytes: text.len() as u64,
                sparse_size_bytes: None,
                target: None,
                facts: &facts,
                user: "",
                group: "",
            },
        );
        self.writer().put(&header)?;
        self.writer().put(text.as_bytes())?;
        Ok(self.writer().put_zeros(padding(text.len() as u64) as u64)?)
    }

    /// True when older archives that hold this id may be built on.
    pub(super) fn may_need(&self, id: u32) -> bool {
        id == self.id || self.numbers.contains_key(&id)
    }

    /// Makes room for `stored_bytes` of content, in a further part when this one would grow too large. A
    /// single file that is larger than an archive may be makes a larger one.
    pub(super) fn make_room(&mut self, stored_bytes: u64) -> Result<(), BackupError> {
        let first = !std::mem::replace(&mut self.has_content, true);
        if first { Ok(()) } else { self.room_for(stored_bytes) }
    }

    /// As [`Parts::make_room`], for a header alone.
    pub(super) fn make_room_for_header(&mut self) -> Result<(), BackupError> {
        if self.has_content { self.room_for(0) } else { Ok(()) }
    }

    fn room_for(&mut self, stored_bytes: u64) -> Result<(), BackupError> {
        let renewed = self.renewed_lines.as_ref().map_or(0, |lines| lines.bytes);
        let listed = (self.lines.bytes + self.earlier_lines.bytes + renewed) / 2 + self.writer().table_bytes();
        if self.writer().length_bound()? + stored_bytes + listed + TAIL_BYTES <= self.job.request.max_archive_bytes {
            return Ok(());
        }
        self.next_part()
    }

    /// Ends the parts of what is renewed, for which the walk begins anew behind this.
    pub(super) fn end_renewed(&mut self) -> Result<(), BackupError> {
        self.next_part()?;
        self.has_content = false;
        self.renewed_lines = Some(std::mem::replace(&mut self.earlier_lines, Lines::new(self.job)));
        Ok(())
    }

    fn next_part(&mut self) -> Result<(), BackupError> {
        self.finish_part()?;
        self.part += 1;
        self.id += 1;
        self.path = self.job.request.backup_dir.join(archive_name(&self.job.name, self.part));
        self.writer = Some(ArchiveWriter::create(&self.path, self.job.request.compression, entry_time(self.job))?);
        self.put_info()
    }

    /// Writes a header into the tar stream.
    pub(super) fn put_header(&mut self, entry: &TarEntry<'_>) -> Result<(), BackupError> {
        self.scratch.clear();
        push_header(&mut self.scratch, entry);
        let writer = self.writer.as_mut().expect("a part has begun");
        Ok(writer.put(&self.scratch)?)
    }

    /// Describes something in full. Its content's archive is an id of the catalog.
    pub(super) fn describe(&mut self, entry: &mut Entry) -> Result<(), BackupError> {
        let Node::File(content) = &mut entry.node else {
            let pushed = self.lines.push(|out| manifest::write_full(out, entry));
            return self.spooled(pushed);
        };
        let in_catalog = content.clone();
        content.renumber(|id| if id == self.id { 0 } else { self.numbers[&id] });
        let pushed = self.lines.push(|out| manifest::write_full(out, entry));
        entry.node = Node::File(in_catalog);
        self.spooled(pushed)
    }

    /// Notes that something is as an older archive describes it.
    pub(super) fn describe_as_in(&mut self, path: &[u8], archive_id: u32) -> Result<(), BackupError> {
        let number = self.numbers[&archive_id];
        let pushed = self.lines.push(|out| manifest::write_as_in(out, path, number));
        self.spooled(pushed)
    }

    fn spooled<T>(&self, result: std::io::Result<T>) -> Result<T, BackupError> {
        Ok(result.map_err(FileError::on("keep the list of files in", &self.job.request.data_dir))?)
    }

    fn metadata(&self, last: Option<(&[SourceSummary], &Notes<'_>)>) -> Metadata {
        let (computer, computer_id) = self.job.request.computer.clone();
        Metadata {
            format: FORMAT_VERSION,
            tool: concat!("keepsake ", env!("CARGO_PKG_VERSION")).into(),
            computer,
            computer_id,
            plan: self.job.request.plan.clone(),
            backup: self.job.name.clone(),
            part: self.part,
            last: last.is_some(),
            time: self.job.time.to_string(),
            time_secs: self.job.at(),
            sources: last.map(|(sources, _)| sources.to_vec()).unwrap_or_default(),
            problems: last.map(|(_, notes)| notes.problems.clone()).unwrap_or_default(),
            problem_count: last.map_or(0, |(_, notes)| notes.problem_count),
            archives_needed: self.needed.clone(),
        }
    }

    /// Ends a part that is not the last: it lists what it describes itself, and the last part will say so.
    fn finish_part(&mut self) -> Result<(), BackupError> {
        let metadata = self.metadata(None);
        let number = self.needed.len() as u32 + 1;
        let lines = std::mem::replace(&mut self.lines, Lines::new(self.job));
        let mut own = Lines::new(self.job);
        let sorted = self.sort_lines(lines, &mut own, number);
        self.spooled(sorted)?;
        let (bytes, mut spool) = self.spooled(own.read())?;
        self.write_end(&metadata, None, (bytes, &mut spool))?;
        let written = self.written.last().expect("just written");
        self.needed.push(NeededArchive {
            name: written.name.clone(),
            sha256: crate::hash::hex(&written.sha256),
            bytes: written.bytes,
        });
        self.numbers.insert(self.id, number);
        Ok(())
    }

    /// Full lines are the part's own; for the last part's list they become short ones.
    fn sort_lines(&mut self, lines: Lines, own: &mut Lines, number: u32) -> std::io::Result<()> {
        let (_, spool) = lines.read()?;
        let mut reader = BufReader::new(spool);
        let mut line = Vec::new();
        loop {
            line.clear();
            if reader.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            match parse_line(line.trim_ascii_end(), number) {
                Ok(Line::Full(entry)) => {
                    own.push(|out| out.extend_from_slice(&line))?;
                    self.earlier_lines.push(|out| manifest::write_as_in(out, entry.path.as_bytes(), number))?;
                }
                Ok(Line::AsIn { .. }) => self.earlier_lines.push(|out| out.extend_from_slice(&line))?,
                Err(e) => return Err(std::io::Error::other(e)),
            }
        }
    }

    /// Ends the last part and gives it its name. The archives are then all there is of the backup.
    pub(super) fn finish(
        mut self,
        sources: &[SourceSummary],
        notes: &Notes<'_>,
    ) -> Result<Vec<WrittenArchive>, BackupError> {
        let metadata = self.metadata(Some((sources, notes)));
        let by_hand = std::mem::replace(&mut self.by_hand, ByHand::new(&self.job.name, &self.job.request.data_dir))
            .finish(!self.needed.is_empty());
        let by_hand = self.spooled(by_hand)?;
        let earlier = std::mem::replace(&mut self.earlier_lines, Lines::new(self.job)).read();
        let (earlier_bytes, earlier) = self.spooled(earlier)?;
        let lines = std::mem::replace(&mut self.lines, Lines::new(self.job)).read();
        let (bytes, lines) = self.spooled(lines)?;
        let mut listed = earlier.chain(lines);
        match self.renewed_lines.take() {
            None => self.write_end(&metadata, by_hand, (earlier_bytes + bytes, &mut listed))?,
            Some(renewed) => {
                let (_, renewed) = self.spooled(renewed.read())?;
                let mut all = Lines::new(self.job);
                self.spooled(merge_lines(renewed, &mut listed, self.needed.len() as u32 + 1, &mut all))?;
                let (bytes, mut all) = self.spooled(all.read())?;
                self.write_end(&metadata, by_hand, (bytes, &mut all))?;
            }
        }
        Ok(std::mem::take(&mut self.written))
    }

    /// Writes the tail, makes the file durable, gives it and its checksum file their names, looks at it.
    fn write_end(
        &mut self,
        metadata: &Metadata,
        by_hand: Option<(u64, Box<dyn Read>)>,
        manifest: (u64, &mut dyn Read),
    ) -> Result<(), BackupError> {
        let name = archive_name(&self.job.name, self.part);
        let json = serde_json::to_vec_pretty(metadata).expect("strings and numbers can be written to memory");
        let writer = self.writer.take().expect("a part that ends has begun");
        let (length, lines) = manifest;
        let finished = writer.finish(Tail { by_hand, manifest: (length, lines), metadata: &json })?;
        let mut file = finished.file;
        file.sync()?;
        let sidecar = self.job.request.backup_dir.join(sidecar_name(&name));
        let mut sum = AtomicFile::create(&sidecar)?;
        let text = sidecar_line(&name, &finished.sha256);
        sum.write_all(text.as_bytes()).map_err(FileError::on("write", &sidecar))?;
        sum.sync()?;
        check_written(file.partial_path(), metadata, finished.bytes)?;
        if !metadata.last {
            let earlier = self.written.iter().map(|written| written.name.clone());
            let parts: Vec<String> = earlier.chain([name.clone()]).collect();
            leftovers::note_parts(self.job.request, &self.job.name, &parts)?;
        }
        // The archive first: a checksum file alone would make `sha256sum -c *.sha256` fail, and one that is missing
        // is written by the next run.
        file.commit_name_only()?;
        self.written.push(WrittenArchive {
            id: self.id,
            name,
            metadata: metadata.clone(),
            bytes: finished.bytes,
            sha256: finished.sha256,
        });
        sum.commit_name_only()?;
        Ok(atomic_file::sync_folder(&self.job.request.backup_dir)?)
    }

    /// Removes the parts that were written, because the backup will not be finished.
    fn abandon(&mut self) {
        if self.written.is_empty() {
            return;
        }
        for written in self.written.drain(..) {
            // What led here is the error to report; the next run removes what stays.
            let path = self.job.request.backup_dir.join(&written.name);
            let _ = atomic_file::remove_file(&path);
            let _ = atomic_file::remove_file(&self.job.request.backup_dir.join(sidecar_name(&written.name)));
        }
        let _ = leftovers::forget_parts(self.job.request);
    }
}

impl Drop for Parts<'_, '_> {
    fn drop(&mut self) {
        self.abandon();
    }
}

/// Merges two lists, each in the walk's order, into one. `archives` is how many archives its lines may name.
fn merge_lines(one: impl Read, other: &mut dyn Read, archives: u32, into: &mut Lines) -> std::io::Result<()> {
    let mut lists = [PeekedLines::new(Box::new(one), archives)?, PeekedLines::new(Box::new(other), archives)?];
    loop {
        let first = match [&lists[0].path, &lists[1].path] {
            [None, None] => return Ok(()),
            [Some(_), None] => 0,
            [None, Some(_)] => 1,
            [Some(one), Some(other)] => usize::from(other < one),
        };
        into.push(|out| out.extend_from_slice(&lists[first].line))?;
        lists[first].advance()?;
    }
}

/// A list of which the next line can be looked at.
struct PeekedLines<'r> {
    lines: BufReader<Box<dyn Read + 'r>>,
    archives: u32,
    line: Vec<u8>,
    /// The path of the line; None at the end.
    path: Option<ArchivePath>,
}

impl<'r> PeekedLines<'r> {
    fn new(lines: Box<dyn Read + 'r>, archives: u32) -> std::io::Result<Self> {
        let mut peeked = Self { lines: BufReader::new(lines), archives, line: Vec::new(), path: None };
        peeked.advance()?;
        Ok(peeked)
    }

    fn advance(&mut self) -> std::io::Result<()> {
        self.line.clear();
        self.path = match self.lines.read_until(b'\n', &mut self.line)? {
            0 => None,
            _ => {
                let line = parse_line(self.line.trim_ascii_end(), self.archives).map_err(std::io::Error::other)?;
                Some(line.path().clone())
            }
        };
        Ok(())
    }
}

/// The time that an archive's own entries carry.
fn entry_time(job: &Job<'_>) -> FileTime {
    FileTime { secs: job.at(), nanos: 0 }
}
