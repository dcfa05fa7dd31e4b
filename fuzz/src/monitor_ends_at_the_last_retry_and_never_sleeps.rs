//! A monitor ends at RETRIES + 1 failures in a row and not before; until then a check runs or is due, unless paused.

use super::help::input::Input;
use super::help::shadow::{Shadow, monitor};
use clp_isa_core::monitor::{Action, Exit, State};
use clp_isa_core::time::Instant;
use core::time::Duration;

/// Bytes: interval, retries; then two an operation: how much later, and what.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let interval = Duration::from_secs(u64::from(input.byte()) + 1);
    let retries = u16::from(input.below(5)) + 1;
    let mut monitor = monitor(interval, retries);
    let (mut now, mut shadow) = (Instant::default(), Shadow::default());
    monitor.handle_start(now);
    while monitor.state() != State::Ended {
        let actions: Vec<Action> = core::iter::from_fn(|| monitor.poll_action()).collect();
        let has = |is: fn(&Action) -> bool| actions.iter().any(is);
        assert!(!has(|action| matches!(action, Action::Exit(_))));
        assert_eq!(monitor.state() == State::Paused, shadow.is_paused);
        let is_ahead = |due| now < due && due <= now + interval;
        match monitor.state() {
            State::Paused => assert!(!has(|action| matches!(action, Action::Check { .. }))),
            State::Waiting => assert!(monitor.poll_timeout().is_some_and(is_ahead)),
            state => assert_eq!(state, State::Checking),
        }
        if input.is_empty() {
            return;
        }
        now = now + Duration::from_millis(u64::from(input.byte()) * 100);
        shadow.operate(&mut monitor, input.byte(), now);
        assert_eq!(monitor.failed(), shadow.failed);
    }
    let last = core::iter::from_fn(|| monitor.poll_action()).last();
    let is_failed = last == Some(Action::Exit(Exit::Failed));
    assert_eq!(is_failed, shadow.failed == retries + 1);
    assert!(shadow.failed <= retries + 1 && matches!(last, Some(Action::Exit(_))));
}
