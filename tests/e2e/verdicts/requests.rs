//! The bytes of the request: what it asks for, and the host that it names.

use super::Expected::Healthy;
use super::service::replies;
use super::*;
use crate::support::skip;
use std::net::TcpListener;

/// An address of the test's own, so that only a server of the whole machine is in the way.
const PORT_80: &str = "127.77.0.1:80";

/// A request; `PORT` in `host` stands for the server's port.
fn request(uri: &str, version: &str, host: &str) -> Option<String> {
    Some(format!(
        "HEAD {uri} HTTP/{version}\r\nHost: {host}\r\nUser-Agent: clp_httpmon/{}\r\nAccept: */*\r\n\
         Connection: close\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    ))
}

fn asked(server: &'static str, arguments: &[&str], request: Option<String>) -> Row {
    Row {
        server,
        request,
        ..row(format!("-s {server} {arguments:?}"), replies(GOOD), Healthy).with(arguments)
    }
}

/// The bytes of the request to names and IPv4 addresses, of each version and form of Request-URI.
fn over_ipv4() -> Vec<Row> {
    let v4 = "127.0.0.1:PORT";
    let mut rows = vec![
        asked("127.0.0.1", &[], request("/", "1.1", v4)),
        asked("127.0.0.1", &["-v", "1.1"], request("/", "1.1", v4)),
        asked("127.0.0.1", &["-v", "1.0"], request("/", "1.0", v4)),
        asked("127.0.0.1", &["-h", "/"], request("/", "1.1", v4)),
        asked(
            "127.0.0.1",
            &["-h", "/a/b?c=d%20e&f=~"],
            request("/a/b?c=d%20e&f=~", "1.1", v4),
        ),
        asked("127.0.0.1", &["-h", "*"], request("*", "1.1", v4)),
        asked(
            "127.0.0.1",
            &["-h", "http://a.example:8080/x"],
            request("http://a.example:8080/x", "1.1", "a.example:8080"),
        ),
        asked(
            "127.0.0.1",
            &["-h", "http://[::1]/", "-v", "1.0"],
            request("http://[::1]/", "1.0", "[::1]"),
        ),
    ];
    for name in ["localhost", "LocalHost", "localhost."] {
        rows.push(Row {
            other_addresses: true,
            ..asked(name, &[], request("/", "1.1", &format!("{name}:PORT")))
        });
    }
    let longest = format!("/{}", "u".repeat(254));
    rows.push(asked(
        "127.0.0.1",
        &["-h", &longest],
        request(&longest, "1.1", v4),
    ));
    rows
}

/// The bytes of the request to IPv6 addresses: brackets always, a zone never.
fn over_ipv6() -> Vec<Row> {
    ["::1", "[::1]", "0:0:0:0:0:0:0:1", "::1%lo", "[::1%lo]"]
        .map(|server| Row {
            listen: "[::1]:0",
            ..asked(server, &["-v", "1.0"], request("/", "1.0", "[::1]:PORT"))
        })
        .into()
}

/// No `-n`: port 80, which `Host` leaves out.
fn default_port() -> Row {
    Row {
        listen: PORT_80,
        port: false,
        ..asked("127.77.0.1", &[], request("/", "1.1", "127.77.0.1"))
    }
}

#[test]
fn requests_over_ipv4() {
    run(&over_ipv4());
}

#[test]
fn requests_over_ipv6() {
    match TcpListener::bind("[::1]:0").map(drop) {
        Ok(()) => run(&over_ipv6()),
        Err(error) => skip(&format!("no IPv6 loopback: {error}")),
    }
}

#[test]
fn requests_to_the_default_port() {
    match TcpListener::bind(PORT_80).map(drop) {
        Ok(()) => run(&[default_port()]),
        Err(error) => skip(&format!("port 80 cannot be had: {error}")),
    }
}
