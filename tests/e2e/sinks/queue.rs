//! A syslog daemon whose queue is full, and one that listens on a stream socket: nothing is lost.

use super::*;
use std::io::Read;
use std::os::unix::net::UnixListener;

/// Fills the queue of the socket at `path`: not even a new sender can send.
fn fill(path: &Path) {
    // Ends: the queue holds a bounded number of messages, and every sender but the last adds some.
    loop {
        let sender = UnixDatagram::unbound().unwrap();
        sender.set_nonblocking(true).unwrap();
        let mut sent = 0;
        while sender.send_to(b"<30>noise", path).is_ok() {
            sent += 1;
        }
        if sent == 0 {
            return;
        }
    }
}

/// Two checks with a full queue: their events come as soon as the queue is read, in their order, without a further
/// event. So does the last one, if the queue is full at the end.
#[test]
fn a_full_queue_loses_nothing() {
    let root = Root::new();
    let path = root.join("dev/log");
    let socket = Daemon::bind(&root);
    fill(&path);
    let grumbler = Grumbler::start();
    let monitor = grumbler.watch(&root);
    let pid = monitor.pid();
    grumbler.wait_for_checks(3);
    tell(&root, "--pause");
    let daemon = Daemon::read(&root, socket);
    wait_for("all events", || {
        let texts = daemon.texts(pid);
        (texts.len() == alerts(&root).len()).then_some(())
    });
    grumbler.assert_in_time(&monitor);
    let mut told = daemon.stop(pid);

    let socket = Daemon::bind(&root);
    fill(&path);
    monitor.signal(Signal::SIGTERM);
    let daemon = Daemon::read(&root, socket);
    stop(monitor);
    told.extend(daemon.stop(pid));
    assert_eq!(told, alerts(&root));
    assert!(told.len() >= 6, "{told:?}");
    assert_eq!(
        told_losses(&records(&failure_log(&root), pid), "syslog"),
        [0; 0]
    );
}

/// What a daemon with a stream socket does with one connection: reads until it ends or this many messages have come.
#[track_caller]
fn serve(listener: &UnixListener, messages: usize) -> Vec<String> {
    listener.set_nonblocking(true).unwrap();
    let (mut stream, _) = wait_for("a connection", || listener.accept().ok());
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    while read.iter().filter(|byte| **byte == 0).count() < messages {
        match stream.read(&mut buffer).unwrap() {
            0 => break,
            count => read.extend_from_slice(&buffer[..count]),
        }
    }
    let text = String::from_utf8(read).unwrap();
    // A message ends with a zero byte.
    let mut texts: Vec<String> = text.split('\0').map(str::to_owned).collect();
    assert_eq!(texts.pop().as_deref(), Some(""), "torn");
    texts
}

/// The events' texts of messages.
fn texts(messages: &[String]) -> Vec<String> {
    let text = |message: &String| message.split_once("> ").unwrap().1.to_owned();
    messages.iter().map(text).collect()
}

/// A daemon's stream socket, and where it is.
fn listen(root: &Root) -> (PathBuf, UnixListener) {
    let path = root.join("dev/log");
    fs::create_dir(root.join("dev")).unwrap();
    let listener = UnixListener::bind(&path).unwrap();
    (path, listener)
}

/// A command that is refused: it has one thing to say, and ends.
#[track_caller]
fn is_refused(root: &Root) {
    let mut command = root.command("clp_httpmon");
    let refused = command.args(["web", "-i", "x"]).output();
    assert_eq!(refused.unwrap().status.code(), Some(2));
}

#[test]
fn a_stream_gets_the_event_of_a_command_that_ends() {
    let root = Root::new();
    let (_, listener) = listen(&root);
    is_refused(&root);
    let told = serve(&listener, usize::MAX);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("<event: 11>"), "{told:?}");
    assert_eq!(texts(&told), alerts(&root));
}

/// A stream socket, a connection that ends, a daemon that is another one, with datagrams at last.
#[test]
fn a_stream_gets_every_event() {
    let root = Root::new();
    let (path, listener) = listen(&root);
    let grumbler = Grumbler::start();
    let mut told = Vec::new();
    let monitor = grumbler.watch(&root);
    let pid = monitor.pid();
    // Events 1, 2 and one of a check; the connection ends between two checks, then the daemon, too.
    for messages in [3, 1] {
        told.extend(serve(&listener, messages));
    }
    fs::remove_file(&path).unwrap();
    drop(listener);
    let listener = UnixListener::bind(&path).unwrap();
    told.extend(serve(&listener, 1));
    fs::remove_file(&path).unwrap();
    drop(listener);
    let mut told = texts(&told);
    let daemon = Daemon::start(&root);
    grumbler.wait_for_checks(2);
    grumbler.assert_in_time(&monitor);
    stop(monitor);
    told.extend(daemon.stop(pid));
    assert_eq!(told, alerts(&root));
    assert_eq!(
        told_losses(&records(&failure_log(&root), pid), "syslog"),
        [0; 0]
    );
}

/// Commands that end during a flood.
const FLOODED: usize = 20;

/// A flood that any user can make: whoever has one thing to say, and ends, still says it.
#[test]
fn a_flood_does_not_drown_the_last_words() {
    let root = Root::new();
    let path = root.join("dev/log");
    let daemon = Daemon::bind(&root);
    daemon.set_read_timeout(Some(PATIENCE)).unwrap();
    let is_over = AtomicBool::new(false);
    let mut told = 0;
    thread::scope(|scope| {
        let flood = || {
            let sender = UnixDatagram::unbound().unwrap();
            // Waits until there is room.
            while !is_over.load(Ordering::SeqCst) {
                sender.send_to(b"<30>noise", &path).unwrap();
            }
        };
        scope.spawn(flood);
        scope.spawn(flood);
        let reader = scope.spawn(|| {
            let (mut buffer, mut told) = ([0; 4096], 0);
            loop {
                let length = daemon.recv(&mut buffer).unwrap();
                let text = String::from_utf8_lossy(&buffer[..length]);
                if text == "end" {
                    return told;
                }
                told += usize::from(text.contains("<event: 11>"));
                // It has work with each line.
                thread::sleep(Duration::from_micros(500));
            }
        });
        for _ in 0..FLOODED {
            is_refused(&root);
        }
        is_over.store(true, Ordering::SeqCst);
        let sender = UnixDatagram::unbound().unwrap();
        sender.send_to(b"end", &path).unwrap();
        told = reader.join().unwrap();
    });
    // A loaded machine may keep the reader for longer than they wait.
    assert!(told >= FLOODED - FLOODED / 4, "{told} of {FLOODED}");
    let lost = root.failure_log().matches("1 message was lost").count();
    assert_eq!(told + lost, FLOODED);
}
