use std::ops::Range;
use std::path::PathBuf;

use super::*;
use crate::archive::manifest::{Content, Node};
use crate::archive::reader::ArchiveReader;
use crate::archive::test_support::{TestArchive, TestNode, metadata, noise};
use crate::archive_path::ArchivePath;
use crate::file_facts::FileFacts;

/// An archive with three files: of much that does not shrink, of text, and of much again.
struct Ground {
    dir: tempfile::TempDir,
    path: PathBuf,
    files: Vec<(Content, Vec<u8>)>,
}

fn ground() -> Ground {
    let dir = tempfile::tempdir().unwrap();
    let metadata = metadata(1_772_500_000);
    let mut archive = TestArchive::create(dir.path(), &metadata);
    let mut files = Vec::new();
    for (name, bytes) in [
        ("a.jpg", noise(1, 2_500_000)),
        ("b.txt", b"All of it can be read again. ".repeat(100_000)),
        ("c.jpg", noise(2, 2_500_000)),
    ] {
        let path = ArchivePath::new(format!("home/{name}")).unwrap();
        let entry = archive.store(&path, &TestNode::File(bytes.clone()), &FileFacts::default());
        let Node::File(content) = entry.node else { unreachable!() };
        files.push((content, bytes));
    }
    let path = archive.finish(&metadata, None).path;
    Ground { dir, path, files }
}

impl Ground {
    fn blocks(&self) -> Vec<Range<u64>> {
        let reader = ArchiveReader::open(&self.path).unwrap();
        let blocks = reader.blocks();
        (0..blocks.count()).map(|block| blocks.start(block).1..blocks.start(block + 1).1).collect()
    }

    /// Which of the files are found in the archive after its bytes were changed.
    fn found(&self, change: impl FnOnce(&mut Vec<u8>)) -> Vec<bool> {
        let mut bytes = fs::read(&self.path).unwrap();
        change(&mut bytes);
        let hurt = self.dir.path().join("hurt");
        fs::write(&hurt, bytes).unwrap();
        let mut cursor = salvage(&hurt).unwrap().cursor();
        let mut is_found = |(content, bytes): &(Content, Vec<u8>)| {
            let mut read = Vec::new();
            let done = cursor.read_range::<ArchiveError>(content.tar_offset, content.stored_bytes, |piece| {
                read.extend_from_slice(piece);
                Ok(())
            });
            done.is_ok() && read == *bytes
        };
        self.files.iter().map(&mut is_found).collect()
    }
}

#[test]
fn the_end_is_not_needed() {
    let ground = ground();
    let tail = ArchiveReader::open(&ground.path).unwrap().tail_block();
    let end = ground.blocks()[tail].start as usize;
    assert_eq!(ground.found(|_| {}), [true; 3]);
    assert_eq!(ground.found(|bytes| bytes.truncate(end)), [true; 3]);
    assert_eq!(ground.found(|bytes| bytes[end..].fill(0)), [true; 3]);
    assert_eq!(ground.found(|bytes| bytes.extend_from_slice(b"longer")), [true; 3]);
}

#[test]
fn what_is_cut_off_costs_what_was_in_it() {
    let ground = ground();
    let middle = ground.blocks()[4].start as usize;
    assert_eq!(ground.found(|bytes| bytes.truncate(middle)), [true, false, false]);
    assert_eq!(ground.found(|bytes| bytes.truncate(5)), [false; 3]);
    assert_eq!(ground.found(Vec::clear), [false; 3]);
}

#[test]
fn damage_inside_costs_its_blocks_whatever_its_length() {
    let ground = ground();
    let blocks = ground.blocks();
    let in_first = blocks[1].start as usize + 1000;
    assert_eq!(ground.found(|bytes| bytes[in_first] ^= 1), [false, true, true]);
    // Two blocks; the text begins in the second.
    assert_eq!(ground.found(|bytes| bytes[in_first..in_first + 1_200_000].fill(0)), [false, false, true]);
    assert_eq!(ground.found(|bytes| drop(bytes.splice(in_first..in_first, *b"longer"))), [false, true, true]);
    assert_eq!(ground.found(|bytes| drop(bytes.drain(in_first..in_first + 99))), [false, true, true]);
    // The header of a block, and one byte of text.
    assert_eq!(ground.found(|bytes| bytes[blocks[3].start as usize] = 0), [true, false, true]);
    assert_eq!(ground.found(|bytes| bytes[blocks[3].end as usize - 40] ^= 1), [true, false, true]);
}
