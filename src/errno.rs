//! Errno values, and what they say of the node.

use core::fmt;

/// An errno value (errno(3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// Connection timed out; also what a deadline of ours is reported as.
    pub const ETIMEDOUT: Self = Self(nix::libc::ETIMEDOUT);
    /// Connection refused.
    pub const ECONNREFUSED: Self = Self(nix::libc::ECONNREFUSED);
    /// Operation not permitted.
    pub const EPERM: Self = Self(nix::libc::EPERM);
    /// Permission denied.
    pub const EACCES: Self = Self(nix::libc::EACCES);
    /// Too many open files in this process.
    pub const EMFILE: Self = Self(nix::libc::EMFILE);
    /// Too many open files in the system.
    pub const ENFILE: Self = Self(nix::libc::ENFILE);
    /// File name too long.
    pub const ENAMETOOLONG: Self = Self(nix::libc::ENAMETOOLONG);
    /// Connection reset by peer.
    pub const ECONNRESET: Self = Self(nix::libc::ECONNRESET);

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
