//! How `--stop`, `--pause`, `--resume` and the question how it fares reach a running monitor: one line each way over a
//! unix socket, `/var/run/clp_isa/ctl/<name>` (docs/reference.md, "Control commands").
//!
//! Owns the protocol ([`command`], pure), the monitor's end of it ([`server`], driven from the monitor's loop; [`place`],
//! what it has in the file system) and the client's ([`client`]; [`survey`] asks all of them at once). What a command
//! does to a monitor is decided elsewhere. Nobody is ever signalled.

pub mod client;
pub mod error;
pub mod place;
pub mod server;
pub mod survey;
#[cfg(test)]
mod tests;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, UnixAddr, connect as nix_connect, getsockopt, socket,
    sockopt,
};
use nix::unistd::geteuid;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Whether the process at the other end of `stream` runs as our user or as root (`SO_PEERCRED`, unix(7)).
/// If the kernel does not say, it does not count as such.
pub(crate) fn is_trusted(stream: &impl AsFd) -> bool {
    getsockopt(stream, sockopt::PeerCredentials)
        .is_ok_and(|peer| peer.uid() == 0 || peer.uid() == geteuid().as_raw())
}

/// A non-blocking connection to the socket at `path`; `EAGAIN` if the listener's backlog is full.
fn connect(path: &Path) -> Result<UnixStream, Errno> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    nix_connect(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(UnixStream::from(socket))
}
