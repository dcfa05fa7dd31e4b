//! What the node lacks, so that no address that needs it is waited for.
//!
//! Owns what that means for an address; whether the node lacks it is found out elsewhere.

use super::{Attempt, Ending};
use core::net::SocketAddr;
use core::time::Duration;

/// What the node was found to lack. By default nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    pub v4: bool,
    pub v6: bool,
    /// The address ::1: IPv6 is there, and switched off.
    pub v6_loopback: bool,
}

impl Missing {
    /// Whether `address` needs what is missing.
    pub fn concerns(self, address: &SocketAddr) -> bool {
        match address {
            SocketAddr::V4(_) => self.v4,
            SocketAddr::V6(address) => self.v6 || (self.v6_loopback && address.ip().is_loopback()),
        }
    }

    /// How many parts the time has that is left for these `addresses`, the first of which is tried now: one for it, and
    /// one for each of the others that can be tried.
    pub(super) fn parts(self, addresses: &[SocketAddr]) -> u32 {
        let others = addresses.iter().skip(1);
        let can_be_tried = others.filter(|address| !self.concerns(address));
        u32::try_from(can_be_tried.count())
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    }

    /// Whether `attempt` could not be made for want of that.
    pub(super) fn explains(self, attempt: &Attempt) -> bool {
        matches!(attempt.ending, Ending::Void(_))
            && attempt
                .address
                .is_some_and(|address| self.concerns(&address))
    }
}

/// One of `parts` equal parts of `time`.
pub(super) fn share(time: Duration, parts: u32) -> Duration {
    time.checked_div(parts).unwrap_or(time)
}
