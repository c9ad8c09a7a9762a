//! How the bytes of an archive go to where a copy is made: reading, locking and writing go on at the same time, each in a thread of its
//! own, so that the slowest of them is as fast as it can be. That is the medium, and not the sum of all.

use std::io::{self, Read, Write};
use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use ring::digest::{Context, SHA256};

use crate::error::plain;
use crate::hash;
use crate::sealed::{Recipient, SealingWriter};

/// How much is handed on at once.
const PIECE_BYTES: usize = 1 << 20;
/// So many pieces may wait for the next thread.
const WAITING_PIECES: usize = 4;

/// Hash and length of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sum {
    /// SHA-256 (FIPS 180-4).
    pub sha256: [u8; 32],
    /// Its bytes.
    pub bytes: u64,
}

/// What was read, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Poured {
    /// What was read.
    pub read: Sum,
    /// What was written: the same, or a locked file of it.
    pub written: Sum,
}

/// Which side failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum PourError {
    /// What is to be copied cannot be read.
    #[error("what is to be copied could not be read: {}", plain(source))]
    Read {
        /// What the system said.
        source: io::Error,
    },
    /// The copy cannot be written.
    #[error("the copy could not be written: {}", plain(source))]
    Write {
        /// What the system said.
        source: io::Error,
    },
}

fn unwritable(source: io::Error) -> PourError {
    PourError::Write { source }
}

/// Copies a stream to its end, in one pass; locked for a recipient, or as it is. `go_on` is asked after each piece of at most 1 MiB,
/// with the bytes read since; None when it said no. Nothing is synced: what power cuts short is for the caller to find.
///
/// # Errors
/// [`PourError`] tells which side failed.
pub(super) fn pour(
    from: &mut dyn Read,
    to: &mut (dyn Write + Send),
    recipient: Option<&Recipient>,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> Result<Option<Poured>, PourError> {
    let poured = match recipient {
        Some(recipient) => in_background(to, |to| lock_all(from, to, recipient, go_on))?.1,
        None => in_background(to, |to| read_all(from, to, go_on))?.1.map(|read| Poured { read, written: read }),
    };
    Ok(poured)
}

/// As [`read_all`], and locks what is read.
fn lock_all(
    from: &mut dyn Read,
    to: &mut Background,
    recipient: &Recipient,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> Result<Option<Poured>, PourError> {
    let hashing = Hashing { to, context: Context::new(&SHA256), bytes: 0 };
    let sealing = SealingWriter::new(hashing, recipient).map_err(unwritable)?;
    let (sealing, read) = in_background(sealing, |to| read_all(from, to, go_on))?;
    let Some(read) = read else { return Ok(None) };
    let sealed = sealing.finish().map_err(unwritable)?;
    Ok(Some(Poured { read, written: Sum { sha256: hash::finish(sealed.context), bytes: sealed.bytes } }))
}

/// Hands on what it reads, to the end; None when `go_on` said no.
fn read_all(
    from: &mut dyn Read,
    to: &mut Background,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> Result<Option<Sum>, PourError> {
    let (mut read, mut bytes) = (Context::new(&SHA256), 0);
    loop {
        let mut piece = to.spare();
        piece.resize(PIECE_BYTES, 0);
        let count = match from.read(&mut piece) {
            Ok(0) => return Ok(Some(Sum { sha256: hash::finish(read), bytes })),
            Ok(count) => count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(PourError::Read { source }),
        };
        piece.truncate(count);
        read.update(&piece);
        to.hand_on(piece).map_err(unwritable)?;
        bytes += count as u64;
        if !go_on(count as u64) {
            return Ok(None);
        }
    }
}

/// Writes to `to` in a thread of its own what `work` writes, and gives `to` back when all of it was written. What goes wrong there is
/// the error, whatever `work` made of it: it can only see that nobody takes what it writes.
fn in_background<W: Write + Send, T>(
    mut to: W,
    work: impl FnOnce(&mut Background) -> Result<T, PourError>,
) -> Result<(W, T), PourError> {
    let (full, pieces) = sync_channel::<Vec<u8>>(WAITING_PIECES);
    let (emptied, empty) = sync_channel(WAITING_PIECES + 1);
    thread::scope(|scope| {
        let writing = scope.spawn(move || {
            for piece in pieces {
                to.write_all(&piece)?;
                // Nobody may want it any more.
                let _ = emptied.try_send(piece);
            }
            Ok(to)
        });
        let mut background = Background { full, empty, filling: Vec::new() };
        let done = work(&mut background).and_then(|done| background.flush().map_err(unwritable).map(|()| done));
        drop(background);
        let written = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        match (written, done) {
            (Ok(to), Ok(done)) => Ok((to, done)),
            (_, Err(read @ PourError::Read { .. })) => Err(read),
            (Err(source), _) => Err(unwritable(source)),
            (Ok(_), Err(e)) => Err(e),
        }
    })
}

/// Hands what is written to another thread.
struct Background {
    full: SyncSender<Vec<u8>>,
    /// What the other thread has done with.
    empty: Receiver<Vec<u8>>,
    filling: Vec<u8>,
}

impl Background {
    /// A buffer, perhaps with something in it.
    fn spare(&self) -> Vec<u8> {
        self.empty.try_recv().unwrap_or_default()
    }

    fn hand_on(&self, piece: Vec<u8>) -> io::Result<()> {
        self.full.send(piece).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Background {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.filling.capacity() == 0 {
            self.filling = self.spare();
            self.filling.clear();
            self.filling.reserve_exact(PIECE_BYTES.saturating_sub(self.filling.capacity()));
        }
        let count = bytes.len().min(PIECE_BYTES - self.filling.len());
        self.filling.extend_from_slice(&bytes[..count]);
        if self.filling.len() == PIECE_BYTES {
            self.flush()?;
        }
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        match mem::take(&mut self.filling) {
            nothing if nothing.is_empty() => Ok(()),
            piece => self.hand_on(piece),
        }
    }
}

/// Passes bytes on, and knows their number and their hash.
struct Hashing<W> {
    to: W,
    context: Context,
    bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
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
    use crate::archive::reader::ReadAt;
    use crate::sealed::{RecoveryKey, SealedReader};

    const BYTES: usize = 3_600_000;

    fn content() -> Vec<u8> {
        (0..BYTES as u32 / 4).flat_map(u32::to_le_bytes).collect()
    }

    fn sum(bytes: &[u8]) -> Sum {
        Sum { sha256: hash::sha256(bytes), bytes: bytes.len() as u64 }
    }

    fn opened(sealed: &[u8], key: &RecoveryKey) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tar.gz.age");
        std::fs::write(&path, sealed).unwrap();
        let file = fs_err::File::open(&path).unwrap();
        let reader = SealedReader::open(&path, Box::new(file), std::slice::from_ref(key)).unwrap();
        let mut content = vec![0; reader.length().unwrap() as usize];
        reader.read_exact_at(&mut content, 0).unwrap();
        content
    }

    #[test]
    fn both_sides_are_counted_and_hashed_in_one_pass() {
        let (key, content) = (RecoveryKey::generate(), content());
        for recipient in [None, Some(key.recipient())] {
            let (mut out, mut told) = (Vec::new(), Vec::new());
            let mut note = |bytes| {
                told.push(bytes);
                true
            };
            let poured = pour(&mut &content[..], &mut out, recipient.as_ref(), &mut note).unwrap().unwrap();
            assert_eq!(told, [1 << 20, 1 << 20, 1 << 20, BYTES as u64 - (3 << 20)]);
            assert_eq!(poured, Poured { read: sum(&content), written: sum(&out) });
            let plain = if recipient.is_some() { opened(&out, &key) } else { out };
            assert!(plain == content);
        }
    }

    #[test]
    fn whatever_comes_in_small_parts_or_not_at_all_arrives_whole() {
        struct Drops(Vec<u8>);
        impl Read for Drops {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let count = self.0.len().min(buffer.len()).min(70_001);
                buffer[..count].copy_from_slice(&self.0[..count]);
                self.0.drain(..count);
                Ok(count)
            }
        }
        let key = RecoveryKey::generate();
        for content in [content(), Vec::new(), vec![1]] {
            for recipient in [None, Some(key.recipient())] {
                let mut out = Vec::new();
                let mut from = Drops(content.clone());
                let poured = pour(&mut from, &mut out, recipient.as_ref(), &mut |_| true).unwrap().unwrap();
                assert_eq!(poured, Poured { read: sum(&content), written: sum(&out) });
                let plain = if recipient.is_some() { opened(&out, &key) } else { out };
                assert!(plain == content, "{} bytes", content.len());
            }
        }
    }

    /// Takes or gives some, then fails.
    struct FailsAfter(usize, io::ErrorKind);

    impl Read for FailsAfter {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.min(buffer.len());
            self.0 -= count;
            if count == 0 { Err(self.1.into()) } else { Ok(count) }
        }
    }

    impl Write for FailsAfter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = self.0.min(bytes.len());
            self.0 -= count;
            if count == 0 { Err(self.1.into()) } else { Ok(count) }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn it_stops_when_asked_and_tells_which_side_failed() {
        let (to, content) = (RecoveryKey::generate().recipient(), content());
        for recipient in [None, Some(&to)] {
            assert_eq!(pour(&mut &content[..], &mut Vec::new(), recipient, &mut |_| false).unwrap(), None);
            // At once, in the middle, and with the very last byte, which is only written when all was read.
            for after in [0, 2_000_000, BYTES - 1] {
                let mut from = FailsAfter(after, io::ErrorKind::PermissionDenied);
                let read = pour(&mut from, &mut Vec::new(), recipient, &mut |_| true).unwrap_err();
                let told = matches!(&read, PourError::Read { .. }) && read.to_string().contains("no permission");
                assert!(told, "after {after}: {read}");
                let mut full = FailsAfter(after, io::ErrorKind::StorageFull);
                let write = pour(&mut &content[..], &mut full, recipient, &mut |_| true).unwrap_err();
                let told = matches!(&write, PourError::Write { .. }) && write.to_string().contains("disk is full");
                assert!(told, "after {after}: {write}");
            }
        }
    }
}
