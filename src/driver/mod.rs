//! The loop: the only module that waits, reads the clock and knows mio.
//!
//! Owns the poll, the tokens, the sockets, signals and children, and carries what happens to the pure modules and
//! what they want to the system. Decides nothing that they could decide.

mod clients;
pub mod clock;
mod connection;
mod look_up;
mod notes;
mod signals;

use crate::alert::Alert;
use crate::check::{self, Call, Check, Outcome};
use crate::config::{Config, Host};
use crate::control::server::Socket;
use crate::monitor::{self, Exit, Monitor};
use crate::resolve::{self, LookUp};
use crate::units::{Errno, Moment};
use clients::Clients;
use connection::{Connection, Hint};
use core::time::Duration;
use look_up::LookUps;
use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use signals::Signals;
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

const SIGNALS: Token = Token(0);
const LISTENER: Token = Token(1);
const FIRST_CLIENT: usize = 2;
const AFTER_CLIENTS: usize = FIRST_CLIENT + crate::limits::CONTROL_CLIENTS;
/// Readiness taken from the kernel in one wait; more stays there for the next.
const EVENTS: usize = 16;

/// A system call without which the loop cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fatal {
    /// The call's name.
    pub call: &'static str,
    /// What it failed with.
    pub errno: Errno,
}

impl core::fmt::Display for Fatal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let meaning = nix::errno::Errno::from_raw(self.errno.0).desc();
        write!(f, "{}: {meaning} (errno {})", self.call, self.errno)
    }
}

impl Fatal {
    fn new(call: &'static str, errno: impl Into<Errno>) -> Self {
        Self {
            call,
            errno: errno.into(),
        }
    }

    /// `call` failed with the errno of `error`.
    pub fn from_io(call: &'static str, error: &std::io::Error) -> Self {
        Self {
            call,
            errno: Errno::from(error),
        }
    }
}

/// What a monitor is made of besides its configuration.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// Where alerts and the failure log go.
    pub alert: &'a mut Alert,
    /// The listening control socket; `None` where nobody is to control the monitor.
    pub control: Option<(UnixListener, Socket)>,
    /// The hosts file.
    pub hosts: PathBuf,
}

/// A monitor at work.
#[derive(Debug)]
pub struct Driver<'a> {
    poll: Poll,
    signals: Signals,
    config: Config,
    monitor: Monitor,
    check: Check,
    connection: Option<Connection>,
    look_ups: LookUps,
    /// Told apart from readiness of an earlier connection or child by the token.
    generation: usize,
    clients: Clients,
    alert: &'a mut Alert,
    hosts: PathBuf,
    exit: Option<Exit>,
}

impl<'a> Driver<'a> {
    /// Prepares everything the loop needs; the last step that may use the heap. Errors: the call that failed.
    pub fn new(config: &Config, surroundings: Surroundings<'a>) -> Result<Self, Fatal> {
        let Surroundings {
            alert,
            control,
            hosts,
        } = surroundings;
        let poll = Poll::new().map_err(|error| Fatal::from_io("epoll_create1", &error))?;
        let signals = Signals::open()?;
        let in_epoll = |error: std::io::Error| Fatal::from_io("epoll_ctl", &error);
        poll.registry()
            .register(
                &mut SourceFd(&signals.as_raw_fd()),
                SIGNALS,
                Interest::READABLE,
            )
            .map_err(in_epoll)?;
        let clients = Clients::new(control, poll.registry(), LISTENER).map_err(in_epoll)?;
        Ok(Self {
            poll,
            signals,
            config: *config,
            monitor: Monitor::new(config.timing),
            check: Check::new(config),
            connection: None,
            look_ups: LookUps::default(),
            generation: 0,
            clients,
            alert,
            hosts,
            exit: None,
        })
    }

    /// Watches until the monitor ends. Errors: the wait itself failed.
    pub fn run(&mut self) -> Result<Exit, Fatal> {
        let mut events = Events::with_capacity(EVENTS);
        let mut now = clock::now();
        self.monitor.handle_start(now);
        loop {
            self.act(now);
            if let Some(exit) = self.exit {
                return Ok(exit);
            }
            let wait = self
                .poll_timeout()
                .map(|deadline| deadline.since(clock::now()));
            match self.poll.poll(&mut events, wait) {
                Ok(()) => {}
                // Continued after a stop, for one: wait again, so that readiness is seen before any deadline.
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Fatal::from_io("epoll_wait", &error)),
            }
            now = clock::now();
            for event in &events {
                self.handle_readiness(event, now);
                self.act(now);
            }
            self.handle_backlogs(now);
            self.act(now);
            self.handle_timeouts(now);
        }
    }

    /// Ends what is open: the check, its children, and the control socket's name. Clients that wait for the end of
    /// the monitor stay connected as long as this value lives.
    pub fn close(&mut self) {
        self.drop_check();
        self.clients.remove_socket();
    }

    /// Carries out what monitor and check want until they want nothing more. Ends: an action of the check leads to
    /// a further address or to its outcome, an outcome to at most one further check, and a check that failed at
    /// once is followed by the next grid point's, which is not now.
    fn act(&mut self, now: Moment) {
        while self.exit.is_none() {
            if let Some(action) = self.monitor.poll_action() {
                self.follow_monitor(action, None, now);
            } else if let Some(action) = self.check.poll_action() {
                self.follow_check(action, now);
            } else {
                return;
            }
        }
    }

    fn follow_monitor(&mut self, action: monitor::Action, outcome: Option<&Outcome>, now: Moment) {
        match action {
            // The clock again: what was written since the wake must not be taken from the check's time.
            monitor::Action::Check { excuse_late } => self.check.start(excuse_late, clock::now()),
            monitor::Action::Abort => self.drop_check(),
            monitor::Action::Report(event) => self.alert.raise(event, clock::wall(), now),
            monitor::Action::Note(note) => {
                notes::write(self.alert, clock::wall(), &note, outcome, &self.check)
            }
            monitor::Action::Exit(exit) => self.exit = Some(exit),
        }
    }

    fn follow_check(&mut self, action: check::Action, now: Moment) {
        match action {
            check::Action::LookUp => self.look_up(now),
            check::Action::AbandonLookUp => self.look_ups.abandon(),
            check::Action::Note(attempt) => {
                notes::write_attempt(self.alert, clock::wall(), &attempt)
            }
            check::Action::Connect(address) => {
                self.disconnect();
                let token = self.next_token();
                self.connection =
                    Connection::open(address, self.poll.registry(), token, &mut self.check, now);
            }
            check::Action::Done(outcome) => {
                self.disconnect();
                self.monitor.handle_outcome(&outcome, now);
                // At once, while the outcome is known: the notes tell of it.
                while let Some(action) = self.monitor.poll_action() {
                    self.follow_monitor(action, Some(&outcome), now);
                }
            }
        }
    }

    fn look_up(&mut self, now: Moment) {
        match resolve::in_process(&self.config.host, self.config.port, &self.hosts) {
            LookUp::Found(addresses) => self.check.handle_addresses(&addresses, now),
            LookUp::Failed(number) => self.check.handle_look_up_failed(number, now),
            LookUp::Ask => {
                let Host::Name(name) = self.config.host else {
                    return;
                };
                let token = self.next_token();
                if let Err(errno) = self.look_ups.start(&name, self.poll.registry(), token) {
                    self.check.handle_error(Call::Spawn, errno, now);
                }
            }
        }
    }

    fn drop_check(&mut self) {
        self.check.abort();
        self.look_ups.abandon();
        self.disconnect();
    }

    fn disconnect(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close();
        }
    }

    /// A token that no earlier connection or look-up had within any time that readiness could be on its way.
    fn next_token(&mut self) -> Token {
        self.generation = self.generation.wrapping_add(1).max(AFTER_CLIENTS);
        Token(self.generation)
    }

    fn handle_readiness(&mut self, event: &Event, now: Moment) {
        match event.token() {
            SIGNALS => {
                let pending = self.signals.take();
                if pending.child {
                    self.look_ups.reap();
                    self.alert.handle_children(clock::wall(), now);
                }
                if pending.stop {
                    self.monitor.handle_stop();
                }
            }
            LISTENER => self.clients.accept(self.poll.registry(), FIRST_CLIENT, now),
            Token(number) if number < AFTER_CLIENTS => {
                self.clients.serve(
                    number.saturating_sub(FIRST_CLIENT),
                    &self.config,
                    &mut self.monitor,
                    now,
                );
            }
            // One of the two is there at a time; an older one's readiness is told by its token.
            token if token == Token(self.generation) => self.pump(event.into(), now),
            _ => {}
        }
    }

    /// Moves what the connection or the look-up has to give.
    fn pump(&mut self, hint: Hint, now: Moment) {
        if let Some(connection) = &mut self.connection {
            connection.pump(hint, &mut self.check, now);
        } else if let Some(answer) = self.look_ups.poll(self.config.port) {
            match answer {
                Ok(addresses) => self.check.handle_addresses(&addresses, now),
                Err(number) => self.check.handle_look_up_failed(number, now),
            }
        }
    }

    /// What is known to be waiting without a new readiness.
    fn handle_backlogs(&mut self, now: Moment) {
        if self.connection.as_ref().is_some_and(Connection::has_more) {
            self.pump(Hint::Unknown, now);
        }
        if self.clients.has_backlog() {
            self.clients.accept(self.poll.registry(), FIRST_CLIENT, now);
        }
    }

    fn handle_timeouts(&mut self, now: Moment) {
        let is_due = |deadline: Option<Moment>| deadline.is_some_and(|deadline| deadline <= now);
        if is_due(self.check.poll_timeout()) {
            // What has arrived by now counts, even if its readiness has not been seen yet.
            self.pump(Hint::Unknown, now);
            self.act(now);
            self.check.handle_timeout(now);
            self.act(now);
        }
        if is_due(self.monitor.poll_timeout()) {
            self.monitor.handle_timeout(now);
        }
        if is_due(self.alert.poll_timeout()) {
            self.alert.handle_timeout(clock::wall(), now);
        }
        self.clients.handle_timeout(now);
    }

    /// When the loop must wake if nothing happens; now, if something is known to wait.
    fn poll_timeout(&self) -> Option<Moment> {
        if self.connection.as_ref().is_some_and(Connection::has_more) {
            return Some(Moment::new(Duration::ZERO));
        }
        [
            self.monitor.poll_timeout(),
            self.check.poll_timeout(),
            self.alert.poll_timeout(),
            self.clients.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}
