//! What a monitor tells of itself: one line of `name=value` fields, made without heap, and read back.
//!
//! Owns both ends of the format. No value holds a space. Fields of unknown names are skipped, so that a newer monitor
//! can tell more. Opens nothing and decides nothing.

mod fields;
#[cfg(test)]
mod tests;

use crate::check::{Attempt, Ending};
use crate::config::{Config, Host, Request};
use crate::limits::{SERVER_MAX, STATUS_MAX, URI_MAX};
use crate::monitor::{Counts, Last, Monitor, State, Verdict};
use crate::sink::{Lost, Sink};
use crate::text::append;
use crate::time::Instant;
use arrayvec::ArrayString;
use core::fmt;
use core::time::Duration;
use fields::{Fields, LOST};

/// The line, without its end.
pub type Text = ArrayString<STATUS_MAX>;

/// What `monitor` tells at `now`: what it watches is `config`, what its sinks lost is `lost`.
pub fn render(config: &Config, monitor: &Monitor, lost: Lost, now: Instant) -> Text {
    let mut text = Text::new();
    append(
        &mut text,
        format_args!("{}", Told(config, monitor, lost, now)),
    );
    text
}

struct Told<'a>(&'a Config, &'a Monitor, Lost, Instant);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(config, monitor, lost, now) = *self;
        let timing = monitor.timing();
        let flag = |is_set: bool| u8::from(is_set);
        match &config.host {
            Host::V6(address, Some(zone)) => write!(f, "server=[{address}%{zone}]")?,
            host => write!(f, "server={host}")?,
        }
        write!(f, " port={}", config.port)?;
        if let Request::Http { uri, .. } = &config.request {
            write!(f, " uri={uri}")?;
        }
        write!(
            f,
            " interval={} retries={} timeout={} state={} failing={} blind={} kept={} up={}",
            timing.interval.as_millis(),
            timing.retries,
            timing.timeout.as_millis(),
            word(monitor.state()),
            monitor.failed(),
            flag(monitor.is_blind()),
            flag(monitor.has_stale_names()),
            now.since(monitor.started()).as_millis(),
        )?;
        if let Some(due) = monitor.poll_timeout() {
            write!(f, " next={}", due.since(now).as_millis())?;
        }
        let Counts {
            healthy,
            failed,
            void,
            late,
        } = monitor.stats().counts();
        write!(
            f,
            " healthy={healthy} failed={failed} void={void} late={late}"
        )?;
        for sink in Sink::ALL {
            write!(f, " {LOST}{}={}", sink.name(), lost.of(sink))?;
        }
        match monitor.stats().last() {
            Some(last) => write_last(last, now, f),
            None => Ok(()),
        }
    }
}

/// What the last check found, a blank before each field.
fn write_last(last: &Last, now: Instant, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let attempt = &last.outcome.attempt;
    write!(f, " last={}", last.verdict.name())?;
    fields::write_phase(attempt.phase, f)?;
    write!(
        f,
        " took={} age={}",
        last.outcome.elapsed.as_millis(),
        now.since(last.ended).as_millis()
    )?;
    match attempt.ending {
        Ending::Healthy => {}
        Ending::Failed(failure) => {
            write!(f, " event={} number={}", failure.id(), failure.number())?;
            fields::write_detail(&attempt.detail, f)?;
        }
        Ending::Void(error) => {
            write!(f, " call={} number={}", error.call.name(), error.errno)?;
        }
    }
    match attempt.address {
        Some(address) => write!(f, " address={address}"),
        None => Ok(()),
    }
}

/// A state's word in the line.
const fn word(state: State) -> &'static str {
    match state {
        State::New => "new",
        State::Waiting => "waiting",
        State::Checking => "checking",
        State::Paused => "paused",
        State::Ended => "ended",
    }
}

/// What a monitor told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusReport {
    /// Server, as given; an IPv6 address in brackets.
    pub server: ArrayString<SERVER_MAX>,
    pub port: u16,
    /// Request-URI; none for a mail server.
    pub uri: Option<ArrayString<URI_MAX>>,
    /// From one check's start to the next.
    pub interval: Duration,
    /// Retries after a failed check.
    pub retries: u16,
    /// What one check may take.
    pub timeout: Duration,
    pub state: State,
    /// Failed checks in a row.
    pub failing: u16,
    /// Whether the node cannot make checks at the moment.
    pub blind: bool,
    /// Whether the look-up fails at the moment and the last good addresses are in use.
    pub kept: bool,
    /// Since its start.
    pub up: Duration,
    /// Until the next check; none while one is under way and while paused.
    pub next: Option<Duration>,
    pub counts: Counts,
    pub lost: Lost,
    pub last: Option<LastCheck>,
}

/// What a monitor told of its last check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastCheck {
    pub verdict: Verdict,
    pub attempt: Attempt,
    /// From its start to its verdict.
    pub took: Duration,
    /// Since its end.
    pub age: Duration,
}

/// The report in `line`, which is without its end; nothing if a field is missing or does not have its form, or if the line
/// holds anything but printable ASCII: values are shown as they are.
pub fn parse(line: &[u8]) -> Option<StatusReport> {
    if !line.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    let fields = Fields::new(core::str::from_utf8(line).ok()?);
    let millis = |name| fields.number(name).map(Duration::from_millis);
    let state = fields.value("state")?;
    Some(StatusReport {
        server: ArrayString::from(fields.value("server")?).ok()?,
        port: fields.number("port")?,
        uri: match fields.value("uri") {
            Some(uri) => Some(ArrayString::from(uri).ok()?),
            None => None,
        },
        interval: millis("interval")?,
        retries: fields.number("retries")?,
        timeout: millis("timeout")?,
        state: State::ALL.into_iter().find(|known| word(*known) == state)?,
        failing: fields.number("failing")?,
        blind: fields.number::<u8>("blind")? != 0,
        kept: fields.number::<u8>("kept")? != 0,
        up: millis("up")?,
        next: match fields.value("next") {
            Some(_) => Some(millis("next")?),
            None => None,
        },
        counts: Counts {
            healthy: fields.number("healthy")?,
            failed: fields.number("failed")?,
            void: fields.number("void")?,
            late: fields.number("late")?,
        },
        lost: fields.lost()?,
        last: match fields.value("last") {
            Some(verdict) => Some(LastCheck {
                verdict: Verdict::from_name(verdict)?,
                attempt: fields.attempt()?,
                took: millis("took")?,
                age: millis("age")?,
            }),
            None => None,
        },
    })
}
