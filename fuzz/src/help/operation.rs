//! What can happen to a check.

use super::input::Input;
use clp_isa_core::check::{Call, Check, Missing};
use clp_isa_core::config::Addresses;
use clp_isa_core::errno::Errno;
use clp_isa_core::probe::End;
use clp_isa_core::time::Instant;
use core::net::SocketAddr;

/// IPv4 and IPv6 in turn.
fn address(number: u8) -> SocketAddr {
    if number.is_multiple_of(2) {
        ([10, 0, 0, number], 80).into()
    } else {
        ([0xfd00, 0, 0, 0, 0, 0, 0, number.into()], 80).into()
    }
}

/// Has happen at `now` what the next bytes of `input` say: one for what, one for with what; or, with `input` used up, the
/// moment `due` come. Gives the moment after it.
pub fn carry_out(check: &mut Check, now: Instant, due: Instant, input: &mut Input<'_>) -> Instant {
    let (what, with) = (input.byte(), input.byte());
    match what {
        _ if now == due || input.is_empty() => {
            check.handle_timeout(due);
            return due;
        }
        0..10 => check.handle_lookup_failed(i32::from(with) - 128, now),
        10..40 => {
            let missing = Missing {
                v6: with >= 128,
                ..Missing::default()
            };
            check.handle_missing(missing);
            let addresses: Addresses = (0..with % 9).map(address).collect();
            check.handle_addresses(&addresses, now);
        }
        40..80 => check.handle_connected(),
        80..100 => check.handle_error(
            Call::ALL[usize::from(what) % Call::ALL.len()],
            Errno(with.into()),
            now,
        ),
        100..130 => check.handle_sent(usize::from(with).min(check.outgoing().len()), now),
        130..140 => check.handle_end(End::Closed, now),
        _ => check.handle_received(input.bytes(with.into()), now),
    }
    now
}
