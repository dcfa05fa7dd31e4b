//! A line of the alert log, read back: the alert view's six columns (guide, chapter 3).

use crate::limits::LINE_MAX;
use crate::text::Clean;
use core::fmt::{self, Write};

/// One alert, each text as it stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert<'a> {
    /// When it was received, in local time.
    pub received: Text<'a>,
    /// When it was raised, in local time.
    pub time: Text<'a>,
    pub server: Text<'a>,
    pub module: Text<'a>,
    pub event: u8,
    pub message: Text<'a>,
}

/// Bytes of the log, shown as text: what is no UTF-8 as U+FFFD, control characters as `?`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'a>(&'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            Clean(chunk.valid()).fmt(f)?;
            if !chunk.invalid().is_empty() {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

/// The alert in a line of the log, which is without its end; nothing if the line is torn, or longer than any that is
/// written.
pub fn parse(line: &[u8]) -> Option<Alert<'_>> {
    if line.len() >= LINE_MAX {
        return None;
    }
    let mut fields = line.splitn(6, |&byte| byte == b'\t');
    let mut next = || fields.next().map(Text);
    Some(Alert {
        received: next()?,
        time: next()?,
        server: next()?,
        module: next()?,
        event: core::str::from_utf8(next()?.0).ok()?.parse().ok()?,
        message: next()?,
    })
}
