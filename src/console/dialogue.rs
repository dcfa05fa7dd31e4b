//! Questions and answers, on a terminal or through a pipe.
//!
//! Owns prompting, reading one line, and what can come instead of one: the end of the input, Ctrl-C, a line without
//! end. Ctrl-C and SIGTERM are read from a descriptor, so that the command fails as with any wrong answer.

use super::{Unwritten, say};
use crate::sys::{self, wait::wait_to_read};
use clp_isa_core::license::dialogue::{Answer, Refusal, Typed};
use core::fmt;
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io::IsTerminal;
use std::os::fd::AsFd;

/// What came instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interruption {
    /// Ctrl-C, or a request to end.
    Signal,
    /// The answer is none, or none that can be used.
    Refused(Refusal),
    /// The question cannot be asked.
    Unwritten(Unwritten),
    /// A system call failed.
    System(sys::Error),
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal => f.write_str("interrupted"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Unwritten(error) => error.fmt(f),
            Self::System(error) => error.fmt(f),
        }
    }
}

impl From<Refusal> for Interruption {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<sys::Error> for Interruption {
    fn from(error: sys::Error) -> Self {
        Self::System(error)
    }
}

impl From<Unwritten> for Interruption {
    fn from(error: Unwritten) -> Self {
        Self::Unwritten(error)
    }
}

/// A dialogue over standard input and output.
pub struct Dialogue {
    signals: SignalFd,
    typed: Typed,
}

impl Dialogue {
    /// From here to the end of the process, Ctrl-C is this dialogue's to notice.
    pub fn open() -> Result<Self, Interruption> {
        let wanted = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
        wanted
            .thread_block()
            .map_err(sys::Error::of("sigprocmask"))?;
        let signals = SignalFd::with_flags(&wanted, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
            .map_err(sys::Error::of("signalfd"))?;
        let typed = Typed::default();
        Ok(Self { signals, typed })
    }

    /// Prints `prompt` and gives the answer, without the blanks around it.
    pub fn ask(&mut self, prompt: &str) -> Result<Answer, Interruption> {
        say(format_args!("{prompt}"))?;
        let line = self.wait_for_answer();
        // A terminal has shown the line's end as it was typed.
        if line.is_err() || !std::io::stdin().is_terminal() {
            say(format_args!("\n"))?;
        }
        line
    }

    fn wait_for_answer(&mut self) -> Result<Answer, Interruption> {
        // Ends: every turn reads something, at most until the line is too long, or is the last one.
        loop {
            if let Some(answer) = self.typed.poll_answer() {
                return Ok(answer?);
            }
            self.read_more()?;
        }
    }

    fn read_more(&mut self) -> Result<(), Interruption> {
        let input = std::io::stdin();
        match wait_to_read(&[self.signals.as_fd(), input.as_fd()], None) {
            Ok(()) => (),
            Err(Errno::EINTR) => return Ok(()),
            Err(errno) => return Err(sys::Error::of("poll")(errno).into()),
        }
        if matches!(self.signals.read_signal(), Ok(Some(_))) {
            return Err(Interruption::Signal);
        }
        let mut buffer = [0; 256];
        // Past the standard library's buffer, which `poll` would not see.
        match nix::unistd::read(input.as_fd(), &mut buffer) {
            Ok(0) => self.typed.handle_end(),
            Ok(count) => self
                .typed
                .handle_received(buffer.get(..count).unwrap_or_default()),
            Err(Errno::EINTR | Errno::EAGAIN) => (),
            Err(errno) => return Err(sys::Error::of("read")(errno).into()),
        }
        Ok(())
    }
}
