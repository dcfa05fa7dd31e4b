//! The failure log's words for what monitor and check report.

use crate::alert::Alert;
use crate::control::server;
use crate::describe::{At, Full, Local, NoAnswer};
use clp_isa_core::check::{Attempt, Ending, Outcome};
use clp_isa_core::limits::LATE;
use clp_isa_core::monitor::{CheckStats, Last, LogRecord};
use clp_isa_core::time::UnixTime;
use core::fmt;

/// What a clean-up took from under the monitor is there again.
pub(super) fn write_back(alert: &mut Alert, wall: UnixTime) {
    alert.record(
        wall,
        format_args!("record or control socket was removed by somebody; both are there again"),
    );
}

/// It cannot be put back.
pub(super) fn write_lost(alert: &mut Alert, wall: UnixTime, error: &server::SocketError) {
    alert.record(
        wall,
        format_args!(
            "record or control socket was removed by somebody and cannot be put back yet: {error}"
        ),
    );
}

/// Writes a record of the monitor: it tells of the last check in `stats`, which led to it.
pub(super) fn write(alert: &mut Alert, wall: UnixTime, record: &LogRecord, stats: &CheckStats) {
    let Some(Last { outcome, .. }) = stats.last() else {
        return;
    };
    match *record {
        LogRecord::Failed {
            failure,
            count,
            limit,
        } => {
            let took = Took(outcome);
            alert.record(
                wall,
                format_args!(
                    "check failed, try {count}/{limit}, {took}: {}",
                    Full(failure, &outcome.attempt.detail)
                ),
            );
        }
        LogRecord::Recovered { count } => alert.record(
            wall,
            format_args!(
                "check healthy again after {count} failed, {}",
                Took(outcome)
            ),
        ),
        LogRecord::Void(error) => alert.record(
            wall,
            format_args!(
                "check void (the node could not make it), {}: {}",
                Took(outcome),
                Local(error)
            ),
        ),
        LogRecord::VoidOver => alert.record(wall, format_args!("the node can make checks again")),
        LogRecord::Late { count } => alert.record(
            wall,
            format_args!(
                "check void (this process was not run: it woke over {} ms after a deadline), \
                 {count} in a row, {}; repeated at once",
                LATE.as_millis(),
                Took(outcome)
            ),
        ),
        LogRecord::NamesStale(why) => alert.record(
            wall,
            format_args!(
                "look-up failed: {}; the last good addresses are in use",
                NoAnswer(why)
            ),
        ),
        LogRecord::NamesFresh => alert.record(wall, format_args!("look-up works again")),
    }
}

/// Writes the failed attempt at one of several addresses.
pub(super) fn write_attempt(alert: &mut Alert, wall: UnixTime, attempt: &Attempt) {
    let at = At(attempt);
    match attempt.ending {
        Ending::Healthy => {}
        Ending::Failed(failure) => {
            alert.record(
                wall,
                format_args!(
                    "address failed, {at}: {}; trying the next one",
                    Full(failure, &attempt.detail)
                ),
            );
        }
        Ending::Void(error) => {
            alert.record(
                wall,
                format_args!(
                    "address not tried, {at}: {}; trying the next one",
                    Local(error)
                ),
            );
        }
    }
}

/// Where a check ended, and how long it took.
struct Took<'a>(&'a Outcome);

impl fmt::Display for Took<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome {
            attempt, elapsed, ..
        } = self.0;
        write!(f, "{}, {} ms", At(attempt), elapsed.as_millis())
    }
}
