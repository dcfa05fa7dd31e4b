//! Pause, resume, stop, and being displaced.

use super::*;

#[test]
fn pause_drops_the_check_and_the_count_and_resume_begins_anew() {
    let plans = [
        failed(0, REFUSED),
        failed(5_000, REFUSED),
        failed(0, REFUSED),
    ];
    Run::new(2, 1, &plans)
        .go(
            &[
                (3_000, Op::Pause),
                (3_500, Op::Pause),
                (7_300, Op::Resume),
                (7_400, Op::Resume),
            ],
            u64::MAX,
        )
        .expect(&[
            "0: event 1, event 2, check, note failed 1/2, event 72[111]",
            "2000: check",
            "3000: abort, event 7",
            "7300: event 8, check, note failed 1/2, event 72[111]",
            "9300: check, note failed 2/2, event 72[111], event 6, exit failed",
        ]);
}

#[test]
fn pause_while_waiting_and_stop_while_paused() {
    Run::new(2, 1, &[healthy(0)])
        .go(&[(1_000, Op::Pause), (9_000, Op::Stop)], u64::MAX)
        .expect(&[
            "0: event 1, event 2, check",
            "1000: event 7",
            "9000: event 3, exit stopped",
        ]);
}

#[test]
fn a_displaced_monitor_drops_its_check_and_ends_whatever_it_does() {
    for (pause, abort) in [(&[][..], "abort, "), (&[(500, Op::Pause)], "")] {
        let run = Run::new(2, 1, &[healthy(9_000)]);
        let run = run.go(
            &[pause, &[(1_000, Op::Displace), (1_100, Op::Displace)]].concat(),
            u64::MAX,
        );
        let end = format!("1000: {abort}event 14, exit displaced");
        let mut expected = vec!["0: event 1, event 2, check"];
        if !pause.is_empty() {
            expected.push("500: abort, event 7");
        }
        expected.push(&end);
        run.expect(&expected);
    }
}

#[test]
fn stop_drops_a_running_check() {
    Run::new(2, 1, &[healthy(9_000)])
        .go(&[(1_000, Op::Stop)], u64::MAX)
        .expect(&[
            "0: event 1, event 2, check",
            "1000: abort, event 3, exit stopped",
        ]);
}
