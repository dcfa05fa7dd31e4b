//! Whatever happens to a check, it ends once, by its deadline, and tries no address twice.

use super::help::config::config;
use super::help::input::Input;
use super::help::operation;
use clp_isa_core::check::{Action, Check};
use clp_isa_core::limits::ADDRESSES_MAX;
use clp_isa_core::time::Instant;
use core::time::Duration;
use std::collections::BTreeSet;

/// Bytes: what to ask; then three an operation: how much later, what, with what.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let config = config((input.below(2) == 0).then_some("/x"));
    let mut check = Check::new(&config);
    let mut now = Instant::default();
    for _ in 0..3 {
        let (deadline, mut tried, mut done) = (now + config.timing.timeout, BTreeSet::new(), None);
        check.start(input.below(2) == 0, now);
        loop {
            while let Some(action) = check.poll_action() {
                assert!(done.is_none(), "an action after the end");
                match action {
                    Action::Done(outcome) => done = Some(outcome.elapsed),
                    Action::Connect(address) => assert!(tried.insert(address), "tried twice"),
                    _ => {}
                }
            }
            let Some(due) = check.poll_timeout() else {
                break;
            };
            assert!(done.is_none() && due <= deadline && tried.len() <= ADDRESSES_MAX);
            now = due.min(now + Duration::from_millis(u64::from(input.byte()) * 8));
            now = operation::carry_out(&mut check, now, due, &mut input);
        }
        assert!(done.expect("neither ended nor to be woken") <= config.timing.timeout);
    }
}
