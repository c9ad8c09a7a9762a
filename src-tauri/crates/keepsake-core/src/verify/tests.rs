use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use tempfile::TempDir;

use super::*;
use crate::archive::footer::FOOTER_BYTES;
use crate::archive::manifest::write_full;
use crate::archive::metadata::Metadata;
use crate::archive::reader::ArchiveReader;
use crate::archive::test_support::{TestArchive, TestNode, Written, metadata, noise, path};
use crate::clock::FixedClock;
use crate::file_facts::FileFacts;
use crate::monitor::{Collecting, Silent};
use crate::rebuild::import_folder;

const T: i64 = 1_772_503_500;

/// A folder with archives, and a catalog that knows them.
struct Store {
    folder: TempDir,
    _data: TempDir,
    catalog: Catalog,
    archives: Vec<Written>,
}

fn clock() -> FixedClock {
    FixedClock("2026-03-03T02:05:00+00:00[UTC]".parse().unwrap())
}

fn write(folder: &Path, metadata: &Metadata, files: &[(String, TestNode)]) -> Written {
    let mut archive = TestArchive::create(folder, metadata);
    let facts = FileFacts { mode: 0o644, ..FileFacts::default() };
    for (name, node) in files {
        archive.store(&path(name), node, &facts);
    }
    archive.finish(metadata, None)
}

impl Store {
    fn of(backups: &[Vec<(String, TestNode)>]) -> Self {
        let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let day = |i: usize| metadata(T + 86_400 * i as i64);
        let archives: Vec<Written> =
            backups.iter().enumerate().map(|(i, files)| write(folder.path(), &day(i), files)).collect();
        let catalog = Catalog::open(data.path()).unwrap();
        let imported = import_folder(&catalog, folder.path(), "home", true, &clock(), &Silent).unwrap();
        assert_eq!((imported.backups as usize, imported.problems.len()), (backups.len(), 0));
        Self { folder, _data: data, catalog, archives }
    }

    fn verify(&self, how: How) -> Verified {
        let request = VerifyRequest { which: Which::All, how, other_places: true };
        verify(&self.catalog, &request, &clock(), &Silent).unwrap()
    }

    /// Flips bits of one byte of the first archive; the same again makes it whole.
    fn flip(&self, at: usize, bits: u8) {
        use std::os::unix::fs::FileExt;
        let file = std::fs::File::options().read(true).write(true).open(&self.archives[0].path).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at as u64).unwrap();
        file.write_all_at(&[byte[0] ^ bits], at as u64).unwrap();
    }

    /// What is named when the bytes of the first archive are these.
    fn named_with(&self, bytes: &[u8], how: How) -> BTreeSet<String> {
        let whole = std::fs::read(&self.archives[0].path).unwrap();
        std::fs::write(&self.archives[0].path, bytes).unwrap();
        let verified = self.verify(how);
        std::fs::write(&self.archives[0].path, whole).unwrap();
        assert_eq!(verified.damage_count, verified.damaged.len() as u64);
        assert!(verified.damaged.iter().all(|row| row.archive == self.archives[0].name));
        verified.damaged.into_iter().map(|row| row.path).collect()
    }

    fn reader(&self) -> ArchiveReader {
        ArchiveReader::open(&self.archives[0].path).unwrap()
    }
}

fn file(name: &str, content: Vec<u8>) -> (String, TestNode) {
    (name.into(), TestNode::File(content))
}

/// Small files, one over several blocks, an empty one, links and folders.
fn mixed() -> Vec<(String, TestNode)> {
    let mut files = vec![
        ("home".into(), TestNode::Folder),
        file("home/a", b"first".to_vec()),
        file("home/big", noise(7, 3 << 20)),
        file("home/c", noise(8, 200_000)),
        file("home/empty", Vec::new()),
        ("home/link".into(), TestNode::Symlink("a")),
    ];
    files.extend((0..50).map(|i| file(&format!("home/many/{i:03}"), noise(i, 100 + 1000 * i as usize))));
    files.insert(6, ("home/many".into(), TestNode::Folder));
    files
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

/// The files whose content lies, wholly or partly, in a block.
fn files_in(reader: &ArchiveReader, block: usize) -> BTreeSet<String> {
    let range = reader.block_tar_offset(block)..reader.block_tar_offset(block + 1);
    let mut found = BTreeSet::new();
    for line in reader.manifest() {
        let crate::archive::manifest::Line::Full(entry) = line.unwrap() else { continue };
        let crate::archive::manifest::Node::File(c) = &entry.node else { continue };
        if c.tar_offset < range.end && c.tar_offset + c.stored_bytes > range.start && c.stored_bytes > 0 {
            found.insert(entry.path.to_string());
        }
    }
    found
}

/// Where the content of a file begins in the tar stream.
fn offset_of(reader: &ArchiveReader, path: &str) -> u64 {
    let entries = reader.manifest().filter_map(|line| match line.unwrap() {
        crate::archive::manifest::Line::Full(entry) if entry.path.to_string() == path => Some(entry.node),
        _ => None,
    });
    match entries.last() {
        Some(crate::archive::manifest::Node::File(content)) => content.tar_offset,
        found => panic!("{path}: {found:?}"),
    }
}

/// Where a block's member begins in the file.
fn block_at(reader: &ArchiveReader, block: usize) -> usize {
    (0..block).map(|b| reader.block_file_bytes(b)).sum::<u64>() as usize
}

#[test]
fn what_is_whole_is_good_and_recorded() {
    let store = Store::of(&[mixed(), vec![("home".into(), TestNode::Folder)], Vec::new()]);
    let monitor = Collecting::default();
    let request = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
    let verified = verify(&store.catalog, &request, &clock(), &monitor).unwrap();
    assert!(verified.is_good(), "{verified:?}");
    let bytes: u64 = store.archives.iter().map(|a| a.bytes).sum();
    assert_eq!((verified.archives, verified.bytes), (3, bytes));
    assert_eq!(monitor.bytes.load(Ordering::Relaxed), bytes);
    assert_eq!(monitor.files.load(Ordering::Relaxed), 54);
    assert!(store.catalog.verified_times().unwrap().iter().all(|(_, at)| *at == Some(T)));
    assert!(store.verify(How::Quick).is_good());
    let backup = store.catalog.backups(None).unwrap().remove(1);
    let request = VerifyRequest { which: Which::Backup(backup), how: How::Full, other_places: false };
    assert_eq!(verify(&store.catalog, &request, &clock(), &Silent).unwrap().archives, 1);
}

#[test]
fn a_damaged_block_names_exactly_the_files_in_it() {
    let store = Store::of(&[mixed()]);
    let reader = store.reader();
    let whole = std::fs::read(&store.archives[0].path).unwrap();
    assert!(reader.tail_block() >= 5);
    for block in 0..reader.tail_block() {
        let mut hurt = whole.clone();
        hurt[block_at(&reader, block) + reader.block_file_bytes(block) as usize / 2] ^= 4;
        assert_eq!(store.named_with(&hurt, How::Full), files_in(&reader, block), "block {block}");
        // And tells where the content of each lies.
        for row in store.catalog.damage().unwrap() {
            assert_eq!(row.tar_offset, Some(offset_of(&reader, &row.path)), "{}", row.path);
        }
        // The next check of the whole archive finds it good again.
        assert!(store.verify(How::Full).is_good());
        assert!(store.catalog.damage().unwrap().is_empty());
    }
}

#[test]
fn each_region_is_noticed_and_named() {
    let store = Store::of(&[mixed(), vec![file("home/z", b"z".to_vec())]]);
    let reader = store.reader();
    let whole = std::fs::read(&store.archives[0].path).unwrap();
    let flipped = |at: usize| {
        let mut hurt = whole.clone();
        hurt[at] ^= 0x10;
        hurt
    };
    let all_of_it = names(&[""]);
    let manifest = block_at(&reader, reader.tail_block()) + 30;
    let table = block_at(&reader, reader.block_count()) + 30;
    for at in [manifest, table, whole.len() - FOOTER_BYTES + 20, whole.len() - 1] {
        assert_eq!(store.named_with(&flipped(at), How::Full), all_of_it, "byte {at}");
    }
    // Cut off, emptied, filled with zeros, or another archive.
    for hurt in [&whole[..whole.len() - 1], &whole[..1000], &[], &vec![0; whole.len()]] {
        assert_eq!(store.named_with(hurt, How::Full), all_of_it);
        assert_eq!(store.named_with(hurt, How::Quick), all_of_it);
    }
    let longer = [&whole[..], &[0]].concat();
    assert_eq!(store.named_with(&longer, How::Quick), all_of_it);
    let other = std::fs::read(&store.archives[1].path).unwrap();
    assert_eq!(store.named_with(&other, How::Quick), all_of_it);
    // A quick look reads the first block and none of the others.
    assert_eq!(store.named_with(&flipped(100), How::Quick), all_of_it);
    assert!(store.named_with(&flipped(block_at(&reader, 2) + 99), How::Quick).is_empty());
}

#[test]
fn the_checksum_file_must_agree() {
    let store = Store::of(&[mixed()]);
    let name = crate::archive::name::sidecar_name(&store.archives[0].name);
    let sidecar = store.folder.path().join(&name);
    let line = std::fs::read_to_string(&sidecar).unwrap();
    let digit = if line.starts_with('0') { "1" } else { "0" };
    for text in [format!("{digit}{}", &line[1..]), String::new(), format!("x{line}")] {
        std::fs::write(&sidecar, text).unwrap();
        for how in [How::Full, How::Quick] {
            let damaged = store.verify(how).damaged;
            assert_eq!(damaged.len(), 1);
            assert_eq!((&damaged[0].path, damaged[0].tar_offset), (&name, None));
        }
    }
    std::fs::remove_file(&sidecar).unwrap();
    assert!(store.verify(How::Full).damaged[0].message.contains("missing"));
}

#[test]
fn a_manifest_that_lies_about_contents_is_caught() {
    let folder = tempfile::tempdir().unwrap();
    let meta = metadata(T);
    let mut archive = TestArchive::create(folder.path(), &meta);
    let facts = FileFacts { mode: 0o644, ..FileFacts::default() };
    for (name, content) in [("home/a", "one"), ("home/b", "one"), ("home/c", "two"), ("home/d", "two"), ("home/e", "x")]
    {
        archive.store(&path(name), &TestNode::File(content.as_bytes().to_vec()), &facts);
    }
    let mut lines = archive.lines.clone();
    let content = |entry: &crate::archive::manifest::Entry| match &entry.node {
        crate::archive::manifest::Node::File(c) => c.clone(),
        _ => unreachable!(),
    };
    let set = |lines: &mut Vec<crate::archive::manifest::Entry>, i: usize, c| {
        lines[i].node = crate::archive::manifest::Node::File(c)
    };
    // b is stored as a: good. d is said to be stored as a: its hash is another. e lies beyond the end.
    let a = content(&lines[0]);
    set(&mut lines, 1, a.clone());
    let mut d = content(&lines[3]);
    d.tar_offset = a.tar_offset;
    set(&mut lines, 3, d);
    let mut e = content(&lines[4]);
    e.tar_offset = i64::MAX as u64;
    set(&mut lines, 4, e);
    let mut manifest = Vec::new();
    lines.iter().for_each(|line| write_full(&mut manifest, line));
    archive.finish(&meta, Some(manifest));
    let data = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(data.path()).unwrap();
    import_folder(&catalog, folder.path(), "home", true, &clock(), &Silent).unwrap();
    let request = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
    let damaged = verify(&catalog, &request, &clock(), &Silent).unwrap().damaged;
    let named: Vec<&str> = damaged.iter().map(|row| row.path.as_str()).collect();
    assert_eq!(named, ["home/d", "home/e"]);
    assert_eq!(catalog.damage().unwrap(), damaged);
}

#[test]
fn blocks_of_headers_alone_are_read_too() {
    // Links with long targets: over a MiB of headers between two files.
    let mut files = vec![("home".into(), TestNode::Folder), file("home/a", noise(1, 1000))];
    let target: &'static str = Box::leak("t".repeat(4000).into_boxed_str());
    files.extend((0..900).map(|i| (format!("home/l{i:03}"), TestNode::Symlink(target))));
    files.push(file("home/z", noise(2, 1000)));
    files.push(("other".into(), TestNode::Folder));
    files.extend((0..900).map(|i| (format!("other/l{i:03}"), TestNode::Symlink(target))));
    let store = Store::of(&[files]);
    let reader = store.reader();
    let whole = std::fs::read(&store.archives[0].path).unwrap();
    let mut seen = BTreeSet::new();
    for block in 0..reader.tail_block() {
        let mut hurt = whole.clone();
        hurt[block_at(&reader, block) + 60] ^= 1;
        let named = store.named_with(&hurt, How::Full);
        assert_eq!(named.len(), 1, "block {block}: {named:?}");
        // A header is not content; but where the content behind it is lost too, that counts.
        for row in store.catalog.damage().unwrap() {
            let in_it = files_in(&reader, block).contains(&row.path);
            assert_eq!(row.tar_offset, in_it.then(|| offset_of(&reader, &row.path)), "block {block}");
        }
        seen.extend(named);
    }
    assert_eq!(seen, names(&["home/a", "home/z", "other/l899"]));
}

#[test]
fn a_thousand_flipped_bits_are_all_noticed() {
    let files = vec![
        ("home".into(), TestNode::Folder),
        file("home/letter", b"dear all, ".repeat(300)),
        file("home/photo", noise(3, 9000)),
    ];
    let store = Store::of(&[files]);
    let archive = store.catalog.archives().unwrap().remove(0);
    let random = noise(42, 8 * 1000);
    for bytes in random.chunks(8) {
        let bit = u64::from_le_bytes(bytes.try_into().unwrap()) as usize % (archive.bytes as usize * 8);
        store.flip(bit / 8, 1 << (bit % 8));
        let verdict = look_at(&archive, store.folder.path(), How::Full, Share::all(), &Silent);
        store.flip(bit / 8, 1 << (bit % 8));
        let noticed = match verdict {
            Verdict::Read { damaged, .. } => !damaged.is_empty(),
            Verdict::NotChecked(_) | Verdict::Stopped => false,
        };
        assert!(noticed, "bit {bit}");
    }
}

#[test]
fn parts_together_are_everything_once() {
    let mut files = mixed();
    files.push(file("home/zbig", noise(9, 14 << 20)));
    files.push(file("home/zz", noise(10, 5 << 20)));
    let store = Store::of(&[files, mixed(), vec![file("home/z", b"z".to_vec())]]);
    for of in [1, 3, 5] {
        let (mut bytes, mut files) = (0, 0);
        for number in 1..=of {
            let monitor = Collecting::default();
            let request = VerifyRequest { which: Which::All, how: How::Part { number, of }, other_places: false };
            let verified = verify(&store.catalog, &request, &clock(), &monitor).unwrap();
            assert!(verified.is_good(), "{verified:?}");
            assert_eq!(monitor.bytes.load(Ordering::Relaxed), verified.bytes);
            bytes += verified.bytes;
            files += monitor.files.load(Ordering::Relaxed);
        }
        // The table and the footer are looked at in every part.
        let ends: u64 = store
            .archives
            .iter()
            .map(|a| {
                let reader = ArchiveReader::open(&a.path).unwrap();
                reader.length() - block_at(&reader, reader.block_count()) as u64
            })
            .sum();
        let all: u64 = store.archives.iter().map(|a| a.bytes).sum();
        assert_eq!(bytes, all + ends * u64::from(of - 1), "{of}");
        assert_eq!(files, 56 + 54 + 1, "{of}");
    }
    // Damage anywhere is found by one of them.
    let reader = store.reader();
    for block in (0..reader.tail_block()).step_by(3) {
        let at = block_at(&reader, block) + 500;
        store.flip(at, 1);
        let named: BTreeSet<String> =
            (1..=3).flat_map(|number| store.verify(How::Part { number, of: 3 }).damaged).map(|row| row.path).collect();
        store.flip(at, 1);
        assert_eq!(named, files_in(&reader, block), "block {block}");
    }
    for (number, of) in [(0, 3), (4, 3), (1, 0)] {
        let request = VerifyRequest { which: Which::All, how: How::Part { number, of }, other_places: false };
        let told = verify(&store.catalog, &request, &clock(), &Silent);
        assert!(matches!(told, Err(VerifyError::NoSuchPart { .. })));
    }
}

#[test]
fn an_archive_that_is_gone_is_damage_and_a_folder_that_is_gone_is_not() {
    let store = Store::of(&[mixed(), vec![file("home/z", b"z".to_vec())]]);
    let aside = store.folder.path().join("aside");
    std::fs::rename(&store.archives[1].path, &aside).unwrap();
    let verified = store.verify(How::Full);
    assert_eq!(verified.damaged.len(), 1);
    assert!(verified.damaged[0].message.contains("not there"), "{verified:?}");
    std::fs::rename(&aside, &store.archives[1].path).unwrap();
    assert!(store.verify(How::Full).is_good());
    // Empty, as a mount point is.
    let elsewhere = tempfile::tempdir().unwrap();
    for archive in &store.archives {
        std::fs::rename(&archive.path, elsewhere.path().join(&archive.name)).unwrap();
    }
    let verified = store.verify(How::Full);
    assert!(!verified.is_good());
    assert!(verified.damaged.is_empty() && verified.not_checked.len() == 1, "{verified:?}");
    assert!(store.catalog.damage().unwrap().is_empty());
}

#[test]
fn damage_on_a_stick_says_nothing_about_the_copy_at_home() {
    let store = Store::of(&[mixed()]);
    let stick = tempfile::tempdir().unwrap();
    for name in [store.archives[0].name.clone(), crate::archive::name::sidecar_name(&store.archives[0].name)] {
        std::fs::copy(store.folder.path().join(&name), stick.path().join(&name)).unwrap();
    }
    import_folder(&store.catalog, stick.path(), "Blue", false, &clock(), &Silent).unwrap();
    assert_eq!(store.verify(How::Full).archives, 2);
    let on_stick = stick.path().join(&store.archives[0].name);
    let mut bytes = std::fs::read(&on_stick).unwrap();
    bytes[70] ^= 1;
    std::fs::write(&on_stick, bytes).unwrap();
    let verified = store.verify(How::Full);
    assert!(!verified.is_good() && verified.damaged.iter().all(|row| row.message.contains("Blue")), "{verified:?}");
    assert!(store.catalog.damage().unwrap().is_empty());
    let request = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
    assert!(verify(&store.catalog, &request, &clock(), &Silent).unwrap().is_good());
    // What no backup needs is being removed from there; a run that was cut off has not told the catalog yet.
    std::fs::remove_file(on_stick).unwrap();
    assert!(!store.verify(How::Full).is_good());
    store.catalog.drop_backups(&[store.archives[0].name.replace(".tar.gz", "")]).unwrap();
    std::fs::write(stick.path().join("another.tar.gz"), "so that it does not look absent").unwrap();
    let verified = store.verify(How::Full);
    assert!(verified.damaged.iter().all(|row| row.archive == "another.tar.gz"), "{verified:?}");
}

#[test]
fn a_stop_is_heard() {
    let store = Store::of(&[mixed()]);
    let monitor = Collecting::default();
    monitor.stop.store(true, Ordering::Relaxed);
    let request = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
    assert!(matches!(verify(&store.catalog, &request, &clock(), &monitor), Err(VerifyError::Stopped)));
    let reader = store.reader();
    assert!(contents::check(&reader, "x", Share::all(), &monitor).is_none());
}
