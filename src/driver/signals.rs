//! Signals as readable bytes: SIGTERM and SIGINT stop the monitor, SIGCHLD says that a child ended, SIGHUP is
//! blocked for good (a closing console must not fail a service over; contract, section 3.8).

use super::Fatal;
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::os::fd::{AsRawFd, RawFd};

/// Reads that may fail before what is pending is given up.
const ERRORS: u8 = 3;

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

impl Signals {
    /// Blocks the signals and opens their descriptor. Children start with nothing blocked: the standard library
    /// clears the mask when it starts one.
    pub(super) fn open() -> Result<Self, Fatal> {
        let mut blocked = SigSet::empty();
        for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGCHLD] {
            blocked.add(signal);
        }
        let read = blocked;
        blocked.add(Signal::SIGHUP);
        blocked
            .thread_block()
            .map_err(|errno| Fatal::new("sigprocmask", errno))?;
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        let fd =
            SignalFd::with_flags(&read, flags).map_err(|errno| Fatal::new("signalfd", errno))?;
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
