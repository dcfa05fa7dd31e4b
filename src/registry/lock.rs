//! The lock on an identifier's file: who holds it, and in which of two forms.
//!
//! Owns the byte ranges and their meaning. The lock is an open-file-description lock (fcntl(2)): it conflicts
//! between any two openings of the file, vanishes with the process however that ends, and can be asked after
//! without being taken, so that looking at a monitor never disturbs a start.
//!
//! Byte 0 is the claim on the identifier. Bytes 0 and 1 together are a change in progress: somebody is about to
//! become the monitor or to remove the file. The two are told apart by the length that `F_OFD_GETLK` reports.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{self, c_int, c_short};
use std::os::fd::AsFd;

/// Who holds the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// Nobody: no monitor runs under this identifier.
    Nobody,
    /// A start or a removal, for a moment; what the file holds means nothing until it is over.
    Change,
    /// A running monitor.
    Monitor,
}

/// Bytes of the claim, and of a change.
const CLAIM: libc::off_t = 1;
const CHANGE: libc::off_t = 2;

fn range(kind: c_int, start: libc::off_t, length: libc::off_t) -> Result<libc::flock, Errno> {
    let short = |value: c_int| c_short::try_from(value).map_err(|_| Errno::EINVAL);
    Ok(libc::flock {
        l_type: short(kind)?,
        l_whence: short(libc::SEEK_SET)?,
        l_start: start,
        l_len: length,
        // Must be zero for open-file-description locks.
        l_pid: 0,
    })
}

/// Takes the lock as a change in progress. `Ok(false)`: somebody else holds it.
pub(super) fn begin_change(file: &impl AsFd) -> Result<bool, Errno> {
    let lock = range(libc::F_WRLCK, 0, CHANGE)?;
    match fcntl(file, FcntlArg::F_OFD_SETLK(&lock)) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Turns a change in progress into a monitor's claim, without letting go of it in between.
pub(super) fn become_monitor(file: &impl AsFd) -> Result<(), Errno> {
    let lock = range(libc::F_UNLCK, CLAIM, CHANGE.saturating_sub(CLAIM))?;
    fcntl(file, FcntlArg::F_OFD_SETLK(&lock)).map(drop)
}

/// Who else holds the lock on this file. Takes nothing.
pub(super) fn holder(file: &impl AsFd) -> Result<Holder, Errno> {
    let mut lock = range(libc::F_WRLCK, 0, CLAIM)?;
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut lock))?;
    Ok(if c_int::from(lock.l_type) == libc::F_UNLCK {
        Holder::Nobody
    } else if lock.l_len == CLAIM {
        Holder::Monitor
    } else {
        Holder::Change
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::scratch::Scratch;
    use std::fs::File;

    #[test]
    fn a_change_excludes_others_and_becomes_a_claim() {
        let scratch = Scratch::new();
        let path = scratch.root().join("lock");
        let first = File::create(&path).unwrap();
        let second = File::options().write(true).open(&path).unwrap();
        let reader = File::open(&path).unwrap();
        assert_eq!(holder(&reader), Ok(Holder::Nobody));
        assert_eq!(begin_change(&first), Ok(true));
        assert_eq!(holder(&reader), Ok(Holder::Change));
        assert_eq!(begin_change(&second), Ok(false));
        become_monitor(&first).unwrap();
        assert_eq!(holder(&reader), Ok(Holder::Monitor));
        assert_eq!(begin_change(&second), Ok(false));
        drop(first);
        assert_eq!(holder(&reader), Ok(Holder::Nobody));
        assert_eq!(begin_change(&second), Ok(true));
    }
}
