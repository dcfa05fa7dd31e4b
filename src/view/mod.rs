//! What people and their tools are shown: the result of a single check, the state of the monitors, the alerts.
//!
//! Owns the forms: lines, tables, JSON, Prometheus' text. Changes nothing and takes no lock. Heap is fine here: none
//! of this runs in a monitor.

pub mod alerts;
#[cfg(test)]
mod corpus_tests;
pub mod health;
mod hints;
pub mod json;
#[cfg(test)]
mod json_reader;
pub mod log;
pub mod metrics;
pub mod once;
pub mod status;
pub mod table;
pub mod terminal;

use crate::console::{self, Unwritten};
use crate::control::survey;
use crate::paths::Paths;
use crate::registry;
use alerts::{Alert, Layout};
use clp_isa_core::cli::View;
use clp_isa_core::identifier::Identifier;
use clp_isa_core::time::{Instant, UnixTime};
use core::fmt::{self, Write};
use core::time::Duration;
use log::{Log, LogError};
use nix::poll::{PollTimeout, poll};
use terminal::Terminal;

/// From one picture of `--watch` to the next.
const REDRAW: Duration = Duration::from_secs(1);
/// From one look at the alert log to the next.
const FOLLOW: Duration = Duration::from_millis(250);

/// The clocks, which only the driver may read.
#[derive(Debug, Clone, Copy)]
pub struct Clocks {
    /// Monotonic time.
    pub now: fn() -> Instant,
    /// Wall-clock time.
    pub wall: fn() -> UnixTime,
}

/// Why nothing was shown.
#[derive(Debug)]
pub enum ViewError {
    /// There is nothing to this identifier (exit 6).
    Unknown(Box<str>),
    /// The registry cannot be read (exit 5).
    Registry(registry::Error),
    /// Standard output does not take it (exit 5).
    Unwritten(Unwritten),
    /// The alert log cannot be read (exit 5).
    Log(LogError),
}

impl From<Unwritten> for ViewError {
    fn from(error: Unwritten) -> Self {
        Self::Unwritten(error)
    }
}

impl From<LogError> for ViewError {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<registry::Error> for ViewError {
    fn from(error: registry::Error) -> Self {
        Self::Registry(error)
    }
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(identifier) => write!(f, "there is no monitor \"{identifier}\""),
            Self::Registry(error) => {
                write!(f, "{error}")?;
                if error.is_denied() {
                    write!(
                        f,
                        "; only root may ask, or the user whose CLP_ISA_ROOT it is"
                    )?;
                }
                Ok(())
            }
            Self::Log(error) => error.fmt(f),
            Self::Unwritten(error) => error.fmt(f),
        }
    }
}

/// Shows `view`. Says whether all is well with what was shown.
///
/// # Errors
/// Why nothing was shown.
pub fn run(view: &View, paths: &Paths, clocks: Clocks) -> Result<bool, ViewError> {
    match view {
        View::Status {
            json,
            watch,
            identifier,
        } => show_status(paths, clocks, identifier.as_ref(), *json, *watch),
        View::Alerts {
            count,
            follow,
            json,
        } => show_alerts(paths, (*count).into(), *follow, *json).map(|()| true),
        View::Metrics => {
            let seen = health::sorted(survey::run(paths, None, clocks.now)?);
            console::say(format_args!("{}", metrics::text(&seen, (clocks.wall)())))?;
            Ok(true)
        }
    }
}

fn show_status(
    paths: &Paths,
    clocks: Clocks,
    only: Option<&Identifier>,
    json: bool,
    watch: bool,
) -> Result<bool, ViewError> {
    // Ends: at once, or when nobody reads any more; Ctrl-C ends the process.
    loop {
        let seen = health::sorted(survey::run(paths, only, clocks.now)?);
        if let (Some(identifier), true) = (only, seen.is_empty()) {
            return Err(ViewError::Unknown(identifier.as_str().into()));
        }
        let terminal = Terminal::of_standard_output();
        let lines = match (json, only) {
            (true, _) => Vec::new(),
            (false, Some(_)) => seen
                .iter()
                .flat_map(|one| status::detail(one, terminal.has_colours))
                .collect(),
            (false, None) => status::table(&seen, terminal.width(), terminal.has_colours),
        };
        let text = if json {
            status::json(&seen)
        } else if let (true, Some((_, rows))) = (watch, terminal.size) {
            picture(&lines, rows)
        } else {
            lines
                .iter()
                .fold(String::new(), |text, line| text + line + "\n")
        };
        let is_read = console::say(format_args!("{text}"))?;
        if !watch || !is_read {
            return Ok(!seen.iter().any(|one| one.state.is_bad()));
        }
        wait(REDRAW);
    }
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

fn show_alerts(paths: &Paths, count: usize, follow: bool, json: bool) -> Result<(), ViewError> {
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
        joined(layout.heading())
    };
    // Ends: at once, or when nobody reads any more; Ctrl-C ends the process.
    loop {
        for alert in &alerts {
            text += &if json {
                alert.json() + "\n"
            } else {
                joined(layout.alert(alert))
            };
        }
        if !console::say(format_args!("{text}"))? || !follow {
            return Ok(());
        }
        text.clear();
        wait(FOLLOW);
        alerts = parse(&log.poll()?);
    }
}

/// The alerts in `lines`; torn ones are left out.
fn parse(lines: &[Vec<u8>]) -> Vec<Alert> {
    lines.iter().filter_map(|line| Alert::parse(line)).collect()
}

fn joined(lines: Vec<String>) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn wait(span: Duration) {
    // A signal may end it early: then the next picture comes early.
    let _ = poll(
        &mut [],
        PollTimeout::try_from(span).unwrap_or(PollTimeout::MAX),
    );
}
