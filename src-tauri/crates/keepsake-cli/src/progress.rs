//! How far a run is, on a terminal: files, bytes, rate, and the time left as a range. Or for a program, as `lines`.

mod lines;

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use keepsake_core::monitor::{Monitor, Phase, Problem};
use keepsake_core::units::{ByteCount, Count, counted};

use crate::say;
use crate::stop::Stop;
use lines::Lines;

/// Opening and closing a file costs about as much as so many bytes of it.
const FILE_WEIGHT_BYTES: u64 = 20_000;
/// How far back the present speed is looked at.
const RECENT: Duration = Duration::from_secs(15);
/// Before this nothing is said about the time left.
const FIRST_GUESS: Duration = Duration::from_secs(3);
/// How often the line is drawn.
const DRAWN_EACH: Duration = Duration::from_millis(200);

/// Watches a run: draws how far it is, and passes on the wish to stop.
pub struct Watcher {
    stop: Stop,
    line: Option<Line>,
    /// For a program that asked for it.
    lines: Option<Lines>,
}

struct Line {
    bar: ProgressBar,
    counts: Arc<Counts>,
}

/// What is done, and how fast.
#[derive(Default)]
struct Counts {
    files: AtomicU64,
    bytes: AtomicU64,
    phase: Mutex<PhaseState>,
}

struct PhaseState {
    words: &'static str,
    total_files: Option<u64>,
    total_bytes: Option<u64>,
    speed: Speed,
}

impl Default for PhaseState {
    fn default() -> Self {
        Self { words: "Beginning", total_files: None, total_bytes: None, speed: Speed::new(Instant::now()) }
    }
}

/// True when a person looks at stderr and wants to be told.
pub fn is_watched(quiet: bool, json: bool) -> bool {
    !quiet && !json && std::io::stderr().is_terminal()
}

impl Watcher {
    /// Watches, and draws when `is_drawn`.
    pub fn new(stop: Stop, is_drawn: bool) -> Self {
        let line = is_drawn.then(|| {
            let counts = Arc::new(Counts::default());
            let shown = Arc::clone(&counts);
            let text = move |_: &ProgressState, to: &mut dyn std::fmt::Write| {
                let _ = to.write_str(&shown.text(Instant::now()));
            };
            let style = ProgressStyle::with_template("{spinner} {keepsake}").expect("a right template");
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            bar.set_style(style.with_key("keepsake", text));
            bar.enable_steady_tick(DRAWN_EACH);
            Line { bar, counts }
        });
        Self { stop, line, lines: Lines::if_wanted() }
    }

    /// Takes the line away, so that the answer stands alone.
    pub fn finish(&self) {
        if let Some(line) = &self.line {
            line.bar.finish_and_clear();
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Monitor for Watcher {
    fn phase(&self, phase: Phase, total_files: Option<u64>, total_bytes: Option<u64>) {
        if let Some(lines) = &self.lines {
            lines.phase(phase, total_files, total_bytes);
        }
        let Some(line) = &self.line else { return };
        let words = match phase {
            Phase::Scanning => "Looking at what is new",
            Phase::BackingUp => "Backing up",
            Phase::Restoring => "Bringing back",
            Phase::Verifying => "Checking",
            Phase::Importing => "Reading what the backups hold",
            Phase::Copying => "Copying",
        };
        line.counts.begin(PhaseState { words, total_files, total_bytes, speed: Speed::new(Instant::now()) });
        line.bar.tick();
    }

    fn advance(&self, files: u64, bytes: u64) {
        if let Some(line) = &self.line {
            line.counts.add(files, bytes);
        }
        if let Some(lines) = &self.lines {
            lines.advance(files, bytes);
        }
    }

    fn problem(&self, _problem: Problem) {
        if let Some(lines) = &self.lines {
            lines.problem();
        }
    }

    fn may_not_fit(&self, folder: &Path, new_bytes: u64, free_bytes: u64) {
        // Whoever does not watch is told when it did not.
        if let Some(line) = &self.line {
            let (new, free) = (ByteCount(new_bytes), ByteCount(free_bytes));
            line.bar.suspend(|| {
                say::note(format_args!(
                    "keepsake: {new} are new, and {free} are free in {}: it may not fit.",
                    folder.display()
                ));
            });
        }
    }

    fn should_stop(&self) -> bool {
        self.stop.is_asked()
    }
}

impl PhaseState {
    /// How much there is still to do, in bytes that files are weighed as, and the slower and the faster speed.
    fn left_and_rates(&mut self, now: Instant, files: u64, bytes: u64) -> (Option<u64>, Option<(f64, f64)>) {
        let weight = |files: u64, bytes: u64| bytes.saturating_add(files.saturating_mul(FILE_WEIGHT_BYTES));
        let total = self.total_bytes.map(|bytes| weight(self.total_files.unwrap_or(0), bytes));
        let done = if self.total_files.is_some() { weight(files, bytes) } else { bytes };
        (total.map(|total| total.saturating_sub(done)), self.speed.rates(now, done))
    }
}

impl Counts {
    fn begin(&self, phase: PhaseState) {
        self.files.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }

    fn add(&self, files: u64, bytes: u64) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn done(&self) -> (u64, u64) {
        (self.files.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    fn text(&self, now: Instant) -> String {
        let (files, bytes) = self.done();
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = phase.words.to_string();
        match phase.total_files.filter(|total| *total >= files) {
            Some(total) => _ = write!(text, ": {} of {}", Count(files), counted(total, "file", "files")),
            None if files > 0 => _ = write!(text, ": {}", counted(files, "file", "files")),
            None => {}
        }
        match phase.total_bytes.filter(|total| *total >= bytes) {
            Some(total) => _ = write!(text, ", {} of {}", ByteCount(bytes), ByteCount(total)),
            None if bytes > 0 => _ = write!(text, ", {}", ByteCount(bytes)),
            None => {}
        }
        let elapsed = now.duration_since(phase.speed.began).as_secs_f64();
        if bytes > 0 && elapsed >= 1.0 {
            let _ = write!(text, ", {}/s", ByteCount((bytes as f64 / elapsed) as u64));
        }
        if let (Some(left), Some((slow, fast))) = phase.left_and_rates(now, files, bytes)
            && let Some(left) = time_left(left, slow, fast)
        {
            let _ = write!(text, ", {left}");
        }
        text
    }
}

/// How fast it went on the whole, and of late.
struct Speed {
    began: Instant,
    samples: std::collections::VecDeque<(Instant, u64)>,
}

impl Speed {
    fn new(began: Instant) -> Self {
        Self { began, samples: [(began, 0)].into() }
    }

    /// The slower and the faster of both speeds, each per second; None while it is too early to say.
    fn rates(&mut self, now: Instant, done: u64) -> Option<(f64, f64)> {
        if self.samples.back().is_none_or(|last| now.duration_since(last.0) >= Duration::from_secs(1)) {
            self.samples.push_back((now, done));
        }
        while self.samples.len() > 2 && now.duration_since(self.samples[1].0) >= RECENT {
            self.samples.pop_front();
        }
        let elapsed = now.duration_since(self.began);
        let (since, before) = *self.samples.front()?;
        let recent = now.duration_since(since);
        if elapsed < FIRST_GUESS || recent.is_zero() {
            return None;
        }
        let whole = done as f64 / elapsed.as_secs_f64();
        let recent = done.saturating_sub(before) as f64 / recent.as_secs_f64();
        Some((whole.min(recent), whole.max(recent)))
    }
}

/// The least and the most seconds that are left. None when nobody can know.
///
/// The range goes from a tenth less than the faster speed gives to a fifth more than the slower one does: who
/// waits forgives being early.
fn left_secs(left: u64, slow_per_sec: f64, fast_per_sec: f64) -> Option<(f64, f64)> {
    /// Nobody plans by a guess of more than two days.
    const MAX_SECS: f64 = 48.0 * 3600.0;
    if slow_per_sec < 1.0 {
        return None;
    }
    let least_secs = left as f64 / fast_per_sec * 0.9;
    let most_secs = left as f64 / slow_per_sec * 1.2;
    (most_secs <= MAX_SECS).then_some((least_secs, most_secs))
}

/// The time left as a range of whole, sensible units: "2 to 3 minutes left". None when nobody can know.
pub fn time_left(left: u64, slow_per_sec: f64, fast_per_sec: f64) -> Option<String> {
    let (least_secs, most_secs) = left_secs(left, slow_per_sec, fast_per_sec)?;
    let (step_secs, unit_secs, one, many) = match most_secs {
        secs if secs <= 10.0 => return Some("a few seconds left".into()),
        secs if secs <= 90.0 => (10.0, 1.0, "second", "seconds"),
        secs if secs <= 5400.0 => (60.0, 60.0, "minute", "minutes"),
        _ => (3600.0, 3600.0, "hour", "hours"),
    };
    let low = ((least_secs / step_secs).floor() * step_secs / unit_secs) as u64;
    let high = ((most_secs / step_secs).ceil() * step_secs / unit_secs) as u64;
    Some(match low {
        0 => format!("less than {} left", counted(high, one, many)),
        low if low == high => format!("about {} left", counted(high, one, many)),
        low => format!("{low} to {} left", counted(high, one, many)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: f64 = 1e6;

    #[test]
    fn the_time_left_is_a_range() {
        for (left, slow, fast, shown) in [
            (1_000_000_000, 6.5 * MB, 7.5 * MB, Some("2 to 4 minutes left")),
            (100_000_000, 100.0 * MB, 100.0 * MB, Some("a few seconds left")),
            (0, 100.0 * MB, 100.0 * MB, Some("a few seconds left")),
            (2_500_000_000, 100.0 * MB, 100.0 * MB, Some("20 to 30 seconds left")),
            (2_500_000_000, 50.0 * MB, 500.0 * MB, Some("less than 60 seconds left")),
            (9_000_000_000, 50.0 * MB, 500.0 * MB, Some("less than 4 minutes left")),
            (400_000_000_000, 60.0 * MB, 60.0 * MB, Some("1 to 3 hours left")),
            (90_000_000_000, 10.0 * MB, 60.0 * MB, Some("less than 3 hours left")),
            // Nothing moves, or nobody can know.
            (1_000, 0.0, 0.0, None),
            (1_000, 0.5, 9.0, None),
            (u64::MAX, 1.0 * MB, 1.0 * MB, None),
        ] {
            assert_eq!(time_left(left, slow, fast).as_deref(), shown, "{left} {slow} {fast}");
        }
    }

    #[test]
    fn the_range_holds_what_steady_work_takes() {
        for left_secs in [15u64, 40, 80, 200, 1000, 5000, 20_000, 100_000] {
            let text = time_left(left_secs * 1_000_000, MB, MB).expect("known");
            let numbers: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
            let unit = if text.contains("hour") { 3600 } else { if text.contains("minute") { 60 } else { 1 } };
            let low = if numbers.len() == 2 { numbers[0] * unit } else { 0 };
            let high = numbers.last().expect("a number") * unit;
            assert!((low..=high).contains(&left_secs), "{left_secs}: {text}");
        }
    }

    #[test]
    fn the_line_says_what_is_known() {
        let counts = Counts::default();
        let began = Instant::now();
        let at = |secs: u64| began + Duration::from_secs(secs);
        counts.files.store(12, Ordering::Relaxed);
        *counts.phase.lock().unwrap() =
            PhaseState { words: "Looking", total_files: None, total_bytes: None, speed: Speed::new(began) };
        assert_eq!(counts.text(at(0)), "Looking: 12 files");
        *counts.phase.lock().unwrap() = PhaseState {
            words: "Backing up",
            total_files: Some(1_000),
            total_bytes: Some(1_000_000_000),
            speed: Speed::new(began),
        };
        counts.bytes.store(10_000_000, Ordering::Relaxed);
        assert_eq!(counts.text(at(1)), "Backing up: 12 of 1,000 files, 10 MB of 1 GB, 10 MB/s");
        counts.bytes.store(100_000_000, Ordering::Relaxed);
        counts.files.store(100, Ordering::Relaxed);
        let text = counts.text(at(10));
        assert_eq!(text, "Backing up: 100 of 1,000 files, 100 MB of 1 GB, 10 MB/s, 1 to 2 minutes left");
    }

    #[test]
    fn a_late_slowdown_widens_the_range() {
        let began = Instant::now();
        let mut speed = Speed::new(began);
        for secs in 1..=60 {
            let _ = speed.rates(began + Duration::from_secs(secs), secs * 10_000_000);
        }
        for secs in 61..=80 {
            let _ = speed.rates(began + Duration::from_secs(secs), 600_000_000 + (secs - 60) * 1_000_000);
        }
        let (slow, fast) = speed.rates(began + Duration::from_secs(80), 620_000_000).expect("known");
        assert!((0.9 * MB..1.1 * MB).contains(&slow), "{slow}");
        assert!((7.0 * MB..8.0 * MB).contains(&fast), "{fast}");
        assert!(speed.samples.len() < 20);
    }
}
