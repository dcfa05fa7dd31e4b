//! Each kind of end, as a line and as a plugin's line.

use super::*;
use crate::check::{Attempt, Call, Cause, Detail, LocalError, Names};
use crate::config::Timing;
use crate::identifier::Identifier;
use arrayvec::ArrayString;
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
        names: Names::Fresh,
        elapsed: Duration::from_micros(12_345),
    }
}

/// The line of this outcome, after the server said that.
fn told(config: &Config, outcome: &Outcome, said: &[u8], form: Form) -> String {
    let mut outcome = *outcome;
    outcome.attempt.detail.excerpt = said.into();
    let addresses: Addresses = outcome.attempt.address.into_iter().collect();
    let finding = Finding {
        config,
        outcome: &outcome,
        addresses: &addresses,
    };
    line(&finding, form)
}

const V4: Option<&str> = Some("127.0.0.1:80");

#[test]
fn healthy() {
    let found = outcome(Ending::Healthy, Phase::Answer, V4);
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
         12 ms: Connection refused (ECONNREFUSED, errno 111); hint: nothing listens there: is the server started, \
         are -s and -n right?\n"
    );
    let mut found = outcome(Ending::Failed(Failure::InvalidResponse), Phase::Answer, V4);
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
            Phase::Answer,
            V4,
        )
    };
    let said = told(&web, &late, b"", Form::Plugin);
    assert!(said.starts_with("HTTP UNKNOWN - "), "{said}");
    assert!(said.contains("this process was not run"), "{said}");
}

#[test]
fn hints_where_users_stumble() {
    use Failure::{Connect, InvalidStatus, LookUp, Select};
    let web = http(HttpVersion::V1_1);
    let old = http(HttpVersion::V1_0);
    let mail = config(Request::Smtp, "mail");
    let timed_out = Errno(110);
    type Row<'a> = (&'a Config, Failure, Option<&'a str>, &'a [u8], &'a str);
    let rows: [Row<'_>; 16] = [
        (&web, InvalidStatus(405), V4, b"", "does not take HEAD"),
        (&old, InvalidStatus(426), V4, b"", "use -v 1.1"),
        (&web, InvalidStatus(426), V4, b"", "another protocol"),
        (&web, InvalidStatus(400), V4, b"", "the name of the site"),
        (&web, InvalidStatus(401), V4, b"", "user authentication"),
        (&web, InvalidStatus(403), V4, b"", "does not let this node"),
        (&web, InvalidStatus(404), V4, b"", "is -h right?"),
        (&web, InvalidStatus(503), V4, b"", "see its log"),
        (
            &web,
            Connect(Errno(111)),
            Some("[::1]:80"),
            b"",
            "-s 127.0.0.1",
        ),
        (&web, Connect(timed_out), V4, b"", "packet filter"),
        (&web, Failure::InvalidResponse, V4, b"220 mx", "clp_smtpmon"),
        (&web, LookUp(-2), None, b"", "is -s right?"),
        (&mail, InvalidStatus(0), V4, b"HTTP/1.1 400", "clp_httpmon"),
        (
            &mail,
            InvalidStatus(0),
            V4,
            b"hello",
            "is this a mail server?",
        ),
        (&mail, InvalidStatus(421), V4, b"", "overloaded"),
        (&mail, Select(timed_out), V4, b"", "TLS (465)"),
    ];
    for (config, failure, address, excerpt, hint) in rows {
        let found = outcome(Ending::Failed(failure), Phase::Answer, address);
        let said = told(config, &found, excerpt, Form::Line);
        let (_, given) = said.split_once("; hint: ").expect(&said);
        assert!(given.contains(hint), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_plugin_that_cannot_check_says_so_in_its_form() {
    assert_eq!(
        unknown(Module::Smtp, "-n \"|\": must be"),
        "SMTP UNKNOWN - -n \"/\": must be\n"
    );
}
