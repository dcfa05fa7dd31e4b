//! The license of the demonstration: a trial of three days, in its own directory.

use crate::monitor::program;
use crate::trouble::{Outcome, Trouble, io};
use clp_isa_core::date::Date;
use clp_isa_core::license::key::{Serial, Terms};
use clp_isa_core::license::record::{Record, render_trial_file};
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// Issues and registers a trial for today, and for the days around it: whatever the node's zone, and should midnight come
/// before the monitors.
pub(crate) fn register_trial(root: &Path) -> Outcome<()> {
    // A clock before 1970 shows a day that is refused just so.
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = now.unwrap_or_default().as_secs();
    let today = Date::since_1970(i64::try_from(seconds / DAY).unwrap_or(i64::MAX));
    let terms = Terms::Trial {
        first: today.previous(),
        last: today.next(),
    };
    let serial = Serial::parse(b"DMO0000001").ok_or_else(|| refused("its serial number"))?;
    let record = Record::issue(serial, terms).map_err(refused)?;
    let file = root.join("trial.txt");
    fs::write(&file, render_trial_file(&record).to_string()).map_err(io("the license"))?;
    // As whoever got the file would.
    let mut command = program("clp_isa", root);
    command
        .args(["lcnsc", "-i"])
        .arg(file)
        .args(["-p", "ISAG10"]);
    let output = command.output().map_err(io("the license"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let why = said.lines().next().unwrap_or("it was not registered");
    Err(refused(why.trim_start_matches("clplcnsc: ")))
}

fn refused(why: impl ToString) -> Trouble {
    Trouble::License(why.to_string())
}
