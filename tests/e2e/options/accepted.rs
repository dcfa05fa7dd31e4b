//! What is accepted: limits, defaults, and that each value has its effect.

use super::*;

/// Command lines, the identifier among them, are accepted: the monitor starts, and stops again at once.
#[track_caller]
fn are_accepted(names: &[&str], lines: &[Vec<&str>]) {
    let mut rows: Vec<(&str, &[&str])> = Vec::new();
    for name in names {
        rows.extend(lines.iter().map(|line| (*name, &line[..])));
    }
    rows::each(&rows, |(name, arguments)| {
        let root = Root::new();
        let mut monitor = root.start_as(name, arguments);
        assert!(root.record(arguments[0]).exists(), "{name} {arguments:?}");
        // No row ends by itself in less than nine seconds, whatever the service does.
        monitor.signal(Signal::SIGTERM);
        assert_eq!(monitor.code(), 0, "{name} {arguments:?}");
    });
}

#[test]
fn every_limit_value_is_accepted() {
    let one = "Z".to_owned();
    let longest = "a1Z".repeat(85);
    let name_255 = format!("{}.{}", "a".repeat(63), "b".repeat(191));
    let zeros = format!("{}80", "0".repeat(300));
    let lines: Vec<Vec<&str>> = vec![
        vec![&one],
        vec![&longest],
        vec!["0"],
        vec!["web", "-s", "a"],
        vec!["web", "-s", &name_255],
        vec!["web", "-s", "::1"],
        vec!["web", "-s", "[::1]"],
        vec!["web", "-s", "fe80::1%lo"],
        vec!["web", "-s", "[fe80::1%lo]"],
        vec!["web", "-n", "1"],
        vec!["web", "-n", "65535"],
        vec!["web", "-n", "00065535"],
        vec!["web", "-n", &zeros],
        vec!["web", "-i", "1", "-c", "9"],
        vec!["web", "-i", "10000"],
        vec!["web", "-c", "1"],
        vec!["web", "-c", "10000"],
        vec!["web", "-r", "1"],
        vec!["web", "-r", "10000"],
        vec![
            "web",
            "-r",
            "01",
            "-c",
            "0009",
            "-i",
            "1",
            "-n",
            "1",
            "-s",
            "127.0.0.1",
        ],
    ];
    let names = [
        "clp_httpmon",
        "clp_smtpmon",
        "clp_isa httpmon",
        "clp_isa smtpmon",
    ];
    are_accepted(&names, &lines);
}

#[test]
fn every_version_and_uri_of_a_known_form_is_accepted() {
    let uri_255 = format!("/{}", "~".repeat(254));
    let absolute_255 = format!("http://h/{}", "a".repeat(246));
    let lines: Vec<Vec<&str>> = vec![
        vec!["web", "-v", "1.0"],
        vec!["web", "-v", "1.1"],
        vec!["web", "-h", "/"],
        vec!["web", "-h", "*"],
        vec!["web", "-h", "//"],
        vec!["web", "-h", "/?a=\"b\"&c=%20'<>\\"],
        vec!["web", "-h", &uri_255],
        vec!["web", "-h", "http://localhost/"],
        vec!["web", "-h", "http://localhost:8080"],
        vec!["web", "-h", &absolute_255],
        vec![
            "web", "-h", "/", "-v", "1.0", "-r", "1", "-c", "9", "-i", "1", "-n", "1", "-s", "::1",
        ],
    ];
    are_accepted(&["clp_httpmon"], &lines);
}

#[test]
fn the_limits_of_wait_are_accepted() {
    for wait in [&[][..], &["1"], &["10000"], &["0000000000000010"]] {
        let root = Root::new();
        let ran = root.run_as("clp_httpmon", &[&["web", "--stop"][..], wait].concat());
        assert_eq!(ran.code, 6, "{wait:?}: {ran:?}");
        assert!(root.ids().is_empty(), "{wait:?}");
    }
}

#[test]
fn values_reach_the_request() {
    let uri_255 = format!("/{}", "~".repeat(254));
    let rows: [(&[&str], String); 6] = [
        (&[], "HEAD / HTTP/1.1\r\nHost: localhost:".into()),
        (&["-v", "1.0"], "HEAD / HTTP/1.0\r\nHost: localhost:".into()),
        (&["-v", "1.1"], "HEAD / HTTP/1.1\r\nHost: localhost:".into()),
        (
            &["-s", "127.0.0.1"],
            "HEAD / HTTP/1.1\r\nHost: 127.0.0.1:".into(),
        ),
        (&["-h", "*"], "HEAD * HTTP/1.1\r\n".into()),
        (&["-h", &uri_255], format!("HEAD {uri_255} HTTP/1.1\r\n")),
    ];
    rows::each(&rows, |(options, beginning)| {
        let (root, server) = (Root::new(), Server::healthy());
        let port = server.port();
        let _monitor = root.start(&[&["web", "-n", &port][..], options].concat());
        let request = wait_for("a request", || server.requests().into_iter().next());
        let request = String::from_utf8(request).unwrap();
        assert!(
            request.starts_with(beginning.as_str()),
            "{options:?}: {request}"
        );
        if beginning.ends_with(':') {
            assert!(
                request.starts_with(&format!("{beginning}{port}\r\n")),
                "{request}"
            );
        }
    });
}

/// 80 and 25, and three retries: what the failure log says of the first refused connection.
#[test]
fn default_port_and_retries() {
    for (names, port) in [(&HTTP, 80), (&SMTP, 25)] {
        // An address of the loopback network where nobody listens, unless on all addresses.
        let address = std::net::SocketAddr::from(([127, 77, 66, 55], port));
        if std::net::TcpStream::connect_timeout(&address, PATIENCE).is_ok() {
            skip(&format!("somebody listens on {address}"));
            continue;
        }
        let root = Root::new();
        let _monitor = root.start_as(names.command, &["web", "-s", "127.77.66.55"]);
        let log = root.log_dir().join(format!("{}.log", names.module));
        let line = wait_for("a failed check", || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            text.lines()
                .find(|line| line.contains("check failed"))
                .map(str::to_owned)
        });
        assert!(line.contains("try 1/4"), "{line}");
        assert!(line.contains(&format!("{address},")), "{line}");
    }
}

/// 10 seconds for a check and more than that between two.
#[test]
fn default_timeout_and_interval() {
    let rows = BOTH;
    rows::each(&rows, |names| {
        let root = Root::new();
        let server = Server::start(|conversation| {
            conversation.read_request();
            conversation.read_to_end();
        });
        let monitor = root.start_as(
            names.command,
            &["web", "-s", "127.0.0.1", "-n", &server.port()],
        );
        let log = root.log_dir().join(format!("{}.log", names.module));
        // On a machine so busy that the process is not run in time, the check is void, and repeated.
        let line = wait_for("the end of the check", || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            text.lines()
                .find(|line| line.contains(": check "))
                .map(str::to_owned)
        });
        assert!(monitor.started.elapsed() >= Duration::from_secs(10));
        let (_, rest) = line.split_once(&format!(":{}, ", server.port())).unwrap();
        let elapsed: u64 = rest.split_once(" ms").unwrap().0.parse().unwrap();
        assert!(elapsed >= 10_000, "{line}");
        if line.contains("check failed") {
            // Half a second late at most, or it would be excused.
            assert!(elapsed <= 10_500, "{line}");
            server.wait_for_end();
            assert_eq!(server.requests().len(), 1);
        }
    });
}

/// A number as the option that takes it, seen in what the monitor does: the count of `-c`, the second of `-i`.
#[test]
fn given_retries_and_interval_are_used() {
    let (root, port) = (Root::new(), RefusingPort::new());
    let monitor = root.start(&[
        "a",
        "-s",
        "127.0.0.1",
        "-n",
        &port.port(),
        "-i",
        "1",
        "-c",
        "7",
    ]);
    wait_for("the second try", || {
        root.failure_log().contains("try 2/8").then_some(())
    });
    assert!(monitor.started.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_given_timeout_is_used() {
    let server = Server::start(|conversation| {
        conversation.read_to_end();
    });
    let (root, port) = (Root::new(), server.port());
    let monitor = root.start(&["b", "-s", "127.0.0.1", "-n", &port, "-i", "9000", "-r", "2"]);
    root.wait_for_alert(74, 1);
    assert!(monitor.started.elapsed() >= Duration::from_secs(2));
}
