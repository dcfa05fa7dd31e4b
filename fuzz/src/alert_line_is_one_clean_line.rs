//! Whatever is to be told, every sink gets one whole line without a control character, never longer than its buffer.

use super::help::alert_lines::lines;
use super::help::event::event;
use super::help::input::Input;
use clp_isa_core::limits::LINE_MAX;
use clp_isa_core::protocol::Protocol;
use clp_isa_core::wire::alert_log;

/// Bytes: two of choices, the time, the identifier's length, the identifier, and what the failure log is to hold.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (protocol, kind) = (Protocol::ALL[usize::from(input.below(2))], input.byte());
    let (number, seconds) = (input.number().cast_signed(), i64::from(input.number()) << 8);
    let length = usize::from(input.byte());
    let given = String::from_utf8_lossy(input.bytes(length)).into_owned();
    let told = String::from_utf8_lossy(input.rest()).into_owned();
    let [datagram, logs @ ..] = lines(protocol, &given, event(kind, number), seconds, &told);

    let logs = logs
        .each_ref()
        .map(|line| line.strip_suffix(b"\n").expect("a line end"));
    assert!(alert_log::parse(logs[0]).is_some());
    for line in logs.into_iter().chain([&datagram[..]]) {
        let text = core::str::from_utf8(line).expect("half a character");
        let is_unclean = |character: char| character.is_control() && character != '\t';
        assert!(line.len() <= LINE_MAX && !text.contains(is_unclean));
    }
}
