//! A monitor's place in the file system: on old kernels, in other namespaces, after a death half-way.

use super::*;
use crate::support::binary;

/// `binary httpmon identifier` with this root, after the words of `prefix`.
fn prefixed(root: &Root, prefix: &[&str], arguments: &[&str]) -> Command {
    let mut command = Command::new(prefix[0]);
    command
        .args(&prefix[1..])
        .arg(binary())
        .arg("httpmon")
        .args(arguments)
        .env("CLP_ISA_ROOT", root.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Whether a trial of this command succeeds.
fn works(command: &[&str]) -> bool {
    let output = Command::new(command[0]).args(&command[1..]).output();
    output.is_ok_and(|output| output.status.success())
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
