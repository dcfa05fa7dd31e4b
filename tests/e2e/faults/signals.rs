//! Every signal there is, sent to a running monitor: what becomes of it.

use crate::support::server::Server;
use crate::support::{Monitor, Root, wait_for};
use std::fmt::{self, Display};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

/// Signals have the numbers up to this (signal(7)).
pub(crate) const LAST: u8 = 64;

/// What becomes of a monitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its checks go on.
    Unseen,
    Exit(i32),
    Killed(i32),
}

impl Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unseen => f.write_str("unseen"),
            Self::Exit(code) => write!(f, "exit {code}"),
            Self::Killed(signal) => write!(f, "killed by {signal}"),
        }
    }
}

/// Whether a signal means nothing to a monitor. Those that do: SIGINT and SIGTERM stop it; SIGQUIT and those of a fault
/// in the program end it, as SIGKILL does; SIGSTOP stops the process; and 32 to 34 the C libraries let nobody block.
pub(crate) fn is_harmless(number: u8) -> bool {
    !matches!(number, 2..=9 | 11 | 15 | 19 | 31..=34)
}

/// Whether this may become of a monitor that gets this signal.
pub(super) fn accepts(number: u8, fate: Fate) -> bool {
    let killed = Fate::Killed(number.into());
    match number {
        2 | 15 => fate == Fate::Exit(0),
        // The first SIGBUS or SIGSEGV that no access caused is swallowed by the standard library's look at the stack's
        // guard. Which of the C library's own are ignored depends on it and on the parent's. Stopped, the process goes
        // on with the SIGCONT that follows.
        7 | 11 | 32..=34 => [Fate::Unseen, killed].contains(&fate),
        19 => fate == Fate::Unseen,
        _ if is_harmless(number) => fate == Fate::Unseen,
        _ => fate == killed,
    }
}

/// Sends a signal by its number: the real-time ones have no name.
pub(crate) fn send(monitor: &Monitor, number: u8) {
    let status = Command::new("sh")
        .args(["-c", "kill -\"$0\" \"$1\"", &number.to_string()])
        .arg(monitor.pid().to_string())
        .status();
    assert!(status.unwrap().success(), "{number}");
}

/// Sends it to a monitor, and SIGCONT after it.
pub(super) fn run(number: u8) -> Fate {
    let server = Server::healthy();
    let root = Root::new();
    let port = server.port();
    let mut monitor = root.start(&["web", "-s", "127.0.0.1", "-n", &port, "-i", "1"]);
    send(&monitor, number);
    // One that has ended is a zombie, which may be sent any signal.
    send(&monitor, 18);
    let before = server.requests().len();
    wait_for(
        &format!("signal {number}: further checks, or the end"),
        || (server.requests().len() >= before + 2 || !monitor.is_running()).then_some(()),
    );
    if monitor.is_running() {
        assert_eq!(root.run(&["web", "--stop"]).code, 0, "{number}");
        assert_eq!(monitor.code(), 0, "{number}");
        assert_eq!(root.ids(), [1, 2, 3], "{number}");
        return Fate::Unseen;
    }
    let status = monitor.wait().0;
    match status.code() {
        Some(code) => Fate::Exit(code),
        None => Fate::Killed(status.signal().unwrap()),
    }
}
