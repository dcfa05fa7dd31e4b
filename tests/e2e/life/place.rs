//! A monitor's place in the file system: on old kernels, in other namespaces, after a death half-way.

use super::*;
use crate::support::programs::{launcher, works};
use crate::support::{binary, is_static};

/// `binary httpmon identifier` with this root, after the words of `prefix`.
fn prefixed(root: &Root, prefix: &[&str], arguments: &[&str]) -> Command {
    let mut command = root.piped(prefix[0]);
    command
        .args(&prefix[1..])
        .arg(binary())
        .arg("httpmon")
        .args(arguments);
    command
}

#[test]
fn two_monitors_may_have_the_same_process_id() {
    const NAMESPACE: [&str; 4] = ["unshare", "--pid", "--fork", "--kill-child"];
    if !works(&[&NAMESPACE[..], &["true"]].concat()) {
        return skip("no pid namespaces for this user");
    }
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    let start = |identifier: &str| {
        let mut command = prefixed(&root, &NAMESPACE, &hanging(identifier, &port));
        let mut monitor = Monitor::spawn(&mut command);
        root.wait_for_start(&mut monitor, identifier, 0);
        assert_eq!(root.run(&[identifier, "--disp"]).stdout, "1\n");
        monitor
    };
    let (mut first, mut second) = (start("first"), start("second"));
    for identifier in ["first", "second"] {
        let status = root.run_as("clp_isa status", &[identifier, "--json"]);
        assert!(status.stdout.contains("\"checking\""), "{status:?}");
    }
    assert_eq!(root.run(&["first", "--stop"]), silent(0));
    assert_eq!(first.code(), 0);
    assert!(second.is_running());
    assert_eq!(root.run(&["second", "--stop"]), silent(0));
    assert_eq!(second.code(), 0);
    assert_eq!(root.sockets(), Vec::<String>::new());
}

#[test]
fn whoever_is_killed_half_way_leaves_nothing_for_ever() {
    let trace = ["strace", "-o", "/dev/null", "-e"];
    if !works(&[&trace[..], &["trace=none", "true"]].concat()) {
        return skip("strace does not work here");
    }
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    // Between the socket's first name and its readiness.
    let kill = ["inject=listen:signal=KILL"];
    let mut killed = prefixed(&root, &[&trace[..], &kill].concat(), &hanging("web", &port));
    assert!(!killed.status().unwrap().success());
    assert_eq!(root.ids(), Vec::<u8>::new());
    let mut monitor = root.start_as("clp_httpmon", &hanging("web", &port));
    assert_eq!(root.run(&["web", "--stop"]), silent(0));
    assert_eq!(monitor.code(), 0);
    assert_nothing_left(&root, "web");
}

/// The static binaries' oldest kernel, and that of the C library of the others.
#[test]
fn a_whole_life_on_the_oldest_kernel() {
    let (root, server) = (Root::new(), mute());
    let Some(launcher) = launcher(&root, "old_kernel") else {
        return skip("no C compiler");
    };
    let launcher = launcher.as_str();
    let version = if is_static() { "2.6.27" } else { "3.2" };
    if !works(&[launcher, version, "true"]) {
        return skip("no seccomp");
    }
    let port = server.port();
    let old = |arguments: &[&str]| prefixed(&root, &[launcher, version], arguments);
    let run = |arguments: &[&str]| finish(&mut Monitor::spawn(&mut old(arguments)));
    let mut monitor = Monitor::spawn(&mut old(&hanging("web", &port)));
    root.wait_for_start(&mut monitor, "web", 0);
    assert_eq!(run(&hanging("web", &port)).code, 3);
    for verb in ["--pause", "--resume"] {
        assert_eq!(run(&["web", verb]), silent(0), "{verb}");
    }
    assert_eq!(run(&["web", "--del"]).code, 5);
    let mut status = Command::new(launcher);
    status.arg(version).arg(binary()).args(["status", "web"]);
    let status = status.env("CLP_ISA_ROOT", root.path()).output().unwrap();
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("watching"), "{status}");
    assert_eq!(run(&["web", "--stop"]), silent(0));
    assert_eq!(monitor.code(), 0);
    assert_eq!(root.ids(), [1, 2, 14, 7, 8, 3]);
    assert_nothing_left(&root, "web");
}
