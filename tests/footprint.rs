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
#[expect(
    dead_code,
    reason = "shared with the end-to-end tests; not all of it is used here"
)]
#[path = "e2e/support/mod.rs"]
mod support;

use binary::Binary;
use nix::sys::socket::{MsgFlags, send};
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use support::server::{Conversation, Server};
use support::{Monitor, Root, skip, wait_for};

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

/// Zones of a node: without summer time, and with it.
const ZONES: [&str; 3] = ["UTC", "Europe/Berlin", "America/New_York"];

const CHECKS: usize = 1000;
const CROWD: usize = 100;

/// A watched service and the module that watches it.
struct Watched {
    protocol: &'static str,
    server: Server,
}

fn services() -> [Watched; 2] {
    [
        Watched {
            protocol: "httpmon",
            server: Server::start_on(outside_the_range(), answer),
        },
        Watched {
            protocol: "smtpmon",
            server: Server::start_on(outside_the_range(), greet),
        },
    ]
}

/// A listener on a port that connect(2) does not give out, as services have.
fn outside_the_range() -> TcpListener {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
    let first: u16 = range.split_whitespace().next().unwrap().parse().unwrap();
    let mut ports = (1024..first).rev();
    ports
        .find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok())
        .expect("a port below the range")
}

fn answer(conversation: &mut Conversation) {
    conversation.read_request();
    leave(
        conversation,
        b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\n",
    );
}

fn greet(conversation: &mut Conversation) {
    conversation.send(b"220 hello\r\n");
    hear(conversation);
    conversation.send(b"250 ok\r\n");
    hear(conversation);
    leave(conversation, b"221 bye\r\n");
}

fn hear(conversation: &mut Conversation) {
    let mut byte = [0];
    while byte != [b'\n'] && matches!(conversation.stream.read(&mut byte), Ok(1)) {}
}

/// Sends what then goes out together with the connection's end: so every check sees both at once.
fn leave(conversation: &mut Conversation, last: &[u8]) {
    let _ = send(
        conversation.stream.as_raw_fd(),
        last,
        MsgFlags::from_bits_retain(nix::libc::MSG_MORE),
    );
}

/// Past the test's captured output: figures to be read.
fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

impl Watched {
    /// The command that watches this service as `identifier` every `interval` seconds, after `prefix`.
    fn command(
        &self,
        binary: &Binary,
        root: &Root,
        prefix: &[&str],
        arguments: [&str; 3],
    ) -> Command {
        let [identifier, host, interval] = arguments;
        let path = binary.path.to_str().unwrap();
        let words: Vec<&str> = prefix
            .iter()
            .copied()
            .chain([path, self.protocol, identifier])
            .collect();
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .args(["-s", host, "-n", &self.server.port(), "-i", interval])
            .env_clear()
            .env("CLP_ISA_ROOT", root.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    fn spawn(
        &self,
        binary: &Binary,
        root: &Root,
        prefix: &[&str],
        arguments: [&str; 3],
    ) -> Monitor {
        start(self.command(binary, root, prefix, arguments))
    }

    fn ask(&self, binary: &Binary, root: &Root, identifier: &str, verb: &str) {
        let status = Command::new(&binary.path)
            .args([self.protocol, identifier, verb])
            .env_clear()
            .env("CLP_ISA_ROOT", root.path())
            .status();
        assert!(status.unwrap().success(), "{verb}");
    }
}

fn start(mut command: Command) -> Monitor {
    let started = Instant::now();
    let child = command.spawn().unwrap();
    Monitor { child, started }
}

/// Waits until the monitor sleeps. It has one thread, and the one place where it sleeps is its loop's wait.
fn settle(monitor: &Monitor) {
    wait_for("sleep", || {
        let status = fs::read_to_string(format!("/proc/{}/status", monitor.pid())).unwrap();
        status.contains("State:\tS").then_some(())
    });
}

/// KiB that `field` has in the mapping `name` of the monitor's memory map.
fn mapped(monitor: &Monitor, name: &str, field: &str) -> u64 {
    let maps = fs::read_to_string(format!("/proc/{}/smaps", monitor.pid())).unwrap();
    let mut lines = maps.lines().skip_while(|line| !line.ends_with(name));
    figure(lines.find(|line| line.starts_with(field)).expect(name))
}

/// KiB that `field` has in the whole of the monitor's memory map.
fn share(monitor: &Monitor, field: &str) -> u64 {
    let maps = fs::read_to_string(format!("/proc/{}/smaps_rollup", monitor.pid())).unwrap();
    figure(maps.lines().find(|line| line.starts_with(field)).unwrap())
}

/// How many descriptors the monitor has open, without those that it inherited from this process.
fn descriptors(monitor: &Monitor) -> usize {
    let entries = fs::read_dir(format!("/proc/{}/fd", monitor.pid())).unwrap();
    let is_own = |path: &PathBuf| {
        let number = path.file_name().unwrap();
        let mine = fs::read_link(Path::new("/proc/self/fd").join(number));
        let is_standard = ["0", "1", "2"].contains(&number.to_str().unwrap());
        is_standard || !mine.is_ok_and(|mine| fs::read_link(path).unwrap() == mine)
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(is_own).count()
}

fn figure(line: &str) -> u64 {
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The zones in which this machine can run a command, each with what runs it there: as a node does it, by the file
/// `/etc/localtime`, in a mount namespace. Without that, the machine's own zone.
fn zones() -> Vec<(&'static str, Vec<String>)> {
    let zone = |name| {
        let put = format!("mount --bind /usr/share/zoneinfo/{name} /etc/localtime && exec \"$@\"");
        let prefix = ["unshare", "--mount", "sh", "-c", &put, "sh"];
        (name, prefix.map(String::from).to_vec())
    };
    let zones = ZONES.map(zone).to_vec();
    let works = zones.iter().all(|(_, prefix)| {
        let trial = Command::new(&prefix[0])
            .args(&prefix[1..])
            .arg("true")
            .output();
        trial.is_ok_and(|trial| trial.status.success())
    });
    if works {
        return zones;
    }
    skip("no root, or no zone database: in this machine's zone only");
    vec![("this machine's zone", Vec::new())]
}

/// Every sink, taking what it is given: a syslog daemon and the cluster's command. The logs are always there.
fn open_sinks(root: &Root) {
    let folder = root.join("dev");
    fs::create_dir_all(&folder).unwrap();
    let daemon = UnixDatagram::bind(folder.join("log")).unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while daemon.recv(&mut buffer).is_ok() {}
    });
    let command = root.join("usr/sbin/clplogcmd");
    fs::create_dir_all(command.parent().unwrap()).unwrap();
    fs::write(&command, "#!/bin/sh\nexit 0\n").unwrap();
    fs::set_permissions(&command, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_file_is_small_and_needs_nothing_beside_it() {
    let Some(binary) = Binary::find() else { return };
    let size = fs::metadata(&binary.path).unwrap().len();
    say(&format!(
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
    settle(&monitor);
    let resident = monitor.status_figure("VmHWM");
    let stack = mapped(&monitor, "[stack]", "Rss:");
    // Its own end of the last connection closes a little after the server has seen the end.
    let open = wait_for("all to be closed", || {
        let open = descriptors(&monitor);
        (open <= DESCRIPTORS).then_some(open)
    });
    let alerts = root.alerts().len();
    say(&format!(
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
    monitors.iter().for_each(settle);
    let mut shares: Vec<u64> = monitors
        .iter()
        .map(|monitor| share(monitor, "Pss:"))
        .collect();
    shares.sort_unstable();
    say(&format!(
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
            settle(&monitor);
            monitor.status_figure("voluntary_ctxt_switches")
        };
        let counts = [woken(), woken(), woken()];
        let waits = expected.of("epoll_wait");
        say(&format!(
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
    if !calls::can_trace() {
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
                let mut monitor = start(watched.command(binary, &root, &prefix, arguments));
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
