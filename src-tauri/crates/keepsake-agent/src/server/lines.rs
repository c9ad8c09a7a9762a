//! Lines of a connection, of bounded length and in bounded time: who begins a line has only so long to end it.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use keepsake_api::wire::MAX_REQUEST_BYTES;

/// How long a line may take from its first byte to its end.
const LINE_WITHIN: Duration = Duration::from_secs(20);
/// So much is read at once.
const CHUNK_BYTES: usize = 16 << 10;

/// Reads lines.
pub(super) struct Lines {
    stream: UnixStream,
    /// What was read and is not yet part of a line that was given.
    kept: Vec<u8>,
    /// So much of it is known to hold no line feed.
    searched: usize,
}

impl Lines {
    pub fn new(stream: UnixStream) -> Self {
        Self { stream, kept: Vec::new(), searched: 0 }
    }

    /// True when more has come than was given.
    pub fn has_more(&self) -> bool {
        !self.kept.is_empty()
    }

    /// The next line without its end; None when there is none any more.
    ///
    /// # Errors
    /// `InvalidData` for a line that is too long or cut off, `TimedOut` for one that does not end; what reading says.
    pub fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut ends_until = (!self.kept.is_empty()).then(|| Instant::now() + LINE_WITHIN);
        loop {
            if let Some(at) = self.kept[self.searched..].iter().position(|byte| *byte == b'\n') {
                let rest = self.kept.split_off(self.searched + at + 1);
                let mut line = std::mem::replace(&mut self.kept, rest);
                line.pop();
                self.searched = 0;
                return Ok(Some(line));
            }
            self.searched = self.kept.len();
            if self.kept.len() as u64 > MAX_REQUEST_BYTES {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the line is too long"));
            }
            let left = ends_until.map(|end: Instant| end.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(left)?;
            let mut chunk = [0; CHUNK_BYTES];
            match self.stream.read(&mut chunk) {
                Ok(0) if self.kept.is_empty() => return Ok(None),
                Ok(0) => return Err(io::Error::new(io::ErrorKind::InvalidData, "the line was cut off")),
                Ok(count) => self.kept.extend_from_slice(&chunk[..count]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // The look above says whether the time is up.
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
            ends_until = ends_until.or_else(|| Some(Instant::now() + LINE_WITHIN));
        }
    }
}
