//! Which address families the node has.
//!
//! Owns the calls that tell; what follows from it is the check's business.

use super::connection::{Failed, create};
use crate::sys::error::HasErrno;
use clp_isa_core::check::Missing;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddrV6};
use nix::errno::Errno;
use nix::sys::socket::{SockaddrIn6, bind};
use std::os::fd::{AsRawFd, OwnedFd};

/// What the node lacks now. A shortage of something else is no lack.
pub(super) fn missing() -> Missing {
    let loopback = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 0, 0, 0);
    let (v4, v6) = (
        create((Ipv4Addr::LOCALHOST, 0).into()),
        create(loopback.into()),
    );
    let is_lacking = |made: &Result<OwnedFd, Failed>| matches!(made, Err((_, errno)) if *errno == Errno::EAFNOSUPPORT.errno());
    Missing {
        v4: is_lacking(&v4),
        v6: is_lacking(&v6),
        v6_loopback: v6.is_ok_and(|socket| {
            bind(socket.as_raw_fd(), &SockaddrIn6::from(loopback)) == Err(Errno::EADDRNOTAVAIL)
        }),
    }
}
