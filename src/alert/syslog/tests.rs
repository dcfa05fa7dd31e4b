use super::*;
use crate::alert::testing::{Dir, WALL, receive};
use crate::registry::scratch::close;
use crate::sys::time_zone;
use arrayvec::ArrayString;
use clp_isa_core::event::Event;
use clp_isa_core::protocol::Protocol;
use clp_isa_core::wire::alert::{Entry, syslog_message};
use nix::libc::{EAGAIN, ECONNREFUSED, EINTR, ENAMETOOLONG, ENOENT};
use std::fs;
use std::io::Read;
use std::net::Shutdown;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, Ordering};

const LIMIT: usize = 1_000_000;

fn text(protocol: Protocol, event: Event) -> ArrayString<LINE_MAX> {
    let entry = Entry {
        protocol,
        pid: 42,
        level: event.level(),
        id: event.id(),
        message: &event.message(protocol, "web"),
    };
    syslog_message(time_zone::of_node().local(WALL), entry)
}

fn send(syslog: &mut Syslog) -> Option<Result<(), sys::Error>> {
    syslog.send(&text(Protocol::Http, Event::Failed))
}

fn lost(call: &'static str, errno: i32) -> Option<Result<(), sys::Error>> {
    let errno = clp_isa_core::errno::Errno(errno);
    Some(Err(sys::Error::of(call)(errno)))
}

/// Whether a full queue is all that kept a message back: the last wait may have been interrupted, by the end of another
/// test's child.
fn is_given_up(outcome: Option<Result<(), sys::Error>>) -> bool {
    [EAGAIN, EINTR]
        .map(|errno| lost("sendto", errno))
        .contains(&outcome)
}

/// Sends numbers until the first is kept, and says how many went.
fn fill(syslog: &mut Syslog) -> usize {
    // Bounded by the send buffer: far less than a million messages.
    let count = (0..LIMIT).find(|number| {
        let outcome = syslog.send(&format!("{number:>100}"));
        assert!(matches!(outcome, None | Some(Ok(()))));
        outcome.is_none()
    });
    count.unwrap()
}

/// Delivers all that is kept, and says how many messages were lost.
fn flush(syslog: &mut Syslog, mut read: impl FnMut()) -> usize {
    let mut losses = 0_usize;
    for _ in 0..LIMIT {
        read();
        match syslog.poll_outcome() {
            Some(Ok(())) => {}
            Some(Err(_)) => losses = losses.saturating_add(1),
            None if syslog.kept.is_empty() => return losses,
            None => {}
        }
    }
    panic!("it is never delivered");
}

/// What a daemon reads from a connection: its messages.
struct Reader {
    stream: UnixStream,
    read: Vec<u8>,
}

impl Reader {
    fn accept(daemon: &UnixListener) -> Self {
        let (stream, _) = daemon.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        let read = Vec::new();
        Self { stream, read }
    }

    /// Reads what is there now.
    fn read(&mut self) {
        let _ = self.stream.read_to_end(&mut self.read);
    }

    fn messages(&mut self) -> Vec<String> {
        self.read();
        assert!(self.read.last().is_none_or(|last| *last == END), "torn");
        let texts = self.read.split(|byte| *byte == END);
        let texts = texts.map(|text| String::from_utf8(text.to_vec()).unwrap());
        texts.filter(|text| !text.is_empty()).collect()
    }
}

impl Drop for Reader {
    /// For good: a child that another test is starting may have a copy of the descriptor.
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

fn numbers(texts: &[String]) -> Vec<usize> {
    texts
        .iter()
        .map(|text| text.trim().parse().unwrap())
        .collect()
}

#[test]
fn traditional_form() {
    let dir = Dir::new();
    let path = dir.path().join("log");
    let daemon = UnixDatagram::bind(&path).unwrap();
    let mut syslog = Syslog::open(&path);
    let time = time_zone::of_node().local(WALL).traditional();
    for (protocol, event, told) in [
        (
            Protocol::Http,
            Event::Failed,
            format!(
                "<27>{time} clp_httpmon[42]: <type: httpmon><event: 6> \
                 clp_httpmon detected an error and will be terminated. [ID:web]"
            ),
        ),
        (
            Protocol::Smtp,
            Event::Paused,
            format!(
                "<30>{time} clp_smtpmon[42]: <type: smtpmon><event: 7> \
                 clp_smtpmon will stop monitoring. [ID:web]"
            ),
        ),
    ] {
        assert_eq!(syslog.send(&text(protocol, event)), Some(Ok(())));
        assert_eq!(receive(&daemon).unwrap(), told);
    }
}

#[test]
fn a_restarted_daemon_is_found_again_whatever_its_socket() {
    let dir = Dir::new();
    let path = dir.path().join("log");
    let mut syslog = Syslog::open(&path);
    let told = text(Protocol::Http, Event::Failed);
    assert_eq!(send(&mut syslog), lost("sendto", ENOENT));
    for is_stream in [false, false, true, true, false] {
        if is_stream {
            let daemon = UnixListener::bind(&path).unwrap();
            for _ in 0..2 {
                assert_eq!(send(&mut syslog), Some(Ok(())));
                assert_eq!(send(&mut syslog), Some(Ok(())));
                let mut reader = Reader::accept(&daemon);
                assert_eq!(reader.messages(), [told.as_str(); 2]);
                // The connection ends, the daemon does not.
            }
            close(daemon, &path);
        } else {
            let daemon = UnixDatagram::bind(&path).unwrap();
            assert_eq!(send(&mut syslog), Some(Ok(())));
            assert_eq!(receive(&daemon).as_deref(), Some(told.as_str()));
            close(daemon, &path);
        }
        let refused = send(&mut syslog);
        let calls = ["sendto", "connect"];
        assert!(
            calls.iter().any(|call| refused == lost(call, ECONNREFUSED)),
            "{refused:?}"
        );
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_full_queue_loses_nothing_and_keeps_the_order() {
    let dir = Dir::new();
    let path = dir.path().join("log");
    let daemon = UnixDatagram::bind(&path).unwrap();
    let mut syslog = Syslog::open(&path);
    let full = fill(&mut syslog);
    for number in full + 1..full + 20 {
        assert_eq!(syslog.send(&number.to_string()), None);
        assert_eq!(syslog.poll_outcome(), None);
    }
    let mut texts = Vec::new();
    let read = || texts.extend(std::iter::from_fn(|| receive(&daemon)));
    assert_eq!(flush(&mut syslog, read), 0);
    texts.extend(std::iter::from_fn(|| receive(&daemon)));
    assert_eq!(numbers(&texts), (0..full + 20).collect::<Vec<_>>());
    assert_eq!(send(&mut syslog), Some(Ok(())));
}

#[test]
fn a_stream_that_is_not_read_loses_nothing_and_tears_nothing() {
    let dir = Dir::new();
    let path = dir.path().join("log");
    let daemon = UnixListener::bind(&path).unwrap();
    let mut syslog = Syslog::open(&path);
    let full = fill(&mut syslog);
    for number in full + 1..full + 20 {
        assert_eq!(syslog.send(&number.to_string()), None);
    }
    let mut reader = Reader::accept(&daemon);
    assert_eq!(flush(&mut syslog, || reader.read()), 0);
    assert_eq!(
        numbers(&reader.messages()),
        (0..full + 20).collect::<Vec<_>>()
    );
}

/// The connection breaks within a message: the next one gets it whole.
#[test]
fn a_stream_that_breaks_within_a_message() {
    let dir = Dir::new();
    let path = dir.path().join("log");
    let daemon = UnixListener::bind(&path).unwrap();
    let mut syslog = Syslog::open(&path);
    let long = "x".repeat(LINE_MAX - 1);
    assert!((0..LIMIT).any(|_| syslog.send(&long).is_none()));
    // Room for a part of it, however the kernel counts.
    let mut reader = Reader::accept(&daemon);
    let mut buffer = [0; 64];
    assert!((0..LIMIT).any(|_| {
        let _ = reader.stream.read(&mut buffer);
        let outcome = syslog.poll_outcome();
        if outcome.is_some() {
            assert_eq!(syslog.send(&long), None);
            return false;
        }
        syslog.begun > 0
    }));
    drop(reader);
    assert_eq!(syslog.poll_outcome(), Some(Ok(())));
    let mut reader = Reader::accept(&daemon);
    assert_eq!(reader.messages(), [long]);
}

#[test]
fn what_no_longer_fits_pushes_the_oldest_out() {
    for is_stream in [false, true] {
        let dir = Dir::new();
        let path = dir.path().join("log");
        let datagrams = (!is_stream).then(|| UnixDatagram::bind(&path).unwrap());
        let stream = is_stream.then(|| UnixListener::bind(&path).unwrap());
        let mut syslog = Syslog::open(&path);
        let full = fill(&mut syslog);
        let room = syslog.kept.capacity();
        let mut losses = 0;
        let count = 2 * SYSLOG_KEPT / 100;
        for number in full + 1..full + count {
            assert_eq!(syslog.send(&format!("{number:>100}")), None);
            while let Some(outcome) = syslog.poll_outcome() {
                // A stream whose message is given up begins a new connection, which takes some.
                losses += usize::from(outcome.is_err());
            }
        }
        assert!(syslog.kept.len() <= SYSLOG_KEPT && syslog.kept.capacity() == room);
        assert!(losses > 0);
        if let Some(daemon) = datagrams {
            let mut texts = Vec::new();
            while receive(&daemon).is_some() {}
            let read = || texts.extend(std::iter::from_fn(|| receive(&daemon)));
            assert_eq!(flush(&mut syslog, read), 0);
            texts.extend(std::iter::from_fn(|| receive(&daemon)));
            assert_eq!(
                numbers(&texts),
                (full + losses..full + count).collect::<Vec<_>>()
            );
        }
        drop(stream);
    }
}

#[test]
fn the_end_waits_a_little_and_counts_the_rest() {
    let dir = Dir::new();
    let path = dir.path().join("log");
    let daemon = UnixDatagram::bind(&path).unwrap();
    let mut syslog = Syslog::open(&path);
    fill(&mut syslog);
    send(&mut syslog);
    for _ in 0..2 {
        assert!(is_given_up(syslog.poll_last()));
    }
    assert_eq!((syslog.tries, syslog.poll_last()), (0, None));

    let mut syslog = Syslog::open(&path);
    // The reader may be late on a busy machine.
    syslog.tries = u8::MAX;
    assert_eq!(send(&mut syslog), None);
    let is_over = AtomicBool::new(false);
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                receive(&daemon);
            }
        });
        let outcome = syslog.poll_last();
        is_over.store(true, Ordering::Relaxed);
        outcome
    });
    assert_eq!(outcome, Some(Ok(())));
}

#[test]
fn the_end_does_not_wait_for_each_message_that_is_lost() {
    let dir = Dir::new();
    let path = dir.path().join("log");
    let _daemon = UnixDatagram::bind(&path).unwrap();
    let mut syslog = Syslog::open(&path);
    fill(&mut syslog);
    send(&mut syslog);
    let waits = |syslog: &Syslog| {
        let Some(Socket::Datagram(socket)) = &syslog.socket else {
            panic!("it has no socket");
        };
        let flags = OFlag::from_bits_retain(fcntl(socket, FcntlArg::F_GETFL).unwrap());
        !flags.contains(OFlag::O_NONBLOCK)
    };
    syslog.let_wait(OFlag::empty());
    assert!(waits(&syslog));
    for _ in 0..2 {
        assert!(is_given_up(syslog.poll_last()));
        assert!(!waits(&syslog), "all waits are over");
    }
}

#[test]
fn tries_come_ever_more_seldom() {
    let dir = Dir::new();
    let path = dir.path().join("log");
    let _daemon = UnixDatagram::bind(&path).unwrap();
    let mut syslog = Syslog::open(&path);
    let mut now = Instant::new(Duration::from_secs(7));
    syslog.plan(now);
    assert_eq!(syslog.poll_timeout(), None);
    fill(&mut syslog);
    for pause in [20, 40, 80, 160, 320, 640, 1000, 1000] {
        syslog.plan(now);
        let due = syslog.poll_timeout().unwrap();
        assert_eq!(due.since(now).as_millis(), pause);
        now = due;
    }
}

#[test]
fn a_path_too_long_for_an_address_is_lost() {
    let path = Path::new("/tmp").join("x".repeat(200));
    let mut syslog = Syslog::open(&path);
    assert_eq!(send(&mut syslog), lost("sendto", ENAMETOOLONG));
}
