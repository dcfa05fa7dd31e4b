//! Events.

use clp_isa_core::errno::Errno;
use clp_isa_core::event::{Event, Failure};

/// One with `number` in its text, in each of the forms that have one; or one without.
pub fn event(kind: u8, number: i32) -> Event {
    match kind % 4 {
        0 => Event::System {
            call: "connect",
            errno: Errno(number),
        },
        1 => Event::Failure(Failure::Lookup(number)),
        2 => Event::Failure(Failure::InvalidStatus(number.unsigned_abs() as u16)),
        _ => Event::NoIdentifier,
    }
}
