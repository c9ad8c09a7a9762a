//! Collects what goes wrong while files are brought back, from all threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::request::MAX_NAMED_PROBLEMS;
use crate::monitor::{Monitor, Problem, ProblemKind};

/// What goes wrong, told to the monitor at once and kept for the answer.
pub(crate) struct Report<'m> {
    pub monitor: &'m dyn Monitor,
    named: Mutex<Vec<Problem>>,
    count: AtomicU64,
    said: [AtomicBool; 3],
}

/// What is said once for all files that it concerns.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Once {
    Owners,
    Attributes,
    ModesAndTimes,
}

impl<'m> Report<'m> {
    pub fn new(monitor: &'m dyn Monitor) -> Self {
        Self { monitor, named: Mutex::default(), count: AtomicU64::new(0), said: Default::default() }
    }

    /// Something went wrong with one file.
    pub fn problem(&self, kind: ProblemKind, path: &dyn std::fmt::Display, message: impl Into<String>) {
        let problem = Problem { kind, path: path.to_string(), message: message.into() };
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut named = self.named.lock().expect("no thread panics while it holds this");
        if named.len() < MAX_NAMED_PROBLEMS {
            named.push(problem.clone());
        }
        drop(named);
        self.monitor.problem(problem);
    }

    /// A file did not come back.
    pub fn not_restored(&self, path: &dyn std::fmt::Display, message: impl Into<String>) {
        self.problem(ProblemKind::NotRestored, path, message);
    }

    /// A file came back without something that its disk or this user cannot give it.
    pub fn once(&self, what: Once, path: &dyn std::fmt::Display, why: &std::io::Error) {
        if self.said[what as usize].swap(true, Ordering::Relaxed) {
            return;
        }
        let why = crate::error::plain(why);
        let message = match what {
            Once::Owners => {
                format!("its owner could not be set ({why}), nor that of others; run Keepsake as root to set owners")
            }
            Once::Attributes => format!("its attributes could not be set ({why}); others may be like it"),
            Once::ModesAndTimes => {
                format!("its permissions or its time could not be set ({why}); others may be like it")
            }
        };
        self.problem(ProblemKind::NotQuiteRestored, path, message);
    }

    /// How many problems there are so far.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The problems by name, and how many there are.
    pub fn finish(self) -> (Vec<Problem>, u64) {
        (self.named.into_inner().expect("no thread panics while it holds this"), self.count.into_inner())
    }
}
