//! Clients of the control socket that do not keep to its protocol, or take its time.

use super::*;

/// Everything on the socket's other end, to its close.
fn rest(mut stream: UnixStream) -> String {
    let mut text = String::new();
    stream.set_read_timeout(Some(CONTROL_TIME + SLACK)).unwrap();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn connect(root: &Root) -> UnixStream {
    UnixStream::connect(root.join("var/run/clp_isa/ctl").join("web")).unwrap()
}

#[test]
fn requests_that_are_none_are_refused() {
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    let mut monitor = root.start_as("clp_httpmon", &hanging("web", &port));
    let long = [b'x'; 100_000];
    let malformed = "refused the request is malformed\n";
    let version = "refused the monitor does not know this version of the protocol\n";
    let rows: [(&[u8], &str); 8] = [
        (b"\n", version),
        (b"\xff\x00\x1b[31m\n", version),
        (b"2 stop httpmon web\n", version),
        (b"1 stop httpmon\n", malformed),
        (&long, malformed),
        (
            b"1 kill httpmon web\n",
            "refused the monitor does not know this command\n",
        ),
        (
            b"1 stop httpmon other\n",
            "refused the request is meant for another monitor\n",
        ),
        (
            b"1 stop smtpmon web\n",
            "refused the request is meant for another monitor\n",
        ),
    ];
    for (line, answer) in rows {
        let mut stream = connect(&root);
        // The monitor may refuse and close before it has all.
        let _ = stream.write_all(line);
        let mut reply = String::new();
        let shown = String::from_utf8_lossy(&line[..line.len().min(32)]);
        BufReader::new(&stream).read_line(&mut reply).unwrap();
        assert_eq!(reply, answer, "{shown}");
    }
    assert!(monitor.is_running());
    assert_eq!(root.run(&["web", "--stop"]), silent(0));
    assert_eq!(monitor.code(), 0);
    assert_eq!(root.ids(), [1, 2, 3]);
}

/// Some go at once or within a line; others stay, silent or in the middle of a line, more at once than are heard.
#[test]
fn hostile_clients_neither_stop_the_checks_nor_keep_a_stop_out() {
    let (root, server) = (Root::new(), Server::healthy());
    let port = server.port();
    let mut monitor = root.start(&["web", "-s", "127.0.0.1", "-n", &port, "-i", "1"]);
    for beginning in ["", "1 stop httpm"] {
        connect(&root).write_all(beginning.as_bytes()).unwrap();
    }
    let idle: Vec<UnixStream> = (0..CONTROL_CLIENTS * 2 - 1)
        .map(|number| {
            let mut stream = connect(&root);
            if number % 2 == 1 {
                stream.write_all(b"1 stop httpmon w").unwrap();
            }
            stream
        })
        .collect();
    server.wait_for_checks(3);
    assert!(monitor.is_running());
    assert_eq!(root.ids(), [1, 2]);
    // Less than any of these is given where nobody else waits.
    assert!(CONTROL_TIME > Duration::from_secs(3));
    assert_eq!(
        root.run_as("clp_httpmon", &["web", "--stop", "3"]),
        silent(0)
    );
    assert_eq!(monitor.code(), 0);
    assert_eq!(root.ids(), [1, 2, 3]);
    for stream in idle {
        assert_eq!(rest(stream), "");
    }
}

/// Nothing else wakes this monitor, and nobody but the oldest gives way.
#[test]
fn idle_clients_give_way_to_who_waits() {
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    let mut monitor = root.start_as("clp_httpmon", &hanging("web", &port));
    assert_eq!(root.sockets(), ["web"]);
    let connect = || connect(&root);
    let mut idle: Vec<UnixStream> = (0..CONTROL_CLIENTS).map(|_| connect()).collect();
    let asked = Instant::now();
    assert_eq!(root.run(&["web", "--pause"]), silent(0));
    assert!(asked.elapsed() < CONTROL_TIME, "{:?}", asked.elapsed());
    assert_eq!(rest(idle.remove(0)), "", "the oldest");
    // The others were kept, and are heard if they are in time.
    let mut next = idle.remove(0);
    next.write_all(b"1 resume httpmon web\n").unwrap();
    let answer = rest(next);
    assert!(
        asked.elapsed() > CONTROL_TIME || answer == "ok\n",
        "{answer}"
    );
    idle.extend((0..CONTROL_CLIENTS * 4).map(|_| connect()));
    assert_eq!(root.run(&["web", "--stop", "4"]), silent(0));
    assert_eq!(monitor.code(), 0);
}

#[test]
fn a_client_that_keeps_its_line_to_itself_is_dropped() {
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    let mut monitor = root.start_as("clp_httpmon", &hanging("web", &port));
    let begun = Instant::now();
    let mut stream = connect(&root);
    stream.write_all(b"1 stop httpmon web").unwrap();
    assert_eq!(rest(stream), "");
    assert!(begun.elapsed() >= CONTROL_TIME);
    assert!(monitor.is_running());
}
