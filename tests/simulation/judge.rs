//! What a monitor must do and say, told from what the world had in store for it.

use crate::plan::{Names, Plan, Truth};
use crate::shadow::Shadow;
use clp_isa_core::check::{Ending, Outcome};
use clp_isa_core::config::Timing;
use clp_isa_core::errno::Errno;
use clp_isa_core::event::{Event, Failure};
use clp_isa_core::monitor::Counts;
use clp_isa_core::protocol::Protocol;
use clp_isa_core::time::Instant;
use nix::libc;

#[derive(Debug)]
pub(crate) struct Judge {
    timing: Timing,
    protocol: Protocol,
    shadow: Shadow,
    must_end: bool,
    /// The last failure of the running streak.
    last: Option<Failure>,
    /// Void checks in a row.
    void: u16,
    names_kept: bool,
    /// When the first failed check of the streak began; nothing if time was lost since.
    streak: Option<Instant>,
    counts: Counts,
    /// What must have been alerted since it was last looked at.
    alerts: Vec<Event>,
}

impl Judge {
    pub(crate) fn new(timing: Timing, protocol: Protocol) -> Self {
        Self {
            timing,
            protocol,
            shadow: Shadow::default(),
            must_end: false,
            last: None,
            void: 0,
            names_kept: false,
            streak: None,
            counts: Counts::default(),
            alerts: vec![Event::Started, Event::Watching],
        }
    }

    pub(crate) fn must_end(&self) -> bool {
        self.must_end
    }

    /// Failed checks in a row.
    pub(crate) fn failed(&self) -> u16 {
        self.shadow.failed
    }

    /// The checks so far.
    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Whether the node could not make the last check, and whether old addresses are in use.
    pub(crate) fn skipped(&self) -> (bool, bool) {
        (self.void > 0, self.names_kept)
    }

    /// Whether the next check may be void because the process was not run.
    pub(crate) fn may_excuse(&self) -> bool {
        self.shadow.late < 3
    }

    /// What must have been alerted since the last call.
    pub(crate) fn take_alerts(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.alerts)
    }

    /// The process was not run for a while.
    pub(crate) fn lose_time(&mut self) {
        self.streak = None;
    }

    pub(crate) fn pause(&mut self) {
        self.shadow = Shadow::default();
        self.last = None;
        self.alerts.push(Event::Paused);
    }

    pub(crate) fn resume(&mut self) {
        self.alerts.push(Event::Resumed);
    }

    pub(crate) fn stop(&mut self) {
        self.alerts.push(Event::Stopping);
    }

    /// A check that began at `started` has ended as `outcome` says; `is_late` says that the process was not run past
    /// its deadline.
    pub(crate) fn end_check(
        &mut self,
        plan: &Plan,
        outcome: &Outcome,
        is_late: bool,
        started: Instant,
        now: Instant,
    ) {
        let truth = plan.truth(self.protocol, is_late);
        let fits = match (truth, outcome.attempt.ending) {
            (Truth::Good, Ending::Healthy) | (Truth::Void, Ending::Void(_)) => true,
            (Truth::Bad(wanted), Ending::Failed(failure)) => {
                failure == wanted && outcome.late == is_late
            }
            _ => false,
        };
        assert!(fits, "{truth:?} was wanted of {plan:?}, not {outcome:?}");
        self.follow_names(plan);
        let before = self.shadow.failed;
        self.must_end = self.shadow.must_end(truth, is_late, self.timing.retries);
        *match truth {
            Truth::Good => &mut self.counts.healthy,
            Truth::Void => &mut self.counts.void,
            Truth::Bad(_) if self.shadow.failed == before => &mut self.counts.late,
            Truth::Bad(_) => &mut self.counts.failed,
        } += 1;
        match (truth, outcome.attempt.ending) {
            (Truth::Void, Ending::Void(error)) => {
                self.lose_time();
                self.void += 1;
                if self.void == 1 || self.void.is_multiple_of(self.timing.retries + 1) {
                    self.alerts.push(error.event());
                }
            }
            (Truth::Bad(_), _) if self.shadow.failed == before => self.lose_time(),
            (Truth::Bad(failure), _) => {
                self.void = 0;
                if before == 0 {
                    self.streak = Some(started);
                }
                // The first of a streak, one that differs, and the last.
                if self.last.replace(failure) != Some(failure) || self.must_end {
                    self.alerts.push(failure.into());
                }
            }
            _ => (self.void, self.last) = (0, None),
        }
        if plan.freeze.is_some() {
            self.lose_time();
        }
        if self.must_end {
            self.alerts.push(Event::Failed);
            self.assert_in_time(now);
        }
    }

    fn follow_names(&mut self, plan: &Plan) {
        let event = match plan.names {
            Names::Known(_) | Names::Slow(_) => return self.names_kept = false,
            Names::Fails => Failure::Lookup(libc::EAI_AGAIN).into(),
            Names::Hang => Failure::Lookup(libc::ETIMEDOUT).into(),
            Names::NoChild => system_error("spawn", libc::EAGAIN),
            Names::Starves => system_error("getaddrinfo", libc::ENFILE),
        };
        if !plan.services.is_empty() && !core::mem::replace(&mut self.names_kept, true) {
            self.alerts.push(event);
        }
    }

    /// The bound (docs/reference.md, "Bound"), to the nanosecond.
    fn assert_in_time(&self, now: Instant) {
        let Timing {
            interval,
            retries,
            timeout,
        } = self.timing;
        if let Some(first) = self.streak {
            let bound = interval.max(timeout) * u32::from(retries) + timeout;
            assert!(
                now.since(first) <= bound,
                "{:?} for {bound:?}",
                now.since(first)
            );
        }
    }
}

fn system_error(call: &'static str, errno: i32) -> Event {
    Event::System {
        call,
        errno: Errno(errno),
    }
}
