//! Sparse files: where their data is, and the map that says so in GNU sparse format 1.0
//! (GNU tar manual, "Storing Sparse Files", PAX format version 1.0).

use std::io;
use std::os::fd::AsFd;

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;

/// A piece of a file that holds data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Where it begins in the file.
    pub offset: u64,
    /// How many bytes.
    pub length: u64,
}

/// More pieces than this are not worth a map: the file is read as if it had no holes.
const MAX_SEGMENTS: usize = 100_000;

/// The pieces that hold data, when the file has holes; None when it has none, or the file system does not
/// tell.
///
/// # Errors
/// What the kernel answers when the file cannot be looked at.
pub fn segments(file: impl AsFd, size_bytes: u64) -> io::Result<Option<Vec<Segment>>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < size_bytes {
        let start = match seek(&file, SeekFrom::Data(at)) {
            Ok(start) => start.min(size_bytes),
            // Nothing but a hole from here on.
            Err(Errno::NXIO) => size_bytes,
            Err(Errno::INVAL | Errno::NOTSUP) => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        if start >= size_bytes {
            break;
        }
        let end = seek(&file, SeekFrom::Hole(start)).map_or(size_bytes, |end| end.min(size_bytes));
        found.push(Segment { offset: start, length: end - start });
        if found.len() > MAX_SEGMENTS {
            return Ok(None);
        }
        at = end;
    }
    let data: u64 = found.iter().map(|s| s.length).sum();
    Ok((data < size_bytes).then_some(found))
}

/// The map as it stands before the data: decimal numbers, each ended by a newline, padded to 512 bytes.
/// A hole at the end is told by an empty piece there, as GNU tar does.
pub fn map_bytes(segments: &[Segment], size_bytes: u64) -> Vec<u8> {
    let ends_in_hole = segments.last().is_none_or(|s| s.offset + s.length < size_bytes);
    let mut text = format!("{}\n", segments.len() + usize::from(ends_in_hole));
    for segment in segments {
        text.push_str(&format!("{}\n{}\n", segment.offset, segment.length));
    }
    if ends_in_hole {
        text.push_str(&format!("{size_bytes}\n0\n"));
    }
    let mut bytes = text.into_bytes();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn holes_are_found_and_told() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(1 << 24).unwrap();
        file.write_all_at(b"x", 1 << 20).unwrap();
        let found = segments(&file, 1 << 24).unwrap().expect("it has holes");
        assert_eq!(found.len(), 1);
        assert!(found[0].offset <= 1 << 20 && found[0].offset + found[0].length > 1 << 20);
        let map = map_bytes(&found, 1 << 24);
        assert_eq!(map.len(), 512);
        assert!(map.starts_with(b"2\n"));
        let full = tempfile::tempfile().unwrap();
        full.write_all_at(b"data", 0).unwrap();
        assert_eq!(segments(&full, 4).unwrap(), None);
    }
}
