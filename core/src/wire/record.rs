//! The text of an identifier record, as pure functions.
//!
//! Owns the format; opens nothing. A record says who claimed an identifier last; whether that monitor still runs
//! is the lock's to say, so nothing here is ever trusted with more than a line of output.

use crate::limits::RECORD_MAX;
use crate::protocol::Protocol;
use crate::text::append;
use arrayvec::ArrayString;

/// First line: magic and version of the format.
const MAGIC: &[u8] = b"clp_isa 1";
/// Last line: without it the record was not written to its end.
const END: &[u8] = b"end";

/// What a monitor leaves beside its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// The command that claimed the identifier.
    pub protocol: Protocol,
    /// Its process id, 1 to `i32::MAX`. For display; never to be signalled.
    pub pid: u32,
    /// When it was started, in nanoseconds since 1970 (which wrap): tells two monitors apart that have the same process
    /// id one after the other, as in containers. 0 if the record does not say.
    pub started: u64,
}

impl Record {
    pub fn render(&self) -> ArrayString<RECORD_MAX> {
        let Self {
            protocol,
            pid,
            started,
        } = self;
        let mut out = ArrayString::new();
        append(
            &mut out,
            format_args!(
                "clp_isa 1\nmodule {}\npid {pid}\nstarted {started}\nend\n",
                protocol.info().name
            ),
        );
        out
    }

    /// The record in `bytes`: nothing if it is half-written, garbled or of another version. Fields of unknown
    /// names are skipped; a field given twice is garbled.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = bytes.strip_suffix(b"\n")?.split(|&byte| byte == b'\n');
        if lines.next()? != MAGIC || lines.next_back()? != END {
            return None;
        }
        let (mut protocol, mut pid, mut started) = (None, None, None);
        // Ends: one pass over the lines.
        for line in lines {
            if let Some(name) = line.strip_prefix(b"module ") {
                if protocol.replace(Protocol::from_name(name)?).is_some() {
                    return None;
                }
            } else if let Some(digits) = line.strip_prefix(b"pid ") {
                if pid.replace(parse_pid(digits)?).is_some() {
                    return None;
                }
            } else if let Some(digits) = line.strip_prefix(b"started ")
                && started.replace(parse_number(digits)?).is_some()
            {
                return None;
            }
        }
        Some(Self {
            protocol: protocol?,
            pid: pid?,
            started: started.unwrap_or(0),
        })
    }
}

fn parse_pid(digits: &[u8]) -> Option<u32> {
    let pid = u32::try_from(parse_number(digits)?).ok()?;
    (pid != 0 && i32::try_from(pid).is_ok()).then_some(pid)
}

fn parse_number(digits: &[u8]) -> Option<u64> {
    // `parse` alone would take a leading `+`.
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    core::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: Record = Record {
        protocol: Protocol::Smtp,
        pid: 4711,
        started: u64::MAX,
    };

    #[test]
    fn what_was_rendered_parses_and_no_part_of_it_does() {
        let text = RECORD.render();
        assert_eq!(
            text.as_str(),
            "clp_isa 1\nmodule smtpmon\npid 4711\nstarted 18446744073709551615\nend\n"
        );
        assert_eq!(Record::parse(text.as_bytes()), Some(RECORD));
        for cut in 0..text.len() {
            assert_eq!(Record::parse(&text.as_bytes()[..cut]), None, "{cut}");
            assert_eq!(
                Record::parse(&text.as_bytes()[text.len() - cut..]),
                None,
                "{cut}"
            );
        }
    }

    #[test]
    fn unknown_fields_are_skipped() {
        let text = b"clp_isa 1\nsince 5\nmodule smtpmon\n\npid 4711\nhost x\nend\n";
        let old = Record {
            started: 0,
            ..RECORD
        };
        assert_eq!(Record::parse(text), Some(old));
    }

    #[test]
    fn garbage_is_no_record() {
        for bad in [
            &b""[..],
            b"\n",
            b"end\n",
            b"clp_isa 1\nend\n",
            b"clp_isa 2\nmodule smtpmon\npid 1\nend\n",
            b"clp_isa 1\nmodule smtpmon\nend\n",
            b"clp_isa 1\npid 1\nend\n",
            b"clp_isa 1\nmodule nomon\npid 1\nend\n",
            b"clp_isa 1\nmodule smtpmon\npid 1\npid 2\nend\n",
            b"clp_isa 1\nmodule smtpmon\nmodule httpmon\npid 1\nend\n",
            b"clp_isa 1\nmodule smtpmon\npid 1\nstarted 1\nstarted 1\nend\n",
            b"clp_isa 1\nmodule smtpmon\npid 1\nstarted 18446744073709551616\nend\n",
            b"clp_isa 1\nmodule smtpmon\npid 0\nend\n",
            b"clp_isa 1\nmodule smtpmon\npid +1\nend\n",
            b"clp_isa 1\nmodule smtpmon\npid -1\nend\n",
            b"clp_isa 1\nmodule smtpmon\npid 2147483648\nend\n",
            b"clp_isa 1\nmodule smtpmon\npid 99999999999999999999\nend\n",
            b"clp_isa 1\nmodule smtpmon\npid \nend\n",
            b"clp_isa 1\nmodule smtpmon\npid 1\nend\n\n",
            b"clp_isa 1\nmodule smtpmon\npid 1\nend\nx",
            b"clp_isa 1\r\nmodule smtpmon\r\npid 1\r\nend\r\n",
            &[0; 64],
            &[0xff; 64],
        ] {
            assert_eq!(Record::parse(bad), None, "{bad:?}");
        }
    }
}
