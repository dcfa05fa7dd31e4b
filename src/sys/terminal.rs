//! What standard output is: a terminal of some size, with colours, or something else.

use std::env;
use std::io::{self, IsTerminal};

/// Standard output, as far as the forms depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Its columns and rows; none if it is no terminal: then nothing is cut.
    pub size: Option<(usize, usize)>,
    /// Whether colours are wanted: on a terminal, unless `NO_COLOR` is set and not empty.
    pub has_colours: bool,
}

/// Size of a terminal that does not tell, or says 0.
const USUAL: (usize, usize) = (80, 24);

impl Terminal {
    /// Standard output as it is now: terminals change their size.
    pub fn of_standard_output() -> Self {
        let output = io::stdout();
        if !output.is_terminal() {
            return Self {
                size: None,
                has_colours: false,
            };
        }
        let told = rustix::termios::tcgetwinsize(&output).ok();
        let size = told
            .map(|size| (size.ws_col.into(), size.ws_row.into()))
            .filter(|(columns, rows)| *columns > 0 && *rows > 0);
        Self {
            size: Some(size.unwrap_or(USUAL)),
            has_colours: env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }

    /// Columns, if it is a terminal.
    pub fn width(self) -> Option<usize> {
        self.size.map(|(columns, _)| columns)
    }
}
