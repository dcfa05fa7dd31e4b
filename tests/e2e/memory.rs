//! The monitor is among the last to go when memory runs out, however it is started.

use crate::agents::{self, RARELY};
use crate::support::programs::can_trace;
use crate::support::{Monitor, Root, skip, wait_for};
use crate::templates;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the units for systemd set.
fn value() -> String {
    let unit = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/packaging/systemd/clp_httpmon@.service"
    );
    let unit = fs::read_to_string(unit).unwrap();
    let mut lines = unit.lines();
    let value = lines.find_map(|line| line.strip_prefix("OOMScoreAdjust="));
    value.unwrap().to_owned()
}

/// Runs `command`, which starts a monitor, under strace until the monitor has begun. The process that becomes the monitor,
/// or starts it, has to give itself the units' value, or at least to try: that takes a capability.
#[track_caller]
fn is_asked_for(root: &Root, command: &Command, identifier: &str) {
    if !can_trace() {
        return skip("strace does not work here");
    }
    let trace = root.join("trace");
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-y", "-e", "trace=write,execve", "-o"])
        .arg(&trace)
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for (name, value) in command.get_envs() {
        traced.env(name, value.unwrap());
    }
    let mut monitor = Monitor::spawn(&mut traced);
    wait_for("event 2", || (root.starts(identifier) == 1).then_some(()));
    let stop = root.run(&[identifier, "--stop"]);
    assert_eq!(stop.code, 0, "{stop:?}");
    // An action that did not see the monitor running before it was stopped fails: that is not the point here.
    monitor.wait();
    let calls = fs::read_to_string(trace).unwrap();
    let asked = format!("/oom_score_adj>, \"{}\\n\"", value());
    let (before, after) = calls
        .split_once(&asked)
        .unwrap_or_else(|| panic!("{asked} is not in {calls}"));
    let is_started = |text: &str| text.contains("/bin/clp_httpmon\", [\"clp_httpmon\"");
    assert!(!is_started(before) && is_started(after), "{calls}");
}

#[test]
fn an_agents_monitor_is_spared() {
    let node = agents::Node::new();
    let agent = Path::new(agents::SOURCES).join("clp_httpmon");
    let command = node.command(&agent, "start", &RARELY);
    is_asked_for(&node.0, &command, "web");
}

#[test]
fn an_exec_resources_monitor_is_spared() {
    for style in ["", "modern/"] {
        let node = templates::Node::new();
        let script = format!("{style}http-mon/start.sh");
        node.edit(&script);
        is_asked_for(
            &node.0,
            &node.command(&script, templates::FINE),
            "httpwatch",
        );
    }
}
