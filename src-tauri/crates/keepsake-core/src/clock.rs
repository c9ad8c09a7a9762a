//! Time comes from a [`Clock`], so that tests can stand at any moment.

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// The time zone in which people here read a clock.
    fn time_zone(&self) -> TimeZone;
    /// The present moment as people here read it.
    fn local_now(&self) -> Zoned {
        self.now().to_zoned(self.time_zone())
    }
}

/// The computer's own clock and time zone.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
    fn time_zone(&self) -> TimeZone {
        TimeZone::system()
    }
}

/// A clock that stands still: for tests, and for making the same bytes twice.
#[derive(Debug, Clone)]
pub struct FixedClock(pub Zoned);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0.timestamp()
    }
    fn time_zone(&self) -> TimeZone {
        self.0.time_zone().clone()
    }
}
