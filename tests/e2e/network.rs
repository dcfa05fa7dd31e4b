//! A bad network between monitor and service: lost packets, a cut cable, a link that goes down and comes back.
//!
//! All of it in a network namespace of its own, whose loopback is the network. What the kernel can do decides: packets
//! are lost, late and doubled by netem where it has that, else every fifth is dropped by nftables.

use crate::support::server::Server;
use crate::support::{Monitor, Root, is_root, skip, wait_for};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Says that the namespace is there.
const INSIDE: &str = "CLP_ISA_TEST_NAMESPACE";

fn runs(program: &str, arguments: &str) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments.split(' '))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[track_caller]
fn does(program: &str, arguments: &str) {
    assert!(runs(program, arguments), "{program} {arguments}");
}

#[test]
fn a_bad_network_is_told_from_a_dead_service() {
    if !is_root() {
        return skip("network namespaces need root");
    }
    if !runs("nft", "--version") || !runs("ip", "-V") {
        return skip("nft or ip is not installed");
    }
    if !runs("unshare", "-n true") {
        return skip("network namespaces cannot be made");
    }
    let inside = Command::new("unshare")
        .arg("-n")
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "network::in_a_namespace",
            "--ignored",
            "--nocapture",
        ])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&inside.stdout);
    let wrong = String::from_utf8_lossy(&inside.stderr);
    assert!(
        inside.status.success() && said.contains("1 passed"),
        "{said}{wrong}"
    );
}

fn start(root: &Root, identifier: &str, server: &Server, retries: &str) -> Monitor {
    let port = server.port();
    let (interval, timeout) = (["-i", "1"], ["-r", "4"]);
    let service = [identifier, "-s", "127.0.0.1", "-n", &port, "-c", retries];
    root.start(&[&service[..], &interval, &timeout].concat())
}

fn wait_for_checks(server: &Server, count: usize) {
    let before = server.requests().len();
    wait_for("checks", || {
        (server.requests().len() >= before + count).then_some(())
    });
}

#[test]
#[ignore = "changes the network: a_bad_network_is_told_from_a_dead_service runs it in a namespace of its own"]
fn in_a_namespace() {
    assert!(
        std::env::var_os(INSIDE).is_some(),
        "not to be run by itself"
    );
    does("ip", "link set lo up");
    let server = Server::replying("HTTP/1.1 200 OK\r\n\r\n");
    does("nft", "add table inet isa");
    does(
        "nft",
        "add chain inet isa in { type filter hook input priority 0 ; }",
    );

    // Packets are lost: TCP sends them again, and nothing is alerted.
    let root = Root::new();
    let mut monitor = start(&root, "lossy", &server, "1");
    let has_netem = runs(
        "tc",
        "qdisc add dev lo root netem loss 10% delay 30ms 20ms duplicate 5% reorder 10%",
    );
    if !has_netem {
        does(
            "nft",
            "add rule inet isa in tcp dport != 0 numgen inc mod 5 == 0 drop",
        );
    }
    wait_for_checks(&server, 6);
    assert_eq!(
        root.ids(),
        [1, 2],
        "netem: {has_netem}, {}",
        root.failure_log()
    );

    // The cable is cut: silence, found within the bound.
    does("nft", "add rule inet isa in tcp dport != 0 drop");
    let cut = Instant::now();
    assert_eq!(monitor.code(), 1);
    // The check under way, a retry, each with its TIMEOUT, and what the loaded machine adds.
    assert!(
        cut.elapsed() < Duration::from_secs(1 + 4 + 4 + 2),
        "{:?}",
        cut.elapsed()
    );
    let ids = root.ids();
    assert!(
        ids.ends_with(&[72, 6]) || ids.ends_with(&[74, 6]),
        "{ids:?}"
    );
    does("nft", "flush chain inet isa in");
    if has_netem {
        does("tc", "qdisc del dev lo root");
    }

    // The link goes down and comes back before the last retry: no end.
    let root = Root::new();
    let mut monitor = start(&root, "blip", &server, "100");
    wait_for_checks(&server, 1);
    does("ip", "link set lo down");
    root.wait_for_alert(72, 1);
    does("ip", "link set lo up");
    wait_for_checks(&server, 2);
    wait_for("the streak's end in the log", || {
        root.failure_log().contains("healthy again").then_some(())
    });
    assert!(monitor.is_running());
    assert_eq!(root.ids(), [1, 2, 72]);
    assert_eq!(root.run(&["blip", "--stop"]).code, 0);

    // It stays down: found.
    let root = Root::new();
    let mut monitor = start(&root, "down", &server, "2");
    wait_for_checks(&server, 1);
    does("ip", "link set lo down");
    assert_eq!(monitor.code(), 1);
    assert!(root.ids().ends_with(&[72, 6]), "{:?}", root.ids());
}
