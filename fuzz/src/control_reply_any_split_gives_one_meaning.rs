//! A monitor's reply means what its first line says, in whatever pieces it comes; what people see of it is printable.

use super::help::control::read;
use super::help::input::{Input, pieces};
use clp_isa_core::text::Escaped;
use clp_isa_core::wire::control::{Incoming, Reply};

/// Bytes: four that say where to cut, what the monitor sends.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let seed = input.number();
    let sent = input.rest();
    let (mut whole, mut cut) = (Incoming::default(), Incoming::default());
    whole.handle_received(sent);
    pieces(sent, seed).for_each(|piece| cut.handle_received(piece));
    assert_eq!(whole, cut);
    assert_eq!(whole.reply(), read(sent));
    if let Some(Ok(Reply::Refused(reason))) = whole.reply() {
        let shown = Escaped(reason).to_string();
        assert!(shown.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }
}
