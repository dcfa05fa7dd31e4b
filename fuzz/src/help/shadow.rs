//! What a monitor is to do, kept beside it.

use super::outcome::outcome;
use clp_isa_core::check::{Ending, Outcome};
use clp_isa_core::config::Timing;
use clp_isa_core::monitor::{Monitor, State};
use clp_isa_core::time::Instant;
use core::time::Duration;

/// A monitor whose checks may take until the next one is due.
pub fn monitor(interval: Duration, retries: u16) -> Monitor {
    Monitor::new(Timing {
        interval,
        retries,
        timeout: interval,
    })
}

/// The counts of a monitor by the contract, from what happened to it.
#[derive(Default)]
pub struct Shadow {
    /// Failures in a row.
    pub failed: u16,
    /// Whether there are to be no checks.
    pub is_paused: bool,
    /// Late ones in a row that were excused.
    late: u8,
}

impl Shadow {
    /// Wakes `monitor` at `now`, has something happen to it, and takes note of that: a pause, a resumption, a stop, or
    /// else the outcome of the check, if one runs.
    pub fn operate(&mut self, monitor: &mut Monitor, kind: u8, now: Instant) {
        monitor.handle_timeout(now);
        while monitor.poll_action().is_some() {}
        match kind {
            0 => {
                monitor.handle_pause();
                (self.failed, self.late, self.is_paused) = (0, 0, true);
            }
            1 => {
                monitor.handle_resume(now);
                self.is_paused = false;
            }
            2 => monitor.handle_stop(),
            kind if monitor.state() == State::Checking => {
                let outcome = outcome(kind);
                monitor.handle_outcome(&outcome, now);
                self.count(&outcome);
            }
            _ => {}
        }
    }

    fn count(&mut self, outcome: &Outcome) {
        (self.failed, self.late) = match outcome.attempt.ending {
            Ending::Failed(_) if outcome.late && self.late < 3 => (self.failed, self.late + 1),
            Ending::Failed(_) => (self.failed + 1, if outcome.late { self.late } else { 0 }),
            Ending::Healthy => (0, 0),
            Ending::Void(_) => (self.failed, 0),
        };
    }
}
