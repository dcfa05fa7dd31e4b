//! Whether what lies at a path may be trusted: that nobody else can have put it there.
//!
//! Owns the look at every directory on the way to what is opened or run, and at where symbolic links lead. Opens nothing
//! but to see that.

use super::dir::is_shared;
use super::path_error::{PathError, UnsafePath};
use nix::libc::{O_NONBLOCK, O_PATH, S_ISVTX, S_IWOTH};
use nix::sys::stat::{FileStat, stat};
use nix::unistd::{getegid, geteuid, getgid, getuid};
use std::fs::OpenOptions;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Refuses what is at `path` to a process with rights that its user does not have.
pub(crate) fn vet_process(path: &Path) -> Result<(), PathError> {
    if (getuid(), getgid()) == (geteuid(), getegid()) {
        Ok(())
    } else {
        Err(UnsafePath::Privileged.at(path))
    }
}

/// Looks at every directory on the way to `path`, also at those that symbolic links on it lead through.
pub(crate) fn vet_way(path: &Path) -> Result<(), PathError> {
    // Ends: every turn is one directory further up.
    for dir in path.ancestors() {
        // What is missing, or cannot be reached, is used by nobody.
        let Ok(real) = real_path(dir) else {
            continue;
        };
        for part in real.ancestors() {
            look(part, |status| status.st_mode & S_ISVTX != 0)?;
        }
        if real == dir {
            // No link on the way: all above was looked at.
            break;
        }
    }
    Ok(())
}

/// Refuses to run a program that somebody else could have put there, or could change.
///
/// # Errors
/// What is wrong with it or with its directory; never a failed call.
pub(crate) fn vet_program(path: &Path) -> Result<(), PathError> {
    // A link's directory says what is run as much as the program's own. What is not there cannot be run.
    let real = real_path(path).unwrap_or_else(|_| path.to_path_buf());
    for part in [path.parent(), real.parent(), Some(&*real)] {
        look(part.unwrap_or(path), |_| false)?;
    }
    Ok(())
}

/// Looks at the owner of what `path` names, and at who else may write to it unless `may_be_shared` says that this does
/// no harm: in a directory such as `/tmp`, for one, nobody can take away what is another's (the sticky bit).
fn look(path: &Path, may_be_shared: impl Fn(&FileStat) -> bool) -> Result<(), PathError> {
    let Ok(status) = stat(path) else {
        return Ok(());
    };
    let user = geteuid();
    // An ordinary user's own group is trusted: where every user has a private one, directories are made writable to it.
    let is_private =
        !user.is_root() && status.st_gid == getegid().as_raw() && status.st_mode & S_IWOTH == 0;
    if ![0, user.as_raw()].contains(&status.st_uid) {
        Err(UnsafePath::Owner.at(path))
    } else if is_shared(&status) && !is_private && !may_be_shared(&status) {
        Err(UnsafePath::Writable.at(path))
    } else {
        Ok(())
    }
}

/// `path` without symbolic links: what the kernel says that it opens.
///
/// realpath(3) serves only where there is no /proc: it takes 8 KiB of the stack and the heap of the C library, which
/// nothing else in a monitor does.
///
/// # Errors
/// `path` cannot be reached.
pub(crate) fn real_path(path: &Path) -> io::Result<PathBuf> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(O_PATH | O_NONBLOCK)
        .open(path)?;
    let there = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
    there.or_else(|_| path.canonicalize())
}
