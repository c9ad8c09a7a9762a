//! Is a source's size far from usual?

use super::{Said, SizeFacts, SourceFacts};
use crate::units::ByteCount;

/// With fewer earlier backups nobody knows what is usual.
const NEEDED_EARLIER: usize = 4;
/// How many earlier backups say what is usual.
const COMPARED_EARLIER: usize = 10;
/// Less than this is never far.
const FAR_BYTES: u64 = 10_000_000;

/// What is unusual about the source's newest size, in words; None when nothing is.
///
/// The newest backup is measured against the median of the ten before it; four are needed, and differences
/// below 10 MB never count. Unusual is a total of more than three times or less than a third. Of what is new,
/// only more is unusual, since a quiet day is no news: more than three times, and at least a tenth of the
/// whole, so that the pictures of a holiday raise no alarm and a changed folder does.
pub(super) fn unusual(source: &SourceFacts) -> Option<(Said, String)> {
    let (newest, earlier) = source.sizes.split_last()?;
    let earlier = &earlier[earlier.len().saturating_sub(COMPARED_EARLIER)..];
    if earlier.len() < NEEDED_EARLIER {
        return None;
    }
    let usual = median(earlier, |size| size.total_bytes);
    let name = &source.name;
    let said = |id, now, usual| Said::new(id).text("name", name).bytes("now", now).bytes("usual", usual);
    if is_far_above(newest.total_bytes, usual) {
        let said = said("health-unusual-size-larger", newest.total_bytes, usual);
        let (now, usual) = (ByteCount(newest.total_bytes), ByteCount(usual));
        return Some((said, format!("{name} is much larger than usual: {now} instead of {usual}.")));
    }
    if is_far_above(usual, newest.total_bytes) {
        let said = said("health-unusual-size-smaller", newest.total_bytes, usual);
        let (now, usual) = (ByteCount(newest.total_bytes), ByteCount(usual));
        return Some((said, format!("{name} is much smaller than usual: {now} instead of {usual}.")));
    }
    let usual_new = median(earlier, |size| size.new_bytes);
    if is_far_above(newest.new_bytes, usual_new) && newest.new_bytes >= newest.total_bytes / 10 {
        let said = said("health-unusual-size-new", newest.new_bytes, usual_new);
        let (now, usual) = (ByteCount(newest.new_bytes), ByteCount(usual_new));
        return Some((said, format!("Much more than usual has changed in {name}: {now}, usually {usual}.")));
    }
    None
}

fn is_far_above(bytes: u64, usual_bytes: u64) -> bool {
    bytes > usual_bytes.saturating_mul(3) && bytes - usual_bytes >= FAR_BYTES
}

/// The median; between the two middle ones of an even number.
fn median(sizes: &[SizeFacts], of: fn(&SizeFacts) -> u64) -> u64 {
    let mut values: Vec<u64> = sizes.iter().map(of).collect();
    values.sort_unstable();
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { values[middle - 1].midpoint(values[middle]) } else { values[middle] }
}
