//! The servers' side of a connection: what arrives when, given what was heard.

use crate::manner::{self, Manner};
use crate::plan::Service;
use crate::random::Random;
use clp_isa_core::protocol::Protocol;
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
    manner: &'static Manner,
    heard: Vec<u8>,
    /// Lines that were answered.
    answered: usize,
    /// In the order of time.
    arrivals: Vec<(Instant, Arrival)>,
    /// Whether all that the service needs to hear was heard.
    pub(crate) is_asked: bool,
}

impl Connection {
    pub(crate) fn new(
        service: Service,
        protocol: Protocol,
        now: Instant,
        random: &mut Random,
    ) -> Self {
        let mut connection = Self {
            service,
            manner: manner::of(protocol),
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
                if !connection.manner.greetings.is_empty() {
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
        let Manner {
            greetings,
            busy,
            rubbish,
            ..
        } = self.manner;
        let greeting = greetings[random.index(greetings.len())];
        match self.service {
            Service::Busy => self.send(at, busy.0, random),
            Service::Rubbish => self.send(at, rubbish.0, random),
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
        let heard = String::from_utf8(self.heard.clone()).unwrap();
        let asked = heard.matches(self.manner.question_end).count();
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
        let Manner {
            good,
            busy,
            rubbish,
            flood,
            drip,
            ..
        } = self.manner;
        match self.service {
            Service::Good => self.send(now, good[random.index(good.len())], random),
            Service::Busy => self.send(now, busy.0, random),
            Service::Rubbish => self.send(now, rubbish.0, random),
            Service::Floods => self.send(now, &flood.0(), random),
            Service::Drips => {
                let rest = core::iter::repeat_n(b'x', 200);
                for (place, byte) in drip.bytes().chain(rest).enumerate() {
                    let at = now + Duration::from_millis(100) * u32::try_from(place).unwrap();
                    self.add(at, Arrival::Bytes(vec![byte]));
                }
            }
            Service::Late => self.add(
                now + Duration::from_secs(16),
                Arrival::Bytes(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            ),
            Service::Resets => self.add(now + random.millis(3), Arrival::Reset),
            Service::Closes => self.add(now + random.millis(3), Arrival::Closed),
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
