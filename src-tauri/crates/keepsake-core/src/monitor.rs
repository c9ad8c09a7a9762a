//! How a journey tells whoever watches what it does: a bad file is reported and counted, it never ends a run.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// What a journey is doing at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Looking at what is there.
    Scanning,
    /// Reading, compressing and writing.
    BackingUp,
    /// Bringing files back.
    Restoring,
    /// Reading back what was stored.
    Verifying,
    /// Reading archives to know what they hold.
    Importing,
    /// Writing copies of archives to another place.
    Copying,
}

/// What kind of thing went wrong with one file or source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// It could not be read.
    Unreadable,
    /// It kept changing while it was read; what was read is stored.
    ChangedWhileRead,
    /// A whole source could not be found: unknown, not deleted.
    SourceMissing,
    /// What is stored is damaged.
    Damaged,
    /// It could not be written when it was brought back.
    NotRestored,
    /// It came back, but not all of its owner, mode, times or attributes could be set.
    NotQuiteRestored,
}

/// One thing that went wrong, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What kind of thing went wrong.
    pub kind: ProblemKind,
    /// Where: a path that begins with the source's name, shown as text.
    pub path: String,
    /// What the system said, in plain words.
    pub message: String,
}

/// Whoever watches a journey. All calls may come from several threads.
pub trait Monitor: Send + Sync {
    /// A phase begins; totals are given when they are known.
    fn phase(&self, _phase: Phase, _total_files: Option<u64>, _total_bytes: Option<u64>) {}
    /// So much more is done.
    fn advance(&self, _files: u64, _bytes: u64) {}
    /// Something went wrong with one file or source; the run goes on.
    fn problem(&self, _problem: Problem) {}
    /// Something was left out on purpose (a socket, a pipe, a device): named, no problem.
    fn left_out(&self, _path: &str, _why: &str) {}
    /// So many bytes are new, and so many are free in the folder: it may not fit, as far as can be told before it is
    /// packed. The run goes on.
    fn may_not_fit(&self, _folder: &Path, _new_bytes: u64, _free_bytes: u64) {}
    /// True once the person asked to stop: the journey tidies up and ends.
    fn should_stop(&self) -> bool {
        false
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Monitor for Silent {}

/// Collects what is reported: for tests, and for what wants the list afterwards.
#[derive(Debug, Default)]
pub struct Collecting {
    /// All problems, in the order in which they came.
    pub problems: Mutex<Vec<Problem>>,
    /// All things left out, with why.
    pub left_out: Mutex<Vec<(String, String)>>,
    /// Files done so far.
    pub files: AtomicU64,
    /// Bytes done so far.
    pub bytes: AtomicU64,
    /// Set to true to ask the journey to stop.
    pub stop: AtomicBool,
}

impl Monitor for Collecting {
    fn advance(&self, files: u64, bytes: u64) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
    fn problem(&self, problem: Problem) {
        self.problems.lock().expect("no thread panics while it holds this").push(problem);
    }
    fn left_out(&self, path: &str, why: &str) {
        self.left_out.lock().expect("no thread panics while it holds this").push((path.into(), why.into()));
    }
    fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
