//! What every layer's error is made of: a failed file operation, with what was tried and where.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// A file operation that failed: what was tried, on which path, and what the system said.
#[derive(Debug, thiserror::Error)]
#[error("could not {action} {}: {}", path.display(), plain(source))]
pub struct FileError {
    /// What was tried, as a verb phrase: "read", "create the folder".
    pub action: &'static str,
    /// The path it was tried on.
    pub path: PathBuf,
    /// What the operating system answered.
    pub source: io::Error,
}

impl FileError {
    /// An adapter for `map_err`: `.map_err(FileError::on("read", path))`.
    pub fn on(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> FileError {
        let path = path.as_ref().to_path_buf();
        move |source| FileError { action, path, source }
    }

    /// True when the disk had no room left (ENOSPC or the user's quota).
    pub fn is_disk_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

/// The system's words for the errors that people meet most, in plain language.
pub fn plain(error: &io::Error) -> String {
    if let Some(told) = number_of(error).and_then(of_number) {
        return told.into();
    }
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".into(),
        io::ErrorKind::QuotaExceeded => "the disk quota is used up".into(),
        io::ErrorKind::PermissionDenied => "no permission".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the disk can only be read, not written".into(),
        io::ErrorKind::NotFound => "there is no such file or folder".into(),
        _ => match number_of(error) {
            Some(number) => without_number(&io::Error::from_raw_os_error(number).to_string()).to_lowercase(),
            None => without_number(&innermost(error).to_string()).into(),
        },
    }
}

/// What the system said, without what libraries have put around it: they name the path again, and it may be one that is no
/// path for people, as that of a handle.
fn innermost(error: &io::Error) -> &io::Error {
    let Some(inner) = error.get_ref() else { return error };
    let inner: &(dyn std::error::Error + 'static) = inner;
    match inner.downcast_ref().or_else(|| inner.source()?.downcast_ref()) {
        Some(inner) => innermost(inner),
        None => error,
    }
}

fn without_number(text: &str) -> &str {
    text.find(" (os error").map_or(text, |end| &text[..end])
}

/// The system's number for an error, also where a library has put its own words around it.
pub(crate) fn number_of(error: &io::Error) -> Option<i32> {
    if let Some(number) = error.raw_os_error() {
        return Some(number);
    }
    let inner: &(dyn std::error::Error + 'static) = error.get_ref()?;
    let mut all = std::iter::successors(Some(inner), |inner| inner.source());
    // `fs-err` does not hand out what it wraps, and says it last in its own words.
    all.find_map(|inner| inner.downcast_ref::<io::Error>().and_then(number_of)).or_else(|| {
        let text = error.to_string();
        text.strip_suffix(')')?.rsplit_once(" (os error ")?.1.parse().ok()
    })
}

/// What the rarer numbers mean to a person; the system's own words follow where an expert wants them.
fn of_number(number: i32) -> Option<&'static str> {
    Some(match Errno::from_raw_os_error(number) {
        Errno::IO => "the disk reported an error; it may be failing (input/output error)",
        Errno::NAMETOOLONG => "the name or the path is too long for this disk",
        Errno::LOOP => "a link stands in the way (too many symbolic links)",
        Errno::NOTDIR => "something in its path is not a folder",
        Errno::ISDIR => "it is a folder",
        Errno::NOTEMPTY => "the folder is not empty",
        Errno::BUSY | Errno::TXTBSY => "it is in use",
        Errno::FBIG => "the file is too large for this disk",
        Errno::MLINK => "it has more names than this disk allows (too many links)",
        Errno::OPNOTSUPP | Errno::NOSYS => "the disk or the system cannot do that (operation not supported)",
        Errno::INVAL => "the disk does not accept that (invalid argument)",
        Errno::NODEV | Errno::NXIO => "the drive is no longer there",
        Errno::STALE | Errno::NOTCONN | Errno::HOSTDOWN | Errno::HOSTUNREACH | Errno::TIMEDOUT => {
            "the drive or the network folder cannot be reached any more"
        }
        Errno::MFILE | Errno::NFILE => "too many files are open on this computer",
        Errno::NOMEM => "this computer has no memory left",
        Errno::XDEV => "it lies on another disk",
        Errno::ILSEQ => "the disk does not allow such a name",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_in_plain_words() {
        for (errno, says) in [
            (Errno::IO, "may be failing"),
            (Errno::NAMETOOLONG, "too long"),
            (Errno::STALE, "network folder"),
            (Errno::NOSPC, "the disk is full"),
            (Errno::ROFS, "only be read"),
            (Errno::ACCESS, "no permission"),
            (Errno::PERM, "no permission"),
        ] {
            let bare: io::Error = errno.into();
            // As `fs-err` and `tempfile` tell it.
            let wrapped =
                io::Error::new(bare.kind(), FileError { action: "x", path: "/X".into(), source: errno.into() });
            for error in [bare, wrapped] {
                let told = plain(&error);
                assert!(told.contains(says) && !told.contains("os error") && !told.contains("/X"), "{told}");
            }
        }
        assert_eq!(plain(&io::Error::other("Own words")), "Own words");
    }

    #[test]
    fn what_fs_err_wraps_is_told_in_plain_words_too() {
        use std::io::Read;
        // The first page of a process is never there: reading it is an error of input and output.
        let mut memory = fs_err::File::open("/proc/self/mem").unwrap();
        let failed = memory.read(&mut [0]).unwrap_err();
        assert!(failed.to_string().contains("/proc/self/mem"), "it names the path: {failed}");
        assert_eq!(plain(&failed), plain(&Errno::IO.into()));
        let long = fs_err::File::open(format!("/{}", "x".repeat(5000))).unwrap_err();
        assert_eq!(plain(&long), plain(&Errno::NAMETOOLONG.into()));
    }

    #[test]
    fn a_path_is_told_once_and_by_who_knows_it() {
        // As a layer below tells it that reaches its files through a handle.
        let through_handle = FileError {
            action: "write",
            path: "/proc/self/fd/5/family.001".into(),
            source: io::Error::other("it would be more than 999 pieces"),
        };
        let told = FileError::on("copy to", "/media/blue/Keepsake")(io::Error::other(through_handle)).to_string();
        assert_eq!(told, "could not copy to /media/blue/Keepsake: it would be more than 999 pieces");
    }
}
