//! Unpacks sparse files: the stored bytes are a map in GNU sparse format 1.0 (GNU tar manual, "Storing
//! Sparse Files", PAX format version 1.0), padded to 512 bytes, then the data of all pieces.
//! The map is hostile until it has been checked.

use crate::sources::sparse::Segment;

/// The most pieces that are accepted; a backup writes at most a tenth of it.
const MAX_SEGMENTS: u64 = 1 << 20;
/// The fewest bytes of map that a piece takes: two digits and two newlines.
const MIN_SEGMENT_BYTES: u64 = 4;
const UNIT: u64 = 512;

/// Takes the stored bytes in pieces and tells where in the file the data goes.
#[derive(Debug)]
pub struct SparseMap {
    size_bytes: u64,
    stored_bytes: u64,
    /// Bytes taken so far.
    taken: u64,
    state: State,
    /// The number being read, and how many digits it has.
    number: (u64, u32),
    segments: Vec<Segment>,
    /// Bytes of data that the pieces so far announce.
    announced: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Count,
    Offset { left: u64 },
    Length { left: u64, offset: u64 },
    Padding,
    Data { segment: usize, done: u64 },
}

impl SparseMap {
    /// Nothing taken yet. `size_bytes` is the file's real size, `stored_bytes` what the map and the data take.
    pub fn new(size_bytes: u64, stored_bytes: u64) -> Self {
        Self {
            size_bytes,
            stored_bytes,
            taken: 0,
            state: State::Count,
            number: (0, 0),
            segments: Vec::new(),
            announced: 0,
        }
    }

    /// Takes the next bytes; data is passed to `write` with its offset in the file.
    ///
    /// # Errors
    /// A sentence when the map is impossible, or the error of `write`.
    pub fn take<E: From<String>>(
        &mut self,
        mut bytes: &[u8],
        mut write: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while !bytes.is_empty() {
            if let State::Data { segment, done } = self.state {
                let Some(at) = self.segments.get(segment) else {
                    return Err(bad("there is more data than its map tells").into());
                };
                let count = (bytes.len() as u64).min(at.length - done);
                let (now, later) = bytes.split_at(count as usize);
                if !now.is_empty() {
                    write(at.offset + done, now)?;
                }
                self.taken += count;
                bytes = later;
                self.state = State::Data { segment, done: done + count };
                self.next_segment();
            } else {
                self.take_map_byte(bytes[0])?;
                bytes = &bytes[1..];
            }
        }
        Ok(())
    }

    /// To be called when all stored bytes were taken.
    ///
    /// # Errors
    /// A sentence when something is missing.
    pub fn finish(&self) -> Result<(), String> {
        match self.state {
            State::Data { segment, .. } if segment == self.segments.len() && self.taken == self.stored_bytes => Ok(()),
            _ => Err(bad("it ends too early")),
        }
    }

    /// Leaves pieces that are complete, also empty ones.
    fn next_segment(&mut self) {
        while let State::Data { segment, done } = self.state {
            match self.segments.get(segment) {
                Some(at) if at.length == done => self.state = State::Data { segment: segment + 1, done: 0 },
                _ => return,
            }
        }
    }

    fn take_map_byte(&mut self, byte: u8) -> Result<(), String> {
        self.taken += 1;
        match (self.state, byte) {
            (State::Padding, 0) => {}
            (State::Padding, _) => return Err(bad("its padding is not empty")),
            (_, b'0'..=b'9') => {
                let (value, digits) = self.number;
                let value = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(byte - b'0')));
                let value = value.filter(|_| digits < 20).ok_or_else(|| bad("a number is too large"))?;
                self.number = (value, digits + 1);
            }
            (_, b'\n') if self.number.1 > 0 => {
                let value = std::mem::take(&mut self.number).0;
                self.take_number(value)?;
            }
            _ => return Err(bad("it is not made of numbers")),
        }
        if self.state == State::Padding && self.taken.is_multiple_of(UNIT) {
            if self.taken.checked_add(self.announced) != Some(self.stored_bytes) {
                return Err(bad("its pieces do not add up to what is stored"));
            }
            self.state = State::Data { segment: 0, done: 0 };
            self.next_segment();
        }
        Ok(())
    }

    fn take_number(&mut self, value: u64) -> Result<(), String> {
        self.state = match self.state {
            State::Count => {
                if value > MAX_SEGMENTS || value > self.stored_bytes / MIN_SEGMENT_BYTES {
                    return Err(bad("it has too many pieces"));
                }
                if value == 0 { State::Padding } else { State::Offset { left: value } }
            }
            State::Offset { left } => State::Length { left, offset: value },
            State::Length { left, offset } => {
                let begins_after = self.segments.last().map_or(0, |s| s.offset + s.length);
                if offset < begins_after {
                    return Err(bad("its pieces overlap"));
                }
                if offset.checked_add(value).is_none_or(|end| end > self.size_bytes) {
                    return Err(bad("a piece lies beyond its end"));
                }
                // Cannot overflow: the pieces lie apart and below the file's size.
                self.announced += value;
                self.segments.push(Segment { offset, length: value });
                if left == 1 { State::Padding } else { State::Offset { left: left - 1 } }
            }
            State::Padding | State::Data { .. } => unreachable!("no number is read there"),
        };
        Ok(())
    }
}

fn bad(why: &str) -> String {
    format!("what is stored of it is damaged (the map of a sparse file: {why})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::sparse::map_bytes;
    use proptest::prelude::*;

    fn unpack(stored: &[u8], size: u64, cut: usize) -> Result<Vec<(u64, Vec<u8>)>, String> {
        let mut map = SparseMap::new(size, stored.len() as u64);
        let mut out = Vec::new();
        for piece in stored.chunks(cut.max(1)) {
            map.take::<String>(piece, |offset, bytes| {
                out.push((offset, bytes.to_vec()));
                Ok(())
            })?;
        }
        map.finish().map(|()| out)
    }

    fn padded(text: &str, data: usize) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(bytes.len().next_multiple_of(512) + data, 0);
        bytes
    }

    #[test]
    fn impossible_maps_are_refused() {
        for (text, data, why) in [
            ("1\n0\n5\n", 6, "add up"),
            ("1\n0\n5\n", 4, "add up"),
            ("2\n10\n5\n12\n5\n", 10, "overlap"),
            ("2\n10\n5\n2\n5\n", 10, "overlap"),
            ("1\n98\n5\n", 5, "beyond"),
            ("1\n18446744073709551615\n5\n", 5, "beyond"),
            ("1\n18446744073709551616\n5\n", 5, "too large"),
            ("1000000000\n0\n5\n", 5, "too many"),
            ("18446744073709551615\n0\n5\n", 5, "too many"),
            ("1\n0\n\n", 5, "not made of"),
            ("-1\n", 5, "not made of"),
            ("1\n0\n5\nx", 5, "not empty"),
            ("00000000000000000000000000001\n", 5, "too large"),
            ("2\n0\n5\n", 0, "not made of"),
            ("", 0, "too early"),
        ] {
            let told = unpack(&padded(text, data), 100, 7).unwrap_err();
            assert!(told.contains(why), "{text:?}: {told}");
        }
    }

    #[test]
    fn a_file_that_is_one_hole_has_no_data() {
        assert_eq!(unpack(&map_bytes(&[], 1 << 40), 1 << 40, 512).unwrap(), vec![]);
        assert_eq!(unpack(&padded("0\n", 0), 1 << 40, 512).unwrap(), vec![]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(0), b'0'..=b'9', any::<u8>()], 0..1100), cut in 1usize..600) {
            let _ = unpack(&bytes, 1 << 30, cut);
        }

        #[test]
        fn what_a_backup_stores_comes_back(pieces in proptest::collection::vec((1u64..9, 1usize..9), 0..200), tail in 0u64..9, cut in 1usize..2000) {
            let mut at = 0;
            let mut segments = Vec::new();
            let mut file = Vec::new();
            for (hole, data) in pieces {
                at += hole;
                segments.push(Segment { offset: at, length: data as u64 });
                file.resize(at as usize, 0u8);
                file.resize(at as usize + data, data as u8);
                at = file.len() as u64;
            }
            file.resize(file.len() + tail as usize, 0);
            let size = file.len() as u64;
            let mut stored = map_bytes(&segments, size);
            for s in &segments {
                stored.extend_from_slice(&file[s.offset as usize..(s.offset + s.length) as usize]);
            }
            let mut back = vec![0; file.len()];
            for (offset, bytes) in unpack(&stored, size, cut).unwrap() {
                back[offset as usize..offset as usize + bytes.len()].copy_from_slice(&bytes);
            }
            prop_assert_eq!(back, file);
        }
    }
}
