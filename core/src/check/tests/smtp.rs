//! Checks of a mail server on virtual time: the farewell after the verdict, and errors out of season.

use super::super::{Action, Call, Check, Ending, LocalError, Outcome};
use super::done;
use crate::config::{Config, Host, Request, Timing};
use crate::errno::Errno;
use crate::event::Failure;
use crate::identifier::Identifier;
use crate::limits::FAREWELL;
use crate::probe::Detail;
use crate::protocol::Protocol;
use crate::time::Instant;
use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(10);
const START: Instant = Instant::new(Duration::from_secs(5));

fn at(millis: u64) -> Instant {
    START + Duration::from_millis(millis)
}

fn check() -> Check {
    Check::new(&Config {
        identifier: Identifier::parse(b"x").unwrap(),
        host: Host::V4(Ipv4Addr::LOCALHOST),
        port: 25,
        timing: Timing {
            interval: TIMEOUT,
            retries: 3,
            timeout: TIMEOUT,
        },
        request: Request::Smtp,
    })
}

fn address(last: u8) -> SocketAddr {
    ([10, 0, 0, last], 25).into()
}

/// Brings a check to the connection to the first of two addresses.
fn connected() -> Check {
    let mut check = check();
    check.start(true, at(0));
    assert_eq!(check.poll_action(), Some(Action::Lookup));
    check.handle_addresses(&[address(1), address(2)], at(0));
    assert_eq!(check.poll_action(), Some(Action::Connect(address(1))));
    check.handle_connected();
    check
}

/// Takes all that is outgoing, at `now`.
fn flush(check: &mut Check, now: u64) -> Vec<u8> {
    let sent = check.outgoing().to_vec();
    check.handle_sent(sent.len(), at(now));
    sent
}

/// Brings a check to its farewell: healthy at 300 ms, QUIT sent at 400 ms.
fn parting() -> Check {
    let mut check = connected();
    check.handle_received(b"220 mx\r\n", at(100));
    assert_eq!(flush(&mut check, 200), b"NOOP\r\n");
    check.handle_received(b"250 ok\r\n", at(300));
    assert_eq!(flush(&mut check, 400), b"QUIT\r\n");
    assert_eq!(check.poll_action(), None, "the farewell is waited for");
    assert_eq!(check.poll_timeout(), Some(at(300) + FAREWELL));
    check
}

fn assert_healthy_at_300(mut check: Check) {
    let Some(Action::Done(Outcome {
        attempt, elapsed, ..
    })) = check.poll_action()
    else {
        panic!("not done");
    };
    assert_eq!(attempt.ending, Ending::Healthy);
    // The farewell's time is not the service's.
    assert_eq!(elapsed, Duration::from_millis(300));
}

#[test]
fn how_the_farewell_goes_is_not_judged() {
    let mut answered = parting();
    answered.handle_received(b"221 bye\r\n", at(900));
    assert_healthy_at_300(answered);

    let mut silent = parting();
    silent.handle_timeout(at(300) + FAREWELL);
    assert_healthy_at_300(silent);

    for errno in [Errno::ECONNRESET, Errno(nix::libc::ENOMEM)] {
        for call in [Call::Send, Call::Receive] {
            let mut broken = parting();
            broken.handle_error(call, errno, at(900));
            assert_healthy_at_300(broken);
        }
    }
}

/// A bad answer's QUIT goes out if the socket takes it; nothing is waited for.
#[test]
fn a_bad_service_is_not_waited_for() {
    let mut check = connected();
    check.handle_received(b"421 busy\r\n", at(100));
    assert_eq!(check.poll_timeout(), Some(at(100)));
    assert_eq!(check.outgoing(), b"QUIT\r\n");
    check.handle_timeout(at(100));
    assert!(matches!(check.poll_action(), Some(Action::Log(_))));
    assert_eq!(check.poll_action(), Some(Action::Connect(address(2))));
}

#[test]
fn the_excerpt_is_the_dialogues() {
    let mut check = connected();
    check.handle_received(b"SSH-2.0-x\r\n", at(100));
    check.handle_timeout(at(100));
    let Some(Action::Log(attempt)) = check.poll_action() else {
        panic!("no attempt to tell of");
    };
    assert_eq!(attempt.detail.excerpt.as_bytes(), b"SSH-2.0-x\r\n");
    // The next attempt knows nothing of it, nor does its end.
    assert_eq!(check.poll_action(), Some(Action::Connect(address(2))));
    check.handle_error(Call::Connect, Errno(111), at(100));
    let outcome = done(&mut check);
    assert_eq!(outcome.attempt.detail, Detail::default());
}

#[test]
fn an_error_of_no_check_is_nobodys() {
    let mut check = check();
    for call in [Call::Socket, Call::EpollCtl, Call::Receive, Call::Spawn] {
        check.handle_error(call, Errno(nix::libc::ENOMEM), at(1));
        check.handle_error(call, Errno::ECONNRESET, at(1));
    }
    assert_eq!((check.poll_action(), check.poll_timeout()), (None, None));
}

#[test]
fn a_void_check_names_the_call() {
    let errno = Errno(nix::libc::ENOMEM);
    for (call, text) in [
        (Call::Socket, "network error (socket error[12])"),
        (Call::Connect, "system error (connect 12)"),
        (Call::EpollCtl, "system error (epoll_ctl 12)"),
        (Call::Send, "system error (send 12)"),
        (Call::Receive, "system error (recv 12)"),
        (Call::Spawn, "system error (spawn 12)"),
    ] {
        let event = LocalError { call, errno }.event();
        let message = event.message(Protocol::Smtp, "x");
        assert!(message.contains(text), "{message}");
    }
}

#[test]
fn no_address_is_tried_when_the_time_is_over() {
    let mut check = connected();
    check.handle_error(Call::Receive, Errno::ECONNRESET, START + TIMEOUT);
    let Some(Action::Done(outcome)) = check.poll_action() else {
        panic!("not done");
    };
    let reset = Failure::Receive(Errno::ECONNRESET);
    assert_eq!(outcome.attempt.ending, Ending::Failed(reset));
}
