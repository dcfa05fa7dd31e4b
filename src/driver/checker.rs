//! One check at a time, with what it needs of the system: the connection, the look-ups, their tokens.
//!
//! Owns carrying out what a check wants and telling it what came of it. Does not wait: the loop around it does, the
//! monitor's as well as that of a single check.

use super::connection::{Connection, Hint};
use super::families;
use super::ports::Ports;
use super::resolver::Resolver;
use crate::resolve::{self, Lookup};
use clp_isa_core::check::{self, Attempt, Call, Check, Ending, Outcome};
use clp_isa_core::config::{Config, Host};
use clp_isa_core::errno::Errno;
use clp_isa_core::limits::RECEIVE_MAX;
use clp_isa_core::time::Instant;
use clp_isa_core::wire::lookup::NOT_WHOLE;
use core::time::Duration;
use mio::event::Event;
use mio::{Registry, Token};
use nix::unistd::Pid;
use std::path::PathBuf;

/// What the loop is told of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// An address failed and another one follows.
    Attempt(Attempt),
    /// The check has ended; everything of it is closed.
    Done(Outcome),
}

/// The checks of one configuration. In the order of use: `start`; then call `advance` until it gives nothing, after
/// every other call; hand on readiness and time until `Report::Done`.
#[derive(Debug)]
pub(super) struct Checker<'a> {
    config: &'a Config,
    hosts: PathBuf,
    ports: Ports,
    check: Check,
    connection: Option<Connection>,
    /// What one read brings. Kept, because making it costs more than all that is done with it.
    buffer: Box<[u8]>,
    resolver: Resolver,
    /// Whether the last check that ended was: no need to ask what the node lacks, nor for the range of source ports.
    was_healthy: bool,
    /// Told apart from readiness of an earlier connection or child by the token.
    generation: usize,
    /// The least number that its tokens may have.
    first: usize,
}

impl<'a> Checker<'a> {
    /// Checks of what `config` names; names are looked for in the file `hosts` first. Tokens below `first` are the
    /// loop's own.
    pub(super) fn new(config: &'a Config, hosts: PathBuf, first: usize) -> Self {
        Self {
            config,
            hosts,
            ports: Ports::ANY,
            check: Check::new(config),
            connection: None,
            buffer: vec![0; RECEIVE_MAX].into(),
            resolver: Resolver::default(),
            was_healthy: false,
            generation: 0,
            first,
        }
    }

    /// The check itself, for the addresses that it remembers.
    pub(super) const fn check(&self) -> &Check {
        &self.check
    }

    /// Begins a check; see [`Check::start`].
    pub(super) fn start(&mut self, excuse_late: bool, now: Instant) {
        if !self.was_healthy {
            // sysctl(8) may change it under a running monitor.
            self.ports = Ports::read();
            // An address alone has all of the time anyway.
            if matches!(self.config.host, Host::Name(_)) {
                self.check.handle_missing(families::missing());
            }
        }
        self.check.start(excuse_late, now);
    }

    /// Drops the running check with all that is open for it.
    pub(super) fn drop_check(&mut self) {
        self.check.abort();
        self.resolver.abandon();
        self.disconnect();
    }

    /// Whether `advance` has anything to do.
    pub(super) fn wants_something(&self) -> bool {
        self.check.has_action()
    }

    /// Carries out what the check wants, up to the next thing to be told. Ends: an action leads to a further address
    /// or to the outcome, and there are finitely many addresses.
    pub(super) fn advance(&mut self, registry: &Registry, now: Instant) -> Option<Report> {
        while let Some(action) = self.check.poll_action() {
            match action {
                check::Action::Lookup => self.lookup(registry, now),
                check::Action::AbandonLookup => self.resolver.abandon(),
                check::Action::Log(attempt) => return Some(Report::Attempt(attempt)),
                check::Action::Connect(address) => {
                    self.disconnect();
                    let token = self.next_token();
                    let ports = self.ports;
                    self.connection =
                        Connection::open(address, ports, registry, token, &mut self.check, now);
                }
                check::Action::Done(outcome) => {
                    self.disconnect();
                    self.was_healthy = outcome.attempt.ending == Ending::Healthy;
                    return Some(Report::Done(outcome));
                }
            }
        }
        None
    }

    fn lookup(&mut self, registry: &Registry, now: Instant) {
        match resolve::in_process(&self.config.host, self.config.port, &self.hosts) {
            Lookup::Literal(address) => self.check.handle_addresses(&[address], now),
            Lookup::Found(addresses) => self.check.handle_addresses(&addresses, now),
            Lookup::Failed(number) => self.check.handle_lookup_failed(number, now),
            Lookup::Ask => {
                let Host::Name(name) = &self.config.host else {
                    return;
                };
                let token = self.next_token();
                if let Err(errno) = self.resolver.start(name, registry, token) {
                    self.check.handle_error(Call::Spawn, errno, now);
                }
            }
        }
    }

    fn disconnect(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close(&mut self.buffer);
        }
    }

    /// A token that no earlier connection or look-up had within any time that readiness could be on its way.
    fn next_token(&mut self) -> Token {
        self.generation = self.generation.wrapping_add(1).max(self.first);
        Token(self.generation)
    }

    /// Something is ready. Connection or look-up: one of the two is there at a time; an older one's readiness is told
    /// by its token.
    pub(super) fn handle_readiness(&mut self, event: &Event, now: Instant) {
        if event.token() == Token(self.generation) {
            self.move_bytes(event.into(), now);
        }
    }

    /// Moves what the connection or the look-up has to give, whether a readiness told of it or not.
    pub(super) fn pump(&mut self, now: Instant) {
        self.move_bytes(Hint::Unknown, now);
    }

    fn move_bytes(&mut self, hint: Hint, now: Instant) {
        if let Some(connection) = &mut self.connection {
            connection.pump(hint, &mut self.buffer, &mut self.check, now);
        } else if let Some(answer) = self.resolver.poll(self.config.port, &mut self.buffer) {
            match answer {
                Ok(addresses) => self.check.handle_addresses(&addresses, now),
                Err(errno @ NOT_WHOLE) => self.check.handle_error(Call::Spawn, Errno(errno), now),
                Err(number) => self.check.handle_lookup_failed(number, now),
            }
        }
    }

    /// Whether `pump` is due without a new readiness.
    pub(super) fn has_more(&self) -> bool {
        self.connection.as_ref().is_some_and(Connection::has_more)
    }

    /// Children may have ended.
    pub(super) fn reap(&mut self) {
        self.resolver.reap();
    }

    /// Whether this is a child of the look-ups' that is not reaped.
    pub(super) fn owns(&self, pid: Pid) -> bool {
        self.resolver.owns(pid)
    }

    /// When the loop must wake for the check; at once (moment zero) if something is known to wait.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        if self.has_more() {
            return Some(Instant::new(Duration::ZERO));
        }
        self.check.poll_timeout()
    }

    /// Whether the check's deadline has come. What has arrived by now counts, even if its readiness has not been seen
    /// yet: `pump` and `advance` before `handle_timeout`.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.check
            .poll_timeout()
            .is_some_and(|deadline| deadline <= now)
    }

    /// The check's deadline has come.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.check.handle_timeout(now);
    }
}
