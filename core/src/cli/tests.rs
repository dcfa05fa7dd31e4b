//! Whole command lines, good and bad.

mod tables;
mod values;

use super::*;
use crate::config::{HttpVersion, Request};
use core::time::Duration;

/// Parses words of a line, the first of which is the program's name.
fn line(text: &str) -> Result<Command<'_>, UsageError<'_>> {
    let arguments: Vec<&[u8]> = text.split(' ').map(str::as_bytes).collect();
    parse(&arguments)
}

/// Parses a good start command line.
fn start(text: &str) -> Config {
    match line(text) {
        Ok(Command::Start(config)) => config,
        other => panic!("{text}: {other:?}"),
    }
}

/// The reason why a command line earns event 11.
fn reason<'a>(arguments: &[&'a [u8]]) -> Reason<'a> {
    match parse(arguments) {
        Err(UsageError::Invalid { reason, .. }) => reason,
        other => panic!("{arguments:?}: {other:?}"),
    }
}

#[test]
fn every_option_in_any_order_and_under_any_name() {
    let config = start("clp_httpmon web -h /up?x=1 -v 1.0 -r 7 -c 5 -i 30 -n 8080 -s ::1");
    assert_eq!(config.host, Host::V6(core::net::Ipv6Addr::LOCALHOST, None));
    assert_eq!(config.port, 8080);
    assert_eq!(config.timing.interval, Duration::from_secs(30));
    assert_eq!(config.timing.retries, 5);
    assert_eq!(config.timing.timeout, Duration::from_secs(7));
    let Request::Http { version, uri } = config.request else {
        panic!("{config:?}");
    };
    assert_eq!((version, uri.as_str()), (HttpVersion::V1_0, "/up?x=1"));
    for same in [
        "/usr/sbin/clp_httpmon web -s [::1] -n 8080 -i 30 -c 5 -r 7 -v 1.0 -h /up?x=1",
        "/opt/nec/clusterpro/bin/clp_isa httpmon web -h /up?x=1 -v 1.0 -r 007 -c 5 -i 30 -n 8080 -s ::1",
        "anything httpmon web -h /up?x=1 -v 1.0 -r 7 -c 5 -i 30 -n 0000000000008080 -s ::1",
    ] {
        assert_eq!(start(same), config, "{same}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (text, expected) in [
        (
            "clp_httpmon web -i 0",
            "-i \"0\": must be a whole number from 1 to 10000",
        ),
        (
            "clp_httpmon web -n 65536",
            "-n \"65536\": must be a whole number from 1 to 65535",
        ),
        ("clp_httpmon web -v 2", "-v \"2\": must be 1.0 or 1.1"),
        ("clp_httpmon web -i", "-i: the value is missing"),
        ("clp_httpmon web -i -5", "-i: the value is missing"),
        ("clp_httpmon web -i -n 80", "-i: the value is missing"),
        ("clp_httpmon web -s -", "-s: the value is missing"),
        (
            "clp_httpmon web -i 1 -n 2 -i 1",
            "-i is given more than once",
        ),
        ("clp_httpmon web -i 1 2", "unexpected argument \"2\""),
        ("clp_httpmon web more", "unexpected argument \"more\""),
        ("clp_httpmon web ", "unexpected argument \"\""),
        (
            "clp_httpmon web -i5",
            "\"-i5\": the value of -i must be an argument of its own",
        ),
        (
            "clp_httpmon web -n=80",
            "\"-n=80\": the value of -n must be an argument of its own",
        ),
        ("clp_httpmon web -x 1", "unknown option \"-x\""),
        ("clp_httpmon web -I 1", "unknown option \"-I\""),
        ("clp_httpmon web --", "unknown option \"--\""),
        ("clp_httpmon web --help", "unknown option \"--help\""),
        ("clp_httpmon web --stop=5", "unknown option \"--stop=5\""),
        ("clp_smtpmon mail -v 1.1", "unknown option \"-v\""),
        ("clp_smtpmon mail -h /", "unknown option \"-h\""),
        (
            "clp_httpmon web -i 1 --stop",
            "--stop cannot be combined with other options",
        ),
        (
            "clp_httpmon web --stop -i 1",
            "--stop cannot be combined with other options",
        ),
        (
            "clp_httpmon web --stop 5 -i 1",
            "--stop cannot be combined with other options",
        ),
        (
            "clp_httpmon web --stop -5",
            "--stop cannot be combined with other options",
        ),
        (
            "clp_httpmon web --stop --stop",
            "--stop cannot be combined with other options",
        ),
        (
            "clp_httpmon web --pause --resume",
            "--pause cannot be combined with other options",
        ),
        (
            "clp_httpmon web --stop 5 6",
            "--stop: unexpected argument \"6\"",
        ),
        (
            "clp_httpmon web --pause 5",
            "--pause: unexpected argument \"5\"",
        ),
        (
            "clp_httpmon web --disp ",
            "--disp: unexpected argument \"\"",
        ),
        (
            "clp_httpmon web --stop 0",
            "--stop \"0\": must be a whole number from 1 to 10000",
        ),
        (
            "clp_httpmon web --stop ",
            "--stop \"\": must be a whole number from 1 to 10000",
        ),
        (
            "clp_httpmon web --stop 10001",
            "--stop \"10001\": must be a whole number from 1 to 10000",
        ),
        (
            "clp_httpmon w-b",
            "identifier \"w-b\": must be 1 to 255 letters (A-Z, a-z) and digits",
        ),
    ] {
        let error = line(text).unwrap_err();
        assert!(
            matches!(error, UsageError::Invalid { .. }),
            "{text}: {error:?}"
        );
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn thirteen_or_eleven() {
    for protocol in Protocol::ALL {
        let command = protocol.info().command.as_bytes();
        for missing in [
            &[][..],
            &[&b""[..]],
            &[b"-s", b"web"],
            &[b"--stop"],
            &[b"-"],
            &[b"", b"web"],
        ] {
            let arguments: Vec<&[u8]> = core::iter::once(command)
                .chain(missing.iter().copied())
                .collect();
            assert_eq!(
                parse(&arguments),
                Err(UsageError::NoIdentifier { protocol }),
                "{missing:?}"
            );
        }
        let long = [b'x'; 256];
        for bad in [
            &b" "[..],
            b"a b",
            b"a-",
            b"\xff\xfe",
            b"a\0",
            b"../a",
            b"a\"]\n",
            "\u{e9}".as_bytes(),
            &long,
        ] {
            match parse(&[command, bad]) {
                Err(UsageError::Invalid {
                    protocol: given,
                    shown,
                    reason: Reason::Identifier(identifier),
                }) => {
                    assert_eq!((given, identifier), (protocol, bad));
                    let shown = shown.text();
                    assert!(
                        shown.len() <= 255
                            && shown.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
                    );
                }
                other => panic!("{bad:?}: {other:?}"),
            }
        }
        assert!(parse(&[command, &[b'x'; 255]]).is_ok());
        assert!(parse(&[command, b"x"]).is_ok());
    }
    assert_eq!(Shown(b"a\n\xff").to_string(), "a\\x0a\\xff");
    assert_eq!(Shown(&[0; 300]).text().len(), 255);
}

#[test]
fn each_verb() {
    for (text, expected) in [
        ("--stop", Verb::Stop { wait: 10 }),
        ("--stop 1", Verb::Stop { wait: 1 }),
        ("--stop 010000", Verb::Stop { wait: 10_000 }),
        ("--pause", Verb::Pause),
        ("--resume", Verb::Resume),
        ("--disp", Verb::Disp),
        ("--del", Verb::Del),
    ] {
        for (name, protocol) in [
            ("clp_httpmon", Protocol::Http),
            ("clp_isa smtpmon", Protocol::Smtp),
        ] {
            let text = format!("{name} web {text}");
            let command = line(&text).unwrap();
            let identifier = Identifier::parse(b"web").unwrap();
            let control = Command::Control {
                protocol,
                identifier,
                verb: expected,
            };
            assert_eq!(command, control);
        }
    }
}

#[test]
fn names_help_and_version() {
    let topics = [
        ("clp_isa", Topic::Program),
        ("x", Topic::Program),
        ("clp_httpmon", Topic::Protocol(Protocol::Http)),
        ("./clp_isa smtpmon", Topic::Protocol(Protocol::Smtp)),
    ];
    for (name, topic) in topics {
        assert_eq!(line(&format!("{name} --help")), Ok(Command::Help(topic)));
        assert_eq!(
            line(&format!("{name} --version -x")),
            Ok(Command::Version(topic))
        );
    }
    assert_eq!(parse(&[]), Err(UsageError::NoCommand));
    assert_eq!(parse(&[b"clp_isa"]), Err(UsageError::NoCommand));
    for unknown in ["", "-x", "nomon", "clp_httpmon", "HTTPMON", "resolve"] {
        let expected = UsageError::UnknownCommand {
            name: unknown.as_bytes(),
        };
        assert_eq!(
            parse(&[b"clp_isa", unknown.as_bytes()]),
            Err(expected),
            "{unknown}"
        );
    }
    let name = ArrayString::from("www.example.com").unwrap();
    assert_eq!(
        line("clp_isa resolve www.example.com"),
        Ok(Command::Resolve { name })
    );
    for bad in [
        "clp_isa resolve ::1",
        "clp_isa resolve 127.1",
        "clp_isa resolve a b",
        "clp_isa resolve -a",
    ] {
        assert!(
            matches!(line(bad), Err(UsageError::UnknownCommand { .. })),
            "{bad}"
        );
    }
}
