//! A mail server in its overlay: installed, told what to do, its log and its queue of connections.

use crate::support::files::chmod;
use crate::support::{PATIENCE, Root, report, wait_for};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What is particular to a server.
pub(super) struct Kind {
    /// Its name in `tests/mta/mta`.
    pub(super) name: &'static str,
    pub(super) package: &'static str,
    /// Tells servers of tests that run at once apart.
    pub(super) port: u16,
    /// How many monitors make a check a second each: well within what the server takes at once, or in a second.
    pub(super) monitors: usize,
    /// The one line that a check is counted by: logged when the server has had NOOP and QUIT in good order.
    pub(super) clean: &'static str,
    /// What else a healthy check may log. Any other line is a complaint.
    pub(super) expected: &'static [&'static str],
}

/// A server in its overlay.
pub(super) struct Server<'a> {
    pub(super) kind: Kind,
    pub(super) root: &'a Root,
    pub(super) address: Ipv4Addr,
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
    pub(super) fn install(kind: Kind, root: &'a Root) -> Result<Self, String> {
        let folder = root.join("mta");
        fs::create_dir(&folder).unwrap();
        let socket = UnixDatagram::bind(folder.join("log")).unwrap();
        chmod(folder.join("log"), 0o666);
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
    pub(super) fn command(&mut self, word: &str) {
        writeln!(self.words.as_ref().unwrap(), "{word}").unwrap();
        assert_eq!(self.answer(), "done", "{word}");
        self.took(word);
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end().into()
    }

    pub(super) fn took(&mut self, what: &str) {
        let text = format!(" {what} {} ms,", self.last.elapsed().as_millis());
        self.times.push_str(&text);
        self.last = Instant::now();
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(super) fn count_clean(&self) -> usize {
        let log = self.log.lock().unwrap();
        log.iter()
            .filter(|line| line.contains(self.kind.clean))
            .count()
    }

    pub(super) fn wait_for_line(&self, part: &str) {
        wait_for(&format!("{part:?} in the server's log"), || {
            self.has_line(part).then_some(())
        });
    }

    pub(super) fn has_line(&self, part: &str) -> bool {
        let log = self.log.lock().unwrap();
        log.iter().any(|line| line.contains(part))
    }

    /// Waits until the server listens; without connecting, which it would log.
    pub(super) fn wait_for_listening(&mut self) {
        wait_for("the server to listen", || self.queued());
        self.took("listening");
    }

    /// How many connections the server has not accepted yet; none while it does not listen.
    pub(super) fn queued(&self) -> Option<u32> {
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
    pub(super) fn connected(&self) -> TcpStream {
        TcpStream::connect((self.address, self.kind.port)).unwrap()
    }

    /// So many clients at once that the server has greeted.
    pub(super) fn greeted(&self, count: usize) -> Vec<TcpStream> {
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

    /// Ends everything inside and gives the process namespace that it was.
    pub(super) fn end(&mut self) -> PathBuf {
        let pid = self.process.id();
        let namespace = fs::read_link(format!("/proc/{pid}/ns/pid_for_children")).unwrap();
        assert_ne!(namespace, fs::read_link("/proc/self/ns/pid").unwrap());
        drop(self.words.take());
        wait_for("the namespace's end", || self.process.try_wait().unwrap());
        let times = self.times.trim_end_matches(',');
        // For orientation.
        report(&format!("{}:{times}\n", self.kind.name));
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
