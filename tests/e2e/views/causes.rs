//! Why a check failed, as a running monitor tells it: in words and, escaped and cut, what the server said.

use super::status::fits_the_schema;
use super::{facts_of, status};
use crate::support::server::Server;
use crate::support::{Root, rows, wait_for};
use serde_json::{Value, json};

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

fn is_told(row: &Row) {
    let root = Root::new();
    let (command, sends) = (row.command, row.sends);
    let server = Server::start(move |conversation| {
        if command == "clp_httpmon" {
            conversation.read_request();
        }
        conversation.send(sends.as_bytes());
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
    let cut_short = "the server closed before its answer was complete";
    let table = [
        http("", "the server closed without an answer", None),
        http("HTTP/1.1 20", cut_short, Some("HTTP/1.1 20")),
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
