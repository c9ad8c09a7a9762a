//! `FINISH_BY_HAND.sh`: what tar alone cannot say. Files that were moved or copied since an older archive
//! stored them, files whose owner, mode or time changed while their content did not, and hard links to
//! files of older archives. A person without Keepsake unpacks the needed archives, oldest first, and runs
//! it with `sh` in the folder they were unpacked into.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use tempfile::SpooledTempFile;

use crate::archive_path::ArchivePath;
use crate::file_facts::FileFacts;

use super::tar_entry::pax_time;

/// Kept in memory up to this, in a nameless temporary file beyond.
const MEMORY_BYTES: usize = 1 << 20;

const HEAD: &str = r#"#!/bin/sh
# Run this with `sh FINISH_BY_HAND.sh` in the folder into which you unpacked the archives, oldest first.
# It puts files that had been moved or copied to their new places and sets what had changed of others.
# Keepsake itself does not need it.
set -u
problems=0
failed() { problems=$((problems + 1)); printf 'not done: %s\n' "$1" >&2; }
facts() { # PATH MODE MTIME OWNER
  [ "$(id -u)" != 0 ] || chown -- "$4" "$1" || failed "$1"
  # Not every touch knows fractions of a second.
  chmod -- "$2" "$1" && { touch -c -m -d "@$3" -- "$1" 2>/dev/null || touch -c -m -d "@${3%.*}" -- "$1"; } || failed "$1"
}
copy() { # a link or a folder at the old place is not the file that was stored there
  [ -f "$1" ] && [ ! -L "$1" ] && cp -p -- "$1" ".keepsake-finish/$2" || failed "$1"
}
patch() { # BASE PATCH NUMBER: a copy of an older content, and over it what has changed
  copy "$1" "$3"
  [ -f ".keepsake-finish/$3" ] || return 0
  (
    chmod u+w ".keepsake-finish/$3" || exit 1
    read -r magic && read -r size && read -r at && [ "$magic" = "keepsake-patch 1" ] || exit 1
    while read -r seek count; do
      [ "$seek" != end ] || exec dd if=/dev/null of=".keepsake-finish/$3" bs=1 seek="$size" 2>/dev/null
      dd if="$2" of=".keepsake-finish/$3" bs=16384 conv=notrunc skip="$at" seek="$seek" count="$count" 2>/dev/null || exit 1
      at=$((at + count))
    done
    exit 1
  ) < "$2" || { rm -f -- ".keepsake-finish/$3"; failed "$2"; }
}
clear() { # PATH: what stands where a file goes, be it a folder of an older backup or a link to one
  if [ -d "$1" ] && [ ! -L "$1" ]; then rm -rf -- "$1"; else rm -f -- "$1"; fi
}
place() { # NUMBER PATH MODE MTIME OWNER
  [ -f ".keepsake-finish/$1" ] || return 0
  clear "$2" && mv -f -- ".keepsake-finish/$1" "$2" && facts "$2" "$3" "$4" "$5" || failed "$2"
}
symlink() { clear "$2" && ln -s -- "$1" "$2" || failed "$2"; }
link() { clear "$2" && ln -- "$1" "$2" || failed "$2"; }
unread() { clear "$1" || failed "$1"; }
if [ "$(cat .keepsake-finished 2>/dev/null)" = "$backup" ]; then echo "This was done already."; exit 0; fi
rm -rf .keepsake-finish && mkdir .keepsake-finish || exit 1
"#;

const END: &str = r#"rm -rf .keepsake-finish .keepsake-moved
printf %s "$backup" > .keepsake-finished
if [ "$problems" != 0 ]; then echo "$problems things could not be done" >&2; exit 1; fi
echo "Done."
"#;

/// Collects the script while a backup runs. Copies are all made before anything is put in its place, so
/// that two files that changed places both survive. Hard links come last: whatever order things were told in, the
/// file is in its place by then.
#[derive(Debug)]
pub struct ByHand {
    head: String,
    copies: SpooledTempFile,
    places: SpooledTempFile,
    links: SpooledTempFile,
    count: u64,
}

impl ByHand {
    /// An empty script for a backup; what does not fit in memory goes to a nameless file in `spool_folder`.
    pub fn new(backup: &str, spool_folder: &Path) -> Self {
        let spool = || tempfile::spooled_tempfile_in(MEMORY_BYTES, spool_folder);
        let head = HEAD.replacen("set -u\n", &format!("set -u\nbackup='{backup}'\n"), 1);
        Self { head, copies: spool(), places: spool(), links: spool(), count: 0 }
    }

    /// The file at `path` has the content that an archive holds as `stored_as`, with that patch over it.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub fn copied(
        &mut self,
        stored_as: &ArchivePath,
        patch: Option<&ArchivePath>,
        path: &ArchivePath,
        facts: &FileFacts,
    ) -> io::Result<()> {
        self.count += 1;
        let number = self.count.to_string();
        let stored_as = quoted(stored_as.as_bytes());
        match patch {
            None => writeln_quoted(&mut self.copies, &[b"copy", &stored_as, number.as_bytes()])?,
            Some(patch) => {
                let patch = quoted(patch.as_bytes());
                writeln_quoted(&mut self.copies, &[b"patch", &stored_as, &patch, number.as_bytes()])?;
            }
        }
        let facts = said(facts);
        writeln_quoted(&mut self.places, &[b"place", number.as_bytes(), &quoted(path.as_bytes()), facts.as_bytes()])
    }

    /// The content is where it was, owner, mode or time are not.
    ///
    /// # Errors
    /// As for [`ByHand::copied`].
    pub fn facts_changed(&mut self, path: &ArchivePath, facts: &FileFacts) -> io::Result<()> {
        self.count += 1;
        writeln_quoted(&mut self.places, &[b"facts", &quoted(path.as_bytes()), said(facts).as_bytes()])
    }

    /// What tar unpacks at `path` is not the file: it could not be read to its end.
    ///
    /// # Errors
    /// As for [`ByHand::copied`].
    pub fn unread(&mut self, path: &ArchivePath) -> io::Result<()> {
        self.count += 1;
        writeln_quoted(&mut self.places, &[b"unread", &quoted(path.as_bytes())])
    }

    /// `path` is a symbolic link that tar cannot put there, because a folder may be in its way.
    ///
    /// # Errors
    /// As for [`ByHand::copied`].
    pub fn symlink(&mut self, target: &[u8], path: &ArchivePath) -> io::Result<()> {
        self.count += 1;
        writeln_quoted(&mut self.places, &[b"symlink", &quoted(target), &quoted(path.as_bytes())])
    }

    /// `path` is a hard link to `target`.
    ///
    /// # Errors
    /// As for [`ByHand::copied`].
    pub fn linked(&mut self, target: &ArchivePath, path: &ArchivePath) -> io::Result<()> {
        self.count += 1;
        writeln_quoted(&mut self.links, &[b"link", &quoted(target.as_bytes()), &quoted(path.as_bytes())])
    }

    /// The whole script with its length in bytes. None when tar alone says everything and no older archive
    /// is unpacked before, whose script would otherwise be left for this one.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn finish(mut self, needs_older: bool) -> io::Result<Option<(u64, Box<dyn Read>)>> {
        if self.count == 0 && !needs_older {
            return Ok(None);
        }
        let copies_bytes = self.copies.stream_position()?;
        let places_bytes = self.places.stream_position()?;
        let links_bytes = self.links.stream_position()?;
        self.copies.seek(SeekFrom::Start(0))?;
        self.places.seek(SeekFrom::Start(0))?;
        self.links.seek(SeekFrom::Start(0))?;
        let length = self.head.len() as u64 + copies_bytes + places_bytes + links_bytes + END.len() as u64;
        let lines = self.copies.chain(self.places).chain(self.links);
        let script = io::Cursor::new(self.head).chain(lines).chain(END.as_bytes());
        Ok(Some((length, Box::new(script))))
    }
}

/// Mode, time and owner as the script's functions take them.
fn said(facts: &FileFacts) -> String {
    format!("{:04o} {} {}:{}", facts.mode, pax_time(facts.mtime), facts.uid, facts.gid)
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
        let mut script = ByHand::new("family_20260303_020500", dir.path());
        let uid = rustix::process::getuid().as_raw();
        let gid = rustix::process::getgid().as_raw();
        let facts = FileFacts { mode: 0o640, uid, gid, mtime: FileTime { secs: 77, nanos: 5 }, ..FileFacts::default() };
        script.copied(&a, None, &b, &facts).unwrap();
        script.copied(&b, None, &a, &facts).unwrap();
        let (length, mut reader) = script.finish(false).unwrap().unwrap();
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
        let again = std::process::Command::new("sh").arg("s").current_dir(dir.path()).output().unwrap();
        assert!(again.status.success());
        assert_eq!(std::fs::read(at(&a)).unwrap(), b"2", "a second run must not swap them back");
    }

    #[test]
    fn a_touch_that_knows_no_fractions_sets_whole_seconds() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("bin")).unwrap();
        // As BusyBox has it.
        let touch = dir.path().join("bin/touch");
        std::fs::write(&touch, "#!/bin/sh\ncase \"$*\" in *@*.*) exit 1 ;; esac\nexec /usr/bin/touch \"$@\"\n")
            .unwrap();
        std::fs::set_permissions(&touch, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::write(dir.path().join("file"), "content").unwrap();
        let uid = rustix::process::getuid().as_raw();
        let gid = rustix::process::getgid().as_raw();
        let facts = FileFacts { mode: 0o640, uid, gid, mtime: FileTime { secs: 77, nanos: 5 }, ..FileFacts::default() };
        let mut script = ByHand::new("b", dir.path());
        script.facts_changed(&ArchivePath::new("file").unwrap(), &facts).unwrap();
        let (_, mut reader) = script.finish(false).unwrap().unwrap();
        let mut text = Vec::new();
        reader.read_to_end(&mut text).unwrap();
        std::fs::write(dir.path().join("s"), text).unwrap();
        let path = format!("{}:/usr/bin:/bin", dir.path().join("bin").display());
        let ran = std::process::Command::new("sh").arg("s").env("PATH", path).current_dir(dir.path()).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        let meta = std::fs::metadata(dir.path().join("file")).unwrap();
        assert_eq!((meta.mtime(), meta.mtime_nsec()), (77, 0));
    }

    #[test]
    fn a_folder_or_a_link_in_the_way_makes_room() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for folder in ["was", "elsewhere"] {
            std::fs::create_dir(at(folder)).unwrap();
            std::fs::write(at(folder).join("inside"), "x").unwrap();
        }
        std::os::unix::fs::symlink("elsewhere", at("link")).unwrap();
        std::fs::write(at("file"), "content").unwrap();
        let mut script = ByHand::new("b", dir.path());
        let path = |name: &str| ArchivePath::new(name).unwrap();
        let uid = rustix::process::getuid().as_raw();
        let gid = rustix::process::getgid().as_raw();
        let facts = FileFacts {
            mode: 0o600,
            uid,
            gid,
            mtime: FileTime { secs: -1, nanos: 250_000_000 },
            ..FileFacts::default()
        };
        for name in ["was", "link"] {
            script.copied(&path("file"), None, &path(name), &facts).unwrap();
        }
        let (_, mut reader) = script.finish(false).unwrap().unwrap();
        let mut text = Vec::new();
        reader.read_to_end(&mut text).unwrap();
        std::fs::write(at("s"), text).unwrap();
        let ran = std::process::Command::new("sh").arg("s").current_dir(dir.path()).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        use std::os::unix::fs::MetadataExt;
        for name in ["was", "link"] {
            let meta = std::fs::symlink_metadata(at(name)).unwrap();
            assert!(meta.is_file(), "{name}");
            assert_eq!((meta.mtime(), meta.mtime_nsec()), (-1, 250_000_000));
        }
        assert!(at("elsewhere/inside").exists());
        assert!(ByHand::new("b", dir.path()).finish(false).unwrap().is_none());
        assert!(ByHand::new("b", dir.path()).finish(true).unwrap().is_some());
    }
}
