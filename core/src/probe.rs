//! The protocol dialogues as state machines: bytes in, bytes out, a verdict.
//!
//! Owns what is said to the service and how its answer is judged. Sees no socket, no clock and no policy: when to
//! give up, how often to retry and what to tell the cluster are decided elsewhere.

mod detail;
pub mod http;
pub mod smtp;

pub use detail::{Cause, Detail, Excerpt};

use crate::config::{Config, Request};
use crate::errno::Errno;
use crate::event::Failure;
use crate::listed::listed;

/// What a dialogue says of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It answered as it should.
    Healthy,
    Failed(Failure),
}

listed! {
    /// Which answer a dialogue waits for, or waited for when its verdict was found.
    pub enum Step {
        /// The only one there is.
        Answer,
        /// What the server says unasked, before anything else.
        Greeting,
        /// The answer to `NOOP`.
        Noop,
    }
}

impl Step {
    const fn row(self) -> (Option<&'static str>, &'static str) {
        match self {
            Self::Answer => (None, "waiting for the answer"),
            Self::Greeting => (Some("greeting"), "waiting for the greeting"),
            Self::Noop => (Some("noop"), "waiting for the answer to NOOP"),
        }
    }

    /// Its word in a status line; none where there is no other step.
    pub const fn name(self) -> Option<&'static str> {
        self.row().0
    }

    /// What the logs call it.
    pub const fn meaning(self) -> &'static str {
        self.row().1
    }
}

/// How the receiving side of a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The peer closed (end of file).
    Closed,
    /// Receiving failed.
    Error(Errno),
}

/// One dialogue with a service, from the first byte after connecting to the verdict. In the order of use:
///
/// 1. `outgoing` gives the bytes to send now (none: wait for the peer); `handle_sent` says how many went.
/// 2. `handle_received` takes what arrived, in any split: the same bytes give the same verdict. `handle_end` says
///    that nothing more will arrive.
/// 3. `verdict`, once given, never changes. Until `is_finished` a verdict may still be followed by a farewell:
///    send what is `outgoing` and wait a little for the peer's answer; how that goes is not judged.
///
/// A deadline that passes without a verdict is the caller's to judge.
pub trait Probe {
    /// Bytes to be sent now.
    fn outgoing(&self) -> &[u8];
    /// `count` of the outgoing bytes were taken by the socket.
    fn handle_sent(&mut self, count: usize);
    /// These bytes arrived. Bytes after the end of the dialogue are ignored.
    fn handle_received(&mut self, bytes: &[u8]);
    /// Nothing more will arrive. There is a verdict afterwards.
    fn handle_end(&mut self, end: End);
    fn verdict(&self) -> Option<Verdict>;
    /// How far it has come.
    fn step(&self) -> Step;
    /// Whether there is a verdict and nothing is left to send or to wait for.
    fn is_finished(&self) -> bool;
    /// Which of the causes that the verdict's event has it was, if it has several and there is a verdict. It may become
    /// a closer one with the bytes that follow; after the same bytes it is the same.
    fn cause(&self) -> Option<Cause>;
    /// The first bytes of an answer that was not understood, or the text of a line that refuses; empty if there are
    /// none.
    fn excerpt(&self) -> &[u8];
    /// The two together.
    fn detail(&self) -> Detail {
        Detail {
            cause: self.cause(),
            excerpt: self.excerpt().into(),
        }
    }
}

/// The dialogue that a configuration asks for, without heap.
#[derive(Debug, Clone)]
pub enum Dialogue {
    Http(http::Http),
    Smtp(smtp::Smtp),
}

impl Dialogue {
    /// A dialogue at its beginning.
    pub fn new(config: &Config) -> Self {
        match &config.request {
            Request::Http { version, uri } => {
                Self::Http(http::Http::new(&config.host, config.port, *version, uri))
            }
            Request::Smtp => Self::Smtp(smtp::Smtp::new()),
        }
    }

    /// Back to the beginning, for the next check of the same configuration.
    pub fn restart(&mut self) {
        match self {
            Self::Http(http) => http.restart(),
            Self::Smtp(smtp) => *smtp = smtp::Smtp::new(),
        }
    }

    fn as_probe(&self) -> &dyn Probe {
        match self {
            Self::Http(http) => http,
            Self::Smtp(smtp) => smtp,
        }
    }

    fn as_probe_mut(&mut self) -> &mut dyn Probe {
        match self {
            Self::Http(http) => http,
            Self::Smtp(smtp) => smtp,
        }
    }
}

impl Probe for Dialogue {
    fn outgoing(&self) -> &[u8] {
        self.as_probe().outgoing()
    }

    fn handle_sent(&mut self, count: usize) {
        self.as_probe_mut().handle_sent(count);
    }

    fn handle_received(&mut self, bytes: &[u8]) {
        self.as_probe_mut().handle_received(bytes);
    }

    fn handle_end(&mut self, end: End) {
        self.as_probe_mut().handle_end(end);
    }

    fn verdict(&self) -> Option<Verdict> {
        self.as_probe().verdict()
    }

    fn step(&self) -> Step {
        self.as_probe().step()
    }

    fn is_finished(&self) -> bool {
        self.as_probe().is_finished()
    }

    fn cause(&self) -> Option<Cause> {
        self.as_probe().cause()
    }

    fn excerpt(&self) -> &[u8] {
        self.as_probe().excerpt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Host, HttpVersion, Timing};
    use crate::identifier::Identifier;
    use arrayvec::ArrayString;
    use core::time::Duration;

    fn dialogue(request: Request) -> Dialogue {
        Dialogue::new(&Config {
            identifier: Identifier::parse(b"x").unwrap(),
            host: Host::Name(ArrayString::from("web").unwrap()),
            port: 81,
            timing: Timing {
                interval: Duration::from_secs(60),
                retries: 3,
                timeout: Duration::from_secs(10),
            },
            request,
        })
    }

    #[test]
    fn a_configuration_gets_its_own_dialogue() {
        let uri = ArrayString::from("/x").unwrap();
        let version = HttpVersion::V1_0;
        let mut http = dialogue(Request::Http { version, uri });
        assert!(
            http.outgoing()
                .starts_with(b"HEAD /x HTTP/1.0\r\nHost: web:81\r\n")
        );
        http.handle_sent(5);
        assert!(http.outgoing().starts_with(b"/x HTTP/1.0\r\n"));
        http.handle_received(b"nonsense");
        assert_eq!(
            http.verdict(),
            Some(Verdict::Failed(Failure::InvalidResponse))
        );
        let detail = http.detail();
        assert_eq!(detail.cause, Some(Cause::Foreign));
        assert_eq!(detail.excerpt.as_bytes(), b"nonsense");
        assert!(http.is_finished());
        http.restart();
        assert!(http.verdict().is_none() && http.outgoing().starts_with(b"HEAD /x "));

        let mut smtp = dialogue(Request::Smtp);
        assert!(smtp.outgoing().is_empty() && smtp.verdict().is_none());
        smtp.handle_received(b"220 mx\r\n");
        assert_eq!(smtp.outgoing(), b"NOOP\r\n");
        smtp.handle_end(End::Closed);
        assert!(smtp.is_finished() && smtp.outgoing().is_empty());
        assert_eq!(
            smtp.verdict(),
            Some(Verdict::Failed(Failure::Receive(Errno::ECONNRESET)))
        );
        smtp.restart();
        assert!(smtp.verdict().is_none() && !smtp.is_finished());
    }
}
