//! The loop: the only module that waits, reads the clock and knows mio.
//!
//! Owns the poll, the tokens, the sockets, signals and children, and carries what happens to the pure modules and
//! what they want to the system. Decides nothing that they could decide.

mod checker;
mod clients;
mod connection;
mod descriptors;
mod failure_log;
mod families;
mod keeper;
pub mod once;
mod ports;
mod resolver;
mod signals;
mod strangers;

use crate::alert::Alert;
use crate::control::place::Place;
use crate::sys::{self, clock};
use checker::{Checker, Report};
use clients::Clients;
pub use clients::Witnesses;
use clp_isa_core::config::Config;
use clp_isa_core::monitor::{self, Exit, Monitor};
use clp_isa_core::time::{Instant, earlier};
pub use descriptors::close_inherited_descriptors;
use keeper::{Finding, Keeper};
use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use signals::Signals;
pub use signals::{block_file_size_signal, block_signals};
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::Path;

const SIGNALS: Token = Token(0);
const LISTENER: Token = Token(1);
const FIRST_CLIENT: usize = 2;
const AFTER_CLIENTS: usize = FIRST_CLIENT + clp_isa_core::limits::CONTROL_CLIENTS;
/// Readiness taken from the kernel in one wait; more stays there for the next.
const EVENTS: usize = 16;

#[derive(Debug)]
pub struct Driver<'a> {
    poll: Poll,
    signals: Signals,
    config: &'a Config,
    monitor: Monitor,
    checker: Checker<'a>,
    clients: Clients,
    keeper: Keeper<'a>,
    alert: &'a mut Alert,
    exit: Option<Exit>,
    /// SIGCHLD came.
    has_ended_children: bool,
}

impl<'a> Driver<'a> {
    /// Prepares everything the loop needs; the last step that may use the heap. Names are looked for in the file `hosts`
    /// first. Clients come by `listener`, the control socket that belongs to `place`. Errors: the call that failed.
    ///
    /// Boxed and not inlined: on the stack of the caller, who runs the loop, it and what it is made from would lie
    /// below all that the loop needs of the stack, and not in the same place.
    #[inline(never)]
    pub fn new(
        config: &'a Config,
        hosts: &Path,
        alert: &'a mut Alert,
        listener: UnixListener,
        place: &'a mut Place,
    ) -> Result<Box<Self>, sys::Error> {
        let poll = Poll::new().map_err(sys::Error::of("epoll_create1"))?;
        let signals = Signals::open()?;
        let in_epoll = sys::Error::of("epoll_ctl");
        poll.registry()
            .register(
                &mut SourceFd(&signals.as_raw_fd()),
                SIGNALS,
                Interest::READABLE,
            )
            .map_err(&in_epoll)?;
        let mut clients = Clients::new();
        clients
            .listen(listener, poll.registry(), LISTENER)
            .map_err(in_epoll)?;
        Ok(Box::new(Self {
            poll,
            signals,
            config,
            monitor: Monitor::new(config.timing),
            checker: Checker::new(config, hosts.into(), AFTER_CLIENTS),
            clients,
            keeper: Keeper::new(place, config.timing.interval),
            alert,
            exit: None,
            has_ended_children: false,
        }))
    }

    /// Watches until the monitor ends. Errors: the wait itself failed.
    pub fn run(&mut self) -> Result<Exit, sys::Error> {
        let mut events = Events::with_capacity(EVENTS);
        let mut now = clock::now();
        // What ended before this process became the monitor.
        strangers::reap(|pid| self.checker.owns(pid) || self.alert.owns(pid));
        self.monitor.handle_start(now);
        self.keeper.begin(now);
        self.act(now);
        loop {
            if let Some(exit) = self.exit {
                return Ok(exit);
            }
            let due = self.poll_timeout();
            // The clock again: what was carried out, and a wait that a stop interrupted, took their time.
            let wait = due.map(|due| due.since(clock::now()));
            match self.poll.poll(&mut events, wait) {
                Ok(()) => {}
                // Continued after a stop, for one: wait again, so that readiness is seen before any deadline.
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(sys::Error::of("epoll_wait")(error)),
            }
            now = clock::now();
            for event in &events {
                self.handle_readiness(event, now);
                self.act(now);
            }
            if self.has_ended_children {
                self.reap(now);
                self.act(now);
            }
            self.handle_backlogs(now);
            // A deadline that came about since the wait is the next wait's.
            if is_due(due, now) {
                self.handle_timeouts(now);
                self.act(now);
            }
        }
    }

    /// Ends what is open: the check, its children, and the control socket. Gives those who wait for the monitor's end.
    pub fn close(mut self) -> Witnesses {
        self.checker.drop_check();
        self.keeper.close_socket();
        self.clients.into_witnesses()
    }

    /// Carries out what monitor and check want until they want nothing more. Ends: an action of the check leads to
    /// a further address or to its outcome, an outcome to at most one further check, and a check that failed at
    /// once is followed by the next grid point's, which is not now.
    fn act(&mut self, now: Instant) {
        if self.monitor.has_action() || self.checker.wants_something() {
            self.carry_out(now);
        }
    }

    // Apart, so that a wake with nothing to carry out does not pay for its beginning and end.
    #[inline(never)]
    fn carry_out(&mut self, now: Instant) {
        while self.exit.is_none() {
            if let Some(action) = self.monitor.poll_action() {
                self.follow_monitor(action, now);
            } else if self.checker.wants_something() {
                if let Some(report) = self.checker.advance(self.poll.registry(), now) {
                    self.follow_check(report, now);
                }
            } else {
                return;
            }
        }
    }

    fn follow_monitor(&mut self, action: monitor::Action, now: Instant) {
        match action {
            // The clock again: what was written since the wake must not be taken from the check's time.
            monitor::Action::Check { excuse_late } => {
                self.checker.start(excuse_late, clock::now());
            }
            monitor::Action::Abort => self.checker.drop_check(),
            monitor::Action::Report(event) => self.alert.raise(event, clock::wall(), now),
            monitor::Action::Log(record) => {
                failure_log::write(self.alert, clock::wall(), &record, self.monitor.stats());
            }
            monitor::Action::Exit(exit) => self.exit = Some(exit),
        }
    }

    fn follow_check(&mut self, report: Report, now: Instant) {
        match report {
            Report::Attempt(attempt) => {
                failure_log::write_attempt(self.alert, clock::wall(), &attempt)
            }
            Report::Done(outcome) => self.monitor.handle_outcome(&outcome, now),
        }
    }

    fn handle_readiness(&mut self, event: &Event, now: Instant) {
        match event.token() {
            SIGNALS => {
                let pending = self.signals.take();
                self.has_ended_children |= pending.child;
                if pending.stop {
                    self.monitor.handle_stop();
                }
            }
            LISTENER => self.clients.accept(self.poll.registry(), FIRST_CLIENT, now),
            Token(number) if number < AFTER_CLIENTS => {
                self.clients.serve(
                    number.saturating_sub(FIRST_CLIENT),
                    self.config,
                    &mut self.monitor,
                    self.alert.lost(),
                    now,
                );
            }
            _ => self.checker.handle_readiness(event, now),
        }
    }

    /// Children have ended: ours, whose answers were read before, and others.
    // Apart: most checks start none.
    #[inline(never)]
    fn reap(&mut self, now: Instant) {
        self.has_ended_children = false;
        self.checker.reap();
        self.alert.handle_children(clock::wall(), now);
        strangers::reap(|pid| self.checker.owns(pid) || self.alert.owns(pid));
    }

    /// What is known to be waiting without a new readiness.
    fn handle_backlogs(&mut self, now: Instant) {
        if self.checker.has_more() {
            self.checker.pump(now);
            self.act(now);
        }
        if self.clients.has_backlog() {
            self.clients.accept(self.poll.registry(), FIRST_CLIENT, now);
        }
    }

    fn handle_timeouts(&mut self, now: Instant) {
        if let Some(finding) = self.keeper.look(now) {
            self.follow_keeper(finding);
            self.act(now);
        }
        if self.checker.is_due(now) {
            self.checker.pump(now);
            self.act(now);
            self.checker.handle_timeout(now);
            self.act(now);
        }
        if is_due(self.monitor.poll_timeout(), now) {
            self.monitor.handle_timeout(now);
        }
        if is_due(self.alert.poll_timeout(), now) {
            self.alert.handle_timeout(clock::wall(), now);
        }
        if is_due(self.clients.poll_timeout(), now) {
            self.clients.handle_timeout(now);
            // For those who have waited for the slots that are free now.
            self.handle_backlogs(now);
        }
    }

    // Apart: nobody cleans up under most monitors.
    #[inline(never)]
    fn follow_keeper(&mut self, finding: Finding) {
        match finding {
            Finding::Displaced => self.monitor.handle_displaced(),
            Finding::Lost(error) => failure_log::write_lost(self.alert, clock::wall(), &error),
            Finding::Back(listener) => {
                failure_log::write_back(self.alert, clock::wall());
                if let Some(listener) = listener
                    && let registry = self.poll.registry()
                    && self.clients.listen(listener, registry, LISTENER).is_err()
                {
                    self.keeper.close_socket();
                }
            }
        }
    }

    /// When the loop must wake if nothing happens.
    fn poll_timeout(&self) -> Option<Instant> {
        let own = earlier(self.monitor.poll_timeout(), self.checker.poll_timeout());
        let others = earlier(self.alert.poll_timeout(), self.clients.poll_timeout());
        earlier(earlier(own, others), self.keeper.poll_timeout())
    }
}

fn is_due(deadline: Option<Instant>, now: Instant) -> bool {
    deadline.is_some_and(|deadline| deadline <= now)
}
