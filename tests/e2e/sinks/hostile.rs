//! Bytes of a hostile server: none of them reaches a log raw.

use super::*;

/// What it says of itself comes after the bytes that are kept.
const FORGED: &str = "\n2026/01/01 00:00:00\t2026/01/01 00:00:00\tnode.of.a.long.name.example.test\thttpmon\t6\t\
                      forged. [ID:web]\n";

/// Who asks, what the server says first, and the event that it leads to.
type Row = (&'static str, Vec<u8>, u8);

fn replies() -> Vec<Row> {
    let bytes = |text: &str| text.as_bytes().to_vec();
    vec![
        ("clp_httpmon", bytes("\x1b[31mHTTP/1.1 200 OK\r\n\r\n"), 82),
        ("clp_httpmon", bytes(FORGED), 82),
        ("clp_httpmon", bytes(&format!("HTTP/1.{FORGED}")), 82),
        ("clp_httpmon", bytes("\tHTTP/1.1 200 OK\r\n\r\n"), 82),
        ("clp_httpmon", bytes("HTTP/1.1 5\x1b3 \r\n\r\n"), 82),
        (
            "clp_httpmon",
            b"\xff\xfe\0HTTP/1.1 200 OK\r\n\r\n".to_vec(),
            82,
        ),
        (
            "clp_httpmon",
            b"HTTP/1.1 503 \x1b]0;x\x07\t\xff\r\n\x1b[2J: \xff\r\n\r\n".to_vec(),
            83,
        ),
        ("clp_smtpmon", bytes("554 \x1b[31m\tno\r\n"), 83),
        ("clp_smtpmon", bytes("\x1b[31m220 yes\r\n"), 83),
        ("clp_smtpmon", bytes(FORGED), 83),
        ("clp_smtpmon", bytes(&format!("554-no{FORGED}")), 83),
        ("clp_smtpmon", b"\xff\0\t220 yes\r\n".to_vec(), 83),
    ]
}

/// Nothing but printable ASCII and line ends, and where told to tabs.
#[track_caller]
fn assert_clean(what: &str, bytes: &[u8], may: &[u8]) {
    let raw = bytes
        .iter()
        .find(|byte| !matches!(byte, 0x20..=0x7e) && !may.contains(byte));
    assert_eq!(raw, None, "{what}: {}", String::from_utf8_lossy(bytes));
}

/// A monitor `web` of that server, until it has found it failed twice.
fn judge(root: &Root, command: &str, port: &str) -> Monitor {
    let mut start = root.command(command);
    start.args(["web", "-s", "127.0.0.1", "-n", port, "-i", "1", "-c", "1"]);
    if command == "clp_httpmon" {
        start.args(["-h", "/x"]);
    }
    let mut monitor = Monitor::spawn(&mut start);
    assert_eq!(monitor.code(), 1);
    monitor
}

/// Two failed checks, told in full and with no more of the server's bytes than an excerpt.
#[track_caller]
fn assert_told(records: &[String], event: u8) {
    assert_eq!(records.len(), 2, "{records:?}");
    for (text, number) in records.iter().zip(1..) {
        let begins = format!("check failed, try {number}/2, ");
        assert!(text.starts_with(&begins), "{text:?}");
        assert!(!text.contains("forged"), "more than an excerpt: {text:?}");
        let is_misunderstood = event == 82 || text.contains("no status code");
        let is_shown = text.contains("the answer began with \"");
        assert_eq!(is_misunderstood, is_shown, "{text:?}");
    }
}

#[test]
fn bytes_of_a_server_never_reach_a_log_raw() {
    let replies = replies();
    let name = |row: &Row| format!("{:?}", String::from_utf8_lossy(&row.1));
    rows::run(replies.len(), &replies, name, |row| {
        let (command, reply, event) = row.clone();
        let server = Server::start(move |conversation| {
            conversation.send(&reply);
            conversation.read_to_end();
        });
        let root = Root::new();
        let daemon = Daemon::start(&root);
        let monitor = judge(&root, command, &server.port());

        // Six fields a line: looked at by `ids`.
        assert_eq!(root.ids(), [1, 2, event, event, 6]);
        let alert_log = fs::read(root.log_dir().join("isa_alert.log")).unwrap();
        assert_clean("alert log", &alert_log, b"\t\n");

        let module = command.strip_prefix("clp_").unwrap();
        let log = root.log_dir().join(format!("{module}.log"));
        assert_clean("failure log", &fs::read(&log).unwrap(), b"\n");
        assert_told(&records(&log, monitor.pid()), event);

        let received = wait_for("five messages", || {
            let received = daemon.received.lock().unwrap();
            (received.len() >= 5).then(|| received.clone())
        });
        assert_eq!(received.len(), 5);
        assert_clean("syslog", received.concat().as_bytes(), b"");
    });
}
