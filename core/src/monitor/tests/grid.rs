//! When checks are made, and when a service that stays away has failed.

use super::*;

#[test]
fn refused_ends_at_interval_times_retries() {
    Run::new(60, 3, &[failed(0, REFUSED)])
        .go(&[], u64::MAX)
        .expect(&[
            "0: event 1, event 2, check, note failed 1/4, event 72[111]",
            "60000: check, note failed 2/4",
            "120000: check, note failed 3/4",
            "180000: check, note failed 4/4, event 72[111], event 6, exit failed",
        ]);
}

#[test]
fn a_slow_failure_keeps_to_the_grid() {
    // The guide's picture: no answer within TIMEOUT, the next check at the next grid point.
    Run::new(60, 1, &[failed(10_000, TIMED_OUT)])
        .go(&[], u64::MAX)
        .expect(&[
            "0: event 1, event 2, check",
            "10000: note failed 1/2, event 74[110]",
            "60000: check",
            "70000: note failed 2/2, event 74[110], event 6, exit failed",
        ]);
}

#[test]
fn a_timeout_longer_than_the_interval_delays_the_next_check_to_its_own_end() {
    // Grid 0, 2, 4, 6 …; the check of 2 starts at 3, that of 4 at 6; 8 is in the future again when 6's ends at 7.
    let plans = [
        healthy(3_000),
        healthy(3_000),
        healthy(1_000),
        failed(0, REFUSED),
    ];
    Run::new(2, 1, &plans).go(&[], u64::MAX).expect(&[
        "0: event 1, event 2, check",
        "3000: check",
        "6000: check",
        "8000: check, note failed 1/2, event 72[111]",
        "10000: check, note failed 2/2, event 72[111], event 6, exit failed",
    ]);
}

#[test]
fn with_timeouts_longer_than_the_interval_the_bound_holds() {
    // RETRIES × max(INTERVAL, TIMEOUT) + TIMEOUT = 3 × 5 + 5.
    let run = Run::new(1, 3, &[failed(5_000, TIMED_OUT)]).go(&[], u64::MAX);
    assert_eq!(run.log.last().unwrap(), "20000 exit failed");
}

#[test]
fn a_check_that_ends_on_a_grid_point_is_followed_at_once() {
    let run = Run::new(1, 3, &[failed(1_000, TIMED_OUT)]).go(&[], u64::MAX);
    assert_eq!(run.log.last().unwrap(), "4000 exit failed");
}

#[test]
fn missed_grid_points_are_not_made_up() {
    Run::new(1, 3, &[healthy(3_500), healthy(0)])
        .go(&[], 5_000)
        .expect(&[
            "0: event 1, event 2, check",
            "3500: check",
            "4000: check",
            "5000: check",
        ]);
}

#[test]
fn far_ahead_after_a_freeze_the_grid_goes_on() {
    // Asleep for ten intervals while waiting: one check now, then the grid again.
    let mut run = Run::new(1, 3, &[healthy(0)]).go(&[], 0);
    run.now = 10_400;
    run.monitor.handle_timeout(at(10_400));
    run.drain();
    run.end_check();
    assert_eq!(run.monitor.poll_timeout(), Some(at(11_000)));
}

#[test]
fn the_limits_of_the_options_hold() {
    let run = Run::new(10_000, 10_000, &[failed(0, REFUSED)]).go(&[], u64::MAX);
    assert_eq!(run.log.last().unwrap(), "100000000000 exit failed");
    assert_eq!(run.checks, 10_001);
}
