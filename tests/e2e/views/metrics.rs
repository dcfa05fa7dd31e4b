//! `clp_isa metrics`: the conventions of Prometheus, and the facts.

use super::facts;
use crate::support::server::{RefusingPort, Server};
use crate::support::{Root, skip, wait_for};
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn what_the_exporter_is_given() {
    let root = Root::new();
    let (server, refusing) = (
        Server::replying("HTTP/1.1 200 OK\r\n\r\n"),
        RefusingPort::new(),
    );
    let mut monitors = vec![
        root.start(&["web", "-s", "127.0.0.1", "-n", &server.port()]),
        root.start(&["bad", "-s", "127.0.0.1", "-n", &refusing.port()]),
        root.start(&["gone", "-s", "127.0.0.1", "-n", &server.port()]),
    ];
    wait_for("every first check", || {
        let (_, all) = facts(&root);
        all.iter().all(|one| !one["last"].is_null()).then_some(())
    });
    let mut killed = monitors.pop().unwrap();
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    let ran = root.run_as("clp_isa metrics", &[] as &[&str]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for line in [
        "clp_isa_monitor_up{identifier=\"web\",module=\"httpmon\"} 1",
        "clp_isa_monitor_up{identifier=\"gone\",module=\"httpmon\"} 0",
        "clp_isa_monitor_state{identifier=\"gone\",module=\"httpmon\",state=\"dead\"} 1",
        "clp_isa_monitor_state{identifier=\"bad\",module=\"httpmon\",state=\"retry\"} 1",
        "clp_isa_monitor_state{identifier=\"web\",module=\"httpmon\",state=\"retry\"} 0",
        "clp_isa_monitor_consecutive_failures{identifier=\"bad\",module=\"httpmon\"} 1",
        "clp_isa_monitor_consecutive_failures_limit{identifier=\"bad\",module=\"httpmon\"} 4",
        "clp_isa_monitor_checks_total{identifier=\"web\",module=\"httpmon\",verdict=\"healthy\"} 1",
        "clp_isa_monitor_last_check_healthy{identifier=\"bad\",module=\"httpmon\"} 0",
        "clp_isa_monitor_lost_messages_total{identifier=\"web\",module=\"httpmon\",sink=\"alert_log\"} 0",
    ] {
        assert!(
            ran.stdout.lines().any(|one| one == line),
            "{line} in {}",
            ran.stdout
        );
    }
    // The moments are wall-clock time: within this hour.
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    let stamps = ran.stdout.lines().filter(|line| {
        line.starts_with("clp_isa_monitor_start_time_seconds{")
            || line.starts_with("clp_isa_monitor_last_check_timestamp_seconds{")
    });
    let stamps: Vec<f64> = stamps
        .map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
        .collect();
    assert_eq!(stamps.len(), 4);
    assert!(
        stamps
            .iter()
            .all(|stamp| (now - 3600.0..now + 1.0).contains(stamp)),
        "{stamps:?}"
    );

    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        return skip("no promtool (of Debian's package prometheus)");
    };
    let mut input = promtool.stdin.take().unwrap();
    input.write_all(ran.stdout.as_bytes()).unwrap();
    drop(input);
    let output = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}
