//! The state of one monitor, as it is shown: what was found, what it told, and what that amounts to.
//!
//! Owns the states, their order and their words. Pure.

use crate::control::survey::{Condition, Found};
use crate::describe::Why;
use crate::sys;
use clp_isa_core::check::Ending;
use clp_isa_core::identifier::Identifier;
use clp_isa_core::monitor::{State, Verdict};
use clp_isa_core::protocol::Protocol;
use clp_isa_core::wire::status::{self, LastCheck, StatusReport};
use core::fmt;
use core::time::Duration;

/// What a monitor is up to; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// A record without a process: it was killed.
    Dead,
    /// It did not tell.
    Unresponsive,
    /// The node cannot make its checks.
    Blind,
    /// Checks fail.
    Retry {
        /// That many in a row.
        failed: u16,
        /// That many end it.
        limit: u32,
    },
    /// About to end.
    Ending,
    /// Paused.
    Paused,
    /// All is well.
    Watching,
}

impl Health {
    /// The words of all states, in their order.
    pub const NAMES: [&'static str; 7] = [
        "dead",
        "unresponsive",
        "blind",
        "retry",
        "ending",
        "paused",
        "watching",
    ];

    /// Its word.
    pub const fn name(self) -> &'static str {
        let [dead, unresponsive, blind, retry, ending, paused, watching] = Self::NAMES;
        match self {
            Self::Dead => dead,
            Self::Unresponsive => unresponsive,
            Self::Blind => blind,
            Self::Retry { .. } => retry,
            Self::Ending => ending,
            Self::Paused => paused,
            Self::Watching => watching,
        }
    }

    /// Whether somebody should look: the service is failing, or is not watched although it should be.
    pub const fn is_bad(self) -> bool {
        match self {
            Self::Dead | Self::Unresponsive | Self::Blind | Self::Retry { .. } => true,
            Self::Ending | Self::Paused | Self::Watching => false,
        }
    }

    fn of(report: &StatusReport) -> Self {
        match report.state {
            State::Ended => Self::Ending,
            State::Paused => Self::Paused,
            State::New | State::Waiting | State::Checking if report.blind => Self::Blind,
            State::New | State::Waiting | State::Checking if report.failing > 0 => Self::Retry {
                failed: report.failing,
                limit: limit(report),
            },
            State::New | State::Waiting | State::Checking => Self::Watching,
        }
    }
}

impl fmt::Display for Health {
    /// As the table shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry { failed, limit } => write!(f, "retry {failed}/{limit}"),
            state => f.write_str(state.name()),
        }
    }
}

/// That many failed checks in a row end the monitor.
pub fn limit(report: &StatusReport) -> u32 {
    u32::from(report.retries).saturating_add(1)
}

/// One monitor, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its identifier.
    pub identifier: Identifier,
    /// Whose it is, if that is known.
    pub protocol: Option<Protocol>,
    /// Its process id, or that of the killed process, if it is known.
    pub pid: Option<u32>,
    /// What it is up to.
    pub state: Health,
    /// Why it did not tell.
    pub problem: Option<String>,
    /// What it told.
    pub report: Option<StatusReport>,
}

impl From<Found> for Seen {
    fn from(found: Found) -> Self {
        let Found {
            identifier,
            record,
            condition,
        } = found;
        let (state, problem, report) = match condition {
            Condition::Dead => (
                Health::Dead,
                Some("was killed; start it again, or remove its record with --del".into()),
                None,
            ),
            Condition::Silent(why) => (Health::Unresponsive, Some(why), None),
            Condition::Told(line) => match status::parse(&line) {
                Some(report) => (Health::of(&report), None, Some(report)),
                None => (
                    Health::Unresponsive,
                    Some("its answer was not understood".into()),
                    None,
                ),
            },
        };
        Self {
            identifier,
            protocol: record.map(|record| record.protocol),
            pid: record.map(|record| record.pid),
            state,
            problem,
            report,
        }
    }
}

/// Everything that was found, the worst first; within a state in the order of the identifiers.
pub fn sorted(found: Vec<Found>) -> Vec<Seen> {
    let mut seen: Vec<Seen> = found.into_iter().map(Seen::from).collect();
    // Among those that fail, the nearest to its end first.
    let rank = |one: &Seen| match one.state {
        Health::Retry { failed, limit } => Health::Retry {
            failed: 0,
            limit: limit.saturating_sub(failed.into()),
        },
        state => state,
    };
    seen.sort_unstable_by(|one, other| {
        let order = rank(one).cmp(&rank(other));
        order.then_with(|| one.identifier.as_str().cmp(other.identifier.as_str()))
    });
    seen
}

/// What a check failed of, in the words of the failure log but without the event's id; nothing if it was healthy.
pub fn cause(last: &LastCheck) -> Option<String> {
    match last.attempt.ending {
        Ending::Healthy => None,
        Ending::Failed(failure) => Some(Why(failure, last.attempt.detail.cause).to_string()),
        Ending::Void(error) => Some(sys::Error::from(error).to_string()),
    }
}

/// The event that a check's end is alerted as, with its number; nothing if it was healthy.
pub fn event(last: &LastCheck) -> Option<(u8, i32)> {
    match last.attempt.ending {
        Ending::Healthy => None,
        Ending::Failed(failure) => Some((failure.id(), failure.number())),
        Ending::Void(error) => Some((error.event().id(), error.errno.0)),
    }
}

/// A check's verdict with the event in short: `failed 72 [111]`.
pub fn short(last: &LastCheck) -> String {
    let verdict = last.verdict.name();
    match event(last).filter(|_| last.verdict != Verdict::Late) {
        Some((82, _)) => format!("{verdict} 82"),
        Some((id, number)) => format!("{verdict} {id} [{number}]"),
        None => verdict.into(),
    }
}

/// A span in one unit: `7 s`, `12 min`, `5 h`, `9 d`.
pub struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
        match seconds {
            0..120 => write!(f, "{seconds} s"),
            120..7200 => write!(f, "{minutes} min"),
            7200..172_800 => write!(f, "{hours} h"),
            _ => write!(f, "{days} d"),
        }
    }
}
