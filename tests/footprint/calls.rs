//! The system calls of a healthy check: what they may be, and what a trace says they were.

use crate::support::report;
use std::collections::BTreeMap;

/// The calls of one check, from the end of the wait for the check's time to the end of the next such wait.
pub(crate) struct Expected {
    pub(crate) protocol: &'static str,
    pub(crate) host: &'static str,
    /// How often each call may be made.
    calls: &'static [(&'static str, u64)],
}

/// The service's port lies outside of `net.ipv4.ip_local_port_range`; inside, a check asks for its own address (`getsockname`) to
/// tell a connection that leads back to itself.
///
/// The C floor (`benches/peers/floor.c`) takes 9 and 14: it has no epoll to register with, and does not ask for the
/// peer. A connection that stands is told apart from one that does not by both answers (a socket that was never
/// connected has no pending error either).
pub(crate) const EXPECTED: [Expected; 3] = [
    Expected {
        protocol: "httpmon",
        host: "127.0.0.1",
        calls: &[
            ("socket", 1),
            ("connect", 1),
            ("epoll_ctl", 1),
            ("getsockopt", 1),
            ("getpeername", 1),
            ("sendto", 1),
            ("recvfrom", 1),
            ("close", 1),
            // Until it is connected, until the answer is there, until the next check.
            ("epoll_wait", 3),
        ],
    },
    Expected {
        protocol: "smtpmon",
        host: "127.0.0.1",
        calls: &[
            ("socket", 1),
            ("connect", 1),
            ("epoll_ctl", 1),
            ("getsockopt", 1),
            ("getpeername", 1),
            // NOOP, QUIT.
            ("sendto", 2),
            // The greeting and the two answers.
            ("recvfrom", 3),
            ("close", 1),
            ("epoll_wait", 5),
        ],
    },
    Expected {
        protocol: "httpmon",
        host: "localhost",
        calls: &[
            // The hosts file. musl sets close-on-exec once more, for kernels that do not know the flag.
            ("open", 1),
            ("stat", 1),
            ("fcntl", 1),
            ("read", 1),
            ("socket", 1),
            ("connect", 1),
            ("epoll_ctl", 1),
            ("getsockopt", 1),
            ("getpeername", 1),
            ("sendto", 1),
            ("recvfrom", 1),
            ("close", 2),
            ("epoll_wait", 3),
        ],
    },
];

impl Expected {
    /// How often `call` may be made.
    pub(crate) fn of(&self, call: &str) -> u64 {
        let found = self.calls.iter().find(|(name, _)| *name == call);
        found.map_or(0, |(_, count)| *count)
    }

    /// Holds the second and the third check in the trace to what may be called. The first one still has pages to
    /// touch and alerts to raise.
    #[track_caller]
    pub(crate) fn judge(&self, trace: &str) {
        let calls: Vec<&str> = trace.lines().collect();
        let is_sleep = |call: &str| name(call) == "epoll_wait" && call.ends_with(" = 0");
        let sleeps: Vec<usize> = (0..calls.len()).filter(|&at| is_sleep(calls[at])).collect();
        assert!(sleeps.len() >= 3, "no three sleeps in the trace:\n{trace}");
        for ends in sleeps[..3].windows(2) {
            let check = &calls[ends[0] + 1..=ends[1]];
            let mut counts = BTreeMap::new();
            for call in check {
                *counts.entry(name(call)).or_insert(0) += 1;
            }
            let what = format!("{} {}: {} calls", self.protocol, self.host, check.len());
            report(&format!("{what}\n"));
            for (call, count) in counts {
                assert!(
                    count <= self.of(call),
                    "{what}, {call} {count} times:\n{check:#?}"
                );
            }
        }
    }
}

/// A call's name, in one spelling for all C libraries and architectures.
fn name(call: &str) -> &str {
    match call.split('(').next().unwrap_or_default() {
        "epoll_pwait" | "epoll_pwait2" => "epoll_wait",
        "openat" => "open",
        "statx" | "fstat" | "fstat64" | "newfstatat" | "fstatat64" => "stat",
        "fcntl64" => "fcntl",
        name => name,
    }
}
