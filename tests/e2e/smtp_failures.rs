//! Mail servers that have failed, each with its event.

use crate::support::server::{FullPort, RefusingPort};
use crate::support::smtp::{GREETING, Mailer, SLACK, Script, Talk, lines, watch};
use crate::support::{Alert, Monitor, Root, rows, wait_for};
use std::sync::Arc;
use std::time::Duration;

/// The time a check may take in all (`-r 2`) where it is to run out.
const TIMEOUT: Duration = Duration::from_secs(2);

const NOTHING: &[&str] = &[];
const NOOP: &[&str] = &["NOOP\r\n"];
const QUIT: &[&str] = &["QUIT\r\n"];
const BOTH: &[&str] = &["NOOP\r\n", "QUIT\r\n"];

/// What the first alert about a failure says.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// 83.
    Status(u16),
    /// 75 with errno 104.
    Reset,
    /// 74 with errno 110, at the deadline.
    Timeout,
}

impl Event {
    fn alert(self) -> Alert {
        let (id, text) = match self {
            Self::Status(code) => (
                83,
                format!("an error in SMTP (invalid status code[{code}])"),
            ),
            Self::Reset => (75, "network error (recv error[104])".into()),
            Self::Timeout => (74, "network error (select error[110])".into()),
        };
        failure(id, &text)
    }
}

/// A failed server.
struct Row {
    name: String,
    script: Script,
    event: Event,
    /// All that the client says.
    heard: &'static [&'static str],
}

fn row(
    name: &str,
    event: Event,
    heard: &'static [&'static str],
    script: impl Fn(&mut Talk<'_>) + Send + Sync + 'static,
) -> Row {
    Row {
        name: name.into(),
        script: Arc::new(script),
        event,
        heard,
    }
}

/// A server that greets so.
fn greets(name: &str, greeting: impl AsRef<[u8]>, code: u16) -> Row {
    let greeting = greeting.as_ref().to_vec();
    row(name, Event::Status(code), QUIT, move |talk| {
        talk.say(&greeting);
    })
}

/// A server that greets well and answers NOOP so.
fn answers(name: &str, answer: &str, code: u16) -> Row {
    let answer = answer.to_owned();
    row(name, Event::Status(code), BOTH, move |talk| {
        talk.say(GREETING);
        talk.hear();
        talk.say(&answer);
    })
}

/// The alert of a failed check of the monitor `x`.
pub(crate) fn failure(id: u8, text: &str) -> Alert {
    alert(id, &format!("clp_smtpmon has detected {text}. [ID:x]"))
}

pub(crate) fn alert(id: u8, text: &str) -> Alert {
    Alert {
        id,
        module: "smtpmon".into(),
        text: text.into(),
    }
}

/// Waits for the first alert about a failure; with how long after the monitor's start it came.
pub(crate) fn first_failure(root: &Root, monitor: &Monitor) -> (Alert, Duration) {
    let alert = wait_for("an alert", || root.alerts().get(2).cloned());
    (alert, monitor.started.elapsed())
}

/// The first alert about that server is the right one, in time.
fn has_failed(row: &Row) {
    let name = &row.name;
    let root = Root::new();
    let mailer = Mailer::start(Arc::clone(&row.script));
    let is_timeout = matches!(row.event, Event::Timeout);
    // Where time is not to run out, it does not do so on a loaded machine either.
    let timeout = if is_timeout { "2" } else { "15" };
    let options = format!("-i 10000 -c 1 -r {timeout}");
    let monitor = watch(&root, &mailer.port(), &options);
    let (alert, elapsed) = first_failure(&root, &monitor);
    assert_eq!(alert, row.event.alert(), "{name}");
    assert_eq!(root.ids()[..2], [1, 2], "{name}");
    if is_timeout {
        assert!(elapsed >= TIMEOUT, "{name}: after {elapsed:?}");
    }
    let transcript = mailer.transcript();
    assert_eq!(transcript.early, "", "{name}: {transcript:?}");
    assert_eq!(transcript.heard, row.heard, "{name}: {transcript:?}");
    assert!(
        transcript.lasted < TIMEOUT + SLACK,
        "{name}: {transcript:?}"
    );
}

fn run(rows: &[Row]) {
    rows::run(rows::AT_ONCE, rows, |row| row.name.clone(), has_failed);
}

#[test]
fn a_bad_code_is_a_failure() {
    let rows = [
        greets("421 greeting", "421 4.3.2 too many connections\r\n", 421),
        greets("554 greeting", "554-5.7.1 no\r\n554 go away\r\n", 554),
        greets("450 greeting", "450 later\r\n", 450),
        greets("a greeting of another 2xx", "250 Ok\r\n", 250),
        greets("a bare bad code", "554\r\n", 554),
        greets("a bad code, LF only", "421\n", 421),
        greets("mixed codes in the greeting", "220-mx\r\n250 Ok\r\n", 250),
        greets("a bad code last", "220-mx\r\n220-wait\r\n554 no\r\n", 554),
        greets("101 lines of greeting", lines(220, 101), 220),
        answers("421 to NOOP", "421 4.3.2 shutting down\r\n", 421),
        answers("450 to NOOP", "450 later\r\n", 450),
        answers("500 to NOOP", "500-what\r\n500 is that\r\n", 500),
        answers("502 to NOOP", "502\r\n", 502),
        answers("3xx to NOOP", "354 go ahead\r\n", 354),
        answers("mixed codes, both good", "250-a\r\n251 b\r\n", 251),
        answers("mixed codes, one bad", "250-a\r\n550 b\r\n", 550),
        answers("101 lines to NOOP", &lines(250, 101), 250),
        answers("no code to NOOP", "Ok\r\n", 0),
        // The server closes at once, as many do after 421: QUIT, said into the void, changes nothing.
        row("421 and gone", Event::Status(421), NOTHING, |talk| {
            talk.say("421 4.3.2 too many connections\r\n");
            talk.leave();
        }),
        row("421 to NOOP and gone", Event::Status(421), NOOP, |talk| {
            talk.say(GREETING);
            talk.hear();
            talk.say("421 4.3.2 shutting down\r\n");
            talk.leave();
        }),
        row("554 and reset", Event::Status(554), NOTHING, |talk| {
            talk.say_and_wait("554 no\r\n");
            talk.reset();
        }),
        // Nobody answers that QUIT, and nobody waits for it.
        row("521 and deaf", Event::Status(521), QUIT, |talk| {
            talk.say("521-mx.example.test\r\n");
        }),
    ];
    run(&rows);
}

#[test]
fn what_is_no_mail_server_is_a_failure() {
    let rows = [
        greets(
            "an HTTP server's complaint",
            "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html>220 no</html>\r\n",
            0,
        ),
        greets("a TLS alert", b"\x15\x03\x01\x00\x02\x02\x0a", 0),
        greets("a TLS handshake", b"\x16\x03\x03\x00\x7a\x02\x00\x00", 0),
        greets("an SSH server", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 0),
        greets("a POP server", "+OK ready\r\n", 0),
        greets("an empty line", "\r\n", 0),
        greets("a zero", b"\0", 0),
        greets("two digits", "22 mx\r\n", 0),
        greets("four digits", "2200 mx\r\n", 0),
        greets("no separator", "220mx\r\n", 0),
        greets("a line without code", "220-mx\r\n ready\r\n", 0),
        row(
            "a server that waits to be spoken to",
            Event::Timeout,
            NOTHING,
            |_| {},
        ),
    ];
    run(&rows);
}

#[test]
fn a_lost_connection_is_a_failure() {
    let rows = [
        row("closed at once", Event::Reset, NOTHING, |talk| talk.leave()),
        row(
            "closed within the greeting",
            Event::Reset,
            NOTHING,
            |talk| {
                talk.say("220-mx\r\n220 rea");
                talk.leave();
            },
        ),
        row("closed after the greeting", Event::Reset, NOTHING, |talk| {
            talk.say(GREETING);
            talk.leave();
        }),
        row("closed after NOOP", Event::Reset, NOOP, |talk| {
            talk.say(GREETING);
            talk.hear();
            talk.leave();
        }),
        row("closed within the answer", Event::Reset, NOOP, |talk| {
            talk.say(GREETING);
            talk.hear();
            talk.say("250-2.0.0\r\n250 O");
            talk.leave();
        }),
        // Whether the client has seen by then that it is connected, or not.
        row("reset at once", Event::Reset, NOTHING, |talk| talk.reset()),
        // After the whole greeting the script waits for NOOP: a reset before it might be met in sending, event 73.
        row("reset within the greeting", Event::Reset, NOTHING, |talk| {
            talk.say_and_wait("2");
            talk.reset();
        }),
        row("reset between lines", Event::Reset, NOTHING, |talk| {
            talk.say_and_wait("220-mx\r\n");
            talk.reset();
        }),
        row("reset after NOOP", Event::Reset, NOOP, |talk| {
            talk.say(GREETING);
            talk.hear();
            talk.reset();
        }),
        row("reset within the answer", Event::Reset, NOOP, |talk| {
            talk.say(GREETING);
            talk.hear();
            talk.say_and_wait("250");
            talk.reset();
        }),
    ];
    run(&rows);
}

#[test]
fn what_takes_too_long_is_a_failure() {
    let rows = [
        row("no greeting", Event::Timeout, NOTHING, |_| {}),
        row("half a greeting", Event::Timeout, NOTHING, |talk| {
            talk.say("220-mx\r\n220 ready");
        }),
        row("dripped greeting", Event::Timeout, NOTHING, |talk| {
            talk.drip("220 ");
        }),
        row("dripped second line", Event::Timeout, NOTHING, |talk| {
            talk.drip("220-mx\r\n220-");
        }),
        row("no answer to NOOP", Event::Timeout, NOOP, |talk| {
            talk.say(GREETING);
            talk.hear();
        }),
        row("half an answer", Event::Timeout, NOOP, |talk| {
            talk.say(GREETING);
            talk.hear();
            talk.say("250-2.0.0\r\n");
        }),
        row("dripped answer", Event::Timeout, NOOP, |talk| {
            talk.say(GREETING);
            talk.hear();
            talk.drip("250 ");
        }),
    ];
    run(&rows);
}

#[test]
fn a_refused_connection_is_a_failure() {
    let (root, refusing) = (Root::new(), RefusingPort::new());
    let monitor = watch(&root, &refusing.port(), "-i 10000 -c 1 -r 1");
    let (alert, _) = first_failure(&root, &monitor);
    assert_eq!(alert, failure(72, "network error (connect error[111])"));
}

#[test]
fn a_connection_that_nobody_accepts_is_a_failure() {
    let (root, full) = (Root::new(), FullPort::new());
    let monitor = watch(&root, &full.port(), "-i 10000 -c 1 -r 2");
    let (alert, elapsed) = first_failure(&root, &monitor);
    assert_eq!(alert, failure(72, "network error (connect error[110])"));
    assert!(elapsed >= TIMEOUT, "after {elapsed:?}");
    assert!(elapsed < TIMEOUT + SLACK, "after {elapsed:?}");
}
