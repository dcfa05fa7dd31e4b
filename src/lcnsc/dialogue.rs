//! Questions and answers, on a terminal or through a pipe.
//!
//! Owns prompting, reading one line, and what can come instead of one: the end of the input, Ctrl-C, a line without
//! end. Ctrl-C and SIGTERM are read from a descriptor, so that the command fails as with any wrong answer.

use crate::console::{self, Unwritten};
use crate::failed::Failed;
use crate::limits::LICENSE_LINE_MAX;
use core::fmt;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io::IsTerminal;
use std::os::fd::AsFd;

/// What came instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interruption {
    /// The input ended.
    End,
    /// Ctrl-C, or a request to end.
    Signal,
    /// An empty line.
    Empty,
    /// A line that no answer can be.
    TooLong,
    /// The question cannot be asked.
    Unwritten(Unwritten),
    /// A system call failed.
    System(&'static str, Errno),
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => f.write_str("the input ended before the answer"),
            Self::Signal => f.write_str("interrupted"),
            Self::Empty => f.write_str("nothing was entered"),
            Self::TooLong => write!(f, "the answer is longer than {LICENSE_LINE_MAX} bytes"),
            Self::Unwritten(error) => error.fmt(f),
            Self::System(call, errno) => {
                let (path, errno) = (None, (*errno).into());
                Failed { call, path, errno }.fmt(f)
            }
        }
    }
}

impl From<Unwritten> for Interruption {
    fn from(error: Unwritten) -> Self {
        Self::Unwritten(error)
    }
}

/// A dialogue over standard input and output.
pub(super) struct Dialogue {
    signals: SignalFd,
    /// What was read and is not part of an answer yet.
    read: Vec<u8>,
    has_ended: bool,
}

impl Dialogue {
    /// From here to the end of the process, Ctrl-C is this dialogue's to notice.
    pub(super) fn open() -> Result<Self, Interruption> {
        let wanted = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
        wanted
            .thread_block()
            .map_err(|errno| Interruption::System("sigprocmask", errno))?;
        let signals = SignalFd::with_flags(&wanted, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
            .map_err(|errno| Interruption::System("signalfd", errno))?;
        Ok(Self {
            signals,
            read: Vec::new(),
            has_ended: false,
        })
    }

    /// Prints `prompt` and gives the answer, without the blanks around it.
    pub(super) fn ask(&mut self, prompt: &str) -> Result<Vec<u8>, Interruption> {
        console::say(format_args!("{prompt}"))?;
        let line = self.read_line();
        // A terminal has shown the line's end as it was typed.
        if line.is_err() || !std::io::stdin().is_terminal() {
            console::say(format_args!("\n"))?;
        }
        let answer = line?.trim_ascii().to_vec();
        if answer.is_empty() {
            return Err(Interruption::Empty);
        }
        Ok(answer)
    }

    fn read_line(&mut self) -> Result<Vec<u8>, Interruption> {
        // Ends: every turn reads something, at most until the line is too long, or is the last one.
        loop {
            if let Some(end) = self.read.iter().position(|&byte| byte == b'\n') {
                let rest = self.read.split_off(end.saturating_add(1));
                return Ok(core::mem::replace(&mut self.read, rest));
            }
            if self.read.len() > LICENSE_LINE_MAX {
                return Err(Interruption::TooLong);
            }
            if self.has_ended {
                let line = core::mem::take(&mut self.read);
                return if line.is_empty() {
                    Err(Interruption::End)
                } else {
                    Ok(line)
                };
            }
            self.read_more()?;
        }
    }

    fn read_more(&mut self) -> Result<(), Interruption> {
        let input = std::io::stdin();
        let mut ready = [
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(input.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut ready, PollTimeout::NONE) {
            Ok(_) => (),
            Err(Errno::EINTR) => return Ok(()),
            Err(errno) => return Err(Interruption::System("poll", errno)),
        }
        if matches!(self.signals.read_signal(), Ok(Some(_))) {
            return Err(Interruption::Signal);
        }
        let mut buffer = [0; 256];
        // Past the standard library's buffer, which `poll` would not see.
        match nix::unistd::read(input.as_fd(), &mut buffer) {
            Ok(0) => self.has_ended = true,
            Ok(count) => self.read.extend(buffer.iter().take(count)),
            Err(Errno::EINTR | Errno::EAGAIN) => (),
            Err(errno) => return Err(Interruption::System("read", errno)),
        }
        Ok(())
    }
}
