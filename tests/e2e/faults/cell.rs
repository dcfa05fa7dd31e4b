//! One call, one error, one occurrence: what the monitor makes of it.

use crate::support::node::{Answer, Node, Resolver};
use crate::support::server::Server;
use crate::support::{Monitor, Root, binary, wait_for};
use nix::sys::signal::Signal;
use std::fmt::{self, Display};
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Errors that say something of the node alone.
const LOCAL: [&str; 4] = ["ENOMEM", "EMFILE", "EADDRNOTAVAIL", "EAFNOSUPPORT"];

/// What the monitor is doing when the call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scene {
    /// Checks of an address, once a second.
    Check,
    /// The same of a name in the hosts file.
    Hosts,
    /// The same of a name that only the look-up child finds.
    Lookup,
    /// Nothing but a client's pause and resume.
    Client,
    /// The same, with a look at the logs.
    Sinks,
    /// SIGTERM.
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub(super) scene: Scene,
    pub(super) call: &'static str,
    pub(super) error: &'static str,
    /// Which occurrence of the call fails, from 1.
    pub(super) occurrence: u8,
    /// The last one that fails.
    pub(super) last: u8,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The call was made often enough to fail.
    injected: bool,
    /// Exit code, if the monitor ended.
    code: Option<i32>,
    /// Texts of alerts other than those of ordinary operation.
    alerts: Vec<String>,
    /// Checks that were counted as failed, and those that were void.
    failed: usize,
    void: usize,
    /// Exit codes of the clients.
    clients: Vec<i32>,
    /// SIGTERM did nothing, `--stop` did.
    missed: bool,
}

impl Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scene = format!("{:?}", self.scene);
        write!(
            f,
            "{scene:7} {:12} {:13} {}-{}:",
            self.call, self.error, self.occurrence, self.last
        )
    }
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

/// Detached at the end.
struct Tracer {
    child: Child,
    log: PathBuf,
}

impl Drop for Tracer {
    fn drop(&mut self) {
        self.detach();
    }
}

impl Tracer {
    fn detach(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        let _ = nix::sys::signal::kill(pid, Signal::SIGINT);
        let _ = self.child.wait();
    }

    /// Detaches. Says whether the call has failed: all is written by then.
    fn end(mut self) -> bool {
        self.detach();
        self.injected()
    }

    fn injected(&self) -> bool {
        fs::read_to_string(&self.log)
            .unwrap_or_default()
            .contains("(INJECTED)")
    }
}

/// What the C libraries, each on each architecture, make of one call, as strace names it; a `?` before what there is
/// not everywhere.
fn names(call: &str) -> &str {
    match call {
        "clone3" => "?clone3,?clone,?fork,?vfork",
        "epoll_wait" => "?epoll_wait,?epoll_pwait",
        "newfstatat" => "?newfstatat,?statx,?lstat,?stat,?fstatat64,?lstat64,?stat64",
        "openat" => "?openat,?open",
        "statx" => "?statx,?fstat,?fstat64",
        "unlinkat" => "?unlinkat,?unlink",
        _ => call,
    }
}

impl Cell {
    pub(super) fn run(self) -> Outcome {
        let resolver = match self.scene {
            Scene::Lookup => Resolver::start(Answer::Address(Ipv4Addr::LOCALHOST)),
            _ => Resolver::none(),
        };
        let node = Node::new("", resolver);
        let root = &node.root;
        let server = Server::replying("HTTP/1.1 200 OK\r\n\r\n");
        fs::create_dir_all(root.join("dev")).unwrap();
        let _syslog = UnixDatagram::bind(root.join("dev/log")).unwrap();
        let mut monitor = self.start(&node, &server);
        server.wait_for_end();
        let tracer = self.attach(root, monitor.pid());
        let mut outcome = Outcome::default();
        match self.scene {
            Scene::Check | Scene::Hosts | Scene::Lookup => {
                self.watch(&mut monitor, &server, &tracer)
            }
            Scene::Client | Scene::Sinks => {
                for verb in ["--pause", "--resume", "--pause", "--resume"] {
                    outcome.clients.push(root.run(&["web", verb]).code);
                }
            }
            Scene::Stop => outcome.missed = self.stop(root, &mut monitor),
        }
        outcome.injected = tracer.end();
        if monitor.is_running() {
            // Alive is not enough: it must still listen, and end.
            assert_eq!(root.run(&["web", "--stop"]).code, 0, "{self}");
            assert_eq!(monitor.code(), 0, "{self}");
        } else {
            outcome.code = Some(monitor.code());
        }
        let ordinary = [1, 2, 3, 7, 8];
        let alerts = root
            .alerts()
            .into_iter()
            .filter(|alert| !ordinary.contains(&alert.id));
        outcome.alerts = alerts
            .map(|alert| alert.text.replace(" [ID:web]", ""))
            .collect();
        let log = root.failure_log();
        outcome.failed = log.matches(": check failed").count();
        // Lateness is the load's doing, not the fault's.
        outcome.void = log.matches(": check void (the node").count();
        outcome
    }

    fn start(self, node: &Node, server: &Server) -> Monitor {
        let (host, interval) = match self.scene {
            Scene::Check => ("127.0.0.1", "1"),
            Scene::Hosts => ("localhost", "1"),
            Scene::Lookup => ("faraway", "1"),
            Scene::Client | Scene::Sinks | Scene::Stop => ("127.0.0.1", "10000"),
        };
        let port = server.port();
        let arguments = [
            "web", "-s", host, "-n", &port, "-i", interval, "-r", "2", "-c", "3",
        ];
        if self.scene != Scene::Lookup {
            return node.root.start(&arguments);
        }
        let mut command = node.command();
        command.arg(binary()).arg("httpmon").args(arguments);
        let mut monitor = Monitor::spawn(&mut command);
        node.root.wait_for_start(&mut monitor, "web", 0);
        monitor
    }

    fn attach(self, root: &Root, pid: u32) -> Tracer {
        let Self {
            call,
            error,
            occurrence,
            last,
            ..
        } = self;
        let call = names(call);
        let log = root.join("strace");
        let mut command = Command::new("strace");
        command
            .args([
                "-qq",
                "-p",
                &pid.to_string(),
                "-e",
                &format!("trace={call}"),
            ])
            .args([
                "-e",
                &format!("inject={call}:error={error}:when={occurrence}..{last}"),
                "-o",
            ])
            .arg(&log)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let tracer = Tracer {
            child: command.spawn().unwrap(),
            log,
        };
        wait_for(&format!("{self} to be traced"), || {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
            let is_traced = !status.contains("TracerPid:\t0\n");
            // The call may have failed, and the monitor ended, before we looked.
            (is_traced || tracer.injected()).then_some(())
        });
        tracer
    }

    /// Waits until the call has failed and the next checks were made, or the monitor ended.
    fn watch(self, monitor: &mut Monitor, server: &Server, tracer: &Tracer) {
        wait_for(&format!("{self} to be injected"), || {
            (tracer.injected() || !monitor.is_running()).then_some(())
        });
        let before = server.requests().len();
        wait_for(&format!("{self}: checks to go on"), || {
            (server.requests().len() >= before + 2 || !monitor.is_running()).then_some(())
        });
    }

    /// Ends the monitor by a signal, if that does not do by a client. Says whether it did not do.
    fn stop(self, root: &Root, monitor: &mut Monitor) -> bool {
        monitor.signal(Signal::SIGTERM);
        let sent = Instant::now();
        let has_ended = wait_for("the end", || {
            let has_ended = !monitor.is_running();
            (has_ended || sent.elapsed() > Duration::from_secs(3)).then_some(has_ended)
        });
        if !has_ended {
            assert_eq!(root.run(&["web", "--stop"]).code, 0, "{self}");
            monitor.wait();
        }
        !has_ended
    }

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
