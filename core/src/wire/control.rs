//! The control protocol's text, as pure functions.
//!
//! A request is one line, `<version> <verb> <module> <identifier>`; its reply is one line, `ok`, `ok <facts>` (to
//! `status`) or `refused <reason>`. The version comes first so that a monitor can refuse, in words, what a newer client
//! asks.
//! Owns the format; opens nothing and decides nothing.

use crate::identifier::Identifier;
use crate::limits::{CONTROL_LINE_MAX, CONTROL_REPLY_MAX};
use crate::listed::listed;
use crate::protocol::Protocol;
use crate::text::{Escaped, append};
use arrayvec::{ArrayString, ArrayVec};

/// Version of the protocol.
const VERSION: &[u8] = b"1";

/// A request as text, line end included.
pub type Line = ArrayString<CONTROL_LINE_MAX>;

/// A reply as text, line end included.
pub type ReplyLine = ArrayString<CONTROL_REPLY_MAX>;

listed! {
    pub enum ControlVerb {
        /// End.
        Stop,
        /// Make no more checks until resumed.
        Pause,
        /// Check again.
        Resume,
        /// Tell how it fares; changes nothing.
        Status,
    }
}

impl ControlVerb {
    /// The verb's word in a request.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Status => "status",
        }
    }
}

/// A command, and whom it is meant for: one name may stand for several long identifiers, so the one who is reached must
/// check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlRequest {
    pub verb: ControlVerb,
    /// The command whose monitor is meant.
    pub protocol: Protocol,
    /// The identifier of the monitor that is meant.
    pub identifier: Identifier,
}

impl ControlRequest {
    pub fn render(&self) -> Line {
        let Self {
            verb,
            protocol,
            identifier,
        } = self;
        let mut line = Line::new();
        append(
            &mut line,
            format_args!("1 {} {} {identifier}\n", verb.name(), protocol.info().name),
        );
        line
    }

    /// The request in `line`, which is without its line end.
    ///
    /// # Errors
    /// How to refuse it.
    pub fn parse(line: &[u8]) -> Result<Self, Refusal> {
        let mut words = line.split(|&byte| byte == b' ');
        if words.next() != Some(VERSION) {
            return Err(Refusal::Version);
        }
        let (Some(verb), Some(protocol), Some(identifier), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Refusal::Malformed);
        };
        Ok(Self {
            verb: ControlVerb::ALL
                .into_iter()
                .find(|known| known.name().as_bytes() == verb)
                .ok_or(Refusal::Verb)?,
            protocol: Protocol::from_name(protocol).ok_or(Refusal::Malformed)?,
            identifier: Identifier::parse(identifier).ok_or(Refusal::Malformed)?,
        })
    }
}

/// Why a monitor does not do what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The request is of another version of the protocol.
    Version,
    /// The request is not of the protocol's form, or too long.
    Malformed,
    /// The verb is unknown.
    Verb,
    /// Another monitor is meant.
    Addressee,
    /// The peer's user may not command.
    Permission,
}

impl Refusal {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Version => "the monitor does not know this version of the protocol",
            Self::Malformed => "the request is malformed",
            Self::Verb => "the monitor does not know this command",
            Self::Addressee => "the request is meant for another monitor",
            Self::Permission => "only the monitor's own user and root may command it",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply<'a> {
    /// Done; a stop has begun.
    Done,
    /// Done, and this is what it told: one line, not empty.
    Status(&'a [u8]),
    /// Not done, for this reason: [`Refusal::text`], or what another version of the monitor says.
    Refused(&'a [u8]),
}

impl From<Refusal> for Reply<'_> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.text().as_bytes())
    }
}

impl<'a> Reply<'a> {
    /// The reply as a line. Bytes of the reason that are not printable are escaped.
    pub fn render(self) -> ReplyLine {
        let mut line = ReplyLine::new();
        match self {
            Self::Done => append(&mut line, format_args!("ok")),
            // Printable ASCII on one line, as `status` makes it.
            Self::Status(facts) => append(
                &mut line,
                format_args!("ok {}", core::str::from_utf8(facts).unwrap_or_default()),
            ),
            Self::Refused(reason) => {
                append(&mut line, format_args!("refused {}", Escaped(reason)));
                // What every client can read.
                line.truncate(line.len().min(CONTROL_LINE_MAX.saturating_sub(1)));
            }
        }
        line.truncate(line.len().min(CONTROL_REPLY_MAX.saturating_sub(1)));
        append(&mut line, format_args!("\n"));
        line
    }

    /// The reply in `line`, which is without its line end.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        if line == b"ok" {
            return Some(Self::Done);
        }
        if let Some(facts) = line.strip_prefix(b"ok ").filter(|facts| !facts.is_empty()) {
            return Some(Self::Status(facts));
        }
        line.strip_prefix(b"refused ").map(Self::Refused)
    }
}

/// Why a reply says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// The line is none of the protocol's.
    Malformed,
    /// There is no end of the line where there must be one.
    TooLong,
}

impl Unclear {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Malformed => "its answer was not understood",
            Self::TooLong => "its answer is too long",
        }
    }
}

/// A reply as it comes in, in whatever pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Incoming(ArrayVec<u8, CONTROL_REPLY_MAX>);

impl Incoming {
    /// Bytes arrived; more than a reply can have are not kept.
    pub fn handle_received(&mut self, bytes: &[u8]) {
        let room = self.0.remaining_capacity();
        self.0.extend(bytes.iter().copied().take(room));
    }

    /// What the first line says, or why it says nothing; nothing while more is to come.
    pub fn reply(&self) -> Option<Result<Reply<'_>, Unclear>> {
        let mut lines = self.0.splitn(2, |&byte| byte == b'\n');
        if let (Some(line), Some(_)) = (lines.next(), lines.next()) {
            return Some(Reply::parse(line).ok_or(Unclear::Malformed));
        }
        (self.0.len() >= CONTROL_REPLY_MAX).then_some(Err(Unclear::TooLong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_its_first_line_in_whatever_pieces() {
        let longest = [&b"ok "[..], &[b'x'; CONTROL_REPLY_MAX - 4], b"\n"].concat();
        let endless = [b'x'; CONTROL_REPLY_MAX];
        for (text, expected) in [
            (&b""[..], None),
            (b"ok", None),
            (b"ok\n", Some(Ok(Reply::Done))),
            (b"ok\nok\n", Some(Ok(Reply::Done))),
            (b"ok a=1\nrest", Some(Ok(Reply::Status(b"a=1")))),
            (b"refused x\n", Some(Ok(Reply::Refused(b"x")))),
            (b"\n", Some(Err(Unclear::Malformed))),
            (
                &longest,
                Some(Ok(Reply::Status(&[b'x'; CONTROL_REPLY_MAX - 4]))),
            ),
            (&endless[1..], None),
            (&endless, Some(Err(Unclear::TooLong))),
        ] {
            let (mut whole, mut pieces) = (Incoming::default(), Incoming::default());
            whole.handle_received(text);
            text.chunks(3)
                .for_each(|piece| pieces.handle_received(piece));
            assert_eq!(whole.reply(), expected);
            assert_eq!(pieces.reply(), expected);
        }
    }

    #[test]
    fn requests_survive_the_way() {
        for identifier in [&b"web"[..], &[b'x'; 255]] {
            for verb in ControlVerb::ALL {
                for protocol in Protocol::ALL {
                    let request = ControlRequest {
                        verb,
                        protocol,
                        identifier: Identifier::parse(identifier).unwrap(),
                    };
                    let line = request.render();
                    let line = line.strip_suffix('\n').unwrap();
                    assert_eq!(ControlRequest::parse(line.as_bytes()), Ok(request));
                }
            }
        }
        let request = ControlRequest::parse(b"1 stop httpmon web").unwrap();
        assert_eq!(request.render().as_str(), "1 stop httpmon web\n");
    }

    #[test]
    fn bad_requests_are_refused_by_kind() {
        for (line, refusal) in [
            (&b""[..], Refusal::Version),
            (b"2 stop httpmon web", Refusal::Version),
            (b"1stop httpmon web", Refusal::Version),
            (b" 1 stop httpmon web", Refusal::Version),
            (b"1", Refusal::Malformed),
            (b"1 stop httpmon", Refusal::Malformed),
            (b"1 stop httpmon web ", Refusal::Malformed),
            (b"1 stop httpmon web now", Refusal::Malformed),
            (b"1  stop httpmon", Refusal::Verb),
            (b"1 kill httpmon web", Refusal::Verb),
            (b"1 STOP httpmon web", Refusal::Verb),
            (b"1 stop nomon web", Refusal::Malformed),
            (b"1 stop httpmon w-b", Refusal::Malformed),
            (b"1 stop httpmon web\r", Refusal::Malformed),
            (b"1 stop httpmon \xff", Refusal::Malformed),
        ] {
            assert_eq!(ControlRequest::parse(line), Err(refusal), "{line:?}");
        }
    }

    #[test]
    fn replies() {
        assert_eq!(Reply::Done.render().as_str(), "ok\n");
        let refused = Reply::from(Refusal::Addressee);
        let line = refused.render();
        let line = line.strip_suffix('\n').unwrap();
        assert_eq!(Reply::parse(line.as_bytes()), Some(refused));
        assert_eq!(Reply::parse(b"ok"), Some(Reply::Done));
        assert_eq!(Reply::Status(b"a=1 b=2").render().as_str(), "ok a=1 b=2\n");
        assert_eq!(Reply::parse(b"ok a=1 b=2"), Some(Reply::Status(b"a=1 b=2")));
        let whole = Reply::Status(&[b'x'; crate::limits::STATUS_MAX]).render();
        assert_eq!(whole.len(), crate::limits::STATUS_MAX + 4);
        for bad in [&b""[..], b"OK", b"ok ", b"refused", b"refuse x"] {
            assert_eq!(Reply::parse(bad), None, "{bad:?}");
        }
        let long = Reply::Refused(&[b'\n'; 600]).render();
        assert_eq!(long.len(), CONTROL_LINE_MAX);
        assert_eq!(long.find('\n'), Some(CONTROL_LINE_MAX - 1));
    }
}
