//! Look-ups that give nothing: whose fault it is, and what the check goes on with.

use super::super::Unresolved;
use super::*;

#[test]
fn a_name_never_resolved_fails_the_check() {
    let mut check = check(1_000);
    check.start(true, at(0));
    check.poll_action();
    check.handle_lookup_failed(-2, at(30));
    let outcome = done(&mut check);
    assert_eq!(outcome.attempt.ending, Ending::Failed(Failure::Lookup(-2)));
    assert_eq!(
        (outcome.attempt.phase, outcome.attempt.address),
        (Phase::Lookup, None)
    );

    // It may take the whole deadline.
    check.start(true, at(0));
    check.poll_action();
    assert_eq!(check.poll_timeout(), Some(at(1_000)));
    check.handle_timeout(at(1_000));
    assert_eq!(check.poll_action(), Some(Action::AbandonLookup));
    assert_eq!(
        done(&mut check).attempt.ending,
        Ending::Failed(Failure::Lookup(110))
    );
}

#[test]
fn a_name_once_resolved_is_checked_at_its_last_good_addresses() {
    let mut check = check(1_000);
    talk(&mut check, 1);
    check.handle_received(GOOD, at(5));
    done(&mut check);

    check.start(true, at(0));
    check.poll_action();
    assert_eq!(check.poll_timeout(), Some(at(500)), "half of TIMEOUT");
    check.handle_timeout(at(500));
    assert_eq!(check.poll_action(), Some(Action::AbandonLookup));
    assert_eq!(check.poll_action(), Some(Action::Connect(addresses(1)[0])));
    connect(&mut check, 500);
    check.handle_received(GOOD, at(900));
    let outcome = done(&mut check);
    assert_eq!(
        (outcome.attempt.ending, outcome.resolution),
        (Ending::Healthy, Resolution::Stale(Unresolved::Answer(110)))
    );

    check.start(true, at(0));
    check.poll_action();
    check.handle_lookup_failed(-3, at(10));
    assert_eq!(check.poll_action(), Some(Action::Connect(addresses(1)[0])));
    check.handle_error(Call::Connect, Errno(111), at(11));
    let outcome = done(&mut check);
    assert_eq!(
        outcome.resolution,
        Resolution::Stale(Unresolved::Answer(-3))
    );
    assert_eq!(
        outcome.attempt.ending,
        Ending::Failed(Failure::Connect(Errno(111)))
    );
}

/// How a look-up fails: the call and errno, or the number of the child.
#[derive(Clone, Copy)]
enum Fails {
    Call(Call, i32),
    Number(i32),
}

#[test]
fn a_lookup_the_node_cannot_make_is_void() {
    use nix::libc::{EADDRINUSE, EAGAIN, EAI_MEMORY, EMFILE, ENFILE, ENOENT, ENOMEM, EPIPE};
    let table = [
        (Fails::Call(Call::Spawn, EMFILE), Call::Spawn, EMFILE),
        // No process left; no /proc or no /dev/null; killed at its work.
        (Fails::Call(Call::Spawn, EAGAIN), Call::Spawn, EAGAIN),
        (Fails::Call(Call::Spawn, ENOENT), Call::Spawn, ENOENT),
        (Fails::Call(Call::Spawn, EPIPE), Call::Spawn, EPIPE),
        // The pipe cannot be watched.
        (Fails::Call(Call::EpollCtl, ENOENT), Call::EpollCtl, ENOENT),
        // What the child met itself.
        (Fails::Number(ENFILE), Call::Lookup, ENFILE),
        (Fails::Number(EAI_MEMORY), Call::Lookup, ENOMEM),
        // It had no source port for its question.
        (Fails::Number(EADDRINUSE), Call::Lookup, EADDRINUSE),
    ];
    for (fails, call, errno) in table {
        let local = LocalError {
            call,
            errno: Errno(errno),
        };
        let lookup = |check: &mut Check| {
            check.start(true, at(0));
            check.poll_action();
            match fails {
                Fails::Call(call, errno) => check.handle_error(call, Errno(errno), at(0)),
                Fails::Number(number) => check.handle_lookup_failed(number, at(0)),
            }
        };
        let mut check = check(1_000);
        lookup(&mut check);
        assert_eq!(done(&mut check).attempt.ending, Ending::Void(local));

        // With addresses to use, they are: the service is asked, and its answer counts.
        talk(&mut check, 1);
        check.handle_received(GOOD, at(5));
        done(&mut check);
        lookup(&mut check);
        assert_eq!(check.poll_action(), Some(Action::Connect(addresses(1)[0])));
        check.handle_error(Call::Connect, Errno(111), at(1));
        let outcome = done(&mut check);
        assert_eq!(
            outcome.resolution,
            Resolution::Stale(Unresolved::Local(local))
        );
        let refused = Ending::Failed(Failure::Connect(Errno(111)));
        assert_eq!(outcome.attempt.ending, refused);
    }
}
