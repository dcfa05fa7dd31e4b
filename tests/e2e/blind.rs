//! What the node itself cannot do says nothing of the service: the checks are void, told and never counted.

use crate::support::node::{Answer, Node, Resolver};
use crate::support::processes::children_of;
use crate::support::programs::can_mount;
use crate::support::{Monitor, Root, binary, copy_binary, is_root, rows, skip, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::{Command, Stdio};

/// A look-up at each second, of a name that nobody has resolved yet.
const LOOK_UPS: [&str; 8] = ["n", "-s", "web.test", "-i", "1", "-c", "1", "-r"];

/// Waits for more void checks than failures would end the monitor. None of them counts; `call` and `errno` are told.
#[track_caller]
fn is_blind(root: &Root, monitor: &mut Monitor, call: &str, errno: i32) {
    let voids = wait_for("three void checks", || {
        let log = root.failure_log();
        assert!(
            monitor.is_running() && !log.contains(": check failed"),
            "{log}"
        );
        (log.matches(": check void (the node").count() >= 3).then_some(log)
    });
    assert!(voids.contains(&format!("event 42, {call}: ")), "{voids}");
    let text = format!("clp_httpmon has detected system error ({call} {errno}). [ID:n]");
    // The first, and every second one (`-c 1`).
    for alert in [1, 2] {
        assert_eq!(root.wait_for_alert(42, alert).text, text);
    }
    monitor.signal(Signal::SIGTERM);
    assert_eq!(monitor.code(), 0);
    let is_quiet = |id: &u8| [1, 2, 3, 42].contains(id);
    assert!(root.ids().iter().all(is_quiet), "{:?}", root.alerts());
}

/// No process left for the user (RLIMIT_NPROC, a cgroup's pids.max): fork(2) says EAGAIN. Root has no such limit.
#[test]
fn no_process_left() {
    let root = Root::new();
    let binary = root.join("clp_isa");
    copy_binary(&binary);
    let mut command = if is_root() {
        let owned = Command::new("chown")
            .args(["-R", "65534:65534"])
            .arg(root.path())
            .status();
        assert!(owned.unwrap().success());
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "prlimit",
        ]);
        command
    } else {
        Command::new("prlimit")
    };
    command
        .arg("--nproc=0")
        .arg(binary)
        .arg("httpmon")
        .args(LOOK_UPS)
        .arg("10");
    let mut monitor = start(&root, &mut command);
    is_blind(&root, &mut monitor, "spawn", nix::libc::EAGAIN);
}

fn start(root: &Root, command: &mut Command) -> Monitor {
    command
        .env("CLP_ISA_ROOT", root.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Monitor::spawn(command)
}

/// A node whose directory `hidden` is empty.
fn without(hidden: &str) {
    let root = Root::new();
    let mut command = Command::new("unshare");
    let hide = format!("mount -t tmpfs none {hidden} && exec \"$@\"");
    command
        .args(["-m", "sh", "-c", &hide, "sh"])
        .arg(binary())
        .arg("httpmon")
        .args(LOOK_UPS)
        .arg("10");
    let mut monitor = start(&root, &mut command);
    is_blind(&root, &mut monitor, "spawn", nix::libc::ENOENT);
}

/// The child is there, and killed before it answers: by the kernel that wants memory, for one.
fn killed_at_its_work() {
    let node = Node::new("", Resolver::start(Answer::Nothing));
    let mut command = node.command();
    command
        .arg(binary())
        .arg("httpmon")
        .args(LOOK_UPS)
        .arg("10");
    let mut monitor = Monitor::spawn(&mut command);
    // Before that, its children are those that make the namespace.
    node.root.wait_for_start(&mut monitor, "n", 0);
    for voids in 1..=3 {
        wait_for("a void check", || {
            for child in children_of(monitor.pid()) {
                let _ = kill(Pid::from_raw(child.try_into().unwrap()), Signal::SIGKILL);
            }
            let log = node.root.failure_log();
            (log.matches(": check void (the node").count() >= voids).then_some(())
        });
    }
    is_blind(&node.root, &mut monitor, "spawn", nix::libc::EPIPE);
}

#[test]
fn a_lookup_that_cannot_be_made() {
    if !is_root() {
        return skip("only root has mount namespaces");
    }
    if !can_mount() {
        return skip("no mount namespace");
    }
    let rows: [(&str, fn()); 3] = [
        ("no /proc", || without("/proc")),
        ("no /dev/null", || without("/dev")),
        ("killed at its work", killed_at_its_work),
    ];
    rows::run(rows.len(), &rows, |row| row.0.into(), |row| row.1());
}
