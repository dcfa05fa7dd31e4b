//! Source ports: a monitor whose node has none left to give goes on watching, and nobody can blind it so.
//!
//! The range of ports is a network namespace's own, so the tests have one each.

use crate::network::{assert_is_inside, does, in_a_namespace};
use crate::support::server::{Conversation, Server};
use crate::support::{Monitor, Root, binary, took_ms};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrIn6, bind, setsockopt, socket, sockopt,
};
use std::fs;
use std::net::{SocketAddrV6, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{Command, Stdio};

/// The loopback addresses, and one of the node's own.
const ADDRESSES: [&str; 3] = ["127.0.0.1", "[::1]", "192.0.2.1"];

#[test]
fn a_node_without_source_ports_is_not_blind() {
    in_a_namespace("ports::used_up");
}

/// What the sysctl of this name is from now on, in this namespace.
fn set(name: &str, value: &str) {
    fs::write(format!("/proc/sys/net/{name}"), value).unwrap();
}

/// The only ports that connect(2) gives out from now on.
fn set_range(first: u16, last: u16) {
    set("ipv4/ip_local_port_range", &format!("{first} {last}"));
}

fn accepts_and_says_nothing(conversation: &mut Conversation) {
    conversation.read_to_end();
}

fn answers(conversation: &mut Conversation) {
    conversation.read_request();
    conversation.send(b"HTTP/1.1 200 OK\r\n\r\n");
    conversation.read_to_end();
}

/// A monitor of the service at `address`, as root, or as root without the right to privileged ports.
fn start(root: &Root, identifier: &str, address: &str, is_privileged: bool) -> Monitor {
    let mut command = Command::new("setpriv");
    command
        .args((!is_privileged).then_some("--bounding-set=-net_bind_service"))
        .arg("--no-new-privs")
        .arg(binary())
        .args(["httpmon", identifier, "-i", "1", "-c", "1", "-r", "1"])
        .env("CLP_ISA_ROOT", root.path())
        .stdin(Stdio::null());
    let (host, port) = address.rsplit_once(':').unwrap();
    command.args(["-s", host, "-n", port]);
    Monitor::spawn(&mut command)
}

/// A service that says nothing, and one that answers, at one of the addresses.
struct Services {
    hung: String,
    healthy: String,
    _mute: Server,
    good: Server,
}

/// With the ports of the range used up, monitors find hung services dead, and healthy ones healthy.
fn judge(services: &[Services]) {
    let mut watched = Vec::new();
    for services in services {
        let before = services.good.requests().len();
        for is_privileged in [true, false] {
            let (hung, healthy) = (Root::new(), Root::new());
            let dying = start(&hung, "hung", &services.hung, is_privileged);
            let living = start(&healthy, "well", &services.healthy, is_privileged);
            watched.push((services, before, hung, dying, healthy, living));
        }
    }
    for (services, before, hung, dying, healthy, living) in &mut watched {
        let what = format!("{}: {}", services.hung, hung.failure_log());
        assert_eq!(dying.code(), 1, "{what}");
        assert_eq!(hung.ids(), [1, 2, 74, 74, 6], "{what}");
        services.good.wait_for_requests(*before + 6);
        let what = format!("{}: {}", services.healthy, healthy.failure_log());
        assert!(living.is_running(), "{what}");
        assert_eq!(healthy.ids(), [1, 2], "{what}");
    }
}

/// Connections to `address` until no port is left.
fn use_up(address: &str) -> Vec<TcpStream> {
    let mut held = Vec::new();
    loop {
        match TcpStream::connect(address) {
            Ok(connection) => held.push(connection),
            Err(error) => {
                assert_eq!(error.raw_os_error(), Some(nix::libc::EADDRNOTAVAIL));
                return held;
            }
        }
    }
}

/// Sockets of both families on every port from `first` to `last`, as any user can make them.
fn bind_all(first: u16, last: u16, is_reusing: bool) -> Vec<OwnedFd> {
    let socket = |family| {
        let socket = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).unwrap();
        setsockopt(&socket, sockopt::ReuseAddr, &is_reusing).unwrap();
        socket
    };
    (first..=last)
        .flat_map(|port| {
            let (v4, v6) = (socket(AddressFamily::Inet), socket(AddressFamily::Inet6));
            setsockopt(&v6, sockopt::Ipv6V6Only, &true).unwrap();
            bind(v4.as_raw_fd(), &SockaddrIn::new(0, 0, 0, 0, port)).unwrap();
            let any = SocketAddrV6::new(std::net::Ipv6Addr::UNSPECIFIED, port, 0, 0);
            bind(v6.as_raw_fd(), &SockaddrIn6::from(any)).unwrap();
            [v4, v6]
        })
        .collect()
}

/// Where nobody listens on a port that connect(2) gives out, the connection may lead back to itself: refused it is, at once,
/// and the port is free for its server.
#[test]
fn a_connection_to_itself_is_refused() {
    in_a_namespace("ports::to_itself");
}

#[test]
#[ignore = "changes the node: a_connection_to_itself_is_refused runs it in a namespace of its own"]
fn to_itself() {
    assert_is_inside();
    does("ip", "link set lo up");
    does("ip", "addr add 192.0.2.1/32 dev lo");
    set_range(50000, 50000);
    for command in ["clp_httpmon", "clp_smtpmon"] {
        for host in ADDRESSES {
            let root = Root::new();
            let arguments = [
                "x", "-s", host, "-n", "50000", "-i", "1", "-c", "2", "-r", "10",
            ];
            let mut monitor = root.start_as(command, &arguments);
            let text = format!("{command} has detected network error (connect error[111]). [ID:x]");
            assert_eq!(root.wait_for_alert(72, 1).text, text);
            // Not in use, and not waiting for an end: bound without SO_REUSEADDR.
            let server = bind_all(50000, 50000, false);
            let log = root.failure_log_of(command.trim_start_matches("clp_"));
            let line = log.lines().find(|line| line.contains(" ms: event 72"));
            let elapsed = took_ms(line.unwrap());
            assert!(elapsed < 500, "{log}");
            drop(server);
            assert_eq!(monitor.code(), 1);
            assert_eq!(root.ids(), [1, 2, 72, 72, 6], "{log}");
        }
        // So it is where the range comes to hold the port under a running monitor.
        set_range(40000, 40009);
        let root = Root::new();
        let arguments = [
            "x", "-s", "::1", "-n", "50000", "-i", "1", "-c", "2", "-r", "1",
        ];
        let mut monitor = root.start_as(command, &arguments);
        root.wait_for_alert(72, 1);
        set_range(50000, 50000);
        assert_eq!(monitor.code(), 1);
        assert_eq!(root.ids(), [1, 2, 72, 72, 6]);
        drop(bind_all(50000, 50000, false));
    }
}

#[test]
#[ignore = "changes the node: a_node_without_source_ports_is_not_blind runs it in a namespace of its own"]
fn used_up() {
    assert_is_inside();
    does("ip", "link set lo up");
    does("ip", "addr add 192.0.2.1/32 dev lo");
    let services = ADDRESSES.map(|host| {
        let (hung, healthy) = (format!("{host}:8001"), format!("{host}:8002"));
        Services {
            _mute: Server::start_at(&hung, accepts_and_says_nothing),
            good: Server::start_at(&healthy, answers),
            hung,
            healthy,
        }
    });

    // The services' own clients hold all the connections that there can be.
    set_range(40000, 40009);
    let held: Vec<_> = services
        .iter()
        .flat_map(|services| [&services.hung, &services.healthy])
        .map(|address| use_up(address))
        .collect();
    judge(&services);
    drop(held);

    // A user binds all ports.
    for (first, is_reusing) in [(41000, false), (42000, true)] {
        set_range(first, first + 9);
        let _held = bind_all(first, first + 9, is_reusing);
        let error = TcpStream::connect(&services[0].hung).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(nix::libc::EADDRNOTAVAIL));
        judge(&services);
    }
}
