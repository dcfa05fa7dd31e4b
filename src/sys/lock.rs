//! The lock on a file or directory: who may take it in which form, and what that says.
//!
//! Owns the meaning of the two forms of flock(2). The lock conflicts between any two openings of the file and vanishes
//! with the process, however that ends. systemd-tmpfiles leaves alone what carries one, and every kernel since 2.6.27,
//! the oldest that the rest of the program works on, has it.
//!
//! A monitor holds the exclusive form on its identifier's file as long as it lives. Whoever looks tries the shared form
//! and lets go of it at once: if it cannot be had there is a monitor. Nothing can be asked without being taken, so a
//! look may be in the way of a start: whoever wants the exclusive form tries again.

use std::fs::{File, TryLockError};
use std::io;

fn is_taken(result: Result<(), TryLockError>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Takes the exclusive form. `Ok(false)`: somebody else holds the lock in one of its forms.
pub(crate) fn take(file: &File) -> io::Result<bool> {
    is_taken(file.try_lock())
}

/// Takes the shared form. `Ok(false)`: somebody holds the exclusive one, a monitor or, for a moment, a removal.
pub(crate) fn share(file: &File) -> io::Result<bool> {
    is_taken(file.try_lock_shared())
}

/// Takes the exclusive form instead of the shared one; in between it holds none. `Ok(false)`: somebody else holds the
/// lock in one of its forms; the shared one is lost.
pub(crate) fn own(file: &File) -> io::Result<bool> {
    file.unlock()?;
    take(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::scratch::Scratch;

    #[test]
    fn looks_share_and_one_owns() {
        let scratch = Scratch::new();
        let path = scratch.root().join("lock");
        let first = File::create(&path).unwrap();
        let [reader, second, third] = [(); 3].map(|()| File::open(&path).unwrap());
        assert!(share(&first).unwrap());
        assert!(share(&reader).unwrap());
        assert!(!own(&first).unwrap(), "a look is in the way");
        drop(reader);
        assert!(own(&first).unwrap());
        for other in [&second, &third] {
            assert!(!share(other).unwrap());
            assert!(!own(other).unwrap());
        }
        drop(first);
        assert!(share(&third).unwrap());
    }
}
