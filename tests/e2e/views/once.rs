//! `--once`: one check by the monitor's code, and nothing else.

use crate::support::run::{Ran, finish};
use crate::support::server::{RefusingPort, Server};
use crate::support::smtp::greet;
use crate::support::{Root, binary};

/// Runs a single check without a license, in a root that stays empty.
#[track_caller]
fn once(name: &str, arguments: &[&str]) -> Ran {
    let root = Root::bare();
    let ran = root.run_as(name, arguments);
    let left: Vec<_> = std::fs::read_dir(root.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    ran
}

/// The line with its milliseconds and its port made plain.
fn plain(text: &str, port: &str) -> String {
    let text = text.replace(&format!(":{port}"), ":PORT");
    let words: Vec<&str> = text.split(' ').collect();
    let is_figure = |at: usize| words.get(at + 1).is_some_and(|next| next.starts_with("ms"));
    (0..words.len())
        .map(|at| if is_figure(at) { "N" } else { words[at] })
        .collect::<Vec<&str>>()
        .join(" ")
}

#[test]
fn a_healthy_service() {
    let server = Server::healthy();
    let port = server.port();
    let ran = once(
        "clp_httpmon",
        &["web", "-s", "127.0.0.1", "-n", &port, "--once"],
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(
        plain(&ran.stdout, &port),
        "healthy: 127.0.0.1:PORT, answered, N ms\n"
    );
}

#[test]
fn a_healthy_service_for_a_plugin() {
    let server = Server::healthy();
    let port = server.port();
    let ran = once(
        "clp_isa httpmon",
        &["web", "--once", "-n", &port, "--plugin"],
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let (text, figures) = ran.stdout.split_once(" | time=").unwrap();
    assert_eq!(
        plain(text, &port),
        "HTTP OK - 127.0.0.1:PORT, answered, N ms"
    );
    let (seconds, rest) = figures.split_once('s').unwrap();
    assert!(seconds.parse::<f64>().is_ok(), "{figures}");
    assert_eq!(rest, ";;;0;10\n");
}

#[test]
fn the_request_is_the_monitors() {
    let server = Server::healthy();
    let port = server.port();
    let options = [
        "web",
        "-s",
        "127.0.0.1",
        "-n",
        &port,
        "-h",
        "/x",
        "-v",
        "1.0",
    ];
    assert_eq!(
        once("clp_httpmon", &[&options[..], &["--once"]].concat()).code,
        0
    );
    let root = Root::new();
    let _monitor = root.start(&options);
    server.wait_for_end();
    server.wait_for_end();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], requests[1]);
}

#[test]
fn a_refused_connection_explains_itself() {
    let refusing = RefusingPort::new();
    let port = refusing.port();
    let options = ["web", "-s", "127.0.0.1", "-n", &port, "--once"];
    let ran = once("clp_httpmon", &options);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    assert_eq!(
        plain(&ran.stdout, &port),
        "failed: clp_httpmon has detected network error (connect error[111]). [ID:web] 127.0.0.1:PORT, connecting, \
         N ms: Connection refused (ECONNREFUSED, errno 111); hint: is the server running, are -s and -n right, \
         or does a packet filter (fail2ban) reject this node?\n"
    );
    let ran = once("clp_httpmon", &[&options[..], &["--plugin"]].concat());
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.starts_with("HTTP CRITICAL - "), "{}", ran.stdout);
}

#[test]
fn a_bad_status_code_explains_itself() {
    let server = Server::replying("HTTP/1.1 405 Method Not Allowed\r\n\r\n");
    let port = server.port();
    let options = ["web", "-s", "127.0.0.1", "-n", &port, "--once", "-h", "/x"];
    let ran = once("clp_httpmon", &options);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout
            .contains("status code 405; hint: HEAD is not implemented"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_server_of_another_protocol_explains_itself() {
    let server = Server::replying("220 mx |\x1b[31m ESMTP\r\n");
    let ran = once(
        "clp_httpmon",
        &["web", "-s", "127.0.0.1", "-n", &server.port(), "--once"],
    );
    assert_eq!(ran.code, 1);
    let told = "not HTTP, the answer began with \"220 mx |\\x1b[31m ESMTP\\x0d\\x0a\"; hint: a mail server answers";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
}

#[test]
fn a_mail_server() {
    let server = Server::start(greet);
    let options = ["mail", "-s", "127.0.0.1", "-n", &server.port(), "--once"];
    let ran = once("clp_smtpmon", &options);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = once("clp_smtpmon", &[&options[..], &["--plugin"]].concat());
    assert!(ran.stdout.starts_with("SMTP OK - "), "{}", ran.stdout);
}

/// No descriptor is left for a socket: void.
#[test]
fn a_node_that_cannot_check() {
    let root = Root::bare();
    for (arguments, code, begin) in [
        ("--once", 5, "void: "),
        ("--once --plugin", 3, "HTTP UNKNOWN - "),
    ] {
        let script = format!("ulimit -n 4; exec \"$0\" httpmon web -s 127.0.0.1 -n 1 {arguments}");
        let mut command = root.piped("sh");
        command.args(["-c", &script]).arg(binary());
        let ran = finish(&mut crate::support::Monitor::spawn(&mut command));
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.stdout.starts_with(begin), "{ran:?}");
        assert!(ran.stdout.contains("(EMFILE, errno 24)"), "{ran:?}");
    }
}

#[test]
fn wrong_usage_raises_no_event() {
    for (arguments, code, word) in [
        (&["web", "--once", "-n", "0"][..], 2, "-n \"0\": must be"),
        (&["--once"], 2, "identifier"),
        (
            &["web", "--once", "--once"],
            2,
            "--once is given more than once",
        ),
        (
            &["web", "--plugin"],
            3,
            "--plugin is for use with --once only",
        ),
        (
            &["web", "--once", "--plugin", "x"],
            3,
            "unexpected argument \"x\"",
        ),
        (&["web", "--stop", "--once"], 2, "--stop cannot be combined"),
    ] {
        let ran = once("clp_httpmon", arguments);
        assert_eq!(ran.code, code, "{ran:?}");
        let (said, silent) = if code == 3 {
            (&ran.stdout, &ran.stderr)
        } else {
            (&ran.stderr, &ran.stdout)
        };
        assert!(said.contains(word) && silent.is_empty(), "{ran:?}");
        assert_eq!(said.lines().count(), 1, "{ran:?}");
    }
}
