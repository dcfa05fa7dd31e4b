//! A node of a test's own: its monitors see its hosts file and its name server.
#![expect(
    clippy::disallowed_types,
    reason = "the test plays a name server, which is asked over UDP"
)]

use super::server::Server;
use super::{Monitor, Root, SLACK_MS, binary, took_ms, wait_for};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::{Ipv4Addr, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

/// Puts the files in place and becomes the command.
const IN_NAMESPACE: &str = "mount --bind \"$1\" /etc/hosts && mount --bind \"$2\" /etc/resolv.conf && \
    if [ -e /etc/nsswitch.conf ]; then mount --bind \"$3\" /etc/nsswitch.conf; fi && shift 3 && exec \"$@\"";

/// A node as its monitor sees it: a root, a hosts file, a name server.
pub(crate) struct Node {
    pub(crate) root: Root,
    pub(crate) resolver: Resolver,
}

impl Node {
    pub(crate) fn new(hosts: &str, resolver: Resolver) -> Self {
        let node = Self {
            root: Root::new(),
            resolver,
        };
        fs::write(node.root.join("hosts"), "").unwrap();
        node.set_hosts(hosts);
        let resolv = format!(
            "nameserver {}\noptions timeout:30 attempts:5\n",
            node.resolver.address
        );
        fs::write(node.root.join("resolv.conf"), resolv).unwrap();
        fs::write(node.root.join("nsswitch.conf"), "hosts: files dns\n").unwrap();
        node
    }

    /// Changes the hosts file as seen from one moment to the next: in one write, over the same length.
    pub(crate) fn set_hosts(&self, hosts: &str) {
        let mut file = OpenOptions::new()
            .write(true)
            .open(self.root.join("hosts"))
            .unwrap();
        file.write_all(format!("{hosts:255}\n").as_bytes()).unwrap();
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("unshare");
        command
            .args(["-m", "sh", "-c", IN_NAMESPACE, "sh"])
            .args(["hosts", "resolv.conf", "nsswitch.conf"].map(|file| self.root.join(file)))
            .env("CLP_ISA_ROOT", self.root.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Monitor {
        let mut command = self.command();
        command.arg(binary()).args(["httpmon", "n"]).args(arguments);
        Monitor::spawn(&mut command)
    }

    #[track_caller]
    pub(crate) fn stop(&self, monitor: &mut Monitor) {
        let stop = self.root.run(&["n", "--stop"]);
        assert!(stop.code == 0, "{stop:?} {:?}", self.root.alerts());
        assert_eq!(monitor.code(), 0);
    }

    /// Stops the monitor after a check that `server` has seen to its end: it was healthy, the failure log holds
    /// these lines and no others.
    #[track_caller]
    pub(crate) fn was_healthy(&self, server: &Server, monitor: &mut Monitor, lines: &[&str]) {
        server.wait_for_end();
        self.stop(monitor);
        assert_eq!(self.root.ids(), [1, 2, 3], "{:?}", self.root.alerts());
        self.logged(lines);
    }

    /// The failure log's lines end with these, one each, in this order.
    #[track_caller]
    pub(crate) fn logged(&self, wanted: &[&str]) {
        let lines = self.root.check_lines();
        let fits = lines.len() == wanted.len()
            && lines
                .iter()
                .zip(wanted)
                .all(|(line, end)| line.ends_with(end));
        assert!(fits, "{lines:#?} instead of {wanted:#?}");
    }

    /// Waits for the first failure's alert, which must have this id and text.
    #[track_caller]
    pub(crate) fn alerted(&self, id: u8, text: &str) {
        let alerts = wait_for("a failure", || {
            let alerts = self.root.alerts();
            (alerts.len() >= 3).then_some(alerts)
        });
        assert_eq!((alerts[2].id, alerts[2].text.as_str()), (id, text));
    }

    /// Waits for the one failed check of the failure log, which took the whole of this time.
    #[track_caller]
    pub(crate) fn took(&self, milliseconds: u64) {
        let line = wait_for("the failed check's line", || {
            let lines = self.root.check_lines();
            lines.into_iter().find(|line| line.contains("try 1/"))
        });
        let elapsed = took_ms(&line);
        let range = milliseconds..=milliseconds + SLACK_MS;
        assert!(range.contains(&elapsed), "{line}");
    }
}

/// How the test's name server answers.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Nothing,
    NoSuchName,
    Address(Ipv4Addr),
}

/// A name server on an address of its own.
pub(crate) struct Resolver {
    address: Ipv4Addr,
    queries: Arc<AtomicUsize>,
}

impl Resolver {
    pub(crate) fn start(answer: Answer) -> Self {
        let (socket, address) = wait_for("a name server's address", || {
            let address = Self::next_address();
            let socket = UdpSocket::bind((address, 53)).ok()?;
            Some((socket, address))
        });
        let queries = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&queries);
        std::thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut query) {
                count.fetch_add(1, Ordering::SeqCst);
                if let Some(reply) = reply_to(&query[..length], answer) {
                    let _ = socket.send_to(&reply, client);
                }
            }
        });
        Self { address, queries }
    }

    /// An address at which nobody answers, and the kernel says so.
    pub(crate) fn none() -> Self {
        Self {
            address: Self::next_address(),
            queries: Arc::default(),
        }
    }

    /// Must not be asked.
    pub(crate) fn unasked() -> Self {
        Self::start(Answer::NoSuchName)
    }

    fn next_address() -> Ipv4Addr {
        static COUNT: AtomicU16 = AtomicU16::new(1);
        let [high, low] = COUNT.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        let own = std::process::id().to_be_bytes()[3];
        Ipv4Addr::new(127, 100 | high, own, low)
    }

    pub(crate) fn queries(&self) -> usize {
        self.queries.load(Ordering::SeqCst)
    }
}

/// The reply to a query with one question (RFC 1035, 4.1).
fn reply_to(query: &[u8], answer: Answer) -> Option<Vec<u8>> {
    let question_end = 12 + query[12..].iter().position(|&byte| byte == 0).unwrap() + 5;
    let asks_for_a = query[question_end - 4..question_end] == [0, 1, 0, 1];
    let (code, address) = match answer {
        Answer::Nothing => return None,
        Answer::NoSuchName => (3, None),
        Answer::Address(address) => (0, asks_for_a.then_some(address)),
    };
    let mut reply = query[..2].to_vec();
    let answers = u8::from(address.is_some());
    reply.extend([0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0]);
    reply.extend(&query[12..question_end]);
    if let Some(address) = address {
        // The question's name, type A, class IN, no time to live, four bytes.
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        reply.extend(address.octets());
    }
    Some(reply)
}
