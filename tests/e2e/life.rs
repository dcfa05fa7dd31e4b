//! A monitor's life: claiming, verbs, signals, consoles, what lies on disk, and who may command.

mod claim;
mod clean_up;
mod clients;
mod hostile;
mod node;
mod place;
mod prefix;
mod verbs;

use super::support::run::{Entry, Ran, finish};
use super::support::server::{RefusingPort, Server};
use super::support::{Monitor, Root, is_root, rows, skip, wait_for};
use clp_isa_core::limits::{CONTROL_CLIENTS, CONTROL_TIME};
use nix::sys::signal::Signal;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// What a machine busy with all the other tests may add to a time that the contract bounds.
const SLACK: Duration = Duration::from_secs(4);

const VERBS: [&str; 5] = ["--disp", "--del", "--stop", "--pause", "--resume"];

/// A server that accepts and never says a word: one check hangs for as long as TIMEOUT lets it.
fn mute() -> Server {
    Server::start(|conversation| {
        conversation.read_to_end();
    })
}

/// The arguments of a monitor whose first check hangs for hours.
fn hanging<'a>(identifier: &'a str, port: &'a str) -> Vec<&'a str> {
    vec![
        identifier,
        "-s",
        "127.0.0.1",
        "-n",
        port,
        "-r",
        "10000",
        "-i",
        "10000",
    ]
}

/// Waits until the alerts are these. A monitor answers a command before it has written the event.
#[track_caller]
fn wait_for_ids(root: &Root, expected: &[u8]) {
    wait_for(&format!("alerts {expected:?}"), || {
        let ids = root.ids();
        assert!(
            expected.starts_with(&ids),
            "{ids:?} instead of {expected:?}"
        );
        (ids == expected).then_some(())
    });
}

fn silent(code: i32) -> Ran {
    Ran {
        code,
        stdout: String::new(),
        stderr: String::new(),
    }
}

fn said(code: i32, stderr: &str) -> Ran {
    Ran {
        stderr: format!("clp_httpmon: {stderr}\n"),
        ..silent(code)
    }
}

/// Record and socket are gone.
fn assert_nothing_left(root: &Root, identifier: &str) {
    assert!(!root.record(identifier).exists());
    assert_eq!(root.sockets(), Vec::<String>::new());
}
