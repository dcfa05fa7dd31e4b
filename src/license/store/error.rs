//! Why the store, or a part of it, could not be used, and how that is told.

use crate::sys::PathError;
use crate::sys::error::shown;
use clp_isa_core::license::key::Serial;
use clp_isa_core::license::record::Damage;
use clp_isa_core::limits::LICENSE_FILE_MAX;
use core::fmt;
use std::ffi::OsString;
use std::path::PathBuf;

/// Why the store could not be read or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// A directory or file could not be used.
    File(PathError),
    /// A file has more bytes than any of ours.
    TooLong(PathBuf),
    /// This host's name cannot be a file's.
    HostName(OsString),
    /// Somebody else is changing the store and does not come to an end.
    Busy,
    /// The product key is registered for this other host.
    Overlap(OsString),
    /// No license has this serial number.
    Unknown(Serial),
}

impl<E: Into<PathError>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::File(error.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::TooLong(path) => {
                let path = shown(path);
                write!(f, "{path} is longer than {LICENSE_FILE_MAX} bytes")
            }
            Self::HostName(name) => {
                let name = shown(name);
                write!(f, "the host name \"{name}\" cannot be the name of a file")
            }
            Self::Busy => f.write_str("the licenses are being changed by another command"),
            Self::Overlap(host) => write!(
                f,
                "this key is registered for host {}: each host needs a key of its own",
                shown(host)
            ),
            Self::Unknown(serial) => {
                write!(f, "no license with serial number {serial} is registered")
            }
        }
    }
}

/// Something in the store that was skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skipped {
    /// A whole file.
    File(StoreError),
    /// One line of a file.
    Line {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        number: usize,
        /// What is wrong with it.
        damage: Damage,
    },
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Line {
                path,
                number,
                damage,
            } => write!(f, "{}, line {number}: {damage}", shown(path)),
        }
    }
}
