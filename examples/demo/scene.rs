//! The stage of the demonstration: a private directory, the monitors in it, and what is seen of them.

use crate::license;
use crate::monitor::{CommandLine, Monitor};
use crate::screen::Screen;
use crate::server::{Server, Session};
use crate::service::Service;
use crate::tail::Tail;
use crate::trouble::{Outcome, Trouble, io};
use clp_isa_core::paths::{ALERT_LOG, SYSLOG};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io::BufRead;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// How often the logs are looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Longest time the monitors may take to stop.
const STOP_MAX: Duration = Duration::from_secs(5);

/// The private directory, removed at the end.
struct Root(PathBuf);

impl Root {
    /// Short: the path of a control socket must fit 107 bytes. A directory that exists already is not ours.
    fn create() -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("isa_demo.{}", std::process::id()));
        let created = DirBuilder::new().mode(0o700).create(&path);
        created
            .map_err(io("the temporary folder"))
            .map(|()| Self(path))
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // What cannot be removed stays in the directory for such files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The stage. The monitors stand before the directory: they must be gone before it goes.
pub(crate) struct Scene {
    screen: Screen,
    pub(crate) deadline: Option<Instant>,
    signals: SignalFd,
    interrupted: bool,
    report: Sender<Session>,
    sessions: Receiver<Session>,
    alerts: Tail,
    syslog: UnixDatagram,
    /// The last message that reached it.
    pub(crate) told_syslog: String,
    monitors: Vec<Monitor>,
    root: Root,
}

impl Scene {
    pub(crate) fn open() -> Outcome<Self> {
        // Taken from a descriptor: however the demonstration ends, the monitors are stopped and the directory removed.
        let wanted = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]);
        let signals = wanted
            .thread_block()
            .and_then(|()| {
                SignalFd::with_flags(&wanted, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
            })
            .map_err(|errno| Trouble::Io("signalfd", errno.into()))?;
        let root = Root::create()?;
        // What `/dev/log` is on a node.
        let syslog = fs::create_dir(root.0.join("dev"))
            .and_then(|()| UnixDatagram::bind(root.0.join(SYSLOG)))
            .and_then(|syslog| syslog.set_nonblocking(true).map(|()| syslog))
            .map_err(io("the syslog socket"))?;
        license::register_trial(&root.0)?;
        let (report, sessions) = channel();
        Ok(Self {
            screen: Screen::new(),
            deadline: None,
            signals,
            interrupted: false,
            report,
            sessions,
            alerts: Tail::new(root.0.join(ALERT_LOG)),
            syslog,
            told_syslog: String::new(),
            monitors: Vec::new(),
            root,
        })
    }

    pub(crate) fn tell(&self, text: &str) -> Outcome<()> {
        self.screen.print("", "", text)
    }

    /// After `open`: the server's threads must not take the signals either.
    pub(crate) fn serve(&self, service: &'static Service) -> Outcome<Server> {
        Server::start(service, self.report.clone())
    }

    fn command_line(
        &self,
        service: &'static Service,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Outcome<CommandLine> {
        let line = CommandLine::new(service, &self.root.0, arguments);
        self.screen.print(service.name, "$", &line.shown)?;
        Ok(line)
    }

    /// Starts the service's monitor.
    pub(crate) fn start(
        &mut self,
        service: &'static Service,
        options: impl IntoIterator<Item = OsString>,
    ) -> Outcome<()> {
        let line = self.command_line(service, options)?;
        let monitor = line.start(service, &self.root.0)?;
        self.monitors.push(monitor);
        Ok(())
    }

    /// Runs one of the verbs.
    pub(crate) fn command(&self, service: &'static Service, verb: &str) -> Outcome<()> {
        let output = self.command_line(service, [verb.into()])?.output()?;
        for line in output.stdout.lines() {
            let line = line.map_err(io("the command"))?;
            self.screen.print(service.name, "", &line)?;
        }
        Ok(())
    }

    /// Shows what happens until every monitor has made `count` checks of the servers here.
    pub(crate) fn follow_checks(&mut self, count: u32) -> Outcome<()> {
        self.follow(|scene| scene.monitors.iter().all(|monitor| monitor.checks >= count))
    }

    /// Shows what happens until the service's monitor has ended, which it may do from now on.
    pub(crate) fn follow_to_end(&mut self, service: &'static Service) -> Outcome<()> {
        let mut monitors = self.monitors.iter_mut();
        if let Some(monitor) = monitors.find(|monitor| monitor.watches(service)) {
            monitor.may_end = true;
        }
        self.follow(|scene| scene.end(service).is_some())
    }

    /// How the service's monitor ended, if it has.
    pub(crate) fn end(&self, service: &'static Service) -> Option<ExitStatus> {
        let mut monitors = self.monitors.iter();
        monitors.find(|monitor| monitor.watches(service))?.ended
    }

    /// Shows what happens until `done`.
    pub(crate) fn follow(&mut self, done: impl Fn(&Self) -> bool) -> Outcome<()> {
        // Ends: every look takes time, and a wait without a deadline is one for the reader's Ctrl-C.
        loop {
            let all_ended = self.monitors.iter().all(|monitor| monitor.ended.is_some());
            match self.interrupted {
                true if all_ended => return Err(Trouble::Interrupted),
                false if done(self) => return Ok(()),
                _ if self.deadline.is_some_and(|end| end <= Instant::now()) => {
                    return Err(Trouble::TooLong);
                }
                _ => self.look()?,
            }
        }
    }

    fn look(&mut self) -> Outcome<()> {
        // The wait for a session is the pause between two looks; `report` keeps it from failing at once.
        let session = self.sessions.recv_timeout(LOOK).ok();
        // Before the logs, so that the last lines of an ended monitor are seen; before the signals, since Ctrl-C
        // reaches the monitors, too.
        let ends = self.monitors.iter_mut().map(Monitor::poll_end);
        let ends = ends.collect::<Outcome<Vec<_>>>()?;
        let signalled = matches!(self.signals.read_signal(), Ok(Some(_)));
        self.interrupted |= signalled;
        self.show_logs()?;
        for (monitor, end) in self.monitors.iter_mut().zip(ends) {
            if let Some(status) = end {
                monitor.ended = end;
                let name = monitor.service.name;
                self.screen.print(name, "ended", &status.to_string())?;
                if !self.interrupted && !monitor.may_end {
                    return Err(Trouble::Ended(status));
                }
            }
        }
        if signalled {
            self.deadline = Instant::now().checked_add(STOP_MAX);
            self.monitors.iter().for_each(Monitor::interrupt);
        }
        // After the logs: they were written before the check that is seen here began.
        if let Some(session) = session {
            let Session {
                service,
                told,
                shown,
            } = session;
            self.screen.print(service.name, "server", &told)?;
            drop(shown);
            let mut monitors = self.monitors.iter_mut();
            if let Some(monitor) = monitors.find(|monitor| monitor.watches(service)) {
                monitor.checks = monitor.checks.saturating_add(1);
            }
        }
        Ok(())
    }

    fn show_logs(&mut self) -> Outcome<()> {
        for monitor in &mut self.monitors {
            let name = monitor.service.name;
            for line in monitor.failures.lines()? {
                // Time [process id] identifier: text.
                let start = format!("] {name}: ");
                let (_, text) = line.split_once(&start).unwrap_or(("", &line));
                self.screen.print(name, "log", text)?;
            }
        }
        for line in self.alerts.lines()? {
            // Receive time, time, server, module, event id, message.
            if let [.., protocol, id, message] = line.split('\t').collect::<Vec<_>>().as_slice() {
                let mut monitors = self.monitors.iter().map(|monitor| monitor.service);
                let service = monitors.find(|service| service.protocol.info().name == *protocol);
                let name = service.map_or("", |service| service.name);
                self.screen.print(name, &format!("event {id}"), message)?;
            }
        }
        let mut datagram = [0; 1024];
        while let Ok(length) = self.syslog.recv(&mut datagram) {
            let text = datagram.get(..length).unwrap_or_default();
            self.told_syslog = String::from_utf8_lossy(text).into_owned();
        }
        Ok(())
    }
}
