//! What takes messages, and the count of those that did not reach it.

use crate::listed::listed;
use core::fmt;

listed! {
    /// What takes messages; the failure log, which hears of what the others lost, comes last.
    pub enum Sink {
        /// The syslog daemon.
        Syslog,
        AlertLog,
        /// The cluster's alert view, through `clplogcmd`.
        Clplogcmd,
        FailureLog,
    }
}

impl Sink {
    /// Its name for programs, and the one for people.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Syslog => ("syslog", "syslog"),
            Self::AlertLog => ("alert_log", "alert log"),
            Self::Clplogcmd => ("clplogcmd", "clplogcmd"),
            Self::FailureLog => ("failure_log", "failure log"),
        }
    }

    /// Its name in JSON, in metrics, and with `lost_` in front in a status line.
    pub const fn name(self) -> &'static str {
        self.names().0
    }
}

impl fmt::Display for Sink {
    /// As the failure log calls it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names().1)
    }
}

/// Something for each sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerSink<T>([T; Sink::ALL.len()]);

#[expect(
    clippy::indexing_slicing,
    reason = "a sink's number is its place in `ALL`, which has them all"
)]
impl<T> PerSink<T> {
    /// What `of` gives for each sink.
    pub fn new(of: impl FnMut(Sink) -> T) -> Self {
        Self(Sink::ALL.map(of))
    }

    /// That of `sink`.
    pub const fn of(&self, sink: Sink) -> &T {
        &self.0[sink as usize]
    }

    /// That of `sink`, to be changed.
    pub const fn of_mut(&mut self, sink: Sink) -> &mut T {
        &mut self.0[sink as usize]
    }
}

/// Messages that could not be delivered since the start.
pub type Lost = PerSink<u32>;
