//! Problems and what was left out: all are counted and told, the first thousand are kept by name.

use super::request::LeftOut;
use crate::archive_path::ArchivePath;
use crate::error::plain;
use crate::monitor::{Monitor, Problem, ProblemKind};

/// How many are kept by name.
const KEPT: usize = 1000;

pub(super) struct Notes<'a> {
    monitor: &'a dyn Monitor,
    pub(super) problems: Vec<Problem>,
    pub(super) problem_count: u64,
    pub(super) left_out: Vec<LeftOut>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(monitor: &'a dyn Monitor) -> Self {
        Self { monitor, problems: Vec::new(), problem_count: 0, left_out: Vec::new() }
    }

    /// Tells all that follows to this monitor.
    pub(super) fn tell(&mut self, monitor: &'a dyn Monitor) {
        self.monitor = monitor;
    }

    pub(super) fn problem(&mut self, kind: ProblemKind, path: &ArchivePath, message: String) {
        let problem = Problem { kind, path: path.to_string(), message };
        self.monitor.problem(problem.clone());
        self.problem_count += 1;
        if self.problems.len() < KEPT {
            self.problems.push(problem);
        }
    }

    pub(super) fn unreadable(&mut self, path: &ArchivePath, error: &std::io::Error, older_is_kept: bool) {
        let mut message = plain(error);
        if older_is_kept {
            message.push_str("; what the earlier backup has of it is kept");
        }
        self.problem(ProblemKind::Unreadable, path, message);
    }

    /// Everything of it is stored, but not all of its attributes.
    pub(super) fn attributes(&mut self, path: &ArchivePath, error: &std::io::Error) {
        let message = format!("not all of its attributes could be read ({}); all else of it is kept", plain(error));
        self.problem(ProblemKind::Unreadable, path, message);
    }

    pub(super) fn left_out(&mut self, path: &ArchivePath, why: &str) {
        let path = path.to_string();
        self.monitor.left_out(&path, why);
        if self.left_out.len() < KEPT {
            self.left_out.push(LeftOut { path, why: why.into() });
        }
    }
}
