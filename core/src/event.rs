//! Event ids, levels and exact message texts (guide, chapter 3; docs/reference.md, "Events").
//!
//! Owns the texts; performs no I/O. Rendering goes into a fixed string.

use crate::date::Date;
use crate::errno::Errno;
use crate::limits::MESSAGE_MAX;
use crate::protocol::{Protocol, ProtocolInfo};
use crate::text::append;
use arrayvec::ArrayString;
use core::fmt;

/// The rendered text of an event.
pub type Message = ArrayString<MESSAGE_MAX>;

/// How grave an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Normal operation.
    Info,
    /// Something failed.
    Error,
}

/// What made a check fail: the watched service's doing, as far as the node can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// 71: a socket could not be created.
    Socket(Errno),
    /// 72: connecting failed or did not end in time.
    Connect(Errno),
    /// 73: sending failed.
    Send(Errno),
    /// 74: no complete answer in time.
    Select(Errno),
    /// 75: receiving failed.
    Receive(Errno),
    /// 81: the name could not be resolved; the number is that of the `EAI_` error, or an errno.
    Lookup(i32),
    /// 82: the answer is not HTTP.
    InvalidResponse,
    /// 83: the status code says that the service failed; 0 where there was none.
    InvalidStatus(u16),
}

/// What happened, with what its message needs besides module and identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// 1: the command was started.
    Started,
    /// 2: monitoring begins.
    Watching,
    /// 3: the command ends on request.
    Stopping,
    /// 6: the service is judged failed, the command ends.
    Failed,
    /// 7: monitoring is paused.
    Paused,
    /// 8: monitoring is resumed.
    Resumed,
    /// 11: the command line is invalid.
    InvalidParameter,
    /// 13: no identifier was given.
    NoIdentifier,
    /// 14: the identifier is in use.
    InUse,
    /// 15: the monitor did not end within the wait.
    NotEnded,
    /// 42: a system call failed.
    System {
        /// The call's name.
        call: &'static str,
        errno: Errno,
    },
    /// 51: no license is registered that counts on this host.
    Unlicensed,
    /// 52: the command starts on a trial license.
    OnTrial {
        /// The trial's last day.
        last: Date,
    },
    /// 53: the trial is over.
    TrialEnded {
        /// The trial's last day.
        last: Date,
    },
    /// 54: the licenses could not be read.
    LicenseUnchecked,
    /// 55: the trial has not begun.
    TrialNotBegun {
        /// The trial's first day.
        first: Date,
    },
    /// 56: another host has the same key.
    LicenseOverlaps,
    /// 71–75, 81–83: a check failed, or in the case of 71 and 81 could not be made in full.
    Failure(Failure),
}

impl From<Failure> for Event {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Failure {
    const fn row(self) -> Row {
        use Level::Error;
        match self {
            Self::Socket(_) => Row::named(
                71,
                Error,
                "{command} has detected network error (socket error[{number}]).",
            ),
            Self::Connect(_) => Row::named(
                72,
                Error,
                "{command} has detected network error (connect error[{number}]).",
            ),
            Self::Send(_) => Row::named(
                73,
                Error,
                "{command} has detected network error (send error[{number}]).",
            ),
            Self::Select(_) => Row::named(
                74,
                Error,
                "{command} has detected network error (select error[{number}]).",
            ),
            Self::Receive(_) => Row::named(
                75,
                Error,
                "{command} has detected network error (recv error[{number}]).",
            ),
            Self::Lookup(_) => Row::named(81, Error, "{no_address} (error[{number}])."),
            Self::InvalidResponse => Row::named(
                82,
                Error,
                "{command} has detected an error in {label} (invalid response).",
            ),
            Self::InvalidStatus(_) => Row::named(
                83,
                Error,
                "{command} has detected an error in {label} (invalid status code[{number}]).",
            ),
        }
    }

    /// The event id.
    pub const fn id(self) -> u8 {
        self.row().id
    }

    /// The number in the event's brackets; 0 for 82, which has none.
    pub fn number(self) -> i32 {
        match self {
            Self::Socket(errno)
            | Self::Connect(errno)
            | Self::Send(errno)
            | Self::Select(errno)
            | Self::Receive(errno) => errno.0,
            Self::Lookup(number) => number,
            Self::InvalidResponse => 0,
            Self::InvalidStatus(code) => code.into(),
        }
    }

    /// The failure with this event id and number.
    pub fn from_parts(id: u8, number: i32) -> Option<Self> {
        let errno = Errno(number);
        Some(match id {
            71 => Self::Socket(errno),
            72 => Self::Connect(errno),
            73 => Self::Send(errno),
            74 => Self::Select(errno),
            75 => Self::Receive(errno),
            81 => Self::Lookup(number),
            82 => Self::InvalidResponse,
            83 => Self::InvalidStatus(number.try_into().ok()?),
            _ => return None,
        })
    }
}

/// All that is fixed about an event.
struct Row {
    id: u8,
    level: Level,
    /// Whether the text ends with the identifier.
    is_named: bool,
    /// The sentence. A word in braces stands for what the protocol or the event itself puts there: see
    /// [`Event::write_slot`].
    text: &'static str,
}

impl Row {
    const fn named(id: u8, level: Level, text: &'static str) -> Self {
        Self {
            id,
            level,
            is_named: true,
            text,
        }
    }

    /// Without the identifier: there is none, or the event is one of the license.
    const fn unnamed(id: u8, level: Level, text: &'static str) -> Self {
        Self {
            is_named: false,
            ..Self::named(id, level, text)
        }
    }
}

impl Event {
    const fn row(self) -> Row {
        use Level::{Error, Info};
        match self {
            Self::Started => {
                Row::named(1, Info, "{command} started monitoring the {label} daemon.")
            }
            Self::Watching => Row::named(
                2,
                Info,
                "{command} will start monitoring the {label} daemon.",
            ),
            Self::Stopping => Row::named(
                3,
                Info,
                "{command} will stop monitoring the {label} daemon.",
            ),
            Self::Failed => Row::named(
                6,
                Error,
                "{command} detected an error and will be terminated.",
            ),
            Self::Paused => Row::named(7, Info, "{command} will stop monitoring."),
            Self::Resumed => Row::named(8, Info, "{command} will start monitoring."),
            Self::InvalidParameter => {
                Row::named(11, Error, "The parameter value of {command} is invalid.")
            }
            Self::NoIdentifier => Row::unnamed(13, Error, "{no_identifier}"),
            Self::InUse => Row::named(14, Error, "The specified identifier is already used."),
            Self::NotEnded => {
                Row::named(15, Error, "{command} could not perform the end processing.")
            }
            Self::System { .. } => Row::named(
                42,
                Error,
                "{command} has detected system error ({call} {number}).",
            ),
            Self::Unlicensed => {
                Row::unnamed(51, Error, "The license of {command} is not registered.")
            }
            Self::OnTrial { .. } => Row::unnamed(52, Info, "{on_trial} {date} (mm/dd/yyyy)."),
            Self::TrialEnded { .. } => Row::unnamed(
                53,
                Error,
                "The trial version license has expired in {date} (mm/dd/yyyy).",
            ),
            Self::LicenseUnchecked => Row::unnamed(
                54,
                Error,
                "Failed to check the license information of {command}.",
            ),
            Self::TrialNotBegun { .. } => Row::unnamed(
                55,
                Error,
                "The trial version license is effective from {date} (mm/dd/yyyy).",
            ),
            Self::LicenseOverlaps => Row::unnamed(56, Error, "The registration license overlaps."),
            Self::Failure(failure) => failure.row(),
        }
    }

    pub const fn id(self) -> u8 {
        self.row().id
    }

    /// The event's level.
    pub const fn level(self) -> Level {
        self.row().level
    }

    /// The message of this event for `protocol`. `identifier` is printed as it is: what came from a command line
    /// unchecked must have been escaped before.
    pub fn message(self, protocol: Protocol, identifier: &str) -> Message {
        let row = self.row();
        let mut message = Message::new();
        let mut rest = row.text;
        // Ends: every turn takes a word in braces off the text.
        while let Some((before, (slot, after))) = next_slot(rest) {
            append(&mut message, format_args!("{before}"));
            self.write_slot(slot, protocol.info(), &mut message);
            rest = after;
        }
        append(&mut message, format_args!("{rest}"));
        if row.is_named {
            append(&mut message, format_args!(" [ID:{identifier}]"));
        }
        message
    }

    /// Writes what `slot` stands for. One that this event does not fill stays as it is in the table, for a test to find.
    fn write_slot(self, slot: &str, info: &ProtocolInfo, out: &mut Message) {
        let mut put = |value: &dyn fmt::Display| append(out, format_args!("{value}"));
        match (slot, self) {
            ("command", _) => put(&info.command),
            ("label", _) => put(&info.label),
            ("no_identifier", _) => put(&info.no_identifier),
            ("on_trial", _) => put(&info.on_trial),
            ("no_address", _) => put(&info.no_address),
            ("call", Self::System { call, .. }) => put(&call),
            ("number", Self::System { errno, .. }) => put(&errno),
            ("number", Self::Failure(failure)) => put(&failure.number()),
            (
                "date",
                Self::OnTrial { last: date }
                | Self::TrialEnded { last: date }
                | Self::TrialNotBegun { first: date },
            ) => put(&date),
            (slot, _) => put(&format_args!("{{{slot}}}")),
        }
    }
}

/// What stands before the first word in braces, the word, and what stands after it.
fn next_slot(text: &str) -> Option<(&str, (&str, &str))> {
    let (before, rest) = text.split_once('{')?;
    Some((before, rest.split_once('}')?))
}

#[cfg(test)]
mod tests;
