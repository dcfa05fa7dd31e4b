//! Rows of a table run side by side: each costs time, hardly any work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rows that run at once where a test has no reason for another number.
pub(crate) const AT_ONCE: usize = 8;

/// Runs every row, `at_once` of them at a time; a row that fails does so with its name, and does not keep the others
/// from being run.
#[track_caller]
pub(crate) fn run<T: Sync>(
    at_once: usize,
    rows: &[T],
    name: impl Fn(&T) -> String + Sync,
    row: impl Fn(&T) + Sync,
) {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..at_once.min(rows.len()) {
            scope.spawn(|| {
                // Ends: every turn takes a row.
                while let Some(taken) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if catch_unwind(AssertUnwindSafe(|| row(taken))).is_err() {
                        failed.lock().unwrap().push(name(taken));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    let count = rows.len();
    // Why each failed was printed when it did.
    assert!(
        failed.is_empty(),
        "{} of {count} rows failed: {failed:#?}",
        failed.len()
    );
}

/// Runs every row of a table whose rows name themselves when they fail.
#[track_caller]
pub(crate) fn each<T: Sync>(rows: &[T], row: impl Fn(&T) + Sync) {
    run(AT_ONCE, rows, |_| "see above".into(), row);
}
