//! A monitor's status line is read whole or not at all.

use super::help::status_line::{NEEDED, fields, told};
use clp_isa_core::wire::status::parse;

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
}
