//! End-to-end tests: the real binary, in a private root, against scripted and real servers.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test waits, reads clocks and stops at the first surprise"
)]

mod agents;
mod blind;
mod families;
mod faults;
mod freeze;
mod http_servers;
mod idle;
mod licenses;
mod life;
mod memory;
mod names;
mod network;
mod options;
mod ports;
mod sinks;
mod smtp_events;
mod smtp_failures;
mod smtp_floods;
mod smtp_servers;
mod smtp_verdicts;
mod support;
mod templates;
mod timing;
mod verdicts;
mod views;
