//! Commands under any of their names, and the state they leave on disk.

use super::{Monitor, Root, wait_for};
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// What a command gave that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// One entry of the run-time directories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) mode: u32,
    pub(crate) inode: u64,
    /// A file's content, a symbolic link's target.
    pub(crate) content: Vec<u8>,
}

impl Root {
    /// Starts the command `name` (`clp_httpmon`, or `clp_isa httpmon`).
    pub(crate) fn spawn_as(&self, name: &str, arguments: &[impl AsRef<OsStr>]) -> Monitor {
        let mut words = name.split(' ');
        let mut command = self.command(words.next().unwrap());
        command
            .args(words)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Monitor::spawn(&mut command)
    }

    /// Starts a `clp_httpmon` monitor.
    pub(crate) fn spawn(&self, arguments: &[impl AsRef<OsStr>]) -> Monitor {
        self.spawn_as("clp_httpmon", arguments)
    }

    /// Starts a `clp_httpmon` monitor and waits until its first check was begun (event 2).
    #[track_caller]
    pub(crate) fn start(&self, arguments: &[impl AsRef<OsStr>]) -> Monitor {
        self.start_as("clp_httpmon", arguments)
    }

    /// Runs `clp_httpmon` with these arguments to its end.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Ran {
        self.run_as("clp_httpmon", arguments)
    }

    /// Starts a monitor of the command `name` and waits until its first check was begun (event 2).
    #[track_caller]
    pub(crate) fn start_as(&self, name: &str, arguments: &[impl AsRef<OsStr>]) -> Monitor {
        let identifier = arguments[0].as_ref().to_string_lossy();
        let before = self.starts(&identifier);
        let mut monitor = self.spawn_as(name, arguments);
        self.wait_for_start(&mut monitor, &identifier, before);
        monitor
    }

    /// How often a monitor of this identifier has begun its first check.
    pub(crate) fn starts(&self, identifier: &str) -> usize {
        let alerts = self.alerts_of(identifier).into_iter();
        alerts.filter(|alert| alert.id == 2).count()
    }

    /// Waits until `monitor` has begun its first check, which is more than `before` were.
    #[track_caller]
    pub(crate) fn wait_for_start(&self, monitor: &mut Monitor, identifier: &str, before: usize) {
        wait_for("event 2", || {
            let is_running = monitor.is_running();
            (self.starts(identifier) > before)
                .then_some(())
                .or_else(|| {
                    assert!(is_running, "ended: {:?}", monitor.child.try_wait());
                    None
                })
        });
    }

    /// Runs the command `name` to its end.
    #[track_caller]
    pub(crate) fn run_as(&self, name: &str, arguments: &[impl AsRef<OsStr>]) -> Ran {
        finish(&mut self.spawn_as(name, arguments))
    }

    /// The names in the directory of the control sockets.
    pub(crate) fn sockets(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.join("var/run/clp_isa/ctl"));
        let names = entries.into_iter().flatten();
        names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    /// Everything below `var`, in order.
    pub(crate) fn state(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        collect(&self.join("var"), &mut entries);
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries
    }
}

/// The command's end and what it printed (less than a pipe holds).
#[track_caller]
pub(crate) fn finish(monitor: &mut Monitor) -> Ran {
    let code = monitor.code();
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let (out, err) = (monitor.child.stdout.take(), monitor.child.stderr.take());
    out.unwrap().read_to_string(&mut stdout).unwrap();
    err.unwrap().read_to_string(&mut stderr).unwrap();
    Ran {
        code,
        stdout,
        stderr,
    }
}

fn collect(path: &Path, entries: &mut Vec<Entry>) {
    let Ok(metadata) = path.symlink_metadata() else {
        return;
    };
    let content = if metadata.is_symlink() {
        path.read_link().unwrap().into_os_string().into_vec()
    } else if metadata.is_file() {
        std::fs::read(path).unwrap()
    } else {
        Vec::new()
    };
    entries.push(Entry {
        path: path.to_string_lossy().into_owned(),
        mode: metadata.mode() & 0o7777,
        inode: metadata.ino(),
        content,
    });
    if metadata.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), entries);
        }
    }
}

/// Arguments from bytes, which need not be text.
pub(crate) fn words(arguments: &[&[u8]]) -> Vec<OsString> {
    let owned = |bytes: &&[u8]| OsStr::from_bytes(bytes).to_owned();
    arguments.iter().map(owned).collect()
}

impl Monitor {
    /// Stops the process, waits until the kernel says so, and lets it go on after `span`.
    pub(crate) fn freeze(&self, span: Duration) {
        use nix::sys::signal::Signal;
        self.signal(Signal::SIGSTOP);
        self.wait_until_stopped();
        // Not a wait for something: this is what is done to the monitor.
        std::thread::sleep(span);
        self.signal(Signal::SIGCONT);
    }

    /// Waits until the kernel says that the process is stopped.
    pub(crate) fn wait_until_stopped(&self) {
        self.wait_for_state('T');
    }

    /// Waits until the process sleeps. A monitor has one thread, and the one place where it sleeps is its loop's wait.
    pub(crate) fn wait_until_asleep(&self) {
        self.wait_for_state('S');
    }

    fn wait_for_state(&self, state: char) {
        wait_for("the process' state", || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
            let found = stat.rsplit(") ").next().unwrap();
            found.starts_with(state).then_some(())
        });
    }
}
