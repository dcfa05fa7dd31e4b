//! Whatever is to be told, every sink gets one whole line without a control character, never longer than its buffer.

use super::help::event::event;
use super::help::input::Input;
use super::help::sinks::Sinks;
use clp_isa::alert::Alert;
use clp_isa::limits::LINE_MAX;
use clp_isa::protocol::Protocol;
use clp_isa::time::{Instant, UnixTime};
use clp_isa::view::alerts;

/// Bytes: two of choices, the time, the identifier's length, the identifier, and what the failure log is to hold.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (protocol, kind) = (Protocol::ALL[usize::from(input.below(2))], input.byte());
    let (number, seconds) = (input.number().cast_signed(), i64::from(input.number()) << 8);
    let length = usize::from(input.byte());
    let shown = String::from_utf8_lossy(input.bytes(length)).into_owned();
    let told = String::from_utf8_lossy(input.rest()).into_owned();
    let sinks = Sinks::new();
    let mut alert = Alert::open(&sinks.paths(), protocol, &shown, 4711);
    let wall = UnixTime { seconds, nanos: 0 };
    alert.raise(event(kind, number), wall, Instant::default());
    alert.record(wall, format_args!("{told}"));

    let (datagram, logs) = (sinks.datagram(), sinks.logs(protocol));
    let lines = logs
        .iter()
        .map(|log| log.strip_suffix(b"\n").expect("a line end"));
    assert!(alerts::Alert::parse(lines.clone().next().unwrap()).is_some());
    for line in lines.chain([&datagram[..]]) {
        let text = core::str::from_utf8(line).expect("half a character");
        let is_unclean = |character: char| character.is_control() && character != '\t';
        assert!(line.len() <= LINE_MAX && !text.contains(is_unclean));
    }
}
