//! A bad network between monitor and service: packets that are lost, late, doubled or overtaken, a cut cable, a link that
//! goes down and comes back.
//!
//! All of it in network namespaces. Packets are dropped by nftables on loopback, and made late by a program at the other
//! end of a TUN device (`mirror.py`): not every kernel has netem.

use crate::support::programs::works;
use crate::support::server::{Conversation, Server};
use crate::support::{Monitor, Root, is_root, skip, wait_for};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Says that the namespace is there.
const INSIDE: &str = "CLP_ISA_TEST_NAMESPACE";

#[track_caller]
pub(crate) fn does(program: &str, arguments: &str) {
    let command: Vec<&str> = [program].into_iter().chain(arguments.split(' ')).collect();
    assert!(works(&command), "{program} {arguments}");
}

#[test]
fn lost_packets_are_told_from_a_cut_cable() {
    if !works(&["nft", "--version"]) {
        return skip("nft is not installed");
    }
    in_a_namespace("network::loss_and_cut");
}

#[test]
fn a_link_that_comes_back_in_time_is_no_end() {
    in_a_namespace("network::link_down_and_up");
}

#[test]
fn a_link_that_stays_down_is_found() {
    in_a_namespace("network::link_down");
}

#[test]
fn late_and_doubled_packets_are_no_failure() {
    if !works(&["python3", "-V"]) {
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
    if !works(&["ip", "-V"]) {
        return skip("ip is not installed");
    }
    if !works(&["unshare", "-n", "true"]) {
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
    server.wait_for_checks(10);
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

/// One monitor and so one test: the one that lost packets did not hold up sees the cut.
#[test]
#[ignore = "changes the network: lost_packets_are_told_from_a_cut_cable runs it in a namespace of its own"]
fn loss_and_cut() {
    assert_is_inside();
    does("ip", "link set lo up");
    let server = Server::healthy();
    does("nft", "add table inet isa");
    does(
        "nft",
        "add chain inet isa in { type filter hook input priority 0 ; }",
    );
    let root = Root::new();
    let mut monitor = start(&root, "lossy", &server, "1");
    loses_packets(&root, &server);
    is_cut(&root, &mut monitor);
}

/// TCP sends them again, and nothing is alerted.
fn loses_packets(root: &Root, server: &Server) {
    does(
        "nft",
        "add rule inet isa in tcp dport != 0 numgen inc mod 5 == 0 drop",
    );
    server.wait_for_checks(6);
    assert_eq!(root.ids(), [1, 2], "{}", root.failure_log());
}

/// Silence, found within the bound.
fn is_cut(root: &Root, monitor: &mut Monitor) {
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
}

/// A healthy server on a link that is up, and a monitor that has made a check.
fn on_a_link(identifier: &str, retries: &str) -> (Root, Server, Monitor) {
    assert_is_inside();
    does("ip", "link set lo up");
    let (root, server) = (Root::new(), Server::healthy());
    let monitor = start(&root, identifier, &server, retries);
    server.wait_for_end();
    (root, server, monitor)
}

#[test]
#[ignore = "changes the network: a_link_that_comes_back_in_time_is_no_end runs it in a namespace of its own"]
fn link_down_and_up() {
    let (root, server, mut monitor) = on_a_link("blip", "100");
    does("ip", "link set lo down");
    root.wait_for_alert(72, 1);
    does("ip", "link set lo up");
    server.wait_for_checks(2);
    wait_for("the streak's end in the log", || {
        root.failure_log().contains("healthy again").then_some(())
    });
    assert!(monitor.is_running());
    assert_eq!(root.ids(), [1, 2, 72]);
    assert_eq!(root.run(&["blip", "--stop"]).code, 0);
}

#[test]
#[ignore = "changes the network: a_link_that_stays_down_is_found runs it in a namespace of its own"]
fn link_down() {
    let (root, _server, mut monitor) = on_a_link("down", "2");
    does("ip", "link set lo down");
    assert_eq!(monitor.code(), 1);
    assert!(root.ids().ends_with(&[72, 6]), "{:?}", root.ids());
}
