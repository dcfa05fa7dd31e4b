//! The services that are watched, and the commands that watch them.

use crate::binary::Binary;
use crate::support::server::{Conversation, Server};
use crate::support::{Monitor, Root};
use nix::sys::socket::{MsgFlags, send};
use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};

/// A watched service and the module that watches it.
pub(crate) struct Watched {
    pub(crate) protocol: &'static str,
    pub(crate) server: Server,
}

pub(crate) fn services() -> [Watched; 2] {
    [
        Watched {
            protocol: "httpmon",
            server: Server::start_on(outside_the_range(), answer),
        },
        Watched {
            protocol: "smtpmon",
            server: Server::start_on(outside_the_range(), greet),
        },
    ]
}

/// A listener on a port that connect(2) does not give out, as services have.
fn outside_the_range() -> TcpListener {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
    let first: u16 = range.split_whitespace().next().unwrap().parse().unwrap();
    let mut ports = (1024..first).rev();
    ports
        .find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok())
        .expect("a port below the range")
}

fn answer(conversation: &mut Conversation) {
    conversation.read_request();
    leave(
        conversation,
        b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\n",
    );
}

fn greet(conversation: &mut Conversation) {
    conversation.send(b"220 hello\r\n");
    hear(conversation);
    conversation.send(b"250 ok\r\n");
    hear(conversation);
    leave(conversation, b"221 bye\r\n");
}

fn hear(conversation: &mut Conversation) {
    let mut byte = [0];
    while byte != [b'\n'] && matches!(conversation.stream.read(&mut byte), Ok(1)) {}
}

/// Sends what then goes out together with the connection's end: so every check sees both at once.
fn leave(conversation: &mut Conversation, last: &[u8]) {
    let _ = send(
        conversation.stream.as_raw_fd(),
        last,
        MsgFlags::from_bits_retain(nix::libc::MSG_MORE),
    );
}

impl Watched {
    /// The command that watches this service as `identifier` every `interval` seconds, after `prefix`.
    pub(crate) fn command(
        &self,
        binary: &Binary,
        root: &Root,
        prefix: &[&str],
        arguments: [&str; 3],
    ) -> Command {
        let [identifier, host, interval] = arguments;
        let path = binary.path.to_str().unwrap();
        let words: Vec<&str> = prefix
            .iter()
            .copied()
            .chain([path, self.protocol, identifier])
            .collect();
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .args(["-s", host, "-n", &self.server.port(), "-i", interval])
            .env_clear()
            .env("CLP_ISA_ROOT", root.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    pub(crate) fn spawn(
        &self,
        binary: &Binary,
        root: &Root,
        prefix: &[&str],
        arguments: [&str; 3],
    ) -> Monitor {
        Monitor::spawn(&mut self.command(binary, root, prefix, arguments))
    }

    pub(crate) fn ask(&self, binary: &Binary, root: &Root, identifier: &str, verb: &str) {
        let status = Command::new(&binary.path)
            .args([self.protocol, identifier, verb])
            .env_clear()
            .env("CLP_ISA_ROOT", root.path())
            .status();
        assert!(status.unwrap().success(), "{verb}");
    }
}
