//! Keys: every way to be wrong by one symbol, and the ways to be wrong by more.

use super::*;

fn serial(text: &str) -> Serial {
    Serial::parse(text.as_bytes()).unwrap()
}

fn day(text: &str) -> Date {
    Date::parse(text.as_bytes()).unwrap()
}

/// A trial in its everyday form, one of a single day, the longest possible, and a product.
fn kinds() -> [Terms; 4] {
    let trial = |first, last| Terms::Trial { first, last };
    [
        Terms::Product,
        trial(day("2026-11-24"), day("2026-12-23")),
        trial(day("2028-02-29"), day("2028-02-29")),
        trial(Date::new(0), LAST_DAY),
    ]
}

#[test]
fn what_was_issued_is_genuine_for_its_serial_number_and_reads_back() {
    for terms in kinds() {
        for number in ["ABC0000001", "ZZZ9999999", "OIU0000000"] {
            let key = Key::issue(serial(number), terms).unwrap();
            let text = key.to_string();
            assert_eq!(text.len(), KEY_LENGTH);
            assert_eq!(Key::parse(text.as_bytes()), Ok(key));
            assert_eq!(key.terms(), terms);
            assert!(key.is_genuine(serial(number)));
            assert!(!key.is_genuine(serial("ABC0000002")));
        }
    }
}

/// With the published secret: a change of the key's making, which would void every issued key, fails here. The keys
/// were computed from the description in `key`, by another program on another HMAC-SHA256 (Python's `hmac`).
#[test]
fn keys_are_made_as_they_always_were() {
    if !is_published() {
        return;
    }
    let texts = kinds().map(|terms| Key::issue(serial("ABC0000001"), terms).unwrap().to_string());
    assert_eq!(
        texts,
        [
            "P000000A-KB43Q90-01C6M2P-0JWFG5F",
            "T9K09KWM-TXVCVY0-DQH0LMV-FL7NL26",
            "TA1EA1EC-9ATL8YD-04VSRWW-PH5F262",
            "T000YYYH-2BBAT5F-041MJ6T-EMRSG8R",
        ]
    );
}

#[test]
fn a_key_with_any_one_symbol_changed_is_refused() {
    let mut tried = 0;
    for terms in kinds() {
        let number = serial("ABC0000001");
        let key = Key::issue(number, terms).unwrap().to_string().into_bytes();
        for place in 0..key.len() {
            for byte in 0..=u8::MAX {
                if byte == key[place] {
                    continue;
                }
                let mut changed = key.clone();
                changed[place] = byte;
                let accepted = Key::parse(&changed).is_ok_and(|key| key.is_genuine(number));
                assert!(!accepted, "{}", String::from_utf8_lossy(&changed));
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 4 * KEY_LENGTH * 255);
}

#[test]
fn a_serial_number_with_any_one_byte_changed_is_refused() {
    for terms in kinds() {
        let number = *b"ABC0000001";
        let key = Key::issue(Serial(number), terms).unwrap();
        for place in 0..number.len() {
            for byte in 0..=u8::MAX {
                let mut changed = number;
                changed[place] = byte;
                let accepted = Serial::parse(&changed).is_some_and(|serial| key.is_genuine(serial));
                assert_eq!(accepted, changed == number);
            }
        }
    }
}

#[test]
fn what_is_wrong_with_a_form_is_said() {
    let good = Key::issue(serial("ABC0000001"), Terms::Product)
        .unwrap()
        .to_string();
    let (head, tail) = good.split_at(8);
    let joined = good.replace('-', "");
    let rows: [(&str, KeyError); 14] = [
        ("", KeyError::Groups),
        (head, KeyError::Groups),
        (tail, KeyError::Groups),
        (&joined, KeyError::Groups),
        (&good.replace('-', " "), KeyError::Groups),
        (&format!("{good}-"), KeyError::Groups),
        (&format!("{good}-0000000"), KeyError::Groups),
        (&format!("-{good}"), KeyError::Groups),
        ("0000000-00000000-0000000-0000000", KeyError::Groups),
        ("00000000-0000000-0000000-0000000", KeyError::Malformed),
        ("P0000010-0000000-0000000-0000000", KeyError::Malformed),
        ("T0020010-0000000-0000000-0000000", KeyError::Malformed),
        ("PI000000-0000000-0000000-0000000", KeyError::Symbol(b'I')),
        ("p0000000-0000000-0000000-0000000", KeyError::Symbol(b'p')),
    ];
    for (text, error) in rows {
        assert_eq!(Key::parse(text.as_bytes()), Err(error), "{text}");
        assert!(!error.to_string().contains('\n'));
    }
    for byte in (0..=u8::MAX).filter(|byte| !SYMBOLS.contains(byte) && *byte != b'-') {
        let mut text = *b"P0000000-0000000-0000000-0000000";
        text[31] = byte;
        assert_eq!(Key::parse(&text), Err(KeyError::Symbol(byte)));
    }
}

#[test]
fn serial_numbers() {
    for wrong in [
        "",
        "ABC000000",
        "ABC00000000",
        "abc0000001",
        "AB00000001",
        "ABCD000001",
        "ABC000000A",
        "ABC000000 ",
        " BC0000001",
        "ABC-000001",
        "ABC000000\u{661}",
        "\u{c4}BC000001",
    ] {
        assert_eq!(Serial::parse(wrong.as_bytes()), None, "{wrong}");
    }
    assert_eq!(Serial::parse(&[b'A'; 256]), None);
    assert_eq!(serial("XXX0000000").to_string(), "XXX0000000");
}

#[test]
fn dates_that_no_trial_can_have_are_not_issued() {
    let number = serial("ABC0000001");
    for (first, last) in [
        ("2026-01-02", "2026-01-01"),
        ("1999-12-31", "2026-01-01"),
        ("1999-12-01", "1999-12-31"),
        ("2026-01-01", "2089-09-19"),
        ("2089-09-19", "2179-06-07"),
    ] {
        let terms = Terms::Trial {
            first: day(first),
            last: day(last),
        };
        assert_eq!(Key::issue(number, terms), Err(BadDates), "{first} {last}");
    }
}
