//! Whether patches and what they change make the files that were backed up. Each half by itself is for
//! [`super::contents`]: what is damaged there is named there, and says nothing about the other.

use std::collections::BTreeMap;
use std::path::Path;

use ring::digest::{Context, SHA256};

use super::contents::Flaw;
use crate::archive::error::ArchiveError;
use crate::archive::manifest::{Content, Patch};
use crate::archive::patch::read_patched;
use crate::archive::reader::ArchiveReader;
use crate::archive_path::ArchivePath;
use crate::destinations::stored::open_archive;
use crate::monitor::Monitor;

/// Why a file was not put together.
enum Why {
    /// An archive cannot be read there.
    Archive,
    /// The patch is impossible.
    Impossible(String),
    Stopped,
}

impl From<ArchiveError> for Why {
    fn from(_: ArchiveError) -> Self {
        Self::Archive
    }
}
impl From<String> for Why {
    fn from(sentence: String) -> Self {
        Self::Impossible(sentence)
    }
}

/// Puts together the files of which an archive holds patches, with the older archives in the same folder, and compares
/// their hashes. What cannot be read is passed over. False when the monitor asked to stop.
pub(super) fn check(
    archive: &ArchiveReader,
    folder: &Path,
    patched: &[(ArchivePath, Content)],
    damaged: &mut BTreeMap<String, Flaw>,
    monitor: &dyn Monitor,
) -> bool {
    for (path, content) in patched {
        let path = path.to_string();
        let Some(patch) = content.patch.as_deref() else { continue };
        if damaged.get(&path).is_some_and(|flaw| flaw.tar_offset.is_some()) {
            continue;
        }
        match put_together(archive, folder, content, patch, monitor) {
            Ok(true) | Err(Why::Archive) => {}
            Err(Why::Stopped) => return false,
            Ok(false) => {
                let message = "what has changed of it and its older content do not make the file that was backed up";
                Flaw { tar_offset: Some(content.tar_offset), message: message.into() }.note(path, damaged);
            }
            Err(Why::Impossible(message)) => {
                Flaw { tar_offset: Some(content.tar_offset), message }.note(path, damaged);
            }
        }
    }
    true
}

/// True when the file has its hash.
fn put_together(
    archive: &ArchiveReader,
    folder: &Path,
    content: &Content,
    patch: &Patch,
    monitor: &dyn Monitor,
) -> Result<bool, Why> {
    let number = patch.base.archive as usize;
    let needed = number.checked_sub(1).and_then(|index| archive.metadata().archives_needed.get(index));
    let base = open_archive(&folder.join(&needed.ok_or(Why::Archive)?.name))?;
    if patch.base.tar_offset.checked_add(patch.base.size_bytes).is_none_or(|end| end > base.tar_bytes()) {
        return Err(Why::Impossible("its older content is said to lie beyond its archive's end".into()));
    }
    let mut hash = Context::new(&SHA256);
    read_patched((&mut base.cursor(), &mut archive.cursor()), content, patch, |bytes| {
        hash.update(bytes);
        if monitor.should_stop() { Err(Why::Stopped) } else { Ok(()) }
    })?;
    Ok(hash.finish().as_ref() == content.sha256)
}
