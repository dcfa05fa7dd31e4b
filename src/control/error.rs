//! Why a command for a monitor came to nothing, and how that is told.

use super::server::SocketError;
use crate::sys::{Error, PathError};
use clp_isa_core::protocol::Protocol;
use core::fmt;

/// Why nothing was done, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlError {
    /// No monitor runs under the identifier (exit 6).
    NotRunning {
        /// The identifier asked for.
        identifier: Box<str>,
        /// With `--disp`, the process id in the record that a killed monitor left: to be printed all the same.
        pid: Option<u32>,
    },
    /// The identifier is one of the other command's (exit 5).
    OtherProtocol {
        /// The identifier asked for.
        identifier: Box<str>,
        /// Whose it is.
        protocol: Protocol,
    },
    /// `--del`: the monitor runs (exit 5).
    Running {
        /// The identifier asked for.
        identifier: Box<str>,
    },
    /// `--disp`: a monitor runs, but its record cannot be read (exit 5).
    NoRecord {
        /// The identifier asked for.
        identifier: Box<str>,
    },
    /// The monitor refused (exit 5).
    Refused {
        /// Its reason, printable.
        reason: Box<str>,
    },
    /// `--pause`, `--resume`: the monitor did not answer in time (exit 5).
    DoesNotRespond {
        /// The identifier asked for.
        identifier: Box<str>,
    },
    /// `--stop`: the monitor did not end in time (event 15, exit 7).
    NotEnded {
        /// The identifier asked for.
        identifier: Box<str>,
    },
    /// The registry or the control directory could not be used (exit 5).
    System(SocketError),
}

impl From<PathError> for ControlError {
    fn from(error: PathError) -> Self {
        Self::System(error.into())
    }
}

impl From<Error> for ControlError {
    fn from(error: Error) -> Self {
        Self::System(error.into())
    }
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRunning { identifier, .. } => {
                write!(f, "the monitor \"{identifier}\" is not running")
            }
            Self::OtherProtocol {
                identifier,
                protocol,
            } => {
                let command = protocol.info().command;
                write!(
                    f,
                    "the identifier \"{identifier}\" belongs to a {command} monitor"
                )
            }
            Self::Running { identifier } => {
                write!(f, "the monitor \"{identifier}\" is running: stop it first")
            }
            Self::NoRecord { identifier } => write!(
                f,
                "the monitor \"{identifier}\" is running, but its process id is not known: its record cannot be read"
            ),
            Self::Refused { reason } => write!(f, "the monitor refused: {reason}"),
            Self::DoesNotRespond { identifier } => {
                write!(f, "the monitor \"{identifier}\" does not respond")
            }
            Self::NotEnded { identifier } => {
                write!(f, "the monitor \"{identifier}\" did not end in time")
            }
            Self::System(error) => error.fmt(f),
        }
    }
}
