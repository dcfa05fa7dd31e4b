//! The node's syslog, spoken to directly.
//!
//! Owns one socket to the daemon, the form of a message, and the last few messages that the daemon had no room for.
//! Messages go as datagrams, each to the daemon's path by name, so that a daemon that was restarted needs no
//! reconnecting; where the path is a stream socket (syslog-ng's may be, s6's is), over a connection, each ended by a zero
//! byte. Never waits, but for a moment at the end of the process ([`Syslog::poll_last`]).
//!
//! A queue that is full, as any user of the node can fill it, loses nothing by itself: what it does not take is kept,
//! in its order, and tried again. Nothing overtakes what is kept; what no longer fits pushes the oldest out. Any other
//! error loses the message: a daemon that is away takes nothing.

use super::Refused;
use crate::sys;
use clp_isa_core::limits::{LINE_MAX, SYSLOG_KEPT, SYSLOG_RETRY_FIRST, SYSLOG_RETRY_LAST};
use clp_isa_core::time::Instant;
use core::fmt::{self, Display};
use core::ops::Add;
use core::time::Duration;
use nix::errno::Errno as Failure;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, connect, send, sendto, setsockopt,
    socket, sockopt,
};
use nix::sys::time::TimeVal;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

/// What ends a message on a stream, and in the store. No message holds one: control characters do not get there.
const END: u8 = 0;
/// How often the end of a process waits in vain for room, and how long, in microseconds. The kernel adds up to two ticks to each
/// wait: 24 ms in all with 1000 ticks a second, 50 ms with 250. The end of a monitor is a failover's beginning, and may be
/// late by the 50 ms that it may be late by anyhow.
const END_TRIES: u8 = 6;
const END_WAIT: i64 = 4000;

impl Refused for sys::Error {
    fn tell(&self, path: &Path, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at(path).fmt(f)
    }
}

/// Whether the daemon, or the kernel, has no room for now.
const fn is_full(error: &sys::Error) -> bool {
    // A wait that a stop interrupts ends with EINTR (signal(7)).
    use nix::libc::{EAGAIN, EINTR, ENOBUFS};
    matches!(error.errno.0, EAGAIN | EINTR | ENOBUFS)
}

#[derive(Debug)]
enum Socket {
    /// Unbound.
    Datagram(OwnedFd),
    /// Connected.
    Stream(OwnedFd),
}

/// The way to the syslog daemon. In the order of use:
///
/// 1. `send` a message, then `poll_outcome` until `None`, then `plan`.
/// 2. When `poll_timeout` has come: `poll_outcome` until `None`, then `plan`; the next one is later.
/// 3. Before the process ends: `poll_last` until `None`.
#[derive(Debug)]
pub(super) struct Syslog {
    /// `None` for a path that no socket address holds (unix(7): 108 bytes).
    address: Option<UnixAddr>,
    /// `None` as long as it could not be made.
    socket: Option<Socket>,
    /// Messages that there was no room for, each with its end, the oldest first. There is room for them from the start;
    /// none of it is touched before it is needed.
    kept: Vec<u8>,
    /// Bytes of the first of them that the stream has taken.
    begun: usize,
    retry: Option<Instant>,
    pause: Duration,
    tries: u8,
}

impl Syslog {
    /// The daemon that listens, now or later, at `path`.
    pub(super) fn open(path: &Path) -> Self {
        Self {
            address: UnixAddr::new(path).ok(),
            socket: open_socket(SockType::Datagram).ok().map(Socket::Datagram),
            kept: Vec::with_capacity(SYSLOG_KEPT.saturating_add(LINE_MAX).saturating_add(1)),
            begun: 0,
            retry: None,
            pause: SYSLOG_RETRY_FIRST,
            tries: END_TRIES,
        }
    }

    /// Sends one message of at most [`LINE_MAX`] bytes. `None`: it is kept.
    ///
    /// # Errors
    /// It is lost; the call that failed and its errno: nobody listens, no socket could be made.
    pub(super) fn send(&mut self, message: &str) -> Option<Result<(), sys::Error>> {
        if self.kept.is_empty() {
            match self.transmit(message.as_bytes()) {
                Err(error) if is_full(&error) => {}
                outcome => return Some(outcome),
            }
        }
        self.kept.extend_from_slice(message.as_bytes());
        self.kept.push(END);
        None
    }

    /// Tries the first message that is kept, and says how it went; `None` if nothing is kept or there is no room. To be
    /// called until then: each call but the last takes a message away.
    pub(super) fn poll_outcome(&mut self) -> Option<Result<(), sys::Error>> {
        match self.try_first()? {
            Err(error) if is_full(&error) => {
                (self.kept.len() > SYSLOG_KEPT).then(|| self.lose_first(error))
            }
            outcome => Some(outcome),
        }
    }

    /// Like `poll_outcome`, but gives a full queue a little time and then keeps nothing: [`END_TRIES`] waits in all that
    /// come to nothing, and as long at most for each message that goes.
    pub(super) fn poll_last(&mut self) -> Option<Result<(), sys::Error>> {
        // Ends: each turn but the last is a try less.
        loop {
            match self.try_first()? {
                Err(error) if is_full(&error) => {
                    let Some(left) = self.tries.checked_sub(1) else {
                        // What is still kept has one try each, and no wait.
                        self.let_wait(OFlag::O_NONBLOCK);
                        return Some(self.lose_first(error));
                    };
                    self.tries = left;
                    self.let_wait(OFlag::empty());
                }
                outcome => return Some(outcome),
            }
        }
    }

    /// From now on sending waits for room, for a while, unless `flags` say that it does not. In the kernel's queue of senders: in
    /// a flood the room that comes is taken at once by whoever waits, and a try now and then finds none.
    fn let_wait(&self, flags: OFlag) {
        let Some(Socket::Datagram(socket) | Socket::Stream(socket)) = &self.socket else {
            return;
        };
        // Without an end to the wait there is none.
        if setsockopt(socket, sockopt::SendTimeout, &TimeVal::new(0, END_WAIT)).is_ok() {
            let _ = fcntl(socket, FcntlArg::F_SETFL(flags));
        }
    }

    /// Settles when to try again what is kept: soon at first, then ever more seldom.
    pub(super) fn plan(&mut self, now: Instant) {
        if self.kept.is_empty() {
            self.retry = None;
            self.pause = SYSLOG_RETRY_FIRST;
        } else {
            self.retry = Some(now.add(self.pause));
            self.pause = self.pause.saturating_mul(2).min(SYSLOG_RETRY_LAST);
        }
    }

    /// When to try again; `None` if nothing is kept.
    pub(super) const fn poll_timeout(&self) -> Option<Instant> {
        self.retry
    }

    /// Tries the first message that is kept; it is kept further only if there is no room.
    fn try_first(&mut self) -> Option<Result<(), sys::Error>> {
        let length = memchr::memchr(END, &self.kept)?;
        // Out of `self` for the while: no heap is used.
        let kept = core::mem::take(&mut self.kept);
        let outcome = self.transmit(kept.get(..length).unwrap_or_default());
        self.kept = kept;
        if !matches!(&outcome, Err(error) if is_full(error)) {
            self.forget_first();
        }
        Some(outcome)
    }

    fn lose_first(&mut self, error: sys::Error) -> Result<(), sys::Error> {
        if self.begun > 0 {
            // What follows on this connection would be taken for its rest.
            self.socket = None;
            self.begun = 0;
        }
        self.forget_first();
        Err(error)
    }

    fn forget_first(&mut self) {
        let end = memchr::memchr(END, &self.kept);
        self.kept
            .drain(..end.map_or(0, |end| end.saturating_add(1)));
    }

    /// Brings one message to the daemon, or goes on with it.
    fn transmit(&mut self, message: &[u8]) -> Result<(), sys::Error> {
        let Some(address) = self.address else {
            return Err(sys::Error::of("sendto")(Failure::ENAMETOOLONG));
        };
        if let Some(Socket::Stream(stream)) = &self.socket {
            match write(stream, message, &mut self.begun) {
                // The daemon has ended, or wants a new connection. It gets the message whole.
                Err(error) if !is_full(&error) => {}
                outcome => return outcome,
            }
            self.socket = None;
            self.begun = 0;
        }
        let socket = match &self.socket {
            Some(Socket::Datagram(socket) | Socket::Stream(socket)) => socket,
            None => {
                let made = Socket::Datagram(open_socket(SockType::Datagram)?);
                let (Socket::Datagram(socket) | Socket::Stream(socket)) = self.socket.insert(made);
                socket
            }
        };
        // A datagram goes whole or not at all.
        match sendto(
            socket.as_raw_fd(),
            message,
            &address,
            MsgFlags::MSG_NOSIGNAL,
        ) {
            Ok(_) => return Ok(()),
            Err(Failure::EPROTOTYPE) => {}
            Err(errno) => return Err(sys::Error::of("sendto")(errno)),
        }
        // Before the other one is made: the node may have no descriptor left.
        self.socket = None;
        let stream = open_socket(SockType::Stream)?;
        connect(stream.as_raw_fd(), &address).map_err(sys::Error::of("connect"))?;
        let outcome = write(&stream, message, &mut self.begun);
        self.socket = Some(Socket::Stream(stream));
        outcome
    }
}

/// Non-blocking, close-on-exec.
fn open_socket(kind: SockType) -> Result<OwnedFd, sys::Error> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    socket(AddressFamily::Unix, kind, flags, None).map_err(sys::Error::of("socket"))
}

/// Writes `message` and its end, of which the stream has taken `begun` bytes.
fn write(stream: &OwnedFd, message: &[u8], begun: &mut usize) -> Result<(), sys::Error> {
    // Ends: each turn but the last takes bytes away.
    while *begun <= message.len() {
        let rest = match message.get(*begun..) {
            Some(rest) if !rest.is_empty() => rest,
            _ => &[END],
        };
        let count = send(stream.as_raw_fd(), rest, MsgFlags::MSG_NOSIGNAL)
            .map_err(sys::Error::of("send"))?;
        *begun = begun.saturating_add(count);
    }
    *begun = 0;
    Ok(())
}

#[cfg(test)]
mod tests;
