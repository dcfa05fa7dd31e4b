//! A monitor's status line is read whole or not at all; what is shown of it is clean, and fits where it must.

use super::help::json;
use super::help::status_line::{NEEDED, fields, seen, told};
use clp_isa::status::parse;
use clp_isa::time::UnixTime;
use clp_isa::view::{metrics, status};

/// Bytes: the line.
pub fn check(bytes: &[u8]) {
    if let Some(report) = parse(bytes) {
        let fields = fields(&report);
        assert_eq!(fields, told(bytes));
        assert_eq!(parse(fields.join(" ").as_bytes()), Some(report));
        for missing in 0..NEEDED.len() {
            let (before, from) = fields.split_at(missing);
            let line = [before, &from[1..]].concat().join(" ");
            assert_eq!(parse(line.as_bytes()), None, "without {}", from[0]);
        }
    }
    let seen = seen(bytes);
    let narrow = status::table(&seen, Some(80), false);
    assert!(narrow.iter().all(|line| line.chars().count() <= 80));
    let (whole, detail) = (
        status::table(&seen, None, false),
        status::detail(&seen[0], false),
    );
    let (json, metrics) = (
        status::json(&seen),
        metrics::text(&seen, UnixTime::default()),
    );
    assert!(json::strings(&json).is_some());
    let lines = [narrow, whole, detail].concat();
    let mut lines = lines
        .iter()
        .map(String::as_str)
        .chain(json.lines())
        .chain(metrics.lines());
    assert!(lines.all(|line| !line.contains(char::is_control)));
}
