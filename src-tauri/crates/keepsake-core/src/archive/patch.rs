//! Patches: of a large file of which little has changed, only the changed blocks are stored, with a map that
//! tells where they go. Whoever wants the file takes the older content, its *base*, and puts them over it.
//!
//! A patch begins with its map, in text, so that a shell can read it as well:
//! `keepsake-patch 1`, the file's size in bytes, the map's own length in blocks, then for each changed piece its
//! first block and how many there are, and `end`; zeros up to the end of the block. A block is
//! [`PATCH_BLOCK_BYTES`]. The changed blocks follow without gaps; only the file's last one may be shorter.

use super::error::ArchiveError;
use super::manifest::{Content, Patch};
use super::reader::BlockCursor;
use crate::sources::sparse::Segment;

/// What is compared and stored at once: 16 KiB, a few pages of a database.
pub const PATCH_BLOCK_BYTES: u64 = 1 << 14;
/// More pieces than this are not worth a patch: the file is stored whole.
pub const MAX_PIECES: usize = 100_000;
/// The longest map that is read: [`MAX_PIECES`] lines of two numbers with at most 16 digits fit.
const MAX_MAP_BLOCKS: u64 = 256;
const MAGIC: &str = "keepsake-patch 1";
const END: &str = "end";

/// The map as it stands before the changed blocks. Pieces begin at a block, in order, apart from each other, and
/// end with a block or with the file.
pub fn map_bytes(pieces: &[Segment], size_bytes: u64) -> Vec<u8> {
    use std::fmt::Write;
    let mut lines = String::new();
    for piece in pieces {
        let (first, count) = (piece.offset / PATCH_BLOCK_BYTES, piece.length.div_ceil(PATCH_BLOCK_BYTES));
        let written = writeln!(lines, "{first} {count}");
        debug_assert!(written.is_ok() && piece.offset.is_multiple_of(PATCH_BLOCK_BYTES));
    }
    let mut blocks = 1;
    loop {
        let text = format!("{MAGIC}\n{size_bytes}\n{blocks}\n{lines}{END}\n");
        let needed = (text.len() as u64).div_ceil(PATCH_BLOCK_BYTES);
        if needed <= blocks {
            let mut bytes = text.into_bytes();
            bytes.resize((blocks * PATCH_BLOCK_BYTES) as usize, 0);
            return bytes;
        }
        blocks = needed;
    }
}

/// Reads the whole map of a patch, which is hostile until it has been checked; [`map_length`] has looked at how it begins.
/// Answers the pieces. All lengths are in bytes: `size_bytes` is the file's, `stored_bytes` what map and changed blocks
/// take.
///
/// # Errors
/// A sentence when the map is impossible.
pub fn parse_map(map: &[u8], size_bytes: u64, stored_bytes: u64) -> Result<Vec<Segment>, String> {
    let bad = |why: &str| format!("the list of its changes is wrong: {why}");
    let text_bytes = map.iter().position(|&byte| byte == 0).unwrap_or(map.len());
    let text = std::str::from_utf8(&map[..text_bytes]).map_err(|_| bad("it is not text"))?;
    let mut lines = text.split('\n').skip(3);
    let (mut pieces, mut data_bytes): (Vec<Segment>, u64) = (Vec::new(), 0);
    loop {
        let line = lines.next().ok_or_else(|| bad("it is cut off"))?;
        if line == END {
            break;
        }
        let numbers = line.split_once(' ').and_then(|(first, count)| Some((number(first)?, number(count)?)));
        let (first, count) = numbers.filter(|&(_, count)| count > 0).ok_or_else(|| bad("it is not made of numbers"))?;
        let offset = first.checked_mul(PATCH_BLOCK_BYTES).filter(|&offset| offset < size_bytes);
        let offset = offset.ok_or_else(|| bad("a piece lies beyond its end"))?;
        if pieces.last().is_some_and(|last| offset < last.offset + last.length) {
            return Err(bad("its pieces overlap"));
        }
        let length = count.saturating_mul(PATCH_BLOCK_BYTES);
        let left = size_bytes - offset;
        if length >= left.saturating_add(PATCH_BLOCK_BYTES) {
            return Err(bad("a piece lies beyond its end"));
        }
        let length = length.min(left);
        // Cannot overflow: the pieces lie apart and below the file's size.
        data_bytes += length;
        pieces.push(Segment { offset, length });
        if pieces.len() > MAX_PIECES {
            return Err(bad("it has too many pieces"));
        }
    }
    if lines.next() != Some("") || lines.next().is_some() || map[text_bytes..].iter().any(|&byte| byte != 0) {
        return Err(bad("something stands behind its end"));
    }
    if (map.len() as u64).checked_add(data_bytes) != Some(stored_bytes) {
        return Err(bad("its pieces do not add up to what is stored"));
    }
    Ok(pieces)
}

/// A decimal number as this program writes it: digits only.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The map's length in bytes, at least one block and at most 256 of them, from its first block. `size_bytes` is the
/// file's size.
///
/// # Errors
/// A sentence when it does not begin as a map of a file of that size.
pub fn map_length(first: &[u8], size_bytes: u64) -> Result<u64, String> {
    let bad = || "the list of its changes is wrong: it does not begin like one".to_string();
    let mut lines = first.split(|&byte| byte == b'\n').map(std::str::from_utf8);
    let mut next = || lines.next().and_then(Result::ok).ok_or_else(bad);
    if next()? != MAGIC || number(next()?) != Some(size_bytes) {
        return Err(bad());
    }
    let blocks = number(next()?).filter(|blocks| (1..=MAX_MAP_BLOCKS).contains(blocks)).ok_or_else(bad)?;
    Ok(blocks * PATCH_BLOCK_BYTES)
}

/// Passes patched content to `each`, piece by piece and in order: changed blocks from the patch, all else from its
/// base. Never more than the content's size. Whoever calls compares its hash.
///
/// # Errors
/// A sentence when the map is impossible, what the cursors answer when either archive cannot be read, or the error
/// of `each`.
pub fn read_patched<E: From<ArchiveError> + From<String>>(
    (base, stored): (&mut BlockCursor, &mut BlockCursor),
    content: &Content,
    patch: &Patch,
    mut each: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut map = Vec::new();
    let first_bytes = content.stored_bytes.min(PATCH_BLOCK_BYTES);
    read_into(stored, content.tar_offset, first_bytes, &mut map)?;
    let map_bytes = map_length(&map, content.size_bytes)?;
    if map_bytes > content.stored_bytes {
        return Err("the list of its changes is cut off".to_string().into());
    }
    read_into(stored, content.tar_offset + first_bytes, map_bytes - first_bytes, &mut map)?;
    let pieces = parse_map(&map, content.size_bytes, content.stored_bytes)?;
    let mut data_at = content.tar_offset + map_bytes;
    let mut done = 0;
    let end = Segment { offset: content.size_bytes, length: 0 };
    for piece in pieces.iter().chain([&end]) {
        if piece.offset > done {
            if piece.offset > patch.base.size_bytes {
                return Err("what it changes is shorter than it should be".to_string().into());
            }
            let from = patch.base.tar_offset.checked_add(done).ok_or_else(|| "its base is impossible".to_string())?;
            base.read_range(from, piece.offset - done, &mut each)?;
        }
        stored.read_range(data_at, piece.length, &mut each)?;
        data_at += piece.length;
        done = piece.offset + piece.length;
    }
    Ok(())
}

/// Appends a range of the tar stream.
fn read_into(cursor: &mut BlockCursor, tar_offset: u64, length: u64, out: &mut Vec<u8>) -> Result<(), ArchiveError> {
    cursor.read_range(tar_offset, length, |bytes| {
        out.extend_from_slice(bytes);
        Ok::<_, ArchiveError>(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn padded(text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(PATCH_BLOCK_BYTES as usize, 0);
        bytes
    }

    #[test]
    fn impossible_maps_are_refused() {
        let size = 10 * PATCH_BLOCK_BYTES + 5;
        let stored = |blocks: u64| PATCH_BLOCK_BYTES * (1 + blocks);
        for (lines, stored, why) in [
            ("0 1\nend\n", stored(2), "add up"),
            ("0 1\nend\n", stored(0), "add up"),
            ("3 1\n3 1\nend\n", stored(2), "overlap"),
            ("3 2\n4 1\nend\n", stored(3), "overlap"),
            ("3 1\n1 1\nend\n", stored(2), "overlap"),
            ("11 1\nend\n", stored(1), "beyond"),
            ("10 2\nend\n", stored(2), "beyond"),
            ("0 18446744073709551615\nend\n", stored(1), "beyond"),
            ("18446744073709551615 1\nend\n", stored(1), "beyond"),
            ("1125899906842624 1\nend\n", stored(1), "beyond"),
            ("0 0\nend\n", stored(0), "not made of"),
            ("0\nend\n", stored(0), "not made of"),
            ("+1 1\nend\n", stored(1), "not made of"),
            ("0 18446744073709551616\nend\n", stored(1), "not made of"),
            ("", stored(0), "not made of"),
            ("0 1", stored(1), "cut off"),
            ("0 1\nend", stored(1), "behind its end"),
            ("0 1\nend\n0 1\n", stored(1), "behind its end"),
            ("0 1\nend\n\0x", stored(1), "behind its end"),
        ] {
            let map = padded(&format!("{MAGIC}\n{size}\n1\n{lines}"));
            assert_eq!(map_length(&map, size), Ok(PATCH_BLOCK_BYTES), "{lines:?}");
            let told = parse_map(&map, size, stored).unwrap_err();
            assert!(told.contains(why), "{lines:?}: {told}");
        }
        for begins in
            ["", "keepsake-patch 2\n5\n1\nend\n", "keepsake-patch 1\n6\n1\nend\n", "keepsake-patch 1\n5\n0\nend\n"]
        {
            assert!(map_length(&padded(begins), 5).is_err(), "{begins:?}");
        }
        assert!(map_length(&padded("keepsake-patch 1\n5\n257\nend\n"), 5).is_err());
    }

    #[test]
    fn the_longest_map_fits() {
        let piece =
            |i: u64| Segment { offset: (i64::MAX as u64 / PATCH_BLOCK_BYTES - 2 * i) * PATCH_BLOCK_BYTES, length: 1 };
        let pieces: Vec<_> = (0..MAX_PIECES as u64).rev().map(piece).collect();
        let map = map_bytes(&pieces, i64::MAX as u64);
        assert_eq!(map_length(&map, i64::MAX as u64), Ok(map.len() as u64));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(0), Just(b' '), b'0'..=b'9', any::<u8>()], 0..300), size in any::<u64>()) {
            let _ = map_length(&bytes, size);
            let _ = parse_map(&bytes, size, 1 << 20);
        }

        #[test]
        fn what_is_written_is_read(holes in proptest::collection::vec((1u64..5, 1u64..5), 0..3000), rest in 0..PATCH_BLOCK_BYTES) {
            let (mut at, mut pieces) = (0, Vec::new());
            for (gap, count) in holes {
                pieces.push(Segment { offset: (at + gap) * PATCH_BLOCK_BYTES, length: count * PATCH_BLOCK_BYTES });
                at += gap + count;
            }
            let size = at * PATCH_BLOCK_BYTES + rest;
            if let Some(last) = pieces.last_mut() {
                last.length += rest;
            }
            let map = map_bytes(&pieces, size);
            prop_assert_eq!(map_length(&map[..PATCH_BLOCK_BYTES as usize], size), Ok(map.len() as u64));
            let data: u64 = pieces.iter().map(|piece| piece.length).sum();
            prop_assert_eq!(parse_map(&map, size, map.len() as u64 + data).unwrap(), pieces);
        }
    }
}
