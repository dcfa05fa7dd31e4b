//! Whatever the alert log holds, a line of it is shown without a control character and with nothing missing, as text and
//! as JSON, or it is left out.

use super::help::input::{Input, drawn_out};
use super::help::{alert_log, json};
use clp_isa::view::alerts::{Alert, Layout};

/// Bytes: one of flags, the terminal's columns, the log.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (flags, columns) = (input.byte(), usize::from(input.byte()));
    let log = drawn_out(input.rest(), flags & 1 != 0);
    let lines = || log.split(|&byte| byte == b'\n');
    let alerts: Vec<Alert> = lines().filter_map(Alert::parse).collect();
    let wanted: Vec<[String; 6]> = lines().filter_map(alert_log::cells).collect();
    assert_eq!(alerts.len(), wanted.len());

    let layout = Layout::of(&alerts, (flags & 2 == 0).then_some(columns));
    for (alert, cells) in alerts.iter().zip(wanted) {
        let shown = layout.alert(alert);
        assert!(!shown.iter().any(|line| line.contains(char::is_control)));
        let letters = |texts: &[String]| texts.concat().replace(' ', "");
        assert_eq!(letters(&shown), letters(&cells));
        // Below the first line stands the message alone.
        let is_narrow = |line: &String| line.chars().count() <= columns.max(24);
        assert!(columns >= 130 || shown[1..].iter().all(is_narrow));

        let json = alert.json();
        let [received, time, server, protocol, event, message] = cells;
        assert_eq!(
            json::strings(&json).unwrap().join("\t"),
            format!(
                "received\t{received}\ttime\t{time}\tserver\t{server}\tmodule\t{protocol}\tevent\tmessage\t{message}"
            )
        );
        assert!(json.contains(&format!("\"event\":{event},")));
        assert!(!json.contains(char::is_control));
    }
}
