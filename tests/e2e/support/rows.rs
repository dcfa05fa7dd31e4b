//! Rows of a table run side by side: each costs time, hardly any work. A test of its own for each would take longer: the
//! test runner runs no more of them at a time than the machine has cores.
//!
//! `CLP_ISA_TEST_ROW=TEXT` in the environment runs only those rows of a table whose names contain the text.

use super::report;
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
    run_all(at_once, &asked_for(rows, &name), &name, row);
}

/// The rows that the environment asks for: all of them, unless it names some.
fn asked_for<T>(rows: &[T], name: impl Fn(&T) -> String) -> Vec<&T> {
    let Ok(text) = std::env::var("CLP_ISA_TEST_ROW") else {
        return rows.iter().collect();
    };
    let is_asked_for = |row: &&T| name(row).contains(&text);
    let asked: Vec<&T> = rows.iter().filter(is_asked_for).collect();
    report(&format!("{} of {} rows run\n", asked.len(), rows.len()));
    asked
}

#[track_caller]
fn run_all<T: Sync>(
    at_once: usize,
    rows: &[&T],
    name: impl Fn(&T) -> String + Sync,
    row: impl Fn(&T) + Sync,
) {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..at_once.min(rows.len()) {
            scope.spawn(|| {
                // Ends: every turn takes a row.
                while let Some(&taken) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
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

/// Runs every row of a table whose rows have no names, and say which they are when they fail.
#[track_caller]
pub(crate) fn each<T: Sync>(rows: &[T], row: impl Fn(&T) + Sync) {
    let rows: Vec<&T> = rows.iter().collect();
    run_all(AT_ONCE, &rows, |_| "see above".into(), row);
}
