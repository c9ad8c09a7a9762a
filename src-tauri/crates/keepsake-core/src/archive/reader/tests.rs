//! Archives by the real writer, whose ends say what they must not.

use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::archive::metadata::NeededArchive;
use crate::archive::test_support::{TestArchive, TestNode, metadata, noise, path};
use crate::file_facts::FileFacts;

const T: i64 = 1_772_503_500;

/// An archive of three blocks and a tail that says this of itself.
fn archive(says: impl FnOnce(&mut Metadata)) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let mut meta = metadata(T);
    let mut archive = TestArchive::create(dir.path(), &meta);
    archive.store(&path("home/a"), &TestNode::File(noise(1, 2 << 20)), &FileFacts::default());
    says(&mut meta);
    let written = archive.finish(&meta, None);
    (dir, written.path)
}

/// What is told of an archive with another footer.
fn told_with(change: impl FnOnce(&mut Footer, &ArchiveReader)) -> Result<(), String> {
    let (_dir, path) = archive(|_| {});
    let reader = ArchiveReader::open(&path).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() - FOOTER_BYTES;
    let mut footer = Footer::decode(bytes[at..].try_into().unwrap()).unwrap();
    change(&mut footer, &reader);
    bytes[at..].copy_from_slice(&footer.encode());
    fs::write(&path, bytes).unwrap();
    ArchiveReader::open(&path).map(drop).map_err(|e| e.to_string())
}

#[test]
fn the_tail_begins_with_a_block_and_the_manifest_lies_in_it() {
    assert_eq!(told_with(|_, _| {}), Ok(()));
    let wrong = "its tail does not begin with a block";
    for off in [-1i64, 1] {
        let told = told_with(|footer, _| footer.tail_file_offset = footer.tail_file_offset.wrapping_add_signed(off));
        assert!(told.unwrap_err().contains(wrong), "{off}");
    }
    // The end of all blocks is no block.
    let told = told_with(|footer, _| footer.tail_file_offset = footer.table_file_offset);
    assert!(told.unwrap_err().contains(wrong));
    let told = told_with(|footer, reader| {
        footer.manifest_tar_offset = reader.block_tar_offset(reader.tail_block()) - 1;
    });
    assert!(told.unwrap_err().contains(wrong));
    // Another block may be called the tail: that costs nobody anything.
    assert_eq!(told_with(|footer, _| footer.tail_file_offset = 0), Ok(()));
}

#[test]
fn metadata_that_is_impossible_is_refused() {
    let told = |says: &dyn Fn(&mut Metadata)| {
        let (_dir, path) = archive(says);
        ArchiveReader::open(&path).map(drop).map_err(|e| e.to_string())
    };
    let needs = |meta: &mut Metadata, name: &str| {
        meta.archives_needed = vec![NeededArchive { name: name.into(), sha256: "0".repeat(64), bytes: 1 }];
    };
    assert_eq!(told(&|_| {}), Ok(()));
    assert_eq!(told(&|meta| needs(meta, "family_20260302_020500_2.tar.gz")), Ok(()));
    for (says, why) in [
        (&(|meta: &mut Metadata| meta.format = 0) as &dyn Fn(&mut Metadata), "its format is 0"),
        (&|meta| meta.format = 2, "its format is 2"),
        (&|meta| meta.part = 0, "part 0"),
        (&|meta| meta.plan.clear(), "plan cannot be"),
        (&|meta| meta.plan = "a/b".into(), "plan cannot be"),
        (&|meta| meta.backup = "../../x".into(), "backup cannot be"),
        (&|meta| meta.backup.push('\n'), "backup cannot be"),
        (&|meta| meta.computer_id.clear(), "computer_id cannot be"),
        (&|meta| meta.computer_id = "a\0b".into(), "computer_id cannot be"),
        (&|meta| needs(meta, "../../x"), "no name of an archive"),
        (&|meta| needs(meta, "../../x_20260302_020500.tar.gz"), "no name of an archive"),
        (&|meta| needs(meta, "/x_20260302_020500.tar.gz"), "no name of an archive"),
        (&|meta| needs(meta, ""), "no name of an archive"),
    ] {
        let told = told(says).unwrap_err();
        assert!(told.contains(why) && !told.contains(char::is_control), "{why}: {told}");
    }
}
