//! What a monitor watches and how often: the valid form of a start command line.
//!
//! Owns the types; `cli` makes them. No invalid value can be built from outside this crate's parser.

pub use crate::protocol::{HttpVersion, Request};

use crate::identifier::Identifier;
use crate::limits::{ADDRESSES_MAX, SERVER_MAX};
use crate::protocol::Protocol;
use arrayvec::{ArrayString, ArrayVec};
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;

/// A server name or address, as given with `-s` (brackets of an IPv6 address removed).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// An IPv4 literal.
    V4(Ipv4Addr),
    /// An IPv6 literal, with the zone (interface name or index) that followed a `%`.
    V6(Ipv6Addr, Option<ArrayString<16>>),
    /// A name to be looked up.
    Name(ArrayString<SERVER_MAX>),
}

impl fmt::Display for Host {
    /// As it stands in a `Host` header field: IPv6 in brackets, without its zone (RFC 3986, 3.2.2; RFC 6874, 1).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(address, _) => write!(f, "[{address}]"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// The addresses of one host with the port, in the order to try them, without repetitions.
pub type Addresses = ArrayVec<SocketAddr, ADDRESSES_MAX>;

/// When to check, how often to retry, how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From one check's start to the next (`-i`); the command line gives whole seconds, 1 to 10000.
    pub interval: Duration,
    /// Retries after a failed check (`-c`), 1 to 10000.
    pub retries: u16,
    /// What one check may take in all (`-r`); the command line gives whole seconds, 1 to 10000.
    pub timeout: Duration,
}

/// A monitor's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The monitor's identifier.
    pub identifier: Identifier,
    /// Server to watch.
    pub host: Host,
    /// Port to connect to, 1 to 65535.
    pub port: u16,
    /// When and how often.
    pub timing: Timing,
    /// What to ask.
    pub request: Request,
}

impl Config {
    /// The command this configuration belongs to.
    pub const fn protocol(&self) -> Protocol {
        self.request.protocol()
    }
}
