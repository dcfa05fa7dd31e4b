//! A monitor's status line: the monitor that told it, a plain reading of it, and the line as it is to be written.

use clp_isa_core::check::{Ending, Phase};
use clp_isa_core::limits::EXCERPT_MAX;
use clp_isa_core::probe::{Cause, Step};
use clp_isa_core::sink::Sink;
use clp_isa_core::wire::status::{LastCheck, StatusReport};
use core::net::SocketAddr;

/// What no line lacks.
pub const NEEDED: [&str; 18] = [
    "server",
    "port",
    "interval",
    "retries",
    "timeout",
    "state",
    "failing",
    "blind",
    "kept",
    "up",
    "healthy",
    "failed",
    "void",
    "late",
    "lost_syslog",
    "lost_alert_log",
    "lost_clplogcmd",
    "lost_failure_log",
];

// A further sink has a field here and in the seeds: without it, none of them is read any more.
const _: () = assert!(NEEDED.len() == 14 + Sink::ALL.len());

/// A plain reading of `line`: the fields that count, each in its usual form, those of [`NEEDED`] first.
pub fn told(line: &[u8]) -> Vec<String> {
    let line = core::str::from_utf8(line).unwrap();
    let value = |name: &str| {
        let mut fields = line.split(' ').filter_map(|field| field.split_once('='));
        let field = fields.find(|(known, _)| *known == name);
        field.map(|(_, value)| usual(name, value))
    };
    let one_of = |names: &[&'static str]| names.iter().copied().find(|name| value(name).is_some());
    let mut names = NEEDED.to_vec();
    names.extend(one_of(&["next"]));
    names.extend(one_of(&["uri"]));
    if one_of(&["last"]).is_some() {
        names.extend(["last", "phase"]);
        let is_step = |step: String| ["greeting", "noop"].contains(&step.as_str());
        let has_step = value("phase").is_some_and(|phase| phase == "answer");
        names.extend(one_of(&["step"]).filter(|_| has_step && value("step").is_some_and(is_step)));
        names.extend(["took", "age"]);
        if let Some(kind) = one_of(&["event", "call"]) {
            names.extend([kind, "number"]);
            if kind == "event" {
                names.extend(one_of(&["cause"]).filter(|_| value("cause").is_some_and(is_known)));
                names.extend(one_of(&["said"]).filter(|_| value("said") != Some(String::new())));
            }
        }
        names.extend(one_of(&["address"]));
    }
    let has_number = value("event").is_none_or(|event| event != "82");
    let value = |name| value(name).filter(|_| name != "number" || has_number);
    let field = |name| format!("{name}={}", value(name).unwrap_or("0".into()));
    names.into_iter().map(field).collect()
}

/// A field's value as the monitor would have told it.
fn usual(name: &str, value: &str) -> String {
    match (name, value.parse::<i128>(), value.parse::<SocketAddr>()) {
        ("server" | "uri" | "cause" | "step", ..) => value.into(),
        ("said", ..) => told_as(&said(value)),
        ("blind" | "kept", Ok(number), _) => u8::from(number != 0).to_string(),
        (_, Ok(number), _) => number.to_string(),
        ("address", _, Ok(address)) => address.to_string(),
        _ => value.into(),
    }
}

fn is_known(cause: impl AsRef<str>) -> bool {
    Cause::ALL
        .iter()
        .any(|known| known.name() == cause.as_ref())
}

/// The bytes of a value in which `%` and two digits stand for a byte: the first of them, as many as are kept.
fn said(value: &str) -> Vec<u8> {
    let mut parts = value.split('%');
    let mut said = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        let (digits, text) = part.split_at(2);
        said.push(u8::from_str_radix(digits, 16).unwrap());
        said.extend(text.bytes());
    }
    said.truncate(EXCERPT_MAX);
    said
}

fn told_as(said: &[u8]) -> String {
    let byte = |byte: &u8| match byte {
        b'%' | ..=b' ' | 0x7f.. => format!("%{byte:02x}"),
        _ => char::from(*byte).into(),
    };
    said.iter().map(byte).collect()
}

/// The fields of the line that tells `report`, in the order of [`told`].
pub fn fields(report: &StatusReport) -> Vec<String> {
    let (counts, lost) = (report.counts, report.lost);
    let mut fields = vec![
        format!("server={}", report.server),
        format!("port={}", report.port),
        format!("interval={}", report.interval.as_millis()),
        format!("retries={}", report.retries),
        format!("timeout={}", report.timeout.as_millis()),
        format!("state={:?}", report.state).to_lowercase(),
        format!("failing={}", report.failing),
        format!("blind={}", u8::from(report.blind)),
        format!("kept={}", u8::from(report.kept)),
        format!("up={}", report.up.as_millis()),
        format!("healthy={}", counts.healthy),
        format!("failed={}", counts.failed),
        format!("void={}", counts.void),
        format!("late={}", counts.late),
    ];
    fields.extend(Sink::ALL.map(|sink| format!("lost_{}={}", sink.name(), lost.of(sink))));
    let next = report.next.map(|next| format!("next={}", next.as_millis()));
    fields.extend(next);
    fields.extend(report.uri.as_ref().map(|uri| format!("uri={uri}")));
    fields.extend(report.last.iter().flat_map(last_fields));
    fields
}

fn last_fields(last: &LastCheck) -> Vec<String> {
    let attempt = last.attempt;
    let (phase, step) = match attempt.phase {
        Phase::Lookup => ("look-up", None),
        Phase::Connect => ("connect", None),
        Phase::Dialogue(Step::Answer) => ("answer", None),
        Phase::Dialogue(Step::Greeting) => ("answer", Some("greeting")),
        Phase::Dialogue(Step::Noop) => ("answer", Some("noop")),
    };
    let mut fields = vec![
        format!("last={}", last.verdict.name()),
        format!("phase={phase}"),
    ];
    fields.extend(step.map(|step| format!("step={step}")));
    fields.push(format!("took={}", last.took.as_millis()));
    fields.push(format!("age={}", last.age.as_millis()));
    match attempt.ending {
        Ending::Healthy => {}
        Ending::Failed(failure) => {
            fields.push(format!("event={}", failure.id()));
            fields.push(format!("number={}", failure.number()));
            let cause = attempt.detail.cause;
            fields.extend(cause.map(|cause| format!("cause={}", cause.name())));
            let said = told_as(attempt.detail.excerpt.as_bytes());
            fields.extend((!said.is_empty()).then(|| format!("said={said}")));
        }
        Ending::Void(error) => {
            fields.push(format!("call={}", error.call.name()));
            fields.push(format!("number={}", error.errno));
        }
    }
    let address = attempt.address.map(|address| format!("address={address}"));
    fields.extend(address);
    fields
}
