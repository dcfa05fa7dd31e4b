//! Standard output and standard error of the short-lived commands.
//!
//! Owns writing that survives a closed descriptor; decides nothing. A running monitor does not use it.

use std::fmt;
use std::io::{self, Write};

/// Writes `text` to standard output. A reader that went away is not an error worth an exit code.
pub fn say(text: fmt::Arguments<'_>) {
    let _ = try_say(text);
}

/// Writes `text` to standard output, at once.
///
/// # Errors
/// Nobody reads it, or the disk is full.
pub fn try_say(text: fmt::Arguments<'_>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_fmt(text)?;
    // A question has no line end that would send it off.
    output.flush()
}

/// Writes `text` and a line end to standard error.
pub fn complain(text: fmt::Arguments<'_>) {
    let mut error = io::stderr().lock();
    let _ = error.write_fmt(text);
    let _ = error.write_all(b"\n");
}
