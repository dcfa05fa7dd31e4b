//! The services: good ones, strange ones, failing ones.

use crate::{INTERVAL, RETRIES, TIMEOUT};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Web,
    Mail,
    /// Answers after most of the time it has.
    SlowWeb,
    /// Interim replies, long headers, one byte at a time.
    StrangeWeb,
    /// Every third check is answered well, the others are not.
    Flaky,
    /// Dies after a while: answers 503 from then on, says nothing, or closes.
    Dying(Death),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    Busy,
    Mute,
    Closing,
}

impl Kind {
    pub(crate) fn of(number: usize) -> Self {
        match number {
            0..20 => Self::Web,
            20..40 => Self::Mail,
            40..50 => Self::SlowWeb,
            50..60 => Self::StrangeWeb,
            60..80 => Self::Flaky,
            _ => Self::Dying([Death::Busy, Death::Mute, Death::Closing][number % 3]),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) kind: Kind,
    pub(crate) port: u16,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    checks: AtomicUsize,
    /// Checks that a dying service still answers.
    lives: AtomicUsize,
    first_failure: Mutex<Option<Instant>>,
}

impl Service {
    pub(crate) fn new(kind: Kind, number: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let service = Self {
            kind,
            port,
            state: Arc::clone(&state),
        };
        service.revive(number);
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                // A monitor has one connection at a time; what it does to ours is its business.
                let _ = serve(kind, &state, stream);
            }
        });
        service
    }

    pub(crate) fn checks(&self) -> usize {
        self.state.checks.load(Ordering::Relaxed)
    }

    /// When the first of the checks that ended the monitor, or are about to, began.
    pub(crate) fn first_failure(&self) -> Option<Instant> {
        *self.state.first_failure.lock().unwrap()
    }

    /// Lives again, for some ten to thirty checks.
    pub(crate) fn revive(&self, number: usize) {
        *self.state.first_failure.lock().unwrap() = None;
        self.state.lives.store(10 + number % 20, Ordering::Relaxed);
    }

    /// How long after the first failed check's start the monitor must end.
    pub(crate) fn bound(&self) -> Duration {
        match self.kind {
            Kind::Dying(Death::Mute) => INTERVAL.max(TIMEOUT) * RETRIES + TIMEOUT,
            _ => INTERVAL * RETRIES,
        }
    }
}

fn serve(kind: Kind, state: &State, mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let count = state.checks.fetch_add(1, Ordering::Relaxed);
    let began = Instant::now();
    if kind == Kind::Mail {
        for (text, length) in [
            ("220-mx\r\n220 go\r\n", 6),
            ("250 ok\r\n", 6),
            ("221 bye\r\n", 0),
        ] {
            stream.write_all(text.as_bytes())?;
            stream.read_exact(&mut vec![0; length])?;
        }
        return Ok(());
    }
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    let busy = "HTTP/1.1 503 Busy\r\n\r\n";
    let reply = match kind {
        Kind::SlowWeb => {
            std::thread::sleep(TIMEOUT / 2);
            "HTTP/1.1 200 OK\r\n\r\n"
        }
        Kind::StrangeWeb => {
            let text = format!(
                "HTTP/1.1 103 Early\r\n\r\nHTTP/1.0 399\nX: {}\n\n",
                "y".repeat(300)
            );
            for byte in text.bytes() {
                stream.write_all(&[byte])?;
            }
            "a body"
        }
        Kind::Flaky if !count.is_multiple_of(3) => busy,
        Kind::Dying(death) => {
            let lives = &state.lives;
            let has_died = lives
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |lives| {
                    lives.checked_sub(1)
                })
                .is_err();
            if has_died {
                state.first_failure.lock().unwrap().get_or_insert(began);
            }
            match death {
                _ if !has_died => "HTTP/1.1 200 OK\r\n\r\n",
                Death::Busy => busy,
                Death::Closing => "",
                Death::Mute => {
                    let _ = stream.read(&mut byte);
                    ""
                }
            }
        }
        _ => "HTTP/1.1 200 OK\r\n\r\n",
    };
    stream.write_all(reply.as_bytes())
}
