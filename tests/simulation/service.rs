//! The servers' side of a connection: what arrives when, given what was heard.

use crate::plan::Service;
use crate::random::Random;
use clp_isa_core::limits::{HTTP_INTERIM_MAX, SMTP_REPLY_MAX};
use clp_isa_core::time::Instant;
use core::time::Duration;

/// What reaches the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arrival {
    Connected,
    Refused,
    /// The socket takes bytes again.
    Writable,
    Bytes(Vec<u8>),
    Closed,
    Reset,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) service: Service,
    is_http: bool,
    heard: Vec<u8>,
    /// Lines that were answered.
    answered: usize,
    /// In the order of time.
    arrivals: Vec<(Instant, Arrival)>,
    /// Whether all that the service needs to hear was heard.
    pub(crate) is_asked: bool,
}

const GOOD_HTTP: &[&str] = &[
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.0 204\n\n",
    "HTTP/1.1 302 Found\r\nLocation: /y\r\nSet-Cookie: a=b\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching\r\n\r\nbytes of something else",
    "HTTP/1.1 399 \r\n\r\n<html>a body that nobody asked for</html>",
];
const GREETINGS: &[&str] = &[
    "220 mx ESMTP\r\n",
    "220\n",
    "220-mx\r\n220-no spam\r\n220 go\r\n",
];
const GOOD_SMTP: &[&str] = &[
    "250 2.0.0 Ok\r\n",
    "250\r\n",
    "250-a\r\n250 b\r\n",
    "299 x\n",
];

impl Connection {
    pub(crate) fn new(service: Service, is_http: bool, now: Instant, random: &mut Random) -> Self {
        let mut connection = Self {
            service,
            is_http,
            heard: Vec::new(),
            answered: 0,
            arrivals: Vec::new(),
            is_asked: false,
        };
        let at = now + Duration::from_millis(1) + random.millis(4);
        match service {
            Service::Refuses => connection.add(at, Arrival::Refused),
            Service::Unreachable => {}
            _ => {
                connection.add(at, Arrival::Connected);
                if !is_http {
                    connection.greet(at, random);
                }
            }
        }
        connection
    }

    fn add(&mut self, at: Instant, arrival: Arrival) {
        self.arrivals.push((at, arrival));
        self.arrivals.sort_by_key(|(at, _)| *at);
    }

    /// Sends `text` from `at` on, in pieces.
    fn send(&mut self, at: Instant, text: &str, random: &mut Random) {
        let (mut left, mut at, mut pieces) = (
            text.as_bytes(),
            at + Duration::from_millis(1) + random.millis(2),
            8,
        );
        while !left.is_empty() {
            let length = if pieces == 0 {
                left.len()
            } else {
                1 + random.index(left.len())
            };
            let (piece, rest) = left.split_at(length);
            self.add(at, Arrival::Bytes(piece.to_vec()));
            at = at + random.millis(1);
            left = rest;
            pieces = if pieces == 0 { 0 } else { pieces - 1 };
        }
    }

    fn greet(&mut self, at: Instant, random: &mut Random) {
        let greeting = GREETINGS[random.index(GREETINGS.len())];
        match self.service {
            Service::Busy => self.send(at, "421 too busy\r\n", random),
            Service::Rubbish => self.send(at, "SSH-2.0-x\r\n", random),
            _ => self.send(at, greeting, random),
        }
    }

    /// Takes some of `outgoing`; says how much.
    pub(crate) fn take(&mut self, outgoing: &[u8], now: Instant, random: &mut Random) -> usize {
        let count = if random.chance(80) {
            outgoing.len()
        } else {
            random.index(outgoing.len() + 1)
        };
        self.heard.extend(&outgoing[..count]);
        if count < outgoing.len() {
            self.add(now + Duration::from_millis(1), Arrival::Writable);
        }
        let wanted = if self.is_http { "\r\n\r\n" } else { "\r\n" };
        let heard = String::from_utf8(self.heard.clone()).unwrap();
        let asked = heard.matches(wanted).count();
        if asked > self.answered {
            self.answered = asked;
            self.is_asked = true;
            self.answer(&heard, now, random);
        }
        count
    }

    fn answer(&mut self, heard: &str, now: Instant, random: &mut Random) {
        if heard.ends_with("QUIT\r\n") {
            // How the farewell goes is nobody's business.
            match random.below(4) {
                0 => self.send(now, "221 bye\r\n", random),
                1 => self.add(now, Arrival::Closed),
                2 => self.add(now, Arrival::Reset),
                _ => {}
            }
            return;
        }
        match (self.service, self.is_http) {
            (Service::Good, true) => {
                self.send(now, GOOD_HTTP[random.index(GOOD_HTTP.len())], random)
            }
            (Service::Good, false) => {
                self.send(now, GOOD_SMTP[random.index(GOOD_SMTP.len())], random)
            }
            (Service::Busy, true) => {
                self.send(now, "HTTP/1.1 503 Service Unavailable\r\n\r\n", random)
            }
            (Service::Rubbish, true) => self.send(now, "220 mx ESMTP\r\n", random),
            (Service::Floods, true) => {
                let interim = "HTTP/1.1 102 Processing\r\n\r\n";
                let text = interim.repeat(usize::from(HTTP_INTERIM_MAX) + 1);
                self.send(now, &text, random);
            }
            (Service::Floods, false) => {
                let text = format!("250 {}\r\n", "x".repeat(SMTP_REPLY_MAX));
                self.send(now, &text, random);
            }
            (Service::Drips, _) => {
                let text = if self.is_http {
                    "HTTP/1.1 200 "
                } else {
                    "250-"
                };
                for (place, byte) in text
                    .bytes()
                    .chain(core::iter::repeat_n(b'x', 200))
                    .enumerate()
                {
                    let at = now + Duration::from_millis(100) * u32::try_from(place).unwrap();
                    self.add(at, Arrival::Bytes(vec![byte]));
                }
            }
            (Service::Late, _) => self.add(
                now + Duration::from_secs(16),
                Arrival::Bytes(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            ),
            (Service::Resets, _) => self.add(now + random.millis(3), Arrival::Reset),
            (Service::Closes, _) => self.add(now + random.millis(3), Arrival::Closed),
            _ => {}
        }
    }

    /// When the next thing arrives.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.arrivals.first().map(|(at, _)| *at)
    }

    /// The next thing that has arrived by `now`.
    pub(crate) fn arrived(&mut self, now: Instant) -> Option<Arrival> {
        self.next().filter(|at| *at <= now)?;
        Some(self.arrivals.remove(0).1)
    }
}
