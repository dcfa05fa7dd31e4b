//! What people and their tools are shown: the result of a single check, the state of the monitors, the alerts,
//! the licenses.
//!
//! Owns the forms: lines, tables, JSON, Prometheus' text. Changes nothing and takes no lock. Heap is fine here: none
//! of this runs in a monitor.

pub mod alerts;
pub mod health;
mod hints;
pub mod json;
pub mod licenses;
pub mod log;
pub mod metrics;
pub mod once;
pub mod status;
pub mod table;

use crate::console::Unwritten;
use crate::sys::PathError;
use core::fmt;
use log::LogError;

/// Why nothing was shown.
#[derive(Debug)]
pub enum ViewError {
    /// There is nothing to this identifier (exit 6).
    Unknown(Box<str>),
    /// The registry cannot be read (exit 5).
    Registry(PathError),
    /// Standard output does not take it (exit 5).
    Unwritten(Unwritten),
    /// The alert log cannot be read (exit 5).
    Log(LogError),
}

impl From<Unwritten> for ViewError {
    fn from(error: Unwritten) -> Self {
        Self::Unwritten(error)
    }
}

impl From<LogError> for ViewError {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<PathError> for ViewError {
    fn from(error: PathError) -> Self {
        Self::Registry(error)
    }
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(identifier) => write!(f, "there is no monitor \"{identifier}\""),
            Self::Registry(error) => {
                write!(f, "{error}")?;
                if error.is_denied() {
                    write!(
                        f,
                        "; only root may ask, or the user whose CLP_ISA_ROOT it is"
                    )?;
                }
                Ok(())
            }
            Self::Log(error) => error.fmt(f),
            Self::Unwritten(error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
