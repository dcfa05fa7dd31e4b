//! Errno values, and what they say of the node.
//!
//! The numbers are Linux's on x86_64 and IA32; a test holds them against the system's headers.

use core::fmt;

/// An errno value (errno(3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// Connection timed out; also what a deadline of ours is reported as.
    pub const ETIMEDOUT: Self = Self(110);
    /// Connection refused.
    pub const ECONNREFUSED: Self = Self(111);
    /// Operation not permitted.
    pub const EPERM: Self = Self(1);
    /// Permission denied.
    pub const EACCES: Self = Self(13);
    /// Too many open files in this process.
    pub const EMFILE: Self = Self(24);
    /// Too many open files in the system.
    pub const ENFILE: Self = Self(23);
    /// File name too long.
    pub const ENAMETOOLONG: Self = Self(36);
    /// Connection reset by peer.
    pub const ECONNRESET: Self = Self(104);

    /// No memory.
    pub const ENOMEM: Self = Self(12);
    /// No room in the network's buffers.
    pub const ENOBUFS: Self = Self(105);
    /// No such address on this node, or no source port left for it.
    pub const EADDRNOTAVAIL: Self = Self(99);
    /// Address in use.
    pub const EADDRINUSE: Self = Self(98);
    /// The node lacks this address family.
    pub const EAFNOSUPPORT: Self = Self(97);
    /// Try again.
    pub const EAGAIN: Self = Self(11);
    /// Broken pipe.
    pub const EPIPE: Self = Self(32);

    /// Whether a local call that failed with this says something of the node and nothing of the watched service
    /// (docs/reference.md, "Void checks").
    pub const fn is_local(self) -> bool {
        matches!(
            self,
            Self::EMFILE
                | Self::ENFILE
                | Self::ENOMEM
                | Self::ENOBUFS
                | Self::EADDRNOTAVAIL
                | Self::EACCES
                | Self::EPERM
                | Self::EAFNOSUPPORT
        )
    }
}

/// The numbers of getaddrinfo(3) that are not only passed on; the same in glibc and musl.
pub mod eai {
    /// The name does not exist.
    pub const NONAME: i32 = -2;
    /// The lookup failed for good.
    pub const FAIL: i32 = -4;
    /// No memory.
    pub const MEMORY: i32 = -10;
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Errno, eai};
    use nix::libc as c;

    #[test]
    fn the_numbers_are_the_systems() {
        for (ours, systems) in [
            (Errno::ETIMEDOUT, c::ETIMEDOUT),
            (Errno::ECONNREFUSED, c::ECONNREFUSED),
            (Errno::EPERM, c::EPERM),
            (Errno::EACCES, c::EACCES),
            (Errno::EMFILE, c::EMFILE),
            (Errno::ENFILE, c::ENFILE),
            (Errno::ENAMETOOLONG, c::ENAMETOOLONG),
            (Errno::ECONNRESET, c::ECONNRESET),
            (Errno::ENOMEM, c::ENOMEM),
            (Errno::ENOBUFS, c::ENOBUFS),
            (Errno::EADDRNOTAVAIL, c::EADDRNOTAVAIL),
            (Errno::EADDRINUSE, c::EADDRINUSE),
            (Errno::EAFNOSUPPORT, c::EAFNOSUPPORT),
            (Errno::EAGAIN, c::EAGAIN),
            (Errno::EPIPE, c::EPIPE),
            (Errno(eai::NONAME), c::EAI_NONAME),
            (Errno(eai::FAIL), c::EAI_FAIL),
            (Errno(eai::MEMORY), c::EAI_MEMORY),
        ] {
            assert_eq!(ours.0, systems);
        }
    }
}
