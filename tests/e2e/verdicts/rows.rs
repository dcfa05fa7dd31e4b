//! The rows: what a server does, and what the monitor must make of it.

use super::Expected::Healthy;
use super::{
    Expected, Row, Service, closes, drips, invalid, network, replies, resets, row, script, status,
};
use crate::support::server::Conversation;
use std::time::Duration;

const GOOD: &str = "HTTP/1.1 200 OK\r\nServer: test\r\n\r\n";
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\n\r\n";
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";
const CUT_SHORT: &str = "the server closed before its answer was complete";
const KIB_64: usize = 64 * 1024;
/// An address of the test's own, so that only a server of the whole machine is in the way.
pub(super) const PORT_80: &str = "127.77.0.1:80";

/// Answers of a living service.
pub(super) fn good() -> Vec<Row> {
    let after = |count: usize, end: &str| CONTINUE.repeat(count) + end;
    let short_headers =
        |count: usize| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a:b\r\n".repeat(count));
    let long_header = |size: usize| format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(size));
    let body = format!("{GOOD}{}", "body\n".repeat(1000));
    let table: Vec<(&str, Service)> = vec![
        ("good, kept open", replies(GOOD)),
        ("good, closed", closes(GOOD)),
        ("LF only", replies(GOOD.replace('\r', ""))),
        ("no reason phrase", replies("HTTP/1.1 200\r\n\r\n")),
        ("no reason phrase, LF only", replies("HTTP/1.1 200\n\n")),
        ("empty reason phrase", replies("HTTP/1.1 200 \r\n\r\n")),
        ("no header", replies("HTTP/1.1 200 OK\r\n\r\n")),
        ("other versions", replies("HTTP/2.0 200 OK\r\n\r\n")),
        ("old versions", replies("HTTP/0.9 200 OK\r\n\r\n")),
        ("one byte at a time", one_byte_at_a_time(GOOD)),
        ("1 interim reply", replies(after(1, GOOD))),
        ("100 interim replies", replies(after(100, GOOD))),
        (
            "early hints",
            replies(format!(
                "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n{GOOD}"
            )),
        ),
        (
            "interim replies, one byte at a time",
            one_byte_at_a_time(&after(3, GOOD)),
        ),
        (
            "101 is final",
            replies("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
        ),
        (
            "101 is final, then other bytes",
            replies("HTTP/1.1 101 Switching\r\n\r\n\0\0\x12\x04"),
        ),
        ("line, then closed", closes("HTTP/1.1 200 OK\r\n")),
        (
            "half a header, then closed",
            closes("HTTP/1.1 200 OK\r\nServ"),
        ),
        (
            "NUL and high bytes",
            replies(&b"HTTP/1.1 200 \0\xff\x1b\r\n\xff\0: \x80\r\n\0\n\r\n"[..]),
        ),
        (
            "headers that are none",
            replies("HTTP/1.1 200 OK\r\n::\r\nno colon\r\n folded\r\n\r\r\n\r\n"),
        ),
        (
            "10,000 headers within 64 KiB",
            replies(short_headers(10_000)),
        ),
        (
            "an answer before the request, then a reset",
            script(|conversation| {
                conversation.send(GOOD.as_bytes());
                conversation.reset();
                None
            }),
        ),
        ("a body sent anyway", replies(body.clone())),
        ("a body sent anyway, closed", closes(body)),
        (
            "a second reply sent anyway",
            replies(format!("{GOOD}{NOT_FOUND}")),
        ),
        (
            "a body that is promised",
            replies("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
        ),
        (
            "a body in chunks that is promised",
            replies("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ),
    ];
    let too_long: Vec<(&str, Service)> = vec![
        (
            "headers of exactly 64 KiB",
            replies(long_header(KIB_64 - 24)),
        ),
        ("a header of 64 KiB and more", replies(long_header(KIB_64))),
        (
            "100 kB of headers without end",
            replies(short_headers(20_000).trim_end()),
        ),
        ("20,000 headers, closed", closes(short_headers(20_000))),
        ("a status line of 100 kB", replies(long_line(200))),
    ];
    let rows = table
        .into_iter()
        .map(|(name, service)| row(name, service, Healthy));
    let too_long = too_long
        .into_iter()
        .map(|(name, service)| row(name, service, Healthy).may_reset());
    let reset = Row {
        next_check: true,
        ..row(
            "RST in the headers",
            resets("HTTP/1.1 200 OK\r\nServ"),
            Healthy,
        )
    };
    rows.chain(too_long).chain([reset]).collect()
}

/// Answers of a service that has failed.
pub(super) fn bad() -> Vec<Row> {
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
pub(super) fn late() -> Vec<Row> {
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

/// Every kind of code, with every kind of Request-URI.
pub(super) fn status_codes() -> Vec<Row> {
    let mut rows = Vec::new();
    let codes = [
        0, 200, 204, 301, 399, 400, 401, 404, 426, 499, 500, 503, 599, 600, 999,
    ];
    for code in codes {
        for uri in [None, Some("/"), Some("/x")] {
            let fails = uri == Some("/x") && (400..=599).contains(&code);
            let expected = if fails { status(code) } else { Healthy };
            let name = format!("{code:03} with -h {uri:?}");
            let row = row(
                name,
                replies(format!("HTTP/1.1 {code:03} X\r\n\r\n")),
                expected,
            );
            rows.push(match uri {
                Some(uri) => row.with(&["-h", uri]),
                None => row,
            });
        }
    }
    for uri in [
        "*",
        "http://a.example/",
        "http://a.example",
        "//",
        "/?",
        "/index.html?a=b",
    ] {
        let service = replies(NOT_FOUND);
        rows.push(row(format!("404 with -h {uri}"), service, status(404)).with(&["-h", uri]));
    }
    rows
}

/// A request; `PORT` in `host` stands for the server's port.
fn request(uri: &str, version: &str, host: &str) -> Option<String> {
    Some(format!(
        "HEAD {uri} HTTP/{version}\r\nHost: {host}\r\nUser-Agent: clp_httpmon/{}\r\nAccept: */*\r\n\
         Connection: close\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    ))
}

fn asked(server: &'static str, arguments: &[&str], request: Option<String>) -> Row {
    Row {
        server,
        request,
        ..row(format!("-s {server} {arguments:?}"), replies(GOOD), Healthy).with(arguments)
    }
}

/// The bytes of the request to names and IPv4 addresses, of each version and form of Request-URI.
pub(super) fn requests_over_ipv4() -> Vec<Row> {
    let v4 = "127.0.0.1:PORT";
    let mut rows = vec![
        asked("127.0.0.1", &[], request("/", "1.1", v4)),
        asked("127.0.0.1", &["-v", "1.1"], request("/", "1.1", v4)),
        asked("127.0.0.1", &["-v", "1.0"], request("/", "1.0", v4)),
        asked("127.0.0.1", &["-h", "/"], request("/", "1.1", v4)),
        asked(
            "127.0.0.1",
            &["-h", "/a/b?c=d%20e&f=~"],
            request("/a/b?c=d%20e&f=~", "1.1", v4),
        ),
        asked("127.0.0.1", &["-h", "*"], request("*", "1.1", v4)),
        asked(
            "127.0.0.1",
            &["-h", "http://a.example:8080/x"],
            request("http://a.example:8080/x", "1.1", "a.example:8080"),
        ),
        asked(
            "127.0.0.1",
            &["-h", "http://[::1]/", "-v", "1.0"],
            request("http://[::1]/", "1.0", "[::1]"),
        ),
    ];
    for name in ["localhost", "LocalHost", "localhost."] {
        rows.push(Row {
            other_addresses: true,
            ..asked(name, &[], request("/", "1.1", &format!("{name}:PORT")))
        });
    }
    let longest = format!("/{}", "u".repeat(254));
    rows.push(asked(
        "127.0.0.1",
        &["-h", &longest],
        request(&longest, "1.1", v4),
    ));
    rows
}

/// The bytes of the request to IPv6 addresses: brackets always, a zone never.
pub(super) fn requests_over_ipv6() -> Vec<Row> {
    ["::1", "[::1]", "0:0:0:0:0:0:0:1", "::1%lo", "[::1%lo]"]
        .map(|server| Row {
            listen: "[::1]:0",
            ..asked(server, &["-v", "1.0"], request("/", "1.0", "[::1]:PORT"))
        })
        .into()
}

/// No `-n`: port 80, which `Host` leaves out.
pub(super) fn default_port() -> Row {
    Row {
        listen: PORT_80,
        port: false,
        ..asked("127.77.0.1", &[], request("/", "1.1", "127.77.0.1"))
    }
}

/// A status line longer than a head may be.
fn long_line(code: u16) -> String {
    format!("HTTP/1.1 {code} {}\r\n\r\n", "x".repeat(100_000))
}

fn one_byte_at_a_time(reply: &str) -> Service {
    let reply = reply.to_owned();
    script(move |conversation| {
        conversation.read_request();
        conversation.drip(reply.as_bytes(), Duration::from_millis(1));
        Some(conversation.read_to_end())
    })
}

fn reset_at_once(conversation: &mut Conversation) -> Option<bool> {
    conversation.reset();
    None
}
