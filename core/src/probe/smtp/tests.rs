//! Tables for the SMTP dialogue.

use super::*;
use crate::limits::{SMTP_LINE_MAX, SMTP_LINES_MAX, SMTP_REPLY_MAX};

const HEALTHY: Option<Verdict> = Some(Verdict::Healthy);
const RESET: Option<Verdict> = Some(Verdict::Failed(Failure::Receive(Errno::ECONNRESET)));

const fn status(code: u16) -> Option<Verdict> {
    Some(Verdict::Failed(Failure::InvalidStatus(code)))
}

/// Sends all that is outgoing.
fn flush(smtp: &mut Smtp) -> Vec<u8> {
    let sent = smtp.outgoing().to_vec();
    smtp.handle_sent(sent.len());
    sent
}

/// Feeds the pieces, answering after each; gives all that was said.
fn fed<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Smtp, Vec<u8>) {
    let mut smtp = Smtp::new();
    let mut said = flush(&mut smtp);
    for piece in pieces {
        smtp.handle_received(piece);
        said.extend(flush(&mut smtp));
    }
    (smtp, said)
}

const NOTHING: &str = "";
const NOOP: &str = "NOOP\r\n";
const QUIT: &str = "QUIT\r\n";
const BOTH: &str = "NOOP\r\nQUIT\r\n";

/// What the server says; the verdict before any end; what was said to it when fed byte by byte; whether it is over.
type Row = (String, Option<Verdict>, &'static str, bool);

fn table() -> Vec<Row> {
    let row = |heard: &str, verdict, said, over| (heard.to_owned(), verdict, said, over);
    let after = |answer: &str, verdict, said, over| {
        (format!("220 mx ESMTP\r\n{answer}"), verdict, said, over)
    };
    let long = "x".repeat(SMTP_REPLY_MAX / 2 - 6);
    let lines = |code: u16, count: u8| format!("{code}-x\r\n").repeat(usize::from(count));
    vec![
        // The greeting.
        row("", None, NOTHING, false),
        row("220 mx ESMTP", None, NOTHING, false),
        row("220 mx ESMTP\r", None, NOTHING, false),
        row("220 mx ESMTP\r\n", None, NOOP, false),
        row("220 mx ESMTP\n", None, NOOP, false),
        row("220\r\n", None, NOOP, false),
        row("220\n", None, NOOP, false),
        row("220-one\r\n220-two\r\n", None, NOTHING, false),
        row("220-one\r\n220-\n220 two\r\n", None, NOOP, false),
        row("220-one\r\n220\r\n", None, NOOP, false),
        row("220", None, NOTHING, false),
        row("554 no\r\n", status(554), QUIT, true),
        row("554 ", status(554), QUIT, true),
        row("554-", status(554), QUIT, true),
        row("421\r", status(421), QUIT, true),
        row("421\n", status(421), QUIT, true),
        row("250 ", status(250), QUIT, true),
        row("221 ", status(221), QUIT, true),
        row("999 ", status(999), QUIT, true),
        // No code.
        row("\r", status(0), QUIT, true),
        row("H", status(0), QUIT, true),
        row("22x", status(0), QUIT, true),
        row("22 ", status(0), QUIT, true),
        row("-", status(0), QUIT, true),
        row("2200", status(0), QUIT, true),
        row("220x", status(0), QUIT, true),
        row("220\t", status(0), QUIT, true),
        row("220-one\r\n ", status(0), QUIT, true),
        // Mixed codes.
        row("220-one\r\n250 ", status(250), QUIT, true),
        row("220-one\r\n554-", status(554), QUIT, true),
        row("220-one\r\n221\n", status(221), QUIT, true),
        // Lines and their length.
        row(
            &format!("{}220 x\r\n", lines(220, SMTP_LINES_MAX - 1)),
            None,
            NOOP,
            false,
        ),
        row(&lines(220, SMTP_LINES_MAX), None, NOTHING, false),
        row(
            &format!("{}2", lines(220, SMTP_LINES_MAX)),
            status(220),
            QUIT,
            true,
        ),
        row(
            &format!("{}x", lines(220, SMTP_LINES_MAX)),
            status(220),
            QUIT,
            true,
        ),
        row(
            &format!("220 {}\r\n", "x".repeat(SMTP_LINE_MAX)),
            None,
            NOOP,
            false,
        ),
        // The reply's length: all of 64 KiB, a line end of which nothing is too much, and one byte more.
        row(&format!("220-{long}\r\n220 {long}\r\n"), None, NOOP, false),
        row(&format!("220-{long}\r\n220 {long}xx"), None, NOTHING, false),
        row(
            &format!("220-{long}\r\n220 {long}xxx"),
            status(220),
            QUIT,
            true,
        ),
        row(
            &format!("220-{long}\r\n220-{long}\r\nx"),
            status(220),
            QUIT,
            true,
        ),
        row(
            &format!("220-{long}\r\n220 {long}\r\n250-{long}\r\n250 {long}xxx"),
            status(250),
            BOTH,
            true,
        ),
        // The answer to NOOP.
        after("250 ok\r\n", HEALTHY, BOTH, false),
        after("250\n", HEALTHY, BOTH, false),
        after("200 ok\r\n", HEALTHY, BOTH, false),
        after("299 ok\r\n", HEALTHY, BOTH, false),
        after("250-a\r\n250-b\r\n250 c\r\n", HEALTHY, BOTH, false),
        after("250-a\r\n", None, NOOP, false),
        after("250 ok", None, NOOP, false),
        after("199 ", status(199), BOTH, true),
        after("300 ", status(300), BOTH, true),
        after("421 bye\r\n", status(421), BOTH, true),
        after("500-", status(500), BOTH, true),
        after("o", status(0), BOTH, true),
        after("250-a\r\n251 b", status(251), BOTH, true),
        after("250-a\r\n500 b", status(500), BOTH, true),
        after(
            &format!("{}2", lines(250, SMTP_LINES_MAX)),
            status(250),
            BOTH,
            true,
        ),
        // The farewell is not judged.
        after("250 ok\r\n221 bye", HEALTHY, BOTH, false),
        after("250 ok\r\n221 bye\r\n", HEALTHY, BOTH, true),
        after("250 ok\r\n221-bye\r\n", HEALTHY, BOTH, false),
        after("250 ok\r\n221-bye\r\n221 bye\r\n", HEALTHY, BOTH, true),
        after("250 ok\r\n500 what\r\n", HEALTHY, BOTH, true),
        after("250 ok\r\n?", HEALTHY, BOTH, true),
        after("250 ok\r\n221-a\r\n222 ", HEALTHY, BOTH, true),
        after(
            &format!("250 ok\r\n221-{long}\r\n221 {long}xxx"),
            HEALTHY,
            BOTH,
            true,
        ),
        after(
            "250 ok\r\n221 bye\r\n\0rubbish\r\n554 x\r\n",
            HEALTHY,
            BOTH,
            true,
        ),
    ]
}

#[test]
fn verdicts() {
    for (heard, verdict, said, over) in table() {
        let shown = heard.get(..60).unwrap_or(&heard);
        let (smtp, spoken) = fed(heard.as_bytes().chunks(1));
        assert_eq!(smtp.verdict(), verdict, "{shown:?}");
        assert_eq!(spoken, said.as_bytes(), "{shown:?}");
        assert_eq!(smtp.is_finished(), over, "{shown:?}");

        let wanted = verdict.or(RESET);
        for (end, wanted) in [
            (End::Closed, wanted),
            (End::Error(Errno::ECONNRESET), wanted),
            (
                End::Error(Errno(113)),
                verdict.or(Some(Verdict::Failed(Failure::Receive(Errno(113))))),
            ),
        ] {
            let mut smtp = smtp.clone();
            smtp.handle_end(end);
            assert_eq!(smtp.verdict(), wanted, "{shown:?}");
            assert!(smtp.is_finished() && smtp.outgoing().is_empty());
        }
    }
}

#[test]
fn a_line_without_a_code_is_judged_at_its_first_wrong_byte() {
    for (heard, verdict, ..) in table() {
        if verdict != status(0) {
            continue;
        }
        // These rows end with the byte that is wrong.
        let (_, before) = heard.as_bytes().split_last().unwrap();
        assert_eq!(fed([before]).0.verdict(), None, "{heard:?}");
    }
}

#[test]
fn any_split_gives_the_same_outcome() {
    for (heard, ..) in table() {
        let heard = heard.as_bytes();
        let (whole, _) = fed([heard]);
        let check = |smtp: &Smtp| {
            assert_eq!(smtp.verdict(), whole.verdict());
            assert_eq!(smtp.is_finished(), whole.is_finished());
            assert_eq!(smtp.detail(), whole.detail());
            assert_eq!(smtp.step(), whole.step());
        };
        check(&fed(heard.chunks(1)).0);
        // Long replies: only where something is decided.
        let near = |n: usize| {
            let is_near = |place: usize| n.abs_diff(place) < 9;
            heard.len() < 1000 || n < 20 || is_near(SMTP_REPLY_MAX) || is_near(heard.len())
        };
        for (left, right) in (0..=heard.len())
            .filter(|&n| near(n))
            .map(|n| heard.split_at(n))
        {
            check(&fed([left, right]).0);
        }
    }
}

#[test]
fn steps_and_causes() {
    use Cause::{CutShort, Lines, MixedCodes, NoAnswer, TooLong};
    use Step::{Greeting, Noop};
    let endless = format!("220 {}", "x".repeat(SMTP_REPLY_MAX));
    let many = "220-x\r\n".repeat(101);
    let greeted = |answer: &str| format!("220 mx\r\n{answer}");
    let table = [
        (String::new(), Greeting, Some(NoAnswer)),
        ("2".into(), Greeting, Some(CutShort)),
        ("220-mx\r\n".into(), Greeting, Some(CutShort)),
        ("554 no\r\n".into(), Greeting, None),
        ("SSH-2.0\r\n".into(), Greeting, None),
        ("220-mx\r\n554 no\r\n".into(), Greeting, Some(MixedCodes)),
        (endless, Greeting, Some(TooLong)),
        (many, Greeting, Some(Lines)),
        (greeted(""), Noop, Some(NoAnswer)),
        (greeted("250"), Noop, Some(CutShort)),
        (greeted("451 no\r\n"), Noop, None),
        (greeted("250-ok\r\n251 ok\r\n"), Noop, Some(MixedCodes)),
        (greeted("250 ok\r\n"), Noop, None),
    ];
    for (heard, step, cause) in table {
        let shown = heard.get(..60).unwrap_or(&heard);
        let (before, _) = fed([heard.as_bytes()]);
        let (mut closed, mut reset) = (before.clone(), before.clone());
        closed.handle_end(End::Closed);
        assert_eq!((closed.step(), closed.cause()), (step, cause), "{shown:?}");
        // A reset is told of by its number.
        reset.handle_end(End::Error(Errno::ECONNRESET));
        assert_eq!(
            (reset.step(), reset.cause()),
            (step, before.cause()),
            "{shown:?}"
        );
    }
}

#[test]
fn early_replies_count_and_commands_stay_whole() {
    let mut smtp = Smtp::new();
    smtp.handle_received(b"220 mx\r\n250 ");
    assert_eq!(smtp.outgoing(), b"NOOP\r\n");
    smtp.handle_sent(2);
    smtp.handle_received(b"ok\r\n");
    assert_eq!(smtp.verdict(), HEALTHY);
    assert_eq!(smtp.outgoing(), b"OP\r\nQUIT\r\n");
    smtp.handle_received(b"221 bye\r\n");
    assert!(!smtp.is_finished(), "QUIT is still to be sent");
    smtp.handle_sent(10);
    assert!(smtp.is_finished());

    // A bad answer to a command that was begun: the command is ended, then QUIT.
    let mut smtp = Smtp::new();
    smtp.handle_received(b"220 mx\r\n");
    smtp.handle_sent(1);
    smtp.handle_received(b"421 bye\r\n");
    assert_eq!(smtp.verdict(), status(421));
    assert_eq!(smtp.outgoing(), b"OOP\r\nQUIT\r\n");
    assert!(!smtp.is_finished());
    smtp.handle_sent(usize::MAX);
    assert!(smtp.is_finished());

    // A bad answer to a command that was not: QUIT alone.
    let (_, said) = fed([&b"220 mx\r\n421 bye\r\n"[..]]);
    assert_eq!(said, QUIT.as_bytes());
}

#[test]
fn the_excerpt_is_the_line_without_a_code_or_the_text_of_the_one_that_refuses() {
    let long = [b'S'; 100];
    let refusing = [b"450-", &long[..]].concat();
    let too_long = [b"220-", &[b'x'; SMTP_REPLY_MAX][..]].concat();
    let too_many = b"220-x\r\n".repeat(101);
    let table: [(&[u8], &[u8]); 17] = [
        (b"22x\r\n", b"22x\r\n"),
        (b"SSH-2.0-x\r\n", b"SSH-2.0-x\r\n"),
        (&long, &long[..EXCERPT_MAX]),
        (b"220-mx\r\nhello", b"hello"),
        (b"554 no\r\n", b"no"),
        (b"554 5.7.1 no\r\nmore", b"5.7.1 no"),
        (b"554-5.7.1 no\n554 more", b"5.7.1 no"),
        (b"554  no", b" no"),
        (b"554\r\nmore", b""),
        (b"554\nmore", b""),
        (b"554 \nmore", b""),
        (&refusing, &long[..EXCERPT_MAX]),
        (b"220 mx\r\n451 4.3.0 later\r\n", b"4.3.0 later"),
        (b"220-mx\r\n421 bye\r\n", b"bye"),
        (&too_long, b""),
        (&too_many, b""),
        (b"220 mx\r\n250 ok\r\n?", b""),
    ];
    for (heard, excerpt) in table {
        assert_eq!(fed([heard]).0.excerpt(), excerpt, "{heard:?}");
        assert_eq!(fed(heard.chunks(1)).0.excerpt(), excerpt, "{heard:?}");
    }
}
