//! A bad network between monitor and service: packets that are lost, late, doubled or overtaken, a cut cable, a link that
//! goes down and comes back.
//!
//! All of it in network namespaces. Packets are dropped by nftables on loopback, and made late by a program at the other
//! end of a TUN device (`mirror.py`): not every kernel has netem.

use crate::support::server::{Conversation, Server};
use crate::support::{Monitor, Root, is_root, skip, wait_for};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
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
pub(crate) fn does(program: &str, arguments: &str) {
    assert!(runs(program, arguments), "{program} {arguments}");
}

#[test]
fn a_bad_network_is_told_from_a_dead_service() {
    if !runs("nft", "--version") {
        return skip("nft is not installed");
    }
    in_a_namespace("network::loss_and_cuts");
}

#[test]
fn late_and_doubled_packets_are_no_failure() {
    if !runs("python3", "-V") {
        return skip("python3 is not installed");
    }
    if !Path::new("/dev/net/tun").exists() {
        return skip("there is no /dev/net/tun");
    }
    in_a_namespace("network::late_and_doubled");
}

/// Runs this ignored test in a network namespace of its own.
pub(crate) fn in_a_namespace(test: &str) {
    if !is_root() {
        return skip("network namespaces need root");
    }
    if !runs("ip", "-V") {
        return skip("ip is not installed");
    }
    if !runs("unshare", "-n true") {
        return skip("network namespaces cannot be made");
    }
    let inside = Command::new("unshare")
        .arg("-n")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
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
    start_at("127.0.0.1", root, identifier, server, retries)
}

fn start_at(
    address: &str,
    root: &Root,
    identifier: &str,
    server: &Server,
    retries: &str,
) -> Monitor {
    let port = server.port();
    let (interval, timeout) = (["-i", "1"], ["-r", "4"]);
    let service = [identifier, "-s", address, "-n", &port, "-c", retries];
    root.start(&[&service[..], &interval, &timeout].concat())
}

fn wait_for_checks(server: &Server, count: usize) {
    let before = server.requests().len();
    wait_for("checks", || {
        (server.requests().len() >= before + count).then_some(())
    });
}

#[test]
#[ignore = "changes the network: late_and_doubled_packets_are_no_failure runs it in a namespace of its own"]
fn late_and_doubled() {
    assert_is_inside();
    let mut mirror = Mirror(
        Command::new("python3")
            .args(["-c", include_str!("network/mirror.py"), "mirror"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut said = BufReader::new(mirror.0.stdout.take().unwrap()).lines();
    said.next().expect("the mirror's first line").unwrap();
    does("ip", "addr add 192.0.2.1/24 dev mirror");
    does("ip", "link set mirror up");
    let script = |conversation: &mut Conversation| {
        conversation.read_request();
        conversation.send(b"HTTP/1.1 200 OK\r\n\r\n");
    };
    let server = Server::start_at("192.0.2.1:0", script);
    let root = Root::new();
    let mut monitor = start_at("192.0.2.2", &root, "late", &server, "1");
    wait_for_checks(&server, 10);
    assert!(monitor.is_running());
    assert_eq!(root.ids(), [1, 2], "{}", root.failure_log());
    // All of it went that way: at least two packets each way a check, and some came twice.
    drop(mirror);
    let last = said.map_while(Result::ok).last().unwrap();
    let (taken, twice) = last.split_once(' ').unwrap();
    let [taken, twice]: [u32; 2] = [taken, twice].map(|number| number.parse().unwrap());
    assert!(taken >= 40 && twice > 0, "{last}");
}

/// The program at the other end, which ends with this value.
struct Mirror(Child);

impl Drop for Mirror {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn assert_is_inside() {
    assert!(
        std::env::var_os(INSIDE).is_some(),
        "not to be run by itself"
    );
}

#[test]
#[ignore = "changes the network: a_bad_network_is_told_from_a_dead_service runs it in a namespace of its own"]
fn loss_and_cuts() {
    assert_is_inside();
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
    does(
        "nft",
        "add rule inet isa in tcp dport != 0 numgen inc mod 5 == 0 drop",
    );
    wait_for_checks(&server, 6);
    assert_eq!(root.ids(), [1, 2], "{}", root.failure_log());

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
