//! Event ids, levels and exact message texts (guide, chapter 3; contract, section 6).
//!
//! Owns the texts; performs no I/O. Rendering goes into a fixed string.

use crate::date::Date;
use crate::errno::Errno;
use crate::limits::MESSAGE_MAX;
use crate::protocol::Protocol;
use crate::text::append;
use arrayvec::ArrayString;

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
        /// What it failed with.
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
    /// The event id.
    pub const fn id(self) -> u8 {
        match self {
            Self::Socket(_) => 71,
            Self::Connect(_) => 72,
            Self::Send(_) => 73,
            Self::Select(_) => 74,
            Self::Receive(_) => 75,
            Self::Lookup(_) => 81,
            Self::InvalidResponse => 82,
            Self::InvalidStatus(_) => 83,
        }
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

impl Event {
    /// The event id.
    pub const fn id(self) -> u8 {
        match self {
            Self::Started => 1,
            Self::Watching => 2,
            Self::Stopping => 3,
            Self::Failed => 6,
            Self::Paused => 7,
            Self::Resumed => 8,
            Self::InvalidParameter => 11,
            Self::NoIdentifier => 13,
            Self::InUse => 14,
            Self::NotEnded => 15,
            Self::System { .. } => 42,
            Self::Unlicensed => 51,
            Self::OnTrial { .. } => 52,
            Self::TrialEnded { .. } => 53,
            Self::LicenseUnchecked => 54,
            Self::TrialNotBegun { .. } => 55,
            Self::LicenseOverlaps => 56,
            Self::Failure(failure) => failure.id(),
        }
    }

    /// The event's level.
    pub const fn level(self) -> Level {
        match self {
            Self::Started
            | Self::Watching
            | Self::Stopping
            | Self::Paused
            | Self::Resumed
            | Self::OnTrial { .. } => Level::Info,
            Self::Failed
            | Self::InvalidParameter
            | Self::NoIdentifier
            | Self::InUse
            | Self::NotEnded
            | Self::System { .. }
            | Self::Unlicensed
            | Self::TrialEnded { .. }
            | Self::LicenseUnchecked
            | Self::TrialNotBegun { .. }
            | Self::LicenseOverlaps
            | Self::Failure(_) => Level::Error,
        }
    }

    /// Whether the text names the identifier: not where there is none, and not in the events of the license.
    const fn names_identifier(self) -> bool {
        !matches!(
            self,
            Self::NoIdentifier
                | Self::Unlicensed
                | Self::OnTrial { .. }
                | Self::TrialEnded { .. }
                | Self::LicenseUnchecked
                | Self::TrialNotBegun { .. }
                | Self::LicenseOverlaps
        )
    }

    /// The message of this event for `protocol`. `identifier` is printed as it is: what came from a command line
    /// unchecked must have been escaped before.
    pub fn message(self, protocol: Protocol, identifier: &str) -> Message {
        let mut text = Message::new();
        self.write_sentence(protocol, &mut text);
        if self.names_identifier() {
            append(&mut text, format_args!(" [ID:{identifier}]"));
        }
        text
    }

    fn write_sentence(self, protocol: Protocol, out: &mut Message) {
        let info = protocol.info();
        let (command, label) = (info.command, info.label);
        match self {
            Self::Started => append(
                out,
                format_args!("{command} started monitoring the {label} daemon."),
            ),
            Self::Watching => append(
                out,
                format_args!("{command} will start monitoring the {label} daemon."),
            ),
            Self::Stopping => append(
                out,
                format_args!("{command} will stop monitoring the {label} daemon."),
            ),
            Self::Failed => append(
                out,
                format_args!("{command} detected an error and will be terminated."),
            ),
            Self::Paused => append(out, format_args!("{command} will stop monitoring.")),
            Self::Resumed => append(out, format_args!("{command} will start monitoring.")),
            Self::InvalidParameter => append(
                out,
                format_args!("The parameter value of {command} is invalid."),
            ),
            Self::NoIdentifier => append(out, format_args!("{}", info.no_identifier)),
            Self::InUse => append(
                out,
                format_args!("The specified identifier is already used."),
            ),
            Self::NotEnded => append(
                out,
                format_args!("{command} could not perform the end processing."),
            ),
            Self::System { call, errno } => {
                append(
                    out,
                    format_args!("{command} has detected system error ({call} {errno})."),
                );
            }
            Self::Unlicensed => append(
                out,
                format_args!("The license of {command} is not registered."),
            ),
            Self::OnTrial { last } => {
                append(out, format_args!("{} {last} (mm/dd/yyyy).", info.on_trial));
            }
            Self::TrialEnded { last } => append(
                out,
                format_args!("The trial version license has expired in {last} (mm/dd/yyyy)."),
            ),
            Self::LicenseUnchecked => append(
                out,
                format_args!("Failed to check the license information of {command}."),
            ),
            Self::TrialNotBegun { first } => append(
                out,
                format_args!("The trial version license is effective from {first} (mm/dd/yyyy)."),
            ),
            Self::LicenseOverlaps => {
                append(out, format_args!("The registration license overlaps."));
            }
            Self::Failure(failure) => failure.write_sentence(protocol, out),
        }
    }
}

impl Failure {
    fn write_sentence(self, protocol: Protocol, out: &mut Message) {
        let info = protocol.info();
        let (command, label) = (info.command, info.label);
        let (call, errno) = match self {
            Self::Socket(errno) => ("socket", errno),
            Self::Connect(errno) => ("connect", errno),
            Self::Send(errno) => ("send", errno),
            Self::Select(errno) => ("select", errno),
            Self::Receive(errno) => ("recv", errno),
            Self::Lookup(number) => {
                return append(out, format_args!("{} (error[{number}]).", info.no_address));
            }
            Self::InvalidResponse => {
                return append(
                    out,
                    format_args!("{command} has detected an error in {label} (invalid response)."),
                );
            }
            Self::InvalidStatus(code) => {
                return append(
                    out,
                    format_args!(
                        "{command} has detected an error in {label} (invalid status code[{code}])."
                    ),
                );
            }
        };
        append(
            out,
            format_args!("{command} has detected network error ({call} error[{errno}])."),
        );
    }
}

#[cfg(test)]
mod tests;
