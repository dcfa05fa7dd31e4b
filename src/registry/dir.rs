//! The directories that are ours alone, and the files in them: created with exact modes, never entered through a
//! symbolic link.
//!
//! Owns the way from the prefix down to `id`, `ctl` and the licenses, by directory descriptors. Refuses what somebody else could
//! have planted: a symbolic link, another user's directory or file. `<root>/var` and `<root>/var/run` are the system's,
//! where `/var/run` itself usually is a symbolic link: those are followed.

use super::{Error, UnsafePath};
use crate::paths::Paths;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, lstat, mkdirat};
use nix::unistd::{geteuid, mkdir};
use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

const DIRECTORY: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_CLOEXEC);

/// One of the two directories that hold something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateDir {
    /// Locks and records.
    Id,
    /// Control sockets.
    Ctl,
    /// Licenses: not run-time state. Modes of directories that were there before are their owner's choice.
    License,
}

impl StateDir {
    /// The directory's path, and that of the directory around it; what is above that is the system's.
    fn paths(self, paths: &Paths) -> (PathBuf, PathBuf) {
        match self {
            Self::Id => (paths.id_dir(), paths.run_dir()),
            Self::Ctl => (paths.ctl_dir(), paths.run_dir()),
            Self::License => (paths.license_dir(), paths.config_dir()),
        }
    }
}

/// An open directory, ours alone.
#[derive(Debug)]
pub(crate) struct Dir {
    descriptor: File,
    path: PathBuf,
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl Dir {
    /// The directory, if it exists.
    pub(crate) fn open(paths: &Paths, kind: StateDir) -> Result<Option<Self>, Error> {
        Self::descend(paths, kind, Missing::Accept)
    }

    /// The directory, created with all above it if it does not exist.
    pub(crate) fn create(paths: &Paths, kind: StateDir) -> Result<Self, Error> {
        Self::descend(paths, kind, Missing::Create)?.ok_or_else(|| {
            let (path, _) = kind.paths(paths);
            Error::system("open", Errno::ENOENT, &path)
        })
    }

    /// Shares the lock on the directory for as long as this value lives: systemd-tmpfiles leaves a directory with a lock on it
    /// alone when it cleans up, with all that is in it (tmpfiles.d(5)). Whoever is in the way of that does it no harm.
    pub(crate) fn keep(&self) {
        let _ = self.descriptor.try_lock_shared();
    }

    /// The directory's path name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn descend(paths: &Paths, kind: StateDir, missing: Missing) -> Result<Option<Self>, Error> {
        let (path, around) = kind.paths(paths);
        let base_path = around.parent().unwrap_or(paths.root());
        if missing == Missing::Create {
            create_parents(base_path)?;
        }
        let base = match open(base_path, DIRECTORY, Mode::empty()) {
            Ok(base) => base,
            Err(Errno::ENOENT) if missing == Missing::Accept => return Ok(None),
            Err(errno) => return Err(Error::system("open", errno, base_path)),
        };
        let Some(around) = enter(&base, &around, kind, missing)? else {
            return Ok(None);
        };
        let descriptor = enter(&around, &path, kind, missing)?;
        Ok(descriptor.map(|descriptor| Self {
            descriptor: descriptor.into(),
            path,
        }))
    }
}

/// What a whole path name means, links not followed; nothing if there is no such thing. One system call, no heap.
///
/// Errors: it cannot be told just now, which says nothing of what lies there.
pub(crate) fn lies_at(path: &Path) -> Result<Option<FileStat>, Errno> {
    match lstat(path) {
        Ok(status) => Ok(Some(status)),
        Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::EACCES) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Opens a file in `directory` and makes sure that it is one, and ours. `path` is its whole name. Nothing: there is none,
/// or it was removed meanwhile.
pub(crate) fn open_file(
    dir: &Dir,
    path: &Path,
    flags: OFlag,
    mode: Mode,
) -> Result<Option<(File, FileStat)>, Error> {
    let name: &OsStr = path.file_name().unwrap_or_default();
    // O_NONBLOCK: a planted FIFO must not hang us.
    let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = match openat(dir, name, flags, mode) {
        Ok(file) => File::from(file),
        Err(Errno::ENOENT) => return Ok(None),
        Err(Errno::ELOOP | Errno::EISDIR | Errno::ENXIO) => {
            return Err(Error::unsafe_path(UnsafePath::NotAFile, path));
        }
        Err(errno) => return Err(Error::system("open", errno, path)),
    };
    let status = fstat(&file).map_err(|errno| Error::system("fstat", errno, path))?;
    if status.st_mode & SFlag::S_IFMT.bits() != SFlag::S_IFREG.bits() {
        return Err(Error::unsafe_path(UnsafePath::NotAFile, path));
    }
    if status.st_uid != geteuid().as_raw() {
        return Err(Error::unsafe_path(UnsafePath::Owner, path));
    }
    match status.st_nlink {
        0 => Ok(None),
        1 => Ok(Some((file, status))),
        _ => Err(Error::unsafe_path(UnsafePath::Links, path)),
    }
}

/// What to do about a directory that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Accept,
    Create,
}

/// Opens the directory at `path`, whose parent is open as `parent`, and makes its mode 0700: that of a directory of the
/// licenses only if it was missing; one that others may write to is refused.
fn enter(
    parent: &OwnedFd,
    path: &Path,
    kind: StateDir,
    missing: Missing,
) -> Result<Option<OwnedFd>, Error> {
    let name: &OsStr = path.file_name().unwrap_or_default();
    let mut is_new = false;
    if missing == Missing::Create {
        match mkdirat(parent, name, Mode::S_IRWXU) {
            Ok(()) => is_new = true,
            Err(Errno::EEXIST) => (),
            Err(errno) => return Err(Error::system("mkdir", errno, path)),
        }
    }
    let dir = match openat(parent, name, DIRECTORY | OFlag::O_NOFOLLOW, Mode::empty()) {
        Ok(dir) => dir,
        Err(Errno::ENOENT) if missing == Missing::Accept => return Ok(None),
        Err(Errno::ENOTDIR | Errno::ELOOP) => {
            return Err(Error::unsafe_path(UnsafePath::NotADirectory, path));
        }
        Err(errno) => return Err(Error::system("open", errno, path)),
    };
    let status = fstat(&dir).map_err(|errno| Error::system("fstat", errno, path))?;
    if status.st_uid != geteuid().as_raw() {
        return Err(Error::unsafe_path(UnsafePath::Owner, path));
    }
    if kind != StateDir::License || is_new {
        make_mode(&dir, &status, Mode::S_IRWXU, path)?;
    } else if is_shared(&status) {
        return Err(Error::unsafe_path(UnsafePath::Writable, path));
    }
    Ok(Some(dir))
}

/// Whether others than its owner may write to it.
pub(crate) fn is_shared(status: &FileStat) -> bool {
    status.st_mode & 0o022 != 0
}

/// Gives an open file exactly `mode`, whatever the umask was.
pub(crate) fn make_mode(
    file: &impl AsFd,
    status: &FileStat,
    mode: Mode,
    path: &Path,
) -> Result<(), Error> {
    if status.st_mode & 0o7777 == mode.bits() {
        return Ok(());
    }
    fchmod(file, mode).map_err(|errno| Error::system("fchmod", errno, path))
}

/// Creates the directory at `path` and those above it, mode 0755, where they are missing.
pub(crate) fn create_parents(path: &Path) -> Result<(), Error> {
    let mode = Mode::S_IRWXU | Mode::S_IRGRP | Mode::S_IXGRP | Mode::S_IROTH | Mode::S_IXOTH;
    let created = match (mkdir(path, mode), path.parent()) {
        // Ends: every parent is shorter than its child, and the root exists.
        (Err(Errno::ENOENT), Some(parent)) => {
            create_parents(parent)?;
            mkdir(path, mode)
        }
        (created, _) => created,
    };
    match created {
        Ok(()) => {
            let dir = open(path, DIRECTORY | OFlag::O_NOFOLLOW, Mode::empty())
                .map_err(|errno| Error::system("open", errno, path))?;
            fchmod(&dir, mode).map_err(|errno| Error::system("fchmod", errno, path))
        }
        Err(Errno::EEXIST) => Ok(()),
        // An existing directory on a read-only or protected file system may be reported so instead of as existing.
        Err(_) if path.is_dir() => Ok(()),
        Err(errno) => Err(Error::system("mkdir", errno, path)),
    }
}
