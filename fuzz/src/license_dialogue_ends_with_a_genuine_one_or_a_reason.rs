//! `clplcnsc`'s dialogue ends whatever is typed, with a genuine license of the kind asked for or with a printable reason; the
//! pieces in which the answers come make no difference.

use super::help::dialogue::hold;
use super::help::input::{Input, pieces};
use super::help::licenses::filled_in;
use clp_isa_core::license::key::Terms;

/// Bytes: four that say where to cut, and what is typed, in which some stand for serial numbers and keys.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let seed = input.number();
    let typed = filled_in(input.rest());
    let ended = hold(pieces(&typed, seed));
    assert_eq!(ended, hold([&typed[..]].into_iter()));
    match ended {
        Ok(record) => {
            let is_trial = record.terms() != Terms::Product;
            assert!(record.key().is_genuine(record.serial()));
            assert!(
                typed
                    .trim_ascii_start()
                    .starts_with(if is_trial { b"2" } else { b"1" })
            );
        }
        Err(reason) => {
            let is_printable = reason.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            assert!(!reason.is_empty() && is_printable);
        }
    }
}
