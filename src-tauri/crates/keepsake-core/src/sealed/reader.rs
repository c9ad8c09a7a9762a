//! Reads any range of a locked file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use age::Identity;
use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};

use super::header::{CHUNK_BYTES, Front, SEALED_CHUNK_BYTES, TAG_BYTES};
use super::{RecoveryKey, SealedError};
use crate::archive::reader::ReadAt;

/// The content of a locked file, at any offset, from any number of threads at once. Each read takes one read of the file
/// below, of just the chunks of 64 KiB that hold the range. What is handed out was proven, and so was the length: by the last
/// chunk, which only the one who locked the file can have marked as that.
pub struct SealedReader {
    path: PathBuf,
    inner: Box<dyn ReadAt>,
    key: LessSafeKey,
    /// Where the first chunk begins in the file.
    payload_start: u64,
    payload_bytes: u64,
    plain_bytes: u64,
    /// Where the last chunk begins in the content, and what is in it: it was read when the file was opened, and the tail of
    /// an archive is what is read next.
    last: (u64, Vec<u8>),
}

impl std::fmt::Debug for SealedReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedReader").field("path", &self.path).field("length", &self.plain_bytes).finish()
    }
}

impl SealedReader {
    /// Opens a locked file with the first of these keys that fits. `path` is only for errors. Two reads: the header, and the
    /// last chunk.
    ///
    /// # Errors
    /// [`SealedError`]: each way in which a file can be wrong is one of its own.
    pub fn open(path: &Path, inner: Box<dyn ReadAt>, keys: &[RecoveryKey]) -> Result<Self, SealedError> {
        let front = Front::read(path, &*inner)?;
        let file_key = file_key(path, &front, keys)?;
        let key = payload_key(&file_key, front.nonce());
        let plain_bytes = front.plain_bytes(path)?;
        let mut reader = Self {
            path: path.into(),
            inner,
            key,
            payload_start: front.bytes.len() as u64,
            payload_bytes: front.payload_bytes,
            plain_bytes,
            last: (plain_bytes, Vec::new()),
        };
        let number = front.chunks() - 1;
        let mut chunk = reader.sealed_chunks(number, number)?;
        // What cannot be opened is not left as it was.
        let mut copy = chunk.clone();
        let is_whole = chunk.len() as u64 == SEALED_CHUNK_BYTES;
        let last_bytes = match reader.open_chunk(number, true, &mut chunk) {
            Ok(plain) => plain.len(),
            // As the last one it is wrong, and as one in the middle it is right: so there was more.
            Err(_) if reader.open_chunk(number, false, &mut copy).is_ok() => return Err(reader.truncated()),
            // A whole chunk is no trace of an end that is missing.
            Err(damaged) if is_whole => return Err(damaged),
            Err(_) => return Err(reader.truncated()),
        };
        chunk.truncate(last_bytes);
        reader.last = (number * CHUNK_BYTES, chunk);
        Ok(reader)
    }

    fn truncated(&self) -> SealedError {
        SealedError::Truncated { path: self.path.clone() }
    }

    /// Chunks as they stand in the file, with one read.
    fn sealed_chunks(&self, first: u64, last: u64) -> Result<Vec<u8>, SealedError> {
        let start = first * SEALED_CHUNK_BYTES;
        let end = self.payload_bytes.min((last + 1).saturating_mul(SEALED_CHUNK_BYTES));
        let mut bytes = vec![0; usize::try_from(end - start).unwrap_or(usize::MAX)];
        self.inner.read_exact_at(&mut bytes, self.payload_start + start).map_err(|source| match source.kind() {
            // It has become shorter since it was opened.
            io::ErrorKind::UnexpectedEof => self.truncated(),
            _ => SealedError::Read { path: self.path.clone(), source },
        })?;
        Ok(bytes)
    }

    /// Opens a chunk where it stands. The nonce is 11 bytes of its number and one that says whether it is the last one:
    /// <https://c2sp.org/age>, "Payload".
    fn open_chunk<'a>(&self, number: u64, is_last: bool, chunk: &'a mut [u8]) -> Result<&'a [u8], SealedError> {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&number.to_be_bytes());
        nonce[11] = u8::from(is_last);
        let nonce = Nonce::assume_unique_for_key(nonce);
        match self.key.open_in_place(nonce, Aad::empty(), chunk) {
            Ok(plain) => Ok(plain),
            Err(_) => {
                let sealed_offset = self.payload_start + number * SEALED_CHUNK_BYTES;
                Err(SealedError::Damaged { path: self.path.clone(), sealed_offset })
            }
        }
    }

    /// Fills the buffer, which lies before the last chunk.
    fn read_chunks(&self, buffer: &mut [u8], offset: u64) -> Result<(), SealedError> {
        let first = offset / CHUNK_BYTES;
        let last = (offset + buffer.len() as u64 - 1) / CHUNK_BYTES;
        let mut sealed = self.sealed_chunks(first, last)?;
        let mut filled = 0;
        let mut skip = (offset % CHUNK_BYTES) as usize;
        for (number, chunk) in (first..=last).zip(sealed.chunks_mut(SEALED_CHUNK_BYTES as usize)) {
            let plain = &self.open_chunk(number, false, chunk)?[skip..];
            let count = plain.len().min(buffer.len() - filled);
            buffer[filled..filled + count].copy_from_slice(&plain[..count]);
            filled += count;
            skip = 0;
        }
        debug_assert_eq!(filled, buffer.len());
        Ok(())
    }
}

impl ReadAt for SealedReader {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        if offset.checked_add(buffer.len() as u64).is_none_or(|end| end > self.plain_bytes) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (last_start, last) = &self.last;
        let before = last_start.saturating_sub(offset).min(buffer.len() as u64) as usize;
        let (chunks, end) = buffer.split_at_mut(before);
        if !chunks.is_empty() {
            self.read_chunks(chunks, offset).map_err(SealedError::into_io)?;
        }
        if !end.is_empty() {
            let skip = (offset.max(*last_start) - last_start) as usize;
            end.copy_from_slice(&last[skip..skip + end.len()]);
        }
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.plain_bytes)
    }
}

/// How long the content of a locked file is, from its header and its length. It needs no key, and proves nothing: whoever
/// can change the file can change that. `path` is only for errors.
///
/// # Errors
/// [`SealedError`] when it is no age file, or too short for one.
pub fn plain_bytes(path: &Path, sealed: &dyn ReadAt) -> Result<u64, SealedError> {
    Front::read(path, sealed)?.plain_bytes(path)
}

/// Whether a key opens a locked file; only its header is read. `path` is only for errors.
///
/// # Errors
/// [`SealedError`] when it is no age file, or cannot be read.
pub fn is_opened_by(path: &Path, sealed: &dyn ReadAt, key: &RecoveryKey) -> Result<bool, SealedError> {
    let front = Front::read(path, sealed)?;
    match file_key(path, &front, std::slice::from_ref(key)) {
        Ok(_) => Ok(true),
        Err(SealedError::WrongKey { .. }) => Ok(false),
        Err(e) => Err(e),
    }
}

/// The key of the file, once the crate has found it with one of ours and has proven the header with it.
fn file_key(path: &Path, front: &Front, keys: &[RecoveryKey]) -> Result<FileKey, SealedError> {
    for key in keys {
        let asked = Asked { identity: key.identity(), found: Mutex::new(None) };
        match front.decryptor(path)?.decrypt(std::iter::once(&asked as &dyn Identity)) {
            Ok(_) => {}
            Err(age::DecryptError::NoMatchingKeys) => continue,
            Err(age::DecryptError::InvalidMac) => {
                let why = "it was changed after it was written";
                return Err(SealedError::BadHeader { path: path.into(), why });
            }
            Err(_) => {
                let why = "it does not follow the rules of the format";
                return Err(SealedError::BadHeader { path: path.into(), why });
            }
        }
        let found = asked.found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        return found.ok_or_else(|| SealedError::WrongKey { path: path.into() });
    }
    Err(SealedError::WrongKey { path: path.into() })
}

/// HKDF-SHA-256 of the file's key, salted with the nonce: <https://c2sp.org/age>, "Payload".
fn payload_key(file_key: &FileKey, nonce: &[u8]) -> LessSafeKey {
    let secret = Salt::new(HKDF_SHA256, nonce).extract(file_key.expose_secret());
    let key = secret.expand(&[b"payload"], &CHACHA20_POLY1305).expect("32 bytes are asked for, and 8,160 can be had");
    LessSafeKey::new(UnboundKey::from(key))
}

/// An identity that keeps the file's key that it was asked for.
struct Asked {
    identity: age::x25519::Identity,
    found: Mutex<Option<FileKey>>,
}

impl Identity for Asked {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        let unwrapped = self.identity.unwrap_stanza(stanza)?;
        if let Ok(key) = &unwrapped {
            let copy = FileKey::new(Box::new(*key.expose_secret()));
            *self.found.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(copy);
        }
        Some(unwrapped)
    }
}

// A chunk of the content is never longer than one in the file.
const _: () = assert!(SEALED_CHUNK_BYTES - TAG_BYTES == CHUNK_BYTES);

#[cfg(test)]
mod tests;
