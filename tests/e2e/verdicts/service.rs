//! What stands at the server's end: how it answers, and how it runs.

use super::Row;
use crate::support::server::{Conversation, FullPort, RefusingPort, Server};
use std::net::Shutdown;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a connection is answered; gives whether the client closed in good order, if the script saw it close.
pub(super) type Script = Box<dyn Fn(&mut Conversation) -> Option<bool> + Send + Sync>;

/// What stands at the server's end. Taken by the row's run.
pub(super) enum Service {
    Scripted(Mutex<Option<Script>>),
    /// Nobody listens.
    Refused,
    /// Somebody listens and never accepts; the backlog is full.
    Full,
}

pub(super) fn script(
    script: impl Fn(&mut Conversation) -> Option<bool> + Send + Sync + 'static,
) -> Service {
    Service::Scripted(Mutex::new(Some(Box::new(script))))
}

/// Answers and keeps the connection open.
pub(super) fn replies(reply: impl Into<Vec<u8>>) -> Service {
    let reply = reply.into();
    script(move |conversation| {
        conversation.read_request();
        conversation.send(&reply);
        Some(conversation.read_to_end())
    })
}

/// Answers and closes.
pub(super) fn closes(reply: impl Into<Vec<u8>>) -> Service {
    let reply = reply.into();
    script(move |conversation| {
        conversation.read_request();
        conversation.send(&reply);
        // Fails if the client has gone already.
        let _ = conversation.stream.shutdown(Shutdown::Write);
        Some(conversation.read_to_end())
    })
}

/// Answers and breaks the connection off.
pub(super) fn resets(reply: impl Into<Vec<u8>>) -> Service {
    let reply = reply.into();
    script(move |conversation| {
        conversation.read_request();
        conversation.send(&reply);
        conversation.reset();
        None
    })
}

/// Answers with `beginning`, then byte by byte with `piece` again and again for as long as there is a client.
pub(super) fn drips(beginning: &'static str, piece: &'static str) -> Service {
    script(move |conversation| {
        conversation.read_request();
        conversation.send(beginning.as_bytes());
        conversation.drip(piece.repeat(100).as_bytes(), Duration::from_millis(50));
        None
    })
}

pub(super) fn one_byte_at_a_time(reply: &str) -> Service {
    let reply = reply.to_owned();
    script(move |conversation| {
        conversation.read_request();
        conversation.drip(reply.as_bytes(), Duration::from_millis(1));
        Some(conversation.read_to_end())
    })
}

/// What runs at the server's end while a row is judged.
pub(super) enum Running {
    Server(Server),
    Refused(RefusingPort),
    Full(FullPort),
}

impl Running {
    pub(super) fn start(row: &Row, closes: &Arc<Mutex<Vec<bool>>>) -> Self {
        match &row.service {
            Service::Scripted(script) => {
                let script = script.lock().unwrap().take().unwrap();
                let closes = Arc::clone(closes);
                Self::Server(Server::start_at(row.listen, move |conversation| {
                    if let Some(orderly) = script(conversation) {
                        closes.lock().unwrap().push(orderly);
                    }
                }))
            }
            Service::Refused => Self::Refused(RefusingPort::new()),
            Service::Full => Self::Full(FullPort::new()),
        }
    }

    pub(super) fn port(&self) -> String {
        match self {
            Self::Server(server) => server.port(),
            Self::Refused(port) => port.port(),
            Self::Full(port) => port.port(),
        }
    }

    /// Waits until the monitor must have judged a healthy service.
    pub(super) fn wait_for_verdict(&self, next_check: bool) {
        let Self::Server(server) = self else {
            panic!("healthy without a server");
        };
        if next_check {
            server.wait_for_requests(2);
        } else {
            server.wait_for_end();
        }
    }
}
