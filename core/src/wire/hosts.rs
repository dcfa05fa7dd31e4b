//! The hosts file (hosts(5)), searched for one name.
//!
//! Owns its form and one pass over it; keeps nothing between two lookups. What is not understood is skipped: an
//! entry that is missed here is looked up by the resolver, an entry that was misread would watch the wrong server.

use crate::config::Addresses;
use crate::limits::HOSTS_LINE_MAX;
use arrayvec::ArrayVec;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// Appends an address that is not there yet, if there is room.
pub fn add(addresses: &mut Addresses, address: SocketAddr) {
    if !addresses.contains(&address) {
        let _ = addresses.try_push(address);
    }
}

/// A zone of an IPv6 address in digits; nothing if it is a name (RFC 4007, 11.2).
pub fn zone_number(zone: &str) -> Option<u32> {
    // `parse` alone would take a sign.
    if zone.bytes().all(|byte| byte.is_ascii_digit()) {
        zone.parse().ok()
    } else {
        None
    }
}

/// A search in progress: `handle_bytes` for the file's bytes in any split, then `finish`.
#[derive(Debug)]
pub struct Search<'a> {
    name: &'a [u8],
    port: u16,
    line: ArrayVec<u8, HOSTS_LINE_MAX>,
    /// The line is longer than what is held of it.
    cut: bool,
    found: Addresses,
}

impl<'a> Search<'a> {
    /// A search for `name`, in any case, without a trailing dot.
    pub fn new(name: &'a str, port: u16) -> Self {
        Self {
            name: name.as_bytes(),
            port,
            line: ArrayVec::new(),
            cut: false,
            found: Addresses::new(),
        }
    }

    /// These bytes come next in the file.
    pub fn handle_bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                self.handle_line();
            } else if self.line.try_push(byte).is_err() {
                self.cut = true;
            }
        }
    }

    /// The file ended. The addresses found, in the file's order.
    pub fn finish(mut self) -> Addresses {
        self.handle_line();
        self.found
    }

    fn handle_line(&mut self) {
        if self.cut {
            // The last word may go on beyond what is held: it is not the name that it looks like.
            let whole = self.line.iter().rposition(|&byte| is_end_of_word(byte));
            self.line.truncate(whole.unwrap_or(0));
        }
        if let Some(address) = address_of(&self.line, self.name, self.port) {
            add(&mut self.found, address);
        }
        self.line.clear();
        self.cut = false;
    }
}

/// The address in `line` if the line is an entry for `name`.
fn address_of(line: &[u8], name: &[u8], port: u16) -> Option<SocketAddr> {
    let entry = line.split(|&byte| byte == b'#').next()?;
    let mut words = entry
        .split(|&byte| is_end_of_word(byte))
        .filter(|word| !word.is_empty());
    let address = words.next()?;
    if !words.any(|alias| alias.eq_ignore_ascii_case(name)) {
        return None;
    }
    parse_address(core::str::from_utf8(address).ok()?, port)
}

/// The blanks of isspace(3), and the beginning of a comment.
const fn is_end_of_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c | b'#')
}

/// An address as it stands in the file. A zone must be a number: naming an interface needs a system call.
fn parse_address(text: &str, port: u16) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(SocketAddrV4::new(address, port).into());
    }
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, zone_number(zone)?),
        None => (text, 0),
    };
    let address = address.parse::<Ipv6Addr>().ok()?;
    Some(SocketAddrV6::new(address, port, 0, zone).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::ADDRESSES_MAX;

    fn search(file: &[u8], name: &str, chunk: usize) -> Vec<String> {
        let mut search = Search::new(name, 25);
        for bytes in file.chunks(chunk) {
            search.handle_bytes(bytes);
        }
        search.finish().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn entries() {
        let long = "x".repeat(HOSTS_LINE_MAX);
        let fill = |left: usize| "x".repeat(HOSTS_LINE_MAX.saturating_sub(left));
        let many: String = (0..20).map(|n| format!("10.0.0.{n} web\n")).collect();
        let first: Vec<String> = (0..ADDRESSES_MAX)
            .map(|n| format!("10.0.0.{n}:25"))
            .collect();
        let first: Vec<&str> = first.iter().map(String::as_str).collect();
        let table: Vec<(String, &str, Vec<&str>)> = [
            ("", "web", &[][..]),
            ("10.0.0.1 web", "web", &["10.0.0.1:25"]),
            ("10.0.0.1 web\n", "web", &["10.0.0.1:25"]),
            ("10.0.0.1\tweb\r\n", "web", &["10.0.0.1:25"]),
            (" \t10.0.0.1\x0b\x0c web \n", "web", &["10.0.0.1:25"]),
            ("10.0.0.1 WEB.Example\n", "web.example", &["10.0.0.1:25"]),
            ("10.0.0.1 web\n", "WEB", &["10.0.0.1:25"]),
            ("10.0.0.1 a b web c\n", "web", &["10.0.0.1:25"]),
            ("10.0.0.1 webs awe eb we\n", "web", &[]),
            ("10.0.0.1\n", "10.0.0.1", &[]),
            ("web 10.0.0.1\n", "web", &[]),
            // Comments.
            ("#10.0.0.1 web\n", "web", &[]),
            ("10.0.0.1 #web\n", "web", &[]),
            ("10.0.0.1 web#old\n", "web", &["10.0.0.1:25"]),
            ("10.0.0.1#web\n", "web", &[]),
            // Both families, the file's order, no repetition.
            (
                "::1 web\n10.0.0.2 web\n10.0.0.1 x\n10.0.0.1 web web\n::1 y web\n",
                "web",
                &["[::1]:25", "10.0.0.2:25", "10.0.0.1:25"],
            ),
            ("fe80::1%3 web\n", "web", &["[fe80::1%3]:25"]),
            ("fe80::1%eth0 web\n", "web", &[]),
            ("fe80::1% web\n", "web", &[]),
            ("fe80::1%+3 web\n", "web", &[]),
            ("10.0.0.1%3 web\n", "web", &[]),
            // Not an address.
            ("10.0.0 web\n", "web", &[]),
            ("10.0.0.256 web\n", "web", &[]),
            ("10.0.0.1:80 web\n", "web", &[]),
            ("[::1] web\n", "web", &[]),
            ("\u{e9} web\n10.0.0.1 web\n", "web", &["10.0.0.1:25"]),
            // No word is empty.
            ("10.0.0.1  web\n", "", &[]),
        ]
        .into_iter()
        .map(|(file, name, wanted)| (file.to_owned(), name, wanted.to_vec()))
        .chain([
            (many, "web", first),
            // Over-long lines: what is held of them counts, but no cut word, and the next line begins afresh.
            (format!("10.0.0.1 web {long}\n"), "web", vec!["10.0.0.1:25"]),
            (format!("10.0.0.1 {long} web\n"), "web", vec![]),
            (format!("{long} 10.0.0.1 web\n"), "web", vec![]),
            (format!("10.0.0.1 {} webmail\n", fill(13)), "web", vec![]),
            (
                format!("10.0.0.1 {} web\n", fill(13)),
                "web",
                vec!["10.0.0.1:25"],
            ),
            (format!("10.0.0.1 {} web x\n", fill(13)), "web", vec![]),
            (
                format!("10.0.0.1 web #{long}\n"),
                "web",
                vec!["10.0.0.1:25"],
            ),
            (format!("10.0.0.1 web#{long}\n"), "web", vec!["10.0.0.1:25"]),
            (format!("#{long}\n10.0.0.1 web"), "web", vec!["10.0.0.1:25"]),
            (
                format!("{long}{long}{long}10.0.0.1 web\n10.0.0.2 web"),
                "web",
                vec!["10.0.0.2:25"],
            ),
        ])
        .collect();
        for (file, name, wanted) in table {
            for chunk in [1, 2, 7, HOSTS_LINE_MAX, usize::MAX] {
                assert_eq!(search(file.as_bytes(), name, chunk), wanted, "{file:?}");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_skipped() {
        assert_eq!(
            search(b"\xff\xfe web\n10.0.0.1 \xff web\n\0\n", "web", 3),
            ["10.0.0.1:25"]
        );
    }
}
