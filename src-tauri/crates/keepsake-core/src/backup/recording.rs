//! Recording runs beside storing: one thread writes the catalog, in one transaction that is committed when
//! all archives stand safely under their names.

use crossbeam_channel::{Receiver, Sender, bounded};

use super::request::{BackupError, BackupRequest};
use crate::archive::metadata::Metadata;
use crate::archive_path::ArchivePath;
use crate::catalog::{Catalog, CatalogError, NewBackup, StoredEntry};
use crate::file_facts::FileTime;

/// Changes sent at once.
const BATCH: usize = 64;

/// A change to the catalog.
pub(super) enum Change {
    Put(Box<StoredEntry>),
    Close { path: ArchivePath, first_at: i64, last_at: i64 },
    Touch { path: ArchivePath, first_at: i64, ctime: FileTime, inode: u64 },
}

/// An archive that stands under its name.
#[derive(Debug)]
pub(super) struct WrittenArchive {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) metadata: Metadata,
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
}

enum Message {
    Changes(Vec<Change>),
    Finish { archives: Vec<WrittenArchive>, needs: Vec<u32>, place: i64 },
}

/// The sending side.
pub(super) struct Recording {
    to_thread: Sender<Message>,
    batch: Vec<Change>,
}

impl Recording {
    /// Runs `work` while a thread records what it sends. Recorded is only what `work` finishes.
    pub(super) fn beside<T>(
        request: &BackupRequest,
        work: impl FnOnce(&mut Recording) -> Result<T, BackupError>,
    ) -> Result<T, BackupError> {
        let (to_thread, messages) = bounded(64);
        std::thread::scope(|scope| {
            let thread = scope.spawn(move || record(request, &messages));
            let mut recording = Recording { to_thread, batch: Vec::with_capacity(BATCH) };
            let result = work(&mut recording);
            drop(recording);
            let recorded = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            // When the catalog fails, `work` only sees that nobody listens.
            recorded?;
            result
        })
    }

    pub(super) fn change(&mut self, change: Change) -> Result<(), BackupError> {
        self.batch.push(change);
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), BackupError> {
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.to_thread.send(Message::Changes(batch)).map_err(|_| BackupError::Stopped)
    }

    /// Records archives and the backup, and makes everything permanent.
    pub(super) fn finish(
        &mut self,
        archives: Vec<WrittenArchive>,
        needs: Vec<u32>,
        place: i64,
    ) -> Result<(), BackupError> {
        self.flush()?;
        self.to_thread.send(Message::Finish { archives, needs, place }).map_err(|_| BackupError::Stopped)
    }
}

fn record(request: &BackupRequest, messages: &Receiver<Message>) -> Result<(), CatalogError> {
    let catalog = Catalog::open(&request.data_dir)?;
    let (computer, computer_id) = &request.computer;
    let mut recorder = catalog.record(computer_id, computer, &request.plan)?;
    for message in messages {
        match message {
            Message::Changes(changes) => {
                for change in changes {
                    match change {
                        Change::Put(stored) => recorder.put(&stored)?,
                        Change::Close { path, first_at, last_at } => recorder.close(&path, first_at, last_at)?,
                        Change::Touch { path, first_at, ctime, inode } => {
                            recorder.touch(&path, first_at, ctime, inode)?
                        }
                    }
                }
            }
            Message::Finish { archives, needs, place } => {
                for archive in &archives {
                    recorder.archive(
                        archive.id,
                        &archive.name,
                        &archive.metadata,
                        archive.bytes,
                        &archive.sha256,
                        place,
                    )?;
                }
                if let Some(last) = archives.last() {
                    let stored_bytes = archives.iter().map(|a| a.bytes).sum();
                    recorder.backup(&NewBackup {
                        metadata: &last.metadata,
                        stored_bytes,
                        complete: true,
                        needs: &needs,
                    })?;
                }
                return recorder.commit();
            }
        }
    }
    // Not finished: dropping the transaction undoes it.
    Ok(())
}
