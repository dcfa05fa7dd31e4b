//! What the Internet Server Agent decides, without the standard library, without heap, without a system call.
//!
//! ```text
//! argv ─► cli ─► config ─► monitor (when to check, how often to retry, when it has failed)
//!                            │ ▲
//!                     Action │ │ Outcome
//!                            ▼ │
//!                          check (one check: lookup, addresses in turn, one deadline over all)
//!                            │ ▲
//!                     Action │ │ bytes, errors, time ─► probe (the dialogue: bytes in, bytes out, a verdict)
//!                            ▼ │
//!                       whoever makes the system calls: the driver, the simulation, a fuzz target
//! ```
//!
//! Four verbs everywhere: what happens goes in through `handle_*(.., now)`, what is wanted comes out of
//! `poll_action()`, the next deadline out of `poll_timeout()`; the rest are getters. Time is an argument.
//!
//! `wire` holds every text format that leaves the process or comes into it, the writer beside the reader. `license` says
//! what a key is worth and `cli` what a command line means. `limits` has every bound.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
// One form of modules: `x.rs` beside `x/`, its tests in `x/tests.rs`.
#![deny(clippy::mod_module_files)]

pub mod check;
pub mod cli;
pub mod config;
pub mod date;
pub mod errno;
pub mod event;
pub mod identifier;
pub mod license;
pub mod limits;
mod listed;
pub mod monitor;
pub mod paths;
pub mod probe;
pub mod protocol;
pub mod sink;
pub mod text;
pub mod time;
pub mod time_zone;
pub mod wire;
