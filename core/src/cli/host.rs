//! The value of `-s`: a name or an address.
//!
//! Owns the forms. Refuses what a resolver would read in a way of its own.

use crate::config::Host;
use crate::limits::SERVER_MAX;
use arrayvec::ArrayString;
use core::net::Ipv6Addr;

/// The host in `value`; nothing if it has none of the forms.
///
/// An address is dotted-quad IPv4 or IPv6, the latter with or without brackets and with an optional `%zone` of 1 to
/// 15 bytes (a Linux interface name or index). A name is 1 to 255 letters, digits, `-`, `.` and `_` and does not begin
/// with `-`. A name that consists of numbers is neither: `getaddrinfo` would take 127.1, 0x7f.1 or 0177.0.0.1 for an
/// address (inet_aton(3)), which is hardly what was meant.
pub(super) fn parse(value: &[u8]) -> Option<Host> {
    let text = core::str::from_utf8(value).ok()?;
    if text.len() > SERVER_MAX {
        return None;
    }
    if let Ok(address) = text.parse() {
        return Some(Host::V4(address));
    }
    if text.contains([':', '[', ']']) {
        return parse_v6(text);
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if text.is_empty() || text.starts_with('-') || !text.bytes().all(is_name) {
        return None;
    }
    if text.split('.').all(is_number) {
        return None;
    }
    ArrayString::from(text).ok().map(Host::Name)
}

fn parse_v6(text: &str) -> Option<Host> {
    let text = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None => text,
    };
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(parse_zone(zone)?)),
        None => (text, None),
    };
    let address: Ipv6Addr = address.parse().ok()?;
    Some(Host::V6(address, zone))
}

/// A zone fits an interface name: `IFNAMSIZ` less its final zero.
fn parse_zone(zone: &str) -> Option<ArrayString<16>> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if zone.is_empty() || zone.len() > 15 || !zone.bytes().all(is_allowed) {
        return None;
    }
    ArrayString::from(zone).ok()
}

/// Whether inet_aton(3) might take `label` for a number; an empty label counts, so that dots alone are no name.
fn is_number(label: &str) -> bool {
    let hexadecimal = label
        .strip_prefix("0x")
        .or_else(|| label.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<Host> {
        Some(Host::Name(ArrayString::from(text).unwrap()))
    }

    fn v6(address: &str, zone: Option<&str>) -> Option<Host> {
        let zone = zone.map(|zone| ArrayString::from(zone).unwrap());
        Some(Host::V6(address.parse().unwrap(), zone))
    }

    #[test]
    fn names() {
        let longest = "x".repeat(255);
        for good in [
            "localhost",
            "a",
            "www.example.com",
            "www.example.com.",
            "web_1",
            "1a",
            "1.b",
            "0xg",
            "x.1",
            "3com.net",
            &longest,
        ] {
            assert_eq!(parse(good.as_bytes()), name(good), "{good}");
        }
        for bad in [
            "",
            "-a",
            "a b",
            "a/b",
            "a@b",
            "a%eth0",
            "é",
            "*",
            "a\n",
            &format!("{longest}x"),
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
        for bad in [&b"a\0"[..], b"\xff", b"a\xc3"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn addresses() {
        assert_eq!(parse(b"192.0.2.1"), Some(Host::V4([192, 0, 2, 1].into())));
        assert_eq!(parse(b"::1"), v6("::1", None));
        assert_eq!(parse(b"[2001:db8::1]"), v6("2001:db8::1", None));
        assert_eq!(parse(b"::ffff:192.0.2.1"), v6("::ffff:192.0.2.1", None));
        assert_eq!(parse(b"fe80::1%eth0"), v6("fe80::1", Some("eth0")));
        assert_eq!(
            parse(b"[fe80::1%br-0.1_abcdefgh]"),
            v6("fe80::1", Some("br-0.1_abcdefgh"))
        );
        for bad in [
            "[::1",
            "::1]",
            "[]",
            "[127.0.0.1]",
            "[localhost]",
            "localhost:80",
            "127.0.0.1:80",
            "[::1]:80",
            ":",
            ":::",
            "fe80::1%",
            "fe80::1%a b",
            "fe80::1%sixteen-letters-",
            "fe80::1%eth0%eth1",
            "[fe80::1]%eth0",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn numbers_are_neither_name_nor_address() {
        for bad in [
            "127.1",
            "300.0.0.1",
            "1",
            "1.2.3.4.5",
            "0177.0.0.1",
            "127.0.0.01",
            "1.2.3.4.",
            ".",
            "...",
            "0x7f.1",
            "0x7f000001",
            "0X7F.0.0.1",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
