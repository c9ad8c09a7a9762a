//! Which share of an archive a rotating check reads.

use std::ops::Range;

/// Blocks that are read together: what one worker does at once, and the unit of shares.
pub(super) const FULL_UNIT_BLOCKS: usize = 16;
/// Smaller for shares, so that thirty of one archive are about equal.
const PART_UNIT_BLOCKS: usize = 4;

/// All of an archive, or one of several shares of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    number: u32,
    of: u32,
}

impl Share {
    pub fn all() -> Self {
        Self { number: 1, of: 1 }
    }

    /// `number` from 1 to `of`.
    pub fn part(number: u32, of: u32) -> Self {
        Self { number, of }
    }

    fn unit_blocks(self) -> usize {
        if self.of == 1 { FULL_UNIT_BLOCKS } else { PART_UNIT_BLOCKS }
    }

    /// The unit that a block belongs to.
    pub fn unit_of(self, block: usize) -> usize {
        block / self.unit_blocks()
    }

    /// The blocks of a unit, in an archive that has so many blocks.
    pub fn blocks(self, unit: usize, block_count: usize) -> Range<usize> {
        let from = (unit * self.unit_blocks()).min(block_count);
        from..(from + self.unit_blocks()).min(block_count)
    }

    /// True when a unit of that archive is in the share. The name shifts where shares begin, or the first
    /// would hold all small archives.
    pub fn holds(self, archive: &str, unit: usize) -> bool {
        let shift = u64::from(libdeflater::crc32(archive.as_bytes()));
        (unit as u64 + shift) % u64::from(self.of) == u64::from(self.number - 1)
    }

    /// True when the share holds anything of an archive that has so many blocks.
    pub fn holds_any(self, archive: &str, block_count: usize) -> bool {
        let units = self.unit_of(block_count.max(1) - 1) + 1;
        (0..units.min(self.of as usize)).any(|unit| self.holds(archive, unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_in_exactly_one_share() {
        for of in [1, 2, 3, 30] {
            for archive in ["family_20260303_020500.tar.gz", "x"] {
                for unit in 0..100 {
                    let holders = (1..=of).filter(|&n| Share::part(n, of).holds(archive, unit)).count();
                    assert_eq!(holders, 1);
                }
                for blocks in [0, 1, 5, 200] {
                    let any = (1..=of).filter(|&n| Share::part(n, of).holds_any(archive, blocks)).count();
                    assert_eq!(any, (blocks.max(1)).div_ceil(Share::part(1, of).unit_blocks()).min(of as usize));
                }
            }
        }
    }

    #[test]
    fn units_tile_the_blocks() {
        let share = Share::part(1, 30);
        let mut next = 0;
        for unit in 0..=share.unit_of(1234) {
            let blocks = share.blocks(unit, 1235);
            assert_eq!(blocks.start, next);
            assert!(blocks.clone().all(|block| share.unit_of(block) == unit));
            next = blocks.end;
        }
        assert_eq!(next, 1235);
    }
}
