//! Tables for the HTTP dialogue, and httparse as an independent opinion.

use super::*;
use crate::errno::Errno;
use crate::probe::Detail;
use arrayvec::ArrayString;

const HEALTHY: Option<Verdict> = Some(Verdict::Healthy);
const INVALID: Option<Verdict> = Some(Verdict::Failed(Failure::InvalidResponse));
const RESET: Option<Verdict> = Some(Verdict::Failed(Failure::Receive(Errno::ECONNRESET)));

const fn status(code: u16) -> Option<Verdict> {
    Some(Verdict::Failed(Failure::InvalidStatus(code)))
}

fn probe(uri: &str) -> Http {
    let host = Host::Name(ArrayString::from("localhost").unwrap());
    Http::new(&host, 80, HttpVersion::V1_1, uri)
}

fn fed<'a>(uri: &str, pieces: impl IntoIterator<Item = &'a [u8]>) -> Http {
    let mut http = probe(uri);
    for piece in pieces {
        http.handle_received(piece);
    }
    http
}

fn ended(http: &Http, end: End) -> Option<Verdict> {
    let mut http = http.clone();
    http.handle_end(end);
    http.verdict()
}

/// Reply; verdict with `/` and with another URI, before any end; with another URI after a close and after a reset.
type Row = (
    Vec<u8>,
    Option<Verdict>,
    Option<Verdict>,
    Option<Verdict>,
    Option<Verdict>,
);

fn row(reply: &str, root: Option<Verdict>, other: Option<Verdict>) -> Row {
    (reply.into(), root, other, other, other)
}

/// No verdict before the end.
fn open(reply: &str, closed: Option<Verdict>, reset: Option<Verdict>) -> Row {
    (reply.into(), None, None, closed, reset)
}

fn table() -> Vec<Row> {
    let interim = "HTTP/1.1 100 Continue\r\n\r\n";
    let most = usize::from(HTTP_INTERIM_MAX);
    let long = "x".repeat(100_000);
    let full = |begin: &str, length: usize| {
        let mut head = format!("{begin:x<width$}", width = length.saturating_sub(4));
        head.push_str("\r\n\r\n");
        head
    };
    let final_begin = "HTTP/1.1 500 No\r\nA: ";
    let interim_begin = "HTTP/1.1 103 Hints\r\nA: ";
    vec![
        // Complete status lines.
        row("HTTP/1.1 200 OK\r\n\r\n", HEALTHY, HEALTHY),
        row("HTTP/1.1 200 OK\n\n", HEALTHY, HEALTHY),
        row("HTTP/1.1 200\r\n\r\n", HEALTHY, HEALTHY),
        row("HTTP/1.1 200\n\r\n", HEALTHY, HEALTHY),
        row("HTTP/1.1 200 \r\n\n", HEALTHY, HEALTHY),
        row("HTTP/0.9 200 OK\r\n\r\n", HEALTHY, HEALTHY),
        row("HTTP/9.9 999 OK\r\n\r\n", HEALTHY, HEALTHY),
        row("HTTP/1.0 000 OK\r\n\r\n", HEALTHY, HEALTHY),
        row("HTTP/1.1 200 \0\x7f\r\r x\r\n\r\n", HEALTHY, HEALTHY),
        row("HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", HEALTHY, HEALTHY),
        row(
            "HTTP/1.1 200 OK\r\n: \0odd\r\r\n\rx\r\n\n",
            HEALTHY,
            HEALTHY,
        ),
        // Judged by the code.
        row("HTTP/1.1 301 Moved\r\n\r\n", HEALTHY, HEALTHY),
        row("HTTP/1.1 399 x\r\n\r\n", HEALTHY, HEALTHY),
        row("HTTP/1.1 400 x\r\n\r\n", HEALTHY, status(400)),
        row("HTTP/1.1 401 x\r\n\r\n", HEALTHY, status(401)),
        row("HTTP/1.1 404\n\n", HEALTHY, status(404)),
        row("HTTP/1.1 599 x\r\n\r\n", HEALTHY, status(599)),
        row("HTTP/1.1 600 x\r\n\r\n", HEALTHY, HEALTHY),
        // Not HTTP, judged at the first wrong byte.
        row("/", INVALID, INVALID),
        row("/HTTP/1.1 200 OK\r\n\r\n", INVALID, INVALID),
        row("\r\nHTTP/1.1 200 OK\r\n\r\n", INVALID, INVALID),
        row("h", INVALID, INVALID),
        row("HTTP ", INVALID, INVALID),
        row("HTTP/x", INVALID, INVALID),
        row("HTTP/1 ", INVALID, INVALID),
        row("HTTP/1.x", INVALID, INVALID),
        row("HTTP/1.10", INVALID, INVALID),
        row("HTTP/1.1\r", INVALID, INVALID),
        row("HTTP/1.1  ", INVALID, INVALID),
        row("HTTP/1.1 20 ", INVALID, INVALID),
        row("HTTP/1.1 2x", INVALID, INVALID),
        row("HTTP/1.1 2000", INVALID, INVALID),
        row("HTTP/1.1 200x", INVALID, INVALID),
        row("HTTP/1.1 200\t", INVALID, INVALID),
        row("HTTP/1.1 200\r ", INVALID, INVALID),
        row("HTTP/1.1 200\r\r", INVALID, INVALID),
        // Ended before the status line was complete.
        open("", INVALID, RESET),
        open("HTT", INVALID, RESET),
        open("HTTP/1.1 200", INVALID, RESET),
        open("HTTP/1.1 200\r", INVALID, RESET),
        open("HTTP/1.1 200 OK", INVALID, RESET),
        open("HTTP/1.1 200 OK\r", INVALID, RESET),
        open(
            &format!("HTTP/1.1 200 {}", "x".repeat(60_000)),
            INVALID,
            RESET,
        ),
        // Ended in the header block.
        open("HTTP/1.1 200 OK\r\n", HEALTHY, HEALTHY),
        open("HTTP/1.1 200 OK\r\nA: b\r\n\r", HEALTHY, HEALTHY),
        open("HTTP/1.1 503 No\nA", status(503), status(503)),
        // Interim replies.
        row("HTTP/1.1 101 Switching\r\n\r\n", HEALTHY, HEALTHY),
        open(interim, INVALID, RESET),
        open("HTTP/1.1 103 Hints\r\nLink: x\r\n", INVALID, RESET),
        row(
            "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 No\r\n\r\n",
            HEALTHY,
            status(404),
        ),
        row("HTTP/1.1 199\n\nHTTP/1.1 200\n\n", HEALTHY, HEALTHY),
        row(&format!("{interim}x"), INVALID, INVALID),
        row(
            &format!("{}HTTP/1.1 500\n\n", interim.repeat(most)),
            HEALTHY,
            status(500),
        ),
        row(
            &format!("{}HTTP/1.1 101\n\n", interim.repeat(most)),
            HEALTHY,
            HEALTHY,
        ),
        open(&interim.repeat(most), INVALID, RESET),
        row(
            &format!("{}HTTP/1.1 100 ", interim.repeat(most)),
            INVALID,
            INVALID,
        ),
        // Heads at and over the limit.
        row(&full(final_begin, HTTP_HEAD_MAX), HEALTHY, status(500)),
        row(&format!("{final_begin}{long}"), HEALTHY, status(500)),
        row(&format!("HTTP/1.1 200 {long}"), HEALTHY, HEALTHY),
        open(&full(interim_begin, HTTP_HEAD_MAX), INVALID, RESET),
        row(
            &format!(
                "{}HTTP/1.1 404\n\n",
                full(interim_begin, HTTP_HEAD_MAX).repeat(2)
            ),
            HEALTHY,
            status(404),
        ),
        row(&full(interim_begin, HTTP_HEAD_MAX + 1), INVALID, INVALID),
        row(&format!("HTTP/1.1 100 {long}"), INVALID, INVALID),
    ]
}

#[test]
fn verdicts() {
    for (reply, root, other, closed, reset) in table() {
        let shown = String::from_utf8_lossy(&reply[..reply.len().min(80)]).into_owned();
        let http = fed("/", [&reply[..]]);
        assert_eq!(http.verdict(), root, "/ {shown:?}");
        for uri in ["/x", "*", "http://localhost/"] {
            let http = fed(uri, [&reply[..]]);
            assert_eq!(http.verdict(), other, "{uri} {shown:?}");
            assert_eq!(http.is_finished(), other.is_some());
            assert_eq!(ended(&http, End::Closed), closed, "closed {shown:?}");
            assert_eq!(
                ended(&http, End::Error(Errno::ECONNRESET)),
                reset,
                "reset {shown:?}"
            );
        }
    }
}

#[test]
fn a_wrong_byte_is_judged_at_once_and_not_before() {
    for (reply, _, other, ..) in table() {
        if other != INVALID || reply.len() > 1000 {
            continue;
        }
        let first_wrong = (0..reply.len()).find(|&n| fed("/x", [&reply[..=n]]).is_finished());
        let good = &reply[..first_wrong.unwrap()];
        assert_eq!(
            ended(&fed("/x", [good]), End::Error(Errno::ECONNRESET)),
            RESET
        );
    }
}

#[test]
fn any_split_gives_the_same_outcome() {
    for (reply, ..) in table() {
        let whole = fed("/x", [&reply[..]]);
        let check = |http: &Http| {
            assert_eq!(http.verdict(), whole.verdict());
            assert_eq!(http.detail(), whole.detail());
            for end in [End::Closed, End::Error(Errno(113))] {
                assert_eq!(ended(http, end), ended(&whole, end));
            }
        };
        check(&fed("/x", reply.chunks(1)));
        // Long replies: only where something is decided.
        let near =
            |n: usize| n < 40 || n.abs_diff(HTTP_HEAD_MAX) < 3 || n.abs_diff(reply.len()) < 9;
        for (left, right) in (0..=reply.len())
            .filter(|&n| near(n))
            .map(|n| reply.split_at(n))
        {
            check(&fed("/x", [left, right]));
        }
    }
}

#[test]
fn an_invalid_response_has_its_cause() {
    use Cause::{CutShort, Foreign, Http2, Interim, NoAnswer, TooLong};
    let interim = "HTTP/1.1 102 Processing\r\n\r\n";
    let long = "x".repeat(HTTP_HEAD_MAX);
    // An empty SETTINGS frame, and one of three settings with a GOAWAY after it.
    let empty = "\0\0\0\x04\0\0\0\0\0";
    let full = "\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\0\x08\x07\0\0\0\0\0";
    let table = [
        ("", NoAnswer),
        ("H", CutShort),
        ("HTTP/1.1 200", CutShort),
        ("HTTP/1.1 200 O", CutShort),
        (interim, CutShort),
        ("HTTP/1.1 102 Pro", CutShort),
        ("220 mx\r\n", Foreign),
        ("HTTP/1.1 2000\r\n", Foreign),
        ("HTTP/1.1 200\rx", Foreign),
        (&interim.repeat(101), Interim),
        (&format!("HTTP/1.1 102 {long}"), TooLong),
        (empty, Http2),
        (full, Http2),
        ("\0\0\0\x04\0\0\0\0", Foreign),
        ("\0\0\0\x04\0\0\0\0\x01", Foreign),
        ("\0\0\0\x06\0\0\0\0\0", Foreign),
    ];
    for (reply, cause) in table {
        for http in [
            fed("/x", [reply.as_bytes()]),
            fed("/x", reply.as_bytes().chunks(1)),
        ] {
            let (mut closed, mut reset) = (http.clone(), http);
            closed.handle_end(End::Closed);
            assert_eq!(closed.verdict(), INVALID, "{reply:?}");
            assert_eq!(closed.cause(), Some(cause), "{reply:?}");
            let before = reset.cause();
            reset.handle_end(End::Error(Errno::ECONNRESET));
            assert_eq!(reset.cause(), before, "{reply:?}");
        }
    }
    for good in ["HTTP/1.1 404 No\r\n\r\n", "HTTP/1.1 200 OK\r\n"] {
        let mut http = fed("/x", [good.as_bytes()]);
        http.handle_end(End::Closed);
        assert_eq!(http.detail(), Detail::default());
    }
}

#[test]
fn a_verdict_never_changes() {
    for (reply, _, other, ..) in table() {
        let mut http = fed("/x", [&reply[..]]);
        if other.is_some() {
            http.handle_received(b"\r\n\r\nHTTP/1.1 404 No\r\n\r\n");
            http.handle_end(End::Error(Errno::ECONNRESET));
            assert_eq!(http.verdict(), other);
            assert!(http.outgoing().is_empty());
        }
    }
}

#[test]
fn the_excerpt_is_the_beginning_of_what_was_not_understood() {
    let long = [b'S'; 100];
    let table: [(&[u8], &[u8]); 6] = [
        (b"SSH-2.0-x\r\n", b"SSH-2.0-x\r\n"),
        (&long, &long[..EXCERPT_MAX]),
        (b"HTTP/1.1 100 C\r\n\r\nSSH-2.0", b"SSH-2.0"),
        (b"HTTP/1.1 100 C\r\n\r\n", b"HTTP/1.1 100 C\r\n\r\n"),
        (b"HTTP/1.1 404 No\r\n\r\n", b""),
        (b"", b""),
    ];
    for (reply, excerpt) in table {
        let mut http = fed("/x", [reply]);
        http.handle_end(End::Closed);
        assert_eq!(http.excerpt(), excerpt, "{reply:?}");
    }
}

#[test]
fn the_request_goes_out_in_any_portions_until_there_is_a_verdict() {
    let whole = probe("/x").outgoing().to_vec();
    let mut http = probe("/x");
    let mut seen = Vec::new();
    while let Some(&byte) = http.outgoing().first() {
        seen.push(byte);
        http.handle_sent(1);
    }
    assert_eq!(seen, whole);
    http.handle_sent(usize::MAX);
    assert!(http.outgoing().is_empty() && !http.is_finished());

    let early = fed("/x", [&b"HTTP/1.1 200 OK\r\n\r\n"[..]]);
    assert!(early.outgoing().is_empty() && early.is_finished());
}

/// Whatever httparse takes for a whole reply head, we take too, with the same code; but not the empty lines that it
/// skips before a status line, which the contract does not allow.
#[test]
fn httparse_accepts_nothing_that_we_refuse() {
    let mut accepted = 0_u32;
    let mut agree = |reply: &[u8]| {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut theirs = httparse::Response::new(&mut headers);
        if matches!(reply.first(), Some(b'\r' | b'\n')) {
            return;
        }
        if let Ok(httparse::Status::Complete(length)) = theirs.parse(reply) {
            let ours = fed("/", [&reply[..length]]);
            let reply = String::from_utf8_lossy(reply);
            assert_eq!(Some(ours.code), theirs.code, "{reply:?}");
            let wanted = if ours.is_interim() { None } else { HEALTHY };
            assert_eq!(ours.verdict(), wanted, "{reply:?}");
            accepted += 1;
        }
    };
    for (reply, ..) in table() {
        if reply.len() <= HTTP_HEAD_MAX {
            agree(&reply);
        }
    }
    // Every byte of some heads replaced by every other, and every byte left out or doubled.
    let heads: [&[u8]; 4] = [
        b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n",
        b"HTTP/1.0 404\r\n\r\n",
        b"HTTP/1.1 103 Early\nA:b\n\n",
        b"HTTP/1.1 500 \xe9\r\nAb:\r\nC: d\r\n\r\nbody",
    ];
    for head in heads {
        for place in 0..head.len() {
            let (left, right) = head.split_at(place);
            agree(&[left, &right[1..]].concat());
            for byte in 0..=u8::MAX {
                agree(&[left, &[byte], &right[1..]].concat());
                agree(&[left, &[byte], right].concat());
            }
        }
    }
    assert!(accepted > 1000, "{accepted}");
}

#[test]
fn restarted_is_as_good_as_new() {
    for reply in [
        "nonsense",
        "HTTP/1.1 200",
        "HTTP/1.1 100\r\n\r\nHTTP/1.1 404 no\r\nA: b\r\n\r\n",
    ] {
        let mut http = fed("/x", [reply.as_bytes()]);
        http.handle_sent(7);
        http.restart();
        assert_eq!(format!("{http:?}"), format!("{:?}", probe("/x")));
    }
}
