//! One question to a running monitor: the request goes out at once, the reply comes back in pieces.
//!
//! Owns the connection, and what its errors mean to whoever asks. Never waits: when to read on, and for how long, is the
//! caller's.

use super::is_trusted;
use crate::paths::Paths;
use crate::sys::Error;
use clp_isa_core::identifier::Identifier;
use clp_isa_core::limits::CONTROL_REPLY_MAX;
use clp_isa_core::protocol::Protocol;
use clp_isa_core::wire::control::{ControlRequest, ControlVerb, Incoming, Reply, Unclear};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Why a monitor is not asked whose socket is another user's, for users.
pub(super) const FOREIGN: &str = "its control socket is another user's";

/// Why a monitor was not asked.
pub(super) enum Unasked {
    /// It is not listening yet, or no more, or has a full backlog: to be tried again.
    NotNow,
    /// Its socket is another user's: see [`FOREIGN`].
    Foreign,
    /// It cannot be reached.
    Failed(Error),
}

/// A question that was asked, with what has come of its reply.
pub(super) struct Question {
    stream: UnixStream,
    incoming: Incoming,
}

impl Question {
    /// Asks the `protocol` monitor `identifier` for `verb`.
    pub(super) fn ask(
        paths: &Paths,
        protocol: Protocol,
        identifier: &Identifier,
        verb: ControlVerb,
    ) -> Result<Self, Unasked> {
        let path = paths.control(identifier);
        let mut stream = reach(&path).map_err(|errno| match errno {
            Errno::ENOENT | Errno::ECONNREFUSED | Errno::EAGAIN | Errno::EINTR => Unasked::NotNow,
            errno => Unasked::Failed(Error::on("connect", &path)(errno)),
        })?;
        if !is_trusted(&stream) {
            return Err(Unasked::Foreign);
        }
        let request = ControlRequest {
            verb,
            protocol,
            identifier: *identifier,
        };
        // A new connection's buffer is empty and holds far more than a line: a short write is a lost connection.
        let line = request.render();
        match stream.write(line.as_bytes()) {
            Ok(count) if count == line.len() => Ok(Self {
                stream,
                incoming: Incoming::default(),
            }),
            _ => Err(Unasked::NotNow),
        }
    }

    /// The reply; nothing while more of it is to come.
    pub(super) fn reply(&self) -> Option<Result<Reply<'_>, Unclear>> {
        self.incoming.reply()
    }

    /// Reads what is there: all of a reply, if it is. Says whether more may come: the connection has not ended.
    pub(super) fn receive(&mut self) -> bool {
        let mut buffer = [0; CONTROL_REPLY_MAX];
        match self.stream.read(&mut buffer) {
            Ok(count) => {
                let piece = buffer.get(..count).unwrap_or_default();
                self.incoming.handle_received(piece);
                count > 0
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        }
    }
}

impl AsFd for Question {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// A non-blocking connection to the socket at `path`; `EAGAIN` if the listener's backlog is full.
pub(super) fn reach(path: &Path) -> Result<UnixStream, Errno> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    connect(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(UnixStream::from(socket))
}
