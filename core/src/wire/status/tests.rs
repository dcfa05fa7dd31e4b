//! What is told is what is read, and the longest line fits.
#![expect(clippy::arithmetic_side_effects, reason = "virtual time of a test")]

use super::*;
use crate::check::{Call, Cause, Detail, LocalError, Outcome, Phase, Resolution, Step, Unresolved};
use crate::config::{HttpVersion, Timing};
use crate::errno::Errno;
use crate::event::Failure;
use crate::identifier::Identifier;
use crate::limits::EXCERPT_MAX;

fn at(millis: u64) -> Instant {
    Instant::new(Duration::from_millis(millis))
}

fn config(host: Host, request: Request) -> Config {
    Config {
        identifier: Identifier::parse(b"web").unwrap(),
        host,
        port: 65535,
        timing: Timing {
            interval: Duration::from_secs(10_000),
            retries: 10_000,
            timeout: Duration::from_secs(10_000),
        },
        request,
    }
}

fn http(uri: &str) -> Request {
    Request::Http {
        version: HttpVersion::V1_1,
        uri: ArrayString::from(uri).unwrap(),
    }
}

fn lost() -> Lost {
    Lost::new(|sink| u32::MAX - sink as u32)
}

fn outcome(ending: Ending, detail: Detail, address: Option<&str>) -> Outcome {
    Outcome {
        attempt: Attempt {
            ending,
            address: address.map(|text| text.parse().unwrap()),
            phase: Phase::Connect,
            detail,
        },
        late: false,
        resolution: Resolution::Stale(Unresolved::Answer(-3)),
        elapsed: Duration::from_millis(12),
    }
}

/// A monitor whose checks ended so.
fn monitor(config: &Config, endings: &[Ending], address: Option<&str>) -> Monitor {
    let plain: Vec<_> = endings
        .iter()
        .map(|ending| (*ending, Detail::default()))
        .collect();
    detailed(config, &plain, address)
}

fn detailed(config: &Config, endings: &[(Ending, Detail)], address: Option<&str>) -> Monitor {
    let mut monitor = Monitor::new(config.timing);
    monitor.handle_start(at(0));
    for (number, (ending, detail)) in endings.iter().enumerate() {
        while monitor.poll_action().is_some() {}
        let now = 10_000_000 * u64::try_from(number).unwrap();
        monitor.handle_timeout(at(now));
        while monitor.poll_action().is_some() {}
        monitor.handle_outcome(&outcome(*ending, *detail, address), at(now + 1));
    }
    monitor
}

#[test]
fn the_whole_line() {
    let name = Host::Name(ArrayString::from("localhost").unwrap());
    let config = config(name, http("/x?a=b"));
    let refused = Ending::Failed(Failure::Connect(Errno(111)));
    let monitor = monitor(&config, &[Ending::Healthy, refused], Some("127.0.0.1:80"));
    let text = render(&config, &monitor, lost(), at(10_000_501));
    assert_eq!(
        text.as_str(),
        "server=localhost port=65535 uri=/x?a=b interval=10000000 retries=10000 timeout=10000000 state=waiting \
         failing=1 blind=0 kept=1 up=10000501 next=9999499 healthy=1 failed=1 void=0 late=0 lost_syslog=4294967295 \
         lost_alert_log=4294967294 lost_clplogcmd=4294967293 lost_failure_log=4294967292 last=failed phase=connect took=12 age=500 \
         event=72 number=111 address=127.0.0.1:80"
    );
    let report = parse(text.as_bytes()).unwrap();
    assert_eq!(
        (report.server.as_str(), report.uri.as_deref()),
        ("localhost", Some("/x?a=b"))
    );
    assert_eq!(
        (report.state, report.failing, report.kept),
        (State::Waiting, 1, true)
    );
    assert_eq!(report.next, Some(Duration::from_millis(9_999_499)));
    assert_eq!((report.lost, report.counts.healthy), (lost(), 1));
    let last = report.last.unwrap();
    assert_eq!(
        (last.verdict, last.attempt.ending),
        (Verdict::Failed, refused)
    );
    assert_eq!(last.age, Duration::from_millis(500));
    assert_eq!(parse(format!("{text} further=1").as_bytes()), Some(report));
}

#[test]
fn every_ending_survives_the_way() {
    let failures = [
        Failure::Socket(Errno(97)),
        Failure::Connect(Errno(110)),
        Failure::Send(Errno(32)),
        Failure::Select(Errno(110)),
        Failure::Receive(Errno(104)),
        Failure::Lookup(-2),
        Failure::InvalidResponse,
        Failure::InvalidStatus(503),
    ];
    let errno = Errno(24);
    let voids = Call::ALL.map(|call| Ending::Void(LocalError { call, errno }));
    let endings = failures.map(Ending::Failed).into_iter().chain(voids);
    let config = config(Host::V4([192, 0, 2, 1].into()), Request::Smtp);
    for ending in endings.chain([Ending::Healthy]) {
        for address in [None, Some("[fe80::1%3]:25")] {
            let monitor = monitor(&config, &[ending], address);
            let text = render(&config, &monitor, lost(), at(1));
            let report = parse(text.as_bytes()).unwrap();
            assert_eq!(
                report.last.unwrap().attempt,
                outcome(ending, Detail::default(), address).attempt
            );
            assert_eq!(report.blind, matches!(ending, Ending::Void(_)));
            assert_eq!((report.uri, report.server.as_str()), (None, "192.0.2.1"));
        }
    }
}

#[test]
fn every_phase_survives_the_way() {
    let config = config(Host::V4([192, 0, 2, 1].into()), http("/"));
    let steps = Step::ALL.map(Phase::Dialogue);
    for phase in [Phase::Lookup, Phase::Connect].into_iter().chain(steps) {
        let mut monitor = monitor(&config, &[], None);
        let mut outcome = outcome(Ending::Healthy, Detail::default(), None);
        outcome.attempt.phase = phase;
        monitor.handle_outcome(&outcome, at(1));
        let text = render(&config, &monitor, lost(), at(1));
        let told = parse(text.as_bytes()).unwrap().last.unwrap();
        assert_eq!(told.attempt.phase, phase);
        // To a reader that does not know the closer word, it is the answer that is waited for.
        let old = text.replace("step=", "later=");
        let told = parse(old.as_bytes()).unwrap().last.unwrap();
        let expected = match phase {
            Phase::Dialogue(_) => Phase::Dialogue(Step::Answer),
            phase => phase,
        };
        assert_eq!(told.attempt.phase, expected);
    }
}

#[test]
fn every_cause_and_whatever_a_server_says_survive_the_way() {
    let config = config(Host::V4([192, 0, 2, 1].into()), http("/"));
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let said = every_byte.chunks(64).chain([&b""[..], b" %20 event=6 "]);
    for said in said {
        for cause in Cause::ALL.into_iter().map(Some).chain([None]) {
            let detail = Detail {
                cause,
                excerpt: said.into(),
            };
            let failed = Ending::Failed(Failure::InvalidResponse);
            let monitor = detailed(&config, &[(failed, detail)], None);
            let text = render(&config, &monitor, lost(), at(1));
            let told = parse(text.as_bytes()).unwrap().last.unwrap();
            assert_eq!(told.attempt, outcome(failed, detail, None).attempt);
        }
    }
}

/// A newer monitor's, of which the rest is known.
#[test]
fn an_unknown_cause_is_none_and_a_longer_text_is_cut() {
    let config = config(Host::V4([192, 0, 2, 1].into()), http("/"));
    let failed = Ending::Failed(Failure::InvalidResponse);
    let monitor = monitor(&config, &[failed], None);
    let text = render(&config, &monitor, lost(), at(1));
    let with = |fields: &str| format!("{text} {fields}");
    let detail = |fields: &str| {
        parse(with(fields).as_bytes())
            .unwrap()
            .last
            .unwrap()
            .attempt
            .detail
    };
    assert_eq!(detail("cause=later"), Detail::default());
    let long = "x".repeat(EXCERPT_MAX + 1);
    let said = detail(&format!("said={long}")).excerpt;
    assert_eq!(said.as_bytes(), &long.as_bytes()[1..]);
    for torn in ["said=%", "said=%2", "said=%2g", "said=x%+1"] {
        assert_eq!(parse(with(torn).as_bytes()), None, "{torn}");
    }
}

#[test]
fn the_longest_line_fits_and_no_part_of_it_is_taken_for_the_whole() {
    let host = Host::Name(ArrayString::from(&"x".repeat(255)).unwrap());
    let config = config(host, http(&format!("/{}", "y".repeat(254))));
    let ending = Ending::Failed(Failure::Lookup(i32::MIN));
    let detail = Detail {
        cause: Some(Cause::CutShort),
        excerpt: [0; EXCERPT_MAX][..].into(),
    };
    let address = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535";
    let monitor = detailed(&config, &[(ending, detail)], Some(address));
    let text = render(&config, &monitor, lost(), at(u64::MAX));
    assert!(text.ends_with(address), "{text}");
    assert!(parse(text.as_bytes()).is_some());
    // A hundred bytes to spare: counts may have twenty digits each.
    assert!(text.len() + 100 < STATUS_MAX, "{}", text.len());
    for cut in 0..text.find(" last=").unwrap() - 12 {
        assert_eq!(parse(&text.as_bytes()[..cut]), None, "{cut}");
    }
}

#[test]
fn a_new_and_a_paused_monitor() {
    let config = config(
        Host::V6("fe80::1".parse().unwrap(), ArrayString::from("eth0").ok()),
        Request::Smtp,
    );
    let mut monitor = monitor(&config, &[], None);
    let line = render(&config, &monitor, Lost::default(), at(5));
    let report = parse(line.as_bytes()).unwrap();
    assert_eq!(
        (report.state, report.last, report.next),
        (State::Checking, None, None)
    );
    assert_eq!(report.server.as_str(), "[fe80::1%eth0]");
    while monitor.poll_action().is_some() {}
    monitor.handle_pause();
    let line = render(&config, &monitor, Lost::default(), at(5));
    let report = parse(line.as_bytes()).unwrap();
    assert_eq!((report.state, report.next), (State::Paused, None));
}

#[test]
fn no_field_is_passed_over_that_does_not_have_its_form() {
    let config = config(Host::V4([192, 0, 2, 1].into()), http("/"));
    let refused = Ending::Failed(Failure::Connect(Errno(111)));
    let monitor = monitor(&config, &[refused], Some("192.0.2.1:80"));
    let text = render(&config, &monitor, lost(), at(5));
    let named = text.split(' ').filter_map(|field| field.split_once('='));
    // Of these two, any text is one.
    for (name, value) in named.filter(|(name, _)| !["server", "uri"].contains(name)) {
        let line = text.replace(&format!(" {name}={value}"), &format!(" {name}=x"));
        assert_eq!(parse(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn a_line_that_is_not_printable_is_none() {
    let name = Host::Name(ArrayString::from("web").unwrap());
    let config = config(name, http("/"));
    let monitor = monitor(&config, &[], None);
    let text = render(&config, &monitor, lost(), at(5));
    assert!(parse(text.as_bytes()).is_some());
    for bad in ["web\x1b[2J", "web\n", "web\x7f", "web\u{9b}2J", "w\u{e9}b"] {
        let line = text.replace("server=web", &format!("server={bad}"));
        assert_eq!(parse(line.as_bytes()), None, "{bad:?}");
    }
}
