//! The one socket to the watched service.
//!
//! Owns the system calls of a connection and what their results mean to the check; judges nothing.

use super::ports::Ports;
use crate::sys::error::HasErrno;
use clp_isa_core::check::{Call, Check};
use clp_isa_core::errno::Errno;
use clp_isa_core::limits::{DRAIN_MAX, RECEIVE_MAX};
use clp_isa_core::probe::End;
use clp_isa_core::time::Instant;
use core::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use nix::errno::Errno as Number;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockProtocol, SockType, SockaddrIn, SockaddrIn6, bind, connect,
    setsockopt, socket, sockopt,
};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};

/// Reads one wake may make before other descriptors and deadlines get their turn: a peer that sends without end
/// must not hold the loop.
const READS_PER_WAKE: usize = 16;
/// Source ports that are tried where connect(2) has none to give, half of them privileged. A connection of ours that
/// waits for its end may hold one for a minute.
const SPARE_PORTS: u16 = 8;

/// What a wake knows of the socket: how far to read, so that no call is made only to hear that there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    /// Nothing has come. What comes later makes a new edge.
    Writable,
    /// Something has come and the peer has not closed: a read that does not fill its buffer has taken all, and what
    /// comes later makes a new edge (epoll(7), "Questions and answers", 9).
    Readable,
    /// The peer has closed: what is there is all there will be, and no new edge tells of its end.
    Closed,
    /// An error, or no readiness at all: only a read that would block tells.
    Unknown,
}

impl From<&Event> for Hint {
    fn from(event: &Event) -> Self {
        if event.is_error() {
            Self::Unknown
        } else if event.is_read_closed() {
            Self::Closed
        } else if event.is_readable() {
            Self::Readable
        } else {
            Self::Writable
        }
    }
}

/// A connection being made or in use.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    /// connect(2) may have given it the service's own port.
    may_be_own: bool,
    is_connected: bool,
    /// The socket did not take all that there was to send: readiness says when it takes more.
    write_blocked: bool,
    /// Stopped reading before `WouldBlock`: there will be no new edge for what is left.
    has_more: bool,
    /// The peer has closed and all that it sent was read.
    is_exhausted: bool,
    /// The peer reset the connection: the call that was told so, to be reported once what came before is read.
    broken: Option<(Call, Errno)>,
}

impl Connection {
    /// Begins to connect to `address`. What fails is reported to `check`, and there is no connection.
    pub(super) fn open(
        address: SocketAddr,
        ports: Ports,
        registry: &Registry,
        token: Token,
        check: &mut Check,
        now: Instant,
    ) -> Option<Self> {
        match Self::begin(address, ports, registry, token) {
            Ok(connection) => Some(connection),
            Err((call, errno)) => {
                check.handle_error(call, errno, now);
                None
            }
        }
    }

    fn begin(
        address: SocketAddr,
        ports: Ports,
        registry: &Registry,
        token: Token,
    ) -> Result<Self, Failed> {
        let mut fd = create(address)?;
        let mut begun = begin_to_connect(&fd, address);
        if begun == Err(Number::EADDRNOTAVAIL) {
            (fd, begun) = connect_from_spare_port(address, ports, token)?;
        }
        begun.map_err(|errno| (Call::Connect, errno.errno()))?;
        let mut stream = TcpStream::from_std(std::net::TcpStream::from(fd));
        registry
            .register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)
            .map_err(|error| (Call::EpollCtl, error.errno()))?;
        Ok(Self {
            stream,
            may_be_own: ports.holds(address.port()),
            is_connected: false,
            write_blocked: false,
            has_more: false,
            is_exhausted: false,
            broken: None,
        })
    }

    /// Whether there is something to read that no readiness will announce.
    pub(super) fn has_more(&self) -> bool {
        self.has_more
    }

    /// Moves bytes both ways until the socket has no more to give or to take, or the check wants no more.
    /// `buffer` holds what one read brings.
    pub(super) fn pump(&mut self, hint: Hint, buffer: &mut [u8], check: &mut Check, now: Instant) {
        self.has_more = false;
        let is_new = !self.is_connected;
        if is_new && !self.finish_connecting(check, now) {
            return;
        }
        // What there is to send changes at no other time but below.
        if is_new || self.write_blocked {
            self.send(check, now);
        }
        if hint == Hint::Writable && self.broken.is_none() {
            return;
        }
        for _ in 0..READS_PER_WAKE {
            if !check.is_talking() {
                return;
            }
            match self.stream.read(buffer) {
                Ok(0) if self.broken.is_none() => return check.handle_end(End::Closed, now),
                Ok(count) if count > 0 => {
                    check.handle_received(buffer.get(..count).unwrap_or_default(), now);
                    self.send(check, now);
                    let took_all = count < buffer.len();
                    self.is_exhausted = took_all && hint == Hint::Closed;
                    if took_all && hint == Hint::Readable && self.broken.is_none() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && self.broken.is_none() => {
                    return;
                }
                ended => {
                    let errno = ended.err().map_or(Errno::ECONNRESET, |error| error.errno());
                    let (call, errno) = self.broken.unwrap_or((Call::Receive, errno));
                    return check.handle_error(call, errno, now);
                }
            }
        }
        self.has_more = true;
    }

    /// Whether the connection stands. Readiness is a hint: only a socket without a pending error and with a peer is
    /// connected.
    fn finish_connecting(&mut self, check: &mut Check, now: Instant) -> bool {
        let error = match self.stream.take_error() {
            Ok(None) => match self.stream.peer_addr() {
                // Nobody listens: both SYNs crossed in one socket (RFC 9293, 3.5, simultaneous open).
                Ok(peer) if self.leads_back_from(peer) => {
                    return self.refuse_itself(check, now);
                }
                Ok(_) => {
                    self.is_connected = true;
                    check.handle_connected();
                    return true;
                }
                Err(error) if error.kind() == ErrorKind::NotConnected => return false,
                Err(error) => error,
            },
            Ok(Some(error)) | Err(error) => error,
        };
        let errno = error.errno();
        // A reset that answers the SYN is ECONNREFUSED: this one met a connection that stood already. What came before
        // it is still there to be read, and the reset is told at its end, as it is when the read meets it.
        if errno == Errno::ECONNRESET {
            self.is_connected = true;
            self.broken = Some((Call::Receive, errno));
            check.handle_connected();
            return true;
        }
        check.handle_error(Call::Connect, errno, now);
        false
    }

    /// Whether the connection leads from `peer` to `peer`. Asked only where that can be: a further call.
    fn leads_back_from(&self, peer: SocketAddr) -> bool {
        self.may_be_own && self.stream.local_addr().is_ok_and(|own| own == peer)
    }

    /// Reports what a service that does not listen is. A reset at the close leaves the port free for it at once; a FIN
    /// would keep it for a minute.
    fn refuse_itself(&self, check: &mut Check, now: Instant) -> bool {
        let reset = nix::libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        // Cannot fail on a TCP socket.
        let _ = setsockopt(&self.stream, sockopt::Linger, &reset);
        check.handle_error(Call::Connect, Errno::ECONNREFUSED, now);
        false
    }

    fn send(&mut self, check: &mut Check, now: Instant) {
        self.write_blocked = false;
        // Ends: every turn sends at least one of finitely many bytes, is an interruption, or is the last.
        while self.broken.is_none() {
            let outgoing = check.outgoing();
            if outgoing.is_empty() {
                return;
            }
            match self.stream.write(outgoing) {
                Ok(count) if count > 0 => check.handle_sent(count, now),
                Ok(_) => return self.write_blocked = true,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return self.write_blocked = true;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                    ) =>
                {
                    self.broken = Some((Call::Send, error.errno()));
                }
                Err(error) => return check.handle_error(Call::Send, error.errno(), now),
            }
        }
    }

    /// Closes. What has already arrived is read first: closing over unread bytes would send a RST (RFC 9293, 3.10.4),
    /// which some servers log as an error.
    pub(super) fn close(mut self, buffer: &mut [u8]) {
        if !self.is_connected || self.is_exhausted {
            return;
        }
        for _ in 0..DRAIN_MAX / RECEIVE_MAX {
            match self.stream.read(buffer) {
                Ok(count) if count > 0 => {}
                _ => return,
            }
        }
    }
}

pub(super) type Failed = (Call, Errno);

pub(super) fn create(address: SocketAddr) -> Result<OwnedFd, Failed> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    socket(family, SockType::Stream, flags, SockProtocol::Tcp)
        .map_err(|errno| (Call::Socket, errno.errno()))
}

fn begin_to_connect(fd: &OwnedFd, address: SocketAddr) -> nix::Result<()> {
    let begun = match address {
        SocketAddr::V4(address) => connect(fd.as_raw_fd(), &SockaddrIn::from(address)),
        SocketAddr::V6(address) => connect(fd.as_raw_fd(), &SockaddrIn6::from(address)),
    };
    match begun {
        // EINTR leaves a non-blocking connect going on, as EINPROGRESS does (connect(2)).
        Err(Number::EINPROGRESS | Number::EINTR) => Ok(()),
        begun => begun,
    }
}

/// Begins to connect to `address` from a port that connect(2) does not give out: the hung service's own connections,
/// or any user of the node, may have used up the others.
fn connect_from_spare_port(
    address: SocketAddr,
    ports: Ports,
    token: Token,
) -> Result<(OwnedFd, nix::Result<()>), Failed> {
    let mut fd = create(address)?;
    // Differs from check to check, and from monitor to monitor.
    #[expect(clippy::cast_possible_truncation, reason = "any bits do")]
    let turn = (std::process::id() as u16)
        .wrapping_mul(31)
        .wrapping_add(token.0 as u16);
    let mut may_be_privileged = true;
    for at in 0..SPARE_PORTS {
        let is_privileged = may_be_privileged && at < SPARE_PORTS / 2;
        // Never the service's own port: where nobody listens, the connection would lead back to itself.
        let Some(port) = ports
            .spare(is_privileged, turn.wrapping_add(at))
            .filter(|port| *port != address.port())
        else {
            continue;
        };
        match bind_to(&fd, address, port) {
            Ok(()) => {}
            Err(errno) => {
                may_be_privileged &= !matches!(errno, Number::EACCES | Number::EPERM);
                continue;
            }
        }
        match begin_to_connect(&fd, address) {
            // From this port there is such a connection already.
            Err(Number::EADDRNOTAVAIL | Number::EADDRINUSE) => fd = create(address)?,
            begun => return Ok((fd, begun)),
        }
    }
    Err((Call::Connect, Number::EADDRNOTAVAIL.errno()))
}

fn bind_to(fd: &OwnedFd, address: SocketAddr, port: u16) -> nix::Result<()> {
    // A connection that waits for its end does not keep the port from being bound, by us or by its owner.
    setsockopt(fd, sockopt::ReuseAddr, &true)?;
    match address {
        SocketAddr::V4(_) => bind(fd.as_raw_fd(), &SockaddrIn::new(0, 0, 0, 0, port)),
        SocketAddr::V6(_) => {
            let any = SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, port, 0, 0);
            bind(fd.as_raw_fd(), &SockaddrIn6::from(any))
        }
    }
}
