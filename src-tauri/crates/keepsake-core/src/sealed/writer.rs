//! Makes locked files.

use std::io::{self, BufWriter, Read, Write};

use age::Encryptor;
use age::stream::StreamWriter;
use ring::digest::{Context, SHA256};

use super::Recipient;
use crate::error::plain;
use crate::hash;

/// How much is read and locked at once.
const PIECE_BYTES: usize = 1 << 20;
/// Room for the header, and less than a chunk: those are passed on as they are.
const FRONT_BYTES: usize = 4 << 10;

/// A writer that locks what is written for one recipient, and passes it on. What it has passed on is an age file only after
/// [`SealingWriter::finish`]; when power fails or it is dropped before, that is found to be cut short.
pub struct SealingWriter<W: Write> {
    // The header is held until the first chunk comes: of a writer that fails at once the crate tells only that it did.
    inner: StreamWriter<BufWriter<W>>,
}

impl<W: Write> std::fmt::Debug for SealingWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealingWriter").finish_non_exhaustive()
    }
}

impl<W: Write> SealingWriter<W> {
    /// Begins a file. Its header is written with the first chunk.
    ///
    /// # Errors
    /// When no header can be made.
    pub fn new(to: W, recipient: &Recipient) -> io::Result<Self> {
        let recipients = std::iter::once(recipient.as_age());
        // Fails only without a recipient, or with several that do not go together.
        let encryptor = Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
        Ok(Self { inner: encryptor.wrap_output(BufWriter::with_capacity(FRONT_BYTES, to))? })
    }

    /// Writes the last chunk, and gives the writer back. It is for the caller to sync.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.inner.finish()?.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

impl<W: Write> Write for SealingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// What was locked, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// SHA-256 (FIPS 180-4) of what was read.
    pub plain_sha256: [u8; 32],
    /// Bytes of what was read.
    pub plain_bytes: u64,
    /// SHA-256 of the age file.
    pub sealed_sha256: [u8; 32],
    /// Bytes of the age file.
    pub sealed_bytes: u64,
}

/// Locks a stream to its end, in one pass. `go_on` is asked after each piece of at most 1 MiB, with the bytes read since;
/// None when it said no. Nothing is synced: what power cuts short is found to be so.
///
/// # Errors
/// [`SealError`] tells which side failed.
pub fn seal(
    from: &mut dyn Read,
    to: &mut dyn Write,
    recipient: &Recipient,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> Result<Option<Sealed>, SealError> {
    let unwritable = |source| SealError::Write { source };
    let hashing = Hashing { to, context: Context::new(&SHA256), bytes: 0 };
    let mut sealing = SealingWriter::new(hashing, recipient).map_err(unwritable)?;
    let mut read = Context::new(&SHA256);
    let mut plain_bytes = 0;
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(SealError::Read { source: e }),
        };
        read.update(&buffer[..count]);
        sealing.write_all(&buffer[..count]).map_err(unwritable)?;
        plain_bytes += count as u64;
        if !go_on(count as u64) {
            return Ok(None);
        }
    }
    let sealed = sealing.finish().map_err(unwritable)?;
    Ok(Some(Sealed {
        plain_sha256: hash::finish(read),
        plain_bytes,
        sealed_sha256: hash::finish(sealed.context),
        sealed_bytes: sealed.bytes,
    }))
}

/// Which side of [`seal`] failed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// What is to be locked cannot be read.
    #[error("what is to be locked could not be read: {}", plain(source))]
    Read {
        /// What the system said.
        source: io::Error,
    },
    /// The locked file cannot be written.
    #[error("the locked file could not be written: {}", plain(source))]
    Write {
        /// What the system said.
        source: io::Error,
    },
}

/// Passes bytes on, and knows their number and their hash.
struct Hashing<'a> {
    to: &'a mut dyn Write,
    context: Context,
    bytes: u64,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.context.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealed::RecoveryKey;

    #[test]
    fn both_sides_are_counted_and_hashed_in_one_pass() {
        let key = RecoveryKey::generate();
        let plain: Vec<u8> = (0..900_000u32).flat_map(u32::to_le_bytes).collect();
        let (mut out, mut told) = (Vec::new(), Vec::new());
        let mut note = |bytes| {
            told.push(bytes);
            true
        };
        let done = seal(&mut &plain[..], &mut out, &key.recipient(), &mut note).unwrap().unwrap();
        assert_eq!(told, [1 << 20, 1 << 20, 1 << 20, 3_600_000 - (3 << 20)]);
        assert_eq!((done.plain_bytes, done.plain_sha256), (3_600_000, hash::sha256(&plain)));
        assert_eq!((done.sealed_bytes, done.sealed_sha256), (out.len() as u64, hash::sha256(&out)));
    }

    #[test]
    fn it_stops_when_asked_and_tells_which_side_failed() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::PermissionDenied.into())
            }
        }
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let to = RecoveryKey::generate().recipient();
        assert_eq!(seal(&mut &[7; 10][..], &mut Vec::new(), &to, &mut |_| false).unwrap(), None);
        let read = seal(&mut Broken, &mut Vec::new(), &to, &mut |_| true).unwrap_err();
        assert!(matches!(&read, SealError::Read { .. }) && read.to_string().contains("no permission"), "{read}");
        let write = seal(&mut &[7; 10][..], &mut Full, &to, &mut |_| true).unwrap_err();
        assert!(matches!(&write, SealError::Write { .. }) && write.to_string().contains("disk is full"), "{write}");
    }
}
