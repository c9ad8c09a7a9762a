//! Opening what lies below a folder without ever following a link out of it, at any depth.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

/// The most bytes of a path that are given to the kernel at once; its own limit is 4,096.
const CHUNK_BYTES: usize = 3_000;

/// Opens `relative` (parts separated by `/`; empty means the folder itself) below `top`. No link on the
/// way is followed, nor the last one. A path longer than the kernel takes is opened in steps.
///
/// # Errors
/// What the kernel answers; `ELOOP` for a link.
pub fn open_beneath(top: impl AsFd, relative: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
    let top = top.as_fd();
    if relative.is_empty() {
        return open_step(top, b".", flags);
    }
    let mut rest = relative;
    let mut step: Option<OwnedFd> = None;
    while rest.len() > CHUNK_BYTES {
        let cut = rest[..CHUNK_BYTES].iter().rposition(|&b| b == b'/').ok_or(Errno::NAMETOOLONG)?;
        let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::PATH;
        let next = open_step(step.as_ref().map_or(top, |fd| fd.as_fd()), &rest[..cut], folder)?;
        step = Some(next);
        rest = &rest[cut + 1..];
    }
    open_step(step.as_ref().map_or(top, |fd| fd.as_fd()), rest, flags)
}

fn open_step(at: impl AsFd, path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let path = OsStr::from_bytes(path);
    match openat2(&at, path, flags, Mode::empty(), ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS) {
        // A kernel before 5.6, or a sandbox that forbids the call.
        Err(Errno::NOSYS | Errno::PERM) => Ok(openat(&at, path, flags, Mode::empty())?),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn links_are_not_followed_and_depth_is_no_limit() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("a")).unwrap();
        std::os::unix::fs::symlink("/etc", dir.path().join("a/out")).unwrap();
        let top = fs::File::open(dir.path()).unwrap();
        assert!(open_beneath(&top, b"a/out/passwd", OFlags::RDONLY).is_err());
        assert!(open_beneath(&top, b"a/out", OFlags::RDONLY).is_err());
        open_beneath(&top, b"a", OFlags::RDONLY).unwrap();

        let name = "n".repeat(200);
        let mut relative = Vec::new();
        let mut at: OwnedFd = top.try_clone().unwrap().into();
        for _ in 0..30 {
            rustix::fs::mkdirat(&at, &*name, Mode::RWXU).unwrap();
            at = openat(&at, &*name, OFlags::RDONLY, Mode::empty()).unwrap();
            relative.extend_from_slice(name.as_bytes());
            relative.push(b'/');
        }
        relative.pop();
        assert!(relative.len() > 6000);
        open_beneath(&top, &relative, OFlags::RDONLY).unwrap();
    }
}
