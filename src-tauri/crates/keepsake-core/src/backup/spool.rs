//! Records that are kept between the passes: in memory while they are few, in a nameless file beyond.

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};
use tempfile::SpooledTempFile;

/// Kept in memory up to this.
const MEMORY_BYTES: usize = 2 << 20;

/// A nameless temporary file in `folder`, in memory while it is small.
pub(super) fn bytes_spool(folder: &Path) -> SpooledTempFile {
    tempfile::spooled_tempfile_in(MEMORY_BYTES, folder)
}

/// A spool that is being filled.
pub(super) struct SpoolWriter<T> {
    file: BufWriter<SpooledTempFile>,
    scratch: Vec<u8>,
    records: PhantomData<T>,
}

impl<T: Serialize> SpoolWriter<T> {
    pub(super) fn new(folder: &Path) -> Self {
        Self { file: BufWriter::with_capacity(1 << 16, bytes_spool(folder)), scratch: Vec::new(), records: PhantomData }
    }

    pub(super) fn push(&mut self, record: &T) -> io::Result<()> {
        self.scratch.clear();
        let scratch = std::mem::take(&mut self.scratch);
        self.scratch = postcard::to_extend(record, scratch).map_err(io::Error::other)?;
        self.file.write_all(&(self.scratch.len() as u32).to_le_bytes())?;
        self.file.write_all(&self.scratch)
    }

    pub(super) fn finish(self) -> io::Result<SpoolReader<T>> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(SpoolReader { file: BufReader::with_capacity(1 << 16, file), scratch: Vec::new(), records: PhantomData })
    }
}

/// A spool that is being read.
pub(super) struct SpoolReader<T> {
    file: BufReader<SpooledTempFile>,
    scratch: Vec<u8>,
    records: PhantomData<T>,
}

impl<T: DeserializeOwned> SpoolReader<T> {
    pub(super) fn next_record(&mut self) -> io::Result<Option<T>> {
        let mut length = [0; 4];
        match self.file.read_exact(&mut length) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(e) => return Err(e),
        }
        self.scratch.resize(u32::from_le_bytes(length) as usize, 0);
        self.file.read_exact(&mut self.scratch)?;
        postcard::from_bytes(&self.scratch).map(Some).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_in_order_beyond_memory() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = SpoolWriter::<(u32, Vec<u8>)>::new(dir.path());
        for i in 0..5000u32 {
            spool.push(&(i, vec![i as u8; 1000])).unwrap();
        }
        let mut reader = spool.finish().unwrap();
        for i in 0..5000u32 {
            assert_eq!(reader.next_record().unwrap(), Some((i, vec![i as u8; 1000])));
        }
        assert_eq!(reader.next_record().unwrap(), None);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "it has no name");
    }
}
