//! One line of text on its way to a log.
//!
//! Owns that a line is one line: its length, its end, and that no control character gets into it from a text.
//! Knows nothing of what the text means.

use crate::limits::LINE_MAX;
use crate::text::append;
use arrayvec::ArrayString;
use core::fmt;

/// A line end in front, used after a torn line only, and the line.
const STORE: usize = LINE_MAX + 1;

/// A line of at most [`LINE_MAX`] bytes, line end included; what does not fit is cut.
#[derive(Debug, Clone)]
pub(super) struct Line(ArrayString<STORE>);

impl Line {
    /// The line that `text` makes. Text from outside must come wrapped in [`crate::text::Clean`].
    pub(super) fn new(text: fmt::Arguments<'_>) -> Self {
        let mut line = ArrayString::new();
        append(&mut line, format_args!("\n{text}"));
        // Ends: each turn but the last takes a character away.
        while line.try_push('\n').is_err() {
            line.pop();
        }
        Self(line)
    }

    /// The line, its end included.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes().get(1..).unwrap_or_default()
    }

    /// The line after a line end: for a file that ends within a line.
    pub(super) fn bytes_after_torn(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Clean;

    #[test]
    fn a_line_is_cut_and_keeps_its_end() {
        for length in [0, 1, LINE_MAX - 2, LINE_MAX - 1, LINE_MAX, 5 * LINE_MAX] {
            let text = "x".repeat(length);
            let line = Line::new(format_args!("{text}"));
            let kept = "x".repeat(length.min(LINE_MAX - 1));
            assert_eq!(line.bytes(), format!("{kept}\n").as_bytes());
            assert_eq!(line.bytes_after_torn(), format!("\n{kept}\n").as_bytes());
        }
        // Two-byte characters: one does not fit, nothing is halved.
        let text = "é".repeat(LINE_MAX);
        let line = Line::new(format_args!("{text}"));
        assert!(line.bytes().len() <= LINE_MAX && line.bytes().ends_with("é\n".as_bytes()));
    }

    #[test]
    fn no_control_character_gets_through() {
        for code in 0..0x100 {
            let character = char::from_u32(code).unwrap();
            let line = Line::new(format_args!(
                "{}",
                Clean(format_args!("a{character}{}", "b"))
            ));
            let shown = if character.is_control() {
                '?'
            } else {
                character
            };
            assert_eq!(line.bytes(), format!("a{shown}b\n").as_bytes());
        }
        assert_eq!(Clean("\n\r\n").to_string(), "???");
    }
}
