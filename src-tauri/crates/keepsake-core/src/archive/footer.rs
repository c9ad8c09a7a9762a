//! The footer: the last gzip member of an archive. It is empty, and its extra field (RFC 1952, section
//! 2.3.1.1, subfield `KS`) tells where the tail begins. Its length never changes, so one read finds it.

use super::FORMAT_VERSION;

/// Bytes of the whole footer member.
pub const FOOTER_BYTES: usize = 10 + 2 + 4 + DATA_BYTES + 2 + 8;
const DATA_BYTES: usize = 60;
const MAGIC: &[u8; 8] = b"KEEPSAKE";
/// gzip magic, deflate, FEXTRA, no time, no flags, unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff];
/// An empty final block with fixed codes, then CRC-32 and length of nothing.
const END: [u8; 10] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Where the tail's parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footer {
    /// Where in the file the member begins that begins with the manifest's (or the script's) tar header.
    pub tail_file_offset: u64,
    /// Where in the tar stream the manifest's content begins.
    pub manifest_tar_offset: u64,
    /// Bytes of the manifest's content.
    pub manifest_bytes: u64,
    /// Where in the file the member begins that begins with the block table's tar header.
    pub table_file_offset: u64,
    /// Where in the tar stream that tar header begins.
    pub table_tar_offset: u64,
    /// CRC-32 of the file's bytes from `table_file_offset` up to the footer.
    pub table_crc32: u32,
}

/// Why bytes are not a footer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FooterError {
    /// They are something else, or damaged.
    NotAFooter,
    /// They are one of a newer format version.
    Newer(u16),
}

impl Footer {
    /// The footer member as bytes.
    pub fn encode(&self) -> [u8; FOOTER_BYTES] {
        let mut data = Vec::with_capacity(DATA_BYTES);
        data.extend_from_slice(MAGIC);
        data.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        data.extend_from_slice(&0u16.to_le_bytes());
        for number in [
            self.tail_file_offset,
            self.manifest_tar_offset,
            self.manifest_bytes,
            self.table_file_offset,
            self.table_tar_offset,
        ] {
            data.extend_from_slice(&number.to_le_bytes());
        }
        data.extend_from_slice(&self.table_crc32.to_le_bytes());
        data.extend_from_slice(&libdeflater::crc32(&data).to_le_bytes());
        let mut bytes = Vec::with_capacity(FOOTER_BYTES);
        bytes.extend_from_slice(&HEAD);
        bytes.extend_from_slice(&(4 + DATA_BYTES as u16).to_le_bytes());
        bytes.extend_from_slice(b"KS");
        bytes.extend_from_slice(&(DATA_BYTES as u16).to_le_bytes());
        bytes.extend_from_slice(&data);
        bytes.extend_from_slice(&END);
        bytes.try_into().expect("the lengths add up")
    }

    /// The footer from the last [`FOOTER_BYTES`] of a file.
    ///
    /// # Errors
    /// [`FooterError`] when they are no footer, are damaged, or are of a newer version.
    pub fn decode(bytes: &[u8; FOOTER_BYTES]) -> Result<Self, FooterError> {
        let data = &bytes[16..16 + DATA_BYTES];
        let number = |at: usize| u64::from_le_bytes(data[at..at + 8].try_into().expect("eight bytes"));
        let short = |at: usize| u32::from_le_bytes(data[at..at + 4].try_into().expect("four bytes"));
        if &data[..8] != MAGIC || short(56) != libdeflater::crc32(&data[..56]) {
            return Err(FooterError::NotAFooter);
        }
        let version = u16::from_le_bytes([data[8], data[9]]);
        if version > FORMAT_VERSION {
            return Err(FooterError::Newer(version));
        }
        let footer = Self {
            tail_file_offset: number(12),
            manifest_tar_offset: number(20),
            manifest_bytes: number(28),
            table_file_offset: number(36),
            table_tar_offset: number(44),
            table_crc32: short(52),
        };
        // Everything is fixed by the values, so any other byte is damage.
        if &footer.encode() == bytes { Ok(footer) } else { Err(FooterError::NotAFooter) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOOTER: Footer = Footer {
        tail_file_offset: 1,
        manifest_tar_offset: 2,
        manifest_bytes: 3,
        table_file_offset: 4,
        table_tar_offset: 5,
        table_crc32: 6,
    };

    #[test]
    fn a_footer_comes_back_and_every_flipped_bit_is_noticed() {
        let bytes = FOOTER.encode();
        assert_eq!(Footer::decode(&bytes), Ok(FOOTER));
        for bit in 0..FOOTER_BYTES * 8 {
            let mut hurt = bytes;
            hurt[bit / 8] ^= 1 << (bit % 8);
            assert!(Footer::decode(&hurt).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_newer_version_is_told_apart_from_damage() {
        let mut bytes = FOOTER.encode();
        bytes[24] = 9;
        let crc = libdeflater::crc32(&bytes[16..72]);
        bytes[72..76].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(Footer::decode(&bytes), Err(FooterError::Newer(9)));
    }

    #[test]
    fn it_is_an_empty_gzip_member() {
        let mut out = [0; 1];
        let length = libdeflater::Decompressor::new().gzip_decompress(&FOOTER.encode(), &mut out).unwrap();
        assert_eq!(length, 0);
    }
}
