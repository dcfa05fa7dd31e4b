//! What a check met, in words: the same in the failure log, for `--once` and in `clp_isa status`.
//!
//! Owns the wording. Performs no I/O; bytes from outside come out escaped.

use crate::sys;
use crate::sys::error::Lookup;
use clp_isa_core::check::{Attempt, Cause, Detail, LocalError, Phase, Unresolved};
use clp_isa_core::event::Failure;
use clp_isa_core::limits::{HTTP_HEAD_MAX, HTTP_INTERIM_MAX, SMTP_LINES_MAX};
use clp_isa_core::text::Escaped;
use core::fmt;

/// The phase of an attempt, and its address if it had one.
#[derive(Debug, Clone, Copy)]
pub struct At<'a>(pub &'a Attempt);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = phase(self.0.phase);
        match self.0.address {
            Some(address) => write!(f, "{phase}, {address}"),
            None => f.write_str(phase),
        }
    }
}

/// The phase as the logs call it.
pub const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Lookup => "looking the name up",
        Phase::Connect => "connecting",
        Phase::Dialogue(step) => step.meaning(),
    }
}

/// Why a check failed, with the event's id and what the server said.
#[derive(Debug, Clone, Copy)]
pub struct Full<'a>(pub Failure, pub &'a Detail);

impl fmt::Display for Full<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(failure, detail) = *self;
        write!(
            f,
            "event {}, {}{}",
            failure.id(),
            Why(failure, detail.cause),
            ServerSaid(failure, detail)
        )
    }
}

/// Why a check failed.
#[derive(Debug, Clone, Copy)]
pub struct Why(pub Failure, pub Option<Cause>);

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(cause) = self.1 {
            if let Failure::InvalidStatus(code) = self.0 {
                write!(f, "status code {code}, ")?;
            }
            return write_cause(cause, f);
        }
        let (call, errno) = match self.0 {
            Failure::Socket(errno) => ("socket", errno),
            Failure::Connect(errno) => ("connect", errno),
            Failure::Send(errno) => ("send", errno),
            Failure::Select(errno) => ("select", errno),
            Failure::Receive(errno) => ("recv", errno),
            Failure::Lookup(number) => return write!(f, "look-up failed: {}", Lookup(number)),
            Failure::InvalidResponse => return f.write_str("invalid response"),
            Failure::InvalidStatus(0) => return f.write_str("no status code"),
            Failure::InvalidStatus(code) => return write!(f, "status code {code}"),
        };
        sys::Error::of(call)(errno).fmt(f)
    }
}

fn write_cause(cause: Cause, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(match cause {
        Cause::Foreign => "not HTTP",
        Cause::Http2 => "HTTP/2 without HTTP/1",
        Cause::NoAnswer => "the server closed without an answer",
        Cause::CutShort => "the server closed before its answer was complete",
        Cause::Interim => return write!(f, "more than {HTTP_INTERIM_MAX} interim replies"),
        Cause::MixedCodes => "lines of one reply with different codes",
        Cause::Lines => return write!(f, "a reply of more than {SMTP_LINES_MAX} lines"),
        Cause::TooLong => return write!(f, "a reply of more than {} KiB", HTTP_HEAD_MAX / 1024),
    })
}

/// Why the node could not make a check, with the event's id.
#[derive(Debug, Clone, Copy)]
pub struct Local(pub LocalError);

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, failed) = (self.0.event().id(), sys::Error::from(self.0));
        write!(f, "event {id}, {failed}")
    }
}

/// Why a look-up gave no addresses; with the event's id where the node is to blame.
#[derive(Debug, Clone, Copy)]
pub struct NoAnswer(pub Unresolved);

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unresolved::Answer(number) => Lookup(number).fmt(f),
            Unresolved::Local(error) => Local(error).fmt(f),
        }
    }
}

/// What the server said, after a comma; nothing if that is not known.
#[derive(Debug, Clone, Copy)]
pub struct ServerSaid<'a>(pub Failure, pub &'a Detail);

impl fmt::Display for ServerSaid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.1.excerpt.as_bytes();
        if said.is_empty() {
            return Ok(());
        }
        let how = match self.0 {
            Failure::InvalidStatus(1..) => "the server said",
            _ => "the answer began with",
        };
        write!(f, ", {how} \"{}\"", Escaped(said))
    }
}
