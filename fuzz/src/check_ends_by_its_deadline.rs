//! Whatever happens to a check, it ends once, by its deadline, and tries no address twice.

use super::help::config::config;
use super::help::input::Input;
use clp_isa::check::{Action, Call, Check};
use clp_isa::config::Addresses;
use clp_isa::limits::ADDRESSES_MAX;
use clp_isa::probe::End;
use clp_isa::units::{Errno, Moment};
use core::time::Duration;

const CALLS: [Call; 6] = [
    Call::Socket,
    Call::Connect,
    Call::EpollCtl,
    Call::Send,
    Call::Receive,
    Call::Spawn,
];

/// Bytes: what to ask; then three an operation: how much later, what, with what.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let config = config((input.below(2) == 0).then_some("/x"));
    let mut check = Check::new(&config);
    let mut now = Moment::default();
    for _ in 0..3 {
        let (started, mut tried, mut done) = (now, 0, false);
        check.start(input.below(2) == 0, now);
        while !done {
            while let Some(action) = check.poll_action() {
                assert!(!done, "an action after the end");
                match action {
                    Action::Done(outcome) => {
                        done = true;
                        assert!(outcome.elapsed <= config.timing.timeout);
                    }
                    Action::Connect(_) => tried += 1,
                    _ => {}
                }
            }
            let Some(due) = check.poll_timeout() else {
                assert!(done, "neither ended nor to be woken");
                break;
            };
            assert!(due <= started + config.timing.timeout && tried <= ADDRESSES_MAX);
            now = due.min(now + Duration::from_millis(u64::from(input.byte()) * 8));
            let (what, with) = (input.byte(), input.byte());
            match what {
                _ if now == due || input.is_empty() => {
                    now = due;
                    check.handle_timeout(now);
                }
                0..10 => check.handle_look_up_failed(i32::from(with) - 128, now),
                10..40 => {
                    let addresses: Addresses =
                        (0..with % 9).map(|n| ([10, 0, 0, n], 80).into()).collect();
                    check.handle_addresses(&addresses, now);
                }
                40..80 => check.handle_connected(),
                80..100 => {
                    check.handle_error(CALLS[usize::from(what) % 6], Errno(with.into()), now)
                }
                100..130 => check.handle_sent(usize::from(with).min(check.outgoing().len()), now),
                130..140 => check.handle_end(End::Closed, now),
                _ => check.handle_received(input.bytes(with.into()), now),
            }
        }
    }
}
