//! The failure log's words for what monitor and check report.

use crate::alert::Alert;
use crate::check::{Attempt, Check, Ending, LocalError, Outcome, Phase};
use crate::event::Failure;
use crate::limits::LATE;
use crate::monitor::Note;
use crate::text::Escaped;
use crate::units::{Errno, Wall};
use core::fmt;

/// Writes a note of the monitor; `outcome` is the check's that led to it.
pub(super) fn write(
    alert: &mut Alert,
    wall: Wall,
    note: &Note,
    outcome: Option<&Outcome>,
    check: &Check,
) {
    match *note {
        Note::Failed {
            failure,
            count,
            limit,
        } => {
            let answer = Answer(check.excerpt());
            let told = Told(outcome);
            alert.record(
                wall,
                format_args!(
                    "check failed, try {count}/{limit}, {told}: {}{answer}",
                    Cause(failure)
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
        Note::NamesKept(number) => alert.record(
            wall,
            format_args!(
                "look-up failed ({}), the last good addresses are in use",
                Number(number)
            ),
        ),
        Note::NamesFresh => alert.record(wall, format_args!("look-up works again")),
    }
}

/// Writes the failed attempt at one of several addresses.
pub(super) fn write_attempt(alert: &mut Alert, wall: Wall, attempt: &Attempt) {
    let at = At(attempt);
    match attempt.ending {
        Ending::Healthy => {}
        Ending::Failed(failure) => {
            alert.record(
                wall,
                format_args!(
                    "address failed, {at}: {}; trying the next one",
                    Cause(failure)
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

struct At<'a>(&'a Attempt);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match self.0.phase {
            Phase::LookUp => "looking the name up",
            Phase::Connect => "connecting",
            Phase::Answer => "waiting for the answer",
        };
        match self.0.address {
            Some(address) => write!(f, "{phase}, {address}"),
            None => f.write_str(phase),
        }
    }
}

struct Cause(Failure);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.0.id();
        let (call, errno) = match self.0 {
            Failure::Socket(errno) => ("socket", errno),
            Failure::Connect(errno) => ("connect", errno),
            Failure::Send(errno) => ("send", errno),
            Failure::Select(errno) => ("select", errno),
            Failure::Receive(errno) => ("recv", errno),
            Failure::LookUp(number) => {
                return write!(f, "event {id}, look-up failed ({})", Number(number));
            }
            Failure::InvalidResponse => return write!(f, "event {id}, invalid response"),
            Failure::InvalidStatus(code) => return write!(f, "event {id}, status code {code}"),
        };
        write!(f, "event {id}, {call}: {}", Named(errno))
    }
}

struct Local(LocalError);

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LocalError { call, errno } = self.0;
        write!(
            f,
            "event {}, {}: {}",
            self.0.event().id(),
            call.name(),
            Named(errno)
        )
    }
}

/// An errno with its meaning.
struct Named(Errno);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (errno {})",
            nix::errno::Errno::from_raw(self.0.0).desc(),
            self.0
        )
    }
}

/// What event 81 shows: an `EAI_` number (negative) or an errno.
struct Number(i32);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            write!(f, "getaddrinfo error {}", self.0)
        } else {
            write!(f, "{}", Named(Errno(self.0)))
        }
    }
}

/// The first bytes of an answer that was not understood.
struct Answer<'a>(&'a [u8]);

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, ", the answer began with \"{}\"", Escaped(self.0))
        }
    }
}
