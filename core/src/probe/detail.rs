//! What a failure's event does not tell: which of its causes it was, and what the server said.

use crate::limits::EXCERPT_MAX;
use crate::listed::listed;

listed! {
    /// Which of the causes that share an event it was.
    pub enum Cause {
        /// The answer is not of the protocol.
        Foreign,
        /// The server speaks HTTP/2 and not HTTP/1: it began with a SETTINGS frame (RFC 9113, 3.4).
        Http2,
        /// The server closed without a byte of an answer.
        NoAnswer,
        /// The server closed before its answer was complete.
        CutShort,
        /// More interim replies than are skipped.
        Interim,
        /// A reply longer than is read.
        TooLong,
        /// A reply of more lines than are read.
        Lines,
        /// A reply whose lines do not share one code.
        MixedCodes,
    }
}

impl Cause {
    /// Its word, without a space.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::Http2 => "http2",
            Self::NoAnswer => "no-answer",
            Self::CutShort => "cut-short",
            Self::Interim => "interim",
            Self::TooLong => "too-long",
            Self::Lines => "lines",
            Self::MixedCodes => "mixed-codes",
        }
    }
}

/// What is known of a failure beside its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detail {
    /// The cause, where there are several.
    pub cause: Option<Cause>,
    /// What the server said.
    pub excerpt: Excerpt,
}

/// The first bytes of what a server said, as they came: to be escaped before anybody sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excerpt {
    /// Zeros after the first `length` bytes.
    bytes: [u8; EXCERPT_MAX],
    length: usize,
}

impl Excerpt {
    /// The bytes; none if nothing was said.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Default for Excerpt {
    fn default() -> Self {
        Self {
            bytes: [0; EXCERPT_MAX],
            length: 0,
        }
    }
}

impl From<&[u8]> for Excerpt {
    /// What does not fit is cut.
    fn from(said: &[u8]) -> Self {
        let mut excerpt = Self::default();
        for (to, from) in excerpt.bytes.iter_mut().zip(said) {
            *to = *from;
        }
        excerpt.length = said.len().min(EXCERPT_MAX);
        excerpt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_the_beginning() {
        let long = [b'x'; EXCERPT_MAX + 1];
        for (said, kept) in [
            (&b""[..], &b""[..]),
            (b"a\0b", b"a\0b"),
            (&long, &long[1..]),
        ] {
            assert_eq!(Excerpt::from(said).as_bytes(), kept);
        }
        assert_eq!(Excerpt::from(&b""[..]), Excerpt::default());
    }

    #[test]
    fn no_two_causes_share_a_word() {
        for (place, cause) in Cause::ALL.into_iter().enumerate() {
            let named = |name| Cause::ALL.iter().position(|known| known.name() == name);
            assert_eq!(named(cause.name()), Some(place));
            assert!(!cause.name().contains(' '));
        }
    }
}
