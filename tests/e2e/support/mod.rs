//! What the end-to-end tests share: a private root, the real binary in it, scripted servers, waiting on conditions.

pub(crate) mod files;
pub(crate) mod node;
pub(crate) mod processes;
pub(crate) mod programs;
pub(crate) mod rows;
pub(crate) mod run;
pub(crate) mod server;
pub(crate) mod smtp;
pub(crate) mod store;

use clp_isa_core::license::key::{Serial, Terms};
use clp_isa_core::license::record::Record;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a condition may take that has no deadline of its own: far above what it needs on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `condition` gives something, looking every few milliseconds.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "still waiting for {what}");
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// The binary under test: the one that cargo built, or another that `CLP_ISA_TEST_BINARY` names.
pub(crate) fn binary() -> PathBuf {
    other_binary().unwrap_or_else(|| env!("CARGO_BIN_EXE_clp_isa").into())
}

/// Whether it is that other one: the packages' static binary.
pub(crate) fn is_static() -> bool {
    other_binary().is_some()
}

/// Copies the binary under test, for everybody to execute. A process of its own writes it: a child that another test
/// forks meanwhile would inherit the open file, and nobody can execute what somebody may still write to.
pub(crate) fn copy_binary(to: &Path) {
    let status = Command::new("install")
        .args(["-m", "755"])
        .arg(binary())
        .arg(to)
        .status();
    assert!(status.unwrap().success());
}

fn other_binary() -> Option<PathBuf> {
    std::env::var_os("CLP_ISA_TEST_BINARY").map(PathBuf::from)
}

/// Whether `CLP_ISA_TEST_STRICT` turns a skipped test into a failure.
#[track_caller]
pub(crate) fn skip(reason: &str) {
    assert!(
        std::env::var_os("CLP_ISA_TEST_STRICT").is_none(),
        "skipped: {reason}"
    );
    report(&format!("skipped: {reason}\n"));
}

/// Writes past the test's captured output: what is to be read even of a test that passes.
pub(crate) fn report(text: &str) {
    let _ = io::Write::write_all(&mut io::stderr(), text.as_bytes());
}

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// A private `CLP_ISA_ROOT` with a product license, removed at the end.
pub(crate) struct Root(PathBuf);

/// Registers a license for this host under a prefix.
pub(crate) fn register_at(prefix: &Path, serial: &str, terms: Terms) {
    store::register(prefix, issue(serial, terms));
}

/// A license with a genuine key.
pub(crate) fn issue(serial: &str, terms: Terms) -> Record {
    Record::issue(Serial::parse(serial.as_bytes()).unwrap(), terms).unwrap()
}

/// How late after a deadline the loop may wake on a loaded machine before the check is void: the product's own bound.
pub(crate) const SLACK_MS: u64 = 500;

/// How many milliseconds a failed check took, by its line of the failure log.
#[track_caller]
pub(crate) fn took_ms(line: &str) -> u64 {
    let (before, _) = line.split_once(" ms: ").unwrap();
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

/// One line of the alert log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alert {
    pub(crate) id: u8,
    pub(crate) module: String,
    pub(crate) text: String,
}

impl Root {
    pub(crate) fn new() -> Self {
        let root = Self::bare();
        root.register("TST0000001", Terms::Product);
        root
    }

    /// An empty one: no license either.
    pub(crate) fn bare() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // Short: socket paths are limited to 107 bytes.
        let path = std::env::temp_dir().join(format!("isa{}-{count}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Registers a license for this host, as `clplcnsc` would.
    pub(crate) fn register(&self, serial: &str, terms: Terms) {
        register_at(&self.0, serial, terms);
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn join(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    pub(crate) fn log_dir(&self) -> PathBuf {
        self.join("opt/nec/clusterpro/log")
    }

    pub(crate) fn record(&self, identifier: &str) -> PathBuf {
        self.join("var/run/clp_isa/id").join(identifier)
    }

    /// The alerts so far; none while there is no log. A monitor that sees another one's line half-way begins its own on a
    /// new line: empty lines are none.
    pub(crate) fn alerts(&self) -> Vec<Alert> {
        let text = fs::read_to_string(self.log_dir().join("isa_alert.log")).unwrap_or_default();
        text.lines()
            .filter(|line| !line.is_empty())
            .map(|line| {
                let fields: Vec<&str> = line.split('\t').collect();
                assert_eq!(fields.len(), 6, "alert log line {line:?}");
                Alert {
                    id: fields[4].parse().unwrap(),
                    module: fields[3].into(),
                    text: fields[5].into(),
                }
            })
            .collect()
    }

    /// The alerts of one monitor.
    pub(crate) fn alerts_of(&self, identifier: &str) -> Vec<Alert> {
        let ours = format!("[ID:{identifier}]");
        let mut alerts = self.alerts();
        alerts.retain(|alert| alert.text.ends_with(&ours));
        alerts
    }

    /// The ids of the alerts so far.
    pub(crate) fn ids(&self) -> Vec<u8> {
        self.alerts().iter().map(|alert| alert.id).collect()
    }

    /// The failure log so far.
    pub(crate) fn failure_log(&self) -> String {
        self.failure_log_of("httpmon")
    }

    /// The failure log of a module so far.
    pub(crate) fn failure_log_of(&self, module: &str) -> String {
        fs::read_to_string(self.log_dir().join(format!("{module}.log"))).unwrap_or_default()
    }

    /// What a module's failure log says of checks; its other lines tell of sinks that could not be reached.
    pub(crate) fn noted_checks(&self, module: &str) -> Vec<String> {
        let log = self.failure_log_of(module);
        let lines = log.lines().filter(|line| line.contains(": check "));
        lines.map(String::from).collect()
    }

    /// The failure log's lines about checks: without those of the sinks (no syslog daemon serves this root), and
    /// without those of checks that a loaded machine made void. Whatever a server sent, no byte of the log may be
    /// anything but printable ASCII.
    #[track_caller]
    pub(crate) fn check_lines(&self) -> Vec<String> {
        let bytes = fs::read(self.log_dir().join("httpmon.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&bytes).into_owned();
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n');
        assert!(bytes.iter().all(is_plain), "raw bytes in {log:?}");
        let is_checks =
            |line: &&str| !line.contains(": syslog: ") && !line.contains("process was not run");
        log.lines().filter(is_checks).map(str::to_owned).collect()
    }

    /// The binary under `name` (`clp_httpmon` …) with this root.
    pub(crate) fn command(&self, name: &str) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(binary());
        command
            .arg0(name)
            .env("CLP_ISA_ROOT", &self.0)
            .stdin(Stdio::null());
        command
    }

    /// `program`, which is to start the binary with this root; it hears nothing, and what it says is kept.
    pub(crate) fn piped(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("CLP_ISA_ROOT", &self.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Waits until the alert with this id came (the `count`-th of that id).
    #[track_caller]
    pub(crate) fn wait_for_alert(&self, id: u8, count: usize) -> Alert {
        wait_for(&format!("alert {id}, number {count}"), || {
            self.alerts()
                .into_iter()
                .filter(|alert| alert.id == id)
                .nth(count - 1)
        })
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running monitor, killed at the end if it still runs.
pub(crate) struct Monitor {
    pub(crate) child: Child,
    pub(crate) started: Instant,
}

impl Monitor {
    /// Starts a process. The clock is read first: a loaded machine may run the child long before the spawn returns, and
    /// what must not come too early is counted from here.
    #[track_caller]
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let started = Instant::now();
        let child = command.spawn().expect("a process to start");
        Self { child, started }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end by itself. Gives the status and how long after the start it came.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> (ExitStatus, Duration) {
        wait_for("the monitor's end", || {
            self.child
                .try_wait()
                .unwrap()
                .map(|status| (status, self.started.elapsed()))
        })
    }

    /// The exit code after its end by itself.
    #[track_caller]
    pub(crate) fn code(&mut self) -> i32 {
        self.wait().0.code().expect("ended by a signal")
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Kills the process, which is gone then.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.pid()).unwrap());
        nix::sys::signal::kill(pid, signal).unwrap();
    }

    /// A figure of `/proc/PID/status`, in the unit printed there.
    pub(crate) fn status_figure(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with(&format!("{name}:")))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
