//! The exit codes (docs/reference.md, "Exit codes"): every way to end, and every error, in one place.

use crate::console::dialogue::Interruption;
use crate::control::error::ControlError;
use crate::view::ViewError;
use clp_isa_core::cli::Form;
use clp_isa_core::monitor::{Exit, Verdict};
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

impl From<Exit> for Code {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Stopped => Self::Success,
            Exit::Failed => Self::Failed,
            Exit::Displaced => Self::InUse,
        }
    }
}

impl From<&ControlError> for Code {
    fn from(error: &ControlError) -> Self {
        match error {
            ControlError::NotRunning(_) => Self::NotRunning,
            ControlError::NotEnded => Self::NotEnded,
            ControlError::OtherProtocol(_)
            | ControlError::Running
            | ControlError::NoRecord
            | ControlError::Refused(_)
            | ControlError::DoesNotRespond
            | ControlError::System(_) => Self::System,
        }
    }
}

impl From<&ViewError> for Code {
    fn from(error: &ViewError) -> Self {
        match error {
            ViewError::Unknown(_) => Self::NotRunning,
            ViewError::Registry(_) | ViewError::Log(_) | ViewError::Unwritten(_) => Self::System,
        }
    }
}

impl From<&Interruption> for Code {
    fn from(interruption: &Interruption) -> Self {
        match interruption {
            Interruption::Unwritten(_) => Self::System,
            Interruption::Signal | Interruption::Refused(_) | Interruption::System(_) => {
                Self::Failed
            }
        }
    }
}

/// The exit code of a single check: people's and scripts' (docs/reference.md, "Single check"), or a monitoring plugin's.
pub(crate) fn of_single_check(verdict: Verdict, form: Form) -> ExitCode {
    match (form, verdict) {
        (_, Verdict::Healthy) => Code::Success.into(),
        (Form::Line, Verdict::Failed) => Code::Failed.into(),
        (Form::Line, Verdict::Void | Verdict::Late) => Code::System.into(),
        (Form::Plugin, Verdict::Failed) => ExitCode::from(2),
        (Form::Plugin, Verdict::Void | Verdict::Late) => ExitCode::from(3),
    }
}
