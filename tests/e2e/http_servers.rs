//! Real servers: nginx and Apache httpd from the distribution's packages. Each test has one of its own, on a loopback
//! port, with a minimal configuration in the test's private root.
//!
//! A monitor's alerts tell what it found; the server's access log tells how often it was asked.

mod httpd;
mod others;

use crate::support::{Monitor, Root, wait_for};
use httpd::{Httpd, Kind};
use nix::sys::signal::Signal;
use std::net::{Ipv6Addr, TcpListener};
use std::time::{Duration, Instant};

/// Added to the contract's upper bounds for what a loaded machine may take to run everybody.
const SLACK: Duration = Duration::from_secs(10);
/// The interval and the timeout of the monitors that are to fail.
const SECOND: Duration = Duration::from_secs(1);

/// The ids of the alerts of this monitor.
fn ids(root: &Root, identifier: &str) -> Vec<u8> {
    texts(root, identifier)
        .into_iter()
        .map(|(id, _)| id)
        .collect()
}

/// The alerts of this monitor, without the command's name and the identifier.
fn texts(root: &Root, identifier: &str) -> Vec<(u8, String)> {
    let ours = format!(" [ID:{identifier}]");
    root.alerts()
        .into_iter()
        .filter_map(|alert| {
            let text = alert.text.strip_suffix(&ours)?;
            let text = text.strip_prefix("clp_httpmon ").unwrap_or(text);
            Some((alert.id, text.to_owned()))
        })
        .collect()
}

/// What a monitor has alerted that ended because of one and the same failure, again and again.
fn ended_by(id: u8, failure: &str) -> Vec<(u8, String)> {
    [
        (1, "started monitoring the HTTP daemon."),
        (2, "will start monitoring the HTTP daemon."),
        (id, failure),
        (id, failure),
        (6, "detected an error and will be terminated."),
    ]
    .map(|(id, text)| (id, text.to_owned()))
    .to_vec()
}

/// Several checks, in both versions.
fn healthy(kind: Kind) {
    let root = Root::new();
    let Some(httpd) = Httpd::start(kind, &root) else {
        return;
    };
    let mut monitors = [("old", "1.0"), ("new", "1.1")].map(|(identifier, version)| {
        let options = ["-i", "1", "-c", "1", "-v", version];
        (identifier, httpd.watch(&root, identifier, &options))
    });
    for request in ["HEAD / HTTP/1.0", "HEAD / HTTP/1.1"] {
        httpd.wait_until_asked(request, 200, 4);
    }
    for (identifier, monitor) in &mut monitors {
        assert_eq!(ids(&root, identifier), [1, 2]);
        monitor.signal(Signal::SIGTERM);
        assert_eq!(monitor.code(), 0);
        assert_eq!(ids(&root, identifier), [1, 2, 3]);
    }
    assert_eq!(root.failure_log().matches("check").count(), 0);
    httpd.assert_content();
}

/// Twenty checks are twenty lines of the access log, and no line of the error log.
fn one_line_a_check(kind: Kind) {
    let root = Root::new();
    let Some(httpd) = Httpd::start(kind, &root) else {
        return;
    };
    // Each of them makes its first check at once and its second one in hours: the number of checks is known.
    let watch = |number: usize| httpd.watch(&root, &format!("n{number}"), &["-i", "10000"]);
    let mut monitors: Vec<Monitor> = (1..20).map(watch).collect();
    httpd.wait_until_asked("HEAD / HTTP/1.1", 200, 19);
    // By the time the server has answered the last one, it knows how the connections before ended.
    monitors.push(watch(20));
    httpd.wait_until_asked("HEAD / HTTP/1.1", 200, 20);
    assert_eq!(httpd.read("access.log").lines().count(), 20);
    assert_eq!(httpd.asked("HEAD / HTTP/1.1", 200), 20);
    assert!(monitors.iter_mut().all(Monitor::is_running));
    assert_eq!(root.ids().iter().filter(|id| **id > 2).count(), 0);
    httpd.assert_content();
}

fn stopped(kind: Kind) {
    let root = Root::new();
    let Some(mut httpd) = Httpd::start(kind, &root) else {
        return;
    };
    let mut monitor = httpd.watch(&root, "web", &["-i", "1", "-c", "2", "-r", "1"]);
    httpd.wait_until_asked("HEAD / HTTP/1.1", 200, 1);
    httpd.stop(&monitor);
    let stopped = Instant::now();
    let (status, ran) = monitor.wait();
    let took = stopped.elapsed();
    assert_eq!(status.code(), Some(1));
    assert_eq!(
        texts(&root, "web"),
        ended_by(72, "has detected network error (connect error[111]).")
    );
    // The second check was the first to fail, at the earliest; then come two retries.
    assert!(ran >= 3 * SECOND, "{ran:?}");
    // The next check is an interval away; then RETRIES x max(INTERVAL, TIMEOUT) + TIMEOUT.
    assert!(took <= 4 * SECOND + SLACK, "{took:?}");
}

fn frozen(kind: Kind) {
    let root = Root::new();
    let Some(httpd) = Httpd::start(kind, &root) else {
        return;
    };
    let mut monitor = httpd.watch(&root, "web", &["-i", "1", "-c", "1", "-r", "1"]);
    httpd.wait_until_asked("HEAD / HTTP/1.1", 200, 1);
    httpd.freeze();
    let frozen = Instant::now();
    let (status, ran) = monitor.wait();
    let took = frozen.elapsed();
    assert_eq!(status.code(), Some(1));
    assert_eq!(
        texts(&root, "web"),
        ended_by(74, "has detected network error (select error[110]).")
    );
    // It was connected each time. (On a busy machine there may be void checks besides, of a monitor run too late.)
    let log = root.failure_log();
    for failed in [
        "try 1/2, waiting for the answer",
        "try 2/2, waiting for the answer",
    ] {
        assert_eq!(log.matches(failed).count(), 1, "{log}");
    }
    assert!(!log.contains("connecting"), "{log}");
    // The second check was the first to fail, at the earliest; it and the retry take their full time.
    assert!(ran >= 3 * SECOND, "{ran:?}");
    assert!(took <= 3 * SECOND + SLACK, "{took:?}");
}

/// Codes that count once a URI other than `/` is given, and one that does not.
fn codes_with_a_uri(kind: Kind) {
    let root = Root::new();
    let Some(httpd) = Httpd::start(kind, &root) else {
        return;
    };
    let watch = |identifier: &str, uri: &str| {
        httpd.watch(&root, identifier, &["-i", "1", "-c", "1", "-h", uri])
    };
    let mut redirected = watch("moved", "/moved");
    let mut failing = [(404, "/nosuch"), (401, "/auth/"), (503, "/down")]
        .map(|(code, uri)| (code, uri, watch(&format!("x{code}"), uri)));
    for (code, uri, monitor) in &mut failing {
        let (status, ran) = monitor.wait();
        assert_eq!(status.code(), Some(1), "{uri}");
        assert!(ran >= SECOND, "{uri}: {ran:?}");
        let failure = format!("has detected an error in HTTP (invalid status code[{code}]).");
        assert_eq!(
            texts(&root, &format!("x{code}")),
            ended_by(83, &failure),
            "{uri}"
        );
        assert_eq!(httpd.asked(&format!("HEAD {uri} HTTP/1.1"), *code), 2);
    }
    httpd.wait_until_asked("HEAD /moved HTTP/1.1", 302, 3);
    assert_eq!(ids(&root, "moved"), [1, 2]);
    assert!(redirected.is_running());
}

/// Stopped, and started again before the last retry; then stopped for good: the count had been cleared.
fn restarted(kind: Kind) {
    let root = Root::new();
    let Some(mut httpd) = Httpd::start(kind, &root) else {
        return;
    };
    // Three retries: two seconds for the server to come back after the first one failed.
    let mut monitor = httpd.watch(&root, "web", &["-i", "1", "-c", "3"]);
    httpd.wait_until_asked("HEAD / HTTP/1.1", 200, 1);
    httpd.stop(&monitor);
    root.wait_for_alert(72, 1);
    wait_for("the first retry", || {
        root.failure_log().contains("try 2/4").then_some(())
    });
    assert!(httpd.launch(), "{}", httpd.read("output"));
    let before = httpd.asked("HEAD / HTTP/1.1", 200);
    httpd.wait_until_asked("HEAD / HTTP/1.1", 200, before + 2);
    assert!(monitor.is_running());
    assert_eq!(ids(&root, "web"), [1, 2, 72]);
    assert!(root.failure_log().contains("check healthy again"));
    httpd.stop(&monitor);
    assert_eq!(monitor.code(), 1);
    assert_eq!(ids(&root, "web"), [1, 2, 72, 72, 72, 6]);
    for count in 1..=2 {
        let line = format!("try {count}/4");
        assert_eq!(root.failure_log().matches(&line).count(), 2, "{line}");
    }
    assert_eq!(root.failure_log().matches("try 4/4").count(), 1);
}

fn over_ipv6(kind: Kind) {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        // No package brings it: not held against a machine that must skip nothing.
        return;
    }
    let root = Root::new();
    let Some(httpd) = Httpd::start_on(kind, &root, Ipv6Addr::LOCALHOST.into()) else {
        return;
    };
    let mut monitor = httpd.watch(&root, "web", &["-i", "1", "-c", "1"]);
    httpd.wait_until_asked("HEAD / HTTP/1.1", 200, 2);
    assert!(monitor.is_running());
    assert_eq!(ids(&root, "web"), [1, 2]);
    httpd.assert_content();
}

macro_rules! scenarios {
    ($server:ident, $kind:expr => $($scenario:ident)*) => {
        mod $server {
            $(#[test] fn $scenario() { super::$scenario($kind); })*
        }
    };
}

scenarios!(nginx, super::Kind::Nginx => healthy one_line_a_check stopped frozen codes_with_a_uri restarted over_ipv6);
scenarios!(apache, super::Kind::Apache => healthy one_line_a_check stopped frozen codes_with_a_uri restarted over_ipv6);
