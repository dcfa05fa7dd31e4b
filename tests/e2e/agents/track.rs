//! keepalived's script, which tells whether a monitor is at work: what it cannot find out moves no address.

use super::{Node, SOURCES};
use crate::support::files::script;
use crate::support::run::finish;
use crate::support::{Monitor, binary, wait_for};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const UP: i32 = 0;
const DOWN: i32 = 1;
const RARELY: [&str; 7] = ["web", "-s", "127.0.0.1", "-n", "1", "-i", "1000"];

fn program(node: &Node) -> PathBuf {
    node.0.join("opt/nec/clusterpro/bin/clp_isa")
}

/// A node whose commands are where they belong.
fn node() -> Node {
    let node = Node::new();
    fs::create_dir_all(program(&node).parent().unwrap()).unwrap();
    symlink(binary(), program(&node)).unwrap();
    node
}

fn ask(node: &Node) -> i32 {
    let mut command = Command::new(format!("{SOURCES}/../keepalived/clp_isa_track"));
    command
        .arg("web")
        .env("CLP_ISA_ROOT", node.0.path())
        .env("OCF_ROOT", node.0.join("ocf"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    finish(&mut Monitor::spawn(&mut command)).code
}

/// Puts a script in the program's place.
fn replace_program(node: &Node, body: &str) {
    script(&program(node), body);
}

#[test]
fn what_is_known_decides() {
    let node = node();
    assert_eq!(ask(&node), DOWN);
    let mut monitor = node.0.start(&RARELY);
    assert_eq!(ask(&node), UP);
    assert_eq!(node.0.run(&["web", "--pause"]).code, 0);
    assert_eq!(ask(&node), UP);
    monitor.signal(Signal::SIGSTOP);
    monitor.wait_until_stopped();
    assert_eq!(ask(&node), DOWN, "it does not respond");
    monitor.signal(Signal::SIGKILL);
    monitor.wait();
    assert_eq!(ask(&node), DOWN, "it was killed");
    let mut monitor = node.0.start(&RARELY);
    assert_eq!(ask(&node), UP);
    assert_eq!(node.0.run(&["web", "--stop"]).code, 0);
    assert_eq!(monitor.code(), 0);
    assert_eq!(ask(&node), DOWN, "it was stopped");
}

#[test]
fn a_monitor_without_its_record_moves_no_address() {
    let node = node();
    let mut monitor = node.0.start(&RARELY);
    node.lose_records();
    assert_eq!(ask(&node), UP);
    monitor.signal(Signal::SIGTERM);
    assert_eq!(monitor.code(), 0);
    assert_eq!(ask(&node), DOWN);
}

#[test]
fn a_record_that_cannot_be_used_moves_no_address() {
    let node = node();
    let mut monitor = node.0.start(&RARELY);
    let (record, other) = (node.0.record("web"), node.0.record("other"));
    fs::hard_link(&record, &other).unwrap();
    assert_eq!(ask(&node), UP, "it has two names");
    fs::remove_file(&other).unwrap();
    fs::remove_file(&record).unwrap();
    symlink("/dev/null", &record).unwrap();
    assert_eq!(ask(&node), UP, "it is a link");
    monitor.signal(Signal::SIGTERM);
    assert_eq!(monitor.code(), 0);
    assert_eq!(ask(&node), DOWN);
}

#[test]
fn what_cannot_be_found_out_moves_no_address() {
    let node = node();
    let mut monitor = node.0.start(&RARELY);
    let real = binary();
    let limited = format!("ulimit -n 4\nexec {} \"$@\"", real.display());
    for script in [&limited, "exit 5", "exit 0", "exit 77", "kill -KILL $$"] {
        replace_program(&node, script);
        assert_eq!(ask(&node), UP, "{script}");
    }
    fs::remove_file(program(&node)).unwrap();
    assert_eq!(ask(&node), UP, "the program was removed");
    monitor.signal(Signal::SIGTERM);
    assert_eq!(monitor.code(), 0);
    // That no process runs any more is known all the same.
    wait_for("the end", || (ask(&node) == DOWN).then_some(()));
}
