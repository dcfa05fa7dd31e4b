//! `clp_isa status` and `metrics`: what the monitors of the node tell.

use super::joined;
use crate::console;
use crate::control::survey;
use crate::paths::Paths;
use crate::sys::clock;
use crate::sys::terminal::Terminal;
use crate::sys::wait::pause;
use crate::view::{ViewError, health, metrics, status};
use clp_isa_core::identifier::Identifier;
use core::fmt::Write;
use core::time::Duration;

/// From one picture of `--watch` to the next.
const REDRAW: Duration = Duration::from_secs(1);

/// Shows the monitors, or only one. Says whether all is well with what was shown.
pub(super) fn run(
    paths: &Paths,
    only: Option<&Identifier>,
    json: bool,
    watch: bool,
) -> Result<bool, ViewError> {
    // Ends: at once, or when nobody reads any more; Ctrl-C ends the process.
    loop {
        let seen = health::sorted(survey::run(paths, only, clock::now)?);
        if let (Some(identifier), true) = (only, seen.is_empty()) {
            return Err(ViewError::Unknown(identifier.as_str().into()));
        }
        let text = if json {
            status::json(&seen)
        } else {
            let terminal = Terminal::of_standard_output();
            let lines = match only {
                Some(_) => seen
                    .iter()
                    .flat_map(|one| status::detail(one, terminal.has_colours))
                    .collect(),
                None => status::table(&seen, terminal.width(), terminal.has_colours),
            };
            match terminal.size {
                Some((_, rows)) if watch => picture(&lines, rows),
                _ => joined(&lines),
            }
        };
        let is_read = console::say(format_args!("{text}"))?;
        if !watch || !is_read {
            return Ok(!seen.iter().any(|one| one.state.is_bad()));
        }
        pause(REDRAW);
    }
}

/// Prints what the monitors tell for Prometheus.
pub(super) fn print_metrics(paths: &Paths) -> Result<(), ViewError> {
    let seen = health::sorted(survey::run(paths, None, clock::now)?);
    console::say(format_args!("{}", metrics::text(&seen, clock::wall())))?;
    Ok(())
}

/// `lines` in place of what is on the screen, as far as it has room: what matters is at the top.
fn picture(lines: &[String], rows: usize) -> String {
    let room = rows.saturating_sub(1);
    let is_cut = lines.len() > room;
    let shown = if is_cut { room.saturating_sub(1) } else { room };
    // Home, each line cleared behind its text, the rest of the screen cleared (ECMA-48): nothing flickers.
    let mut text = String::from("\x1b[H");
    for line in lines.iter().take(shown) {
        let _ = writeln!(text, "{line}\x1b[K");
    }
    if is_cut {
        let _ = writeln!(
            text,
            "... and {} more\x1b[K",
            lines.len().saturating_sub(shown)
        );
    }
    text + "\x1b[J"
}
