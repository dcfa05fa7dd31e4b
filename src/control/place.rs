//! A monitor's place in the file system: its record with the lock on it, and its control socket.
//!
//! Owns taking it, seeing whether it is still there, putting back what a clean-up of `/var/run` took away, and leaving
//! it. When to look is decided elsewhere.

use super::server::{Socket, SocketError, listen, sweep};
use crate::paths::Paths;
use crate::registry::{self, Claim, ClaimState, Seizure};
use clp_isa_core::identifier::Identifier;
use clp_isa_core::wire::record::Record;
use core::fmt;
use std::os::unix::net::UnixListener;

/// What a running monitor has in the file system.
#[derive(Debug)]
pub struct Place {
    paths: Paths,
    record: Record,
    claim: Claim,
    /// Missing only after it was lost.
    socket: Option<Socket>,
}

/// Why a monitor has no place.
#[derive(Debug)]
pub enum PlaceError {
    /// Another monitor runs under the identifier (event 14).
    InUse,
    /// Record or socket could not be made.
    Socket(SocketError),
}

impl<E: Into<SocketError>> From<E> for PlaceError {
    fn from(error: E) -> Self {
        Self::Socket(error.into())
    }
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse => f.write_str("the identifier is in use"),
            Self::Socket(error) => error.fmt(f),
        }
    }
}

/// What came of putting things back.
#[derive(Debug)]
pub enum Return {
    /// All is there again, with this listener instead of the old one if the socket was missing.
    Back(Option<UnixListener>),
    /// Somebody is taking the identifier, or looks at it: to be tried again soon.
    Unsettled,
    /// Another monitor holds the identifier: this one must end.
    Displaced,
}

impl Place {
    /// Claims `identifier`, writes `record` and listens.
    ///
    /// # Errors
    /// The identifier is in use, or what could not be made; nothing is left of it then.
    pub fn take(
        paths: &Paths,
        identifier: &Identifier,
        record: Record,
    ) -> Result<(Self, UnixListener), PlaceError> {
        let mut claim = registry::claim(paths, identifier)?.ok_or(PlaceError::InUse)?;
        let opened = claim.write(&record).map_err(SocketError::from);
        match opened.and_then(|()| listen(paths, identifier)) {
            Ok((listener, socket)) => {
                let (paths, socket) = (paths.clone(), Some(socket));
                let place = Self {
                    paths,
                    record,
                    claim,
                    socket,
                };
                Ok((place, listener))
            }
            Err(error) => {
                let _ = sweep(paths, identifier);
                let _ = claim.release();
                Err(error.into())
            }
        }
    }

    /// Whether all is where others look for it. Two system calls, no heap.
    pub fn is_whole(&self) -> bool {
        self.claim.state() == ClaimState::Whole
            && self.socket.as_ref().is_some_and(Socket::is_there)
    }

    /// Puts back what is missing, directories included: as at the start, and with the same care. Takes the heap, and does not
    /// wait.
    ///
    /// # Errors
    /// What could not be made. What could is there.
    pub fn put_back(&mut self) -> Result<Return, SocketError> {
        if self.claim.state() == ClaimState::Gone {
            match registry::try_claim(&self.paths, self.claim.identifier())? {
                Seizure::Taken(claim) => self.claim = claim,
                // Not by this monitor itself, whose file somebody has moved back meanwhile.
                Seizure::Held(id) if !self.claim.is_on(id) => {
                    return Ok(Return::Displaced);
                }
                Seizure::Held(_)
                | Seizure::Changing
                | Seizure::Missing
                | Seizure::OtherProtocol(_) => return Ok(Return::Unsettled),
            }
        }
        if self.claim.state() != ClaimState::Whole {
            self.claim.write(&self.record)?;
        }
        if self.socket.as_ref().is_some_and(Socket::is_there) {
            return Ok(Return::Back(None));
        }
        let (listener, socket) = listen(&self.paths, self.claim.identifier())?;
        self.socket = Some(socket);
        Ok(Return::Back(Some(listener)))
    }

    /// Removes the socket: nobody can be heard through it. The next look finds it missing.
    pub fn close_socket(&mut self) {
        if let Some(socket) = self.socket.take() {
            // What cannot be removed is a stale socket, which the next monitor of this identifier replaces.
            let _ = socket.remove();
        }
    }

    /// Removes socket and record, if they are still this monitor's, and lets go of the lock.
    pub fn leave(mut self) {
        self.close_socket();
        // A record that cannot be removed looks like a killed monitor's: the next start takes it over.
        let _ = self.claim.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::scratch::Scratch;
    use clp_isa_core::protocol::Protocol;
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn nobody_is_displaced_by_himself() {
        let scratch = Scratch::new();
        let paths = scratch.paths();
        let identifier = Identifier::parse(b"web").unwrap();
        let record = Record {
            protocol: Protocol::Http,
            pid: 4711,
            started: 0,
        };
        let (mut place, _listener) = Place::take(&paths, &identifier, record).unwrap();
        let (name, aside) = (paths.record(&identifier), paths.id_dir().join("a.link"));
        symlink("/dev/null", &aside).unwrap();
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            // Somebody moves the file away and back: what the look has missed, the claim finds.
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    renameat_with(CWD, &name, CWD, &aside, RenameFlags::EXCHANGE).unwrap();
                }
            });
            let displaced = (0..10_000)
                .filter(|_| matches!(place.put_back(), Ok(Return::Displaced)))
                .count();
            is_over.store(true, Ordering::Relaxed);
            assert_eq!(displaced, 0);
        });
    }
}
