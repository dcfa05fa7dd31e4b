//! IPv6 that is not there: of two addresses of a name only one can be tried, and that one is judged as if it were alone.

use crate::network::{assert_is_inside, does, in_a_namespace};
use crate::support::node::{Node, Resolver};
use crate::support::programs::{launcher, works};
use crate::support::server::{RefusingPort, Server};
use crate::support::{Monitor, binary, skip};

const HOSTS: &str = "127.0.0.1 localhost\n::1 localhost";

/// A monitor, started behind `prefix`, finds a stopped and a mute server at 127.0.0.1 for what they are; `::1` alone is
/// void, as `event` says.
fn judge(prefix: &[&str], event: (u8, &str)) {
    let stopped = RefusingPort::new();
    let mute = Server::start(|conversation| {
        conversation.read_to_end();
    });
    let start = |host: &str, port: &str| {
        let node = Node::new(HOSTS, Resolver::unasked());
        let mut command = node.command();
        command.args(prefix).arg(binary()).args([
            "httpmon", "n", "-s", host, "-n", port, "-i", "2", "-r", "2", "-c", "1",
        ]);
        let monitor = Monitor::spawn(&mut command);
        (node, monitor)
    };
    let (refused, mut first) = start("localhost", &stopped.port());
    let (silent, mut second) = start("localhost", &mute.port());
    let (blind, mut third) = start("::1", &mute.port());

    refused.alerted(
        72,
        "clp_httpmon has detected network error (connect error[111]). [ID:n]",
    );
    silent.alerted(
        74,
        "clp_httpmon has detected network error (select error[110]). [ID:n]",
    );
    silent.took(2000);
    assert_eq!((first.code(), second.code()), (1, 1));
    // Nothing of the other address, which cannot be tried.
    for node in [&refused, &silent] {
        let log = node.root.failure_log();
        assert!(!log.contains("::1"), "{log}");
    }
    blind.alerted(event.0, event.1);
    blind.root.wait_for_alert(event.0, 2);
    assert!(third.is_running());
}

#[test]
fn a_kernel_without_ipv6() {
    let root = Node::new("", Resolver::none()).root;
    let Some(launcher) = launcher(&root, "no_ipv6") else {
        return skip("no C compiler");
    };
    if !works(&["unshare", "-m", &launcher, "true"]) {
        return skip("no mount namespace, or no seccomp");
    }
    let text = "clp_httpmon has detected network error (socket error[97]). [ID:n]";
    judge(&[&launcher], (71, text));
}

#[test]
fn ipv6_switched_off() {
    in_a_namespace("families::switched_off");
}

#[test]
#[ignore = "changes the network: ipv6_switched_off runs it in a namespace of its own"]
fn switched_off() {
    assert_is_inside();
    does("ip", "link set lo up");
    std::fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1").unwrap();
    let text = "clp_httpmon has detected system error (connect 99). [ID:n]";
    judge(&[], (42, text));
}
