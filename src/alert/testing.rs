//! What the tests of the sinks share: directories of their own, scripts, and tests run again as processes.

use clp_isa_core::time::UnixTime;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};

/// A time for every line.
pub(super) const WALL: UnixTime = UnixTime {
    seconds: 1_790_000_000,
    nanos: 123_000_000,
};

const ROLE: &str = "CLP_ISA_TEST_FOLDER";

/// A new empty directory, removed when dropped.
#[derive(Debug)]
pub(super) struct Dir(PathBuf);

impl Dir {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("clp_isa-{}-{number}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The directory given to this process by [`again`], if it is one.
pub(super) fn inside() -> Option<PathBuf> {
    env::var_os(ROLE).map(PathBuf::from)
}

/// The test named `test` (`module::tests::name` within `alert`), run again in a process for which [`inside`] is
/// `directory`, after the shell commands `setup`.
pub(super) fn again(test: &str, setup: &str, dir: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(format!("{setup}\nexec \"$0\" \"$@\""))
        .arg(env::current_exe().unwrap())
        .args(["--exact", "--test-threads=1"])
        .arg(format!("alert::{test}"))
        .env(ROLE, dir)
        .stdin(process::Stdio::null())
        .stdout(process::Stdio::piped())
        .stderr(process::Stdio::piped());
    command
}

/// Runs such a process to its end; it must have run its test and succeeded.
pub(super) fn succeed(child: process::Child) {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Writes an executable shell script. A process of its own writes it: a descriptor of ours, open for writing, could
/// be alive in a child that another test starts at the same time, and the script could not be run (`ETXTBSY`).
pub(super) fn script(path: &Path, body: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let status = Command::new("/bin/sh")
        .args([
            OsStr::new("-c"),
            OsStr::new("printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$0\" && chmod 755 \"$0\""),
            path.as_os_str(),
            OsStr::new(body),
        ])
        .status()
        .unwrap();
    assert!(status.success());
}

/// The next datagram that has arrived.
pub(super) fn receive(daemon: &UnixDatagram) -> Option<String> {
    daemon.set_nonblocking(true).unwrap();
    let mut buffer = [0; 2048];
    let length = daemon.recv(&mut buffer).ok()?;
    Some(String::from_utf8(buffer[..length].to_vec()).unwrap())
}
