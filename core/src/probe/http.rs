//! The HTTP dialogue: one `HEAD` request, and the judgement of the reply (docs/reference.md, "HTTP"; RFC 9112).
//!
//! Owns the reply's state machine, one byte at a time, so that any split of the same bytes gives the same verdict
//! and nothing but a short excerpt is copied. Refuses to judge header fields and never waits for a body.

mod request;
#[cfg(test)]
mod tests;

use self::request::Request;
use super::{Cause, End, Probe, Step, Verdict};
use crate::config::{Host, HttpVersion};
use crate::event::Failure;
use crate::limits::{EXCERPT_MAX, HTTP_HEAD_MAX, HTTP_INTERIM_MAX};
use arrayvec::ArrayVec;
use memchr::memchr_iter;

/// How a status line begins (RFC 9112, 4); `0` stands for any digit.
const FORM: &[u8] = b"HTTP/0.0 000";
/// Where in `FORM` the status code begins.
const CODE_AT: usize = 9;
/// The Request-URI with which any status code means a living service.
const ANY_CODE_URI: &str = "/";

/// One check of a web server. Used as described at [`Probe`]; it has no farewell, so a verdict ends it.
#[derive(Debug, Clone)]
pub struct Http {
    request: Request,
    /// Bytes of the request that were sent.
    sent: usize,
    any_code: bool,
    at: At,
    /// Status code of the reply being read, as far as its digits were seen.
    code: u16,
    /// Bytes read of the current reply's head.
    head: usize,
    /// Interim replies begun.
    interim: u8,
    verdict: Option<Verdict>,
    /// Why the response is invalid, if it is.
    cause: Option<Cause>,
    excerpt: ArrayVec<u8, EXCERPT_MAX>,
}

/// Place in a reply: what the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// This byte of `FORM`, or what separates the code from the rest if it is `FORM`'s length.
    Form(usize),
    /// The LF after the CR after the code.
    BareEnd,
    /// The reason phrase: skipped.
    Reason,
    /// The first byte of a header line.
    LineStart,
    /// What follows a CR that began a header line.
    LineCr,
    /// The rest of a header line: skipped.
    Line,
}

impl Http {
    /// A check of the server `host` at `port` for `uri`.
    pub fn new(host: &Host, port: u16, version: HttpVersion, uri: &str) -> Self {
        Self {
            request: request::build(host, port, version, uri),
            sent: 0,
            any_code: uri == ANY_CODE_URI,
            at: At::Form(0),
            code: 0,
            head: 0,
            interim: 0,
            verdict: None,
            cause: None,
            excerpt: ArrayVec::new(),
        }
    }

    /// Back to the beginning, with the same request: what is made of it once serves every check.
    pub(super) fn restart(&mut self) {
        let Self {
            request: _,
            any_code: _,
            sent,
            at,
            code,
            head,
            interim,
            verdict,
            cause,
            excerpt,
        } = self;
        *sent = 0;
        *at = At::Form(0);
        *code = 0;
        *head = 0;
        *interim = 0;
        *verdict = None;
        *cause = None;
        excerpt.clear();
    }

    /// Passes over what says nothing: the rest of a reason phrase or of a header line, and whole header lines after
    /// it, up to an LF after which the head may end; gives how many bytes that were.
    fn skip(&mut self, bytes: &[u8]) -> usize {
        if !matches!(self.at, At::Reason | At::Line) {
            return 0;
        }
        let room = HTTP_HEAD_MAX.saturating_sub(self.head);
        let within = bytes.get(..room).unwrap_or(bytes);
        let mut count = within.len();
        for end in memchr_iter(b'\n', within) {
            if let None | Some(b'\r' | b'\n') = within.get(end.saturating_add(1)) {
                count = end;
                break;
            }
            self.at = At::Line;
        }
        self.head = self.head.saturating_add(count);
        let kept = count.min(self.excerpt.remaining_capacity());
        let _ = self
            .excerpt
            .try_extend_from_slice(within.get(..kept).unwrap_or_default());
        count
    }

    fn handle_byte(&mut self, byte: u8) {
        if self.at == At::Form(0) {
            self.code = 0;
            self.head = 0;
            self.excerpt.clear();
        }
        if self.head >= HTTP_HEAD_MAX {
            // The code is known here: what comes before it is a few bytes long.
            return if self.is_interim() {
                self.refuse(Cause::TooLong);
            } else {
                self.give(self.judged_by_code());
            };
        }
        self.head = self.head.saturating_add(1);
        let _ = self.excerpt.try_push(byte);

        self.at = match (self.at, byte) {
            (At::Form(place), _) => match self.after_form(place, byte) {
                Ok(next) => next,
                Err(cause) => return self.refuse(cause),
            },
            (At::BareEnd | At::Reason | At::Line, b'\n') => At::LineStart,
            (At::BareEnd, _) => return self.refuse(Cause::Foreign),
            (At::Reason, _) => At::Reason,
            (At::LineStart, b'\r') => At::LineCr,
            (At::LineStart | At::LineCr, b'\n') if self.is_interim() => At::Form(0),
            (At::LineStart | At::LineCr, b'\n') => return self.give(self.judged_by_code()),
            (At::LineStart | At::LineCr | At::Line, _) => At::Line,
        };
    }

    /// The place after `byte` at `place` of the status line's form; a cause if `byte` cannot stand there.
    fn after_form(&mut self, place: usize, byte: u8) -> Result<At, Cause> {
        let next = At::Form(place.saturating_add(1));
        match FORM.get(place) {
            Some(b'0') => {
                if !byte.is_ascii_digit() {
                    return Err(Cause::Foreign);
                }
                if place >= CODE_AT {
                    let digit = u16::from(byte.saturating_sub(b'0'));
                    self.code = self.code.saturating_mul(10).saturating_add(digit);
                }
                Ok(next)
            }
            Some(&wanted) if byte == wanted => Ok(next),
            Some(_) => Err(Cause::Foreign),
            None => {
                let next = match byte {
                    b' ' => At::Reason,
                    b'\r' => At::BareEnd,
                    b'\n' => At::LineStart,
                    _ => return Err(Cause::Foreign),
                };
                if self.is_interim() {
                    if self.interim >= HTTP_INTERIM_MAX {
                        return Err(Cause::Interim);
                    }
                    self.interim = self.interim.saturating_add(1);
                }
                Ok(next)
            }
        }
    }

    /// Whether the reply being read is followed by another one. 101 is not: the server speaks something else from
    /// there on (RFC 9110, 15.2.2).
    const fn is_interim(&self) -> bool {
        matches!(self.code, 100 | 102..=199)
    }

    const fn judged_by_code(&self) -> Verdict {
        match self.code {
            400..=599 if !self.any_code => Verdict::Failed(Failure::InvalidStatus(self.code)),
            _ => Verdict::Healthy,
        }
    }

    const fn give(&mut self, verdict: Verdict) {
        self.verdict = Some(verdict);
    }

    const fn refuse(&mut self, cause: Cause) {
        self.cause = Some(cause);
        self.give(Verdict::Failed(Failure::InvalidResponse));
    }

    fn is_misunderstood(&self) -> bool {
        self.verdict == Some(Verdict::Failed(Failure::InvalidResponse))
    }
}

impl Probe for Http {
    fn outgoing(&self) -> &[u8] {
        if self.verdict.is_some() {
            return &[];
        }
        self.request.as_bytes().get(self.sent..).unwrap_or_default()
    }

    fn handle_sent(&mut self, count: usize) {
        self.sent = self.sent.saturating_add(count).min(self.request.len());
    }

    /// After a verdict the bytes count for nothing but the excerpt.
    fn handle_received(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        // Ends: every turn takes one byte at least.
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if self.verdict.is_none() {
                self.handle_byte(byte);
                rest = rest.get(self.skip(rest)..).unwrap_or_default();
            } else if !self.is_misunderstood() || self.excerpt.try_push(byte).is_err() {
                return;
            }
        }
    }

    fn handle_end(&mut self, end: End) {
        if self.verdict.is_some() {
            return;
        }
        let in_headers = matches!(self.at, At::LineStart | At::LineCr | At::Line);
        match end {
            _ if in_headers && !self.is_interim() => self.give(self.judged_by_code()),
            End::Closed if self.at == At::Form(0) && self.interim == 0 => {
                self.refuse(Cause::NoAnswer);
            }
            End::Closed => self.refuse(Cause::CutShort),
            End::Error(errno) => self.give(Verdict::Failed(Failure::Receive(errno))),
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        self.verdict
    }

    fn step(&self) -> Step {
        Step::Answer
    }

    fn is_finished(&self) -> bool {
        self.verdict.is_some()
    }

    fn cause(&self) -> Option<Cause> {
        match self.cause {
            Some(Cause::Foreign) if is_settings(&self.excerpt) => Some(Cause::Http2),
            cause => cause,
        }
    }

    /// The first bytes of the last reply that was begun.
    fn excerpt(&self) -> &[u8] {
        if self.is_misunderstood() {
            &self.excerpt
        } else {
            &[]
        }
    }
}

/// Whether this is how HTTP/2 begins unasked: a SETTINGS frame of fewer than 256 bytes (RFC 9113, 3.4, 4.1 and 6.5).
const fn is_settings(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, _, 4, 0, 0, 0, 0, 0, ..])
}
