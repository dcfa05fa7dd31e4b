//! Clients against monitors of a thread's making, over real sockets.

use super::client::{Client, run};
use super::error::ControlError::{self, NotRunning};
use super::question::reach;
use super::server::{listen, may_command};
use super::*;
use crate::paths::Paths;
use crate::registry::claim;
use crate::registry::scratch::{Scratch, abandon, close};
use clp_isa_core::cli::Verb;
use clp_isa_core::identifier::Identifier;
use clp_isa_core::limits::{CONTROL_REPLY_MAX, RECEIVE_MAX};
use clp_isa_core::protocol::Protocol;
use clp_isa_core::time::Instant;
use clp_isa_core::wire::control::{ControlVerb, Refusal, Reply};
use clp_isa_core::wire::conversation::Conversation;
use clp_isa_core::wire::record::Record;
use core::time::Duration;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{Read, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

const PID: u32 = 4711;
/// What a test waits for something that is not to happen.
const SHORT: Duration = Duration::from_millis(150);

#[expect(clippy::disallowed_methods, reason = "the tests' clock")]
fn now() -> Instant {
    use std::sync::OnceLock;
    use std::time::Instant as Clock;
    static ZERO: OnceLock<Clock> = OnceLock::new();
    Instant::new(ZERO.get_or_init(Clock::now).elapsed())
}

fn identifier() -> Identifier {
    Identifier::parse(b"web").unwrap()
}

const fn record(pid: u32) -> Record {
    Record {
        protocol: Protocol::Http,
        pid,
        started: 0,
    }
}

fn order(paths: &Paths, verb: Verb) -> Result<Option<u32>, ControlError> {
    run(paths, Protocol::Http, &identifier(), verb, now)
}

fn readable(descriptor: BorrowedFd<'_>) {
    let mut waited_for = [PollFd::new(descriptor, PollFlags::POLLIN)];
    poll(&mut waited_for, PollTimeout::from(10_000_u16)).unwrap();
}

/// What a fake monitor does about a stop.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Ends,
    /// Answers, closes the connection, but keeps the lock.
    Lingers,
    /// Ends without answering.
    Silent,
    /// Ends without answering, and another monitor takes the identifier at once.
    Replaced,
}

/// A monitor's claim and socket, served by a thread until it is told to stop.
fn monitor(paths: &Paths, manner: Manner) -> (JoinHandle<Vec<ControlVerb>>, Receiver<()>) {
    let mut claim = claim(paths, &identifier()).unwrap().unwrap();
    claim.write(&record(PID)).unwrap();
    let (listener, socket) = listen(paths, &identifier()).unwrap();
    let (ended, end) = channel();
    #[expect(clippy::disallowed_methods, reason = "the other end of the socket")]
    let thread = std::thread::spawn(move || {
        let mut verbs = Vec::new();
        while let Some((verb, stream)) = serve(&listener, manner) {
            verbs.push(verb);
            if verb == ControlVerb::Stop {
                if matches!(manner, Manner::Lingers | Manner::Replaced) {
                    if manner == Manner::Replaced {
                        // In a container it may have the same process id.
                        let started = 1;
                        let successor = Record {
                            started,
                            ..record(PID)
                        };
                        claim.write(&successor).unwrap();
                    }
                    drop(stream);
                    // Until the test has seen what it came for.
                    let _ = ended.send(());
                    std::thread::park_timeout(Duration::from_secs(10));
                    claim.release().unwrap();
                } else {
                    socket.remove().unwrap();
                    claim.release().unwrap();
                }
                break;
            }
        }
        verbs
    });
    (thread, end)
}

/// Accepts one client and answers it.
fn serve(listener: &UnixListener, manner: Manner) -> Option<(ControlVerb, UnixStream)> {
    readable(listener.as_fd());
    let (mut stream, _) = listener.accept().ok()?;
    assert!(may_command(&stream));
    let mut conversation = Conversation::new();
    let mut buffer = [0; RECEIVE_MAX];
    let asked = loop {
        if let Some(asked) = conversation.request(Protocol::Http, &identifier()) {
            break asked.unwrap();
        }
        let count = stream.read(&mut buffer).unwrap();
        conversation.handle_received(&buffer[..count]);
    };
    if matches!(manner, Manner::Ends | Manner::Lingers) {
        conversation.answer(Reply::Done);
        while !conversation.is_finished() {
            let count = stream.write(conversation.outgoing()).unwrap();
            conversation.handle_sent(count);
        }
    }
    Some((asked, stream))
}

#[test]
fn a_monitor_does_what_it_is_told_until_it_is_stopped() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let (thread, _end) = monitor(&paths, Manner::Ends);
    assert_eq!(order(&paths, Verb::Disp), Ok(Some(PID)));
    assert_eq!(order(&paths, Verb::Pause), Ok(None));
    assert_eq!(order(&paths, Verb::Resume), Ok(None));
    assert_eq!(order(&paths, Verb::Del), Err(ControlError::Running));
    for verb in [Verb::Disp, Verb::Pause, Verb::Stop { wait: 1 }, Verb::Del] {
        let other = ControlError::OtherProtocol(Protocol::Http);
        let result = run(&paths, Protocol::Smtp, &identifier(), verb, now);
        assert_eq!(result, Err(other), "{verb:?}");
    }
    assert_eq!(order(&paths, Verb::Stop { wait: 10 }), Ok(None));
    use ControlVerb::{Pause, Resume, Stop};
    assert_eq!(thread.join().unwrap(), [Pause, Resume, Stop]);
    assert!(!paths.record(&identifier()).exists());
    assert!(!paths.control(&identifier()).exists());
}

#[test]
fn a_monitor_that_ends_without_an_answer_is_stopped() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let (thread, _end) = monitor(&paths, Manner::Silent);
    assert_eq!(order(&paths, Verb::Stop { wait: 10 }), Ok(None));
    thread.join().unwrap();
}

#[test]
fn a_stop_is_over_when_another_monitor_has_taken_the_identifier() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let (thread, end) = monitor(&paths, Manner::Replaced);
    assert_eq!(order(&paths, Verb::Stop { wait: 5 }), Ok(None));
    end.recv().unwrap();
    thread.thread().unpark();
    thread.join().unwrap();
}

#[test]
fn a_monitor_that_keeps_its_lock_has_not_ended() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let (thread, end) = monitor(&paths, Manner::Lingers);
    let id = identifier();
    let client = Client {
        paths: &paths,
        protocol: Protocol::Http,
        identifier: &id,
        now,
    };
    assert_eq!(client.stop(SHORT), Err(ControlError::NotEnded));
    end.recv().unwrap();
    thread.thread().unpark();
    thread.join().unwrap();
}

#[test]
fn unknown_and_dead_monitors() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let verbs = [Verb::Stop { wait: 1 }, Verb::Pause, Verb::Resume];
    for verb in verbs.into_iter().chain([Verb::Disp, Verb::Del]) {
        assert_eq!(order(&paths, verb), Err(NotRunning(None)), "{verb:?}");
    }
    let mut dead = claim(&paths, &identifier()).unwrap().unwrap();
    dead.write(&record(PID)).unwrap();
    let (listener, _socket) = listen(&paths, &identifier()).unwrap();
    abandon(dead);
    close(listener, &paths.control(&identifier()));
    for verb in verbs {
        assert_eq!(order(&paths, verb), Err(NotRunning(None)), "{verb:?}");
    }
    assert_eq!(order(&paths, Verb::Disp), Err(NotRunning(Some(PID))));
    assert!(paths.control(&identifier()).exists());
    assert_eq!(order(&paths, Verb::Del), Ok(None));
    assert!(
        !paths.control(&identifier()).exists(),
        "the stale socket went too"
    );
    assert_eq!(order(&paths, Verb::Del), Err(NotRunning(None)));
}

#[test]
fn a_monitor_without_ears_does_not_respond() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let id = identifier();
    let mut claim = claim(&paths, &id).unwrap().unwrap();
    claim.write(&record(PID)).unwrap();
    let client = Client {
        paths: &paths,
        protocol: Protocol::Http,
        identifier: &id,
        now,
    };
    let pause = || client.command(ControlVerb::Pause, SHORT);
    let silent = Err(ControlError::DoesNotRespond);
    assert_eq!(pause(), silent, "no socket");
    let (listener, _socket) = listen(&paths, &identifier()).unwrap();
    assert_eq!(pause(), silent, "no answer");
    nix::sys::socket::listen(&listener, nix::sys::socket::Backlog::new(1).unwrap()).unwrap();
    let crowd: Vec<UnixStream> =
        core::iter::from_fn(|| reach(&paths.control(&identifier())).ok()).collect();
    assert!(!crowd.is_empty());
    assert_eq!(pause(), silent, "full backlog");
    assert_eq!(client.stop(SHORT), Err(ControlError::NotEnded));
    drop((listener, crowd));
    assert_eq!(pause(), silent, "refused connections");
}

#[test]
fn a_refusal_is_passed_on_printable() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let mut claim = claim(&paths, &identifier()).unwrap().unwrap();
    claim.write(&record(PID)).unwrap();
    let (listener, _socket) = listen(&paths, &identifier()).unwrap();
    for (reply, reason) in [
        (&b"refused no\x1b\n"[..], "no\\x1b"),
        (b"what?\n", "its answer was not understood"),
        (&[b'x'; CONTROL_REPLY_MAX], "its answer is too long"),
        (
            Reply::from(Refusal::Version).render().as_bytes(),
            Refusal::Version.text(),
        ),
    ] {
        let refused = ControlError::Refused(reason.into());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                readable(listener.as_fd());
                let (mut stream, _) = listener.accept().unwrap();
                stream.write_all(reply).unwrap();
                let _ = stream.read(&mut [0; 64]);
            });
            assert_eq!(order(&paths, Verb::Pause), Err(refused));
        });
    }
}

#[test]
fn a_socket_takes_over_its_name_and_removes_only_itself() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let (_old_listener, old) = listen(&paths, &identifier()).unwrap();
    let (listener, new) = listen(&paths, &identifier()).unwrap();
    old.remove().unwrap();
    let _client = reach(&paths.control(&identifier())).unwrap();
    assert!(listener.accept().is_ok());
    assert_eq!(
        listener.accept().unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );
    new.remove().unwrap();
    assert_eq!(std::fs::read_dir(paths.ctl_dir()).unwrap().count(), 0);
    std::fs::write(paths.control(&identifier()), "").unwrap();
    let (_listener, _socket) = listen(&paths, &identifier()).unwrap();
    reach(&paths.control(&identifier())).unwrap();
}

#[test]
fn a_path_that_does_not_fit_is_said_so() {
    let scratch = Scratch::new();
    let root = scratch.root().join("x".repeat(100));
    let paths = Paths::new(Some(root.into_os_string()));
    let error = listen(&paths, &identifier()).unwrap_err();
    assert!(
        matches!(error, super::server::SocketError::TooLong(_)),
        "{error}"
    );
    assert_eq!(error.call().0, "bind");
}
