//! One monitor in its world: the loop that carries out what it wants, and the judgement of all it does.

mod arrivals;
mod clients;

use crate::judge::Judge;
use crate::plan::{Frozen, Mood, Names, Plan, Service};
use crate::random::Random;
use crate::service::{Arrival, Connection};
use arrayvec::ArrayString;
use clp_isa_core::check::{self, Call, Check, Missing, Outcome};
use clp_isa_core::config::{Addresses, Config, Host, Request, Timing};
use clp_isa_core::errno::Errno;
use clp_isa_core::event::Event;
use clp_isa_core::identifier::Identifier;
use clp_isa_core::limits::LATE;
use clp_isa_core::monitor::{self, Exit, Monitor, State};
use clp_isa_core::probe;
use clp_isa_core::protocol::Protocol;
use clp_isa_core::sink::Lost;
use clp_isa_core::time::Instant;
use clp_isa_core::wire::control::{ControlRequest, ControlVerb, Reply};
use clp_isa_core::wire::conversation::Conversation;
use clp_isa_core::wire::status;
use core::time::Duration;
use nix::libc;

/// Checks after which a monitor that lives is left alone.
const CHECKS: usize = 60;

/// How a monitor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Failed,
    Stopped,
    Alive,
}

/// The check that is being made.
#[derive(Debug)]
struct Running {
    plan: Plan,
    started: Instant,
    /// When the look-up child's answer comes.
    answer: Option<Instant>,
    connection: Option<Connection>,
    /// Addresses that were tried.
    tried: usize,
    /// Not run until then.
    frozen: Option<Instant>,
}

pub(crate) struct World {
    random: Random,
    is_traced: bool,
    now: Instant,
    config: Config,
    monitor: Monitor,
    check: Check,
    mood: Mood,
    judge: Judge,
    running: Option<Running>,
    /// How many addresses the last good look-up gave.
    known: usize,
    grid: Instant,
    /// Now, if a check may start off the grid: the one before has just ended, or the process was not run.
    off_grid: Option<Instant>,
    not_run_until: Option<Instant>,
    next_client: Instant,
    checks: usize,
    alerts: Vec<Event>,
    exit: Option<Exit>,
}

/// IPv4 and IPv6 in turn.
fn address_of(place: usize) -> core::net::SocketAddr {
    let last = u8::try_from(place).unwrap();
    if place.is_multiple_of(2) {
        ([10, 0, 0, last], 80).into()
    } else {
        ([0x2001, 0xdb8, 0, 0, 0, 0, 0, last.into()], 80).into()
    }
}

impl World {
    pub(crate) fn new(seed: u64, is_traced: bool) -> Self {
        let mut random = Random::new(seed);
        let mut seconds = |limit| Duration::from_secs(random.below(limit) + 1);
        let (interval, timeout) = (seconds(20), seconds(15));
        let retries = u16::try_from(random.below(5)).unwrap() + 1;
        let timing = Timing {
            interval,
            retries,
            timeout,
        };
        let protocol = Protocol::ALL[random.index(Protocol::ALL.len())];
        let mut request = Request::blank(protocol);
        if let Request::Http { uri, .. } = &mut request {
            *uri = ArrayString::from("/x").unwrap();
        }
        let config = Config {
            identifier: Identifier::parse(b"web").unwrap(),
            host: Host::Name(ArrayString::from("web").unwrap()),
            port: 80,
            timing,
            request,
        };
        // Somewhere on the clock that is no round number.
        let now = Instant::new(random.millis(100_000_000));
        let mut world = Self {
            is_traced,
            now,
            config,
            monitor: Monitor::new(timing),
            check: Check::new(&config),
            mood: Mood::any(&mut random),
            judge: Judge::new(timing, protocol),
            running: None,
            known: 0,
            grid: now,
            off_grid: None,
            not_run_until: None,
            next_client: now,
            checks: 0,
            alerts: Vec::new(),
            exit: None,
            random,
        };
        world.schedule_client();
        world.monitor.handle_start(now);
        world
    }

    pub(crate) fn checks(&self) -> usize {
        self.checks
    }

    fn trace(&self, text: core::fmt::Arguments<'_>) {
        if self.is_traced {
            crate::say(format_args!("{:?}: {text}\n", self.now));
        }
    }

    /// Lets everything be done that is to be done, then sleeps until something happens and lets it happen. The order
    /// is the loop's: what has arrived comes before what is due.
    pub(crate) fn step(&mut self) -> Option<End> {
        self.act();
        assert_eq!(self.alerts, self.judge.take_alerts());
        self.alerts.clear();
        assert_eq!(self.judge.failed(), self.monitor.failed());
        assert_eq!(self.judge.counts(), self.monitor.stats().counts());
        let skipped = (self.monitor.is_blind(), self.monitor.has_stale_names());
        assert_eq!(self.judge.skipped(), skipped);
        assert_eq!(self.judge.must_end(), self.exit == Some(Exit::Failed));
        match self.exit {
            Some(Exit::Stopped) => return Some(End::Stopped),
            Some(Exit::Failed) => return Some(End::Failed),
            Some(Exit::Displaced) => panic!("displaced by nobody"),
            None if self.checks >= CHECKS && self.running.is_none() => return Some(End::Alive),
            None => self.assert_awake(),
        }
        self.sleep();
        self.handle_arrivals();
        if self.next_client <= self.now && self.exit.is_none() {
            self.handle_client();
            self.schedule_client();
        }
        self.check.handle_timeout(self.now);
        self.act();
        self.monitor.handle_timeout(self.now);
        None
    }

    /// A monitor that neither has ended nor is paused makes a check, or will before an interval is over.
    fn assert_awake(&self) {
        let timing = self.config.timing;
        match self.monitor.state() {
            State::Paused => assert!(self.running.is_none()),
            State::Checking => {
                let started = self.running.as_ref().expect("no check runs").started;
                let due = self.check.poll_timeout().expect("nothing ends the check");
                assert!(
                    due <= started + timing.timeout,
                    "the check may last too long"
                );
            }
            state => {
                assert_eq!(state, State::Waiting);
                let due = self.monitor.poll_timeout().unwrap();
                assert!(self.now < due && due <= self.now + timing.interval);
            }
        }
    }

    fn sleep(&mut self) {
        if self.monitor.state() == State::Waiting && self.random.chance(2) {
            self.not_run_until = Some(self.now + self.random.millis(30_000));
        }
        let running = self.running.as_ref();
        let answer = running.and_then(|running| running.answer);
        let connection = running.and_then(|running| running.connection.as_ref());
        let wakes = [
            self.check.poll_timeout(),
            self.monitor.poll_timeout(),
            connection.and_then(Connection::next),
            answer,
            Some(self.next_client),
        ];
        self.now = self.now.max(wakes.into_iter().flatten().min().unwrap());
        self.off_grid = None;
        if let Some(until) = self.not_run_until.take()
            && until > self.now
        {
            self.now = until;
            self.off_grid = Some(until);
            self.judge.lose_time();
            self.trace(format_args!("not run until now"));
        }
    }

    fn act(&mut self) {
        // As in the loop, a check that ends at once is followed by one that is not due now: it comes to its end.
        for _ in 0..1000 {
            // The loop asks before it takes: what is said to be there must be, and nothing else.
            let said = (self.monitor.has_action(), self.check.has_action());
            if let Some(action) = self.monitor.poll_action() {
                assert!(said.0, "an action of the monitor that it does not tell of");
                self.follow_monitor(action);
            } else if let Some(action) = self.check.poll_action() {
                assert_eq!(said, (false, true), "whose action there is");
                self.follow_check(action);
            } else {
                assert_eq!(said, (false, false), "an action that there is not");
                return;
            }
        }
        panic!("actions without end");
    }

    fn follow_monitor(&mut self, action: monitor::Action) {
        self.trace(format_args!("{action:?}"));
        assert!(self.exit.is_none(), "an action after the end");
        match action {
            monitor::Action::Check { excuse_late } => self.start_check(excuse_late),
            monitor::Action::Abort => {
                assert!(self.running.take().is_some(), "nothing to drop");
                self.check.abort();
            }
            monitor::Action::Report(event) => self.alerts.push(event),
            monitor::Action::Log(_) => {}
            monitor::Action::Exit(exit) => self.exit = Some(exit),
        }
    }

    fn start_check(&mut self, excuse_late: bool) {
        assert!(
            self.running.is_none() && !self.judge.must_end(),
            "a check too many"
        );
        let interval = self.config.timing.interval.as_nanos();
        let is_on_grid = self
            .now
            .since(self.grid)
            .as_nanos()
            .is_multiple_of(interval);
        assert!(
            is_on_grid || self.off_grid == Some(self.now),
            "a check off the grid"
        );
        assert_eq!(excuse_late, self.judge.may_excuse());
        self.checks += 1;
        if self.random.chance(4) {
            self.mood = Mood::any(&mut self.random);
        }
        let mut plan = Plan::any(
            &mut self.random,
            self.mood,
            self.known,
            self.config.timing.timeout,
        );
        let v6 = plan.freeze.is_none() && self.random.chance(20);
        if v6 {
            plan.lack_a_family();
        }
        self.check.handle_missing(Missing {
            v6,
            ..Missing::default()
        });
        self.trace(format_args!("{plan:?}"));
        let frozen = match plan.freeze {
            Some((Frozen::AtStart, length)) => Some(self.now + length),
            _ => None,
        };
        self.not_run_until = frozen;
        self.running = Some(Running {
            plan,
            started: self.now,
            answer: None,
            connection: None,
            tried: 0,
            frozen,
        });
        self.check.start(excuse_late, self.now);
    }

    fn follow_check(&mut self, action: check::Action) {
        self.trace(format_args!("  {action:?}"));
        let now = self.now;
        let running = self.running.as_mut().expect("an action of no check");
        match action {
            check::Action::Lookup => match running.plan.names {
                Names::Known(count) => self.give_addresses(count),
                Names::Slow(_) | Names::Fails | Names::Starves => {
                    running.answer = Some(now + Duration::from_millis(1) + self.random.millis(100))
                }
                Names::Hang => {}
                Names::NoChild => self
                    .check
                    .handle_error(Call::Spawn, Errno(libc::EAGAIN), now),
            },
            check::Action::AbandonLookup => running.answer = None,
            check::Action::Connect(address) => {
                assert_eq!(address, address_of(running.tried), "not the next address");
                let service = running.plan.services[running.tried];
                running.tried += 1;
                running.connection = None;
                match service.error() {
                    Some((call, errno)) => self.check.handle_error(call, errno, now),
                    None => {
                        let protocol = self.config.protocol();
                        running.connection =
                            Some(Connection::new(service, protocol, now, &mut self.random));
                    }
                }
            }
            check::Action::Log(_) => {}
            check::Action::Done(outcome) => self.end_check(&outcome),
        }
    }

    fn give_addresses(&mut self, count: usize) {
        let addresses: Addresses = (0..count).map(address_of).collect();
        self.known = count;
        self.check.handle_addresses(&addresses, self.now);
    }

    fn end_check(&mut self, outcome: &Outcome) {
        let Running {
            plan,
            started,
            frozen,
            ..
        } = self.running.take().unwrap();
        // All may have been over at the moment at which the process was to stop running.
        self.not_run_until = None;
        let deadline = started + self.config.timing.timeout;
        assert!(
            !plan.takes_all() || self.now == deadline,
            "time left: {plan:?}"
        );
        let is_late = frozen.is_some_and(|until| until > deadline + LATE);
        self.judge
            .end_check(&plan, outcome, is_late, started, self.now);
        self.off_grid = Some(self.now);
        self.monitor.handle_outcome(outcome, self.now);
    }
}
