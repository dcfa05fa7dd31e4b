//! The command line: from raw arguments to a command (docs/reference.md, "Options"; guide, chapter 2).
//!
//! Owns the options, their ranges and defaults, and the help that is made from the same table. Parses instead of
//! validating: no invalid configuration can be built. Performs no I/O.

mod help;
mod host;
mod license;
mod monitor;
mod reason;
mod table;
#[cfg(test)]
mod tests;
mod uri;
mod view;

pub use help::{help, usage, version};
pub use license::License;
pub use reason::{Allowed, Reason, WORD_MAX, Word};
pub use table::OptionInfo;
pub use view::{Show, View};

use crate::config::{Config, Host};
use crate::identifier::Identifier;
use crate::limits::{IDENTIFIER_MAX, SERVER_MAX};
use crate::protocol::Protocol;
use crate::text::{Escaped, append};
use arrayvec::ArrayString;
use core::fmt;

/// The program's own name.
const PROGRAM: &str = "clp_isa";
/// The name of the command for licenses.
const LICENSE: &str = "clplcnsc";
/// The same as a sub-command.
const LICENSE_WORD: &str = "lcnsc";

/// What help and version are asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The program under its own name, `clp_isa`.
    Program,
    /// One of the monitoring commands.
    Protocol(Protocol),
    /// `clplcnsc`.
    License,
    /// One of the commands that show something.
    Show(Show),
}

/// What to do with a monitor that was started before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `--stop`: end it and wait for its end.
    Stop {
        /// Seconds to wait, 1 to 10000.
        wait: u16,
    },
    /// `--pause`.
    Pause,
    /// `--resume`.
    Resume,
    /// `--disp`: show its process id.
    Disp,
    /// `--del`: remove what a killed one left.
    Del,
}

/// How the result of a single check is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One line for people; exit code 0, 1 or 5.
    Line,
    /// One line and the exit code of a monitoring plugin: 0, 2 or 3.
    Plugin,
}

/// What the command line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Print the help.
    Help(Topic),
    /// Print the version.
    Version(Topic),
    /// Start a monitor.
    Start(Config),
    /// Make one check, and nothing else (`--once`).
    Once {
        /// What to check.
        config: Config,
        /// How to tell the result.
        form: Form,
    },
    /// Show something.
    View(View),
    /// Tell a monitor.
    Control {
        /// The command whose monitor is meant.
        protocol: Protocol,
        identifier: Identifier,
        verb: Verb,
    },
    /// Register, list or delete licenses.
    License(License<'a>),
    /// Be the child that looks up a name (internal; `clp_isa resolve NAME`).
    Resolve {
        /// The name, in the form that `-s` takes.
        name: ArrayString<SERVER_MAX>,
    },
}

/// Why the command line asks for nothing that can be done (exit 2). Borrows from the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageError<'a> {
    /// Event 13: there is no first argument, it is empty, or it begins with `-`.
    NoIdentifier {
        /// The command.
        protocol: Protocol,
    },
    /// Event 11: something does not fit.
    Invalid {
        /// The command.
        protocol: Protocol,
        /// The identifier for the event's text.
        shown: Shown<'a>,
        /// What does not fit.
        reason: Reason<'a>,
    },
    /// `clplcnsc`: something does not fit; no event.
    License {
        /// What does not fit.
        reason: Reason<'a>,
    },
    /// Something does not fit in a command line with `--once`; no event.
    Once {
        /// The command.
        protocol: Protocol,
        /// How the result was to be told.
        form: Form,
        /// What does not fit; nothing if the identifier is missing.
        reason: Option<Reason<'a>>,
    },
    /// Something does not fit in the command line of a command that shows something; no event.
    View {
        /// The command.
        show: Show,
        /// What does not fit.
        reason: Reason<'a>,
    },
    /// `clp_isa` without a sub-command; no event.
    NoCommand,
    /// `clp_isa` with a sub-command that it does not have, or that was not given what it takes; no event.
    UnknownCommand {
        /// The sub-command.
        name: &'a [u8],
    },
}

impl fmt::Display for UsageError<'_> {
    /// What was wrong, for standard error; of one line, printable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoIdentifier { .. } | Self::Once { reason: None, .. } => {
                f.write_str("the first argument must be the monitor's identifier")
            }
            Self::Invalid { reason, .. }
            | Self::License { reason }
            | Self::Once {
                reason: Some(reason),
                ..
            }
            | Self::View { reason, .. } => reason.fmt(f),
            Self::NoCommand => f.write_str("a command is missing"),
            Self::UnknownCommand { name } => write!(f, "unknown command {}", Word(name)),
        }
    }
}

/// An identifier as it was given, valid or not, in the form that `[ID:xx]` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown<'a>(&'a [u8]);

impl Shown<'_> {
    /// The identifier escaped, and cut at 255 bytes.
    pub fn text(&self) -> ArrayString<IDENTIFIER_MAX> {
        let mut text = ArrayString::new();
        append(&mut text, format_args!("{}", Escaped(self.0)));
        text
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// Parses a command line: `arguments` are the raw bytes, the program's name first.
///
/// # Errors
/// What does not fit; nothing must be started then.
pub fn parse<'a>(arguments: &[&'a [u8]]) -> Result<Command<'a>, UsageError<'a>> {
    let (name, rest) = arguments.split_first().ok_or(UsageError::NoCommand)?;
    // `rsplit` gives at least one part.
    let base = name.rsplit(|&byte| byte == b'/').next().unwrap_or(name);
    let protocol = Protocol::ALL
        .into_iter()
        .find(|protocol| protocol.info().command.as_bytes() == base);
    match protocol {
        _ if base == LICENSE.as_bytes() => parse_license(rest),
        Some(protocol) => parse_protocol(protocol, rest),
        None => parse_program(rest),
    }
}

fn parse_program<'a>(arguments: &[&'a [u8]]) -> Result<Command<'a>, UsageError<'a>> {
    let (&name, rest) = arguments.split_first().ok_or(UsageError::NoCommand)?;
    if let Some(command) = about(Topic::Program, name) {
        return Ok(command);
    }
    if let Some(protocol) = Protocol::from_name(name) {
        return parse_protocol(protocol, rest);
    }
    if name == LICENSE_WORD.as_bytes() {
        return parse_license(rest);
    }
    if let Some(show) = Show::ALL
        .into_iter()
        .find(|show| show.name().as_bytes() == name)
    {
        return parse_show(show, rest);
    }
    if name == b"resolve"
        && let [host] = rest
        && let Some(Host::Name(name)) = host::parse(host)
    {
        return Ok(Command::Resolve { name });
    }
    Err(UsageError::UnknownCommand { name })
}

fn parse_license<'a>(arguments: &[&'a [u8]]) -> Result<Command<'a>, UsageError<'a>> {
    if let Some(&first) = arguments.first()
        && let Some(command) = about(Topic::License, first)
    {
        return Ok(command);
    }
    license::parse(arguments)
        .map(Command::License)
        .map_err(|reason| UsageError::License { reason })
}

fn parse_show<'a>(show: Show, arguments: &[&'a [u8]]) -> Result<Command<'a>, UsageError<'a>> {
    if let Some(command) = arguments
        .first()
        .and_then(|first| about(Topic::Show(show), first))
    {
        return Ok(command);
    }
    view::parse(show, arguments)
        .map(Command::View)
        .map_err(|reason| UsageError::View { show, reason })
}

/// A command line with `--once` raises no event, whatever is wrong with it.
fn parse_protocol<'a>(
    protocol: Protocol,
    arguments: &[&'a [u8]],
) -> Result<Command<'a>, UsageError<'a>> {
    // Not `map_err`: what was parsed is large, and so is the code that moves it.
    let parsed = parse_monitor(protocol, arguments);
    if let Err(error) = &parsed
        && let Some(form) = monitor::form(arguments)
    {
        let reason = match error {
            UsageError::Invalid { reason, .. } => Some(*reason),
            _ => None,
        };
        return Err(UsageError::Once {
            protocol,
            form,
            reason,
        });
    }
    parsed
}

fn parse_monitor<'a>(
    protocol: Protocol,
    arguments: &[&'a [u8]],
) -> Result<Command<'a>, UsageError<'a>> {
    let (&first, rest) = arguments
        .split_first()
        .ok_or(UsageError::NoIdentifier { protocol })?;
    if let Some(command) = about(Topic::Protocol(protocol), first) {
        return Ok(command);
    }
    if first.is_empty() || first.starts_with(b"-") {
        return Err(UsageError::NoIdentifier { protocol });
    }
    let invalid = |reason| UsageError::Invalid {
        protocol,
        shown: Shown(first),
        reason,
    };
    let identifier = Identifier::parse(first).ok_or_else(|| invalid(Reason::Identifier(first)))?;
    if let Some((&word, values)) = rest.split_first()
        && let Some(verb) = monitor::verb(word)
    {
        let verb = monitor::parse_verb(verb, values).map_err(invalid)?;
        return Ok(Command::Control {
            protocol,
            identifier,
            verb,
        });
    }
    match monitor::parse(protocol, identifier, rest) {
        Ok((config, Some(form))) => Ok(Command::Once { config, form }),
        Ok((config, None)) => Ok(Command::Start(config)),
        Err(reason) => Err(invalid(reason)),
    }
}

/// The options that a command has, in the order of its help; no verbs.
pub fn options(topic: Topic) -> impl Iterator<Item = OptionInfo> {
    (0..).map_while(move |index| option(topic, index))
}

fn option(topic: Topic, index: usize) -> Option<OptionInfo> {
    match topic {
        Topic::Program => None,
        Topic::Protocol(protocol) => monitor::options(protocol).nth(index).map(OptionInfo::from),
        Topic::License => license::OPTIONS.get(index).map(OptionInfo::from),
        Topic::Show(show) => view::options(show).get(index).map(OptionInfo::from),
    }
}

/// What a monitor that was started before can be told, in the order of the help.
pub fn verbs() -> impl Iterator<Item = OptionInfo> {
    monitor::VERBS.iter().map(OptionInfo::from)
}

/// The answer to `--help` and `--version`, whatever follows them.
fn about<'a>(topic: Topic, argument: &[u8]) -> Option<Command<'a>> {
    match argument {
        b"--help" => Some(Command::Help(topic)),
        b"--version" => Some(Command::Version(topic)),
        _ => None,
    }
}
