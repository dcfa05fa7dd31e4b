//! Keeps the monitor where others look for it (docs/reference.md, "Identifiers").
//!
//! Owns when to look. Two stat(2) calls by name say whether record and socket are still there; they are made when the
//! loop is awake anyway, a few seconds apart at least, so that they cost no wake-up, and those who check every second
//! next to nothing. inotify(7) would cost no call at all, but has 128 instances a user: a hundred monitors would leave
//! the rest of the node without it, and it does not tell of a directory above that is renamed or mounted over.

use crate::control::place::{Place, Return};
use crate::control::server;
use clp_isa_core::time::Instant;
use core::time::Duration;
use std::os::unix::net::UnixListener;

/// How long after a look the next one is made, if the loop is awake for something else. With what an INTERVAL below it
/// adds, less than [`LATEST`]; and less than 5 s, so that an INTERVAL of that is not just missed.
const SOONEST: Duration = Duration::from_millis(4500);
/// When the loop wakes for a look, if INTERVAL is not longer: in a check that hangs, or paused.
const LATEST: Duration = Duration::from_secs(9);
/// When it looks again after it has seen the identifier change hands.
const AGAIN: Duration = Duration::from_secs(1);

/// What a look has found, where there is something to do.
#[derive(Debug)]
pub(super) enum Finding {
    /// Something was missing, and is there again; clients come by this listener now.
    Back(Option<UnixListener>),
    /// Something is missing, and cannot be put back. Told once, until all is there again.
    Lost(server::SocketError),
    /// Another monitor holds the identifier.
    Displaced,
}

/// The monitor's place, and the time of the next look.
#[derive(Debug)]
pub(super) struct Keeper<'a> {
    place: &'a mut Place,
    /// Longest time between two looks.
    span: Duration,
    soonest: Instant,
    latest: Instant,
    is_told: bool,
}

impl<'a> Keeper<'a> {
    /// For a monitor that checks every `interval`.
    pub(super) fn new(place: &'a mut Place, interval: Duration) -> Self {
        Self {
            place,
            span: interval.max(LATEST),
            soonest: Instant::default(),
            latest: Instant::default(),
            is_told: false,
        }
    }

    /// All is there now.
    pub(super) fn begin(&mut self, now: Instant) {
        self.soonest = now + SOONEST;
        self.latest = now + self.span;
    }

    /// When the loop must wake for a look.
    pub(super) const fn poll_timeout(&self) -> Option<Instant> {
        Some(self.latest)
    }

    /// The loop has woken at a time that was due: looks, if it is time for that. Never ends a monitor because something
    /// cannot be put back: it still watches, and who could take its identifier finds the same obstacle.
    pub(super) fn look(&mut self, now: Instant) -> Option<Finding> {
        if now < self.soonest {
            return None;
        }
        if self.place.is_whole() {
            self.is_told = false;
            self.begin(now);
            return None;
        }
        self.put_back(now)
    }

    // Apart and not inlined: a monitor whose place is whole never touches it.
    #[inline(never)]
    fn put_back(&mut self, now: Instant) -> Option<Finding> {
        self.begin(now);
        match self.place.put_back() {
            Ok(Return::Back(listener)) => Some(Finding::Back(listener)),
            Ok(Return::Displaced) => Some(Finding::Displaced),
            Ok(Return::Unsettled) => {
                self.soonest = now + AGAIN;
                self.latest = self.soonest;
                None
            }
            Err(error) => {
                let is_told = core::mem::replace(&mut self.is_told, true);
                (!is_told).then_some(Finding::Lost(error))
            }
        }
    }

    /// Nobody can be heard through the socket.
    pub(super) fn close_socket(&mut self) {
        self.place.close_socket();
    }
}
