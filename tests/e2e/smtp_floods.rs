//! Mail servers that send without end: what is read of a reply is bounded, whatever the time that is left.

use crate::support::Root;
use crate::support::server::{Conversation, Server};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Far more than a reply may have and the sockets' buffers of both sides hold (tcp(7): 4 and 6 MiB).
const MUCH: usize = 16 << 20;

/// Begins a line with `start`, then sends text: MUCH and a line end, or without end. Says how much the client took.
fn flood(conversation: &mut Conversation, start: &str, ends: bool, taken: &AtomicUsize) -> bool {
    let piece = [b'x'; 16 << 10];
    if conversation.stream.write_all(start.as_bytes()).is_err() {
        return false;
    }
    while !ends || taken.load(Ordering::Relaxed) < MUCH {
        match conversation.stream.write(&piece) {
            Ok(count) => taken.fetch_add(count, Ordering::Relaxed),
            Err(_) => return false,
        };
    }
    conversation.stream.write_all(b"\r\n").is_ok()
}

/// A check of a server that floods as its greeting or as its answer to NOOP.
fn is_refused(in_greeting: bool, ends: bool) {
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let server = Server::start(move |conversation| {
        let greeted = if in_greeting {
            flood(conversation, "220 ", ends, &counted)
        } else {
            conversation.send(b"220 mx\r\n");
            flood(conversation, "250-", ends, &counted)
        };
        if greeted {
            conversation.send(b"250 ok\r\n221 bye\r\n");
            conversation.read_to_end();
        }
    });
    let port = server.port();
    let arguments = ["x", "-s", "127.0.0.1", "-n", &port, "-r", "10", "--once"];
    let ran = Root::new().run_as("clp_smtpmon", &arguments);
    assert_eq!(ran.code, 1, "{ran:?}");
    let code = if in_greeting { 220 } else { 250 };
    let text = format!("invalid status code[{code}]");
    assert!(ran.stdout.contains(&text), "{ran:?}");
    server.wait_for_end();
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken < MUCH, "{taken} bytes were taken");
}

#[test]
fn a_line_without_end_is_not_read_until_the_time_is_over() {
    is_refused(true, false);
    is_refused(false, false);
}

#[test]
fn a_flood_that_ends_is_not_healthy() {
    is_refused(true, true);
    is_refused(false, true);
}
