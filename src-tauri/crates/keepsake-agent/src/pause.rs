//! The pause: until a moment nothing begins by itself. It lasts over a restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::time;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use keepsake_api::PauseUntil;
use keepsake_core::atomic_file;
use keepsake_core::clock::Clock;
use keepsake_core::error::FileError;

use crate::board::Board;

/// The file that keeps it, in the folder of state: its end in seconds since 1970.
const KEPT_NAME: &str = "agent-pause";
/// No pause is longer; one that seems so comes from a clock that was put back.
const LONGEST: SignedDuration = SignedDuration::from_hours(48);

/// Keeps the pause.
#[derive(Clone)]
pub(crate) struct Pauses {
    path: PathBuf,
    clock: Arc<dyn Clock>,
}

impl Pauses {
    pub fn new(data_dir: &Path, clock: Arc<dyn Clock>) -> Self {
        Self { path: data_dir.join(KEPT_NAME), clock }
    }

    /// The end of a pause that an earlier agent has kept.
    pub fn kept(&self) -> Option<i64> {
        let text = atomic_file::read_own(&self.path).ok()?;
        let until: i64 = std::str::from_utf8(&text).ok()?.trim().parse().ok()?;
        holds(until, self.clock.now()).then_some(until)
    }

    /// Begins a pause, or ends it.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be kept over a restart; it holds all the same.
    pub fn put(&self, until: Option<PauseUntil>, board: &Board) -> Result<(), FileError> {
        let until = until.map(|until| end_of(until, &self.clock.local_now()));
        board.set_paused(until);
        match until {
            Some(until) => atomic_file::write_whole(&self.path, until.to_string().as_bytes()),
            None if self.path.exists() => atomic_file::remove_file(&self.path),
            None => Ok(()),
        }
    }
}

/// True while a pause until then holds.
pub(crate) fn holds(until: i64, now: Timestamp) -> bool {
    let left = until.saturating_sub(now.as_second());
    0 < left && left <= LONGEST.as_secs()
}

fn end_of(until: PauseUntil, now: &Zoned) -> i64 {
    let an_hour = now.timestamp().as_second() + 3600;
    match until {
        PauseUntil::Hour => an_hour,
        PauseUntil::Tomorrow => now
            .date()
            .checked_add(1.day())
            .and_then(|tomorrow| tomorrow.to_datetime(time(6, 0, 0, 0)).to_zoned(now.time_zone().clone()))
            .map_or(an_hour, |morning| morning.timestamp().as_second()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_in_an_hour_or_at_six_in_the_morning() {
        let now: Zoned = "2026-03-28T23:30:00+01:00[Europe/Berlin]".parse().unwrap();
        let shown = |until| Timestamp::from_second(end_of(until, &now)).unwrap().to_zoned(now.time_zone().clone());
        assert_eq!(shown(PauseUntil::Hour).to_string(), "2026-03-29T00:30:00+01:00[Europe/Berlin]");
        // The clock is put forward in that night.
        assert_eq!(shown(PauseUntil::Tomorrow).to_string(), "2026-03-29T06:00:00+02:00[Europe/Berlin]");
    }

    #[test]
    fn a_clock_that_is_put_back_makes_no_pause_for_ever() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        for (until, expected) in
            [(999_999, false), (1_000_000, false), (1_000_001, true), (1_172_800, true), (1_172_801, false)]
        {
            assert_eq!(holds(until, now), expected, "{until}");
        }
    }
}
