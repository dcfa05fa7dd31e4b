//! Whatever the alert log holds, a line of it is read without a control character and with nothing missing, or it is left
//! out.

use super::help::alert_log;
use super::help::input::{Input, drawn_out};
use clp_isa_core::wire::alert_log::parse;

/// Bytes: one of flags, one that is skipped, the log.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (flags, _) = (input.byte(), input.byte());
    let log = drawn_out(input.rest(), flags & 1 != 0);
    for line in log.split(|&byte| byte == b'\n') {
        let read = parse(line).map(|alert| {
            let (event, texts) = (alert.event.to_string(), [alert.received, alert.time]);
            let [received, time] = texts.map(|text| text.to_string());
            let [server, module] = [alert.server, alert.module].map(|text| text.to_string());
            [
                received,
                time,
                server,
                module,
                event,
                alert.message.to_string(),
            ]
        });
        assert_eq!(read, alert_log::cells(line));
        assert!(!read.is_some_and(|cells| cells.concat().contains(char::is_control)));
    }
}
