//! The syslog daemon: the form of a message, and a daemon that is away, stuck, restarted or something else.

use super::*;
use crate::support::server::RefusingPort;
use std::time::{SystemTime, UNIX_EPOCH};

fn seconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// A second of local time as syslog shows it, in the system's own words.
fn stamp(second: u64) -> String {
    let mut date = Command::new("date");
    date.env("LC_ALL", "C").args(["-d", &format!("@{second}")]);
    let output = date.arg("+%b %e %T").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().into()
}

/// The texts of a monitor that finds its service refused twice: priority, event, text.
fn refused_twice(command: &str, daemon: &str) -> [(u8, u8, String); 5] {
    let refused = format!("{command} has detected network error (connect error[111]).");
    [
        (
            30,
            1,
            format!("{command} started monitoring the {daemon} daemon."),
        ),
        (
            30,
            2,
            format!("{command} will start monitoring the {daemon} daemon."),
        ),
        (27, 72, refused.clone()),
        (27, 72, refused),
        (
            27,
            6,
            format!("{command} detected an error and will be terminated."),
        ),
    ]
}

#[track_caller]
fn has_the_traditional_form(module: &str, protocol: &str) {
    let root = Root::new();
    let daemon = Daemon::start(&root);
    let (refusing, from) = (RefusingPort::new(), seconds());
    let command = format!("clp_{module}");
    let port = refusing.port();
    let arguments = ["web", "-s", "127.0.0.1", "-n", &port, "-i", "1", "-c", "1"];
    let mut monitor = Monitor::spawn(root.command(&command).args(arguments));
    assert_eq!(monitor.code(), 1);
    let tag = format!(" {command}[{}]: ", monitor.pid());
    let messages = wait_for("five messages", || {
        let received = daemon.received.lock().unwrap();
        let ours: Vec<_> = received
            .iter()
            .filter(|text| text.contains(&tag))
            .cloned()
            .collect();
        (ours.len() >= 5).then_some(ours)
    });
    let stamps: Vec<_> = (from..=seconds()).map(stamp).collect();
    // `<PRI>`, then 15 characters of time.
    let messages = messages.iter().map(|message| {
        let (priority, rest) = message.split_at(4);
        let (time, text) = rest.split_at(15);
        assert!(stamps.iter().any(|stamp| stamp == time), "{message:?}");
        format!("{priority}{text}")
    });
    let messages: Vec<_> = messages.collect();
    let expected = refused_twice(&command, protocol).map(|(priority, id, text)| {
        format!("<{priority}>{tag}<type: {module}><event: {id}> {text} [ID:web]")
    });
    assert_eq!(messages, expected);
}

#[test]
fn messages_of_clp_httpmon_have_the_traditional_form() {
    has_the_traditional_form("httpmon", "HTTP");
}

#[test]
fn messages_of_clp_smtpmon_have_the_traditional_form() {
    has_the_traditional_form("smtpmon", "SMTP");
}

/// What stands in a daemon's place: by name, what puts it there, and the error that it leads to.
type Absent = (&'static str, fn(&Root), &'static str);

const KEPT: &str = "kept";

const ABSENT: [Absent; 3] = [
    (
        "nothing",
        |_| (),
        "No such file or directory (ENOENT, errno 2)",
    ),
    (
        "a stale socket",
        |root| drop(Daemon::bind(root)),
        "Connection refused (ECONNREFUSED, errno 111)",
    ),
    (
        "a plain file",
        |root| {
            fs::create_dir(root.join("dev")).unwrap();
            fs::write(root.join("dev/log"), KEPT).unwrap();
        },
        "Connection refused (ECONNREFUSED, errno 111)",
    ),
];

/// A daemon that takes nothing: monitoring goes on, and once it takes something the failure log tells exactly how many
/// messages were lost.
#[test]
fn what_a_daemon_does_not_take_is_counted() {
    let name = |row: &Absent| row.0.into();
    rows::run(ABSENT.len(), &ABSENT, name, |(name, plant, error)| {
        let root = Root::new();
        let path = root.join("dev/log");
        plant(&root);
        let grumbler = Grumbler::start();
        let monitor = grumbler.watch(&root);
        let pid = monitor.pid();
        grumbler.wait_for_checks(3);
        if *name == "a plain file" {
            assert_eq!(fs::read_to_string(&path).unwrap(), KEPT);
        }
        let daemon = Daemon::start(&root);
        let first = wait_for("a message", || daemon.texts(pid).into_iter().next());
        let told = wait_for("the count", || {
            told_losses(&records(&failure_log(&root), pid), "syslog").pop()
        });
        grumbler.wait_for_checks(1);
        grumbler.assert_in_time(&monitor);
        stop(monitor);

        let alerts = alerts(&root);
        let lost = alerts.iter().position(|text| *text == first).unwrap();
        // Events 1 and 2, and those of at least two checks.
        assert!(lost >= 4, "{alerts:?}");
        assert_eq!(told, lost);
        let records = records(&failure_log(&root), pid);
        let notes: Vec<_> = records
            .iter()
            .filter(|text| text.starts_with("syslog"))
            .collect();
        assert_eq!(
            notes,
            [
                &format!("syslog: not delivered: sendto {}: {error}", path.display()),
                &format!("syslog: delivery works again, {lost} messages were lost"),
            ]
        );
        assert_eq!(daemon.stop(pid), alerts[lost..]);
    });
}

#[test]
fn a_restarted_daemon_gets_later_events() {
    let root = Root::new();
    let mut daemon = Daemon::start(&root);
    let grumbler = Grumbler::start();
    let monitor = grumbler.watch(&root);
    let pid = monitor.pid();
    let mut received = Vec::new();
    for _ in 0..3 {
        wait_for("a message", || daemon.texts(pid).pop());
        grumbler.wait_for_checks(1);
        received.push(daemon.stop(pid));
        daemon = Daemon::start(&root);
    }
    wait_for("a message", || daemon.texts(pid).pop());
    grumbler.assert_in_time(&monitor);
    stop(monitor);
    received.push(daemon.stop(pid));

    // A message may have come while no daemon was there.
    let lost: usize = told_losses(&records(&failure_log(&root), pid), "syslog")
        .iter()
        .sum();
    let alerts = alerts(&root);
    let received = received.concat();
    assert_eq!(received.len() + lost, alerts.len());
    let mut rest = alerts.iter();
    assert!(
        received.iter().all(|text| rest.any(|alert| alert == text)),
        "{received:?} are not among {alerts:?} in their order"
    );
}
