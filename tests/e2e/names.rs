//! Names: the hosts file, several addresses within one deadline, the look-up child, and outages of the resolver.
//!
//! `/etc/hosts` and the resolver are the system's, so the monitors run in a mount namespace of their own with files of
//! the test's in their place. That needs root.

use crate::support::node::{Answer, Node, Resolver};
use crate::support::processes::{children_of, wait_until_ended};
use crate::support::server::{Conversation, Server};
use crate::support::{Monitor, PATIENCE, Root, is_root, is_static, rows, skip, wait_for};
use nix::sys::signal::Signal;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

/// Waits until the monitor has no child: neither a running one nor a zombie.
#[track_caller]
fn has_reaped(monitor: &mut Monitor) {
    wait_for("the look-up child to be reaped", || {
        children_of(monitor.pid()).is_empty().then_some(())
    });
    assert!(monitor.is_running());
}

fn never_answer(conversation: &mut Conversation) {
    conversation.read_to_end();
}

fn at(address: &str, server: &Server) -> String {
    format!("{address}:{}", server.port())
}

const ONCE: [&str; 4] = ["-i", "10000", "-c", "1"];

/// `-s name` at the server's port, one check with this TIMEOUT.
fn one_check(node: &Node, name: &str, server: &Server, timeout: &str) -> Monitor {
    let port = server.port();
    node.start(&[&["-s", name, "-n", &port, "-r", timeout], &ONCE[..]].concat())
}

fn first_refused_second_healthy() {
    let server = Server::healthy();
    let node = Node::new(
        "127.0.0.2 web.test\n127.0.0.1 web.test",
        Resolver::unasked(),
    );
    let mut monitor = one_check(&node, "web.test", &server, "10");
    let refused = at("127.0.0.2", &server);
    let line = format!(
        "address failed, connecting, {refused}: event 72, connect: Connection refused (ECONNREFUSED, errno 111); \
         trying the next one"
    );
    node.was_healthy(&server, &mut monitor, &[&line]);
    let request = String::from_utf8(server.requests().remove(0)).unwrap();
    assert!(request.contains(&format!("\r\nHost: {}\r\n", at("web.test", &server))));
    assert_eq!(node.resolver.queries(), 0);
}

fn first_stalls_second_gets_its_share() {
    let stalling = Server::start(never_answer);
    let accepted = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&accepted);
    let server = Server::start_at(&at("127.0.0.3", &stalling), move |conversation| {
        seen.lock().unwrap().get_or_insert(Instant::now());
        conversation.read_request();
        conversation.send(GOOD);
        conversation.read_to_end();
    });
    let node = Node::new(
        "127.0.0.1 web.test\n127.0.0.3 web.test",
        Resolver::unasked(),
    );
    let before = Instant::now();
    let mut monitor = one_check(&node, "web.test", &server, "2");
    let stalled = at("127.0.0.1", &stalling);
    let line = format!(
        "address failed, waiting for the answer, {stalled}: event 74, select: Connection timed out \
         (ETIMEDOUT, errno 110); trying the next one"
    );
    node.was_healthy(&server, &mut monitor, &[&line]);
    let share = accepted.lock().unwrap().unwrap() - before;
    assert!(share >= Duration::from_secs(1), "half of 2 s: {share:?}");
}

/// One deadline over all addresses.
fn all_stall() {
    let first = Server::start(never_answer);
    let _second = Server::start_at(&at("127.0.0.4", &first), never_answer);
    let node = Node::new(
        "127.0.0.1 web.test\n127.0.0.4 web.test",
        Resolver::unasked(),
    );
    let mut monitor = one_check(&node, "web.test", &first, "1");
    node.alerted(
        74,
        "clp_httpmon has detected network error (select error[110]). [ID:n]",
    );
    node.took(1000);
    assert!(node.root.check_lines()[0].contains("address failed"));
    assert!(node.root.check_lines()[1].contains(&at("127.0.0.4", &first)));
    node.stop(&mut monitor);
}

fn the_last_ones_error_counts() {
    let server = Server::replying("+OK\r\n");
    let node = Node::new(
        "127.0.0.5 web.test\n127.0.0.1 web.test",
        Resolver::unasked(),
    );
    let mut monitor = one_check(&node, "web.test", &server, "10");
    node.alerted(
        82,
        "clp_httpmon has detected an error in HTTP (invalid response). [ID:n]",
    );
    node.stop(&mut monitor);

    let node = Node::new(
        "127.0.0.1 web.test\n127.0.0.5 web.test",
        Resolver::unasked(),
    );
    let mut monitor = one_check(&node, "web.test", &server, "10");
    node.alerted(
        72,
        "clp_httpmon has detected network error (connect error[111]). [ID:n]",
    );
    node.stop(&mut monitor);
}

/// The hosts file is read at each check.
fn a_changed_entry_is_followed() {
    let old = Server::healthy();
    let new = Server::start_at(&at("127.0.0.6", &old), |conversation| {
        conversation.read_request();
        conversation.send(GOOD);
        conversation.read_to_end();
    });
    let node = Node::new("127.0.0.1 web.test", Resolver::unasked());
    let port = old.port();
    let mut monitor = node.start(&["-s", "web.test", "-n", &port, "-i", "1", "-c", "1"]);
    old.wait_for_end();
    node.set_hosts("127.0.0.6 web.test");
    node.was_healthy(&new, &mut monitor, &[]);
    assert_eq!(node.resolver.queries(), 0);
}

fn localhost_needs_no_entry() {
    let server = Server::healthy();
    let node = Node::new("", Resolver::unasked());
    let port = server.port();
    let mut monitor = node.start(&[&["-n", &port], &ONCE[..]].concat());
    node.was_healthy(&server, &mut monitor, &[]);
    assert_eq!(node.resolver.queries(), 0);
}

fn localhost_may_have_an_entry() {
    let server = Server::start_at("127.0.0.7:0", |conversation| {
        conversation.read_request();
        conversation.send(GOOD);
        conversation.read_to_end();
    });
    let node = Node::new("127.0.0.7 LOCALHOST", Resolver::unasked());
    let mut monitor = one_check(&node, "localhost", &server, "10");
    node.was_healthy(&server, &mut monitor, &[]);
}

/// The name server knows the name: the look-up child brings the address, at each check.
fn resolved_by_the_child() {
    let server = Server::healthy();
    let node = Node::new("", Resolver::start(Answer::Address(Ipv4Addr::LOCALHOST)));
    let port = server.port();
    let mut monitor = node.start(&["-s", "web.test", "-n", &port, "-i", "1", "-c", "1"]);
    server.wait_for_end();
    let first = node.resolver.queries();
    assert!(first > 0);
    wait_for("a second look-up", || {
        (node.resolver.queries() > first).then_some(())
    });
    node.was_healthy(&server, &mut monitor, &[]);
    let request = String::from_utf8(server.requests().remove(0)).unwrap();
    assert!(request.contains(&format!("\r\nHost: {}\r\n", at("web.test", &server))));
}

/// A name that was never resolved fails the check, and in the end the monitor.
fn never_resolved(resolver: Resolver, timeout: &str, number: i32) {
    let node = Node::new("", resolver);
    let mut monitor = node.start(&["-s", "no.test", "-i", "1", "-c", "1", "-r", timeout]);
    assert_eq!(monitor.code(), 1);
    let failure = format!("Failed to obtain the IP address (error[{number}]). [ID:n]");
    let alerts = node.root.alerts();
    assert_eq!(node.root.ids(), [1, 2, 81, 81, 6], "{alerts:?}");
    assert_eq!((&alerts[2].text, &alerts[3].text), (&failure, &failure));
    let lines = node.root.check_lines();
    assert!(
        lines[0].contains("try 1/2, looking the name up, "),
        "{lines:?}"
    );
    assert!(
        lines[1].contains("try 2/2, looking the name up, "),
        "{lines:?}"
    );
}

fn no_such_name() {
    let resolver = Resolver::start(Answer::NoSuchName);
    never_resolved(resolver, "10", nix::libc::EAI_NONAME);
}

fn no_name_server() {
    if is_static() {
        // musl's resolver does not hear that it was refused, and waits as for an answer.
        never_resolved(Resolver::none(), "1", nix::libc::ETIMEDOUT);
    } else {
        never_resolved(Resolver::none(), "10", nix::libc::EAI_AGAIN);
    }
}

/// A look-up that hangs ends at the deadline, and its child with it.
fn a_hanging_lookup() {
    let node = Node::new("", Resolver::start(Answer::Nothing));
    let mut monitor = node.start(&[&["-s", "web.test", "-r", "1"], &ONCE[..]].concat());
    node.alerted(81, "Failed to obtain the IP address (error[110]). [ID:n]");
    assert!(node.resolver.queries() > 0);
    node.took(1000);
    has_reaped(&mut monitor);
    node.stop(&mut monitor);
}

/// A name that was resolved once: the last good addresses are asked, 81 is alerted once an outage and counts nothing.
fn outages(resolver: Resolver, number: i32, cause: &str) {
    let server = Server::healthy();
    let node = Node::new("127.0.0.1 web.test", resolver);
    let port = server.port();
    let mut monitor = node.start(&[
        "-s", "web.test", "-n", &port, "-i", "1", "-c", "1", "-r", "2",
    ]);
    server.wait_for_end();
    for outage in [1, 2] {
        node.set_hosts("#27.0.0.1 web.test");
        let alert = node.root.wait_for_alert(81, outage);
        let text = format!("Failed to obtain the IP address (error[{number}]). [ID:n]");
        assert_eq!(alert.text, text);
        // Together with the one that was alerted, more than -c 1 allows to fail.
        server.wait_for_checks(2);
        node.set_hosts("127.0.0.1 web.test");
        wait_for("the look-up to work again", || {
            let lines = node.root.check_lines();
            (lines.len() >= 2 * outage).then_some(())
        });
    }
    has_reaped(&mut monitor);
    node.stop(&mut monitor);
    assert_eq!(node.root.ids(), [1, 2, 81, 81, 3]);
    let kept = format!("look-up failed: {cause}; the last good addresses are in use");
    let again = "look-up works again";
    node.logged(&[&kept, again, &kept, again]);
}

fn outages_of_a_silent_name_server() {
    outages(
        Resolver::start(Answer::Nothing),
        110,
        "Connection timed out (ETIMEDOUT, errno 110)",
    );
}

fn outages_of_a_name_server_that_knows_nothing() {
    outages(
        Resolver::start(Answer::NoSuchName),
        nix::libc::EAI_NONAME,
        "getaddrinfo: Name or service not known (EAI_NONAME, -2)",
    );
}

/// SIGTERM does not wait for a look-up, and leaves no child behind.
fn stopped_during_a_lookup() {
    let (node, mut monitor, child) = looking_up();
    let signalled = Instant::now();
    monitor.signal(Signal::SIGTERM);
    assert_eq!(monitor.code(), 0);
    // The look-up itself would take minutes.
    assert!(signalled.elapsed() < PATIENCE / 4);
    assert_eq!(node.root.ids(), [1, 2, 3]);
    wait_until_ended(child);
}

/// Nobody is left to end the child: the kernel does.
fn killed_during_a_lookup() {
    let (_node, mut monitor, child) = looking_up();
    monitor.signal(Signal::SIGKILL);
    monitor.wait();
    wait_until_ended(child);
}

/// A monitor within a look-up that nobody answers, and the child that makes it.
fn looking_up() -> (Node, Monitor, u32) {
    let node = Node::new("", Resolver::start(Answer::Nothing));
    let monitor = node.start(&["-s", "web.test", "-i", "10000", "-r", "10000"]);
    wait_for("the look-up", || {
        (node.resolver.queries() > 0).then_some(())
    });
    let children = children_of(monitor.pid());
    assert_eq!(children.len(), 1, "{children:?}");
    (node, monitor, children[0])
}

#[test]
fn in_a_namespace() {
    if !is_root() {
        return skip("only root has mount namespaces");
    }
    let node = Node::new("", Resolver::none());
    match node.command().arg("true").output() {
        Ok(output) if output.status.success() => {}
        other => return skip(&format!("no mount namespace: {other:?}")),
    }
    let rows: Vec<(&str, fn())> = vec![
        (
            "first refused, second healthy",
            first_refused_second_healthy,
        ),
        ("first stalls", first_stalls_second_gets_its_share),
        ("all stall", all_stall),
        ("the last one's error", the_last_ones_error_counts),
        ("changed entry", a_changed_entry_is_followed),
        ("localhost without entry", localhost_needs_no_entry),
        ("localhost with entry", localhost_may_have_an_entry),
        ("resolved by the child", resolved_by_the_child),
        ("no such name", no_such_name),
        ("no name server", no_name_server),
        ("hanging look-up", a_hanging_lookup),
        ("silent name server later", outages_of_a_silent_name_server),
        (
            "unknown name later",
            outages_of_a_name_server_that_knows_nothing,
        ),
        ("SIGTERM", stopped_during_a_lookup),
        ("SIGKILL", killed_during_a_lookup),
    ];
    rows::run(rows.len(), &rows, |row| row.0.into(), |row| row.1());
}

/// Without root and without asking anyone: a label of 64 bytes fits no query (RFC 1035, 2.3.4).
#[test]
fn a_name_that_cannot_exist() {
    let root = Root::new();
    let name = format!("{}.invalid", "x".repeat(64));
    let mut monitor = root.spawn(&["n", "-s", &name, "-i", "1", "-c", "1"]);
    let alert = root.wait_for_alert(81, 1);
    let number = alert
        .text
        .strip_prefix("Failed to obtain the IP address (error[")
        .and_then(|rest| rest.strip_suffix("]). [ID:n]"))
        .unwrap();
    assert!(number.parse::<i32>().unwrap() < 0, "not an EAI_: {number}");
    has_reaped(&mut monitor);
    assert_eq!(monitor.code(), 1);
    assert_eq!(root.ids(), [1, 2, 81, 81, 6]);
}
