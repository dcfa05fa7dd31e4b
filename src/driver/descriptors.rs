//! Descriptors that the start script left open.
//!
//! Owns closing them. Kept, they would pin the shared disk that a file of them lies on, or hold a lock of the script's,
//! for as long as the monitor lives, and go on to its children.

use nix::unistd::close;
use std::fs;
use std::os::fd::RawFd;

/// The first one that is not standard input, output or error.
const FIRST: RawFd = 3;
/// Where they cannot be listed (no /proc), those below this are closed: the usual soft limit.
const UNLISTED_MAX: RawFd = 1024;

/// Closes every descriptor but 0 to 2. To be called before anything of ours is opened.
pub fn close_inherited_descriptors() {
    let open = list().unwrap_or_else(|_| (FIRST..UNLISTED_MAX).collect());
    for descriptor in open {
        // Not open: a number that is free, or that of the listing itself.
        let _ = close(descriptor);
    }
}

fn list() -> std::io::Result<Vec<RawFd>> {
    let mut open = Vec::new();
    // Ends: one pass over the folder.
    for entry in fs::read_dir("/proc/self/fd")? {
        let number = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        open.extend(number.filter(|&number: &RawFd| number >= FIRST));
    }
    Ok(open)
}
