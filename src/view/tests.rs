//! Whatever a monitor tells and whatever the alert log holds: what is shown of it is clean, and fits where it must. For
//! every file of the fuzzing corpus of the two formats.

mod json;

use super::alerts::{Alert, Layout};
use super::health::sorted;
use super::{metrics, status};
use crate::control::survey::{Condition, Found};
use clp_isa_core::identifier::Identifier;
use clp_isa_core::protocol::Protocol;
use clp_isa_core::time::UnixTime;
use clp_isa_core::wire::record::Record;
use json::strings;
use std::fs;
use std::path::Path;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let files = fs::read_dir(dir.join(name)).unwrap();
    let files: Vec<Vec<u8>> = files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    assert!(files.len() > 10, "{name}");
    files
}

#[test]
fn status_lines() {
    for line in corpus("status_line_is_read_whole_or_not_at_all") {
        let seen = sorted(vec![Found {
            identifier: Identifier::parse(b"web").unwrap(),
            record: Some(Record {
                protocol: Protocol::Http,
                pid: 4711,
                started: 0,
            }),
            condition: Condition::Told(line),
        }]);
        let narrow = status::table(&seen, Some(80), false);
        assert!(narrow.iter().all(|line| line.chars().count() <= 80));
        let json = status::json(&seen);
        assert!(strings(&json).is_some());
        let metrics = metrics::text(&seen, UnixTime::default());
        let lines = [
            narrow,
            status::table(&seen, None, false),
            status::detail(&seen[0], false),
        ];
        let lines = lines.iter().flatten().map(String::as_str);
        let mut lines = lines.chain(json.lines()).chain(metrics.lines());
        assert!(lines.all(|line| !line.contains(char::is_control)));
    }
}

#[test]
fn alert_logs() {
    for bytes in corpus("alert_log_line_is_shown_clean_or_left_out") {
        let [flags, columns, log @ ..] = bytes.as_slice() else {
            continue;
        };
        let columns = usize::from(*columns);
        let lines = log.split(|&byte| byte == b'\n');
        let alerts: Vec<Alert> = lines.filter_map(Alert::parse).collect();
        let layout = Layout::of(&alerts, (flags & 2 == 0).then_some(columns));
        for alert in &alerts {
            let shown = layout.alert(alert);
            assert!(!shown.iter().any(|line| line.contains(char::is_control)));
            let json = alert.json();
            let named: Vec<String> = strings(&json).unwrap();
            let texts = named.iter().skip(1).step_by(2);
            let letters = |texts: String| texts.replace(' ', "");
            // Names and values alternate, but for the event, which is a number.
            assert!(
                texts
                    .take(4)
                    .all(|text| letters(shown.concat()).contains(&letters(text.clone())))
            );
            assert!(letters(shown.concat()).ends_with(&letters(named.last().unwrap().clone())));
            // Below the first line stands the message alone.
            let is_narrow = |line: &String| line.chars().count() <= columns.max(24);
            assert!(columns >= 130 || shown[1..].iter().all(is_narrow));
            assert!(!json.contains(char::is_control));
        }
    }
}
