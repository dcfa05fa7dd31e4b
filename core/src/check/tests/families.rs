//! Addresses of a family that the node lacks.

use super::super::Missing;
use super::*;

/// `localhost` without IPv6, or with it switched off: the one address that can be tried has all the time, and its
/// error is told. The order does not matter, and neither does what else is short.
#[test]
fn an_address_whose_family_is_missing_gets_no_share() {
    let [v4, v6]: [SocketAddr; 2] = ["127.0.0.1:80", "[::1]:80"].map(|text| text.parse().unwrap());
    let no_v6 = Missing {
        v6: true,
        ..Missing::default()
    };
    let switched_off = Missing {
        v6_loopback: true,
        ..Missing::default()
    };
    let unsupported = (Call::Socket, Errno(nix::libc::EAFNOSUPPORT));
    let unavailable = (Call::Connect, Errno(nix::libc::EADDRNOTAVAIL));
    for (missing, (call, errno)) in [(no_v6, unsupported), (switched_off, unavailable)] {
        for addresses in [[v4, v6], [v6, v4]] {
            for is_mute in [true, false] {
                let mut check = check(1_000);
                check.handle_missing(missing);
                check.start(true, at(0));
                check.poll_action();
                check.handle_addresses(&addresses, at(0));
                let mut now = 0;
                let ending = loop {
                    match check.poll_action().unwrap() {
                        Action::Connect(address) if address == v6 => {
                            check.handle_error(call, errno, at(now));
                        }
                        Action::Connect(_) if is_mute => {
                            connect(&mut check, now);
                            now = 1_000;
                            assert_eq!(check.poll_timeout(), Some(at(now)));
                            check.handle_timeout(at(now));
                        }
                        Action::Connect(_) => {
                            check.handle_error(Call::Connect, Errno::ECONNREFUSED, at(now));
                        }
                        Action::Log(attempt) => assert_eq!(attempt.address, Some(v4)),
                        Action::Done(outcome) => break outcome.attempt.ending,
                        other => panic!("{other:?}"),
                    }
                };
                let failure = if is_mute {
                    Failure::Select(TIMED_OUT)
                } else {
                    Failure::Connect(Errno::ECONNREFUSED)
                };
                assert_eq!(ending, Ending::Failed(failure));
            }
        }
    }
    // One that is not ::1 may work where that is switched off.
    let other: SocketAddr = "[fe80::1%1]:80".parse().unwrap();
    assert!(!switched_off.concerns(&other) && no_v6.concerns(&other));
    // All of them missing: void.
    let mut check = check(1_000);
    check.start(true, at(0));
    check.poll_action();
    check.handle_addresses(&[v6], at(0));
    check.poll_action();
    let (call, errno) = unsupported;
    check.handle_error(call, errno, at(0));
    let void = Ending::Void(LocalError { call, errno });
    assert_eq!(done(&mut check).attempt.ending, void);
}

/// What is missing explains an attempt that could not be made, and one at an address that needs it: nothing else.
#[test]
fn other_attempts_are_logged() {
    let [v4, v6]: [SocketAddr; 2] = ["127.0.0.1:80", "[::1]:80"].map(|text| text.parse().unwrap());
    for (first, second, errno, is_logged) in [
        (v6, v4, nix::libc::EAFNOSUPPORT, false),
        (v6, v4, nix::libc::ECONNREFUSED, true),
        (v4, v6, nix::libc::ENOBUFS, true),
    ] {
        let mut check = check(1_000);
        check.handle_missing(Missing {
            v6: true,
            ..Missing::default()
        });
        check.start(true, at(0));
        check.poll_action();
        check.handle_addresses(&[first, second], at(0));
        assert_eq!(check.poll_action(), Some(Action::Connect(first)));
        check.handle_error(Call::Connect, Errno(errno), at(1));
        let is_log = |action| matches!(action, Some(Action::Log(_)));
        assert_eq!(is_log(check.poll_action()), is_logged, "{first}, {errno}");
    }
}
