//! What the contract has for each error, and whether it came so.

use super::cell::{Cell, Scene};
use std::fmt::{self, Display};

/// Errors that say something of the node alone.
const LOCAL: [&str; 4] = ["ENOMEM", "EMFILE", "EADDRNOTAVAIL", "EAFNOSUPPORT"];

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The call was made often enough to fail.
    pub(super) injected: bool,
    /// Exit code, if the monitor ended.
    pub(super) code: Option<i32>,
    /// Texts of alerts other than those of ordinary operation.
    pub(super) alerts: Vec<String>,
    /// Checks that were counted as failed, and those that were void.
    pub(super) failed: usize,
    pub(super) void: usize,
    /// Exit codes of the clients.
    pub(super) clients: Vec<i32>,
    /// SIGTERM did nothing, `--stop` did.
    pub(super) missed: bool,
}

impl Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        if !self.injected {
            words.push("not made".to_owned());
        }
        words.extend(self.alerts.iter().map(|text| format!("\"{text}\"")));
        if self.failed > 0 {
            words.push(format!("{} failed", self.failed));
        }
        if self.void > 0 {
            words.push(format!("{} void", self.void));
        }
        if self.clients.iter().any(|&code| code != 0) {
            words.push(format!("clients {:?}", self.clients));
        }
        if self.missed {
            words.push("signal missed".to_owned());
        }
        if let Some(code) = self.code {
            words.push(format!("exit {code}"));
        }
        f.write_str(if words.is_empty() { "unseen" } else { "" })?;
        f.write_str(&words.join(", "))
    }
}

impl Cell {
    /// Whether the contract has this outcome for the error. A later occurrence of a call may be one that nothing hangs
    /// on, such as the last look for more before a connection is closed.
    pub(super) fn accepts(self, outcome: &Outcome) -> bool {
        let is_later = self.occurrence > 1;
        match self.scene {
            Scene::Check => {
                let may_be_unseen = is_later || (self.call, self.error) == ("sendto", "EAGAIN");
                outcome.is(&self.of_check()) || (may_be_unseen && outcome.is(&Wanted::Unseen))
            }
            Scene::Hosts => outcome.is(&Wanted::Unseen),
            Scene::Lookup => outcome.is(&Wanted::Unseen) || outcome.is(&self.of_lookup()),
            // What a client is told may be lost; the monitor goes on, and the next client is served.
            Scene::Client | Scene::Sinks => {
                let lost = outcome.clients.iter().filter(|&&code| code != 0).count();
                outcome.is_quiet()
                    && outcome.code.is_none()
                    && lost <= 1
                    && outcome.clients.iter().all(|code| [0, 5].contains(code))
            }
            Scene::Stop => {
                // Missed only where the kernel says untruly that there is none.
                let may_be_missed = self.call == "read" && self.error == "EAGAIN";
                outcome.is_quiet() && outcome.code == Some(0) && (!outcome.missed || may_be_missed)
            }
        }
    }

    fn errno(self) -> i32 {
        use nix::libc;
        match self.error {
            "EINTR" => libc::EINTR,
            "EAGAIN" => libc::EAGAIN,
            "ENOMEM" => libc::ENOMEM,
            "EMFILE" => libc::EMFILE,
            "ENOENT" => libc::ENOENT,
            "EADDRNOTAVAIL" => libc::EADDRNOTAVAIL,
            "EAFNOSUPPORT" => libc::EAFNOSUPPORT,
            "ECONNRESET" => libc::ECONNRESET,
            _ => libc::EIO,
        }
    }

    fn of_check(self) -> Wanted {
        let errno = self.errno();
        let is_local = LOCAL.contains(&self.error);
        let void = |call: &str| Wanted::Void(format!("system error ({call} {errno})"));
        let failed = |call: &str, errno: i32| {
            Wanted::Failed(format!("network error ({call} error[{errno}])"))
        };
        match (self.call, self.error) {
            // Nothing hangs on these two; and another port does.
            ("close" | "getsockname", _) => Wanted::Unseen,
            ("connect", "EADDRNOTAVAIL") if self.last == self.occurrence => Wanted::Unseen,
            ("epoll_wait" | "sendto" | "recvfrom", "EINTR") => Wanted::Unseen,
            ("epoll_wait", _) => Wanted::Ended(format!("system error (epoll_wait {errno})")),
            ("epoll_ctl", _) => void("epoll_ctl"),
            ("socket", _) if is_local => {
                Wanted::Void(format!("network error (socket error[{errno}])"))
            }
            ("socket", _) => failed("socket", errno),
            // The kernel would go on connecting; the injected error leaves it undone.
            ("connect", "EINTR") => failed("connect", 110),
            ("connect" | "getsockopt" | "getpeername", _) if is_local => void("connect"),
            ("getsockopt" | "getpeername", "ECONNRESET") => failed("recv", errno),
            ("connect" | "getsockopt" | "getpeername", _) => failed("connect", errno),
            // The kernel would say when there is room again; the injected error is followed by nothing, unless the wake
            // was early and the connection is announced once more.
            ("sendto", "EAGAIN") => failed("select", 110),
            ("sendto", _) if is_local => void("send"),
            ("sendto", _) => failed("send", errno),
            // What is there is read at the deadline at the latest.
            ("recvfrom", "EAGAIN") => Wanted::Unseen,
            ("recvfrom", _) if is_local => void("recv"),
            _ => failed("recv", errno),
        }
    }

    /// The last good addresses are used, and 42 says why. What breaks off is told as a broken pipe.
    fn of_lookup(self) -> Wanted {
        let errno = match self.call {
            "read" => nix::libc::EPIPE,
            _ => self.errno(),
        };
        Wanted::Kept(format!("system error (spawn {errno})"))
    }
}

/// What the contract wants: the one alert's text holds this.
#[derive(Debug)]
enum Wanted {
    Unseen,
    Failed(String),
    Void(String),
    Kept(String),
    Ended(String),
}

impl Outcome {
    fn is_quiet(&self) -> bool {
        self.injected && self.alerts.is_empty() && self.failed == 0 && self.void == 0
    }

    fn is(&self, wanted: &Wanted) -> bool {
        let (text, counts, code) = match wanted {
            Wanted::Unseen => return self.is_quiet() && self.code.is_none(),
            Wanted::Failed(text) => (text, (1, 0), None),
            Wanted::Void(text) => (text, (0, 1), None),
            Wanted::Kept(text) => (text, (0, 0), None),
            Wanted::Ended(text) => (text, (0, 0), Some(5)),
        };
        let says_so = matches!(self.alerts.as_slice(), [alert] if alert.contains(text.as_str()));
        self.injected && says_so && (self.failed, self.void) == counts && self.code == code
    }
}
