//! Every verdict of contract section 4: the real binary against servers that answer in every way.

mod rows;

use crate::support::server::{Conversation, RefusingPort, Server};
use crate::support::{Root, rows as side_by_side, skip, wait_for};
use nix::sys::socket::{Backlog, listen};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How late after a deadline the loop may wake on a loaded machine before the check is void: the product's own bound.
const SLACK_MS: u64 = 500;
/// The time a check gets that is not to run into its deadline.
const AMPLE: &str = "10";

/// What a connection is answered; gives whether the client closed in good order, if the script saw it close.
type Script = Box<dyn Fn(&mut Conversation) -> Option<bool> + Send + Sync>;

/// What stands at the server's end. Taken by the row's run.
enum Service {
    Scripted(Mutex<Option<Script>>),
    /// Nobody listens.
    Refused,
    /// Somebody listens and never accepts; the backlog is full.
    Full,
}

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

fn script(script: impl Fn(&mut Conversation) -> Option<bool> + Send + Sync + 'static) -> Service {
    Service::Scripted(Mutex::new(Some(Box::new(script))))
}

/// Answers and keeps the connection open.
fn replies(reply: impl Into<Vec<u8>>) -> Service {
    let reply = reply.into();
    script(move |conversation| {
        conversation.read_request();
        conversation.send(&reply);
        Some(conversation.read_to_end())
    })
}

/// Answers and closes.
fn closes(reply: impl Into<Vec<u8>>) -> Service {
    let reply = reply.into();
    script(move |conversation| {
        conversation.read_request();
        conversation.send(&reply);
        // Fails if the client has gone already.
        let _ = conversation.stream.shutdown(Shutdown::Write);
        Some(conversation.read_to_end())
    })
}

/// Answers and breaks the connection off.
fn resets(reply: impl Into<Vec<u8>>) -> Service {
    let reply = reply.into();
    script(move |conversation| {
        conversation.read_request();
        conversation.send(&reply);
        conversation.reset();
        None
    })
}

/// Answers with `beginning`, then byte by byte with `piece` again and again for as long as there is a client.
fn drips(beginning: &'static str, piece: &'static str) -> Service {
    script(move |conversation| {
        conversation.read_request();
        conversation.send(beginning.as_bytes());
        conversation.drip(piece.repeat(100).as_bytes(), Duration::from_millis(50));
        None
    })
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

/// What runs at the server's end while a row is judged.
enum Running {
    Server(Server),
    Refused(RefusingPort),
    Full(
        #[expect(dead_code, reason = "hold the backlog")] Vec<OwnedFd>,
        String,
    ),
}

impl Running {
    fn start(row: &Row, closes: &Arc<Mutex<Vec<bool>>>) -> Self {
        match &row.service {
            Service::Scripted(script) => {
                let script = script.lock().unwrap().take().unwrap();
                let closes = Arc::clone(closes);
                Self::Server(Server::start_at(row.listen, move |conversation| {
                    if let Some(orderly) = script(conversation) {
                        closes.lock().unwrap().push(orderly);
                    }
                }))
            }
            Service::Refused => Self::Refused(RefusingPort::new()),
            Service::Full => {
                let closed = RefusingPort::new();
                let (port, socket) = (closed.port(), closed.into_socket());
                listen(&socket, Backlog::new(0).unwrap()).unwrap();
                let mut held = vec![socket];
                let address: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
                // Ends: the backlog holds few connections; the first one that is not taken shows it to be full.
                while let Ok(client) =
                    TcpStream::connect_timeout(&address, Duration::from_millis(300))
                {
                    held.push(client.into());
                }
                Self::Full(held, port)
            }
        }
    }

    fn port(&self) -> String {
        match self {
            Self::Server(server) => server.port(),
            Self::Refused(port) => port.port(),
            Self::Full(_, port) => port.clone(),
        }
    }

    /// Waits until the monitor must have judged a healthy service.
    fn wait_for_verdict(&self, next_check: bool) {
        let Self::Server(server) = self else {
            panic!("healthy without a server");
        };
        if next_check {
            wait_for("the next check", || {
                (server.requests().len() >= 2).then_some(())
            });
        } else {
            server.wait_for_end();
        }
    }
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
    let elapsed = line.split(" ms: ").next().unwrap();
    let elapsed: u64 = elapsed.rsplit(' ').next().unwrap().parse().unwrap();
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

#[test]
fn answers() {
    run(&rows::good());
    run(&rows::bad());
}

#[test]
fn no_answer_in_time() {
    run(&rows::late());
}

#[test]
fn status_codes() {
    run(&rows::status_codes());
}

#[test]
fn requests() {
    run(&rows::requests_over_ipv4());
    match TcpListener::bind("[::1]:0").map(drop) {
        Ok(()) => run(&rows::requests_over_ipv6()),
        Err(error) => skip(&format!("no IPv6 loopback: {error}")),
    }
    match TcpListener::bind(rows::PORT_80).map(drop) {
        Ok(()) => run(&[rows::default_port()]),
        Err(error) => skip(&format!("port 80 cannot be had: {error}")),
    }
}
