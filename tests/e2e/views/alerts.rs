//! `clp_isa alerts`: the alert view, and following it across the log's rotation.

use super::golden;
use crate::support::run::Ran;
use crate::support::{Monitor, Root, wait_for};
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};

fn alerts(root: &Root, arguments: &[&str]) -> Ran {
    root.run_as("clp_isa alerts", arguments)
}

fn log(root: &Root) -> PathBuf {
    std::fs::create_dir_all(root.log_dir()).unwrap();
    root.log_dir().join("isa_alert.log")
}

fn add(path: &PathBuf, text: &str) {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn line(second: u8, event: u8, text: &str) -> String {
    let time = format!("2026/11/24 03:00:{second:02}");
    format!("{time}\t{time}\tserver1\thttpmon\t{event}\t{text} [ID:web]\n")
}

#[test]
fn without_a_log_there_are_none() {
    let root = Root::bare();
    let ran = alerts(&root, &[]);
    assert_eq!(
        (ran.code, ran.stdout.lines().count()),
        (0, 1),
        "no log: {ran:?}"
    );
    assert_eq!(alerts(&root, &["--json"]).stdout, "[]\n");
}

#[test]
fn the_newest_first_with_the_guides_columns() {
    let root = Root::bare();
    let path = log(&root);
    let old = root.log_dir().join("isa_alert.log.1");
    add(
        &old,
        &line(1, 1, "clp_httpmon started monitoring the HTTP daemon."),
    );
    add(&path, "torn line\n");
    add(
        &path,
        &line(
            2,
            72,
            "clp_httpmon has detected network error (connect error[111]).",
        ),
    );
    add(
        &path,
        &line(
            3,
            6,
            "clp_httpmon detected an error and will be terminated.",
        ),
    );
    add(&path, "2026/11/24 03:00:04\tnot written to its e");
    let ran = alerts(&root, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout, golden("alerts.txt"));
    let ran = alerts(&root, &["-n", "1", "--json"]);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told.as_array().unwrap().len(), 1);
    assert_eq!(told[0]["event"], 6);
    assert_eq!(told[0]["server"], "server1");
    assert_eq!(told[0].as_object().unwrap().len(), 6);
}

#[test]
fn a_log_that_is_none_is_an_error() {
    let root = Root::bare();
    std::fs::create_dir_all(log(&root)).unwrap();
    let ran = alerts(&root, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (5, ""));
    assert!(
        ran.stderr.contains("isa_alert.log is not a regular file"),
        "{}",
        ran.stderr
    );
}

/// The lines of a `-f`, as they come.
fn follow(root: &Root, arguments: &[&str]) -> (Monitor, Receiver<String>) {
    let mut command = root.spawn_as("clp_isa alerts", arguments);
    let output = BufReader::new(command.child.stdout.take().unwrap());
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    (command, lines)
}

#[test]
fn following_across_rotations() {
    let root = Root::bare();
    let path = log(&root);
    let old = root.log_dir().join("isa_alert.log.1");
    add(&path, &(line(1, 1, "first") + &line(2, 2, "second")));
    let (mut command, lines) = follow(&root, &["-f", "--json", "-n", "1"]);
    let next = || {
        let line = wait_for("an alert", || lines.try_recv().ok());
        let told: Value = serde_json::from_str(&line).unwrap();
        told["message"].as_str().unwrap().replace(" [ID:web]", "")
    };
    assert_eq!(next(), "second");
    for round in 0..3 {
        add(&path, &line(3, 7, &format!("before {round}")));
        std::fs::rename(&path, &old).unwrap();
        add(&path, &line(4, 8, &format!("after {round}")));
        assert_eq!(next(), format!("before {round}"));
        assert_eq!(next(), format!("after {round}"));
    }
    // In two pieces.
    let text = line(5, 3, "in pieces");
    let (begin, end) = text.split_at(30);
    add(&path, begin);
    add(&path, end);
    assert_eq!(next(), "in pieces");
    assert!(lines.try_recv().is_err());
    assert!(command.is_running());
}

#[test]
fn following_a_log_that_is_not_there_yet() {
    let root = Root::bare();
    let (_command, lines) = follow(&root, &["-f"]);
    let heading = wait_for("the heading", || lines.try_recv().ok());
    assert!(heading.starts_with("Receive Time"), "{heading}");
    add(&log(&root), &line(1, 1, "first"));
    let first = wait_for("the first alert", || lines.try_recv().ok());
    assert!(first.ends_with("first [ID:web]"), "{first}");
}
