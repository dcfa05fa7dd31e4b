//! `clp_isa status`: the monitors as a table, one of them in full, or all of them as JSON.
//!
//! Owns these forms; see [`super::state`] for what is shown. Pure.

use super::health::{Health, Seen, Span, cause, event, short};
use super::json::{self, Object};
use super::table::{self, Cell, Column, Room};
use crate::describe::{At, ServerSaid, phase};
use clp_isa_core::check::Ending;
use clp_isa_core::monitor::{Counts, State};
use clp_isa_core::sink::Sink;
use clp_isa_core::text::Escaped;
use clp_isa_core::wire::status::{LastCheck, StatusReport};

const COLUMNS: [Column; 12] = [
    Column::new(
        "IDENTIFIER",
        Room::Cut {
            least: 10,
            usual: 20,
        },
    ),
    Column::new("MODULE", Room::Fixed),
    Column::new("STATE", Room::Fixed),
    Column::new(
        "LAST CHECK",
        Room::Cut {
            least: 26,
            usual: 26,
        },
    ),
    Column::new(
        "TARGET",
        Room::Cut {
            least: 10,
            usual: 24,
        },
    ),
    Column::new("NEXT", Room::Optional),
    Column::new("PID", Room::Optional),
    Column::new("HEALTHY", Room::Optional),
    Column::new("FAILED", Room::Optional),
    Column::new("VOID", Room::Optional),
    Column::new("LATE", Room::Optional),
    Column::new("LOST", Room::Optional),
];

/// Colours of the states: bold red, yellow, cyan, green.
const fn colour(state: Health) -> table::Colour {
    match state {
        Health::Dead | Health::Unresponsive | Health::Blind => "1;31",
        Health::Retry { .. } => "33",
        Health::Ending | Health::Paused => "36",
        Health::Watching => "32",
    }
}

/// The lines of the table, heading first.
pub fn table(seen: &[Seen], width: Option<usize>, has_colours: bool) -> Vec<String> {
    let rows: Vec<Vec<Cell>> = seen.iter().map(row).collect();
    table::lines(&COLUMNS, &rows, width, has_colours)
}

fn row(seen: &Seen) -> Vec<Cell> {
    let state = Cell {
        text: seen.state.to_string(),
        colour: Some(colour(seen.state)),
    };
    let or_dash = |text: Option<String>| Cell::from(text.unwrap_or_else(|| "-".into()));
    let report = seen.report.as_ref();
    let last = match (report, &seen.problem) {
        (Some(report), _) => report.last.as_ref().map(ago),
        (None, problem) => problem.clone(),
    };
    let count =
        |of: fn(&Counts) -> u64| or_dash(report.map(|report| of(&report.counts).to_string()));
    vec![
        seen.identifier.as_str().into(),
        or_dash(seen.protocol.map(|protocol| protocol.info().name.into())),
        state,
        or_dash(last),
        or_dash(report.map(target)),
        or_dash(report.and_then(next)),
        or_dash(seen.pid.map(|pid| pid.to_string())),
        count(|counts| counts.healthy),
        count(|counts| counts.failed),
        count(|counts| counts.void),
        count(|counts| counts.late),
        or_dash(report.map(|report| {
            let lost = Sink::ALL.map(|sink| u64::from(*report.lost.of(sink)));
            lost.into_iter().sum::<u64>().to_string()
        })),
    ]
}

fn ago(last: &LastCheck) -> String {
    format!("{} {} ago", short(last), Span(last.age))
}

fn next(report: &StatusReport) -> Option<String> {
    match report.state {
        State::Checking => Some("now".into()),
        _ => report.next.map(|next| format!("in {}", Span(next))),
    }
}

fn target(report: &StatusReport) -> String {
    let StatusReport {
        server, port, uri, ..
    } = report;
    match uri.as_deref() {
        None | Some("/") => format!("{server}:{port}"),
        Some(uri) if uri.starts_with('/') => format!("{server}:{port}{uri}"),
        Some(uri) => format!("{server}:{port} {uri}"),
    }
}

/// Everything about one monitor, a line for each fact.
pub fn detail(seen: &Seen, has_colours: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut tell = |name: &str, value: String| lines.push(format!("{name:<12}{value}"));
    tell("identifier", seen.identifier.to_string());
    if let Some(protocol) = seen.protocol {
        tell("module", protocol.info().name.into());
    }
    if let Some(pid) = seen.pid {
        let up = seen.report.as_ref().map(|report| report.up);
        let since = up.map_or_else(String::new, |up| format!(", for {}", Span(up)));
        tell("process", format!("{pid}{since}"));
    }
    tell(
        "state",
        if has_colours {
            format!("\x1b[{}m{}\x1b[0m", colour(seen.state), seen.state)
        } else {
            seen.state.to_string()
        },
    );
    if let Some(problem) = &seen.problem {
        tell("problem", problem.clone());
    }
    if let Some(report) = &seen.report {
        tell_report(report, &mut tell);
    }
    lines
}

fn tell_report(report: &StatusReport, tell: &mut impl FnMut(&str, String)) {
    let (interval, timeout) = (report.interval.as_secs(), report.timeout.as_secs());
    let retries = report.retries;
    tell("target", target(report));
    tell(
        "options",
        format!("-i {interval} -c {retries} -r {timeout}"),
    );
    if let Some(last) = &report.last {
        tell_last(last, tell);
    }
    tell("next check", next(report).unwrap_or_else(|| "none".into()));
    if report.kept {
        tell(
            "look-up",
            "fails; the last good addresses are in use".into(),
        );
    }
    let Counts {
        healthy,
        failed,
        void,
        late,
    } = report.counts;
    tell(
        "checks",
        format!("{healthy} healthy, {failed} failed, {void} void, {late} late"),
    );
    let lost = Sink::ALL.map(|sink| format!("{} {sink}", report.lost.of(sink)));
    tell("lost", lost.join(", "));
}

fn tell_last(last: &LastCheck, tell: &mut impl FnMut(&str, String)) {
    tell("last check", ago(last));
    if let Some(cause) = cause(last) {
        let said = match last.attempt.ending {
            Ending::Failed(failure) => ServerSaid(failure, &last.attempt.detail).to_string(),
            _ => String::new(),
        };
        tell("  cause", cause + &said);
    }
    let took = last.took.as_millis();
    let at = match (last.attempt.ending, last.attempt.address) {
        (Ending::Healthy, Some(address)) => format!("answered, {address}"),
        _ => At(&last.attempt).to_string(),
    };
    tell("  made", format!("{at}, {took} ms"));
}

/// The array of all monitors.
pub fn json(seen: &[Seen]) -> String {
    json::array(&seen.iter().map(object).collect::<Vec<String>>())
}

fn object(seen: &Seen) -> String {
    let report = seen.report.as_ref();
    let seconds = |span: core::time::Duration| span.as_secs();
    Object::new()
        .with("identifier", seen.identifier.as_str())
        .with("module", seen.protocol.map(|protocol| protocol.info().name))
        .with("pid", seen.pid)
        .with("state", seen.state.name())
        .with("problem", seen.problem.clone())
        .with("server", report.map(|report| report.server.to_string()))
        .with("port", report.map(|report| report.port))
        .with(
            "uri",
            report.and_then(|report| Some(report.uri?.to_string())),
        )
        .with("interval", report.map(|report| seconds(report.interval)))
        .with("retries", report.map(|report| report.retries))
        .with("timeout", report.map(|report| seconds(report.timeout)))
        .with("failed", report.map(|report| report.failing))
        .with(
            "checking",
            report.map(|report| report.state == State::Checking),
        )
        .with("kept_addresses", report.map(|report| report.kept))
        .with("uptime", report.map(|report| report.up))
        .with("next", report.and_then(|report| report.next))
        .with(
            "last",
            report
                .and_then(|report| report.last.as_ref())
                .map(last_object),
        )
        .with("checks", report.map(|report| counts_object(&report.counts)))
        .with("lost", report.map(lost_object))
        .end()
}

fn last_object(last: &LastCheck) -> Object {
    let address = last.attempt.address.map(|address| address.to_string());
    let said = Escaped(last.attempt.detail.excerpt.as_bytes()).to_string();
    Object::new()
        .with("verdict", last.verdict.name())
        .with("event", event(last).map(|(id, _)| id))
        .with("cause", cause(last))
        .with("answer", Some(said).filter(|said| !said.is_empty()))
        .with("phase", phase(last.attempt.phase))
        .with("address", address)
        .with("duration", last.took)
        .with("age", last.age)
}

fn counts_object(counts: &Counts) -> Object {
    Object::new()
        .with("healthy", counts.healthy)
        .with("failed", counts.failed)
        .with("void", counts.void)
        .with("late", counts.late)
}

fn lost_object(report: &StatusReport) -> Object {
    let with = |object: Object, sink: Sink| object.with(sink.name(), *report.lost.of(sink));
    Sink::ALL.into_iter().fold(Object::new(), with)
}
