//! A monitor's reply means what its first line says, in whatever pieces it comes; what people see of it is printable.

use super::help::control::read;
use super::help::input::{Input, pieces};
use clp_isa::control::client::{ControlError, obeyed};
use clp_isa::control::command::{Incoming, Reply};
use clp_isa::control::survey::Condition;

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
    if let Some(reply) = whole.reply() {
        let is_printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let refused =
            matches!(obeyed(reply), Err(ControlError::Refused { reason }) if is_printable(&reason));
        assert_eq!(refused, reply != Ok(Reply::Done));
        assert!(!matches!(reply.into(), Condition::Silent(why) if !is_printable(&why)));
    }
}
