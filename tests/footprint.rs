//! What a monitor takes of its node, held to ceilings: memory, descriptors, system calls, wake-ups, space on disk.
//!
//! Under test is the release binary: the one that `CLP_ISA_TEST_BINARY` names, which must be a static one such as the
//! packages carry; else the one in cargo's target directory, if it is not older than the sources. Memory and space on disk
//! have ceilings of their own for a binary that is not static: it brings a C library along. Everything else is the same
//! for both. That a monitor at work uses no heap is shown in `zero_alloc.rs`.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test waits, reads clocks and stops at the first surprise"
)]

#[path = "footprint/binary.rs"]
mod binary;
#[path = "footprint/calls.rs"]
mod calls;
#[path = "footprint/figures.rs"]
mod figures;
#[path = "footprint/node.rs"]
mod node;
#[expect(
    dead_code,
    reason = "shared with the end-to-end tests; not all of it is used here"
)]
#[path = "e2e/support/mod.rs"]
mod support;
#[path = "footprint/watched.rs"]
mod watched;

use binary::Binary;
use figures::{descriptors, mapped, share};
use node::{open_sinks, zones};
use std::fs;
use support::programs::can_trace;
use support::{Monitor, Root, report, skip, wait_for};
use watched::{Watched, services};

/// KiB on disk.
const FILE: u64 = 400;
/// KiB resident at most (`VmHWM`), static and not: after a thousand checks of a name, with every sink taking alerts. How
/// much of a dynamic C library the kernel maps differs by hundreds of KiB from run to run.
const RESIDENT: [u64; 2] = [368, 4096];
/// KiB of each of a hundred monitors, what they share counted in parts (`Pss`).
const SHARE: [u64; 2] = [96, 256];
/// KiB of stack that were ever touched, arguments and environment included.
const STACK: u64 = 40;
/// Standard input, output and error; the lock, the control socket, and the directories of these two; epoll, signalfd; the
/// syslog socket, the alert log, the failure log.
const DESCRIPTORS: usize = 12;

const CHECKS: usize = 1000;
const CROWD: usize = 100;

#[test]
fn the_file_is_small_and_needs_nothing_beside_it() {
    let Some(binary) = Binary::find() else { return };
    let size = fs::metadata(&binary.path).unwrap().len();
    report(&format!(
        "{}: {size} bytes, {}\n",
        binary.path.display(),
        binary.kind()
    ));
    if binary.is_static {
        assert!(size <= FILE * 1024, "{size} bytes");
    }
}

/// Each `--resume` begins a check at once, and with the `--pause` before it raises an event in every sink.
#[test]
fn memory_and_descriptors_after_a_thousand_checks() {
    let Some(binary) = Binary::find() else { return };
    for zone in zones() {
        std::thread::scope(|scope| {
            for watched in services() {
                let (binary, zone) = (&binary, &zone);
                scope.spawn(move || watch_a_thousand_checks(&watched, binary, zone));
            }
        });
    }
}

fn watch_a_thousand_checks(
    watched: &Watched,
    binary: &Binary,
    (zone, prefix): &(&str, Vec<String>),
) {
    let prefix: Vec<&str> = prefix.iter().map(String::as_str).collect();
    let root = Root::new();
    open_sinks(&root);
    let monitor = watched.spawn(binary, &root, &prefix, ["much", "localhost", "10000"]);
    watched.server.wait_for_end();
    for _ in 1..CHECKS {
        watched.ask(binary, &root, "much", "--pause");
        watched.ask(binary, &root, "much", "--resume");
        watched.server.wait_for_end();
    }
    monitor.wait_until_asleep();
    let resident = monitor.status_figure("VmHWM");
    let stack = mapped(&monitor, "[stack]", "Rss:");
    // Its own end of the last connection closes a little after the server has seen the end.
    let open = wait_for("all to be closed", || {
        let open = descriptors(&monitor);
        (open <= DESCRIPTORS).then_some(open)
    });
    let alerts = root.alerts().len();
    report(&format!(
        "{}, {zone}: after {CHECKS} checks and {alerts} alerts: VmHWM {resident} KiB, stack {stack} KiB, \
         {open} descriptors\n",
        watched.protocol
    ));
    // Events 1 and 2, then 7 and 8 for each further check.
    assert_eq!(alerts, 2 * CHECKS);
    assert!(resident <= binary.ceiling(RESIDENT), "VmHWM {resident} KiB");
    assert!(stack <= STACK, "{stack} KiB of stack");
    assert!(open <= DESCRIPTORS, "{open} descriptors");
}

#[test]
fn a_hundred_monitors_share_what_they_can() {
    let Some(binary) = Binary::find() else { return };
    for zone in zones() {
        share_what_they_can(&binary, &zone);
    }
}

fn share_what_they_can(binary: &Binary, (zone, prefix): &(&str, Vec<String>)) {
    let prefix: Vec<&str> = prefix.iter().map(String::as_str).collect();
    let (services, root) = (services(), Root::new());
    let monitors: Vec<Monitor> = (0..CROWD)
        .map(|number| {
            let identifier = format!("m{number}");
            services[number % 2].spawn(binary, &root, &prefix, [&identifier, "localhost", "10000"])
        })
        .collect();
    for watched in &services {
        for _ in 0..CROWD / 2 {
            watched.server.wait_for_end();
        }
    }
    monitors.iter().for_each(Monitor::wait_until_asleep);
    let mut shares: Vec<u64> = monitors
        .iter()
        .map(|monitor| share(monitor, "Pss:"))
        .collect();
    shares.sort_unstable();
    report(&format!(
        "{CROWD} monitors, {zone}, Pss of each in KiB: {} to {}, {} in sum\n",
        shares[0],
        shares[CROWD - 1],
        shares.iter().sum::<u64>()
    ));
    assert!(shares[CROWD - 1] <= binary.ceiling(SHARE), "{shares:?}");
}

/// Most of a check's waits do not last: what it waits for is there already, or the check's last one is the sleep.
#[test]
fn wake_ups() {
    let Some(binary) = Binary::find() else { return };
    for (watched, expected) in services().iter().zip(&calls::EXPECTED) {
        let root = Root::new();
        let monitor = watched.spawn(&binary, &root, &[], ["wake", "127.0.0.1", "1"]);
        let woken = || {
            watched.server.wait_for_end();
            monitor.wait_until_asleep();
            monitor.status_figure("voluntary_ctxt_switches")
        };
        let counts = [woken(), woken(), woken()];
        let waits = expected.of("epoll_wait");
        report(&format!(
            "{}: voluntary context switches {counts:?}, {waits} waits a check\n",
            watched.protocol
        ));
        assert!(counts[2] - counts[0] <= 2 * waits);
    }
}

/// The calls of a check, by name: a new one, or one more, needs a reason.
#[test]
fn system_calls_of_a_healthy_check() {
    let Some(binary) = Binary::find() else { return };
    if !can_trace() {
        return skip("strace does not work here");
    }
    std::thread::scope(|scope| {
        for expected in &calls::EXPECTED {
            let binary = &binary;
            scope.spawn(move || {
                let [http, smtp] = services();
                let watched = if expected.protocol == "httpmon" {
                    http
                } else {
                    smtp
                };
                let root = Root::new();
                let trace = root.join("trace");
                // The tracer is the child's child: the monitor keeps its parent, and ends with the test in any case.
                let prefix = ["strace", "-D", "-o", trace.to_str().unwrap()];
                let arguments = ["calls", expected.host, "1"];
                let mut monitor = watched.spawn(binary, &root, &prefix, arguments);
                for _ in 0..4 {
                    watched.server.wait_for_end();
                }
                watched.ask(binary, &root, "calls", "--stop");
                assert_eq!(monitor.code(), 0);
                let trace = wait_for("the trace's end", || {
                    let text = fs::read_to_string(&trace).ok()?;
                    text.contains("+++ exited with 0 +++").then_some(text)
                });
                expected.judge(&trace);
            });
        }
    });
}
