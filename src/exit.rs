//! The exit codes (contract, section 10).

use std::process::ExitCode;

/// What a cluster or a script relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// Stopped on request; success.
    Success = 0,
    /// The service was judged failed (event 6); `clplcnsc` failed.
    Failed = 1,
    /// Usage (events 11 and 13).
    Usage = 2,
    /// The identifier is in use (event 14).
    InUse = 3,
    /// No valid license (events 51 and 53 to 56).
    License = 4,
    /// A system error or a refusal.
    System = 5,
    /// No such running monitor.
    NotRunning = 6,
    /// The monitor did not end within WAIT (event 15).
    NotEnded = 7,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}
