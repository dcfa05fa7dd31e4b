//! The failure log's words for what monitor and check report.

use crate::alert::Alert;
use crate::check::{Attempt, Detail, Ending, Outcome};
use crate::control::server;
use crate::limits::LATE;
use crate::monitor::Note;
use crate::time::UnixTime;
use crate::words::{At, Full, Local, NoAnswer};
use core::fmt;

/// What a clean-up took from under the monitor is there again.
pub(super) fn write_back(alert: &mut Alert, wall: UnixTime) {
    alert.record(
        wall,
        format_args!("record or control socket was removed by somebody; both are there again"),
    );
}

/// It cannot be put back.
pub(super) fn write_lost(alert: &mut Alert, wall: UnixTime, error: &server::Error) {
    alert.record(
        wall,
        format_args!(
            "record or control socket was removed by somebody and cannot be put back yet: {error}"
        ),
    );
}

/// Writes a note of the monitor; `outcome` is the check's that led to it.
pub(super) fn write(alert: &mut Alert, wall: UnixTime, note: &Note, outcome: Option<&Outcome>) {
    match *note {
        Note::Failed {
            failure,
            count,
            limit,
        } => {
            let told = Told(outcome);
            let detail = outcome.map_or_else(Detail::default, |outcome| outcome.attempt.detail);
            alert.record(
                wall,
                format_args!(
                    "check failed, try {count}/{limit}, {told}: {}",
                    Full(failure, &detail)
                ),
            );
        }
        Note::Recovered { count } => alert.record(
            wall,
            format_args!(
                "check healthy again after {count} failed, {}",
                Told(outcome)
            ),
        ),
        Note::Void(error) => alert.record(
            wall,
            format_args!(
                "check void (the node could not make it), {}: {}",
                Told(outcome),
                Local(error)
            ),
        ),
        Note::VoidOver => alert.record(wall, format_args!("the node can make checks again")),
        Note::Late { count } => alert.record(
            wall,
            format_args!(
                "check void (this process was not run: it woke over {} ms after a deadline), \
                 {count} in a row, {}; repeated at once",
                LATE.as_millis(),
                Told(outcome)
            ),
        ),
        Note::NamesKept(why) => alert.record(
            wall,
            format_args!(
                "look-up failed: {}; the last good addresses are in use",
                NoAnswer(why)
            ),
        ),
        Note::NamesFresh => alert.record(wall, format_args!("look-up works again")),
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

/// Where and how long.
struct Told<'a>(Option<&'a Outcome>);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(outcome) => write!(
                f,
                "{}, {} ms",
                At(&outcome.attempt),
                outcome.elapsed.as_millis()
            ),
            None => f.write_str("no check running"),
        }
    }
}
