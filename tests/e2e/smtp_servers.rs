//! Real mail servers from Debian's packages, each in a throw-away overlay of the file system (`tests/mta/mta`): what the
//! monitor says of them healthy, stopped, frozen and overloaded, and what a healthy monitor leaves in their logs.
//!
//! They download packages, so they run only when asked for, as root: with `CLP_ISA_TEST_MTA=1`, or with
//! `CLP_ISA_TEST_STRICT`, which makes a skip a failure.

use crate::support::{Alert, Monitor, PATIENCE, Root, is_root, skip, wait_for};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// How many healthy checks a server's log is judged over.
const CHECKS: usize = 100;

const REFUSED: (u8, &str) = (
    72,
    "clp_smtpmon has detected network error (connect error[111]).",
);
const SILENT: (u8, &str) = (
    74,
    "clp_smtpmon has detected network error (select error[110]).",
);
const TOO_MANY: (u8, &str) = (
    83,
    "clp_smtpmon has detected an error in SMTP (invalid status code[421]).",
);

/// What is particular to a server.
struct Kind {
    /// Its name in `tests/mta/mta`.
    name: &'static str,
    package: &'static str,
    /// Tells servers of tests that run at once apart.
    port: u16,
    /// How many monitors make a check a second each: well within what the server takes at once, or in a second.
    monitors: usize,
    /// The one line that a check is counted by: logged when the server has had NOOP and QUIT in good order.
    clean: &'static str,
    /// What else a healthy check may log. Any other line is a complaint.
    expected: &'static [&'static str],
}

#[test]
fn postfix() {
    let kind = Kind {
        name: "postfix",
        package: "postfix",
        port: 25021,
        monitors: 10,
        clean: "] noop=1 quit=1 commands=2",
        expected: &[": connect from ", ": statistics: "],
    };
    run(kind, |server| {
        // Its processes are taken by clients that were greeted and say nothing.
        let take = |server: &mut Server| server.greeted(20);
        server.outage("overloaded", SILENT, take, |_, held| drop(held));
    });
}

#[test]
fn exim() {
    let kind = Kind {
        name: "exim",
        package: "exim4-daemon-light",
        port: 25022,
        monitors: 10,
        clean: " closed by QUIT",
        // `no MAIL …` with the commands is asked for in the test's configuration, as is the line for each connection.
        expected: &["SMTP connection from ", "no MAIL in SMTP connection from "],
    };
    run(kind, |server| {
        // smtp_accept_max, 20 unless configured.
        let take = |server: &mut Server| server.greeted(20);
        server.outage("overloaded", TOO_MANY, take, |server, held| {
            server.wait_for_line("refused: too many connections");
            drop(held);
        });
    });
}

#[test]
fn sendmail() {
    let kind = Kind {
        name: "sendmail",
        package: "sendmail-bin",
        port: 25023,
        // It defers what is over 15 in a second, and a loaded machine may bring it two seconds' worth in one.
        monitors: 6,
        // Its answer to every session that sends no mail; the README says what an administrator can do about it.
        clean: " did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA",
        expected: &[],
    };
    run(kind, |server| {
        // RefuseLA, 12 as packaged. It looks every few seconds.
        let load = |server: &mut Server| {
            server.command("load 50");
            server.wait_for_line("rejecting connections on daemon MTA: load average: 50");
            // It closes its socket after that line: who comes in between is reset.
            let is_closed = || server.queued().is_none().then_some(());
            wait_for("its socket to be closed", is_closed);
        };
        server.outage("overloaded", REFUSED, load, |server, ()| {
            server.command("load 0.10");
            // It sleeps 15 seconds before it looks again.
            server.wait_for_listening();
        });
    });
}

#[test]
fn opensmtpd() {
    let kind = Kind {
        name: "opensmtpd",
        package: "opensmtpd",
        port: 25024,
        monitors: 10,
        clean: " smtp disconnected reason=quit",
        expected: &[" smtp connected "],
    };
    run(kind, |server| {
        // It takes sessions for about half its descriptors, 128 here. Whether it took one shows in its queue: that
        // holds but six, and the monitors' connections must find room in it.
        let take = |server: &mut Server| {
            let mut held = Vec::new();
            while !server.has_line("Disabling incoming SMTP connections: Client limit reached") {
                assert!(held.len() < 64);
                held.push(server.connected());
                wait_for("the server to take it, or not", || {
                    (server.queued() == Some(0)
                        || server.has_line("Disabling incoming SMTP connections"))
                    .then_some(())
                });
            }
            held
        };
        server.outage("overloaded", SILENT, take, |_, held| drop(held));
    });
}

/// One server's story; `overload` brings it into its own kind of overload, shows what a monitor says, and lifts it.
fn run(kind: Kind, overload: impl FnOnce(&mut Server)) {
    if !["CLP_ISA_TEST_MTA", "CLP_ISA_TEST_STRICT"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some())
    {
        return skip("real mail servers are downloaded only with CLP_ISA_TEST_MTA=1, as root");
    }
    if !is_root() {
        return skip("real mail servers need root");
    }
    let root = Root::new();
    let package = kind.package;
    let installed = is_installed(package);
    let mut server = match Server::install(kind, &root) {
        Ok(server) => server,
        Err(reason) => return skip(&reason),
    };

    server.command("start");
    server.wait_for_listening();
    let mut steady = server.watch("steady", &["-i", "3", "-c", "10000", "-r", "2"]);
    let mut many = server.leaves_a_clean_log();
    server.outage(
        "stopped",
        REFUSED,
        |server| {
            server.command("stop");
            server.end_with(&mut many);
        },
        |server, ()| server.command("start"),
    );
    server.outage(
        "frozen",
        SILENT,
        |server| server.command("freeze"),
        |server, ()| server.command("thaw"),
    );
    overload(&mut server);
    assert!(steady.is_running());
    drop(steady);

    let namespace = server.end();
    nothing_is_left(&root, &namespace);
    assert_eq!(is_installed(package), installed);
}

/// A server in its overlay.
struct Server<'a> {
    kind: Kind,
    root: &'a Root,
    address: Ipv4Addr,
    process: Child,
    /// What to do goes in; none once the end was asked for.
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    log: Arc<Mutex<Vec<String>>>,
    socket: UnixDatagram,
    /// What took how long, for orientation.
    times: String,
    last: Instant,
}

impl<'a> Server<'a> {
    /// Installs the package. Fails with the reason where that cannot be done here.
    fn install(kind: Kind, root: &'a Root) -> Result<Self, String> {
        let folder = root.join("mta");
        fs::create_dir(&folder).unwrap();
        let socket = UnixDatagram::bind(folder.join("log")).unwrap();
        fs::set_permissions(folder.join("log"), fs::Permissions::from_mode(0o666)).unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        collect(socket.try_clone().unwrap(), Arc::clone(&log));

        // An address of the loopback network for this process alone: no other program's port is in the way, and none
        // can take this one while the server is stopped.
        let [_, high, middle, low] = std::process::id().to_be_bytes();
        let address = Ipv4Addr::new(127, high | 0x80, middle, low);
        let mut process = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mta/mta"))
            .args([kind.name, &address.to_string(), &kind.port.to_string()])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let words = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut server = Self {
            kind,
            root,
            address,
            process,
            words,
            answers,
            log,
            socket,
            times: String::new(),
            last: Instant::now(),
        };
        match server.answer().as_str() {
            "ready" => {
                server.took("install");
                Ok(server)
            }
            "" => Err(format!("{}: no namespaces to be had", server.kind.name)),
            answer => Err(format!("{}: {answer}", server.kind.name)),
        }
    }

    /// Has the script do something and waits until it is done.
    fn command(&mut self, word: &str) {
        writeln!(self.words.as_ref().unwrap(), "{word}").unwrap();
        assert_eq!(self.answer(), "done", "{word}");
        self.took(word);
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end().into()
    }

    fn took(&mut self, what: &str) {
        let text = format!(" {what} {} ms,", self.last.elapsed().as_millis());
        self.times.push_str(&text);
        self.last = Instant::now();
    }

    fn lines(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    fn count_clean(&self) -> usize {
        let log = self.log.lock().unwrap();
        log.iter()
            .filter(|line| line.contains(self.kind.clean))
            .count()
    }

    fn wait_for_line(&self, part: &str) {
        wait_for(&format!("{part:?} in the server's log"), || {
            self.has_line(part).then_some(())
        });
    }

    fn has_line(&self, part: &str) -> bool {
        let log = self.log.lock().unwrap();
        log.iter().any(|line| line.contains(part))
    }

    /// Waits until the server listens; without connecting, which it would log.
    fn wait_for_listening(&mut self) {
        wait_for("the server to listen", || self.queued());
        self.took("listening");
    }

    /// How many connections the server has not accepted yet; none while it does not listen.
    fn queued(&self) -> Option<u32> {
        const LISTEN: &str = "0A";
        let address = u32::from_ne_bytes(self.address.octets());
        let local = format!("{address:08X}:{:04X}", self.kind.port);
        let table = fs::read_to_string("/proc/net/tcp").unwrap();
        table.lines().find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if (fields[1], fields[3]) != (&local, LISTEN) {
                return None;
            }
            let (_, received) = fields[4].split_once(':').unwrap();
            Some(u32::from_str_radix(received, 16).unwrap())
        })
    }

    /// A client's connection.
    fn connected(&self) -> TcpStream {
        TcpStream::connect((self.address, self.kind.port)).unwrap()
    }

    /// So many clients at once that the server has greeted.
    fn greeted(&self, count: usize) -> Vec<TcpStream> {
        let mut held = Vec::new();
        wait_for("so many greetings", || {
            let mut stream = self.connected();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut code = [0; 3];
            stream.read_exact(&mut code).unwrap();
            // Not so while a monitor's own check takes the last place.
            if &code == b"220" {
                held.push(stream);
            }
            (held.len() == count).then_some(())
        });
        held
    }

    /// Starts a monitor of the server with these further options.
    fn watch(&self, identifier: &str, options: &[&str]) -> Monitor {
        let mut command = self.root.command("clp_smtpmon");
        command
            .args([identifier, "-s", &self.address.to_string()])
            .args(["-n", &self.kind.port.to_string()])
            .args(options);
        Monitor::spawn(command.stdout(Stdio::null()))
    }

    /// The alerts of one monitor.
    fn alerts_of(&self, identifier: &str) -> Vec<Alert> {
        let ours = format!(" [ID:{identifier}]");
        let mut alerts = self.root.alerts();
        alerts.retain(|alert| alert.text.ends_with(&ours));
        alerts
    }

    /// How often the failure log has this of a monitor.
    fn written(&self, identifier: &str, what: &str) -> usize {
        let log = fs::read_to_string(self.root.log_dir().join("smtpmon.log")).unwrap_or_default();
        let part = format!(" {identifier}: {what}");
        log.lines().filter(|line| line.contains(&part)).count()
    }

    /// `cause` takes the service away: a new monitor says `event` of it, twice, and ends; the steady one sees it too, and
    /// sees the service healthy again after the `cure`.
    fn outage<T>(
        &mut self,
        name: &str,
        event: (u8, &str),
        cause: impl FnOnce(&mut Self) -> T,
        cure: impl FnOnce(&mut Self, T),
    ) {
        let failed = self.written("steady", "check failed");
        let healthy = self.written("steady", "check healthy again");
        let taken = cause(self);
        self.took("cause");

        let mut monitor = self.watch(name, &["-i", "1", "-c", "1", "-r", "2"]);
        assert_eq!(monitor.code(), 1, "{name}");
        let alerts = self.alerts_of(name);
        let ids: Vec<u8> = alerts.iter().map(|alert| alert.id).collect();
        assert_eq!(ids, [1, 2, event.0, event.0, 6], "{name}: {alerts:?}");
        let text = format!("{} [ID:{name}]", event.1);
        assert_eq!(alerts[2].text, text);
        assert_eq!(alerts[3].text, text);
        self.took(name);

        wait_for("the steady monitor to see it", || {
            (self.written("steady", "check failed") > failed).then_some(())
        });
        cure(self, taken);
        wait_for("the steady monitor to see the cure", || {
            (self.written("steady", "check healthy again") > healthy).then_some(())
        });
        self.took("cured");
    }

    /// A hundred healthy checks, nearly all by monitors of one check a second, and the server's log about them.
    fn leaves_a_clean_log(&mut self) -> Vec<(String, Monitor)> {
        let mut monitors: Vec<(String, Monitor)> = (0..self.kind.monitors)
            .map(|number| {
                let identifier = format!("many{number}");
                // Two retries: the server's end may take one check amid a session, and the next while it is ending.
                let monitor = self.watch(&identifier, &["-i", "1", "-c", "2"]);
                (identifier, monitor)
            })
            .collect();
        // Not in one go: the fewest monitors need 16 seconds.
        for checks in [CHECKS / 2, CHECKS] {
            wait_for("a hundred healthy checks", || {
                (self.count_clean() > checks).then_some(())
            });
        }
        let mut log = self.lines();
        for (identifier, monitor) in &mut monitors {
            let alerts = self.alerts_of(identifier);
            let ids: Vec<u8> = alerts.iter().map(|alert| alert.id).collect();
            assert_eq!(ids, [1, 2], "{identifier}: {alerts:?}");
            assert_eq!(self.written(identifier, "check "), 0, "{identifier}");
            assert!(monitor.is_running(), "{identifier}");
        }
        // Up to the end of the first check the server also tells of its own start.
        let first = log.iter().position(|line| line.contains(self.kind.clean));
        log.drain(..=first.unwrap());
        let complaints: Vec<&String> = log
            .iter()
            .filter(|line| !line.contains(self.kind.clean))
            .filter(|line| !self.kind.expected.iter().any(|part| line.contains(part)))
            .collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
        self.took("a hundred checks");
        monitors
    }

    /// The monitors end with the server.
    fn end_with(&mut self, monitors: &mut [(String, Monitor)]) {
        for (identifier, monitor) in monitors {
            assert_eq!(monitor.code(), 1, "{identifier}");
            let alerts = self.alerts_of(identifier);
            let [.., last, end] = alerts.as_slice() else {
                panic!("{identifier}: {alerts:?}");
            };
            assert_eq!(end.id, 6, "{identifier}: {alerts:?}");
            assert_eq!(last.text, format!("{} [ID:{identifier}]", REFUSED.1));
        }
    }

    /// Ends everything inside and gives the process namespace that it was.
    fn end(&mut self) -> PathBuf {
        let pid = self.process.id();
        let namespace = fs::read_link(format!("/proc/{pid}/ns/pid_for_children")).unwrap();
        assert_ne!(namespace, fs::read_link("/proc/self/ns/pid").unwrap());
        drop(self.words.take());
        wait_for("the namespace's end", || self.process.try_wait().unwrap());
        let times = self.times.trim_end_matches(',');
        let line = format!("{}:{times}\n", self.kind.name);
        // Past the captured output: for orientation.
        let _ = std::io::stderr().write_all(line.as_bytes());
        namespace
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // With it goes process 1 inside, and with that all the others.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
    }
}

/// Appends what comes to the socket, until that is shut down.
fn collect(socket: UnixDatagram, log: Arc<Mutex<Vec<String>>>) {
    std::thread::spawn(move || {
        let mut line = [0; 8192];
        while let Ok(length @ 1..) = socket.recv(&mut line) {
            let text = String::from_utf8_lossy(&line[..length]);
            log.lock().unwrap().push(text.trim_end().into());
        }
    });
}

/// Whether the machine itself has the server's package.
fn is_installed(package: &str) -> bool {
    Path::new("/var/lib/dpkg/info")
        .join(format!("{package}.list"))
        .exists()
}

/// No mount and no process of the server has stayed on the machine.
fn nothing_is_left(root: &Root, namespace: &Path) {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(root.path().to_str().unwrap()), "{mounts}");
    let left: Vec<PathBuf> = fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| fs::read_link(path.join("ns/pid")).is_ok_and(|link| link == namespace))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
