//! What a check wants and what it found, as types.

use crate::event::{Event, Failure};
use crate::units::Errno;
use core::net::SocketAddr;
use core::time::Duration;

/// What the driver is to do next for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Look the host up: answered by `handle_addresses`, `handle_look_up_failed` or `handle_look_up_error`.
    LookUp,
    /// Give the running look-up up.
    AbandonLookUp,
    /// Close what is open and connect here: answered by `handle_connected` or `handle_error`.
    Connect(SocketAddr),
    /// An address failed and another one follows: for the failure log.
    Note(Attempt),
    /// Close what is open: the check has ended.
    Done(Outcome),
}

/// A step of a check, for the failure log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Looking the name up.
    LookUp,
    /// Connecting.
    Connect,
    /// Sending the request and waiting for the answer.
    Answer,
}

/// A local call that can fail without the service having a part in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// socket(2)
    Socket,
    /// connect(2), and the pending error of an unfinished one
    Connect,
    /// epoll_ctl(2)
    EpollCtl,
    /// send(2)
    Send,
    /// recv(2)
    Receive,
    /// Starting the look-up child.
    Spawn,
}

impl Call {
    /// Every call.
    pub const ALL: [Self; 6] = [
        Self::Socket,
        Self::Connect,
        Self::EpollCtl,
        Self::Send,
        Self::Receive,
        Self::Spawn,
    ];

    /// The name that event 42 shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Connect => "connect",
            Self::EpollCtl => "epoll_ctl",
            Self::Send => "send",
            Self::Receive => "recv",
            Self::Spawn => "spawn",
        }
    }
}

/// Why the node could not make a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalError {
    /// The call that failed.
    pub call: Call,
    /// What it failed with.
    pub errno: Errno,
}

impl LocalError {
    /// The event it is alerted as (contract, section 3.6).
    pub const fn event(self) -> Event {
        match self.call {
            Call::Socket => Event::Failure(Failure::Socket(self.errno)),
            call => Event::System {
                call: call.name(),
                errno: self.errno,
            },
        }
    }
}

/// How a check, or the attempt at one address, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The service answered as it should.
    Healthy,
    /// It did not.
    Failed(Failure),
    /// The node could not ask.
    Void(LocalError),
}

/// The attempt at one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// How it ended.
    pub ending: Ending,
    /// The address; none if the look-up gave none.
    pub address: Option<SocketAddr>,
    /// The step in which it ended.
    pub phase: Phase,
}

/// How the look-up of a check's name went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// It gave addresses.
    Fresh,
    /// It failed with this number (as in event 81); the last good addresses were used.
    Kept(i32),
    /// It failed and there were no addresses to use; the ending says so too.
    Missing,
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The attempt that counts: the healthy one, else the last one that the service failed, else the last.
    pub attempt: Attempt,
    /// Whether the loop woke so long after a deadline that the process cannot have been run.
    pub late: bool,
    /// How the look-up went.
    pub names: Names,
    /// From the check's start to its verdict.
    pub elapsed: Duration,
}
