//! What can keep the demonstration from its end.

use crate::error::{HasErrno, Named};
use std::fmt;
use std::io;
use std::process::ExitStatus;

pub(crate) type Outcome<T> = Result<T, Trouble>;

pub(crate) enum Trouble {
    /// The command line makes no sense.
    Usage(String),
    /// This could not be used.
    Io(&'static str, io::Error),
    /// The license could not be registered.
    License(String),
    /// A monitor ended when or as it should not.
    Ended(ExitStatus),
    /// A command failed; it has said why.
    Command(String),
    /// A monitor did not do its part in time.
    TooLong,
    /// Ctrl-C, or another request to end.
    Interrupted,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(wrong) => f.write_str(wrong),
            Self::Io(what, error) if error.raw_os_error().is_some() => {
                write!(f, "{what}: {}", Named(error.errno()))
            }
            Self::Io(what, error) => write!(f, "{what}: {error}"),
            Self::License(why) => write!(f, "the license: {why}"),
            Self::Ended(status) => write!(f, "a monitor ended unexpectedly ({status})"),
            Self::Command(line) => write!(f, "{line}: failed"),
            Self::TooLong => f.write_str("a monitor did not do its part in time"),
            Self::Interrupted => f.write_str("interrupted, the monitors were stopped"),
        }
    }
}

/// Says what could not be used, in `map_err`.
pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Trouble {
    move |error| Trouble::Io(what, error)
}
