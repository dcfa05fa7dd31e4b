//! What an event looks like to syslog and in the two logs.
//!
//! Owns the forms, and that a line is one line: its length, its end, and that no control character gets into it from a
//! text.

use crate::event::{Level, Message};
use crate::limits::LINE_MAX;
use crate::protocol::Protocol;
use crate::text::{Clean, append};
use crate::time_zone::LocalTime;
use arrayvec::ArrayString;
use core::fmt;

/// Facility `daemon` in place (RFC 3164, 4.1.1).
const DAEMON: u8 = 3 << 3;
const ERROR: u8 = 3;
const INFORMATIONAL: u8 = 6;

/// What a message says besides its time.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    pub protocol: Protocol,
    pub pid: u32,
    pub level: Level,
    pub id: u8,
    pub message: &'a Message,
}

/// What stands in front of every message, in the traditional form, as syslog(3) writes it to the local socket:
/// without a host name.
pub fn syslog_head(
    time: LocalTime,
    level: Level,
    protocol: Protocol,
    pid: u32,
) -> ArrayString<LINE_MAX> {
    let severity = match level {
        Level::Info => INFORMATIONAL,
        Level::Error => ERROR,
    };
    let mut text = ArrayString::new();
    append(
        &mut text,
        format_args!(
            "<{}>{} {}[{pid}]: ",
            DAEMON | severity,
            time.traditional(),
            protocol.info().command,
        ),
    );
    text
}

/// An event as the daemon gets it.
pub fn syslog_message(time: LocalTime, entry: Entry<'_>) -> ArrayString<LINE_MAX> {
    let mut text = syslog_head(time, entry.level, entry.protocol, entry.pid);
    append(
        &mut text,
        format_args!(
            "<type: {}><event: {}> {}",
            entry.protocol.info().name,
            entry.id,
            entry.message
        ),
    );
    text
}

/// An event as a line of the alert log: received, raised, host, module, id, text. This node is both where the alert comes
/// from and where it is received. `host` must be clean.
pub fn alert_log_line(time: LocalTime, host: &str, entry: Entry<'_>) -> Line {
    let Entry {
        protocol,
        id,
        message,
        ..
    } = entry;
    let module = protocol.info().name;
    Line::new(format_args!(
        "{time}\t{time}\t{host}\t{module}\t{id}\t{message}"
    ))
}

/// A line of the failure log. `shown` is the identifier, if there is one. Bytes from outside must come escaped in
/// `text`; control characters are replaced.
pub fn failure_log_line(time: LocalTime, pid: u32, shown: &str, text: fmt::Arguments<'_>) -> Line {
    let shown = if shown.is_empty() { "-" } else { shown };
    Line::new(format_args!("{time:#} [{pid}] {shown}: {}", Clean(text)))
}

/// A line end in front, used after a torn line only, and the line.
const STORE: usize = LINE_MAX + 1;

/// A line of at most [`LINE_MAX`] bytes, line end included; what does not fit is cut.
#[derive(Debug, Clone)]
pub struct Line(ArrayString<STORE>);

impl Line {
    /// The line that `text` makes. Text from outside must come wrapped in [`Clean`].
    pub fn new(text: fmt::Arguments<'_>) -> Self {
        let mut line = ArrayString::new();
        append(&mut line, format_args!("\n{text}"));
        // Ends: each turn but the last takes a character away.
        while line.try_push('\n').is_err() {
            line.pop();
        }
        Self(line)
    }

    /// The line, its end included.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes().get(1..).unwrap_or_default()
    }

    /// The line after a line end: for a file that ends within a line.
    pub fn bytes_after_torn(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
