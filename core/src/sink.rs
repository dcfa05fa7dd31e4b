//! What takes messages, and the count of those that did not reach it.

use core::fmt;

/// What takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    /// The syslog daemon.
    Syslog,
    /// The alert log.
    AlertLog,
    /// The cluster's alert view, through `clplogcmd`.
    Clplogcmd,
    /// The failure log.
    FailureLog,
}

impl Sink {
    /// Every sink; the failure log, which hears of what the others lost, comes last.
    pub const ALL: [Self; 4] = [
        Self::Syslog,
        Self::AlertLog,
        Self::Clplogcmd,
        Self::FailureLog,
    ];

    /// Its name in JSON, in metrics, and with `lost_` in front in a status line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syslog => "syslog",
            Self::AlertLog => "alert_log",
            Self::Clplogcmd => "clplogcmd",
            Self::FailureLog => "failure_log",
        }
    }
}

impl fmt::Display for Sink {
    /// As the failure log calls it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syslog => "syslog",
            Self::AlertLog => "alert log",
            Self::Clplogcmd => "clplogcmd",
            Self::FailureLog => "failure log",
        })
    }
}

/// Something for each sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerSink<T>([T; Sink::ALL.len()]);

impl<T> PerSink<T> {
    /// What `of` gives for each sink.
    pub fn new(of: impl FnMut(Sink) -> T) -> Self {
        Self(Sink::ALL.map(of))
    }
}

impl<T> PerSink<T> {
    /// That of `sink`.
    pub const fn of(&self, sink: Sink) -> &T {
        let [syslog, alert_log, clplogcmd, failure_log] = &self.0;
        match sink {
            Sink::Syslog => syslog,
            Sink::AlertLog => alert_log,
            Sink::Clplogcmd => clplogcmd,
            Sink::FailureLog => failure_log,
        }
    }

    /// That of `sink`, to be changed.
    pub const fn of_mut(&mut self, sink: Sink) -> &mut T {
        let [syslog, alert_log, clplogcmd, failure_log] = &mut self.0;
        match sink {
            Sink::Syslog => syslog,
            Sink::AlertLog => alert_log,
            Sink::Clplogcmd => clplogcmd,
            Sink::FailureLog => failure_log,
        }
    }
}

/// Messages that could not be delivered since the start.
pub type Lost = PerSink<u32>;
