//! The contract's judgement of a reply, read off the whole of it at once: slow, short, and nothing like the product's.

use clp_isa_core::errno::Errno;
use clp_isa_core::event::Failure::{InvalidResponse, InvalidStatus, Receive};
use clp_isa_core::limits::{HTTP_HEAD_MAX, HTTP_INTERIM_MAX, SMTP_LINES_MAX, SMTP_REPLY_MAX};
use clp_isa_core::probe::Cause::{
    self, CutShort, Foreign, Http2, Interim, Lines, MixedCodes, NoAnswer, TooLong,
};
use clp_isa_core::probe::End;
use clp_isa_core::probe::Verdict::{self, Failed, Healthy};

/// The number in `bytes` if they are three digits; nothing, at the first that is none.
fn code(bytes: &[u8]) -> Option<u16> {
    core::str::from_utf8(bytes.get(..3)?)
        .ok()?
        .bytes()
        .try_fold(0, |number, byte| {
            byte.is_ascii_digit()
                .then(|| number * 10 + u16::from(byte - b'0'))
        })
}

/// Whether `bytes` can begin with `form`, in which `0` stands for a digit.
fn may_begin(bytes: &[u8], form: &[u8]) -> bool {
    form.iter()
        .zip(bytes)
        .all(|(form, byte)| form == byte || (*form == b'0' && byte.is_ascii_digit()))
}

/// docs/reference.md, "HTTP". With the cause of an invalid response.
pub fn http(reply: &[u8], any_code: bool, end: End) -> (Verdict, Option<Cause>) {
    let mut left = reply;
    let because = |cause| (Failed(InvalidResponse), Some(cause));
    let unfinished = match end {
        End::Closed if reply.is_empty() => because(NoAnswer),
        End::Closed => because(CutShort),
        End::Error(errno) => (Failed(Receive(errno)), None),
    };
    for interim in 0.. {
        if !may_begin(left, b"HTTP/0.0 000") {
            let settings = [&[0, 0][..], &[4, 0, 0, 0, 0, 0]];
            let is_http2 = left.len() > 8 && [&left[..2], &left[3..9]] == settings;
            return because(if is_http2 { Http2 } else { Foreign });
        }
        let Some(number) = left.get(9..).and_then(code) else {
            return unfinished;
        };
        let is_interim = (100..200).contains(&number) && number != 101;
        let judged = match number {
            _ if is_interim => because(TooLong),
            400..=599 if !any_code => (Failed(InvalidStatus(number)), None),
            _ => (Healthy, None),
        };
        let after = &left[12..];
        let is_line = after.is_empty()
            || after[0] == b' '
            || [&b"\r\n"[..], b"\n"]
                .iter()
                .any(|end| may_begin(after, end));
        match after.first() {
            None => return unfinished,
            Some(b' ' | b'\r' | b'\n') if is_interim && interim >= HTTP_INTERIM_MAX => {
                return because(Interim);
            }
            _ if !is_line => return because(Foreign),
            _ => {}
        }
        // The head ends with the first empty line; held of it are 64 KiB.
        let held = &left[..left.len().min(HTTP_HEAD_MAX)];
        let lines = || {
            held.split_inclusive(|&byte| byte == b'\n')
                .filter(|line| line.ends_with(b"\n"))
        };
        let empty = lines().position(|line| line == b"\n" || line == b"\r\n");
        left = match empty {
            Some(empty) => &left[lines().take(empty + 1).map(<[u8]>::len).sum()..],
            None if left.len() > held.len() => return judged,
            None if lines().next().is_some() && !is_interim => return judged,
            None => return unfinished,
        };
        if !is_interim {
            return judged;
        }
    }
    unreachable!()
}

/// docs/reference.md, "SMTP". With the cause that the event does not tell.
pub fn smtp(reply: &[u8], end: End) -> (Verdict, Option<Cause>) {
    let bad = |code| (Failed(InvalidStatus(code)), None);
    let because = |code: Option<u16>, cause| (bad(code.unwrap_or(0)).0, Some(cause));
    let mut rest = reply;
    for accepted in [220..=220, 200..=299] {
        // Held of a reply are 64 KiB: what comes after them is too much.
        let held = &rest[..rest.len().min(SMTP_REPLY_MAX)];
        let (mut left, mut first) = (held, None);
        let closed = if rest.is_empty() { NoAnswer } else { CutShort };
        let unfinished = |first| match end {
            _ if rest.len() > held.len() => because(first, TooLong),
            End::Closed => (Failed(Receive(Errno::ECONNRESET)), Some(closed)),
            End::Error(errno) => (Failed(Receive(errno)), None),
        };
        for line in 0.. {
            if left.is_empty() {
                return unfinished(first);
            }
            if line >= SMTP_LINES_MAX {
                return because(first, Lines);
            }
            if !may_begin(left, b"000") {
                return bad(0);
            }
            let (Some(number), Some(mark)) = (code(left), left.get(3)) else {
                return unfinished(first);
            };
            if !b"- \r\n".contains(mark) {
                return bad(0);
            }
            if *first.get_or_insert(number) != number {
                return because(Some(number), MixedCodes);
            }
            if !accepted.contains(&number) {
                return bad(number);
            }
            let Some(end) = left.iter().position(|&byte| byte == b'\n') else {
                return unfinished(first);
            };
            left = &left[end + 1..];
            if *mark != b'-' {
                break;
            }
        }
        rest = &rest[held.len() - left.len()..];
    }
    (Healthy, None)
}
