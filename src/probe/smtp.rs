//! The SMTP dialogue: greeting, `NOOP`, verdict, `QUIT` (contract, section 5; RFC 5321, 4.2 and 4.3.1).
//!
//! Owns the order of the commands and the judgement of the replies. Says nothing before the greeting is complete,
//! introduces itself with no `EHLO`, and does not judge how the farewell goes.

mod reply;
#[cfg(test)]
mod tests;

use self::reply::Reply;
use super::{Cause, End, Probe, Verdict};
use crate::event::Failure;
use crate::limits::EXCERPT_MAX;
use crate::units::Errno;
use arrayvec::ArrayVec;

/// All that is ever said, in order; how much of it may be said grows with the replies.
const COMMANDS: &[u8] = b"NOOP\r\nQUIT\r\n";
/// Where in `COMMANDS` the farewell begins.
const QUIT_AT: usize = 6;

/// Code of a greeting that offers service.
const READY: u16 = 220;

/// One check of a mail server. Used as described at [`Probe`].
#[derive(Debug, Clone)]
pub struct Smtp {
    stage: Stage,
    reply: Reply,
    /// Bytes of `COMMANDS` that were sent or left out.
    sent: usize,
    /// Bytes of `COMMANDS` that may be sent.
    permitted: usize,
    verdict: Option<Verdict>,
    excerpt: ArrayVec<u8, EXCERPT_MAX>,
}

/// The reply that the next byte belongs to. What a server says before it was asked is taken for the next reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Greeting,
    Noop,
    Quit,
    /// None: nothing more is waited for.
    Over,
}

impl Stage {
    const fn accepts(self, code: u16) -> bool {
        match self {
            Self::Greeting => code == READY,
            Self::Noop => matches!(code, 200..=299),
            Self::Quit | Self::Over => true,
        }
    }
}

impl Default for Smtp {
    fn default() -> Self {
        Self::new()
    }
}

impl Smtp {
    /// A check that begins with the server's greeting.
    pub const fn new() -> Self {
        Self {
            stage: Stage::Greeting,
            reply: Reply::new(),
            sent: 0,
            permitted: 0,
            verdict: None,
            excerpt: ArrayVec::new_const(),
        }
    }

    fn handle_byte(&mut self, byte: u8) {
        // Only the code's: the excerpt shows a line without one.
        if let Some(place) = self.reply.place_in_code() {
            self.excerpt.truncate(place);
            let _ = self.excerpt.try_push(byte);
        }

        let stage = self.stage;
        match (
            self.reply.handle_byte(byte, |code| stage.accepts(code)),
            stage,
        ) {
            (None, _) => {}
            (Some(_), Stage::Quit | Stage::Over) => self.stage = Stage::Over,
            (Some(Ok(())), Stage::Greeting) => {
                self.stage = Stage::Noop;
                self.permitted = QUIT_AT;
            }
            (Some(Ok(())), Stage::Noop) => {
                self.stage = Stage::Quit;
                self.permitted = COMMANDS.len();
                self.verdict = Some(Verdict::Healthy);
            }
            (Some(Err(code)), Stage::Greeting | Stage::Noop) => {
                self.stage = Stage::Over;
                self.permitted = COMMANDS.len();
                if self.sent == 0 {
                    // Nothing was asked, nothing need be.
                    self.sent = QUIT_AT;
                }
                self.verdict = Some(Verdict::Failed(Failure::InvalidStatus(code)));
            }
        }
    }

    fn is_misunderstood(&self) -> bool {
        self.verdict == Some(Verdict::Failed(Failure::InvalidStatus(0)))
    }
}

impl Probe for Smtp {
    fn outgoing(&self) -> &[u8] {
        COMMANDS.get(self.sent..self.permitted).unwrap_or_default()
    }

    fn handle_sent(&mut self, count: usize) {
        self.sent = self.sent.saturating_add(count).min(self.permitted);
    }

    /// After the last reply the bytes count for nothing but the excerpt.
    fn handle_received(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        // Ends: every turn takes one byte at least.
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if self.stage != Stage::Over {
                self.handle_byte(byte);
                rest = rest.get(self.reply.skip_text(rest)..).unwrap_or_default();
            } else if !self.is_misunderstood() || self.excerpt.try_push(byte).is_err() {
                return;
            }
        }
    }

    fn handle_end(&mut self, end: End) {
        self.stage = Stage::Over;
        self.permitted = self.sent;
        self.verdict.get_or_insert(Verdict::Failed(match end {
            End::Closed => Failure::Receive(Errno::RESET),
            End::Error(errno) => Failure::Receive(errno),
        }));
    }

    fn verdict(&self) -> Option<Verdict> {
        self.verdict
    }

    fn is_finished(&self) -> bool {
        self.stage == Stage::Over && self.outgoing().is_empty()
    }

    fn cause(&self) -> Option<Cause> {
        None
    }

    /// The first bytes of the line that has no code.
    fn excerpt(&self) -> &[u8] {
        if self.is_misunderstood() {
            &self.excerpt
        } else {
            &[]
        }
    }
}
