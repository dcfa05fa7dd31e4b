//! How the servers of each protocol talk, and what a monitor must find in that: one row a protocol.

use clp_isa_core::errno::Errno;
use clp_isa_core::event::Failure;
use clp_isa_core::limits::{HTTP_INTERIM_MAX, SMTP_REPLY_MAX};
use clp_isa_core::protocol::Protocol;
use nix::libc;

/// What servers say.
#[derive(Debug)]
pub(crate) struct Manner {
    /// How what they are asked ends.
    pub(crate) question_end: &'static str,
    /// Good greetings; none where they say nothing unasked.
    pub(crate) greetings: &'static [&'static str],
    /// Good answers.
    pub(crate) good: &'static [&'static str],
    /// What they say first if they are busy, and what that is.
    pub(crate) busy: (&'static str, Failure),
    /// What no such server says, and what that is.
    pub(crate) rubbish: (&'static str, Failure),
    /// An answer that is longer than is read, and what that is.
    pub(crate) flood: (fn() -> String, Failure),
    /// How an answer begins that drips without end.
    pub(crate) drip: &'static str,
    /// What an end without an answer is.
    pub(crate) close: Failure,
}

pub(crate) const fn of(protocol: Protocol) -> &'static Manner {
    match protocol {
        Protocol::Http => &HTTP,
        Protocol::Smtp => &SMTP,
    }
}

const HTTP: Manner = Manner {
    question_end: "\r\n\r\n",
    greetings: &[],
    good: &[
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.0 204\n\n",
        "HTTP/1.1 302 Found\r\nLocation: /y\r\nSet-Cookie: a=b\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching\r\n\r\nbytes of something else",
        "HTTP/1.1 399 \r\n\r\n<html>a body that nobody asked for</html>",
    ],
    busy: (
        "HTTP/1.1 503 Service Unavailable\r\n\r\n",
        Failure::InvalidStatus(503),
    ),
    rubbish: ("220 mx ESMTP\r\n", Failure::InvalidResponse),
    flood: (
        || "HTTP/1.1 102 Processing\r\n\r\n".repeat(usize::from(HTTP_INTERIM_MAX) + 1),
        Failure::InvalidResponse,
    ),
    drip: "HTTP/1.1 200 ",
    close: Failure::InvalidResponse,
};

const SMTP: Manner = Manner {
    question_end: "\r\n",
    greetings: &[
        "220 mx ESMTP\r\n",
        "220\n",
        "220-mx\r\n220-no spam\r\n220 go\r\n",
    ],
    good: &[
        "250 2.0.0 Ok\r\n",
        "250\r\n",
        "250-a\r\n250 b\r\n",
        "299 x\n",
    ],
    busy: ("421 too busy\r\n", Failure::InvalidStatus(421)),
    rubbish: ("SSH-2.0-x\r\n", Failure::InvalidStatus(0)),
    flood: (
        || format!("250 {}\r\n", "x".repeat(SMTP_REPLY_MAX)),
        Failure::InvalidStatus(250),
    ),
    drip: "250-",
    close: Failure::Receive(Errno(libc::ECONNRESET)),
};
