//! What the reader sees.

use crate::trouble::{Outcome, io};
use std::io::{self, Write};
use std::time::Instant;

/// Widest line, in columns; only a single word may be wider.
const WIDTH: usize = 100;

/// Standard output, in columns: seconds since the beginning, whose line it is, what it is, the text.
#[derive(Clone, Copy)]
pub(crate) struct Screen {
    begun: Instant,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
        }
    }

    /// A long text goes on below itself.
    pub(crate) fn print(self, whose: &str, what: &str, text: &str) -> Outcome<()> {
        let elapsed = self.begun.elapsed().as_secs_f32();
        let head = format!("{elapsed:>4.1} s {whose:<4} {what:<8}");
        let (mut shown, mut column) = (head.clone(), head.len());
        for word in text.split(' ') {
            if column > head.len() && column.saturating_add(word.len()) >= WIDTH {
                shown.push_str(&format!("\n{:width$}", "", width = head.len()));
                column = head.len();
            }
            shown.push(' ');
            shown.push_str(word);
            column = column.saturating_add(word.len()).saturating_add(1);
        }
        writeln!(io::stdout(), "{}", shown.trim_end()).map_err(io("standard output"))
    }
}
