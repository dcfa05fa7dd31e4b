//! The identifier of a monitor.

use crate::limits::IDENTIFIER_MAX;
use arrayvec::ArrayString;
use core::fmt;

/// What names a monitor, unique on a node over both commands: 1 to 255 bytes of `A`–`Z`, `a`–`z`, `0`–`9`,
/// case-sensitive (guide, chapter 2, "identifier").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identifier(ArrayString<IDENTIFIER_MAX>);

impl Identifier {
    /// The identifier in `bytes`, or nothing if it does not have the form above.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        let text = core::str::from_utf8(bytes).ok()?;
        ArrayString::from(text).ok().map(Self)
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_alphabet() {
        for good in ["a", "Z", "0", &"x".repeat(255)] {
            assert_eq!(Identifier::parse(good.as_bytes()).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a-b", "../x", "a\n", "é", &"x".repeat(256)] {
            assert_eq!(Identifier::parse(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(Identifier::parse(b"a\xff"), None);
        assert_eq!(Identifier::parse(b"a\0"), None);
    }
}
