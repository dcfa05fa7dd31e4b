//! Why a check failed, as a running monitor tells it: in words and, escaped and cut, what the server said.

use super::status::fits_the_schema;
use super::{facts_of, status};
use crate::support::server::Server;
use crate::support::{Root, rows, wait_for};
use serde_json::{Value, json};
use std::io::Read;
use std::net::Shutdown;

const CUT_SHORT: &str = "the server closed before its answer was complete";
const GREETING: &str = "220 mx\r\n";
const NO_ANSWER: &str = "the server closed without an answer";

/// What a server sends before it closes, to whom, and what is told of it.
struct Row {
    command: &'static str,
    sends: &'static str,
    phase: &'static str,
    cause: &'static str,
    answer: Option<&'static str>,
}

fn http(sends: &'static str, cause: &'static str, answer: Option<&'static str>) -> Row {
    Row {
        command: "clp_httpmon",
        sends,
        phase: "waiting for the answer",
        cause,
        answer,
    }
}

fn smtp(
    sends: &'static str,
    phase: &'static str,
    cause: &'static str,
    answer: Option<&'static str>,
) -> Row {
    Row {
        command: "clp_smtpmon",
        sends,
        phase,
        cause,
        answer,
    }
}

fn is_told(row: &Row) {
    let root = Root::new();
    let (command, sends) = (row.command, row.sends);
    let server = Server::start(move |conversation| {
        let mut rest = sends;
        if command == "clp_httpmon" {
            conversation.read_request();
        } else if let Some(answer) = sends.strip_prefix(GREETING) {
            conversation.send(GREETING.as_bytes());
            let _ = conversation.stream.read_exact(&mut [0; "NOOP\r\n".len()]);
            rest = answer;
        }
        conversation.send(rest.as_bytes());
        // All that comes is read: what is not would make a reset of the close.
        let _ = conversation.stream.shutdown(Shutdown::Write);
        conversation.read_to_end();
    });
    let port = server.port();
    let _monitor = root.spawn_as(command, &["x", "-s", "127.0.0.1", "-n", &port]);
    root.wait_for_alert(2, 1);
    let told = wait_for("the first check", || {
        Some(facts_of(&root, "x")).filter(|told| !told["last"].is_null())
    });
    let last = &told["last"];
    assert_eq!(last["phase"], row.phase, "{sends:?}: {last}");
    assert_eq!(last["cause"], row.cause, "{sends:?}: {last}");
    let answer = row.answer.map_or(Value::Null, |answer| json!(answer));
    assert_eq!(last["answer"], answer, "{sends:?}: {last}");
    fits_the_schema(&json!([told]));

    let ran = status(&root, &["x"]);
    let mut lines = ran.stdout.lines();
    let line = lines.find(|line| line.starts_with("  cause ")).unwrap();
    assert!(line.contains(row.cause), "{line}");
    let said = row.answer.map(|answer| format!(" \"{answer}\""));
    assert!(said.is_none_or(|said| line.ends_with(&said)), "{line}");
}

#[test]
fn of_a_web_server() {
    let table = [
        http("", NO_ANSWER, None),
        http("HTTP/1.1 20", CUT_SHORT, Some("HTTP/1.1 20")),
        http(
            "SSH-2.0 \x1b[2J\"%41\" event=6\n",
            "not HTTP",
            Some("SSH-2.0 \\x1b[2J\\x22%41\\x22 event=6\\x0a"),
        ),
        http(
            "\0\0\0\x04\0\0\0\0\0",
            "HTTP/2 without HTTP/1",
            Some("\\x00\\x00\\x00\\x04\\x00\\x00\\x00\\x00\\x00"),
        ),
    ];
    rows::each(&table, is_told);
}

#[test]
fn of_a_mail_server() {
    let (greeting, noop) = ("waiting for the greeting", "waiting for the answer to NOOP");
    let table = [
        smtp("", greeting, NO_ANSWER, None),
        smtp("220 m", greeting, CUT_SHORT, None),
        smtp(
            "554 5.7.1 \x1b[2J: Client host rejected\r\n",
            greeting,
            "status code 554",
            Some("5.7.1 \\x1b[2J: Client host rejected"),
        ),
        smtp(
            "SSH-2.0-x\r\n",
            greeting,
            "no status code",
            Some("SSH-2.0-x\\x0d\\x0a"),
        ),
        smtp(
            "220-mx\r\n421 bye\r\n",
            greeting,
            "status code 421, lines of one reply with different codes",
            Some("bye"),
        ),
        smtp("220 mx\r\n250", noop, CUT_SHORT, None),
        smtp(
            "220 mx\r\n451 4.3.0 Server configuration problem\r\n",
            noop,
            "status code 451",
            Some("4.3.0 Server configuration problem"),
        ),
    ];
    rows::each(&table, is_told);
}

/// A greeting that has no end says so, in the words of `--once` as well.
#[test]
fn of_a_greeting_without_end() {
    let server = Server::start(|conversation| {
        conversation.send(&b"220-x\r\n".repeat(101));
        conversation.read_to_end();
    });
    let arguments = ["x", "-s", "127.0.0.1", "-n", &server.port(), "--once"];
    let ran = Root::new().run_as("clp_smtpmon", &arguments);
    let told = ": status code 220, a reply of more than 100 lines";
    assert!(ran.stdout.contains(told), "{ran:?}");
}

/// A reset is told as one.
#[test]
fn of_a_server_that_resets() {
    for command in ["clp_httpmon", "clp_smtpmon"] {
        let server = Server::start(|conversation| conversation.reset());
        let arguments = ["x", "-s", "127.0.0.1", "-n", &server.port(), "--once"];
        let ran = Root::new().run_as(command, &arguments);
        assert!(ran.stdout.contains("error[104]"), "{ran:?}");
        assert!(ran.stdout.contains("(ECONNRESET, errno 104)"), "{ran:?}");
    }
}
