//! The monitor's end of the control socket: its name in the file system, who may use it, and one client's dialogue.
//!
//! Owns the socket's name and the bytes of a conversation; the loop that accepts, reads and writes is the driver's.
//! Refuses peers of other users, and requests meant for another monitor.

use crate::paths::Paths;
use crate::sys::dir::{Dir, FileId, PRIVATE, Rights, lies_at, name};
use crate::sys::error::{HasErrno, shown};
use crate::sys::{Error, PathError};
use clp_isa_core::identifier::Identifier;
use core::fmt;
use nix::errno::Errno;
use nix::sys::stat::{FchmodatFlags, fchmodat};
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// Longest path name of a socket, in bytes: `sun_path` less its final zero (unix(7)).
const PATH_MAX: usize = 107;

/// Why there is no control socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketError {
    /// The path name does not fit a socket address: `CLP_ISA_ROOT` is too long.
    TooLong(PathBuf),
    /// The directory cannot be used, or a system call failed.
    Path(PathError),
}

impl<E: Into<PathError>> From<E> for SocketError {
    fn from(error: E) -> Self {
        Self::Path(error.into())
    }
}

impl SocketError {
    /// The call and errno that event 42 reports.
    pub fn call(&self) -> (&'static str, clp_isa_core::errno::Errno) {
        match self {
            Self::TooLong(_) => ("bind", Errno::ENAMETOOLONG.errno()),
            Self::Path(error) => error.call(),
        }
    }
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(path) => {
                let path = shown(path);
                write!(
                    f,
                    "{path} is longer than the {PATH_MAX} bytes of a socket's path name"
                )
            }
            Self::Path(error) => error.fmt(f),
        }
    }
}

/// The control socket's name in the file system.
#[derive(Debug)]
pub struct Socket {
    dir: Dir,
    path: PathBuf,
    /// The name is removed only while it means this.
    id: FileId,
}

/// Makes the control socket of `identifier`, in the place of whatever has its name: whoever holds the identifier's lock
/// owns it. The listener does not block.
///
/// # Errors
/// What is wrong with the directory, or which call failed.
pub fn listen(
    paths: &Paths,
    identifier: &Identifier,
) -> Result<(UnixListener, Socket), SocketError> {
    let path = paths.control(identifier);
    if path.as_os_str().len() > PATH_MAX {
        return Err(SocketError::TooLong(path));
    }
    let dir = Dir::create(&paths.ctl_dir(), Rights::Exact)?;
    dir.keep();
    dir.unlink(&path)?;
    let listener = UnixListener::bind(&path).map_err(Error::on("bind", &path))?;
    listener
        .set_nonblocking(true)
        .map_err(Error::on("ioctl", &path))?;
    // Nobody else can reach into the directory, so the name still means what was just made.
    fchmodat(&dir, name(&path), PRIVATE, FchmodatFlags::FollowSymlink)
        .map_err(Error::on("chmod", &path))?;
    let id = dir
        .id_of(&path)?
        .ok_or_else(|| Error::on("fstatat", &path)(Errno::ENOENT))?;
    let socket = Socket { dir, path, id };
    Ok((listener, socket))
}

/// Removes the control socket that a killed monitor left. To be called by whoever holds the identifier's lock.
///
/// # Errors
/// What is wrong with the directory, or which call failed.
pub fn sweep(paths: &Paths, identifier: &Identifier) -> Result<(), SocketError> {
    if let Some(dir) = Dir::open(&paths.ctl_dir(), Rights::Exact)? {
        dir.unlink(&paths.control(identifier))?;
    }
    Ok(())
}

impl Socket {
    /// Whether the whole path still means this socket, or cannot be asked just now. One system call, no heap.
    pub fn is_there(&self) -> bool {
        match lies_at(&self.path) {
            Ok(found) => found.is_some_and(|found| FileId::from(&found) == self.id),
            Err(_) => true,
        }
    }

    /// Removes the name, unless it means another socket by now.
    ///
    /// # Errors
    /// Which call failed.
    pub fn remove(self) -> Result<(), Error> {
        self.dir.unlink_own(&self.path, self.id)
    }
}

/// Whether the peer of `stream` may command this monitor: its user is ours, or root.
pub fn may_command(stream: &impl AsFd) -> bool {
    super::is_trusted(stream)
}
