//! Each kind of end, as a line and as a plugin's line.

use super::*;
use arrayvec::ArrayString;
use clp_isa_core::check::{Attempt, Call, Cause, Detail, LocalError, Phase, Resolution, Step};
use clp_isa_core::config::{Addresses, Config, Host, HttpVersion, Request, Timing};
use clp_isa_core::errno::Errno;
use clp_isa_core::identifier::Identifier;
use core::time::Duration;

fn config(request: Request, host: &str) -> Config {
    Config {
        identifier: Identifier::parse(b"web").unwrap(),
        host: Host::Name(ArrayString::from(host).unwrap()),
        port: 80,
        timing: Timing {
            interval: Duration::from_secs(60),
            retries: 3,
            timeout: Duration::from_secs(10),
        },
        request,
    }
}

fn http(version: HttpVersion) -> Config {
    let uri = ArrayString::from("/x").unwrap();
    config(Request::Http { version, uri }, "localhost")
}

fn outcome(ending: Ending, phase: Phase, address: Option<&str>) -> Outcome {
    Outcome {
        attempt: Attempt {
            ending,
            address: address.map(|text| text.parse().unwrap()),
            phase,
            detail: Detail::default(),
        },
        late: false,
        resolution: Resolution::Fresh,
        elapsed: Duration::from_micros(12_345),
    }
}

/// The line of this outcome, after the server said that.
fn told(config: &Config, outcome: &Outcome, said: &[u8], form: Form) -> String {
    let mut outcome = *outcome;
    outcome.attempt.detail.excerpt = said.into();
    let addresses: Addresses = outcome.attempt.address.into_iter().collect();
    let report = CheckReport {
        config,
        outcome,
        addresses,
    };
    line(&report, form)
}

const V4: Option<&str> = Some("127.0.0.1:80");

#[test]
fn healthy() {
    let found = outcome(Ending::Healthy, Phase::Dialogue(Step::Answer), V4);
    let config = http(HttpVersion::V1_1);
    assert_eq!(
        told(&config, &found, b"", Form::Line),
        "healthy: 127.0.0.1:80, answered, 12 ms\n"
    );
    assert_eq!(
        told(&config, &found, b"", Form::Plugin),
        "HTTP OK - 127.0.0.1:80, answered, 12 ms | time=0.012345s;;;0;10\n"
    );
}

#[test]
fn failures_explain_themselves() {
    let refused = Ending::Failed(Failure::Connect(Errno(111)));
    let web = http(HttpVersion::V1_1);
    assert_eq!(
        told(&web, &outcome(refused, Phase::Connect, V4), b"", Form::Line),
        "failed: clp_httpmon has detected network error (connect error[111]). [ID:web] 127.0.0.1:80, connecting, \
         12 ms: Connection refused (ECONNREFUSED, errno 111); hint: is the server running, are -s and -n right, or \
         does a packet filter (fail2ban) reject this node?\n"
    );
    let mut found = outcome(
        Ending::Failed(Failure::InvalidResponse),
        Phase::Dialogue(Step::Answer),
        V4,
    );
    found.attempt.detail.cause = Some(Cause::Foreign);
    assert_eq!(
        told(&web, &found, b"\x15\x03|\x03\n", Form::Plugin),
        "HTTP CRITICAL - clp_httpmon has detected an error in HTTP (invalid response). [ID:web] 127.0.0.1:80, \
         waiting for the answer, 12 ms: not HTTP, the answer began with \"\\x15\\x03/\\x03\\x0a\"; hint: the port \
         speaks TLS, which is not spoken here | time=0.012345s;;;0;10\n"
    );
}

#[test]
fn void_ends() {
    let web = http(HttpVersion::V1_1);
    let error = LocalError {
        call: Call::Connect,
        errno: Errno(1),
    };
    let found = outcome(Ending::Void(error), Phase::Connect, V4);
    assert_eq!(
        told(&web, &found, b"", Form::Line),
        "void: clp_httpmon has detected system error (connect 1). [ID:web] 127.0.0.1:80, connecting, 12 ms: connect: \
         Operation not permitted (EPERM, errno 1); the node could not make the check; hint: a packet filter of this \
         node, or its security policy, forbids the connection\n"
    );
    let late = Outcome {
        late: true,
        ..outcome(
            Ending::Failed(Failure::Select(Errno(110))),
            Phase::Dialogue(Step::Answer),
            V4,
        )
    };
    let said = told(&web, &late, b"", Form::Plugin);
    assert!(said.starts_with("HTTP UNKNOWN - "), "{said}");
    assert!(said.contains("this process was not run"), "{said}");
}

/// The hint of a check that failed so, after the server said that.
fn hint(config: &Config, failure: Failure, attempt: Attempt, said: &[u8]) -> String {
    let found = Outcome {
        attempt: Attempt {
            ending: Ending::Failed(failure),
            ..attempt
        },
        ..outcome(Ending::Healthy, Phase::Dialogue(Step::Answer), V4)
    };
    let said = told(config, &found, said, Form::Line);
    assert_eq!(said.lines().count(), 1, "{said}");
    let (_, hint) = said.split_once("; hint: ").expect(&said);
    // A long one is nobody's to read.
    assert!(hint.len() <= 140, "{hint}");
    hint.into()
}

#[test]
fn hints_about_a_connection() {
    use Failure::{Connect, Lookup};
    let web = http(HttpVersion::V1_1);
    let mail = config(Request::Smtp, "mail");
    let (refused, timed_out) = (Errno(111), Errno(110));
    let rows = [
        (&web, Connect(refused), Some("[::1]:80"), "-s 127.0.0.1"),
        (&web, Connect(refused), V4, "(fail2ban)"),
        (&mail, Connect(refused), V4, "(fail2ban)"),
        (&web, Connect(timed_out), V4, "packet filter"),
        (&web, Lookup(-2), None, "is -s right?"),
    ];
    for (config, failure, address, wanted) in rows {
        let attempt = outcome(Ending::Healthy, Phase::Connect, address).attempt;
        let given = hint(config, failure, attempt, b"");
        assert!(given.contains(wanted), "{given}");
    }
}

#[test]
fn hints_about_a_web_server() {
    use Failure::{InvalidResponse, InvalidStatus, Receive, Select, Send};
    let (new, old) = (http(HttpVersion::V1_1), http(HttpVersion::V1_0));
    let (no_answer, foreign) = (Some(Cause::NoAnswer), Some(Cause::Foreign));
    let closed = "is the Host unknown there? Then use -s NAME";
    type Row<'a> = (&'a Config, Failure, Option<Cause>, &'a [u8], &'a str);
    let rows: [Row<'_>; 23] = [
        (&new, InvalidResponse, no_answer, b"", closed),
        (&new, Receive(Errno::ECONNRESET), None, b"", closed),
        (&new, Send(Errno(32)), None, b"", closed),
        (
            &new,
            InvalidResponse,
            Some(Cause::CutShort),
            b"HTTP",
            "crashed",
        ),
        (
            &new,
            InvalidResponse,
            Some(Cause::Http2),
            b"\0",
            "offer HTTP/1.1",
        ),
        (&new, InvalidResponse, foreign, b"220 mx", "clp_smtpmon"),
        (&new, InvalidResponse, foreign, b"SSH-2.0", "an SSH server"),
        (
            &new,
            InvalidResponse,
            foreign,
            b"\x15\x03\x01",
            "speaks TLS",
        ),
        (&new, Select(Errno(110)), None, b"", "a TLS port"),
        (&new, InvalidStatus(400), None, b"", "is it a TLS port"),
        (
            &new,
            InvalidStatus(400),
            None,
            b"",
            "a proxy that wants -h http://",
        ),
        (&new, InvalidStatus(401), None, b"", "user authentication"),
        (&new, InvalidStatus(403), None, b"", "access rules"),
        (
            &new,
            InvalidStatus(404),
            None,
            b"",
            "does not implement HEAD",
        ),
        (
            &new,
            InvalidStatus(405),
            None,
            b"",
            "HEAD is not implemented",
        ),
        (
            &new,
            InvalidStatus(407),
            None,
            b"",
            "a proxy that wants a password",
        ),
        (
            &new,
            InvalidStatus(421),
            None,
            b"",
            "not responsible for this Host",
        ),
        (&new, InvalidStatus(429), None, b"", "raise -i"),
        (
            &new,
            InvalidStatus(501),
            None,
            b"",
            "HEAD is not implemented",
        ),
        (&new, InvalidStatus(503), None, b"", "see its log"),
        (&new, InvalidStatus(505), None, b"", "use -v 1.0"),
        (&old, InvalidStatus(505), None, b"", "use -v 1.1"),
        (&old, InvalidStatus(426), None, b"", "use -v 1.1"),
    ];
    for (config, failure, cause, said, wanted) in rows {
        let mut attempt = outcome(Ending::Healthy, Phase::Dialogue(Step::Answer), V4).attempt;
        attempt.detail.cause = cause;
        let given = hint(config, failure, attempt, said);
        assert!(given.contains(wanted), "{given}");
    }
}

#[test]
fn hints_about_a_mail_server() {
    use Failure::{InvalidStatus, Receive, Select};
    use Step::{Greeting, Noop};
    let mail = config(Request::Smtp, "mail");
    let timed_out = Select(Errno(110));
    type Row<'a> = (Failure, Step, &'a [u8], &'a str);
    let rows: [Row<'_>; 17] = [
        (InvalidStatus(0), Greeting, b"HTTP/1.1 400", "clp_httpmon"),
        (
            InvalidStatus(0),
            Greeting,
            b"hello",
            "is this a mail server?",
        ),
        (InvalidStatus(421), Greeting, b"", "limit the rate"),
        (InvalidStatus(421), Noop, b"", "PROXY protocol"),
        (InvalidStatus(450), Greeting, b"", "a service behind it"),
        (InvalidStatus(451), Noop, b"", "a service behind it"),
        (InvalidStatus(454), Noop, b"", "a service behind it"),
        (InvalidStatus(500), Noop, b"", "does not know NOOP"),
        (InvalidStatus(502), Noop, b"", "does not know NOOP"),
        (InvalidStatus(521), Greeting, b"", "refuses this node"),
        (InvalidStatus(550), Greeting, b"", "refuses this node"),
        (InvalidStatus(554), Greeting, b"", "refuses this node"),
        (timed_out, Greeting, b"", "does its name server answer?"),
        (timed_out, Greeting, b"", "PROXY protocol, or TLS (465)"),
        (timed_out, Noop, b"", "does not answer NOOP"),
        (Receive(Errno::ECONNRESET), Greeting, b"", "PROXY protocol"),
        (Receive(Errno::ECONNRESET), Noop, b"", "crashed"),
    ];
    for (failure, step, said, wanted) in rows {
        let attempt = outcome(Ending::Healthy, Phase::Dialogue(step), V4).attempt;
        let given = hint(&mail, failure, attempt, said);
        assert!(given.contains(wanted), "{given}");
    }
}

#[test]
fn a_plugin_that_cannot_check_says_so_in_its_form() {
    assert_eq!(
        unknown(Protocol::Smtp, "-n \"|\": must be"),
        "SMTP UNKNOWN - -n \"/\": must be\n"
    );
}
