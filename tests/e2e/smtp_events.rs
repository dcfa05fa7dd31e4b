//! What `clp_smtpmon` says in its alerts, word for word as in the guide, and what it watches unless told otherwise.

use crate::smtp_failures::{alert, failure, first_failure};
use crate::support::server::RefusingPort;
use crate::support::smtp::{Mailer, Talk, watch};
use crate::support::{Alert, Root};
use std::sync::Arc;
use std::time::Duration;

/// What the monitor `x` says last of a service that has failed.
fn end() -> Alert {
    alert(
        6,
        "clp_smtpmon detected an error and will be terminated. [ID:x]",
    )
}

/// Started, paused, resumed, stopped.
#[test]
fn a_life_is_worded_as_in_the_guide() {
    let root = Root::new();
    let mailer = Mailer::healthy();
    let mut monitor = watch(&root, &mailer.port(), "-i 10000");
    mailer.transcript();
    for verb in ["--pause", "--resume", "--stop"] {
        let output = root.run_as("clp_smtpmon", &["x", verb]);
        assert_eq!(output.code, 0, "{verb}: {output:?}");
    }
    assert_eq!(monitor.code(), 0);
    assert_eq!(
        root.alerts(),
        [
            alert(1, "clp_smtpmon started monitoring the SMTP daemon. [ID:x]"),
            alert(
                2,
                "clp_smtpmon will start monitoring the SMTP daemon. [ID:x]"
            ),
            alert(7, "clp_smtpmon will stop monitoring. [ID:x]"),
            alert(8, "clp_smtpmon will start monitoring. [ID:x]"),
            alert(
                3,
                "clp_smtpmon will stop monitoring the SMTP daemon. [ID:x]"
            ),
        ]
    );
    let noted = root.noted_checks("smtpmon");
    assert!(noted.is_empty(), "{noted:?}");
}

/// Two failed checks, the last failure's event once more, the end.
#[test]
fn a_failure_is_worded_as_in_the_guide() {
    let root = Root::new();
    let mailer = Mailer::start(Arc::new(|talk: &mut Talk<'_>| {
        talk.say("HTTP/1.1 400 Bad Request\r\n\r\n");
    }));
    let mut monitor = watch(&root, &mailer.port(), "-i 1 -c 1");
    let (status, elapsed) = monitor.wait();
    assert_eq!(status.code(), Some(1));
    // RETRIES × INTERVAL after the first failed check.
    assert!(elapsed >= Duration::from_secs(1), "after {elapsed:?}");
    let bad = failure(83, "an error in SMTP (invalid status code[0])");
    assert_eq!(root.alerts()[2..], [bad.clone(), bad, end()]);
    let tries = root.noted_checks("smtpmon");
    assert_eq!(tries.len(), 2, "{tries:?}");
    for (line, number) in tries.iter().zip(["1/2", "2/2"]) {
        let port = mailer.port();
        for part in [
            "check failed",
            &format!("try {number}"),
            &format!("127.0.0.1:{port}"),
            "event 83, no status code",
            "the answer began with \"HTTP/1.1 400 Bad Request",
        ] {
            assert!(line.contains(part), "{part:?} is not in {line:?}");
        }
    }
    assert_eq!(root.failure_log_of("httpmon"), "");
}

#[test]
fn a_refused_connection_is_worded_as_in_the_guide() {
    let (root, refusing) = (Root::new(), RefusingPort::new());
    let mut monitor = watch(&root, &refusing.port(), "-i 1 -c 1");
    assert_eq!(monitor.code(), 1);
    let refused = failure(72, "network error (connect error[111])");
    assert_eq!(root.alerts()[2..], [refused.clone(), refused, end()]);
}

#[test]
fn a_name_without_address_is_worded_as_in_the_guide() {
    let root = Root::new();
    let arguments = ["x", "-s", "nosuch.invalid", "-i", "10000", "-r", "5"];
    let monitor = root.spawn_as("clp_smtpmon", &arguments);
    let (alert, _) = first_failure(&root, &monitor);
    assert_eq!((alert.id, alert.module.as_str()), (81, "smtpmon"));
    let number: i32 = alert
        .text
        .strip_prefix("Failed to obtain IP address (error[")
        .and_then(|rest| rest.strip_suffix("]). [ID:x]"))
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{alert:?}"));
    // An EAI_ number of the resolver at hand; 110 where a resolver is named that does not answer.
    assert!(number < 0 || number == 110, "{alert:?}");
}

/// Port 25 is what a start without `-n` watches; who may listen there is not this test's business.
#[test]
fn the_default_port_is_25() {
    let root = Root::new();
    let output = root.run_as("clp_smtpmon", &["--help"]);
    assert_eq!(output.code, 0);
    let help = output.stdout;
    let port = help
        .lines()
        .find(|line| line.trim_start().starts_with("-n PORT"))
        .unwrap();
    assert!(port.ends_with("(default: 25)"), "{port:?}");
}
