//! Pictures and videos, told by the endings of their names.

use std::collections::BTreeMap;

use keepsake_api::{Counts, ItemKind};
use keepsake_core::archive::metadata::SourceSummary;
use keepsake_core::catalog::{BackupRow, Catalog, CatalogError, NameKind};

/// Endings of pictures of which a small one can be drawn.
const SHOWN: [&str; 5] = ["gif", "jpeg", "jpg", "png", "webp"];
/// Endings of other pictures: of cameras and telephones, and drawn ones.
const OTHER_PICTURES: [&str; 15] =
    ["arw", "avif", "bmp", "cr2", "cr3", "dng", "heic", "heif", "nef", "orf", "raf", "rw2", "svg", "tif", "tiff"];
/// Endings of videos.
const VIDEOS: [&str; 12] = ["3gp", "avi", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "webm"];
const LONGEST_ENDING_BYTES: usize = 4;

/// What kind of file has this name.
pub fn kind_of_name(name: &[u8]) -> ItemKind {
    with_ending(name, |ending| match () {
        () if SHOWN.contains(&ending) => ItemKind::Picture,
        () if VIDEOS.contains(&ending) => ItemKind::Video,
        () => ItemKind::File,
    })
    .unwrap_or(ItemKind::File)
}

/// True for the name of a picture or a video.
pub fn is_picture(name: &[u8]) -> bool {
    let is_one = |ending: &str| SHOWN.contains(&ending) || OTHER_PICTURES.contains(&ending) || VIDEOS.contains(&ending);
    with_ending(name, is_one) == Some(true)
}

fn with_ending<T>(name: &[u8], with: impl FnOnce(&str) -> T) -> Option<T> {
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0)?;
    let ending = &name[dot + 1..];
    let mut lower = [0; LONGEST_ENDING_BYTES];
    let lower = lower.get_mut(..ending.len())?;
    lower.copy_from_slice(ending);
    lower.make_ascii_lowercase();
    std::str::from_utf8(lower).ok().map(with)
}

/// How many pictures and videos each source of a backup has.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    sources: BTreeMap<Vec<u8>, (u64, u64)>,
}

impl Tally {
    /// Looks at every name in a backup.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn of(catalog: &Catalog, backup: &BackupRow) -> Result<Self, CatalogError> {
        let mut sources: BTreeMap<Vec<u8>, (u64, u64)> = BTreeMap::new();
        let mut current: (Vec<u8>, (u64, u64)) = Default::default();
        catalog.each_name(backup, |named| {
            let mut parts = named.key.split(|byte| *byte == 0);
            let source = parts.next().unwrap_or_default();
            if current.0 != source {
                sources.insert(std::mem::replace(&mut current.0, source.to_vec()), std::mem::take(&mut current.1));
            }
            if named.kind == NameKind::File && is_picture(parts.next_back().unwrap_or(source)) {
                current.1.0 += 1;
                current.1.1 += u64::from(named.is_new);
            }
        })?;
        sources.insert(current.0, current.1);
        Ok(Self { sources })
    }

    /// What a source has in all.
    pub fn all(&self, source: &SourceSummary) -> Counts {
        let pictures = self.sources.get(source.name.as_bytes()).map_or(0, |counted| counted.0);
        Counts { files: source.files, pictures: pictures.min(source.files), bytes: source.bytes }
    }

    /// What of it was new or changed.
    pub fn new_ones(&self, source: &SourceSummary) -> Counts {
        let pictures = self.sources.get(source.name.as_bytes()).map_or(0, |counted| counted.1);
        Counts { files: source.new_files, pictures: pictures.min(source.new_files), bytes: source.new_bytes }
    }

    /// All pictures and videos.
    pub fn pictures(&self) -> u64 {
        self.sources.values().map(|counted| counted.0).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_tell_what_a_file_is() {
        for (name, kind) in [
            ("a.jpg", ItemKind::Picture),
            ("A.JPEG", ItemKind::Picture),
            ("a.tar.Png", ItemKind::Picture),
            ("a.mp4", ItemKind::Video),
            ("a.heic", ItemKind::File),
            (".jpg", ItemKind::File),
            ("jpg", ItemKind::File),
            ("a.", ItemKind::File),
            ("a.jpgx5", ItemKind::File),
        ] {
            assert_eq!(kind_of_name(name.as_bytes()), kind, "{name}");
        }
        assert!(is_picture(b"a.HEIC") && is_picture(b"a.mov") && !is_picture(b"a.txt") && !is_picture(b"a.\xff\xff"));
    }
}
