//! `clp_isa alerts`: the alert log.

use super::joined;
use crate::console;
use crate::paths::Paths;
use crate::sys::terminal::Terminal;
use crate::sys::wait::pause;
use crate::view::alerts::{Alert, Layout};
use crate::view::log::Log;
use crate::view::{ViewError, json};
use core::time::Duration;

/// From one look at the alert log to the next.
const FOLLOW: Duration = Duration::from_millis(250);

/// Shows the last `count` alerts, newest first; with `follow` in the order of time, and those that come.
pub(super) fn run(paths: &Paths, count: usize, follow: bool, json: bool) -> Result<(), ViewError> {
    let (mut log, lines) = Log::open(&paths.alert_log())?;
    let mut alerts = parse(&lines);
    alerts.drain(..alerts.len().saturating_sub(count));
    if !follow {
        alerts.reverse();
    }
    let layout = Layout::of(&alerts, Terminal::of_standard_output().width());
    if json && !follow {
        let objects: Vec<String> = alerts.iter().map(Alert::json).collect();
        console::say(format_args!("{}", json::array(&objects)))?;
        return Ok(());
    }
    let mut text = if json {
        String::new()
    } else {
        joined(&layout.heading())
    };
    // Ends: at once, or when nobody reads any more; Ctrl-C ends the process.
    loop {
        for alert in &alerts {
            text += &if json {
                alert.json() + "\n"
            } else {
                joined(&layout.alert(alert))
            };
        }
        if !console::say(format_args!("{text}"))? || !follow {
            return Ok(());
        }
        text.clear();
        pause(FOLLOW);
        alerts = parse(&log.poll()?);
    }
}

/// The alerts in `lines`; torn ones are left out.
fn parse(lines: &[Vec<u8>]) -> Vec<Alert> {
    lines.iter().filter_map(|line| Alert::parse(line)).collect()
}
