//! Why a command for a monitor came to nothing, and how that is told.

use super::server::SocketError;
use clp_isa_core::identifier::Identifier;
use clp_isa_core::protocol::Protocol;
use core::fmt;

/// Why nothing was done, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlError {
    /// No monitor runs under the identifier (exit 6). With `--disp`, the process id in the record that a killed monitor
    /// left: to be printed all the same.
    NotRunning(Option<u32>),
    /// The identifier is one of the other command's, of this protocol (exit 5).
    OtherProtocol(Protocol),
    /// `--del`: the monitor runs (exit 5).
    Running,
    /// `--disp`: a monitor runs, but its record cannot be read (exit 5).
    NoRecord,
    /// The monitor refused, and why, printable (exit 5).
    Refused(Box<str>),
    /// `--pause`, `--resume`: the monitor did not answer in time (exit 5).
    DoesNotRespond,
    /// `--stop`: the monitor did not end in time (event 15, exit 7).
    NotEnded,
    /// The registry or the control directory could not be used (exit 5).
    System(SocketError),
}

impl<E: Into<SocketError>> From<E> for ControlError {
    fn from(error: E) -> Self {
        Self::System(error.into())
    }
}

impl ControlError {
    /// The error as it reads of the monitor `id`, which is known to whoever shows it.
    pub fn of(&self, id: &Identifier) -> impl fmt::Display {
        fmt::from_fn(move |f| match self {
            Self::NotRunning(_) => write!(f, "the monitor \"{id}\" is not running"),
            Self::OtherProtocol(protocol) => {
                let command = protocol.info().command;
                write!(f, "the identifier \"{id}\" belongs to a {command} monitor")
            }
            Self::Running => write!(f, "the monitor \"{id}\" is running: stop it first"),
            Self::NoRecord => write!(
                f,
                "the monitor \"{id}\" is running, but its process id is not known: its record cannot be read"
            ),
            Self::Refused(reason) => write!(f, "the monitor refused: {reason}"),
            Self::DoesNotRespond => write!(f, "the monitor \"{id}\" does not respond"),
            Self::NotEnded => write!(f, "the monitor \"{id}\" did not end in time"),
            Self::System(error) => write!(f, "{error}"),
        })
    }
}
