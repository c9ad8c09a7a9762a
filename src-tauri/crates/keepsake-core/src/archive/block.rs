//! Blocks: pieces of at most 1 MiB of the tar stream, each an independent gzip member, and the table that
//! tells where each lies.
//!
//! A member is RFC 1952; its content is RFC 1951, either compressed, or, where four samples say that
//! compressing gains nothing, in stored blocks.

use libdeflater::{CompressionLvl, Compressor, Crc, Decompressor};

/// The most bytes of the tar stream in one block.
pub const BLOCK_BYTES: usize = 1 << 20;
/// The most bytes of a block's member in the file, as the format says.
pub const MAX_MEMBER_BYTES: usize = BLOCK_BYTES + 4096;
/// What a writer adds to an incompressible block at most: headers of stored blocks (5 bytes for each 65,535) and
/// the gzip frame, with some room.
pub const MAX_FRAME_BYTES: usize = 512;

/// The ten bytes with which a member begins (RFC 1952, section 2.3): no name, no time, unknown system.
pub(super) const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The most that one stored deflate block holds (RFC 1951, section 3.2.4).
const STORED_MAX: usize = 65_535;

/// One row of the block table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockRow {
    /// Bytes of the tar stream in the block: 1 to [`BLOCK_BYTES`].
    pub tar_bytes: u32,
    /// Bytes of its gzip member in the file.
    pub file_bytes: u32,
    /// CRC-32 of those bytes of the file.
    pub file_crc32: u32,
}

/// How one block is written: compressed, or stored with small headers between slices of the data itself.
#[derive(Debug)]
pub enum Packed {
    /// A whole gzip member: so many bytes at the beginning of the room that was given.
    Compressed(usize),
    /// The data is written as it is, with these headers: first one, between slices, and the trailer.
    Stored {
        /// The member's frame, cut by [`stored_pieces`].
        frame: Vec<u8>,
    },
}

/// Compresses blocks, or decides that it is not worth it.
pub struct Packer {
    compressor: Compressor,
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Packer")
    }
}

impl Packer {
    /// `level`: 1 (fastest) to 12 (smallest); out of range is brought into it.
    pub fn new(level: u8) -> Self {
        let level = CompressionLvl::new(i32::from(level.clamp(1, 12))).expect("1 to 12 are levels");
        Self { compressor: Compressor::new(level) }
    }

    /// Packs one block and tells its row of the table. `room` is for what is compressed; it may be empty or
    /// that of an earlier block, and grows as needed.
    pub fn pack(&mut self, data: &[u8], room: &mut Vec<u8>) -> (Packed, BlockRow) {
        let tar_bytes = data.len() as u32;
        if !looks_incompressible(data) {
            let bound = self.compressor.gzip_compress_bound(data.len());
            if room.len() < bound {
                // Made anew, not grown: pages of new zeros take no memory until they are written.
                *room = vec![0; bound];
            }
            let length = self.compressor.gzip_compress(data, room).expect("the bound is large enough");
            // Not worth unpacking for less than one part in 64.
            if length + data.len() / 64 < data.len() || data.len() < 4096 {
                let file_crc32 = libdeflater::crc32(&room[..length]);
                return (Packed::Compressed(length), BlockRow { tar_bytes, file_bytes: length as u32, file_crc32 });
            }
        }
        let frame = stored_frame(data);
        let mut crc = Crc::new();
        let mut length = 0;
        stored_pieces(&frame, data, |piece| {
            crc.update(piece);
            length += piece.len();
        });
        (Packed::Stored { frame }, BlockRow { tar_bytes, file_bytes: length as u32, file_crc32: crc.sum() })
    }
}

/// True for what is compressed or encrypted already, judged by four samples of 4 KiB: their bytes are
/// spread so evenly (collision entropy above 7.8 bits of 8) that no coder finds anything to save. It costs a
/// hundredth of trying. Less than 16 KiB is never judged.
pub fn looks_incompressible(data: &[u8]) -> bool {
    const SAMPLE: usize = 4096;
    if data.len() < 4 * SAMPLE {
        return false;
    }
    let mut counts = [0u32; 256];
    for i in 0..4 {
        let at = (data.len() - SAMPLE) / 3 * i;
        for &byte in &data[at..at + SAMPLE] {
            counts[usize::from(byte)] += 1;
        }
    }
    let collisions: u64 = counts.iter().map(|&count| u64::from(count) * u64::from(count)).sum();
    // 2^-7.8 of all pairs; evenly spread bytes have 2^-8 and the noise of a sample.
    let pairs = (4 * SAMPLE as u64) * (4 * SAMPLE as u64);
    collisions * 223 <= pairs
}

/// Header, the five bytes before each stored block, and trailer, all in one buffer.
fn stored_frame(data: &[u8]) -> Vec<u8> {
    let chunks = data.chunks(STORED_MAX);
    let last = chunks.len().saturating_sub(1);
    let mut frame = Vec::with_capacity(18 + 5 * (last + 1));
    frame.extend_from_slice(&GZIP_HEADER);
    for (i, chunk) in chunks.enumerate() {
        let length = chunk.len() as u16;
        frame.push(u8::from(i == last));
        frame.extend_from_slice(&length.to_le_bytes());
        frame.extend_from_slice(&(!length).to_le_bytes());
    }
    frame.extend_from_slice(&libdeflater::crc32(data).to_le_bytes());
    frame.extend_from_slice(&(data.len() as u32).to_le_bytes());
    frame
}

/// Calls `each` for every piece of a stored member, in the order of the file.
pub fn stored_pieces<'a>(frame: &'a [u8], data: &'a [u8], mut each: impl FnMut(&'a [u8])) {
    each(&frame[..10]);
    let mut at = 10;
    for chunk in data.chunks(STORED_MAX) {
        each(&frame[at..at + 5]);
        each(chunk);
        at += 5;
    }
    each(&frame[at..]);
}

/// Unpacks one member into `out`, which becomes exactly the block.
///
/// # Errors
/// A sentence that says what is wrong: the checksum of the file's bytes, the gzip frame or the length.
pub fn unpack(decompressor: &mut Decompressor, member: &[u8], row: &BlockRow, out: &mut Vec<u8>) -> Result<(), String> {
    if libdeflater::crc32(member) != row.file_crc32 {
        return Err("the bytes are not those that were written".into());
    }
    out.resize(row.tar_bytes as usize, 0);
    match decompressor.gzip_decompress(member, out) {
        Ok(length) if length == out.len() => Ok(()),
        Ok(_) => Err("the block is shorter than the table says".into()),
        Err(e) => Err(format!("the block cannot be unpacked ({e})")),
    }
}

/// The table of all blocks before it, as it stands in `blocks.bin`, all numbers little-endian:
/// `KSBLOCKS`, the number of rows (u32), 0 (u32), then for each row three u32.
pub const TABLE_MAGIC: &[u8; 8] = b"KSBLOCKS";
/// Bytes of one row of the table.
pub const TABLE_ROW_BYTES: usize = 12;

/// The table as bytes.
pub fn encode_table(rows: &[BlockRow]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 + rows.len() * TABLE_ROW_BYTES);
    bytes.extend_from_slice(TABLE_MAGIC);
    bytes.extend_from_slice(&(rows.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&0u32.to_le_bytes());
    for row in rows {
        for number in [row.tar_bytes, row.file_bytes, row.file_crc32] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
    }
    bytes
}

/// The table from bytes.
///
/// # Errors
/// A sentence when the magic, the count or a row is impossible.
pub fn decode_table(bytes: &[u8]) -> Result<Vec<BlockRow>, String> {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    if bytes.len() < 16 || &bytes[..8] != TABLE_MAGIC {
        return Err("the block table does not begin as one".into());
    }
    if number(12) != 0 {
        return Err("the block table says something that is not known".into());
    }
    let count = number(8) as usize;
    if bytes.len() - 16 != count.saturating_mul(TABLE_ROW_BYTES) {
        return Err("the block table has another length than it says".into());
    }
    (0..count)
        .map(|i| {
            let at = 16 + i * TABLE_ROW_BYTES;
            let row = BlockRow { tar_bytes: number(at), file_bytes: number(at + 4), file_crc32: number(at + 8) };
            let possible = (1..=BLOCK_BYTES).contains(&(row.tar_bytes as usize))
                && (18..=MAX_MEMBER_BYTES).contains(&(row.file_bytes as usize));
            if possible { Ok(row) } else { Err(format!("row {i} of the block table is impossible")) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(packed: &Packed, room: &[u8], data: &[u8]) -> Vec<u8> {
        match packed {
            Packed::Compressed(length) => room[..*length].to_vec(),
            Packed::Stored { frame } => {
                let mut out = Vec::new();
                stored_pieces(frame, data, |piece| out.extend_from_slice(piece));
                out
            }
        }
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state as u8
            })
            .collect()
    }

    #[test]
    fn photos_are_stored_and_text_is_compressed() {
        let mut packer = Packer::new(1);
        let photo = noise(BLOCK_BYTES);
        let mut room = Vec::new();
        let (packed, row) = packer.pack(&photo, &mut room);
        assert!(matches!(packed, Packed::Stored { .. }));
        assert!(row.file_bytes as usize <= MAX_MEMBER_BYTES);
        let (packed, row) = packer.pack(&b"grandmother's letter ".repeat(50_000), &mut room);
        assert!(matches!(packed, Packed::Compressed(_)));
        assert!(row.file_bytes < row.tar_bytes / 20);
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            seed in proptest::collection::vec(any::<u8>(), 1..64),
            times in 1usize..20_000,
            random in any::<bool>(),
            old_room in 0usize..BLOCK_BYTES + 1000,
        ) {
            let mut data = if random { noise(times * 50) } else { seed.repeat(times) };
            data.truncate(BLOCK_BYTES);
            // An earlier block's bytes still stand in the room.
            let mut room = vec![0xaa; old_room];
            let (packed, row) = Packer::new(1).pack(&data, &mut room);
            let member = whole(&packed, &room, &data);
            prop_assert_eq!(member.len(), row.file_bytes as usize);
            let mut out = Vec::new();
            unpack(&mut Decompressor::new(), &member, &row, &mut out).unwrap();
            prop_assert_eq!(&out, &data);
            let mut hurt = member.clone();
            let at = times % hurt.len();
            hurt[at] ^= 1;
            prop_assert!(unpack(&mut Decompressor::new(), &hurt, &row, &mut out).is_err());
        }

        #[test]
        fn any_bytes_as_a_table_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode_table(&bytes);
            let mut named = TABLE_MAGIC.to_vec();
            named.extend(bytes);
            let _ = decode_table(&named);
        }
    }

    #[test]
    fn a_table_comes_back() {
        let rows = vec![
            BlockRow { tar_bytes: 1, file_bytes: 25, file_crc32: 7 },
            BlockRow { tar_bytes: 1 << 20, file_bytes: 99, file_crc32: 0 },
        ];
        assert_eq!(decode_table(&encode_table(&rows)).unwrap(), rows);
        assert!(decode_table(&encode_table(&rows)[..30]).is_err());
    }
}
