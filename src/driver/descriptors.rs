//! Descriptors that the start script left open.
//!
//! Owns closing them. Kept, they would pin the shared disk that a file of them lies on, or hold a lock of the script's,
//! for as long as the monitor lives, and go on to its children. Takes no heap.

use core::mem::MaybeUninit;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::close;
use rustix::fs::RawDir;
use std::os::fd::{AsRawFd, RawFd};

/// The first one that is not standard input, output or error.
const FIRST: RawFd = 3;
/// Where they cannot be listed (no /proc), those below this are closed: the usual soft limit.
const UNLISTED_MAX: RawFd = 1024;
/// Entries of some 24 bytes that are read at once.
const BUFFER: usize = 1024;

/// Closes every descriptor but 0 to 2. To be called before anything of ours is opened.
pub fn close_inherited_descriptors() {
    if close_listed().is_err() {
        for descriptor in FIRST..UNLISTED_MAX {
            // Most are not open.
            let _ = close(descriptor);
        }
    }
}

fn close_listed() -> Result<(), Errno> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let listing = open("/proc/self/fd", flags, Mode::empty())?;
    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    let mut entries = RawDir::new(&listing, &mut buffer);
    // Ends: the listing goes on at the next number, whatever is closed meanwhile (proc(5)).
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(|error| Errno::from_raw(error.raw_os_error()))?;
        let number = entry.file_name().to_str().ok();
        let number: Option<RawFd> = number.and_then(|number| number.parse().ok());
        if let Some(number) = number.filter(|&number| number >= FIRST)
            && number != listing.as_raw_fd()
        {
            // Closed, whatever it says (close(2)).
            let _ = close(number);
        }
    }
    Ok(())
}
