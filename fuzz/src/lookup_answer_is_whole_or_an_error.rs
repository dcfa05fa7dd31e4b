//! What the look-up child says is understood alike in whatever pieces it comes, and half an answer is none.

use super::help::input::{Input, pieces};
use clp_isa_core::limits::ADDRESSES_MAX;
use clp_isa_core::wire::lookup::LookupAnswer;

/// Bytes: four that say where to cut, what the child says.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let seed = input.number();
    let said = input.rest();
    let (mut whole, mut cut) = (LookupAnswer::new(), LookupAnswer::new());
    whole.handle_received(said);
    pieces(said, seed).for_each(|piece| cut.handle_received(piece));
    let answer = whole.finish(25);
    assert_eq!(answer, cut.finish(25));
    match answer {
        Ok(addresses) => {
            assert!((1..=ADDRESSES_MAX).contains(&addresses.len()));
            assert!(addresses.iter().all(|address| address.port() == 25));
            assert!(said.ends_with(b"\nend\n"));
            for length in 0..said.len() {
                let mut half = LookupAnswer::new();
                half.handle_received(&said[..length]);
                assert!(half.finish(25).is_err(), "half an answer");
            }
        }
        Err(number) => assert_ne!(number, 0),
    }
}
