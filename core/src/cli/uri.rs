//! The value of `-h`: a Request-URI.
//!
//! Owns the forms. Refuses what could not stand in a request line.

use crate::limits::URI_MAX;
use arrayvec::ArrayString;

/// A request target that can stand in a request line as it is (RFC 9112, 3.2): no spaces or control characters, so
/// that no header can be smuggled in, and no fragment, which is never sent (RFC 9110, 7.1).
///
/// An absolute URI must have a host (RFC 9110, 4.2.1) and no user information (4.2.4), since its authority becomes
/// the `Host` header.
pub(super) fn parse(value: &[u8]) -> Option<ArrayString<URI_MAX>> {
    if !value
        .iter()
        .all(|byte| matches!(byte, 0x21..=0x7e) && *byte != b'#')
    {
        return None;
    }
    const SCHEME: &[u8] = b"http://";
    let is_absolute = value
        .split_at_checked(SCHEME.len())
        .is_some_and(|(scheme, rest)| {
            let authority = rest
                .split(|byte| b"/?".contains(byte))
                .next()
                .unwrap_or_default();
            scheme.eq_ignore_ascii_case(SCHEME)
                && !authority.is_empty()
                && !authority.starts_with(b":")
                && !authority.contains(&b'@')
        });
    if !(value.starts_with(b"/") || value == b"*" || is_absolute) {
        return None;
    }
    ArrayString::from(core::str::from_utf8(value).ok()?).ok()
}
