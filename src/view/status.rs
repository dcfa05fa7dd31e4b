//! `clp_isa status`: the monitors as a table, one of them in full, or all of them as JSON.
//!
//! Owns these forms; see [`super::state`] for what is shown. Pure.

use super::json::{self, Object};
use super::state::{Seen, Span, State, cause, event, short};
use super::table::{self, Cell, Column, Room};
use crate::check::Ending;
use crate::describe::{Answer, At, phase};
use crate::monitor::{Counts, State as Doing};
use crate::status::{Facts, LastCheck};
use crate::text::Escaped;

const COLUMNS: [Column; 12] = [
    Column {
        name: "IDENTIFIER",
        room: Room::Cut {
            least: 10,
            usual: 20,
        },
    },
    Column {
        name: "MODULE",
        room: Room::Fixed,
    },
    Column {
        name: "STATE",
        room: Room::Fixed,
    },
    Column {
        name: "LAST CHECK",
        room: Room::Cut {
            least: 26,
            usual: 26,
        },
    },
    Column {
        name: "TARGET",
        room: Room::Cut {
            least: 10,
            usual: 24,
        },
    },
    Column {
        name: "NEXT",
        room: Room::Optional,
    },
    Column {
        name: "PID",
        room: Room::Optional,
    },
    Column {
        name: "HEALTHY",
        room: Room::Optional,
    },
    Column {
        name: "FAILED",
        room: Room::Optional,
    },
    Column {
        name: "VOID",
        room: Room::Optional,
    },
    Column {
        name: "LATE",
        room: Room::Optional,
    },
    Column {
        name: "LOST",
        room: Room::Optional,
    },
];

/// Colours of the states: bold red, yellow, cyan, green.
const fn colour(state: State) -> table::Colour {
    match state {
        State::Dead | State::Unresponsive | State::Blind => "1;31",
        State::Retry { .. } => "33",
        State::Ending | State::Paused => "36",
        State::Watching => "32",
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
    let facts = seen.facts.as_ref();
    let last = match (facts, &seen.problem) {
        (Some(facts), _) => facts.last.as_ref().map(ago),
        (None, problem) => problem.clone(),
    };
    let count = |of: fn(&Counts) -> u64| or_dash(facts.map(|facts| of(&facts.counts).to_string()));
    vec![
        seen.identifier.as_str().into(),
        or_dash(seen.protocol.map(|protocol| protocol.info().name.into())),
        state,
        or_dash(last),
        or_dash(facts.map(target)),
        or_dash(facts.and_then(next)),
        or_dash(seen.pid.map(|pid| pid.to_string())),
        count(|counts| counts.healthy),
        count(|counts| counts.failed),
        count(|counts| counts.void),
        count(|counts| counts.late),
        or_dash(facts.map(|facts| {
            let lost = facts.lost;
            let sinks = [
                lost.syslog,
                lost.alert_log,
                lost.clplogcmd,
                lost.failure_log,
            ];
            sinks.into_iter().map(u64::from).sum::<u64>().to_string()
        })),
    ]
}

fn ago(last: &LastCheck) -> String {
    format!("{} {} ago", short(last), Span(last.age))
}

fn next(facts: &Facts) -> Option<String> {
    match facts.state {
        Doing::Checking => Some("now".into()),
        _ => facts.next.map(|next| format!("in {}", Span(next))),
    }
}

fn target(facts: &Facts) -> String {
    let Facts {
        server, port, uri, ..
    } = facts;
    match uri.as_deref() {
        None | Some("/") => format!("{server}:{port}"),
        Some(uri) if uri.starts_with('/') => format!("{server}:{port}{uri}"),
        Some(uri) => format!("{server}:{port} {uri}"),
    }
}

/// Everything about one monitor, a line for each fact.
pub fn detail(seen: &Seen, has_colours: bool) -> Vec<String> {
    let state = if has_colours {
        format!("\x1b[{}m{}\x1b[0m", colour(seen.state), seen.state)
    } else {
        seen.state.to_string()
    };
    let mut lines = Vec::new();
    let mut tell = |name: &str, value: String| lines.push(format!("{name:<12}{value}"));
    tell("identifier", seen.identifier.to_string());
    if let Some(protocol) = seen.protocol {
        tell("module", protocol.info().name.into());
    }
    let up = seen.facts.as_ref().map(|facts| facts.up);
    if let Some(pid) = seen.pid {
        let since = up.map_or_else(String::new, |up| format!(", for {}", Span(up)));
        tell("process", format!("{pid}{since}"));
    }
    tell("state", state);
    if let Some(problem) = &seen.problem {
        tell("problem", problem.clone());
    }
    let Some(facts) = &seen.facts else {
        return lines;
    };
    let (interval, timeout) = (facts.interval.as_secs(), facts.timeout.as_secs());
    let retries = facts.retries;
    tell("target", target(facts));
    tell(
        "options",
        format!("-i {interval} -c {retries} -r {timeout}"),
    );
    if let Some(last) = &facts.last {
        tell("last check", ago(last));
        if let Some(cause) = cause(last) {
            let said = match last.attempt.ending {
                Ending::Failed(failure) => Answer(failure, &last.attempt.detail).to_string(),
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
    tell("next check", next(facts).unwrap_or_else(|| "none".into()));
    if facts.kept {
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
    } = facts.counts;
    tell(
        "checks",
        format!("{healthy} healthy, {failed} failed, {void} void, {late} late"),
    );
    let lost = facts.lost;
    tell(
        "lost",
        format!(
            "{} syslog, {} alert log, {} clplogcmd, {} failure log",
            lost.syslog, lost.alert_log, lost.clplogcmd, lost.failure_log
        ),
    );
    lines
}

/// The array of all monitors.
pub fn json(seen: &[Seen]) -> String {
    json::array(&seen.iter().map(object).collect::<Vec<String>>())
}

fn object(seen: &Seen) -> String {
    let facts = seen.facts.as_ref();
    let seconds = |span: core::time::Duration| span.as_secs();
    Object::new()
        .with("identifier", seen.identifier.as_str())
        .with("module", seen.protocol.map(|protocol| protocol.info().name))
        .with("pid", seen.pid)
        .with("state", seen.state.name())
        .with("problem", seen.problem.clone())
        .with("server", facts.map(|facts| facts.server.clone()))
        .with("port", facts.map(|facts| facts.port))
        .with("uri", facts.and_then(|facts| facts.uri.clone()))
        .with("interval", facts.map(|facts| seconds(facts.interval)))
        .with("retries", facts.map(|facts| facts.retries))
        .with("timeout", facts.map(|facts| seconds(facts.timeout)))
        .with("failed", facts.map(|facts| facts.failing))
        .with(
            "checking",
            facts.map(|facts| facts.state == Doing::Checking),
        )
        .with("kept_addresses", facts.map(|facts| facts.kept))
        .with("uptime", facts.map(|facts| facts.up))
        .with("next", facts.and_then(|facts| facts.next))
        .with(
            "last",
            facts.and_then(|facts| facts.last.as_ref()).map(last_object),
        )
        .with("checks", facts.map(|facts| counts_object(&facts.counts)))
        .with("lost", facts.map(lost_object))
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

fn lost_object(facts: &Facts) -> Object {
    Object::new()
        .with("syslog", facts.lost.syslog)
        .with("alert_log", facts.lost.alert_log)
        .with("clplogcmd", facts.lost.clplogcmd)
        .with("failure_log", facts.lost.failure_log)
}
