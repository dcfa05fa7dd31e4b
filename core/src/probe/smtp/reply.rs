//! One SMTP reply, of one line or several (RFC 5321, 4.2.1).
//!
//! Owns the reply's form, one byte at a time; what its code means is the caller's to say. The text is never kept,
//! so a line longer than RFC 5321, 4.5.3.1.5 allows is no fault; the whole reply has an end to its length.

use crate::limits::{SMTP_LINES_MAX, SMTP_REPLY_MAX};
use crate::probe::Cause;
use memchr::memchr;

/// Digits of a reply code.
const CODE_DIGITS: u8 = 3;

/// A reply that is being read.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    at: At,
    /// The code that all lines must share, once the first line's was read.
    code: Option<u16>,
    lines: u8,
    length: usize,
}

/// Why a reply is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The code that it is told of with; 0 for a line without one.
    pub(super) code: u16,
    /// Where the code does not say it.
    pub(super) cause: Option<Cause>,
}

impl Refusal {
    const fn of(code: u16, cause: Option<Cause>) -> Option<Result<(), Self>> {
        Some(Err(Self { code, cause }))
    }
}

/// Place in a line.
#[derive(Debug, Clone, Copy)]
enum At {
    /// In the code, after so many digits, or at what follows it.
    Code {
        digits: u8,
        number: u16,
    },
    Text {
        last: bool,
    },
}

const LINE_START: At = At::Code {
    digits: 0,
    number: 0,
};

impl Reply {
    /// A reply of which nothing was read.
    pub(super) const fn new() -> Self {
        Self {
            at: LINE_START,
            code: None,
            lines: 0,
            length: 0,
        }
    }

    /// Whether nothing was read of it.
    pub(super) const fn is_new(&self) -> bool {
        self.length == 0
    }

    /// How many bytes of the code, which begins a line, came before the next one; nothing in the text after it.
    pub(super) fn place_in_code(&self) -> Option<usize> {
        match self.at {
            At::Code { digits, .. } => Some(digits.into()),
            At::Text { .. } => None,
        }
    }

    /// Takes the reply's next byte. Gives `Ok` when it was the reply's last one; this value then stands for the
    /// reply that follows. Gives an error, once, at the first byte that makes the reply unacceptable: the code that
    /// `accepts` refused or that differs from the first line's, the shared code if there are too many lines or
    /// bytes, 0 for a line without a code.
    pub(super) fn handle_byte(
        &mut self,
        byte: u8,
        accepts: impl Fn(u16) -> bool,
    ) -> Option<Result<(), Refusal>> {
        let shared = self.code.unwrap_or(0);
        if self.length >= SMTP_REPLY_MAX {
            return Refusal::of(shared, Some(Cause::TooLong));
        }
        self.length = self.length.saturating_add(1);
        match self.at {
            At::Code { digits, number } if digits < CODE_DIGITS => {
                if digits == 0 {
                    if self.lines >= SMTP_LINES_MAX {
                        return Refusal::of(shared, Some(Cause::Lines));
                    }
                    self.lines = self.lines.saturating_add(1);
                }
                if !byte.is_ascii_digit() {
                    return Refusal::of(0, None);
                }
                let digit = u16::from(byte.saturating_sub(b'0'));
                self.at = At::Code {
                    digits: digits.saturating_add(1),
                    // Three digits fit.
                    number: number.wrapping_mul(10).wrapping_add(digit),
                };
                None
            }
            At::Code { number, .. } => {
                let last = match byte {
                    b'-' => false,
                    b' ' | b'\r' | b'\n' => true,
                    _ => return Refusal::of(0, None),
                };
                if *self.code.get_or_insert(number) != number {
                    return Refusal::of(number, Some(Cause::MixedCodes));
                }
                if !accepts(number) {
                    return Refusal::of(number, None);
                }
                self.at = At::Text { last };
                self.handle_text(byte, last)
            }
            At::Text { last } => self.handle_text(byte, last),
        }
    }

    /// Passes over text that says nothing, up to the line's LF or to where the reply is too long; gives how many bytes
    /// that were.
    pub(super) fn skip_text(&mut self, bytes: &[u8]) -> usize {
        if matches!(self.at, At::Code { .. }) {
            return 0;
        }
        let room = SMTP_REPLY_MAX.saturating_sub(self.length);
        let within = bytes.get(..room).unwrap_or(bytes);
        let count = memchr(b'\n', within).unwrap_or(within.len());
        self.length = self.length.saturating_add(count);
        count
    }

    fn handle_text(&mut self, byte: u8, last: bool) -> Option<Result<(), Refusal>> {
        if byte != b'\n' {
            return None;
        }
        if last {
            *self = Self::new();
            return Some(Ok(()));
        }
        self.at = LINE_START;
        None
    }
}
