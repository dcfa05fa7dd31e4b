//! How the result of a single check (`--once`) is told: one line, that explains a failure by itself.
//!
//! Owns the wording; the hints are those of `hints`. Pure.

use super::hints;
use crate::describe::{ServerSaid, Why, phase};
use crate::sys;
use crate::sys::error::Named;
use clp_isa_core::check::{CheckReport, Ending, Outcome};
use clp_isa_core::cli::Form;
use clp_isa_core::event::{Event, Failure};
use clp_isa_core::limits::LATE;
use clp_isa_core::monitor::Verdict;
use clp_isa_core::protocol::Protocol;
use core::fmt::Write;

/// The verdict on a single check. One that failed while this process was not run says nothing of the service.
pub const fn verdict(report: &CheckReport<'_>) -> Verdict {
    Verdict::of(&report.outcome, report.outcome.late)
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Late => Verdict::Void.name(),
        verdict => verdict.name(),
    }
}

const fn plugin_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Healthy => "OK",
        Verdict::Failed => "CRITICAL",
        Verdict::Void | Verdict::Late => "UNKNOWN",
    }
}

/// The line of `report`, line end included.
pub fn line(report: &CheckReport<'_>, form: Form) -> String {
    let verdict = verdict(report);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(report, verdict, &mut text);
    match form {
        Form::Line => format!("{}: {text}\n", word(verdict)),
        Form::Plugin => {
            let elapsed = report.outcome.elapsed;
            let (seconds, micros) = (elapsed.as_secs(), elapsed.subsec_micros());
            let timeout = report.config.timing.timeout.as_secs();
            format!(
                "{} {} - {} | time={seconds}.{micros:06}s;;;0;{timeout}\n",
                report.config.protocol().info().label,
                plugin_word(verdict),
                without_bar(&text)
            )
        }
    }
}

/// The line of a plugin that could not check at all.
pub fn unknown(protocol: Protocol, why: &str) -> String {
    let (label, word) = (protocol.info().label, plugin_word(Verdict::Void));
    format!("{label} {word} - {}\n", without_bar(why))
}

/// A plugin's line has one bar: what follows it are figures.
fn without_bar(text: &str) -> String {
    text.replace('|', "/")
}

fn write(report: &CheckReport<'_>, verdict: Verdict, out: &mut String) -> core::fmt::Result {
    let Outcome {
        attempt, elapsed, ..
    } = &report.outcome;
    let event = match attempt.ending {
        Ending::Healthy => None,
        Ending::Failed(failure) => Some(Event::from(failure)),
        Ending::Void(error) => Some(error.event()),
    };
    if let Some(event) = event {
        let identifier = report.config.identifier.as_str();
        write!(
            out,
            "{} ",
            event.message(report.config.protocol(), identifier)
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
        Ending::Failed(failure) => write_cause(report, failure, out)?,
        Ending::Void(error) => write!(
            out,
            ": {}; the node could not make the check",
            sys::Error::from(error)
        )?,
    }
    if matches!(verdict, Verdict::Void | Verdict::Late) && report.outcome.late {
        write!(
            out,
            "; this process was not run: it woke over {} ms after a deadline",
            LATE.as_millis()
        )?;
    }
    match hints::hint(report) {
        Some(hint) => write!(out, "; hint: {hint}"),
        None => Ok(()),
    }
}

fn write_cause(report: &CheckReport<'_>, failure: Failure, out: &mut String) -> core::fmt::Result {
    let detail = &report.outcome.attempt.detail;
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
            ServerSaid(failure, detail)
        ),
    }
}

#[cfg(test)]
mod tests;
