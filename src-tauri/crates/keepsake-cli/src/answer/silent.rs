//! Folders whose disks do not answer, as those over a network that has gone away. Whoever asked one directly would never be
//! heard of again, so they are asked in time before anything is done with them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use keepsake_core::in_time::look_at_each;
use keepsake_core::room::Room;

/// Those that did not answer.
#[derive(Debug, Default)]
pub struct Silent {
    folders: BTreeSet<PathBuf>,
}

impl Silent {
    /// Asks all of them at once. They need not be there: that is an answer, too.
    pub fn among(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        let folders: Vec<PathBuf> = folders.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        let answered = look_at_each(&folders, ask);
        let silent = folders.into_iter().zip(answered).filter(|(_, answered)| answered.is_none());
        Self { folders: silent.map(|(folder, _)| folder).collect() }
    }

    /// True for one of them, and for what is in one.
    pub fn has(&self, path: &Path) -> bool {
        path.ancestors().any(|at| self.folders.contains(at))
    }
}

fn ask(folder: &Path) {
    // What is known of a folder may be remembered by this computer; how much room there is, is not. Whatever comes is an
    // answer.
    let _ = folder.metadata();
    let _ = Room::at(folder);
}
