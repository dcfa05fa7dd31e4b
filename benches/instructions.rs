//! Instructions of what a check computes itself, both protocols: request, reply, verdict, the monitor's step. No system
//! call, no clock: the same binary gives the same number, to the instruction.
//!
//! Without an argument it runs itself under valgrind's callgrind, for a few checks and for many; the difference, by the
//! checks between, is one check's. Beside it stands the figure of the run before (`target/instructions`), if there was
//! one. Why not a crate for it: what there is needs a runner whose build takes ten minutes on two cores, for a
//! subtraction.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement stops at the first surprise"
)]

use arrayvec::ArrayString;
use clp_isa_core::check::{Action as Step, Check, Ending};
use clp_isa_core::config::{Addresses, Config, Host, HttpVersion, Request, Timing};
use clp_isa_core::identifier::Identifier;
use clp_isa_core::monitor::{Action, Monitor};
use clp_isa_core::time::Instant;
use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

const FEW: u64 = 10;
const MANY: u64 = 1010;

/// What nginx answers to `HEAD /`.
const HTTP: &[&[u8]] = &[b"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Tue, 24 Nov 2026 16:00:00 GMT\r\n\
    Content-Type: text/html\r\nContent-Length: 612\r\nLast-Modified: Tue, 13 Jun 2023 15:08:10 GMT\r\n\
    Connection: close\r\nETag: \"6488865a-264\"\r\nAccept-Ranges: bytes\r\n\r\n"];
/// What Postfix answers to nothing, `NOOP` and `QUIT`.
const SMTP: &[&[u8]] = &[
    b"220 mail.example.com ESMTP Postfix (Debian/GNU)\r\n",
    b"250 2.0.0 Ok\r\n",
    b"221 2.0.0 Bye\r\n",
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("work") => {
            let count = arguments
                .get(3)
                .and_then(|count| count.parse().ok())
                .expect("a count");
            work(arguments.get(2).expect("a protocol"), count);
        }
        // What cargo adds (--bench) says nothing.
        _ => measure(),
    }
}

/// `count` healthy checks, one a virtual minute.
fn work(protocol: &str, count: u64) {
    let (request, replies) = match protocol {
        "http" => {
            let (version, uri) = (HttpVersion::V1_1, ArrayString::from("/").unwrap());
            (Request::Http { version, uri }, HTTP)
        }
        _ => (Request::Smtp, SMTP),
    };
    let config = Config {
        identifier: Identifier::parse(b"bench").unwrap(),
        host: Host::V4(Ipv4Addr::LOCALHOST),
        port: 80,
        timing: Timing {
            interval: Duration::from_secs(60),
            retries: 3,
            timeout: Duration::from_secs(10),
        },
        request,
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, config.port));
    let addresses: Addresses = core::iter::once(address).collect();
    let (mut monitor, mut check) = (Monitor::new(config.timing), Check::new(&config));
    let mut now = Instant::new(Duration::from_secs(1000));
    let mut healthy = 0;
    monitor.handle_start(now);
    while healthy < count {
        while let Some(action) = monitor.poll_action() {
            if let Action::Check { excuse_late } = action {
                check.start(excuse_late, now);
            }
        }
        // Ends: a check asks for its addresses, connects, and is done.
        while let Some(step) = check.poll_action() {
            match step {
                Step::Lookup => check.handle_addresses(&addresses, now),
                Step::Connect(_) => {
                    check.handle_connected();
                    for reply in replies {
                        send(&mut check, now);
                        check.handle_received(reply, now);
                    }
                    send(&mut check, now);
                }
                Step::Done(outcome) => {
                    assert_eq!(outcome.attempt.ending, Ending::Healthy, "{protocol}");
                    monitor.handle_outcome(&outcome, now);
                    healthy += 1;
                }
                Step::AbandonLookup | Step::Log(_) => panic!("{protocol}: not a healthy check"),
            }
        }
        if let Some(due) = monitor.poll_timeout() {
            now = due;
            monitor.handle_timeout(now);
        }
    }
}

fn send(check: &mut Check, now: Instant) {
    let count = check.outgoing().len();
    check.handle_sent(count, now);
}

fn measure() {
    let known = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("instructions");
    let before = fs::read_to_string(&known).unwrap_or_default();
    let mut now = String::new();
    for protocol in ["http", "smtp"] {
        let per_check = (count(protocol, MANY) - count(protocol, FEW)) / (MANY - FEW);
        let previous = before.lines().find_map(|line| line.strip_prefix(protocol));
        let previous = previous.map_or("no run before".into(), |previous| {
            format!("before:{previous}")
        });
        let line = format!("{protocol}: {per_check} instructions a check ({previous})\n");
        io::stdout().write_all(line.as_bytes()).unwrap();
        now += &format!("{protocol} {per_check}\n");
    }
    fs::write(known, now).unwrap();
}

/// Instructions of this program's run of `count` checks.
fn count(protocol: &str, count: u64) -> u64 {
    let program = std::env::current_exe().unwrap();
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["work", protocol, &count.to_string()])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .expect("valgrind (Debian: valgrind)");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    let collected = said
        .lines()
        .find_map(|line| line.split("Collected :").nth(1));
    collected
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or_else(|| panic!("no count in {said}"))
}
