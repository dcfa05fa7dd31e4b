//! The sinks under every kind of trouble: monitoring goes on in time, and what is lost is counted and told.

mod clplogcmd;
mod descriptors;
mod hostile;
mod large;
mod logs;
mod queue;
mod syslog;

use crate::support::files::{chmod, mode, script};
use crate::support::server::Server;
use crate::support::{Monitor, PATIENCE, Root, rows, wait_for};
use nix::sys::signal::Signal;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How late a check may be seen to begin: scheduling of monitor and test on a loaded machine. Less than an interval,
/// so that a skipped check shows.
const SLACK: Duration = Duration::from_millis(900);
const INTERVAL: Duration = Duration::from_secs(1);

/// A server that makes every check an alert of its own: it answers 400, 401 and so on. It notes when checks begin.
struct Grumbler {
    server: Server,
    begun: Arc<Mutex<Vec<Instant>>>,
}

impl Grumbler {
    fn start() -> Self {
        Self::answering(|number| 400 + number)
    }

    /// One that is content with everything.
    fn silent() -> Self {
        Self::answering(|_| 200)
    }

    fn answering(status: impl Fn(usize) -> usize + Send + Sync + 'static) -> Self {
        let begun = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&begun);
        let server = Server::start(move |conversation| {
            let number = {
                let mut noted = noted.lock().unwrap();
                noted.push(Instant::now());
                noted.len() - 1
            };
            conversation.read_request();
            conversation.send(format!("HTTP/1.1 {} so\r\n\r\n", status(number)).as_bytes());
            conversation.read_to_end();
        });
        Self { server, begun }
    }

    /// What a monitor of it is started with: it fails every check, and goes on.
    fn arguments(&self) -> Vec<String> {
        let port = self.server.port();
        let arguments = ["web", "-n", &port, "-i", "1", "-c", "10000", "-h", "/x"];
        arguments.map(String::from).to_vec()
    }

    fn watch(&self, root: &Root) -> Monitor {
        let mut command = root.command("clp_httpmon");
        command.args(self.arguments());
        Monitor::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
    }

    fn checks(&self) -> usize {
        self.begun.lock().unwrap().len()
    }

    /// Waits until `count` more checks have begun: what came of those before the last one is in the sinks by then.
    #[track_caller]
    fn wait_for_checks(&self, count: usize) {
        let wanted = self.checks() + count;
        wait_for("checks", || (self.checks() >= wanted).then_some(()));
    }

    /// Every check began at its point of the grid, none was left out.
    #[track_caller]
    fn assert_in_time(&self, monitor: &Monitor) {
        let begun = self.begun.lock().unwrap();
        assert!(begun.len() >= 3, "{} checks are no grid", begun.len());
        for (number, time) in (0..).zip(begun.iter()) {
            let due = INTERVAL * number;
            assert!(*time >= monitor.started + due, "check {number} too early");
            let late = time.saturating_duration_since(begun[0] + due);
            assert!(late < SLACK, "check {number} was {late:?} late");
        }
    }
}

/// Starts a monitor. Its time is that before the start: no point of its grid can lie earlier.
/// Gives the monitor a command, which it carries out.
#[track_caller]
fn tell(root: &Root, verb: &str) {
    let output = root.command("clp_httpmon").args(["web", verb]).output();
    assert!(output.unwrap().status.success(), "{verb}");
}

/// Stops a monitor with SIGTERM: it ends in good order and has written nothing to its standard descriptors.
#[track_caller]
fn stop(mut monitor: Monitor) {
    use std::io::Read;
    monitor.signal(Signal::SIGTERM);
    assert_eq!(monitor.code(), 0);
    let mut said = Vec::new();
    let (out, error) = (monitor.child.stdout.take(), monitor.child.stderr.take());
    out.unwrap().read_to_end(&mut said).unwrap();
    error.unwrap().read_to_end(&mut said).unwrap();
    assert_eq!(String::from_utf8_lossy(&said), "");
}

/// The texts of the records in a failure log, of which each line has the right form.
#[track_caller]
fn records(log: &Path, pid: u32) -> Vec<String> {
    let log = String::from_utf8(fs::read(log).unwrap_or_default()).unwrap();
    let text = log.lines().map(|line| record(line, pid).to_owned());
    text.collect()
}

/// What stands behind `YYYY/MM/DD hh:mm:ss.mmm [pid] web: `.
#[track_caller]
fn record(line: &str, pid: u32) -> &str {
    let (time, rest) = line.split_at_checked(23).unwrap_or((line, ""));
    let shape: String = time
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(shape, "0000/00/00 00:00:00.000", "{line:?}");
    let text = rest.strip_prefix(&format!(" [{pid}] web: "));
    text.unwrap_or_else(|| panic!("failure log line {line:?}"))
}

fn failure_log(root: &Root) -> PathBuf {
    root.log_dir().join("httpmon.log")
}

/// The counts of lost messages that were told for this sink.
fn told_losses(records: &[String], sink: &str) -> Vec<usize> {
    let count = |record: &String| {
        let told = record.strip_prefix(sink)?.strip_prefix(": ")?;
        let told = told.strip_prefix("delivery works again, ").unwrap_or(told);
        let (count, rest) = told.split_once(' ')?;
        let is_count = ["message was lost", "messages were lost"].contains(&rest);
        is_count.then(|| count.parse().unwrap())
    };
    records.iter().filter_map(count).collect()
}

/// A syslog daemon: reads everything that comes.
struct Daemon {
    path: PathBuf,
    received: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Daemon {
    /// One at the root's `/dev/log`, in place of whatever is there.
    fn start(root: &Root) -> Self {
        Self::read(root, Self::bind(root))
    }

    /// Its socket, which nobody reads yet.
    fn bind(root: &Root) -> UnixDatagram {
        let path = root.join("dev/log");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&path);
        UnixDatagram::bind(path).unwrap()
    }

    /// Begins to read from `socket`.
    fn read(root: &Root, socket: UnixDatagram) -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (kept, end) = (Arc::clone(&received), Arc::clone(&is_over));
        socket
            .set_read_timeout(Some(Duration::from_millis(20)))
            .unwrap();
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                // Before the socket is looked at: what came before the end is read.
                let is_over = end.load(Ordering::SeqCst);
                match socket.recv(&mut buffer) {
                    Ok(length) => {
                        let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
                        kept.lock().unwrap().push(text);
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) if is_over => return,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
                }
            }
        });
        Self {
            path: root.join("dev/log"),
            received,
            is_over,
            reader: Some(reader),
        }
    }

    /// What the monitor with this pid has sent so far.
    fn of(&self, pid: u32) -> Vec<String> {
        let received = self.received.lock().unwrap();
        let tag = format!(" clp_httpmon[{pid}]: ");
        let ours = received.iter().filter(|text| text.contains(&tag));
        ours.cloned().collect()
    }

    /// The events' texts of these.
    fn texts(&self, pid: u32) -> Vec<String> {
        // Priority and type are followed by no space.
        let text = |message: &String| message.split_once("> ").unwrap().1.to_owned();
        self.of(pid).iter().map(text).collect()
    }

    /// Ends as daemons do: its socket is removed and closed. What had reached it is read.
    fn stop(mut self, pid: u32) -> Vec<String> {
        fs::remove_file(&self.path).unwrap();
        self.is_over.store(true, Ordering::SeqCst);
        self.reader.take().unwrap().join().unwrap();
        self.texts(pid)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
    }
}

/// The texts of the alerts in the alert log.
fn alerts(root: &Root) -> Vec<String> {
    root.alerts().into_iter().map(|alert| alert.text).collect()
}

const _: () = assert!(PATIENCE.as_secs() > 15, "a test here waits ten seconds");
