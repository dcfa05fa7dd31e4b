//! Newtypes over bare numbers: moments, errno values, process ids.
//!
//! Owns the units and their arithmetic; reads no clock and makes no system call.

use core::fmt;
use core::ops::Add;
use core::time::Duration;

/// A point of monotonic time: what `CLOCK_MONOTONIC` shows, or a virtual clock in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment(Duration);

impl Moment {
    /// The moment `since_zero` after the clock's zero.
    pub const fn new(since_zero: Duration) -> Self {
        Self(since_zero)
    }

    /// How long after `earlier` this is; zero if it is before.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// Time since the clock's zero.
    pub const fn since_zero(self) -> Duration {
        self.0
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

/// The earlier of two moments that may be missing.
pub(crate) fn earlier(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (found, None) | (None, found) => found,
    }
}

/// A point of wall-clock time, for the logs only: no decision hangs on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wall {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub seconds: i64,
    /// Nanoseconds within the second, 0 to 999,999,999.
    pub nanos: u32,
}

impl Wall {
    /// Nanoseconds since 1970; they wrap after 584 years.
    pub const fn stamp(self) -> u64 {
        self.seconds
            .cast_unsigned()
            .wrapping_mul(1_000_000_000)
            .wrapping_add(self.nanos as u64)
    }
}

/// An errno value (errno(3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// Connection timed out; also what a deadline of ours is reported as.
    pub const TIMED_OUT: Self = Self(nix::libc::ETIMEDOUT);
    /// Connection refused.
    pub const REFUSED: Self = Self(nix::libc::ECONNREFUSED);
    /// Operation not permitted.
    pub const NOT_PERMITTED: Self = Self(nix::libc::EPERM);
    /// Permission denied.
    pub const NO_ACCESS: Self = Self(nix::libc::EACCES);
    /// Too many open files in this process.
    pub const NO_FILES: Self = Self(nix::libc::EMFILE);
    /// Too many open files in the system.
    pub const NO_FILES_AT_ALL: Self = Self(nix::libc::ENFILE);
    /// File name too long.
    pub const NAME_TOO_LONG: Self = Self(nix::libc::ENAMETOOLONG);
    /// Connection reset by peer.
    pub const RESET: Self = Self(nix::libc::ECONNRESET);

    /// Whether a local call that failed with this says something of the node and nothing of the watched service
    /// (contract, section 3.6).
    pub const fn is_local(self) -> bool {
        use nix::libc::{
            EACCES, EADDRNOTAVAIL, EAFNOSUPPORT, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM,
        };
        matches!(
            self.0,
            EMFILE | ENFILE | ENOMEM | ENOBUFS | EADDRNOTAVAIL | EACCES | EPERM | EAFNOSUPPORT
        )
    }
}

impl From<nix::errno::Errno> for Errno {
    fn from(errno: nix::errno::Errno) -> Self {
        // The enum's discriminants are the errno values.
        Self(errno as i32)
    }
}

impl From<&std::io::Error> for Errno {
    /// The errno of `error`; `EINVAL` where the library refused the arguments before any call was made.
    fn from(error: &std::io::Error) -> Self {
        Self(error.raw_os_error().unwrap_or(nix::libc::EINVAL))
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
