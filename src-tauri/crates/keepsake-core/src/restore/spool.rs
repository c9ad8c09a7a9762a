//! The folders whose owner, mode and time are set when everything is in them: kept in memory up to a
//! bound, beyond it in a nameless temporary file, and taken out last first.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::SpooledTempFile;

use crate::file_facts::{FileFacts, FileTime, Xattr};

const MEMORY_BYTES: usize = 1 << 20;

/// A folder to be finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unfinished {
    /// Which top it belongs to.
    pub key: Vec<u8>,
    /// Its path relative to the top.
    pub path: Vec<u8>,
    /// Its path in the backup, for messages.
    pub shown: String,
    mode: u32,
    uid: u32,
    gid: u32,
    secs: i64,
    nanos: u32,
    xattrs: Vec<Xattr>,
    /// It was there before, and may have attributes that the backup does not know.
    pub existed: bool,
    /// Only its mode is put back: it was made writable for a while.
    pub only_mode: bool,
}

impl Unfinished {
    pub fn new(key: &[u8], path: &[u8], shown: String, facts: &FileFacts) -> Self {
        Self {
            key: key.to_vec(),
            path: path.to_vec(),
            shown,
            mode: facts.mode,
            uid: facts.uid,
            gid: facts.gid,
            secs: facts.mtime.secs,
            nanos: facts.mtime.nanos,
            xattrs: facts.xattrs.clone(),
            existed: false,
            only_mode: false,
        }
    }

    pub fn facts(&self) -> FileFacts {
        FileFacts {
            mode: self.mode,
            uid: self.uid,
            gid: self.gid,
            mtime: FileTime { secs: self.secs, nanos: self.nanos },
            xattrs: self.xattrs.clone(),
            ..FileFacts::default()
        }
    }
}

/// Folders, last in, first out.
#[derive(Debug)]
pub(crate) struct FolderSpool {
    file: SpooledTempFile,
    length: u64,
}

impl FolderSpool {
    /// `folder` takes the temporary file, if one is needed.
    pub fn new(folder: &Path) -> Self {
        Self { file: tempfile::spooled_tempfile_in(MEMORY_BYTES, folder), length: 0 }
    }

    pub fn push(&mut self, folder: &Unfinished) -> io::Result<()> {
        let mut record = postcard::to_stdvec(folder).map_err(io::Error::other)?;
        // Its length comes behind it, because it is read backwards.
        record.extend_from_slice(&(record.len() as u32).to_le_bytes());
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(&record)?;
        self.length += record.len() as u64;
        Ok(())
    }

    pub fn pop(&mut self) -> io::Result<Option<Unfinished>> {
        if self.length == 0 {
            return Ok(None);
        }
        let mut length = [0; 4];
        self.file.seek(SeekFrom::Start(self.length - 4))?;
        self.file.read_exact(&mut length)?;
        let mut record = vec![0; u32::from_le_bytes(length) as usize];
        self.length -= 4 + record.len() as u64;
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.read_exact(&mut record)?;
        postcard::from_bytes(&record).map(Some).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_comes_first_also_beyond_memory() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = FolderSpool::new(dir.path());
        let facts = FileFacts { mode: 0o755, ..FileFacts::default() };
        let folder =
            |i: usize| Unfinished::new(b"k", format!("{i}{}", "x".repeat(1000)).as_bytes(), i.to_string(), &facts);
        for i in 0..1500 {
            spool.push(&folder(i)).unwrap();
        }
        for i in (0..1500).rev() {
            assert_eq!(spool.pop().unwrap(), Some(folder(i)));
        }
        assert_eq!(spool.pop().unwrap(), None);
    }
}
