//! How `--stop`, `--pause`, `--resume` and the question how it fares reach a running monitor: one line each way over a
//! unix socket, `/var/run/clp_isa/ctl/<name>` (docs/reference.md, "Control commands").
//!
//! Owns the monitor's end ([`server`], driven from the monitor's loop; [`place`], what it has in the file system) and the
//! client's ([`client`]; [`survey`] asks all monitors at once; [`question`] is what both ask with). The form of the lines is
//! `clp_isa_core::wire::control`'s. What a command does to a monitor is decided elsewhere. Nobody is ever signalled.

pub mod client;
pub mod error;
pub mod place;
mod question;
pub mod server;
pub mod survey;
#[cfg(test)]
mod tests;

use nix::sys::socket::{getsockopt, sockopt};
use nix::unistd::geteuid;
use std::os::fd::AsFd;

/// Whether the process at the other end of `stream` runs as our user or as root (`SO_PEERCRED`, unix(7)).
/// If the kernel does not say, it does not count as such.
fn is_trusted(stream: &impl AsFd) -> bool {
    getsockopt(stream, sockopt::PeerCredentials)
        .is_ok_and(|peer| peer.uid() == 0 || peer.uid() == geteuid().as_raw())
}
