//! The commands that show what the monitors do: `clp_isa status`, `alerts`, `metrics`.
//!
//! Owns their options, as one table that the help prints too.

use super::options::parse_number;
use super::reason::{Allowed, Reason};
use crate::identifier::Identifier;
use crate::limits::{ALERTS_SHOWN, OPTION_MAX};

/// One of the commands that show something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// `status`.
    Status,
    /// `alerts`.
    Alerts,
    /// `metrics`.
    Metrics,
}

impl Show {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Status, Self::Alerts, Self::Metrics];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Alerts => "alerts",
            Self::Metrics => "metrics",
        }
    }

    /// What it does.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Status => "show how the monitors of this node fare",
            Self::Alerts => "show the alert log, newest first",
            Self::Metrics => "print the facts of the monitors for Prometheus",
        }
    }
}

/// What is to be shown, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// `status`.
    Status {
        /// As JSON.
        json: bool,
        /// Again each second.
        watch: bool,
        /// This monitor alone.
        identifier: Option<Identifier>,
    },
    /// `alerts`.
    Alerts {
        /// How many, 1 to 10000.
        count: u16,
        /// Go on with those that come.
        follow: bool,
        /// As JSON.
        json: bool,
    },
    /// `metrics`.
    Metrics,
}

/// What an option sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Json,
    Watch,
    Count,
    Follow,
}

/// One option.
#[derive(Debug)]
pub(super) struct Entry {
    show: Show,
    field: Field,
    /// Its name, dashes included.
    pub(super) name: &'static str,
    /// What stands for its value in the help; empty if it has none.
    pub(super) value: &'static str,
    /// What it means.
    pub(super) meaning: &'static str,
}

const ALLOWED: Allowed = Allowed::Number(OPTION_MAX);

const ENTRIES: [Entry; 5] = [
    Entry {
        show: Show::Status,
        field: Field::Json,
        name: "--json",
        value: "",
        meaning: "as JSON, whole",
    },
    Entry {
        show: Show::Status,
        field: Field::Watch,
        name: "--watch",
        value: "",
        meaning: "again every second, until Ctrl-C",
    },
    Entry {
        show: Show::Alerts,
        field: Field::Count,
        name: "-n",
        value: "N",
        meaning: "at most N alerts: a whole number from 1 to 10000 (default: 20)",
    },
    Entry {
        show: Show::Alerts,
        field: Field::Follow,
        name: "-f",
        value: "",
        meaning: "in the order of time, and each new one as it comes, until Ctrl-C",
    },
    Entry {
        show: Show::Alerts,
        field: Field::Json,
        name: "--json",
        value: "",
        meaning: "as JSON; with -f one object a line",
    },
];

/// The options of `show`.
pub(super) fn entries(show: Show) -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().filter(move |entry| entry.show == show)
}

/// Parses what follows the name of `show`.
pub(super) fn parse<'a>(show: Show, mut arguments: &[&'a [u8]]) -> Result<View, Reason<'a>> {
    let (mut json, mut watch, mut follow) = (false, false, false);
    let (mut count, mut identifier) = (None, None);
    // Ends: every round takes an argument, or returns.
    while let Some((&argument, rest)) = arguments.split_first() {
        arguments = rest;
        let Some(entry) = entries(show).find(|entry| entry.name.as_bytes() == argument) else {
            if argument.starts_with(b"-") {
                return Err(Reason::UnknownOption(argument));
            }
            if show != Show::Status || identifier.is_some() {
                return Err(Reason::Unexpected(argument));
            }
            identifier = Some(Identifier::parse(argument).ok_or(Reason::Identifier(argument))?);
            continue;
        };
        let was_given = match entry.field {
            Field::Json => core::mem::replace(&mut json, true),
            Field::Watch => core::mem::replace(&mut watch, true),
            Field::Follow => core::mem::replace(&mut follow, true),
            Field::Count => {
                let (&value, rest) = rest
                    .split_first()
                    .filter(|(value, _)| !value.starts_with(b"-"))
                    .ok_or(Reason::MissingValue(entry.name))?;
                arguments = rest;
                let number = parse_number(value, ALLOWED).ok_or(Reason::Value {
                    option: entry.name,
                    value,
                    allowed: ALLOWED,
                })?;
                count.replace(number).is_some()
            }
        };
        if was_given {
            return Err(Reason::Repeated(entry.name));
        }
    }
    Ok(match show {
        Show::Status => View::Status {
            json,
            watch,
            identifier,
        },
        Show::Alerts => View::Alerts {
            count: count.unwrap_or(ALERTS_SHOWN),
            follow,
            json,
        },
        Show::Metrics => View::Metrics,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Vec<&[u8]> {
        text.split_whitespace().map(str::as_bytes).collect()
    }

    #[test]
    fn good_lines() {
        let status = |json, watch, identifier: Option<&str>| View::Status {
            json,
            watch,
            identifier: identifier.map(|text| Identifier::parse(text.as_bytes()).unwrap()),
        };
        let alerts = |count, follow, json| View::Alerts {
            count,
            follow,
            json,
        };
        for (show, text, view) in [
            (Show::Status, "", status(false, false, None)),
            (Show::Status, "web --json", status(true, false, Some("web"))),
            (
                Show::Status,
                "--watch web",
                status(false, true, Some("web")),
            ),
            (Show::Alerts, "", alerts(20, false, false)),
            (Show::Alerts, "-n 007 -f", alerts(7, true, false)),
            (Show::Alerts, "--json -n 10000", alerts(10_000, false, true)),
            (Show::Metrics, "", View::Metrics),
        ] {
            assert_eq!(parse(show, &line(text)), Ok(view), "{text}");
        }
    }

    #[test]
    fn bad_lines() {
        for (show, text, reason) in [
            (Show::Status, "a b", "unexpected argument \"b\""),
            (Show::Status, "w-b", "identifier \"w-b\": must be"),
            (Show::Status, "-n 3", "unknown option \"-n\""),
            (
                Show::Status,
                "--json --json",
                "--json is given more than once",
            ),
            (Show::Alerts, "web", "unexpected argument \"web\""),
            (Show::Alerts, "-n", "-n: the value is missing"),
            (Show::Alerts, "-n -f", "-n: the value is missing"),
            (Show::Alerts, "-n 0", "-n \"0\": must be a whole number"),
            (Show::Alerts, "-n 10001", "-n \"10001\": must be"),
            (Show::Alerts, "-n 3 -n 3", "-n is given more than once"),
            (Show::Alerts, "--watch", "unknown option \"--watch\""),
            (Show::Metrics, "--json", "unknown option \"--json\""),
            (Show::Metrics, "x", "unexpected argument \"x\""),
        ] {
            let said = parse(show, &line(text)).unwrap_err().to_string();
            assert!(said.starts_with(reason), "{text}: {said}");
        }
    }
}
