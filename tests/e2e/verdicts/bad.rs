//! Answers of a service that has failed, and services that let the deadline pass.

use super::service::{closes, drips, one_byte_at_a_time, replies, resets, script};
use super::*;
use crate::support::server::Conversation;

const CUT_SHORT: &str = "the server closed before its answer was complete";

fn bad() -> Vec<Row> {
    let mut rows: Vec<Row> = invalid_lines();
    let not_found: Vec<(&str, Service)> = vec![
        (
            "404 after an interim reply",
            replies(format!("{CONTINUE}{NOT_FOUND}")),
        ),
        ("404 after eight", replies(CONTINUE.repeat(8) + NOT_FOUND)),
        ("404, one byte at a time", one_byte_at_a_time(NOT_FOUND)),
        (
            "404, then closed in the headers",
            closes("HTTP/1.1 404\r\nServ"),
        ),
        (
            "404, then RST in the headers",
            resets("HTTP/1.1 404 Not Found\r\nServ"),
        ),
        (
            "404 and a body",
            replies(format!("{NOT_FOUND}{}", "body\n".repeat(1000))),
        ),
    ];
    for (name, service) in not_found {
        rows.push(row(name, service, status(404)).with(&["-h", "/x"]));
    }
    let long_header = format!("HTTP/1.1 404 Not Found\r\nX: {}", "x".repeat(100_000));
    for (name, service) in [
        ("404 with 100 kB of headers", replies(long_header)),
        ("404 in a status line of 100 kB", replies(long_line(404))),
    ] {
        rows.push(
            row(name, service, status(404))
                .with(&["-h", "/x"])
                .may_reset(),
        );
    }
    rows.extend([
        row(
            "101 interim replies",
            replies(CONTINUE.repeat(101) + GOOD),
            invalid(),
        )
        .because("more than 100 interim replies"),
        row("an interim reply, then closed", closes(CONTINUE), invalid()).because(CUT_SHORT),
        row(
            "an interim reply, then garbage",
            replies(format!("{CONTINUE}+OK\r\n")),
            invalid(),
        )
        .logged("+OK\\x0d\\x0a"),
        row(
            "an interim reply of 100 kB",
            replies(long_line(100)),
            invalid(),
        )
        .because("a reply of more than 64 KiB")
        .may_reset(),
        row("closed without an answer", closes(""), invalid())
            .because("the server closed without an answer"),
        row(
            "HTTP/2 and nothing else",
            replies(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64"),
            invalid(),
        )
        .because("HTTP/2 without HTTP/1, the answer began with"),
        row("RST without an answer", resets(""), network(75, 104)),
        row(
            "RST within the status line",
            resets("HTTP/1.1 2"),
            network(75, 104),
        ),
        row(
            "RST within the reason phrase",
            resets("HTTP/1.1 200 O"),
            network(75, 104),
        ),
        row(
            "RST after an interim reply",
            resets(CONTINUE),
            network(75, 104),
        ),
        // Which call meets it is the kernel's timing.
        row(
            "RST at once",
            script(reset_at_once),
            Expected::Events(
                [(72, "connect"), (73, "send"), (75, "recv")]
                    .map(|(id, call)| (id, format!("network error ({call} error[104])")))
                    .into(),
            ),
        ),
        row("refused", Service::Refused, network(72, 111)),
    ]);
    rows
}

/// Judged at the first byte that cannot be right, over a connection that stays open.
fn invalid_lines() -> Vec<Row> {
    let table: Vec<(&[u8], &str)> = vec![
        (
            b"/HTTP/1.1 200 OK\r\n\r\n",
            "/HTTP/1.1 200 OK\\x0d\\x0a\\x0d\\x0a",
        ),
        (b"ICY 200 OK\r\n\r\n", "ICY 200 OK\\x0d\\x0a\\x0d\\x0a"),
        (
            b"http/1.1 200 OK\r\n\r\n",
            "http/1.1 200 OK\\x0d\\x0a\\x0d\\x0a",
        ),
        (b" HTTP/1.1 200 OK\r\n", " HTTP/1.1 200 OK\\x0d\\x0a"),
        (
            b"\r\nHTTP/1.1 200 OK\r\n",
            "\\x0d\\x0aHTTP/1.1 200 OK\\x0d\\x0a",
        ),
        (
            b"220 mail.example ESMTP\r\n",
            "220 mail.example ESMTP\\x0d\\x0a",
        ),
        (b"SSH-2.0-x\r\n", "SSH-2.0-x\\x0d\\x0a"),
        (b"X", "X"),
        (b"HTTP/x", "HTTP/x"),
        (b"HTTP/1 200 OK\r\n", "HTTP/1 200 OK\\x0d\\x0a"),
        (b"HTTP/11.1 200 OK\n", "HTTP/11.1 200 OK\\x0a"),
        (b"HTTP/1.10 200 OK\n", "HTTP/1.10 200 OK\\x0a"),
        (b"HTTP/1.1  200 OK\n", "HTTP/1.1  200 OK\\x0a"),
        (b"HTTP/1.1\t200 OK\n", "HTTP/1.1\\x09200 OK\\x0a"),
        (b"HTTP/1.1 20 OK\n", "HTTP/1.1 20 OK\\x0a"),
        (b"HTTP/1.1 2000 OK\n", "HTTP/1.1 2000 OK\\x0a"),
        (b"HTTP/1.1 200OK\n", "HTTP/1.1 200OK\\x0a"),
        (b"HTTP/1.1 200\tOK\n", "HTTP/1.1 200\\x09OK\\x0a"),
        (b"HTTP/1.1 200\rOK\n", "HTTP/1.1 200\\x0dOK\\x0a"),
        (b"HTTP/1.1 -20 OK\n", "HTTP/1.1 -20 OK\\x0a"),
        (b"HTTP/1.1 2\xb2\xb20 OK\n", "HTTP/1.1 2\\xb2\\xb20 OK\\x0a"),
        (b"HTTP/1.1\r\n", "HTTP/1.1\\x0d\\x0a"),
        (
            b"\x15\x03\x01\x00\x02\x02\x0a",
            "\\x15\\x03\\x01\\x00\\x02\\x02\\x0a",
        ),
        (b"\0\0\0\0", "\\x00\\x00\\x00\\x00"),
        (b"\xff\xfe\x80", "\\xff\\xfe\\x80"),
        // What would forge a line of the log, or speak to a terminal: escaped, and cut at 80 bytes.
        (
            b"x\n2026/01/01 00:00:00.000 1 row: check failed, try 1/2, connecting, 10 ms: event 72, forged\n",
            "x\\x0a2026/01/01 00:00:00.000 1 row: check failed, try 1/2, connecting, 10 ms: event",
        ),
        (
            b"\x1b]0;pwned\x07\x1b[2J\"\\x41\t",
            "\\x1b]0;pwned\\x07\\x1b[2J\\x22\\x5cx41\\x09",
        ),
    ];
    let mut rows: Vec<Row> = table
        .into_iter()
        .map(|(reply, logged)| {
            let name = format!("{:?}", String::from_utf8_lossy(reply));
            row(name, replies(reply), invalid())
                .because("not HTTP")
                .logged(logged)
        })
        .collect();
    for half in [
        "H",
        "HTTP/1.1",
        "HTTP/1.1 20",
        "HTTP/1.1 200",
        "HTTP/1.1 200 O",
        "HTTP/1.1 200 OK\r",
    ] {
        let row = row(format!("{half:?}, then closed"), closes(half), invalid());
        rows.push(row.because(CUT_SHORT));
    }
    rows
}

/// Services that let the deadline pass.
fn late() -> Vec<Row> {
    let in_time = network(74, 110);
    let table: Vec<(&str, Service, Expected)> = vec![
        ("never accepts", Service::Full, network(72, 110)),
        ("never answers", replies(""), network(74, 110)),
        (
            "half a status line",
            replies("HTTP/1.1 2"),
            network(74, 110),
        ),
        (
            "a status line without its end",
            replies("HTTP/1.1 200 OK\r"),
            network(74, 110),
        ),
        (
            "headers without an end",
            replies("HTTP/1.1 200 OK\r\nServer: x\r\n"),
            network(74, 110),
        ),
        (
            "headers that stop at a CR",
            replies("HTTP/1.1 200 OK\r\n\r"),
            network(74, 110),
        ),
        (
            "an interim reply alone",
            replies(CONTINUE),
            network(74, 110),
        ),
        (
            "status line drip",
            drips("", "HTTP/1.1 200 OK, that is to say, all is well\r\n\r\n"),
            network(74, 110),
        ),
        (
            "reason phrase drip",
            drips("HTTP/1.1 200 ", "x"),
            network(74, 110),
        ),
        (
            "header drip",
            drips("HTTP/1.1 200 OK\r\n", "X: y\r\n"),
            network(74, 110),
        ),
        (
            "interim drip",
            drips("", "HTTP/1.1 100 Continue\r\n\r\n"),
            network(74, 110),
        ),
        (
            "header drip after 404",
            drips("HTTP/1.1 404 Not Found\r\n", "X: y\r\n"),
            in_time,
        ),
    ];
    table
        .into_iter()
        .map(|(name, service, expected)| row(name, service, expected).at_the_deadline())
        .collect()
}

fn reset_at_once(conversation: &mut Conversation) -> Option<bool> {
    conversation.reset();
    None
}

#[test]
fn bad_answers() {
    run(&bad());
}

#[test]
fn no_answer_in_time() {
    run(&late());
}
