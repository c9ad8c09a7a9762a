//! Which backups a drive holds, when not all fit.
//!
//! - First the newest backup of each plan, then older ones, newest first, as many as fit together.
//! - What a plan has whole on the drive as its newest stays until a newer one is whole there: it is the last good one.
//! - Room is made only when something is to be copied, and only as much as is needed: what no listed backup needs goes
//!   first, then what is needed by the oldest backups alone.
//! - When the newest backup of a plan does not fit at all, nothing of that plan is removed for it, and that is said.

use std::collections::{BTreeSet, HashMap};

/// A listed backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Whose backups it follows: the plan, on its computer.
    pub chain: i64,
    /// When it was made, in seconds since 1970.
    pub at: i64,
    /// The archives that it needs.
    pub archives: Vec<u32>,
}

/// What the drive has to do with.
#[derive(Debug, Clone, Copy)]
pub struct Drive<'a> {
    /// The archives that it holds whole.
    pub held: &'a BTreeSet<u32>,
    /// Those of them that no listed backup needs, oldest first: they may go.
    pub not_needed: &'a [u32],
    /// Free on it, in bytes, without what is to stay free.
    pub free_bytes: u64,
    /// What an archive takes there, in bytes.
    pub bytes: &'a HashMap<u32, u64>,
}

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// What goes, in that order, before anything is copied.
    pub remove: Vec<u32>,
    /// What is copied, in that order.
    pub copy: Vec<u32>,
    /// Bytes that are missing for the newest backup of each plan; 0 when all fit.
    pub missing_bytes: u64,
}

/// Decides. The rules stand above.
pub fn choose(listed: &[Candidate], drive: &Drive<'_>) -> Choice {
    let size = |archive: &u32| drive.bytes.get(archive).copied().unwrap_or(0);
    let total = |archives: &BTreeSet<u32>| archives.iter().map(size).fold(0, u64::saturating_add);
    let mut newest_first: Vec<&Candidate> = listed.iter().collect();
    newest_first.sort_by_key(|backup| std::cmp::Reverse((backup.at, backup.chain)));
    let is_first_of_chain =
        |number: usize| !newest_first[..number].iter().any(|b| b.chain == newest_first[number].chain);
    let (firsts, others): (Vec<usize>, Vec<usize>) = (0..newest_first.len()).partition(|n| is_first_of_chain(*n));
    // The last good ones stay, whatever else is decided.
    let mut chosen = BTreeSet::new();
    let mut with_good_one = BTreeSet::new();
    for backup in &newest_first {
        let is_whole = !backup.archives.is_empty() && backup.archives.iter().all(|a| drive.held.contains(a));
        if is_whole && with_good_one.insert(backup.chain) {
            chosen.extend(backup.archives.iter().copied());
        }
    }
    let capacity_bytes = drive.free_bytes.saturating_add(total(drive.held));
    let mut choice = Choice::default();
    for (rank, number) in firsts.iter().chain(&others).enumerate() {
        let backup = newest_first[*number];
        let mut with_it = chosen.clone();
        with_it.extend(backup.archives.iter().copied());
        let needed_bytes = total(&with_it);
        if needed_bytes <= capacity_bytes {
            let lacking = backup.archives.iter().filter(|a| chosen.insert(**a) && !drive.held.contains(a));
            choice.copy.extend(lacking.copied());
        } else if rank < firsts.len() {
            choice.missing_bytes = choice.missing_bytes.saturating_add(needed_bytes - capacity_bytes);
        }
    }
    let needed_bytes = choice.copy.iter().map(size).fold(0, u64::saturating_add);
    let mut lacking_bytes = needed_bytes.saturating_sub(drive.free_bytes);
    // Those that only the oldest backups need are last in the order of backups, so first here.
    let mut seen = BTreeSet::new();
    let mut by_age: Vec<u32> = Vec::new();
    for backup in &newest_first {
        by_age.extend(backup.archives.iter().copied().filter(|archive| seen.insert(*archive)));
    }
    let removable = drive.not_needed.iter().copied().chain(by_age.into_iter().rev());
    for archive in removable.filter(|a| drive.held.contains(a) && !chosen.contains(a)) {
        if lacking_bytes == 0 {
            break;
        }
        if !choice.remove.contains(&archive) {
            lacking_bytes = lacking_bytes.saturating_sub(size(&archive));
            choice.remove.push(archive);
        }
    }
    choice
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn backup(chain: i64, at: i64, archives: &[u32]) -> Candidate {
        Candidate { chain, at, archives: archives.into() }
    }

    fn chosen(listed: &[Candidate], held: &[u32], not_needed: &[u32], free_bytes: u64) -> Choice {
        let bytes: HashMap<u32, u64> = (0..100).map(|archive| (archive, 10)).collect();
        choose(listed, &Drive { held: &held.iter().copied().collect(), not_needed, free_bytes, bytes: &bytes })
    }

    #[test]
    fn the_newest_of_each_plan_comes_first_then_older_ones() {
        let listed = [backup(1, 10, &[1]), backup(1, 20, &[1, 2]), backup(2, 5, &[9]), backup(1, 15, &[1, 3])];
        assert_eq!(chosen(&listed, &[], &[], 1000).copy, [1, 2, 9, 3]);
        // Only three fit.
        assert_eq!(chosen(&listed, &[], &[], 30), Choice { copy: vec![1, 2, 9], ..Choice::default() });
        // Nothing is left to do.
        assert_eq!(chosen(&listed, &[1, 2, 3, 9], &[], 0), Choice::default());
    }

    #[test]
    fn the_oldest_goes_for_the_newest_and_the_last_good_one_never() {
        let full = [backup(1, 10, &[1]), backup(1, 20, &[2]), backup(1, 30, &[3])];
        let made_room = chosen(&full, &[1, 2], &[], 0);
        assert_eq!(made_room, Choice { remove: vec![1], copy: vec![3], missing_bytes: 0 });
        // 2 is the last good one on the drive.
        let only_good = chosen(&full[1..], &[2], &[], 5);
        assert_eq!(only_good, Choice { remove: vec![], copy: vec![], missing_bytes: 5 });
        // What nobody needs goes before what somebody needs.
        assert_eq!(chosen(&full, &[1, 2, 50], &[50], 0).remove, [50]);
    }

    #[test]
    fn nothing_goes_while_nothing_comes() {
        let listed = [backup(1, 30, &[3])];
        assert_eq!(chosen(&listed, &[3, 50], &[50], 0), Choice::default());
    }

    proptest! {
        #[test]
        fn whatever_is_listed_it_fits_and_the_last_good_ones_stay(
            backups in prop::collection::vec((0i64..3, 0i64..50, prop::collection::vec(0u32..12, 1..5)), 0..8),
            held in prop::collection::btree_set(0u32..14, 0..10),
            free_bytes in 0u64..200,
            sizes in prop::collection::vec(1u64..40, 14),
        ) {
            let listed: Vec<Candidate> = backups.into_iter().map(|(chain, at, archives)| Candidate { chain, at, archives }).collect();
            let bytes: HashMap<u32, u64> = sizes.into_iter().enumerate().map(|(n, size)| (n as u32, size)).collect();
            let needed: BTreeSet<u32> = listed.iter().flat_map(|b| b.archives.iter().copied()).collect();
            let not_needed: Vec<u32> = held.iter().copied().filter(|a| !needed.contains(a)).collect();
            let choice = choose(&listed, &Drive { held: &held, not_needed: &not_needed, free_bytes, bytes: &bytes });
            let sum = |archives: &[u32]| archives.iter().map(|a| bytes[a]).sum::<u64>();
            // It fits, and each is copied and removed once.
            prop_assert!(sum(&choice.copy) <= free_bytes + sum(&choice.remove));
            for list in [&choice.copy, &choice.remove] {
                prop_assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len());
            }
            prop_assert!(choice.copy.iter().all(|a| !held.contains(a)) && choice.remove.iter().all(|a| held.contains(a)));
            // Nothing goes that need not.
            if let Some((last, before)) = choice.remove.split_last() {
                prop_assert!(sum(&choice.copy) > free_bytes + sum(before), "{} need not go", last);
            }
            let after: BTreeSet<u32> = held.iter().copied().filter(|a| !choice.remove.contains(a)).chain(choice.copy.iter().copied()).collect();
            for chain in 0..3 {
                let of_chain = || listed.iter().filter(|b| b.chain == chain);
                let whole = |on: &BTreeSet<u32>| of_chain().filter(|b| b.archives.iter().all(|a| on.contains(a))).map(|b| b.at).max();
                prop_assert!(whole(&after) >= whole(&held), "the newest whole one never becomes older");
            }
            if choice.missing_bytes == 0 {
                for newest in (0..3).filter_map(|chain| listed.iter().filter(|b| b.chain == chain).max_by_key(|b| b.at)) {
                    let same_time = listed.iter().filter(|b| (b.chain, b.at) == (newest.chain, newest.at)).count() > 1;
                    prop_assert!(same_time || newest.archives.iter().all(|a| after.contains(a)));
                }
            }
        }
    }
}
