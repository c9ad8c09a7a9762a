//! `FINISH_BY_HAND.sh`: what tar alone cannot say. Files that were moved or copied since an older archive
//! stored them, files whose owner, mode or time changed while their content did not, and hard links to
//! files of older archives. A person without Keepsake unpacks the needed archives, oldest first, and runs
//! it with `sh` in the folder they were unpacked into.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use tempfile::SpooledTempFile;

use crate::archive_path::ArchivePath;
use crate::file_facts::FileFacts;

use super::manifest::time_text;

/// Kept in memory up to this, in a nameless temporary file beyond.
const MEMORY_BYTES: usize = 1 << 20;

const HEAD: &str = r#"#!/bin/sh
# Run this with `sh FINISH_BY_HAND.sh` in the folder into which you unpacked the archives, oldest first.
# It puts files that had been moved or copied to their new places and sets what had changed of others.
# Keepsake itself does not need it.
set -u
[ ! -e .keepsake-finished ] || { echo "This was done already."; exit 0; }
problems=0
failed() { problems=$((problems + 1)); printf 'not done: %s\n' "$1" >&2; }
facts() { # PATH MODE MTIME OWNER
  [ "$(id -u)" != 0 ] || chown -- "$4" "$1" || failed "$1"
  chmod -- "$2" "$1" && touch -c -m -d "@$3" -- "$1" || failed "$1"
}
copy() { cp -p -- "$1" ".keepsake-finish/$2" || failed "$1"; }
place() { # NUMBER PATH MODE MTIME OWNER
  [ -e ".keepsake-finish/$1" ] || return 0
  mv -f -- ".keepsake-finish/$1" "$2" && facts "$2" "$3" "$4" "$5" || failed "$2"
}
link() { ln -f -- "$1" "$2" || failed "$2"; }
rm -rf .keepsake-finish && mkdir .keepsake-finish || exit 1
"#;

const END: &str = r#"rm -rf .keepsake-finish .keepsake-moved
: > .keepsake-finished
if [ "$problems" != 0 ]; then echo "$problems things could not be done" >&2; exit 1; fi
echo "Done."
"#;

/// Collects the script while a backup runs. Copies are all made before anything is put in its place, so
/// that two files that changed places both survive.
#[derive(Debug)]
pub struct ByHand {
    copies: SpooledTempFile,
    places: SpooledTempFile,
    count: u64,
}

impl ByHand {
    /// An empty script; what does not fit in memory goes to a nameless file in `spool_folder`.
    pub fn new(spool_folder: &Path) -> Self {
        let spool = || tempfile::spooled_tempfile_in(MEMORY_BYTES, spool_folder);
        Self { copies: spool(), places: spool(), count: 0 }
    }

    /// The file at `path` has the content that an archive holds as `stored_as`.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub fn copied(&mut self, stored_as: &ArchivePath, path: &ArchivePath, facts: &FileFacts) -> io::Result<()> {
        self.count += 1;
        writeln_quoted(&mut self.copies, &[b"copy", &quoted(stored_as.as_bytes()), self.count.to_string().as_bytes()])?;
        let facts = said(facts);
        writeln_quoted(
            &mut self.places,
            &[b"place", self.count.to_string().as_bytes(), &quoted(path.as_bytes()), facts.as_bytes()],
        )
    }

    /// The content is where it was, owner, mode or time are not.
    ///
    /// # Errors
    /// As for [`ByHand::copied`].
    pub fn facts_changed(&mut self, path: &ArchivePath, facts: &FileFacts) -> io::Result<()> {
        self.count += 1;
        writeln_quoted(&mut self.places, &[b"facts", &quoted(path.as_bytes()), said(facts).as_bytes()])
    }

    /// `path` is a hard link to `target`.
    ///
    /// # Errors
    /// As for [`ByHand::copied`].
    pub fn linked(&mut self, target: &ArchivePath, path: &ArchivePath) -> io::Result<()> {
        self.count += 1;
        writeln_quoted(&mut self.places, &[b"link", &quoted(target.as_bytes()), &quoted(path.as_bytes())])
    }

    /// The whole script with its length in bytes; None when tar alone says everything.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn finish(mut self) -> io::Result<Option<(u64, Box<dyn Read>)>> {
        if self.count == 0 {
            return Ok(None);
        }
        let copies_bytes = self.copies.stream_position()?;
        let places_bytes = self.places.stream_position()?;
        self.copies.seek(SeekFrom::Start(0))?;
        self.places.seek(SeekFrom::Start(0))?;
        let length = HEAD.len() as u64 + copies_bytes + places_bytes + END.len() as u64;
        let script = HEAD.as_bytes().chain(self.copies).chain(self.places).chain(END.as_bytes());
        Ok(Some((length, Box::new(script))))
    }
}

/// Mode, time and owner as the script's functions take them.
fn said(facts: &FileFacts) -> String {
    format!("{:04o} {} {}:{}", facts.mode, time_text(facts.mtime), facts.uid, facts.gid)
}

fn writeln_quoted(out: &mut impl Write, words: &[&[u8]]) -> io::Result<()> {
    let mut line = words.join(&b' ');
    line.push(b'\n');
    out.write_all(&line)
}

/// In single quotes, in which a shell takes every byte as it is (POSIX, Shell Command Language, 2.2.2).
fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for &byte in bytes {
        if byte == b'\'' { out.extend_from_slice(b"'\\''") } else { out.push(byte) }
    }
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_facts::FileTime;

    #[test]
    fn files_that_changed_places_both_survive_a_real_shell() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (ArchivePath::new("it's a").unwrap(), ArchivePath::new("b\n\"$(x)\"").unwrap());
        let at = |p: &ArchivePath| {
            use std::os::unix::ffi::OsStrExt;
            dir.path().join(std::ffi::OsStr::from_bytes(p.as_bytes()))
        };
        std::fs::write(at(&a), "1").unwrap();
        std::fs::write(at(&b), "2").unwrap();
        let mut script = ByHand::new(dir.path());
        let uid = rustix::process::getuid().as_raw();
        let gid = rustix::process::getgid().as_raw();
        let facts = FileFacts { mode: 0o640, uid, gid, mtime: FileTime { secs: 77, nanos: 5 }, ..FileFacts::default() };
        script.copied(&a, &b, &facts).unwrap();
        script.copied(&b, &a, &facts).unwrap();
        let (length, mut reader) = script.finish().unwrap().unwrap();
        let mut text = Vec::new();
        reader.read_to_end(&mut text).unwrap();
        assert_eq!(text.len() as u64, length);
        std::fs::write(dir.path().join("s"), text).unwrap();
        let ran = std::process::Command::new("sh").arg("s").current_dir(dir.path()).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        assert_eq!(std::fs::read(at(&a)).unwrap(), b"2");
        assert_eq!(std::fs::read(at(&b)).unwrap(), b"1");
        let meta = std::fs::metadata(at(&a)).unwrap();
        use std::os::unix::fs::MetadataExt;
        assert_eq!((meta.mode() & 0o7777, meta.mtime(), meta.mtime_nsec()), (0o640, 77, 5));
        assert!(!dir.path().join(".keepsake-finish").exists());
    }
}
