//! One call, one error, one occurrence: what the monitor makes of it.

use super::tracer::Tracer;
use super::wanted::Outcome;
use crate::support::node::{Answer, Node, Resolver};
use crate::support::server::Server;
use crate::support::{Monitor, Root, binary, wait_for};
use nix::sys::signal::Signal;
use std::fmt::{self, Display};
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

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

impl Cell {
    pub(super) fn run(self) -> Outcome {
        let resolver = match self.scene {
            Scene::Lookup => Resolver::start(Answer::Address(Ipv4Addr::LOCALHOST)),
            _ => Resolver::none(),
        };
        let node = Node::new("", resolver);
        let root = &node.root;
        let server = Server::healthy();
        fs::create_dir_all(root.join("dev")).unwrap();
        let _syslog = UnixDatagram::bind(root.join("dev/log")).unwrap();
        let mut monitor = self.start(&node, &server);
        server.wait_for_end();
        let tracer = Tracer::attach(self, root, monitor.pid());
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
}
