//! Errors from the kernel, at every system call that a running monitor makes: strace attaches to the real binary and
//! has one call fail. Never a crash, never a hang past the bound, never event 6 for a healthy service, and always the
//! event that the contract has for the error.
//!
//! The first occurrence of the calls of a check by default; `CLP_ISA_FAULTS=all` tries all calls, first and later, and
//! prints the table.

mod cell;

use crate::support::{is_root, skip};
use cell::{Cell, Scene};
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Mutex;

const ERRORS: [&str; 6] = ["EINTR", "EAGAIN", "ENOMEM", "EMFILE", "ECONNRESET", "EIO"];
/// Traced monitors at once: they wait more than they compute.
const AT_ONCE: usize = 12;

/// Scene, the calls it makes, and which occurrences fail.
const CALLS: &[(Scene, &[&str], &[u8])] = &[
    (
        Scene::Check,
        &[
            "socket",
            "connect",
            "epoll_ctl",
            "epoll_wait",
            "getsockopt",
            "getpeername",
            "sendto",
            "recvfrom",
            "close",
        ],
        &[1, 3],
    ),
    (Scene::Hosts, &["openat", "statx", "read"], &[1, 3]),
    (
        Scene::LookUp,
        &["pipe2", "clone3", "ioctl", "read", "wait4", "epoll_ctl"],
        &[1, 3],
    ),
    (
        Scene::Client,
        &[
            "accept4",
            "getsockopt",
            "recvfrom",
            "sendto",
            "epoll_ctl",
            "close",
        ],
        &[1, 2],
    ),
    (
        Scene::Sinks,
        &["sendto", "newfstatat", "pread64", "write"],
        &[1, 3],
    ),
    (
        Scene::Stop,
        &["read", "newfstatat", "unlinkat", "close"],
        &[1, 2],
    ),
    // Each made once.
    (Scene::Stop, &["sendto", "pread64", "write"], &[1]),
];

fn cells(is_all: bool) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (scene, calls, occurrences) in CALLS {
        if !is_all && *scene != Scene::Check {
            continue;
        }
        for call in *calls {
            for &occurrence in if is_all { *occurrences } else { &[1] } {
                for error in ERRORS {
                    cells.push(Cell {
                        scene: *scene,
                        call,
                        error,
                        occurrence,
                    });
                }
            }
        }
    }
    cells
}

#[test]
fn every_call_may_fail() {
    if !Command::new("strace")
        .arg("-V")
        .output()
        .is_ok_and(|ran| ran.status.success())
    {
        return skip("strace is not installed");
    }
    if !is_root() {
        return skip("attaching strace to a running process needs root");
    }
    let is_all = std::env::var("CLP_ISA_FAULTS").is_ok_and(|value| value == "all");
    let waiting = Mutex::new(cells(is_all));
    let outcomes = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(cell) = waiting.lock().unwrap().pop() else {
                        return;
                    };
                    let outcome = cell.run();
                    outcomes.lock().unwrap().insert(cell, outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    let mut wrong = Vec::new();
    for (cell, outcome) in &outcomes {
        if is_all {
            say(&format!("{cell} {outcome}"));
        }
        if !cell.accepts(outcome) {
            wrong.push(format!("{cell} {outcome}"));
        }
    }
    assert!(wrong.is_empty(), "not what the contract says: {wrong:#?}");
}

/// Past the captured output.
fn say(line: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes());
}
