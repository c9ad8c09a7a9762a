//! Renewal: what is still needed of an old archive is stored anew, so that the archive can go with the backups that
//! need the rest of it. Which archives that are is decided here, and is pure; why by these rules stands in
//! `docs/decisions/0016-renewal.md`.
//!
//! - What the newest backup refers to in an archive counts as needed, and nothing else does: older backups need their
//!   archive whatever is stored now. It counts as large as the files are, before compression; what describes files
//!   counts generously. So an archive that counts as less than half needed really is.
//! - Archives of which less than half is needed are candidates. Those that hold the most that nobody needs come first.
//! - They are renewed once they hold enough together that is not needed: so what is renewed takes less than what comes
//!   back, and when nothing changes it ends.
//! - One run stores a bounded number of bytes for it.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use crate::archive::manifest::Node;
use crate::catalog::StoredEntry;
use crate::file_facts::FileFacts;

/// What a header and a line of the manifest take at most, packed; names and attributes come on top.
const ENTRY_BYTES: u64 = 512;

/// When archives are renewed, and how much at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenewalRules {
    /// The candidates must hold so many bytes together that nobody needs.
    pub worth_bytes: u64,
    /// One run stores at most so many bytes anew; one file more than that when it is the first.
    pub at_once_bytes: u64,
}

impl Default for RenewalRules {
    fn default() -> Self {
        Self { worth_bytes: 1 << 20, at_once_bytes: 1_000_000_000 }
    }
}

impl RenewalRules {
    /// Both grow with what the newest backup needs: a thousandth of it is worth it, a twentieth is stored at once.
    fn of(self, needed_bytes: u64) -> Self {
        Self {
            worth_bytes: self.worth_bytes.max(needed_bytes / 1000),
            at_once_bytes: self.at_once_bytes.max(needed_bytes / 20),
        }
    }
}

/// An archive that the newest backup refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ArchiveUse {
    /// Its id in the catalog.
    pub(crate) id: u32,
    /// The length of its file.
    pub(crate) bytes: u64,
    /// What the newest backup refers to in it, in bytes; see above how it is counted.
    pub(crate) needed_bytes: u64,
}

impl ArchiveUse {
    fn not_needed_bytes(&self) -> u64 {
        self.bytes.saturating_sub(self.needed_bytes)
    }
}

/// What one run renews.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Renewal {
    /// The archives, by id: nothing more is built on them.
    pub(crate) archives: HashSet<u32>,
    /// What is needed of them, in bytes.
    pub(crate) needed_bytes: u64,
    /// So many bytes at most are stored anew in this run; one file more than that when it is the first.
    pub(crate) at_once_bytes: u64,
}

/// Chooses what to renew among the archives that the newest backup refers to.
pub(crate) fn choose(uses: &[ArchiveUse], rules: RenewalRules) -> Renewal {
    let sum = |of: &dyn Fn(&ArchiveUse) -> u64, uses: &[ArchiveUse]| uses.iter().map(of).fold(0, u64::saturating_add);
    let rules = rules.of(sum(&|one| one.needed_bytes, uses));
    let mut candidates: Vec<ArchiveUse> =
        uses.iter().filter(|one| one.needed_bytes < one.bytes.div_ceil(2)).copied().collect();
    candidates.sort_by_key(|one| (std::cmp::Reverse(one.not_needed_bytes()), one.id));
    if sum(&ArchiveUse::not_needed_bytes, &candidates) < rules.worth_bytes {
        return Renewal::default();
    }
    let mut renewal = Renewal { at_once_bytes: rules.at_once_bytes, ..Renewal::default() };
    for one in candidates {
        let needed_bytes = renewal.needed_bytes.saturating_add(one.needed_bytes);
        if renewal.archives.is_empty() || needed_bytes <= rules.at_once_bytes {
            renewal.archives.insert(one.id);
            renewal.needed_bytes = needed_bytes;
        }
    }
    renewal
}

/// Counts what the states of the newest backup need of each archive.
#[derive(Debug, Default)]
pub(super) struct Tally(RefCell<HashMap<u32, u64>>);

impl Tally {
    pub(super) fn add(&self, state: &StoredEntry) {
        let mut needed = self.0.borrow_mut();
        let mut add = |archive: u32, bytes: u64| {
            let sum = needed.entry(archive).or_default();
            *sum = sum.saturating_add(bytes);
        };
        let target = match &state.entry.node {
            Node::File(content) => {
                add(content.archive, content.stored_bytes);
                if let Some(patch) = &content.patch {
                    add(patch.base.archive, patch.base.size_bytes);
                }
                0
            }
            Node::Symlink(target) => target.len(),
            Node::HardLink { target, .. } => target.as_bytes().len(),
            Node::Folder => 0,
        };
        let names = state.entry.path.as_bytes().len() + target + attributes(&state.entry.facts);
        add(state.described_in, ENTRY_BYTES + 4 * names as u64);
    }

    /// Bytes by archive.
    pub(super) fn needed(self) -> HashMap<u32, u64> {
        self.0.into_inner()
    }
}

fn attributes(facts: &FileFacts) -> usize {
    facts.xattrs.iter().map(|attribute| attribute.name.len() + attribute.value.len()).sum()
}

/// True when what a state says cannot be had without one of these archives.
pub(super) fn is_built_on(state: &StoredEntry, archives: &HashSet<u32>) -> bool {
    let content_is =
        |node: &Node| matches!(node, Node::File(content) if content.archives().any(|id| archives.contains(&id)));
    !archives.is_empty() && (archives.contains(&state.described_in) || content_is(&state.entry.node))
}

#[cfg(test)]
mod tests;
