//! Whatever zone file or `TZ` text is read, offsets are within 26 hours, and those of another reader where that one takes
//! the zone; the moment from which on a zone is wanted makes no difference after it.

use super::help::input::Input;
use super::help::zones::{from_text, moments, offset_by, plausible};
use clp_isa_core::time_zone::{Change, TimeZone as AnyZone};
use tz::TimeZone as OtherZone;

type TimeZone = AnyZone<Vec<Change>>;

/// Bytes: whether a file or a text, eight of the moment from which on it is wanted, the zone.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let is_file = input.byte().is_multiple_of(2);
    let since = (i64::from(input.number()) << 32 | i64::from(input.number())) >> 28;
    let zone = input.rest();
    let (whole, late, other) = if is_file {
        let read = |since| TimeZone::from_file(zone, since);
        (
            read(i64::MIN),
            read(since),
            OtherZone::from_tz_data(zone).ok(),
        )
    } else {
        let read = || TimeZone::from_rule(zone.trim_ascii());
        (read(), read(), from_text(zone))
    };
    let Some((whole, late)) = whole.zip(late) else {
        // What the other one takes is read, but for offsets that no place has.
        return assert!(!other.is_some_and(|other| plausible(&other)), "refused");
    };
    for at in moments(other.as_ref(), since) {
        let offset = whole.offset_at(at);
        assert!(offset.abs() < 26 * 60 * 60, "{offset}");
        assert!(at < since || late.offset_at(at) == offset, "{at}");
        if let Some(expected) = other.as_ref().and_then(|other| offset_by(other, at)) {
            assert_eq!(offset, expected, "{at}");
        }
    }
}
