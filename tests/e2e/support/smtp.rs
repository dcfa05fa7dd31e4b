//! A scripted mail server that keeps what its client said, and whether it spoke out of turn.

use super::server::{Conversation, Server};
use super::{Monitor, Root};
use std::fs;
use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a mail server that is well says, in turn.
pub(crate) const GREETING: &str = "220 mx.example.test ESMTP\r\n";
pub(crate) const ANSWER: &str = "250 2.0.0 Ok\r\n";
pub(crate) const GOODBYE: &str = "221 2.0.0 Bye\r\n";

/// Time for the scheduler, on a loaded machine, on top of what the contract allows.
pub(crate) const SLACK: Duration = Duration::from_secs(5);

/// Starts a monitor `x` of the mail server at that port.
pub(crate) fn watch(root: &Root, port: &str, options: &str) -> Monitor {
    let mut arguments = vec!["x", "-s", "127.0.0.1", "-n", port];
    arguments.extend(options.split(' '));
    root.spawn_as("clp_smtpmon", &arguments)
}

/// A reply of so many lines.
pub(crate) fn lines(code: u16, count: usize) -> String {
    format!("{code}-text\r\n").repeat(count - 1) + &format!("{code} text\r\n")
}

/// A mail server that is well and keeps nothing of what it hears.
pub(crate) fn greet(conversation: &mut Conversation) {
    for reply in ["220 hello\r\n", "250 ok\r\n", "221 bye\r\n"] {
        conversation.send(reply.as_bytes());
        let mut byte = [0];
        while byte != [b'\n'] && matches!(conversation.stream.read(&mut byte), Ok(1)) {}
    }
}

/// What one conversation does.
pub(crate) type Script = Arc<dyn Fn(&mut Talk<'_>) + Send + Sync>;

/// A mail server on port 0 of the loopback address. Every connection is handled by the script and then, unless the
/// script ended it, listened to until the client leaves.
pub(crate) struct Mailer {
    server: Server,
    transcripts: Mutex<Receiver<Transcript>>,
}

/// How a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The client closed in good order.
    Closed,
    /// The client's side was reset.
    Reset,
    /// The script closed, or reset, the connection.
    Left,
    /// The client was still there when the script's patience was at its end.
    Silent,
}

/// What the client did in one conversation.
#[derive(Debug, Clone)]
pub(crate) struct Transcript {
    /// What was said when it was its turn, in order; one entry for each read.
    pub(crate) heard: Vec<String>,
    /// What it said while it was the server's turn.
    pub(crate) early: String,
    pub(crate) end: End,
    /// From its acceptance to its end.
    pub(crate) lasted: Duration,
    /// From just before the server's last word to the end.
    pub(crate) lingered: Duration,
}

/// One conversation in the hands of a script.
pub(crate) struct Talk<'a> {
    conversation: &'a mut Conversation,
    heard: Vec<String>,
    early: String,
    end: Option<End>,
    accepted: Instant,
    spoke: Instant,
}

impl Mailer {
    pub(crate) fn start(script: Script) -> Self {
        let (sender, transcripts) = channel();
        let sender = Mutex::new(sender);
        let server = Server::start(move |conversation| {
            let mut talk = Talk {
                conversation,
                heard: Vec::new(),
                early: String::new(),
                end: None,
                accepted: Instant::now(),
                spoke: Instant::now(),
            };
            script(&mut talk);
            let transcript = talk.into_transcript();
            let _ = sender.lock().unwrap().send(transcript);
        });
        Self {
            server,
            transcripts: Mutex::new(transcripts),
        }
    }

    /// A server that is well.
    pub(crate) fn healthy() -> Self {
        Self::start(Arc::new(|talk: &mut Talk<'_>| {
            for reply in [GREETING, ANSWER] {
                talk.say(reply);
                talk.hear();
            }
            talk.say(GOODBYE);
        }))
    }

    pub(crate) fn port(&self) -> String {
        self.server.port()
    }

    /// Waits for the end of the next conversation.
    #[track_caller]
    pub(crate) fn transcript(&self) -> Transcript {
        self.transcripts
            .lock()
            .unwrap()
            .recv_timeout(2 * super::PATIENCE)
            .expect("no conversation ended")
    }
}

impl Talk<'_> {
    /// Says this. What the client has said already is out of turn.
    pub(crate) fn say(&mut self, piece: impl AsRef<[u8]>) {
        self.overhear();
        self.spoke = Instant::now();
        self.conversation.send(piece.as_ref());
    }

    /// Says this, and waits until the client has taken all of it.
    pub(crate) fn say_and_wait(&mut self, piece: impl AsRef<[u8]>) {
        self.say(piece);
        self.wait_until_read();
    }

    /// Says this a byte at a time, with time between them for a client that is not held up to see each alone.
    pub(crate) fn say_bytewise(&mut self, text: &str) {
        self.conversation.stream.set_nodelay(true).unwrap();
        for byte in text.bytes() {
            self.say([byte]);
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Says `start`, then more text without end, a byte at a time, until the client has gone.
    pub(crate) fn drip(&mut self, start: &str) {
        self.say(start);
        while self.accepted.elapsed() < super::PATIENCE && self.end.is_none() {
            self.pause(Duration::from_millis(50));
            let _ = std::io::Write::write_all(&mut self.conversation.stream, b"x");
        }
    }

    /// Waits for what the client says next.
    pub(crate) fn hear(&mut self) {
        let said = self.read();
        if !said.is_empty() {
            self.heard.push(said);
        }
    }

    /// Lets time pass in which the client should be silent.
    pub(crate) fn pause(&mut self, time: Duration) {
        std::thread::sleep(time);
        self.overhear();
    }

    /// Closes.
    pub(crate) fn leave(&mut self) {
        self.end = Some(End::Left);
    }

    /// Closes with a RST.
    pub(crate) fn reset(&mut self) {
        self.conversation.reset();
        self.leave();
    }

    /// Waits until the client has read all that was said. The kernel walks all its connections to answer: for a few
    /// pieces, not for many.
    fn wait_until_read(&self) {
        let stream = &self.conversation.stream;
        let (Ok(client), Ok(own)) = (stream.peer_addr(), stream.local_addr()) else {
            return;
        };
        super::wait_for("the client to read", || {
            std::thread::sleep(Duration::from_millis(5));
            (unread(client, own) == 0).then_some(())
        });
    }

    fn overhear(&mut self) {
        self.conversation.stream.set_nonblocking(true).unwrap();
        let said = self.read();
        self.conversation.stream.set_nonblocking(false).unwrap();
        self.early.push_str(&said);
        if self.end == Some(End::Silent) {
            self.end = None;
        }
    }

    /// What one read gives; nothing, and the end is noted, when the client has left.
    fn read(&mut self) -> String {
        if self.end.is_some() {
            return String::new();
        }
        let mut buffer = [0; 4096];
        match self.conversation.stream.read(&mut buffer) {
            Ok(0) => self.end = Some(End::Closed),
            Ok(count) => return String::from_utf8_lossy(&buffer[..count]).into_owned(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.end = Some(End::Silent),
            Err(_) => self.end = Some(End::Reset),
        }
        String::new()
    }

    fn into_transcript(mut self) -> Transcript {
        // Ends: the client leaves, or the read's own time is over.
        while self.end.is_none() {
            self.hear();
        }
        Transcript {
            heard: self.heard,
            early: self.early,
            end: self.end.unwrap(),
            lasted: self.accepted.elapsed(),
            lingered: self.spoke.elapsed(),
        }
    }
}

/// Bytes that wait in the receive queue of the connection from `client` to `server`; none if it is gone
/// (proc_net_tcp.txt of the kernel's documentation).
fn unread(client: SocketAddr, server: SocketAddr) -> u32 {
    let name = |address: SocketAddr| match address {
        SocketAddr::V4(address) => format!(
            "{:08X}:{:04X}",
            u32::from_ne_bytes(address.ip().octets()),
            address.port()
        ),
        SocketAddr::V6(_) => panic!("only IPv4"),
    };
    let (client, server) = (name(client), name(server));
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|fields| fields[1] == client && fields[2] == server)
        .map_or(0, |fields| {
            u32::from_str_radix(fields[4].split(':').nth(1).unwrap(), 16).unwrap()
        })
}
