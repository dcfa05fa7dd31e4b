//! The monitor's side of the dialogue with one client of its control socket.
//!
//! Owns the bytes that came and those that are to go; the form of both is `control`'s. Refuses requests meant for
//! another monitor.

use super::control::{ControlRequest, ControlVerb, Refusal, Reply, ReplyLine};
use crate::identifier::Identifier;
use crate::limits::CONTROL_LINE_MAX;
use crate::protocol::Protocol;
use arrayvec::ArrayVec;

/// One client's dialogue: a request in, a reply out. In the order of use:
///
/// 1. [`handle_received`](Self::handle_received) takes what arrived, in any split, until
///    [`request`](Self::request) gives the request or its refusal.
/// 2. [`answer`](Self::answer) sets the reply; [`outgoing`](Self::outgoing) gives the bytes to send and
///    [`handle_sent`](Self::handle_sent) says how many went.
/// 3. Once [`is_finished`](Self::is_finished), close; but after a stop keep the connection open until the process
///    ends: its end tells the client that the monitor is gone.
///
/// A client that closes early, or takes longer than `limits::CONTROL_TIME`, is the driver's to drop.
#[derive(Debug, Default)]
pub struct Conversation {
    received: ArrayVec<u8, CONTROL_LINE_MAX>,
    /// Whether more arrived than a request can have.
    overflowed: bool,
    reply: Option<ReplyLine>,
    sent: usize,
}

impl Conversation {
    /// A dialogue in which nothing was said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// These bytes arrived. What follows a request's line is ignored.
    pub fn handle_received(&mut self, bytes: &[u8]) {
        // Ends: one pass over the bytes.
        for &byte in bytes {
            if self.received.last() == Some(&b'\n') {
                return;
            }
            if self.received.try_push(byte).is_err() {
                self.overflowed = true;
                return;
            }
        }
    }

    /// What the client asks of this monitor, once it has asked. Given again until answered, then no more.
    ///
    /// # Errors
    /// Why the request must be refused: it has a wrong form, or is meant for another monitor.
    pub fn request(
        &self,
        protocol: Protocol,
        identifier: &Identifier,
    ) -> Option<Result<ControlVerb, Refusal>> {
        if self.reply.is_some() {
            return None;
        }
        if self.overflowed {
            return Some(Err(Refusal::Malformed));
        }
        let line = self.received.strip_suffix(b"\n")?;
        Some(ControlRequest::parse(line).and_then(|request| {
            if request.protocol == protocol && request.identifier == *identifier {
                Ok(request.verb)
            } else {
                Err(Refusal::Addressee)
            }
        }))
    }

    /// Whether nothing was said yet that could be answered.
    pub fn is_unheard(&self) -> bool {
        self.reply.is_none()
    }

    /// Sets the reply. The first one stands.
    pub fn answer(&mut self, reply: Reply<'_>) {
        self.reply.get_or_insert_with(|| reply.render());
    }

    /// Bytes to be sent now.
    pub fn outgoing(&self) -> &[u8] {
        self.reply
            .as_ref()
            .and_then(|line| line.as_bytes().get(self.sent..))
            .unwrap_or_default()
    }

    /// `count` of the outgoing bytes were taken by the socket.
    pub fn handle_sent(&mut self, count: usize) {
        self.sent = self.sent.saturating_add(count.min(self.outgoing().len()));
    }

    /// Whether the reply was sent to its end.
    pub fn is_finished(&self) -> bool {
        self.reply.is_some() && self.outgoing().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(conversation: &Conversation) -> Option<Result<ControlVerb, Refusal>> {
        let identifier = Identifier::parse(b"web").unwrap();
        conversation.request(Protocol::Http, &identifier)
    }

    #[test]
    fn a_request_split_at_every_byte_is_the_same_request() {
        let line = b"1 pause httpmon web\nnoise";
        let end = line.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for cut in 0..=line.len() {
            let mut conversation = Conversation::new();
            conversation.handle_received(&line[..cut]);
            assert_eq!(asked(&conversation).is_some(), cut >= end, "{cut}");
            conversation.handle_received(&line[cut..]);
            assert_eq!(asked(&conversation), Some(Ok(ControlVerb::Pause)), "{cut}");
        }
    }

    #[test]
    fn a_reply_goes_out_in_pieces_and_once() {
        let mut conversation = Conversation::new();
        conversation.handle_received(b"1 stop httpmon web\n");
        assert!(conversation.outgoing().is_empty() && !conversation.is_finished());
        conversation.answer(Reply::Done);
        conversation.answer(Refusal::Verb.into());
        assert_eq!(asked(&conversation), None);
        for rest in [&b"ok\n"[..], b"k\n", b"\n"] {
            assert_eq!(conversation.outgoing(), rest);
            assert!(!conversation.is_finished());
            conversation.handle_sent(1);
        }
        assert!(conversation.outgoing().is_empty() && conversation.is_finished());
        conversation.handle_sent(1);
        assert!(conversation.is_finished());
    }

    #[test]
    fn what_is_not_for_this_monitor_is_refused() {
        let long = "x".repeat(CONTROL_LINE_MAX);
        for (line, refusal) in [
            ("1 stop smtpmon web\n", Refusal::Addressee),
            ("1 stop httpmon WEB\n", Refusal::Addressee),
            ("1 fly httpmon web\n", Refusal::Verb),
            ("\n", Refusal::Version),
            (&format!("{long}\n"), Refusal::Malformed),
        ] {
            let mut conversation = Conversation::new();
            conversation.handle_received(line.as_bytes());
            assert_eq!(asked(&conversation), Some(Err(refusal)), "{line}");
        }
        let mut conversation = Conversation::new();
        conversation.handle_received(long.as_bytes());
        assert_eq!(asked(&conversation), None);
    }
}
