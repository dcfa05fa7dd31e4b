//! A plain reading of a monitor's reply: the whole of it at once.

use clp_isa_core::limits::CONTROL_REPLY_MAX;
use clp_isa_core::wire::control::{Reply, Unclear};

/// What the first line says; nothing while more may come.
pub fn read(sent: &[u8]) -> Option<Result<Reply<'_>, Unclear>> {
    let line = sent
        .iter()
        .take(CONTROL_REPLY_MAX)
        .position(|&byte| byte == b'\n')
        .map(|end| &sent[..end]);
    Some(Ok(match line {
        None if sent.len() < CONTROL_REPLY_MAX => return None,
        None => return Some(Err(Unclear::TooLong)),
        Some(b"ok") => Reply::Done,
        Some([b'o', b'k', b' ', report @ ..]) if !report.is_empty() => Reply::Status(report),
        Some([b'r', b'e', b'f', b'u', b's', b'e', b'd', b' ', why @ ..]) => Reply::Refused(why),
        Some(_) => return Some(Err(Unclear::Malformed)),
    }))
}
