//! Where the header of an age file ends. What stands in it is read by the crate `age`, once it is known to be small.

use std::io;
use std::path::Path;

use age::{DecryptError, Decryptor};

use super::SealedError;
use crate::archive::reader::ReadAt;

/// The longest header that is read, in bytes: room for some sixty recipients. The crate reads a header again for each of its
/// lines, so that a long one would take very long.
pub(super) const MAX_HEADER_BYTES: usize = 8 << 10;
/// Random bytes between header and payload.
pub(super) const NONCE_BYTES: usize = 16;
/// Bytes of content in each chunk but the last.
pub(super) const CHUNK_BYTES: u64 = 64 << 10;
/// What proves a chunk.
pub(super) const TAG_BYTES: u64 = 16;
/// A whole chunk in the file.
pub(super) const SEALED_CHUNK_BYTES: u64 = CHUNK_BYTES + TAG_BYTES;

/// How an age file begins, whatever its version.
const MAGIC: &[u8] = b"age-encryption.org/";

/// What stands before the payload, and how long that is.
#[derive(Debug)]
pub(super) struct Front {
    /// Header and nonce.
    pub bytes: Vec<u8>,
    /// Bytes of the payload, with all tags.
    pub payload_bytes: u64,
}

impl Front {
    /// Reads it, with one read.
    pub fn read(path: &Path, sealed: &dyn ReadAt) -> Result<Self, SealedError> {
        let unreadable = |source| SealedError::Read { path: path.into(), source };
        let length = sealed.length().map_err(unreadable)?;
        let most = (MAX_HEADER_BYTES + NONCE_BYTES) as u64;
        let mut bytes = vec![0; usize::try_from(length.min(most)).unwrap_or(0)];
        sealed.read_exact_at(&mut bytes, 0).map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => SealedError::Truncated { path: path.into() },
            _ => unreadable(source),
        })?;
        let header_bytes = header_length(path, &bytes, length)?;
        if length < (header_bytes + NONCE_BYTES) as u64 + TAG_BYTES {
            return Err(SealedError::Truncated { path: path.into() });
        }
        bytes.truncate(header_bytes + NONCE_BYTES);
        let payload_bytes = length - bytes.len() as u64;
        let front = Self { bytes, payload_bytes };
        front.decryptor(path)?;
        Ok(front)
    }

    /// The random bytes.
    pub fn nonce(&self) -> &[u8] {
        &self.bytes[self.bytes.len() - NONCE_BYTES..]
    }

    /// What the crate makes of it.
    pub fn decryptor(&self, path: &Path) -> Result<Decryptor<&[u8]>, SealedError> {
        let bad = |why| SealedError::BadHeader { path: path.into(), why };
        Decryptor::new_buffered(&self.bytes[..]).map_err(|e| match e {
            DecryptError::UnknownFormat => bad("its version is not known"),
            _ => bad("it does not follow the rules of the format"),
        })
    }

    /// How many chunks the payload has; at least one.
    pub fn chunks(&self) -> u64 {
        self.payload_bytes.div_ceil(SEALED_CHUNK_BYTES)
    }

    /// Bytes of the content: one tag for each chunk is not.
    pub fn plain_bytes(&self, path: &Path) -> Result<u64, SealedError> {
        let chunks = self.chunks();
        let last_bytes = self.payload_bytes - (chunks - 1) * SEALED_CHUNK_BYTES;
        // Only of an empty file the last chunk is empty.
        let least = if chunks == 1 { TAG_BYTES } else { TAG_BYTES + 1 };
        if last_bytes < least {
            return Err(SealedError::Truncated { path: path.into() });
        }
        Ok(self.payload_bytes - chunks * TAG_BYTES)
    }
}

/// Where the header ends in what a file of that length begins with: behind the first line that begins with `---`, which
/// nothing else in a header can.
fn header_length(path: &Path, bytes: &[u8], length: u64) -> Result<usize, SealedError> {
    let begins = &bytes[..bytes.len().min(MAGIC.len())];
    if begins.is_empty() || begins != &MAGIC[..begins.len()] {
        return Err(SealedError::NotSealed { path: path.into() });
    }
    let mut at = 0;
    while let Some(line_bytes) = bytes[at..].iter().position(|byte| *byte == b'\n') {
        let line = &bytes[at..at + line_bytes];
        at += line_bytes + 1;
        if line.starts_with(b"---") {
            return Ok(at);
        }
    }
    if length <= bytes.len() as u64 {
        return Err(SealedError::Truncated { path: path.into() });
    }
    Err(SealedError::BadHeader { path: path.into(), why: "it is longer than any header of a copy" })
}
