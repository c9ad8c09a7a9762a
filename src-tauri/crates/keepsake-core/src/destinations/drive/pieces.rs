//! One file on a drive, in pieces where its file system takes none so large: FAT32 ends at 4 GiB less one byte
//! (Microsoft's "FAT32 File System Specification", FATGEN103). `cat NAME.[0-9]*` joins them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fs_err as fs;
use ring::digest;
use rustix::fs::{Advice, fadvise};
use std::os::unix::fs::FileExt;

use crate::archive::reader::ReadAt;
use crate::atomic_file::{AtomicFile, remove_file};
use crate::error::FileError;
use crate::hash::finish;

/// The most pieces: three digits.
const MOST_PIECES: usize = 999;

/// The name of a piece, from 1.
pub(super) fn piece_name(stored: &str, number: usize) -> String {
    format!("{stored}.{number:03}")
}

/// The name of the whole in that of a piece.
pub(in crate::destinations) fn whole_of_piece(name: &str) -> Option<&str> {
    let (whole, digits) = name.rsplit_once('.')?;
    (digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(whole)
}

/// A file that is being written. Nothing of it has its name before [`Writing::commit`]; dropped, it is removed.
#[derive(Debug)]
pub(super) struct Writing {
    folder: PathBuf,
    stored: String,
    most_bytes: u64,
    pieces: Vec<AtomicFile>,
    /// Bytes in the last piece.
    bytes: u64,
    /// What went wrong, as [`io::Error`] cannot carry it.
    pub failed: Option<FileError>,
}

impl Writing {
    /// Begins one of this name, with so many bytes in a piece at most.
    pub fn begin(folder: &Path, stored: &str, most_bytes: u64) -> Result<Self, FileError> {
        // As long as there is one piece it will have the whole's name.
        let first = AtomicFile::create(&folder.join(stored))?;
        let (folder, stored) = (folder.into(), stored.into());
        Ok(Self { folder, stored, most_bytes, pieces: vec![first], bytes: 0, failed: None })
    }

    /// Bytes in all.
    #[cfg(test)]
    pub fn total_bytes(&self) -> u64 {
        (self.pieces.len() as u64 - 1) * self.most_bytes + self.bytes
    }

    fn write_some(&mut self, bytes: &[u8]) -> Result<usize, FileError> {
        if self.bytes == self.most_bytes {
            let number = self.pieces.len() + 1;
            let path = self.folder.join(piece_name(&self.stored, number));
            if number > MOST_PIECES {
                let source = io::Error::other("it would be more than 999 pieces");
                return Err(FileError { action: "write", path, source });
            }
            self.pieces.push(AtomicFile::create(&path)?);
            self.bytes = 0;
        }
        let some = &bytes[..bytes.len().min((self.most_bytes - self.bytes).min(1 << 30) as usize)];
        let piece = self.pieces.last_mut().expect("there is one from the beginning");
        piece.write_all(some).map_err(|e| FileError::on("write", piece.partial_path())(e))?;
        let before = self.bytes;
        self.bytes += some.len() as u64;
        // On the way, so that the sync at the end has little to wait for, and a stick never gigabytes before it.
        piece.begin_writeback(before..self.bytes);
        Ok(some.len())
    }

    /// Forces everything to the medium.
    pub fn sync(&mut self) -> Result<(), FileError> {
        self.pieces.iter_mut().try_for_each(AtomicFile::sync)
    }

    /// The SHA-256 of what stands on the medium. Called after [`Writing::sync`]. None when `go_on` said no.
    pub fn read_back(&self, go_on: &mut dyn FnMut(u64) -> bool) -> Result<Option<[u8; 32]>, FileError> {
        let mut hash = digest::Context::new(&digest::SHA256);
        for piece in &self.pieces {
            let is_whole = piece.read_back(&mut |bytes| {
                hash.update(bytes);
                go_on(bytes.len() as u64)
            })?;
            if !is_whole {
                return Ok(None);
            }
        }
        Ok(Some(finish(hash)))
    }

    /// Gives the pieces their names, and takes away what is left of another file of this name. The caller syncs the folder.
    pub fn commit(self) -> Result<(), FileError> {
        let count = self.pieces.len();
        let mut pieces = self.pieces.into_iter();
        if let Some(first) = pieces.next() {
            first.commit_name_only()?;
        }
        pieces.try_for_each(AtomicFile::commit_name_only)?;
        if count > 1 {
            let whole = self.folder.join(&self.stored);
            crate::atomic_file::rename(&whole, &self.folder.join(piece_name(&self.stored, 1)))?;
        }
        let own: Vec<String> = match count {
            1 => vec![self.stored.clone()],
            _ => (1..=count).map(|number| piece_name(&self.stored, number)).collect(),
        };
        let others = all_files(&self.folder, &self.stored)?;
        let stale = |name: &&String| !own.contains(name);
        others.iter().filter(stale).try_for_each(|name| remove_file(&self.folder.join(name)))
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        self.write_some(bytes).map_err(|e| {
            let again = io::Error::from(e.source.kind());
            self.failed = Some(e);
            again
        })
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Names of the files that stand there for a stored file: itself, and pieces. Only plain files.
pub(super) fn files(folder: &Path, stored: &str) -> Result<Vec<String>, FileError> {
    let mut names: Vec<String> = (1..=MOST_PIECES)
        .map(|number| piece_name(stored, number))
        .take_while(|name| is_file(&folder.join(name)))
        .collect();
    names.extend(is_file(&folder.join(stored)).then(|| stored.to_owned()));
    Ok(names)
}

/// As [`files`], also pieces between which some are missing: a power cut may have left them. The last one first: what is left when
/// power fails while they are removed in that order is a beginning of the whole, and no piece without those before it.
pub(super) fn all_files(folder: &Path, stored: &str) -> Result<Vec<String>, FileError> {
    let reading = || FileError::on("read the folder", folder);
    let mut names = Vec::new();
    for item in fs::read_dir(folder).map_err(reading())? {
        let Ok(name) = item.map_err(reading())?.file_name().into_string() else { continue };
        let is_of_it = name == stored || whole_of_piece(&name) == Some(stored);
        if is_of_it && is_file(&folder.join(&name)) {
            names.push(name);
        }
    }
    names.sort_by(|a, b| b.cmp(a));
    Ok(names)
}

fn is_file(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|facts| facts.is_file())
}

/// A stored file, whole or in pieces, to read any range of it.
#[derive(Debug)]
pub(in crate::destinations) struct Pieces {
    /// Each piece with the offset at which it begins.
    pieces: Vec<(u64, fs::File)>,
    bytes: u64,
}

impl Pieces {
    /// Opens it; None when nothing stands there.
    pub fn open(folder: &Path, stored: &str) -> Result<Option<Self>, FileError> {
        let mut names = files(folder, stored)?;
        if names.last().is_some_and(|name| name == stored) {
            names = vec![stored.to_owned()];
        }
        let (mut pieces, mut bytes) = (Vec::new(), 0);
        for name in names {
            let path = folder.join(name);
            let open = crate::atomic_file::open_own(&path, std::fs::OpenOptions::new().read(true));
            let file = fs::File::from_parts(open.map_err(FileError::on("open", &path))?, &path);
            let length = file.metadata().map_err(FileError::on("look at", &path))?.len();
            pieces.push((bytes, file));
            let too_long = || FileError::on("read", folder)(io::Error::other("its parts are longer than any file"));
            bytes = u64::checked_add(bytes, length).ok_or_else(too_long)?;
        }
        Ok((!pieces.is_empty()).then_some(Self { pieces, bytes }))
    }

    /// Makes the kernel forget what it holds of them in memory, so that they are read from the medium.
    pub fn forget_cached(&self) {
        for (_, file) in &self.pieces {
            let _ = fadvise(file, 0, None, Advice::DontNeed);
        }
    }
}

impl ReadAt for Pieces {
    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            let after = self.pieces.partition_point(|(start, _)| *start <= offset);
            let end = self.pieces.get(after).map_or(self.bytes, |(start, _)| *start);
            if offset >= end {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let (start, file) = &self.pieces[after - 1];
            let count = buffer.len().min((end - offset).min(usize::MAX as u64) as usize);
            let (now, rest) = buffer.split_at_mut(count);
            file.file().read_exact_at(now, offset - start)?;
            (buffer, offset) = (rest, offset + count as u64);
        }
        Ok(())
    }
    fn length(&self) -> io::Result<u64> {
        Ok(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAME: &str = "family_20260303_020500.tar.gz";

    fn write(folder: &Path, most_bytes: u64, content: &[u8]) -> Writing {
        let mut writing = Writing::begin(folder, NAME, most_bytes).unwrap();
        writing.write_all(content).unwrap();
        writing.sync().unwrap();
        writing
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn pieces_are_the_whole(content in prop::collection::vec(any::<u8>(), 0..400), most in 1u64..90, from in 0usize..400, count in 0usize..400) {
            let dir = tempfile::tempdir().unwrap();
            // One in other pieces stood there before.
            write(dir.path(), 7, &[9; 50]).commit().unwrap();
            let writing = write(dir.path(), most, &content);
            prop_assert_eq!(writing.total_bytes(), content.len() as u64);
            prop_assert_eq!(writing.read_back(&mut |_| true).unwrap(), Some(crate::hash::sha256(&content)));
            writing.commit().unwrap();
            let wanted = content.len().div_ceil(most as usize).max(1);
            let names = names(dir.path());
            prop_assert_eq!(names.len(), wanted, "{:?}", names);
            prop_assert_eq!(wanted == 1, names[0] == NAME);
            let joined: Vec<u8> = names.iter().flat_map(|name| fs::read(dir.path().join(name)).unwrap()).collect();
            prop_assert_eq!(&joined, &content, "cat joins them");
            let pieces = Pieces::open(dir.path(), NAME).unwrap().unwrap();
            prop_assert_eq!(pieces.length().unwrap(), content.len() as u64);
            let mut found = vec![0; count];
            let read = pieces.read_exact_at(&mut found, from as u64);
            match content.get(from..from + count) {
                Some(expected) => prop_assert_eq!(&found[..], expected),
                None => prop_assert!(read.is_err() || count == 0),
            }
        }
    }

    #[test]
    fn what_is_not_committed_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        drop(write(dir.path(), 10, &[1; 35]));
        assert_eq!(names(dir.path()), [""; 0]);
        assert!(Pieces::open(dir.path(), NAME).unwrap().is_none());
    }

    #[test]
    fn names_of_pieces_are_told_from_others() {
        assert_eq!(whole_of_piece("a.tar.gz.001"), Some("a.tar.gz"));
        for none in ["a.tar.gz", "a.01", "a.0001", "a.abc", "001"] {
            assert_eq!(whole_of_piece(none), None, "{none}");
        }
    }
}
