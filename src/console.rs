//! Standard output and standard error of the short-lived commands, and the questions that one of them asks (`dialogue`).
//!
//! Owns writing that survives a closed descriptor, and that does not lose a text without a word; decides nothing. A
//! running monitor does not use it.
//!
//! A descriptor that was closed when the process began is `/dev/null` by now (the standard library opens it, so that no
//! file takes its place): writing there succeeds.

pub mod dialogue;

use crate::sys;
use core::fmt;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, Write};
use std::os::fd::AsFd;

/// Standard output does not take a text: a full disk, for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritten(sys::Error);

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "standard output: {}", self.0)
    }
}

/// Writes `text` to standard output, at once. Says whether somebody reads it: a reader that went away (`| head`) has
/// seen what it wanted.
///
/// # Errors
/// A part of it, or all, is lost.
pub fn say(text: fmt::Arguments<'_>) -> Result<bool, Unwritten> {
    // Past the standard library's buffer, which takes an unwritable descriptor for a success.
    let output = io::stdout();
    let text = text.to_string();
    let mut rest = text.as_bytes();
    // Ends: every turn writes something, or waits until something can be written.
    while !rest.is_empty() {
        match nix::unistd::write(output.as_fd(), rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => {
                let mut ready = [PollFd::new(output.as_fd(), PollFlags::POLLOUT)];
                let _ = poll(&mut ready, PollTimeout::NONE);
            }
            Err(Errno::EPIPE) => return Ok(false),
            Err(errno) => return Err(Unwritten(sys::Error::of("write")(errno))),
        }
    }
    Ok(true)
}

/// Writes `text` and a line end to standard error.
pub fn complain(text: fmt::Arguments<'_>) {
    let mut error = io::stderr().lock();
    let _ = error.write_fmt(text);
    let _ = error.write_all(b"\n");
}

/// Writes to standard error what went wrong for `command`, and why unless that is empty.
pub fn explain(command: &str, what: &dyn fmt::Display, why: &dyn fmt::Display) {
    complain(format_args!("{command}: {what}"));
    let why = why.to_string();
    if !why.is_empty() {
        complain(format_args!("{command}: {why}"));
    }
}
