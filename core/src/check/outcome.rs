//! What a check wants and what it found, as types.

use crate::config::{Addresses, Config};
use crate::errno::{Errno, eai};
use crate::event::{Event, Failure};
use crate::listed::listed;
use crate::probe::{Detail, Step};
use core::net::SocketAddr;
use core::time::Duration;

/// What the driver is to do next for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Look the host up: answered by `handle_addresses`, `handle_lookup_failed` or `handle_error`.
    Lookup,
    /// Give the running look-up up.
    AbandonLookup,
    /// Close what is open and connect here: answered by `handle_connected` or `handle_error`.
    Connect(SocketAddr),
    /// An address failed and another one follows: for the failure log.
    Log(Attempt),
    /// Close what is open: the check has ended.
    Done(Outcome),
}

/// A step of a check, for the failure log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Looking the name up.
    Lookup,
    Connect,
    /// Talking with the service: sending what it is to answer, and waiting for that answer.
    Dialogue(Step),
}

listed! {
    /// A local call that can fail without the service having a part in it.
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
        /// Starting the look-up child, or its work: it ended without an answer.
        Spawn,
        /// getaddrinfo(3) in the look-up child.
        Lookup,
    }
}

impl Call {
    /// The name that event 42 shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Connect => "connect",
            Self::EpollCtl => "epoll_ctl",
            Self::Send => "send",
            Self::Receive => "recv",
            Self::Spawn => "spawn",
            Self::Lookup => "getaddrinfo",
        }
    }
}

/// Why the node could not make a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalError {
    pub call: Call,
    pub errno: Errno,
}

impl LocalError {
    /// The event it is alerted as (docs/reference.md, "Void checks").
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
    Failed(Failure),
    /// The node could not ask.
    Void(LocalError),
}

/// The attempt at one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    pub ending: Ending,
    /// The address; none if the look-up gave none.
    pub address: Option<SocketAddr>,
    /// The step in which it ended.
    pub phase: Phase,
    /// What is known of a failure beside its event.
    pub detail: Detail,
}

/// Why a look-up gave no addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unresolved {
    /// The number of event 81: that of an `EAI_` constant (negative), or an errno.
    Answer(i32),
    /// The node could not look up.
    Local(LocalError),
}

impl Unresolved {
    /// What a look-up means that failed with this number, as in event 81. A shortage of the node in the look-up child
    /// is as local as one of our own.
    pub const fn from_number(number: i32) -> Self {
        let errno = match number {
            eai::MEMORY => Errno::ENOMEM,
            number => Errno(number),
        };
        // bind(2) and connect(2) of a datagram socket, where no source port is left.
        let is_portless = matches!(errno, Errno::EADDRINUSE | Errno::EAGAIN);
        if errno.is_local() || is_portless {
            Self::Local(LocalError {
                call: Call::Lookup,
                errno,
            })
        } else {
            Self::Answer(number)
        }
    }

    /// The event it is alerted as.
    pub const fn event(self) -> Event {
        match self {
            Self::Answer(number) => Event::Failure(Failure::Lookup(number)),
            Self::Local(error) => error.event(),
        }
    }

    /// How a check ends that has no address to go on with.
    pub const fn ending(self) -> Ending {
        match self {
            Self::Answer(number) => Ending::Failed(Failure::Lookup(number)),
            Self::Local(error) => Ending::Void(error),
        }
    }
}

/// How the look-up of a check's name went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// It gave addresses.
    Fresh,
    /// It failed so; the last good addresses were used.
    Stale(Unresolved),
    /// It failed and there were no addresses to use; the ending says so too.
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The attempt that counts: the healthy one, else the last one that the service failed, else the last.
    pub attempt: Attempt,
    /// Whether the loop woke so long after a deadline that the process cannot have been run.
    pub late: bool,
    /// How the look-up went.
    pub resolution: Resolution,
    /// From the check's start to its verdict.
    pub elapsed: Duration,
}

/// A check that was made by itself, and what it was a check of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport<'a> {
    pub config: &'a Config,
    pub outcome: Outcome,
    /// The addresses that the lookup gave.
    pub addresses: Addresses,
}
