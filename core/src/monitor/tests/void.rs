//! Checks that the node could not make: not counted, but told, and told again.

use super::*;

#[test]
fn void_checks_neither_count_nor_clear() {
    let bad = failed(0, REFUSED);
    Run::new(1, 1, &[bad, void(24), void(24), bad])
        .go(&[], u64::MAX)
        .expect(&[
            "0: event 1, event 2, check, note failed 1/2, event 72[111]",
            "1000: check, note void, event 71[24]",
            "2000: check, note void, event 71[24]",
            "3000: check, note void over, note failed 2/2, event 72[111], event 6, exit failed",
        ]);
}

#[test]
fn each_void_outage_is_alerted() {
    Run::new(
        1,
        2,
        &[void(24), void(23), healthy(0), void(24), healthy(0)],
    )
    .go(&[], 4_000)
    .expect(&[
        "0: event 1, event 2, check, note void, event 71[24]",
        "1000: check, note void",
        "2000: check, note void over",
        "3000: check, note void, event 71[24]",
        "4000: check, note void over",
    ]);
}

#[test]
fn a_void_outage_that_lasts_is_alerted_again_and_again() {
    let plans = [
        void(24),
        void(24),
        void(24),
        void(23),
        // Neither the end of the row nor part of it.
        late(0),
        void(24),
        void(24),
    ];
    Run::new(1, 2, &plans).go(&[], 7_000).expect(&[
        "0: event 1, event 2, check, note void, event 71[24]",
        "1000: check, note void",
        "2000: check, note void, event 71[24]",
        "3000: check, note void",
        "4000: check, note late 1, check, note void",
        "5000: check, note void, event 71[24]",
        "6000: check, note void",
        "7000: check, note void",
    ]);
}

#[test]
fn a_new_outage_begins_a_new_row() {
    let plans = [void(24), void(24), healthy(0), void(24), void(24), void(24)];
    Run::new(1, 2, &plans).go(&[], 5_000).expect(&[
        "0: event 1, event 2, check, note void, event 71[24]",
        "1000: check, note void",
        "2000: check, note void over",
        "3000: check, note void, event 71[24]",
        "4000: check, note void",
        "5000: check, note void, event 71[24]",
    ]);
}
