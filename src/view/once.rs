//! How the result of a single check (`--once`) is told: one line, that explains a failure by itself.
//!
//! Owns the wording, the hints and the two exit codes' meaning as words. Pure.

use crate::check::{Ending, Outcome, Phase};
use crate::cli::Form;
use crate::config::{Addresses, Config, Host, HttpVersion, Request};
use crate::event::{Event, Failure};
use crate::failed::Named;
use crate::limits::LATE;
use crate::module::Module;
use crate::units::Errno;
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
                finding.config.module().facts().protocol,
                verdict.plugin_word(),
                without_bar(&text)
            )
        }
    }
}

/// The line of a plugin that could not check at all.
pub fn unknown(module: Module, why: &str) -> String {
    let (protocol, word) = (module.facts().protocol, Judgement::Void.plugin_word());
    format!("{protocol} {word} - {}\n", without_bar(why))
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
            write!(out, "{} ", event.message(self.config.module(), identifier))?;
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

    /// What is known to be behind such an end.
    fn hint(&self) -> Option<&'static str> {
        let attempt = &self.outcome.attempt;
        let failure = match attempt.ending {
            Ending::Failed(failure) => failure,
            Ending::Void(error) => return void_hint(error.errno),
            Ending::Healthy => return None,
        };
        Some(match (failure, self.config.module()) {
            (Failure::Connect(_), _) if self.is_v6_localhost() => {
                "localhost is ::1 only in /etc/hosts of this node; does the server listen on 127.0.0.1 alone? Then \
                 use -s 127.0.0.1"
            }
            (Failure::Connect(Errno::REFUSED), _) => {
                "nothing listens there: is the server started, are -s and -n right?"
            }
            (Failure::Connect(Errno::TIMED_OUT), _) => {
                "nobody answers there: is the address right, does a packet filter drop the connection, or is the \
                 server too busy to take it?"
            }
            (Failure::LookUp(number), _) if number < 0 => {
                "is -s right? See /etc/hosts and the name server; an address needs neither"
            }
            (Failure::InvalidResponse, _) => self.foreign_hint()?,
            (Failure::InvalidStatus(code), Module::Http) => self.http_hint(code)?,
            (Failure::InvalidStatus(0), Module::Smtp) => {
                self.foreign_hint().unwrap_or("is this a mail server?")
            }
            (Failure::InvalidStatus(421), Module::Smtp) => {
                "421: the mail server is overloaded or shutting down, or has too many connections"
            }
            (Failure::InvalidStatus(554), Module::Smtp) => {
                "554: the mail server does not serve this node: see its access rules"
            }
            (Failure::Select(_), Module::Smtp) if attempt.phase == Phase::Answer => {
                "it takes connections and does not answer in time: is it overloaded, does it delay its greeting \
                 longer than -r, or does the port speak TLS (465)?"
            }
            (Failure::Select(_), Module::Http) => {
                "it takes connections and does not answer in time: has it stalled, is -r too short, or does the port \
                 speak TLS?"
            }
            _ => return None,
        })
    }

    fn http_hint(&self, code: u16) -> Option<&'static str> {
        let is_1_0 = matches!(
            self.config.request,
            Request::Http {
                version: HttpVersion::V1_0,
                ..
            }
        );
        Some(match code {
            400 => {
                "400: the server does not like the Host it was sent: give -s the name of the site instead of an \
                 address, or watch without -h"
            }
            401 => {
                "401: a page behind user authentication cannot be watched: choose another -h, or none"
            }
            403 => {
                "403: the server does not let this node see the page: see its access rules, or choose another -h"
            }
            404 => "404: there is no such page: is -h right?",
            405 => "405: the page does not take HEAD requests: choose another -h, or none",
            426 if is_1_0 => "426: the server does not speak HTTP/1.0: use -v 1.1",
            426 => "426: the server wants another protocol on this port, perhaps TLS",
            500..=599 => "the web server or what is behind it is in trouble: see its log",
            _ => return None,
        })
    }

    /// Who else may have answered.
    fn foreign_hint(&self) -> Option<&'static str> {
        let said = self.outcome.attempt.detail.excerpt;
        let begins = |with: &[u8]| said.as_bytes().starts_with(with);
        Some(match self.config.module() {
            // Alerts and handshakes (RFC 8446, 5.1).
            _ if begins(&[0x15, 0x03]) || begins(&[0x16, 0x03]) => {
                "the port speaks TLS, which is not spoken here"
            }
            Module::Http if begins(b"220") || begins(b"554") => {
                "a mail server answers there: clp_smtpmon is for it"
            }
            Module::Http if begins(b"SSH-") => "an SSH server answers there: is -n right?",
            Module::Smtp if begins(b"HTTP/") => "a web server answers there: clp_httpmon is for it",
            _ => return None,
        })
    }

    fn is_v6_localhost(&self) -> bool {
        let is_localhost =
            matches!(&self.config.host, Host::Name(name) if name.as_str() == "localhost");
        is_localhost
            && !self.addresses.is_empty()
            && self.addresses.iter().all(|address| address.is_ipv6())
    }
}

/// What the node may lack.
const fn void_hint(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::NOT_PERMITTED | Errno::NO_ACCESS => {
            Some("a packet filter of this node, or its security policy, forbids the connection")
        }
        Errno::NO_FILES | Errno::NO_FILES_AT_ALL => {
            Some("this node has too many open files: see ulimit -n and fs.file-max")
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "once_tests.rs"]
mod tests;
