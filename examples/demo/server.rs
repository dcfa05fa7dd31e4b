//! A small server that speaks its lines, and can be broken.

use crate::service::Service;
use crate::trouble::{Outcome, io};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

/// Longest time a client may take.
const CLIENT_MAX: Duration = Duration::from_secs(10);
/// Longest time an answer waits for its being shown.
const SHOWN_MAX: Duration = Duration::from_millis(200);

/// One step of a server's dialogue with a client.
pub(crate) struct Step {
    /// The line it waits for, those before it included; nothing: it speaks first.
    pub(crate) hears: Option<&'static str>,
    /// What it says then; nothing: it stalls.
    pub(crate) says: &'static str,
}

/// A dialogue that a server had with a client, in one line.
pub(crate) struct Session {
    pub(crate) service: &'static Service,
    pub(crate) told: String,
    /// Dropped once the line was shown.
    pub(crate) shown: Sender<()>,
}

/// A server on a free port of the loopback address.
pub(crate) struct Server {
    port: u16,
    broken: Arc<AtomicBool>,
}

impl Server {
    /// Tells `sessions` of every dialogue just before its last word.
    pub(crate) fn start(service: &'static Service, sessions: Sender<Session>) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(io("the server"))?;
        let port = listener.local_addr().map_err(io("the server"))?.port();
        let broken = Arc::new(AtomicBool::new(false));
        let is_broken = Arc::clone(&broken);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (broken, sessions) = (Arc::clone(&is_broken), sessions.clone());
                // A client that goes away early ends its own thread and nothing else.
                thread::spawn(move || serve(&stream, service, &broken, &sessions));
            }
        });
        Ok(Self { port, broken })
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// For every client that connects from now on.
    pub(crate) fn break_down(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }
}

fn serve(
    mut stream: &TcpStream,
    service: &'static Service,
    broken: &AtomicBool,
    sessions: &Sender<Session>,
) -> io::Result<()> {
    stream.set_read_timeout(Some(CLIENT_MAX))?;
    let mut lines = BufReader::new(stream).lines();
    let mut steps = if broken.load(Ordering::Relaxed) {
        service.broken
    } else {
        service.healthy
    }
    .iter()
    .peekable();
    let mut told = Vec::new();
    while let Some(Step { hears, says }) = steps.next() {
        let said = says.lines().next().unwrap_or("no answer");
        told.push(match hears {
            Some(last) => format!("{} -> {said}", hear(&mut lines, last)?),
            None => said.into(),
        });
        if steps.peek().is_none() {
            let (shown, is_shown) = channel();
            // Fails if the demonstration is over.
            let _ = sessions.send(Session {
                service,
                told: told.join(", "),
                shown,
            });
            // What the monitor makes of the last word is then shown after it. A held terminal must not hold the word.
            let _ = is_shown.recv_timeout(SHOWN_MAX);
        }
        stream.write_all(says.as_bytes())?;
    }
    // Open until the client closes.
    io::copy(&mut stream, &mut io::sink()).map(drop)
}

/// Reads lines up to `last`. Gives the first one.
fn hear(lines: &mut impl Iterator<Item = io::Result<String>>, last: &str) -> io::Result<String> {
    let mut next = || {
        lines
            .next()
            .unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))
    };
    let first = next()?;
    let mut line = first.clone();
    // Ends: what a client says is short, and a silent one is given up.
    while line != last {
        line = next()?;
    }
    Ok(first)
}
