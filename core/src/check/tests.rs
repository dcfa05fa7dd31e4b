//! Whole checks on virtual time against a scripted network.
#![expect(clippy::arithmetic_side_effects, reason = "virtual time of a test")]

mod families;
mod lookup;
mod smtp;

use super::{Action, Call, Check, Ending, LocalError, Outcome, Phase, Resolution, Step};
use crate::config::{Addresses, Config, Host, HttpVersion, Request, Timing};
use crate::errno::Errno;
use crate::event::Failure;
use crate::identifier::Identifier;
use crate::probe::End;
use crate::time::Instant;
use arrayvec::ArrayString;
use core::net::SocketAddr;
use core::time::Duration;

const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";
const TIMED_OUT: Errno = Errno(110);

fn at(millis: u64) -> Instant {
    Instant::new(Duration::from_millis(5_000 + millis))
}

fn check(timeout: u64) -> Check {
    Check::new(&Config {
        identifier: Identifier::parse(b"x").unwrap(),
        host: Host::Name(ArrayString::from("web").unwrap()),
        port: 80,
        timing: Timing {
            interval: Duration::from_secs(60),
            retries: 3,
            timeout: Duration::from_millis(timeout),
        },
        request: Request::Http {
            version: HttpVersion::V1_1,
            uri: ArrayString::from("/").unwrap(),
        },
    })
}

fn addresses(count: u8) -> Addresses {
    (1..=count)
        .map(|last| SocketAddr::from(([10, 0, 0, last], 80)))
        .collect()
}

/// What a peer does once connected to: bytes at moments (milliseconds after the check's start).
type Arrivals<'a> = &'a [(u64, &'a [u8])];

/// Brings `check` to the moment after the connection to its first address was made and the request sent.
fn talk(check: &mut Check, count: u8) {
    check.start(true, at(0));
    assert_eq!(check.poll_action(), Some(Action::Lookup));
    check.handle_addresses(&addresses(count), at(0));
    assert_eq!(check.poll_action(), Some(Action::Connect(addresses(1)[0])));
    connect(check, 0);
}

fn connect(check: &mut Check, now: u64) {
    check.handle_connected();
    let count = check.outgoing().len();
    assert!(count > 0);
    check.handle_sent(count, at(now));
    assert!(check.outgoing().is_empty());
}

/// Plays arrivals; deadlines fall where they fall, met to the millisecond.
fn play(check: &mut Check, arrivals: Arrivals<'_>) -> (u64, Outcome) {
    let mut arrivals = arrivals.iter();
    let mut next = arrivals.next();
    loop {
        let deadline = check
            .poll_timeout()
            .map(|due| u64::try_from(due.since(at(0)).as_millis()).unwrap());
        let now = match (next, deadline) {
            (Some((time, bytes)), Some(deadline)) if *time <= deadline => {
                check.handle_received(bytes, at(*time));
                next = arrivals.next();
                *time
            }
            (_, Some(deadline)) => {
                check.handle_timeout(at(deadline));
                deadline
            }
            _ => panic!("nothing to wait for"),
        };
        match check.poll_action() {
            Some(Action::Done(outcome)) => return (now, outcome),
            None => {}
            other => panic!("{other:?}"),
        }
    }
}

fn done(check: &mut Check) -> Outcome {
    match check.poll_action() {
        Some(Action::Done(outcome)) => outcome,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_good_answer_is_healthy_and_timed() {
    let mut check = check(1_000);
    talk(&mut check, 1);
    let (now, outcome) = play(&mut check, &[(250, GOOD)]);
    assert_eq!(
        (now, outcome.attempt.ending, outcome.resolution),
        (250, Ending::Healthy, Resolution::Fresh)
    );
    assert_eq!(outcome.elapsed, Duration::from_millis(250));
    assert_eq!(outcome.attempt.address, Some(addresses(1)[0]));
    assert_eq!(check.poll_timeout(), None);
}

#[test]
fn nothing_that_arrives_extends_the_deadline() {
    let drip = |line: &'static [u8]| -> Vec<(u64, &'static [u8])> {
        (0..)
            .map(|step| step * 90)
            .zip(line.chunks(1).cycle())
            .take(100)
            .collect()
    };
    let mut in_header: Vec<(u64, &[u8])> = vec![(0, b"HTTP/1.1 200 OK\r\n")];
    in_header.extend(drip(b"X-Drip: yes\r\n"));
    let mut in_line: Vec<(u64, &[u8])> = vec![(0, b"HTTP/1.1 200 O")];
    in_line.extend(drip(b"O"));
    let mut interim: Vec<(u64, &[u8])> = Vec::new();
    interim.extend((0..8).map(|step| (step * 200, b"HTTP/1.1 100 Continue\r\n\r\n".as_slice())));
    for arrivals in [in_header, in_line, interim, vec![]] {
        let mut check = check(1_000);
        talk(&mut check, 1);
        let (now, outcome) = play(&mut check, &arrivals);
        assert_eq!(now, 1_000);
        assert_eq!(
            outcome.attempt.ending,
            Ending::Failed(Failure::Select(TIMED_OUT))
        );
        assert_eq!(outcome.attempt.phase, Phase::Dialogue(Step::Answer));
        assert!(!outcome.late);
    }
}

#[test]
fn addresses_share_what_is_left_of_the_deadline() {
    let mut check = check(900);
    check.start(true, at(0));
    check.poll_action();
    check.handle_addresses(&addresses(3), at(0));
    assert_eq!(check.poll_action(), Some(Action::Connect(addresses(3)[0])));
    // A third of 900, then half of the remaining 600, then all of the last 300.
    for (turn, deadline) in [(1, 300), (2, 600)] {
        assert_eq!(check.poll_timeout(), Some(at(deadline)));
        check.handle_timeout(at(deadline));
        assert!(
            matches!(check.poll_action(), Some(Action::Log(attempt)) if attempt.phase == Phase::Connect)
        );
        assert_eq!(
            check.poll_action(),
            Some(Action::Connect(addresses(3)[turn]))
        );
    }
    assert_eq!(check.poll_timeout(), Some(at(900)));
    check.handle_timeout(at(900));
    assert_eq!(
        done(&mut check).attempt.ending,
        Ending::Failed(Failure::Connect(TIMED_OUT))
    );
}

#[test]
fn time_an_address_did_not_use_goes_to_the_others() {
    let mut check = check(900);
    check.start(true, at(0));
    check.poll_action();
    check.handle_addresses(&addresses(2), at(0));
    check.poll_action();
    check.handle_error(Call::Connect, Errno(111), at(0));
    check.poll_action();
    assert_eq!(check.poll_action(), Some(Action::Connect(addresses(2)[1])));
    assert_eq!(check.poll_timeout(), Some(at(900)));
    connect(&mut check, 10);
    check.handle_received(GOOD, at(20));
    assert_eq!(done(&mut check).attempt.ending, Ending::Healthy);
}

#[test]
fn the_last_error_that_counts_is_reported() {
    let refused = (Call::Connect, Errno(111));
    let unreachable = (Call::Connect, Errno(113));
    let no_port = (Call::Connect, Errno(99));
    let no_socket = (Call::Socket, Errno(24));
    let failed = |errno| Ending::Failed(Failure::Connect(Errno(errno)));
    let void = |(call, errno)| Ending::Void(LocalError { call, errno });
    for (errors, ending) in [
        ([refused, unreachable], failed(113)),
        ([refused, no_port], failed(111)),
        ([no_port, refused], failed(111)),
        ([no_socket, no_port], void(no_port)),
        ([no_port, no_socket], void(no_socket)),
    ] {
        let mut check = check(900);
        check.start(true, at(0));
        check.poll_action();
        check.handle_addresses(&addresses(2), at(0));
        check.poll_action();
        check.handle_error(errors[0].0, errors[0].1, at(1));
        check.poll_action();
        check.poll_action();
        check.handle_error(errors[1].0, errors[1].1, at(2));
        assert_eq!(done(&mut check).attempt.ending, ending, "{errors:?}");
    }
}

#[test]
fn errors_of_calls_are_void_or_failures() {
    for errno in [
        nix::libc::EMFILE,
        nix::libc::ENFILE,
        nix::libc::ENOMEM,
        nix::libc::ENOBUFS,
        nix::libc::EADDRNOTAVAIL,
        nix::libc::EACCES,
        nix::libc::EPERM,
    ] {
        for call in [
            Call::Socket,
            Call::Connect,
            Call::EpollCtl,
            Call::Send,
            Call::Receive,
        ] {
            let mut check = check(900);
            talk(&mut check, 1);
            check.handle_error(call, Errno(errno), at(1));
            let errno = Errno(errno);
            assert_eq!(
                done(&mut check).attempt.ending,
                Ending::Void(LocalError { call, errno })
            );
        }
    }
    let errno = Errno(nix::libc::ECONNRESET);
    for (call, failure) in [
        (Call::Socket, Failure::Socket(errno)),
        (Call::Connect, Failure::Connect(errno)),
        (Call::Send, Failure::Send(errno)),
        (Call::Receive, Failure::Receive(errno)),
    ] {
        let mut check = check(900);
        talk(&mut check, 1);
        check.handle_error(call, errno, at(1));
        assert_eq!(done(&mut check).attempt.ending, Ending::Failed(failure));
    }
}

#[test]
fn waking_late_is_told_from_failing() {
    // 500 ms is still the service's fault, one more is not.
    for (wake, late) in [
        (1_000, false),
        (1_500, false),
        (1_501, true),
        (60_000, true),
    ] {
        let mut check = check(1_000);
        talk(&mut check, 1);
        check.handle_timeout(at(wake));
        let outcome = done(&mut check);
        assert_eq!(outcome.late, late, "{wake}");
        assert_eq!(
            outcome.attempt.ending,
            Ending::Failed(Failure::Select(TIMED_OUT))
        );
    }
}

#[test]
fn an_answer_that_arrived_counts_however_late_the_wake() {
    let mut check = check(1_000);
    talk(&mut check, 1);
    check.handle_received(GOOD, at(70_000));
    assert_eq!(done(&mut check).attempt.ending, Ending::Healthy);
}

/// What arrives during a freeze is handled before the deadlines, and leaves nothing of the check's time for the rest.
#[test]
fn a_step_that_ended_in_a_freeze_does_not_hide_it() {
    for (wake, late) in [(1_500, false), (1_501, true), (60_000, true)] {
        // The look-up's answer.
        let mut looked_up = check(1_000);
        looked_up.start(true, at(0));
        looked_up.poll_action();
        looked_up.handle_addresses(&addresses(1), at(wake));
        assert!(matches!(looked_up.poll_action(), Some(Action::Connect(_))));
        looked_up.handle_timeout(at(wake));
        assert_eq!(done(&mut looked_up).late, late, "{wake}");

        // The refusal of one address of two; that of the only one is the service's.
        for (count, is_excused) in [(2, late), (1, false)] {
            let mut refused = check(1_000);
            talk(&mut refused, count);
            refused.handle_error(Call::Connect, Errno(111), at(wake));
            assert_eq!(done(&mut refused).late, is_excused, "{wake} {count}");
        }
    }
}

#[test]
fn late_with_more_addresses_ends_the_check_if_excused_and_goes_on_if_not() {
    for excuse in [true, false] {
        let mut check = check(10_000);
        check.start(excuse, at(0));
        check.poll_action();
        check.handle_addresses(&addresses(2), at(0));
        check.poll_action();
        check.handle_timeout(at(6_000));
        if excuse {
            assert!(done(&mut check).late);
        } else {
            assert!(matches!(check.poll_action(), Some(Action::Log(_))));
            assert_eq!(check.poll_action(), Some(Action::Connect(addresses(2)[1])));
            assert_eq!(check.poll_timeout(), Some(at(10_000)));
        }
    }
}

#[test]
fn closing_in_each_phase() {
    let mut check = check(1_000);
    talk(&mut check, 1);
    check.handle_end(End::Closed, at(3));
    assert_eq!(
        done(&mut check).attempt.ending,
        Ending::Failed(Failure::InvalidResponse)
    );
    talk(&mut check, 1);
    check.handle_received(b"HTTP/1.1 200 OK\r\nA: b\r\n", at(3));
    check.handle_end(End::Error(Errno::ECONNRESET), at(3));
    assert_eq!(done(&mut check).attempt.ending, Ending::Healthy);
}

#[test]
fn an_aborted_check_is_silent() {
    let mut check = check(1_000);
    talk(&mut check, 1);
    check.abort();
    check.handle_received(GOOD, at(5));
    check.handle_timeout(at(5_000));
    assert_eq!((check.poll_action(), check.poll_timeout()), (None, None));
    assert!(check.outgoing().is_empty());
}
