//! Licenses, and files of them made from bytes.

use clp_isa_core::date::Date;
use clp_isa_core::license::key::{Key, Serial, Terms};
use core::ops::RangeInclusive;

/// The days of the trial.
pub const TRIAL: RangeInclusive<u16> = 0x4000..=0x5000;

const PRODUCT_SERIAL: &[u8] = b"ABC0000001";
const TRIAL_SERIAL: &[u8] = b"XYZ9999999";

/// `bytes` with a license's text in the place of each that stands for one: `\x01` and `\x02` for serial number and key of
/// a product license, `\x03` and `\x04` for those of a trial.
pub fn filled_in(bytes: &[u8]) -> Vec<u8> {
    let product = key(PRODUCT_SERIAL, Terms::Product);
    let (first, last) = (Date::new(*TRIAL.start()), Date::new(*TRIAL.end()));
    let trial = key(TRIAL_SERIAL, Terms::Trial { first, last });
    let mut file = Vec::new();
    for byte in bytes {
        file.extend(match byte {
            1 => PRODUCT_SERIAL,
            2 => product.as_bytes(),
            3 => TRIAL_SERIAL,
            4 => trial.as_bytes(),
            _ => core::slice::from_ref(byte),
        });
    }
    file
}

fn key(serial: &[u8], terms: Terms) -> String {
    let serial = Serial::parse(serial).unwrap();
    Key::issue(serial, terms).unwrap().to_string()
}
