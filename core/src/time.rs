//! Points of time, of the monotonic clock and of the wall clock.
//!
//! Owns their arithmetic, which saturates; reads no clock.

use core::ops::Add;
use core::time::Duration;

/// A point of monotonic time: what `CLOCK_MONOTONIC` shows, or a virtual clock in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Instant(Duration);

impl Instant {
    /// The moment `since_zero` after the clock's zero.
    pub const fn new(since_zero: Duration) -> Self {
        Self(since_zero)
    }

    /// How long after `earlier` this is; zero if it is before.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// Time since the clock's zero.
    pub const fn since_zero(self) -> Duration {
        self.0
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

/// The earlier of two moments that may be missing.
pub fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (found, None) | (None, found) => found,
    }
}

/// A point of wall-clock time, for the logs only: no decision hangs on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnixTime {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub seconds: i64,
    /// Nanoseconds within the second, 0 to 999,999,999.
    pub nanos: u32,
}

impl UnixTime {
    /// Nanoseconds since 1970; they wrap after 584 years.
    pub const fn stamp(self) -> u64 {
        self.seconds
            .cast_unsigned()
            .wrapping_mul(1_000_000_000)
            .wrapping_add(self.nanos as u64)
    }
}
