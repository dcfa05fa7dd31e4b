//! Fixed-size text: formatting that is cut instead of failing, and the escaping of foreign bytes.
//!
//! Owns how text gets into fixed buffers; knows nothing of what the text means.

use arrayvec::ArrayString;
use core::fmt;

/// Appends formatted text to a fixed string and cuts what does not fit, at a character boundary.
pub fn append<const N: usize>(out: &mut ArrayString<N>, text: fmt::Arguments<'_>) {
    // `Cut` never fails; a `Display` that does has written what it could.
    let _ = fmt::write(&mut Cut(out), text);
}

struct Cut<'a, const N: usize>(&'a mut ArrayString<N>);

impl<const N: usize> fmt::Write for Cut<'_, N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.try_push_str(text).is_err() {
            // Ends: one pass over the characters of `text`.
            for character in text.chars() {
                if self.0.try_push(character).is_err() {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Bytes from outside, shown as printable ASCII: a byte outside 0x20–0x7E, the backslash and the double quote
/// become `\xNN`. The text so made holds no control character and cannot forge a field of a log line.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in self.0 {
            match byte {
                b'\\' | b'"' => write!(f, "\\x{byte:02x}")?,
                0x20..=0x7e => fmt::Write::write_char(f, char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        Ok(())
    }
}

/// A text with every control character shown as `?`.
#[derive(Debug, Clone, Copy)]
pub struct Clean<T>(pub T);

impl<T: fmt::Display> fmt::Display for Clean<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Write::write_fmt(&mut Filter(f), format_args!("{}", self.0))
    }
}

struct Filter<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Filter<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Ends: one pass over the pieces between control characters; every piece but the last had one behind it.
        let mut first = true;
        for piece in text.split(char::is_control) {
            if !first {
                fmt::Write::write_char(self.0, '?')?;
            }
            first = false;
            self.0.write_str(piece)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn append_cuts_at_a_character_boundary() {
        let mut out = ArrayString::<4>::new();
        append(&mut out, format_args!("abcé"));
        assert_eq!(out.as_str(), "abc");
        append(&mut out, format_args!("xyz"));
        assert_eq!(out.as_str(), "abcx");
    }

    #[test]
    fn escaped_shows_every_byte_as_printable_ascii() {
        for byte in 0..=u8::MAX {
            let mut out = ArrayString::<8>::new();
            append(&mut out, format_args!("{}", Escaped(&[byte])));
            assert!(!out.is_empty() && out.bytes().all(|b| (0x20..=0x7e).contains(&b)));
            assert_eq!(
                out.len() == 1,
                (0x20..=0x7e).contains(&byte) && !b"\\\"".contains(&byte)
            );
        }
    }
}
