//! Whether the prefix `CLP_ISA_ROOT`, and the cluster's command, may be trusted (docs/reference.md, "CLP_ISA_ROOT").
//!
//! Owns the look at every directory on the way to what is opened or run; opens nothing. Without a prefix the system's own
//! directories are used, whose rights are the system's business.

use super::dir::{create_parents, is_shared};
use super::{Error, UnsafePath};
use crate::paths::{Paths, real_path};
use nix::libc::{S_ISVTX, S_IWOTH};
use nix::sys::stat::{FileStat, stat};
use nix::unistd::{getegid, geteuid, getgid, getuid};
use std::path::Path;

/// Refuses a prefix in which somebody else could have put what this process opens or runs. What is missing will be made
/// by this process.
///
/// # Errors
/// [`Error::Unsafe`]: the directory, and what is wrong with it.
pub fn vet(paths: &Paths) -> Result<(), Error> {
    let root = paths.root();
    if !paths.is_prefixed() {
        return Ok(());
    }
    if (getuid(), getgid()) != (geteuid(), getegid()) {
        return Err(Error::unsafe_path(UnsafePath::Privileged, root));
    }
    for path in [
        paths.run_dir(),
        paths.config_dir(),
        paths.alert_log(),
        paths.syslog(),
        paths.clplogcmd(),
    ] {
        vet_way(path.parent().unwrap_or(root))?;
    }
    Ok(())
}

/// The same for a command that writes: makes the prefix if it is missing, so that nobody else does before it is used.
///
/// # Errors
/// As [`vet`]. A prefix that cannot be made is told by what wants to use it.
pub fn make(paths: &Paths) -> Result<(), Error> {
    vet(paths)?;
    if paths.is_prefixed() && create_parents(paths.root()).is_ok() {
        vet(paths)?;
    }
    Ok(())
}

/// Looks at every directory on the way to `path`, also at those that symbolic links on it lead through.
fn vet_way(path: &Path) -> Result<(), Error> {
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
/// [`Error::Unsafe`]: what is wrong with it or with its directory.
pub(crate) fn vet_program(path: &Path) -> Result<(), Error> {
    // A link's directory says what is run as much as the program's own. What is not there cannot be run.
    let real = real_path(path).unwrap_or_else(|_| path.to_path_buf());
    for part in [path.parent(), real.parent(), Some(&*real)] {
        look(part.unwrap_or(path), |_| false)?;
    }
    Ok(())
}

/// Looks at the owner of what `path` names, and at who else may write to it unless `may_be_shared` says that this does
/// no harm: in a directory such as `/tmp`, for one, nobody can take away what is another's (the sticky bit).
fn look(path: &Path, may_be_shared: impl Fn(&FileStat) -> bool) -> Result<(), Error> {
    let Ok(status) = stat(path) else {
        return Ok(());
    };
    let user = geteuid();
    // An ordinary user's own group is trusted: where every user has a private one, directories are made writable to it.
    let is_private =
        !user.is_root() && status.st_gid == getegid().as_raw() && status.st_mode & S_IWOTH == 0;
    if ![0, user.as_raw()].contains(&status.st_uid) {
        Err(Error::unsafe_path(UnsafePath::Owner, path))
    } else if is_shared(&status) && !is_private && !may_be_shared(&status) {
        Err(Error::unsafe_path(UnsafePath::Writable, path))
    } else {
        Ok(())
    }
}
