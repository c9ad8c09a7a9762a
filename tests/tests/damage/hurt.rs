//! Where a backup can be hurt, and how.

use std::ops::Range;
use std::path::{Path, PathBuf};

use fs_err as fs;
use keepsake_core::archive::footer::{FOOTER_BYTES, Footer};
use keepsake_core::archive::manifest::{Line, Node};
use keepsake_core::archive::reader::ArchiveReader;
use keepsake_tests::House;

/// Something that can be hurt. Archive 1 is whole, archive 2 needs it and holds a patch of its largest file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Archive1,
    Archive1Info,
    Archive1Header,
    Archive1First,
    Archive1Base,
    Archive1Last,
    Archive1Manifest,
    Archive1Table,
    Archive1Metadata,
    Archive1Footer,
    Archive2,
    Archive2Patch,
    Archive2Script,
    Archive2Manifest,
    Archive2Footer,
    Sidecar1,
    Sidecar2,
    Catalog,
    CatalogInside,
    Config,
    Unfinished,
    Lock,
}

impl Place {
    pub const ALL: &[Place] = &[
        Self::Archive1,
        Self::Archive1Info,
        Self::Archive1Header,
        Self::Archive1First,
        Self::Archive1Base,
        Self::Archive1Last,
        Self::Archive1Manifest,
        Self::Archive1Table,
        Self::Archive1Metadata,
        Self::Archive1Footer,
        Self::Archive2,
        Self::Archive2Patch,
        Self::Archive2Script,
        Self::Archive2Manifest,
        Self::Archive2Footer,
        Self::Sidecar1,
        Self::Sidecar2,
        Self::Catalog,
        Self::CatalogInside,
        Self::Config,
        Self::Unfinished,
        Self::Lock,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Archive1 => "archive-1",
            Self::Archive1Info => "archive-1:info",
            Self::Archive1Header => "archive-1:header",
            Self::Archive1First => "archive-1:first-block",
            Self::Archive1Base => "archive-1:base",
            Self::Archive1Last => "archive-1:last-block",
            Self::Archive1Manifest => "archive-1:manifest",
            Self::Archive1Table => "archive-1:block-table",
            Self::Archive1Metadata => "archive-1:metadata",
            Self::Archive1Footer => "archive-1:footer",
            Self::Archive2 => "archive-2",
            Self::Archive2Patch => "archive-2:patch",
            Self::Archive2Script => "archive-2:script",
            Self::Archive2Manifest => "archive-2:manifest",
            Self::Archive2Footer => "archive-2:footer",
            Self::Sidecar1 => "sidecar-1",
            Self::Sidecar2 => "sidecar-2",
            Self::Catalog => "catalog",
            Self::CatalogInside => "catalog:inside",
            Self::Config => "config",
            Self::Unfinished => "note:unfinished",
            Self::Lock => "note:lock",
        }
    }

    /// True of what `verify` answers for.
    pub fn is_in_backups(self) -> bool {
        !matches!(self, Self::Catalog | Self::CatalogInside | Self::Config | Self::Unfinished | Self::Lock)
    }

    fn is_whole_file(self) -> bool {
        !self.is_in_backups() && self != Self::CatalogInside
            || matches!(self, Self::Archive1 | Self::Archive2 | Self::Sidecar1 | Self::Sidecar2)
    }

    fn file(self, house: &House) -> PathBuf {
        let archives = house.archives();
        let sidecar = |archive: &Path| PathBuf::from(format!("{}.sha256", archive.display()));
        match self {
            Self::Sidecar1 => sidecar(&archives[0]),
            Self::Sidecar2 => sidecar(&archives[1]),
            Self::Catalog | Self::CatalogInside => house.data().join("catalog.sqlite"),
            Self::Config => house.config(),
            Self::Unfinished => house.data().join("unfinished"),
            Self::Lock => house.data().join("lock"),
            Self::Archive2
            | Self::Archive2Patch
            | Self::Archive2Script
            | Self::Archive2Manifest
            | Self::Archive2Footer => archives[1].clone(),
            _ => archives[0].clone(),
        }
    }

    /// Which bytes of the file.
    fn range(self, path: &Path, length: usize) -> Range<usize> {
        if self.is_whole_file() {
            return 0..length;
        }
        if self == Self::CatalogInside {
            return length / 2..length / 2 + 4096.min(length / 2);
        }
        let archive = ArchiveReader::open(path).expect("it is whole before it is hurt");
        let starts: Vec<usize> = (0..=archive.block_count())
            .scan(0, |at, block| {
                let start = *at;
                if block < archive.block_count() {
                    *at += archive.block_file_bytes(block) as usize;
                }
                Some(start)
            })
            .collect();
        let block = |number: usize| starts[number]..starts[number + 1];
        // The middle of a member: its header alone would be too easy to notice.
        let middle = |range: Range<usize>| {
            let at = (range.start + range.end) / 2;
            at..(at + 64).min(range.end)
        };
        let content = |wanted: &dyn Fn(&str, bool) -> bool| {
            let found = archive.manifest().find_map(|line| match line.expect("a whole manifest") {
                Line::Full(entry) => match entry.node {
                    Node::File(content) if content.archive == 0 => {
                        wanted(&entry.path.to_string(), content.patch.is_some())
                            .then_some((content.tar_offset, content.stored_bytes))
                    }
                    _ => None,
                },
                Line::AsIn { .. } => None,
            });
            let (offset, bytes) = found.expect("the archive holds it");
            archive.block_of(offset + bytes / 2)
        };
        let end = length - FOOTER_BYTES;
        let footer = || {
            let bytes = fs::read(path).expect("it can be read");
            Footer::decode(bytes[end..].try_into().expect("so many bytes")).expect("a footer")
        };
        let table = || footer().table_file_offset as usize;
        match self {
            Self::Archive1Info => 30..94,
            Self::Archive1First => middle(block(0)),
            Self::Archive1Base => middle(block(content(&|path, _| path == "home/Mail/mbox"))),
            Self::Archive1Last => middle(block(content(&|path, _| path == "home/Pictures/3.jpg"))),
            // The block in which a picture begins, just before its noise.
            Self::Archive1Header => middle(block(content(&|path, _| path == "home/Pictures/1.jpg"))),
            Self::Archive1Manifest | Self::Archive2Manifest => {
                middle(block(archive.block_of(archive.manifest_tar_range().start)))
            }
            Self::Archive2Script => block(archive.tail_block()).start + 12..block(archive.tail_block()).start + 44,
            Self::Archive2Patch => middle(block(content(&|_, is_patch| is_patch))),
            Self::Archive1Table => table() + 20..table() + 52,
            Self::Archive1Metadata => end - 60..end - 20,
            Self::Archive1Footer | Self::Archive2Footer => end + 20..end + 52,
            _ => unreachable!("whole files were answered above"),
        }
    }
}

/// What is done to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hurt {
    /// The file is removed, or the bytes are cut out so that what follows moves up.
    Missing,
    /// The file ends in the middle of it.
    Truncated,
    /// One bit is another.
    Flipped,
    /// It is changed for the other archive's, or for other bytes of the same file.
    Swapped,
    /// Zeros in its place.
    Zeroed,
    /// Bytes that do not belong there follow it.
    Longer,
}

impl Hurt {
    pub const ALL: &[Hurt] =
        &[Self::Missing, Self::Truncated, Self::Flipped, Self::Swapped, Self::Zeroed, Self::Longer];

    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Truncated => "truncated",
            Self::Flipped => "flipped",
            Self::Swapped => "swapped",
            Self::Zeroed => "zeroed",
            Self::Longer => "longer",
        }
    }
}

/// Does it; false when this cannot be done there.
pub fn hurt(house: &House, place: Place, hurt: Hurt) -> bool {
    let path = place.file(house);
    if place == Place::Unfinished && !path.exists() {
        // As a killed run leaves it: it names an archive that never came.
        fs::write(&path, "family_20260305_020500.tar.gz\n").expect("the note can be written");
    }
    let mut bytes = fs::read(&path).expect("it can be read");
    let range = place.range(&path, bytes.len());
    if range.is_empty() {
        return false;
    }
    let middle = (range.start + range.end) / 2;
    match hurt {
        Hurt::Missing if place.is_whole_file() => {
            fs::remove_file(&path).expect("it can be removed");
            return true;
        }
        Hurt::Missing => drop(bytes.drain(range)),
        Hurt::Truncated => bytes.truncate(middle),
        // In a word that must be there, whatever else the settings say.
        Hurt::Flipped if place == Place::Config => bytes[4] ^= 0x10,
        Hurt::Flipped => bytes[middle] ^= 0x10,
        Hurt::Zeroed => bytes[range].fill(0),
        Hurt::Longer => drop(bytes.splice(range.end..range.end, *b"longer\n")),
        Hurt::Swapped => {
            let other = match place {
                Place::Archive1 => fs::read(Place::Archive2.file(house)),
                Place::Archive2 => fs::read(Place::Archive1.file(house)),
                Place::Sidecar1 => fs::read(Place::Sidecar2.file(house)),
                Place::Sidecar2 => fs::read(Place::Sidecar1.file(house)),
                Place::Catalog | Place::Lock | Place::Unfinished => fs::read(house.config()),
                Place::Config => fs::read(Place::Sidecar1.file(house)),
                _ => {
                    let from = range.start / 2;
                    Ok(bytes[from..from + range.len()].to_vec())
                }
            };
            bytes.splice(range, other.expect("it can be read"));
        }
    }
    fs::write(&path, bytes).expect("it can be written");
    true
}
