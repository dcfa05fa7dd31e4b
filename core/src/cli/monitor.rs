//! The options of a start command line and the verbs: two tables.
//!
//! Owns every option of a monitor, one row each: name, range, default, words and setter.

use super::reason::{Allowed, Reason};
use super::table::{Line, Row, Takes, put, read, stray};
use super::{Form, Verb, host, uri};
use crate::config::{Config, Host, HttpVersion, Request, Timing};
use crate::identifier::Identifier;
use crate::limits::{OPTION_MAX, URI_MAX};
use crate::protocol::Protocol;
use arrayvec::ArrayString;
use core::net::Ipv4Addr;
use core::time::Duration;

/// The options of both commands, in the order of the guide.
const fn common(port: u16) -> [Row<Config>; 5] {
    [
        Row {
            usage: "-s SERVER",
            meaning: "server to watch",
            takes: Takes::Text(Allowed::Host, Some("localhost"), |config, value| {
                put(&mut config.host, host::parse(value))
            }),
        },
        Row {
            usage: "-n PORT",
            meaning: "port",
            takes: Takes::Number(u16::MAX, port, |config, port| config.port = port),
        },
        Row {
            usage: "-i INTERVAL",
            meaning: "seconds from one check's start to the next",
            takes: Takes::Number(OPTION_MAX, 60, |config, number| {
                config.timing.interval = seconds(number)
            }),
        },
        Row {
            usage: "-c RETRIES",
            meaning: "retries after a failed check",
            takes: Takes::Number(OPTION_MAX, 3, |config, number| {
                config.timing.retries = number
            }),
        },
        Row {
            usage: "-r TIMEOUT",
            meaning: "seconds one check may take in all",
            takes: Takes::Number(OPTION_MAX, 10, |config, number| {
                config.timing.timeout = seconds(number)
            }),
        },
    ]
}

/// The further options of `clp_httpmon`.
static HTTP: [Row<Config>; 2] = [
    Row {
        usage: "-v 1.0|1.1",
        meaning: "HTTP version",
        takes: Takes::Text(Allowed::Version, Some("1.1"), |config, value| {
            put(http(config)?.0, parse_version(value))
        }),
    },
    Row {
        usage: "-h REQUEST-URI",
        meaning: "what to ask for",
        takes: Takes::Text(Allowed::Uri, Some("/"), |config, value| {
            put(http(config)?.1, uri::parse(value))
        }),
    },
];

/// What makes a start command line one for a single check; the second needs the first. Both say nothing of what is
/// watched: `form` looks for them.
pub(super) static FLAGS: [Row<Config>; 2] = [
    Row {
        usage: "--once",
        meaning: "make one check, say in one line how it went, and start nothing; no license is needed. Exit code \
                  0: healthy, 1: failed, 5: void (the node could not make the check)",
        takes: Takes::Nothing(|_| ()),
    },
    Row {
        usage: "--plugin",
        meaning: "with --once: the line and the exit code of a monitoring plugin. Exit code 0: OK, 2: CRITICAL, \
                  3: UNKNOWN",
        takes: Takes::Nothing(|_| ()),
    },
];

/// The options that `protocol` has.
pub(super) fn options(protocol: Protocol) -> impl Iterator<Item = &'static Row<Config>> + Clone {
    let (common, own): (&[_], &[_]) = match protocol {
        Protocol::Http => (const { &common(Protocol::Http.info().port) }, &HTTP),
        Protocol::Smtp => (const { &common(Protocol::Smtp.info().port) }, &[]),
    };
    common.iter().chain(own).chain(&FLAGS)
}

/// Every verb, in the order of the guide.
pub(super) static VERBS: [Row<Verb>; 5] = [
    Row {
        usage: "--stop [WAIT]",
        meaning: "end the monitor and wait for its end, at most WAIT seconds",
        takes: Takes::Number(OPTION_MAX, 10, |verb, wait| *verb = Verb::Stop { wait }),
    },
    Row {
        usage: "--pause",
        meaning: "make no checks until resumed",
        takes: Takes::Nothing(|verb| *verb = Verb::Pause),
    },
    Row {
        usage: "--resume",
        meaning: "check again, at once",
        takes: Takes::Nothing(|verb| *verb = Verb::Resume),
    },
    Row {
        usage: "--disp",
        meaning: "print the monitor's process id",
        takes: Takes::Nothing(|verb| *verb = Verb::Disp),
    },
    Row {
        usage: "--del",
        meaning: "remove the record of a monitor that was killed",
        takes: Takes::Nothing(|verb| *verb = Verb::Del),
    },
];

/// The verb named `word`.
pub(super) fn verb(word: &[u8]) -> Option<&'static Row<Verb>> {
    VERBS.iter().find(|verb| verb.name().as_bytes() == word)
}

/// How the result of a single check is to be told, as far as a command line that may be wrong says.
pub(super) fn form(arguments: &[&[u8]]) -> Option<Form> {
    let [once, plugin] = FLAGS
        .each_ref()
        .map(|flag| arguments.contains(&flag.name().as_bytes()));
    match (once, plugin) {
        (_, true) => Some(Form::Plugin),
        (true, false) => Some(Form::Line),
        (false, false) => None,
    }
}

/// Parses the options that follow an identifier.
pub(super) fn parse<'a>(
    protocol: Protocol,
    identifier: Identifier,
    arguments: &[&'a [u8]],
) -> Result<(Config, Option<Form>), Reason<'a>> {
    // Blank: every option has a default.
    let mut config = Config {
        identifier,
        host: Host::V4(Ipv4Addr::UNSPECIFIED),
        port: 0,
        timing: Timing {
            interval: Duration::ZERO,
            retries: 0,
            timeout: Duration::ZERO,
        },
        request: Request::blank(protocol),
    };
    read(options(protocol), &mut config, arguments)?;
    let [needed, flag] = FLAGS.each_ref().map(|flag| flag.name());
    let form = form(arguments);
    if form == Some(Form::Plugin) && !arguments.contains(&needed.as_bytes()) {
        return Err(Reason::Without { flag, needed });
    }
    Ok((config, form))
}

impl Line for Config {
    type Given<'a> = Self;

    const REPEATED_FIRST: bool = true;

    fn other<'a>(config: &mut Self, argument: &'a [u8]) -> Result<(), Reason<'a>> {
        if let Some(verb) = verb(argument) {
            return Err(Reason::Mixed(verb.name()));
        }
        let is_glued = |option: &&Row<Self>| {
            option.takes_value() && argument.starts_with(option.name().as_bytes())
        };
        Err(match options(config.protocol()).find(is_glued) {
            Some(option) => Reason::Glued {
                option: option.name(),
                argument,
            },
            None => stray(argument),
        })
    }
}

/// Parses what follows a verb.
pub(super) fn parse_verb<'a>(row: &Row<Verb>, values: &[&'a [u8]]) -> Result<Verb, Reason<'a>> {
    if values.iter().any(|value| value.starts_with(b"-")) {
        return Err(Reason::Mixed(row.name()));
    }
    if let Some(&value) = values.get(usize::from(row.takes_value())) {
        return Err(Reason::Trailing {
            verb: row.name(),
            value,
        });
    }
    // Whichever: the row sets its own.
    let mut verb = Verb::Disp;
    match values.first() {
        None if row.takes_value() => row.set_default(&mut verb),
        value => row.set(&mut verb, value.copied().unwrap_or_default())?,
    }
    Ok(verb)
}

impl Line for Verb {
    type Given<'a> = Self;
}

const fn seconds(number: u16) -> Duration {
    Duration::from_secs(number as u64)
}

/// What only `clp_httpmon` is told.
const fn http(config: &mut Config) -> Option<(&mut HttpVersion, &mut ArrayString<URI_MAX>)> {
    let Request::Http { version, uri } = &mut config.request else {
        return None;
    };
    Some((version, uri))
}

fn parse_version(value: &[u8]) -> Option<HttpVersion> {
    match value {
        b"1.0" => Some(HttpVersion::V1_0),
        b"1.1" => Some(HttpVersion::V1_1),
        _ => None,
    }
}
