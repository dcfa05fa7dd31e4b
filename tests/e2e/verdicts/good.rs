//! Answers of a living service.

use super::Expected::Healthy;
use super::service::{closes, one_byte_at_a_time, replies, resets, script};
use super::*;

const KIB_64: usize = 64 * 1024;

fn good() -> Vec<Row> {
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

#[test]
fn good_answers() {
    run(&good());
}
