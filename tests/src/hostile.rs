//! Input as an enemy, a failing disk or a slip would make it, given to what reads such things. Each kind says whether it
//! is taken or refused, and fails (panics) when what was taken breaks what others rely on: written and read again it is
//! the same, and nothing in it leads out. `tests/vectors` and the fuzz targets in `tests/fuzz` both go through here.

use std::path::Path;

use keepsake_core::archive::block::{BLOCK_BYTES, BlockRow, Packed, Packer, decode_table, encode_table, stored_pieces};
use keepsake_core::archive::footer::{FOOTER_BYTES, Footer};
use keepsake_core::archive::manifest::{Line, Node, parse_line, write_as_in, write_full};
use keepsake_core::archive::metadata::Metadata;
use keepsake_core::archive::name::{archive_name, backup_name, is_archive_name};
use keepsake_core::archive::patch::{self, PATCH_BLOCK_BYTES};
use keepsake_core::archive::reader::{ArchiveReader, ReadAt};
use keepsake_core::archive::tar_entry::padding;
use keepsake_core::archive::{BLOCKS_NAME, MANIFEST_NAME, METADATA_NAME};
use keepsake_core::archive_path::ArchivePath;
use keepsake_core::restore::SparseMap;
use keepsake_core::settings::Settings;

/// Archives that the line of a manifest may name.
const NEEDED_ARCHIVES: u32 = 2;
/// More than this is not made of a map that only says how much it stores.
const MOST_STORED_BYTES: u64 = 1 << 20;

/// Whether input was taken, or the words with which it was refused.
pub type Verdict = Result<(), String>;

/// What reads the input of one kind.
pub type Reader = fn(&[u8]) -> Verdict;

/// Every kind of input, as its folder in `tests/vectors` is called, and what reads it.
pub const KINDS: [(&str, Reader); 9] = [
    ("archive", archive),
    ("block-table", block_table),
    ("config", config),
    ("manifest", manifest),
    ("metadata", metadata),
    ("patch-map", patch_map),
    ("path", path),
    ("sparse-map", sparse_map),
    ("tail", tail),
];

/// Kinds whose vectors hold bytes, in base64; those of all others are text.
pub const IN_BASE64: [&str; 3] = ["archive", "block-table", "path"];

/// The bytes of an archive, in memory.
#[derive(Debug)]
struct InMemory(Vec<u8>);

impl ReadAt for InMemory {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
        let from = usize::try_from(offset).ok().and_then(|from| self.0.get(from..)?.get(..buffer.len()));
        buffer.copy_from_slice(from.ok_or(std::io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn length(&self) -> std::io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}

/// A whole archive: its footer, block table, metadata and all lines of its manifest.
pub fn archive(input: &[u8]) -> Verdict {
    let path = Path::new("family_20260304_020500.tar.gz");
    let archive = ArchiveReader::from_source(path, Box::new(InMemory(input.to_vec()))).map_err(|e| e.to_string())?;
    assert_eq!(archive.metadata().check(), Ok(()));
    let (blocks, end) = (archive.block_count(), archive.tar_bytes());
    assert!(archive.tail_block() <= blocks && archive.manifest_tar_range().end <= end);
    for at in [0, end / 2, end.saturating_sub(1)] {
        let block = archive.block_of(at);
        assert!(block == blocks || archive.block_tar_offset(block) <= at);
    }
    // Whoever opens an archive reads all of its list, too.
    let mut verdict = Ok(());
    for line in archive.manifest() {
        match line {
            Ok(line) => check_line(&line, archive.metadata().archives_needed.len() as u32),
            Err(e) => verdict = verdict.and(Err(e.to_string())),
        }
    }
    verdict
}

/// An archive that is put together as it should be, but for what the input says. First a line of numbers, which are
/// added to what is right: the five of the footer in their order, then the three of the table's first row. Then a line
/// that is the metadata, then the manifest. Where there is less, there is nothing.
pub fn tail(input: &[u8]) -> Verdict {
    let mut parts = input.splitn(3, |&byte| byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let (numbers, metadata, manifest) = (String::from_utf8_lossy(next()).into_owned(), next(), next());
    let mut wrong = numbers.split(' ').map(|number| number.parse().unwrap_or(0));
    archive(&archive_with(metadata, manifest, || wrong.next().unwrap_or(0)))
}

/// An archive of nothing but a tail; `wrong` is added to each number.
fn archive_with(metadata: &[u8], manifest: &[u8], mut wrong: impl FnMut() -> i64) -> Vec<u8> {
    let mut off = |number: u64| number.wrapping_add_signed(wrong());
    let mut file = Vec::new();
    let mut rows = Vec::new();
    let list = tar_entry(MANIFEST_NAME, manifest);
    for block in list.chunks(BLOCK_BYTES) {
        rows.push(push_member(&mut file, block));
    }
    let footer = Footer {
        tail_file_offset: off(0),
        manifest_tar_offset: off(512),
        manifest_bytes: off(manifest.len() as u64),
        table_file_offset: off(file.len() as u64),
        table_tar_offset: off(list.len() as u64),
        table_crc32: 0,
    };
    let first = &mut rows[0];
    for number in [&mut first.tar_bytes, &mut first.file_bytes, &mut first.file_crc32] {
        *number = off(u64::from(*number)) as u32;
    }
    let end = [tar_entry(BLOCKS_NAME, &encode_table(&rows)), tar_entry(METADATA_NAME, metadata)].concat();
    for block in end.chunks(BLOCK_BYTES) {
        push_member(&mut file, block);
    }
    file.extend(footer.encode());
    with_right_checksums(&mut file);
    file
}

fn tar_entry(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).expect("a short name");
    header.set_size(content.len() as u64);
    header.set_mode(0o600);
    header.set_cksum();
    let mut entry = [header.as_bytes(), content].concat();
    entry.resize(entry.len() + padding(content.len() as u64), 0);
    entry
}

/// Adds a gzip member, and answers its row of the table.
fn push_member(file: &mut Vec<u8>, block: &[u8]) -> BlockRow {
    let mut room = Vec::new();
    let (packed, row) = Packer::new(1).pack(block, &mut room);
    match packed {
        Packed::Compressed(length) => file.extend(&room[..length]),
        Packed::Stored { frame } => stored_pieces(&frame, block, |piece| file.extend(piece)),
    }
    row
}

/// Puts right checksums over what was changed in an archive's end, so that what lies behind them is reached.
pub fn with_right_checksums(archive: &mut [u8]) {
    let Some(end) = archive.len().checked_sub(FOOTER_BYTES) else { return };
    let table = u64::from_le_bytes(archive[end + 52..end + 60].try_into().expect("eight bytes"));
    if let Some(members) = usize::try_from(table).ok().and_then(|table| archive.get(table..end)) {
        let checksum = crc32(members).to_le_bytes();
        archive[end + 68..end + 72].copy_from_slice(&checksum);
    }
    let checksum = crc32(&archive[end + 16..end + 72]).to_le_bytes();
    archive[end + 72..end + 76].copy_from_slice(&checksum);
}

/// CRC-32 (RFC 1952, section 8).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & 0u32.wrapping_sub(crc & 1)))
    })
}

/// The block table.
pub fn block_table(input: &[u8]) -> Verdict {
    let rows = decode_table(input)?;
    assert!(encode_table(&rows) == input, "a table has one form");
    Ok(())
}

/// The settings, as text.
pub fn config(input: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(input);
    let settings = Settings::parse(&text, Path::new("config.toml"), Path::new("/home/anna"));
    let settings = settings.map_err(|e| e.to_string())?;
    let time: jiff::Zoned = "2026-03-03T02:05:00+01:00[Europe/Berlin]".parse().expect("a time");
    assert!(settings.backup_dir.is_absolute());
    assert!(settings.destinations.iter().all(|destination| destination.path.is_absolute()));
    for plan in &settings.plans {
        let name = archive_name(&backup_name(&plan.name, &time), 1);
        assert!(is_archive_name(&name) && name.len() <= 255 - ".sha256.partial".len(), "{name:?}");
        for source in &plan.sources {
            let path = ArchivePath::new(source.name.as_bytes()).expect("a source's name begins paths");
            assert!(path.parts().count() == 1 && source.path.is_absolute(), "{source:?}");
        }
    }
    Ok(())
}

/// A line of a manifest.
pub fn manifest(input: &[u8]) -> Verdict {
    let line = parse_line(input, NEEDED_ARCHIVES).map_err(|e| e.to_string())?;
    check_line(&line, NEEDED_ARCHIVES);
    Ok(())
}

fn check_line(line: &Line, needed: u32) {
    check_path(line.path());
    let mut text = Vec::new();
    match line {
        Line::Full(entry) => {
            if let Node::HardLink { target, .. } = &entry.node {
                check_path(target);
            }
            write_full(&mut text, entry);
        }
        Line::AsIn { path, archive } => write_as_in(&mut text, path.as_bytes(), *archive),
    }
    assert_eq!(text.pop(), Some(b'\n'));
    assert!(!text.contains(&b'\n'), "a line is one line");
    match parse_line(&text, needed) {
        Ok(again) => assert!(&again == line, "{line:?}\nis written and read as\n{again:?}"),
        Err(e) => panic!("{line:?}\nis written and refused: {e}"),
    }
}

/// What an archive is.
pub fn metadata(input: &[u8]) -> Verdict {
    let metadata: Metadata = serde_json::from_slice(input).map_err(|e| e.to_string())?;
    metadata.check()?;
    for name in metadata.sources.iter().map(|source| &source.name).chain([&metadata.plan, &metadata.backup]) {
        let path = ArchivePath::new(name.as_bytes()).expect("names become parts of paths");
        assert_eq!(path.parts().count(), 1, "{name:?}");
    }
    assert!(metadata.archives_needed.iter().all(|needed| is_archive_name(&needed.name)));
    let text = serde_json::to_vec_pretty(&metadata).expect("strings and numbers can be written to memory");
    let again: Metadata = serde_json::from_slice(&text).expect("what was written is read");
    assert_eq!(again, metadata);
    Ok(())
}

/// A path inside a backup.
pub fn path(input: &[u8]) -> Verdict {
    let path = ArchivePath::new(input).map_err(|e| e.to_string())?;
    assert_eq!(path.as_bytes(), input);
    check_path(&path);
    Ok(())
}

fn check_path(path: &ArchivePath) {
    let is_safe = |part: &[u8]| !matches!(part, b"" | b"." | b"..") && !part.contains(&0) && part.len() <= 255;
    assert!(path.parts().all(is_safe), "{path:?}");
    assert!(!path.to_string().contains(char::is_control), "{path:?}");
    assert_eq!(ArchivePath::from_sort_key(&path.sort_key()).as_ref(), Ok(path));
    if let Some(parent) = path.parent() {
        assert!(&parent < path && path.is_at_or_below(&parent));
        assert_eq!(parent.join(path.name()).as_ref(), Ok(path));
    }
}

/// The first line's two numbers, the file's size and what is stored of it in bytes, and what follows, with `\0` for zero
/// bytes.
fn sizes_and_map(input: &[u8]) -> Option<(u64, u64, Vec<u8>)> {
    let mut parts = input.splitn(2, |&byte| byte == b'\n');
    let first = std::str::from_utf8(parts.next()?).ok()?;
    let (size, stored) = first.split_once(' ')?;
    let (mut map, mut rest) = (Vec::new(), parts.next().unwrap_or_default());
    while let Some((&byte, behind)) = rest.split_first() {
        let zero = rest.strip_prefix(b"\\0");
        map.push(if zero.is_some() { 0 } else { byte });
        rest = zero.unwrap_or(behind);
    }
    Some((size.parse().ok()?, stored.parse().ok()?, map))
}

/// The map of a patch: `SIZE STORED` in bytes, then its lines, which are filled up to the end of their block.
pub fn patch_map(input: &[u8]) -> Verdict {
    let (size_bytes, stored_bytes, mut map) = sizes_and_map(input).ok_or("no sizes")?;
    map.resize(map.len().next_multiple_of(PATCH_BLOCK_BYTES as usize).max(PATCH_BLOCK_BYTES as usize), 0);
    let map_bytes = patch::map_length(&map[..PATCH_BLOCK_BYTES as usize], size_bytes)?;
    let map = map.get(..map_bytes as usize).ok_or("the list of its changes is cut off")?;
    let pieces = patch::parse_map(map, size_bytes, stored_bytes)?;
    let mut end = 0;
    for piece in &pieces {
        assert!(piece.offset >= end && piece.length > 0 && piece.length <= size_bytes - piece.offset, "{pieces:?}");
        end = piece.offset + piece.length;
    }
    let data_bytes: u64 = pieces.iter().map(|piece| piece.length).sum();
    assert_eq!(map.len() as u64 + data_bytes, stored_bytes);
    let again = patch::map_bytes(&pieces, size_bytes);
    assert_eq!(patch::map_length(&again[..PATCH_BLOCK_BYTES as usize], size_bytes), Ok(again.len() as u64));
    assert_eq!(patch::parse_map(&again, size_bytes, again.len() as u64 + data_bytes), Ok(pieces));
    Ok(())
}

/// The map of a sparse file: `SIZE STORED` in bytes, then its lines, which are filled up to 512 bytes; then as much data
/// as is said to be stored.
pub fn sparse_map(input: &[u8]) -> Verdict {
    let (size_bytes, stored_bytes, mut stored) = sizes_and_map(input).ok_or("no sizes")?;
    stored.resize(stored.len().next_multiple_of(512), 0);
    stored.resize(stored.len().max(stored_bytes.min(MOST_STORED_BYTES) as usize), 1);
    let unpack = |cut: usize| {
        let mut map = SparseMap::new(size_bytes, stored_bytes);
        let (mut end, mut data_bytes) = (0, 0);
        for piece in stored.chunks(cut) {
            map.take(piece, |at, bytes| {
                let length = bytes.len() as u64;
                assert!(at >= end && at <= size_bytes && length <= size_bytes - at, "{at} {length}");
                (end, data_bytes) = (at + length, data_bytes + length);
                Ok::<_, String>(())
            })?;
        }
        map.finish()?;
        assert!(data_bytes < stored_bytes);
        Ok((end, data_bytes))
    };
    let whole = unpack(stored.len().max(1));
    assert_eq!(unpack(509), whole, "it does not matter how it is cut");
    whole.map(drop)
}
