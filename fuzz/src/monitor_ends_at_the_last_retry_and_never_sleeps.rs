//! A monitor ends at RETRIES + 1 failures in a row and not before; until then a check runs or is due, unless paused.

use super::help::input::Input;
use super::help::outcome::outcome;
use clp_isa::check::Ending::{Failed, Healthy};
use clp_isa::config::Timing;
use clp_isa::monitor::{Action, Exit, Monitor, State};
use clp_isa::units::Moment;
use core::time::Duration;

/// Bytes: interval, retries; then two an operation: how much later, and what.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let interval = Duration::from_secs(u64::from(input.byte()) + 1);
    let retries = u16::from(input.below(5)) + 1;
    let mut monitor = Monitor::new(Timing {
        interval,
        retries,
        timeout: interval,
    });
    let (mut now, mut failed, mut late, mut paused) = (Moment::default(), 0, 0, false);
    monitor.handle_start(now);
    while monitor.state() != State::Ended {
        let actions: Vec<Action> = core::iter::from_fn(|| monitor.poll_action()).collect();
        assert!(
            actions
                .iter()
                .all(|action| !matches!(action, Action::Exit(_)))
        );
        match monitor.state() {
            State::Paused => assert!(
                paused
                    && !actions
                        .iter()
                        .any(|action| matches!(action, Action::Check { .. }))
            ),
            State::Waiting => {
                let due = monitor.poll_timeout().unwrap();
                assert!(now < due && due <= now + interval && !paused);
            }
            state => assert!(state == State::Checking && !paused),
        }
        if input.is_empty() {
            return;
        }
        now = now + Duration::from_millis(u64::from(input.byte()) * 100);
        monitor.handle_timeout(now);
        while monitor.poll_action().is_some() {}
        let is_checking = monitor.state() == State::Checking;
        match input.byte() {
            0 => {
                monitor.handle_pause();
                (failed, late, paused) = (0, 0, true);
            }
            1 => {
                monitor.handle_resume(now);
                paused = false;
            }
            2 => monitor.handle_stop(),
            kind if is_checking => {
                let outcome = outcome(kind);
                monitor.handle_outcome(&outcome, now);
                (failed, late) = match outcome.attempt.ending {
                    Failed(_) if outcome.late && late < 3 => (failed, late + 1),
                    Failed(_) => (failed + 1, if outcome.late { late } else { 0 }),
                    Healthy => (0, 0),
                    _ => (failed, 0),
                };
            }
            _ => {}
        }
        assert_eq!(monitor.failed(), failed);
    }
    let last = core::iter::from_fn(|| monitor.poll_action()).last();
    assert_eq!(
        last == Some(Action::Exit(Exit::Failed)),
        failed == retries + 1
    );
    assert!(failed <= retries + 1 && matches!(last, Some(Action::Exit(_))));
}
