//! The waits of the short-lived commands, and of a start. A running monitor waits in its loop alone.

use core::time::Duration;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::AsFd;

/// Waits for `span`. A signal may end it early: then what follows comes early.
pub(crate) fn pause(span: Duration) {
    let _ = poll(&mut [], timeout(span));
}

/// Waits until one of `files` has something to read or has ended, at most `span`; without one for as long as that takes.
/// What has come shows in the reads that follow.
///
/// # Errors
/// `EINTR`: a signal has ended it early.
pub(crate) fn wait_to_read(files: &[impl AsFd], span: Option<Duration>) -> Result<(), Errno> {
    let mut waited_for: Vec<PollFd<'_>> = files
        .iter()
        .map(|file| PollFd::new(file.as_fd(), PollFlags::POLLIN))
        .collect();
    poll(&mut waited_for, span.map_or(PollTimeout::NONE, timeout)).map(|_| ())
}

/// Rounded up, so that a wait never ends just before its deadline.
fn timeout(span: Duration) -> PollTimeout {
    PollTimeout::try_from(span.saturating_add(Duration::from_micros(999)))
        .unwrap_or(PollTimeout::MAX)
}
