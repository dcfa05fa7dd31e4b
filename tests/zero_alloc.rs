//! A monitor at work uses no heap: an allocator that counts shows none between its second and its thousandth check.
//!
//! The driver runs here in a thread of the test, with an interval of two milliseconds. Only that thread's allocations
//! are counted; a server thread reads the count when a check's connection arrives.
#![expect(
    unsafe_code,
    reason = "an allocator cannot be written without; this one counts and hands on to the system's"
)]
#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "a test waits, reads clocks and stops at the first surprise"
)]

use arrayvec::ArrayString;
use clp_isa::{Code, Paths};
use clp_isa_core::config::{Config, Host, HttpVersion, Request, Timing};
use clp_isa_core::identifier::Identifier;
use clp_isa_core::license::key::{Serial, Terms};
use clp_isa_core::license::record::Record;
use clp_isa_core::limits::LOG_MAX;
use clp_isa_core::paths::{RUN, SYSLOG};
use clp_isa_core::protocol::Protocol;
use clp_isa_core::sink::{Lost, Sink};
use clp_isa_core::wire::control::{ControlRequest, ControlVerb};
use clp_isa_core::wire::status;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

#[path = "e2e/support/store.rs"]
mod store;

const FIRST: usize = 2;
const LAST: usize = 1000;
/// What a thousand checks may take on a loaded machine: they are due after two seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// The alert and the record of each of a thousand checks: what every sink is still asked to take.
const LOG_NEARLY_FULL: usize = LOG_MAX as usize - 20_000;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    /// Where this thread's allocations are counted, if they are.
    static COUNTER: Cell<Option<&'static AtomicU64>> = const { Cell::new(None) };
}

fn count() {
    // A thread that ends may allocate after its variables are gone; nobody counts it then.
    let _ = COUNTER.try_with(|counter| {
        if let Some(counter) = counter.get() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
}

// SAFETY: every call is handed on unchanged to the system's allocator, whose promises are thereby kept; counting
// touches a thread-local that needs no allocation (constant, without a destructor) and an atomic.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are this call's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are this call's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are this call's.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are this call's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn new_counter() -> &'static AtomicU64 {
    Box::leak(Box::new(AtomicU64::new(0)))
}

#[test]
fn the_counter_counts_its_thread_and_no_other() {
    let counter = new_counter();
    let counted = move || {
        COUNTER.set(Some(counter));
        let mut seen = [0; 4];
        let mut heap = black_box(Vec::<u8>::with_capacity(1));
        seen[0] = counter.load(Ordering::SeqCst);
        heap.reserve_exact(100);
        black_box(&mut heap);
        seen[1] = counter.load(Ordering::SeqCst);
        black_box(vec![0_u8; 100]);
        seen[2] = counter.load(Ordering::SeqCst);
        black_box([0_u8; 100]);
        seen[3] = counter.load(Ordering::SeqCst);
        COUNTER.set(None);
        seen
    };
    let seen = thread::spawn(counted).join().unwrap();
    thread::spawn(|| black_box(vec![1_u8])).join().unwrap();
    assert_eq!(seen, [1, 2, 3, 3]);
    assert_eq!(counter.load(Ordering::SeqCst), 3);
}

#[test]
fn healthy_http_checks() {
    let root = Root::new();
    watch(&root, "HTTP, literal", LITERAL, http("/"), |peer, _| {
        answer_http(peer, b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n");
    });
}

#[test]
fn healthy_http_checks_of_a_name_in_the_hosts_file() {
    let root = Root::new();
    let hosts = "# comment\n::1 elsewhere\n127.0.0.1 elsewhere localhost\n";
    fs::write(root.join("hosts"), hosts).unwrap();
    let localhost = Host::Name(ArrayString::from("localhost").unwrap());
    watch(&root, "HTTP, name", localhost, http("/"), |peer, _| {
        answer_http(peer, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204\r\n\r\n");
    });
}

#[test]
fn healthy_smtp_checks() {
    let root = Root::new();
    watch(&root, "SMTP", LITERAL, Request::Smtp, |peer, _| {
        let _ = peer.write_all(b"220-first\r\n220 second\r\n");
        read_line(peer);
        let _ = peer.write_all(b"250 ok\r\n");
        read_line(peer);
        let _ = peer.write_all(b"221 bye\r\n");
        read_to_end(peer);
    });
}

/// Somebody asks how the monitor fares during each of its checks.
#[test]
fn healthy_checks_while_it_is_asked() {
    let root = Root::new();
    let socket = root.control();
    watch(&root, "HTTP, asked", LITERAL, http("/"), move |peer, _| {
        // The last check's answer may come when the monitor is stopped already: then nobody tells.
        if let Some(line) = ask(&socket, Protocol::Http, ControlVerb::Status) {
            let report = line
                .strip_prefix("ok ")
                .and_then(|line| status::parse(line.trim_end().as_bytes()));
            assert!(report.is_some(), "{line}");
        }
        answer_http(peer, b"HTTP/1.1 200 OK\r\n\r\n");
    });
}

/// Every check fails, and every one with another event than the one before, so that each is alerted; the two logs are
/// rotated on the way.
#[test]
fn failing_checks_with_every_sink_taking_them() {
    let root = Root::new();
    let daemon = root.bind_syslog();
    let logs = root.join("opt/nec/clusterpro/log");
    fs::create_dir_all(&logs).unwrap();
    for log in ["isa_alert.log", "httpmon.log"] {
        let line = "x".repeat(99) + "\n";
        fs::write(logs.join(log), line.repeat(LOG_NEARLY_FULL / 100)).unwrap();
    }
    let reader = thread::spawn(move || {
        let mut buffer = [0; 2048];
        let mut taken = 0_u32;
        loop {
            let length = daemon.recv(&mut buffer).unwrap();
            taken += 1;
            if String::from_utf8_lossy(&buffer[..length]).contains("<event: 3>") {
                return taken;
            }
        }
    });
    let lost = watch(&root, "failing, all sinks", LITERAL, http("/x"), fail);
    assert!(reader.join().unwrap() + *lost.of(Sink::Syslog) > LAST as u32);
    let logged = |lost: Lost| {
        (
            *lost.of(Sink::AlertLog),
            *lost.of(Sink::FailureLog),
            *lost.of(Sink::Clplogcmd),
        )
    };
    assert_eq!(logged(lost), (0, 0, 0));
    for log in ["isa_alert.log.1", "httpmon.log.1"] {
        assert!(logs.join(log).exists(), "{log}: no rotation");
    }
}

#[test]
fn failing_checks_with_every_sink_refusing_them() {
    let root = Root::new();
    let logs = root.join("opt/nec/clusterpro/log");
    fs::create_dir_all(logs.parent().unwrap()).unwrap();
    fs::write(logs, "in the folder's place").unwrap();
    // Nobody reads it: full after a few.
    let _daemon = root.bind_syslog();
    let lost = watch(&root, "failing, no sink", LITERAL, http("/x"), fail);
    for lost in [
        *lost.of(Sink::Syslog),
        *lost.of(Sink::AlertLog),
        *lost.of(Sink::FailureLog),
    ] {
        assert!(lost > LAST as u32 / 2, "{lost} messages were lost");
    }
}

/// A failure that differs from the one of the check before.
fn fail(peer: &mut TcpStream, number: usize) {
    match number % 7 {
        0 => answer_http(peer, b"\x1b[31mnot HTTP\r\n\r\n"),
        1 => {
            read_line(peer);
        }
        _ => {
            let status = 400 + number % 200;
            answer_http(peer, format!("HTTP/1.1 {status} no\r\n\r\n").as_bytes());
        }
    }
}

fn answer_http(peer: &mut TcpStream, reply: &[u8]) {
    while !matches!(read_line(peer).as_slice(), b"" | b"\r\n") {}
    let _ = peer.write_all(reply);
    read_to_end(peer);
}

fn read_line(peer: &mut TcpStream) -> Vec<u8> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\n") && matches!(peer.read(&mut byte), Ok(1)) {
        line.push(byte[0]);
    }
    line
}

fn read_to_end(peer: &mut TcpStream) {
    let _ = io::copy(peer, &mut io::sink());
}

const LITERAL: Host = Host::V4(Ipv4Addr::LOCALHOST);

fn http(uri: &str) -> Request {
    Request::Http {
        version: HttpVersion::V1_1,
        uri: ArrayString::from(uri).unwrap(),
    }
}

/// Watches a server whose connections go to `serve`, each with its number from 1, until the thousandth check; prints
/// the counts and holds them against each other. Gives what the sinks lost.
fn watch(
    root: &Root,
    what: &str,
    host: Host,
    request: Request,
    serve: impl Fn(&mut TcpStream, usize) + Send + 'static,
) -> Lost {
    let counter = new_counter();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let config = Config {
        identifier: Identifier::parse(b"heap").unwrap(),
        host,
        port: listener.local_addr().unwrap().port(),
        timing: Timing {
            interval: Duration::from_millis(2),
            retries: 10_000,
            timeout: Duration::from_secs(10),
        },
        request,
    };
    let counts = start_server(listener, counter, serve);
    root.license();
    let (paths, hosts) = (root.paths(), root.join("hosts"));
    let monitor = thread::spawn(move || {
        COUNTER.set(Some(counter));
        let ended = clp_isa::watch(&config, &paths, &hosts);
        (ended.code, ended.lost)
    });
    let first = counts.recv_timeout(PATIENCE).expect("no second check");
    let last = counts.recv_timeout(PATIENCE).expect("no thousandth check");
    assert_eq!(
        ask(&root.control(), config.protocol(), ControlVerb::Stop).as_deref(),
        Some("ok\n")
    );
    let (code, lost) = monitor.join().unwrap();
    assert_eq!(code, Code::Success);

    let text = format!(
        "{what}: {first} allocations before check {FIRST}, {last} before check {LAST}: {} between\n",
        last - first
    );
    let _ = io::stderr().write_all(text.as_bytes());
    assert!(first > 0, "start-up uses the heap, and nothing was counted");
    assert_eq!(first, last, "{text}");
    lost
}

/// What the monitor answers to `verb`; nothing if it has ended, or ends before it answers.
fn ask(socket: &Path, protocol: Protocol, verb: ControlVerb) -> Option<String> {
    let mut stream = UnixStream::connect(socket).ok()?;
    let request = ControlRequest {
        verb,
        protocol,
        identifier: Identifier::parse(b"heap").unwrap(),
    };
    stream.write_all(request.render().as_bytes()).ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    Some(line).filter(|line| !line.is_empty())
}

/// Gives the count at the moment when the second check's connection was accepted, and when the thousandth's was.
fn start_server(
    listener: TcpListener,
    counter: &'static AtomicU64,
    serve: impl Fn(&mut TcpStream, usize) + Send + 'static,
) -> Receiver<u64> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for (number, peer) in (1..).zip(listener.incoming()) {
            if [FIRST, LAST].contains(&number) {
                let _ = sender.send(counter.load(Ordering::SeqCst));
            }
            serve(&mut peer.unwrap(), number);
        }
    });
    receiver
}

/// A directory for everything of one monitor, removed at the end.
struct Root(PathBuf);

impl Root {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // Short: socket paths are limited to 107 bytes.
        let path = std::env::temp_dir().join(format!("isaz{}-{count}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn join(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    fn paths(&self) -> Paths {
        Paths::new(Some(self.0.clone().into()))
    }

    fn control(&self) -> PathBuf {
        self.join(RUN).join("ctl/heap")
    }

    /// A product license of this host.
    fn license(&self) {
        let serial = Serial::parse(b"HEP0000001").unwrap();
        let record = Record::issue(serial, Terms::Product).unwrap();
        store::register(&self.0, record);
    }

    fn bind_syslog(&self) -> UnixDatagram {
        let path = &self.join(SYSLOG);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        UnixDatagram::bind(path).unwrap()
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
