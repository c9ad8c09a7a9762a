//! Room that is kept on the disk of the data folder, so that what makes room and what remembers still works when
//! others have filled that disk to the last byte: letting old backups go, and the catalog.
//!
//! It is one file, [`RESERVE_NAME`], that takes up blocks and has no other content. Whoever holds the job lock and meets
//! a full disk gives it up ([`with_reserve`]) and tries once more; when the command is done the room is taken again
//! ([`Reserve`]). A file of any length is a right one, so there is nothing to lose at a power cut. Why it is like this:
//! decision 0015.

use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::fs::{FallocateFlags, fallocate, syncfs};

use crate::atomic_file::{self, Step, checkpoint};
use crate::error::FileError;
use crate::room::Room;

/// The file's name in the data folder.
pub const RESERVE_NAME: &str = "reserve";

/// This share of a disk at most...
const SHARE: u64 = 100;
/// ...and not more than this, unless the catalog is larger: what it may write at once grows with it. 32 MiB.
const MOST_BYTES: u64 = 32 << 20;
/// But on a small disk so much. 1 MiB.
const LEAST_BYTES: u64 = 1 << 20;
/// Less than this is not begun with: the catalog's log alone would need it. 128 KiB.
const NO_USE_BELOW_BYTES: u64 = 128 << 10;
/// Who finds less free room than this has a full disk, whatever the error was: 64 KiB.
const FULL_BELOW_BYTES: u64 = 64 << 10;

/// The room of one data folder, while a command has the job lock. Dropped, it takes the room again that was given up
/// meanwhile. So it is dropped after the catalog is closed, whose log takes room too, and before the lock.
#[derive(Debug)]
pub struct Reserve {
    data_dir: PathBuf,
    /// The file whose length is kept free at least, on a disk that is large enough.
    catalog: PathBuf,
    /// What was held in the beginning.
    held_bytes: u64,
}

impl Reserve {
    /// Looks at the room that is held for the data folder. `catalog` is the file that must always be written.
    pub fn of(data_dir: &Path, catalog: &Path) -> Self {
        let held_bytes = held(&path_in(data_dir)).unwrap_or(0);
        Self { data_dir: data_dir.into(), catalog: catalog.into(), held_bytes }
    }

    /// Takes the room, or more of it, as far as it is there: never more than half of what is free, but as much as was
    /// held when this command began. At a power cut it is there or not.
    ///
    /// # Errors
    /// [`FileError`] when the data folder cannot be written. Nobody has to be told: the next command tries again.
    pub fn keep(&self) -> Result<(), FileError> {
        let path = path_in(&self.data_dir);
        // What else stands there is not ours.
        let Some(held_bytes) = held(&path) else { return Ok(()) };
        let room = Room::at(&self.data_dir)?;
        let catalog_bytes = fs::metadata(&self.catalog).map_or(0, |catalog| catalog.len());
        let wanted = (room.total_bytes / SHARE).clamp(LEAST_BYTES, MOST_BYTES.max(catalog_bytes));
        let given_up = self.held_bytes.saturating_sub(held_bytes).min(room.free_bytes);
        let target = wanted.min(held_bytes + given_up.max(room.free_bytes / 2));
        // A little more is not worth a write.
        let is_worth_it = given_up > 0 || (target >= NO_USE_BELOW_BYTES && target > held_bytes + held_bytes / 8);
        if !is_worth_it || target <= held_bytes {
            return Ok(());
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        std::os::unix::fs::OpenOptionsExt::mode(options.options_mut(), 0o600);
        let made = checkpoint(Step::Create, &path)
            .and_then(|()| options.open(&path))
            .and_then(|file| checkpoint(Step::Write, &path).and_then(|()| fill(file, target)));
        match made {
            // Others were faster. What there is of it counts.
            Err(e) if e.kind() == io::ErrorKind::StorageFull => Ok(()),
            made => made.map_err(FileError::on("keep room in", &path)),
        }
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        // The command is done; the next one tries again.
        let _ = self.keep();
    }
}

/// Does something that must succeed on a full disk, too. When it fails because the disk of the data folder is full, the
/// reserve is given up and it is done once more; so it must leave nothing behind when it fails. Only who holds the
/// job lock may call this, and a [`Reserve`] takes the room again in the end.
///
/// # Errors
/// What `work` answers, the second time if there was one.
pub fn with_reserve<T, E>(
    data_dir: &Path,
    is_disk_full: impl Fn(&E) -> bool,
    mut work: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    let done = work();
    match &done {
        Err(e) if (is_disk_full(e) || is_out_of_room(data_dir)) && give_up(data_dir) => work(),
        _ => done,
    }
}

fn is_out_of_room(data_dir: &Path) -> bool {
    Room::at(data_dir).is_ok_and(|room| room.free_bytes < FULL_BELOW_BYTES)
}

fn path_in(data_dir: &Path) -> PathBuf {
    data_dir.join(RESERVE_NAME)
}

/// The bytes on the disk that the file holds: 0 when it is not there, None when something else stands in its place.
fn held(path: &Path) -> Option<u64> {
    match std::fs::symlink_metadata(path) {
        Ok(facts) => facts.is_file().then(|| facts.blocks() * 512),
        Err(_) => Some(0),
    }
}

/// Frees the room. False when there was none.
fn give_up(data_dir: &Path) -> bool {
    let path = path_in(data_dir);
    if held(&path).unwrap_or(0) == 0 {
        return false;
    }
    // Shortened first: where nothing is overwritten in place, removing a name may need room itself.
    let shortened = checkpoint(Step::Write, &path)
        .and_then(|()| fs::OpenOptions::new().write(true).open(&path))
        .and_then(|file| file.set_len(0));
    let removed = atomic_file::remove_file(&path);
    // Many file systems give freed blocks out again only when what freed them is on the medium.
    if let Ok(folder) = fs::File::open(data_dir) {
        let _ = syncfs(folder.file());
    }
    shortened.is_ok() || removed.is_ok()
}

/// Makes the file take up so many bytes of the disk.
fn fill(file: fs::File, bytes: u64) -> io::Result<()> {
    match fallocate(file.file(), FallocateFlags::empty(), 0, bytes) {
        // Some say that they have reserved the room and have not.
        Ok(()) if file.metadata()?.blocks() * 512 >= bytes => Ok(()),
        Err(rustix::io::Errno::NOSPC | rustix::io::Errno::DQUOT) => Err(io::ErrorKind::StorageFull.into()),
        _ => write_noise(file, bytes),
    }
}

/// Writes what no file system can pack, or keep only once.
fn write_noise(mut file: fs::File, bytes: u64) -> io::Result<()> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut piece = vec![0; 64 << 10];
    let mut left = bytes;
    while left > 0 {
        for eight in piece.chunks_exact_mut(8) {
            // Xorshift (Marsaglia 2003): no two pieces are alike, and nothing in them can be packed.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            eight.copy_from_slice(&state.to_le_bytes());
        }
        let count = left.min(piece.len() as u64);
        file.write_all(&piece[..count as usize])?;
        left -= count;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> io::Error {
        io::ErrorKind::StorageFull.into()
    }

    fn reserve(dir: &Path) -> Reserve {
        Reserve::of(dir, &dir.join("catalog"))
    }

    #[test]
    fn room_is_really_taken_once_and_again_after_it_was_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let path = path_in(dir.path());
        reserve(dir.path()).keep().unwrap();
        let made = fs::metadata(&path).unwrap();
        assert!((LEAST_BYTES..=MOST_BYTES).contains(&made.len()), "{}", made.len());
        assert!(made.blocks() * 512 >= made.len());
        reserve(dir.path()).keep().unwrap();
        let again = fs::metadata(&path).unwrap();
        assert_eq!((again.ino(), again.ctime_nsec()), (made.ino(), made.ctime_nsec()), "it is made once");

        let while_at_work = reserve(dir.path());
        let mut tries = 0;
        let done = with_reserve(
            dir.path(),
            |e: &io::Error| e.kind() == io::ErrorKind::StorageFull,
            || {
                tries += 1;
                if path.exists() { Err(full()) } else { Ok(tries) }
            },
        );
        assert_eq!(done.unwrap(), 2);
        assert!(!path.exists());
        drop(while_at_work);
        assert_eq!(fs::metadata(&path).unwrap().len(), made.len());
    }

    #[test]
    fn it_is_given_up_for_a_full_disk_only_and_tried_twice_at_most() {
        let dir = tempfile::tempdir().unwrap();
        let path = path_in(dir.path());
        let run = |error: fn() -> io::Error| {
            let mut tries = 0;
            let is_full = |e: &io::Error| e.kind() == io::ErrorKind::StorageFull;
            let done: io::Result<()> = with_reserve(dir.path(), is_full, || {
                tries += 1;
                Err(error())
            });
            done.unwrap_err();
            tries
        };
        assert_eq!(run(full), 1, "there is none yet");
        reserve(dir.path()).keep().unwrap();
        assert_eq!(run(|| io::ErrorKind::PermissionDenied.into()), 1);
        assert!(path.exists());
        assert_eq!(run(full), 2);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_of_any_length_is_filled_up_and_what_is_not_ours_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = path_in(dir.path());
        for torn in [0, 1, 5000, 300_000] {
            fs::write(&path, vec![7; torn]).unwrap();
            reserve(dir.path()).keep().unwrap();
            assert!(fs::metadata(&path).unwrap().blocks() * 512 >= LEAST_BYTES);
        }
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        reserve(dir.path()).keep().unwrap();
        assert!(!give_up(dir.path()) && path.is_dir());
        fs::remove_dir(&path).unwrap();
        let elsewhere = dir.path().join("elsewhere");
        fs::write(&elsewhere, "mine").unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        reserve(dir.path()).keep().unwrap();
        assert!(!give_up(dir.path()));
        assert_eq!(fs::read(&elsewhere).unwrap(), b"mine");
    }

    #[test]
    fn it_grows_with_the_catalog_on_a_large_disk() {
        let dir = tempfile::tempdir().unwrap();
        let most = Room::at(dir.path()).unwrap().total_bytes / SHARE;
        let catalog = fs::File::create(dir.path().join("catalog")).unwrap();
        catalog.set_len(MOST_BYTES + (8 << 20)).unwrap();
        reserve(dir.path()).keep().unwrap();
        let expected = most.clamp(LEAST_BYTES, MOST_BYTES + (8 << 20));
        assert_eq!(fs::metadata(path_in(dir.path())).unwrap().len(), expected);
    }

    #[test]
    fn where_room_cannot_be_reserved_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = path_in(dir.path());
        write_noise(fs::File::create(&path).unwrap(), 200_000).unwrap();
        let bytes = fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 200_000);
        assert_ne!(bytes[..64 << 10], bytes[64 << 10..128 << 10]);
    }
}
