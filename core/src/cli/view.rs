//! The commands that show what the monitors do: `clp_isa status`, `alerts`, `metrics`.
//!
//! Owns their options, a table for each command.

use super::reason::Reason;
use super::table::{Line, Row, Takes, read, stray};
use crate::identifier::Identifier;
use crate::limits::{ALERTS_SHOWN, OPTION_MAX};
use crate::listed::listed;

listed! {
    /// One of the commands that show something.
    pub enum Show {
        Status,
        Alerts,
        Metrics,
    }
}

impl Show {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Alerts => "alerts",
            Self::Metrics => "metrics",
        }
    }

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
        json: bool,
    },
    /// `metrics`.
    Metrics,
}

/// What the options set.
pub(super) struct Given {
    show: Show,
    json: bool,
    watch: bool,
    follow: bool,
    count: u16,
    identifier: Option<Identifier>,
}

/// The options of `status`.
static STATUS: [Row<Given>; 2] = [
    Row {
        usage: "--json",
        meaning: "as JSON, whole",
        takes: Takes::Nothing(|given| given.json = true),
    },
    Row {
        usage: "--watch",
        meaning: "again every second, until Ctrl-C",
        takes: Takes::Nothing(|given| given.watch = true),
    },
];

/// The options of `alerts`.
static ALERTS: [Row<Given>; 3] = [
    Row {
        usage: "-n N",
        meaning: "at most N alerts",
        takes: Takes::Number(OPTION_MAX, ALERTS_SHOWN, |given, count| given.count = count),
    },
    Row {
        usage: "-f",
        meaning: "in the order of time, and each new one as it comes, until Ctrl-C",
        takes: Takes::Nothing(|given| given.follow = true),
    },
    Row {
        usage: "--json",
        meaning: "as JSON; with -f one object a line",
        takes: Takes::Nothing(|given| given.json = true),
    },
];

/// The options of `show`.
pub(super) fn options(show: Show) -> &'static [Row<Given>] {
    match show {
        Show::Status => &STATUS,
        Show::Alerts => &ALERTS,
        Show::Metrics => &[],
    }
}

impl Line for Given {
    type Given<'a> = Self;

    fn other<'a>(given: &mut Self, argument: &'a [u8]) -> Result<(), Reason<'a>> {
        let is_expected = given.show == Show::Status && given.identifier.is_none();
        if !is_expected || argument.starts_with(b"-") {
            return Err(stray(argument));
        }
        let identifier = Identifier::parse(argument).ok_or(Reason::Identifier(argument))?;
        given.identifier = Some(identifier);
        Ok(())
    }
}

/// Parses what follows the name of `show`.
pub(super) fn parse<'a>(show: Show, arguments: &[&'a [u8]]) -> Result<View, Reason<'a>> {
    let mut given = Given {
        show,
        json: false,
        watch: false,
        follow: false,
        count: 0,
        identifier: None,
    };
    read(options(show).iter(), &mut given, arguments)?;
    Ok(match show {
        Show::Status => View::Status {
            json: given.json,
            watch: given.watch,
            identifier: given.identifier,
        },
        Show::Alerts => View::Alerts {
            count: given.count,
            follow: given.follow,
            json: given.json,
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
