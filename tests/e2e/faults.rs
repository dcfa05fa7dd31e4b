//! Errors from the kernel, at every system call that a running monitor makes: strace attaches to the real binary and
//! has one call fail. Never a crash, never a hang past the bound, never event 6 for a healthy service, and always the
//! event that the contract has for the error.
//!
//! The first occurrence of the calls of a check by default, and the start of a look-up; `CLP_ISA_FAULTS=all` tries all calls, first and later, and
//! every signal, and prints the table.

mod cell;
pub(crate) mod signals;
mod tracer;
mod wanted;

use crate::support::programs::can_trace;
use crate::support::{is_root, report, skip};
use cell::{Cell, Scene};
use std::collections::BTreeMap;
use std::sync::Mutex;

const ERRORS: [&str; 8] = [
    "EINTR",
    "EAGAIN",
    "ENOMEM",
    "EMFILE",
    "EADDRNOTAVAIL",
    "EAFNOSUPPORT",
    "ECONNRESET",
    "EIO",
];
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
            "getsockname",
            "sendto",
            "recvfrom",
            "close",
        ],
        &[1, 3],
    ),
    (Scene::Hosts, &["openat", "statx", "read"], &[1, 3]),
    (
        Scene::Lookup,
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

/// Scene, call, error, which occurrences of it fail: cells that no row above has.
const MORE: &[(Scene, &str, &str, [u8; 2])] = &[
    // No process left; the null device and the binary gone, which the child's side tells as this call would.
    (Scene::Lookup, "clone3", "EAGAIN", [1, 1]),
    (Scene::Lookup, "clone3", "ENOENT", [1, 1]),
    // The hosts file, then the null device.
    (Scene::Lookup, "openat", "ENOENT", [1, 1]),
    (Scene::Lookup, "openat", "ENOENT", [2, 2]),
    // No source port, whichever is tried.
    (Scene::Check, "connect", "EADDRNOTAVAIL", [1, 9]),
];

fn cells(is_all: bool) -> Vec<Cell> {
    let more = MORE
        .iter()
        .map(|&(scene, call, error, [occurrence, last])| Cell {
            scene,
            call,
            error,
            occurrence,
            last,
        });
    let mut cells: Vec<Cell> = more.collect();
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
                        last: occurrence,
                    });
                }
            }
        }
    }
    cells
}

fn is_all() -> bool {
    std::env::var("CLP_ISA_FAULTS").is_ok_and(|value| value == "all")
}

/// What comes of each, in order; some run at once.
fn at_once<T: Ord + Copy + Send, U: Send>(rows: Vec<T>, run: fn(T) -> U) -> BTreeMap<T, U> {
    let waiting = Mutex::new(rows);
    let outcomes = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(row) = waiting.lock().unwrap().pop() else {
                        return;
                    };
                    let outcome = run(row);
                    outcomes.lock().unwrap().insert(row, outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap()
}

/// Those that mean nothing are tried in `life`, too.
#[test]
fn every_signal_may_come() {
    if !is_all() {
        return;
    }
    let mut wrong = Vec::new();
    for (number, fate) in at_once((1..=signals::LAST).collect(), signals::run) {
        report(&format!("signal {number:2}: {fate}\n"));
        if !signals::accepts(number, fate) {
            wrong.push((number, fate));
        }
    }
    assert!(wrong.is_empty(), "not what the contract says: {wrong:?}");
}

#[test]
fn every_call_may_fail() {
    if !can_trace() {
        return skip("strace does not work here");
    }
    if !is_root() {
        return skip("attaching strace to a running process needs root");
    }
    let is_all = is_all();
    let outcomes = at_once(cells(is_all), Cell::run);
    let mut wrong = Vec::new();
    for (cell, outcome) in outcomes {
        if is_all {
            report(&format!("{cell} {outcome}\n"));
        }
        if !cell.accepts(&outcome) {
            wrong.push(format!("{cell} {outcome}"));
        }
    }
    assert!(wrong.is_empty(), "not what the contract says: {wrong:#?}");
}
