//! The journal of a restore in place: what it is about to replace and to make, written and forced to the
//! medium before it happens, so that [`crate::undo`] can take it back after a crash at any moment.
//! One JSON object on each line of `undo/ID.jsonl` in the data folder.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::atomic_file::{self, Step, checkpoint};
use crate::error::FileError;
use crate::file_facts::{FileFacts, FileTime, Xattr};

/// The folder of all journals, in the data folder.
pub(crate) const JOURNALS: &str = "undo";
/// The ending of a journal's name.
pub(crate) const ENDING: &str = ".jsonl";
/// What its name ends with once it was undone completely.
pub(crate) const UNDONE_ENDING: &str = ".undone";
/// The longest line that is read: a path and attributes.
const MAX_LINE_BYTES: usize = 4 << 20;

/// Bytes that are mostly text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Bytes {
    Text(String),
    Base64 { base64: String },
}

impl Bytes {
    pub fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(_) => Self::Base64 { base64: BASE64.encode(bytes) },
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            // Written by this program: anything else is a path that does not exist.
            Self::Base64 { base64 } => BASE64.decode(base64).unwrap_or_default(),
        }
    }
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub(crate) enum Line {
    /// The first line.
    Begin(Begin),
    /// All before this was on the medium before this was written. What follows the last of these may have been
    /// torn by a power cut, and then nothing of it was done.
    Synced,
    /// A folder is made.
    Folder { path: Bytes },
    /// A folder that was there gets other facts; these are the old ones.
    Facts { path: Bytes, facts: OldFacts },
    /// A file or link is made where nothing was.
    New { path: Bytes, made: Made },
    /// What stands there is moved aside; then this is put there, or a folder when it is None. `was` is what was
    /// moved aside when that is a file or link; journals of earlier versions do not know it.
    Replaced {
        path: Bytes,
        made: Option<Made>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        was: Option<Made>,
    },
}

/// What a journal is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begin {
    pub id: String,
    pub at: i64,
    pub time: String,
    pub backup: String,
    pub backup_time: String,
    /// Each source with its folder.
    pub roots: Vec<(Bytes, Bytes)>,
}

/// How a file or link is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Made {
    pub link: bool,
    pub size: u64,
    pub secs: i64,
    pub nanos: u32,
}

impl Made {
    /// What stands there now; None when that is neither a file nor a link.
    pub fn of(stat: &rustix::fs::Stat) -> Option<Self> {
        use rustix::fs::FileType;
        let link = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => false,
            FileType::Symlink => true,
            _ => return None,
        };
        let FileTime { secs, nanos } = super::facts::mtime_of(stat);
        Some(Self { link, size: u64::try_from(stat.st_size).ok()?, secs, nanos })
    }

    /// True when nobody has changed it since. Disks that keep times less exactly are allowed for.
    pub fn is(&self, stat: &rustix::fs::Stat) -> bool {
        use rustix::fs::FileType;
        let kind = if self.link { FileType::Symlink } else { FileType::RegularFile };
        let mtime = super::facts::mtime_of(stat);
        let exact = mtime == FileTime { secs: self.secs, nanos: self.nanos };
        let rounded = mtime.nanos == 0 && mtime.secs.abs_diff(self.secs) <= 2;
        FileType::from_raw_mode(stat.st_mode) == kind
            && u64::try_from(stat.st_size) == Ok(self.size)
            && (exact || rounded)
    }
}

/// [`FileFacts`] as they stand in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OldFacts {
    mode: u32,
    uid: u32,
    gid: u32,
    secs: i64,
    nanos: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    xattrs: Vec<(Bytes, Bytes)>,
}

impl OldFacts {
    pub fn of(facts: &FileFacts) -> Self {
        Self {
            mode: facts.mode,
            uid: facts.uid,
            gid: facts.gid,
            secs: facts.mtime.secs,
            nanos: facts.mtime.nanos,
            xattrs: facts.xattrs.iter().map(|x| (Bytes::of(&x.name), Bytes::of(&x.value))).collect(),
        }
    }

    pub fn facts(&self) -> FileFacts {
        FileFacts {
            mode: self.mode & 0o7777,
            uid: self.uid,
            gid: self.gid,
            mtime: FileTime { secs: self.secs, nanos: self.nanos },
            xattrs: self.xattrs.iter().map(|(n, v)| Xattr { name: n.bytes(), value: v.bytes() }).collect(),
            ..FileFacts::default()
        }
    }
}

/// The journal's file.
pub(crate) fn path_of(data_dir: &Path, id: &str) -> PathBuf {
    data_dir.join(JOURNALS).join(format!("{id}{ENDING}"))
}

/// A journal that is being written.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    buffer: Vec<u8>,
    unsynced: bool,
    /// The next line follows a sync.
    synced: bool,
}

impl Journal {
    /// Begins a journal; `begin.id` gets a number behind it where there is one of that name.
    ///
    /// # Errors
    /// [`FileError`] when the data folder cannot be written.
    pub fn create(data_dir: &Path, begin: &mut Begin) -> Result<Self, FileError> {
        let folder = data_dir.join(JOURNALS);
        atomic_file::create_folders(&folder)?;
        let wanted = begin.id.clone();
        let mut number = 1;
        let taken = |id: &str| path_of(data_dir, id).exists() || folder.join(format!("{id}{UNDONE_ENDING}")).exists();
        while taken(&begin.id) {
            number += 1;
            begin.id = format!("{wanted}-{number}");
        }
        let path = path_of(data_dir, &begin.id);
        let file = checkpoint(Step::Create, &path)
            .and_then(|()| OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path))
            .map_err(FileError::on("create", &path))?;
        let mut journal = Self { file, path, buffer: Vec::new(), unsynced: false, synced: false };
        journal.add(&Line::Begin(begin.clone()))?;
        journal.sync()?;
        atomic_file::sync_folder(&folder)?;
        // The folder itself can be as new as the journal.
        atomic_file::sync_folder(data_dir)?;
        Ok(journal)
    }

    /// Adds a line; it counts once [`Journal::sync`] has returned.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be written.
    pub fn add(&mut self, line: &Line) -> Result<(), FileError> {
        if std::mem::take(&mut self.synced) {
            self.push(&Line::Synced);
        }
        self.push(line);
        self.unsynced = true;
        if self.buffer.len() >= 1 << 18 { self.flush() } else { Ok(()) }
    }

    fn push(&mut self, line: &Line) {
        serde_json::to_writer(&mut self.buffer, line).expect("strings and numbers can be written to memory");
        self.buffer.push(b'\n');
    }

    fn flush(&mut self) -> Result<(), FileError> {
        checkpoint(Step::Write, &self.path)
            .and_then(|()| self.file.write_all(&self.buffer))
            .map_err(FileError::on("write", &self.path))?;
        self.buffer.clear();
        Ok(())
    }

    /// Forces all lines to the medium.
    ///
    /// # Errors
    /// [`FileError`]; then nothing of what was added may be done.
    pub fn sync(&mut self) -> Result<(), FileError> {
        if !self.unsynced {
            return Ok(());
        }
        self.flush()?;
        checkpoint(Step::Sync, &self.path)
            .and_then(|()| self.file.sync_data())
            .map_err(FileError::on("finish writing", &self.path))?;
        self.unsynced = false;
        self.synced = true;
        Ok(())
    }
}

/// The first line of a journal.
///
/// # Errors
/// When it cannot be read or does not begin as one.
pub(crate) fn read_begin(path: &Path) -> io::Result<Begin> {
    use std::io::BufRead;
    let mut line = Vec::new();
    io::Read::take(io::BufReader::new(File::open(path)?), MAX_LINE_BYTES as u64).read_until(b'\n', &mut line)?;
    match serde_json::from_slice(&line) {
        Ok(Line::Begin(begin)) => Ok(begin),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it does not begin as the journal of a restore")),
    }
}

/// The lines of a journal, the last first, with memory for one line. What a crash cut off or tore, behind the last
/// [`Line::Synced`], is left out: what it tells did not happen yet.
#[derive(Debug)]
pub(crate) struct Backwards {
    file: File,
    /// Where in the file `held` begins.
    at: u64,
    held: Vec<u8>,
    /// No [`Line::Synced`] was met yet.
    may_be_torn: bool,
}

impl Backwards {
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let at = file.metadata()?.len();
        Ok(Self { file, at, held: Vec::new(), may_be_torn: true })
    }

    fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        // How much of `held` is known to have no newline.
        let mut searched = 0;
        loop {
            let unsearched = self.held.len() - searched;
            if let Some(newline) = self.held[..unsearched].iter().rposition(|&b| b == b'\n') {
                let line = self.held.split_off(newline + 1);
                self.held.pop();
                return Ok(Some(line));
            }
            searched = self.held.len();
            if self.at == 0 {
                return Ok((!self.held.is_empty()).then(|| std::mem::take(&mut self.held)));
            }
            if self.held.len() > MAX_LINE_BYTES {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
            }
            let count = self.at.min(1 << 16);
            self.at -= count;
            let mut more = vec![0; count as usize];
            self.file.read_exact_at(&mut more, self.at)?;
            more.extend_from_slice(&self.held);
            self.held = more;
        }
    }
}

impl Iterator for Backwards {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_line() {
                Ok(Some(line)) => match serde_json::from_slice(&line) {
                    Ok(Line::Synced) => self.may_be_torn = false,
                    Ok(line) => return Some(Ok(line)),
                    Err(_) if self.may_be_torn => {}
                    Err(e) => {
                        let why = format!("a line is damaged ({e})");
                        return Some(Err(io::Error::new(io::ErrorKind::InvalidData, why)));
                    }
                },
                Ok(None) => return None,
                // A hole where newlines were.
                Err(e) if self.may_be_torn && e.kind() == io::ErrorKind::InvalidData => self.held.clear(),
                Err(e) => {
                    self.at = 0;
                    self.held.clear();
                    return Some(Err(e));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin() -> Begin {
        let roots = vec![(Bytes::of(b"home"), Bytes::of(b"/h\xff"))];
        Begin { id: "x".into(), at: 1, time: String::new(), backup: "b".into(), backup_time: String::new(), roots }
    }

    #[test]
    fn a_journal_is_read_backwards_and_a_cut_line_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let mut head = begin();
        let mut journal = Journal::create(dir.path(), &mut head).unwrap();
        let lines: Vec<Line> = (0..3000u32)
            .map(|i| Line::Folder { path: Bytes::of(&[b"d".repeat(90), vec![b'a', i as u8]].concat()) })
            .collect();
        for line in &lines {
            journal.add(line).unwrap();
        }
        journal.sync().unwrap();
        let path = path_of(dir.path(), "x");
        let back: Vec<Line> = Backwards::open(&path).unwrap().map(Result::unwrap).collect();
        assert_eq!(back.len(), lines.len() + 1);
        assert!(back.iter().rev().skip(1).eq(lines.iter()));
        assert_eq!(back.last(), Some(&Line::Begin(head.clone())));
        assert_eq!(read_begin(&path).unwrap(), head);

        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        assert_eq!(Backwards::open(&path).unwrap().count(), lines.len());

        let torn = whole.len() - 400..whole.len() - 300;
        let with_hole = |mut bytes: Vec<u8>| {
            bytes[torn.clone()].fill(0);
            std::fs::write(&path, bytes).unwrap();
            Backwards::open(&path).unwrap().filter(Result::is_err).count()
        };
        assert_eq!(with_hole(whole.clone()), 0, "what was not synced may be torn");
        journal.sync().unwrap();
        std::fs::write(&path, &whole).unwrap();
        journal.add(&lines[0]).unwrap();
        journal.sync().unwrap();
        assert_eq!(with_hole(std::fs::read(&path).unwrap()), 1, "what was synced is damaged");
        let mut second = begin();
        Journal::create(dir.path(), &mut second).unwrap();
        assert_eq!(second.id, "x-2");
    }
}
