//! The hosts file gives the same addresses in whatever pieces it is read, those of whole entries for the name and no
//! others.

use super::help::hosts::addresses_of;
use super::help::input::{Input, drawn_out, pieces};
use clp_isa_core::limits::ADDRESSES_MAX;
use clp_isa_core::wire::hosts::Search;

/// Bytes: four that say where to cut, the file. The name is `web`.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let seed = input.number();
    let file = drawn_out(input.rest(), seed & 1 != 0);
    let (mut whole, mut cut) = (Search::new("web", 25), Search::new("web", 25));
    whole.handle_bytes(&file);
    pieces(&file, seed).for_each(|piece| cut.handle_bytes(piece));
    let found = whole.finish();
    assert_eq!(found, cut.finish());

    assert!(found.len() <= ADDRESSES_MAX);
    let mut wanted = addresses_of(&file, b"web").into_iter();
    assert!(
        found
            .iter()
            .all(|found| wanted.any(|wanted| wanted == found.ip()))
    );
}
