//! The command line through the real binary: every option's limits, defaults and bad values; help and version.

mod accepted;
mod help;
mod refused;

use super::support::run::words;
use super::support::server::{RefusingPort, Server};
use super::support::{PATIENCE, Root, is_root, rows, skip, wait_for};
use nix::sys::signal::Signal;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A command in its two spellings, and what its messages say.
struct Names {
    command: &'static str,
    long: &'static str,
    module: &'static str,
    no_identifier: &'static str,
}

const HTTP: Names = Names {
    command: "clp_httpmon",
    long: "clp_isa httpmon",
    module: "httpmon",
    no_identifier: "An identifier is not specified in the clp_httpmon command.",
};
const SMTP: Names = Names {
    command: "clp_smtpmon",
    long: "clp_isa smtpmon",
    module: "smtpmon",
    no_identifier: "The identifier is not specified in the clp_smtpmon command.",
};
const BOTH: [&Names; 2] = [&HTTP, &SMTP];

/// A command line that is refused: the event, the identifier it shows, and what standard error names.
struct Refused {
    names: &'static Names,
    arguments: Vec<Vec<u8>>,
    event: u8,
    shown: String,
    named: Vec<String>,
}

impl Refused {
    fn event_11(names: &'static Names, arguments: &[&[u8]], named: &[&str]) -> Self {
        Self {
            names,
            arguments: arguments.iter().map(|word| word.to_vec()).collect(),
            event: 11,
            shown: "web".into(),
            named: named.iter().map(|&word| word.into()).collect(),
        }
    }

    fn text(&self) -> String {
        let command = self.names.command;
        match self.event {
            13 => self.names.no_identifier.into(),
            _ => format!(
                "The parameter value of {command} is invalid. [ID:{}]",
                self.shown
            ),
        }
    }

    /// Under both spellings: exit 2, one alert, the words on standard error, and nothing else.
    fn check(&self) {
        let arguments: Vec<&[u8]> = self.arguments.iter().map(Vec::as_slice).collect();
        let arguments = words(&arguments);
        for name in [self.names.command, self.names.long] {
            let root = Root::new();
            let context = format!("{name} {arguments:?}");
            let ran = root.run_as(name, &arguments);
            assert_eq!(ran.code, 2, "{context}: {ran:?}");
            assert_eq!(ran.stdout, "", "{context}");
            let command = self.names.command;
            let lines: Vec<&str> = ran.stderr.lines().collect();
            let [first, second] = lines[..] else {
                panic!("{context}: {ran:?}");
            };
            assert_eq!(first, format!("{command}: {}", self.text()), "{context}");
            let reason = second.strip_prefix(&format!("{command}: ")).unwrap();
            for word in &self.named {
                assert!(reason.contains(word.as_str()), "{context}: {reason}");
            }
            assert!(
                reason.bytes().all(|byte| (0x20..=0x7e).contains(&byte)),
                "{context}: {reason:?}"
            );
            let alerts = root.alerts();
            let [alert] = &alerts[..] else {
                panic!("{context}: {alerts:?}");
            };
            assert_eq!(alert.id, self.event, "{context}");
            assert_eq!(alert.module, self.names.module, "{context}");
            assert_eq!(alert.text, self.text(), "{context}");
            assert_eq!(root.state(), [], "{context}: left behind");
        }
    }
}
