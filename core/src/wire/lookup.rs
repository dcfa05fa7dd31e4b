//! What the lookup child answers to the monitor that started it.
//!
//! Text: the addresses, each a line (`192.0.2.1:0`, `[fe80::1%2]:0`), then the line `end`; or the one line
//! `error NUMBER`.

use super::hosts::add;
use crate::config::Addresses;
use crate::errno::{Errno, eai};
use crate::limits::{ADDRESSES_MAX, LOOKUP_ANSWER_MAX};
use arrayvec::ArrayVec;
use core::fmt;
use core::net::SocketAddr;
use static_assertions::const_assert;

/// The errno for an answer that breaks off: the node's doing, whatever the name server says.
pub const NOT_WHOLE: i32 = Errno::EPIPE.0;

/// The line that shows an answer to be whole.
const END: &str = "end";
/// What stands before the number of an error.
const ERROR: &str = "error ";

/// Longest address line: eight groups of four digits, a zone, brackets, port, line end.
const ADDRESS_LINE_MAX: usize = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:0\n".len();
const_assert!(
    LOOKUP_ANSWER_MAX
        > ADDRESSES_MAX
            .saturating_mul(ADDRESS_LINE_MAX)
            .saturating_add(END.len())
);

/// The answer of a lookup that gave these addresses; repeated ones, and more than are tried, are left out.
pub fn render_addresses(given: impl Iterator<Item = SocketAddr>) -> impl fmt::Display {
    let mut addresses = Addresses::new();
    for mut address in given {
        address.set_port(0);
        add(&mut addresses, address);
    }
    fmt::from_fn(move |f| {
        for address in &addresses {
            writeln!(f, "{address}")?;
        }
        writeln!(f, "{END}")
    })
}

/// The answer of a lookup that failed with this number of getaddrinfo(3), or errno.
pub fn render_error(number: i32) -> impl fmt::Display {
    fmt::from_fn(move |f| writeln!(f, "{ERROR}{number}"))
}

/// The child's answer: `handle_received` for its bytes in any split, then `finish` when its output has ended.
#[derive(Debug, Clone, Default)]
pub struct LookupAnswer {
    text: ArrayVec<u8, LOOKUP_ANSWER_MAX>,
    too_long: bool,
}

impl LookupAnswer {
    /// An answer of which nothing was received.
    pub const fn new() -> Self {
        Self {
            text: ArrayVec::new_const(),
            too_long: false,
        }
    }

    pub fn handle_received(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.text.try_push(byte).is_err() {
                self.too_long = true;
                return;
            }
        }
    }

    /// The addresses, at least one, with `port`.
    ///
    /// # Errors
    /// The number that the child gave. [`NOT_WHOLE`] if the answer is not whole: the child was killed or could not
    /// work. `EAI_FAIL` if it is whole but no answer, or has no address.
    pub fn finish(&self, port: u16) -> Result<Addresses, i32> {
        if self.too_long {
            return Err(eai::FAIL);
        }
        let Some((b'\n', text)) = self.text.split_last() else {
            return Err(NOT_WHOLE);
        };
        let text = core::str::from_utf8(text).map_err(|_| eai::FAIL)?;
        if let Some(number) = text.strip_prefix(ERROR) {
            let number = number.parse().ok().filter(|&number| number != 0);
            return Err(number.unwrap_or(eai::FAIL));
        }

        let mut addresses = Addresses::new();
        let mut lines = text.split('\n');
        // Ends: takes a line each time round.
        for line in lines.by_ref() {
            if line == END {
                let is_answer = !addresses.is_empty() && lines.next().is_none();
                return if is_answer {
                    Ok(addresses)
                } else {
                    Err(eai::FAIL)
                };
            }
            let mut address: SocketAddr = line.parse().map_err(|_| eai::FAIL)?;
            address.set_port(port);
            add(&mut addresses, address);
        }
        Err(NOT_WHOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(text: &[u8], chunk: usize) -> Result<Vec<String>, i32> {
        let mut answer = LookupAnswer::new();
        for bytes in text.chunks(chunk) {
            answer.handle_received(bytes);
        }
        let addresses = answer.finish(80)?;
        Ok(addresses.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn answers() {
        let ok = |addresses: &[&str]| Ok(addresses.iter().map(ToString::to_string).collect());
        let many: String = (0..20).map(|n| format!("10.0.0.{n}:0\n")).collect();
        let table: Vec<(&str, Result<Vec<String>, i32>)> = vec![
            ("10.0.0.1:0\nend\n", ok(&["10.0.0.1:80"])),
            (
                "[fe80::1%2]:0\n10.0.0.1:0\n10.0.0.1:0\nend\n",
                ok(&["[fe80::1%2]:80", "10.0.0.1:80"]),
            ),
            ("error -2\n", Err(eai::NONAME)),
            ("error 24\n", Err(24)),
            // Not whole.
            ("", Err(NOT_WHOLE)),
            ("10.0.0.1:0\n", Err(NOT_WHOLE)),
            ("10.0.0.1:0\nend", Err(NOT_WHOLE)),
            ("error -2", Err(NOT_WHOLE)),
            // No answer.
            ("end\n", Err(eai::FAIL)),
            ("\n", Err(eai::FAIL)),
            ("10.0.0.1:0\nend\n\n", Err(eai::FAIL)),
            ("10.0.0.1:0\nend\n10.0.0.2:0\n", Err(eai::FAIL)),
            ("10.0.0.1:0\n\nend\n", Err(eai::FAIL)),
            ("10.0.0.1:0\r\nend\n", Err(eai::FAIL)),
            ("10.0.0.1\nend\n", Err(eai::FAIL)),
            ("10.0.0.1:0\nerror -2\n", Err(eai::FAIL)),
            ("error 0\n", Err(eai::FAIL)),
            ("error x\n", Err(eai::FAIL)),
            ("error -2\nend\n", Err(eai::FAIL)),
        ];
        for (text, wanted) in table {
            for chunk in [1, 3, usize::MAX] {
                assert_eq!(finish(text.as_bytes(), chunk), wanted, "{text:?}");
            }
        }
        assert_eq!(finish(b"\xff\n", 1), Err(eai::FAIL));
        assert_eq!(finish(&many.repeat(9).into_bytes(), 100), Err(eai::FAIL));
        let most = finish(format!("{many}end\n").as_bytes(), 7).unwrap();
        assert_eq!(most.len(), ADDRESSES_MAX);
        assert_eq!(most[0], "10.0.0.0:80");
    }

    #[test]
    fn what_the_child_writes_is_what_is_read() {
        let group = "ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        let longest: Vec<SocketAddr> = (1..=20)
            .map(|n| {
                format!("[{group}:fff{:x}%4294967295]:9", n % 16)
                    .parse()
                    .unwrap()
            })
            .collect();
        let out = render_addresses(longest.iter().chain(&longest).copied()).to_string();
        let read = finish(out.as_bytes(), 64).unwrap();
        assert_eq!(read.len(), ADDRESSES_MAX);
        assert_eq!(read[0], format!("[{group}:fff1%4294967295]:80"));
    }
}
