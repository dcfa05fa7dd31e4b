//! A key that is read is written back as it was; one that was issued is genuine for its serial number and for no other.

use super::help::input::Input;
use clp_isa_core::date::Date;
use clp_isa_core::license::key::{Key, LAST_DAY, Serial, Terms};

/// Bytes: the key; or a serial number of ten, the days of four and two more, from which a key is issued.
pub fn check(bytes: &[u8]) {
    if let Ok(key) = Key::parse(bytes) {
        assert_eq!(key.to_string().as_bytes(), bytes);
        if let Terms::Trial { first, last } = key.terms() {
            assert!(first <= last && last <= LAST_DAY);
        }
    }
    let mut input = Input::new(bytes);
    let Some(serial) = Serial::parse(input.bytes(10)) else {
        return;
    };
    let mut day = || Date::new(u16::from(input.byte()) << 8 | u16::from(input.byte()));
    let (first, last) = (day(), day());
    let trial = Key::issue(serial, Terms::Trial { first, last });
    assert_eq!(trial.is_ok(), first <= last && last <= LAST_DAY);
    let key = trial.unwrap_or(Key::issue(serial, Terms::Product).unwrap());
    let text = key.to_string();
    assert_eq!(Key::parse(text.as_bytes()), Ok(key));
    assert!(key.is_genuine(serial));
    // One byte of it, or of the serial number, is another one.
    let (place, byte) = (usize::from(input.byte()), input.byte());
    let mut wrong = text.clone().into_bytes();
    wrong[place % text.len()] = byte;
    assert!(
        wrong == text.as_bytes() || !Key::parse(&wrong).is_ok_and(|key| key.is_genuine(serial))
    );
    let mut other = serial.to_string().into_bytes();
    other[place % 10] = byte;
    assert!(Serial::parse(&other).is_none_or(|other| other == serial || !key.is_genuine(other)));
}
