//! What stands on disk where something would be brought back.

use std::io;

use rustix::fs::{FileType, Mode, OFlags, Stat, openat, readlinkat};

use super::facts::{Me, are_set, mtime_of};
use super::folders::Folder;
use crate::archive::manifest::{Content, Node};
use crate::file_facts::FileFacts;
use crate::hash::sha256_of_stream;

/// What stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing.
    Nothing,
    /// What the backup has, with all its facts.
    Same,
    /// The same content with another owner, mode, time or attribute.
    SameContent,
    /// Something else.
    Different {
        /// It was changed later than what the backup has.
        is_newer: bool,
    },
}

/// Tells what stood under a name from what stands there later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stood {
    inode: u64,
    ctime: (i64, i64),
}

impl Stood {
    pub fn of(stat: &Stat) -> Self {
        // Their types differ between processors.
        #[allow(clippy::unnecessary_cast)]
        Self { inode: stat.st_ino, ctime: (stat.st_ctime as i64, stat.st_ctime_nsec as i64) }
    }
}

/// What is compared: a hard link is compared as the file that it names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    File(&'a Content),
    Symlink(&'a [u8]),
    Folder,
}

impl<'a> Wanted<'a> {
    /// None for a hard link.
    pub fn of(node: &'a Node) -> Option<Self> {
        match node {
            Node::File(content) => Some(Self::File(content)),
            Node::Symlink(target) => Some(Self::Symlink(target)),
            Node::Folder => Some(Self::Folder),
            Node::HardLink { .. } => None,
        }
    }
}

/// Looks at what stands under a name. A file with another time is read to see whether its content is the
/// same all the same.
///
/// # Errors
/// When the kernel does not let one look.
pub(crate) fn compare(
    folder: &Folder,
    name: &[u8],
    wanted: Wanted<'_>,
    facts: &FileFacts,
    me: Me,
) -> io::Result<Standing> {
    let Some(stat) = folder.look(name)? else { return Ok(Standing::Nothing) };
    let different = Standing::Different { is_newer: mtime_of(&stat) > facts.mtime };
    let kind = FileType::from_raw_mode(stat.st_mode);
    let same_content = match wanted {
        Wanted::Folder => return Ok(if kind == FileType::Directory { Standing::Same } else { different }),
        Wanted::Symlink(target) => {
            kind == FileType::Symlink && readlinkat(folder, name, Vec::new())?.to_bytes() == target
        }
        Wanted::File(content) => {
            kind == FileType::RegularFile
                && u64::try_from(stat.st_size) == Ok(content.size_bytes)
                && (mtime_of(&stat) == facts.mtime || has_content(folder, name, content))
        }
    };
    Ok(if !same_content {
        different
    } else if are_set(folder, name, &stat, matches!(wanted, Wanted::Symlink(_)), facts, me) {
        Standing::Same
    } else {
        Standing::SameContent
    })
}

/// True when the file's bytes have the hash of the backup's. That of a sparse file is of other bytes than
/// its own, and one that cannot be read is not known to be the same.
fn has_content(folder: &Folder, name: &[u8], content: &Content) -> bool {
    !content.sparse && sha256_of(folder, name).is_ok_and(|found| found == Some(content.sha256))
}

fn sha256_of(folder: &Folder, name: &[u8]) -> io::Result<Option<[u8; 32]>> {
    // What turns out to be a pipe must not be waited for.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = std::fs::File::from(openat(folder, name, flags, Mode::empty())?);
    sha256_of_stream(&mut file, |_| true)
}

/// True when a file is there with this size and time: what a restore put there and nobody touched since.
pub(crate) fn is_untouched_file(stat: &Stat, content: &Content, facts: &FileFacts) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
        && u64::try_from(stat.st_size) == Ok(content.size_bytes)
        && mtime_of(stat) == facts.mtime
}
