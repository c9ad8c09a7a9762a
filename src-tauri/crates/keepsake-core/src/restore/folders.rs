//! Folders on disk, held open. Every step below the top goes through one name, and never through a link,
//! so that nothing in a backup or on the disk can lead a restore out of its target.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;

use crate::atomic_file::{Step, checkpoint_at};

/// How many folders of one path are held open; those above are opened again when they are needed.
const OPEN_LEVELS: usize = 64;
/// What a restore calls a file that is not whole yet.
const LEFTOVER: &[u8] = b".keepsake-restoring-";
/// Where a restore in place keeps what it replaced, in the source's folder.
pub(crate) const UNDO_FOLDER: &[u8] = b".keepsake-undo";

/// A folder, held open.
#[derive(Debug)]
pub(crate) struct Folder {
    fd: OwnedFd,
    /// Its path, for messages.
    pub shown: PathBuf,
    /// Its file system.
    pub dev: u64,
    /// True when this restore has made it, so that nothing of a person's is in it.
    pub is_new: bool,
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

const FOLDER_FLAGS: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

impl Folder {
    /// Opens a folder that a person named; links in its path are followed.
    pub fn open_top(path: &Path) -> io::Result<Self> {
        let fd = rustix::fs::open(path, FOLDER_FLAGS, Mode::empty())?;
        let dev = fstat(&fd)?.st_dev;
        Ok(Self { fd, shown: path.into(), dev, is_new: false })
    }

    /// Opens a folder in this one; a link is refused.
    pub fn open(&self, name: &[u8]) -> io::Result<Self> {
        debug_assert!(!name.contains(&b'/') && name != b".." && !name.is_empty());
        let fd = openat(&self.fd, name, FOLDER_FLAGS | OFlags::NOFOLLOW, Mode::empty())?;
        let dev = fstat(&fd)?.st_dev;
        Ok(Self { fd, shown: self.path_of(name), dev, is_new: false })
    }

    /// As [`Folder::open`], where this user's own folder has no permission for its owner: it is given to
    /// the owner first.
    pub fn open_forced(&self, name: &[u8]) -> io::Result<Self> {
        match self.open(name) {
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let held = openat(&self.fd, name, flags, Mode::empty())?;
                let stat = fstat(&held)?;
                if stat.st_uid != rustix::process::geteuid().as_raw() {
                    return Err(e);
                }
                let through = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&held));
                rustix::fs::chmod(through, Mode::from_raw_mode(stat.st_mode & 0o7777 | 0o700))?;
                self.open(name)
            }
            other => other,
        }
    }

    /// The path of something in this folder, for messages.
    pub fn path_of(&self, name: &[u8]) -> PathBuf {
        self.shown.join(OsStr::from_bytes(name))
    }

    /// A path to something in this folder that the kernel resolves through the open folder, for calls
    /// that take no folder. The last part is never followed by those used here.
    pub fn through(&self, name: &[u8]) -> Vec<u8> {
        let number = std::os::fd::AsRawFd::as_raw_fd(&self.fd);
        [format!("/proc/self/fd/{number}/").as_bytes(), name].concat()
    }

    /// What stands under a name; None when nothing does.
    pub fn look(&self, name: &[u8]) -> io::Result<Option<Stat>> {
        match statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// What the folder itself is.
    pub fn stat(&self) -> io::Result<Stat> {
        Ok(fstat(&self.fd)?)
    }

    /// Those names in it that are wanted.
    pub fn names_where(&self, wanted: impl Fn(&[u8]) -> bool) -> io::Result<Vec<Vec<u8>>> {
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.fd)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." && wanted(name) {
                names.push(name.to_vec());
            }
        }
        Ok(names)
    }

    /// Removes what a restore that was killed left here.
    pub fn remove_leftovers(&self) -> io::Result<()> {
        for name in self.names_where(is_leftover)? {
            unlink(self, &name)?;
        }
        Ok(())
    }
}

/// Removes a file or link.
pub(crate) fn unlink(folder: &Folder, name: &[u8]) -> io::Result<()> {
    checkpoint_at(Step::Remove, || folder.path_of(name))?;
    Ok(rustix::fs::unlinkat(folder, name, AtFlags::empty())?)
}

/// Removes a folder with the folders in it, and with all else when `with_files`; otherwise what is not
/// empty stays, but for leftovers. Answers whether it is gone. Any depth takes the same memory for open
/// folders.
pub(crate) fn remove_tree(at: &Arc<Folder>, name: &[u8], with_files: bool) -> io::Result<bool> {
    let mut walk = FolderWalk::new(at.clone());
    // Each folder on the way down, with the folders in it that are still to be visited.
    let mut stack = vec![(name.to_vec(), empty_of_files(&mut walk, name, with_files)?)];
    let mut gone = true;
    while let Some((path, inner)) = stack.last_mut() {
        if let Some(next) = inner.pop() {
            let next = [&path[..], b"/", &next].concat();
            let inner = empty_of_files(&mut walk, &next, with_files)?;
            stack.push((next, inner));
            continue;
        }
        let (parent, name) = split(path);
        let parent = walk.find(parent)?;
        checkpoint_at(Step::Remove, || parent.path_of(name))?;
        match rustix::fs::unlinkat(&*parent, name, AtFlags::REMOVEDIR) {
            Ok(()) => {}
            Err(Errno::NOTEMPTY | Errno::EXIST) if !with_files => gone = false,
            Err(e) => return Err(e.into()),
        }
        stack.pop();
    }
    Ok(gone)
}

/// Removes the files in a folder, or only leftovers, and answers the folders in it.
fn empty_of_files(walk: &mut FolderWalk, path: &[u8], with_files: bool) -> io::Result<Vec<Vec<u8>>> {
    let folder = walk.go(path, |at, name, _| at.open_forced(name))?;
    let mut inner = Vec::new();
    for name in folder.names_where(|_| true)? {
        let stat = folder.look(&name)?;
        if stat.is_some_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory) {
            inner.push(name);
        } else if with_files || is_leftover(&name) {
            unlink(&folder, &name)?;
        }
    }
    Ok(inner)
}

/// The name of a file that is not whole yet. `number` is unique in this process.
pub(crate) fn temporary_name(number: u64) -> Vec<u8> {
    let mut name = LEFTOVER.to_vec();
    name.extend_from_slice(format!("{}-{number}", std::process::id()).as_bytes());
    name
}

/// True for a [`temporary_name`] of any process.
pub(crate) fn is_leftover(name: &[u8]) -> bool {
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    name.strip_prefix(LEFTOVER).is_some_and(|rest| {
        let mut parts = rest.split(|&b| b == b'-');
        parts.next().is_some_and(digits) && parts.next().is_some_and(digits) && parts.next().is_none()
    })
}

/// True for names that are Keepsake's own; nothing is brought back under them.
pub(crate) fn is_own_name(name: &[u8]) -> bool {
    name == UNDO_FOLDER || name.starts_with(b".keepsake-restoring")
}

/// The folder that holds `path`, and the last name: both relative, parts separated by `/`.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&b| b == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b"", path),
    }
}

/// Goes from folder to folder below a top, and keeps those open that lie on the way.
#[derive(Debug)]
pub(crate) struct FolderWalk {
    top: Arc<Folder>,
    path: Vec<u8>,
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    /// Where in the path its name ends.
    end: usize,
    folder: Option<Arc<Folder>>,
    is_new: bool,
}

impl FolderWalk {
    /// Begins at the top.
    pub fn new(top: Arc<Folder>) -> Self {
        Self { top, path: Vec::new(), levels: Vec::new() }
    }

    /// The top.
    pub fn top(&self) -> &Arc<Folder> {
        &self.top
    }

    /// Goes to a folder, given relative to the top; empty is the top itself. Each step that is not held
    /// open is taken by `enter`, from a folder to a name in it; it is told the path of that name.
    pub fn go<E: From<io::Error>>(
        &mut self,
        to: &[u8],
        mut enter: impl FnMut(&Arc<Folder>, &[u8], &[u8]) -> Result<Folder, E>,
    ) -> Result<Arc<Folder>, E> {
        let is_prefix = |path: &[u8]| to.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest[0] == b'/');
        while let Some(level) = self.levels.last() {
            if is_prefix(&self.path[..level.end]) {
                break;
            }
            self.levels.pop();
        }
        let mut end = self.levels.last().map_or(0, |level| level.end);
        self.path.truncate(end);
        let mut at = self.last_open()?;
        while end < to.len() {
            let start = if end == 0 { 0 } else { end + 1 };
            end = to[start..].iter().position(|&b| b == b'/').map_or(to.len(), |length| start + length);
            let next = Arc::new(enter(&at, &to[start..end], &to[..end])?);
            self.path = to[..end].to_vec();
            self.levels.push(Level { end, is_new: next.is_new, folder: Some(next.clone()) });
            if let Some(old) = self.levels.len().checked_sub(OPEN_LEVELS + 1) {
                self.levels[old].folder = None;
            }
            at = next;
        }
        Ok(at)
    }

    /// As [`FolderWalk::go`], where nothing is made.
    pub fn find(&mut self, to: &[u8]) -> io::Result<Arc<Folder>> {
        self.go(to, |folder, name, _| folder.open(name))
    }

    /// The folder where the walk stands, opened again where it was let go.
    fn last_open(&mut self) -> io::Result<Arc<Folder>> {
        let held = self.levels.iter().rposition(|level| level.folder.is_some());
        let mut at = match held {
            Some(i) => self.levels[i].folder.clone().expect("just seen"),
            None => self.top.clone(),
        };
        for i in held.map_or(0, |i| i + 1)..self.levels.len() {
            let start = if i == 0 { 0 } else { self.levels[i - 1].end + 1 };
            let mut next = at.open(&self.path[start..self.levels[i].end])?;
            next.is_new = self.levels[i].is_new;
            at = Arc::new(next);
            if i + OPEN_LEVELS >= self.levels.len() {
                self.levels[i].folder = Some(at.clone());
            }
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_leftovers_are_leftovers() {
        assert!(is_leftover(&temporary_name(7)));
        for no in [&b".keepsake-restoring-"[..], b".keepsake-restoring-1", b".keepsake-restoring-1-x", b"1-2"] {
            assert!(!is_leftover(no));
        }
    }

    #[test]
    fn a_walk_goes_deep_and_back_and_never_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let top = Arc::new(Folder::open_top(dir.path()).unwrap());
        let mut walk = FolderWalk::new(top);
        let deep = vec!["d"; 500].join("/");
        let make = |folder: &Arc<Folder>, name: &[u8], _: &[u8]| {
            rustix::fs::mkdirat(folder, name, Mode::RWXU)?;
            folder.open(name)
        };
        walk.go::<io::Error>(deep.as_bytes(), make).unwrap();
        for depth in [400, 500, 3, 90, 0, 499] {
            let path = vec!["d"; depth].join("/");
            let found = walk.find(path.as_bytes()).unwrap();
            assert_eq!(found.shown, dir.path().join(&path));
        }
        std::os::unix::fs::symlink("/", dir.path().join("d/out")).unwrap();
        assert!(walk.find(b"d/out").is_err());
        assert!(walk.find(b"d/out/etc").is_err());
        assert!(walk.find(b"d/none").is_err());
        walk.find(b"d/d").unwrap();
    }
}
