//! Tests of delivery as a whole: forms, order, and what is told of losses.

mod rotation;

use super::testing::{Dir, WALL, receive, script};
use super::*;
use clp_isa_core::limits::{CLPLOGCMD_RUNNING, CLPLOGCMD_TIME, CLPLOGCMD_WAITING, LINE_MAX};
use core::time::Duration;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

const NOW: Instant = Instant::new(Duration::from_secs(100));

fn paths(dir: &Dir) -> Paths {
    Paths::new(Some(dir.path().into()))
}

fn open(dir: &Dir) -> Alert {
    Alert::open(&paths(dir), Protocol::Http, "web", 42)
}

fn daemon(dir: &Dir) -> UnixDatagram {
    let path = paths(dir).syslog();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = fs::remove_file(&path);
    UnixDatagram::bind(path).unwrap()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The failure log's texts, without what stands in front of each.
fn records(dir: &Dir) -> Vec<String> {
    let prefix = format!("{:#} [42] web: ", time_zone::of_node().local(WALL));
    read(&paths(dir).failure_log(Protocol::Http))
        .lines()
        .map(|line| line.strip_prefix(&prefix).unwrap().to_owned())
        .collect()
}

fn settle_children(alert: &mut Alert) {
    alert.clplogcmd.await_children();
    alert.handle_children(WALL, NOW);
}

#[test]
fn an_event_reaches_every_sink() {
    let dir = Dir::new();
    let daemon = daemon(&dir);
    let view = dir.path().join("view");
    script(
        &paths(&dir).clplogcmd(),
        &format!("echo \"$2\" >>{}", view.display()),
    );
    let mut alert = open(&dir);
    alert.raise(Event::Failed, WALL, NOW);
    assert_eq!(alert.poll_timeout(), Some(NOW + CLPLOGCMD_TIME));
    settle_children(&mut alert);
    assert_eq!(alert.poll_timeout(), None);
    alert.close(WALL);

    let text = "clp_httpmon detected an error and will be terminated. [ID:web]";
    assert!(receive(&daemon).unwrap().ends_with(text));
    let stamp = time_zone::of_node().local(WALL);
    let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
    assert_eq!(
        read(&paths(&dir).alert_log()),
        format!("{stamp}\t{stamp}\t{host}\thttpmon\t6\t{text}\n")
    );
    assert_eq!(read(&view), format!("{text}\n"));
    assert_eq!(records(&dir), [""; 0]);
    assert_eq!(alert.lost(), Lost::default());
}

#[test]
fn a_record_is_one_clean_line() {
    let dir = Dir::new();
    let mut alert = open(&dir);
    alert.record(WALL, format_args!("a\nb\tc\x1b[31m{}", "\r\0"));
    alert.record(WALL, format_args!("{}", "x".repeat(2 * LINE_MAX)));
    let text = read(&paths(&dir).failure_log(Protocol::Http));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let stamp = format!("{:#}", time_zone::of_node().local(WALL));
    assert!(stamp.ends_with(".123"));
    assert_eq!(lines[0], format!("{stamp} [42] web: a?b?c?[31m??\n"));
    assert_eq!(lines[1].len(), LINE_MAX);
    assert!(lines[1].ends_with("x\n"));
    assert_eq!(lines.len(), 2);
}

#[test]
fn an_identifier_cannot_forge_a_line() {
    let dir = Dir::new();
    let mut alert = Alert::open(&paths(&dir), Protocol::Smtp, "a\tb\nc", 42);
    alert.raise(Event::InvalidParameter, WALL, NOW);
    let text = read(&paths(&dir).alert_log());
    assert_eq!(text.lines().count(), 1);
    assert!(text.ends_with("\tThe parameter value of clp_smtpmon is invalid. [ID:a?b?c]\n"));

    let mut alert = Alert::open(&paths(&dir), Protocol::Smtp, "", 42);
    alert.record(WALL, format_args!("text"));
    let text = read(&paths(&dir).failure_log(Protocol::Smtp));
    assert!(text.ends_with(" [42] -: text\n"), "{text}");
}

#[test]
fn losses_of_syslog_are_told_when_it_works_again() {
    let dir = Dir::new();
    let mut alert = open(&dir);
    for _ in 0..3 {
        alert.raise(Event::Failed, WALL, NOW);
    }
    let daemon = daemon(&dir);
    for _ in 0..2 {
        alert.raise(Event::Watching, WALL, NOW);
    }
    assert!(receive(&daemon).unwrap().contains("<event: 2>"));
    alert.close(WALL);
    let log = paths(&dir).syslog().display().to_string();
    let why = "No such file or directory (ENOENT, errno 2)";
    assert_eq!(
        records(&dir),
        [
            format!("syslog: not delivered: sendto {log}: {why}").as_str(),
            "syslog: delivery works again, 3 messages were lost"
        ]
    );
    assert_eq!(*alert.lost().of(Sink::Syslog), 3);
    assert_eq!(read(&paths(&dir).alert_log()).lines().count(), 5);
}

#[test]
fn losses_of_the_logs_are_told_when_the_directory_is_back() {
    let dir = Dir::new();
    let _daemon = daemon(&dir);
    let mut alert = open(&dir);
    let logs = paths(&dir).log_dir();
    fs::remove_dir_all(&logs).unwrap();
    fs::write(&logs, "in its place").unwrap();
    alert.raise(Event::Failed, WALL, NOW);
    alert.record(WALL, format_args!("nowhere"));
    alert.raise(Event::Failed, WALL, NOW);
    // The note of the alert log's outage, and the record.
    let mut lost = Lost::default();
    *lost.of_mut(Sink::AlertLog) = 2;
    *lost.of_mut(Sink::FailureLog) = 2;
    assert_eq!(alert.lost(), lost);
    fs::remove_file(&logs).unwrap();
    alert.raise(Event::Failed, WALL, NOW);
    alert.record(WALL, format_args!("here"));
    assert_eq!(
        records(&dir),
        [
            "failure log: delivery works again, 2 messages were lost",
            "alert log: delivery works again, 2 messages were lost",
            "here"
        ]
    );
    assert_eq!(read(&paths(&dir).alert_log()).lines().count(), 1);
    assert_eq!(alert.lost(), lost);
}

#[test]
fn a_count_that_cannot_be_told_is_kept() {
    let dir = Dir::new();
    let mut alert = open(&dir);
    alert.raise(Event::Failed, WALL, NOW);
    let log = paths(&dir).failure_log(Protocol::Http);
    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let _daemon = daemon(&dir);
    alert.raise(Event::Failed, WALL, NOW);
    fs::remove_dir(&log).unwrap();
    alert.raise(Event::Failed, WALL, NOW);
    assert_eq!(
        records(&dir),
        ["syslog: delivery works again, 1 message was lost"]
    );
    assert_eq!(*alert.lost().of(Sink::FailureLog), 0);
}

#[test]
fn failures_of_the_command_are_told_once_per_outage() {
    let dir = Dir::new();
    let _daemon = daemon(&dir);
    let command = paths(&dir).clplogcmd();
    let mut alert = open(&dir);
    for body in ["exit 7", "exit 8", "exec sleep 60", "exit 0", "exit 9"] {
        script(&command, body);
        alert.raise(Event::Failed, WALL, NOW);
        if body.contains("sleep") {
            alert.handle_timeout(WALL, NOW + CLPLOGCMD_TIME);
            assert_eq!(alert.poll_timeout(), None);
        }
        settle_children(&mut alert);
    }
    alert.close(WALL);
    assert_eq!(
        records(&dir),
        [
            "clplogcmd: not delivered: exit status 7",
            "clplogcmd: delivery works again, 3 messages were lost",
            "clplogcmd: not delivered: exit status 9",
            "clplogcmd: 1 message was lost"
        ]
    );
    assert_eq!(*alert.lost().of(Sink::Clplogcmd), 4);
    assert_eq!(read(&paths(&dir).alert_log()).lines().count(), 5);
}

#[test]
fn what_waits_at_the_end_is_counted() {
    let dir = Dir::new();
    let daemon = daemon(&dir);
    script(&paths(&dir).clplogcmd(), "exec sleep 60");
    let mut alert = open(&dir);
    for _ in 0..CLPLOGCMD_RUNNING + CLPLOGCMD_WAITING + 1 {
        alert.raise(Event::Failed, WALL, NOW);
        assert!(receive(&daemon).is_some());
    }
    alert.close(WALL);
    alert.close(WALL);
    assert_eq!(
        records(&dir),
        [
            "clplogcmd: not delivered: too many were waiting",
            "clplogcmd: 9 messages were lost"
        ]
    );
    // Left to finish, until this test clears up.
    assert_eq!(alert.poll_timeout(), Some(NOW + CLPLOGCMD_TIME));
    alert.handle_timeout(WALL, NOW + CLPLOGCMD_TIME);
    settle_children(&mut alert);
}
