//! When to check, how often to retry, when the service is judged failed.
//!
//! Owns the grid, the count of failures, what is alerted and when the monitor ends. Sees no bytes, no files, no
//! sockets and no clock.

mod stats;

pub use stats::{CheckStats, Counts, Last, Verdict};

use crate::check::{Ending, LocalError, Outcome, Resolution, Unresolved};
use crate::config::Timing;
use crate::event::{Event, Failure};
use crate::limits::LATE_EXCUSES;
use crate::listed::listed;
use crate::time::Instant;
use arrayvec::ArrayVec;
use core::time::Duration;

/// What the driver is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start a check; its outcome comes back through `handle_outcome`.
    Check {
        /// Whether a late wake excuses a missed deadline this time.
        excuse_late: bool,
    },
    /// Drop the running check; its outcome is not wanted.
    Abort,
    Report(Event),
    Log(LogRecord),
    /// End.
    Exit(Exit),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// On request.
    Stopped,
    /// The service is judged failed.
    Failed,
    /// Another monitor holds the identifier.
    Displaced,
}

/// What goes to the failure log and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogRecord {
    /// A check failed.
    Failed {
        failure: Failure,
        /// Which failure in a row this is, from 1.
        count: u16,
        /// How many in a row end the monitor.
        limit: u16,
    },
    /// A healthy check ended a streak of failures.
    Recovered { count: u16 },
    /// The node could not make the check.
    Void(LocalError),
    /// The node can make checks again.
    VoidOver,
    /// A deadline was missed because this process was not run: neither counted nor cleared.
    Late {
        /// Which in a row this is, from 1.
        count: u8,
    },
    /// The look-up failed so, and the last good addresses are in use.
    NamesStale(Unresolved),
    /// The look-up works again.
    NamesFresh,
}

listed! {
    pub enum State {
        /// Not started.
        New,
        /// Waiting for the next check to be due.
        Waiting,
        /// A check is running.
        Checking,
        Paused,
        Ended,
    }
}

/// The policy of one monitor. In the order of use: `handle_start`; then, until `Action::Exit`, carry out what
/// `poll_action` gives after every call, and call `handle_timeout` when `poll_timeout` has come.
#[derive(Debug)]
pub struct Monitor {
    timing: Timing,
    state: State,
    /// A point of the grid on which checks start.
    grid: Instant,
    /// The next point of the grid.
    due: Instant,
    /// Failed checks in a row.
    failed: u16,
    /// The last one's failure.
    last: Option<Failure>,
    /// Late checks in a row.
    late: u8,
    /// Void checks in a row.
    void: u32,
    names_stale: bool,
    started: Instant,
    stats: CheckStats,
    actions: ArrayVec<Action, 8>,
}

impl Monitor {
    /// A monitor with this timing; nothing happens before `handle_start`.
    pub fn new(timing: Timing) -> Self {
        Self {
            timing,
            state: State::New,
            grid: Instant::default(),
            due: Instant::default(),
            failed: 0,
            last: None,
            late: 0,
            void: 0,
            names_stale: false,
            started: Instant::default(),
            stats: CheckStats::default(),
            actions: ArrayVec::new(),
        }
    }

    pub const fn state(&self) -> State {
        self.state
    }

    /// Failed checks in a row, 0 to RETRIES + 1.
    pub const fn failed(&self) -> u16 {
        self.failed
    }

    /// Whether the node cannot make checks at the moment: the last one was void.
    pub const fn is_blind(&self) -> bool {
        self.void > 0
    }

    /// Whether the look-up fails at the moment and the last good addresses are in use.
    pub const fn has_stale_names(&self) -> bool {
        self.names_stale
    }

    /// When `handle_start` was called.
    pub const fn started(&self) -> Instant {
        self.started
    }

    /// When and how often it checks.
    pub const fn timing(&self) -> &Timing {
        &self.timing
    }

    /// The counts of its checks, and the last one.
    pub const fn stats(&self) -> &CheckStats {
        &self.stats
    }

    /// What to do next; `None` when there is nothing to do but wait.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_at(0)
    }

    /// Whether `poll_action` has something to give.
    pub const fn has_action(&self) -> bool {
        !self.actions.is_empty()
    }

    /// When to call `handle_timeout`; `None` while a check runs and while paused.
    pub fn poll_timeout(&self) -> Option<Instant> {
        (self.state == State::Waiting).then_some(self.due)
    }

    /// The command was started: events 1 and 2, then the first check at once.
    pub fn handle_start(&mut self, now: Instant) {
        if self.state == State::New {
            self.started = now;
            self.push(Action::Report(Event::Started));
            self.push(Action::Report(Event::Watching));
            self.restart(now);
        }
    }

    /// The moment of `poll_timeout` has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.state == State::Waiting && self.due <= now {
            self.check(now);
        }
    }

    /// The running check ended.
    pub fn handle_outcome(&mut self, outcome: &Outcome, now: Instant) {
        if self.state != State::Checking {
            return;
        }
        self.follow_resolution(outcome.resolution);
        let is_excused = outcome.late && self.late < LATE_EXCUSES;
        self.stats.add(outcome, is_excused, now);
        match outcome.attempt.ending {
            Ending::Failed(_) if is_excused => {
                self.late = self.late.saturating_add(1);
                self.push(Action::Log(LogRecord::Late { count: self.late }));
                return self.check(now);
            }
            Ending::Healthy => {
                self.late = 0;
                self.see_again();
                self.recover();
            }
            Ending::Void(error) => {
                self.late = 0;
                self.push(Action::Log(LogRecord::Void(error)));
                self.void = self.void.saturating_add(1);
                // A service that is not watched must not be forgotten: told again as often as a dead one would be
                // found (docs/reference.md, "Void checks").
                if self.void == 1 || self.void.is_multiple_of(self.limit().into()) {
                    self.push(Action::Report(error.event()));
                }
            }
            Ending::Failed(failure) => {
                // A row of late checks ends with one that was in time.
                if !outcome.late {
                    self.late = 0;
                }
                self.see_again();
                self.fail(failure);
            }
        }
        if self.state == State::Ended {
            return;
        }
        // A check that overran the next grid point delays it to its own end (docs/reference.md, "Schedule").
        if self.due <= now {
            self.check(now);
        } else {
            self.state = State::Waiting;
        }
    }

    /// `--pause`: drops the running check and the count. Repeating it changes nothing.
    pub fn handle_pause(&mut self) {
        if !matches!(self.state, State::Waiting | State::Checking) {
            return;
        }
        self.abort();
        self.state = State::Paused;
        self.failed = 0;
        self.last = None;
        self.late = 0;
        self.push(Action::Report(Event::Paused));
    }

    /// `--resume`: a check at once, on a new grid. Repeating it changes nothing.
    pub fn handle_resume(&mut self, now: Instant) {
        if self.state == State::Paused {
            self.push(Action::Report(Event::Resumed));
            self.restart(now);
        }
    }

    /// `--stop`, SIGTERM or SIGINT: drops the running check and ends.
    pub fn handle_stop(&mut self) {
        if self.state != State::Ended {
            self.abort();
            self.push(Action::Report(Event::Stopping));
            self.end(Exit::Stopped);
        }
    }

    /// Another monitor has taken the identifier: drops the running check and ends.
    pub fn handle_displaced(&mut self) {
        if self.state != State::Ended {
            self.abort();
            self.push(Action::Report(Event::InUse));
            self.end(Exit::Displaced);
        }
    }

    fn abort(&mut self) {
        if self.state == State::Checking {
            self.push(Action::Abort);
        }
    }

    fn restart(&mut self, now: Instant) {
        self.grid = now;
        self.check(now);
    }

    /// Starts a check now; the next one is due at the first grid point after `now`.
    fn check(&mut self, now: Instant) {
        self.state = State::Checking;
        self.due = next_point(self.grid, self.timing.interval, now);
        self.push(Action::Check {
            excuse_late: self.late < LATE_EXCUSES,
        });
    }

    fn follow_resolution(&mut self, resolution: Resolution) {
        match (resolution, self.names_stale) {
            (Resolution::Stale(why), false) => {
                self.names_stale = true;
                self.push(Action::Log(LogRecord::NamesStale(why)));
                self.push(Action::Report(why.event()));
            }
            (Resolution::Fresh, true) => {
                self.names_stale = false;
                self.push(Action::Log(LogRecord::NamesFresh));
            }
            _ => {}
        }
    }

    fn see_again(&mut self) {
        if self.void > 0 {
            self.void = 0;
            self.push(Action::Log(LogRecord::VoidOver));
        }
    }

    fn recover(&mut self) {
        if self.failed > 0 {
            self.push(Action::Log(LogRecord::Recovered { count: self.failed }));
            self.failed = 0;
            self.last = None;
        }
    }

    /// RETRIES + 1.
    const fn limit(&self) -> u16 {
        self.timing.retries.saturating_add(1)
    }

    /// Counts a failure; RETRIES + 1 in a row end the monitor.
    fn fail(&mut self, failure: Failure) {
        let limit = self.limit();
        self.failed = self.failed.saturating_add(1);
        self.push(Action::Log(LogRecord::Failed {
            failure,
            count: self.failed,
            limit,
        }));
        let is_last = self.failed >= limit;
        // Alerted: the first of a streak (nothing went before), one that differs, and the last (docs/reference.md, "What is
        // alerted").
        if self.last != Some(failure) || is_last {
            self.push(Action::Report(failure.into()));
        }
        self.last = Some(failure);
        if is_last {
            self.push(Action::Report(Event::Failed));
            self.end(Exit::Failed);
        }
    }

    fn end(&mut self, exit: Exit) {
        self.state = State::Ended;
        self.push(Action::Exit(exit));
    }

    /// Queues an action. The driver empties the queue after every call, and the longest list one call makes is that
    /// of the last failure: names kept (2), sight back, the failure's note and report, event 6, the exit.
    fn push(&mut self, action: Action) {
        let pushed = self.actions.try_push(action);
        debug_assert!(pushed.is_ok(), "an action was lost");
    }
}

/// The first point after `now` of the grid through `origin` with this `interval`.
fn next_point(origin: Instant, interval: Duration, now: Instant) -> Instant {
    let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    let step = nanos(interval).max(1);
    let into_step = nanos(now.since(origin)).checked_rem(step).unwrap_or(0);
    now + Duration::from_nanos(step.saturating_sub(into_step))
}

#[cfg(test)]
mod tests;
