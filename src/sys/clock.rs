//! The one place where the clocks are read. Everything else is told the time.

use clp_isa_core::time::{Instant, UnixTime};
use core::time::Duration;
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};

/// Monotonic time now (`CLOCK_MONOTONIC`: unaffected by steps of the wall clock).
pub fn now() -> Instant {
    Instant::new(read(ClockId::CLOCK_MONOTONIC))
}

/// Wall-clock time now, for the logs.
pub fn wall() -> UnixTime {
    let time = read(ClockId::CLOCK_REALTIME);
    UnixTime {
        seconds: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        nanos: time.subsec_nanos(),
    }
}

/// Time since the clock's zero, in one type whatever the width of the platform's `time_t`.
#[expect(clippy::disallowed_methods, reason = "the one reader of the clocks")]
fn read(clock: ClockId) -> Duration {
    // clock_gettime(2) fails for unknown clocks and bad addresses only.
    Duration::from(clock_gettime(clock).unwrap_or_else(|_| TimeSpec::new(0, 0)))
}
