//! The socket's file: for its owner only, or for a group, from the first moment on.

use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use keepsake_api::wire::with_short_path;
use rustix::fs::{Gid, chown};

/// Why nobody can be listened to.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// It could not be made.
    #[error("no socket can be made at {}: {}", path.display(), keepsake_core::error::plain(source))]
    Listen {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another program listens there.
    #[error("another program listens at {}", path.display())]
    InUse {
        /// Where.
        path: PathBuf,
    },
    /// Something else stands there.
    #[error("{} is there, and is no socket", path.display())]
    NoSocket {
        /// Where.
        path: PathBuf,
    },
    /// There is no such group.
    #[error("there is no group {name}")]
    NoGroup {
        /// Its name.
        name: String,
    },
}

/// A socket's file that we have made.
#[derive(Debug)]
pub(super) struct Bound {
    path: PathBuf,
    number: (u64, u64),
}

impl Bound {
    /// False once it was removed or replaced.
    pub fn is_there(&self) -> bool {
        std::fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.number)
    }

    /// Takes it away, unless it is somebody else's by now.
    pub fn remove(&self) {
        if self.is_there() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Makes the socket in a folder that nobody else can enter, sets whose it is, and only then puts it where it belongs, in
/// one step. A socket that nobody listens on any more is replaced.
pub(super) fn bind(path: &Path, group: Option<u32>) -> Result<(Bound, UnixListener), SocketError> {
    let failed = |source| SocketError::Listen { path: path.into(), source };
    check_free(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    let mut private = name.to_os_string();
    private.push(format!(".new-{}", std::process::id()));
    let private = folder.join(private);
    let making = private.join("s");
    let made = (|| {
        clear(&private, &making);
        std::fs::DirBuilder::new().mode(0o700).create(&private)?;
        let listener = with_short_path(&making, |short| UnixListener::bind(short))?;
        if let Some(group) = group {
            chown(&making, None, Some(Gid::from_raw(group)))?;
        }
        let mode = if group.is_some() { 0o660 } else { 0o600 };
        std::fs::set_permissions(&making, PermissionsExt::from_mode(mode))?;
        let meta = std::fs::symlink_metadata(&making)?;
        std::fs::rename(&making, path)?;
        Ok((Bound { path: path.into(), number: (meta.dev(), meta.ino()) }, listener))
    })();
    clear(&private, &making);
    made.map_err(failed)
}

/// Takes away what is left of making one.
fn clear(private: &Path, making: &Path) {
    let _ = std::fs::remove_file(making);
    let _ = std::fs::remove_dir(private);
}

fn check_free(path: &Path) -> Result<(), SocketError> {
    let Ok(found) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(SocketError::NoSocket { path: path.into() });
    }
    match with_short_path(path, |short| UnixStream::connect(short)) {
        Ok(_) => Err(SocketError::InUse { path: path.into() }),
        Err(_) => Ok(()),
    }
}

/// The number of a group.
pub(crate) fn group_number(name: &str) -> Result<u32, SocketError> {
    let group = uzers::get_group_by_name(name);
    group.map(|group| group.gid()).ok_or_else(|| SocketError::NoGroup { name: name.into() })
}
