//! One check from look-up to outcome: the deadline over everything, the addresses of a name in turn.
//!
//! Owns the order of the steps and their deadlines within one check. Makes no system call and reads no clock; does
//! not know how often a check is made or what its outcome leads to.

mod missing;
mod outcome;

pub use crate::probe::{Cause, Detail, Step};
pub use missing::Missing;
pub use outcome::{
    Action, Attempt, Call, CheckReport, Ending, LocalError, Outcome, Phase, Resolution, Unresolved,
};

use crate::config::{Addresses, Config};
use crate::errno::{Errno, eai};
use crate::event::Failure;
use crate::limits::{FAREWELL, LATE};
use crate::probe::{Dialogue, End, Probe, Verdict};
use crate::time::Instant;
use arrayvec::ArrayVec;
use core::net::SocketAddr;
use core::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Lookup {
        deadline: Instant,
    },
    Connect {
        deadline: Instant,
    },
    Answer {
        deadline: Instant,
    },
    Farewell {
        verdict: Verdict,
        judged: Instant,
        deadline: Instant,
    },
}

/// One check at a time of one service. In the order of use: `start`; then, until `Action::Done`, carry out what
/// `poll_action` gives after every call, report back through `handle_*`, and call `handle_timeout` when
/// `poll_timeout` has come. `outgoing` is what the connection is to send now.
#[derive(Debug)]
pub struct Check {
    timeout: Duration,
    state: State,
    started: Instant,
    deadline: Instant,
    excuse_late: bool,
    late: bool,
    resolution: Resolution,
    missing: Missing,
    /// Addresses of the last good look-up, kept from check to check.
    addresses: Addresses,
    /// How many of them this check has begun to try.
    tried: usize,
    counting: Option<Attempt>,
    dialogue: Dialogue,
    actions: ArrayVec<Action, 4>,
}

impl Check {
    /// A check of what `config` names; nothing happens before `start`.
    pub fn new(config: &Config) -> Self {
        Self {
            timeout: config.timing.timeout,
            state: State::Idle,
            started: Instant::default(),
            deadline: Instant::default(),
            excuse_late: true,
            late: false,
            resolution: Resolution::Failed,
            addresses: Addresses::new(),
            missing: Missing::default(),
            tried: 0,
            counting: None,
            dialogue: Dialogue::new(config),
            actions: ArrayVec::new(),
        }
    }

    /// Begins a check. With `excuse_late`, the first late wake ends it with `Outcome::late`; without, lateness is a
    /// missed deadline like any other and the remaining addresses are still tried.
    pub fn start(&mut self, excuse_late: bool, now: Instant) {
        self.abort();
        self.started = now;
        self.deadline = now + self.timeout;
        self.excuse_late = excuse_late;
        self.late = false;
        self.resolution = Resolution::Failed;
        self.tried = 0;
        self.counting = None;
        // Half the time for a name whose old addresses can still be asked (docs/reference.md, "Names and addresses").
        let parts = if self.addresses.is_empty() { 1 } else { 2 };
        let deadline = now + missing::share(self.timeout, parts);
        self.state = State::Lookup { deadline };
        self.push(Action::Lookup);
    }

    /// Drops the running check, if any; there will be no outcome. The driver closes what is open.
    pub fn abort(&mut self) {
        self.state = State::Idle;
        self.actions.clear();
    }

    /// What to do next; `None` when there is nothing to do but wait.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_at(0)
    }

    /// Whether `poll_action` has something to give.
    pub fn has_action(&self) -> bool {
        !self.actions.is_empty()
    }

    /// When to call `handle_timeout`.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Idle => None,
            State::Lookup { deadline }
            | State::Connect { deadline }
            | State::Answer { deadline }
            | State::Farewell { deadline, .. } => Some(deadline),
        }
    }

    /// Whether the connection's bytes are wanted.
    pub fn is_talking(&self) -> bool {
        matches!(self.state, State::Answer { .. } | State::Farewell { .. })
    }

    /// Bytes to send on the connection now.
    pub fn outgoing(&self) -> &[u8] {
        if self.is_talking() {
            self.dialogue.outgoing()
        } else {
            &[]
        }
    }

    /// Addresses of the last good look-up; none before it.
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What the node lacks; holds for the checks to come until it is told anew.
    pub fn handle_missing(&mut self, missing: Missing) {
        self.missing = missing;
    }

    /// The look-up gave these addresses; none is a failed look-up. More than there is room for are left out.
    pub fn handle_addresses(&mut self, addresses: &[SocketAddr], now: Instant) {
        if !matches!(self.state, State::Lookup { .. }) {
            return;
        }
        if addresses.is_empty() {
            return self.handle_lookup_failed(eai::NONAME, now);
        }
        // Nearly always the same ones: to compare them costs a tenth of copying them.
        if self.addresses.as_slice() != addresses {
            let room = self.addresses.capacity();
            self.addresses = addresses.iter().copied().take(room).collect();
        }
        self.resolution = Resolution::Fresh;
        self.try_next(now);
    }

    /// The look-up failed with this `EAI_` number, or errno.
    pub fn handle_lookup_failed(&mut self, number: i32, now: Instant) {
        if matches!(self.state, State::Lookup { .. }) {
            self.use_stale_addresses(Unresolved::from_number(number), now);
        }
    }

    /// A call failed.
    pub fn handle_error(&mut self, call: Call, errno: Errno, now: Instant) {
        let error = LocalError { call, errno };
        let local = Ending::Void(error);
        match (self.state, call) {
            (State::Idle, _) => {}
            // Whatever kept the look-up from being made says nothing of the service.
            (State::Lookup { .. }, _) => self.use_stale_addresses(Unresolved::Local(error), now),
            // Nothing after the verdict is judged.
            (
                State::Farewell {
                    verdict, judged, ..
                },
                _,
            ) => self.finish(verdict, judged),
            // epoll_ctl never reaches the network: whatever it says, it says of the node.
            (_, Call::EpollCtl | Call::Spawn | Call::Lookup) => self.end_attempt(local, now),
            _ if errno.is_local() => self.end_attempt(local, now),
            (_, Call::Socket) => self.end_attempt(Ending::Failed(Failure::Socket(errno)), now),
            (_, Call::Connect) => self.end_attempt(Ending::Failed(Failure::Connect(errno)), now),
            (_, Call::Send) => self.end_attempt(Ending::Failed(Failure::Send(errno)), now),
            (_, Call::Receive) => self.handle_end(End::Error(errno), now),
        }
    }

    /// The connection is there.
    pub fn handle_connected(&mut self) {
        if let State::Connect { deadline } = self.state {
            self.state = State::Answer { deadline };
        }
    }

    /// The socket took `count` of the outgoing bytes.
    pub fn handle_sent(&mut self, count: usize, now: Instant) {
        if self.is_talking() {
            self.dialogue.handle_sent(count);
            self.judge(now);
        }
    }

    pub fn handle_received(&mut self, bytes: &[u8], now: Instant) {
        if self.is_talking() {
            self.dialogue.handle_received(bytes);
            self.judge(now);
        }
    }

    pub fn handle_end(&mut self, end: End, now: Instant) {
        if self.is_talking() {
            self.dialogue.handle_end(end);
            self.judge(now);
        }
    }

    /// The moment of `poll_timeout` has come. What had arrived must have been handled before.
    pub fn handle_timeout(&mut self, now: Instant) {
        let Some(deadline) = self.poll_timeout().filter(|deadline| *deadline <= now) else {
            return;
        };
        if let State::Farewell {
            verdict, judged, ..
        } = self.state
        {
            return self.finish(verdict, judged);
        }
        self.late |= now.since(deadline) > LATE;
        let timed_out = Errno::ETIMEDOUT;
        match self.state {
            State::Lookup { .. } => {
                self.push(Action::AbandonLookup);
                self.use_stale_addresses(Unresolved::Answer(timed_out.0), now);
            }
            State::Connect { .. } => {
                self.end_attempt(Ending::Failed(Failure::Connect(timed_out)), now)
            }
            _ => self.end_attempt(Ending::Failed(Failure::Select(timed_out)), now),
        }
    }

    /// The look-up gave nothing: goes on with the last good addresses, or ends the check.
    fn use_stale_addresses(&mut self, why: Unresolved, now: Instant) {
        if self.addresses.is_empty() || self.is_excused() {
            return self.done(
                Attempt {
                    ending: why.ending(),
                    address: None,
                    phase: Phase::Lookup,
                    detail: Detail::default(),
                },
                now,
            );
        }
        self.resolution = Resolution::Stale(why);
        self.try_next(now);
    }

    /// An address is still to be tried at `now`. What went before was handled in time or had arrived by the wake, so no
    /// deadline of its own tells that the process was not run: the check's does.
    fn note_lost_time(&mut self, now: Instant) {
        self.late |= now.since(self.deadline) > LATE;
    }

    fn is_excused(&self) -> bool {
        self.late && self.excuse_late
    }

    /// Begins the attempt at the next address, with an equal share of the time that is left.
    fn try_next(&mut self, now: Instant) {
        self.note_lost_time(now);
        let left = self.addresses.get(self.tried..).unwrap_or_default();
        let Some(&address) = left.first() else {
            return;
        };
        let share = missing::share(self.deadline.since(now), self.missing.parts(left));
        self.tried = self.tried.saturating_add(1);
        self.dialogue.restart();
        self.state = State::Connect {
            deadline: now + share,
        };
        self.push(Action::Connect(address));
    }

    fn judge(&mut self, now: Instant) {
        let Some(verdict) = self.dialogue.verdict() else {
            return;
        };
        let judged = match self.state {
            State::Farewell { judged, .. } => judged,
            _ => now,
        };
        if self.dialogue.is_finished() {
            return self.finish(verdict, judged);
        }
        // A good service gets a moment to answer the farewell, a bad one only what the socket takes at once.
        let patience = if verdict == Verdict::Healthy {
            FAREWELL
        } else {
            Duration::ZERO
        };
        let deadline = self.deadline.min(judged + patience);
        self.state = State::Farewell {
            verdict,
            judged,
            deadline,
        };
    }

    fn finish(&mut self, verdict: Verdict, judged: Instant) {
        match verdict {
            Verdict::Healthy => {
                let attempt = self.attempt(Ending::Healthy);
                self.done(attempt, judged);
            }
            Verdict::Failed(failure) => self.end_attempt(Ending::Failed(failure), judged),
        }
    }

    fn attempt(&self, ending: Ending) -> Attempt {
        let address = self
            .tried
            .checked_sub(1)
            .and_then(|last| self.addresses.get(last).copied());
        let phase = match self.state {
            State::Idle | State::Lookup { .. } => Phase::Lookup,
            State::Connect { .. } => Phase::Connect,
            State::Answer { .. } | State::Farewell { .. } => Phase::Dialogue(self.dialogue.step()),
        };
        let detail = match ending {
            Ending::Failed(_) => self.dialogue.detail(),
            _ => Detail::default(),
        };
        Attempt {
            ending,
            address,
            phase,
            detail,
        }
    }

    /// The attempt at one address has failed or was void: the next address, or the end.
    fn end_attempt(&mut self, ending: Ending, now: Instant) {
        let attempt = self.attempt(ending);
        // A failure of the service counts over a void attempt, whichever came first.
        let is_void = |attempt: Attempt| matches!(attempt.ending, Ending::Void(_));
        if !is_void(attempt) || self.counting.is_none_or(is_void) {
            self.counting = Some(attempt);
        }
        let has_next = self.tried < self.addresses.len();
        if has_next {
            self.note_lost_time(now);
        }
        if has_next && now < self.deadline && !self.is_excused() {
            // Of what the node lacks the log need not hear at each check.
            if !self.missing.explains(&attempt) {
                self.push(Action::Log(attempt));
            }
            self.try_next(now);
        } else {
            self.done(self.counting.unwrap_or(attempt), now);
        }
    }

    fn done(&mut self, attempt: Attempt, now: Instant) {
        self.state = State::Idle;
        self.push(Action::Done(Outcome {
            attempt,
            late: self.late,
            resolution: self.resolution,
            elapsed: now.since(self.started),
        }));
    }

    /// Queues an action. At most three wait at once: the driver empties the queue after every call, and one call
    /// adds at most an abandoned look-up or a note, and a connection or the end.
    fn push(&mut self, action: Action) {
        let pushed = self.actions.try_push(action);
        debug_assert!(pushed.is_ok(), "an action was lost");
    }
}

#[cfg(test)]
mod tests;
