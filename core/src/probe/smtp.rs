//! The SMTP dialogue: greeting, `NOOP`, verdict, `QUIT` (docs/reference.md, "SMTP"; RFC 5321, 4.2 and 4.3.1).
//!
//! Owns the order of the commands and the judgement of the replies. Says nothing before the greeting is complete,
//! introduces itself with no `EHLO`, and does not judge how the farewell goes.

mod reply;
#[cfg(test)]
mod tests;

use self::reply::{Refusal, Reply};
use super::{Cause, End, Probe, Step, Verdict};
use crate::errno::Errno;
use crate::event::Failure;
use crate::limits::EXCERPT_MAX;
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
    /// Whether the greeting was good.
    is_greeted: bool,
    /// Why the verdict is bad, where its event does not say it.
    cause: Option<Cause>,
    /// Whether the bytes that come are the text of the line that refuses.
    in_refusal: bool,
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
            is_greeted: false,
            cause: None,
            in_refusal: false,
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
                self.is_greeted = true;
                self.permitted = QUIT_AT;
            }
            (Some(Ok(())), Stage::Noop) => {
                self.stage = Stage::Quit;
                self.permitted = COMMANDS.len();
                self.verdict = Some(Verdict::Healthy);
            }
            (Some(Err(refusal)), Stage::Greeting | Stage::Noop) => {
                self.keep_text(refusal, byte);
                self.stage = Stage::Over;
                self.permitted = COMMANDS.len();
                if self.sent == 0 {
                    // Nothing was asked, nothing need be.
                    self.sent = QUIT_AT;
                }
                self.verdict = Some(Verdict::Failed(Failure::InvalidStatus(refusal.code)));
                self.cause = refusal.cause;
            }
        }
    }

    /// The excerpt of a line without a code begins with its first byte; that of a code that refuses is the text after
    /// `byte`, which follows the code.
    fn keep_text(&mut self, refusal: Refusal, byte: u8) {
        if refusal.code != 0 {
            let is_of_code = matches!(refusal.cause, None | Some(Cause::MixedCodes));
            self.in_refusal = is_of_code && matches!(byte, b' ' | b'-');
            self.excerpt.clear();
        }
    }

    /// Takes a byte that comes after the last reply. Says whether the next one is of interest, too.
    fn keep(&mut self, byte: u8) -> bool {
        self.in_refusal &= !matches!(byte, b'\r' | b'\n');
        (self.in_refusal || self.is_misunderstood()) && self.excerpt.try_push(byte).is_ok()
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
            } else if !self.keep(byte) {
                return;
            }
        }
    }

    fn handle_end(&mut self, end: End) {
        self.stage = Stage::Over;
        self.permitted = self.sent;
        if self.verdict.is_some() {
            return;
        }
        let errno = match end {
            End::Closed => Errno::ECONNRESET,
            End::Error(errno) => errno,
        };
        self.verdict = Some(Verdict::Failed(Failure::Receive(errno)));
        self.cause = match end {
            End::Closed if self.reply.is_new() => Some(Cause::NoAnswer),
            End::Closed => Some(Cause::CutShort),
            End::Error(_) => None,
        };
    }

    fn verdict(&self) -> Option<Verdict> {
        self.verdict
    }

    fn step(&self) -> Step {
        if self.is_greeted {
            Step::Noop
        } else {
            Step::Greeting
        }
    }

    fn is_finished(&self) -> bool {
        self.stage == Stage::Over && self.outgoing().is_empty()
    }

    fn cause(&self) -> Option<Cause> {
        self.cause
    }

    /// The first bytes of the line that has no code, or of the text of the line that refuses.
    fn excerpt(&self) -> &[u8] {
        match self.verdict {
            Some(Verdict::Failed(Failure::InvalidStatus(_))) => &self.excerpt,
            _ => &[],
        }
    }
}
