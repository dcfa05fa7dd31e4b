//! What asking costs a monitor: no check, no lateness, no memory.

use super::{facts_of, status};
use crate::support::server::Server;
use crate::support::{Root, report, wait_for};

#[test]
fn a_monitor_that_is_asked_a_hundred_times() {
    let root = Root::new();
    let server = Server::healthy();
    let monitor = root.start(&[
        "web",
        "-s",
        "127.0.0.1",
        "-n",
        &server.port(),
        "-i",
        "10000",
    ]);
    let healthy = || {
        facts_of(&root, "web")["checks"]["healthy"]
            .as_u64()
            .unwrap()
    };
    wait_for("the first check", || (healthy() == 1).then_some(()));
    // What a first client takes is taken now: its stack is touched for the first time.
    let before = monitor.status_figure("VmHWM");
    for _ in 0..100 {
        assert_eq!(status(&root, &["web"]).code, 0);
    }
    let after = monitor.status_figure("VmHWM");
    report(&format!(
        "asked 100 times: VmHWM {before} kB before, {after} kB after\n"
    ));
    assert_eq!(before, after, "memory");
    let told = facts_of(&root, "web");
    assert_eq!(
        told["checks"],
        serde_json::json!({"healthy": 1, "failed": 0, "void": 0, "late": 0})
    );
    assert_eq!(server.requests().len(), 1, "asking made a check");
}

/// The grid is kept while clients ask without a pause.
#[test]
fn a_monitor_that_checks_while_it_is_asked() {
    let root = Root::new();
    let server = Server::healthy();
    let _monitor = root.start(&["web", "-s", "127.0.0.1", "-n", &server.port(), "-i", "1"]);
    let told = wait_for("four checks", || {
        let told = facts_of(&root, "web");
        (told["checks"]["healthy"].as_u64().unwrap() >= 4).then_some(told)
    });
    let checks = &told["checks"];
    assert_eq!((&checks["failed"], &checks["late"]), (&0.into(), &0.into()));
    // One at the start and one a second, none more and none less.
    let seconds = told["uptime"].as_u64().unwrap() / 1000;
    let made = checks["healthy"].as_u64().unwrap();
    assert!(
        (seconds..=seconds + 1).contains(&made),
        "{made} checks in {seconds} s"
    );
}
