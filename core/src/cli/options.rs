//! The options of a start command line and the verbs, each as one entry of a table.
//!
//! Owns names, ranges, defaults and how values are read; the help prints the same tables.

use super::host;
use super::reason::{Allowed, Reason};
use super::{Form, Verb, WAIT};
use crate::config::{Config, Host, HttpVersion, Request, Timing};
use crate::identifier::Identifier;
use crate::limits::{OPTION_MAX, URI_MAX};
use crate::protocol::Protocol;
use arrayvec::ArrayString;
use core::fmt;
use core::time::Duration;

const HOST: &str = "localhost";
const INTERVAL: u16 = 60;
const RETRIES: u16 = 3;
const TIMEOUT: u16 = 10;
const URI: &str = "/";

/// What an option sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Host,
    Port,
    Interval,
    Retries,
    Timeout,
    Version,
    Uri,
}

/// One option.
#[derive(Debug)]
pub(super) struct Entry {
    field: Field,
    /// Its name, dash included.
    pub(super) name: &'static str,
    /// What stands for its value in the help.
    pub(super) value: &'static str,
    /// What it means.
    pub(super) meaning: &'static str,
    /// What it may be.
    pub(super) allowed: Allowed,
    /// The one command that has it; nothing: both.
    only: Option<Protocol>,
}

/// Every option, in the order of the guide.
const ENTRIES: [Entry; 7] = [
    Entry {
        field: Field::Host,
        name: "-s",
        value: "SERVER",
        meaning: "server to watch",
        allowed: Allowed::Host,
        only: None,
    },
    Entry {
        field: Field::Port,
        name: "-n",
        value: "PORT",
        meaning: "port",
        allowed: Allowed::Number(u16::MAX),
        only: None,
    },
    Entry {
        field: Field::Interval,
        name: "-i",
        value: "INTERVAL",
        meaning: "seconds from one check's start to the next",
        allowed: Allowed::Number(OPTION_MAX),
        only: None,
    },
    Entry {
        field: Field::Retries,
        name: "-c",
        value: "RETRIES",
        meaning: "retries after a failed check",
        allowed: Allowed::Number(OPTION_MAX),
        only: None,
    },
    Entry {
        field: Field::Timeout,
        name: "-r",
        value: "TIMEOUT",
        meaning: "seconds one check may take in all",
        allowed: Allowed::Number(OPTION_MAX),
        only: None,
    },
    Entry {
        field: Field::Version,
        name: "-v",
        value: "1.0|1.1",
        meaning: "HTTP version",
        allowed: Allowed::Version,
        only: Some(Protocol::Http),
    },
    Entry {
        field: Field::Uri,
        name: "-h",
        value: "REQUEST-URI",
        meaning: "what to ask for",
        allowed: Allowed::Uri,
        only: Some(Protocol::Http),
    },
];

/// The options that `protocol` has.
pub(super) fn entries(protocol: Protocol) -> impl Iterator<Item = &'static Entry> {
    ENTRIES
        .iter()
        .filter(move |entry| entry.only.is_none_or(|only| only == protocol))
}

impl Entry {
    /// The value without the option, as it would be given.
    pub(super) fn default(&self, protocol: Protocol) -> Default {
        match self.field {
            Field::Host => Default::Text(HOST),
            Field::Port => Default::Number(protocol.info().port),
            Field::Interval => Default::Number(INTERVAL),
            Field::Retries => Default::Number(RETRIES),
            Field::Timeout => Default::Number(TIMEOUT),
            Field::Version => match HttpVersion::default() {
                HttpVersion::V1_0 => Default::Text("1.0"),
                HttpVersion::V1_1 => Default::Text("1.1"),
            },
            Field::Uri => Default::Text(URI),
        }
    }
}

/// An option's default, for the help.
#[derive(Debug, Clone, Copy)]
pub(super) enum Default {
    Number(u16),
    Text(&'static str),
}

impl fmt::Display for Default {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A verb as the command line names it.
#[derive(Debug)]
pub(super) struct VerbEntry {
    /// Its name, dashes included.
    pub(super) name: &'static str,
    /// The verb, with its default value.
    verb: Verb,
    /// What it does.
    pub(super) meaning: &'static str,
}

/// Every verb, in the order of the guide.
pub(super) const VERBS: [VerbEntry; 5] = [
    VerbEntry {
        name: "--stop",
        verb: Verb::Stop { wait: WAIT },
        meaning: "end the monitor and wait for its end",
    },
    VerbEntry {
        name: "--pause",
        verb: Verb::Pause,
        meaning: "make no checks until resumed",
    },
    VerbEntry {
        name: "--resume",
        verb: Verb::Resume,
        meaning: "check again, at once",
    },
    VerbEntry {
        name: "--disp",
        verb: Verb::Disp,
        meaning: "print the monitor's process id",
    },
    VerbEntry {
        name: "--del",
        verb: Verb::Del,
        meaning: "remove the record of a monitor that was killed",
    },
];

impl VerbEntry {
    /// Seconds it waits by default, if it waits.
    pub(super) const fn wait(&self) -> Option<u16> {
        match self.verb {
            Verb::Stop { wait } => Some(wait),
            Verb::Pause | Verb::Resume | Verb::Disp | Verb::Del => None,
        }
    }
}

/// The verb named `word`.
pub(super) fn verb(word: &[u8]) -> Option<&'static VerbEntry> {
    VERBS.iter().find(|entry| entry.name.as_bytes() == word)
}

/// An option without a value that makes a start command line one for a single check.
#[derive(Debug)]
pub(super) struct Flag {
    form: Form,
    /// Its name, dashes included.
    pub(super) name: &'static str,
    /// What it means.
    pub(super) meaning: &'static str,
}

/// Both of them; the second needs the first.
pub(super) const FLAGS: [Flag; 2] = [
    Flag {
        form: Form::Line,
        name: "--once",
        meaning: "make one check, say in one line how it went, and start nothing; no license is needed. Exit code \
                  0: healthy, 1: failed, 5: void (the node could not make the check)",
    },
    Flag {
        form: Form::Plugin,
        name: "--plugin",
        meaning: "with --once: the line and the exit code of a monitoring plugin. Exit code 0: OK, 2: CRITICAL, \
                  3: UNKNOWN",
    },
];

/// How the result of a single check is to be told, as far as a command line that may be wrong says.
pub(super) fn form(arguments: &[&[u8]]) -> Option<Form> {
    let given = |flag: &&Flag| arguments.contains(&flag.name.as_bytes());
    FLAGS.iter().rfind(given).map(|flag| flag.form)
}

/// The options that were given.
#[derive(Default)]
struct Given {
    host: Option<Host>,
    port: Option<u16>,
    interval: Option<u16>,
    retries: Option<u16>,
    timeout: Option<u16>,
    version: Option<HttpVersion>,
    uri: Option<ArrayString<URI_MAX>>,
    once: bool,
    plugin: bool,
}

/// Parses the options that follow an identifier.
pub(super) fn parse<'a>(
    protocol: Protocol,
    identifier: Identifier,
    mut arguments: &[&'a [u8]],
) -> Result<(Config, Option<Form>), Reason<'a>> {
    let mut given = Given::default();
    // Ends: every round takes an argument, or returns.
    while let Some((&name, rest)) = arguments.split_first() {
        if let Some(flag) = FLAGS.iter().find(|flag| flag.name.as_bytes() == name) {
            given.raise(flag)?;
            arguments = rest;
            continue;
        }
        let entry = entries(protocol)
            .find(|entry| entry.name.as_bytes() == name)
            .ok_or_else(|| not_an_option(protocol, name))?;
        let (&value, rest) = rest
            .split_first()
            .filter(|(value, _)| !value.starts_with(b"-"))
            .ok_or(Reason::MissingValue(entry.name))?;
        given.set(entry, value)?;
        arguments = rest;
    }
    // In full, so that a new option does not compile until it is used.
    let Given {
        host,
        port,
        interval,
        retries,
        timeout,
        version,
        uri,
        once,
        plugin,
    } = given;
    let seconds =
        |given: Option<u16>, default| Duration::from_secs(given.unwrap_or(default).into());
    let form = match (once, plugin) {
        (false, false) => None,
        (true, false) => Some(Form::Line),
        (true, true) => Some(Form::Plugin),
        (false, true) => {
            let [needed, flag] = FLAGS.each_ref().map(|flag| flag.name);
            return Err(Reason::Without { flag, needed });
        }
    };
    let config = Config {
        identifier,
        host: host.unwrap_or_else(|| Host::Name(fixed(HOST))),
        port: port.unwrap_or(protocol.info().port),
        timing: Timing {
            interval: seconds(interval, INTERVAL),
            retries: retries.unwrap_or(RETRIES),
            timeout: seconds(timeout, TIMEOUT),
        },
        request: match protocol {
            Protocol::Http => Request::Http {
                version: version.unwrap_or_default(),
                uri: uri.unwrap_or_else(|| fixed(URI)),
            },
            Protocol::Smtp => Request::Smtp,
        },
    };
    Ok((config, form))
}

/// A default in a fixed string; each is a few bytes.
fn fixed<const N: usize>(text: &'static str) -> ArrayString<N> {
    ArrayString::from(text).unwrap_or_default()
}

fn not_an_option(protocol: Protocol, argument: &[u8]) -> Reason<'_> {
    if let Some(verb) = verb(argument) {
        return Reason::Mixed(verb.name);
    }
    if !argument.starts_with(b"-") {
        return Reason::Unexpected(argument);
    }
    match entries(protocol).find(|entry| argument.starts_with(entry.name.as_bytes())) {
        Some(entry) => Reason::Glued {
            option: entry.name,
            argument,
        },
        None => Reason::UnknownOption(argument),
    }
}

impl Given {
    fn raise(&mut self, flag: &Flag) -> Result<(), Reason<'static>> {
        let place = match flag.form {
            Form::Line => &mut self.once,
            Form::Plugin => &mut self.plugin,
        };
        if core::mem::replace(place, true) {
            return Err(Reason::Repeated(flag.name));
        }
        Ok(())
    }

    fn set<'a>(&mut self, entry: &Entry, value: &'a [u8]) -> Result<(), Reason<'a>> {
        let number = parse_number(value, entry.allowed);
        match entry.field {
            Field::Host => fill(&mut self.host, host::parse(value), entry, value),
            Field::Port => fill(&mut self.port, number, entry, value),
            Field::Interval => fill(&mut self.interval, number, entry, value),
            Field::Retries => fill(&mut self.retries, number, entry, value),
            Field::Timeout => fill(&mut self.timeout, number, entry, value),
            Field::Version => fill(&mut self.version, parse_version(value), entry, value),
            Field::Uri => fill(&mut self.uri, parse_uri(value), entry, value),
        }
    }
}

fn fill<'a, T>(
    place: &mut Option<T>,
    parsed: Option<T>,
    entry: &Entry,
    value: &'a [u8],
) -> Result<(), Reason<'a>> {
    if place.is_some() {
        return Err(Reason::Repeated(entry.name));
    }
    *place = parsed;
    if place.is_none() {
        return Err(Reason::Value {
            option: entry.name,
            value,
            allowed: entry.allowed,
        });
    }
    Ok(())
}

/// Parses what follows a verb.
pub(super) fn parse_verb<'a>(
    entry: &'static VerbEntry,
    values: &[&'a [u8]],
) -> Result<Verb, Reason<'a>> {
    if values.iter().any(|value| value.starts_with(b"-")) {
        return Err(Reason::Mixed(entry.name));
    }
    let trailing = |value| Reason::Trailing {
        verb: entry.name,
        value,
    };
    match (entry.verb, values) {
        (verb, []) => Ok(verb),
        (Verb::Stop { .. }, &[value]) => {
            let allowed = Allowed::Number(OPTION_MAX);
            let wait = parse_number(value, allowed).ok_or(Reason::Value {
                option: entry.name,
                value,
                allowed,
            })?;
            Ok(Verb::Stop { wait })
        }
        (Verb::Stop { .. }, &[_, value, ..]) => Err(trailing(value)),
        (Verb::Pause | Verb::Resume | Verb::Disp | Verb::Del, &[value, ..]) => Err(trailing(value)),
    }
}

/// A whole number in decimal digits, however many zeros lead it.
pub(super) fn parse_number(value: &[u8], allowed: Allowed) -> Option<u16> {
    let Allowed::Number(to) = allowed else {
        return None;
    };
    let mut number: u16 = 0;
    // Ends: one pass over the digits.
    for byte in value {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number = number.checked_mul(10)?.checked_add(digit.into())?;
    }
    (1..=to).contains(&number).then_some(number)
}

fn parse_version(value: &[u8]) -> Option<HttpVersion> {
    match value {
        b"1.0" => Some(HttpVersion::V1_0),
        b"1.1" => Some(HttpVersion::V1_1),
        _ => None,
    }
}

/// A request target that can stand in a request line as it is (RFC 9112, 3.2): no spaces or control characters, so
/// that no header can be smuggled in, and no fragment, which is never sent (RFC 9110, 7.1).
///
/// An absolute URI must have a host (RFC 9110, 4.2.1) and no user information (4.2.4), since its authority becomes
/// the `Host` header.
fn parse_uri(value: &[u8]) -> Option<ArrayString<URI_MAX>> {
    if !value
        .iter()
        .all(|byte| matches!(byte, 0x21..=0x7e) && *byte != b'#')
    {
        return None;
    }
    const SCHEME: &[u8] = b"http://";
    let is_absolute = value
        .split_at_checked(SCHEME.len())
        .is_some_and(|(scheme, rest)| {
            let authority = rest
                .split(|byte| b"/?".contains(byte))
                .next()
                .unwrap_or_default();
            scheme.eq_ignore_ascii_case(SCHEME)
                && !authority.is_empty()
                && !authority.starts_with(b":")
                && !authority.contains(&b'@')
        });
    if !(value.starts_with(b"/") || value == b"*" || is_absolute) {
        return None;
    }
    ArrayString::from(core::str::from_utf8(value).ok()?).ok()
}
