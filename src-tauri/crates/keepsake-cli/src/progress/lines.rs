//! How far a run is, for a program: lines of JSON on stderr, as keepsake's agent reads them.
//!
//! ```text
//! {"progress": {"phase": "backing-up", "files": 3, "total_files": null, "bytes": 9, "total_bytes": 20,
//!   "bytes_per_sec": null, "left_secs": [1, 2], "problems": 0}}
//! ```
//! on one line, at most ten a second, and one at each beginning of a phase.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use keepsake_api::JobPhase;
use keepsake_core::monitor::Phase;
use serde_json::{Value, json};

use super::{Counts, PhaseState, Speed, left_secs};

/// A line at most so often.
const EACH: Duration = Duration::from_millis(100);

/// Tells how far a run is.
pub(super) struct Lines {
    counts: Counts,
    problems: AtomicU64,
    phase: Mutex<JobPhase>,
    began: Instant,
    /// When the last line was written, in milliseconds since `began`.
    written_millis: AtomicU64,
}

impl Lines {
    /// When the environment asks for it.
    pub fn if_wanted() -> Option<Self> {
        std::env::var_os("KEEPSAKE_PROGRESS").is_some_and(|how| how == "json").then(Self::new)
    }

    fn new() -> Self {
        Self {
            counts: Counts::default(),
            problems: AtomicU64::new(0),
            phase: Mutex::new(JobPhase::Starting),
            began: Instant::now(),
            written_millis: AtomicU64::new(0),
        }
    }

    /// A phase begins.
    pub fn phase(&self, phase: Phase, total_files: Option<u64>, total_bytes: Option<u64>) {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = match phase {
            Phase::Scanning => JobPhase::Scanning,
            Phase::BackingUp => JobPhase::BackingUp,
            Phase::Restoring => JobPhase::Restoring,
            Phase::Verifying => JobPhase::Verifying,
            Phase::Importing => JobPhase::Importing,
            Phase::Copying => JobPhase::Copying,
        };
        self.counts.begin(PhaseState { words: "", total_files, total_bytes, speed: Speed::new(Instant::now()) });
        self.write(Instant::now());
    }

    /// So much more is done.
    pub fn advance(&self, files: u64, bytes: u64) {
        self.counts.add(files, bytes);
        let now = Instant::now();
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (elapsed, last) = (millis(now - self.began), self.written_millis.load(Ordering::Relaxed));
        let is_time = elapsed.saturating_sub(last) >= millis(EACH);
        // Of several threads only one writes.
        if is_time && self.written_millis.compare_exchange(last, elapsed, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            self.write(now);
        }
    }

    /// One more thing went wrong.
    pub fn problem(&self) {
        self.problems.fetch_add(1, Ordering::Relaxed);
    }

    /// Lost when nobody reads it.
    fn write(&self, now: Instant) {
        let mut line = json!({ "progress": self.at(now) }).to_string();
        line.push('\n');
        let _ = std::io::stderr().write_all(line.as_bytes());
    }

    fn at(&self, now: Instant) -> Value {
        let (files, bytes) = self.counts.done();
        let mut state = self.counts.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, rates) = state.left_and_rates(now, files, bytes);
        let elapsed = now.saturating_duration_since(state.speed.began).as_secs_f64();
        json!({
            "phase": *self.phase.lock().unwrap_or_else(PoisonError::into_inner),
            "files": files,
            "total_files": state.total_files.filter(|total| *total >= files),
            "bytes": bytes,
            "total_bytes": state.total_bytes.filter(|total| *total >= bytes),
            "bytes_per_sec": (bytes > 0 && elapsed >= 1.0).then(|| (bytes as f64 / elapsed) as u64),
            "left_secs": left.zip(rates).and_then(|(left, (slow, fast))| left_secs(left, slow, fast))
                .map(|(least, most)| [least.floor() as u32, most.ceil() as u32]),
            "problems": self.problems.load(Ordering::Relaxed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_known() {
        let lines = Lines::new();
        lines.phase(Phase::BackingUp, Some(1_000), Some(1_000_000_000));
        lines.advance(100, 100_000_000);
        lines.problem();
        let began = lines.counts.phase.lock().unwrap().speed.began;
        assert_eq!(
            lines.at(began + Duration::from_secs(10)),
            json!({
                "phase": "backing-up", "files": 100, "total_files": 1_000, "bytes": 100_000_000,
                "total_bytes": 1_000_000_000, "bytes_per_sec": 10_000_000, "left_secs": [81, 108], "problems": 1,
            })
        );
        lines.phase(Phase::Scanning, None, None);
        let line = lines.at(Instant::now());
        assert_eq!((&line["phase"], &line["files"], &line["left_secs"]), (&json!("scanning"), &json!(0), &Value::Null));
    }
}
