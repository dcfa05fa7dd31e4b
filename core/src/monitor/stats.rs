//! What a monitor has seen, as counts: for those who ask how it fares.
//!
//! Owns the counting; decides nothing.

use crate::check::{Ending, Outcome};
use crate::listed::listed;
use crate::time::Instant;

/// How the checks that ended since the start went. Those that were dropped (by a pause) are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// The service answered as it should.
    pub healthy: u64,
    /// It did not, and that counted.
    pub failed: u64,
    /// The node could not make the check.
    pub void: u64,
    /// This process was not run, so the failure did not count.
    pub late: u64,
}

listed! {
    pub enum Verdict {
        Healthy,
        /// Failed, and counted.
        Failed,
        /// Void: the node could not make it.
        Void,
        /// Void: this process was not run.
        Late,
    }
}

impl Verdict {
    /// That of a check that ended with `outcome`; `is_excused`: its failure does not count, because it was late.
    pub const fn of(outcome: &Outcome, is_excused: bool) -> Self {
        match outcome.attempt.ending {
            Ending::Healthy => Self::Healthy,
            Ending::Void(_) => Self::Void,
            Ending::Failed(_) if is_excused => Self::Late,
            Ending::Failed(_) => Self::Failed,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Failed => "failed",
            Self::Void => "void",
            Self::Late => "late",
        }
    }

    /// The verdict with this word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Last {
    pub verdict: Verdict,
    pub outcome: Outcome,
    pub ended: Instant,
}

/// The counts and the last check of a monitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CheckStats {
    counts: Counts,
    last: Option<Last>,
}

impl CheckStats {
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The last check that ended; none before the first has.
    pub const fn last(&self) -> Option<&Last> {
        self.last.as_ref()
    }

    /// Takes note of a check that ended at `now`; `is_excused`: its failure does not count, because it was late.
    pub(super) const fn add(&mut self, outcome: &Outcome, is_excused: bool, now: Instant) {
        let verdict = Verdict::of(outcome, is_excused);
        let count = match verdict {
            Verdict::Healthy => &mut self.counts.healthy,
            Verdict::Failed => &mut self.counts.failed,
            Verdict::Void => &mut self.counts.void,
            Verdict::Late => &mut self.counts.late,
        };
        *count = count.saturating_add(1);
        self.last = Some(Last {
            verdict,
            outcome: *outcome,
            ended: now,
        });
    }
}
