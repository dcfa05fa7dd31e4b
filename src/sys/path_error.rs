//! Why a path could not be used with care, and how that is told.
//!
//! Owns the kinds and their words; opens nothing.

use super::Error;
use super::error::{HasErrno, shown};
use clp_isa_core::errno::Errno;
use core::fmt;
use std::path::{Path, PathBuf};

/// What makes a file or directory one that must not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsafePath {
    /// Not a directory, or a symbolic link to one.
    NotADirectory,
    /// Not a regular file, or a symbolic link to one.
    NotAFile,
    /// Owned by another user.
    Owner,
    /// Reachable under more than one name.
    Links,
    /// Other users may write to it.
    Writable,
    /// Given to a process with rights that its user does not have (set-uid).
    Privileged,
}

impl UnsafePath {
    /// The error that `path` is such a one.
    pub(crate) fn at(self, path: &Path) -> PathError {
        PathError::Unsafe {
            unsafe_path: self,
            path: path.to_path_buf(),
        }
    }

    /// The errno that event 42 reports for it.
    fn errno(self) -> Errno {
        use nix::errno::Errno as E;
        match self {
            Self::NotADirectory => E::ENOTDIR.errno(),
            Self::NotAFile => E::ELOOP.errno(),
            Self::Owner | Self::Writable | Self::Privileged => E::EPERM.errno(),
            Self::Links => E::EMLINK.errno(),
        }
    }
}

impl fmt::Display for UnsafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotADirectory => "is not a folder (symbolic links are not followed)",
            Self::NotAFile => "is not a regular file (symbolic links are not followed)",
            Self::Owner => "belongs to another user",
            Self::Links => "has more than one name",
            Self::Writable => "may be written by other users",
            Self::Privileged => {
                "may not be used by a process with rights that its user does not have"
            }
        })
    }
}

/// Why a directory or file could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathError {
    /// Something is in the way that is not ours.
    Unsafe {
        /// What is wrong with it.
        unsafe_path: UnsafePath,
        /// Where it is.
        path: PathBuf,
    },
    System(Error),
}

impl PathError {
    /// Whether this user may not use the path.
    pub fn is_denied(&self) -> bool {
        match self {
            Self::Unsafe { unsafe_path, .. } => *unsafe_path == UnsafePath::Owner,
            Self::System(error) => [Errno::EACCES, Errno::EPERM].contains(&error.errno),
        }
    }

    /// The call and errno that event 42 reports.
    pub fn call(&self) -> (&'static str, Errno) {
        match self {
            Self::Unsafe { unsafe_path, .. } => ("open", unsafe_path.errno()),
            Self::System(error) => (error.call, error.errno),
        }
    }
}

impl From<Error> for PathError {
    fn from(error: Error) -> Self {
        Self::System(error)
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsafe { unsafe_path, path } => {
                write!(f, "{} {unsafe_path}", shown(path))
            }
            Self::System(error) => error.fmt(f),
        }
    }
}
