//! Every verdict on a web server (docs/reference.md, "HTTP"): the real binary against servers that answer in every way.

mod bad;
mod codes;
mod good;
mod requests;
mod service;

use crate::support::{Root, SLACK_MS, rows as side_by_side, took_ms, wait_for};
use service::{Running, Service};
use std::sync::{Arc, Mutex};

/// The time a check gets that is not to run into its deadline.
const AMPLE: &str = "10";

const GOOD: &str = "HTTP/1.1 200 OK\r\nServer: test\r\n\r\n";
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\n\r\n";
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

#[derive(Debug, PartialEq)]
enum Expected {
    Healthy,
    /// Id and the text's own part; more than one where the kernel's timing decides.
    Events(Vec<(u8, String)>),
}

struct Row {
    name: String,
    /// `-s`, and where the server listens.
    server: &'static str,
    listen: &'static str,
    /// Without: no `-n`.
    port: bool,
    timeout: &'static str,
    arguments: Vec<String>,
    service: Service,
    expected: Expected,
    /// The request, where the row is about it.
    request: Option<String>,
    /// Why, in the failure log's words after the event.
    cause: Option<&'static str>,
    /// What the failure log shows of an answer that was not understood.
    logged: Option<&'static str>,
    /// The client may have to close over what it did not read, or the script does not see its close in good order.
    may_reset: bool,
    /// Nothing tells the server of the verdict but the next check.
    next_check: bool,
    /// The name has further addresses, which may fail.
    other_addresses: bool,
}

fn row(name: impl Into<String>, service: Service, expected: Expected) -> Row {
    Row {
        name: name.into(),
        server: "127.0.0.1",
        listen: "127.0.0.1:0",
        port: true,
        timeout: AMPLE,
        arguments: Vec::new(),
        service,
        expected,
        request: None,
        cause: None,
        logged: None,
        may_reset: false,
        next_check: false,
        other_addresses: false,
    }
}

impl Row {
    fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(ToString::to_string).collect();
        self
    }

    /// Ends at the deadline, and not before.
    fn at_the_deadline(self) -> Self {
        Self {
            timeout: "1",
            ..self
        }
    }

    fn may_reset(self) -> Self {
        Self {
            may_reset: true,
            ..self
        }
    }

    fn because(self, cause: &'static str) -> Self {
        Self {
            cause: Some(cause),
            ..self
        }
    }

    fn logged(self, answer: &'static str) -> Self {
        Self {
            logged: Some(answer),
            ..self
        }
    }
}

fn event(id: u8, text: impl Into<String>) -> Expected {
    Expected::Events(vec![(id, text.into())])
}

fn invalid() -> Expected {
    event(82, "an error in HTTP (invalid response)")
}

fn status(code: u16) -> Expected {
    event(
        83,
        format!("an error in HTTP (invalid status code[{code}])"),
    )
}

fn network(id: u8, errno: i32) -> Expected {
    let call = match id {
        72 => "connect",
        73 => "send",
        74 => "select",
        _ => "recv",
    };
    event(id, format!("network error ({call} error[{errno}])"))
}

fn judge(row: &Row) {
    let root = Root::new();
    let closes = Arc::new(Mutex::new(Vec::new()));
    let running = Running::start(row, &closes);
    let interval = if row.next_check { "1" } else { "10000" };
    let port = running.port();
    let mut arguments = vec!["row", "-s", row.server, "-i", interval, "-c", "1"];
    arguments.extend(["-r", row.timeout]);
    if row.port {
        arguments.extend(["-n", &port]);
    }
    arguments.extend(row.arguments.iter().map(String::as_str));
    let mut monitor = root.spawn(&arguments);
    match &row.expected {
        Expected::Healthy => running.wait_for_verdict(row.next_check),
        Expected::Events(_) => wait_for("an alert", || (root.alerts().len() >= 3).then_some(())),
    }
    // The loop is one thread: what it judged before the request to stop is alerted before event 3.
    let stop = root.run(&["row", "--stop"]);
    assert!(stop.code == 0, "{stop:?}, alerts {:?}", root.alerts());
    assert_eq!(monitor.code(), 0);

    let alerts = root.alerts();
    let log = root.check_lines();
    match &row.expected {
        Expected::Healthy => {
            assert_eq!(root.ids(), [1, 2, 3], "{alerts:?} {log:?}");
            let excused = |line: &&String| row.other_addresses && line.contains("address failed");
            assert!(log.iter().all(|line| excused(&line)), "{log:?}");
        }
        Expected::Events(events) => {
            assert_eq!(alerts.len(), 4, "{alerts:?}");
            let wanted = events.iter().find(|(id, text)| {
                let text = format!("clp_httpmon has detected {text}. [ID:row]");
                (alerts[2].id, &alerts[2].text) == (*id, &text)
            });
            assert!(wanted.is_some(), "{alerts:?} instead of {events:?}");
            assert_eq!((alerts[0].id, alerts[1].id, alerts[3].id), (1, 2, 3));
            check_failure_log(row, &log, alerts[2].id);
        }
    }
    if let (Some(request), Running::Server(server)) = (&row.request, &running) {
        let wanted = request.replace("PORT", &port);
        let seen = server.requests();
        assert_eq!(String::from_utf8_lossy(&seen[0]), wanted);
    }
    let closes = closes.lock().unwrap();
    assert!(
        row.may_reset || closes.iter().all(|orderly| *orderly),
        "closed with a RST"
    );
}

fn check_failure_log(row: &Row, log: &[String], id: u8) {
    let [line] = log else {
        panic!("{log:?} is not one line");
    };
    assert!(line.contains(" check failed, try 1/2, "), "{line}");
    let cause = row.cause.unwrap_or_default();
    assert!(line.contains(&format!(": event {id}, {cause}")), "{line}");
    let elapsed = took_ms(line);
    let timeout = 1000 * row.timeout.parse::<u64>().unwrap();
    if row.timeout == AMPLE {
        assert!(elapsed < timeout, "{line}");
    } else {
        assert!(
            (timeout..=timeout + SLACK_MS).contains(&elapsed),
            "not at the deadline: {line}"
        );
    }
    if let Some(answer) = row.logged {
        let ending = format!(", the answer began with \"{answer}\"");
        assert!(line.ends_with(&ending), "{line} instead of {ending}");
    }
}

fn run(rows: &[Row]) {
    side_by_side::run(side_by_side::AT_ONCE, rows, |row| row.name.clone(), judge);
}

/// A status line longer than a head may be.
fn long_line(code: u16) -> String {
    format!("HTTP/1.1 {code} {}\r\n\r\n", "x".repeat(100_000))
}
