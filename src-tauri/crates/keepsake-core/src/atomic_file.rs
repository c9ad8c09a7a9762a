//! The one place through which Keepsake writes: files that appear whole or not at all, and every other
//! change to a store. Each step first asks [`checkpoint`], so that a test can make any of them fail.

use std::io::{self, Write};
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};

use fs_err as fs;
use rustix::fs::{Advice, OFlags, fadvise};

use crate::error::FileError;

/// How much is read back at once.
const READ_BYTES: usize = 1 << 20;

/// A step that changes something on a disk, or reads what is to be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// A file or folder is made.
    Create,
    /// Bytes are written.
    Write,
    /// A file's bytes are forced to the medium.
    Sync,
    /// A file is given its name.
    Rename,
    /// A file or folder is removed.
    Remove,
    /// A folder's names are forced to the medium.
    SyncFolder,
    /// A link is made.
    Link,
    /// A piece of a large file of a source is read.
    Read,
}

/// What a test does at each step: return an error to make the step fail.
pub type Fault = Box<dyn Fn(Step, &Path) -> Option<io::Error> + Send + Sync>;

static FAULT_SET: AtomicBool = AtomicBool::new(false);
static FAULT: RwLock<Option<Fault>> = RwLock::new(None);

/// Held by a unit test while it makes steps fail: there is one fault for the whole process.
#[cfg(test)]
pub(crate) static FAULT_TESTS: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Makes steps fail from now on (tests only); None ends it.
pub fn set_fault(fault: Option<Fault>) {
    FAULT_SET.store(fault.is_some(), Ordering::SeqCst);
    *FAULT.write().expect("no fault panics") = fault;
}

/// Asked before every step: fails when a test wants it to.
///
/// # Errors
/// Whatever the test's [`Fault`] answers.
#[inline]
pub fn checkpoint(step: Step, path: &Path) -> io::Result<()> {
    if !FAULT_SET.load(Ordering::Relaxed) {
        return Ok(());
    }
    match FAULT.read().expect("no fault panics").as_ref().and_then(|fault| fault(step, path)) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// As [`checkpoint`], where the path is put together only when a test wants to know it.
///
/// # Errors
/// Whatever the test's [`Fault`] answers.
#[inline]
pub fn checkpoint_at(step: Step, path: impl FnOnce() -> PathBuf) -> io::Result<()> {
    if FAULT_SET.load(Ordering::Relaxed) { checkpoint(step, &path()) } else { Ok(()) }
}

/// A file that gets its name only when it is whole. Until then it is `NAME.partial`; dropped without
/// [`AtomicFile::commit`], it is removed. After a power cut either the old file (or none) or the whole new
/// one stands under the name, and perhaps a `.partial` that the next run removes.
#[derive(Debug)]
pub struct AtomicFile {
    file: Option<fs::File>,
    partial: PathBuf,
    path: PathBuf,
}

impl AtomicFile {
    /// Begins a file that will be called `path`, readable by its owner only (0600).
    ///
    /// # Errors
    /// [`FileError`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let partial = partial_name(path);
        checkpoint(Step::Create, &partial).map_err(FileError::on("create", &partial))?;
        // What a killed run left, or a link, pipe or folder that somebody put there: it is never written through.
        let clear = || match std::fs::symlink_metadata(&partial) {
            Ok(facts) if facts.is_dir() => std::fs::remove_dir_all(&partial),
            Ok(_) => std::fs::remove_file(&partial),
            Err(_) => Ok(()),
        };
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create_new(true);
        std::os::unix::fs::OpenOptionsExt::mode(options.options_mut(), 0o600);
        let file = clear().and_then(|()| options.open(&partial)).map_err(FileError::on("create", &partial))?;
        Ok(Self { file: Some(file), partial, path: path.into() })
    }

    /// The file, for reading back what was written.
    pub fn file(&self) -> &fs::File {
        self.file.as_ref().expect("present until the end")
    }

    /// The name it has for now.
    pub fn partial_path(&self) -> &Path {
        &self.partial
    }

    /// Asks the kernel to begin writing these bytes (offsets from the file's beginning) to the medium, so that
    /// [`AtomicFile::sync`] has less to wait for. Only advice: a file system may pass over it, and only `sync` tells
    /// whether the bytes arrived.
    pub fn begin_writeback(&self, bytes: Range<u64>) {
        // "Not needed" makes Linux start writing what is dirty. What is being written stays in memory meanwhile, so
        // that reading it back soon costs nothing.
        if let Some(length) = NonZeroU64::new(bytes.end.saturating_sub(bytes.start)) {
            let _ = fadvise(self.file(), bytes.start, Some(length), Advice::DontNeed);
        }
    }

    /// Forces the bytes to the medium, without giving the file its name yet.
    ///
    /// # Errors
    /// [`FileError`] when the medium refuses.
    pub fn sync(&mut self) -> Result<(), FileError> {
        checkpoint(Step::Sync, &self.partial)
            .and_then(|()| self.file().sync_all())
            .map_err(FileError::on("finish writing", &self.partial))
    }

    /// Reads what stands on the medium, piece by piece, and gives each to `take`, which answers false to stop. Called after a sync:
    /// then the kernel has nothing of the file to hold on to, and reads it anew. Answers false when it was stopped.
    ///
    /// # Errors
    /// [`FileError`] when the medium cannot be read.
    pub fn read_back(&self, take: &mut dyn FnMut(&[u8]) -> bool) -> Result<bool, FileError> {
        let _ = fadvise(self.file(), 0, None, Advice::DontNeed);
        let mut buffer = vec![0; READ_BYTES];
        let mut offset = 0;
        loop {
            let count = checkpoint(Step::Read, &self.partial)
                .and_then(|()| self.file().file().read_at(&mut buffer, offset))
                .map_err(FileError::on("read back", &self.partial))?;
            if count == 0 {
                return Ok(true);
            }
            offset += count as u64;
            if !take(&buffer[..count]) {
                return Ok(false);
            }
        }
    }

    /// Syncs the file, gives it its name, and syncs the folder.
    ///
    /// # Errors
    /// [`FileError`]; then nothing stands under the name that did not before.
    pub fn commit(mut self) -> Result<(), FileError> {
        self.sync()?;
        let path = self.path.clone();
        self.commit_name_only()?;
        sync_folder(parent(&path))
    }

    /// Gives a file that was synced its name; the caller syncs the folder, once for several files.
    ///
    /// # Errors
    /// [`FileError`] when the file cannot be renamed.
    pub fn commit_name_only(mut self) -> Result<(), FileError> {
        let file = self.file.take();
        let renamed = rename(&self.partial, &self.path);
        if renamed.is_err() {
            // Dropping removes the partial file.
            self.file = file;
        }
        renamed
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        checkpoint(Step::Write, &self.partial)?;
        self.file.as_mut().expect("present until the end").write(bytes)
    }
    fn write_vectored(&mut self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        checkpoint(Step::Write, &self.partial)?;
        self.file.as_mut().expect("present until the end").write_vectored(parts)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // The error that led here is the one to report; a leftover is removed by the next run.
            let _ = remove_file(&self.partial);
        }
    }
}

/// `path` with `.partial` behind its name.
pub fn partial_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

/// The folder that holds `path`.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

/// Writes a whole small file, atomically.
///
/// # Errors
/// [`FileError`]; then what stood under the name before still does.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(FileError::on("write", path))?;
    file.commit()
}

/// Renames, replacing what stands under the new name.
///
/// # Errors
/// [`FileError`] naming the new path.
pub fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    checkpoint(Step::Rename, to).and_then(|()| fs::rename(from, to)).map_err(FileError::on("rename to", to))
}

/// Removes a file; one that is not there is no error.
///
/// # Errors
/// [`FileError`] naming the path.
pub fn remove_file(path: &Path) -> Result<(), FileError> {
    match checkpoint(Step::Remove, path).and_then(|()| fs::remove_file(path)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(FileError::on("remove", path)(e)),
        _ => Ok(()),
    }
}

/// Opens a file of Keepsake's own, as far as it is one: a folder, a pipe or a device that stands in its place is refused
/// at once, where a pipe would be waited for without an end.
///
/// # Errors
/// What the system says, and that it is not a file.
pub fn open_own(path: &Path, options: &mut std::fs::OpenOptions) -> io::Result<std::fs::File> {
    open_file(path, options, OFlags::NONBLOCK)
}

/// As [`open_own`], for a file that is written where it stands: a link is refused too, as what it leads to is not ours.
///
/// # Errors
/// As [`open_own`], and that it is a link.
pub fn open_own_to_write(path: &Path, options: &mut std::fs::OpenOptions) -> io::Result<std::fs::File> {
    if std::fs::symlink_metadata(path).is_ok_and(|facts| facts.is_symlink()) {
        return Err(io::Error::other("a link stands in its place"));
    }
    open_file(path, options, OFlags::NONBLOCK | OFlags::NOFOLLOW)
}

fn open_file(path: &Path, options: &mut std::fs::OpenOptions, flags: OFlags) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    match options.custom_flags(flags.bits() as i32).open(path) {
        Ok(file) if file.metadata()?.is_file() => Ok(file),
        Err(e) if e.kind() != io::ErrorKind::IsADirectory => Err(e),
        _ => Err(io::Error::other("something that is not a file stands in its place")),
    }
}

/// The bytes of a file of Keepsake's own; see [`open_own`].
///
/// # Errors
/// As [`open_own`].
pub fn read_own(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut open_own(path, std::fs::OpenOptions::new().read(true))?, &mut bytes)?;
    Ok(bytes)
}

/// As [`read_own`], of a file that must not be longer than so many bytes.
///
/// # Errors
/// As [`open_own`], and when it is longer.
pub fn read_own_up_to(path: &Path, most_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = open_own(path, std::fs::OpenOptions::new().read(true))?;
    io::Read::read_to_end(&mut io::Read::take(file, most_bytes + 1), &mut bytes)?;
    match bytes.len() as u64 > most_bytes {
        true => Err(io::Error::other("it is longer than any that Keepsake writes")),
        false => Ok(bytes),
    }
}

/// Makes a folder and those above it, readable by their owner only where they are new. Once it returns they are
/// there after a power cut, too.
///
/// # Errors
/// [`FileError`] naming the path.
pub fn create_folders(path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::DirBuilderExt;
    if path.is_dir() {
        return Ok(());
    }
    let new =
        path.ancestors().filter(|above| !above.as_os_str().is_empty()).take_while(|above| !above.exists()).count();
    checkpoint(Step::Create, path)
        .and_then(|()| std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path))
        .map_err(FileError::on("create the folder", path))?;
    for made in path.ancestors().take(new) {
        match sync_folder(parent(made)) {
            // Who may only make things in a folder, and not list it, cannot sync it.
            Err(e) if e.source.kind() == io::ErrorKind::PermissionDenied => {}
            synced => synced?,
        }
    }
    Ok(())
}

/// Finds out whether files of some size can be made in a folder, which is made when it is missing. Nothing
/// stays behind: the file has no name.
///
/// # Errors
/// [`FileError`] with the reason when they cannot.
pub fn check_writable(folder: &Path) -> Result<(), FileError> {
    // As much as the catalog's own files take at least.
    const TRIED_BYTES: usize = 128 << 10;
    create_folders(folder)?;
    tempfile::tempfile_in(folder)
        .and_then(|mut file| file.write_all(&[0; TRIED_BYTES]))
        .map_err(FileError::on("write into", folder))
}

/// Forces a folder's names to the medium.
///
/// # Errors
/// [`FileError`] naming the folder.
pub fn sync_folder(path: &Path) -> Result<(), FileError> {
    checkpoint(Step::SyncFolder, path)
        .and_then(|()| fs::File::open(path))
        .and_then(|folder| folder.sync_all())
        .map_err(FileError::on("finish writing the folder", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_in_the_place_of_a_file_of_ours_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("changes-seen");
        assert_eq!(read_own(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(&path, "family 3").unwrap();
        assert_eq!(read_own(&path).unwrap(), b"family 3");
        fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        assert!(read_own(&path).unwrap_err().to_string().contains("not a file"));
    }

    #[test]
    fn nothing_is_written_through_what_stands_under_the_unfinished_name() {
        let dir = tempfile::tempdir().unwrap();
        let (path, precious) = (dir.path().join("a"), dir.path().join("precious"));
        fs::write(&precious, "mine").unwrap();
        let partial = partial_name(&path);
        std::os::unix::fs::symlink(&precious, &partial).unwrap();
        write_whole(&path, b"whole").unwrap();
        assert_eq!((fs::read(&precious).unwrap(), fs::read(&path).unwrap()), (b"mine".to_vec(), b"whole".to_vec()));
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
        fs::create_dir(&partial).unwrap();
        write_whole(&path, b"again").unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &partial, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        write_whole(&path, b"and again").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"and again");
    }

    #[test]
    fn what_is_too_long_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(read_own_up_to(&path, 1000).is_err());
        fs::write(&path, "ten bytes!").unwrap();
        assert_eq!(read_own_up_to(&path, 10).unwrap(), b"ten bytes!");
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        write_whole(&path, b"whole").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "it must be harmless, too")]
    fn writing_early_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let mut file = AtomicFile::create(&path).unwrap();
        let bytes: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
        let (early, late) = bytes.split_at(250_001);
        file.write_all(early).unwrap();
        for range in [0..100_000, 100_000..250_001, 0..0, 9..3, 0..u64::MAX] {
            file.begin_writeback(range);
        }
        file.write_all(late).unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn the_names_of_new_folders_are_forced_to_the_medium() {
        let dir = tempfile::tempdir().unwrap();
        let _alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let synced = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let (seen, top) = (synced.clone(), dir.path().to_path_buf());
        set_fault(Some(Box::new(move |step, path| {
            if step == Step::SyncFolder && path.starts_with(&top) {
                seen.lock().unwrap().push(path.to_path_buf());
            }
            None
        })));
        let made = create_folders(&dir.path().join("a/b"));
        set_fault(None);
        made.unwrap();
        assert_eq!(*synced.lock().unwrap(), [dir.path().join("a"), dir.path().to_path_buf()]);
    }
}
