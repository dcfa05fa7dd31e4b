//! A directory of a test's own, gone with its value, and claims that end like a killed monitor's.

use super::{Claim, PAUSE, TRIES, pause};
use crate::paths::Paths;
use crate::sys::lock;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // Ends: the count differs at every try, and names left by earlier processes are finite.
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("clp_isa-{}-{count}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match std::fs::create_dir(&path) {
                Ok(()) => return Self(path),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => (),
                Err(error) => panic!("{}: {error}", path.display()),
            }
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    pub(crate) fn paths(&self) -> Paths {
        Paths::new(Some(self.0.clone().into_os_string()))
    }
}

/// Lets go of a claim as a killed monitor does, and returns when its lock is gone. That takes a moment where another
/// test is just starting a program: until its exec, the child has a copy of every descriptor of this process.
pub(crate) fn abandon(claim: Claim) {
    let file = File::open(&claim.path).unwrap();
    drop(claim);
    // Ends: at most TRIES rounds, or the test has failed.
    for _ in 0..TRIES {
        if lock::share(&file).unwrap() {
            return;
        }
        pause(PAUSE);
    }
    panic!("the lock is still held");
}

/// Closes the one socket that is bound at `path`, and returns when the kernel knows of none: see [`abandon`].
pub(crate) fn close(socket: impl Into<OwnedFd>, path: &Path) {
    drop(socket.into());
    let name = format!(" {}\n", path.display());
    // Ends: at most TRIES rounds, or the test has failed.
    for _ in 0..TRIES {
        if !std::fs::read_to_string("/proc/net/unix")
            .unwrap()
            .contains(&name)
        {
            return;
        }
        pause(PAUSE);
    }
    panic!("{} is still open", path.display());
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
