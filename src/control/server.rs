//! The monitor's end of the control socket: its name in the file system, who may use it, and one client's dialogue.
//!
//! Owns the socket's name and the bytes of a conversation; the loop that accepts, reads and writes is the driver's.
//! Refuses peers of other users, and requests meant for another monitor.

use crate::paths::Paths;
use crate::registry;
use crate::registry::dir::{Dir, StateDir, lies_at};
use crate::sys::error::HasErrno;
use clp_isa_core::identifier::Identifier;
use clp_isa_core::text::Escaped;
use core::fmt;
use nix::errno::Errno;
use nix::fcntl::AtFlags;
use nix::sys::stat::{FchmodatFlags, Mode, fchmodat, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// Longest path name of a socket, in bytes: `sun_path` less its final zero (unix(7)).
const PATH_MAX: usize = 107;

/// Why there is no control socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketError {
    /// The path name does not fit a socket address: `CLP_ISA_ROOT` is too long.
    TooLong(PathBuf),
    /// The directory cannot be used, or a system call failed.
    Dir(registry::Error),
}

impl From<registry::Error> for SocketError {
    fn from(error: registry::Error) -> Self {
        Self::Dir(error)
    }
}

impl SocketError {
    /// The call and errno that event 42 reports.
    pub fn call(&self) -> Option<(&'static str, clp_isa_core::errno::Errno)> {
        match self {
            Self::TooLong(_) => Some(("bind", Errno::ENAMETOOLONG.errno())),
            Self::Dir(error) => error.call(),
        }
    }
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(path) => {
                let path = Escaped(path.as_os_str().as_bytes());
                write!(
                    f,
                    "{path} is longer than the {PATH_MAX} bytes of a socket's path name"
                )
            }
            Self::Dir(error) => error.fmt(f),
        }
    }
}

/// The control socket's name in the file system.
#[derive(Debug)]
pub struct Socket {
    dir: Dir,
    path: PathBuf,
    /// Device and inode: the name is removed only while it means this.
    file: (u64, u64),
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
    let dir = Dir::create(paths, StateDir::Ctl)?;
    dir.keep();
    remove(&dir, &path)?;
    let io =
        |call, error: &std::io::Error| SocketError::Dir(registry::Error::io(call, error, &path));
    let listener = UnixListener::bind(&path).map_err(|error| io("bind", &error))?;
    listener
        .set_nonblocking(true)
        .map_err(|error| io("ioctl", &error))?;
    // Nobody else can reach into the directory, so the name still means what was just made.
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    fchmodat(&dir, name(&path), mode, FchmodatFlags::FollowSymlink)
        .map_err(|errno| system("chmod", errno, &path))?;
    let status = fstatat(&dir, name(&path), AtFlags::AT_SYMLINK_NOFOLLOW)
        .map_err(|errno| system("fstatat", errno, &path))?;
    let file = (status.st_dev, status.st_ino);
    let socket = Socket { dir, path, file };
    Ok((listener, socket))
}

/// Removes the control socket that a killed monitor left. To be called by whoever holds the identifier's lock.
///
/// # Errors
/// What is wrong with the directory, or which call failed.
pub fn sweep(paths: &Paths, identifier: &Identifier) -> Result<(), SocketError> {
    match Dir::open(paths, StateDir::Ctl)? {
        Some(dir) => remove(&dir, &paths.control(identifier)),
        None => Ok(()),
    }
}

fn remove(dir: &Dir, path: &Path) -> Result<(), SocketError> {
    match unlinkat(dir, name(path), UnlinkatFlags::NoRemoveDir) {
        Ok(()) | Err(Errno::ENOENT) => Ok(()),
        Err(errno) => Err(system("unlink", errno, path)),
    }
}

fn name(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}

impl Socket {
    /// Whether the whole path still means this socket, or cannot be asked just now. One system call, no heap.
    pub fn is_there(&self) -> bool {
        match lies_at(&self.path) {
            Ok(found) => found.is_some_and(|found| (found.st_dev, found.st_ino) == self.file),
            Err(_) => true,
        }
    }

    /// Removes the name, unless it means another socket by now.
    ///
    /// # Errors
    /// Which call failed.
    pub fn remove(self) -> Result<(), SocketError> {
        match fstatat(&self.dir, name(&self.path), AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(status) if (status.st_dev, status.st_ino) == self.file => {
                remove(&self.dir, &self.path)
            }
            Ok(_) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(system("fstatat", errno, &self.path)),
        }
    }
}

fn system(call: &'static str, errno: Errno, path: &Path) -> SocketError {
    SocketError::Dir(registry::Error::system(call, errno, path))
}

/// Whether the peer of `stream` may command this monitor: its user is ours, or root.
pub fn may_command(stream: &impl AsFd) -> bool {
    super::is_trusted(stream)
}
