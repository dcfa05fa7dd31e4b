//! What is the node's fault and not the service's: a process that was not run, and descriptors that are all taken.

use super::support::server::{RefusingPort, Server};
use super::support::{Monitor, Root, skip, wait_for};
use clp_isa_core::limits::{LATE, LATE_EXCUSES};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// TIMEOUT of the monitors that are frozen: time enough on a busy machine to stop one within its check.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A healthy server that answers when it is allowed to, and counts the connections it was asked on.
struct Gated {
    server: Server,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Gated {
    fn new() -> Self {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let held = Arc::clone(&gate);
        let server = Server::start(move |conversation| {
            conversation.read_request();
            let (is_open, changed) = &*held;
            drop(
                changed
                    .wait_while(is_open.lock().unwrap(), |is_open| !*is_open)
                    .unwrap(),
            );
            conversation.send(b"HTTP/1.1 200 OK\r\n\r\n");
            conversation.read_to_end();
        });
        Self { server, gate }
    }

    fn open(&self) {
        *self.gate.0.lock().unwrap() = true;
        self.gate.1.notify_all();
    }
}

fn start(root: &Root, port: &str, retries: &str) -> Monitor {
    root.start(&[
        "web",
        "-s",
        "127.0.0.1",
        "-n",
        port,
        "-i",
        "1",
        "-r",
        "2",
        "-c",
        retries,
    ])
}

/// Longer than a check that has begun has to its deadline, and what is late for it.
const FROZEN: Duration = TIMEOUT
    .saturating_add(LATE)
    .saturating_add(Duration::from_millis(100));

#[test]
fn a_check_frozen_past_its_deadline_is_void_and_repeated_at_once() {
    let (root, gated) = (Root::new(), Gated::new());
    let port = gated.server.port();
    let options = ["-s", "127.0.0.1", "-n", &port, "-r", "2", "-i", "10000"];
    let mut monitor = root.start(&[&["web"][..], &options].concat());
    gated.server.wait_for_requests(1);
    monitor.freeze(FROZEN);
    // The next point of the grid is hours away.
    gated.server.wait_for_requests(2);
    gated.open();
    // Both connections; how the second check ended is on record before a later command is heard.
    gated.server.wait_for_end();
    gated.server.wait_for_end();
    assert_eq!(root.run(&["web", "--stop"]).code, 0);
    assert_eq!(monitor.code(), 0);
    assert_eq!(root.ids(), [1, 2, 3]);
    let lines = told(&root);
    assert_eq!(lines.len(), 1, "{lines:?}");
    for word in [
        "check void (this process was not run",
        "1 in a row",
        "; repeated at once",
    ] {
        assert!(lines[0].contains(word), "{word}: {lines:?}");
    }
}

#[test]
fn an_answer_that_came_while_frozen_is_a_healthy_one() {
    let (root, gated) = (Root::new(), Gated::new());
    let mut monitor = start(&root, &gated.server.port(), "1");
    gated.server.wait_for_requests(1);
    monitor.signal(nix::sys::signal::Signal::SIGSTOP);
    monitor.wait_until_stopped();
    gated.open();
    monitor.freeze(FROZEN);
    gated.server.wait_for_requests(3);
    assert!(monitor.is_running());
    assert_eq!((root.ids(), told(&root)), (vec![1, 2], vec![]));
}

#[test]
fn a_freeze_between_two_checks_is_no_failure_and_its_checks_are_not_made_up() {
    let (root, gated) = (Root::new(), Gated::new());
    gated.open();
    let mut monitor = start(&root, &gated.server.port(), "1");
    gated.server.wait_for_requests(1);
    gated.server.wait_for_end();
    monitor.freeze(Duration::from_millis(3500));
    let thawed = Instant::now();
    let before = gated.server.requests().len();
    // One is overdue, the next may be due at once, the third a second later.
    gated.server.wait_for_requests(before + 3);
    assert!(thawed.elapsed() >= Duration::from_secs(1));
    assert!(monitor.is_running());
    assert_eq!((root.ids(), told(&root)), (vec![1, 2], vec![]));
}

#[test]
fn a_check_that_came_due_during_a_freeze_is_made_at_its_end() {
    let (root, gated) = (Root::new(), Gated::new());
    gated.open();
    let port = gated.server.port();
    let options = ["-s", "127.0.0.1", "-n", &port, "-i", "6"];
    let monitor = root.start(&[&["web"][..], &options].concat());
    gated.server.wait_for_end();
    monitor.wait_until_asleep();
    // The wait that the stop interrupts is nearly an interval long: it must not begin anew.
    monitor.freeze(Duration::from_secs(6));
    let thawed = Instant::now();
    gated.server.wait_for_requests(2);
    assert!(thawed.elapsed() < Duration::from_secs(3));
}

#[test]
fn lateness_excuses_only_so_many_checks_in_a_row() {
    let (root, gated) = (Root::new(), Gated::new());
    let monitor = start(&root, &gated.server.port(), "9");
    let excused = usize::from(LATE_EXCUSES);
    for check in 1..=excused {
        gated.server.wait_for_requests(check);
        monitor.freeze(FROZEN);
        wait_for("the frozen check's line", || {
            (told(&root).len() == check).then_some(())
        });
        assert_eq!(root.ids(), [1, 2]);
    }
    gated.server.wait_for_requests(excused + 1);
    monitor.freeze(FROZEN);
    let alert = root.wait_for_alert(74, 1);
    assert!(alert.text.contains("(select error[110])"), "{alert:?}");
    let log = root.failure_log();
    assert_eq!(log.matches("check void").count(), excused, "{log}");
    assert!(log.contains("try 1/10"), "{log}");
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// The failure log's lines about checks; that there is no syslog daemon in this root is another matter.
fn told(root: &Root) -> Vec<String> {
    let log = root.failure_log();
    let lines = log.lines().filter(|line| !line.contains(" syslog: "));
    lines.map(str::to_owned).collect()
}

/// The limit on a running process' descriptors, in the hands of the test.
struct Descriptors {
    pid: u32,
    before: String,
}

impl Descriptors {
    /// From now on `monitor` gets no further descriptor: the limit is the lowest number that it does not use, or
    /// uses for a check. Nothing, if there is no tool to do so.
    fn take_all(monitor: &Monitor) -> Option<Self> {
        let pid = monitor.pid();
        let limits = read(&format!("/proc/{pid}/limits"));
        let line = limits
            .lines()
            .find(|line| line.starts_with("Max open files"))
            .unwrap();
        let mut words = line.split_whitespace().skip(3);
        let before = format!("{}:{}", words.next().unwrap(), words.next().unwrap());
        let connections = read("/proc/self/net/tcp");
        let is_kept = |number: &u32| {
            std::fs::read_link(format!("/proc/{pid}/fd/{number}")).is_ok_and(|target| {
                let target = target.to_string_lossy();
                let inode = target.strip_prefix("socket:[");
                let inode = inode.and_then(|inode| inode.strip_suffix(']'));
                let has = |inode| connections.contains(&format!(" {inode} "));
                !inode.is_some_and(has)
            })
        };
        let lowest_free = (0..).find(|number| !is_kept(number)).unwrap();
        let descriptors = Self { pid, before };
        descriptors
            .limit(&format!("{lowest_free}:"))
            .then_some(descriptors)
    }

    fn limit(&self, soft_and_hard: &str) -> bool {
        let status = Command::new("prlimit")
            .arg(format!("--nofile={soft_and_hard}"))
            .args(["--pid", &self.pid.to_string()])
            .status();
        status.is_ok_and(|status| status.success())
    }

    fn give_back(&self) {
        assert!(self.limit(&self.before));
    }
}

/// How many checks the node could not make.
fn voids(root: &Root) -> usize {
    let log = root.failure_log();
    log.matches("check void (the node could not make it)")
        .count()
}

/// One test: a second outage is alerted again once the first is over.
#[test]
fn descriptors_that_are_all_taken_make_checks_void_and_nothing_else() {
    let (root, gated) = (Root::new(), Gated::new());
    gated.open();
    let mut monitor = start(&root, &gated.server.port(), "1");
    gated.server.wait_for_requests(1);
    let Some(descriptors) = Descriptors::take_all(&monitor) else {
        return skip("prlimit cannot be run");
    };
    let voids = || voids(&root);
    // More than RETRIES + 1 would end the monitor.
    wait_for("four void checks", || (voids() >= 4).then_some(()));
    let alerts = root.alerts();
    let last = alerts.last().unwrap();
    assert_eq!(
        last.text,
        "clp_httpmon has detected network error (socket error[24]). [ID:web]"
    );
    let asked = gated.server.requests().len();
    descriptors.give_back();
    gated.server.wait_for_requests(asked + 2);
    assert!(monitor.is_running());
    let log = root.failure_log();
    assert!(log.contains("event 71, socket: "), "{log}");
    assert_eq!(
        log.matches("the node can make checks again").count(),
        1,
        "{log}"
    );
    assert!(
        log.trim_end().ends_with("the node can make checks again"),
        "{log}"
    );
    assert!(!log.contains("check failed"), "{log}");
    // At the first void check, and at every other one as long as the outage lasts.
    let told = vec![71; 1 + voids() / 2];
    assert_eq!(root.ids(), [&[1, 2], &told[..]].concat());

    // A second outage is alerted again.
    assert!(Descriptors::take_all(&monitor).is_some());
    let before = voids();
    wait_for("a void check", || (voids() > before).then_some(()));
    root.wait_for_alert(71, told.len() + 1);
    assert!(monitor.is_running());
}

#[test]
fn a_command_that_found_no_descriptor_is_carried_out_once_there_is_one() {
    let (root, gated) = (Root::new(), Gated::new());
    gated.open();
    let mut monitor = start(&root, &gated.server.port(), "1");
    gated.server.wait_for_requests(1);
    let Some(descriptors) = Descriptors::take_all(&monitor) else {
        return skip("prlimit cannot be run");
    };
    wait_for("a void check", || (voids(&root) >= 1).then_some(()));
    let mut stop = root.spawn(&["web", "--stop"]);
    let before = voids(&root);
    wait_for("a void check more", || {
        (voids(&root) > before).then_some(())
    });
    assert!(stop.is_running() && monitor.is_running());
    descriptors.give_back();
    assert_eq!(stop.code(), 0);
    assert_eq!(monitor.code(), 0);
}

#[test]
fn void_checks_within_a_streak_neither_raise_nor_clear_the_count() {
    let (root, port) = (Root::new(), RefusingPort::new());
    let port = port.port();
    let mut monitor = start(&root, &port, "20");
    let log = || root.failure_log();
    let tries = || log().matches("check failed, try ").count();
    wait_for("two failed checks", || (tries() >= 2).then_some(()));
    let Some(descriptors) = Descriptors::take_all(&monitor) else {
        return skip("prlimit cannot be run");
    };
    let voids = || {
        log()
            .matches("check void (the node could not make it)")
            .count()
    };
    wait_for("three void checks", || (voids() >= 3).then_some(()));
    let counted = tries();
    descriptors.give_back();
    wait_for("two more failures", || {
        (tries() >= counted + 2).then_some(())
    });
    let log = log();
    let counts = log.lines().filter_map(|line| {
        let (_, rest) = line.split_once("check failed, try ")?;
        rest.split_once("/21, ")?.0.parse::<usize>().ok()
    });
    let counts: Vec<usize> = counts.collect();
    let expected: Vec<usize> = (1..=counts.len()).collect();
    assert_eq!(counts, expected, "{log}");
    assert!(counts.len() >= counted + 2);
    // The failure of before and after is the same streak's: alerted once.
    assert_eq!(root.ids(), [1, 2, 72, 71]);
    assert!(monitor.is_running());
}
