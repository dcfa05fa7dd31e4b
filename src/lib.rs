//! Internet Server Agent: watches a web or mail daemon on a high-availability cluster node and ends itself when the
//! daemon has failed, so that the cluster fails the service over.
//!
//! # The map
//!
//! What decides is the package `clp_isa_core`, which cannot name a file, a socket or a clock. Here is what touches the
//! system:
//!
//! ```text
//! argv ─► clp_isa_core::cli ─► commands (a file each) ─► exit (every error to its code)
//!                                 │
//!                               driver ── the loop: owns the poll, sockets, signals, children of a monitor; carries
//!                                 │       what happens to the core's monitor and check, and what they want to the system
//!                                 ▼
//!                               alert: Event ─► syslog · alert log · clplogcmd, and the failure log beside them
//! ```
//!
//! `registry` (locks and records), `control` (the control socket, client and server), `license`, `resolve` and `alert`
//! know nothing of each other but what `tests/layering.rs` says. `view` shows what monitors tell to people and their
//! tools; `describe` has the words. `sys` is below all: the care for each kind of system call, in one place.
#![forbid(unsafe_code)]
// One form of modules: `x.rs` beside `x/`, its tests in `x/tests.rs`.
#![deny(clippy::mod_module_files)]

mod alert;
mod commands;
mod console;
mod control;
mod describe;
mod driver;
mod exit;
mod license;
mod paths;
mod registry;
mod resolve;
mod sys;
mod view;

pub use commands::start::{Ended, watch};
pub use exit::Code;
pub use paths::Paths;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

/// Runs the command that the process' name and arguments ask for, to its end.
pub fn main() -> ExitCode {
    driver::block_file_size_signal();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let bytes: Vec<&[u8]> = arguments
        .iter()
        .map(|argument| argument.as_bytes())
        .collect();
    commands::run(&bytes, &Paths::new(std::env::var_os("CLP_ISA_ROOT")))
}
