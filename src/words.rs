//! What a check met, in words: the same in the failure log, for `--once` and in `clp_isa status`.
//!
//! Owns the wording. Performs no I/O; bytes from outside come out escaped.

use crate::check::{Attempt, LocalError, Phase, Unresolved};
use crate::event::Failure;
use crate::failed::{Failed, LookUp};
use crate::text::Escaped;
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
        Phase::LookUp => "looking the name up",
        Phase::Connect => "connecting",
        Phase::Answer => "waiting for the answer",
    }
}

/// Why a check failed, with the event's id.
#[derive(Debug, Clone, Copy)]
pub struct Cause(pub Failure);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}, {}", self.0.id(), Why(self.0))
    }
}

/// Why a check failed.
#[derive(Debug, Clone, Copy)]
pub struct Why(pub Failure);

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (call, errno) = match self.0 {
            Failure::Socket(errno) => ("socket", errno),
            Failure::Connect(errno) => ("connect", errno),
            Failure::Send(errno) => ("send", errno),
            Failure::Select(errno) => ("select", errno),
            Failure::Receive(errno) => ("recv", errno),
            Failure::LookUp(number) => return write!(f, "look-up failed: {}", LookUp(number)),
            Failure::InvalidResponse => return f.write_str("invalid response"),
            Failure::InvalidStatus(code) => return write!(f, "status code {code}"),
        };
        let path = None;
        Failed { call, path, errno }.fmt(f)
    }
}

/// Why the node could not make a check, with the event's id.
#[derive(Debug, Clone, Copy)]
pub struct Local(pub LocalError);

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LocalError { call, errno } = self.0;
        let failed = Failed {
            call: call.name(),
            path: None,
            errno,
        };
        write!(f, "event {}, {failed}", self.0.event().id())
    }
}

/// Why a look-up gave no addresses; with the event's id where the node is to blame.
#[derive(Debug, Clone, Copy)]
pub struct NoAnswer(pub Unresolved);

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unresolved::Answer(number) => LookUp(number).fmt(f),
            Unresolved::Local(error) => Local(error).fmt(f),
        }
    }
}

/// The first bytes of an answer that was not understood, after a comma; nothing if there are none.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a>(pub &'a [u8]);

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, ", the answer began with \"{}\"", Escaped(self.0))
        }
    }
}
