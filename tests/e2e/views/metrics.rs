//! `clp_isa metrics`: the conventions of Prometheus, and the facts.

use super::facts;
use crate::support::server::{RefusingPort, Server};
use crate::support::{Root, skip, wait_for};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// What the exporter is given of three monitors: `web` is healthy, `bad` has failed, `gone` was killed. Asked for once;
/// every test here reads it.
fn given() -> &'static str {
    static GIVEN: LazyLock<String> = LazyLock::new(|| {
        let root = Root::new();
        let server = Server::healthy();
        let refusing = RefusingPort::new();
        let start =
            |identifier, port: String| root.start(&[identifier, "-s", "127.0.0.1", "-n", &port]);
        let _web = start("web", server.port());
        let _bad = start("bad", refusing.port());
        let mut gone = start("gone", server.port());
        wait_for("every first check", || {
            let (_, all) = facts(&root);
            all.iter().all(|one| !one["last"].is_null()).then_some(())
        });
        gone.kill();
        let ran = root.run_as("clp_isa metrics", &[] as &[&str]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        ran.stdout
    });
    &GIVEN
}

#[test]
fn every_monitors_facts() {
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
            given().lines().any(|one| one == line),
            "{line} in {}",
            given()
        );
    }
}

/// They are wall-clock time: within this hour.
#[test]
fn moments() {
    // Before the clock is read.
    let given = given();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    let stamps = given.lines().filter(|line| {
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
}

#[test]
fn promtool_has_nothing_to_say() {
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
    input.write_all(given().as_bytes()).unwrap();
    drop(input);
    let output = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}
