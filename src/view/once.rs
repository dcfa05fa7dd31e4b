//! How the result of a single check (`--once`) is told: one line, that explains a failure by itself.
//!
//! Owns the wording and the two exit codes' meaning as words; the hints are those of `hints`. Pure.

use crate::check::{Ending, Outcome};
use crate::cli::Form;
use crate::config::{Addresses, Config};
use crate::event::{Event, Failure};
use crate::failed::Named;
use crate::limits::LATE;
use crate::protocol::Protocol;
use crate::words::{Answer, Why, phase};
use core::fmt::Write;

/// How a single check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The service is healthy.
    Healthy,
    /// It is not.
    Failed,
    /// The node could not make the check.
    Void,
}

impl Judgement {
    /// The verdict of `outcome`. A check that failed while this process was not run says nothing of the service.
    pub const fn of(outcome: &Outcome) -> Self {
        match outcome.attempt.ending {
            Ending::Healthy => Self::Healthy,
            Ending::Failed(_) if !outcome.late => Self::Failed,
            Ending::Failed(_) | Ending::Void(_) => Self::Void,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Failed => "failed",
            Self::Void => "void",
        }
    }

    const fn plugin_word(self) -> &'static str {
        match self {
            Self::Healthy => "OK",
            Self::Failed => "CRITICAL",
            Self::Void => "UNKNOWN",
        }
    }
}

/// What a single check found, as it is told.
#[derive(Debug, Clone, Copy)]
pub struct Finding<'a> {
    /// What was checked.
    pub config: &'a Config,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// The addresses that the look-up gave.
    pub addresses: &'a Addresses,
}

/// The line of `finding`, line end included.
pub fn line(finding: &Finding<'_>, form: Form) -> String {
    let verdict = Judgement::of(finding.outcome);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = finding.write(verdict, &mut text);
    match form {
        Form::Line => format!("{}: {text}\n", verdict.word()),
        Form::Plugin => {
            let elapsed = finding.outcome.elapsed;
            let (seconds, micros) = (elapsed.as_secs(), elapsed.subsec_micros());
            let timeout = finding.config.timing.timeout.as_secs();
            format!(
                "{} {} - {} | time={seconds}.{micros:06}s;;;0;{timeout}\n",
                finding.config.protocol().info().label,
                verdict.plugin_word(),
                without_bar(&text)
            )
        }
    }
}

/// The line of a plugin that could not check at all.
pub fn unknown(protocol: Protocol, why: &str) -> String {
    let (label, word) = (protocol.info().label, Judgement::Void.plugin_word());
    format!("{label} {word} - {}\n", without_bar(why))
}

/// A plugin's line has one bar: what follows it are figures.
fn without_bar(text: &str) -> String {
    text.replace('|', "/")
}

impl Finding<'_> {
    fn write(&self, verdict: Judgement, out: &mut String) -> core::fmt::Result {
        let Outcome {
            attempt, elapsed, ..
        } = self.outcome;
        let event = match attempt.ending {
            Ending::Healthy => None,
            Ending::Failed(failure) => Some(Event::from(failure)),
            Ending::Void(error) => Some(error.event()),
        };
        if let Some(event) = event {
            let identifier = self.config.identifier.as_str();
            write!(
                out,
                "{} ",
                event.message(self.config.protocol(), identifier)
            )?;
        }
        if let Some(address) = attempt.address {
            write!(out, "{address}, ")?;
        }
        let step = match attempt.ending {
            Ending::Healthy => "answered",
            Ending::Failed(_) | Ending::Void(_) => phase(attempt.phase),
        };
        write!(out, "{step}, {} ms", elapsed.as_millis())?;
        match attempt.ending {
            Ending::Healthy => {}
            Ending::Failed(failure) => self.write_cause(failure, out)?,
            Ending::Void(error) => write!(
                out,
                ": {}: {}; the node could not make the check",
                error.call.name(),
                Named(error.errno)
            )?,
        }
        if verdict == Judgement::Void && self.outcome.late {
            write!(
                out,
                "; this process was not run: it woke over {} ms after a deadline",
                LATE.as_millis()
            )?;
        }
        match self.hint() {
            Some(hint) => write!(out, "; hint: {hint}"),
            None => Ok(()),
        }
    }

    fn write_cause(&self, failure: Failure, out: &mut String) -> core::fmt::Result {
        let detail = &self.outcome.attempt.detail;
        match failure {
            // The event's text names the call.
            Failure::Socket(errno)
            | Failure::Connect(errno)
            | Failure::Send(errno)
            | Failure::Select(errno)
            | Failure::Receive(errno)
                if detail.cause.is_none() =>
            {
                write!(out, ": {}", Named(errno))
            }
            _ => write!(
                out,
                ": {}{}",
                Why(failure, detail.cause),
                Answer(failure, detail)
            ),
        }
    }
}

#[cfg(test)]
#[path = "once_tests.rs"]
mod tests;
