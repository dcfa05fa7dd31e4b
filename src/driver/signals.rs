//! Signals as readable bytes: SIGTERM and SIGINT stop the monitor, SIGCHLD says that a child ended. All others are
//! blocked for good: a closing console, a log past its size limit or a stray SIGUSR1 must not fail a service over
//! (docs/reference.md, "Signals"), and a monitor that a terminal has stopped would miss a dead service.
//!
//! Blocked, not ignored: a blocked signal is kept even where the parent left it ignored (signal(7)), so that SIGTERM
//! always stops. Left alone are SIGQUIT, which asks for a core, and those of a fault in the program. Three cannot be
//! blocked, 32 to 34: the C libraries keep them to themselves.

use crate::sys;
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::os::fd::{AsRawFd, RawFd};

/// Reads that may fail before what is pending is given up.
const ERRORS: u8 = 3;
/// What may end a monitor.
const FATAL: [Signal; 8] = [
    Signal::SIGQUIT,
    Signal::SIGSEGV,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGILL,
    Signal::SIGTRAP,
    Signal::SIGSYS,
    Signal::SIGABRT,
];

/// The signals of a running monitor.
#[derive(Debug)]
pub(super) struct Signals {
    fd: SignalFd,
}

/// What the pending signals ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pending {
    /// SIGTERM or SIGINT came.
    pub(super) stop: bool,
    /// SIGCHLD came.
    pub(super) child: bool,
}

/// Blocks every signal that would end or stop a monitor. For the start of a process that is to be one: what comes
/// before the loop looks is kept. Children start with nothing blocked: the standard library clears the mask when it
/// starts one.
///
/// # Errors
/// None that sigprocmask(2) knows of.
pub fn block_signals() -> Result<(), sys::Error> {
    let mut blocked = SigSet::all();
    for signal in FATAL {
        blocked.remove(signal);
    }
    blocked
        .thread_block()
        .map_err(sys::Error::of("sigprocmask"))
}

/// Blocks SIGXFSZ: what is written past RLIMIT_FSIZE fails (`EFBIG`) and is told or counted, instead of ending the
/// process. For every command.
pub fn block_file_size_signal() {
    // None of its errors can occur (sigprocmask(2)).
    let _ = SigSet::from(Signal::SIGXFSZ).thread_block();
}

impl Signals {
    /// Blocks the signals and opens the descriptor of those that mean something.
    pub(super) fn open() -> Result<Self, sys::Error> {
        block_signals()?;
        let read = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGCHLD]);
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        let fd = SignalFd::with_flags(&read, flags).map_err(sys::Error::of("signalfd"))?;
        Ok(Self { fd })
    }

    /// Takes what is pending.
    pub(super) fn take(&self) -> Pending {
        let mut pending = Pending::default();
        let mut errors = 0_u8;
        // Ends: standard signals do not queue, so at most three are pending and each read takes one, and three errors
        // are too many.
        loop {
            match self.fd.read_signal() {
                Ok(Some(info)) => match i32::try_from(info.ssi_signo).map(Signal::try_from) {
                    Ok(Ok(Signal::SIGTERM | Signal::SIGINT)) => pending.stop = true,
                    Ok(Ok(Signal::SIGCHLD)) => pending.child = true,
                    _ => {}
                },
                Err(Errno::EINTR) => {}
                // A pending signal is announced once: what is not taken now may never be.
                Err(_) if errors < ERRORS => errors = errors.saturating_add(1),
                Ok(None) | Err(_) => return pending,
            }
        }
    }
}

impl AsRawFd for Signals {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}
