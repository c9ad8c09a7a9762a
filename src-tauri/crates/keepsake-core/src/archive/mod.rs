//! Archives: ordinary pax tar in ordinary gzip, cut so that every byte is one seek away.
//! The format is written down in `docs/archive-format.md`; names here follow it.

pub mod acl;
pub mod block;
pub mod blocks;
pub mod by_hand;
pub mod error;
pub mod footer;
pub mod info_text;
pub mod manifest;
pub mod metadata;
pub mod name;
pub mod patch;
pub mod reader;
pub mod salvage;
pub mod tar_entry;
#[cfg(test)]
pub(crate) mod test_support;
pub mod writer;

/// The version of the format that this code writes, and the newest that it reads.
pub const FORMAT_VERSION: u16 = 1;

/// Names of the archive's own entries; no source may be called so.
pub const INFO_NAME: &str = "BACKUP_INFO.txt";
/// The list of all files of the backup.
pub const MANIFEST_NAME: &str = "manifest.jsonl";
/// Where each block of the tar stream lies in the file.
pub const BLOCKS_NAME: &str = "blocks.bin";
/// What the archive is.
pub const METADATA_NAME: &str = "metadata.json";
/// A shell script for what tar alone cannot say.
pub const BY_HAND_NAME: &str = "FINISH_BY_HAND.sh";
