//! How far a task is, as it tells on stderr; whatever else it says there goes on to the agent's own.

use std::io::{BufRead, BufReader, Read, Write};

use keepsake_api::JobPhase;
use serde::Deserialize;

use crate::board::Board;

/// A longer line is cut into several: nothing of it is kept.
const MAX_LINE_BYTES: u64 = 16 << 10;

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct TaskProgress {
    pub phase: JobPhase,
    pub files: u64,
    pub total_files: Option<u64>,
    pub bytes: u64,
    pub total_bytes: Option<u64>,
    pub bytes_per_sec: Option<u64>,
    pub left_secs: Option<(u32, u32)>,
    #[serde(default)]
    pub problems: u64,
}

#[derive(Deserialize)]
struct ProgressLine {
    progress: TaskProgress,
}

/// Reads what a task says until it says no more.
pub(super) fn follow(stderr: impl Read, board: &Board, job: u64) {
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        match stderr.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        match progress_of(&line) {
            Some(progress) => board.progress(job, &progress),
            // Lost when nobody reads it.
            None => _ = std::io::stderr().write_all(&line),
        }
    }
}

fn progress_of(line: &[u8]) -> Option<TaskProgress> {
    if !line.starts_with(b"{\"progress\"") {
        return None;
    }
    serde_json::from_slice::<ProgressLine>(line).ok().map(|line| line.progress)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_of_progress_count() {
        let line = br#"{"progress":{"phase":"backing-up","files":3,"total_files":null,"bytes":9,"total_bytes":20,"bytes_per_sec":null,"left_secs":[1,2],"problems":1}}"#;
        let progress = progress_of(line).expect("it is one");
        assert_eq!((progress.phase, progress.files, progress.left_secs), (JobPhase::BackingUp, 3, Some((1, 2))));
        for other in [&line[..40], b"keepsake: {\"progress\":", b"{\"progress\":{\"phase\":\"x\"}}", b""] {
            assert_eq!(progress_of(other), None);
        }
    }
}
