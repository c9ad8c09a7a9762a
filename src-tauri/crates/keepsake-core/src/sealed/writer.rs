//! Makes locked files.

use std::io::{self, BufWriter, Write};

use super::Recipient;
use age::Encryptor;
use age::stream::StreamWriter;

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
