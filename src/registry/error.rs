//! Why the registry could not do what it was asked, and how that is told.
//!
//! Owns the kinds and their words; opens nothing.

use crate::sys;
use crate::sys::error::HasErrno;
use clp_isa_core::errno::Errno;
use clp_isa_core::text::Escaped;
use core::fmt;
use std::os::unix::ffi::OsStrExt;
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

/// Why the registry could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Another monitor runs under this identifier (event 14).
    InUse,
    /// Something is in the way that is not ours.
    Unsafe {
        /// What is wrong with it.
        unsafe_path: UnsafePath,
        /// Where it is.
        path: PathBuf,
    },
    /// A system call failed.
    System(sys::Error),
}

impl Error {
    pub(crate) fn system(call: &'static str, errno: nix::errno::Errno, path: &Path) -> Self {
        Self::System(sys::Error::on(call, path)(errno))
    }

    pub(crate) fn io(call: &'static str, error: &std::io::Error, path: &Path) -> Self {
        Self::System(sys::Error::on(call, path)(error.errno()))
    }

    pub(crate) fn unsafe_path(unsafe_path: UnsafePath, path: &Path) -> Self {
        Self::Unsafe {
            unsafe_path,
            path: path.to_path_buf(),
        }
    }

    /// Whether this user may not use the registry.
    pub fn is_denied(&self) -> bool {
        match self {
            Self::InUse => false,
            Self::Unsafe { unsafe_path, .. } => *unsafe_path == UnsafePath::Owner,
            Self::System(error) => [Errno::EACCES, Errno::EPERM].contains(&error.errno),
        }
    }

    /// The call and errno that event 42 reports; nothing for [`Error::InUse`], which has an event of its own.
    pub fn call(&self) -> Option<(&'static str, Errno)> {
        use nix::errno::Errno as E;
        match self {
            Self::InUse => None,
            Self::Unsafe { unsafe_path, .. } => Some((
                "open",
                match unsafe_path {
                    UnsafePath::NotADirectory => E::ENOTDIR.errno(),
                    UnsafePath::NotAFile => E::ELOOP.errno(),
                    UnsafePath::Owner | UnsafePath::Writable | UnsafePath::Privileged => {
                        E::EPERM.errno()
                    }
                    UnsafePath::Links => E::EMLINK.errno(),
                },
            )),
            Self::System(error) => Some((error.call, error.errno)),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse => f.write_str("the identifier is in use"),
            Self::Unsafe { unsafe_path, path } => {
                write!(f, "{} {unsafe_path}", Escaped(path.as_os_str().as_bytes()))
            }
            Self::System(error) => error.fmt(f),
        }
    }
}
