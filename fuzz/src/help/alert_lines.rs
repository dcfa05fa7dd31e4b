//! One event and one text as the three sinks get them.

use clp_isa_core::event::Event;
use clp_isa_core::limits::{HOST_NAME_MAX, IDENTIFIER_MAX};
use clp_isa_core::protocol::Protocol;
use clp_isa_core::text::{Clean, append};
use clp_isa_core::time::UnixTime;
use clp_isa_core::time_zone::{Change, TimeZone};
use clp_isa_core::wire::alert::{Entry, alert_log_line, failure_log_line, syslog_message};

/// Syslog's datagram, the alert log's line and the failure log's, of a monitor with this identifier, as it was given, on a
/// node with the longest name.
pub fn lines(
    protocol: Protocol,
    given: &str,
    event: Event,
    seconds: i64,
    told: &str,
) -> [Vec<u8>; 3] {
    let mut shown = arrayvec::ArrayString::<IDENTIFIER_MAX>::new();
    append(&mut shown, format_args!("{}", Clean(given)));
    let entry = Entry {
        protocol,
        pid: 4711,
        level: event.level(),
        id: event.id(),
        message: &event.message(protocol, &shown),
    };
    let time = TimeZone::<Vec<Change>>::utc().local(UnixTime { seconds, nanos: 0 });
    let host = "h".repeat(HOST_NAME_MAX);
    [
        syslog_message(time, entry).as_bytes().to_vec(),
        alert_log_line(time, &host, entry).bytes().to_vec(),
        failure_log_line(time, entry.pid, &shown, format_args!("{told}"))
            .bytes()
            .to_vec(),
    ]
}
