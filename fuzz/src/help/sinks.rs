//! The sinks of a process's alerts, in a directory of their own.

use clp_isa::limits::LINE_MAX;
use clp_isa::paths::Paths;
use clp_isa::protocol::Protocol;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

/// A syslog daemon that takes what it is sent, and room for the logs. Gone with its value.
pub struct Sinks {
    dir: PathBuf,
    daemon: UnixDatagram,
}

impl Sinks {
    pub fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("isa-alert-{}", std::process::id()));
        fs::create_dir_all(dir.join("dev")).unwrap();
        let daemon = UnixDatagram::bind(paths_in(&dir).syslog()).unwrap();
        Self { dir, daemon }
    }

    pub fn paths(&self) -> Paths {
        paths_in(&self.dir)
    }

    /// What syslog was sent first, in one datagram.
    pub fn datagram(&self) -> Vec<u8> {
        let mut datagram = vec![0; 2 * LINE_MAX];
        let length = self.daemon.recv(&mut datagram).unwrap();
        datagram.truncate(length);
        datagram
    }

    /// All that the alert log and `module`'s failure log took.
    pub fn logs(&self, protocol: Protocol) -> [Vec<u8>; 2] {
        let paths = self.paths();
        [paths.alert_log(), paths.failure_log(protocol)].map(|path| fs::read(path).unwrap())
    }
}

impl Drop for Sinks {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn paths_in(dir: &Path) -> Paths {
    Paths::new(Some(dir.into()))
}
