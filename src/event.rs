//! Event ids, levels and exact message texts (guide, chapter 3; contract, section 6).
//!
//! Owns the texts; performs no I/O. Rendering goes into a fixed string.

use crate::limits::MESSAGE_MAX;
use crate::module::Module;
use crate::text::append;
use crate::units::Errno;
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
    LookUp(i32),
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
            Self::LookUp(_) => 81,
            Self::InvalidResponse => 82,
            Self::InvalidStatus(_) => 83,
        }
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
            Self::Failure(failure) => failure.id(),
        }
    }

    /// The event's level.
    pub const fn level(self) -> Level {
        match self {
            Self::Started | Self::Watching | Self::Stopping | Self::Paused | Self::Resumed => {
                Level::Info
            }
            Self::Failed
            | Self::InvalidParameter
            | Self::NoIdentifier
            | Self::InUse
            | Self::NotEnded
            | Self::System { .. }
            | Self::Failure(_) => Level::Error,
        }
    }

    /// The message of this event for `module`. `identifier` is printed as it is: what came from a command line
    /// unchecked must have been escaped before.
    pub fn message(self, module: Module, identifier: &str) -> Message {
        let mut text = Message::new();
        self.write_sentence(module, &mut text);
        if !matches!(self, Self::NoIdentifier) {
            append(&mut text, format_args!(" [ID:{identifier}]"));
        }
        text
    }

    fn write_sentence(self, module: Module, out: &mut Message) {
        let facts = module.facts();
        let (command, protocol) = (facts.command, facts.protocol);
        match self {
            Self::Started => append(
                out,
                format_args!("{command} started monitoring the {protocol} daemon."),
            ),
            Self::Watching => append(
                out,
                format_args!("{command} will start monitoring the {protocol} daemon."),
            ),
            Self::Stopping => append(
                out,
                format_args!("{command} will stop monitoring the {protocol} daemon."),
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
            Self::NoIdentifier => append(out, format_args!("{}", facts.no_identifier)),
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
            Self::Failure(failure) => failure.write_sentence(module, out),
        }
    }
}

impl Failure {
    fn write_sentence(self, module: Module, out: &mut Message) {
        let facts = module.facts();
        let (command, protocol) = (facts.command, facts.protocol);
        let (call, errno) = match self {
            Self::Socket(errno) => ("socket", errno),
            Self::Connect(errno) => ("connect", errno),
            Self::Send(errno) => ("send", errno),
            Self::Select(errno) => ("select", errno),
            Self::Receive(errno) => ("recv", errno),
            Self::LookUp(number) => {
                return append(out, format_args!("{} (error[{number}]).", facts.no_address));
            }
            Self::InvalidResponse => {
                return append(
                    out,
                    format_args!(
                        "{command} has detected an error in {protocol} (invalid response)."
                    ),
                );
            }
            Self::InvalidStatus(code) => {
                return append(
                    out,
                    format_args!(
                        "{command} has detected an error in {protocol} (invalid status code[{code}])."
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
mod tests {
    use super::*;
    use crate::limits::IDENTIFIER_MAX;

    /// The contract's table, byte for byte: event, id, level, HTTP text, SMTP text (none: HTTP only).
    fn table() -> Vec<(Event, u8, Level, &'static str, Option<&'static str>)> {
        use Level::{Error, Info};
        let errno = Errno(110);
        vec![
            (
                Event::Started,
                1,
                Info,
                "clp_httpmon started monitoring the HTTP daemon. [ID:xx]",
                Some("clp_smtpmon started monitoring the SMTP daemon. [ID:xx]"),
            ),
            (
                Event::Watching,
                2,
                Info,
                "clp_httpmon will start monitoring the HTTP daemon. [ID:xx]",
                Some("clp_smtpmon will start monitoring the SMTP daemon. [ID:xx]"),
            ),
            (
                Event::Stopping,
                3,
                Info,
                "clp_httpmon will stop monitoring the HTTP daemon. [ID:xx]",
                Some("clp_smtpmon will stop monitoring the SMTP daemon. [ID:xx]"),
            ),
            (
                Event::Failed,
                6,
                Error,
                "clp_httpmon detected an error and will be terminated. [ID:xx]",
                Some("clp_smtpmon detected an error and will be terminated. [ID:xx]"),
            ),
            (
                Event::Paused,
                7,
                Info,
                "clp_httpmon will stop monitoring. [ID:xx]",
                Some("clp_smtpmon will stop monitoring. [ID:xx]"),
            ),
            (
                Event::Resumed,
                8,
                Info,
                "clp_httpmon will start monitoring. [ID:xx]",
                Some("clp_smtpmon will start monitoring. [ID:xx]"),
            ),
            (
                Event::InvalidParameter,
                11,
                Error,
                "The parameter value of clp_httpmon is invalid. [ID:xx]",
                Some("The parameter value of clp_smtpmon is invalid. [ID:xx]"),
            ),
            (
                Event::NoIdentifier,
                13,
                Error,
                "An identifier is not specified in the clp_httpmon command.",
                Some("The identifier is not specified in the clp_smtpmon command."),
            ),
            (
                Event::InUse,
                14,
                Error,
                "The specified identifier is already used. [ID:xx]",
                Some("The specified identifier is already used. [ID:xx]"),
            ),
            (
                Event::NotEnded,
                15,
                Error,
                "clp_httpmon could not perform the end processing. [ID:xx]",
                Some("clp_smtpmon could not perform the end processing. [ID:xx]"),
            ),
            (
                Event::System {
                    call: "mkdir",
                    errno: Errno(13),
                },
                42,
                Error,
                "clp_httpmon has detected system error (mkdir 13). [ID:xx]",
                Some("clp_smtpmon has detected system error (mkdir 13). [ID:xx]"),
            ),
            (
                Failure::Socket(errno).into(),
                71,
                Error,
                "clp_httpmon has detected network error (socket error[110]). [ID:xx]",
                Some("clp_smtpmon has detected network error (socket error[110]). [ID:xx]"),
            ),
            (
                Failure::Connect(errno).into(),
                72,
                Error,
                "clp_httpmon has detected network error (connect error[110]). [ID:xx]",
                Some("clp_smtpmon has detected network error (connect error[110]). [ID:xx]"),
            ),
            (
                Failure::Send(errno).into(),
                73,
                Error,
                "clp_httpmon has detected network error (send error[110]). [ID:xx]",
                Some("clp_smtpmon has detected network error (send error[110]). [ID:xx]"),
            ),
            (
                Failure::Select(errno).into(),
                74,
                Error,
                "clp_httpmon has detected network error (select error[110]). [ID:xx]",
                Some("clp_smtpmon has detected network error (select error[110]). [ID:xx]"),
            ),
            (
                Failure::Receive(errno).into(),
                75,
                Error,
                "clp_httpmon has detected network error (recv error[110]). [ID:xx]",
                Some("clp_smtpmon has detected network error (recv error[110]). [ID:xx]"),
            ),
            (
                Failure::LookUp(-2).into(),
                81,
                Error,
                "Failed to obtain the IP address (error[-2]). [ID:xx]",
                Some("Failed to obtain IP address (error[-2]). [ID:xx]"),
            ),
            (
                Failure::InvalidResponse.into(),
                82,
                Error,
                "clp_httpmon has detected an error in HTTP (invalid response). [ID:xx]",
                None,
            ),
            (
                Failure::InvalidStatus(503).into(),
                83,
                Error,
                "clp_httpmon has detected an error in HTTP (invalid status code[503]). [ID:xx]",
                Some(
                    "clp_smtpmon has detected an error in SMTP (invalid status code[503]). [ID:xx]",
                ),
            ),
        ]
    }

    #[test]
    fn texts_ids_and_levels_are_the_contracts() {
        for (event, id, level, http, smtp) in table() {
            assert_eq!((event.id(), event.level()), (id, level), "{event:?}");
            assert_eq!(event.message(Module::Http, "xx").as_str(), http);
            if let Some(smtp) = smtp {
                assert_eq!(event.message(Module::Smtp, "xx").as_str(), smtp);
            }
        }
    }

    #[test]
    fn no_message_is_cut_at_the_longest_identifier() {
        let identifier = "x".repeat(IDENTIFIER_MAX);
        for (event, ..) in table() {
            let text = event.message(Module::Http, &identifier);
            assert!(
                event == Event::NoIdentifier || text.ends_with("]"),
                "{text}"
            );
        }
    }
}
